"""The report as a Word document that a consultant edits: styles, a contents list, captions and tables of Word itself."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

import docx
from docx.document import Document as Word
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Cm, Length

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, TableBlock, TextBlock
from hpp_analysis.display.packages import CREATED, without_clock
from hpp_analysis.report.writers import word_parts as parts
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.document import Document
from hpp_analysis.report.writers.html import Element, page_of, rows_elsewhere
from hpp_analysis.report.writers.pictures import svg_png
from hpp_analysis.report.writers.prose_nodes import Node, plain, prose_nodes, text_of
from hpp_analysis.report.writers.word_parts import LANDSCAPE, PORTRAIT, paragraph, run
from hpp_analysis.report.writers.word_styles import BRAND, MONO, add_styles
from hpp_analysis.texts import current_language, gettext

_LOGO = Cm(1.6)
_TALLEST = Cm(20.5)  # of a picture, so that a page has room for its caption and notes
_LISTS = {"ul": "ListBullet", "ol": "ListNumber"}
_DEEPEST = 3  # lists within lists that Word has styles for
_INLINE = {
    "strong": "<w:b/>",
    "em": "<w:i/>",
    "del": "<w:strike/>",
    "code": f'<w:rFonts w:ascii="{MONO}" w:hAnsi="{MONO}"/>',
}
_ORDER = [_INLINE[tag] for tag in ("code", "strong", "em", "del")]
_CONTENTS = "\N{OBJECT REPLACEMENT CHARACTER}contents"  # where the list of headings goes, once they are all known
_STYLES = {"summary": "Finding", "method": "Method", "note": "Note", "lead": "Lead"}
_SHOWN = ("figure", "table", "text")
_MOST_KEPT = 6  # sentences that stay together with what they lead up to
_LISTED = 2  # levels of headings in the contents list


def report_docx(document: Document, appearance: Appearance = PLAIN) -> bytes:
    """A document as DOCX in the language in use.

    Parameters
    ----------
    document : Document
        What `read_document` found in an executed notebook.
    appearance : Appearance
        The brand's colours and logo, and whether it is a draft; its fonts are left to the template of the reader.

    Returns
    -------
    bytes
        Equal input gives equal bytes: no date, no author, no macros. Its fields are the numbers of pages and captions and
        the contents list, which shows its page numbers after "Update field" in Word.

    Examples
    --------
    >>> report_docx(Document((), FactsBlock("cover", "DemoCable", [["Wave", "2"]])))[:2]
    b'PK'
    """
    page = page_of(document)
    title, name = plain(page["title"]), plain(page["name"])
    word = docx.Document()
    brand = (appearance.brand.colour or BRAND).removeprefix("#").upper()
    add_styles(word, brand, (appearance.brand.accent or brand).removeprefix("#").upper())
    _describe(word, " – ".join(part for part in (name, title) if part))
    headers = _running_lines(word, " – ".join(part for part in (title, name) if part), notice=appearance.mark_note)
    counted = _Counted()
    front = _Body(word, counted)
    front.logo(appearance)
    front.cover(document, title, name, appearance.imprint())
    elements: list[Element] = page["elements"]
    turned = _turned(elements)
    sections = []
    for is_turned, places in groupby(range(len(elements)), key=turned.__getitem__):
        body = _Body(word, counted, room=LANDSCAPE if is_turned else PORTRAIT)
        for at in places:
            if (
                page["leads"]
                and document.edition == "full"
                and at
                and elements[at - 1].section == 1 < elements[at].section
            ):
                body.written.append(_CONTENTS)
            body.add(elements[at], leads=at + 1 < len(elements) and elements[at + 1].kind in _SHOWN)
        sections.append((is_turned, "".join(body.written)))
    if not page["leads"]:  # else the message comes before everything
        front.written.append(_CONTENTS)
        if document.cover is not None and sections and not sections[0][0]:
            front.written.append(paragraph("", '<w:r><w:br w:type="page"/></w:r>'))
    several = len(counted.headings) > 1
    listed = paragraph("TOCHeading", run(gettext("Contents"))) + parts.contents(counted.headings) if several else ""
    written = _joined("".join(front.written), sections, headers).replace(_CONTENTS, listed)
    word.element.replace(word.element.body, parse_xml(f"<w:body {nsdecls('w', 'r')}>{written}</w:body>"))
    buffer = io.BytesIO()
    word.save(buffer)
    return without_clock(buffer.getvalue())


def _describe(word: Word, title: str) -> None:
    properties = word.core_properties
    properties.title, properties.author, properties.comments = title[:255], "", ""
    properties.language = current_language()
    properties.created = properties.modified = CREATED


def _running_lines(word: Word, title: str, *, notice: str) -> str:
    """Write the lines over and under each page; what refers to them in the first section."""
    section = word.sections[0]
    section.different_first_page_header_footer = True
    pages = [parts.field("PAGE", run("1")), run(" / "), parts.field("NUMPAGES", run("1"))]
    mark = run(notice, "<w:b/>") if notice else ""
    for story, lines in (
        (section.header, [*([paragraph("Running", mark)] if mark else []), paragraph("Running", run(title))]),
        (section.first_page_header, [paragraph("Running", mark)]),
        (section.footer, [paragraph("Running", *pages, look='<w:jc w:val="right"/>')]),
        (section.first_page_footer, [paragraph("Running")]),
    ):
        for empty in story.paragraphs:
            story._element.remove(empty._p)
        for line in lines:
            story._element.append(parse_xml(line.replace("<w:p>", f"<w:p {nsdecls('w')}>", 1)))
    references = section._sectPr.xpath("w:headerReference | w:footerReference")
    return "".join(reference.xml for reference in references)


def _joined(front: str, sections: list[tuple[bool, str]], headers: str) -> str:
    """The parts of a document as sections of upright and of turned pages."""
    if not sections or sections[0][0]:
        sections = [(False, ""), *sections]
    sections = [(False, front + sections[0][1]), *sections[1:]]
    written = []
    for at, (turned, content) in enumerate(sections):
        page = parts.section(turned=turned, headers=headers if at == 0 else "")
        last = at == len(sections) - 1
        written += [content, page if last else paragraph("SectionEnd", look=page)]
    return "".join(written)


def _turned(elements: Sequence[Element]) -> list[bool]:
    """Which elements stand on turned pages: tables that need the width, the tables beside them, and the words that lead up to them."""
    turned = [False] * len(elements)
    places = range(len(elements))
    for is_table, run_of in groupby(places, key=lambda at: elements[at].kind == "table"):
        tables = list(run_of)
        if is_table and any(_is_wide(elements[at]) for at in tables):
            before = tables[0] - 1
            leads = before >= 0 and elements[before].kind == "prose"
            for at in [*([before] if leads else []), *tables]:
                turned[at] = True
    return turned


def _is_wide(table: Element) -> bool:
    """Whether a table that is shown needs a turned page."""
    shown = not (isinstance(table.block, TableBlock) and rows_elsewhere(table.block))
    return shown and parts.least_width(table) > PORTRAIT


@dataclass(slots=True)
class _Counted:
    """What is counted over the whole document: the headings so far (level, bookmark, text), and the pictures."""

    headings: list[tuple[int, str, str]] = field(default_factory=list)
    pictures: int = 0


class _Body:
    """Content of a section as XML: paragraphs and tables, in `written`."""

    def __init__(self, word: Word, counted: _Counted, room: float = PORTRAIT) -> None:
        self.written: list[str] = []
        self._word, self._counted, self._room = word, counted, room

    def logo(self, appearance: Appearance) -> None:
        """The logo of the brand, if there is one."""
        brand = appearance.brand
        if brand.logo:
            logo = appearance.logo_bytes
            data = logo if brand.logo_type == "image/png" else svg_png(logo.decode("utf-8"))
            self._picture(data, plain(brand.name) or gettext("Logo"), height=_LOGO)

    def cover(self, document: Document, title: str, name: str, imprint: list[str]) -> None:
        """What the report is, whom it is about, from whom, and what no reader should miss."""
        self.written += [paragraph("Subtitle", run(title if name else "")), paragraph("Title", run(name or title))]
        facts = [" ".join(fact) for fact in document.cover.facts] if document.cover else []
        self.written.append(paragraph("Running", run("  ·  ".join([*facts, *imprint]))))
        if document.cover is not None:
            self.written += [paragraph("Banner", run(note)) for note in document.cover.notes]

    def add(self, element: Element, *, leads: bool = False) -> None:
        """A part of the report; words that lead up to what comes after them stay on its page."""
        block, before = element.block, len(self.written)
        match block:
            case TableBlock():
                self.written.append(parts.caption(gettext("Table {n}"), element.number, block.caption))
                elsewhere = rows_elsewhere(block)
                if not elsewhere:
                    self.written.append(parts.table(block, element.groups, room=self._room))
                self._notes([elsewhere] if elsewhere else block.notes)
            case FigureBlock():
                self.written.append(parts.caption(gettext("Figure {n}"), element.number, block.caption))
                self._picture(svg_png(block.svg), block.alt, width=Cm(PORTRAIT * element.share))
                self._notes(block.notes)
            case TextBlock():
                self.written += [paragraph(_STYLES[block.style], run(text)) for text in block.paragraphs]
            case FactsBlock():
                self._prose(prose_nodes(element.html))
                self._facts(block)
                self._notes(block.notes)
            case _:
                self._foreign(element)
        if leads and element.kind in ("prose", "text") and self.written:
            several = element.kind == "text" and len(self.written) - before <= _MOST_KEPT  # sentences stay together
            self.written[before if several else -1 :] = map(parts.kept, self.written[before if several else -1 :])

    def _foreign(self, element: Element) -> None:
        """Prose, commentary, and what a notebook shows without a block."""
        if element.kind == "picture":
            mime, _comma, data = element.source.removeprefix("data:").partition(",")
            content = base64.b64decode(data)
            png = svg_png(content.decode()) if mime.startswith("image/svg") else content
            self._picture(png, element.alt, width=Cm(PORTRAIT))
        elif element.kind == "commentary":
            self.written.append(paragraph("CommentaryLabel", run(element.text)))
            self._prose(prose_nodes(element.html), style="Commentary")
        elif element.kind == "plain":
            self.written.append(paragraph("Code", run(element.text)))
        else:
            self._prose(prose_nodes(element.html))

    def _notes(self, notes: list[str]) -> None:
        self.written.append(paragraph("Note", run(" ".join(notes))))

    def _facts(self, block: FactsBlock) -> None:
        if block.facts:
            self.written.append(parts.facts(block.facts, block.title, large=block.style == "numbers"))

    def _picture(self, data: bytes, alt: str, *, width: Length | None = None, height: Length | None = None) -> None:
        inline = self._word.part.new_pic_inline(io.BytesIO(data), width, height)
        fit = min(1.0, Cm(PORTRAIT) / inline.extent.cx, _TALLEST / inline.extent.cy)
        if fit < 1.0:
            inline = self._word.part.new_pic_inline(io.BytesIO(data), Length(int(inline.extent.cx * fit)))
        inline.docPr.set("descr", plain(alt))
        inline.docPr.set("name", "")
        self._counted.pictures += 1
        inline.docPr.set("id", str(self._counted.pictures))
        drawn = inline.xml
        self.written.append(paragraph("Picture", f"<w:r><w:drawing>{drawn}</w:drawing></w:r>"))

    def _prose(self, nodes: list[Node], *, depth: int = 0, style: str = "") -> None:
        for node in nodes:
            if isinstance(node, str):
                if node.strip():
                    self.written.append(paragraph(style, run(node.strip())))
                continue
            tag, rest = node[0], node[1:]
            if tag in _LISTS:
                level = min(depth + 1, _DEEPEST)
                for item in rest:
                    if isinstance(item, list):
                        self._item(item[1:], _LISTS[tag] + (str(level) if level > 1 else ""), depth + 1)
            elif tag == "table":
                self._prose_table(rest)
            elif tag == "blockquote":
                self._prose(rest, depth=depth, style="Quote")
            elif tag == "hr":
                self.written.append(paragraph(""))
            elif tag == "pre":
                self.written.append(paragraph("Code", _inline(rest)))
            elif len(tag) == 2 and tag[0] == "h":
                self._heading(max(int(tag[1]) - 1, 1), rest)
            else:
                self.written.append(paragraph(style, _inline(rest if tag == "p" else [node])))

    def _heading(self, level: int, words: list[Node]) -> None:
        number, mark = len(self._counted.headings) + 1, f"_Toc{len(self._counted.headings) + 1:06}"
        if level <= _LISTED:
            self._counted.headings.append((level, mark, text_of(words)))
        begin, end = f'<w:bookmarkStart w:id="{number}" w:name="{mark}"/>', f'<w:bookmarkEnd w:id="{number}"/>'
        marked = begin + _inline(words) + end if level <= _LISTED else _inline(words)
        self.written.append(paragraph(f"Heading{level}", marked))

    def _item(self, content: list[Node], style: str, depth: int) -> None:
        """An item of a list: its own words as one paragraph, then the lists within it."""
        inner: list[Node] = [node for node in content if isinstance(node, list) and node[0] in _LISTS]
        words = [node for node in content if not (isinstance(node, list) and node[0] in _LISTS)]
        self.written.append(paragraph(style, _inline(words)))
        self._prose(inner, depth=depth)

    def _prose_table(self, within: list[Node]) -> None:
        lines = [row for part in within if isinstance(part, list) for row in part[1:] if isinstance(row, list)]
        rows = [[_inline(cell[1:]) for cell in row[1:] if isinstance(cell, list)] for row in lines]
        if any(rows):
            self.written += [parts.plain_table(rows, self._room), paragraph("Note")]


def _inline(nodes: list[Node], look: str = "") -> str:
    """Words with what stresses them, as runs."""
    written = []
    for node in nodes:
        if isinstance(node, str):
            written.append(run(node, look))
        elif node[0] == "br":
            written.append("<w:r><w:br/></w:r>")
        else:
            own = _INLINE.get(node[0], "")
            written.append(_inline(node[1:], look if own in look else _ordered(look + own)))
    return "".join(written)


def _ordered(look: str) -> str:
    """What stresses words, in the order that the format asks for."""
    return "".join(part for part in _ORDER if part in look)
