"""The tables and sentences of `hpp check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from hpp_analysis.survey.survey import Survey


def table_of(title: str, *columns: str, texts: int = 1) -> Table:
    """An empty table; the first `texts` columns are words, the others numbers."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for place, column in enumerate(columns):
        table.add_column(escape(column), justify="left" if place < texts else "right")
    return table


def counts_table(survey: Survey, by: str) -> Table:
    """Ratings and persons for each value of the column that makes the reports, wave and side."""
    groups = [column for column in (by, "partner", "wave", "side") if column in survey.respondents]
    table = table_of("Who answered", *dict.fromkeys(groups), "ratings", "persons", texts=len(set(groups)))
    who = survey.respondents[list(dict.fromkeys(groups))].assign(hpp_person=survey.persons)
    counted = who.groupby(list(dict.fromkeys(groups)), sort=True)["hpp_person"].agg(["size", "nunique"])
    for key, row in counted.iterrows():
        names = key if isinstance(key, tuple) else (key,)
        cells = [str(name) or "(none)" for name in names]
        table.add_row(*map(escape, cells), f"{row['size']:,}", f"{row['nunique']:,}")
    return table


_MOST_CHANGES = 40


def audit_table(survey: Survey) -> Table:
    """What was dropped or changed, the same in one line."""
    from hpp_analysis.survey.audit import REASONS

    table = table_of(
        "What was dropped or changed", "file", "what", "column", "value", "became", "cells", texts=5
    )
    shown = survey.audit.head(_MOST_CHANGES)
    for row in shown.fillna({"row": 0}).itertuples():
        where = row.column if not row.row else f"{row.column}, row {row.row}"
        if row.item and row.item != row.column:
            where = f"{row.item}: {where}" if where else row.item
        texts = (row.file, REASONS.get(row.reason, row.reason), _short(where), _short(row.value), row.became)
        table.add_row(*map(escape, texts), f"{row.n:,}")
    if len(survey.audit) > len(shown):
        rest = f"... and {len(survey.audit) - len(shown):,} more; --audit FILE writes all"
        table.add_row("", escape(rest), "", "", "", "")
    return table


def _short(text: str) -> str:
    return text if len(text) <= 50 else f"{text[:49]}…"


def privacy_told(survey: Survey, by: str) -> str:
    """What the disclosure plan of a run over this study would withhold."""
    from hpp_analysis.publishing.publish import plan_disclosure

    states = plan_disclosure(survey, by=by).to_frame()["state"].value_counts()
    withheld, rounded = int(states.get("withheld", 0)), int(states.get("mean_only", 0))
    return (
        f"To protect small groups, {withheld:,} of {int(states.sum()):,} values of all waves and reports together "
        f"would be withheld, and {rounded:,} shown as a rounded mean only."
    )


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


def empty_told(clients: list[str]) -> str:
    """Whose reports have no number at all, and the way out."""
    named = ", ".join(clients[:_MOST_NAMES])
    if len(clients) > _MOST_NAMES:
        named += f" and {len(clients) - _MOST_NAMES} more"
    return (
        f"Without any number, as every group is too small: {named}. Hand these to nobody; choose larger groups with --by, or "
        "collect more answers."
    )
