"""A questionnaire drafted from an export: items, scales, factors and who answered, each with its reason."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from hpp_analysis.drafts.columns import Column, columns_of, plain_question
from hpp_analysis.drafts.factors import WHOLE, Group, efa_groups, groups_of, reversed_items
from hpp_analysis.drafts.long import Long, long_of
from hpp_analysis.drafts.people import person_of
from hpp_analysis.drafts.scales import Block, Family, families_of, full_words, read_block
from hpp_analysis.drafts.words import says_dont_know
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import checked, nearest, one_of
from hpp_analysis.survey.codebooks import Codebook, read_codebook
from hpp_analysis.survey.codebooks.codebook import UNKNOWN_LANGUAGE
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.mapping import ColumnMap
from hpp_analysis.survey.matching import match
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import canonical, normalise
from hpp_analysis.survey.survey import Survey, read_survey

FactorSource = Literal["names", "efa", "one"]
Certainty = Literal["sure", "likely", "doubtful"]
_DUTCH = re.compile(
    r"\b(de|het|een|en|ik|wij|mijn|onze|niet|van|voor|met|zijn|wordt|worden|eens|oneens|tevreden|afdeling|vraag|weet|goed|samen|naar"
    r"|deelnemer|geslacht|leeftijd|nooit|soms|altijd|elkaar|over|heb|ben)\b"
)
_ENGLISH = re.compile(
    r"\b(the|and|i|we|my|our|not|of|for|with|is|are|you|your|do|does|agree|disagree|satisfied|department|question|know|good|to"
    r"|gender|age|never|sometimes|always|how|what|have|am)\b"
)
_PERSON_TEXTS = {
    "respondent": {"en": "Respondent", "nl": "Respondent"}, "client": {"en": "Client", "nl": "Opdrachtgever"},
    "partner": {"en": "Partner", "nl": "Partner"}, "side": {"en": "Side", "nl": "Kant"}, "role": {"en": "Role", "nl": "Functie"},
    "department": {"en": "Department", "nl": "Afdeling"}, "organisation": {"en": "Organisation", "nl": "Organisatie"},
    "wave": {"en": "Wave", "nl": "Meting"}, "period": {"en": "Period", "nl": "Periode"}, "consent": {"en": "Consent", "nl": "Toestemming"},
}  # fmt: skip
_SIDES = {
    "client": r"client|klant|opdrachtgever|customer|afnemer|principal|c|k|o",
    "partner": r"partner|leverancier|supplier|vendor|contractor|opdrachtnemer|aannemer|p|l|s",
}
_COUNTED = re.compile(
    r"(mean|average|gemiddelde?|median|mediaan|sd|std\.?( ?dev)?|n|count|aantal|frequency|frequentie|percentage?|%)"
)
_MOST_LISTED = 40  # columns in a message
_REFUSALS = re.compile(r"no|nee|0|false|disagree|niet akkoord|geen toestemming|i do not.*|ik ga niet.*")


@dataclass(frozen=True, slots=True)
class Guess:
    """The guessed role of a column.

    Attributes
    ----------
    column : str
        Its header, or `#5` where that names no single column.
    role : str
        "item", "respondent column", "comment", "private", "answering", "background" or "other".
    id : str
        Of the item or respondent column that it becomes; else empty.
    reason : str
    certainty : {"sure", "likely", "doubtful"}
    """

    column: str
    role: str
    id: str
    reason: str
    certainty: Certainty


@dataclass(frozen=True, eq=False)
class Draft:
    """A drafted questionnaire, with the mapping that an export needs and the reason for each guess.

    Attributes
    ----------
    instrument : Instrument
        The questionnaire. It is whole: `read_survey` takes it.
    mapping : ColumnMap
        Which column is what, as far as headers do not say so.
    guesses : tuple of Guess
        What each column was taken for, in the order of the file.
    doubts : tuple of str
        What a person must look at before anything is reported, the most doubtful first.
    groups : mapping of str to Group
        The factors by id, with why their items belong together.
    reverse : mapping of str to float
        Items that may be reversed, with their correlation with the rest of their factor; none is turned round.
    sources : tuple of path or DataFrame
        What it was drafted from.
    answers : Survey
        The answers as the draft reads them.
    """

    instrument: Instrument
    mapping: ColumnMap
    guesses: tuple[Guess, ...]
    doubts: tuple[str, ...]
    groups: Mapping[str, Group] = field(repr=False)
    reverse: Mapping[str, float] = field(repr=False)
    sources: tuple[Any, ...] = field(repr=False)
    answers: Survey = field(repr=False)

    @property
    def source(self) -> str:
        """The names of the files."""
        return ", ".join("a DataFrame" if isinstance(one, pd.DataFrame) else Path(one).name for one in self.sources)

    @property
    def language(self) -> str:
        """The guessed language of the texts."""
        return str(self.instrument.languages[0])

    def to_frame(self) -> pd.DataFrame:
        """The guesses as a table: column, role, id, reason, certainty."""
        return pd.DataFrame([{name: getattr(guess, name) for name in Guess.__slots__} for guess in self.guesses])

    def survey(self) -> Survey:
        """The answers as the draft reads them."""
        return self.answers

    def _repr_html_(self) -> str:
        from html import escape

        listed = "".join(f"<li>{escape(doubt)}</li>" for doubt in self.doubts)
        table = str(self.to_frame().to_html(index=False, escape=True))
        return f"<p>{escape(repr(self))}</p><ol>{listed}</ol>{table}"

    def __repr__(self) -> str:
        parts = self.instrument
        return (
            f"<Draft {parts.name}: {len(parts.items)} items in {len(parts.factors)} factors on a scale from {parts.scale.min} "
            f"to {parts.scale.max}, {len(self.doubts)} doubts>"
        )


@checked
def propose_instrument(
    source: str | Path | pd.DataFrame | Sequence[str | Path | pd.DataFrame],
    *,
    study_name: str | None = None,
    sheet: str | int | None = None,
    items: Sequence[str] | None = None,
    factors: FactorSource = "names",
    language: str | None = None,
    codebook: str | Path | Codebook | None = None,
) -> Draft:
    """Draft a questionnaire from an export: which columns are items, on which scale, in which factors, and who answered.

    Nothing doubtful is taken in silence: `doubts` lists what a person must check, and each guess has its reason.

    Parameters
    ----------
    source : path or DataFrame, or a sequence of these
        The export; several of the same questionnaire (waves, groups) are looked at together.
    study_name : str, optional
        What the questionnaire is called; by default as the file.
    sheet : str or int, optional
        Of a workbook: its name, or its number from 1.
    items : sequence of str, optional
        Headers of the items, `*` for any letters: `["PA*", "NA*"]`. By default they are found by their answers.
    factors : {"names", "efa", "one"}
        Where factors come from: headers, an exploratory factor analysis of these answers, or one for all items.
    language : str, optional
        Of the texts; by default that of the codebook, else Dutch or English, by the words that stand there.
    codebook : path or Codebook, optional
        What describes the survey: a Qualtrics .qsf, LimeSurvey .lss, REDCap dictionary or codebook sheet, as
        `read_codebook` takes it. It gives texts, labels, points that nobody chose, factors and reversed items.

    Returns
    -------
    Draft

    Raises
    ------
    SurveyError
        When a file cannot be read, or has no items.

    See Also
    --------
    hpp_analysis.drafts.draft_study : writes the draft as the folder of a study

    Examples
    --------
    >>> import pandas as pd
    >>> export = pd.DataFrame({"id": [1, 2, 3, 4], "q1": [1, 5, 2, 4], "q2": [2, 5, 1, 4], "q3": [1, 4, 3, 5]})
    >>> draft = propose_instrument(export, study_name="pulse")
    >>> [item.id for item in draft.instrument.items], draft.instrument.scale.max
    (['q1', 'q2', 'q3'], 5)
    >>> draft.to_frame()["role"].tolist()
    ['respondent column', 'item', 'item', 'item']
    """
    one_of(factors, FactorSource, "factors")
    sources = tuple(source) if isinstance(source, Sequence) and not isinstance(source, str) else (source,)
    raws = [read_raw(one, sheet=sheet) for one in sources]
    book = codebook if codebook is None or isinstance(codebook, Codebook) else read_codebook(codebook)
    wanted = [items] if isinstance(items, str) else items
    together, told = _with_one_scale(raws, sheet, language, book, wanted)
    raws, sources = [raws[place] for place in together], tuple(sources[place] for place in together)
    draft = _Drafting(raws, sources, sheet, study_name, language, book)
    if told:
        draft.doubt(0, told)
    draft.find_items(wanted)
    draft.find_people()
    return draft.finish(factors)


_APART = 2
"""Points by which the highest answers of two files must differ to be answers on two scales: 5 and 7, not 4 and 5."""


def _with_one_scale(
    raws: Sequence[RawTable],
    sheet: str | int | None,
    language: str | None,
    book: Codebook | None,
    wanted: Sequence[str] | None,
) -> tuple[list[int], str]:
    """The files that were answered on one scale, and what to say of the others: their numbers cannot be compared."""
    everything = list(range(len(raws)))
    if len(raws) == 1:
        return everything, ""
    groups: list[tuple[float, str, list[int]]] = []  # the highest answer, the scale in words, and the files
    for place, raw in enumerate(raws):
        alone = _Drafting([raw], (), sheet, None, language, book)
        try:
            alone.find_items(wanted)
        except SurveyError:
            return everything, ""  # what is wrong with it is told of all files together
        if not alone.families:
            return everything, ""
        scale = alone.families[0]
        low, high = (1, len(scale.words)) if scale.kind == "words" else (scale.low, scale.high)
        known = next((places for top, _name, places in groups if abs(top - high) < _APART), None)
        if known is None:
            groups.append((high, f"{low:g} to {high:g}", [place]))
        else:
            known.append(place)
    if len(groups) == 1:
        return everything, ""
    most = max(groups, key=lambda group: (len(group[2]), group[2][-1]))
    _top, chosen, together = most
    others = "; ".join(
        f"{', '.join(raws[place].source for place in group[2])} ({group[1]})" for group in groups if group is not most
    )
    kept = ", ".join(raws[place].source for place in together)
    return together, (
        f"The files have different answer scales. Drafted from {kept} ({chosen}); left out: {others}. Draft the others by themselves, "
        "or add their scale to `scales` and name it in a mapping of each file (`scale:`)."
    )


class _Drafting:
    """The steps of a draft, and their shared state."""

    def __init__(
        self,
        raws: list[RawTable],
        sources: tuple[Any, ...],
        sheet: str | int | None,
        name: str | None,
        language: str | None,
        book: Codebook | None,
    ) -> None:
        self.raws, self.sources, self.sheet = raws, sources, sheet
        self.raw = _pooled(raws)
        self.copies = _stale_copies(self.raw)
        self.columns = [column for column in columns_of(self.raw, book) if column.place not in self.copies]
        self.name = _id_of(name or Path(raws[0].source).stem, "study")
        words = " ".join(f"{column.header} {column.text}" for column in self.columns)
        words += " " + " ".join(word for column in self.columns for word in list(column.answers.words)[:12])
        found = "nl" if len(_DUTCH.findall(normalise(words))) > len(_ENGLISH.findall(normalise(words))) else "en"
        spoken = next((code for code in book.languages if code != UNKNOWN_LANGUAGE), None) if book is not None else None
        self.language = language or spoken or found
        if book is not None and not any(column.entry for column in self.columns):
            rule = "A codebook must describe columns of the export; none of its questions is there."
            raise SurveyError([Failure(rule, "Give the codebook of this survey.", book.source)])
        self.doubts: list[tuple[int, str]] = []  # how doubtful, from 0, and what
        self.families: list[Family] = []
        self.why_not: dict[int, str] = {}
        self.long: Long | None = None
        self.people: dict[int, tuple[str, str, Certainty]] = {}
        self.extras: dict[str, dict[str, Any]] = {}  # of respondent columns: values
        self.reference = _references(self.raw)

    def doubt(self, rank: int, text: str) -> None:
        """Note what a person must look at; 0 is the most doubtful."""
        self.doubts.append((rank, text))

    # which columns are items

    def find_items(self, wanted: Sequence[str] | None) -> None:
        """Find the items and their scales, or take those that are wanted."""
        if wanted is not None:
            self._take(wanted)
            return
        self.families, self.why_not = families_of(self.columns)
        if not self.families:
            self.long = long_of(self.columns)
            if self.long is not None:
                self.families = [self.long.family]
        if not self.families:
            raise SurveyError([self._nothing()])
        if self.copies:
            first, last = min(self.copies), max(self.copies)
            self.doubt(
                1,
                f"Columns #{first + 1} to #{last + 1} repeat the questions of earlier columns: taken for a copy of another "
                "survey, and ignored.",
            )
        for column in self.columns:
            reason = self.why_not.get(column.place, "")
            if reason.endswith("two scales?"):
                self.doubt(
                    1, f"{self.reference[column.place]}: {reason} Not taken as an item; split it, or correct the file."
                )

    def _nothing(self) -> Failure:
        """The reason why a file gives no draft."""
        rows = max((column.n_rows for column in self.columns), default=0)
        kinds = Counter(self.why_not.get(column.place, "") for column in self.columns)
        decimals = [
            column for column in self.columns if any(not number.is_integer() for number in column.answers.numbers)
        ]
        listed = "; ".join(f"{n} {reason}" for reason, n in kinds.most_common(4) if reason)
        remedy = "Give the file with one column an item, or name the items (`--items 'Q*'`)."
        if len(decimals) > 2 and len(decimals) * 2 > len(self.columns) - 3:
            remedy = (
                "These look like scores that were computed from items: give the answers to the single items, or name the columns "
                "that are to count as items (`--items`)."
            )
        elif any(_COUNTED.fullmatch(normalise(column.header)) for column in self.columns):
            remedy = "This seems a summary with means or counts: export the answers of each person."
        elif rows < 3:
            remedy = f"The file has {rows} row{'s'[: rows != 1]}: draft from a file with answers of more persons."
        rule = f"A file must hold items: at least two columns answered on the same scale ({listed or 'it has no columns'})."
        return Failure(rule, remedy, self.raw.source)

    def _take(self, wanted: Sequence[str]) -> None:
        """The columns that the user names as items."""
        chosen: dict[int, Column] = {}
        for pattern in wanted:
            meant = normalise(pattern)
            hits = [
                column
                for column in self.columns
                if fnmatchcase(normalise(column.header), meant) or pattern == f"#{column.place + 1}"
            ]
            if not hits:
                headers = [column.header for column in self.columns]
                listed = ", ".join(headers[:_MOST_LISTED]) + (", ..." if len(headers) > _MOST_LISTED else "")
                rule = f"`items` must name columns of the file, with `*` for any letters; there are {listed}."
                suggestion = nearest(pattern, headers)
                raise SurveyError([Failure(rule, suggestion, self.raw.source, 1, value=pattern)])
            chosen |= {column.place: column for column in hits}
        columns = [chosen[place] for place in sorted(chosen)]
        block = read_block(Block(columns, "named as items"))
        if block is None:
            found = [number for column in columns for number in column.answers.numbers]
            strange = [self.reference[column.place] for column in columns if column.answers.words]
            if strange or not found:
                rule = "Items must be answered in numbers, or in words of one scale."
                raise SurveyError(
                    [Failure(rule, "Name other columns.", self.raw.source, 1, value=", ".join(strange[:5]))]
                )
            block = Block(columns, "named as items", "slider", math.floor(min(found)), math.ceil(max(found)))
            self.doubt(
                0,
                f"The scale of the items is taken to run from {block.low:g} to {block.high:g}, as answers do: correct it.",
            )
        self.families = [Family([block])]

    # who answered

    def find_people(self) -> None:
        """Find the columns that say who answered."""
        items = {column.place for family in self.families for column in family.columns}
        taken: dict[str, int] = {}
        again: list[tuple[Column, str]] = []  # ids that stand in several rows
        for column in self.columns:
            if column.place in items:
                continue
            person = person_of(column)
            if person is None or person.role not in _PERSON_TEXTS:
                continue
            if person.role in taken:
                other = self.reference[taken[person.role]]
                self.why_not[column.place] = f"may be the {person.role} too; {other} was taken"
                continue
            certainty = person.certainty
            if person.role == "respondent" and certainty == "doubtful":
                again.append((column, person.reason))
                continue
            taken[person.role] = column.place
            self.people[column.place] = (person.role, person.reason, certainty)  # type: ignore[assignment]
            if person.role == "side":
                self._side(column)
            if person.role == "consent":
                self._consent(column)
        for column, reason in again:
            self._repeated_id(column, reason, taken)

    def _repeated_id(self, column: Column, reason: str, taken: dict[str, int]) -> None:
        """An id in several rows: of a person who rates several partners or answers in several waves, or of something else."""
        separating = [place for role, place in taken.items() if role in ("client", "partner", "wave")]
        by_place = {one.place: one for one in self.columns}
        keys = pd.DataFrame({place: by_place[place].codes for place in (column.place, *separating)})
        once = bool(separating) and not keys.duplicated().any()
        if "respondent" not in taken and (once or (self.long is not None and not self.long.alone)):
            taken["respondent"] = column.place
            why = "once with each partner and wave" if once else "with each of the answers of a person"
            self.people[column.place] = ("respondent", f"{reason}, {why}", "likely")
            return
        self.why_not[column.place] = reason
        self.doubt(
            0, f"{self.reference[column.place]}: {reason}; not taken for persons, so that each row counts as one."
        )

    def _side(self, column: Column) -> None:
        """The values of a column of sides: which of them is the client's."""
        values = {}
        for side, pattern in _SIDES.items():
            matching = [value for value in column.counts if re.fullmatch(pattern, normalise(value))]
            if len(matching) == 1:
                values[side] = matching[0]
        if len(values) == 2:
            self.extras["side"] = {
                "values": [
                    {"id": side, "text": {self.language: value}, "codes": [value]} for side, value in values.items()
                ]
            }
            if set(column.counts) == set(values.values()):
                return
        del self.people[column.place]
        listed = ", ".join(map(repr, list(column.counts)[:5]))
        self.why_not[column.place] = "sides of which it is not known which is the client"
        self.doubt(
            1,
            f"{self.reference[column.place]} may tell the side; say which of {listed} is client and partner to use it.",
        )

    def _consent(self, column: Column) -> None:
        no = sum(n for value, n in column.counts.items() if _REFUSALS.fullmatch(normalise(value)))
        if no:
            self.doubt(
                0,
                f"{self.reference[column.place]}: {no:,} person{'s'[: no != 1]} did not consent; leave these rows out.",
            )

    # the questionnaire

    def finish(self, factors: FactorSource) -> Draft:
        """Put the questionnaire together, and read the export with it."""
        content, items = self._content()
        groups = self._groups(factors, items, content)
        mapping = self._mapping(parse_instrument(content), items)
        instrument, mapping, survey = self._read(content, mapping)
        reverse: dict[str, float] = {}
        for factor in instrument.factors:
            reverse |= reversed_items(survey[factor.id], one_factor=groups[factor.id].certainty != "doubtful")
        if reverse:
            listed = ", ".join(f"{id_} ({r:.2f})" for id_, r in list(reverse.items())[:8])
            more = f" and {len(reverse) - 8} more" if len(reverse) > 8 else ""
            self.doubt(
                0,
                f"Perhaps reversed, by their correlation with the other items of their factor: {listed}{more}. "
                "None is turned round; write `reverse: true` where the text says the opposite.",
            )
        self._doubts_about(instrument, groups, survey)
        order = sorted(range(len(self.doubts)), key=lambda place: (self.doubts[place][0], place))
        doubts = tuple(self.doubts[place][1] for place in order)
        return Draft(instrument, mapping, tuple(self._guesses(items)), doubts, groups, reverse, self.sources, survey)

    def _content(self) -> tuple[dict[str, Any], dict[int, str]]:
        """The content of the questionnaire but for its factors, and the id of each item by its place."""
        main, *others = self.families
        scales = {f"scale{number}": family for number, family in enumerate(others, start=2)}
        named = {column.place: name for name, family in scales.items() for column in family.columns}
        taken = {"total", *_PERSON_TEXTS}
        ids: dict[int, str] = {}
        listed = []
        if self.long is not None:
            for number, wordings in enumerate(self.long.questions, start=1):
                ids[-number] = f"q{number}"
                text = plain_question(wordings[0].strip())
                headers = [wording for wording in wordings if normalise(wording) != normalise(text)]
                listed.append({"id": f"q{number}", "text": {self.language: text}, "headers": headers})
        else:
            columns = sorted(
                (column for family in self.families for column in family.columns), key=lambda one: one.place
            )
            for number, column in enumerate(columns, start=1):
                id_ = _free(_id_of(column.code, "q") if column.code else f"q{number}", taken)
                ids[column.place] = id_
                text = plain_question(column.text)[:2000]
                item: dict[str, Any] = {"id": id_, "text": {self.language: text}}
                header = column.header
                if header and normalise(header) not in (normalise(text), id_):
                    item["headers"] = [header]
                if column.entry is not None and column.entry.reverse:
                    item["reverse"] = True
                if column.place in named:
                    item["scale"] = named[column.place]
                if len(self.raws) > 1 and any(not _has(raw, header) for raw in self.raws):
                    item["optional"] = True
                listed.append(item)
        content: dict[str, Any] = {
            "name": self.name,
            "title": {self.language: self.name.replace("_", " ").capitalize()},
            "unit": "rating" if any(role == "partner" for role, _, _ in self.people.values()) else "person",
            "scale": self._scale(main),
            "scales": {name: self._scale(family) for name, family in scales.items()},
            "columns": self._respondent_columns(),
            "items": listed,
        }
        if self.long is not None and self.long.repeats:
            content["repeated"] = "first"
        return {key: value for key, value in content.items() if value not in ({}, [])}, ids

    def _respondent_columns(self) -> list[dict[str, Any]]:
        columns = []
        for place, (role, _, _) in self.people.items():
            header = self.raw.header[place]
            text = _PERSON_TEXTS[role].get(self.language, role)
            column = {"id": role, "text": {self.language: text}, **self.extras.get(role, {})}
            if header and normalise(header) not in (role, normalise(text)):
                column["headers"] = [header]
            columns.append(column)
        return columns

    def _scale(self, family: Family) -> dict[str, Any]:
        """The scale of a family as an instrument has it."""
        scale: dict[str, Any]
        words = family.words
        if family.kind == "words":
            full = full_words(words)
            labels = {point: word for point, word in enumerate(full, start=1) if word is not None}
            scale = {"min": 1, "max": len(full)}
            if None in full:
                self.doubt(
                    1, f"Nobody chose one of the points of {', '.join(map(repr, words))}: a scale of five was assumed."
                )
        else:
            scale = {"min": int(family.low), "max": math.ceil(family.high)}
            labels = {
                point: spelling for point, spelling in family.beside.items() if scale["min"] <= point <= scale["max"]
            }
            whole = all(number.is_integer() for column in family.columns for number in column.answers.numbers)
            if not whole:
                scale["decimals"] = True
            if family.kind != "words" and family.low not in (0, 1) and family.low != -family.high:
                self.doubt(
                    1,
                    f"No answer is below {family.low:g} or above {family.high:g} on the scale of {_some(family.columns)}: "
                    "correct `min` and `max` where the questionnaire has more points.",
                )
        labels, written = _once(_without_numbers(labels)), labels
        spellings = {point: [written[point]] for point, label in labels.items() if label != written[point].strip()}
        if spellings:
            scale["spellings"] = spellings  # the export writes the number before the label
        for end in (scale["min"], scale["max"]):
            labels.setdefault(end, str(end))
        scale["labels"] = {point: {self.language: labels[point]} for point in sorted(labels)}
        points = {canonical(spelling) for spelling in (*labels.values(), *written.values())} | set(
            map(str, range(scale["min"], scale["max"] + 1))
        )
        unknown, missing = self._no_answers(family, points)
        if unknown:
            first = next((spelling for spelling in unknown if not canonical(spelling).lstrip("+-").isdigit()), None)
            text = first or {"nl": "Weet niet"}.get(self.language, "Don't know")
            codes = [spelling for spelling in unknown if canonical(spelling) != canonical(text)]
            scale["dont_know"] = {"text": {self.language: text}, **({"codes": codes} if codes else {})}
        if missing:
            scale["missing"] = missing
        return scale

    def _no_answers(self, family: Family, points: set[str]) -> tuple[list[str], list[str]]:
        """The codes of a scale for "don't know" or "not applicable", and those for a missing answer."""
        labels = {canonical(value): label for column in family.columns for value, label in column.labels.items()}
        if self.long is not None:
            labels |= self.long.labels
        unknown: dict[str, str] = {}
        missing: dict[str, str] = {}
        guessed = []
        for spelling in family.none:
            code = canonical(spelling)
            if code in points:
                continue
            label = labels.get(code, spelling)
            home = unknown if says_dont_know(re.sub(r"^\(?-?\d+\)?\s*", "", label) or label) else missing
            home.setdefault(code, spelling if not code.lstrip("+-").isdigit() else code)
            if code.lstrip("+-").isdigit() and code not in labels:
                declared = any(code in column.missing for column in family.columns)
                if not declared:
                    guessed.append(f"{code} ({family.none[spelling]:,} times)")
        if guessed:
            self.doubt(
                0,
                f"{', '.join(guessed)} on the scale of {_some(family.columns)}: taken for codes of a skipped answer; for "
                '"don\'t know" move them to `dont_know`, for an answer widen the scale.',
            )
        return list(unknown.values()), [spelling for code, spelling in missing.items() if code not in unknown]

    def _groups(self, factors: FactorSource, items: dict[int, str], content: dict[str, Any]) -> dict[str, Group]:
        """The factors; each item of the content gets its own."""
        by_place = {column.place: column for column in self.columns}
        columns = [by_place[place] for place in items if place >= 0]
        if self.long is not None:
            found = [Group(WHOLE, [], "one row an answer: nothing says which belong together", "doubtful")]
        elif factors == "one":
            found = [Group(WHOLE, columns, "one factor was asked for", "sure")]
        elif factors == "efa":
            answers = self._answers(content, items)
            found = efa_groups(columns, answers)
        else:
            found = groups_of(columns)
        whole = {"nl": "Alle vragen"}.get(self.language)  # a report in that language shows it
        found = [group._replace(name=whole) if whole and group.name == WHOLE else group for group in found]
        taken = {*items.values(), *_PERSON_TEXTS}
        groups = {_free(_id_of(group.name, "f"), taken): group for group in found}
        home = {column.place: id_ for id_, group in groups.items() for column in group.columns}
        only = next(iter(groups))
        for item, place in zip(content["items"], items, strict=True):
            item["factor"] = home.get(place, only)
        content["factors"] = [{"id": id_, "name": {self.language: group.name}} for id_, group in groups.items()]
        return groups

    def _answers(self, content: dict[str, Any], items: dict[int, str]) -> pd.DataFrame:
        """The answers as they are read with one factor for all items."""
        whole = {**content, "factors": [{"id": "all_items", "name": content["title"]}]}
        whole["items"] = [{**item, "factor": "all_items"} for item in content["items"]]
        _, _, survey = self._read(whole, self._mapping(parse_instrument(whole), items))
        return survey.items

    def _mapping(self, instrument: Instrument, items: dict[int, str]) -> ColumnMap:
        """The mapping of columns whose headers are not enough."""
        keys: dict[str, Any] = {}
        if self.sheet is not None:
            keys["sheet"] = self.sheet
        private = [column.place for column in self.columns if self._is_private(column)]
        ignored = [self.reference[place] for place in sorted({*private, *self.copies})]
        if ignored:
            keys["ignore"] = ignored
        if self.long is not None:
            who = next((place for place, (role, _, _) in self.people.items() if role == "respondent"), None)
            keys["long"] = {"question": self.long.question.header, "answer": self.long.answer.header}
            if who is not None:
                keys["long"]["respondent"] = self.raw.header[who]
            return ColumnMap.model_validate(keys)
        wanted = {id_: place for place, id_ in items.items()}
        people = {role: place for place, (role, _, _) in self.people.items()}
        # a column that is named here no longer stands in the way of another one: hence a second look
        for one in 2 * (self.raws if len(self.raws) > 1 else [self.raw]):
            found = match(one, instrument, ColumnMap.model_validate(keys))
            place_of = {normalise(text): place for place, text in enumerate(one.header)}
            for part, places in (("items", wanted), ("columns", people)):
                for id_, place in places.items():
                    at = place if one is self.raw else place_of.get(normalise(self.raw.header[place]), -1)
                    if at >= 0 and found.places.get(id_) != at:
                        keys.setdefault(part, {})[id_] = {"column": self.reference[place]}
            repeated = {id_ for id_, _ in found.repeated} & set(wanted)
            for id_ in repeated:
                keys.setdefault("items", {})[id_] = {"column": self.reference[wanted[id_]]}
        return ColumnMap.model_validate(keys)

    def _is_private(self, column: Column) -> bool:
        person = None if column.place in self.people else person_of(column)
        return person is not None and person.role == "private"

    def _read(self, content: dict[str, Any], mapping: ColumnMap) -> tuple[Instrument, ColumnMap, Survey]:
        """Read the export with the draft; where a person answers twice, the column is no id of persons."""
        instrument = parse_instrument(content)
        try:
            return instrument, mapping, read_survey(list(self.sources), instrument=instrument, mapping=mapping)
        except SurveyError as error:
            who = {failure.column for failure in error.failures}
            if who != {"respondent"} or instrument.column("respondent") is None:
                raise
        self.doubt(
            0, "The column of respondents names some of them twice: not used, so that each row counts as a person."
        )
        content["columns"] = [column for column in content["columns"] if column["id"] != "respondent"]
        place = next(place for place, (role, _, _) in self.people.items() if role == "respondent")
        del self.people[place]
        mapping = mapping.model_copy(
            update={"columns": {id_: one for id_, one in mapping.columns.items() if id_ != "respondent"}}
        )
        instrument = parse_instrument(content)
        return instrument, mapping, read_survey(list(self.sources), instrument=instrument, mapping=mapping)

    def _doubts_about(self, instrument: Instrument, groups: Mapping[str, Group], survey: Survey) -> None:
        """Note doubts about the questionnaire as a whole."""
        for family in self.families:
            beside = [
                column for block in family.blocks if block.why.startswith("beside items") for column in block.columns
            ]
            if beside:
                self.doubt(
                    1, f"Taken as items because they stand beside items and have the same answers: {_some(beside)}."
                )
        doubtful = [group for group in groups.values() if group.certainty == "doubtful"]
        if doubtful:
            named = "; ".join(f"{group.name!r}: {group.reason}" for group in doubtful[:4])
            other = (
                "" if any("an EFA" in group.reason for group in doubtful) else " `--factors efa` proposes another one."
            )
            self.doubt(0, f"Which items measure one factor is a guess ({named}).{other}")
        coded = [
            item
            for item in instrument.items
            if normalise(next(iter(item.text.values()))) in (item.id, *map(normalise, item.headers))
        ]
        short = [item for item in coded if len(next(iter(item.text.values())).split()) < 3]
        if len(short) > len(instrument.items) / 2:
            self.doubt(
                1,
                f"The file names {len(short)} items by codes or single words: replace these by the texts of the questions.",
            )
        if len(self.families) > 1:
            listed = "; ".join(f"{_some(family.columns)}: {_ends(family)}" for family in self.families[:4])
            self.doubt(
                1,
                f"{len(self.families)} answer scales ({listed}); answers are brought to the first by a straight line.",
            )
        if instrument.column("respondent") is None:
            self.doubt(2, "No column tells who answered: each row counts as a person.")
        if self.long is not None and self.long.alone:
            self.doubt(
                0,
                "Each answer has an id of its own: which answers are one person's is not known, so factors mean nothing.",
            )
        with_two = [name for name in ("partner", "side", "client") if name in survey.respondents]
        if len(with_two) == 1:
            self.doubt(2, f"There is a column {with_two[0]!r}, but none for the other parts of a partnership.")

    def _guesses(self, items: dict[int, str]) -> Iterable[Guess]:
        why = {
            column.place: (block.why, "doubtful" if block.why.startswith("beside items") else "likely")
            for family in self.families
            for block in family.blocks
            for column in block.columns
        }
        by_place = {column.place: column for column in self.columns}
        for place, called in enumerate(self.reference):
            column = by_place.get(place)
            if column is None:
                yield Guess(called, "other", "", "a copy of earlier columns", "likely")
            elif place in items:
                yield Guess(called, "item", items[place], *why[place])  # type: ignore[arg-type]
            elif place in self.people:
                role, reason, certainty = self.people[place]
                yield Guess(called, "respondent column", role, reason, certainty)
            else:
                person = person_of(column)
                reason = self.why_not.get(place, "") or (person.reason if person else "")
                if self.long is not None and column in (self.long.question, self.long.answer):
                    yield Guess(called, "item", "", "questions and answers, one row an answer", "likely")
                    continue
                role = person.role if person and person.role in ("private", "answering", "background") else "other"
                if role == "other" and reason == "open answers":
                    role = "comment"
                yield Guess(called, role, "", reason, "likely")


