"""Planned or found: whether a study's sealed plan names a comparison, said under each table and figure of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from babel.dates import format_date

from hpp_analysis.display.formats import brief
from hpp_analysis.study.analysis_plan import AnalysisPlan, Family, load_plan
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_, current_language, locale
from hpp_analysis.texts import gettext as _

Why = Literal[
    "not_sealed", "changed", "after_answers", "unplanned_exclusion", "not_named", "other_settings", "other_variables"
]
_HEX = 12
_CALLED = {
    "side": N_("groups compared"),
    "level": N_("level"),
    "weight": N_("weighting"),
    "inference": N_("inference"),
    "margin": N_("margin"),
    "adjust": N_("correction for the number of tests"),
    "conf_level": N_("confidence level"),
    "threshold": N_("threshold"),
    "group": N_("groups compared"),
    "by": N_("groups compared"),
    "source": N_("starting point"),
    "mediators": N_("mediators"),
    "outcome": N_("outcome"),
    "predictors": N_("predictors"),
}
"""What settings are called by readers of a report."""

_followed: ContextVar[tuple[AnalysisPlan, Survey] | None] = ContextVar("followed", default=None)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a plan says of a comparison.

    Attributes
    ----------
    planned : bool
        Whether it was planned before the answers were seen.
    family : str
        The family of the plan that is nearest to it; empty where none asks the same question.
    why : tuple of str
        Codes: why it is not called planned.
    differences : mapping of str to pair
        Settings that the plan has otherwise: the plan's value, and the one that was used.
    """

    planned: bool
    family: str = ""
    why: tuple[Why, ...] = ()
    differences: Mapping[str, tuple[Any, Any]] | None = None


def compare(
    plan: AnalysisPlan,
    question: str,
    settings: Mapping[str, Any],
    variables: Sequence[str],
    *,
    exclusions: Sequence[str] = (),
    sha256: str = "",
) -> Finding:
    """Whether a plan names a comparison.

    Parameters
    ----------
    plan : AnalysisPlan
        The plan.
    question, settings, variables
        What was compared, with which settings, on which variables.
    exclusions : sequence of str
        Why ratings were left out.
    sha256 : str
        Of the answers.

    Returns
    -------
    Finding

    Examples
    --------
    >>> plan = AnalysisPlan((Family(name="The sides", question="gaps"),))
    >>> compare(plan, "gaps", {"margin": 0.5}, ["openness"]).why
    ('not_sealed',)
    """
    why: list[Why] = []
    if plan.sealed_on is None:
        why.append("not_sealed")
    elif not plan.is_intact:
        why.append("changed")
    elif plan.saw(sha256):
        why.append("after_answers")
    if not set(exclusions) <= set(plan.exclusions):
        why.append("unplanned_exclusion")
    asked = [family for family in plan.families if family.question == question]
    if not asked:
        return Finding(planned=False, why=(*why, "not_named"))
    told = [(family, _differences(plan.settings(family), settings)) for family in asked]
    nearest, differences = min(
        told, key=lambda one: (len(one[1]) + (not _covers(one[0], variables)), asked.index(one[0]))
    )
    if differences:
        why.append("other_settings")
    if not _covers(nearest, variables):
        why.append("other_variables")
    return Finding(not why, nearest.called(current_language()), tuple(why), differences)


def _covers(family: Family, variables: Sequence[str]) -> bool:
    return not family.variables or set(variables) <= set(family.variables)


def _differences(planned: Mapping[str, Any], used: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (value, used[name])
        for name, value in planned.items()
        if value is not None and name in used and _plain(value) != _plain(used[name])
    }


def _plain(value: Any) -> Any:
    """Values that mean the same are equal: 1 and 1.0, a list and a tuple."""
    return sorted(map(str, value)) if isinstance(value, list | tuple | set) else value


class follow_plan:  # noqa: N801 - used as a function, like `language`
    """Say of every comparison from here on whether it was planned or found afterwards.

    Parameters
    ----------
    plan : AnalysisPlan, path or str
        The plan, or its file; an empty text follows none.
    survey : Survey
        The answers that the comparisons are about.

    Notes
    -----
    It changes no number: only what stands under tables and figures of comparisons. Used with `with`, it ends with the
    block.

    Examples
    --------
    >>> from hpp_analysis import partner_gaps, simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> plan = AnalysisPlan((Family(name="The sides", question="gaps"),))
    >>> with follow_plan(plan, survey):
    ...     print(partner_gaps(survey)._block("table").notes[-1])
    Found afterwards: the plan was not sealed before the answers were seen.
    """

    def __init__(self, plan: AnalysisPlan | str | Path, survey: Survey) -> None:
        if isinstance(plan, str | Path):
            self.plan = load_plan(plan) if str(plan) else None
        else:
            self.plan = plan
        self._token: Token[Any] = _followed.set(None if self.plan is None else (self.plan, survey))

    def __enter__(self) -> follow_plan:
        return self

    def __exit__(self, *_: object) -> None:
        _followed.reset(self._token)

    def __repr__(self) -> str:
        return "follow_plan(none)" if self.plan is None else f"follow_plan({self.plan.sha256[:_HEX]})"


def followed_finding(question: str, settings: Mapping[str, Any], variables: Sequence[str]) -> Finding | None:
    """What the plan in use says of a comparison; None where no plan is followed."""
    followed = _followed.get()
    if followed is None or not question:
        return None
    plan, survey = followed
    left_out = [one.why for one in survey.exclusions]
    return compare(plan, question, settings, variables, exclusions=left_out, sha256=survey.sha256)


def finding_note(finding: Finding, *, short: bool = False) -> str:
    """What is said of a comparison under its table; short, under its figures."""
    followed = _followed.get()
    if finding.planned and short:
        return _("Planned before the answers were seen.")
    if finding.planned and followed is not None and followed[0].sealed_on is not None:
        plan = followed[0]
        day = format_date(plan.sealed_on, format="long", locale=locale())
        return _("Planned before the answers were seen: {family} (plan sealed on {day}, {hash}).").format(
            family=finding.family, day=day, hash=plan.sha256[:_HEX]
        )
    reasons = {
        "not_sealed": _("the plan was not sealed before the answers were seen"),
        "changed": _("the plan was changed after it was sealed"),
        "after_answers": _("these answers were there already when the plan was sealed"),
        "unplanned_exclusion": _("ratings were left out for a reason that the plan does not name"),
        "not_named": _("the plan does not name this comparison"),
        "other_settings": _("the plan has other settings ({settings})").format(
            settings=_settings_told(finding.differences or {})
        ),
        "other_variables": _("the plan does not name all that is compared here"),
    }
    return _("Found afterwards: {reasons}.").format(reasons="; ".join(reasons[code] for code in finding.why))


def _settings_told(differences: Mapping[str, tuple[Any, Any]]) -> str:
    return ", ".join(
        _("{setting}: {planned} planned, {used} here").format(
            setting=_(_CALLED[name]) if name in _CALLED else name, planned=_value_told(planned), used=_value_told(used)
        )
        for name, (planned, used) in differences.items()
    )


def _value_told(value: Any) -> str:
    if isinstance(value, float | int):
        return brief(float(value))
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
