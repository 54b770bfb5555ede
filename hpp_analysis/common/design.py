"""Who rated what: the cells of a study (partnership x side), its persons, and the weights of a side's mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd

from hpp_analysis.common.cleared import OTHERS, ClearedSurvey
from hpp_analysis.core.groups.cell_means import Contrasts, contrast_means
from hpp_analysis.core.groups.pooled_spread import PooledSpread, add_pooled_spread
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import Weight, names_in
from hpp_analysis.survey.questionnaire import Item
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import languages, spoken


@dataclass(frozen=True, eq=False, slots=True)
class Design:
    """The structure behind the ratings of a survey.

    Attributes
    ----------
    cell : ndarray of int, shape (n_ratings,)
        The cell of each rating.
    person : ndarray of int, shape (n_ratings,)
        The person of each rating.
    cells : DataFrame
        One row a cell: its value in each of the columns that define cells.
    lent : mapping of str to PooledSpread
        Of cleared answers: by variable, the spread of the cells of which only the mean is known.
    """

    cell: np.ndarray
    person: np.ndarray
    cells: pd.DataFrame
    lent: Mapping[str, PooledSpread] = field(default_factory=dict)

    def contrasts(self, variable: str, y: np.ndarray, weights: np.ndarray, *, conf_level: float = 0.95) -> Contrasts:
        """Combinations of the cells' means of one variable; see `core.groups.cell_means.contrast_means`."""
        found = contrast_means(y, self.cell, self.person, weights, conf_level=conf_level)
        if variable not in self.lent:
            return found
        there = ~np.isnan(y)
        return add_pooled_spread(
            found,
            self.lent[variable],
            cell=self.cell[there],
            person=self.person[there],
            weights=np.atleast_2d(weights),
            conf_level=conf_level,
        )

    def weights(self, groups: list[np.ndarray], counts: np.ndarray, weight: Weight) -> np.ndarray:
        """How each group's mean weighs the cells' means, shape (n_groups, n_cells).

        Parameters
        ----------
        groups : list of bool arrays of shape (n_cells,)
            The cells of each group.
        counts : ndarray, shape (n_cells,)
            Valid ratings per cell; a cell without any has no say.
        weight : {"organisation", "respondent"}
            Whether each cell or each rating counts equally.
        """
        say = (counts > 0).astype(float) if weight == "organisation" else counts.astype(float)
        rows = np.array([np.where(group, say, 0.0) for group in groups]).reshape(len(groups), len(counts))
        totals = rows.sum(axis=1, keepdims=True)
        # a group in which nobody answered keeps its cells: their undefined means make its mean undefined
        empty = np.array([group.astype(float) for group in groups]).reshape(rows.shape)
        return np.where(totals > 0, rows / np.where(totals > 0, totals, 1.0), empty)


def design_of(survey: Survey, columns: tuple[str, ...]) -> Design:
    """The design of a survey whose cells are the combinations of `columns` (those that it has)."""
    present = [column for column in columns if column in survey.respondents]
    person = pd.factorize(survey.persons)[0]
    lent = survey.lent if isinstance(survey, ClearedSurvey) else {}
    if not present:
        return Design(np.zeros(len(survey), dtype=int), person, pd.DataFrame(index=[0]), lent)
    keys = survey.respondents[present].astype(str)
    cells = in_order(keys.drop_duplicates(), survey, present)
    places = {tuple(row): place for place, row in enumerate(cells.itertuples(index=False, name=None))}
    cell = np.array([places[row] for row in keys.itertuples(index=False, name=None)], dtype=int)
    return Design(cell, person, cells, lent)


