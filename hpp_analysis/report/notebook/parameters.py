"""The parameters of a notebook: what it takes, and whether what it is given fits.

papermill itself only logs a parameter that a notebook does not know, and a misspelled one then has its default.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml
from nbformat import NotebookNode

from hpp_analysis.errors import Failure

RUN_PARAMETERS: dict[str, type] = {
    "responses": list,
    "instrument": str,
    "by": str,
    "client": str,
    "wave": str,
    "language": str,
    "note": str,
}
"""What every report notebook takes, set by the run: see `hpp_analysis.report.run.plan.plan_reports`."""

MAPPING, PLAN, INVITED, WORDS, TOTAL = "mapping", "plan", "invited", "words", "total"
AGREEMENTS, BREAKDOWNS, COMMENTS, NORMS = "agreements", "breakdowns", "comments", "norms"
GIVEN_WHERE_THERE = (MAPPING, PLAN, INVITED, WORDS, TOTAL, AGREEMENTS, BREAKDOWNS, COMMENTS, NORMS)
"""Parameters that the run sets too, for notebooks that take them; a study that has none of them gives an empty value."""
_NEEDED = {
    MAPPING: ("The exports are read with a mapping", "[]", "read_survey"),
    PLAN: ("The study has an analysis plan", '""', "follow_plan"),
    INVITED: ("It is known how many persons were invited", "[]", "response_rate"),
    WORDS: ("The study has words of its own", "{}", "read_survey"),
    TOTAL: ("The reports show a total", "False", "plan_disclosure"),
    COMMENTS: ("The study has reviewed comments", '""', "count_themes"),
    BREAKDOWNS: ("The reports compare groups", "[]", "plan_disclosure"),
    NORMS: ("The study names a norm", "{}", "compare_norms"),
    AGREEMENTS: ("The study has agreements", "[]", "read_agreements"),
}

_NO_LITERAL = object()


@dataclass(frozen=True, slots=True)
class Parameter:
    """A name in the `parameters` cell.

    Attributes
    ----------
    name : str
    default : object
        Its value there; an unspecified object where it is not a literal.
    """

    name: str
    default: Any

    @property
    def type(self) -> type | None:
        """The type that a value must have; None where anything goes."""
        return None if self.default is None or self.default is _NO_LITERAL else type(self.default)


def parameters_cells(notebook: NotebookNode) -> list[tuple[int, str]]:
    """The code cells tagged `parameters`: place and source."""
    return [
        (place, cell.source)
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and "parameters" in cell.metadata.get("tags", [])
    ]


def parameters_of(source: str) -> dict[str, Parameter]:
    r"""The parameters that the source of a `parameters` cell defines.

    Raises
    ------
    SyntaxError
        When the cell is not plain Python.

    Examples
    --------
    >>> parameters_of("weight = 'a = b'  # how\nlevel: float = .95")["level"].default
    0.95
    """
    parameters = {}
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets: list[ast.expr] = [statement.target]
        elif isinstance(statement, ast.Assign):
            targets = statement.targets
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                parameters[target.id] = Parameter(target.id, _literal(statement.value))
    return parameters


def _literal(node: ast.expr | None) -> Any:
    try:
        return ast.literal_eval(node) if node is not None else _NO_LITERAL
    except ValueError:
        return _NO_LITERAL


def check_cell(notebook: NotebookNode, file: str) -> tuple[dict[str, Parameter], list[Failure]]:
    """The parameters of a notebook, and what keeps a run from using it."""
    cells = parameters_cells(notebook)
    if len(cells) != 1:
        rule = f"A report notebook has one cell tagged `parameters`; this one has {len(cells)}."
        return {}, [Failure(rule, "Tag the cell with the defaults, and no other.", file)]
    place, source = cells[0]
    try:
        known = parameters_of(source)
    except SyntaxError as error:
        rule = f"The `parameters` cell is plain Python (cell {place + 1}, line {error.lineno}: {error.msg})."
        return {}, [Failure(rule, "Correct it.", file)]
    failures = []
    for name, needed in RUN_PARAMETERS.items():
        if name not in known:
            rule = f"A report notebook takes the parameters {', '.join(RUN_PARAMETERS)}; {name!r} is not there."
            failures.append(Failure(rule, f"Give {name!r} a default in the `parameters` cell.", file))
        elif known[name].type not in (needed, None):
            rule = f"The parameter {name!r} is a {needed.__name__}."
            failures.append(Failure(rule, "Correct its default.", file, value=repr(known[name].default)))
    return known, failures


def takes(notebook: NotebookNode, name: str) -> bool:
    """Whether the notebook's `parameters` cell has this name."""
    return any(name in parameters_of(source) for _place, source in parameters_cells(notebook))


