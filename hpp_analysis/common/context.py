"""What a result is about: the answers that it was made of, and how it can be made again of others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hpp_analysis.common.design import names_of
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts.wording import Wording


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """How a result was made of a survey, so that it can be made again of other answers.

    Attributes
    ----------
    verb : callable
        The function of the package.
    survey : Survey
        Its first argument.
    arguments : tuple
        Its other positional arguments.
    options : mapping
        Its keyword arguments.
    """

    verb: Callable[..., Any]
    survey: Survey
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    def again(self, survey: Survey) -> Any:
        """The result of other answers, made in the same way."""
        return self.verb(survey, *self.arguments, **self.options)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Context:
    """The answers that a result was made of.

    Attributes
    ----------
    names : mapping
        What ids are called: id to text by language.
    selection : mapping of str to str
        Whose answers these are, as `Survey.where` selected them.
    by_partnership : bool
        Whether the answers tell partnerships apart, which then count equally.
    pooled : bool
        Whether a mean weighs groups of different size by their ratings; such means are not published.
    planned : bool
        Whether scales and their scores are those that a disclosure plan counts; others are not published.
    made : Made, optional
        How the result was made of a survey; a published result does not know it.
    words : Wording, optional
        What the study calls a client, a partner and so on; None for the words in use.
    """

    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    selection: Mapping[str, str] = field(default_factory=dict)
    by_partnership: bool = True
    pooled: bool = False
    planned: bool = True
    made: Made | None = None
    words: Wording | None = None

    @classmethod
    def of(cls, survey: Survey, *, pooled: bool = False, planned: bool = True) -> Context:
        """The context of results about a survey."""
        return cls(
            names=names_of(survey),
            selection=survey.selection,
            by_partnership="partnership" in survey.respondents,
            pooled=pooled,
            planned=planned,
            words=survey.words,
        )