def group_columns(survey: Survey, by: str | Sequence[str] | None, *, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The respondent columns that `by` names; of the default (None) those that the answers have."""
    if by is None:
        return tuple(column for column in default if column in survey.respondents)
    return names_in(by, survey.respondents.columns, "by", kind="a column of the answers")


def in_order(frame: pd.DataFrame, survey: Survey, columns: list[str]) -> pd.DataFrame:
    """The rows of a frame sorted by respondent columns, each in its own order."""
    ranks = [frame[column].astype(str).map(_rank(survey, column)) for column in columns]
    return frame.iloc[np.lexsort(ranks[::-1])].reset_index(drop=True) if columns else frame


def _rank(survey: Survey, column: str) -> dict[str, int]:
    """The order in which a column's values are shown: the instrument's, else alphabetical."""
    known = survey.instrument.column(column)
    first = [value.id for value in known.values] if known else []
    values = sorted(survey.respondents[column].astype(str).unique())
    ordered = [*(value for value in first if value in values), *(value for value in values if value not in first)]
    return {value: place for place, value in enumerate(ordered)}


def two_sides(survey: Survey, side: str) -> tuple[str, str]:
    """The sides in the instrument's order, or in order of appearance; of waves the later one first.

    Where the instrument knows two sides and one of them did not answer, there are still two: the gap is undefined.
    """
    if side == "side" and side not in survey.respondents:
        raise SurveyError(
            [
                Failure(
                    "Two sides can be compared only where a column tells them apart; these answers have no column 'side'.",
                    "Name the column with the two groups by `side=`, or add a column 'side' to the answers.",
                    " and ".join(survey.sources) or None,
                )
            ]
        )
    names_in(side, survey.respondents.columns, "side", kind="a column of the answers")
    present = survey.values(side)
    column = survey.instrument.column(side)
    known = [value.id for value in column.values] if column else []
    found = known if len(known) == 2 and set(present) <= set(known) else sorted(present, key=_order(known))
    if side == "wave" and not known:
        found = sorted(present, key=wave_order, reverse=True)  # a change is what was gained since
    if len(found) != 2:
        raise SurveyError(
            [
                Failure(
                    "The column that tells the sides apart must have exactly two values.",
                    "Select the ratings of two of them with `Survey.where`, or name another column by `side=`.",
                    " and ".join(survey.sources) or None,
                    None,
                    side,
                    ", ".join(found) or "nothing",
                )
            ]
        )
    return found[0], found[1]


def _order(known: list[str]) -> Callable[[str], tuple[int, str]]:
    return lambda value: (known.index(value) if value in known else len(known), value)


def characteristics(survey: Survey) -> list[Item]:
    """The items of the factors that were asked, factor by factor; those of the outcomes are no characteristics."""
    instrument = survey.instrument
    items = (item for factor in instrument.factors for item in instrument.items_of(factor.id))
    return [item for item in items if item.id in survey.items]


def names_of(survey: Survey) -> dict[str, dict[str, str]]:
    """What ids are called: the instrument's names, and partnerships by the end that varies."""
    names = dict(survey.instrument.names)
    if {"partnership", "client", "partner"} <= set(survey.respondents.columns):
        ends = survey.respondents[["partnership", "client", "partner"]].drop_duplicates().astype(str)
        end = (
            "partner"
            if ends["client"].nunique() == 1
            else "client"
            if ends["partner"].nunique() == 1
            else "partnership"
        )
        for row in ends.to_dict("records"):
            names[f"partnership={row['partnership']}"] = (
                _together()
                if row["partnership"].startswith(OTHERS)
                else dict.fromkeys(survey.instrument.languages, row[end])
            )
    return names


@cache
def _together() -> dict[str, str]:
    """What several small partnerships are called that are told together only, in every language."""
    said = {}
    for code in languages():
        with spoken(code):
            said[code] = _("Other partnerships together")
    return said


def rows_by_group(table: pd.DataFrame, groups: tuple[str, ...]) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """The rows of each group, in order of appearance; without group columns, all rows as one group."""
    if not groups:
        return [((), table)]
    return [(tuple(map(str, key)), rows) for key, rows in table.groupby(list(groups), sort=False)]
