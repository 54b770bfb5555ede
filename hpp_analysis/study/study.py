"""A study on disk: one small file that names the answers, the questionnaire and the reports."""

from __future__ import annotations

import base64
import datetime
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hpp_analysis.errors import Failure, InstrumentError, SurveyError
from hpp_analysis.options import EDITIONS, Edition, checked
from hpp_analysis.study.analysis_plan import load_plan
from hpp_analysis.study.brand import Brand, BrandKeys
from hpp_analysis.study.invited import Invited
from hpp_analysis.study.logo import read_logo
from hpp_analysis.study.norms import NormKeys
from hpp_analysis.study.notes import SectionId, StudyNotes, load_notes
from hpp_analysis.survey.instrument import load_instrument, packaged_instruments
from hpp_analysis.survey.mapping import ColumnMap, load_mapping, merged, problem_failures
from hpp_analysis.survey.questionnaire import LanguageCode, StudyWords, Text, Words
from hpp_analysis.survey.strict_yaml import FileFormat, read_yaml
from hpp_analysis.survey.survey import Survey, read_survey
from hpp_analysis.texts.wording import word_failures

AGREEMENTS = "agreements.xlsx"
"""What the workbook with the agreements is called, where a study does not say so."""


class _Response(BaseModel):
    """One survey export of a study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Words
    wave: Words | None = None
    sheet: Words | int | None = None
    mapping: Words | ColumnMap | None = None


class _File(BaseModel):
    """The content of study.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: FileFormat = 1
    name: Words
    title: Text | None = None
    note: Text | None = None
    source: Words | None = None  # where the answers come from, for whoever does not have the files
    responses: tuple[
        Annotated[_Response, BeforeValidator(lambda value: {"file": value} if isinstance(value, str) else value)], ...
    ] = Field(min_length=1)
    mapping: Words | ColumnMap | None = None
    sheet: Words | int | None = None
    instrument: Words = "hpp"
    by: Words = "client"
    wave: Words = ""
    languages: tuple[LanguageCode, ...] = ()
    plan: Words | None = None
    comments: Words | None = None
    invited: tuple[Invited, ...] = ()
    notes: Words | None = None
    agreements: Words | None = None
    sections: dict[SectionId, bool] = {}
    draft: bool = False
    date: datetime.date | None = None
    confidentiality: Text | None = None
    editions: tuple[Edition, ...] = Field(default=EDITIONS, min_length=1)
    brand: BrandKeys | None = None
    words: StudyWords | None = None
    total: bool = False
    breakdowns: Annotated[
        tuple[Words, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
    ] = ()
    norms: NormKeys | None = None


@dataclass(frozen=True)
class Study:
    """One data collection: its answers, its questionnaire, and how reports are made of them.

    Attributes
    ----------
    name : str
        A short name.
    responses : tuple of Path
        The survey exports, absolute.
    instrument : str or Path
        The name of a packaged instrument, or the absolute path of a file.
    by : str
        The respondent column of which each value gets a report.
    languages : tuple of str
        Of the reports; empty for every language of the instrument.
    title, note : mapping of str to str
        By language: what the study is called, and a sentence that every report shows.
    mapping : tuple of ColumnMap
        The column mapping of each export; empty if headers suffice.
    wave : str
        Which wave the reports are about; empty for the last one, "all" for a report of each.
    plan : Path, optional
        The absolute path of the analysis plan; reports say for each comparison whether it was planned.
    comments : Path, optional
        The absolute path of the review workbook of the comments; reports show what it releases.
    invited : tuple of mapping
        How many persons were invited, and who they are.
    notes : StudyNotes
        The consultant's commentary, by client, language and section.
    agreements : Path, optional
        The workbook with what was agreed, absolute; `hpp report` makes it where it is not there.
    sections : mapping of str to bool
        Sections of the reports that are switched off, or on (the default).
    draft : bool
        Whether every page says that it is a draft.
    date : str
        Of the reports, as YYYY-MM-DD; empty for none.
    confidentiality : mapping of str to str
        By language, who may read the reports.
    editions : tuple of str
        Which editions of each report are made: "board", for whoever decides, and "full", with the appendix.
    brand : Brand
        Colours, fonts and logo of whoever makes the reports.
    total : bool
        Whether each report shows the means of all answers beside its own.
    breakdowns : tuple of str
        Columns whose groups each report compares with the rest, as role and department.
    norms : mapping
        The norm that reports compare with, and how, as `compare_norms` takes it; empty for none.
    contribution : mapping
        How the study is described where it is added to a norm: date, sector, country and whether it is simulated.
    words : mapping
        What the reports call a client, a partner and so on, over the words of the questionnaire.
    file : str
        The name of the study file.
    everybody : str
        What the one client is called where the answers have no column `client`; empty where such a column must be there,
        as when `by` was given.
    """

    name: str
    responses: tuple[Path, ...]
    instrument: str | Path
    by: str = "client"
    languages: tuple[str, ...] = ()
    title: Mapping[str, str] = field(default_factory=dict)
    note: Mapping[str, str] = field(default_factory=dict)
    mapping: tuple[ColumnMap, ...] = ()
    wave: str = ""
    plan: Path | None = None
    comments: Path | None = None
    invited: tuple[Mapping[str, Any], ...] = ()
    notes: StudyNotes = field(default_factory=StudyNotes)
    agreements: Path | None = None
    sections: Mapping[str, bool] = field(default_factory=dict)
    draft: bool = False
    date: str = ""
    confidentiality: Mapping[str, str] = field(default_factory=dict)
    editions: tuple[Edition, ...] = EDITIONS
    brand: Brand = field(default_factory=Brand)
    words: Mapping[str, Any] = field(default_factory=dict)
    total: bool = False
    breakdowns: tuple[str, ...] = ()
    norms: Mapping[str, Any] = field(default_factory=dict)
    contribution: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    everybody: str = ""

    def survey(self) -> Survey:
        """Read the answers.

        Raises
        ------
        SurveyError
            With every problem of every file.
        """
        return self.settled()[1]

    def settled(self) -> tuple[Study, Survey]:
        """The answers, and the study adapted to them: without a client column, one client covers all answers.

        Raises
        ------
        SurveyError
            With every problem of every file.
        """
        survey = read_survey(self.responses, instrument=self.instrument, mapping=self.mapping, words=self.words)
        if not self.everybody or "client" in survey.respondents:
            return self, survey
        one = load_mapping({"columns": {"client": {"value": self.everybody}}})
        whole = replace(self, mapping=tuple(merged(own, one) for own in self.mapping), everybody="")
        return whole.settled()

    def report_options(self) -> dict[str, Any]:
        """What every plan of the study's reports is made with, as `plan_reports` takes it."""
        return {
            "responses": self.responses,
            "instrument": self.instrument,
            "mapping": self.mappings(),
            "analysis_plan": self.plan,
            "comments": self.comments,
            "invited": self.invited,
            "agreements": self.agreements,
            "words": self.words,
            "total": self.total,
            "breakdowns": self.breakdowns,
            "norms": self.norms,
        }

    def mappings(self) -> list[dict[str, Any]]:
        """The mapping of each export as plain data; empty if no export has one."""
        plain = [one.model_dump(mode="json", exclude_unset=True) for one in self.mapping]
        return plain if any(plain) else []


@checked
def load_study(path: str | Path) -> Study:
    r"""Load the description of a study.

    Parameters
    ----------
    path : str or Path
        A YAML file. Its keys: `name`, `responses` (files, relative to this one; or for each `file`, and with it `wave`,
        `sheet` and `mapping`), `mapping` (a file or its content, for all responses), `sheet` (of all workbooks), `source` (where the answers come from), `instrument` (a packaged one, default "hpp",
        or a file), `by` (default "client"), `wave` (default the last; "all" for a report of each), `languages`, `plan` (a
        file, see `load_plan`), `comments` (the review workbook of the comments, from `hpp comments`), by language `title` and `note`; `invited` (numbers of invited persons), `notes` (a file with commentary, see `load_notes`), `agreements` (the workbook with what was agreed, default "agreements.xlsx"), `sections` (on or off), `editions`
        ("board", "full"; by default both), `draft`, `date`, by language `confidentiality`, `brand` (`name`, `contact`, `logo`,
        `colour`, `accent`, `fonts`), `words` (what reports call a client, a partner and so on), `total` (true: each report
        shows the means of all answers beside its own), `breakdowns` (at most two columns whose groups are compared), and `norms`
        (`file`, `date`, and what else `docs/norms.md` lists: the norm that reports compare with).

    Returns
    -------
    Study

    Raises
    ------
    SurveyError
        With every problem of the file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "answers.csv").write_text("respondent\n1\n")
    >>> _ = (folder / "study.yaml").write_text("name: Pilot\nresponses: [answers.csv]\n")
    >>> load_study(folder / "study.yaml").by
    'client'
    """
    path = Path(path)
    file = _parsed(path)
    problems: list[Failure] = []
    mapping = _mappings(file, path.parent, problems)
    brand = _brand(file.brand, path, problems)
    notes = _notes(file.notes, path.parent, problems)
    study = Study(
        name=file.name,
        responses=tuple((path.parent / one.file).resolve() for one in file.responses),
        instrument=_located(file.instrument, path.parent),
        by=file.by,
        languages=file.languages,
        title=dict(file.title or {}),
        note=dict(file.note or {}),
        mapping=mapping,
        wave=file.wave,
        plan=None if file.plan is None else (path.parent / file.plan).resolve(),
        comments=None if file.comments is None else (path.parent / file.comments).resolve(),
        invited=tuple(one.plain() for one in file.invited),
        notes=notes,
        agreements=(path.parent / (file.agreements or AGREEMENTS)).resolve(),
        sections=dict(file.sections),
        draft=file.draft,
        date="" if file.date is None else file.date.isoformat(),
        confidentiality=dict(file.confidentiality or {}),
        editions=file.editions,
        brand=brand,
        words={} if file.words is None else file.words.model_dump(mode="json", exclude_unset=True),
        total=file.total,
        breakdowns=file.breakdowns,
        norms={} if file.norms is None else file.norms.comparison(path.parent, file.name),
        contribution={} if file.norms is None else file.norms.contribution(),
        file=path.name,
        everybody="" if "by" in file.model_fields_set else file.name,
    )
    failures = problems + list(_contradictions(file, study, path.name))
    if failures:
        raise SurveyError(failures)
    return study


def plan_and_answers(path: str | Path) -> tuple[Path | None, list[Path]]:
    """The plan that a study file names, and its survey exports, whether or not they exist yet.

    Raises
    ------
    SurveyError
        If the file is no study file.
    """
    path = Path(path)
    file = _parsed(path)
    plan = None if file.plan is None else (path.parent / file.plan).resolve()
    return plan, [(path.parent / one.file).resolve() for one in file.responses]


def _parsed(path: Path) -> _File:
    try:
        content = read_yaml(path)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SurveyError(
            [Failure(f"The study file must be one that can be read ({why}).", "Correct the path.", str(path))]
        ) from error
    except ValueError as error:
        raise SurveyError([Failure(f"A study must be a YAML file: {error}.", "Correct it.", path.name)]) from error
    try:
        return _File.model_validate(content)
    except ValidationError as error:
        raise SurveyError(problem_failures(error.errors(), path.name, _File)) from error


def _mappings(file: _File, folder: Path, problems: list[Failure]) -> tuple[ColumnMap, ...]:
    """The mapping of each response: that of the study, overridden by the response's own keys and its wave."""

    def loaded(written: str | ColumnMap | None) -> ColumnMap:
        try:
            return load_mapping((folder / written).resolve() if isinstance(written, str) else written)
        except SurveyError as error:
            problems.extend(error.failures)
            return ColumnMap()

    shared = loaded(file.mapping)
    mappings = []
    for one in file.responses:
        own = merged(shared, loaded(one.mapping))
        sheet = one.sheet if one.sheet is not None else file.sheet if own.sheet is None else None
        if sheet is not None:
            own = merged(own, ColumnMap(sheet=sheet))
        if one.wave is not None:
            own = merged(own, load_mapping({"columns": {"wave": {"value": one.wave}}}))
        mappings.append(own)
    return tuple(mappings)


def _notes(file: str | None, folder: Path, problems: list[Failure]) -> StudyNotes:
    try:
        return StudyNotes() if file is None else load_notes(folder / file)
    except SurveyError as error:
        problems.extend(error.failures)
        return StudyNotes()


def _brand(keys: BrandKeys | None, path: Path, problems: list[Failure]) -> Brand:
    """The brand with its logo read and checked."""
    if keys is None:
        return Brand()
    kind, logo = "", b""
    if keys.logo is not None:
        try:
            kind, logo = read_logo(path.parent / keys.logo)
        except OSError as error:
            why = error.strerror or type(error).__name__
            problems.append(
                Failure(
                    f"The logo must be a file that can be read ({why}).",
                    "Correct the path.",
                    path.name,
                    value=keys.logo,
                )
            )
        except ValueError as error:
            problems.append(
                Failure(
                    f"A logo must be a picture that only draws: {error}.",
                    "Export it anew, as a plain SVG or a PNG.",
                    path.name,
                    value=keys.logo,
                )
            )
    return Brand(
        name=keys.name or "",
        contact=keys.contact or "",
        colour=keys.colour or "",
        accent=keys.accent or "",
        fonts=keys.fonts,
        logo=base64.b64encode(logo).decode(),
        logo_type=kind,
    )


def _located(instrument: str, folder: Path) -> str | Path:
    return instrument if instrument in packaged_instruments() else (folder / instrument).resolve()


def _contradictions(file: _File, study: Study, name: str) -> Iterator[Failure]:
    """Check across the keys of the study file."""
    for written, path in zip(file.responses, study.responses, strict=True):
        if not path.is_file():
            rule = "Each file in `responses` must exist; names are relative to the study file."
            remedy = (
                f"Put the file there; it comes from {file.source}"
                if file.source
                else "Correct the name, or put the file there"
            )
            yield Failure(rule, f"{remedy}.", name, value=written.file)
    for key, values in (
        ("responses", list(map(str, study.responses))),
        ("languages", list(file.languages)),
        ("editions", list(file.editions)),
        ("breakdowns", list(file.breakdowns)),
    ):
        for value, times in Counter(values).items():
            if times > 1:
                yield Failure(f"Nothing must stand twice in `{key}`.", "Remove one.", name, value=Path(value).name)
    if study.plan is not None:
        try:
            load_plan(study.plan)
        except SurveyError as error:
            yield from error.failures
    try:
        spoken = load_instrument(study.instrument).languages
    except InstrumentError as error:
        yield from error.failures
        return
    if file.total and "by" not in file.model_fields_set:
        yield Failure(
            "A total stands beside the numbers of a group; these answers may make one report of everybody.",
            "Name by `by` the column that makes the reports, as `by: department`.",
            name,
            value="total: true",
        )
    if file.words is not None:
        yield from word_failures(file.words.own, file.languages or spoken, name)
    for language in file.languages:
        if language not in spoken:
            yield Failure(
                f"The instrument must have the languages of the reports; it has {', '.join(spoken)}.",
                "Remove the language, or add its texts to the instrument.",
                name,
                value=language,
            )
