"""Search files before they are shared for persons, other organisations, secrets and programs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from hpp_analysis.report.share.file_texts import FileText, texts_of_file, without_own_script
from hpp_analysis.report.share.names import Names, is_label, is_number, phrase_of
from hpp_analysis.survey.survey import Survey

_WINDOW, _FEWEST = 8, 5  # consecutive answers of one person that no table of results shows
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[^\W\d_]{2,}")
_TELEPHONE = re.compile(
    r"(?<![\w+.,/])(?:(?:\+|00[ .-]?)[1-9]\d{0,2}(?:[ .-]?\(0\))?(?:[ .-]?\(?\d{1,4}\)?){2,6}|\(?0[1-9]\d{0,2}\)?[ ./-]{0,3}\d(?:[ .-]?\d){5,7})"
    r"(?!\w|[.,%]\d)"
)
_DUTCH, _FOREIGN = 10, range(9, 16)  # digits of a telephone number
_SECRETS = re.compile(
    r"AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{20,}|glpat-[\w-]{18,}|xox[abprs]-[\w-]{10,}|sk-[\w-]{20,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+"
    r"|(?i:\b(?:password|passwd|secret|api[_-]?key|access[_-]?token|wachtwoord)\s*[:=]\s*['\"]?[^\s'\",;]{4,})"
    r"|(?i:bearer\s+[A-Za-z0-9._~+/-]{20,})|\b\w+://[^\s/:@]+:[^\s/@]+@"
)
_PATHS = re.compile(
    r"(?<![\w.:/])/(?:home|Users|root|tmp|var|mnt|opt|srv|etc|private|media|Volumes|workspace)/[^\s'\"<>]+"
    r"|(?<!\w)[A-Za-z]:\\[^\s'\"<>]+|\\\\[\w.-]+\\[^\s'\"<>]+|file:/{2,3}[^\s'\"<>]*"
)
_RUNS = frozenset(
    [
        "script",
        "iframe",
        "frame",
        "object",
        "embed",
        "applet",
        "form",
        "input",
        "button",
        "base",
        "link",
        "audio",
        "video",
        "source",
        "foreignobject",
        "animate",
        "set",
    ]
)
_ADDRESSES = ("href", "src", "xlink:href", "action", "formaction", "data", "poster", "srcset", "background")
_COLUMN = re.compile(r"(?i)(?:^|[;\t])\s*[\"']?(respondent(?:_?id)?)[\"']?\s*(?::|$|[;\t])")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not leave.

    Attributes
    ----------
    file, place : str
    what : str
        What it is.
    value : str
        What stands there, at most eighty characters of it.
    """

    file: str
    place: str
    what: str
    value: str


@dataclass(frozen=True)
class Secrets:
    """What a report must not hold.

    Attributes
    ----------
    names : Names
        Of persons and of other organisations.
    rows : frozenset of tuple of str
        Consecutive answers of a person.
    paths : tuple of str
        Folders of this machine.
    unsought : tuple of str
        Names that cannot be told from numbers, and so are not looked for.
    allowed : frozenset of str
        E-mail addresses and telephone numbers that may stand there, as `_address` has them.
    """

    names: Names = field(default_factory=Names)
    rows: frozenset[tuple[str, ...]] = frozenset()
    paths: tuple[str, ...] = ()
    unsought: tuple[str, ...] = ()
    allowed: frozenset[str] = frozenset()


