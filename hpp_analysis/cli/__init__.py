"""The command `hpp`: a thin shell around the package. Libraries load when a command needs them."""

from __future__ import annotations

import gc
import shlex
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

import hpp_analysis
from hpp_analysis.cli import by_hand, norms
from hpp_analysis.cli.console import ERR, OUT
from hpp_analysis.cli.tables import (
    VERIFIED,
    answers_table,
    counts_table,
    describe_changes,
    describe_draft,
    describe_empty_reports,
    describe_privacy,
    describe_respondents,
    describe_standing,
    describe_unknown_columns,
    describe_unused_ends,
    describe_verified,
)
from hpp_analysis.errors import Failure, FailuresError, HppError, SurveyError, problems_of

if TYPE_CHECKING:
    from hpp_analysis.report.run.plan import ReportPlan
    from hpp_analysis.report.run.run import RunReport
    from hpp_analysis.study.study import Study
    from hpp_analysis.survey.survey import Survey

SOME_FAILED, BAD_INPUT, CANNOT_TELL = 1, 2, 3
_STUDY_ENDINGS = (".yaml", ".yml")

app = typer.Typer(
    help="Surveys of high performance partnerships: from an export to reports.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # answers of respondents are among them
)

Sources = Annotated[
    list[Path], typer.Argument(help="Survey exports, or the study.yaml of a study.", show_default=False)
]
InstrumentOption = Annotated[
    str | None, typer.Option("--instrument", help="A packaged questionnaire or a YAML file.", show_default="hpp")
]
ByOption = Annotated[
    str | None, typer.Option("--by", help="The column of which each value gets a report.", show_default="client")
]
MappingOption = Annotated[
    Path | None,
    typer.Option("--mapping", help="Which column is what: a YAML file, as `hpp map` writes.", show_default="headers"),
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="Of a workbook: its name or number.", show_default="the one with answers")
]
LanguagesOption = Annotated[
    str | None, typer.Option(help="As nl,en.", show_default="all of the study or questionnaire")
]


def main() -> None:
    """The entry point of the command `hpp`."""
    gc.set_threshold(
        100_000, 50, 50
    )  # imports make objects that stay: to look for garbage among them takes a sixth of a start
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # as in report/run/worker.py
    app()


_MOST_PROBLEMS = 100  # spelled out; the rest are counted


def _with_plain_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Print problems of the input as messages, without a traceback."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except FailuresError as error:
            problems = problems_of(error.failures)
            ERR.print(f"[bold red]{len(problems)} problem{'s'[: len(problems) > 1]}:[/]")
            for problem in problems[:_MOST_PROBLEMS]:
                ERR.print(escape(f"- {problem}"), soft_wrap=True)
            if len(problems) > _MOST_PROBLEMS:
                ERR.print(f"... and {len(problems) - _MOST_PROBLEMS:,} more.")
            raise typer.Exit(BAD_INPUT) from None
        except (HppError, OSError) as error:
            ERR.print(escape(str(error)), soft_wrap=True)
            raise typer.Exit(BAD_INPUT) from None
        except KeyboardInterrupt:
            ERR.print(
                "Interrupted. The reports that were finished are whole, and the list names them. Run again to make the rest."
            )
            raise typer.Exit(130) from None

    return run


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Show the version.", is_eager=True)] = False) -> None:
    if version:
        OUT.print(f"hpp_analysis {hpp_analysis.__version__}")
        raise typer.Exit


