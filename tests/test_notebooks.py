"""The notebooks run from first to last cell, and report notebooks show published results only."""

import ast
import os
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import openpyxl
import pandas as pd
import pytest

from hpp_analysis import load_instrument, simulate_study
from hpp_analysis.core.factors.alignment import match_factors
from hpp_analysis.display.blocks import MIME, FigureBlock, TableBlock, TextBlock, from_json
from hpp_analysis.report.writers.document import read_document
from hpp_analysis.report.writers.xlsx import tables_xlsx

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
Execute = Callable[..., nbformat.NotebookNode]
REPORTS = sorted(NOTEBOOKS.glob("*report*.ipynb"))


def blocks(notebook: nbformat.NotebookNode) -> list:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [block for output in outputs if MIME in output.get("data", {}) for block in from_json(output["data"][MIME])]


WALKED = (
    "0_start_here", "1_data_quality", "client_report", "2_scale_development", "3_scale_validation", "4_partner_gaps", "5_drivers", "6_reference_study",
    "7_plan_the_next_wave", "8_comments_and_norms",
)  # fmt: skip
FASTER = {
    "6_reference_study": {"stability": 20}, "7_plan_the_next_wave": {"persons": [10, 25], "n_sim": 40},
    "2_scale_development": {"n_samples": 30, "n_boot": 200},
}  # fmt: skip


@pytest.fixture(scope="module", params=(*WALKED, "study_report"))
def executed(request: pytest.FixtureRequest, execute_notebook: Execute) -> nbformat.NotebookNode:
    return execute_notebook(request.param, **FASTER.get(request.param, {}))


SHOWN = [f"hpp.publishing.show_{part}" for part in ("cover", "study_facts", "provenance", "audit_trail", "worksheet")]


def test_every_cell_ran_without_error_or_warning(executed: nbformat.NotebookNode) -> None:
    code = [cell for cell in executed.cells if cell.cell_type == "code"]
    assert len(code) > 10
    assert all(cell.execution_count for cell in code)
    for cell in code:
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.get("text")


def test_cells_that_explore_show_their_picture_alone(executed: nbformat.NotebookNode) -> None:
    """Unless the backend of the environment shows nothing."""
    for cell in executed.cells:
        if cell.cell_type == "code" and "hpp.plots." in cell.source:
            kinds = [sorted(output.get("data", {})) for output in cell.outputs]
            assert kinds == ([] if os.environ.get("MPLBACKEND") else [["image/png", "text/plain"]])


def test_the_outputs_are_document_parts(executed: nbformat.NotebookNode) -> None:
    found = blocks(executed)
    figures = [block for block in found if isinstance(block, FigureBlock)]
    overview = any("summarise_study" in cell.source for cell in executed.cells)
    assert len(figures) >= (1 if overview else 4)
    assert all(block.alt and block.svg.startswith("<svg") for block in figures)
    tables = [block for block in found if isinstance(block, TableBlock)]
    assert tables
    for table in tables:  # what heads a row is a name: numbers stand at the right, under their own heads
        assert all(head.unit == "text" for head in table.header[: table.row_headers]), table.name
    numeric = [one for one in tables if not one.form and any(head.unit != "text" for head in one.header)]
    for table in numeric:  # a table of dashes alone would mean that the plan does not cover what is shown
        assert any(any(letter.isdigit() for letter in cell) for row in table.cells for cell in row[1:]), table.name


@pytest.mark.parametrize("executed", ["6_reference_study"], indirect=True)
def test_the_road_of_the_reference_study_ends_where_the_simulation_began(executed: nbformat.NotebookNode) -> None:
    said = [" ".join(block.paragraphs) for block in blocks(executed) if isinstance(block, TextBlock)]
    assert any("19 of 50 items are kept, on 3 factors" in text for text in said)
    kept = next(block for block in blocks(executed) if getattr(block, "name", "") == "refinement")
    labels = {item.label["en"] for item in load_instrument("hpp").items if not item.id.startswith("suc")}
    assert {row[0] for row in kept.cells if row[1] == "kept"} == labels


