"""Both sides' means and their difference: the numbers behind gaps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.analysis.design import Design
from hpp_analysis.analysis.means import has_interval
from hpp_analysis.analysis.scores import scale_values
from hpp_analysis.core.groups import contrast_means
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import Level, Weight
from hpp_analysis.survey.survey import Survey


def side_contrasts(
    survey: Survey,
    design: Design,
    side: str,
    sides: tuple[str, str],
    *,
    level: Level,
    weight: Weight,
    conf_level: float,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """One row per factor or characteristic, with both sides' means and their difference; and the flags."""
    values, keys = _measured(survey, level)
    rows, flags = [], set()
    for variable in values:
        y = values[variable].to_numpy(dtype=float)
        means, found = _compare(y, design, side, sides, weight, conf_level)
        flags |= set(found)
        rows.append({**keys[variable], **means, **_persons(values[variable], survey, side, sides)})
    return pd.DataFrame(rows), tuple(sorted(flags))


def two_sides(survey: Survey, side: str) -> tuple[str, str]:
    """The sides in the instrument's order, or in order of appearance.

    Where the instrument knows two sides and one of them did not answer, there are still two: the gap is undefined.
    """
    present = survey.values(side)
    column = survey.instrument.column(side)
    known = [value.id for value in column.values] if column else []
    found = known if len(known) == 2 and set(present) <= set(known) else sorted(present, key=_order(known))
    if len(found) != 2:
        raise SurveyError(
            [
                Failure(
                    "A gap is between two sides.",
                    "Select ratings of two sides, or name a column with two values.",
                    " and ".join(survey.sources) or None,
                    None,
                    side,
                    ", ".join(found) or "nothing",
                )
            ]
        )
    return found[0], found[1]


def _order(known: list[str]) -> Callable[[str], tuple[int, str]]:
    return lambda value: (known.index(value) if value in known else len(known), value)


def _measured(survey: Survey, level: Level) -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """What is compared, ratings x variables, and the key columns of each variable."""
    if level == "factor":
        values = scale_values(survey)
        return values, {name: {"factor": name} for name in values}
    instrument = survey.instrument
    factors = {factor.id for factor in instrument.factors}
    items = [item for item in instrument.items if item.factor in factors and item.id in survey.items]
    return survey.items[[item.id for item in items]], {
        item.id: {"factor": item.factor, "item": item.id} for item in items
    }


def _compare(
    y: np.ndarray, design: Design, side: str, sides: tuple[str, str], weight: Weight, conf_level: float
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Both sides' means and their difference; and the flags."""
    counts = np.bincount(design.cell[~np.isnan(y)], minlength=len(design.cells))
    members = [(design.cells[side] == value).to_numpy() for value in sides]
    first, second = design.weights(members, counts, weight)
    absent = [not member.any() for member in members]
    weights = np.array([first, second, first - second])
    means = contrast_means(y, design.cell, design.person, weights, conf_level=conf_level)
    sound = has_interval(means, weights, 2)
    row = {
        "mean_first": means.estimate[0],
        "mean_second": means.estimate[1],
        "gap": means.estimate[2],
        "se": means.se[2],
        "df": means.df[2],
        "ci_lower": means.ci_lower[2] if sound else np.nan,
        "ci_upper": means.ci_upper[2] if sound else np.nan,
        "p": means.p_value[2] if sound else np.nan,
    }
    for name, missing in zip(("mean_first", "mean_second"), absent, strict=True):
        if missing:  # a sum over no groups would be zero; nobody's mean is unknown, and so is the gap
            row |= dict.fromkeys((name, "gap", "se", "df", "ci_lower", "ci_upper", "p"), np.nan)
    return row, means.flags


def _persons(values: pd.Series, survey: Survey, side: str, sides: tuple[str, str]) -> dict[str, int]:
    answered = values.notna()
    counts = survey.persons[answered].groupby(survey.respondents.loc[answered, side]).nunique()
    return {
        name: int(counts.get(value, 0)) for name, value in zip(("n_first", "n_second"), sides, strict=True)
    }


def one_sided(design: Design, pair: str, side: str) -> int:
    """The number of partnerships that only one side rated."""
    if pair not in design.cells:
        return 0
    return int((design.cells.groupby(pair)[side].nunique() == 1).sum())
