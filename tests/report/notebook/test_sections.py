"""Sections of a report: their names, and reports without some of them."""

import ast
import builtins

import nbformat
import pytest

from hpp_analysis.report.notebook.notebooks import packaged_notebook, read_notebook
from hpp_analysis.report.notebook.sections import check_sections, sections_of, tagged, without
from tests.report.conftest import code, prose


def notebook() -> nbformat.NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[
            prose("# Title"),
            code("a = 1\nshow(a)"),
            prose("## First things"),
            code("b = a + 1  # kept\nc = (\n    b\n)\nshow(\n    c\n)"),
            code("show(b)"),
            code("d = 3"),
            prose("### Within"),
            prose("## Second: more!", "section-more"),
            code("show(d)"),
        ]
    )


def test_sections_have_names() -> None:
    assert sections_of(notebook()) == ["first-things", "more"]
    kept = tagged(notebook())
    kept.cells[2].source = "## Eerste dingen"
    assert sections_of(kept) == ["first-things", "more"], "whatever the language"


def test_the_report_has_a_name_for_each_section() -> None:
    node = read_notebook(packaged_notebook())
    headings = [cell for cell in node.cells if cell.cell_type == "markdown" and cell.source.startswith("## ")]
    names = [[tag for tag in cell.metadata.get("tags", []) if tag.startswith("section-")] for cell in headings]
    assert all(len(own) == 1 for own in names)
    assert len(sections_of(node)) == len({own[0] for own in names}) > 5
    assert {"summary", "response", "profile", "methods"} <= set(sections_of(node))


def test_what_a_section_computes_stays_and_what_it_shows_goes() -> None:
    node = without(notebook(), ["first-things"])
    assert [cell.source for cell in node.cells] == [
        "# Title",
        "a = 1\nshow(a)",
        "b = a + 1  # kept\nc = (\n    b\n)",
        "d = 3",
        "## Second: more!",
        "show(d)",
    ]


@pytest.mark.parametrize("section", sections_of(read_notebook(packaged_notebook())))
def test_every_section_of_the_report_can_go(section: str) -> None:
    """The cells that are left define what the others use."""
    node = without(tagged(read_notebook(packaged_notebook())), [section])
    assert section not in sections_of(node)
    known = set(dir(builtins))
    for cell in node.cells:
        if cell.cell_type == "code":
            names = [name for name in ast.walk(ast.parse(cell.source)) if isinstance(name, ast.Name)]
            loaded = {name.id for name in names if isinstance(name.ctx, ast.Load)}
            known |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
            known |= {"hpp"} if "import hpp_analysis as hpp" in cell.source else set()
            assert loaded <= known, cell.source


def test_wrong_names_get_a_list() -> None:
    found = [str(one) for one in check_sections({"mor": False, "first": True}, ["first", "more"], "x.ipynb")]
    assert len(found) == 1
    assert "first, more" in found[0] and "Did you mean 'more'?" in found[0]
    assert len(list(check_sections({"a": False}, ["a"], None))) == 1, "something is left"


@pytest.mark.parametrize("source", ["x = 1; show(x)", "show(1)", "", "# only words"])
def test_odd_cells(source: str) -> None:
    node = nbformat.v4.new_notebook(cells=[prose("## A"), code(source)])
    kept = [cell.source for cell in without(node, ["a"]).cells]
    assert kept == (["x = 1"] if "x" in source else [])
