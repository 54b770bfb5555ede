"""The one gate for answers: a survey, a factor of it, or a frame become numbers by item, or one clear error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from hpp_analysis.common.memo import once
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.options import names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.survey.understand import REASONS

REASON = pd.CategoricalDtype(REASONS)
"""The type of a column of reasons."""


def answers_of(items: Survey | pd.DataFrame) -> pd.DataFrame:
    """The answers as floats, NaN where there are none.

    Parameters
    ----------
    items : Survey or DataFrame
        A survey (all its items), or respondents x items: numbers, or ordered categories, which count from 1.

    Returns
    -------
    DataFrame

    Raises
    ------
    SurveyError
        With every column that is not answers: text is never ordered alphabetically.

    Examples
    --------
    >>> answers_of(pd.DataFrame({"a": [1, None], "b": [2, 3]}))["a"].tolist()
    [1.0, nan]
    """
    frame = items.items if isinstance(items, Survey) else items
    failures = [
        Failure("Each item must have a name of its own.", "Rename one of them.", column=str(name))
        for name in frame.columns[frame.columns.duplicated()].unique()
    ]
    if failures:
        raise SurveyError(failures)
    if all(isinstance(kind, np.dtype) and kind.kind in "iuf" for kind in set(frame.dtypes)):
        return _numbers(frame)
    columns: dict[str, np.ndarray] = {}
    for name in frame.columns:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype) and column.cat.ordered:
            values = np.where(column.cat.codes < 0, np.nan, column.cat.codes + 1.0)
        elif column.isna().all():
            values = np.full(len(column), np.nan)
        elif pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
            values = column.to_numpy(dtype=float, na_value=np.nan)
        else:
            given = next(str(value) for value in column if not pd.isna(value))
            failures.append(
                Failure(
                    "Answers must be numbers or ordered categories.",
                    "Code the answers, leave the column out, or make it an ordered categorical.",
                    column=str(name),
                    value=given[:60],
                )
            )
            continue
        if np.isinf(values).any():
            failures.append(
                Failure("Answers must be finite numbers.", "Remove it.", column=str(name), value="infinity")
            )
        columns[str(name)] = values
    if failures:
        raise SurveyError(failures)
    return pd.DataFrame(columns, index=frame.index, dtype=float)


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """The common case, columns of numpy's numbers, as one block."""
    values = frame.to_numpy(dtype=float)
    infinite = np.isinf(values).any(axis=0)
    if infinite.any():
        raise SurveyError(
            Failure("Answers must be finite numbers.", "Remove it.", column=str(name), value="infinity")
            for name in frame.columns[infinite]
        )
    columns = frame.columns if all(isinstance(name, str) for name in frame.columns) else frame.columns.astype(str)
    return pd.DataFrame(values, frame.index, columns)


def groups_of(items: Survey | pd.DataFrame, within: str | pd.Series) -> tuple[np.ndarray, list[str]]:
    """The group of each row, counted in order of appearance (-1: none), and the columns of the frame it took up."""
    taken: list[str] = []
    if isinstance(within, pd.Series):
        rows = items.items.index if isinstance(items, Survey) else items.index
        if not within.index.is_unique or not rows.isin(within.index).all():
            raise OptionError(
                "`within` must be a Series with a group for every row of the answers, by the same index. Given: a Series "
                f"of {len(within)}. Give it the index of the answers."
            )
        column = within.reindex(rows)
    else:
        where = items.respondents if isinstance(items, Survey) else items
        (within,) = names_in(within, where.columns, "within", kind="a column of the answers")
        column = where[within]
        if isinstance(items, pd.DataFrame):
            taken = [within]
    column = column.where(column.astype(str) != "")
    return np.asarray(pd.factorize(column)[0], dtype=np.int64), taken


def scale_items(items: Survey | pd.DataFrame, scales: Mapping[str, Sequence[str]] | None) -> dict[str, list[str]]:
    """The items of each scale: as named or, by default, of the factors and outcomes of a survey or all of a frame."""
    known = items.items.columns if isinstance(items, Survey) else items.columns
    if scales is None:
        if isinstance(items, pd.DataFrame):
            return {"scale": [str(name) for name in known]}
        parts = (*items.instrument.factors, *items.instrument.outcomes)
        found = {part.id: [str(item) for item in items[part.id].columns] for part in parts}
        return {name: own for name, own in found.items() if own}
    chosen = {str(name): list(names_in(own, known, "scales", kind="an item")) for name, own in scales.items()}
    empty = [name for name, own in chosen.items() if not own]
    if empty or not chosen:
        given = f"{empty[0]!r} without items" if empty else "no scale"
        raise OptionError(f"`scales` must name at least one scale and its items. Given: {given}. Name the items.")
    return chosen


def factor_items(survey: Survey) -> list[str]:
    """The items of the factors that were asked, in the order of the questionnaire."""
    factors = {factor.id for factor in survey.instrument.factors}
    return [item.id for item in survey.instrument.items if item.factor in factors and item.id in survey.items]


def as_given(survey: Survey) -> np.ndarray:
    """The answers as they were clicked, reversed items turned back, in the order of the questionnaire."""
    items = factor_items(survey)
    turned = {item.id for item in survey.instrument.items if item.reverse}
    ends = survey.instrument.scale.min + survey.instrument.scale.max
    answers = survey.items[items].to_numpy(dtype=float)
    back = np.array([item in turned for item in items])
    return np.asarray(np.where(back, ends - answers, answers))


def places_of(survey: Survey, part: str) -> list[int]:
    """The places among the columns of a survey's answers of the items of a factor or outcome."""
    places = {str(item): place for place, item in enumerate(survey.items)}
    return [places[item.id] for item in survey.instrument.items_of(part) if item.id in places]


def reason_codes(survey: Survey) -> np.ndarray:
    """The place in `REASONS` of the reason of each answer, ratings x items; made once."""

    def make() -> np.ndarray:
        columns = [pd.Categorical(survey.reasons[item], dtype=REASON).codes for item in survey.items]
        return np.array(columns, dtype=np.int8).reshape(len(columns), len(survey)).T

    return once(survey, "reasons", [survey.reasons, hash(tuple(survey.items.columns))], make)


def given_as(survey: Survey, reason: str) -> np.ndarray:
    """Which cells of the answers have a reason ("dont_know", "skipped", ...), ratings x items."""
    return np.asarray(reason_codes(survey) == REASONS.index(reason))
