"""The verdict of a criterion: a number of factors, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hpp_analysis.core.arrays import Flags, Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """A number of factors, and the values that it follows from.

    Attributes
    ----------
    n_factors : float
        A whole number; NaN where there is none.
    why : str
        Why there is no number, a code: "undefined_correlation", "singular", "too_few_items",
        "none_fits", "no_elbow".
    values : dict of str to ndarray
        What was compared, by place: of the eigenvalues, or of the numbers of factors from `first` on.
    first : int
        The number that the values begin with: 1 for eigenvalues, 0 for numbers of factors.
    """

    n_factors: float
    why: str = ""
    values: dict[str, Floats] = field(default_factory=dict)
    first: int = 0


def no_verdict(why: str) -> Verdict:
    """Return a verdict without a number, with the reason why."""
    return Verdict(np.nan, why)


def leading(above: Flags) -> int:
    """Count the values before the first that is not above.

    Examples
    --------
    >>> leading(np.array([True, True, False, True])), leading(np.array([True, True]))
    (2, 2)
    """
    return int(above.size if above.all() else np.argmin(above))
