"""Columns that say who answered, by their name and content, in Dutch and English; and those that describe the answering."""

from __future__ import annotations

import re
from typing import NamedTuple

from hpp_analysis.drafts.columns import Column
from hpp_analysis.survey.spelling import normalise

_ID = r"(id|nr|no|num|number|nummer|code|key)"
_NAMES: list[tuple[str, str]] = [
    ("respondent", rf"(respondent|participant|deelnemer|person|persoon|case|record|response|member|employee|medewerker|personeels"
                   rf"|subject|survey|user|student|rater|lid)[ _.-]?{_ID}|{_ID}|respondent|participant|deelnemer|respnr|resp ?nr|ppn?"
                   r"|uuid|guid|token|case|unnamed: 0|volgnummer|index"),
    ("client", r"(client|klant|opdrachtgever|customer|afnemer|principal)[ _.-]?(naam|name|id|code)?"),
    ("partner", r"(partner|leverancier|supplier|vendor|contractor|opdrachtnemer|aannemer|subcontractor)[ _.-]?(naam|name|id|code)?"),
    ("side", r"(side|kant|zijde|partij|party|perspective|perspectief|namens|on behalf of)"),
    ("role", r"(role|rol|function|functie|job ?title|functietitel|position|positie|beroep|occupation|job|my employer is.*|your role.*"
             r"|wat is (je|uw) (rol|functie).*|what is your (role|position|job ?title|function).*|functieniveau|level|rank)"),
    ("department", r"(department|dept|afdeling|afd|team|division|divisie|unit|business ?unit|bu|section|sector|directie|dienst"
                   r"|teamname|team ?naam|location|locatie|vestiging|site|branch|region|regio|(in|op|bij) welke (afdeling|locatie|vestiging).*"
                   r"|(in )?which (department|team|division|unit|location).*|(my|your) department.*)"),
    ("organisation", r"(organi[sz]ation|organisatie|company|bedrijf|firm|bedrijfsnaam|company ?name|employer|werkgever|school|organi[sz]atienaam"
                     r"|group|grp|grpid|groep|teacher|class|klas|platoon|project)[ _.-]?(naam|name|id|code)?"),
    ("wave", r"(wave|meting|meetmoment|ronde|golf|round|measurement|meetronde|time ?point|tijdstip)[ _.-]?(nr|id)?"),
    ("period", r"(period|periode|quarter|kwartaal|jaar|year|maand|month|survey ?year)"),
    ("consent", r".*\b(consent|toestemming|informed consent|ik ga akkoord|akkoord|i agree to (participate|take part).*)\b.*"),
]  # fmt: skip
_PATTERNS = [(role, re.compile(pattern)) for role, pattern in _NAMES]
_PRIVATE = re.compile(
    r"(.*[ _])?(e-?mail|e-?mailadres|ip ?-?address|ipaddress|ip-?adres|phone|telephone|telefoon(nummer)?|first ?name|last ?name|voornaam|achternaam"
    r"|surname|full ?name|naam|name|name_first|name_last|recipient(last|first)name|recipientemail|emailaddress|address|adres|postcode"
    r"|zip ?code|dob|date of birth|birth ?date|geboortedatum|bsn|ssn|location(latitude|longitude|accuracy)|latitude|longitude)([ _].*)?"
)
_ABOUT_ANSWERING = re.compile(
    r"(start|end|submit|completion|recorded|begin|eind|stop)[ _-]?(date|time|datum|tijd)|startdate|enddate|recordeddate|timestamp|tijdstempel"
    r"|date ?stamp|datestamp|collector[ _-]?id|progress|voortgang|finished|voltooid|status|duration.*|interview ?time|group ?time\d*"
    r"|last ?page|seed|distribution ?channel|user ?language|start ?language|language|taal|response ?set|external(data)?reference|browser"
    r"|version|operating system|resolution|q_[a-z]{4,}\w*|.*_timestamp|.*_complete|redcap_\w+|ip|device|datum|date|referrer|source|custom data.*"
    r"|time|tijd|invultijd|ingevuld( op)?|submitted( at| on)?|verzonden( op)?|created( at)?|response ?time|page ?time.*"
)
_DATE = re.compile(r"(\d{4}-\d\d-\d\d|\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4})([ T].*)?")
_BACKGROUND = re.compile(
    r"((respondents?|demo\w*|dem|socio\w*|q\d+|your|uw|person|patient|pupil)[ _.])?(gender|sexe?|geslacht|age|ageyr|agemo|age ?yr|leeftijd(sgroep)?|leeftijdscategorie|age ?group|education|opleiding(sniveau)?"
    r"|statseduc|edu|educ|schooling|income|inkomen|salary|salaris|tenure|dienstverband|dienstjaren|years?|jaren|hours|uren|hrs|contract(type)?"
    r"|fulltime|parttime|nationality|nationaliteit|ethnicity|race|marital|burgerlijke staat|children|kinderen|relig(ion)?|geloof|household"
    r"|huishouden|nphh|country|land|language|taal|phd|degree|grade|occupation|beroep|female|male|man|vrouw|weight|height|mo|month|birth"
    r"|geboortejaar)([ _.](group|cat|category|code|range|id|class|groep|categorie|2|3))?"
)
_ASKS_BACKGROUND = re.compile(
    r"(what|which|wat|welke?|please (select|state|indicate|enter)|selecteer|geef)\b.{0,30}\b(your|je|jouw|uw) (age|gender|sex|salary|income"
    r"|education|leeftijd|geslacht|opleiding|inkomen|salaris|nationality|highest)\b.*|how old.*|hoe oud.*"
    r"|(how many|hoeveel|number of|aantal|how much time|on average|gemiddeld)\b.*"
)


