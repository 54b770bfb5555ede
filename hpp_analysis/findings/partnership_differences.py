"""In which partnerships do the sides see it differently? Worked out from published scores, corrected for their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from hpp_analysis import plots
from hpp_analysis.answers.scores import Scores
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import MARGIN
from hpp_analysis.common.result import Result
from hpp_analysis.common.who import Who, some_names
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_value, natural
from hpp_analysis.errors import OptionError
from hpp_analysis.findings.rows import judged, plain_rows
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.partners.difference_verdicts import add_verdicts, gap_tones
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_MOST_ROWS = 12
"""Rows of the figure: what counts comes first, and the rest stands in the table."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PartnershipDifferences(Result):
    """Differences between the sides of each partnership.

    Made of published scores, it reveals nothing beyond them.

    Attributes
    ----------
    table : DataFrame
        factor, partnership, mean_first, mean_second, gap (first minus second), ci_lower, ci_upper, p, p_adjusted (Holm, over
        all rows), verdict ("different", "small_difference", "alike", "cannot_tell").
    sides : tuple of str
        The two sides; a gap is the first minus the second.
    margin, conf_level : float
        As given to `compare_sides_by_partnership`.
    """

    sides: tuple[str, ...] = ("client", "partner")
    margin: float = MARGIN
    conf_level: float = 0.95

    def _declare(self) -> Declaration:
        first, second = (self._called(side, "side") for side in self.sides)
        words = {
            "different": _("different"),
            "small_difference": _("small difference"),
            "alike": _("alike"),
            "cannot_tell": _("unclear"),
        }
        return Declaration(
            name="partnership_differences",
            caption=_("Gap per factor and partnership"),
            variable="factor",
            composed=True,
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("partnership", _("Partnership"), key=True),
                Column("mean_first", first, "score"),
                Column("mean_second", second, "score"),
                Column("gap", _("Gap"), "difference"),
                Column("ci_lower", _("Interval"), "difference", upper="ci_upper"),
                Column("verdict", _("Verdict"), words=words),
            ),
            figures={"intervals": self._intervals},
        )

    @property
    def counting(self) -> pd.DataFrame:
        """The rows that count as different, the largest gap first."""
        rows = self.table[self.table["verdict"].eq("different")]
        return rows.sort_values("gap", key=np.abs, ascending=False, kind="stable")

    def _who(self) -> Who:
        return Who(self, self.sides)

    def _summary(self) -> list[str]:
        if self.table["gap"].isna().all():
            return [_("In no partnership can both sides be shown, so they cannot be compared.")]
        who, said = self._who(), []
        for row in self.counting.head(3).to_dict("records"):
            first, second = (who.side_in(row["partnership"], side) for side in self.sides)
            said.append(
                _("{factor}: {first} gives {mean_first}, {second} {mean_second}.").format(
                    factor=self._called(row["factor"]),
                    first=first,
                    second=second,
                    mean_first=brief(row["mean_first"]),
                    mean_second=brief(row["mean_second"]),
                )
            )
        if not said:
            said.append(_("In no single partnership do these answers show a difference between the sides."))
        hidden = self.table.loc[self.table["gap"].isna(), "partnership"].unique()
        shown = self.table.loc[self.table["gap"].notna(), "partnership"].unique()
        if hidden := [name for name in hidden if name not in set(shown)]:
            names = some_names(who.partnership(name) for name in hidden)
            said.append(_("Not compared, because one side may not be shown: {names}.").format(names=names))
        return said

    def _notes(self) -> list[str]:
        return [
            _(
                "Worked out from the scores shown per partnership. A difference counts only when it holds after correction "
                "for the number of comparisons; that is why a large gap of few answers can be unclear."
            )
        ]

    def _methods(self) -> list[str]:
        return [
            _(
                "The gap of a partnership is the difference between the two published scores; its {level} interval and its test "
                "follow from the published intervals by Welch's method (1947), with Holm's correction (1979) over all "
                "partnerships and factors."
            ).format(level=format_value(self.conf_level, "share"))
        ]

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:
        rows = self.table if rows is None else rows
        n = int(rows["gap"].isna().sum())
        if not n:
            return []
        return [ngettext("{n} gap is not shown.", "{n} gaps are not shown.", n).format(n=n)]

    def _labelled(self) -> pd.DataFrame:
        who = self._who()
        return super()._labelled().assign(partnership=[who.partnership(name) for name in self.table["partnership"]])

    def _intervals(self) -> Figure:
        known = self.table[self.table["gap"].notna()]
        order = known.assign(
            weight=known["verdict"].map({"different": 0, "small_difference": 1, "cannot_tell": 2, "alike": 3})
        ).sort_values(["weight", "gap"], key=lambda column: column.abs() * (1 if column.name == "weight" else -1))
        rows, who = order.head(_MOST_ROWS), self._who()
        tones = gap_tones(rows)
        drawn = pd.DataFrame(
            {
                "group": [self._called(factor) for factor in rows["factor"]],
                "label": [who.partnership(name) for name in rows["partnership"]],
                "estimate": rows["gap"],
                "ci_lower": rows["ci_lower"],
                "ci_upper": rows["ci_upper"],
                "tone": tones,
            }
        )
        left_out = len(known) - len(rows)
        notes = self._notes()
        if left_out:
            notes.append(
                ngettext(
                    "{n} more gap stands in the workbook.", "{n} more gaps stand in the workbook.", left_out
                ).format(n=left_out)
            )
        first, second = (who.side(side) for side in self.sides)
        return Figure(
            plots.intervals,
            drawn,
            reference=0.0,
            xlabel=_("Gap: {first} minus {second}, in scale points").format(first=first, second=second),
            sides=(first, second),
            width=plots.NARROW,
            notes=notes,
        )


