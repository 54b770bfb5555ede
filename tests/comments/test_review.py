"""The review workbook: what a person fills in is kept, and nothing is quoted that two persons have not released."""

import stat
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hpp_analysis import load_instrument, read_survey, simulate_study
from hpp_analysis.comments import read_review, seal_review, write_review
from hpp_analysis.comments.review import ABOUT, ALLEGATIONS, COMMENTS, CONSENT, THEMES, comment_rows
from hpp_analysis.errors import InstrumentError, OptionError, SurveyError
from hpp_analysis.forms import write_questionnaire
from hpp_analysis.survey.instrument import parse_instrument
from tests.comments.making import commented, reviewed


@pytest.fixture(scope="module")
def survey():
    return commented(simulate_study(partners=2, persons_per_side=12, seed=1).survey)


@pytest.fixture
def file(survey, tmp_path: Path) -> Path:
    reviewed(survey, tmp_path / "comments.xlsx")
    return tmp_path / "comments.xlsx"


def change(file: Path, sheet: str, column: str, value: object, row: int = 2) -> None:
    """Fill in a cell as a person does in a spreadsheet."""
    book = openpyxl.load_workbook(file)
    header = [cell.value for cell in book[sheet][1]]
    book[sheet].cell(row, header.index(column) + 1).value = value
    book.save(file)


def problems(file: Path, **options: bool) -> list[tuple[int | None, str | None]]:
    with pytest.raises(SurveyError) as caught:
        read_review(file, **options)
    return [(failure.row, failure.column) for failure in caught.value.failures]


def test_only_its_owner_may_read_the_workbook(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]  # nothing is left of writing aside


def test_the_workbook_says_when_it_must_be_deleted(file: Path) -> None:
    assert read_review(file).delete_by == "2030-01-01"
    assert openpyxl.load_workbook(file)[ABOUT]["A1"].value == "delete_by: 2030-01-01"


def test_equal_comments_make_equal_bytes(survey, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_review(survey, tmp_path / name, delete_by="2030-01-01")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_writing_again_keeps_what_a_person_filled_in(survey, file: Path) -> None:
    change(file, COMMENTS, "theme", "-")
    change(file, THEMES, "name_nl", "Eigen naam")
    before = read_review(file)
    more = survey.comments.copy()
    more.iloc[0, 0] = "A new comment about the schedule"
    write_review(replace(survey, comments=more), file)
    after = read_review(file)
    assert after.delete_by == before.delete_by
    both = before.comments.merge(after.comments, on="id", suffixes=("", "_after"))
    assert len(both) == len(before.comments) - 1
    for column in ("theme", "publish", "edited_text", "masked_by", "approved_by", "approved_sha256", "proposed_theme"):
        assert (both[column] == both[f"{column}_after"]).all()
    assert "Eigen naam" in set(after.themes["name_nl"])
    new = after.comments[~after.comments["id"].isin(before.comments["id"])]
    assert new["publish"].tolist() == [""]


def test_nothing_is_published_by_default(survey, tmp_path: Path) -> None:
    review = write_review(survey, tmp_path / "comments.xlsx")
    assert len(review.quotable) == len(review.open_themes) == 0
    assert (review.theme_of() == "").all()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("edited_text", "Something else than was approved"),
        ("masked_text", "Something else than was approved"),
        ("original_sha256", "0" * 64),
        ("original", "Nobody wrote this"),
        ("approved_by", " mask "),
        ("approved_by", None),
        ("masked_by", None),
        ("approved_sha256", None),
        ("publish", "perhaps"),
        ("theme", "ope99"),
        ("consent", "no"),
        ("allegation", "yes"),
        ("allegation", "perhaps"),
        ("edited_text", "=HYPERLINK(1)"),
    ],
)
def test_what_does_not_hold_is_an_error_with_its_row(file: Path, column: str, value: object) -> None:
    assert read_review(file).quotable["text"].size
    change(file, COMMENTS, column, value)
    assert {row for row, _column in problems(file)} == {2}


def test_a_text_that_was_changed_after_approval_cannot_be_sealed_again_by_itself(file: Path) -> None:
    change(file, COMMENTS, "edited_text", "Changed")
    with pytest.raises(SurveyError):
        seal_review(file)
    change(file, COMMENTS, "approved_sha256", None)
    assert seal_review(file) == 1
    assert "Changed" in set(read_review(file).quotable["text"])


@pytest.mark.parametrize(
    ("column", "value"),
    [("keep", "perhaps"), ("merge_into", "ope99"), ("name_nl", None), ("id", "-"), ("merge_into", "self")],
)
def test_themes_that_do_not_hold_are_errors(file: Path, column: str, value: str | None) -> None:
    first = read_review(file).themes["id"].iloc[0]
    change(file, THEMES, column, first if value == "self" else value)
    assert (2, column) in problems(file)


def test_merged_themes_count_as_the_one_they_were_merged_into(file: Path) -> None:
    review = read_review(file)
    kept = review.open_themes["id"].tolist()
    row = review.themes["id"].tolist().index(kept[0]) + 2
    change(file, THEMES, "merge_into", kept[1], row)
    merged = read_review(file)
    assert kept[0] not in set(merged.open_themes["id"])
    assert (merged.theme_of() == kept[1]).sum() == (review.theme_of().isin(kept[:2])).sum()


