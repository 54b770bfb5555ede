"""Factor analysis with oblimin, from answers and from correlations, and many starts of the rotation, against psych."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.correlation import likert
from benchmarks.reliability import best_of
from hpp_analysis import fit_efa
from hpp_analysis.core.factors.recipe import Recipe, extract, rotate_by_recipe
from hpp_analysis.core.factors.solution import finish

_BFI = Path(__file__).parent.parent.parent / "shared" / "data" / "psychTools" / "bfi.csv"

_R = """
suppressMessages({library(psych); library(GPArotation)})
arguments <- commandArgs(TRUE)
x <- read.csv(arguments[1]); k <- as.integer(arguments[3]); r <- cor(x)
l <- unclass(suppressWarnings(fa(r, k, rotate = "none"))$loadings)
set.seed(1)
job <- switch(arguments[2],
  answers = function() fa(x, k),
  bootstrap = function() fa(x, k, n.iter = 200),
  correlations = function() fa(r, k, n.obs = nrow(x)),
  starts = function() for (i in 1:100) oblimin(l, Tmat = if (i == 1) diag(k) else Random.Start(k)))
quietly <- function(f) suppressWarnings(suppressMessages(f()))
invisible(quietly(job))
inner <- if (arguments[2] %in% c("starts", "bootstrap")) 1 else 10
cat(min(replicate(if (arguments[2] == "bootstrap") 2 else 5, system.time(for (i in seq_len(inner)) quietly(job))[["elapsed"]] / inner)))
"""


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs (None without R)."""
    bfi = pd.read_csv(_BFI).filter(regex="^[ACENO][1-5]$").dropna() if _BFI.is_file() else _frame(likert(2436, 25, 6))
    studies = [("bfi", bfi, 5), ("19 items", _frame(likert(400, 19, 10)), 3)]
    for name, answers, k in studies:
        what = f"minres, oblimin, {name}, n {len(answers)}"
        yield f"{what}", best_of(lambda: fit_efa(answers, k), 15), _in_r(answers, "answers", k)  # noqa: B023
        yield from _from_correlations(what, answers, k)
    recipe = Recipe(settings={"gamma": 0.0}, n_starts=100)
    unrotated = extract(bfi.corr().to_numpy(), 5, recipe).lambda_
    rng = np.random.default_rng(1)
    yield (
        "oblimin from 100 starts, bfi",
        best_of(lambda: rotate_by_recipe(unrotated, recipe, rng), 15),
        _in_r(bfi, "starts", 5),
    )
    solution = fit_efa(bfi, 5)
    theirs = _in_r(bfi, "bootstrap", 5)
    for method in ("percentile", "bca"):
        yield (
            f"1,000 bootstrap solutions, {method}, bfi (psych: 5 x 200)",
            best_of(lambda: solution.bootstrap(1000, method=method), 5),  # noqa: B023
            theirs * 5 if theirs else None,
        )
    for n, p in ((1_000, 25), (16_000, 25), (4_000, 50), (4_000, 100)):
        grown = _frame(likert(n, p, 6))
        yield f"minres, oblimin: {p} items, n {n}", best_of(lambda: fit_efa(grown, 5), 5), None  # noqa: B023


def _from_correlations(what: str, answers: pd.DataFrame, k: int) -> Iterator[tuple[str, float, float | None]]:
    frame = answers.corr()
    r = frame.to_numpy()
    recipe = Recipe(settings={"gamma": 0.0})
    rng = np.random.default_rng(1)
    theirs = _in_r(answers, "correlations", k)
    yield f"{what}, from correlations", best_of(lambda: fit_efa(frame, k, n_obs=len(answers)), 15), theirs

    def solve() -> object:
        return finish(rotate_by_recipe(extract(r, k, recipe).lambda_, recipe, rng), reorder=recipe.reorder)

    yield f"{what}, from correlations, loadings alone", best_of(solve, 25), theirs


def _frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"v{place}" for place in range(1, values.shape[1] + 1)])


def _in_r(answers: pd.DataFrame, job: str, k: int) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder, "x.csv"), Path(folder, "job.R")
        answers.to_csv(path, index=False)
        script.write_text(_R, encoding="utf-8")
        command = ["Rscript", str(script), str(path), job, str(k)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout)
