"""What leaving ratings out would change: the numbers of both surveys, and nothing is left out."""

import numpy as np
import pytest

import hpp_analysis as hpp
from hpp_analysis.core.reliability.alpha import cronbach_alpha


def test_numbers_are_those_of_both_surveys() -> None:
    survey = hpp.simulate_study(persons_per_side=40, seed=2).survey
    keep = np.arange(len(survey)) % 3 > 0
    preview = hpp.answers.preview_exclusion(survey, keep)
    table = preview.to_frame().set_index("factor")
    left = survey.keep(keep, why="test")
    for factor in ("openness", "equality"):
        row = table.loc[factor]
        items, others = survey[factor], left[factor]
        enough, also = (frame.notna().mean(axis=1) >= 0.5 for frame in (items, others))
        assert row["mean_all"] == pytest.approx(items[enough].mean(axis=1).mean())
        assert row["mean_kept"] == pytest.approx(others[also].mean(axis=1).mean())
        assert row["change"] == pytest.approx(row["mean_kept"] - row["mean_all"])
        assert row["alpha_kept"] == pytest.approx(cronbach_alpha(others.cov().to_numpy()))
        assert row["alpha_kept"] != row["alpha_all"]
        assert row["n_kept"] == also.sum()
    assert preview.n_left_out == (~keep).sum()
    assert "would be left out" in preview.summary("en")
    assert preview.summary("nl") != preview.summary("en")
    assert "Ratings left" in str(preview._block("table", "en"))


def test_leaving_nobody_out_changes_nothing() -> None:
    survey = hpp.simulate_study(persons_per_side=10, seed=2).survey
    preview = hpp.answers.preview_exclusion(survey, np.ones(len(survey), dtype=bool))
    assert preview.to_frame()["change"].eq(0).all()
    assert "Nothing would be left out" in preview.summary("en")
    with pytest.raises(hpp.HppError):
        hpp.answers.preview_exclusion(survey, np.zeros(len(survey), dtype=bool))
