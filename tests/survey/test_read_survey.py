"""From an export to answers, or to every reason why not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError, SurveyError
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.survey import read_survey
from tests.survey.test_instrument import SMALL, changed

INSTRUMENT = parse_instrument(SMALL)
ROWS = [["r1", "client", "1", "5"], ["r2", "partner", "2", "4"], ["r3", "client", "3", "3"]]
HEADER = ["respondent", "side", "calm1", "calm2"]


def write(path: Path, rows: list[list[str]], header: list[str] = HEADER, mark: str = ",") -> Path:
    path.write_text("\n".join(mark.join(row) for row in [header, *rows]) + "\n", encoding="utf-8")
    return path


def failures(source: object, instrument: object = INSTRUMENT) -> list:
    with pytest.raises(SurveyError) as caught:
        read_survey(source, instrument=instrument)
    return list(caught.value.failures)


def test_answers_and_reasons(tmp_path: Path) -> None:
    rows = [["r1", "client", "1", "9"], ["r2", "C", "-9", ""], ["r3", "Partner", "altijd", "Weet niet"]]
    survey = read_survey(write(tmp_path / "a.csv", rows), instrument=INSTRUMENT)
    expected = [[1.0, np.nan], [np.nan, np.nan], [5.0, np.nan]]
    np.testing.assert_array_equal(survey.items.to_numpy(), expected)
    assert survey.reasons.astype(str).to_numpy().tolist() == [
        ["answered", "dont_know"],
        ["skipped", "skipped"],
        ["answered", "dont_know"],
    ]
    assert survey.respondents["side"].tolist() == ["client", "client", "partner"]
    assert list(survey["calm"].columns) == ["calm1", "calm2"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_delimiters(tmp_path: Path, mark: str) -> None:
    survey = read_survey(write(tmp_path / "a.csv", ROWS, mark=mark), instrument=INSTRUMENT)
    assert survey.items["calm2"].tolist() == [5, 4, 3]


def test_quoted_newlines_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffrespondent,"Statement\n 1",CALM2,remark\nr1,2,3,"two\nlines"\n'.encode())
    survey = read_survey(path, instrument=INSTRUMENT)
    assert survey.items.iloc[0].tolist() == [2, 3]
    assert survey.unknown_columns == ("remark",)
    assert survey.respondents["remark"].tolist() == ["two\nlines"]


def test_headers_in_any_language_of_the_instrument(tmp_path: Path) -> None:
    header = ["Respondent", "Kant", "Stelling  1", "STATEMENT 2"]
    survey = read_survey(write(tmp_path / "a.csv", ROWS, header), instrument=INSTRUMENT)
    assert survey.items["calm1"].tolist() == [1, 2, 3]


def test_reverse_items_turn_round_the_declared_ends(tmp_path: Path) -> None:
    instrument = parse_instrument(changed("items.0.reverse", True))
    survey = read_survey(write(tmp_path / "a.csv", ROWS), instrument=instrument)
    assert survey.items["calm1"].tolist() == [5, 4, 3]  # 6 - x, although nobody answered 4 or 5
    assert survey.items["calm2"].tolist() == [5, 4, 3]


def test_a_frame_and_its_file_say_the_same(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ROWS)
    frame = pd.DataFrame(ROWS, columns=HEADER).astype({"calm1": float, "calm2": "int64"})
    one, two = read_survey(path, instrument=INSTRUMENT), read_survey(frame, instrument=INSTRUMENT)
    pd.testing.assert_frame_equal(one.items, two.items)
    pd.testing.assert_frame_equal(one.reasons, two.reasons)


def test_the_hash_is_of_the_bytes_that_were_read(tmp_path: Path) -> None:
    one = read_survey(write(tmp_path / "a.csv", ROWS), instrument=INSTRUMENT)
    again = read_survey(write(tmp_path / "b.csv", ROWS), instrument=INSTRUMENT)
    other = read_survey(write(tmp_path / "c.csv", ROWS[::-1]), instrument=INSTRUMENT)
    assert one.sha256 == again.sha256 != other.sha256
    assert one.sources == ("a.csv",)


def test_several_files_are_read_together(tmp_path: Path) -> None:
    paths = [write(tmp_path / "a.csv", ROWS), write(tmp_path / "b.csv", [["r9", "client", "5", "5"]])]
    survey = read_survey(paths, instrument=INSTRUMENT)
    assert len(survey) == 4
    assert survey.sources == ("a.csv", "b.csv")


def test_every_bad_cell_is_named(tmp_path: Path) -> None:
    rows = [["r1", "client", "0", "5"], ["r2", "left", "abc", "2.5"], ["r3", "client", "3", "inf"]]
    told = failures(write(tmp_path / "a.csv", rows))
    places = {(failure.file, failure.row, failure.column, failure.value) for failure in told}
    assert places == {
        ("a.csv", 2, "calm1", "0"),
        ("a.csv", 3, "calm1", "abc"),
        ("a.csv", 3, "calm2", "2.5"),
        ("a.csv", 4, "calm2", "inf"),
        ("a.csv", 3, "side", "left"),
    }
    assert all(failure.rule and failure.remedy for failure in told)


def test_problems_of_columns_cells_and_files_come_together(tmp_path: Path) -> None:
    one = write(tmp_path / "a.csv", [["r1", "client", "0"]], ["respondent", "side", "calm1"])
    told = failures([one, tmp_path / "absent.csv"])
    assert {(failure.file, failure.row, failure.column) for failure in told} >= {
        ("a.csv", 1, None),
        ("a.csv", 2, "calm1"),
    }
    assert any("cannot be read" in failure.rule for failure in told)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["respondent", "side", "calm1", "Statement 1"], "One column only may hold 'calm1'"),
        (["respondent", "side", "calm1", "other"], "Every item that is not optional must have a column"),
        (["side", "Kant", "calm1", "calm2"], "One column only may hold 'side'"),
    ],
)
def test_columns_that_do_not_fit(tmp_path: Path, header: list[str], words: str) -> None:
    assert any(words in failure.rule for failure in failures(write(tmp_path / "a.csv", ROWS, header)))


def test_a_misspelled_header_is_proposed_never_taken(tmp_path: Path) -> None:
    told = failures(write(tmp_path / "a.csv", ROWS, ["respondent", "side", "calm1", "Statment 2"]))
    assert [(failure.value, failure.remedy.split("?")[0]) for failure in told] == [
        ("calm2 (Statement 2)", "Is 'Statment 2' meant")
    ]


def test_repeated_first_takes_the_first(tmp_path: Path) -> None:
    instrument = parse_instrument(changed("items.0.repeated", "first"))
    path = write(tmp_path / "a.csv", [["r1", "client", "1", "5", "4"]], [*HEADER, "calm1"])
    assert read_survey(path, instrument=instrument).items["calm1"].tolist() == [1]


def test_optional_items_may_be_absent(tmp_path: Path) -> None:
    instrument = parse_instrument(changed("items.1.optional", True))
    path = write(tmp_path / "a.csv", [["r1", "client", "1"]], HEADER[:3])
    survey = read_survey(path, instrument=instrument)
    assert list(survey["calm"].columns) == ["calm1"]


def test_a_header_that_may_be_two_things(tmp_path: Path) -> None:
    content = changed("items.0.headers", ["Question"])
    content["items"][1]["headers"] = ["question"]
    path = write(tmp_path / "a.csv", ROWS, ["respondent", "side", "QUESTION", "calm2"])
    assert any("may be calm1 or calm2" in failure.rule for failure in failures(path, parse_instrument(content)))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "header and answers"),
        (b"\n \n", "header and answers"),
        (b"respondent,side,calm1,calm2\n", "header and answers"),
        (b"respondent,side,calm1,calm2\nr\xc3\xa9\xc3\xab,client,1,2\nr\xff,client,1,2\n", "UTF-8"),
        (b"PK\x03\x04\x00\x00", "cut off"),
        (b"respondent,calm1,calm2\nr1,1,2\nr2,1,2,3,4\n", "as many cells"),
    ],
)
def test_files_that_are_no_export(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    told = failures(path)
    assert any(words in failure.rule for failure in told), told
    assert all(failure.file == "a.csv" for failure in told)


def test_an_empty_frame_is_refused() -> None:
    assert failures(pd.DataFrame(columns=HEADER))


def test_two_ratings_of_one_partnership_by_one_person() -> None:
    frame = pd.DataFrame(ROWS, columns=HEADER).assign(client="X", partner="Y", respondent="r1", side="client")
    content = changed(
        "columns",
        [
            *SMALL["columns"],
            *({"id": name, "text": {"en": name, "nl": name}} for name in ("client", "partner", "wave")),
        ],
    )
    instrument = parse_instrument(content)
    assert {failure.row for failure in failures(frame, instrument)} == {3, 4}
    survey = read_survey(frame.assign(wave=["1", "2", "3"]), instrument=instrument)
    assert survey.n_persons == 1
    assert survey.respondents["partnership"].unique().tolist() == ["X – Y"]
    assert survey.respondents["organisation"].unique().tolist() == ["X"]


def test_required_columns_are_filled(tmp_path: Path) -> None:
    instrument = parse_instrument(changed("columns.0.required", True))
    told = failures(write(tmp_path / "a.csv", [["", "client", "1", "2"]]), instrument)
    assert [(failure.row, failure.column) for failure in told] == [(2, "respondent")]


def test_unknown_formats_are_refused() -> None:
    with pytest.raises(OptionError, match="'auto'"):
        read_survey("a.csv", instrument=INSTRUMENT, format="abacus")  # type: ignore[arg-type]


@pytest.fixture
def survey():
    return read_survey(pd.DataFrame(ROWS, columns=HEADER).assign(wave=["1", "10", "9"]), instrument=INSTRUMENT)


def test_where_compares_and_never_parses(survey) -> None:
    assert survey.where(side="client").persons.tolist() == ["r1", "r3"]
    assert survey.where(side="client").where(respondent="r3").selection == {"side": "client", "respondent": "r3"}
    for value in ("q' or side != 'client'", "@pd.read_csv('x')", ""):
        with pytest.raises(SurveyError, match="A value must stand in its column"):
            survey.where(side=value)
    with pytest.raises(SurveyError, match="together"):
        survey.where(side="partner", respondent="r1")
    with pytest.raises(SurveyError, match="must be one of those about respondents"):
        survey.where(colour="red")


def test_the_last_wave_is_the_highest_number(survey) -> None:
    assert survey.wave().selection == {"wave": "10"}
    assert survey.wave("9").persons.tolist() == ["r3"]
    whole = survey.where(side="client")
    assert len(whole.wave("1")) == 1


def test_exclusions_are_logged(survey) -> None:
    kept = survey.keep(survey.items["calm1"] > 1, "straight-liners")
    assert len(kept) == 2
    assert kept.exclusions[0].why == "straight-liners"
    assert (kept.exclusions[0].n_ratings, kept.exclusions[0].n_persons) == (1, 1)
    for mask, why in (([True], "short"), ([True] * 3, " ")):
        with pytest.raises(SurveyError, match="keep"):
            survey.keep(mask, why)


@pytest.mark.parametrize(
    ("ask", "near"),
    [
        (lambda survey: survey.where(sid="client"), "'side'"),
        (lambda survey: survey.where(side="cliënt"), "'client'"),
        (lambda survey: survey.values("Partnerschip"), "'partnership'"),
        (lambda survey: survey.only("ope11"), "'ope1'"),
        (lambda survey: survey.only("opennes"), "'openness'"),
        (lambda survey: survey.where(wavee="1"), "'wave'"),
    ],
)
def test_a_survey_names_the_nearest(ask, near: str) -> None:
    survey = hpp.simulate_study(clients=1, partners=1, persons_per_side=3, waves=2, seed=0).survey
    with pytest.raises(SurveyError) as caught:
        ask(survey)
    assert near in caught.value.failures[0].remedy


def test_a_wave_that_is_not_there_is_no_history() -> None:
    survey = hpp.simulate_study(clients=1, partners=1, persons_per_side=3, waves=2, seed=0).survey
    assert len(survey.history("1")) < len(survey.history("2")) == len(survey)
    for ask in (survey.wave, survey.history):
        with pytest.raises(SurveyError, match="'1'"):
            ask("9")
    once = replace(survey, respondents=survey.respondents.drop(columns="wave"))
    assert len(once.wave()) == len(once.history()) == len(once)
    for ask in (once.wave, once.history):
        with pytest.raises(SurveyError):
            ask("1")


def test_unknown_factors_list_those_that_are_there(survey) -> None:
    with pytest.raises(OptionError, match="calm"):
        survey["anger"]


def test_long_numbers_of_respondents_stay_apart() -> None:
    """A frame that pandas made of an export holds ids as floats; six digits would merge persons."""
    frame = pd.DataFrame(ROWS, columns=HEADER).assign(respondent=[11623456789.0, 11623456790.0, 3.0])
    survey = read_survey(frame, instrument=INSTRUMENT)
    assert survey.persons.tolist() == ["11623456789", "11623456790", "3"]
    mixed = pd.DataFrame(ROWS, columns=HEADER).assign(respondent=[1, 1.0, "1"], calm1=[2.0, "9.0", "07"])
    with pytest.raises(SurveyError):
        read_survey(mixed, instrument=INSTRUMENT)
    codes = read_survey(mixed.assign(calm1=[2.0, "9.0", "03"]), instrument=INSTRUMENT)
    assert (codes.n_persons, codes.reasons["calm1"].tolist()) == (1, ["answered", "dont_know", "answered"])


@pytest.mark.parametrize("cell", ["1_0", "1e0", "٣", "nan", "inf", "3,0", "true"])
def test_what_merely_looks_like_a_number_is_refused(cell: str) -> None:
    frame = pd.DataFrame(ROWS, columns=HEADER).assign(calm1=["1", cell, "3"])
    assert [failure.value for failure in failures(frame)] == [cell]


def test_one_number_of_two_organisations_is_two_persons() -> None:
    columns = [*SMALL["columns"], {"id": "organisation", "text": {"en": "Firm", "nl": "Firma"}}]
    frame = pd.DataFrame(ROWS, columns=HEADER).assign(respondent=["1", "1", "2"], organisation=["A", "B", "A"])
    told = failures(frame, parse_instrument(changed("columns", columns)))
    assert [(failure.row, failure.column, failure.value) for failure in told] == [(3, "respondent", "1")]


@pytest.mark.parametrize("mask", [[0, 1, 1], ["a", "", "b"], [True, False], [False] * 3, [1.0, np.nan, 0.0]])
def test_keep_takes_truths_only(survey, mask) -> None:
    with pytest.raises(SurveyError, match="keep"):
        survey.keep(mask, "a test")


@pytest.mark.parametrize("source", [5, None, b"a,b", "a\0b.csv"])
def test_what_is_no_source_is_said(source) -> None:
    with pytest.raises((OptionError, SurveyError)):
        read_survey(source, instrument=INSTRUMENT)


def test_line_ends_of_old_systems(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"respondent,side,calm1,calm2\rr1,client,1,2\rr2,client,3,4\r")
    assert read_survey(path, instrument=INSTRUMENT).items["calm2"].tolist() == [2, 4]
