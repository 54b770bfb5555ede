"""Alpha and omega of scales; the formulas are tested against R in tests/core."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.common.interpret import reliability_band
from hpp_analysis.core.reliability.alpha import alpha_interval, standardised_alpha
from hpp_analysis.errors import OptionError
from hpp_analysis.publishing.masking import plan_disclosure, publish
from hpp_analysis.reliability.reliability import scale_reliability


def test_a_frame_is_one_scale_unless_told(survey) -> None:
    frame = survey["openness"]
    one = scale_reliability(frame).to_frame()
    assert one["factor"].tolist() == ["scale"]
    two = scale_reliability(frame, {"a": ["ope1", "ope2", "ope3"], "b": list(frame.columns)}).to_frame()
    assert two["n_items"].tolist() == [3, 8]
    assert two.loc[1, "alpha"] == one.loc[0, "alpha"]
    assert two.loc[0, "alpha"] != one.loc[0, "alpha"]


def test_items_are_selected_by_name(survey) -> None:
    shuffled = survey.items[list(survey.items.columns)[::-1]]
    names = {"openness": [item.id for item in survey.instrument.items_of("openness")]}
    alpha = scale_reliability(shuffled, names).to_frame()["alpha"][0]
    assert alpha == pytest.approx(scale_reliability(survey).to_frame()["alpha"][0], abs=1e-12)
    with pytest.raises(OptionError, match="ope99"):
        scale_reliability(shuffled, {"x": ["ope1", "ope99"]})


def test_complete_rows_give_the_textbook_value() -> None:
    frame = pd.DataFrame({"a": [1.0, 2, 3, 4], "b": [2.0, 2, 4, 4], "c": [1.0, 3, 2, 4]})
    s = frame.cov().to_numpy()
    alpha = 3 / 2 * (1 - np.trace(s) / s.sum())
    assert scale_reliability(frame).to_frame()["alpha"][0] == pytest.approx(alpha, abs=1e-14)


def test_the_interval_counts_persons_not_ratings(survey) -> None:
    """The same answers, as if every rating came from a person of its own, give a narrower interval."""
    as_persons = scale_reliability(survey.items, {"openness": list(survey["openness"].columns)}).to_frame().iloc[0]
    as_ratings = scale_reliability(survey).to_frame().iloc[0]
    assert survey.n_persons < len(survey)
    width = lambda row: row["alpha_ci_upper"] - row["alpha_ci_lower"]  # noqa: E731
    assert as_persons["alpha"] == as_ratings["alpha"]
    assert width(as_ratings) > width(as_persons)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1.0, 2, 3]}),
        pd.DataFrame({"a": [1.0, 1, 1], "b": [2.0, 2, 2], "c": [3.0, 3, 3]}),
        pd.DataFrame({"a": [np.nan] * 3, "b": [np.nan] * 3, "c": [np.nan] * 3}),
        pd.DataFrame({"a": [1.0], "b": [2.0], "c": [2.0]}),
        pd.DataFrame({"a": [1.0, 2, 3], "b": [2.0, 4, 6], "c": [3.0, 6, 9]}),
    ],
    ids=["one item", "constant", "all missing", "one row", "dependent"],
)
def test_what_is_undefined_is_said_not_raised(frame: pd.DataFrame) -> None:
    result = scale_reliability(frame)
    row = result.to_frame().iloc[0]
    assert np.isnan(row["omega"])
    assert row["undefined"]
    assert isinstance(result.summary(), str)
    result.plot()


def test_bands() -> None:
    """The interval decides, not the estimate: few persons make no scale weak, and none good."""
    bounds = [(0.8, 0.9), (0.79, 0.9), (0.7, 0.8), (0.69, 0.9), (0.5, 0.69), (-1, 0.7), (float("nan"), 0.9)]
    bands = ["good", "fair", "fair", "unclear", "low", "unclear", "undefined"]
    assert [reliability_band(*pair) for pair in bounds] == bands


def test_options_are_checked(survey) -> None:
    with pytest.raises(OptionError, match="ci"):
        scale_reliability(survey, ci="guess")


def one_factor(n: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(n, 1)) + rng.normal(size=(n, 4))
    return pd.DataFrame(x, columns=list("abcd"))


def test_the_default_interval_is_still_feldts(survey) -> None:
    row = scale_reliability(one_factor()).to_frame().iloc[0]
    assert tuple(row[["alpha_ci_lower", "alpha_ci_upper"]]) == alpha_interval(row["alpha"], 4, 120)
    assert row["alpha_standardised"] == standardised_alpha(one_factor().cov().to_numpy())
    assert row["omega_ci_lower"] < row["omega"] < row["omega_ci_upper"]


@pytest.mark.parametrize("ci", ["bonett", "bootstrap", "bca"])
def test_every_interval_has_its_own_numbers_and_words(ci: str) -> None:
    frame = one_factor()
    plain, other = scale_reliability(frame), scale_reliability(frame, ci=ci, n_boot=100, seed=3)
    assert plain.to_frame()["alpha"][0] == other.to_frame()["alpha"][0]
    assert plain.to_frame()["alpha_ci_lower"][0] != other.to_frame()["alpha_ci_lower"][0]
    row = other.to_frame().iloc[0]
    assert row["alpha_ci_lower"] < row["alpha"] < row["alpha_ci_upper"]
    assert plain.methods("nl") != other.methods("nl") and plain.methods("en") != other.methods("en")
    again = scale_reliability(frame, ci=ci, n_boot=100, seed=3)
    pd.testing.assert_frame_equal(other.to_frame(), again.to_frame())


def test_an_item_that_runs_against_the_others_is_proposed_and_never_recoded() -> None:
    frame = one_factor()
    turned = frame.assign(c=-frame["c"])
    result = scale_reliability(turned)
    assert result.items.set_index("item")["reversed"].to_dict() == {
        "a": False, "b": False, "c": True, "d": False,
    }  # fmt: skip
    assert result.to_frame()["alpha"][0] < scale_reliability(frame).to_frame()["alpha"][0] - 0.3
    assert "c. Check whether" in result.summary("en") and "omgekeerd" in result.summary("nl")
    assert "Check whether" not in scale_reliability(frame).summary("en")
    assert "check its direction" in str(result._block("items", "en").cells)


def test_real_reversed_items_are_found(shared_data) -> None:
    bfi = pd.read_csv(shared_data / "psychTools" / "bfi.csv", index_col=0)
    scales = {letter: [f"{letter}{n}" for n in range(1, 6)] for letter in "ACEO"}
    items = scale_reliability(bfi, scales).items
    found = items[items["reversed"]].groupby("factor")["item"].agg(list).to_dict()
    assert found["A"] == ["A1"]
    assert found["C"] == ["C4", "C5"]
    assert found["E"] == ["E1", "E2"]
    assert found["O"] == ["O2", "O5"]


def test_statistics_of_items_are_not_published(survey) -> None:
    client = survey.where(client=survey.values("client")[0])
    result = scale_reliability(client)
    assert not result.items.empty
    shown = publish(result, plan_disclosure(survey))
    assert shown.items.empty
    assert not {"alpha_standardised", "omega_ci_lower", "omega_ci_upper"} & set(shown.to_frame())
    with pytest.raises(OptionError):
        shown._block("items")


@pytest.mark.parametrize("ci", ["analytic", "bonett", "bootstrap", "bca"])
@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": [1.0, 2, 3]}),
        pd.DataFrame({"a": [1.0, 2, 3, 3], "b": [2.0, 1, 2, 3]}),
        pd.DataFrame({"a": [1.0, 1, 1, 1], "b": [2.0, 3, 2, 4], "c": [3.0, 4, 3, 2]}),
        pd.DataFrame({name: [np.nan] * 3 for name in "abc"}),
        pd.DataFrame(np.random.default_rng(0).normal(size=(4, 8))),
    ],
    ids=["one item", "two items", "constant item", "all missing", "n < p"],
)
def test_edges_are_defined(frame: pd.DataFrame, ci: str) -> None:
    result = scale_reliability(frame, ci=ci, n_boot=100)
    assert result.to_frame()["undefined"][0]
    assert len(result.items) == frame.shape[1]
    assert isinstance(result.summary(), str) and result._block("items").cells


def test_few_samples_are_refused() -> None:
    with pytest.raises(OptionError, match="n_boot"):
        scale_reliability(one_factor(), ci="bootstrap", n_boot=5)
