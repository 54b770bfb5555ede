"""What a report may show: a result made again from the answers that may be told."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from hpp_analysis.common.cleared import ClearedSurvey
from hpp_analysis.common.context import Made
from hpp_analysis.common.declaration import Declaration
from hpp_analysis.common.result import CellKey, Result
from hpp_analysis.disclosure import Cells, Key, ends_of
from hpp_analysis.display.columns import Reveals
from hpp_analysis.errors import DisclosureError, SurveyError
from hpp_analysis.options import checked
from hpp_analysis.publishing.clearing import cleared_once, plan_disclosure

__all__ = ["plan_disclosure", "publish"]

AnyResult = TypeVar("AnyResult", bound=Result)
_SEVERITY = ("full", "mean_only", "empty", "withheld")
_OF_MEANS: frozenset[Reveals] = frozenset({"size", "mean", "difference", "interval"})
"""What is made from the means of small groups and the answers of large ones; all else from the answers of large ones."""
_OF_SMALL: frozenset[Reveals] = frozenset({"size", "mean", "difference"})
"""What a group of five to nine persons shows."""
_OUTCOME = ("state", "why", "coarse", "end")


@checked
def publish(result: AnyResult, cells: Cells) -> AnyResult:
    """Withhold what the disclosure plan does not allow.

    The result is made again, from the answers that the plan leaves: whatever it shows follows from these. Each column shows
    what it is declared to reveal (`Column.reveals`); a column that declares nothing is withheld.

    Parameters
    ----------
    result : Result
        Any result of this package about groups of persons, as its function returned it.
    cells : Cells
        The plan of the whole run, from `plan_disclosure`.

    Returns
    -------
    Result
        Of the same type: withheld numbers are NaN, means have two decimals, or one where they are of a small group (of one question in steps of 0.2),
        and four columns say so: `state` ("full", "mean_only", "withheld", "empty"), `why`, `coarse`, and `end` ("high", "low":
        the mean is the value that is shown or lies nearer that end of the scale).

    Raises
    ------
    DisclosureError
        When the result's means weigh ratings instead of partnerships, or when it speaks of the study as a whole: the
        plan does not cover those.

    Examples
    --------
    >>> from hpp_analysis import score_scales, simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> client = survey.where(client=survey.values("client")[0])
    >>> publish(score_scales(client), plan_disclosure(survey)).published
    True
    """
    declared = result.declaration()
    _check(result, declared)
    made = result.context.made
    if made is None:
        raise DisclosureError(
            f"What is published is made again from the answers that may be told. Given: {declared.name!r} that does not know its "
            "survey. Publish what the function of a survey returned, unchanged."
        )
    kinds = set(declared.reveals.values())
    cleared = cleared_once(made.survey, cells)
    flags_of_plan = cleared.flags
    if declared.breakdown:  # its levels cut through groups: it is made of the answers that the plan sorted into levels
        levels = cleared.levels.get(declared.breakdown)
        of_means, of_answers = None if levels is None else _make_again(made, levels), None
        flags_of_plan = ("large_only",) if levels is not None and len(levels) < len(made.survey) else ()
    else:
        of_means = _make_again(made, cleared.means) if kinds & _OF_MEANS else None
        of_answers = _make_again(made, cleared.answers) if kinds - _OF_MEANS - {"nothing"} else None
    published = _without_numbers(next((one for one in (of_means, of_answers) if one is not None), None), result)
    table = _rows(declared, result, of_means if of_means is not None else published)
    names = {**published.context.names, **result.context.names}
    context = replace(published.context, names=names, selection=result.context.selection, made=None)
    published = replace(published, table=table, context=context)
    state, why = _states(published, cells, cleared.complete)
    filled = _filled(declared, table, result.table, {True: of_means, False: of_answers})
    filled = {**filled, "state": state, "why": why}
    table = published._after_rounding(pd.DataFrame(_masked(filled, declared, cells.scale)))
    if of_answers is not None and type(published)._agreeing is not Result._agreeing:
        answers = of_answers.table.reset_index(drop=True)
        table = published._agreeing(table, answers.reindex(_in_rows_of(declared, table, of_answers)))
    flags = (*published.flags, *flags_of_plan)
    return replace(published, table=table, published=True, flags=flags)  # type: ignore[return-value]


def _check(result: Result, declared: Declaration) -> None:
    """Refuse what no disclosure plan covers."""
    made = result.context.made
    if declared.whole_study:
        raise DisclosureError(
            "Only results about groups of persons are published; a plan says nothing of a study as a whole. Given: "
            f"{declared.name!r}. Show it in a study's notebook, not in a client's report, or make it of what `clear_answers` returns."
        )
    if declared.composed:
        raise DisclosureError(
            f"What is made of published results is not published itself. Given: {declared.name!r}. Publish its parts first, and "
            "make it of these."
        )
    if result.published:
        raise DisclosureError(
            f"A result is published once. Given: {declared.name!r} that is published already. Publish what the function returned."
        )
    arguments = () if made is None else (*made.arguments, *made.options.values())
    if any(isinstance(one, Result) for one in arguments):
        raise DisclosureError(
            f"A result that takes in another one, of all answers, is not published. Given: {declared.name!r}. Make it without that."
        )
    if getattr(result, "inference", "fixed") == "clusters":
        raise DisclosureError(
            "An interval for organisations in general tells how far the means of these lie apart, and with the others that "
            f"of a withheld one. Given: {declared.name!r} with inference='clusters'. Publish it with inference='fixed'."
        )
    if not result.context.planned:
        raise DisclosureError(
            "The plan counts who answered the questionnaire's own scales, scored in the usual way. Given: "
            f"{declared.name!r} with other scales or another `min_valid`. Publish it without these."
        )
    if result.context.pooled:
        raise DisclosureError(
            "A published mean weighs each partnership and side equally, so that no second mean of the same persons "
            f"betrays a small group. Given: {declared.name!r} with weight='respondent'. Use weight='organisation'."
        )


def _make_again(made: Made, answers: ClearedSurvey) -> Result | None:
    """The result of cleared answers; None where nothing is left of them, or too little to make it."""
    if not len(answers):
        return None
    try:
        found: Result = made.again(answers)
    except SurveyError:  # of two sides only one is left
        return None
    return found


def _without_numbers(remade: Result | None, result: Result) -> Result:
    """A result with its settings, and with what was counted of cleared answers; all else that it holds is left out."""
    published_as = {item.name: item.metadata.get("published") for item in fields(result)}
    attributes: dict[str, Any] = {
        name: getattr(result, name) for name, how in published_as.items() if how == "as it is"
    }
    for name in (name for name, how in published_as.items() if how == "made again"):
        attributes[name] = None if remade is None else getattr(remade, name)
    flags = () if remade is None else remade.flags
    context = (
        replace(result.context, made=None)
        if remade is None
        else replace(result.context, names=remade.context.names, made=None)
    )
    return type(result)(table=result.table.iloc[:0], flags=flags, context=context, **attributes)


def _keys(declared: Declaration, table: pd.DataFrame) -> list[tuple[str, ...]]:
    return list(zip(*(map(str, table[name].tolist()) for name in declared.keys), strict=True))


def _in_rows_of(declared: Declaration, table: pd.DataFrame, source: Result) -> np.ndarray:
    """The place in a result's table of the row with the keys of each row of a table; -1 where there is none."""
    places = {key: place for place, key in enumerate(_keys(declared, source.table))}
    return np.array([places.get(key, -1) for key in _keys(declared, table)], dtype=int)


