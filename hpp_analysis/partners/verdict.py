"""Is the partnership high performing? Every factor against the line, all together, and what would settle the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common import interpret
from hpp_analysis.common.cleared import OTHERS, ClearedSurvey
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable, setting
from hpp_analysis.common.interpret import MIN_VALID, MOST_TIMES, SETTLE_POWER, against_threshold
from hpp_analysis.common.means import group_means
from hpp_analysis.common.partnership_ends import MOST_SHOWN
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.weighing import mean_note
from hpp_analysis.common.who import Who, capital
from hpp_analysis.core.groups.cell_means import one_sided_p
from hpp_analysis.core.groups.planning import persons_to_settle
from hpp_analysis.core.multiple_testing import holm
from hpp_analysis.display.blocks import Block, TextBlock
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_number, format_value, natural
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, in_range
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

EVERY = ""
"""The partnership of a row that is about all of them."""

_MOST_NAMES = 4
"""Maximum number of invitations listed in the summary."""
_MOST_PARTNERSHIPS = 8
"""Partnerships listed in a sentence where there are many."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Verdict(Result):
    """Every factor against the line of high performance, and what follows for sides, partnerships and the chain.

    Attributes
    ----------
    table : DataFrame
        factor, partnership ("" for all of them together), side ("" where sides were not asked), mean, ci_lower, ci_upper, sd,
        n_persons, n_ratings, threshold, distance (mean minus threshold), verdict ("reached", "not_reached", "cannot_tell"),
        p_below (one-sided, of the hypothesis that the factor is at the line or above it),
        takes ("more", "no_number", "too_few" or None) and n_more (answers that would settle it in four of five cases, beside
        those of now).
    conf_level : float
        As given to `judge_performance`.
    scale_range : tuple of int
        The ends of the answer scale.
    n_sides : int
        How many sides were asked; a partnership that only one of them rated cannot be called high performing.
    """

    conf_level: float = setting(0.95)
    scale_range: tuple[int, int] = setting((1, 10))
    n_sides: int = setting(1)

    def _declare(self) -> Declaration:
        return Declaration(
            name="verdict",
            caption=_("Factors against the threshold"),
            variable="factor",
            question="verdict",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("partnership", _("Partnership"), key=True),
                Column("side", _("Side"), key=True),
                Column("mean", _("Mean"), "score", reveals="mean"),
                Column("ci_lower", _("Interval"), "score", upper="ci_upper", reveals="interval"),
                Column("distance", _("From the threshold"), "difference", reveals="difference"),
                Column("verdict", _("Threshold"), reveals="interval", optional=True, words=_verdict_words()),
                Column("more", _("To settle it")),
                Column("n_persons", _("Persons"), "count", reveals="size"),
                *hidden("nothing", "threshold"),
                *hidden("size", "n_ratings"),
                *hidden("interval", "takes", "n_more", "p_below"),
                *hidden("spread", "sd"),
            ),
            figures={
                "sides": partial(self._verdicts, "sides"),
                "partnerships": partial(self._verdicts, "partnerships"),
            },
            tables={"together": self._together_table, "invitations": self._invitations_table},
        )

    @property
    def together(self) -> pd.DataFrame:
        """The verdict on all factors of each side, each partnership and the chain; see `verdict.together`."""
        return together(
            self._single(), factors=self.table["factor"].nunique(), sides=self.n_sides, conf_level=self.conf_level
        )

    @property
    def invitations(self) -> pd.DataFrame:
        """Whom to invite more of in the next wave; see `verdict.invitations`."""
        return invitations(self._single())

    def _single(self) -> pd.DataFrame:
        """The rows without those of pooled small partnerships, which are no partnership."""
        return self.table[~self.table["partnership"].str.startswith(OTHERS)]

    def _cells(self) -> list[list[CellKey]]:
        """Require the whole side to be visible in rows about all partnerships."""
        rows = self.table[["factor", "partnership", "side"]].astype(str).to_dict("records")
        return [
            [
                (
                    frozenset(
                        {
                            **self.context.selection,
                            **{name: row[name] for name in ("partnership", "side") if row[name] != EVERY},
                        }.items()
                    ),
                    row["factor"],
                )
            ]
            for row in rows
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Do not reveal by how much a group is too small."""
        few = table["why"].eq("too_few")
        return table.assign(takes=table["takes"].mask(few, "too_few"))

    def _all_tables(self) -> list[Block]:
        return [self._further_table("together"), self._table_block(), self._further_table("invitations")]

    def _further_table(self, kind: str) -> Block:
        if kind == "invitations" and self.invitations.empty:
            nothing = _("There is nothing unclear that more answers would settle.")
            return TextBlock("verdict_invitations", [nothing], "summary")
        return super()._further_table(kind)

    # Tables

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        return frame.assign(
            partnership=self._partnership_names(self.table["partnership"]),
            more=[self._answers_needed(row.takes, row.n_more) for row in self.table[["takes", "n_more"]].itertuples()],
        )

    def _answers_needed(self, takes: str | None, n_more: float) -> str | None:
        if takes == "more":
            return _("about {n} more").format(n=format_value(n_more, "count"))
        return {"no_number": _("no realistic number"), "too_few": _("more persons")}.get(str(takes))

    def _partnership_names(self, partnerships: pd.Series) -> list[str]:
        """Name partnerships; the empty name is all of them."""
        return [
            _("All partnerships") if place == EVERY else self._called(str(place), "partnership")
            for place in partnerships
        ]

    def _group_name(self, partnership: Any, side: Any) -> str:
        """Name a side, a side of a partnership, or everybody."""
        return Who(self).about(str(partnership or ""), str(side or ""))

    def _together_table(self) -> FurtherTable:
        frame = self.together
        chain = _("The chain as a whole") if self._has_partnerships() else _("Both sides together")
        whose = [
            chain if row.what == "chain" else capital(self._group_name(row.of_partnership, row.of_side))
            for row in frame.itertuples()
        ]
        weakest = [
            None
            if row.factor is None
            else _("{factor} ({where})").format(
                factor=self._called(row.factor), where=self._group_name(row.partnership, row.side)
            )
            for row in frame.itertuples()
        ]
        columns = (
            Column("whose", _("All factors together")),
            Column("verdict", _("Threshold"), words=_verdict_words()),
            Column("weakest", _("Lowest factor")),
            Column("mean", _("Lowest score"), "score"),
            Column("distance", _("From the threshold"), "difference"),
        )
        note = _(
            "Reached: every factor, seen from each side that was asked, lies with its whole interval at the "
            "threshold or above it. Not reached: at least one lies below it by more than the lowest of so many scores "
            "may by chance."
        )
        return FurtherTable(
            frame.assign(whose=whose, weakest=weakest),
            columns,
            _("All factors together against the threshold"),
            (note,),
        )

    def _invitations_table(self) -> FurtherTable:
        frame = self.invitations
        columns = (
            Column("whom", _("From whom")),
            Column("n_persons", _("Persons now"), "count"),
            Column("more", _("To settle it")),
            Column("settles", _("Settles")),
            Column("stays", _("Stays open")),
        )
        labelled = frame.assign(
            whom=[capital(self._group_name(row.partnership, row.side)) for row in frame.itertuples()],
            more=[
                self._answers_needed("too_few" if np.isnan(n) and few else "no_number" if np.isnan(n) else "more", n)
                for n, few in zip(frame["n_more"], frame["too_few"], strict=True)
            ],
            settles=[join_names([self._called(factor) for factor in factors]) or None for factors in frame["factors"]],
            stays=[
                join_names([self._called(factor) for factor in factors]) or None for factors in frame["on_the_line"]
            ],
        )
        return FurtherTable(
            labelled.drop(columns=["factors", "on_the_line"]),
            columns,
            _("Whom to invite more of in the next wave"),
            (self._assumption(), _("What stays open lies on the threshold, or nearly.")),
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
            *mean_note(partnerships=self.context.by_partnership, sides=self.n_sides > 1),
            _("Intervals are {level} confidence intervals for these organisations.").format(level=level),
        ]

    @property
    def threshold(self) -> float | None:
        """The threshold, if all factors share one."""
        lines = self.table["threshold"].unique()
        return float(lines[0]) if len(lines) == 1 else None

    def _summary(self) -> list[str]:
        frame = self.together
        sides, partnerships, chains = (frame[frame["what"].eq(what)] for what in ("side", "partnership", "chain"))
        return [
            *(self._side_sentence(row) for row in sides.itertuples()),
            *self._partnership_sentences(partnerships),
            *(self._chain_sentence(row) for row in chains.itertuples()),
            *self._invitation_sentences(),
        ]

    def _side_sentence(self, row: Any) -> str:
        """Whether all factors of a side reached the threshold; close scores are not ranked."""
        line = _("each factor") if self.threshold is None else format_number(self.threshold)
        words = {
            "reached": _("{whose}: all factors reached the threshold of {threshold}."),
            "not_reached": _("{whose}: not all factors reached the threshold of {threshold}."),
            "cannot_tell": _(
                "{whose}: these answers cannot tell whether all factors reached the threshold of {threshold}."
            ),
        }
        return capital(words[row.verdict].format(whose=self._group_name("", row.of_side), threshold=line))

    def _partnership_sentences(self, frame: pd.DataFrame) -> list[str]:
        """Which partnerships are high performing on every factor."""
        words = {
            "reached": _("High performing on every factor, in the eyes of both sides: {names}."),
            "not_reached": _("Not high performing on every factor: {names}."),
            "cannot_tell": _("These answers cannot tell whether it is high performing: {names}."),
        }
        return [
            sentence.format(names=_some(self._partnership_names(same["of_partnership"])))
            for code, sentence in words.items()
            if len(same := frame[frame["verdict"].eq(code)])
        ]

    def _chain_sentence(self, row: Any) -> str:
        """State the verdict on all partnerships, or both sides, together, and the lowest score."""
        words = (
            {
                "reached": _("The chain as a whole reached the threshold"),
                "not_reached": _("The chain as a whole did not reach the threshold"),
                "cannot_tell": _("Whether the chain as a whole reached the threshold, these answers cannot tell"),
            }
            if self._has_partnerships()
            else {
                "reached": _("Both sides together reached the threshold"),
                "not_reached": _("Both sides together did not reach the threshold"),
                "cannot_tell": _("Whether both sides together reached the threshold, these answers cannot tell"),
            }
        )
        if row.factor is None:
            return _("{sentence}; no score can be shown.").format(sentence=words[row.verdict])
        sentence = _("{sentence}: the lowest score that is shown is {factor}, {where} ({mean}).").format(
            sentence=words[row.verdict],
            factor=self._called(row.factor),
            where=self._group_name(row.partnership, row.side),
            mean=brief(row.mean),
        )
        if row.verdict == "cannot_tell" and self.together["verdict"].eq("not_reached").any():
            sentence += " " + _("The lowest of {n} scores may lie that far below the threshold by chance.").format(
                n=format_value(row.n_parts, "count")
            )
        return sentence

    def _invitation_sentences(self) -> list[str]:
        """State whom to invite more of, and where too few persons answered."""
        frame, said = self.invitations, []
        more = frame[frame["n_more"].notna()]
        if len(more):
            invited = [
                _("about {n} more from {whose} ({factors})").format(
                    n=format_value(row.n_more, "count"),
                    whose=self._group_name(row.partnership, row.side),
                    factors=join_names([self._called(factor) for factor in row.factors]),
                )
                for row in more.nsmallest(_MOST_NAMES, "n_more").itertuples()
            ]
            said.append(
                _("Answers that would probably settle what is unclear: {asked}.").format(asked=join_names(invited))
            )
        few = frame[frame["too_few"]]
        if len(few):
            names = [self._group_name(row.partnership, row.side) for row in few.itertuples()]
            said.append(_("Too few persons for a verdict: {names}.").format(names=join_names(names)))
        return said

    def _methods(self) -> list[str]:
        return [
            _(
                "A factor reached the threshold when the {level} interval of its score lies at the threshold or above "
                "it, and did not when it lies below; in all other cases the answers cannot tell."
            ).format(level=format_value(self.conf_level, "share")),
            _(
                "Several factors together reached the threshold when each of them did (an intersection-union test; Berger, 1982), "
                "and did not when one of them did not after adjustment for their number (Holm, 1979). What is withheld or was not answered counts as unknown."
            )
            if not self.context.by_partnership and self.n_sides < 2
            else _(
                "Several factors, sides or partnerships together reached it when each of them did (an "
                "intersection-union test; Berger, 1982), and did not when one of them did not after adjustment for their "
                "number (Holm, 1979): a chain is as strong as its weakest link, but the lowest of many scores lies low by "
                "chance too. What is withheld or was not answered counts as unknown."
            ),
            _(
                "The number of answers that would settle a verdict is that of a one-sample t-test with a power of "
                "{power} (Cohen, 1988), at the score and the spread of now."
            ).format(power=format_value(SETTLE_POWER, "share")),
        ]

    def _has_partnerships(self) -> bool:
        return bool(self.table["partnership"].ne(EVERY).any())

    def _verdicts(self, kind: str) -> Figure:
        whole = self.table["partnership"].eq(EVERY)
        rows = self.table[whole if kind == "sides" or whole.all() else ~whole]
        drawn = pd.DataFrame(
            {
                "group": [self._group_name(row.partnership, row.side) for row in rows.itertuples()],
                "label": [self._called(factor) for factor in rows["factor"]],
                "estimate": rows["mean"],
                **rows[["ci_lower", "ci_upper"]],
                "tone": rows["verdict"].where(rows["ci_lower"].notna(), "no_verdict"),
            }
        )
        return Figure(
            plots.verdicts,
            drawn,
            threshold=self.threshold,
            limits=self.scale_range,
            width=plots.NARROW if kind == "sides" else plots.WIDTH,
            rows=rows,
        )


def _some(names: list[str]) -> str:
    """Names in a sentence; of many the first, and how many more there are."""
    if len(names) <= MOST_SHOWN:
        return join_names(names)
    shown = sorted(names, key=natural)[:_MOST_PARTNERSHIPS]
    return _("{names} and {n} more").format(names=", ".join(shown), n=len(names) - len(shown))


def _verdict_words() -> dict[str, str]:
    return {"reached": _("reached"), "not_reached": _("not reached"), "cannot_tell": _("unclear")}


@publishable
@checked
def judge_performance(
    data: Survey, *, threshold: float | None = None, min_valid: float = MIN_VALID, conf_level: float = 0.95
) -> Verdict:
    """Judge every factor against the line of high performance, per side and per partnership.

    Each verdict has three states: "reached" when the whole interval lies at the line or above it, "not_reached" when it
    lies below, else "cannot_tell". Several parts together (all factors of a side, both sides of a partnership, the whole
    chain) are as strong as the weakest: reached when each is, not reached when one is not. The lowest of many scores lies
    low by chance too, so "not reached" is adjusted for the number of parts (Holm).

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
    A chain asks more of its lowest part than a partnership does of the same part, since it has more parts: a partnership may
    be "not_reached" and its chain "cannot_tell".

    References
    ----------
    Berger (1982), doi:10.2307/1267823; Holm (1979), https://www.jstor.org/stable/4615733; Cohen (1988),
    doi:10.4324/9780203771587

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
            "Pass it: judge_performance(survey, threshold=8.5)."
        )
    several = "partnership" in data.respondents and data.respondents["partnership"].astype(str).nunique() > 1
    if isinstance(data, ClearedSurvey):  # one of several may be left
        several = "partnership" in data.respondents
    sides = ("side",) if "side" in data.respondents else ()
    levels = [sides, ("partnership", *sides)] if several else [sides]
    values = scale_values(data, min_valid)
    parts = [group_means(data, values, by, weight="organisation", conf_level=conf_level) for by in levels]
    rows = {
        name: [one for means, _flags, _pooled in parts for one in means.get(name, [EVERY] * len(means["mean"]))]
        for name in ("variable", *levels[-1], "partnership", "side", *_NUMBERS)
    }
    rows = {"factor" if name == "variable" else name: found for name, found in rows.items()}
    line_of = {factor: float(line) for factor, line in lines.items() if line is not None}
    judged = [factor in line_of for factor in rows["factor"]]
    rows = {name: list(compress(values, judged)) for name, values in rows.items()}
    rows["threshold"] = [line_of[factor] for factor in rows["factor"]]
    rows["verdict"] = list(map(against_threshold, rows["ci_lower"], rows["ci_upper"], rows["threshold"]))
    table = pd.DataFrame(rows)
    table["distance"] = table["mean"] - table["threshold"]
    below = one_sided_p(table["distance"].to_numpy(), table.pop("se").to_numpy(), table.pop("df").to_numpy())
    table["p_below"] = np.where(table["ci_lower"].notna(), below, np.nan)
    table["takes"], table["n_more"] = what_it_takes(table, conf_level)
    return Verdict(
        table=table,
        flags=tuple(sorted({flag for _means, flags, _pooled in parts for flag in flags})),
        context=Context.of(data, pooled=any(pooled for *_others, pooled in parts), planned=min_valid == MIN_VALID),
        conf_level=conf_level,
        scale_range=ends,
        n_sides=max(_count_sides(data), 1),
    )


