"""The bootstrap of a model against lavaan 0.6-14 (sem_bootstrap.R), against the delta method, and its refusals."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import simulate_study
from hpp_analysis.core.correlation.bootstrap import acceleration, bca_levels
from hpp_analysis.core.sem.bootstrap import bootstrap_estimates, influence, strata_of
from hpp_analysis.core.sem.inference import rows_of_table
from hpp_analysis.core.sem.standardised import standardised_values
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import CFA, fit_cfa
from hpp_analysis.models.cfa_bootstrap import CFABootstrap
from hpp_analysis.texts import languages

FOLDER = Path(__file__).parents[1] / "reference"
REFERENCE: dict[str, Any] = json.loads((FOLDER / "sem_bootstrap.json").read_text(encoding="utf-8"))
PATHS = """f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6; f3 =~ y7 + y8 + y9
f2 ~ p*f1; f3 ~ q*f2 + r*f1; ind := p*q; total := ind + r"""
TWO = "f1 =~ y1 + y2 + y3; f2 =~ y4 + y5 + y6"


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / "sem_items.csv")


@pytest.fixture(scope="module")
def paths(answers: pd.DataFrame) -> CFA:
    return fit_cfa(PATHS, answers.dropna(), estimator="ML")


@pytest.fixture(scope="module")
def drawn(paths: CFA) -> CFABootstrap:
    return paths.bootstrap(1500, seed=3)


class Given:
    """Stands in for a generator: draws what it was given."""

    def __init__(self, draws: list[np.ndarray]) -> None:
        self._left: Iterator[np.ndarray] = iter(draws)

    def integers(self, high: int, size: int) -> np.ndarray:
        drawn = next(self._left)
        assert (len(drawn), drawn.max() < high) == (size, True)
        return drawn


@pytest.mark.parametrize("name", ["plain", "fiml", "groups"])
def test_given_samples_have_lavaans_estimates(name: str, answers: pd.DataFrame) -> None:
    theirs = REFERENCE["same"][name]
    complete = answers.dropna().reset_index(drop=True)
    options: dict[str, Any] = {"estimator": "ML"}
    draws = [np.array(sample) for sample in theirs["samples"]]
    if name == "groups":
        options |= {"group": "side", "group_equal": ["loadings"]}
        first = np.flatnonzero(complete["side"] == complete["side"][0])
        place = np.zeros(len(complete), dtype=int)  # of each row in its own group
        place[first] = np.arange(len(first))
        rest = np.setdiff1d(np.arange(len(complete)), first)
        place[rest] = np.arange(len(rest))
        draws = [part for draw in draws for part in (place[draw[: len(first)]], place[draw[len(first) :]])]
    cfa = fit_cfa(PATHS if name == "plain" else TWO, answers if name == "fiml" else complete, **options)

    def both(found: Any) -> np.ndarray:
        value, _se = rows_of_table(found, np.zeros((found.model.n_free,) * 2))
        defined = found.restrictions.values(found.theta, ":=")[0]
        return np.concatenate([value, defined, standardised_values(found, observed=True)])

    rng: Any = Given(draws)
    ours = bootstrap_estimates(cfa.found, both, n=len(theirs["est"]), rng=rng)
    assert ours.usable.all()
    table = cfa.found.model.table
    place = {(table.lhs[k], table.op[k], table.rhs[k], int(table.group[k])): k for k in range(len(table))}
    m, compared = len(table), 0
    for k, key in enumerate(zip(theirs["lhs"], theirs["op"], theirs["rhs"], theirs["group"], strict=True)):
        at = m + ["ind", "total"].index(key[0]) if key[1] == ":=" else place[key]
        # lavaan's iteration stops at a change of 1e-10 of the function; ours a little nearer
        np.testing.assert_allclose(ours.values[:, at], [row[k] for row in theirs["est"]], atol=2e-4, rtol=2e-4)
        if key[1] not in (":=", "~1"):
            standard = ours.values[:, at + len(ours.values[0]) - m]
            np.testing.assert_allclose(standard, [row[k] for row in theirs["std"]], atol=2e-4)
        compared += 1
    assert compared == len(theirs["lhs"])
    assert np.std(ours.values, axis=0).max() > 0.05, "samples differ from each other by far more than the tolerance"


def test_errors_and_intervals_are_lavaans_but_for_chance(paths: CFA, drawn: CFABootstrap) -> None:
    theirs, ours = REFERENCE["bootstrap"], drawn
    assert (ours.n_converged, theirs["n"]) == (1500, 4000)
    frame = ours.to_frame().set_index(["lhs", "op"])
    keep = np.array(theirs["se"]) > 0
    key = [(lhs, op, rhs) for lhs, op, rhs in zip(theirs["lhs"], theirs["op"], theirs["rhs"], strict=True)]
    mine = ours.to_frame()
    order = [
        int(np.flatnonzero((mine["lhs"] == lhs) & (mine["op"] == op) & (mine["rhs"] == rhs))[0]) for lhs, op, rhs in key
    ]
    mine = mine.iloc[order][keep]
    se = np.array(theirs["se"])[keep]
    # Monte Carlo error of an SE with 1,500 and 4,000 samples: about 2.3 % together with the kurtosis seen; 26 of them
    np.testing.assert_allclose(mine["se"], se, rtol=0.08)
    # that of a 2.5 % quantile: about sqrt(.025 * .975 / n) / .058 = .07 and .04 standard errors together .08
    for side in ("lower", "upper"):
        apart = (mine[f"ci_{side}"] - np.array(theirs["perc"][side])[keep]) / se
        assert np.abs(apart).max() < 0.32
    indirect = frame.loc[("ind", ":=")]
    delta = dict(zip(theirs["lhs"], theirs["delta"], strict=True))["ind"]
    assert paths.estimates.iloc[-2]["se"] == pytest.approx(delta, rel=1e-3)
    assert indirect["se"] > 1.12 * delta, "the answers have long tails, which the delta method does not see"
    reach = indirect["ci_upper"] - indirect["est"], indirect["est"] - indirect["ci_lower"]
    assert reach[0] > 1.08 * reach[1], "a product of two paths is skewed"


def test_correction_for_bias_is_lavaans_but_for_chance(paths: CFA, drawn: CFABootstrap) -> None:
    """lavaan's "bca.simple" has no acceleration: what ours takes up from the influence of each respondent."""
    theirs = REFERENCE["bootstrap"]
    place = [k for k, (lhs, op) in enumerate(zip(theirs["lhs"], theirs["op"], strict=True)) if op == ":="]
    levels = np.array([0.025, 0.975])
    for k in place:
        sample = drawn.samples[theirs["lhs"][k]].to_numpy()
        simple = np.quantile(sample, bca_levels(sample, theirs["est"][k], 0.0, levels))
        bounds = [theirs["bc"]["lower"][k], theirs["bc"]["upper"][k]]
        # as above, and the bias is estimated from the samples too
        assert np.abs((simple - bounds) / theirs["se"][k]).max() < 0.4
    plain, corrected = paths.bootstrap(400, seed=3), paths.bootstrap(400, seed=3, interval="bca")
    pd.testing.assert_frame_equal(plain.samples, corrected.samples)
    assert corrected.to_frame().iloc[-2]["ci_upper"] > plain.to_frame().iloc[-2]["ci_upper"] + 0.005


