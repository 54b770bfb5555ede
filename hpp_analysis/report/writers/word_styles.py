"""The styles of a Word document, by which a consultant changes its look everywhere at once."""

from __future__ import annotations

from typing import Final

from docx.document import Document as Word
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor

from hpp_analysis.report.writers.word_parts import TABLE_SIZE
from hpp_analysis.texts import current_language

FONT: Final = "Arial"
MONO: Final = "Consolas"
INK, SOFT, RULE = "1F2933", "52606D", "D9DEE3"
BRAND: Final = "12436D"
_NAMED = (
    ("Normal", 10.0),
    ("Title", 26.0),
    ("Subtitle", 12.0),
    ("Heading 1", 16.0),
    ("Heading 2", 12.0),
    ("Heading 3", 10.0),
)
_BRANDED = ("Title", "Heading 1")
_WORDS_OWN, _CUSTOM = ("caption", "toc 1", "toc 2", "TOC Heading"), ' w:customStyle="1"'
_TEXT = f'<w:sz w:val="{round(2 * TABLE_SIZE)}"/><w:szCs w:val="{round(2 * TABLE_SIZE)}"/>'
_TIGHT = '<w:spacing w:before="20" w:after="20" w:line="240" w:lineRule="auto"/>'
_SMALL_SOFT = f'<w:color w:val="{SOFT}"/><w:sz w:val="16"/><w:szCs w:val="16"/>'


def _bar(colour: str, shade: str = "") -> str:
    shaded = f'<w:shd w:val="clear" w:color="auto" w:fill="{shade}"/>' if shade else ""
    return f'<w:pBdr><w:left w:val="single" w:sz="18" w:space="8" w:color="{colour}"/></w:pBdr>{shaded}'


def add_styles(word: Word, brand: str, accent: str) -> None:
    """Give the styles of Word our look, and add those of a report: "Finding", "Commentary", "Table Text" and more.

    Parameters
    ----------
    word : Document
        New.
    brand, accent : str
        Colours, as "12436D".
    """
    for name, size in _NAMED:
        style = word.styles[name]
        style.font.name, style.font.size = FONT, Pt(size)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):  # they would win over the font
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        if name != "Normal":
            style.font.color.rgb = RGBColor.from_string(
                brand if name in _BRANDED else SOFT if name == "Subtitle" else INK
            )
    normal = word.styles["Normal"].element.get_or_add_rPr()
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), current_language().replace("_", "-"))
    normal.append(language)
    styles = word.styles.element
    for style in map(parse_xml, (*_paragraph_styles(brand, accent), _table_style(brand))):
        for known in [other for other in styles.style_lst if other.styleId == style.styleId]:
            styles.remove(known)
        styles.append(style)


