"""Polychoric matrices and EM moments, against lavaan and psych; and how ours grow with rows and items."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.reliability import best_of
from hpp_analysis.core.correlation.categories import categorise
from hpp_analysis.core.correlation.em import normal_moments
from hpp_analysis.core.correlation.polychoric import polychoric

_BFI = Path(__file__).parent.parent.parent / "shared" / "data" / "psychTools" / "bfi.csv"

_R = """
suppressMessages({library(psych); library(lavaan)})
arguments <- commandArgs(TRUE)
x <- as.data.frame(read.csv(arguments[1], header = FALSE))
job <- switch(arguments[2],
  lavaan = function() lavCor(x, ordered = names(x)),
  psych = function() psych::polychoric(x, correct = 0, progress = FALSE),
  em = function() lavCor(x, missing = "fiml", output = "fit"))
options(mc.cores = 1)
times <- as.integer(arguments[3])
if (times > 1) invisible(suppressWarnings(job()))
cat(min(replicate(times, suppressWarnings(system.time(job())[["elapsed"]]))))
"""


def likert(n: int, p: int, categories: int, *, missing: float = 0.0, seed: int = 1) -> np.ndarray:
    """Answers with five correlated factors, rounded to categories."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, 5)) * 0.6 + 0.4 * rng.normal(size=(n, 1))
    z = factors[:, np.arange(p) % 5] + 0.8 * rng.normal(size=(n, p))
    x = np.clip(np.round(z * categories / 5 + (categories + 1) / 2), 1, categories)
    x[rng.random(x.shape) < missing] = np.nan
    return np.asarray(x)


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs (None without R)."""
    if _BFI.is_file():
        lines = _BFI.read_text(encoding="utf-8").splitlines()[1:]
        cells = [
            [np.nan if cell == "NA" or not cell else float(cell) for cell in line.split(",")[1:26]] for line in lines
        ]
        bfi = np.array(cells)
        what = "bfi"
    else:
        bfi, what = likert(2800, 25, 6, missing=0.006), "simulated as bfi"
    complete = bfi[~np.isnan(bfi).any(axis=1)]
    ours = best_of(lambda: polychoric(categorise(complete)), 25)
    size = f"{what}, 25 items, n {len(complete)}"
    yield f"polychoric, {size}: lavaan::lavCor", ours, _in_r(complete, "lavaan", 3)
    yield f"polychoric, {size}: psych", ours, _in_r(complete, "psych", 2)
    many = likert(4000, 135, 6)
    ours = best_of(lambda: polychoric(categorise(many)), 5)
    yield "polychoric, 135 items, 6 categories, n 4000: lavaan", ours, _in_r(many, "lavaan", 1)
    for n, p, categories in ((4000, 135, 10), (1000, 25, 6), (16_000, 25, 6), (4000, 50, 6), (4000, 100, 6)):
        x = likert(n, p, categories)
        name = f"polychoric, {p} items, {categories} categories, n {n}"
        yield name, best_of(lambda x=x: polychoric(categorise(x)), 5), None  # type: ignore[misc]
    yield (f"EM moments, {what}, n {len(bfi)}: lavaan", best_of(lambda: normal_moments(bfi), 25), _in_r(bfi, "em", 5))
    for n, p, missing in ((1000, 25, 0.15), (4000, 25, 0.15), (4000, 100, 0.15)):
        x = likert(n, p, 10, missing=missing)
        yield f"EM moments, {p} items, n {n}, 15 % missing", best_of(lambda x=x: normal_moments(x), 3), None  # type: ignore[misc]


def _in_r(x: np.ndarray, job: str, times: int) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder, "x.csv"), Path(folder, "job.R")
        np.savetxt(path, x, delimiter=",", fmt="%g")
        path.write_text(path.read_text().replace("nan", "NA"))
        script.write_text(_R)
        done = subprocess.run(  # noqa: S603
            ["Rscript", script, path, job, str(times)],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stdout)
