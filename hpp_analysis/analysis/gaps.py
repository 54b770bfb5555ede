"""Do both sides see it alike? The difference between the sides, per factor or characteristic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.analysis.design import Design, design_of, names_of
from hpp_analysis.analysis.interpret import MARGIN, gap_verdict
from hpp_analysis.analysis.result import CellKey, Result, join_names
from hpp_analysis.analysis.sides import one_sided, side_contrasts, two_sides
from hpp_analysis.core.groups import holm
from hpp_analysis.display.formats import Column, brief, format_value
from hpp_analysis.options import Adjust, Inference, Level, Weight, in_range, one_of
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_MOST_NAMES = 4
"""More unclear characteristics than these are counted in the summary, not named."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Gaps(Result):
    """Differences between the two sides of partnerships.

    Attributes
    ----------
    side : str
        The respondent column that tells the sides apart.
    sides : tuple of str
        The two sides; a gap is the first minus the second.
    threshold : float, optional
        The line that the factors share, if they do.
    n_one_sided : int
        Partnerships that only one of the sides rated.
    level, weight, inference, margin, adjust, conf_level
        As given to `partner_gaps`.
    """

    side: str = "side"
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

    means: ClassVar[tuple[str, ...]] = ("gap", "mean_first", "mean_second")
    counts: ClassVar[tuple[str, ...]] = ("n_first", "n_second")
    kinds: ClassVar[tuple[str, ...]] = ("dumbbell", "intervals")
    question: ClassVar[str] = "gaps"

    def to_frame(self) -> pd.DataFrame:
        """One row per factor or characteristic.

        Returns
        -------
        DataFrame
            factor, (item,) mean_first, mean_second, gap (first minus second), se, df, ci_lower, ci_upper, p,
            p_adjusted, verdict ("different", "small_difference", "alike", "cannot_tell"), and the numbers of
            persons n_first and n_second.
        """
        return super().to_frame()

    @property
    def name(self) -> str:  # type: ignore[override]
        """A short stable name; there is one result per level."""
        return f"gaps_{self.level}"

    @property
    def keys(self) -> tuple[str, ...]:  # type: ignore[override]
        """The columns that name a row."""
        return ("factor", "item") if self.level == "item" else ("factor",)

    @property
    def variable(self) -> str:  # type: ignore[override]
        """The key column that says what was measured."""
        return self.level

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        """The columns that people see; the sides are called by their own names."""
        first, second = self._sides()
        item = (Column("item", N_("Characteristic")),) if self.level == "item" else ()
        return (
            Column("factor", N_("Factor")),
            *item,
            Column("mean_first", first, "score", translate=False),
            Column("mean_second", second, "score", translate=False),
            Column("gap", N_("Gap"), "difference"),
            Column("ci_lower", N_("Interval"), "difference", upper="ci_upper"),
            Column("verdict", N_("Verdict")),
            Column("n_first", _("Persons, {side}").format(side=first), "count", translate=False),
            Column("n_second", _("Persons, {side}").format(side=second), "count", translate=False),
        )

    def cells(self) -> list[list[CellKey]]:
        """Both sides of a row must be visible for its gap to be."""
        return [
            [(frozenset({**self.selection, self.side: side}.items()), str(variable)) for side in self.sides]
            for variable in self.table[self.variable]
        ]

    def after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """The gap of rounded means is that between them: rounded apart, it would narrow both down."""
        rounded = table["state"].eq("mean_only")
        return table.assign(
            gap=table["gap"].where(~rounded, (table["mean_first"] - table["mean_second"]).round(1))
        )

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
            _("Intervals are {level} confidence intervals for these organisations.").format(level=level),
        ]
        if self.adjust == "holm":
            notes.append(
                _("A difference counts only when it holds after correction for the number of comparisons.")
            )
        return notes

    def _weighing(self) -> list[str]:
        notes = [
            _("Each partnership counts equally in the mean of a side.")
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

    def _notes_under(self, kind: str) -> list[str]:
        return self._weighing() if kind == "dumbbell" else self._notes()

    def _summary(self) -> list[str]:
        first, second = self._sides()
        higher = self._listed(self.table["verdict"].eq("different") & (self.table["gap"] > 0))
        lower = self._listed(self.table["verdict"].eq("different") & (self.table["gap"] < 0))
        alike = self._listed(self.table["verdict"].isin(["alike", "small_difference"]), sizes=False)
        said = []
        if higher:
            said.append(
                _("{first} gives higher scores than {second} for {what}.").format(
                    first=first, second=second, what=higher
                )
            )
        if lower:
            said.append(
                _("{first} gives lower scores than {second} for {what}.").format(
                    first=first, second=second, what=lower
                )
            )
        if alike:
            said.append(
                _("Both sides judge {what} about alike (less than {margin} points apart).").format(
                    what=alike, margin=brief(self.margin)
                )
            )
        unclear = self.table["verdict"].eq("cannot_tell")
        if unclear.sum() > _MOST_NAMES:
            sentence = ngettext(
                "For {n} characteristic these answers cannot tell whether the sides differ.",
                "For {n} characteristics these answers cannot tell whether the sides differ.",
                int(unclear.sum()),
            )
            said.append(sentence.format(n=int(unclear.sum())))
        elif unclear.any():
            names = self._listed(unclear, sizes=False)
            said.append(
                _("For {names} these answers cannot tell whether the sides differ.").format(names=names)
            )
        return said or [
            _("The gaps between the sides cannot be given: one side did not answer, or is too small a group.")
        ]

    def _listed(self, mask: pd.Series, *, sizes: bool = True) -> str:
        """The rows of a mask by name, the largest gap first, each with its size."""
        rows = self.table[mask].sort_values("gap", key=np.abs, ascending=False)
        names = [self._called(str(row[self.variable])) for _place, row in rows.iterrows()]
        if not sizes:
            return join_names(names)
        gaps = [brief(gap, "difference") for gap in rows["gap"]]
        return join_names(
            [
                _("{name} (gap {gap})").format(name=name, gap=gap)
                for name, gap in zip(names, gaps, strict=True)
            ]
        )

    def _methods(self) -> list[str]:
        said = [
            _(
                "A gap is the mean of one side minus that of the other. Its {level} interval holds for these "
                "organisations, which are not a sample of others (fixed organisations): it rests on the variance "
                "between persons within each partnership and side, takes persons who rated several partnerships "
                "into account (cluster-robust variance CR2 by person; Pustejovsky & Tipton, 2018), and uses "
                "Satterthwaite degrees of freedom; with one rating a person it is Welch's method (1947)."
            ).format(level=format_value(self.conf_level, "share")),
            _(
                "Two sides are called alike when the interval lies within {margin} of zero (equivalence; Schuirmann, "
                "1987); in all other cases the verdict is 'unclear'."
            ).format(margin=brief(self.margin)),
        ]
        said.append(
            _(
                "A difference counts when its p-value stays below {p} after adjustment for the number of "
                "comparisons in the table (Holm, 1979), which asks more than an interval that excludes zero."
            ).format(p=format_value(1 - self.conf_level, "coefficient"))
            if self.adjust == "holm"
            else _("A difference counts when its interval excludes zero; p-values are not adjusted.")
        )
        return said

    def _drawn(self) -> pd.DataFrame:
        grouping = [self._called(str(factor)) for factor in self.table["factor"]]
        labels = [self._called(str(name)) for name in self.table[self.variable]]
        return self.table.assign(group=grouping, label=labels)

    def _dumbbells(self) -> pd.DataFrame:
        drawn = self._drawn()
        if self.level == "factor":
            drawn = drawn.assign(group="")
        sides = zip(self._sides(), ("mean_first", "mean_second"), strict=True)
        series = [drawn[["group", "label"]].assign(series=side, mean=drawn[mean]) for side, mean in sides]
        return pd.concat(series, ignore_index=True)

    def _intervals(self) -> pd.DataFrame:
        drawn = self._drawn()
        tones = {1.0: "client_higher", -1.0: "partner_higher"}
        clear = drawn["verdict"].eq("different") * np.sign(drawn["gap"])
        drawn = drawn.assign(estimate=drawn["gap"], tone=clear.map(tones).fillna("neutral"))
        columns = ["label", "estimate", "ci_lower", "ci_upper", "tone"]
        return drawn[["group", *columns] if self.level == "item" else columns]

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        if kind == "dumbbell":
            from hpp_analysis.plots.dumbbell import dumbbell

            return dumbbell(self._dumbbells(), threshold=self.threshold, limits=self.scale_range, ax=ax)
        from hpp_analysis.plots.intervals import intervals

        first, second = self._sides()
        axis = _("Gap: {first} minus {second}, in scale points").format(first=first, second=second)
        return intervals(self._intervals(), reference=0.0, xlabel=axis, sides=self._sides(), ax=ax)

    def _alt(self, kind: str) -> str:
        if kind == "dumbbell":
            from hpp_analysis.plots.dumbbell import dumbbell_alt

            return dumbbell_alt(self._dumbbells(), limits=self.scale_range)
        from hpp_analysis.plots.intervals import intervals_alt

        return intervals_alt(self._intervals(), reference=0.0, sides=self._sides())


def _pooled(survey: Survey, design: Design, side: str, pair: str, weight: Weight) -> bool:
    """Whether a side's mean weighs partnerships by their ratings, in whatever way it came about."""
    several = bool((design.cells.groupby(side).size() > 1).any())
    mixed = pair != "partnership" and "partnership" in survey.respondents
    return mixed or (weight == "respondent" and several)


def partner_gaps(
    survey: Survey,
    *,
    side: str = "side",
    pair: str = "partnership",
    level: Level = "factor",
    weight: Weight = "organisation",
    inference: Inference = "fixed",
    margin: float = MARGIN,
    adjust: Adjust = "holm",
    conf_level: float = 0.95,
) -> Gaps:
    """Compare the two sides of partnerships.

    The gap of a factor is the mean of one side minus that of the other; the sides are those of the instrument, in
    its order (client minus partner), or the two values of any respondent column (managers and employees).

    Parameters
    ----------
    survey : Survey
        The answers.
    side : str
        The respondent column with the two sides.
    pair : str
        The respondent column with the partnership that both sides rate.
    level : {"factor", "item"}
        Whether factors and outcomes, or the characteristics of the factors are compared.
    weight : {"organisation", "respondent"}
        Whether each partnership or each rating counts equally in a side's mean.
    inference : {"fixed"}
        The organisations are these, not a sample of others: uncertainty comes from persons only.
    margin : float
        A smaller difference, in scale points, is too small to act on.
    adjust : {"holm", "none"}
        How p-values are adjusted for the number of comparisons.
    conf_level : float
        Of the intervals.

    Returns
    -------
    Gaps

    Raises
    ------
    SurveyError
        When the column does not hold exactly two sides.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28; Pustejovsky & Tipton (2018),
    doi:10.1080/07350015.2016.1247004; Schuirmann (1987), doi:10.1007/BF01068419; Holm (1979),
    https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> gaps = partner_gaps(simulate_study(seed=1).survey)
    >>> gaps.to_frame()["factor"].tolist()
    ['openness', 'equality', 'conflict_management', 'success']
    """
    for value, allowed, name in (
        (level, Level, "level"),
        (weight, Weight, "weight"),
        (inference, Inference, "inference"),
        (adjust, Adjust, "adjust"),
    ):
        one_of(value, allowed, name)
    in_range(conf_level, "conf_level", above=0, below=1)
    in_range(margin, "margin", above=0)
    if pair != "partnership":
        survey.values(pair)  # names the columns that are there when this one is not
    sides = two_sides(survey, side)
    design = design_of(survey, (pair, side))
    table, flags = side_contrasts(
        survey, design, side, sides, level=level, weight=weight, conf_level=conf_level
    )
    table["p_adjusted"] = holm(table["p"].to_numpy()) if adjust == "holm" else table["p"]
    table["verdict"] = [
        gap_verdict(row.ci_lower, row.ci_upper, row.p_adjusted, margin=margin, conf_level=conf_level)
        for row in table.itertuples()
    ]
    table.loc[table["gap"].isna(), "verdict"] = None
    return Gaps(
        table=table,
        names=names_of(survey),
        selection=survey.selection,
        flags=flags,
        pooled=_pooled(survey, design, side, pair, weight),
        side=side,
        sides=sides,
        level=level,
        weight=weight,
        inference=inference,
        margin=margin,
        adjust=adjust,
        conf_level=conf_level,
        n_one_sided=one_sided(design, pair, side),
        scale_range=(survey.instrument.scale.min, survey.instrument.scale.max),
        threshold=survey.instrument.threshold,
    )
