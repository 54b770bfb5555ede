"""When an item leaves a scale, and the split of persons for confirmation."""

import pandas as pd
import pytest

from hpp_analysis import refine_scale, simulate_study
from hpp_analysis.factors.refinement import Refinement
from hpp_analysis.survey import Survey


@pytest.fixture(scope="module")
def pool() -> Survey:
    survey = simulate_study("hpp_pool", persons_per_side=100, seed=3).survey
    return survey.only(*survey.instrument.factors)


@pytest.fixture(scope="module")
def found(pool: Survey) -> Refinement:
    return refine_scale(pool, 3, holdout=0.5, stability=20, seed=1)


def test_persons_are_on_one_side_of_the_split(pool: Survey, found: Refinement) -> None:
    development, confirmation = found.development, found.confirmation
    assert isinstance(development, Survey) and isinstance(confirmation, Survey)
    assert not set(development.persons) & set(confirmation.persons)
    assert len(development) + len(confirmation) == len(pool)
    assert found.n_persons + found.n_held == pool.n_persons
    assert abs(found.n_held - found.n_persons) <= 1
    assert development.exclusions[-1].n_persons == found.n_held
    again = refine_scale(pool, 3, holdout=0.5, seed=1)
    assert again.kept == found.kept
    assert (
        refine_scale(pool, 3, holdout=0.5, seed=2).development.items.index.tolist() != development.items.index.tolist()
    )
    frame = refine_scale(pool.items, 3, holdout=0.25, units=pool.persons)
    assert isinstance(frame.confirmation, pd.DataFrame)
    assert not set(pool.persons[frame.confirmation.index]) & set(pool.persons[frame.development.index])
    assert refine_scale(pool.items, 3).confirmation is None
