"""The JSON Schema of a questionnaire, with which editors complete and check its YAML."""

from __future__ import annotations

from typing import Any

from hpp_analysis.survey.questionnaire import Instrument

_NEEDED = {
    "Item": ["text"],
    "Factor": ["id"],
    "RespondentColumn": ["id"],
    "Value": ["id"],
    "DontKnow": [],
    "Scale": ["min", "max"],
}
"""What each part must have; `filled_in` gives the rest."""
_SHORT: dict[str, dict[str, Any]] = {
    "Item": {"type": "string", "description": "The question."},
    "Factor": {"type": "string", "description": "Its id."},
    "RespondentColumn": {"type": "string", "description": "Its id."},
    "Value": {"type": "string", "description": "Its id."},
    "DontKnow": {"type": "string", "description": "How it is said."},
    "Scale": {"type": "string", "pattern": r"^\s*[+-]?\d+\s*(-|\.\.|to|tot)\s*[+-]?\d+\s*$", "description": "As 1-5."},
}
"""How each part may be written in short."""


def instrument_schema() -> dict[str, Any]:
    """The form of an instrument file.

    Examples
    --------
    >>> instrument_schema()["required"]
    ['name', 'scale', 'items']
    """
    schema = Instrument.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "A questionnaire of hpp_analysis"
    schema["required"] = ["name", "scale", "items"]
    parts = schema["$defs"]
    for name, needed in _NEEDED.items():
        whole = {**parts[name], "required": needed}
        parts[name] = {"anyOf": [whole, _SHORT[name]], "description": whole.get("description", "").split("\n")[0]}
    return schema
