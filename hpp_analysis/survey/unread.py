"""Answers that a scale does not know: the fault, and the lines to add to the instrument."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hpp_analysis.errors import Failure
from hpp_analysis.survey.likert import NO_ANSWER, is_word, points_of, turned
from hpp_analysis.survey.questionnaire import Instrument, Scale
from hpp_analysis.survey.spelling import WHOLE, canonical, normalise
from hpp_analysis.survey.understand import ANSWERED, Meaning

_MOST_WORDS, _LONGEST = 12, 60  # of labels: more or longer ones are answers to an open question
_NUMBER = re.compile(r"[+-]?\d*[.,]\d+")
_KNOWN = {"en": "Don't know", "nl": "Weet niet"}


class Unread(NamedTuple):
    """A spelling in a column that the scale of its item does not know.

    Attributes
    ----------
    scale : Scale
    value : str
    places : list of (str, int, str)
        File, row and column of each cell.
    beside : list of str
        All spellings of the column.
    """

    scale: Scale
    value: str
    places: list[tuple[str, int, str]]
    beside: list[str]


def answers_unread(unread: Sequence[Unread], instrument: Instrument) -> list[Failure]:
    """A failure for each cell; those with one cause have the same rule and remedy."""
    failures: list[Failure] = []
    named = {"scale": instrument.scale, **{f"scales.{name}": scale for name, scale in instrument.scales.items()}}
    for where, scale in named.items():
        mine = [one for one in unread if one.scale is scale]
        kind = "number" if scale.decimals else "whole number"
        rule = f"An answer must be a {kind} from {scale.min} to {scale.max}, or one of its labels."
        beside = {value for one in mine for value in one.beside}
        for values, remedy in _causes([one.value for one in mine], beside, scale, where, instrument):
            found = [
                Failure(rule, remedy, *place, one.value) for one in mine if one.value in values for place in one.places
            ]
            failures += sorted(found, key=lambda failure: failure.row or 0)
    return failures


def _causes(
    values: Iterable[str], beside: set[str], scale: Scale, where: str, instrument: Instrument
) -> Iterator[tuple[set[str], str]]:
    """Group the values by their probable fault, each group with its remedy."""
    left = list(dict.fromkeys(values))
    nothing = {value for value in left if NO_ANSWER.fullmatch(normalise(value))}
    if nothing:
        codes = [*(scale.dont_know.codes if scale.dont_know else ()), *sorted(nothing)]
        text = (
            scale.dont_know.text
            if scale.dont_know
            else {language: _KNOWN.get(language, codes[0]) for language in instrument.languages}
        )
        block = {"dont_know": [f"text: {_flow(text)}", f"codes: {_flow(_once(codes))}"]}
        yield (nothing, f'If this is how "don\'t know" is said, write in the instrument:{_pasted(where, block)}')
    words = [value for value in left if value not in nothing and is_word(value)]
    spelt = {canonical(value): value for value in words}
    if 0 < len(spelt) <= _MOST_WORDS and max(map(len, spelt)) <= _LONGEST:
        yield set(words), _labels(list(spelt.values()), scale, where, instrument)
    elif words:
        yield (
            set(words),
            "Is this column another question? Correct its header, or name the right column in a mapping.",
        )
    numbers = {value for value in left if WHOLE.fullmatch(canonical(value))}
    if numbers:
        yield numbers, _codes(numbers, beside, scale, where)
    parts = {value for value in left if _NUMBER.fullmatch(canonical(value)) and not scale.decimals}
    if parts:
        yield (parts, f"If answers may lie between the points, add `decimals: true` to `{where}`; else correct them.")
    others = set(left) - nothing - set(words) - numbers - parts
    if others:
        yield (
            others,
            f"Correct it, or add it to `missing`, `dont_know` or `spellings` of `{where}` in the instrument.",
        )


def _labels(words: list[str], scale: Scale, where: str, instrument: Instrument) -> str:
    """The YAML lines that add the words to a scale."""
    points = points_of(words, scale)
    if points is None:
        proposed = "".join(f"\n      ?: [{_quoted(word)}]" for word in words)
        return (
            f"If these are labels of its points, write under `spellings:` of `{where}` in the instrument, with the number of "
            f"its point before each:{proposed}"
        )
    language = instrument.languages[0]
    labels = {point: dict(text) for point, text in scale.labels.items()}
    spellings = {point: list(spelt) for point, spelt in scale.spellings.items()}
    for word, point in points.items():
        if point in labels or len(instrument.languages) > 1:
            spellings.setdefault(point, []).append(word)
        else:
            labels[point] = {language: word}
    block = {}
    if len(labels) > len(scale.labels):
        block["labels"] = [f"{point}: {_flow(labels[point])}" for point in sorted(labels)]
    if spellings != {point: list(spelt) for point, spelt in scale.spellings.items()}:
        block["spellings"] = [f"{point}: {_flow(spellings[point])}" for point in sorted(spellings)]
    keys = " and ".join(f"`{key}:`" for key in block)
    return (
        f"If these are labels of its points, give `{where}` in the instrument these {keys} (check that each word stands at "
        f"its point):{_pasted(where, block)}"
    )


def _codes(numbers: set[str], beside: set[str], scale: Scale, where: str) -> str:
    """The remedy for numbers beyond the scale: another scale if all numbers form one range, otherwise codes."""
    found = sorted({int(canonical(value)) for value in numbers})
    points = {int(text) for value in beside if WHOLE.fullmatch(text := canonical(value))}
    low, high = min(points), max(points)
    codes = f"`missing: {_flow(_once([*scale.missing, *map(str, found)]))}`"
    if high - low < scale.max - scale.min + len(found) and set(range(low, high + 1)) == points:
        return (
            f"If the file answers on a scale from {low} to {high}, add that to `scales` of the instrument and name it as "
            f"`scale` in a mapping; if these are codes for a skipped answer, write {codes} in `{where}`; else correct them."
        )
    return (
        f'If these are codes for a skipped answer, write {codes} in `{where}` of the instrument; if for "don\'t know", '
        "add them to `codes` of `dont_know`; else correct them."
    )


def numbered_otherwise(
    labels: Mapping[str, str], meanings: Mapping[str, Meaning], missing: set[str], scale: Scale
) -> bool:
    """Whether value labels that the scale does not know belong to another scale than its own.

    They do where they stand at numbers beyond it and not at both of its ends, where they name every point of a shorter
    scale (1 to 4 of 5), or where the words for the ends run the other way ("agree" at 1, and the questionnaire has "disagree" there).
    """
    middle = (scale.min + scale.max) / 2
    if any(meaning.reason == ANSWERED and meaning.value != middle for meaning in meanings.values()):
        return False  # a known label stands where it should
    words = {
        int(canonical(value)): label
        for value, label in labels.items()
        if WHOLE.fullmatch(canonical(value))
        and value not in missing
        and (value not in meanings or meanings[value].reason in (None, ANSWERED))
        and not NO_ANSWER.fullmatch(normalise(label))
    }
    inside = sorted(point for point in words if scale.min <= point <= scale.max)
    n_ends = len({scale.min, scale.max} & set(inside))
    if inside and len(inside) < len(words) and n_ends < 2:
        return True
    if n_ends == 1 and len(inside) > 2 and inside[-1] - inside[0] + 1 == len(inside):
        return True  # every point of a shorter scale
    return len(inside) > 1 and turned(words[inside[0]], words[inside[-1]], scale)


def labels_silent(labels: Mapping[str, str], scale: Scale) -> tuple[str, str]:
    """Rule and remedy where value labels contradict the numbers of a column and do not speak for all of its values."""
    listed = ", ".join(f"{value} = {label!r}" for value, label in list(labels.items())[:_MOST_WORDS])
    rule = (
        "Value labels that number the points otherwise than the questionnaire "
        f"({scale.min} to {scale.max}) must be known for every value of the column; the file says {listed}."
    )
    remedy = (
        "Label every value in the file with the words of the questionnaire, or add the file's words to the instrument's "
        "`spellings`, each at its point of the questionnaire; for another scale, add it to `scales` and name it in a mapping."
    )
    return rule, remedy


def _pasted(where: str, block: Mapping[str, Sequence[str]]) -> str:
    """Lines of YAML, indented as in an instrument file."""
    indent = "  " * (where.count(".") + 1)
    return "".join(
        f"\n{indent}{key}:" + "".join(f"\n{indent}  {line}" for line in lines) for key, lines in block.items()
    )


def _flow(value: object) -> str:
    """A value as YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_quoted(text)}" for key, text in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return _quoted(value)


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False)


def _once(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))
