"""Confirmatory factor models and measurement invariance beside lavaan, on bfi and on simulated answers."""

import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.reliability import best_of
from hpp_analysis import fit_cfa, measurement_invariance
from hpp_analysis.models import fit_two_level_cfa

_THREE = "f1 =~ x1 + x2 + x3\nf2 =~ x4 + x5 + x6\nf3 =~ x7 + x8 + x9"
_FIVE = "\n".join(f"f{k + 1} =~ " + " + ".join(f"x{5 * k + i}" for i in range(1, 6)) for k in range(5))

_BFI = Path(__file__).parent.parent.parent / "shared" / "data" / "psychTools" / "bfi.csv"
_BIG_FIVE = "\n".join(f"{k} =~ " + " + ".join(f"{k}{i}" for i in range(1, 6)) for k in "ACENO")

_BLOCK = " + ".join(f'efa("all")*{k}' for k in "ACENO")
_BIG_ESEM = f"{_BLOCK} =~ " + " + ".join(f"{k}{i}" for k in "ACENO" for i in range(1, 6))

_LEVELS = """level: 1
w1 =~ x1 + x2 + x3
w2 =~ x4 + x5 + x6
level: 2
b1 =~ x1 + x2 + x3
b2 =~ x4 + x5 + x6"""

_R = """
suppressMessages(library(lavaan))
args <- commandArgs(TRUE); d <- read.csv(args[1]); model <- paste(readLines(args[2]), collapse = "\\n"); kind <- args[3]
job <- switch(kind,
  ml = function() { f <- cfa(model, d); fitMeasures(f) },
  covariates = function() { f <- sem(model, d, ordered = setdiff(names(d), c("gender", "age"))); fitMeasures(f) },
  ordinal = function() { f <- cfa(model, d, ordered = TRUE); fitMeasures(f) },
  ordinal_levels = function() {
    equal <- list("none", "thresholds", c("thresholds", "loadings"), c("thresholds", "loadings", "residuals"))
    fits <- lapply(equal, function(e) cfa(model, d, ordered = TRUE, group = "group", group.equal = e, parameterization = "theta"))
    do.call(lavTestLRT, c(fits, list(method = "satorra.2000", A.method = "delta"))); lapply(fits, fitMeasures)
  },
  two_levels = function() { f <- sem(model, d, cluster = "cluster"); fitMeasures(f) },
  two_levels_gaps = function() { f <- sem(model, d, cluster = "cluster", missing = "ml"); fitMeasures(f) },
  esem = function() { f <- cfa(model, d, rotation = "geomin"); fitMeasures(f) },
  boot = function() sem(model, d, se = "bootstrap", bootstrap = 200),
  fiml = function() { f <- cfa(model, d, estimator = "MLR", missing = "ml"); fitMeasures(f) },
  levels = function() {
    fits <- lapply(list("none", "loadings", c("loadings", "intercepts"), c("loadings", "intercepts", "residuals")), function(equal)
      cfa(model, d, group = "group", group.equal = equal))
    do.call(lavTestLRT, fits); lapply(fits, fitMeasures)
  })
times <- switch(kind, fiml = 1, two_levels_gaps = 1, ml = 12, boot = 3, ordinal = 3, covariates = 2, ordinal_levels = 3, esem = 2, 5)
if (times > 1) invisible(job())
cat(min(replicate(times, system.time(job())[["elapsed"]])))
"""


def answers(n: int, n_factors: int, per_factor: int, missing: float, seed: int) -> pd.DataFrame:
    """Answers from 1 to 6 to items of correlated factors, in two groups that answer alike."""
    rng = np.random.default_rng(seed)
    phi = np.full((n_factors, n_factors), 0.4) + 0.6 * np.eye(n_factors)
    factors = rng.normal(size=(n, n_factors)) @ np.linalg.cholesky(phi).T
    x = np.repeat(factors, per_factor, axis=1) * 0.7 + rng.normal(size=(n, n_factors * per_factor)) * 0.7
    frame = pd.DataFrame(np.clip(np.round(3.5 + 1.2 * x), 1, 6), columns=[f"x{i + 1}" for i in range(x.shape[1])])
    frame = frame.mask(rng.random(x.shape) < missing)
    return frame.assign(group=np.where(np.arange(n) % 2, "a", "b"))


