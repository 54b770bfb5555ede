"""The report as a Word document that a consultant edits: native headings, tables and lists, figures with alt texts."""

from __future__ import annotations

import base64
import io
from typing import Any

import docx
from docx.document import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, TableBlock, TextBlock
from hpp_analysis.display.packages import CREATED, without_clock
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.document import Document
from hpp_analysis.report.writers.html import Element, Group, column_widths, page_of
from hpp_analysis.report.writers.pictures import svg_png
from hpp_analysis.report.writers.prose_nodes import Node, plain, prose_nodes
from hpp_analysis.texts import current_language, gettext

_BRAND, _SOFT = RGBColor(0x12, 0x43, 0x6D), RGBColor(0x52, 0x60, 0x6D)
_RULE = "D9DEE3"
_FEW_COLUMNS = 6
_MARGIN = 2  # characters, of a cell
_WIDTH = Cm(16.6)  # of the text on A4
_LOGO = Cm(1.6)
_FONT = "Arial"
_LISTS = {"ul": "List Bullet", "ol": "List Number"}
_DEEPEST = 3  # lists within lists that Word has styles for
_INLINE = {"strong": "bold", "em": "italic", "del": "strike"}


def report_docx(document: Document, appearance: Appearance = PLAIN) -> bytes:
    """A document as DOCX in the language in use.

    Parameters
    ----------
    document : Document
        What `read_document` found in an executed notebook.
    appearance : Appearance
        The brand's colour and logo, and whether it is a draft; its fonts are left to the template of the reader.

    Returns
    -------
    bytes
        Equal input gives equal bytes: no date, no author. It holds no fields but page numbers, and no macros.

    Examples
    --------
    >>> report_docx(Document((), FactsBlock("cover", "DemoCable", [["Wave", "2"]])))[:2]
    b'PK'
    """
    page = page_of(document)
    word = docx.Document()
    _set_up(word, " – ".join(part for part in (plain(page["name"]), plain(page["title"])) if part))
    _dress(word, appearance)
    _cover(word, document, plain(page["title"]), plain(page["name"]))
    for element in page["elements"]:
        _add(word, element)
    buffer = io.BytesIO()
    word.save(buffer)
    return without_clock(buffer.getvalue())


def _set_up(word: Word, title: str) -> None:
    """Set page, fonts, language and document properties."""
    section = word.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin, section.bottom_margin = Cm(2.4), Cm(2.2)
    for name, size, colour in (
        ("Normal", 10, None),
        ("Title", 26, _BRAND),
        ("Subtitle", 12, _SOFT),
        ("Heading 1", 16, _BRAND),
        ("Heading 2", 12, RGBColor(0x1F, 0x29, 0x33)),
        ("Heading 3", 10, RGBColor(0x1F, 0x29, 0x33)),
        ("Caption", 10, RGBColor(0x1F, 0x29, 0x33)),
    ):
        style = word.styles[name]
        style.font.name, style.font.size = _FONT, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # they would win over the font
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        if colour is not None:
            style.font.color.rgb = colour
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), current_language().replace("_", "-"))
    word.styles["Normal"].element.get_or_add_rPr().append(language)
    properties = word.core_properties
    properties.title, properties.author, properties.comments, properties.language = (
        title[:255],
        "",
        "",
        current_language(),
    )
    properties.created = properties.modified = CREATED
    _page_number(section.footer.paragraphs[0])


def _dress(word: Word, appearance: Appearance) -> None:
    """The brand's colour and logo, and on every page of a draft that it is one."""
    brand = appearance.brand
    if brand.colour:
        for name in ("Title", "Heading 1"):
            word.styles[name].font.color.rgb = RGBColor.from_string(brand.colour[1:].upper())
    if brand.logo:
        logo = appearance.logo_bytes
        data = logo if brand.logo_type == "image/png" else svg_png(logo.decode("utf-8"))
        shape = word.add_paragraph().add_run().add_picture(io.BytesIO(data), height=_LOGO)
        if shape.width > _WIDTH:
            shape.width, shape.height = _WIDTH, Emu(int(_LOGO * _WIDTH / shape.width))
        shape._inline.docPr.set("descr", plain(brand.name) or gettext("Logo"))
    if appearance.draft:
        draft_notice = gettext("Draft: numbers and words may still change. Not for sharing.")
        head = word.sections[0].header.paragraphs[0]
        head.add_run(draft_notice).bold = True
        head.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _page_number(paragraph: Paragraph) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        run = paragraph.add_run()
        if kind is not None:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)