class Person(NamedTuple):
    """The role of a column about the respondent.

    Attributes
    ----------
    role : str
        The id of the respondent column that it becomes; "private", "answering" or "background" where it becomes none.
    reason, certainty : str
    """

    role: str
    reason: str
    certainty: str


def person_of(column: Column) -> Person | None:
    """What a column says of who answered, by its name and what stands in it; None where it says nothing."""
    names = [normalise(name).strip(" :?.*") for name in (column.code, column.header, column.row) if name]
    for name in names:
        if _PRIVATE.fullmatch(name) and len(name.split()) <= 4:
            return Person("private", f"its name {name!r} says that it identifies a person", "sure")
    values = list(column.counts)
    ids = [value for value in values[:50] if value.startswith("R_")]
    if values and len(ids) == len(values[:50]):
        return Person("respondent", "response ids of Qualtrics", "sure")
    for name in names:
        for role, pattern in _PATTERNS:
            if pattern.fullmatch(name):
                return _checked(role, name, column)
    if values and all(_DATE.fullmatch(value) for value in values[:50]):
        return Person("answering", "dates", "sure")
    if any(_ABOUT_ANSWERING.fullmatch(name) for name in names):
        return Person("answering", "when or how was answered", "sure")
    if any(_BACKGROUND.fullmatch(name) and len(name.split()) <= 3 for name in names):
        return Person("background", "background of persons", "likely")
    if any(_ASKS_BACKGROUND.fullmatch(name) for name in names):
        return Person("background", "asks for a number or for the background of persons", "likely")
    if not names and column.n_answered == column.n_rows == len(values) > 1:
        return Person("respondent", "no header, and each row has a value of its own", "likely")
    return None


def _checked(role: str, name: str, column: Column) -> Person:
    """The role that a name suggests, if the values of the column fit it."""
    n, values = column.n_answered, len(column.counts)
    if role == "respondent":
        if values == n == column.n_rows:
            return Person(role, f"its name is {name!r}, and each row has a value of its own", "sure")
        if values > 0.9 * n and n > 0.9 * column.n_rows:
            return Person(role, f"its name is {name!r}; {n - values:,} values stand there again", "doubtful")
        return Person(role, f"its name is {name!r}, but its values repeat", "doubtful")
    if role in ("side", "consent") and values > 5:
        return Person("background", f"its name is {name!r}, but it has {values:,} values", "doubtful")
    if not n:
        return Person("background", "empty", "sure")
    if values > max(20, n / 2):
        return Person("background", f"its name is {name!r}, but it has {values:,} values for {n:,} answers", "doubtful")
    few = f"its name is {name!r}, with {values:,} value{'s'[: values != 1]}"
    return Person(role, few, "sure" if role in ("client", "partner", "side", "wave") else "likely")
