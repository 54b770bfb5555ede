"""The tables and sentences of `hpp check`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from hpp_analysis.drafts.draft import Draft
    from hpp_analysis.followup.agreements import Agreement
    from hpp_analysis.report.run.plan import ReportPlan
    from hpp_analysis.report.run.standing import Standing
    from hpp_analysis.report.verify import Verified
    from hpp_analysis.survey.survey import Survey


def table_of(title: str, *columns: str, texts: int = 1) -> Table:
    """An empty table; the first `texts` columns are words, the others numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, column in enumerate(columns):
        table.add_column(escape(column), justify="left" if place < texts else "right")
    return table


def counts_table(survey: Survey, by: str) -> Table:
    """Persons, and where they rate partnerships ratings, for each value of the column that makes the reports, wave and side."""
    groups = [column for column in (by, "partner", "wave", "side") if column in survey.respondents]
    rated = len(survey) != survey.n_persons or "partnership" in survey.respondents
    counts = ["ratings", "persons"] if rated else ["persons"]
    table = table_of("Who answered", *dict.fromkeys(groups), *counts, texts=len(set(groups)))
    who = survey.respondents[list(dict.fromkeys(groups))].assign(hpp_person=survey.persons)
    counted = who.groupby(list(dict.fromkeys(groups)), sort=True)["hpp_person"].agg(["size", "nunique"])
    for key, row in counted.iterrows():
        names = key if isinstance(key, tuple) else (key,)
        cells = [str(name) or "(none)" for name in names]
        numbers = [row["size"], row["nunique"]] if rated else [row["nunique"]]
        table.add_row(*map(escape, cells), *(f"{number:,}" for number in numbers))
    return table


_WEIGHT = [
    "unknown_label", "no_person", "repeated_answer", "repeated_column", "missing_code", "dont_know", "reversed", "other_scale",
    "recoded", "label", "part_of_header", "ignored_column", "not_asked", "reader", "constant", "empty_column",
]  # fmt: skip
"""Reasons of changes, those first that a person should look at."""
_MOST_SHOWN = 3


def describe_changes(survey: Survey) -> list[str]:
    """What was dropped or changed when the files were read: one line for each cause, the weightiest first."""
    from hpp_analysis.survey.audit import REASONS

    audit = survey.audit[survey.audit["reason"] != "unknown_column"]  # these have a line of their own
    files = list(dict.fromkeys(survey.audit["file"]))
    lines = []
    reasons = [*_WEIGHT, *(reason for reason in REASONS if reason not in _WEIGHT)]
    for reason in reasons:
        mine = audit[audit["reason"] == reason]
        for cause, group in mine.groupby(mine["became"] if reason == "reader" else mine["reason"], sort=False):
            what = str(cause) if reason == "reader" else REASONS[reason]
            parts = [_values(group, reason), _where(group), _files(group, files)]
            n = int(group["n"].sum())
            counted = "" if reason in ("reader", "not_asked") else f"{n:,} cell{'s'[: n != 1]}"
            lines.append(f"- {what}: {'; '.join(part for part in (counted, *parts) if part)}")
    return lines


def _values(group: Any, reason: str) -> str:
    """The most frequent values, and what replaced them."""
    if reason in ("reader", "reversed"):
        return ""
    counted = group.groupby(["value", "became"], sort=False)["n"].sum().sort_values(ascending=False, kind="stable")
    examples = [
        f"{_short(value, 30)!r} = {became}" if value and became else repr(_short(value or became, 30))
        for value, became in list(counted.index)[:_MOST_SHOWN]
        if value or became
    ]
    more = len(counted) - len(examples)
    return ", ".join(examples) + (f" and {more} more" if examples and more > 0 else "")


def _where(group: Any) -> str:
    """The items or columns of a change."""
    names = list(dict.fromkeys(item or column for item, column in zip(group["item"], group["column"], strict=True)))
    names = [_short(name, 30) for name in names if name]
    listed = ", ".join(names[:_MOST_SHOWN])
    return f"{listed} and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else listed


