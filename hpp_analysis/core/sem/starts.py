"""Starting values: near enough that scoring converges from them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.model import Model
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments
from hpp_analysis.core.sem.table import Table


def start_values(model: Model, moments: Sequence[Moments], *, alike: bool = False) -> Floats:
    """Starting values of the free parameters.

    Loadings by the closed formula of Hägglund's second estimator with the first indicator as the marker; residual
    variances are what the loadings leave; intercepts are the sample's means. What the user asked for wins.

    Parameters
    ----------
    model : Model
    moments : sequence of Moments
        Per group.
    alike : bool
        Instead: all indicators measure their factor alike, and a little; factors are uncorrelated. In small samples the
        closed formula may lead astray.

    Returns
    -------
    ndarray, shape (q,)

    References
    ----------
    Hägglund (1982), doi:10.1007/BF02296276
    """
    table = model.table
    guess = np.zeros(len(table))
    for group, sample in enumerate(moments):
        _group(table, group + 1, sample, guess, alike)
    given = ~np.isnan(table.value) & (table.free > 0)
    theta, count = np.zeros(model.n_free), np.zeros(model.n_free)
    free = table.free > 0
    np.add.at(theta, table.free[free] - 1, guess[free])
    np.add.at(count, table.free[free] - 1, 1.0)
    theta /= np.maximum(count, 1.0)
    theta[table.free[given] - 1] = table.value[given]
    return theta


def _group(table: Table, group: int, sample: Moments, guess: Floats, alike: bool) -> None:
    place = {name: i for i, name in enumerate(table.observed)}
    s = sample.covariance
    rows: list[int] = np.flatnonzero(table.group == group).tolist()
    free, value = table.free.tolist(), table.value.tolist()  # plain numbers are faster one by one
    loadings: dict[str, dict[str, int]] = {name: {} for name in table.latent}
    for row in rows:
        if table.op[row] == "=~":
            loadings[table.lhs[row]][table.rhs[row]] = int(row)
    fixed_variance = {
        table.lhs[row]: value[row]
        for row in rows
        if table.op[row] == "~~" and table.lhs[row] == table.rhs[row] and free[row] == 0
    }
    variance: dict[str, float] = {}
    weight: dict[str, Floats] = {}
    explained = np.zeros(len(s))
    for name, items in loadings.items():
        seen = {item: row for item, row in items.items() if item in place}
        if not seen:
            for row in items.values():
                guess[row] = 1.0 if math.isnan(value[row]) else value[row]
            variance[name] = 0.5
            continue
        places = [place[item] for item in seen]
        lambda_, psi = _one_factor(s, places)
        if alike:
            lambda_, psi = np.ones(len(places)), 0.2 * float(s[places[0], places[0]])
        if name in fixed_variance and fixed_variance[name] > 0:
            lambda_ = lambda_ * np.sqrt(psi / fixed_variance[name])
            psi = float(fixed_variance[name])
        else:
            marker = next((k for k, row in enumerate(seen.values()) if free[row] == 0), None)
            fixed = value[list(seen.values())[marker]] if marker is not None else 1.0
            ratio = fixed / lambda_[marker or 0] if fixed and lambda_[marker or 0] else 1.0
            lambda_, psi = lambda_ * ratio, psi / ratio**2
        variance[name] = psi
        vector = np.zeros(len(s))
        for (item, row), loading in zip(seen.items(), lambda_.tolist(), strict=True):
            guess[row] = loading
            explained[place[item]] = max(explained[place[item]], loading**2 * psi)
            vector[place[item]] = loading
        weight[name] = vector / max(float(vector @ vector), 1e-12)
    for row in rows:
        lhs, op, rhs = table.lhs[row], table.op[row], table.rhs[row]
        if op == "~1" and lhs in place:
            guess[row] = sample.mean[place[lhs]]
        elif op == "|" and isinstance(sample, OrdinalMoments):
            guess[row] = sample.thresholds[place[lhs]][int(rhs[1:]) - 1]
        elif op == "~*~":
            guess[row] = 1.0
        elif op == "~~" and lhs == rhs and lhs in place:
            total = s[place[lhs], place[lhs]]
            left = max(total - explained[place[lhs]], 0.3 * total)
            if alike:
                left = 0.5 * total
            guess[row] = total if lhs in table.variables.exogenous else left
        elif op == "~~" and lhs == rhs:
            guess[row] = variance.get(lhs, 1.0) * (0.7 if lhs in table.variables.dependent else 1.0)
        elif not alike and op == "~~" and {lhs, rhs} <= set(weight) and lhs not in table.variables.dependent:
            bound = 0.8 * math.sqrt(variance[lhs] * variance[rhs])
            guess[row] = min(max(float(weight[lhs] @ s @ weight[rhs]), -bound), bound)
        elif op == "~~" and lhs in table.variables.exogenous and rhs in table.variables.exogenous:
            guess[row] = s[place[lhs], place[rhs]]


def _one_factor(s: Floats, items: list[int]) -> tuple[Floats, float]:
    """Loadings of one factor with its first item as the marker, and its variance."""
    own = s[np.ix_(items, items)]
    k, total = len(items), float(own[0, 0])
    lambda_ = np.ones(k)
    if k == 1:
        return lambda_, total
    if k > 2:
        by_marker, among = own[1:, 0], own[1:, 1:]
        # of each item: what it shares with the others, by what these share with the marker
        size = by_marker @ by_marker - by_marker**2
        shared = among @ by_marker - np.diag(among) * by_marker
        ratio = np.where(size > 0, shared / np.where(size > 0, size, 1.0), 1.0)
        bound = 3.0 * np.sqrt(np.diag(among) / total)
        lambda_[1:] = np.clip(ratio, -bound, bound)
    rest = lambda_[1:]
    length = float(rest @ rest)
    psi = float(own[1:, 0] @ rest) / length if length > 0 else 0.5 * total
    return lambda_, min(max(psi, 0.1 * total), 0.9 * total)
