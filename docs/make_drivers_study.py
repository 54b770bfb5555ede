"""How often do tests of drivers err, and find what is there? Simulates studies and writes the tables in drivers.md.

Run from the top of the source tree: python docs/make_drivers_study.py [studies per row]. It takes half an hour.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import MIN_UNITS_TIERS, units_for_intervals
from hpp_analysis.core.correlation.weighted import resampled_correlations
from hpp_analysis.core.importance.ranks import rank_estimates
from hpp_analysis.drivers.regression import Fit, Tests, importance_of
from hpp_analysis.drivers.regression_data import DriverData, driver_data

N_WILD, ALPHA = 199, 0.05

DESIGNS = {
    "one": ("one rating a person", 19, (60, 100, 200, 400)),
    "several": ("one, two or four ratings a person", 19, (60, 100, 200, 400)),
    "missing": ("one rating a person, a tenth of the scores missing", 19, (60, 100, 200, 400)),
    "few": ("one rating a person, 3 predictors", 3, (30, 60, 100)),
    "organisations": ("organisations of eight persons, 3 predictors", 3, (10, 20, 50)),
}
"""What a row of the table is of, its predictors, and its numbers of persons (or organisations)."""


def study(design: str, n: int, rng: np.random.Generator, *, counts: bool) -> DriverData:
    """Answers from 1 to 10 of persons (or organisations) who vary as one, with unequal spread.

    Predictors correlate .5. Where some count, they are three of 19 (or the first of three) and explain .30 of the outcome.
    """
    _label, p, _sizes = DESIGNS[design]
    size = {"several": rng.choice([1, 2, 4], size=n, p=[0.6, 0.25, 0.15]), "organisations": np.full(n, 8)}
    unit = np.repeat(np.arange(n), size.get(design, np.ones(n, dtype=int)))
    shared = 0.5 if design == "several" else 0.2 if design == "organisations" else 0.0
    rows = unit.size

    def drawn(columns: int) -> np.ndarray:
        """Standard normal columns, of whose variance `shared` is that of who varies as one."""
        own = rng.standard_normal((rows, columns))
        return np.sqrt(shared) * rng.standard_normal((n, columns))[unit] + np.sqrt(1 - shared) * own

    x = np.sqrt(0.5) * drawn(1) + np.sqrt(0.5) * drawn(p)
    slopes = np.zeros(p)
    slopes[: 3 if p > 3 else 1] = [0.5, 0.4, 0.3] if p > 3 else [1.0]
    phi = np.full((p, p), 0.5) + 0.5 * np.eye(p)
    slopes *= np.sqrt(0.3 / (slopes @ phi @ slopes)) * counts
    spread = np.exp(0.3 * x[:, 0] - 0.09)
    y = x @ slopes + np.sqrt(0.7 if counts else 1.0) * spread * drawn(1)[:, 0]
    answered = pd.DataFrame(
        np.clip(np.round(7 + 1.7 * np.column_stack([x, y])), 1, 10),
        columns=[*(f"x{place}" for place in range(1, p + 1)), "y"],
    )
    if design == "missing":  # more often where the first predictor is low
        chance = np.where(x[:, :1] < 0, 0.15, 0.05)
        answered[answered.columns[:-1]] = answered[answered.columns[:-1]].mask(rng.random((rows, p)) < chance)
    names = list(answered.columns[:-1])
    first = 10 if p > 3 else 1
    apart = design in ("several", "organisations")
    return driver_data(
        answered.assign(unit=unit) if apart else answered, outcome="y",
        predictors={"first": names[:first], "rest": names[first:]}, hpo=None, cluster="unit" if apart else None,
        within=None,
    )  # fmt: skip


def errors_and_power(design: str, n: int, studies: int, seed: int) -> dict[str, float]:
    """Shares of the studies in which each test says that there is something."""
    rng = np.random.default_rng((seed, n))
    none, three = [], []
    for place in range(studies):
        rows = study(design, n, rng, counts=False)
        every = list(range(len(rows.predictors)))
        tests = Tests(rows, n_wild=N_WILD, seed=place)
        p_each = Fit(rows, every).p[1 : 1 + len(every)]
        none.append((tests.together(every)[1] <= ALPHA, (tests.each(ALPHA) <= ALPHA).any(), (p_each <= ALPHA).any()))
        rows = study(design, n, rng, counts=True)
        tests = Tests(rows, n_wild=N_WILD, seed=place)
        real = 3 if len(every) > 3 else 1
        rest = [rows.predictors.index(name) for name in rows.blocks["rest"]]
        found = tests.each(ALPHA) <= ALPHA
        three.append(
            (
                tests.together(rest)[1] <= ALPHA,
                found[real:].any(),
                tests.together(every)[1] <= ALPHA,
                found[:real].mean(),
            )
        )
    names = ("joint", "named", "interval", "block", "falsely", "power", "share")
    return dict(zip(names, [*np.mean(none, axis=0), *np.mean(three, axis=0)], strict=True))


def tests_table(studies: int) -> str:
    """Level and power in Markdown."""
    lines = [
        "| | n | joint test | a predictor is named | some interval excludes 0 | block that adds nothing | one of the others "
        "is named | joint test | those that count are named |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for place, (design, (label, _p, sizes)) in enumerate(DESIGNS.items()):
        for n in sizes:
            found = errors_and_power(design, n, studies, place)
            cells = [f"{share:.3f}".lstrip("0") if share < 1 else "1" for share in found.values()]
            lines.append(f"| {label if n == sizes[0] else ''} | {n} | {' | '.join(cells)} |")
    return "\n".join(lines)


def intervals(p: int, n: int, r2: float, studies: int) -> tuple[float, float, float]:
    """How often intervals hold the truth (the mean, the smallest of the predictors), and the first tier the first."""
    rng = np.random.default_rng((p, n, round(100 * r2)))
    phi = np.full((p, p), 0.5) + 0.5 * np.eye(p)
    slopes = np.linspace(1.0, 0.0, p)
    slopes *= np.sqrt(r2 / (slopes @ phi @ slopes))
    r = np.block([[phi, (phi @ slopes)[:, None]], [phi @ slopes, np.ones(1)]])
    root = np.linalg.cholesky(r).T
    method = "lmg" if p <= 12 else "relative_weights"
    truth = importance_of(r, method)
    held, first = [], []
    for _study in range(studies):
        x = rng.standard_normal((n, p + 1)) @ root
        samples = importance_of(resampled_correlations(x, 400, rng), method)
        low, high = np.quantile(samples, [0.025, 0.975], axis=0)
        held.append((low <= truth) & (truth <= high))
        first.append(rank_estimates(importance_of(np.corrcoef(x.T), method), samples).tier[truth.argmax()] == 1)
    covered = np.mean(held, axis=0)
    return float(covered.mean()), float(covered.min()), float(np.mean(first))


def intervals_table(studies: int) -> str:
    """Coverage at the bound from which intervals are shown, and below it, in Markdown."""
    lines = [
        "| predictors | n | | R² .10 | R² .30 | R² .50 | first tier holds the first |",
        "|---|---|---|---|---|---|---|",
    ]
    for p in (3, 5, 8, 12, 19):
        bound = units_for_intervals(p)
        for n, where in (
            (MIN_UNITS_TIERS, "not shown"),
            (bound // 2, "not shown"),
            (bound, "the bound"),
            (2 * bound, "shown"),
        ):
            if n == MIN_UNITS_TIERS and bound // 2 == n:
                continue
            found = [intervals(p, n, r2, studies) for r2 in (0.1, 0.3, 0.5)]
            cells = [f"{mean:.2f} ({least:.2f})".replace("0.", ".") for mean, least, _first in found]
            first = f"{min(one[2] for one in found):.2f}".replace("0.", ".")
            lines.append(f"| {p} | {n} | {where} | {' | '.join(cells)} | {first} |")
    return "\n".join(lines)


def main() -> None:
    """Write the tables between their marks."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    page = Path(__file__).parent / "drivers.md"
    text = page.read_text(encoding="utf-8")
    for mark, table in (("tests", tests_table(studies)), ("intervals", intervals_table(max(studies // 4, 10)))):
        text = re.sub(
            rf"(<!-- {mark} -->\n).*?(<!-- end of {mark} -->)",
            lambda marks, table=table: f"{marks[1]}\n{table}\n\n{marks[2]}",
            text,
            flags=re.DOTALL,
        )
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
