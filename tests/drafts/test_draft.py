"""What a draft takes a column for, and what it tells about it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from hpp_analysis import cli
from hpp_analysis.drafts.columns import columns_of
from hpp_analysis.drafts.draft import propose_instrument
from hpp_analysis.drafts.new_study import draft_study
from hpp_analysis.drafts.people import person_of
from hpp_analysis.drafts.words import in_order, no_answer
from hpp_analysis.errors import SurveyError
from hpp_analysis.study.study import load_study
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.survey import read_survey

N = 60


def answers(n_items: int, low: int = 1, high: int = 5, *, seed: int = 0, prefix: str = "q") -> dict[str, np.ndarray]:
    """Items that go together, on one scale whose ends are used."""
    rng = np.random.default_rng(seed)
    person = rng.normal(size=N)
    middle, width = (low + high) / 2, (high - low) / 3
    made = {}
    for number in range(1, n_items + 1):
        values = np.clip(np.round(middle + width * (person + rng.normal(size=N))), low, high)
        values[:2] = low, high
        made[f"{prefix}{number}"] = values.astype(int)
    return made


@pytest.fixture
def staff() -> pd.DataFrame:
    """An employee survey in Dutch: a number, a department, twelve statements, a comment."""
    items = answers(12)
    texts = [f"{number}. Stelling over het werk nummer {'abcdefghijkl'[number - 1]}" for number in range(1, 13)]
    frame = pd.DataFrame({"Respondentnr": range(N), "Afdeling": ["Inkoop", "Verkoop", "HR"] * (N // 3)})
    for text, column in zip(texts, items, strict=True):
        frame[text] = items[column]
    return frame.assign(
        **{"E-mail": [f"a{n}@b.nl" for n in range(N)], "Opmerkingen": [f"Een lange opmerking {n}" for n in range(N)]}
    )


def test_an_employee_survey_becomes_a_questionnaire(staff: pd.DataFrame) -> None:
    draft = propose_instrument(staff, study_name="werk")
    assert len(draft.instrument.items) == 12
    assert (draft.instrument.scale.min, draft.instrument.scale.max) == (1, 5)
    assert draft.language == "nl"
    assert draft.instrument.unit == "person"
    assert [column.id for column in draft.instrument.columns] == ["respondent", "department"]
    assert draft.mapping.ignore == ("E-mail",), "what identifies persons is not read"
    roles = draft.to_frame().set_index("column")["role"]
    assert roles["Opmerkingen"] == "comment"
    survey = draft.survey()
    assert survey.n_persons == N
    assert (survey.items["q3"].to_numpy() == staff.iloc[:, 4].to_numpy()).all()


def test_codes_that_are_no_answer_are_told_and_not_counted() -> None:
    frame = pd.DataFrame(answers(4))
    frame.loc[5, "q2"], frame.loc[6, "q3"], frame.loc[7, "q1"] = 99, 99, -9
    draft = propose_instrument(frame)
    assert set(draft.instrument.scale.missing) == {"99", "-9"}
    assert any("99 (2 times)" in doubt for doubt in draft.doubts)
    assert np.isnan(draft.survey().items["q2"][5])


def test_a_reversed_item_is_suspected_and_not_turned() -> None:
    frame = pd.DataFrame(answers(5))
    frame["q4"] = 6 - frame["q4"]
    draft = propose_instrument(frame)
    assert list(draft.reverse) == ["q4"]
    assert not any(item.reverse for item in draft.instrument.items)
    assert (draft.survey().items["q4"].to_numpy() == frame["q4"].to_numpy()).all()


def test_words_are_ordered_and_an_unchosen_point_is_told() -> None:
    words = ["Oneens", "Neutraal", "Eens", "Helemaal eens"]
    frame = pd.DataFrame({f"q{n}": np.resize(np.roll(words, n), N) for n in range(3)})
    draft = propose_instrument(frame)
    scale = draft.instrument.scale
    assert [text["nl"] for text in scale.labels.values()] == ["1", *words]
    assert (scale.min, scale.max) == (1, 5)
    assert any("five" in doubt for doubt in draft.doubts)
    assert draft.survey().items["q0"].tolist() == [words.index(word) + 2 for word in frame["q0"]]


def test_two_scales_in_one_file_are_two_scales() -> None:
    frame = pd.DataFrame({**answers(5, 1, 7, prefix="a"), **answers(4, 1, 4, prefix="b", seed=1)})
    draft = propose_instrument(frame)
    assert draft.instrument.scale.max == 7
    assert {item.id for item in draft.instrument.items if item.scale} == {"b1", "b2", "b3", "b4"}
    assert next(iter(draft.instrument.scales.values())).max == 4
    assert [factor.id for factor in draft.instrument.factors] == ["a", "b"]


def test_numbers_and_words_in_one_column_are_told() -> None:
    frame = pd.DataFrame(answers(4)).assign(mix=["Eens", "1", "2"] * (N // 3))
    draft = propose_instrument(frame)
    assert "mix" not in {item.id for item in draft.instrument.items}
    assert any(doubt.startswith("mix") and "two scales" in doubt for doubt in draft.doubts)


def test_ids_that_repeat_are_told_and_not_used() -> None:
    frame = pd.DataFrame({"id": np.arange(N) // 2, **answers(4)})
    draft = propose_instrument(frame)
    assert draft.instrument.column("respondent") is None
    assert any(doubt.startswith("id: ") for doubt in draft.doubts)


def test_a_ranking_and_boxes_to_tick_are_no_items() -> None:
    rng = np.random.default_rng(0)
    ranks = np.array([rng.permutation(4) + 1 for _ in range(N)])
    ticks = pd.DataFrame(np.where(rng.random((N, 3)) < 0.5, 1, np.nan), columns=["t1", "t2", "t3"])
    frame = pd.DataFrame({**answers(4), **{f"rank{place}": ranks[:, place] for place in range(4)}}).join(ticks)
    assert [item.id for item in propose_instrument(frame).instrument.items] == ["q1", "q2", "q3", "q4"]


def test_partnerships_have_sides() -> None:
    frame = pd.DataFrame(
        {
            "Klant": ["Demo"] * N,
            "Leverancier": ["Alfa", "Beta"] * (N // 2),
            "Kant": ["klant", "klant", "leverancier", "leverancier"] * (N // 4),
            **answers(6),
        }
    )
    draft = propose_instrument(frame)
    assert draft.instrument.unit == "rating"
    assert {"client", "partner", "side"} <= {column.id for column in draft.instrument.columns}
    assert set(draft.survey().respondents["side"]) == {"client", "partner"}


def test_items_may_be_named() -> None:
    frame = pd.DataFrame({**answers(4, prefix="PA"), **answers(3, prefix="NA", seed=2)})
    draft = propose_instrument(frame, items=["na*"])
    assert [item.id for item in draft.instrument.items] == ["na1", "na2", "na3"]
    with pytest.raises(SurveyError):
        propose_instrument(frame, items=["PX*"])


def test_factors_from_an_efa_say_what_they_rest_on() -> None:
    one, two = answers(4, prefix="x"), answers(4, prefix="x", seed=5)
    frame = pd.DataFrame({name: one[f"x{n}"] for n, name in enumerate(["Ask", "Bid", "Cut", "Dig"], 1)})
    frame = frame.assign(**{name: two[f"x{n}"] for n, name in enumerate(["Eat", "Fly", "Get", "Hop"], 1)})
    draft = propose_instrument(frame, factors="efa")
    together = {frozenset(item.id for item in draft.instrument.items_of(one.id)) for one in draft.instrument.factors}
    assert together == {frozenset({"ask", "bid", "cut", "dig"}), frozenset({"eat", "fly", "get", "hop"})}
    assert any("an EFA with 2 factors" in doubt for doubt in draft.doubts)


def test_one_row_an_answer() -> None:
    wide = pd.DataFrame(answers(4))
    long = wide.rename_axis("Person id").reset_index().melt("Person id", var_name="Question", value_name="Answer")
    draft = propose_instrument(long)
    assert len(draft.instrument.items) == 4
    assert draft.mapping.long is not None
    assert sorted(draft.survey().items.sum()) == sorted(wide.sum())
    assert draft.survey().n_persons == N, "answers of a person are one row again"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("Deelnemer-id", "respondent"), ("Opdrachtgever", "client"), ("Leverancier", "partner"), ("Side", "side"),
        ("Functie", "role"), ("Welke afdeling?", None), ("Afdeling", "department"), ("Meting", "wave"), ("Kwartaal", "period"),
        ("Toestemming", "consent"), ("Voornaam", "private"), ("IP Address", "private"), ("Start Date", "answering"),
        ("Leeftijd", "background"), ("How old are you?", "background"), ("Wij praten met elkaar", None),
    ],
)  # fmt: skip
def test_columns_about_persons_are_known_by_name(name: str, role: str | None) -> None:
    values = [f"v{n}" for n in range(N)] if role == "respondent" else ["a", "b", "c"] * (N // 3)
    (column,) = columns_of(read_raw(pd.DataFrame({name: values})))
    person = person_of(column)
    assert (person.role if person else None) == role


def test_words_that_are_no_answer() -> None:
    said = ["N/A", "Weet ik niet", "n.v.t.", "I don't want to answer", "(98) Don't know", "Neutral", "Nee"]
    assert [no_answer(word) for word in said] == [True, True, True, True, True, False, False]
    assert in_order(["Zelden", "Altijd", "Nooit", "Vaak", "Soms"]) == ["Nooit", "Zelden", "Soms", "Vaak", "Altijd"]
    assert in_order(["Inkoop", "Verkoop"]) is None


# the folder of a study


def test_a_study_is_whole_and_is_read_as_drafted(staff: pd.DataFrame, tmp_path: Path) -> None:
    staff.to_excel(tmp_path / "Vragenlijst.xlsx", index=False)
    file, draft = draft_study(tmp_path / "werk", tmp_path / "Vragenlijst.xlsx")
    study = load_study(file)
    assert study.survey().items.equals(draft.survey().items)
    written = (tmp_path / "werk" / "instrument.yaml").read_text()
    assert all(doubt[:60] in written for doubt in draft.doubts)
    assert "#by: department" in file.read_text()
    assert yaml.safe_load(written)["language"] == "nl"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_nothing_is_left_where_a_draft_fails(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("name,remark\nAnn,a\nBob,b\nCid,c\n")
    with pytest.raises(SurveyError):
        draft_study(tmp_path / "study", tmp_path / "names.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["names.csv"]


def test_the_command_drafts_checks_and_tells_the_next_step(staff: pd.DataFrame, tmp_path: Path) -> None:
    staff.to_csv(tmp_path / "a.csv", index=False)
    run = CliRunner()
    made = run.invoke(cli.app, ["new", str(tmp_path / "s"), "--from", str(tmp_path / "a.csv")], catch_exceptions=False)
    assert made.exit_code == 0
    assert "To check:" in made.stdout
    assert f"hpp check {tmp_path / 's' / 'study.yaml'}" in made.stdout
    checked = run.invoke(cli.app, ["check", str(tmp_path / "s" / "study.yaml")], catch_exceptions=False)
    assert checked.exit_code == 0
    assert "1 report would be made, in nl" in checked.stdout
    again = run.invoke(cli.app, ["new", str(tmp_path / "s"), "--from", str(tmp_path / "a.csv")])
    assert again.exit_code == cli.BAD_INPUT
    wrong = run.invoke(cli.app, ["new", str(tmp_path / "t"), str(tmp_path / "a.csv")])
    assert wrong.exit_code == cli.BAD_INPUT


def test_several_exports_are_waves_of_one_study(tmp_path: Path) -> None:
    for year in (2023, 2024):
        pd.DataFrame({"nr": range(N), **answers(5, seed=year)}).to_csv(tmp_path / f"{year}.csv", index=False)
    file, draft = draft_study(tmp_path / "study", [tmp_path / "2023.csv", tmp_path / "2024.csv"])
    survey = load_study(file).survey()
    assert len(survey) == 2 * N
    assert set(survey.values("wave")) == {"2023", "2024"}
    assert len(draft.instrument.items) == 5


def test_a_codebook_gives_texts_labels_factors_and_reversed_items(tmp_path: Path) -> None:
    frame = pd.DataFrame(answers(4, 2, 4))
    pages = "1=Never; 2=Rarely; 3=Sometimes; 4=Often; 5=Always; 9=Don't know"
    rows = [
        f'q{n},"We talk {n}","{pages}",{"talk" if n < 3 else "listen"},{"yes" if n == 2 else ""}' for n in range(1, 5)
    ]
    (tmp_path / "codebook.csv").write_text("\n".join(["variable,label,values,scale,reversed", *rows]), encoding="utf-8")
    draft = propose_instrument(frame, codebook=tmp_path / "codebook.csv", language="en")
    first, second, *_ = draft.instrument.items
    assert first.text == {"en": "We talk 1"}
    assert (draft.instrument.scale.min, draft.instrument.scale.max) == (1, 5), "also points that nobody chose"
    assert draft.instrument.scale.labels[1] == {"en": "Never"}
    assert {factor.id for factor in draft.instrument.factors} == {"talk", "listen"}
    assert second.reverse
    assert draft.reverse == {} or "q2" not in draft.reverse


def test_labels_that_begin_with_their_number_are_told_without_it(tmp_path: Path) -> None:
    """A report would say "1 (1 helemaal oneens) to 5"; the export is read all the same."""
    words = ["1 helemaal oneens", "2 oneens", "3 neutraal", "4 eens", "5 helemaal eens"]
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({f"Wij leren van elkaar, vraag {n}": rng.choice(words, 60) for n in range(4)})
    frame.insert(0, "Afdeling", rng.choice(["Zorg", "ICT"], 60))
    frame.to_csv(tmp_path / "answers.csv", index=False)
    file, draft = draft_study(tmp_path / "study", tmp_path / "answers.csv")
    scale = draft.instrument.scale
    assert [text["nl"] for text in scale.labels.values()] == [
        "helemaal oneens",
        "oneens",
        "neutraal",
        "eens",
        "helemaal eens",
    ]
    read = load_study(file).survey().items
    expected = frame.iloc[:, 1:].map(lambda said: float(said[0]))
    np.testing.assert_array_equal(read.to_numpy(), expected.to_numpy())
    assert [factor.name["nl"] for factor in draft.instrument.factors] == ["Alle vragen"]
    assert load_study(file).survey().words.set == "employees"  # there are departments


def test_columns_that_nobody_knows_are_the_same_text_whatever_their_number(tmp_path: Path) -> None:
    """Many short columns of text are read at once: each as it would be alone."""
    values = [" a ", "b", "", "1.0", "a"]
    table = pd.DataFrame({f"x{n}": values for n in range(3)})
    table.insert(0, "q1", [1, 2, 3, 4, 5])
    table.to_csv(tmp_path / "many.csv", index=False)
    instrument = parse_instrument(
        {"name": "p", "language": "en", "scale": "1-5", "items": [{"id": "q1", "text": "We talk"}]}
    )
    many = read_survey(tmp_path / "many.csv", instrument=instrument).respondents
    table[["q1", "x0"]].to_csv(tmp_path / "one.csv", index=False)
    one = read_survey(tmp_path / "one.csv", instrument=instrument).respondents
    for name in ("x0", "x1", "x2"):
        pd.testing.assert_series_equal(many[name], one["x0"], check_names=False)
    assert many["x0"].tolist() == ["a", "b", "", "1.0", "a"]


def test_a_question_about_the_same_things_is_no_rival_of_two_matrices(tmp_path: Path) -> None:
    """Two matrices have the same rows; a multi-select question ticks them too. Each matrix is read, the ticks are not."""
    rng = np.random.default_rng(2)
    rows = ["More speed", "Less cost", "Better people"]
    frame = pd.DataFrame({f"How important now? - {row}": rng.integers(1, 6, 50) for row in rows})
    for row in rows:
        frame[f"How important later? - {row}"] = rng.integers(1, 6, 50)
    for number, row in enumerate(rows, start=1):
        frame[f"Which would you choose? (all that apply) - {row}"] = np.where(rng.random(50) < 0.4, number, None)
    frame.to_csv(tmp_path / "answers.csv", index=False)
    draft = propose_instrument(tmp_path / "answers.csv")
    guesses = draft.to_frame()
    assert guesses.loc[guesses["role"].eq("item"), "column"].tolist() == list(frame)[:6]
    np.testing.assert_array_equal(draft.survey().items.to_numpy(), frame.iloc[:, :6].to_numpy(dtype=float))


def test_words_of_effect_and_of_frequency_have_an_order() -> None:
    effects = ["Extremely ineffective", "Very ineffective", "Effective", "Very effective", "Extremely effective"]
    times = ["Never", "Rarely", "Sometimes", "Frequently", "Very frequently"]
    assert in_order(sorted(effects)) == effects
    assert in_order(sorted(times)) == times


def test_waves_on_different_scales_are_not_drafted_together(tmp_path: Path) -> None:
    """1 to 5 in two waves and 1 to 10 in one: the two make the draft, and the third is named."""
    for name, high in (("w1.csv", 5), ("w2.csv", 10), ("w3.csv", 5)):
        pd.DataFrame({"id": range(N)} | answers(5, high=high)).to_csv(tmp_path / name, index=False)
    file, draft = draft_study(tmp_path / "study", [tmp_path / f"w{wave}.csv" for wave in (1, 2, 3)])
    assert draft.instrument.scale.max == 5
    assert "w2.csv (1 to 10)" in draft.doubts[0]
    assert [path.name for path in load_study(file).responses] == ["w1.csv", "w3.csv"]
    assert sorted(path.name for path in (file.parent / "responses").iterdir()) == ["README.md", "w1.csv", "w3.csv"]


def test_waves_of_which_one_lacks_the_highest_answer_go_together(tmp_path: Path) -> None:
    for name, high in (("w1.csv", 5), ("w2.csv", 4)):
        pd.DataFrame(answers(5, high=high)).to_csv(tmp_path / name, index=False)
    draft = propose_instrument([tmp_path / "w1.csv", tmp_path / "w2.csv"])
    assert len(draft.sources) == 2
    assert draft.instrument.scale.max == 5
