"""How large the differences between groups are: item bias in points of the scale, and factor means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.inference import covariance_of_estimates, rows_of_table
from hpp_analysis.core.sem.item_bias import Curve, ItemBias, item_bias, linked, ordinal_item_bias, pooled_sd
from hpp_analysis.core.sem.model import Implied
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.ordinal import as_ordinal
from hpp_analysis.core.sem.ordinal_fit import Errors, covariance_of_items
from hpp_analysis.models.invariance_steps import Step

_MEAN_COLUMNS = ["factor", "group", "mean", "se"]

_COLUMNS = ["factor", "item", "group", "d_macs", "points", "signed_points", "released"]


def bias_table(
    configural: Step,
    moments: Sequence[Moments],
    factors: Mapping[str, Sequence[str]],
    released: set[str],
    groups: Sequence[str],
) -> pd.DataFrame:
    """Item bias of each group compared with the first, from the model without equalities.

    The groups' metrics are linked by the items that were not released. Items of several factors are left out: their bias
    depends on all of them. Numbers beside ordered items of one factor have NaN: the two kinds are linked differently.
    """
    found = configural.found
    if found is None or configural.why in ("not_identified", "not_converged"):
        return pd.DataFrame(columns=_COLUMNS)
    table = found.model.table
    place = {name: i for i, name in enumerate((*table.observed, *table.latent))}
    n_factors = Counter(item for items in factors.values() for item in items)
    rows = []
    for factor, items in factors.items():
        single = [item for item in items if item not in factors and n_factors[item] == 1]
        ordered = [item for item in single if item in table.ordered]
        judged = ordered or single
        places = np.array([place[item] for item in judged], dtype=np.int64)
        anchors = np.array([item not in released for item in judged], dtype=bool)
        for g in range(1, len(groups)) if judged else ():
            if ordered and configural.errors is not None:
                bias = _ordinal_bias(configural.errors, places.tolist(), place[factor], g, anchors)
            else:
                bias = _bias(found, moments, places, place[factor], g, anchors)
            of_item = dict(zip(judged, zip(bias.d_macs, bias.points, bias.signed_points, strict=True), strict=True))
            rows += [
                (factor, item, groups[g], *of_item.get(item, (np.nan, np.nan, np.nan)), item in released)
                for item in single
            ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _bias(
    found: Estimate,
    moments: Sequence[Moments],
    places: NDArray[np.int64],
    column: int,
    group: int,
    anchors: NDArray[np.bool_],
) -> ItemBias:
    """Item bias of numbers of one factor: a group compared with the first."""
    first, at = (found.point.at[g] for g in (0, group))  # noqa: PD008 - a tuple
    link = linked(
        first.a[places, column],
        _intercepts(first, places),
        at.a[places, column],
        _intercepts(at, places),
        factor_mean=float(at.total_mean[column]),
        factor_variance=float(at.total[column, column]),
        anchors=anchors,
    )
    sd = np.array([_sd(moments[0], places), _sd(moments[group], places)])
    return item_bias(
        first.a[places, column],
        _intercepts(first, places),
        link.loadings,
        link.intercepts,
        factor_mean=link.factor_mean,
        factor_variance=link.factor_variance,
        sd=pooled_sd(sd, np.array([moments[0].n, moments[group].n])),
    )


def _ordinal_bias(
    errors: Errors, places: Sequence[int], factor: int, group: int, anchors: NDArray[np.bool_]
) -> ItemBias:
    """Item bias of ordered items of one factor: a group compared with the first."""
    curves = []
    implied = [as_ordinal(errors.found.point.at[g]) for g in (0, group)]  # noqa: PD008 - a tuple
    for at in implied:
        sd = np.sqrt(np.diag(at.s))
        curves.append([Curve(float(at.a[j, factor] / sd[j]), at.thresholds[at.item == j] / sd[j]) for j in places])
    answers = [np.asarray(errors.objective.groups[g].answers)[:, places] for g in (0, group)]
    sd = pooled_sd(
        np.array([np.nanstd(part, axis=0, ddof=1) for part in answers]), np.array([len(part) for part in answers])
    )
    at = implied[1]
    return ordinal_item_bias(
        curves[0],
        curves[1],
        factor_mean=float(at.total_mean[factor]),
        factor_sd=float(np.sqrt(at.total[factor, factor])),
        anchors=anchors,
        sd=sd,
    )


def _intercepts(at: Implied, places: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray((at.total_mean - at.a @ at.total_mean)[places])


def _sd(moments: Moments, places: NDArray[np.int64]) -> NDArray[np.float64]:
    variance = np.diag(moments.covariance)[places] * moments.n / (moments.n - 1)
    return np.asarray(np.sqrt(variance))


def mean_table(
    scalar: Step | None, groups: Sequence[str], cluster: NDArray[np.int64] | None, estimator: str
) -> pd.DataFrame:
    """Factor means of later groups in the scalar model, with standard errors."""
    if scalar is None or scalar.found is None:
        return pd.DataFrame(columns=_MEAN_COLUMNS)
    found: Estimate = scalar.found
    if scalar.errors is not None:
        covariance = covariance_of_items(scalar.errors, robust=True)
        return _means(found, covariance, groups)
    kinds = {"ML": "observed" if _incomplete(found) else "expected", "MLR": "huber_white", "MLM": "satorra_bentler"}
    covariance = covariance_of_estimates(found, se=kinds[estimator], cluster=cluster)
    return _means(found, covariance, groups)


def _means(found: Estimate, covariance: NDArray[np.float64], groups: Sequence[str]) -> pd.DataFrame:
    """Free factor means of later groups with their standard errors, given the covariance matrix of the parameters."""
    table = found.model.table
    value, se = rows_of_table(found, covariance)
    rows = [
        (table.lhs[k], groups[table.group[k] - 1], value[k], se[k])
        for k in range(len(table))
        if table.op[k] == "~1" and table.lhs[k] in table.latent and table.free[k] > 0
    ]
    return pd.DataFrame(rows, columns=_MEAN_COLUMNS)


def _incomplete(found: Estimate) -> bool:
    return any(not moments.is_complete for moments in found.objective.moments)
