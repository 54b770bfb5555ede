"""Which items a draft takes for one factor: by the question of a matrix, by their names, or by an EFA on request."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage

from hpp_analysis.drafts.columns import Column
from hpp_analysis.survey.spelling import normalise

_MANY = 0.5  # share of items alone from which names say nothing
_FEWEST = 3  # items of which two can outvote one
_MOST = 400  # items beyond which no questionnaire goes, and correlations take long
_TOGETHER = 0.2  # mean absolute correlation from which items are looked at together
_AGAINST = -0.1  # correlation with the rest of the factor below which an item is perhaps reversed


WHOLE = "All questions"
"""What the only factor is called where nothing names it."""


class Group(NamedTuple):
    """Columns of one factor.

    Attributes
    ----------
    name : str
        As it stands in the headers.
    columns : list of Column
    reason, certainty : str
    """

    name: str
    columns: list[Column]
    reason: str
    certainty: str


def groups_of(columns: Sequence[Column]) -> list[Group]:
    """The factors of items by their headers, in the order of the file."""
    if all(column.entry is not None and column.entry.factor for column in columns):
        scales = {column.entry.factor: None for column in columns if column.entry is not None}
        return [
            Group(
                name, [one for one in columns if one.entry and one.entry.factor == name], "the codebook says so", "sure"
            )
            for name in scales
        ]
    by_key: dict[str, list[Column]] = defaultdict(list)
    why: dict[str, tuple[str, str]] = {}
    seconds = _second_numbers(columns)
    for column in columns:
        key, name, reason = _key(column, seconds)
        by_key[key].append(column)
        why.setdefault(key, (name, reason))
    alone = [key for key, members in by_key.items() if len(members) == 1]
    for key in list(alone):
        home = next((other for other in by_key if len(by_key[other]) > 1 and _begins(key, other)), None)
        if home is not None:
            by_key[home] += by_key.pop(key)
            alone.remove(key)
    if len(alone) > _MANY * len(columns) or len(by_key) == 1:
        name, reason = (
            why[next(iter(by_key))] if len(by_key) == 1 else ("", "headers do not say which items belong together")
        )
        return [Group(name or WHOLE, list(columns), reason, "likely" if len(by_key) == 1 else "doubtful")]
    groups = [
        Group(why[key][0], sorted(members, key=lambda column: column.place), why[key][1], "likely")
        for key, members in by_key.items()
        if key not in alone
    ]
    left = [by_key[key][0] for key in alone]
    if len(left) == 1 and left[0].code:
        groups.append(Group(left[0].code, left, "no other item has such a name", "doubtful"))
    elif left:
        groups.append(Group("Other questions", left, "their headers share nothing", "doubtful"))
    return sorted(groups, key=lambda group: group.columns[0].place)


def _begins(key: str, other: str) -> bool:
    """Whether a name alone belongs to others: `csor_global` to `csor_1`, `csor_2`, ..."""
    first = re.split(r"[^a-z]", other)[0]
    return len(first) > 1 and re.split(r"[^a-z]", key)[0] == first


def _second_numbers(columns: Sequence[Column]) -> bool:
    """Whether names end with a second number of few values, as that of two persons: `item_1.1`, `item_1.2`."""
    pairs = [re.findall(r"\d+", column.code) for column in columns if column.code]
    two = [pair for pair in pairs if len(pair) == 2]
    firsts, lasts = {pair[0] for pair in two}, {pair[1] for pair in two}
    return bool(two) and len(two) == len(pairs) and len(lasts) <= 3 < len(firsts)


def _key(column: Column, seconds: bool) -> tuple[str, str, str]:
    """The key that items of a factor share, its name, and the reason."""
    matrix = re.fullmatch(r"(\w+)\[(\w+)\]", column.code)
    if column.question and normalise(column.question) != normalise(matrix[1] if matrix else ""):
        name = column.question if len(column.question) <= 80 else matrix[1] if matrix else column.question[:77] + "..."
        return f"? {normalise(column.question)} {matrix[1] if matrix else ''}", name, "the rows of one question"
    code = column.code
    if matrix:
        inner = re.sub(r"\d+$", "", matrix[2])
        code = matrix[1] if inner.casefold() in ("sq", "", "r", "a") else matrix[2]
        if code == matrix[1]:
            return f"[ {normalise(code)}", code, "the rows of one question"
    if not code:
        return f"! {column.place}", "", ""
    last = re.findall(r"\d+", code)[-1:] if seconds else []
    stem = re.sub(r"\d+", "#", normalise(code)) + "".join(last)
    name = re.sub(r"[\d#\W_]+", " ", code).strip() + "".join(f" {number}" for number in last)
    return f"{stem}", name or code, f"names like {code!r}"


def efa_groups(columns: Sequence[Column], answers: pd.DataFrame) -> list[Group]:
    """The factors of items by an exploratory factor analysis of their answers, with what it rests on.

    Parameters
    ----------
    columns : sequence of Column
    answers : DataFrame
        A column for each of them, named by its item id, in the same order.

    Notes
    -----
    As many factors as most criteria of `retain_factors` say, minimum residuals and oblimin, and each item in the factor
    on which it loads most. Whether the factors mean something is for a person to judge.
    """
    from hpp_analysis.factors.efa import fit_efa
    from hpp_analysis.factors.retention import retain_factors

    varied = answers.loc[:, answers.nunique() > 1]
    n_factors = max(int(retain_factors(varied).n_factors), 1)
    if n_factors == 1:
        return [Group(WHOLE, list(columns), "most criteria for the number of factors say one", "doubtful")]
    loadings = fit_efa(varied, n_factors=n_factors).loadings
    strongest = loadings.abs().to_numpy().argmax(axis=1)
    home = {str(item): int(place) for item, place in zip(loadings.index, strongest, strict=True)}
    groups: list[Group] = []
    for factor in range(n_factors):
        chosen = [
            (column, item) for column, item in zip(columns, answers, strict=True) if home.get(str(item), 0) == factor
        ]
        if chosen:
            first = max(chosen, key=lambda pair: abs(float(loadings.iloc[:, factor].get(pair[1], 0.0))))
            reason = f"an EFA with {n_factors} factors; {first[0].text[:60]!r} loads most"
            groups.append(Group(f"Factor {len(groups) + 1}", [column for column, _ in chosen], reason, "doubtful"))
    return groups


def reversed_items(answers: pd.DataFrame, *, one_factor: bool) -> dict[str, float]:
    """Items that correlate negatively with those to which they are nearest, with the mean of these correlations.

    Parameters
    ----------
    answers : DataFrame
        The items of a factor.
    one_factor : bool
        Whether they measure one thing; else each set of items that go together is looked at for itself.
    """
    if not _FEWEST <= answers.shape[1] <= _MOST:
        return {}
    r = answers.corr(min_periods=10).to_numpy(copy=True)
    low = min(_AGAINST, -1 / np.sqrt(len(answers)))  # of few answers correlations below zero are chance
    known = np.flatnonzero(np.isfinite(r).sum(axis=0) > 1)
    if len(known) < _FEWEST:
        return {}
    if one_factor:
        return _against(r[np.ix_(known, known)], [str(answers.columns[place]) for place in known], low)
    strength = np.abs(np.nan_to_num(r[np.ix_(known, known)]))
    distance = np.clip(1 - (strength + strength.T) / 2, 0, None)
    tree = linkage(distance[np.triu_indices(len(known), 1)], "average")
    together = fcluster(tree, 1 - _TOGETHER, "distance")
    found: dict[str, float] = {}
    for number in np.unique(together):
        members = known[together == number]
        if len(members) >= _FEWEST:
            found |= _against(r[np.ix_(members, members)], [str(answers.columns[place]) for place in members], low)
    return found


def _against(r: np.ndarray, names: Sequence[str], low: float) -> dict[str, float]:
    """The items on the smaller side of the first principal axis."""
    np.fill_diagonal(r, np.nan)
    axis = np.linalg.eigh(np.nan_to_num(r) + np.eye(len(r)))[1][:, -1]
    side = np.where(axis < 0, -1.0, 1.0)
    if side.sum() < 0:
        side = -side
    rest = np.ma.masked_invalid(r * side).mean(axis=1).filled(np.nan)
    against = {
        name: float(value) for name, value, sign in zip(names, rest, side, strict=True) if sign < 0 and value < low
    }
    return against if len(against) < len(names) / 2 else {}
