"""Defaults for what a questionnaire leaves out: languages of texts, labels, names, ids and factors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SCALE = re.compile(r"\s*([+-]?\d{1,4})\s*(?:-|–|\.\.|to|tot)\s*([+-]?\d{1,4})\s*")  # "1-5", "0 to 10"
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]+)?")
_KNOWN = {"en": "Don't know", "nl": "Weet niet"}
_TOTAL = "total"
"""The factor of items of which no factor is named."""
_TEXTS = ("text", "label", "idea", "name", "description")


def filled_in(content: Any) -> Any:
    """The content of an instrument file with its defaults filled in.

    Parts of the wrong shape stay as they are; the checks of the model report them.

    Parameters
    ----------
    content : mapping
        As it stands in the file.

    Examples
    --------
    >>> full = filled_in({"name": "pulse", "language": "en", "scale": "1-5", "items": ["We talk", "We listen"]})
    >>> full["scale"]["labels"], full["factors"], full["items"][1]["id"]
    ({1: {'en': '1'}, 5: {'en': '5'}}, [{'id': 'total', 'name': {'en': 'pulse'}}], 'item2')
    """
    if not isinstance(content, Mapping):
        return content
    full = dict(content)
    language = full.get("language")
    if isinstance(language, str) and _LANGUAGE.fullmatch(language):
        del full["language"]  # from here on each text says it
        for key in ("title", "description", "source"):
            full[key] = _by_language(language, full.get(key))
            if full[key] is None:
                del full[key]
        full["words"] = _words(language, full.get("words"))
    else:
        language = None
    if isinstance(full.get("items"), list | tuple):
        items = _items(full, language)
        full["items"] = [item for item in items if not _is_comment(item)]
        if comments := [item for item in items if _is_comment(item)]:
            full["comments"] = comments
    languages = _languages(full, language)
    if "title" not in full and languages and isinstance(full.get("name"), str):
        full["title"] = dict.fromkeys(languages, full["name"].replace("_", " "))
    if isinstance(full.get("items"), list | tuple):
        _give_factors(full, languages)
    for key in ("factors", "outcomes", "columns"):
        if isinstance(full.get(key), list | tuple):
            full[key] = [_part(one, language, languages, "text" if key == "columns" else "name") for one in full[key]]
    if "scale" in full:
        full["scale"] = _scale(full["scale"], language, languages)
    if isinstance(full.get("scales"), Mapping):
        full["scales"] = {name: _scale(scale, language, languages) for name, scale in full["scales"].items()}
    return full


def _by_language(language: str | None, text: Any) -> Any:
    """Give a plain text the language of the questionnaire; leave texts by language alone."""
    return {language: text} if isinstance(text, str) and language is not None else text


def _words(language: str, words: Any) -> Any:
    """Give words whose forms stand without a language that of the questionnaire."""
    if not isinstance(words, Mapping):
        return words
    return {
        word: {language: forms}
        if isinstance(forms, Mapping) and all(isinstance(form, str) for form in forms.values())
        else forms
        for word, forms in words.items()
    }


def _items(full: Mapping[str, Any], language: str | None) -> list[Any]:
    """Items with their texts and ids; the third item without an id is `item3`."""
    items = []
    for place, item in enumerate(full["items"], start=1):
        if isinstance(item, str) and language is not None:
            item = {"text": item}
        if isinstance(item, Mapping):
            item = {"id": f"item{place}", **item}
            item |= {key: _by_language(language, item[key]) for key in _TEXTS if key in item}
        items.append(item)
    return items


def _is_comment(item: Any) -> bool:
    return isinstance(item, Mapping) and item.get("type") == "comment"


def _languages(full: Mapping[str, Any], language: str | None) -> list[str]:
    """The languages of the title or, without one, of the first item."""
    items = full.get("items")
    first = items[0] if isinstance(items, list | tuple) and items else None
    for text in (full.get("title"), first.get("text") if isinstance(first, Mapping) else None):
        if isinstance(text, Mapping):
            return [str(code) for code in text]
    return [language] if language is not None else []


def _give_factors(full: dict[str, Any], languages: list[str]) -> None:
    """Add a factor for each one that items name, or one for all items if they name none."""
    items = full["items"]
    listed: Any = full.get("factors") if isinstance(full.get("factors"), list | tuple) else None
    only = None
    if listed is None and not any("factor" in item for item in items if isinstance(item, Mapping)):
        only = _TOTAL
    elif listed is not None and len(listed) == 1 and not full.get("outcomes"):
        only = listed[0].get("id") if isinstance(listed[0], Mapping) else listed[0]
    if only is not None:
        items = full["items"] = [{"factor": only, **item} if isinstance(item, Mapping) else item for item in items]
    if "factors" not in full and languages:
        outcomes: Any = full.get("outcomes") if isinstance(full.get("outcomes"), list | tuple) else ()
        described = {one.get("id") if isinstance(one, Mapping) else one for one in outcomes}
        named = dict.fromkeys(str(item["factor"]) for item in items if isinstance(item, Mapping) and "factor" in item)
        title = full.get("title")
        full["factors"] = [
            {"id": id_, "name": title} if id_ == _TOTAL and isinstance(title, Mapping) else {"id": id_}
            for id_ in named
            if id_ not in described
        ]


def _part(part: Any, language: str | None, languages: list[str], called: str) -> Any:
    """A factor, outcome or respondent column: without a text it is called by its id."""
    if isinstance(part, str):
        part = {"id": part}
    if not isinstance(part, Mapping):
        return part
    full = dict(part) | {key: _by_language(language, part[key]) for key in _TEXTS if key in part}
    if called not in full and languages and isinstance(full.get("id"), str):
        full[called] = dict.fromkeys(languages, full["id"].replace("_", " ").capitalize())
    if isinstance(full.get("values"), list | tuple):
        full["values"] = [_part(value, language, languages, "text") for value in full["values"]]
    return full


def _scale(scale: Any, language: str | None, languages: list[str]) -> Any:
    """A scale with its ends, both of them with a text."""
    if isinstance(scale, str) and (ends := _SCALE.fullmatch(scale)):
        scale = {"min": int(ends[1]), "max": int(ends[2])}
    if not isinstance(scale, Mapping):
        return scale
    full = dict(scale)
    if isinstance(full.get("labels"), Mapping):
        full["labels"] = {point: _by_language(language, text) for point, text in full["labels"].items()}
    elif "labels" not in full and languages:
        numbers = [full[end] for end in ("min", "max") if isinstance(full.get(end), int)]
        full["labels"] = {end: dict.fromkeys(languages, str(end)) for end in numbers}
    unknown = full.get("dont_know")
    if isinstance(unknown, str):
        unknown = {"text": unknown}
    if isinstance(unknown, Mapping):
        text = _by_language(language, unknown.get("text")) or {code: _KNOWN.get(code, "?") for code in languages}
        full["dont_know"] = {**unknown, "text": text}
    return full
