"""The report as slides for PowerPoint: one message each, charts and tables that can be edited, the source in the notes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import RELATIONSHIP_TYPE as RELATION
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.presentation import Presentation as Slides
from pptx.shapes.base import BaseShape
from pptx.slide import Slide
from pptx.util import Inches, Length, Pt

from hpp_analysis.display.blocks import FactsBlock, FigureBlock, TableBlock, TextBlock
from hpp_analysis.display.packages import CREATED, without_clock
from hpp_analysis.report.writers.appearance import PLAIN, Appearance
from hpp_analysis.report.writers.charts import COLOURS, chart_of
from hpp_analysis.report.writers.document import Document
from hpp_analysis.report.writers.html import FORM_WIDTHS, Element, Group, column_widths, page_of, rows_of
from hpp_analysis.report.writers.pictures import svg_png
from hpp_analysis.report.writers.prose_nodes import plain, prose_nodes, text_of
from hpp_analysis.report.writers.slide_charts import add_chart, fits_slide
from hpp_analysis.texts import current_language
from hpp_analysis.texts import gettext as _

_WIDE, _HIGH = Inches(13.333), Inches(7.5)
_LEFT, _ROOM = Inches(0.6), Inches(12.1)
_TOP, _TALL = Inches(1.85), Inches(4.95)  # of what a slide shows under its title
_FOOT = Inches(6.95)
_TITLE_SLIDE, _WITH_TEXT, _TITLE_ONLY = 0, 1, 5  # layouts of python-pptx's template
_LONG_FACT = 150  # characters of what a fact means, in letters of full size
_LONGEST_TITLE, _LARGE_TITLE = 180, 120  # characters of a sentence that is a title, and of one in large letters
_SENTENCES, _CHARACTERS = 6, 700  # of a slide
_MOST_ROWS, _MOST_COLUMNS, _MOST_TABLES = 12, 8, 5  # of a table on a slide, and tables of a section that is no appendix
_SOFT = "52606D"
_FORM_ROW, _FACT, _LOGO = Inches(0.5), Inches(1.0), Inches(0.7)


def report_pptx(document: Document, appearance: Appearance = PLAIN) -> bytes:
    """A document as PPTX in the language in use.

    Parameters
    ----------
    document : Document
        What `read_document` found in an executed notebook.
    appearance : Appearance
        The brand's colour and logo, and whether it is a draft.

    Returns
    -------
    bytes
        A slide for each figure, finding and small table; long tables and methods are left to the report. What a slide
        rests on stands in its notes. Equal input gives equal bytes: no date, no author, no macros.

    Examples
    --------
    >>> report_pptx(Document(()))[:2]
    b'PK'
    """
    page = page_of(document)
    slides = _template(appearance)
    title, name = plain(page["title"]), plain(page["name"])
    whose = " – ".join(part for part in (name, title) if part)
    properties = slides.core_properties
    properties.title, properties.author, properties.language = whose[:255], "", current_language()
    properties.last_modified_by, properties.comments = "", ""
    properties.created = properties.modified = CREATED
    _add_cover(slides, document, name or title, title if name else "", appearance)
    for message in _messages(page["elements"]):
        _add(slides, message, whose, mark=appearance.mark)
    buffer = io.BytesIO()
    slides.save(buffer)
    return without_clock(buffer.getvalue())


@dataclass(slots=True)
class _Message:
    """What one slide says.

    Attributes
    ----------
    place : str
        Its section, and the heading within it.
    title : str
    sentences : list of str
        Under the title.
    element : Element or None
        The figure or table.
    notes : list of str
        What it rests on.
    facts : FactsBlock or None
        Numbers or points with what they mean, in the place of sentences.
    """

    place: str
    title: str
    sentences: list[str] = field(default_factory=list)
    element: Element | None = None
    notes: list[str] = field(default_factory=list)
    facts: FactsBlock | None = None


def _messages(elements: Sequence[Element]) -> Iterator[_Message]:
    """The messages of a report, in its order."""
    section: list[Element] = []
    for element in elements:
        if section and element.kind == "prose" and any(level == 2 for level, _text in _headings(element)):
            yield from _of_section(section)
            section = []
        section.append(element)
    yield from _of_section(section)


def _headings(element: Element) -> list[tuple[int, str]]:
    nodes = [node for node in prose_nodes(element.html) if isinstance(node, list)]
    return [(int(node[0][1]), text_of(node[1:])) for node in nodes if node[0] in ("h2", "h3", "h4")]


def _of_section(section: Sequence[Element]) -> Iterator[_Message]:
    if any(isinstance(element.block, TextBlock) and element.block.style == "method" for element in section):
        return  # how the numbers were made is read, not shown
    heading = within = ""
    tables = sum(element.kind == "table" for element in section) <= _MOST_TABLES
    spent: set[int] = set()
    for at, element in enumerate(section):
        place = " · ".join(part for part in (heading, within) if part)
        block = element.block
        if element.kind == "prose":
            for level, text in _headings(element):
                heading, within = (text, "") if level == 2 else (heading, text)
        elif element.kind == "commentary":
            words = [text_of([node]).strip() for node in prose_nodes(element.html)]
            yield from _said(place, element.text, [text for text in words if text])
        elif isinstance(block, FigureBlock):
            beside = _finding_beside(section, at, block, spent)
            spent |= set() if beside is None else {beside}
            yield _shown(
                place, element, block, _("Figure {n}"), _sentences(section[beside]) if beside is not None else []
            )
        elif isinstance(block, TableBlock) and tables and _fits(block):
            yield _shown(place, element, block, _("Table {n}"), [])
        elif isinstance(block, FactsBlock) and at not in spent and block.facts:
            yield _Message(place, block.title or within or heading, notes=["", *block.notes], facts=block)
        elif isinstance(block, TextBlock) and at not in spent:
            after = section[at + 1].block if at + 1 < len(section) else None
            if isinstance(after, FigureBlock) and _finding_beside(section, at + 1, after, spent) == at:
                continue
            if block.style == "lead" and isinstance(after, FactsBlock) and after.style == "numbers" and after.facts:
                spent.add(at + 1)  # the headline of the report, over its numbers
                yield _Message(place, " ".join(_sentences(element)), facts=after)
                continue
            first, *more = _sentences(element) or [""]
            as_title = bool(more) and len(first) <= _LONGEST_TITLE
            yield from _said(place, first if as_title else within or heading, more if as_title else [first, *more])


def _finding_beside(section: Sequence[Element], at: int, figure: FigureBlock, spent: set[int]) -> int | None:
    """The place of the sentences about what a figure shows, right before it or after it."""
    about = "" if figure.table is None else figure.table.name
    for place in (at - 1, at + 1):
        block = section[place].block if 0 <= place < len(section) and place not in spent else None
        says = isinstance(block, TextBlock) and block.style == "summary"
        if about and says and block is not None and block.name.rpartition("_")[0] == about:
            return place
    return None


def _sentences(element: Element) -> list[str]:
    return [plain(text) for text in element.block.paragraphs] if isinstance(element.block, TextBlock) else []


def _fits(block: TableBlock) -> bool:
    return len(block.cells) <= _MOST_ROWS and len(block.header) <= _MOST_COLUMNS


def _shown(place: str, element: Element, block: FigureBlock | TableBlock, label: str, sentences: list[str]) -> _Message:
    """A figure or table under the first sentence about it, or under its caption."""
    named = f"{label.format(n=element.number)}: {block.caption}"
    title = sentences[0] if sentences and len(sentences[0]) <= _LONGEST_TITLE else block.caption
    alt = [block.alt] if isinstance(block, FigureBlock) else []
    return _Message(place, title, [], element, [named, *sentences, *block.notes, *alt])


def _said(place: str, title: str, sentences: list[str]) -> Iterator[_Message]:
    """Sentences, on as many slides as they need, evenly."""
    slides = max(math.ceil(len(sentences) / _SENTENCES), math.ceil(sum(map(len, sentences)) / _CHARACTERS), 1)
    each = math.ceil(len(sentences) / slides)
    for start in range(0, len(sentences), each) if each else [0]:
        yield _Message(place, title, sentences[start : start + each])


def _template(appearance: Appearance) -> Slides:
    """Empty slides of 16:9, with the brand's colour, our letters, and titles at the left."""
    slides = Presentation()
    for relations, kind in (
        (slides.part.rels, RELATION.PRINTER_SETTINGS),
        (slides.part.package._rels, RELATION.THUMBNAIL),
    ):
        for identity in [key for key, relation in relations.items() if relation.reltype == kind]:
            relations.pop(identity)  # what python-pptx's template brings along and nobody needs
    wider = _WIDE / slides.slide_width
    slides.slide_width, slides.slide_height = _WIDE, _HIGH
    master = slides.slide_master
    for part in (master, *slides.slide_layouts):
        for shape in part.placeholders:
            if shape._element.spPr.find(qn("a:xfrm")) is not None:
                shape.left, shape.width = Length(int(shape.left * wider)), Length(int(shape.width * wider))
    title, body = master.placeholders[0], master.placeholders[1]
    title.left, title.top, title.width, title.height = _LEFT, Inches(0.65), _ROOM, Inches(1.1)
    body.left, body.top, body.width, body.height = _LEFT, _TOP, _ROOM, _TALL
    brand = (appearance.brand.colour or COLOURS[0]).removeprefix("#").upper()
    styles = master.element.find(qn("p:txStyles"))
    for kind, size, more in (("titleStyle", 2400, 'algn="l"'), ("bodyStyle", 2000, "")):
        level = styles.find(f"{qn(f'p:{kind}')}/{qn('a:lvl1pPr')}")
        letters = level.find(qn("a:defRPr"))
        letters.set("sz", str(size))
        if more:
            level.set("algn", "l")
            letters.set("b", "1")
            letters.find(qn("a:solidFill")).find(qn("a:schemeClr")).set("val", "accent1")
    theme = master.part.part_related_by(RELATION.THEME)
    colours = [brand, *(colour.removeprefix("#").upper() for colour in COLOURS[1:])]
    theme._blob = _themed(theme.blob, colours)
    return slides


