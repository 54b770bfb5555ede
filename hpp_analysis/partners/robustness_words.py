"""What robustness says of itself: on the first page, in full, and in a method section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from hpp_analysis.common.interpret import MANY_UNKNOWN, MIN_LEFT, ODD_P, RUN_SHARE, STILL_SHARE
from hpp_analysis.common.result import join_names
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import Headline
from hpp_analysis.partners.choices import choice_words
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def share_of(hold: int, n: int) -> str:
    """In how many of all choices."""
    return _("{hold} of {n}").format(hold=format_value(hold, "count"), n=format_value(n, "count"))


def untold(of: Headline) -> str:
    """What is said where no count may be shown."""
    if of == "scores":
        return _("Whether the verdicts on the scores hold under other choices cannot be shown.")
    return _("Whether the verdicts on the gaps hold under other choices cannot be shown.")


def headline(told: pd.DataFrame) -> list[str]:
    """In how many other analyses the verdicts hold, in one sentence."""
    n, least, most = (int(number) for number in (told["n_choices"].max(), told["n_hold"].min(), told["n_hold"].max()))
    if least == n:
        said = ngettext(
            "As far as can be shown, the verdicts hold in {n} other defensible analysis.",
            "As far as can be shown, the verdicts hold in each of {n} other defensible analyses.",
            n,
        )
        return [said.format(n=n)]
    if least == most:
        said = _("As far as can be shown, the verdicts hold in {share} other defensible analyses.")
        return [said.format(share=share_of(least, n))]
    said = _("As far as can be shown, the verdicts hold in {least} to {most} of {n} other defensible analyses.")
    return [said.format(least=least, most=most, n=n)]


def sentences(told: pd.DataFrame, whose: Callable[[Any, Any], str], *, everything: bool, published: bool) -> list[str]:
    """In how many other analyses which verdicts hold.

    Parameters
    ----------
    told : DataFrame
        The verdicts of which it may be told: factor, side, n_hold, n_other and n_choices.
    whose : callable
        What a factor and side are called.
    everything : bool
        Whether these are all verdicts there are.
    published : bool
        Whether it may not be told what the other verdicts were.
    """
    n = int(told["n_choices"].max())
    firm = told[told["n_hold"].eq(told["n_choices"])]
    if len(firm) == len(told) and everything:
        return [
            ngettext(
                "All of these verdicts hold in {n} other defensible analysis of the same answers.",
                "All of these verdicts hold in each of {n} other defensible analyses of the same answers.",
                n,
            ).format(n=n)
        ]
    said = []
    if len(firm):
        names = [whose(row.factor, row.side) for row in firm.itertuples()]
        said.append(
            _("In each of {n} other defensible analyses the verdict holds for {names}.").format(
                n=n, names=join_names(names)
            )
        )
    for hold, rows in sorted(told.drop(firm.index).groupby("n_hold"), key=lambda pair: pair[0], reverse=True):
        names = [whose(row.factor, row.side) for row in rows.itertuples()]
        sentence = (
            _("It holds in {share} for {names}.")
            if said
            else _("In {share} other defensible analyses the verdict holds for {names}.")
        )
        said.append(sentence.format(share=share_of(int(hold), n), names=join_names(names)))
    if not published and int(told["n_other"].sum()) == 0:
        said.append(_("In the others these answers cannot tell; in none does the verdict turn."))
    return said


def methods(*, partnerships: bool) -> list[str]:
    """How the other analyses were made, as a method section says it."""
    return [
        (
            _(
                "Each verdict was made again in other defensible ways: {choices} (a multiverse analysis; Steegen, "
                "Tuerlinckx, Gelman & Vanpaemel, 2016). Choices that change nothing, or leave fewer than "
                "{share} of the ratings, do not count."
            )
            if partnerships
            else _(
                "Each verdict was made again in other defensible ways: {choices} (a multiverse analysis; Steegen, "
                "Tuerlinckx, Gelman & Vanpaemel, 2016). Choices that change nothing, or leave fewer than "
                "{share} of the persons, do not count."
            )
        ).format(
            choices=", ".join(_(text) for text in choice_words(partnerships=partnerships).values()),
            share=format_value(MIN_LEFT, "share"),
        ),
        (
            _(
                "Signs of careless answering are a run of equal answers over more than {run} of the items (Curran, "
                "2016), the {still} of ratings that vary least (Dunn et al., 2018), and a Mahalanobis distance with "
                "p < {p} (Meade & Craig, 2012); often saying 'don't know' is to more than {unknown} of the items."
            )
            if partnerships
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
