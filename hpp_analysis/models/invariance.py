"""Do groups answer a questionnaire in the same way? Measurement invariance, level by level."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import CFI_CHANGE, D_MACS_MEDIUM, MIN_INVARIANCE_GROUP
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.multiple_testing import holm
from hpp_analysis.core.sem.moments import Moments, group_moments
from hpp_analysis.core.sem.syntax import arrange_blocks, find_variables, parse_syntax
from hpp_analysis.display.blocks import Block, TableBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.invariance_steps import EQUAL, EQUAL_ORDINAL, Ladder, Release, Step, factors_of, prepare, run
from hpp_analysis.models.item_bias import bias_table, mean_table
from hpp_analysis.models.lavaan_names import refuse_unknown
from hpp_analysis.models.model_data import ModelData, check_moments, model_data
from hpp_analysis.models.ordinal_data import ordered_names, ordinal_data
from hpp_analysis.models.sentences import left_out_sentences, merged_sentences
from hpp_analysis.options import InvarianceEstimator, InvarianceMissing, checked, names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_CORRECTIONS = {"ML": "none", "MLR": "yuan_bentler", "MLM": "satorra_bentler", "WLSMV": "scaled_shifted"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Invariance(Result):
    """Levels of measurement invariance.

    Attributes
    ----------
    table : DataFrame
        One row per model of the sequence: level, partial (relations that are free, separated by commas), chi2 (plain),
        chi2_scaled, df, cfi, rmsea (robust where the estimator is; of ordered items scaled), srmr, aic, bic, chi2_difference (scaled difference test
        from the level before), df_difference, p_difference, cfi_change, rmsea_change, srmr_change, verdict ("holds",
        "fails", "not_testable"), items (those that do not behave alike), why (a code where nothing can be said).
    items : DataFrame
        Item bias in the configural model: factor, item, group (compared with the first), d_macs (in pooled standard
        deviations), points and signed_points (on the answer scale), released (whether the item was set free). NaN, with the
        flag `no_bias:ITEM`, of numbers beside ordered items of one factor.
    releases : DataFrame
        The audit trail of partial invariance: level, item, relation, chi2, df, p (score test), cfi_change (from the
        level before, after this release). A release that only follows an earlier one of the same item has no test.
    factor_means : DataFrame
        Means of the factors in the accepted scalar model, in standard deviations of the first group: factor, group,
        mean, se. Empty where scalar invariance does not hold.
    group_names : tuple of str
        In order of appearance; the first is the reference.
    sizes : tuple of int
        Respondents of each.
    estimator : str
    missing : str
        "fiml" where answers are missing, of ordered items "pairwise"; "listwise" where respondents were left out; else
        "complete".
    ordered : tuple of str
        The items that were taken as ordered categories.
    """

    items: pd.DataFrame
    releases: pd.DataFrame
    factor_means: pd.DataFrame
    group_names: tuple[str, ...]
    sizes: tuple[int, ...]
    group: str
    estimator: str
    missing: str
    ordered: tuple[str, ...] = ()

    def _compared(self) -> list[str]:
        return []  # its settings say what it is about

    @property
    def verdicts(self) -> pd.Series:
        """The verdict on each level: of the partial model where there is one."""
        return self.table.groupby("level", sort=False)["verdict"].last()

    def _declare(self) -> Declaration:
        return Declaration(
            name="invariance",
            caption=_("Measurement invariance by {group}").format(group=self._called(self.group)),
            variable="level",
            columns=(
                Column("level_text", _("Level"), key=True),
                Column("chi2", _("χ²"), "coefficient"),
                Column("df", _("df"), "count"),
                Column("cfi", _("CFI"), "fit"),
                Column("rmsea", _("RMSEA"), "fit"),
                Column("srmr", _("SRMR"), "fit"),
                Column("chi2_difference", _("Δχ²"), "coefficient"),
                Column("df_difference", _("Δdf"), "count"),
                Column("p_difference", _("p"), "p"),
                Column("cfi_change", _("ΔCFI"), "change"),
                Column("rmsea_change", _("ΔRMSEA"), "change"),
                Column("srmr_change", _("ΔSRMR"), "change"),
                Column("verdict_text", _("Verdict")),
            ),
            figures={"ladder": self._ladder},
            tables={"items": self._bias_table, "releases": self._releases_table, "factor_means": self._means_table},
            question="invariance",
            whole_study=True,
        )

    def _all_tables(self) -> list[Block]:
        """Leave out tables without a row, as of a sequence that released nothing."""
        return [block for block in super()._all_tables() if isinstance(block, TableBlock) and block.cells]

    def _labelled(self) -> pd.DataFrame:
        return self.table.assign(
            level_text=[
                _("{level} (partial)").format(level=_level_name(row.level)) if row.partial else _level_name(row.level)
                for row in self.table.itertuples()
            ],
            verdict_text=[self._verdict_text(row) for row in self.table.to_dict("records")],
        )

    def _ladder(self) -> Figure:
        drawn = {"level_text": "label", "verdict": "verdict", "verdict_text": "said", "cfi_change": "change"}
        return Figure(plots.invariance_ladder, self._labelled()[list(drawn)].rename(columns=drawn), cutoff=CFI_CHANGE)

    def _bias_table(self) -> FurtherTable:
        columns = (
            Column("item", _("Characteristic")),
            Column("factor", _("Factor")),
            Column("group", _("Group")),
            Column("d_macs", _("dMACS"), "score"),
            Column("signed_points", _("Points"), "difference"),
        )
        reference = self._called(self.group_names[0], self.group)
        return FurtherTable(
            self._named(self.items), columns, _("Item bias: compared with {group}").format(group=reference)
        )

    def _releases_table(self) -> FurtherTable:
        columns = (
            Column("item", _("Characteristic")),
            Column("level", _("Level")),
            Column("relation", _("Released")),
            Column("chi2", _("χ²"), "coefficient"),
            Column("df", _("df"), "count"),
            Column("p", _("p"), "p"),
            Column("cfi_change", _("ΔCFI"), "change"),
        )
        return FurtherTable(self._named(self.releases), columns, _("Equalities that were released, in order"))

    def _means_table(self) -> FurtherTable:
        columns = (
            Column("factor", _("Factor")),
            Column("group", _("Group")),
            Column("mean", _("Mean"), "difference"),
            Column("se", _("SE"), "score"),
        )
        caption = _("Factor means in standard deviations of the first group")
        return FurtherTable(self._named(self.factor_means), columns, caption)

    def _named(self, table: pd.DataFrame) -> pd.DataFrame:
        """A table with names in the place of ids."""
        names = {
            "item": self._called,
            "factor": self._called,
            "group": lambda group: self._called(group, self.group),
            "level": _level_name,
        }
        return table.assign(
            **{
                column: [name(str(value)) for value in table[column]]
                for column, name in names.items()
                if column in table
            }
        )

    def _verdict_text(self, row: Mapping[Any, Any]) -> str:
        items = join_names([self._called(item) for item in row["items"].split(",") if item])
        match row["verdict"], row["level"]:
            case "holds", _level:
                relations = [relation.split() for relation in row["partial"].split(",") if relation]
                free = dict.fromkeys(parts[-1 if "=~" in parts else 0] for parts in relations)
                names = join_names([self._called(item) for item in free])
                return _("holds, with {items} free").format(items=names) if free else _("holds")
            case "fails", "means":
                return _("means differ ({factors})").format(factors=items) if items else _("means differ")
            case "fails", _level:
                return _("fails ({items})").format(items=items) if items else _("fails")
        return _("not testable: {why}").format(why=self._why(row["why"]))

    def _why(self, code: str) -> str:
        smallest = int(np.argmin(self.sizes))
        reasons = {
            "few": _("{n} respondents in {group}; {minimum} are needed").format(
                n=self.sizes[smallest],
                group=self._called(self.group_names[smallest], self.group),
                minimum=MIN_INVARIANCE_GROUP,
            ),
            "unclear": _("the change is large, but may be chance; more respondents are needed"),
            "not_identified": _("the model is not identified"),
            "not_converged": _("the estimation did not converge"),
            "few_clusters": _("there are fewer clusters than free parameters"),
            "negative_scaling": _("the scaling factor of the robust test comes out negative"),
            "before": _("a level before it does not hold"),
            "nothing": _("items with so few categories leave nothing to compare here; later levels test it together"),
        }
        return reasons[code]

    def _notes(self) -> list[str]:
        sizes = ", ".join(
            f"{self._called(name, self.group)} {format_value(n, 'count')}"
            for name, n in zip(self.group_names, self.sizes, strict=True)
        )
        return [
            _("Respondents: {sizes}.").format(sizes=sizes),
            _(
                "Δ: change from the level before; a level fails where the CFI falls by more than {cutoff} and the "
                "difference test rejects it."
            ).format(cutoff=format_value(-CFI_CHANGE, "fit")),
            *self._limits(),
        ]

    def _limits(self) -> list[str]:
        """Whom the models left out, which categories were merged, and which items have no bias."""
        names = [self._called(flag.removeprefix("no_bias:")) for flag in self.flags if flag.startswith("no_bias:")]
        no_bias = _("Item bias is not given for {items}: numbers beside ordered items of one factor.").format(
            items=join_names(names)
        )
        return [
            *left_out_sentences(self.flags),
            *merged_sentences(self.flags, self._called),
            *([no_bias] if names else []),
        ]

    def _summary(self) -> list[str]:
        last = self.table.groupby("level", sort=False).tail(1).to_dict("records")
        sentences = [f"{_level_name(row['level'])}: {self._verdict_text(row)}." for row in last]
        if not self.items.empty and self.items["d_macs"].notna().any():
            top = self.items.loc[self.items["d_macs"].idxmax()]
            sentence = (
                _("The largest item bias is small: {item}, {d} standard deviations.")
                if top["d_macs"] < D_MACS_MEDIUM
                else _("The largest item bias is that of {item}: {d} standard deviations.")
            )
            sentences.append(
                sentence.format(item=self._called(str(top["item"])), d=format_value(top["d_macs"], "score"))
            )
        return [*sentences, *left_out_sentences(self.flags)]

    def _methods(self) -> list[str]:
        if self.ordered:
            return [self._ordinal_method(), *self._limits()]
        estimators = {
            "ML": _("maximum likelihood"),
            "MLR": _("maximum likelihood with robust tests (Yuan & Bentler, 2000)"),
            "MLM": _("maximum likelihood with Satorra-Bentler tests"),
        }
        return [
            _(
                "Measurement invariance was tested by a sequence of multi-group factor models with {estimator}: the same "
                "factors, loadings, intercepts, residual variances, and factor means. {missing} Models were compared by the "
                "(scaled) difference test (Satorra & Bentler, 2001) and by the changes of CFI, RMSEA and SRMR (Cheung & "
                "Rensvold, 2002; Chen, 2007). A level fails where the change is both large and beyond chance; with fewer than "
                "{minimum} respondents in a group no level is said to hold (Meade & Bauer, 2007). Where a level failed, "
                "equalities were released one by one by their score tests, as long as two items of each factor stayed equal "
                "(Byrne, Shavelson & Muthén, 1989); each release is recorded. The size of item bias is dMACS (Nye & Drasgow, "
                "2011)."
            ).format(
                estimator=estimators[self.estimator], missing=self._missing_sentence(), minimum=MIN_INVARIANCE_GROUP
            ),
            *self._limits(),
        ]

    def _missing_sentence(self) -> str:
        return {
            "complete": _("All answers were complete."),
            "fiml": _("Missing answers entered by full information."),
            "pairwise": _(
                "Each correlation rests on the respondents who answered both items, which assumes that answers are missing "
                "completely at random."
            ),
            "listwise": _("Respondents with a missing answer were left out."),
        }[self.missing]

    def _ordinal_method(self) -> str:
        return _(
            "Measurement invariance of ordered items was tested by a sequence of multi-group factor models with diagonally weighted "
            "least squares (WLSMV): the same factors, thresholds, loadings, intercepts, residual variances, and factor means, "
            "each level freeing what it identifies (Wu & Estabrook, 2016); thresholds of items with two categories are tested "
            "together with their loadings and intercepts. {missing} Models were compared by scaled and shifted difference tests "
            "(Satorra, 2000; Asparouhov & Muthén, 2010) and by the changes of the scaled CFI and RMSEA and of the SRMR (Cheung & "
            "Rensvold, 2002; Chen, 2007), which does not see thresholds and intercepts. A level fails where the change is both large and "
            "beyond chance; with fewer than {minimum} respondents in a group no level is said to hold (Meade & Bauer, 2007). Where a "
            "level failed, equalities were released one by one by robust score tests, as long as two items of each factor stayed equal (Byrne, Shavelson & "
            "Muthén, 1989); each release is recorded. The size of item bias is dMACS (Nye & Drasgow, 2011), from the expected "
            "answers."
        ).format(missing=self._missing_sentence(), minimum=MIN_INVARIANCE_GROUP)


@checked
def measurement_invariance(
    model: str,
    data: Survey | pd.DataFrame,
    *,
    group: str | Sequence[str],
    levels: str | Sequence[str] = "auto",
    estimator: InvarianceEstimator = "auto",
    missing: InvarianceMissing = "auto",
    ordered: bool | str | Sequence[str] = (),
    cluster: str | Sequence[str] | None = None,
    **unknown: Any,
) -> Invariance:
    """Test whether groups answer a questionnaire in the same way.

    Parameters
    ----------
    model : str
        In lavaan's syntax; an instrument's is `instrument.model()`. Factors are scaled by their variance in the first
        group, so that every loading can be tested.
    data : Survey or DataFrame
        Where answers are missing they enter by full information (FIML), those of ordered items pair by pair.
    group : str
        A column: a side, an organisation, a role, a language, a wave. Respondents without a group are left out, with a
        flag.
    levels : "auto" or sequence of str
        "configural", "thresholds" (of ordered items), "metric", "scalar", "strict", "means"; "auto" is all. A level needs those
        before it.
    estimator : {"auto", "MLR", "ML", "MLM", "WLSMV"}
        Of the tests: robust, plain, or Satorra-Bentler (complete answers); of ordered items "WLSMV". "auto" is "MLR" or "WLSMV".
    missing : {"auto", "fiml", "pairwise", "listwise"}
        "auto" is "fiml", and for ordered items "pairwise", which assumes that answers are missing completely at random.
        "listwise", of both kinds, leaves out respondents with a missing answer.
    ordered : bool, str or sequence of str
        The items whose answers are ordered categories; True is all. Thresholds come before loadings then. A category that a
        group never used is merged with its less used neighbour in all groups, with a flag.
    cluster : str, optional
        A column: respondents within organisations. Persons with several ratings in a survey are clusters by default. Needs
        "MLR" or "WLSMV"; other estimators ignore such persons, with a flag. Respondents without a cluster are left out, with a flag.
    **unknown
        Anything else is refused; for arguments of lavaan the error names the way out.

    Returns
    -------
    Invariance

    Raises
    ------
    ModelSyntaxError, AnswersError, OptionError

    References
    ----------
    Vandenberg & Lance (2000), doi:10.1177/109442810031002; Cheung & Rensvold (2002), doi:10.1207/S15328007SEM0902_5;
    Chen (2007), doi:10.1080/10705510701301834; Nye & Drasgow (2011), doi:10.1037/a0022955; Wu & Estabrook (2016),
    doi:10.1007/s11336-016-9506-0

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(persons_per_side=80, seed=1).survey
    >>> invariance = measurement_invariance(survey.instrument.model(), survey, group="side", levels=["configural", "metric"])
    >>> invariance.to_frame()["level"].tolist()
    ['configural', 'metric']
    """
    refuse_unknown("measurement_invariance", unknown, _ARGUMENTS)
    syntax = parse_syntax(model)
    variables = find_variables(syntax)
    observed = variables.observed
    items = ordered_names(ordered, syntax, variables)
    if items and (fixed := variables.exogenous):
        raise OptionError(
            f"Invariance of ordered items must be tested without covariates. Given: {', '.join(fixed)}. Leave them out; "
            "fit_cfa(group_equal=...) compares models with covariates."
        )
    _refuse_mismatch(estimator, missing, items)
    if estimator == "auto":
        estimator = "WLSMV" if items else "MLR"
    robust = estimator in ("MLR", "WLSMV")
    if cluster and not robust:
        raise OptionError(f"`cluster` needs estimator='MLR'. Given: {estimator!r}. Choose 'MLR'.")
    chosen = _levels(levels, EQUAL_ORDINAL if items else EQUAL)
    listwise = missing == "listwise"
    answers = model_data(
        observed, data, group=group, cluster=cluster, fiml=not listwise, covariates=variables.exogenous
    )
    flags: tuple[str, ...] = ()
    thresholds: dict[str, int] = {}
    moments: tuple[Moments, ...]
    if items:
        categories = ordinal_data(answers, observed, items, listwise=listwise)
        moments, thresholds, flags = categories.groups, categories.thresholds, categories.flags
        order = np.searchsorted(answers.rows, np.concatenate([part.rows for part in moments]))
    else:
        moments = group_moments(answers.x, answers.codes, n_groups=len(answers.groups), fiml=not listwise)
        order = np.concatenate([part.rows for part in moments])
    treatment = "listwise" if len(order) < len(answers.x) else "complete"
    if items:
        check_moments(moments, answers.groups, observed)
        treatment = treatment if categories.is_complete else "pairwise"
    incomplete = any(not part.is_complete for part in moments)
    treatment = "fiml" if incomplete else treatment
    if incomplete and estimator == "MLM":
        raise OptionError(
            "`estimator='MLM'` needs complete answers. Given: answers with gaps. Choose 'MLR', which uses all of them, or "
            "missing='listwise'."
        )
    clusters = answers.clusters[order] if answers.clusters is not None and robust else None
    setting, configural = prepare(
        arrange_blocks(syntax, answers.groups),
        moments,
        correction=_CORRECTIONS[estimator],
        cluster=clusters,
        ordered=thresholds,
    )
    ladder = run(setting, configural, chosen)
    released = {release.item for release in ladder.releases if np.isfinite(release.chi2)}
    factors = factors_of(syntax)
    bias = bias_table(configural, moments, factors, released, answers.groups)
    if items:  # numbers beside them
        flags += tuple(f"no_bias:{item}" for item in bias["item"][bias["d_macs"].isna()].unique() if item not in items)
    means = mean_table(_accepted(ladder, "scalar"), answers.groups, setting.cluster, estimator)
    return Invariance(
        table=pd.DataFrame([_step_row(step, ladder, means) for step in ladder.steps]),
        context=Context.of(data) if isinstance(data, Survey) else Context(),
        flags=_ladder_flags(ladder, answers) + flags + (() if robust else answers.clusters_ignored),
        items=bias,
        releases=_releases(ladder.releases),
        factor_means=means,
        group_names=answers.groups,
        sizes=tuple(part.n for part in moments),
        group=group if isinstance(group, str) else group[0],
        estimator=estimator,
        missing=treatment,
        ordered=items,
    )


_ARGUMENTS = tuple(name for name in inspect.signature(measurement_invariance).parameters if name != "unknown")


def _refuse_mismatch(estimator: str, missing: str, items: Sequence[str]) -> None:
    """Refuse options that ordered items, or numbers, do not have."""
    if items and estimator not in ("auto", "WLSMV"):
        raise OptionError(
            f"Invariance of ordered items must be tested by 'WLSMV'. Given: {estimator!r}. Choose it, or leave `ordered` out."
        )
    if not items and estimator == "WLSMV":
        raise OptionError("'WLSMV' must have ordered items. Given: none. Add ordered=True, or choose 'MLR'.")
    if missing in (("fiml",) if items else ("pairwise",)):
        other = "'pairwise' or 'listwise'" if items else "'fiml' or 'listwise'"
        what = "ordered items" if items else "answers as numbers"
        raise OptionError(f"`missing={missing!r}` is not for {what}. Given: {what}. Choose {other}.")


def _levels(levels: str | Sequence[str], known: Sequence[str] | Mapping[str, object]) -> list[str]:
    every = list(known)
    named = names_in(levels, ("auto", *every), "levels", kind="a level")
    if named == ("auto",):
        return every
    if not named or "auto" in named:
        raise OptionError(
            f"`levels` must be 'auto' or some of {', '.join(every)}. Given: {levels!r}. Choose from these."
        )
    last = max(every.index(level) for level in named)
    needed = every[: last + 1]
    if "strict" not in named and "means" in named:
        needed.remove("strict")
    return needed


def _level_name(level: str) -> str:
    return {
        "configural": _("Configural: same factors"),
        "thresholds": _("Same thresholds"),
        "metric": _("Metric: same loadings"),
        "scalar": _("Scalar: same intercepts"),
        "strict": _("Strict: same residuals"),
        "means": _("Same factor means"),
    }[level]


def _accepted(ladder: Ladder, level: str) -> Step | None:
    """The last step of a level, where the level holds; None where it fails or was not estimated."""
    steps = [
        step for step in ladder.steps if step.level == level and step.verdict != "fails" and step.found is not None
    ]
    return steps[-1] if steps and not steps[-1].why.startswith("not_") else None


def _step_row(step: Step, ladder: Ladder, means: pd.DataFrame) -> dict[str, object]:
    """A step as a row of the table of levels."""
    scaled = step.test.chi2_scaled if np.isfinite(step.test.scaling) else step.test.chi2
    difference, changes = step.difference, step.changes
    return {
        "level": step.level,
        "partial": ",".join(step.partial),
        "chi2": step.test.chi2,
        "chi2_scaled": scaled,
        "df": step.test.df,
        **step.measures,
        "chi2_difference": difference.chi2_scaled if difference else np.nan,
        "df_difference": difference.df if difference else np.nan,
        "p_difference": difference.p_scaled if difference else np.nan,
        **{f"{name}_change": changes.get(name, np.nan) for name in ("cfi", "rmsea", "srmr")},
        "verdict": step.verdict,
        "items": ",".join(_suspects(step, ladder, means)),
        "why": step.why,
    }


def _suspects(step: Step, ladder: Ladder, means: pd.DataFrame) -> list[str]:
    """The items behind a failure: those that were released, or those whose score tests survive Holm's adjustment."""
    if step.verdict != "fails":
        return []
    if step.level == "means":
        return _shifted(means)
    released = [item.item for item in ladder.releases if item.level == step.level and np.isfinite(item.chi2)]
    if released or step.level not in ladder.suspects:
        return list(dict.fromkeys(released))
    tests = ladder.suspects[step.level]
    p = np.where(np.isfinite(tests.p), tests.p, 1.0)
    adjusted = holm(p)
    places = [place for place in np.argsort(p) if adjusted[place] < 0.05]
    return list(dict.fromkeys(tests.rhs[place] if tests.op[place] == "=~" else tests.lhs[place] for place in places))


