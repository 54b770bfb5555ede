"""The notebooks run on a study of one side with a questionnaire of its own, in one language, without a line.

The cells run in this process, one after the other as in a kernel, which saves starting one for each notebook.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest
import yaml

import hpp_analysis as hpp
from hpp_analysis.report.notebook.notebooks import fitting, localised
from hpp_analysis.report.notebook.parameters import parameters_cells, parameters_of
from hpp_analysis.texts import current_language

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
FACTORS = {"climate": "Werkklimaat", "leading": "Leiding", "freedom": "Eigen regie"}
LAST = ["0_start_here", "1_data_quality", "2_scale_development", "3_scale_validation", "4_partner_gaps", "5_drivers", "7_plan_the_next_wave", "client_report", "study_report"]  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty persons of three departments, twelve Dutch items from 1 to 5; neither sides nor partnerships."""
    folder = tmp_path_factory.mktemp("one_sided")
    items = [
        {"id": f"{factor}{n}", "factor": factor, "text": {"nl": f"{name}, vraag {n}"}, "label": {"nl": f"{name} {n}"}}
        for factor, name in FACTORS.items()
        for n in range(1, 5)
    ]  # fmt: skip
    questionnaire = {
        "name": "work", "version": "1", "unit": "person", "title": {"nl": "Werkbeleving"},
        "description": {"nl": "Hoe mensen hun werk beleven."}, "source": {"nl": "Eigen vragen."},
        "scale": {"min": 1, "max": 5, "labels": {1: {"nl": "helemaal oneens"}, 5: {"nl": "helemaal eens"}}},
        "columns": [
            {"id": "respondent", "text": {"nl": "Deelnemer"}, "headers": ["nummer"]},
            {"id": "department", "text": {"nl": "Afdeling"}, "headers": ["afdeling"]},
        ],
        "factors": [{"id": one, "name": {"nl": name}, "description": {"nl": name}} for one, name in FACTORS.items()],
        "items": items,
    }  # fmt: skip
    (folder / "work.yaml").write_text(yaml.safe_dump(questionnaire, allow_unicode=True), encoding="utf-8")
    rng = np.random.default_rng(4)
    factors = 0.5 * rng.normal(size=(60, 1)) + rng.normal(size=(60, 3))
    values = 0.8 * np.repeat(factors, 4, axis=1) + 0.6 * rng.normal(size=(60, 12))
    frame = pd.DataFrame(np.clip(np.round(3 + values), 1, 5).astype(int), columns=[one["text"]["nl"] for one in items])
    frame.insert(0, "afdeling", np.resize(["Inkoop", "Verkoop", "Techniek"], 60))
    frame.insert(0, "nummer", [f"p{n}" for n in range(60)])
    frame.to_csv(folder / "answers.csv", index=False)
    told = {
        "name": "work",
        "instrument": "work.yaml",
        "responses": ["answers.csv"],
        "title": {"nl": "Werkbeleving"},
        "by": "department",
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    return folder


def given(notebook: str, study: Path) -> dict[str, Any]:
    """What each notebook is told of the study: where the answers are, and no more draws than needed."""
    answers = {"responses": str(study / "answers.csv"), "instrument": str(study / "work.yaml")}
    report = {**answers, "responses": [answers["responses"]], "by": "department", "plan": "", "language": "nl"}
    return {
        "0_start_here": answers,
        "1_data_quality": {**answers, "by": "department"},
        "2_scale_development": {**answers, "n_boot": 100, "n_samples": 10},
        "3_scale_validation": {**answers, "n_boot": 100},
        "4_partner_gaps": {"study": str(study / "study.yaml"), "group": "department", "threshold": 4.0},
        "5_drivers": {**answers, "hpo_responses": "", "outcome": "freedom", "n_boot": 100},
        "7_plan_the_next_wave": {"study": str(study / "study.yaml"), "persons": [20], "n_sim": 40},
        "client_report": {**report, "client": "Inkoop", "invited": [], "agreements": [], "breakdowns": []},
        "study_report": {**report, "client": "Werkbeleving", "breakdowns": []},
    }[notebook]


def run(notebook: nbformat.NotebookNode, parameters: dict[str, Any]) -> Iterator[Any]:
    """What the cells of a notebook show, in order."""
    shown: list[Any] = []
    names: dict[str, Any] = {"display": shown.append, "print": lambda *said: shown.extend(map(str, said))}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        body = ast.parse(cell.source).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), cell.id, "exec"), names)
        if "parameters" in cell.metadata.get("tags", []):
            names.update(parameters)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), cell.id, "eval"), names)
            shown += [] if value is None else [value]
    for one in shown:
        yield one if isinstance(one, str) else repr(one)
        if hasattr(one, "_repr_mimebundle_"):
            one._repr_mimebundle_()


@pytest.mark.parametrize("name", LAST)
def test_a_notebook_runs_on_a_study_of_one_side(name: str, study: Path) -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    known = parameters_of(parameters_cells(notebook)[0][1])
    parameters = given(name, study)
    assert set(parameters) <= set(known)
    if "report" in name:  # as a run makes it of these answers
        survey = hpp.read_survey(study / "answers.csv", instrument=study / "work.yaml")
        notebook = localised(fitting(notebook, survey), "nl")
    with hpp.language(current_language()):  # what a notebook sets ends here
        said = list(run(notebook, parameters))
    plt.close("all")
    whole = "\n".join(said)
    assert "Werkklimaat" in whole or name == "7_plan_the_next_wave"  # a plan is not about single factors
    if name == "client_report":
        prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
        text = " ".join(said + prose)
        found = re.findall(r"(?i)\b\S*(?:samenwerking|beoordeling|norm\b|idee)\S*|\bkant(?:en)?\b|organisaties\b", text)
        assert set(found) <= {"organisaties"}, found  # "and does not say how other organisations would score"
        assert "Students t" in text  # the methods are among what was read
        assert "personen deden mee." in text and "gaven samen" not in text
    if name == "7_plan_the_next_wave":
        dutch = [one for one in said if re.search(r"\b(?:het|een|van)\b", one)]
        assert "groep" in whole and not re.findall(r"(?i)samenwerking|één kant", " ".join(dutch))
    if name in ("0_start_here", "4_partner_gaps"):
        assert "one side only" in whole
    if name == "3_scale_validation":
        assert "no column 'side'" in whole


def test_every_notebook_that_takes_answers_is_tried() -> None:
    taking = {
        path.stem
        for path in NOTEBOOKS.glob("*.ipynb")
        if {"responses", "study"} & set(parameters_of(parameters_cells(nbformat.read(path, as_version=4))[0][1]))
    }
    assert taking - {"8_comments_and_norms"} == set(LAST)  # it is about what this study has not
