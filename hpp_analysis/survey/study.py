"""A study on disk: one small file that says which answers, which questionnaire, which reports."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

import hpp_analysis
from hpp_analysis.errors import Failure, InstrumentError, SurveyError
from hpp_analysis.survey.analysis_plan import load_plan
from hpp_analysis.survey.instrument import load_instrument, packaged_instruments
from hpp_analysis.survey.mapping import ColumnMap, load_mapping, merged, problem_failure
from hpp_analysis.survey.questionnaire import LanguageCode, Text, Words
from hpp_analysis.survey.strict_yaml import read_yaml
from hpp_analysis.survey.survey import Survey, read_survey


class _Response(BaseModel):
    """One survey export of a study."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Words
    wave: Words | None = None
    mapping: Words | ColumnMap | None = None


class _File(BaseModel):
    """The content of study.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Words
    title: Text | None = None
    note: Text | None = None
    responses: tuple[
        Annotated[_Response, BeforeValidator(lambda said: {"file": said} if isinstance(said, str) else said)],
        ...,
    ] = Field(min_length=1)
    mapping: Words | ColumnMap | None = None
    instrument: Words = "hpp"
    by: Words = "client"
    wave: Words = ""
    languages: tuple[LanguageCode, ...] = ()
    plan: Words | None = None


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
        Of each export, which column is what; empty where headers say it all.
    wave : str
        Which wave the reports are about; empty for the last one, "all" for a report of each.
    plan : Path, optional
        What was planned to be compared, absolute; the reports say of each comparison whether it was.
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

    def survey(self) -> Survey:
        """Read the answers.

        Raises
        ------
        SurveyError
            With every problem of every file.
        """
        return read_survey(self.responses, instrument=self.instrument, mapping=self.mapping)

    def mappings(self) -> list[dict[str, Any]]:
        """The mapping of each export as plain data; empty where none says anything."""
        plain = [one.model_dump(mode="json", exclude_unset=True) for one in self.mapping]
        return plain if any(plain) else []


def load_study(path: str | Path) -> Study:
    r"""Load the description of a study.

    Parameters
    ----------
    path : str or Path
        A YAML file. Its keys: `name`, `responses` (files, relative to this one; or for each `file`, and with it `wave`
        and `mapping`), `mapping` (a file or its content, for all responses), `instrument` (a packaged one, default "hpp",
        or a file), `by` (default "client"), `wave` (default the last; "all" for a report of each), `languages`, `plan` (a
        file, see `load_plan`), and by language `title` and `note`.

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
    )
    failures = problems + list(_contradictions(file, study, path.name))
    if failures:
        raise SurveyError(failures)
    return study


def plan_and_answers(path: str | Path) -> tuple[Path | None, list[Path]]:
    """The plan that a study file names, and its survey exports, whether they are there yet or not.

    Raises
    ------
    SurveyError
        When it is no study file.
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
            [Failure(f"The study file can be read ({why}).", "Correct the path.", str(path))]
        ) from error
    except ValueError as error:
        raise SurveyError([Failure(f"A study is a YAML file: {error}.", "Correct it.", path.name)]) from error
    try:
        return _File.model_validate(content)
    except ValidationError as error:
        raise SurveyError(problem_failure(problem, path.name, _File) for problem in error.errors()) from error


def _mappings(file: _File, folder: Path, problems: list[Failure]) -> tuple[ColumnMap, ...]:
    """The mapping of each response: that of the study, over it the response's own, and its wave."""

    def loaded(written: str | ColumnMap | None) -> ColumnMap:
        try:
            return load_mapping((folder / written).resolve() if isinstance(written, str) else written)
        except SurveyError as error:
            problems.extend(error.failures)
            return ColumnMap()

    shared = loaded(file.mapping)
    made = []
    for one in file.responses:
        own = merged(shared, loaded(one.mapping))
        if one.wave is not None:
            own = merged(own, load_mapping({"columns": {"wave": {"value": one.wave}}}))
        made.append(own)
    return tuple(made)


