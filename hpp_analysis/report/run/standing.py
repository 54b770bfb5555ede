"""Which reports of a plan are there already, why others have to be made, and what else lies in the folder."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hpp_analysis.report.run.journal import Record, read_journal
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.origins import Origins, differing
from hpp_analysis.report.run.plan import Job, ReportPlan

FORCED = ("force",)
"""Why a report is made anew that is there as it would be made."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a run does about one report of its plan.

    Attributes
    ----------
    job : Job
    origins : mapping of str to str
        What it is made from, as hashes by part.
    earlier : Outcome or None
        The report that is there and stays; None where it has to be made.
    why : tuple of str
        Codes of the reasons to make it, for `describe_reasons`.
    is_there : bool
        Whether a report that has to be made anew lies in its folder as an earlier run made it.
    """

    job: Job
    origins: Mapping[str, str]
    earlier: Outcome | None = None
    why: tuple[str, ...] = ()
    is_there: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run finds in its folder.

    Attributes
    ----------
    decisions : tuple of Decision
        In the order of the plan.
    records : mapping of str to Record
        All that the journal knows, by folder.
    beside : tuple of Record
        Reports that are not in the plan, of the same answers and settings.
    outdated : mapping of str to tuple of str
        Folders of reports that are not in the plan and would be otherwise now, with the reasons.
    changed : tuple of str
        Folders of reports outside the plan whose files are not as they were made.
    """

    decisions: tuple[Decision, ...]
    records: Mapping[str, Record]
    beside: tuple[Record, ...] = ()
    outdated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    changed: tuple[str, ...] = ()


def review(plan: ReportPlan, origins: Origins | None = None, *, force: bool = False) -> Standing:
    """Compare a plan with the reports in its folder. Nothing is written.

    Parameters
    ----------
    plan : ReportPlan
        From `plan_reports`.
    origins : Origins, optional
        What its reports are made from, where that is known already.
    force : bool
        Whether all reports of the plan are made anew.

    Returns
    -------
    Standing
    """
    origins = origins or Origins(plan)
    records = read_journal(plan.out)
    decisions = tuple(_decide(job, origins.of(job), records, plan.out, force=force) for job in plan.jobs)
    planned = {job.folder.as_posix() for job in plan.jobs}
    others = {job.folder.as_posix(): origins.of(job) for job in plan.others}
    beside, outdated, changed = [], {}, []
    for folder, record in records.items():
        if folder in planned:
            continue
        parts = {part: value for part, value in others.get(folder, {}).items() if part != "formats"}
        why = differing(record.origins, parts or origins.of_run(record.outcome.kind))
        if record.outcome.ok and not _is_as_made(record, plan.out):
            if (plan.out / folder).is_dir():
                changed.append(folder)
        elif not why:
            beside.append(replace(record, outcome=replace(record.outcome, earlier=True)))
        elif record.outcome.ok:
            outdated[folder] = why
    return Standing(decisions, records, tuple(beside), outdated, tuple(changed))


def _decide(job: Job, origins: Mapping[str, str], records: Mapping[str, Record], out: Path, *, force: bool) -> Decision:
    record = records.get(job.folder.as_posix())
    if record is None:
        return Decision(job, origins, why=("new",))
    as_made = _is_as_made(record, out)
    is_there = record.outcome.ok and as_made
    if why := differing(record.origins, origins):
        return Decision(job, origins, why=why, is_there=is_there)
    if record.outcome.failed:
        return Decision(job, origins, why=("failed",))
    if not as_made:
        return Decision(job, origins, why=("files",))
    if force:
        return Decision(job, origins, why=FORCED, is_there=is_there)
    return Decision(job, origins, earlier=replace(record.outcome, earlier=True))


def _is_as_made(record: Record, out: Path) -> bool:
    """Whether all files of a report are as they were made; none is looked for through a link."""
    folder = out / record.folder
    if folder.is_symlink() or folder.parent.is_symlink():
        return False
    try:
        return all(_sha256(folder / str(file["path"])) == file["sha256"] for file in record.outcome.result.files)
    except OSError:
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
