"""Faults that files have, one kind a test: read right, or refused in one line, and always told."""

import copy
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml
from typer.testing import CliRunner

from hpp_analysis.cli import app
from hpp_analysis.errors import Failure, SurveyError, problems_of
from hpp_analysis.study.study import load_study
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.likert import points_of, value_of
from hpp_analysis.survey.mapping import load_mapping
from hpp_analysis.survey.matching import parts_of
from hpp_analysis.survey.propose import propose_mapping
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.survey import Survey, read_survey
from hpp_analysis.survey.understand import reader_of
from tests.survey.test_readers import sheets

AGREE = ("Strongly disagree", "Disagree", "Neutral", "Agree", "Strongly agree")
EENS = ("Helemaal mee oneens", "Mee oneens", "Neutraal", "Mee eens", "Helemaal mee eens")
NAN = float("nan")


def content(items: dict[str, str] | None = None, labels: dict[int, str] | None = None, **scale: Any) -> dict[str, Any]:
    """A questionnaire in English: item ids with their texts, labels of points."""
    texts = items or {"q1": "We trust each other", "q2": "We talk"}
    points = labels if labels is not None else dict(enumerate(AGREE, 1))
    return {
        "name": "kinds",
        "version": "1",
        "title": {"en": "Kinds"},
        "description": {"en": "Kinds"},
        "source": {"en": "Made for a test"},
        "unit": "person",
        "scale": {"min": 1, "max": 5, "labels": {point: {"en": text} for point, text in points.items()}, **scale},
        "factors": [{"id": "trust", "name": {"en": "Trust"}, "description": {"en": "Trust"}}],
        "items": [
            {"id": id_, "factor": "trust", "text": {"en": text}, "label": {"en": id_}} for id_, text in texts.items()
        ],
    }


def asked(*args: Any, **scale: Any) -> Instrument:
    return parse_instrument(content(*args, **scale))


def text(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refused(*args: Any, **options: Any) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        read_survey(*args, **options)
    return problems_of(caught.value.failures)


def first_item(survey: Survey) -> list[float]:
    return survey.items.iloc[:, 0].tolist()


def told(survey: Survey) -> str:
    return " | ".join(survey.audit["became"] + " " + survey.audit["reason"])


# (a) value labels


def labelled(path: Path, values: list[int], labels: dict[int, str]) -> Path:
    frame = pd.DataFrame({"q1": values, "q2": values})
    both = dict.fromkeys(frame, labels)
    if path.suffix == ".sav":
        pyreadstat.write_sav(frame.astype(float), str(path), variable_value_labels=both)
    else:
        pyreadstat.write_dta(frame, str(path), variable_value_labels=both)
    return path


@pytest.mark.parametrize("ending", [".sav", ".dta"])
@pytest.mark.parametrize("words", [AGREE, EENS])
@pytest.mark.parametrize(
    ("values", "first", "step", "right"),
    [
        ([0, 1, 2, 3, 4], 0, 1, [1, 2, 3, 4, 5]),
        ([1, 2, 3, 4], 0, 1, [2, 3, 4, 5]),  # all on the scale, and all wrong by number
        ([2, 3, 4, 5, 6], 2, 1, [1, 2, 3, 4, 5]),
        ([1, 2, 3, 4, 5], 5, -1, [5, 4, 3, 2, 1]),
        ([10, 20, 50], 10, 10, [1, 2, 5]),
        ([1, 2, 3, 4, 5], 1, 1, [1, 2, 3, 4, 5]),
    ],
)
def test_labels_speak_for_all_values_whatever_the_numbers(
    tmp_path: Path, ending: str, words: tuple[str, ...], values: list[int], first: int, step: int, right: list[int]
) -> None:
    labels = {first + step * place: word for place, word in enumerate(words)}
    path = labelled(tmp_path / f"a{ending}", values, labels)
    assert first_item(read_survey(path, instrument=asked(None, dict(enumerate(words, 1))))) == right


@pytest.mark.parametrize("ending", [".sav", ".dta"])
def test_labels_that_are_numbers_are_told(tmp_path: Path, ending: str) -> None:
    shifted = labelled(tmp_path / f"shifted{ending}", [0, 1, 4], {code: str(code + 1) for code in range(5)})
    survey = read_survey(shifted, instrument=asked(None, dict(enumerate(AGREE, 1))))
    assert first_item(survey) == [1, 2, 5]
    rows = survey.audit[survey.audit["reason"].eq("label") & survey.audit["column"].eq("q1")]
    assert rows["value"].tolist() == ["0", "1", "4"] and rows["became"].tolist() == ["1", "2", "5"]
    alike = labelled(tmp_path / f"alike{ending}", [1, 2, 5], {code: str(code) for code in range(1, 6)})
    assert not read_survey(alike, instrument=asked(None, dict(enumerate(AGREE, 1)))).audit["reason"].eq("label").any()


@pytest.mark.parametrize("ending", [".sav", ".dta"])
@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0, 1, 2], {0: AGREE[0], 4: AGREE[4]}),  # only the ends
        ([0, 1, 2], {0: AGREE[0]}),
        ([1, 2, 5], {0: AGREE[0], 1: AGREE[1], 2: AGREE[2], 3: AGREE[3], 4: AGREE[4]}),  # a value without a label
        ([1, 2, 3], {1: AGREE[4], 5: AGREE[0]}),
        ([1, 2, 3], dict(enumerate(EENS))),  # words of another language, from 0
        ([1, 2, 3], dict(enumerate(reversed(EENS), 1))),  # the other way round
        ([1, 2, 3], {1: AGREE[0], 7: AGREE[4]}),
        ([1, 2, 3], {1: "Slecht", 2: "Matig", 3: "Goed", 4: "Zeer goed"}),  # every point of a shorter scale
    ],
)
def test_labels_that_contradict_and_do_not_speak_for_all_are_one_error(
    tmp_path: Path, ending: str, values: list[int], labels: dict[int, str]
) -> None:
    problems = refused(labelled(tmp_path / f"a{ending}", values, labels), instrument=asked())
    assert len(problems) == 1 and "Value labels" in problems[0]


