"""The plan of a run: which reports, in which languages, with which parameters. Nothing is written here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

from nbformat import NotebookNode

from hpp_analysis.comments.review import check_review
from hpp_analysis.errors import Failure, FailuresError, OptionError, ReportError, SurveyError
from hpp_analysis.followup.agreements import Agreement, read_agreements
from hpp_analysis.norms.comparison import check_comparison
from hpp_analysis.options import EDITIONS, Edition, ReportFormat, nearest
from hpp_analysis.publishing.clearing import foresee_plan
from hpp_analysis.publishing.levels import check_breakdowns
from hpp_analysis.publishing.worksheet import may_be_told
from hpp_analysis.report.notebook.nodes import text_of
from hpp_analysis.report.notebook.notebooks import fitting, localised, packaged_notebook, read_notebook, untranslated
from hpp_analysis.report.notebook.parameters import (
    AGREEMENTS,
    BREAKDOWNS,
    COMMENTS,
    INVITED,
    MAPPING,
    NORMS,
    PLAN,
    TOTAL,
    WORDS,
    check_cell,
    check_takes,
    check_user_values,
    takes,
)
from hpp_analysis.report.notebook.sections import check_sections, sections_of, tagged, without
from hpp_analysis.report.run.choose import choose_all
from hpp_analysis.report.run.names import slug, slugs
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.study.invited import settled
from hpp_analysis.study.notes import StudyNotes
from hpp_analysis.survey.instrument import packaged_instruments
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.texts import languages as spoken_languages
from hpp_analysis.texts.wording import DEFAULT, Wording


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
    commentary : mapping of str to list of str
        By section what the consultant adds, as Markdown.
    kind : {"client", "overview"}
        Whether it is of one client, or sets all of them side by side for the researcher.
    """

    client: str
    slug: str
    language: str
    parameters: Mapping[str, Any]
    commentary: Mapping[str, list[str]] = field(default_factory=dict)
    kind: Literal["client", "overview"] = "client"

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
    others : tuple of Job
        The reports of clients that `only` leaves out.
    survey : Survey
        All answers of the study.
    out : Path
        The folder of the run, absolute.
    notebook : Path
        The notebook that makes the reports.
    notebooks : mapping of str to str
        By language, the notebook that is executed: its prose translated.
    instrument : Instrument
    inputs : tuple of Path
        The survey exports, absolute.
    languages, formats, editions : tuple of str
    by, wave : str
        The column that makes the reports; the wave, empty for the last.
    parameters : mapping
        What the user set of the notebook's other parameters.
    only : tuple of str
        The clients that were asked for; empty for all.
    note : str or mapping of str to str
        A sentence that every report shows, by language.
    title : mapping of str to str
        By language: what the study is called.
    notes : tuple of str
        What the user should know, as clients that get no report.
    appearance : Appearance
        Brand, and whether the reports are drafts.
    invited : tuple of mapping
        How many persons were invited, and who.
    agreements : tuple of Agreement
        What was agreed, of all clients and waves.
    sections_off : tuple of str
        The sections that the reports leave out.
    overviews : mapping of str to str
        By language, the notebook of the overview; empty where none is made.
    commentary : StudyNotes
        What the consultant adds to the reports.
    ledger : Path, optional
        The file that keeps what was released of the study.
    release_anew : bool
        Whether what differs from earlier reports is released on purpose.
    words : Wording
        What the study calls a client, a partner and so on.
    breakdowns : tuple of str
        The columns whose groups reports compare.
    """

    jobs: tuple[Job, ...]
    others: tuple[Job, ...]
    survey: Survey
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
    note: str | Mapping[str, str] = ""
    title: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    appearance: Appearance = PLAIN
    invited: tuple[Mapping[str, Any], ...] = ()
    agreements: tuple[Agreement, ...] = ()
    sections_off: tuple[str, ...] = ()
    overviews: Mapping[str, str] = field(default_factory=dict)
    commentary: StudyNotes = field(default_factory=StudyNotes)
    ledger: Path | None = None
    release_anew: bool = False
    words: Wording = DEFAULT
    editions: tuple[Edition, ...] = EDITIONS
    breakdowns: tuple[str, ...] = ()


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
    invited: Sequence[Mapping[str, Any]] = (),
    agreements: str | Path | None = None,
    commentary: StudyNotes | None = None,
    sections: Mapping[str, bool] | None = None,
    appearance: Appearance = PLAIN,
    overview: bool = False,
    ledger: str | Path | None = None,
    release_anew: bool = False,
    words: Mapping[str, Any] | None = None,
    total: bool = False,
    breakdowns: Sequence[str] = (),
    norms: Mapping[str, Any] | None = None,
    editions: Sequence[Edition] = EDITIONS,
    comments: str | Path | None = None,
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
    formats : sequence of {"html", "pdf", "xlsx", "docx", "pptx", "page"}
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
    invited : sequence of mapping
        How many persons were invited: each with `n` and the columns that say who, as in study.yaml.
    agreements : path, optional
        The workbook with what was agreed; it need not be there.
    commentary : StudyNotes, optional
        The consultant's commentary.
    sections : mapping of str to bool, optional
        Sections of the notebook that are switched off (or on).
    appearance : Appearance
        Brand, and whether the reports are drafts.
    overview : bool
        Whether the run makes an overview over all its reports as well, for the researcher.
    ledger : path, optional
        The file that keeps what was released of the study, see `plan_disclosure`; it is made by the first run.
    release_anew : bool
        Whether what differs from earlier reports is released on purpose.
    words : mapping, optional
        The study's own words, with which the answers were read; the notebooks read with them again.
    total : bool
        Whether each report shows the means of all answers of its wave beside its own.
    breakdowns : sequence of str
        At most two columns whose groups each report compares, as role and department.
    norms : mapping, optional
        The norm that the reports compare with: the arguments of `compare_norms` as plain data, `norm` an absolute path.
    editions : sequence of {"board", "full"}
        Which editions of each report are written: what a board reads, and the full one with its appendix.
    comments : path, optional
        The review workbook of the comments, as persons filled it in; reports show its themes and approved quotes.

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
    `mapping` (a list) as well, where the study has an analysis plan, `plan` (its path, as text), and where numbers
    of invited persons are known, `invited` (a list, of the report's own client), where the study has words of its own,
    `words` (a mapping), where reports show a total, `total`, where comments were reviewed, `comments` (the path of the
    workbook, as text), where reports compare groups, `breakdowns`, where they compare with a norm, `norms` (a mapping), and where
    something was agreed, `agreements` (a list, of the report's own client). It is executed in an empty folder.
    """
    path = Path(notebook) if notebook is not None else packaged_notebook()
    names = list(dict.fromkeys(only))
    chosen, notes, failures = choose_all(survey, by, wave, names)
    not_chosen = [one for one in choose_all(survey, by, wave, [])[0] if one not in chosen] if names else []
    failures += _check_languages(survey.instrument, languages)
    failures += _check_options(formats, editions, note, languages, Path(out))
    node, values, problems = _check_notebook(path, parameters or {}, languages)
    failures += problems
    invitations: list[dict[str, Any]] = []
    if invited and by in survey.respondents:
        invitations, problems = settled(invited, survey, by=by)
        failures += problems
    try:
        check_breakdowns(survey, breakdowns, by)
    except OptionError as error:
        failures.append(Failure(f"{error}", "Correct `breakdowns`.", column="breakdowns"))
    except SurveyError as error:
        failures += error.failures
    agreed, problems = _agreements(agreements, survey, by)
    failures += problems
    show_total = total and by in survey.respondents and len(survey.values(by)) > 1
    if agreed and not failures:
        foreseen = foresee_plan(
            survey,
            by,
            total=show_total,
            breakdowns=breakdowns,
            ledger=None if ledger is None else Path(ledger),
            release_anew=release_anew,
        )
        told = tuple(
            one for one in agreed if may_be_told(one, survey, foreseen, one.client, _wave_of(survey, wave), by=by)
        )
        if left_out := len(agreed) - len(told):
            what = "1 agreement is" if left_out == 1 else f"{left_out} agreements are"
            notes.append(f"{what} left out of the reports: what is agreed there is about scores that may not be shown.")
        agreed = told
    further: dict[str, Any] = {
        MAPPING: [dict(entry) for entry in mapping],
        PLAN: "" if analysis_plan is None else str(Path(analysis_plan).resolve()),
        INVITED: invitations,
        WORDS: dict(words or {}),
        AGREEMENTS: [one.plain() for one in agreed],
        TOTAL: show_total,
        COMMENTS: "",
        BREAKDOWNS: list(breakdowns),
        NORMS: dict(norms or {}),
    }
    if comments is not None:
        problems, note_on_comments = check_review(comments, survey, by, languages)
        failures += problems
        notes += note_on_comments
        further[COMMENTS] = "" if problems or note_on_comments else str(Path(comments).resolve())
    failures += _check_norms(further[NORMS], survey)
    if node is not None:
        failures += check_takes(further, node, path.name)
    known = sections_of(node) if node is not None else []
    failures += check_sections(sections or {}, known, path.name)
    commentary = commentary or StudyNotes()
    if by in survey.respondents and known:
        named = [*dict.fromkeys((*survey.values(by), *(called for called, _client, _wave in (*chosen, *not_chosen))))]
        failures += commentary.check(clients=named, languages=languages, known=spoken_languages(), sections=known)
    if failures or node is None:
        raise ReportError(failures)
    place = str(instrument) if str(instrument) in packaged_instruments() else str(Path(instrument).resolve())
    inputs = tuple(Path(file).resolve() for file in responses)
    shared: dict[str, Any] = {"responses": [str(file) for file in inputs], "instrument": place, "by": by}
    # every parameter that the notebook takes is set, also to nothing: its defaults belong to another study
    shared |= {name: value for name, value in further.items() if takes(node, name)}
    wording = survey.words
    off = tuple(name for name, on in (sections or {}).items() if not on)
    last = _wave_of(survey, wave)
    has = {
        "invited": invitations,
        "total": further[TOTAL],
        "comments": further[COMMENTS],
        "breakdowns": breakdowns,
        "norms": further[NORMS],
        "agreements": [one for one in agreed if wave_order(one.wave) < wave_order(last)],
    }
    node = without(fitting(tagged(node), survey, [name for name, value in has.items() if value]), off)
    if total and not further[TOTAL]:
        notes.append("There is one report only, of all answers: it shows no total beside its own numbers.")
    sections_shown = sections_of(node)
    notes += _unplaced(commentary, languages, sections_shown, off)
    names_of_reports = dict.fromkeys(called for called, _client, _wave in (*chosen, *not_chosen))
    folders = slugs(names_of_reports | dict.fromkeys(survey.values(by)))
    above = _overview_jobs(chosen, shared, languages, note, title or {}) if overview else []

    def jobs_of(reports: Iterable[tuple[str, str, str]]) -> tuple[Job, ...]:
        return tuple(
            Job(
                client=called,
                slug=folders[called],
                language=language,
                parameters=shared
                | {"client": client, "wave": in_wave, "language": language, "note": _note(note, language)}
                | _invited(invitations, by, client)
                | _agreed(agreed, client, _wave_of(survey, in_wave), shared)
                | values,
                commentary=commentary.of(dict.fromkeys((client, called)), language),
            )
            for called, client, in_wave in reports
            for language in languages
        )

    return ReportPlan(
        jobs=(*above, *jobs_of(chosen)),
        others=jobs_of(not_chosen),
        survey=survey,
        out=Path(out).resolve(),
        notebook=path,
        notebooks={language: text_of(localised(node, language, wording)) for language in languages},
        instrument=survey.instrument,
        inputs=inputs,
        languages=tuple(languages),
        formats=tuple(formats),
        by=by,
        wave=wave,
        parameters=values,
        only=tuple(names),
        note=note,
        title=title or {},
        notes=tuple(notes),
        appearance=replace(appearance, synthetic=survey.synthetic),
        invited=tuple(invitations),
        agreements=agreed,
        sections_off=off,
        commentary=commentary,
        overviews=_overviews(survey, languages) if overview else {},
        ledger=None if ledger is None or survey.synthetic else Path(ledger).resolve(),  # a twin releases nobody
        release_anew=release_anew,
        words=wording,
        editions=tuple(editions),
        breakdowns=tuple(breakdowns),
    )


