"""How often the intervals of percentiles in a norm hold the truth: python -m benchmarks.norms [RUNS].

Prints the table of docs/norms.md: partnerships in the norm, of each client, how alike these are, persons behind each mean, the
true percentile of the client, and the share of intervals of 95 % that hold it, with their median width.
"""

from __future__ import annotations

import itertools
import sys

import numpy as np
from scipy import stats

from hpp_analysis.core.groups.norm_position import place_among

SPREAD, SD, PERSONS = 0.6, 1.5, 60
NORMS = ((20, 1, 0.0), (20, 5, 0.3), (50, 1, 0.0), (48, 4, 0.3), (200, 5, 0.3))
SHARES = (0.5, 0.75, 0.9)


def simulate(
    k: int, of_client: int, alike: float, share: float, runs: int, *, skew: float = 0.0, spread: float = SPREAD
) -> tuple[float, float, float]:
    """The coverage, the median width, and the mean estimate."""
    rng = np.random.default_rng(int(1000 * share) + k)
    client = np.arange(k) // of_client
    truth = _quantile(share, skew) * spread
    held, widths, estimates = 0, [], []
    for _run in range(runs):
        common, own = rng.standard_normal(client.max() + 1)[client], rng.standard_normal(k)
        z = np.sqrt(alike) * common + np.sqrt(1 - alike) * own
        theta = spread * _skewed(z, skew)
        n = rng.integers(10, 41, k)
        y = theta + rng.standard_normal(k) * SD / np.sqrt(n)
        v = SD**2 * rng.chisquare(n - 1) / (n - 1) / n
        value = truth + rng.standard_normal() * SD / np.sqrt(PERSONS)
        error = SD * np.sqrt(rng.chisquare(PERSONS - 1) / (PERSONS - 1) / PERSONS)
        found = place_among(value, error, PERSONS - 1, y, v, client, n_draws=2000, rng=rng)
        if np.isnan(found.share):
            continue
        held += found.ci_lower <= share <= found.ci_upper
        widths.append(found.ci_upper - found.ci_lower)
        estimates.append(found.share)
    return held / len(widths), float(np.median(widths)), float(np.mean(estimates))


def _skewed(z: np.ndarray, skew: float) -> np.ndarray:
    """Normal deviates, or with skew those of a chi-squared variable turned round, of the same mean and spread."""
    if not skew:
        return z
    df = 8.0 / skew**2
    return (df - stats.chi2.ppf(stats.norm.cdf(-z), df)) / np.sqrt(2 * df)


def _quantile(share: float, skew: float) -> float:
    return float(_skewed(np.array([stats.norm.ppf(share)]), skew)[0])


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print("| norm | of each client | alike | true percentile | coverage | median width | mean estimate |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for (k, of_client, alike), share in itertools.product(NORMS, SHARES):
        coverage, width, estimate = simulate(k, of_client, alike, share, runs)
        print(
            f"| {k} | {of_client} | {alike:.1f} | {share:.0%} | {coverage:.3f} | {width:.2f} | {estimate:.1%} |",
            flush=True,
        )
    print("\nSkewed to the left (skewness -1), 50 partnerships of 50 clients:")
    for share in SHARES:
        coverage, width, estimate = simulate(50, 1, 0.0, share, runs, skew=1.0)
        print(f"| {share:.0%} | {coverage:.3f} | {width:.2f} | {estimate:.1%} |", flush=True)
    print("\nSmall differences between partnerships (SD 0.3 instead of 0.6), 50 partnerships of 50 clients:")
    for share in SHARES:
        coverage, width, estimate = simulate(50, 1, 0.0, share, runs, spread=0.3)
        print(f"| {share:.0%} | {coverage:.3f} | {width:.2f} | {estimate:.1%} |", flush=True)


if __name__ == "__main__":
    main()
