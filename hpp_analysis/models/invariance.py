"""Do groups answer a questionnaire in the same way? Measurement invariance, level by level."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.context import Context
from hpp_analysis.common.design import names_of
from hpp_analysis.common.interpret import CFI_CHANGE, D_MACS_MEDIUM, MIN_INVARIANCE_GROUP
from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.sem.moments import group_moments
from hpp_analysis.core.sem.syntax import find_variables, parse_syntax
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.invariance_steps import EQUAL, factors_of, prepare, run
from hpp_analysis.models.invariance_tables import accepted, ladder_flags, step_row, trail
from hpp_analysis.models.item_bias import bias_table, mean_table
from hpp_analysis.models.lavaan_names import refuse_ordered, refuse_unknown
from hpp_analysis.models.model_data import model_data
from hpp_analysis.models.sentences import left_out_sentences
from hpp_analysis.options import InvarianceEstimator, checked, names_in, one_of
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEVELS = {
    "configural": N_("Configural: same factors"),
    "metric": N_("Metric: same loadings"),
    "scalar": N_("Scalar: same intercepts"),
    "strict": N_("Strict: same residuals"),
    "means": N_("Same factor means"),
}
_CORRECTIONS = {"ML": "none", "MLR": "yuan_bentler", "MLM": "satorra_bentler"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Invariance(StudyResult):
    """Levels of measurement invariance.

    Attributes
    ----------
    items : DataFrame
        Item bias in the configural model: factor, item, group (compared with the first), d_macs (in pooled standard
        deviations), points and signed_points (on the answer scale), released (whether the item was set free).
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
        "fiml" where answers are missing, else "complete".
    """

    items: pd.DataFrame
    releases: pd.DataFrame
    factor_means: pd.DataFrame
    group_names: tuple[str, ...]
    sizes: tuple[int, ...]
    group: str
    estimator: str
    missing: str

    name: ClassVar[str] = "invariance"
    keys: ClassVar[tuple[str, ...]] = ("level_text",)
    variable: ClassVar[str] = "level"
    kinds: ClassVar[tuple[str, ...]] = ("ladder",)
    question: ClassVar[str] = "invariance"
    tables: ClassVar[tuple[str, ...]] = ("items", "releases", "factor_means")
    columns: ClassVar[tuple[Column, ...]] = (
        Column("level_text", N_("Level")),
        Column("chi2", N_("χ²"), "coefficient"),
        Column("df", N_("df"), "count"),
        Column("cfi", N_("CFI"), "fit"),
        Column("rmsea", N_("RMSEA"), "fit"),
        Column("srmr", N_("SRMR"), "fit"),
        Column("chi2_difference", N_("Δχ²"), "coefficient"),
        Column("df_difference", N_("Δdf"), "count"),
        Column("p_difference", N_("p"), "p"),
        Column("cfi_change", N_("ΔCFI"), "change"),
        Column("rmsea_change", N_("ΔRMSEA"), "change"),
        Column("srmr_change", N_("ΔSRMR"), "change"),
        Column("verdict_text", N_("Verdict")),
    )

    def _compared(self) -> list[str]:
        return []  # what it is about, its settings say

    def to_frame(self) -> pd.DataFrame:
        """One row per model of the sequence.

        Returns
        -------
        DataFrame
            level, partial (relations that are free, separated by commas), chi2 (plain), chi2_scaled, df, cfi, rmsea
            (robust where the estimator is), srmr, aic, bic, chi2_difference (scaled difference test from the level
            before), df_difference, p_difference, cfi_change, rmsea_change, srmr_change, verdict ("holds", "fails",
            "not_testable"), items (those that do not behave alike), why (a code where nothing can be said).
        """
        return super().to_frame()

    @property
    def verdicts(self) -> pd.Series:
        """The last word on each level: of the partial model where there is one."""
        return self.table.groupby("level", sort=False)["verdict"].last()

    def _labelled(self) -> pd.DataFrame:
        return self.table.assign(
            level_text=[self._level(row.level, row.partial) for row in self.table.itertuples()],
            verdict_text=[
                self._said(str(row.level), str(row.verdict), str(row.items), str(row.partial), str(row.why))
                for row in self.table.itertuples()
            ],
        )

    def _level(self, level: str, partial: str) -> str:
        called = _(_LEVELS[level])
        return _("{level} (partial)").format(level=called) if partial else called

    def _names(self, items: str) -> str:
        return join_names([self._called(item) for item in items.split(",") if item])

    def _said(self, level: str, verdict: str, items: str, partial: str, why: str) -> str:
        """The verdict in words."""
        if verdict == "holds":
            free = list(dict.fromkeys(part.split()[-1 if "=~" in part else 0] for part in partial.split(",") if part))
            if free:
                return _("holds, with {items} free").format(items=self._names(",".join(free)))
            return _("holds")
        if verdict == "fails":
            if level == "means":
                return _("means differ ({factors})").format(factors=self._names(items)) if items else _("means differ")
            return _("fails ({items})").format(items=self._names(items)) if items else _("fails")
        return _("not testable: {why}").format(why=self._why(why))

    def _why(self, code: str) -> str:
        smallest = int(np.argmin(self.sizes))
        name = self._called(self.group_names[smallest], self.group)
        reasons = {
            "few": _("{n} respondents in {group}; {minimum} are needed").format(
                n=self.sizes[smallest], group=name, minimum=MIN_INVARIANCE_GROUP
            ),
            "unclear": _("the change is large, but may be chance; more respondents are needed"),
            "not_identified": _("the model is not identified"),
            "not_converged": _("the estimation did not converge"),
            "few_clusters": _("there are fewer clusters than free parameters"),
            "negative_scaling": _("the scaling factor of the robust test comes out negative"),
            "before": _("a level before it does not hold"),
        }
        return reasons.get(code, code)

    def _caption(self) -> str:
        return _("Measurement invariance by {group}").format(group=self._called(self.group))

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
            *left_out_sentences(self.flags),
        ]

    def _summary(self) -> list[str]:
        said = []
        last = self.table.groupby("level", sort=False).tail(1)
        for row in last.itertuples():
            words = self._said(str(row.level), str(row.verdict), str(row.items), str(row.partial), str(row.why))
            said.append(f"{_(_LEVELS[str(row.level)])}: {words}.")
        if not self.items.empty and self.items["d_macs"].notna().any():
            top = self.items.loc[self.items["d_macs"].idxmax()]
            sentence = (
                _("The largest item bias is small: {item}, {d} standard deviations.")
                if top["d_macs"] < D_MACS_MEDIUM
                else _("The largest item bias is that of {item}: {d} standard deviations.")
            )
            said.append(sentence.format(item=self._called(str(top["item"])), d=format_value(top["d_macs"], "score")))
        return [*said, *left_out_sentences(self.flags)]

    def _methods(self) -> list[str]:
        estimators = {
            "ML": _("maximum likelihood"),
            "MLR": _("maximum likelihood with robust tests (Yuan & Bentler, 2000)"),
            "MLM": _("maximum likelihood with Satorra-Bentler tests"),
        }
        missing = (
            _("Missing answers entered by full information.")
            if self.missing == "fiml"
            else _("All answers were complete.")
        )
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
            ).format(estimator=estimators[self.estimator], missing=missing, minimum=MIN_INVARIANCE_GROUP),
            *left_out_sentences(self.flags),
        ]

    def _all_tables(self) -> list[Block]:
        """Tables without a row, as of a sequence that released nothing, are left out."""
        frames = {"items": self.items, "releases": self.releases, "factor_means": self.factor_means}
        return [self._table_block(), *(self._further_table(kind) for kind in self.tables if len(frames[kind]))]

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:
        called = self.items if kind == "items" else self.releases if kind == "releases" else self.factor_means
        frame = called.copy()
        for column in ("item", "factor"):
            if column in frame:
                frame[column] = [self._called(str(value)) for value in frame[column]]
        if "group" in frame:
            frame["group"] = [self._called(str(value), self.group) for value in frame["group"]]
        if kind == "items":
            reference = self._called(self.group_names[0], self.group)
            columns: tuple[Column, ...] = (
                Column("item", N_("Characteristic")),
                Column("factor", N_("Factor")),
                Column("group", N_("Group")),
                Column("d_macs", N_("dMACS"), "score"),
                Column("signed_points", N_("Points"), "difference"),
            )
            return frame, columns, _("Item bias: compared with {group}").format(group=reference)
        if kind == "releases":
            frame["level"] = [_(_LEVELS[level]) for level in frame["level"]]
            columns = (
                Column("item", N_("Characteristic")),
                Column("level", N_("Level")),
                Column("relation", N_("Released")),
                Column("chi2", N_("χ²"), "coefficient"),
                Column("df", N_("df"), "count"),
                Column("p", N_("p"), "p"),
                Column("cfi_change", N_("ΔCFI"), "change"),
            )
            return frame, columns, _("Equalities that were released, in order")
        columns = (
            Column("factor", N_("Factor")),
            Column("group", N_("Group")),
            Column("mean", N_("Mean"), "difference"),
            Column("se", N_("SE"), "score"),
        )
        return frame, columns, _("Factor means in standard deviations of the first group")

    def _drawn(self) -> pd.DataFrame:
        frame = self._labelled()
        return pd.DataFrame(
            {
                "label": frame["level_text"],
                "verdict": frame["verdict"],
                "said": frame["verdict_text"],
                "change": frame["cfi_change"],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import invariance_ladder

        return invariance_ladder(self._drawn(), cutoff=CFI_CHANGE, ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import invariance_ladder_alt

        return invariance_ladder_alt(self._drawn(), cutoff=CFI_CHANGE)


@checked
def measurement_invariance(
    model: str,
    data: Survey | pd.DataFrame,
    *,
    group: str | Sequence[str],
    levels: str | Sequence[str] = "auto",
    estimator: InvarianceEstimator = "MLR",
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
        Where answers are missing they enter by full information (FIML).
    group : str
        A column: a side, an organisation, a role, a language, a wave. Respondents without a group are left out, with a
        flag.
    levels : "auto" or sequence of str
        "configural", "metric", "scalar", "strict", "means"; "auto" is all five. A level needs those before it.
    estimator : {"MLR", "ML", "MLM"}
        Of the tests: robust, plain, or Satorra-Bentler (complete answers).
    ordered : sequence of str
        Ordered items are not supported yet: must be empty.
    cluster : str, optional
        A column: respondents within organisations. Persons with several ratings in a survey are clusters by default. Needs
        "MLR"; other estimators ignore such persons, with a flag. Respondents without a cluster are left out, with a flag.
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
    Chen (2007), doi:10.1080/10705510701301834; Nye & Drasgow (2011), doi:10.1037/a0022955

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(persons_per_side=80, seed=1).survey
    >>> invariance = measurement_invariance(survey.instrument.model(), survey, group="side", levels=["configural", "metric"])
    >>> invariance.to_frame()["level"].tolist()
    ['configural', 'metric']
    """
    refuse_unknown("measurement_invariance", unknown, _ARGUMENTS)
    refuse_ordered(ordered)
    one_of(estimator, InvarianceEstimator, "estimator")
    if cluster and estimator != "MLR":
        raise OptionError(f"`cluster` needs estimator='MLR'. Given: {estimator!r}. Choose 'MLR'.")
    chosen = _levels(levels)
    syntax = parse_syntax(model)
    variables = find_variables(syntax)
    observed = variables.observed
    answers = model_data(observed, data, group=group, cluster=cluster, covariates=variables.exogenous)
    moments = group_moments(answers.x, answers.codes, n_groups=len(answers.groups), fiml=True)
    incomplete = any(not part.is_complete for part in moments)
    if incomplete and estimator == "MLM":
        raise OptionError(
            "`estimator='MLM'` needs complete answers. Given: answers with gaps. Choose 'MLR', which uses all of them."
        )
    order = np.concatenate([part.rows for part in moments])
    clusters = answers.clusters[order] if answers.clusters is not None and estimator == "MLR" else None
    setting, configural = prepare(syntax, moments, correction=_CORRECTIONS[estimator], cluster=clusters)
    ladder = run(setting, configural, chosen)
    released = {release.item for release in ladder.releases if np.isfinite(release.chi2)}
    factors = factors_of(syntax)
    means = mean_table(accepted(ladder, "scalar"), answers.groups, setting.cluster, estimator)
    is_survey = isinstance(data, Survey)
    return Invariance(
        table=pd.DataFrame([step_row(step, ladder, means) for step in ladder.steps]),
        context=Context(names=names_of(data) if is_survey else {}, selection=data.selection if is_survey else {}),
        flags=ladder_flags(ladder, answers) + (() if estimator == "MLR" else answers.clusters_ignored),
        items=bias_table(configural, moments, factors, released, answers.groups),
        releases=trail(ladder.releases),
        factor_means=means,
        group_names=answers.groups,
        sizes=tuple(part.n for part in moments),
        group=group if isinstance(group, str) else group[0],
        estimator=estimator,
        missing="fiml" if incomplete else "complete",
    )


_ARGUMENTS = tuple(name for name in inspect.signature(measurement_invariance).parameters if name != "unknown")


def _levels(levels: str | Sequence[str]) -> list[str]:
    asked = names_in(levels, ("auto", *EQUAL), "levels", kind="a level")
    if asked == ("auto",):
        return list(EQUAL)
    if not asked or "auto" in asked:
        raise OptionError(
            f"`levels` must be 'auto' or some of {', '.join(EQUAL)}. Given: {levels!r}. Choose from these."
        )
    last = max(list(EQUAL).index(level) for level in asked)
    needed = list(EQUAL)[: last + 1]
    if "strict" not in asked and "means" in asked:
        needed.remove("strict")
    return needed
