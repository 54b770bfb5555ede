"""Everything that can be checked before a run is, and told at once."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hpp_analysis import read_survey, simulate_study, texts
from hpp_analysis.errors import ReportError
from hpp_analysis.report.notebook.nodes import parse
from hpp_analysis.report.notebook.notebooks import PLACE, localised, packaged_notebook, read_notebook
from hpp_analysis.report.notebook.parameters import RUN_PARAMETERS, parameters_of, public_parameters
from hpp_analysis.report.run.plan import ReportPlan, plan_reports
from tests.report.conftest import HOSTILE, PARAMETERS, code, prose

Plan = Callable[..., ReportPlan]


@pytest.fixture(scope="module")
def answers(export_of: Callable[..., Path]) -> Path:
    return export_of("Alfa", "Bravo", *HOSTILE, waves=2)


@pytest.fixture
def plan(answers: Path, small_notebook: Path, tmp_path: Path) -> Plan:
    survey = read_survey(answers, instrument="hpp")

    def make(**options: Any) -> ReportPlan:
        usual = {"responses": [answers], "instrument": "hpp", "languages": ["en"], "out": tmp_path / "out"}
        return plan_reports(survey, **(usual | {"notebook": small_notebook} | options))

    return make


@pytest.fixture
def dutch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Dutch catalogue that knows three messages."""
    entries = {"A small report": "Een klein verslag", "The numbers": "De getallen", "One paragraph.": "Een alinea."}
    head = 'msgid ""\nmsgstr "Language: nl\\nContent-Type: text/plain; charset=utf-8\\n"\n'
    body = "".join(f'\nmsgid "{source}"\nmsgstr "{target}"\n' for source, target in entries.items())
    (tmp_path / "nl.po").write_text(head + body, encoding="utf-8")
    monkeypatch.setattr(texts, "FOLDER", tmp_path)
    texts._catalogue.cache_clear()
    yield
    texts._catalogue.cache_clear()


def problems(plan: Plan, **options: Any) -> list[str]:
    with pytest.raises(ReportError) as caught:
        plan(**options)
    return [str(failure) for failure in caught.value.failures]


def test_a_job_per_client_and_language(plan: Plan, answers: Path, dutch: None) -> None:
    made = plan(languages=["en", "nl"], note={"en": "N", "nl": "O"}, parameters={"level": 0.9})
    assert [(job.client, job.language) for job in made.jobs] == [
        (client, language)
        for client in read_survey(answers, instrument="hpp").wave("2").values("client")
        for language in ("en", "nl")
    ]
    job = made.jobs[1]
    assert set(job.parameters) == {*RUN_PARAMETERS, "level"}
    assert job.parameters["responses"] == [str(answers)]
    assert (job.parameters["note"], job.parameters["language"]) == ("O", "nl")
    assert len({job.folder for job in made.jobs}) == len(made.jobs)
    assert not any(".." in job.folder.parts or job.folder.is_absolute() for job in made.jobs)
    assert not made.out.exists(), "a plan writes nothing"


def test_all_problems_at_once(plan: Plan) -> None:
    found = problems(
        plan,
        languages=["en", "en", "xx"],
        formats=["html", "odt"],
        only=["Alfo"],
        wave="3",
        parameters={"levl": 0.9, "rounds": "many", "client": "Alfa"},
        note={"en": "N"},
    )
    for part in [
        "'odt'",
        "'xx'",
        "Did you mean 'Alfa'?",
        "value '3'",
        "Did you mean 'level'?",
        "'many'",
        "client=Alfa",
    ]:
        assert any(part in problem for problem in found), part
    assert any("only once" in problem for problem in found)
    assert any("note" in problem for problem in found)


@pytest.mark.parametrize("options", [{"languages": []}, {"formats": []}, {"by": "clint"}, {"by": "equ1"}])
def test_what_makes_no_reports_is_refused(plan: Plan, options: dict[str, Any]) -> None:
    assert len(problems(plan, **options)) == 1


def test_the_nearest_column_is_suggested(plan: Plan) -> None:
    assert "Did you mean 'client'?" in problems(plan, by="clint")[0]


def test_a_file_is_no_folder_for_reports(plan: Plan, answers: Path) -> None:
    assert "folder" in problems(plan, out=answers)[0]


