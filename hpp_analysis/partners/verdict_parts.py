"""What follows from the verdicts on single factors: on all of them, on a partnership, on the chain; and what it would take.

Everything here is worked out from the rows of a `Verdict` as they are shown. Of a published result it therefore tells
nothing that its table does not tell: a row that is withheld counts as unknown, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import MOST_TIMES, SETTLE_POWER, Verdict
from hpp_analysis.core.groups.planning import persons_to_settle

EVERY = ""
"""The partnership of a row that is about all of them."""

_SHOWN = ("scale", "partnership", "side", "mean", "distance")


def all_reached(verdicts: pd.Series, expected: int) -> Verdict:
    """The verdict on several parts together: as strong as the weakest.

    Reached when every part is there and reached (an intersection-union test, which needs no correction for the number
    of parts); not reached when one part is not; else these answers cannot tell.

    References
    ----------
    Berger (1982), doi:10.2307/1267823

    Examples
    --------
    >>> all_reached(pd.Series(["reached", "reached"]), 2), all_reached(pd.Series(["reached", None]), 2)
    ('reached', 'cannot_tell')
    >>> all_reached(pd.Series([None, "not_reached"]), 2), all_reached(pd.Series(["reached"]), 2)
    ('not_reached', 'cannot_tell')
    """
    if verdicts.eq("not_reached").any():
        return "not_reached"
    return "reached" if len(verdicts) >= expected > 0 and verdicts.eq("reached").all() else "cannot_tell"


def together(table: pd.DataFrame, *, scales: int, sides: int) -> pd.DataFrame:
    """The verdict on all factors of each side, of each partnership (both sides), and of the chain.

    Parameters
    ----------
    table : DataFrame
        The rows of a `Verdict`.
    scales, sides : int
        How many there are: a part that nobody answered is missing, and what misses a part is not called reached.

    Returns
    -------
    DataFrame
        what ("side", "partnership", "chain"), of_partnership, of_side, verdict, n_parts, n_reached, n_not_reached; and of
        the weakest part that is shown: scale, partnership, side, mean, distance, coarse (one decimal only).
    """
    rows = [_weakest(what, rows, expected) for what, rows, expected in _units(table, scales, sides)]
    return pd.DataFrame(rows)


def _units(table: pd.DataFrame, scales: int, sides: int) -> Iterator[tuple[dict[str, str], pd.DataFrame, int]]:
    """What is judged as a whole, its parts, and how many parts it has."""
    whole = table["partnership"].eq(EVERY)
    for side, rows in table[whole].groupby("side", sort=False):
        yield {"what": "side", "of_partnership": EVERY, "of_side": str(side)}, rows, scales
    partnerships = table.loc[~whole, "partnership"].unique()
    for partnership in partnerships:
        rows = table[table["partnership"].eq(partnership)]
        yield ({"what": "partnership", "of_partnership": partnership, "of_side": ""}, rows, scales * sides)
    links = table[~whole] if len(partnerships) else table
    if sides > 1 or len(partnerships):
        expected = scales * sides * max(len(partnerships), 1)
        yield {"what": "chain", "of_partnership": EVERY, "of_side": ""}, links, expected


def _weakest(what: dict[str, str], rows: pd.DataFrame, expected: int) -> dict[str, Any]:
    shown = rows.dropna(subset=["mean"])
    weakest = shown.loc[shown["mean"].idxmin()] if len(shown) else None
    return {
        **what,
        "verdict": all_reached(rows["verdict"], expected),
        "n_parts": expected,
        "n_reached": int(rows["verdict"].eq("reached").sum()),
        "n_not_reached": int(rows["verdict"].eq("not_reached").sum()),
        **{
            name: (np.nan if name in ("mean", "distance") else None) if weakest is None else weakest[name]
            for name in _SHOWN
        },
        "coarse": False if weakest is None else bool(weakest.get("coarse", False)),
    }


def what_it_takes(table: pd.DataFrame, conf_level: float) -> tuple[np.ndarray, np.ndarray]:
    """Of each row whether more answers would settle it, and how many more.

    Returns
    -------
    takes : ndarray of str or None
        "more" (answers), "no_number" (it lies on the line, or nearly), "too_few" (no interval yet); None where it is
        settled.
    n_more : ndarray
        NaN unless `takes` is "more".
    """
    whole = table["partnership"].eq(EVERY)
    counted = table[~whole & table["mean"].notna()].groupby(["scale", "side"]).size()
    keys = pd.MultiIndex.from_frame(table[["scale", "side"]])
    cells = np.where(whole, counted.reindex(keys).fillna(1).to_numpy(), 1)
    persons = table["n_persons"].to_numpy(dtype=float)
    needed = persons_to_settle(
        persons,
        (table["ci_upper"] - table["ci_lower"]).to_numpy(dtype=float) / 2,
        table["distance"].to_numpy(dtype=float),
        cells,
        conf_level=conf_level,
        power=SETTLE_POWER,
        most_times=MOST_TIMES,
    )
    more = np.ceil(needed - persons - 1e-9)
    open_ = table["verdict"].eq("cannot_tell").to_numpy()
    bounded = table["ci_lower"].notna().to_numpy()
    takes = np.full(len(table), None, dtype=object)
    takes[open_ & bounded] = np.where(np.isnan(more), "no_number", "more")[open_ & bounded]
    takes[open_ & ~bounded] = "too_few"
    return takes, np.where(takes == "more", np.maximum(more, 1.0), np.nan)


def invitations(table: pd.DataFrame) -> pd.DataFrame:
    """Whom to invite more of: one row per side, and per side of a partnership, of which something is not settled.

    The same persons answer all factors, so the number is that of the factor that needs most.

    Returns
    -------
    DataFrame
        partnership, side, n_persons, n_more (NaN where too few answered for any verdict), factors (ids that it would
        settle), on_the_line (ids that no realistic number would settle).
    """
    found = []
    for (partnership, side), group in table.groupby(["partnership", "side"], sort=False):
        more, few = group["takes"].eq("more"), group["takes"].eq("too_few")
        on_the_line = group.loc[group["takes"].eq("no_number"), "scale"]
        if not (more.any() or few.any() or len(on_the_line)):
            continue
        found.append(
            {
                "partnership": partnership,
                "side": side,
                "n_persons": group["n_persons"].max(),
                "n_more": group["n_more"].max() if more.any() else np.nan,
                "too_few": bool(few.any()),
                "factors": tuple(group.loc[more | few, "scale"]),
                "on_the_line": tuple(on_the_line),
            }
        )
    names = ["partnership", "side", "n_persons", "n_more", "too_few", "factors", "on_the_line"]
    return pd.DataFrame(found, columns=names)
