"""How far residual covariances are from zero, in standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.fiml import (
    Patterns,
    casewise_scores,
    find_patterns,
    normal_information,
    saturated_information,
)
from hpp_analysis.core.sem.fit import unknown_moments
from hpp_analysis.core.sem.inference import cluster_sums
from hpp_analysis.core.sem.model import jacobian
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.objective import inverse

_EXACT = 1e-8
"""A residual has no variance below this share of that of its moment: the model reproduces the moment."""


@dataclass(frozen=True, slots=True)
class ResidualZ:
    """Residual covariances of one group in standard errors.

    Attributes
    ----------
    z : ndarray, shape (p, p)
        NaN where `why` says something.
    why : ndarray of str, shape (p, p)
        "" where z is a number; "reproduced": the model reproduces this covariance whatever the answers are, as it does
        variances that are free.
    """

    z: Floats
    why: NDArray[np.str_]


@dataclass(frozen=True, slots=True)
class _GroupPart:
    """One group: slopes of its moments by the parameters, their weights in estimation, and its share."""

    slopes: Floats
    weight: Floats
    share: float


def residual_z(
    found: Estimate, *, observed: bool = False, robust: bool = False, cluster: Ints | None = None
) -> list[ResidualZ]:
    r"""Divide each residual covariance by its standard error, per group.

    Estimation weighs the errors e of the sample's moments by W, so that with the slopes :math:`\Delta` of the implied
    moments the residuals of group g are :math:`e_g - \Delta_g B \sum_h w_h \Delta_h' W_h e_h`, where
    :math:`B^{-1} = \sum_h w_h \Delta_h' W_h \Delta_h` and w are the groups' shares: parameters that groups share carry
    the errors of one into the residuals of another. The covariances of e are those of normal answers, or are estimated
    from the respondents. Moments of covariates are known and have none. Where the model reproduces the variances, the
    residual correlation has the same z to first order.

    Parameters
    ----------
    found : Estimate
    observed : bool
        Weigh by the observed information about the moments at the model instead of the expected (with maximum
        likelihood). Where answers are missing it is observed.
    robust : bool
        Take the errors of the moments from the respondents' scores; the answers must be known.
    cluster : ndarray of int, shape (N,), optional
        Of each respondent, group after group: scores are summed within clusters. With `robust`.

    Returns
    -------
    list of ResidualZ

    References
    ----------
    Maydeu-Olivares (2017), doi:10.1007/s11336-016-9552-7
    """
    objective, p = found.objective, found.model.n_observed
    estimated = unknown_moments(found)
    i, j = (index[estimated[p:]] for index in np.triu_indices(p))
    pairs = slice(int(estimated[:p].sum()), None)
    parts = _parts(found, estimated, observed=observed)
    maps = _residual_maps(found, parts)
    # what is reproduced follows from the weights of estimation, which are the expected ones
    plain = parts if not observed else _parts(found, estimated, observed=False)
    exact = maps if not observed else _residual_maps(found, plain)
    errors = [
        _errors(moments, estimated, robust=robust, observed=observed or not moments.is_complete)
        for moments in objective.moments
    ]
    results = []
    for g, at in enumerate(found.point.at):
        variance = _variance(maps[g], errors, robust=robust, cluster=cluster)[pairs]
        spread = _normal_errors(objective.moments[g], estimated, observed=False)
        residual_variance = ((exact[g][g] @ spread) * exact[g][g]).sum(axis=1)[pairs]
        determined = residual_variance > _EXACT * np.diag(spread)[pairs]
        z, why = np.full((p, p), np.nan), np.full((p, p), "reproduced")
        residual = (objective.covariance[g] - at.sigma)[i, j]
        z[i[determined], j[determined]] = z[j[determined], i[determined]] = residual[determined] / np.sqrt(
            variance[determined]
        )
        why[i[determined], j[determined]] = why[j[determined], i[determined]] = ""
        results.append(ResidualZ(z, why))
    return results


def _parts(found: Estimate, estimated: Flags, *, observed: bool) -> list[_GroupPart]:
    objective, parts = found.objective, []
    for g, (group, at) in enumerate(zip(found.model.groups, found.point.at, strict=True)):
        moments = objective.moments[g]
        slopes = jacobian(at, group.free_cells, means=True) @ group.join
        if objective.fixed_weight:
            weight = normal_information(objective.fixed_weight[g])
        elif moments.answers is not None and (observed or not moments.is_complete):
            mu = at.mu if objective.means else moments.mean
            weight = saturated_information(_patterns(moments), mu, at.sigma) / moments.n
        else:
            weight = normal_information(inverse(at.sigma)[0])
        parts.append(_GroupPart(slopes[estimated], weight[np.ix_(estimated, estimated)], float(objective.weight[g])))
    return parts


def _patterns(moments: Moments) -> Patterns:
    if moments.patterns is not None:
        return moments.patterns
    if moments.answers is None:
        raise ValueError("robust errors need the answers")
    return find_patterns(moments.answers)


def _residual_maps(found: Estimate, parts: list[_GroupPart]) -> list[list[Floats]]:
    """Linear maps from the errors of the moments of group h to the residuals of group g, element [g][h]."""
    basis = found.basis
    total = sum(part.share * (part.slopes.T @ part.weight @ part.slopes) for part in parts)
    bread = basis @ np.linalg.pinv(basis.T @ total @ basis, hermitian=True) @ basis.T
    pulls = [part.share * bread @ part.slopes.T @ part.weight for part in parts]
    return [
        [(np.eye(len(pull.T)) if g == h else 0.0) - part.slopes @ pull for h, pull in enumerate(pulls)]
        for g, part in enumerate(parts)
    ]


def _normal_errors(moments: Moments, estimated: Flags, *, observed: bool) -> Floats:
    """Covariances of a group's sample moments if answers are normal."""
    if observed and moments.answers is not None:
        information = saturated_information(_patterns(moments), moments.mean, moments.covariance)
    else:
        information = moments.n * normal_information(inverse(moments.covariance)[0])
    return np.asarray(np.linalg.inv(information[np.ix_(estimated, estimated)]))


def _errors(moments: Moments, estimated: Flags, *, robust: bool, observed: bool) -> Floats:
    """Covariances of the errors of a group's moments; with `robust` each respondent's part of the errors instead, shape (n, moments)."""
    spread = _normal_errors(moments, estimated, observed=observed)
    if not robust:
        return spread
    scores = casewise_scores(_patterns(moments), moments.mean, moments.covariance)
    return np.asarray(scores[:, estimated] @ spread)


def _variance(maps: list[Floats], errors: list[Floats], *, robust: bool, cluster: Ints | None) -> Floats:
    """Variances of the residuals that the maps make of the errors of all groups."""
    if not robust:
        return np.asarray(
            sum(((maker @ spread) * maker).sum(axis=1) for maker, spread in zip(maps, errors, strict=True))
        )
    moves = np.vstack([each @ maker.T for maker, each in zip(maps, errors, strict=True)])
    return np.asarray((cluster_sums(moves, cluster, [len(each) for each in errors]) ** 2).sum(axis=0))