def test_labels_that_do_not_contradict_leave_the_numbers_alone(tmp_path: Path) -> None:
    ends = labelled(tmp_path / "a.sav", [1, 3, 5], {1: AGREE[0], 5: AGREE[4]})
    assert first_item(read_survey(ends, instrument=asked())) == [1, 3, 5]
    unknown = labelled(tmp_path / "b.sav", [1, 3, 5], dict(enumerate(EENS, 1)) | {9: "Weet niet"})
    survey = read_survey(unknown, instrument=asked())
    assert first_item(survey) == [1, 3, 5]
    assert (survey.audit["reason"] == "unknown_label").sum() == 2  # told for each column
    dont_know = {"text": {"en": "Don't know"}}
    shifted = dict(enumerate(AGREE)) | {9: "Don’t know"}
    survey = read_survey(labelled(tmp_path / "c.sav", [0, 4, 9], shifted), instrument=asked(dont_know=dont_know))
    np.testing.assert_equal(first_item(survey), [1, 5, NAN])
    assert survey.reasons["q1"].tolist()[2] == "dont_know"


def test_labels_and_codes_of_respondents_do_not_contradict_in_silence(tmp_path: Path) -> None:
    made = content()
    values = [
        {"id": id_, "text": {"en": id_.title()}, "codes": [code]} for id_, code in (("client", "1"), ("partner", "2"))
    ]
    made["columns"] = [{"id": "side", "text": {"en": "Side"}, "values": values}]
    frame = pd.DataFrame({"side": [1.0, 2.0, 3.0], "q1": [1.0, 2, 3], "q2": [1.0, 2, 3]})

    def written(labels: dict[int, str], n: int) -> Path:
        pyreadstat.write_sav(frame.head(n), str(tmp_path / "a.sav"), variable_value_labels={"side": labels})
        return tmp_path / "a.sav"

    swapped = read_survey(written({1: "Partner", 2: "Client"}, 2), instrument=parse_instrument(made))
    assert swapped.respondents["side"].tolist() == ["partner", "client"]
    assert len(refused(written({1: "Partner"}, 2), instrument=parse_instrument(made))) == 1


