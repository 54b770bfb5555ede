"""The consultant's brand in the reports: readable colours, names of fonts, and a safe logo."""

from __future__ import annotations

import colorsys
import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from hpp_analysis.errors import OptionError
from hpp_analysis.survey.questionnaire import Words

TEXT_CONTRAST, LINE_CONTRAST = 4.5, 3.0
"""What WCAG 2.2 asks against white: of text (1.4.3) and of lines and shapes (1.4.11)."""
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_FONT = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[ -][A-Za-z0-9]+){0,5}")


def contrast(colour: str) -> float:
    """The contrast ratio of a colour with white, from 1 to 21 (WCAG 2.2, relative luminance).

    Examples
    --------
    >>> contrast("#ffffff"), contrast("#000000")
    (1.0, 21.0)
    """
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def darker(colour: str, wanted: float) -> str:
    """The lightest shade of a colour, of the same hue and saturation, that has the contrast with white.

    Examples
    --------
    >>> darker("#ff9900", 4.5)
    '#aa6600'
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    for step in range(256):
        shade = colorsys.hls_to_rgb(hue, lightness * (255 - step) / 255, saturation)
        written = "#" + "".join(f"{round(part * 255):02x}" for part in shade)
        if contrast(written) >= wanted:
            break
    return written


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def _readable(wanted: float, what: str) -> Any:
    def check(colour: str) -> str:
        if not _HEX.fullmatch(colour):
            raise ValueError("a colour must be written as six hex digits after #, in quotes, as in colour: '#12436d'")
        found = contrast(colour)
        if found < wanted:
            raise ValueError(
                f"{what} must have a contrast of at least {wanted:g} with white; {colour} has {found:.2f}. "
                f"A darker one that can be read is {darker(colour, wanted)}"
            )
        return colour.lower()

    return AfterValidator(check)


def _is_font(name: str) -> str:
    if not _FONT.fullmatch(name) or len(name) > 60:
        raise ValueError("a font must be named by letters, digits, spaces and hyphens, as in Source Sans 3")
    return name


Font = Annotated[str, AfterValidator(_is_font)]


class BrandKeys(BaseModel):
    """The keys of `brand` in study.yaml.

    Attributes
    ----------
    name : str, optional
        The owner of the brand, and the text alternative of the logo.
    contact : str, optional
        How to reach the owner: a name, an address, a number.
    logo : str, optional
        A PNG or SVG file, relative to the study file.
    colour, accent : str, optional
        The colour of headings, links and table heads; the colour of the bar on the cover.
    fonts : tuple of str
        Names of fonts; the first that the reader's machine has is used.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Words | None = None
    contact: Words | None = None
    logo: Words | None = None
    colour: Annotated[str, _readable(TEXT_CONTRAST, "Texts in the colour of a brand")] | None = None
    accent: Annotated[str, _readable(LINE_CONTRAST, "Lines in the accent colour of a brand")] | None = None
    fonts: Annotated[
        tuple[Font, ...], BeforeValidator(lambda font: (font,) if isinstance(font, str) else font), Field(max_length=5)
    ] = ()


@dataclass(frozen=True, slots=True)
class Brand:
    """A checked brand, which writers can use without further checks.

    Attributes
    ----------
    name, colour, accent, contact : str
        Empty if not given.
    fonts : tuple of str
    logo, logo_type : str
        The picture as base64, and what it is ("image/png" or "image/svg+xml").
    """

    name: str = ""
    colour: str = ""
    accent: str = ""
    fonts: tuple[str, ...] = ()
    logo: str = ""
    logo_type: str = ""
    contact: str = ""

    def __post_init__(self) -> None:
        colours = all(_HEX.fullmatch(colour) for colour in (self.colour, self.accent) if colour)
        fonts = all(_FONT.fullmatch(font) for font in self.fonts)
        if not (colours and fonts and self.logo_type in ("", "image/png", "image/svg+xml")):
            raise OptionError(
                "A brand must have colours as #12436d, names of fonts, and a logo that `read_logo` has read. "
                f"Given: {self.colour!r}, {self.accent!r}, {self.fonts!r}, {self.logo_type!r}. Load it with `load_study`."
            )
