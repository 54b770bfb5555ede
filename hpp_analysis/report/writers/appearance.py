"""How reports look besides what they say: the consultant's brand, and the mark of a draft."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from html import escape
from typing import Any

from babel.dates import format_date

from hpp_analysis.report.writers.pages import BASE_CSS, policy
from hpp_analysis.study.brand import Brand
from hpp_analysis.texts import current_language, gettext, locale


@dataclass(frozen=True)
class Appearance:
    """What every writer gets besides the document.

    Attributes
    ----------
    brand : Brand
    draft : bool
        Whether every page says that it is a draft.
    date : str
        Of the report, as YYYY-MM-DD; empty for none.
    confidentiality : mapping of str to str
        By language, who may read it; empty for the usual word.
    synthetic : bool
        Whether every page says that nobody gave these answers.
    """

    brand: Brand = field(default_factory=Brand)
    draft: bool = False
    date: str = ""
    confidentiality: Mapping[str, str] = field(default_factory=dict)
    synthetic: bool = False

    def plain(self) -> dict[str, Any]:
        """As data, for a worker and for the list of a run."""
        return {
            "brand": {**asdict(self.brand), "fonts": list(self.brand.fonts)},
            "draft": self.draft,
            "date": self.date,
            "confidentiality": dict(self.confidentiality),
            **({"synthetic": True} if self.synthetic else {}),
        }

    def imprint(self) -> list[str]:
        """What stands at the head of a report besides its title, in the language in use: date, sender, who may read it."""
        day = format_date(date.fromisoformat(self.date), "long", locale=locale()) if self.date else ""
        words = self.confidentiality.get(current_language()) or gettext("Confidential")
        return [part for part in (day, self.brand.name, self.brand.contact, words) if part]

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Appearance:
        """From what `plain` gave."""
        brand = {**plain.get("brand", {})}
        return cls(
            Brand(**{**brand, "fonts": tuple(brand.get("fonts", ()))}),
            draft=bool(plain.get("draft", False)),
            synthetic=bool(plain.get("synthetic", False)),
            date=str(plain.get("date", "")),
            confidentiality=dict(plain.get("confidentiality", {})),
        )

    @property
    def mark(self) -> str:
        """The word on every page, in the language in use; empty for none."""
        return gettext("Synthetic") if self.synthetic else gettext("Draft") if self.draft else ""

    @property
    def mark_note(self) -> str:
        """The sentence at the head of what is marked."""
        synthetic = gettext("Synthetic: nobody gave these answers, and nothing here is a finding about anybody.")
        draft = gettext("Draft: numbers and words may still change. Not for sharing.")
        return " ".join([*([synthetic] if self.synthetic else []), *([draft] if self.draft else [])])

    @cached_property
    def css(self) -> str:
        """The style of a page: that of all pages, with the brand's colours and fonts."""
        rules = []
        if self.brand.colour:
            rules.append(f"--own: {self.brand.colour};")
        if self.brand.accent or self.brand.colour:
            rules.append(f"--own-accent: {self.brand.accent or self.brand.colour};")
        if self.brand.fonts:
            rules.append("--fonts: " + ", ".join(f'"{name}"' for name in self.brand.fonts) + ";")
        return BASE_CSS + (f"\n:root {{ {' '.join(rules)} }}\n" if rules else "")

    @cached_property
    def policy(self) -> str:
        """What a page with this style may load: nothing."""
        return policy(self.css)

    @property
    def logo(self) -> str:
        """The logo as a data address; empty where there is none."""
        return f"data:{self.brand.logo_type};base64,{self.brand.logo}" if self.brand.logo else ""

    def watermark(self, text: str) -> str:
        """A word across the page, as the data address of a picture; the cover has the same as text."""
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 400"><text x="300" y="200" transform="rotate(-30 300 200)" '
            'text-anchor="middle" dominant-baseline="central" font-family="sans-serif" font-weight="800" font-size="150" '
            f'fill="#1f2933" textLength="560" lengthAdjust="spacingAndGlyphs">{escape(text)}</text></svg>'
        )
        return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"

    @property
    def logo_bytes(self) -> bytes:
        """The logo as a file has it."""
        return base64.b64decode(self.brand.logo)


PLAIN = Appearance()
