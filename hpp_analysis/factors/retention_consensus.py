"""Votes of criteria on the number of factors, and their consensus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from hpp_analysis.common.interpret import MAJORITY

Agreement = Literal["agreed", "majority", "divided", "undefined"]


@dataclass(frozen=True, slots=True)
class Consensus:
    """The number with the most votes, and how far votes lie apart.

    Attributes
    ----------
    n_factors : float
        NaN where two numbers have equally many votes, or nothing votes.
    agreement : {"agreed", "majority", "divided", "undefined"}
        All votes are for it; more than half; fewer; or there are no votes.
    share : float
        Of the votes.
    lowest, highest : float
        Of the numbers voted for.
    """

    n_factors: float
    agreement: Agreement
    share: float
    lowest: float
    highest: float


HALF = 0.5
"""The weight of the vote of a criterion that small minor factors may mislead (our convention; `docs/retention.md`)."""


def consensus(votes: Iterable[tuple[str, float] | tuple[str, float, float]]) -> Consensus:
    """Count votes: a family of criteria has one, which its members share.

    Parameters
    ----------
    votes : iterable of (str, float) or (str, float, float)
        Family, number of factors (NaN is no vote) and what the vote counts, by default 1.

    Examples
    --------
    >>> consensus([("parallel", 3), ("map", 3), ("map", 2), ("ekc", 3)])
    Consensus(n_factors=3.0, agreement='majority', share=0.8333333333333334, lowest=2.0, highest=3.0)
    >>> consensus([("parallel", 3), ("nest", 5, HALF)]).n_factors
    3.0
    """
    counted = [(vote[0], float(vote[1]), vote[2] if len(vote) > 2 else 1.0) for vote in votes if np.isfinite(vote[1])]
    if not counted:
        return Consensus(np.nan, "undefined", np.nan, np.nan, np.nan)
    families = [family for family, _k, _weight in counted]
    votes_for: dict[float, float] = {}
    for family, k, weight in counted:
        votes_for[k] = votes_for.get(k, 0.0) + weight / families.count(family)
    total = sum(votes_for.values())
    most = max(votes_for.values())
    leaders = [k for k, number in votes_for.items() if number > most - 1e-9]
    k = leaders[0] if len(leaders) == 1 else np.nan
    share = most / total
    agreement: Agreement = "agreed" if len(votes_for) == 1 else "majority" if share > MAJORITY + 1e-9 else "divided"
    return Consensus(k, agreement, share, min(votes_for), max(votes_for))