def _count_sides(survey: Survey) -> int:
    """Count the sides of the instrument, or else those that answered."""
    if "side" not in survey.respondents:
        return 1
    column = survey.instrument.column("side")
    return max(len(column.values) if column else 0, len(survey.values("side")))


_NUMBERS = ("mean", "ci_lower", "ci_upper", "se", "df", "sd", "n_persons", "n_ratings")
_SHOWN = ("factor", "partnership", "side", "mean", "distance")


def all_reached(parts: pd.DataFrame, expected: int, *, conf_level: float = 0.95) -> interpret.Verdict:
    """The verdict on several parts together: as strong as the weakest.

    Reached when every part is there and reached (an intersection-union test, which needs no correction for the number
    of parts); not reached when one part is not after adjustment for their number (Holm); else these answers cannot tell.

    Parameters
    ----------
    parts : DataFrame
        verdict and p_below of each; a p-value that is not known is no test.
    expected : int
        How many parts there should be.
    conf_level : float
        Of the intervals that gave the verdicts: each end errs in half of the rest.

    References
    ----------
    Berger (1982), doi:10.2307/1267823; Holm (1979), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> parts = pd.DataFrame({"verdict": ["cannot_tell", "not_reached"], "p_below": [0.20, 0.02]})
    >>> all_reached(parts, 2), all_reached(parts[1:], 1), all_reached(parts.assign(p_below=[0.2, 0.01]), 2)
    ('cannot_tell', 'not_reached', 'not_reached')
    >>> parts = pd.DataFrame({"verdict": ["reached", "reached"], "p_below": [0.98, 0.99]})
    >>> all_reached(parts, 2), all_reached(parts, 3)
    ('reached', 'cannot_tell')
    """
    if _below(parts, conf_level).any():
        return "not_reached"
    return "reached" if len(parts) >= expected > 0 and parts["verdict"].eq("reached").all() else "cannot_tell"


