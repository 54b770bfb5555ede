"""A run is planned together with what was released before: the ledger of the study, while a run uses it."""

from __future__ import annotations

import glob
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hpp_analysis.errors import Failure, ReportError
from hpp_analysis.publishing.ledger import ANEW, LEDGER, open_ledger

SUFFIX = ".ledger.json"
_YOUNG = 60  # seconds


def ledger_id(path: Path | None) -> str:
    """The name by which a run's list knows its ledger; empty where none is kept."""
    return open_ledger(path).id if path is not None and path.exists() else ""


@contextmanager
def in_use(path: Path | None, before: str, *, anew: bool) -> Iterator[None]:
    """Have the notebooks of a run plan with a ledger.

    Parameters
    ----------
    path : Path, optional
        The ledger; it is made where there is none.
    before : str
        The name of the ledger of the run before; empty where none is known.
    anew : bool
        Whether what differs from earlier reports is released on purpose.

    Raises
    ------
    ReportError
        When the run before had another ledger: a lost one must not pass for a first run.
    """
    if path is None:
        yield
        return
    if before and before != ledger_id(path) and not anew:
        raise ReportError(
            [
                Failure(
                    "A run must have the ledger of the run before, which says what was released already.",
                    "Put the file back, or release anew on purpose (--release-anew).",
                    path.name,
                    value=f"no ledger {before}"
                    if not path.exists()
                    else f"ledger {ledger_id(path)} in place of {before}",
                )
            ]
        )
    _remove_leftovers(path)
    open_ledger(path).record([])
    others = {name: os.environ.get(name) for name in (LEDGER, ANEW)}
    os.environ[LEDGER] = str(path)
    os.environ[ANEW] = "1" if anew else ""
    try:
        yield
    finally:
        for name, value in others.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _remove_leftovers(path: Path) -> None:
    """Remove what killed runs left beside the ledger; younger files may be of a run that is at work."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}-*"):
        with suppress(OSError):
            if not leftover.is_symlink() and time.time() - leftover.stat().st_mtime > _YOUNG:
                leftover.unlink()
