"""The list of the reports of a run, as a page for the researcher: `index.html`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpp_analysis.report.run.folders import broken_notebook
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.plan import Job, ReportPlan
from hpp_analysis.report.writers.appearance import PLAIN
from hpp_analysis.report.writers.pages import environment
from hpp_analysis.report.writers.render import BOARD_FILES, FILES
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language
from hpp_analysis.texts.wording import worded

FILE = "index.html"


def index_html(
    plan: ReportPlan, outcomes: Sequence[Outcome], *, waiting: Sequence[Job] = (), notes: Sequence[str] = ()
) -> str:
    """The page in the first language of the run.

    Parameters
    ----------
    plan : ReportPlan
    outcomes : sequence of Outcome
    waiting : sequence of Job
        Reports of the run that are still to be made: it is at work, or was stopped.
    notes : sequence of str
        What the run found besides what was planned.

    Returns
    -------
    str
    """
    with language(plan.languages[0]) as spoken, worded(plan.words):
        template = environment().get_template("index.html.j2")
        return template.render(
            look=PLAIN,
            title=plan.title.get(spoken.code, ""),
            overviews=_clients([outcome for outcome in outcomes if outcome.kind == "overview"]),
            clients=_clients([outcome for outcome in outcomes if outcome.kind == "client"]),
            broken=[(outcome, _notebook_of(outcome, plan)) for outcome in outcomes if outcome.failed],
            empty=[outcome for outcome in outcomes if outcome.result.status == "empty"],
            waiting=list(dict.fromkeys(job.client for job in waiting)),
            notes=[*plan.notes, *notes],
        )


def _notebook_of(outcome: Outcome, plan: ReportPlan) -> str:
    """The broken notebook of a report that failed, relative to the page; empty where none was kept."""
    path = broken_notebook(outcome.slug, outcome.language)
    return path.as_posix() if (plan.out / path).is_file() else ""


def _labelled_files() -> list[tuple[str, str]]:
    """The files of a report, the board edition first, each with what it is called."""
    board = [(_("Board, {format}").format(format=name.upper()), file) for name, file in BOARD_FILES.items()]
    return [*board, *((_("To compare") if name == "page" else name.upper(), file) for name, file in FILES.items())]


def _clients(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Client by client, its reports by language with the files to open."""
    clients: dict[str, dict[str, Any]] = {}
    for outcome in outcomes:
        entry = clients.setdefault(outcome.slug, {"name": outcome.client, "reports": [], "withheld": 0})
        written_paths = {file["path"] for file in outcome.result.files}
        entry["reports"].append(
            {
                "language": outcome.language,
                "status": outcome.result.status,
                "files": [
                    (label, f"{outcome.slug}/{outcome.language}/{file}")
                    for label, file in _labelled_files()
                    if file in written_paths
                ],
            }
        )
        entry["withheld"] = max(entry["withheld"], outcome.result.withheld)
    return sorted(clients.values(), key=lambda entry: str(entry["name"]).casefold())
