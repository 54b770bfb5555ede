"""The pages on factor analysis are true: their lines run, and the table of presets is the one in the code."""

import re
from pathlib import Path
from typing import Any

import numpy as np

from hpp_analysis.core.factors.rotation import KINDS
from hpp_analysis.factors.presets import PRESETS


def test_the_ten_lines_run(root: Path) -> None:
    page = (root / "docs" / "factor-analysis.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], "factor-analysis.md", "exec"), names)
    assert names["efa"].loadings.shape == (19, 3)
    assert names["efa"].n_used == len(names["items"].dropna())
    assert np.array_equal(names["scores"].isna().any(axis=1), names["items"].isna().any(axis=1))


def test_the_page_of_presets_is_the_table_in_the_code(root: Path) -> None:
    page = (root / "docs" / "presets.md").read_text(encoding="utf-8")
    rows = {
        cells[0]: cells[1:]
        for line in page.splitlines()
        if line.startswith("|") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
    }
    for place, preset in enumerate(PRESETS[name] for name in (None, "psych", "spss", "lavaan")):
        assert float(rows["geomin epsilon"][place]) == preset.epsilon
        assert int(rows["starts of geomin and bifactor"][place]) == preset.n_starts
        assert float(rows["principal axes end at"][place]) == preset.pa_tolerance
        assert ("sum" in rows["in the change of"][place]) == (preset.pa_rule == "sum")
        assert ("length one" in rows["rows of promax's target"][place]) == preset.row_normalized_target
        assert ("early" in rows["varimax"][place]) == preset.early_varimax
        assert ("Bartlett" in rows["chi-square"][place]) == (preset.correction == "bartlett")
        said = rows["Kaiser's normalisation"][place]
        if said.startswith("all but"):
            assert "promax" not in preset.normalized and len(preset.normalized) == 13
        else:
            assert preset.normalized == set(said.split(", "))


def test_each_rotation_stands_beside_its_names_in_other_programs(root: Path) -> None:
    """psych's "bifactor" is orthogonal (`GPForth(method = "bimin")`), ours is its "biquartimin"; the page says so."""
    text = (root / "docs" / "factor-analysis.md").read_text(encoding="utf-8")
    table = text.split("| here | GPArotation | psych |")[1].split("\n\n")[0]
    rows = {cells[1].strip(' `"'): cells[3] for cells in (line.split("|") for line in table.splitlines()[2:])}
    assert set(rows) == set(KINDS)
    assert '"bifactor"' in rows["bifactor_t"]
    assert '"biquartimin"' in rows["bifactor"]
    assert KINDS["bifactor"].oblique
    assert not KINDS["bifactor_t"].oblique
