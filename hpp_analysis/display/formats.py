"""Numbers as people read them, by unit and language."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

from babel.core import Locale
from babel.numbers import format_decimal, format_percent

from hpp_analysis.display.columns import Unit
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import locale

NOTHING = "–"
_PATTERNS = {"count": "#,##0", "score": "0.00", "coefficient": "0.00", "df": "0.0", "p": "0.000", "fit": "0.000"}
_COARSE = {"score": "0.0", "difference": "0.0"}  # the mean of five to nine persons has steps of 0.2
EXCEL_FORMATS: dict[str, str] = {
    "count": "#,##0",
    "score": "0.00",
    "difference": "+0.00;-0.00;0.00",
    "coefficient": "0.00",
    "share": "0%",
    "df": "0.0",
    "p": "0.000",
    "fit": "0.000",
    "change": "+0.000;-0.000;0.000",
}
"""How a spreadsheet shows each unit; the cell keeps the number."""


@lru_cache(maxsize=1 << 14)
def _formatted(number: float, pattern: str, by: Locale) -> str:
    """A number as Babel writes it. It is kept, since a report shows the same numbers in tables, figures and sentences."""
    write = format_percent if pattern.endswith("%") else format_decimal
    return str(write(number, format=pattern, locale=by))


def in_pattern(number: float, pattern: str) -> str:
    """A number by a pattern of Babel, as "#,##0.00" or "0%", in the language in use.

    Examples
    --------
    >>> in_pattern(1234.5, "#,##0.0"), in_pattern(.153, "0%")
    ('1,234.5', '15%')
    """
    return _formatted(float(number) + 0.0, pattern, locale())  # 0.0 and -0.0 are equal to the cache


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing: None, NaN or pandas' NA."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas' NA refuses to be true or false
        return True


def format_value(value: Any, unit: Unit, *, coarse: bool = False) -> str:
    """One value in the language in use.

    Parameters
    ----------
    value : object
        A number or text; missing becomes a dash.
    unit : str
        What the number is.
    coarse : bool
        Whether only the rounded mean of a small group may be shown.

    Examples
    --------
    >>> from hpp_analysis.texts import language
    >>> with language("nl"):
    ...     format_value(7.256, "score"), format_value(-.4, "difference"), format_value(.153, "share")
    ('7,26', '−0,40', '15%')
    """
    if is_missing(value):
        return NOTHING
    if unit == "text":
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        return NOTHING
    if unit == "share":
        return in_pattern(number, "0%")
    if unit == "p" and number < 0.001:
        return "< " + in_pattern(0.001, "0.000")
    if unit in ("difference", "change"):
        pattern = _COARSE["difference"] if coarse else "0.00" if unit == "difference" else "0.000"
        size = in_pattern(abs(number), pattern)
        sign = "" if not any(digit in "123456789" for digit in size) else "+" if number > 0 else "−"
        return f"{sign}{size}"
    pattern = _COARSE.get(unit, _PATTERNS[unit]) if coarse else _PATTERNS[unit]
    shown = in_pattern(number, pattern)
    if not any(digit in "123456789" for digit in shown):
        return shown.removeprefix("-")  # a rounded zero has no sign
    return shown.replace("-", "−")


def format_interval(lower: Any, upper: Any, unit: Unit, *, coarse: bool = False) -> str:
    """Both bounds of an interval, or a dash when one is missing."""
    if is_missing(lower) or is_missing(upper):
        return NOTHING
    low, high = (format_value(bound, unit, coarse=coarse) for bound in (lower, upper))
    return _("{lower} to {upper}").format(lower=low, upper=high)


def format_number(value: float) -> str:
    """A number with the decimals that it has, as the threshold of a scale."""
    return str(format_decimal(value, locale=locale()))


def brief(value: float, unit: Unit = "score") -> str:
    """A score or difference in a sentence: one decimal, a difference without its sign."""
    return NOTHING if is_missing(value) else in_pattern(abs(value) if unit == "difference" else value, "0.0")


def brief_mean(mean: float, ends: str = "") -> str:
    """A published mean in a sentence; of a small group near an end of the scale the bound, as its table says it.

    Parameters
    ----------
    mean : float
        The mean, or the bound in its place.
    ends : str
        The code of its row in the column `end` of a published result ("mean=high;"); empty where the mean is told.

    Examples
    --------
    >>> brief_mean(7.26), brief_mean(4.4, "mean=high;")
    ('7.3', '4.4 or more')
    """
    end = dict(code.split("=") for code in ends.split(";") if code).get("mean")
    if end is None:
        return brief(mean)
    said = _("{bound} or more") if end == "high" else _("{bound} or less")
    return said.format(bound=format_number(mean))


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts names alphabetically, the numbers in them by size.

    Examples
    --------
    >>> sorted(["Partner 10", "Partner 2"], key=natural)
    ['Partner 2', 'Partner 10']
    """
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts)
