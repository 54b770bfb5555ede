"""The factor model behind the answers is found again."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.simulation.simulate import Simulation, simulate_study
from tests.simulation.conftest import CLEAN, small_instrument, within


@cache
def large(**options: float) -> Simulation:
    """Enough careful persons that sampling error is small; no style, for which the loadings are not told."""
    return simulate_study(persons_per_side=4000, several=0.0, style=0.0, seed=4, **CLEAN, **options)


def one_factor(r: np.ndarray) -> np.ndarray:
    """Loadings on one factor by iterated principal axes."""
    communality = np.full(len(r), 0.5)
    for _ in range(200):
        reduced = r.copy()
        np.fill_diagonal(reduced, communality)
        values, vectors = np.linalg.eigh(reduced)
        loading = np.abs(vectors[:, -1]) * np.sqrt(values[-1])
        communality = loading**2
    return loading


def blocks(study: Simulation) -> dict[str, list[str]]:
    """The items of each factor, outcome and HPO factor."""
    instruments = [study.survey.instrument, study.hpo_survey.instrument]
    return {
        part.id: [item.id for item in instrument.items_of(part.id)]
        for instrument in instruments
        for part in (*instrument.factors, *instrument.outcomes)
    }


def latent_correlations(study: Simulation) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Loadings within each block, and correlations between the blocks corrected by them."""
    hpo = study.hpo.set_index("respondent").loc[study.survey.respondents["respondent"]]
    hpo_items = hpo[[item.id for item in study.hpo_survey.instrument.items]].reset_index(drop=True)
    r = within(study, pd.concat([study.survey.items, hpo_items], axis=1)).corr()
    items = blocks(study)
    loading = {name: one_factor(r.loc[ids, ids].to_numpy()) for name, ids in items.items()}
    corrected = pd.DataFrame(np.eye(len(items)), index=list(items), columns=list(items))
    for one, own in items.items():
        for other, others in items.items():
            if one != other:
                together = r.loc[own, others].to_numpy().sum()
                corrected.loc[one, other] = together / (loading[one].sum() * loading[other].sum())
    return loading, corrected


def test_answers_look_like_answers():
    items = simulate_study(persons_per_side=300, seed=2).survey.items
    assert items.min().min() == 1
    assert items.max().max() == 10
    assert items.mean().between(5.8, 8.2).all()
    assert (items.skew() < 0).mean() > 0.95
    assert items.std().between(1.2, 2.5).all()


def test_loadings_and_factor_correlations_are_found_in_the_correlations():
    study = large()
    loading, corrected = latent_correlations(study)
    truth = study.truth
    for factor in truth.phi:
        told = truth.loadings[factor][truth.loadings[factor] > 0]
        # 32,000 ratings: standard error under .01; ten skewed points lower Pearson's r by at most 5 %
        assert loading[factor] == pytest.approx(told.to_numpy(), abs=0.03)
        assert np.corrcoef(loading[factor], told)[0, 1] > 0.98
        assert told.between(0.6, 0.85).all()
        assert told.max() - told.min() > 0.2
    assert corrected.loc[truth.phi.index, truth.phi.columns].to_numpy() == pytest.approx(truth.phi.to_numpy(), abs=0.03)
    assert corrected.loc[truth.hpo_phi.index, truth.hpo_phi.columns].to_numpy() == pytest.approx(
        truth.hpo_phi.to_numpy(), abs=0.03
    )
    off = truth.phi.to_numpy()[np.triu_indices(3, 1)]
    assert ((off > 0.5) & (off < 0.7)).all()
    cross = truth.cross_correlations
    assert corrected.loc[cross.index, cross.columns].to_numpy() == pytest.approx(cross.to_numpy(), abs=0.03)


def test_coefficients_are_found_by_regression():
    study = large()
    told = study.truth.coefficients["success"]
    corrected = latent_correlations(study)[1]
    predictors = list(told.index)
    found = np.linalg.solve(corrected.loc[predictors, predictors], corrected.loc[predictors, "success"])
    # 32,000 ratings, predictors that correlate .3 to .65: standard error about .01 after correction
    assert found == pytest.approx(told.to_numpy(), abs=0.035)
    assert found @ corrected.loc[predictors, "success"] == pytest.approx(study.truth.r2["success"], abs=0.03)
    assert list(told.index[:3]) == ["openness", "equality", "conflict_management"]
    assert len(told) == 8


def test_coefficients_may_be_chosen():
    study = simulate_study(
        persons_per_side=2500, several=0.0, style=0.0, coefficients={"equality": 0.6, "renewal": 0.3}, **CLEAN
    )
    told = study.truth.coefficients["success"]
    assert told[told != 0].to_dict() == {"equality": 0.6, "renewal": 0.3}
    corrected = latent_correlations(study)[1]
    found = np.linalg.solve(corrected.loc[told.index, told.index], corrected.loc[told.index, "success"])
    assert found == pytest.approx(told.to_numpy(), abs=0.06)  # 20,000 ratings


def test_styles_move_and_stretch_the_answers_as_asked():
    study = simulate_study(small_instrument(), persons_per_side=600, style=0.4, seed=11, **CLEAN)
    asked = study.frame().set_index("respondent")[["ren_1", "ren_2"]].astype(float)
    style = study.truth.style.loc[asked.index]
    for item in asked:  # a reverse item too is agreed with
        assert np.corrcoef(asked[item], style["acquiescence"])[0, 1] > 0.2
    spread = study.survey.items.sub(study.survey.items.mean()).abs().mean(axis=1)
    assert np.corrcoef(spread, style["extremity"])[0, 1] > 0.3
    assert (simulate_study(style=0).truth.style == [0, 1]).all(axis=None)
