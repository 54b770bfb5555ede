"""The demonstration from end to end: its report opens with the agreements, and its workbook holds the sheet."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl

import hpp_analysis as hpp
from hpp_analysis.display.blocks import MIME
from hpp_analysis.followup.agreements import read_agreements


def folder(demo_reports: Path, code: str) -> Path:
    (found,) = (path for path in demo_reports.glob(f"democable*/{code}"))
    return found


def blocks(path: Path) -> list[dict]:
    cells = json.loads((path / "notebook.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return [block for output in outputs for block in output.get("data", {}).get(MIME, {}).get("blocks", [])]


def test_the_report_opens_with_the_agreements_after_page_one(demo_reports: Path) -> None:
    for code, heading in (("en", "What became of the agreements"), ("nl", "Wat er van de afspraken is gekomen")):
        for name in ("board.html", "report.html"):
            page = (folder(demo_reports, code) / name).read_text("utf-8")
            assert page.count(f">{heading}<") >= 1
        names = [block["name"] for block in blocks(folder(demo_reports, code))]
        first = names.index("agreements_summary")
        assert names[first : first + 3] == ["agreements_summary", "agreements_agreed", "agreements_changes"]
        assert names[first - 1].startswith("key_findings")
        assert all(
            block["cleared"] for block in blocks(folder(demo_reports, code)) if block["name"].startswith("agreements")
        )


def test_the_withheld_point_of_the_demonstration_stands_nowhere(demo_reports: Path) -> None:
    """Not in the sheet of its workbook either, nor among what its notebook was given."""
    for path in folder(demo_reports, "en").rglob("*"):
        if path.suffix in (".html", ".ipynb", ".svg"):
            assert "price formula" not in path.read_text("utf-8"), path.name
    book = openpyxl.load_workbook(folder(demo_reports, "en") / "tables.xlsx")
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows(values_only=True) for cell in row]
    assert any("schedule every Friday" in str(cell) for cell in cells)
    assert not any("price formula" in str(cell) for cell in cells)


def test_the_workbook_holds_the_sheet_and_a_report_of_the_demonstration_proposes_nothing_new(
    demo_reports: Path, root: Path
) -> None:
    study = hpp.load_study(root / "data" / "demo" / "study.yaml")
    survey = study.survey()
    kept = read_agreements(root / "data" / "demo" / "agreements.xlsx", survey)
    for code in ("en", "nl"):
        sheet = read_agreements(folder(demo_reports, code) / "tables.xlsx", survey)
        ids = [one.id for one in sheet]
        proposed = [one.point for one in sheet if one.wave == "2"]
        assert set(proposed) == {one.point for one in kept if one.wave == "2"}, (
            "run data/make_demo.py with other PROPOSED"
        )
        assert [one.id for one in sheet if one.wave == "1"] == [
            one.id for one in kept if one.wave == "1" and one.status == "doing"
        ]
        assert len(set(ids)) == len(ids)
