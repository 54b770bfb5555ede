"""What can be looked at, and the line of code that makes it: a view is one call of a verb of the package."""

from __future__ import annotations

import json
import keyword
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

import numpy as np

from hpp_analysis.answers.description import describe
from hpp_analysis.answers.distribution import count_answers
from hpp_analysis.answers.scores import score_scales
from hpp_analysis.common.result import Result, Shown, show
from hpp_analysis.drivers.drivers import rank_drivers
from hpp_analysis.factors.correlation import correlate
from hpp_analysis.factors.efa import fit_efa
from hpp_analysis.options import Level
from hpp_analysis.partners.gaps import partner_gaps
from hpp_analysis.plots.explore import plot_distributions
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language as speaking

View = Literal["distributions", "means", "gaps", "correlations", "loadings", "drivers"]
VIEWS: Final[tuple[View, ...]] = get_args(View)
MOST_GROUPS: Final = 12
"""Groups of a breakdown that a figure shows so that they can be told apart."""
MOST_SHAPES: Final = 12
"""Characteristics that are drawn as shapes within half a second."""
FIGURES: Final[Mapping[View, tuple[str, ...]]] = {
    "distributions": ("stacks", "shapes"),
    "gaps": ("intervals", "dumbbell"),
    "drivers": ("importance", "slopes"),
}
"""The figures of the views that have several; the first is the default."""
VERBS: Final[Mapping[str, Callable[..., Any]]] = {
    "describe": describe,
    "score_scales": score_scales,
    "partner_gaps": partner_gaps,
    "correlate": correlate,
    "fit_efa": fit_efa,
    "rank_drivers": rank_drivers,
    "answers.count_answers": count_answers,
    "plots.plot_distributions": plot_distributions,
}
"""The verbs that views call, by their names in `hpp_analysis`."""
DRAWS_ON: Final = 200
"""Bootstrap samples behind the intervals of drivers: enough to look at, and there in half a second."""
MARK: Final = "# exploratory: not cleared for others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to be looked at.

    Attributes
    ----------
    view : str
        One of `VIEWS`.
    parts : tuple of str
        Factors, outcomes or items; empty for all.
    where : mapping of str to str
        The values of respondent columns that select the ratings.
    by : str
        The respondent column whose values are compared; empty for none.
    level : {"factor", "item"}
        What means, gaps and correlations are of.
    figure : str
        One of the figures of the view; empty for the first.
    n_factors : int
        Of the loadings.
    outcome : str
        What drivers explain.
    """

    view: View = "distributions"
    parts: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    level: Level = "factor"
    figure: str = ""
    n_factors: int = 1
    outcome: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A call of a verb that can be written as a line of code, and run.

    Attributes
    ----------
    verb : str
        A name in `VERBS`.
    where, parts : mapping, tuple of str
        The ratings and items that it is called with, as `Survey.where` and `Survey.only` select them.
    arguments, options : sequence, mapping
        Its further arguments, by place and by name.
    attribute : str
        The part of its result that is shown; empty for the result itself.
    figure : str
        The figure that is shown.
    language : str
    """

    verb: str
    language: str
    where: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    arguments: Sequence[Any] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    attribute: str = ""
    figure: str = ""

    @property
    def draws(self) -> bool:
        """Whether the verb draws a picture itself and has no result."""
        return self.verb.startswith("plots.")

    def code(self, survey: str) -> str:
        """The line, for a survey that has this name; whatever it names is quoted, so that no text becomes code."""
        where = f".where({_keywords(self.where)})" if self.where else ""
        only = f".only({', '.join(map(_literal, self.parts))})" if self.parts else ""
        further = [*map(_literal, self.arguments), *([_keywords(self.options)] if self.options else [])]
        call = f"hpp.{self.verb}({', '.join([f'{survey}{where}{only}', *further])})"
        spoken = _literal(self.language)
        if self.draws:
            return f"with hpp.language({spoken}): {call}  {MARK}"
        attribute = f".{self.attribute}" if self.attribute else ""
        figure = f", {_literal(self.figure)}" if self.figure else ""
        return f"hpp.show({call}{attribute}{figure}, language={spoken})  {MARK}"

    def select(self, survey: Survey) -> Survey:
        """The ratings and items that the verb is called with."""
        survey = survey.where(**self.where) if self.where else survey
        return survey.only(*self.parts) if self.parts else survey

    def run(self, selected: Survey) -> Shown | Any:
        """Make what the line makes, of what `select` returned: what a notebook shows, or the axes that were drawn on."""
        with speaking(self.language):
            made = VERBS[self.verb](selected, *self.arguments, **self.options)
        if self.draws:
            return made
        result: Result = getattr(made, self.attribute) if self.attribute else made
        return show(result, self.figure or None, language=self.language)


