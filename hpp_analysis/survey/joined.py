"""Ids that an export splits over several columns, such as study and time, or rater and target."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.cells import spelling
from hpp_analysis.survey.mapping import ColumnMap, Place
from hpp_analysis.survey.matching import located
from hpp_analysis.survey.readers.raw import RawTable

_BETWEEN = " / "


def with_joined_columns(raw: RawTable, mapping: ColumnMap) -> tuple[RawTable, ColumnMap]:
    """Join the columns that the mapping lists for one respondent column, and name the new column in the mapping.

    The joined value is missing if one of its parts is.

    Raises
    ------
    SurveyError
        If a header belongs to no column, or to several.
    """
    wanted = {id_: place for id_, place in mapping.columns.items() if place.columns}
    if not wanted:
        return raw, mapping
    failures, columns, places = [], dict(mapping.columns), {}
    for id_, place in wanted.items():
        found = [located(raw, header) for header in place.columns]
        for header, matches in zip(place.columns, found, strict=True):
            if len(matches) != 1:
                rule = f"Each of `columns` of {id_!r} must be the header of one column; {len(matches)} have this one."
                failures.append(
                    Failure(rule, "Correct the mapping, or give its number as '#5'.", raw.source, 1, header)
                )
        places[id_] = [matches[0] for matches in found if matches]
    if failures:
        raise SurveyError(failures)
    cells, headers = raw.cells.copy(deep=False), list(raw.header)
    for id_, parts in places.items():
        texts = pd.DataFrame({place: _labelled(raw, place) for place in parts})
        cells[len(headers)] = texts.agg(_BETWEEN.join, axis=1).where((texts != "").all(axis=1), None)
        headers.append(_BETWEEN.join(raw.header[place] for place in parts))
        columns[id_] = Place(column=f"#{len(headers)}", prefix=wanted[id_].prefix)
    further = (*raw.headers, *(() for _ in places)) if raw.headers else ()
    return replace(raw, cells=cells, header=headers, headers=further), mapping.model_copy(update={"columns": columns})


def _labelled(raw: RawTable, place: int) -> pd.Series:
    """The cells as text, by their value labels; declared missing values are empty."""
    labels, missing = raw.labels.get(place, {}), raw.missing.get(place, frozenset())

    def text(value: object) -> str:
        value_text = spelling(value)
        return "" if value_text in missing else labels.get(value_text, value_text)

    return raw.cells[place].map(text, na_action="ignore").astype(object).fillna("").astype(str)
