"""Folders and files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.survey.private import FILE_MODE, FOLDER_MODE

_PARTIAL, _PREVIOUS = ".partial", ".previous"
OUTDATED, FAILED = "outdated", "failed"
_SCRATCH = "hpp-run-"
_YOUNG = 60  # seconds in which a folder of another run may not be claimed yet
_PROBE = 1 << 20


def partial_of(path: Path) -> Path:
    """The hidden sibling in which a file or folder is built."""
    return path.with_name(f".{path.name}{_PARTIAL}")


def previous_of(path: Path) -> Path:
    """The hidden sibling to which an old folder moves while the new one appears."""
    return path.with_name(f".{path.name}{_PREVIOUS}")


def in_the_way(folder: Path) -> Path | None:
    """What keeps a report from being built for a folder `OUT/client/language`: a link, a file, or a leftover that stayed.

    Links are never followed: what they lead to is not of this run.
    """
    for place in (folder.parent, folder):
        if place.is_symlink() or (os.path.lexists(place) and not place.is_dir()):
            return place
    return next((path for path in (partial_of(folder), previous_of(folder)) if os.path.lexists(path)), None)


def broken_notebook(slug: str, language: str) -> Path:
    """Where the notebook of a report goes when it breaks, relative to the folder of the run."""
    return Path(FAILED) / f"{slug}-{language}.ipynb"


def open_to_readers(folder: Path) -> None:
    """Give a folder that was built in private the rights that the user's new folders have."""
    mask = os.umask(0o077)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)


def sync(path: Path) -> None:
    """Have a file or folder reach the disk."""
    if path.is_dir() and os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """Have a folder and all in it reach the disk."""
    for path in sorted(folder.rglob("*"), reverse=True):
        sync(path)
    sync(folder)


def appear(folder: Path) -> None:
    """Put what was built in the hidden sibling in the place of the folder, which is there in between or not at all.

    A folder cannot be replaced in one step: the old one moves aside, and comes back at the next start if the
    machine stops in between.

    Raises
    ------
    OSError
        When a link or a file came in the way meanwhile.
    """
    if any(place.is_symlink() for place in (folder.parent, folder)):
        raise FileExistsError(f"a link came in the way of {folder.parent.name}/{folder.name}")
    previous = previous_of(folder)
    if folder.exists():
        folder.rename(previous)
    partial_of(folder).rename(folder)
    sync(folder.parent)
    shutil.rmtree(previous, ignore_errors=True)


def set_aside(out: Path, folder: Path) -> Path | None:
    """Move a report to the folder `outdated` of its run, so that nobody takes it for one of this run.

    Parameters
    ----------
    out : Path
        The folder of the run.
    folder : Path
        That of the report, relative to it.

    Returns
    -------
    Path or None
        Where it is now, relative to `out`; None where a link or a file is in the way, and it stayed.
    """
    source, shelf = out / folder, out / OUTDATED / folder.parent
    if any(place.is_symlink() for place in (source, source.parent, shelf.parent, shelf)):
        return None
    try:
        shelf.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        names = (folder.name if number == 1 else f"{folder.name}-{number}" for number in count(1))
        target = next(shelf / name for name in names if not os.path.lexists(shelf / name))
        source.rename(target)
    except OSError:
        return None
    with suppress(OSError):
        source.parent.rmdir()
    return target.relative_to(out)


def discard(folder: Path) -> None:
    """Remove what was built for a folder that will not appear, and the folder around it if it is empty."""
    shutil.rmtree(partial_of(folder), ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def tidy(out: Path) -> None:
    """Remove what an interrupted run has left; a report that was moved aside comes back.

    Links are left as they are, and so is what cannot be removed: `in_the_way` finds what then stops a report.
    """
    clients = [path for path in out.iterdir() if path.is_dir() and not path.is_symlink()]
    for path in (path for place in (out, *clients) for path in place.glob(f".*{_PARTIAL}")):
        if path.is_symlink():
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                path.unlink()
        if path.parent != out:
            with suppress(OSError):  # the folder of a client of whom there is no report yet
                path.parent.rmdir()
    for previous in (path for place in clients for path in place.glob(f".*{_PREVIOUS}")):
        if previous.is_symlink():
            continue
        folder = previous.with_name(previous.name.removeprefix(".").removesuffix(_PREVIOUS))
        if os.path.lexists(folder):
            shutil.rmtree(previous, ignore_errors=True)
        else:
            with suppress(OSError):
                previous.rename(folder)


def write_aside(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file under a hidden name, then rename it: nobody ever reads half of it, of a private one nobody else.

    A link that stands in its place gives way to the file; what the link leads to stays as it is.

    Raises
    ------
    OSError
        When nothing can be written there.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    aside = partial_of(path)
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        aside.unlink(missing_ok=True)
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE if private else 0o666)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            aside.unlink()  # on a full disk it only takes room
        error.filename = str(path)
        raise
    aside.replace(path)
    sync(path.parent)


@contextmanager
def told(out: Path) -> Iterator[None]:
    """Tell what cannot be written, and the way out.

    Raises
    ------
    ReportError
        In the place of an error of the operating system.
    """
    try:
        yield
    except BrokenPipeError:  # who reads our messages is gone: that is no matter of files
        raise
    except OSError as error:
        rule = f"A run must be able to write its files ({error.strerror or type(error).__name__})."
        way_out = _WAYS_OUT.get(error.errno or 0, "Look what is in the way there")
        remedy = f"{way_out}, then run again: the reports that are finished stay, and only the rest is made."
        raise ReportError([Failure(rule, remedy, value=str(error.filename or out))]) from error


_FULL = "Make room on the disk"
_WAYS_OUT = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "Allow larger files (ulimit -f)",
    errno.EACCES: "Ask for the right to write there",
    errno.EPERM: "Ask for the right to write there",
    errno.EROFS: "Choose a folder that can be written to (--out)",
}


def check_room(out: Path) -> None:
    """Raise where the disk is too full to go on.

    Raises
    ------
    OSError
        When not even a megabyte can be written.
    """
    with tempfile.TemporaryFile(dir=out) as file:
        file.write(b"\0" * _PROBE)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A private folder for what a run needs meanwhile; those that killed runs left are removed."""
    for leftover in Path(tempfile.gettempdir()).glob(f"{_SCRATCH}*"):
        with suppress(OSError):
            status = leftover.lstat()
            if (
                os.name == "posix"
                and stat.S_ISDIR(status.st_mode)
                and status.st_uid == os.getuid()
                and time.time() - status.st_mtime > _YOUNG
            ):
                with _alone(leftover):
                    shutil.rmtree(leftover, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=_SCRATCH))
    try:
        with _alone(scratch):
            yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder until the process ends, however it ends.

    Raises
    ------
    BlockingIOError
        When another process holds it; nothing keeps processes apart on Windows.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)  # which lets go of it


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Let one run at a time write into a folder: two would remove each other's unfinished reports.

    Raises
    ------
    ReportError
        When another run is at work there, or nothing can be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass  # better to know before the first report than after
    except OSError as error:
        rule = f"The folder of the reports can be written to ({error.strerror or type(error).__name__})."
        remedy = "Choose another folder, or make room and ask for the right to write there."
        raise ReportError([Failure(rule, remedy, value=str(out))]) from error
    with ExitStack() as held:
        try:
            held.enter_context(_alone(out))
        except BlockingIOError as error:
            rule, remedy = (
                "One run at a time must write into a folder.",
                "Wait for the other one, or choose another folder.",
            )
            raise ReportError([Failure(rule, remedy, value=out.name)]) from error
        yield
