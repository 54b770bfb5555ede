"""The plan of a run: which reports, in which languages, with which parameters. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from nbformat import NotebookNode

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.options import ReportFormat
from hpp_analysis.report.names import slugs
from hpp_analysis.report.nodes import text_of
from hpp_analysis.report.notebooks import fitting, localised, packaged_notebook, read_notebook, untranslated
from hpp_analysis.report.parameters import MAPPING, PLAN, check_cell, check_given, takes
from hpp_analysis.survey.instrument import packaged_instruments
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.spelling import normalise
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import languages as spoken_languages

ALL_WAVES = "all"


@dataclass(frozen=True, slots=True)
class Job:
    """One report in one language.

    Attributes
    ----------
    client : str
        The value of the `by` column.
    slug, language : str
        The two folders of the report.
    parameters : mapping
        Everything that the notebook is given.
    """

    client: str
    slug: str
    language: str
    parameters: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Where the report goes, relative to the folder of the run."""
        return Path(self.slug) / self.language


@dataclass(frozen=True)
class ReportPlan:
    """All reports of a run; everything that could be checked before it has been.

    Attributes
    ----------
    jobs : tuple of Job
        Client by client, in the order of the data.
    out : Path
        The folder of the run, absolute.
    notebook : Path
        The notebook that makes the reports.
    notebooks : mapping of str to str
        By language, the notebook that is executed: its prose translated.
    instrument : Instrument
    inputs : tuple of Path
        The survey exports, absolute.
    languages, formats : tuple of str
    by, wave : str
        The column that makes the reports; the wave, empty for the last.
    parameters : mapping
        What the user set of the notebook's other parameters.
    only : tuple of str
        The clients that were asked for; empty for all.
    title : mapping of str to str
        By language: what the study is called.
    notes : tuple of str
        What the user should know, as clients that get no report.
    """

    jobs: tuple[Job, ...]
    out: Path
    notebook: Path
    notebooks: Mapping[str, str]
    instrument: Instrument
    inputs: tuple[Path, ...]
    languages: tuple[str, ...]
    formats: tuple[str, ...]
    by: str
    wave: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    title: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def plan_reports(
    survey: Survey,
    *,
    responses: Sequence[str | Path],
    instrument: str | Path,
    by: str = "client",
    languages: Sequence[str],
    out: str | Path,
    notebook: str | Path | None = None,
    formats: Sequence[str] = ("html", "pdf", "xlsx"),
    only: Iterable[str] = (),
    wave: str = "",
    parameters: Mapping[str, Any] | None = None,
    note: str | Mapping[str, str] = "",
    title: Mapping[str, str] | None = None,
    mapping: Sequence[Mapping[str, Any]] = (),
    analysis_plan: str | Path | None = None,
) -> ReportPlan:
    """Plan the reports of a study, and check all that can be checked before the first one starts.

    Parameters
    ----------
    survey : Survey
        The answers.
    responses, instrument : sequence of path, str or Path
        Where the answers and the questionnaire were read from: the notebooks read them again.
    by : str
        Each value of this respondent column gets a report.
    languages : sequence of str
        Each report is made in each of them.
    out : path
        The folder of the run.
    notebook : path, optional
        Default: the packaged `client_report`.
    formats : sequence of {"html", "pdf", "xlsx", "docx"}
    only : iterable of str
        Only these clients.
    wave : str
        Empty for the last one, "all" for a report of each.
    parameters : mapping, optional
        Values for further parameters of the notebook. A text is read as the type of the default.
    note : str or mapping of str to str
        A sentence that every report shows, by language.
    title : mapping of str to str, optional
        By language: what the study is called.
    mapping : sequence of mapping
        Of each of the responses, how its columns are named, as plain data; the notebooks read with it again.
    analysis_plan : path, optional
        What was planned to be compared; the notebooks say of each comparison whether it was.

    Returns
    -------
    ReportPlan

    Raises
    ------
    ReportError
        With every problem.

    Notes
    -----
    What a notebook is given, and must therefore take in its one cell tagged `parameters`: `responses` (list of
    absolute paths, as text), `instrument` (a name or an absolute path), `by`, `client` (the value of that
    column), `wave` (empty for the last), `language`, `note` (all text). Where exports have a mapping, it takes
    `mapping` (a list) as well, and where the study has an analysis plan, `plan` (its path, as text). It is executed in an empty folder.
    """
    path = Path(notebook) if notebook is not None else packaged_notebook()
    names = list(dict.fromkeys(only))
    chosen, notes, failures = _choose_all(survey, by, wave, names)
    failures += _check_languages(survey.instrument, languages)
    failures += _check_options(formats, note, languages, Path(out))
    node, values, problems = _check_notebook(path, parameters or {}, languages)
    failures += problems
    if mapping and node is not None and not takes(node, MAPPING):
        rule = f"The exports are read with a mapping; the notebook takes no parameter {MAPPING!r}."
        remedy = f"Add `{MAPPING} = []` to its `parameters` cell, and give it to `read_survey`."
        failures.append(Failure(rule, remedy, path.name))
    if analysis_plan is not None and node is not None and not takes(node, PLAN):
        rule = f"The study has an analysis plan; the notebook takes no parameter {PLAN!r}."
        remedy = f'Add `{PLAN} = ""` to its `parameters` cell, and give it to `follow_plan`.'
        failures.append(Failure(rule, remedy, path.name))
    if failures or node is None:
        raise ReportError(failures)
    place = str(instrument) if str(instrument) in packaged_instruments() else str(Path(instrument).resolve())
    inputs = tuple(Path(file).resolve() for file in responses)
    shared: dict[str, Any] = {"responses": [str(file) for file in inputs], "instrument": place, "by": by}
    if mapping:
        shared[MAPPING] = [dict(one) for one in mapping]
    if analysis_plan is not None:
        shared[PLAN] = str(Path(analysis_plan).resolve())
    node = fitting(node, survey)
    folders = slugs(
        dict.fromkeys(called for called, _client, _wave in chosen) | dict.fromkeys(survey.values(by))
    )
    return ReportPlan(
        jobs=tuple(
            Job(
                client=called,
                slug=folders[called],
                language=language,
                parameters=shared
                | {"client": client, "wave": asked, "language": language, "note": _note(note, language)}
                | values,
            )
            for called, client, asked in chosen
            for language in languages
        ),
        out=Path(out).resolve(),
        notebook=path,
        notebooks={language: text_of(localised(node, language)) for language in languages},
        instrument=survey.instrument,
        inputs=inputs,
        languages=tuple(languages),
        formats=tuple(formats),
        by=by,
        wave=wave,
        parameters=values,
        only=tuple(names),
        title=title or {},
        notes=tuple(notes),
    )


