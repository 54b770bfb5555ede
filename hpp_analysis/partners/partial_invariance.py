"""Do both sides read the questions alike? Measurement invariance of what they are compared on, and the bias of items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import FEW_CATEGORIES, MIN_INVARIANCE_GROUP
from hpp_analysis.errors import HppError, OptionError
from hpp_analysis.models.invariance import Invariance, measurement_invariance
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_NEEDED = ("configural", "metric", "scalar")
"""Means of scales can be compared if factors, loadings and intercepts are the same."""

_NEEDED_ORDINAL = ("configural", "thresholds", "metric", "scalar")
"""Of ordered items thresholds too, in the order of Wu & Estabrook (2016), doi:10.1007/s11336-016-9506-0."""

ItemsAs = Literal["", "numbers", "categories"]
"""How a test of invariance took the items; "" where there was none."""


def items_as(invariance: Invariance | None) -> ItemsAs:
    """How a test of invariance took the items."""
    if invariance is None:
        return ""
    return "categories" if invariance.ordered else "numbers"


def few_categories(instrument: Instrument) -> bool:
    """Whether the items of an instrument have so few categories that they are better taken as ordered."""
    return not instrument.scale.decimals and instrument.scale.max - instrument.scale.min < FEW_CATEGORIES


def sentence_on_test(taken_as: ItemsAs, *, few: bool) -> str:
    """Say how the test of invariance took the items; "" where there was none.

    Parameters
    ----------
    taken_as : {"", "numbers", "categories"}
    few : bool
        Whether the items have few categories.
    """
    if taken_as == "categories":
        return _(
            "Measurement invariance was tested with the items as ordered categories: thresholds, loadings and intercepts in turn "
            "(Wu & Estabrook, 2016)."
        )
    if taken_as == "numbers" and few:
        return _(
            "Measurement invariance was tested with the items as numbers, although they have fewer than {n} categories and are "
            "better taken as ordered (Rhemtulla, Brosseau-Liard & Savalei, 2012)."
        ).format(n=FEW_CATEGORIES + 1)
    if taken_as == "numbers":
        return _("Measurement invariance was tested with the items as numbers.")
    return ""


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
    """Determine for each row of a table of gaps whether measurement invariance holds.

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
    needed = [name for name in ("factor", "item", "n_first", "n_second") if name in table]
    values = (table[name].tolist() for name in needed)
    rows = [
        _comparable(dict(zip(needed, row, strict=True)), invariance, instrument) for row in zip(*values, strict=True)
    ]
    return pd.DataFrame(rows, columns=["comparable", "comparable_items"], index=table.index)


def _comparable(row: dict[str, object], invariance: Invariance | None, instrument: Instrument) -> tuple[str, str]:
    fewest = min(int(str(row["n_first"])), int(str(row["n_second"])))
    if invariance is None:
        return ("not_testable" if fewest < MIN_INVARIANCE_GROUP else "not_tested"), ""
    factor = str(row["factor"])
    items = [str(row["item"])] if "item" in row else [item.id for item in instrument.items_of(factor)]
    known = set(invariance.items["item"].astype(str)) if len(invariance.items) else set()
    if known and not known & {item.id for item in instrument.items_of(factor)}:
        return "not_tested", ""  # the model has no such factor: an outcome, for example
    unlike = _unlike(invariance.table[invariance.table["level"].isin(_NEEDED_ORDINAL)])
    found = [item for item in items if item in unlike]
    last = _verdicts(invariance)
    if found:
        return "fails", ",".join(found)
    if last.eq("holds").all():
        return "holds", ""
    return ("fails" if last.eq("fails").any() else "not_testable"), ""


def _verdicts(invariance: Invariance) -> pd.Series:
    """The verdict on each level that means need, NaN where it was not tested.

    A level at which items with two or three categories leave nothing to compare is tested by a later one.
    """
    table = invariance.table[invariance.table["why"].ne("nothing")]
    needed = [level for level in _NEEDED_ORDINAL if level in _NEEDED or level in set(table["level"])]
    idle = set(invariance.table["level"]) - set(table["level"])
    last = table.groupby("level", sort=False)["verdict"].last()
    return last.reindex([level for level in needed if level not in idle])


