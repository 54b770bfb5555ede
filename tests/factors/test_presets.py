"""The page of presets is the table in the code."""

from pathlib import Path

from hpp_analysis.factors.presets import PRESETS


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
