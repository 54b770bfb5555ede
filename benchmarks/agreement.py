"""Agreement and intraclass correlations of 11 items in 99 groups, against R's multilevel; a subject x rater table against psych."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.reliability import best_of
from hpp_analysis import agreement
from hpp_analysis.reliability import compute_icc

_GROUPS = """
suppressMessages(library(multilevel))
d <- read.csv(commandArgs(TRUE)[1]); x <- d[-1]
job <- function() {
  fit <- aov(rowMeans(x) ~ as.factor(d$team)); ICC1(fit); ICC2(fit)
  rwg.j(x, d$team, 8.25); rwg.j(x, d$team, 5.61); rwg.j.lindell(x, d$team, 8.25); ad.m(x, d$team); ad.m(x, d$team, "median")
}
invisible(job()); cat(min(replicate(5, system.time(job())[["elapsed"]])))
"""
_TABLE = """
suppressMessages(library(psych))
x <- read.csv(commandArgs(TRUE)[1])
job <- function() for (i in 1:10) ICC(x, lmer = FALSE)
invisible(job()); cat(min(replicate(5, system.time(job())[["elapsed"]])) / 10)
"""


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs (None without R)."""
    rng = np.random.default_rng(3)
    team = np.sort(rng.integers(0, 99, 5400))
    z = rng.normal(size=(99, 1))[team] * 0.6 + rng.normal(size=(5400, 1)) + rng.normal(size=(5400, 11))
    answers = pd.DataFrame(np.clip(np.round(7 + z), 1, 10), columns=[f"x{i}" for i in range(11)])
    answers.insert(0, "team", team)
    ours = best_of(lambda: agreement(answers, by="team", scale_range=(1, 10)), 9)
    yield "agreement: 11 items, 99 groups, 5,400 persons", ours, _in_r(_GROUPS, answers)
    table = pd.DataFrame(rng.normal(size=(200, 1)) + rng.normal(size=(200, 4)))
    yield "six intraclass correlations, 200 x 4", best_of(lambda: compute_icc(table), 30), _in_r(_TABLE, table)


def _in_r(script: str, frame: pd.DataFrame) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, job = Path(folder, "x.csv"), Path(folder, "job.R")
        frame.to_csv(path, index=False)
        job.write_text(script)
        done = subprocess.run(["Rscript", job, path], capture_output=True, text=True, check=True)  # noqa: S603, S607
    return float(done.stdout)