def test_allegations_are_set_apart_unless_a_person_says_otherwise(survey, tmp_path: Path) -> None:
    comments = survey.comments.copy()
    comments.iloc[0, 0] = "Ik word gepest door mijn chef"
    file = tmp_path / "comments.xlsx"
    review = write_review(replace(survey, comments=comments), file)
    assert review.comments["allegation"].eq("yes").sum() == 1
    book = openpyxl.load_workbook(file)
    assert book[ALLEGATIONS].max_row == 2
    assert not any("gepest" in str(cell.value) for row in book[COMMENTS].iter_rows() for cell in row)
    change(file, ALLEGATIONS, "allegation", None)  # emptied is not denied
    assert read_review(file).comments["allegation"].eq("yes").sum() == 1
    change(file, ALLEGATIONS, "allegation", "no")
    assert read_review(file).comments["allegation"].eq("yes").sum() == 0


def test_a_formula_that_somebody_typed_into_the_survey_stays_text(survey, tmp_path: Path) -> None:
    comments = survey.comments.copy()
    comments.iloc[0, 0] = '=HYPERLINK("http://example.org","click")'
    write_review(replace(survey, comments=comments), tmp_path / "comments.xlsx")
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "comments.xlsx")[COMMENTS].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if str(cell.value).startswith("=")].count("f") == 0
    assert any(str(cell.value).startswith("=HYPERLINK") for cell in cells)


def test_the_rows_of_persons_do_not_stand_in_their_order(survey, tmp_path: Path) -> None:
    review = write_review(survey, tmp_path / "comments.xlsx")
    assert not set(review.comments.columns) & {"respondent", "rating", "person"}
    assert review.comments["id"].is_monotonic_increasing


def test_workbooks_that_are_none_are_errors(tmp_path: Path) -> None:
    (tmp_path / "none.xlsx").write_text("no workbook")
    for path in (tmp_path / "none.xlsx", tmp_path / "missing.xlsx"):
        with pytest.raises(SurveyError):
            read_review(path)
    pd.DataFrame({"id": ["a"]}).to_excel(tmp_path / "other.xlsx")
    with pytest.raises(SurveyError):
        read_review(tmp_path / "other.xlsx")


def test_answers_without_comments_have_no_review(tmp_path: Path) -> None:
    with pytest.raises(SurveyError):
        write_review(simulate_study(seed=1).survey, tmp_path / "comments.xlsx")
    with pytest.raises(OptionError):
        write_review(commented(simulate_study(seed=1).survey), tmp_path / "comments.xlsx", delete_by="31-12-2030")


@pytest.mark.parametrize(("said", "agreed"), [("Ja", True), ("yes", True), ("1", True), ("Nee", False), ("", False)])
def test_consent_is_read_in_each_spelling(survey, said: str, agreed: bool) -> None:
    own = survey.comments.assign(**{CONSENT: said})
    assert comment_rows(replace(survey, comments=own))["consent"].eq(agreed).all()


def test_a_consent_that_is_neither_yes_nor_no_is_an_error(survey) -> None:
    with pytest.raises(SurveyError):
        comment_rows(replace(survey, comments=survey.comments.assign(**{CONSENT: "only at work"})))


def test_comments_are_read_by_code_text_and_mapping(tmp_path: Path) -> None:
    frame = simulate_study(seed=1).frame()
    text = load_instrument("hpp").written[0].text["nl"]
    survey = read_survey(
        frame.assign(**{text: "Goed", "Vraag 9": " Beter ", "Toestemming": "ja"}),
        instrument="hpp",
        mapping={"items": {"com2": "Vraag 9"}},
    )
    assert survey.comments.iloc[0].to_dict() == {"com1": "Goed", "com2": "Beter", CONSENT: "ja"}
    assert survey.unknown_columns == ()
    assert "com1" not in survey.respondents and "com1" not in survey.items
    assert len(survey.where(side="client").comments) == len(survey.where(side="client"))


def test_comments_of_a_questionnaire_measure_nothing() -> None:
    content = {"name": "pulse", "language": "en", "scale": "1-5", "items": ["We talk", "We listen"]}
    plain = parse_instrument(content)
    asked = parse_instrument(
        {**content, "items": [*content["items"], {"type": "comment", "id": "why", "text": "Why?"}]}
    )
    assert asked.sha256 == plain.sha256
    assert [item.id for item in asked.items] == [item.id for item in plain.items]
    assert [one.id for one in asked.written] == ["why", CONSENT]
    with pytest.raises(InstrumentError):
        parse_instrument({**content, "items": [*content["items"], {"type": "comment", "id": "item1", "text": "Why?"}]})
    with pytest.raises(InstrumentError):
        parse_instrument(
            {
                **content,
                "items": [*content["items"], {"type": "comment", "id": "why", "text": "Why?", "factor": "talk"}],
            }
        )


def test_forms_ask_for_comments_last_and_whether_they_may_be_quoted(tmp_path: Path) -> None:
    for to in ("limesurvey", "xlsform", "docx"):
        write_questionnaire("hpp", tmp_path, to=to)
    structure = next(tmp_path.glob("*.txt")).read_text(encoding="utf-8-sig")
    questions = [line.split("\t") for line in structure.splitlines() if line.split("\t")[2] == "Q"]
    assert [(one[3], one[4]) for one in questions[-3:]] == [("T", "com1"), ("T", "com2"), ("L", CONSENT)]
    sheets = {file.name: openpyxl.load_workbook(file).worksheets[0] for file in tmp_path.glob("*.xlsx")}
    names = [{str(cell.value) for row in sheet.iter_rows() for cell in row} for sheet in sheets.values()]
    assert all({"com1", "com2", CONSENT} <= one for one in names)
