"""Everything that this package raises or warns about.

Each message has three parts: the rule, what was given, and what to do. Catch the class, never the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 25  # failures spelled out in a message; the rest are counted and stay in `.failures`


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


class HppWarning(UserWarning):
    """The root of all warnings of this package."""


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
        lines = [str(failure) for failure in self.failures[:_SHOWN]]
        hidden = len(self.failures) - len(lines)
        if hidden > 0:
            lines.append(f"... and {hidden} more of this kind; all are in the error's `failures`.")
        head = "1 problem" if len(self.failures) == 1 else f"{len(self.failures)} problems"
        super().__init__("\n".join([f"{head}:", *(f"- {line}" for line in lines)]))


class InstrumentError(FailuresError):
    """A questionnaire file does not say what it should."""


class SurveyError(FailuresError):
    """A survey export cannot be read as answers to the instrument."""


class ReportError(FailuresError):
    """Reports cannot be made as asked; nothing was written."""


class ModelSyntaxError(FailuresError):
    """A model cannot be read: each failure names the line, the token and what was expected there."""


class AnswersError(FailuresError):
    """Answers to which a model cannot be fitted: a variable or group is absent, constant or too small."""