def test_labels_stay_with_their_columns_in_a_file_with_one_row_an_answer(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"who": [1.0, 1, 2, 2], "question": [1.0, 2, 1, 2], "answer": [0.0, 4, 3, 99], "team": [1.0, 1, 2, 2]}
    )
    pyreadstat.write_sav(
        frame,
        str(tmp_path / "a.sav"),
        variable_value_labels={
            "question": {1: "We trust each other", 2: "We talk"},
            "answer": dict(enumerate(AGREE)),
            "team": {1: "Alfa", 2: "Beta"},
        },
        column_labels=["We talk", "Question", "Answer", "Team"],  # the first is nobody's question
        missing_ranges={"answer": [99]},
    )
    made = content()
    made["columns"] = [{"id": "client", "text": {"en": "Team"}}]
    long = {"long": {"question": "question", "answer": "answer", "respondent": "who"}, "ignore": ["who"]}
    survey = read_survey(tmp_path / "a.sav", instrument=parse_instrument(made), mapping=long)
    np.testing.assert_equal(survey.items[["q1", "q2"]].to_numpy(), [[1, 5], [4, NAN]])
    assert survey.respondents["client"].tolist() == ["Alfa", "Beta"]


# (b) missing values of Stata

_FORMS = {"int8": ("<b", 101), "int16": ("<h", 32741), "int32": ("<i", 2147483621)}


def stata(path: Path, dtype: str, values: list[int | str | None]) -> Path:
    """A file with "." for None and ".a" for "a": pandas writes the first, the second is written over it."""
    whole = [value if isinstance(value, int) else None for value in values]
    frame = pd.DataFrame({"q1": pd.array(whole, dtype=dtype.replace("int", "Int").replace("float", "Float"))})
    frame.assign(q2=pd.array([3] * len(values), dtype="Int8")).to_stata(path, write_index=False)
    if dtype in _FORMS:
        form, dot = _FORMS[dtype]
        size, codes = struct.calcsize(form), {None: struct.pack(form, dot)}
        codes |= {letter: struct.pack(form, dot + ord(letter) - 96) for letter in "abz"}
        numbers = {value: struct.pack(form, value) for value in whole if value is not None}
    else:
        form, base, step = ("<I", 0x7F000000, 0x800) if dtype == "float32" else ("<Q", 0x7FE0000000000000, 1 << 40)
        size, codes = struct.calcsize(form), {None: struct.pack(form, base)}
        codes |= {letter: struct.pack(form, base + (ord(letter) - 96) * step) for letter in "abz"}
        numbers = {v: struct.pack("<f" if size == 4 else "<d", v) for v in whole if v is not None}
    data = path.read_bytes()
    before = b"".join((numbers[v] if isinstance(v, int) else codes[None]) + b"\x03" for v in values)
    after = b"".join((numbers[v] if isinstance(v, int) else codes[v]) + b"\x03" for v in values)
    assert data.count(before) == 1
    path.write_bytes(data.replace(before, after))
    return path


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize(
    "values", [[4, 5, "a", None, 3, None], ["b", None, "a", None], [None, 4, "z", None], [1, None, 2]]
)
def test_missing_values_of_stata_are_those_that_pandas_reads(
    tmp_path: Path, dtype: str, values: list[int | str | None]
) -> None:
    path = stata(tmp_path / "a.dta", dtype, values)
    survey = read_survey(
        path,
        instrument=parse_instrument(
            {**content(), "scale": {**content()["scale"], "min": 0}}
            | {"scale": {"min": 0, "max": 10, "labels": {0: {"en": "Low"}, 10: {"en": "High"}}}}
        ),
    )
    np.testing.assert_equal(first_item(survey), pd.read_stata(path)["q1"].astype(float).tolist())
    assert read_raw(path).missing.get(0, frozenset()) == {value for value in values if isinstance(value, str)}


# (c) Qualtrics

IDS = ['{""ImportId"":""%s""}', "{'ImportId': '%s'}", '{ ""ImportId"": ""%s"" }']


