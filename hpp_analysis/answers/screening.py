"""Can the ratings be trusted? Signs of careless answering and of not knowing, told and never acted upon."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.stats import chi2

from hpp_analysis import plots
from hpp_analysis.common.answers import as_given
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.design import characteristics
from hpp_analysis.common.interpret import EVEN_ODD_LOW, EVEN_ODD_USUAL, FAST_SECONDS, MANY_UNKNOWN, ODD_P, RUN_SHARE
from hpp_analysis.common.result import Result
from hpp_analysis.core.careless import answer_variability, even_odd_consistency, longest_run, odd_distance
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.survey.spelling import normalise
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_FEWEST = 5
"""Answers below which nothing is said of how somebody answers (our convention)."""

_TIMES = ("duration (in seconds)", "interviewtime", "interviewtime. total time", "total time", "duration")
"""Columns in which Qualtrics, LimeSurvey and others write how many seconds somebody took."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class CarelessAnswers(Result):
    """Signs of careless answering in the ratings of a survey.

    Attributes
    ----------
    table : DataFrame
        sign, n_ratings, share (of all ratings) and n_persons.
    ratings : DataFrame, ratings x signs
        True where a rating shows a sign: "nothing", "still", "run", "odd", "unknown", "twice"; where five scales or more tell people
        apart also "inconsistent", and where the time is known "fast".
    measures : DataFrame, ratings x measures
        longest_run (items), variability (SD of the answers, scale points), distance (squared Mahalanobis),
        share_unknown (of the items asked), consistency (even-odd, NaN with fewer than five scales) and seconds (an item
        answered; NaN where the time is not known).
    """

    ratings: pd.DataFrame = field(default_factory=pd.DataFrame)
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)

    def _declare(self) -> Declaration:
        return Declaration(
            name="screening",
            caption=_("Signs of careless answering"),
            variable="sign",
            columns=(
                Column("sign", _("Sign"), key=True),
                Column("n_ratings", _("Ratings") if self.context.by_partnership else "", "count"),
                Column("share", _("Share"), "share"),
                Column("n_persons", _("Persons"), "count"),
            ),
            figures={"bars": self._bars},
            whole_study=True,
        )

    def clear(self, *signs: str, at_least: int = 1) -> pd.Series:
        """Ratings without any of these signs (by default all of them), for `Survey.keep`.

        Parameters
        ----------
        *signs : str
        at_least : int
            How many signs a rating must show not to be clear: with 2, one sign alone is not enough.

        Returns
        -------
        Series of bool, by rating
        """
        chosen = names_in(signs, self.ratings.columns, "signs", kind="a sign")
        in_range(at_least, "at_least", at_least=1)
        return self.ratings[list(chosen or self.ratings.columns)].sum(axis=1) < at_least

    def _labelled(self) -> pd.DataFrame:
        signs = {
            "nothing": _("No answer at all"),
            "still": _("The same answer to everything"),
            "run": _("A long run of one answer"),
            "odd": _("An odd combination of answers"),
            "unknown": _("Much that is not known"),
            "twice": _("The same answers as another rating")
            if self.context.by_partnership
            else _("The same answers as another person"),
            "inconsistent": _("Other answers to one half of the scales than to the other"),
            "fast": _("Answered faster than one can read"),
        }
        return self.table.assign(sign=self.table["sign"].map(signs))

    def _notes(self) -> list[str]:
        if not self.context.by_partnership:
            return [_("A sign is no proof, and nobody was left out. A person may show several signs.")]
        return [_("A sign is no proof, and nothing was left out. A rating may show several signs.")]

    def _summary(self) -> list[str]:
        n, shown = len(self.ratings), int(self.ratings.any(axis=1).sum())
        if not shown:
            return [
                _("No rating shows a sign of careless answering.")
                if self.context.by_partnership
                else _("No person shows a sign of careless answering.")
            ]
        total = (
            ngettext(
                "{n} of {all} ratings shows a sign of careless answering ({share}).",
                "{n} of {all} ratings show a sign of careless answering ({share}).",
                shown,
            )
            if self.context.by_partnership
            else ngettext(
                "{n} of {all} persons shows a sign of careless answering ({share}).",
                "{n} of {all} persons show a sign of careless answering ({share}).",
                shown,
            )
        ).format(n=format_value(shown, "count"), all=format_value(n, "count"), share=format_value(shown / n, "share"))
        several = int((self.ratings.sum(axis=1) > 1).sum())
        agreed = ngettext("{n} of them shows two signs or more.", "{n} of them show two signs or more.", several)
        return [
            total,
            *([agreed.format(n=format_value(several, "count"))] if several else []),
            _("Look at them before leaving any out: careful people may answer alike too."),
        ]

    def _methods(self) -> list[str]:
        screened = (
            _(
                "Ratings were screened for answers that are all equal; runs of one answer over more than {run} of the items "
                "answered (Johnson, 2005; Curran, 2016); a squared Mahalanobis distance that normal answers exceed in {odd} "
                "of the cases (Meade & Craig, 2012); more than {unknown} of the items not known or skipped; and answers "
                "equal to those of another rating throughout. Of ratings with fewer than {fewest} answers it was looked at "
                "only whether anything was answered and how much was not known. Answers were taken as they were given. None was left out for a sign."
            )
            if self.context.by_partnership
            else _(
                "Persons were screened for answers that are all equal; runs of one answer over more than {run} of the items "
                "answered (Johnson, 2005; Curran, 2016); a squared Mahalanobis distance that normal answers exceed in {odd} "
                "of the cases (Meade & Craig, 2012); more than {unknown} of the items not known or skipped; and answers "
                "equal to those of another person throughout. Of persons with fewer than {fewest} answers it was looked at "
                "only whether anything was answered and how much was not known. Answers were taken as they were given. "
                "Nobody was left out for a sign."
            )
        )
        paragraphs = [
            screened.format(
                run=format_value(RUN_SHARE, "share"),
                odd=format_value(ODD_P, "p"),
                unknown=format_value(MANY_UNKNOWN, "share"),
                fewest=_FEWEST,
            )
        ]
        if "inconsistent" in self.ratings:
            sentence = _("A further sign is an even-odd consistency below {low} (Johnson, 2005).")
            paragraphs.append(sentence.format(low=format_value(EVEN_ODD_LOW, "coefficient")))
        if "fast" in self.ratings:
            sentence = _("A further sign is less than {seconds} seconds for each item answered (Huang et al., 2012).")
            paragraphs.append(sentence.format(seconds=format_value(FAST_SECONDS, "count")))
        return paragraphs

    def _bars(self) -> Figure:
        named = self._labelled()
        rows = pd.DataFrame({"label": named["sign"], "n": named["n_ratings"]})
        return Figure(plots.bars, rows, xlabel=_("Ratings"))