def _note(note: str | Mapping[str, str], language: str) -> str:
    return note if isinstance(note, str) else note.get(language, "")


def _choose_all(
    survey: Survey, by: str, wave: str, only: list[str]
) -> tuple[list[tuple[str, str, str]], list[str], list[Failure]]:
    """As `_choose`, each report with its name, client and wave: with several waves the name tells both."""
    waves = survey.values("wave") if "wave" in survey.respondents else ()
    if wave != ALL_WAVES or ALL_WAVES in waves or not waves:
        clients, notes, failures = _choose(survey, by, "" if wave == ALL_WAVES and not waves else wave, only)
        asked = "" if wave == ALL_WAVES and not waves else wave
        return [(client, client, asked) for client in clients], notes, failures
    chosen: list[tuple[str, str, str]] = []
    all_notes: list[str] = []
    wrong: list[list[Failure]] = []
    for one in waves:
        clients, notes, failures = _choose(survey, by, one, only)
        chosen += [(f"{client}, {one}" if client != one else one, client, one) for client in clients]
        all_notes += [note for note in notes if "no ratings in this wave" not in note]
        wrong.append(failures)
    # a name that one wave lacks is no mistake, a name that every wave lacks is
    return chosen, list(dict.fromkeys(all_notes)), wrong[0] if all(wrong) else []