def _themed(theme: bytes, colours: Sequence[str]) -> bytes:
    """A theme with our letters and colours."""
    root = parse_xml(theme)
    for latin in root.iter(qn("a:latin")):
        latin.set("typeface", "Arial")
    for number, colour in enumerate(colours, start=1):
        for accent in root.iter(qn(f"a:accent{number}")):
            for old in list(accent):
                accent.remove(old)
            accent.append(parse_xml(f'<a:srgbClr {nsdecls("a")} val="{colour}"/>'))
    return bytes(serialize_part_xml(root))


def _add_cover(slides: Slides, document: Document, name: str, title: str, appearance: Appearance) -> None:
    """Whom it is about, what it is, and the facts of the cover; of a draft that it is one."""
    slide = slides.slides.add_slide(slides.slide_layouts[_TITLE_SLIDE])
    head, below = slide.placeholders[0], slide.placeholders[1]
    head.left, head.top, head.width, head.height = _LEFT, Inches(1.6), _ROOM, Inches(1.2)
    below.left, below.top, below.width, below.height = _LEFT, Inches(2.9), _ROOM, Inches(3.9)
    head.text_frame.text = name
    cover = document.cover
    facts = [f"{label}: {value}" for label, value in cover.facts] if cover is not None else []
    notes = cover.notes if cover is not None else []
    marks = [appearance.mark_note] if appearance.mark_note else []
    lines = [plain(line) for line in (title, *facts, *notes, *marks) if line]
    below.text_frame.text = "\n".join(lines)
    for at, paragraph in enumerate(below.text_frame.paragraphs):
        paragraph.alignment, paragraph.font.size = PP_ALIGN.LEFT, Pt(18 if at == 0 and title else 13)
        paragraph.font.bold = at > len(lines) - len(marks) - 1
    brand = appearance.brand
    if brand.logo:
        logo = appearance.logo_bytes
        data = logo if brand.logo_type == "image/png" else svg_png(logo.decode("utf-8"))
        picture = slide.shapes.add_picture(io.BytesIO(data), _LEFT, Inches(0.5), height=_LOGO)
        if picture.width > _ROOM:
            picture.width, picture.height = _ROOM, Length(int(_LOGO * _ROOM / picture.width))
        _describe(picture, plain(brand.name) or _("Logo"))


