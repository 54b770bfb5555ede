"""What holds for codebooks of any platform."""

from pathlib import Path

import pytest

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.codebooks import Codebook, Question, codebook, read_codebook


def test_a_text_that_two_questions_have_finds_neither() -> None:
    questions = (
        Question("q1", {"en": "We talk"}),
        Question("q2", {"en": "We talk"}),
        Question("q3", {"en": "We plan"}),
    )
    book = Codebook("file", "sheet", {}, ("en",), questions)
    assert book.question_of("We talk") is None
    assert book.question_of("column 3", "we  plan") is questions[2]
    assert book.question_of("q2. We talk") is questions[1]
    assert book.question_of("nothing") is None


def test_text_without_html() -> None:
    assert codebook.plain("A &lt; B <br/>and 3 < 4 <!-- no --><script>x()</script>") == "A < B and 3 < 4"


def test_a_file_that_is_too_large_or_absent_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SurveyError):
        read_codebook(tmp_path / "absent.qsf")
    (tmp_path / "large.csv").write_text("variable,label\nq1,We talk\n", encoding="utf-8")
    monkeypatch.setattr("hpp_analysis.survey.codebooks._MOST_BYTES", 10)
    with pytest.raises(SurveyError):
        read_codebook(tmp_path / "large.csv")
