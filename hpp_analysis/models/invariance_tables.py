"""The steps of measurement invariance as tables and flags."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm

from hpp_analysis.core.multiple_testing import holm
from hpp_analysis.models.invariance_steps import Ladder, Release, Step
from hpp_analysis.models.model_data import ModelData


def accepted(ladder: Ladder, level: str) -> Step | None:
    """The last step of a level, where the level holds; None where it fails or was not estimated."""
    steps = [
        step for step in ladder.steps if step.level == level and step.verdict != "fails" and step.found is not None
    ]
    return steps[-1] if steps and not steps[-1].why.startswith("not_") else None


def step_row(step: Step, ladder: Ladder, means: pd.DataFrame) -> dict[str, object]:
    """A step as a row of the table of levels."""
    scaled = step.test.chi2_scaled if np.isfinite(step.test.scaling) else step.test.chi2
    difference, changes = step.difference, step.changes
    return {
        "level": step.level,
        "partial": ",".join(step.partial),
        "chi2": step.test.chi2,
        "chi2_scaled": scaled,
        "df": step.test.df,
        **step.measures,
        "chi2_difference": difference.chi2_scaled if difference else np.nan,
        "df_difference": difference.df if difference else np.nan,
        "p_difference": difference.p_scaled if difference else np.nan,
        **{f"{name}_change": changes.get(name, np.nan) for name in ("cfi", "rmsea", "srmr")},
        "verdict": step.verdict,
        "items": ",".join(_suspects(step, ladder, means)),
        "why": step.why,
    }


def _suspects(step: Step, ladder: Ladder, means: pd.DataFrame) -> list[str]:
    """The items behind a failure: those that were released, or those whose score tests survive Holm's adjustment."""
    if step.verdict != "fails":
        return []
    if step.level == "means":
        return _shifted(means)
    released = [item.item for item in ladder.releases if item.level == step.level and np.isfinite(item.chi2)]
    if released or step.level not in ladder.suspects:
        return list(dict.fromkeys(released))
    tests = ladder.suspects[step.level]
    p = np.where(np.isfinite(tests.p), tests.p, 1.0)
    places = [place for place in np.argsort(p) if holm(p)[place] < 0.05]
    return list(dict.fromkeys(tests.rhs[place] if tests.op[place] == "=~" else tests.lhs[place] for place in places))


def _shifted(means: pd.DataFrame) -> list[str]:
    """Factors whose mean in some group differs from the first group's, after Holm's adjustment."""
    if means.empty:
        return []
    p = 2 * norm.sf(np.abs(means["mean"] / means["se"]))
    adjusted = holm(np.where(np.isfinite(p), p, 1.0))
    return list(dict.fromkeys(means["factor"][adjusted < 0.05]))


def trail(releases: Sequence[Release]) -> pd.DataFrame:
    """The releases in order, one row each."""
    columns = ["level", "item", "relation", "chi2", "df", "p", "cfi_change"]
    rows = [
        (item.level, item.item, item.relation, item.chi2, item.df or np.nan, item.p, item.cfi_change)
        for item in releases
    ]
    return pd.DataFrame(rows, columns=columns)


def ladder_flags(ladder: Ladder, answers: ModelData) -> tuple[str, ...]:
    """What was flagged in any step, each flag once."""
    flags = [flag for step in ladder.steps if step.found is not None for flag in step.found.flags]
    flags += answers.flags
    tests = [test for step in ladder.steps if step.found is not None for test in (step.test, step.difference)]
    if any(test is not None and test.df > 0 and np.isnan(test.scaling) for test in tests):
        flags.append("negative_scaling")
    return tuple(dict.fromkeys(flags))
