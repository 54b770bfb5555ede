"""Make the reports of a study with the command itself, but without a process, a kernel and drawings for each report.

Everything that decides what a report says is the program's own: the command line, the plan, the notebook, `publish`, the
writers. In the place of a kernel, the cells of the notebook are executed here; in the place of a drawing stands an empty one
(`test_cleared.py` shows that drawings tell what their tables tell, and that these files are those of a real run).
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
import pandas as pd
from nbformat import NotebookNode
from papermill.translators import PythonTranslator
from typer.testing import CliRunner

from hpp_analysis.common.cleared import ClearedSurvey
from hpp_analysis.common.declaration import Figure
from hpp_analysis.report.notebook.nodes import parse
from hpp_analysis.texts import current_language, language

_EMPTY = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'


def make_reports(study: Path, out: Path, *options: str, drawn: bool = False, expect: int = 0) -> str:
    """`hpp report study --out out ...` in this process; what the command said comes back."""
    # as the process of a real run does: where it is installed, it compiles a grammar that no notebook needs for a second
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from hpp_analysis.cli import app

    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as changed:
        for place, other in (
            ("hpp_analysis.report.run.run.make_all", _one_after_another),
            ("hpp_analysis.report.run.make.execute", execute_here),
        ):
            changed.enter_context(patch(place, other))
        if not drawn:
            changed.enter_context(patch("hpp_analysis.common.declaration.Figure.svg", _undrawn))
        changed.enter_context(language(current_language()))  # what a notebook sets ends here
        changed.enter_context(patch.dict(os.environ, {"HPP_PLANS": scratch}))
        changed.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # a kernel writes them to a stream that no report shows
        told = CliRunner().invoke(app, ["report", str(study), "--out", str(out), "--no-overview", *options])
    if told.exit_code != expect:
        raise AssertionError(f"hpp report ended with {told.exit_code}: {told.output}") from told.exception
    return told.output


@contextlib.contextmanager
def sharing() -> Iterator[None]:
    """Within, what the package computes of cleared answers is computed once for each set of these.

    A twin is to leave the same cleared answers as its study. Where it does, the same function with the same settings need not be
    asked for its result again; where one answer, reason, name or number that it could see differs, it is.
    """
    from hpp_analysis.publishing import masking

    known: dict[str, Any] = {}
    made_again = masking._make_again

    def once(made: Any, answers: ClearedSurvey) -> Any:
        key = _content(made, answers)
        if key not in known:
            known[key] = made_again(made, answers)
        return known[key]

    with patch.object(masking, "_make_again", once):
        yield


def _content(made: Any, answers: ClearedSurvey) -> str:
    """All that a result made again could depend on; of a survey every field but the fingerprint of its file."""
    told: list[Any] = [made.verb.__module__, made.verb.__qualname__, made.arguments, sorted(made.options.items())]
    for field in fields(answers):
        value = getattr(answers, field.name)
        if isinstance(value, pd.DataFrame):
            value = (list(value), value.index.tolist(), value.to_numpy(dtype=object).tolist())
        elif field.name == "instrument":
            value = value.sha256
        if field.name != "sha256":
            told.append((field.name, value))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _one_after_another(orders: Sequence[Any], *, jobs: int, scratch: Path) -> Iterator[tuple[int, Any]]:
    from hpp_analysis.report.run.make import make_report

    for place, order in enumerate(orders):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            yield place, make_report(order)


def execute_here(
    notebook: str, parameters: Mapping[str, Any], *, timeout: float | None = None, log: Path | None = None
) -> tuple[NotebookNode, None]:
    """As papermill: the parameters go into a cell of their own, and each cell shows its last value.

    Nothing is written to `log`: it serves a process that may die, and this one does not.
    """
    node = parse(notebook)
    given = nbformat.v4.new_code_cell(
        PythonTranslator.codify(dict(parameters), "Parameters"), metadata={"tags": ["injected-parameters"]}
    )
    place = next(at for at, cell in enumerate(node.cells) if "parameters" in cell.metadata.get("tags", []))
    node.cells.insert(place + 1, given)
    names: dict[str, Any] = {"__name__": "__main__"}
    counted = 0
    for cell in node.cells:
        if cell.cell_type == "code":
            counted += 1
            cell.execution_count = counted
            cell.outputs = _outputs(cell.source, names, counted)
    return node, None


def _outputs(source: str, names: dict[str, Any], counted: int) -> list[NotebookNode]:
    body = ast.parse(source)
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    said = io.StringIO()
    value = None
    with contextlib.redirect_stdout(said):
        exec(compile(body, "cell", "exec"), names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
    outputs = []
    if said.getvalue():
        outputs.append(nbformat.v4.new_output("stream", name="stdout", text=said.getvalue()))
    if value is not None:
        data = value._repr_mimebundle_()
        outputs.append(
            nbformat.v4.new_output("execute_result", data=dict(sorted(data.items())), execution_count=counted)
        )
    return outputs


def _undrawn(figure: Figure) -> str:
    """No drawing: all that is said of the figure stands in its block."""
    return _EMPTY
