"""How many factors: parallel analysis against psych::fa.parallel, minimum average partial, Hull, NEST, and all at once."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from benchmarks.correlation import likert
from benchmarks.reliability import best_of
from hpp_analysis import retain_factors

_BFI = Path(__file__).parent.parent.parent / "shared" / "data" / "psychTools" / "bfi.csv"

_R = """
suppressMessages(library(psych))
arguments <- commandArgs(TRUE)
x <- read.csv(arguments[1]); r <- cor(x)
quietly <- function(e) { sink(nullfile()); on.exit(sink()); suppressWarnings(suppressMessages(force(e))) }
set.seed(1)
job <- switch(arguments[2],
  hundred = function() fa.parallel(x, fa = "pc", n.iter = 100, quant = .95, sim = FALSE, plot = FALSE),
  components = function() fa.parallel(x, fa = "pc", n.iter = 1000, quant = .95, sim = FALSE, plot = FALSE),
  factors = function() fa.parallel(x, fa = "both", n.iter = 1000, quant = .95, sim = FALSE, plot = FALSE),
  map = function() vss(r, n = ncol(x) - 2, n.obs = nrow(x), plot = FALSE, rotate = "none"))
times <- if (arguments[2] == "map") 9 else 2
cat(min(replicate(times, system.time(quietly(job()))[["elapsed"]])))
"""


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our seconds, theirs (None without R)."""
    if _BFI.is_file():
        bfi = pd.read_csv(_BFI).filter(regex="^[ACENO][1-5]$").dropna()
    else:
        values = likert(2436, 25, 6)
        bfi = pd.DataFrame(values, columns=[f"v{place}" for place in range(1, values.shape[1] + 1)])
    what = f"bfi, n {len(bfi)}"
    components, factors = ("parallel",), ("parallel", "parallel_factor")
    yield (
        f"100 shuffled sets, components, {what}",
        best_of(lambda: retain_factors(bfi, criteria=components, n_sets=100), 5),
        _in_r(bfi, "hundred"),
    )
    yield (
        f"1,000 shuffled sets, components, {what}",
        best_of(lambda: retain_factors(bfi, criteria=components), 5),
        _in_r(bfi, "components"),
    )
    yield (
        "the same and one-factor eigenvalues",
        best_of(lambda: retain_factors(bfi, criteria=factors), 3),
        _in_r(bfi, "factors"),
    )
    frame = bfi.corr()
    n = len(bfi)
    yield (
        "minimum average partial",
        best_of(lambda: retain_factors(frame, n_obs=n, criteria="map"), 9),
        _in_r(bfi, "map"),
    )
    for name, criteria in (
        ("1,000 normal sets, components", ("parallel",)),
        ("1,000 normal sets, components, smc, one factor", ("parallel", "parallel_smc", "parallel_factor")),
        ("Hull with its parallel analysis of normal sets", ("hull",)),
        ("Hull, three indices", ("hull", "hull_cfi", "hull_rmsea")),
        ("NEST, 1,000 samples per step", ("nest",)),
        ("chi-square, BIC, SABIC, RMSEA of nine models", ("chi2", "bic", "sabic", "rmsea")),
    ):
        yield name, best_of(lambda: retain_factors(frame, n_obs=n, criteria=criteria), 5), None  # noqa: B023
    polychoric = {"criteria": components, "correlation": "polychoric"}
    yield ("1,000 shuffled sets, polychoric, components", best_of(lambda: retain_factors(bfi, **polychoric), 2), None)  # type: ignore[arg-type]
    yield "comparison data", best_of(lambda: retain_factors(bfi, criteria="comparison_data"), 2), None
    yield "the default criteria", best_of(lambda: retain_factors(bfi), 3), None
    yield (
        "500 bootstrap samples, criteria without models",
        best_of(
            lambda: retain_factors(
                bfi, criteria=("parallel", "map", "map4", "ekc", "kaiser"), n_sets=20, stability=500
            ),
            3,
        ),
        None,
    )


def _in_r(answers: pd.DataFrame, job: str) -> float | None:
    if not shutil.which("Rscript"):
        return None
    with tempfile.TemporaryDirectory() as folder:
        path, script = Path(folder, "x.csv"), Path(folder, "job.R")
        answers.to_csv(path, index=False)
        script.write_text(_R, encoding="utf-8")
        command = ["Rscript", str(script), str(path), job]
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return float(done.stdout.split()[-1])
