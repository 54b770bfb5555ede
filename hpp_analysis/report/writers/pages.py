"""What all pages share: one look, everything escaped, nothing loaded."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from babel.core import Locale

from hpp_analysis.report.writers.prose_nodes import plain
from hpp_analysis.texts import current_language, gettext, locale, ngettext

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
BASE_CSS = (TEMPLATES / "page.css").read_text(encoding="utf-8")
SCRIPT = (TEMPLATES / "page.js").read_text(encoding="utf-8")
"""The only script of a report: tables sort and filter, figures say their values."""


def policy(css: str, script: str = SCRIPT) -> str:
    """The content security policy of a page: it shows its own pictures in its own style, runs its own script, and loads nothing."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_digest(css)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _digest(text: str) -> str:
    """What a policy calls a text that may be used."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _without_controls(value: object) -> object:
    """What a template shows, without characters that control something, as the direction of writing."""
    if not isinstance(value, str) or value.isprintable():  # nearly all texts of a page
        return value
    return type(value)(plain(str(value)))  # markup stays markup


@cache
def environment() -> Environment:
    """The environment of our templates: everything is escaped, and a name that nobody set is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # loaded when there is a page to write

    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_without_controls,
    )
    templates.globals |= {
        "_": gettext,
        "ngettext": ngettext,
        "language": current_language,
        "direction": lambda: locale().text_direction,
        "language_name": language_name,
        "script": SCRIPT,
    }
    return templates


def language_name(code: str) -> str:
    """What a language calls itself.

    Examples
    --------
    >>> language_name("nl")
    'Nederlands'
    """
    return str(Locale.parse(code).get_display_name(code) or code).capitalize()
