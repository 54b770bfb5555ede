"""Write docs/api.md: the public names with their signatures and documentation."""

import inspect
import sys
from pathlib import Path

import hpp_analysis

PAGE = Path(__file__).parent / "api.md"


def entry(name: str) -> str:
    """One public name as Markdown."""
    thing = getattr(hpp_analysis, name)
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
    return f"## {name}\n\n```python\n{name}{signature}\n```\n\n```text\n{documentation}\n```\n"


def page() -> str:
    """The whole page."""
    functions = sorted(name for name in hpp_analysis.__all__ if name[0].islower())
    types = sorted(name for name in hpp_analysis.__all__ if name[0].isupper())
    head = "# Public names\n\nMade by `make docs` from the docstrings.\n"
    return "\n".join([head, *(entry(name) for name in (*functions, *types))])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    sys.stdout.write(f"{PAGE.name}: {len(hpp_analysis.__all__)} names\n")
