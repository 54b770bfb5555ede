"""Carry out a plan: every report whole or not at all, and a list of what was made."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.report.run import index, journal, manifest
from hpp_analysis.report.run.folders import (
    FAILED,
    OUTDATED,
    appear,
    broken_notebook,
    check_room,
    claimed,
    discard,
    in_the_way,
    partial_of,
    scratch_folder,
    set_aside,
    tidy,
    told,
    write_aside,
)
from hpp_analysis.report.run.journal import Journal, Record, ledger_before
from hpp_analysis.report.run.limits import SECONDS, Engine, check_limits, limits_of
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.origins import STUDY, Origins, describe_reasons
from hpp_analysis.report.run.plan import Job, ReportPlan
from hpp_analysis.report.run.pool import make_all
from hpp_analysis.report.run.released import in_use, ledger_id
from hpp_analysis.report.run.scheduler import make_by_scheduler, shared_folder
from hpp_analysis.report.run.standing import FORCED, Standing, review
from hpp_analysis.report.run.tasks import ReportTask, TaskResult

_REPORTS = "*/*/notebook.ipynb"
_PAUSE = 20  # writing the lists takes at most one part in so many of the time of a run
_MOST_NAMES = 10


@dataclass(frozen=True)
class RunReport:
    """What a run has made.

    Attributes
    ----------
    outcomes : tuple of Outcome
        In the order of the plan, those that an earlier run made too; reports that are not part of the plan come after them.
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
        """The reports that this run could not make."""
        return tuple(outcome for outcome in self.outcomes if outcome.failed and not outcome.earlier)

    @property
    def empty(self) -> tuple[Outcome, ...]:
        """The reports that would have no number, and were not written."""
        return tuple(outcome for outcome in self.outcomes if outcome.result.status == "empty")


def run_reports(
    plan: ReportPlan,
    *,
    jobs: int | None = None,
    timeout: float | None = SECONDS,
    memory: int | None = None,
    engine: Engine | None = None,
    scheduler: str | None = None,
    force: bool = False,
    on_progress: Callable[[Outcome], None] | None = None,
) -> RunReport:
    """Make the reports of a plan that are not there yet.

    Parameters
    ----------
    plan : ReportPlan
        From `plan_reports`.
    jobs : int, optional
        How many reports are made side by side; by default as many as there are processors.
    timeout : float or None
        Seconds that a report may take; None: what it needs.
    memory : int, optional
        Bytes of data that the process of a notebook may hold; by default its share of this machine's memory. Only Linux
        can limit it.
    engine : {"fork", "kernel"}, optional
        What executes the notebooks: a process that is forked from a warm one, or the stock kernel. By default the first
        where the system can do it, as Linux can. Both give the same reports.
    scheduler : str, optional
        The address of a Dask scheduler, whose workers make the reports; by default this machine makes them. The workers must
        see the folder of the reports and the inputs under the same paths, and have the same package and libraries. Then
        `jobs` is by default as many as they have threads, and each worker decides by its own system what `engine` and `memory`
        are by default.
    force : bool
        Whether reports that are there are made anew too.
    on_progress : callable, optional
        Called with the outcome of each report as soon as it is known; first with those that are there already.

    Returns
    -------
    RunReport
        Reports that failed are part of it: their broken notebooks are in the folder `failed`, and the other
        reports were made all the same.

    Raises
    ------
    ReportError
        When another run is writing into the same folder, workers lack what they need, something cannot be written, or a
        file that the reports are made from changes meanwhile. Reports that are finished stay.

    Notes
    -----
    Each finished report goes into a journal, with hashes of its files and of all that it was made from. However a run
    ends, the next one keeps the reports that it would make equal, and makes the rest.
    """
    side_by_side = max(1, min(jobs or _processors(), len(plan.jobs)))
    limits: dict[str, Any] = {"timeout": timeout, "memory": memory, "engine": engine}
    if scheduler is None:
        limits = limits_of(side_by_side, **limits)
    else:  # what this machine has does not count: each worker decides for itself
        check_limits(**limits)
        side_by_side = jobs or 0
    with (
        scratch_folder() as scratch,
        claimed(plan.out),
        told(plan.out),
        in_use(plan.ledger, ledger_before(plan.out), anew=plan.release_anew),
    ):
        return _run(plan, scratch, side_by_side, limits, on_progress, scheduler=scheduler, force=force)


