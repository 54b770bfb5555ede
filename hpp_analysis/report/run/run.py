"""Carry out a plan: every report whole or not at all, and a list of what was made."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import joblib

from hpp_analysis.report.run import index, manifest
from hpp_analysis.report.run.folders import appear, claimed, discard, tidy, write_aside
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.orders import Made, Order
from hpp_analysis.report.run.plan import Job, ReportPlan
from hpp_analysis.report.run.pool import make_all
from hpp_analysis.report.run.released import in_use

_FAILED = "failed"


@dataclass(frozen=True)
class RunReport:
    """What a run has made.

    Attributes
    ----------
    outcomes : tuple of Outcome
        In the order of the plan; reports of an earlier run that this one leaves as they are come after them.
    index, manifest : Path
        The list of reports, for people and for machines.
    """

    outcomes: tuple[Outcome, ...]
    index: Path
    manifest: Path

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The reports that could not be made."""
        return tuple(outcome for outcome in self.outcomes if not outcome.ok)


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
        Is told what became of each report as soon as it is known.

    Returns
    -------
    RunReport
        Reports that failed are part of it: their broken notebooks are in the folder `failed`, and the other
        reports were made all the same.

    Raises
    ------
    ReportError
        When another run is writing into the same folder.
    """
    scratch = Path(tempfile.mkdtemp(prefix="hpp-"))
    try:
        with (
            claimed(plan.out),
            in_use(plan.ledger, plan.out / manifest.FILE, anew=plan.release_anew),
        ):
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
    told = manifest.describe_run(plan)
    earlier = manifest.earlier_outcomes(plan.out, told, plan.jobs) if plan.only else []
    orders = [_order(job, plan, scratch, timeout) for job in plan.jobs]
    for order in orders:
        Path(order.failed).unlink(missing_ok=True)
    made: dict[int, Outcome] = {}
    side_by_side = max(1, min(jobs or joblib.cpu_count(), len(orders)))
    try:
        for place, result in make_all(orders, jobs=side_by_side, scratch=scratch):
            made[place] = _settled(plan.jobs[place], result, plan.out)
            if on_progress is not None:
                on_progress(made[place])
    finally:
        tidy(plan.out)  # of what was interrupted nothing stays; after a power cut, the next run tidies up
    outcomes = [*(made[place] for place in sorted(made)), *earlier]
    return _listed(plan, told, outcomes)


def _order(job: Job, plan: ReportPlan, scratch: Path, timeout: float | None) -> Order:
    notebook = scratch / f"{job.kind}-{job.language}.ipynb"
    if not notebook.exists():
        texts = plan.overviews if job.kind == "overview" else plan.notebooks
        notebook.write_text(texts[job.language], encoding="utf-8")
    return Order(
        notebook=str(notebook),
        parameters=dict(job.parameters),
        language=job.language,
        formats=list(plan.formats),
        folder=str(plan.out / job.folder),
        failed=str(plan.out / _FAILED / f"{job.slug}-{job.language}.ipynb"),
        timeout=timeout,
        appearance=plan.appearance.plain(),
        commentary=dict(job.commentary),
    )


def _settled(job: Job, made: Made, out: Path) -> Outcome:
    """Let a finished report appear; what a failed one left is removed."""
    folder = out / job.folder
    if made.status == "made":
        appear(folder)
    else:
        discard(folder)
    return Outcome(job.client, job.slug, job.language, made, kind=job.kind)


def _listed(plan: ReportPlan, told: dict[str, object], outcomes: Sequence[Outcome]) -> RunReport:
    """Write both lists; the one for machines last, because it says that the run is complete."""
    lists = plan.out / index.FILE, plan.out / manifest.FILE
    write_aside(lists[0], index.index_html(plan, outcomes))
    write_aside(lists[1], manifest.manifest_json(told, outcomes))
    failed = plan.out / _FAILED
    if failed.is_dir() and not any(failed.iterdir()):
        failed.rmdir()
    return RunReport(tuple(outcomes), *lists)
