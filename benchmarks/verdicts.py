"""How often is a verdict right? Factors, and partnerships as a whole, whose true scores are known.

`python -m benchmarks.verdicts` repeats the simulation (half a minute) and writes its table into docs/verdict.md. Answers are
whole numbers from 1 to 10: normal values, rounded and cut off; three factors of six characteristics that correlate .6.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import optimize, stats

from benchmarks.coverage import true_means

PAGE = Path(__file__).parent.parent / "docs" / "verdict.md"
LINE, FACTORS, ITEMS, CORRELATION = 8.5, 3, 6, 0.6
FACTOR_SD, ITEM_SD = 1.0, 1.1
PERSONS, TRUTHS, RUNS = (5, 10, 25, 50), (8.0, 8.5, 9.0), 4_000


@dataclass(frozen=True)
class Rates:
    """Shares of runs: of a factor of one side, and of all three factors of both sides together."""

    reached: float
    not_reached: float
    all_reached: float
    all_not_reached: float


def centre_of(truth: float) -> float:
    """Where normal values must lie for their rounded and cut-off answers to have this mean."""
    spread = float(np.hypot(FACTOR_SD, ITEM_SD))
    return float(optimize.brentq(lambda centre: float(true_means(np.array(centre), spread)) - truth, 1.0, 15.0))


def scores(truth: float, persons: int, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Factor scores of a side: runs x persons x factors."""
    common = rng.normal(size=(runs, persons, 1))
    own = rng.normal(size=(runs, persons, FACTORS))
    factor = FACTOR_SD * (np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * own)
    noise = rng.normal(0, ITEM_SD, (runs, persons, FACTORS, ITEMS))
    answers = np.clip(np.round(centre_of(truth) + factor[..., None] + noise), 1, 10)
    return np.asarray(answers.mean(axis=-1))


def rates(truth: float, persons: int, *, runs: int = RUNS, seed: int = 1) -> Rates:
    """How often each verdict is given when every true score is `truth`.

    Parameters
    ----------
    truth : float
    persons : int
        On each side.
    """
    rng = np.random.default_rng(seed)
    sides = np.stack([scores(truth, persons, runs, rng) for _side in range(2)])
    mean = sides.mean(axis=2)
    half = stats.t.ppf(0.975, persons - 1) * sides.std(axis=2, ddof=1) / np.sqrt(persons)
    reached, missed = mean - half >= LINE, mean + half < LINE
    return Rates(
        float(reached.mean()),
        float(missed.mean()),
        float(reached.all(axis=(0, 2)).mean()),
        float(missed.any(axis=(0, 2)).mean()),
    )


def main() -> None:
    """Write the table into the page."""
    rows = []
    for truth in TRUTHS:
        for persons in PERSONS:
            found = rates(truth, persons)
            numbers = (found.reached, found.not_reached, found.all_reached, found.all_not_reached)
            rows.append(f"| {truth:.1f} | {persons} | " + " | ".join(f"{n:.3f}" for n in numbers) + " |")
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split("<!-- rates -->\n", 1)
    _old, after = rest.split("<!-- end -->", 1)
    head = (
        "| every true score | persons a side | factor: reached | not reached | all: reached | not reached |\n"
        "|---:|---:|---:|---:|---:|---:|\n"
    )
    PAGE.write_text(f"{before}<!-- rates -->\n{head}" + "\n".join(rows) + f"\n<!-- end -->{after}", encoding="utf-8")
    sys.stdout.write("\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
