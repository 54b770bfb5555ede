"""The task that a worker gets, and the result that it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hpp_analysis.options import EDITIONS, Edition
from hpp_analysis.report.run.limits import Engine


@dataclass(frozen=True, slots=True)
class ReportTask:
    """One report for a worker to make.

    Attributes
    ----------
    notebook : str
        The path of the notebook in the report's language.
    parameters : mapping
    language : str
    formats : list of str
    editions : list of str
    folder : str
        Where the report will appear; it is built in the hidden sibling of this folder.
    failed : str
        Where the broken notebook goes.
    timeout : float or None
        Seconds that the report may take.
    memory : int or None
        Bytes of data that the process of its notebook may have.
    engine : {"fork", "kernel"} or None
        What executes its notebook; None: what the worker of a scheduler can do.
    appearance : mapping
        Brand and draft, as `Appearance.plain` gives them.
    commentary : mapping
        By section what the consultant adds.
    words : mapping
        The study's words, as `Wording.plain` gives them.
    """

    notebook: str
    parameters: Mapping[str, Any]
    language: str
    formats: list[str]
    folder: str
    failed: str
    timeout: float | None = None
    memory: int | None = None
    engine: Engine | None = "kernel"
    appearance: Mapping[str, Any] = field(default_factory=dict)
    commentary: Mapping[str, list[str]] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    editions: list[Edition] = field(default_factory=lambda: list(EDITIONS))


@dataclass(frozen=True, slots=True)
class TaskResult:
    """The outcome of a task.

    Attributes
    ----------
    status : str
        "made", "failed", or "empty": it would have no number, so nothing was written.
    seconds : float
    warnings : int
        Outputs that went to stderr.
    withheld : int
        Table rows that the disclosure plan emptied.
    files : list of dict
        path (in the folder), bytes and sha256 of each.
    broken : dict or None
        kind, message, cell and source of what stopped it.
    nothing : {"", "too_few", "no_answers"}
        Why it would have no number.
    cpu : float
        Seconds of processor time; 0 where it was not measured.
    memory : int
        The most bytes that its process held, with what it shared with others; 0 where it was not measured.
    """

    status: str
    seconds: float = 0.0
    warnings: int = 0
    withheld: int = 0
    files: list[dict[str, Any]] = field(default_factory=list)
    broken: dict[str, Any] | None = None
    nothing: str = ""
    cpu: float = 0.0
    memory: int = 0
