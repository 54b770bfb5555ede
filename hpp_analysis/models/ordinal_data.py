"""The categories of ordered items, alike in all groups, and the statistics of a model of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.common.interpret import MOST_CATEGORIES
from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.sem.conditional_moments import conditional_moments
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments, ordinal_moments
from hpp_analysis.core.sem.syntax import Syntax, Variables
from hpp_analysis.errors import AnswersError, Failure, OptionError
from hpp_analysis.models.model_data import ModelData
from hpp_analysis.options import names_in

_FAR = 10.0
"""Standard deviations between 0 and the mean of a covariate from which on thresholds at 0 say little."""

_TIED = 1e-8
"""Covariates whose standardised sum varies less follow from each other, but for rounding."""


@dataclass(frozen=True, eq=False, slots=True)
class OrdinalData:
    """What a model of ordered items is fitted to.

    Attributes
    ----------
    groups : tuple of OrdinalMoments
    thresholds : dict of str to int
        The number of thresholds of each ordered item.
    flags : tuple of str
        "merged:ITEM:FROM:INTO:GROUP" for each category that was merged because a group never used it; "far_covariate:NAME" for
        covariates far from 0, where thresholds are estimated.
    """

    groups: tuple[OrdinalMoments, ...]
    thresholds: dict[str, int]
    flags: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether no answer of the respondents used is missing."""
        return all(group.answers is not None and not np.isnan(group.answers).any() for group in self.groups)


def ordered_names(ordered: Any, syntax: Syntax, variables: Variables) -> tuple[str, ...]:
    """Return the ordered items of a model, in its order.

    Parameters
    ----------
    ordered : bool, str or sequence of str
        True: all observed variables but covariates. Variables with thresholds in the model text are ordered anyway.
    syntax : Syntax
    variables : Variables

    Raises
    ------
    OptionError

    Examples
    --------
    >>> from hpp_analysis.core.sem.syntax import find_variables, parse_syntax
    >>> syntax = parse_syntax("f =~ a + b + c; a | t1")
    >>> ordered_names("c", syntax, find_variables(syntax))
    ('a', 'c')
    """
    written = [term.lhs for term in syntax.terms if term.op == "|"]
    if ordered is True:
        named: Sequence[str] = [name for name in variables.observed if name not in variables.exogenous]
    elif ordered is None or ordered is False:
        named = ()
    else:
        named = names_in(ordered, variables.observed, "ordered", kind="an observed variable of the model")
    chosen = {*named, *(name for name in written if name in variables.observed)}
    if fixed := [name for name in variables.exogenous if name in chosen]:
        raise OptionError(
            f"An ordered item must be explained by the model; covariates are taken as they are. Given: {', '.join(fixed)}. Leave "
            f"these out of `ordered`, or add '{fixed[0]} ~~ {fixed[0]}' to the model, which then explains them."
        )
    return tuple(name for name in variables.observed if name in chosen)


def ordinal_data(
    answers: ModelData,
    observed: Sequence[str],
    ordered: Sequence[str],
    *,
    listwise: bool,
    covariates: Sequence[str] = (),
) -> OrdinalData:
    """Code the answers of ordered items, and estimate the statistics of each group.

    A category that a group never used is merged with its less used neighbour, in all groups alike: thresholds could not be
    compared otherwise.

    Parameters
    ----------
    answers : ModelData
    observed : sequence of str
        The columns of `answers.x`.
    ordered : sequence of str
    listwise : bool
        Use the complete rows alone; otherwise all with an answer, each statistic from those who gave what it needs.
    covariates : sequence of str
        The last columns, which the statistics are conditional on.

    Raises
    ------
    OptionError
        Items with too many categories.
    AnswersError
        Items with one category, two that say the same, covariates that follow from others or tell categories apart.
    """
    x = answers.x.copy()
    p = len(observed) - len(covariates)
    given = ~np.isnan(x)
    used = np.asarray(given.all(axis=1) if listwise else given[:, :p].any(axis=1))
    places = [list(observed).index(name) for name in ordered]
    _refuse_numbers({name: x[used, place] for name, place in zip(ordered, places, strict=True)})
    flags, failures, thresholds = [], list[Failure](), {}
    for name, place in zip(ordered, places, strict=True):
        x[:, place], merged, n = _joined(x[:, place], used, answers)
        flags += [f"merged:{name}:{before:g}:{into:g}:{group}" for before, into, group in merged]
        if n < 2:
            rule = "An ordered item must have two categories or more in every group; after merging one is left."
            failures.append(Failure(rule, "Leave out the item, or join groups.", column=name))
        thresholds[name] = n - 1
    if failures:
        raise AnswersError(failures)
    is_ordered = np.isin(np.arange(p), places)
    groups = []
    for code, group in enumerate(answers.groups):
        members = np.flatnonzero(used & (answers.codes == code))
        own, known = x[members, :p], x[members, p:]
        if covariates and (tied := _tied(known, covariates)):
            where = f" in the group {group!r}" if group else ""
            rule = f"No covariate may follow from others, or be constant{where}; these are: {', '.join(tied)}."
            failures.append(Failure(rule, "Leave out one of them.", column=tied[0]))
            continue
        categories, n_given = categorise(own[:, places]), int((answers.codes == code).sum())
        moments = (
            conditional_moments(own, categories, is_ordered, known, rows=answers.rows[members], n_given=n_given)
            if covariates
            else ordinal_moments(own, categories, is_ordered, rows=answers.rows[members], n_given=n_given)
        )
        failures += _problems(moments, observed, group)
        groups.append(moments)
    if failures:
        raise AnswersError(failures)
    for name, column in zip(covariates, x[used, p:].T, strict=True):
        if abs(column.mean()) > _FAR * column.std():
            flags.append(f"far_covariate:{name}")
    return OrdinalData(tuple(groups), thresholds, tuple(dict.fromkeys(flags)))