def _pooled(raws: list[RawTable]) -> RawTable:
    """Stack several exports, to see all answers to a question together."""
    if len(raws) == 1:
        return raws[0]
    headers: dict[str, str] = {}
    for raw in raws:
        for header in raw.header:
            headers.setdefault(normalise(header), header)
    frames: list[pd.DataFrame] = []
    labels: dict[int, Mapping[str, str]] = {}
    missing: dict[int, frozenset[str]] = {}
    further: dict[int, tuple[str, ...]] = {}
    for raw in raws:
        first: dict[str, int] = {}
        for place, header in enumerate(raw.header):
            first.setdefault(normalise(header), place)
        frames.append(
            pd.DataFrame(
                {
                    at: raw.cells[first[key]].astype(object) if key in first else pd.Series([None] * len(raw.rows))
                    for at, key in enumerate(headers)
                }
            )
        )
        for at, key in enumerate(headers):
            if key in first:
                labels[at] = {**labels.get(at, {}), **raw.labels.get(first[key], {})}
                missing[at] = missing.get(at, frozenset()) | raw.missing.get(first[key], frozenset())
                if raw.headers:
                    further.setdefault(at, raw.headers[first[key]])
    cells = pd.concat(frames, ignore_index=True)
    sources = ", ".join(raw.source for raw in raws)
    texts = tuple(further.get(at, ()) for at in range(len(headers))) if further else ()
    return replace(
        raws[0],
        header=list(headers.values()),
        cells=cells,
        rows=pd.RangeIndex(2, len(cells) + 2),
        source=sources,
        headers=texts,
        labels=labels,
        missing=missing,
    )


