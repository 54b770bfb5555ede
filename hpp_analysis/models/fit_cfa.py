"""Fitting a confirmatory model: from syntax and answers to a result."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.design import names_of
from hpp_analysis.core.sem.estimation import estimate
from hpp_analysis.core.sem.fit import fit_measures
from hpp_analysis.core.sem.inference import covariance_of_estimates
from hpp_analysis.core.sem.moments import Moments, group_moments
from hpp_analysis.core.sem.syntax import parse_syntax
from hpp_analysis.core.sem.table import build_table
from hpp_analysis.core.sem.variables import find_variables
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import CFA
from hpp_analysis.models.cfa_parts import (
    check_moments,
    estimates_table,
    given_moments,
    is_correlation,
    r2_of,
    refuse_no_solution,
    residual_correlations,
    undefined,
    unjudged,
)
from hpp_analysis.models.lavaan_names import refuse_ordered, refuse_unknown
from hpp_analysis.models.model_data import model_data
from hpp_analysis.options import CfaEstimator, CfaInformation, CfaMissing, checked, in_range, one_of
from hpp_analysis.survey.survey import Survey

_CORRECTIONS = {"ML": "none", "MLR": "yuan_bentler", "MLM": "satorra_bentler", "GLS": "none", "ULS": "none"}
_ERRORS = {"MLR": "huber_white", "MLM": "satorra_bentler"}


@checked
def fit_cfa(
    model: str | Survey,
    data: Survey | pd.DataFrame | None = None,
    *,
    estimator: CfaEstimator = "MLR",
    missing: CfaMissing = "auto",
    ordered: bool | str | Sequence[str] = (),
    group: str | Sequence[str] | None = None,
    group_equal: str | Collection[str] = (),
    group_partial: str | Collection[str] = (),
    cluster: str | Sequence[str] | None = None,
    sample_cov: pd.DataFrame | None = None,
    n_obs: int | None = None,
    std_lv: bool = False,
    orthogonal: bool = False,
    information: CfaInformation = "auto",
    conf_level: float = 0.95,
    **unknown: Any,
) -> CFA:
    """Fit a confirmatory factor model, or a structural equation model.

    Parameters
    ----------
    model : str or Survey
        In lavaan's syntax; an instrument's is `instrument.model()`. A survey alone is fitted to the model of its
        instrument.
    data : Survey or DataFrame, optional
        Answers; or give `sample_cov` and `n_obs`.
    estimator : {"MLR", "ML", "MLM", "GLS", "ULS"}
        "MLR" needs answers; with `sample_cov` the default falls back to "ML".
    missing : {"auto", "fiml", "listwise"}
        "auto": full information (FIML) where an answer is missing and the estimator is "MLR" or "ML". Respondents without
        an answer to an exogenous covariate are left out; more than a tenth of them only with "fiml" or "listwise".
    ordered : sequence of str
        Ordered items are not supported yet: must be empty.
    group : str, optional
        A column; groups are in order of appearance. Respondents without a group are left out, with a flag.
    group_equal : str or collection of str
        What is equal in all groups: "loadings", "intercepts", "residuals", "means", "regressions", "lv_variances", "lv_covariances",
        "residual_covariances".
    group_partial : str or collection of str
        Relations that stay free although `group_equal` names their kind: "x2 ~ 1".
    cluster : str, optional
        A column: respondents within organisations. Persons with several ratings in a survey are clusters by default.
        Needs "MLR"; other estimators ignore such persons, with a flag. Respondents without a cluster are left out, with a flag (lavaan makes them one cluster).
    sample_cov : DataFrame, optional
        Covariances, divisor n - 1.
    n_obs : int, optional
        Respondents behind them.
    std_lv : bool
        Latent variances 1 instead of first loadings 1.
    orthogonal : bool
        Factors that no model explains are uncorrelated.
    information : {"auto", "expected", "observed", "first_order"}
        What the standard errors of "ML" rest on: the expected second derivatives of the log-likelihood (the default where
        answers are complete), the second derivatives themselves (where some are missing), or the cross-products of
        the scores, which need the answers.
    conf_level : float
    **unknown
        Anything else is refused; for arguments of lavaan the error names the way out.

    Returns
    -------
    CFA

    Raises
    ------
    ModelSyntaxError, AnswersError, OptionError
    NotIdentifiedError
        Naming the parameters that the data do not settle.
    ConvergenceError

    References
    ----------
    Jöreskog (1969), doi:10.1007/BF02289343; Rosseel (2012), doi:10.18637/jss.v048.i02; Yuan & Bentler (2000),
    doi:10.1111/0081-1750.00078

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(persons_per_side=40, seed=1).survey
    >>> cfa = fit_cfa(survey)
    >>> int(cfa.fit_measures["df"])
    149
    """
    refuse_unknown("fit_cfa", unknown, _ARGUMENTS)
    refuse_ordered(ordered)
    one_of(estimator, CfaEstimator, "estimator")
    one_of(missing, CfaMissing, "missing")
    one_of(information, CfaInformation, "information")
    in_range(conf_level, "conf_level", above=0, below=1)
    for name, given in (("group_equal", group_equal), ("group_partial", group_partial)):
        if given and not group:
            raise OptionError(f"`{name}` needs `group`. Given: {given!r}. Name the column of groups.")
    for name, flag in (("std_lv", std_lv), ("orthogonal", orthogonal)):
        if not isinstance(flag, bool):
            raise OptionError(f"`{name}` must be True or False. Given: {flag!r}. Choose one of these.")
    if isinstance(model, Survey):
        if data is not None:
            raise OptionError(
                "A model is a text where `data` are given. Given: two sets of answers. Give fit_cfa(survey), or a text and the data."
            )
        model, data = model.instrument.model(), model
    syntax = parse_syntax(model)
    variables = find_variables(syntax)
    observed = variables.observed
    flags: tuple[str, ...] = ()
    n_given: int | None = None
    clusters: NDArray[np.int64] | None = None
    groups: tuple[str, ...] = ("",)
    if data is not None and (sample_cov is not None or n_obs is not None):
        name = "n_obs" if sample_cov is None else "sample_cov"
        raise OptionError(
            f"`{name}` must not stand beside `data`, which says it already. Given: both. Leave `{name}` out."
        )
    if data is None:
        if missing == "fiml":
            raise OptionError(
                "`missing='fiml'` needs answers. Given: a covariance matrix. Give the answers, or leave `missing` out."
            )
        for name, column in (("group", group), ("cluster", cluster)):
            if column:
                raise OptionError(f"`{name}` needs answers. Given: {column!r}, and no `data`. Give the answers.")
        moments: tuple[Moments, ...] = (given_moments(observed, sample_cov, n_obs),)
        if is_correlation(sample_cov):
            flags = ("correlation_matrix",)
        if estimator == "MLM":
            raise OptionError("'MLM' needs answers. Given: a covariance matrix. Choose 'ML', or give the answers.")
        chosen: str = "ML" if estimator == "MLR" else estimator
        way = "complete"
    else:
        chosen, fiml = estimator, missing != "listwise" and estimator in ("ML", "MLR")
        if missing == "fiml" and not fiml:
            raise OptionError(
                f"`missing='fiml'` needs 'ML' or 'MLR'. Given: estimator={estimator!r}. Choose one of these."
            )
        answers = model_data(observed, data, group=group, cluster=cluster, fiml=fiml, covariates=variables.exogenous)
        moments = group_moments(answers.x, answers.codes, n_groups=len(answers.groups), fiml=fiml)
        groups = answers.groups
        n_given = len(data)
        there = len(answers.x) + answers.n_without_covariate
        lost = 1.0 - sum(part.n for part in moments) / there
        if lost > 0.10 and missing == "auto":
            raise OptionError(_costly(estimator, lost, variables.exogenous if fiml else ()))
        flags = answers.flags
        if answers.clusters is not None and chosen == "MLR":
            clusters = answers.clusters[np.concatenate([part.rows for part in moments])]
        elif cluster:
            raise OptionError(f"`cluster` needs estimator='MLR'. Given: {estimator!r}. Choose 'MLR'.")
        else:
            flags += answers.clusters_ignored
        moments = tuple(replace(part, rows=answers.rows[part.rows]) for part in moments)
        way = "complete" if lost == 0 else "listwise"
        if any(not part.is_complete for part in moments):
            way = "fiml"
    if information != "auto" and chosen != "ML":
        raise OptionError(
            f"`information` is chosen for 'ML' alone; robust errors and least squares have their own. Given: "
            f"estimator={chosen!r}. Choose 'ML', or leave `information` out."
        )
    if information == "first_order" and data is None:
        raise OptionError(
            "`information='first_order'` needs answers. Given: a covariance matrix. Choose 'expected' or 'observed'."
        )
    check_moments(moments, groups, observed)
    table_with = partial(
        build_table,
        syntax,
        n_groups=len(groups),
        meanstructure=way == "fiml" or len(groups) > 1 or clusters is not None,
        std_lv=std_lv,
        orthogonal=orthogonal,
        group_equal=group_equal,
    )
    table = table_with(group_partial=group_partial)
    all_equal = table_with().free.max()
    for released in [group_partial] if isinstance(group_partial, str) else group_partial:
        if table_with(group_partial=released).free.max() == all_equal:
            raise OptionError(
                f"`group_partial` must name relations that `group_equal` makes equal. Given: {released!r}, which is free or "
                "fixed already. Leave it out, or add its kind to `group_equal`."
            )
    found = estimate(table, moments, estimator=chosen if chosen in ("GLS", "ULS") else "ML")
    refuse_no_solution(found, table)
    plain = "observed" if way == "fiml" else "expected"
    se = _ERRORS.get(chosen, plain if information == "auto" else information)
    covariance = covariance_of_estimates(found, se=se, cluster=clusters)
    measures = fit_measures(found, correction=_CORRECTIONS[chosen], cluster=clusters)
    estimates = estimates_table(found, covariance, conf_level)
    return CFA(
        table=estimates,
        names=names_of(data) if isinstance(data, Survey) else {},
        selection=data.selection if isinstance(data, Survey) else {},
        flags=(*found.flags, *flags, *unjudged(found, measures, clusters), *undefined(estimates)),
        fit_measures=pd.Series(measures, name="value"),
        r2=r2_of(found, groups),
        residuals=residual_correlations(found, groups),
        found=found,
        clusters=clusters,
        group_names=groups,
        sizes=tuple(part.n for part in moments),
        n_given=moments[0].n_given if n_given is None else n_given,
        estimator=chosen,
        missing=way,
        conf_level=conf_level,
    )


_ARGUMENTS = tuple(name for name in inspect.signature(fit_cfa).parameters if name != "unknown")


def _costly(estimator: str, lost: float, covariates: Sequence[str]) -> str:
    rule = "Leaving out respondents with gaps must be asked for where it costs more than 10 %."
    if covariates:
        named = "; ".join(f"{name} ~~ {' + '.join(covariates[i:])}" for i, name in enumerate(covariates))
        return (
            f"{rule} Given: {lost:.0%} without an answer to a covariate ({', '.join(covariates)}). Choose missing='fiml' "
            f"to leave them out, or add '{named}' to the model, which then uses all answers."
        )
    return (
        f"{rule} Given: estimator={estimator!r}, {lost:.0%} would go. Choose 'MLR', which uses all answers, or "
        "missing='listwise'."
    )
