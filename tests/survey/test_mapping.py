"""Which column is what: by mapping, header, long format; and what became of every cell."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from hpp_analysis import load_instrument, load_study, read_survey, simulate_study
from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.audit import REASONS, audit_text
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.mapping import load_mapping
from hpp_analysis.survey.propose import propose_mapping
from tests.survey.test_instrument import SMALL, changed

INSTRUMENT = parse_instrument(SMALL)
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
FIVE = {
    "five": {
        "min": 1,
        "max": 3,
        "labels": {1: {"en": "bad", "nl": "slecht"}, 3: {"en": "good", "nl": "goed"}},
        "spellings": {2: ["so so"]},
    }
}


def wrong(frame: pd.DataFrame, mapping: Any, instrument: Any = INSTRUMENT) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        read_survey(frame, instrument=instrument, mapping=mapping)
    return [failure.rule for failure in caught.value.failures]


def test_a_mapping_names_columns_and_gives_constants() -> None:
    frame = pd.DataFrame({"Q1": [1, 2], "Q2": [5, 4], "who": ["a", "b"], "calm1": [3, 3]})
    mapping = {
        "columns": {"respondent": "who", "side": {"value": "C"}, "client": {"value": "Alfa"}},
        "items": {"calm1": "Q1", "calm2": {"column": "#2"}},
    }
    survey = read_survey(frame, instrument=INSTRUMENT, mapping=mapping)
    assert survey.items["calm1"].tolist() == [1, 2]  # the mapping wins over the header
    assert survey.items["calm2"].tolist() == [5, 4]
    assert survey.respondents["side"].tolist() == ["client", "client"]
    assert survey.respondents["client"].unique().tolist() == ["Alfa"]
    assert survey.unknown_columns == ("calm1",)


def test_what_is_wrong_with_a_mapping_is_told_at_once() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=["Q1", "Q1", "Q2"])
    mapping = {"items": {"calm1": "Q1", "calm2": "Q9", "calm3": "Q2"}, "scale": "none_such"}
    told = " ".join(wrong(frame, mapping))
    for words in ("2 have this header", "must name a column of the file", "items of the instrument", "`scales`"):
        assert words in told


def test_two_items_on_one_column() -> None:
    frame = pd.DataFrame({"Q1": [1]})
    assert any("gives it to" in rule for rule in wrong(frame, {"items": {"calm1": "Q1", "calm2": "Q1"}}))


@pytest.mark.parametrize(
    "content", ["items: [1]", "colums: {}", "a: &a [1]\nb: *a", "- 1", "items: {calm1: {value: 3}}"]
)
def test_bad_mapping_files_are_survey_errors(tmp_path: Path, content: str) -> None:
    (tmp_path / "m.yaml").write_text(content)
    with pytest.raises(SurveyError):
        read_survey(pd.DataFrame({"calm1": [1], "calm2": [1]}), instrument=INSTRUMENT, mapping=tmp_path / "m.yaml")


def test_repeated_columns_are_errors_unless_the_first_counts() -> None:
    frame = pd.DataFrame([[1, 2, 5, "x", "y"]], columns=["calm1", "calm2", "Calm1", "why", "why"])
    assert len(wrong(frame, None)) == 1  # nobody asks for "why": both of its columns are kept
    survey = read_survey(frame, instrument=parse_instrument(changed("repeated", "first")))
    assert survey.items.iloc[0].tolist() == [1, 2]
    assert survey.audit.query("reason == 'repeated_column'")["column"].tolist() == ["Calm1", "why"]


@pytest.mark.parametrize(
    ("said", "value"),
    [("5 - altijd", 5), ("altijd (5)", 5), ("3: maybe", 3), ("ALTIJD", 5), ("3.0", 3), ("2) rarely", 2)],
)
def test_answers_in_words(said: str, value: float) -> None:
    frame = pd.DataFrame({"calm1": [said], "calm2": ["1"]})
    assert read_survey(frame, instrument=INSTRUMENT).items["calm1"].tolist() == [value]


@pytest.mark.parametrize("said", ["5 - nooit", "1-jan", "nooit (5)", "1 - 2", "6 - altijd", "2,5", "3-4", "5 stars"])
def test_words_that_contradict_or_do_not_tell_are_refused(said: str) -> None:
    assert wrong(pd.DataFrame({"calm1": [said], "calm2": ["1"]}), None)


def test_another_scale_is_brought_to_that_of_the_questionnaire_and_told() -> None:
    instrument = parse_instrument(changed("scales", FIVE))
    frame = pd.DataFrame({"calm1": ["bad", "so so", "3"], "calm2": [1, 2, 5]})
    mapping = {"items": {"calm1": {"scale": "five"}}}
    survey = read_survey(frame, instrument=instrument, mapping=mapping)
    assert survey.items["calm1"].tolist() == [1, 3, 5]
    assert survey.items["calm2"].tolist() == [1, 2, 5]
    told = survey.audit.query("reason == 'other_scale'").iloc[0]
    assert (told["value"], told["became"], told["n"]) == ("1-3", "1-5", 3)


LONG = pd.DataFrame(
    {
        "id": ["a", "a", "b", "b", "b"],
        "question": ["calm1", "Statement 2", "calm1", "Stelling  2", "calm1"],
        "answer": [1, 2, 3, "", 5],
        "dept": ["x", "x", "y", "y", "y"],
    }
)
AS_LONG = {"long": {"question": "question", "answer": "answer", "respondent": "id"}, "columns": {"respondent": "id"}}


def test_one_row_an_answer_becomes_one_row_a_person() -> None:
    survey = read_survey(LONG.iloc[:4], instrument=INSTRUMENT, mapping=AS_LONG)
    np.testing.assert_array_equal(survey.items.to_numpy(), [[1, 2], [3, np.nan]])
    assert survey.respondents["dept"].tolist() == ["x", "y"]


def test_a_person_who_answers_twice_is_told_or_the_first_counts() -> None:
    assert "earlier row" in wrong(LONG, AS_LONG)[0]
    first = parse_instrument(changed("repeated", "first"))
    survey = read_survey(LONG, instrument=first, mapping=AS_LONG)
    assert survey.items["calm1"].tolist() == [1, 3]
    told = survey.audit.query("reason == 'repeated_answer'").iloc[0]
    assert (told["row"], told["value"]) == (6, "5")


def test_every_change_is_in_the_audit_and_its_cells_add_up() -> None:
    frame = pd.DataFrame(
        {"calm1": ["9", "-9", "altijd", "2"], "calm2": [1, 2, 3, ""], "side": ["C"] * 4, "remark": list("abcd")}
    )
    audit = read_survey(frame, instrument=INSTRUMENT).audit
    told = audit.groupby("reason")["n"].sum().to_dict()
    assert told == {"dont_know": 1, "missing_code": 1, "label": 1, "recoded": 4, "unknown_column": 4}
    assert set(audit["reason"]) <= set(REASONS)


def test_an_audit_on_file_is_harmless() -> None:
    frame = pd.DataFrame({"calm1": [1], "calm2": [2], "=1+1": ["x"], "<script>alert(1)</script>": ["y"]})
    audit = read_survey(frame, instrument=INSTRUMENT).audit
    columns = [row["column"] for row in csv.DictReader(io.StringIO(audit_text(audit, ".csv")))]
    assert "'=1+1" in columns and "=1+1" not in columns
    page = audit_text(audit, ".html")
    assert "<script" not in page and "&lt;script&gt;" in page


def test_a_proposed_mapping_takes_what_is_certain_and_only_proposes_what_is_alike(tmp_path: Path) -> None:
    frame = pd.DataFrame({"calm1": [1], "Statemnt 2": [2], "who\nis: {x}": ["a"]})
    text, counts = propose_mapping(frame, INSTRUMENT)
    assert counts == {"found": 1, "proposed": 1, "missing": 2}
    mapping = load_mapping(yaml.safe_load(text))
    assert list(mapping.items) == ["calm1"]
    assert "# fuzzy 95%" in text and '#calm2: "Statemnt 2"' in text
    path = tmp_path / "m.yaml"
    path.write_text(text.replace("#calm2", "calm2"))
    assert read_survey(frame, instrument=INSTRUMENT, mapping=path).items["calm2"].tolist() == [2]


def test_a_study_says_wave_and_mapping_of_each_file(tmp_path: Path) -> None:
    instrument = tmp_path / "small.yaml"
    instrument.write_text(yaml.safe_dump(SMALL))
    (tmp_path / "a.csv").write_text("respondent,calm1,calm2\nr1,1,2\n")
    (tmp_path / "b.csv").write_text("Q1,calm2\n5,4\n3,3\n")
    (tmp_path / "study.yaml").write_text(
        "name: two\ninstrument: small.yaml\nresponses:\n- {file: a.csv, wave: 2020 H1}\n"
        "- {file: b.csv, wave: 2020 H2, mapping: {items: {calm1: Q1}}}\nmapping: {columns: {client: {value: Alfa}}}\n"
    )
    study = load_study(tmp_path / "study.yaml")
    survey = study.survey()
    assert survey.respondents["wave"].tolist() == ["2020 H1", "2020 H2", "2020 H2"]
    assert survey.items["calm1"].tolist() == [1, 5, 3]
    assert survey.n_persons == 3  # rows of a file without respondents are persons of their own
    assert len(study.mappings()) == 2


def test_the_pool_holds_the_scale_in_the_same_words_and_has_its_structure() -> None:
    pool, scale = load_instrument("hpp_pool"), load_instrument("hpp")
    texts = pool.texts("nl")
    characteristics = [item for factor in scale.factors for item in scale.items_of(factor.id)]
    assert len(characteristics) == 19
    assert all(texts[item.id] == item.text["nl"] for item in characteristics)
    asked = [item for factor in pool.factors for item in pool.items_of(factor.id)]
    assert len(pool.factors) == 10 and len(asked) == 50
    study = simulate_study("hpp_pool", partners=2, persons_per_side=30, seed=1)
    assert study.survey.instrument == pool
    strong = study.truth.loadings.max(axis=1) > 0.5
    assert set(strong[strong].index) <= {item.id for item in characteristics}
    assert [factor.id for factor in scale.factors] == list(study.truth.loadings.columns[:3])


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_example_instruments_are_whole(path: Path) -> None:
    assert load_instrument(path).languages == ("en", "nl")