def _cover(word: Word, document: Document, title: str, name: str) -> None:
    word.add_paragraph(title if name else "", style="Subtitle")
    word.add_paragraph(name or title, style="Title")
    if document.cover is None:
        return
    _facts(word, document.cover)
    for note in document.cover.notes:
        word.add_paragraph().add_run(plain(note)).bold = True
    word.add_paragraph().add_run().add_break(WD_BREAK.PAGE)


def _add(word: Word, element: Element) -> None:
    block = element.block
    match block:
        case TableBlock():
            _caption(word, gettext("Table {n}").format(n=element.number), block.caption)
            _table(word, block, element.groups)
            _notes(word, block.notes)
        case FigureBlock():
            _caption(word, gettext("Figure {n}").format(n=element.number), block.caption)
            _picture(word, svg_png(block.svg), block.alt, element.share)
            _notes(word, block.notes)
        case TextBlock():
            for paragraph_text in block.paragraphs:
                paragraph = word.add_paragraph(plain(paragraph_text))
                if block.style == "summary":
                    paragraph.paragraph_format.left_indent = Cm(0.5)
        case FactsBlock():
            _prose(word, prose_nodes(element.html))
            _facts(word, block)
            _notes(word, block.notes)
        case _:
            if element.kind == "picture":
                _data_picture(word, element)
            elif element.kind == "commentary":
                word.add_paragraph(style="Quote").add_run(plain(element.text)).bold = True
                _prose(word, prose_nodes(element.html), style="Quote")
            elif element.kind == "plain":
                word.add_paragraph(plain(element.text)).runs[0].font.name = "Consolas"
            else:
                _prose(word, prose_nodes(element.html))


def _caption(word: Word, label: str, caption: str) -> None:
    paragraph = word.add_paragraph(style="Caption")
    paragraph.paragraph_format.keep_with_next = True
    paragraph.add_run(f"{label}  ").font.color.rgb = _SOFT
    paragraph.add_run(plain(caption)).bold = True


def _notes(word: Word, notes: list[str]) -> None:
    if notes:
        run = word.add_paragraph().add_run(plain(" ".join(notes)))
        run.font.size, run.font.color.rgb = Pt(8), _SOFT


def _picture(word: Word, png: bytes, alt: str, share: float = 1.0) -> None:
    inline = word.add_picture(io.BytesIO(png), width=Emu(int(_WIDTH * share)))
    properties = inline._inline.docPr
    properties.set("descr", plain(alt))
    properties.set("name", "")


def _data_picture(word: Word, element: Element) -> None:
    mime, _comma, data = element.source.removeprefix("data:").partition(",")
    content = base64.b64decode(data)
    _picture(word, svg_png(content.decode()) if mime.startswith("image/svg") else content, element.alt)


def _facts(word: Word, block: FactsBlock) -> None:
    table = _ruled(word.add_table(rows=0, cols=2))
    for label, value in block.facts:
        cells = _new_row(table).cells
        cells[0].text, cells[1].text = plain(label), plain(value)
        cells[0].width, cells[1].width = Cm(5.2), Cm(11.4)
        for run in cells[0].paragraphs[0].runs:
            run.font.color.rgb = _SOFT
    word.add_paragraph()


def _table(word: Word, block: TableBlock, groups: tuple[Group, ...]) -> None:
    """Heads that repeat on each page, and rows that stay whole; a shared first header is a row of its own."""
    grouped = bool(groups and groups[0].title)
    heads = block.header[1:] if grouped else block.header
    table = _ruled(word.add_table(rows=1, cols=len(heads)))
    size = 8.5 if len(heads) <= _FEW_COLUMNS else 7.5
    _mark_row(table.rows[0], "w:tblHeader")
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        _write(cell, head.label, size, number=head.unit != "text", bold=True)
    for group in groups:
        if group.title:
            row = _new_row(table).cells
            merged = row[0].merge(row[-1])
            _write(merged, group.title, size, bold=True)
        for line in group.rows:
            for cell, content in zip(_new_row(table).cells, line, strict=True):
                _write(cell, content.text, size, number=content.number)
    for row in table.rows:
        _mark_row(row, "w:cantSplit")
    _share_width(table, column_widths([head.label for head in heads], groups))
    _add_alt_text(table, block.caption)


