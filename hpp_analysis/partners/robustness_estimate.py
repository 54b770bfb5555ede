"""The verdicts under one choice of analysis, and how many choices agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis.common.design import Design
from hpp_analysis.common.interpret import against_threshold
from hpp_analysis.common.means import has_interval
from hpp_analysis.options import Headline, Weight
from hpp_analysis.partners.judging import adjusted_p, gap_verdicts

NO_SIDE = ""
HEADLINE = ("factor", "side")


def of_factors(rows: pd.DataFrame, factors: list[str]) -> pd.DataFrame:
    """What is told: outcomes count among the tests only."""
    return rows[rows["factor"].isin(factors)].drop(columns="p").reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the answers under every choice."""

    of: Headline
    sides: tuple[str, ...]
    factors: list[str]
    lines: dict[str, float | None]
    conf_level: float


def make_verdicts(values: pd.DataFrame, design: Design, weight: Weight, asked: Asked) -> pd.DataFrame:
    """The verdicts on scores of ratings: factor, side, estimate, ci_lower, ci_upper, verdict, n_first, n_second.

    Of gaps also mean_first and mean_second.

    The same numbers as `score_scales` and `partner_gaps` give, without what else these tell: it is done a dozen times.
    """
    gaps = asked.of == "gaps"
    cells = design.cells["side"] if "side" in design.cells else pd.Series(NO_SIDE, design.cells.index)
    names = list(asked.sides) if gaps else list(dict.fromkeys(cells))
    members = [cells.eq(name).to_numpy() for name in names]
    rows = []
    for factor in values if gaps else asked.factors:
        y = values[factor].to_numpy(dtype=float)
        counts = np.bincount(design.cell[~np.isnan(y)], minlength=len(cells))
        weights = design.weights(members, counts, weight)
        if gaps:  # the gap, and the two means that it is between
            weights = np.vstack([weights[:1] - weights[1:], weights])
        means = design.contrasts(str(factor), y, weights, conf_level=asked.conf_level)
        persons = [len(np.unique(design.person[member[design.cell] & ~np.isnan(y)])) for member in members]
        absent = gaps and not all((counts[member] > 0).any() for member in members)
        for place, name in enumerate([NO_SIDE] if gaps else names):
            sound = has_interval(means, weights, place) and not absent
            lower, upper = means.ci_lower[place], means.ci_upper[place]
            rows.append(
                {
                    "factor": str(factor),
                    "side": name,
                    "estimate": np.nan if absent else means.estimate[place],
                    "ci_lower": lower if sound else np.nan,
                    "ci_upper": upper if sound else np.nan,
                    "p": means.p_value[place] if sound else np.nan,
                    "n_first": persons[place],
                    "n_second": persons[1] if gaps else 0,
                    **({"mean_first": means.estimate[1], "mean_second": means.estimate[2]} if gaps else {}),
                }
            )
    table = pd.DataFrame(rows)
    table["verdict"] = _judged(table, asked)
    return table


def _judged(table: pd.DataFrame, asked: Asked) -> list[str | None]:
    if asked.of == "gaps":
        return verdicts_on_gaps(table, asked.conf_level)
    return [
        None
        if np.isnan(row.estimate) or (line := asked.lines[row.factor]) is None
        else against_threshold(row.ci_lower, row.ci_upper, line)
        for row in table.itertuples()
    ]


def verdicts_on_gaps(table: pd.DataFrame, conf_level: float, hidden: frozenset[str] = frozenset()) -> list[str | None]:
    """The verdicts on gaps; the tests of `hidden` factors count with a p-value of 1, see `judging.adjusted_p`."""
    unknown = table["factor"].isin(hidden).to_numpy()
    adjusted = table.assign(p_adjusted=adjusted_p(table["p"], hidden=unknown))
    return gap_verdicts(adjusted, conf_level=conf_level, estimate="estimate")


def same_verdict(usual: pd.DataFrame, other: pd.DataFrame, *, directed: bool) -> pd.Series:
    """Row by row, whether the verdict is the same; of a difference also its sign.

    Examples
    --------
    >>> usual = pd.DataFrame({"verdict": ["different", "alike"], "estimate": [0.8, 0.1]})
    >>> other = pd.DataFrame({"verdict": ["different", "alike"], "estimate": [-0.8, -0.1]})
    >>> same_verdict(usual, other, directed=True).tolist()
    [False, True]
    """
    same = other["verdict"].eq(usual["verdict"])
    if directed:
        signed = usual["verdict"].isin(["different", "small_difference"])
        same &= ~signed | np.sign(other["estimate"]).eq(np.sign(usual["estimate"]))
    return same


def count_choices(usual: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """The usual verdicts with the number of choices under which they hold."""
    counted = []
    for row in usual.itertuples():
        mine = told[told["factor"].eq(row.factor) & told["side"].eq(row.side)]
        clear = mine["verdict"].notna() & mine["verdict"].ne("cannot_tell")
        estimates = pd.Series([*mine["estimate"], row.estimate] if len(mine) else [], dtype=float)
        counted.append(
            {
                "n_hold": int(mine["holds"].sum()),
                "n_other": int((~mine["holds"].astype(bool) & clear).sum()),
                "n_choices": len(mine),
                "lowest": estimates.min(),
                "highest": estimates.max(),
            }
        )
    return pd.concat([usual, pd.DataFrame(counted, index=usual.index)], axis=1)
