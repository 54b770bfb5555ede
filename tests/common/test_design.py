"""Means of groups of ratings, of all variables at once."""

import numpy as np
import pytest

from hpp_analysis import simulate_study
from hpp_analysis.common import design as module
from hpp_analysis.common.design import design_of
from hpp_analysis.core.groups.cell_means import CellRatings, contrast_means, contrast_means_many
from hpp_analysis.core.groups.moderated_spread import contrast_moderated, spread_prior


@pytest.fixture(scope="module")
def survey():
    return simulate_study(
        partners=3, persons_per_side=[[12, 9], [7, 15], [20, 5]], several=0.7, dont_know=0.2, seed=4
    ).survey


def test_means_are_those_of_one_variable_at_a_time(survey) -> None:
    design = design_of(survey, ("partnership", "side"))
    _keys, members = design.groups(("side",))
    for weight in ("organisation", "respondent"):
        found = design.means(survey.items, members, weight, combinations=[[1, -1]])
        for place, item in enumerate(survey.items):
            y = survey.items[item].to_numpy()
            counts = np.bincount(design.cell[~np.isnan(y)], minlength=len(design.cells))
            say = [(counts > 0 if weight == "organisation" else counts) * own for own in members]
            gap = say[0] / say[0].sum() - say[1] / say[1].sum()
            one = contrast_means(y, design.cell, design.person, gap[None])
            # sums in another order
            assert found.contrasts.estimate[0, place] == pytest.approx(one.estimate[0], rel=1e-12)
            assert found.contrasts.ci_upper[0, place] >= one.ci_upper[0] - 1e-12  # the wider of two intervals
            for group, own in enumerate(members):
                answered = own[design.cell] & ~np.isnan(y)
                assert found.n_ratings[group, place] == answered.sum()
                assert found.n_persons[group, place] == survey.persons[answered].nunique()


def test_each_variable_may_have_its_own_weighing(survey) -> None:
    design = design_of(survey, ("partnership", "side"))
    _keys, members = design.groups(("side",))
    values = survey.items[["ope1", "ope1"]]
    both = design.means(values, members, ["organisation", "respondent"])
    for place, weight in enumerate(("organisation", "respondent")):
        alone = design.means(values.iloc[:, :1], members, weight)
        np.testing.assert_allclose(both.contrasts.estimate[:, [place]], alone.contrasts.estimate, rtol=1e-12)
    assert (both.contrasts.estimate[:, 0] != both.contrasts.estimate[:, 1]).all()


def test_intervals_are_the_wider_of_own_and_moderated_spread(survey) -> None:
    design = design_of(survey, ("partnership", "side"))
    _keys, members = design.groups(("partnership", "side"))
    found = design.means(survey.items, members, "organisation").contrasts
    y, cells = survey.items.to_numpy(), len(design.cells)
    own = contrast_means_many(y, design.cell, design.person, np.eye(cells))
    ratings = CellRatings.of(y, design.cell, design.person, cells)
    weights = np.broadcast_to(np.eye(cells)[:, :, None], (cells, cells, y.shape[1]))
    prior = spread_prior(ratings.n, ratings.sd**2)
    drawn = contrast_moderated(ratings, weights, prior, known=np.ones(y.shape[1], dtype=bool))
    width, own_width = found.ci_upper - found.ci_lower, own.ci_upper - own.ci_lower
    # the same numbers by another way
    np.testing.assert_allclose(width, np.fmax(own_width, drawn.ci_upper - drawn.ci_lower), rtol=1e-12)
    assert (width > own_width + 1e-6).any() and np.isclose(width, own_width).any()
    np.testing.assert_array_equal(found.cell_sd, own.cell_sd)  # what is described is the spread of the answers


def test_portions_of_variables_give_the_same_numbers(survey, monkeypatch) -> None:
    design = design_of(survey, ("partnership", "side"))
    keys, members = design.groups(("partnership", "side"))
    whole = design.means(survey.items, members, "organisation")
    monkeypatch.setattr(module, "_MOST_WEIGHTS", len(keys) * len(design.cells) * 5)
    parts = design.means(survey.items, members, "organisation")
    assert parts.contrasts.flags == whole.contrasts.flags
    np.testing.assert_allclose(parts.contrasts.ci_lower, whole.contrasts.ci_lower, rtol=1e-12)
    np.testing.assert_array_equal(parts.n_persons, whole.n_persons)
    np.testing.assert_array_equal(parts.sound, whole.sound)


def test_cells_are_in_the_order_of_the_questionnaire(survey) -> None:
    cells = design_of(survey, ("partnership", "side")).cells
    assert cells["side"].tolist() == ["client", "partner"] * 3
    assert cells["partnership"].tolist() == sorted(cells["partnership"])
