"""What verdicts say of themselves: in sentences, and in a method section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from hpp_analysis.common.interpret import SETTLE_POWER
from hpp_analysis.common.result import join_names
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.texts import gettext as _

_MOST_NAMES = 4
"""So many invitations stand in the summary; the table has them all."""

Where = Callable[[Any, Any], str]
"""What a side of a partnership is called; "" for all of them."""
Places = Callable[[pd.Series], list[str]]
Named = Callable[[str], str]


def side_sentence(row: Any, where: Where, line: str) -> str:
    """Whether a side's factors all reached it; scores that lie close together are not ranked."""
    words = {
        "reached": _("{whose}: all factors reached the threshold of {threshold}."),
        "not_reached": _("{whose}: not all factors reached the threshold of {threshold}."),
        "cannot_tell": _(
            "{whose}: these answers cannot tell whether all factors reached the threshold of {threshold}."
        ),
    }
    return words[row.verdict].format(whose=where("", row.of_side), threshold=line)


def partnership_sentences(frame: pd.DataFrame, places: Places) -> list[str]:
    """Which partnerships are high performing on every factor."""
    words = {
        "reached": _("High performing on every factor, in the eyes of both sides: {names}."),
        "not_reached": _("Not high performing on every factor: {names}."),
        "cannot_tell": _("These answers cannot tell whether it is high performing: {names}."),
    }
    return [
        sentence.format(names=join_names(places(same["of_partnership"])))
        for code, sentence in words.items()
        if len(same := frame[frame["verdict"].eq(code)])
    ]


def chain_sentence(row: Any, where: Where, named: Named, *, partnerships: bool) -> str:
    """All partnerships, or both sides, together, and the lowest score."""
    words = (
        {
            "reached": _("The chain as a whole reached the threshold"),
            "not_reached": _("The chain as a whole did not reach the threshold"),
            "cannot_tell": _("Whether the chain as a whole reached the threshold, these answers cannot tell"),
        }
        if partnerships
        else {
            "reached": _("Both sides together reached the threshold"),
            "not_reached": _("Both sides together did not reach the threshold"),
            "cannot_tell": _("Whether both sides together reached the threshold, these answers cannot tell"),
        }
    )
    if row.scale is None:
        return _("{sentence}; no score can be shown.").format(sentence=words[row.verdict])
    return _("{sentence}: the lowest score that is shown is {factor}, {where} ({mean}).").format(
        sentence=words[row.verdict],
        factor=named(row.scale),
        where=where(row.partnership, row.side),
        mean=brief(row.mean),
    )


def invitation_sentences(frame: pd.DataFrame, where: Where, named: Named) -> list[str]:
    """Whom to invite more of, and where too few answered."""
    if frame.empty:
        return []
    said = []
    more = frame[frame["n_more"].notna()]
    if len(more):
        asked = [
            _("about {n} more from {whose} ({factors})").format(
                n=format_value(row.n_more, "count"),
                whose=where(row.partnership, row.side),
                factors=join_names([named(factor) for factor in row.factors]),
            )
            for row in more.nsmallest(_MOST_NAMES, "n_more").itertuples()
        ]
        said.append(_("Answers that would probably settle what is unclear: {asked}.").format(asked=join_names(asked)))
    few = frame[frame["too_few"]]
    if len(few):
        names = [where(row.partnership, row.side) for row in few.itertuples()]
        said.append(_("Too few persons for a verdict: {names}.").format(names=join_names(names)))
    return said


def methods(conf_level: float, *, partnerships: bool) -> list[str]:
    """How verdicts are made, as a method section says it."""
    return [
        _(
            "A factor reached the threshold when the {level} interval of its score lies at the threshold or above "
            "it, and did not when it lies below; in all other cases the answers cannot tell."
        ).format(level=format_value(conf_level, "share")),
        _(
            "Several factors together reached the threshold when each of them did (an intersection-union test; Berger, 1982), "
            "and did not when one of them did not. What is withheld or was not answered counts as unknown."
        )
        if not partnerships
        else _(
            "Several factors, sides or partnerships together reached it when each of them did (an "
            "intersection-union test; Berger, 1982), and did not when one of them did not: a chain is as strong "
            "as its weakest link. What is withheld or was not answered counts as unknown."
        ),
        _(
            "The number of answers that would settle a verdict is that of a one-sample t-test with a power of "
            "{power} (Cohen, 1988), at the score and the spread of now."
        ).format(power=format_value(SETTLE_POWER, "share")),
    ]