@app.command()
@_with_plain_errors
def questionnaire(
    instrument: Annotated[str, typer.Argument(help="A packaged questionnaire or a YAML file.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="limesurvey, xlsform or docx.", show_default=False)],
    out: Annotated[Path, typer.Option(help="The folder of the files.")] = Path(),
    languages: Annotated[
        str | None, typer.Option(help="As nl,en; the main one first.", show_default="all of the questionnaire")
    ] = None,
    fixed: Annotated[
        list[str] | None, typer.Option(help="COLUMN=VALUE that holds for everybody, not asked; may be repeated.")
    ] = None,
) -> None:
    """Write a questionnaire for LimeSurvey, for ODK and KoboToolbox (XLSForm), or for paper; its answers need no mapping."""
    from hpp_analysis.forms import write_questionnaire

    wanted: Any = to
    files = write_questionnaire(instrument, out, to=wanted, languages=_split(languages), fixed=_parameters(fixed or []))
    OUT.print(escape("\n".join(map(str, files))), soft_wrap=True)


@app.command()
@_with_plain_errors
def report(
    sources: Sources,
    instrument: InstrumentOption = None,
    by: ByOption = None,
    languages: LanguagesOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The folder of the reports.", show_default="reports, beside the study file")
    ] = None,
    formats: Annotated[
        str, typer.Option(help="Of html, pdf, xlsx, docx, pptx, page (numbers to filter and compare in a browser).")
    ] = "html,pdf,xlsx",
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Reports made side by side.", show_default="processors")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this client; may be repeated.")] = None,
    wave: Annotated[str, typer.Option(help="Which wave; `all` for a report of each.", show_default="the last")] = "",
    mapping: MappingOption = None,
    sheet: SheetOption = None,
    notebook: Annotated[Path | None, typer.Option(help="Your own notebook.", show_default="client_report")] = None,
    parameter: Annotated[list[str] | None, typer.Option(help="NAME=VALUE for your notebook; may be repeated.")] = None,
    breakdowns: Annotated[
        str | None,
        typer.Option(
            help="Columns whose groups are compared with the rest, as role,tenure.", show_default="of the study"
        ),
    ] = None,
    overview: Annotated[
        bool | None,
        typer.Option(
            "--overview/--no-overview",
            help="Whether an overview over all reports is made too, for the researcher.",
            show_default="for a study file",
        ),
    ] = None,
    draft: Annotated[
        bool | None, typer.Option("--draft/--final", help="Whether every page says draft.", show_default="of the study")
    ] = None,
    release_anew: Annotated[
        bool, typer.Option("--release-anew", help="Release what differs from earlier reports, on purpose.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Make reports anew that are there already.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be made, and why.")] = False,
    timeout: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="How long a report may take; 0: as long as it needs.")
    ] = 300,
    memory: Annotated[
        float | None,
        typer.Option(min=0.1, metavar="GB", help="What a report may hold.", show_default="its share of this machine's"),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="`fork`: a copy of a warm process; `kernel`: Jupyter's.", show_default="fork, where it can"),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler whose workers make the reports.", show_default="none"),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Tell what happens as lines of JSON, for programs, instead of in words.")
    ] = False,
) -> None:
    """Make a report for each client in each language; those that are there as they would be made are kept."""
    if dry_run and as_json:
        raise SurveyError([Failure("`--json` and `--dry-run` must not be given together.", "Leave one of them out.")])
    study = _study(sources, instrument, by, mapping, sheet)
    out = out if out is not None else _beside(sources)
    parameters = _parameters(parameter or [])
    with ERR.status("Reading the answers"):
        from hpp_analysis.cli.progress import progress_of
        from hpp_analysis.report.run.plan import plan_reports
        from hpp_analysis.report.run.run import run_reports
        from hpp_analysis.report.writers.appearance import Appearance

        study, survey = _settled(study)
        if breakdowns is not None:
            from dataclasses import replace

            study = replace(study, breakdowns=tuple(_split(breakdowns)))
        plan = plan_reports(
            survey,
            **study.report_options(),
            by=study.by,
            languages=_split(languages) or _languages(study, survey),
            out=out,
            notebook=notebook,
            formats=_split(formats),
            only=only or (),
            wave=wave or study.wave,
            parameters=parameters,
            note=study.note,
            title=study.title,
            commentary=study.notes,
            sections=study.sections,
            appearance=Appearance(
                study.brand, study.draft if draft is None else draft, study.date, study.confidentiality
            ),
            editions=study.editions,
            overview=bool(study.file) and not only if overview is None else overview,
            ledger=_ledger(sources, out),
            release_anew=release_anew,
        )
    for note in plan.notes:
        ERR.print(escape(note), soft_wrap=True)
    limits: dict[str, Any] = {"timeout": timeout or None, "memory": memory and int(memory * 1e9), "engine": engine}
    if dry_run:
        from hpp_analysis.report.run.limits import check_limits, limits_of
        from hpp_analysis.report.run.standing import review

        if scheduler is None:  # what a run refuses is refused here too
            limits_of(jobs or 1, **limits)
        else:
            check_limits(**limits)
        for line in describe_standing(review(plan, force=force), plan):
            OUT.print(escape(line), soft_wrap=True)
        return
    with progress_of(len(plan.jobs), as_json=as_json) as progress:
        done = run_reports(plan, force=force, jobs=jobs, scheduler=scheduler, on_progress=progress.tell, **limits)
        progress.conclude(done)
    _keep_proposed(study, plan, survey)
    _conclude(done, out, quiet=as_json)


