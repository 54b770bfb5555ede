"""Codebooks in a spreadsheet or CSV, in the shapes that people give them."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.codebooks import Codebook, read_codebook
from hpp_analysis.survey.codebooks.sheet import values_of

SCALE = {"1": {"en": "never"}, "2": {"en": "now and then"}, "3": {"en": "always"}}


def book_of(tmp_path: Path, text: str) -> Codebook:
    (tmp_path / "codebook.csv").write_text(text, encoding="utf-8")
    return read_codebook(tmp_path / "codebook.csv", language="en")


@pytest.mark.parametrize(
    "text",
    [
        'variable,label,values\nq1,We talk,"1=never; 2=now and then; 3=always"',
        'Naam;Vraag;Waarden\nq1;We talk;"1 = never | 2 = now and then | 3 = always"',
        'Codebook of 2024\n\nname,question,response options\nq1,We talk,"1: never, 2: now and then, 3: always"',
        "Variable,Question,Value,Value label\nq1,We talk,1,never\n,,2,now and then\n,,3,always",
        "variable\tvalue\tlabel\nq1\t\tWe talk\nq1\t1\tnever\nq1\t2\tnow and then\nq1\t3\talways",
    ],
    ids=["cell", "dutch", "title", "rows", "shared"],
)
def test_one_question_in_five_shapes(tmp_path: Path, text: str) -> None:
    (question,) = book_of(tmp_path, text).questions
    assert (question.code, question.text, question.kind, question.choices) == ("q1", {"en": "We talk"}, "choice", SCALE)


def test_languages_scales_and_reversed_items(tmp_path: Path) -> None:
    book = book_of(
        tmp_path, "item,text (en),text (nl),scale,reversed\nq1,We talk,Wij praten,talk,1\nq2,We fight,Wij ruziën,talk,0"
    )
    assert book.languages == ("en", "nl")
    assert [(question.text["nl"], question.factor, question.reverse) for question in book.questions] == [
        ("Wij praten", "talk", True),
        ("Wij ruziën", "talk", False),
    ]


def test_value_labels_in_a_sheet_of_their_own(tmp_path: Path) -> None:
    workbook = Workbook()
    workbook.active.title = "Answers"
    for row in (("q1", "q2"), (1, 2)):
        workbook.active.append(row)
    sheets = {
        "Variables": [("Variable", "Label"), ("q1", "We talk"), ("q2", "Age")],
        "Values": [("Variable", "Value", "Label"), ("q1", 1, "never"), ("q1", 2, "now and then"), ("q1", 3, "always")],
    }
    for name, rows in sheets.items():
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(row)
    workbook.save(tmp_path / "all.xlsx")
    book = read_codebook(tmp_path / "all.xlsx", language="en")
    assert [(question.code, dict(question.choices)) for question in book.questions] == [("q1", SCALE), ("q2", {})]


def test_real_dictionaries(shared_data: Path) -> None:
    bfi = read_codebook(shared_data / "psychTools" / "bfi_dictionary.csv", language="en")
    a1 = bfi.question_of("A1")
    assert a1 is not None
    assert (a1.text, a1.reverse) == ({"en": "Am indifferent to the feelings of others."}, True)
    # the seven reversed items of psychTools; N is keyed there towards emotional stability
    reversed_items = [question.code for question in bfi.questions if question.reverse]
    assert reversed_items == ["A1", "C4", "C5", "E1", "E2", "N1", "N2", "N3", "N4", "N5", "O2", "O5"]
    assert read_codebook(shared_data / "psychTools" / "GERAS_dictionary.csv").languages == ("de", "en")


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "variable,label\n", "", "%PDF-1.7"])
def test_what_describes_nothing_is_one_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SurveyError) as refused:
        book_of(tmp_path, text)
    assert len(refused.value.failures) == 1


def test_what_is_no_list_of_labels_is_told(tmp_path: Path) -> None:
    assert values_of("a number from 1 to 10") == {}
    assert book_of(tmp_path, "variable,label,values\nq1,We talk,open text").notes != ()