def _overview_jobs(
    chosen: Sequence[tuple[str, str, str]],
    shared: Mapping[str, Any],
    languages: Sequence[str],
    note: str | Mapping[str, str],
    title: Mapping[str, str],
) -> list[Job]:
    """An overview of each wave that has reports, in each language."""
    waves = list(dict.fromkeys(in_wave for _called, _client, in_wave in chosen))
    return [
        Job(
            client=title.get(language, ""),
            slug="overview" if len(waves) == 1 else slug(wave, prefix="overview"),
            language=language,
            parameters={
                **{name: value for name, value in shared.items() if name not in (INVITED, AGREEMENTS, NORMS)},
                "client": title.get(language, ""),
                "wave": wave,
                "language": language,
                "note": _note(note, language),
            },
            kind="overview",
        )
        for wave in waves
        for language in languages
    ]


def _overviews(survey: Survey, languages: Sequence[str]) -> dict[str, str]:
    node = fitting(tagged(read_notebook(packaged_notebook("study_report"))), survey)
    return {language: text_of(localised(node, language, survey.words)) for language in languages}


def _check_norms(norms: Mapping[str, Any], survey: Survey) -> Iterator[Failure]:
    """What keeps reports from being compared with a norm, found before the first of them is made."""
    if not norms:
        return
    try:
        check_comparison(survey, **norms)
    except FailuresError as error:
        yield from error.failures
    except OptionError as error:
        yield Failure(str(error), "It stands under `norms` in the study file.")


