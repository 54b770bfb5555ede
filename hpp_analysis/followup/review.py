"""What became of the agreements? What the scores of exactly the agreed points did, beside what chance leads one to expect."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from babel.dates import format_date

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import given_as, places_of
from hpp_analysis.common.cleared import ClearedSurvey
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable, counted, setting
from hpp_analysis.common.design import design_of
from hpp_analysis.common.interpret import MARGIN
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.weighing import interval_note
from hpp_analysis.common.who import Who
from hpp_analysis.core.groups.cell_means import t_intervals
from hpp_analysis.core.groups.regression_to_mean import Ratings, expected_change
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.followup.agreements import STATUSES, Agreement, cells_of_point, status_words
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.partners.contrasts import SIDES, Comparison, side_columns
from hpp_analysis.partners.difference_verdicts import add_verdicts
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.survey.understand import NOT_ASKED
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import locale, ngettext

_FIXED = ("id", "wave", "partnership", "side", "about", "agreement", "owners", "by_when", "status", "evidence")
_NUMBERS = ("mean_before", "mean_after", "change", "se", "df", "ci_lower", "ci_upper", "n_before", "n_after")
_OF_WAVES = {
    "mean_first": "mean_after", "mean_second": "mean_before", "gap": "change", "n_first": "n_after", "n_second": "n_before",
}  # fmt: skip
_COLUMNS = (*_FIXED, *_NUMBERS, "expected", "excess", "p", "p_adjusted", "verdict")
_MOST_SAID = 6
"""Agreements of which a sentence speaks; the others stand in the table."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class AgreementReview(Result):
    """The agreements of earlier waves, and the scores of the points that they are about.

    Attributes
    ----------
    table : DataFrame
        One row per agreement about a score: id, wave (in which it was agreed), partnership, side, about, agreement, owners,
        by_when, status, evidence; mean_before, mean_after, change (since that wave), se, df, ci_lower, ci_upper, n_before,
        n_after; expected (the change that chance alone leads one to expect), excess (the change beyond it), p, p_adjusted,
        verdict ("different", "small_difference", "alike", "cannot_tell": of the excess). Of a published review, agreements
        about scores that may not be shown are left out.
    others : tuple of Agreement
        The agreements about no score.
    last : str
        The wave that is compared with.
    sides : tuple of str
        The sides of the answers.
    n_scored : int
        How many agreements are about a score.
    between : bool
        Whether the change by chance counts how low whole groups were; that takes several groups.
    margin, conf_level : float
        As given to `review_agreements`.
    """

    others: tuple[Agreement, ...] = setting(())
    last: str = setting("")
    sides: tuple[str, ...] = setting(())
    n_scored: int = setting(0)
    between: bool = counted(True)
    margin: float = setting(MARGIN)
    conf_level: float = setting(0.95)

    def _declare(self) -> Declaration:
        words = {
            "different": _("more than chance alone"),
            "less": _("less than chance alone"),
            "small_difference": _("about what chance gives"),
            "alike": _("about what chance gives"),
            "cannot_tell": _("unclear"),
        }
        fixed = ("agreement", "owners", "by_when", "status", "evidence", "asked")
        return Declaration(
            name="agreements",
            caption=_("What the agreed points did"),
            variable="about",
            columns=(
                Column("id", _("No."), key=True),
                Column("wave", _("Agreed in wave"), key=True),
                Column("partnership", key=True),
                Column("side", key=True),
                Column("about", _("Point"), key=True),
                Column("mean_before", _("Then"), "score", reveals="mean"),
                Column("mean_after", _("Now"), "score", reveals="mean"),
                Column("change", _("Change"), "difference", reveals="difference"),
                Column("ci_lower", _("Interval"), "difference", upper="ci_upper", reveals="interval", optional=True),
                Column("expected", _("By chance alone"), "difference", reveals="interval", optional=True),
                Column("verdict", _("Beyond chance"), reveals="interval", optional=True, words=words),
                Column("n_before", _("Persons then"), "count", reveals="size"),
                Column("n_after", _("Persons now"), "count", reveals="size"),
                *hidden("nothing", *fixed),
                *hidden("interval", "se", "df", "excess", "p", "p_adjusted"),
            ),
            figures={"changes": self._changes},
            tables={"agreed": self._agreed},
        )

    def _cells(self) -> list[list[CellKey]]:
        """Require both waves of a row to be visible; only the first where the last wave did not ask."""
        return [
            cells_of_point(
                {name: row[name] for name in ("partnership", "side")},
                row["about"],
                self.context.selection,
                self.sides,
                (row["wave"], self.last) if row["asked"] else (row["wave"],),
            )
            for row in self.table.to_dict("records")
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Leave out points that may not be shown, and make what follows from rounded numbers again.

        A point that was chosen from numbers that nobody may see would tell that these are low.
        """
        shown = table[table["state"].isin(["full", "mean_only"])].reset_index(drop=True)
        change = (shown["mean_after"] - shown["mean_before"]).round(2).where(shown["change"].notna())
        return _judged(shown.assign(change=change), self.margin, self.conf_level)

    # Words

    def _point(self, row: Mapping[str, Any]) -> str:
        """A point by name, with whose judgement it is."""
        name = self._called(str(row["about"]))
        where = self._where(row)
        point = _("{factor} ({where})").format(factor=name, where=where) if where else name
        if self.table["wave"].nunique() > 1:  # the same point may have been agreed twice
            point = _("{point}, since wave {wave}").format(point=point, wave=row["wave"])
        return point

    def _where(self, row: Mapping[str, Any]) -> str:
        who = Who(self)
        return who.about(row["partnership"], row["side"]) if row["partnership"] or row["side"] else ""

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        frame["about"] = [self._point(row) for row in self.table.to_dict("records")]
        frame["verdict"] = [self._declare_words().get(code) for code in _codes(self.table)]
        return frame

    def _declare_words(self) -> dict[str, str]:
        column = next(column for column in self._declare().columns if column.name == "verdict")
        return dict(column.words or {})

    def _all(self) -> pd.DataFrame:
        """Every agreement that is shown, with or without a score."""
        others = pd.DataFrame([_plain(one) for one in self.others], columns=list(_FIXED))
        return pd.concat([self.table[list(_FIXED)], others], ignore_index=True)

    def _summary(self) -> list[str]:
        every = self._all()
        if every.empty and not self.n_scored:
            return [_("No agreement of an earlier wave is known.")]
        said = [self._standing(every)] if len(every) else []
        said += [sentence for row in self.table.head(_MOST_SAID).to_dict("records") if (sentence := self._told(row))]
        if left := max(len(self.table) - _MOST_SAID, 0):
            said.append(ngettext("{n} more stands in the table.", "{n} more stand in the table.", left).format(n=left))
        return [*said, *self._left_out()]

    def _headline(self) -> list[str]:
        every = self._all()
        return [self._standing(every)] if len(every) else self._summary()[:1]

    def _standing(self, every: pd.DataFrame) -> str:
        """How many agreements there are, and how far these are."""
        counts = every["status"].value_counts()
        words = {
            "done": _("{n} done"),
            "doing": _("{n} under way"),
            "open": _("{n} still open"),
            "dropped": _("{n} dropped"),
        }
        parts = join_names([said.format(n=counts[code]) for code, said in words.items() if code in counts])
        if self.n_scored > len(self.table):
            return _("Agreements that may be shown: {parts}.").format(parts=parts)
        return _("Agreements made: {parts}.").format(parts=parts)

    def _told(self, row: Mapping[str, Any]) -> str:
        """What the score of one point did, and whether that is more than chance."""
        words = {
            "point": self._point(row),
            "before": brief(row["mean_before"]),
            "after": brief(row["mean_after"]),
            "wave": row["wave"],
        }
        if not row["asked"]:
            return (
                _("{point}: wave {last} did not ask this; in wave {wave} it was {before}.").format(
                    last=self.last, **words
                )
                if np.isfinite(row["mean_before"])
                else ""
            )
        if np.isnan(row["change"]):
            return _("{point}: the change cannot be given.").format(**words)
        moved = (
            _("{point} rose from {before} to {after}.")
            if words["after"] != words["before"] and row["change"] > 0
            else _("{point} fell from {before} to {after}.")
            if words["after"] != words["before"]
            else _("{point} stayed at {after}.")
        ).format(**words)
        if np.isnan(row["ci_lower"]):
            return " ".join([moved, _("There are too few persons to tell whether that is more than chance.")])
        if np.isnan(row["expected"]):
            return " ".join([moved, _("What chance alone would give, cannot be estimated.")])
        return " ".join([moved, self._against_chance(row)])

    def _against_chance(self, row: Mapping[str, Any]) -> str:
        expected, code = row["expected"], row["verdict"]
        chance = (
            _("Chance alone leads one to expect a rise of {size}.")
            if expected > 0 and brief(abs(expected)) != brief(0.0)
            else _("Chance alone leads one to expect a fall of {size}.")
            if brief(abs(expected)) != brief(0.0)
            else _("Chance alone leads one to expect no change.")
        ).format(size=brief(abs(expected)))
        if code == "different":
            beyond = (
                _("The score is higher now than that explains.")
                if row["excess"] > 0
                else _("The score is lower now than that explains.")
            )
        elif code in ("alike", "small_difference"):
            beyond = _("The score is about where that would bring it.")
        else:
            beyond = _("Whether the score differs from that, these answers cannot tell.")
        return f"{chance} {beyond}"

    def _left_out(self) -> list[str]:
        left_out = self.n_scored - len(self.table)
        if not left_out:
            return []
        return [
            ngettext(
                "{n} agreement is about a score that may not be shown; it stands in the sheet of agreements only.",
                "{n} agreements are about scores that may not be shown; they stand in the sheet of agreements only.",
                left_out,
            ).format(n=left_out)
        ]

    def _notes(self) -> list[str]:
        if self.table.empty:
            return []
        notes = [interval_note(format_value(self.conf_level, "share"), partnerships=self.context.by_partnership)]
        if self.table["expected"].notna().any():
            notes.append(
                _(
                    "Points are often agreed because they score low. Part of a low score is chance, which does not come back: "
                    "such scores rise by themselves. 'By chance alone' is the rise to expect if nothing had changed."
                )
            )
        return notes

    def _methods(self) -> list[str]:
        if self.table.empty:
            return []
        methods = [
            _(
                "The change of an agreed point is the mean of wave {last} minus that of the wave in which it was agreed. Beside it "
                "stands the change that regression to the mean leads one to expect (Barnett et al., 2005): the share of chance in how far "
                "the score lay from the other scores of the same group, and the group from the other groups, "
                "estimated from the spread between persons and between scores (Efron & Morris, 1973). Chance that the same persons "
                "bring along again is left out of it. A change counts as beyond chance when the difference from it stays below {p} after "
                "adjustment for the number of agreements (Holm, 1979). It does not show what caused a change."
            ).format(last=self.last, p=format_value(1 - self.conf_level, "coefficient"))
        ]
        if not self.between:
            methods.append(_("There are too few groups to estimate how far whole groups are low by chance."))
        return methods

    def _changes(self) -> Figure:
        scored = self.table[self.table["change"].notna()]
        labels = [self._point(row) for row in scored.to_dict("records")]
        seen: dict[str, int] = {}
        for place, label in enumerate(labels):  # two agreements about one point are one row of the figure
            seen.setdefault(label, place)
        first = scored.iloc[list(seen.values())]
        own = pd.DataFrame({"label": list(seen), "estimate": first["change"], **first[["ci_lower", "ci_upper"]]})
        chance = own.assign(estimate=first["expected"], ci_lower=np.nan, ci_upper=np.nan)
        rows = pd.concat(
            [own.assign(series=_("Change")), chance[chance["estimate"].notna()].assign(series=_("By chance alone"))]
        )
        opening = ngettext(
            "Chart of the change of {n} agreed point with its interval, beside the change by chance alone.",
            "Chart of the changes of {n} agreed points with their intervals, beside the changes by chance alone.",
            len(seen),
        ).format(n=len(seen))
        return Figure(
            plots.intervals,
            rows,
            reference=0.0,
            xlabel=_("Change, in scale points"),
            width=plots.NARROW,
            alt=" ".join([opening, *(self._told(row) for row in first.to_dict("records"))]),
        )

    def _agreed(self) -> FurtherTable:
        every, words = self._all(), status_words()
        frame = pd.DataFrame(
            {
                "id": every["id"],
                "point": [self._point(row) if row["about"] else self._where(row) for row in every.to_dict("records")],
                "agreement": every["agreement"],
                "owners": every["owners"],
                "by_when": [_day(text) for text in every["by_when"]],
                "status": [words.get(code, code) for code in every["status"]],
                "evidence": every["evidence"],
            }
        )
        columns = (
            Column("id", _("No."), key=True),
            Column("point", _("Point")),
            Column("agreement", _("What was agreed")),
            Column("owners", _("Who")),
            Column("by_when", _("By when")),
            Column("status", _("Status")),
            Column("evidence", _("What shows it")),
        )
        shown = [column for column in columns if column.key or frame[column.name].astype(bool).any()]
        return FurtherTable(frame, tuple(shown), _("What was agreed, and what was done"))


def _day(text: str) -> str:
    """A date as people write it in the language in use."""
    return format_date(dt.date.fromisoformat(text), "medium", locale=locale()) if text else ""


def _codes(table: pd.DataFrame) -> list[str]:
    """The verdicts, with a word of its own for what lies below what chance gives."""
    return [
        "less" if code == "different" and excess < 0 else str(code)
        for code, excess in zip(table["verdict"], table["excess"], strict=True)
    ]


@publishable
@checked
def review_agreements(
    data: Survey, agreements: Sequence[Agreement], *, margin: float = MARGIN, conf_level: float = 0.95
) -> AgreementReview:
    """Review the agreements of earlier waves: what was done, and what the scores of exactly those points did.

    Parameters
    ----------
    data : Survey
        The answers of all waves up to the last, as `Survey.history` gives them.
    agreements : sequence of Agreement
        From `read_agreements`; those of the last wave, and rows without an agreement, are left out.
    margin : float
        A smaller difference from what chance gives, in scale points, is too small to act on.
    conf_level : float
        Of the intervals.

    Returns
    -------
    AgreementReview
        Its figures show the changes beside what chance alone leads one to expect; `show(review, "agreed")` is the list.

    Raises
    ------
    OptionError
        When an agreement names something that the answers do not have.

    References
    ----------
    Barnett, van der Pols & Dobson (2005), doi:10.1093/ije/dyh299; Efron & Morris (1973),
    doi:10.1080/01621459.1973.10481350; Holm (1979), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(waves=2, seed=1).survey
    >>> agreed = [Agreement(id="1", wave="1", about="equ3", agreement="We decide together.", status="done")]
    >>> review_agreements(survey, agreed).to_frame()[["about", "status"]].values.tolist()
    [['equ3', 'done']]
    """
    in_range(margin, "margin", above=0)
    last = max(data.values("wave"), key=wave_order) if "wave" in data.respondents else ""
    earlier = [one for one in agreements if one.agreement and wave_order(one.wave) < wave_order(last)] if last else []
    for one in earlier:
        _check(one, data)
    scored = [one for one in earlier if one.about]
    rows = [{**_plain(one), **_scored(data, one, last, conf_level)} for one in scored]
    table = pd.DataFrame(rows, columns=[*_COLUMNS, "asked"])
    table = table.astype(dict.fromkeys([*_NUMBERS, "expected"], float)).astype({"asked": bool})
    expected, between = _expected(data, scored, last)
    table["expected"] = expected
    table = _judged(table, margin, conf_level)
    asked = table["asked"].to_numpy(bool)
    found = {
        "not_asked": bool((~asked).any()),
        "no_answers": bool((asked & table["n_after"].eq(0)).any()),
        "few_persons": bool((asked & table["change"].notna() & table["ci_lower"].isna()).any()),
        "few_groups": not between,
    }
    return AgreementReview(
        context=Context.of(data),
        table=table,
        others=tuple(one for one in earlier if not one.about),
        last=last,
        sides=data.values("side") if "side" in data.respondents else (),
        n_scored=len(scored),
        between=between,
        margin=margin,
        conf_level=conf_level,
        flags=tuple(flag for flag, holds in found.items() if holds),
    )


def _check(one: Agreement, data: Survey) -> None:
    """Raise `OptionError` where an agreement does not fit the questionnaire or the answers."""
    instrument = data.instrument
    parts = (*instrument.factors, *instrument.outcomes)
    if one.about:
        ids = [*(part.id for part in parts), *(item.id for item in instrument.items)]
        names_in(one.about, ids, "about", kind="a factor or a characteristic")
    names_in(one.status, STATUSES, "status", kind="a status")
    if isinstance(data, ClearedSurvey):  # of which groups are left out
        return
    for column in ("wave", "partnership", "side"):
        value = getattr(one, column)
        if value and column not in data.respondents:
            raise OptionError(
                f"An agreement must fit the answers, which have no column {column!r}. Given: {value!r}. Leave it out."
            )
        if value:
            names_in(value, data.values(column), column, kind=f"a {column} of the answers")


def _plain(one: Agreement) -> dict[str, str]:
    owners = ", ".join(name for name in (one.owner_first, one.owner_second) if name)
    return {**{name: getattr(one, name) for name in _FIXED if name != "owners"}, "owners": owners}


def _values(data: Survey, about: str) -> pd.DataFrame:
    """The factors, or the characteristics, among which a point was chosen."""
    scales = scale_values(data)
    if about in scales:
        return scales
    factors = {part.id for part in (*data.instrument.factors, *data.instrument.outcomes)}
    items = [item.id for item in data.instrument.items if item.factor in factors and item.id in data.items]
    return data.items[items]


def _rows(data: Survey, one: Agreement) -> np.ndarray:
    """The ratings that a point is about."""
    rows = np.ones(len(data), dtype=bool)
    for column in ("partnership", "side"):
        if getattr(one, column):
            rows &= data.respondents[column].astype(str).to_numpy() == getattr(one, column)
    return rows


def _scored(data: Survey, one: Agreement, last: str, conf_level: float) -> dict[str, object]:
    """The means of a point in both waves, and the change."""
    comparison = Comparison(
        side="wave", sides=(last, one.wave), pair="partnership", weight="organisation", inference="fixed",
        margin=MARGIN, conf_level=conf_level,
    )  # fmt: skip
    values, rows = _values(data, one.about), _rows(data, one)
    wave = data.respondents["wave"].astype(str).to_numpy()
    # an item that no wave asked is no column of the answers
    asked = one.about in values and _asked(data, one.about, wave == last)
    if one.about not in values or not rows.any():
        return {"asked": asked, "n_before": 0, "n_after": 0}
    part = comparison.design(data).part(rows)
    members = comparison.members(part)
    if not all(member.any() for member in members):
        return {"asked": asked, "n_before": 0, "n_after": 0}
    # cells of other partnerships and sides are no part of the point
    own = np.isin(np.arange(len(part.cells)), part.cell)
    found = part.means(
        values.loc[rows, [one.about]], [member & own for member in members], "organisation", combinations=SIDES,
        conf_level=conf_level,
    )  # fmt: skip
    numbers = {**side_columns(found), **dict(zip(("n_first", "n_second"), found.n_persons, strict=True))}
    return {"asked": asked, **{_OF_WAVES.get(name, name): column[0] for name, column in numbers.items()}}


def _asked(data: Survey, about: str, rows: np.ndarray) -> bool:
    """Whether a wave asked a point. Whether anybody answered plays no part."""
    places = places_of(data, about) if about in scale_values(data) else [data.items.columns.get_loc(about)]
    return bool((~given_as(data, NOT_ASKED)[:, places])[rows].any())


def _expected(data: Survey, scored: Sequence[Agreement], last: str) -> tuple[np.ndarray, bool]:
    """The change of each point that chance alone leads one to expect, and whether that counts how low whole groups are."""
    expected, between = np.full(len(scored), np.nan), True
    if not scored:
        return expected, between
    wave = data.respondents["wave"].astype(str).to_numpy()
    columns = tuple(column for column in ("partnership", "side") if column in data.respondents)
    design = design_of(data, columns)
    for place, one in enumerate(scored):
        by = tuple(column for column in columns if getattr(one, column))
        values = _values(data, one.about)
        if one.about not in values or not _asked(data, one.about, wave == last):
            continue
        asked = [name for name in values if _asked(data, str(name), wave == one.wave)]
        y = values[asked].to_numpy(float)
        first, second = (
            Ratings(y[rows], design.cell[rows], design.person[rows]) for rows in (wave == one.wave, wave == last)
        )
        present = np.isin(np.arange(len(design.cells)), first.cell)
        keys, groups = design.groups(by)
        key = tuple(getattr(one, column) for column in by)
        if key not in keys or one.about not in asked:
            continue
        own = keys.index(key)
        sides = [dict(zip(by, key, strict=True)).get("side", "") for key in keys]
        strata = np.unique(sides, return_inverse=True)[1]
        found, counted_groups = expected_change(first, second, np.array([group & present for group in groups]), strata)
        expected[place] = found[own, asked.index(one.about)]
        between &= not by or bool(counted_groups[own])
    return expected, between


def _judged(table: pd.DataFrame, margin: float, conf_level: float) -> pd.DataFrame:
    """Add how far each change lies from what chance gives, with a test of it and a verdict."""
    if table.empty:
        return table
    excess = (table["change"] - table["expected"]).astype(float)
    _lower, _upper, p = t_intervals(
        excess.to_numpy(), table["se"].to_numpy(float), table["df"].to_numpy(float), conf_level
    )
    judged = pd.DataFrame(
        {
            "excess": excess,
            "ci_lower": table["ci_lower"].astype(float) - table["expected"],
            "ci_upper": table["ci_upper"].astype(float) - table["expected"],
            "p": np.where(table["ci_lower"].notna() & excess.notna(), p, np.nan),
        }
    )
    judged = judged.assign(excess=excess.where(judged["p"].notna()))
    verdicts = add_verdicts(judged, estimate="excess", margin=margin, conf_level=conf_level)
    return table.assign(**{name: verdicts[name] for name in ("excess", "p", "p_adjusted", "verdict")})