def test_clients_without_ratings_in_the_wave_are_noted(answers: Path, small_notebook: Path, tmp_path: Path) -> None:
    survey = read_survey(answers, instrument="hpp")
    gone = survey.keep((survey.respondents["client"] != "Alfa") | (survey.respondents["wave"] == "1"), "a test")
    usual: dict[str, Any] = {"responses": [answers], "instrument": "hpp", "languages": ["en"], "out": tmp_path}
    made = plan_reports(gone, notebook=small_notebook, **usual)
    assert "Alfa" not in {job.client for job in made.jobs}
    assert any("'Alfa'" in note for note in made.notes)
    with pytest.raises(ReportError, match="'Alfa'"):
        plan_reports(gone, notebook=small_notebook, only=["Alfa"], **usual)
    first = plan_reports(gone, notebook=small_notebook, only=["Alfa"], wave="1", **usual)
    assert [job.client for job in first.jobs] == ["Alfa"]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ({"level": "0.5"}, 0.5),
        ({"level": 1}, 1),
        ({"rounds": "7"}, 7),
        ({"names": "[a, b]"}, ["a", "b"]),
        ({"label": "007"}, "007"),
    ],
)
def test_texts_are_read_as_the_type_of_the_default(plan: Plan, given: dict[str, Any], read: Any) -> None:
    (name,) = given
    assert plan(parameters=given).jobs[0].parameters[name] == read


@pytest.mark.parametrize(
    "given", [{"level": "high"}, {"rounds": 2.5}, {"rounds": True}, {"label": 3}, {"names": "a"}, {"names": [object()]}]
)
def test_values_of_another_type_are_refused(plan: Plan, given: dict[str, Any]) -> None:
    assert len(problems(plan, parameters=given)) == 1


def test_parameters_are_read_as_python_reads_them() -> None:
    found = parameters_of(PARAMETERS + "x: int = 1 + 1\ny = (\n  2,\n)\nprint(1)\nz = None\n")
    assert found["label"].default == "a = b # c"
    assert found["x"].type is None
    assert found["z"].type is None
    assert found["y"].default == (2,)
    assert "print" not in found


@pytest.mark.parametrize(
    "cells",
    [
        [code("1")],
        [code(PARAMETERS, "parameters"), code(PARAMETERS, "parameters")],
        [code(PARAMETERS.replace('wave = ""', ""), "parameters")],
        [code(PARAMETERS.replace('wave = ""', "wave = 1"), "parameters")],
        [code("%time x = 1", "parameters")],
    ],
)
def test_notebooks_that_take_no_parameters_are_refused(
    plan: Plan, write_notebook: Callable[..., Path], tmp_path: Path, cells: list[Any]
) -> None:
    assert len(problems(plan, notebook=write_notebook(tmp_path / "n.ipynb", *cells))) == 1