def secrets_of(
    survey: Survey, *, by: str, client: str, allow: Collection[str] = (), paths: Collection[str] = ()
) -> Secrets:
    """What a report on one client must not hold of a survey.

    Parameters
    ----------
    survey : Survey
        All answers of the study.
    by, client : str
        The column and its value that the report is about.
    allow : collection of str
        Names that may stand there all the same.
    paths : collection of str
        Folders of this machine.
    """
    frame = survey.respondents
    own_rows = frame[by].astype(str) == client
    columns = [
        name for name in dict.fromkeys((by, "client", "partner", "partnership", "organisation")) if name in frame
    ]
    own = {str(value) for name in columns for value in frame.loc[own_rows, name].unique()} | {client, *allow}
    others = {str(value) for name in columns for value in frame[name].unique()}
    persons = set(frame["respondent"].astype(str)) if "respondent" in frame else set()
    questionnaire = survey.instrument.model_dump(mode="json")
    # a questionnaire may list organisations as answers to a question: these are names, not its own words
    questionnaire["columns"] = [column for column in questionnaire["columns"] if column["id"] not in columns]
    known = {value["id"] for column in questionnaire["columns"] for value in column["values"]}
    return _secrets(others - known, own, paths, persons=persons, texts=set(_strings(questionnaire)), rows=_rows(survey))


