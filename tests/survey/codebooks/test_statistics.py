"""Labels in statistics files, compared with what pyreadstat says of them."""

from pathlib import Path

import pyreadstat
import pytest

from hpp_analysis.survey.codebooks import read_codebook


@pytest.mark.parametrize(
    "name", ["spss/foreign_mval_bug.sav", "spss/foreign_electric.sav", "stata/pyreadstat_sample.dta"]
)
def test_labels_are_those_of_the_file(shared_data: Path, name: str) -> None:
    path = shared_data / name
    book = read_codebook(path, language="en")
    reader = pyreadstat.read_dta if name.endswith("dta") else pyreadstat.read_sav
    _answers, meta = reader(str(path), metadataonly=True)
    assert [question.code for question in book.questions] == meta.column_names
    assert [question.text.get("en", "") for question in book.questions] == [text or "" for text in meta.column_labels]
    labelled = {column: labels for column, labels in meta.variable_value_labels.items() if len(labels) > 1}
    assert {question.code for question in book.questions if question.choices} == set(labelled)
    for question in book.questions:
        assert [text["en"] for text in question.choices.values()] == list(labelled.get(question.code, {}).values())


def test_codes_declared_missing(shared_data: Path) -> None:
    book = read_codebook(shared_data / "spss" / "pyreadstat_sample_missing.sav")
    question = book.question_of("mylabl")
    assert question is not None
    assert question.missing == {"-1"}
