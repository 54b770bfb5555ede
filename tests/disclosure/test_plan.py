"""The rules by which answers are cleared, one by one."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.disclosure import clear_parts, release
from hpp_analysis.errors import OptionError


def cleared(*groups, family=None, **options):
    """One variable, a group of answers each; every answer is another person's."""
    part = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    values = pd.DataFrame({"x": np.concatenate([np.asarray(group, dtype=float) for group in groups])})
    return clear_parts(values, np.arange(len(values)), part, family or [0] * len(groups), **options)


MIXED = [3.0, 5.0, 6.0, 7.0, 8.0, 9.0, 4.0, 6.0, 7.0, 2.0, 5.0, 8.0]


@pytest.mark.parametrize(
    ("n", "state"), [(1, "withheld"), (4, "withheld"), (5, "mean_only"), (9, "mean_only"), (10, "full"), (12, "full")]
)
def test_a_group_by_its_size(n, state):
    found = cleared(MIXED[:n])
    assert found.states[0, 0] == state
    assert np.isnan(found.answers).all() == (n < 10)  # below ten no answer is left
    assert np.isnan(found.means).all() == (n < 5)


def test_ratings_of_a_small_group_stand_for_its_mean_whoever_answered():
    """Two of eight did not know; of large groups it can be seen who answered, of small ones not."""
    found = cleared([7, 8, 6, 7, np.nan, np.nan, 9, 8], MIXED)
    assert found.means[:8, 0].tolist() == [7.6] * 8
    assert found.means[8:, 0].tolist() == MIXED


def test_fewer_than_five_answers_of_a_small_group_are_nothing():
    found = cleared([7, 8, 6, 7, np.nan, np.nan])
    assert found.states[0, 0] == "withheld" and np.isnan(found.means).all()


def test_few_answers_in_a_large_group_are_a_mean():
    found = cleared([*MIXED[:7], *[np.nan] * 6])
    assert found.states[0, 0] == "mean_only"
    assert np.isnan(found.answers).all()
    assert np.isnan(found.means[7:]).all() and np.unique(found.means[:7]).size == 1


@pytest.mark.parametrize("n", [5, 9])
def test_a_small_group_is_never_withheld_for_being_of_one_mind(n):
    """That it is would be told by its being withheld."""
    assert cleared([7.0] * n).states[0, 0] == "mean_only"


@pytest.mark.parametrize(("answers", "shown"), [([8] * 11, False), ([8] * 10 + [3], False), ([8] * 9 + [3, 9], True)])
def test_a_large_group_of_one_mind_shows_nothing(answers, shown):
    """Also where all but one agree: that one would know what each of the others answered."""
    found = cleared(answers, MIXED)
    assert (found.states[0, 0] == "full") == shown
    assert np.isnan(found.means[: len(answers)]).all() != shown


@pytest.mark.parametrize(
    ("scale", "mean", "told"),
    [
        ((1, 10), 8.89, 8.8),
        ((1, 10), 8.9, 9.5),  # in steps of 0.2; shown as "9 or more"
        ((1, 10), 10.0, 9.5),
        ((1, 10), 7.29, 7.2),
        ((1, 10), 7.3, 7.4),
        ((1, 10), 3.69, 2.3),
        ((1, 10), 3.7, 3.8),
        ((1, 7), 6.29, 6.2),
        ((1, 7), 6.3, 6.7),  # "6.4 or more"
        ((1, 5), 4.5, 4.7),
        ((1, 5), 2.0, 1.8),
        ((0, 10), 1.0, 1.4),
    ],
)
def test_a_mean_near_an_end_is_coded_by_scale_and_mean_alone(scale, mean, told):
    assert release(np.array([mean]), scale)[0] == pytest.approx(told, abs=1e-9)


@pytest.mark.parametrize("top", [3, 4, 5, 7, 10])
def test_a_mean_does_not_tell_by_how_many_it_was_divided(top):
    """Of whatever is told, any five to nine persons may have answered; one decimal would tell (8.86 is 62 / 7 alone)."""
    possible = [set(release(np.arange(n, top * n + 1) / n, (1, top)).tolist()) for n in range(5, 10)]
    assert all(one == possible[0] for one in possible)
    decimals = [set(np.round(np.arange(n, top * n + 1) / n, 1).tolist()) for n in range(5, 10)]
    assert decimals[0] != decimals[2]


def test_a_group_that_grows_does_not_tell_who_of_the_first_answered():
    """Four persons of whom nothing is told, and later seven: their mean fits five, six and seven answers."""
    for answers in ([9, 9, 9, 9, 9, 9, 8], [9, 9, 9, np.nan, 9, 9, 8], [9, 9, 9, np.nan, np.nan, 9, 8]):
        found = cleared(answers)
        assert np.unique(found.means).tolist() == [8.8]


@pytest.mark.parametrize(
    ("top", "n"),
    [
        (10, 5),
        (10, 6),
        (10, 7),
        (8, 5),
        (8, 6),
        *((5, n) for n in range(5, 10)),
        (7, 5),
        (7, 7),
        (7, 8),
        (4, 6),
        (4, 9),
    ],
)
def test_a_mean_that_is_told_leaves_the_answers_open(top, n):
    """All sets of whole answers with the same told mean: no ordered answer is forced; on short scales fewer than half."""
    sets = np.array(list(itertools.combinations_with_replacement(range(1, top + 1), n)))
    told = release(sets.mean(axis=1), (1, top))
    for value in np.unique(told):
        some = sets[told == value]
        forced = some.min(axis=0) == some.max(axis=0)
        assert not forced[0], value  # the lowest answer is open
        assert forced.sum() == 0 if top >= 8 else forced.sum() < n / 2, value
        sd = some.std(axis=1, ddof=1)
        assert sd.max() > 1.5 * sd.min(), value