def _located(instrument: str, folder: Path) -> str | Path:
    return instrument if instrument in packaged_instruments() else (folder / instrument).resolve()


def _contradictions(file: _File, study: Study, name: str) -> Iterator[Failure]:
    """What each key alone cannot know."""
    for written, path in zip(file.responses, study.responses, strict=True):
        if not path.is_file():
            rule = "Each file in `responses` exists; names are relative to the study file."
            yield Failure(rule, "Correct the name, or put the file there.", name, value=written.file)
    for key, values in (("responses", list(map(str, study.responses))), ("languages", list(file.languages))):
        for value, times in Counter(values).items():
            if times > 1:
                yield Failure(
                    f"Nothing stands twice in `{key}`.", "Remove one.", name, value=Path(value).name
                )
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
    for language in file.languages:
        if language not in spoken:
            yield Failure(
                f"The instrument speaks the languages of the reports; it has {', '.join(spoken)}.",
                "Remove the language, or add its texts to the instrument.",
                name,
                value=language,
            )


_BLANK = """\
# A study: which answers, which questionnaire, which reports. `hpp check study.yaml` tells what it finds,
# `hpp report study.yaml` makes the reports.

name: {name}

# The survey exports, relative to this file. Several files (waves, languages) are read together; a file may say its
# wave and how its columns are named: `- {{file: responses/export.csv, wave: "2", mapping: mapping.yaml}}`.
responses:
  - responses/export.csv

# Which column is what, where headers do not say so; `hpp map` writes such a file for you to check.
# mapping: mapping.yaml

# The questionnaire: a packaged one ({packaged}), or a YAML file relative to this one.
instrument: hpp

# The column of which each value gets a report of its own.
by: client

# The wave that reports are about; without this line, the last one. "all" makes a report of each.
# wave: all

# The languages of the reports; without this line, all that the questionnaire has.
languages: [en, nl]

# What you planned to compare before you saw the answers; `hpp plan` seals it, and reports say what was planned.
# plan: plan.yaml

# Optional, by language: what the study is called, and a sentence that every report shows.
# title: {{en: Partnership survey, nl: Onderzoek naar samenwerking}}
# note: {{en: Draft for discussion., nl: Concept ter bespreking.}}
"""
_PLACEHOLDERS = {
    "responses": "Put the survey exports here. They hold what people told in confidence: share them with nobody.\n",
    "reports": "The reports appear here. Each run replaces a report only by a whole new one.\n",
}


def new_study(folder: str | Path, *, demo: bool = False) -> Path:
    """Lay out an empty study: study.yaml with explanations, and folders for responses and reports.

    Parameters
    ----------
    folder : str or Path
        Does not exist yet, or is empty.
    demo : bool
        Whether the folder gets a copy of the demonstration study instead.

    Returns
    -------
    Path
        The study file.

    Raises
    ------
    SurveyError
        When something is there already; nothing is overwritten.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SurveyError(
            [Failure("A new study gets a new or empty folder.", "Choose another name.", value=str(folder))]
        )
    if demo:
        shutil.copytree(demo_folder(), folder, dirs_exist_ok=True)
        return folder / "study.yaml"
    for name, text in _PLACEHOLDERS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "README.md").write_text(text, encoding="utf-8")
    written = folder.resolve().name.replace("\\", " ").replace('"', "'")
    file = folder / "study.yaml"
    packaged = ", ".join(packaged_instruments())
    file.write_text(_BLANK.format(name=f'"{written}"', packaged=packaged), encoding="utf-8")
    return file


def demo_folder() -> Path:
    """Where the demonstration study lies: in the installed package, or in the source tree of which it is a part."""
    package = Path(hpp_analysis.__file__).parent
    installed = package / "demo"
    return installed if installed.is_dir() else package.parent / "data" / "demo"
