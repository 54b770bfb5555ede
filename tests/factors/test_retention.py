"""retain_factors: verdicts, consensus, validity and stability, and what it says of them."""

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import correlate, publish, retain_factors, simulate_study
from hpp_analysis.core.retention.eigenvalues import eigenvalues
from hpp_analysis.errors import HppError, OptionError, SurveyError
from hpp_analysis.factors.retention import Retention
from hpp_analysis.factors.retention_criteria import CRITERIA
from hpp_analysis.options import RetentionCriterion
from tests.core.conftest import REFERENCE, read_values

ALL = get_args(RetentionCriterion)


FAST = {"n_sets": 60}


def three_factors(n: int = 400, seed: int = 1) -> pd.DataFrame:
    """Nineteen normal items of three factors (8, 7 and 4 items) that correlate .5."""
    rng = np.random.default_rng(seed)
    lambda_ = np.zeros((19, 3))
    for factor, items in enumerate((range(8), range(8, 15), range(15, 19))):
        lambda_[list(items), factor] = 0.7
    phi = np.full((3, 3), 0.5) + 0.5 * np.eye(3)
    z = rng.standard_normal((n, 3)) @ np.linalg.cholesky(phi).T @ lambda_.T
    z += rng.standard_normal(z.shape) * np.sqrt(0.51)
    return pd.DataFrame(z, columns=[f"i{place:02d}" for place in range(1, 20)])


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "retention.csv")


@pytest.fixture(scope="module")
def every() -> Retention:
    return retain_factors(three_factors(), criteria=ALL, n_sets=200, stability=25)


def verdicts(found: Retention) -> dict[str, float]:
    """NaN as -1, so that two of them are equal."""
    return dict(zip(found.table["criterion"], found.table["n_factors"].fillna(-1.0), strict=True))


def test_three_correlated_factors_are_found(every: Retention) -> None:
    said = verdicts(every)
    assert every.n_factors == 3
    # fourth powers of partials, with correlated factors, tend to one fewer; eigenvalues above 1 are right by luck
    for name in set(ALL) - {"map4", "kaiser"}:
        assert said[name] == 3, name
    assert list(every.table["criterion"]) == list(ALL)


def test_nothing_in_common_is_no_factor() -> None:
    noise = pd.DataFrame(np.random.default_rng(3).standard_normal((300, 12)))
    found = retain_factors(noise, criteria=("parallel", "map", "ekc", "nest", "chi2", "bic", "kaiser"), **FAST)
    assert {name: k for name, k in verdicts(found).items() if name != "kaiser"} == dict.fromkeys(
        ("parallel", "map", "ekc", "nest", "chi2", "bic"), 0.0
    )
    assert found.n_factors == 0
    assert verdicts(found)["kaiser"] > 3  # what it is known for
    assert "0 factors" in found.summary("en")


