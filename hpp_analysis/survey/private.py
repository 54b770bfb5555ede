"""Files with confidential answers that only their owner may read; on Windows the folder's rights decide."""

from __future__ import annotations

import os
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700


def write_private(path: Path, text: str) -> None:
    """Write a text that its owner alone may read; a file that is there already becomes private before it is written."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        path.chmod(FILE_MODE)
        file.truncate()
        file.write(text)


def make_private(folder: Path) -> None:
    """Let only the owner read a folder and everything in it."""
    folder.chmod(FOLDER_MODE)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
