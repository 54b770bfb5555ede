"""Everything that this package raises or warns about.

Each message has three parts: the rule, what was given, and what to do. Catch the class, never the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 80  # characters of a value that are spelled out
_SHOWN = 25  # problems spelled out in a message; the rest are counted and stay in `.failures`


class HppError(Exception):
    """The root of all errors of this package."""


class OptionError(HppError, ValueError):
    """An option has a value that it cannot have."""


class NotIdentifiedError(HppError):
    """A model has more unknowns than the data can settle."""


class ConvergenceError(HppError):
    """An iteration ended without an answer."""


class DisclosureError(HppError):
    """A result would show what a small group answered."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is wrong with an input, and the way out.

    Attributes
    ----------
    rule : str
        What should hold.
    remedy : str
        What to do.
    file, row, column, value : str, int, str, str, optional
        Where, and what was found there. `row` counts as a spreadsheet does: the header is row 1.
    """

    rule: str
    remedy: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        places = [
            self.file,
            None if self.row is None else f"row {self.row}",
            None if self.column is None else f"column {self.column!r}",
            None if self.value is None else f"value {self.value!r}",
        ]
        place = ", ".join(part for part in places if part)
        return f"{place + ': ' if place else ''}{self.rule} {self.remedy}"


class FailuresError(HppError):
    """All problems of one input, told at once.

    Parameters
    ----------
    failures : iterable of Failure
        At least one.

    Attributes
    ----------
    failures : tuple of Failure
        Every problem, also those that the message only counts.
    """

    def __init__(self, failures: Iterable[Failure]) -> None:
        self.failures = tuple(failures)
        problems = problems_of(self.failures)
        lines = problems[:_SHOWN]
        if len(problems) > len(lines):
            lines.append(f"... and {len(problems) - len(lines)} more; all are in the error's `failures`.")
        head = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        super().__init__("\n".join([f"{head}:", *(f"- {line}" for line in lines)]))


def problems_of(failures: Iterable[Failure]) -> list[str]:
    """One text for each problem: failures with the same rule and remedy are one.

    It says how often each value stands there, in which columns and files, and where the first stands.

    Examples
    --------
    >>> rule, remedy = "An answer must be a number.", "Correct it."
    >>> print(*problems_of(Failure(rule, remedy, "a.csv", row, "q1", "soso") for row in (2, 3, 5)))
    a.csv, column 'q1', value 'soso' (3 times), first in row 2: An answer must be a number. Correct it.
    """
    groups: dict[tuple[str, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.rule, failure.remedy), []).append(failure)
    return [str(group[0]) if len(group) == 1 else _merged_text(group) for group in groups.values()]


def _merged_text(group: list[Failure]) -> str:
    """Several failures with one cause in one text."""
    first = group[0]
    files = list(dict.fromkeys(failure.file for failure in group if failure.file))
    columns = list(dict.fromkeys(failure.column for failure in group if failure.column is not None))
    values = Counter(failure.value for failure in group if failure.value is not None)
    places = []
    if files:
        places.append(_listed(files, "files", quoted=False))
    if columns:
        places.append(_listed(list(map(_brief, columns)), "columns"))
    if values:
        counted = [f"{_brief(value)} ({n} time{'s'[: n > 1]})" for value, n in values.most_common()]
        once = max(values.values()) == 1
        places.append(_listed(list(map(_brief, values)) if once else counted, "values", most=12))
    else:
        places.append(f"{len(group)} times")
    if first.row is not None and len({(failure.file, failure.row, failure.column) for failure in group}) > 1:
        at = [first.file if len(files) > 1 else None, f"row {first.row}"]
        at.append(f"column {_brief(first.column or '')}" if len(columns) > 1 else None)
        places.append(f"first in {', '.join(part for part in at if part)}")
    return f"{', '.join(places)}: {first.rule} {first.remedy}"


def _brief(text: str) -> str:
    """A text in quotes, its end cut off where it is long."""
    return repr(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _listed(names: list[str], kind: str, *, most: int = 3, quoted: bool = True) -> str:
    """Names of one kind: the only one, or how many there are and the first few."""
    if len(names) == 1:
        return f"{kind.removesuffix('s')} {names[0]}" if quoted else names[0]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{len(names)} {kind} ({', '.join(names[:most])}{more})"


class InstrumentError(FailuresError):
    """A questionnaire file does not say what it should."""


class SurveyError(FailuresError):
    """A survey export cannot be read as answers to the instrument."""


class ReportError(FailuresError):
    """Reports cannot be made as asked; nothing was written."""


class NormError(FailuresError):
    """A norm cannot be read, or not used as asked."""


class ModelSyntaxError(FailuresError):
    """A model cannot be read: each failure names the line, the token and what was expected there."""


class AnswersError(FailuresError):
    """Answers to which a model cannot be fitted: a variable or group is absent, constant or too small."""
