"""Do the intervals of core/groups/cell_means.py cover as often as they say, and where do they not?

Answers are whole numbers from 1 to 10: a normal value, rounded and cut off. Ratings of one person correlate .5 before
that. The truth is the mean of the rounded values, computed exactly. A run is a column, so that all runs of a setting
are one call.
"""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy import stats

from hpp_analysis.core.groups.cell_means import Contrasts, contrast_means_many

RHO = 0.5
LOW, HIGH = 0.926, 0.974
"""Bounds of the coverage of 95 % intervals."""

# (centre and spread of the client's side, of the partners')
MIDDLE, TOP = (7.0, 1.5, 7.0, 1.5), (8.5, 1.2, 8.0, 1.2)
UNEQUAL, UNEQUAL_BACK = (8.5, 0.8, 6.5, 2.2), (6.5, 2.2, 8.5, 0.8)
CEILING = (9.3, 1.2, 9.3, 1.2)  # four or five of ten persons answer 10
POPULATIONS = {"middle": MIDDLE, "top": TOP, "unequal": UNEQUAL, "unequal_back": UNEQUAL_BACK}


@dataclass(frozen=True)
class Study:
    """Cells 0 to K - 1 are the client's view of K partnerships, K to 2K - 1 the partners' of theirs."""

    cell: np.ndarray
    person: np.ndarray
    weights: np.ndarray  # the client's mean, the partners' mean, the gap

    @classmethod
    def of(cls, client: list[int], partner: list[int], pool: int | None, rng: np.random.Generator) -> "Study":
        """Persons per cell; with a `pool`, the client's raters of each partnership are drawn from so many persons."""
        k, sizes = len(client), [*client, *partner]
        cell = np.repeat(np.arange(2 * k), sizes)
        person = np.arange(len(cell)) + 1000
        if pool is not None:
            person[: sum(client)] = np.concatenate([rng.permutation(pool)[:n] for n in client])
        side = np.r_[np.full(k, 1 / k), np.zeros(k)]
        return cls(cell, person, np.array([side, side[::-1], side - side[::-1]]))

    def answers(
        self, population: tuple[float, ...], runs: int, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Ratings x runs, and the true values of the contrasts, contrasts x 1."""
        k = self.weights.shape[1] // 2
        centre = np.repeat(population[::2], k) + np.tile(np.linspace(-0.5, 0.5, k) if k > 1 else 0.0, 2)
        spread = np.repeat(population[1::2], k)
        tendency = rng.normal(size=(self.person.max() + 1, runs))[self.person]
        z = np.sqrt(RHO) * tendency + np.sqrt(1 - RHO) * rng.normal(size=tendency.shape)
        y = np.clip(np.round(centre[self.cell, None] + spread[self.cell, None] * z), 1, 10)
        return y, (self.weights @ true_means(centre, spread))[:, None]

    def run(self, population: tuple[float, ...], runs: int, rng: np.random.Generator) -> tuple[Contrasts, np.ndarray]:
        """The results, contrasts x runs, and the true values."""
        y, truth = self.answers(population, runs, rng)
        return contrast_means_many(y, self.cell, self.person, self.weights), truth


def true_means(centre: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Of normal values that are rounded and cut off to 1-10."""
    below = stats.norm.cdf((np.arange(1, 10) + 0.5 - centre[:, None]) / spread[:, None])
    return 1 + np.sum(1 - below, axis=1)


def hits(result: Contrasts, truth: np.ndarray) -> np.ndarray:
    # where all answers are equal the interval is a point, which hits the truth by rounding only
    return (result.ci_lower <= truth + 1e-9) & (truth - 1e-9 <= result.ci_upper)


def settings_of(n: int) -> list[tuple[int, int | None]]:
    """Numbers of partnerships, and of client persons who share the ratings."""
    shared: list[int | None] = [None, n, (3 * n) // 2]
    return [(k, pool) for k in (1, 2, 3, 4) for pool in (shared if k > 1 else [None])]


@pytest.mark.parametrize("n", [5, 10, 30])
def test_intervals_cover_from_five_persons_a_cell(n: int) -> None:
    """Each person rates one, all, or two thirds of one to four partnerships; 2,000 runs a setting."""
    rng = np.random.default_rng(20260103)
    for k, pool in settings_of(n):
        study = Study.of([n] * k, [n] * k, pool, rng)
        for name, population in POPULATIONS.items():
            result, truth = study.run(population, 2000, rng)
            coverage = hits(result, truth).mean(axis=1)
            assert coverage.min() >= LOW and coverage.max() <= HIGH, (k, pool, name, coverage)


@pytest.mark.parametrize("n", [5, 10, 30])
def test_gaps_that_are_not_there_are_found_seldom(n: int) -> None:
    """At most .05 and 2.33 Monte Carlo standard errors, at 2,000 runs; also where only the spread differs."""
    rng = np.random.default_rng(20260104)
    for k, pool in settings_of(n):
        study = Study.of([n] * k, [n] * k, pool, rng)
        for population in (MIDDLE, (5.5, 0.8, 5.5, 2.2)):
            result, truth = study.run(population, 2000, rng)
            assert truth[2, 0] == pytest.approx(0.0, abs=1e-12)
            assert np.mean(result.p_value[2] < 0.05) <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / 2000), (k, pool)


def test_ignoring_who_rated_several_partnerships_would_fail() -> None:
    rng = np.random.default_rng(20260105)
    study = Study.of([10] * 4, [10] * 4, 10, rng)
    y, truth = study.answers(MIDDLE, 1000, rng)
    knowing = contrast_means_many(y, study.cell, study.person, study.weights)
    blind = contrast_means_many(y, study.cell, np.arange(len(y)), study.weights)
    assert LOW <= hits(knowing, truth)[0].mean() <= HIGH
    assert hits(blind, truth)[0].mean() < 0.85


def test_estimated_degrees_of_freedom_must_not_choose_which_intervals_are_shown() -> None:
    """Three persons against ten: a bound on `df` picks the samples in which the three happen to agree."""
    rng = np.random.default_rng(20260106)
    study = Study.of([3], [10], None, rng)
    result, truth = study.run(MIDDLE, 4000, rng)
    chosen = result.df[2] >= 4
    assert 0.2 < chosen.mean() < 0.8
    assert hits(result, truth)[2][chosen].mean() < 0.90
    assert (result.df_design[2] < 4).all()  # the design says at once that it is too little


@pytest.mark.slow
def test_uneven_cells_cover_where_the_design_has_enough_persons() -> None:
    """Cells of 2 to 20 persons, the rule: 5 in each cell; or 3 in each, and 6 degrees of freedom of the design.

    The numbers of the rule were chosen on other seeds than this one.
    """
    rng = np.random.default_rng(20260109)
    coverage, left_out = [], []
    for _ in range(200):
        k = int(rng.integers(1, 6))
        client, partner = rng.choice([2, 3, 4, 5, 6, 8, 10, 20], size=(2, k)).tolist()
        pool = None if rng.random() < 0.5 else int(max(client) * rng.choice([1.0, 1.5]))
        study = Study.of(client, partner, pool, rng)
        fewest = np.array([np.bincount(study.cell)[a != 0].min() for a in study.weights])
        for population in POPULATIONS.values():
            result, truth = study.run(population, 4000, rng)
            # n - 1 for one cell, but for rounding
            enough = (fewest >= 5) | ((fewest >= 3) & (result.df_design[:, 0] >= 6 - 1e-9))
            covered = hits(result, truth).mean(axis=1)
            coverage += covered[enough].tolist()
            left_out += covered[~enough].tolist()
    assert len(coverage) > 0.4 * len(left_out)  # it is not that hardly anything gets through
    # the bounds, and two Monte Carlo standard errors for the least of more than 1,000
    assert min(coverage) >= LOW - 2 * np.sqrt(LOW * (1 - LOW) / 4000)
    assert np.mean(np.array(coverage) < LOW) <= 0.002
    assert max(coverage) <= HIGH
    assert min(left_out) < 0.85  # what the rule is for


@pytest.mark.slow
@pytest.mark.parametrize(("n", "least"), [(5, 0.89), (10, 0.91), (30, 0.93)])
def test_at_the_ceiling_intervals_cover_a_little_less(n: int, least: float) -> None:
    """A known limit: where many answer 10, the distribution is so skewed that small samples miss its lower tail."""
    rng = np.random.default_rng(20260108)
    for k, pool in settings_of(n):
        result, truth = Study.of([n] * k, [n] * k, pool, rng).run(CEILING, 10_000, rng)
        coverage = hits(result, truth).mean(axis=1)
        assert coverage.min() >= least and coverage.max() <= HIGH, (k, pool, coverage)