def _choose(
    survey: Survey, by: str, wave: str, only: list[str]
) -> tuple[list[str], list[str], list[Failure]]:
    """The clients that get a report, what is to be noted, and what is wrong."""
    columns = [str(column) for column in survey.respondents]
    if by not in columns:
        rule = f"The reports are made by a column of the answers; they have {', '.join(columns)}."
        return [], [], [Failure(rule, _nearest(by, columns), value=by)]
    failures = []
    waves = survey.values("wave") if "wave" in columns else ()
    if wave and wave not in waves:
        rule = f"The answers have no such wave; they have {', '.join(waves) or 'no column `wave`'}."
        failures.append(Failure(rule, _nearest(wave, waves), value=wave))
    known = survey.values(by)
    answered = survey.wave("" if failures else wave).values(by)
    for name in only:
        if name not in known:
            failures.append(
                Failure(f"The column {by!r} has no such name.", _nearest(name, known), value=name)
            )
        elif name not in answered:
            rule, remedy = "This name has no ratings in the wave.", "Choose another wave, or leave it out."
            failures.append(Failure(rule, remedy, value=name))
    if not known:
        failures.append(Failure(f"The column {by!r} must name somebody.", "Fill it in.", column=by))
    notes = [
        f"{name!r} has no ratings in this wave and gets no report." for name in known if name not in answered
    ]
    unnamed = int((survey.respondents[by].astype(str) == "").sum())
    if unnamed:
        notes.append(f"{unnamed} ratings say no {by!r} and are part of no report.")
    notes += [
        note for column in dict.fromkeys((by, "client", "partner")) for note in _look_alikes(survey, column)
    ]
    return [name for name in answered if not only or name in only], notes, failures


def _look_alikes(survey: Survey, column: str) -> Iterator[str]:
    """Names that may be two spellings of one organisation: told, never joined."""
    names = survey.values(column) if column in survey.respondents else ()
    for place, name in enumerate(names):
        for other in names[:place]:
            short, long = sorted((normalise(other), normalise(name)), key=len)
            if long == short or long.startswith(f"{short} "):  # "Jansen Bouw" and "jansen bouw BV"
                yield (
                    f"{other!r} and {name!r} in column {column!r} look alike; "
                    "if they are one organisation, give them one spelling."
                )


def _nearest(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    return f"Did you mean {near[0]!r}?" if near else "Choose one that is there."


def _check_languages(instrument: Instrument, languages: Sequence[str]) -> Iterator[Failure]:
    if not languages:
        yield Failure("A report needs a language.", f"Choose of {', '.join(spoken_languages())}.")
    for language in dict.fromkeys(languages):
        if list(languages).count(language) > 1:
            yield Failure("A language may be asked for once.", "Remove one.", value=language)
        if language not in spoken_languages():
            rule = f"The package does not speak this language; it speaks {', '.join(spoken_languages())}."
            yield Failure(rule, "Choose one of these, or add its catalogue.", value=language)
        if language not in instrument.languages:
            rule = f"The instrument speaks the language; {instrument.name!r} speaks {', '.join(instrument.languages)}."
            yield Failure(rule, "Choose one of these, or add its texts.", value=language)


def _check_options(
    formats: Sequence[str], note: str | Mapping[str, str], languages: Sequence[str], out: Path
) -> Iterator[Failure]:
    known = get_args(ReportFormat)
    for name in [name for name in formats if name not in known] or ([] if formats else [""]):
        yield Failure(f"The formats of a report are {', '.join(known)}.", "Choose of these.", value=name)
    for language in languages if not isinstance(note, str) and note else ():
        if language not in note:
            yield Failure("The note stands in each language of the reports.", "Add it.", value=language)
    if out.exists() and not out.is_dir():
        yield Failure("The reports go into a folder.", "Choose another name.", value=str(out))


def _check_notebook(
    path: Path, parameters: Mapping[str, Any], languages: Sequence[str]
) -> tuple[NotebookNode | None, dict[str, Any], list[Failure]]:
    try:
        node = read_notebook(path)
    except ReportError as error:
        return None, {}, list(error.failures)
    known, failures = check_cell(node, path.name)
    values: dict[str, Any] = {}
    if known:
        values, wrong = check_given(parameters, known, path.name)
        failures += wrong
    for language in languages:
        for place, paragraph in untranslated(node, language) if language in spoken_languages() else ():
            rule = f"Each paragraph has a translation; cell {place + 1} has none in {language!r}."
            remedy = f"Add it to {language}.po, or tag cells `lang-xx` that are meant for one language."
            failures.append(Failure(rule, remedy, path.name, value=paragraph))
    return node, values, failures
