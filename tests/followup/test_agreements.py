"""The sheet of agreements: what it may say, each mistake with its own message, and that nothing written is lost."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import SurveyError
from hpp_analysis.followup.agreements import Agreement, column_labels, numbered, read_agreements
from hpp_analysis.followup.sheet import add_agreements, carry_over, due, number_rows
from hpp_analysis.texts import languages, spoken

DAY = dt.date(2026, 1, 15)
HOW = {"by": "client", "language": "nl", "day": DAY}


@pytest.fixture(scope="module")
def survey() -> hpp.survey.Survey:
    return hpp.simulate_study(
        clients=["Noord", "Zuid"], partners=["Pompen", "Buizen"], persons_per_side=6, waves=2, seed=1
    ).survey


def row(**cells: str) -> dict[str, str]:
    return {"client": "Noord", "wave": "1", "about": "equ3", "agreement": "We decide together.", **cells}


@pytest.mark.parametrize(
    ("cells", "column", "remedy"),
    [
        ({"client": "Nord"}, "client", "Noord"),
        ({"client": ""}, "client", "Noord"),
        ({"wave": "3"}, "wave", ""),
        ({"wave": ""}, "wave", ""),
        ({"about": "equ33"}, "about", "equ3"),
        ({"about": "Opennes"}, "about", "openness"),
        ({"partnership": "Noord – Pomp"}, "partnership", "Pompen"),
        ({"partnership": "Zuid – Pompen"}, "partnership", ""),
        ({"side": "clint"}, "side", "client"),
        ({"status": "dne"}, "status", "done"),
        ({"by_when": "1-3-2026"}, "by_when", "2026-03-31"),
        ({"by_when": "soon"}, "by_when", ""),
        ({"review": "2026-02-30"}, "review", ""),
        ({"agreement": "x" * 2001}, "agreement", ""),
        ({"evidence": "a\u202eb"}, "evidence", ""),
        ({"agreement": "", "status": "done"}, "agreement", ""),
    ],
    ids=str,
)
def test_each_mistake_is_one_error_with_its_place_and_the_way_out(survey, cells, column, remedy) -> None:
    with pytest.raises(SurveyError) as caught:
        read_agreements([row(), row(**cells)], survey)
    (failure,) = caught.value.failures
    assert (failure.row, failure.column) == (2, column)
    assert remedy in failure.remedy


def test_a_proposal_of_reports_divided_otherwise_is_no_mistake_until_somebody_takes_it_up(survey) -> None:
    proposed = row(client="Operations", agreement="")
    assert [one.client for one in read_agreements([row(), proposed], survey)] == ["Noord"]
    with pytest.raises(SurveyError):
        read_agreements([row(), proposed | {"agreement": "We decide together."}], survey)


def test_all_mistakes_come_at_once_and_ids_stand_once(survey) -> None:
    with pytest.raises(SurveyError) as caught:
        read_agreements([row(id="1.A", side="x"), row(id="1.A", about="x"), row(nonsense="1")], survey)
    assert [failure.row for failure in caught.value.failures] == [1, 2, 3, 2]


@pytest.mark.parametrize("code", languages())
def test_names_are_read_in_every_language(survey, code) -> None:
    """What a row is about may be its id, its name in any language, or both as the sheet writes them."""
    names = survey.instrument.names
    for about in ("equ3", names["equ3"][code], f"{names['equ3'][code]} (equ3)", names["equ3"][code].upper()):
        (one,) = read_agreements(
            [row(about=about, side=names["side=client"][code], partnership="Noord – Buizen")], survey
        )
        assert (one.about, one.side, one.status) == ("equ3", "client", "open")


def test_a_sheet_is_read_as_it_was_written_in_every_language(survey, tmp_path) -> None:
    rows = numbered(
        read_agreements([row(side="partner", by_when="2026-03-01"), row(client="Zuid", about="openness")], survey)
    )
    for code in languages():
        path = tmp_path / f"{code}.xlsx"
        add_agreements(path, rows, survey, by="client", language=code, day=DAY)
        read = read_agreements(path, survey)
        assert [one.review for one in read] == ["2026-04-15"] * 2, "ninety days after the day of the report"
        assert [one.plain() | {"review": ""} for one in read] == [one.plain() | {"review": ""} for one in rows]
        assert read_agreements(path, survey, client="Zuid") == read[1:]
        with spoken(code, words=survey.words):
            heads = [cell.value for cell in openpyxl.load_workbook(path).active[3]]
            assert heads == list(column_labels(survey).values())


def test_what_a_person_wrote_stays(survey, tmp_path) -> None:
    """Further runs add rows; cells, looks, columns and sheets of a person's own are as they were."""
    path = tmp_path / "agreements.xlsx"
    add_agreements(path, numbered([Agreement(client="Noord", wave="1", about="equ3")]), survey, **HOW)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    sheet.cell(4, 7).value, sheet.cell(4, 20).value = "=1+1 is text", "my own column"
    sheet.cell(4, 7).data_type = "s"
    sheet.cell(4, 7).font = openpyxl.styles.Font(italic=True)
    book.create_sheet("Mine")["A1"] = "notes"
    book.save(path)
    again = numbered(
        [Agreement(client="Noord", wave="1", about="equ3"), Agreement(client="Noord", wave="2", about="ope1")]
    )
    added = add_agreements(path, again, survey, **HOW)
    assert [one.about for one in added] == ["ope1"], "the point of the first row is there already"
    before = path.read_bytes()
    assert add_agreements(path, again, survey, **HOW) == []
    assert path.read_bytes() == before, "nothing new, nothing written"
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[-1] == "Mine"
    cell = book.worksheets[0].cell(4, 7)
    assert (cell.value, cell.data_type, cell.font.italic) == ("=1+1 is text", "s", True)
    assert book.worksheets[0].cell(4, 20).value == "my own column"
    assert [one.agreement for one in read_agreements(path, survey)] == ["=1+1 is text", ""]


