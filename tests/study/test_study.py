"""The file that describes a study."""

import os
from pathlib import Path

import pytest

from hpp_analysis import simulate_study
from hpp_analysis.errors import SurveyError
from hpp_analysis.study.study import load_study
from hpp_analysis.study.study_folder import new_study


def write(folder: Path, text: str) -> Path:
    (folder / "answers.csv").write_text("respondent\nR1\n", encoding="utf-8")
    file = folder / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def problems(file: Path) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        load_study(file)
    return [str(failure) for failure in caught.value.failures]


def test_names_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "name: Pilot\nresponses: [answers.csv]\nnote: {en: A note.}\nlanguages: [nl, en]\n")
    monkeypatch.chdir("/")
    study = load_study(file)
    assert study.responses == (tmp_path.resolve() / "answers.csv",)
    assert (study.instrument, study.by, study.languages) == ("hpp", "client", ("nl", "en"))
    assert study.note == {"en": "A note."}


def test_the_survey_is_read(tmp_path: Path) -> None:
    simulated = simulate_study(persons_per_side=5, seed=0)
    file = write(tmp_path, "name: Pilot\nresponses: [answers.csv]\n")
    simulated.frame().to_csv(tmp_path / "answers.csv", index=False)
    assert load_study(file).survey().n_persons == simulated.survey.n_persons


def test_an_instrument_of_ones_own_lies_beside_the_study(tmp_path: Path, root: Path) -> None:
    packaged = root / "hpp_analysis/survey/instruments/hpp.yaml"
    (tmp_path / "own.yaml").write_bytes(packaged.read_bytes())
    study = load_study(write(tmp_path, "name: Pilot\nresponses: [answers.csv]\ninstrument: own.yaml\n"))
    assert study.instrument == tmp_path.resolve() / "own.yaml"


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = "name: Pilot\nresponses: [answers.csv, answers.csv, absent.csv]\nlanguages: [en, xx]\n"
    found = problems(write(tmp_path, text))
    assert len(found) == 3
    assert any("absent.csv" in problem for problem in found)
    assert any("twice" in problem for problem in found)
    assert any("'xx'" in problem for problem in found)


def test_misspelled_and_missing_keys_are_named(tmp_path: Path) -> None:
    found = problems(write(tmp_path, "nam: Pilot\nresponses: []\nby: 3\n"))
    assert len(found) == 3  # `nam` is `name`, which is therefore not missing as well
    assert any("`nam`" in problem and "'name'" in problem for problem in found)
    (missing,) = problems(write(tmp_path, "responses: [study.yaml]\n"))
    assert "`name`" in missing


@pytest.mark.parametrize("text", ["", "- a\n", "name: [", "name: &a x\nresponses: [*a]\n", "name: x\nname: y\n"])
def test_what_is_no_study_is_refused(tmp_path: Path, text: str) -> None:
    assert problems(write(tmp_path, text))


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    assert problems(tmp_path / "study.yaml")


def test_problems_of_the_instrument_are_told(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("name: own\n", encoding="utf-8")
    text = "name: Pilot\nresponses: [answers.csv]\ninstrument: own.yaml\n"
    assert any("own.yaml" in problem for problem in problems(write(tmp_path, text)))


@pytest.mark.parametrize("name", ["study", 'A "quoted" name', "it's: {odd}"])
def test_a_new_study_is_complete_but_for_its_answers(tmp_path: Path, name: str) -> None:
    file = new_study(tmp_path / name)
    assert "export.csv" in problems(file)[0]
    (file.parent / "responses" / "export.csv").write_text("respondent\nR1\n", encoding="utf-8")
    assert load_study(file).name == name.replace('"', "'")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    file = new_study(tmp_path / "study")
    before = file.read_text()
    with pytest.raises(SurveyError):
        new_study(tmp_path / "study")
    assert file.read_text() == before


@pytest.mark.skipif(os.name != "posix", reason="files have no such rights on Windows")
@pytest.mark.parametrize("demo", [False, True])
def test_a_new_study_is_its_owners_alone(tmp_path: Path, demo: bool) -> None:
    folder = new_study(tmp_path / "study", demo=demo).parent
    for path in (folder, *folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
