"""What concerns a whole study is made once in a run, and handed to every report.

Each report of a run reads the same answers, needs the same disclosure plan and the same drivers. The first one leaves them in
memory, where a forked process finds them, and in the folder that `HPP_PLANS` names, where separate processes find
them. Both under a fingerprint of everything that they depend on, content and not names or times, so that nothing old is
ever handed over. Without that folder nothing is written.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

FOLDER = "HPP_PLANS"
"""The environment variable with the folder of a run; only the run's user can read that folder."""
_MOST_BYTES = 64_000_000
"""Copies in memory take at most so many bytes together; the oldest ones go first."""

T = TypeVar("T")

_MADE: dict[str, bytes] = {}
"""Copies, by fingerprint: whoever gets one may change it, and the next one gets another."""


def run_folder() -> Path | None:
    """The folder in which the reports of a run hand things over; None outside a run."""
    folder = os.environ.get(FOLDER)
    return Path(folder) if folder and Path(folder).is_dir() else None


def made_once(kind: str, depends_on: Sequence[object], make: Callable[[], T]) -> T:
    """Return what an earlier report made of the same content, or make it.

    Parameters
    ----------
    kind : str
        What it is.
    depends_on : sequence
        Everything that it is made of: fingerprints of content, and options that `json` can write.
    make : callable
        Returns something that can be pickled.

    Examples
    --------
    >>> made = [made_once("sum", ["fingerprint", n], lambda n=n: [n, n]) for n in (1, 2, 1)]
    >>> made, made[0] is made[2]
    ([[1, 1], [2, 2], [1, 1]], False)
    """
    folder = run_folder()
    told = json.dumps([kind, str(folder), *depends_on], sort_keys=True)
    name = f"{hashlib.sha256(told.encode()).hexdigest()}.{kind}"
    path = None if folder is None else folder / name
    content = _MADE.get(name)
    if content is None and path is not None and path.is_file():
        content = path.read_bytes()
        _remember(name, content)
    if content is not None:
        found: T = pickle.loads(content)  # noqa: S301 - written below, by this run
        return found
    value = make()
    content = pickle.dumps(value)
    _remember(name, content)
    if folder is not None:
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(content)
        Path(file.name).replace(folder / name)  # in one step: another report may be reading it
    return value


def _remember(name: str, content: bytes) -> None:
    _MADE[name] = content
    while sum(map(len, _MADE.values())) > _MOST_BYTES:
        del _MADE[next(iter(_MADE))]
