"""What stands out? The characteristics that may have the lowest mean, and those that may have the highest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import characteristics, design_of
from hpp_analysis.common.interpret import WIDEST_TIER, against_threshold, interval_is_sound, may_be_extreme
from hpp_analysis.common.means import group_means
from hpp_analysis.common.result import Result, publishable
from hpp_analysis.common.weighing import interval_note, mean_note, overall_mean_note
from hpp_analysis.common.who import some_names
from hpp_analysis.core.groups.pairwise import compare_pairs
from hpp_analysis.display.blocks import Block, FactsBlock, TextBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_number, format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext, pick

End = Literal["lowest", "highest"]
MOST_IDEAS = 3
"""Ideas for the lowest characteristics, on the pages that a board reads: more are no start (our convention)."""
_MOST_NAMED = 4
"""Of a tier that is named in a sentence; of more, these and how many others there are."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Tiers(Result):
    """The characteristics that may be the lowest, and those that may be the highest.

    Attributes
    ----------
    table : DataFrame
        factor, item, mean, ci_lower, ci_upper, n_persons, verdict (against the threshold of its factor) and tier
        ("lowest", "highest", "both", "between").
    conf_level : float
        Of the intervals, and of the differences that exclude a characteristic from a tier.
    one_sided : bool
        Whether the answers do not tell two sides apart.
    scale_range : tuple of int
    threshold : float, optional
        The threshold that the factors share, if they do.
    ideas : mapping
        What may be done about a characteristic: id to text by language.
    p_above : ndarray, characteristics x characteristics
        One-sided p-values that the first mean is not above the second, NaN where a difference has no interval; None once
        published.
    """

    conf_level: float = setting(0.95)
    one_sided: bool = setting(False)
    scale_range: tuple[int, int] = setting((1, 10))
    threshold: float | None = setting(None)
    ideas: Mapping[str, Mapping[str, str]] = setting(default_factory=dict)
    p_above: np.ndarray | None = None

    def _declare(self) -> Declaration:
        verdicts = {"reached": _("reached"), "not_reached": _("not reached"), "cannot_tell": _("unclear")}
        tiers = {"lowest": _("lowest"), "highest": _("highest"), "both": _("lowest or highest")}
        return Declaration(
            name="tiers",
            caption=_("What stands out among the characteristics"),
            variable="item",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("item", _("Characteristic"), key=True),
                Column("mean", _("Mean"), "score", reveals="mean"),
                Column("ci_lower", _("Interval"), "score", upper="ci_upper", reveals="interval"),
                Column("verdict", _("Threshold"), reveals="interval", optional=True, words=verdicts),
                Column("tier", _("May be the"), reveals="order", words=tiers),
                Column("n_persons", _("Persons"), "count", reveals="size"),
                Column("n_ratings", reveals="size"),
            ),
            figures={"intervals": self._intervals},
        )

    @checked
    def tier(self, end: End) -> pd.DataFrame:
        """The rows of one tier, from its end on; empty where too many may belong to it to single anything out.

        It ends before the first mean that does not belong to it. Means beyond that one which the answers cannot tell from
        the tier, as those of few persons, are no part of it: the sentences say of these that the answers cannot tell.
        """
        rows, known = self._may_be(end), self.table[self.table["tier"].notna()]
        if len(rows) > WIDEST_TIER * self.table["mean"].notna().sum() or len(known) < 2:
            return rows.iloc[:0]
        others = known.drop(rows.index)["mean"]
        if others.empty:
            return rows
        return rows[rows["mean"] <= others.min()] if end == "lowest" else rows[rows["mean"] >= others.max()]

    def _cannot_tell(self, end: End) -> pd.DataFrame:
        """The rows that may belong to a tier, but lie beyond one that does not."""
        named = self.tier(end)
        return named if named.empty else self._may_be(end).drop(named.index)

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "summary", "methods", "intervals", or "ideas" for the lowest tier.

        "ideas" are given where the tier is small, "all_ideas" whatever its size.

        Where no characteristic stands out, a sentence takes the place of the figure.
        """
        with self._spoken(language):
            if kind in ("ideas", "all_ideas"):
                return self._ideas(MOST_IDEAS if kind == "ideas" else len(self.table))
            if kind in (None, "intervals") and self.table["mean"].notna().any() and self._tiers_drawn().empty:
                reason = (
                    self._nothing_compared()
                    if self.table["tier"].isna().all()
                    else _("No characteristic stands out as low or high, so there is nothing to draw.")
                )
                return TextBlock("tiers_intervals", [reason], "note")
        return super()._block(kind, language)

    def _may_be(self, end: End) -> pd.DataFrame:
        rows = self.table[self.table["tier"].isin([end, "both"])]
        return rows.sort_values("mean", ascending=end == "lowest", kind="stable")

    def _notes(self) -> list[str]:
        weighing = (
            mean_note(partnerships=self.context.by_partnership, sides=False)
            if self.one_sided
            else overall_mean_note(partnerships=self.context.by_partnership)
        )
        level = format_value(self.conf_level, "share")
        has_intervals = self.table["ci_lower"].notna().any()
        return [*weighing, *([interval_note(level, partnerships=self.context.by_partnership)] if has_intervals else [])]

    def _summary(self) -> list[str]:
        if self.table["mean"].isna().all():
            return [self._nothing_said(_("All characteristics are withheld to protect small groups."))]
        if self.table["tier"].isna().all():
            return [self._nothing_compared()]
        said = [self._singled_out(end) + self._unclear(end) for end in ("lowest", "highest")]
        return [*said[0], *said[1], *self._reached(), *self._compared_only()]

    def _headline(self) -> list[str]:
        return self._summary()[:1]

    def _nothing_compared(self) -> str:
        return _("Too few persons answered to tell the lowest and the highest characteristics.")

    def _compared_only(self) -> list[str]:
        if not self.published or self.table["state"].isin(["full", "empty"]).all():
            return []
        return [_("Only characteristics that may be shown in full were compared.")]

    def _singled_out(self, end: End) -> list[str]:
        rows, known = self.tier(end), int(self.table["tier"].notna().sum())
        if rows.empty:
            several = {
                "lowest": _(
                    "These answers single out no lowest scores: {n} of the {total} characteristics may be the lowest."
                ),
                "highest": _(
                    "These answers single out no highest scores: {n} of the {total} characteristics may be the highest."
                ),
            }
            return [several[end].format(n=len(self._may_be(end)), total=known)]
        names = [
            _("{name} ({mean})").format(name=self._called(str(row["item"])), mean=brief(row["mean"]))
            for _place, row in rows.iterrows()
        ]
        listed = some_names(names, _MOST_NAMED)
        if not self._cannot_tell(end).empty:  # of the means this is certain, of the true scores it is not
            means = {
                "lowest": ngettext("The lowest mean is that of {names}.", "The lowest means: {names}.", len(names)),
                "highest": ngettext("The highest mean is that of {names}.", "The highest means: {names}.", len(names)),
            }
            return [means[end].format(names=listed)]
        if len(names) == 1:
            single = {
                "lowest": _("The lowest score is that of {name}."),
                "highest": _("The highest score is that of {name}."),
            }
            return [single[end].format(name=names[0])]
        among = {
            "lowest": _("The lowest score is one of these {n}: {names}. Which of them, these answers cannot tell."),
            "highest": _("The highest score is one of these {n}: {names}. Which of them, these answers cannot tell."),
        }
        return [among[end].format(n=len(names), names=listed)]

    def _unclear(self, end: End) -> list[str]:
        """Which others the answers cannot tell from a tier."""
        names = [self._called(str(item)) for item in self._cannot_tell(end)["item"]]
        if not names:
            return []
        sentence = {
            "lowest": ngettext(
                "Whether {names} scores as low, these answers cannot tell.",
                "Whether {names} score as low, these answers cannot tell.",
                len(names),
            ),
            "highest": ngettext(
                "Whether {names} scores as high, these answers cannot tell.",
                "Whether {names} score as high, these answers cannot tell.",
                len(names),
            ),
        }
        return [sentence[end].format(names=some_names(names, _MOST_NAMED))]

    def _reached(self) -> list[str]:
        """Whether what is high is high enough."""
        rows = self.tier("highest")
        if self.threshold is None or rows.empty or rows["verdict"].eq("reached").any():
            return []
        return [
            _("None of the highest scores has reached the threshold of {threshold} for certain.").format(
                threshold=format_number(self.threshold)
            )
        ]

    def _methods(self) -> list[str]:
        within = (
            _("differences within ratings, cluster-robust variance CR2 by person")
            if self.context.by_partnership
            else _("differences within persons")
        )
        return [
            _(
                "Characteristics are not ranked. One counts among the lowest unless another one lies below it with a "
                "{level} interval of the difference that excludes zero ({within}); the highest are found in the same way "
                "(subset selection, after Gupta, 1965). In simulations of 19 characteristics whose true means differ as "
                "they do in practice, such a set held the truly lowest one in 95% of the reports or more. Where it holds more "
                "than half of the characteristics, none is named. Named are those at the end of the order of means, up to the "
                "first that is not in the set; of the others in it the report says that the answers cannot tell."
            ).format(level=format_value(self.conf_level, "share"), within=within)
        ]

    def _ideas(self, most: int) -> Block:
        """What may be done about the lowest characteristics; a sentence where these are more than `most`, or have none."""
        lowest = self.tier("lowest")
        if len(lowest) > most:
            several = _("{n} characteristics score lowest, too close together for an order: {names}.")
            names = some_names((self._called(str(item)) for item in lowest["item"]), _MOST_NAMED)
            return TextBlock("ideas", [several.format(n=len(lowest), names=names)], "summary")
        facts = [
            [
                _("{name} ({mean})").format(name=self._called(str(row["item"])), mean=brief(row["mean"])),
                pick(self.ideas[str(row["item"])]),
            ]
            for _place, row in lowest.iterrows()
            if str(row["item"]) in self.ideas
        ]
        if facts:
            return FactsBlock("ideas", _("Ideas for the lowest scores"), facts)
        why = (
            _("No lowest scores stand out, so there are no ideas for single characteristics here.")
            if lowest.empty
            else _("The questionnaire holds no ideas for these characteristics.")
        )
        return TextBlock("ideas", [why], "note")

    def _tiers_drawn(self) -> pd.DataFrame:
        """The two tiers under their own headings."""
        headings: dict[End, str] = {"lowest": _("Among the lowest"), "highest": _("Among the highest")}
        tiers = []
        for end, heading in headings.items():
            rows = self.tier(end)
            labels = [self._called(str(item)) for item in rows["item"]]
            tiers.append(rows.assign(group=heading, label=labels, estimate=rows["mean"]))
        frame = pd.concat(tiers, ignore_index=True)
        tone = frame["verdict"].where(frame["ci_lower"].notna(), "no_verdict")
        return frame.assign(tone=tone)[["group", "label", "estimate", "ci_lower", "ci_upper", "tone"]]

    def _intervals(self) -> Figure:
        rows, limits = self._tiers_drawn(), self.scale_range
        if self.threshold is not None:
            return Figure(plots.verdicts, rows, threshold=self.threshold, limits=limits, width=plots.NARROW)
        xlabel = plots.scale_label(limits)
        rows = rows.drop(columns="tone")
        return Figure(plots.intervals, rows, limits=limits, xlabel=xlabel, width=plots.NARROW)


@publishable
@checked
def rank_partners(data: Survey, *, conf_level: float = 0.95) -> Tiers:
    """Find the characteristics that may have the lowest mean, and those that may have the highest.

    Small numbers of answers cannot rank characteristics. A tier says what they can: it leaves out every characteristic
    that lies above another one beyond chance, see `interpret.may_be_extreme` for how often it holds the true one.

    Parameters
    ----------
    data : Survey
        The answers; each partnership and side counts equally.
    conf_level : float
        Of the intervals, and of the differences that exclude a characteristic.

    Returns
    -------
    Tiers

    References
    ----------
    Gupta (1965), doi:10.1080/00401706.1965.10490251

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> tiers = rank_partners(simulate_study(seed=1).survey)
    >>> set(tiers.to_frame()["tier"]) <= {"lowest", "highest", "both", "between"}
    True
    """
    instrument = data.instrument
    factors = {factor.id: factor for factor in instrument.factors}
    items = characteristics(data)
    values = data.items[[item.id for item in items]]
    means, flags, pooled = group_means(data, values, (), weight="organisation", conf_level=conf_level)
    lines = [factors[item.factor].threshold for item in items]
    numbers = (means[name].tolist() for name in ("mean", "ci_lower", "ci_upper"))
    verdict = [
        None if line is None or np.isnan(mean) else against_threshold(lower, upper, line)
        for line, mean, lower, upper in zip(lines, *numbers, strict=True)
    ]
    above = _p_above(data, values)
    answered = np.flatnonzero(values.notna().any(axis=0))
    shown = {name: means[name] for name in ("mean", "ci_lower", "ci_upper", "n_persons", "n_ratings")}
    keys = {"factor": [item.factor for item in items], "item": [item.id for item in items]}
    table = pd.DataFrame({**keys, **shown, "verdict": verdict, "tier": _tiers(above, answered, conf_level)})
    return Tiers(
        context=Context.of(data, pooled=pooled),
        table=table,
        flags=flags,
        conf_level=conf_level,
        one_sided="side" not in data.respondents,
        scale_range=(instrument.scale.min, instrument.scale.max),
        threshold=instrument.threshold,
        ideas={item.id: item.idea for item in items if item.idea is not None},
        p_above=above,
    )


def _p_above(survey: Survey, values: pd.DataFrame) -> np.ndarray:
    """Whether the mean of each column lies above that of each other; NaN where too few persons answered to say so."""
    design = design_of(survey, ("partnership", "side"))
    y = values.to_numpy(dtype=float)
    pairs = compare_pairs(y, design.cell, design.person, len(design.cells))
    return np.where(interval_is_sound(pairs.smallest, pairs.df_design), pairs.p_above, np.nan)


def _tiers(above: np.ndarray, answered: np.ndarray, conf_level: float) -> list[str | None]:
    """The tier of each of the columns `answered` among these; None for the others."""
    codes: list[str | None] = [None] * len(above)
    for place in answered:
        rivals = answered[answered != place]
        low = may_be_extreme(above[place, rivals].tolist(), conf_level=conf_level)
        high = may_be_extreme(above[rivals, place].tolist(), conf_level=conf_level)
        codes[place] = "both" if low and high else "lowest" if low else "highest" if high else "between"
    return codes
