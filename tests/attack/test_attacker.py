"""The attacker finds the leaks of rules that leaked: reports that were kept as they were, and cells made by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.attack.breaches import Verdict, judge
from tests.attack.knowing import Knowledge, know
from tests.attack.leaky.make_leaky import STUDIES
from tests.attack.reading import Report, Row, not_understood
from tests.attack.solving import Counts, mean, variance
from tests.attack.studies import ITEMS, RandomStudy, Run

LEAKY = Path(__file__).parent / "leaky"


def leaky(name: str) -> tuple[RandomStudy, list[Report]]:
    kept = json.loads((LEAKY / f"{name}.json").read_text(encoding="utf-8"))
    answers = pd.DataFrame(kept["answers"], columns=kept["columns"]).astype(dict.fromkeys(ITEMS, float))
    study = RandomStudy(0, 1, 10, answers, STUDIES[name][1], step=0.1)
    reports = [
        Report(
            one["run"],
            one["by"],
            one["whose"],
            "",
            [Row(row["table"], row["values"], {}, row["labels"]) for row in one["rows"]],
            [],
            LEAKY,
        )
        for one in kept["reports"]
    ]
    return study, reports


def attacked(study: RandomStudy, reports: list[Report]) -> tuple[Knowledge, Verdict]:
    knowledge = know(study, reports)
    assert knowledge.unexplained == []
    knowledge.puzzle.solve()
    return knowledge, judge(knowledge)


def left(knowledge: Knowledge, partner: str, item: str, *, client: str = "Acme", batch: int = 1) -> Counts:
    return knowledge.unknowns[(client, partner, "partner", "1"), batch, item].left


def truth(knowledge: Knowledge, partner: str, item: str, *, client: str = "Acme", batch: int = 1) -> Counts:
    return knowledge.unknowns[(client, partner, "partner", "1"), batch, item].truth


def test_every_single_answer_of_five_persons():
    """Sum from the rounded mean, shares of the side, interval of the gap: today's worst leak."""
    knowledge, verdict = attacked(*leaky("answers_of_five"))
    single = [item for item in ITEMS if len(left(knowledge, "P1", item)) == 1]
    assert single
    for item in single:
        np.testing.assert_array_equal(left(knowledge, "P1", item)[0], truth(knowledge, "P1", item))
    assert {"spread", "ordered"} <= {one.kind for one in verdict.outsider if one.part[1] == "P1"}


def test_without_the_interval_less_is_known():
    """The interval of the gap does its part: the same report without it leaves more open."""
    study, reports = leaky("answers_of_five")
    knowledge, _ = attacked(study, reports)
    for report in reports:
        for row in report.rows:
            for end in ("ci_lower", "ci_upper"):
                row.values.pop(end, None)
    without, _ = attacked(study, reports)
    more = [len(left(without, p, item)) - len(left(knowledge, p, item)) for p in ("P1", "P2") for item in ITEMS]
    assert min(more) >= 0 and sum(more) > 0


def test_shares_of_a_side_split_into_those_of_its_groups():
    study, reports = leaky("shares")
    for report in reports:
        for row in report.rows:
            for column in ("ci_lower", "ci_upper"):
                row.values.pop(column, None)
    knowledge, _ = attacked(study, reports)
    bands = [slice(0, 5), slice(8, 10)]
    split = [
        item
        for item in ITEMS
        if all(
            len(np.unique(left(knowledge, p, item)[:, band].sum(axis=1))) == 1 for p in ("P1", "P2") for band in bands
        )
    ]
    assert split


def test_the_audit_trail_counts_the_unknowns_of_three_persons():
    knowledge, verdict = attacked(*leaky("audit"))
    three = [u for (part, _b, _i), u in knowledge.unknowns.items() if part[0] == "Bolt"]
    told = sum(int(one.truth[-1]) for one in three)
    fact = next(fact for fact in knowledge.puzzle.facts if "audit" in fact.source)
    others = sum(int(t.unknown.left[:, -1].min()) for t in fact.terms if t.unknown not in three)
    assert fact.low - others == told  # what is left of the count is theirs
    assert len(three) == len(ITEMS) and verdict.cells


def test_that_three_persons_did_not_know():
    _, verdict = attacked(*leaky("silent"))
    found = {(one.part[1], one.item, one.kind) for one in verdict.outsider}
    assert ("P3", "t2", "unknown") in found


