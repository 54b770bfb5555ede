"""The head of a report, and the facts of its study: about whom, asked what."""

from __future__ import annotations

from hpp_analysis.common.result import Result, Shown, join_names
from hpp_analysis.display.blocks import FactsBlock
from hpp_analysis.display.formats import format_number
from hpp_analysis.errors import DisclosureError
from hpp_analysis.options import checked
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import pick, spoken

_MOST_NAMES = 12


@checked
def show_cover(data: Survey, *, client: str, note: str = "") -> Shown:
    """What stands at the head of a report.

    Parameters
    ----------
    data : Survey
        The answers that the report is about.
    client : str
        Whom it is about: its title.
    note : str
        A sentence that no reader should miss, as that the answers are simulated.

    Returns
    -------
    Shown
        A block of facts: the wave.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> show_cover(simulate_study(seed=1).survey, client="DemoCable").blocks[0].title
    'DemoCable'
    """
    with spoken(None, data.instrument.languages):
        facts = [[_("Wave"), _names(data.values("wave"))]] if "wave" in data.respondents else []
        return Shown((FactsBlock("cover", client, facts, [note] if note.strip() else [], cleared=True),))


@checked
def show_study_facts(data: Survey, *, response: Result | None = None) -> Shown:
    """Who was asked what.

    Parameters
    ----------
    data : Survey
        The answers that the report is about.
    response : Response or ResponseRate, optional
        Published: who answered; its sentences are shown.

    Returns
    -------
    Shown
        A block of facts: partners, response, questionnaire, answer scale, and the threshold of high performance.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> show_study_facts(simulate_study(seed=1).survey).blocks[0].facts[0][0]
    'Client'
    """
    instrument = data.instrument
    with spoken(None, instrument.languages, data.words):
        facts = []
        for column, label in (("client", _("Client")), ("partner", _("Partners"))):
            if column in data.respondents and column not in data.selection:
                facts.append([label, _names(data.values(column))])
        if response is not None:
            facts.append([_("Response"), _told(response)])
        facts.append([_("Questionnaire"), pick(instrument.title)])
        facts.append([_("Answers"), _scale(instrument)])
        if instrument.threshold is not None:
            named = "partnership" in data.respondents
            line = _("Threshold of high performance") if named else _("Threshold")
            facts.append([line, format_number(instrument.threshold)])
        return Shown((FactsBlock("study_facts", "", facts, cleared=True),))


def _told(response: Result) -> str:
    """The sentences of a published result."""
    if not response.published:
        raise DisclosureError(
            f"`response` must be a published result. Given: {response.declaration().name!r}, not published. Pass it through `publish` "
            "first."
        )
    return response.summary()


def _scale(instrument: Instrument) -> str:
    """The answer scale in words, as "1 (strongly disagree) to 10 (strongly agree)"."""
    low, high = instrument.scale.min, instrument.scale.max
    ends = {"low": low, "high": high}
    words = {"lowest": pick(instrument.scale.labels[low]), "highest": pick(instrument.scale.labels[high])}
    return _("{low} ({lowest}) to {high} ({highest})").format(**ends, **words)


def _names(names: tuple[str, ...]) -> str:
    hidden = len(names) - _MOST_NAMES
    if hidden > 0:
        return _("{names} and {n} more").format(names=", ".join(names[:_MOST_NAMES]), n=hidden)
    return join_names(list(names))
