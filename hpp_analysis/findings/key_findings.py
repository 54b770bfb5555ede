"""What is the news? Page one of a report, by rules: never more than the published numbers carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.answers.description import Description
from hpp_analysis.answers.response import Response
from hpp_analysis.answers.response_rate import ALL, ResponseRate
from hpp_analysis.answers.scores import Scores, precision_sentences
from hpp_analysis.answers.tiers import Tiers
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.common.declaration import Declaration
from hpp_analysis.common.interpret import MARGIN, shared_threshold
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.common.who import Who, in_sentence, some_names
from hpp_analysis.display.blocks import Block, FactsBlock, TextBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_number, format_value
from hpp_analysis.drivers.agenda import MOST_ACTIONS, Agenda
from hpp_analysis.findings.partnership_differences import PartnershipDifferences
from hpp_analysis.findings.rows import check_groups, judged, plain_rows, score_range
from hpp_analysis.options import checked
from hpp_analysis.partners.changes import Changes
from hpp_analysis.partners.gaps import Gaps
from hpp_analysis.partners.robustness import Robustness
from hpp_analysis.partners.verdict import EVERY, Verdict, all_reached
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_MOST_NAMED = 2
"""Unclear units named in the headline."""
_MOST_LISTED = 4
"""Characteristics that are named as the lowest together; of more, these and how many others there are."""
_MOST_TIED = 3
"""Partnerships that are named together as the lowest; more single nothing out."""
_COLUMNS = ("part", "verdict", "factor", "item", "partnership", "side", "mean", "mean_first", "mean_second", "gap", "n")
_TEXTS = _COLUMNS[:6]
_OVER_ALL = ("factor", "partnership", "side", "mean", "end", "ci_lower", "ci_upper")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class KeyFindings(Result):
    """The message of a report: its findings as rows, and the sentences of page one.

    Made of published results, it reveals nothing beyond them.

    Attributes
    ----------
    table : DataFrame
        One row per finding. part is "standing" (the verdict on each partnership; on each factor where there are no
        partnerships), "lowest" (the lowest partnerships, or factors, that the answers cannot tell apart, each with its lowest
        factor), "lowest_score" (the lowest score that is shown), "gap" (differences between the sides that count, over all
        partnerships: the largest, with those that read the same), "gap_in_partnership" (the largest of a single
        partnership that counts), "action" (what to do first), "tied" (the lowest characteristics, where none is first), "response" (n), "invited" (n), "withheld" (whose scores are
        not shown), "unsettled" (verdicts that other analyses do not share) and "change" (since the wave before). Besides it:
        verdict, factor, item, partnership, side, mean, mean_first, mean_second, gap and n, as far as they apply.
    units : {"partnership", "factor"}
        What the headline counts.
    threshold : float, optional
        The line.
    sides : tuple of str
        The two sides; fewer where one was asked.
    wave_before : str
        The wave that changes are counted from; empty without one.
    gap_verdicts : tuple of str
        The verdicts on the gaps over all partnerships.
    n_choices : int, optional
        Other analyses under which the verdicts were made again; None where it may not be shown.
    margin : float
        A smaller difference is too small to act on.
    outstanding : int
        Characteristics that may be the lowest, where too many may be for an advice.
    scores : DataFrame
        The scores over all: factor, partnership, side, mean, end (the code of a mean that is not told exactly), ci_lower, ci_upper.
    conf_level : float
        Of the intervals.
    """

    units: str = "partnership"
    threshold: float | None = None
    sides: tuple[str, ...] = ()
    wave_before: str = ""
    gap_verdicts: tuple[str, ...] = ()
    n_choices: int | None = None
    margin: float = MARGIN
    outstanding: int = 0
    conf_level: float = 0.95
    scores: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(_OVER_ALL)))

    def _declare(self) -> Declaration:
        return Declaration(
            name="key_findings",
            caption=_("Key findings"),
            variable="factor",
            composed=True,
            columns=(
                Column("part", _("Finding"), key=True),
                Column("factor", _("Factor"), key=True),
                Column("item", _("Characteristic"), key=True, optional=True),
                Column("partnership", _("Partnership"), key=True, optional=True),
                Column("side", _("Side"), key=True, optional=True),
                Column("mean", _("Mean"), "score"),
                Column("gap", _("Gap"), "difference"),
                Column("n", _("Persons"), "count"),
            ),
        )

    def rows(self, part: str) -> list[dict[str, Any]]:
        """The findings of one kind."""
        found: list[dict[str, Any]] = self.table[self.table["part"].eq(part)].to_dict("records")
        return found

    def _pages(self, kind: str | None = None, language: str | None = None) -> list[Block]:
        """As `_block`; "page" is all of page one."""
        if kind != "page":
            return [self._block(kind, language)]
        with self._spoken(language):
            return list(self._page())

    def _page(self) -> Iterator[Block]:
        yield TextBlock("key_findings_headline", [" ".join(self._headline())], "lead")
        if numbers := self._numbers():
            yield FactsBlock("key_findings_numbers", "", numbers, style="numbers")
        if self.sides:
            yield FactsBlock("key_findings_gap", _("Worth a conversation"), self._conversation())
        actions = self._actions()
        if actions:
            yield FactsBlock("key_findings_actions", self._actions_title(len(actions)), actions)
        elif tied := self.rows("tied"):
            yield self._choice(tied)
        else:
            yield TextBlock("key_findings_actions", [self._no_action()], "summary")
        yield FactsBlock("key_findings_certainty", _("How sure this is"), self._certainty())

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:  # noqa: ARG002
        return []

    def _who(self) -> Who:
        return Who(self, self.sides)

    # The headline: where things stand, and what is lowest

    def _summary(self) -> list[str]:
        numbers = [_("{number}: {meaning}.").format(number=number, meaning=said) for number, said in self._numbers()]
        return [*self._headline(), *numbers]

    def _headline(self) -> list[str]:
        return [*self._standing(), *self._lowest()]

    def _standing(self) -> list[str]:
        """Count what reached the threshold and what did not, and name what is unclear."""
        if self.threshold is None:
            return self._range()
        by_verdict = {code: [row for row in self.rows("standing") if row["verdict"] == code] for code in _CODES}
        reached, below, unclear = (len(by_verdict[code]) for code in _CODES)
        words = {"n": reached + below + unclear, "reached": reached, "below": below, "line": self._line()}
        of_partnerships = self.units == "partnership"
        names = [self._unit(row) for row in by_verdict["cannot_tell"]]
        if not words["n"]:
            return [_("No score can be compared with the threshold of {line}.").format(**words)]
        if words["n"] == 1:
            return [self._only(self.rows("standing")[0])]
        if unclear == words["n"]:
            sentence = (
                _("Whether the {n} partnerships reach {line}, these answers cannot tell yet.")
                if of_partnerships
                else _("Whether the {n} factors reach {line}, these answers cannot tell yet.")
            )
            return [sentence.format(**words)]
        if not unclear and not reached:
            sentence = (
                _("None of the {n} partnerships reaches {line}.")
                if of_partnerships
                else _("None of the {n} factors reaches {line}.")
            )
            return [sentence.format(**words)]
        if not unclear and not below:
            sentence = (
                _("All {n} partnerships reach {line}.") if of_partnerships else _("All {n} factors reach {line}.")
            )
            return [sentence.format(**words)]
        parts = []
        if below:
            parts.append(ngettext("{below} falls short of {line}", "{below} fall short of {line}", below))
        if below and reached:
            parts.append(ngettext("{reached} reaches it", "{reached} reach it", reached))
        elif reached:
            parts.append(ngettext("{reached} reaches {line}", "{reached} reach {line}", reached))
        sentence = _("Of the {n} partnerships, {what}") if of_partnerships else _("Of the {n} factors, {what}")
        said = sentence.format(what=join_names([part.format(**words) for part in parts]), **words)
        if not unclear:
            return [f"{said}."]
        whose = join_names(names) if unclear <= _MOST_NAMED else ""
        return [
            _("{said}; for {names} these answers cannot tell yet.").format(said=said, names=whose)
            if whose
            else _("{said}; for {n} these answers cannot tell yet.").format(said=said, n=unclear)
        ]

    def _only(self, row: dict[str, Any]) -> str:
        """Whether the only partnership or factor reaches the threshold."""
        name, line = self._unit(row), self._line()
        if row["verdict"] == "cannot_tell":
            return _("Whether {name} reaches {line}, these answers cannot tell yet.").format(name=name, line=line)
        sentence = _("{name} reaches {line}.") if row["verdict"] == "reached" else _("{name} does not reach {line}.")
        return sentence.format(name=f"{name[:1].upper()}{name[1:]}", line=line)

    def _range(self) -> list[str]:
        """Without a threshold: the lowest and the highest score over all."""
        if self.scores["mean"].isna().all() and not self.rows("withheld"):
            return [_("No score can be given: too few persons answered, or too few of the questions.")]
        return [score_range(self.scores, self._who())]

    def _lowest(self) -> list[str]:
        """What is lowest, where the answers single it out; with a warning where not everything may be shown."""
        rows, careful = self.rows("lowest"), bool(self.rows("withheld"))
        names = list(dict.fromkeys(self._unit(row) for row in rows))
        if not names or (self.units == "factor" and (len(names) > 1 or self.threshold is None)):
            return []
        factors = list(dict.fromkeys(in_sentence(self._called(row["factor"])) for row in rows))
        mainly = self.units == "partnership" and len(names) == 1 and len(factors) <= _MOST_NAMED
        if len(names) > 1:
            sentence = (
                _("Of what may be shown, {names} score lowest; these answers cannot tell them apart.")
                if careful
                else _("{names} score lowest; these answers cannot tell them apart.")
            )
        elif mainly:
            sentence = (
                _("Of what may be shown, {names} scores lowest, mainly on {factors}.")
                if careful
                else _("{names} scores lowest, mainly on {factors}.")
            )
        else:
            sentence = _("Of what may be shown, {names} scores lowest.") if careful else _("{names} scores lowest.")
        return [sentence.format(names=join_names(names), factors=join_names(factors))]

    def _unit(self, row: dict[str, Any]) -> str:
        if self.units == "partnership":
            return self._who().partnership(row["partnership"])
        return in_sentence(self._called(row["factor"]))

    def _line(self) -> str:
        return "" if self.threshold is None else format_number(self.threshold)

    # Three numbers with what they mean

    def _numbers(self) -> list[list[str]]:
        found = []
        standing = self.rows("standing")
        if self.threshold is not None and len(standing) > 1:
            reached = sum(row["verdict"] == "reached" for row in standing)
            meaning = (
                _("partnerships with each factor certainly at the threshold of {line} or above it")
                if self.units == "partnership"
                else _("factors certainly at the threshold of {line} or above it")
            )
            number = _("{reached} of {n}").format(reached=reached, n=len(standing))
            found.append([number, meaning.format(line=self._line())])
        if lowest := self.rows("lowest_score"):
            found.append([brief(lowest[0]["mean"]), self._lowest_meaning(lowest[0])])
        if gaps := self.rows("gap"):
            found.append([brief(abs(gaps[0]["gap"])), self._gap_meaning(gaps)])
        elif changes := self.rows("change"):
            found.append(self._change_number(max(changes, key=lambda row: abs(row["gap"]))))
        elif response := self._response_number():
            found.append(response)
        return found

    def _change_number(self, row: dict[str, Any]) -> list[str]:
        """The largest change since the wave before."""
        factor = in_sentence(self._called(row["factor"]))
        if row["side"]:
            factor = _("{factor} ({where})").format(factor=factor, where=self._who().side(row["side"]))
        sentence = (
            _("points up since wave {wave}: {factor}")
            if row["gap"] > 0
            else _("points down since wave {wave}: {factor}")
        )
        return [brief(abs(row["gap"])), sentence.format(wave=self.wave_before, factor=factor)]

    def _lowest_meaning(self, row: dict[str, Any]) -> str:
        who, factor = self._who(), in_sentence(self._called(row["factor"]))
        if not row["side"] and not row["partnership"]:
            return _("is the score of {factor}: the lowest factor score shown").format(factor=factor)
        giver = who.side_in(row["partnership"], row["side"])
        if row["partnership"] and who.is_client(row["side"]):
            return _(
                "is what {whose} gives {factor} in the partnership with {partner}: the lowest factor score shown"
            ).format(whose=giver, factor=factor, partner=who.partnership(row["partnership"]))
        return _("is the mark for {factor} from {whose}: the lowest factor score shown").format(
            whose=giver, factor=factor
        )

    def _gap_meaning(self, rows: list[dict[str, Any]]) -> str:
        higher, lower = self._by_height(rows[0]["gap"])
        factors = join_names([in_sentence(self._called(row["factor"])) for row in rows])
        return _("points lower than {higher}: the judgement of {lower} on {factors}").format(
            higher=higher, lower=lower, factors=factors
        )

    def _by_height(self, gap: float, partnership: str = "") -> tuple[str, str]:
        """The side that scores higher, and the other."""
        first, second = (self._who().side_in(partnership, side) for side in self.sides)
        return (first, second) if gap > 0 else (second, first)

    def _response_number(self) -> list[str]:
        response, invited = self.rows("response"), self.rows("invited")
        if not response:
            return []
        n = int(response[0]["n"])
        if invited:
            total = int(invited[0]["n"])
            return [
                format_value(n / total, "share"),
                _("of the {invited} persons invited answered").format(invited=format_value(total, "count")),
            ]
        return [format_value(n, "count"), ngettext("person took part", "persons took part", n)]

    # The gap worth a conversation

    def _conversation(self) -> list[list[str]]:
        who = self._who()
        here = self.rows("gap_in_partnership")
        over_all = self.rows("gap")
        if not here and not over_all:
            if not self.gap_verdicts:
                return [[_("Both sides"), _("They cannot be compared: one side may not be shown.")]]
            if set(self.gap_verdicts) <= {"alike", "small_difference"}:
                alike = _("They judge every factor about alike (less than {margin} points apart).")
                return [[_("Both sides"), alike.format(margin=brief(self.margin))]]
            return [[_("Both sides"), _("Whether they judge differently, these answers cannot tell yet.")]]
        row = here[0] if here else over_all[0]
        partnership = row["partnership"] or ""
        factor = self._called(row["factor"])
        subject = (
            _("{factor}, {partner}").format(factor=factor, partner=who.partnership(partnership))
            if partnership
            else factor
        )
        first, second = (who.side_in(partnership, side) for side in self.sides)
        told = _("{first} gives {mean_first}, {second} {mean_second}.").format(
            first=first, second=second, mean_first=brief(row["mean_first"]), mean_second=brief(row["mean_second"])
        )
        if not partnership:
            told = _("{first}: {mean_first}; {second}: {mean_second}.").format(
                first=first, second=second, mean_first=brief(row["mean_first"]), mean_second=brief(row["mean_second"])
            )
        higher, lower = self._by_height(row["gap"], partnership)
        question = _("Ask {lower}: what do you see that {higher} may miss?").format(higher=higher, lower=lower)
        return [[subject, f"{told} {question}"]]

    # What to do first

    def _actions_title(self, n: int) -> str:
        return ngettext("{n} thing to do first", "{n} things to do first", n).format(n=n)

    def _actions(self) -> list[list[str]]:
        return [
            [f"{place}. {self._called(row['item'])}", self._reason(row)]
            for place, row in enumerate(self.rows("action"), 1)
        ]

    def _reason(self, row: dict[str, Any]) -> str:
        """The mean, the gap where it counts, and the lowest score of a partnership."""
        who = self._who()
        said = [_("scores {mean} overall").format(mean=brief(row["mean"]))]
        if np.isfinite(row["gap"]):
            higher, lower = self._by_height(row["gap"])
            said.append(
                _("{lower} {gap} lower than {higher}").format(lower=lower, higher=higher, gap=brief(abs(row["gap"])))
            )
        if np.isfinite(row["mean_second"]):
            giver = who.side_in(row["partnership"], row["side"])
            mean = brief(row["mean_second"])
            said.append(
                _("{mean} from {whose} about {partner}").format(
                    mean=mean, whose=giver, partner=who.partnership(row["partnership"])
                )
                if who.is_client(row["side"])
                else _("{mean} from {whose}").format(mean=mean, whose=giver)
            )
        sentence = "; ".join(said)
        return f"{sentence[:1].upper()}{sentence[1:]}."

    def _choice(self, tied: list[dict[str, Any]]) -> FactsBlock:
        """The lowest characteristics where these are too many to start with, or in no order: a few by name."""
        named = tied if len(tied) <= _MOST_LISTED + 1 else tied[:_MOST_LISTED]
        notes = [_("They score too close together for an order.")]
        if left_out := len(tied) - len(named):
            notes.append(ngettext("{n} more may be as low.", "{n} more may be as low.", left_out).format(n=left_out))
        facts = [[self._called(row["item"]), self._reason(row)] for row in named]
        return FactsBlock("key_findings_actions", _("Choose from the lowest"), facts, notes)

    def _no_action(self) -> str:
        if self.outstanding > 1:
            return _(
                "No point stands out as the one to start with: {n} characteristics score too close together."
            ).format(n=self.outstanding)
        return _("No point stands out as the one to start with.")

    # How sure, and what changed

    def _certainty(self) -> list[list[str]]:
        who, facts = self._who(), []
        if withheld := self.rows("withheld"):
            names = some_names(name for row in withheld if (name := who.side_in(row["partnership"], row["side"])))
            told = (
                _("The scores from {names}, to protect small groups.")
                if names
                else _("The scores, to protect small groups.")
            )
            facts.append([_("Not shown"), told.format(names=names)])
        if unsettled := self.rows("unsettled"):
            names = some_names(
                _("{factor} ({where})").format(
                    factor=in_sentence(self._called(row["factor"])), where=who.side(row["side"])
                )
                if row["side"]
                else self._called(row["factor"])
                for row in unsettled
            )
            told = _("Calculated in another way, the verdict may differ for {names}.").format(names=names)
            facts.append([_("Verdicts"), told])
        elif self.n_choices:
            told = ngettext(
                "Calculated in {n} other way, every verdict that can be shown stays the same.",
                "Calculated in {n} other ways, every verdict that can be shown stays the same.",
                self.n_choices,
            )
            facts.append([_("Verdicts"), told.format(n=self.n_choices)])
        if self.n_choices is None and self.scores["ci_lower"].notna().any():
            facts.append([_("Margins"), " ".join(precision_sentences(self.scores, self.conf_level))])
        if self.wave_before:
            facts.append([_("Since wave {wave}").format(wave=self.wave_before), self._changes()])
        in_numbers = self._response_number() in self._numbers()  # where it stands large already
        return facts if facts and in_numbers else [[_("Answers"), self._answers()], *facts]

    def _answers(self) -> str:
        response, invited = self.rows("response"), self.rows("invited")
        if not response:
            return _("How many persons took part is withheld to protect small groups.")
        n = int(response[0]["n"])
        if not invited:
            told = ngettext("{n} person took part.", "{n} persons took part.", n)
            return told.format(n=format_value(n, "count"))
        total = int(invited[0]["n"])
        numbers = {"n": format_value(n, "count"), "invited": format_value(total, "count")}
        return _("{n} of the {invited} persons invited ({share}).").format(
            share=format_value(n / total, "share"), **numbers
        )

    def _changes(self) -> str:
        rows = self.rows("change")
        if not rows:
            return _("No change can be shown.")
        said = []
        for row in rows:
            means = {"before": brief(row["mean_first"]), "after": brief(row["mean_second"])}
            sentence = (
                _("{what} rose from {before} to {after}")
                if row["gap"] > 0
                else _("{what} fell from {before} to {after}")
            )
            what = self._called(row["factor"])
            if row["side"]:
                what = _("{factor} ({where})").format(factor=what, where=self._who().side(row["side"]))
            said.append(sentence.format(what=what, **means))
        return "; ".join(said) + "."

    def _methods(self) -> list[str]:
        return [
            _(
                "Page one follows from the tables by rules. A partnership is called the lowest only when the interval of its "
                "lowest score lies below those of all others; the points to start with are those of the priority order that are "
                "among the first in at least half of its draws, three at most."
            )
        ]


_CODES = ("reached", "not_reached", "cannot_tell")


@checked
def key_findings(
    scores: Scores,
    *,
    verdict: Verdict | None = None,
    partners: Scores | None = None,
    gaps: Gaps | None = None,
    differences: PartnershipDifferences | None = None,
    details: Gaps | None = None,
    tiers: Tiers | None = None,
    cells: Description | None = None,
    agenda: Agenda | None = None,
    response: Response | ResponseRate | None = None,
    robust: Robustness | None = None,
    changes: Changes | None = None,
) -> KeyFindings:
    """Find what page one of a report says.

    All of it follows from what these results show: hand over published ones, and it may be shared as they may.

    Parameters
    ----------
    scores : Scores
        Of the factors, over all partnerships.
    verdict : Verdict, optional
        Which factors and partnerships reach the threshold.
    partners : Scores, optional
        By partnership and side.
    gaps, details : Gaps, optional
        Between the sides, of the factors and of the characteristics.
    differences : PartnershipDifferences, optional
        Between the sides of each partnership.
    tiers : Tiers, optional
        The lowest characteristics; they are the points to start with where there is no agenda.
    cells : Description, optional
        The characteristics by partnership and side.
    agenda : Agenda, optional
        The points to start with.
    response : Response or ResponseRate, optional
        Who answered.
    robust : Robustness, optional
        Whether the verdicts hold under other choices.
    changes : Changes, optional
        Since the wave before.

    Returns
    -------
    KeyFindings

    Raises
    ------
    OptionError
        When the scores or the characteristics are of other groups.

    Examples
    --------
    >>> from hpp_analysis import judge_performance, score_scales, simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> found = key_findings(score_scales(survey), verdict=judge_performance(survey))
    >>> found.summary().split(".")[0]
    'None of the 4 partnerships reaches 8'
    """
    for option, means in (("scores", scores), ("partners", partners), ("cells", cells)):
        if means is not None:
            check_groups(means.groups, option, "describe" if option == "cells" else "score_scales")
    given = [scores, verdict, partners, gaps, differences, details, tiers, cells, agenda, response, robust, changes]
    known = [one for one in given if one is not None]
    parts = _parts(scores, verdict, partners, tiers)
    of_partnerships = verdict is not None and parts["partnership"].replace(EVERY, np.nan).nunique() > 1
    units = "partnership" if of_partnerships else "factor"
    rows = [
        *_standing(verdict, units),
        *_lowest(parts, units),
        *_lowest_score(parts),
        *_gaps(gaps, parts),
        *_gap_in_partnership(differences),
        *(actions := list(_actions(agenda, tiers, details, cells))),
        *([] if actions or tiers is None else _tied(tiers)),
        *_response(response),
        *_withheld(parts),
        *_unsettled(robust),
        *_changes(changes, parts),
    ]
    over_all = plain_rows(scores.table)
    over_all = over_all.loc[over_all["factor"].isin(parts["factor"]), list(_OVER_ALL)]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    frame[list(_TEXTS)] = frame[list(_TEXTS)].astype(object).where(frame[list(_TEXTS)].notna(), "")
    tied = 0 if agenda is not None or tiers is None else len(tiers._may_be("lowest"))
    sides = () if gaps is None else gaps.sides
    n_choices = None if robust is None or robust._known().empty else int(robust._known()["n_choices"].max())
    return KeyFindings(
        table=frame.astype(dict.fromkeys(_COLUMNS[6:], float)),
        context=scores.context if verdict is None else verdict.context,
        published=all(one.published for one in known),
        units=units,
        threshold=shared_threshold(parts["threshold"]) if verdict is not None else None,
        sides=sides,
        wave_before=changes.waves[0] if changes is not None and changes.waves else "",
        gap_verdicts=() if gaps is None else tuple(gaps.table["verdict"].dropna()),
        n_choices=n_choices,
        margin=MARGIN if gaps is None else gaps.margin,
        outstanding=tied,
        conf_level=scores.conf_level,
        scores=over_all,
    )


def _parts(scores: Scores, verdict: Verdict | None, partners: Scores | None, tiers: Tiers | None) -> pd.DataFrame:
    """The scores that page one speaks of: of each partnership and side, else of each side, else of all; factors only."""
    source = verdict or partners or scores
    frame = plain_rows(source.to_frame())
    if frame["partnership"].ne("").any():
        frame = frame[frame["partnership"].ne("")]
    if tiers is not None and frame["threshold"].isna().all():  # which have characteristics; outcomes have none
        frame = frame[frame["factor"].isin(tiers.table["factor"])]
    return judged(frame).reset_index(drop=True)


def _standing(verdict: Verdict | None, units: str) -> Iterator[dict[str, Any]]:
    """The verdict on each partnership, or on each factor as all sides see it."""
    if verdict is None:
        return
    if units == "partnership":
        for row in verdict.together.to_dict("records"):
            if row["what"] == "partnership":
                yield {"part": "standing", "verdict": row["verdict"], "partnership": row["of_partnership"]}
        return
    over_all = verdict.table[verdict.table["partnership"].eq(EVERY)]
    for factor, rows in over_all.groupby("factor", sort=False):
        if rows["mean"].isna().all():
            continue
        code = all_reached(rows, len(rows), conf_level=verdict.conf_level)
        yield {"part": "standing", "verdict": code, "factor": factor}


def _lowest(parts: pd.DataFrame, units: str) -> list[dict[str, Any]]:
    """The lowest units that the intervals cannot tell apart; empty where these are too many to single anything out."""
    known = parts.dropna(subset=["mean", "ci_lower", "ci_upper"])
    if known.empty:
        return []
    lowest = known.loc[known.groupby(units)["mean"].idxmin()].sort_values("mean", kind="stable")
    tied = lowest[lowest["ci_lower"] <= lowest["ci_upper"].iloc[0]]
    if len(lowest) < 2 or len(tied) > _MOST_TIED or len(tied) == len(lowest):
        return []
    found = []
    for row in tied.to_dict("records"):
        own = known[known[units].eq(row[units])]
        near = own.loc[own.groupby("factor")["mean"].idxmin()]
        near = near[near["ci_lower"] <= row["ci_upper"]].sort_values("mean", kind="stable")
        found += [
            {name: one[name] for name in ("factor", "partnership", "side", "mean")} | {"part": "lowest"}
            for one in near.to_dict("records")
        ]
    return found


def _lowest_score(parts: pd.DataFrame) -> list[dict[str, Any]]:
    """The lowest score of ten or more persons that is shown."""
    known = parts.dropna(subset=["mean", "ci_lower"])
    if known.empty:
        return []
    row = known.loc[known["mean"].idxmin()]
    return [{"part": "lowest_score"} | {name: row[name] for name in ("factor", "partnership", "side", "mean")}]


def _gaps(gaps: Gaps | None, parts: pd.DataFrame) -> list[dict[str, Any]]:
    """The largest gap of a factor that counts, with one other that reads the same: the same number, in the same direction."""
    if gaps is None:
        return []
    rows = gaps.table[gaps.table["verdict"].eq("different") & gaps.table["factor"].isin(parts["factor"])]
    rows = rows.sort_values("gap", key=np.abs, ascending=False, kind="stable")
    if rows.empty:
        return []
    same = rows["gap"].map(brief) == brief(rows["gap"].iloc[0])
    names = ("factor", "mean_first", "mean_second", "gap")
    return [{"part": "gap"} | {name: row[name] for name in names} for row in rows[same].head(2).to_dict("records")]


def _gap_in_partnership(differences: PartnershipDifferences | None) -> list[dict[str, Any]]:
    if differences is None or differences.counting.empty:
        return []
    row = differences.counting.iloc[0]
    names = ("factor", "partnership", "mean_first", "mean_second", "gap")
    return [{"part": "gap_in_partnership"} | {name: row[name] for name in names}]


def _actions(
    agenda: Agenda | None, tiers: Tiers | None, details: Gaps | None, cells: Description | None
) -> Iterator[dict[str, Any]]:
    """The first of the agenda; without one, the lowest characteristics where they are few."""
    if agenda is not None:
        rows = agenda.tier("start_here").head(MOST_ACTIONS)
    elif tiers is not None:
        rows = tiers.tier("lowest")
        rows = rows if len(rows) <= MOST_ACTIONS else rows.iloc[:0]
    else:
        return
    gaps = pd.Series(dtype=float)
    if details is not None:
        counts = details.table[details.table["verdict"].eq("different")]
        gaps = counts.set_index("item")["gap"]
    for row in rows.to_dict("records"):
        found = {"part": "action", "factor": row["factor"], "item": row["item"], "mean": row["mean"]}
        found["gap"] = float(gaps.get(row["item"], np.nan))
        lowest = _lowest_cell(cells, row["item"])
        if lowest is not None:
            found |= {"partnership": lowest["partnership"], "side": lowest["side"], "mean_second": lowest["mean"]}
        yield found


def _tied(tiers: Tiers) -> Iterator[dict[str, Any]]:
    """The lowest characteristics, where several are."""
    rows = tiers.tier("lowest")
    for row in rows.to_dict("records") if len(rows) > 1 else []:
        yield {"part": "tied", "factor": row["factor"], "item": row["item"], "mean": row["mean"]}


def _lowest_cell(cells: Description | None, item: str) -> dict[str, Any] | None:
    """The lowest mean of a characteristic among the sides of partnerships, of ten persons or more."""
    if cells is None or "partnership" not in cells.groups:
        return None
    own = cells.table[cells.table["item"].eq(item) & ~cells.table["partnership"].astype(str).str.startswith(OTHERS)]
    own = own[own["state"].eq("full")] if cells.published else own
    own = own.dropna(subset=["mean"])
    if own["partnership"].nunique() < 2:
        return None
    row: dict[str, Any] = own.loc[own["mean"].idxmin()].to_dict()
    return {"partnership": row["partnership"], "side": row.get("side", ""), "mean": row["mean"]}


def _response(response: Response | ResponseRate | None) -> Iterator[dict[str, Any]]:
    if isinstance(response, ResponseRate):
        every = response.table[response.table["partnership"].eq(ALL) & response.table["side"].eq(ALL)]
        for row in every.dropna(subset=["n_persons"]).to_dict("records"):
            yield {"part": "response", "n": row["n_persons"]}
            yield {"part": "invited", "n": row["n_invited"]}
    elif response is not None and response.n_persons is not None:
        yield {"part": "response", "n": response.n_persons}


def _withheld(parts: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Sides of partnerships of which no score may be shown."""
    if "state" not in parts:
        return
    for (partnership, side), rows in parts.groupby(["partnership", "side"], sort=False):
        if rows["mean"].isna().all() and rows["state"].eq("withheld").any():
            yield {"part": "withheld", "partnership": partnership, "side": side}


def _unsettled(robust: Robustness | None) -> Iterator[dict[str, Any]]:
    if robust is None:
        return
    known = robust._known()
    for row in known[known["n_hold"] < known["n_choices"]].to_dict("records"):
        yield {"part": "unsettled", "factor": row["factor"], "side": row["side"], "verdict": row["verdict"]}


def _changes(changes: Changes | None, parts: pd.DataFrame) -> Iterator[dict[str, Any]]:
    if changes is None:
        return
    rows = changes.table[changes.table["verdict"].eq("different") & changes.table["factor"].isin(parts["factor"])]
    for row in rows.to_dict("records"):
        yield {
            "part": "change",
            "factor": row["factor"],
            "side": row.get("side", ""),
            "mean_first": row["mean_before"],
            "mean_second": row["mean_after"],
            "gap": row["change"],
        }