def _below(parts: pd.DataFrame, conf_level: float) -> np.ndarray:
    """Which of several parts lie below the line, judged together."""
    return np.asarray(holm(parts["p_below"].to_numpy(dtype=float)) < (1.0 - conf_level) / 2.0)


def together(table: pd.DataFrame, *, factors: int, sides: int, conf_level: float = 0.95) -> pd.DataFrame:
    """The verdict on all factors of each side, of each partnership (both sides), and of the chain.

    Parameters
    ----------
    table : DataFrame
        The rows of a `Verdict`.
    factors, sides : int
        How many factors and sides exist: nothing with a missing part is called reached.
    conf_level : float
        Of the intervals of the rows.

    Returns
    -------
    DataFrame
        what ("side", "partnership", "chain"), of_partnership, of_side, verdict, n_parts, n_reached, n_not_reached (after
        adjustment for the number of parts); and of the weakest part that is shown: factor, partnership, side, mean, distance, coarse (one decimal only).
    """
    rows = [_weakest(what, rows, expected, conf_level) for what, rows, expected in _units(table, factors, sides)]
    return pd.DataFrame(rows)


def _units(table: pd.DataFrame, factors: int, sides: int) -> Iterator[tuple[dict[str, str], pd.DataFrame, int]]:
    """Each side, each partnership and the chain: what it is, its rows, and how many rows it should have."""
    whole = table["partnership"].eq(EVERY)
    for side, rows in table[whole].groupby("side", sort=False):
        yield {"what": "side", "of_partnership": EVERY, "of_side": str(side)}, rows, factors
    partnerships = table.loc[~whole, "partnership"].unique()
    for partnership in partnerships:
        rows = table[table["partnership"].eq(partnership)]
        yield ({"what": "partnership", "of_partnership": partnership, "of_side": ""}, rows, factors * sides)
    links = table[~whole] if len(partnerships) else table
    if sides > 1 or len(partnerships):
        expected = factors * sides * max(len(partnerships), 1)
        yield {"what": "chain", "of_partnership": EVERY, "of_side": ""}, links, expected


