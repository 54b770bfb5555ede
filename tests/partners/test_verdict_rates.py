"""How often verdicts are right, where the true scores are known: a small sample of the table in docs/verdict.md."""

import re
from pathlib import Path

import pytest

from benchmarks.verdicts import LINE, PAGE, rates


def binomial_error(share: float, runs: int) -> float:
    return 3.0 * (share * (1 - share) / runs) ** 0.5


@pytest.mark.parametrize("persons", [10, 25])
def test_a_factor_at_the_line_is_seldom_called_reached(persons: int) -> None:
    """The table says .041 and .034 (answers pile up at the top); six factors a run, which are alike: 1,000 runs count."""
    found = rates(LINE, persons, runs=1000, seed=3)
    assert found.reached <= 0.041 + binomial_error(0.041, 1000)
    assert found.not_reached <= 0.025 + binomial_error(0.025, 1000)
    assert found.all_reached <= 0.002  # an intersection-union test: far below the level of a part


def test_what_is_clear_is_called_so() -> None:
    assert rates(9.0, 50, runs=300, seed=4).all_reached > 0.8
    high = rates(8.0, 50, runs=300, seed=4)
    assert high.all_not_reached > 0.97 and high.reached < 0.005


def test_the_table_is_in_the_documentation() -> None:
    rows = re.findall(r"^\| (\d\.\d) \| (\d+) \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), flags=re.M)
    assert len(rows) == 12
    assert Path(PAGE).name == "verdict.md"
    told = {(float(truth), int(persons)): float(reached) for truth, persons, reached in rows}
    again = rates(LINE, 5, runs=4000)
    assert told[LINE, 5] == pytest.approx(again.reached, abs=5e-4)  # the same seed, three decimals
