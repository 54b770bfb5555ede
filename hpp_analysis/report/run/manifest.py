"""The list of the reports of a run for programs: `manifest.json`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.publishing.versions import versions
from hpp_analysis.report.notebook.parameters import public_parameters
from hpp_analysis.report.run.origins import STUDY
from hpp_analysis.report.run.plan import ReportPlan
from hpp_analysis.report.run.released import ledger_id
from hpp_analysis.report.run.tasks import TaskResult

SCHEMA = 4
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
        Left by an earlier run, as this one would have made it.
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
        "breakdowns": list(plan.breakdowns),
        "only": list(plan.only),
        "parameters": public_parameters(plan.parameters),
        "languages": list(plan.languages),
        "formats": list(plan.formats),
        "words": plan.words.plain(),
        "editions": list(plan.editions),
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
    run: dict[str, Any],
    outcomes: Sequence[Outcome],
    origins: Mapping[str, Mapping[str, str]],
    *,
    waiting: int = 0,
    notes: Sequence[str] = (),
) -> str:
    """The whole manifest: of equal reports it has equal bytes, however many runs they took.

    Parameters
    ----------
    run : dict
        From `describe_run`.
    outcomes : sequence of Outcome
    origins : mapping of str to mapping
        By folder, the hashes of what each report was made from.
    waiting : int
        How many reports of the run are still to be made: more than 0 while it works, and when it was stopped.
    notes : sequence of str
        What the run found besides what was planned.
    """
    content = {
        **run,
        "notes": [*run["notes"], *notes],
        "waiting": waiting,
        "jobs": [_job_entry(outcome, origins) for outcome in outcomes],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _job_entry(outcome: Outcome, origins: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    result = outcome.result
    folder = f"{outcome.slug}/{outcome.language}"
    files = [{**file, "path": f"{folder}/{file['path']}"} for file in result.files]
    return {
        "kind": outcome.kind,
        "client": outcome.client,
        "about": outcome.about,
        "slug": outcome.slug,
        "language": outcome.language,
        "status": result.status,
        "warnings": result.warnings,
        "withheld": result.withheld,
        "nothing": result.nothing,
        "error": result.broken,
        "origins": {part: value for part, value in origins.get(folder, {}).items() if part != STUDY},
        "files": files,
    }


def read_manifest(run: Path) -> dict[str, Any]:
    """The manifest of a run.

    Raises
    ------
    ReportError
        When there is none in the folder, or another version of the package wrote it.
    """
    try:
        run_list: dict[str, Any] = json.loads((run / FILE).read_text(encoding="utf-8"))
        if run_list["schema"] != SCHEMA:
            raise ValueError(f"it is of version {run_list['schema']}, this is version {SCHEMA}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        rule = f"The folder must be that of a run, with its {FILE} ({why})."
        raise ReportError(
            [Failure(rule, "Name the folder that `hpp report` has written, or run it again.", str(run))]
        ) from error
    return run_list
