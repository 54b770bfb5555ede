"""Importance with bootstrap intervals, and standard errors by person, against R."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.reliability import best_of
from hpp_analysis import rank_drivers
from hpp_analysis.core.correlation.weighted import resampled_correlations
from hpp_analysis.core.importance.importance import lmg, subset_r2

_R = """
suppressMessages({library(boot); library(clubSandwich)})
arguments <- commandArgs(TRUE)
d <- read.csv(arguments[1]); x <- as.matrix(d[setdiff(names(d), c("person", "y"))]); p <- ncol(x)
has <- sapply(0:(p - 1), function(j) bitwAnd(bitwShiftR(0:(2^p - 1), j), 1) == 1)
size <- rowSums(has)
lmg <- function(r) {  # all subsets by Cholesky of the correlations, as relaimpo does
  r2 <- apply(has, 1, function(s) if (!any(s)) 0 else { v <- r[c(s, FALSE), p + 1]; sum(v * chol2inv(chol(r[c(s, FALSE), c(s, FALSE)])) %*% v) })
  sapply(1:p, function(j) {
    without <- which(!has[, j])
    w <- 1 / (p * choose(p - 1, size[without]))
    sum(w * (r2[without + 2^(j - 1)] - r2[without]))
  })
}
z <- cbind(x, d$y)
job <- switch(arguments[2],
  importance = function() boot(z, function(data, rows) lmg(cor(data[rows, ])), R = as.integer(arguments[3])),
  errors = function() { f <- lm(reformulate(colnames(x), "y"), d); coef_test(f, vcov = vcovCR(f, d$person, type = "CR2"), test = "Satterthwaite") })
cat(min(replicate(as.integer(arguments[4]), system.time(job())[["elapsed"]])))
"""


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs (None without R)."""
    rng = np.random.default_rng(1)
    for p, n, samples in ((3, 300, 1000), (8, 2000, 1000), (12, 2000, 1000)):
        frame = answers(n, p, rng)
        x = frame.drop(columns="person").to_numpy()

        def ours(x: np.ndarray = x, samples: int = samples) -> object:
            return lmg(subset_r2(resampled_correlations(x, samples, rng)))

        fewer = samples if p < 8 else 20  # R's time grows with the samples; it is scaled up
        theirs = _in_r(frame, "importance", fewer, 1)
        name = f"LMG, {samples} bootstrap samples: {p} predictors, n {n}"
        yield name, best_of(ours, 3), None if theirs is None else theirs * samples / fewer
    frame = answers(400, 8, rng)
    yield (
        "regression with CR2 by person, 8 predictors, n 400",
        best_of(lambda: rank_drivers(frame, outcome="y", cluster="person", n_boot=0), 3),
        _in_r(frame, "errors", 0, 3),
    )
    wide = answers(2000, 8, rng)
    yield (
        "rank_drivers, all of it, 8 predictors, n 2000",
        best_of(lambda: rank_drivers(wide.drop(columns="person"), outcome="y"), 3),
        None,
    )


def answers(n: int, p: int, rng: np.random.Generator) -> pd.DataFrame:
    x = rng.normal(size=(n, p)) + rng.normal(size=(n, 1))
    y = x @ np.linspace(0.5, 0.0, p) + rng.normal(size=n)
    frame = pd.DataFrame(x, columns=[f"x{place}" for place in range(1, p + 1)])
    return frame.assign(y=y, person=rng.integers(int(n * 0.8), size=n))


def _in_r(frame: pd.DataFrame, job: str, samples: int, times: int) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder, "x.csv"), Path(folder, "job.R")
        frame.to_csv(path, index=False)
        script.write_text(_R, encoding="utf-8")
        command = ["Rscript", str(script), str(path), job, str(samples), str(times)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return float(done.stdout) if done.returncode == 0 else None  # without boot or clubSandwich