def clustered(missing: float, seed: int) -> pd.DataFrame:
    """Answers of 2,500 persons in 200 clusters of 5 to 20, with two factors at each level."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(200), np.tile([5, 10, 15, 20], 50))
    between, within = rng.normal(size=(200, 2)), rng.normal(size=(len(cluster), 2))
    own = np.repeat(0.6 * between, 3, axis=1) + 0.4 * rng.normal(size=(200, 6))
    x = own[cluster] + np.repeat(0.8 * within, 3, axis=1) + 0.8 * rng.normal(size=(len(cluster), 6))
    frame = pd.DataFrame(x, columns=[f"x{i + 1}" for i in range(6)]).mask(rng.random(x.shape) < missing)
    return frame.assign(cluster=cluster)


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs (None without R)."""
    small, large = answers(301, 3, 3, 0.0, 1), answers(2800, 5, 5, 0.0, 2)
    gaps = answers(2800, 5, 5, 0.006, 3)
    complete, incomplete = clustered(0.0, 4), clustered(0.1, 4)
    small_fit = fit_cfa(_THREE, small, estimator="ML")
    levels = ["configural", "metric", "scalar", "strict"]
    jobs: list[tuple[str, Callable[[], object], pd.DataFrame, str, str]] = [
        ("CFA by ML: 25 items, n 2,800", lambda: fit_cfa(_FIVE, large, estimator="ML"), large, _FIVE, "ml"),
        ("CFA by MLR, FIML, robust fit: 25 items, n 2,800", lambda: fit_cfa(_FIVE, gaps), gaps, _FIVE, "fiml"),
        ("bootstrap of a CFA: 200 samples, 9 items, n 301", lambda: small_fit.bootstrap(200), small, _THREE, "boot"),
        (
            "invariance: 4 levels, 9 items, 2 groups",
            lambda: measurement_invariance(_THREE, small, group="group", levels=levels, estimator="ML"),
            small,
            _THREE,
            "levels",
        ),
        (
            "ordinal invariance: 4 levels (ours 5), 9 items, 2 groups",
            lambda: measurement_invariance(
                _THREE,
                small,
                group="group",
                ordered=True,
                levels=["configural", "thresholds", "metric", "scalar", "strict"],
            ),
            small,
            _THREE,
            "ordinal_levels",
        ),
    ]
    for name, persons, kind in (
        ("two levels by ML: 6 items, 200 clusters, n 2,500", complete, "two_levels"),
        ("the same with a tenth of the answers missing, by FIML", incomplete, "two_levels_gaps"),
    ):
        job = partial(fit_two_level_cfa, _LEVELS, persons, cluster="cluster")
        jobs.append((name, job, persons, _LEVELS, kind))
    if _BFI.exists():
        bfi = pd.read_csv(_BFI)[[f"{k}{i}" for k in "ACENO" for i in range(1, 6)]].dropna()
        jobs.insert(
            1,
            (
                f"CFA by ML: bfi, 25 items, n {len(bfi):,}",
                lambda: fit_cfa(_BIG_FIVE, bfi, estimator="ML"),
                bfi,
                _BIG_FIVE,
                "ml",
            ),
        )
        esem = f"ESEM by ML, geomin, 30 starts: bfi, 25 items, n {len(bfi):,}"
        jobs.append((esem, lambda: fit_cfa(_BIG_ESEM, bfi, estimator="ML"), bfi, _BIG_ESEM, "esem"))
        ordinal = f"CFA by WLSMV: bfi, 25 items, n {len(bfi):,}"
        jobs.append((ordinal, lambda: fit_cfa(_BIG_FIVE, bfi, ordered=True), bfi, _BIG_FIVE, "ordinal"))
        persons = pd.read_csv(_BFI)[[*bfi.columns, "gender", "age"]].dropna()
        mimic = _BIG_FIVE + "\nA + C + E + N + O ~ gender + age"
        jobs.append(
            (
                f"the same beside two covariates, n {len(persons):,}",
                lambda: fit_cfa(mimic, persons, ordered=True),
                persons,
                mimic,
                "covariates",
            )
        )
    for name, job, data, model, kind in jobs:
        yield name, best_of(job, 100 if kind == "ml" else 5), _in_r(data, model, kind)
    yield "1,000 CFAs by ML: 9 items, n 300, two processes", _replications(1000, _replicate), None
    yield "1,000 CFAs by WLSMV: 9 items, n 300, two processes", _replications(1000, _replicate_ordinal), None


def _replications(times: int, replicate: Callable[[int], float]) -> float:
    """Seconds for simulating and fitting so many studies; two processes that started before."""
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the processes share the cores already
    try:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
            list(pool.map(replicate, range(times, times + 20)))
            start = time.perf_counter()
            fits = list(pool.map(replicate, range(times), chunksize=50))
            seconds = time.perf_counter() - start
    finally:
        if before is None:
            del os.environ["OPENBLAS_NUM_THREADS"]
        else:
            os.environ["OPENBLAS_NUM_THREADS"] = before
    if not np.isfinite(fits).all():
        raise RuntimeError("A replication has no fit.")
    return seconds


def _replicate(seed: int) -> float:
    """The CFI of one simulated study."""
    fit = fit_cfa(_THREE, answers(300, 3, 3, 0.0, seed), estimator="ML")
    return float(fit.fit_measures["cfi"])


def _replicate_ordinal(seed: int) -> float:
    """The scaled CFI of one simulated study of ordered items."""
    fit = fit_cfa(_THREE, answers(300, 3, 3, 0.0, seed).drop(columns="group"), ordered=True)
    return float(fit.fit_measures["cfi_scaled"])


def _in_r(data: pd.DataFrame, model: str, kind: str) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, text, script = Path(folder, "x.csv"), Path(folder, "model.txt"), Path(folder, "job.R")
        data.to_csv(path, index=False)
        text.write_text(model + "\n")
        script.write_text(_R)
        done = subprocess.run(  # noqa: S603
            ["Rscript", script, path, text, kind],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
        )
    return float(done.stdout)