def test_influence_is_that_of_leaving_respondents_out(paths: CFA, answers: pd.DataFrame) -> None:
    complete = answers.dropna().reset_index(drop=True)
    slopes = paths.found.restrictions.values(paths.found.theta, ":=")[1]
    ours = influence(paths.found, slopes)
    for k in (0, 17, 101):
        without = fit_cfa(PATHS, complete.drop(index=k), estimator="ML").estimates["est"].iloc[-2:].to_numpy()
        # leaving one out is a difference, the influence a slope: they part by terms of the order 1 / n
        np.testing.assert_allclose(paths.estimates["est"].iloc[-2:].to_numpy() - without, ours[k], rtol=0.1, atol=2e-5)
    np.testing.assert_allclose(ours.sum(axis=0), 0, atol=1e-12)
    # their squares sum to the sandwich's variance, which MLR takes
    robust = fit_cfa(PATHS, complete).estimates["se"].iloc[-2:].to_numpy()
    np.testing.assert_allclose(np.sqrt((ours**2).sum(axis=0)), robust, rtol=1e-6)
    assert np.abs(acceleration(ours)).max() > 0.01


def test_clusters_are_drawn_whole(answers: pd.DataFrame) -> None:
    cfa = fit_cfa(TWO, answers, cluster="team")
    clustered = cfa.bootstrap(300, seed=1)
    assert clustered.n_units == answers["team"].nunique()
    assert clustered.clustered
    assert clustered.flags == ()
    ratio = clustered.to_frame()["se"][1:12] / cfa.estimates["se"][1:12]
    assert 0.85 < ratio.drop(3).mean() < 1.15  # both estimate the same; 300 samples: 4 % each
    copies = pd.concat([answers.dropna()] * 4, ignore_index=True).assign(
        person=np.tile(np.arange(len(answers.dropna())), 4)
    )
    by_person = fit_cfa(TWO, copies, cluster="person").bootstrap(200, seed=1).to_frame()["se"]
    by_row = fit_cfa(TWO, copies).bootstrap(200, seed=1).to_frame()["se"]
    # four copies of everybody are no more than one: errors by row are half as large
    assert (by_person / by_row)[1:3].mean() == pytest.approx(2.0, rel=0.15)


