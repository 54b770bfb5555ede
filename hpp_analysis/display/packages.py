"""Word and Excel files without the time at which they were made: equal input gives equal bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime

CREATED = datetime(2000, 1, 1)  # noqa: DTZ001, RUF100
"""What stands in a file as the time at which it was made."""
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def without_clock(made: bytes) -> bytes:
    """The same package with one fixed time in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda one: (one != "[Content_Types].xml", one)):
            new.writestr(zipfile.ZipInfo(name, _ZIP_TIME), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()
