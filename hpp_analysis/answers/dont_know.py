"""What do people not know? The shares of "don't know" per characteristic, and where one side knows less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.shares import shares_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import characteristics, two_sides
from hpp_analysis.common.interpret import DONT_KNOW_OFTEN
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.who import Who, capital
from hpp_analysis.core.groups.proportions import newcombe, wilson
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.survey.understand import NOT_ASKED
from hpp_analysis.texts import gettext as _

_PLACES = ("first", "second")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DontKnow(Result):
    """Shares of "don't know" per characteristic.

    Attributes
    ----------
    table : DataFrame
        factor, item, share_first and share_second (of the sides in their order; without sides the first only; each rating
        counts equally), asked_first and asked_second (persons who were asked), n_first and n_second (persons who gave an
        answer), often ("first", "second", "both", "": whose share is a tenth or more for certain) and differs ("first",
        "second", "": who says it more often for certain).
    sides : tuple of str
        The two sides, or an empty tuple where the answers do not tell them apart.
    offered : bool
        Whether the questionnaire offers "don't know".
    conf_level : float
        Of what is said to be certain.
    """

    sides: tuple[str, ...] = setting(())
    offered: bool = setting(True)
    conf_level: float = setting(0.95)

    def _declare(self) -> Declaration:
        headings = {place: self._called(side, "side") for place, side in zip(_PLACES, self.sides, strict=False)}
        asked_text = {place: _("Asked, {side}").format(side=heading) for place, heading in headings.items()}
        if not self.sides:
            headings, asked_text = {"first": _("Don't know")}, {"first": _("Asked")}
        return Declaration(
            name="dont_know",
            caption=_("How often people did not know"),
            variable="item",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("item", _("Characteristic"), key=True),
                *(Column(f"share_{place}", headings.get(place, ""), "share", reveals="share") for place in _PLACES),
                Column("finding", _("Finding")),
                *(Column(f"asked_{place}", asked_text.get(place, ""), "count", reveals="count") for place in _PLACES),
                *(Column(f"n_{place}", reveals="count") for place in _PLACES),
                Column("often", reveals="share"),
                Column("differs", reveals="share"),
            ),
            figures={"bars": self._bars},
        )

    def _cells(self) -> list[list[CellKey]]:
        """Both sides of a row must be visible."""
        groups = [{**self.context.selection, "side": side} for side in self.sides] or [dict(self.context.selection)]
        return [[(frozenset(group.items()), str(item)) for group in groups] for item in self.table["item"]]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Whole percents."""
        shares = [column for column in ("share_first", "share_second") if column in table]
        return table.assign(**{column: table[column].round(2) for column in shares})

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        findings = []
        for often, differs in zip(self.table["often"], self.table["differs"], strict=True):
            parts = [_("often")] if often else []
            if differs in ("first", "second"):
                side = self.sides[0] if differs == "first" else self.sides[1]
                parts.append(_("more: {side}").format(side=self._called(side, "side")))
            findings.append("; ".join(parts) or None)
        return frame.assign(finding=findings)

    def _notes(self) -> list[str]:
        return [
            _("Shares are of all ratings in which it was asked; each rating counts equally.")
            if self.context.by_partnership
            else _("Shares are of all persons who were asked."),
            _("Often: {share} or more for certain.").format(share=format_value(DONT_KNOW_OFTEN, "share")),
        ]

    def _summary(self) -> list[str]:
        if not self.offered:
            return [_("The questionnaire offers no answer 'don't know'.")]
        known = self.table.dropna(subset=["share_first"])
        if known.empty:
            return [self._nothing_said(_("How often people did not know is withheld to protect small groups."))]
        return [self._overall(known), *self._sentences(known)]

    def _overall(self, known: pd.DataFrame) -> str:
        """The mean share over the characteristics that are shown."""
        if not self.sides:
            share = format_value(known["share_first"].mean(), "share")
            return _("'Don't know' is {share} of all answers.").format(share=share)
        first, second = (Who(self).side(side) for side in self.sides)
        return _("'Don't know' is {x} of all answers of {first} and {y} of those of {second}.").format(
            first=first,
            second=second,
            x=format_value(known["share_first"].mean(), "share"),
            y=format_value(known["share_second"].mean(), "share"),
        )

    def _sentences(self, known: pd.DataFrame) -> list[str]:
        sentences = []
        for place, column in (("first", "share_first"), ("second", "share_second")):
            side = dict(zip(("first", "second"), self.sides, strict=False)).get(place)
            whose = Who(self).about("", side or "")
            often = known[known["often"].isin([place, "both"])]
            if len(often):
                sentences.append(
                    capital(
                        _("{whose}: {share} or more did not know for {names}.").format(
                            whose=whose, share=format_value(DONT_KNOW_OFTEN, "share"), names=self._names(often, column)
                        )
                    )
                )
            more = known[known["differs"].eq(place)]
            if len(more):
                sentences.append(
                    _("Less often known by {whose} than by the other side: {names}.").format(
                        whose=whose, names=self._names(more, column)
                    )
                )
        return sentences or [
            _("For no characteristic is it certain that {share} or more did not know.").format(
                share=format_value(DONT_KNOW_OFTEN, "share")
            )
        ]

    def _names(self, rows: pd.DataFrame, column: str) -> str:
        return join_names(
            [
                _("{name} ({share})").format(
                    name=self._called(str(row["item"])), share=format_value(row[column], "share")
                )
                for _place, row in rows.sort_values(column, ascending=False).iterrows()
            ]
        )

    def _methods(self) -> list[str]:
        if not self.offered:
            return []
        if not self.sides:
            return [
                _(
                    "That {share} or more did not know is said only when the {level} score interval of the share (Wilson, "
                    "1927) lies above it. 'Don't know' is not an answer that was skipped."
                ).format(share=format_value(DONT_KNOW_OFTEN, "share"), level=format_value(self.conf_level, "share"))
            ]
        return [
            _(
                "That {share} or more did not know is said only when the {level} score interval of the share (Wilson, 1927) "
                "lies above it, and that one side knew less only when the interval of the difference (Newcombe, 1998), "
                "widened for the number of characteristics (Bonferroni), excludes zero. 'Don't know' is not an answer that "
                "was skipped."
            ).format(share=format_value(DONT_KNOW_OFTEN, "share"), level=format_value(self.conf_level, "share"))
        ]

    def _bars(self) -> Figure:
        rows = [
            pd.DataFrame(
                {
                    "group": [self._called(str(factor)) for factor in self.table["factor"]],
                    "label": [self._called(str(item)) for item in self.table["item"]],
                    "series": self._called(side, "side") if side else "",
                    "n": self.table[f"share_{place}"] * 100.0,
                }
            )
            for place, side in zip(_PLACES, self.sides or ("",), strict=False)
        ]
        return Figure(plots.bars, pd.concat(rows, ignore_index=True), xlabel=_("Don't know, percent"))


