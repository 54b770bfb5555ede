"""What drives success: slopes, importance, and how sure the order is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import (
    LMG_MOST,
    MIN_CLUSTERS,
    MIN_CLUSTERS_BOOT,
    MIN_UNITS_TIERS,
    VIF_HIGH,
    importance_is_sound,
    units_for_intervals,
)
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.importance.importance import MOST_PREDICTORS, dominance, subset_r2
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_number, format_value
from hpp_analysis.drivers.regression import (
    FloatArray,
    Tests,
    blocks_table,
    check_assumptions,
    correlations_of,
    draw_samples,
    errors_of,
    importance_of,
    importance_table,
    slopes_table,
    why_undefined,
)
from hpp_analysis.drivers.regression_data import DriverData, Predictors, check_samples, driver_data
from hpp_analysis.drivers.sensitivity import Sensitivity, compare_models
from hpp_analysis.errors import OptionError
from hpp_analysis.options import ImportanceMethod, checked
from hpp_analysis.survey.handover import made_once
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Drivers(Result):
    """What an outcome goes together with: slopes and importance of its predictors.

    Attributes
    ----------
    table : DataFrame
        One row per predictor, the most important first: predictor, block, importance (share of the outcome's variance;
        all shares sum to R2), ci_lower, ci_upper, share (of R2), rank, p_first (share of bootstrap samples in which it
        is the first), rank_lower, rank_upper, tier (1: cannot be told apart from the first; 2: likewise among the rest;
        ...). NaN where it cannot be known; `flags` say why.
    slopes : DataFrame
        One row per predictor: correlation (with the outcome), beta (slope of standardised variables), se, df, ci_lower,
        ci_upper, p (of this slope by itself), p_adjusted (for the number of predictors, by the wild bootstrap: below
        1 - conf_level it is `named`), slope (in the outcome's points per point of the predictor), vif.
    hierarchy : DataFrame
        One row per block of predictors: n_predictors, r2_alone, r2 (after it was entered), r2_change with its robust
        test (f, p), r2_last (what it adds to all others) with its test (f_last, p_last). F is the robust Wald
        statistic over the number of predictors, p its share in the wild bootstrap.
    dominance : DataFrame
        One row per pair of which the first is the more important: predictor, other, level ("complete",
        "conditional", "general"), share (of bootstrap samples in which it is the more important too). Empty with relative
        weights.
    checks : DataFrame
        One row per assumption: check, statistic, p, limit, look, n.
    outcome, method : str
        What is explained; how importance was found ("lmg", "relative_weights").
    r2, adjusted_r2 : float
    overall : mapping
        The test of all slopes together: f (the robust Wald statistic over the number of slopes, df_num), df_num, p (by
        the wild bootstrap).
    errors : str
        What standard errors rest on: "hc3", "person" or "cluster" (CR2).
    n_used, n_persons, n_given : int
        Ratings and persons behind the numbers; ratings that were given.
    n_boot, n_wild, seed, conf_level
        As given to `rank_drivers`.
    samples : ndarray, shape (B, p)
        The importance in each bootstrap sample, in the order of `slopes`.
    """

    slopes: pd.DataFrame
    hierarchy: pd.DataFrame
    dominance: pd.DataFrame
    checks: pd.DataFrame
    outcome: str
    method: ImportanceMethod
    r2: float
    adjusted_r2: float
    overall: dict[str, float]
    errors: str
    n_used: int
    n_persons: int
    n_given: int
    n_boot: int
    n_wild: int
    seed: int
    conf_level: float
    samples: np.ndarray
    data: DriverData

    def _declare(self) -> Declaration:
        caption = (
            _("What {outcome} goes together with, within groups: importance")
            if self.data.n_groups > 1
            else _("What {outcome} goes together with: importance")
        )
        return Declaration(
            name="drivers",
            caption=caption.format(outcome=self._called(self.outcome)),
            variable="predictor",
            question="drivers",
            whole_study=True,
            columns=(
                Column("predictor", _("Predictor"), key=True),
                Column("importance", _("Importance"), "coefficient"),
                Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
                Column("share", _("Share of R²"), "share"),
                Column("p_first", _("First"), "share"),
                Column("rank_lower", _("Rank"), "count", upper="rank_upper"),
                Column("tier", _("Tier"), "count"),
            ),
            figures={"importance": self._importance, "slopes": self._slopes},
            tables={
                "slopes_table": self._slopes_table,
                "blocks": self._blocks_table,
                "checks": self._checks_table,
                "dominance": self._dominance_table,
            },
        )

    def _all_tables(self) -> list[Block]:
        """Leave out a single block, and dominance: its table is long, and shows on request."""
        kinds = (
            "slopes_table",
            *(("blocks",) if len(self.hierarchy) > 1 else ()),
            *(("checks",) if len(self.checks) else ()),
        )
        return [self._table_block(), *(self._further_table(kind) for kind in kinds)]

    @property
    def leading(self) -> tuple[str, ...]:
        """The predictors of the first tier: one of them is the most important."""
        return tuple(str(name) for name in self.table["predictor"][self.table["tier"] == 1])

    @property
    def named(self) -> tuple[str, ...]:
        """The predictors that go together with the outcome when the others stay the same.

        One that does not is among them in at most 1 - `conf_level` of studies, however many predictors there are.
        """
        return tuple(str(name) for name in self.slopes["predictor"][self.slopes["p_adjusted"] <= self._alpha])

    @property
    def related(self) -> bool:
        """Whether the predictors together account for more of the outcome than chance does."""
        return bool(self.overall["p"] <= self._alpha)

    @property
    def _alpha(self) -> float:
        return 1.0 - self.conf_level

    def sensitivity(self) -> Sensitivity:
        """The slopes under other models: within groups, with random intercepts, ordinal, of ranks, without the influential."""
        return compare_models(
            self.data, self.slopes, named=self.named, outcome=self.outcome, conf_level=self.conf_level, flags=self.flags
        )

    def _slopes_table(self) -> FurtherTable:
        frame = self.slopes.assign(predictor=self._names(self.slopes["predictor"]))
        columns = (
            Column("predictor", _("Predictor")),
            Column("correlation", _("Correlation"), "coefficient"),
            Column("beta", _("β"), "coefficient"),
            Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
            Column("df", _("df"), "df"),
            Column("p", _("p"), "p"),
            Column("p_adjusted", _("p, adjusted"), "p"),
            Column("slope", _("Slope"), "coefficient"),
            Column("vif", _("VIF"), "df"),
        )
        return FurtherTable(frame, columns, self._slopes_caption())

    def _slopes_caption(self) -> str:
        return _("{outcome}: standardised slopes").format(outcome=self._called(self.outcome))

    def _blocks_table(self) -> FurtherTable:
        frame = self.hierarchy.assign(block=[self._block_name(name) for name in self.hierarchy["block"]])
        columns = (
            Column("block", _("Block")),
            Column("n_predictors", _("Predictors"), "count"),
            Column("r2_alone", _("R² alone"), "coefficient"),
            Column("r2", _("R² so far"), "coefficient"),
            Column("r2_change", _("Change"), "coefficient"),
            Column("f", _("F"), "score"),
            Column("p", _("p"), "p"),
            Column("r2_last", _("Over and above the others"), "coefficient"),
            Column("p_last", _("p, over and above"), "p"),
        )
        caption = _("{outcome}: what blocks of predictors explain").format(outcome=self._called(self.outcome))
        return FurtherTable(frame, columns, caption)

    def _dominance_table(self) -> FurtherTable:
        levels = {"complete": _("complete"), "conditional": _("conditional"), "general": _("general")}
        frame = self.dominance.assign(
            predictor=self._names(self.dominance["predictor"]), other=self._names(self.dominance["other"])
        )
        columns = (
            Column("predictor", _("Predictor")),
            Column("other", _("Dominates")),
            Column("level", _("Dominance"), words=levels),
            Column("share", _("Share of the samples"), "share"),
        )
        return FurtherTable(frame, columns, _("Which predictor dominates which"))

    def _checks_table(self) -> FurtherTable:
        names = {
            "overlap": _("Predictors overlap little (largest variance inflation)"),
            "linearity": _("Relations are straight (RESET)"),
            "spread": _("Equal spread of what is not explained (Breusch-Pagan)"),
            "influence": _("No single rating decides (largest Cook's distance)"),
            "normality": _("Symmetry of what is not explained (skewness; for information)"),
        }
        verdicts = [_("have a look") if look else _("fine") for look in self.checks["look"]]
        frame = self.checks.assign(verdict=verdicts)
        frame["verdict"] = frame["verdict"].where(self.checks["check"] != "normality", None)
        columns = (
            Column("check", _("Assumption"), words=names),
            Column("statistic", _("Statistic"), "score"),
            Column("p", _("p"), "p"),
            Column("verdict", _("Verdict")),
        )
        return FurtherTable(frame, columns, _("Assumptions of the regression"))

    def _names(self, ids: pd.Series) -> list[str]:
        return [self._called(str(name)) for name in ids]

    def _block_name(self, name: str) -> str:
        known = {
            "hpp": _("HPP factors"),
            "hpp_pool": _("HPP factors"),
            "hpo": _("HPO factors"),
            "predictors": _("Predictors"),
        }
        return known.get(name) or self._called(name)

    def _notes(self) -> list[str]:
        said = [
            _("Importance: share of the variance of the outcome; all shares together are R² = {r2}.").format(
                r2=format_value(self.r2, "coefficient")
            )
        ]
        if self.leading:
            said.append(
                _(
                    "Interval, first and rank: from {n} bootstrap samples of {units} ({level} intervals). First: the share "
                    "of the samples in which a predictor is the most important. Tier 1: cannot be told apart from the "
                    "first."
                ).format(
                    n=format_value(self.n_boot, "count"),
                    units=_("organisations") if self.data.n_clusters else _("persons"),
                    level=format_value(self.conf_level, "share"),
                )
            )
        if "few_units_intervals" in self.flags and len(self.samples):
            said.append(
                _(
                    "Intervals of importance need {least} {units} with so many predictors; there are {units_used}, so none "
                    "is given."
                ).format(
                    least=format_value(units_for_intervals(len(self.data.predictors)), "count"),
                    units=_("organisations") if self.data.n_clusters else _("persons"),
                    units_used=format_value(self.data.n_units, "count"),
                )
            )
        return [*said, self._ratings_note()]

    def _ratings_note(self) -> str:
        numbers = {
            "ratings": format_value(self.n_used, "count"),
            "persons": format_value(self.n_persons, "count"),
            "given": format_value(self.n_given, "count"),
        }
        if self.data.pairwise:
            return _(
                "Each correlation rests on the ratings that answered both; the smallest number is {ratings}, of {given} "
                "ratings. For slopes and tests a missing score was filled in from the other predictors."
            ).format(**numbers)
        return _("{ratings} ratings by {persons} persons with all scores, of {given} ratings.").format(**numbers)

    def _summary(self) -> list[str]:
        outcome = self._called(self.outcome)
        if self.table["importance"].isna().all():
            return [_undefined_sentence(self.flags).format(outcome=outcome)]
        said = [
            self._together(),
            *([self._order()] if self.related or np.isnan(self.overall["p"]) else []),
            *self._of_blocks(),
            *self._named_slopes(),
            *_check_sentences(self.checks),
        ]
        if "few_clusters" in self.flags or "few_clusters_boot" in self.flags:
            said.append(_("There are too few organisations to say something of organisations at large."))
        return [
            *said,
            _(
                "These are associations between answers that the same persons gave at the same time: they say where to "
                "look first, not what causes what."
            ),
        ]

    def _together(self) -> str:
        numbers = {"share": format_value(self.r2, "share"), "outcome": self._called(self.outcome)}
        if np.isnan(self.overall["p"]):
            return _("Together the predictors account for {share} of the variance of {outcome}.").format(**numbers)
        sentence = (
            _("Together the predictors account for {share} of the variance of {outcome} (p {p}).")
            if self.related
            else _(
                "Together the predictors account for {share} of the variance of {outcome}, which is no more than chance can "
                "make of so many predictors (p {p})."
            )
        )
        return sentence.format(**numbers, p=_with_sign(self.overall["p"]))

    def _order(self) -> str:
        table = self.table
        first = table.iloc[0]
        share = format_value(first["share"], "share")
        if not self.leading:
            return _(
                "{name} has the largest share of it ({share}); how sure that order is cannot be told here."
            ).format(name=self._called(first["predictor"]), share=share)
        if len(self.leading) == 1:
            return _("{name} is the most important: {share} of it, first in {chance} of the bootstrap samples.").format(
                name=self._called(first["predictor"]), share=share, chance=format_value(first["p_first"], "share")
            )
        names = [
            _("{name} (first in {chance} of the bootstrap samples)").format(
                name=self._called(row.predictor), chance=format_value(row.p_first, "share")
            )
            if len(self.leading) <= 4
            else self._called(str(row.predictor))
            for row in table[table["tier"] == 1].itertuples()
        ]
        if len(self.leading) == len(table):
            return _("These answers cannot tell which of them is the most important.")
        return _("One of these is the most important, and these answers cannot tell which: {names}.").format(
            names=join_names(names)
        )

    def _of_blocks(self) -> list[str]:
        if len(self.hierarchy) < 2:
            return []
        said = []
        for row in self.hierarchy.itertuples():
            if not np.isfinite(row.p_last):
                continue
            sentence = (
                _("Over and above the others, {block} account for {share} (p {p}).")
                if row.p_last < 1.0 - self.conf_level
                else _("Over and above the others, {block} add no more than chance ({share}, p {p}).")
            )
            said.append(
                sentence.format(
                    block=self._block_name(str(row.block)),
                    share=format_value(row.r2_last, "share"),
                    p=_with_sign(row.p_last),
                )
            )
        return said

    def _named_slopes(self) -> list[str]:
        if self.slopes["p_adjusted"].isna().all():
            return [_untested_sentence(self.n_wild, self.flags)]
        named = self.slopes[self.slopes["predictor"].isin(self.named)]
        up = named[named["beta"] > 0].sort_values("beta", ascending=False)
        down = named[named["beta"] < 0].sort_values("beta")
        said = []
        if len(up):
            said.append(
                _("Other things equal, {outcome} is higher where these are: {names}.").format(
                    outcome=self._called(self.outcome), names=self._with_slopes(up)
                )
            )
        if len(down):
            said.append(
                _(
                    "Other things equal, {outcome} is lower where these are higher: {names}; look whether that comes of "
                    "their overlap with the others."
                ).format(outcome=self._called(self.outcome), names=self._with_slopes(down))
            )
        return said or [_("No single predictor can be shown to go together with it, other things equal.")]

    def _with_slopes(self, rows: pd.DataFrame) -> str:
        return join_names(
            [
                _("{name} (β = {slope})").format(
                    name=self._called(str(row.predictor)), slope=format_value(row.beta, "coefficient")
                )
                for row in rows.itertuples()
            ]
        )

    def _methods(self) -> list[str]:
        said = [
            _(
                "{outcome} was regressed on {n} predictors by least squares; slopes are of variables standardised to a standard "
                "deviation of 1."
            ).format(outcome=self._called(self.outcome), n=len(self.data.predictors))
        ]
        if self.data.n_groups > 1:
            said.append(
                _("All variables were taken about the means of {n} groups (fixed effects).").format(
                    n=self.data.n_groups
                )
            )
        said.append(self._missing())
        said.append(self._errors())
        if len(self.data.blocks) > 1:
            said.append(
                _(
                    "Blocks of predictors were entered one after the other; their change of R² was tested both when entered and "
                    "over and above all others."
                )
            )
        if not np.isnan(self.overall["p"]):
            said.append(self._tests())
        said.append(
            _(
                "Importance is LMG (Lindeman, Merenda & Gold, 1980; Grömping, 2007): what a predictor adds to R² averaged over "
                "all orders of entering, which is also its Shapley value and general dominance (Azen & Budescu, 2003)."
            )
            if self.method == "lmg"
            else _(
                "Importance is Johnson's relative weight (2000): the share of R² by way of the orthogonal variables closest to "
                "the predictors."
            )
        )
        if self.leading:
            said.append(
                _(
                    "{n} bootstrap samples of {units}, each with all of its ratings (seed {seed}), gave percentile intervals, the "
                    "share of samples in which a predictor comes first, and tiers: the first tier is a {level} confidence set "
                    "of the most important predictor, by studentised comparisons with the best (Hsu, 1984; Mogstad et al., "
                    "2024), so that the truly most important one is left out of it in at most {error} of studies."
                ).format(
                    n=format_value(self.n_boot, "count"),
                    units=_("organisations") if self.data.n_clusters else _("persons"),
                    seed=self.seed,
                    level=format_value(self.conf_level, "share"),
                    error=format_value(1.0 - self.conf_level, "share"),
                )
            )
        return said

    def _tests(self) -> str:
        return _(
            "All slopes together and blocks of them were tested by robust Wald statistics, single slopes by the largest t with "
            "a step-down for their number (Romano & Wolf, 2005), so that a study names a predictor that does not count in at "
            "most {error} of cases. Their distributions came from {n} samples of a wild bootstrap with the null imposed "
            "(Rademacher weights by {units}, seed {seed}; Freedman & Lane, 1983; Davidson & Flachaire, 2008)."
        ).format(
            error=format_value(1.0 - self.conf_level, "share"),
            n=format_value(self.n_wild, "count"),
            units=_("organisation") if self.data.n_clusters else _("person"),
            seed=self.seed,
        )

    def _missing(self) -> str:
        if self.data.pairwise:
            return _(
                "Leaving out every rating with a missing answer would have cost more than a tenth of them; so correlations and "
                "importance rest on the ratings that answered both variables, and for slopes and their tests a missing score of "
                "a predictor was replaced by its expectation given the other predictors of the same rating (EM estimates of a "
                "normal distribution without the outcome; Little, 1992)."
            )
        return _("Ratings with a missing score were left out ({n} of {given}); none was filled in.").format(
            n=format_value(self.data.n_given - self.data.n_used, "count"),
            given=format_value(self.data.n_given, "count"),
        )

    def _errors(self) -> str:
        if self.errors == "cluster":
            return _(
                "Standard errors are cluster-robust by organisation (CR2 with Satterthwaite degrees of freedom; Pustejovsky & "
                "Tipton, 2018) and given from {few} organisations a side on, tiers from {enough}."
            ).format(few=MIN_CLUSTERS, enough=MIN_UNITS_TIERS)
        if self.errors == "person":
            return _(
                "Standard errors are cluster-robust by person, as some rated several partnerships (CR2 with Satterthwaite "
                "degrees of freedom; Pustejovsky & Tipton, 2018); they hold for these organisations and do not generalise to "
                "others."
            )
        return _(
            "Standard errors are robust to unequal spread (HC3; MacKinnon & White, 1985); they hold for these organisations and "
            "do not generalise to others."
        )

    def _importance(self) -> Figure:
        shown = ["importance", "ci_lower", "ci_upper", "p_first", "tier"]
        return Figure(plots.importance, self.table[shown].assign(label=self._names(self.table["predictor"])))

    def _slopes(self) -> Figure:
        level = format_value(self.conf_level, "share")
        return Figure(
            plots.intervals,
            pd.DataFrame(
                {
                    "label": self._names(self.slopes["predictor"]),
                    "estimate": self.slopes["beta"],
                    **self.slopes[["ci_lower", "ci_upper"]],
                }
            ),
            reference=0.0,
            xlabel=_("Standardised slope"),
            unit_decimals=2,
            caption=self._slopes_caption(),
            notes=[
                _("Slopes of standardised variables with their {level} confidence intervals.").format(level=level),
                *self._about_names(),
                self._ratings_note(),
            ],
        )

    def _about_names(self) -> list[str]:
        if self.slopes["p_adjusted"].isna().all():
            return [_untested_sentence(self.n_wild, self.flags)]
        return [
            _(
                "Each interval and its p concern one slope by itself: of many intervals, some exclude zero by chance. A "
                "predictor is named where its p, adjusted for the number of predictors, is at most {alpha}."
            ).format(alpha=format_value(self._alpha, "coefficient"))
        ]


def _with_sign(p: float) -> str:
    """Write a p-value with its sign, as it follows a "p"."""
    shown = format_value(p, "p")
    return shown if shown.startswith("<") else f"= {shown}"


@checked
def rank_drivers(
    data: Survey | pd.DataFrame,
    *,
    outcome: str | Sequence[str] = "success",
    predictors: Predictors = None,
    hpo: Survey | None = None,
    cluster: str | Sequence[str] | None = None,
    within: str | Sequence[str] | None = None,
    importance: ImportanceMethod = "auto",
    conf_level: float = 0.95,
    n_boot: int = 1000,
    n_wild: int = 999,
    seed: int = 0,
) -> Drivers:
    """Ask what an outcome goes together with, and how sure the order of its predictors is.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, of which scale scores (and single items) explain the outcome; or a frame of numbers.
    outcome : str
        A scale or item of the survey; a column of the frame.
    predictors : str, sequence of str, or mapping of block to sequence of str, optional
        Scales or items; "items" for all characteristics of the factors; with blocks, which are entered in their order,
        the change of R2 is tested. By default the factors (but the outcome), after a block of HPO factors where `hpo` is
        given.
    hpo : Survey, optional
        Answers to the HPO questionnaire, one row a person (and wave): joined by `respondent` (and `wave`). An HPO factor
        whose name the survey has too gets "hpo_" before it.
    cluster : str, optional
        A respondent column (of the frame: a column), such as "organisation", for inference to organisations at large:
        standard errors from 10 organisations a side on, bootstrap samples from 20 on, NaN below. By default the
        organisations are these, and persons vary.
    within : str or sequence of str, optional
        Columns whose combinations are groups: everything is taken about the means of each (fixed effects).
    importance : {"auto", "lmg", "relative_weights"}
        LMG up to 12 predictors, relative weights beyond, unless one is asked for (LMG: up to 14 predictors).
    conf_level : float
        Of the intervals and of the tiers.
    n_boot : int
        Bootstrap samples for the intervals and the order of importance; 0 for none, else 100 or more.
    n_wild : int
        Samples of the wild bootstrap, by which slopes are tested; 0 for no tests, else 99 or more.
    seed : int

    Returns
    -------
    Drivers

    Raises
    ------
    OptionError
        When a name is none of the data's, or an option has a value that it cannot have.

    Notes
    -----
    An importance is never negative, so its interval does not tell whether a predictor matters at all: its slope does.
    All slopes together, blocks of them, and each by itself are tested by a wild bootstrap with the null imposed; the
    p-values of single slopes are adjusted for their number, and `named` are the predictors that are found by them.
    Associations in one questionnaire are not causes.

    References
    ----------
    Lindeman, Merenda & Gold (1980), Introduction to Bivariate and Multivariate Analysis; Grömping (2007),
    doi:10.1198/000313007X188252; Azen & Budescu (2003), doi:10.1037/1082-989X.8.2.129; Johnson (2000),
    doi:10.1207/S15327906MBR3501_1; MacKinnon & White (1985), doi:10.1016/0304-4076(85)90158-7; Pustejovsky & Tipton
    (2018), doi:10.1080/07350015.2016.1247004; Hsu (1984), doi:10.1214/aos/1176346801; Mogstad, Romano, Shaikh & Wilhelm
    (2024), doi:10.1093/restud/rdad006; Davidson & Flachaire (2008), doi:10.1016/j.jeconom.2008.08.003; Romano & Wolf
    (2005), doi:10.1198/016214504000000539; Little (1992), doi:10.1080/01621459.1992.10476282

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> study = simulate_study(persons_per_side=60, seed=1)
    >>> drivers = rank_drivers(study.survey, hpo=study.hpo_survey)
    >>> drivers.leading
    ('openness',)
    """
    check_samples(n_boot, "n_boot", 100)
    check_samples(n_wild, "n_wild", 99)
    rows = driver_data(data, outcome=outcome, predictors=predictors, hpo=hpo, cluster=cluster, within=within)
    outcome, p = str(rows.values.columns[-1]), len(rows.predictors)
    method: ImportanceMethod = ("lmg" if p <= LMG_MOST else "relative_weights") if importance == "auto" else importance
    if method == "lmg" and p > MOST_PREDICTORS:
        raise OptionError(
            f'`importance` must not be "lmg" with more than {MOST_PREDICTORS} predictors, as it looks at all subsets of '
            f"them. Given: {p}. Take 'relative_weights', or fewer predictors."
        )
    settings: dict[str, Any] = {"n_boot": n_boot, "n_wild": n_wild, "seed": seed, "conf_level": conf_level}
    # reports of one run have the same drivers: those of the whole study
    return made_once(
        "drivers",
        [rows.fingerprint(), method, settings],
        lambda: _drivers(rows, outcome=outcome, method=method, **settings),
    )


def _drivers(
    rows: DriverData, *, outcome: str, method: ImportanceMethod, n_boot: int, n_wild: int, seed: int, conf_level: float
) -> Drivers:
    p = len(rows.predictors)
    common: dict[str, Any] = {
        "context": Context(names=rows.names, selection=rows.selection, words=rows.words), "outcome": outcome, "method": method, "data": rows,
        "n_used": rows.n_used, "n_persons": rows.n_persons, "n_given": rows.n_given, "n_boot": n_boot, "n_wild": n_wild,
        "seed": seed, "conf_level": conf_level, "errors": errors_of(rows),
    }  # fmt: skip
    if why := why_undefined(rows):
        return Drivers(**_nothing(rows), flags=(*_flags(rows), why), **common)
    samples = draw_samples(rows, n_boot=n_boot, seed=seed)
    tests = Tests(rows, n_wild=n_wild, seed=seed)
    slopes, whole = slopes_table(rows, tests, conf_level=conf_level)
    shares = importance_of(samples, method) if len(samples) else np.empty((0, p))
    table = importance_table(rows, shares, method=method, conf_level=conf_level)
    table.insert(
        1, "block", table["predictor"].map({one: name for name, block in rows.blocks.items() for one in block})
    )
    return Drivers(
        table=table.sort_values("rank", kind="stable").reset_index(drop=True),
        slopes=slopes,
        hierarchy=blocks_table(rows, tests),
        dominance=_dominance(rows, shares) if method == "lmg" else _no_dominance(),
        checks=check_assumptions(rows),
        r2=whole.pop("r2"),
        adjusted_r2=whole.pop("adjusted_r2"),
        overall=whole,
        samples=shares,
        flags=_flags(rows),
        **common,
    )


def _flags(rows: DriverData) -> tuple[str, ...]:
    flags = {
        "few_units": rows.n_units < MIN_UNITS_TIERS,
        "few_units_intervals": not importance_is_sound(rows.n_units, len(rows.predictors)),
        "pairwise": rows.pairwise,
        "several_ratings": rows.several,
        "few_clusters": 0 < rows.n_clusters < MIN_CLUSTERS,
        "few_clusters_boot": 0 < rows.n_clusters < MIN_CLUSTERS_BOOT,
    }
    return tuple(flag for flag, holds in flags.items() if holds)


def _no_dominance() -> pd.DataFrame:
    return pd.DataFrame({"predictor": [], "other": [], "level": [], "share": []})


def _dominance(rows: DriverData, shares: FloatArray) -> pd.DataFrame:
    """Compare predictors in pairs: which dominates, at what level, and in what share of the samples."""
    found = dominance(subset_r2(correlations_of(rows)))
    order = np.argsort(-found.general, kind="stable")
    names = rows.predictors
    pairs = []
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            level = (
                "complete"
                if found.complete[i, j] == 1
                else "conditional"
                if found.conditionally[i, j] == 1
                else "general"
            )
            share = float((shares[:, i] > shares[:, j]).mean()) if len(shares) else np.nan
            pairs.append({"predictor": names[i], "other": names[j], "level": level, "share": share})
    return pd.DataFrame(pairs) if pairs else _no_dominance()


def _nothing(rows: DriverData) -> dict[str, Any]:
    """The attributes of a result without numbers."""
    predictors = rows.predictors
    unknown = ("importance", "ci_lower", "ci_upper", "share", "rank", "p_first", "rank_lower", "rank_upper", "tier")
    slopes = ("correlation", "beta", "se", "df", "ci_lower", "ci_upper", "p", "p_adjusted", "slope", "vif")
    of_block = {one: name for name, block in rows.blocks.items() for one in block}
    return {
        "table": pd.DataFrame({"predictor": predictors, "block": [of_block[one] for one in predictors]}).assign(
            **dict.fromkeys(unknown, np.nan)
        ),
        "slopes": pd.DataFrame({"predictor": predictors}).assign(**dict.fromkeys(slopes, np.nan)),
        "hierarchy": pd.DataFrame({"block": []}), "dominance": _no_dominance(),
        "checks": pd.DataFrame({"check": [], "statistic": [], "p": [], "limit": [], "look": [], "n": []}),
        "r2": np.nan, "adjusted_r2": np.nan,
        "overall": {"f": np.nan, "df_num": float(len(predictors)), "p": np.nan},
        "samples": np.empty((0, len(predictors))),
    }  # fmt: skip


def _check_sentences(checks: pd.DataFrame) -> list[str]:
    """Say what the checks of assumptions mean."""
    found = {str(row.check): row for row in checks.itertuples() if row.look}
    said = []
    if row := found.get("overlap"):
        said.append(
            _(
                "Predictors overlap so much (variance inflation {vif}, above {limit}) that single slopes are shaky; look "
                "at the importance instead."
            ).format(vif=format_value(row.statistic, "df"), limit=format_number(VIF_HIGH))
        )
    if "linearity" in found:
        said.append(
            _(
                "The relation is not quite straight: a rise counts differently at the low than at the high end of the "
                "scale; the slopes are averages over it."
            )
        )
    if "spread" in found:
        said.append(
            _(
                "What the predictors leave unexplained is larger at some scores than at others; the standard errors "
                "allow for that."
            )
        )
    if row := found.get("influence"):
        said.append(
            ngettext(
                "{n} rating has a strong say in the slopes (Cook's distance above 1): look at it before concluding.",
                "{n} ratings have a strong say in the slopes (Cook's distance above 1): look at them before concluding.",
                int(row.n),
            ).format(n=int(row.n))
        )
    if not said and len(checks) > 1:
        said.append(_("The assumptions of the regression gave no reason for a second look."))
    return said


def _undefined_sentence(flags: tuple[str, ...]) -> str:
    """Say why there is no estimate; the caller fills in `{outcome}`."""
    if "constant" in flags:
        return _("What {outcome} goes together with cannot be told: an answer is the same everywhere.")
    if "dependent" in flags:
        return _(
            "What {outcome} goes together with cannot be told: one predictor follows entirely from the others. Leave it out."
        )
    return _("What {outcome} goes together with cannot be told: too few ratings have all scores.")


def _untested_sentence(n_wild: int, flags: tuple[str, ...]) -> str:
    """Say why no predictor is named."""
    if n_wild == 0:
        return _("No predictor is named, as no tests were asked for.")
    if "few_clusters" in flags:
        return _("No predictor is named: slopes are not tested with fewer than {few} organisations a side.").format(
            few=MIN_CLUSTERS
        )
    return _("No predictor is named: their slopes have no error here, so that they cannot be tested.")
