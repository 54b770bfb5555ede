"""Exploratory factor analysis: from answers or correlations to a solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pandas as pd

from hpp_analysis.core.factors.extraction import Extraction
from hpp_analysis.core.factors.rotation import Rotation
from hpp_analysis.core.factors.rotations import KINDS, Recipe, extract, settle, turn
from hpp_analysis.core.factors.solution import Solution, fit_of, residuals
from hpp_analysis.core.factors.solutions_many import Known
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.correlation import Correlation
from hpp_analysis.factors.efa import EFA
from hpp_analysis.factors.factor_input import FactorInput, factor_input
from hpp_analysis.factors.factor_source import FactorSource
from hpp_analysis.factors.presets import PRESETS, Preset
from hpp_analysis.options import CorrelationMethod, CorrelationMissing, FactorRotation, Like, checked, names_in
from hpp_analysis.options import Extraction as ExtractionName
from hpp_analysis.survey.survey import Survey

_DEFAULTS: dict[str, float] = {"gamma": 0.0, "kappa": 0.0, "power": 4.0}


@checked
def fit_efa(
    data: Survey | pd.DataFrame | Correlation,
    n_factors: int,
    *,
    extraction: ExtractionName = "minres",
    rotation: FactorRotation = "oblimin",
    correlation: CorrelationMethod = "pearson",
    missing: CorrelationMissing | None = None,
    n_obs: int | None = None,
    normalize: bool | None = None,
    n_starts: int | None = None,
    like: Like | None = None,
    seed: int = 0,
    rotation_options: Mapping[str, Any] | None = None,
) -> EFA:
    """Explore which factors stand behind items.

    Parameters
    ----------
    data : Survey, DataFrame or Correlation
        Answers (respondents x items), a factor of a survey, what `correlate` made of them, or, with `n_obs`, a square
        frame of correlations.
    n_factors : int
        How many factors; `retain_factors` helps to choose.
    extraction : {"minres", "ml", "pa", "uls", "gls", "dwls", "pca"}
        Minimum residuals is unweighted least squares. "dwls" weighs correlations by their precision: polychorics by
        their asymptotic variances over complete rows, others by those of normal variables. "pca" gives
        principal components, which are no factors: they hold the items' own variance too.
    rotation : str
        Orthogonal: "varimax", "quartimax", "equamax", "crawford_ferguson_t", "geomin_t", "bifactor_t", "target_t".
        Oblique: "oblimin", "quartimin", "promax", "crawford_ferguson", "geomin", "bifactor", "target". Or "none".
        "bifactor" is GPArotation's bifactorQ and psych's "biquartimin"; psych's "bifactor" is orthogonal: "bifactor_t" here.
    correlation : {"pearson", "spearman", "polychoric", "mixed"}
        As `correlate` has it.
    missing : {"em", "pairwise", "listwise"}, optional
        By default "em" for Pearson correlations and "pairwise" for others.
    n_obs : int, optional
        Observations behind a square frame of correlations; 0 where unknown, which leaves tests undefined.
    normalize : bool, optional
        Kaiser's normalisation while rotating; by default as `like` has it.
    n_starts : int, optional
        Starts of the rotation, the first from the unrotated solution; by default as `like` has it.
    like : {"psych", "spss", "lavaan"}, optional
        Whose settings to follow where nothing else is said; see `hpp_analysis.factors.presets`.
    seed : int
        Of the random starts.
    rotation_options : mapping, optional
        "gamma" (oblimin, default 0), "epsilon" (geomin), "kappa" (crawford_ferguson), "power" (promax, default 4),
        "target" (a frame items x factors; NaN where any loading will do).

    Returns
    -------
    EFA
        Where there is no solution its numbers are NaN and `flags` say why.

    Raises
    ------
    OptionError
        When options do not go together.
    SurveyError
        When `data` are neither answers nor correlations.
    NotIdentifiedError
        When there are more unknowns than correlations.

    References
    ----------
    Fabrigar, Wegener, MacCallum & Strahan (1999), doi:10.1037/1082-989X.4.3.272

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> efa = fit_efa(survey.items.iloc[:, :19], 3)
    >>> efa.loadings.shape, efa.flags
    ((19, 3), ())
    """
    preset = PRESETS[like]
    prepared = factor_input(data, correlation, missing, n_obs, extraction)
    r = prepared.r.to_numpy()
    _identified(len(r), n_factors, extraction)
    recipe = _recipe(
        extraction, rotation, preset, normalize, n_starts, rotation_options or {}, prepared.r.columns, n_factors
    )
    found = extract(r, n_factors, recipe, prepared.weights)
    rng = np.random.default_rng(seed)
    if np.isnan(found.lambda_).any():
        turned = Rotation(found.lambda_, np.eye(n_factors), np.eye(n_factors), np.nan, False, 1, 1)
        solution = Solution(found.lambda_, np.eye(n_factors), np.eye(n_factors))
    else:
        turned = turn(found.lambda_, recipe, rng)
        solution = settle(turned, recipe)
    return _result(prepared, recipe, preset, like, found, turned, solution)


def _identified(p: int, k: int, extraction: str) -> None:
    if extraction == "pca":
        if k > p:
            raise NotIdentifiedError(
                f"There must be at most as many components as items, {p}. Given: {k}. Ask for fewer."
            )
    elif (p - k) ** 2 < p + k or k >= p:
        most = max((m for m in range(1, p) if (p - m) ** 2 >= p + m), default=0)
        raise NotIdentifiedError(
            f"{k} factors of {p} items have more unknowns than correlations; a solution must have fewer. Given: `n_factors={k}`. "
            + (f"Ask for at most {most}." if most else "One factor needs three items or more.")
        )


def _recipe(
    extraction: str,
    rotation: str,
    preset: Preset,
    normalize: bool | None,
    n_starts: int | None,
    options: Mapping[str, Any],
    items: pd.Index,
    n_factors: int,
) -> Recipe:
    known = KINDS[rotation].settings if rotation != "none" else ()
    names_in(options, known, "rotation_options", kind=f"an option of the rotation {rotation!r}")
    settings: dict[str, object] = {}
    for name in known:
        if name == "target":
            settings[name] = _target(options.get("target"), items, n_factors)
            continue
        value = options.get(name, preset.epsilon if name == "epsilon" else _DEFAULTS[name])
        if not isinstance(value, int | float) or isinstance(value, bool) or not np.isfinite(value):
            raise OptionError(f"`{name}` must be a number. Given: {value!r}. Correct it.")
        if (name == "epsilon" and value <= 0) or (name == "power" and value < 1):
            raise OptionError(
                f"`{name}` must be {'above 0' if name == 'epsilon' else 'at least 1'}. Given: {value!r}. Correct it."
            )
        settings[name] = float(value)
    many = rotation != "none" and KINDS[rotation].many_optima
    return Recipe(
        extraction=extraction,
        rotation=rotation,
        settings=settings,
        normalize=rotation in preset.normalized if normalize is None else normalize,
        n_starts=n_starts or (preset.n_starts if many else 1),
        pa_tolerance=preset.pa_tolerance,
        pa_rule=preset.pa_rule,
        row_normalized_target=preset.row_normalized_target,
        early_varimax=preset.early_varimax,
    )


def _target(given: Any, items: pd.Index, n_factors: int) -> np.ndarray:
    if isinstance(given, pd.DataFrame):
        absent = [item for item in items if item not in given.index]
        if absent:
            raise OptionError(
                f"`target` must have a row for each item. Given: none for {', '.join(absent[:5])}. Add them, NaN where any "
                "loading will do."
            )
        given = given.loc[list(items)].to_numpy(dtype=float, na_value=np.nan)
    target = np.asarray(given if given is not None else [], dtype=float)
    if target.shape != (len(items), n_factors) or np.isnan(target).all():
        raise OptionError(
            f"`target` must be a frame of loadings, {len(items)} items x {n_factors} factors, NaN where any will do. Given: "
            f"shape {target.shape}. Give one by `rotation_options={{'target': frame}}`."
        )
    return target


def _result(
    data: FactorInput,
    recipe: Recipe,
    preset: Preset,
    like: str | None,
    found: Extraction,
    turned: Rotation,
    solution: Solution,
) -> EFA:
    r = data.r.to_numpy()
    p, k = solution.lambda_.shape
    items = data.r.columns
    letter = "C" if recipe.extraction == "pca" else "F"
    factors = pd.Index([f"{letter}{place}" for place in range(1, k + 1)])
    residual = residuals(r, solution)
    fit = fit_of(r, residual, k, data.n, correction=preset.correction)
    communality = solution.communality
    loadings = pd.DataFrame(solution.lambda_, items, factors)
    variance = solution.variance
    table = pd.DataFrame(np.column_stack([solution.lambda_, communality, 1.0 - communality]))
    table.columns = pd.Index([*factors, "communality", "uniqueness"])
    table.insert(0, "item", items.to_numpy())
    flags = [*data.flags, *found.flags]
    if k > 1 and recipe.rotation != "none" and not np.isnan(found.lambda_).any():
        if not turned.converged:
            flags.append("rotation_not_converged")
        if turned.n_starts > 1 and turned.n_best < max(2, turned.n_starts // 10):
            flags.append("local_optimum")
    return EFA(
        table=table,
        names=data.names,
        selection=data.selection,
        flags=tuple(flags),
        loadings=loadings,
        factor_correlations=pd.DataFrame(solution.phi, factors, factors),
        communalities=pd.Series(communality, items),
        uniquenesses=pd.Series(1.0 - communality, items),
        structure=pd.DataFrame(solution.structure, items, factors),
        variance=pd.DataFrame(
            {"variance": variance, "share": variance / p, "cumulative": np.cumsum(variance) / p}, factors
        ),
        residuals=pd.DataFrame(residual, items, items),
        correlations=data.r,
        chi2=fit.chi2,
        df=fit.df,
        p=fit.p,
        rmsea=fit.rmsea,
        rmsea_ci_lower=fit.rmsea_ci_lower,
        rmsea_ci_upper=fit.rmsea_ci_upper,
        tli=fit.tli,
        bic=fit.bic,
        sabic=fit.sabic,
        rmsr=fit.rmsr,
        n_used=data.n,
        extraction=recipe.extraction,
        rotation=recipe.rotation,
        correlation=data.correlation,
        missing=data.missing,
        like=like,
        normalized=recipe.normalize,
        settings=recipe.settings,
        n_starts=turned.n_starts,
        n_best=turned.n_best,
        n_iterations=found.n_iterations,
        centre=data.centre,
        scale=data.scale,
        source=_source(data, recipe, found, solution),
    )


def _source(data: FactorInput, recipe: Recipe, found: Extraction, solution: Solution) -> FactorSource | None:
    answers, persons = data.answers, data.persons
    if answers is None or persons is None:
        if data.correlation not in ("pearson", "given") or not np.isfinite(data.n):
            return None  # nothing is known of how these correlations vary
        answers, persons = pd.DataFrame(columns=data.r.columns, dtype=float), pd.Series(dtype=str)
    known = Known(found.lambda_, found.psi, solution, data.weights)
    correlation = cast("CorrelationMethod", data.correlation)
    missing = cast("CorrelationMissing", data.missing)
    return FactorSource(answers, persons, recipe, known, correlation, missing)
