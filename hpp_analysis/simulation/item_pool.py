"""What truly lies behind the item pool: the three factors of `hpp`, two minor ones, and weak items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hpp_analysis.simulation.model import Measure
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.questionnaire import Factor, Instrument

POOL = "hpp_pool"
_MINOR = ("control", "diversity")
"""Candidate factors whose own items form a minor factor each."""
_NEAR = {
    "trust": "openness",
    "involvement": "openness",
    "coordination": "openness",
    "communication": "openness",
    "openness": "openness",
    "equality": "equality",
    "dependence": "equality",
    "conflict_handling": "conflict_management",
}
"""To which true factor the other candidate items belong, weakly."""
_WEAK = 0.45
"""What is left of the loading of a weak item."""


def structure_of(instrument: Instrument) -> Instrument:
    """The instrument with the factors that truly lie behind its items; any but the pool is returned as it is."""
    if instrument.name != POOL:
        return instrument
    scale = load_instrument("hpp")
    true = {item.id: item.factor for item in scale.items}
    minor = [
        Factor(id=f"minor_{part.id}", name=part.name, description=part.description)
        for part in instrument.factors
        if part.id in _MINOR
    ]
    items = tuple(
        item.model_copy(
            update={
                "factor": true.get(
                    item.id, f"minor_{item.factor}" if item.factor in _MINOR else _NEAR.get(item.factor, "")
                )
            }
        )
        for item in instrument.items
    )
    return instrument.model_copy(update={"factors": (*scale.factors, *minor), "items": items})


def weaken_candidates(measure: Measure, instrument: Instrument) -> Measure:
    """Lower the loadings of the items that are in the pool and not in the scale."""
    if instrument.name != POOL:
        return measure
    in_scale = {item.id for item in load_instrument("hpp").items}
    weak = np.array([item not in in_scale for item in measure.items])
    return replace(measure, loading=np.where(weak, (measure.loading * _WEAK).round(3), measure.loading))
