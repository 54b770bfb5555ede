"""Workers side by side: each makes one report at a time, and one that dies takes only its own report with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path

from hpp_analysis.report.run.tasks import ReportTask, TaskResult
from hpp_analysis.report.run.warm import ONE_THREAD, make_forked
from hpp_analysis.survey.handover import FOLDER as PLANS
from hpp_analysis.survey.private import FOLDER_MODE

_GRACE = 5  # seconds until a process that does not end is killed


class KernelWorker:
    """A process that makes reports by Jupyter's kernel; started anew when it has died."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment
        self._process: subprocess.Popen[str] | None = None
        self._changing = threading.Lock()

    def make(self, task: ReportTask) -> TaskResult:
        """Have a report made; a process that dies meanwhile makes it a failed one."""
        process = self._alive()
        try:
            process.stdin.write(json.dumps(asdict(task)) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            return TaskResult(**json.loads(process.stdout.readline()))  # type: ignore[union-attr]
        except (OSError, ValueError):  # the pipe broke, or the answer ends in its middle
            self.stop()
            return self._died(process.returncode)

    def _alive(self) -> subprocess.Popen[str]:
        with self._changing:
            if self._process is None:
                (self._folder / "runtime").mkdir(parents=True, exist_ok=True)
                with self._log.open("ab") as log:
                    self._process = subprocess.Popen(  # noqa: S603 - our own module
                        [sys.executable, "-m", "hpp_analysis.report.run.worker", str(self._folder)],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=log,
                        text=True,
                        encoding="utf-8",
                        cwd=self._folder,
                        env=self._environment,
                        start_new_session=True,  # Ctrl-C is for us to handle
                    )
            return self._process

    @property
    def _log(self) -> Path:
        return self._folder / "worker.log"

    def _died(self, code: int) -> TaskResult:
        why = signal.Signals(-code).name if code < 0 else f"exit status {code}"
        log_lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines() if code > 0 else []
        message = (
            f"The process that made this report ended before it was done ({'; '.join([why, *log_lines[-1:]])}). "
            "Look for what ends processes here, as too little memory; then make the report again."
        )
        return TaskResult("failed", broken={"kind": "WorkerDied", "message": message, "cell": None, "source": ""})

    def stop(self) -> None:
        """End the process, which ends by itself when its input does; its kernel notices, and ends itself."""
        with self._changing:
            process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()  # type: ignore[union-attr]


def environment_of(folder: Path, plans: Path) -> dict[str, str]:
    """One thread a kernel, since reports are made side by side; no settings, history or kernels of the user.

    What concerns the whole study is handed over in the folder `plans`, which all reports of a run share.
    """
    variables = dict.fromkeys(ONE_THREAD, "1") | {
        "PYTHONHASHSEED": "0",  # sets come in the same order: equal input gives equal reports
        "PYTHONUNBUFFERED": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        PLANS: str(plans),
    }
    plans.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return {**os.environ, **variables}


def make_all(tasks: Sequence[ReportTask], *, jobs: int, scratch: Path) -> Iterator[tuple[int, TaskResult]]:
    """Make reports side by side.

    Parameters
    ----------
    tasks : sequence of ReportTask
    jobs : int
        How many at the same time.
    scratch : Path
        A folder for what is needed meanwhile.

    Yields
    ------
    int, TaskResult
        The place of a task, and its result, as soon as it is known.
    """
    if tasks and tasks[0].engine == "fork":
        folder = scratch / "0"
        return make_forked(tasks, jobs=jobs, folder=folder, environment=environment_of(folder, scratch / "plans"))
    return _make_by_kernels(tasks, jobs=jobs, scratch=scratch)


def _make_by_kernels(tasks: Sequence[ReportTask], *, jobs: int, scratch: Path) -> Iterator[tuple[int, TaskResult]]:
    own = threading.local()
    workers: list[KernelWorker] = []
    numbers = count()

    def make(task: ReportTask) -> TaskResult:
        if not hasattr(own, "worker"):
            folder = scratch / str(next(numbers))
            own.worker = KernelWorker(folder, environment_of(folder, scratch / "plans"))
            workers.append(own.worker)
        result: TaskResult = own.worker.make(task)
        return result

    with ThreadPoolExecutor(max_workers=jobs) as threads:
        places = {threads.submit(make, task): place for place, task in enumerate(tasks)}
        try:
            for done in as_completed(places):
                yield places[done], done.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            for worker in workers:
                worker.stop()
