"""The points that finished reports propose to agree on, for the sheet beside the study."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hpp_analysis.display.blocks import MIME, TableBlock, from_json
from hpp_analysis.followup.agreements import COLUMNS, Agreement
from hpp_analysis.publishing.worksheet import NAME
from hpp_analysis.report.run.plan import ReportPlan

_NOTEBOOK = "notebook.ipynb"


def proposed_agreements(plan: ReportPlan) -> list[Agreement]:
    """What the worksheets of the reports of a plan propose, each point once; reports that are not there propose nothing."""
    found: dict[str, Agreement] = {}
    for job in plan.jobs:
        path = plan.out / job.folder / _NOTEBOOK
        if job.kind == "client" and job.language == plan.languages[0] and path.is_file():
            for one in _of_notebook(path.read_text(encoding="utf-8")):
                found.setdefault(one.id, one)
    return list(found.values())


def _of_notebook(text: str) -> Iterator[Agreement]:
    for cell in json.loads(text)["cells"]:
        for output in cell.get("outputs", ()):
            content = output.get("data", {}).get(MIME)
            for block in from_json(content) if content else ():
                if isinstance(block, TableBlock) and block.name == NAME and block.workbook is not None:
                    for row in block.workbook.values:
                        if row.get("id") and not row.get("agreement"):
                            yield Agreement(**{name: str(row[name]) for name in COLUMNS if row.get(name)})