def _run(
    plan: ReportPlan,
    scratch: Path,
    jobs: int,
    limits: Mapping[str, Any],
    on_progress: Callable[[Outcome], None] | None,
    *,
    scheduler: str | None,
    force: bool,
) -> RunReport:
    tidy(plan.out)
    origins = Origins(plan)
    lists = _Lists(plan, review(plan, origins, force=force), origins.study)
    to_make: list[int] = []
    for place, decision in enumerate(lists.decisions):
        _forget(plan.out / broken_notebook(decision.job.slug, decision.job.language))
        if (obstacle := in_the_way(plan.out / decision.job.folder)) is not None:
            lists.add(place, _blocked(decision.job, obstacle.relative_to(plan.out)))
        elif decision.earlier is not None:
            lists.add(place, decision.earlier)
        else:
            to_make.append(place)
    if scheduler is not None:
        scratch = shared_folder(plan.out)
    try:
        if on_progress is not None:
            for outcome in lists.outcomes_by_place.values():
                on_progress(outcome)
        tasks = [_task_of(plan.jobs[place], plan, scratch, limits) for place in to_make]
        with closing(_make(tasks, jobs, scratch, scheduler, origins)) as results:  # before `tidy`
            for number, result in results:
                if (changed := origins.changed_file()) is not None:
                    raise _changed_meanwhile(changed)
                outcome = _settled(plan.jobs[to_make[number]], result, plan.out)
                lists.add(to_make[number], outcome)
                if on_progress is not None:
                    on_progress(outcome)
                if outcome.failed:
                    check_room(plan.out)
    finally:
        tidy(plan.out)  # of what was interrupted nothing stays; after a power cut, the next run tidies up
        lists.write()
    failed = plan.out / FAILED
    if failed.is_dir() and not failed.is_symlink() and not any(failed.iterdir()):
        failed.rmdir()
    return RunReport(tuple(lists.outcomes), lists.index, lists.manifest, tuple(lists.notes))


def _make(
    tasks: Sequence[ReportTask], jobs: int, scratch: Path, scheduler: str | None, origins: Origins
) -> Generator[tuple[int, TaskResult], None, None]:
    """The place of each task with its result, from here or from the workers of a scheduler."""
    if not tasks:
        return
    if scheduler is None:
        yield from make_all(tasks, jobs=max(1, min(jobs, len(tasks))), scratch=scratch)
    else:
        yield from make_by_scheduler(tasks, address=scheduler, jobs=jobs or None, shared=scratch, files=origins.files)


def _changed_meanwhile(file: str) -> ReportError:
    rule = "What reports are made from must stay as it is while they are made; this file was changed or removed."
    remedy = "Run again: reports that would be otherwise now are made anew, the others stay."
    return ReportError([Failure(rule, remedy, file)])


