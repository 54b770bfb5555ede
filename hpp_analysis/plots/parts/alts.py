"""Sentences that the alternative texts of several figures share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hpp_analysis.plots.parts.lettering import bound, number
from hpp_analysis.plots.parts.table import FloatArray
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def sentences(*parts: str) -> str:
    """Sentences in a row; empty ones are left out."""
    return " ".join(part for part in parts if part)


def range_sentence(names: Sequence[str], values: FloatArray, decimals: int = 1) -> str:
    """From the lowest to the highest value, each with its name; `values` has a number that is not NaN.

    Examples
    --------
    >>> range_sentence(["Ideas", "Power"], np.array([7.9, 6.25]))
    'The values run from 6.2 (Power) to 7.9 (Ideas).'
    """
    shown = np.flatnonzero(~np.isnan(values))
    low, high = shown[np.argmin(values[shown])], shown[np.argmax(values[shown])]
    if low == high:
        return _("The only value shown is {value} ({name}).").format(
            value=number(values[low], decimals), name=names[low]
        )
    return _("The values run from {low} ({lowest}) to {high} ({highest}).").format(
        low=number(values[low], decimals), lowest=names[low], high=number(values[high], decimals), highest=names[high]
    )


def counts_sentence(values: FloatArray, threshold: float | None = None) -> str:
    """How many of the means that are shown reach the threshold, and how many are not; maybe nothing.

    Examples
    --------
    >>> counts_sentence(np.array([8.6, 7.1, np.nan]), 8.5)
    'At 8.5 or higher: 1 of 2 means; not shown: 1.'
    """
    hidden = int(np.isnan(values).sum())
    if threshold is None:
        if not hidden:
            return ""
        return ngettext("{count} value is not shown.", "{count} values are not shown.", hidden).format(count=hidden)
    total = values.size - hidden
    numbers = {"threshold": bound(threshold), "count": int((values >= threshold).sum()), "total": total}
    if hidden:
        return ngettext(
            "At {threshold} or higher: {count} of {total} mean; not shown: {hidden}.",
            "At {threshold} or higher: {count} of {total} means; not shown: {hidden}.",
            total,
        ).format(**numbers, hidden=hidden)
    return ngettext(
        "At {threshold} or higher: {count} of {total} mean.",
        "At {threshold} or higher: {count} of {total} means.",
        total,
    ).format(**numbers)
