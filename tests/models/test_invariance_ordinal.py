"""Invariance of ordered items against semTools and lavaan, and its verdicts on made answers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import AnswersError, OptionError
from hpp_analysis.models.invariance import Invariance, measurement_invariance

FOLDER = Path(__file__).parents[1] / "reference"

REFERENCE = json.loads((FOLDER / "invariance_ordinal.json").read_text(encoding="utf-8"))["cases"]

MODELS = {
    "many": "f1 =~ y2 + y3 + y4 + y5\nf2 =~ y6 + y7 + y8 + y10",
    "binary": "f1 =~ y1 + y2 + y3 + y4\nf2 =~ y5 + y6 + y7 + y8",
}

LEVELS = ["configural", "thresholds", "metric", "scalar", "strict", "means"]


@pytest.fixture(scope="module")
def own() -> pd.DataFrame:
    return pd.read_csv(FOLDER / "data" / "ordinal_items.csv")


@pytest.fixture(scope="module", params=MODELS)
def ladder(request: pytest.FixtureRequest, own: pd.DataFrame) -> tuple[str, Invariance]:
    found = measurement_invariance(MODELS[request.param], own, group="side", ordered=True, missing="listwise")
    return request.param, found


def test_levels_are_those_of_semtools(ladder: tuple[str, Invariance]) -> None:
    name, found = ladder
    table = found.to_frame().drop_duplicates("level").set_index("level")
    assert list(table.index) == LEVELS
    for level, values in REFERENCE[name].items():
        for measure, value in values.items():
            if measure.startswith("means") or table.loc[level, "partial"]:
                continue
            # lavaan's optimiser stops at a relative change of 1e-10 of the function; scaled values carry it further
            tolerance = 1e-4 if measure in ("chi2", "df", "srmr") else 1e-3
            assert table.loc[level, measure] == pytest.approx(value, rel=tolerance, abs=1e-4), (level, measure)


def test_each_level_differs_from_its_neighbours() -> None:
    for levels in REFERENCE.values():
        chi2 = [levels[level]["chi2"] for level in LEVELS]
        assert np.abs(np.diff(chi2)).min() > 0.5


def test_factor_means_are_those_of_semtools(own: pd.DataFrame) -> None:
    found = measurement_invariance(MODELS["many"], own, group="side", ordered=True, missing="listwise")
    expected = REFERENCE["many"]["scalar"]
    # as above
    np.testing.assert_allclose(found.factor_means["mean"], expected["means"], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(found.factor_means["se"], expected["means_se"], rtol=1e-3)


@pytest.fixture(scope="module")
def shifted() -> Invariance:
    """Answers of two groups: q3 loads less in one, q6 is answered lower, and q8 with other thresholds."""
    rng = np.random.default_rng(1)
    n = 1600
    group = np.where(np.arange(n) % 2, "a", "b")
    later = group == "a"
    loadings = np.full((n, 8), 0.8)
    loadings[later, 2] = 0.3
    z = rng.normal(size=(n, 2)).repeat(4, axis=1) * loadings + rng.normal(size=(n, 8)) * 0.6
    z[later, 5] += 0.6
    z[later, 7] = np.sign(z[later, 7]) * np.abs(z[later, 7]) ** 3
    frame = pd.DataFrame({f"q{k + 1}": np.digitize(z[:, k], [-1, -0.2, 0.5, 1.2]) for k in range(8)})
    model = "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8"
    return measurement_invariance(model, frame.assign(group=group), group="group", ordered=True)


def test_what_differs_is_found_and_released_at_its_level(shifted: Invariance) -> None:
    released = shifted.releases.dropna(subset=["chi2"])
    assert released[["level", "relation"]].to_numpy().tolist() == [
        ["thresholds", "q8 | t1 + t2 + t3 + t4"],
        ["metric", "f1 =~ q3"],
        ["scalar", "q6 ~ 1"],
    ]
    assert (released["p"] < 0.001).all()
    assert set(shifted.verdicts) == {"holds"}
    failed = shifted.to_frame().query("verdict == 'fails'").set_index("level")["items"]
    assert failed.to_dict() == {"thresholds": "q8", "metric": "q3", "scalar": "q6"}


def test_item_bias_is_that_of_the_simulation(shifted: Invariance) -> None:
    items = shifted.items.set_index("item")
    # 0.6 of a standard deviation of 1 is about 0.7 of a category; standard errors of means are about .05
    assert items.loc["q6", "signed_points"] == pytest.approx(0.7, abs=0.15)
    assert set(items["d_macs"].nlargest(2).index) == {"q3", "q6"}  # what q8 spreads out evens out in its mean
    assert items.drop(["q3", "q6"])["d_macs"].max() < 0.15
    assert items["released"].sum() == 3


def test_numbers_beside_ordered_items_are_told_to_have_no_bias() -> None:
    """A factor of numbers alone has the bias that it has without ordered items in the model."""
    rng = np.random.default_rng(4)
    later = np.arange(2000) % 2 == 1
    answers = 0.8 * rng.normal(size=(2000, 2)).repeat(4, axis=1) + 0.6 * rng.normal(size=(2000, 8))
    answers[later, 5] += 0.8
    answers[:, :3] = np.digitize(answers[:, :3], [-1.0, 0.0, 1.0])
    frame = pd.DataFrame(answers, columns=[f"q{k}" for k in range(1, 9)]).assign(group=np.where(later, "b", "a"))
    model = "f1 =~ q1 + q2 + q3 + q4\nf2 =~ q5 + q6 + q7 + q8"
    options: dict[str, Any] = {"group": "group", "levels": "configural"}
    mixed = measurement_invariance(model, frame, ordered=["q1", "q2", "q3"], **options)
    items = mixed.items.set_index("item")
    assert items.index.tolist() == [f"q{k}" for k in range(1, 9)]
    assert items.index[items["d_macs"].isna()].tolist() == ["q4"]
    assert [flag for flag in mixed.flags if flag.startswith("no_bias")] == ["no_bias:q4"]
    for said in (mixed.methods("en"), mixed.methods("nl")):
        assert "q4" in said
    numbers = measurement_invariance(model, frame, **options)
    assert not any(flag.startswith("no_bias") for flag in numbers.flags)
    columns = ["d_macs", "points", "signed_points"]
    theirs = numbers.items.set_index("item").loc["q5":"q8", columns]
    # least squares and maximum likelihood agree to a fraction of the standard errors of loadings, .03
    np.testing.assert_allclose(items.loc["q5":"q8", columns], theirs, atol=0.02)
    # nothing was released: the four items tie the metrics, and share the shift of 0.8; standard errors are .04
    assert items["signed_points"].loc["q5":"q8"].tolist() == pytest.approx([-0.2, 0.6, -0.2, -0.2], abs=0.12)


def test_words_in_both_languages(shifted: Invariance) -> None:
    assert "Same thresholds: holds, with q8 free" in shifted.summary("en")
    assert "drempels" in shifted.summary("nl")
    assert "Wu & Estabrook" in shifted.methods("en")
    assert "Wu & Estabrook" in shifted.methods("nl")
    assert shifted.alt("ladder", "nl") != shifted.alt("ladder", "en")
    for kind in ("table", "items", "releases", "factor_means"):
        assert shifted._block(kind, "nl").cells


def test_few_categories_leave_levels_without_a_test(own: pd.DataFrame) -> None:
    cut = {
        2: own.assign(**{f"y{k}": (own[f"y{k}"] > 2).where(own[f"y{k}"].notna()).astype(float) for k in (3, 4, 5, 8)}),
        3: own.assign(**{f"y{k}": own[f"y{k}"].clip(2, 4) for k in (3, 4, 5, 8)}),
    }
    untested = {}
    for categories, frame in cut.items():
        found = measurement_invariance("f =~ y3 + y4 + y5 + y8", frame, group="side", ordered=True)
        table = found.to_frame().drop_duplicates("level").set_index("level")
        untested[categories] = table.index[table["why"] == "nothing"].tolist()
        assert table.loc["scalar", "df_difference"] > 0
        assert "nothing to compare" in found.summary("en")
    assert untested == {2: ["thresholds", "metric"], 3: ["thresholds"]}


@pytest.mark.parametrize(
    "options",
    [
        {"estimator": "MLR"},
        {"missing": "fiml"},
        {"ordered": (), "estimator": "WLSMV"},
        {"ordered": (), "missing": "pairwise"},
        {"ordered": (), "levels": "thresholds"},
        {"levels": "treshold"},
    ],
)
def test_options_that_do_not_go_together_are_refused(own: pd.DataFrame, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        measurement_invariance(MODELS["many"], own, **{"group": "side", "ordered": True, **options})


def test_what_became_of_missing_answers_is_told(own: pd.DataFrame) -> None:
    told = {}
    for name, frame in (("gaps", own), ("whole", own.dropna())):
        for missing in ("auto", "listwise"):
            options: dict[str, Any] = {"missing": missing, "levels": "configural", "ordered": True}
            told[name, missing] = measurement_invariance(MODELS["many"], frame, group="side", **options).missing
    expected = {("gaps", "auto"): "pairwise", ("gaps", "listwise"): "listwise"}
    assert told == {**expected, ("whole", "auto"): "complete", ("whole", "listwise"): "complete"}


def test_merged_categories_and_persons_are_told(own: pd.DataFrame) -> None:
    lacking = own.copy()
    lacking.loc[(lacking["side"] == "partner") & (lacking["y4"] == 5), "y4"] = 4
    levels = ["configural", "thresholds"]
    found = measurement_invariance(MODELS["many"], lacking, group="side", ordered=True, levels=levels, cluster="team")
    assert "merged:y4:5:4:partner" in found.flags
    assert "y4" in found.methods("en") and "y4" in found.methods("nl")
    plain = measurement_invariance(MODELS["many"], lacking, group="side", ordered=True, levels=levels)
    assert found.to_frame()["chi2"].tolist() == pytest.approx(plain.to_frame()["chi2"].tolist())
    assert found.to_frame()["chi2_scaled"].iloc[0] != pytest.approx(plain.to_frame()["chi2_scaled"].iloc[0], rel=0.01)
    with pytest.raises(AnswersError):
        twice = own.assign(y3=own["y2"])
        measurement_invariance(MODELS["many"], twice, group="side", ordered=True)
