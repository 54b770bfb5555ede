"""Is the factor structure the same between clusters as within them? Models of persons in partnerships or organisations."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import CFI_FAIR, MIN_CLUSTERS_BETWEEN, RMSEA_FAIR, SRMR_FAIR
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.inference import covariance_of_estimates
from hpp_analysis.core.sem.standardised import explained_variance
from hpp_analysis.core.sem.syntax import Syntax, Variables, find_variables, parse_syntax
from hpp_analysis.core.sem.table import Table, build_level_table
from hpp_analysis.core.sem.two_level import BETWEEN, WITHIN, ClusterAnswers, cluster_answers, level_moments
from hpp_analysis.core.sem.two_level_fit import (
    References,
    intraclass_correlations,
    level_omegas,
    reference_models,
    residual_correlations_at,
    two_level_measures,
    variables_at,
    without_between,
)
from hpp_analysis.display.columns import Column, Unit
from hpp_analysis.display.formats import format_interval, format_value
from hpp_analysis.errors import AnswersError, Failure, ModelSyntaxError, OptionError
from hpp_analysis.models.cfa import estimates_table, refuse_no_solution, undefined_flags
from hpp_analysis.models.lavaan_names import refuse_unknown
from hpp_analysis.models.model_data import ModelData, model_data
from hpp_analysis.models.sentences import blank_errors_of_fixed, flag_count, left_out_sentences, relation
from hpp_analysis.options import TwoLevelMissing, checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

LEVELS: Final = ("within", "between")
"""The names of the levels, in the order of a model's groups."""