@pytest.mark.parametrize("import_id", [*IDS, None])
@pytest.mark.parametrize(
    ("normal", "preview"),
    [("IP Address", "Survey Preview"), ("0", "1"), ("0", "2"), ("16", "17"), ("8", "9"), ("4", "Survey Test")],
)
@pytest.mark.parametrize("finished", [("1", "0"), ("True", "False"), ("TRUE", "FALSE")])
def test_previews_of_qualtrics_are_left_out_in_words_and_numbers(
    tmp_path: Path, import_id: str | None, normal: str, preview: str, finished: tuple[str, str]
) -> None:
    yes, no = finished
    names = ["StartDate", "Status", "Finished", "ResponseId", "q1", "q2"]
    ids = [] if import_id is None else [",".join(f'"{import_id % name}"' for name in names)]
    path = text(
        tmp_path / "a.csv",
        ",".join(names),
        "Start Date,Response Type,Finished,Response ID,We trust,We speak",
        *ids,
        f"2024,{normal},{yes},R_1,4,4",
        f"2024,{preview},{yes},R_2,1,1",
        f"2024,{normal},{no},R_3,5,5",
    )
    survey = read_survey(path, instrument=asked())
    assert first_item(survey) == [4, 5]
    assert "preview or test" in told(survey) and "did not finish" in told(survey)


def test_other_columns_of_qualtrics_and_of_others(tmp_path: Path) -> None:
    channel = text(tmp_path / "a.csv", "DistributionChannel,ResponseId,q1,q2", "anonymous,R_1,4,4", "preview,R_2,1,1")
    assert first_item(read_survey(channel, instrument=asked())) == [4]
    other = text(tmp_path / "b.csv", "Status,q1,q2", "1,4,4", "2,1,1")  # married or not: no export of Qualtrics
    assert first_item(read_survey(other, instrument=asked())) == [4, 1]
    only = text(tmp_path / "c.csv", "Status,Finished,ResponseId,q1,q2", "1,1,R_1,4,4")
    survey = read_survey(only, instrument=asked())
    assert len(survey) == 1 and "previews and tests only" in told(survey)
    frame = pd.DataFrame(
        {"Status": [0.0, 1], "Finished": [1.0, 1], "Progress": [100.0, 100], "q1": [4.0, 1], "q2": [4.0, 1]}
    )
    pyreadstat.write_sav(frame, str(tmp_path / "d.sav"))
    assert first_item(read_survey(tmp_path / "d.sav", instrument=asked())) == [4]


# (d) sheets

ANSWERS: list[list[object]] = [["q1", "q2"], [1, 2], [3, 4]]


def test_a_sheet_is_named_in_mapping_study_and_command(tmp_path: Path) -> None:
    book = sheets(tmp_path / "a.xlsx", One=ANSWERS, Two=[["q1", "q2"], [5, 5]])
    assert len(refused(book, instrument=asked())) == 1
    for sheet in ("Two", "two", 2):
        assert first_item(read_survey(book, instrument=asked(), mapping={"sheet": sheet})) == [5]
    assert first_item(read_survey(book, instrument=asked(), mapping={"sheet": "One"}, sheet="Two")) == [5]
    instrument = text(tmp_path / "kinds.yaml", yaml.safe_dump(content()))
    for lines in ("responses: [{file: a.xlsx, sheet: Two}]", "responses: [a.xlsx]\nsheet: Two"):
        study = load_study(text(tmp_path / "study.yaml", "name: s", "instrument: kinds.yaml", lines))
        assert first_item(study.survey()) == [5] and study.mappings() == [{"sheet": "Two"}]
    out = tmp_path / "my map.yaml"
    run = CliRunner().invoke(
        app, ["map", str(book), "--sheet", "Two", "--instrument", str(instrument), "--out", str(out)]
    )
    assert run.exit_code == 0 and f"--instrument {instrument}" in run.output and f"'{out}'" in run.output
    assert first_item(read_survey(book, instrument=asked(), mapping=out)) == [5]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("Legend", [["a", "b"], [1, 2]]),
        ("Codeboek", [["a", "b"], [1, 2]]),
        ("Data dictionary", [["a", "b"], [1, 2]]),
        ("Blad2", [["Variable", "Question"], ["q1", "We trust"], ["q2", "We talk"]]),  # by what it holds
    ],
)
def test_a_codebook_holds_no_answers(tmp_path: Path, name: str, rows: list[list[object]]) -> None:
    survey = read_survey(sheets(tmp_path / "a.xlsx", **{name: rows, "Blad1": ANSWERS}), instrument=asked())
    assert first_item(survey) == [1, 3] and f"sheet {name!r}, left out" in told(survey)