def test_formulas_are_refused(survey, tmp_path) -> None:
    path = tmp_path / "agreements.xlsx"
    add_agreements(path, numbered([Agreement(client="Noord", wave="1", about="equ3")]), survey, **HOW)
    book = openpyxl.load_workbook(path)
    book.active.cell(4, 7).value = '=HYPERLINK("http://example.org")'
    book.save(path)
    with pytest.raises(SurveyError) as caught:
        read_agreements(path, survey)
    assert [(one.row, one.value) for one in caught.value.failures] == [(4, '=HYPERLINK("http://example.org")')]


def test_files_that_hold_no_sheet_are_refused(survey, tmp_path) -> None:
    book = openpyxl.Workbook()
    book.save(tmp_path / "other.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(b"PK")
    for name in ("other.xlsx", "broken.xlsx", "absent.xlsx"):
        with pytest.raises(SurveyError):
            read_agreements(tmp_path / name, survey)


def filled(survey, path: Path) -> list[Agreement]:
    first = numbered(
        [Agreement(client="Noord", wave="1", about="equ3"), Agreement(client="Noord", wave="1", about="ope1")]
    )
    add_agreements(path, first, survey, **HOW)
    return list(read_agreements(path, survey))


def test_what_was_filled_in_elsewhere_is_carried_over_once(survey, tmp_path) -> None:
    path = tmp_path / "agreements.xlsx"
    first, second = filled(survey, path)
    from dataclasses import replace

    rows = [
        replace(first, agreement="We meet.", owner_first="A. Person", status="doing", by_when="2026-03-01"),
        second,
        Agreement(client="Noord", wave="1", agreement="Something else."),
    ]
    assert carry_over(path, rows, survey, **HOW) == (1, 1)
    assert carry_over(path, rows, survey, **HOW) == (0, 0)
    read = read_agreements(path, survey)
    assert (read[0].agreement, read[0].status, read[0].owner_first) == ("We meet.", "doing", "A. Person")
    assert len({one.id for one in read} - {""}) == 3
    before = path.read_bytes()
    with pytest.raises(SurveyError) as caught:
        carry_over(path, [replace(rows[0], agreement="We never meet.", about="equ1")], survey, **HOW, source="x.xlsx")
    assert [one.column for one in caught.value.failures] == ["agreement", "about"]
    assert path.read_bytes() == before


def test_rows_that_a_person_adds_get_an_id(survey, tmp_path) -> None:
    path = tmp_path / "agreements.xlsx"
    filled(survey, path)
    book = openpyxl.load_workbook(path)
    heads = {cell.value: cell.column for cell in book.active[3]}
    book.active.cell(7, heads["Hoort bij"]).value = "Zuid"  # a row is left blank before it
    book.active.cell(7, heads["Meting"]).value = 2
    book.active.cell(7, heads["Wat we afspreken"]).value = "We bellen."
    book.active.cell(7, heads["Wanneer"]).value = dt.datetime(2026, 5, 1)
    book.save(path)
    assert number_rows(path, survey, **HOW) == 1
    assert number_rows(path, survey, **HOW) == 0
    last = read_agreements(path, survey)[-1]
    assert last.id.startswith("2.")
    assert (last.wave, last.by_when, last.review, last.status) == ("2", "2026-05-01", "2026-04-15", "open")


def test_what_is_due_comes_soonest_first() -> None:
    rows = [
        Agreement(agreement="late", by_when="2026-01-10"),
        Agreement(agreement="later", by_when="2026-01-02", status="doing"),
        Agreement(agreement="soon", by_when="2026-01-20"),
        Agreement(agreement="done", by_when="2026-01-02", status="done"),
        Agreement(agreement="look back", review="2026-01-15", owner_first="A"),
        Agreement(agreement="far", by_when="2026-09-01", owner_second="B"),
        Agreement(agreement="whose", by_when="2026-09-01"),
        Agreement(about="equ3"),
    ]
    found = [(why, one.agreement) for why, one in due(rows, DAY)]
    assert found == [
        ("overdue", "later"), ("overdue", "late"), ("review", "look back"), ("due", "soon"), ("nobody", "whose"),
    ]  # fmt: skip


def test_ids_follow_from_what_a_row_is_about() -> None:
    one = Agreement(client="Noord", wave="1", about="equ3", agreement="We meet.")
    first, second = numbered([one, one])
    assert first.id == numbered([one])[0].id != second.id
