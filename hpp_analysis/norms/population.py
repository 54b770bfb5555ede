"""Which partnerships of a norm a client is compared with, and why others are left out."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import MOST_OF_ONE_CLIENT
from hpp_analysis.core.factors.alignment import congruence_matrix
from hpp_analysis.norms.measures import Likeness, Measures
from hpp_analysis.norms.norm_file import Contribution, Norm, content_of_units

_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Population:
    """What a norm holds of one scale and side.

    Attributes
    ----------
    cells : DataFrame
        One row per partnership that counts.
    contributions : tuple of Contribution
        From which they come.
    left_out : mapping of str to int
        How many partnerships do not count, by reason: "own", "older", "elsewhere" (another sector or country), "scale",
        "items", "again" (an earlier wave, or the same results twice), "client" (more than a quarter of one client).
    texts_differ : int
        In how many contributions that count some texts of the scale differ.
    """

    cells: pd.DataFrame
    contributions: tuple[Contribution, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    texts_differ: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which contributions a client wants to be compared with.

    Attributes
    ----------
    on : date
        The day of the comparison.
    years : float
        No contribution is older than so many years.
    sectors, countries : collection of str
        Only these; empty for all.
    own : collection of str
        Keys of the client itself and of its partnerships.
    measures : Measures
        What the client's study asked.
    """

    on: datetime.date
    years: float
    sectors: Collection[str]
    countries: Collection[str]
    own: Collection[str]
    measures: Measures


def population_of(norm: Norm, factor: str, side: str | None, wanted: Wanted) -> Population:
    """The partnerships of a norm with which a score of this scale and side can be compared.

    With `side` None the sides of a partnership count equally, and only partnerships of which each side is known count.
    """
    cells = norm.cells[norm.cells["factor"].eq(factor)]
    cells = cells[cells["side"].eq(side)] if side is not None else _both_sides(cells)
    cells = cells.assign(v=cells["v"] if "v" in cells else cells["sd"] ** 2 / cells["n"])
    by_id = {one.id: one for one in norm.contributions}
    likeness: dict[str, Likeness] = {
        name: wanted.measures.likeness(one.measures, factor) for name, one in by_id.items()
    }
    reasons = [
        _why_not(by_id[name], likeness[name], wanted) or ("own" if {client, unit} & set(wanted.own) else "")
        for name, client, unit in cells[["contribution", "client", "unit"]].itertuples(index=False, name=None)
    ]
    left_out = Counter(filter(None, reasons))
    cells = cells[np.array([not why for why in reasons], dtype=bool)]
    once = _newest(cells, norm, by_id)
    left_out["again"] = len(cells) - len(once)
    capped = _capped(once)
    left_out["client"] = len(once) - len(capped)
    used = set(capped["contribution"])
    return Population(
        capped,
        tuple(one for one in norm.contributions if one.id in used),
        {why: n for why, n in left_out.items() if n},
        sum(likeness[name] == "texts" for name in used),
    )


def _both_sides(cells: pd.DataFrame) -> pd.DataFrame:
    """One row per partnership, its sides weighing the same; of a study with two sides, only partnerships with both."""
    keys = ["contribution", "client", "unit", "factor"]
    cells = cells.assign(v=cells["sd"] ** 2 / cells["n"])
    sides = cells.groupby("contribution")["side"].transform("nunique")
    grouped = cells.assign(sides=sides).groupby(keys, sort=False)
    found = grouped.agg(
        mean=("mean", "mean"), v=("v", "sum"), n=("n", "sum"), known=("side", "nunique"), sides=("sides", "first")
    ).reset_index()
    found = found[found["known"].eq(found["sides"])]
    return found.assign(v=found["v"] / found["sides"] ** 2)


def _why_not(contribution: Contribution, likeness: Likeness, wanted: Wanted) -> str:
    if likeness in ("scale", "items"):
        return likeness
    if (wanted.on - contribution.date).days > wanted.years * _DAYS:
        return "older"
    elsewhere = (wanted.sectors and contribution.sector not in wanted.sectors) or (
        wanted.countries and contribution.country not in wanted.countries
    )
    return "elsewhere" if elsewhere else ""


def _newest(cells: pd.DataFrame, norm: Norm, by_id: Mapping[str, Contribution]) -> pd.DataFrame:
    """Each partnership once, with its newest results; the same results under another salt are the same partnership."""
    if cells.empty:
        return cells
    content = content_of_units(norm.cells[norm.cells["contribution"].isin(set(cells["contribution"]))])
    keys = pd.MultiIndex.from_frame(cells[["contribution", "unit"]])
    ordered = cells.assign(
        date=[by_id[name].date for name in cells["contribution"]],
        salt=[by_id[name].salt for name in cells["contribution"]],
        content=content.reindex(keys).to_numpy(),
    ).sort_values(["date", "n", "contribution"], ascending=[False, False, True], kind="stable")
    once = ordered.drop_duplicates("unit")
    # under one salt keys tell partnerships apart; under several, equal results do
    again = once["salt"].ne(once.groupby("content", sort=False)["salt"].transform("first"))
    return once[~again].sort_index()


def _capped(cells: pd.DataFrame) -> pd.DataFrame:
    """At most a quarter of the partnerships of each client; which of them count follows from their keys, not their scores."""
    cells = cells.sort_values("unit", kind="stable")
    size = cells.groupby("client")["unit"].transform("count").to_numpy()
    rank = cells.groupby("client").cumcount().to_numpy()
    counts = cells["client"].value_counts().to_numpy()
    for most in range(int(size.max(initial=0)), -1, -1):
        total = int(np.minimum(counts, most).sum())
        if most <= MOST_OF_ONE_CLIENT * total or most == 0:
            return cells[rank < most].sort_index()
    return cells


def mean_loadings(contributions: Collection[Contribution], factor: str) -> dict[str, float]:
    """The mean loadings of a scale over those contributions that have them."""
    known = [pd.Series(one.loadings[factor]) for one in contributions if factor in one.loadings]
    return (
        {} if not known else {str(name): float(value) for name, value in pd.concat(known, axis=1).mean(axis=1).items()}
    )


def congruence(first: Mapping[str, float], second: Mapping[str, float]) -> float:
    """Tucker's coefficient of two sets of loadings of the same items; NaN where one of them is not known.

    Examples
    --------
    >>> congruence({"a": 0.7, "b": 0.6}, {"a": 0.7, "b": 0.6})
    1.0
    """
    items = sorted(first.keys() & second.keys())
    if not items or len(items) < max(len(first), len(second)):
        return float("nan")
    columns = [np.array([loadings[name] for name in items])[:, None] for loadings in (first, second)]
    return float(np.round(congruence_matrix(*columns)[0, 0], 12))
