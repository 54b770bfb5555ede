"""A questionnaire goes out, answers come back: simulated in the layout of each platform, read without a mapping."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from pyxform.xls2xform import convert

from hpp_analysis.errors import OptionError
from hpp_analysis.forms import write_questionnaire
from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.survey.codebooks import Codebook, Question, read_codebook
from hpp_analysis.survey.instrument import load_instrument, parse_instrument
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import Survey, read_survey

FORMATS = ("limesurvey", "xlsform", "docx")


@pytest.fixture(scope="module")
def staff() -> Instrument:
    """What platforms find hard: underscores, long ids, three languages, two scales, HTML and braces in texts."""
    words = {"nl": "Helemaal oneens", "en": "Strongly disagree", "fr": "Pas d'accord"}
    high = {"nl": "Helemaal eens", "en": "Strongly agree", "fr": "D'accord"}
    return parse_instrument(
        {
            "name": "staff",
            "title": {"nl": "Personeel", "en": "Staff", "fr": "Personnel"},
            "unit": "person",
            "scale": {
                "min": 1, "max": 5, "labels": {1: words, 5: high},
                "dont_know": {"text": {"nl": "Weet niet", "en": "Don't know", "fr": "Ne sais pas"}},
            },
            "scales": {"percent": {"min": 0, "max": 100, "labels": {0: words, 100: high}}},
            "columns": [
                {"id": "respondent", "text": {"nl": "Nummer", "en": "Number", "fr": "Numéro"}, "required": True},
                {
                    "id": "part_of_house", "text": {"nl": "Afdeling", "en": "Department", "fr": "Service"},
                    "values": [
                        {"id": "human_resources", "text": {"nl": "Personeelszaken", "en": "HR", "fr": "RH"}},
                        {"id": "human_relations", "text": {"nl": "Communicatie", "en": "Communication", "fr": "Comm"}},
                    ],
                },
            ],
            "factors": [{"id": "together", "name": {"nl": "Samen", "en": "Together", "fr": "Ensemble"}}],
            "items": [
                {"id": "working_together_in_the_team_1", "factor": "together",
                 "text": {"nl": "Wij praten < 2 uur {veel}", "en": "We talk & plan {x}", "fr": "Nous parlons"}},
                {"id": "working_together_in_the_team_2", "factor": "together", "reverse": True,
                 "text": {"nl": "Wij ruziën - soms", "en": "We fight - at times", "fr": "Nous disputons"}},
                {"id": "share_1", "factor": "together", "scale": "percent",
                 "text": {"nl": "Deel samen", "en": "Share", "fr": "Part"}},
            ],
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def answers(staff: Instrument) -> pd.DataFrame:
    """As they are given: on the scales of the items, DK and empty among them."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({item.id: rng.integers(1, 6, 30).astype(object) for item in staff.items})
    frame["share_1"] = rng.integers(0, 101, 30).astype(object)
    frame.iloc[3, 0], frame.iloc[5, 1], frame.iloc[7, 2] = "DK", None, None
    frame["respondent"] = [f"p{number}" for number in range(30)]
    frame["part_of_house"] = ["human_resources", "human_relations"] * 15
    return frame


@pytest.fixture(scope="module")
def direct(staff: Instrument, answers: pd.DataFrame) -> Survey:
    """The answers read from a table with ids as headers."""
    return read_survey(answers, instrument=staff)


def same(back: Survey, direct: Survey) -> None:
    assert back.items.notna().sum().sum() > 80
    pd.testing.assert_frame_equal(back.items, direct.items)
    pd.testing.assert_frame_equal(back.reasons, direct.reasons)
    for column in ("respondent", "part_of_house"):
        assert back.respondents[column].tolist() == direct.respondents[column].tolist()


def exported(
    book: Codebook, code_of: dict[str, str], answers: pd.DataFrame, *, headers: str, words: bool, language: str
) -> pd.DataFrame:
    """What the platform exports of a form that it made of the file: headers and cells as codes, texts or both."""
    made: dict[str, Any] = {"id": range(1, len(answers) + 1), "submitdate": "2026-01-01"}
    for id_, given in answers.items():
        question = book.question_of(code_of[str(id_)])
        assert question is not None, id_
        cells = given.map(lambda one, question=question, id_=str(id_): _cell(question, id_, one, words, language))
        made[_header(book, question, headers, language)] = cells
    return pd.DataFrame(made)


def _cell(question: Question, id_: str, given: Any, words: bool, language: str) -> Any:
    if given is None or not question.choices:
        return given
    code = next(code for code, text in question.choices.items() if _means(code, text, id_, str(given)))
    return question.choices[code][language] if words else code


