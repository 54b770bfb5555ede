"""Alpha with interval and one-factor omega of four scales, against psych::alpha and lavaan."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hpp_analysis import scale_reliability, simulate_study
from hpp_analysis.survey.survey import Survey

_R = """
suppressMessages({library(psych); library(lavaan)})
x <- read.csv(commandArgs(TRUE)[1]); scales <- split(names(x), sub("[0-9]+$", "", names(x)))
job <- function() for (s in scales) {
  psych::alpha(x[s], warnings = FALSE)
  fit <- lavaan::cfa(paste("f =~", paste(s, collapse = "+")), x[s], std.lv = TRUE)
  l <- lavInspect(fit, "est")
}
job(); best <- min(replicate(5, system.time(job())[["elapsed"]])); cat(best)
"""


def best_of(job: Callable[[], object], times: int) -> float:
    """The shortest of several warm calls, in seconds."""
    job()
    took = []
    for _ in range(times):
        start = time.perf_counter()
        job()
        took.append(time.perf_counter() - start)
    return min(took)


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs (None without R)."""
    survey = simulate_study(seed=3, persons_per_side=50, dont_know=0, skipped=0).survey
    name = f"alpha, interval, omega: 4 scales, {len(survey)} ratings"
    yield name, best_of(lambda: scale_reliability(survey), 9), _in_r(survey)


def _in_r(survey: Survey) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder, "x.csv"), Path(folder, "job.R")
        survey.items.to_csv(path, index=False)
        script.write_text(_R)
        done = subprocess.run(["Rscript", script, path], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return float(done.stdout)
