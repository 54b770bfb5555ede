"""The columns of an export as a draft sees them: counted answers, and the parts of the header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hpp_analysis.drafts.words import no_answer
from hpp_analysis.survey.cells import distinct
from hpp_analysis.survey.codebooks import Codebook, Question
from hpp_analysis.survey.matching import texts_of
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import WHOLE, canonical, normalise
from hpp_analysis.survey.understand import number_and_words

_DECIMAL = re.compile(r"[+-]?\d*[.,]\d+")
_CODED = re.compile(r"([A-Za-z]\w*(?:\[\w+\])?)\s*[.:)]\s+(\S.*)", re.DOTALL)  # "Q1[SQ001]. How ...?"
_SUB = re.compile(r"(\w+)\[(\w+)\]")
_ROW = re.compile(r"(.*?)\s*\[([^\[\]]+)\]\s*", re.DOTALL)
_NUMBERED = re.compile(r"(?:question|vraag|q|v)?\s*\d+\s*[.:)]\s*", re.IGNORECASE)
_SHORT = 3  # words of a header from which it is a question, and no name of a variable
_MOST_DISTINCT = 200  # spellings beyond which a column of words is no answer scale


@dataclass(eq=False)
class Column:
    """One column.

    Attributes
    ----------
    place : int
        From 0.
    header, code, question, row : str
        Its header; the code before or instead of a question; the question of a matrix; its row or, outside a matrix, the
        question.
    counts : dict of str to int
        How often each spelling stands there; empty cells left out.
    n_rows : int
    labels : mapping of str to str
        Value labels of the file.
    missing : set of str
        Values that the file declares to be no answer.
    codes : ndarray of int
        For each row which of `spellings` stands there.
    entry : Question or None
        Its entry in the codebook.
    """

    place: int
    header: str
    code: str
    question: str
    row: str
    counts: dict[str, int]
    n_rows: int
    labels: dict[str, str]
    missing: frozenset[str]
    codes: np.ndarray = field(repr=False)
    spellings: list[str] = field(repr=False)
    entry: Question | None = None

    @property
    def text(self) -> str:
        """What is asked, as far as the export says it."""
        return self.row or self.header or f"column {self.place + 1}"

    @property
    def n_answered(self) -> int:
        """The number of cells with content."""
        return sum(self.counts.values())

    @property
    def is_question(self) -> bool:
        """Whether the header is a question in words, and not the name of a variable."""
        return len(self.text.split()) >= _SHORT and bool(self.row or len(self.header.split()) >= _SHORT)

    @cached_property
    def answers(self) -> Answers:
        """Its answers, sorted into numbers, words and no answers."""
        return _sorted_out(self)

    def numbers(self) -> np.ndarray:
        """The answers as numbers, NaN where they are none."""
        values = np.array([_as_number(spelling) for spelling in self.spellings], dtype=float)
        return np.asarray(values[self.codes])


@dataclass(slots=True)
class Answers:
    """The answers in a column.

    Attributes
    ----------
    numbers : Counter of float
        How often each number was answered, with or without words beside it.
    words : Counter of str
        Answers in words.
    none : Counter of str
        What says that there is no answer.
    beside : dict of int to str
        The words that stand with a number: "10 - completely satisfied", or a value label of the file.
    """

    numbers: Counter[float] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    none: Counter[str] = field(default_factory=Counter)
    beside: dict[int, str] = field(default_factory=dict)


def columns_of(raw: RawTable, book: Codebook | None = None) -> list[Column]:
    """The columns of an export, in its order, with their entries in a codebook."""
    texts = [texts_of(raw, place) for place in range(len(raw.header))]
    shared = _shared_beginnings(texts)
    columns = []
    for place, header in enumerate(raw.header):
        codes, spellings = distinct(raw.cells[place])
        times = np.bincount(codes, minlength=len(spellings)).tolist()
        counts = {spelling: n for spelling, n in zip(spellings, times, strict=True) if spelling}
        code, question, row = _header_parts(texts[place], shared)
        labels = {canonical(value): label for value, label in raw.labels.get(place, {}).items()}
        missing = frozenset(map(canonical, raw.missing.get(place, ())))
        entry = book.question_of(*texts[place]) if book is not None else None
        if entry is not None and book is not None:
            language = next(iter(entry.text), "")
            code, row = code or entry.code, entry.text.get(language, row)
            question = book.groups.get(entry.group, {}).get(language, question)
            choices = {canonical(value): next(iter(words.values()), value) for value, words in entry.choices.items()}
            labels = labels or {value: label for value, label in choices.items() if label != value}
            missing |= frozenset(map(canonical, entry.missing))
        columns.append(
            Column(place, header, code, question, row, counts, len(raw.rows), labels, missing, codes, spellings, entry)
        )
    return columns


def _header_parts(texts: tuple[str, ...], shared: Counter[str]) -> tuple[str, str, str]:
    """The code, the question of a matrix, and its row (or the question itself) from the headers of a column."""
    header = texts[0].strip()
    further = [text.strip() for text in texts[1:] if text and text.strip()]
    code, wording = "", header
    if coded := _CODED.fullmatch(header):
        code, wording = coded[1], coded[2]
    elif " " not in header and len(header) <= 60:
        code, wording = header, further[0] if further else ""
    elif further and header.endswith(further[0]):  # SurveyMonkey: the question, and what is special of the column
        return "", header[: -len(further[0])].rstrip(" -"), further[0]
    if (row := _ROW.fullmatch(wording)) and row[2].strip():
        return code, row[1] or (_SUB.fullmatch(code) or (None, code))[1] or "", row[2].strip()
    enough = 2 if wording != header else 3  # a header that is a question may itself explain "10 - agree"
    for at in reversed([at.start() for at in re.finditer(r"-", wording)]):
        if shared[wording[:at].strip()] >= enough and wording[at + 1 :].strip():
            return code, wording[:at].strip(), wording[at + 1 :].strip()
    return code, "", wording


def _shared_beginnings(texts: Iterable[tuple[str, ...]]) -> Counter[str]:
    """Count the beginnings before a hyphen: Qualtrics writes the question of a matrix there."""
    seen: Counter[str] = Counter()
    for several in texts:
        wording = several[-1].strip()
        if len(wording) > 10:
            seen.update({wording[: at.start()].strip() for at in re.finditer(r"-", wording) if at.start() > 5})
    return Counter({beginning: n for beginning, n in seen.items() if n > 1 and len(beginning.split()) >= _SHORT})


def _as_number(spelling: str) -> float:
    text = canonical(spelling)
    if WHOLE.fullmatch(text):
        return float(text)
    if _DECIMAL.fullmatch(text):
        return float(text.replace(",", "."))
    pair = number_and_words(text)
    return float(pair[0]) if pair else np.nan


def _sorted_out(column: Column) -> Answers:
    found = Answers()
    if len(column.counts) > _MOST_DISTINCT and not all(_looks_numeric(value) for value in list(column.counts)[:20]):
        found.words = Counter(dict(list(column.counts.items())[: _MOST_DISTINCT + 1]))
        return found
    for value, n in column.counts.items():
        text = canonical(value)
        label = column.labels.get(text, "")
        number = _as_number(value)
        if text in column.missing or (label and no_answer(label)) or (np.isnan(number) and no_answer(value)):
            found.none[value] += n
            continue
        if np.isnan(number):
            found.words[value] += n
            continue
        found.numbers[number] += n
        if label and label != value:
            found.beside[int(number)] = label
        elif not (value[0].isdigit() and value[-1].isdigit()) and number_and_words(text):
            found.beside[int(number)] = _words_of(value)
    return found


def _words_of(spelling: str) -> str:
    """The words of "10 - completely satisfied" in their own spelling."""
    return re.sub(
        r"^[(\[]?[+-]?\d+[)\]]?\s*[-:=.)]*\s*[(\[]?|[)\]]$|\s*[(\[][+-]?\d+[)\]]$", "", spelling.strip()
    ).strip()


def _looks_numeric(spelling: str) -> bool:
    return not np.isnan(_as_number(spelling))


def stem_of(column: Column) -> str:
    """What columns of one block share: the question of a matrix, or the name without its numbers; "" without either.

    Examples
    --------
    `c82cop1` and `c83cop2` share `c#cop#`; `B1[SQ001]` and `B1[SQ002]` share `b1[`.
    """
    if column.question and not column.question.startswith("#"):
        base = (_SUB.fullmatch(column.code) or (None, ""))[1]
        return f"{base} {normalise(column.question)}".strip()
    if sub := _SUB.fullmatch(column.code):
        return sub[1] + "["
    name = column.code
    if not name or not any(letter.isdigit() for letter in name):
        return ""
    return re.sub(r"\d+", "#", normalise(name))


def plain_question(text: str) -> str:
    """A question without the number before it."""
    return _NUMBERED.sub("", text, count=1) if _NUMBERED.match(text) and len(text.split()) > 1 else text
