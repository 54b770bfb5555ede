"""Which rows are headers, and which columns are one question: the layouts of survey platforms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.cells import distinct, spelling
from hpp_analysis.survey.readers.raw import Note, RawTable, refused
from hpp_analysis.survey.spelling import canonical, visible

_WHOLE_QUESTION = {"response", "open-ended response", "antwoord", "reactie", "open antwoord"}
_POINT = re.compile(r"(.*?)\s+-\s*([+-]?\d{1,4})", re.DOTALL)
_IDS = {"respondent id", "respondent-id", "collector id", "collector-id"}  # of SurveyMonkey
_NUMBER = re.compile(r"[+-]?[\d.,]+%?")
_DASHED = re.compile(r"\s*-\s*[+-]?\d{1,4}")
_IMPORT_ID = re.compile(r"""\{\s*['"]ImportId['"]""")
_LOOK = 8  # rows that headers are found in
_FAR = 50  # rows that the width of a table is found in
_MOST_TITLES = 10
_MOST_LISTED = 10
_SUMMARY = {"answer choices", "antwoordkeuzen", "antwoordopties"}


@dataclass(slots=True)
class Heads:
    """The header rows of a table.

    Attributes
    ----------
    n : int
        How many rows are headers.
    header : list of str
        The text of each column.
    further : list of tuple of str
        Other texts of each column.
    notes : list of Note
    """

    n: int
    header: list[str]
    further: list[tuple[str, ...]]
    notes: list[Note] = field(default_factory=list)


def heads(rows: Sequence[Sequence[str]], source: str) -> Heads:
    """Find the header rows among the first rows of a table.

    Raises
    ------
    SurveyError
        When the table is a summary by question, which holds no respondents.
    """
    top = [[" ".join(visible(text).split()) for text in row] for row in rows[:_LOOK]]
    if any(row and row[0].casefold() in _SUMMARY and len(set(row) - {""}) > 1 for row in top):
        raise summary_only(source)
    first = top[0]
    if len(top) > 1 and not first[0] and top[1][0].casefold() in _IDS:
        return _below_codes(first, heads(rows[1:], source))
    imports = next((place for place, row in enumerate(top[1:3], 1) if _is_import_ids(row)), 0)
    if imports:
        what = "rows 2 and 3 are headers (question texts and import ids)"
        note = Note(f"Qualtrics export: {what if imports == 2 else 'row 2 is a header (import ids)'}", 2)
        texts: list[tuple[str, ...]] = [(text,) for text in (top[1] if imports == 2 else first)]
        return Heads(imports + 1, first, texts, [note])
    second = top[1] if len(top) > 1 else []
    if second and _is_qualtrics_text(first, top[1:]):
        older = "" if "StartDate" in first and "Status" in first else " of the older kind"
        note = Note(f"Qualtrics export{older}: row 2 is a header (question texts)", 2)
        return Heads(2, first, list(zip(second, strict=True)), [note])
    if any(text.casefold() in _WHOLE_QUESTION for text in second) or _is_matrix(first, top[1:]):
        return _two_rows(first, second)
    if _ODK & {text.casefold() for text in first}:
        return Heads(1, first, [_of_groups(text) for text in first])
    return Heads(1, first, [])


_ODK = {"meta-instanceid", "meta/instanceid", "meta:instanceid", "_uuid", "_submission_time"}
"""Columns of exports of ODK and KoboToolbox, which write the groups of a question before its name."""


def _of_groups(text: str) -> tuple[str, ...]:
    """A header, and its endings without the names of groups: "page/ope1" and "page-ope1" are ope1."""
    return tuple(dict.fromkeys((text, *(text[at.end() :] for at in re.finditer(r"/|(?<=\w)-(?=\w)", text)))))


def _below_codes(codes: Sequence[str], below: Heads) -> Heads:
    """The heads of a table with an extra row above: the code of each question, over its first column."""
    starts = [place for place, code in enumerate(codes) if code]
    for place, until in zip(starts, [*starts[1:], len(codes)], strict=True):
        if until == place + 1:  # a code above several columns is the code of none of them
            below.further[place] = (*below.further[place], codes[place])
    note = Note("row above the header that holds the codes of questions", 1)
    return Heads(below.n + 1, below.header, below.further, [note, *below.notes])


def _is_import_ids(row: Sequence[str]) -> bool:
    """Whether most cells of a row are import ids of Qualtrics: {"ImportId":"QID1"}, or with single quotes."""
    return bool(row) and sum(bool(_IMPORT_ID.match(text)) for text in row) * 2 > len(row)


def _is_qualtrics_text(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the second row of a Qualtrics export holds question texts: its response id is a word, not an id."""
    places = [place for place, text in enumerate(first) if text.casefold() in ("responseid", "v1")]
    if not places:
        return False
    ids = [row[places[0]] for row in below]
    word = ids[0].casefold().replace(" ", "")
    ids_follow = len(ids) > 1 and ids[1].startswith("R_")
    return word == "responseid" or bool(word and ids_follow and not ids[0].startswith("R_"))


def _is_matrix(first: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether the second row names the columns of one question, as SurveyMonkey writes matrices.

    Above some columns nothing stands in the first row: their question stands to the left. Each of them has a text in the
    second row, which is no number and no answer: it stands nowhere below.
    """
    if len(below) < 2 or not first[0]:
        return False
    second, answers = below[0], below[1:]
    groups: list[list[int]] = []
    for place, text in enumerate(first):
        if text:
            groups.append([place])
        else:
            groups[-1].append(place)
    matrices = [group for group in groups if len(group) > 1]
    inside = {place for group in matrices for place in group}
    others = [place for place in range(len(first)) if place not in inside]
    if not matrices or any(second[place] for place in others):
        return False
    if others and not any(row[place] for row in answers for place in others):
        return False
    # an id is there in every row but this one: this one is no respondent
    no_answer = any(first[place].casefold() in _IDS and all(row[place] for row in answers) for place in others)
    return all(
        _are_rows([second[place] for place in group], [row[place] for row in answers for place in group], no_answer)
        for group in matrices
    )


def _are_rows(texts: Sequence[str], cells: Sequence[str], no_answer: bool) -> bool:
    """Whether texts are the rows of one matrix: all different, unlike the answers, which are numbers or repeat."""
    if not all(texts) or len(set(texts)) < len(texts) or set(texts) & set(cells):
        return False
    if any(_NUMBER.fullmatch(text) for text in texts):
        return False
    answers = [cell for cell in cells if cell]
    return no_answer or all(_NUMBER.fullmatch(cell) for cell in answers) or len(set(answers)) < len(answers)


def titles(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are lines above the header: a title, a date, the name of a survey.

    They fill the first cell or two of a table that is wider. The first wide row must look like a header: different texts
    and no numbers.

    Parameters
    ----------
    rows : sequence of sequence of str
        Rows that are not blank.
    """
    if not rows:
        return 0
    usual = Counter(map(len, rows[:_FAR])).most_common(1)[0][0]
    n = next((place for place, row in enumerate(rows) if len(row) >= usual), 0)
    table = [len(row) == usual for row in rows[n:_FAR]]
    if n and all(text.strip() for text in rows[n]) and sum(table) * 5 >= len(table) * 4:
        return n if _heads_a_table(rows, n) else 0
    filled = [sum(bool(text.strip()) for text in row) for row in rows[:_FAR]]
    width = max(filled)
    n = next((place for place, count in enumerate(filled) if count * 5 >= width * 3), 0)
    few = all(
        count <= (2 if width > 4 else 1) and not any(text.strip() for text in row[2:])
        for count, row in zip(filled[:n], rows[:n], strict=True)
    )
    return n if few and width > 2 and _heads_a_table(rows, n) else 0


def _heads_a_table(rows: Sequence[Sequence[str]], n: int) -> bool:
    """Whether a row below a few others, and above at least one, looks like a header."""
    texts = [text.strip() for text in rows[n] if text.strip()]
    differ = len({text.casefold() for text in texts}) == len(texts)
    numbers = any(_NUMBER.fullmatch(text) or _DASHED.fullmatch(text) for text in texts)
    return 0 < n <= _MOST_TITLES and n < len(rows) - 1 and differ and not numbers


def notes_on_titles(rows: Sequence[tuple[int, Sequence[str]]]) -> list[Note]:
    """The lines above the header, each with its text."""
    return [
        Note("line above the header, left out", number, value=" ".join(visible(text) for text in row if text))
        for number, row in rows
    ]


def is_blank(row: Sequence[str]) -> bool:
    """Whether a row holds nothing but blanks."""
    return not any(text.strip() for text in row)


def notes_on_blank_lines(numbers: Sequence[int]) -> list[Note]:
    """The blank rows of a file in one note, the first few by number."""
    if not numbers:
        return []
    listed = ", ".join(map(str, numbers[:_MOST_LISTED])) + (", ..." if len(numbers) > _MOST_LISTED else "")
    return [Note("blank rows, left out", numbers[0], value=f"rows {listed}", n=len(numbers))]


def summary_only(source: str) -> SurveyError:
    """The refusal of an export that holds counts instead of answers."""
    return refused(
        "The file must hold one row a respondent; this is a summary by question, with counts and percentages only.",
        "Export the individual responses ('All responses data' in SurveyMonkey).",
        source,
    )


def _two_rows(first: list[str], second: list[str]) -> Heads:
    """SurveyMonkey: the question above its first column, and below it a text for each column."""
    header: list[str] = []
    further: list[tuple[str, ...]] = []
    question = ""
    for above, below in zip(first, second, strict=True):
        question = above or question
        own = above if not below else question
        if below.casefold() in _WHOLE_QUESTION:
            header.append(own)
            further.append((own,))
        elif below:
            mark = below if below.startswith("-") else f"- {below}"
            header.append(f"{own} {mark}".strip())
            further.append((below,))
        else:
            header.append(own)
            further.append((own,))
    note = Note("SurveyMonkey export: row 2 is a second header, joined to the question of row 1", 2)
    return Heads(2, header, further, [note])


@dataclass(slots=True)
class _Spread:
    """Columns next to each other that are the answers of one question.

    Attributes
    ----------
    stem : str
        The question.
    answers : dict of int to str
        By position the answer that a filled cell stands for.
    labels : dict of str to str
        What the answers are called, where they are codes.
    one_only : bool
        Whether two filled cells of a person are an error.
    """

    stem: str
    answers: dict[int, str]
    labels: dict[str, str] = field(default_factory=dict)
    one_only: bool = False


def repeats_joined(raw: RawTable) -> RawTable:
    """Give each repeat of the only repeated instrument of a REDCap export the values of the record's own row.

    REDCap writes what is asked once in a row of its own. Records without a repeat keep that row.
    """
    columns = {name.casefold(): place for place, name in enumerate(raw.header)}
    at = columns.get("redcap_repeat_instrument")
    if at is None:
        return raw
    named = raw.cells[at].map(spelling, na_action="ignore").fillna("").to_numpy()
    instruments = sorted(set(named) - {""})
    if len(instruments) != 1:
        message = f"several repeated instruments ({', '.join(instruments)}): the rows of each stay apart"
        return replace(raw, notes=(*raw.notes, Note(message, None, raw.header[at]))) if instruments else raw
    repeat = named != ""
    keys = [0, *([columns["redcap_event_name"]] if "redcap_event_name" in columns else [])]
    record = raw.cells[keys].astype(str).agg("\x1f".join, axis=1).to_numpy()
    own = [place for place in raw.cells if raw.cells[place][repeat].notna().any()]
    once = [place for place in raw.cells if place not in own]
    first = {record[row]: row for row in np.flatnonzero(~repeat)[::-1]}
    source = np.array([first.get(record[row], row) if repeat[row] else row for row in range(len(record))], dtype=int)
    cells = raw.cells.copy()
    for place in once:
        cells[place] = raw.cells[place].to_numpy()[source]
    keep = repeat | ~np.isin(record, record[repeat])
    note = Note(
        f"rows of what is asked once a record, joined to the rows of its repeated instrument {instruments[0]!r}",
        None,
        raw.header[at],
        n=int((~keep).sum()),
    )
    return replace(raw, cells=cells[keep].reset_index(drop=True), rows=raw.rows[keep], notes=(*raw.notes, note))


def collapsed(raw: RawTable) -> RawTable:
    """Join the columns of a question whose export has one column for each answer.

    Columns next to each other are such answers when their headers are one text followed by different numbers, and each
    filled cell repeats the number of its column; or when they are one text followed by different words, each filled cell
    of a column is the same (these words, or their code), and nobody filled two of them.

    Raises
    ------
    SurveyError
        When a person ticked two numbers of one question.
    """
    spreads = _points(raw)
    spreads += _words_of_questions(raw, {place for spread in spreads for place in spread.answers})
    if not spreads:
        return raw
    failures: list[Failure] = []
    notes = list(raw.notes)
    header: list[str] = []
    further: list[tuple[str, ...]] = []
    labels: dict[int, Mapping[str, str]] = {}
    columns: list[pd.Series] = []
    start_of = {min(spread.answers): spread for spread in spreads}
    inside = {place for spread in spreads for place in spread.answers}
    old = raw.headers or tuple((text,) for text in raw.header)
    for place, text in enumerate(raw.header):
        if place in start_of:
            spread = start_of[place]
            filled = pd.DataFrame({answer: raw.cells[column].notna() for column, answer in spread.answers.items()})
            ticks = filled.sum(axis=1).to_numpy()
            if spread.one_only:
                failures += [
                    Failure(
                        "A person must tick one point of a question at most; these ticked several.",
                        "Keep one of them.",
                        raw.source,
                        int(raw.rows[row]),
                        spread.stem,
                        ", ".join(answer for answer in filled if filled[answer].iloc[row]),
                    )
                    for row in (ticks > 1).nonzero()[0]
                ]
            if spread.labels:
                labels[len(columns)] = spread.labels
            columns.append(filled.idxmax(axis=1).where(ticks > 0))
            header.append(spread.stem)
            further.append((spread.stem,))
            kind = "one a scale point" if spread.one_only else "one an answer"
            message = f"{len(filled.columns)} columns, {kind}, joined to one column a question"
            notes.append(Note(message, None, spread.stem, ", ".join(filled), int((ticks > 0).sum())))
        elif place not in inside:
            if place in raw.labels:
                labels[len(columns)] = raw.labels[place]
            columns.append(raw.cells[place])
            header.append(text)
            further.append(old[place])
    if failures:
        raise SurveyError(failures)
    cells = pd.concat(columns, axis=1)
    cells.columns = pd.RangeIndex(cells.shape[1])
    return replace(raw, header=header, cells=cells, headers=tuple(further), labels=labels, notes=tuple(notes))


def _points(raw: RawTable) -> list[_Spread]:
    """Runs of two or more columns that are the numbered points of one question."""
    groups: list[_Spread] = []
    run: dict[int, str] = {}
    stem = ""
    for place, header in enumerate([*raw.header, ""]):
        match = _POINT.fullmatch(header)
        point = match.group(2) if match else ""
        fits = bool(match and match.group(1)) and _repeats(raw.cells[place], point)
        if not (fits and match and match.group(1) == stem and point not in run.values()):
            if len(run) > 1 and any(raw.cells[at].notna().any() for at in run):
                groups.append(_Spread(stem, run, one_only=True))
            run, stem = {}, match.group(1) if match and fits else ""
        if fits:
            run[place] = point
    return groups


def _repeats(cells: pd.Series, point: str) -> bool:
    """Whether each filled cell says the number of its column."""
    return all(str(value).strip().removesuffix(".0") == point for value in cells.dropna().unique().tolist())


_FEWEST_ANSWERS = 10
"""Answers from which a question of which nobody gave two is taken to allow one only."""


def _words_of_questions(raw: RawTable, taken: set[int]) -> list[_Spread]:
    """Runs of columns that are the answers in words of one question, in files that have a column for each answer.

    Several answers may be allowed and nobody gave two: a run counts where another one has the same answers, as the rows of
    a matrix have, or where many answered.
    """
    runs: dict[str, list[int]] = {}
    last = ""
    for place, header in enumerate(raw.header):
        stem = header.rpartition(" - ")[0] if place not in taken else ""
        if last and place not in taken and header.startswith(f"{last} - "):
            stem = last  # the words of an answer may have a dash as well
        if stem and (stem == last or stem not in runs):
            runs.setdefault(stem, []).append(place)
        last = stem
    found = [spread for stem, places in runs.items() if len(places) > 1 and (spread := _spread(raw, stem, places))]
    given = [sum(raw.cells[place].notna().to_numpy().astype(int) for place in spread.answers) for spread in found]
    alike = Counter(map(_answer_words, found))
    several = {_answer_words(spread) for spread, n in zip(found, given, strict=True) if np.any(n > 1)}
    return [
        spread
        for spread, n in zip(found, given, strict=True)
        if _answer_words(spread) not in several and (alike[_answer_words(spread)] > 1 or np.sum(n) >= _FEWEST_ANSWERS)
    ]


def _answer_words(spread: _Spread) -> tuple[str, ...]:
    """The words that the headers give to the answers."""
    return tuple(spread.labels.get(answer, answer) for answer in spread.answers.values())


def _spread(raw: RawTable, stem: str, places: Sequence[int]) -> _Spread | None:
    """Read the columns as answers of one question; None if their cells contradict that."""
    spellings: dict[int, list[str]] = {}
    for place in places:
        spellings[place] = [spelling(value) for value in raw.cells[place].dropna().unique().tolist()]
        if len(spellings[place]) > 1:  # as in most tables: looked no further
            return None
    words = {place: raw.header[place].removeprefix(f"{stem} - ") for place in places}
    filled = [place for place in places if spellings[place]]
    if len(set(words.values())) < len(places) or len(filled) < 2:
        return None
    if all(spellings[place] == [words[place]] for place in filled):
        return _Spread(stem, words)
    codes = {place: spellings[place][0] if spellings[place] else words[place] for place in places}
    numbers = [codes[place] for place in filled]
    if not all(text.isdecimal() for text in numbers) or len(set(codes.values())) < len(codes):
        return None
    return _Spread(stem, codes, {codes[place]: words[place] for place in filled})


_QUALTRICS = {
    "startdate", "enddate", "ipaddress", "progress", "finished", "recordeddate", "responseid", "distributionchannel",
    "userlanguage", "duration (in seconds)", "externalreference", "externaldatareference", "responseset",
}  # fmt: skip
"""Columns of an export of Qualtrics besides `Status`; a column "Status" alone may hold anything."""
_PREVIEWS = {"survey preview", "survey test", "preview", "survey preview spam", "offline survey preview"}
_PREVIEW_BITS, _SPAM_BIT = 1 | 2, 8  # of the number that stands for a status


def without_previews(raw: RawTable) -> RawTable:
    """Leave out the previews and tests of a Qualtrics export, unless it holds nothing else.

    `Status` names them in words or numbers (0 is an answer, 1 a preview, 2 a test; 4, 8, 16 and 32 are added where the
    answer was imported, may be spam, was given offline or by an employee); `DistributionChannel` says "preview" or
    "test". Answers that were not finished, or that may be spam, are kept and reported.
    """
    columns = {name.casefold(): place for place, name in enumerate(raw.header)}
    qualtrics = len(set(columns) & _QUALTRICS) > 1 or any("Qualtrics" in note.what for note in raw.notes)
    preview = np.zeros(len(raw.cells), dtype=bool)
    notes = []
    if "status" in columns:
        at = columns["status"]
        words = _words(raw, at)
        preview |= words.isin(_PREVIEWS).to_numpy()
        if qualtrics:
            number = words.where(words.str.fullmatch(r"\d{1,3}"), "0").astype(int).to_numpy()
            preview |= (number & _PREVIEW_BITS) > 0
            spam = ((number & _SPAM_BIT) > 0) | words.str.contains("spam").to_numpy()
            if n := int((spam & ~preview).sum()):
                notes.append(Note("answers that Qualtrics takes for spam, kept", None, raw.header[at], n=n))
    if qualtrics and "distributionchannel" in columns:
        preview |= _words(raw, columns["distributionchannel"]).isin(["preview", "test"]).to_numpy()
    if preview.all() and len(preview):
        notes.append(Note("the file holds previews and tests only; they are kept", n=len(preview)))
        preview = np.zeros(len(raw.cells), dtype=bool)
    if qualtrics and "finished" in columns:
        at = columns["finished"]
        if n := int((_words(raw, at).isin(["0", "false", "no"]).to_numpy() & ~preview).sum()):
            notes.append(Note("answers of persons who did not finish, kept", None, raw.header[at], n=n))
    notes += [Note("preview or test of the survey, left out", int(row)) for row in raw.rows[preview]]
    if not notes:
        return raw
    cells = raw.cells[~preview].reset_index(drop=True) if preview.any() else raw.cells
    return replace(raw, cells=cells, rows=raw.rows[~preview], notes=(*raw.notes, *notes))


def _words(raw: RawTable, place: int) -> pd.Series:
    """The cells of a column as small letters; their value labels where the file has them."""
    codes, spellings = distinct(raw.cells[place])
    labels = raw.labels.get(place, {})
    words = [canonical(labels.get(value, value)) for value in spellings]
    return pd.Series(np.array(words, dtype=object)[codes], dtype="str")