@pytest.mark.parametrize("executed", ["client_report", "study_report"], indirect=True)
def test_every_figure_of_a_report_has_its_numbers_in_the_workbook(executed: nbformat.NotebookNode) -> None:
    document = read_document(executed)
    assert document.figures
    assert all(figure.table is not None and figure.table.cells for figure in document.figures)
    made = openpyxl.load_workbook(BytesIO(tables_xlsx(document)))
    listed = {row[0].value: row[1].value for row in made.worksheets[0].iter_rows(min_row=4)}
    for number, figure in enumerate(document.figures, start=1):
        columns = [numbers_in([cell.value for cell in column]) for column in made[listed[f"Figure {number}"]].columns]
        for column in figure.table.header:
            if column.unit == "text" or column.upper is not None:
                continue
            numbers = numbers_in([row[column.name] for row in figure.table.values])
            assert any(holds(found, numbers) for found in columns), (number, column.label)


def numbers_in(values: list[object]) -> list[float]:
    return [float(one) for one in values if isinstance(one, int | float) and not np.isnan(one)]


def holds(column: list[float], numbers: list[float]) -> bool:
    """Whether numbers stand in a column, one below the other, with what other tables of the sheet have before and after."""
    starts = range(len(column) - len(numbers) + 1)
    # a workbook keeps sixteen digits
    return any(np.allclose(column[at : at + len(numbers)], numbers, rtol=1e-14, atol=0) for at in starts)


COMPOSED = ("hpp.action_agenda", "hpp.publishing.add_total", "hpp.findings.")


def shown_names(source: str) -> tuple[set[str], set[str]]:
    """The names that are assigned from what publishes, and of what `show` shows."""
    published, shown = set(), set()
    for node in ast.walk(ast.parse(source)):
        value = node.value if isinstance(node, ast.Assign) else node
        called = ast.unparse(value.func) if isinstance(value, ast.Call) else ""
        # themes are counted of what the plan allows at once
        planned = called == "hpp.comments.count_themes" and "cells=allowed" in ast.unparse(value)
        if isinstance(node, ast.Assign) and (called in ("hpp.publish", "hpp.publishing.summarise_study") or planned):
            published |= {ast.unparse(target) for target in node.targets}
        if (
            isinstance(node, ast.Assign) and called == "hpp.norms.compare_norms"
        ):  # publishes the scores that it compares
            cleared = any(one.arg == "cells" and ast.unparse(one.value) == "allowed" for one in value.keywords)
            published |= {ast.unparse(target) for target in node.targets if cleared}
        if isinstance(node, ast.Assign) and isinstance(
            value, ast.ListComp
        ):  # of published results, or a choice of them
            element, (source_of,) = ast.unparse(value.elt), (part.iter for part in value.generators)
            if element.startswith("hpp.publish(") or ast.unparse(source_of) in published:
                published |= {ast.unparse(target) for target in node.targets}
        if isinstance(node, ast.Assign) and called == "next":  # the first of some
            chosen = value.args[0]
            if isinstance(chosen, ast.GeneratorExp) and ast.unparse(chosen.generators[0].iter) in published:
                published |= {ast.unparse(target) for target in node.targets}
        if isinstance(node, ast.Assign) and called.startswith(COMPOSED):  # made of published results alone
            arguments = [*value.args, *(keyword.value for keyword in value.keywords)]
            given = {part.id for one in arguments for part in ast.walk(one) if isinstance(part, ast.Name)}
            if given and given <= published | {"drivers"}:
                published |= {ast.unparse(target) for target in node.targets}
        if called in ("hpp.show", "hpp.show_all"):
            (first, *_more) = value.args
            results = first.elts if isinstance(first, ast.List) else [first]
            shown |= {ast.unparse(result).removeprefix("*").partition(".")[0] for result in results}
    return published, shown


def study_names(path: Path) -> set[str]:
    """Of the overview, which no client gets: what is about a hundred persons of the study or more together."""
    if path.stem != "study_report":
        return set()
    cells = nbformat.read(path, as_version=4).cells
    many = [cell.source for cell in cells if "needs-drivers" in cell.metadata.get("tags", [])]
    assigned = (source.partition(" = hpp.rank_drivers(") for source in many)
    return {name for name, found, _rest in assigned if found}


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_report_notebooks_show_published_results_only(path: Path) -> None:
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    published, shown = shown_names("\n".join(cells))
    published |= study_names(path)
    assert shown
    assert shown <= published, f"not published: {shown - published}"
    for source in cells:
        last = ast.parse(source).body[-1]
        if isinstance(last, ast.Expr):  # what a cell displays
            what = last.value.body if isinstance(last.value, ast.IfExp) else last.value  # or nothing
            called = ast.unparse(what.func) if isinstance(what, ast.Call) else ast.unparse(what)
            assert called in {"hpp.show", "hpp.show_all", *SHOWN}, source


