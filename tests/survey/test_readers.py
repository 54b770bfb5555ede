"""Files of every kind as raw tables: what is seen in them, what is told, and what is refused."""

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from openpyxl import Workbook

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.readers import delimited, read_raw
from hpp_analysis.survey.survey import read_survey
from tests.survey.test_instrument import SMALL

PUBLIC = Path(__file__).parents[3] / "shared" / "data"
FRAME = pd.DataFrame({"side": ["client", "partner"], "calm1": [1.0, 2.0], "calm2": [5.0, 4.0]})
INSTRUMENT = parse_instrument(SMALL)


def file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def refusal(path: Path, **options: str) -> str:
    with pytest.raises(SurveyError) as caught:
        read_raw(path, **options)
    assert caught.value.failures[0].file == path.name
    return str(caught.value)


def sheets(path: Path, **content: list[list[object]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in content.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("kind", ["csv", "xlsx", "sav", "zsav", "dta", "parquet"])
def test_every_kind_says_the_same_whatever_its_name(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    match kind:
        case "csv":
            FRAME.to_csv(path, index=False)
        case "xlsx":
            sheets(path, one=[list(FRAME), *FRAME.to_numpy().tolist()])
        case "dta":
            pyreadstat.write_dta(FRAME, str(path))
        case "parquet":
            FRAME.to_parquet(path)
        case _:
            pyreadstat.write_sav(FRAME, str(path), compress=kind == "zsav")
    survey = read_survey(path.rename(tmp_path / "a.txt"), instrument=INSTRUMENT)
    assert survey.items.to_numpy().tolist() == [[1, 5], [2, 4]]
    assert survey.respondents["side"].tolist() == ["client", "partner"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("cp1252", "Windows-1252")]
)
def test_delimiters_and_encodings_are_found_and_told(tmp_path: Path, mark: str, encoding: str, name: str) -> None:
    text = f"who{mark}a{mark}b\nZoë{mark}1{mark}2\n"
    raw = read_raw(file(tmp_path / "a.csv", text.encode(encoding)))
    assert raw.header == ["who", "a", "b"]
    assert raw.cells.iloc[0].tolist() == ["Zoë", "1", "2"]
    assert name in raw.notes[0].what


def test_commas_in_headers_and_numbers_do_not_cut(tmp_path: Path) -> None:
    raw = read_raw(file(tmp_path / "a.csv", b"one, or two, or three, or four;b\n7,5;8,0\n6,5;1\n"))
    assert raw.header == ["one, or two, or three, or four", "b"]
    assert raw.cells.to_numpy().tolist() == [["7,5", "8,0"], ["6,5", "1"]]


@pytest.mark.parametrize("row", ["2", "2,3,4,5"])
def test_a_row_cut_short_or_too_long_is_named(tmp_path: Path, row: str) -> None:
    path = file(tmp_path / "a.csv", f'a,b,c\n"two\nlines",2,3\n{row}\n'.encode())
    assert "row 3" in refusal(path)  # a record with a line break in a cell is one row


def test_an_open_quote_does_not_swallow_the_rest(tmp_path: Path) -> None:
    assert "Quotes" in refusal(file(tmp_path / "a.csv", b'a,b\n1,"2\n3,4\n5,6\n'))


def test_large_files_read_as_small_ones_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = 'a,b\n007,"x\ny"\n,2.0\n07,x\n007,y\n07,z\n'
    path = file(tmp_path / "a.csv", text.encode())
    small = read_raw(path)
    monkeypatch.setattr(delimited, "_LARGE", 0)
    large = read_raw(path)
    assert isinstance(large.cells[0].dtype, pd.CategoricalDtype)  # the other way was taken
    assert isinstance(large.cells[1].dtype, pd.StringDtype)  # where most cells differ, a list of spellings is no gain
    assert small.cells.astype(object).where(small.cells.notna(), None).to_numpy().tolist() == (
        large.cells.astype(object).where(large.cells.notna(), None).to_numpy().tolist()
    )
    assert (small.rows == large.rows).all() and small.sha256 == large.sha256


def test_one_column_a_scale_point_becomes_one_a_question(tmp_path: Path) -> None:
    text = "Who,Happy?,,Why?\n, - 1, - 2,Open-Ended Response\nx,,2,so\ny,1,,\nz,,,\n"
    raw = read_raw(file(tmp_path / "a.csv", text.encode()))
    assert raw.header == ["Who", "Happy?", "Why?"]
    assert raw.cells[1].fillna("").tolist() == ["2", "1", ""]
    assert raw.rows.tolist() == [3, 4, 5]
    assert any("scale point" in note.what and note.n == 2 for note in raw.notes)


def test_two_ticks_of_one_person_are_told(tmp_path: Path) -> None:
    path = file(tmp_path / "a.csv", b"Who,Happy? - 1,Happy? - 2\nx,,2\ny,1,2\n")
    with pytest.raises(SurveyError) as caught:
        read_raw(path)
    assert [(told.row, told.column, told.value) for told in caught.value.failures] == [(3, "Happy?", "1, 2")]


def test_numbered_headers_that_hold_other_answers_stay(tmp_path: Path) -> None:
    raw = read_raw(file(tmp_path / "a.csv", b"Who,Happy? - 1,Happy? - 2\nx,7,\ny,,2\n"))
    assert raw.header == ["Who", "Happy? - 1", "Happy? - 2"]


def test_qualtrics_headers_and_previews(tmp_path: Path) -> None:
    ids = '"{""ImportId"":""status""}","{""ImportId"":""Q1""}"'
    text = f"Status,Q1\nResponse Type,How calm?\n{ids}\nSurvey Preview,3\nIP Address,4\n"
    raw = read_raw(file(tmp_path / "a.csv", text.encode()))
    assert raw.header == ["Status", "Q1"] and raw.headers[1] == ("How calm?",)
    assert raw.cells.to_numpy().tolist() == [["IP Address", "4"]]
    assert [note.row for note in raw.notes if "preview" in note.what] == [4]


def test_declared_missing_codes_and_labels_of_spss(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    frame = pd.DataFrame({"side": [1.0, 2.0, 1.0], "calm1": [1.0, 99.0, 97.0], "calm2": [5.0, 4.0, 3.0]})
    pyreadstat.write_sav(
        frame,
        str(path),
        variable_value_labels={"side": {1: "client", 2: "partner"}, "calm1": {99: "refused"}},
        missing_ranges={"calm1": [{"lo": 97, "hi": 99}]},
        column_labels=["Which side", "How calm", "How quiet"],
    )
    raw = read_raw(path)
    assert raw.missing == {1: {"99", "97"}} and raw.headers[1] == ("How calm",)
    survey = read_survey(path, instrument=INSTRUMENT)
    assert survey.reasons["calm1"].tolist() == ["answered", "skipped", "skipped"]
    assert survey.respondents["side"].tolist() == ["client", "partner", "client"]
    path_without = tmp_path / "b.sav"  # the same codes, not declared, are no answers
    pyreadstat.write_sav(frame, str(path_without))
    with pytest.raises(SurveyError):
        read_survey(path_without, instrument=INSTRUMENT)


def test_sheets_are_chosen_by_name(tmp_path: Path) -> None:
    path = sheets(tmp_path / "a.xlsx", first=[["a"], [1]], second=[["b"], [2.5]], blank=[])
    assert "'first', 'second'" in refusal(path)
    assert "value 'third'" in refusal(path, sheet="third")
    raw = read_raw(path, sheet="second")
    assert raw.header == ["b"] and raw.cells[0].tolist() == ["2.5"]


def test_a_summary_holds_no_respondents(tmp_path: Path) -> None:
    path = sheets(tmp_path / "a.xlsx", **{f"Question {n}": [["Title"], [None, "Africa"], ["Q1", 1]] for n in (1, 2)})
    assert "summary" in refusal(path)
    assert "summary" in refusal(file(tmp_path / "a.csv", b"Q1,,\nAnswer Choices,Responses,\nYes,50%,10\nNo,50%,10\n"))


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/workbook.xml", "x")
        bomb.writestr("xl/worksheets/sheet1.xml", bytes(30_000_000))
    assert "unpack" in refusal(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7 x", "PDF"),
        (b"<!DOCTYPE html><table>", "web page"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), ".xls"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (b"\x1f\x8b\x08abc", "gzip"),
        (b"abc\x00\x01def", "binary"),
        (b"$FL2" + bytes(300), ".sav file must be whole"),
        (b"PAR1" + bytes(300), "Parquet file must be whole"),
        (b"<stata_dta><header>", ".dta file must be whole"),
    ],
)
def test_what_a_file_seems_to_be_is_told(tmp_path: Path, data: bytes, words: str) -> None:
    assert words in refusal(file(tmp_path / "a.xls", data))


@pytest.mark.parametrize(("member", "words"), [("content.xml", "OpenDocument"), ("a.csv", "zip archive")])
def test_archives_are_told_apart(tmp_path: Path, member: str, words: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.csv", "w") as archive:
        archive.writestr(member, "x")
    assert words in refusal(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("2019_h1", 64),
        ("2019_h2", 70),
        ("2020_h1", 79),
        ("2021_h1", 93),
        ("2022_h1", 99),
        ("2022_h2", 117),
        ("2023_h1", 145),
    ],
)
def test_real_waves_read_as_they_are(name: str, n: int) -> None:
    path = PUBLIC / "cncf_surveys" / f"maintainer_{name}.csv"
    if not path.exists():
        pytest.skip("the public survey data are not beside the project")
    raw = read_raw(path)
    assert len(raw.cells) == n  # lines of the file less its two header rows, counted apart
    rated = next(at for at, text in enumerate(raw.header) if text.startswith("Would you recommend CNCF"))
    answers = raw.cells[rated].dropna().astype(str)  # "5", "10", "N/A" or, in 2020, words
    assert len(answers) > n / 2
    if name != "2020_h1":
        assert np.isfinite(pd.to_numeric(answers, errors="coerce")).mean() > 0.5
