"""How well do the items of a scale hang together? Cronbach's alpha and one-factor omega."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.analysis.design import names_of
from hpp_analysis.analysis.interpret import ALPHA_FAIR, ALPHA_GOOD, reliability_band
from hpp_analysis.analysis.result import Result, join_names
from hpp_analysis.core.correlation import pairwise_covariance
from hpp_analysis.core.reliability import alpha_flags, alpha_interval, congeneric_omega, cronbach_alpha
from hpp_analysis.display.formats import Column, format_value
from hpp_analysis.options import ReliabilityInterval, in_range, one_of
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Reliability(Result):
    """Reliability of scales.

    Attributes
    ----------
    conf_level : float
        Of alpha's interval.
    """

    conf_level: float = 0.95

    name: ClassVar[str] = "reliability"
    keys: ClassVar[tuple[str, ...]] = ("scale",)
    means: ClassVar[tuple[str, ...]] = ()
    variable: ClassVar[str] = "scale"
    kinds: ClassVar[tuple[str, ...]] = ("intervals",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("scale", N_("Factor")),
        Column("n_items", N_("Characteristics"), "count"),
        Column("alpha", N_("Alpha"), "coefficient"),
        Column("alpha_ci_lower", N_("Interval"), "coefficient", upper="alpha_ci_upper"),
        Column("omega", N_("Omega"), "coefficient"),
        Column("n_used", N_("Ratings"), "count"),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per scale.

        Returns
        -------
        DataFrame
            scale, n_items, alpha, alpha_ci_lower, alpha_ci_upper, omega, n_used (the smallest number of ratings
            behind any pair of items), n_persons, and undefined (codes of what stood in the way, mostly empty).
        """
        return super().to_frame()

    def _caption(self) -> str:
        return _("Reliability of the factors")

    def _notes(self) -> list[str]:
        return [
            _("The intervals are {level} confidence intervals of alpha.").format(
                level=format_value(self.conf_level, "share")
            ),
            _("Ratings: the smallest number that answered any two of the characteristics."),
        ]

    def _notes_under(self, kind: str) -> list[str]:  # noqa: ARG002
        fair = format_value(ALPHA_FAIR, "coefficient")
        return [self._notes()[0], _("The dashed line marks {fair}.").format(fair=fair)]

    def _summary(self) -> list[str]:
        bands = pd.Series(
            [reliability_band(row.alpha_ci_lower, row.alpha_ci_upper) for row in self.table.itertuples()],
            index=self.table.index,
        )
        sentences = {
            "good": _("The characteristics hang together well (alpha {good} or higher): {scales}."),
            "fair": _("The characteristics hang together reasonably (alpha {fair} or higher): {scales}."),
            "low": _(
                "The characteristics hang together weakly (alpha below {fair}); use with care: {scales}."
            ),
            "unclear": _("Too few persons answered to say whether alpha reaches {fair}: {scales}."),
        }
        limits = {
            "good": format_value(ALPHA_GOOD, "coefficient"),
            "fair": format_value(ALPHA_FAIR, "coefficient"),
        }
        said = []
        for band, sentence in sentences.items():
            scales = [self._called(str(scale)) for scale in self.table["scale"][bands == band]]
            if scales:
                said.append(sentence.format(scales=join_names(scales), **limits))
        return said or [_("Reliability cannot be given for so few persons.")]

    def _methods(self) -> list[str]:
        return [
            _(
                "Reliability is Cronbach's raw alpha with Feldt's {level} interval (Feldt, 1965), and McDonald's "
                "one-factor (congeneric) omega by maximum likelihood (McDonald, 1999). Where answers are missing, "
                "covariances rest on all ratings that answered a pair of characteristics, both sides together; the interval uses the "
                "smallest of these numbers, and counts persons where they rated several partnerships. "
                "No item was reversed here beyond what the questionnaire declares."
            ).format(level=format_value(self.conf_level, "share"))
        ]

    def _drawn(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "label": [self._called(str(scale)) for scale in self.table["scale"]],
                "estimate": self.table["alpha"],
                "ci_lower": self.table["alpha_ci_lower"],
                "ci_upper": self.table["alpha_ci_upper"],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots.intervals import intervals

        lowest = self.table["alpha_ci_lower"].min()
        limits = (min(0.5, lowest) if lowest == lowest else 0.5, 1.0)
        return intervals(
            self._drawn(),
            reference=ALPHA_FAIR,
            limits=limits,
            xlabel=_("Cronbach's alpha"),
            unit_decimals=2,
            ax=ax,
        )

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots.intervals import intervals_alt

        return intervals_alt(self._drawn(), reference=ALPHA_FAIR, unit_decimals=2)


def scale_reliability(
    items: Survey | pd.DataFrame,
    scales: Mapping[str, Sequence[str]] | None = None,
    *,
    ci: ReliabilityInterval = "analytic",
    conf_level: float = 0.95,
) -> Reliability:
    """Estimate the reliability of scales.

    Parameters
    ----------
    items : Survey or DataFrame
        A survey, or answers (respondents x items). Nothing is recoded: raw alpha of what is given.
    scales : mapping of str to sequence of str, optional
        Scale name to item names. By default the factors and outcomes of the survey; all columns of a frame are
        one scale, named "scale".
    ci : {"analytic"}
        Feldt's interval, from the F distribution.
    conf_level : float
        Of the interval.

    Returns
    -------
    Reliability

    References
    ----------
    Cronbach (1951), doi:10.1007/BF02310555; Feldt (1965), doi:10.1007/BF02289499; McDonald (1999), Test Theory:
    A Unified Treatment.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> reliability = scale_reliability(simulate_study(seed=1).survey)
    >>> reliability.to_frame()["n_items"].tolist()
    [8, 7, 4, 5]
    """
    one_of(ci, ReliabilityInterval, "ci")
    in_range(conf_level, "conf_level", above=0, below=1)
    frame = items.items if isinstance(items, Survey) else items
    groups = {name: list(columns) for name, columns in (scales or _scales_of(items)).items()}
    absent = [column for columns in groups.values() for column in columns if column not in frame]
    if absent:
        raise KeyError(
            f"The items of a scale are columns of the answers. Not there: {', '.join(map(repr, absent))}."
        )
    persons = items.persons if isinstance(items, Survey) else None
    rows = [
        {"scale": name, **_estimate(frame[columns], persons, conf_level)} for name, columns in groups.items()
    ]
    table = pd.DataFrame(rows)
    flags = tuple(sorted({flag for undefined in table["undefined"] for flag in undefined.split()}))
    if isinstance(items, Survey):
        return Reliability(
            table=table,
            names=names_of(items),
            selection=items.selection,
            flags=flags,
            planned=scales is None,
            conf_level=conf_level,
        )
    return Reliability(table=table, flags=flags, conf_level=conf_level)


def _scales_of(items: Survey | pd.DataFrame) -> dict[str, list[str]]:
    if isinstance(items, pd.DataFrame):
        return {"scale": list(items.columns)}
    parts = (*items.instrument.factors, *items.instrument.outcomes)
    return {part.id: list(items[part.id].columns) for part in parts}


def _estimate(answers: pd.DataFrame, persons: pd.Series | None, conf_level: float) -> dict[str, Any]:
    pairs = pairwise_covariance(answers.to_numpy(dtype=float))
    n_items = answers.shape[1]
    n_used = int(pairs.n.min()) if n_items else 0
    alpha = cronbach_alpha(pairs.covariance)
    omega = congeneric_omega(pairs.covariance)
    answered = answers.notna().any(axis=1)
    n_persons = int(persons[answered].nunique()) if persons is not None else int(answered.sum())
    # ratings by one person are no independent evidence of how items hang together
    per_person = n_persons / max(int(answered.sum()), 1)
    lower, upper = alpha_interval(alpha, n_items, int(np.floor(n_used * per_person)), conf_level)
    return {
        "n_items": n_items,
        "alpha": alpha,
        "alpha_ci_lower": lower,
        "alpha_ci_upper": upper,
        "omega": omega.omega,
        "n_used": n_used,
        "n_persons": n_persons,
        "undefined": " ".join(dict.fromkeys((*alpha_flags(pairs.covariance), *omega.flags))),
    }
