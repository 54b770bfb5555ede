"""Survey files of Qualtrics: real ones, and what Qualtrics does that they lack."""

import json
from pathlib import Path
from typing import Any

import pytest

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.codebooks import Codebook, read_codebook
from hpp_analysis.survey.readers import read_raw


def qsf(tmp_path: Path, *questions: dict[str, Any], blocks: Any = None) -> Codebook:
    parts = [
        {"Element": "SQ", "PrimaryAttribute": f"QID{number}", "Payload": {"QuestionID": f"QID{number}", **payload}}
        for number, payload in enumerate(questions, start=1)
    ]
    if blocks:
        parts.insert(0, {"Element": "BL", "Payload": blocks})
    entry = {"SurveyName": "Working together", "SurveyLanguage": "EN"}
    (tmp_path / "survey.qsf").write_text(json.dumps({"SurveyEntry": entry, "SurveyElements": parts}), encoding="utf-8")
    return read_codebook(tmp_path / "survey.qsf")


@pytest.mark.parametrize("export", ["_Insights", ""])
def test_every_question_column_of_a_real_export_is_found(shared_data: Path, export: str) -> None:
    folder = shared_data / "qualtrics"
    book = read_codebook(folder / "QualtricsTools_Single_Answer_Matrix_Questions.qsf")
    raw = read_raw(folder / f"QualtricsTools_Single_Answer_Matrix_Questions{export}.csv")
    first = raw.header.index("Q2_1")
    last = raw.header.index("LocationLatitude")
    # exports of the older kind have the row's tag alone, and two matrices here have the same tags
    found = [
        book.question_of(raw.header[place]) for place in range(first, last) if raw.header.count(raw.header[place]) == 1
    ]
    assert len(found) == (16 if export else 7)
    assert all(found[:6])
    assert not export or all(found)


def test_codes_of_a_real_survey_are_those_that_it_exports(shared_data: Path) -> None:
    folder = shared_data / "qualtrics"
    book = read_codebook(folder / "QualtricsTools_No_Basis_for_Evaluation.qsf")
    raw = read_raw(folder / "QualtricsTools_No_Basis_for_Evaluation_Insights.csv")
    assert [question.code for question in book.questions] == raw.header[11:-3]
    question = book.question_of("Q3_1")
    assert question is not None
    assert question.choices["-1"] == {"en": "No Opinion"}
    assert (question.group, book.groups["Q3"]) == ("Q3", {"en": "Indicate how you feel about the following vegetables"})


def test_texts_and_labels_in_each_language(tmp_path: Path) -> None:
    matrix = {
        "DataExportTag": "Q1", "QuestionType": "Matrix", "Selector": "Likert", "SubSelector": "SingleAnswer",
        "QuestionText": "<b>Do you agree?</b>", "Choices": {"1": {"Display": "We talk&nbsp;often"}, "2": {"Display": "We plan"}},
        "ChoiceOrder": ["2", "1"], "Answers": {"1": {"Display": "No"}, "2": {"Display": "Yes"}}, "RecodeValues": {"1": "5", "2": "1"},
        "Language": {"NL": {"QuestionText": "Eens?", "Choices": {"1": {"Display": "Wij praten vaak"}, "2": {"Display": "Wij plannen"}},
                            "Answers": {"1": {"Display": "Nee"}, "2": {"Display": "Ja"}}}},
    }  # fmt: skip
    book = qsf(tmp_path, matrix)
    assert book.languages == ("en", "nl")
    assert [question.code for question in book.questions] == ["Q1_2", "Q1_1"]
    assert book.questions[1].text == {"en": "We talk often", "nl": "Wij praten vaak"}
    assert book.questions[0].choices == {"5": {"en": "No", "nl": "Nee"}, "1": {"en": "Yes", "nl": "Ja"}}
    assert book.groups == {"Q1": {"en": "Do you agree?", "nl": "Eens?"}}


def test_questions_in_the_trash_are_left_out(tmp_path: Path) -> None:
    blocks = [
        {"Type": "Default", "Description": "About us", "BlockElements": [{"Type": "Question", "QuestionID": "QID2"}]},
        {"Type": "Trash", "BlockElements": [{"Type": "Question", "QuestionID": "QID1"}]},
    ]
    text = {"QuestionType": "TE", "Selector": "SL", "QuestionText": "Your name"}
    book = qsf(tmp_path, {**text, "DataExportTag": "old"}, {**text, "DataExportTag": "name"}, blocks=blocks)
    assert [(question.code, question.section) for question in book.questions] == [("name", "About us")]


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"a": 1}', '{"SurveyElements": []}', '{"SurveyElements": [1, null]}', '{"a":' * 100_000]
)
def test_what_is_no_survey_file_is_one_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.qsf").write_text(content, encoding="utf-8")
    with pytest.raises(SurveyError) as refused:
        read_codebook(tmp_path / "bad.qsf")
    assert len(refused.value.failures) == 1
