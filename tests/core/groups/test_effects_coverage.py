"""The intervals of gaps, effects and ICC(1) keep what docs/partner-perspective.md says of them.

The gates: coverage of 95 % intervals from .926 to .974, false alarms at most .05 and 2.33 Monte Carlo standard errors at
2,000 runs. The page shows, for each row, the worse of two populations at 4,000 runs.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.coverage import (
    GAP_HEADS,
    HIGH,
    ICC_HEADS,
    LOW,
    ORGANISATIONS,
    PERSONS,
    Rates,
    Setting,
    cluster_rates,
    false_alarm_gate,
    fixed_rates,
    gap_table,
    icc_coverage,
    icc_table,
)

ICCS = 3


def inside(share: float) -> bool:
    return bool(np.isnan(share)) or LOW <= share <= HIGH


def table(root: Path, name: str, heads: dict[str, str]) -> list[dict[str, float]]:
    """A table of the page as numbers; a dash is NaN."""
    page = (root / "docs" / "partner-perspective.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    assert found is not None
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]
    assert lines[0] == list(heads.values())
    return [
        dict(zip(heads, (np.nan if cell == "–" else float(cell) for cell in line), strict=True)) for line in lines[2:]
    ]


def test_the_table_of_gaps_keeps_the_gates(root: Path) -> None:
    rows = table(root, "gaps", GAP_HEADS)
    assert len(rows) == len(ORGANISATIONS) * len(PERSONS) * ICCS
    for row in rows:
        for name in ("fixed_coverage", "effect_coverage", "cluster_coverage", "bootstrap_coverage"):
            assert inside(row[name]), (name, row)
        for name in ("fixed_false", "cluster_false"):
            assert np.isnan(row[name]) or row[name] <= false_alarm_gate(2000), (name, row)
        assert np.isnan(row["fixed_coverage"]) == (
            row["persons"] < 5 and row["organisations"] != 4
        )  # outside the domain nothing is given
        assert np.isnan(row["cluster_coverage"]) == (row["organisations"] < 10)
        assert np.isnan(row["bootstrap_coverage"]) == (row["organisations"] < 20)


def test_the_table_shows_why_organisations_are_no_sample_by_default(root: Path) -> None:
    """Read as general, a gap that is not there is found in more than a quarter of studies."""
    rows = [row for row in table(root, "gaps", GAP_HEADS) if row["icc"] == 0.20 and row["persons"] >= 10]
    assert min(row["naive_false"] for row in rows) > 0.25


def test_the_table_of_icc_keeps_the_gates(root: Path) -> None:
    rows = table(root, "icc", ICC_HEADS)
    assert len(rows) == 8
    for row in rows:
        assert all(inside(row[name]) for name in ("icc_0.00", "icc_0.10", "icc_0.30")), row


def test_the_lines_of_the_page_run(root: Path) -> None:
    page = (root / "docs" / "partner-perspective.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], "partner-perspective.md", "exec"), names)
    assert len(names["gaps"].partnerships) == 16
    assert names["agreement"].to_frame()["verdict"].isin(["yes", "with_care", "no"]).all()


def gates(rates: Rates, runs: int) -> None:
    assert inside(rates.coverage) and inside(rates.effect_coverage) and inside(rates.bootstrap_coverage), rates
    assert rates.false_alarms <= false_alarm_gate(runs), rates


@pytest.mark.parametrize("setting", [Setting(4, 5, 0.0, "middle"), Setting(10, 5, 0.2, "high")])
def test_a_sample_of_the_table_for_these_organisations(setting: Setting) -> None:
    gates(fixed_rates(setting, 2000, np.random.default_rng(20261206)), 2000)


def test_a_sample_of_the_table_for_organisations_in_general() -> None:
    rng = np.random.default_rng(20261207)
    found = cluster_rates(Setting(10, 10, 0.2, "middle", shared_raters=False), 2000, 0, rng)
    gates(found, 2000)
    assert found.naive_false_alarms > 0.2  # persons alone would find gaps that are not there
    few = cluster_rates(Setting(4, 10, 0.2, "middle", shared_raters=False), 500, 0, rng)
    assert np.isnan(few.coverage)


def test_a_bootstrap_of_twenty_organisations_covers() -> None:
    rng = np.random.default_rng(20261208)
    found = cluster_rates(Setting(20, 5, 0.05, "high", shared_raters=False), 300, 300, rng)
    assert 0.92 <= found.bootstrap_coverage <= 0.98  # two standard errors of 300 runs about .95


def test_a_sample_of_the_table_of_icc() -> None:
    assert inside(icc_coverage(8, 5, 0.1, 1000, np.random.default_rng(20261209)))


@pytest.mark.slow
def test_the_whole_table_again() -> None:
    """Other seeds. Among a hundred shares one may leave its gate by chance, none by far."""
    rows = gap_table(runs=2000, boot_runs=1000, seed=20261210)
    false = np.array([row[name] for row in rows for name in ("fixed_false", "cluster_false")])
    assert np.nanmax(false) <= false_alarm_gate(2000) + 0.006
    assert np.nanmean(false > false_alarm_gate(2000)) <= 0.04
    covered = [
        row[name]
        for row in rows
        for name in ("fixed_coverage", "effect_coverage", "cluster_coverage", "bootstrap_coverage")
    ]
    assert np.mean([inside(share) for share in covered]) >= 0.97
    assert all(inside(row[name]) for row in icc_table(seed=20261211) for name in ("icc_0.00", "icc_0.10", "icc_0.30"))
