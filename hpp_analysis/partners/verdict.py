"""Is the partnership high performing? Every factor against the line, all together, and what would settle the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.answers.scores import score_scales
from hpp_analysis.common.cleared import OTHERS, ClearedSurvey
from hpp_analysis.common.context import Context
from hpp_analysis.common.interpret import MIN_VALID, SETTLE_POWER, against_threshold
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.weighing import of_a_mean
from hpp_analysis.display.blocks import Block, TableBlock, TextBlock
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import format_number, format_value
from hpp_analysis.display.tables import table_block
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, in_range
from hpp_analysis.partners.verdict_parts import EVERY, invitations, together, what_it_takes
from hpp_analysis.partners.verdict_words import (
    chain_sentence,
    invitation_sentences,
    methods,
    partnership_sentences,
    side_sentence,
)
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Verdict(Result):
    """Every factor against the line of high performance, and what follows for sides, partnerships and the chain.

    Attributes
    ----------
    conf_level : float
        As given to `judge_performance`.
    scale_range : tuple of int
        The ends of the answer scale.
    n_sides : int
        How many sides were asked; a partnership that only one of them rated cannot be called high performing.
    """

    conf_level: float = 0.95
    scale_range: tuple[int, int] = (1, 10)
    n_sides: int = 1

    name: ClassVar[str] = "verdict"
    columns: ClassVar[tuple[Column, ...]] = (
        Column("scale", N_("Factor")),
        Column("partnership", N_("Partnership")),
        Column("side", N_("Side")),
        Column("mean", N_("Mean"), "score"),
        Column("ci_lower", N_("Interval"), "score", upper="ci_upper"),
        Column("distance", N_("From the threshold"), "difference"),
        Column("verdict", N_("Threshold")),
        Column("more", N_("To settle it")),
        Column("n_persons", N_("Persons"), "count"),
    )
    keys: ClassVar[tuple[str, ...]] = ("scale", "partnership", "side")
    reveals: ClassVar[Mapping[str, Reveals]] = {
        "threshold": "nothing",
        "n_persons": "size",
        "n_ratings": "size",
        "mean": "mean",
        "distance": "difference",
        "ci_lower": "interval",
        "ci_upper": "interval",
        "verdict": "interval",
        "takes": "interval",
        "n_more": "interval",
        "sd": "spread",
    }
    fixed: ClassVar[tuple[str, ...]] = ("conf_level", "scale_range", "n_sides")
    variable: ClassVar[str] = "scale"
    kinds: ClassVar[tuple[str, ...]] = ("sides", "partnerships")
    question: ClassVar[str] = "verdict"
    tables: ClassVar[tuple[str, ...]] = ("together", "invitations")
    """Names of the tables beside the first: the verdict on all factors together, and whom to invite more of."""

    def to_frame(self) -> pd.DataFrame:
        """One row per factor and side, and per factor, partnership and side.

        Returns
        -------
        DataFrame
            scale, partnership ("" for all of them together), side ("" where sides were not asked), mean, ci_lower,
            ci_upper, sd, n_persons, n_ratings, threshold, distance (mean minus threshold), verdict ("reached",
            "not_reached", "cannot_tell"), takes ("more", "no_number", "too_few" or None) and n_more (answers that would
            settle it in four of five cases, beside those of now).
        """
        return super().to_frame()

    @property
    def together(self) -> pd.DataFrame:
        """The verdict on all factors of each side, each partnership and the chain; see `verdict_parts.together`."""
        return together(self._single(), scales=self.table["scale"].nunique(), sides=self.n_sides)

    @property
    def invitations(self) -> pd.DataFrame:
        """Whom to invite more of in the next wave; see `verdict_parts.invitations`."""
        return invitations(self._single())

    def _single(self) -> pd.DataFrame:
        """The rows without those of several small partnerships that are told together: these are no partnership."""
        return self.table[~self.table["partnership"].str.startswith(OTHERS)]

    def _cells(self) -> list[list[CellKey]]:
        """A row about all partnerships is one of the whole side."""
        rows = self.table[list(self.keys)].astype(str).to_dict("records")
        return [
            [
                (
                    frozenset(
                        {
                            **self.context.selection,
                            **{name: row[name] for name in ("partnership", "side") if row[name] != EVERY},
                        }.items()
                    ),
                    row["scale"],
                )
            ]
            for row in rows
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Small groups say that they are too small, not by how much."""
        few = table["why"].eq("too_few")
        return table.assign(takes=table["takes"].mask(few, "too_few"))

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "together", "invitations", "summary", "methods" or a figure."""
        if kind in self.tables:
            with self._spoken(language):
                return self._together_block() if kind == "together" else self._invitations_block()
        return super()._block(kind, language)

    def _all_tables(self) -> list[Block]:
        return [self._together_block(), self._table_block(), self._invitations_block()]

    # Tables

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        return frame.assign(
            partnership=self._places(self.table["partnership"]),
            verdict=self._words(frame["verdict"]),
            more=[self._more(row.takes, row.n_more) for row in self.table[["takes", "n_more"]].itertuples()],
        )

    def _more(self, takes: str | None, n_more: float) -> str | None:
        if takes == "more":
            return _("about {n} more").format(n=format_value(n_more, "count"))
        return {"no_number": _("no realistic number"), "too_few": _("more persons")}.get(str(takes))

    def _words(self, codes: pd.Series) -> list[str | None]:
        words = {"reached": _("reached"), "not_reached": _("not reached"), "cannot_tell": _("unclear")}
        return [words.get(str(code)) for code in codes]

    def _places(self, partnerships: pd.Series) -> list[str]:
        """Partnerships by name; without one, all of them."""
        return [
            _("All partnerships") if place == EVERY else self._called(str(place), "partnership")
            for place in partnerships
        ]

    def _where(self, partnership: Any, side: Any) -> str:
        """A side, a side of a partnership, or everybody."""
        names = [self._called(str(side), "side")] if side else []
        if partnership:
            names.append(self._called(str(partnership), "partnership"))
        return ", ".join(names) or _("All")

    def _caption(self) -> str:
        return _("Factors against the threshold")

    def _together_block(self) -> TableBlock:
        frame = self.together
        chain = _("The chain as a whole") if self._has_partnerships() else _("Both sides together")
        kinds = {"chain": chain}
        whose = [kinds.get(row.what) or self._where(row.of_partnership, row.of_side) for row in frame.itertuples()]
        weakest = [
            None
            if row.scale is None
            else _("{factor} ({where})").format(
                factor=self._called(row.scale), where=self._where(row.partnership, row.side)
            )
            for row in frame.itertuples()
        ]
        columns = (
            Column("whose", N_("All factors together")),
            Column("verdict", N_("Threshold")),
            Column("weakest", N_("Lowest factor")),
            Column("mean", N_("Lowest score"), "score"),
            Column("distance", N_("From the threshold"), "difference"),
        )
        return table_block(
            frame.assign(whose=whose, weakest=weakest, verdict=self._words(frame["verdict"])),
            columns,
            name=f"{self.name}_together",
            caption=_("All factors together against the threshold"),
            notes=[
                _(
                    "Reached: every factor, seen from each side that was asked, lies with its whole interval at the "
                    "threshold or above it. Not reached: at least one lies below it with its whole interval."
                )
            ],
            row_headers=1,
            coarse=frame["coarse"],
        )

    def _invitations_block(self) -> Block:
        frame = self.invitations
        if frame.empty:
            nothing = _("There is nothing unclear that more answers would settle.")
            return TextBlock(f"{self.name}_invitations", [nothing], "summary")
        columns = (
            Column("whom", N_("From whom")),
            Column("n_persons", N_("Persons now"), "count"),
            Column("more", N_("To settle it")),
            Column("settles", N_("Settles")),
            Column("stays", N_("Stays open")),
        )
        labelled = frame.assign(
            whom=[self._where(row.partnership, row.side) for row in frame.itertuples()],
            more=[
                self._more("too_few" if np.isnan(n) and few else "more" if n == n else "no_number", n)
                for n, few in zip(frame["n_more"], frame["too_few"], strict=True)
            ],
            settles=[join_names([self._called(one) for one in some]) or None for some in frame["factors"]],
            stays=[join_names([self._called(one) for one in some]) or None for some in frame["on_the_line"]],
        )
        return table_block(
            labelled.drop(columns=["factors", "on_the_line"]),
            columns,
            name=f"{self.name}_invitations",
            caption=_("Whom to invite more of in the next wave"),
            notes=[self._assumption(), _("What stays open lies on the threshold, or nearly.")],
            row_headers=1,
        )

    # Sentences

    def _assumption(self) -> str:
        return _(
            "The numbers of answers hold if score and spread stay as they are; they would then settle the verdict in "
            "{power} of cases."
        ).format(power=format_value(SETTLE_POWER, "share"))

    def _notes(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        return [
            *of_a_mean(partnerships=self.context.by_partnership, sides=self.n_sides > 1),
            _("Intervals are {level} confidence intervals for these organisations.").format(level=level),
        ]

    def _line(self) -> str:
        lines = self.table["threshold"].unique()
        return format_number(float(lines[0])) if len(lines) == 1 else _("each factor")

    def _summary(self) -> list[str]:
        frame = self.together
        sides, chains = (frame[frame["what"].eq(what)] for what in ("side", "chain"))
        said = [side_sentence(row, self._where, self._line()) for row in sides.itertuples()]
        said += partnership_sentences(frame[frame["what"].eq("partnership")], self._places)
        several = self._has_partnerships()
        said += [chain_sentence(row, self._where, self._called, partnerships=several) for row in chains.itertuples()]
        return said + invitation_sentences(self.invitations, self._where, self._called)

    def _methods(self) -> list[str]:
        return methods(self.conf_level, partnerships=self.context.by_partnership or self.n_sides > 1)

    def _has_partnerships(self) -> bool:
        return bool(self.table["partnership"].ne(EVERY).any())

    # Figures

    def _rows_in(self, kind: str) -> pd.DataFrame:
        whole = self.table["partnership"].eq(EVERY)
        return self.table[whole if kind == "sides" or whole.all() else ~whole]

    def _drawn(self, kind: str) -> pd.DataFrame:
        rows = self._rows_in(kind)
        tones = rows["verdict"].where(rows["ci_lower"].notna(), "no_verdict")
        return pd.DataFrame(
            {
                "group": [self._where(row.partnership, row.side) for row in rows.itertuples()],
                "label": [self._called(scale) for scale in rows["scale"]],
                "estimate": rows["mean"],
                "ci_lower": rows["ci_lower"],
                "ci_upper": rows["ci_upper"],
                "tone": tones,
            }
        )

    @property
    def threshold(self) -> float | None:
        """The line, where all factors share one."""
        lines = self.table["threshold"].unique()
        return float(lines[0]) if len(lines) == 1 else None

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        from hpp_analysis.plots import verdicts
        from hpp_analysis.plots.parts.style import NARROW, WIDTH

        width = NARROW if kind == "sides" else WIDTH
        return verdicts(self._drawn(kind), threshold=self.threshold, limits=self.scale_range, width=width, ax=ax)

    def _alt(self, kind: str) -> str:
        from hpp_analysis.plots import verdicts_alt

        return verdicts_alt(self._drawn(kind), threshold=self.threshold)


@publishable
@checked
def judge_performance(
    data: Survey, *, threshold: float | None = None, min_valid: float = MIN_VALID, conf_level: float = 0.95
) -> Verdict:
    """Judge every factor against the line of high performance, per side and per partnership.

    Each verdict has three states: "reached" when the whole interval lies at the line or above it, "not_reached" when it
    lies below, else "cannot_tell". Several parts together (all factors of a side, both sides of a partnership, the whole
    chain) are as strong as the weakest: reached when each is, not reached when one is not.

    Parameters
    ----------
    data : Survey
        The answers, of one wave.
    threshold : float, optional
        The line; by default that which the instrument gives each factor (8.5 for `hpp` and `hpo`).
    min_valid : float
        The share of a factor's items that a rating must answer to get a score.
    conf_level : float
        Of the intervals.

    Returns
    -------
    Verdict
        `.to_frame()` has the factors, `.together` what follows from them, `.invitations` whom to invite more of.

    Raises
    ------
    OptionError
        When neither the instrument nor `threshold` gives a line, or the line lies outside the answer scale.

    Notes
    -----
    A rule, not a test of a hypothesis: among many parts that just reach the line, one may be called not reached by
    chance.

    References
    ----------
    Berger (1982), doi:10.2307/1267823; Cohen (1988), doi:10.4324/9780203771587

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> judged = judge_performance(simulate_study(seed=1).survey)
    >>> judged.together[["what", "verdict"]].drop_duplicates().values.tolist()
    [['side', 'not_reached'], ['partnership', 'not_reached'], ['chain', 'not_reached']]
    """
    ends = (data.instrument.scale.min, data.instrument.scale.max)
    if threshold is not None:
        in_range(threshold, "threshold", above=ends[0], below=ends[1])
    lines = {
        factor.id: factor.threshold if threshold is None else float(threshold) for factor in data.instrument.factors
    }
    if all(line is None for line in lines.values()):
        raise OptionError(
            "There must be a threshold to judge against, and the instrument has none. Given: no `threshold`. "
            "Pass it: verdict(survey, threshold=8.5)."
        )
    several = "partnership" in data.respondents and data.respondents["partnership"].astype(str).nunique() > 1
    if isinstance(data, ClearedSurvey):  # one of several may be left
        several = "partnership" in data.respondents
    sides = ("side",) if "side" in data.respondents else ()
    levels = [sides, ("partnership", *sides)] if several else [sides]
    parts = [score_scales(data, by=by, min_valid=min_valid, conf_level=conf_level) for by in levels]
    table = pd.concat([part.to_frame() for part in parts], ignore_index=True)
    table["threshold"] = table["scale"].map(lines).astype(float)
    table = table[table["threshold"].notna()].reset_index(drop=True)
    for key in ("partnership", "side"):
        table[key] = table[key].fillna(EVERY).astype(str) if key in table else EVERY
    table["distance"] = table["mean"] - table["threshold"]
    table["verdict"] = [against_threshold(row.ci_lower, row.ci_upper, row.threshold) for row in table.itertuples()]
    table["takes"], table["n_more"] = what_it_takes(table, conf_level)
    return Verdict(
        table=table,
        flags=tuple(sorted({flag for part in parts for flag in part.flags})),
        context=Context.of(
            data, pooled=any(part.context.pooled for part in parts), planned=all(part.context.planned for part in parts)
        ),
        conf_level=conf_level,
        scale_range=ends,
        n_sides=max(_asked_sides(data), 1),
    )


def _asked_sides(survey: Survey) -> int:
    """The sides of the instrument where ratings have one, else those that answered."""
    if "side" not in survey.respondents:
        return 1
    column = survey.instrument.column("side")
    return max(len(column.values) if column else 0, len(survey.values("side")))
