"""How often do the intervals of gaps and of ICC(1) hold what is true, and how often do they find what is not there?

`python -m benchmarks.coverage` repeats the simulation (about five minutes on one core) and writes its tables into
docs/partner-perspective.md. Answers are whole numbers from 1 to 10: a normal value, rounded and cut off; the truth is
exact. The runs of a setting are columns, so that each is one call.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from hpp_analysis.common.interpret import MIN_CLUSTERS, MIN_CLUSTERS_BOOT, interval_is_sound
from hpp_analysis.core.groups.agreement import one_way
from hpp_analysis.core.groups.cell_means import Contrasts, contrast_means_many
from hpp_analysis.core.groups.effects import standardised_difference
from hpp_analysis.core.groups.organisation_bootstrap import bootstrap_difference

PAGE = Path(__file__).parent.parent / "docs" / "partner-perspective.md"
LOW, HIGH = 0.926, 0.974
"""Gates for 95 % intervals at 1,000 runs."""
POPULATIONS = {"middle": (7.0, 1.6), "high": (8.3, 1.3)}
"""Centre and total standard deviation before rounding."""
GAP = 0.5
ORGANISATIONS, PERSONS, ICCS = (1, 4, 10, 20), (3, 5, 10, 25), (0.0, 0.05, 0.20)


def false_alarm_gate(runs: int) -> float:
    """The largest share of false alarms that chance allows at .05 (one-sided 1 %)."""
    return float(0.05 + 2.33 * np.sqrt(0.05 * 0.95 / runs))


def true_means(centre: np.ndarray, spread: np.ndarray | float) -> np.ndarray:
    """Of normal values that are rounded and cut off to 1 to 10."""
    below = stats.norm.cdf((np.arange(1, 10) + 0.5 - np.asarray(centre)[..., None]) / np.asarray(spread)[..., None])
    return np.asarray(1.0 + np.sum(1.0 - below, axis=-1))


def true_sd(centre: float, spread: float) -> float:
    """The standard deviation of such answers."""
    points = np.arange(1, 11)
    shares = np.diff(np.r_[0.0, stats.norm.cdf((np.arange(1, 10) + 0.5 - centre) / spread), 1.0])
    return float(np.sqrt(shares @ points**2 - (shares @ points) ** 2))


@dataclass(frozen=True)
class Setting:
    """K partnerships, n persons a side in each; cells 0 to K - 1 are the client's side, K to 2K - 1 the partners'."""

    organisations: int
    persons: int
    icc: float
    population: str
    shared_raters: bool = True

    @property
    def cell(self) -> np.ndarray:
        return np.repeat(np.arange(2 * self.organisations), self.persons)

    def person(self, rng: np.random.Generator) -> np.ndarray:
        """The client's raters of each partnership are drawn from half as many again, so that many rate several."""
        k, n = self.organisations, self.persons
        person = np.arange(2 * k * n) + 10_000
        if self.shared_raters and k > 1:
            pool = int(np.ceil(1.5 * n))
            person[: k * n] = np.concatenate([rng.permutation(pool)[:n] for _ in range(k)])
        return person

    @property
    def weights(self) -> np.ndarray:
        side = np.r_[np.full(self.organisations, 1.0), np.zeros(self.organisations)] / self.organisations
        return np.array([side, side[::-1], side - side[::-1]])

    def levels(self, runs: int, gap: float, rng: np.random.Generator, *, common: bool) -> np.ndarray:
        """The centre of each cell in each run; with `common` both sides of a partnership have the same."""
        centre, sd = POPULATIONS[self.population]
        k = self.organisations
        draw = rng.normal(0.0, sd * np.sqrt(self.icc), size=(k if common else 2 * k, runs))
        both = np.concatenate([draw, draw]) if common else draw
        return centre + both + np.repeat([gap / 2, -gap / 2], k)[:, None]

    def within_sd(self) -> float:
        return float(POPULATIONS[self.population][1] * np.sqrt(1.0 - self.icc))

    def answers(self, levels: np.ndarray, person: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Ratings x runs; two ratings of one person correlate .5 about the levels."""
        runs = levels.shape[1]
        _, place = np.unique(person, return_inverse=True)
        tendency = rng.normal(size=(place.max() + 1, runs))[place]
        z = np.sqrt(0.5) * tendency + np.sqrt(0.5) * rng.normal(size=tendency.shape)
        return np.asarray(np.clip(np.round(levels[self.cell] + self.within_sd() * z), 1, 10))


@dataclass(frozen=True)
class Rates:
    """Shares of runs; NaN where no interval is given."""

    coverage: float
    false_alarms: float
    effect_coverage: float = float("nan")
    bootstrap_coverage: float = float("nan")
    naive_false_alarms: float = float("nan")


def fixed_rates(setting: Setting, runs: int, rng: np.random.Generator) -> Rates:
    """Gaps of these organisations."""
    person = setting.person(rng)
    levels = setting.levels(runs, GAP, rng, common=False)
    found = contrast_means_many(setting.answers(levels, person, rng), setting.cell, person, setting.weights)
    if not interval_is_sound(setting.persons, float(found.df_design[2, 0]), int(found.most_ratings[2, 0])):
        return Rates(float("nan"), float("nan"))
    truth = setting.weights[2] @ true_means(levels, setting.within_sd())
    none = setting.levels(runs, 0.0, rng, common=True)
    null = contrast_means_many(setting.answers(none, person, rng), setting.cell, person, setting.weights)
    effect = float("nan")
    if not setting.icc:  # where levels differ by run, so does the true spread
        variances = [true_sd(level, setting.within_sd()) ** 2 for level in levels[:, 0]]
        spread = np.sqrt(np.abs(setting.weights[:2]).sum(axis=0) @ variances / 2.0)
        effect = float(np.mean([_effect_hits(found, setting, run, truth[run] / spread) for run in range(runs)]))
    return Rates(
        coverage=_hits(found.ci_lower[2], found.ci_upper[2], truth),
        false_alarms=float(np.mean(null.p_value[2] < 0.05)),
        effect_coverage=effect,
    )


def _effect_hits(found: Contrasts, setting: Setting, run: int, truth: float) -> bool:
    one = standardised_difference(
        found.estimate[2, run],
        found.se[2, run],
        found.df[2, run],
        found.cell_sd[:, run],
        found.cell_n[:, run],
        *setting.weights[:2],
    )
    return bool(one.ci_lower <= truth <= one.ci_upper)


def cluster_rates(setting: Setting, runs: int, boot_runs: int, rng: np.random.Generator) -> Rates:
    """Gaps that are to hold for organisations like these: K on each side, each with its own persons."""
    k, person = setting.organisations, setting.person(rng)
    sides, organisations = np.repeat([0, 1], k), np.arange(2 * k)
    contrast = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, -1.0]])
    centre, sd = POPULATIONS[setting.population]
    truth = float(true_means(np.array(centre + GAP / 2), sd) - true_means(np.array(centre - GAP / 2), sd))
    naive = contrast_means_many(
        setting.answers(setting.levels(runs, 0.0, rng, common=False), person, rng),
        setting.cell,
        person,
        setting.weights,
    )
    none = contrast_means_many(naive.cell_mean, sides, organisations, contrast)
    false, blind = float(np.mean(none.p_value[2] < 0.05)), float(np.mean(naive.p_value[2] < 0.05))
    if k < MIN_CLUSTERS:
        return Rates(float("nan"), float("nan"), naive_false_alarms=blind)
    y = setting.answers(setting.levels(runs, GAP, rng, common=False), person, rng)
    means = np.stack([y[setting.cell == cell].mean(axis=0) for cell in range(2 * k)])
    found = contrast_means_many(means, sides, organisations, contrast)
    bootstrap = float("nan")
    if k >= MIN_CLUSTERS_BOOT and boot_runs:
        nothing = np.full(k, np.nan)
        ends = [
            bootstrap_difference(np.r_[means[:k, run], nothing], np.r_[nothing, means[k:, run]], rng=rng, n_boot=999)
            for run in range(boot_runs)
        ]
        bootstrap = float(np.mean([low <= truth <= high for low, high in ends]))
    return Rates(
        coverage=_hits(found.ci_lower[2], found.ci_upper[2], truth),
        false_alarms=false,
        bootstrap_coverage=bootstrap,
        naive_false_alarms=blind,
    )


def _hits(low: np.ndarray, high: np.ndarray, truth: np.ndarray | float) -> float:
    # where all answers are equal the interval is a point, which hits the truth by rounding only
    return float(np.mean((low <= truth + 1e-9) & (truth - 1e-9 <= high)))


def icc_coverage(groups: int, persons: int, icc: float, runs: int, rng: np.random.Generator) -> float:
    """Coverage of the interval of ICC(1) by n0; group sizes run from half to one and a half times `persons`."""
    sizes = np.maximum(np.round(persons * np.linspace(0.5, 1.5, groups)), 2).astype(int)
    group = np.repeat(np.arange(groups), sizes)
    hit = []
    for _ in range(runs):
        y = np.sqrt(icc) * rng.normal(size=groups)[group] + np.sqrt(1 - icc) * rng.normal(size=group.size)
        low, high = one_way(y, group).icc1_n0_ci
        hit.append(low <= icc <= high)
    return float(np.mean(hit))


def gap_table(*, runs: int = 4000, boot_runs: int = 1000, seed: int = 20261203) -> list[dict[str, float]]:
    """One row per number of organisations, of persons and ICC: the worst of both populations."""
    rows = []
    for place, (k, n, icc) in enumerate((k, n, i) for k in ORGANISATIONS for n in PERSONS for i in ICCS):
        rng = np.random.default_rng([seed, place])
        fixed = [fixed_rates(Setting(k, n, icc, name), runs, rng) for name in POPULATIONS]
        clusters = [
            cluster_rates(Setting(k, n, icc, name, shared_raters=False), runs, boot_runs, rng) for name in POPULATIONS
        ]
        rows.append(
            {
                "organisations": k,
                "persons": n,
                "icc": icc,
                "fixed_coverage": worst(one.coverage for one in fixed),
                "fixed_false": max(one.false_alarms for one in fixed),
                "effect_coverage": worst(one.effect_coverage for one in fixed),
                "cluster_coverage": worst(one.coverage for one in clusters),
                "cluster_false": max(one.false_alarms for one in clusters),
                "bootstrap_coverage": worst(one.bootstrap_coverage for one in clusters),
                "naive_false": max(one.naive_false_alarms for one in clusters),
            }
        )
    return rows


def worst(shares: Iterable[float]) -> float:
    """The coverage that lies farthest from .95."""
    return max(shares, key=lambda share: abs(share - 0.95))


def icc_table(*, runs: int = 1000, seed: int = 20261204) -> list[dict[str, float]]:
    """Coverage of the intervals of ICC(1)."""
    return [
        {
            "groups": k,
            "persons": n,
            **{
                f"icc_{icc:.2f}": icc_coverage(k, n, icc, runs, np.random.default_rng([seed, k, n, round(100 * icc)]))
                for icc in (0.0, 0.10, 0.30)
            },
        }
        for k in (4, 8, 12, 30)
        for n in (5, 20)
    ]


def _share(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}".removeprefix("0")


def as_markdown(rows: list[dict[str, float]], heads: dict[str, str]) -> str:
    """A table of shares; the first columns are counts and the ICC."""
    lines = ["| " + " | ".join(heads.values()) + " |", "|" + "---:|" * len(heads)]
    for row in rows:
        cells = [
            f"{row[name]:g}"
            if name in ("organisations", "persons", "groups")
            else f"{row[name]:.2f}"
            if name == "icc"
            else _share(row[name])
            for name in heads
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


GAP_HEADS = {
    "organisations": "organisations a side",
    "persons": "persons a cell",
    "icc": "ICC",
    "fixed_coverage": "these: coverage",
    "fixed_false": "false alarms",
    "effect_coverage": "effect: coverage",
    "cluster_coverage": "in general: coverage",
    "cluster_false": "false alarms",
    "bootstrap_coverage": "bootstrap: coverage",
    "naive_false": "*read as general: false alarms*",
}
ICC_HEADS = {
    "groups": "groups",
    "persons": "persons a group",
    "icc_0.00": "ICC 0",
    "icc_0.10": "ICC .10",
    "icc_0.30": "ICC .30",
}


def main() -> None:
    """Write both tables into the page."""
    tables = {"gaps": as_markdown(gap_table(), GAP_HEADS), "icc": as_markdown(icc_table(), ICC_HEADS)}
    page = PAGE.read_text(encoding="utf-8")
    for name, table in tables.items():
        page = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda found, text=table: f"{found[1]}{text}\n{found[2]}",
            page,
            flags=re.DOTALL,
        )
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write("\n\n".join(tables.values()) + "\n")


if __name__ == "__main__":
    main()