@publishable
@checked
def count_dont_know(data: Survey, *, conf_level: float = 0.95) -> DontKnow:
    """Say how often people did not know, per characteristic and side.

    Parameters
    ----------
    data : Survey
        The answers.
    conf_level : float
        Of what is said to be certain.

    Returns
    -------
    DontKnow

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953; Newcombe (1998),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> shares = count_dont_know(simulate_study(seed=1).survey).to_frame()
    >>> bool(shares["share_first"].between(0, 1).all())
    True
    """
    instrument = data.instrument
    items = characteristics(data)
    table = pd.DataFrame({"factor": [item.factor for item in items], "item": [item.id for item in items]})
    sides = two_sides(data, "side") if "side" in data.respondents else ()
    return DontKnow(
        context=Context.of(data),
        table=table.assign(**_columns(data, list(table["item"]), sides, conf_level)),
        sides=sides,
        offered=instrument.scale.dont_know is not None,
        conf_level=conf_level,
    )


def _columns(survey: Survey, items: list[str], sides: tuple[str, ...], conf_level: float) -> dict[str, Any]:
    """The columns of the table besides its keys."""
    reasons = survey.reasons[items]
    groups = ("side",) if sides else ()
    # of ratings, as `describe` counts them: shares in another weighting are a second equation in the same few answers
    shares = shares_of(survey, reasons == "dont_know", reasons != NOT_ASKED, groups, weight="respondent")
    answered = survey.items[items].notna()
    answers = shares_of(survey, answered, answered, groups)
    columns: dict[str, Any] = {}
    share, size, often = [], [], []
    for name, side in zip(("first", "second"), sides or ("",), strict=False):
        key = (side,) if sides else ()
        place = shares.groups.index(key) if key in shares.groups else None  # a side may not have answered at all
        nobody = np.zeros(len(items), dtype=int)
        share.append(nobody * np.nan if place is None else shares.share[place])
        size.append(nobody.astype(float) if place is None else shares.n_effective[place])
        columns[f"share_{name}"] = share[-1]
        columns[f"asked_{name}"] = nobody if place is None else shares.n_persons[place]
        columns[f"n_{name}"] = nobody if place is None else answers.n_persons[place]
        often.append(wilson(share[-1], size[-1], conf_level=conf_level)[0] >= DONT_KNOW_OFTEN)
    if not sides:
        return columns | {"often": np.where(often[0], "first", ""), "differs": ""}
    each = 1.0 - (1.0 - conf_level) / max(len(items), 1)
    low, high = newcombe(share[0], size[0], share[1], size[1], conf_level=each)
    both = [often[0] & often[1], often[0], often[1]]
    return columns | {
        "often": np.select(both, ["both", "first", "second"], default=""),
        "differs": np.select([low > 0, high < 0], ["first", "second"], default=""),
    }
