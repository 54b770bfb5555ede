"""What has changed? The difference between a wave and the one before it, per factor and side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.context import Context
from hpp_analysis.common.design import design_of, group_columns
from hpp_analysis.common.interpret import MARGIN
from hpp_analysis.common.result import CellKey, Result, join_names, publishable
from hpp_analysis.common.weighing import of_a_mean, of_intervals
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.options import checked, in_range
from hpp_analysis.partners.judging import adjusted_p, gap_verdicts
from hpp_analysis.partners.sides import Comparison, side_contrasts
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.survey.understand import NOT_ASKED
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NUMBERS = ("mean_before", "mean_after", "change", "se", "df", "ci_lower", "ci_upper", "p", "n_before", "n_after")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Changes(Result):
    """Differences between two waves.

    Attributes
    ----------
    waves : tuple of str
        The wave before and the wave that is compared with it; empty where there is none before.
    n_once : int
        Partnerships that took part in one of the two waves only.
    groups : tuple of str
        The respondent columns besides the wave that make the groups.
    margin, conf_level : float
        As given to `compare_waves`.
    """

    waves: tuple[str, ...] = ()
    n_once: int = 0
    groups: tuple[str, ...] = ()
    margin: float = MARGIN
    conf_level: float = 0.95

    name: ClassVar[str] = "changes"
    reveals: ClassVar[Mapping[str, Reveals]] = {
        "n_before": "size",
        "n_after": "size",
        "mean_before": "mean",
        "mean_after": "mean",
        "change": "difference",
        "se": "interval",
        "df": "interval",
        "ci_lower": "interval",
        "ci_upper": "interval",
        "p": "interval",
        "p_adjusted": "interval",
        "verdict": "interval",
    }
    fixed: ClassVar[tuple[str, ...]] = ("n_once", "waves", "groups", "margin", "conf_level")
    variable: ClassVar[str] = "scale"
    kinds: ClassVar[tuple[str, ...]] = ("intervals",)
    question: ClassVar[str] = "changes"

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return ("scale", *self.groups)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see; the waves are called by their own names."""
        before, after = (_("Wave {wave}").format(wave=wave) for wave in self.waves or ("", ""))
        side = (Column("side", N_("Side")),) if "side" in self.groups else ()
        return (
            Column("scale", N_("Factor")),
            *side,
            Column("mean_before", before, "score", translate=False),
            Column("mean_after", after, "score", translate=False),
            Column("change", N_("Change"), "difference"),
            Column("ci_lower", N_("Interval"), "difference", upper="ci_upper"),
            Column("verdict", N_("Verdict")),
            Column("n_before", _("Persons, {wave}").format(wave=before), "count", translate=False),
            Column("n_after", _("Persons, {wave}").format(wave=after), "count", translate=False),
        )

    def to_frame(self) -> pd.DataFrame:
        """One row per factor and side.

        Returns
        -------
        DataFrame
            scale, (side,) mean_before, mean_after, change (after minus before), se, df, ci_lower, ci_upper, p, p_adjusted,
            verdict ("different", "small_difference", "alike", "cannot_tell"), and the numbers of persons n_before and
            n_after.
        """
        return super().to_frame()

    def _cells(self) -> list[list[CellKey]]:
        """Both waves of a row must be visible for its change to be."""
        rows = self.table[list(self.keys)].astype(str).to_dict("records")
        return [
            [
                (
                    frozenset(
                        {**self.context.selection, "wave": wave, **{name: row[name] for name in self.groups}}.items()
                    ),
                    row["scale"],
                )
                for wave in self.waves
            ]
            for row in rows
        ]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """The change is that between the two means that are shown: rounded apart, it would narrow both down."""
        return table.assign(change=(table["mean_after"] - table["mean_before"]).round(2).where(table["change"].notna()))

    def _caption(self) -> str:
        if not self.waves:
            return _("Change per factor")
        return _("Change per factor, from wave {before} to wave {after}").format(
            before=self.waves[0], after=self.waves[1]
        )

    def _labelled(self) -> pd.DataFrame:
        words = {
            "different": _("changed"),
            "small_difference": _("small change"),
            "alike": _("about the same"),
            "cannot_tell": _("unclear"),
        }
        frame = super()._labelled()
        return frame.assign(verdict=[words.get(str(code)) for code in frame["verdict"]])

    def _notes(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        notes = [
            *of_a_mean(partnerships=self.context.by_partnership, sides="side" in self.groups),
            of_intervals(level, partnerships=self.context.by_partnership),
        ]
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
        """The rows of a mask by name, each factor once; where sizes are asked for with both means."""
        whose: dict[str, list[str]] = {}
        for row in self.table[mask].to_dict("records"):
            told = [self._called(str(row[group]), group) for group in self.groups]
            if sizes:
                words = {"before": brief(row["mean_before"]), "after": brief(row["mean_after"])}
                told.append(_("from {before} to {after}").format(**words))
            whose.setdefault(self._called(str(row["scale"])), []).append(" ".join(told))
        return join_names(
            [
                _("{factor} ({details})").format(factor=factor, details="; ".join(told)) if any(told) else factor
                for factor, told in whose.items()
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

    def _drawn(self) -> pd.DataFrame:
        series = [
            ", ".join(self._called(str(value), group) for group, value in zip(self.groups, row, strict=True))
            for row in self.table[list(self.groups)].itertuples(index=False, name=None)
        ]
        return pd.DataFrame(
            {
                "label": [self._called(str(scale)) for scale in self.table["scale"]],
                "series": series if self.groups else "",
                "estimate": self.table["change"],
                "ci_lower": self.table["ci_lower"],
                "ci_upper": self.table["ci_upper"],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import intervals
        from hpp_analysis.plots.parts.style import NARROW

        return intervals(self._drawn(), reference=0.0, xlabel=_("Change, in scale points"), width=NARROW, ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import intervals_alt

        return intervals_alt(self._drawn(), reference=0.0)


@publishable
@checked
def compare_waves(
    data: Survey, *, by: str | Sequence[str] | None = None, margin: float = MARGIN, conf_level: float = 0.95
) -> Changes:
    """Compare the last wave of the answers with the wave before it.

    Parameters
    ----------
    data : Survey
        The answers of two waves or more, as `Survey.history` gives them; of one wave there is nothing to tell.
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
    rows: list[dict[str, Any]] = []
    once: set[str] = set()
    if len(waves) == 2:
        design = design_of(data, tuple(dict.fromkeys((*groups, "partnership"))))
        for key in design.cells[list(groups)].drop_duplicates().itertuples(index=False, name=None):
            chosen = dict(zip(groups, map(str, key), strict=True))
            part = data.where(**chosen) if chosen else data
            changes = [{**_row(row), **chosen} for row in _contrasts(part, waves, margin, conf_level)]
            rows += [row for row in changes if _asked(part, row["scale"], waves)]
        once = _once(data, waves)
    table = pd.DataFrame(rows, columns=["scale", *groups, *_NUMBERS])
    place = table["scale"].map({scale: at for at, scale in enumerate(dict.fromkeys(table["scale"]))})
    table = table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    table["p_adjusted"] = adjusted_p(table["p"])
    table["verdict"] = gap_verdicts(table, margin=margin, conf_level=conf_level, estimate="change")
    return Changes(
        context=Context.of(data),
        table=table,
        waves=waves if len(waves) == 2 else (),
        n_once=len(once),
        groups=groups,
        margin=margin,
        conf_level=conf_level,
    )


def _contrasts(survey: Survey, waves: tuple[str, ...], margin: float, conf_level: float) -> list[dict[str, Any]]:
    """One row per factor: both waves' means and their difference, the later one first."""
    asked = Comparison(
        side="wave", sides=(waves[1], waves[0]), pair="partnership", weight="organisation", inference="fixed",
        margin=margin, conf_level=conf_level,
    )  # fmt: skip
    table, _flags = side_contrasts(survey, asked.design(survey), asked, level="factor", seed=0)
    rows: list[dict[str, Any]] = table.to_dict("records")
    return rows


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A contrast between two sides, the first of which is the later wave, as a change."""
    called = {
        "factor": "scale", "mean_first": "mean_after", "mean_second": "mean_before", "gap": "change",
        "n_first": "n_after", "n_second": "n_before",
    }  # fmt: skip
    return {called.get(name, name): value for name, value in row.items()}


def _asked(survey: Survey, scale: str, waves: tuple[str, ...]) -> bool:
    """Whether both waves asked of a scale; whether anybody answered plays no part, for a missing row would tell."""
    asked = survey.reasons[survey[scale].columns].ne(NOT_ASKED).any(axis=1)
    return bool(
        asked.groupby(survey.respondents["wave"].astype(str)).any().reindex(list(waves), fill_value=False).all()
    )


def _once(survey: Survey, waves: tuple[str, ...]) -> set[str]:
    """The partnerships that took part in one of two waves only."""
    if "partnership" not in survey.respondents:
        return set()
    taking_part = [
        set(survey.respondents.loc[survey.respondents["wave"].astype(str) == wave, "partnership"].astype(str))
        for wave in waves
    ]
    return taking_part[0] ^ taking_part[1]