def _has(raw: RawTable, header: str) -> bool:
    return normalise(header) in {normalise(text) for text in raw.header}


def _stale_copies(raw: RawTable) -> set[int]:
    """Columns from the first on that repeats an earlier question, where most behind it do so too."""
    seen: set[str] = set()
    again = []
    for place, header in enumerate(raw.header):
        key = normalise(header)
        if len(key.split()) < 5:
            continue
        if key in seen:
            again.append(place)
        seen.add(key)
    if not again:
        return set()
    rest = [place for place in range(again[0], len(raw.header)) if len(raw.header[place].split()) >= 5]
    return set(range(again[0], len(raw.header))) if len(again) > max(4, 0.4 * len(rest)) else set()


def _references(raw: RawTable) -> list[str]:
    """The name of each column in a mapping: its header if that is unique, otherwise its number."""
    times = Counter(map(normalise, raw.header))
    return [
        header if header and times[normalise(header)] == 1 and not header.startswith("#") else f"#{place + 1}"
        for place, header in enumerate(raw.header)
    ]


def _id_of(text: str, prefix: str) -> str:
    """A text as an id: small letters, digits and underscores."""
    import unicodedata

    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    cleaned = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:36].rstrip("_")
    return cleaned if cleaned and cleaned[0].isalpha() else f"{prefix}_{cleaned}".rstrip("_")


