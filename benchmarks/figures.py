"""What each figure of the demo study's report costs: CPU milliseconds, drawn and written as SVG once."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat

_ROOT = Path(__file__).parent.parent
_LIMIT = 50.0
"""Milliseconds: what a figure may cost where the data allow."""


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name and our seconds; there is no peer."""
    for name, milliseconds in figures():
        yield f"figure {name}", milliseconds / 1000, None


def figures(repeats: int = 7) -> Iterator[tuple[str, float]]:
    """Each figure of the report and the best of its CPU times, after it was drawn once."""
    from hpp_analysis.common.result import Result
    from hpp_analysis.display.blocks import FigureBlock

    space: dict[str, object] = {}
    for result, kind in _shown(space):
        if not isinstance(result, Result):
            continue
        block = result._block(kind)
        if isinstance(block, FigureBlock):
            yield block.name, min(_took(result, kind) for _time in range(repeats))


def _shown(space: dict[str, object]) -> Iterator[tuple[object, str]]:
    """The results of the report's notebook, and as what it shows them; its cells run in `space`."""
    notebook = nbformat.read(_ROOT / "notebooks" / "client_report.ipynb", as_version=4)
    for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
        source = cell.source.replace("../data", str(_ROOT / "data"))
        exec(source, space)  # noqa: S102 - our own notebook
        last = source.rstrip().splitlines()[-1]
        if last.startswith("hpp.show("):
            name, kind = last.removeprefix("hpp.show(").rstrip(")").split(", ")
            yield space[name], kind.strip('"')


def _took(result: object, kind: str) -> float:
    start = time.process_time()
    result._block(kind)  # type: ignore[attr-defined]
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    for name, milliseconds in figures():
        over = "  over" if milliseconds > _LIMIT else ""
        sys.stdout.write(f"{name:<40}{milliseconds:8.0f} ms{over}\n")
