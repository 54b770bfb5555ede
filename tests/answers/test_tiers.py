"""Tiers hold the true ones about as often as they say, and their sentences say no more than the tiers do."""

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpp_analysis.answers.tiers import Tiers, rank_partners
from hpp_analysis.common.interpret import WIDEST_TIER, may_be_extreme
from hpp_analysis.core.groups.pairwise import compare_pairs
from hpp_analysis.display.blocks import FactsBlock, TextBlock
from hpp_analysis.publishing.masking import plan_disclosure, publish
from hpp_analysis.texts import languages

ITEMS = 19
OTHER = {"lowest": ["highest", "between"], "highest": ["lowest", "between"]}
"""The codes of what is in the table, but not in the tier."""


def tiers_of(mu: np.ndarray, sizes: list[int], rng: np.random.Generator) -> np.ndarray:
    """Which characteristics may be the lowest in one simulated report; answers from 1 to 10, one in sixteen missing."""
    cell = np.repeat(np.arange(len(sizes)), sizes)
    person = np.arange(len(cell))
    tendency = np.sqrt(0.5) * rng.normal(size=(len(cell), 1))
    z = tendency + np.sqrt(0.5) * rng.normal(size=(len(cell), ITEMS))
    y = np.clip(np.round(mu + 1.7 * z), 1, 10)
    y[rng.random(y.shape) < 1 / 16] = np.nan
    above = compare_pairs(y, cell, person, len(sizes)).p_above
    return np.array([may_be_extreme(np.delete(above[place], place).tolist()) for place in range(ITEMS)])


def hits(spread: float, sizes: list[int], runs: int, seed: int) -> tuple[float, float, float]:
    """How often the tier holds the truly lowest one, the mean size of a tier, and how far its lowest is above it."""
    rng = np.random.default_rng(seed)
    held, size, above = [], [], []
    for _run in range(runs):
        mu = 7.3 + spread * rng.normal(size=ITEMS)
        tier = tiers_of(mu, sizes, rng)
        held.append(tier[np.argmin(mu)])
        size.append(tier.sum())
        above.append(mu[tier].min() - mu.min())
    return float(np.mean(held)), float(np.mean(size)), float(np.quantile(above, 0.99))


@pytest.mark.parametrize(("sizes", "largest"), [([6, 6], 19), ([15] * 4, 9), ([20] * 8, 5)], ids=["12", "60", "160"])
def test_a_tier_holds_the_truly_lowest_one(sizes, largest):
    """.95 is what `interpret` says; less 2.33 Monte Carlo errors of 100 runs (.05)."""
    held, size, above = hits(0.35, sizes, 100, seed=len(sizes))
    assert held >= 0.95 - 2.33 * np.sqrt(0.95 * 0.05 / 100)
    assert size <= largest, "and it singles out few where the answers allow"
    assert above <= 0.25


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [[6, 6], [12, 12], [15] * 4, [20] * 8, [40] * 8, [5, 30, 8, 60]])
@pytest.mark.parametrize(("spread", "least"), [(0.35, 0.95), (0.15, 0.85), (0.0, 0.75)])
def test_a_tier_holds_the_truly_lowest_one_in_many_studies(sizes, spread, least):
    held, _size, above = hits(spread, sizes, 1000, seed=sum(sizes))
    assert held >= least - 2.33 * np.sqrt(least * (1 - least) / 1000)
    assert above <= 0.25


def table_of(means: list[float], codes: list[str], verdicts: list[str]) -> Tiers:
    table = pd.DataFrame(
        {
            "factor": "openness",
            "item": [f"i{place}" for place in range(len(means))],
            "mean": means,
            "ci_lower": np.array(means) - 0.2,
            "ci_upper": np.array(means) + 0.2,
            "n_persons": 20,
            "n_ratings": 20,
            "verdict": verdicts,
            "tier": codes,
        }
    )
    return Tiers(table=table, threshold=8.5)