def _files(group: Any, files: list[str]) -> str:
    """The files of a change, where there are several."""
    mine = list(dict.fromkeys(group["file"]))
    if len(files) < 2:
        return ""
    return f"in {mine[0]}" if len(mine) == 1 else f"in {'all' if len(mine) == len(files) else len(mine)} files"


def describe_unknown_columns(survey: Survey) -> str:
    """The columns that the questionnaire does not know: how many, and the first of them."""
    names = [repr(_short(name)) for name in survey.unknown_columns]
    more = f" and {len(names) - _MOST_UNKNOWN:,} more" if len(names) > _MOST_UNKNOWN else ""
    return f"Columns that the questionnaire does not know, shown nowhere: {', '.join(names[:_MOST_UNKNOWN])}{more}"


_MOST_UNKNOWN = 8


def _short(text: str, most: int = 50) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def describe_respondents(survey: Survey) -> str:
    """Say how many persons answered which questionnaire, and from which files."""
    persons = f"{survey.n_persons:,} person{'s'[: survey.n_persons != 1]}"
    if len(survey) != survey.n_persons or "partnership" in survey.respondents:
        persons = f"{len(survey):,} rating{'s'[: len(survey) != 1]} by {persons}"
    return f"{persons}, {survey.instrument.name} {survey.instrument.version}, from {', '.join(survey.sources)}"


_ENOUGH_ANSWERS = 100  # from which an end of the scale that nobody chose is worth a question


def describe_unused_ends(survey: Survey) -> str | None:
    """Say which ends of the answer scale nobody chose: the file may have another scale than the questionnaire."""
    scale = survey.instrument.scale
    answers = survey.items.stack().dropna()
    if survey.instrument.scales or scale.decimals or len(answers) < _ENOUGH_ANSWERS:
        return None  # answers brought from another scale, or between points, need not reach the ends
    low, high = int(answers.min()), int(answers.max())
    if (low, high) == (scale.min, scale.max):
        return None
    unused = ", ".join(map(str, [*range(scale.min, low), *range(high + 1, scale.max + 1)]))
    return (
        f"Of {len(answers):,} answers none is {unused}. If the scale of the file runs from {low} to {high}, correct `scale` "
        f"of the questionnaire, which runs from {scale.min} to {scale.max}."
    )


def describe_privacy(survey: Survey, by: str, clients: list[str]) -> tuple[str, list[str]]:
    """What the disclosure plan of a run over this study would withhold, and the clients of whom nothing could be shown."""
    from hpp_analysis.publishing.masking import plan_disclosure

    cells = plan_disclosure(survey, by=by)
    states = cells.to_frame()["state"].value_counts()
    withheld, rounded = int(states.get("withheld", 0)), int(states.get("mean_only", 0))
    sentence = (
        f"To protect small groups, {withheld:,} of {int(states.sum()):,} values of all waves and reports together "
        f"would be withheld, and {rounded:,} shown as a rounded mean only."
    )
    hidden = [
        client
        for client in clients
        if not any(
            {"full", "mean_only"}.intersection(states_of_group)
            for key, states_of_group in zip(cells.keys, cells.states.tolist(), strict=True)
            if (by, client) in key
        )
    ]
    return sentence, hidden


_MOST_ITEMS, _LEAST_ANSWERED = 40, 20


def answers_table(survey: Survey) -> Table:
    """How each item was answered; of very many items those that were answered least."""
    shares = {
        str(item): [float((survey.reasons[item] == why).mean()) for why in ("answered", "dont_know", "skipped")]
        for item in survey.items
    }
    title, chosen = "Items", list(shares)
    if len(chosen) > _MOST_ITEMS:
        title = f"Items answered least, {_LEAST_ANSWERED} of {len(chosen)}"
        chosen = sorted(chosen, key=lambda item: shares[item][0])[:_LEAST_ANSWERED]
    table = table_of(title, "item", "label", "answered", "don't know", "skipped", texts=2)
    labels = {item.id: next(iter(item.label.values())) for item in survey.instrument.items}
    for item in chosen:
        table.add_row(escape(item), escape(_short(labels[item], 44)), *(f"{share:.0%}" for share in shares[item]))
    return table


