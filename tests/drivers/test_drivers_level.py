"""Tests of drivers err as often as they say: the studies of docs/drivers.md, a few here and many by `make slow`."""

import runpy
from pathlib import Path

import numpy as np
import pytest

STUDY = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "make_drivers_study.py"))


def wrong(design: str, n: int, runs: int) -> np.ndarray:
    """How often nothing is taken for something: all together, one named, a block, one of the others named."""
    found = STUDY["errors_and_power"](design, n, runs, seed=1)
    return np.array([found[name] for name in ("joint", "named", "block", "falsely")])


def gate(runs: int) -> float:
    """Five percent and 2.33 of its Monte Carlo errors: right tests fail once in a hundred seeds."""
    return 0.05 + 2.33 * float(np.sqrt(0.05 * 0.95 / runs))


def test_missing_answers_keep_the_level_in_a_few_runs() -> None:
    assert (wrong("missing", 60, 200) <= gate(200)).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "n"), [(design, n) for design, (_label, _p, sizes) in STUDY["DESIGNS"].items() for n in sizes]
)
def test_the_level_holds(design: str, n: int) -> None:
    assert (wrong(design, n, 2000) <= gate(2000)).all()
