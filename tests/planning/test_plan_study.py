"""How many persons does a study need? Power against closed forms, Monte Carlo errors, and the words."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError
from hpp_analysis.planning.plan_study import ERRORS, POWER, PRECISION
from hpp_analysis.planning.population import Population, found_population
from hpp_analysis.planning.replicates import replicate
from hpp_analysis.planning.simulated_models import model_questions, simulated_models
from hpp_analysis.planning.simulated_scores import ScoreQuestions, simulated_scores

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "study_planning.json").read_text(encoding="utf-8"))


def one_factor(n_items: int = 8, icc: float = 0.0) -> Population:
    """Answers from 1 to 10 about the middle of the scale, which they hardly leave: nearly normal scores."""
    return Population(
        items=tuple(f"i{item}" for item in range(n_items)),
        factors=("f",),
        factor_of=np.zeros(n_items, dtype=np.intp),
        loading=np.full(n_items, 0.7),
        phi=np.ones((1, 1)),
        cuts=np.tile(np.arange(1.5, 10.0) - 5.5, (n_items, 1)) / 1.4,
        unknown=np.zeros((n_items, 2)),
        lowest=1,
        highest=10,
        icc=icc,
    )


def gap_of(population: Population, points: float, partnerships: int = 1) -> ScoreQuestions:
    levels = np.array([population.levels(population.score(0, 0.0) + half * points, "gap") for half in (0.5, -0.5)])
    nothing = np.full(1, np.nan)
    return ScoreQuestions(partnerships, levels, nothing, nothing, nothing, nothing, 0.95)


@pytest.mark.parametrize("case", [case for case in REFERENCE["t_test"] if case["n"] > 10])
def test_the_power_to_find_a_gap_is_that_of_the_t_test(case: dict) -> None:
    """`power.t.test`. Intervals that guard against a small spread (decision 26) cost at most .02 of power."""
    population, rng = one_factor(), np.random.default_rng(1)
    sd = population.answers(np.zeros((1, 1)), np.zeros(1, int), 40_000, 1, rng).mean(axis=-1).std()
    runs = 1500
    found = simulated_scores(population, gap_of(population, case["d"] * sd), int(case["n"]), runs, rng)
    power = found["gap_found"].mean()
    error = 3.0 * np.sqrt(case["power"] * (1 - case["power"]) / runs)  # Monte Carlo
    assert case["power"] - error - 0.02 <= power <= case["power"] + error


def test_partnerships_that_differ_do_not_make_gaps_less_certain() -> None:
    """Organisations are fixed: what varies between partnerships, both sides of each share."""
    rng = np.random.default_rng(2)
    alike, apart = (
        simulated_scores(one_factor(icc=icc), gap_of(one_factor(icc=icc), 0.5, 4), 25, 600, rng)["gap_found"].mean()
        for icc in (0.0, 0.3)
    )
    assert apart >= alike - 3.0 * np.sqrt(0.5 / 600)


def test_true_scores_are_where_they_were_put() -> None:
    population = one_factor()
    level = population.level_of(0, 8.2, "mean")
    answers = population.answers(np.full((1, 1), level), np.zeros(1, int), 200_000, 1, np.random.default_rng(3))
    assert answers.mean() == pytest.approx(8.2, abs=0.01)  # its standard error is .003
    shift = population.shift_of_item(0, 0.0, 0.5)
    moved = population.answers(
        np.zeros((1, 1)), np.zeros(1, int), 200_000, 1, np.random.default_rng(4), shift=np.eye(1, 8) * shift
    )
    assert moved[..., 0].mean() - moved[..., 1].mean() == pytest.approx(0.5, abs=0.02)


def test_verdicts_keep_their_error_and_more_persons_settle_more() -> None:
    plan = hpp.plan_study(persons=[10, 40], models=False, n_sim=400, seed=5, jobs=1)
    frame = plan.to_frame()
    assert (frame["wrong"] <= 0.05 + 3.0 * frame["wrong_error"]).all()
    for name in ("gap_found", "pair_gap_found", "reached", "not_reached", "all_reached", "all_not_reached"):
        assert frame[name].is_monotonic_increasing
    for name in PRECISION[:4]:
        assert frame[name].is_monotonic_decreasing
    assert frame[["misfit_found", "bias_found", "loading_half"]].isna().all(axis=None)
    # a whole that is told from the line needs more than each of its parts
    assert (frame["all_reached"] < frame["reached"]).all()


def test_monte_carlo_errors_are_those_of_seeds() -> None:
    """Over other seeds the numbers vary as the errors say."""
    plans = [
        hpp.plan_study(persons=10, models=False, n_sim=50, seed=seed, jobs=1).to_frame().iloc[0] for seed in range(30)
    ]
    for name in ("score_half", "gap_found", "reached"):
        spread = np.std([plan[name] for plan in plans], ddof=1)
        told = np.mean([plan[f"{name}_error"] for plan in plans])
        assert 0.65 < spread / told < 1.5  # a standard deviation of 30 values is known to 13 %


def test_the_numbers_do_not_depend_on_the_number_of_cores() -> None:
    one, two = (hpp.plan_study(persons=[12], n_sim=40, seed=3, jobs=jobs).to_frame() for jobs in (1, 2))
    pd.testing.assert_frame_equal(one, two)
    assert not one.equals(hpp.plan_study(persons=[12], n_sim=40, seed=4, jobs=1).to_frame())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot be forked here")
def test_portions_run_in_other_processes() -> None:
    seed = np.random.SeedSequence(1)
    assert os.getpid() not in replicate(_process, 60, seed=seed, jobs=2)


def _process(_runs: int, _rng: np.random.Generator) -> int:
    return os.getpid()


def test_models_find_what_is_there_more_often_with_more_persons() -> None:
    frame = hpp.plan_study(persons=[10, 40], n_sim=80, seed=6, jobs=1).to_frame()
    for name in ("misfit_found", "bias_found"):
        assert frame[name].iloc[1] > frame[name].iloc[0] + 3.0 * frame[f"{name}_error"].max()
    assert frame["loading_half"].iloc[1] < 0.7 * frame["loading_half"].iloc[0]  # about half, with four times as many
    assert frame["fit_rejected"].iloc[1] < frame["fit_rejected"].iloc[0]


def test_without_bias_the_invariance_test_keeps_its_level() -> None:
    population = two_factors()
    levels = np.array([[0.2, 0.2], [-0.2, -0.2]])
    asked = model_questions(
        population, partnerships=2, levels=levels, bias=1e-6, alpha=0.05, rng=np.random.default_rng(1)
    )
    found = simulated_models(population, asked, 100, 300, np.random.default_rng(2))
    # 3 Monte Carlo errors, and what 200 persons a side leave of the asymptotic level
    assert np.nanmean(found["bias_found"]) <= 0.05 + 3.0 * np.sqrt(0.05 * 0.95 / 150) + 0.02
    tested = np.isfinite(found["bias_found"])
    assert tested[::2].mean() > 0.98 and not tested[1::2].any()
    loadings = found["loadings"].mean(axis=0)
    # cut into ten answers, loadings fall a little; items stand factor by factor
    assert np.abs(loadings - population.loading).max() < 0.04


def two_factors() -> Population:
    base = one_factor(8)
    loading = np.array([0.8, 0.7, 0.6, 0.7, 0.75, 0.65, 0.7, 0.8])
    phi = np.array([[1.0, 0.5], [0.5, 1.0]])
    return Population(base.items, ("f", "g"), np.repeat([0, 1], 4), loading, phi, base.cuts, base.unknown, 1, 10, 0.0)


def test_an_earlier_study_gives_the_assumptions() -> None:
    study = hpp.simulate_study(
        persons_per_side=150, dips=0, dont_know=0.3, style=0.0, careless=0.0, quality=0.4, several=0.0, seed=7
    )
    survey = study.survey
    found = found_population(survey, icc=None)
    truth = study.truth.loadings.loc[list(found.items), list(found.factors)].max(axis=1)
    assert np.corrcoef(found.loading, truth)[0, 1] > 0.9 and np.abs(found.loading - truth).mean() < 0.05
    mean = survey.items[list(found.items)].mean().to_numpy()
    assert np.abs(found.means(np.zeros(len(found.items))) - mean).max() < 0.15
    assert 0.02 < found.icc < 0.4
    shares = survey.items[list(found.items)].isna().groupby(survey.respondents["side"].to_numpy()).mean()
    np.testing.assert_allclose(np.sort(found.unknown, axis=None), np.sort(shares.to_numpy(), axis=None), rtol=1e-12)
    plan = hpp.plan_study(survey, persons=[20], models=False, n_sim=25, jobs=1)
    assert plan.found_in and "earlier study" in plan.methods()
    with pytest.raises(OptionError):
        hpp.plan_study(survey, persons=[20], dont_know=0.1)


def test_what_is_not_asked_is_not_told() -> None:
    plan = hpp.plan_study("hpo", persons=[10, 25], partnerships=1, n_sim=25, models=False, jobs=1)
    assert plan.sides == 1
    assert plan.to_frame()[["gap_found", "gap_half", "pair_gap_half"]].isna().all(axis=None)
    assert not plan.needed["goal"].str.contains("gap").any()
    assert "gap" not in plan.summary("en") and "on each side" not in plan.summary("en")


def test_the_words_say_what_is_and_what_is_not_settled() -> None:
    plan = hpp.plan_study(persons=[5, 60], models=False, n_sim=60, seed=1, jobs=1)
    needed = plan.needed.set_index("goal")
    assert needed.loc["score_half", "persons"] == 60 and np.isnan(needed.loc["pair_gap_found", "persons"])
    english, dutch = plan.summary("en"), plan.summary("nl")
    assert "From 60 persons on each side of each partnership on, the study settles" in english
    assert "it does not settle a gap of 0.5 points within one partnership" in english
    assert "Vanaf 60 personen aan elke kant van elke samenwerking" in dutch and "0,5 punten" in dutch
    assert "Monte Carlo standard error" in " ".join(plan._block("rates").notes)
    for kind in ("table", "rates", "needed"):
        assert plan._block(kind).caption
    ax = plan.plot("power")
    assert ax.get_xlim()[1] >= 100
    assert "60 persons" in plan.alt("power", language="en")


@pytest.mark.parametrize(
    "options",
    [
        {"persons": [25, 10]}, {"persons": [2]}, {"persons": []}, {"gap": 0.0}, {"gap": 12.0}, {"distance": 2.0}, {"icc": 1.0},
        {"loadings": (0.8, 0.6)}, {"threshold": 11.0}, {"mean": 0.5}, {"n_sim": 5}, {"partnerships": 0}, {"power": 1.0},
    ],
)  # fmt: skip
def test_what_cannot_be_is_an_error(options: dict) -> None:
    with pytest.raises(OptionError):
        hpp.plan_study(**{"persons": [10], "n_sim": 20, "models": False, "jobs": 1, **options})


def test_every_number_has_its_error() -> None:
    frame = hpp.plan_study(persons=[30], n_sim=40, seed=2, jobs=1).to_frame()
    for name in (*PRECISION, *POWER, *ERRORS):
        assert frame[name].notna().equals(frame[f"{name}_error"].notna())
        assert (frame[f"{name}_error"].dropna() > 0).all()
