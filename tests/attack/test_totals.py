"""Reports that show the organisation's total beside their own numbers tell no more of small groups than without it."""

from __future__ import annotations

import pytest

from tests.attack.attacked import _run, attack
from tests.attack.knowing import know
from tests.attack.studies import WITH_TOTALS, random_study
from tests.attack.twins import differences, twin_of

SEEDS = range(WITH_TOTALS, WITH_TOTALS + 2)


def test_departments_of_every_size_and_clients_have_totals():
    studies = [random_study(WITH_TOTALS + place) for place in range(12)]
    assert all(study.total for study in studies)
    sizes = [
        size for one in studies if one.departments for size in one.answers.groupby(["partner", "wave"]).size().tolist()
    ]
    assert {size < 5 for size in sizes} == {size < 10 for size in sizes} == {True, False}
    assert any(not study.departments for study in studies)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_learnt_from_totals(seed, tmp_path):
    found = attack(seed, tmp_path, quick=True)
    assert list(found.problems()) == []
    assert found.changed  # the twin is another study


def test_a_total_of_all_answers_would_be_found(tmp_path, root):
    """The total of everybody less the departments that are shown is what the small one answered."""
    study = random_study(WITH_TOTALS)
    notebook = tmp_path / "leaky.ipynb"
    text = (root / "notebooks" / "client_report.ipynb").read_text(encoding="utf-8")
    for verb in ("score_scales", "describe"):
        text = text.replace(f"hpp.publish(hpp.{verb}(survey.wave(wave)", f"leak(hpp.{verb}(survey.wave(wave)")
    leak = (
        "def leak(result, _plan):\\n",
        "    import dataclasses\\n",
        "    empty = dict(state='full', why='', coarse=False, end='')\\n",
        "    return dataclasses.replace(result, table=result.table.assign(**empty), published=True)\\n",
        "\\n",
    )
    cell = '    "import hpp_analysis as hpp\\n",\n'
    assert text.count(cell) == 1
    notebook.write_text(text.replace(cell, "".join(f'    "{line}",\n' for line in leak) + cell), encoding="utf-8")
    options = ("--formats", "xlsx", "--notebook", str(notebook))
    reports = _run(study, tmp_path / "study", *options)
    knowledge = know(study, reports, wholes=False)
    knowledge.puzzle.solve()
    _run(twin_of(study, knowledge, 1), tmp_path / "twin", *options)
    differ = differences(tmp_path / "study" / "run0", tmp_path / "twin" / "run0")
    assert {"scores_total.total", "characteristics_total.total"} & differ
