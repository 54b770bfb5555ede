"""How often is a verdict right? Factors, partnerships and chains whose true scores are known.

`python -m benchmarks.verdicts` repeats the simulation (two minutes on one core) and writes its tables into docs/verdict.md.
Answers are whole numbers from 1 to 10: normal values, rounded and cut off; three factors of six characteristics that correlate
.6. "Before" is what reports did until decision 26: each cell's own variance, and a whole that is not reached where any part is not.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import optimize

from benchmarks.coverage import true_means
from hpp_analysis.core.groups.cell_means import CellRatings, Contrasts, contrast_ratings, one_sided_p
from hpp_analysis.core.groups.moderated_spread import contrast_moderated, spread_prior, wider
from hpp_analysis.core.multiple_testing import holm

PAGE = Path(__file__).parent.parent / "docs" / "verdict.md"
LINE, FACTORS, ITEMS, CORRELATION = 8.5, 3, 6, 0.6
FACTOR_SD, ITEM_SD = 1.0, 1.1
ALPHA = 0.025
PERSONS, TRUTHS, RUNS = (5, 10, 25, 50), (8.0, 8.5, 9.0), 4_000
PARTNERSHIPS = 4
"""In the first table; both sides of each answered."""


@dataclass(frozen=True)
class Rates:
    """Shares of runs: of a factor of one side, and of all three factors of both sides of a partnership together."""

    reached: float
    not_reached: float
    all_reached: float
    all_not_reached: float


@dataclass(frozen=True)
class Tails:
    """How often an interval lies wholly above the true mean, or wholly below it, and its mean half width."""

    too_high: float
    too_low: float
    half: float


def centre_of(truth: float) -> float:
    """Where normal values must lie for their rounded and cut-off answers to have this mean."""
    spread = float(np.hypot(FACTOR_SD, ITEM_SD))
    return float(optimize.brentq(lambda centre: float(true_means(np.array(centre), spread)) - truth, 1.0, 15.0))


def scores(truth: float, persons: int, runs: int, rng: np.random.Generator, factors: int = FACTORS) -> np.ndarray:
    """Factor scores of a cell: persons x (runs of factors)."""
    common = rng.normal(size=(persons, runs, 1))
    own = rng.normal(size=(persons, runs, factors))
    factor = FACTOR_SD * (np.sqrt(CORRELATION) * common + np.sqrt(1 - CORRELATION) * own)
    noise = rng.normal(0, ITEM_SD, (persons, runs, factors, ITEMS))
    answers = np.clip(np.round(centre_of(truth) + factor[..., None] + noise), 1, 10)
    return np.asarray(answers.mean(axis=-1)).reshape(persons, runs * factors)


def cells_of(
    truths: Sequence[float], persons: int, runs: int, rng: np.random.Generator, factors: int = FACTORS
) -> tuple[Contrasts, Contrasts]:
    """The mean of each cell by its own variance, and as reports give it: cells x (runs of factors)."""
    y = np.concatenate([scores(truth, persons, runs, rng, factors) for truth in truths])
    n_cells = len(truths)
    ratings = CellRatings.of(y, np.repeat(np.arange(n_cells), persons), np.arange(len(y)), n_cells)
    weights = np.broadcast_to(np.eye(n_cells)[:, :, None], (n_cells, n_cells, y.shape[1]))
    own = contrast_ratings(ratings, weights)
    prior = spread_prior(ratings.n, ratings.sd**2)
    return own, wider(own, contrast_moderated(ratings, weights, prior, known=np.ones(y.shape[1], dtype=bool)))


def rates(truth: float, persons: int, *, runs: int = RUNS, seed: int = 1) -> Rates:
    """How often each verdict is given in a study of four partnerships when every true score is `truth`.

    Parameters
    ----------
    truth : float
    persons : int
        On each side of each partnership.
    """
    _own, found = cells_of([truth] * 2 * PARTNERSHIPS, persons, runs, np.random.default_rng(seed))
    reached, missed = found.ci_lower >= LINE, found.ci_upper < LINE
    below = _p_below(found)[:2].reshape(2, runs, FACTORS).transpose(1, 0, 2).reshape(runs, -1)
    return Rates(
        float(reached.mean()),
        float(missed.mean()),
        float(reached[:2].reshape(2, runs, FACTORS).all(axis=(0, 2)).mean()),
        float(_any_below(below).mean()),
    )


def _p_below(found: Contrasts) -> np.ndarray:
    return one_sided_p(found.estimate - LINE, found.se, found.df)


def _any_below(p_values: np.ndarray) -> np.ndarray:
    """Whether any part lies below the line after adjustment for their number; runs x parts."""
    return np.array([bool((holm(row) < ALPHA).any()) for row in p_values])


def tails(truths: Sequence[float], persons: int, *, runs: int = RUNS, seed: int = 2) -> tuple[Tails, Tails]:
    """How intervals of the first cell of a study miss its true mean, before and now."""
    rng = np.random.default_rng([seed, persons, len(truths)])
    both = cells_of(truths, persons, runs, rng, factors=1)
    return _tails(both[0], truths[0]), _tails(both[1], truths[0])


def _tails(found: Contrasts, truth: float) -> Tails:
    lower, upper = found.ci_lower[0], found.ci_upper[0]
    # where all answers are equal the interval is a point, which hits the truth by rounding only
    return Tails(
        float(np.mean(lower > truth + 1e-9)), float(np.mean(upper < truth - 1e-9)), float(np.mean(upper - lower) / 2)
    )


def chains(parts: int, persons: int, *, runs: int = RUNS, seed: int = 3) -> tuple[float, float]:
    """How often a chain of so many parts that all just reach the line is called not reached, before and now."""
    factors = 1 if parts == 2 else FACTORS
    rng = np.random.default_rng([seed, parts, persons])
    own, found = cells_of([LINE] * (parts // factors), persons, runs, rng, factors)
    missed = (own.ci_upper < LINE).reshape(-1, runs, factors).any(axis=(0, 2))
    below = _p_below(found).reshape(-1, runs, factors).transpose(1, 0, 2).reshape(runs, -1)
    return float(missed.mean()), float(_any_below(below).mean())


STUDIES = {
    "both sides of one partnership, alike": lambda truth: [truth] * 2,
    "four partnerships, alike": lambda truth: [truth] * 8,
    "twelve partnerships, alike": lambda truth: [truth] * 24,
    "four partnerships, the others at 7.0 to 9.0": lambda truth: [truth, *np.linspace(7.0, 9.0, 7)],
}


def rate_rows() -> list[str]:
    """The table of verdicts."""
    rows = ["| every true score | persons a side | factor: reached | not reached | all: reached | not reached |"]
    rows.append("|---:|---:|---:|---:|---:|---:|")
    for truth in TRUTHS:
        for persons in PERSONS:
            one = rates(truth, persons)
            numbers = (one.reached, one.not_reached, one.all_reached, one.all_not_reached)
            rows.append(f"| {truth:.1f} | {persons} | " + " | ".join(f"{n:.3f}" for n in numbers) + " |")
    return rows


def tail_rows() -> list[str]:
    """The table of intervals near the top of the scale."""
    rows = [
        "| study | true mean | persons | too high: before | now | too low: before | now | half width: before | now |"
    ]
    rows.append("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, truths in STUDIES.items():
        for truth in (8.5, 8.8, 9.2):
            for persons in (5, 7, 10, 15, 25):
                before, now = tails(truths(truth), persons)
                pairs = ("too_high", "too_low")
                shares = [f"{getattr(one, part):.3f}" for part in pairs for one in (before, now)]
                rows.append(
                    f"| {name} | {truth} | {persons} | {' | '.join(shares)} | {before.half:.2f} | {now.half:.2f} |"
                )
    return rows


def chain_rows() -> list[str]:
    """The table of chains on the line."""
    rows = ["| parts | persons a part | not reached: before | now |", "|---:|---:|---:|---:|"]
    for parts in (2, 3, 6, 12, 24):
        for persons in (5, 10, 25):
            before, now = chains(parts, persons)
            rows.append(f"| {parts} | {persons} | {before:.3f} | {now:.3f} |")
    return rows


def main() -> None:
    """Write the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    for name, rows in (("rates", rate_rows()), ("tails", tail_rows()), ("chains", chain_rows())):
        table = "\n".join(rows)
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda found, text=table: f"{found[1]}{text}\n{found[2]}",
            page,
            flags=re.DOTALL,
        )
        sys.stdout.write(table + "\n\n")
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
