"""Structures of LimeSurvey: a real survey with every type of question, and files that mean harm."""

from pathlib import Path

import pytest

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.codebooks import read_codebook

LSS = """<?xml version="1.0" encoding="UTF-8"?>
<document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<languages><language>nl</language><language>en</language></languages>
<surveys><rows><row><language>en</language></row></rows></surveys>
<groups><rows><row><gid>1</gid><group_order>1</group_order></row></rows></groups>
<group_l10ns><rows><row><gid>1</gid><group_name>Together</group_name><language>en</language></row></rows></group_l10ns>
<questions><rows><row><qid>7</qid><gid>1</gid><type>F</type><title>Q1</title><other>N</other></row></rows></questions>
<subquestions><rows><row><qid>8</qid><parent_qid>7</parent_qid><title>SQ001</title><scale_id>0</scale_id></row></rows></subquestions>
<question_l10ns><rows>
<row><qid>7</qid><question>Agree?</question><language>en</language></row>
<row><qid>7</qid><question>Eens?</question><language>nl</language></row>
<row><qid>8</qid><question><![CDATA[<p>We talk</p>]]></question><language>en</language></row>
<row><qid>8</qid><question>Wij praten</question><language>nl</language></row></rows></question_l10ns>
<answers><rows><row><aid>1</aid><qid>7</qid><code>2</code><sortorder>2</sortorder><scale_id>0</scale_id></row>
<row><aid>2</aid><qid>7</qid><code>1</code><sortorder>1</sortorder><scale_id>0</scale_id></row></rows></answers>
<answer_l10ns><rows><row><aid>1</aid><answer>Yes</answer><language>en</language></row>
<row><aid>1</aid><answer>Ja</answer><language>nl</language></row>
<row><aid>2</aid><answer>No</answer><language>en</language></row>
<row><aid>2</aid><answer>Nee</answer><language>nl</language></row></rows></answer_l10ns>
</document>"""


def test_a_survey_of_every_type(shared_data: Path) -> None:
    book = read_codebook(shared_data / "limesurvey" / "N2_test_survey_structure.lss")
    kinds = {question.code: question.kind for question in book.questions}
    assert (book.platform, book.languages, len(kinds), book.notes) == ("limesurvey", ("en",), 51, ())
    expected = {
        "G1Q1": "choice", "G1Q4[comment]": "text", "G2Q1[SQ001]": "choice", "G2Q5[SQ001_SQ001]": "number",
        "G2Q9[SQ002][2]": "choice", "G3Q1": "other", "G3Q7": "number", "G3Q8[3]": "choice", "G4Q3[SQ002]": "text",
        "G5Q1[SQ001]": "multiple", "G5Q1[other]": "text", "G5Q2[SQ001comment]": "text",
    }  # fmt: skip
    assert {code: kinds[code] for code in expected} == expected
    assert "G3Q9" not in kinds  # a text, nothing is answered


@pytest.mark.parametrize(
    "header",
    ["G2Q1[SQ002]", "G2Q1_SQ002", 'G2Q1[SQ002]. This is Group 2 Question 1 of type "array". [How do you rate that?]'],
)
def test_each_spelling_of_a_header_finds_its_question(shared_data: Path, header: str) -> None:
    book = read_codebook(shared_data / "limesurvey" / "N2_test_survey_structure.lss")
    question = book.question_of(header)
    assert question is not None
    assert question.code == "G2Q1[SQ002]"
    assert book.question_of("How do you rate that?") is None  # eleven matrices have this row


def test_texts_that_lie_in_a_table_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "v6.lss").write_text(LSS, encoding="utf-8")
    book = read_codebook(tmp_path / "v6.lss")
    (question,) = book.questions
    assert book.languages == ("en", "nl")
    assert question.text == {"en": "We talk", "nl": "Wij praten"}
    assert list(question.choices.items()) == [("1", {"en": "No", "nl": "Nee"}), ("2", {"en": "Yes", "nl": "Ja"})]
    assert (question.section, book.groups["Q1"]["nl"]) == ("Together", "Eens?")


@pytest.mark.parametrize(
    "content",
    [
        LSS.replace("<document>", '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><document>').replace(
            "Agree?", "&b;"
        ),
        LSS.replace("<document>", '<!DOCTYPE d SYSTEM "file:///etc/passwd"><document>'),
        LSS[:900],
        LSS.replace(">Survey<", ">Group<"),
        "<html><body>no</body></html>",
    ],
    ids=["entities", "outside", "cut", "group", "html"],
)
def test_harmful_and_damaged_files_are_one_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.lss").write_text(content, encoding="utf-8")
    with pytest.raises(SurveyError) as refused:
        read_codebook(tmp_path / "bad.lss")
    assert len(refused.value.failures) == 1


def test_the_tab_separated_structure(tmp_path: Path) -> None:
    rows = [
        "class\ttype/scale\tname\trelevance\ttext\thelp\tlanguage",
        "S\t\tlanguage\t1\ten\t\t", "S\t\tadditional_languages\t1\tnl\t\t", "SL\t\tsurveyls_title\t1\tTogether\t\ten",
        "G\tG1\tTalk\t1\t\t\ten", "Q\tF\tQ1\t1\tAgree?\t\ten", "SQ\t0\ta\t1\tWe talk\t\ten", "A\t0\t1\t\tNo\t\ten",
        "A\t0\t2\t\tYes\t\ten", "G\tG1\tPraten\t1\t\t\tnl", "Q\tF\tQ1\t1\tEens?\t\tnl", "SQ\t0\ta\t1\tWij praten\t\tnl",
        "A\t0\t1\t\tNee\t\tnl", "A\t0\t2\t\tJa\t\tnl",
    ]  # fmt: skip
    (tmp_path / "s.txt").write_text("\n".join(rows), encoding="utf-8-sig")
    book = read_codebook(tmp_path / "s.txt")
    (question,) = book.questions
    assert (question.code, question.text, question.section) == ("Q1[a]", {"en": "We talk", "nl": "Wij praten"}, "Talk")
    assert (book.languages, book.title) == (("en", "nl"), {"en": "Together"})
    assert question.choices["2"] == {"en": "Yes", "nl": "Ja"}