def test_verdicts_are_those_of_psych(own: pd.DataFrame) -> None:
    values = read_values("retention")["own"]
    found = retain_factors(own, criteria=("parallel", "parallel_factor", "map", "map4"), n_sets=300)
    said = verdicts(found)
    assert said["parallel"] == values["parallel"]["n_components"]
    assert said["parallel_factor"] == values["parallel"]["n_factors"]
    np.testing.assert_allclose(found.eigenvalues["pca"], values["eigenvalues"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.values["map"]["average_partial"][:-1], values["map"], rtol=0, atol=1e-9)
    assert said["map"] != said["map4"]


def test_each_option_changes_something(own: pd.DataFrame) -> None:
    def curve(**options: Any) -> np.ndarray:
        return retain_factors(own, criteria=("parallel",), **(FAST | options)).eigenvalues["pca_reference"].to_numpy()

    base = curve()
    for options in (
        {"rule": "mean"},
        {"quantile": 0.5},
        {"reference": "normal"},
        {"seed": 1},
        {"correlation": "polychoric"},
        {"correlation": "spearman"},
        {"n_sets": 61},
    ):
        assert np.max(np.abs(curve(**options) - base)) > 1e-6, options
    np.testing.assert_array_equal(curve(), base)
    assert np.all(curve(rule="mean")[:3] < base[:3])
    assert np.all(curve(correlation="polychoric")[:2] > base[:2])  # polychorics vary more


def test_one_criterion_more_changes_no_other(own: pd.DataFrame) -> None:
    alone = retain_factors(own, criteria="nest", **FAST)
    both = retain_factors(own, criteria=("parallel", "nest"), **FAST)
    np.testing.assert_array_equal(alone.eigenvalues["nest_reference"], both.eigenvalues["nest_reference"])


def test_a_matrix_says_what_the_answers_say_by_a_normal_reference() -> None:
    answers = three_factors()
    # of shuffled and of comparison data correlations know nothing
    criteria = tuple(name for name in ALL if name not in ("chi2", "comparison_data"))
    raw = retain_factors(answers, criteria=criteria, reference="normal", **FAST)
    matrix = retain_factors(answers.corr(), n_obs=len(answers), criteria=criteria, **FAST)
    through = retain_factors(correlate(answers), criteria=criteria, **FAST)
    pd.testing.assert_frame_equal(raw.eigenvalues, matrix.eigenvalues, rtol=1e-9)
    pd.testing.assert_frame_equal(raw.eigenvalues, through.eigenvalues, rtol=1e-9)
    assert verdicts(raw) == verdicts(matrix) == verdicts(through)
    assert matrix.settings.reference == "normal"
    assert "independent normal samples" in matrix.table["settings"][0]
    unknown = matrix.validity[matrix.validity["assumes"] == "normal_items"]["state"]
    assert set(unknown) == {"unknown"}


def test_shuffled_data_need_answers() -> None:
    with pytest.raises(OptionError, match="permuted"):
        retain_factors(three_factors().corr(), n_obs=400, reference="permuted")


def test_without_n_only_what_needs_none_is_said() -> None:
    criteria = tuple(name for name in ALL if name != "map4")
    found = retain_factors(three_factors().corr(), n_obs=0, criteria=criteria, **FAST)
    said = found.table.set_index("criterion")
    assert set(said.index[said["n_factors"].notna()]) == {"map", "kaiser"}
    assert said["why"]["parallel"] == said["why"]["nest"] == "n_unknown"
    given = retain_factors(three_factors().corr(), n_obs=400, criteria="comparison_data")
    assert given.table["why"][0] == "no_answers"
    assert found.n_factors == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"criteria": ()},
        {"criteria": ("paralel",)},
        {"n_sets": 5},
        {"n_sets": True},
        {"quantile": 1.0},
        {"alpha": 0},
        {"rule": "median"},
        {"reference": "shuffled"},
        {"correlation": "kendall"},
        {"max_factors": 0},
        {"max_factors": 14},
        {"stability": -1},
        {"stability": 5, "stability_criteria": ("scree",)},
        {"seed": -1},
        {"stability": 5, "stability_criteria": ("comparison_data",)},
        {"n_obs": 10},
    ],
)
def test_wrong_options(wrong: dict[str, Any]) -> None:
    with pytest.raises((OptionError, SurveyError)):
        retain_factors(three_factors(50), **wrong)


