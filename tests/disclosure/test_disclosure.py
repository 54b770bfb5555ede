"""The rules of the disclosure plan, each alone, on cases small enough to see through."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.disclosure import group_key, may_rerelease, plan_cells, rerelease_blockers
from hpp_analysis.errors import OptionError

ALL = group_key()


def spread(n, *answers):
    """Return n answers that are neither alike nor near an end of the scale."""
    return np.resize(answers or (4.0, 7.0, 6.0, 8.0, 5.0), n)


def plan_one(answers, groups, person=None, **options):
    values = pd.DataFrame({"x": np.asarray(answers, dtype=float)})
    masks = {key: np.isin(np.arange(len(values)), index) for key, index in groups.items()}
    return plan_cells(values, range(len(values)) if person is None else person, masks, **options)


def sized(sizes, **more):
    """Return groups of consecutive ratings by partner, and everybody."""
    ends = np.cumsum(list(sizes.values()))
    groups = {group_key(partner=p): range(e - n, e) for (p, n), e in zip(sizes.items(), ends, strict=True)}
    return {ALL: range(ends[-1]), **groups, **more}


def verdict(cells, key, variable="x"):
    return cells.state(key, variable), cells.reason(key, variable)


def withheld(cells, variable="x"):
    return {key for key in cells.keys if cells.state(key, variable) == "withheld"}


# one group -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (0, ("empty", "no_answers")),
        (1, ("withheld", "too_few")),
        (4, ("withheld", "too_few")),
        (5, ("mean_only", "below_detail")),
        (9, ("mean_only", "below_detail")),
        (10, ("full", "")),
    ],
)
def test_a_group_by_its_size(n, expected):
    cells = plan_one(spread(12), {ALL: range(n)})
    assert verdict(cells, ALL) == expected
    assert cells.n(ALL, "x") == n
    assert cells.decimals(ALL, "x") == (1 if expected[0] == "mean_only" else None)


def test_thresholds_can_be_raised():
    assert verdict(plan_one(spread(9), {ALL: range(9)}, floor=10, detail=20), ALL) == ("withheld", "too_few")
    assert verdict(plan_one(spread(19), {ALL: range(19)}, floor=10, detail=20), ALL)[0] == "mean_only"


def test_persons_are_counted_not_ratings():
    person = np.repeat(["a", "b", "c", "d"], 4)
    cells = plan_one(spread(16), {ALL: range(16)}, person)
    assert verdict(cells, ALL) == ("withheld", "too_few")
    assert cells.n(ALL, "x") == 4


def test_only_persons_with_an_answer_count():
    values = pd.DataFrame({"x": spread(6), "y": spread(6)})
    values.loc[[1, 4], "y"] = np.nan
    cells = plan_cells(values, range(6), {ALL: np.full(6, True)})
    assert cells.state(ALL, "x") == "mean_only"
    assert verdict(cells, ALL, "y") == ("withheld", "too_few")
    assert cells.n(ALL, "y") == 4


@pytest.mark.parametrize("n", [5, 12, 200])
def test_a_unanimous_group_shows_nothing(n):
    cells = plan_one(np.full(n, 7.0), {ALL: range(n)})
    assert verdict(cells, ALL) == ("withheld", "unanimous")
    assert cells.public_reason(ALL, "x") == "protected"  # "unanimous" would be the answer
    assert plan_one(np.full(n, 7.0), {ALL: range(n)}, unanimity=False).state(ALL, "x") != "withheld"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([*[10] * 11, 9], ("full", "")),  # somebody, but who, gave a 9
        ([*[10] * 11, 9.5], ("withheld", "unanimous")),  # scores: nobody can be below 9.5
        ([*[1] * 11, 1.5], ("withheld", "unanimous")),
        (np.linspace(7.0, 7.9, 12), ("mean_only", "unanimous")),  # a standard deviation would tell
        (np.linspace(7.0, 8.0, 12), ("full", "")),
        (np.linspace(7.0, 7.9, 7), ("mean_only", "below_detail")),
    ],
)
def test_scores_are_unanimous_when_known_to_within_a_scale_point(answers, expected):
    assert verdict(plan_one(answers, {ALL: range(len(answers))}), ALL) == expected


def test_what_was_not_planned_is_withheld():
    cells = plan_one(spread(20), {ALL: range(20)})
    for key, variable in [(group_key(client="Y"), "x"), (ALL, "y")]:
        assert verdict(cells, key, variable) == ("withheld", "unknown_group")
        assert cells.public_reason(key, variable) == "unknown_group"
        assert cells.n(key, variable) == 0


# several groups --------------------------------------------------------------------------------------------

FOUR = {"A": 12, "B": 15, "C": 3, "D": 20}


def test_the_one_small_partner_takes_a_second_one_along():
    cells = plan_one(spread(50), sized(FOUR))
    assert withheld(cells) == {group_key(partner="C"), group_key(partner="A")}
    assert verdict(cells, group_key(partner="A")) == ("withheld", "remainder")
    assert cells.public_reason(group_key(partner="A"), "x") == "protected"


@pytest.mark.parametrize(("pooled", "n_withheld"), [(False, 2), (True, 3)])
def test_a_second_weighting_is_a_second_equation(pooled, n_withheld):
    groups = sized(FOUR)
    parts = {ALL: [key for key in groups if key]}
    cells = plan_one(spread(50, 4, 7, 6, 5, 6, 5), groups, parts=parts, pooled=pooled)
    assert cells.state(ALL, "x") == "full"
    assert len(withheld(cells)) == n_withheld
    assert cells.decimals(ALL, "x") == 1  # whole numbers have one solution in many decimals
    assert cells.decimals(group_key(partner="D"), "x") is None


def test_weights_of_parts_count_answers_of_the_variable():
    """C is missing from y: nothing is to be protected there, and the mean of parts has three parts."""
    groups = {key: np.isin(np.arange(50), index) for key, index in sized(FOUR).items()}
    values = pd.DataFrame({"x": spread(50), "y": spread(50)})
    values.loc[groups[group_key(partner="C")], "y"] = np.nan
    cells = plan_cells(values, range(50), groups, parts={ALL: [key for key in groups if key]})
    assert withheld(cells, "y") == set()
    assert cells.state(group_key(partner="C"), "y") == "empty"
    assert cells.decimals(ALL, "y") is None


def test_no_second_partner_is_withheld_where_two_are_small():
    cells = plan_one(spread(40), sized({"A": 15, "B": 3, "C": 4, "D": 18}))
    assert withheld(cells) == {group_key(partner="B"), group_key(partner="C")}


def test_two_small_partners_can_be_too_few_together():
    cells = plan_one(spread(37), sized({"A": 15, "B": 2, "C": 2, "D": 18}))
    assert withheld(cells) == {group_key(partner=p) for p in "ABC"}


def test_a_nested_group_leaves_a_remainder():
    inner = group_key(side="partner")
    assert withheld(plan_one(spread(20), {ALL: range(20), inner: range(17)})) == {inner}
    assert withheld(plan_one(spread(20), {ALL: range(20), inner: range(15)})) == set()


def test_a_remainder_of_many_ratings_by_one_person_is_one_person():
    inner = group_key(side="partner")
    person = [*range(17), *["busy"] * 8]
    assert withheld(plan_one(spread(25), {ALL: range(25), inner: range(17)}, person)) == {inner}


def test_a_remainder_in_two_steps():
    """All but A are 16, all but B are 17, but all but A and B are 3."""
    a, b = group_key(client="A"), group_key(client="B")
    assert withheld(plan_one(spread(30), {ALL: range(30), a: range(14), b: range(14, 27)})) == {b}


def test_a_difference_of_overlapping_groups():
    """Neither is in the other; both hold the same 12, and 2 more each: 2 minus 2 concerns 4 persons."""
    a, b = group_key(language="nl"), group_key(level="manager")
    cells = plan_one(spread(16), {a: range(14), b: range(2, 16)})
    assert len(withheld(cells)) == 1


def test_a_unanimous_remainder():
    inner = group_key(side="partner")
    answers = [*spread(14), *[8.0] * 6]
    assert withheld(plan_one(answers, {ALL: range(20), inner: range(14)})) == {inner}
    assert withheld(plan_one(answers, {ALL: range(20), inner: range(14)}, unanimity=False)) == set()


def test_a_mean_near_the_end_of_the_scale_bounds_everybody_in_it():
    """Three withheld among 20 with mean 9.95: at least 9.67, although no subtraction gives them."""
    few = group_key(side="partner")
    cells = plan_one([*[10.0] * 19, 9.0], {ALL: range(20), few: range(17, 20)})
    assert verdict(cells, ALL) == ("withheld", "bounded")
    assert verdict(plan_one(spread(20), {ALL: range(20), few: range(17, 20)}), ALL) == ("full", "")


def test_the_detail_of_a_remainder_below_ten_does_not_follow():
    inner = group_key(side="partner")
    cells = plan_one(spread(30), {ALL: range(30), inner: range(23)})
    assert verdict(cells, ALL) == ("full", "")
    assert verdict(cells, inner) == ("mean_only", "remainder")
    assert verdict(plan_one(spread(33), {ALL: range(33), inner: range(23)}), inner) == ("full", "")


def test_groups_without_common_ratings_leave_each_other_alone():
    groups = {
        group_key(client=c): range(10 * i, 10 * i + n) for i, (c, n) in enumerate([("X", 3), ("Y", 10)])
    }
    assert withheld(plan_one(spread(20), groups)) == {group_key(client="X")}


def two_by_three(sizes):
    """Return groups of a table of sides by partners with its margins."""
    owner = np.repeat(np.arange(6), sizes)
    side, partner = np.where(owner < 3, "client", "partner"), (owner % 3).astype(str)
    groups = {ALL: np.flatnonzero(owner >= 0)}
    groups |= {group_key(side=s): np.flatnonzero(side == s) for s in ("client", "partner")}
    groups |= {group_key(partner=p): np.flatnonzero(partner == p) for p in "012"}
    groups |= {
        group_key(side=s, partner=p): np.flatnonzero((side == s) & (partner == p))
        for s in ("client", "partner")
        for p in "012"
    }
    return groups


def test_a_small_cell_of_a_table_takes_a_rectangle_along():
    cells = plan_one(spread(86), two_by_three([12, 15, 18, 3, 20, 18]))
    expected = {(s, p) for s in ("client", "partner") for p in ("0", "2")}
    assert withheld(cells) == {group_key(side=s, partner=p) for s, p in expected}


def test_the_plan_is_the_same_each_time_and_does_not_depend_on_labels():
    groups = two_by_three([4, 9, 3, 3, 7, 18])
    first, again = (plan_one(spread(44, 3, 9, 6, 10), groups) for _ in range(2))
    pd.testing.assert_frame_equal(first.to_frame(), again.to_frame())
    renamed = {frozenset((c, v[::-1]) for c, v in key): mask for key, mask in groups.items()}
    assert (plan_one(spread(44, 3, 9, 6, 10), renamed).states == first.states).all()


# several variables -----------------------------------------------------------------------------------------


def family(n=30):
    """Return complete answers to three items and their scale; item `b` is unanimous in the first 12."""
    rng = np.random.default_rng(1)
    values = pd.DataFrame(rng.integers(3, 9, (n, 3)).astype(float), columns=["a", "b", "c"])
    values.loc[:11, "b"] = 8.0
    return values.assign(scale=values.mean(axis=1))


def test_an_item_does_not_follow_from_its_scale_and_the_other_items():
    group = {group_key(client="X"): np.arange(30) < 12}
    key = next(iter(group))
    alone = plan_cells(family(), range(30), group)
    assert [v for v in alone.variables if alone.state(key, v) == "withheld"] == ["b"]
    cells = plan_cells(family(), range(30), group, composites={"scale": ["a", "b", "c"]})
    assert [v for v in cells.variables if cells.state(key, v) == "withheld"] == ["a", "b"]
    assert verdict(cells, key, "a") == ("withheld", "composite")


def test_a_scale_of_one_item_is_withheld_with_it():
    group = {group_key(client="X"): np.arange(30) < 12}
    values = family()[["b"]].assign(scale=family()["b"] + np.resize([0, 1.5], 30))
    cells = plan_cells(values, range(30), group, composites={"scale": ["b"]})
    assert withheld(cells, "scale") == set(group)


def test_uniform_gives_each_group_its_strictest_state():
    key, other = group_key(client="X"), group_key(client="Y")
    groups = {key: np.arange(30) < 12, other: np.arange(30) >= 12}
    cells = plan_cells(family(), range(30), groups, uniform=True)
    assert {cells.state(key, v) for v in cells.variables} == {"withheld"}
    assert verdict(cells, key, "b") == ("withheld", "unanimous")
    assert verdict(cells, key, "a") == ("withheld", "uniform")
    assert {cells.state(other, v) for v in cells.variables} == {"full"}


def test_variables_give_up_the_same_groups():
    """Don't-know answers turn the order of A and B around in y; the same one is given up in both."""
    groups = {key: np.isin(np.arange(50), index) for key, index in sized({**FOUR, "B": 13, "D": 22}).items()}
    values = pd.DataFrame({"x": spread(50), "y": spread(50)})
    values.loc[12:14, "y"] = np.nan
    cells = plan_cells(values, range(50), groups)
    assert cells.n(group_key(partner="B"), "y") < cells.n(group_key(partner="A"), "y")
    assert withheld(cells, "x") == withheld(cells, "y") == {group_key(partner=p) for p in "AC"}


