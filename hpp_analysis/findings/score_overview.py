"""Where do all partnerships stand? Factors by partnership and side in one picture, the lowest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import Scores
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.partnership_ends import HIGH_END, LOW_END, at_each_end, by_need, left_out_note
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.common.who import Who, in_sentence
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_number
from hpp_analysis.findings.rows import check_groups, judged, plain_rows, score_range
from hpp_analysis.options import checked
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

SIGNS: Mapping[str, str] = {"reached": "▲", "not_reached": "▼"}
"""Beside a score: the threshold is reached for certain, or not; nothing where the answers cannot tell."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ScoreOverview(Result):
    """The factor scores of all partnerships and sides, the lowest partnership first.

    Made of published scores, it reveals nothing beyond them.

    Attributes
    ----------
    table : DataFrame
        factor, partnership ("" where there are none), side ("" where sides were not asked), mean, ci_lower, ci_upper,
        n_persons, threshold, verdict. Partnerships stand in the order of their lowest score.
    scale_range : tuple of int
        The ends of the answer scale.
    """

    scale_range: tuple[int, int] = field(default=(1, 10))

    def _declare(self) -> Declaration:
        verdicts = {"reached": _("reached"), "not_reached": _("not reached"), "cannot_tell": _("unclear")}
        return Declaration(
            name="score_overview",
            caption=_("All scores at a glance"),
            variable="factor",
            composed=True,
            columns=(
                Column("partnership", _("Partnership"), key=True, optional=True),
                Column("factor", _("Factor"), key=True),
                Column("side", _("Side"), key=True, optional=True),
                Column("mean", _("Mean"), "score"),
                Column("ci_lower", _("Interval"), "score", upper="ci_upper"),
                Column("verdict", _("Threshold"), words=verdicts, optional=True),
                Column("n_persons", _("Persons"), "count"),
            ),
            figures={"heatmap": self._heatmap},
        )

    def _who(self) -> Who:
        return Who(self, tuple(side for side in self.table["side"].unique() if side))

    def _summary(self) -> list[str]:
        return [score_range(self.table, self._who())]

    def _notes(self) -> list[str]:
        lines = self.table["threshold"].dropna().unique()
        if not len(lines):
            return []
        line = format_number(float(lines[0])) if len(lines) == 1 else _("each factor")
        return [
            _(
                "{below}: certainly below the threshold of {line}. {above}: certainly reached. No sign: these answers cannot tell."
            ).format(above=SIGNS["reached"], below=SIGNS["not_reached"], line=line)
        ]

    def _methods(self) -> list[str]:
        return [_("Partnerships stand in the order of their lowest score.")]

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:
        """As under other tables; under the figure, what hatched cells are in the place of how many rows are withheld."""
        if rows is None:
            return [*super()._withheld_note(), *self._rounded_note()]
        hatched = rows["mean"].isna().any()
        return [
            *(self._small_groups_note() if self.published else []),
            *([_("Hatched: withheld to protect small groups, or not answered.")] if hatched else []),
        ]

    def _rounded_note(self) -> list[str]:
        """How many rows show a rounded mean: composed results reveal nothing, so the usual note leaves it out."""
        rounded = int(self.table["state"].eq("mean_only").sum()) if self.published else 0
        if not rounded:
            return []
        return [
            ngettext(
                "{n} row shows a rounded mean only, to protect small groups.",
                "{n} rows show rounded means only, to protect small groups.",
                rounded,
            ).format(n=rounded)
        ]

    def _labelled(self) -> pd.DataFrame:
        who = self._who()
        return (
            super()
            ._labelled()
            .assign(
                partnership=[who.partnership(place) if place else None for place in self.table["partnership"]],
                side=[self._called(side, "side") if side else None for side in self.table["side"]],
            )
        )

    def _columns(self, rows: pd.DataFrame) -> dict[str, list[str]]:
        """What stands beside each row and over each column: the sides of a factor beside each other, or the factors alone."""
        factors, whose = [self._called(factor) for factor in rows["factor"]], self._who()
        sides = [self._called(side, "side") if side else _("All") for side in rows["side"]]
        labels = [whose.partnership(place) if place else _("All") for place in rows["partnership"]]
        if rows["partnership"].nunique() < 2:
            return {"label": factors, "partner": sides, "series": [""] * len(rows)}
        if rows["side"].nunique() < 2:
            return {"label": labels, "partner": factors, "series": [""] * len(rows)}
        return {"label": labels, "partner": sides, "series": factors}

    def _heatmap(self) -> Figure:
        chosen, left_out = at_each_end(self.table)
        rows = self.table[self.table["partnership"].isin(chosen)]
        low_end = set(chosen[:LOW_END])
        groups = [
            ""
            if not left_out
            else _("The lowest {n}").format(n=LOW_END)
            if place in low_end
            else _("The highest {n}").format(n=HIGH_END)
            for place in rows["partnership"]
        ]
        cells = pd.DataFrame(
            {
                "group": groups,
                **self._columns(rows),
                "mean": rows["mean"],
                "sign": [SIGNS.get(str(code), "") for code in rows["verdict"]],
            }
        )
        notes = [*self._notes(), *left_out_note(left_out)]
        drawn = np.append(rows["mean"].dropna(), rows["threshold"].dropna())
        low, high = self.scale_range
        limits = (
            (max(low, float(np.floor(drawn.min()))), min(high, float(np.ceil(drawn.max()))))
            if len(drawn)
            else (low, high)
        )
        if limits[0] == limits[1]:
            limits = (low, high)
        alt = " ".join(self._said_of_cells(rows))
        return Figure(plots.partner_heatmap, cells, limits=limits, roomy=True, notes=notes, rows=rows, alt=alt)

    def _said_of_cells(self, rows: pd.DataFrame) -> list[str]:
        """What the figure shows: the drawing's own text would give bounds as scores, and its colours as the scale."""
        factors = join_names([in_sentence(self._called(factor)) for factor in rows["factor"].unique()])
        low, high = (format_number(end) for end in self.scale_range)
        opening = _("Table of shaded cells: the scores on {factors}, on the scale from {low} to {high}.")
        said = [opening.format(factors=factors, low=low, high=high), score_range(rows, self._who())]
        hidden = int(rows["mean"].isna().sum())
        if hidden and hidden < len(rows):
            said.append(
                ngettext("{count} value is not shown.", "{count} values are not shown.", hidden).format(count=hidden)
            )
        return said


@checked
def survey_scores(scores: Scores) -> ScoreOverview:
    """Set the factor scores of all partnerships and sides side by side, the lowest partnership first.

    Parameters
    ----------
    scores : Scores
        By partnership and side, by side, or of all; for a report, published. Outcomes are left out.

    Returns
    -------
    ScoreOverview

    Raises
    ------
    OptionError
        When the scores are of other groups.

    Examples
    --------
    >>> from hpp_analysis import score_scales, simulate_study
    >>> scores = score_scales(simulate_study(seed=1).survey, by=("partnership", "side"))
    >>> survey_scores(scores).to_frame()["partnership"].nunique()
    4
    """
    check_groups(scores.groups, "scores", "score_scales")
    frame = judged(plain_rows(scores.to_frame()))
    at = {name: place for place, name in enumerate(by_need(frame))}
    frame = frame.iloc[np.argsort(frame["partnership"].map(at).to_numpy(), kind="stable")].reset_index(drop=True)
    return ScoreOverview(
        table=frame, context=scores.context, scale_range=scores.scale_range, published=scores.published
    )
