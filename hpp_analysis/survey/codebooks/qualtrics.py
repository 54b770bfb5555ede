"""The survey file of Qualtrics (.qsf): JSON with a part for each question."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hpp_analysis.survey.codebooks.codebook import Codebook, Kind, Question, Words, language_code, plain, unusable

_MANY = {"MAVR", "MAHR", "MACOL", "MSB"}
_LOOK_OF_QSF = "Give a survey file as Qualtrics exports it (Tools, Import/Export, Export Survey)."


def read(data: bytes, source: str) -> Codebook:
    """Read a .qsf file: one `Question` for each column that an export of the survey has."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise unusable(f"A .qsf file must be whole JSON ({error}).", "Export it again.", source) from error
    elements = content.get("SurveyElements") if isinstance(content, dict) else None
    if not isinstance(elements, list):
        rule = "JSON must be a survey file of Qualtrics, with `SurveyElements`."
        raise unusable(rule, _LOOK_OF_QSF, source)
    elements = [one for one in elements if isinstance(one, dict)]
    entry = _dict(content.get("SurveyEntry"))
    main = language_code(str(entry.get("SurveyLanguage") or ""))
    payloads = {
        str(payload.get("QuestionID") or one.get("PrimaryAttribute")): payload
        for one in elements
        if one.get("Element") == "SQ" and (payload := _dict(one.get("Payload")))
    }
    sections, trash = _blocks(elements)
    used = [id_ for id_ in sections if id_ in payloads] + [id_ for id_ in payloads if id_ not in sections]
    questions: list[Question] = []
    groups: dict[str, Words] = {}
    languages = {main: None}
    for id_ in used:
        if id_ in trash:
            continue
        part = _Part(id_, payloads[id_], main, sections.get(id_, ""))
        languages |= dict.fromkeys(part.languages)
        columns = list(part.columns())
        questions += columns
        groups |= {column.group: part.text for column in columns if column.group}
    if not questions:
        raise unusable("A survey file must have questions.", _LOOK_OF_QSF, source)
    codes = [question.code for question in questions]
    again = sorted({code for code in codes if codes.count(code) > 1})
    notes = (f"several questions have the export tag {code!r}; the last one counts" for code in again)
    title = plain(entry.get("SurveyName"))
    return Codebook(
        source, "qualtrics", {main: title} if title else {}, tuple(languages), tuple(questions), groups, tuple(notes)
    )


def _dict(value: Any) -> dict[str, Any]:
    """A JSON object; Qualtrics writes objects that are empty, or have the keys 1, 2, ..., as lists."""
    if isinstance(value, list):
        return {str(place): one for place, one in enumerate(value, start=1)}
    return value if isinstance(value, dict) else {}


def _blocks(elements: list[dict[str, Any]]) -> tuple[dict[str, str], set[str]]:
    """The block of each question in order, and the questions in the trash."""
    sections: dict[str, str] = {}
    trash: set[str] = set()
    for element in elements:
        if element.get("Element") == "BL":
            for block in _dict(element.get("Payload")).values():
                block = _dict(block)
                inside = [str(_dict(one).get("QuestionID")) for one in _dict(block.get("BlockElements")).values()]
                if block.get("Type") == "Trash":
                    trash |= set(inside)
                else:
                    sections |= dict.fromkeys(inside, plain(block.get("Description")))
    return sections, trash


