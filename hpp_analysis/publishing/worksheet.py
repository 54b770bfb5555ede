"""The page that a workshop writes on: what is agreed, by whom, and by when."""

from __future__ import annotations

from hpp_analysis.common.result import Shown
from hpp_analysis.display.blocks import HeaderCell, TableBlock
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked
from hpp_analysis.texts import gettext as _

_MOST_ROWS = 20


@checked
def show_worksheet(*, rows: int = 8) -> Shown:
    """An empty table to write in, on paper or in the workbook.

    Parameters
    ----------
    rows : int
        How many points there is room for; 1 to 20.

    Returns
    -------
    Shown
        A table block whose cells are empty.

    Examples
    --------
    >>> len(show_worksheet(rows=4).blocks[0].cells)
    4
    """
    if not 1 <= rows <= _MOST_ROWS:
        raise OptionError(f"`rows` must be 1 to {_MOST_ROWS}. Given: {rows}. Ask for fewer.")
    header = [
        HeaderCell("place", _("No."), "text"),
        HeaderCell("point", _("What we talk about"), "text"),
        HeaderCell("agreed", _("What we agree"), "text"),
        HeaderCell("owner", _("Who"), "text"),
        HeaderCell("date", _("By when"), "text"),
    ]
    names = [cell.name for cell in header]
    cells = [[str(place), "", "", "", ""] for place in range(1, rows + 1)]
    values = [dict(zip(names, [cells[place][0], None, None, None, None], strict=True)) for place in range(rows)]
    table = TableBlock("worksheet", _("Our points"), header, cells, values, [], 1, form=True, cleared=True)
    return Shown((table,))
