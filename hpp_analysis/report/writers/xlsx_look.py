"""The formats of a workbook, and what all its sheets share."""

from __future__ import annotations

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.prose_nodes import plain

_EDGE = {"left": 1, "left_color": "#d9dee3"}
_LONGEST_FOOT = 120
_A4 = 9  # Excel's number of this paper


def write_text(sheet: Worksheet, row: int, column: int, text: str, look: Format | None = None) -> None:
    """Write a text as text: no formula, no link, and no characters that control something."""
    sheet.write_string(row, column, plain(text), look)


class Look:
    """The formats of a workbook."""

    def __init__(self, book: Workbook, appearance: Appearance, title: str) -> None:
        self._book = book
        self._mark, self._mark_note = appearance.mark, appearance.mark_note
        self.brand = appearance.brand.colour or "#12436d"
        self._foot = plain(title).replace("&", "&&")[:_LONGEST_FOOT]
        self._numbers: dict[tuple[str, bool], Format] = {}
        self.title = book.add_format({"bold": True, "font_size": 13})
        head = {"bold": True, "bottom": 2, "bottom_color": self.brand, "text_wrap": True, "valign": "bottom"}
        self.head = book.add_format(head)
        self.head_edge = book.add_format({**head, **_EDGE})
        band = {"bold": True, "font_color": self.brand, "text_wrap": True, "valign": "bottom"}
        self.band = book.add_format({**band, **_EDGE})
        text = {"text_wrap": True, "valign": "top"}
        self.text, self.inner = book.add_format(text), book.add_format({**text, "indent": 1})
        self.text_edge = book.add_format({**text, **_EDGE, "indent": 1})
        self.strong = book.add_format({"bold": True})
        self.form = book.add_format({**text, "border": 1, "border_color": "#d9dee3"})
        self.link = book.add_format({"font_color": self.brand, "underline": 1, "valign": "top"})
        self.note = book.add_format({"font_color": "#52606d", "italic": True, "text_wrap": True, "valign": "top"})

    def sheet(self, name: str) -> Worksheet:
        """A new sheet that prints on A4, with its name and pages at the foot; of a draft it says so, on screen and on paper."""
        sheet = self._book.add_worksheet(name)
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
        sheet.set_footer(f"&L&8{self._foot}&C&8&A&R&8&P / &N")
        sheet.hide_gridlines(2)
        if self._mark:
            write_text(sheet, 1, 0, self._mark_note)
            sheet.set_header(f"&C&20{self._mark}")
        return sheet

    def of_text(self, *, key: bool, edge: bool, form: bool) -> Format:
        """The format of a text in a table."""
        if form:
            return self.form
        return self.text_edge if edge else self.text if key else self.inner

    def number(self, pattern: str, *, edge: bool = False) -> Format:
        """The format with this pattern, made once."""
        if (pattern, edge) not in self._numbers:
            look = {"num_format": pattern, "valign": "top", **(_EDGE if edge else {})}
            self._numbers[pattern, edge] = self._book.add_format(look)
        return self._numbers[pattern, edge]