def test_two_runs_by_different_columns():
    """The first run alone has the mean of the side, the second those of the other groups of it."""
    _, verdict = attacked(*leaky("other_by"))
    assert ("Acme", "P3", "mean") in {(one.part[0], one.part[1], one.kind) for one in verdict.outsider}


def test_a_run_again_after_one_answer():
    knowledge, verdict = attacked(*leaky("again"))
    assert ("P1", 2, "mean") in {(one.part[1], one.batch, one.kind) for one in verdict.outsider}
    known = [item for item in ITEMS if len(left(knowledge, "P1", item, batch=2)) == 1]
    assert known
    for item in known:
        np.testing.assert_array_equal(left(knowledge, "P1", item, batch=2)[0], truth(knowledge, "P1", item, batch=2))


@pytest.mark.parametrize("name", sorted(STUDIES))
def test_the_truth_is_always_among_what_remains(name):
    knowledge, verdict = attacked(*leaky(name))
    assert verdict.left
    for one in verdict.left:
        unknown = knowledge.unknowns[one.part, one.batch, one.item]
        row = unknown.truth[None, :]
        assert (unknown.left == row).all(axis=1).any()
        assert one.unknown[0] <= row[0, -1] <= one.unknown[1]
        if row[0, :-1].any():
            assert one.mean[0] <= mean(row, unknown.points)[0] <= one.mean[1]
            assert one.spread[0] <= np.sqrt(variance(row, unknown.points)[0]) <= one.spread[1]


def by_hand(**sizes: int) -> RandomStudy:
    """Groups of one side, all of whose answers to t1 are drawn around 7."""
    rng = np.random.default_rng(8)
    partners = [partner for partner, n in sizes.items() for _ in range(n)]
    frame = pd.DataFrame({"respondent": [f"R{k}" for k in range(len(partners))], "client": "Acme", "partner": partners})
    frame["side"], frame["wave"], frame["role"], frame["batch"] = "partner", "1", "employee", 1
    answers = np.clip(np.rint(rng.normal(7, 1.5, (len(frame), len(ITEMS)))), 1, 10)
    table = pd.concat([frame, pd.DataFrame(answers, columns=list(ITEMS))], axis=1)
    return RandomStudy(0, 1, 10, table, (Run(),), step=0.1)


def cell(value: float, *, partnership: str = "", column: str = "mean", **more: object) -> Row:
    return Row(
        "cells", {"item": "t1", "partnership": partnership, "side": "partner side", column: value, **more}, {}, {}
    )


def told(study: RandomStudy, *rows: Row) -> tuple[Knowledge, Verdict]:
    columns = {"cells": {name for row in rows for name in row.values}}
    return attacked(study, [Report(0, "client", "Acme", "", list(rows), [], LEAKY, columns)])


def mean_of(study: RandomStudy, partner: str) -> float:
    return float(study.answers.loc[study.answers["partner"].eq(partner), "t1"].mean())


def test_the_mean_of_a_small_group_by_subtraction():
    study = by_hand(P1=12, P2=11, P3=3)
    side = np.mean([mean_of(study, p) for p in ("P1", "P2", "P3")])
    _, verdict = told(study, cell(round(side, 2)))
    assert [one.kind for one in verdict.outsider if one.item == "t1"] == ["mean"]
    _, open_ = told(study, cell(round(mean_of(study, "P1"), 2), partnership="P1"))
    assert open_.outsider == []


def test_a_rounded_mean_of_six_alone_tells_nothing_more():
    study = by_hand(P1=6, P2=12)
    _, verdict = told(study, cell(round(mean_of(study, "P1"), 1), partnership="P1", state="mean_only"))
    assert verdict.outsider == []


@pytest.mark.parametrize(
    ("column", "value"), [("sd", lambda x: x.std(ddof=1)), ("min", min), ("share_dont_know", lambda x: 0.0), ("n", len)]
)
def test_what_else_is_told_of_a_small_group(column, value):
    study = by_hand(P1=6, P2=12, P3=3)
    answers = study.answers
    partner = "P3" if column in ("share_dont_know", "n") else "P1"
    exact = value(answers.loc[answers["partner"].eq(partner), "t1"])
    rows = [cell(round(mean_of(study, "P1"), 1), partnership="P1", state="mean_only")]
    rows.append(cell(exact, partnership=partner, column=column))
    if column in (
        "share_dont_know",
        "n",
    ):  # with this alone, both readings fit: nobody of these studies lacks an answer
        knowledge = know(study, [Report(0, "client", "Acme", "", rows, [], LEAKY)])
        assert knowledge.unexplained == []
        return
    _, verdict = told(study, *rows)
    assert {one.kind for one in verdict.outsider if one.item == "t1"} & {"spread", "ordered"}


