"""The rows of published means that findings speak of."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.common.who import Who
from hpp_analysis.display.formats import brief_mean
from hpp_analysis.errors import OptionError
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def plain_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Means with their partnership and side as text ("" where there is none), without small partnerships taken together.

    The column `end` is there too: the code of a mean that is not told exactly.

    Examples
    --------
    >>> plain_rows(pd.DataFrame({"partnership": ["Alfa", None], "mean": [7.0, 8.0]}))
      partnership  mean side end
    0        Alfa   7.0
    1               8.0
    """
    frame = frame.copy(deep=False)
    for key in ("partnership", "side", "end"):
        frame[key] = frame[key].fillna("").astype(str) if key in frame else ""
    return frame[~frame["partnership"].str.startswith(OTHERS)]


def check_groups(groups: tuple[str, ...], option: str, made_with: str) -> None:
    """Raise `OptionError` when means are of other groups than partnerships and sides: these would count as one."""
    if not set(groups) <= {"partnership", "side"}:
        raise OptionError(
            f"`{option}` must be by partnership and side at most. Given: by {', '.join(groups)}. "
            f'Make them with {made_with}(survey, by=("partnership", "side")).'
        )


def judged(frame: pd.DataFrame) -> pd.DataFrame:
    """The factors that have a threshold, where any has one: outcomes have none.

    Examples
    --------
    >>> judged(pd.DataFrame({"factor": ["equality", "success"], "threshold": [8.5, None]}))["factor"].tolist()
    ['equality']
    """
    has_threshold = frame["threshold"].notna()
    return frame[has_threshold] if has_threshold.any() else frame


def score_range(rows: pd.DataFrame, who: Who) -> str:
    """A sentence that says from where to where some scores run, and whose the lowest and the highest are.

    Where a mean of a small group is not told exactly, each score beyond its bound may be the one at that end; then none is
    named, but how many they are.

    Parameters
    ----------
    rows : DataFrame
        With the columns factor, partnership, side, mean and end, as `plain_rows` gives them.
    who : Who
        Names factors, partnerships and sides.

    Examples
    --------
    >>> from hpp_analysis import score_scales, simulate_study
    >>> scores = score_scales(simulate_study(seed=1).survey, by="side")
    >>> score_range(plain_rows(scores.to_frame()), Who(scores))
    'The scores run from 6.5 (Openness, the partners) to 7.6 (Success of the partnership, the clients).'
    """
    known = rows.dropna(subset=["mean"])
    if known.empty:
        return _("No score may be shown.")
    (low, lowest), (high, highest) = _at_end(known, "low", who), _at_end(known, "high", who)
    if len(known) == 1:
        return _("The score of {factor} is {mean}.").format(factor=lowest, mean=low)
    if low == high:
        return _("Every score shown is {mean}.").format(mean=low)
    return _("The scores run from {low} ({lowest}) to {high} ({highest}).").format(
        low=low, lowest=lowest, high=high, highest=highest
    )


def _at_end(known: pd.DataFrame, end: Literal["low", "high"], who: Who) -> tuple[str, str]:
    """The lowest or the highest score, and whose it is."""
    coded = known["end"].str.contains(f"mean={end};", regex=False)
    mean = known["mean"]
    if coded.any():
        bound = mean[coded].iloc[0]
        rows = known[mean <= bound if end == "low" else mean >= bound]
        said = brief_mean(bound, f"mean={end};")
    else:
        rows = known.loc[[mean.idxmin() if end == "low" else mean.idxmax()]]
        said = brief_mean(rows["mean"].iloc[0], rows["end"].iloc[0])
    if len(rows) == 1:
        row = rows.iloc[0]
        several = len(known[["partnership", "side"]].drop_duplicates()) > 1
        where = who.side_in(row["partnership"], row["side"]) if several else ""
        factor = who.source._called(row["factor"])
        return said, _("{factor}, {where}").format(factor=factor, where=where) if where else factor
    return said, ngettext("{n} score", "{n} scores", len(rows)).format(n=len(rows))
