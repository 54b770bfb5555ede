"""SPSS, Stata and SAS files as codebooks: their variable labels, value labels and codes declared missing."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hpp_analysis.survey.codebooks.codebook import Codebook, Question
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.readers.raw import RawTable

PLATFORMS = {"spss": "spss", "por": "spss", "stata": "stata", "sas": "sas"}
"""What the file is, by the name of its reader."""


def read(path: Path, reader: str, language: str) -> Codebook:
    """Read what the file says about its variables."""
    raw = read_raw(path, format=reader)
    questions = tuple(_question(raw, place, language) for place in range(len(raw.header)))
    return Codebook(path.name, PLATFORMS[reader], {}, (language,), questions)


def _question(raw: RawTable, place: int, language: str) -> Question:
    labels, missing = raw.labels.get(place, {}), raw.missing.get(place, frozenset())
    answers = len(labels.keys() - missing)
    number = pd.api.types.is_numeric_dtype(raw.cells[place])
    text = next(iter(raw.headers[place]), "")
    return Question(
        raw.header[place],
        {language: text} if text else {},
        "choice" if answers > 1 else "number" if number else "text",
        choices={code: {language: label} for code, label in labels.items()} if answers > 1 else {},
        missing=missing,
    )
