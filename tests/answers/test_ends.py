"""Floors and ceilings: counted as they were answered, reversed items too."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import skew

import hpp_analysis as hpp
from hpp_analysis.survey.instrument import parse_instrument


@pytest.fixture(scope="module")
def survey() -> hpp.survey.Survey:
    scale = {"min": 1, "max": 5, "labels": {1: {"en": "no", "nl": "nee"}, 5: {"en": "yes", "nl": "ja"}}}
    items = [
        {"id": id_, "factor": "f", "text": {"en": id_, "nl": f"{id_} nl"}, "reverse": id_ == "turned"}
        for id_ in ("low", "high", "turned", "middle", "ends")
    ]
    factors = [{"id": "f", "name": {"en": "F", "nl": "F"}}]
    title = {"en": "T", "nl": "T"}
    instrument = parse_instrument(
        {"name": "t", "title": title, "unit": "person", "scale": scale, "factors": factors, "items": items}
    )
    frame = pd.DataFrame(
        {
            "low": [1] * 4 + [3] * 16,
            "high": [5] * 4 + [2] * 16,
            "turned": [5] * 4 + [2] * 16,
            "middle": [5] * 3 + [3] * 17,  # 15 % is not more than 15 %
            "ends": [1] * 10 + [5] * 10,
        }
    )
    return hpp.read_survey(frame, instrument=instrument)


def test_ends_are_counted_as_they_were_answered(survey: hpp.survey.Survey) -> None:
    ends = hpp.answers.check_scale_ends(survey)
    table = ends.to_frame().set_index("item")
    assert table["finding"].to_dict() == {
        "low": "floor",
        "high": "ceiling",
        "turned": "ceiling",
        "middle": "",
        "ends": "both",
    }
    assert table["share_lowest"].tolist() == [0.2, 0, 0, 0, 0.5]
    assert table.loc["high", "skewness"] == pytest.approx(skew(np.r_[[5.0] * 4, [2.0] * 16]))
    assert "low and ends" in ends.summary("en")
    assert "vloer en plafond" in str(ends._block("table", "nl"))
    for said in (ends.summary, ends.methods, lambda code: ends.alt(language=code)):
        assert said("nl") != said("en")


def test_without_floor_or_ceiling_it_says_so(survey: hpp.survey.Survey) -> None:
    assert "No item" in hpp.answers.check_scale_ends(survey.only("middle")).summary("en")
