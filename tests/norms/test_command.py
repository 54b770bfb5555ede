"""`hpp norms` from end to end, and the reports of a study that names a norm."""

import pytest
import yaml
from typer.testing import CliRunner

from hpp_analysis.cli import app
from hpp_analysis.errors import ReportError, SurveyError
from hpp_analysis.norms import load_norm
from hpp_analysis.report.run.plan import plan_reports
from hpp_analysis.study.study import load_study
from hpp_analysis.study.study_folder import new_study


@pytest.fixture
def study(tmp_path):
    return new_study(tmp_path / "demo", demo=True)


def hpp(*arguments) -> tuple[int, str]:
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["norms", *map(str, arguments)])
    return done.exit_code, " ".join(done.output.split())


def changed(study, **norms) -> None:
    content = yaml.safe_load(study.read_text(encoding="utf-8"))
    study.write_text(yaml.safe_dump({**content, "norms": {**content["norms"], **norms}}, allow_unicode=True), "utf-8")


def test_add_show_merge_and_withdraw(study, tmp_path) -> None:
    file, both = tmp_path / "mine.parquet", tmp_path / "both.parquet"
    code, said = hpp("add", study, "--to", file)
    assert (code, "4 partnerships of 1 client" in said) == (0, True)
    assert study.with_suffix(".ledger.json").exists()  # a release like that of a report
    id_ = load_norm(file).contributions[0].id
    before = file.read_bytes()
    code, said = hpp("add", study, "--to", file)
    assert (code, "nothing was added" in said, file.read_bytes() == before) == (0, True, True)
    code, said = hpp("show", file)
    assert (code, id_ in said, "simulated" in said) == (0, True, True)
    code, said = hpp("merge", file, study.parent / "norms.parquet", "--to", both)
    assert (code, "different salts" in said) == (0, True)
    assert len(load_norm(both)) == 14
    assert hpp("merge", file, both, "--to", both)[0] == 2  # never over a file that is there
    code, said = hpp("withdraw", both, id_)
    assert (code, len(load_norm(both))) == (0, 13)
    code, said = hpp("show", both)
    assert f"Withdrawn: {id_}" in said


def test_norms_with_one_salt_know_the_same_partnerships(study, tmp_path) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    assert hpp("add", study, "--to", first)[0] == 0
    assert hpp("add", study, "--to", second, "--like", first, "--wave", "1", "--date", "2025-02-01")[0] == 0
    assert set(load_norm(first).cells["unit"]) == set(load_norm(second).cells["unit"])
    assert hpp("add", study, "--to", second, "--like", first)[0] == 2  # it has a salt already


def test_wrong_use_is_one_message(study, tmp_path) -> None:
    content = yaml.safe_load(study.read_text(encoding="utf-8"))
    del content["norms"]
    study.write_text(yaml.safe_dump(content), "utf-8")
    for arguments in (
        ("add", study, "--to", tmp_path / "a.parquet"),  # no date
        ("add", study, "--to", tmp_path / "a.parquet", "--date", "soon"),
        ("add", study, "--to", study.parent / "norms.parquet", "--date", "2026-02-02"),  # not said to be simulated
        ("add", study, "--to", study, "--date", "2026-02-02"),
        ("show", tmp_path / "nowhere.parquet"),
        ("withdraw", study.parent / "norms.parquet", "no such id"),
    ):
        code, said = hpp(*arguments)
        assert code == 2, arguments
        assert "Traceback" not in said
    assert not (tmp_path / "a.parquet").exists()


def planned(study, out):
    described = load_study(study)
    settled, survey = described.settled()
    return plan_reports(survey, **settled.report_options(), by=settled.by, languages=["en"], out=out)


def test_what_a_study_says_of_norms_is_checked_before_a_report_is_made(study, tmp_path) -> None:
    made = planned(study, tmp_path / "out")
    given = made.jobs[0].parameters["norms"]
    assert given == {"norm": str(study.parent / "norms.parquet"), "client": "demo", "date": "2026-02-02"}
    assert "Where you stand" in made.notebooks["en"]
    for wrong in (
        {"file": "nowhere.parquet"},
        {"file": "responses.csv"},
        {"sectors": ["cars"]},
        {"references": [{"factor": "opennes", "mean": 7, "source": "A"}]},
    ):
        text = study.read_text(encoding="utf-8")
        changed(study, **wrong)
        with pytest.raises(ReportError):
            planned(study, tmp_path / "out")
        study.write_text(text, encoding="utf-8")
    for wrong in ({"date": None}, {"country": "Netherlands"}, {"max_age": 0}, {"sector": 3}, {"files": "a"}):
        text = study.read_text(encoding="utf-8")
        changed(study, **wrong)
        with pytest.raises(SurveyError):
            load_study(study)
        study.write_text(text, encoding="utf-8")


def test_a_study_without_a_norm_has_no_such_section(study, tmp_path) -> None:
    content = yaml.safe_load(study.read_text(encoding="utf-8"))
    content["norms"] = {"date": content["norms"]["date"]}  # described, but not compared
    study.write_text(yaml.safe_dump(content), "utf-8")
    made = planned(study, tmp_path / "out")
    assert made.jobs[0].parameters["norms"] == {}
    assert "Where you stand" not in made.notebooks["en"]
