"""The tables of an overview over all reports: each shows what the reports show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.result import Result
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROWS_OF_A_FIGURE = 24
_HEADS = {"client": N_("Client"), "partnership": N_("Partnership"), "side": N_("Side"), "wave": N_("Wave")}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OverviewPart(Result):
    """One table over all reports; made of what was published, so that it is as safe as they are.

    Attributes
    ----------
    apart : tuple of str
        The respondent columns that tell its rows apart, the one that makes the reports first.
    numbers : tuple of Column
        What its other columns are.
    """

    apart: tuple[str, ...] = ()
    numbers: tuple[Column, ...] = ()
    published: bool = True
    scale_range: tuple[int, int] = (1, 10)

    title: ClassVar[str]
    variable: ClassVar[str] = "variable"
    kinds: ClassVar[tuple[str, ...]] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see."""
        apart = (Column(name, _HEADS.get(name, name), translate=name in _HEADS) for name in self.apart)
        return (*apart, *self.numbers)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return self.apart

    @property
    def _cleared(self) -> bool:
        """It names every client of the study, and is for the researcher alone."""
        return False

    def _caption(self) -> str:
        return _(self.title)

    def _methods(self) -> list[str]:
        return [
            _("Each number is the one that the report of its client shows; what is withheld there is withheld here.")
        ]

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        raise NotImplementedError

    def _alt(self, kind: str) -> str:
        raise NotImplementedError

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:  # noqa: ARG002
        return []