def _weakest(what: dict[str, str], rows: pd.DataFrame, expected: int, conf_level: float) -> dict[str, Any]:
    shown = rows.dropna(subset=["mean"])
    weakest = shown.loc[shown["mean"].idxmin()] if len(shown) else None
    return {
        **what,
        "verdict": all_reached(rows, expected, conf_level=conf_level),
        "n_parts": expected,
        "n_reached": int(rows["verdict"].eq("reached").sum()),
        "n_not_reached": int(_below(rows, conf_level).sum()),
        **{
            name: (np.nan if name in ("mean", "distance") else None) if weakest is None else weakest[name]
            for name in _SHOWN
        },
        "coarse": False if weakest is None else bool(weakest.get("coarse", False)),
    }


def what_it_takes(table: pd.DataFrame, conf_level: float) -> tuple[np.ndarray, np.ndarray]:
    """Compute whether more answers would settle each row, and how many more.

    Returns
    -------
    takes : ndarray of str or None
        "more" (answers), "no_number" (it lies on the line, or nearly), "too_few" (no interval yet); None where it is
        settled.
    n_more : ndarray
        NaN unless `takes` is "more".
    """
    keys = list(zip(table["factor"], table["side"], table["partnership"] == EVERY, strict=True))
    counted = Counter(compress(keys, table["mean"].notna()))
    cells = [max(counted[factor, side, False], 1) if whole else 1 for factor, side, whole in keys]
    persons = table["n_persons"].to_numpy(dtype=float)
    needed = persons_to_settle(
        persons,
        (table["ci_upper"] - table["ci_lower"]).to_numpy(dtype=float) / 2,
        table["distance"].to_numpy(dtype=float),
        cells,
        conf_level=conf_level,
        power=SETTLE_POWER,
        most_times=MOST_TIMES,
    )
    more = np.ceil(needed - persons - 1e-9)
    open_ = table["verdict"].eq("cannot_tell").to_numpy()
    bounded = table["ci_lower"].notna().to_numpy()
    takes = np.full(len(table), None, dtype=object)
    takes[open_ & bounded] = np.where(np.isnan(more), "no_number", "more")[open_ & bounded]
    takes[open_ & ~bounded] = "too_few"
    return takes, np.where(takes == "more", np.maximum(more, 1.0), np.nan)


def invitations(table: pd.DataFrame) -> pd.DataFrame:
    """Whom to invite more of: one row per side, and per side of a partnership, of which something is not settled.

    The same persons answer all factors, so the number is that of the factor that needs most.

    Returns
    -------
    DataFrame
        partnership, side, n_persons, n_more (NaN where too few answered for any verdict), factors (ids that it would
        settle), on_the_line (ids that no realistic number would settle).
    """
    found = []
    for (partnership, side), group in table.groupby(["partnership", "side"], sort=False):
        more, few = group["takes"].eq("more"), group["takes"].eq("too_few")
        on_the_line = group.loc[group["takes"].eq("no_number"), "factor"]
        if not (more.any() or few.any() or len(on_the_line)):
            continue
        found.append(
            {
                "partnership": partnership,
                "side": side,
                "n_persons": group["n_persons"].max(),
                "n_more": group["n_more"].max() if more.any() else np.nan,
                "too_few": bool(few.any()),
                "factors": tuple(group.loc[more | few, "factor"]),
                "on_the_line": tuple(on_the_line),
            }
        )
    names = ["partnership", "side", "n_persons", "n_more", "too_few", "factors", "on_the_line"]
    return pd.DataFrame(found, columns=names)
