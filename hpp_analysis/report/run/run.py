"""Carry out a plan: every report whole or not at all, and a list of what was made."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.report.run import index, manifest
from hpp_analysis.report.run.folders import appear, claimed, discard, in_the_way, partial_of, tidy, write_aside
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.plan import Job, ReportPlan
from hpp_analysis.report.run.pool import make_all
from hpp_analysis.report.run.released import in_use
from hpp_analysis.report.run.tasks import ReportTask, TaskResult

_FAILED = "failed"
_REPORTS = "*/*/notebook.ipynb"
_PAUSE = 20  # writing the lists takes at most one part in so many of the time of a run
_MOST_NAMES = 10


@dataclass(frozen=True)
class RunReport:
    """What a run has made.

    Attributes
    ----------
    outcomes : tuple of Outcome
        In the order of the plan; reports of an earlier run that this one leaves as they are come after them.
    index, manifest : Path
        The list of reports, for people and for machines.
    notes : tuple of str
        What was found besides: reports in the folder that are not in the list.
    """

    outcomes: tuple[Outcome, ...]
    index: Path
    manifest: Path
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The reports that could not be made."""
        return tuple(outcome for outcome in self.outcomes if outcome.failed)

    @property
    def empty(self) -> tuple[Outcome, ...]:
        """The reports that would have no number, and were not written."""
        return tuple(outcome for outcome in self.outcomes if outcome.result.status == "empty")


def run_reports(
    plan: ReportPlan,
    *,
    jobs: int | None = None,
    timeout: float | None = None,
    on_progress: Callable[[Outcome], None] | None = None,
) -> RunReport:
    """Make the reports of a plan.

    Parameters
    ----------
    plan : ReportPlan
        From `plan_reports`.
    jobs : int, optional
        How many reports are made side by side; by default as many as there are processors.
    timeout : float, optional
        Seconds that one cell of a notebook may take; by default it takes what it needs.
    on_progress : callable, optional
        Called with the outcome of each report as soon as it is known.

    Returns
    -------
    RunReport
        Reports that failed are part of it: their broken notebooks are in the folder `failed`, and the other
        reports were made all the same. The lists are kept up to date meanwhile: a run that is stopped leaves the list
        of the reports that are there.

    Raises
    ------
    ReportError
        When another run is writing into the same folder, or nothing can be written there.
    """
    scratch = Path(tempfile.mkdtemp(prefix="hpp-"))
    try:
        with claimed(plan.out), in_use(plan.ledger, plan.out / manifest.FILE, anew=plan.release_anew):
            return _run(plan, scratch, jobs, timeout, on_progress)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run(
    plan: ReportPlan,
    scratch: Path,
    jobs: int | None,
    timeout: float | None,
    on_progress: Callable[[Outcome], None] | None,
) -> RunReport:
    tidy(plan.out)
    lists = _Lists(plan)
    tasks = [_task_of(job, plan, scratch, timeout) for job in plan.jobs]
    possible: list[int] = []
    for place, (job, task) in enumerate(zip(plan.jobs, tasks, strict=True)):
        _forget(Path(task.failed))
        if (obstacle := in_the_way(plan.out / job.folder)) is None:
            possible.append(place)
        else:
            lists.add(place, _blocked(job, obstacle.relative_to(plan.out)))
    try:
        if on_progress is not None:
            for outcome in lists.outcomes_by_place.values():
                on_progress(outcome)
        side_by_side = max(1, min(jobs or _processors(), len(possible)))
        for place, result in make_all([tasks[place] for place in possible], jobs=side_by_side, scratch=scratch):
            outcome = _settled(plan.jobs[possible[place]], result, plan.out)
            lists.add(possible[place], outcome)
            if on_progress is not None:
                on_progress(outcome)
    finally:
        tidy(plan.out)  # of what was interrupted nothing stays; after a power cut, the next run tidies up
        lists.write()
    failed = plan.out / _FAILED
    if failed.is_dir() and not failed.is_symlink() and not any(failed.iterdir()):
        failed.rmdir()
    return RunReport(tuple(lists.outcomes), lists.index, lists.manifest, tuple(lists.notes))


