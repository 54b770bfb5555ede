"""Codebooks from anywhere: whatever is wrong with one, it is read or refused in words, and quickly."""

import contextlib
import random
import time
import warnings
from pathlib import Path

import pytest

from hpp_analysis.errors import SurveyError
from hpp_analysis.forms import write_questionnaire
from hpp_analysis.survey.codebooks import read_codebook
from tests.survey.codebooks.test_limesurvey import LSS

QSF = """{"SurveyEntry": {"SurveyName": "S", "SurveyLanguage": "EN"}, "SurveyElements": [
{"Element": "BL", "Payload": {"1": {"Type": "Default", "Description": "D", "BlockElements": [{"Type": "Question", "QuestionID": "QID1"}]}}},
{"Element": "SQ", "Payload": {"QuestionID": "QID1", "DataExportTag": "Q1", "QuestionType": "Matrix", "Selector": "Likert",
"QuestionText": "How?", "Choices": {"1": {"Display": "a"}, "2": {"Display": "b"}}, "ChoiceOrder": [1, 2], "RecodeValues": {"1": 3},
"Answers": {"1": {"Display": "no"}, "2": {"Display": "yes"}}, "Language": {"NL": {"Choices": {"1": {"Display": "x"}}}}}},
{"Element": "SQ", "Payload": {"QuestionID": "QID2", "QuestionType": "SBS", "AdditionalQuestions": {"1": {"QuestionType": "Matrix",
"Selector": "Likert", "Answers": {"1": {"Display": "n"}}}}, "Choices": {"1": {"Display": "a"}}}}]}"""
REDCAP = '"Variable / Field Name","Field Type","Field Label","Choices, Calculations, OR Slider Labels"\nq,radio,How?,"1, a | 2, b"\n'
SHEET = "variable,label,value,value label,reversed\nq1,We talk,1,no,x\n,,2,yes,\nq2,We plan,,,\n"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("whole")
    files = [*write_questionnaire("hpp", folder, to="limesurvey"), *write_questionnaire("hpp", folder, to="xlsform")]
    return [*(text.encode() for text in (QSF, LSS, REDCAP, SHEET)), *(file.read_bytes() for file in files)]


def damaged(data: bytes, rng: random.Random) -> bytes:
    made = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20])):
        at = rng.randrange(len(made))
        kind = rng.randrange(5)
        if kind == 0:
            made[at] = rng.randrange(256)
        elif kind == 1:
            del made[at : at + rng.randrange(1, 40)]
        elif kind == 2:
            made[at:at] = rng.choice(
                [b'"', b"\t", b",", b"null", b"[]", b"{}", b"-1", b"<a>", b"\x00", b"\n", b"1e999", b"\xff"]
            )
        elif kind == 3:
            made[at:at] = made[at : at + 60]
        else:
            del made[at + len(made) // 2 :]
        if not made:
            break
    return bytes(made)


def check(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    started = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with contextlib.suppress(SurveyError):
            book = read_codebook(path)
            assert book.questions
            for question in book.questions:
                assert all(
                    isinstance(text, str)
                    for words in (question.text, *question.choices.values())
                    for text in words.values()
                )
            book.question_of(book.questions[0].code)
    assert time.monotonic() - started < 10


def test_damaged_codebooks(tmp_path: Path, whole: list[bytes]) -> None:
    rng = random.Random(7)
    for number in range(300):
        check(tmp_path / "codebook", damaged(whole[number % len(whole)], rng))


@pytest.mark.slow
def test_many_damaged_codebooks(tmp_path: Path, whole: list[bytes]) -> None:
    rng = random.Random(8)
    for number in range(10_000):
        check(tmp_path / "codebook", damaged(whole[number % len(whole)], rng))


@pytest.mark.parametrize(
    "text",
    [
        "<" + "a>" * 5 + "<a>" * 200_000,
        '{"SurveyElements": ' + "[" * 200_000,
        "variable,label,values\nq1,x," + "1=a, " * 100_000,
        "variable,label,values\nq1,x," + "(" * 100_000,
        "variable,label\n" + "q," * 200_000,
    ],
    ids=["nested XML", "nested JSON", "long list", "brackets", "wide row"],
)
def test_codebooks_that_mean_harm(tmp_path: Path, text: str) -> None:
    check(tmp_path / "codebook", text.encode())
