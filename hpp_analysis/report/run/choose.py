"""Which reports a run makes: of whom, about which wave."""

from __future__ import annotations

from collections.abc import Iterator

from hpp_analysis.errors import Failure
from hpp_analysis.options import nearest
from hpp_analysis.survey.spelling import normalise
from hpp_analysis.survey.survey import Survey

ALL_WAVES = "all"


def choose_all(
    survey: Survey, by: str, wave: str, only: list[str]
) -> tuple[list[tuple[str, str, str]], list[str], list[Failure]]:
    """As `_choose`, with the name, client and wave of each report; with several waves the name holds client and wave."""
    waves = survey.values("wave") if "wave" in survey.respondents else ()
    if wave != ALL_WAVES or ALL_WAVES in waves or not waves:
        clients, notes, failures = _choose(survey, by, "" if wave == ALL_WAVES and not waves else wave, only)
        wave_chosen = "" if wave == ALL_WAVES and not waves else wave
        return [(client, client, wave_chosen) for client in clients], notes, failures
    chosen: list[tuple[str, str, str]] = []
    all_notes: list[str] = []
    wrong: list[list[Failure]] = []
    for one_wave in waves:
        clients, notes, failures = _choose(survey, by, one_wave, only)
        chosen += [
            (f"{client}, {one_wave}" if client != one_wave else one_wave, client, one_wave) for client in clients
        ]
        all_notes += [note for note in notes if "no ratings in this wave" not in note]
        wrong.append(failures)
    # a name that one wave lacks is no mistake, a name that every wave lacks is
    return chosen, list(dict.fromkeys(all_notes)), wrong[0] if all(wrong) else []


def columns_to_choose(survey: Survey) -> list[str]:
    """The columns of which each value may get a report: those that the questionnaire or a mapping names."""
    no_groups = {"respondent", *survey.unknown_columns}
    return [str(column) for column in survey.respondents if column not in no_groups]


def _choose(survey: Survey, by: str, wave: str, only: list[str]) -> tuple[list[str], list[str], list[Failure]]:
    """The clients that get a report, what is to be noted, and what is wrong."""
    columns = [str(column) for column in survey.respondents]
    if by not in columns:
        choice = columns_to_choose(survey)
        rule = f"`by` must be a column that tells groups apart; the answers have {', '.join(choice) or 'none'}."
        return [], [], [Failure(rule, nearest(by, choice), value=by)]
    failures = []
    waves = survey.values("wave") if "wave" in columns else ()
    if wave and wave not in waves:
        rule = f"`wave` must be one of the answers; they have {', '.join(waves) or 'no column `wave`'}."
        failures.append(Failure(rule, nearest(wave, waves), value=wave))
    known = survey.values(by)
    answered = survey.wave("" if failures else wave).values(by)
    for name in only:
        if name not in known:
            known_names = ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
            rule = f"`only` must be a name in the column {by!r}, which has {known_names or 'none'}."
            failures.append(Failure(rule, nearest(name, known), value=name))
        elif name not in answered:
            rule, remedy = "This name has no ratings in the wave.", "Choose another wave, or leave it out."
            failures.append(Failure(rule, remedy, value=name))
    if not known:
        failures.append(Failure(f"The column {by!r} must name somebody.", "Fill it in.", column=by))
    notes = [f"{name!r} has no ratings in this wave and gets no report." for name in known if name not in answered]
    unnamed = int((survey.respondents[by].astype(str) == "").sum())
    if unnamed:
        notes.append(f"{unnamed} ratings say no {by!r} and are part of no report.")
    notes += [note for column in dict.fromkeys((by, "client", "partner")) for note in _look_alikes(survey, column)]
    return [name for name in answered if not only or name in only], notes, failures


def _look_alikes(survey: Survey, column: str) -> Iterator[str]:
    """Note names that may be two spellings of one organisation; they are never joined."""
    names = survey.values(column) if column in survey.respondents else ()
    spellings = [normalise(name) for name in names]
    beginnings = [[text[:end] for end, letter in enumerate(text) if letter == " "] + [text] for text in spellings]
    earlier: dict[str, set[int]] = {}  # by spelling, and by beginning
    longer: dict[str, set[int]] = {}
    for place, name in enumerate(names):
        alike = set().union(*(earlier.get(text, ()) for text in beginnings[place]), longer.get(spellings[place], ()))
        for other in sorted(alike):  # "Jansen Bouw" and "jansen bouw BV"
            yield (
                f"{names[other]!r} and {name!r} in column {column!r} look alike; "
                "if they are one organisation, give them one spelling."
            )
        earlier.setdefault(spellings[place], set()).add(place)
        for text in beginnings[place]:
            longer.setdefault(text, set()).add(place)
