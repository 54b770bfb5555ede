"""Intervals with variances of cells that are drawn to those of all cells."""

import json
from pathlib import Path

import numpy as np
import pytest

from hpp_analysis.core.groups.cell_means import CellRatings, contrast_means, contrast_ratings, one_sided_p
from hpp_analysis.core.groups.moderated_spread import (
    SpreadPrior,
    contrast_moderated,
    moderated_variance,
    spread_prior,
    wider,
)

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "moderated.json").read_text(encoding="utf-8"))
TIGHT = {"rtol": 1e-9, "atol": 0}  # R prints 15 digits; sums in another order


def both(y, cell, person, weights):
    y, cell = np.asarray(y, dtype=float)[:, None], np.asarray(cell)
    ratings = CellRatings.of(y, cell, person, int(cell.max()) + 1)
    weights = np.asarray(weights, dtype=float)[:, :, None]
    prior = spread_prior(ratings.n, ratings.sd**2)
    own = contrast_ratings(ratings, weights)
    return own, contrast_moderated(ratings, weights, prior, known=np.array([True])), prior


@pytest.mark.parametrize("name", ["alike", "apart"])
def test_moderated_intervals_are_those_of_r(name: str) -> None:
    study = REFERENCE["studies"][name]
    cells = max(study["cell"]) + 1
    own, drawn, prior = both(
        study["y"], study["cell"], np.arange(len(study["y"])), np.r_[np.eye(cells), np.full((1, cells), 1 / cells)]
    )
    np.testing.assert_allclose(prior.variance[0], study["s02"], **TIGHT)
    np.testing.assert_allclose(prior.df[0], study["d0"], **TIGHT)
    np.testing.assert_allclose(drawn.se[:-1, 0] ** 2 * np.bincount(study["cell"]), study["variance"], **TIGHT)
    np.testing.assert_allclose(drawn.df[:-1, 0], study["df"], **TIGHT)
    half, own_half = (((one.ci_upper - one.ci_lower) / 2)[:-1, 0] for one in (drawn, own))
    np.testing.assert_allclose(half, study["half"], **TIGHT)
    np.testing.assert_allclose(own_half, study["own_half"], **TIGHT)
    np.testing.assert_allclose([drawn.se[-1, 0], drawn.df[-1, 0]], [study["mean_se"], study["mean_df"]], **TIGHT)
    taken = wider(own, drawn)
    below = one_sided_p(taken.estimate - 8.5, taken.se, taken.df)[:-1, 0]
    np.testing.assert_allclose(below, study["p_below"], **TIGHT)
    # the neighbours: each cell's own variance, and the prior that logarithms of variances give
    assert np.abs(half / own_half - 1).max() > 0.05
    assert abs(study["d0_logarithms"] / study["d0"] - 1) > 0.05


def test_cells_that_spread_alike_pool_and_others_hardly() -> None:
    alike, apart = (REFERENCE["studies"][name] for name in ("alike", "apart"))
    assert alike["d0"] == sum(np.bincount(alike["cell"]) - 1)  # no more than all cells together
    assert apart["d0"] < 12


def test_the_wider_interval_counts_and_its_numbers_belong_together() -> None:
    study = REFERENCE["studies"]["apart"]
    cells = max(study["cell"]) + 1
    own, drawn, _prior = both(study["y"], study["cell"], np.arange(len(study["y"])), np.eye(cells))
    taken = wider(own, drawn)
    width = taken.ci_upper - taken.ci_lower
    np.testing.assert_array_equal(width, np.maximum(own.ci_upper - own.ci_lower, drawn.ci_upper - drawn.ci_lower))
    took = width > own.ci_upper - own.ci_lower
    assert took.any() and not took.all()
    np.testing.assert_array_equal(taken.df, np.where(took, drawn.df, own.df))


def test_a_cell_without_spread_takes_that_of_the_others() -> None:
    rng = np.random.default_rng(1)
    cell = np.repeat([0, 1, 2], [5, 20, 20])
    y = np.r_[np.full(5, 10.0), rng.normal(8, 1.5, 40)]
    weights = [[1 / 3, 1 / 3, 1 / 3], [1, 0, 0]]
    own, drawn, prior = both(y, cell, np.arange(45), weights)
    expected, _df = moderated_variance(np.array([[5.0]]), np.array([[0.0]]), prior)
    sds = [np.var(y[cell == k], ddof=1) for k in (1, 2)]
    others, _df = moderated_variance(np.full((2, 1), 20.0), np.array(sds)[:, None], prior)
    variance = (expected[0, 0] / 5 + others.sum() / 20) / 9
    assert drawn.se[0, 0] ** 2 == pytest.approx(variance, rel=1e-12)  # sums in another order
    assert wider(own, drawn).se[0, 0] > own.se[0, 0]
    # by itself it stays without an interval
    assert wider(own, drawn).reason[1, 0] == "no_variance" and wider(own, drawn).se[1, 0] == 0.0


def test_persons_who_rate_several_cells_are_still_known() -> None:
    """With a prior that says nothing the variance is CR2; it scales with the variances that are drawn."""
    rng = np.random.default_rng(2)
    person = np.tile(np.arange(12), 3)
    cell = np.repeat([0, 1, 2], 12)
    y = rng.normal(7, 1, 12)[person] + rng.normal(0, 1, 36)
    ratings = CellRatings.of(y[:, None], cell, person, 3)
    weights = np.full((1, 3, 1), 1 / 3)
    plain = contrast_means(y, cell, person, weights[:, :, 0])
    nothing = SpreadPrior(np.array([np.nan]), np.array([0.0]), np.array([0.0]))
    alone = contrast_moderated(ratings, weights, nothing, known=np.array([True]))
    assert alone.se[0, 0] == pytest.approx(plain.se[0], rel=1e-12) and alone.df[0, 0] == pytest.approx(plain.df[0])
    one = SpreadPrior(np.array([4.0]), np.array([1e9]), np.array([1e9]))  # all cells get the variance 4
    drawn = contrast_moderated(ratings, weights, one, known=np.array([True]))
    apart = contrast_moderated(CellRatings.of(y[:, None], cell, np.arange(36), 3), weights, one, known=np.array([True]))
    assert apart.se[0, 0] == pytest.approx(np.sqrt(4 / 36), rel=1e-6)
    assert drawn.se[0, 0] > 1.2 * apart.se[0, 0]


def test_one_cell_has_nothing_to_learn_from() -> None:
    own, drawn, prior = both([7.0, 8.0, 9.0, 9.0], [0, 0, 0, 0], np.arange(4), [[1.0]])
    assert prior.df[0] == 0.0
    np.testing.assert_allclose(drawn.ci_lower, own.ci_lower, rtol=1e-12)