_MOST_NAMES = 10


def describe_empty_reports(clients: list[str], why: str) -> str:
    """Whose reports were not written, because they would have no number, and the way out."""
    named = _listed(clients)
    reason, remedy = {
        "too_few": ("every group is too small to be shown", "Choose larger groups with --by, or collect more answers."),
        "no_answers": ("nobody answered what it would show", "Look at `hpp check`: was it asked of them?"),
    }[why]
    return f"No report, because it would have no number ({reason}): {named}. {remedy}"


def describe_standing(standing: Standing, plan: ReportPlan) -> list[str]:
    """What a run would make and why, what it would keep, and what it would move aside."""
    from hpp_analysis.report.run.folders import OUTDATED
    from hpp_analysis.report.run.origins import describe_reasons

    names: dict[str, list[str]] = {}
    for decision in standing.decisions:
        state = "kept" if decision.earlier else f"made ({describe_reasons(decision.why)})"
        names.setdefault(state, []).append(f"{decision.job.client or 'Overview'} ({decision.job.language})")
    for folder, why in standing.outdated.items():
        fate = "left where it is, and named as outdated" if plan.only else f"moved to {OUTDATED!r}"
        names.setdefault(f"{fate} ({describe_reasons(why)})", []).append(folder)
    return [f"{len(named)} would be {state}: {_listed(named)}" for state, named in names.items()] + [
        "Nothing was written."
    ]


VERIFIED = {"equal": "equal", "different": "different", "cannot": "not comparable"}
_COUNTED = {"table": "tables", "figure": "figures", "text": "texts", "facts": "lists of facts", "file": "files"}
_MOST_DIFFERENCES = 20


def describe_verified(one: Verified) -> list[str]:
    """Say of a report whether it is equal, where it differs, or why that cannot be told."""
    lines = [f"{one.client or 'Overview'} ({one.language}): {VERIFIED[one.state]}"]
    if one.state == "equal":
        lines[0] += " (" + ", ".join(f"{one.counts.get(kind, 0)} {name}" for kind, name in _COUNTED.items()) + ")"
    lines += [f"  {text}" for text in (*one.reasons, *map(str, one.differences[:_MOST_DIFFERENCES]))]
    if len(one.differences) > _MOST_DIFFERENCES:
        lines.append(f"  ... and {len(one.differences) - _MOST_DIFFERENCES} more differences")
    return lines + [f"  {note}" for note in one.notes]


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


def describe_draft(draft: Draft) -> list[str]:
    """What a draft holds, and what a person must look at."""
    instrument = draft.instrument
    scale = instrument.scale
    lines = [
        f"{len(instrument.items)} items on a scale from {scale.min} to {scale.max}, in {len(instrument.factors)} "
        f"factor{'s'[: len(instrument.factors) != 1]}: "
        + ", ".join(f"{factor.id} ({len(instrument.items_of(factor.id))})" for factor in instrument.factors[:12])
    ]
    if instrument.columns:
        lines.append("Who answered: " + ", ".join(column.id for column in instrument.columns))
    if draft.doubts:
        lines += ["To check:", *(f"{number}. {doubt}" for number, doubt in enumerate(draft.doubts, start=1))]
    return lines


_WHY_DUE = {"overdue": "overdue", "due": "due soon", "review": "look back", "nobody": "no owner yet"}


def agreements_table(urgent: Sequence[tuple[str, Agreement]], survey: Survey) -> Table:
    """What asks for attention, by the codes of `followup.sheet.due`."""
    from hpp_analysis.followup.agreements import name_of

    table = table_of("What is due", "No.", "Why", "By when", "What was agreed", "About", "Who", texts=6)
    for why, one in urgent:
        who = ", ".join(filter(None, (one.owner_first, one.owner_second)))
        where = name_of(survey, one.partnership, "partnership") if one.partnership else ""
        about = ", ".join(filter(None, (name_of(survey, one.about) if one.about else "", where)))
        when = one.review if why == "review" else one.by_when
        table.add_row(*map(escape, (one.id, _WHY_DUE[why], when, _short(one.agreement, 60), about, _short(who, 40))))
    return table
