"""How to cite this software, with the version that made the numbers."""

from __future__ import annotations

from datetime import date
from typing import Literal

import hpp_analysis
from hpp_analysis.options import checked

AUTHORS = "The hpp_analysis developers"
TITLE = "hpp_analysis: from a survey of partnerships to a report in Dutch and English"
RELEASED = date(2026, 11, 30)
"""When the version was released; CITATION.cff says the same, as a test checks."""


@checked
def cite(style: Literal["text", "bibtex"] = "text") -> str:
    """Give the reference of this version of the software, for an article or a report.

    A reader can make the numbers again from this version and from the fingerprints of the data and of the questionnaire,
    which `publishing.show_provenance` prints.

    Parameters
    ----------
    style : {"text", "bibtex"}
        A sentence in the style of the APA, or an entry for BibTeX.

    Returns
    -------
    str

    Examples
    --------
    >>> from hpp_analysis import cite
    >>> print(cite())
    The hpp_analysis developers. (2026). hpp_analysis: from a survey of partnerships to a report in Dutch and English
    (Version ...) [Computer software].
    >>> print(cite("bibtex").splitlines()[0])
    @software{hpp_analysis,
    """
    version = hpp_analysis.__version__
    if style == "text":
        return f"{AUTHORS}. ({RELEASED:%Y}). {TITLE} (Version {version}) [Computer software]."
    # braces keep the name of the developers whole, and the capitals of the title
    fields = {
        "author": f"{{{AUTHORS}}}".replace("_", "\\_"),
        "title": TITLE.replace("hpp_analysis", "{hpp\\_analysis}")
        .replace("Dutch", "{Dutch}")
        .replace("English", "{English}"),
        "version": version,
        "year": f"{RELEASED:%Y}",
        "date": RELEASED.isoformat(),
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items())
    return f"@software{{hpp_analysis,\n{lines}\n}}"
