"""Brands: colours that can be read, names of fonts, logos that only draw."""

import base64
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_analysis.errors import OptionError, SurveyError
from hpp_analysis.study.brand import Brand, contrast, darker
from hpp_analysis.study.logo import read_logo
from hpp_analysis.study.study import load_study

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">{}</svg>'
BOX = '<rect width="9" height="9"/>'


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int = 2, height: int = 2, *, pixels: bytes | None = None, note: bytes = b"") -> bytes:
    rows = (b"\0" + b"\x12\x43\x6d" * width) * height if pixels is None else pixels
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + (chunk(b"tEXt", note) if note else b"")
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("colour", "ratio"),
    # worked by hand after WCAG 2.2; #767676 is the lightest grey that passes 4.5, by W3C's own examples
    [("#ffffff", 1.0), ("#000000", 21.0), ("#767676", 4.54), ("#777777", 4.48), ("#ff0000", 4.0)],
)
def test_contrast_is_that_of_wcag(colour: str, ratio: float) -> None:
    assert contrast(colour) == pytest.approx(ratio, abs=0.005)  # rounded to two decimals


@given(st.integers(0, 0xFFFFFF), st.sampled_from([3.0, 4.5, 7.0]))
def test_a_darker_colour_can_be_read(number: int, wanted: float) -> None:
    shade = darker(f"#{number:06x}", wanted)
    assert contrast(shade) >= wanted
    if contrast(f"#{number:06x}") >= wanted + 0.1:  # rounding of a colour to bytes moves it a little
        assert contrast(shade) == pytest.approx(contrast(f"#{number:06x}"), rel=0.05)


def study(folder: Path, brand: str) -> Path:
    (folder / "answers.csv").write_text("respondent\nR1\n", encoding="utf-8")
    file = folder / "study.yaml"
    file.write_text(f"name: Pilot\nresponses: [answers.csv]\nbrand: {brand}\n", encoding="utf-8")
    return file


def problems(file: Path) -> str:
    with pytest.raises(SurveyError) as caught:
        load_study(file)
    return "\n".join(map(str, caught.value.failures))


def test_a_brand_is_read(tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(png(note=b"Path\0/home/me"))
    brand = load_study(
        study(tmp_path, '{name: We, logo: logo.png, colour: "#12436D", accent: "#ff0000", fonts: Inter}')
    ).brand
    assert (brand.name, brand.colour, brand.accent, brand.fonts) == ("We", "#12436d", "#ff0000", ("Inter",))
    assert brand.logo_type == "image/png"
    assert base64.b64decode(brand.logo) == png(), "what the picture knew besides itself is gone"


def test_every_problem_of_a_brand_is_told(tmp_path: Path) -> None:
    found = problems(
        study(tmp_path, '{colour: "#ff9900", accent: red, fonts: ["x;}", Fine], logo: absent.png, size: 3}')
    )
    assert "has 2.14" in found
    assert "absent.png" not in found, "the logo is read when the rest can be"
    assert darker("#ff9900", 4.5) in found
    for part in ("brand.accent", "brand.fonts", "brand.size"):
        assert part in found


@pytest.mark.parametrize("name", ['Inter"; } body { x', "a,b", "url(x)", "</style>", "\\22", "x\n", "", "  "])
def test_fonts_are_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError):
        Brand(fonts=(name,))


@pytest.mark.parametrize("colour", ["red", "#fff", "#12436d;x", "url(x)", "#12436d\n"])
def test_colours_are_six_hex_digits(colour: str) -> None:
    with pytest.raises(OptionError):
        Brand(colour=colour)


def logo(folder: Path, content: bytes | str) -> tuple[str, str]:
    path = folder / "logo"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    kind, made = read_logo(path)
    return kind, made.decode("latin-1")


def test_a_drawing_is_kept_without_what_draws_nothing(tmp_path: Path) -> None:
    extra = (
        '<metadata>/home/me</metadata><!-- /home/me --><x:y xmlns:x="http://example.org/x" x:z="/home/me"/>'
        '<use xlink:href="#a"/><style>.a { fill: url(#b) }</style>'
    )
    kind, made = logo(tmp_path, '<?xml version="1.0"?>' + SVG.format(BOX + extra))
    assert kind == "image/svg+xml"
    assert "<rect" in made and "url(#b)" in made and 'href="#a"' in made
    assert "/home/me" not in made and "example.org" not in made


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<rect onload="alert(1)" width="1" height="1"/>',
        "<foreignObject><p>x</p></foreignObject>",
        '<image href="https://example.org/x.png"/>',
        '<a href="javascript:alert(1)"><rect/></a>',
        '<use xlink:href="https://example.org/x.svg#a"/>',
        '<use href="data:image/svg+xml,x"/>',
        "<style>@import 'https://example.org/x.css';</style>",
        "<style>rect { fill: url(https://example.org/x) }</style>",
        "<style>rect { fill: u\\rl(https://example.org/x) }</style>",
        "<rect style=\"fill: url( 'https://example.org/x')\"/>",
        '<rect fill="url(//example.org)"/>',
        '<set attributeName="href" to="javascript:alert(1)"/>',
        '<animate attributeName="x"/>',
        '<g><g><SCRIPT xmlns="http://www.w3.org/2000/svg">x</SCRIPT></g></g>',
    ],
)
def test_a_logo_that_does_more_is_refused(tmp_path: Path, inside: str) -> None:
    with pytest.raises(ValueError, match="logo"):
        logo(tmp_path, SVG.format(BOX + inside))


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("<text>&a;</text>"),
        ('<!DOCTYPE svg [<!ENTITY a "aaaa">]>' + SVG.format("<text>&a;</text>")).encode("utf-16"),
        "<html/>",
        "GIF89a",
        b"\xff\xd8\xff",
        "",
        SVG.format(BOX).replace('viewBox="0 0 9 9"', ""),
        png()[:-20],
        png().replace(b"IDAT", b"IDAX"),
        png(5000, 1),
        png(2, 2, pixels=b"\0" * 50_000_000),
        png(2, 2, pixels=b""),
        b" " * 500_001,
    ],
)
def test_what_is_no_logo_is_refused(tmp_path: Path, content: bytes | str) -> None:
    with pytest.raises(ValueError, match=r"logo|PNG"):
        logo(tmp_path, content)
