"""The parts of a fitted model as tables, and what stands in the way of fitting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.core.sem.estimation import Estimate
from hpp_analysis.core.sem.inference import defined_parameters, intervals, rows_of_table
from hpp_analysis.core.sem.model import Implied
from hpp_analysis.core.sem.moments import Moments, moments_of_covariance
from hpp_analysis.core.sem.standardised import explained_variance, standardise, standardised_definitions
from hpp_analysis.core.sem.table import Table
from hpp_analysis.errors import AnswersError, ConvergenceError, Failure, NotIdentifiedError, OptionError
from hpp_analysis.options import in_range, nearest


def given_moments(observed: Sequence[str], sample_cov: pd.DataFrame | None, n_obs: int | None) -> Moments:
    """Moments from a covariance matrix and a number of respondents."""
    if sample_cov is None or n_obs is None:
        raise OptionError(
            "A model must get `data`, or `sample_cov` with `n_obs`. Given: neither is complete. Give one of the two."
        )
    in_range(n_obs, "n_obs", at_least=2)
    failures = []
    for names, what, other in ((sample_cov.columns, "column", "rows"), (sample_cov.index, "row", "columns")):
        known = [str(name) for name in names]
        for name in observed:
            if known.count(name) != 1:
                failures.append(
                    Failure(
                        f"`sample_cov` must have one {what} for each observed variable; it has {known.count(name)}, of: "
                        f"{', '.join(known[:30])}.",
                        f"{nearest(name, known)} Name both alike: the {what}s and the {other}.",
                        column=name,
                    )
                )
    if failures:
        raise AnswersError(failures)
    matrix = sample_cov.loc[list(observed), list(observed)].to_numpy(dtype=np.float64)
    wrong = ~np.isclose(matrix, matrix.T, rtol=1e-6, atol=1e-8)
    if wrong.any():  # also where something is missing
        i, j = np.argwhere(wrong)[0].tolist()
        raise AnswersError(
            [
                Failure(
                    "`sample_cov` must be whole and symmetric.",
                    f"Of {observed[i]} and {observed[j]} it says {matrix[i, j]:g} and {matrix[j, i]:g}. Fill in both triangles.",
                )
            ]
        )
    return moments_of_covariance((matrix + matrix.T) / 2.0, n_obs)


def is_correlation(sample_cov: pd.DataFrame | None) -> bool:
    """Whether covariances are correlations by their looks: ones in the diagonal, to the digits of a printed table."""
    return sample_cov is not None and bool(np.allclose(np.diag(sample_cov.astype(float)), 1.0, rtol=0.0, atol=1e-6))


def check_moments(moments: Sequence[Moments], groups: Sequence[str], observed: Sequence[str]) -> None:
    """Refuse covariances that no model can be fitted to.

    Raises
    ------
    AnswersError
    """
    failures = []
    for part, group in zip(moments, groups, strict=True):
        where = f" in the group {group!r}" if len(groups) > 1 else ""
        if "singular" in part.flags:
            failures.append(
                Failure(
                    f"No variable may follow from others{where}; these are tied: "
                    f"{', '.join(_tied(part.covariance, observed))}.",
                    "Leave out a variable that is a sum or a copy of others, or collect more answers.",
                )
            )
        if "never_together" in part.flags:
            failures.append(
                Failure(
                    f"Each pair of variables must have respondents who answered both{where}; one pair has none.",
                    "Leave out one of the variables that were never asked together.",
                )
            )
    if failures:
        raise AnswersError(failures)


def _tied(covariance: NDArray[np.float64], observed: Sequence[str]) -> list[str]:
    """The variables with a part in the flattest direction."""
    sd = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    _size, vectors = np.linalg.eigh(np.nan_to_num(covariance / np.outer(sd, sd)))
    return [name for name, weight in zip(observed, np.abs(vectors[:, 0]), strict=True) if weight > 0.1]


def refuse_no_solution(found: Estimate, table: Table) -> None:
    """Refuse estimates that are no solution.

    Raises
    ------
    AnswersError
        The units of the variables are so different that rounding hides what the answers say.
    NotIdentifiedError, ConvergenceError
    """
    if {"not_identified", "not_converged", "nearly_singular"} & set(found.flags):
        _refuse_units(found)
    if "not_identified" in found.flags:
        loose = [k for k in range(len(table)) if table.free[k] - 1 in found.loose]
        named = ", ".join(f"{table.lhs[k]} {table.op[k]} {table.rhs[k]}".strip() for k in loose[:8])
        raise NotIdentifiedError(
            f"A model must have no more unknowns than answers can settle. Not settled: {named}. "
            "Fix a loading or a variance, add items, or remove a relation."
        )
    if "not_converged" in found.flags:
        raise ConvergenceError(
            f"Estimation must end at a solution. Given: none after {found.n_iterations} steps. "
            "Simplify the model, give starting values with start(), or collect more answers."
        )


def _refuse_units(found: Estimate) -> None:
    variances = np.max([np.diag(part.covariance) for part in found.objective.moments], axis=0)
    far = [
        Failure(
            "Variables of a model must be in units of a similar size: the variance of this one is "
            f"{variance:.0e}, that of the smallest {variances.min():.0e}.",
            f"Divide it by {10 ** round(np.log10(variance) / 2):g}, or choose a larger unit (thousands, years).",
            column=name,
        )
        for name, variance in zip(found.model.table.observed, variances.tolist(), strict=True)
        if variance > _LARGE_VARIANCE
    ]
    if far:
        raise AnswersError(far)


_LARGE_VARIANCE = 1e6
"""From here on information about a variance, which falls with its square, is lost among rounding errors."""


def unjudged(found: Estimate, measures: Mapping[str, float], clusters: NDArray[np.int64] | None) -> tuple[str, ...]:
    """Why the fit of a model cannot be judged, as flags; nothing where it can."""
    flags = []
    n = found.objective.n_total if clusters is None else len(np.unique(clusters))
    if n < found.n_free:
        flags.append(f"{'few_respondents' if clusters is None else 'few_clusters'}:{n}")
    factors = [measures.get(f"{name}scaling_factor", 1.0) for name in ("", "baseline_")]
    if measures["df"] > 0 and not np.isfinite(factors).all():
        flags.append("negative_scaling")
    return tuple(flags)


def estimates_table(found: Estimate, covariance: NDArray[np.float64], conf_level: float) -> pd.DataFrame:
    """One row per parameter and per defined parameter."""
    table = found.model.table
    value, se = rows_of_table(found, covariance)
    rows = intervals(value, se, conf_level)
    latent = standardise(found, covariance, observed=False)
    every = standardise(found, covariance, observed=True)
    frame = pd.DataFrame(
        {
            "lhs": table.lhs,
            "op": table.op,
            "rhs": table.rhs,
            "group": table.group,
            "label": [label if not label.startswith(".p") else "" for label in table.label],
            "est": rows.estimate,
            "se": rows.se,
            "z": rows.z,
            "p": rows.p,
            "ci_lower": rows.ci_lower,
            "ci_upper": rows.ci_upper,
            "std_lv": latent.value,
            "std_all": every.value,
            "std_lv_se": latent.se,
            "std_all_se": every.se,
        }
    )
    named = [item for item in table.constraints if item.op == ":="]
    if not named:
        return frame
    value, se = defined_parameters(found, covariance)
    rows = intervals(value, se, conf_level)
    defined = {}
    for name, standard in (("std_lv", latent), ("std_all", every)):
        defined[name], slopes = standardised_definitions(found, standard.value)
        slopes = slopes @ standard.jacobian
        variance = ((slopes @ covariance) * slopes).sum(axis=1)
        defined[f"{name}_se"] = np.sqrt(np.where((variance >= 0.0) & np.isfinite(defined[name]), variance, np.nan))
    more = pd.DataFrame(
        {
            "lhs": [item.lhs for item in named],
            "op": ":=",
            "rhs": [item.rhs for item in named],
            "group": 0,
            "label": [item.lhs for item in named],
            "est": rows.estimate,
            "se": rows.se,
            "z": rows.z,
            "p": rows.p,
            "ci_lower": rows.ci_lower,
            "ci_upper": rows.ci_upper,
            **{name: defined[name] for name in ("std_lv", "std_all", "std_lv_se", "std_all_se")},
        }
    )
    return pd.concat([frame, more], ignore_index=True)


def undefined(estimates: pd.DataFrame) -> tuple[str, ...]:
    """What `:=` defines without a value, or without one in the standardised solution, as flags."""
    defined = estimates[estimates["op"] == ":="]
    no_value = defined["est"].isna()
    no_standard = ~no_value & defined[["std_lv", "std_all"]].isna().any(axis=1)
    return (
        *(f"undefined:{name}" for name in defined.loc[no_value, "lhs"]),
        *(f"undefined_standardised:{name}" for name in defined.loc[no_standard, "lhs"]),
    )


def r2_of(found: Estimate, groups: Sequence[str]) -> pd.Series | pd.DataFrame:
    """Explained variance by variable, one column per group where there are several."""
    parts = explained_variance(found)
    if len(parts) == 1:
        return pd.Series(parts[0], name="r2", dtype=float)
    return pd.DataFrame(dict(zip(groups, parts, strict=True)))


def residual_correlations(found: Estimate, groups: Sequence[str]) -> pd.DataFrame:
    """Sample correlations minus implied ones."""
    names = list(found.model.table.observed)
    frames = []
    for at, moments in zip(found.point.at, found.objective.moments, strict=True):
        sample, implied = moments.covariance, at.sigma
        one, other = np.sqrt(np.diag(sample)), np.sqrt(np.diag(implied))
        values = sample / np.outer(one, one) - implied / np.outer(other, other)
        frames.append(pd.DataFrame(values, index=names, columns=names))
    return frames[0] if len(frames) == 1 else pd.concat(dict(zip(groups, frames, strict=True)))


def factor_scores(found: Estimate, method: str = "regression") -> pd.DataFrame:
    """Factor scores, one row per respondent used, numbered as in the data.

    Bartlett's are NaN for a respondent who answered no item of a factor, and where a factor has no item of its own.

    References
    ----------
    Thurstone (1935), The Vectors of Mind; Thomson (1939), The Factorial Analysis of Human Ability; Bartlett (1937),
    doi:10.1111/j.2044-8295.1937.tb00863.x
    """
    model, rows, values = found.model, [], []
    p, latent = model.n_observed, list(model.table.latent)
    for at, moments in zip(found.point.at, found.objective.moments, strict=True):
        if moments.answers is None:
            raise OptionError("Factor scores need answers. Given: a covariance matrix. Fit the model to answers.")
        mu = at.mu if found.objective.means else moments.mean
        shown = ~np.isnan(moments.answers)
        own = np.empty((moments.n, len(latent)))
        for pattern in np.unique(shown, axis=0):
            mine = (shown == pattern).all(axis=1)
            weights = (
                np.linalg.solve(at.sigma[np.ix_(pattern, pattern)], at.total[:p][pattern][:, p:])
                if method == "regression"
                else _bartlett_weights(at, pattern)
            )
            own[mine] = at.total_mean[p:] + (moments.answers[np.ix_(mine, pattern)] - mu[pattern]) @ weights
        rows.append(moments.rows)
        values.append(own)
    order = np.argsort(np.concatenate(rows))
    return pd.DataFrame(np.vstack(values)[order], index=np.concatenate(rows)[order], columns=latent)


def _bartlett_weights(at: Implied, pattern: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weighted least squares of the answered items on their factors, weights the inverse residual covariances."""
    p = len(at.mu)
    reach = np.linalg.inv(np.eye(p) - at.a[:p, :p])
    lambda_ = (reach @ at.a[:p, p:])[pattern]
    theta = (reach @ at.s[:p, :p] @ reach.T)[np.ix_(pattern, pattern)]
    weights = np.full(lambda_.shape, np.nan)
    shown = np.abs(lambda_).max(axis=0, initial=0.0) > 0
    if shown.any() and np.linalg.eigvalsh(theta)[0] > 0:
        scaled = np.linalg.solve(theta, lambda_[:, shown])
        weights[:, shown] = np.linalg.solve(lambda_[:, shown].T @ scaled, scaled.T).T
    return weights