def _taken(column: pd.Series, rows: np.ndarray) -> np.ndarray:
    """The values of a column in some rows; missing ones for the row -1."""
    values = column.to_numpy()
    if not len(values) or (rows < 0).any():
        values = np.append(values.astype(float if values.dtype.kind in "iuf" else object), np.nan)
    return np.asarray(values[rows])


def _rows(declared: Declaration, result: Result, remade: Result) -> pd.DataFrame:
    """The rows of a result, with those of pooled small groups behind the others of the same variable; nothing in them yet."""
    variable = declared.variable
    fixed = dict.fromkeys([*declared.keys, *(name for name, what in declared.reveals.items() if what == "nothing")])
    own = result.table[[name for name in fixed if name in result.table]].reset_index(drop=True)
    known = set(_keys(declared, own))
    is_new = [key not in known for key in _keys(declared, remade.table)]
    if not any(is_new):
        return own
    more = remade.table[is_new]
    both = pd.concat([own, more[list(own.columns)]], ignore_index=True)
    last = {value: place for place, value in enumerate(own[variable])}
    place = [*range(len(own)), *(last.get(value, len(own)) for value in more[variable])]
    return both.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _states(result: Result, cells: Cells, complete: set[int]) -> tuple[list[str], list[str]]:
    """For each row the state of the least that it needs, and why."""
    shown_parts = set(cells.ratings["told"].unique()) - {-1}

    @cache
    def is_whole(group: Key) -> bool:
        # an incomplete part is not the persons whom the plan knows by this name
        return not set(cells.parts_of(group)) & shown_parts - complete

    def of(cell: CellKey) -> tuple[str, str]:
        if not is_whole(cell[0]):
            return "withheld", "unknown_group"
        return cells.state(*cell), cells.public_reason(*cell)

    worst = [
        max((of(cell) for cell in needed), key=lambda found: _SEVERITY.index(found[0])) for needed in result._cells()
    ]
    return [state for state, _why in worst], [why for _state, why in worst]


