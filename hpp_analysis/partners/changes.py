"""What has changed? The difference between a wave and the one before it, per factor and side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import given_as, places_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import design_of, group_columns
from hpp_analysis.common.interpret import MARGIN
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.weighing import interval_note, mean_note
from hpp_analysis.common.who import Who
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.options import checked, in_range
from hpp_analysis.partners.contrasts import SIDES, Comparison, side_columns
from hpp_analysis.partners.difference_verdicts import add_verdicts
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.survey.understand import NOT_ASKED
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_NUMBERS = ("mean_before", "mean_after", "change", "se", "df", "ci_lower", "ci_upper", "p", "n_before", "n_after")
_OF_WAVES = {
    "mean_first": "mean_after", "mean_second": "mean_before", "gap": "change", "n_first": "n_after", "n_second": "n_before",
}  # fmt: skip
"""The columns of a contrast between two sides, the first of which is the later wave, as those of a change."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Changes(Result):
    """Differences between two waves.

    Attributes
    ----------
    table : DataFrame
        factor, (side,) mean_before, mean_after, change (after minus before), se, df, ci_lower, ci_upper, p, p_adjusted,
        verdict ("different", "small_difference", "alike", "cannot_tell"), and the numbers of persons n_before and n_after.
    waves : tuple of str
        The wave before and the wave that is compared with it; empty where there is none before.
    n_once : int
        Partnerships that took part in one of the two waves only.
    groups : tuple of str
        The respondent columns besides the wave that make the groups.
    margin, conf_level : float
        As given to `compare_waves`.
    """

    waves: tuple[str, ...] = setting(())
    n_once: int = setting(0)
    groups: tuple[str, ...] = setting(())
    margin: float = setting(MARGIN)
    conf_level: float = setting(0.95)

    def _declare(self) -> Declaration:
        before, after = (_("Wave {wave}").format(wave=wave) for wave in self.waves or ("", ""))
        caption = _("Change per factor, from wave {before} to wave {after}") if self.waves else _("Change per factor")
        words = {
            "different": _("changed"),
            "small_difference": _("small change"),
            "alike": _("about the same"),
            "cannot_tell": _("unclear"),
        }
        return Declaration(
            name="changes",
            caption=caption.format(**dict(zip(("before", "after"), self.waves, strict=False))),
            variable="factor",
            question="changes",
            columns=(
                Column("factor", _("Factor"), key=True),
                *(Column(group, _("Side") if group == "side" else "", key=True) for group in self.groups),
                Column("mean_before", before, "score", reveals="mean"),
                Column("mean_after", after, "score", reveals="mean"),
                Column("change", _("Change"), "difference", reveals="difference"),
                Column("ci_lower", _("Interval"), "difference", upper="ci_upper", reveals="interval"),
                Column("verdict", _("Verdict"), reveals="interval", optional=True, words=words),
                Column("n_before", _("Persons, {wave}").format(wave=before), "count", reveals="size"),
                Column("n_after", _("Persons, {wave}").format(wave=after), "count", reveals="size"),
                *hidden("interval", "se", "df", "p", "p_adjusted"),
            ),
            figures={"intervals": self._intervals},
        )

    def _cells(self) -> list[list[CellKey]]:
        """Require both waves of a row to be visible."""
        rows = self.table[["factor", *self.groups]].astype(str).to_dict("records")
        return [
            [
                (
                    frozenset(
                        {**self.context.selection, "wave": wave, **{name: row[name] for name in self.groups}}.items()
                    ),
                    row["factor"],
                )
                for wave in self.waves
            ]
            for row in rows
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Compute the change from the rounded means: a separately rounded change would reveal more about both."""
        return table.assign(change=(table["mean_after"] - table["mean_before"]).round(2).where(table["change"].notna()))

    def _notes(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        notes = [
            *mean_note(partnerships=self.context.by_partnership, sides="side" in self.groups),
            interval_note(level, partnerships=self.context.by_partnership),
        ]
        if self.table["p_adjusted"].count() > 1:
            notes.append(_("A difference counts only when it holds after correction for the number of comparisons."))
        if self.n_once:
            notes.append(
                ngettext(
                    "{n} partnership took part in one of the two waves only; part of a change may be its.",
                    "{n} partnerships took part in one of the two waves only; part of a change may be theirs.",
                    self.n_once,
                ).format(n=self.n_once)
            )
        return notes

    def _summary(self) -> list[str]:
        if not self.waves:
            return [_("There is no earlier wave to compare with.")]
        changed = self.table["verdict"].eq("different")
        said = []
        for mask, sentence in (
            (changed & (self.table["change"] > 0), _("Since wave {wave} these rose: {names}.")),
            (changed & (self.table["change"] < 0), _("Since wave {wave} these fell: {names}.")),
        ):
            if mask.any():
                said.append(sentence.format(wave=self.waves[0], names=self._listed(mask, sizes=True)))
        same = self.table["verdict"].isin(["alike", "small_difference"])
        if same.any():
            said.append(
                _("About the same as in wave {wave} (less than {margin} points apart): {names}.").format(
                    wave=self.waves[0], margin=brief(self.margin), names=self._listed(same)
                )
            )
        unclear = self.table["verdict"].eq("cannot_tell")
        if unclear.any():
            said.append(
                _("These answers cannot tell whether these changed: {names}.").format(names=self._listed(unclear))
            )
        return said or [_("The changes cannot be given: a wave lacks answers, or is too small a group.")]

    def _listed(self, mask: pd.Series, *, sizes: bool = False) -> str:
        """The rows of a mask by name, each factor once; with both means if `sizes`."""
        by_factor: dict[str, list[str]] = {}
        for row in self.table[mask].to_dict("records"):
            details = [Who(self).group(self.groups, [row[group] for group in self.groups])] if self.groups else []
            if sizes:
                means = {"before": brief(row["mean_before"]), "after": brief(row["mean_after"])}
                details.append(_("from {before} to {after}").format(**means))
            by_factor.setdefault(self._called(str(row["factor"])), []).append(" ".join(details))
        return join_names(
            [
                _("{factor} ({details})").format(factor=factor, details="; ".join(details)) if any(details) else factor
                for factor, details in by_factor.items()
            ]
        )

    def _methods(self) -> list[str]:
        if not self.waves:
            return []
        if not self.context.by_partnership and "side" not in self.groups:
            return [
                _(
                    "A change is the mean of a wave minus that of the wave before; persons who answered in both waves under "
                    "one name are recognised. It counts when its p-value stays below {p} after adjustment for the number of "
                    "comparisons (Holm, 1979)."
                ).format(p=format_value(1 - self.conf_level, "coefficient"))
            ]
        return [
            _(
                "A change is the mean of a wave minus that of the wave before, with an interval as that of a gap; persons who "
                "answered in both waves under one name are recognised. It counts when its p-value stays below {p} after "
                "adjustment for the number of comparisons (Holm, 1979)."
            ).format(p=format_value(1 - self.conf_level, "coefficient"))
        ]

    def _intervals(self) -> Figure:
        series = [
            ", ".join(self._called(str(value), group) for group, value in zip(self.groups, row, strict=True))
            for row in self.table[list(self.groups)].itertuples(index=False, name=None)
        ]
        rows = pd.DataFrame(
            {
                "label": [self._called(str(factor)) for factor in self.table["factor"]],
                "series": series if self.groups else "",
                "estimate": self.table["change"],
                **self.table[["ci_lower", "ci_upper"]],
            }
        )
        return Figure(plots.intervals, rows, reference=0.0, xlabel=_("Change, in scale points"), width=plots.NARROW)


@publishable
@checked
def compare_waves(
    data: Survey, *, by: str | Sequence[str] | None = None, margin: float = MARGIN, conf_level: float = 0.95
) -> Changes:
    """Compare the last wave of the answers with the wave before it.

    Parameters
    ----------
    data : Survey
        The answers of two waves or more, as `Survey.history` gives them; answers of one wave give an empty result.
    by : str or sequence of str, optional
        Respondent columns whose combinations are compared apart. By default the side, where the answers have it.
    margin : float
        A smaller change, in scale points, is too small to act on.
    conf_level : float
        Of the intervals.

    Returns
    -------
    Changes

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28; Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004;
    Holm (1979), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> changes = compare_waves(simulate_study(waves=2, seed=1).survey)
    >>> changes.waves, len(changes.to_frame())
    (('1', '2'), 8)
    """
    in_range(margin, "margin", above=0)
    groups = group_columns(data, by, default=("side",))
    waves = tuple(sorted(data.values("wave"), key=wave_order))[-2:] if "wave" in data.respondents else ()
    columns = ["factor", *groups, *_NUMBERS]
    table = _contrasts(data, waves, groups, margin, conf_level) if len(waves) == 2 else pd.DataFrame(columns=columns)
    table = add_verdicts(table[columns], estimate="change", margin=margin, conf_level=conf_level)
    once = _once(data, waves) if len(waves) == 2 else set()
    return Changes(
        context=Context.of(data),
        table=table,
        waves=waves if len(waves) == 2 else (),
        n_once=len(once),
        groups=groups,
        margin=margin,
        conf_level=conf_level,
    )


def _contrasts(
    survey: Survey, waves: tuple[str, ...], groups: tuple[str, ...], margin: float, conf_level: float
) -> pd.DataFrame:
    """Contrast two waves: one row per factor that both asked and group, the later minus the earlier."""
    comparison = Comparison(
        side="wave", sides=(waves[1], waves[0]), pair="partnership", weight="organisation", inference="fixed",
        margin=margin, conf_level=conf_level,
    )  # fmt: skip
    by_group = design_of(survey, groups)
    design, values = comparison.design(survey), scale_values(survey)
    wave = survey.respondents["wave"].astype(str).to_numpy()
    tables = []
    for place, key in enumerate(by_group.groups(groups)[0]):
        rows = by_group.cell == place
        part = design.part(rows)
        asked = [name for name in values if _asked(survey, str(name), [rows & (wave == one) for one in waves])]
        found = part.means(
            values.loc[rows, asked], comparison.members(part), "organisation", combinations=SIDES, conf_level=conf_level
        )
        numbers = {**side_columns(found), **dict(zip(("n_first", "n_second"), found.n_persons, strict=True))}
        names = pd.DataFrame({"factor": asked}).assign(**dict(zip(groups, key, strict=True)))
        tables.append(names.assign(**numbers).rename(columns=_OF_WAVES))
    order = {str(name): place for place, name in enumerate(values)}
    return pd.concat(tables).sort_values("factor", key=lambda names: names.map(order), kind="stable", ignore_index=True)


def _asked(survey: Survey, factor: str, waves: Sequence[np.ndarray]) -> bool:
    """Whether both waves asked a factor. Whether anybody answered plays no part: a missing row would reveal it."""
    asked = ~given_as(survey, NOT_ASKED)[:, places_of(survey, factor)]
    return all(bool(asked[rows].any()) for rows in waves)


def _once(survey: Survey, waves: tuple[str, ...]) -> set[str]:
    """Find the partnerships that took part in one of two waves only."""
    if "partnership" not in survey.respondents:
        return set()
    taking_part = [
        set(survey.respondents.loc[survey.respondents["wave"].astype(str) == wave, "partnership"].astype(str))
        for wave in waves
    ]
    return taking_part[0] ^ taking_part[1]
