"""The audit trail counts what was changed, of a selection only what tells of no small group."""

import pytest

from hpp_analysis import plan_disclosure, read_survey, simulate_study
from hpp_analysis.publishing import show_audit_trail
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import language


@pytest.fixture(scope="module")
def survey() -> Survey:
    study = simulate_study(partners=2, persons_per_side=[[20, 20], [20, 3]], dont_know=0.2, seed=1)
    return read_survey(study.frame().assign(remark="hello"), instrument="hpp")


def test_a_selection_counts_its_large_groups_only(survey: Survey) -> None:
    client = survey.where(client=survey.values("client")[0])
    counts = {
        row["reason"]: row["cells"] for row in show_audit_trail(client, cells=plan_disclosure(survey)).blocks[0].values
    }
    sizes = client.persons.groupby([client.respondents["partnership"], client.respondents["side"]]).transform("nunique")
    assert counts["dont_know"] == (client.reasons[sizes >= 10] == "dont_know").to_numpy().sum()
    assert counts["dont_know"] < (client.reasons == "dont_know").to_numpy().sum()
    assert counts["unknown_column"] is None


def test_headings_and_reasons_are_translated(survey: Survey) -> None:
    said = {}
    for code in ("en", "nl"):
        with language(code):
            (block,) = show_audit_trail(survey).blocks
        said[code] = {cell.label for cell in block.header} | {row[0] for row in block.cells} | {block.caption}
    assert not said["en"] & said["nl"]
