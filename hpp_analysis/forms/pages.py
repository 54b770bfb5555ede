"""What a form asks, in which order: who answers, then the items in pages of one answer scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hpp_analysis.survey.questionnaire import CONSENT, Instrument, Item, RespondentColumn, Scale, Value
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language as spoken_in
from hpp_analysis.texts import languages as spoken

_MOST_ITEMS = 10
_MOST_POINTS = 21
"""Points that are shown next to each other; on a longer scale a number is typed."""
_NOT_ASKED = {"wave"}
"""Columns that nobody answers: the study says them of a file."""


@dataclass(frozen=True, slots=True)
class Page:
    """Items that are answered on one scale, shown together.

    Attributes
    ----------
    number : int
        From 1.
    scale_name : str
        The one of the instrument's `scales`; "" for its own.
    scale : Scale
    items : tuple of Item
    """

    number: int
    scale_name: str
    scale: Scale
    items: tuple[Item, ...]

    @property
    def typed(self) -> bool:
        """Whether a number is typed, for the scale has too many points to be shown."""
        return self.scale.max - self.scale.min >= _MOST_POINTS

    def instruction(self, language: str) -> str:
        """What to do, in a language; where the package does not speak it, the ends of the scale alone."""
        low, high = self.scale.min, self.scale.max
        ends = {
            "low": low,
            "high": high,
            "low_label": self.scale.labels[low][language],
            "high_label": self.scale.labels[high][language],
        }
        if language not in spoken():
            return "{low} = {low_label}; {high} = {high_label}".format(**ends)
        with spoken_in(language):
            sentence = (
                _("Type a number in each row: {low} means “{low_label}”, and {high} means “{high_label}”.")
                if self.typed
                else _("Give one answer in each row: {low} means “{low_label}”, and {high} means “{high_label}”.")
            )
        return sentence.format(**ends)

    def points(self, language: str) -> dict[int, str]:
        """Each point of the scale with what it is called: its number and, where it has one, its label."""
        return {
            point: f"{point} – {self.scale.labels[point][language]}" if point in self.scale.labels else str(point)
            for point in range(self.scale.min, self.scale.max + 1)
        }


def pages_of(instrument: Instrument) -> list[Page]:
    """The items in the order of the questionnaire, in pages of one scale and at most ten items."""
    runs: list[list[Item]] = []
    for item in instrument.items:
        if not runs or runs[-1][-1].scale != item.scale:
            runs.append([])
        runs[-1].append(item)
    pages: list[Page] = []
    for run in runs:
        scale = instrument.scales[run[0].scale] if run[0].scale else instrument.scale
        n_pages = -(-len(run) // _MOST_ITEMS)
        size = -(-len(run) // n_pages)  # 19 items are 10 and 9, not 10, 8 and 1
        for start in range(0, len(run), size):
            pages.append(Page(len(pages) + 1, run[0].scale or "", scale, tuple(run[start : start + size])))
    return pages


def asked_columns(instrument: Instrument, fixed: Mapping[str, str]) -> list[RespondentColumn]:
    """What the form asks about the respondent: all columns but those that are the same for everybody."""
    return [column for column in instrument.columns if column.id not in _NOT_ASKED | set(fixed)]


def written_columns(instrument: Instrument) -> list[RespondentColumn]:
    """What is asked last: comments, and whether they may be quoted, which is answered with yes or no."""
    return [
        RespondentColumn(
            id=one.id,
            text=one.text,
            values=tuple(Value(id=word, text=_in_languages(word, instrument.languages)) for word in ("yes", "no"))
            if one.id == CONSENT
            else (),
        )
        for one in instrument.written
    ]


def _in_languages(word: str, languages: Sequence[str]) -> dict[str, str]:
    """Yes or no in each language; in English where the package does not speak it."""
    texts = dict.fromkeys(languages, word)
    for code in set(languages) & set(spoken()):
        with spoken_in(code):
            texts[code] = _("yes") if word == "yes" else _("no")
    return texts
