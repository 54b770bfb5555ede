"""Make the numbers of reports again, and compare them with what was handed out."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode

from hpp_analysis.display.blocks import MIME, Block, FactsBlock, FigureBlock, TableBlock, TextBlock, from_json
from hpp_analysis.errors import Failure, FailuresError, ReportError, problems_of
from hpp_analysis.options import nearest
from hpp_analysis.publishing.published import FILE as PUBLISHED
from hpp_analysis.publishing.versions import versions
from hpp_analysis.report.notebook.nodes import parse, text_of
from hpp_analysis.report.run import manifest
from hpp_analysis.report.run.folders import scratch_folder
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.origins import Origins, describe_reasons, differing
from hpp_analysis.report.run.plan import Job, ReportPlan, plan_reports
from hpp_analysis.report.run.released import SUFFIX
from hpp_analysis.report.run.run import run_reports
from hpp_analysis.report.share.cleared import cleared
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import read_document
from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.report.writers.render import editions_of, formats_of, rendered
from hpp_analysis.study.study import Study
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import language
from hpp_analysis.texts.wording import worded

_NOTEBOOK = "notebook.ipynb"
_SUMS, _README = "SHA256SUMS.txt", "README.txt"
_LARGEST = 1 << 30  # bytes of a bundle, unpacked: far more than that of any client
_MADE_WITH = "hpp_analysis "
_FINGERPRINT = "SHA-256 "
_MOST = 10
_SET_ELSEWHERE = ("software", "formats", "text")
"""Parts that may differ while the same numbers can be made again."""
# Other libraries add up in another order: about 1e-15 for each step, so that nine digits agree after a million steps.
_RELATIVE, _ABSOLUTE = 1e-9, 1e-12


@dataclass(frozen=True, slots=True)
class Difference:
    """Where what was handed out is not what is made again.

    Attributes
    ----------
    where : str
        The table, figure, text or file.
    row, column : str
        Empty where the whole is meant.
    handed_out, made_again : str
        What stands there.
    """

    where: str
    row: str
    column: str
    handed_out: str
    made_again: str

    def __str__(self) -> str:
        place = [self.where, f"row {self.row!r}" if self.row else "", f"column {self.column!r}" if self.column else ""]
        return f"{', '.join(filter(None, place))}: handed out {self.handed_out}, made again {self.made_again}"


@dataclass(frozen=True, slots=True)
class Verified:
    """What became of the comparison of one report.

    Attributes
    ----------
    report : str
        Its folder, `SLUG/LANGUAGE`.
    client, language : str
    state : {"equal", "different", "cannot"}
    differences : tuple of Difference
    reasons : tuple of str
        In sentences, why nothing can be said: which input is missing or changed.
    notes : tuple of str
        In sentences, what to bear in mind.
    counts : mapping of str to int
        How many tables, figures, texts and files were compared.
    """

    report: str
    client: str
    language: str
    state: Literal["equal", "different", "cannot"]
    differences: tuple[Difference, ...] = ()
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A report as it was handed out.

    Attributes
    ----------
    entry : mapping
        From the list of its run; of a bundle what takes its place.
    parts : mapping of str to object
        What it shows, by name: blocks, and other outputs as text.
    damage : tuple of Difference
        Files that are not as they were made.
    front : str
        The folder of its files.
    """

    entry: Mapping[str, Any]
    parts: Mapping[str, Block | str]
    damage: tuple[Difference, ...]
    front: str

    @property
    def folder(self) -> str:
        return f"{self.entry['slug']}/{self.entry['language']}"


