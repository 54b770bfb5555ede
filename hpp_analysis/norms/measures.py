"""What a questionnaire measures, as a fingerprint: two studies with the same one can be compared."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hpp_analysis.common.answers import given_as
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import Survey
from hpp_analysis.survey.understand import NOT_ASKED

Likeness = Literal["same", "texts", "items", "scale"]
"""How one factor's measure compares with another: the same; some texts differ; other items; another answer scale."""
_HEX = 12
_OTHER_QUESTIONS = 0.5
"""Where more than this share of the texts differs, the items of the same names are other questions."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What a study measured.

    Attributes
    ----------
    scale : tuple of float
        The ends of the answer scale.
    factors : mapping
        By factor and item how the item is scored ("1-10", with "-" in front where it is reversed), and by language a hash
        of its text; the texts themselves are not in it.
    """

    scale: tuple[float, float]
    factors: Mapping[str, Mapping[str, Mapping[str, Any]]]

    @classmethod
    def of(cls, survey: Survey) -> Measures:
        """The measures of a survey: of each scale the items that were asked."""
        instrument = survey.instrument
        asked = set(survey.items.columns[~given_as(survey, NOT_ASKED).all(axis=0)])
        factors = {}
        for part in (*instrument.factors, *instrument.outcomes):
            own = {
                item.id: {
                    "scored": _scored(instrument, item.scale, reverse=item.reverse),
                    "texts": {code: _hash(text) for code, text in sorted(item.text.items())},
                }
                for item in instrument.items_of(part.id)
                if item.id in asked
            }
            if own:
                factors[part.id] = own
        return cls((float(instrument.scale.min), float(instrument.scale.max)), factors)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Measures:
        """The measures that `plain` wrote."""
        low, high = plain["scale"]
        return cls((float(low), float(high)), {str(name): dict(items) for name, items in plain["factors"].items()})

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {"scale": list(self.scale), "factors": {name: dict(items) for name, items in self.factors.items()}}

    def likeness(self, other: Measures, factor: str) -> Likeness:
        """How the measure of a factor compares with that of another study."""
        if self.scale != other.scale:
            return "scale"
        own, others = self.factors.get(factor, {}), other.factors.get(factor, {})
        if {name: item["scored"] for name, item in own.items()} != {
            name: item["scored"] for name, item in others.items()
        }:
            return "items"
        differing = sum(_differs(own[name]["texts"], others[name]["texts"]) for name in own)
        if differing > _OTHER_QUESTIONS * len(own):
            return "items"
        return "texts" if differing else "same"


def _differs(texts: Mapping[str, str], others: Mapping[str, str]) -> bool:
    """Whether an item's text differs in every language that both studies have; where they share none, it is not known."""
    shared = texts.keys() & others.keys()
    return bool(shared) and all(texts[code] != others[code] for code in shared)


def _scored(instrument: Instrument, scale: str | None, *, reverse: bool) -> str:
    ends = instrument.scale if scale is None else instrument.scales[scale]
    return f"{'-' if reverse else ''}{ends.min}-{ends.max}"


def _hash(text: str) -> str:
    """A hash of a question that does not see capitals, spaces or the form of accents."""
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return hashlib.sha256(plain.encode()).hexdigest()[:_HEX]