def _filled(
    declared: Declaration, table: pd.DataFrame, original: pd.DataFrame, sources: dict[bool, Result | None]
) -> dict[str, Any]:
    """Put into each declared column what was made of cleared answers; in the order of the result's own columns."""
    rows = {key: None if one is None else _in_rows_of(declared, table, one) for key, one in sources.items()}
    filled: dict[str, Any] = {name: table[name] for name in table}
    for name, column in original.items():
        what = declared.reveals.get(name, "nothing")
        source, places = sources[what in _OF_MEANS], rows[what in _OF_MEANS]
        if what != "nothing" and source is not None and places is not None and name in source.table:
            filled[name] = _taken(source.table[name], places)
        elif name not in filled:
            nothing = np.nan if pd.api.types.is_numeric_dtype(column) else None  # NaN would pass for a word
            filled[name] = np.full(len(table), nothing)
    return {name: filled[name] for name in dict.fromkeys([*original, *table])}


def _masked(filled: dict[str, Any], declared: Declaration, scale: tuple[float, float]) -> dict[str, Any]:
    """Take from the columns of a table what the state of its rows does not allow, and round what is shown."""
    state, why = (np.array(filled[name], dtype=object) for name in ("state", "why"))
    numbers = {name: column for name, column in filled.items() if np.asarray(column).dtype.kind in "iufb"}
    # rows of which nothing was left to make a number of are withheld: no group is large enough for what they tell
    told = [column for name, column in numbers.items() if declared.reveals.get(name, "nothing") != "nothing"]
    empty = np.isin(state, ("full", "mean_only")) & np.all([np.isnan(np.asarray(one, float)) for one in told], axis=0)
    state[empty], why[empty] = "withheld", "too_few"
    full, small = state == "full", state == "mean_only"
    bottom, top = ends_of(scale)
    ends = np.full(len(state), "", dtype=object)
    shown: dict[str, Any] = {}
    for name in [name for name, what in declared.reveals.items() if what == "mean" and name in filled]:
        # means of single questions come in fifths from the plan; a factor's mean is that of several of these
        means = _rounded(filled[name], small)
        high, low = small & (means >= top - 1e-9), small & (means <= bottom + 1e-9)
        ends = ends + np.where(high, f"{name}=high;", "") + np.where(low, f"{name}=low;", "")
        means = np.where(low, bottom, np.where(high, top, means))
        shown[name] = np.where(full | small, means, np.nan)
    for name in [name for name in filled if name not in {*declared.keys, *_OUTCOME, *shown}]:
        what = declared.reveals.get(name)
        if what == "nothing":
            continue
        rows = (full | small) if what in _OF_SMALL else full & (what is not None)
        if what == "difference":
            shown[name] = np.where(rows & (ends == ""), _rounded(filled[name], small), np.nan)
        elif name in numbers:
            exact = np.asarray(filled[name], dtype=float)
            shown[name] = np.where(rows, exact.round(2) if name.endswith(("ci_lower", "ci_upper")) else exact, np.nan)
        else:
            texts = pd.Series(filled[name], dtype=object)
            shown[name] = texts.where(rows & texts.notna().to_numpy(), None)
    outcome = {"state": pd.Series(state.tolist()), "why": pd.Series(why.tolist()), "coarse": small, "end": ends}
    return {**filled, **shown, **outcome}


def _rounded(numbers: ArrayLike, small: np.ndarray) -> np.ndarray:
    """Two decimals, and one in the rows of small groups."""
    exact = np.asarray(numbers, dtype=float)
    rounded: np.ndarray = np.where(small, exact.round(1), exact.round(2))
    return rounded
