"""Pack the reports of a client into one ZIP file: checked first, with checksums and a README."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import hpp_analysis
from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.options import nearest
from hpp_analysis.publishing.published import FILE
from hpp_analysis.report.notebook.nodes import parse, text_of
from hpp_analysis.report.run import manifest
from hpp_analysis.report.run.folders import write_aside
from hpp_analysis.report.share.cleared import LeftOut, cleared
from hpp_analysis.report.share.guard import Finding, Secrets, inspect, secrets_of, secrets_of_run
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import read_document
from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.report.writers.render import editions_of, formats_of, rendered
from hpp_analysis.study.study import Study
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language
from hpp_analysis.texts.wording import Wording, worded

FOLDER = "shared"
_NOTEBOOK = "notebook.ipynb"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Shared:
    """What was put together to hand over.

    Attributes
    ----------
    path : Path
        A ZIP file: for each language the report in the formats of the run, its figures, `notebook.ipynb` and the
        `published.json` that the notebook opens; `README.txt` in these languages; `SHA256SUMS.txt`.
    left_out : mapping of str to tuple of LeftOut
        By report ("SLUG/LANGUAGE") the outputs that were not cleared, and so are in no file of the bundle.
    unchecked : tuple of str
        In sentences, what the guard could not look for.
    """

    path: Path
    left_out: Mapping[str, tuple[LeftOut, ...]]
    unchecked: tuple[str, ...] = ()


def share_report(
    run: str | Path,
    client: str,
    *,
    study: Study | None = None,
    out: str | Path | None = None,
    draft: bool = False,
    allow: Collection[str] = (),
) -> Shared:
    """Put the reports of one client into a file that may leave the house.

    Only what `publish` cleared travels: every file of the bundle is written anew from the cleared blocks and the prose of
    the report's notebook. The guard then reads these files as a second lock.

    Parameters
    ----------
    run : path
        The folder of a run.
    client : str
        Whose reports; of several waves, all of them. One report goes by its name ("NAME, WAVE") or folder too.
    study : Study, optional
        The study of which the run is: who answered, and whose names must not be in the file. The folder of the run does
        not know the persons. Without it the guard looks for the other clients of the run only.
    out : path, optional
        The file; by default in the folder `shared` of the run.
    draft : bool
        Whether drafts may be shared.
    allow : collection of str
        Names of other organisations, e-mail addresses and telephone numbers that may stand in the reports.

    Returns
    -------
    Shared
        The file, what was left out of it, and what could not be checked. Equal reports give equal bytes.

    Raises
    ------
    ReportError
        With everything that must not leave, each with file and place; when the run is not one of the study; when files were
        changed since they were made. Nothing is written then.
    """
    run = Path(run)
    run_list = manifest.read_manifest(run)
    with worded(Wording(**run_list.get("words", {}))):
        return _shared(run, run_list, client, study, out, allow, draft=draft)


def _shared(
    run: Path,
    run_list: Mapping[str, Any],
    client: str,
    study: Study | None,
    out: str | Path | None,
    allow: Collection[str],
    *,
    draft: bool,
) -> Shared:
    """As `share_report`, with the words of the study in use."""
    survey = None if study is None else study.survey()
    if study is not None:
        _check_study(run_list, study)
    jobs, about = _reports(run_list, survey, client)
    files, left_out = _files(run, jobs, Appearance.of(run_list["look"]))
    local_folders = [str(run.resolve()), str(Path.home())]
    if survey is None or study is None:
        others = {job["about"] for job in run_list["jobs"] if job["kind"] == "client"} - {about}
        own = {about, *(job["client"] for job in jobs)}
        secrets = secrets_of_run(others, own=own, allow=allow, paths=local_folders)
    else:
        local_folders += [str(path.parent) for path in study.responses]
        secrets = secrets_of(survey, by=run_list["by"], client=about, allow=allow, paths=local_folders)
    failures = [_failure(finding) for finding in inspect(files, secrets, final=not draft)]
    if run_list["look"]["draft"] and not draft:
        failures.insert(
            0,
            Failure(
                "What is shared is final; these reports are drafts.",
                "Make them with --final, or share them with --draft.",
            ),
        )
    if failures:
        raise ReportError(failures)
    name = jobs[0]["client"] if len({job["slug"] for job in jobs}) == 1 else about
    files["README.txt"] = _readme(name, [job["language"] for job in jobs], files).encode("utf-8")
    path = Path(out) if out is not None else run / FOLDER / f"{jobs[0]['slug']}.zip"
    write_aside(path, _zipped(files))
    return Shared(path, left_out, _unchecked(secrets, survey))


def _unchecked(secrets: Secrets, survey: Survey | None) -> tuple[str, ...]:
    """Say in sentences what the guard could not look for."""
    sentences = []
    if survey is None:
        sentences.append(
            "No study was given, so these were not looked for: identifiers of respondents, rows of their answers, and "
            "partners and organisations that are no clients of this run. Name the study with --study to check them."
        )
    if secrets.unsought:
        named = ", ".join(secrets.unsought)
        sentences.append(f"Not looked for, because a report cannot tell them from its own numbers and words: {named}.")
    return tuple(sentences)


def _failure(finding: Finding) -> Failure:
    place = f" ({finding.place})" if finding.place else ""
    return Failure(
        f"A shared file must not hold {finding.what}{place}.",
        "Take it out where the report gets it, and make the report again. A name, address or number that may stand there is "
        "allowed by --allow.",
        finding.file,
        value=finding.value,
    )


def _check_study(run_list: Mapping[str, Any], study: Study) -> None:
    """Raise unless the study has the answers of the run: otherwise the guard would look for the wrong names and persons."""
    hashes = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in study.responses)
    if hashes != sorted(file["sha256"] for file in run_list["inputs"]):
        rule = "The answers of the study must be those that the run was made of."
        raise ReportError(
            [
                Failure(
                    rule,
                    "Name the study of this run (--study), make the reports again, or share without a study (--no-study).",
                    study.file or None,
                )
            ]
        )


def _reports(run_list: Mapping[str, Any], survey: Survey | None, client: str) -> tuple[list[dict[str, Any]], str]:
    """The reports on a client, and the value of the column that they are about.

    A client is asked for by its name, or by the name of one report ("NAME, WAVE").
    """
    clients = [job for job in run_list["jobs"] if job["kind"] == "client"]  # an overview is for nobody outside
    of_client = [job for job in clients if job["about"] == client]
    of_report = [job for job in clients if job["client"] == client and job["about"] != client]
    if of_client and of_report:
        folders = ", ".join(sorted({job["slug"] for job in (*of_client, *of_report)}))
        rule = f"The name must be that of one client; it is also that of a report about {of_report[0]['about']!r}."
        raise ReportError([Failure(rule, f"Name a report by its folder: {folders}.", value=client)])
    jobs = of_client or of_report or [job for job in clients if job["slug"] == client]
    if not jobs:
        known = list(dict.fromkeys(job["client"] for job in clients))
        rule = f"The name must be that of a client of the run; it has reports of {', '.join(known)}."
        raise ReportError([Failure(rule, nearest(client, known), value=client)])
    empty = [job for job in jobs if job["status"] == "empty"]
    if empty:
        named = ", ".join(f"{job['client']} ({job['language']})" for job in empty)
        why, remedy = _EMPTY[empty[0]["nothing"]]
        rule = f"A report must have a number to be shared; {named} was not written, because {why}."
        raise ReportError([Failure(rule, remedy, value=client)])
    failed = [f"{job['client']} ({job['language']})" for job in jobs if job["status"] != "made"]
    if failed:
        rule = f"All reports of a client must have been made; {', '.join(failed)} failed."
        raise ReportError([Failure(rule, "Make it again, then share.", value=client)])
    about = str(jobs[0]["about"])
    if survey is not None and about not in survey.values(run_list["by"]):
        rule = f"A shared report must be about a name in the column {run_list['by']!r} of the study."
        raise ReportError([Failure(rule, "Name the study of this run (--study).", value=about)])
    return jobs, about


_EMPTY = {
    "too_few": (
        "every group is too small to be shown",
        "Collect more answers, or make the reports of larger groups (--by).",
    ),
    "no_answers": ("nobody answered what it would show", "Look at `hpp check`: was it asked of this client?"),
}
"""Why a report was not written, and what to do, by the code in the list of a run."""


def _read(run: Path, file: Mapping[str, Any]) -> bytes:
    """A file of a run as it was made."""
    try:
        data = (run / str(file["path"])).read_bytes()
    except OSError:
        data = b""
    if hashlib.sha256(data).hexdigest() != file["sha256"]:
        rule = "A file of a report must be as it was made to be shared; this one was changed since, or is gone."
        raise ReportError([Failure(rule, "Make the report again.", str(file["path"]))])
    return data


def _files(
    run: Path, jobs: list[dict[str, Any]], appearance: Appearance
) -> tuple[dict[str, bytes], dict[str, tuple[LeftOut, ...]]]:
    """The files of a bundle, written from the cleared parts of each report; and what was not cleared, by report."""
    single = len({job["slug"] for job in jobs}) == 1
    files: dict[str, bytes] = {}
    left_out: dict[str, tuple[LeftOut, ...]] = {}
    failures: list[Failure] = []
    for job in jobs:
        data_by_name: dict[str, bytes] = {}
        for file in job["files"]:
            try:
                data_by_name[str(file["path"]).rsplit("/", 1)[-1]] = _read(run, file)
            except ReportError as error:
                failures += error.failures
        if failures:
            continue
        part = cleared(parse(data_by_name[_NOTEBOOK].decode("utf-8")))
        report = f"{job['slug']}/{job['language']}"
        left_out[report] = part.left_out
        if not part.blocks:
            rule = "A shared report must have a table, figure or text that `publish` cleared."
            remedy = "Pass each result through `publish` before it is shown, and make the report again."
            failures.append(Failure(rule, remedy, report))
            continue
        formats, editions = formats_of(data_by_name), editions_of(data_by_name)
        with language(job["language"]):
            written = rendered(part.document, read_document(part.document), appearance, formats, editions)
            written[_NOTEBOOK] = text_of(part.notebook).encode("utf-8")
            written[FILE] = part.published(job["language"]).encode("utf-8")
        folder = job["language"] if single else report
        files |= {f"{folder}/{name}": data for name, data in written.items()}
    if failures:
        raise ReportError(failures)
    return files, left_out


def _readme(client: str, codes: list[str], files: Collection[str]) -> str:
    """How to read what is in the file, in each language of it."""
    names = {part for file in files for part in file.split("/")}
    readme = []
    for code in dict.fromkeys(codes):
        with language(code):
            lines = {
                "board.html": _("The report in eight pages at most, for whoever decides. Open it in any browser."),
                "board.pdf": _("The same eight pages to print."),
                "board.docx": _("The same eight pages to edit, in Word or LibreOffice."),
                "report.html": _("Open it in any browser, on a computer or a phone. It needs no connection."),
                "report.pdf": _("The same report to print or to have read aloud."),
                "report.docx": _("The same report to edit, in Word or LibreOffice."),
                "slides.pptx": _("The figures and findings as slides, for PowerPoint or LibreOffice."),
                "tables.xlsx": _("The numbers behind every table and figure, to calculate with."),
                "compare.html": _(
                    "The numbers to filter, order and compare, in any browser, on a computer or a phone. It needs no connection."
                ),
                "figures": _("Each figure as a file of its own, for slides."),
                "notebook.ipynb": _(
                    "The report as a notebook that makes its tables and figures from published.json, without any answers; "
                    "it opens in Jupyter, and runs where the Python package hpp_analysis {version} is installed."
                ).format(version=hpp_analysis.__version__),
                "published.json": _("The published numbers, figures and texts, for the notebook and for programs."),
                "SHA256SUMS.txt": _(
                    "Checksums of all files: `sha256sum -c SHA256SUMS.txt` tells whether one was changed."
                ),
            }
            title = _("Report about {name}").format(name=plain(client))
            readme += [title, "=" * len(title), "", _("What is in this file:"), ""]
            readme += [
                f"- {name}: {explanation}"
                for name, explanation in lines.items()
                if name in names or name.startswith("SHA")
            ]
            readme += [
                "",
                _("They hold no answers of single persons, and nothing of groups of fewer than five persons."),
                "",
                "",
            ]
    return "\n".join(readme).rstrip() + "\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file without a clock; equal files give equal bytes."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, data in sorted({**files, "SHA256SUMS.txt": sums.encode()}.items()):
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(entry, data, compresslevel=9)
    return buffer.getvalue()
