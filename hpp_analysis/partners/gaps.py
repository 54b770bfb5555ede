"""Do both sides see it alike? The difference between the sides, per factor or characteristic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import two_sides
from hpp_analysis.common.interpret import MARGIN, MIN_CLUSTERS, MIN_CLUSTERS_BOOT, MIN_INVARIANCE_GROUP
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.weighing import spread_method
from hpp_analysis.common.who import Who
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.invariance import Invariance
from hpp_analysis.options import Adjust, Inference, Level, Weight, checked, in_range, names_in
from hpp_analysis.partners.contrasts import Comparison, count_one_sided, side_contrasts
from hpp_analysis.partners.difference_verdicts import add_verdicts, gap_tones
from hpp_analysis.partners.partial_invariance import (
    ItemsAs,
    check_invariance,
    comparability,
    few_categories,
    items_as,
    sentence_on_test,
)
from hpp_analysis.partners.partnership_gaps import partnership_gaps
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_MOST_NAMES = 4
"""More unclear characteristics than these are counted in the summary, not named."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Gaps(Result):
    """Differences between the two sides of partnerships.

    Attributes
    ----------
    table : DataFrame
        factor, (item,) mean_first, mean_second, gap (first minus second), se, df, ci_lower, ci_upper, p, p_equivalence (two
        one-sided tests against the margin), effect (the gap in standard deviations between persons), effect_ci_lower,
        effect_ci_upper, undefined (why there is no interval: "one_side", "few_persons", "few_organisations",
        "few_for_bootstrap"), the numbers of persons n_first and n_second, p_adjusted, verdict ("different",
        "small_difference", "alike", "cannot_tell"), comparable ("holds", "fails", "not_testable", "not_tested") with
        comparable_items, and over the partnerships that both sides rated (n_paired, from 20 on) reliability of their
        differences and correlation_sides. With inference="clusters" also boot_ci_lower, boot_ci_upper,
        n_organisations_first, n_organisations_second.
    side : str
        The respondent column with the two sides.
    pair : str
        The respondent column with the partnership.
    sides : tuple of str
        The two sides; a gap is the first minus the second.
    threshold : float, optional
        The line that the factors share, if they do.
    n_one_sided : int
        Partnerships that only one of the sides rated.
    partnerships : DataFrame
        One row per factor or characteristic and partnership: mean_first, mean_second, gap, se, n_first, n_second, and
        partially pooled mean_first_pooled, mean_second_pooled, gap_pooled with the weight that each gap keeps. Fewer than
        three are not pooled. A published result has none.
    profiles : DataFrame
        How alike the sides of each partnership answer: n_variables, elevation (first minus second), d2 (mean squared
        difference), correlation (of shape alone), double_entry (intraclass: of level, scatter and shape), undefined
        ("few_variables": fewer than five). A published result has none.
    items_as : {"", "numbers", "categories"}
        How the test of measurement invariance took the items; "" where there was none.
    few_categories : bool
        Whether they have fewer than five categories, so that the latter suits them.
    level, weight, inference, margin, adjust, conf_level
        As given to `partner_gaps`.
    """

    side: str = setting("side")
    pair: str = setting("partnership")
    sides: tuple[str, str] = setting(("client", "partner"))
    n_one_sided: int = setting(0)
    level: Level = setting("factor")
    weight: Weight = setting("organisation")
    inference: Inference = setting("fixed")
    margin: float = setting(MARGIN)
    adjust: Adjust = setting("holm")
    conf_level: float = setting(0.95)
    scale_range: tuple[int, int] = setting((1, 10))
    threshold: float | None = setting(None)
    items_as: ItemsAs = setting("")
    few_categories: bool = setting(False)
    partnerships: pd.DataFrame = field(default_factory=pd.DataFrame)
    profiles: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _declare(self) -> Declaration:
        first, second = self._sides()
        of_items = self.level == "item"
        figures = {"dumbbell": self._dumbbell, "intervals": self._intervals}
        if not of_items and self.partnerships.get("gap_pooled", pd.Series()).notna().any():
            figures["partnerships"] = self._single_partnerships
        words = {
            "different": _("different"),
            "small_difference": _("small difference"),
            "alike": _("alike"),
            "cannot_tell": _("unclear"),
        }
        return Declaration(
            name=f"gaps_{self.level}",
            caption=_("Gap per characteristic") if of_items else _("Gap per factor"),
            variable=self.level,
            question="gaps",
            columns=(
                Column("factor", _("Factor"), key=True),
                *((Column("item", _("Characteristic"), key=True),) if of_items else ()),
                Column("mean_first", first, "score", reveals="mean"),
                Column("mean_second", second, "score", reveals="mean"),
                Column("gap", _("Gap"), "difference", reveals="difference"),
                Column("ci_lower", _("Interval"), "difference", upper="ci_upper", reveals="interval"),
                Column("effect", _("Effect") if self._has_effects() else "", "difference", reveals="interval"),
                Column("verdict", _("Verdict"), reveals="interval", optional=True, words=words),
                Column("n_first", _("Persons, {side}").format(side=first), "count", reveals="size"),
                Column("n_second", _("Persons, {side}").format(side=second), "count", reveals="size"),
                *hidden(
                    "interval", "se", "df", "p", "p_equivalence", "effect_ci_lower", "effect_ci_upper", "undefined"
                ),
                *hidden("interval", "p_adjusted", "comparable", "comparable_items"),
                *hidden("model", "n_paired", "reliability", "correlation_sides"),
            ),
            figures=figures,
        )

    def _has_effects(self) -> bool:
        """Whether people see effects: not of characteristics, whose table is full already."""
        return self.level == "factor" and "effect" in self.table and bool(self.table["effect"].notna().any())

    def _cells(self) -> list[list[CellKey]]:
        """Require both sides of a row to be visible."""
        return [
            [(frozenset({**self.context.selection, self.side: side}.items()), str(variable)) for side in self.sides]
            for variable in self.table[self.level]
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Compute the gap from the rounded means: a separately rounded gap would reveal more about both."""
        return table.assign(gap=(table["mean_first"] - table["mean_second"]).round(2).where(table["gap"].notna()))

    def _sides(self) -> tuple[str, str]:
        return self._called(self.sides[0], self.side), self._called(self.sides[1], self.side)

    def _organisations(self) -> tuple[str, str]:
        """The sides as page one names them where the report is about one client; else as tables head them."""
        if "client" not in self.context.selection or self.side != "side":
            return self._sides()
        who = Who(self, self.sides)
        return who.side(self.sides[0]), who.side(self.sides[1])

    def _notes(self) -> list[str]:
        first, second = self._organisations()
        notes = [
            _("Gap: the mean of {first} minus that of {second}.").format(first=first, second=second),
            *self._weighing_notes(),
        ]
        if self.inference == "clusters":
            notes += self._cluster_notes()
        else:
            notes.append(
                _("Intervals are {level} confidence intervals for these organisations.").format(level=self._level())
            )
        if self._has_effects():
            notes.append(self._effect_note())
        if self.adjust == "holm":
            notes.append(_("A difference counts only when it holds after correction for the number of comparisons."))
        tested = sentence_on_test(self.items_as, few=self.few_categories)
        return [*notes, *self._comparable(), *([tested] if tested else [])]

    def _effect_note(self) -> str:
        return _("Effect: the gap in standard deviations between persons of a side.")

    def _headline(self) -> list[str]:
        """State the gaps alone; of characteristics only the clear ones, as most are unclear."""
        if self.table["gap"].isna().all():
            return self._summary()
        rows = self.table[self.table["verdict"].eq("different")] if self.level == "item" else self.table
        return self._gap_sentences(rows) or [
            _("For no single characteristic do these answers show a difference between the sides.")
        ]

    def _summary(self) -> list[str]:
        said = self._gap_sentences(self.table)
        if not said:
            return [
                _("The gaps per characteristic cannot be given either.")
                if self.level == "item"
                else _("The gaps between the sides cannot be given: one side did not answer, or is too small a group.")
            ]
        if self.inference == "clusters":
            said += self._cluster_notes()[:1]
        # said once of factors: characteristics have it under their table
        return said if self.level == "item" else [*said, *self._comparable()]

    def _gap_sentences(self, rows: pd.DataFrame) -> list[str]:
        """Say on what the sides differ, on what they are alike, and what is unclear."""
        first, second = self._organisations()
        margin, verdict = brief(self.margin), rows["verdict"]
        higher, lower = (rows[verdict.eq("different") & (np.sign(rows["gap"]) == sign)] for sign in (1, -1))
        small, alike = rows[verdict.eq("small_difference")], rows[verdict.eq("alike")]
        of_items = self.level == "item"  # factors and characteristics stand below each other on the first page
        said = []
        if len(higher):
            sentence = (
                _("Of the characteristics, {first} gives higher scores than {second} to {what}.")
                if of_items
                else _("{first} gives higher scores than {second} for {what}.")
            )
            said.append(sentence.format(first=first, second=second, what=self._listed(higher)))
        if len(lower):
            sentence = (
                _("Of the characteristics, {first} gives lower scores than {second} to {what}.")
                if of_items
                else _("{first} gives lower scores than {second} for {what}.")
            )
            said.append(sentence.format(first=first, second=second, what=self._listed(lower)))
        if len(small):
            sentence = _("The sides differ, but by less than {margin} points, on {what}.")
            said.append(sentence.format(what=self._listed(small), margin=margin))
        if len(alike):
            sentence = _("Both sides judge {what} about alike (less than {margin} points apart).")
            said.append(sentence.format(what=self._listed(alike, sizes=False), margin=margin))
        unclear = rows[verdict.eq("cannot_tell")]
        if len(unclear) > _MOST_NAMES:
            sentence = ngettext(
                "For {n} characteristic these answers cannot tell whether the sides differ.",
                "For {n} characteristics these answers cannot tell whether the sides differ.",
                len(unclear),
            )
            said.append(sentence.format(n=len(unclear)))
        elif len(unclear):
            names = self._listed(unclear, sizes=False)
            said.append(_("For {names} these answers cannot tell whether the sides differ.").format(names=names))
        return said

    def _listed(self, rows: pd.DataFrame, *, sizes: bool = True) -> str:
        """List rows by name, the largest gap first, with sizes by default."""
        names = [
            _("{name} (gap {gap})").format(name=self._called(str(row[self.level])), gap=brief(row["gap"], "difference"))
            if sizes
            else self._called(str(row[self.level]))
            for row in rows.sort_values("gap", key=np.abs, ascending=False).to_dict("records")
        ]
        return join_names(names)

    def _comparable(self) -> list[str]:
        """Say of which rows measurement invariance holds."""
        rows = self.table[self.table["gap"].notna()]
        if rows.empty:
            return []
        state, of_factors = rows["comparable"], self.level == "factor"
        said = []
        if len(fails := rows[state.eq("fails")]):
            parts = []
            for row in fails.to_dict("records"):
                items = [self._called(item) for item in str(row["comparable_items"]).split(",") if item]
                name = self._called(str(row[self.level]))
                parts.append(f"{name} ({join_names(items)})" if items and of_factors else name)
            said.append(
                _(
                    "Compare with care: the sides do not read the questions alike for {what}. A gap there may lie in the "
                    "reading, not in the partnership."
                ).format(what="; ".join(parts))
            )
        holds = rows[state.eq("holds")]
        if len(holds) and of_factors:
            names = join_names([self._called(str(name)) for name in holds[self.level]])
            said.append(_("Both sides read the questions alike for {names}.").format(names=names))
        elif len(holds) and fails.empty:
            said.append(_("Both sides read these questions alike."))
        if state.eq("not_testable").any():
            said.append(_not_testable(rows))
        if state.eq("not_tested").all():
            said.append(_("Whether both sides read the questions alike was not tested."))
        return said

    def _weighing_notes(self) -> list[str]:
        """Say what has equal weight in the mean of a side, and how many partnerships have one side only."""
        notes = [
            _("Each organisation counts equally in the mean of a side.")
            if self.inference == "clusters"
            else _("Each partnership counts equally in the mean of a side.")
            if self.weight == "organisation"
            else _("Each rating counts equally in the mean of a side.")
        ]
        if self.n_one_sided:
            notes.append(
                ngettext(
                    "{n} partnership was rated by one side only.",
                    "{n} partnerships were rated by one side only.",
                    self.n_one_sided,
                ).format(n=self.n_one_sided)
            )
        return notes

    def _cluster_notes(self) -> list[str]:
        """Say which intervals exist when organisations are a sample."""
        first, second = self._sides()
        n_first, n_second = (int(self.table[f"n_organisations_{place}"].min()) for place in ("first", "second"))
        numbers = {"first": first, "second": second, "n_first": n_first, "n_second": n_second}
        if min(n_first, n_second) < MIN_CLUSTERS:
            return [
                _(
                    "No interval for organisations in general: that takes {minimum} organisations a side, and here there are "
                    "{n_first} ({first}) and {n_second} ({second})."
                ).format(minimum=MIN_CLUSTERS, **numbers)
            ]
        notes = [
            _(
                "Intervals are {level} confidence intervals for organisations like these: {n_first} ({first}) and {n_second} "
                "({second}), each of which counts once."
            ).format(level=self._level(), **numbers)
        ]
        if min(n_first, n_second) < MIN_CLUSTERS_BOOT:
            notes.append(
                _("There is no bootstrap interval: that takes {minimum} organisations a side.").format(
                    minimum=MIN_CLUSTERS_BOOT
                )
            )
        return notes

    def _level(self) -> str:
        return format_value(self.conf_level, "share")

    def _methods(self) -> list[str]:
        said = [
            _(
                "A gap is the mean of one side minus that of the other. Its {level} interval holds for these "
                "organisations, which are not a sample of others (fixed organisations): it rests on the variance "
                "between persons within each partnership and side, takes persons who rated several partnerships "
                "into account (cluster-robust variance CR2 by person, corrected where persons rate some partnerships only; "
                "Pustejovsky & Tipton, 2018), and uses Satterthwaite degrees of freedom; with one rating a person it is Welch's method (1947)."
            ).format(level=self._level())
            if self.inference == "fixed"
            else _(
                "A gap is the mean over the organisations of one side minus that of the other, each organisation counting "
                "once. Its {level} interval generalises to organisations like these: it rests on the variance between "
                "organisations (cluster-robust variance CR2 by organisation with Satterthwaite degrees of freedom; "
                "Pustejovsky & Tipton, 2018), from {minimum} organisations a side; from {bootstrap} a side a bootstrap-t "
                "interval that draws organisations stands beside it (Cameron, Gelbach & Miller, 2008)."
            ).format(level=self._level(), minimum=MIN_CLUSTERS, bootstrap=MIN_CLUSTERS_BOOT),
            _(
                "Two sides are called alike when the interval lies within {margin} of zero (equivalence; Schuirmann, "
                "1987); a difference that counts is called small when it does. In all other cases the verdict is 'unclear'."
            ).format(margin=brief(self.margin)),
            _(
                "The standardised difference divides the gap by the standard deviation between persons within partnerships, "
                "averaged over both sides, with Hedges' correction (Bonett, 2008; Delacre et al., 2021)."
            ),
            _(
                "A difference counts when its p-value stays below {p} after adjustment for the number of "
                "comparisons in the table (Holm, 1979), which asks more than an interval that excludes zero."
            ).format(p=format_value(1 - self.conf_level, "coefficient"))
            if self.adjust == "holm"
            else _("A difference counts when its interval excludes zero; p-values are not adjusted."),
        ]
        if self.inference == "fixed":
            said.append(spread_method())
        if sentence := sentence_on_test(self.items_as, few=self.few_categories):
            said.append(sentence)
        if not self.partnerships.empty:
            said.append(
                _(
                    "Gaps of single partnerships are also given partially pooled: drawn towards the common gap, the less certain "
                    "ones more (empirical Bayes; Morris, 1983)."
                )
            )
        return said

    def _dumbbell(self) -> Figure:
        labels = self._labels().assign(**({"group": ""} if self.level == "factor" else {}))
        means = zip(self._sides(), ("mean_first", "mean_second"), strict=True)
        rows = pd.concat([labels.assign(series=side, mean=self.table[mean]) for side, mean in means], ignore_index=True)
        return Figure(
            plots.dumbbell,
            rows,
            threshold=self.threshold,
            limits=self.scale_range,
            width=plots.NARROW,
            notes=self._weighing_notes(),
        )

    def _intervals(self) -> Figure:
        """Draw gaps with their intervals; marks tell which side is higher for certain, what is alike, and what is unclear."""
        rows = self._labels().assign(
            estimate=self.table["gap"],
            ci_lower=self.table["ci_lower"],
            ci_upper=self.table["ci_upper"],
            tone=gap_tones(self.table),
        )
        rows = rows.drop(columns="group") if self.level == "factor" else rows
        notes = [note for note in self._notes() if note != self._effect_note()]  # figures show no effects
        return self._forest(rows, notes, sides=self._organisations(), width=plots.NARROW)

    def _labels(self) -> pd.DataFrame:
        """Name each row and its factor."""
        names = {"group": "factor", "label": self.level}
        called = {shown: [self._called(str(name)) for name in self.table[column]] for shown, column in names.items()}
        return pd.DataFrame(called, index=self.table.index)

    def _single_partnerships(self) -> Figure:
        """Draw the gap of each partnership, raw and partially pooled."""
        both = self.partnerships[self.partnerships["gap"].notna()]
        labels = pd.DataFrame(
            {
                "group": [self._called(str(factor)) for factor in both["factor"]],
                "label": [self._called(str(name), self.pair) for name in both[self.pair]],
                "ci_lower": np.nan,
                "ci_upper": np.nan,
            }
        )
        series = {_("as answered"): "gap", _("partially pooled"): "gap_pooled"}
        rows = pd.concat(
            [labels.assign(series=name, estimate=both[column].to_numpy()) for name, column in series.items()],
            ignore_index=True,
        )
        notes = [_("Pooled gaps are drawn towards the common gap, the less certain ones more.")]
        return self._forest(rows, notes, alt=_partnerships_alt(rows))

    def _forest(self, rows: pd.DataFrame, notes: list[str], **settings: Any) -> Figure:
        first, second = self._organisations()
        xlabel = _("Gap: {first} minus {second}, in scale points").format(first=first, second=second)
        return Figure(plots.intervals, rows, reference=0.0, xlabel=xlabel, notes=notes, **settings)


@publishable
@checked
def partner_gaps(
    data: Survey,
    *,
    side: str = "side",
    pair: str = "partnership",
    level: Level = "factor",
    weight: Weight = "organisation",
    inference: Inference = "fixed",
    margin: float = MARGIN,
    adjust: Adjust = "holm",
    conf_level: float = 0.95,
    invariance: Invariance | None = None,
    seed: int = 0,
) -> Gaps:
    """Compare the two sides of partnerships.

    The gap of a factor is the mean of one side minus that of the other; the sides are those of the instrument, in
    its order (client minus partner), or the two values of any respondent column (managers and employees), or of two
    waves the later minus the earlier.

    Parameters
    ----------
    data : Survey
        The answers.
    side : str
        The respondent column with the two sides.
    pair : str
        The respondent column with the partnership that both sides rate.
    level : {"factor", "item"}
        Whether factors and outcomes, or the characteristics of the factors are compared.
    weight : {"organisation", "respondent"}
        Whether each partnership or each rating counts equally in a side's mean.
    inference : {"fixed", "clusters"}
        "fixed": the organisations are these, not a sample of others; uncertainty comes from persons only. "clusters": the
        gap is to hold for organisations like these, each of which counts once; without ten of them on each side there is
        no interval, and from twenty on there is a bootstrap interval too.
    margin : float
        A smaller difference, in scale points, is too small to act on.
    adjust : {"holm", "none"}
        How p-values are adjusted for the number of comparisons.
    conf_level : float
        Of the intervals.
    invariance : Invariance, optional
        Of `measurement_invariance` by the same column: whether both sides read the questions of each factor alike.
        Items with fewer than five categories are better tested with `ordered=True`; the notes say how they were taken.
        Without it the gaps say that this was not tested or, with fewer than 100 persons a side, cannot be.
    seed : int
        Of the bootstrap of organisations.

    Returns
    -------
    Gaps

    Raises
    ------
    SurveyError
        When the column does not hold exactly two sides.
    OptionError
        When an option has a value that it cannot have, or `invariance` is that of another column.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28; Pustejovsky & Tipton (2018),
    doi:10.1080/07350015.2016.1247004; Schuirmann (1987), doi:10.1007/BF01068419; Holm (1979),
    https://www.jstor.org/stable/4615733; Bonett (2008), doi:10.1037/1082-989X.13.2.99; Cameron, Gelbach & Miller (2008),
    doi:10.1162/rest.90.3.414

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> gaps = partner_gaps(simulate_study(seed=1).survey)
    >>> gaps.to_frame()["factor"].tolist()
    ['openness', 'equality', 'conflict_management', 'success']
    """
    in_range(margin, "margin", above=0)
    if inference == "clusters" and weight == "respondent":
        raise OptionError(
            "With `inference='clusters'` each organisation must count once. Given: weight='respondent'. "
            "Leave `weight` out, or use inference='fixed'."
        )
    if pair != "partnership":
        names_in(pair, data.respondents.columns, "pair", kind="a column of the answers")
    sides = two_sides(data, side)
    check_invariance(invariance, side, sides)
    comparison = Comparison(side, sides, pair, weight, inference, margin, conf_level)
    design = comparison.design(data)
    table, flags = side_contrasts(data, design, comparison, level=level, seed=seed)
    table = add_verdicts(table, margin=margin, adjust=adjust, conf_level=conf_level)
    partnerships, profiles, reliability = partnership_gaps(data, design, comparison, level=level)
    table = pd.concat([table, comparability(table, invariance, data.instrument), reliability], axis=1)
    return Gaps(
        table=table,
        context=Context.of(data, pooled=comparison.pools(data, design)),
        flags=flags,
        side=side,
        pair=pair,
        sides=sides,
        level=level,
        weight=weight,
        inference=inference,
        margin=margin,
        adjust=adjust,
        conf_level=conf_level,
        n_one_sided=count_one_sided(design, pair, side),
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
        threshold=data.instrument.threshold,
        items_as=items_as(invariance),
        few_categories=few_categories(data.instrument),
        partnerships=partnerships,
        profiles=profiles,
    )


def _not_testable(table: pd.DataFrame) -> str:
    counts = table[["n_first", "n_second"]].to_numpy(dtype=float)
    if np.isnan(counts).all():
        return _(
            "Whether both sides read the questions alike cannot be tested: that takes {minimum} persons a side."
        ).format(minimum=MIN_INVARIANCE_GROUP)
    return _(
        "Whether both sides read the questions alike cannot be tested with {n} persons on the smaller side: that takes "
        "{minimum} a side."
    ).format(n=format_value(np.nanmin(counts), "count"), minimum=MIN_INVARIANCE_GROUP)


def _partnerships_alt(rows: pd.DataFrame) -> str:
    """Describe the figure of single partnerships."""
    from hpp_analysis.plots.parts.alts import range_sentence, sentences  # loaded when a figure is drawn

    raw, pooled = (
        range_sentence(list(part["label"] + ", " + part["group"]), part["estimate"].to_numpy(dtype=float))
        for _name, part in rows.groupby("series", sort=False)
    )
    return sentences(
        _("Chart of the gap of each partnership, as answered and partially pooled."),
        _("As answered: {range}").format(range=raw),
        _("Partially pooled: {range}").format(range=pooled),
    )
