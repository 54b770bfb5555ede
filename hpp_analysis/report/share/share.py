"""A client's reports as one file to hand over: looked through first, with checksums and words on how to read it."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.options import nearest
from hpp_analysis.report.run import manifest
from hpp_analysis.report.run.folders import write_aside
from hpp_analysis.report.share.guard import Finding, inspect, secrets_of
from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.study.study import Study
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language

FOLDER = "shared"
_SHARED = ("report.html", "report.pdf", "tables.xlsx", "notebook.ipynb")
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def share_report(
    run: str | Path,
    client: str,
    *,
    study: Study,
    out: str | Path | None = None,
    draft: bool = False,
    allow: Collection[str] = (),
) -> Path:
    """Put the reports of one client into a file that may leave the house.

    Parameters
    ----------
    run : path
        The folder of a run.
    client : str
        Whose reports; of several waves, all of them.
    study : Study
        The study of which the run is: who answered, and whose names must not be in the file. The folder of the run knows
        neither.
    out : path, optional
        The file; by default in the folder `shared` of the run.
    draft : bool
        Whether drafts may be shared.
    allow : collection of str
        Names of other organisations that may stand in the reports, as one that is also an ordinary word.

    Returns
    -------
    Path
        A ZIP file: for each language `report.html`, `report.pdf`, `tables.xlsx` and the executed `notebook.ipynb`, as far as
        they were made; `README.txt` in these languages; `SHA256SUMS.txt`. Equal reports give equal bytes.

    Raises
    ------
    ReportError
        With everything that must not leave, each with file and place; when the run is not one of the study; when files were
        changed since they were made. Nothing is written then.
    """
    run = Path(run)
    told = _manifest(run)
    survey = study.survey()
    _check_study(told, study)
    jobs, about = _reports(told, survey, client)
    files = _files(run, jobs)
    here = [str(run.resolve()), *(str(path.parent) for path in study.responses), str(Path.home())]
    secrets = secrets_of(survey, by=told["by"], client=about, allow=allow, paths=here)
    failures = [_failure(one) for one in inspect(files, secrets, final=not draft)]
    if told.get("look", {}).get("draft") and not draft:
        failures.insert(
            0,
            Failure(
                "What is shared is final; these reports are drafts.",
                "Make them with --final, or share them with --draft.",
            ),
        )
    if failures:
        raise ReportError(failures)
    files["README.txt"] = _readme(client, [job["language"] for job in jobs], files).encode("utf-8")
    path = Path(out) if out is not None else run / FOLDER / f"{jobs[0]['slug']}.zip"
    write_aside(path, _zipped(files))
    return path


def _failure(found: Finding) -> Failure:
    place = f" ({found.place})" if found.place else ""
    return Failure(
        f"Nothing of this kind is shared: {found.what}{place}.",
        "Look where it comes from, and make the report again; a name that may stand there is allowed by --allow.",
        found.file,
        value=found.value,
    )


def _manifest(run: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads((run / manifest.FILE).read_text(encoding="utf-8"))
        if told["schema"] != manifest.SCHEMA:
            raise ValueError(f"it is of version {told['schema']}, this is version {manifest.SCHEMA}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        rule = f"The folder of a run holds its {manifest.FILE} ({type(error).__name__}: {error})."
        raise ReportError(
            [Failure(rule, "Name the folder that `hpp report` has written, or run it again.", str(run))]
        ) from error
    return told


def _check_study(told: Mapping[str, Any], study: Study) -> None:
    """That the answers of the study are those of the run: else names and persons would be looked for that are not in it."""
    here = sorted(hashlib.sha256(path.read_bytes()).hexdigest() for path in study.responses)
    if here != sorted(one["sha256"] for one in told["inputs"]):
        rule = "The answers of the study are those that the run was made of; they differ."
        raise ReportError(
            [
                Failure(
                    rule,
                    "Name the study of this run (--study), or make the reports again.",
                    study.file or None,
                )
            ]
        )


def _reports(told: Mapping[str, Any], survey: Survey, client: str) -> tuple[list[dict[str, Any]], str]:
    """The reports that bear a name, and the value of the column that they are about."""
    waves = survey.values("wave") if "wave" in survey.respondents else ()
    values = survey.values(told["by"])
    about = next(
        (name for name in values for wave in ("", *waves) if client == (f"{name}, {wave}" if wave else name)),
        client,
    )
    names = {client} | {f"{client}, {wave}" for wave in waves}
    clients = [job for job in told["jobs"] if job["kind"] == "client"]  # an overview is for nobody outside
    jobs = [job for job in clients if job["client"] in names]
    if about not in values or not jobs:
        known = list(dict.fromkeys(job["client"] for job in clients))
        rule = f"The run has reports of {', '.join(known)}."
        raise ReportError([Failure(rule, nearest(client, known), value=client)])
    failed = [job for job in jobs if job["status"] != "made"]
    if failed:
        rule = f"All reports of a client were made; {', '.join(job['language'] for job in failed)} was not."
        raise ReportError([Failure(rule, "Make it again, then share.", value=client)])
    return jobs, about


def _files(run: Path, jobs: list[dict[str, Any]]) -> dict[str, bytes]:
    """What is shared of the reports, as it was made."""
    single = len({job["slug"] for job in jobs}) == 1
    files: dict[str, bytes] = {}
    failures = []
    for job in jobs:
        for file in job["files"]:
            folder, name = str(file["path"]).rsplit("/", 1)
            if name not in _SHARED or folder != f"{job['slug']}/{job['language']}":
                continue
            try:
                data = (run / folder / name).read_bytes()
            except OSError:
                data = b""
            if hashlib.sha256(data).hexdigest() != file["sha256"]:
                rule = "A file is shared as it was made; this one was changed since, or is gone."
                failures.append(Failure(rule, "Make the report again.", str(file["path"])))
            files[f"{job['language']}/{name}" if single else str(file["path"])] = data
    if failures:
        raise ReportError(failures)
    return files


def _readme(client: str, codes: list[str], files: Collection[str]) -> str:
    """How to read what is in the file, in each language of it."""
    names = {file.rsplit("/", 1)[-1] for file in files}
    told = []
    for code in dict.fromkeys(codes):
        with language(code):
            lines = {
                "report.html": _("Open it in any browser, on a computer or a phone. It needs no connection."),
                "report.pdf": _("The same report to print or to have read aloud."),
                "tables.xlsx": _("The numbers behind every table and figure, to calculate with."),
                "notebook.ipynb": _(
                    "How each number was made, for whoever wants to check it; opens in Jupyter."
                ),
                "SHA256SUMS.txt": _(
                    "Checksums of all files: `sha256sum -c SHA256SUMS.txt` tells whether one was changed."
                ),
            }
            title = _("Report about {name}").format(name=plain(client))
            told += [title, "=" * len(title), "", _("What is in this file:"), ""]
            told += [
                f"- {name}: {said}" for name, said in lines.items() if name in names or name.startswith("SHA")
            ]
            told += [
                "",
                _(
                    "They hold no answers of single persons, and nothing of groups of fewer than five persons."
                ),
                "",
                "",
            ]
    return "\n".join(told).rstrip() + "\n"


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
