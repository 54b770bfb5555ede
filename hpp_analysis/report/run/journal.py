"""The journal of the runs into a folder: one line for each report as soon as it is there, so that the next run makes
only the rest.

A line is whole or does not count: when the machine stops while one is written, the report is made again.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from hpp_analysis.report.run import manifest
from hpp_analysis.report.run.folders import write_aside
from hpp_analysis.report.run.manifest import Outcome
from hpp_analysis.report.run.tasks import TaskResult

FILE = "journal.jsonl"
_SCHEMA = 1
_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a report, and what it was made from.

    Attributes
    ----------
    outcome : Outcome
    origins : mapping of str to str
        Hashes by part, as `Origins.of` gives them.
    """

    outcome: Outcome
    origins: Mapping[str, str]

    @property
    def folder(self) -> str:
        """The folder of the report within that of the run."""
        return f"{self.outcome.slug}/{self.outcome.language}"


def read_journal(out: Path) -> dict[str, Record]:
    """The last record of each report by its folder; lines that are torn or of another form do not count."""
    header, *lines = _lines(out)
    records = [_record(line) for line in lines] if header.get("journal") == _SCHEMA else []
    return {record.folder: record for record in records if record is not None}


def ledger_before(out: Path) -> str:
    """The name of the ledger of the runs before into a folder; empty where none is known."""
    try:
        content = json.loads((out / manifest.FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        content = {}
    listed = content.get("ledger") if isinstance(content, dict) else ""
    return str(listed or _lines(out)[0].get("ledger", ""))


class Journal:
    """The journal of a run that is at work.

    Parameters
    ----------
    out : Path
        The folder of the run.
    records : iterable of Record
        What earlier runs left and still holds; all other lines are dropped.
    ledger : str
        The name of the ledger in use.
    """

    def __init__(self, out: Path, records: Iterable[Record], ledger: str) -> None:
        self.path = out / FILE
        lines = [_line({"journal": _SCHEMA, "ledger": ledger}), *(_line(_plain(record)) for record in records)]
        write_aside(self.path, b"".join(lines), private=True)

    def add(self, record: Record) -> None:
        """Have a record reach the disk, or leave the journal as it was.

        Raises
        ------
        OSError
            When it cannot be written, as on a full disk.
        """
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
        try:
            size = os.fstat(handle).st_size
            try:
                with open(handle, "ab", buffering=0, closefd=False) as file:
                    line = _line(_plain(record))
                    if file.write(line) != len(line):
                        raise OSError("only a part of a line was written")
                os.fsync(handle)
            except OSError as error:
                with suppress(OSError):
                    os.ftruncate(handle, size)
                raise type(error)(error.errno, error.strerror or str(error), str(self.path)) from error
        finally:
            os.close(handle)


def _plain(record: Record) -> dict[str, Any]:
    return {"outcome": asdict(record.outcome), "origins": dict(record.origins)}


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _lines(out: Path) -> list[dict[str, Any]]:
    """The lines that can be read, the header first; a journal without one is that of another version."""
    try:
        data = (out / FILE).read_bytes()
    except OSError:
        data = b""
    return list(_parsed(data)) or [{}]


def _parsed(data: bytes) -> Iterator[dict[str, Any]]:
    for line in data.split(b"\n")[:-1]:  # what follows the last line break was torn
        try:
            content = json.loads(line.decode("utf-8", "surrogatepass"))
        except ValueError:
            continue
        if isinstance(content, dict):
            yield content


def _record(line: Mapping[str, Any]) -> Record | None:
    try:
        plain = dict(line["outcome"])
        record = Record(Outcome(**{**plain, "result": TaskResult(**plain["result"])}), dict(line["origins"]))
        folders = record.outcome.slug, record.outcome.language
        files = [PurePosixPath(file["path"]) for file in record.outcome.result.files]
    except (KeyError, TypeError, ValueError):
        return None
    inside = all(not path.is_absolute() and ".." not in path.parts for path in files)
    return record if inside and all(_FOLDER.fullmatch(str(folder)) for folder in folders) else None
