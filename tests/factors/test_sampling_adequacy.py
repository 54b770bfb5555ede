"""Sampling adequacy from answers, correlations and a matrix; the measures are tested against R in tests/core."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import adequacy, correlate
from hpp_analysis.errors import OptionError
from tests.core.conftest import ordinal_answers, read_values
from tests.factors.test_correlation import ITEMS

NAMES, TABLE = ordinal_answers()


def test_adequacy_of_answers_correlation_and_matrix_agree(shared_data: Path) -> None:
    bfi = pd.read_csv(shared_data / "psychTools" / "bfi.csv", index_col=0).iloc[:, :25].dropna()
    values = read_values("correlation")["bfi"]["adequacy"]
    correlation = correlate(bfi)
    for found in (adequacy(bfi), adequacy(correlation), adequacy(correlation.r, n_obs=len(bfi))):
        # psych inverts in another order
        assert found.kmo == pytest.approx(values["kmo"], abs=1e-10)
        assert found.bartlett_chi2 == pytest.approx(values["bartlett_chi2"], rel=1e-9)
        assert found.n_used == 2436
    assert "meritorious" in found.summary()


def test_adequacy_names_the_items_that_determine_each_other() -> None:
    complete = ITEMS.dropna()[["o5", "o7", "o10"]]
    singular = adequacy(complete.assign(total=complete["o5"] + complete["o7"]))
    assert singular.dependent == ("o5", "o7", "total")
    assert np.isnan(singular.kmo)
    assert "o5, o7 and total" in singular.summary()
    with pytest.raises(OptionError):
        adequacy(ITEMS, n_obs=300)
