"""Write docs/api.md: the public names with their signatures and documentation."""

import inspect
import sys
from importlib import import_module
from pathlib import Path

import hpp_analysis

PAGE = Path(__file__).parent / "api.md"


def public() -> dict[str, str]:
    """Each public function and class, and the module that it is imported from: the package itself, else its room."""
    rooms = [name for name in hpp_analysis.__all__ if inspect.ismodule(getattr(hpp_analysis, name))]
    homes = [f"hpp_analysis.{room}" for room in rooms] + ["hpp_analysis"]
    names = {name: home for home in homes for name in import_module(home).__all__ if name not in rooms}
    return {name: home for name, home in names.items() if callable(getattr(import_module(home), name))}


def entry(name: str, home: str) -> str:
    """One public name as Markdown."""
    thing = getattr(import_module(home), name)
    documentation = inspect.getdoc(thing) or ""
    try:
        signature = str(inspect.signature(thing)) if not inspect.isclass(thing) else ""
    except ValueError:
        signature = ""
    if inspect.isclass(thing):
        methods = [
            f"    {method}{inspect.signature(function)}\n        {(inspect.getdoc(function) or '').splitlines()[0]}"
            for method, function in inspect.getmembers(thing, inspect.isfunction)
            if not method.startswith("_") and function.__module__.startswith("hpp_analysis")
        ]
        documentation += "\n\nMethods\n-------\n" + "\n".join(methods) if methods else ""
    return f"## {name}\n\n```python\n{home}.{name}{signature}\n```\n\n```text\n{documentation}\n```\n"


def page() -> str:
    """The whole page."""
    homes = public()
    names = sorted(homes, key=lambda name: (name[0].isupper(), name))  # functions first
    head = "# Public names\n\nMade by `make docs` from the docstrings.\n"
    return "\n".join([head, *(entry(name, homes[name]) for name in names)])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{PAGE.name}: {len(public())} names\n")
