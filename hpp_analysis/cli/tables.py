"""The tables and sentences of `hpp check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from hpp_analysis.drafts.draft import Draft
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


_MOST_CHANGES = 40


def audit_table(survey: Survey) -> Table:
    """What was dropped or changed; the same change in several columns in one line."""
    from hpp_analysis.survey.audit import REASONS

    table = table_of("What was dropped or changed", "file", "what", "column", "value", "became", "cells", texts=5)
    same = survey.audit.fillna({"row": 0}).groupby(["file", "row", "reason", "value", "became"], sort=False)
    for number, ((file, line, reason, value, became), group) in enumerate(same):
        if number < _MOST_CHANGES:
            where = _columns(list(zip(group["item"], group["column"], strict=True)), int(line))
            texts = (file, REASONS.get(reason, reason), where, _short(value), became)
            table.add_row(*map(escape, texts), f"{group['n'].sum():,}")
    if same.ngroups > _MOST_CHANGES:
        rest = f"... and {same.ngroups - _MOST_CHANGES:,} more; --audit FILE writes all"
        table.add_row("", escape(rest), "", "", "", "")
    return table


def _columns(places: list[tuple[str, str]], row: int) -> str:
    """Where a change was made: one column with its item, or several by their items or headers."""
    if len(places) > 1:
        names = [item or column for item, column in places]
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        return _short(f"{len(names)} columns: {', '.join(_short(name, 20) for name in names[:3])}{more}")
    item, column = places[0]
    where = f"{column}, row {row}" if column and row else column or (f"row {row}" if row else "")
    return _short((f"{item}: {where}" if where else item) if item and item != column else where)


def _short(text: str, most: int = 50) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def who_told(survey: Survey) -> str:
    """How many answered what, from which files."""
    persons = f"{survey.n_persons:,} person{'s'[: survey.n_persons != 1]}"
    if len(survey) != survey.n_persons or "partnership" in survey.respondents:
        persons = f"{len(survey):,} rating{'s'[: len(survey) != 1]} by {persons}"
    return f"{persons}, {survey.instrument.name} {survey.instrument.version}, from {', '.join(survey.sources)}"


_ENOUGH_ANSWERS = 100  # from which an end of the scale that nobody chose is worth a question


def scale_told(survey: Survey) -> str | None:
    """What end of the answer scale nobody chose, where the file may have another scale than the questionnaire."""
    scale = survey.instrument.scale
    given = survey.items.stack().dropna()
    if survey.instrument.scales or scale.decimals or len(given) < _ENOUGH_ANSWERS:
        return None  # answers brought from another scale, or between points, need not reach the ends
    low, high = int(given.min()), int(given.max())
    if (low, high) == (scale.min, scale.max):
        return None
    unused = ", ".join(map(str, [*range(scale.min, low), *range(high + 1, scale.max + 1)]))
    return (
        f"Of {len(given):,} answers none is {unused}. If the scale of the file runs from {low} to {high}, correct `scale` "
        f"of the questionnaire, which runs from {scale.min} to {scale.max}."
    )


def privacy_told(survey: Survey, by: str, clients: list[str]) -> tuple[str, list[str]]:
    """What the disclosure plan of a run over this study would withhold, and the clients of whom nothing could be shown."""
    from hpp_analysis.publishing.masking import plan_disclosure

    cells = plan_disclosure(survey, by=by)
    states = cells.to_frame()["state"].value_counts()
    withheld, rounded = int(states.get("withheld", 0)), int(states.get("mean_only", 0))
    told = (
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
    return told, hidden


def answers_table(survey: Survey) -> Table:
    """How each item was answered."""
    table = table_of("Items", "item", "label", "answered", "don't know", "skipped", texts=2)
    labels = {item.id: next(iter(item.label.values())) for item in survey.instrument.items}
    for item in survey.items:
        reasons = survey.reasons[item].astype(str)
        shares = [f"{float((reasons == why).mean()):.0%}" for why in ("answered", "dont_know", "skipped")]
        table.add_row(escape(str(item)), escape(labels[str(item)]), *shares)
    return table


_MOST_NAMES = 10


def empty_told(clients: list[str], why: str) -> str:
    """Whose reports were not written, because they would have no number, and the way out."""
    named = ", ".join(clients[:_MOST_NAMES])
    if len(clients) > _MOST_NAMES:
        named += f" and {len(clients) - _MOST_NAMES} more"
    reason, remedy = {
        "too_few": ("every group is too small to be shown", "Choose larger groups with --by, or collect more answers."),
        "no_answers": ("nobody answered what it would show", "Look at `hpp check`: was it asked of them?"),
    }[why]
    return f"No report, because it would have no number ({reason}): {named}. {remedy}"


def drafted_told(draft: Draft) -> list[str]:
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
