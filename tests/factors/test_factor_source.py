"""Persons are resampled with all of their answers."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import fit_efa, simulate_study
from hpp_analysis.errors import SurveyError
from hpp_analysis.factors.efa import EFA
from hpp_analysis.factors.efa_bootstrap import EFABootstrap
from tests.core.conftest import REFERENCE
from tests.factors.test_efa_bootstrap import N


@pytest.fixture(scope="module")
def items() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "bootstrap_items.csv")


@pytest.fixture(scope="module")
def efa(items: pd.DataFrame) -> EFA:
    return fit_efa(items, 3)


@pytest.fixture(scope="module")
def boot(efa: EFA) -> EFABootstrap:
    return efa.bootstrap(N, seed=1)


def test_missing_answers_take_their_way_in_each_sample(items: pd.DataFrame) -> None:
    holes = items.mask(np.random.default_rng(0).random(items.shape) < 0.1)
    chosen = np.random.default_rng(3).integers(len(items), size=(100, len(items)))[0]
    # em stops at steps of 1e-5 in a resample, which can leave ten times that in a correlation
    for missing, tolerance in (("em", 5e-4), ("pairwise", 1e-4)):
        efa = fit_efa(holes, 3, missing=missing)
        boot = efa.bootstrap(100, seed=3)
        again = fit_efa(holes.iloc[chosen].reset_index(drop=True), 3, missing=missing)
        np.testing.assert_allclose(
            np.sort(np.abs(boot.samples.lambda_[0]), axis=1), np.sort(np.abs(again.loadings), axis=1), atol=tolerance
        )
        assert boot.n_rows == len(items)
    listwise = fit_efa(holes, 3, missing="listwise").bootstrap(100)
    assert listwise.n_rows == len(holes.dropna())
    assert "Complete rows" in listwise.methods()


def test_persons_are_drawn_with_all_their_ratings() -> None:
    survey = simulate_study(seed=1).survey
    efa = fit_efa(survey["openness"], 1)
    assert efa.bootstrap(100).n_units == len(survey)
    whole = efa.bootstrap(100, units=survey.persons)
    assert (whole.n_units, whole.n_rows) == (survey.n_persons, len(survey))
    assert fit_efa(survey, 3).bootstrap(100).n_units == survey.n_persons
    with pytest.raises(SurveyError):
        efa.bootstrap(100, units=survey.persons.iloc[1:])


def test_doubled_rows_tell_no_more_when_they_come_from_the_same_persons(
    items: pd.DataFrame, boot: EFABootstrap
) -> None:
    doubled = pd.concat([items, items], ignore_index=True)
    persons = pd.Series(np.tile(np.arange(len(items)), 2))
    efa = fit_efa(doubled, 3)
    # errors of Monte Carlo: 3 % of a standard error for each of 500 samples; the mean over 27 is closer
    assert efa.bootstrap(500, units=persons).table["se"].mean() == pytest.approx(boot.table["se"].mean(), rel=0.06)
    assert efa.bootstrap(500).table["se"].mean() == pytest.approx(boot.table["se"].mean() / np.sqrt(2), rel=0.08)
