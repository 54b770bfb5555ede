"""The engine that forks, and the stock kernel: equal outputs of whatever a notebook can do."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.engines import papermill_engines

from hpp_analysis.errors import OptionError
from hpp_analysis.report.run.engine import ForkEngine
from hpp_analysis.report.run.limits import can_fork
from hpp_analysis.report.run.warm import ONE_THREAD
from tests.report.run.torture import CELLS, notebook

NOTEBOOKS = Path(__file__).parents[3] / "notebooks"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
QUICK = {"0_start_here"}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
pytestmark = pytest.mark.skipif(not can_fork(), reason="this system cannot fork reports; the stock kernel makes them")


@pytest.fixture(scope="module", autouse=True)
def registered() -> Iterator[None]:
    """The engine, also where the package was installed before it had one; in tests of outputs both use one thread."""
    papermill_engines.register("hpp-fork", ForkEngine)
    with pytest.MonkeyPatch.context() as patch:
        for name in ONE_THREAD:
            patch.setenv(name, "1")  # with several, the last digits of sums differ
        yield


def executed(source: Path | Any, out: Path, engine: str | None, **options: Any) -> Any:
    """A notebook after an engine has executed it, also where a cell raised; None is papermill's own engine."""
    out.parent.mkdir(parents=True, exist_ok=True)
    if not isinstance(source, Path):
        path = out.with_name("in.ipynb")
        nbformat.write(source, path)
        source = path
    usual = {"kernel_name": "python3", "progress_bar": False, "cwd": source.parent}
    with suppress(papermill.PapermillExecutionError):
        papermill.execute_notebook(source, out, engine_name=engine, **usual, **options)
    return nbformat.read(out, as_version=4)


def cells(*sources: str) -> Any:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources], metadata=KERNEL)


def shown(cell: Any) -> str:
    """What a cell shows, without what differs between two runs of one engine.

    The stock kernel cuts streams by the clock: between other outputs, each stream is taken as a whole.
    """
    outputs: list[Any] = []
    for streams, group in groupby(cell.get("outputs", []), lambda output: output.output_type == "stream"):
        if streams:
            texts: dict[str, str] = {}
            for output in group:
                texts[output.name] = texts.get(output.name, "") + output.text
            outputs.append(texts)
        else:
            outputs.extend(group)
    text = json.dumps([cell.get("execution_count"), outputs], sort_keys=True)
    text = re.sub(r"0x[0-9a-f]{6,}", "ADDRESS", text)
    text = re.sub(r"ipykernel_\d+/\d+\.py", "CELL", text)
    # the warning of Jupyter's session names the line that sends: jupyter_client's, or ours
    return re.sub(r"/\S+\.py:\d+: (UserWarning: Message serialization failed)(.*?)\\n  .*?\\n", r"\1\2", text)


def test_whatever_a_cell_does_both_show_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)  # in tests a kernel does not catch what C code writes
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    monkeypatch.delenv("MPLBACKEND", raising=False)
    stock = executed(notebook(), tmp_path / "stock" / "out.ipynb", None)
    forked = executed(notebook(), tmp_path / "forked" / "out.ipynb", "hpp-fork")
    assert len(stock.cells) == len(forked.cells) == len(CELLS) + 2, "papermill marks the first cell that raised"
    for name, one, other in zip(["mark", *CELLS], stock.cells, forked.cells, strict=False):
        assert one.source == other.source
        assert shown(one) == shown(other), name
    figures = [cell for cell in forked.cells if "image/png" in json.dumps(cell.get("outputs", []))]
    assert len(figures) == 12, "figures are shown"
    assert stock.metadata.language_info == forked.metadata.language_info
    assert {*stock.metadata.papermill} == {*forked.metadata.papermill}
    for one, other in zip(stock.cells, forked.cells, strict=True):
        assert {*one.metadata} == {*other.metadata}
        assert one.metadata.get("papermill", {}).get("status") == other.metadata.get("papermill", {}).get("status")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]
)
def test_the_notebooks_of_the_package_show_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)
    root = shutil.copytree(NOTEBOOKS.parent / "data" / "demo", tmp_path / "data" / "demo").parents[1]
    path = Path(shutil.copy(NOTEBOOKS / f"{name}.ipynb", (root / "notebooks").mkdir() or root / "notebooks"))
    stock = executed(path, tmp_path / "stock.ipynb", None)
    forked = executed(path, tmp_path / "forked.ipynb", "hpp-fork")
    assert [shown(cell) for cell in stock.cells] == [shown(cell) for cell in forked.cells]


def test_the_first_error_stops_the_notebook_as_papermill_does(tmp_path: Path) -> None:
    for engine in (None, "hpp-fork"):
        node = executed(cells("print(1)", "1 / 0", "print(3)"), tmp_path / str(engine) / "out.ipynb", engine)
        states = [cell.metadata.papermill.status for cell in node.cells if cell.cell_type == "code"]
        assert states == ["completed", "failed", "pending"]
        assert 'id="papermill-error-cell"' in node.cells[2].source


