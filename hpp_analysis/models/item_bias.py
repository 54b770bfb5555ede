"""How large the differences between groups are: item bias in points of the scale, and factor means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.inference import covariance_of_estimates, rows_of_table
from hpp_analysis.core.sem.item_bias import item_bias, linked, pooled_sd
from hpp_analysis.core.sem.model import Implied
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.models.invariance_steps import Step

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
    depends on all of them.
    """
    found = configural.found
    if found is None or configural.why in ("not_identified", "not_converged"):
        return pd.DataFrame(columns=_COLUMNS)
    table = found.model.table
    place = {name: i for i, name in enumerate((*table.observed, *table.latent))}
    n_factors = Counter(item for items in factors.values() for item in items)
    rows, implied = [], found.point.at
    for factor, items in factors.items():
        single = [item for item in items if item not in factors and n_factors[item] == 1]
        if not single:
            continue
        places = np.array([place[item] for item in single])
        anchors = np.array([item not in released for item in single])
        first = implied[0]
        for g in range(1, len(groups)):
            at = implied[g]
            column = place[factor]
            link = linked(
                first.a[places, column],
                _intercepts(first, places),
                at.a[places, column],
                _intercepts(at, places),
                factor_mean=float(at.total_mean[column]),
                factor_variance=float(at.total[column, column]),
                anchors=anchors,
            )
            sd = np.array([_sd(moments[0], places), _sd(moments[g], places)])
            bias = item_bias(
                first.a[places, column],
                _intercepts(first, places),
                link.loadings,
                link.intercepts,
                factor_mean=link.factor_mean,
                factor_variance=link.factor_variance,
                sd=pooled_sd(sd, np.array([moments[0].n, moments[g].n])),
            )
            rows += [
                (factor, item, groups[g], bias.d_macs[k], bias.points[k], bias.signed_points[k], item in released)
                for k, item in enumerate(single)
            ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _intercepts(at: Implied, places: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray((at.total_mean - at.a @ at.total_mean)[places])


def _sd(moments: Moments, places: NDArray[np.int64]) -> NDArray[np.float64]:
    variance = np.diag(moments.covariance)[places] * moments.n / (moments.n - 1)
    return np.asarray(np.sqrt(variance))


def mean_table(
    scalar: Step | None, groups: Sequence[str], cluster: NDArray[np.int64] | None, estimator: str
) -> pd.DataFrame:
    """Factor means of later groups in the scalar model, with standard errors."""
    columns = ["factor", "group", "mean", "se"]
    if scalar is None or scalar.found is None:
        return pd.DataFrame(columns=columns)
    found: Estimate = scalar.found
    table = found.model.table
    kinds = {"ML": "observed" if _incomplete(found) else "expected", "MLR": "huber_white", "MLM": "satorra_bentler"}
    covariance = covariance_of_estimates(found, se=kinds[estimator], cluster=cluster)
    value, se = rows_of_table(found, covariance)
    rows = [
        (table.lhs[k], groups[table.group[k] - 1], value[k], se[k])
        for k in range(len(table))
        if table.op[k] == "~1" and table.lhs[k] in table.latent and table.free[k] > 0
    ]
    return pd.DataFrame(rows, columns=columns)


def _incomplete(found: Estimate) -> bool:
    return any(not moments.is_complete for moments in found.objective.moments)
