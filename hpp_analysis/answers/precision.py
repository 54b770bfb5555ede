"""How precisely scores are known, in plain words."""

from __future__ import annotations

import pandas as pd

from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def precision(table: pd.DataFrame, conf_level: float) -> list[str]:
    """Half the width of the intervals, from the narrowest to the widest, and how many scores have none.

    Parameters
    ----------
    table : DataFrame
        With mean, ci_lower and ci_upper.
    conf_level : float
        Of the intervals.

    Examples
    --------
    >>> table = pd.DataFrame({"mean": [7.0, 6.0], "ci_lower": [6.8, 5.5], "ci_upper": [7.2, 6.5]})
    >>> precision(table, .95)
    ['The scores are known to within 0.2 to 0.5 points (95% intervals).']
    """
    known = table.dropna(subset=["ci_lower", "ci_upper"])
    if known.empty:
        return [_("Too few persons answered to say how precisely the scores are known.")]
    half = (known["ci_upper"] - known["ci_lower"]) / 2
    words = {"low": brief(half.min()), "high": brief(half.max()), "level": format_value(conf_level, "share")}
    said = [
        _("The scores are known to within {high} points ({level} intervals).").format(**words)
        if words["low"] == words["high"]
        else _("The scores are known to within {low} to {high} points ({level} intervals).").format(**words)
    ]
    without = int(table["mean"].notna().sum()) - len(known)
    if without:
        said.append(
            ngettext(
                "Of {n} score it cannot be said: too few persons.",
                "Of {n} scores it cannot be said: too few persons.",
                without,
            ).format(n=without)
        )
    return said