def _add(slides: Slides, message: _Message, whose: str, *, mark: str) -> None:
    """A slide: where it belongs, its message, what shows it, and the source."""
    layout = slides.slide_layouts[_WITH_TEXT if message.element is None and message.facts is None else _TITLE_ONLY]
    slide = slides.slides.add_slide(layout)
    title = slide.shapes.title
    title.text_frame.text = plain(message.title)
    title.text_frame.vertical_anchor = MSO_ANCHOR.TOP
    title.text_frame.word_wrap = True
    if len(message.title) > _LARGE_TITLE:
        title.text_frame.paragraphs[0].font.size = Pt(18)
    if message.facts is not None:
        _show_facts(slide, message.facts)
    elif message.element is None:
        _write_sentences(slide, message.sentences)
    elif isinstance(message.element.block, FigureBlock):
        _show_figure(slide, message.element.block)
    elif isinstance(message.element.block, TableBlock):
        _show_table(slide, message.element.block)
    _line(slide, message.place, _LEFT, Inches(0.3), _ROOM)
    source = _("Source: {what}").format(what=" · ".join(part for part in (whose, *message.notes[:1]) if part))
    notice = [mark] if mark else []
    _line(slide, " · ".join([*notice, source]), _LEFT, _FOOT, Inches(11.2))
    _number(slide, len(slides.slides))
    slide.notes_slide.notes_text_frame.text = plain("\n".join([source, *message.notes[1:]]))