# (e) repeated headers


def test_repeated_headers_that_nobody_asks_for_are_kept(tmp_path: Path) -> None:
    path = text(tmp_path / "a.csv", "q1,Other,q2,Other", "1,a,2,", "3,,4,b")
    survey = read_survey(path, instrument=asked())
    assert survey.items.to_numpy().tolist() == [[1, 2], [3, 4]]
    assert survey.respondents["Other"].tolist() == ["a", ""]
    assert survey.respondents["Other (column 4)"].tolist() == ["", "b"]


def test_an_unknown_column_does_not_take_the_place_of_a_mapped_one() -> None:
    frame = pd.DataFrame({"client": ["x"], "q1": [1], "q2": [2]})
    survey = read_survey(frame, instrument=asked(), mapping={"columns": {"client": {"value": "Alfa"}}})
    assert survey.respondents["client"].tolist() == ["Alfa"]
    assert survey.respondents["client (column 1)"].tolist() == ["x"]


# (f) headers and spellings


@pytest.mark.parametrize(
    "header",
    [
        "How much do you agree? [{text}]",
        "{code} [{text}]",
        "{code}. How much do you agree? [{text}]",
        "{code}. {text}",
        "How much do you agree? - {text}",
        "G1[{code}]. How much do you agree? [something else]",
        "\ufeff{code}\u200b",
        "{text}\xa0",
    ],
)
def test_rows_and_codes_within_headers_are_found(header: str) -> None:
    texts = {"q1": "We don't trust", "q2": "We talk"}
    names = [header.format(code=code.upper(), text=said.replace("'", "’")) for code, said in texts.items()]
    frame = pd.DataFrame([[1, 2, "x"]], columns=[*names, "How much do you agree? [Comment]"])
    assert read_survey(frame, instrument=asked(texts)).items.to_numpy().tolist() == [[1, 2]]


def test_what_two_headers_may_mean_is_asked() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["q1", "Now [We talk]", "Then [We talk]"])
    assert "One column only" in refused(frame, instrument=asked())[0]
    made = content()
    made["items"][1]["optional"] = True
    assert list(read_survey(frame, instrument=parse_instrument(made)).items) == ["q1"]  # kept, and shown nowhere


def test_the_question_of_a_matrix_is_not_its_comment() -> None:
    assert "Why?" not in parts_of("Why? - Comment") and "Why?" not in parts_of("Why? [Comment]")


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("1 (None at all)", 1), ("None at all (1)", 1), ("1 - None at all", 1), ("(1) None at all", 1), ("1: None at all", 1),
        ("None at all - 1", 1), ("None\xa0at\u200b all", 1), ("\ufeff1", 1), ("Don’t – ever…", 5), ("Don't - ever...", 5),
        ("3 (somewhere)", 3), ("5 (None at all)", NAN), ("6 (too much)", NAN), ("1-jan", NAN),
    ],
)  # fmt: skip
def test_one_answer_has_many_spellings(said: str, value: float) -> None:
    scale = asked(None, {1: "None at all", 5: "don't - ever..."}).scale
    np.testing.assert_equal(reader_of(scale)(said).value, value)


def test_names_that_only_a_word_processor_tells_apart_are_one(tmp_path: Path) -> None:
    made = content()
    made["columns"] = [{"id": "client", "text": {"en": "Client"}}]
    frame = pd.DataFrame({"client": ["O'Brien", "O’Brien", "O'\ufeffBrien", "Alfa\xa0BV", "Alfa BV"], "q1": 1, "q2": 2})
    survey = read_survey(frame, instrument=parse_instrument(made))
    assert survey.values("client") == ("O'Brien", "Alfa BV")
    assert "recoded" in set(survey.audit["reason"])


# (g) decimals