def _keep_proposed(study: Study, plan: ReportPlan, survey: Survey) -> None:
    """Add what the reports propose to the sheet of agreements beside the study."""
    if study.agreements is None:
        return
    import datetime as dt

    from hpp_analysis.followup.sheet import add_agreements
    from hpp_analysis.report.run.proposed import proposed_agreements

    if proposed := proposed_agreements(plan):
        day = dt.date.fromisoformat(study.date) if study.date else dt.datetime.now().astimezone().date()
        added = add_agreements(study.agreements, proposed, survey, by=study.by, language=plan.languages[0], day=day)
        if added:
            text = f"{len(added)} point{'s'[: len(added) != 1]} to agree on added to {study.agreements}"
            ERR.print(escape(text), soft_wrap=True)


def _conclude(done: RunReport, out: Path, *, quiet: bool = False) -> None:
    if not quiet:
        _say_what_was_made(done, out)
    if done.failed or not any(outcome.ok for outcome in done.outcomes):
        raise typer.Exit(SOME_FAILED)


def _say_what_was_made(done: RunReport, out: Path) -> None:
    for outcome in done.failed:
        broken = outcome.result.broken or {}
        place = "" if broken.get("cell") is None else f", cell {broken['cell'] + 1} of the notebook"
        lines = (broken.get("message") or "").splitlines()
        first = [line.removeprefix("- ") for line in lines if line.startswith("- ")][:1] or lines[:1]
        name = escape(f"{outcome.client or 'Overview'} ({outcome.language})")
        what = escape(": ".join([str(broken.get("kind")), *first]) + place)
        ERR.print(f"[bold red]Failed:[/] {name}: {what}", soft_wrap=True)
    for why in dict.fromkeys(outcome.result.nothing for outcome in done.empty):
        empty = dict.fromkeys(outcome.client or "Overview" for outcome in done.empty if outcome.result.nothing == why)
        ERR.print(escape(describe_empty_reports(list(empty), why)), soft_wrap=True)
    for note in done.notes:
        ERR.print(escape(note), soft_wrap=True)
    n_reports = sum(outcome.ok and not outcome.earlier for outcome in done.outcomes)
    n_kept = sum(outcome.ok and outcome.earlier for outcome in done.outcomes)
    counted = f"{n_reports} report{'s'[: n_reports != 1]} made"
    if n_kept:
        counted += f", {n_kept} kept"
    if done.failed:
        counted += f", {len(done.failed)} failed"
        if (out / "failed").is_dir():
            counted += f" (the broken notebooks are in {out / 'failed'})"
    OUT.print(escape(f"{counted}. All are listed in {out / done.index.name}"), soft_wrap=True)


