"""How much of a gap between two sides comes from items that the sides read differently, in points of the scale."""

from __future__ import annotations

import numpy as np

from hpp_analysis.common.interpret import MIN_INVARIANCE_GROUP
from hpp_analysis.errors import HppError
from hpp_analysis.models.invariance import Invariance, measurement_invariance
from hpp_analysis.survey.survey import Survey

Reading = tuple[float, str, str]
"""The part of a factor's gap, why it is not known, and the items."""

_LEVELS = ("configural", "metric", "scalar")


def reading_of(
    survey: Survey, side: str, sides: tuple[str, str], invariance: Invariance | None
) -> tuple[dict[str, Reading], Invariance | None]:
    """Of each factor, the part of its gap that items bring which are read differently; and the test behind it.

    Parameters
    ----------
    survey : Survey
    side : str
    sides : (str, str)
        A gap is the first minus the second.
    invariance : Invariance, optional
        By default it is tested, where both sides have enough respondents.

    References
    ----------
    Steinmetz (2013), doi:10.1027/1614-2241/a000049
    """
    factors = {factor.id: list(survey[factor.id].columns) for factor in survey.instrument.factors}
    if invariance is None:
        fewest = min(int((survey.respondents[side] == name).sum()) for name in sides)
        if fewest < MIN_INVARIANCE_GROUP:
            return dict.fromkeys(factors, (np.nan, "few", "")), None
        try:
            invariance = measurement_invariance(model_of(survey), survey, group=side, levels=list(_LEVELS))
        except (HppError, np.linalg.LinAlgError):
            return dict.fromkeys(factors, (np.nan, "not_estimated", "")), None
    return {factor: _part(invariance, factor, items, sides) for factor, items in factors.items()}, invariance


def model_of(survey: Survey) -> str:
    """The factors in lavaan's syntax, with the items that were asked; a factor of one item has no model.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> model_of(simulate_study(seed=1).survey).splitlines()[2]
    'conflict_management =~ con1 + con2 + con3 + con4'
    """
    parts = {factor.id: list(survey[factor.id].columns) for factor in survey.instrument.factors}
    return "\n".join(f"{factor} =~ {' + '.join(items)}" for factor, items in parts.items() if len(items) > 1)


def _part(invariance: Invariance, factor: str, items: list[str], sides: tuple[str, str]) -> Reading:
    said = invariance.table[invariance.table["level"].isin(_LEVELS)].groupby("level", sort=False).last()
    verdicts = said["verdict"].reindex(_LEVELS)
    bias = invariance.items
    mine = bias[bias["factor"].eq(factor) & bias["item"].isin(items) & bias["group"].isin(sides)]
    if mine.empty:
        return np.nan, "not_estimated", ""
    if verdicts.eq("fails").any():
        return np.nan, "fails", ""
    if not verdicts.eq("holds").all():
        few = min(invariance.sizes) < MIN_INVARIANCE_GROUP
        return np.nan, "few" if few else "unclear", ""
    free = mine[mine["released"].astype(bool)]
    focal = str(mine["group"].iloc[0])  # points are those of this side compared with the other
    sign = 1.0 if focal == sides[0] else -1.0
    return float(sign * free["signed_points"].sum() / len(items)), "", ",".join(free["item"].astype(str))
