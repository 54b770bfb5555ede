"""The consultant's commentary in the reports: a file beside the study that no run overwrites."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.mapping import problem_failures
from hpp_analysis.survey.questionnaire import LanguageCode
from hpp_analysis.survey.strict_yaml import read_yaml

SectionId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=80)]
_LONGEST = 20_000
_REFUSED = (
    (r"<[A-Za-z/!?]", "HTML"),
    (r"!\[", "pictures"),
    (r"^ {0,3}#{1,6}(\s|$)", "headings"),
    (r"^ {0,3}(=+|-{2,})\s*$", "headings or rules"),
    (r"^ {0,3}(```|~~~)", "blocks of code"),
    (r"^ {0,3}\[[^\]]*\]:", "addresses apart from their links"),
    (r"\]\(\s*<?(?!https?://|mailto:)", "links to other things than web pages and mail"),
    (r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]", "invisible control characters"),
)


def _is_markdown(text: str) -> str:
    if len(text) > _LONGEST:
        raise ValueError(f"a note must have at most {_LONGEST:,} characters; this one has {len(text):,}")
    for pattern, what in _REFUSED:
        match = re.search(pattern, text, re.MULTILINE)
        if match:
            line = text.count("\n", 0, match.start()) + 1
            raise ValueError(
                "a note must be paragraphs, lists, quotes, tables, bold and italic words, and links to web pages; "
                f"it has no {what} (line {line} of the note)"
            )
    return text


Note = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), AfterValidator(_is_markdown)]
Sections = dict[SectionId, Note]
ByLanguage = dict[LanguageCode, Sections]
Name = Annotated[str, BeforeValidator(lambda value: str(value) if isinstance(value, int | float) else value)]


def _or_empty(value: Any) -> Any:
    return {} if value is None else value


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    all: Annotated[ByLanguage, BeforeValidator(_or_empty)] = {}
    clients: Annotated[dict[Name, ByLanguage], BeforeValidator(_or_empty)] = {}


@dataclass(frozen=True)
class StudyNotes:
    """Commentary by client, language and section.

    Attributes
    ----------
    everybody : mapping
        language -> section -> Markdown, for the reports of all clients.
    clients : mapping
        client -> language -> section -> Markdown.
    file : str
        The name of the file.
    """

    everybody: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    clients: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    file: str = ""

    def of(self, names: Collection[str], language: str) -> dict[str, list[str]]:
        """The commentary of a report by section: that for everybody, then that for the clients of the report."""
        by_section: dict[str, list[str]] = {}
        for source in (self.everybody, *(self.clients.get(name, {}) for name in names)):
            for section, text in source.get(language, {}).items():
                by_section.setdefault(section, []).append(text)
        return by_section

    def check(
        self, *, clients: Collection[str], languages: Collection[str], known: Collection[str], sections: Collection[str]
    ) -> Iterator[Failure]:
        """Collect commentary that a run cannot place.

        Parameters
        ----------
        clients : collection of str
            The names of all reports.
        languages, known : collection of str
            The languages of the run, and all that exist.
        sections : collection of str
        """
        for name in self.clients:
            if name not in clients:
                yield self._unknown("client", name, clients)
        for name, by_language in (("", self.everybody), *self.clients.items()):
            whose = f" of {name!r}" if name else " for all clients"
            for language in by_language:
                if language not in known:
                    yield self._unknown(f"language, in the notes{whose}", language, known)
            spoken = {
                section: [code for code in by_language if section in by_language[code]]
                for code in by_language
                for section in by_language[code]
            }
            for section, codes in spoken.items():
                if section not in sections:
                    yield self._unknown(f"section, in the notes{whose}", section, sections)
                for language in languages:
                    if language not in codes:
                        yield Failure(
                            f"A note must stand in each language of the reports; the one on {section!r}{whose} is not there "
                            f"in {language!r}, only in {', '.join(codes)}.",
                            "Write it, or make the reports in the languages that you wrote (`--languages`).",
                            self.file,
                        )

    def _unknown(self, what: str, name: str, known: Collection[str]) -> Failure:
        similar = get_close_matches(name, list(known), 1)
        remedy = f"Did you mean {similar[0]!r}?" if similar else "Correct it, or remove it."
        return Failure(f"There is no such {what}; known are {', '.join(known)}.", remedy, self.file, value=name)


def load_notes(path: str | Path) -> StudyNotes:
    """Load the consultant's notes.

    Parameters
    ----------
    path : str or Path
        A YAML file: `all` (language, section, text: for every client) and `clients` (client, language, section, text). A text
        is Markdown without HTML, pictures, headings and code.

    Returns
    -------
    StudyNotes

    Raises
    ------
    SurveyError
        With every problem of the file.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "notes.yaml"
    >>> _ = file.write_text("clients: {DemoCable: {en: {summary: Talk about *equality* first.}}}")
    >>> load_notes(file).of(["DemoCable"], "en")
    {'summary': ['Talk about *equality* first.']}
    """
    path = Path(path)
    try:
        content = read_yaml(path)
        file = _File.model_validate(content if content is not None else {})
    except OSError as error:
        why = error.strerror or type(error).__name__
        rule = f"The notes can be read ({why})."
        raise SurveyError([Failure(rule, "Correct the path, or write the file.", path.name)]) from error
    except ValidationError as error:
        raise SurveyError(problem_failures(error.errors(), path.name, _File)) from error
    except ValueError as error:
        raise SurveyError([Failure(f"Notes must be a YAML file: {error}.", "Correct it.", path.name)]) from error
    return StudyNotes(file.all, file.clients, path.name)


def notes_template(
    clients: Collection[str], languages: Collection[str], sections: Mapping[str, Mapping[str, str]]
) -> str:
    """A file for notes that has a place for each client, language and section, all commented out.

    Parameters
    ----------
    clients, languages : collection of str
    sections : mapping
        section -> language -> its heading.
    """
    lines = [
        "## Your own words in the reports. They stand at the end of their section, marked as commentary, and stay when reports",
        "## are made anew. Write Markdown: paragraphs, lists, *italic* and **bold** words. Remove the # before what you write,",
        "## and before the lines above it that lead to it.",
        "",
        "## For all clients:",
        "#all:",
        *_places(languages, sections, "  "),
        "",
        "clients:",
    ]
    for client in clients:
        quoted = json.dumps(client, ensure_ascii=False)
        lines += [f"#  {quoted}:", *_places(languages, sections, "    ")]
    return "\n".join(lines) + "\n"


def _places(languages: Collection[str], sections: Mapping[str, Mapping[str, str]], indent: str) -> Iterator[str]:
    for language in languages:
        yield f"#{indent}{language}:"
        for section, headings in sections.items():
            if language not in headings:  # a section of reports in another language only
                continue
            yield f"#{indent}  {section}: |  # {headings[language]}"
            yield f"#{indent}    ..."
