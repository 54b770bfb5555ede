"""SPSS, Stata and SAS files: numbers with labels, and codes that are declared missing."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from hpp_analysis.survey.cells import spelling
from hpp_analysis.survey.readers.layout import without_previews
from hpp_analysis.survey.readers.raw import Note, RawTable, refused
from hpp_analysis.survey.spelling import visible


def read(data: bytes, source: str, *, kind: str, catalog: bytes | None = None) -> RawTable:
    """Read the codes as they are; labels and declared missing codes come with them."""
    read_cells, read_plain = _readers_of(kind)
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / f"file.{kind}"
        path.write_bytes(data)
        more = {}
        if catalog is not None:
            more["catalog_file"] = str(path.with_suffix(".sas7bcat"))
            Path(more["catalog_file"]).write_bytes(catalog)
        try:
            cells, meta = read_cells(str(path), **more)
            if meta.missing_user_values:
                cells = _with_gaps(cells, read_plain(str(path))[0], meta.missing_user_values)
        except Exception as error:  # the reader raises classes of its own, and decoding errors
            raise refused(
                f"The .{kind} file must be whole ({' '.join(str(error).split()) or type(error).__name__}).",
                "Save it again, or export CSV.",
                source,
            ) from error
    if cells.empty:
        raise refused("The file must hold variables and answers.", "Export it again: it is empty.", source)
    names = [str(name) for name in cells.columns]
    cells.columns = pd.RangeIndex(len(names))
    texts = [str(text or "").strip() for text in meta.column_labels]
    value_labels = meta.variable_value_labels
    labels = {
        place: {spelling(code): visible(str(text)) for code, text in value_labels[name].items() if str(text).strip()}
        for place, name in enumerate(names)
        if value_labels.get(name)
    }
    missing = {place: codes for place, name in enumerate(names) if (codes := _declared(cells[place], meta, name))}
    notes = [
        Note(
            "codes declared missing in the file",
            None,
            names[at],
            ", ".join(sorted(codes)),
            int(cells[at].map(spelling, na_action="ignore").isin(codes).sum()),
        )
        for at, codes in missing.items()
    ]
    raw = RawTable(
        names,
        cells,
        pd.RangeIndex(2, len(cells) + 2),
        source,
        hashlib.sha256(data).hexdigest(),
        headers=tuple((text,) if text else () for text in texts),
        labels=labels,
        missing=missing,
        notes=tuple(notes),
    )
    return without_previews(raw)


def _readers_of(kind: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """How a kind of file is read with its declared missing codes, and without; the library loads when a file needs it."""
    import pyreadstat

    plain: Callable[..., Any] = getattr(pyreadstat, f"read_{'sav' if kind == 'zsav' else kind}")
    return plain if kind == "por" else partial(plain, user_missing=True), plain


def _with_gaps(cells: pd.DataFrame, plain: pd.DataFrame, letters: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The columns with lettered missing values (.a to .z), empty where the file has a plain missing value.

    pyreadstat 1.3.7 gives 0 for "." in a column of whole numbers that has ".a" before it; read without letters, every
    missing value is missing.
    """
    with_gaps = cells.copy()
    for name, marks in letters.items():
        with_gaps[name] = cells[name].where(plain[name].notna() | cells[name].isin(marks), None)
    return with_gaps


def _declared(cells: pd.Series, meta: Any, name: str) -> frozenset[str]:
    """The values of a column that the file says are missing: single codes, ranges, and letters (.a to .z)."""
    ranges = (meta.missing_ranges or {}).get(name, [])
    letters = set((meta.missing_user_values or {}).get(name, []))
    found = set()
    for value in cells.dropna().unique().tolist():
        if value in letters:
            found.add(spelling(value))
        for bounds in ranges:
            low, high = bounds["lo"], bounds["hi"]
            same = isinstance(value, str) == isinstance(low, str)
            if same and low <= value <= high:
                found.add(spelling(value))
    return frozenset(found)
