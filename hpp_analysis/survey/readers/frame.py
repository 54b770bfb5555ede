"""A DataFrame that is already in memory."""

from __future__ import annotations

import hashlib

import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.readers.layout import without_previews
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.spelling import visible

_SOURCE = "DataFrame"


def read(frame: pd.DataFrame) -> RawTable:
    """Take the frame as it is; its fingerprint is that of its CSV text."""
    if frame.empty:
        raise SurveyError([Failure("The frame must hold answers.", "Give one with rows and columns.", _SOURCE)])
    cells = frame.reset_index(drop=True)
    cells.columns = pd.RangeIndex(cells.shape[1])
    raw = RawTable(
        header=[visible(str(name)) for name in frame.columns],
        cells=cells,
        rows=pd.RangeIndex(2, len(frame) + 2),  # as if the header were row 1 of a sheet
        source=_SOURCE,
        sha256=hashlib.sha256(frame.to_csv(index=False).encode(errors="surrogatepass")).hexdigest(),
    )
    return without_previews(raw)