@pytest.mark.parametrize(("top", "n"), [(10, 5), (10, 6), (5, 5), (5, 7), (5, 9), (7, 6)])
def test_no_mean_tells_one_of_a_group_that_another_gave_the_lowest_answer(top, n):
    """Whoever takes out the own answer, whatever it is, leaves open whether the lowest of the others is the lowest there is."""
    sets = np.array(list(itertools.combinations_with_replacement(range(1, top + 1), n)))
    told = release(sets.mean(axis=1), (1, top))
    totals = {
        value: (some.min(), some.max()) for value in np.unique(told) for some in [sets[told == value].sum(axis=1)]
    }
    for _value, (_least, most) in totals.items():
        for own in range(1, top + 1):
            assert most - own >= 2 * (n - 1) or most - own < n - 1  # nobody else can have the rest


def test_small_parts_hide_each_other():
    found = cleared([7, 8, 9], [3, 4, 5, 6], [6, 6, 6, 6], MIXED)
    assert found.pools == {4: (0, 1, 2)}
    assert found.states[:, 0].tolist() == ["withheld"] * 3 + ["full", "mean_only"]
    assert np.unique(found.means[:11]).tolist() == [6.0] and np.isnan(found.answers[:11]).all()


def test_a_small_part_takes_the_smallest_of_five_to_nine_along():
    found = cleared([7, 8, 9], MIXED[:9], MIXED[:8], MIXED)
    assert found.pools == {4: (0, 2)}
    assert found.states[:, 0].tolist() == ["withheld", "mean_only", "withheld", "full", "mean_only"]


@pytest.mark.parametrize("sizes", [(4,), (4, 1), (4, 2), (4, 12), (2, 2), (4, 3), (4, 6)])
def test_a_part_with_too_few_beside_it_is_left_out(sizes):
    """The one beside the four would take out the own answer, and have the others' mean."""
    found = cleared(*(MIXED[:n] for n in sizes))
    assert not found.pools
    assert (found.part[: sizes[0]] == -1).all()


def test_parts_of_other_families_are_no_company():
    assert not cleared([7, 8, 9], [3, 4, 5, 6], family=[0, 1]).pools
    assert not cleared([7, 8, 9], [3, 4, 5, 6], family=[-1, -1]).pools


def test_persons_are_counted_not_ratings():
    values = pd.DataFrame({"x": MIXED})
    found = clear_parts(values, np.repeat([1, 2, 3, 4], 3), np.zeros(12, dtype=int), [0])
    assert found.states[0, 0] == "withheld" and found.size[0] == 4


def test_a_factor_that_few_have_a_score_of_shows_means_only():
    """Twelve answered each half of the questions, but hardly anybody both: a score would rest on a few."""
    rng = np.random.default_rng(0)
    values = pd.DataFrame(rng.integers(1, 11, (24, 3)).astype(float), columns=list("abc"))
    values.iloc[:12, 0], values.iloc[12:, 1] = np.nan, np.nan
    part = np.zeros(24, dtype=int)
    for n, state in ((24, "full"), (10, "full"), (9, "mean_only"), (1, "mean_only"), (0, "full")):
        found = clear_parts(values, np.arange(24), part, [0], factors=[(["a", "b"], np.arange(24) < n)])
        assert found.states[0].tolist() == [state, state, "full"]


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 13), min_size=1, max_size=6), seed=st.integers(0, 10_000))
def test_whatever_is_left_does_not_depend_on_what_is_protected(sizes, seed):
    """Any other answers of groups under five, and any of groups of five to nine with the same told mean, leave the same."""
    rng = np.random.default_rng(seed)
    part = np.repeat(np.arange(len(sizes)), sizes)
    one = rng.integers(1, 11, len(part)).astype(float)
    other = one.copy()
    first = clear_parts(pd.DataFrame({"x": one}), np.arange(len(part)), part, [0] * len(sizes))
    pooled = {member for members in first.pools.values() for member in members}
    for place, n in enumerate(sizes):
        rows = np.flatnonzero(part == place)
        if n < 5 and place not in pooled:
            other[rows] = rng.integers(1, 11, n)
    for group in [[place] for place, n in enumerate(sizes) if 5 <= n < 10 and place not in pooled] + [
        list(members) for members in first.pools.values()
    ]:
        rows = np.flatnonzero(np.isin(part, group))
        other[rows] = rng.permutation(_same_sum(one[rows], rng))
    second = clear_parts(pd.DataFrame({"x": other}), np.arange(len(part)), part, [0] * len(sizes))
    for name in ("part", "states", "reasons", "means", "answers"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)


def _same_sum(answers, rng):
    """Other whole answers on 1 to 10 with the same sum."""
    other = answers.copy()
    for _step in range(30):
        up, down = rng.integers(0, len(other), 2)
        if up != down and other[up] < 10 and other[down] > 1:
            other[up] += 1
            other[down] -= 1
    return other


@pytest.mark.parametrize(
    "change", [{"floor": 1}, {"floor": 6, "detail": 5}, {"floor": 5.0}, {"scale": (10, 1)}, {"scale": (1, 5)}]
)
def test_what_cannot_be_planned_says_so(change):
    with pytest.raises(OptionError):
        cleared(MIXED, **change)
