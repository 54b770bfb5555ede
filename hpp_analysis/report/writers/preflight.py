"""The preflight of a questionnaire as one page in several languages; like every page it loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hpp_analysis.options import checked, names_in
from hpp_analysis.planning.preflight import Preflight
from hpp_analysis.publishing.versions import versions
from hpp_analysis.report.writers.appearance import PLAIN
from hpp_analysis.report.writers.pages import environment
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import languages as spoken_languages
from hpp_analysis.texts import pick, spoken

_HEX = 16


@checked
def preflight_html(result: Preflight, *, languages: str | Sequence[str] | None = None) -> str:
    """Write a preflight as one HTML page.

    Parameters
    ----------
    result : Preflight
    languages : str or sequence of str, optional
        Of the page, each with a part of its own; by default those of the questionnaire that the package speaks.

    Returns
    -------
    str
        One HTML file: nothing remote, no script but the pages' own, everything escaped.

    Examples
    --------
    >>> from hpp_analysis.planning import preflight
    >>> preflight_html(preflight("hpp", n_sim=20)).count('<section id="')
    2
    """
    known = [code for code in spoken_languages() if code in result.instrument.languages] or ["en"]
    chosen = known if languages is None else names_in(languages, known, "languages", kind="a language of the page")
    pages = []
    for code in chosen:
        with spoken(code):
            template = environment().get_template("preflight_language.html.j2")
            pages.append((code, template.render(**_content(result))))
    with spoken(chosen[0]):
        return (
            environment()
            .get_template("preflight.html.j2")
            .render(look=PLAIN, title=pick(result.instrument.title), pages=pages)
        )


def _content(result: Preflight) -> dict[str, Any]:
    """What a part of the page shows, in the language in use."""
    instrument = result.instrument
    verdict, *sentences = result._summary()
    headings = {"stop": _("Before anything else"), "mend": _("To mend"), "look": _("To look at: a person must judge")}
    return {
        "title": pick(instrument.title),
        "verdict": verdict,
        "sentences": sentences,
        "found": [(heading, checks) for severity, heading in headings.items() if (checks := _checks(result, severity))],
        "invited": result._block("invited") if len(result.groups) else None,
        "verdicts": result._block("verdicts") if result.plan is not None else None,
        "needed": result.plan._block("needed") if result.plan is not None else None,
        "plan_sentences": result._plan_sentences(),
        "fit_sentences": result._fit_sentences(),
        "methods": result._methods(),
        "facts": [
            (
                _("Questionnaire"),
                _("{name}, version {version}").format(name=instrument.name, version=instrument.version),
            ),
            (_("Fingerprint of the questionnaire"), f"SHA-256 {instrument.sha256[:_HEX]}"),
            (_("Made with"), ", ".join(" ".join(pair) for pair in versions(numbers_only=True).items())),
        ],
    }


def _checks(result: Preflight, severity: str) -> list[dict[str, Any]]:
    """The findings of one severity, check by check: each with the texts of its items, where they stand, and what was found."""
    texts = {item.id: item.text for item in result.instrument.items}
    labelled = result._labelled()
    checks = []
    for _check, rows in labelled[labelled["severity"].eq(severity)].groupby("check", sort=False):
        lines = []
        for row in rows.to_dict("records"):
            codes = [code for code in row["language"].split(", ") if code]
            items = [item for item in row["items"].split(", ") if item]
            shown = [(code, texts[item][code]) for item in items for code in codes]
            lines.append({"texts": shown, "where": row["where"], "evidence": row["evidence"]})
        checks.append({"title": rows["title"].iloc[0], "advice": rows["advice"].iloc[0], "lines": lines})
    return checks
