"""A draft as commented YAML: doubts first, then each guess with its reason and how certain it is."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hpp_analysis.drafts.draft import Draft, Guess
    from hpp_analysis.survey.questionnaire import Item, Scale

_ROLES = {
    "comment": "Open answers",
    "private": "Columns that identify persons; left out when the file is read",
    "answering": "When and how was answered",
    "background": "Background of persons; to use one, add it to `columns`",
    "other": "Other columns",
}
_MOST_LISTED = 60
_EMPLOYEES, _PARTNERS = {"department", "team"}, {"client", "partner", "partnership", "side"}


def instrument_text(draft: Draft) -> str:
    """The questionnaire with a comment for each guess."""
    instrument, language = draft.instrument, draft.language
    guesses = {guess.id: guess for guess in draft.guesses if guess.id}
    lines = [
        f"# The questionnaire of {one_line(draft.source)}, drafted from the answers: check it, then delete the comments.",
        "# docs/questionnaire.md explains every key; `hpp check` tells what does not fit.",
    ]
    if draft.doubts:
        lines += ["#", "# Look at these first:"]
        lines += [f"# {number}. {one_line(doubt)}" for number, doubt in enumerate(draft.doubts, start=1)]
    lines += [
        "",
        "format: 1",
        f"name: {instrument.name}",
        f"language: {language}  # of all texts here; with a second one write {{en: ..., nl: ...}} for each",
        f"title: {quoted(instrument.title[language])}",
        f"unit: {instrument.unit}  # "
        + ("each person answers once" if instrument.unit == "person" else "a person answers once for each partnership"),
    ]
    if _EMPLOYEES.intersection(ids := {column.id for column in instrument.columns}) and not _PARTNERS.intersection(ids):
        lines.append("words: employees  # likely: there are departments; reports then speak of these, not of partners")
    if instrument.repeated == "first":
        lines.append("repeated: first  # where a person answers a question twice, the first answer counts")
    lines += ["", "scale:", *_scale_lines(instrument.scale, language, "  ")]
    if instrument.scales:
        lines += ["", "scales:  # of items that say so; their answers are brought to the scale above"]
        for name, scale in instrument.scales.items():
            lines += [f"  {name}:", *_scale_lines(scale, language, "    ")]
    if instrument.columns:
        lines += ["", "columns:  # who answered"]
        for column in instrument.columns:
            parts: dict[str, Any] = {"id": column.id, "text": column.text[language]}
            if column.headers:
                parts["headers"] = list(column.headers)
            if column.values:
                parts["values"] = [
                    {"id": value.id, "text": value.text[language], "codes": list(value.codes)}
                    for value in column.values
                ]
            lines += [f"  # {_why(guesses[column.id])}" if column.id in guesses else "", f"  - {_flow(parts)}"]
    lines += ["", "factors:"]
    for factor in instrument.factors:
        group = draft.groups[factor.id]
        lines.append(f"  # {group.certainty}: {one_line(group.reason)}")
        lines.append(f"  - {_flow({'id': factor.id, 'name': factor.name[language]})}")
    lines += ["", "items:"]
    for item in instrument.items:
        if item.id in draft.reverse:
            lines.append(
                f"  # perhaps reversed: correlates {draft.reverse[item.id]:.2f} with the others of its factor; if its text says so, "
                "add reverse: true"
            )
        guess = guesses.get(item.id)
        comment = f"  # {guess.certainty}: {one_line(guess.reason)}" if guess else ""
        lines.append(f"  - {_flow(_item_parts(item, language))}{comment}")
    lines += _comments(draft, {item.id for item in instrument.items})
    lines += _left_out(draft.guesses)
    return "\n".join(line for line in lines if line is not None) + "\n"


def mapping_text(draft: Draft) -> str:
    """The mapping as YAML, for columns whose headers are not enough; empty if all are."""
    keys = draft.mapping.model_dump(exclude_unset=True)
    if not keys:
        return ""
    why = {guess.id: guess for guess in draft.guesses if guess.id}
    lines = [
        "# Which column is what, where headers alone do not say so. A column is named by its header or as `#5`, the fifth."
    ]
    for key in ("sheet", "long"):
        if key in keys:
            lines += ["", f"{key}: {_flow(keys[key])}"]
    for key in ("columns", "items"):
        if key in keys:
            lines += ["", f"{key}:"]
            for id_, place in keys[key].items():
                comment = f"  # {one_line(why[id_].reason)}" if id_ in why else ""
                lines.append(f"  {id_}: {quoted(place['column'])}{comment}")
    if "ignore" in keys:
        lines += ["", "# Not kept: columns that identify persons, and copies of other surveys."]
        lines += ["ignore:", *(f"  - {quoted(header)}" for header in keys["ignore"])]
    return "\n".join(lines) + "\n"


def _scale_lines(scale: Scale, language: str, indent: str) -> list[str]:
    lines = [f"min: {scale.min}", f"max: {scale.max}"]
    labels = {point: text[language] for point, text in scale.labels.items()}
    if any(label != str(point) for point, label in labels.items()):
        lines += ["labels:", *(f"  {point}: {quoted(label)}" for point, label in labels.items())]
    else:
        lines.append("# labels: what the ends are called is not in the file, as {1: Disagree, 5: Agree}")
    if scale.spellings:
        lines += [
            "spellings:  # as the export writes them",
            *(f"  {point}: {_flow(list(said))}" for point, said in scale.spellings.items()),
        ]
    if scale.decimals:
        lines.append("decimals: true  # answers lie between whole numbers")
    if scale.dont_know is not None:
        parts: dict[str, Any] = {"text": scale.dont_know.text[language]}
        if scale.dont_know.codes:
            parts["codes"] = list(scale.dont_know.codes)
        lines.append(f"dont_know: {_flow(parts)}")
    if scale.missing:
        lines.append(f"missing: {_flow(list(scale.missing))}  # no answer")
    return [indent + line for line in lines]


def _item_parts(item: Item, language: str) -> dict[str, Any]:
    parts: dict[str, Any] = {"id": item.id, "factor": item.factor, "text": item.text[language]}
    if item.headers:
        parts["headers"] = list(item.headers)
    if item.scale is not None:
        parts["scale"] = item.scale
    if item.reverse:
        parts["reverse"] = True
    if item.optional:
        parts["optional"] = True
    return parts


def _comments(draft: Draft, taken: Collection[str]) -> list[str]:
    """Open answers as questions that a person may take in: what people wrote is not read unless somebody says so."""
    open_ = [guess.column for guess in draft.guesses if guess.role == "comment" and not guess.column.startswith("#")]
    if not open_:
        return []
    lines = ["  # open answers: remove the # before those that `hpp comments study.yaml` is to write for review"]
    free = (f"comment{number}" for number in count(1) if f"comment{number}" not in taken)
    for header, id_ in zip(open_[:_MOST_LISTED], free, strict=False):
        lines.append(f"  #- {_flow({'id': id_, 'type': 'comment', 'text': one_line(header)})}")
    return lines


def _left_out(guesses: Sequence[Guess]) -> list[str]:
    """The columns that are neither items nor about respondents, by their guessed kind."""
    lines = []
    for role, title in _ROLES.items():
        mine = [guess for guess in guesses if guess.role == role and not guess.id]
        if mine:
            lines += ["", f"# {title} ({len(mine)}):"]
            lines += [
                f"#   {one_line(guess.column)[:80]}" + (f": {one_line(guess.reason)}" if guess.reason else "")
                for guess in mine[:_MOST_LISTED]
            ]
            if len(mine) > _MOST_LISTED:
                lines.append(f"#   ... and {len(mine) - _MOST_LISTED} more")
    return lines


def _why(guess: Guess) -> str:
    return f"{guess.certainty}: column {one_line(guess.column)[:80]!r}; {one_line(guess.reason)}"


def _flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else quoted(value)


def one_line(text: object) -> str:
    """One line, for a comment."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def quoted(text: object) -> str:
    """A text as YAML (a JSON string is one); bare where it is a plain word."""
    plain = str(text)
    if (
        plain.isidentifier()
        and plain.isascii()
        and plain.casefold() not in ("true", "false", "null", "none", "yes", "no", "on", "off", "y", "n")
    ):
        return plain
    return json.dumps(one_line(plain) if not plain.isprintable() else plain, ensure_ascii=False)
