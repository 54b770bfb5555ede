r"""Nested models of ordered items: is the more restricted one worse, and which restriction presses?

In the metric of the weights (see `ordinal_fit`) the slopes of the restricted model span a part of what those of the wider model
span. Both the difference of two discrepancies and the score of a restriction are lengths of projections of the statistics'
errors, whose covariance matrix G is known: no normality and no efficient weights are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.sem.chisquare import p_of
from hpp_analysis.core.sem.model import Cells
from hpp_analysis.core.sem.ordinal import as_ordinal, statistics_jacobian
from hpp_analysis.core.sem.ordinal_fit import Errors, OrdinalTest, ordinal_df
from hpp_analysis.core.sem.score_tests import Releases

_FLAT = 1e-8
"""A direction that is so much shorter once the others may move changes nothing that can be seen."""


def ordinal_difference(null: Errors, alternative: Errors) -> OrdinalTest:
    """Test a restricted model against a wider one, by the difference of their discrepancies, scaled and shifted.

    The directions that the restrictions close are those of the wider model that leave no trace of the restricted one's
    slopes, by regression of these on those.

    Parameters
    ----------
    null : Errors
        Of the restricted model.
    alternative : Errors
        Of the wider one.

    Returns
    -------
    OrdinalTest
        NaN where the restrictions close no direction.

    References
    ----------
    Satorra (2000), in Heijmans, Pollock & Satorra, Innovations in Multivariate Statistical Analysis, 233-247,
    doi:10.1007/978-1-4615-4603-0_17; Asparouhov & Muthén (2010), Simple second order chi-square correction (Mplus technical
    appendix)
    """
    chi2 = 2.0 * null.objective.scale * (null.found.point.value - alternative.found.point.value)
    df = ordinal_df(null.found) - ordinal_df(alternative.found)
    if df <= 0:
        return OrdinalTest(chi2, df, float("nan"), float("nan"))
    weights = np.concatenate([_unscaled(alternative, g) for g in range(len(alternative.objective.groups))])[:, None]
    wide = weights * (alternative.q @ alternative.r)
    steps = np.linalg.solve(wide.T @ wide, wide.T @ (weights * (null.q @ null.r)))
    inside = np.linalg.qr(alternative.r @ steps)[0]
    # what is left of the wider model's directions, orthonormal
    rest = np.linalg.qr(np.hstack([inside, np.eye(len(inside))]))[0][:, inside.shape[1] :]
    basis = alternative.q @ rest
    inner = basis.T @ alternative.spread.times(basis)
    return OrdinalTest(chi2, df, float(np.trace(inner)), float(np.vdot(inner, inner)))


def _unscaled(errors: Errors, group: int) -> Floats:
    """What takes a group's slopes back from the metric of the weights."""
    root = errors.spread.root[group]
    return np.asarray(1.0 / (root if root.ndim == 1 else np.ones(len(root))))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Parameters that could be free, of one item.

    Attributes
    ----------
    lhs, op, rhs : str
        The relation.
    places : sequence of (int, Cells)
        Groups from 0, and places in their matrices.
    """

    lhs: str
    op: str
    rhs: str
    places: Sequence[tuple[int, Cells]]


def ordinal_releases(errors: Errors, candidates: Sequence[Candidate]) -> Releases:
    r"""Test restrictions by their scores, robustly.

    With the directions C that a release adds, less what the free parameters can do, the scores :math:`C'r` of the residuals r
    have the covariance matrix :math:`C'GC`; the test is their length in its metric.

    References
    ----------
    Satorra (1989), doi:10.1007/BF02294453
    """
    objective, found = errors.objective, errors.found
    ends = np.cumsum([0, *(len(group.statistics) for group in objective.groups)])
    residual = np.concatenate(
        [
            np.sqrt(objective.weight[g]) * errors.spread.scaled(g, objective.residual(g, as_ordinal(at)))
            for g, at in enumerate(found.point.at)
        ]
    )
    chi2, df = [], []
    for candidate in candidates:
        columns = []
        for g, cells in candidate.places:
            slopes = np.zeros((len(residual), len(cells.kind)))
            own = errors.spread.scaled(g, statistics_jacobian(as_ordinal(found.point.at[g]), cells))
            slopes[ends[g] : ends[g + 1]] = np.sqrt(objective.weight[g]) * own
            columns.append(slopes)
        c = np.hstack(columns)
        before = np.sqrt((c**2).sum(axis=0))
        c = (c - errors.q @ (errors.q.T @ c)) / np.where(before > 0, before, 1.0)
        left, size, _right = np.linalg.svd(c, full_matrices=False)
        basis = left[:, size**2 > _FLAT]
        df.append(basis.shape[1])
        score = basis.T @ residual
        inner = basis.T @ errors.spread.times(basis)
        chi2.append(objective.scale * float(score @ np.linalg.solve(inner, score)) if df[-1] else float("nan"))
    return Releases(
        lhs=tuple(candidate.lhs for candidate in candidates),
        op=tuple(candidate.op for candidate in candidates),
        rhs=tuple(candidate.rhs for candidate in candidates),
        chi2=np.array(chi2),
        df=np.array(df, dtype=np.int64),
        p=np.array([p_of(one, n) for one, n in zip(chi2, df, strict=True)]),
    )
