"""Answers that may be told: those of groups of ten persons or more, and of smaller groups nothing but a mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hpp_analysis.core.groups.pooled_spread import PooledSpread
from hpp_analysis.survey.survey import Survey

OTHERS = "(others)"
"""How the partnership of several small groups that are told together only begins; people see it in words."""


@dataclass(frozen=True, eq=False)
class ClearedSurvey(Survey):
    """A survey in which nothing is left that may not be told, so that whatever is computed from it may be.

    Attributes
    ----------
    lent : mapping of str to PooledSpread
        By item and scale, the spread within groups of ten persons or more. Ratings of smaller groups stand for the mean of
        their group, and take their spread from here.
    """

    lent: Mapping[str, PooledSpread] = field(default_factory=dict)