class _Lists:
    """The journal and the two lists of a run.

    The journal has each report at once. The lists are written now and then, and when the run stops: those of a killed run may
    lack its last reports, and the next run completes them from the journal.
    """

    def __init__(self, plan: ReportPlan, standing: Standing, study: str) -> None:
        self.index, self.manifest = plan.out / index.FILE, plan.out / manifest.FILE
        self.outcomes_by_place: dict[int, Outcome] = {}
        self.decisions = standing.decisions
        self._plan, self._standing, self._study = plan, standing, study
        self._description = manifest.describe_run(plan)
        self._why_moved: dict[str, tuple[str, ...]] = {}
        self._why_outdated = dict(standing.outdated)
        self._still_there: list[str] = []
        self._written, self._cost = 0.0, 0.0
        for path in (self.index, self.manifest, plan.out / journal.FILE):
            if path.is_dir() or partial_of(path).is_dir():
                rule = f"The list of the reports must be a file, {path.name}; a folder of that name is in the way."
                raise ReportError([Failure(rule, "Rename or remove the folder.", value=str(path))])
        if not plan.only:  # the run is about the whole folder
            for folder, why in standing.outdated.items():
                self._set_aside(folder, why)
        records = [record for folder, record in standing.records.items() if folder not in self._why_moved]
        self._journal = Journal(plan.out, records, ledger_id(plan.ledger))
        self._why_outdated |= {
            decision.job.folder.as_posix(): decision.why
            for decision in self.decisions
            if decision.is_there and decision.why != FORCED
        }

    @property
    def outcomes(self) -> list[Outcome]:
        """Those of this run in the order of the plan, then those of earlier runs that are not part of it."""
        now = [self.outcomes_by_place[place] for place in sorted(self.outcomes_by_place)]
        return [*now, *(record.outcome for record in self._standing.beside)]

    @property
    def notes(self) -> list[str]:
        """Which reports are in the folder and not in the list, so that nobody takes them for reports of this run."""
        listed = {f"{outcome.slug}/{outcome.language}" for outcome in self.outcomes if outcome.ok}
        folders = {path.parent.relative_to(self._plan.out).as_posix() for path in self._plan.out.glob(_REPORTS)}
        notes = [
            f"Not in the list, because an earlier run made them ({reason}): {_some(names)}. "
            "Make these reports again, or remove their folders."
            for reason, names in _by_reason(self._why_outdated).items()
        ]
        notes += [
            f"Moved to the folder {OUTDATED!r}, because an earlier run made them ({reason}): {_some(names)}."
            for reason, names in _by_reason(self._why_moved).items()
        ]
        if changed := self._standing.changed:
            notes.append(
                f"Not in the list, because files were changed or removed since they were made: {_some(changed)}. "
                "Make these reports again."
            )
        if self._still_there:
            notes.append(
                f"Could not be made anew; what an earlier run made of the same is still there: {_some(self._still_there)}."
            )
        if unknown := folders - listed - {*self._why_outdated, *changed, *self._still_there, *self._waiting_folders()}:
            notes.append(
                f"Not in the list, because it is not known what they were made from: {_some(sorted(unknown))}. "
                "Make these reports again, or remove their folders."
            )
        return notes

    def add(self, place: int, outcome: Outcome) -> None:
        """List one more report; in large runs not each at once, so that writing the lists takes little of the time."""
        decision, folder = self.decisions[place], f"{outcome.slug}/{outcome.language}"
        self.outcomes_by_place[place] = outcome
        if outcome.failed and decision.is_there and decision.why == FORCED:
            self._still_there.append(folder)
        elif not outcome.earlier:
            if not outcome.ok and decision.is_there:
                self._set_aside(folder, decision.why)
            self._journal.add(Record(outcome, {**decision.origins, STUDY: self._study}))
        if outcome.ok:
            self._why_outdated.pop(folder, None)
        if time.monotonic() - self._written >= _PAUSE * self._cost:
            self.write()

    def write(self) -> None:
        """Write both lists, the one for machines last; a run that has made nothing leaves those of the run before it."""
        if not self.outcomes_by_place:
            return
        start = time.monotonic()
        waiting = [job for place, job in enumerate(self._plan.jobs) if place not in self.outcomes_by_place]
        outcomes, notes = self.outcomes, self.notes
        origins = {decision.job.folder.as_posix(): decision.origins for decision in self.decisions}
        origins |= {record.folder: record.origins for record in self._standing.beside}
        write_aside(self.index, index.index_html(self._plan, outcomes, waiting=waiting, notes=notes), private=True)
        write_aside(
            self.manifest,
            manifest.manifest_json(self._description, outcomes, origins, waiting=len(waiting), notes=notes),
            private=True,
        )
        self._written = time.monotonic()
        self._cost = self._written - start

    def _set_aside(self, folder: str, why: tuple[str, ...]) -> None:
        """Move a report away that is of other answers or settings; where that is not possible, it stays and is named."""
        if set_aside(self._plan.out, Path(folder)) is not None:
            self._why_moved[folder] = why
            self._why_outdated.pop(folder, None)

    def _waiting_folders(self) -> set[str]:
        return {
            decision.job.folder.as_posix()
            for place, decision in enumerate(self.decisions)
            if place not in self.outcomes_by_place
        }


def _by_reason(why_by_folder: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    folders_by_reason: dict[str, list[str]] = {}
    for folder, why in why_by_folder.items():
        folders_by_reason.setdefault(describe_reasons(why), []).append(folder)
    return folders_by_reason


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
    about = str(job.parameters["client"])
    return Outcome(job.client, job.slug, job.language, TaskResult("failed", broken=broken), kind=job.kind, about=about)


def _forget(failed: Path) -> None:
    """Remove the broken notebook of an earlier run."""
    if not failed.parent.is_symlink():
        with suppress(OSError):
            failed.unlink(missing_ok=True)


def _processors() -> int:
    """Processors that this process may use; in a container they are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _task_of(job: Job, plan: ReportPlan, scratch: Path, limits: Mapping[str, Any]) -> ReportTask:
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
        failed=str(plan.out / broken_notebook(job.slug, job.language)),
        **limits,
        appearance=plan.appearance.plain(),
        commentary=dict(job.commentary),
        words=plan.words.plain(),
        editions=list(plan.editions),
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
