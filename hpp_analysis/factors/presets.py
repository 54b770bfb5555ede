"""How known programs do a factor analysis, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hpp_analysis.core.factors.extraction import Rule

_ALL = frozenset(
    {"varimax", "quartimax", "equamax", "promax", "oblimin", "quartimin", "crawford_ferguson",
     "crawford_ferguson_t", "geomin", "geomin_t", "bifactor", "bifactor_t", "target", "target_t"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preset:
    """The choices of a program that its users do not see.

    Attributes
    ----------
    normalized : frozenset of str
        Rotations under Kaiser's normalisation.
    epsilon : float
        Of geomin.
    n_starts : int
        Starts of rotations that often have local optima; others have one.
    pa_tolerance, pa_rule : float, str
        When principal axes end: at which change of which quantity.
    row_normalized_target : bool
        Whether promax makes its target of rows of length one.
    early_varimax : bool
        Whether varimax, also that of promax, stops as early as R's `varimax` does.
    correction : str
        Of the chi-square: Bartlett's, or none.
    """

    normalized: frozenset[str]
    epsilon: float
    n_starts: int
    pa_tolerance: float
    pa_rule: Rule
    row_normalized_target: bool
    early_varimax: bool
    correction: Literal["bartlett", "none"]


PRESETS: dict[str | None, Preset] = {
    None: Preset(frozenset({"varimax", "promax"}), 0.01, 30, 1e-9, "largest", False, False, "bartlett"),
    "psych": Preset(frozenset({"varimax", "promax"}), 0.01, 1, 1e-3, "sum", False, True, "bartlett"),
    "spss": Preset(_ALL - {"promax"}, 0.01, 1, 1e-3, "largest", True, False, "bartlett"),
    "lavaan": Preset(frozenset({"varimax"}), 0.001, 30, 1e-9, "largest", False, False, "none"),
}
"""None is our own default: the choices of psych, but iterated to convergence and with more starts where it matters. The
varimax that starts a promax is normalised in all of them."""
