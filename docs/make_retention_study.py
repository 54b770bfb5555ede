"""Which criterion finds three factors how often? Simulates studies of 19 items and writes the table in retention.md.

Run from the top of the source tree: python docs/make_retention_study.py [studies per cell]. It takes minutes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hpp_analysis.core.retention.draws import normal_correlations
from hpp_analysis.core.retention.eigenvalues import Spectrum, reference_curve, reference_spectra
from hpp_analysis.core.retention.panel import Panel
from hpp_analysis.factors.retention_consensus import HALF, consensus
from hpp_analysis.factors.retention_criteria import CRITERIA
from hpp_analysis.factors.retention_validity import Facts, check, misled_by_minor_factors

SIZES, PHIS = (50, 100, 200, 400), (0.3, 0.5, 0.7)
ITEMS = (8, 7, 4)
KINDS: tuple[Spectrum, ...] = ("pca", "smc", "factor")
VOTERS = ("parallel", "parallel_factor", "map", "ekc", "nest", "chi2", "sabic")
"""The default criteria of `retain_factors` that may vote."""


def population(phi: float) -> tuple[np.ndarray, np.ndarray]:
    """Loadings from .5 to .8 of eight, seven and four items, and the root of the factors' correlations."""
    loadings = np.zeros((sum(ITEMS), len(ITEMS)))
    begin = 0
    for factor, items in enumerate(ITEMS):
        loadings[begin : begin + items, factor] = np.linspace(0.5, 0.8, items)
        begin += items
    return loadings, np.linalg.cholesky(np.full((3, 3), phi) + (1 - phi) * np.eye(3))


def study(loadings: np.ndarray, root: np.ndarray, n: int, rng: np.random.Generator, minor: float = 0.0) -> np.ndarray:
    """Answers from 1 to 10 with a mean of about 7.

    `minor` is the share of the unique variances that 50 minor factors take, each smaller than the one before it (Tucker,
    Koopman & Linn, 1969): with a tenth, three factors fit with an RMSEA of .04.
    """
    unique = 1 - np.sum(loadings**2, axis=1)
    w = np.zeros((len(unique), 50))
    if minor:
        w = rng.standard_normal(w.shape) * 0.8 ** np.arange(50)
        w *= np.sqrt(minor * unique / np.sum(w**2, axis=1))[:, None]
    z = rng.standard_normal((n, 3)) @ root.T @ loadings.T
    if minor:
        z += rng.standard_normal((n, 50)) @ w.T
    z += rng.standard_normal(z.shape) * np.sqrt((1 - minor) * unique)
    return np.clip(np.round(7 + 1.7 * z), 1, 10)


def answers(
    phi: float, n: int, studies: int, rng: np.random.Generator, minor: float = 0.0
) -> Iterator[dict[str, float]]:
    """What each criterion says of each study, and the default criteria together."""
    p = sum(ITEMS)
    spectra = reference_spectra(normal_correlations(n, p, 1000, rng), KINDS)
    curves = {kind: reference_curve(found, "quantile", 0.95) for kind, found in spectra.items()}
    loadings, root = population(phi)
    for place in range(studies):
        x = study(loadings, root, n, rng, minor)
        panel = Panel(np.corrcoef(x.T), n, curves, 300, 0.05, p // 3, (place, n), x)
        verdicts = {name: panel.verdict(name) for name in CRITERIA}
        voting = {name: verdicts[name] for name in VOTERS}
        facts = Facts(n, p, "pearson", "permuted", skewness=1.0, kurtosis=1.0, fewest_categories=10)
        validity = check(voting, facts)
        broken = set(validity.loc[validity["state"] == "not_met", "criterion"])
        said = {name: found.n_factors for name, found in verdicts.items()}
        misled = set(misled_by_minor_factors(validity))
        together = consensus(
            (CRITERIA[name].family, said[name], HALF if name in misled else 1.0)
            for name in VOTERS
            if name not in broken
        )
        yield {**said, "consensus": together.n_factors}


def table(studies: int) -> str:
    """The table in Markdown: percentages right, and of all studies too few and too many."""
    rng = np.random.default_rng(20)
    found = {(phi, n): list(answers(phi, n, studies, rng)) for phi in PHIS for n in SIZES}
    head = [f"{n}" for _phi in PHIS for n in SIZES]
    lines = [
        f"| {studies} studies a cell; factors correlate | "
        + " | ".join(f".{round(10 * phi)}" if n == SIZES[0] else "" for phi in PHIS for n in SIZES)
        + " | all | |",
        "|---|" + "---|" * (len(head) + 2),
        "| n | " + " | ".join(head) + " | too few | too many |",
    ]
    for name in (*CRITERIA, "consensus"):
        cells, everything = [], []
        for key in found:
            said = np.array([one[name] for one in found[key]])
            cells.append(f"{100 * np.mean(said == 3):.0f}")
            everything.append(said)
        said = np.concatenate(everything)
        label = f'`"{name}"`' if name != "consensus" else "**the vote of the default criteria**"
        lines.append(
            f"| {label} | {' | '.join(cells)} | {100 * np.mean(said < 3):.0f} | {100 * np.mean(said > 3):.0f} |"
        )
    return "\n".join(lines)


MINOR_CELLS = ((100, 0.5), (100, 0.7), (200, 0.5), (200, 0.7), (400, 0.5), (400, 0.7), (800, 0.5))


def minor_table(studies: int) -> str:
    """With small minor factors: percentages right and, after the stroke, too many."""
    rng = np.random.default_rng(20)
    found = {(n, phi): list(answers(phi, n, studies, rng, 0.1)) for n, phi in MINOR_CELLS}
    return minor_lines(found, studies)


def minor_lines(found: dict[tuple[int, float], list[dict[str, float]]], studies: int) -> str:
    """The table in Markdown."""
    lines = [
        f"| {studies} studies a cell | " + " | ".join(f"n {n}, .{round(10 * phi)}" for n, phi in found) + " |",
        "|---|" + "---|" * len(found),
    ]
    for name in (*CRITERIA, "consensus"):
        said = [np.array([one[name] for one in cell]) for cell in found.values()]
        cells = [f"{100 * np.mean(k == 3):.0f} / {100 * np.mean(k > 3):.0f}" for k in said]
        label = f'`"{name}"`' if name != "consensus" else "**the vote of the default criteria**"
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Write the tables between their marks."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    page = Path(__file__).parent / "retention.md"
    text = page.read_text(encoding="utf-8")
    for mark, lines in (("study", table(studies)), ("minor", minor_table(studies))):
        text = re.sub(
            rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)",
            lambda marks, lines=lines: f"{marks[1]}\n{lines}\n\n{marks[2]}",
            text,
            count=1,
            flags=re.DOTALL,
        )
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
