"""How often verdicts are right, where the true scores are known: a small sample of the table in docs/verdict.md."""

import re

import pytest

from benchmarks.verdicts import LINE, PAGE, chains, rates, tails


def binomial_error(share: float, runs: int) -> float:
    return 3.0 * (share * (1 - share) / runs) ** 0.5


@pytest.mark.parametrize("persons", [10, 25])
def test_a_factor_at_the_line_gets_a_verdict_as_seldom_as_stated(persons: int) -> None:
    """At most .025 each way; 24 factors a run, which are alike: 1,000 runs count."""
    found = rates(LINE, persons, runs=1000, seed=3)
    assert found.reached <= 0.025 + binomial_error(0.025, 1000)
    assert found.not_reached <= 0.025 + binomial_error(0.025, 1000)
    assert found.all_reached <= 0.002  # an intersection-union test: far below the level of a part
    assert found.all_not_reached <= 0.025 + binomial_error(0.025, 1000)


def test_what_is_clear_is_called_so() -> None:
    assert rates(9.0, 50, runs=300, seed=4).all_reached > 0.8
    high = rates(8.0, 50, runs=300, seed=4)
    assert high.all_not_reached > 0.97 and high.reached < 0.005


@pytest.mark.parametrize("truth", [8.8, 9.2])
def test_intervals_near_the_top_lie_too_high_as_seldom_as_stated(truth: float) -> None:
    """The page says .028 at most with four partnerships; before it was .04 and more."""
    before, now = tails([truth] * 8, 10, runs=2000, seed=5)
    assert now.too_high <= 0.028 + binomial_error(0.028, 2000) < before.too_high + binomial_error(0.028, 2000)
    assert now.too_high < before.too_high and now.too_low <= before.too_low


def test_a_cell_that_spreads_more_than_the_others_keeps_its_interval() -> None:
    before, now = tails([7.5, *[9.2] * 7], 10, runs=500, seed=6)
    assert now.half >= before.half and now.too_low <= before.too_low and now.too_high <= before.too_high


@pytest.mark.parametrize("parts", [2, 6, 24])
def test_a_chain_on_the_line_is_seldom_called_not_reached(parts: int) -> None:
    before, now = chains(parts, 10, runs=1000, seed=7)
    assert now <= 0.025 + binomial_error(0.025, 1000)
    assert before > 0.02 * parts**0.5  # without Holm it grows with the number of parts


def test_the_tables_are_in_the_documentation() -> None:
    page = PAGE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d\.\d) \| (\d+) \| ([\d.]+) \|", page, flags=re.M)
    assert len(rows) == 12
    told = {(float(truth), int(persons)): float(reached) for truth, persons, reached in rows}
    assert told[LINE, 5] == pytest.approx(rates(LINE, 5).reached, abs=5e-4)  # the same seed, three decimals
    before, now = chains(24, 10)
    assert f"| 24 | 10 | {before:.3f} | {now:.3f} |" in page
