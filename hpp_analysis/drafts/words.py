"""Order the words of answer scales, and find words for no answer, by meaning in Dutch and English."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hpp_analysis.survey.likert import NO_ANSWER, value_of
from hpp_analysis.survey.spelling import normalise

_NO_ANSWER = re.compile(
    NO_ANSWER.pattern
    + r"|.*\b(don't|do not) (want|wish) to (answer|say|disclose).*|(i )?(was|am) not aware\b.*|unfamiliar\b.*"
    r"|(i )?(have )?never (heard|used)\b.*|does not apply.*|doesn't apply.*|unknown|missing|coding error|no response|declined.*"
    r"|not (asked|answered|relevant/not applicable)|(ik )?wil(de)? (dit )?niet (zeggen|antwoorden).*|n\.?v\.?t\b.*|ontbreekt|-+|\."
    r"|niet (ingevuld|beantwoord|bekend).*"
)
_DONT_KNOW = re.compile(
    r".*(know|weet|applicable|apply|toepassing|n/?a\b|n\.?v\.?t|opinion|mening|unsure|not sure|aware|unfamiliar|basis|heard|used).*"
)
_FURTHER = {
    "rather not": -1.5, "rather yes": 1.5, "indifferent": 0.0, "very much": 2.5, "heel erg": 2.5, "heel veel": 2.5,
    "not much": -1.5, "niet veel": -1.5, "weinig": -1.5, "veel": 2.0, "a lot": 2.0, "a great deal": 2.5, "quite a bit": 1.5,
    "a little bit": -1.5, "somewhat": -0.3, "moderately": 0.3, "several days": -1.0, "more than half the days": 1.0,
    "nearly every day": 2.5, "enkele dagen": -1.0, "meer dan de helft van de dagen": 1.0, "bijna elke dag": 2.5,
    "yes, to a great extent": 2.5, "yes, to some extent": 1.0, "to a great extent": 2.5, "not very": -1.5, "daily": 3.0,
    "weekly": 1.5, "monthly": 0.0, "yearly": -2.0, "dagelijks": 3.0, "wekelijks": 1.5, "maandelijks": 0.0, "jaarlijks": -2.0, "medium": 0.0, "middelmatig": 0.0,
}  # fmt: skip
_WITH_MORE = {"yes, to a great extent", "yes, to some extent"}  # beside these "no" is the lowest answer
_EXTREME = re.compile(r"\b(critical|crucial|essential|indispensable|cruciaal|essentieel|onmisbaar)\b")
_AGAINST = re.compile(
    r"\b(unfavou?rabl[ey]|ineffective|ineffectief|not (relevant|effective|useful|helpful|valuable|difficult)|niet (relevant|effectief|nuttig|zinvol))\b"
)
_FOR = re.compile(r"\b(favou?rabl[ey]|effective|effectief|relevant|useful|helpful|valuable|nuttig|zinvol)\b")
_DEGREES: list[tuple[float, str]] = [
    (1, r"not very|not so|niet erg|niet zo|hardly|nauwelijks"),
    (0, r"not at all|helemaal niet|totaal niet|not|no|niet|geen"),
    (2, r"slightly|a little|a bit|een beetje|licht|enigszins"),
    (3, r"somewhat|partly|deels|redelijk"),
    (3.5, r"moderately|matig|tamelijk|rather|nogal|reasonably"),
    (4, r"fairly|quite|best|behoorlijk"),
    (6, r"very|highly|erg|heel|zeer"),
    (7, r"extremely|completely|fully|totally|entirely|uiterst|volledig|helemaal|buitengewoon"),
    (5, r""),
]
_DEGREE = [(value, re.compile(rf"(?:{words})\b\s*" if words else "")) for value, words in _DEGREES]
_LONGEST = 60


def no_answer(spelling: str) -> bool:
    """Whether words say that there is no answer.

    Examples
    --------
    >>> [no_answer(said) for said in ("N/A", "Weet niet", "(-1) Refused", "Neutral")]
    [True, True, True, False]
    """
    text = re.sub(r"^[(\[]?[+-]?\d+[)\]]?[\s.:-]*(?=\D)", "", normalise(spelling)).strip()
    return bool(_NO_ANSWER.fullmatch(text or normalise(spelling)))


def says_dont_know(text: str) -> bool:
    """Whether words for no answer say "don't know" or "not applicable", and not that the answer was refused or lost."""
    return bool(_DONT_KNOW.fullmatch(normalise(text)))


def degree_of(word: str) -> float | None:
    """How far a word lies towards agreement, often or good; None where that is not known."""
    text = normalise(word).strip(" .!")
    if text in _FURTHER:
        return _FURTHER[text]
    if text.startswith(("partially ", "mostly ")):
        text = "somewhat " + text.split(" ", 1)[1]
    if _EXTREME.search(text):
        return 3.0
    sign = -1 if _AGAINST.search(text) else 1 if _FOR.search(text) else 0
    if sign and not re.search(r"\b(neither|neutral|noch|neutraal)\b", text):
        return sign * (
            3.5
            if re.search(r"\b(extremely|uiterst)\b", text)
            else 3.0
            if re.search(r"\b(very|zeer|heel)\b", text)
            else 1.0
            if "somewhat" in text
            else 2.0
        )
    return value_of(text)


def in_order(words: Iterable[str]) -> list[str] | None:
    """Words of one scale from low to high; None where they make no scale.

    Examples
    --------
    >>> in_order(["very concerned", "not very concerned", "slightly concerned"])
    ['not very concerned', 'slightly concerned', 'very concerned']
    >>> in_order(["Eens", "Helemaal oneens", "Neutraal"]), in_order(["Sales", "Support"])
    (['Helemaal oneens', 'Neutraal', 'Eens'], None)
    """
    spellings = list(words)
    if not spellings or max(map(len, spellings)) > _LONGEST:
        return None
    for values in (_by_meaning(spellings), _by_degree(spellings)):
        if None not in values and len(set(values)) == len(values):
            return [word for _, word in sorted(zip(values, spellings, strict=True), key=lambda pair: pair[0] or 0.0)]
    return None


def _by_meaning(words: list[str]) -> list[float | None]:
    plain = [normalise(word).strip(" .!") for word in words]
    lowest = bool(_WITH_MORE & set(plain))
    return [-3.0 if lowest and text in ("no", "nee") else degree_of(text) for text in plain]


def _by_degree(words: list[str]) -> list[float | None]:
    """By the degree before one and the same word: not very concerned, slightly concerned, very concerned."""
    found: list[float | None] = []
    stems = set()
    for word in words:
        text = normalise(word).strip(" .!")
        if (at_all := re.fullmatch(r"not (.+) at all", text)) is not None:
            found.append(-1.0)
            stems.add(at_all[1])
            continue
        value, match = next((value, match) for value, degree in _DEGREE if (match := degree.match(text)))
        found.append(value)
        stems.add(text[match.end() :].strip())
    return found if len(stems) == 1 and "" not in stems and len(words) > 1 else [None] * len(words)
