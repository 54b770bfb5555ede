"""Every cut-off once, with its paper. Verdict words are codes here and sentences in the results."""

from __future__ import annotations

import math
from typing import Literal

ENOUGH_PERSONS, FEW_PERSONS, MIN_DF_DESIGN = 5, 3, 6.0
"""When a mean or gap has an interval: five persons in every partnership and side that it weighs, or three where the
numbers of persons together give six degrees of freedom. Our own rule, from simulations of uneven groups
(`tests/core/test_groups_coverage.py`): within it 95 % intervals covered 92.6 to 97.3 %, outside it down to 14 %. It looks
at numbers of persons alone: a bound on the degrees of freedom that the answers give would let pass just those samples
that understate the spread of a small group."""

MARGIN = 0.5
"""Half a scale point: a smaller difference between two sides is too small to act on (our convention)."""

ALPHA_GOOD, ALPHA_FAIR = 0.80, 0.70
"""Nunnally & Bernstein (1994), Psychometric Theory, 3rd ed., p. 264: .70 for early research, .80 for basic research."""

MIN_VALID = 0.5
"""The share of a scale's items that a rating answers to get a score (Graham 2009, doi:10.1146/annurev.psych.58.110405.085530:
averaging the answered items is sound for homogeneous scales when at least half of them are answered)."""

Verdict = Literal["reached", "not_reached", "cannot_tell"]
GapVerdict = Literal["different", "small_difference", "alike", "cannot_tell"]
ReliabilityBand = Literal["good", "fair", "low", "unclear", "undefined"]


def against_threshold(ci_lower: float, ci_upper: float, threshold: float) -> Verdict:
    """Where a mean stands against a threshold, given its interval.

    Examples
    --------
    >>> against_threshold(8.6, 9.0, 8.5), against_threshold(7.9, 8.2, 8.5), against_threshold(8.2, 8.8, 8.5)
    ('reached', 'not_reached', 'cannot_tell')
    """
    if ci_lower >= threshold:
        return "reached"
    return "not_reached" if ci_upper < threshold else "cannot_tell"


def interval_is_sound(smallest_group: int, df_design: float) -> bool:
    """Whether enough persons stand behind a mean or a gap for an interval.

    Examples
    --------
    >>> interval_is_sound(5, 4.0), interval_is_sound(3, 6.0), interval_is_sound(3, 5.0), interval_is_sound(2, 50.0)
    (True, True, False, False)
    """
    if smallest_group >= ENOUGH_PERSONS:
        return True
    return (
        smallest_group >= FEW_PERSONS and df_design >= MIN_DF_DESIGN - 1e-9
    )  # a sum of fractions: 6 may be 5.999...


def gap_verdict(
    ci_lower: float, ci_upper: float, p_adjusted: float, *, margin: float = MARGIN, conf_level: float = 0.95
) -> GapVerdict:
    """What an interval and its test say of a difference, and of whether it is too small to matter.

    A difference must survive the adjustment for the number of comparisons. The interval that is compared with the
    margin is the one that is shown, which is stricter than two one-sided tests (Schuirmann 1987,
    doi:10.1007/BF01068419) at the same level.

    Examples
    --------
    >>> gap_verdict(.6, 1.4, .001), gap_verdict(.1, .4, .01), gap_verdict(-.2, .3, .6), gap_verdict(.1, .9, .09)
    ('different', 'small_difference', 'alike', 'cannot_tell')
    """
    if math.isnan(ci_lower) or math.isnan(ci_upper):
        return "cannot_tell"
    differs = p_adjusted < 1.0 - conf_level
    small = -margin < ci_lower and ci_upper < margin
    if differs:
        return "small_difference" if small else "different"
    return "alike" if small else "cannot_tell"


def reliability_band(ci_lower: float, ci_upper: float) -> ReliabilityBand:
    """How well the items of a scale hang together, as far as the interval of alpha can tell.

    Examples
    --------
    >>> reliability_band(.82, .9), reliability_band(.72, .85), reliability_band(.4, .65), reliability_band(.6, .8)
    ('good', 'fair', 'low', 'unclear')
    """
    if math.isnan(ci_lower) or math.isnan(ci_upper):
        return "undefined"
    if ci_lower >= ALPHA_GOOD:
        return "good"
    if ci_lower >= ALPHA_FAIR:
        return "fair"
    return "low" if ci_upper < ALPHA_FAIR else "unclear"
