"""How are the answers spread? The shares of low, middle and high answers, per characteristic and side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.shares import shares_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import characteristics, group_columns, rows_by_group
from hpp_analysis.common.interpret import LOW_SHARE, answer_bands
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.weighing import share_note
from hpp_analysis.common.who import Who, capital
from hpp_analysis.core.groups.proportions import wilson
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_number, format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_MOST_NAMES = 4
_BANDS = ("share_low", "share_middle", "share_high")

_AT_LOW_END, _AT_HIGH_END = 5, 3
"""Characteristics of the short figure at most; of a few characteristics a third stands at each end."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Distribution(Result):
    """Shares of low, middle and high answers.

    Attributes
    ----------
    table : DataFrame
        factor, item, the grouping columns, share_low, share_middle, share_high (each partnership counts equally; of a
        published result rounded to whole percents), often_low (whether at least a fifth is low for certain), and n_persons.
    groups : tuple of str
        The respondent columns that make the groups.
    low_below, high_from : float
        Answers below the first are low, from the second on high.
    scale_range : tuple of int
        The ends of the answer scale.
    whole_numbers : bool
        Whether answers are whole numbers.
    by_threshold : bool
        Whether high answers are those that reach the threshold; else those in the upper quarter of the scale.
    """

    groups: tuple[str, ...] = setting(())
    low_below: float = setting(5.5)
    high_from: float = setting(8.5)
    scale_range: tuple[int, int] = setting((1, 10))
    whole_numbers: bool = setting(True)
    by_threshold: bool = setting(True)

    def _declare(self) -> Declaration:
        bands = zip(_BANDS, self._band_names(), strict=True)
        return Declaration(
            name="distribution",
            caption=_("How the answers are spread"),
            variable="item",
            groups=self.groups,
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("item", _("Characteristic"), key=True),
                *(Column(group, self._called(group), key=True) for group in self.groups),
                *(Column(band, answers, "share", reveals="share") for band, answers in bands),
                Column("n_persons", _("Persons"), "count", reveals="count"),
                Column("often_low", reveals="share"),
            ),
            figures={"stacks": self._stacks, "extremes": self._extremes},
        )

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Whole percents that add up."""
        low, high = table["share_low"].round(2), table["share_high"].round(2)
        bands = pd.DataFrame({"share_low": low, "share_middle": (1 - low - high).round(2), "share_high": high})
        hidden = bands.isna().any(axis=1)
        table[list(_BANDS)] = bands.mask(hidden)
        table["often_low"] = table["often_low"].astype(object).where(~hidden, None)
        return table

    def _band_names(self) -> tuple[str, str, str]:
        low, middle, high = self._ranges()
        return (
            _("Low ({answers})").format(answers=low),
            _("Middle ({answers})").format(answers=middle),
            _("High ({answers})").format(answers=high),
        )

    def _ranges(self) -> tuple[str, str, str]:
        """Which answers are low, middle and high, in words."""
        low, high = (format_number(end) for end in (self.low_below, self.high_from))
        if not self.whole_numbers:
            between = _("{low} to {high}").format(low=low, high=high)
            return _("below {value}").format(value=low), between, _("from {value}").format(value=high)
        first, second = int(np.ceil(self.low_below)), int(np.ceil(self.high_from))
        ends = ((self.scale_range[0], first - 1), (first, second - 1), (second, self.scale_range[1]))
        low, middle, high = (
            str(start) if start == end else _("{low} to {high}").format(low=start, high=end) for start, end in ends
        )
        return low, middle, high

    def _notes(self) -> list[str]:
        return [
            *share_note(partnerships=self.context.by_partnership, sides="side" in self.groups),
            _("Shares are shown of ten or more persons."),
        ]

    def _summary(self) -> list[str]:
        groups = rows_by_group(self.table, self.groups)
        groups.sort(key=lambda group: not group[1]["often_low"].eq(True).any())  # what is certain comes first
        sentences = [capital(self._sentence(group, rows)) for group, rows in groups]
        if all(rows["share_low"].isna().all() for _group, rows in groups):
            return [self._nothing_said(_("How the answers are spread is withheld to protect small groups."))]
        return sentences

    def _sentence(self, group: tuple[str, ...], rows: pd.DataFrame) -> str:
        """What is certain of the low answers of one group."""
        words = {"whose": Who(self).group(self.groups, group), "answers": self._ranges()[0]}
        if rows["share_low"].isna().all():
            return self._nothing_said(
                _("{whose}: the spread of the answers is withheld to protect small groups."),
                rows,
                _("{whose}: there are too few answers to say how they are spread."),
            ).format(**words)
        often = rows[rows["often_low"].eq(True)].sort_values("share_low", ascending=False)
        if often.empty:
            return _(
                "{whose}: for no characteristic is it certain that a fifth or more of the answers are low ({answers})."
            ).format(**words)
        names = [
            _("{name} ({share})").format(name=self._called(str(row.item)), share=format_value(row.share_low, "share"))
            for row in often.itertuples()
        ]
        rest = len(names) - _MOST_NAMES
        shown = ", ".join(names[:_MOST_NAMES])
        listed = join_names(names) if rest <= 0 else _("{names} and {n} more").format(names=shown, n=rest)
        return _("{whose}: a fifth or more of the answers are low ({answers}) for {names}.").format(
            **words, names=listed
        )

    def _methods(self) -> list[str]:
        bands = (
            _(
                "Answers are low in the lower half of the scale ({low}) and high where they reach the threshold ({high})."
            )
            if self.by_threshold
            else _("Answers are low in the lower half of the scale ({low}) and high in its upper quarter ({high}).")
        )
        return [
            bands.format(low=self._ranges()[0], high=self._ranges()[2]),
            _(
                "That a fifth or more are low is said only when the {level} score interval of the share lies above a fifth "
                "(Wilson, 1927)."
            ).format(level=format_value(0.95, "share")),
        ]

    def _pages(self, kind: str | None = None, language: str | None = None) -> list[Block]:
        """As `_block`; where nothing may be shown, the summary says so and there is no figure of the ends."""
        if kind == "extremes" and self.table["share_low"].isna().all():
            return []
        return super()._pages(kind, language)

    def _extremes(self) -> Figure:
        """The few characteristics with the most low answers of a side, and those with the most high ones."""
        low, high = (self.table.groupby("item", sort=False)[f"share_{end}"].max().dropna() for end in ("low", "high"))
        third = max(len(low) // 3, 1)
        lowest = list(low.sort_values(ascending=False, kind="stable").index[: min(_AT_LOW_END, third)])
        highest = [item for item in high.sort_values(ascending=False, kind="stable").index if item not in lowest]
        groups = dict.fromkeys(lowest, _("Most low answers"))
        groups |= dict.fromkeys(highest[: min(_AT_HIGH_END, third)], _("Most high answers"))
        rows = self.table[self.table["item"].isin(groups)]
        order = {item: place for place, item in enumerate(groups)}
        rows = rows.iloc[np.argsort(rows["item"].map(order).to_numpy(), kind="stable")]
        drawn = self._drawn(rows).assign(group=[groups[str(item)] for item in rows["item"]])
        caption = _("Where most answers are low, and where most are high")
        return Figure(plots.stacks, drawn, names=self._band_names(), width=plots.NARROW, caption=caption, rows=rows)

    def _stacks(self) -> Figure:
        return Figure(plots.stacks, self._drawn(self.table), names=self._band_names(), width=plots.NARROW)

    def _drawn(self, table: pd.DataFrame) -> pd.DataFrame:
        """Rows of the table as `plots.stacks` draws them."""
        series = [
            ", ".join(self._called(str(value), column) for column, value in zip(self.groups, row, strict=True))
            for row in table[list(self.groups)].itertuples(index=False, name=None)
        ]
        return pd.DataFrame(
            {
                "group": [self._called(str(factor)) for factor in table["factor"]],
                "label": [self._called(str(item)) for item in table["item"]],
                "series": series or "",
                "low": table["share_low"],
                "middle": table["share_middle"],
                "high": table["share_high"],
                "n": table["n_persons"],
            }
        )


@publishable
@checked
def count_answers(data: Survey, *, by: str | Sequence[str] | None = None) -> Distribution:
    """The shares of low, middle and high answers to each characteristic.

    Parameters
    ----------
    data : Survey
        The answers.
    by : str or sequence of str, optional
        Respondent columns whose combinations get shares each. By default the side, where the answers have it.

    Returns
    -------
    Distribution
        Publish it before it leaves the house: shares are the people.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> shares = count_answers(simulate_study(seed=1).survey).to_frame()
    >>> bool((shares[["share_low", "share_middle", "share_high"]].sum(axis=1).round(9) == 1).all())
    True
    """
    instrument = data.instrument
    items = characteristics(data)
    values = data.items[[item.id for item in items]]
    ends = (instrument.scale.min, instrument.scale.max)
    low_below, high_from = answer_bands(*ends, threshold=instrument.threshold)
    groups = group_columns(data, by, default=("side",))
    low = shares_of(data, values < low_below, values.notna(), groups)
    high = shares_of(data, values >= high_from, values.notna(), groups)
    often = wilson(low.share, low.n_effective)[0] >= LOW_SHARE
    rows = [
        {
            "factor": item.factor,
            "item": item.id,
            **dict(zip(groups, key, strict=True)),
            "share_low": low.share[place, column],
            "share_middle": max(0.0, 1.0 - low.share[place, column] - high.share[place, column]),
            "share_high": high.share[place, column],
            "often_low": bool(often[place, column]),
            "n_persons": low.n_persons[place, column],
        }
        for column, item in enumerate(items)
        for place, key in enumerate(low.groups)
    ]
    return Distribution(
        context=Context.of(data),
        table=pd.DataFrame(rows).astype({"often_low": object}),
        groups=groups,
        low_below=low_below,
        high_from=high_from,
        scale_range=ends,
        whole_numbers=not instrument.scale.decimals and not instrument.scales,
        by_threshold=instrument.threshold is not None,
    )