def _ruled(table: Table) -> Table:
    """Thin lines between rows, none between columns."""
    borders = OxmlElement("w:tblBorders")
    for side in ("top", "bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", _RULE)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    table._tbl.tblPr.append(borders)
    return table


def _share_width(table: Table, widths: list[int]) -> None:
    """Columns as wide as what they hold asks for."""
    table.autofit = False
    wider = [wide + _MARGIN for wide in widths]
    for column, wide in zip(table.columns, wider, strict=True):
        column.width = Emu(int(_WIDTH * wide / sum(wider)))
        for cell in column.cells:
            cell.width = column.width


def _write(cell: _Cell, text: str, size: float, *, number: bool = False, bold: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    run = paragraph.add_run(plain(text))
    run.bold, run.font.size = bold, Pt(size)
    paragraph.paragraph_format.space_after = Pt(0)
    if number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _new_row(table: Table) -> _Row:
    return table.add_row()  # type: ignore[no-untyped-call,no-any-return]


def _mark_row(row: _Row, what: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(what))


def _add_alt_text(table: Table, caption: str) -> None:
    """Add the caption of a table as its alternative text."""
    caption_element = OxmlElement("w:tblCaption")
    caption_element.set(qn("w:val"), plain(caption))
    table._tbl.tblPr.append(caption_element)


def _prose(word: Word, nodes: list[Node], *, depth: int = 0, style: str = "") -> None:
    for node in nodes:
        if isinstance(node, str):
            if node.strip():
                word.add_paragraph(node.strip(), style=style or None)
            continue
        tag, rest = node[0], node[1:]
        if tag in _LISTS:
            level = min(depth + 1, _DEEPEST)
            name = _LISTS[tag] + (f" {level}" if level > 1 else "")
            for item in rest:
                if isinstance(item, list):
                    _item(word, item[1:], name, depth + 1)
        elif tag == "table":
            _prose_table(word, rest)
        elif tag == "blockquote":
            _prose(word, rest, depth=depth, style="Quote")
        elif tag == "hr":
            word.add_paragraph()
        elif tag == "pre":
            _inline(word.add_paragraph(), rest, {"font": "Consolas"})
        elif len(tag) == 2 and tag[0] == "h":
            _inline(word.add_heading(level=max(int(tag[1]) - 1, 1)), rest, {})
        else:
            _inline(word.add_paragraph(style=style or None), rest if tag == "p" else [node], {})


def _item(word: Word, content: list[Node], style: str, depth: int) -> None:
    """An item of a list: its own words as one paragraph, then the lists within it."""
    inner: list[Node] = [node for node in content if isinstance(node, list) and node[0] in _LISTS]
    words = [node for node in content if not (isinstance(node, list) and node[0] in _LISTS)]
    _inline(word.add_paragraph(style=style), words, {})
    _prose(word, inner, depth=depth)


def _inline(paragraph: Paragraph, nodes: list[Node], look: dict[str, Any]) -> None:
    for node in nodes:
        if isinstance(node, str):
            run = paragraph.add_run(node)
            for kind in ("bold", "italic"):
                if kind in look:
                    setattr(run, kind, True)
            run.font.strike = True if "strike" in look else None
            if "font" in look:
                run.font.name = look["font"]
        elif node[0] == "br":
            paragraph.add_run().add_break()
        else:
            own: dict[str, Any] = {_INLINE[node[0]]: True} if node[0] in _INLINE else {}
            own |= {"font": "Consolas"} if node[0] == "code" else {}
            _inline(paragraph, node[1:], {**look, **own})


def _prose_table(word: Word, parts: list[Node]) -> None:
    lines = [row for part in parts if isinstance(part, list) for row in part[1:] if isinstance(row, list)]
    cells = [[cell for cell in row[1:] if isinstance(cell, list)] for row in lines]
    width = max((len(row) for row in cells), default=0)
    if not width:
        return
    table = _ruled(word.add_table(rows=0, cols=width))
    for at, row in enumerate(cells):
        new_row = _new_row(table)
        for place, cell in enumerate(row):
            _inline(new_row.cells[place].paragraphs[0], cell[1:], {"bold": True} if at == 0 else {})
    if cells:
        _mark_row(table.rows[0], "w:tblHeader")
    word.add_paragraph()
