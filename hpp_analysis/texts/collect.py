"""Bring the catalogues in line with the code and the notebooks: `python -m hpp_analysis.texts.collect`.

New messages are added untranslated (and fail a test until somebody translates them); messages that nobody uses
any more are removed. `en.po` holds the messages in which a word stands that studies call differently.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from hpp_analysis.texts import FOLDER, SOURCE, languages
from hpp_analysis.texts.markdown import paragraphs
from hpp_analysis.texts.wording import grammar

_PACKAGE = FOLDER.parent
_KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}
_METHODS = [("**.py", "python"), ("**/templates/**.j2", "jinja2")]


def notebooks() -> list[Path]:
    """The report notebooks of the source tree: those whose prose a report shows."""
    return sorted(_PACKAGE.parent.glob("notebooks/*report*.ipynb"))


def collect() -> Catalog:
    """Every message of the package and its report notebooks."""
    catalogue = Catalog(charset="utf-8", fuzzy=False)
    found = extract_from_dir(_PACKAGE, _METHODS, keywords=_KEYWORDS, comment_tags=("Translators:",))
    for file, _line, message, comments, _context in found:
        catalogue.add(message, locations=[(file, 0)], auto_comments=comments)
    for path in notebooks():
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            own_language = any(tag.startswith("lang-") for tag in cell["metadata"].get("tags", []))
            if cell["cell_type"] == "markdown" and not own_language:
                for message in paragraphs("".join(cell["source"])):
                    catalogue.add(message, locations=[(path.name, 0)])
    return catalogue


def worded_messages(catalogue: Catalog) -> Catalog:
    """The messages in which a word stands that studies call differently: those of the English catalogue."""
    words = grammar(SOURCE)["sets"]["partnership"].values()
    pattern = re.compile(rf"\b(?:{'|'.join(form for word in words for form in word.values())})\b", re.IGNORECASE)
    chosen = Catalog(charset="utf-8", fuzzy=False)
    for message in catalogue:
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        if any(pattern.search(re.sub(r"{\w+}", "", str(text))) for text in ids):
            chosen.add(message.id, auto_comments=message.auto_comments)
    return chosen


def catalogue_of(code: str) -> Catalog:
    """The catalogue of one language as it stands."""
    with (FOLDER / f"{code}.po").open("rb") as file:
        return read_po(file, locale=code)


def main() -> None:
    """Update every catalogue in place."""
    everything = collect()
    for code in languages():
        template = worded_messages(everything) if code == SOURCE else everything
        catalogue = catalogue_of(code)
        # a clock in the file is a difference that says nothing
        template.creation_date = catalogue.creation_date
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        with (FOLDER / f"{code}.po").open("wb") as file:
            write_po(
                file, catalogue, width=110, sort_output=True, omit_header=False, ignore_obsolete=True, no_location=True
            )


if __name__ == "__main__":
    main()
