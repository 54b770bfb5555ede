"""A codebook in a spreadsheet or CSV: one row for each variable or each value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hpp_analysis.survey.codebooks.codebook import Codebook, Question, Words, plain, unusable
from hpp_analysis.survey.spelling import normalise

_ROLES = {
    "code": "variable; variable name; variablename; var; var name; varname; name; column; column name; field; field name; item code"
    "; itemcode; item id; question id; question code; item; id; header; variabele; variabelenaam; naam; kolom; kolomnaam; veld; code"
    "; q#; item_id; item name; itemnaam; vraagcode; nr; no",
    "text": "label; variable label; labels; question; question text; item text; text; item; statement; description; wording"
    "; content; meaning; full text; long; vraag; vraagtekst; itemtekst; stelling; omschrijving; tekst; beschrijving; betekenis"
    "; variabelelabel",
    "values": "values; value labels; choices; response options; answer options; options; answers; response scale; levels; codes; coding"
    "; response categories; categories; antwoorden; antwoordopties; antwoordcategorieën; waarden; waardelabels; codering",
    "value": "value; code; response value; response code; waarde; antwoordcode",
    "value_label": "value label; valuelabel; response; response label; answer; label; meaning; waardelabel; antwoord; betekenis",
    "factor": "factor; scale; subscale; construct; dimension; domain; latent; theme; schaal; subschaal; dimensie; construct; thema; domein",
    "reverse": "reverse; reversed; reverse scored; reverse coded; reverse-scored; reverse-coded; keying; keyed; direction; omgekeerd"
    "; omgepoold; gespiegeld; hercoderen",
    "missing": "missing; missing values; missing codes; missing value; ontbrekend; ontbrekende waarden; missende waarden",
    "section": "section; page; block; form; module; sectie; pagina; blok; onderdeel",
    "group": "matrix; matrix question; matrix group name; group; question group; groep; vraaggroep",
}  # fmt: skip
_WORDS = {role: [word.strip() for word in words.split(";")] for role, words in _ROLES.items()}
_LANGUAGES = {
    "english": "en", "engels": "en", "dutch": "nl", "nederlands": "nl", "german": "de", "deutsch": "de", "duits": "de",
    "french": "fr", "français": "fr", "frans": "fr", "spanish": "es", "español": "es", "spaans": "es", "italian": "it",
    "italiano": "it", "portuguese": "pt", "português": "pt", "polish": "pl", "polski": "pl", "swedish": "sv", "danish": "da",
    "norwegian": "no", "finnish": "fi", "czech": "cs", "turkish": "tr",
}  # fmt: skip
_IN_LANGUAGE = re.compile(r"(.*?)[\s_:.(\[-]+([a-z]{2}|[a-zç]{5,})[)\]]?")
_REVERSED = {"yes", "y", "true", "r", "x", "-", "-1", "reverse", "reversed", "negative", "neg", "ja", "j", "omgekeerd"}
_NOT_REVERSED = {"0", "no", "n", "false", "+", "+1", "positive", "pos", "nee", "1"}
_DIRECTIONS = {"keying", "keyed", "direction"}  # headers below which 1 is not reversed; below others it is
_PAIR = re.compile(
    r"[\[({'\"]*([+-]?\w{1,12})['\"]?\s*(?:=|:|,|\s[-–]\s|[)\]]|\.\s)\s*['\"]?(.+?)['\"})\]]*", re.DOTALL
)
_NEXT_PAIR = re.compile(r"[,\s]\s*(?=[(\[]?['\"]?[+-]?\d{1,4}['\"]?\s*(?:=|:|[)\]]|\s[-–]\s))")
_MOST_ABOVE = 12  # rows among which the header is


@dataclass(slots=True)
class _Layout:
    """The place of each role among the columns of a sheet."""

    row: int
    roles: dict[str, int]
    texts: dict[str, int]  # by language
    directed: bool  # whether 1 in the column of reversed items says that it is not


def read(sheets: Mapping[str, Sequence[Sequence[str]]], source: str, language: str) -> Codebook:
    """Read the sheet that describes most variables; value labels may stand in another one."""
    found = [(layout, rows) for rows in sheets.values() if rows and (layout := _layout(rows, language))]
    if not found:
        rule = "A codebook must have a header with a column of variables, and their labels or values."
        remedy = "Call these columns `variable`, `label` and `values` (1=never; 2=always)."
        head = next((rows[0] for rows in sheets.values() if rows), [])
        raise unusable(rule, remedy, source, row=1, value=", ".join(head)[:200])
    described = [(layout, *_questions(layout, rows, language)) for layout, rows in found]
    layout, questions, notes = max(described, key=lambda one: sum(bool(question.text) for question in one[1]))
    if not questions:
        raise unusable("A codebook must describe variables; it has a header only.", "Fill it in.", source)
    listed: dict[str, Mapping[str, Words]] = {}  # value labels that stand in a sheet of their own
    for _layout_there, others, _notes in described:
        listed |= {one.code: one.choices for one in others if one.choices}
    for place, question in enumerate(questions):
        if not question.choices and len(listed.get(question.code, ())) > 1:
            questions[place] = replace(question, choices=listed[question.code], kind="choice")
    groups: dict[str, Words] = {one.group: {language: one.group} for one in questions if one.group}
    languages = tuple(layout.texts) or (language,)
    return Codebook(source, "sheet", {}, languages, tuple(questions), groups, tuple(notes))


def _questions(layout: _Layout, rows: Sequence[Sequence[str]], language: str) -> tuple[list[Question], list[str]]:
    """The variables of a sheet, and notes on values that are no list of codes and labels."""
    questions, notes = [], []
    for block in _blocks(rows[layout.row + 1 :], layout.roles["code"]):
        question, unread = _question(block, layout, language)
        questions.append(question)
        notes += (
            [f"values of {question.code!r} that are no list of codes and labels: {unread[:80]!r}"] if unread else []
        )
    return questions, notes


def _layout(rows: Sequence[Sequence[str]], language: str) -> _Layout | None:
    """The header row and the role of each column; None where it describes no variables."""
    for number, row in enumerate(rows[:_MOST_ABOVE]):
        names = [normalise(text) for text in row]
        below = [list(one) for one in rows[number + 1 :]]

        def cells(place: int, below: list[list[str]] = below) -> list[str]:
            return [one[place] for one in below if len(one) > place and one[place].strip()]

        texts = _texts_by_language(names)
        roles: dict[str, int] = {}
        taken = set(texts.values())
        codes = [place for word in _WORDS["code"] for place, name in enumerate(names) if name == word]
        codes = [place for place in codes if place not in taken and _are_names(cells(place))]
        if names and not names[0] and _are_names(cells(0)):
            codes.insert(0, 0)  # the row names of a table of R
        if not codes:
            continue
        roles["code"] = codes[0]
        for role in ("values", "factor", "reverse", "missing", "section", "group", "text", "value", "value_label"):
            free = [
                place
                for word in _WORDS[role]
                for place, name in enumerate(names)
                if name == word and place not in {*roles.values(), *taken}
            ]
            if role == "text" and texts:
                continue
            if free:
                roles[role] = free[0]
        if "text" in roles:
            texts = {language: roles["text"]}
        repeated = len(set(cells(roles["code"]))) < len(below)
        if "value" in roles and not repeated:
            del roles["value"]
        if texts or "values" in roles or "value" in roles:
            directed = "reverse" in roles and names[roles["reverse"]] in _DIRECTIONS
            return _Layout(number, roles, texts, directed)
    return None


def _texts_by_language(names: Sequence[str]) -> dict[str, int]:
    """The text columns whose headers name a language: "Dutch", "label (nl)", "text_en", "question::English"."""
    found: dict[str, int] = {}
    for place, name in enumerate(names):
        match = _IN_LANGUAGE.fullmatch(name)
        if name in _LANGUAGES:
            found.setdefault(_LANGUAGES[name], place)
        elif match and match[1].strip() in _WORDS["text"]:
            language = _LANGUAGES.get(match[2], match[2])
            if len(language) == 2:
                found.setdefault(language, place)
    return found


def _are_names(cells: Sequence[str]) -> bool:
    """Whether cells are names of variables: most are short, without blanks, and different."""
    if not cells:
        return False
    short = sum(len(cell.split()) == 1 for cell in cells)
    return short * 10 >= len(cells) * 8 and any(any(letter.isalpha() for letter in cell) for cell in cells)


def _blocks(rows: Iterable[Sequence[str]], place: int) -> list[list[Sequence[str]]]:
    """The rows of each variable: its own, and those below that repeat its name or leave it empty."""
    blocks: list[list[Sequence[str]]] = []
    for row in rows:
        name = row[place].strip() if len(row) > place else ""
        if name and not (blocks and blocks[-1][0][place].strip() == name):
            blocks.append([row])
        elif blocks and any(cell.strip() for cell in row):
            blocks[-1].append(row)
    return blocks


def _question(block: Sequence[Sequence[str]], layout: _Layout, language: str) -> tuple[Question, str]:
    """A variable, and the text of its values if that is no list of codes and labels."""

    def cell(role: str, row: Sequence[str] = block[0]) -> str:
        place = layout.roles.get(role, -1)
        return row[place].strip() if 0 <= place < len(row) else ""

    listed = cell("values")
    pairs = values_of(listed) if listed else {}
    shared = "value" in layout.roles and "value_label" not in layout.roles  # one column for both kinds of labels
    for row in block if "value" in layout.roles else ():
        labels = (
            [cell("value_label", row)] if not shared else [row[at] for at in layout.texts.values() if at < len(row)]
        )
        if cell("value", row) and any(labels):
            pairs[cell("value", row)] = plain(next(filter(None, labels)))
    named = {} if shared and cell("value") else layout.texts
    text = {code: plain(block[0][place]) for code, place in named.items() if place < len(block[0])}
    question = Question(
        cell("code"),
        {code: words for code, words in text.items() if words},
        "choice" if len(pairs) > 1 else "text",
        cell("group"),
        cell("section"),
        {code: {language: label} for code, label in pairs.items()},
        frozenset(code for code in re.split(r"[,;|\s]+", cell("missing")) if code),
        factor=cell("factor"),
        reverse=_reversed(normalise(cell("reverse")), layout.directed),
    )
    return question, listed if listed and not pairs else ""


def _reversed(mark: str, directed: bool) -> bool | None:
    if mark in _REVERSED or (mark == "1" and not directed):
        return True
    return False if mark in _NOT_REVERSED else None


def values_of(text: str) -> dict[str, str]:
    """The codes and labels of a list in one cell; empty where it is none.

    Examples
    --------
    >>> values_of("1=never; 2=now and then; 3=always")
    {'1': 'never', '2': 'now and then', '3': 'always'}
    >>> values_of("1, male | 2, female"), values_of("0: no, 1: yes"), values_of("any number")
    ({'1': 'male', '2': 'female'}, {'0': 'no', '1': 'yes'}, {})
    """
    parts = [part for part in re.split(r"[|;\n]", text) if part.strip()]
    if len(parts) == 1:
        parts = [part for part in _NEXT_PAIR.split(text) if part.strip()]
    pairs = [_PAIR.fullmatch(part.strip()) for part in parts]
    if not pairs or not all(pairs):
        return {}
    return {pair[1]: plain(pair[2]) for pair in pairs if pair}