def _literal(value: Any) -> str:
    """A text, a number or a list of these as Python writes it."""
    return json.dumps(value, ensure_ascii=False)


def _keywords(values: Mapping[str, Any]) -> str:
    """Arguments by name; names that Python does not take as such stand in a dictionary."""
    if all(name.isidentifier() and not keyword.iskeyword(name) for name in values):
        return ", ".join(f"{name}={_literal(value)}" for name, value in values.items())
    return f"**{_literal(dict(values))}"


def line_of(choice: Choice, survey: Survey, language: str) -> Line:
    """The call that makes a view."""
    factors = tuple(factor.id for factor in survey.instrument.factors)
    shared: dict[str, Any] = {"language": language, "where": choice.where, "parts": choice.parts}
    compared = {"by": choice.by} if choice.by else {}
    figures = FIGURES.get(choice.view, ("",))
    figure = choice.figure if choice.figure in figures else figures[0]
    match choice.view:
        case "distributions":
            if figure == "shapes":
                return Line(verb="plots.plot_distributions", options=compared, **shared)
            return Line(verb="answers.count_answers", options=compared, figure=figure, **shared)
        case "means":
            if choice.level == "item":
                return Line(verb="describe", options=compared, **shared)
            return Line(verb="score_scales", options={"by": [choice.by] if choice.by else []}, **shared)
        case "gaps":
            options = {"side": choice.by or "side", "level": choice.level}
            return Line(verb="partner_gaps", options=options, figure=figure, **shared)
        case "correlations":
            if choice.level == "item":
                return Line(verb="correlate", **shared)
            return Line(verb="describe", attribute="scales", figure="correlations", **shared)
        case "loadings":
            outcomes = [outcome.id for outcome in survey.instrument.outcomes]
            without_outcomes = factors if outcomes else ()
            shared["parts"] = choice.parts or without_outcomes
            return Line(verb="fit_efa", arguments=[choice.n_factors], **shared)
        case "drivers":
            explaining = [part for part in choice.parts or factors if part != choice.outcome]
            shared["parts"] = ()
            settings: dict[str, Any] = {"outcome": choice.outcome, "predictors": explaining, "n_boot": DRAWS_ON}
            return Line(verb="rank_drivers", options=settings, figure=figure, **shared)


def why_not(choice: Choice, survey: Survey) -> str:
    """Why a view cannot be made of a choice, in a sentence; empty where nothing is known to be in the way."""
    chosen = np.ones(len(survey), dtype=bool)
    for name, value in choice.where.items():
        chosen &= survey.respondents[name].astype(str).eq(value).to_numpy()
    if not chosen.any():
        return _("Nobody is in this selection. Choose another one.")
    parts = [part.id for part in (*survey.instrument.factors, *survey.instrument.outcomes)]
    uses_groups = choice.view in ("distributions", "means", "gaps")
    column = choice.by or ("side" if choice.view == "gaps" else "")
    if uses_groups and column:
        if column not in survey.respondents:
            return _("A gap needs a column with two groups. Choose one as the breakdown.")
        n_groups = int(survey.respondents[column][chosen].astype(str).nunique())
        if choice.view == "gaps" and n_groups != 2:
            return _("A gap needs two groups; {column} has {n} here. Choose a breakdown into two groups.").format(
                column=column, n=n_groups
            )
        if n_groups > MOST_GROUPS:
            return _(
                "{column} has {n} groups here, and a figure shows at most {most}. Choose another breakdown."
            ).format(column=column, n=n_groups, most=MOST_GROUPS)
    if choice.view == "distributions" and choice.figure == "shapes":
        n_items = sum(len(survey[part].columns) if part in parts else 1 for part in choice.parts or parts)
        if n_items > MOST_SHAPES:
            return _("Shapes of {n} characteristics take long to draw. Choose a factor, or at most {most}.").format(
                n=n_items, most=MOST_SHAPES
            )
    if choice.view == "drivers":
        if not choice.outcome:
            return _("Drivers need an outcome and at least one other factor; the questionnaire has one factor.")
        if choice.parts and set(choice.parts) <= {choice.outcome}:
            return _("An outcome is explained by other factors. Choose other factors, or another outcome.")
    return ""
