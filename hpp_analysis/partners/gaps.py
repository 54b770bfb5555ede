"""Do both sides see it alike? The difference between the sides, per factor or characteristic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from hpp_analysis.common.context import Context
from hpp_analysis.common.design import two_sides
from hpp_analysis.common.interpret import MARGIN
from hpp_analysis.common.result import CellKey, Result, publishable
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.invariance import Invariance
from hpp_analysis.options import Adjust, Inference, Level, Weight, checked, in_range, names_in
from hpp_analysis.partners.comparability import check_invariance, comparability
from hpp_analysis.partners.gap_figures import dumbbell_frame, interval_frame, partnership_frame, partnership_words
from hpp_analysis.partners.gap_words import (
    cluster_notes,
    comparable_sentences,
    gap_methods,
    gap_sentences,
    weighing_notes,
)
from hpp_analysis.partners.judging import adjusted_p, gap_verdicts
from hpp_analysis.partners.partnership_gaps import partnership_gaps
from hpp_analysis.partners.sides import Comparison, one_sided, side_contrasts
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Gaps(Result):
    """Differences between the two sides of partnerships.

    Attributes
    ----------
    side : str
        The respondent column that tells the sides apart.
    pair : str
        That with the partnership.
    sides : tuple of str
        The two sides; a gap is the first minus the second.
    threshold : float, optional
        The line that the factors share, if they do.
    n_one_sided : int
        Partnerships that only one of the sides rated.
    partnerships : DataFrame
        One row per factor or characteristic and partnership: mean_first, mean_second, gap, se, n_first, n_second, and
        partially pooled mean_first_pooled, mean_second_pooled, gap_pooled with the weight that each gap keeps. Fewer than
        three are not pooled. For whoever analyses the study: a published result is without.
    profiles : DataFrame
        How alike the sides of each partnership answer: n_variables, elevation (first minus second), d2 (mean squared
        difference), correlation (of shape alone), double_entry (intraclass: of level, scatter and shape), undefined
        ("few_variables": fewer than five). A published result is without.
    level, weight, inference, margin, adjust, conf_level
        As given to `partner_gaps`.
    """

    side: str = "side"
    pair: str = "partnership"
    sides: tuple[str, str] = ("client", "partner")
    n_one_sided: int = 0
    level: Level = "factor"
    weight: Weight = "organisation"
    inference: Inference = "fixed"
    margin: float = MARGIN
    adjust: Adjust = "holm"
    conf_level: float = 0.95
    scale_range: tuple[int, int] = (1, 10)
    threshold: float | None = None
    partnerships: pd.DataFrame = field(default_factory=pd.DataFrame)
    profiles: pd.DataFrame = field(default_factory=pd.DataFrame)

    reveals: ClassVar[Mapping[str, Reveals]] = {
        "n_first": "size",
        "n_second": "size",
        "mean_first": "mean",
        "mean_second": "mean",
        "gap": "difference",
        "se": "interval",
        "df": "interval",
        "ci_lower": "interval",
        "ci_upper": "interval",
        "p": "interval",
        "p_equivalence": "interval",
        "effect": "interval",
        "effect_ci_lower": "interval",
        "effect_ci_upper": "interval",
        "undefined": "interval",
        "p_adjusted": "interval",
        "verdict": "interval",
        "comparable": "interval",
        "comparable_items": "interval",
        "n_paired": "model",
        "reliability": "model",
        "correlation_sides": "model",
    }
    fixed: ClassVar[tuple[str, ...]] = (
        "n_one_sided",
        "side",
        "pair",
        "sides",
        "level",
        "weight",
        "inference",
        "margin",
        "adjust",
        "conf_level",
        "scale_range",
        "threshold",
    )
    question: ClassVar[str] = "gaps"

    def to_frame(self) -> pd.DataFrame:
        """One row per factor or characteristic.

        Returns
        -------
        DataFrame
            factor, (item,) mean_first, mean_second, gap (first minus second), se, df, ci_lower, ci_upper, p,
            p_equivalence (two one-sided tests against the margin), effect (the gap in standard deviations between
            persons), effect_ci_lower, effect_ci_upper, undefined (why there is no interval: "one_side", "few_persons",
            "few_organisations"; "few_for_bootstrap"), the numbers of persons n_first and n_second, p_adjusted, verdict
            ("different", "small_difference", "alike", "cannot_tell"), comparable ("holds", "fails", "not_testable",
            "not_tested") with comparable_items, and over the partnerships that both sides rated (n_paired, from 20 on)
            reliability of their differences and correlation_sides. With inference="clusters" also boot_ci_lower,
            boot_ci_upper, n_organisations_first, n_organisations_second.
        """
        return super().to_frame()

    @property
    def name(self) -> str:
        """A short stable name; there is one result per level."""
        return f"gaps_{self.level}"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The figures; single partnerships are drawn by factor, where they were pooled."""
        single = self.level == "factor" and not self.partnerships.empty
        pooled = single and self.partnerships["gap_pooled"].notna().any()
        return ("dumbbell", "intervals", *(("partnerships",) if pooled else ()))

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return ("factor", "item") if self.level == "item" else ("factor",)

    @property
    def variable(self) -> str:
        """The key column that says what was measured."""
        return self.level

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see; the sides are called by their own names."""
        first, second = self._sides()
        item = (Column("item", N_("Characteristic")),) if self.level == "item" else ()
        # a column of dashes tells nothing, and characteristics have a full table already
        told = self.level == "factor" and self.table["effect"].notna().any()
        effect = (Column("effect", N_("Effect"), "difference"),) if told else ()
        return (
            Column("factor", N_("Factor")),
            *item,
            Column("mean_first", first, "score", translate=False),
            Column("mean_second", second, "score", translate=False),
            Column("gap", N_("Gap"), "difference"),
            Column("ci_lower", N_("Interval"), "difference", upper="ci_upper"),
            *effect,
            Column("verdict", N_("Verdict")),
            Column("n_first", _("Persons, {side}").format(side=first), "count", translate=False),
            Column("n_second", _("Persons, {side}").format(side=second), "count", translate=False),
        )

    def _cells(self) -> list[list[CellKey]]:
        """Both sides of a row must be visible for its gap to be."""
        return [
            [(frozenset({**self.context.selection, self.side: side}.items()), str(variable)) for side in self.sides]
            for variable in self.table[self.variable]
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """The gap is that between the two means that are shown: rounded apart, it would narrow both down."""
        return table.assign(gap=(table["mean_first"] - table["mean_second"]).round(2).where(table["gap"].notna()))

    def _sides(self) -> tuple[str, str]:
        return self._called(self.sides[0], self.side), self._called(self.sides[1], self.side)

    def _labelled(self) -> pd.DataFrame:
        words = {
            "different": _("different"),
            "small_difference": _("small difference"),
            "alike": _("alike"),
            "cannot_tell": _("unclear"),
        }
        frame = super()._labelled()
        return frame.assign(verdict=[words.get(str(code)) for code in frame["verdict"]])

    def _caption(self) -> str:
        return _("Gap per characteristic") if self.level == "item" else _("Gap per factor")

    def _notes(self) -> list[str]:
        first, second = self._sides()
        level = format_value(self.conf_level, "share")
        notes = [
            _("Gap: the mean of {first} minus that of {second}.").format(first=first, second=second),
            *self._weighing(),
        ]
        if self.inference == "clusters":
            notes += cluster_notes(self.table, level, self._sides())
        else:
            notes.append(_("Intervals are {level} confidence intervals for these organisations.").format(level=level))
        if any(column.name == "effect" for column in self.columns):
            notes.append(self._effect_note())
        if self.adjust == "holm":
            notes.append(_("A difference counts only when it holds after correction for the number of comparisons."))
        return [*notes, *self._comparable()]

    def _weighing(self) -> list[str]:
        return weighing_notes(self.inference, self.weight, self.n_one_sided)

    def _effect_note(self) -> str:
        return _("Effect: the gap in standard deviations between persons of a side.")

    def _notes_under(self, kind: str) -> list[str]:
        if kind == "dumbbell":
            return self._weighing()
        if kind == "partnerships":
            return [_("Pooled gaps are drawn towards the common gap, the less certain ones more.")]
        return [note for note in self._notes() if note != self._effect_note()]  # figures show no effects

    def _headline(self) -> list[str]:
        """The gaps alone; of characteristics only those that the answers show, for of most they cannot tell."""
        if self.table["gap"].isna().all():
            return self._summary()
        rows = self.table[self.table["verdict"].eq("different")] if self.level == "item" else self.table
        return gap_sentences(rows, self.variable, self._called, self._sides(), self.margin) or [
            _("For no single characteristic do these answers show a difference between the sides.")
        ]

    def _summary(self) -> list[str]:
        said = gap_sentences(self.table, self.variable, self._called, self._sides(), self.margin)
        if not said:
            return [
                _("The gaps per characteristic cannot be given either.")
                if self.level == "item"
                else _("The gaps between the sides cannot be given: one side did not answer, or is too small a group.")
            ]
        if self.inference == "clusters":
            said += cluster_notes(self.table, format_value(self.conf_level, "share"), self._sides())[:1]
        # said once of factors: characteristics have it under their table
        return said if self.level == "item" else [*said, *self._comparable()]

    def _comparable(self) -> list[str]:
        told = self.table[self.table["gap"].notna()]
        return comparable_sentences(told, self.variable, self._called) if len(told) else []

    def _methods(self) -> list[str]:
        return gap_methods(
            inference=self.inference,
            margin=self.margin,
            adjust=self.adjust,
            conf_level=self.conf_level,
            beside=not self.partnerships.empty,
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        from hpp_analysis.plots.parts.style import NARROW

        if kind == "dumbbell":
            from hpp_analysis.plots import dumbbell

            return dumbbell(self._dumbbells(), threshold=self.threshold, limits=self.scale_range, width=NARROW, ax=ax)
        from hpp_analysis.plots import intervals

        first, second = self._sides()
        axis = _("Gap: {first} minus {second}, in scale points").format(first=first, second=second)
        if kind == "partnerships":
            return intervals(self._by_partnership(), reference=0.0, xlabel=axis, ax=ax)
        frame = interval_frame(self.table, self.variable, self._called)
        return intervals(frame, reference=0.0, xlabel=axis, sides=self._sides(), width=NARROW, ax=ax)

    def _alt(self, kind: str) -> str:
        if kind == "dumbbell":
            from hpp_analysis.plots import dumbbell_alt

            return dumbbell_alt(self._dumbbells(), limits=self.scale_range)
        if kind == "partnerships":
            return partnership_words(self._by_partnership())
        from hpp_analysis.plots import intervals_alt

        frame = interval_frame(self.table, self.variable, self._called)
        return intervals_alt(frame, reference=0.0, sides=self._sides())

    def _dumbbells(self) -> pd.DataFrame:
        return dumbbell_frame(self.table, self.variable, self._called, self._sides())

    def _by_partnership(self) -> pd.DataFrame:
        return partnership_frame(self.partnerships, self.pair, self._called, self._called)


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
    asked = Comparison(side, sides, pair, weight, inference, margin, conf_level)
    design = asked.design(data)
    table, flags = side_contrasts(data, design, asked, level=level, seed=seed)
    table["p_adjusted"] = adjusted_p(table["p"], adjust=adjust)
    table["verdict"] = gap_verdicts(table, margin=margin, conf_level=conf_level)
    partnerships, profiles, reliability = partnership_gaps(data, design, asked, level=level)
    table = pd.concat([table, comparability(table, invariance, data.instrument), reliability], axis=1)
    return Gaps(
        table=table,
        context=Context.of(data, pooled=asked.pools(data, design)),
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
        n_one_sided=one_sided(design, pair, side),
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
        threshold=data.instrument.threshold,
        partnerships=partnerships,
        profiles=profiles,
    )
