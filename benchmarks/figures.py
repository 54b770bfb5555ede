"""What each figure of the demo study's report costs: CPU milliseconds as SVG, and drawn by matplotlib instead."""

import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
from matplotlib.axes import Axes

from hpp_analysis.common.result import Result
from hpp_analysis.display.blocks import FigureBlock
from hpp_analysis.plots.parts.drawing import Drawing

_ROOT = Path(__file__).parent.parent

Call = tuple[Drawing[Any], tuple[Any, ...], dict[str, Any]]


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, and those of matplotlib for the same figure."""
    for name, ours, theirs in figures():
        yield f"figure {name}", ours / 1000, theirs / 1000


def figures(repeats: int = 7) -> Iterator[tuple[str, float, float]]:
    """Each figure of the report, the best of our CPU times and the best of matplotlib's, after it was drawn once."""
    for name, (drawing, args, kwargs) in _drawn():
        settings = {key: value for key, value in kwargs.items() if key != "ax"}
        ways = (drawing.svg, lambda *args, drawing=drawing, **settings: _by_matplotlib(drawing(*args, **settings)))
        yield name, *(min(_cost(way, args, settings) for _time in range(repeats)) for way in ways)


def _by_matplotlib(ax: Axes) -> None:
    ax.figure.savefig(BytesIO(), format="svg")


def _drawn() -> list[tuple[str, Call]]:
    """The figures that the cells of the report's notebook show, and how each was drawn."""
    space: dict[str, Any] = {}
    calls: list[Call] = []
    found = []
    originals = {name: getattr(Drawing, name) for name in ("__call__", "svg")}

    def recorder(original: Callable[..., Any]) -> Callable[..., Any]:
        def record(self: Drawing[Any], *args: Any, **kwargs: Any) -> Any:
            calls.append((self, args, kwargs))
            return original(self, *args, **kwargs)

        return record

    notebook = nbformat.read(_ROOT / "notebooks" / "client_report.ipynb", as_version=4)
    with patch.multiple(Drawing, **{name: recorder(original) for name, original in originals.items()}):
        for cell in (cell for cell in notebook.cells if cell.cell_type == "code"):
            source = cell.source.replace("../data", str(_ROOT / "data"))
            exec(source, space)  # noqa: S102 - our own notebook
            last = source.rstrip().splitlines()[-1]
            if last.startswith("hpp.show("):
                name, kind = last.removeprefix("hpp.show(").rstrip(")").split(", ")
                block = space[name]._block(kind.strip('"')) if isinstance(space[name], Result) else None
                if isinstance(block, FigureBlock):
                    found.append((block.name, calls[-1]))
    return found


def _cost(way: Callable[..., object], args: tuple[Any, ...], settings: dict[str, Any]) -> float:
    start = time.process_time()
    way(*args, **settings)
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    total = [0.0, 0.0]
    sys.stdout.write(f"{'figure':<30}{'SVG':>10}{'matplotlib':>14}{'ratio':>8}\n")
    for name, ours, theirs in figures():
        total = [total[0] + ours, total[1] + theirs]
        sys.stdout.write(f"{name:<30}{ours:7.1f} ms{theirs:11.1f} ms{theirs / ours:7.1f}x\n")
    sys.stdout.write(f"{'all':<30}{total[0]:7.1f} ms{total[1]:11.1f} ms{total[1] / total[0]:7.1f}x\n")