def verify_reports(
    place: str | Path,
    study: Study | None,
    *,
    unreadable: Sequence[str] = (),
    notebook: str | Path | None = None,
    parameters: Mapping[str, str] | None = None,
    ledger: str | Path | None = None,
    only: Collection[str] = (),
    jobs: int | None = None,
    on_progress: Callable[[Outcome], None] | None = None,
) -> tuple[Verified, ...]:
    """Make the numbers of reports again, and compare them with what was handed out.

    Parameters
    ----------
    place : path
        The folder of a run, of a client or of one report in it, or a bundle of `share_report`.
    study : Study or None
        What the reports were made from; without it nothing can be made again.
    unreadable : sequence of str
        Where there is none because it could not be read: why, in sentences.
    notebook : path, optional
        The notebook of the run, where it was not the packaged one.
    parameters : mapping of str to str, optional
        Of this notebook those that name files of this machine; the list of the run has the others.
    ledger : path, optional
        The ledger of the study. It is only read.
    only : collection of str
        Only the reports of these clients.
    jobs : int, optional
        How many reports are made side by side.
    on_progress : callable, optional
        Called with each report that was made again.

    Returns
    -------
    tuple of Verified
        For each report whether it is equal, where it differs, or why that cannot be told.

    Raises
    ------
    ReportError
        When there are no reports at that place.
    """
    place = Path(place)
    reports = _bundle(place) if place.is_file() else _run(place)
    reports = replace(reports, kept=_chosen(reports.kept, only, place))
    if study is None:
        needed = ", ".join(name for name, _digest in reports.inputs) or "the survey exports"
        reasons = unreadable or [f"The study is missing, with {needed}. Name it with --study."]
        return tuple(_cannot(one, *reasons) for one in reports.kept)
    if missing := list(_missing(reports, study)):
        return tuple(_cannot(one, *missing) for one in reports.kept)
    if reports.run_list is not None and reports.run_list["by"] != study.by:
        study = replace(study, by=reports.run_list["by"], everybody="")
    if reports.run_list is not None:
        study = replace(study, breakdowns=tuple(reports.run_list.get("breakdowns", study.breakdowns)))
    try:
        study, survey = study.settled()
    except FailuresError as error:
        return tuple(_cannot(one, *problems_of(error.failures)[:_MOST]) for one in reports.kept)
    with scratch_folder() as scratch:
        own_ledger = scratch / f"study{SUFFIX}"  # what is made again is not released again
        if ledger is not None and Path(ledger).is_file():
            shutil.copy(ledger, own_ledger)
        try:
            plan = _plan(reports, study, survey, notebook, parameters or {}, scratch / "again", own_ledger)
        except ReportError as error:
            return tuple(_cannot(one, *problems_of(error.failures)[:_MOST]) for one in reports.kept)
        return _compared(reports, plan, jobs, on_progress)


@dataclass(frozen=True, slots=True)
class _Reports:
    """What was handed out, and what is known of how it was made.

    Attributes
    ----------
    kept : tuple of _Kept
    run_list : mapping or None
        The list of the run; a bundle has none.
    inputs : sequence of tuple
        Name and sha256 of each survey export, where the run tells.
    """

    kept: tuple[_Kept, ...]
    run_list: Mapping[str, Any] | None = None
    inputs: Sequence[tuple[str, str]] = ()


def _run(place: Path) -> _Reports:
    """The reports that lie in a folder: that of a run, of a client, or of one report."""
    place = place.resolve()
    folder = next((path for path in (place, *place.parents[:2]) if (path / manifest.FILE).is_file()), None)
    if folder is None:
        rule = f"The place must be a bundle, or the folder of a run, a client or a report, with the {manifest.FILE} of its run."
        raise ReportError([Failure(rule, "Name the folder that `hpp report` has written.", value=str(place))])
    run_list = manifest.read_manifest(folder)
    below = place.relative_to(folder).parts
    entries = [entry for entry in run_list["jobs"] if (entry["slug"], entry["language"])[: len(below)] == below]
    made = [_read_kept(folder, entry) for entry in entries if entry["status"] in ("made", "empty")]
    return _Reports(tuple(made), run_list, [(file["name"], file["sha256"]) for file in run_list["inputs"]])


