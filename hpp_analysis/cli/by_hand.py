"""The commands before and after a run: `preflight`, `plan`, `notes` and `share`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from hpp_analysis.cli.console import ERR, OUT
from hpp_analysis.errors import Failure, SurveyError

CANNOT_BE_FIELDED = 1


def preflight(
    instrument: Annotated[str, typer.Argument(help="A packaged questionnaire or a YAML file.", show_default=False)],
    invited: Annotated[
        Path | None,
        typer.Option(
            help="Who is invited: a table, a row for each person or group, or a study.yaml.", show_default="nobody yet"
        ),
    ] = None,
    response: Annotated[float, typer.Option(min=0.01, max=1, help="The share who are expected to answer.")] = 0.6,
    by: Annotated[str, typer.Option(help="The column of which each value gets a report.")] = "client",
    partnerships: Annotated[
        int | None, typer.Option(min=1, help="How many take part.", show_default="those invited, or 4")
    ] = None,
    languages: Annotated[str | None, typer.Option(help="As nl,en.", show_default="all of the questionnaire")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The page that is written.", show_default="preflight-NAME.html")
    ] = None,
) -> None:
    """Screen a questionnaire before it goes into the field, and tell what it can settle: one page in each language.

    Exit status: 0, also with findings; 1 when the questionnaire cannot be fielded as it is; 2 when it cannot be read.
    """
    from hpp_analysis.planning import preflight as screen
    from hpp_analysis.report import preflight_html
    from hpp_analysis.texts import languages as spoken

    chosen = [code.strip() for code in (languages or "").split(",") if code.strip()]
    if out is not None and out.suffix.lower() != ".html":
        rule, remedy = "The name of the page must end in .html.", "Change it."
        raise SurveyError([Failure(rule, remedy, value=str(out))])
    with ERR.status("Screening the questionnaire"):
        found = screen(
            instrument, invited=invited, response=response, by=by, partnerships=partnerships, languages=chosen or None
        )
        page = preflight_html(found, languages=[code for code in chosen if code in spoken()] or None)
    path = out if out is not None else Path(f"preflight-{found.instrument.name}.html")
    path.write_text(page, encoding="utf-8")
    OUT.print(escape(found.summary("en")), soft_wrap=True)
    for line in found.findings("en"):
        OUT.print(escape(line), soft_wrap=True)
    OUT.print(escape(f"The page is {path}."), soft_wrap=True)
    if not found.can_be_fielded:
        raise typer.Exit(CANNOT_BE_FIELDED)


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


def comments(
    study: Annotated[Path, typer.Argument(help="The study.yaml of a study.", show_default=False)],
    seal: Annotated[
        bool, typer.Option("--seal", help="Bind each approval in the workbook to its text, after people approved.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="The workbook.", show_default="`comments` of the study, else comments.xlsx beside it"),
    ] = None,
    delete_by: Annotated[
        str, typer.Option(help="When the workbook must be deleted, as 2026-09-30.", show_default="in 90 days")
    ] = "",
) -> None:
    """Write the comments as a workbook for review, or seal what was approved in it; what people filled in is kept."""
    from hpp_analysis.comments.review import has_consent, read_review, seal_review, write_review
    from hpp_analysis.study.study import load_study
    from hpp_analysis.texts import languages as spoken

    described_study = load_study(study)
    file = out or described_study.comments or study.with_name("comments.xlsx")
    if seal:
        n_sealed = seal_review(file)
        OUT.print(escape(f"{file}: {n_sealed} approval{'s'[: n_sealed != 1]} sealed."), soft_wrap=True)
    else:
        with ERR.status("Reading the comments"):
            described_study, survey = described_study.settled()
            languages = list(described_study.languages) or [
                code for code in spoken() if code in survey.instrument.languages
            ]
            write_review(survey, file, by=described_study.by, languages=languages, delete_by=delete_by)
        if not has_consent(survey):
            OUT.print("Nobody was asked whether they may be quoted (column `consent`): themes only.", soft_wrap=True)
    review = read_review(file, sealed=False)
    allegations = review.comments["allegation"].eq("yes").sum()
    OUT.print(
        escape(
            f"{file}: {len(review.comments):,} comments, {allegations:,} of them set apart as allegations; "
            f"{len(review.open_themes):,} of {len(review.themes):,} themes kept, {len(review.quotable):,} comments to publish, "
            f"{review.n_unsealed:,} approved and not sealed. Delete it by {review.delete_by}."
        ),
        soft_wrap=True,
    )
    if described_study.comments is None:
        OUT.print(
            escape(f"Reports show what it releases with `comments: {file.name}` in {study.name}."), soft_wrap=True
        )


def followup(
    study: Annotated[Path, typer.Argument(help="The study.yaml of a study.", show_default=False)],
    filled: Annotated[
        list[Path] | None,
        typer.Option("--from", help="A report's tables.xlsx in which agreements were filled in; may be repeated."),
    ] = None,
    today: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="What is due on this day.")] = None,
) -> None:
    """Check the sheet of agreements, bring in what was filled in elsewhere, and list what is due."""
    import datetime as dt

    from hpp_analysis.cli.tables import agreements_table
    from hpp_analysis.followup.agreements import read_agreements
    from hpp_analysis.followup.sheet import carry_over, due, number_rows
    from hpp_analysis.study.study import load_study
    from hpp_analysis.texts import languages as spoken

    try:
        day = dt.datetime.now().astimezone().date() if today is None else dt.date.fromisoformat(today)
    except ValueError:
        raise SurveyError([Failure("`--today` must be a date.", "Write it as 2026-03-31.", value=today)]) from None
    described = load_study(study)
    with ERR.status("Reading the answers"):
        described, survey = described.settled()
    sheet = described.agreements
    if sheet is None or (not sheet.is_file() and not filled):
        rule, remedy = "The study must have a sheet of agreements.", f"Make it: hpp report {study}"
        raise SurveyError([Failure(rule, remedy, value=None if sheet is None else sheet.name)])
    language = next(iter(described.languages), next(code for code in spoken() if code in survey.instrument.languages))
    reported = dt.date.fromisoformat(described.date) if described.date else day
    options: dict[str, Any] = {"by": described.by, "language": language, "day": reported}
    read = [(path, read_agreements(path, survey, by=described.by)) for path in filled or ()]
    for path, rows in read:
        changed, added = carry_over(sheet, rows, survey, **options, source=path.name)
        OUT.print(escape(f"{path}: {changed} filled in, {added} added."), soft_wrap=True)
    if n_numbered := number_rows(sheet, survey, **options):
        OUT.print(f"{n_numbered} row{'s'[: n_numbered != 1]} got an id.")
    agreements = [one for one in read_agreements(sheet, survey, by=described.by) if one.agreement]
    counts = {
        status: sum(one.status == status for one in agreements) for status in ("open", "doing", "done", "dropped")
    }
    counted = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
    OUT.print(
        escape(
            f"{sheet}: {len(agreements)} agreement{'s'[: len(agreements) != 1]}"
            + (f" ({counted})." if counted else ".")
        ),
        soft_wrap=True,
    )
    if urgent := due(agreements, day):
        OUT.print(agreements_table(urgent, survey))
    else:
        OUT.print("Nothing is due.")


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
