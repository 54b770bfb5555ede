"""The rooms of the package, from low to high: what each may import besides the rooms before it.

The table is the one of docs/architecture.md. A room that imports more than it says fails here.
"""

import ast
import sys
from collections import Counter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "hpp_analysis"

# Rooms from low to high, in the order of the research, and what each may import besides all that lies below it.
# A folder that is no room of its own belongs to the room it lies in; no room imports a later one.
ROOMS: list[tuple[str, set[str]]] = [
    ("errors", set()),
    ("options", set()),
    ("core.arrays", {"numpy", "scipy"}),
    ("core.correlation", set()),
    ("core.factors", set()),
    ("core.retention", set()),
    ("core.reliability", set()),
    ("core.groups", set()),
    ("core.importance", set()),
    ("core.sem", set()),
    ("core", set()),
    ("texts", {"pandas", "babel"}),
    ("display", set()),
    ("survey", {"pydantic", "yaml", "openpyxl", "pyarrow", "pyreadstat"}),
    ("forms", {"xlsxwriter", "docx"}),
    ("study", set()),
    ("simulation", set()),
    ("plots.parts", {"matplotlib", "seaborn"}),
    ("plots", set()),
    ("disclosure", set()),
    ("common", {"statsmodels"}),
    ("answers", set()),
    ("factors", set()),
    ("models", set()),
    ("reliability", set()),
    ("partners", set()),
    ("drivers", set()),
    ("planning", {"tqdm", "threadpoolctl"}),
    ("findings", set()),
    ("comments", {"sklearn", "faker"}),
    ("followup", set()),
    ("drafts", set()),
    ("explorer", {"ipywidgets", "IPython"}),
    ("publishing", set()),
    ("norms", set()),
    ("report.notebook", {"papermill", "nbformat", "nbclient", "jupyter_client"}),
    ("report.writers", {"nbconvert", "jinja2", "typst", "pptx", "vl_convert"}),
    ("report.run", {"ipykernel", "traitlets", "distributed"}),
    ("report.share", set()),
    ("report", set()),
    ("cli", {"typer", "rich", "click"}),
]
NAMES = [room for room, _extra in ROOMS]
# disclosure is a pure function: it may not know surveys or plots, although they lie below it
NOT_BELOW = {
    "disclosure": {
        "survey",
        "study",
        "simulation",
        "plots",
        "plots.parts",
        "display",
        "texts",
        "matplotlib",
        "seaborn",
        "pydantic",
        "yaml",
        "babel",
    }
}


def room_of(module: str) -> str:
    """The innermost room that a module lies in, by its name below the package: `core.sem.fit` lies in `core.sem`."""
    parts = module.split(".")
    for size in range(len(parts), 0, -1):
        if ".".join(parts[:size]) in NAMES:
            return ".".join(parts[:size])
    raise AssertionError(f"{module!r} lies in no room: add one to the table here and in docs/architecture.md")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[tuple[str, int]]:
    """The full name of each import with its line; imports for type checkers alone included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module
            ours = node.module.split(".")[0] == "hpp_analysis"
            names = [f"{node.module}.{alias.name}" for alias in node.names] if ours else [node.module]
        found |= {(name, node.lineno) for name in names}
    return found


def allowed(room: str) -> tuple[set[str], set[str]]:
    """The rooms and the outer packages that a room may import."""
    below = ROOMS[: NAMES.index(room) + 1]
    rooms = {name for name, _extra in below}
    outer = set().union(*(extra for _name, extra in below))
    return rooms - NOT_BELOW.get(room, set()), outer - NOT_BELOW.get(room, set())


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    room = room_of(module_of(path))
    rooms, outer = allowed(room)
    for name, line in sorted(imports(path)):
        top, _dot, inside = name.partition(".")
        if top == "hpp_analysis":
            if inside in ("", "__version__"):
                continue  # the front door itself loads nothing
            target = room_of(inside)
            assert target in rooms, f"{path.name}:{line} imports {target!r}, a later room than {room!r}"
        else:
            lazy = top == "lazy_loader" and path.name == "__init__.py"  # a room loads its names on first use
            fine = top in sys.stdlib_module_names or top in outer or lazy
            assert fine, f"{path.name}:{line} imports {top!r}, which the room {room!r} may not"


def test_the_table_holds_every_room_once() -> None:
    there = {room_of(module_of(path)) for path in FILES}
    assert there == set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_no_room_is_a_drawer() -> None:
    """In a folder of more files nobody finds anything without knowing its name."""
    sizes = Counter(path.parent for path in FILES if path.name != "__init__.py")
    assert {str(folder): size for folder, size in sizes.items() if size > 30} == {}


def test_rooms_have_no_circles_between_their_files() -> None:
    """Within a room too: files that import each other cannot be read one by one."""
    modules = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path for path in FILES}
    graph = {name: _own_imports(path, modules) for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"circle: {' -> '.join((*trail, name))}"
        if name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def _own_imports(path: Path, modules: dict[str, Path]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("hpp_analysis"):
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in modules else node.module)
    return {name for name in found if name in modules}