# many clients ----------------------------------------------------------------------------------------------


def many_clients(small):
    """Return 40 clients of 4 cells and the study as a whole; the first `small` clients have 3 persons."""
    sizes = [[3, 0, 0, 0] if i < small else [12, 14, 11, 13] for i in range(40)]
    client = np.repeat(np.arange(40), [sum(each) for each in sizes]).astype(str)
    cell = np.concatenate([np.repeat(list("abcd"), each) for each in sizes])
    groups = {ALL: np.full(len(client), True)}
    for name in dict.fromkeys(client):
        groups[group_key(client=name)] = client == name
        groups |= {group_key(client=name, cell=c): (client == name) & (cell == c) for c in "abcd"}
    values = pd.DataFrame({"x": spread(len(client))})
    return plan_cells(values, range(len(client)), groups)


@pytest.mark.parametrize(("small", "state"), [(0, "full"), (2, "mean_only"), (4, "full")])
def test_the_total_of_a_study_hides_small_clients_in_each_other(small, state):
    """Two clients of 3 are 6 persons, enough for a mean; four are 12."""
    cells = many_clients(small)
    assert cells.state(ALL, "x") == state
    assert {dict(key)["client"] for key in withheld(cells)} == set("0123"[:small])


def test_the_total_of_a_study_is_given_up_for_a_single_small_client():
    """Cheaper than half a report of another client; leaving the client out of the study keeps the total."""
    cells = many_clients(small=1)
    assert verdict(cells, ALL) == ("withheld", "remainder")
    assert {dict(key).get("client") for key in withheld(cells)} == {None, "0"}


