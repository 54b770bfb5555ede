"""The process that makes reports one after another: it reads tasks and writes results as lines of JSON.

It is a process of its own because papermill changes the working directory, and because a notebook may take down
whatever executes it. Started as `python -m hpp_analysis.report.run.worker FOLDER`.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import sys
import threading
from dataclasses import asdict
from pathlib import Path


def main(folder: Path) -> None:
    """Carry out tasks until the input ends; work in a folder within `folder`."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # kernels inherit it: nothing that they print may look like an answer
    # Where this is installed, jsonschema compiles a grammar of web addresses for more than a second. It does
    # without where it is not, and no notebook needs it.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from hpp_analysis.report.run.limits import limit_memory
    from hpp_analysis.report.run.make import make_report  # takes a second: the parent need not wait for it
    from hpp_analysis.report.run.tasks import ReportTask

    working = threading.Event()
    tasks = _listen(working, folder)
    while (line := tasks.get()) is not None:
        working.set()
        workplace = folder / "work"
        shutil.rmtree(workplace, ignore_errors=True)
        workplace.mkdir()
        os.chdir(workplace)
        task = ReportTask(**json.loads(line))
        limit_memory(task.memory)  # its kernel inherits it
        result = make_report(task)
        os.chdir(folder)
        working.clear()
        answers.write(json.dumps(asdict(result)) + "\n")
        answers.flush()
    shutil.rmtree(folder, ignore_errors=True)


def _listen(working: threading.Event, folder: Path) -> queue.Queue[str | None]:
    """Read tasks in a thread of its own: when the parent is gone, this process ends, and its kernel follows."""
    tasks: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            tasks.put(line)
        if working.is_set():
            shutil.rmtree(folder, ignore_errors=True)  # nobody else is left to do so
            os._exit(1)
        tasks.put(None)

    threading.Thread(target=read, daemon=True).start()
    return tasks


if __name__ == "__main__":
    main(Path(sys.argv[1]))
