"""The verb behind `Agenda`: importance of the study, scores and gaps of the report, weighed together."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from hpp_analysis.answers.tiers import Tiers
from hpp_analysis.common.interpret import AGENDA_CONSIDER, AGENDA_START, MIN_PERSONS_IMPORTANCE
from hpp_analysis.core.importance.priorities import draw_priorities
from hpp_analysis.drivers.agenda import DRAWS, REACH, WEIGHTS, Agenda, ImportanceLevel
from hpp_analysis.drivers.drivers import Drivers
from hpp_analysis.drivers.drivers_data import must_be, whole_number
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, names_in
from hpp_analysis.partners.gaps import Gaps


@checked
def action_agenda(
    tiers: Tiers,
    gaps: Gaps | None = None,
    drivers: Drivers | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    first: int = 4,
    seed: int = 0,
) -> Agenda:
    """Find where to start: what is important, falls short, and is seen differently by the two sides.

    Performance is that of the report, importance that of the study: a single client's answers are too few to say what
    drives success.

    Parameters
    ----------
    tiers : Tiers
        The means of the characteristics with their intervals, from `rank_partners`; for a report, published.
    gaps : Gaps, optional
        Of the same answers, with `level="item"`; for a report, published.
    drivers : Drivers, optional
        From `rank_drivers` over the whole study, with `predictors="items"` or the factors. Without it, with fewer than
        `interpret.MIN_PERSONS_IMPORTANCE` persons, or where the test of all predictors together finds nothing, every
        characteristic is equally important.
    weights : mapping of str to float, optional
        Of "importance", "distance" and "gap"; those not named keep their usual weight (1, 1 and 0.5).
    first : int
        How many characteristics are the first.
    seed : int
        Of the draws.

    Returns
    -------
    Agenda

    Raises
    ------
    OptionError
        When a weight is unknown or negative, the gaps are not those of characteristics, or there is no line.

    References
    ----------
    Martilla & James (1977), doi:10.1177/002224297704100112 (importance and performance); Azzopardi & Nash (2013),
    doi:10.1016/j.tourman.2012.07.005 (its pitfalls).

    Examples
    --------
    >>> from hpp_analysis import rank_partners, partner_gaps, rank_drivers, simulate_study
    >>> survey = simulate_study(seed=1, persons_per_side=40).survey
    >>> agenda = action_agenda(
    ...     rank_partners(survey), partner_gaps(survey, level="item"), rank_drivers(survey, predictors="items", n_boot=200)
    ... )
    >>> set(agenda.to_frame()["tier"]) <= {"start_here", "consider", "later", "not_weighed"}
    True
    """
    must_be(tiers, (Tiers,), "tiers", "the tiers of characteristics, as `find_tiers(survey)` gives them")
    if gaps is not None:
        must_be(gaps, (Gaps,), "gaps", 'gaps, as `partner_gaps(survey, level="item")` gives them')
    if drivers is not None:
        must_be(drivers, (Drivers,), "drivers", 'drivers, as `rank_drivers(survey, predictors="items")` gives them')
    if weights is not None:
        must_be(weights, (Mapping,), "weights", f"a mapping of {', '.join(WEIGHTS)} to numbers")
    whole_number(first, "first", 1, none=False)
    chosen = _weights(weights or {})
    if gaps is not None and gaps.level != "item":
        raise OptionError("`gaps` must compare characteristics. Given: level='factor'. Use level='item'.")
    if tiers.threshold is None:
        raise OptionError(
            "`tiers` must have one threshold for all factors. Given: none. Add a threshold to the instrument."
        )
    given = tiers.to_frame()
    table = given[["factor", "item", "mean"]].copy()
    half = (given["ci_upper"] - given["ci_lower"]).astype(float) / 2
    table["distance"] = (given["mean"] - tiers.threshold).round(2)  # of a published mean, as in the verdict
    table["distance_lower"] = given["ci_lower"] - tiers.threshold
    table["distance_upper"] = given["ci_upper"] - tiers.threshold
    table["gap"], gap_half = _certain_gaps(table, gaps)
    rng = np.random.default_rng(seed)
    level, samples = _importance(table, drivers, rng)
    table["importance"] = samples[0]
    lower = (1 - tiers.conf_level) / 2
    # intervals of importance are shown where rank_drivers shows them
    shown = drivers is None or level == "none" or "few_units_intervals" not in drivers.flags
    known = np.isfinite(samples[0]) & shown
    table["importance_lower"] = np.where(known, np.nanquantile(samples[1:], lower, axis=0), np.nan)
    table["importance_upper"] = np.where(known, np.nanquantile(samples[1:], 1 - lower, axis=0), np.nan)
    # half an interval over the normal quantile: with few degrees of freedom a little more than the standard error
    z = float(norm.ppf(1 - lower))
    found = draw_priorities(
        samples[0],
        samples[1:],
        table["mean"].to_numpy(float),
        half.to_numpy(float) / z,
        table["gap"].fillna(0.0).to_numpy(float),
        gap_half / z,
        threshold=tiers.threshold,
        weights=(chosen["importance"], chosen["distance"], chosen["gap"]),
        reach=REACH,
        first=first,
        rng=rng,
    )
    table["priority"], table["share"] = found.priority, found.share
    table["tier"] = [
        "not_weighed"
        if np.isnan(share)
        else "start_here"
        if share >= AGENDA_START
        else "consider"
        if share >= AGENDA_CONSIDER
        else "later"
        for share in np.round(found.share, 2)  # as whole percents are shown, and sure to a percent or two
    ]
    published = tiers.published and (gaps is None or gaps.published)
    if published:
        table = table.assign(state=given["state"], why=given["why"], coarse=given["coarse"])
    return Agenda(
        table=table,
        names={**({} if drivers is None else drivers.names), **tiers.names},
        selection=tiers.selection,
        weights=chosen,
        first=first,
        importance_level=level,
        outcome="success" if drivers is None else drivers.outcome,
        n_persons_study=0 if drivers is None else drivers.n_persons,
        named=() if drivers is None or level != "item" else drivers.named,
        threshold=tiers.threshold,
        conf_level=tiers.conf_level,
        sides=() if gaps is None else gaps.sides,
        side="side" if gaps is None else gaps.side,
        scale_range=tiers.scale_range,
        ideas=tiers.ideas,
        published=published,
    )


def _weights(given: Mapping[str, Any]) -> dict[str, float]:
    names_in(given, WEIGHTS, "weights", kind="a reason")
    for name, weight in given.items():
        number = isinstance(weight, Real) and not isinstance(weight, bool)
        if not number or not 0 <= float(weight) < np.inf:
            raise OptionError(f"`weights` must be numbers from 0 on. Given: {weight!r} for {name}. Change it.")
    chosen = {**WEIGHTS, **given}
    if not sum(chosen.values()) > 0:
        raise OptionError(f"`weights` must not all be 0. Given: {dict(given)!r}. Give one reason a weight.")
    return chosen


def _certain_gaps(table: pd.DataFrame, gaps: Gaps | None) -> tuple[pd.Series, np.ndarray]:
    """The gap of each characteristic where the sides differ for certain, and half the width of its interval."""
    if gaps is None:
        return pd.Series(np.nan, index=table.index), np.zeros(len(table))
    rows = gaps.to_frame().set_index("item").reindex(table["item"])
    certain = rows["verdict"].eq("different").to_numpy()
    half = (rows["ci_upper"] - rows["ci_lower"]).to_numpy(float) / 2
    gap = np.where(certain, rows["gap"].to_numpy(float), np.nan)
    return pd.Series(gap, index=table.index), np.where(certain, np.nan_to_num(half), 0.0)


def _importance(
    table: pd.DataFrame, drivers: Drivers | None, rng: np.random.Generator
) -> tuple[ImportanceLevel, np.ndarray]:
    """How important each characteristic is: first the estimate, then a row per draw."""
    count = len(table)
    nothing = np.full((1 + DRAWS, count), 1.0 / max(count, 1))
    # shares of what chance explains are no importance
    if drivers is None or drivers.n_persons < MIN_PERSONS_IMPORTANCE or not drivers.related:
        return "none", nothing
    samples = drivers.samples[np.isfinite(drivers.samples).all(axis=1) & (drivers.samples.sum(axis=1) > 0)]
    if not len(samples):  # importance has no value, or none was drawn
        return "none", nothing
    shares = drivers.to_frame().set_index("predictor")["share"]
    draws = samples / samples.sum(axis=1, keepdims=True)
    order = list(drivers.data.predictors)
    picked = draws[rng.integers(0, len(draws), DRAWS)]
    stacked = np.vstack([shares.reindex(order).to_numpy(float), picked])
    if set(table["item"]) <= set(order):
        columns, level = [order.index(item) for item in table["item"]], "item"
        found = stacked[:, columns]
    elif set(table["factor"]) <= set(order):
        columns, level = [order.index(factor) for factor in table["factor"]], "factor"
        found = stacked[:, columns] / table.groupby("factor")["item"].transform("size").to_numpy(float)
    else:
        return "none", nothing
    return ("item" if level == "item" else "factor"), found / found.sum(axis=1, keepdims=True)
