"""The demonstration study is what its script makes, and what its README says."""

from __future__ import annotations

import json
import runpy

import openpyxl
import pandas as pd
import pytest
import yaml

from hpp_analysis.norms import load_norm
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.survey import Survey, read_survey

NORM = {"norms.parquet", "norms_truth.json"}
FILES = {
    "comments.xlsx",
    "responses.csv",
    "hpo.csv",
    "truth.json",
    "study.yaml",
    "plan.yaml",
    "plan.seal.json",
    "agreements.xlsx",
    "README.md",
}
COLUMNS = ["respondent", "organisation", "client", "partner", "side", "role", "wave"]


@pytest.fixture(scope="module")
def demo(root):
    return root / "data" / "demo"


@pytest.fixture(scope="module")
def survey(demo) -> Survey:
    return read_survey(demo / "responses.csv", instrument="hpp")


@pytest.fixture(scope="module")
def truth(demo) -> dict:
    return json.loads((demo / "truth.json").read_text(encoding="utf-8"))


def test_the_script_makes_the_same_bytes(root, demo, tmp_path):
    runpy.run_path(str(root / "data" / "make_demo.py"))["main"](["--out", str(tmp_path / "new")])
    made = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    sheets = [folder / "agreements.xlsx" for folder in (tmp_path / "new", demo)]
    kept = {path.name for path in demo.iterdir() if not path.name.endswith(".ledger.json")}  # a run leaves one
    assert set(made) == FILES == kept - NORM
    rows = [[*book.active.iter_rows(values_only=True)] for book in map(openpyxl.load_workbook, sheets)]
    assert rows[0] == rows[1], "agreements.xlsx is not what data/make_demo.py makes; run it"
    for name, content in made.items():
        if name.endswith(".xlsx"):  # its bytes depend on the library that packs it
            continue
        # plain comparison: pytest would spell out the difference of two large files
        same = content == (demo / name).read_bytes()
        assert same, f"{name} is not what data/make_demo.py makes; run it"
        assert b"\r" not in content or name.endswith(".xlsx")
    assert sum(map(len, made.values())) < 400_000


def test_the_script_makes_the_same_norm(root, demo, tmp_path):
    """The numbers, not the bytes: Parquet files name the version of the library that wrote them."""
    runpy.run_path(str(root / "data" / "make_norms.py"))["main"](["--out", str(tmp_path)])
    made, kept = (load_norm(folder / "norms.parquet") for folder in (tmp_path, demo))
    assert made.contributions == kept.contributions
    assert made.cells.equals(kept.cells)
    assert kept.simulated
    assert (tmp_path / "norms_truth.json").read_bytes() == (demo / "norms_truth.json").read_bytes()


def test_the_answers_read_without_a_problem(survey):
    instrument = load_instrument("hpp")
    assert list(survey.respondents)[: len(COLUMNS)] == COLUMNS
    assert list(survey.items) == [item.id for item in instrument.items]
    assert survey.unknown_columns == ()
    assert 380 <= survey.n_persons <= 420
    assert survey.values("client") == ("DemoCable",)
    assert set(survey.values("wave")) == {"1", "2"}
    assert set(survey.values("role")) == {"manager", "employee"}
    assert set(survey.values("partner")) == {
        "Alfa Networks",
        "Bravo Cabling",
        "Charlie Field Services",
        "Delta Systems",
    }
    assert not (survey.respondents == "").any(axis=None)
    assert survey.respondents["respondent"].str.fullmatch(r"R\d{3}").all()


def test_groups_are_of_the_sizes_that_reports_have_to_cope_with(survey):
    persons = survey.respondents.groupby(["partner", "side", "wave"])["respondent"].nunique()
    assert persons["Alfa Networks", "partner"].min() > 90
    assert persons["Charlie Field Services", "partner"].between(6, 8).all()
    assert persons["Delta Systems", "partner", "2"] in (3, 4)
    assert persons["Delta Systems", "partner", "1"] >= 10
    assert persons.xs("client", level="side").min() >= 20


def test_some_people_rate_several_partnerships_and_some_answer_twice(survey):
    who = survey.respondents
    rated = who[who["wave"] == "1"].groupby("respondent")["partner"].nunique()
    assert (rated > 1).sum() >= 15
    assert rated.max() >= 3
    assert (who.groupby("respondent")["wave"].nunique() == 2).mean() > 0.3
    assert (who.groupby("respondent")["organisation"].nunique() == 1).all()
    assert set(who.loc[who["side"] == "client", "organisation"]) == {"DemoCable"}


def test_answers_are_believable(survey):
    dont_know = (survey.reasons == "dont_know").mean()
    assert dont_know.max() < 0.15
    assert 0.02 < dont_know.mean() < 0.08
    sides = survey.respondents["side"]
    by_side = [(survey.reasons[sides == side] == "dont_know").mean() for side in ("client", "partner")]
    assert (by_side[0] - by_side[1]).abs().max() > 0.05
    assert 0.01 < (survey.reasons == "skipped").to_numpy().mean() < 0.03
    assert survey.items.mean().between(6, 8).all()
    assert (survey.items.skew() < 0).all()
    partnerships = survey.items.mean(axis=1).groupby(survey.respondents["partner"]).mean()
    assert partnerships.idxmin() == "Bravo Cabling"
    assert partnerships.max() - partnerships.min() > 1


def test_hpo_is_one_row_a_person_and_wave(demo, survey):
    hpo = read_survey(demo / "hpo.csv", instrument="hpo")
    assert not hpo.respondents.duplicated(["respondent", "wave"]).any()
    key = ["respondent", "organisation", "role", "wave"]
    pd.testing.assert_frame_equal(
        hpo.respondents[key].sort_values(["wave", "respondent"], ignore_index=True),
        survey.respondents[key].drop_duplicates().sort_values(["wave", "respondent"], ignore_index=True),
    )


def test_the_truth_fits_the_answers(survey, truth):
    assert truth["gaps"]["1"]["conflict_management"] == 0
    assert truth["gaps"]["1"]["equality"] > 0.5
    assert truth["changes"]["2"]["openness"] > 0.2
    assert set(truth["style"]) == set(survey.persons)
    straight = [person for person, kind in truth["careless"].items() if kind == "straight"]
    own = survey.items[survey.persons.isin(straight)]
    assert len(straight) >= 3
    assert (own.nunique(axis=1) == 1).all()
    means = pd.DataFrame(truth["means"]).set_index(["wave", "partner", "side"])["openness"]
    groups = survey["openness"].mean(axis=1).groupby([survey.respondents[c] for c in means.index.names])
    # the largest of 16 differences, some of 4 persons, and 3 % careless answers: within 3.5 standard errors
    assert ((groups.mean() - means).abs() / groups.sem()).max() < 3.5


def test_the_study_file_says_that_it_is_simulated(demo):
    study = yaml.safe_load((demo / "study.yaml").read_text(encoding="utf-8"))
    assert study["name"] == "demo"
    assert study["responses"] == ["responses.csv"]
    assert study["instrument"] == "hpp"
    assert study["by"] == "client"
    assert study["languages"] == ["nl", "en"]
    assert set(study["title"]) == set(study["note"]) == {"nl", "en"}
    assert "Simulated" in study["note"]["en"]
    assert "Gesimuleerd" in study["note"]["nl"]
    readme = (demo / "README.md").read_text(encoding="utf-8")
    assert "no real persons" in readme