def _unplaced(
    commentary: StudyNotes, languages: Sequence[str], sections: Collection[str], off: Collection[str]
) -> list[str]:
    """Commentary on sections that these reports leave out, and why they do."""
    unplaced = {
        section
        for language in languages
        for section in commentary.of([*commentary.clients], language)
        if section not in sections
    }
    return [
        f"Commentary on {section!r} is not shown: "
        + ("the study switches this section off." if section in off else "these answers do not fill it.")
        for section in sorted(unplaced)
    ]


def _invited(entries: Sequence[Mapping[str, Any]], by: str, client: str) -> dict[str, Any]:
    """The numbers of invited persons that a report may know: those of its own client."""
    return {INVITED: [entry for entry in entries if entry[by] == client]} if entries else {}


def _wave_of(survey: Survey, wave: str) -> str:
    """The wave that is meant: the last one where none is named, or all are; empty without waves."""
    known = survey.values("wave") if "wave" in survey.respondents else ()
    return wave if wave in known else max(known, key=wave_order, default="")


def _agreements(path: str | Path | None, survey: Survey, by: str) -> tuple[tuple[Agreement, ...], list[Failure]]:
    """What was agreed; points that are only proposed are left out."""
    if path is None or not Path(path).is_file():
        return (), []
    try:
        found = read_agreements(path, survey, by=by)
    except SurveyError as error:
        return (), list(error.failures)
    return tuple(one for one in found if one.agreement), []


