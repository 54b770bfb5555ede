"""Instruments and large studies for the tests of simulation."""

import pandas as pd

from hpp_analysis.simulation.simulate import Simulation
from hpp_analysis.survey.instrument import load_instrument, parse_instrument
from hpp_analysis.survey.questionnaire import Instrument

CELL = ["client", "partner", "side"]


CLEAN = {"dont_know": 0.0, "skipped": 0.0, "careless": 0.0}


def small_instrument(*, columns: tuple[str, ...] = ("respondent", "client", "partner", "side", "wave")) -> Instrument:
    """Five points, a reverse item, no don't know, and a factor whose name is also an HPO factor's."""

    def text(word: str) -> dict[str, str]:
        return {"en": word}

    def items(factor: str, n: int) -> list[dict[str, object]]:
        names = [f"{factor[:3]}_{number}" for number in range(1, n + 1)]
        return [{"id": name, "factor": factor, "text": text(f"Question {name}"), "label": text(name)} for name in names]

    content = {
        "name": "small",
        "version": "1",
        "title": text("Small"),
        "description": text("Small."),
        "source": text("Own."),
        "scale": {"min": 1, "max": 5, "labels": {1: text("No"), 5: text("Yes")}},
        "columns": [
            *({"id": column, "text": text(column.title())} for column in columns),
            {
                "id": "region",
                "text": text("Region"),
                "required": True,
                "values": [{"id": "north", "text": text("North")}, {"id": "south", "text": text("South")}],
            },
            {"id": "remark", "text": text("Remark")},
        ],
        "factors": [
            {"id": "renewal", "name": text("Renewal"), "description": text("New.")},
            {"id": "calm", "name": text("Calm"), "description": text("Calm.")},
        ],
        "outcomes": [{"id": "value", "name": text("Value"), "description": text("Value.")}],
        "items": [*items("renewal", 4), *items("calm", 4), *items("value", 2)],
    }
    content["items"][1]["reverse"] = True
    return parse_instrument(content)


def factors_only() -> Instrument:
    """The hpp instrument without its outcome, and so without HPO answers: half the work."""
    instrument = load_instrument("hpp")
    outcomes = {outcome.id for outcome in instrument.outcomes}
    items = tuple(item for item in instrument.items if item.factor not in outcomes)
    return instrument.model_copy(update={"name": "hpp_factors", "outcomes": (), "items": items})


def within(study: Simulation, items: pd.DataFrame) -> pd.DataFrame:
    """Deviations from the means of the side of the partnership."""
    return items - items.groupby([study.survey.respondents[column] for column in CELL]).transform("mean")