def test_nothing_of_a_notebook_is_found_by_the_next_one(tmp_path: Path) -> None:
    leaves = """\
import builtins, os, random, sys, warnings
import matplotlib.pyplot as plt, numpy as np, pandas as pd
import hpp_analysis.texts
builtins.secret = hpp_analysis.secret = pd.secret = secret = "of another client"
pd.set_option("display.precision", 1); plt.rcParams["figure.dpi"] = 10; plt.figure(); plt.ioff()
warnings.simplefilter("ignore"); os.environ["SECRET"] = "x"; sys.path.append("/secret"); os.chdir("/")
np.random.seed(1); random.seed(1); np.seterr(all="ignore")
sys.modules["secret"] = sys
hpp_analysis.texts.language("nl")
get_ipython().display_formatter.formatters["text/plain"].for_type(int, lambda *_: _[1].text("secret"))
import subprocess; subprocess.Popen(["sleep", "900.25"]); os.getpid()
"""
    looks = """\
import builtins, os, random, sys, warnings
import matplotlib.pyplot as plt, numpy as np, pandas as pd
import hpp_analysis, hpp_analysis.texts
found = [hasattr(builtins, "secret"), hasattr(hpp_analysis, "secret"), hasattr(pd, "secret"), "secret" in globals()]
found += [plt.get_fignums() != [], plt.rcParams["figure.dpi"] == 10, not plt.isinteractive(), "SECRET" in os.environ]
found += ["/secret" in sys.path, os.getcwd() == "/", "secret" in sys.modules, np.geterr()["divide"] == "ignore"]
found += [pd.get_option("display.precision") == 1, hpp_analysis.texts.language.__module__ == "secret"]
print(found, random.random(), np.random.random())
12345
"""
    before = executed(cells(looks), tmp_path / "a.ipynb", "hpp-fork")
    left = executed(cells(leaves), tmp_path / "b.ipynb", "hpp-fork")
    after = executed(cells(looks), tmp_path / "c.ipynb", "hpp-fork")
    texts = [node.cells[0].outputs[0].text for node in (before, after)]
    assert [text.split("]")[0] for text in texts] == [texts[0].split("]")[0]] * 2
    assert "True" not in texts[1]
    assert texts[0].split("]")[1] != texts[1].split("]")[1], "random numbers are not repeated"
    assert after.cells[0].outputs[1].data["text/plain"] == "12345"
    assert "secret" in [output.data["text/plain"] for output in left.cells[0].outputs], "it was there"
    for _ in range(50):
        if not _runs("900.25"):
            break
        time.sleep(0.1)
    assert not _runs("900.25"), "processes that a notebook has started end with it"


def _runs(argument: str) -> bool:
    """Whether a process with an argument is there."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument.encode() in path.read_bytes().split(b"\0"):
                return True
        except OSError:
            continue
    return False


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", DeadKernelError),
        ("import os; os._exit(0)", DeadKernelError),
        ("exit()", DeadKernelError),
    ],
)
def test_a_process_that_ends_is_a_dead_kernel_and_the_next_one_lives(
    source: str, kind: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(kind):
        executed(cells("1", source, "2"), tmp_path / "a.ipynb", "hpp-fork")
    assert executed(cells("40 + 2"), tmp_path / "b.ipynb", "hpp-fork").cells[0].outputs


@pytest.mark.parametrize(
    "source",
    [
        "while True:\n    try:\n        pass\n    except Exception:\n        pass",
        "import re\nre.match('(a+)+$', 'a' * 60 + 'b')",  # C code that does not hear of signals
    ],
)
def test_an_endless_cell_runs_out_of_time(source: str, tmp_path: Path) -> None:
    with pytest.raises(CellTimeoutError):
        executed(cells("1", source), tmp_path / "a.ipynb", "hpp-fork", execution_timeout=1)
    with pytest.raises(CellTimeoutError):
        executed(cells("1", source), tmp_path / "b.ipynb", "hpp-fork", notebook_timeout=1)


def test_memory_has_a_limit(tmp_path: Path) -> None:
    source = "try:\n    data = bytearray(4_000_000_000)\n    print('all of it')\nexcept MemoryError:\n    print('no')"
    for limit, text in ((1_500_000_000, "no\n"), (None, "all of it\n")):
        node = executed(cells(source), tmp_path / "a.ipynb", "hpp-fork", memory=limit)
        assert node.cells[0].outputs[0].text == text


def test_options_are_checked(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="skip_cells_with_tag"):
        executed(cells("1"), tmp_path / "a.ipynb", "hpp-fork", skip_cells_with_tags="x")
    node = executed(cells("1"), tmp_path / "b.ipynb", "hpp-fork", record_timing=False)
    assert "execution" not in node.cells[0].metadata


def test_the_command_of_papermill_finds_the_engine(tmp_path: Path) -> None:
    nbformat.write(cells("40 + 2"), tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "papermill", "--engine", "hpp-fork", "in.ipynb", "out.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 0, f"run `pip install -e .` again where the entry point is not known: {done.stderr}"
    assert nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[0].outputs[0].data["text/plain"] == "42"
