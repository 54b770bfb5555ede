"""Levels are joined until nothing leads to a few persons; held against a search through all sets of persons."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from hpp_analysis.disclosure.levels import SMALLER, isolates_few, join_levels


def by_rank(divisions: list[np.ndarray], detail: int) -> bool:
    """Whether some set of fewer than `detail` persons can be told apart: all unions of atoms are tried."""
    patterns, atom, size = np.unique(np.column_stack(divisions), axis=0, return_inverse=True, return_counts=True)
    columns = [patterns[:, [place]] == np.unique(patterns[:, place]) for place in range(patterns.shape[1])]
    matrix = np.concatenate(columns, axis=1).astype(float).T
    rank = np.linalg.matrix_rank(matrix)
    places = range(len(patterns))
    assert len(np.unique(atom)) == len(patterns)
    return any(
        size[list(chosen)].sum() < detail and np.linalg.matrix_rank(np.delete(matrix, chosen, axis=1)) < rank
        for n in range(1, len(patterns) + 1)
        for chosen in combinations(places, n)
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_combination_is_found_where_one_exists(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 40))
    divisions = [rng.integers(0, k, n) for k in ((2, 3), (3, 3), (2, 2, 2))[seed % 3]]
    if seed % 2:  # nested but for a few
        divisions[1] = np.where(rng.random(n) < 0.1, divisions[1], divisions[0])
    detail = int(rng.integers(3, 11))
    assert isolates_few(divisions, np.arange(n), detail) == by_rank(divisions, detail)


def test_both_answers_occur_among_them():
    found = {by_rank([np.repeat([0, 1], 8), np.tile([0, 1], 8)], detail) for detail in (4, 9)}
    assert found == {False, True}


def test_a_difference_of_three_divisions_is_found():
    """No two of these tell of fewer than ten, all three do: each of four combinations has five persons."""
    a, b = np.repeat([0, 0, 1, 1], 5), np.repeat([0, 1, 0, 1], 5)
    assert not any(isolates_few(list(pair), np.arange(20)) for pair in ((a, b), (a, a ^ b), (b, a ^ b)))
    assert isolates_few([a, b, a ^ b], np.arange(20))


def test_persons_are_counted_not_ratings():
    person = np.repeat(np.arange(6), 3)
    assert isolates_few([np.zeros(18, dtype=int), np.resize([0, 1, 2], 18)], person)


def scores(n: int) -> np.ndarray:
    return np.resize([6.0, 7.0, 9.0, 4.0], n)[:, None]


def sizes(levels: dict[str, int], **options) -> dict[str, int] | None:
    level = np.repeat(list(levels), list(levels.values()))
    shown = join_levels(level, np.arange(len(level)), [np.zeros(len(level), dtype=int)], scores(len(level)), **options)
    return None if shown is None else {name: shown.tolist().count(name) for name in dict.fromkeys(shown.tolist())}


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ({"a": 12, "b": 11}, {"a": 12, "b": 11}),
        ({"a": 12, "b": 3}, None),  # b would be the total less a
        ({"a": 30, "b": 12, "c": 3}, {"a": 30, SMALLER: 15}),
        ({"a": 30, "b": 9, "c": 9}, {"a": 30, SMALLER: 18}),
        ({"a": 30, "b": 14, "c": 9, "d": 2}, {"a": 30, SMALLER: 25}),  # c could take out its own answers, and know d's
        ({"a": 30}, None),
    ],
)
def test_small_levels_are_joined_until_they_hide_each_other(levels, shown):
    assert sizes(levels) == shown


def test_levels_of_one_mind_are_joined():
    level = np.repeat(["a", "b", "c"], 12)
    alike = scores(36)
    alike[12:23] = 10.0
    shown = join_levels(level, np.arange(36), [np.zeros(36, dtype=int)], alike)
    assert set(shown) == {"c", SMALLER}


def test_who_did_not_answer_counts_for_nobody():
    level, given = np.repeat(["a", "b", "c"], [14, 14, 14]), scores(42)
    given[:6] = np.nan  # eight of a have a score
    shown = join_levels(level, np.arange(42), [np.zeros(42, dtype=int)], given)
    assert set(shown) == {"c", SMALLER}