def _write_sentences(slide: Slide, sentences: list[str]) -> None:
    frame = slide.placeholders[1].text_frame
    frame.text = "\n".join(plain(sentence) for sentence in sentences)
    for paragraph in frame.paragraphs:
        paragraph.space_after = Pt(10)


def _show_figure(slide: Slide, figure: FigureBlock) -> None:
    """A chart that can be edited, or a picture where PowerPoint has no such chart."""
    chart = chart_of(figure)
    if chart is not None and fits_slide(chart, _ROOM):
        _describe(add_chart(slide, chart, (_LEFT, _TOP, _ROOM, _TALL)), plain(figure.alt))
        return
    png = svg_png(figure.svg)
    wide, high = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    scale = min(_ROOM / wide, _TALL / high)
    size = Length(int(wide * scale)), Length(int(high * scale))
    _describe(slide.shapes.add_picture(io.BytesIO(png), _LEFT, _TOP, *size), plain(figure.alt))


def _show_table(slide: Slide, block: TableBlock) -> None:
    """A table whose columns are as wide as their words ask for."""
    heads = [head.label for head in block.header]
    row_high = _FORM_ROW if block.form else Length(min(_FORM_ROW, _TALL // (len(block.cells) + 1)))
    made = slide.shapes.add_table(
        len(block.cells) + 1, len(heads), _LEFT, _TOP, _ROOM, row_high * (len(block.cells) + 1)
    )
    table = made.table
    shares = FORM_WIDTHS if block.form else column_widths(heads, (Group("", rows_of(block, block.cells)),))
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Length(int(_ROOM * share / sum(shares)))
    for row, texts in enumerate([heads, *block.cells]):
        table.rows[row].height = row_high
        for place, text in enumerate(texts):
            cell = table.cell(row, place)
            cell.margin_top = cell.margin_bottom = Inches(0.03)
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.text, paragraph.font.size = plain(text), Pt(12)
            if block.header[place].unit != "text":
                paragraph.alignment = PP_ALIGN.RIGHT
    _describe(made, plain(block.caption))


def _show_facts(slide: Slide, block: FactsBlock) -> None:
    """What is named beside what it means, without heads; numbers are large."""
    large = block.style == "numbers"
    high = Length(min(_FACT, _TALL // len(block.facts)))
    made = slide.shapes.add_table(len(block.facts), 2, _LEFT, _TOP, _ROOM, high * len(block.facts))
    table = made.table
    table.first_row = table.horz_banding = False
    table.columns[0].width = Length(_ROOM // 4)
    table.columns[1].width = Length(_ROOM - _ROOM // 4)
    longest = max(len(value) for _label, value in block.facts)
    for row, fact in enumerate(block.facts):
        table.rows[row].height = high
        for place, text in enumerate(fact):
            cell = table.cell(row, place)
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE if large else MSO_ANCHOR.TOP
            paragraph = cell.text_frame.paragraphs[0]
            paragraph.text = plain(text)
            paragraph.font.bold = place == 0
            paragraph.font.size = Pt(32 if large and place == 0 else 18 if longest <= _LONG_FACT else 13)
            if place == 0:
                paragraph.font.color.theme_color = MSO_THEME_COLOR.ACCENT_1
    _describe(made, plain(block.title) or plain(slide.shapes.title.text_frame.text))


def _line(slide: Slide, text: str, left: Length, top: Length, width: Length) -> None:
    """A small line of text beside what the slide says."""
    frame = slide.shapes.add_textbox(left, top, width, Inches(0.3)).text_frame
    frame.word_wrap = True
    paragraph = frame.paragraphs[0]
    paragraph.text, paragraph.font.size = plain(text), Pt(11)
    paragraph.font.color.rgb = RGBColor.from_string(_SOFT)


def _number(slide: Slide, number: int) -> None:
    """The number of the slide, which PowerPoint keeps."""
    frame = slide.shapes.add_textbox(_LEFT + Inches(11.3), _FOOT, Inches(0.8), Inches(0.3)).text_frame
    frame.paragraphs[0].alignment = PP_ALIGN.RIGHT
    look = f'<a:rPr sz="1100"><a:solidFill><a:srgbClr val="{_SOFT}"/></a:solidFill></a:rPr>'
    field_ = f'<a:fld {nsdecls("a")} id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum">{look}<a:t>{number}</a:t></a:fld>'
    frame.paragraphs[0]._p.append(parse_xml(field_))


def _describe(shape: BaseShape, text: str) -> None:
    """Give a shape its alternative text."""
    shape._element.xpath(".//p:cNvPr")[0].set("descr", text)