def _read_kept(folder: Path, entry: Mapping[str, Any]) -> _Kept:
    damage = []
    for file in entry["files"]:
        try:
            state = "" if _sha256((folder / file["path"]).read_bytes()) == file["sha256"] else "other bytes"
        except OSError:
            state = "nothing"
        if state:
            damage.append(Difference(f"file {file['path']}", "", "", state, f"SHA-256 {file['sha256'][:16]}"))
    own = folder / entry["slug"] / entry["language"]
    listed = {str(file["path"]) for file in entry["files"]}
    there = (path.relative_to(folder).as_posix() for path in sorted(own.rglob("*")) if path.is_file())
    damage += [Difference(f"file {name}", "", "", "a file", "no such file") for name in there if name not in listed]
    try:
        text = (folder / entry["slug"] / entry["language"] / _NOTEBOOK).read_text(encoding="utf-8")
        parts = dict(_parts_of(parse(text)))
    except (OSError, ValueError, KeyError, AttributeError, ReportError):
        parts = {}  # then the file is among the damage
    return _Kept(entry, parts, tuple(damage), f"{entry['slug']}/{entry['language']}")


def _bundle(place: Path) -> _Reports:
    """The reports of a bundle."""
    try:
        with zipfile.ZipFile(place) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if sum(entry.file_size for entry in entries) > _LARGEST:
                raise ValueError("its files are larger than those of reports")
            if twice := [name for name, times in Counter(entry.filename for entry in entries).items() if times > 1]:
                raise ValueError(
                    f"it has two files of one name: {', '.join(twice)}"
                )  # programs differ in which they open
            files = {entry.filename: packed.read(entry) for entry in entries}
        lines = [line.partition("  ") for line in files.pop(_SUMS).decode("utf-8").splitlines()]
        sums = {name: digest for digest, _gap, name in lines}
        published = {name: json.loads(data) for name, data in files.items() if name.rsplit("/", 1)[-1] == PUBLISHED}
        fronts = tuple(name.removesuffix(PUBLISHED) for name in published)
        foreign = [
            Difference(f"file {name}", "", "", "a file", "no such file")
            for name in files
            if name != _README and not name.startswith(fronts)
        ]
        kept = [_kept_of_bundle(place, name, content, files, sums) for name, content in published.items()]
        kept = [replace(one, damage=(*one.damage, *foreign)) for one in kept]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, ReportError) as error:
        rule = f"A bundle must be one that `hpp share` wrote with this version ({type(error).__name__}: {error})."
        raise ReportError([Failure(rule, "Name the ZIP file, or have the report shared again.", str(place))]) from error
    return _Reports(tuple(kept))


def _kept_of_bundle(
    place: Path, name: str, content: Mapping[str, Any], files: Mapping[str, bytes], sums: Mapping[str, str]
) -> _Kept:
    folder = name.removesuffix(f"/{PUBLISHED}")
    own = {file: data for file, data in files.items() if file.startswith(f"{folder}/") or file == _README}
    expected = {file: digest for file, digest in sums.items() if file.startswith(f"{folder}/") or file == _README}
    damage = [
        Difference(f"file {file}", "", "", "other bytes" if file in own else "nothing", f"SHA-256 {digest[:16]}")
        for file, digest in expected.items()
        if file not in own or _sha256(own[file]) != digest
    ]
    damage += [Difference(f"file {file}", "", "", "a file", "no such file") for file in own.keys() - expected.keys()]
    blocks = zip(content["names"], from_json(content["parts"]), strict=True)
    slug = folder.rpartition("/")[0] or place.stem
    title, code = str(content["title"]), str(content["language"])
    entry = {
        "slug": slug,
        "language": code,
        "client": title,
        "kind": "client",
        "status": "made",
        "files": [{"path": file, "sha256": digest} for file, digest in expected.items() if file != _README],
    }
    return _Kept(entry, dict(blocks), tuple(damage), folder)


