"""The enumeration against another solver: OR-tools' CP-SAT, which holds all facts together, over counts of answers."""

from __future__ import annotations

import importlib.util
import os

import numpy as np
import pytest

from tests.attack.knowing import know
from tests.attack.reading import Report
from tests.attack.solving import (
    Counts,
    Fact,
    Puzzle,
    Term,
    Unknown,
    answered,
    between,
    mean,
    not_answered,
    tables,
    total,
)
from tests.attack.test_attacker import by_hand, cell, leaky, mean_of

SCALE = 1_000_000  # sums of products of counts and coefficients stay far below 2^63


@pytest.fixture(scope="module", autouse=True)
def ortools() -> None:
    if importlib.util.find_spec("ortools") is None:
        if os.environ.get("HPP_REQUIRE_ALL"):
            pytest.fail("ortools is required here (HPP_REQUIRE_ALL is set) and was not found")
        pytest.skip("ortools is not installed")


def squares(counts, points):
    return counts[:, :-1] @ points**2


def linear(term: Term, rows: Counts) -> np.ndarray | None:
    """What each answer adds to a term, over all rows that there were; None where it is no sum of single answers."""
    counts, value = rows.astype(float), term.of(rows)
    # a constant of a group of known size is spread over its persons by the solution of least norm
    found = np.linalg.lstsq(counts, value, rcond=None)[0]
    return found if np.allclose(counts @ found, value, atol=1e-8) else None


def exact(puzzle: Puzzle, target: Unknown, rows: dict[int, Counts]) -> tuple[float, float] | None:
    """The range of the sum of a group's answers under all facts; None where a fact is no sum."""
    from ortools.sat.python import cp_model

    reached, grows = {id(target): target}, True
    while grows:  # facts that are linked to the target
        before = len(reached)
        for fact in puzzle.facts:
            if any(id(t.unknown) in reached for t in fact.terms):
                reached |= {id(t.unknown): t.unknown for t in fact.terms}
        grows = len(reached) > before
    model = cp_model.CpModel()
    counts = {}
    for key, one in reached.items():
        n = int(one.truth.sum())
        counts[key] = [model.new_int_var(0, n, f"{key}_{v}") for v in range(len(one.truth))]
        model.add(sum(counts[key]) == n)
        for column, variable in enumerate(
            counts[key]
        ):  # of large groups all answers are given, of some don't-knows are
            values = rows[key][:, column]
            model.add_linear_constraint(variable, int(values.min()), int(values.max()))
    for fact in puzzle.facts:
        if id(fact.terms[0].unknown) not in reached:
            continue
        forms = [linear(term, rows[id(term.unknown)]) for term in fact.terms]
        if any(form is None for form in forms):
            return None
        whole = sum(
            round(float(c) * SCALE) * variable
            for term, form in zip(fact.terms, forms, strict=True)
            for c, variable in zip(form, counts[id(term.unknown)], strict=True)
        )
        # rounding a coefficient moves a sum of n answers by at most n / 2
        slack = sum(int(t.unknown.truth.sum()) for t in fact.terms)
        if np.isfinite(fact.low):
            model.add(whole >= int(np.floor(fact.low * SCALE)) - slack)
        if np.isfinite(fact.high):
            model.add(whole <= int(np.ceil(fact.high * SCALE)) + slack)
    ends = []
    summed = sum(int(p) * variable for p, variable in zip(target.points, counts[id(target)], strict=False))
    for direction in (model.minimize, model.maximize):
        model.clear_objective()
        direction(summed)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        assert solver.solve(model) == cp_model.OPTIMAL
        ends.append(solver.objective_value)
    return ends[0], ends[1]


def held_against(puzzle: Puzzle, unknowns: list[Unknown]) -> int:
    """Compare the ranges of the sums of groups; how many could be compared comes back."""
    rows = {id(t.unknown): t.unknown.counts for fact in puzzle.facts for t in fact.terms}
    puzzle.solve()
    compared = 0
    for one in unknowns:
        found = exact(puzzle, one, rows) if id(one) in rows else None
        if found is not None:
            compared += 1
            sums = total(one.left, one.points)
            assert (sums.min(), sums.max()) == found, one.name
    return compared


@pytest.mark.parametrize("seed", range(8))
def test_pools_and_wholes(seed):
    """Three groups of which a pool, a whole and one of them tell: sums, squares, bands and don't-knows."""
    rng = np.random.default_rng(seed)
    points = np.arange(1.0, 7.0)
    unknowns = []
    for place, n in enumerate(rng.integers(2, 6, 3)):
        answers = rng.choice([*range(6), 6], size=n, p=[*[0.15] * 6, 0.1])
        truth = np.bincount(answers, minlength=7).astype(np.int16)
        unknowns.append(Unknown((place,), tables(int(n), 6), points, truth))
    puzzle = Puzzle()

    def fact(number, members, half, weights=(1.0, 1.0, 1.0)):
        terms = tuple(Term(unknowns[m], number, weights[m]) for m in members)
        value = sum(float(t.of(t.unknown.truth[None, :])[0]) for t in terms)
        middle = value + rng.uniform(-half, half) if half else value
        puzzle.facts.append(Fact(terms, middle - half, middle + half, number.__name__))

    fact(total, (0, 1, 2), 0.6)
    fact(squares, (0, 1, 2), 0.0 if seed % 2 else 3.0)
    fact(not_answered, (0, 1, 2), 0.0)
    fact(between(5, 6), (0, 1), 0.4)
    fact(total, (2,), 1.2)
    assert held_against(puzzle, unknowns) == 3


def test_means_of_parts_by_hand():
    """Groups of 6, 3 and 4 in a side whose mean is told; it weighs groups, so that sizes play a part."""
    study = by_hand(P1=6, P2=3, P3=4, P4=12)
    whole = np.mean([mean_of(study, p) for p in ("P1", "P2", "P3", "P4")])
    rows = [cell(round(whole, 2)), cell(round(mean_of(study, "P1"), 1), partnership="P1", state="mean_only")]
    knowledge = know(study, [Report(0, "client", "Acme", "", rows, [], None)])
    for one in knowledge.unknowns.values():  # numbers of answers are no part of this
        one.keep(one.counts[:, -1] == one.truth[-1])
    mine = [one for (_p, _b, item), one in knowledge.unknowns.items() if item == "t1"]
    assert held_against(knowledge.puzzle, [one for one in mine if len(one.counts) > 1]) == 3


@pytest.mark.parametrize("name", ["silent", "again", "answers_of_five"])
def test_kept_reports(name):
    knowledge = know(*leaky(name))
    knowledge.puzzle.checks.clear()  # no sums
    for one in knowledge.unknowns.values():
        one.keep(one.counts[:, -1] == one.truth[-1])
    small = [one for one in knowledge.unknowns.values() if len(one.counts) > 1]
    assert held_against(knowledge.puzzle, small) >= 3


def test_a_term_that_is_no_sum_is_not_taken_for_one():
    one = Unknown((0,), tables(4, 5), np.arange(1.0, 6.0), np.array([1, 1, 1, 1, 0, 0], dtype=np.int16))
    assert linear(Term(one, mean), one.counts) is None
    assert linear(Term(one, answered), one.counts) is not None
