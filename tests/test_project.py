"""The project's own files agree with each other."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

import hpp_analysis
from tests.public_names import PUBLIC


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, Version]:
    lines = (root / "constraints.txt").read_text().splitlines()
    return {name.lower().replace("_", "-"): Version(version) for name, version in (line.split("==") for line in lines)}


@pytest.fixture(scope="module")
def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def admits(requirement: Requirement, pins: dict[str, Version]) -> bool:
    return requirement.specifier.contains(pins[requirement.name.lower()])


def test_the_conda_environment_admits_the_pins(root: Path, pins: dict[str, Version], project: dict) -> None:
    environment = yaml.safe_load((root / "environment.yml").read_text())
    entries = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    named = {Requirement(entry).name for entry in entries if not entry.startswith(("python=", "pip"))}
    assert named == {"ipywidgets", "jupyterlab", "pandas", "papermill", "seaborn", "statsmodels"}
    for entry in entries:
        if entry.startswith(("python=", "pip")):
            continue
        assert admits(Requirement(entry), pins), f"{entry} does not admit {pins[Requirement(entry).name]}"
    assert entries[0] == "python=3.11"
    assert project["requires-python"] == ">=3.11"


def test_every_dependency_is_pinned_and_admits_its_pin(pins: dict[str, Version], project: dict) -> None:
    extras = [entry for group in project["optional-dependencies"].values() for entry in group]
    for entry in (*project["dependencies"], *extras):
        requirement = Requirement(entry)
        if requirement.name != "hpp-analysis":
            assert admits(requirement, pins), entry


def test_constraints_name_no_index(root: Path) -> None:
    assert all(
        re.fullmatch(r"[A-Za-z0-9._-]+==\S+", line) for line in (root / "constraints.txt").read_text().splitlines()
    )


def test_the_version_stands_once(root: Path, project: dict) -> None:

    assert hpp_analysis.__version__ == project["version"]
    assert f"## {project['version']}" in (root / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("command", ["make reports", "make test"])
def test_the_readme_names_the_two_commands(root: Path, command: str) -> None:
    assert command in (root / "README.md").read_text()
    assert re.search(rf"^{command.split()[1]}:", (root / "Makefile").read_text(), re.MULTILINE)


def notebooks(root: Path) -> list[Path]:
    return sorted((root / "notebooks").glob("*.ipynb"))


def test_notebooks_are_committed_without_outputs(root: Path) -> None:
    assert notebooks(root)
    for path in notebooks(root):
        for cell in json.loads(path.read_text())["cells"]:
            assert not cell.get("outputs") and cell.get("execution_count") is None, f"{path.name}: run `nbstripout`"


def test_notebooks_hold_no_plumbing(root: Path) -> None:
    """A cell calls functions and shows a result; what needs `def` belongs in the package."""
    for path in notebooks(root):
        code = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]
        assert sum("parameters" in cell["metadata"].get("tags", []) for cell in code) == 1
        for cell in code:
            source = "".join(cell["source"])
            assert not re.search(r"^\s*(def|class|for|while|try)\b", source, re.MULTILINE), source


def test_links_between_our_pages_lead_somewhere(root: Path) -> None:
    for page in [*root.glob("*.md"), *root.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_nothing_leads_out_of_the_repository(root: Path) -> None:
    """No file may need what lies beside the source tree: a clone stands alone."""
    if not (root / ".git").exists():
        pytest.skip("git tells which files are of the repository, and this is no clone")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        folder, *_rest = name.split("/")
        path = root / name
        if (
            folder in ("tests", ".ci")
            or not path.is_file()
            or path.suffix in (".png", ".svg", ".csv", ".xlsx", ".parquet")
        ):
            continue  # tests look for public files beside the tree, and skip where there are none
        for climb in re.findall(r"(?:\.\./)+", path.read_text(encoding="utf-8")):
            assert climb.count("/") < len(Path(name).parts), f"{name} leads out of the repository: {climb}"


def test_the_page_of_public_names_documents_each(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "from docs.make_api import page; print(page(), end='')"],
                          capture_output=True, text=True, check=True, cwd=root)  # fmt: skip
    entries = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", done.stdout, re.MULTILINE | re.DOTALL))
    assert set(entries) == {name for name, value in PUBLIC.items() if callable(value)}
    assert all(re.search(r"```text\n\w", entry) for entry in entries.values())


def test_the_readme_example_runs(root: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], capture_output=True, text=True, check=False, cwd=root
    )
    assert done.returncode == 0, done.stderr
    assert "of de kanten verschillen" in done.stdout  # the sentence is Dutch