def check_takes(values: Mapping[str, Any], notebook: NotebookNode, file: str) -> Iterator[Failure]:
    """What a study has, and the notebook has no parameter for."""
    for name, (what, empty, verb) in _NEEDED.items():
        if values[name] and not takes(notebook, name):
            rule = f"{what}; the notebook takes no parameter {name!r}."
            yield Failure(rule, f"Add `{name} = {empty}` to its `parameters` cell, and give it to `{verb}`.", file)


def check_user_values(
    user_values: Mapping[str, Any], known: Mapping[str, Parameter], file: str
) -> tuple[dict[str, Any], list[Failure]]:
    """The values that a user gives to a notebook, read as the types of their defaults, and what is wrong."""
    values, failures = {}, []
    free = [name for name in known if name not in (*RUN_PARAMETERS, *GIVEN_WHERE_THERE)]
    for name, value in user_values.items():
        if name in (*RUN_PARAMETERS, *GIVEN_WHERE_THERE):
            rule = f"The run sets {', '.join(RUN_PARAMETERS)}."
            failures.append(Failure(rule, "Use the option for it.", file, None, None, f"{name}={value}"))
        elif name not in known:
            closest = get_close_matches(name, free, 1)
            choices = f"Did you mean {closest[0]!r}?" if closest else f"It takes {', '.join(free) or 'no others'}."
            failures.append(Failure("The notebook knows the parameter.", choices, file, value=name))
        else:
            values[name] = _read(value, known[name].type)
            failures += _misfits(name, values[name], known[name], file)
    return values, failures


def public_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters without paths, and without what names other clients of the study: names of exports, and mappings.

    Examples
    --------
    >>> public_parameters({"responses": ["/home/me/study/a.csv"], "mapping": [{"items": {}}], "wave": ""})
    {'responses': ['responses-1.csv'], 'mapping': ['mapping-1.yaml'], 'wave': ''}
    """
    public = {**parameters}
    exports, mappings = public.get("responses"), public.get(MAPPING)
    if isinstance(exports, list):
        public["responses"] = [f"responses-{number}{Path(path).suffix}" for number, path in enumerate(exports, start=1)]
    if isinstance(mappings, list):  # that of another export may say whose answers it holds
        public[MAPPING] = [f"mapping-{number}.yaml" for number, _mapping in enumerate(mappings, start=1)]
    spoken = {*RUN_PARAMETERS} - {"responses", "instrument"}
    return {name: value if name in spoken else _without_folders(value) for name, value in public.items()}


def _without_folders(value: Any) -> Any:
    """Plain data with the name of a file in the place of its path, whatever system it is of."""
    if isinstance(value, dict):
        return {_without_folders(key): _without_folders(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_without_folders(part) for part in value]
    if isinstance(value, str):
        kind = next(
            (path_class for path_class in (PurePosixPath, PureWindowsPath) if path_class(value).is_absolute()), None
        )
        return kind(value).name if kind else value
    return value


def _read(value: Any, wanted: type | None) -> Any:
    """A text, as a command line has it, in the type of the default; anything else as it is."""
    if not isinstance(value, str) or wanted in (str, None):
        return value
    try:
        if wanted in (int, float):
            return wanted(value)
        return yaml.safe_load(value)
    except (ValueError, yaml.YAMLError):
        return value


def _misfits(name: str, value: Any, parameter: Parameter, file: str) -> Iterator[Failure]:
    wanted = parameter.type
    fits = wanted is None or type(value) is wanted or (wanted is float and type(value) is int)
    if not fits and wanted is not None:
        rule = f"The parameter {name!r} is a {wanted.__name__}, as its default {parameter.default!r}."
        yield Failure(rule, "Give such a value.", file, value=repr(value))
    elif not _is_plain(value):
        rule = f"The parameter {name!r} is text, a number, a list or a mapping of these."
        yield Failure(rule, "Give such a value.", file, value=type(value).__name__)


def _is_plain(value: Any) -> bool:
    """Whether a value can be written into a notebook."""
    if isinstance(value, list):
        return all(_is_plain(part) for part in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    return value is None or isinstance(value, str | bool | int | float)