def test_strata_are_groups_unless_clusters_cross_them(answers: pd.DataFrame) -> None:
    found = fit_cfa(TWO, answers, group="side").found
    sizes = [part.n for part in found.objective.moments]
    unit, stratum = strata_of(found, None)
    assert np.bincount(stratum).tolist() == sizes
    nested = np.concatenate([np.arange(sizes[0]) // 3, 1000 + np.arange(sizes[1]) // 3])
    assert np.unique(strata_of(found, nested)[1]).tolist() == [0, 1]
    unit, stratum = strata_of(found, np.arange(sum(sizes)) % 40)
    assert np.unique(stratum).tolist() == [0]
    assert np.bincount(unit).max() <= sum(sizes) // 40 + 1


def test_few_clusters_are_flagged_and_two_refused(answers: pd.DataFrame) -> None:
    few = answers.dropna().assign(firm=lambda frame: np.arange(len(frame)) % 12)
    assert "few_clusters" in fit_cfa(TWO, few, cluster="firm").bootstrap(100).flags
    with pytest.raises(OptionError, match="three"):
        fit_cfa(TWO, few, cluster="side").bootstrap(100)
    items = few[[f"y{k}" for k in range(1, 7)]]
    with pytest.raises(OptionError, match="covariance"):
        fit_cfa(TWO, sample_cov=items.cov(), n_obs=len(items)).bootstrap()
    for wrong in ({"n": 20}, {"interval": "normal"}, {"conf_level": 1.0}):
        with pytest.raises(OptionError):
            fit_cfa(TWO, few).bootstrap(**wrong)


def test_samples_without_a_solution_are_counted_and_leave_no_interval() -> None:
    """Two nearly empty factors of twelve respondents: many samples have no solution."""
    rng = np.random.default_rng(4)
    few = pd.DataFrame(rng.integers(1, 4, size=(12, 4)), columns=["y1", "y2", "y3", "y4"])
    few["y4"] = 1 + (np.arange(12) == 0)  # constant in a third of the samples
    common = rng.normal(size=12)
    few[["y1", "y2", "y3"]] = np.round(2 * common[:, None] + rng.normal(size=(12, 3)))
    ours = fit_cfa("f =~ y1 + y2 + y3 + y4", few, estimator="ML").bootstrap(200)
    assert ours.n_converged < 0.75 * 200
    assert len(ours.samples) == ours.n_converged
    assert "few_converged" in ours.flags
    assert ours.to_frame()[["ci_lower", "ci_upper"]].isna().all(axis=None)
    assert ours.to_frame()["se"].notna().all()
    assert "no solution" in ours.summary("en")


def test_gaps_and_persons_of_a_survey() -> None:
    survey = simulate_study(persons_per_side=40, seed=1).survey
    cfa = fit_cfa("openness =~ ope1 + a*ope2 + b*ope3 + ope4; difference := a - b", survey)
    ours = cfa.bootstrap(100, seed=5, interval="bca", conf_level=0.9)
    again, other = cfa.bootstrap(100, seed=5, conf_level=0.9), cfa.bootstrap(100, seed=6, conf_level=0.9)
    assert ours.samples.equals(again.samples)
    assert not ours.samples.equals(other.samples)
    last = ours.to_frame().iloc[-1]
    assert last["ci_lower"] < last["est"] < last["ci_upper"]
    said = {code: (ours.summary(code), ours.methods(code), ours.alt(language=code)) for code in languages()}
    for place in range(3):
        assert len({texts[place] for texts in said.values()}) == len(said)
    assert "BCa" in ours.methods("en")
    assert ours.plot().texts
    assert "90" in ours.summary("nl")


@pytest.mark.slow
def test_percentile_intervals_cover() -> None:
    """An indirect effect of .25 in 120 respondents: 250 studies with 200 samples each."""
    rng, hits = np.random.default_rng(11), 0
    for study in range(250):
        x = rng.normal(size=120)
        m = 0.5 * x + rng.normal(size=120)
        y = 0.5 * m + rng.normal(size=120)
        frame = pd.DataFrame({"x": x, "m": m, "y": y})
        cfa = fit_cfa("m ~ a*x; y ~ b*m + x; ind := a*b", frame, estimator="ML")
        last = cfa.bootstrap(200, seed=study).to_frame().iloc[-1]
        hits += last["ci_lower"] < 0.25 < last["ci_upper"]
    # 95 % less what 200 samples and n 120 cost (about 1 %), within 2.6 Monte Carlo errors of 250 studies
    assert 0.905 <= hits / 250 <= 0.976
