"""The rooms of the package, from low to high: what each may import besides the rooms before it.

The table is the one of docs/architecture.md. A room that imports more than it says fails here.
"""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "hpp_analysis"

# (rooms of one floor, what this floor may import besides everything that lower floors may)
FLOORS: list[tuple[set[str], set[str]]] = [
    ({"errors", "options"}, set()),
    ({"core"}, {"numpy", "scipy"}),
    ({"display", "texts"}, {"pandas", "babel"}),
    ({"survey"}, {"pydantic", "yaml", "openpyxl", "pyarrow", "pyreadstat"}),
    ({"plots"}, {"matplotlib", "seaborn"}),
    ({"disclosure"}, set()),
    ({"analysis"}, {"statsmodels", "joblib"}),
    (
        {"report"},
        {
            "papermill",
            "nbconvert",
            "nbformat",
            "nbclient",
            "jupyter_client",
            "jinja2",
            "xlsxwriter",
            "typst",
            "docx",
        },
    ),
    ({"cli"}, {"typer", "rich", "click"}),
]
# disclosure is a pure function: it may not know surveys or plots, although they lie below it
NOT_BELOW = {
    "disclosure": {
        "survey",
        "plots",
        "display",
        "texts",
        "matplotlib",
        "seaborn",
        "pydantic",
        "yaml",
        "babel",
    }
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[tuple[str, int]]:
    """The top-level name of each import, or the room for our own; imports for type checkers alone included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            assert node.module
            names = [
                f"{node.module}.{alias.name}" if node.module == "hpp_analysis" else node.module
                for alias in node.names
            ]
        for name in names:
            parts = name.split(".")
            found.add(
                (
                    f"hpp_analysis.{parts[1]}" if parts[0] == "hpp_analysis" and len(parts) > 1 else parts[0],
                    node.lineno,
                )
            )
    return found


def allowed(room: str) -> tuple[set[str], set[str]]:
    """The rooms and the outer packages that a room may import."""
    rooms: set[str] = set()
    outer: set[str] = set()
    for floor, extra in FLOORS:
        rooms |= floor
        outer |= extra
        if room in floor:
            return rooms - NOT_BELOW.get(room, set()), outer - NOT_BELOW.get(room, set())
    raise AssertionError(f"{room!r} is no room: add it to the table in this test and to docs/architecture.md")


FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PACKAGE)) for path in FILES])
def test_a_room_imports_only_what_lies_below_it(path: Path) -> None:
    rooms, outer = allowed(room_of(path))
    for name, line in sorted(imports(path)):
        top = name.split(".")[0]
        if top == "hpp_analysis":
            if name in ("hpp_analysis", "hpp_analysis.__version__"):
                continue  # the front door itself loads nothing
            target = name.split(".")[1]
            assert target in rooms, f"{path.name}:{line} imports the room {target!r} from above"
        else:
            fine = top in sys.stdlib_module_names or top in outer
            assert fine, f"{path.name}:{line} imports {top!r}, which the room {room_of(path)!r} may not"


def test_the_table_holds_every_room() -> None:
    known = {room for floor, _extra in FLOORS for room in floor}
    there = {room_of(path) for path in FILES}
    assert there == known


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