def _unlike(levels: pd.DataFrame) -> set[str]:
    """Items that failed, and items whose parameters were released."""
    failed = {item for named in levels["items"] for item in str(named).split(",") if item}
    relations = [part for partial in levels["partial"] for part in str(partial).split(",") if part]
    return failed | {part.split()[-1 if "=~" in part else 0] for part in relations}


@dataclass(frozen=True, slots=True)
class ItemBias:
    """The part of a factor's gap that comes from differential item functioning.

    Attributes
    ----------
    points : float
        In scale points; NaN if it is unknown.
    why : str
        Why it is unknown, or "": "few", "unclear", "fails", "not_estimated".
    items : tuple of str
        The items with a bias.
    """

    points: float = np.nan
    why: str = ""
    items: tuple[str, ...] = ()


def estimate_item_bias(
    survey: Survey, side: str, sides: tuple[str, str], invariance: Invariance | None
) -> tuple[dict[str, ItemBias], Invariance | None]:
    """Estimate the part of each factor's gap that comes from biased items; also return the test behind it.

    Parameters
    ----------
    survey : Survey
    side : str
    sides : (str, str)
        A gap is the first minus the second.
    invariance : Invariance, optional
        By default it is tested, where both sides have enough respondents; items with few categories as ordered.

    References
    ----------
    Rhemtulla, Brosseau-Liard & Savalei (2012), doi:10.1037/a0029315; Wu & Estabrook (2016), doi:10.1007/s11336-016-9506-0;
    Steinmetz (2013), doi:10.1027/1614-2241/a000049
    """
    factors = {factor.id: list(survey[factor.id].columns) for factor in survey.instrument.factors}
    if invariance is None:
        fewest = min(int((survey.respondents[side] == name).sum()) for name in sides)
        if fewest < MIN_INVARIANCE_GROUP:
            return dict.fromkeys(factors, ItemBias(why="few")), None
        try:
            few = few_categories(survey.instrument)
            levels = list(_NEEDED_ORDINAL if few else _NEEDED)
            invariance = measurement_invariance(lavaan_model(survey), survey, group=side, levels=levels, ordered=few)
        except (HppError, np.linalg.LinAlgError):
            return dict.fromkeys(factors, ItemBias(why="not_estimated")), None
    return {factor: _bias_of(invariance, factor, items, sides) for factor, items in factors.items()}, invariance


def lavaan_model(survey: Survey) -> str:
    """Write the factors of a survey in lavaan's syntax; a factor of one item has no model.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> lavaan_model(simulate_study(seed=1).survey).splitlines()[2]
    'conflict_management =~ con1 + con2 + con3 + con4'
    """
    parts = {factor.id: list(survey[factor.id].columns) for factor in survey.instrument.factors}
    return "\n".join(f"{factor} =~ {' + '.join(items)}" for factor, items in parts.items() if len(items) > 1)


def _bias_of(invariance: Invariance, factor: str, items: list[str], sides: tuple[str, str]) -> ItemBias:
    last = _verdicts(invariance)
    bias = invariance.items
    bias = bias[bias["factor"].eq(factor) & bias["item"].isin(items) & bias["group"].isin(sides)]
    if bias.empty:
        return ItemBias(why="not_estimated")
    if last.eq("fails").any():
        return ItemBias(why="fails")
    if not last.eq("holds").all():
        return ItemBias(why="few" if min(invariance.sizes) < MIN_INVARIANCE_GROUP else "unclear")
    released = bias[bias["released"].astype(bool)]
    if released["signed_points"].isna().any():  # a number beside ordered items: its size is unknown
        return ItemBias(why="not_estimated")
    sign = 1.0 if str(bias["group"].iloc[0]) == sides[0] else -1.0  # points are those of this side against the other
    points = float(sign * released["signed_points"].sum() / len(items))
    return ItemBias(points, items=tuple(released["item"].astype(str)))