def _paragraph_styles(brand: str, accent: str) -> list[str]:
    """Id, name, what it is based on, paragraph and letters of each style that Word's template lacks."""
    callout = '<w:ind w:left="227"/>'
    made = [
        ("Caption", "caption", "Normal", '<w:keepNext/><w:spacing w:before="240" w:after="80"/>', f'<w:color w:val="{INK}"/>'),
        ("TOCHeading", "TOC Heading", "Normal", '<w:keepNext/><w:spacing w:before="360" w:after="120"/>', f'<w:b/><w:color w:val="{brand}"/><w:sz w:val="24"/>'),
        ("TOC1", "toc 1", "Normal", '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9411"/></w:tabs><w:spacing w:before="60" w:after="40"/>', ""),
        ("TOC2", "toc 2", "Normal", '<w:tabs><w:tab w:val="right" w:leader="dot" w:pos="9411"/></w:tabs><w:spacing w:before="0" w:after="20"/><w:ind w:left="284"/>', f'<w:color w:val="{SOFT}"/><w:sz w:val="18"/>'),
        ("Lead", "Lead", "Normal", '<w:spacing w:before="120" w:after="200"/>', f'<w:b/><w:color w:val="{brand}"/><w:sz w:val="26"/>'),
        ("Finding", "Finding", "Normal", f'{_bar(brand)}<w:spacing w:before="60" w:after="120"/>{callout}', ""),
        ("CommentaryLabel", "Commentary Label", "Normal", f'<w:keepNext/>{_bar(accent, "F5F7F9")}<w:spacing w:before="200" w:after="0"/>{callout}', f"<w:b/>{_SMALL_SOFT}"),
        ("Commentary", "Commentary", "Normal", f'{_bar(accent, "F5F7F9")}<w:spacing w:before="0" w:after="0"/>{callout}', ""),
        ("Banner", "Banner", "Normal", f'{_bar("B45309", "FFF6E0")}<w:spacing w:before="240" w:after="120"/>{callout}', "<w:b/>"),
        ("Note", "Note", "Normal", '<w:spacing w:before="80" w:after="240" w:line="240" w:lineRule="auto"/>', _SMALL_SOFT),
        ("Method", "Method", "Normal", '<w:spacing w:after="100"/>', '<w:sz w:val="18"/>'),
        ("Code", "Code", "Normal", '<w:shd w:val="clear" w:color="auto" w:fill="F5F7F9"/>', f'<w:rFonts w:ascii="{MONO}" w:hAnsi="{MONO}" w:cs="{MONO}"/><w:sz w:val="17"/>'),
        ("Running", "Running", "Normal", '<w:spacing w:before="0" w:after="0"/>', _SMALL_SOFT),
        ("TableText", "Table Text", "Normal", _TIGHT, _TEXT),
        ("TableTextNumber", "Table Number", "TableText", '<w:jc w:val="right"/>', ""),
        ("TableHead", "Table Head", "TableText", "<w:keepNext/>", f'<w:b/><w:color w:val="{SOFT}"/>'),
        ("TableHeadNumber", "Table Head Number", "TableHead", '<w:jc w:val="right"/>', ""),
        ("TableGroup", "Table Group", "TableText", '<w:keepNext/><w:spacing w:before="100" w:after="20" w:line="240" w:lineRule="auto"/>', "<w:b/>"),
        ("Picture", "Picture", "Normal", '<w:keepNext/><w:spacing w:before="0" w:after="40" w:line="240" w:lineRule="auto"/>', ""),
        ("SectionEnd", "Section End", "Normal", '<w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>', '<w:sz w:val="2"/>'),
        ("FactLabel", "Fact Label", "TableText", "", "<w:b/>"),
        ("FactNumber", "Fact Number", "TableText", "", f'<w:b/><w:color w:val="{brand}"/><w:sz w:val="36"/>'),
    ]  # fmt: skip
    return [
        f'<w:style {nsdecls("w")} w:type="paragraph"{"" if name in _WORDS_OWN else _CUSTOM} w:styleId="{identity}">'
        f'<w:name w:val="{name}"/><w:basedOn w:val="{base}"/><w:uiPriority w:val="10"/><w:qFormat/>'
        f"<w:pPr>{spaced}</w:pPr><w:rPr>{letters}</w:rPr></w:style>"
        for identity, name, base, spaced, letters in made
    ]


def _table_style(brand: str) -> str:
    rules = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{RULE}"/>' for side in ("top", "bottom", "insideH")
    )
    return (
        f'<w:style {nsdecls("w")} w:type="table"{_CUSTOM} w:styleId="ReportTable"><w:name w:val="Report Table"/>'
        f'<w:basedOn w:val="TableNormal"/><w:uiPriority w:val="10"/><w:qFormat/><w:tblPr><w:tblBorders>{rules}</w:tblBorders>'
        '<w:tblCellMar><w:left w:w="85" w:type="dxa"/><w:right w:w="85" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f'<w:tblStylePr w:type="firstRow"><w:tcPr><w:tcBorders><w:bottom w:val="single" w:sz="8" w:space="0" w:color="{brand}"/>'
        '</w:tcBorders><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr></w:style>'
    )