class OverviewResponse(OverviewPart):
    """Who answered, by report, partnership and side."""

    name: ClassVar[str] = "overview_response"
    title: ClassVar[str] = N_("Who took part, in all reports")

    def _summary(self) -> list[str]:
        n = self.table[self.apart[0]].nunique()
        hidden = int(self.table["n_persons"].isna().sum())
        said = [ngettext("{n} report.", "{n} reports.", n).format(n=format_value(n, "count"))]
        if hidden:
            said.append(
                ngettext(
                    "The number of persons of {n} group is withheld.",
                    "The numbers of persons of {n} groups are withheld.",
                    hidden,
                ).format(n=format_value(hidden, "count"))
            )
        return said


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OverviewProfile(OverviewPart):
    """Factor scores by report, partnership and side: a row each, a column a factor.

    Attributes
    ----------
    scores : DataFrame
        The same, a row a factor: the columns of `apart`, scale, mean, verdict and state.
    """

    scores: pd.DataFrame

    name: ClassVar[str] = "overview_profile"
    title: ClassVar[str] = N_("Factor scores in all reports")
    kinds: ClassVar[tuple[str, ...]] = ("heatmap",)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see; factors by their names."""
        called = (replace(one, label=self._called(one.name)) for one in self.numbers)
        return (*super().columns[: len(self.apart)], *called)

    def _pages(self, kind: str | None = None, language: str | None = None) -> list[Block]:
        """As `block`; a figure of many rows is several."""
        if kind in ("table", "summary", "methods"):
            return [self._block(kind, language)]
        groups = list(dict.fromkeys(self._row_names()))
        pages = [groups[at : at + _ROWS_OF_A_FIGURE] for at in range(0, len(groups), _ROWS_OF_A_FIGURE)]
        names = pd.Series(self._row_names(), index=self.scores.index)
        with self._spoken(language):
            return [self._page(self.scores[names.isin(page)]) for page in pages]

    def _page(self, scores: pd.DataFrame) -> Block:
        return replace(self, scores=scores)._figure_block("heatmap")

    def _row_names(self) -> list[tuple[str, ...]]:
        rows = [name for name in self.apart if name != "side"]
        return [tuple(map(str, row)) for row in self.scores[rows].itertuples(index=False, name=None)]

    def _summary(self) -> list[str]:
        judged = self.scores[self.scores["threshold"].notna()]
        counted = Counter(judged["verdict"].fillna("withheld"))
        if judged.empty:
            return [_("The factors have no threshold.")]
        return [
            _(
                "Of {all} factor scores {reached} reached the threshold and {not_reached} did not; of {unclear} the answers "
                "cannot tell, and {withheld} are withheld or shown as a rounded mean only."
            ).format(
                all=format_value(len(judged), "count"),
                reached=format_value(counted["reached"], "count"),
                not_reached=format_value(counted["not_reached"], "count"),
                unclear=format_value(counted["cannot_tell"], "count"),
                withheld=format_value(counted["withheld"], "count"),
            )
        ]

    def _notes_under(self, kind: str) -> list[str]:  # noqa: ARG002
        return [_("Hatched: withheld, or not answered.")] if self.scores["mean"].isna().any() else []

    def _drawn(self) -> pd.DataFrame:
        rows = [name for name in self.apart if name != "side"]
        called = [[self._called(str(value), name) for value in self.scores[name]] for name in rows]
        several = len(set(self._row_names())) > len({row[0] for row in self._row_names()})
        sides = self.scores["side"] if "side" in self.scores else pd.Series("", index=self.scores.index)
        return pd.DataFrame(
            {
                "group": called[0] if len(called) > 1 and several else "",
                "label": called[-1] if several else called[0],
                "partner": [self._called(scale) for scale in self.scores["scale"]],
                "series": [self._called(side, "side") if side else _("All") for side in sides],
                "mean": self.scores["mean"],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import partner_heatmap

        return partner_heatmap(self._drawn(), limits=self.scale_range, ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        drawn = self._drawn()
        known = drawn.dropna(subset=["mean"])
        said = [
            _(
                "Table of shaded cells: {rows} rows, and a column for each factor and side, on the scale from {low} to {high}."
            ).format(rows=len(set(self._row_names())), low=self.scale_range[0], high=self.scale_range[1])
        ]
        if len(known):
            least, most = known.loc[known["mean"].idxmin()], known.loc[known["mean"].idxmax()]
            said.append(
                _("The scores run from {least} ({lowest}) to {most} ({highest}).").format(
                    least=brief(least["mean"]),
                    lowest=", ".join(filter(None, least[["group", "label", "partner", "series"]])),
                    most=brief(most["mean"]),
                    highest=", ".join(filter(None, most[["group", "label", "partner", "series"]])),
                )
            )
        hidden = len(drawn) - len(known)
        if hidden:
            said.append(ngettext("{n} value is withheld.", "{n} values are withheld.", hidden).format(n=hidden))
        return " ".join(said)


class OverviewReliability(OverviewPart):
    """Alpha and omega of each factor in each report."""

    name: ClassVar[str] = "overview_reliability"
    title: ClassVar[str] = N_("Reliability in all reports")

    def _summary(self) -> list[str]:
        known = self.table.dropna(subset=["alpha"])
        if known.empty:
            return [_("No reliability can be shown.")]
        low, high = known.loc[known["alpha"].idxmin()], known.loc[known["alpha"].idxmax()]

        def whose(row: Any) -> str:
            return _("{factor}, {report}").format(
                factor=self._called(row["scale"]), report=self._called(str(row[self.apart[0]]), self.apart[0])
            )

        return [
            _("Alpha runs from {low} ({lowest}) to {high} ({highest}).").format(
                low=format_value(low["alpha"], "coefficient"),
                lowest=whose(low),
                high=format_value(high["alpha"], "coefficient"),
                highest=whose(high),
            )
        ]

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return (*self.apart, "scale")


class OverviewDontKnow(OverviewPart):
    """The share of "don't know" in each report and side, over the characteristics that it shows."""

    name: ClassVar[str] = "overview_dont_know"
    title: ClassVar[str] = N_("How often people did not know, in all reports")

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see; sides by their names."""
        called = (one if one.translate else replace(one, label=self._called(one.label, "side")) for one in self.numbers)
        return (*super().columns[: len(self.apart)], *called)

    def _summary(self) -> list[str]:
        shares = np.array(self.table[[column.name for column in self.numbers]], dtype=float)
        shares = shares[~np.isnan(shares)]
        if not shares.size:
            return [_("How often people did not know is withheld to protect small groups.")]
        return [
            _("'Don't know' runs from {low} to {high} of the answers.").format(
                low=format_value(shares.min(), "share"), high=format_value(shares.max(), "share")
            )
        ]


class OverviewWithheld(OverviewPart):
    """What each report withholds, and why."""

    name: ClassVar[str] = "overview_withheld"
    title: ClassVar[str] = N_("What the reports withhold, and why")

    def _summary(self) -> list[str]:
        totals = self.table[["shown", "rounded", "too_few", "protected"]].sum()
        return [
            _("Of {all} values {hidden} are withheld, and {rounded} are shown as a rounded mean only.").format(
                all=format_value(int(totals.sum()), "count"),
                hidden=format_value(int(totals["too_few"] + totals["protected"]), "count"),
                rounded=format_value(int(totals["rounded"]), "count"),
            )
        ]

    def _notes(self) -> list[str]:
        return [
            _(
                "A value is one characteristic or factor of one group of persons. Too few: fewer than five persons. Protected: "
                "what a small group or a unanimous one answered would follow from it."
            )
        ]