def test_a_mean_near_the_end_forces_answers_unless_it_is_coded():
    study = by_hand(P1=5, P2=12)
    study.answers.loc[study.answers["partner"].eq("P1"), "t1"] = [10, 10, 10, 10, 9]
    _, verdict = told(study, cell(9.8, partnership="P1", state="mean_only"))
    assert {one.kind for one in verdict.outsider if one.item == "t1"} == {"ordered", "spread"}
    coded = Row(
        "cells", {"item": "t1", "partnership": "P1", "side": "partner side", "mean": None}, {"mean": "9 or more"}, {}
    )
    _, verdict = told(study, coded)
    assert [one for one in verdict.outsider if one.item == "t1"] == []


def test_a_score_undoes_the_code_of_its_item():
    """(t1 + t2) / 2 and t2 give t1, although t1 is told as "9 or more"."""
    study = by_hand(P1=5, P2=12)
    mine = study.answers["partner"].eq("P1")
    study.answers.loc[mine, "t1"] = [10, 10, 10, 10, 10]
    study.answers.loc[mine, "t2"] = [6, 7, 7, 8, 6]
    code = Row(
        "cells", {"item": "t1", "partnership": "P1", "side": "partner side", "mean": None}, {"mean": "9 or more"}, {}
    )
    other = Row(
        "cells", {"item": "t2", "partnership": "P1", "side": "partner side", "mean": 6.8, "state": "mean_only"}, {}, {}
    )
    score = Row(
        "scores",
        {"factor": "trust", "partnership": "P1", "side": "partner side", "mean": 8.4, "state": "mean_only"},
        {},
        {},
    )
    _, verdict = told(study, code, other)
    assert verdict.outsider == []
    _, verdict = told(study, code, other, score)
    assert {one.item for one in verdict.outsider} == {"t1"}


def test_that_all_of_a_large_group_gave_the_highest_answer():
    study = by_hand(P1=12, P2=12)
    study.answers.loc[study.answers["partner"].eq("P1"), "t1"] = 10
    exact = cell(10.0, partnership="P1", state="full")
    report = Report(0, "client", "Acme", "", [exact, cell(0.0, partnership="P1", column="sd")], [], LEAKY)
    assert len(know(study, [report]).alike) == 2
    coded = Row("cells", {**exact.values, "mean": None}, {"mean": "9 or more"}, {})
    assert know(study, [Report(0, "client", "Acme", "", [coded], [], LEAKY)]).alike == []


def test_a_column_that_nobody_knows_is_reported():
    rows = [cell(1.0, column="kurtosis")]
    report = Report(0, "client", "Acme", "", rows, [], LEAKY, {"cells": {"item", "kurtosis"}})
    assert not_understood([report]) == {("cells", "kurtosis")}


def test_a_number_that_no_reading_explains_is_reported():
    study = by_hand(P1=6, P2=12)
    report = Report(0, "client", "Acme", "", [cell(2.5)], [], LEAKY)
    assert len(know(study, [report]).unexplained) == 1


@pytest.mark.parametrize(("step", "told_mean", "known"), [(0.1, 8.9, True), (0.2, 8.8, False)])
def test_one_decimal_tells_that_all_seven_answered_and_fifths_do_not(step, told_mean, known):
    """Of seven persons who had a mean of 62 / 7, four were there before: of 8.9 it follows that all of these answered."""
    study = by_hand(P1=7, P2=12)
    mine = study.answers["partner"].eq("P1")
    study.answers.loc[mine, "t1"] = [9, 9, 9, 9, 9, 9, 8]
    study.answers["batch"] = np.where(mine & (study.answers.groupby("partner").cumcount() > 3), 2, 1)
    study = replace(study, runs=(Run(batches=2),), step=step)
    _, verdict = told(study, cell(told_mean, partnership="P1", state="mean_only"))
    assert (("unknown", 1) in {(one.kind, one.batch) for one in verdict.outsider if one.item == "t1"}) == known
