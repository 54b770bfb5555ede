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
