"""The cells of a workbook or of delimited text, sheet by sheet: the tables in which codebooks are written."""

from __future__ import annotations

import csv
from io import StringIO

from hpp_analysis.survey.codebooks.codebook import unusable
from hpp_analysis.survey.readers.delimited import decoded, delimiter_of
from hpp_analysis.survey.readers.workbook import sheets_of


def read(data: bytes, source: str, reader: str) -> dict[str, list[list[str]]]:
    """The rows of each sheet that are not blank, as text; of delimited text the only one.

    Parameters
    ----------
    data : bytes
    source : str
        The name of the file.
    reader : str
        "xlsx" or "csv", from `seems`.
    """
    if reader == "xlsx":
        return {name: [row for _number, row in rows] for name, rows in sheets_of(data, source).items()}
    if reader != "csv":
        rule = "A codebook must be a survey structure of its platform, a statistics file, a workbook or CSV."
        raise unusable(rule, "Give one of these.", source, value=reader)
    text, _encoding = decoded(data, source)
    try:
        rows = list(csv.reader(StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True))
    except csv.Error as error:
        rule = f"Quotes must be closed, and doubled within a quoted cell ({error})."
        raise unusable(rule, "Look for a stray quote.", source) from error
    return {"": [row for row in rows if any(cell.strip() for cell in row)]}
