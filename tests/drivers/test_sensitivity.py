"""Slopes under other models."""

import numpy as np
import pandas as pd

import hpp_analysis as hpp
from hpp_analysis.simulation.simulate import Simulation

X = ["x1", "x2", "x3", "x4", "x5"]


def test_other_models_tell_the_same_story(drivers: hpp.drivers.Drivers) -> None:
    other = drivers.sensitivity()
    table = other.to_frame()
    assert set(table["model"]) == {"main", "within", "mixed", "ordinal", "ranks", "trimmed"}
    assert table["estimate"].notna().all()
    main = table[table["model"] == "main"].set_index("predictor")
    for model in ("within", "mixed", "ordinal", "ranks"):
        theirs = table[table["model"] == model].set_index("predictor")
        assert (theirs["estimate"] - main["estimate"]).abs().max() < 0.12
        assert not np.allclose(theirs["ci_lower"], main["ci_lower"], atol=1e-6)  # another model indeed
    assert "openness" in other.steady
    assert not set(other.steady) & set(other.unsteady)
    for language in ("en", "nl"):
        assert other.summary(language) and other.methods(language) and other.alt(language=language)
    other.plot()


def test_an_ordinal_outcome_of_two_points_has_no_ordered_logit(frame: pd.DataFrame) -> None:
    two = frame.assign(y=(frame["y"] > frame["y"].median()).astype(float))
    other = hpp.rank_drivers(two, outcome="y", predictors=X, n_boot=0).sensitivity()
    table = other.to_frame()
    assert table.loc[table["model"] == "ordinal", "estimate"].isna().all()
    assert "Ordered logit" in other.summary()
    assert "within" not in set(table["model"])  # nothing says who belongs together


def test_pairs_are_compared_with_complete_rows(study: Simulation) -> None:
    other = hpp.rank_drivers(study.survey, predictors="items", n_boot=100).sensitivity()
    assert set(other.to_frame()["model"]) == {"main", "complete"}
