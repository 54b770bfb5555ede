"""What each report of a plan is made from, as a hash by part: equal hashes give equal reports."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import hpp_analysis
from hpp_analysis.publishing.clearing import fingerprint_plan
from hpp_analysis.report.notebook.notebooks import packaged_notebook
from hpp_analysis.report.notebook.parameters import COMMENTS, MAPPING, PLAN, TOTAL
from hpp_analysis.report.run.plan import Job, ReportPlan
from hpp_analysis.study.analysis_plan import seal_of
from hpp_analysis.texts import gettext as _

STUDY = "study"
"""The part that counts only for reports that a plan does not know."""
_HEX = 16
_SHARED_PARAMETERS = ("responses", "instrument", MAPPING, PLAN, COMMENTS)
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")


class Origins:
    """The hashes of all reports of a plan.

    Parameters
    ----------
    plan : ReportPlan

    Attributes
    ----------
    study : str
        A hash of what the study says of single clients and languages: notes, commentary, invited persons, agreements, title.

    Notes
    -----
    Folders do not count: a study that was moved as a whole makes equal reports. The disclosure plan is part of what a
    report is made from, since it is decided over all reports together; it is only computed here, and releases nothing.
    """

    def __init__(self, plan: ReportPlan) -> None:
        self._plan = plan
        self._sha256: dict[Path, str] = {}
        self._stamps: dict[Path, tuple[int, ...]] = {}
        self._overview = packaged_notebook("study_report")
        analysis_plans = [Path(str(job.parameters[PLAN])) for job in plan.jobs[:1] if job.parameters.get(PLAN)]
        self._texts = {
            (kind, code): _digest(text)
            for kind, texts in (("client", plan.notebooks), ("overview", plan.overviews))
            for code, text in texts.items()
        }
        self._shared = {
            "answers": _digest([[path.name, self._hash(path)] for path in plan.inputs]),
            "questionnaire": _digest([plan.instrument.name, plan.instrument.sha256]),
            "mapping": _digest([job.parameters.get(MAPPING) for job in plan.jobs[:1]]),
            "analysis_plan": _digest([self._hash(file) for path in analysis_plans for file in (path, seal_of(path))]),
            "comments": _digest(
                [
                    self._hash(Path(str(job.parameters[COMMENTS])))
                    for job in plan.jobs[:1]
                    if job.parameters.get(COMMENTS)
                ]
            ),
            "options": _digest(
                [plan.by, plan.wave, self._content(plan.parameters), list(plan.sections_off), plan.words.plain()]
            ),
            "look": _digest(plan.appearance.plain()),
            "privacy": fingerprint_plan(
                plan.survey,
                plan.by,
                total=any(job.parameters.get(TOTAL, False) for job in plan.jobs),
                breakdowns=plan.breakdowns,
                ledger=plan.ledger,
                release_anew=plan.release_anew,
            )[:_HEX],
            "software": software(),
        }
        self.study = _digest(
            [
                plan.note,
                plan.invited,
                [one.plain() for one in plan.agreements],
                asdict(plan.commentary),
                dict(plan.title),
            ]
        )
        place = Path(str(plan.jobs[0].parameters["instrument"])) if plan.jobs else Path()
        if place.is_absolute():
            self._hash(place)

    def of(self, job: Job) -> dict[str, str]:
        """The hashes of one report; what other reports alone depend on is not among them."""
        own = {name: value for name, value in job.parameters.items() if name not in _SHARED_PARAMETERS}
        return {
            **self._of_kind(job.kind),
            "text": self._texts[job.kind, job.language],
            "parameters": _digest([job.client, self._content(own)]),
            "commentary": _digest(dict(job.commentary)),
            "formats": _digest([sorted(self._plan.formats), sorted(self._plan.editions)]),
        }

    def of_run(self, kind: Literal["client", "overview"]) -> dict[str, str]:
        """The hashes of a report that the plan does not know, as in another language: as far as all reports share them."""
        return {**self._of_kind(kind), STUDY: self.study}

    def _of_kind(self, kind: Literal["client", "overview"]) -> dict[str, str]:
        notebook = self._overview if kind == "overview" else self._plan.notebook
        if notebook not in self._sha256:  # it was read already, and is not watched
            self._sha256[notebook] = _hash_or_nothing(notebook)
        return {**self._shared, "notebook": _digest([notebook.name, self._sha256[notebook]])}

    def changed_file(self) -> str | None:
        """The name of a file that is no longer as it was when this was made; None where all are."""
        for path, stamp in self._stamps.items():
            now = _stamp(path)
            if now != stamp:
                if _hash_or_nothing(path) != self._sha256[path]:
                    return path.name
                self._stamps[path] = now
        return None

    @property
    def files(self) -> dict[Path, str]:
        """The files that notebooks read, with their SHA-256."""
        return {path: self._sha256[path] for path in self._stamps}

    def _hash(self, path: Path) -> str:
        """The hash of a file that notebooks read: it is watched from here on."""
        if path not in self._stamps:
            self._stamps[path] = _stamp(path)
            self._sha256[path] = _hash_or_nothing(path)
        return self._sha256[path]

    def _content(self, value: Any) -> Any:
        """Plain data with the content of a file in the place of its path.

        What lies in a folder is not looked through: a report that is given one is never taken for equal.
        """
        if isinstance(value, Mapping):
            return {str(key): self._content(part) for key, part in value.items()}
        if isinstance(value, list):
            return [self._content(part) for part in value]
        # a text may begin as a path does: what does not exist counts by its text
        if isinstance(value, str) and Path(value).is_absolute() and os.path.exists(value):  # noqa: PTH110 - of any length
            path = Path(value)
            return [path.name, secrets.token_hex(_HEX) if path.is_dir() else self._hash(path)]
        return value


def differing(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """The parts of `now` that were otherwise before."""
    return tuple(part for part, value in now.items() if before.get(part) != value)


def describe_reasons(codes: Iterable[str]) -> str:
    """Say why a report has to be made: codes of `differing`, or of how it stands in its folder."""
    words = {
        "answers": _("the answers changed"),
        "questionnaire": _("the questionnaire changed"),
        "mapping": _("the mapping of columns changed"),
        "analysis_plan": _("the analysis plan changed"),
        "comments": _("the reviewed comments changed"),
        "options": _("the options changed"),
        "look": _("the brand or the mark of a draft changed"),
        "privacy": _("what may be shown changed"),
        "software": _("the package or a library has another version"),
        "notebook": _("the notebook changed"),
        "text": _("the text of the notebook changed"),
        "parameters": _("the parameters changed"),
        "commentary": _("the commentary changed"),
        "formats": _("the formats or editions changed"),
        "new": _("not made before"),
        "failed": _("failed before"),
        "files": _("its files were changed or removed"),
        "force": _("asked for anew"),
        STUDY: _("the words or the invited persons of the study changed"),
    }
    return ", ".join(dict.fromkeys(words[code] for code in _main_reasons(tuple(codes))))


def _main_reasons(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The reasons without those that follow from others: other answers or options change text and privacy too."""
    causes = {"answers", "questionnaire", "mapping", "options", "notebook", "software"} & {*codes}
    following = {"privacy", "text"} if causes else set()
    if "options" in codes:
        following |= {"parameters"}
    return tuple(code for code in codes if code not in following) or codes


def _digest(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HEX]


def _hash_or_nothing(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file is written or replaced."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns


@cache
def software() -> str:
    """A hash of Python's version, of those of all libraries that this package requires, and of its own files."""
    package = Path(hpp_analysis.__file__).parent
    files = sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    own = hashlib.sha256()
    for path in files:
        own.update(f"{path.relative_to(package).as_posix()}\0{path.stat().st_size}\0".encode())
        own.update(path.read_bytes())
    return _digest([platform.python_version(), dict(_libraries()), own.hexdigest()])


def _libraries() -> Iterator[tuple[str, str]]:
    try:
        required = metadata.requires("hpp_analysis") or []
    except metadata.PackageNotFoundError:  # run from a source tree that is not installed
        required = []
    for requirement in required:
        if "extra ==" in requirement or not (name := _REQUIREMENT.match(requirement)):
            continue
        try:
            yield name[0], metadata.version(name[0])
        except metadata.PackageNotFoundError:
            continue
