"""Layouts of survey platforms that are more than a table with one header row, read without a mapping or with one line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.survey import read_survey

ITEMS = {"talk": "We talk", "plan": "We plan - together"}
LABELS = ("Never", "Rarely", "Sometimes", "Often", "Always")
ANSWERS = pd.DataFrame({"talk": [1, 5, np.nan, 3] * 3, "plan": [2, 2, 4, np.nan] * 3})


@pytest.fixture
def instrument() -> Instrument:
    return parse_instrument(
        {
            "name": "work",
            "title": {"en": "Work"},
            "unit": "person",
            "scale": {
                "min": 1,
                "max": 5,
                "labels": {point: {"en": label} for point, label in enumerate(LABELS, start=1)},
                "dont_know": {"text": {"en": "Don't know"}},
            },
            "columns": [
                {"id": "respondent", "text": {"en": "Respondent"}, "headers": ["Respondent ID", "record_id"]},
                {"id": "wave", "text": {"en": "Wave"}, "headers": ["redcap_event_name"]},
                {"id": "partner", "text": {"en": "Partner"}},
            ],
            "factors": [{"id": "together", "name": {"en": "Together"}}],
            "items": [{"id": id_, "factor": "together", "text": {"en": text}} for id_, text in ITEMS.items()],
        }
    )


def same(
    path: Path | pd.DataFrame, instrument: Instrument, expected: pd.DataFrame = ANSWERS, **options: object
) -> None:
    survey = read_survey(path, instrument=instrument, **options)  # type: ignore[arg-type]
    pd.testing.assert_frame_equal(survey.items, expected.astype(float), check_names=False)


def written(rows: list[list[str]], path: Path) -> Path:
    pd.DataFrame(rows).to_csv(path, header=False, index=False)
    return path


def expanded(cell: str) -> list[list[str]]:
    """SurveyMonkey with a column for each answer of a matrix: its words, or its number."""
    codes, first, second = ["", ""], ["Respondent ID", "Collector ID"], ["", ""]
    for text in ITEMS.values():
        for number, label in enumerate(LABELS, start=1):
            start = text == ITEMS["talk"] and number == 1
            codes.append("q1" if start else "")
            first.append("How often? (one a row)" if start else "")
            second.append(f"{text} - {label}")
    rows = [codes, first, second]
    for number, answers in enumerate(ANSWERS.to_numpy()):
        row = [f"r{number}", "1"]
        for answer in answers:
            row += [
                (label if cell == "words" else str(point)) if point == answer else ""
                for point, label in enumerate(LABELS, start=1)
            ]
        rows.append(row)
    return rows


@pytest.mark.parametrize("cell", ["words", "numbers"])
@pytest.mark.parametrize("coded", [True, False])
def test_surveymonkey_with_a_column_for_each_answer(
    tmp_path: Path, instrument: Instrument, cell: str, coded: bool
) -> None:
    rows = expanded(cell)
    same(written(rows if coded else rows[1:], tmp_path / "export.csv"), instrument)


def test_surveymonkey_where_several_answers_are_allowed_stays_as_it_is(tmp_path: Path) -> None:
    rows = expanded("words")[1:]
    rows[3][2:4] = ["Never", "Rarely"]  # one person ticked two
    raw = read_raw(written(rows, tmp_path / "export.csv"))
    assert len(raw.header) == 2 + 5 + 5  # nor is the other row of the matrix joined


def test_a_real_file_with_three_header_rows(shared_data: Path) -> None:
    """Numbers with their words in one file are the words of the other, in each cell; the cells themselves as pandas has them."""
    folder = shared_data / "osposurvey"
    numeric, text = (read_raw(folder / f"2024_N222_raw_{kind}.csv") for kind in ("numeric", "text"))
    cells = (
        pd.read_csv(folder / "2024_N222_raw_text.csv", header=None, dtype=str, low_memory=False)
        .iloc[3:]
        .dropna(how="all")
    )
    stem = "How often does your organization do the following activities? (select one response per row) - "
    items = [place for place, header in enumerate(numeric.header) if header.startswith(stem)]
    assert len(items) == 7
    for number, place in enumerate(items):
        words = numeric.cells[place].map(numeric.labels[place])
        other = text.cells[text.header.index(numeric.header[place])]
        assert words.fillna("").tolist() == other.fillna("").tolist()
        in_file = cells.loc[:, 56 + 6 * number : 61 + 6 * number].bfill(axis=1).iloc[:, 0]
        assert other.fillna("").tolist() == in_file.fillna("").tolist()


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("texts", [True, False])
def test_qualtrics_with_previews(tmp_path: Path, instrument: Instrument, quote: str, texts: bool) -> None:
    header = ["StartDate", "Status", "Finished", "ResponseId", "talk", "plan"]
    second = [
        "Start Date",
        "Response Type",
        "Finished",
        "Response ID",
        *(f"How often? - {text}" for text in ITEMS.values()),
    ]
    ids = [json.dumps({"ImportId": name}).replace('"', quote) for name in header]
    rows = [header, *([second] if texts else []), ids, ["2024", "Survey Preview", "True", "R_0", "5", "5"]]
    for number, answers in enumerate(ANSWERS.to_numpy()):
        row = ["2024", "IP Address", "False" if number == 2 else "True", f"R_{number + 1}"]
        rows.append([*row, *("" if np.isnan(answer) else f"{answer:g}" for answer in answers)])
    same(written(rows, tmp_path / "export.csv"), instrument)


@pytest.mark.parametrize("between", ["/", "-"])
@pytest.mark.parametrize("words", [True, False])
def test_odk_and_kobo_write_groups_before_names(
    tmp_path: Path, instrument: Instrument, between: str, words: bool
) -> None:
    said = ANSWERS.replace(dict(enumerate(LABELS, start=1))) if words else ANSWERS.astype("Int64")
    export = said.rename(
        columns={id_: f"page 1{between}{id_}" if between == "/" else f"page1-{id_}" for id_ in ANSWERS}
    )
    export.assign(_uuid=range(12)).to_csv(tmp_path / "export.csv", index=False)
    same(tmp_path / "export.csv", instrument)


def test_limesurvey_with_columns_in_several_sheets(tmp_path: Path, instrument: Instrument) -> None:
    book = Workbook()
    book.active.title = "Results 1"
    sheets = [(book.active, "talk", range(12)), (book.create_sheet("Results 2"), "plan", reversed(range(12)))]
    for sheet, item, order in sheets:
        sheet.append(["Response ID", f"Q1[{item}]"])
        for row in order:
            answer = ANSWERS[item][row]
            sheet.append([row + 1, None if np.isnan(answer) else int(answer)])
    book.save(tmp_path / "export.xlsx")
    same(tmp_path / "export.xlsx", instrument)


def test_sheets_with_the_same_columns_are_not_joined(tmp_path: Path, instrument: Instrument) -> None:
    book = Workbook()
    for sheet in (book.active, book.create_sheet("2024")):
        for row in (["id", "talk", "plan"], [1, 2, 3], [2, 3, 4]):
            sheet.append(row)
    book.save(tmp_path / "waves.xlsx")
    with pytest.raises(SurveyError):
        read_survey(tmp_path / "waves.xlsx", instrument=instrument)


REDCAP = """record_id,redcap_repeat_instrument,redcap_repeat_instance,partner,talk,plan
1,,,Alfa,,
1,rating,1,,1,2
1,rating,2,,2,3
2,,,Beta,,
3,,,Gamma,,
3,rating,1,,5,
"""


def test_redcap_with_a_repeated_instrument(tmp_path: Path, instrument: Instrument) -> None:
    (tmp_path / "redcap.csv").write_text(REDCAP, encoding="utf-8")
    mapping = {"columns": {"wave": "redcap_repeat_instance"}}
    survey = read_survey(tmp_path / "redcap.csv", instrument=instrument, mapping=mapping)
    assert survey.respondents["partner"].tolist() == ["Alfa", "Alfa", "Beta", "Gamma"]
    assert survey.items["talk"].fillna(-1).tolist() == [1, 2, -1, 5]
    several = REDCAP.replace("1,rating,2", "1,visit,1")
    (tmp_path / "several.csv").write_text(several, encoding="utf-8")
    assert len(read_raw(tmp_path / "several.csv").cells) == 6


def test_a_real_redcap_export_with_repeats_against_pandas(shared_data: Path) -> None:
    path = shared_data / "redcap" / "multilevel-model-1_data.csv"
    raw = read_raw(path)
    frame = pd.read_csv(path, dtype=str)
    repeat = frame["redcap_repeat_instrument"].notna()
    once = ["county_id", "gender_id", "race", "ethnicity", "patient_complete"]
    expected = frame[repeat].drop(columns=once).merge(frame.loc[~repeat, ["patient_id", *once]], on="patient_id")
    assert len(raw.cells) == len(expected) == repeat.sum()
    for place, column in enumerate(raw.header):
        assert raw.cells[place].fillna("").tolist() == expected[column].fillna("").tolist(), column


def test_events_of_redcap_are_waves(instrument: Instrument) -> None:
    rows = {"record_id": ["1", "1"], "redcap_event_name": ["start_arm_1", "end_arm_1"], "talk": [1, 2], "plan": [3, 4]}
    survey = read_survey(pd.DataFrame(rows), instrument=instrument)
    assert survey.respondents["wave"].tolist() == ["start_arm_1", "end_arm_1"]
    assert survey.n_persons == 1


@pytest.mark.parametrize("said", [["study", "number"], {"columns": ["study", "#2"]}])
def test_an_id_made_of_two_columns(instrument: Instrument, said: object) -> None:
    frame = pd.DataFrame({"study": ["A", "A", "B", None], "number": [1, 2, 1, 1], "talk": [1, 2, 3, 4], "plan": 2})
    survey = read_survey(frame, instrument=instrument, mapping={"columns": {"respondent": said}})
    assert survey.respondents["respondent"].tolist() == ["A / 1", "A / 2", "B / 1", ""]


@pytest.mark.parametrize("said", [{"columns": ["study", "none"]}, {"columns": ["study"], "value": "x"}])
def test_an_id_of_columns_that_are_not_there(instrument: Instrument, said: object) -> None:
    frame = pd.DataFrame({"study": ["A", "B"], "talk": [1, 2], "plan": 2})
    with pytest.raises(SurveyError):
        read_survey(frame, instrument=instrument, mapping={"columns": {"respondent": said}})


def test_a_long_table_of_person_rater_and_item(instrument: Instrument) -> None:
    rows = [(person, rater, item) for person in "ab" for rater in "xyz" for item in ITEMS]
    frame = pd.DataFrame(rows, columns=["person", "rater", "question"])
    frame["answer"] = [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2]
    long = {"question": "question", "answer": "answer", "respondent": ["rater", "person"]}
    columns = {"respondent": ["rater", "person"], "partner": "person"}
    survey = read_survey(frame, instrument=instrument, mapping={"long": long, "columns": columns})
    expected = frame.pivot_table(index=["person", "rater"], columns="question", values="answer")
    assert survey.items[["plan", "talk"]].to_numpy().tolist() == expected.to_numpy().tolist()
    assert survey.respondents["partner"].tolist() == ["a"] * 3 + ["b"] * 3
    # by the rater alone, a person would answer each question twice
    with pytest.raises(SurveyError):
        read_survey(frame, instrument=instrument, mapping={"long": {**long, "respondent": "rater"}})
