"""Which characteristics score lowest and highest in each partnership? A few at each end, by name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from hpp_analysis.answers.description import Description
from hpp_analysis.common.declaration import Declaration
from hpp_analysis.common.result import Result
from hpp_analysis.common.who import Who
from hpp_analysis.display.blocks import Block, TableBlock, TextBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, natural
from hpp_analysis.findings.rows import check_groups, plain_rows
from hpp_analysis.options import checked, in_range
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

MOST_PARTNERSHIPS = 8
"""Partnerships that are named; of more, those with the lowest scores."""
_COLUMNS = ("partnership", "place", "item_low", "side_low", "mean_low", "item_high", "side_high", "mean_high")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Extremes(Result):
    """The lowest and the highest scores of each partnership, over its sides.

    Made of published means of ten persons or more, it reveals nothing beyond them.

    Attributes
    ----------
    table : DataFrame
        partnership ("" where there are none), place (from 1), and of the lowest and of the highest score at that place: item_low,
        side_low, mean_low, item_high, side_high, mean_high. The partnership with the lowest score comes first.
    n_partnerships : int
        How many partnerships have two scores or more that may be shown; only these have a lowest and a highest.
    n_without : int
        How many partnerships have fewer.
    """

    n_partnerships: int = 0
    n_without: int = 0

    def _declare(self) -> Declaration:
        return Declaration(
            name="extremes",
            caption=_("The lowest and the highest scores of each partnership")
            if self.table["partnership"].ne("").any()
            else _("The lowest and the highest scores"),
            variable="item_low",
            composed=True,
            columns=(
                Column("partnership", _("Partnership"), key=True, optional=True),
                Column("item_low", _("Lowest"), key=True),
                Column("mean_low", _("Score"), "score"),
                Column("item_high", _("Highest")),
                Column("mean_high", _("Score"), "score"),
            ),
        )

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document; where no score may be shown, a sentence takes the place of the table."""
        if kind in (None, "table") and self.table.empty:
            with self._spoken(language):
                return TextBlock("extremes", self._summary(), "note")
        return super()._block(kind, language)

    def _table_block(self) -> TableBlock:
        """Scores with one decimal, as everywhere on the pages for a board; the values of the table keep theirs."""
        block = super()._table_block()
        scores = [at for at, cell in enumerate(block.header) if cell.unit == "score"]
        cells = [
            [brief(row[block.header[at].name]) if at in scores else text for at, text in enumerate(texts)]
            for texts, row in zip(block.cells, self.table.to_dict("records"), strict=True)
        ]
        return replace(block, cells=cells)

    def _summary(self) -> list[str]:
        if self.table.empty:
            return [_("No score of a single characteristic may be shown in full.")]
        row = self.table.loc[self.table["mean_low"].idxmin()]
        where = Who(self).side_in(row["partnership"], row["side_low"])
        words = {"name": self._called(row["item_low"]), "mean": brief(row["mean_low"]), "where": where}
        sentence = (
            _("The lowest score shown: {name}, {mean} from {where}.")
            if where
            else _("The lowest score shown: {name}, {mean}.")
        )
        return [sentence.format(**words)]

    def _notes(self) -> list[str]:
        notes = [
            _("Means of ten persons or more. Scores that lie close together may change places.")
            if self.published
            else _("Scores that lie close together may change places.")
        ]
        if left_out := self.n_partnerships - self.table["partnership"].nunique():
            notes.append(
                ngettext(
                    "These are the partnerships with the lowest scores; {n} more stands in the workbook.",
                    "These are the partnerships with the lowest scores; {n} more stand in the workbook.",
                    left_out,
                ).format(n=left_out)
            )
        if self.n_without:
            notes.append(
                ngettext(
                    "Left out is {n} partnership: fewer than two of its scores can be shown.",
                    "Left out are {n} partnerships: fewer than two of their scores can be shown.",
                    self.n_without,
                ).format(n=self.n_without)
            )
        return notes

    def _methods(self) -> list[str]:
        return [_("Named are the lowest and the highest means shown; they are not tested against each other.")]

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:  # noqa: ARG002
        return []

    def _labelled(self) -> pd.DataFrame:
        who, table = Who(self), self.table
        named = {"partnership": [who.partnership(place) if place else None for place in table["partnership"]]}
        for end in ("low", "high"):
            given = table[["partnership", f"side_{end}", f"item_{end}"]].itertuples(index=False, name=None)
            named[f"item_{end}"] = [
                _("{item} ({who})").format(item=self._called(item), who=who.side_in(place, side))
                if side
                else self._called(item)
                for place, side, item in given
            ]
        return self.to_frame().assign(**named)


@checked
def find_extremes(cells: Description, *, each: int | None = None) -> Extremes:
    """Find the lowest and the highest scores of each partnership.

    Parameters
    ----------
    cells : Description
        The characteristics by partnership and side, or of all; for a report, published.
    each : int, optional
        How many at each end of a partnership; by default three of up to four partnerships, two of six, else one.

    Returns
    -------
    Extremes

    Raises
    ------
    OptionError
        When the means are of other groups.

    Examples
    --------
    >>> from hpp_analysis import describe, simulate_study
    >>> cells = describe(simulate_study(seed=1).survey, by=("partnership", "side"), weight="organisation")
    >>> find_extremes(cells, each=2).to_frame().groupby("partnership").size().tolist()
    [2, 2, 2, 2]
    """
    if each is not None:
        in_range(each, "each", at_least=1)
    check_groups(cells.groups, "cells", "describe")
    frame = plain_rows(cells.to_frame())
    partnerships = frame["partnership"].unique()
    frame = frame[~frame["factor"].isin(cells.outcomes)]
    frame = frame[frame["state"].eq("full")] if cells.published else frame
    frame = frame.dropna(subset=["mean"])
    n_shown = frame["partnership"].value_counts()
    frame = frame[frame["partnership"].isin(n_shown.index[n_shown >= 2])]
    lowest = frame.groupby("partnership")["mean"].min()
    places = sorted(lowest.index, key=lambda name: (lowest[name], natural(str(name))))
    wanted = each or (3 if len(places) <= 4 else 2 if len(places) <= 6 else 1)
    if len(places) == 1 and each is None:
        wanted = 5
    rows = []
    for place in places[:MOST_PARTNERSHIPS]:
        own = frame[frame["partnership"].eq(place)].sort_values("mean", kind="stable")
        size = min(wanted, len(own) // 2)
        ends = {"low": own.head(size), "high": own.tail(size).iloc[::-1]}
        for at in range(size):
            shown = {
                f"{name}_{end}": part[name].iloc[at] for end, part in ends.items() for name in ("item", "side", "mean")
            }
            rows.append({"partnership": place, "place": at + 1, **shown})
    table = pd.DataFrame(rows, columns=list(_COLUMNS))
    return Extremes(
        table=table.astype({"mean_low": float, "mean_high": float}),
        context=cells.context,
        n_partnerships=len(places),
        n_without=len(partnerships) - len(places) if "partnership" in cells.groups else 0,
        published=cells.published,
    )
