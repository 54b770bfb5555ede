"""What a run tells while it works: a bar for people, lines of JSON for programs, and nothing else where nobody watches."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.progress import MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from hpp_analysis.cli.console import ERR, OUT

if TYPE_CHECKING:
    from hpp_analysis.report.run.manifest import Outcome
    from hpp_analysis.report.run.run import RunReport


class _Rate(ProgressColumn):
    """How many reports are made a minute."""

    def render(self, task: Task) -> Text:
        """Its text, once a report is made."""
        return Text(f"{60 * task.speed:.0f}/min" if task.speed else "")


class _Bar:
    """A bar on a terminal, and a line above it for each report that failed."""

    def __init__(self, bar: Progress, total: int) -> None:
        self._bar, self._task = bar, bar.add_task("Reports", total=total)

    def tell(self, outcome: Outcome) -> None:
        """Count a report."""
        self._bar.advance(self._task)
        if outcome.failed and ERR.is_terminal:
            ERR.print(escape(f"{outcome.client or 'Overview'} ({outcome.language}): failed"), soft_wrap=True)

    def conclude(self, done: RunReport) -> None:
        """Leave the rest to the summary."""


class _Json:
    """A line of JSON for each report, and one at the end."""

    def __init__(self, total: int) -> None:
        self._total, self._start, self._done, self._kept = total, time.monotonic(), 0, 0
        self._write({"event": "start", "reports": total})

    @staticmethod
    def _write(line: dict[str, Any]) -> None:
        OUT.file.write(json.dumps(line, ensure_ascii=False) + "\n")
        OUT.file.flush()

    def tell(self, outcome: Outcome) -> None:
        """Tell of a report."""
        self._done += 1
        self._kept += outcome.earlier
        made = self._done - self._kept
        seconds = time.monotonic() - self._start
        result = outcome.result
        self._write(
            {
                "event": "report",
                "client": outcome.client,
                "language": outcome.language,
                "kind": outcome.kind,
                "folder": f"{outcome.slug}/{outcome.language}",
                "status": "kept" if outcome.earlier else result.status,
                "nothing": result.nothing,
                "seconds": result.seconds,
                "cpu": result.cpu,
                "memory": result.memory,
                "error": result.broken,
                "done": self._done,
                "reports": self._total,
                "per_minute": round(60 * made / seconds, 1) if made else None,
                "remaining_seconds": round(seconds / made * (self._total - self._done), 1) if made else None,
            }
        )

    def conclude(self, done: RunReport) -> None:
        """Tell of the run."""
        made = sum(outcome.ok and not outcome.earlier for outcome in done.outcomes)
        counts = {"made": made, "kept": self._kept, "failed": len(done.failed), "empty": len(done.empty)}
        files = {"index": str(done.index), "manifest": str(done.manifest)}
        seconds = round(time.monotonic() - self._start, 1)
        self._write({"event": "end", **counts, "seconds": seconds, **files, "notes": list(done.notes)})


def _stop(*_signal: object) -> None:
    raise KeyboardInterrupt


@contextmanager
def progress_of(total: int, *, as_json: bool) -> Iterator[_Bar | _Json]:
    """Follow a run of so many reports. Who stops a service or a batch job gets the list, as after Ctrl-C."""
    signal.signal(signal.SIGTERM, _stop)
    if as_json:
        yield _Json(total)
        return
    columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=ERR, transient=True, disable=not ERR.is_terminal) as bar:
        yield _Bar(bar, total)