def _strings(value: Any) -> Iterator[str]:
    """All texts in plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def secrets_of_run(
    others: Collection[str], *, own: Collection[str], allow: Collection[str] = (), paths: Collection[str] = ()
) -> Secrets:
    """What a report must not hold, without the study: the names of the other clients of the run.

    Parameters
    ----------
    others, own : collection of str
        Names of clients that must not, and that may stand there.
    allow, paths
        As `secrets_of` has them.
    """
    return _secrets(set(others), {*own, *allow}, paths)


def _secrets(
    others: set[str],
    own: set[str],
    paths: Collection[str],
    *,
    persons: Set[str] = frozenset(),
    texts: Collection[str] = (),
    rows: frozenset[tuple[str, ...]] = frozenset(),
) -> Secrets:
    named = dict.fromkeys(sorted(others - own), "another organisation of the study")
    named |= {name: "a respondent" for name in sorted(persons) if len("".join(phrase_of(name))) > 1}
    own_phrases = set(map(phrase_of, own)) | set(map(phrase_of, texts))
    hidden = [name for name in named if is_number(name) or phrase_of(name) in own_phrases]
    unsought = [repr(name) for name in hidden if name not in persons]
    if not persons.isdisjoint(hidden):
        unsought.append("respondents whose identifier is a short number or a word of the questionnaire")
    unsought += [f"{name!r} as a label" for name in sorted(others - own - set(hidden)) if is_label(name)]
    sought = {name: what for name, what in named.items() if name not in hidden}
    names = Names.of(sought, own, texts)
    allowed = frozenset(map(_address, own))
    return Secrets(names, rows, tuple(path for path in paths if len(path) > 3), tuple(unsought), allowed)


def _address(text: str) -> str:
    """Normalise an address or number for comparison."""
    return re.sub(r"[\s()./-]", "", text).casefold()


def _rows(survey: Survey) -> frozenset[tuple[str, ...]]:
    width = min(_WINDOW, survey.items.shape[1])
    if width < _FEWEST:
        return frozenset()
    windows = set()
    for row in survey.items.itertuples(index=False, name=None):
        answers = ["" if value != value else f"{value:g}" for value in row]
        for at in range(len(answers) - width + 1):
            window = tuple(answers[at : at + width])
            if all(window) and len(set(window)) > 1:  # the same number eight times may be a table's
                windows.add(window)
    return frozenset(windows)


def inspect(files: Mapping[str, bytes], secrets: Secrets, *, final: bool = True) -> list[Finding]:
    """Find everything in files that must not leave.

    Parameters
    ----------
    files : mapping of str to bytes
        By the name that each will have.
    secrets : Secrets
    final : bool
        Whether marks of a draft are findings.

    Returns
    -------
    list of Finding
        Every one, in order; empty when the files may be shared.
    """
    findings: list[Finding] = []
    for file, data in files.items():
        try:
            for file_text in texts_of_file(file, data):
                findings += _findings_in(file_text, secrets, final)
        except Exception as error:
            findings.append(Finding(file, "", "a file that cannot be read", f"{type(error).__name__}: {error}"[:80]))
    return list(dict.fromkeys(findings))


def _findings_in(file_text: FileText, secrets: Secrets, final: bool) -> Iterator[Finding]:
    def finding(what: str, value: str) -> Finding:
        return Finding(file_text.file, file_text.place, what, " ".join(value.split())[:80])

    for what, value in secrets.names.within(file_text.text):
        yield finding(what, value)
    addresses = [("an e-mail address", address) for address in _MAIL.findall(file_text.text)]
    addresses += [("a telephone number", number) for number in _telephones(file_text.text)]
    for what, value in addresses:
        if _address(value) not in secrets.allowed:
            yield finding(what, value)
    for row in _answers(file_text.text, secrets):
        yield finding("the answers of a respondent", row)
    for column in _COLUMN.findall(file_text.text):
        yield finding("a column of respondents", column)
    both = file_text.text + " " + file_text.markup
    for match in _SECRETS.finditer(both):
        yield finding("what looks like a password or key", match[0][:12] + "…")
    for path in {match[0] for match in _PATHS.finditer(both)} | {path for path in secrets.paths if path in both}:
        yield finding("a path of this machine", path)
    for what in _unsafe(file_text.markup):
        yield finding("something that runs or loads", what)
    if final and re.search(r"class=\"watermark\"", file_text.markup):
        yield finding("a mark of a draft", "watermark")


def _telephones(text: str) -> Iterator[str]:
    """Dutch and international telephone numbers; numbers of a table have other lengths, or stand in cells."""
    for match in _TELEPHONE.finditer(text):
        digits = re.sub(r"\D", "", match[0].replace("(0)", ""))
        if digits.startswith("00") or match[0].startswith("+"):
            if len(digits.removeprefix("00")) in _FOREIGN:
                yield match[0]
        elif len(digits) == _DUTCH:
            yield match[0]


def _answers(text: str, secrets: Secrets) -> Iterator[str]:
    if not secrets.rows:
        return
    numbers = [
        f"{float(number.replace(',', '.')):g}" for number in re.findall(r"(?<![\w.,])\d+(?:[.,]\d+)?(?!\w)", text)
    ]
    width = len(next(iter(secrets.rows)))
    for at in range(len(numbers) - width + 1):
        if tuple(numbers[at : at + width]) in secrets.rows:
            yield " ".join(numbers[at : at + width])
            return


class _Unsafe(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.unsafe: list[str] = []
        self._style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._style = tag == "style"
        if tag in _RUNS:
            self.unsafe.append(f"<{tag}>")
        for name, value in attrs:
            squeezed = "".join((value or "").split()).lower()
            if name.startswith("on"):
                self.unsafe.append(f"{name}=")
            elif name in _ADDRESSES and squeezed and not squeezed.startswith(("#", "data:image/")):
                self.unsafe.append(f"{name}={value}")
            elif name == "http-equiv" and squeezed == "refresh":
                self.unsafe.append("a page that leads to another")
            elif squeezed.startswith("javascript:"):
                self.unsafe.append(f"{name}={value}")
            elif name == "style":
                self._css(value or "")

    def handle_data(self, data: str) -> None:
        if self._style:
            self._css(data)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - nothing within an element of style
        self._style = False

    def _css(self, text: str) -> None:
        if re.search(r"@import|expression\(|url\(\s*['\"]?(?!#|data:)", text, re.IGNORECASE):
            self.unsafe.append("a style that loads")


def _unsafe(markup: str) -> Iterable[str]:
    if markup.startswith("="):
        return [f"the formula {markup[1:]}"]
    reader = _Unsafe()
    reader.feed(without_own_script(markup))
    reader.close()
    if markup.lstrip().startswith("<"):
        return reader.unsafe
    links = re.findall(r"\]\(\s*<?\s*((?:javascript|data|vbscript|file):[^)]*)", markup, re.IGNORECASE)
    return [*reader.unsafe, *links, *re.findall(r"!\[[^\]]*\]\([^)]*\)", markup)]