row = st.tuples(
    st.floats(1, 10, allow_nan=False),
    st.sampled_from(["lowest", "highest", "both", "between"]),
    st.sampled_from(["reached", "not_reached", "cannot_tell"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(row, min_size=2, max_size=19))
def test_sentences_name_the_tier_and_nothing_else(rows):
    tiers = table_of(*(list(column) for column in zip(*rows, strict=True)))
    said = tiers.summary("en")
    for end in ("lowest", "highest"):
        members = tiers.tier(end)
        may = tiers.table["tier"].isin([end, "both"]).sum()
        if len(members) == 0:
            own, others = (
                tiers.table[tiers.table["tier"].isin(codes)]["mean"] for codes in ([end, "both"], OTHER[end])
            )
            beyond = own.min() > others.min() if end == "lowest" else own.max() < others.max()
            assert may == 0 or may > WIDEST_TIER * len(rows) or beyond
            assert f"single out no {end} scores" in said
            continue
        open_ones = len(members) < may
        start = f"The {end} mean" if open_ones else f"The {end} score is"
        sentence = next(part for part in said.split(". ") if part.startswith(start))
        named = {item for item in tiers.table["item"] if f"{item} (" in sentence}
        assert named <= set(members["item"])
        assert len(named) == len(members) or f"and {len(members) - len(named)} more" in sentence
        assert ("one of these" in sentence) == (len(members) > 1 and not open_ones), "no rank within a tier"
        how = "low" if end == "lowest" else "high"
        assert bool(re.search(rf"scores? as {how}, these answers cannot tell", said)) == open_ones
    certain = tiers.tier("highest")["verdict"].eq("reached").any() or tiers.tier("highest").empty
    assert ("has reached the threshold of 8.5 for certain" in said) == (not certain)


def test_a_tier_ends_before_the_first_mean_that_is_none_of_it():
    """As in a real study: 7.8 of few persons cannot be told from 7.1, though 7.5 of many can."""
    codes = ["lowest", "between", "lowest", "between", "between", "highest", "between", "highest"]
    tiers = table_of([7.1, 7.5, 7.8, 8.0, 8.2, 8.3, 8.4, 8.8], codes, ["cannot_tell"] * 8)
    assert tiers.tier("lowest")["item"].tolist() == ["i0"]
    assert tiers.tier("highest")["item"].tolist() == ["i7"]
    said = tiers.summary("en")
    assert "The lowest mean is that of i0 (7.1). Whether i2 scores as low, these answers cannot tell." in said
    assert "The highest mean is that of i7 (8.8). Whether i5 scores as high, these answers cannot tell." in said
    assert set(tiers._tiers_drawn()["label"]) == {"i0", "i7"}
    assert tiers.to_frame()["tier"].tolist() == codes, "what the answers cannot exclude is still in the table"


def test_of_many_in_a_tier_a_few_are_named():
    means = [float(mean) for mean in range(1, 4)] * 7
    codes = ["lowest" if mean == 1 else "highest" if mean == 3 else "between" for mean in means]
    said = table_of(means, codes, ["cannot_tell"] * 21).summary("en")
    assert "one of these 7: i0 (1.0), i3 (1.0), i6 (1.0), i9 (1.0) and 3 more." in said


def test_two_persons_a_group_single_out_nothing(survey):
    few = survey.keep(survey.respondents.groupby(["partnership", "side"]).cumcount() < 2, why="few")
    tiers = rank_partners(few)
    assert tiers.tier("lowest").empty and tiers.tier("highest").empty
    assert isinstance(tiers._block("ideas"), TextBlock)


def test_ideas_are_those_of_the_lowest_tier_in_each_language(survey):
    tiers = rank_partners(survey)
    table = tiers.table.assign(tier=["lowest", "highest", *["between"] * 17], mean=[1.0, 9.0, *[5.0] * 17])
    tiers = dataclasses.replace(tiers, table=table)
    for code in languages():
        block = tiers._block("ideas", code)
        assert isinstance(block, FactsBlock)
        assert [idea for _name, idea in block.facts] == [survey.instrument.items[0].idea[code]]


def test_what_is_withheld_is_in_no_sentence(survey):
    client = survey.where(client=survey.values("client")[0])
    cells = plan_disclosure(survey)
    tiers = publish(rank_partners(client), cells)
    masked = dataclasses.replace(
        tiers, table=tiers.table.assign(mean=np.nan, tier=None, ci_lower=np.nan, ci_upper=np.nan)
    )
    assert masked.summary("en") == "All characteristics are withheld to protect small groups."