@pytest.mark.parametrize("correlation", ["spearman", "polychoric", "mixed"])
def test_other_correlations_with_gaps(own: pd.DataFrame, correlation: Any) -> None:
    answers = own.astype(float).mask(np.random.default_rng(1).random(own.shape) < 0.05)
    found = retain_factors(
        answers, criteria=("parallel", "map", "ekc"), correlation=correlation, n_sets=20, stability=3
    )
    assert verdicts(found)["parallel"] == 3
    assert found.settings.missing == "pairwise"
    assert found.stability["share"].groupby(found.stability["criterion"]).sum().to_dict() == pytest.approx(
        {"parallel": 1.0, "map": 1.0, "ekc": 1.0}
    )
    votes = found.table.set_index("criterion")["votes"]
    assert votes["ekc"] == (correlation == "spearman")  # not of product-moment correlations
    assert votes["parallel"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_order_and_sign_of_items_do_not_change_verdicts(seed: int) -> None:
    answers = three_factors(150, seed)
    rng = np.random.default_rng(seed)
    criteria = tuple(name for name in ALL if name not in ("parallel_factor", "comparison_data"))
    base = retain_factors(answers, criteria=criteria, reference="normal", **FAST)
    turned = answers.iloc[:, rng.permutation(19)] * rng.choice([-1.0, 1.0], 19)
    assert verdicts(retain_factors(turned, criteria=criteria, reference="normal", **FAST)) == verdicts(base)
    reflected = answers * rng.choice([-1.0, 1.0], 19)
    shuffled = retain_factors(answers, criteria="parallel", **FAST)
    again = retain_factors(reflected, criteria="parallel", **FAST)
    np.testing.assert_allclose(shuffled.eigenvalues["pca_reference"], again.eigenvalues["pca_reference"], atol=1e-9)


def test_a_constant_item_is_said() -> None:
    answers = three_factors(60).assign(i03=4.0)
    found = retain_factors(answers, criteria=ALL, **FAST)
    assert found.table["n_factors"].isna().all()
    assert set(found.table["why"]) == {"undefined_correlation"}
    assert "undefined_correlation" in found.flags
    assert found.agreement == "undefined"
    assert np.isnan(found.n_factors)
    assert "all answer the same" in found.summary("en")
    assert found.plot() is not None
    assert "Nothing to show" in found.alt()


def test_fewer_respondents_than_items() -> None:
    found = retain_factors(three_factors(15), criteria=ALL, stability=3, **FAST)
    said = found.table.set_index("criterion")
    assert np.isfinite(said["n_factors"]["parallel"])
    assert said["why"]["chi2"] == said["why"]["nest"] == said["why"]["hull"] == "singular"
    broken = found.validity[found.validity["assumes"] == "n_above_p"]
    assert set(broken["state"]) == {"not_met"}
    assert not said["votes"]["ekc"]


def test_two_items_and_none() -> None:
    found = retain_factors(three_factors(60).iloc[:, :2], criteria=ALL, **FAST)
    assert set(found.table["why"]) == {"too_few_items"}
    with pytest.raises(SurveyError):
        retain_factors(pd.DataFrame({"a": ["x", "y"]}), **FAST)
    with pytest.raises(SurveyError, match="no columns"):
        retain_factors(three_factors(60).iloc[:, :0], **FAST)


def test_an_item_that_is_there_twice() -> None:
    answers = three_factors(100)
    found = retain_factors(answers.assign(again=answers["i01"]), criteria=ALL, **FAST)
    said = found.table.set_index("criterion")
    assert said["why"]["parallel_smc"] == said["why"]["chi2"] == said["why"]["comparison_data"] == "singular"
    assert np.isfinite(said["n_factors"]["parallel"])
    assert "determine each other" in found.summary("en")


def test_too_few_answers_to_anything() -> None:
    few = retain_factors(three_factors(1), criteria=ALL, **FAST)
    assert few.table["n_factors"].isna().all()
    assert "undefined" in few.summary("en")


def test_it_shows_itself_in_both_languages(every: Retention) -> None:
    frame = every.to_frame()
    assert list(frame.columns) == ["criterion", "n_factors", "votes", "stability", "settings", "reference", "why"]
    assert every.summary("en") != every.summary("nl")
    for language in ("en", "nl"):
        assert "None" not in every.methods(language)
        assert "{" not in every.methods(language) + every.summary(language)
        for kind in every.declaration().figures:
            assert "19" in every.alt(kind, language)
            assert every.plot(kind, language=language).lines
        assert every._block("validity", language).header[0].label
    methods = every.methods("en")
    for part in ("Horn, 1965", "200 sets", "0.95 quantile", "seed 0", "25 bootstrap samples", "n = 400", "0.05"):
        assert part in methods, part
    for name in ALL:
        assert CRITERIA[name].paper.split(" (")[0] in methods, name
    alone = retain_factors(three_factors(80), criteria="hull", **FAST).methods("en")
    assert "Parallel analysis (Horn, 1965) compared eigenvalues of components with those of 60 sets" in alone
    assert "one factor more than parallel analysis" in alone
    assert "Parallelle analyse" in every._block("table", "nl").cells[0][0]
    assert "<table" in every._repr_html_()
    assert "Most criteria say 3 factors" in every.summary("en") or "All criteria that count" in every.summary("en")


def test_the_scree_of_eigenvalues_that_were_not_asked_for() -> None:
    found = retain_factors(three_factors(100), criteria=("parallel", "ekc"), **FAST)
    assert found.alt("scree", "en").count("lie above its curve") == 2
    with pytest.raises(OptionError, match="scree_smc"):
        found.plot("scree_smc")


def test_a_survey_brings_its_names_and_a_client_report_refuses_it() -> None:
    survey = simulate_study(seed=1).survey
    found = retain_factors(survey["openness"], criteria=("parallel", "map"), **FAST)
    assert found.n_items == 8
    np.testing.assert_allclose(
        found.eigenvalues["pca"], eigenvalues(correlate(survey["openness"], missing="em").r.to_numpy()), atol=1e-9
    )
    with pytest.raises(HppError):
        publish(found, None)  # type: ignore[type-var]


def test_published_verdicts_on_a_simulated_matrix(shared_data: Path) -> None:
    # what the first page of EFAtools prints for this matrix (18 items, three factors, n 500)
    path = shared_data / "EFAtools" / "test_model_baseline_cor_N500_k3_SIMULATED.csv"
    said = verdicts(retain_factors(pd.read_csv(path, index_col=0), n_obs=500, criteria=ALL, n_sets=300))
    published = {
        "hull": 3, "hull_cfi": 1, "hull_rmsea": 1, "kaiser": 3, "parallel": 3, "parallel_smc": 3, "chi2": 3, "rmsea": 2,
    }  # fmt: skip
    assert {name: said[name] for name in published} == published
