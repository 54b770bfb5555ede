"""Parquet files."""

from __future__ import annotations

import hashlib

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from hpp_analysis.survey.readers.layout import collapsed, without_previews
from hpp_analysis.survey.readers.raw import RawTable, refused
from hpp_analysis.survey.spelling import visible

_MOST_CELLS = 500_000_000


def read(data: bytes, source: str) -> RawTable:
    """Read the columns with the types that they have."""
    try:
        file = parquet.ParquetFile(pa.BufferReader(data))
        if file.metadata.num_rows * file.metadata.num_columns > max(_MOST_CELLS // 100, 100 * len(data)):
            raise refused("The file declares more cells than it can hold.", "Write it again.", source)
        read_table = file.read()
        nested = [field.name for field in read_table.schema if pa.types.is_nested(field.type)]
        if nested:
            raise refused(
                "A column must hold one value a row; these hold lists or records.",
                "Give each its own column.",
                source,
                value=", ".join(nested[:10]),
            )
        header = [visible(str(name)) for name in read_table.column_names]
        read_table = read_table.rename_columns([str(place) for place in range(len(header))])
        cells = read_table.replace_schema_metadata(None).to_pandas(self_destruct=True, split_blocks=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise refused(f"The Parquet file must be whole ({type(error).__name__}).", "Write it again.", source) from error
    if cells.empty:
        raise refused("The file must hold columns and answers.", "Write it again: it is empty.", source)
    cells.columns = pd.RangeIndex(len(header))
    rows = pd.RangeIndex(2, len(cells) + 2)
    raw = RawTable(header, cells, rows, source, hashlib.sha256(data).hexdigest())
    return collapsed(without_previews(raw))