def _free(id_: str, taken: set[str]) -> str:
    """The id, with a number if it is already used."""
    free, number = id_, 2
    while free in taken:
        free, number = f"{id_}_{number}", number + 1
    taken.add(free)
    return free


def _without_numbers(labels: dict[int, str]) -> dict[int, str]:
    """The labels without the number of their point, where each begins with it: "4 agree" is "agree"."""
    bare = {
        point: re.sub(rf"^[(\[]?{point}[)\]]?[\s.:=)-]+(?=\D)", "", label.strip()) for point, label in labels.items()
    }
    changed = all(bare[point] != label.strip() or label.strip() == str(point) for point, label in labels.items())
    return bare if changed else labels


def _once(labels: Mapping[int, str]) -> dict[int, str]:
    """The labels that only one point has."""
    times = Counter(canonical(label) for label in labels.values())
    return {point: label for point, label in labels.items() if times[canonical(label)] == 1 and label.strip()}


def _ends(family: Family) -> str:
    return " to ".join((family.words[0], family.words[-1])) if family.words else f"{family.low:g} to {family.high:g}"


def _some(columns: Sequence[Column]) -> str:
    """The first few columns by name."""
    names = [repr(_short(column.code or column.text)) for column in columns]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _short(text: str, most: int = 50) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
