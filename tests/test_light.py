"""Importing is cheap, and the numbers need numpy and scipy alone."""

import subprocess
import sys
from pathlib import Path

import pytest

import hpp_analysis

ROOT = Path(hpp_analysis.__file__).parent.parent


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)


def test_the_package_imports_without_its_libraries() -> None:
    heavy = ["numpy", "pandas", "scipy", "matplotlib", "pydantic", "babel", "papermill", "typer"]
    result = run(f"import sys, hpp_analysis; print([m for m in {heavy} if m in sys.modules])")
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_the_command_line_starts_without_the_numbers() -> None:
    heavy = ["pandas", "scipy", "matplotlib", "papermill", "nbconvert"]
    result = run(
        "import sys\nfrom hpp_analysis.cli import main\nsys.argv = ['hpp', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    assert result.stdout.strip().endswith("[]"), result.stdout + result.stderr


def test_a_worker_that_executes_notebooks_does_without_the_numbers() -> None:
    """Its kernels compute; it reads blocks and writes files."""
    heavy = ["pandas", "scipy", "matplotlib", "statsmodels", "openpyxl", "docx", "pptx"]
    result = run(f"import sys, hpp_analysis.report.run.make; print([m for m in {heavy} if m in sys.modules])")
    assert result.stdout.strip() == "[]", result.stdout + result.stderr


def test_a_check_of_a_csv_file_loads_no_reader_of_workbooks_and_no_pages() -> None:
    result = run(
        "import sys\nfrom hpp_analysis.cli import main\nsys.argv = ['hpp', 'check', 'data/demo/responses.csv']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print([m for m in ('openpyxl', 'jinja2', 'matplotlib', 'papermill', 'nbconvert', 'typst') if m in sys.modules])"
    )
    assert result.stdout.strip().endswith("[]"), result.stdout + result.stderr


def test_core_needs_numpy_and_scipy_alone() -> None:
    """Everything else is made impossible to import; then each module of core is imported and one number made."""
    code = """
import importlib, importlib.abc, pkgutil, sys

class Nothing(importlib.abc.MetaPathFinder):
    ours = set(sys.stdlib_module_names) | {"numpy", "scipy", "hpp_analysis", "lazy_loader", "packaging"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] not in self.ours and not name.startswith("_sysconfigdata"):
            raise ModuleNotFoundError(f"{name} is out of reach here")
        return None

sys.meta_path.insert(0, Nothing())
import hpp_analysis.core as core
names = [module.name for module in pkgutil.walk_packages(core.__path__, core.__name__ + ".")]
for name in names:
    importlib.import_module(name)
import numpy as np
from hpp_analysis.core.reliability.alpha import cronbach_alpha
print(len(names), round(cronbach_alpha(np.array([[1, .5], [.5, 1]])), 6))
try:
    import pandas
except ModuleNotFoundError:
    print("pandas was out of reach")
"""
    result = run(code)
    assert result.returncode == 0, result.stderr
    count, alpha = result.stdout.splitlines()[0].split()
    assert int(count) >= 4
    assert float(alpha) == 0.666667  # two items that correlate .5: 2 * .5 / (1 + .5)
    assert "pandas was out of reach" in result.stdout


def test_answers_become_gaps_figures_and_factors_without_the_report_factory() -> None:
    """A browser has no kernels, no compiled reader of SPSS files and no writers: they load when they are used."""
    code = """
import importlib.abc, sys

class Missing(importlib.abc.MetaPathFinder):
    absent = {
        "papermill", "jupyter_client", "nbformat", "nbclient", "nbconvert", "ipykernel", "IPython", "zmq", "tornado", "pyreadstat",
        "dask", "distributed", "docx", "pptx", "xlsxwriter", "openpyxl", "typst", "weasyprint", "playwright", "jinja2", "typer",
    }
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.absent:
            raise ModuleNotFoundError(f"{name} is out of reach here")

sys.meta_path.insert(0, Missing())
import hpp_analysis as hpp

survey = hpp.read_survey("data/demo/responses.csv", instrument="hpp").wave()
gaps = hpp.partner_gaps(survey)
axes = gaps.plot()
efa = hpp.fit_efa(survey, 3)
print(len(gaps.to_frame()), type(axes).__name__, efa.loadings.shape, len(gaps._repr_html_()) > 1000)
for name in Missing.absent:
    assert name not in sys.modules, name
import tempfile, pathlib
file = pathlib.Path(tempfile.mkdtemp()) / "answers.sav"
file.write_bytes(b"$FL2" + b" " * 200)
try:
    hpp.read_survey(file, instrument="hpp")
except ModuleNotFoundError:
    print("a reader that is used is loaded")
"""
    result = run(code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split("\n")[0] == "4 Axes (24, 3) True"  # three factors and success
    assert "a reader that is used is loaded" in result.stdout


def test_every_public_name_loads() -> None:
    for name in hpp_analysis.__all__:
        assert getattr(hpp_analysis, name) is not None


def test_a_name_that_lies_in_a_room_is_pointed_to() -> None:
    with pytest.raises(AttributeError, match=r"It lies in hpp_analysis\.answers\."):
        hpp_analysis.count_response  # noqa: B018
    assert not hasattr(hpp_analysis, "verdict")