@checked
def flag_careless(data: Survey, *, seconds: str = "") -> CarelessAnswers:
    """Look for signs of careless answering; nothing is left out.

    Parameters
    ----------
    data : Survey
        The answers. To leave ratings out, say so: ``survey.keep(screening.clear("still"), "The same answer throughout")``.
    seconds : str
        The column with the seconds that somebody took. By default that of Qualtrics or LimeSurvey, where there is one.

    Returns
    -------
    CarelessAnswers

    References
    ----------
    Meade & Craig (2012), doi:10.1037/a0028085; Curran (2016), doi:10.1016/j.jesp.2015.07.006; Johnson (2005),
    doi:10.1016/j.jrp.2004.09.009

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> screening = flag_careless(simulate_study(seed=1).survey)
    >>> list(screening.ratings)
    ['nothing', 'still', 'run', 'odd', 'unknown', 'twice']
    """
    given = as_given(data)
    index, columns = data.items.index, [item.id for item in characteristics(data)]
    answered = (~np.isnan(given)).sum(axis=1)
    enough = answered >= _FEWEST
    run, variability = longest_run(given), answer_variability(given)
    distance, df = odd_distance(given) if len(given) else (np.empty(0), np.empty(0))
    n_asked = data.reasons[columns].ne("not_asked").sum(axis=1).to_numpy()
    unknown = 1.0 - answered / np.maximum(n_asked, 1)
    still = enough & (variability == 0.0)
    ratings = pd.DataFrame(
        {
            "nothing": answered == 0,
            "still": still,
            "run": enough & ~still & (run > RUN_SHARE * answered),
            "odd": enough & (distance > chi2.isf(ODD_P, np.maximum(df, 1))),
            "unknown": (answered > 0) & (unknown > MANY_UNKNOWN),
            "twice": enough & ~still & pd.DataFrame(given).duplicated(keep=False).to_numpy(),
        },
        index=index,
    )
    scales = [data[part.id].to_numpy(dtype=float) for part in data.instrument.factors]
    consistency = even_odd_consistency(scales)
    if not np.isnan(consistency).all() and np.nanmedian(consistency) >= EVEN_ODD_USUAL:
        ratings["inconsistent"] = enough & (consistency < EVEN_ODD_LOW)
    pace = _seconds(data, seconds) / np.maximum(answered, 1)
    if not np.isnan(pace).all():
        ratings["fast"] = enough & (pace < FAST_SECONDS)
    persons = data.persons
    table = pd.DataFrame(
        {
            "sign": list(ratings),
            "n_ratings": ratings.sum().to_numpy(),
            "share": ratings.mean().to_numpy(),
            "n_persons": [int(persons[ratings[sign]].nunique()) for sign in ratings],
        }
    )
    return CarelessAnswers(
        context=Context.of(data),
        table=table,
        ratings=ratings,
        measures=pd.DataFrame(
            {
                "longest_run": run,
                "variability": variability,
                "distance": distance,
                "share_unknown": unknown,
                "consistency": consistency,
                "seconds": pace,
            },
            index=index,
        ),
    )


def _seconds(data: Survey, named: str) -> np.ndarray:
    """How many seconds each rating took; NaN where nothing says it."""
    if named:
        names_in([named], data.respondents.columns, "seconds", kind="a column of the answers")
    known = [str(column) for column in data.respondents if normalise(column) in _TIMES]
    if not named and len(known) != 1:
        return np.full(len(data), np.nan)
    column = data.respondents[named or known[0]].astype(str).str.strip()
    times = pd.to_numeric(column.where(column != ""), errors="coerce")
    if named and (times.isna() & (column != "")).any():
        wrong = column[times.isna() & (column != "")].iloc[0]
        raise OptionError(f"`seconds` must name a column of numbers. {named!r} holds {wrong!r}. Name another column.")
    return np.asarray(times, dtype=float)