@pytest.mark.parametrize(
    "said", [10 / 3, 2 / 3, 0.0889440739178215, 1e-5, "3,3333333333333335", "4.", 4.000000000000001]
)
def test_decimals_of_any_length(said: float | str) -> None:
    scale = parse_instrument(
        {
            **content(),
            "scale": {
                **content()["scale"],
                "min": 0,
                "decimals": True,
                "labels": {0: {"en": "Low"}, 5: {"en": "High"}},
            },
        }
    ).scale
    value = reader_of(scale)(str(said)).value
    if said == "4.":
        assert np.isnan(value)  # no tool writes so
    else:
        assert value == float(str(said).replace(",", "."))
    assert reader_of(scale)("5.000000000000001").value == 5  # the noise of a computed mean
    assert np.isnan(reader_of(scale)("5.01").value)


# (h), (i) lines above the header, blank rows


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["sep=;", "q1;q2", "1;2", "3;4"], "names the delimiter"),
        (['"sep=;"', "q1;q2", "1;2", "3;4"], "names the delimiter"),
        (["sep=,", "q1,q2", "1,2", "3,4"], "names the delimiter"),
        (["Survey, spring 2024", "q1;q2", "1;2", "3;4"], "above the header"),
        (["Survey 2024", "", "q1,q2", "1,2", "3,4"], "above the header"),
        (["Survey 2024,,", "Made on Monday,,", ",,", "q1,q2,why", "1,2,x", "3,4,"], "above the header"),
    ],
)
def test_what_stands_above_the_header_is_seen_and_told(tmp_path: Path, lines: list[str], what: str) -> None:
    path = text(tmp_path / "a.csv", *lines)
    survey = read_survey(path, instrument=asked())
    assert survey.items.to_numpy().tolist() == [[1, 2], [3, 4]] and what in told(survey)
    assert read_raw(path).rows.tolist() == [len(lines) - 1, len(lines)]  # as the file counts


def test_a_title_in_a_workbook(tmp_path: Path) -> None:
    rows = [["Survey 2024"], [], ["q1", "q2", "why"], [1, 2, "x"], [], [3, 4, None]]
    raw = read_raw(sheets(tmp_path / "a.xlsx", one=rows))
    assert raw.header == ["q1", "q2", "why"] and raw.rows.tolist() == [4, 6]
    assert [(note.row, note.n) for note in raw.notes] == [(1, 1), (5, 1)]


@pytest.mark.parametrize("lines", [["q1,q2", "1,2", "3,4"], ["q1,,q3", "Ann,Agree,3", "Bob,Agree,4"], ["q1", "1", "2"]])
def test_a_header_is_no_title(tmp_path: Path, lines: list[str]) -> None:
    raw = read_raw(text(tmp_path / "a.csv", *lines))
    assert raw.header == lines[0].split(",") and len(raw.cells) == 2


def test_blank_rows_are_told_in_small_and_large_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = text(tmp_path / "a.csv", "q1,q2", "1,2", ",", "", "3,4", " ,  ", "5,5")
    for large in (8_000_000, 0):
        monkeypatch.setattr("hpp_analysis.survey.readers.delimited._LARGE", large)
        raw = read_raw(path)
        assert raw.rows.tolist() == [2, 5, 7]
        assert [(note.value, note.n) for note in raw.notes if "blank" in note.what] == [("rows 3, 4, 6", 3)]


# (j) prefixes


def test_a_prefix_names_its_own_column_in_the_audit() -> None:
    made = content()
    made["columns"] = [{"id": "client", "text": {"en": "Client"}}]
    instrument = parse_instrument(made)
    frame = pd.DataFrame({"GRP": ["1", "2", ""], "q1": [1, 2, 3], "q2": [1, 2, 3]})
    named = {"columns": {"client": {"column": "GRP", "prefix": "Company "}}}
    survey = read_survey(frame, instrument=instrument, mapping=named)
    assert survey.respondents["client"].tolist() == ["Company 1", "Company 2", ""]
    entry = survey.audit.query("became == 'Company x'").iloc[0]
    assert (entry["column"], entry["n"]) == ("GRP", 2)
    assert len(refused(frame[["GRP"]], instrument=instrument, mapping=named)) == 1  # no item is there
    found = {"columns": {"client": {"prefix": "Company "}}}  # headers say where
    survey = read_survey(frame.rename(columns={"GRP": "Client"}), instrument=instrument, mapping=found)
    assert survey.values("client") == ("Company 1", "Company 2")