class _Part:
    """One question of the file, and the columns that it becomes."""

    def __init__(self, id_: str, payload: dict[str, Any], main: str, section: str) -> None:
        self.id, self.payload, self.section = id_, payload, section
        self.tag = str(payload.get("DataExportTag") or id_)
        translations = {language_code(code): _dict(texts) for code, texts in _dict(payload.get("Language")).items()}
        self.texts: dict[str, dict[str, Any]] = {main: payload} | {
            code: texts for code, texts in translations.items() if code not in (main, "und")
        }
        self.text = self._words(lambda texts: texts.get("QuestionText"))

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(self.texts)

    def columns(self) -> Iterator[Question]:
        """The columns that a question of this type and selector has in an export."""
        kind, selector = str(self.payload.get("QuestionType")), str(self.payload.get("Selector"))
        several = str(self.payload.get("SubSelector")) == "MultipleAnswer" or selector in _MANY
        if kind == "MC" and not several:
            yield self._column("", self.text, "choice", choices=self._answers("Choices"))
            yield from self._typed("Choices")
        elif kind == "MC":
            for choice, words in self._displays("Choices").items():
                yield self._column(self._recoded(choice), words, "multiple", other=choice, group=self.tag)
            yield from self._typed("Choices")
        elif kind == "Matrix" and selector in ("Likert", "Bipolar", "Profile", "MaxDiff"):
            yield from self._matrix(selector, several)
        elif kind in ("Matrix", "Slider", "CS", "RO"):
            low, high = (self._number(name) for name in ("CSSliderMin", "CSSliderMax"))
            numbers: Kind = "text" if selector == "TE" else "number"
            for choice, words in self._displays("Choices").items():
                suffix = self._tag_of(choice)
                yield self._column(suffix, words, numbers, other=choice, group=self.tag, low=low, high=high)
            yield from self._typed("Choices")
        elif kind == "TE" and selector == "FORM":
            for choice, words in self._displays("Choices").items():
                yield self._column(choice, words, "text", other=choice, group=self.tag)
        elif kind == "TE":
            content = _dict(_dict(_dict(self.payload.get("Validation")).get("Settings")))
            number = content.get("ContentType") == "ValidNumber"
            yield self._column(
                "", self.text, "number" if number else "text", headers=(f"{self.id}_TEXT", f"{self.tag}_TEXT")
            )
        elif kind == "SBS":
            for number, extra in enumerate(_dict(self.payload.get("AdditionalQuestions")).values(), start=1):
                nested = {
                    "DataExportTag": f"{self.tag}#{number}",
                    **_dict(extra),
                    "Choices": self.payload.get("Choices"),
                }
                yield from _Part(f"{self.id}#{number}", nested, self.languages[0], self.section).columns()
        elif kind not in ("DB", "Timing", "Meta", "Captcha"):
            yield self._column("", self.text, "other")

    def _matrix(self, selector: str, several: bool) -> Iterator[Question]:
        answers = self._answers("Answers")
        for choice, words in self._displays("Choices").items():
            row = self._tag_of(choice)
            headers = (row,) if row != choice else ()  # exports of the older kind have the row's tag alone
            if several:
                for answer in self._displays("Answers"):
                    point = self._recoded(answer)
                    label = {code: f"{text} - {answers[point].get(code, '')}" for code, text in words.items()}
                    yield self._column(f"{row}_{point}", label, "multiple", other=f"{choice}_{answer}", group=self.tag)
                continue
            own = self._answers("Answers", choice) if selector == "Profile" else answers
            yield self._column(row, words, "choice", other=choice, group=self.tag, choices=own, headers=headers)
        yield from self._typed("Choices")

    def _column(
        self, suffix: str, text: Words, kind: Kind, *, other: str = "", headers: tuple[str, ...] = (), **more: Any
    ) -> Question:
        """A column; `other` is its number in import ids and older exports, `suffix` its recoded number."""
        code = f"{self.tag}_{suffix}" if suffix else self.tag
        further = (f"{self.tag}_{other}", f"{self.id}_{other}") if other else (self.id,)
        headers = tuple(header for header in dict.fromkeys((*further, *headers)) if header != code)
        return Question(code, text, kind, section=self.section, headers=headers, **more)

    def _typed(self, name: str) -> Iterator[Question]:
        """The columns of choices beside which something may be typed ("Other, namely")."""
        for choice, display in _dict(self.payload.get(name)).items():
            if str(_dict(display).get("TextEntry", "")).lower() in ("true", "on"):
                words = self._displays(name)[choice]
                yield self._column(f"{self._tag_of(choice)}_TEXT", words, "text", other=f"{choice}_TEXT")

    def _tag_of(self, choice: str) -> str:
        return str(_dict(self.payload.get("ChoiceDataExportTags")).get(choice) or choice)

    def _recoded(self, choice: str) -> str:
        return str(_dict(self.payload.get("RecodeValues")).get(choice, choice))

    def _answers(self, name: str, *inside: str) -> dict[str, Words]:
        """The code of each answer in exports with its label."""
        return {self._recoded(choice): words for choice, words in self._displays(name, *inside).items()}

    def _displays(self, name: str, *inside: str) -> dict[str, Words]:
        """The texts of choices or answers by number, in the order in which they are shown."""
        parts = _dict(self.payload.get(name))
        for key in inside:
            parts = _dict(parts.get(key))
        order = [str(one) for one in _dict(self.payload.get(name.removesuffix("s") + "Order")).values()]
        ids = [one for one in order if one in parts] + [one for one in parts if one not in order]

        def text_of(texts: Mapping[str, Any], id_: str) -> Any:
            at = _dict(texts.get(name))
            for key in inside:
                at = _dict(at.get(key))
            return _dict(at.get(id_)).get("Display")

        return {id_: self._words(lambda texts, id_=id_: text_of(texts, id_)) for id_ in ids}

    def _words(self, find: Any) -> Words:
        """A text in each language that has it."""
        found = {code: plain(find(texts)) for code, texts in self.texts.items()}
        return {code: text for code, text in found.items() if text}

    def _number(self, name: str) -> float | None:
        try:
            return float(_dict(self.payload.get("Configuration")).get(name, ""))
        except (TypeError, ValueError):
            return None
