"""Are the factors of two solutions the same? Tucker's congruence of matched factors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import CONGRUENCE_EQUAL, CONGRUENCE_FAIR, congruence_band
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.factors.alignment import congruence_matrix, item_congruence, match_factors
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class FactorCongruence(Result):
    """How alike the factors of two solutions are.

    Attributes
    ----------
    table : DataFrame
        One row per pair of factors: factor (of the first solution), matched (of the second), reflected, congruence, and
        verdict ("equal", "fair", "different" or "undefined").
    matrix : DataFrame
        Congruence of every factor of the first solution (rows) with every one of the second, matched and reflected.
    items : DataFrame
        One row per item: its congruence over the matched factors and the largest difference of its loadings.
    aligned : DataFrame
        Loadings of the second solution, its factors in the order and direction of the first.
    left_out : tuple of str
        Items that only one of the two solutions has.
    """

    matrix: pd.DataFrame = field(default_factory=pd.DataFrame)
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    aligned: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: tuple[str, ...] = ()

    def _declare(self) -> Declaration:
        verdicts = {
            "equal": _("the same factor"),
            "fair": _("fairly alike"),
            "different": _("different factors"),
            "undefined": _("cannot be said"),
        }
        return Declaration(
            name="congruence",
            caption=_("Congruence of two solutions"),
            variable="factor",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("matched", _("Factor of the other solution"), key=True),
                Column("congruence", _("Congruence"), "coefficient"),
                Column("verdict", _("Verdict"), words=verdicts),
            ),
            figures={"heatmap": self._heatmap},
            tables={"items": self._items_table},
            whole_study=True,
        )

    def _items_table(self) -> FurtherTable:
        columns = (
            Column("item", _("Item")),
            Column("congruence", _("Congruence"), "coefficient"),
            Column("largest_difference", _("Largest difference of loadings"), "coefficient"),
        )
        named = self.items.assign(item=[self._called(str(item)) for item in self.items["item"]])
        return FurtherTable(named, columns, _("Congruence of each item"))

    def _heatmap(self) -> Figure:
        pairs = [
            _("{first} with {second}: {value}").format(
                first=self._called(str(row.factor)),
                second=self._called(str(row.matched)),
                value=format_value(row.congruence, "coefficient"),
            )
            for row in self.table.itertuples()
        ]
        alt = _("Congruence of the matched factors. {pairs}.").format(pairs="; ".join(pairs))
        return Figure(plots.loadings_heatmap, self.matrix, sort=False, muted=CONGRUENCE_FAIR, alt=alt)

    def _notes(self) -> list[str]:
        if not self.left_out:
            return []
        return [_("Items of only one solution, left out: {items}.").format(items=join_names(list(self.left_out)))]

    def _summary(self) -> list[str]:
        limits = {
            "equal": format_value(CONGRUENCE_EQUAL, "coefficient"),
            "fair": format_value(CONGRUENCE_FAIR, "coefficient"),
        }
        sentences = {
            "equal": _("The same factor in both solutions (congruence {equal} or higher): {factors}."),
            "fair": _("Fairly alike ({fair} or higher, below {equal}): {factors}."),
            "different": _("Not the same factor (below {fair}): {factors}."),
            "undefined": _("Cannot be compared, for the loadings are zero or not there: {factors}."),
        }
        summary = []
        for verdict, sentence in sentences.items():
            factors = [self._called(str(name)) for name in self.table["factor"][self.table["verdict"] == verdict]]
            if factors:
                summary.append(sentence.format(factors=join_names(factors), **limits))
        return summary

    def _methods(self) -> list[str]:
        return [
            _(
                "Factors of the two solutions were matched by optimal assignment on the absolute value of Tucker's "
                "coefficient of congruence (Tucker, 1951), over {n} items that both have, and reflected where it was "
                "negative; neither solution was rotated to the other. A coefficient of {fair} to {equal} is fair "
                "similarity, {equal} or higher means that the factors can be considered equal (Lorenzo-Seva & ten "
                "Berge, 2006)."
            ).format(
                n=format_value(len(self.items), "count"),
                fair=format_value(CONGRUENCE_FAIR, "coefficient"),
                equal=format_value(CONGRUENCE_EQUAL, "coefficient"),
            )
        ]


@checked
def congruence(first: Any, second: Any) -> FactorCongruence:
    """Compare the factors of two solutions: of groups, waves, or a published study.

    Parameters
    ----------
    first, second : DataFrame, EFA, str or Path
        Loadings (items x factors), a result that has `loadings`, or a CSV file of loadings with the items in its first
        column. Items are matched by name; the factors of `second` are permuted and reflected.

    Returns
    -------
    FactorCongruence

    Raises
    ------
    OptionError
        When a solution has no loadings, names an item twice, or fewer than two items are in both.

    References
    ----------
    Lorenzo-Seva & ten Berge (2006), doi:10.1027/1614-2241.2.2.57

    Examples
    --------
    >>> first = pd.DataFrame({"F1": [.8, .7, .1], "F2": [.0, .1, .6]}, index=["plans", "ideas", "power"])
    >>> second = pd.DataFrame({"A": [.1, .0, .7], "B": [-.7, -.8, .0]}, index=["plans", "ideas", "power"])
    >>> congruence(first, second).to_frame()[["factor", "matched", "reflected", "verdict"]].values.tolist()
    [['F1', 'B', True, 'equal'], ['F2', 'A', False, 'equal']]
    """
    one, two = _loadings(first, "first"), _loadings(second, "second")
    shared = [item for item in one.index if item in two.index]
    if len(shared) < 2:
        raise OptionError(
            f"Two solutions must have two items or more in common. Given: {len(shared)} with the same "
            "name. Give both the same item names."
        )
    a, b = one.loc[shared].to_numpy(dtype=float), two.loc[shared].to_numpy(dtype=float)
    match = match_factors(a, b)
    names = [str(two.columns[place]) for place in match.alignment.order]
    turned = match.alignment.columns(b)
    n_pairs = match.rows.size
    table = pd.DataFrame(
        {
            "factor": [str(one.columns[row]) for row in match.rows],
            "matched": names[:n_pairs],
            "reflected": match.alignment.signs[:n_pairs] < 0,
            "congruence": match.congruence,
            "verdict": [congruence_band(float(value)) for value in match.congruence],
        }
    )
    paired = a[:, match.rows], turned[:, :n_pairs]
    items = pd.DataFrame(
        {
            "item": shared,
            "congruence": item_congruence(*paired),
            "largest_difference": np.abs(paired[0] - paired[1]).max(axis=1),
        }
    )
    left_out = [*one.index.difference(shared, sort=False), *two.index.difference(shared, sort=False)]
    flags = []
    if left_out:
        flags.append("items_left_out")
    if a.shape[1] != b.shape[1]:
        flags.append("factors_without_a_match")
    if np.isnan(match.congruence).any():
        flags.append("zero_loadings")
    named = [solution.context.names for solution in (second, first) if isinstance(solution, Result)]
    names_of_items = {item: texts for known in named for item, texts in known.items()}
    return FactorCongruence(
        table=table,
        context=Context(names=names_of_items),
        flags=tuple(flags),
        matrix=pd.DataFrame(congruence_matrix(a, turned), index=one.columns.astype(str), columns=names),
        items=items,
        aligned=pd.DataFrame(turned, index=shared, columns=names),
        left_out=tuple(left_out),
    )


def _loadings(solution: Any, which: str) -> pd.DataFrame:
    """The loadings of whatever was given, with items as text."""
    if isinstance(solution, (str, Path)):
        if not Path(solution).is_file():
            raise OptionError(
                f"`{which}` must be a file of loadings. Given: {str(solution)!r}, which is not there. Correct the path."
            )
        solution = pd.read_csv(solution, index_col=0)
    frame = solution if isinstance(solution, pd.DataFrame) else getattr(solution, "loadings", None)
    if not isinstance(frame, pd.DataFrame) or frame.empty:
        raise OptionError(
            f"`{which}` must have loadings, items x factors. Given: {type(solution).__name__} without any. Give a frame, an "
            "EFA or a CSV file."
        )
    text = [column for column in frame if not pd.api.types.is_numeric_dtype(frame[column])]
    if text:
        raise OptionError(
            f"Loadings must be numbers. Given: text in column {text[0]!r} of `{which}`. Leave it out or make it the index."
        )
    frame = frame.set_axis(frame.index.astype(str))
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()][0]
        raise OptionError(f"Each item must have one row. Given: {twice!r} twice in `{which}`. Rename one.")
    return frame