@pytest.mark.parametrize(
    "mapping",
    [
        {"columns": {"client": {"value": "x", "prefix": "y"}}},
        {"columns": {"client": {"column": "x", "scale": "five"}}},
        {"items": {"q1": {"column": "q1", "prefix": "y"}}},
    ],
)
def test_a_key_that_would_do_nothing_is_refused(mapping: dict[str, Any]) -> None:
    with pytest.raises(SurveyError):
        load_mapping(mapping)


def test_an_item_with_only_a_scale_must_still_have_a_column() -> None:
    made = {**content(), "scales": {"ten": {"min": 1, "max": 10, "labels": {1: {"en": "Lo"}, 10: {"en": "Hi"}}}}}
    frame = pd.DataFrame({"q1": [1, 2]})
    problems = refused(frame, instrument=parse_instrument(made), mapping={"items": {"q2": {"scale": "ten"}}})
    assert len(problems) == 1 and "q2" in problems[0]


# (k) a survey of matrices


@pytest.mark.parametrize(
    "lines",
    [
        ["Respondent ID,Start Date,How much?,", ",,We trust each other,We talk", "1,2024,4,5", "2,2024,2,3"],
        ["How much?,,Which side?,", "We trust each other,We talk,Ours,Yours", "4,5,1,1", "2,3,1,2"],
        ["Respondent ID,How much?,", ",We trust each other,We talk", "1,Agree,Strongly agree", "2,Disagree,Agree"],
    ],
)
def test_matrices_without_a_response_column(tmp_path: Path, lines: list[str]) -> None:
    survey = read_survey(text(tmp_path / "a.csv", *lines), instrument=asked())
    assert len(survey) == 2 and first_item(survey) == [4, 2]
    assert "row 2 is a second header" in told(survey)


def test_a_first_respondent_in_words_is_no_header(tmp_path: Path) -> None:
    for lines in (["name,,q1,q2", "Ann,x,,", "Bob,y,3,4"], ["why,,q1,q2", "foo,bar,1,2", "baz,qux,3,4"]):
        assert len(read_survey(text(tmp_path / "a.csv", *lines), instrument=asked())) == 2


# one problem, one line


def test_one_unknown_spelling_is_one_line_with_lines_to_paste(tmp_path: Path) -> None:
    ids = {f"q{number}": f"Statement {number}" for number in range(1, 13)}
    rows = [",".join(AGREE[(row + place) % 5] for place in range(12)) for row in range(48)]
    path = text(tmp_path / "a.csv", ",".join(ids), *rows)
    made = content(ids, {1: AGREE[0], 5: AGREE[4]})
    with pytest.raises(SurveyError) as caught:
        read_survey(path, instrument=parse_instrument(made))
    failures = caught.value.failures
    unknown = sum(word in AGREE[1:4] for row in rows for word in row.split(","))
    assert len(failures) == unknown > 300  # a cell each: as a program reads them
    assert {(failure.file, failure.row, failure.column, failure.value) for failure in failures} >= {
        ("a.csv", 2, "q2", "Disagree"),
        ("a.csv", 49, "q1", "Neutral"),
    }
    (problem,) = problems_of(failures)
    assert str(caught.value).startswith("1 problem:\n- a.csv, 12 columns ('q2', 'q3', 'q4' and 9 more), 3 values")
    counts = pd.Series([failure.value for failure in failures]).value_counts()
    assert all(f"{word!r} ({n} times)" in problem for word, n in counts.items())
    assert "first in row 2, column 'q2'" in problem
    pasted = yaml.safe_load(problem[problem.index("\n  labels:") :])
    made["scale"] |= pasted
    survey = read_survey(path, instrument=parse_instrument(made))
    assert survey.items.iloc[0, :5].tolist() == [1, 2, 3, 4, 5]
    shown = CliRunner().invoke(
        app,
        [
            "check",
            str(path),
            "--instrument",
            str(text(tmp_path / "i.yaml", yaml.safe_dump(content(ids, {1: "a", 5: "b"})))),
        ],
    )
    assert shown.exit_code == 2 and "1 problem:" in shown.output and "labels:" in shown.output