def _chosen(kept: Sequence[_Kept], only: Collection[str], place: Path) -> tuple[_Kept, ...]:
    known = list(dict.fromkeys(str(one.entry["client"]) for one in kept))
    if wrong := [name for name in only if name not in known]:
        rule = f"`only` must be a client with a report there; there are {', '.join(known) or 'none'}."
        raise ReportError([Failure(rule, nearest(name, known), value=name) for name in wrong])
    if not kept:
        rule, remedy = "There must be a report to verify.", "Name the folder of a report, or that of the whole run."
        raise ReportError([Failure(rule, remedy, value=str(place))])
    return tuple(one for one in kept if not only or one.entry["client"] in only)


def _missing(reports: _Reports, study: Study) -> Iterator[str]:
    """Which survey exports of the run are missing from the study or changed, in sentences."""
    digests = {path: _sha256(path.read_bytes()) if path.is_file() else "" for path in study.responses}
    if not reports.inputs:
        yield from (f"The survey export {path.name} is missing." for path, digest in digests.items() if not digest)
    for name, expected in reports.inputs:
        if expected in digests.values():
            continue
        now = next((digest for path, digest in digests.items() if path.name == name and digest), "")
        was = f"SHA-256 {expected[:16]} when the reports were made"
        yield (
            f"The survey export {name} changed ({was}, {now[:16]} now)."
            if now
            else f"The survey export {name} is missing ({was})."
        )
    known = {expected for _name, expected in reports.inputs}
    if reports.inputs and len(digests) > len(reports.inputs):
        more = ", ".join(path.name for path, digest in digests.items() if digest not in known)
        yield f"The study has survey exports that the reports were not made of: {more}."


def _plan(
    reports: _Reports,
    study: Study,
    survey: Survey,
    notebook: str | Path | None,
    parameters: Mapping[str, str],
    out: Path,
    ledger: Path,
) -> ReportPlan:
    """The plan that makes the same reports again; of a bundle as far as the study tells how they were made."""
    entries = [one.entry for one in reports.kept]
    files = {str(file["path"]).rsplit("/", 1)[-1] for entry in entries for file in entry["files"]}
    run_list = reports.run_list or {
        "by": study.by,
        "wave": study.wave,
        "parameters": {},
        "look": Appearance(study.brand, study.draft, study.date, study.confidentiality).plain(),
        "content": {"sections_off": [name for name, on in study.sections.items() if not on]},
    }
    return plan_reports(
        survey,
        **study.report_options(),
        by=run_list["by"],
        languages=list(dict.fromkeys(str(entry["language"]) for entry in entries)),
        out=out,
        notebook=notebook,
        formats=formats_of(files) or ["html"],
        editions=editions_of(files),
        wave=run_list["wave"],
        parameters={**run_list["parameters"], **parameters},
        note=study.note,
        title=study.title,
        commentary=study.notes,
        sections=dict.fromkeys(run_list["content"]["sections_off"], False),
        appearance=Appearance.of(run_list["look"]),
        overview=any(entry["kind"] == "overview" for entry in entries),
        ledger=ledger,
    )