@app.command()
@_with_plain_errors
def check(
    sources: Sources,
    instrument: InstrumentOption = None,
    by: ByOption = None,
    languages: LanguagesOption = None,
    mapping: MappingOption = None,
    sheet: SheetOption = None,
    audit: Annotated[
        Path | None,
        typer.Option(help="Write all that was dropped or changed into this .csv or .html; not for sharing."),
    ] = None,
) -> None:
    """Read the answers, and tell what is in them, what was changed, and which reports they would make."""
    study = _study(sources, instrument, by, mapping, sheet)
    if audit is not None and audit.suffix.lower() not in (".csv", ".html"):
        rule, remedy = "The name of an audit must end in .csv or .html.", "Change it."
        raise SurveyError([Failure(rule, remedy, value=str(audit))])
    with ERR.status("Reading the answers"):
        from hpp_analysis.report.run.plan import plan_reports

        study, survey = _settled(study)
        chosen = _split(languages) or _languages(study, survey)
        plan = plan_reports(
            survey,
            **study.report_options(),
            by=study.by,
            languages=chosen,
            out="reports",
            note=study.note,
            wave=study.wave,
            commentary=study.notes,
            sections=study.sections,
        )
    OUT.print(escape(describe_respondents(survey)), soft_wrap=True)
    _print(counts_table(survey, study.by))
    _print(answers_table(survey))
    if survey.unknown_columns:
        OUT.print(escape(describe_unknown_columns(survey)), soft_wrap=True)
    if changes := describe_changes(survey):
        OUT.print("\n[bold]What was dropped or changed[/], every cell with --audit FILE")
        for line in changes:
            OUT.print(escape(line), soft_wrap=True)
    if audit is not None:
        from hpp_analysis.survey.audit import audit_text
        from hpp_analysis.survey.private import write_private

        write_private(audit, audit_text(survey.audit, audit.suffix.lower()))
        OUT.print(escape(f"Every change, with file, row and value, is in {audit}."), soft_wrap=True)
    for note in plan.notes:
        OUT.print(escape(note), soft_wrap=True)
    about = list(dict.fromkeys(str(job.parameters["client"]) for job in plan.jobs))
    privacy, hidden = describe_privacy(survey, study.by, about)
    OUT.print(escape(privacy), soft_wrap=True)
    if hidden:
        OUT.print(escape(describe_empty_reports(hidden, "too_few")), soft_wrap=True)
    jobs = [job for job in plan.jobs if job.parameters["client"] not in hidden]
    clients = list(dict.fromkeys(job.client for job in jobs))
    to_make = f"{len(jobs)} report{'s'[: len(jobs) != 1]} would be made, in {', '.join(chosen)}: "
    OUT.print(escape(to_make + ", ".join(clients)), soft_wrap=True)


@app.command(name="map")
@_with_plain_errors
def map_(
    file: Annotated[Path, typer.Argument(help="A survey export.", show_default=False)],
    instrument: InstrumentOption = None,
    sheet: SheetOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The mapping that is written.", show_default="FILE.mapping.yaml")
    ] = None,
) -> None:
    """Write which column is what, for a person to check: a mapping for --mapping or study.yaml."""
    from hpp_analysis.survey.instrument import load_instrument
    from hpp_analysis.survey.propose import propose_mapping

    out = out if out is not None else file.with_name(f"{file.stem}.mapping.yaml")
    questionnaire = load_instrument(instrument or "hpp")
    text, counts = propose_mapping(file, questionnaire, sheet=sheet)
    try:
        with out.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        rule, remedy = (
            "`--out` must be a new file: somebody may have checked the mapping that is there.",
            "Choose another name, or remove the file.",
        )
        raise SurveyError([Failure(rule, remedy, value=str(out))]) from None
    command = ["hpp", "check", str(file), *(["--instrument", instrument] if instrument else []), "--mapping", str(out)]
    OUT.print(
        escape(
            f"{out}: {counts['found']} found, {counts['proposed']} proposed (commented out: read and decide), "
            f"{counts['missing']} not found. Check it, then: {shlex.join(command)}"
        ),
        soft_wrap=True,
    )


@app.command()
@_with_plain_errors
def schema() -> None:
    """Print the form of a questionnaire as JSON Schema, for completion and checks in editors."""
    import json

    from hpp_analysis.survey.instrument import instrument_schema

    sys.stdout.write(json.dumps(instrument_schema(), indent=1, ensure_ascii=False) + "\n")