class _Lists:
    """The two lists of a run. They are kept up to date while it works: whenever it stops, they list the reports that exist."""

    def __init__(self, plan: ReportPlan) -> None:
        self.index, self.manifest = plan.out / index.FILE, plan.out / manifest.FILE
        self.outcomes_by_place: dict[int, Outcome] = {}
        self._plan = plan
        self._description = manifest.describe_run(plan)
        self._earlier, self._changed = manifest.earlier_outcomes(plan.out, self._description)
        self._written, self._cost = 0.0, 0.0
        for path in (self.index, self.manifest):
            if path.is_dir() or partial_of(path).is_dir():
                rule = f"The list of the reports is a file, {path.name}; a folder of that name is in the way."
                raise ReportError([Failure(rule, "Rename or remove the folder.", value=str(path))])

    @property
    def outcomes(self) -> list[Outcome]:
        """Those of this run in the order of the plan, then those of earlier runs that it has not made anew."""
        now = [self.outcomes_by_place[place] for place in sorted(self.outcomes_by_place)]
        again = {(outcome.slug, outcome.language) for outcome in now}
        return [*now, *(outcome for outcome in self._earlier if (outcome.slug, outcome.language) not in again)]

    @property
    def notes(self) -> list[str]:
        """Which reports are in the folder and not in the list, so that nobody takes them for reports of this run."""
        listed = {f"{outcome.slug}/{outcome.language}" for outcome in self.outcomes if outcome.ok}
        folders = {path.parent.relative_to(self._plan.out).as_posix() for path in self._plan.out.glob(_REPORTS)}
        notes = []
        if changed := [name for name in self._changed if name not in listed]:
            notes.append(
                f"Not in the list, because files were changed or removed since they were made: {_some(changed)}. "
                "Make these reports again."
            )
        if unlisted := sorted(folders - listed - set(changed)):
            notes.append(
                f"Not in the list, because earlier runs made them of other answers or with other settings: {_some(unlisted)}. "
                "Remove these folders, or make the reports again."
            )
        return notes

    def add(self, place: int, outcome: Outcome) -> None:
        """List one more report; in large runs not each at once, so that writing the lists takes little of the time."""
        self.outcomes_by_place[place] = outcome
        if time.monotonic() - self._written >= _PAUSE * self._cost:
            self.write()

    def write(self) -> None:
        """Write both lists, the one for machines last; a run that has made nothing leaves those of the run before it."""
        if not self.outcomes_by_place:
            return
        start = time.monotonic()
        waiting = [job for place, job in enumerate(self._plan.jobs) if place not in self.outcomes_by_place]
        outcomes, notes = self.outcomes, self.notes if not waiting else []
        write_aside(self.index, index.index_html(self._plan, outcomes, waiting=waiting, notes=notes), private=True)
        write_aside(
            self.manifest,
            manifest.manifest_json(self._description, outcomes, waiting=len(waiting), notes=notes),
            private=True,
        )
        self._written = time.monotonic()
        self._cost = self._written - start


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def _blocked(job: Job, obstacle: Path) -> Outcome:
    """A report that is not begun, because something stands where it has to be built."""
    message = (
        f"A report is made in folders of its own, without following links; {obstacle.as_posix()} is in the way. "
        "Look what it is, rename or remove it, and make the report again."
    )
    broken = {"kind": "InTheWay", "message": message, "cell": None, "source": ""}
    return Outcome(job.client, job.slug, job.language, TaskResult("failed", broken=broken), kind=job.kind)


def _forget(failed: Path) -> None:
    """Remove the broken notebook of an earlier run."""
    if not failed.parent.is_symlink():
        with suppress(OSError):
            failed.unlink(missing_ok=True)


def _processors() -> int:
    """Processors that this process may use; in a container they are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _task_of(job: Job, plan: ReportPlan, scratch: Path, timeout: float | None) -> ReportTask:
    notebook = scratch / f"{job.kind}-{job.language}.ipynb"
    if not notebook.exists():
        texts = plan.overviews if job.kind == "overview" else plan.notebooks
        notebook.write_text(texts[job.language], encoding="utf-8")
    return ReportTask(
        notebook=str(notebook),
        parameters=dict(job.parameters),
        language=job.language,
        formats=list(plan.formats),
        folder=str(plan.out / job.folder),
        failed=str(plan.out / _FAILED / f"{job.slug}-{job.language}.ipynb"),
        timeout=timeout,
        appearance=plan.appearance.plain(),
        commentary=dict(job.commentary),
        words=plan.words.plain(),
    )


def _settled(job: Job, result: TaskResult, out: Path) -> Outcome:
    """Let a finished report appear; what another one left is removed."""
    folder = out / job.folder
    if result.status == "made":
        try:
            appear(folder)
        except OSError as error:
            why = f"The finished report could not be put in its place ({error.strerror or error}). "
            remedy = "Look what is there, rename or remove it, and make the report again."
            broken = {"kind": type(error).__name__, "message": why + remedy, "cell": None, "source": ""}
            result = replace(result, status="failed", files=[], broken=broken)
    if result.status != "made":
        discard(folder)
    about = str(job.parameters["client"])
    return Outcome(job.client, job.slug, job.language, result, kind=job.kind, about=about)