def _compared(
    reports: _Reports, plan: ReportPlan, jobs: int | None, on_progress: Callable[[Outcome], None] | None
) -> tuple[Verified, ...]:
    """Make again what can be made again, and compare it."""
    by_folder = {job.folder.as_posix(): job for job in plan.jobs}
    origins = Origins(plan)
    if reports.run_list is not None and _is_another_release(reports.kept, by_folder, origins):
        plan = replace(plan, release_anew=True)  # the run may have been asked to release anew
        origins = Origins(plan)
    verified: dict[str, Verified] = {}
    job_of: dict[str, Job] = {}
    for one in reports.kept:
        job = by_folder.get(one.folder) or _job_called(one, plan.jobs)
        if job is None:
            verified[one.front] = _cannot(one, "The study has no such report any more.")
        elif reasons := _other_origins(one, origins.of(job), plan.survey):
            verified[one.front] = _cannot(one, *reasons)
        else:
            job_of[one.front] = job
    if job_of:
        chosen = tuple(dict.fromkeys(job.folder for job in job_of.values()))
        some = replace(plan, jobs=tuple(job for job in plan.jobs if job.folder in chosen))
        done = run_reports(some, jobs=jobs, timeout=None, on_progress=on_progress)
        outcomes = {f"{outcome.slug}/{outcome.language}": outcome for outcome in done.outcomes}
        for one in reports.kept:
            if one.front in job_of:
                job = job_of[one.front]
                outcome = outcomes[job.folder.as_posix()]
                is_bundle = reports.run_list is None
                verified[one.front] = _verdict(one, outcome, plan, origins.of(job), is_bundle=is_bundle)
    return tuple(verified[one.front] for one in reports.kept)


def _is_another_release(kept: Sequence[_Kept], by_folder: Mapping[str, Job], origins: Origins) -> bool:
    jobs = [(one.entry["origins"], by_folder[one.folder]) for one in kept if one.folder in by_folder]
    return any(differing(before, origins.of(job)) == ("privacy",) for before, job in jobs)


def _job_called(one: _Kept, jobs: Sequence[Job]) -> Job | None:
    """The report of a bundle, whose file may have any name, by its title."""
    named = [job for job in jobs if job.kind == "client" and plain(job.client) == one.entry["client"]]
    return (
        next((job for job in named if job.language == one.entry["language"]), None)
        if "origins" not in one.entry
        else None
    )


def _other_origins(one: _Kept, origins: Mapping[str, str], survey: Survey) -> list[str]:
    """Why a report cannot be made again as it was, in sentences."""
    if "origins" in one.entry:
        why = [part for part in differing(one.entry["origins"], origins) if part not in _SET_ELSEWHERE]
        return [f"Not made of the same as before: {describe_reasons(why)}."] if why else []
    printed = [value for _label, value in _facts(one.parts.values()) if value.startswith(_FINGERPRINT)]
    ours = [f"{_FINGERPRINT}{digest[:16]}" for digest in (survey.sha256, survey.instrument.sha256)]
    if not printed or set(printed) <= set(ours):
        return []
    return ["The study has other answers or another questionnaire than the report names: " + ", ".join(printed) + "."]


def _verdict(
    one: _Kept, outcome: Outcome, plan: ReportPlan, origins: Mapping[str, str], *, is_bundle: bool
) -> Verified:
    """Compare a report with the one that was made again."""
    if outcome.failed:
        broken = outcome.result.broken or {}
        return _cannot(one, f"Making it again failed: {broken.get('kind')}: {broken.get('message')}")
    differences, notes = list(one.damage), []
    other_software = _other_software(one, origins)
    if other_software:
        notes.append(
            f"Made with {other_software}; numbers are compared to nine digits; pages and other files are not compared."
        )
    if outcome.result.status != one.entry["status"]:
        words = {"made": "a report", "empty": "no report, for it has no numbers"}
        differences.append(Difference("report", "", "", words[one.entry["status"]], words[outcome.result.status]))
    if outcome.ok:
        node = parse((plan.out / outcome.slug / outcome.language / _NOTEBOOK).read_text(encoding="utf-8"))
        if one.parts:
            again = dict(cleared(node).blocks) if is_bundle else dict(_parts_of(node))
            differences += _differences(one.parts, again, drawings=not other_software)
        if not other_software:
            files_again = (
                _bundled(node, one, plan)
                if is_bundle
                else {str(file["path"]): str(file["sha256"]) for file in outcome.result.files}
            )
            differences += _in_files(one, files_again)
    counts = Counter("output" if isinstance(part, str) else part.type for part in one.parts.values())
    counts["file"] = 0 if other_software else len(one.entry["files"])
    return Verified(
        one.folder,
        str(one.entry["client"]),
        str(one.entry["language"]),
        "different" if differences else "equal",
        tuple(differences),
        notes=tuple(notes),
        counts=counts,
    )