@app.command()
@_with_plain_errors
def verify(
    place: Annotated[
        Path,
        typer.Argument(metavar="REPORT", help="A report's folder, a run's, or a shared bundle.", show_default=False),
    ],
    study: Annotated[
        list[Path] | None,
        typer.Option(help="The study.yaml of the reports, or their exports.", show_default="study.yaml beside the run"),
    ] = None,
    instrument: InstrumentOption = None,
    mapping: MappingOption = None,
    sheet: SheetOption = None,
    notebook: Annotated[Path | None, typer.Option(help="Your own notebook.", show_default="client_report")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for your notebook, where VALUE is a file; may be repeated.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this client; may be repeated.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Reports made side by side.", show_default="processors")
    ] = None,
) -> None:
    """Make the numbers of reports again, and compare them with what was handed out.

    Exit status: 0 equal, 1 something differs, 3 nothing differs but not all could be compared, 2 wrong use.
    """
    from hpp_analysis.report.verify import verify_reports

    sources = study or [path for path in _studies_near(place) if path.is_file()][:1]
    described, unreadable = None, []
    try:
        described = _study(sources, instrument, None, mapping, sheet) if sources else None
    except FailuresError as error:
        unreadable = problems_of(error.failures)
    with ERR.status("Making the reports again"):
        verified = verify_reports(
            place,
            described,
            unreadable=unreadable,
            notebook=notebook,
            parameters=_parameters(parameter or []),
            ledger=_ledger(sources, _run_of(place)) if sources else None,
            only=only or (),
            jobs=jobs,
        )
    for one in verified:
        for line in describe_verified(one):
            OUT.print(escape(line), soft_wrap=True)
    states = [one.state for one in verified]
    counted = [f"{states.count(state)} {words}" for state, words in VERIFIED.items() if state in states]
    OUT.print(f"{len(verified)} report{'s'[: len(verified) != 1]}: {', '.join(counted)}.")
    if "different" in states:
        raise typer.Exit(SOME_FAILED)
    if "cannot" in states:
        raise typer.Exit(CANNOT_TELL)


def _run_of(place: Path) -> Path:
    """The folder of the run that a report or bundle lies in."""
    from hpp_analysis.report.run.manifest import FILE

    place = place.resolve()
    return next((path for path in (place, *place.parents[:2]) if (path / FILE).is_file()), place.parent)


def _studies_near(place: Path) -> list[Path]:
    """Where a study file may lie: beside the run, or beside a bundle."""
    run = _run_of(place)
    return [folder / "study.yaml" for folder in dict.fromkeys((run.parent, run, place.resolve().parent))]


app.command()(_with_plain_errors(by_hand.preflight))
app.command()(_with_plain_errors(by_hand.plan))
app.command()(_with_plain_errors(by_hand.notes))
app.command()(_with_plain_errors(by_hand.comments))
app.command()(_with_plain_errors(by_hand.followup))
app.command()(_with_plain_errors(by_hand.share))

_norms = typer.Typer(help="Norms: files of cleared aggregates, with which reports compare.", no_args_is_help=True)
app.add_typer(_norms, name="norms")
for _command in (norms.add, norms.merge, norms.withdraw, norms.show):
    _norms.command()(_with_plain_errors(_command))


