"""Who rated what: the cells of a study (partnership x side), its persons, and the weights of a side's mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hpp_analysis.common.cleared import OTHERS, ClearedSurvey
from hpp_analysis.common.interpret import interval_is_sound
from hpp_analysis.common.memo import once, texts_of
from hpp_analysis.core.groups.cell_means import CellRatings, Contrasts, contrast_ratings
from hpp_analysis.core.groups.moderated_spread import SpreadPrior, contrast_moderated, spread_prior, wider
from hpp_analysis.core.groups.pooled_spread import PooledSpread, add_pooled_spread
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import Weight, names_in
from hpp_analysis.survey.questionnaire import Item
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import languages, spoken
from hpp_analysis.texts.wording import Wording

_MOST_WEIGHTS = 4_000_000
"""Numbers in one array of weights (groups x cells x variables); more variables are done in portions."""


@dataclass(frozen=True, eq=False, slots=True)
class GroupMeans:
    """Means of groups of cells, or combinations of these, of many variables at once.

    Attributes
    ----------
    contrasts : Contrasts
        Of q combinations and p variables; without combinations these are the means of the groups.
    sound : ndarray of bool, shape (q, p)
        Whether enough persons stand behind an interval.
    weights : ndarray, shape (g, C, p)
        How each group's mean weighs the cells.
    n_persons, n_ratings : ndarray of int, shape (g, p)
        Of each group: persons with an answer, and answers.
    """

    contrasts: Contrasts
    sound: np.ndarray
    weights: np.ndarray
    n_persons: np.ndarray
    n_ratings: np.ndarray

    def intervals(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ends of the intervals and p-values, NaN where these are not sound."""
        found = self.contrasts
        lower, upper, p_value = (
            np.where(self.sound, one, np.nan) for one in (found.ci_lower, found.ci_upper, found.p_value)
        )
        return lower, upper, p_value


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

    def part(self, rows: np.ndarray) -> Design:
        """The same cells with some of their ratings."""
        return replace(self, cell=self.cell[rows], person=self.person[rows])

    def groups(self, columns: Sequence[str]) -> tuple[list[tuple[str, ...]], list[np.ndarray]]:
        """The combinations of some of the columns of cells, in order of appearance, and the cells of each."""
        values = [self.cells[column].tolist() for column in columns]
        of_cell = list(zip(*values, strict=True)) if columns else [()] * len(self.cells)
        keys = list(dict.fromkeys(of_cell))
        places = {key: place for place, key in enumerate(keys)}
        number = np.array([places[key] for key in of_cell], dtype=int)
        return keys, [number == place for place in range(len(keys))]

    def means(
        self,
        values: pd.DataFrame,
        groups: Sequence[np.ndarray],
        weight: Weight | Sequence[Weight],
        *,
        combinations: ArrayLike | None = None,
        conf_level: float = 0.95,
    ) -> GroupMeans:
        """Means of groups of cells, and combinations of them, of all variables at once.

        Parameters
        ----------
        values : DataFrame, ratings x variables
            A column may occur under one name several times, as the scores of other choices of analysis do.
        groups : sequence of bool arrays of shape (n_cells,)
            The cells of each group.
        weight : {"organisation", "respondent"}, or one of these for each variable
            Whether each cell or each rating counts equally.
        combinations : array_like, shape (q, n_groups), optional
            Such as [[1, -1]] for the difference between two groups; by default the means themselves.
        conf_level : float
            Of the intervals.
        """
        y = values.to_numpy(dtype=float)
        weighing = [weight] * y.shape[1] if isinstance(weight, str) else list(weight)
        lent = [self.lent.get(str(name)) for name in values]
        combine = np.eye(len(groups)) if combinations is None else np.asarray(combinations, dtype=float)
        portion = max(_MOST_WEIGHTS // max(len(self.cells) * max(combine.shape), 1), 1)
        parts = [
            self._means(y[:, own], groups, weighing[own], combine, lent[own], conf_level)
            for own in (slice(start, start + portion) for start in range(0, max(y.shape[1], 1), portion))
        ]
        return parts[0] if len(parts) == 1 else _side_by_side(parts)

    def _means(
        self,
        y: np.ndarray,
        groups: Sequence[np.ndarray],
        weight: list[Weight],
        combine: np.ndarray,
        lent: list[PooledSpread | None],
        conf_level: float,
    ) -> GroupMeans:
        members = np.array(groups, dtype=bool).reshape(len(groups), len(self.cells))
        valid = ~np.isnan(y)
        counts = np.zeros((len(self.cells), y.shape[1]))
        np.add.at(counts, self.cell, valid)
        say = np.where(np.array([one == "organisation" for one in weight], dtype=bool), counts > 0, counts)
        weights = members[:, :, None] * say
        totals = weights.sum(axis=1, keepdims=True)
        # a group in which nobody answered keeps its cells: their undefined means make its mean undefined
        weights = np.where(totals > 0, weights / np.where(totals > 0, totals, 1.0), members[:, :, None])
        combined = np.tensordot(combine, weights, 1)
        found = self._contrasts(y, combined, lent, conf_level)
        return GroupMeans(
            contrasts=found,
            sound=(found.reason == "") & interval_is_sound(found.smallest, found.df_design, found.most_ratings),
            weights=weights,
            n_persons=self._persons(valid, members),
            n_ratings=(members @ counts).astype(int),
        )

    def _contrasts(
        self, y: np.ndarray, weights: np.ndarray, lent: list[PooledSpread | None], conf_level: float
    ) -> Contrasts:
        """Combinations of cell means; intervals as wide as the spread of the cell, and that of all cells, asks for."""
        ratings = CellRatings.of(y, self.cell, self.person, len(self.cells))
        answered = np.array([spread is None for spread in lent], dtype=bool)
        prior = spread_prior(ratings.n.astype(np.float64), ratings.sd**2)
        if not answered.all():  # of cleared answers the study's larger groups, whichever of them are here
            prior = SpreadPrior(
                *(
                    np.array(
                        [own if one is None else getattr(one, name) for own, one in zip(numbers, lent, strict=True)]
                    )
                    for name, numbers in (("variance", prior.variance), ("prior_df", prior.df), ("df", prior.pooled_df))
                )
            )
        own = contrast_ratings(ratings, weights, conf_level=conf_level)
        moderated = contrast_moderated(ratings, weights, prior, known=answered, conf_level=conf_level)
        if not answered.all():
            given: dict[str, Any] = {"y": y, "cell": self.cell, "person": self.person, "weights": weights}
            own, moderated = (
                add_pooled_spread(found, lent, **given, conf_level=conf_level) for found in (own, moderated)
            )
        return wider(own, moderated)

    def _persons(self, valid: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Persons with an answer in each group, groups x variables."""
        order = np.argsort(self.person, kind="stable")
        found = np.zeros((len(members), valid.shape[1]), dtype=int)
        for place, member in enumerate(members):
            rows = order[member[self.cell[order]]]
            if rows.size:
                starts = np.flatnonzero(np.r_[True, np.diff(self.person[rows]) != 0])
                found[place] = np.logical_or.reduceat(valid[rows], starts, axis=0).sum(axis=0)
        return found


def _side_by_side(parts: Sequence[GroupMeans]) -> GroupMeans:
    """The means of all variables from those of portions of them."""

    def joined(kind: type, each: Sequence[Any]) -> dict[str, np.ndarray]:
        names = [one.name for one in fields(kind) if one.name not in ("contrasts", "flags")]
        return {name: np.concatenate([getattr(one, name) for one in each], axis=-1) for name in names}

    each = [part.contrasts for part in parts]
    flags = tuple(sorted({flag for one in each for flag in one.flags}))
    return GroupMeans(contrasts=Contrasts(**joined(Contrasts, each), flags=flags), **joined(GroupMeans, parts))


def design_of(survey: Survey, columns: tuple[str, ...]) -> Design:
    """The design of a survey whose cells are the combinations of `columns` (those that it has); made once."""
    present = [column for column in columns if column in survey.respondents]
    codes = [_codes(survey, column) for column in present]
    person = _persons(survey)

    def make() -> Design:
        lent = survey.lent if isinstance(survey, ClearedSurvey) else {}
        if not present:
            return Design(np.zeros(len(survey), dtype=int), person, pd.DataFrame(index=[0]), lent)
        # a number for each combination; those that occur are the cells, in the order of the columns
        combined = np.ravel_multi_index([of for of, _values in codes], [len(values) for _of, values in codes])
        cells, cell = np.unique(combined, return_inverse=True)
        places = np.unravel_index(cells, [len(values) for _of, values in codes])
        named = {
            column: values.take(place) for column, (_of, values), place in zip(present, codes, places, strict=True)
        }
        return Design(cell, person, pd.DataFrame(named), lent)

    return once(survey, ("design", *present), [person, *(of for of, _values in codes)], make)


def _persons(survey: Survey) -> np.ndarray:
    """The number of the person of each rating, in order of appearance."""
    return once(survey, "persons", [texts_of(survey, "respondent")], lambda: pd.factorize(survey.persons)[0])


def _codes(survey: Survey, column: str) -> tuple[np.ndarray, pd.Index]:
    """The values of a respondent column in their order, and for each rating the place of its value."""

    def make() -> tuple[np.ndarray, pd.Index]:
        place, found = pd.factorize(survey.respondents[column].astype(str), use_na_sentinel=False)
        rank = _rank(survey, column)
        return np.array([rank[value] for value in found], dtype=int)[place], pd.Index(list(rank), dtype="str")

    return once(survey, ("codes", column), [texts_of(survey, column)], make)


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
    ends = [texts_of(survey, column) for column in ("partnership", "client", "partner")]
    return dict(once(survey, "names", [survey.instrument, *ends], lambda: _names_of(survey)))


def _names_of(survey: Survey) -> dict[str, dict[str, str]]:
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
                _together(survey.words)
                if row["partnership"].startswith(OTHERS)
                else dict.fromkeys(survey.instrument.languages, row[end])
            )
    return names


def _together(words: Wording) -> dict[str, str]:
    """What several small partnerships are called that are told together only, in every language."""
    said = {}
    for code in languages():
        with spoken(code, words=words):
            said[code] = _("Other partnerships together")
    return said


def rows_by_group(table: pd.DataFrame, groups: tuple[str, ...]) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    """The rows of each group, in order of appearance; without group columns, all rows as one group."""
    if not groups:
        return [((), table)]
    return [(tuple(map(str, key)), rows) for key, rows in table.groupby(list(groups), sort=False)]
