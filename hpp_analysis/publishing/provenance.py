"""Where the numbers of a report come from, so that they can be made again."""

from __future__ import annotations

from hpp_analysis.common.result import Shown
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.blocks import FactsBlock
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.publishing.versions import versions
from hpp_analysis.survey.survey import KEPT, Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext, pick, spoken

_HEX = 16


@checked
def show_provenance(data: Survey, *, cells: Cells | None = None) -> Shown:
    """Say which data, which questionnaire, which selection and which software made a report.

    Parameters
    ----------
    data : Survey
        The answers that the report is about.
    cells : Cells, optional
        The disclosure plan of the run, to count what it withholds.

    Returns
    -------
    Shown
        A block of facts.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> show_provenance(simulate_study(seed=1).survey).blocks[0].facts[1][0]
    'Fingerprint of the data'
    """
    instrument = data.instrument
    with spoken(None, instrument.languages, data.words):
        facts = [
            # names of files may name other clients of the study: the fingerprint tells which they were
            [_("Data"), ngettext("{n} file", "{n} files", len(data.sources)).format(n=len(data.sources))],
            [_("Fingerprint of the data"), f"SHA-256 {data.sha256[:_HEX]}"],
            [
                _("Questionnaire"),
                _("{name}, version {version}").format(name=instrument.name, version=instrument.version),
            ],
            [_("Fingerprint of the questionnaire"), f"SHA-256 {instrument.sha256[:_HEX]}"],
        ]
        if data.synthetic:
            facts.append(
                [_("Answers"), _("Synthetic: nobody gave these answers, and nothing here is a finding about anybody.")]
            )
        if chosen := _selection(data):
            facts.append([_("Selection"), chosen])
        by_rating = "partnership" in data.respondents
        facts.append([_("Ratings left out") if by_rating else _("Persons left out"), _exclusions(data)])
        if cells is not None:
            facts.append([_("Privacy"), _withheld(data, cells)])
        if instrument.source is not None:
            facts.append([_("Source of the questionnaire"), pick(instrument.source)])
        facts.append([_("Made with"), ", ".join(" ".join(pair) for pair in versions(numbers_only=True).items())])
        return Shown((FactsBlock("provenance", _("Where these numbers come from"), facts, cleared=True),))


def _selection(survey: Survey) -> str:
    said = []
    for column, value in survey.selection.items():
        if column == KEPT:
            continue  # "Ratings left out" says it in words
        names = survey.instrument.names
        if column == "client" and column not in names:
            continue  # of a study without clients it is the report of everybody: its title says so
        label = pick(names[column]) if column in names else column
        chosen = names.get(f"{column}={value}")
        said.append(_("{label}: {value}").format(label=label, value=pick(chosen) if chosen else value))
    return "; ".join(said)


def _exclusions(survey: Survey) -> str:
    """What was left out; how many ratings only of a whole study, since of a selection it would tell of few persons."""
    if survey.selection.keys() - {KEPT}:
        return "; ".join(one.why for one in survey.exclusions) or _("None")
    said = [
        (
            ngettext("{n} rating ({why})", "{n} ratings ({why})", one.n_ratings)
            if "partnership" in survey.respondents
            else ngettext("{n} person ({why})", "{n} persons ({why})", one.n_ratings)
        ).format(n=format_value(one.n_ratings, "count"), why=one.why)
        for one in survey.exclusions
    ]
    return "; ".join(said) or _("None")


def _withheld(survey: Survey, cells: Cells) -> str:
    """How much of the groups of this report is withheld; what its tables show as withheld can be counted there too."""
    own = frozenset((column, value) for column, value in survey.selection.items() if column != KEPT)
    rows = [place for place, key in enumerate(cells.keys) if own <= key]
    states = cells.states[rows].ravel().tolist()
    hidden, rounded = states.count("withheld"), states.count("mean_only")
    return _(
        "In the groups of this report: {all} values, of which {hidden} withheld and {rounded} shown as a rounded mean only."
    ).format(
        hidden=format_value(hidden, "count"),
        rounded=format_value(rounded, "count"),
        all=format_value(len(states), "count"),
    )