# the result ------------------------------------------------------------------------------------------------


def test_the_frame_lists_every_cell():
    frame = plan_one(spread(50), sized(FOUR)).to_frame()
    assert list(frame.columns) == ["group", "variable", "n_persons", "state", "reason"]
    assert frame["group"].tolist() == ["all", "partner=A", "partner=B", "partner=C", "partner=D"]
    assert frame["n_persons"].tolist() == [50, 12, 15, 3, 20]


def test_the_plan_cannot_be_changed():
    cells = plan_one(spread(20), {ALL: range(20)})
    with pytest.raises(dataclasses.FrozenInstanceError):
        cells.floor = 1
    with pytest.raises(ValueError, match="read-only"):
        cells.states[0, 0] = "full"


def test_a_run_without_groups_or_ratings_is_a_plan_too():
    assert plan_one(spread(5), {}).to_frame().empty
    assert plan_one([], {ALL: []}).state(ALL, "x") == "empty"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"floor": 1}, "floor=1"),
        ({"floor": 12}, "floor=12"),
        ({"floor": 5.5}, "floor=5.5"),
        ({"scale": (10, 1)}, r"\(10, 1\)"),
        ({"scale": (1, 7)}, "Given: 8 in column 'x'"),
        ({"person": range(19)}, "19 for 20"),
        ({"person": [None, *range(19)]}, "1 missing"),
        ({"groups": {ALL: np.arange(20)}}, "int64"),
        ({"groups": {ALL: np.full(19, True)}}, r"\(19,\)"),
        ({"parts": {ALL: [group_key(client="Y")]}}, "'client', 'Y'"),
        ({"composites": {"scale": ["x"]}}, "'scale'"),
        ({"values": pd.DataFrame(np.ones((20, 2)), columns=["x", "x"])}, r"\['x'\]"),
    ],
)
def test_what_cannot_be_planned_says_what_was_given(change, part):
    given = {
        "values": pd.DataFrame({"x": spread(20)}),
        "person": range(20),
        "groups": {ALL: np.full(20, True)},
    }
    given |= change
    with pytest.raises(OptionError, match=part):
        plan_cells(given.pop("values"), given.pop("person"), given.pop("groups"), **given)


# a closed wave ---------------------------------------------------------------------------------------------

X, Y = group_key(client="X"), group_key(client="Y")


@pytest.mark.parametrize(
    ("previous", "new", "blockers"),
    [
        ({X: range(20)}, {X: range(20)}, ()),
        ({X: range(20)}, {X: range(24)}, (X,)),
        ({X: range(20)}, {X: range(25)}, ()),
        ({X: range(20)}, {X: range(19)}, (X,)),  # who left follows by subtraction
        ({X: range(20)}, {X: range(1, 25)}, ()),
        ({X: range(20)}, {X: range(20), Y: range(20, 30)}, ()),  # a group that is new
        ({X: range(20)}, {}, ()),
        ({ALL: range(20), X: range(10)}, {ALL: range(26), X: [*range(10), *range(20, 25)]}, (ALL,)),  # 6 - 5
        ({ALL: range(20), X: range(10)}, {ALL: range(30), X: [*range(10), *range(20, 25)]}, ()),
    ],
)
def test_a_reported_wave_is_closed(previous, new, blockers):
    assert rerelease_blockers(previous, new) == blockers
    assert may_rerelease(previous, new) == (not blockers)