@app.command()
@_with_plain_errors
def new(
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.", show_default=False)],
    more: Annotated[list[Path] | None, typer.Argument(help="More exports after --from.", show_default=False)] = None,
    source: Annotated[
        list[Path] | None,
        typer.Option("--from", help="A survey export to draft the study from; several are read together."),
    ] = None,
    sheet: SheetOption = None,
    items: Annotated[
        str | None, typer.Option(help="Headers of the items, as 'PA*,NA*'.", show_default="found by their answers")
    ] = None,
    factors: Annotated[Literal["names", "efa", "one"], typer.Option(help="Where factors come from.")] = "names",
    language: Annotated[str | None, typer.Option(help="Of the texts, as nl.", show_default="by their words")] = None,
    codebook: Annotated[
        Path | None,
        typer.Option(help="A .qsf, .lss, REDCap dictionary or codebook sheet of the survey.", show_default=False),
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Fill it with the demonstration study.")] = False,
) -> None:
    """Lay out the folder of a study: empty, drafted from an export, or the demonstration."""
    if (more or sheet or items or language or codebook) and not source:
        rule = "Files, --sheet, --items, --language and --codebook must stand with --from."
        raise SurveyError(
            [Failure(rule, f"Write: hpp new {folder} --from FILE", value=", ".join(map(str, more or ())) or None)]
        )
    if source and demo:
        raise SurveyError([Failure("A new study must be drafted with --from or be the --demo.", "Leave one out.")])
    if source:
        with ERR.status("Reading the answers"):
            from hpp_analysis.drafts.new_study import draft_study

            file, draft = draft_study(
                folder,
                [*source, *(more or ())],
                sheet=sheet,
                items=_split(items) or None,
                factors=factors,
                language=language,
                codebook=codebook,
            )
        for line in describe_draft(draft):
            OUT.print(escape(line), soft_wrap=True)
        OUT.print(escape(f"Look at {folder / 'instrument.yaml'}, then:"), soft_wrap=True)
    else:
        from hpp_analysis.study.study_folder import new_study

        file = new_study(folder, demo=demo)
        first = f"Put the survey exports into {folder / 'responses'}, complete {file}, then:"
        OUT.print(escape("The demonstration study is there; try:" if demo else first), soft_wrap=True)
    check = shlex.join(["hpp", "check", str(file)])
    report = shlex.join(["hpp", "report", str(file), "--out", str(folder / "reports")])
    OUT.print(escape(f"  {check}\n  {report}"), soft_wrap=True)


def _study(
    sources: Sequence[Path],
    instrument: str | None,
    by: str | None,
    mapping: Path | None = None,
    sheet: str | None = None,
) -> Study:
    """The study that a file describes, or that the arguments make up; options win over the file."""
    from dataclasses import replace

    from hpp_analysis.study.study import Study, load_study
    from hpp_analysis.survey.instrument import packaged_instruments
    from hpp_analysis.survey.mapping import ColumnMap, load_mapping, merged

    own = ColumnMap() if sheet is None else ColumnMap(sheet=sheet)
    place: str | Path | None = instrument
    if instrument is not None and instrument not in packaged_instruments():
        place = Path(instrument).resolve()
    described = [path for path in sources if path.suffix.lower() in _STUDY_ENDINGS]
    if described and len(sources) > 1:
        raise SurveyError(
            [
                Failure(
                    "A study file must be given alone; it names its own survey exports.",
                    "Give either the study file or the exports.",
                    value=", ".join(map(str, sources)),
                )
            ]
        )
    if not described:
        files = tuple(path.resolve() for path in sources)
        maps = (merged(load_mapping(mapping), own),) * len(files)
        return Study(
            name="",
            responses=files,
            instrument=place or "hpp",
            by=by or "client",
            mapping=maps,
            everybody="" if by else files[0].stem,
        )
    study = load_study(described[0])
    if mapping is not None:
        study = replace(study, mapping=(load_mapping(mapping),) * len(study.responses))
    study = replace(study, mapping=tuple(merged(mapping_of_file, own) for mapping_of_file in study.mapping))
    study = replace(study, everybody="" if by else study.everybody)
    return replace(study, instrument=place or study.instrument, by=by or study.by)


def _settled(study: Study) -> tuple[Study, Survey]:
    """Load the answers, complete the study from them, and print what was completed."""
    settled, survey = study.settled()
    if settled is not study:
        from hpp_analysis.report.run.choose import columns_to_choose

        columns = [column for column in columns_to_choose(survey) if column != settled.by]
        message = f"The answers have no column `client`: one report of all of them, called {study.everybody!r}."
        if columns:
            message += f" For a report of each group, use --by with one of: {', '.join(columns)}."
        ERR.print(escape(message), soft_wrap=True)
    if (doubt := describe_unused_ends(survey)) is not None:
        ERR.print(escape(doubt), soft_wrap=True)
    return settled, survey


def _beside(sources: Sequence[Path]) -> Path:
    """Where reports go when nobody said: `reports` beside the study file, or here."""
    described = [path for path in sources if path.suffix.lower() in _STUDY_ENDINGS]
    return described[0].parent / "reports" if described else Path("reports")


def _ledger(sources: Sequence[Path], out: Path) -> Path:
    """The path of the ledger: beside the study file, or with the reports."""
    from hpp_analysis.report.run.released import SUFFIX

    described = [path for path in sources if path.suffix.lower() in _STUDY_ENDINGS]
    return described[0].with_suffix(SUFFIX) if described else out / f"study{SUFFIX}"


def _split(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _languages(study: Study, survey: Survey) -> list[str]:
    """Those that the study names, else all that both the questionnaire and the package speak."""
    from hpp_analysis.texts import languages

    return list(study.languages) or [code for code in languages() if code in survey.instrument.languages]


def _parameters(written: list[str]) -> dict[str, str]:
    wrong = [text for text in written if not text.partition("=")[1] or not text.partition("=")[0].strip()]
    if wrong:
        rule, remedy = "A parameter is written as NAME=VALUE.", "Write it so."
        raise SurveyError(Failure(rule, remedy, value=text) for text in wrong)
    return {name.strip(): value for name, _equals, value in (text.partition("=") for text in written)}


def _print(table: Table) -> None:
    OUT.print()
    OUT.print(table)