def _other_software(one: _Kept, origins: Mapping[str, str]) -> str:
    """With what else a report was made; empty where it is the same."""
    made_with = next((value for _label, value in _facts(one.parts.values()) if value.startswith(_MADE_WITH)), "")
    if "origins" in one.entry:
        return "" if one.entry["origins"].get("software") == origins["software"] else made_with or "other versions"
    return made_with if made_with != ", ".join(" ".join(pair) for pair in versions(numbers_only=True).items()) else ""


def _facts(parts: Iterable[Block | str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        if isinstance(part, FactsBlock):
            yield from ((str(fact[0]), str(fact[1])) for fact in part.facts)


def _cannot(one: _Kept, *reasons: str) -> Verified:
    names = one.folder, str(one.entry["client"]), str(one.entry["language"])
    return Verified(*names, "different" if one.damage else "cannot", one.damage, reasons)


def _parts_of(notebook: NotebookNode) -> Iterator[tuple[str, Block | str]]:
    """What an executed notebook shows, by name: its blocks, its prose, and its other outputs as text."""
    times: Counter[str] = Counter()

    def named(name: str) -> str:
        times[name] += 1
        return name if times[name] == 1 else f"{name} ({times[name]})"

    for place, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            yield named(f"text of cell {place}"), cell.source
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data:
                for block in from_json(data[MIME]):
                    yield named(block.name), block
            else:
                yield named(f"output of cell {place}"), json.dumps(output, sort_keys=True, ensure_ascii=False)


def _in_files(one: _Kept, made_again: Mapping[str, str]) -> Iterator[Difference]:
    """Files that are as they were handed out, and that would have other bytes now."""
    damaged = {difference.where for difference in one.damage}
    for file in one.entry["files"]:
        where, name = f"file {file['path']}", str(file["path"]).removeprefix(f"{one.front}/")
        digest = made_again.get(name, "")
        if where not in damaged and digest != file["sha256"]:
            yield Difference(
                where, "", "", f"SHA-256 {file['sha256'][:16]}", f"SHA-256 {digest[:16]}" if digest else "nothing"
            )


def _bundled(node: NotebookNode, one: _Kept, plan: ReportPlan) -> dict[str, str]:
    """The hashes of the files that a bundle would have of a report."""
    part = cleared(node)
    names = {str(file["path"]).removeprefix(f"{one.front}/") for file in one.entry["files"]}
    code = str(one.entry["language"])
    with language(code), worded(plan.words):
        files = rendered(
            part.document, read_document(part.document), plan.appearance, formats_of(names), editions_of(names)
        )
        files[_NOTEBOOK] = text_of(part.notebook).encode("utf-8")
        files[PUBLISHED] = part.published(code).encode("utf-8")
    return {name: _sha256(data) for name, data in files.items()}


def _differences(
    handed_out: Mapping[str, Block | str], made_again: Mapping[str, Block | str], *, drawings: bool
) -> Iterator[Difference]:
    for name in dict.fromkeys((*handed_out, *made_again)):
        old, new = handed_out.get(name), made_again.get(name)
        if old is None or new is None or type(old) is not type(new):
            yield Difference(_called(name, old or new), "", "", _what(old), _what(new))
        elif isinstance(old, TableBlock) and isinstance(new, TableBlock):
            yield from _in_tables(_called(name, old), old, new)
        elif isinstance(old, FigureBlock) and isinstance(new, FigureBlock):
            where = _called(name, old)
            if old.table is not None and new.table is not None:
                yield from _in_tables(where, old.table, new.table)
            yield from _in_words(
                where, {"caption": old.caption, "words": old.alt}, {"caption": new.caption, "words": new.alt}
            )
            if drawings and old.svg != new.svg:
                yield Difference(where, "drawing", "", "another drawing", "that of these numbers")
        elif isinstance(old, TextBlock) and isinstance(new, TextBlock):
            yield from _in_words(_called(name, old), _numbered(old.paragraphs), _numbered(new.paragraphs))
        elif isinstance(old, FactsBlock) and isinstance(new, FactsBlock):
            yield from _in_words(_called(name, old), _without_software(old), _without_software(new))
        elif old != new:
            yield Difference(_called(name, old), "", "", _brief(old), _brief(new))


def _called(name: str, part: Block | str | None) -> str:
    return name if isinstance(part, str) or part is None else f"{part.type} {name!r}"


def _what(part: Block | str | None) -> str:
    return "nothing" if part is None else "text" if isinstance(part, str) else f"a {part.type}"


def _numbered(paragraphs: Sequence[str]) -> dict[str, str]:
    return {f"paragraph {number}": paragraph for number, paragraph in enumerate(paragraphs, start=1)}


def _without_software(block: FactsBlock) -> dict[str, str]:
    """Facts by label; those about versions may differ while the numbers are the same."""
    facts = {str(fact[0]): " ".join(map(str, fact[1:])) for fact in block.facts}
    return {"title": block.title} | {label: value for label, value in facts.items() if not value.startswith(_MADE_WITH)}


def _in_words(where: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for row in dict.fromkeys((*old, *new)):
        if old.get(row) != new.get(row):
            yield Difference(where, row, "", _brief(old.get(row)), _brief(new.get(row)))


def _in_tables(where: str, old: TableBlock, new: TableBlock) -> Iterator[Difference]:
    """Numbers to nine digits, and the texts that people read."""
    rows, rows_again = _rows(old), _rows(new)
    for row in dict.fromkeys((*rows, *rows_again)):
        if row not in rows or row not in rows_again:
            yield Difference(
                where, row, "", "a row" if row in rows else "nothing", "a row" if row in rows_again else "nothing"
            )
            continue
        (values, texts), (values_again, texts_again) = rows[row], rows_again[row]
        found = False
        for column in dict.fromkeys((*values, *values_again)):
            first, second = values.get(column), values_again.get(column)
            if not _same(first, second):
                found = True
                yield Difference(where, row, column, _brief(first), _brief(second))
        if not found:
            for column in dict.fromkeys((*texts, *texts_again)):
                if texts.get(column) != texts_again.get(column):
                    yield Difference(where, row, column, _brief(texts.get(column)), _brief(texts_again.get(column)))
    if (old.caption, old.notes) != (new.caption, new.notes):
        yield from _in_words(
            where, {"caption": old.caption, **_numbered(old.notes)}, {"caption": new.caption, **_numbered(new.notes)}
        )


def _rows(table: TableBlock) -> dict[str, tuple[Mapping[str, Any], dict[str, str]]]:
    """Each row by the texts that name it: its raw values, and its texts by the label of their column."""
    labels = [cell.label for cell in table.header]
    rows: dict[str, tuple[Mapping[str, Any], dict[str, str]]] = {}
    for place, texts in enumerate(table.cells):
        name = " / ".join(texts[: table.row_headers]) or f"row {place + 1}"
        values = table.values[place] if place < len(table.values) else {}
        rows[name if name not in rows else f"{name} ({place + 1})"] = values, dict(zip(labels, texts, strict=False))
    for place in range(len(table.cells), len(table.values)):
        rows[f"row {place + 1}"] = table.values[place], {}
    return rows


def _same(first: Any, second: Any) -> bool:
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, int | float) and isinstance(second, int | float):
        both_nan = math.isnan(first) and math.isnan(second)
        return both_nan or math.isclose(first, second, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return bool(first == second)


def _brief(value: Any) -> str:
    text = repr(value) if value is not None else "nothing"
    return text if len(text) <= 120 else f"{text[:117]}..."


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