def test_the_client_report_holds_no_rows_of_respondents(demo_reports: Path) -> None:
    """No respondent of the demo study is named anywhere in the executed report."""
    (file,) = demo_reports.glob("democable-*/nl/notebook.ipynb")
    done = nbformat.read(file, as_version=4)
    text = nbformat.writes(done)
    assert "Openheid" in text
    assert re.findall(r"\bR\d{3}\b", text) == []
    assert any(isinstance(block, TextBlock) for block in blocks(done))


@pytest.mark.slow
def test_scale_validation_runs_on_another_study(execute_notebook: Execute) -> None:
    done = execute_notebook(
        "3_scale_validation", responses="../data/demo/hpo.csv", instrument="hpo", group="role", n_boot=100
    )
    assert len(blocks(done)) > 8


@pytest.mark.slow
def test_the_two_sides_of_teams(example_studies: Path, execute_notebook: Execute) -> None:
    """Many tiny groups, no threshold in the questionnaire, too few for a test of invariance."""
    done = execute_notebook(
        "4_partner_gaps",
        study=str(example_studies / "team_state" / "study.yaml"),
        group="organisation",
        inference="clusters",
        threshold=5.5,
    )
    said = " ".join(
        paragraph for block in blocks(done) if isinstance(block, TextBlock) for paragraph in block.paragraphs
    )
    assert "not testable" in said and "may be averaged" in said and "Both sides together" in said


@pytest.mark.parametrize("executed", ["2_scale_development"], indirect=True)
def test_the_scale_that_was_simulated_survives_its_development(executed: nbformat.NotebookNode) -> None:
    """Of fifty candidates the nineteen true items stay, on three factors that are the true ones."""
    true = simulate_study("hpp_pool", persons_per_side=100, seed=1).truth.loadings.iloc[:, :3]
    scale = [item.id for item in load_instrument("hpp").items]
    tables = {block.name: block for block in reversed(blocks(executed)) if isinstance(block, TableBlock)}
    kept = {row["item"] for row in tables["refinement"].values if row["state"] != "left out"}
    names = {item.id: item.label["en"] for item in load_instrument("hpp_pool").items}
    assert len(kept & {names[item] for item in scale}) >= 18
    assert kept <= {names[item] for item in scale}
    found = pd.DataFrame(tables["efa"].values).set_index("item")[["F1", "F2", "F3"]]
    aim = true.set_axis([names[item] for item in true.index]).loc[found.index]
    match = match_factors(aim.to_numpy(), found.to_numpy())
    assert (match.congruence > 0.97).all()  # with 400 ratings; .95 counts as equal
    verdicts = pd.DataFrame(tables["retention"].values)
    counted = verdicts.loc[verdicts["votes"].astype(str).isin(["yes", "True"]), "n_factors"]
    assert (counted == 3).mean() > 0.5


@pytest.mark.slow
def test_scale_development_runs_on_another_study(execute_notebook: Execute) -> None:
    done = execute_notebook(
        "2_scale_development", responses="../data/demo/responses.csv", instrument="hpp", n_factors=3, n_boot=100, n_samples=20,
    )  # fmt: skip
    assert len(blocks(done)) > 8


@pytest.mark.slow
def test_drivers_run_on_another_study(tmp_path: Path, execute_notebook: Execute) -> None:
    study = simulate_study(persons_per_side=20, partners=3, seed=3)
    study.frame().to_csv(tmp_path / "ratings.csv", index=False)
    study.hpo_frame().to_csv(tmp_path / "hpo.csv", index=False)
    answers = {"responses": str(tmp_path / "ratings.csv"), "hpo_responses": str(tmp_path / "hpo.csv")}
    done = execute_notebook("5_drivers", **answers, outcome="equality", n_boot=200)
    assert len(blocks(done)) > 8


@pytest.mark.slow
def test_the_reference_study_says_where_published_loadings_are_absent(execute_notebook: Execute) -> None:
    done = execute_notebook("6_reference_study", published="nowhere", stability=0, n_boot=100, seed=1)
    found = blocks(done)
    said = " ".join(text for block in found if isinstance(block, TextBlock) for text in block.paragraphs)
    assert "there is no table of them at nowhere" in said
