"""How do all reports of a study look side by side? What each of them shows, and no more."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hpp_analysis.answers.dont_know import count_dont_know
from hpp_analysis.answers.response import count_response
from hpp_analysis.answers.scores import score_scales
from hpp_analysis.common.context import Context
from hpp_analysis.common.result import Result
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.columns import Column
from hpp_analysis.options import checked, names_in
from hpp_analysis.publishing.masking import publish
from hpp_analysis.publishing.overview_parts import (
    OverviewDontKnow,
    OverviewProfile,
    OverviewReliability,
    OverviewResponse,
    OverviewWithheld,
)
from hpp_analysis.reliability.reliability import scale_reliability
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_

_SHARES = ("share_first", "share_second")


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
    nested = [name for name in ("partnership", "side") if name in data.respondents and name != by]
    apart = (by, *nested)
    reports = sorted(data.values(by), key=_natural)
    answers = {name: data.where(**{by: name}) for name in reports}
    shared: dict[str, Any] = {"context": Context.of(data)}
    scores = publish(score_scales(data, by=apart), cells).to_frame()
    scores = _sorted(scores[scores["state"] != "empty"], reports, by)
    return Overview(
        OverviewResponse(
            table=_sorted(publish(count_response(data, by=apart), cells).to_frame(), reports, by),
            apart=apart,
            numbers=(Column("n_persons", N_("Persons"), "count"),),
            **shared,
        ),
        _profile(scores, apart, data, shared),
        OverviewReliability(
            table=_together({name: publish(scale_reliability(own), cells) for name, own in answers.items()}, by),
            apart=(by,),
            numbers=(
                Column("scale", N_("Factor")),
                Column("alpha", N_("Alpha"), "coefficient"),
                Column("alpha_ci_lower", N_("Interval"), "coefficient", upper="alpha_ci_upper"),
                Column("omega", N_("Omega"), "coefficient"),
                Column("n_used", N_("Ratings"), "count"),
            ),
            **shared,
        ),
        _unknown(answers, cells, by, shared),
        OverviewWithheld(
            table=pd.DataFrame([{by: name, **_counted(own, cells)} for name, own in answers.items()]).assign(
                state="full", why="", coarse=False
            ),
            apart=(by,),
            numbers=(
                Column("shown", N_("Shown in full"), "count"),
                Column("rounded", N_("Rounded mean only"), "count"),
                Column("too_few", N_("Withheld: too few"), "count"),
                Column("protected", N_("Withheld: protected"), "count"),
            ),
            **shared,
        ),
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Names in alphabetical order, the numbers in them by size."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name.casefold())]


def _sorted(frame: pd.DataFrame, reports: list[str], by: str) -> pd.DataFrame:
    order = {name: place for place, name in enumerate(reports)}
    return frame.sort_values(by, key=lambda names: names.astype(str).map(order), kind="stable").reset_index(drop=True)


def _together(results: dict[str, Result], by: str) -> pd.DataFrame:
    frames = [result.to_frame().assign(**{by: name}) for name, result in results.items()]
    return pd.concat(frames, ignore_index=True)


def _profile(scores: pd.DataFrame, apart: tuple[str, ...], survey: Survey, shared: dict[str, Any]) -> OverviewProfile:
    """A row a group, a column a factor; one decimal in a row of which any mean has one."""
    held = scores["threshold"].notna()
    factors = scores[held] if held.any() else scores
    keys = list(apart)
    wide = factors.set_index([*keys, "scale"])["mean"].unstack()  # noqa: PD010 - a row a group, as it is
    first = factors.groupby(keys, sort=False)
    table = pd.DataFrame(
        {
            "coarse": first["coarse"].any(),
            "state": first["state"].agg(lambda states: "withheld" if states.eq("withheld").all() else "full"),
            "why": first["why"].agg(lambda reasons: next(iter(reasons))),
        }
    ).join(wide)
    scales = list(dict.fromkeys(factors["scale"]))
    return OverviewProfile(
        table=table.reset_index(),
        scores=factors,
        apart=apart,
        numbers=tuple(Column(scale, scale, "score", translate=False) for scale in scales),
        scale_range=(survey.instrument.scale.min, survey.instrument.scale.max),
        **shared,
    )


def _unknown(answers: dict[str, Survey], cells: Cells, by: str, shared: dict[str, Any]) -> OverviewDontKnow:
    rows = []
    sides: tuple[str, ...] = ()
    for name, own in answers.items():
        told = publish(count_dont_know(own), cells)
        table, sides = told.to_frame(), told.sides or sides
        columns = _SHARES[: max(len(told.sides), 1)]
        means = {column: table[column].mean() for column in columns}
        rows.append({by: name, **means})
    labels = dict(zip(_SHARES, sides, strict=False)) or {_SHARES[0]: N_("Don't know")}
    return OverviewDontKnow(
        table=pd.DataFrame(rows).assign(state="full", why="", coarse=False),
        apart=(by,),
        numbers=tuple(Column(name, label, "share", translate=not sides) for name, label in labels.items()),
        **shared,
    )


def _counted(own: Survey, cells: Cells) -> dict[str, int]:
    """Values of the groups of one report by what is shown of them."""
    counted: Counter[str] = Counter()
    selected = set(own.selection.items())
    for key in cells.keys:
        if selected <= set(key):
            for variable in cells.variables:
                state = cells.state(key, variable)
                code = {"full": "shown", "mean_only": "rounded"}.get(state, "")
                if state == "withheld":
                    code = "too_few" if cells.public_reason(key, variable) == "too_few" else "protected"
                counted[code] += 1
    return {code: counted[code] for code in ("shown", "rounded", "too_few", "protected")}
