"""Arguments and syntax of lavaan that are refused name the way out."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import ModelSyntaxError, OptionError
from hpp_analysis.models.cfa import fit_cfa
from tests.models.test_cfa_edges import THREE

FOLDER = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    frame = pd.read_csv(FOLDER / "data" / "sem_items.csv")
    place = np.arange(1, len(frame) + 1)
    return frame.assign(uneven=np.floor(np.sqrt(2 * place)), crossed=place * 7 % 37)


@pytest.mark.parametrize(
    ("options", "way_out"),
    [
        ({"ordered": True, "estimator": "MLR"}, "WLSMV"),
        ({"ordered": "y99"}, "y9"),
        ({"estimator": "WLSMV"}, "ordered=True"),
        ({"std.lv": True}, "std_lv="),
        ({"group.equal": "loadings"}, "group_equal="),
        ({"sample.nobs": 5}, "n_obs="),
        ({"meanstructure": True}, "x1 ~ 1"),
        ({"auto.var": True}, "always added"),
        ({"auto_fix_first": False}, "NA*x1"),
        ({"sampling.weights": "w"}, "not supported"),
        ({"bounds": "standard"}, "lower(0)"),
        ({"constraints": "a == b"}, "a == b"),
        ({"se": "bootstrap"}, ".bootstrap()"),
        ({"grup": "side"}, "'group'"),
        ({"nonsense": 1}, "not supported"),
        ({"rotation.args": {"geomin.epsilon": 0.01}}, "rotation_options="),
        ({"auto.efa": True}, "Leave it out"),
        ({"orthogonal": "yes"}, "True or False"),
    ],
)
def test_arguments_of_lavaan_name_the_way_out(options: dict[str, Any], way_out: str, data: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match=way_out.replace("*", r"\*").replace("(", r"\(").replace(")", r"\)")):
        fit_cfa(THREE, data, **options)


@pytest.mark.parametrize(
    ("model", "way_out"),
    [
        ('f1 =~ efa("e")*y1 + y2 + y3', "on the left"),
        ("level: 1\nf1 =~ y1 + y2 + y3", "cluster"),
        ("f1 <~ y1 + y2", "weighted sum"),
    ],
)
def test_syntax_of_lavaan_names_the_way_out(model: str, way_out: str, data: pd.DataFrame) -> None:
    with pytest.raises(ModelSyntaxError) as caught:
        fit_cfa(model, data)
    failure = caught.value.failures[0]
    assert "not supported" in failure.rule
    assert way_out in failure.remedy
