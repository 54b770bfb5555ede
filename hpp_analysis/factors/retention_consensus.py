"""What the criteria say together."""

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


def consensus(votes: Iterable[tuple[str, float]]) -> Consensus:
    """Count votes: a family of criteria has one, which its members share.

    Parameters
    ----------
    votes : iterable of (str, float)
        Family and number of factors; NaN is no vote.

    Examples
    --------
    >>> consensus([("parallel", 3), ("map", 3), ("map", 2), ("ekc", 3)])
    Consensus(n_factors=3.0, agreement='majority', share=0.8333333333333334, lowest=2.0, highest=3.0)
    """
    given = [(family, float(k)) for family, k in votes if np.isfinite(k)]
    if not given:
        return Consensus(np.nan, "undefined", np.nan, np.nan, np.nan)
    families = [family for family, _k in given]
    weight: dict[float, float] = {}
    for family, k in given:
        weight[k] = weight.get(k, 0.0) + 1.0 / families.count(family)
    total = sum(weight.values())
    most = max(weight.values())
    leaders = [k for k, votes_of in weight.items() if votes_of > most - 1e-9]
    k = leaders[0] if len(leaders) == 1 else np.nan
    share = most / total
    agreement: Agreement = (
        "agreed" if len(weight) == 1 else "majority" if share > MAJORITY + 1e-9 else "divided"
    )
    return Consensus(k, agreement, share, min(weight), max(weight))