def _agreed(agreed: Sequence[Agreement], client: str, wave: str, shared: Mapping[str, Any]) -> dict[str, Any]:
    """What a report may know of the agreements: those of its own client, up to its wave."""
    own = [one.plain() for one in agreed if one.client == client and wave_order(one.wave) <= wave_order(wave)]
    return {AGREEMENTS: own} if AGREEMENTS in shared else {}


def _note(note: str | Mapping[str, str], language: str) -> str:
    return note if isinstance(note, str) else note.get(language, "")


def _check_languages(instrument: Instrument, languages: Sequence[str]) -> Iterator[Failure]:
    if not languages:
        yield Failure("A report must have a language.", f"Choose of {', '.join(spoken_languages())}.")
    for language in dict.fromkeys(languages):
        if list(languages).count(language) > 1:
            yield Failure("A language must be asked for only once.", "Remove one.", value=language)
        if language not in spoken_languages():
            rule = f"`languages` must be those of the package; it has {', '.join(spoken_languages())}."
            yield Failure(rule, "Choose one of these, or add its catalogue.", value=language)
        if language not in instrument.languages:
            rule = f"`languages` must be those of the instrument; {instrument.name!r} has {', '.join(instrument.languages)}."
            yield Failure(rule, "Choose one of these, or add its texts.", value=language)


def _check_options(
    formats: Sequence[str], editions: Sequence[str], note: str | Mapping[str, str], languages: Sequence[str], out: Path
) -> Iterator[Failure]:
    for name in [name for name in editions if name not in EDITIONS] or ([] if editions else [""]):
        yield Failure(f"`editions` must be of {', '.join(EDITIONS)}.", nearest(name, EDITIONS), value=name)
    known = get_args(ReportFormat)
    for name in [name for name in formats if name not in known] or ([] if formats else [""]):
        yield Failure(f"`formats` must be of {', '.join(known)}.", nearest(name, known), value=name)
    for language in languages if not isinstance(note, str) and note else ():
        if language not in note:
            yield Failure("The note must stand in each language of the reports.", "Add it.", value=language)
    if out.exists() and not out.is_dir():
        yield Failure("`out` must be a folder.", "Choose another name.", value=str(out))


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
        values, wrong = check_user_values(parameters, known, path.name)
        failures += wrong
    for language in languages:
        for place, paragraph in untranslated(node, language) if language in spoken_languages() else ():
            rule = f"Each paragraph has a translation; cell {place + 1} has none in {language!r}."
            remedy = f"Add it to {language}.po, or tag cells `lang-xx` that are meant for one language."
            failures.append(Failure(rule, remedy, path.name, value=paragraph))
    return node, values, failures