def _refuse_numbers(answers: Mapping[str, NDArray[np.float64]]) -> None:
    """Refuse as ordered all items with too many categories, given the answers of each."""
    sizes = {name: len(np.unique(given[~np.isnan(given)])) for name, given in answers.items()}
    wide = [f"{name} ({n})" for name, n in sizes.items() if n > MOST_CATEGORIES]
    if wide:
        raise OptionError(
            f"An ordered item must have at most {MOST_CATEGORIES} categories. Given: {', '.join(wide)}. Leave these out of "
            "`ordered`, which takes them as numbers, or merge their categories in the data."
        )


def _joined(
    column: NDArray[np.float64], used: NDArray[np.bool_], answers: ModelData
) -> tuple[NDArray[np.float64], list[tuple[float, float, str]], int]:
    """Merge the categories of an item until every group uses each; also what was merged, and how many are left."""
    column = column.copy()
    merged: list[tuple[float, float, str]] = []
    while True:
        usable = used & ~np.isnan(column)
        values, code = np.unique(column[usable], return_inverse=True)
        counts = np.zeros((len(answers.groups), len(values)), dtype=np.int64)
        np.add.at(counts, (answers.codes[usable], code), 1)
        lacking = np.argwhere(counts == 0)
        if not len(lacking) or len(values) < 2:
            return column, merged, len(values)
        group, place = lacking[0].tolist()
        beside = [at for at in (place - 1, place + 1) if 0 <= at < len(values)]
        into = min(beside, key=lambda at: int(counts[:, at].sum()))
        merged.append((float(values[place]), float(values[into]), answers.groups[group]))
        column[column == values[place]] = values[into]


def _tied(covariates: NDArray[np.float64], names: Sequence[str]) -> list[str]:
    """Covariates that are constant, or have a part in a sum that is constant."""
    centred = covariates - covariates.mean(axis=0)
    size = np.sqrt((centred**2).mean(axis=0))
    if not (size > 0).all():
        return [name for name, one in zip(names, size, strict=True) if not one > 0]
    length, directions = np.linalg.eigh((centred / size).T @ (centred / size) / len(centred))
    return [name for name, part in zip(names, directions[:, 0], strict=True) if length[0] < _TIED and abs(part) > 0.1]


def _problems(moments: OrdinalMoments, observed: Sequence[str], group: str) -> list[Failure]:
    """Pairs of items whose correlation no estimate can tell from 1, and variables whose slopes are infinite."""
    where = f" in the group {group!r}" if group else ""
    failures = []
    for flag in moments.flags:
        kind, *pair = flag.split(":")
        if kind == "separated":
            name = observed[int(pair[0])]
            rule = f"Covariates must leave the answers uncertain{where}; those of {name} follow from them, or some categories do."
            remedy = (
                "Leave out the covariate that an answer follows from, or merge rare categories of the item in the data."
            )
            failures.append(Failure(rule, remedy, column=name))
        if kind != "at_cap":
            continue
        one, other = (observed[int(place)] for place in pair)
        rule = (
            f"The table of two ordered items must settle their correlation{where}; that of {one} and {other} has so many empty "
            "cells that only plus or minus 1 fits."
        )
        remedy = "Merge rare categories, collect more answers, or leave out one of two items that say the same."
        failures.append(Failure(rule, remedy, column=one))
    return failures
