"""Guess which point of a scale an answer word stands for. Guesses are proposed to the user, never applied."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hpp_analysis.survey.questionnaire import Scale
from hpp_analysis.survey.spelling import canonical, normalise

_NEITHER = re.compile(r"\b(neither|neutral|neutraal|noch|nor|average|gemiddeld)\b|\bniet\b.*\bniet\b")
_AGAINST = re.compile(
    r"\b(disagree|dissatisfied|unsatisfied|unlikely|unimportant|oneens|ontevreden|onwaarschijnlijk|onbelangrijk|poor|bad"
    r"|slecht|negative|negatief|false|onwaar|low|laag|disapprove|not (agree|satisfied|likely|important)"
    r"|niet( \w+)? (eens|tevreden|belangrijk|waarschijnlijk|waar))\b"
)
_FOR = re.compile(
    r"\b(agree|satisfied|likely|important|eens|tevreden|waarschijnlijk|belangrijk|good|goed|positive|positief|true|waar"
    r"|high|hoog|approve)\b"
)
_STRONG = re.compile(
    r"\b(strongly|totally|completely|fully|entirely|very|extremely|absolutely|helemaal|volledig|volkomen|zeer|geheel"
    r"|sterk|erg|heel|totaal)\b"
)
_WEAK = re.compile(
    r"\b(somewhat|slightly|rather|partly|a little|tend|moderately|enigszins|beetje|deels|eerder|gedeeltelijk|licht|redelijk)\b"
)
_FIXED = {
    -3.0: "never; nooit; not at all; helemaal niet; none at all; none; geheel niet; in no way",
    -2.5: "almost never; bijna nooit; hardly ever",
    -2.0: "rarely; seldom; zelden; hardly; nauwelijks; slightly; a little; een beetje; to a small extent; onvoldoende"
    "; in geringe mate",
    -1.0: "fair; matig",
    0.0: "sometimes; soms; occasionally; af en toe; somewhat; moderately; enigszins; to some extent; in enige mate",
    1.0: "voldoende; sufficient; regelmatig; regularly; quite; tamelijk",
    2.0: "often; vaak; frequently; usually; meestal; mostly; largely; grotendeels; to a large extent; very; in hoge mate"
    "; ruim voldoende",
    2.5: "almost always; bijna altijd; very often; very frequently; heel vaak; zeer vaak",
    3.0: "always; altijd; completely; volledig; extremely; helemaal; fully; totally; in zeer hoge mate; zeer veel",
    4.0: "excellent; uitstekend",
}
_EXACT = {word.strip(): value for value, words in _FIXED.items() for word in words.split(";")}
_PLACES: dict[int, tuple[tuple[float, ...], ...]] = {
    3: ((-3, -2), (0,), (2, 3)),
    4: ((-3,), (-2, -1), (1, 2), (3,)),
    5: ((-3,), (-2, -1), (0,), (1, 2), (3,)),
    7: ((-3,), (-2,), (-1,), (0,), (1,), (2,), (3,)),
}
"""By number of points the values of the words that stand at each."""
NO_ANSWER = re.compile(
    r"(i )?(don't|dont|do not) know.*|no opinion|not applicable.*|n/?a|n\.a\.?|n\.?v\.?t\.?|(ik )?weet( ik)?( het)? niet.*|geen mening"
    r"|niet van toepassing.*|unsure|not sure|can't say|no (basis|answer)\b.*|prefer not.*|refused|geen antwoord|onbekend"
    r"|wil niet zeggen|zeg ik liever niet"
)
"""What people say who give no answer."""


def value_of(word: str) -> float | None:
    """How far a word lies towards agreement, often or good, from -3 to 4; None where that is not known.

    Examples
    --------
    >>> [value_of(word) for word in ("Strongly disagree", "Mee oneens", "Neutraal", "Somewhat agree", "Altijd", "Blue")]
    [-3.0, -2.0, 0.0, 1.0, 3.0, None]
    """
    text = normalise(word).strip(" .!")
    if text in _EXACT:
        return _EXACT[text]
    if _NEITHER.search(text):
        return 0.0
    sign = -1 if _AGAINST.search(text) else 1 if _FOR.search(text) else 0
    return sign * (3.0 if _STRONG.search(text) else 1.0 if _WEAK.search(text) else 2.0) if sign else None


def turned(low: str | None, high: str | None, scale: Scale) -> bool:
    """Whether words for the ends of a file's scale run against those of the questionnaire's."""
    ends = [(low,), scale.labels[scale.min].values(), (high,), scale.labels[scale.max].values()]
    a, mine_low, b, mine_high = (
        next((value for word in words if word and (value := value_of(word)) is not None), None) for words in ends
    )
    if a is None or b is None or mine_low is None or mine_high is None:
        return False
    return (a - b) * (mine_low - mine_high) < 0


def points_of(words: Iterable[str], scale: Scale) -> dict[str, int] | None:
    """The point that each word probably stands for; None if a word has no point, or two share one.

    Parameters
    ----------
    words : iterable of str
        Words that the scale does not know.
    scale : Scale
    """
    values = {word: value_of(word) for word in words}
    if not values or None in values.values():
        return None
    ordered = sorted(values, key=lambda word: values[word] or 0.0)
    points = list(range(scale.min, scale.max + 1))
    free = [point for point in points if point not in scale.labels]
    ends = [[value_of(word) for word in scale.labels[end].values()] for end in (scale.min, scale.max)]
    low, high = (next((value for value in end if value is not None), None) for end in ends)
    step = -1 if low is not None and high is not None and low > high else 1
    all_differ = len(set(values.values())) == len(ordered)
    for places in (free, points):
        if len(ordered) == len(places) and all_differ:
            return dict(zip(ordered, places[::step], strict=True))
    found = {}
    for word, value in values.items():
        at = [place for place, values_there in enumerate(_PLACES.get(len(points), ())) if value in values_there]
        if not at:
            return None
        found[word] = points[::step][at[0]]
    inner = [point for point in found.values() if point not in scale.labels]
    return found if len(set(inner)) == len(inner) else None


def is_word(spelling: str) -> bool:
    """Whether an answer has letters and no digits."""
    text = canonical(spelling)
    return any(letter.isalpha() for letter in text) and not any(letter.isdigit() for letter in text)
