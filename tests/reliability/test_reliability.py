"""Alpha and omega of scales; the formulas are tested against R in tests/core."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.common.interpret import reliability_band
from hpp_analysis.errors import OptionError
from hpp_analysis.reliability.reliability import scale_reliability


def test_a_frame_is_one_scale_unless_told(survey) -> None:
    frame = survey["openness"]
    one = scale_reliability(frame).to_frame()
    assert one["scale"].tolist() == ["scale"]
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
