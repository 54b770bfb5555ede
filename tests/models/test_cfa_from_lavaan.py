"""The page for users of lavaan: each block of Python runs, and gives what the block of R above it gives."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hpp_analysis.models.cfa import CFA
from hpp_analysis.models.two_level import TwoLevelCFA

FOLDER = Path(__file__).parents[1] / "reference"

PAGE = (Path(__file__).parents[2] / "docs" / "from-lavaan.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"```r\n[^`]*```\s*```python\n(.*?)```", PAGE, re.DOTALL)

REFERENCE = json.loads((FOLDER / "from_lavaan.json").read_text(encoding="utf-8"))["blocks"]


@pytest.fixture(scope="module")
def fits() -> list[CFA]:
    """The `fit` of each block; blocks build on each other, and `d` is as in from_lavaan.R."""
    d = pd.read_csv(FOLDER / "data" / "ordinal_items.csv")
    names = {f"y{i + 1}": f"x{i}" for i in range(1, 7)} | {"side": "school"}
    d = d.drop(columns="y1").rename(columns=names)
    d = d.drop(columns=[name for name in d if re.fullmatch(r"y\d+", name)])
    d = d.assign(age=d["team"] / 2 - 15, woman=[float((row + 1) % 3 == 0) for row in range(len(d))])
    known: dict[str, Any] = {"d": d}
    found = []
    for block in BLOCKS:
        exec(block, known)
        found.append(known["fit"])
    return found


def test_each_block_gives_what_lavaan_gives(fits: list[CFA]) -> None:
    assert len(fits) == len(REFERENCE) == PAGE.count("```r\n")
    for fit, theirs in zip(fits, REFERENCE, strict=True):
        # lavaan's optimiser stops at a relative change of 1e-10: see test_cfa_ordinal
        assert fit.fit_measures["chi2"] == pytest.approx(theirs["chisq"], rel=1e-4)
        assert fit.fit_measures["chi2_scaled"] == pytest.approx(theirs["scaled"], rel=1e-3)
        assert (fit.fit_measures["df"], fit.n_used) == (theirs["df"], theirs["n"])
    assert len({theirs["chisq"] for theirs in REFERENCE}) == len(REFERENCE)  # no block stands for another


def test_what_the_page_names_exists(fits: list[CFA]) -> None:
    named = set(re.findall(r"`fit\.(\w+)", PAGE))
    assert named > {"estimates", "scores", "reliability", "residuals_z"}
    assert not [
        name for name in sorted(named) if not hasattr(fits[0], name) and name not in TwoLevelCFA.__annotations__
    ]
