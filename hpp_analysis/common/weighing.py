"""Notes under tables and figures on how partnerships and sides weigh."""

from __future__ import annotations

from hpp_analysis.texts import gettext as _


def mean_note(*, partnerships: bool, sides: bool) -> list[str]:
    """How partnerships weigh in a mean; nothing where the answers do not tell them apart.

    Examples
    --------
    >>> mean_note(partnerships=True, sides=False), mean_note(partnerships=False, sides=True)
    (['Each partnership counts equally in a mean.'], [])
    """
    if not partnerships:
        return []
    return [
        _("Each partnership counts equally in the mean of a side.")
        if sides
        else _("Each partnership counts equally in a mean.")
    ]


def overall_mean_note(*, partnerships: bool) -> list[str]:
    """How sides weigh in a mean over both of them.

    Examples
    --------
    >>> overall_mean_note(partnerships=False)
    ['Both sides together; each side counts equally in a mean.']
    """
    return [
        _("Both sides together; each partnership and side counts equally in a mean.")
        if partnerships
        else _("Both sides together; each side counts equally in a mean.")
    ]


def interval_note(level: str, *, partnerships: bool) -> str:
    """For whom intervals hold.

    Examples
    --------
    >>> interval_note("95%", partnerships=False)
    'Intervals are 95% confidence intervals.'
    """
    if partnerships:
        return _("Intervals are {level} confidence intervals for these organisations.").format(level=level)
    return _("Intervals are {level} confidence intervals.").format(level=level)


def spread_method() -> str:
    """How intervals guard against groups whose answers happen to differ little."""
    return _(
        "Near the ends of the scale a small group's answers may happen to differ too little. So each interval is also computed "
        "with variances that are drawn to the variance within all groups (empirical Bayes; after Smyth, 2004), the more "
        "so the more alike groups spread, and the wider of both intervals counts."
    )


def share_note(*, partnerships: bool, sides: bool) -> list[str]:
    """How partnerships weigh in shares.

    Examples
    --------
    >>> share_note(partnerships=True, sides=True)
    ['Each partnership counts equally in the shares of a side.']
    """
    if not partnerships:
        return []
    return [
        _("Each partnership counts equally in the shares of a side.")
        if sides
        else _("Each partnership counts equally in the shares.")
    ]
