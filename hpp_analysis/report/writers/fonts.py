"""The fonts that every machine has: those that come with matplotlib."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import typst

from hpp_analysis.errors import Failure, ReportError


@cache
def font_folder() -> Path:
    """DejaVu, found without the import of matplotlib."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        raise ReportError([Failure("The fonts of the PDF come with matplotlib, which is not found.", "Install it.")])
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


@cache
def fonts(*, system: bool) -> typst.Fonts:
    """The fonts of matplotlib and of Typst, found once for all documents; those of the system too where asked."""
    return typst.Fonts(font_paths=[font_folder()], include_system_fonts=system)