@checked
def compare_sides_by_partnership(
    scores: Scores, *, sides: tuple[str, str] = ("client", "partner"), margin: float = MARGIN, conf_level: float = 0.95
) -> PartnershipDifferences:
    """Compare the two sides within each partnership.

    Parameters
    ----------
    scores : Scores
        By partnership and side; for a report, published.
    sides : (str, str)
        A gap is the first minus the second.
    margin : float
        A smaller difference, in scale points, is too small to act on.
    conf_level : float
        Of the intervals.

    Returns
    -------
    PartnershipDifferences

    Raises
    ------
    OptionError
        When the scores are not by partnership and side.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28; Holm (1979), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> from hpp_analysis import score_scales, simulate_study
    >>> scores = score_scales(simulate_study(seed=1).survey, by=("partnership", "side"))
    >>> compare_sides_by_partnership(scores).to_frame()["factor"].unique().tolist()
    ['openness', 'equality', 'conflict_management']
    """
    in_range(margin, "margin", above=0)
    if set(scores.groups) != {"partnership", "side"}:
        raise OptionError(
            f"`scores` must be by partnership and side. Given: by {', '.join(scores.groups) or 'nothing'}. "
            'Make them with score_scales(survey, by=("partnership", "side")).'
        )
    known = [*scores.table["side"].unique(), "client", "partner"]  # one of these may not have answered
    names_in(sides, dict.fromkeys(known), "sides", kind="a side of the scores")
    if len(set(sides)) != 2:
        raise OptionError(f"`sides` must be two different sides. Given: {sides!r}. Name both.")
    frame = judged(plain_rows(scores.to_frame()))
    if scores.published:  # of a few persons only a rounded mean is shown, or from where on it lies: no gap follows
        frame = frame.assign(mean=frame["mean"].where(frame["state"].eq("full")))
    standard_error, df = spread_behind(frame, scores.conf_level)
    frame = frame.assign(se=standard_error, df=df)
    first, second = (
        frame[frame["side"].eq(side)].set_index(["factor", "partnership"])[["mean", "se", "df"]] for side in sides
    )
    keys = frame[["factor", "partnership"]].drop_duplicates()
    keys = keys.iloc[sorted(range(len(keys)), key=lambda at: natural(str(keys.iloc[at]["partnership"])))]
    index = pd.MultiIndex.from_frame(keys)
    first, second = first.reindex(index), second.reindex(index)
    gap = (first["mean"] - second["mean"]).to_numpy(dtype=float).round(2)
    variance = np.stack([first["se"].to_numpy(float) ** 2, second["se"].to_numpy(float) ** 2])
    with np.errstate(divide="ignore", invalid="ignore"):
        both_df = variance.sum(axis=0) ** 2 / (variance**2 / np.stack([first["df"], second["df"]])).sum(axis=0)
        se = np.sqrt(variance.sum(axis=0))
        reach = stats.t.ppf(0.5 + conf_level / 2, both_df) * se
        p = 2 * stats.t.sf(np.abs(gap) / se, both_df)
    table = pd.DataFrame(
        {
            "factor": keys["factor"].to_numpy(),
            "partnership": keys["partnership"].to_numpy(),
            "mean_first": first["mean"].to_numpy(float),
            "mean_second": second["mean"].to_numpy(float),
            "gap": gap,
            "ci_lower": gap - reach,
            "ci_upper": gap + reach,
            "p": p,
        }
    )
    place = {factor: at for at, factor in enumerate(dict.fromkeys(frame["factor"]))}
    table = table.sort_values("factor", key=lambda factor: factor.map(place), kind="stable").reset_index(drop=True)
    return PartnershipDifferences(
        table=add_verdicts(table, margin=margin, conf_level=conf_level),
        context=scores.context,
        sides=sides,
        margin=margin,
        conf_level=conf_level,
        published=scores.published,
    )


def spread_behind(frame: pd.DataFrame, conf_level: float) -> tuple[np.ndarray, np.ndarray]:
    """The standard errors and degrees of freedom behind published intervals of means; NaN where there is no interval."""
    df = frame["n_persons"].to_numpy(dtype=float) - 1
    half = (frame["ci_upper"] - frame["ci_lower"]).to_numpy(dtype=float) / 2
    with np.errstate(invalid="ignore"):
        return half / stats.t.ppf(0.5 + conf_level / 2, df), df
