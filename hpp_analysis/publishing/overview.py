"""How do all reports of a study look side by side? What each of them shows, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.dont_know import count_dont_know
from hpp_analysis.answers.response import count_response
from hpp_analysis.answers.scores import score_scales
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.result import Result
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_value, natural
from hpp_analysis.options import checked, names_in
from hpp_analysis.publishing.masking import publish
from hpp_analysis.reliability.reliability import scale_reliability
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_ROWS_OF_A_FIGURE = 24
_SHARES = ("share_first", "share_second")
_COUNTS = ("shown", "rounded", "too_few", "protected")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OverviewPart(Result):
    """One table over all reports; made of what was published, so that it is as safe as they are.

    Attributes
    ----------
    groups : tuple of str
        The respondent columns that name its rows, the one that makes the reports first.
    """

    groups: tuple[str, ...] = ()
    published: bool = True

    def _declared(
        self,
        name: str,
        caption: str,
        numbers: tuple[Column, ...],
        figures: Mapping[str, Callable[[], Figure]] | None = None,
    ) -> Declaration:
        """The groups, and the numbers of each."""
        reports = _("Client") if self.context.by_partnership else _("Report")
        usual = {"client": reports, "partnership": _("Partnership"), "side": _("Side"), "wave": _("Wave")}
        labels = {
            group: self._called(group) if group in self.context.names else usual.get(group, group)
            for group in self.groups
        }
        groups = (Column(group, label, key=True) for group, label in labels.items())
        return Declaration(
            name=f"overview_{name}",
            caption=caption,
            variable=next((column.name for column in numbers if column.key), self.groups[-1]),
            columns=(*groups, *numbers),
            figures=figures or {},
            composed=True,
        )

    @property
    def _cleared(self) -> bool:
        """It names every client of the study, and is for the researcher alone."""
        return False

    def _methods(self) -> list[str]:
        return [_("Each number is the one that its own report shows; what is withheld there is withheld here.")]

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:  # noqa: ARG002
        return []


class OverviewResponse(OverviewPart):
    """Who answered, by report, partnership and side."""

    def _declare(self) -> Declaration:
        persons = Column("n_persons", _("Persons"), "count")
        return self._declared("response", _("Who took part, in all reports"), (persons,))

    def _summary(self) -> list[str]:
        n = self.table[self.groups[0]].nunique()
        hidden = int(self.table["n_persons"].isna().sum())
        sentences = [ngettext("{n} report.", "{n} reports.", n).format(n=format_value(n, "count"))]
        if hidden:
            sentences.append(
                ngettext(
                    "The number of persons of {n} group is withheld.",
                    "The numbers of persons of {n} groups are withheld.",
                    hidden,
                ).format(n=format_value(hidden, "count"))
            )
        return sentences


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OverviewProfile(OverviewPart):
    """Factor scores by report, partnership and side: one row per group, one column per factor.

    Attributes
    ----------
    scores : DataFrame
        The same, one row per group and factor: the columns of `groups`, factor, mean, verdict and state.
    scale_range : tuple of int
        The ends of the answer scale.
    """

    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    scale_range: tuple[int, int] = (1, 10)

    def _declare(self) -> Declaration:
        factors = tuple(Column(scale, self._called(scale), "score") for scale in self.scores["factor"].unique())
        return self._declared("profile", _("Factor scores in all reports"), factors, {"heatmap": self._heatmap})

    def _pages(self, kind: str | None = None, language: str | None = None) -> list[Block]:
        """As `_block`; a figure of many rows takes several pages."""
        if kind not in (None, "heatmap"):
            return [self._block(kind, language)]
        names = pd.Series(self._row_names(), index=self.scores.index)
        groups = list(names.unique())
        pages = [groups[first : first + _ROWS_OF_A_FIGURE] for first in range(0, len(groups), _ROWS_OF_A_FIGURE)]
        parts = [replace(self, scores=self.scores[names.isin(page)]) for page in pages]
        return [part._block("heatmap", language) for part in parts]

    def _row_names(self) -> list[tuple[str, ...]]:
        rows = [group for group in self.groups if group != "side"]
        return [tuple(map(str, row)) for row in self.scores[rows].itertuples(index=False, name=None)]

    def _summary(self) -> list[str]:
        judged = self.scores[self.scores["threshold"].notna()]
        counted = Counter(judged["verdict"].fillna("withheld"))
        if judged.empty:
            return [_("The factors have no threshold.")]
        return [
            _(
                "Of {all} factor scores {reached} reached the threshold and {not_reached} did not; of {unclear} the answers "
                "cannot tell, and {withheld} are withheld or shown as a rounded mean only."
            ).format(
                all=format_value(len(judged), "count"),
                reached=format_value(counted["reached"], "count"),
                not_reached=format_value(counted["not_reached"], "count"),
                unclear=format_value(counted["cannot_tell"], "count"),
                withheld=format_value(counted["withheld"], "count"),
            )
        ]

    def _heatmap(self) -> Figure:
        rows = [group for group in self.groups if group != "side"]
        names = [[self._called(str(value), group) for value in self.scores[group]] for group in rows]
        several = len(set(self._row_names())) > self.scores[rows[0]].nunique()
        sides = self.scores["side"] if "side" in self.scores else pd.Series("", index=self.scores.index)
        cells = pd.DataFrame(
            {
                "group": names[0] if len(names) > 1 and several else "",
                "label": names[-1] if several else names[0],
                "partner": [self._called(scale) for scale in self.scores["factor"]],
                "series": [self._called(side, "side") if side else _("All") for side in sides],
                "mean": self.scores["mean"],
            }
        )
        return Figure(
            plots.partner_heatmap,
            cells,
            limits=self.scale_range,
            notes=[_("Hatched: withheld, or not answered.")] if cells["mean"].isna().any() else [],
            alt=self._heatmap_alt(cells),
        )

    def _heatmap_alt(self, cells: pd.DataFrame) -> str:
        known = cells.dropna(subset=["mean"])
        sentences = [
            _(
                "Table of shaded cells: {rows} rows, and a column for each factor and side, on the scale from {low} to {high}."
            ).format(rows=len(set(self._row_names())), low=self.scale_range[0], high=self.scale_range[1])
        ]
        if len(known):
            least, most = known.loc[known["mean"].idxmin()], known.loc[known["mean"].idxmax()]
            sentences.append(
                _("The scores run from {least} ({lowest}) to {most} ({highest}).").format(
                    least=brief(least["mean"]),
                    lowest=", ".join(filter(None, least[["group", "label", "partner", "series"]])),
                    most=brief(most["mean"]),
                    highest=", ".join(filter(None, most[["group", "label", "partner", "series"]])),
                )
            )
        if hidden := len(cells) - len(known):
            sentences.append(ngettext("{n} value is withheld.", "{n} values are withheld.", hidden).format(n=hidden))
        return " ".join(sentences)


class OverviewReliability(OverviewPart):
    """Alpha and omega of each factor in each report."""

    def _declare(self) -> Declaration:
        return self._declared(
            "reliability",
            _("Reliability in all reports"),
            (
                Column("factor", _("Factor"), key=True),
                Column("alpha", _("Alpha"), "coefficient"),
                Column("alpha_ci_lower", _("Interval"), "coefficient", upper="alpha_ci_upper"),
                Column("omega", _("Omega"), "coefficient"),
                Column("n_used", _("Ratings"), "count"),
            ),
        )

    def _summary(self) -> list[str]:
        known = self.table.dropna(subset=["alpha"])
        if known.empty:
            return [_("No reliability can be shown.")]
        words = {}
        for end, place in (("low", known["alpha"].idxmin()), ("high", known["alpha"].idxmax())):
            row = known.loc[place]
            words[end] = format_value(row["alpha"], "coefficient")
            words[f"{end}est"] = _("{factor}, {report}").format(
                factor=self._called(row["factor"]), report=self._called(str(row[self.groups[0]]), self.groups[0])
            )
        return [_("Alpha runs from {low} ({lowest}) to {high} ({highest}).").format(**words)]


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class OverviewDontKnow(OverviewPart):
    """The share of "don't know" in each report and side, over the characteristics that it shows.

    Attributes
    ----------
    sides : tuple of str
        The two sides, or an empty tuple where the answers do not tell them apart.
    """

    sides: tuple[str, ...] = ()

    def _declare(self) -> Declaration:
        labels = [self._called(side, "side") for side in self.sides] or [_("Don't know")]
        shares = tuple(Column(name, label, "share") for name, label in zip(_SHARES, labels, strict=False))
        return self._declared("dont_know", _("How often people did not know, in all reports"), shares)

    def _summary(self) -> list[str]:
        shares = self.table[list(_SHARES[: len(self.sides) or 1])].to_numpy(dtype=float)
        if np.isnan(shares).all():
            return [_("How often people did not know is withheld to protect small groups.")]
        return [
            _("'Don't know' runs from {low} to {high} of the answers.").format(
                low=format_value(np.nanmin(shares), "share"), high=format_value(np.nanmax(shares), "share")
            )
        ]


class OverviewWithheld(OverviewPart):
    """What each report withholds, and why."""

    def _declare(self) -> Declaration:
        labels = (_("Shown in full"), _("Rounded mean only"), _("Withheld: too few"), _("Withheld: protected"))
        counts = tuple(Column(name, label, "count") for name, label in zip(_COUNTS, labels, strict=True))
        return self._declared("withheld", _("What the reports withhold, and why"), counts)

    def _summary(self) -> list[str]:
        totals = self.table[list(_COUNTS)].sum()
        return [
            _("Of {all} values {hidden} are withheld, and {rounded} are shown as a rounded mean only.").format(
                all=format_value(int(totals.sum()), "count"),
                hidden=format_value(int(totals["too_few"] + totals["protected"]), "count"),
                rounded=format_value(int(totals["rounded"]), "count"),
            )
        ]

    def _notes(self) -> list[str]:
        return [
            _(
                "A value is one characteristic or factor of one group of persons. Too few: fewer than five persons. Protected: "
                "what a small group or a unanimous one answered would follow from it."
            )
        ]


@dataclass(frozen=True, eq=False)
class Overview:
    """All reports of a study side by side.

    Attributes
    ----------
    response : OverviewResponse
    profile : OverviewProfile
    reliability : OverviewReliability
    dont_know : OverviewDontKnow
    withheld : OverviewWithheld
    """

    response: OverviewResponse
    profile: OverviewProfile
    reliability: OverviewReliability
    dont_know: OverviewDontKnow
    withheld: OverviewWithheld


@checked
def summarise_study(data: Survey, cells: Cells, *, by: str = "client") -> Overview:
    """Set what all reports of a study show side by side.

    Parameters
    ----------
    data : Survey
        The answers of one wave.
    cells : Cells
        The disclosure plan of the run, from `plan_disclosure`. The overview speaks of the groups of the reports only, so it
        shows nothing that they do not.
    by : str
        The respondent column that makes the reports.

    Returns
    -------
    Overview
        Five results: `.response`, `.profile`, `.reliability`, `.dont_know`, `.withheld`.

    Examples
    --------
    >>> from hpp_analysis import plan_disclosure, simulate_study
    >>> survey = simulate_study(clients=["A", "B"], seed=1).survey
    >>> overview = summarise_study(survey, plan_disclosure(survey))
    >>> overview.reliability.to_frame()["client"].unique().tolist()
    ['A', 'B']
    """
    (by,) = names_in(by, data.respondents.columns, "by", kind="a column of the answers")
    groups = (by, *(name for name in ("partnership", "side") if name in data.respondents and name != by))
    reports = sorted(data.values(by), key=natural)
    answers = {name: data.where(**{by: name}) for name in reports}
    context = Context.of(data)
    scores = publish(score_scales(data, by=groups), cells).to_frame()
    scores = _sorted(scores[scores["state"] != "empty"], reports, by)
    response = _sorted(publish(count_response(data, by=groups), cells).to_frame(), reports, by)
    reliability = [
        publish(scale_reliability(own), cells).to_frame().assign(**{by: name}) for name, own in answers.items()
    ]
    dont_know = {name: publish(count_dont_know(own), cells) for name, own in answers.items()}
    sides = next((result.sides for result in dont_know.values() if result.sides), ())
    shares = [
        {by: name, **result.table.reindex(columns=list(_SHARES[: len(sides) or 1])).mean()}
        for name, result in dont_know.items()
    ]
    counts = [{by: name, **_count_states(own, cells)} for name, own in answers.items()]
    shown = {"state": "full", "why": "", "coarse": False}
    return Overview(
        OverviewResponse(table=response, groups=groups, context=context),
        _profile(scores, groups, data),
        OverviewReliability(table=pd.concat(reliability, ignore_index=True), groups=(by,), context=context),
        OverviewDontKnow(table=pd.DataFrame(shares).assign(**shown), groups=(by,), sides=sides, context=context),
        OverviewWithheld(table=pd.DataFrame(counts).assign(**shown), groups=(by,), context=context),
    )


def _sorted(frame: pd.DataFrame, reports: list[str], by: str) -> pd.DataFrame:
    order = {name: place for place, name in enumerate(reports)}
    return frame.sort_values(by, key=lambda names: names.astype(str).map(order), kind="stable").reset_index(drop=True)


def _profile(scores: pd.DataFrame, groups: tuple[str, ...], survey: Survey) -> OverviewProfile:
    """One row per group, one column per factor; one decimal in a row of which any mean has one."""
    has_threshold = scores["threshold"].notna()
    factors = scores[has_threshold] if has_threshold.any() else scores
    wide = factors.set_index([*groups, "factor"])["mean"].unstack()  # noqa: PD010 - pivot_table drops what is withheld
    by_group = factors.groupby(list(groups), sort=False)
    table = pd.DataFrame(
        {
            "coarse": by_group["coarse"].any(),
            "state": by_group["state"].agg(lambda states: "withheld" if states.eq("withheld").all() else "full"),
            "why": by_group["why"].agg(lambda reasons: next(iter(reasons))),
        }
    ).join(wide)
    return OverviewProfile(
        table=table.reset_index(),
        scores=factors,
        groups=groups,
        scale_range=(survey.instrument.scale.min, survey.instrument.scale.max),
        context=Context.of(survey),
    )


def _count_states(own: Survey, cells: Cells) -> dict[str, int]:
    """How many values of the groups of one report are shown, rounded, or withheld and why."""
    counts = dict.fromkeys(_COUNTS, 0)
    selected = set(own.selection.items())
    for key in cells.keys:
        for variable in cells.variables if selected <= set(key) else ():
            state = cells.state(key, variable)
            withheld = "too_few" if cells.public_reason(key, variable) == "too_few" else "protected"
            code = {"full": "shown", "mean_only": "rounded", "withheld": withheld}.get(state)
            if code is not None:
                counts[code] += 1
    return counts
