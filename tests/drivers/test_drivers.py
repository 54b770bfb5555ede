"""What drives success: against R, on simulated studies with a known truth, at its edges, and in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.simulation.simulate import Simulation
from tests.drivers.conftest import unrelated

REFERENCE = Path(__file__).parent.parent / "reference"
R = json.loads((REFERENCE / "drivers.json").read_text(encoding="utf-8"))
X = ["x1", "x2", "x3", "x4", "x5"]


def test_the_simulated_truth_is_found_again() -> None:
    """Success hangs on equality twice as much as on openness, and on nothing else."""
    study = hpp.simulate_study(
        persons_per_side=400, coefficients={"equality": 0.6, "openness": 0.3}, several=0.0, careless=0.0, style=0.0,
        seed=5,
    )  # fmt: skip
    found = hpp.rank_drivers(study.survey, within=["partnership", "side"], n_boot=300)
    assert found.leading == ("equality",)
    table = found.to_frame().set_index("predictor")
    assert table["rank"].to_dict() == {"equality": 1, "openness": 2, "conflict_management": 3}
    assert table.loc["equality", "p_first"] > 0.99
    slopes = found.slopes.set_index("predictor")["beta"]
    # scores hold errors of measurement, so slopes are somewhat smaller than those of the factors
    assert 0.4 < slopes["equality"] < 0.6
    assert slopes["equality"] > 1.5 * slopes["openness"]
    assert abs(slopes["conflict_management"]) < 0.12


def test_characteristics_are_ranked_by_relative_weights_on_pairs(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, predictors="items", n_boot=200)
    assert found.method == "relative_weights"
    assert len(found.table) == 19
    assert "pairwise" in found.flags  # up to 15 % don't know an item: hardly any rating has all
    assert found.table["importance"].sum() == pytest.approx(found.r2, abs=1e-10)
    assert found.slopes[["ci_lower", "p", "p_adjusted"]].notna().all(axis=None)
    assert found.hierarchy[["p", "p_last"]].notna().all(axis=None)
    assert "more than a tenth" in found.methods() and "expectation" in found.methods()


def test_a_factor_can_be_the_outcome(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, outcome="equality", n_boot=0)
    assert found.slopes["predictor"].tolist() == ["openness", "conflict_management"]
    items = hpp.rank_drivers(study.survey, outcome="equality", predictors="items", n_boot=0)
    assert len(items.table) == 12  # not of itself


def test_few_organisations_have_no_errors_and_say_so(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, cluster="organisation")
    assert {"few_clusters", "few_clusters_boot"} <= set(found.flags)
    assert found.slopes["ci_lower"].isna().all()
    assert found.table["tier"].isna().all()
    assert found.leading == ()
    assert "too few organisations" in found.summary()


def test_many_organisations_have_them() -> None:
    study = hpp.simulate_study(clients=12, partners=2, persons_per_side=4, seed=2)
    clients = study.survey.where(side="client")
    found = hpp.rank_drivers(clients, cluster="organisation", n_boot=100)
    assert found.errors == "cluster"
    assert set(found.flags) == {"several_ratings", "few_clusters_boot", "few_units", "few_units_intervals"}
    assert found.slopes["ci_lower"].notna().all()
    assert found.slopes["df"].max() < 12
    assert found.table["ci_lower"].isna().all()


def test_ratings_of_one_person_are_known(study: Simulation) -> None:
    found = hpp.rank_drivers(study.survey, n_boot=0)
    assert found.errors == "person"
    assert found.n_persons < found.n_used
    once = ~study.survey.respondents["respondent"].duplicated()
    assert hpp.rank_drivers(study.survey.keep(once, "one each"), n_boot=0).errors == "hc3"


def test_what_cannot_be_computed_is_a_reason(frame: pd.DataFrame) -> None:
    for data, why in (
        (frame.head(7), "few_ratings"),
        (frame.assign(x2=5.0), "constant"),
        (frame.assign(x5=frame["x1"] + frame["x2"]), "dependent"),
    ):
        found = hpp.rank_drivers(data, outcome="y", predictors=X)
        assert found.flags[-1] == why
        assert found.table["importance"].isna().all()
        assert "cannot be told" in found.summary()
        assert found.summary("nl") != found.summary("en")
        assert "–" in repr(found)
        assert found.alt()
        found.plot()


def test_one_predictor_is_a_correlation(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors="x1", n_boot=100)
    assert found.to_frame().loc[0, "importance"] == pytest.approx(frame["x1"].corr(frame["y"]) ** 2, abs=1e-12)
    assert found.to_frame().loc[0, ["tier", "p_first"]].tolist() == [1, 1]


@pytest.mark.parametrize(
    "options",
    [
        {"outcome": "nothing"}, {"predictors": ["openness", "openness"]}, {"predictors": ["success"]},
        {"predictors": []}, {"cluster": "nothing"}, {"within": ["nothing"]}, {"n_boot": 5},
        {"conf_level": 1.0}, {"importance": "guess"}, {"predictors": "items", "importance": "lmg"}, {"n_wild": 20},
        {"n_wild": 999.0}, {"outcome": ["success", "openness"]}, {"predictors": "opennes"}, {"hpo": "hpo.csv"},
        {"predictors": {"a": ["openness"], "b": []}}, {"predictors": {"a": "openness", "b": "openness"}},
        {"predictors": "success"}, {"within": "sid"}, {"predictors": 3}, {"outcome": None},
    ],
)  # fmt: skip
def test_wrong_options_are_refused(study: Simulation, options: dict[str, object]) -> None:
    with pytest.raises(OptionError):
        hpp.rank_drivers(study.survey, **options)  # type: ignore[arg-type]


def test_where_no_predictor_counts_none_is_named() -> None:
    """Intervals of single slopes would have named one here."""
    found = hpp.rank_drivers(unrelated(100, 3), outcome="y", n_boot=100)
    lower, upper = found.slopes["ci_lower"], found.slopes["ci_upper"]
    assert (lower * upper > 0).any()
    assert found.named == () and not found.related
    assert "No single predictor" in found.summary("en") and "no more than chance" in found.summary("en")
    assert "most important" not in found.summary("en")  # an order of what chance explains is no order
    assert found.sensitivity().steady == found.sensitivity().unsteady == ()
    assert "most important" in hpp.rank_drivers(unrelated(100, 3), outcome="y", n_boot=100, n_wild=0).summary("en")


def test_what_counts_is_named_and_the_level_is_the_users(frame: pd.DataFrame) -> None:
    found = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, cluster="person")
    adjusted = found.slopes.set_index("predictor")["p_adjusted"]
    assert found.named == tuple(adjusted.index[adjusted <= 0.05])
    assert "x1" in found.named and "x3" not in found.named
    assert (found.slopes["p_adjusted"] >= found.slopes["p"] - 0.02).all()  # a thousand samples: to .02
    strict = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, cluster="person", conf_level=0.999)
    assert set(strict.named) < set(found.named)
    untested = hpp.rank_drivers(frame, outcome="y", predictors=X, n_boot=0, n_wild=0)
    assert untested.named == () and "no tests were asked for" in untested.summary("en")
    assert "wild" not in untested.methods("en") and "wild" in found.methods("en")


def test_intervals_of_importance_come_with_enough_persons_whatever_the_r2() -> None:
    rng = np.random.default_rng(4)
    x = pd.DataFrame(rng.normal(size=(240, 6))).add_prefix("x")
    data = x.assign(y=x.sum(axis=1) + 0.1 * rng.normal(size=240))  # an R2 close to 1
    few, enough = (hpp.rank_drivers(data.head(n), outcome="y", n_boot=100) for n in (119, 120))
    assert few.r2 > 0.95
    assert few.table["ci_lower"].isna().all() and "few_units_intervals" in few.flags
    assert any("120" in note and "119" in note for note in few._block("table", "en").notes)
    assert few.table["tier"].notna().all()
    assert enough.table["ci_lower"].notna().all() and "few_units_intervals" not in enough.flags


def test_the_same_seed_gives_the_same_tiers(study: Simulation) -> None:
    once, again, other = (hpp.rank_drivers(study.survey, n_boot=100, seed=seed).to_frame() for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(once, again)
    assert not once["ci_lower"].equals(other["ci_lower"])
    assert once["importance"].equals(other["importance"])


def test_it_speaks_both_languages_and_never_of_causes(drivers: hpp.drivers.Drivers) -> None:
    for language in ("en", "nl"):
        assert drivers.summary(language)
        assert drivers.methods(language)
        for kind in ("importance", "slopes"):
            assert drivers.alt(kind, language)
            assert drivers._block(kind, language).svg.startswith("<svg")
        for kind in ("table", "slopes_table", "blocks", "checks", "dominance"):
            assert drivers._block(kind, language).cells
    assert "associations" in drivers.summary("en")
    assert "geen" in drivers.summary("nl")
    assert drivers.summary("en") != drivers.summary("nl")


def test_it_is_for_the_study_only(drivers: hpp.drivers.Drivers, study: Simulation) -> None:
    with pytest.raises(DisclosureError):
        hpp.publish(drivers, hpp.plan_disclosure(study.survey, by="client"))


SMALL = {
    "factors": {}, "items": {"predictors": "items"}, "one": {"predictors": ["openness"]},
    "within": {"within": ["partnership", "side"]}, "organisations": {"cluster": "organisation"},
    "blocks": {"predictors": {"items": ["ope1", "ope2"], "scale": ["equality"]}},
}  # fmt: skip


@pytest.mark.parametrize("options", SMALL.values(), ids=SMALL)
@pytest.mark.parametrize("persons", [1, 2, 5])
def test_tiny_studies_have_reasons_and_no_warnings(persons: int, options: dict[str, object]) -> None:
    study = hpp.simulate_study(persons_per_side=persons, seed=0)
    found = hpp.rank_drivers(study.survey, n_boot=100, **options)  # type: ignore[arg-type]
    other = found.sensitivity()
    assert found.table["ci_lower"].isna().all()  # nobody should read an interval into so few
    assert found.summary("nl") and found.methods("en") and found.alt("slopes") and other.summary("nl") and other.alt()
    found.plot()
    other.plot()
