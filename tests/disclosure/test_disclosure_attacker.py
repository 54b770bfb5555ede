"""The attacker: small studies are planned, published, and attacked in three ways.

By linear programming (how narrow are the means of protected sets?), by whole numbers (is there only one sum?)
and by algebra (does any combination of what is shown rest on too few persons?). Nothing here uses the
package's own algebra: atoms, rows and bounds are made anew, from what a reader of all reports would have.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from hpp_analysis.disclosure import blocks as blocks_module
from hpp_analysis.disclosure import group_key, plan_cells

FLOOR, DETAIL = 5, 10
COMPLEMENTARY = ("remainder", "bounded", "composite")


@dataclass
class Study:
    values: pd.DataFrame
    person: np.ndarray
    groups: dict
    parts: dict


def simulate(seed, *, level=7.0, missing=0.05, clients=1, waves=1, largest=25, alike=0.0):
    """One client or more, 2-5 partners, two sides, client staff who rate several partnerships."""
    rng = np.random.default_rng(seed)
    rows = []
    for client, wave in itertools.product(range(clients), range(waves)):
        staff = [f"{client}-staff{i}" for i in range(rng.integers(2, largest))]
        for partner in range(rng.integers(2, 6)):
            raters = rng.choice(staff, size=rng.integers(1, len(staff) + 1), replace=False)
            members = [f"{client}-{partner}-{i}" for i in range(rng.integers(1, largest + 1))]
            rows += [(client, wave, partner, "client", name) for name in raters]
            rows += [(client, wave, partner, "partner", name) for name in members]
    table = pd.DataFrame(rows, columns=["client", "wave", "partner", "side", "person"])
    answers = np.clip(np.rint(rng.normal(level, 1.6, (len(table), 2))), 1, 10)
    cell = table.groupby(["client", "wave", "partner", "side"]).ngroup().to_numpy()
    of_one_mind = (rng.random(cell.max() + 1) < alike)[cell]
    answers[of_one_mind] = rng.integers(7, 11, cell.max() + 1)[cell][of_one_mind, None]
    answers[rng.random(answers.shape) < missing] = np.nan
    values = pd.DataFrame(answers, columns=["item", "other"])
    values["score"] = values.mean(axis=1).to_numpy()

    label = {c: table[c].to_numpy().astype(str) for c in ("client", "wave", "partner", "side")}
    groups, parts = {group_key(): np.full(len(table), True)}, {}
    for columns in (["client"], ["client", "side"], ["client", "partner"], ["client", "partner", "side"]):
        for selected in (columns, [*columns, "wave"]) if waves > 1 else (columns,):
            for chosen in dict.fromkeys(zip(*(label[c] for c in selected), strict=True)):
                same = [label[c] == value for c, value in zip(selected, chosen, strict=True)]
                groups[group_key(**dict(zip(selected, chosen, strict=True)))] = np.all(same, axis=0)
    for key in groups:
        if {column for column, _ in key} == {"client", "side"}:
            parts[key] = [
                other for other in groups if key < other and {c for c, _ in other - key} == {"partner"}
            ]
    return Study(values, table["person"].to_numpy(), groups, parts)


@dataclass
class Knowledge:
    """What a reader knows of one variable: rows @ sums of atoms lie in [low, high]."""

    rows: np.ndarray
    low: np.ndarray
    high: np.ndarray
    ratings: np.ndarray
    people: list
    member: dict  # key -> boolean over atoms
    truth: np.ndarray


def publish(study, cells, variable, *, pooled, naive=False):
    """Return what the reports show: means by the plan or, naive, of all cells large enough themselves."""
    valid = study.values[variable].notna().to_numpy()
    answers = study.values[variable].to_numpy()[valid]
    keys = list(study.groups)
    masks = np.array([study.groups[key][valid] for key in keys])
    patterns, atom = np.unique(masks.T, axis=0, return_inverse=True)
    count = np.bincount(atom)
    member = dict(zip(keys, patterns.T, strict=True))
    rows, low, high = [], [], []

    def add(weight, mean, rounded):
        rows.append(weight)
        low.append(np.round(mean, 1) - 0.05 if rounded else mean)
        high.append(np.round(mean, 1) + 0.05 if rounded else mean)

    truth = np.bincount(atom, weights=answers)
    for key, mask in zip(keys, masks, strict=True):
        state = cells.state(key, variable)
        if naive and cells.reason(key, variable) in COMPLEMENTARY:
            state = "full" if cells.n(key, variable) >= DETAIL else "mean_only"
        if state not in ("full", "mean_only"):
            continue
        if pooled or key not in study.parts:
            add(member[key] / mask.sum(), answers[mask].mean(), state == "mean_only")
        if key in study.parts:
            children = [c for c in study.parts[key] if member[c] @ count > 0]
            weight = np.mean([member[c] / (member[c] @ count) for c in children], axis=0)
            means = [answers[study.groups[c][valid]].mean() for c in children]
            one_decimal = state == "mean_only" or (not naive and cells.decimals(key, variable) == 1)
            add(weight, np.mean(means), one_decimal)
    people = [frozenset(study.person[valid][atom == a]) for a in range(len(count))]
    shape = (len(rows), len(count))
    return Knowledge(
        np.array(rows).reshape(shape), np.array(low), np.array(high), count, people, member, truth
    )


def width(known, target):
    """Return how wide the mean answer of a set of atoms can range under all reports; 1 is wide enough."""
    n = known.ratings[target].sum()
    truth = known.truth[target].sum() / n
    reach = 0.0
    for sign in (1, -1):
        solution = linprog(
            sign * target,
            A_ub=np.vstack([known.rows, -known.rows]),
            b_ub=np.concatenate([known.high, -known.low]) + 1e-9,  # room for rounding of floats, not of means
            bounds=np.column_stack([known.ratings, 10 * known.ratings]),
        )
        assert solution.status == 0, solution.message
        one_way = sign * (truth - sign * solution.fun / n)
        assert one_way >= -1e-6  # an attacker who is wrong proves nothing
        reach += one_way
        if reach >= 1:
            break
    return reach


def targets(known, cells, variable):
    """Groups withheld for themselves, and whatever two groups cut out that is smaller than the floor."""
    found = {}
    for key, atoms in known.member.items():
        hidden = cells.state(key, variable) == "withheld"
        if hidden and cells.reason(key, variable) in ("too_few", "unanimous"):
            found[atoms.tobytes()] = atoms
    kinds = [
        np.eye(len(known.ratings), dtype=bool),
        *(np.array([a & b, a & ~b]) for a in known.member.values() for b in known.member.values()),
    ]
    for atoms in np.concatenate(kinds):
        who = frozenset().union(*(known.people[i] for i in np.flatnonzero(atoms)))
        if 0 < len(who) < FLOOR:
            found[atoms.tobytes()] = atoms
    return list(found.values())


def narrowest(study, cells, variable, *, pooled, naive=False):
    known = publish(study, cells, variable, pooled=pooled, naive=naive)
    if not len(known.rows):
        return 9.0
    return min([width(known, target) for target in targets(known, cells, variable)], default=9.0)


SMALL = [
    pytest.param({"level": 7.0}, id="usual"),
    pytest.param({"level": 9.3}, id="near the end of the scale"),
    pytest.param({"level": 9.3, "largest": 8}, id="few people, near the end"),
    pytest.param({"level": 2.0, "missing": 0.25}, id="low, much don't know"),
    pytest.param({"alike": 0.4}, id="cells of one mind"),
    pytest.param({"level": 7.0, "clients": 2, "largest": 12}, id="two clients"),
    pytest.param({"level": 8.0, "waves": 2, "largest": 9}, id="two waves of the same people"),
]
MODES = [
    pytest.param(False, True, id="pooled"),
    pytest.param(True, False, id="equal weights"),
    pytest.param(True, True, id="both weightings"),
]


def plan(study, *, parts, pooled):
    study.parts = study.parts if parts else {}
    return plan_cells(study.values, study.person, study.groups, parts=study.parts, pooled=pooled)


@pytest.mark.parametrize(("parts", "pooled"), MODES)
@pytest.mark.parametrize("kind", SMALL)
def test_no_protected_mean_is_bounded_to_less_than_a_scale_point(kind, parts, pooled):
    for seed in range(5):
        study = simulate(seed, **kind)
        cells = plan(study, parts=parts, pooled=pooled)
        for variable in ("item", "score"):
            # 1e-5: the programme's own tolerance of 1e-7 on sums, over means of a few answers
            assert narrowest(study, cells, variable, pooled=pooled) >= 1 - 1e-5, (seed, variable)


@pytest.mark.parametrize(("parts", "pooled"), MODES)
def test_the_attacker_succeeds_without_complementary_withholding(parts, pooled):
    needed = broken = 0
    for seed in range(12):
        study = simulate(seed)
        cells = plan(study, parts=parts, pooled=pooled)
        withheld = cells.to_frame().query("variable == 'item' and state == 'withheld'")
        if withheld["reason"].isin(COMPLEMENTARY).any():
            needed += 1
            broken += narrowest(study, cells, "item", pooled=pooled, naive=True) < 0.99
    assert needed >= 6
    # not all: a one-decimal mean of 9 persons hides a remainder better than the plan takes for granted
    assert broken >= 0.7 * needed


@pytest.mark.parametrize(("parts", "pooled"), MODES)
@pytest.mark.parametrize("most_atoms", [4, 9])
def test_groups_that_run_through_all_blocks_give_nothing_away(monkeypatch, most_atoms, parts, pooled):
    monkeypatch.setattr(blocks_module, "MAX_ATOMS", most_atoms)
    for seed in range(2):
        study = simulate(seed, clients=3, largest=9)
        cells = plan(study, parts=parts, pooled=pooled)
        assert narrowest(study, cells, "item", pooled=pooled) >= 1 - 1e-5, seed


@pytest.mark.parametrize(("parts", "pooled"), MODES)
def test_a_group_spread_thinly_over_all_clients_stays_and_gives_nothing_away(monkeypatch, parts, pooled):
    """Each client has few who answer in Dutch; only the study as a whole says what they answered."""
    monkeypatch.setattr(blocks_module, "MAX_ATOMS", 24)
    study = simulate(1, clients=12, largest=9)
    dutch = group_key(language="nl")
    study.groups[dutch] = np.random.default_rng(1).random(len(study.values)) < 0.3
    cells = plan(study, parts=parts, pooled=pooled)
    assert cells.state(dutch, "item") == "full"
    known = publish(study, cells, "item", pooled=pooled)
    assert min(width(known, target) for target in targets(known, cells, "item")[::4]) >= 1 - 1e-5
    alone = [np.arange(len(known.people)) == i for i, who in enumerate(known.people) if len(who) < FLOOR]
    assert not follows(known.rows, alone)


@pytest.mark.parametrize(("parts", "pooled"), MODES)
@pytest.mark.parametrize("kind", SMALL[:5])
def test_no_protected_sum_is_the_only_whole_number_that_fits(kind, parts, pooled):
    for seed in range(3):
        study = simulate(seed, **kind)
        cells = plan(study, parts=parts, pooled=pooled)
        known = publish(study, cells, "item", pooled=pooled)
        for target in targets(known, cells, "item") if len(known.rows) else ():
            assert span_of_whole_numbers(known, target) >= 1, seed


def span_of_whole_numbers(known, target):
    ends = []
    for sign in (1, -1):
        solution = milp(
            sign * target.astype(float),
            integrality=np.ones(len(target)),
            bounds=Bounds(known.ratings, 10 * known.ratings),
            constraints=LinearConstraint(known.rows, known.low - 1e-9, known.high + 1e-9),
        )
        assert solution.status == 0, solution.message
        ends.append(round(sign * solution.fun))
        if ends[0] < round(known.truth[target].sum()):
            return 1
    return ends[1] - ends[0]


# algebra ----------------------------------------------------------------------------------------------------


def follows(rows, sets):
    """Whether some combination of rows is zero outside one of the sets only: rank is lost without it."""
    if not len(rows) or not len(sets):
        return False
    without = rows[None] * ~np.array(sets)[:, None, :]
    return (np.linalg.matrix_rank(without, tol=1e-9) < np.linalg.matrix_rank(rows, tol=1e-9)).any()


def largest_sets(people, threshold):
    """Return each set of atoms with fewer than `threshold` persons that no atom can join."""
    found = {frozenset()}
    for who in people:
        found |= {both for known in found if len(both := known | who) < threshold}
    largest = [who for who in found if who and not any(who < other for other in found)]
    return [np.array([group <= who for group in people]) for who in largest]


@pytest.mark.parametrize(("parts", "pooled"), MODES)
@pytest.mark.parametrize("kind", SMALL[:5])
def test_no_combination_of_means_rests_on_fewer_persons_than_the_floor(kind, parts, pooled):
    tried = 0
    for seed in range(4):
        study = simulate(seed, **{**kind, "largest": 9})
        cells = plan(study, parts=parts, pooled=pooled)
        known = publish(study, cells, "item", pooled=pooled)
        sets = largest_sets(known.people, FLOOR)
        tried += len(sets)
        assert not follows(known.rows, sets), seed
    assert tried > 5


@pytest.mark.parametrize(("parts", "pooled"), MODES)
def test_no_combination_of_means_rests_on_persons_who_all_agree(parts, pooled):
    tried = 0
    for seed in range(10):
        study = simulate(seed, alike=0.4)
        cells = plan(study, parts=parts, pooled=pooled)
        known = publish(study, cells, "item", pooled=pooled)
        answers = study.values["item"]
        masks = np.array([study.groups[key] for key in study.groups])[:, answers.notna()]
        _, atom = np.unique(masks.T, axis=0, return_inverse=True)
        by_atom = answers.dropna().groupby(atom)
        agreed = (by_atom.min() == by_atom.max()).to_numpy()
        for answer in range(1, 11):
            atoms = agreed & (by_atom.min() == answer).to_numpy()
            tried += atoms.any()
            assert not follows(known.rows, [atoms]), (seed, answer)
    assert tried > 10


@pytest.mark.parametrize(("parts", "pooled"), MODES)
def test_no_combination_of_distributions_rests_on_fewer_persons_than_detail(parts, pooled):
    tried = 0
    for seed in range(6):
        study = simulate(seed, largest=18)
        cells = plan(study, parts=parts, pooled=pooled)
        known = publish(study, cells, "item", pooled=pooled)
        shown = [key for key in study.groups if cells.state(key, "item") in ("full", "mean_only")]
        owners = [key for key in shown for _ in range(1 + (key in study.parts and pooled))]
        full = np.array([cells.state(key, "item") == "full" for key in owners], dtype=bool)
        assert len(owners) == len(known.rows)
        sets = largest_sets(known.people, DETAIL)
        tried += len(sets)
        assert not follows(known.rows[full], sets), seed
    assert tried > 10


def test_items_and_their_scale_do_not_give_each_other_away():
    """Complete answers: the scale is a third equation on two unknowns, unless a companion is withheld."""
    tried = 0
    for seed in range(10):
        study = simulate(seed, alike=0.3, missing=0.0)
        study.parts = {}
        cells = plan_cells(study.values, study.person, study.groups, composites={"score": ["item", "other"]})
        known = {v: publish(study, cells, v, pooled=True) for v in ("item", "other", "score")}
        people, zero = known["item"].people, np.zeros_like
        item, other, score = (known[v].rows for v in ("item", "other", "score"))
        rows = np.block([[item, zero(item)], [zero(other), other], [score / 2, score / 2]])
        sets = [np.concatenate([atoms, atoms]) for atoms in largest_sets(people, FLOOR)]
        tried += len(sets)
        assert not follows(rows, sets), seed
        for key, atoms in known["item"].member.items():
            for place, variable in enumerate(("item", "other")):
                if cells.reason(key, variable) == "unanimous":
                    tried += 1
                    alone = np.concatenate([atoms & (place == 0), atoms & (place == 1)])
                    assert not follows(rows, [alone]), (seed, variable)
    assert tried > 20