def _shifted(means: pd.DataFrame) -> list[str]:
    """Factors whose mean in some group differs from the first group's, after Holm's adjustment."""
    if means.empty:
        return []
    p = 2 * norm.sf(np.abs(means["mean"] / means["se"]))
    adjusted = holm(np.where(np.isfinite(p), p, 1.0))
    return list(dict.fromkeys(means["factor"][adjusted < 0.05]))


def _releases(releases: Sequence[Release]) -> pd.DataFrame:
    """The releases in order, one row each."""
    columns = ["level", "item", "relation", "chi2", "df", "p", "cfi_change"]
    rows = [
        (item.level, item.item, item.relation, item.chi2, item.df or np.nan, item.p, item.cfi_change)
        for item in releases
    ]
    return pd.DataFrame(rows, columns=columns)


def _ladder_flags(ladder: Ladder, answers: ModelData) -> tuple[str, ...]:
    """What was flagged in any step, each flag once."""
    flags = [flag for step in ladder.steps if step.found is not None for flag in step.found.flags]
    flags += answers.flags
    tests = [test for step in ladder.steps if step.found is not None for test in (step.test, step.difference)]
    if any(test is not None and test.df > 0 and np.isnan(test.scaling) for test in tests):
        flags.append("negative_scaling")
    return tuple(dict.fromkeys(flags))
