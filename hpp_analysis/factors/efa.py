"""Which factors stand behind the items? Exploratory factor analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import CROSS_GAP, PRIMARY_LOADING
from hpp_analysis.common.result import join_names
from hpp_analysis.core.factors.extraction import Extraction
from hpp_analysis.core.factors.recipe import Recipe, extract, rotate_by_recipe
from hpp_analysis.core.factors.rotation import KINDS, Rotation
from hpp_analysis.core.factors.solution import Solution, finish, fit_of, residuals
from hpp_analysis.core.factors.solutions_many import KnownSolution
from hpp_analysis.display.columns import Column, Unit
from hpp_analysis.display.formats import format_interval, format_value
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.correlation import Correlation, correlation_name, missing_treatment
from hpp_analysis.factors.efa_bootstrap import EFABootstrap, bootstrap_efa
from hpp_analysis.factors.factor_input import FactorInput, factor_input
from hpp_analysis.factors.factor_solution import FactorSolution
from hpp_analysis.factors.factor_source import FactorSource
from hpp_analysis.factors.model_syntax import lavaan_syntax, mplus_syntax, spss_syntax
from hpp_analysis.factors.presets import PRESETS, Preset
from hpp_analysis.options import (
    BootstrapInterval,
    CorrelationMethod,
    CorrelationMissing,
    FactorRotation,
    Like,
    checked,
    names_in,
)
from hpp_analysis.options import Extraction as ExtractionName
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_DEFAULTS = {"gamma": 0.0, "kappa": 0.0, "power": 4.0}
"""What a rotation's option is where neither the user nor a preset says."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class EFA(FactorSolution):
    """An exploratory factor solution.

    See Also
    --------
    hpp_analysis.factors.factor_solution.FactorSolution : its numbers, `scores` and `schmid_leiman`.
    """

    @checked
    def bootstrap(
        self,
        n: int = 1000,
        *,
        seed: int = 0,
        conf_level: float = 0.95,
        method: BootstrapInterval = "percentile",
        units: pd.Series | None = None,
    ) -> EFABootstrap:
        """Intervals of loadings, factor correlations and communalities, from resampled respondents.

        Persons are drawn with replacement, with all of their ratings. In each sample the correlations are estimated
        anew in the way of this solution (with EM, too, each sample's likelihood is maximised), the factors are
        extracted and rotated anew, and matched to these factors: by optimal assignment on Tucker's congruence, reflected,
        loadings and correlations together.

        Parameters
        ----------
        n : int
            Samples, 100 or more.
        seed : int
        conf_level : float
        method : {"percentile", "bca"}
            "bca" corrects for bias and skewness (Efron 1987); its acceleration is that of a jackknife which leaves out
            each person, or each of 200 groups of persons where there are more.
        units : Series, optional
            Whom each row comes from, by the index of the answers; by default the persons of a survey, or each row of a
            frame by itself.

        Returns
        -------
        EFABootstrap
            For a solution of a correlation matrix with `n_obs`, as a published one, samples are drawn from a normal
            population with these correlations; there are percentile intervals only.

        Raises
        ------
        OptionError
            For a solution of correlations that are not Pearson's or of an unknown number, or too few samples.
        NotIdentifiedError
            Where there is no solution.

        Notes
        -----
        Each sample is solved from this solution on, so that all look at the same optimum of the rotation. A sample
        without a solution is left out, one with a Heywood case or without convergence is kept; all are counted.

        References
        ----------
        Efron (1987), doi:10.1080/01621459.1987.10478410; Zientek & Thompson (2007), doi:10.3758/BF03193163

        Examples
        --------
        >>> from hpp_analysis import fit_efa, simulate_study
        >>> survey = simulate_study(seed=1).survey
        >>> boot = fit_efa(survey["conflict_management"], 1).bootstrap(100)
        >>> boot.to_frame().shape, boot.n_without
        ((4, 6), 0)
        """
        return bootstrap_efa(self, n, seed=seed, conf_level=conf_level, method=method, units=units)

    @checked
    def to_lavaan(self, *, factors: Mapping[str, str] | None = None) -> str:
        """The model that this solution proposes, in lavaan's syntax: each item at the factor on which it loads most.

        `fit_cfa` and R's lavaan read it. Factors may correlate, whatever the rotation was.

        Parameters
        ----------
        factors : mapping of str to str, optional
            What factors are to be called, as `{"F1": "openness"}`.

        Returns
        -------
        str
            Comments say which names had to change; `safe_item_names` gives them too.

        Raises
        ------
        NotIdentifiedError
            Where there is no solution.

        Examples
        --------
        >>> from hpp_analysis import fit_efa, simulate_study
        >>> answers = simulate_study(seed=1).survey["conflict_management"]
        >>> print(fit_efa(answers, 1).to_lavaan(factors={"F1": "conflicts"}).splitlines()[-1])
        conflicts =~ con3 + con1 + con4 + con2
        """
        return lavaan_syntax(self, factors)

    def to_spss_syntax(self) -> str:
        """The same analysis in SPSS: FACTOR with its extraction and rotation, and RELIABILITY of each factor's items.

        Where SPSS lacks an option, a comment says what takes its place. Names have at most 64 characters.

        Returns
        -------
        str
        """
        return spss_syntax(self)

    @checked
    def to_mplus(self, *, factors: Mapping[str, str] | None = None, data: str = "answers.dat") -> str:
        """The model that this solution proposes, as an input file of Mplus.

        Parameters
        ----------
        factors : mapping of str to str, optional
            What factors are to be called.
        data : str
            The file of answers: without a header, the items in the order of the solution, -999 where not answered.

        Returns
        -------
        str
            Names have at most eight characters; comments say whose they are.
        """
        return mplus_syntax(self, factors, data=data)

    def _declare(self) -> Declaration:
        return Declaration(
            name="efa",
            caption=_("Component loadings") if self.extraction == "pca" else _("Factor loadings"),
            variable="item",
            columns=(
                Column("item", _("Item"), key=True),
                *(Column(factor, factor, "coefficient") for factor in self.loadings.columns),
                Column("communality", _("Communality"), "coefficient"),
                Column("uniqueness", _("Uniqueness"), "coefficient"),
            ),
            figures={"loadings": self._heatmap},
            tables={
                "variance": self._variance_table,
                "factor_correlations": self._correlations_table,
                "fit": self._fit_table,
            },
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        """Items by the factor on which they load most, the largest loading first."""
        named, sizes = super()._labelled(), self.loadings.abs().to_numpy()
        if not np.isfinite(sizes).all():
            return named
        return named.iloc[np.lexsort((-sizes.max(axis=1), sizes.argmax(axis=1)))]

    def _heatmap(self) -> Figure:
        labels = {str(item): self._called(str(item), "item") for item in self.loadings.index}
        return Figure(plots.loadings_heatmap, self.loadings, labels=labels, muted=0.3)

    def _variance_table(self) -> FurtherTable:
        columns = (
            Column("factor", _("Factor")),
            Column("variance", _("Variance"), "score"),
            Column("share", _("Share of all variance"), "share"),
            Column("cumulative", _("Cumulative"), "share"),
        )
        variance = self.variance.rename_axis("factor").reset_index()
        return FurtherTable(variance, columns, _("Variance that the factors account for"))

    def _correlations_table(self) -> FurtherTable:
        factors = (Column(factor, factor, "coefficient") for factor in self.factor_correlations.columns)
        return FurtherTable(
            self.factor_correlations.rename_axis("factor").reset_index(),
            (Column("factor", _("Factor")), *factors),
            _("Correlations of the factors"),
        )

    def _fit_table(self) -> FurtherTable:
        measures: dict[str, tuple[str, Unit]] = {
            "chi2": (_("Chi-square"), "score"),
            "df": (_("Degrees of freedom"), "count"),
            "p": (_("p-value"), "p"),
            "cfi": ("CFI", "fit"),
            "tli": ("TLI", "fit"),
            "rmsea": ("RMSEA", "fit"),
            "rmsea_ci": (_("RMSEA: 90% interval"), "fit"),
            "srmr": ("SRMR", "fit"),
            "bic": ("BIC", "score"),
            "rmsr": (_("Root mean square residual"), "fit"),
            "n_used": (_("Observations"), "count"),
        }
        rows = [
            (
                label,
                format_interval(self.rmsea_ci_lower, self.rmsea_ci_upper, unit)
                if name == "rmsea_ci"
                else format_value(getattr(self, name), unit),
            )
            for name, (label, unit) in measures.items()
        ]
        return FurtherTable(
            pd.DataFrame(rows, columns=["measure", "value"]),
            (Column("measure", _("Measure")), Column("value", _("Value"))),
            _("Fit of the solution"),
        )

    def _notes(self) -> list[str]:
        texts = {
            "undefined_correlation": _("No solution: some correlations are undefined."),
            "not_positive_definite": _("No solution: the correlations are not positive definite."),
            "not_identified": _("No solution: there are more unknowns than correlations."),
            "heywood": _(
                "An item's uniqueness lies at its lower bound (a Heywood case): too many factors, or too few answers."
            ),
            "not_converged": _("The extraction did not converge; use with care."),
            "rotation_not_converged": _("The rotation did not converge; use with care."),
            "local_optimum": _(
                "Only {n} of {of} starts of the rotation reached the best solution; others may be as good to read."
            ).format(n=self.n_best, of=self.n_starts),
            "smoothed": _("The correlations were not positive definite and were smoothed."),
        }
        return [text for flag, text in texts.items() if flag in self.flags]

    def _summary(self) -> list[str]:
        if not self.is_defined:
            return self._notes()
        k = len(self.loadings.columns)
        accounted = (
            ngettext(
                "{k} factor accounts for {total} of the variance of {p} items.",
                "{k} factors account for {total} of the variance of {p} items.",
                k,
            )
            if self.extraction != "pca"
            else ngettext(
                "{k} component accounts for {total} of the variance of {p} items.",
                "{k} components account for {total} of the variance of {p} items.",
                k,
            )
        )
        total = format_value(self.variance["share"].sum(), "share")
        sentences = [accounted.format(k=k, total=total, p=len(self.loadings))]
        sizes = np.sort(self.loadings.abs().to_numpy(), axis=1)
        loads = sizes[:, -1] >= PRIMARY_LOADING
        if not loads.all():
            cut = format_value(PRIMARY_LOADING, "coefficient")
            weak = self._item_list(self.loadings.index[~loads])
            sentences.append(_("No loading reaches {cut} for {items}.").format(cut=cut, items=weak))
        if k > 1:
            crossing = loads & (sizes[:, -1] - sizes[:, -2] < CROSS_GAP)
            if crossing.any():
                sentences.append(
                    _("Two loadings lie less than {gap} apart for {items}.").format(
                        gap=format_value(CROSS_GAP, "coefficient"), items=self._item_list(self.loadings.index[crossing])
                    )
                )
            phi = self.factor_correlations.to_numpy()[np.triu_indices(k, 1)]
            if np.any(phi != 0.0):
                low, high = (format_value(end, "coefficient") for end in (phi.min(), phi.max()))
                sentences.append(
                    _("The factors correlate between {low} and {high}.").format(low=low, high=high)
                    if k > 2
                    else _("The factors correlate {r}.").format(r=low)
                )
        return [*sentences, *self._notes()]

    def _item_list(self, items: pd.Index) -> str:
        return join_names([self._called(str(item), "item") for item in items])

    def _methods(self) -> list[str]:
        return [self._data_sentence(), self._extraction_sentence(), *self._rotation_sentences(), *self._fit_sentences()]

    def _data_sentence(self) -> str:
        treatment = missing_treatment(self.missing)
        sentence = (
            _("{kind} of {p} items were analysed, with {handled} (n = {n}).")
            if treatment and self.correlation != "given"
            else _("{kind} of {p} items was analysed (n = {n}).")
        )
        return sentence.format(
            kind=correlation_name(self.correlation),
            p=len(self.loadings),
            handled=treatment,
            n=format_value(self.n_used, "count"),
        )

    def _extraction_sentence(self) -> str:
        k, component = len(self.loadings.columns), self.extraction == "pca"
        method = {
            "minres": _("minimum residuals (unweighted least squares)"),
            "uls": _("unweighted least squares"),
            "ml": _("maximum likelihood"),
            "gls": _("generalised least squares"),
            "dwls": _("diagonally weighted least squares"),
            "pa": _("iterated principal axes"),
            "pca": _("principal components"),
        }[self.extraction]
        extracted = (
            ngettext("{k} component was extracted by {how}.", "{k} components were extracted by {how}.", k)
            if component
            else ngettext("{k} factor was extracted by {how}.", "{k} factors were extracted by {how}.", k)
        )
        return extracted.format(k=k, how=method)

    def _rotation_sentences(self) -> list[str]:
        if len(self.loadings.columns) < 2:
            return []
        if self.rotation == "none":
            return [_("The solution was not rotated.")]
        settings = ", ".join(
            f"{name} = {value:g}" if isinstance(value, int | float) else str(name)
            for name, value in self.settings.items()
        )
        phi = self.factor_correlations.to_numpy()
        rotated = (
            _("The rotation was {name}, oblique,")
            if phi.trace() != phi.sum()
            else _("The rotation was {name}, orthogonal,")
        ).format(name=f"{self.rotation.removesuffix('_t')}{f' ({settings})' if settings else ''}")
        kaiser = _("with Kaiser normalisation") if self.normalized else _("without Kaiser normalisation")
        starts = (
            _("from one start.")
            if self.n_starts == 1
            else _("from {n} starts, of which {best} reached the best value.").format(n=self.n_starts, best=self.n_best)
        )
        preset = [_("Settings follow {program}.").format(program=self.like)] if self.like else []
        return [f"{rotated} {kaiser}, {starts}", *preset]

    def _fit_sentences(self) -> list[str]:
        if self.extraction == "pca" or np.isnan(self.n_used):
            return []
        if self.like == "lavaan":
            return [_("The chi-square is n times the maximum-likelihood discrepancy of the solution.")]
        return [
            _("The chi-square is the maximum-likelihood discrepancy of the solution with Bartlett's (1950) correction.")
        ]


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
        turned = rotate_by_recipe(found.lambda_, recipe, rng)
        solution = finish(turned, reorder=recipe.reorder)
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
        context=data.context,
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
        cfi=fit.cfi,
        srmr=fit.srmr,
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
    known = KnownSolution(found.lambda_, found.psi, solution, data.weights)
    correlation = cast("CorrelationMethod", data.correlation)
    missing = cast("CorrelationMissing", data.missing)
    return FactorSource(answers, persons, recipe, known, correlation, missing)
