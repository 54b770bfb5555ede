"""Would another defensible analysis say the same? Each verdict under about a dozen other choices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.context import Context
from hpp_analysis.common.design import design_of, two_sides
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.display.blocks import Block, TableBlock
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import format_value
from hpp_analysis.display.tables import table_block
from hpp_analysis.options import Headline, checked
from hpp_analysis.partners.choices import CHOICES, choice_words, choices
from hpp_analysis.partners.robustness_estimate import (
    HEADLINE,
    Asked,
    count_choices,
    make_verdicts,
    of_factors,
    same_verdict,
)
from hpp_analysis.partners.robustness_words import headline, methods, sentences, share_of, untold
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Robustness(Result):
    """Verdicts, and in how many other analyses they hold.

    Attributes
    ----------
    of : {"scores", "gaps"}
        Whose verdicts: factor scores against the threshold, or gaps between the sides.
    choices : DataFrame
        One row per choice and verdict: choice, factor, side, estimate, ci_lower, ci_upper, verdict, holds, n_ratings. Empty
        once published.
    left_out : mapping of str to str
        Choices that were not made, and why: "no_change", "too_few_left", "not_possible".
    sides : tuple of str
        Of gaps: the two sides.
    threshold : float, optional
        Of scores: the line that the factors share.
    scale_range : tuple of int
    tests : DataFrame
        Of gaps: what every verdict of every choice rests on ("" is the usual one), outcomes included, for they count
        among the tests.
    conf_level : float
    """

    of: Headline = "scores"
    choices: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: dict[str, str] = field(default_factory=dict)
    tests: pd.DataFrame = field(default_factory=pd.DataFrame)
    sides: tuple[str, ...] = ()
    threshold: float | None = None
    scale_range: tuple[int, int] = (1, 10)
    conf_level: float = 0.95

    fixed: ClassVar[tuple[str, ...]] = ("of", "sides", "threshold", "scale_range", "conf_level")
    variable: ClassVar[str] = "factor"
    kinds: ClassVar[tuple[str, ...]] = ("choices",)

    def to_frame(self) -> pd.DataFrame:
        """One row per verdict.

        Returns
        -------
        DataFrame
            factor, side ("" for gaps), estimate, ci_lower, ci_upper, verdict, n_hold (choices with the same verdict),
            n_other (choices with another clear verdict), n_choices, lowest and highest (estimate of any choice), the
            numbers of persons n_first (and n_second, of gaps), and of gaps the two means, mean_first and mean_second.
        """
        return super().to_frame()

    @property
    def name(self) -> str:
        """A short stable name; there is one result for each kind of verdict."""
        return f"robustness_{self.of}"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return HEADLINE if self.of == "scores" else ("factor",)

    @property
    def reveals(self) -> Mapping[str, Reveals]:
        """What the columns reveal; of other choices only how many agree."""
        return {
            "side": "nothing",
            "estimate": "mean" if self.of == "scores" else "difference",
            "mean_first": "mean",
            "mean_second": "mean",
            "ci_lower": "interval",
            "ci_upper": "interval",
            "verdict": "interval",
            "n_first": "size",
            "n_second": "size",
            "n_hold": "order",
            "n_choices": "order",
        }

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see."""
        side = (Column("side", N_("Side")),) if self.of == "scores" and self.table["side"].any() else ()
        unit: Any = "score" if self.of == "scores" else "difference"
        spread = () if self.published else (Column("lowest", N_("Over all choices"), unit, upper="highest"),)
        return (
            Column("factor", N_("Factor")),
            *side,
            Column("estimate", N_("Mean") if self.of == "scores" else N_("Gap"), unit),
            Column("verdict", N_("Verdict")),
            Column("holds", N_("Holds in")),
            *spread,
        )

    def _cells(self) -> list[list[CellKey]]:
        """Of a score its side, of a gap both sides."""
        rows = self.table[list(HEADLINE)].astype(str).to_dict("records")
        if self.of == "gaps":
            return [
                [(frozenset({**self.context.selection, "side": side}.items()), row["factor"]) for side in self.sides]
                for row in rows
            ]
        return [
            [
                (
                    frozenset({**self.context.selection, **({"side": row["side"]} if row["side"] else {})}.items()),
                    row["factor"],
                )
            ]
            for row in rows
        ]

    def _agreeing(self, table: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:
        """Counts of choices are of the verdict that is published: where large groups alone lead to another, there is none."""
        same = answers["verdict"].to_numpy() == table["verdict"].to_numpy()
        return table.assign(
            n_hold=table["n_hold"].where(same),
            n_choices=table["n_choices"].where(same),
            lowest=np.nan,
            highest=np.nan,
            n_other=np.nan,
        )

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """A gap is that between the means that are shown, as in `Gaps`."""
        if self.of == "scores":
            return table
        gap = (table["mean_first"] - table["mean_second"]).round(2)
        return table.assign(estimate=gap.where(table["estimate"].notna()))

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "choices_table" (not once published), "summary", "headline", "methods" or a figure."""
        if kind == "choices_table" and len(self.choices):
            with self._spoken(language):
                return self._choices_block()
        return super()._block(kind, language)

    def _all_tables(self) -> list[Block]:
        return [self._table_block(), *([] if self.choices.empty else [self._choices_block()])]

    # Tables

    def _words(self) -> dict[str, str]:
        return {
            "reached": _("reached"),
            "not_reached": _("not reached"),
            "different": _("different"),
            "small_difference": _("small difference"),
            "alike": _("alike"),
            "cannot_tell": _("unclear"),
        }

    def _labelled(self) -> pd.DataFrame:
        words = self._words()
        frame = super()._labelled()
        return frame.assign(
            verdict=[words.get(str(code)) for code in frame["verdict"]],
            holds=[
                None if np.isnan(hold) else share_of(int(hold), int(n))
                for hold, n in zip(frame["n_hold"].astype(float), frame["n_choices"].fillna(0), strict=True)
            ],
        )

    def _caption(self) -> str:
        if self.of == "scores":
            return _("Do the verdicts on the scores hold under other choices?")
        return _("Do the verdicts on the gaps hold under other choices?")

    def _notes(self) -> list[str]:
        return [
            _(
                "Holds in: other defensible ways to analyse the same answers that lead to the same verdict, of all "
                "that could be tried."
            )
        ]

    def _whose(self, factor: Any, side: Any) -> str:
        named = self._called(str(factor))
        if not side:
            return named
        return _("{factor} ({where})").format(factor=named, where=self._called(str(side), "side"))

    def _choices_block(self) -> TableBlock:
        """One row a choice; a verdict that differs is written out."""
        words = self._words()
        unit: Any = "score" if self.of == "scores" else "difference"
        frame = pd.DataFrame({"choice": list(dict.fromkeys(self.choices["choice"]))})
        columns = [Column("choice", N_("Choice")), Column("n_ratings", N_("Ratings"), "count")]
        by_choice = self.choices.drop_duplicates("choice").set_index("choice")
        frame["n_ratings"] = by_choice.loc[frame["choice"], "n_ratings"].to_numpy()
        for (factor, side), rows in self.choices.groupby(list(HEADLINE), sort=False):
            name = f"{factor}|{side}"
            frame[name] = [
                format_value(row.estimate, unit) + ("" if row.holds else f" ({words.get(row.verdict, '')})")
                for row in rows.itertuples()
            ]
            columns.append(Column(name, self._whose(factor, side), translate=False))
        frame["choice"] = [
            _(choice_words(partnerships=self.context.by_partnership).get(code, CHOICES[code]))
            for code in frame["choice"]
        ]
        return table_block(
            frame,
            tuple(columns),
            name=f"{self.name}_choices",
            caption=_("The numbers under each choice"),
            notes=[_("Where the verdict is another one, it is in brackets."), *self._not_made()],
            row_headers=1,
        )

    def _not_made(self) -> list[str]:
        words = {
            "no_change": _("Not tried, as nothing would change: {names}."),
            "too_few_left": _("Not tried, as fewer than half of the ratings would be left: {names}."),
            "not_possible": _("Not possible with these answers: {names}."),
        }
        said = []
        for why, sentence in words.items():
            names = [
                _(choice_words(partnerships=self.context.by_partnership).get(code, CHOICES[code]))
                for code, reason in self.left_out.items()
                if reason == why
            ]
            if names:
                said.append(sentence.format(names=join_names(names)))
        return said

    # Sentences

    def _told(self) -> pd.DataFrame:
        """The verdicts of which it may be told in how many choices they hold."""
        return self.table[self.table["n_hold"].notna() & self.table["verdict"].notna()]

    def _headline(self) -> list[str]:
        told = self._told()
        return [untold(self.of)] if told.empty else headline(told)

    def _summary(self) -> list[str]:
        told = self._told()
        if told.empty:
            return [untold(self.of)]
        everything = len(told) == int(self.table["verdict"].notna().sum())
        return sentences(told, self._whose, everything=everything, published=self.published)

    def _methods(self) -> list[str]:
        return methods(partnerships=self.context.by_partnership)

    # Figure

    def _drawn(self) -> pd.DataFrame:
        usual = self.table.assign(choice="", holds=True)
        rows = pd.concat([usual, self.choices], ignore_index=True) if len(self.choices) else usual
        return pd.DataFrame(
            {
                "group": [self._called(str(side), "side") if side else "" for side in rows["side"]],
                "label": [self._called(str(factor)) for factor in rows["factor"]],
                "estimate": rows["estimate"].astype(float),
                "ci_lower": rows["ci_lower"].where(rows["choice"].eq("")).astype(float),
                "ci_upper": rows["ci_upper"].where(rows["choice"].eq("")).astype(float),
                "holds": rows["holds"].astype(bool),
                "usual": rows["choice"].eq(""),
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import other_choices

        scores = self.of == "scores"
        xlabel = (
            _("Mean on the scale from {low} to {high}").format(low=self.scale_range[0], high=self.scale_range[1])
            if scores
            else _("Gap in scale points")
        )
        return other_choices(self._drawn(), reference=self.threshold if scores else 0.0, xlabel=xlabel, ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import other_choices_alt

        return other_choices_alt(self._drawn(), reference=self.threshold if self.of == "scores" else 0.0)


@publishable
@checked
def check_robustness(
    data: Survey, *, of: Headline = "scores", threshold: float | None = None, conf_level: float = 0.95
) -> Robustness:
    """Ask whether the verdicts on scores or gaps hold under other defensible choices of analysis.

    Each choice is made alone, all else as usual: other weights, more or all items needed for a score, the median or
    loadings in the place of the plain mean, ratings left out that look careless, know little or are extreme. A verdict
    holds under a choice that leads to the same one; a gap must also have the same sign.

    Parameters
    ----------
    data : Survey
        The answers, of one wave.
    of : {"scores", "gaps"}
        Factor scores per side against the threshold, or gaps between the two sides.
    threshold : float, optional
        Of scores: the line; by default that of the instrument.
    conf_level : float
        Of the intervals.

    Returns
    -------
    Robustness
        `.to_frame()` counts, `.choices` has the numbers. Of a published result only the counts are left.

    References
    ----------
    Steegen, Tuerlinckx, Gelman & Vanpaemel (2016), doi:10.1177/1745691616658637

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> robust = check_robustness(simulate_study(seed=1).survey)
    >>> robust.to_frame()[["n_hold", "n_choices"]].iloc[0].tolist()
    [10, 10]
    """
    factors = [factor.id for factor in data.instrument.factors if data[factor.id].shape[1]]
    lines = {factor.id: factor.threshold if threshold is None else threshold for factor in data.instrument.factors}
    sides = two_sides(data, "side") if of == "gaps" else ()
    asked = Asked(of, sides, factors, lines, conf_level)
    design = design_of(data, ("partnership", "side"))
    usual = make_verdicts(scale_values(data), design, "organisation", asked)
    found, left_out, tests = [], {}, [usual.assign(choice="")]
    for choice in choices(data):
        if choice.why:
            left_out[choice.code] = choice.why
            continue
        rows = make_verdicts(choice.values, design, choice.weight, asked)
        tests.append(rows.assign(choice=choice.code))
        same = same_verdict(usual, rows, directed=of == "gaps")
        found.append(rows.assign(choice=choice.code, holds=same, n_ratings=choice.n_ratings))
    told = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=["choice", *usual, "holds"])
    told, usual = (of_factors(one, factors) for one in (told, usual))
    return Robustness(
        context=Context.of(data),
        table=count_choices(usual, told),
        of=of,
        choices=told,
        left_out=left_out,
        tests=pd.concat(tests, ignore_index=True) if of == "gaps" else pd.DataFrame(),
        sides=sides,
        threshold=threshold if threshold is not None else data.instrument.threshold,
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
        conf_level=conf_level,
    )