def _means(code: str, text: Any, id_: str, given: str) -> bool:
    if id_ == "part_of_house":
        return bool(text["en"] == {"human_resources": "HR", "human_relations": "Communication"}[given])
    return code == given


def _header(book: Codebook, question: Question, headers: str, language: str) -> str:
    group = book.groups.get(question.group, {}).get(language, "")
    text = f"{group} [{question.text[language]}]" if group else question.text[language]
    return {"codes": question.code, "texts": text, "both": f"{question.code}. {text}"}[headers]


@pytest.mark.parametrize("headers", ["codes", "texts", "both"])
@pytest.mark.parametrize("words", [False, True])
@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_limesurvey_out_and_back(
    tmp_path: Path, staff: Instrument, answers: pd.DataFrame, direct: Survey, headers: str, words: bool, language: str
) -> None:
    (file,) = write_questionnaire(staff, tmp_path, to="limesurvey")
    book = read_codebook(file)
    assert book.languages == ("en", "fr", "nl")
    by_text = {question.text["en"]: question.code for question in book.questions}
    code_of = {part.id: by_text[part.text["en"]] for part in (*staff.items, *staff.columns)}
    export = exported(book, code_of, answers, headers=headers, words=words, language=language)
    export.to_csv(tmp_path / "results.csv", index=False, encoding="utf-8-sig")
    same(read_survey(tmp_path / "results.csv", instrument=staff), direct)


def test_limesurvey_accepts_the_codes_and_ids_of_the_file(tmp_path: Path, staff: Instrument) -> None:
    """The limits of its database, and what its import wants: one id a part in all languages, the main language first."""
    (file,) = write_questionnaire(
        staff, tmp_path, to="limesurvey", languages=["nl", "en"], fixed={"part_of_house": "human_resources"}
    )
    text = file.read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t"))
    questions = [row for row in rows if row["class"] in ("Q", "SQ")]
    assert all(row["name"].isalnum() and row["name"][0].isalpha() and len(row["name"]) <= 20 for row in questions)
    assert all(row["name"].isalnum() and len(row["name"]) <= 5 for row in rows if row["class"] == "A")
    parts = {
        language: [
            (row["id"], row["class"], row["name"])
            for row in rows
            if row["language"] == language and row["class"] != "SL"
        ]
        for language in ("nl", "en")
    }
    assert [part for part in parts["nl"] if part[1] != "G"] == [part for part in parts["en"] if part[1] != "G"]
    languages = [row["language"] for row in rows if row["class"] in ("G", "Q", "SQ", "A")]
    assert languages == sorted(languages, reverse=True)
    hidden = [row for row in rows if row["hidden"] == "1" and row["language"] == "nl"]
    assert [(row["name"], row["default"]) for row in hidden] == [("partofhouse", "human_resources")]
    assert "Wij praten &lt; 2 uur &#123;veel&#125;" in text  # HTML, and no expression


@pytest.mark.parametrize("headers", ["codes", "groups", "texts"])
@pytest.mark.parametrize("words", [False, True])
def test_xlsform_out_and_back(
    tmp_path: Path, staff: Instrument, answers: pd.DataFrame, direct: Survey, headers: str, words: bool
) -> None:
    (file,) = write_questionnaire(staff, tmp_path, to="xlsform")
    book = read_codebook(file)
    export = exported(
        book, {str(id_): str(id_) for id_ in answers}, answers, headers="codes", words=words, language="nl"
    )
    names = {}
    for id_ in answers:
        question = book.question_of(str(id_))
        assert question is not None
        group = f"{question.group}/" if question.group else ""
        told = f"{book.groups[question.group]['nl']}/" if group else ""
        names[id_] = {"codes": id_, "groups": f"{group}{id_}", "texts": f"{told}{question.text['nl']}"}[headers]
    export.rename(columns=names).assign(_uuid="x").to_excel(tmp_path / "kobo.xlsx", index=False)
    same(read_survey(tmp_path / "kobo.xlsx", instrument=staff), direct)


def test_xlsform_is_valid(tmp_path: Path, staff: Instrument) -> None:
    for instrument, fixed in ((staff, {}), (load_instrument("hpp"), {"client": "Demo 'Cable'", "side": "partner"})):
        (file,) = write_questionnaire(instrument, tmp_path, to="xlsform", fixed=fixed)
        made = convert(file, validate=False)
        assert made.warnings == []
        assert made.xform.count("<translation ") == len(instrument.languages)
        for id_ in (*(item.id for item in instrument.items), *fixed):
            assert f'/{id_}"' in made.xform, id_


