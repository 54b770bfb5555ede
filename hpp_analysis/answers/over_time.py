"""When did answers come in? Counts and mean answers by day, from the time that the platform wrote."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.design import characteristics
from hpp_analysis.common.result import Result
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, names_in
from hpp_analysis.survey.spelling import normalise
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_TIMES = (
    "recordeddate", "submitdate", "submitdate. date submitted", "enddate", "end date", "completion time", "voltooiingstijd",
    "timestamp", "tijdstempel", "_submission_time", "submissiondate", "datestamp", "date submitted",
)  # fmt: skip
"""Columns in which platforms write when answers came in, the best first."""
_YEAR_FIRST = r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)"
_YEAR_LAST = r"^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ResponseOverTime(Result):
    """Answers by day.

    Attributes
    ----------
    table : DataFrame
        A row per day with answers: day (in ISO form), n, share_so_far (of those whose time is known) and mean (of all answers to
        characteristics, by rating). Without a time it has no rows.
    column : str
        The column with the time; "" where there is none.
    n_unknown : int
        Ratings of which the time is not known.
    unsure : bool
        Whether day and month might be exchanged: each number of both is at most 12. The month is taken to be first.
    """

    column: str
    n_unknown: int
    unsure: bool = False

    def _declare(self) -> Declaration:
        return Declaration(
            name="over_time",
            caption=_("When the answers came in"),
            variable="day",
            columns=(
                Column("day", _("Day"), key=True),
                Column("n", _("Answered"), "count"),
                Column("share_so_far", _("So far"), "share"),
                Column("mean", _("Mean answer"), "score"),
            ),
            figures={"bars": self._bars},
            whole_study=True,
        )

    def _summary(self) -> list[str]:
        if not len(self.table):
            return [_("The answers do not say when they came in.")]
        half = self.table.loc[(self.table["share_so_far"] >= 0.5).idxmax(), "day"]
        period = _("Answers came in from {first} to {last}; half of them were there on {half}.")
        sentences = [period.format(first=self.table["day"].iloc[0], last=self.table["day"].iloc[-1], half=half)]
        if self.n_unknown:
            unknown = _("Of {n} the time is not known.")
            sentences.append(unknown.format(n=format_value(self.n_unknown, "count")))
        if self.unsure:
            sentences.append(_("Whether the day or the month stands first cannot be seen; the month was taken to."))
        return sentences

    def _methods(self) -> list[str]:
        return [_("Answers were counted by the day on which the platform received them.")]

    def _bars(self) -> Figure:
        return Figure(plots.bars, self.table[["day", "n"]].rename(columns={"day": "label"}), xlabel=_("Answered"))


@checked
def count_over_time(data: Survey, *, column: str = "") -> ResponseOverTime:
    """Count answers by day, with the mean answer of that day.

    Late answers are as a rule those of people who were reminded; where they answer otherwise, so may those who never did.

    Parameters
    ----------
    data : Survey
    column : str
        The column with the time. By default that of Qualtrics, LimeSurvey, Google or Microsoft Forms or KoboToolbox, where
        there is one.

    Returns
    -------
    ResponseOverTime

    Raises
    ------
    OptionError
        When the named column holds something that is no time.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> len(count_over_time(simulate_study(seed=1).survey).to_frame())
    0
    """
    if column:
        names_in([column], data.respondents.columns, "column", kind="a column of the answers")
    written = {normalise(name): str(name) for name in data.respondents}
    chosen = column or next((written[name] for name in _TIMES if name in written), "")
    dates = data.respondents[chosen].astype(str).str.strip() if chosen else pd.Series("", index=data.items.index)
    days, unread, unsure = _days(dates)
    if column and unread:
        raise OptionError(f"`column` must name a column of times. {column!r} holds {unread!r}. Name another column.")
    means = data.items[[item.id for item in characteristics(data)]].mean(axis=1)
    known = days != ""
    table = (
        pd.DataFrame({"mean": means[known], "n": 1})
        .groupby(days[known])
        .agg({"n": "sum", "mean": "mean"})
        .reset_index()
    )
    table.insert(2, "share_so_far", table["n"].cumsum() / max(int(known.sum()), 1))
    return ResponseOverTime(
        table=table, context=Context.of(data), column=chosen, n_unknown=int((~known).sum()), unsure=unsure
    )


def _days(dates: pd.Series) -> tuple[pd.Series, str, bool]:
    """The day of each time in ISO form ("" where there is none), a cell that is no time, and whether day and month are unsure."""
    year_first = dates.str.extract(_YEAR_FIRST)
    year_last = dates.str.extract(_YEAR_LAST)
    one, two = (pd.to_numeric(year_last[part]) for part in (0, 1))
    day_first = bool((one > 12).any())
    unsure = not day_first and not (two > 12).any() and bool(one.notna().any())
    month, day = (year_last[1], year_last[0]) if day_first else (year_last[0], year_last[1])
    parts = [year_first[0].fillna(year_last[2]), year_first[1].fillna(month), year_first[2].fillna(day)]
    year, month, day = (part.fillna("") for part in parts)
    text = year + "-" + month.str.zfill(2) + "-" + day.str.zfill(2)
    days = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce").dt.strftime("%Y-%m-%d").fillna("").rename("day")
    unread = dates[(days == "") & (dates != "")]
    return days, str(unread.iloc[0]) if len(unread) else "", unsure
