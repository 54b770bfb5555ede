"""Data dictionaries of REDCap beside the exports that they describe."""

from pathlib import Path

import pandas as pd
import pytest

from hpp_analysis.survey.codebooks import read_codebook
from hpp_analysis.survey.codebooks.redcap import choices_of

OWN = ("redcap_", "form_", "mugshot")


@pytest.mark.parametrize("name", ["checkboxes-1", "multilevel-model-1", "simple", "survey"])
def test_every_field_of_a_real_export_is_described(shared_data: Path, name: str) -> None:
    book = read_codebook(shared_data / "redcap" / f"{name}_dictionary.csv", language="en")
    columns = pd.read_csv(shared_data / "redcap" / f"{name}_data.csv", nrows=1).columns
    asked = [
        column for column in columns if not column.endswith(("_complete", "_timestamp")) and "redcap" not in column
    ]
    assert [column for column in asked if book.question_of(column) is None] == []
    assert book.platform == "redcap"


def test_tick_boxes_choices_and_ranges(shared_data: Path) -> None:
    book = read_codebook(shared_data / "redcap" / "simple_dictionary.csv", language="en")
    race = book.question_of("Race (Select all that apply) (choice=Asian)")
    assert race is not None
    assert (race.code, race.kind, race.group, race.text) == ("race___2", "multiple", "race", {"en": "Asian"})
    height = book.question_of("height")
    assert height is not None
    assert (height.kind, height.low, height.high) == ("number", 130, 215)
    sex = book.question_of("sex")
    assert sex is not None
    assert sex.choices == {"0": {"en": "Female"}, "1": {"en": "Male"}}


def test_a_comma_within_a_label_belongs_to_it() -> None:
    assert choices_of("0, No, never | 1, Yes") == {"0": "No, never", "1": "Yes"}