def test_paper_out_and_back(tmp_path: Path, staff: Instrument, answers: pd.DataFrame, direct: Survey) -> None:
    sheet, *forms = write_questionnaire(staff, tmp_path, to="docx", languages=["nl", "en", "fr"])
    assert [form.name for form in forms] == ["staff_en.docx", "staff_fr.docx", "staff_nl.docx"]
    book = openpyxl.load_workbook(sheet)
    typed = book["Answers"]
    header = [cell.value for cell in typed[1]]
    checks = {
        place.coord: check.formula1 for check in typed.data_validations.dataValidation for place in check.sqref.ranges
    }
    assert '"1,2,3,4,5,DK"' in checks.values()
    labels = {value.id: value.text["nl"] for value in staff.columns[1].values}
    for row in answers.replace({"part_of_house": labels}).to_dict("records"):
        typed.append([row[name] for name in header])
    book.save(tmp_path / "typed.xlsx")
    same(read_survey(tmp_path / "typed.xlsx", instrument=staff), direct)


@pytest.mark.parametrize("language", ["nl", "en", "fr"])
def test_each_form_on_paper_shows_every_text(tmp_path: Path, staff: Instrument, language: str) -> None:
    import docx

    write_questionnaire(staff, tmp_path, to="docx", fixed={"part_of_house": "human_relations"})
    word = docx.Document(str(tmp_path / f"staff_{language}.docx"))
    cells = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    lines = [paragraph.text for paragraph in word.paragraphs]
    assert all(item.text[language] in cells for item in staff.items)
    assert staff.title[language] in lines
    fixed = staff.columns[1]
    assert f"{fixed.text[language]}\t{fixed.values[1].text[language]}" in lines
    for table in word.tables:  # Word calls a file damaged whose parts stand in another order than that of the schema
        parts = [part.tag.rpartition("}")[2] for part in table._tbl.tblPr]
        assert parts == [
            one for one in ("tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblLook") if one in parts
        ]
        for cell in table._cells:
            parts = [part.tag.rpartition("}")[2] for part in cell._tc.tcPr]
            assert parts == [one for one in ("tcW", "gridSpan", "shd", "vAlign") if one in parts]
    assert cells.count("○") == 2 * 6  # five points and don't know, of two items; the third is typed


@pytest.mark.parametrize("to", FORMATS)
def test_equal_questionnaires_have_equal_bytes(tmp_path: Path, to: Any) -> None:
    one, two = (write_questionnaire("hpp", tmp_path / name, to=to) for name in ("one", "two"))
    assert [file.read_bytes() for file in one] == [file.read_bytes() for file in two]


@pytest.mark.parametrize("to", FORMATS)
def test_a_simulated_study_of_the_packaged_questionnaire_comes_back(tmp_path: Path, to: Any) -> None:
    """Each item id of `hpp` is a header of what its forms export."""
    study = simulate_study(seed=3)
    file = write_questionnaire("hpp", tmp_path, to=to)[0]
    book = read_codebook(file)
    frame = study.frame()
    codes = {id_: question.code for id_ in frame if (question := book.question_of(id_))}
    assert set(frame) - set(codes) <= {"wave"}
    back = read_survey(frame.rename(columns=codes), instrument="hpp")
    pd.testing.assert_frame_equal(back.items, read_survey(frame, instrument="hpp").items)


@pytest.mark.parametrize(
    "options",
    [{"languages": ["de"]}, {"fixed": {"clint": "X"}}, {"fixed": {"side": "both"}}, {"to": "qualtrics"}],
    ids=["language", "column", "value", "format"],
)
def test_what_the_questionnaire_does_not_have_is_an_error(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        write_questionnaire("hpp", tmp_path, **{"to": "docx", **options})
    assert list(tmp_path.iterdir()) == []


def test_limesurvey_has_no_codes_below_zero(tmp_path: Path) -> None:
    scale = {"min": -2, "max": 2, "labels": {-2: {"en": "low"}, 2: {"en": "high"}}}
    factors = [{"id": "f", "name": {"en": "F"}}]
    items = [{"id": "i", "factor": "f", "text": {"en": "I"}}]
    below = parse_instrument(
        {"name": "below", "title": {"en": "B"}, "scale": scale, "factors": factors, "items": items}
    )
    with pytest.raises(OptionError):
        write_questionnaire(below, tmp_path, to="limesurvey")
    assert write_questionnaire(below, tmp_path, to="xlsform")
