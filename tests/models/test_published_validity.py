"""Published loadings recomputed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError


@pytest.fixture
def loadings() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "construct": ["Trust"] * 3 + ["Dialogue"] * 2,
            "loading": [0.8, 0.7, 0.9, 0.6, 0.5],
            "published_CR": [0.845] * 3 + [0.9] * 2,
        }
    )


def test_the_definitions(loadings: pd.DataFrame) -> None:
    found = hpp.models.check_published_validity(loadings).to_frame().set_index("factor")
    assert found.loc["Trust", "ave"] == pytest.approx((0.64 + 0.49 + 0.81) / 3, abs=1e-14)
    assert found.loc["Trust", "cr"] == pytest.approx(2.4**2 / (2.4**2 + 3 - 1.94), abs=1e-14)
    assert found["agrees"].tolist() == [True, False]
    assert np.isnan(found.loc["Trust", "published_ave"])


def test_published_partnership_scales(root: Path) -> None:
    """Inter-organisational communication (2021): CR .869 and .858, AVE .624 and .669, as printed."""
    found = hpp.models.check_published_validity(root / "data" / "published")
    table = found.to_frame().set_index("factor")
    printed = table[table["published_cr"].notna()]
    assert printed["cr"].tolist() == pytest.approx([0.869, 0.858], abs=5e-4)  # three printed digits
    assert printed["ave"].tolist() == pytest.approx([0.624, 0.669], abs=1e-3)  # of loadings that were rounded too
    assert printed["agrees"].all()
    capacity = table.loc["Project capacity"]
    assert (capacity["n_items"], round(capacity["ave"], 3), round(capacity["cr"], 3)) == (6, 0.356, 0.762)
    assert "Project capacity" in found.summary()


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    found = hpp.models.check_published_validity(tmp_path / "loadings")
    assert found.flags == ("absent",)
    for language, word in (("en", "loadings"), ("nl", "ladingen")):
        assert word in found.summary(language)
        assert found._block("table", language).cells == []
        assert found.alt(language=language)


def test_files_and_folders_are_read(loadings: pd.DataFrame, tmp_path: Path) -> None:
    loadings.to_csv(tmp_path / "one.csv", index=False)
    pd.DataFrame({"fact": [1]}).to_csv(tmp_path / "other.csv", index=False)
    alone = hpp.models.check_published_validity(tmp_path / "one.csv")
    assert alone.table["study"].tolist() == ["one", "one"]
    pd.testing.assert_frame_equal(hpp.models.check_published_validity(tmp_path).to_frame(), alone.to_frame())
    for language in ("en", "nl"):
        assert alone.summary(language) and alone.methods(language) and alone.alt(language=language)
    alone.plot()
    with pytest.raises(OptionError, match="loading"):
        hpp.models.check_published_validity(tmp_path / "other.csv")


@pytest.mark.parametrize("wrong", [1.2, "high", np.nan])
def test_loadings_are_standardised_numbers(loadings: pd.DataFrame, wrong: object) -> None:
    frame = loadings.astype({"loading": object})
    frame.loc[1, "loading"] = wrong
    with pytest.raises(OptionError, match="from -1 to 1"):
        hpp.models.check_published_validity(frame)
