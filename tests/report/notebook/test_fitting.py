"""Which cells of a report's notebook fit the answers of a study."""

import nbformat

from hpp_analysis import simulate_study
from hpp_analysis.report.notebook.notebooks import fitting
from tests.report.conftest import code, prose


def test_a_heading_goes_with_all_that_stood_under_it() -> None:
    cells = [
        prose("# Report"),
        prose("## Comments"),
        code("1", "needs-comments"),
        prose("## Norms"),
        code("2", "needs-norms"),
        prose("## Empty for its author"),
        prose("## Both\n\nSome prose."),
        code("3", "needs-norms"),
        prose("## Last"),
        code("4", "needs-norms"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    left = fitting(notebook, simulate_study(seed=1).survey, ["comments"])
    assert [cell.source.split("\n")[0] for cell in left.cells] == [
        "# Report",
        "## Comments",
        "1",
        "## Empty for its author",
        "## Both",
    ]