@pytest.mark.parametrize(
    "text", [None, "", "{}", "[1]", '{"nbformat": 4, "nbformat_minor": 5, "cells": 1, "metadata": {}}']
)
def test_what_is_no_notebook_is_refused(plan: Plan, tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "n.ipynb"
    if text is not None:
        path.write_text(text)
    assert "n.ipynb" in problems(plan, notebook=path)[0]


def test_prose_is_translated_and_own_prose_kept(
    write_notebook: Callable[..., Path], tmp_path: Path, dutch: None
) -> None:
    path = write_notebook(
        tmp_path / "n.ipynb",
        prose("# A small report\n\nOne\nparagraph."),
        prose("Alleen hier.", "lang-nl"),
        prose("Only here.", "lang-en"),
        code(PARAMETERS, "parameters"),
    )
    notebook = read_notebook(path)
    assert [cell.source for cell in localised(notebook, "nl").cells[:-1]] == [
        "# Een klein verslag\n\nEen alinea.",
        "Alleen hier.",
    ]
    english = localised(notebook, "en")
    assert [cell.source for cell in english.cells[:-1]] == ["# A small report\n\nOne\nparagraph.", "Only here."]
    assert english.cells[-1].metadata[PLACE] == 3
    assert PLACE not in notebook.cells[-1].metadata


def test_paragraphs_without_translation_are_found_before_the_run(
    plan: Plan, write_notebook: Callable[..., Path], tmp_path: Path, dutch: None
) -> None:
    path = write_notebook(
        tmp_path / "n.ipynb",
        prose("# A small report\n\nNobody translated this."),
        prose("- Nor this."),
        prose("Only here.", "lang-en"),
        code(PARAMETERS, "parameters"),
    )
    found = problems(plan, notebook=path, languages=["en", "nl"])
    assert len(found) == 2
    assert "n.ipynb" in found[0] and "cell 1" in found[0] and "'Nobody translated this.'" in found[0]
    assert "cell 2" in found[1]
    plan(notebook=path, languages=["en"])


def test_the_packaged_notebook_takes_what_a_run_gives(plan: Plan) -> None:
    path = packaged_notebook()
    assert path.name == "client_report.ipynb"
    made = plan(notebook=None)
    assert made.notebook == path
    assert all(job.parameters["plan"] == "" for job in made.jobs), "not the plan that the notebook has for itself"


def test_answers_about_no_partnership_leave_out_what_compares_sides(tmp_path: Path) -> None:
    """Asked once a person about the own organisation: there are neither sides nor partnerships to speak of."""
    survey = simulate_study(partners=2, seed=1).hpo_survey
    assert survey is not None
    made = plan_reports(
        survey, responses=[], instrument="hpo", by="organisation", languages=["en", "nl"], out=tmp_path / "out"
    )
    assert "partner_gaps" not in made.notebooks["en"] and "score_scales" in made.notebooks["en"]
    for word in ("partnership", "one side", "both sides"):
        prose = [cell.source for cell in parse(made.notebooks["en"]).cells if cell.cell_type == "markdown"]
        assert not any(word in text for text in prose), word


def test_answers_of_one_side_about_partnerships_say_so(tmp_path: Path) -> None:
    survey = simulate_study(partners=2, seed=1).survey.where(side="client")
    one_side = dataclasses.replace(survey, respondents=survey.respondents.drop(columns="side"))
    made = plan_reports(one_side, responses=[], instrument="hpp", languages=["en", "nl"], out=tmp_path)
    assert "partner_gaps" not in made.notebooks["en"]
    assert "come from one side only" in made.notebooks["en"]
    assert "van één kant" in made.notebooks["nl"]


def test_answers_of_two_sides_keep_every_cell(plan: Plan) -> None:
    made = plan(notebook=packaged_notebook())
    assert "partner_gaps" in made.notebooks["en"] and "one side only" not in made.notebooks["en"]


def test_all_waves_make_a_report_each(plan: Plan) -> None:
    made = plan(wave="all", only=["Alfa"])
    assert [(job.client, job.parameters["client"], job.parameters["wave"]) for job in made.jobs] == [
        ("Alfa, 1", "Alfa", "1"),
        ("Alfa, 2", "Alfa", "2"),
    ]
    assert len({job.slug for job in made.jobs}) == 2


def test_a_mapping_goes_to_notebooks_that_take_it(plan: Plan) -> None:
    mapping = [{"columns": {"client": {"value": "Alfa"}}}]
    assert plan(notebook=packaged_notebook(), mapping=mapping).jobs[0].parameters["mapping"] == mapping
    with pytest.raises(ReportError, match="takes no parameter 'mapping'"):
        plan(mapping=mapping)


def test_names_that_look_alike_are_told_and_never_joined(plan: Plan, answers: Path, small_notebook: Path) -> None:
    survey = read_survey(answers, instrument="hpp")
    renamed = survey.respondents.assign(client=survey.respondents["client"].replace({"Bravo": "alfa BV"}))
    other = dataclasses.replace(survey, respondents=renamed)
    made = plan_reports(
        other, responses=[answers], instrument="hpp", by="client", languages=["en"], out="out", notebook=small_notebook
    )
    (told,) = [note for note in made.notes if "look alike" in note]
    assert "'Alfa'" in told
    assert "'alfa BV'" in told
    assert {"Alfa", "alfa BV"} <= {job.client for job in made.jobs}
    assert not any("look alike" in note for note in plan().notes)


def test_an_overview_comes_first_and_knows_no_plan_of_one_client(plan: Plan) -> None:
    made = plan(overview=True, title={"en": "A study"}, parameters={"level": 0.9})
    (above,) = [job for job in made.jobs if job.kind == "overview"]
    assert made.jobs[0] is above
    assert (above.slug, above.client, above.parameters["client"]) == ("overview", "A study", "A study")
    assert "level" not in above.parameters
    assert set(made.overviews) == {"en"}
    waves = plan(overview=True, wave="all")
    slugs = [job.slug for job in waves.jobs if job.kind == "overview"]
    assert len(set(slugs)) == 2 and all(slug.startswith("overview-") for slug in slugs)
    assert not plan().overviews


def test_what_a_study_lacks_is_said_too(answers: Path, tmp_path: Path) -> None:
    """The defaults of the packaged notebook are of the demonstration study: no other study may get them."""
    survey = read_survey(answers, instrument="hpp")
    made = plan_reports(survey, responses=[answers], instrument="hpp", languages=["en"], out=tmp_path / "out")
    given = made.jobs[0].parameters
    assert (given["mapping"], given["plan"], given.get("invited", [])) == ([], "", [])


def test_kept_parameters_name_no_other_client_and_no_folder() -> None:
    given = {
        "responses": ["/home/me/Secret Holding.csv", "/home/me/b.csv"],
        "mapping": [{"columns": {"client": {"value": "Acme"}}}, {"columns": {"client": {"value": "Secret Holding"}}}],
        "instrument": "/home/me/own.yaml",
        "client": "Acme",
        "note": "As in /report/1",
        "look": {"file": "C:\\Users\\me\\logo.svg", "sizes": [1, "/srv/x/y.txt"], "/srv/key": None},
    }
    kept = public_parameters(given)
    assert (
        "Secret" not in str(kept) and "/home" not in str(kept) and "Users" not in str(kept) and "srv" not in str(kept)
    )
    assert (kept["client"], kept["note"], kept["instrument"]) == ("Acme", "As in /report/1", "own.yaml")
    assert kept["look"] == {"file": "logo.svg", "sizes": [1, "y.txt"], "key": None}
    assert given["mapping"][1] == {"columns": {"client": {"value": "Secret Holding"}}}, "what was given stays"
