"""Test statistics of a model: the likelihood ratio, and its corrections for answers that are not normal."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fiml import normal_information
from hpp_analysis.core.sem.inference import bread, meat, trace_of_model, trace_of_saturated
from hpp_analysis.core.sem.model import MEAN, build_model
from hpp_analysis.core.sem.objective import Objective, explained
from hpp_analysis.core.sem.restrictions import Restrictions
from hpp_analysis.core.sem.table import Table


@dataclass(frozen=True, slots=True)
class FitTest:
    """A test of a model against the saturated one.

    Attributes
    ----------
    chi2, df, p : float
        p is NaN without degrees of freedom.
    scaling : float
        What the statistic is divided by for `chi2_scaled`; 1 without a correction; NaN without degrees of freedom, and where
        it comes out negative.
    """

    chi2: float
    df: int
    p: float
    scaling: float

    @property
    def chi2_scaled(self) -> float:
        """The corrected statistic."""
        return self.chi2 / self.scaling

    @property
    def p_scaled(self) -> float:
        """The p-value of the corrected statistic."""
        return p_of(self.chi2_scaled, self.df)


def p_of(chi2: float, df: int) -> float:
    """Upper tail of the chi-square distribution.

    Examples
    --------
    >>> round(p_of(3.84, 1), 3)
    0.05
    """
    return float(chdtrc(df, chi2)) if df > 0 and np.isfinite(chi2) else float("nan")


def degrees_of_freedom(found: Estimate) -> int:
    """Sample moments minus free parameters; moments that covariates bring are neither."""
    table = found.model.table
    p = len(table.observed)
    moments = p * (p + 1) // 2 + (p if table.meanstructure else 0)
    return moments * table.n_groups - int(table.exo.sum()) - found.n_free


def fit_test(found: Estimate, *, correction: str = "none", cluster: Ints | None = None) -> FitTest:
    r"""Test a model.

    Parameters
    ----------
    found : Estimate
    correction : {"none", "satorra_bentler", "yuan_bentler"}
        Satorra and Bentler's mean correction: the trace of :math:`U\Gamma` over the degrees of freedom, with complete
        answers. Yuan and Bentler's in the form of Mplus and of lavaan's MLR: the difference of two traces, of the
        saturated model (unstructured) and of this one (observed information).
    cluster : ndarray of int, optional

    References
    ----------
    Satorra & Bentler (1994), in von Eye & Clogg, Latent Variables Analysis, 399-419; Yuan & Bentler (2000),
    doi:10.1111/0081-1750.00078
    """
    chi2, df = 2.0 * found.objective.scale * found.point.value, degrees_of_freedom(found)
    scaling = 1.0
    if correction != "none":
        if df <= 0:
            scaling = float("nan")
        elif correction == "satorra_bentler":
            scaling = _trace_of_u_gamma(found) / df
        else:
            saturated = trace_of_saturated(
                found.objective.moments,
                means=found.objective.means,
                covariates=found.objective.covariates,
                cluster=cluster,
            )
            scaling = (saturated - trace_of_model(found, "observed", cluster)) / df
    # a trace that comes out negative, as with few clusters, corrects nothing
    return FitTest(chi2, df, p_of(chi2, df), scaling if scaling > 0.0 else float("nan"))


def _trace_of_u_gamma(found: Estimate) -> float:
    objective, total = found.objective, 0.0
    for group, at in enumerate(found.point.at):
        moments, w = objective.moments[group], objective.weight_matrix(group, at)
        if moments.answers is None:
            return float("nan")
        deviations = moments.answers - moments.mean
        spread = w @ moments.covariance
        known = objective.covariates
        if known is not None:
            total += _trace_with_covariates(deviations, w, known, means=objective.means)
            continue
        lengths = (deviations @ w * deviations).sum(axis=1)
        total += 0.5 * (float(lengths @ lengths) / moments.n - float((spread * spread.T).sum()))
        if objective.means:
            total += float(np.trace(spread))
    return total - float((bread(found, "expected") * meat(found, about_sample=True)).sum())


def _trace_with_covariates(deviations: Floats, w: Floats, known: Ints, *, means: bool) -> float:
    """The trace with covariates: their moments, and the parts of the others that they explain, do not vary."""
    i, j = np.triu_indices(len(w))
    fitted = explained(deviations, known)
    products = deviations[:, i] * deviations[:, j] - fitted[:, i] * fitted[:, j]
    products -= products.mean(axis=0)
    weight = normal_information(w)[len(w) :, len(w) :]
    total = float((products @ weight * products).sum()) / len(products)
    if means:
        left = deviations - fitted
        total += float((left @ w * left).sum()) / len(left)
    return total


def baseline_table(table: Table) -> Table:
    """The model of independent variables; covariates keep the covariances of the sample, auxiliary variables their own."""
    names = table.observed
    inner = [name for name in names if name not in table.variables.exogenous or not table.exo.any()]
    auxiliary = table.variables.auxiliary
    related = [
        (name, "~~", other)
        for place, name in enumerate(auxiliary)
        for other in (*auxiliary[place + 1 :], *(x for x in names if x not in auxiliary))
    ]
    own = [(name, "~~", name) for name in inner] + [(name, "~1", "") for name in inner if table.meanstructure] + related
    exo = [(table.lhs[k], table.op[k], table.rhs[k]) for k in range(len(table)) if table.exo[k] and table.group[k] == 1]
    rows = (own + exo) * table.n_groups
    per_group, n_own = len(own) + len(exo), len(own)
    place = np.arange(len(rows))
    is_own = place % per_group < n_own
    free = np.where(is_own, np.cumsum(is_own), 0)
    return Table(
        lhs=tuple(row[0] for row in rows),
        op=tuple(row[1] for row in rows),
        rhs=tuple(row[2] for row in rows),
        group=place // per_group + 1,
        free=free.astype(np.int64),
        value=np.full(len(rows), np.nan),
        label=("",) * len(rows),
        user=np.zeros(len(rows), dtype=bool),
        exo=~is_own,
        variables=replace(
            table.variables, latent=(), indicators=(), dependent=(), predictors=(), first_order=(), only_indicators=()
        ),
        n_groups=table.n_groups,
        meanstructure=table.meanstructure,
        constraints=(),
    )


def baseline_of(found: Estimate) -> Estimate:
    """Estimate the model of independent variables from the same answers.

    Maximum likelihood from complete answers has a closed form: the sample's means and variances.
    """
    objective, table = found.objective, baseline_table(found.model.table)
    moments = objective.moments
    closed = objective.estimator == "ML" and all(part.is_complete for part in moments) and not table.variables.auxiliary
    if not closed:
        return estimate(table, moments, estimator=objective.estimator)
    model = build_model(table, [(part.mean, part.covariance) for part in moments])
    own = Objective.of(model, moments)
    theta = np.empty(model.n_free)
    for group, part in zip(model.groups, moments, strict=True):
        row, mean = group.free_cells.row, group.free_cells.kind == MEAN
        theta[group.free[group.free >= 0]] = np.where(mean, part.mean[row], np.diag(part.covariance)[row])
    return Estimate(
        objective=own,
        point=own.point(theta),
        basis=np.eye(model.n_free),
        restrictions=Restrictions(table, all_linear=True),
        converged=True,
        n_iterations=0,
        flags=(),
        loose=(),
    )


def corrected_difference(null: FitTest, alternative: FitTest) -> FitTest:
    """Compare nested models by the difference of their statistics, corrected.

    The scaling may come out negative in small samples; the statistic is NaN then.

    Parameters
    ----------
    null, alternative : FitTest
        The model with more degrees of freedom first; both with the same correction.

    References
    ----------
    Satorra & Bentler (2001), doi:10.1007/BF02296192
    """
    df = null.df - alternative.df
    chi2 = null.chi2 - alternative.chi2
    if df <= 0:
        return FitTest(chi2, df, float("nan"), float("nan"))
    scale_alternative = alternative.scaling * alternative.df if alternative.df > 0 else 0.0
    scaling = (null.scaling * null.df - scale_alternative) / df
    return FitTest(chi2, df, p_of(chi2, df), scaling if scaling > 0 else float("nan"))
