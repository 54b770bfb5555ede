"""Would another defensible analysis say the same? Each verdict under about a dozen other choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import places_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable, setting
from hpp_analysis.common.design import GroupMeans, design_of, two_sides
from hpp_analysis.common.interpret import MANY_UNKNOWN, MIN_LEFT, ODD_P, RUN_SHARE, STILL_SHARE, against_threshold
from hpp_analysis.common.memo import contents, once
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.who import Who
from hpp_analysis.display.columns import Column, Unit, hidden
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import Headline, checked
from hpp_analysis.partners.contrasts import SIDES
from hpp_analysis.partners.difference_verdicts import add_verdicts
from hpp_analysis.partners.multiverse import CHOICES, Choice, apply_choices, choice_names
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Robustness(Result):
    """Verdicts, and in how many other analyses they hold.

    Attributes
    ----------
    table : DataFrame
        factor, side ("" for gaps), estimate, ci_lower, ci_upper, verdict, n_hold (choices with the same verdict), n_other
        (choices with another clear verdict), n_choices, lowest and highest (estimate of any choice), the numbers of persons
        n_first (and n_second, of gaps), and of gaps the two means, mean_first and mean_second.
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
    conf_level : float
    """

    of: Headline = setting("scores")
    choices: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: dict[str, str] = field(default_factory=dict)
    sides: tuple[str, ...] = setting(())
    threshold: float | None = setting(None)
    scale_range: tuple[int, int] = setting((1, 10))
    conf_level: float = setting(0.95)

    def _declare(self) -> Declaration:
        scores = self.of == "scores"
        has_sides = scores and bool(self.table["side"].astype(bool).any())
        spread = Column("lowest", _("Over all choices"), self._unit, upper="highest")
        return Declaration(
            name=f"robustness_{self.of}",
            caption=_("Do the verdicts on the scores hold under other choices?")
            if scores
            else _("Do the verdicts on the gaps hold under other choices?"),
            variable="factor",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("side", _("Side") if has_sides else "", key=scores, reveals="nothing"),
                Column(
                    "estimate",
                    _("Mean") if scores else _("Gap"),
                    self._unit,
                    reveals="mean" if scores else "difference",
                ),
                Column("verdict", _("Verdict"), reveals="interval", optional=True, words=self._words()),
                Column("holds", _("Holds in")),
                *(() if self.published else (spread,)),
                *hidden("mean", "mean_first", "mean_second"),
                *hidden("interval", "ci_lower", "ci_upper"),
                *hidden("size", "n_first", "n_second"),
                *hidden("order", "n_hold", "n_choices"),  # of other choices only how many agree
            ),
            figures={"choices": self._other_choices},
            tables={"choices_table": self._choices_table} if len(self.choices) else {},
        )

    @property
    def _unit(self) -> Unit:
        return "score" if self.of == "scores" else "difference"

    def _cells(self) -> list[list[CellKey]]:
        """Require the side of a score, and both sides of a gap."""
        rows = self.table[["factor", "side"]].astype(str).to_dict("records")
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
        """Count choices for the published verdict only: there are no counts if large groups alone lead to another."""
        same = answers["verdict"].to_numpy() == table["verdict"].to_numpy()
        return table.assign(
            n_hold=table["n_hold"].where(same),
            n_choices=table["n_choices"].where(same),
            lowest=np.nan,
            highest=np.nan,
            n_other=np.nan,
        )

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Compute a gap from the rounded means, as `Gaps` does."""
        if self.of == "scores":
            return table
        gap = (table["mean_first"] - table["mean_second"]).round(2)
        return table.assign(estimate=gap.where(table["estimate"].notna()))

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
        frame = super()._labelled()
        return frame.assign(
            holds=[
                None if np.isnan(hold) else _share_of(int(hold), int(n))
                for hold, n in zip(frame["n_hold"].astype(float), frame["n_choices"].fillna(0), strict=True)
            ]
        )

    def _notes(self) -> list[str]:
        return [
            _(
                "Holds in: other defensible ways to analyse the same answers that lead to the same verdict, of all "
                "that could be tried."
            )
        ]

    def _verdict_name(self, factor: Any, side: Any) -> str:
        named = self._called(str(factor))
        if not side:
            return named
        return _("{factor} ({where})").format(factor=named, where=Who(self).side(str(side)))

    def _choices_table(self) -> FurtherTable:
        """List the estimates under each choice, with the verdict if it differs."""
        words = self._words()
        by_choice = self.choices.drop_duplicates("choice")
        columns = [Column("choice", _("Choice")), Column("n_ratings", _("Ratings"), "count")]
        frame = pd.DataFrame(
            {
                "choice": [self._choice_name(code) for code in by_choice["choice"]],
                "n_ratings": by_choice["n_ratings"].to_numpy(),
            }
        )
        for (factor, side), rows in self.choices.groupby(["factor", "side"], sort=False):
            name = f"{factor}|{side}"
            frame[name] = [
                format_value(row.estimate, self._unit) + ("" if row.holds else f" ({words.get(row.verdict, '')})")
                for row in rows.itertuples()
            ]
            columns.append(Column(name, self._verdict_name(factor, side)))
        notes = (_("Where the verdict is another one, it is in brackets."), *self._not_made())
        return FurtherTable(frame, tuple(columns), _("The numbers under each choice"), notes)

    def _choice_name(self, code: str) -> str:
        return _(choice_names(partnerships=self.context.by_partnership).get(code, CHOICES[code]))

    def _not_made(self) -> list[str]:
        words = {
            "no_change": _("Not tried, as nothing would change: {names}."),
            "too_few_left": _("Not tried, as fewer than half of the ratings would be left: {names}."),
            "not_possible": _("Not possible with these answers: {names}."),
        }
        said = []
        for why, sentence in words.items():
            names = [self._choice_name(code) for code, reason in self.left_out.items() if reason == why]
            if names:
                said.append(sentence.format(names=join_names(names)))
        return said

    # Sentences

    def _known(self) -> pd.DataFrame:
        """The verdicts of which the number of choices that agree may be shown."""
        return self.table[self.table["n_hold"].notna() & self.table["verdict"].notna()]

    def _nothing_known(self) -> str:
        if self.of == "scores":
            return _("Whether the verdicts on the scores hold under other choices cannot be shown.")
        return _("Whether the verdicts on the gaps hold under other choices cannot be shown.")

    def _headline(self) -> list[str]:
        """Say in one sentence in how many other analyses the verdicts hold."""
        known = self._known()
        if known.empty:
            return [self._nothing_known()]
        n, least, most = (
            int(number) for number in (known["n_choices"].max(), known["n_hold"].min(), known["n_hold"].max())
        )
        if least == n:
            said = ngettext(
                "As far as can be shown, the verdicts hold in {n} other defensible analysis.",
                "As far as can be shown, the verdicts hold in each of {n} other defensible analyses.",
                n,
            )
            return [said.format(n=n)]
        if least == most:
            said = _("As far as can be shown, the verdicts hold in {share} other defensible analyses.")
            return [said.format(share=_share_of(least, n))]
        said = _("As far as can be shown, the verdicts hold in {least} to {most} of {n} other defensible analyses.")
        return [said.format(least=least, most=most, n=n)]

    def _summary(self) -> list[str]:
        known = self._known()
        if known.empty:
            return [self._nothing_known()]
        all_known = len(known) == int(self.table["verdict"].notna().sum())
        n = int(known["n_choices"].max())
        firm = known[known["n_hold"].eq(known["n_choices"])]
        if len(firm) == len(known) and all_known:
            return [
                ngettext(
                    "All of these verdicts hold in {n} other defensible analysis of the same answers.",
                    "All of these verdicts hold in each of {n} other defensible analyses of the same answers.",
                    n,
                ).format(n=n)
            ]
        said = []
        if len(firm):
            names = [self._verdict_name(row.factor, row.side) for row in firm.itertuples()]
            said.append(
                _("In each of {n} other defensible analyses the verdict holds for {names}.").format(
                    n=n, names=join_names(names)
                )
            )
        for hold, rows in sorted(known.drop(firm.index).groupby("n_hold"), key=lambda pair: pair[0], reverse=True):
            names = [self._verdict_name(row.factor, row.side) for row in rows.itertuples()]
            sentence = (
                _("It holds in {share} for {names}.")
                if said
                else _("In {share} other defensible analyses the verdict holds for {names}.")
            )
            said.append(sentence.format(share=_share_of(int(hold), n), names=join_names(names)))
        if not self.published and int(known["n_other"].sum()) == 0:
            said.append(_("In the others these answers cannot tell; in none does the verdict turn."))
        return said

    def _methods(self) -> list[str]:
        return [
            (
                _(
                    "Each verdict was made again in other defensible ways: {choices} (a multiverse analysis; Steegen, "
                    "Tuerlinckx, Gelman & Vanpaemel, 2016). Choices that change nothing, or leave fewer than "
                    "{share} of the ratings, do not count."
                )
                if self.context.by_partnership
                else _(
                    "Each verdict was made again in other defensible ways: {choices} (a multiverse analysis; Steegen, "
                    "Tuerlinckx, Gelman & Vanpaemel, 2016). Choices that change nothing, or leave fewer than "
                    "{share} of the persons, do not count."
                )
            ).format(
                choices=", ".join(_(text) for text in choice_names(partnerships=self.context.by_partnership).values()),
                share=format_value(MIN_LEFT, "share"),
            ),
            (
                _(
                    "Signs of careless answering are a run of equal answers over more than {run} of the items (Curran, "
                    "2016), the {still} of ratings that vary least (Dunn et al., 2018), and a Mahalanobis distance with "
                    "p < {p} (Meade & Craig, 2012); often saying 'don't know' is to more than {unknown} of the items."
                )
                if self.context.by_partnership
                else _(
                    "Signs of careless answering are a run of equal answers over more than {run} of the items (Curran, "
                    "2016), the {still} of persons whose answers vary least (Dunn et al., 2018), and a Mahalanobis distance with "
                    "p < {p} (Meade & Craig, 2012); often saying 'don't know' is to more than {unknown} of the items."
                )
            ).format(
                run=format_value(RUN_SHARE, "share"),
                still=format_value(STILL_SHARE, "share"),
                p=format_value(ODD_P, "p"),
                unknown=format_value(MANY_UNKNOWN, "share"),
            ),
        ]

    def _other_choices(self) -> Figure:
        usual = self.table.assign(choice="", holds=True)
        rows = pd.concat([usual, self.choices], ignore_index=True) if len(self.choices) else usual
        drawn = pd.DataFrame(
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
        low, high = self.scale_range
        scores = self.of == "scores"
        return Figure(
            plots.other_choices,
            drawn,
            reference=self.threshold if scores else 0.0,
            xlabel=_("Mean on the scale from {low} to {high}").format(low=low, high=high)
            if scores
            else _("Gap in scale points"),
        )


@publishable
@checked
def check_robustness(
    data: Survey, *, of: Headline = "scores", threshold: float | None = None, conf_level: float = 0.95
) -> Robustness:
    """Repeat the verdicts on scores or gaps under other defensible choices of analysis.

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
    [11, 11]
    """
    factors = [factor.id for factor in data.instrument.factors if places_of(data, factor.id)]
    lines = {factor.id: factor.threshold if threshold is None else threshold for factor in data.instrument.factors}
    sides = two_sides(data, "side") if of == "gaps" else ()
    tried = _try_choices(data, sides, conf_level)
    verdicts = _judge_gaps(tried, conf_level) if of == "gaps" else _judge_scores(tried, factors, lines)
    verdicts = verdicts[verdicts["factor"].isin(factors)].drop(columns="p")  # outcomes count among the tests only
    n = len(verdicts) // len(tried.codes)
    usual = verdicts.iloc[:n].drop(columns=["choice", "n_ratings"]).reset_index(drop=True)
    by_choice = verdicts.iloc[n:].reset_index(drop=True)
    again = usual.iloc[np.tile(np.arange(n), len(tried.codes) - 1)].reset_index(drop=True)
    by_choice["holds"] = same_verdict(again, by_choice, directed=of == "gaps")
    by_choice["n_ratings"] = by_choice.pop("n_ratings")
    return Robustness(
        context=Context.of(data),
        table=_count_choices(usual, by_choice),
        of=of,
        choices=by_choice,
        left_out=dict(tried.left_out),
        sides=sides,
        threshold=threshold if threshold is not None else data.instrument.threshold,
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
        conf_level=conf_level,
    )


def _share_of(hold: int, n: int) -> str:
    """Write a count of choices."""
    return _("{hold} of {n}").format(hold=format_value(hold, "count"), n=format_value(n, "count"))


@dataclass(frozen=True, eq=False, slots=True)
class _Tried:
    """The means of the sides under every choice of analysis; the usual one comes first, with the code "".

    Attributes
    ----------
    sides : tuple of str
        "" where the answers do not tell sides apart.
    scales : list of str
    codes : list of str
    n_ratings : list of int
        By choice.
    left_out : mapping
        The other choices, and why there is no such analysis.
    means : GroupMeans
        Of the sides and, where there are two, their difference; the variables are all scales by choice.
    """

    sides: tuple[str, ...]
    scales: list[str]
    codes: list[str]
    n_ratings: list[int]
    left_out: Mapping[str, str]
    means: GroupMeans

    def table(self, side: str, place: int, rows: Sequence[int], absent: np.ndarray) -> pd.DataFrame:
        """The estimates and intervals of one combination, a row by choice and scale."""
        lower, upper, p = self.means.intervals()
        n_first, n_second = (self.means.n_persons[row] if row >= 0 else 0 for row in rows)
        return pd.DataFrame(
            {
                "factor": self.scales * len(self.codes),
                "side": side,
                "estimate": np.where(absent, np.nan, self.means.contrasts.estimate[place]),
                "ci_lower": np.where(absent, np.nan, lower[place]),
                "ci_upper": np.where(absent, np.nan, upper[place]),
                "p": np.where(absent, np.nan, p[place]),
                "n_first": n_first,
                "n_second": n_second,
                "choice": np.repeat(self.codes, len(self.scales)),
                "n_ratings": np.repeat(self.n_ratings, len(self.scales)),
            }
        )


def _try_choices(survey: Survey, sides: tuple[str, ...], conf_level: float) -> _Tried:
    """The means of the sides under every choice at once, made once for scores and gaps; by default of all sides.

    The numbers equal those of `score_scales` and `partner_gaps`.
    """
    design = design_of(survey, ("partnership", "side"))
    cells = design.cells["side"] if "side" in design.cells else pd.Series("", design.cells.index)
    names = sides or tuple(dict.fromkeys(cells))
    usual = scale_values(survey)

    def make() -> _Tried:
        choices = list(apply_choices(survey))
        tried = [Choice("", usual, n_ratings=len(survey)), *(choice for choice in choices if not choice.why)]
        means = design.means(
            pd.concat([choice.values for choice in tried], axis=1),
            [cells.eq(name).to_numpy() for name in names],
            [choice.weight for choice in tried for _scale in usual],
            combinations=SIDES if len(names) == 2 else None,
            conf_level=conf_level,
        )
        return _Tried(
            sides=names,
            scales=list(usual),
            codes=[choice.code for choice in tried],
            n_ratings=[choice.n_ratings for choice in tried],
            left_out={choice.code: choice.why for choice in choices if choice.why},
            means=means,
        )

    made_of = [contents(survey.items), survey.reasons, survey.instrument, design]
    return once(survey, ("choices", names, conf_level), made_of, make)


def _judge_scores(tried: _Tried, factors: list[str], lines: Mapping[str, float | None]) -> pd.DataFrame:
    """The verdict on each factor and side under every choice."""
    nobody = np.zeros(len(tried.scales) * len(tried.codes), dtype=bool)
    sides = [tried.table(side, place, (place, -1), nobody) for place, side in enumerate(tried.sides)]
    rows = pd.concat(sides).sort_index(kind="stable")  # of each choice and factor, all sides
    rows = rows[rows["factor"].isin(factors)].reset_index(drop=True)
    verdicts = [
        None if np.isnan(estimate) or (line := lines[factor]) is None else against_threshold(lower, upper, line)
        for factor, estimate, lower, upper in zip(
            *(rows[name].tolist() for name in ("factor", "estimate", "ci_lower", "ci_upper")), strict=True
        )
    ]
    rows.insert(8, "verdict", verdicts)
    return rows


def _judge_gaps(tried: _Tried, conf_level: float) -> pd.DataFrame:
    """The verdict on each gap under every choice, each choice with its own correction for the number of tests."""
    absent = (tried.means.n_ratings == 0).any(axis=0)
    rows = tried.table("", 2, (0, 1), absent)
    first, second = tried.means.contrasts.estimate[:2]
    rows.insert(8, "mean_first", first)
    rows.insert(9, "mean_second", second)
    families = np.repeat(np.arange(len(tried.codes)), len(tried.scales))
    judged = add_verdicts(rows, estimate="estimate", conf_level=conf_level, families=families)
    rows.insert(10, "verdict", judged["verdict"])
    return rows


def same_verdict(usual: pd.DataFrame, other: pd.DataFrame, *, directed: bool) -> pd.Series:
    """Compare verdicts row by row; differences must also have the same sign.

    Examples
    --------
    >>> usual = pd.DataFrame({"verdict": ["different", "alike"], "estimate": [0.8, 0.1]})
    >>> other = pd.DataFrame({"verdict": ["different", "alike"], "estimate": [-0.8, -0.1]})
    >>> same_verdict(usual, other, directed=True).tolist()
    [False, True]
    """
    same = other["verdict"].eq(usual["verdict"])
    if directed:
        signed = usual["verdict"].isin(["different", "small_difference"])
        same &= ~signed | np.sign(other["estimate"]).eq(np.sign(usual["estimate"]))
    return same


def _count_choices(usual: pd.DataFrame, choices: pd.DataFrame) -> pd.DataFrame:
    """Add to the usual verdicts the number of choices under which they hold; the rows of each choice are in the same order."""
    shape = (-1, max(len(usual), 1))
    holds = choices["holds"].to_numpy(dtype=bool).reshape(shape)
    clear = (choices["verdict"].notna() & choices["verdict"].ne("cannot_tell")).to_numpy().reshape(shape)
    estimates = pd.DataFrame(choices["estimate"].to_numpy(dtype=float).reshape(shape))
    if len(holds):
        estimates = pd.concat([estimates, usual["estimate"].to_frame().T.set_axis(estimates.columns, axis=1)])
    return usual.assign(
        n_hold=holds.sum(axis=0),
        n_other=(~holds & clear).sum(axis=0),
        n_choices=len(holds),
        lowest=estimates.min().to_numpy(),
        highest=estimates.max().to_numpy(),
    )
