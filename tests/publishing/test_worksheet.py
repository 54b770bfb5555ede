"""The worksheet is an empty table in every language."""

import pytest

import hpp_analysis as hpp
from hpp_analysis.display.blocks import TableBlock, from_json, to_json
from hpp_analysis.errors import OptionError
from hpp_analysis.publishing.worksheet import show_worksheet
from hpp_analysis.texts import language, languages


def test_a_worksheet_is_empty_and_survives_the_notebook():
    (block,) = show_worksheet(rows=3).blocks
    assert isinstance(block, TableBlock) and block.form
    assert [row[1:] for row in block.cells] == [[""] * 4] * 3
    assert from_json(to_json([block])) == [block]
    for rows in (0, 21):
        with pytest.raises(OptionError):
            show_worksheet(rows=rows)
    heads = set()
    for code in languages():
        with language(code):
            heads.add(tuple(cell.label for cell in show_worksheet().blocks[0].header))
    assert len(heads) == len(languages())


def test_the_workbook_holds_the_sheet_and_nothing_about_withheld_scores():
    """Proposals and agreements of this wave stand on the page too, what is open of earlier ones in the workbook alone."""
    survey = hpp.simulate_study(
        partners=["Large", "Tiny"], persons_per_side=[[30, 30], [20, 3]], waves=2, seed=3
    ).survey
    cells = hpp.plan_disclosure(survey)
    answers = survey.wave().where(client="Client")
    findings = hpp.findings.key_findings(hpp.publish(hpp.score_scales(answers), cells))
    rows = [
        {"id": "1.A", "wave": "1", "about": "equ3", "agreement": "Open."},
        {"id": "1.B", "wave": "1", "about": "equ1", "agreement": "Ready.", "status": "done"},
        {
            "id": "1.C",
            "wave": "1",
            "about": "con1",
            "side": "partner",
            "partnership": "Client – Tiny",
            "agreement": "Secret.",
        },
        {"id": "2.A", "wave": "2", "about": "ope1", "agreement": "New.", "owner_first": "Ann", "by_when": "2026-05-01"},
        {
            "id": "2.C",
            "wave": "2",
            "about": "con1",
            "side": "partner",
            "partnership": "Client – Tiny",
            "agreement": "Secret.",
        },
        {"id": "2.D", "wave": "2", "agreement": "About no score."},
    ]
    agreed = hpp.followup.read_agreements(rows, survey)
    (page,) = show_worksheet(answers, rows=4, findings=findings, agreements=agreed, cells=cells).blocks
    assert [row[2:] for row in page.cells[:2]] == [["New.", "Ann", "2026-05-01"], ["About no score.", "", ""]]
    assert page.workbook is not None and page.cleared and page.workbook.cleared
    assert [row["id"] for row in page.workbook.values if row.get("agreement")] == ["1.A", "2.A", "2.D"]
    assert "Secret" not in repr(page) and "Tiny" not in repr(page)
    assert from_json(to_json([page])) == [page]
    with pytest.raises(OptionError):
        show_worksheet(answers, agreements=agreed)


def test_a_worksheet_is_about_one_report() -> None:
    survey = hpp.simulate_study(clients=2, waves=2, seed=1).survey
    for several in (survey.wave(), survey.where(client=survey.values("client")[0])):
        with pytest.raises(OptionError, match="one report"):
            show_worksheet(several)
    assert show_worksheet(survey.wave().where(client=survey.values("client")[0])).blocks
