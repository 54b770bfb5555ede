"""Does each side know what the other thinks? Mirror questions: what a side expects the other to answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.context import Context
from hpp_analysis.common.design import Design, design_of, two_sides
from hpp_analysis.common.interpret import MARGIN, gap_verdict
from hpp_analysis.common.means import has_interval
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.core.groups.cell_means import contrast_means
from hpp_analysis.core.multiple_testing import holm
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import Adjust, checked, in_range, names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class BlindSpots(Result):
    """What each side expects of the other, and what the other answered.

    Attributes
    ----------
    sides : tuple of str
        In the instrument's order.
    margin, adjust, conf_level
        As given to `find_blind_spots`.
    """

    sides: tuple[str, str] = ("client", "partner")
    margin: float = MARGIN
    adjust: Adjust = "holm"
    conf_level: float = 0.95

    name: ClassVar[str] = "blind_spots"
    keys: ClassVar[tuple[str, ...]] = ("item", "side")
    variable: ClassVar[str] = "item"
    reveals: ClassVar[Mapping[str, Reveals]] = {
        "mirror": "nothing",
        "n_expecting": "size",
        "n_actual": "size",
        "n_own": "size",
        "own": "mean",
        "expected": "mean",
        "actual": "mean",
        "blind_spot": "difference",
        "perceived_gap": "difference",
        "actual_gap": "difference",
        "se": "interval",
        "df": "interval",
        "ci_lower": "interval",
        "ci_upper": "interval",
        "p": "interval",
        "p_adjusted": "interval",
        "verdict": "interval",
    }
    fixed: ClassVar[tuple[str, ...]] = ("sides", "margin", "adjust", "conf_level")
    kinds: ClassVar[tuple[str, ...]] = ("intervals",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("item", N_("Characteristic")),
        Column("side", N_("Side")),
        Column("own", N_("Own answer"), "score"),
        Column("expected", N_("Expected of the other side"), "score"),
        Column("actual", N_("Answer of the other side"), "score"),
        Column("blind_spot", N_("Expected minus answered"), "difference"),
        Column("ci_lower", N_("Interval"), "difference", upper="ci_upper"),
        Column("verdict", N_("Verdict")),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per mirrored item and side.

        Returns
        -------
        DataFrame
            item, side (who expects), mirror (the item that asked it), own (what the side itself answered), expected, actual
            (what the other side answered), blind_spot (expected minus actual), se, df, ci_lower, ci_upper, p, p_adjusted,
            perceived_gap (own minus expected), actual_gap (own minus actual), verdict ("different": a blind spot,
            "small_difference", "alike": the side knows, "cannot_tell"), n_expecting, n_actual, n_own (persons).
        """
        return super().to_frame()

    def _cells(self) -> list[list[CellKey]]:
        """Three means must be visible: what is expected, what was answered, and what the side itself answered."""
        other = dict(zip(self.sides, self.sides[::-1], strict=True))

        def whose(side: str) -> frozenset[tuple[str, str]]:
            return frozenset({**self.context.selection, "side": side}.items())

        return [
            [
                (whose(row["side"]), row["mirror"]),
                (whose(other[row["side"]]), row["item"]),
                (whose(row["side"]), row["item"]),
            ]
            for row in self.table[["item", "mirror", "side"]].astype(str).to_dict("records")
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Differences are those of the means that are shown."""
        shown = {
            "blind_spot": table["expected"] - table["actual"],
            "perceived_gap": table["own"] - table["expected"],
            "actual_gap": table["own"] - table["actual"],
        }
        return table.assign(**{name: told.round(2).where(table[name].notna()) for name, told in shown.items()})

    def _labelled(self) -> pd.DataFrame:
        words = {
            "different": _("blind spot"),
            "small_difference": _("small difference"),
            "alike": _("knows"),
            "cannot_tell": _("unclear"),
        }
        frame = super()._labelled()
        return frame.assign(verdict=[words.get(str(code)) for code in frame["verdict"]])

    def _caption(self) -> str:
        return _("What each side expects of the other")

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

    def _drawn(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "label": [self._called(str(item)) for item in self.table["item"]],
                "series": [self._called(str(side), "side") for side in self.table["side"]],
                "estimate": self.table["blind_spot"],
                "ci_lower": self.table["ci_lower"],
                "ci_upper": self.table["ci_upper"],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import intervals

        return intervals(self._drawn(), reference=0.0, xlabel=_("Expected minus answered"), ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import intervals_alt

        return intervals_alt(self._drawn(), reference=0.0)


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
    table = pd.DataFrame(rows)
    table["p_adjusted"] = holm(table["p"].to_numpy()) if adjust == "holm" else table["p"]
    table["verdict"] = [
        None
        if np.isnan(row.blind_spot)
        else gap_verdict(row.ci_lower, row.ci_upper, row.p_adjusted, margin=margin, conf_level=conf_level)
        for row in table.itertuples()
    ]
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
    """One side's expectation of one item against the other side's answers."""
    mine = design.cells["side"].eq(side).to_numpy()
    expecting = mine[design.cell]
    answers, guesses = (survey.items[name].to_numpy(dtype=float) for name in (item, mirror))
    y = np.where(expecting, guesses, answers)
    counts = np.bincount(design.cell[~np.isnan(y)], minlength=len(design.cells))
    first, second = design.weights([mine, ~mine], counts, "organisation")
    weights = np.array([first, second, first - second])
    # both questions play a part: of small groups the one that spreads more lends its spread
    wider = max((mirror, item), key=lambda name: design.lent[name].variance if name in design.lent else 0.0)
    means = design.contrasts(wider, y, weights, conf_level=conf_level)
    there = [bool((counts[part] > 0).any()) for part in (mine, ~mine)]
    sound = all(there) and has_interval(means, weights, 2)
    own_counts = np.bincount(design.cell[~np.isnan(answers)], minlength=len(design.cells))
    own = contrast_means(
        answers, design.cell, design.person, design.weights([mine], own_counts, "organisation")
    ).estimate[0]
    # a sum over no groups would be zero: nobody's mean is unknown
    own, expected, actual = (
        value if known else np.nan
        for value, known in zip((own, *means.estimate[:2]), ((own_counts[mine] > 0).any(), *there), strict=True)
    )
    return {
        "item": item,
        "side": side,
        "mirror": mirror,
        "own": own,
        "expected": expected,
        "actual": actual,
        "blind_spot": expected - actual,
        "se": means.se[2] if all(there) else np.nan,
        "df": means.df[2] if all(there) else np.nan,
        "ci_lower": means.ci_lower[2] if sound else np.nan,
        "ci_upper": means.ci_upper[2] if sound else np.nan,
        "p": means.p_value[2] if sound else np.nan,
        "perceived_gap": own - expected,
        "actual_gap": own - actual,
        "n_expecting": _persons(design, expecting, guesses),
        "n_actual": _persons(design, ~expecting, answers),
        "n_own": _persons(design, expecting, answers),
    }


def _persons(design: Design, who: np.ndarray, values: np.ndarray) -> int:
    return len(np.unique(design.person[who & ~np.isnan(values)]))
