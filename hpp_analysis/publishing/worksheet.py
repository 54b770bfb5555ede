"""The page that a workshop writes on: what is agreed, by whom, and by when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hpp_analysis.common.result import Shown
from hpp_analysis.common.who import Who
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.blocks import HeaderCell, TableBlock
from hpp_analysis.errors import OptionError
from hpp_analysis.findings.key_findings import KeyFindings
from hpp_analysis.followup.agreements import Agreement, cells_of_point, column_labels, name_of, new_id, row_texts
from hpp_analysis.options import checked, names_in
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import spoken

NAME = "worksheet"
_MOST_ROWS = 20
_MOST_PROPOSED = 3


@checked
def show_worksheet(
    data: Survey | None = None,
    *,
    rows: int = 8,
    findings: KeyFindings | None = None,
    agreements: Sequence[Agreement] = (),
    cells: Cells | None = None,
    by: str = "client",
) -> Shown:
    """A table to write in, on paper or in the workbook.

    Parameters
    ----------
    data : Survey, optional
        The answers of the report. With them the workbook holds the whole sheet of agreements, as `read_agreements` reads it;
        without them the page alone, empty.
    rows : int
        How many points there is room for at least; 1 to 20.
    findings : KeyFindings, optional
        What page one says to do first: the points that are proposed. For a report, published.
    agreements : sequence of Agreement
        What was agreed already. What is open of earlier waves stands in the workbook only.
    cells : Cells, optional
        The plan of the whole run, needed with agreements: those about scores that may not be shown are left out.
    by : str
        The column that makes the reports.

    Returns
    -------
    Shown
        A table block whose cells are empty but for what is proposed or agreed.

    Examples
    --------
    >>> len(show_worksheet(rows=4).blocks[0].cells)
    4
    """
    if not 1 <= rows <= _MOST_ROWS:
        raise OptionError(f"`rows` must be 1 to {_MOST_ROWS}. Given: {rows}. Ask for fewer.")
    if data is None:
        return Shown((_page([], rows, lambda _one: ""),))
    names_in(by, data.respondents, "by")
    if agreements and cells is None:
        raise OptionError(
            "Agreements must stand with `cells`, which say of which scores they may speak. Given: none. "
            "Pass the result of plan_disclosure(survey)."
        )
    with spoken(None, data.instrument.languages, data.words):
        wave = _only(data, "wave") if "wave" in data.respondents else ""
        client = _only(data, by)
        speakable = [one for one in agreements if one.agreement and may_be_told(one, data, cells, client, wave, by=by)]
        now = [one for one in speakable if one.wave == wave]
        still_open = [
            one for one in speakable if wave_order(one.wave) < wave_order(wave) and one.status in ("open", "doing")
        ]
        if findings is not None:
            known = {one.point for one in now}
            now += [one for one in _proposed(findings, client, wave) if one.point not in known]
        blank = [Agreement(client=client, wave=wave) for _row in range(rows)]
        page = _page(now, rows, lambda one: _point(data, one, findings))
        cleared = findings is None or findings.published
        return Shown((replace(page, cleared=cleared, workbook=_sheet([*still_open, *now, *blank], data, cleared)),))


def _only(data: Survey, column: str) -> str:
    """The one value that the answers of a report have."""
    value, *others = data.values(column)
    if others:
        raise OptionError(
            f"`data` must be the answers of one report. Given: {1 + len(others)} values of {column!r}. Select one of them: "
            f"survey.where({column}={value!r})."
        )
    return value


def may_be_told(
    one: Agreement, data: Survey, cells: Cells | None, client: str, wave: str, *, by: str = "client"
) -> bool:
    """Whether a report may speak of an agreement: what it is about may be shown, then and now.

    Whoever knows all numbers might have chosen a point because it is low.

    Parameters
    ----------
    one : Agreement
    data : Survey
        Answers of the study.
    cells : Cells or None
        The plan of the run; without one, only agreements about no score may be told.
    client, wave : str
        Of the report.
    by : str
        The column that makes the reports.
    """
    if not one.about:
        return True
    if cells is None:
        return False
    sides = data.values("side") if "side" in data.respondents else ()
    who = {"partnership": one.partnership, "side": one.side}
    has_waves = any("wave" in dict(key) for key in cells.keys)

    def states(of: str) -> set[str]:
        keys = cells_of_point(who, one.about, {by: client}, sides, (of if has_waves else "",))
        return {cells.state(*key) for key in keys}

    shown = {"full", "mean_only"}
    return states(one.wave) <= shown and states(wave) <= {*shown, "empty"}


def _page(agreements: Sequence[Agreement], rows: int, point: Any) -> TableBlock:
    header = [
        HeaderCell("place", _("No."), "text"),
        HeaderCell("point", _("What we talk about"), "text"),
        HeaderCell("agreed", _("What we agree"), "text"),
        HeaderCell("owner", _("Who"), "text"),
        HeaderCell("date", _("By when"), "text"),
    ]
    names = [cell.name for cell in header]
    filled = [
        [point(one), one.agreement, ", ".join(filter(None, (one.owner_first, one.owner_second))), one.by_when]
        for one in agreements[:_MOST_ROWS]
    ]
    filled += [[""] * 4 for _row in range(rows - len(filled))]
    cells = [[str(place), *texts] for place, texts in enumerate(filled, 1)]
    values = [dict(zip(names, [row[0], *(text or None for text in row[1:])], strict=True)) for row in cells]
    return TableBlock(NAME, _("Our points"), header, cells, values, [], 1, form=True, cleared=True)


def _sheet(agreements: Sequence[Agreement], data: Survey, cleared: bool) -> TableBlock:
    """The sheet of agreements of one report."""
    labels = column_labels(data)
    cells = [list(row_texts(one, data, labels)) for one in agreements]
    values = [{**dict.fromkeys(labels), **one.plain()} for one in agreements]
    header = [HeaderCell(name, label, "text") for name, label in labels.items()]
    return TableBlock(f"{NAME}_sheet", _("Our points"), header, cells, values, [], 1, form=True, cleared=cleared)


def _proposed(findings: KeyFindings, client: str, wave: str) -> Iterator[Agreement]:
    """What page one says to do first, else the lowest characteristics that it names."""
    for row in (findings.rows("action") or findings.rows("tied"))[:_MOST_PROPOSED]:
        point = Agreement(
            client=client, wave=wave, about=row["item"], partnership=row["partnership"] or "", side=row["side"] or ""
        )
        yield replace(point, id=new_id(point))


def _point(data: Survey, one: Agreement, findings: KeyFindings | None) -> str:
    """A point by name, with whose judgement it is."""
    name = name_of(data, one.about) if one.about else ""
    if findings is None or not (one.partnership or one.side):
        return name
    where = Who(findings, findings.sides).about(one.partnership, one.side)
    return _("{factor} ({where})").format(factor=name, where=where) if name else where
