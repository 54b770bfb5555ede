"""The commands before and after a run: `plan`, `notes` and `share`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from hpp_analysis.cli.console import ERR, OUT
from hpp_analysis.errors import Failure, SurveyError


def plan(
    study: Annotated[Path, typer.Argument(help="The study.yaml of a study.", show_default=False)],
    seal: Annotated[bool, typer.Option("--seal", help="Keep its hash, before the answers are seen; once.")] = False,
) -> None:
    """Tell what a study planned to compare, and whether that was sealed before its answers were there."""
    from hpp_analysis.study.analysis_plan import describe_plan, seal_plan
    from hpp_analysis.study.study import plan_and_answers

    file, answers = plan_and_answers(study)
    if file is None:
        rule, remedy = "The study must name a plan.", "Write one, and add `plan: plan.yaml` to the study."
        raise SurveyError([Failure(rule, remedy, study.name)])
    if seal:
        seal_plan(file, answers)
    for line in describe_plan(file):
        OUT.print(escape(line), soft_wrap=True)


def notes(
    study: Annotated[Path, typer.Argument(help="The study.yaml of a study.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="The file that is written.", show_default="notes.yaml, beside the study")
    ] = None,
    notebook: Annotated[Path | None, typer.Option(help="Your own notebook.", show_default="client_report")] = None,
) -> None:
    """Write a file for your own commentary, with a place for each client, language and section of the reports."""
    from hpp_analysis.report.notebook.sections import headings_of
    from hpp_analysis.report.run.plan import plan_reports
    from hpp_analysis.study.notes import notes_template
    from hpp_analysis.study.study import load_study
    from hpp_analysis.texts import languages as spoken

    described_study = load_study(study)
    with ERR.status("Reading the answers"):
        described_study, survey = described_study.settled()
    languages = list(described_study.languages) or [code for code in spoken() if code in survey.instrument.languages]
    reports = plan_reports(
        survey,
        **described_study.report_options(),
        by=described_study.by,
        languages=languages,
        out=study.parent / "reports",
        notebook=notebook,
        wave=described_study.wave,
        sections=described_study.sections,
    )
    clients = list(dict.fromkeys(job.client for job in reports.jobs))
    text = notes_template(clients, languages, headings_of(reports.notebooks))
    file = out if out is not None else study.with_name("notes.yaml")
    try:
        with file.open("x", encoding="utf-8") as written:
            written.write(text)
    except FileExistsError:
        rule, remedy = "Notes are never overwritten: they are your own words.", "Choose another --out."
        raise SurveyError([Failure(rule, remedy, value=str(file))]) from None
    OUT.print(escape(f"{file}: write there, and add `notes: {file.name}` to {study.name}."), soft_wrap=True)


def share(
    run: Annotated[Path, typer.Argument(help="The folder of a run.", show_default=False)],
    client: Annotated[str, typer.Option(help="Whose reports.", show_default=False)],
    study: Annotated[
        Path | None,
        typer.Option(help="The study of the run.", show_default="study.yaml beside the folder, if there is one"),
    ] = None,
    no_study: Annotated[
        bool, typer.Option("--no-study", help="Do not look for a study; less can be checked then.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="The file that is written.", show_default="in RUN/shared")] = None,
    draft: Annotated[bool, typer.Option("--draft", help="Drafts may be shared.")] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A name, e-mail address or number that may stand in the reports; may be repeated."),
    ] = None,
) -> None:
    """Put what was cleared of a client's reports into one file to hand over, and look through it."""
    from hpp_analysis.report.share.share import share_report
    from hpp_analysis.study.study import load_study

    if study is not None and no_study:
        rule = "`--study` and `--no-study` must not be given together."
        raise SurveyError([Failure(rule, "Leave one of them out.", value=str(study))])
    beside = run.resolve().parent / "study.yaml"
    described = study or (beside if beside.is_file() and not no_study else None)
    with ERR.status("Looking through the reports"):
        shared = share_report(
            run,
            client,
            study=None if described is None else load_study(described),
            out=out,
            draft=draft,
            allow=allow or (),
        )
    for report, left_out in shared.left_out.items():
        for output in left_out:
            message = f"Left out of {report}: {output.what}, cell {output.cell} of notebook.ipynb ({output.source}): {output.why}."
            ERR.print(escape(message), soft_wrap=True)
    for sentence in shared.unchecked:
        ERR.print(escape(sentence), soft_wrap=True)
    OUT.print(escape(f"{shared.path}: nothing was found in it that should not leave."), soft_wrap=True)
