"""Sentences say no more than the verdicts in their tables: for any table, in any order."""

import dataclasses
import re

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis import partner_gaps, score_scales, simulate_study
from hpp_analysis.answers.scores import Scores
from hpp_analysis.common.context import Context
from hpp_analysis.common.interpret import against_threshold, gap_verdict
from hpp_analysis.partners.gaps import Gaps

FACTORS = ["fa", "fb", "fc", "fd", "fe", "ff"]

intervals = st.lists(
    st.tuples(st.floats(-3, 3), st.floats(0.01, 2.0), st.floats(0, 1)), min_size=1, max_size=len(FACTORS)
)


def gaps_of(rows: list[tuple[float, float, float]], level: str) -> Gaps:
    """Gaps with the verdicts that their intervals and p-values have."""
    gap, half, p = (np.array(column) for column in zip(*rows, strict=True))
    names = FACTORS[: len(rows)]
    table = pd.DataFrame(
        {
            "factor": names, "item": names, "gap": gap, "ci_lower": gap - half, "ci_upper": gap + half,
            "mean_first": 6.0 + gap / 2, "mean_second": 6.0 - gap / 2, "p_adjusted": p, "n_first": 20, "n_second": 20, "comparable": "not_tested",
            "verdict": [gap_verdict(*row) for row in zip(gap - half, gap + half, p, strict=True)],
        }
    )  # fmt: skip
    sides = {f"side={side}": {"en": side.title()} for side in ("client", "partner")}
    return Gaps(table=table, level=level, context=Context(names=sides))


def named_in(text: str, opening: str) -> set[str]:
    """The factors that the sentence with this opening names; empty when there is no such sentence."""
    found = [part for part in re.split(r"(?<=\.) (?=[A-Z])", text) if part.startswith(opening)]
    return {name for name in FACTORS for part in found if re.search(rf"\b{name}\b", part)}


@settings(max_examples=50, deadline=None)
@given(intervals, st.sampled_from(["factor", "item"]))
def test_a_side_scores_higher_only_where_the_verdict_is_different(rows, level):
    gaps = gaps_of(rows, level)
    table = gaps.table.set_index("factor")
    opening = "Of the characteristics, Client gives" if level == "item" else "Client gives"
    for said in (gaps.summary("en"), " ".join(gaps._block("headline", "en").paragraphs)):
        different = table[table["verdict"].eq("different")]
        assert named_in(said, f"{opening} higher scores") == set(different.index[different["gap"] > 0])
        assert named_in(said, f"{opening} lower scores") == set(different.index[different["gap"] < 0])
    alike = named_in(gaps.summary("en"), "Both sides judge")
    assert alike == set(table.index[table["verdict"].eq("alike")])


def test_the_first_page_says_when_no_characteristic_differs():
    gaps = gaps_of([(0.2, 1.0, 0.6), (0.1, 0.9, 0.8)], "item")
    assert gaps._block("headline", "en").paragraphs == [
        "For no single characteristic do these answers show a difference between the sides."
    ]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(1, 10), st.floats(0.01, 2.0)), min_size=1, max_size=len(FACTORS)))
def test_a_threshold_is_reached_or_not_only_with_the_whole_interval(rows):
    mean, half = (np.array(column) for column in zip(*rows, strict=True))
    names = FACTORS[: len(rows)]
    table = pd.DataFrame(
        {
            "factor": names, "mean": mean, "ci_lower": mean - half, "ci_upper": mean + half, "sd": 1.0, "n_persons": 20,
            "threshold": 8.5,
            "verdict": [against_threshold(low, high, 8.5) for low, high in zip(mean - half, mean + half, strict=True)],
        }
    )  # fmt: skip
    said = Scores(table=table).summary("en")
    lower, upper = dict(zip(names, mean - half, strict=True)), dict(zip(names, mean + half, strict=True))
    for part in said.split("All participants: "):
        for name in FACTORS:
            if not re.search(rf"\b{name}\b", part):
                continue
            if "reached the threshold" in part and "cannot tell" not in part:
                assert lower[name] >= 8.5
            if "are below" in part:
                assert upper[name] < 8.5
            if "cannot tell" in part:
                assert lower[name] < 8.5 <= upper[name]
    assert all(re.search(rf"\b{name}\b", said) for name in names)


def test_numbers_of_persons_stand_beside_each_number():
    """In the tables that a report shows, each row with a mean says how many persons stand behind it."""
    survey = simulate_study(seed=4).survey
    for result in (score_scales(survey), partner_gaps(survey), partner_gaps(survey, level="item")):
        names = [cell.name for cell in result._block("table").header]
        assert {name for name, what in result.declaration().reveals.items() if what == "size"} & set(names)


def test_a_sentence_names_nothing_that_is_withheld():
    gaps = gaps_of([(1.0, 0.2, 0.001), (-1.0, 0.2, 0.001)], "factor")
    hidden = gaps.table.assign(gap=np.nan, verdict=None, ci_lower=np.nan, ci_upper=np.nan)
    said = dataclasses.replace(gaps, table=hidden).summary("en")
    assert not any(re.search(rf"\b{name}\b", said) for name in FACTORS)
