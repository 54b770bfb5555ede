"""Did both sides read the questions alike? What measurement invariance says of each factor that they are compared on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from hpp_analysis.common.interpret import MIN_INVARIANCE_GROUP
from hpp_analysis.errors import OptionError
from hpp_analysis.survey.questionnaire import Instrument

if TYPE_CHECKING:
    from hpp_analysis.models.invariance import Invariance

NEEDED = ("configural", "metric", "scalar")
"""Means of scales can be compared where factors, loadings and intercepts are the same."""


def check_invariance(invariance: Invariance | None, side: str, sides: tuple[str, str]) -> None:
    """Raise `OptionError` unless the invariance is that of these sides.

    Raises
    ------
    OptionError
    """
    if invariance is None:
        return
    if invariance.group != side or set(invariance.group_names) != set(sides):
        raise OptionError(
            f"`invariance` must be that of the sides that are compared, by {side!r} between {sides[0]!r} and {sides[1]!r}. "
            f"Given: by {invariance.group!r} between {', '.join(map(repr, invariance.group_names))}. "
            "Test measurement_invariance with the same column and answers."
        )


def comparability(table: pd.DataFrame, invariance: Invariance | None, instrument: Instrument) -> pd.DataFrame:
    """Two columns for a table of gaps: whether each row compares like with like.

    Parameters
    ----------
    table : DataFrame
        With factor, and item where characteristics are compared, n_first and n_second.
    invariance : Invariance, optional
    instrument : Instrument

    Returns
    -------
    DataFrame
        comparable ("holds", "fails", "not_testable", "not_tested") and comparable_items: the items of the factor that do
        not behave alike, separated by commas.
    """
    said = [_row(row, invariance, instrument) for row in table.to_dict("records")]
    return pd.DataFrame(said, columns=["comparable", "comparable_items"], index=table.index)


def _row(row: dict[str, object], invariance: Invariance | None, instrument: Instrument) -> tuple[str, str]:
    fewest = min(int(str(row["n_first"])), int(str(row["n_second"])))
    if invariance is None:
        return ("not_testable" if fewest < MIN_INVARIANCE_GROUP else "not_tested"), ""
    factor = str(row["factor"])
    items = [str(row["item"])] if "item" in row else [item.id for item in instrument.items_of(factor)]
    known = set(invariance.items["item"].astype(str)) if len(invariance.items) else set()
    if known and not known & {item.id for item in instrument.items_of(factor)}:
        return "not_tested", ""  # the model has no such factor: an outcome, for example
    levels = invariance.table[invariance.table["level"].isin(NEEDED)]
    unlike = _unlike(levels)
    found = [item for item in items if item in unlike]
    last = levels.groupby("level", sort=False)["verdict"].last().reindex(NEEDED)
    if found:
        return "fails", ",".join(found)
    if last.eq("holds").all():
        return "holds", ""
    return ("fails" if last.eq("fails").any() else "not_testable"), ""


def _unlike(levels: pd.DataFrame) -> set[str]:
    """Items that failed, and items that were set free."""
    failed = {item for named in levels["items"] for item in str(named).split(",") if item}
    relations = [part for partial in levels["partial"] for part in str(partial).split(",") if part]
    return failed | {part.split()[-1 if "=~" in part else 0] for part in relations}
