"""Associations taken apart: against lavaan and pingouin, on a known truth, at the edges, and in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError
from hpp_analysis.simulation.simulate import Simulation

REFERENCE = Path(__file__).parent.parent / "reference"
R = json.loads((REFERENCE / "drivers.json").read_text(encoding="utf-8"))["mediation"]
PINGOUIN = json.loads((REFERENCE / "drivers_pingouin.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "drivers.csv")


@pytest.fixture(scope="module")
def effects(frame: pd.DataFrame) -> hpp.drivers.IndirectEffects:
    return hpp.drivers.estimate_indirect_effects(frame, outcome="y", source="x1", mediators=["x2", "x3"], n_boot=2000)


@pytest.fixture(scope="module")
def study() -> Simulation:
    return hpp.simulate_study(persons_per_side=50, seed=4)


def of(effects: hpp.drivers.IndirectEffects, effect: str, via: str = "") -> float:
    table = effects.to_frame()
    return float(table.loc[(table["effect"] == effect) & (table["via"] == via), "estimate"].iloc[0])


def test_the_parts_are_those_of_lavaan(effects: hpp.drivers.IndirectEffects, frame: pd.DataFrame) -> None:
    theirs = dict(zip(R["label"], R["est"], strict=True))
    sd = frame.std()
    scale = sd["x1"] / sd["y"]  # theirs are in raw units
    for label, found in {
        "i1": of(effects, "indirect", "x2"), "i2": of(effects, "indirect", "x3"), "c": of(effects, "direct"),
        "indirect": of(effects, "indirect_total"), "total": of(effects, "total"),
    }.items():  # fmt: skip
        assert found == pytest.approx(theirs[label] * scale, abs=1e-6)  # lavaan iterates to 1e-8 of its fit
    assert of(effects, "to_mediator", "x2") == pytest.approx(theirs["a1"] * sd["x1"] / sd["x2"], abs=1e-6)


def test_bootstrap_errors_are_near_those_of_the_delta_method(
    effects: hpp.drivers.IndirectEffects, frame: pd.DataFrame
) -> None:
    se = dict(zip(R["label"], R["se"], strict=True))["indirect"] * frame["x1"].std() / frame["y"].std()
    place = effects.to_frame()["effect"].tolist().index("indirect_total")
    # two kinds of errors of a product: the delta method takes errors of equal spread for granted
    assert effects.samples[:, place].std() == pytest.approx(se, rel=0.25)


def test_the_parts_are_those_of_pingouin(effects: hpp.drivers.IndirectEffects, frame: pd.DataFrame) -> None:
    theirs = dict(zip(PINGOUIN["mediation"]["path"], PINGOUIN["mediation"]["coef"], strict=True))
    assert of(effects, "indirect", "x2") == pytest.approx(theirs["Indirect x2"], abs=1e-9)
    assert of(effects, "indirect", "x3") == pytest.approx(theirs["Indirect x3"], abs=1e-9)
    assert of(effects, "direct") == pytest.approx(theirs["Direct"], abs=1e-9)
    assert of(effects, "total") == pytest.approx(theirs["Total"], abs=1e-9)
    lmg = hpp.rank_drivers(frame, outcome="y", predictors=["x1", "x2", "x3", "x4", "x5"], n_boot=0)
    found = lmg.to_frame().set_index("predictor").sort_index()["importance"].tolist()
    assert found == pytest.approx(PINGOUIN["relimp"], abs=1e-10)


def test_direct_and_indirect_sum_to_the_correlation(effects: hpp.drivers.IndirectEffects, frame: pd.DataFrame) -> None:
    assert of(effects, "direct") + of(effects, "indirect_total") == pytest.approx(of(effects, "total"), abs=1e-14)
    assert of(effects, "total") == pytest.approx(frame["x1"].corr(frame["y"]), abs=1e-12)


def test_hpo_runs_by_way_of_hpp(study: Simulation) -> None:
    found = hpp.drivers.estimate_indirect_effects(study.survey, hpo=study.hpo_survey, n_boot=300)
    assert found.mediators == ("openness", "equality", "conflict_management")
    table = found.to_frame().set_index(["effect", "via"])
    assert table.loc[("indirect_total", ""), "ci_lower"] > 0
    assert table.loc[("indirect", "openness"), "ci_lower"] > 0  # success hangs most on openness
    for language in ("en", "nl"):
        assert found.summary(language) and found.methods(language) and found.alt(language=language)
    assert "not a proof" in found.summary()
    found.plot()


def test_what_has_nothing_to_do_with_success_has_no_part() -> None:
    study = hpp.simulate_study(persons_per_side=80, coefficients={"equality": 0.6}, seed=6)
    found = hpp.drivers.estimate_indirect_effects(
        study.survey,
        hpo=study.hpo_survey,
        mediators=["openness", "equality"],
        n_boot=300,
        within=["partnership", "side"],
    )
    table = found.to_frame().set_index(["effect", "via"])
    assert table.loc[("indirect", "equality"), "ci_lower"] > 0
    assert table.loc[("indirect", "equality"), "estimate"] > 3 * abs(table.loc[("indirect", "openness"), "estimate"])


@pytest.mark.slow
def test_intervals_of_indirect_associations_cover() -> None:
    rng = np.random.default_rng(8)
    a, b, direct = np.array([0.4, 0.0]), np.array([0.5, 0.3]), 0.2
    covered, false_alarms = [], []
    for run in range(1000):
        x = rng.normal(size=150)
        m = x[:, None] * a + rng.normal(size=(150, 2)) * np.sqrt(1 - a**2)
        y = direct * x + m @ b + 0.7 * rng.normal(size=150)
        frame = pd.DataFrame({"x": x, "m1": m[:, 0], "m2": m[:, 1], "y": y})
        spread = np.sqrt((direct + a @ b) ** 2 + b**2 @ (1 - a**2) + 0.49)
        table = hpp.drivers.estimate_indirect_effects(
            frame, outcome="y", source="x", mediators=["m1", "m2"], n_boot=500, seed=run
        )
        rows = table.to_frame().set_index(["effect", "via"])
        one, none = rows.loc[("indirect", "m1")], rows.loc[("indirect", "m2")]
        covered.append(one["ci_lower"] <= a[0] * b[0] / spread <= one["ci_upper"])
        false_alarms.append(none["ci_lower"] > 0 or none["ci_upper"] < 0)
    assert 0.926 <= np.mean(covered) <= 0.974
    assert np.mean(false_alarms) <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / 1000)


@pytest.mark.parametrize(
    ("persons", "error"), [(60, 0.25), pytest.param(250, 0.08, marks=pytest.mark.slow)]
)  # about three standard errors of a slope of latent variables
def test_latent_variables_tell_the_truth_of_the_simulation(persons: int, error: float) -> None:
    study = hpp.simulate_study(
        persons_per_side=persons, several=0.0, careless=0.0, style=0.0, dont_know=0.0, skipped=0.0, quality=0.0, gaps=0.0,
        dips=0, seed=7,
    )  # fmt: skip
    effects = hpp.drivers.estimate_indirect_effects(study.survey, hpo=study.hpo_survey, n_boot=100)
    model = effects.latent()
    estimates = model.estimates.set_index(["lhs", "op", "rhs"])["std_all"]
    truth = study.truth.coefficients["success"]
    latent = 0.0
    for factor in effects.mediators:
        assert estimates[("success", "~", factor)] == pytest.approx(truth[factor], abs=error)
        latent += estimates[(factor, "~", "hpo")] * estimates[("success", "~", factor)]
    assert latent > of(effects, "indirect_total")  # free of errors of measurement
    defined = model.estimates.set_index("lhs").query("op == ':='")["est"]
    assert defined["total"] > defined["indirect"] > 0.0


def test_wrong_options_are_refused(study: Simulation, frame: pd.DataFrame) -> None:
    for options in ({}, {"source": "x1"}, {"source": "x1", "mediators": ["x2"], "n_boot": 10}):
        with pytest.raises(OptionError):
            hpp.drivers.estimate_indirect_effects(frame, outcome="y", **options)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="source"):
        hpp.drivers.estimate_indirect_effects(study.survey)
    with pytest.raises(OptionError, match="items of a survey"):
        hpp.drivers.estimate_indirect_effects(frame, outcome="y", source="x1", mediators=["x2"], n_boot=100).latent()


def test_too_few_ratings_are_a_reason(frame: pd.DataFrame) -> None:
    found = hpp.drivers.estimate_indirect_effects(frame.head(5), outcome="y", source="x1", mediators=["x2", "x3"])
    assert found.flags == ("few_ratings",)
    assert found.to_frame()["estimate"].isna().all()
    assert "Too few" in found.summary()
    few = hpp.drivers.estimate_indirect_effects(frame.head(15), outcome="y", source="x1", mediators=["x2"])
    assert few.to_frame()["estimate"].notna().all()
    assert few.to_frame()["ci_lower"].isna().all()
    assert "cannot be told" in few.summary()
