"""What is said of the weights behind a mean, under tables and figures."""

from __future__ import annotations

from hpp_analysis.texts import gettext as _


def of_a_mean(*, partnerships: bool, sides: bool) -> list[str]:
    """How partnerships weigh in a mean; nothing where the answers do not tell them apart.

    Examples
    --------
    >>> of_a_mean(partnerships=True, sides=False), of_a_mean(partnerships=False, sides=True)
    (['Each partnership counts equally in a mean.'], [])
    """
    if not partnerships:
        return []
    return [
        _("Each partnership counts equally in the mean of a side.")
        if sides
        else _("Each partnership counts equally in a mean.")
    ]


def of_everybody(*, partnerships: bool) -> list[str]:
    """How sides weigh in a mean over both of them.

    Examples
    --------
    >>> of_everybody(partnerships=False)
    ['Both sides together; each side counts equally in a mean.']
    """
    return [
        _("Both sides together; each partnership and side counts equally in a mean.")
        if partnerships
        else _("Both sides together; each side counts equally in a mean.")
    ]


def of_intervals(level: str, *, partnerships: bool) -> str:
    """For whom intervals hold.

    Examples
    --------
    >>> of_intervals("95%", partnerships=False)
    'Intervals are 95% confidence intervals.'
    """
    if partnerships:
        return _("Intervals are {level} confidence intervals for these organisations.").format(level=level)
    return _("Intervals are {level} confidence intervals.").format(level=level)


def of_shares(*, partnerships: bool, sides: bool) -> list[str]:
    """How partnerships weigh in shares.

    Examples
    --------
    >>> of_shares(partnerships=True, sides=True)
    ['Each partnership counts equally in the shares of a side.']
    """
    if not partnerships:
        return []
    return [
        _("Each partnership counts equally in the shares of a side.")
        if sides
        else _("Each partnership counts equally in the shares.")
    ]