def test_in_two_languages_spellings_are_pasted(tmp_path: Path) -> None:
    def both(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: both(value) for key, value in (part | ({"nl": part["en"]} if "en" in part else {})).items()}
        return [both(one) for one in part] if isinstance(part, list) else part

    made = both(content(None, {1: AGREE[0], 5: AGREE[4]}))
    path = text(tmp_path / "a.csv", "q1,q2", "Agree,Disagree", "Neutral,n.v.t.")
    with_words, with_nothing = sorted(
        refused(path, instrument=parse_instrument(made)), key=lambda line: "dont_know" in line
    )
    made["scale"] |= yaml.safe_load(with_words[with_words.index("\n  spellings:") :])
    made["scale"] |= yaml.safe_load(with_nothing[with_nothing.index("\n  dont_know:") :])
    survey = read_survey(path, instrument=parse_instrument(made))
    np.testing.assert_equal(survey.items.to_numpy(), [[4, 2], [3, NAN]])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (["0", "4"], "from 0 to 4"),  # the other scale that the answers are on
        (["99", "4"], '`missing: ["99"]`'),
        (["2.5", "4"], "decimals: true"),
        (["7 (Agree)", "4"], "spellings"),
        (["blue", "4"], "spellings"),
        (["x" * 80, "4"], "another question"),
    ],
)
def test_each_cause_has_its_own_likely_fix(said: list[str], words: str) -> None:
    others = [str(number) for number in ([1, 2, 3] if said[0] == "0" else [1, 5])]
    frame = pd.DataFrame({"q1": [*said, *others]}).assign(q2="1")
    problems = refused(frame, instrument=asked(None, {1: "Low", 5: "High"}))
    assert len(problems) == 1 and words in problems[0]


def test_words_of_scales_are_put_in_order() -> None:
    assert [value_of(word) for word in ("Never", "Zelden", "Soms", "Often", "Altijd")] == sorted([-3.0, -2, 0, 2, 3])
    seven = copy.deepcopy(content())["scale"] | {"max": 7, "labels": {1: {"en": EENS[0]}, 7: {"en": EENS[4]}}}
    scale = parse_instrument({**content(), "scale": seven}).scale
    words = ["Mee eens", "Neutraal", "Enigszins mee oneens", "Mee oneens", "Enigszins mee eens"]
    assert points_of(words, scale) == dict(zip(words, [6, 4, 3, 2, 5], strict=True))
    assert points_of(["blue"], scale) is None and points_of(["Mee eens", "Grotendeels mee eens"], scale) is None


def test_problems_of_several_files_are_one() -> None:
    failures = [Failure("It must be so.", "Do it.", f"{name}.csv", row, "q", "x") for name in "ab" for row in (2, 3)]
    (line,) = problems_of(failures)
    assert (
        line == "2 files (a.csv, b.csv), column 'q', value 'x' (4 times), first in a.csv, row 2: It must be so. Do it."
    )


# templates


def test_every_proposal_of_a_mapping_is_accepted_when_its_mark_is_removed(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1, 2, 3, "x"]], columns=["We trusted each other", "We talks", "", "why: {not}"])
    proposed, counts = propose_mapping(frame, asked())
    assert counts["proposed"] == 2
    lines = [
        line.replace("#", "", 1) if line.strip().startswith("#") and line.strip()[1:2] not in (" ", "") else line
        for line in proposed.splitlines()
    ]
    lines = [line.replace("#  - ", "  - ", 1) if line.startswith("#  - ") else line for line in lines]
    mapping = load_mapping(text(tmp_path / "m.yaml", *lines))
    assert list(mapping.items) == ["q1", "q2"] and len(mapping.ignore) == 4
    survey = read_survey(frame, instrument=asked(), mapping=mapping.model_copy(update={"ignore": mapping.ignore[2:]}))
    assert survey.items.to_numpy().tolist() == [[1, 2]]
    assert (survey.audit["reason"] == "ignored_column").sum() == 2
