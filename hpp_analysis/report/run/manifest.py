"""The list of the reports of a run for programs: `manifest.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from hpp_analysis.publishing.versions import versions
from hpp_analysis.report.notebook.parameters import public_parameters
from hpp_analysis.report.run.plan import ReportPlan
from hpp_analysis.report.run.released import ledger_id
from hpp_analysis.report.run.tasks import TaskResult

SCHEMA = 3
FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one report.

    Attributes
    ----------
    client, slug, language : str
    result : TaskResult
        Status, seconds, warnings, withheld rows, files, and what broke it.
    earlier : bool
        Made by an earlier run with the same answers, of which this one repeats a part.
    kind : {"client", "overview"}
        Of one client, or of all of them, for the researcher.
    about : str
        The value of the column that makes the reports; `client` may say the wave too.
    """

    client: str
    slug: str
    language: str
    result: TaskResult
    earlier: bool = False
    kind: Literal["client", "overview"] = "client"
    about: str = ""

    @property
    def ok(self) -> bool:
        """Whether the report was made."""
        return self.result.status == "made"

    @property
    def failed(self) -> bool:
        """Whether something stopped the report."""
        return self.result.status == "failed"


def describe_run(plan: ReportPlan) -> dict[str, Any]:
    """Describe a run without its reports: its inputs, options and versions, without paths of this machine."""
    return {
        "schema": SCHEMA,
        "versions": versions(),
        "inputs": [{"name": path.name, "sha256": _sha256(path)} for path in plan.inputs],
        "instrument": {
            "name": plan.instrument.name,
            "version": plan.instrument.version,
            "sha256": plan.instrument.sha256,
        },
        "notebook": {"name": plan.notebook.name, "sha256": _sha256(plan.notebook)},
        "by": plan.by,
        "wave": plan.wave,
        "only": list(plan.only),
        "parameters": public_parameters(plan.parameters),
        "languages": list(plan.languages),
        "formats": list(plan.formats),
        "words": plan.words.plain(),
        "look": plan.appearance.plain(),  # sharing sets the reports again, in the same look
        "content": {
            "sections_off": list(plan.sections_off),
            "invited": _fingerprint(plan.invited),
            "commentary": _fingerprint(asdict(plan.commentary)),
        },
        "ledger": ledger_id(plan.ledger),
        "notes": list(plan.notes),
    }


def _fingerprint(content: Any) -> str:
    """A hash of plain data, to compare it without storing it."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def manifest_json(
    run: dict[str, Any], outcomes: Sequence[Outcome], *, waiting: int = 0, notes: Sequence[str] = ()
) -> str:
    """The whole manifest.

    Parameters
    ----------
    run : dict
        From `describe_run`.
    outcomes : sequence of Outcome
    waiting : int
        How many reports of the run are still to be made: more than 0 while it works, and when it was stopped.
    notes : sequence of str
        What the run found besides what was planned.
    """
    content = {
        **run,
        "notes": [*run["notes"], *notes],
        "waiting": waiting,
        "jobs": [_job_entry(outcome) for outcome in outcomes],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _job_entry(outcome: Outcome) -> dict[str, Any]:
    result = outcome.result
    files = [{**file, "path": f"{outcome.slug}/{outcome.language}/{file['path']}"} for file in result.files]
    return {
        "kind": outcome.kind,
        "client": outcome.client,
        "about": outcome.about,
        "slug": outcome.slug,
        "language": outcome.language,
        "status": result.status,
        "earlier": outcome.earlier,
        "seconds": result.seconds,
        "warnings": result.warnings,
        "withheld": result.withheld,
        "nothing": result.nothing,
        "error": result.broken,
        "files": files,
    }


def earlier_outcomes(out: Path, run: dict[str, Any]) -> tuple[list[Outcome], list[str]]:
    """The reports of earlier runs that stay in the list, and those that were changed since they were made.

    They stay when the earlier run had the same answers, questionnaire, notebook and parameters, and their files are as
    they were made. Otherwise nothing is taken over: reports of different data do not stand in one list.
    """
    try:
        before = json.loads((out / FILE).read_text(encoding="utf-8"))
        same = all(before[key] == run[key] for key in _SAME)
        done = [job for job in before["jobs"] if job["status"] != "failed"] if same else []
        good = [_is_good(job, out) for job in done]
        unchanged = [_read(job) for job, is_good in zip(done, good, strict=True) if is_good]
        changed = [f"{job['slug']}/{job['language']}" for job, ok in zip(done, good, strict=True) if not ok]
        return unchanged, changed
    except (OSError, ValueError, KeyError, TypeError):
        return [], []


_SAME = ("schema", "versions", "inputs", "instrument", "notebook", "by", "wave", "parameters", "look", "content")


def _is_good(job: dict[str, Any], out: Path) -> bool:
    try:
        return all(_sha256(out / file["path"]) == file["sha256"] for file in job["files"])
    except OSError:
        return False


def _read(job: dict[str, Any]) -> Outcome:
    front = len(f"{job['slug']}/{job['language']}/")
    files = [{**file, "path": file["path"][front:]} for file in job["files"]]
    result = TaskResult(job["status"], job["seconds"], job["warnings"], job["withheld"], files, nothing=job["nothing"])
    names = job["client"], job["slug"], job["language"]
    return Outcome(*names, result, earlier=True, kind=job["kind"], about=job["about"])
