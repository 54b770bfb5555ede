"""Does each side know what the other thinks? Mirror questions: what a side expects the other to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import Design, design_of, two_sides
from hpp_analysis.common.interpret import MARGIN
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import Adjust, checked, in_range, names_in
from hpp_analysis.partners.contrasts import SIDES, side_columns
from hpp_analysis.partners.difference_verdicts import add_verdicts
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BlindSpots(Result):
    """What each side expects of the other, and what the other answered.

    Attributes
    ----------
    table : DataFrame
        item, side (who expects), mirror (the item that asked it), own (what the side itself answered), expected, actual
        (what the other side answered), blind_spot (expected minus actual), se, df, ci_lower, ci_upper, p, p_adjusted,
        perceived_gap (own minus expected), actual_gap (own minus actual), verdict ("different": a blind spot,
        "small_difference", "alike": the side knows, "cannot_tell"), n_expecting, n_actual, n_own (persons).
    sides : tuple of str
        In the instrument's order.
    margin, adjust, conf_level
        As given to `find_blind_spots`.
    """

    sides: tuple[str, str] = setting(("client", "partner"))
    margin: float = setting(MARGIN)
    adjust: Adjust = setting("holm")
    conf_level: float = setting(0.95)

    def _declare(self) -> Declaration:
        words = {
            "different": _("blind spot"),
            "small_difference": _("small difference"),
            "alike": _("knows"),
            "cannot_tell": _("unclear"),
        }
        return Declaration(
            name="blind_spots",
            caption=_("What each side expects of the other"),
            variable="item",
            columns=(
                Column("item", _("Characteristic"), key=True),
                Column("side", _("Side"), key=True),
                Column("own", _("Own answer"), "score", reveals="mean"),
                Column("expected", _("Expected of the other side"), "score", reveals="mean"),
                Column("actual", _("Answer of the other side"), "score", reveals="mean"),
                Column("blind_spot", _("Expected minus answered"), "difference", reveals="difference"),
                Column("ci_lower", _("Interval"), "difference", upper="ci_upper", reveals="interval"),
                Column("verdict", _("Verdict"), reveals="interval", optional=True, words=words),
                *hidden("nothing", "mirror"),
                *hidden("size", "n_expecting", "n_actual", "n_own"),
                *hidden("difference", "perceived_gap", "actual_gap"),
                *hidden("interval", "se", "df", "p", "p_adjusted"),
            ),
            figures={"intervals": self._intervals},
        )

    def _cells(self) -> list[list[CellKey]]:
        """Require three visible means: the expected, the actual and the side's own answer."""
        other = dict(zip(self.sides, self.sides[::-1], strict=True))

        def group(side: str) -> frozenset[tuple[str, str]]:
            return frozenset({**self.context.selection, "side": side}.items())

        return [
            [
                (group(row["side"]), row["mirror"]),
                (group(other[row["side"]]), row["item"]),
                (group(row["side"]), row["item"]),
            ]
            for row in self.table[["item", "mirror", "side"]].astype(str).to_dict("records")
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Compute differences from the rounded means: separately rounded ones would reveal more."""
        shown = {
            "blind_spot": table["expected"] - table["actual"],
            "perceived_gap": table["own"] - table["expected"],
            "actual_gap": table["own"] - table["actual"],
        }
        return table.assign(
            **{name: difference.round(2).where(table[name].notna()) for name, difference in shown.items()}
        )

    def _notes(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        return [
            _("Each partnership counts equally in the mean of a side."),
            _("Intervals are {level} confidence intervals for these organisations.").format(level=level),
        ]

    def _summary(self) -> list[str]:
        said = []
        for side in self.sides:
            rows = self.table[self.table["side"].eq(side)]
            blind = rows[rows["verdict"].eq("different")]
            for higher, sentence in (
                (True, _("{side} expects higher answers than the other side gave: {items}.")),
                (False, _("{side} expects lower answers than the other side gave: {items}.")),
            ):
                some = blind[(blind["blind_spot"] > 0) == higher]
                if len(some):
                    said.append(sentence.format(side=self._called(side, "side"), items=self._listed(some)))
            knows = rows[rows["verdict"].isin(["alike", "small_difference"])]
            if len(knows):
                sentence = _("{side} knows what the other side answers to {items} (within {margin} points).")
                said.append(
                    sentence.format(
                        side=self._called(side, "side"),
                        items=self._listed(knows, sizes=False),
                        margin=brief(self.margin),
                    )
                )
        return said or [_("These answers cannot tell whether the sides know what the other side thinks.")]

    def _listed(self, rows: pd.DataFrame, *, sizes: bool = True) -> str:
        names = [
            _("{name} (by {gap})").format(name=self._called(str(row.item)), gap=brief(row.blind_spot, "difference"))
            if sizes
            else self._called(str(row.item))
            for row in rows.itertuples()
        ]
        return join_names(names)

    def _methods(self) -> list[str]:
        return [
            _(
                "A blind spot is the mean of what a side expects the other side to answer, minus the mean of what that "
                "side answered. Intervals are {level} intervals for these organisations, as those of gaps (cluster-robust "
                "variance CR2 by person, Satterthwaite degrees of freedom)."
            ).format(level=format_value(self.conf_level, "share")),
            _(
                "A side knows the other's view when the interval lies within {margin} of zero; a blind spot counts when it "
                "holds after correction for the number of comparisons (Holm, 1979)."
            ).format(margin=brief(self.margin))
            if self.adjust == "holm"
            else _("A side knows the other's view when the interval lies within {margin} of zero.").format(
                margin=brief(self.margin)
            ),
        ]

    def _intervals(self) -> Figure:
        rows = pd.DataFrame(
            {
                "label": [self._called(str(item)) for item in self.table["item"]],
                "series": [self._called(str(side), "side") for side in self.table["side"]],
                **self.table[["ci_lower", "ci_upper"]],
                "estimate": self.table["blind_spot"],
            }
        )
        return Figure(plots.intervals, rows, reference=0.0, xlabel=_("Expected minus answered"))


@publishable
@checked
def find_blind_spots(
    data: Survey,
    mirrors: Mapping[str, str],
    *,
    margin: float = MARGIN,
    adjust: Adjust = "holm",
    conf_level: float = 0.95,
) -> BlindSpots:
    """Compare what each side expects the other to answer with what the other answered.

    Parameters
    ----------
    data : Survey
        The answers, of one wave.
    mirrors : mapping of str to str
        Which item asks what the other side will answer to which item: {"exp1": "ope1"}. Mirror items belong to a factor or
        outcome of their own, so that no score of a factor holds an expectation.
    margin : float
        A smaller difference, in scale points, is too small to act on.
    adjust : {"holm", "none"}
        How p-values are adjusted for the number of comparisons.
    conf_level : float
        Of the intervals.

    Returns
    -------
    BlindSpots

    Raises
    ------
    OptionError
        When an item is not in the answers, or a mirror and its item are of the same factor.
    SurveyError
        When there are not two sides.

    Notes
    -----
    The gap between the sides is what a side perceives plus what it does not see: own minus actual is own minus expected plus
    expected minus actual.

    References
    ----------
    Kenny & DePaulo (1993), doi:10.1037/0033-2909.114.1.145; Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey  # two items of the outcome stand for mirror questions here
    >>> spots = find_blind_spots(survey, {"suc1": "ope1", "suc2": "equ1"}).to_frame()
    >>> spots[["item", "side"]].values.tolist()
    [['ope1', 'client'], ['ope1', 'partner'], ['equ1', 'client'], ['equ1', 'partner']]
    """
    in_range(margin, "margin", above=0)
    _check(data, mirrors)
    sides = two_sides(data, "side")
    design = design_of(data, ("partnership", "side"))
    rows = [
        _compared(data, design, mirror, item, side, conf_level) for mirror, item in mirrors.items() for side in sides
    ]
    table = add_verdicts(pd.DataFrame(rows), estimate="blind_spot", margin=margin, adjust=adjust, conf_level=conf_level)
    return BlindSpots(
        table=table, context=Context.of(data), sides=sides, margin=margin, adjust=adjust, conf_level=conf_level
    )


def _check(survey: Survey, mirrors: Mapping[str, str]) -> None:
    factor_of = {item.id: item.factor for item in survey.instrument.items}
    for mirror, item in mirrors.items():
        for name in (mirror, item):
            names_in(name, survey.items.columns, "mirrors", kind="an item that was answered")
        if factor_of[mirror] == factor_of[item]:
            raise OptionError(
                "A mirror item must belong to another factor than its item: it says what the other side thinks. Given: "
                f"{mirror!r} and {item!r}, both of {factor_of[item]!r}. Give mirror items a factor of their own."
            )
    if not mirrors:
        raise OptionError("`mirrors` must hold at least one pair of items. Given: none. Name the mirror items.")


def _compared(survey: Survey, design: Design, mirror: str, item: str, side: str, conf_level: float) -> dict[str, Any]:
    """Compare one side's expectation of one item with the other side's answers."""
    own_cells = design.cells["side"].eq(side).to_numpy()
    expecting = own_cells[design.cell]
    answers, guesses = (survey.items[name].to_numpy(dtype=float) for name in (item, mirror))
    y = np.where(expecting, guesses, answers)
    # small groups borrow the larger spread of the two questions
    wider = max((mirror, item), key=lambda name: design.lent[name].variance if name in design.lent else 0.0)
    compared = design.means(
        pd.DataFrame({wider: y}), [own_cells, ~own_cells], "organisation", combinations=SIDES, conf_level=conf_level
    )
    row = {name: numbers[0] for name, numbers in side_columns(compared).items()}
    own_answers = design.means(pd.DataFrame({item: answers}), [own_cells], "organisation")
    # a mean over no groups is undefined, not zero
    own = own_answers.contrasts.estimate[0, 0] if own_answers.n_ratings[0, 0] else np.nan
    expected, actual = row["mean_first"], row["mean_second"]
    return {
        "item": item,
        "side": side,
        "mirror": mirror,
        "own": own,
        "expected": expected,
        "actual": actual,
        "blind_spot": expected - actual,
        **{name: row[name] for name in ("se", "df", "ci_lower", "ci_upper", "p")},
        "perceived_gap": own - expected,
        "actual_gap": own - actual,
        "n_expecting": compared.n_persons[0, 0],
        "n_actual": compared.n_persons[1, 0],
        "n_own": own_answers.n_persons[0, 0],
    }