_WAYS_OUT = {
    "ordered": "Answers are numbers here. Leave it out; for ordered items of one level call fit_cfa(ordered=).",
    "group": "Select the rows of each group and fit them by themselves.",
    "group_equal": "Write one label at both levels for what is equal there: f =~ a*x2.",
    "estimator": "Estimation is by maximum likelihood ('ML'). Leave it out.",
    "information": "Standard errors rest on the observed information. Leave it out.",
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class TwoLevelCFA(Result):
    """A fitted model of persons in clusters.

    With fewer than 30 clusters everything about the level between them is NaN, the flag `few_clusters:N` says why, and the model
    within clusters is estimated from differences within clusters alone.

    Attributes
    ----------
    table : DataFrame
        One row per parameter, also as `estimates`: lhs, op, rhs, level ("within", "between"; "" for what `:=` defines), label,
        est, se, z, p, ci_lower, ci_upper, std_lv, std_all (by the variances of the level), std_lv_se, std_all_se.
    fit_measures : Series
        chi2 df p cfi tli rmsea rmsea_ci_lower rmsea_ci_upper srmr_within srmr_between srmr (their sum, as in lavaan) loglik aic
        bic sabic. Undefined is NaN. With few clusters they are those of the level within clusters, without loglik, aic, bic.
    icc : Series
        The share of an item's variance that lies between clusters, from the saturated model; items at both levels.
    reliability : DataFrame
        level, factor, n_items, omega: of the sum (or mean) of a factor's items at that level. Between clusters: of the clusters'
        true means. NaN where an item measures several factors or a variance is negative.
    r2 : DataFrame
        Explained variance: variables x levels.
    residuals : DataFrame
        Residual correlations by level, stacked under its name: items x items.
    found : Estimate
        The estimated model in matrices; its groups are the levels.
    cluster_sizes : ndarray of int
        Respondents used in each cluster.
    n_used, n_given : int
        Respondents used, and before any was left out.
    missing : str
        "complete", "fiml" or "listwise".
    conf_level : float
    """

    fit_measures: pd.Series
    icc: pd.Series
    reliability: pd.DataFrame
    r2: pd.DataFrame
    residuals: pd.DataFrame
    found: Estimate
    cluster_sizes: NDArray[np.int64]
    n_used: int
    n_given: int
    missing: str
    conf_level: float

    @property
    def estimates(self) -> pd.DataFrame:
        """The parameters: the table."""
        return self.to_frame()

    @property
    def n_clusters(self) -> int:
        """Clusters used."""
        return len(self.cluster_sizes)

    @property
    def has_between(self) -> bool:
        """Whether there are clusters enough for results between them."""
        return self.n_clusters >= MIN_CLUSTERS_BETWEEN

    def _declare(self) -> Declaration:
        return Declaration(
            name="two_level_cfa",
            caption=_("Factor analysis of two levels"),
            variable="relation",
            columns=(
                Column("level_text", _("Level"), key=True),
                Column("relation", _("Relation"), key=True),
                Column("est", _("Estimate"), "coefficient"),
                Column("se", _("SE"), "coefficient"),
                Column("p", _("p"), "p"),
                Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
                Column("std_all", _("Standardised"), "coefficient"),
            ),
            figures={
                "within": self._path_diagram_within,
                **({"between": self._path_diagram_between} if self.has_between else {}),
            },
            tables={"fit": self._fit_table, "icc": self._icc_table, "reliability": self._reliability_table},
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        # the intercepts that a level leaves to the other, and means of factors, are fixed at 0 and say nothing
        idle = self.table["op"].eq("~1") & self.table["se"].eq(0.0) & self.table["est"].eq(0.0)
        shown = self.table[~idle]
        return blank_errors_of_fixed(shown).assign(
            relation=[relation(self._called, row.lhs, row.op, row.rhs) for row in shown.itertuples()],
            level_text=shown["level"].map(_level_words()).fillna(""),
        )

    def _path_diagram_within(self) -> Figure:
        return self._path_diagram("within", _("The model within clusters"))

    def _path_diagram_between(self) -> Figure:
        return self._path_diagram("between", _("The model between clusters"))

    def _path_diagram(self, level: str, caption: str) -> Figure:
        paths = self.table[self.table["level"].eq(level) & self.table["op"].isin(["=~", "~", "~~"])]
        rows = paths.rename(columns={"std_all": "value"})[["lhs", "op", "rhs", "value"]]
        named = {name: self._called(name) for name in {*rows["lhs"], *rows["rhs"]}}
        return Figure(plots.path_diagram, rows, labels=named, caption=caption)

    def _fit_table(self) -> FurtherTable:
        measures = self.fit_measures
        names: dict[str, tuple[str, Unit]] = {
            "chi2": (_("Chi-square"), "score"),
            "df": (_("Degrees of freedom"), "count"),
            "p": (_("p-value"), "p"),
            "cfi": ("CFI", "fit"),
            "tli": ("TLI", "fit"),
            "rmsea": ("RMSEA", "fit"),
            "srmr_within": (_("SRMR within clusters"), "fit"),
            "srmr_between": (_("SRMR between clusters"), "fit"),
            "loglik": (_("Log-likelihood"), "score"),
            "aic": ("AIC", "score"),
            "bic": ("BIC", "score"),
            "sabic": (_("BIC adjusted for sample size"), "score"),
            "n_par": (_("Free parameters"), "count"),
        }
        rows = [(label, format_value(measures[name], unit)) for name, (label, unit) in names.items()]
        interval = format_interval(measures["rmsea_ci_lower"], measures["rmsea_ci_upper"], "fit")
        rows.insert(6, (_("RMSEA: 90% interval"), interval))
        rows += [
            (_("Respondents used"), format_value(self.n_used, "count")),
            (_("Clusters"), format_value(self.n_clusters, "count")),
        ]
        columns = (Column("measure", _("Measure")), Column("value", _("Value")))
        return FurtherTable(pd.DataFrame(rows, columns=["measure", "value"]), columns, _("Fit"))

    def _icc_table(self) -> FurtherTable:
        frame = pd.DataFrame({"item": [self._called(str(name)) for name in self.icc.index], "icc": self.icc.to_numpy()})
        columns = (Column("item", _("Characteristic"), key=True), Column("icc", _("ICC"), "coefficient"))
        return FurtherTable(frame, columns, _("The share of the variance that lies between clusters"))

    def _reliability_table(self) -> FurtherTable:
        frame = self.reliability.assign(
            factor=[self._called(str(name)) for name in self.reliability["factor"]],
            level=self.reliability["level"].map(_level_words()),
        )
        columns = (
            Column("level", _("Level"), key=True),
            Column("factor", _("Factor"), key=True),
            Column("n_items", _("Characteristics"), "count"),
            Column("omega", _("Omega"), "coefficient"),
        )
        return FurtherTable(frame, columns, _("Reliability by level"))

    def _notes(self) -> list[str]:
        return [self._fit_sentence(), *self._limits()]

    def _summary(self) -> list[str]:
        measures = self.fit_measures
        srmr = np.fmax(measures["srmr_within"], measures["srmr_between"])
        fair = measures["cfi"] >= CFI_FAIR and not (measures["rmsea"] > RMSEA_FAIR and srmr > SRMR_FAIR)
        verdict = (
            _("The model fits fairly: the CFI reaches {cfi}, and RMSEA or SRMR stays within {limit}.")
            if fair
            else _("The model does not fit: the CFI should reach {cfi}, and RMSEA or SRMR stay within {limit}.")
        ).format(cfi=format_value(CFI_FAIR, "coefficient"), limit=format_value(RMSEA_FAIR, "coefficient"))
        judged = np.isfinite(measures["cfi"]) and measures["df"] > 0
        return [self._fit_sentence(), *([verdict] if judged else []), *self._icc_sentence(), *self._limits()]

    def _icc_sentence(self) -> list[str]:
        if not self.has_between or self.icc.empty:
            return []
        low, high = (format_value(max(float(value), 0.0), "coefficient") for value in (self.icc.min(), self.icc.max()))
        return [
            _("Between {low} and {high} of the variance of an answer lies between clusters.").format(low=low, high=high)
        ]

    def _fit_sentence(self) -> str:
        """The fit as an article reports it."""
        measures = self.fit_measures
        p = format_value(measures["p"], "p")
        text = (
            _(
                "Fit: χ²({df}) = {chi2}, p {p}, CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea}, SRMR = {within} within and {between} "
                "between clusters, n = {n} in {clusters} clusters."
            )
            if self.has_between
            else _(
                "Fit within clusters: χ²({df}) = {chi2}, p {p}, CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea}, SRMR = {within}, "
                "n = {n} in {clusters} clusters."
            )
        )
        return text.format(
            df=format_value(measures["df"], "count"),
            chi2=format_value(measures["chi2"], "coefficient"),
            p=p if p.startswith("<") else f"= {p}",
            **{name: format_value(measures[name], "fit") for name in ("cfi", "tli", "rmsea")},
            within=format_value(measures["srmr_within"], "fit"),
            between=format_value(measures["srmr_between"], "fit"),
            n=format_value(self.n_used, "count"),
            clusters=format_value(self.n_clusters, "count"),
        )

    def _limits(self) -> list[str]:
        """What has no value, and whom the model left out."""
        sentences = []
        if not self.has_between:
            sentences.append(
                _(
                    "There are {n} clusters, and results between clusters need {least} or more: they are not given. The model "
                    "within clusters rests on how persons differ from others in their cluster."
                ).format(n=format_value(self.n_clusters, "count"), least=format_value(MIN_CLUSTERS_BETWEEN, "count"))
            )
        if any(flag.startswith(("negative_variance", "covariances_not_positive")) for flag in self.flags):
            sentences.append(_("The solution is improper: a variance is negative, or a correlation exceeds 1."))
        flat = [flag.split(":", 1)[1] for flag in self.flags if flag.startswith("no_variance_between:")]
        if flat:
            sentences.append(
                _("Clusters do not differ on {items}: the variance between them is estimated at 0 or below.").format(
                    items=join_names([self._called(name) for name in flat])
                )
            )
        if "no_reference_model" in self.flags:
            sentences.append(
                _("The fit is undefined: the model without restrictions could not be estimated from these answers.")
            )
        alone = flag_count(self.flags, "clusters_of_one")
        if alone:
            sentences.append(
                ngettext(
                    "{n} cluster holds one person: these answers cannot be split.",
                    "{n} clusters hold one person each: these answers cannot be split.",
                    alone,
                ).format(n=format_value(alone, "count"))
            )
        return [*sentences, *left_out_sentences(self.flags)]

    def _methods(self) -> list[str]:
        treatments = {
            "fiml": _("Missing answers entered by full information."),
            "listwise": _("Respondents with a missing answer were left out ({used} of {given} used).").format(
                used=format_value(self.n_used, "count"), given=format_value(self.n_given, "count")
            ),
            "complete": _("All answers were complete."),
        }
        text = _(
            "Answers were split into what persons of a cluster share and in what they differ; a factor model of each level, with "
            "random intercepts, was estimated by maximum likelihood (Muthén, 1994; McDonald & Goldstein, 1989). {missing} "
            "There were {clusters} clusters of {smallest} to {largest} persons. Standard errors rest on the observed "
            "information. Fit is judged by CFI ({cfi} or more; Bentler, 1990), RMSEA ({rmsea} or less; Browne & Cudeck, 1992) "
            "and SRMR at each level ({srmr} or less; Hu & Bentler, 1999). Reliability is omega at each level (Geldhof, "
            "Preacher & Zyphur, 2014)."
        ).format(
            missing=treatments[self.missing],
            clusters=format_value(self.n_clusters, "count"),
            smallest=format_value(int(self.cluster_sizes.min()), "count"),
            largest=format_value(int(self.cluster_sizes.max()), "count"),
            cfi=format_value(CFI_FAIR, "coefficient"),
            rmsea=format_value(RMSEA_FAIR, "coefficient"),
            srmr=format_value(SRMR_FAIR, "coefficient"),
        )
        return [" ".join([text, *self._limits()])]


def _level_words() -> Mapping[str, str]:
    return {"within": _("Within clusters"), "between": _("Between clusters")}


@checked
def fit_two_level_cfa(
    model: str,
    data: Survey | pd.DataFrame,
    *,
    cluster: str | Sequence[str],
    missing: TwoLevelMissing = "auto",
    std_lv: bool = False,
    orthogonal: bool = False,
    conf_level: float = 0.95,
    **unknown: Any,
) -> TwoLevelCFA:
    """Fit a factor model, or a structural equation model, of persons within clusters and of clusters.

    Each answer is what the cluster brings (a random intercept) and what the person adds; both have a model of their own.

    Parameters
    ----------
    model : str
        In lavaan's syntax, with the blocks `level: 1` (or `within`) and `level: 2` (`between`). A variable in both is split; one
        in the first alone differs within clusters only; one in the second alone has one value per cluster. One label at both
        levels is one parameter. Covariates stand at one level.
    data : Survey or DataFrame
        Answers, as numbers.
    cluster : str
        The column of clusters: "partnership". Respondents without one are left out, with a flag.
    missing : {"auto", "fiml", "listwise"}
        "auto" uses every answer that is given, by full information; "listwise" is lavaan's default.
    std_lv : bool
        Latent variances 1 at each level instead of first loadings 1.
    orthogonal : bool
        Factors that no model explains are uncorrelated.
    conf_level : float
    **unknown
        Anything else is refused; for arguments of lavaan the error names the way out.

    Returns
    -------
    TwoLevelCFA

    Raises
    ------
    ModelSyntaxError, OptionError
    AnswersError
        Among others: clusters of one person each, a variable that does not vary within clusters, or one of clusters alone that
        does.
    NotIdentifiedError, ConvergenceError

    References
    ----------
    McDonald & Goldstein (1989), doi:10.1111/j.2044-8317.1989.tb00911.x; Muthén (1994), doi:10.1177/0049124194022003006;
    Geldhof, Preacher & Zyphur (2014), doi:10.1037/a0032138

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(clients=4, partners=9, persons_per_side=3, seed=1).survey
    >>> model = "level: 1; w =~ ope1 + ope2 + ope3 + ope4; level: 2; b =~ ope1 + ope2 + ope3 + ope4"
    >>> found = fit_two_level_cfa(model, survey, cluster="partnership")
    >>> found.n_clusters, int(found.fit_measures["df"])
    (36, 4)
    """
    for name, way_out in _WAYS_OUT.items():
        if name in unknown:
            raise OptionError(f"A model of two levels has no `{name}`. Given: {unknown[name]!r}. {way_out}")
    refuse_unknown("fit_two_level_cfa", unknown, _ARGUMENTS)
    syntax = parse_syntax(model, levels=True)
    _refuse_ordered(syntax)
    own = [find_variables(Syntax(block.terms, ())) for block in syntax.blocks]
    whole = build_level_table(syntax, std_lv=std_lv, orthogonal=orthogonal)
    answers = _answers(whole, own, data, cluster, missing)
    clusters = np.asarray(answers.clusters)
    few = len(np.unique(clusters)) < MIN_CLUSTERS_BETWEEN
    observed = [name for name in whole.observed if not few or name in own[WITHIN].observed]
    x = answers.x[:, [whole.observed.index(name) for name in observed]]
    at = [np.array([name in level.observed for name in observed]) for level in own]
    reduced = cluster_answers(x, clusters, within=at[WITHIN], between=at[BETWEEN])
    levels = level_moments(reduced, x, clusters)
    table = whole
    if few:
        syntax = without_between(syntax, levels, observed)
        table = build_level_table(syntax, std_lv=std_lv, orthogonal=orthogonal)
    found = estimate(table, levels)
    refuse_no_solution(found, table)
    references = reference_models(found, diffuse=few)
    measures = two_level_measures(found, references, diffuse=few)
    estimates = _with_levels(estimates_table(found, covariance_of_estimates(found, se="observed"), conf_level))
    if few:
        estimates = _without_between(estimates, whole)
    n_usable = len(data) - answers.n_without_cluster - answers.n_without_covariate
    is_complete = bool(reduced.patterns.answered.all() and reduced.z_patterns.all())
    treatment = "fiml" if not is_complete else "listwise" if reduced.n < n_usable else "complete"
    return TwoLevelCFA(
        table=estimates,
        context=Context.of(data) if isinstance(data, Survey) else Context(),
        flags=(
            *_named(found.flags),
            *answers.flags,
            *_flags(reduced, references, few=few),
            *undefined_flags(found, estimates),
        ),
        fit_measures=pd.Series(measures, name="value"),
        icc=_icc(references, whole, few=few),
        reliability=_omegas(found, whole, few=few),
        r2=_r2(found, few=few),
        residuals=_residuals(found, references, few=few),
        found=found,
        cluster_sizes=reduced.sizes,
        n_used=reduced.n,
        n_given=len(data),
        missing=treatment,
        conf_level=conf_level,
    )


_ARGUMENTS = tuple(name for name in inspect.signature(fit_two_level_cfa).parameters if name != "unknown")


def _refuse_ordered(syntax: Syntax) -> None:
    """Refuse thresholds and scales, which numbers do not have."""
    failures = [
        Failure(
            "Items of a model of two levels must be numbers, without thresholds and scales.",
            "Remove it.",
            row=term.line,
            value=f"{term.lhs} {term.op} {term.rhs}",
        )
        for term in syntax.terms
        if term.op in ("|", "~*~")
    ]
    if failures:
        raise ModelSyntaxError(failures)


def _answers(
    table: Table, own: Sequence[Variables], data: Survey | pd.DataFrame, cluster: str | Sequence[str], missing: str
) -> ModelData:
    """Take the variables and clusters, and refuse what two levels cannot be told apart by.

    Raises
    ------
    OptionError, AnswersError
    """
    if not cluster:
        raise OptionError(
            f"`cluster` must name the column of clusters. Given: {cluster!r}. Write for instance cluster='partnership'."
        )
    answers = model_data(table.observed, data, cluster=cluster, fiml=True, covariates=table.variables.exogenous)
    x, clusters, rows = answers.x, np.asarray(answers.clusters), answers.rows
    keep = ~np.isnan(x).any(axis=1) if missing == "listwise" else ~np.isnan(x).all(axis=1)
    x, clusters, rows = x[keep], pd.factorize(clusters[keep])[0].astype(np.int64), rows[keep]
    failures = []
    sizes = np.bincount(clusters)
    if len(sizes) < 2 or sizes.max() < 2:
        rule = f"Answers must come from two clusters or more, some with several persons; there are {len(x)} persons in {len(sizes)}."
        raise AnswersError(
            [Failure(rule, "Choose another column, or fit one level with fit_cfa().", column=str(cluster))]
        )
    for k, name in enumerate(table.observed):
        known = ~np.isnan(x[:, k])
        values, codes = x[known, k], clusters[known]
        varying = pd.Series(values).groupby(codes).nunique().gt(1)
        if name not in own[WITHIN].observed and varying.any():
            rule = f"A variable of clusters alone must have one value in each; this one varies in {int(varying.sum())} of {len(varying)}."
            failures.append(
                Failure(rule, "Add it to the model within clusters too, or take its mean in each cluster.", column=name)
            )
        elif name in own[WITHIN].observed and not varying.any():
            rule = "A variable within clusters must vary there; all persons of a cluster have one value of this one."
            failures.append(Failure(rule, "Leave it in the model between clusters alone.", column=name))
    if failures:
        raise AnswersError(failures)
    return ModelData(
        x=x,
        codes=answers.codes[keep],
        groups=answers.groups,
        clusters=clusters,
        rows=rows,
        n_without_group=0,
        n_without_cluster=answers.n_without_cluster,
        n_without_covariate=answers.n_without_covariate,
    )


def _named(flags: Sequence[str]) -> list[str]:
    """Flags of an estimate with the names of levels in the place of numbers of groups."""
    return [re.sub(r"@([12])$", lambda found: f"@{LEVELS[int(found[1]) - 1]}", flag) for flag in flags]


def _flags(data: ClusterAnswers, references: References, *, few: bool) -> list[str]:
    """What a reader should know of the clusters."""
    flags = [f"few_clusters:{data.n_clusters}"] if few else []
    flags += [f"no_variance_between:{name}" for name, icc in _shares(references, few=few).items() if not icc > 0.0]
    if not (references.saturated.converged and references.independent.converged):
        flags.append("no_reference_model")
    alone = int((data.sizes == 1).sum())
    return [*flags, *([f"clusters_of_one:{alone}"] if alone else [])]


def _shares(references: References, *, few: bool) -> dict[str, float]:
    return {} if few or not references.saturated.converged else intraclass_correlations(references.saturated)


def _icc(references: References, table: Table, *, few: bool) -> pd.Series:
    """Shares of items at both levels; NaN with few clusters."""
    both = [name for name in variables_at(table, WITHIN) if name in variables_at(table, BETWEEN)]
    shares = _shares(references, few=few)
    return pd.Series({name: shares.get(name, np.nan) for name in both}, name="icc", dtype=float)


def _omegas(found: Estimate, table: Table, *, few: bool) -> pd.DataFrame:
    """Omega by level and factor; NaN between few clusters."""
    rows = []
    for level, name in enumerate(LEVELS):
        factors = [k for k in range(len(table)) if table.op[k] == "=~" and table.group[k] == level + 1]
        omegas = {} if few and level == BETWEEN else level_omegas(found, level)
        for factor in dict.fromkeys(table.lhs[k] for k in factors):
            n_items = sum(table.lhs[k] == factor for k in factors)
            rows.append((name, factor, n_items, omegas.get(factor, np.nan)))
    return pd.DataFrame(rows, columns=["level", "factor", "n_items", "omega"])


def _r2(found: Estimate, *, few: bool) -> pd.DataFrame:
    """Explained variance by variable and level."""
    within, between = explained_variance(found)
    return pd.DataFrame({"within": within, "between": dict.fromkeys(within, np.nan) if few else between})


def _residuals(found: Estimate, references: References, *, few: bool) -> pd.DataFrame:
    """Residual correlations, stacked under the names of the levels."""
    frames = {}
    for level, name in enumerate(LEVELS):
        variables = variables_at(found.model.table, level)
        values = residual_correlations_at(found, references.saturated, level)
        frame = pd.DataFrame(values, index=variables, columns=variables)
        frames[name] = frame * np.nan if few and level == BETWEEN else frame
    return pd.concat(frames)


def _with_levels(estimates: pd.DataFrame) -> pd.DataFrame:
    """The level in the place of the group."""
    level = estimates["group"].map({0: "", 1: "within", 2: "between"})
    frame = estimates.assign(group=level).rename(columns={"group": "level"})
    return frame.reset_index(drop=True)


def _without_between(estimates: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Parameters between clusters without values, as are definitions that take labels from there."""
    names = {"lhs": table.lhs, "op": table.op, "rhs": table.rhs, "label": table.label}
    between = pd.DataFrame({name: list(values) for name, values in names.items()}).assign(level="between")
    between = between[table.group == BETWEEN + 1]
    between["label"] = between["label"].where(~between["label"].str.startswith(".p"), "")
    within, defined = (estimates[estimates["level"].eq(level)] for level in ("within", ""))
    lost = [item.lhs for item in table.constraints if item.op == ":=" and item.lhs not in set(defined["lhs"])]
    further = pd.DataFrame({"lhs": lost, "op": ":=", "rhs": "", "level": "", "label": lost})
    frame = pd.concat([within, between, defined, further], ignore_index=True)
    return frame.reindex(columns=estimates.columns)
