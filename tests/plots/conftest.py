"""Frames as the analyses hand them over, and a language without a catalogue."""

import itertools
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import texts

FACTORS = ["Openness", "Equality", "Conflict management"]
HOSTILE = "<script>alert('a')</script> & $x^2$ _a_ --> \\frac{1}{2} \"q\""


@pytest.fixture
def profile_frame() -> pd.DataFrame:
    mean = np.array([7.9, 6.8, 7.4, 7.1, 6.2, 8.5])
    return pd.DataFrame(
        {
            "label": FACTORS * 2,
            "series": ["Client"] * 3 + ["Partner"] * 3,
            "mean": mean,
            "ci_lower": mean - 0.3,
            "ci_upper": mean + 0.3,
        }
    )


@pytest.fixture
def items_frame() -> pd.DataFrame:
    """Nineteen characteristics of 42 characters on two sides."""
    rng = np.random.default_rng(1)
    groups = np.repeat(FACTORS, [8, 7, 4])
    labels = [f"Characteristic {number:02d} ".ljust(42, "x") for number in range(19)]
    one = pd.DataFrame({"group": groups, "label": labels})
    return pd.concat(
        [one.assign(series=side, mean=rng.uniform(5, 9, 19)) for side in ("Client", "Partner")], ignore_index=True
    )


@pytest.fixture
def dots_frame(items_frame: pd.DataFrame) -> pd.DataFrame:
    one = items_frame[items_frame["series"] == "Client"].drop(columns="series").reset_index(drop=True)
    return one.assign(share_dont_know=np.linspace(0, 0.15, 19))


@pytest.fixture
def bars_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {"label": ["Supplier A", "Supplier B"] * 2, "series": ["Client"] * 2 + ["Partner"] * 2, "n": [12, 9, 31, 5]}
    )


@pytest.fixture
def stacks_frame(items_frame: pd.DataFrame) -> pd.DataFrame:
    few = items_frame.iloc[[0, 1, 8, 19, 20, 27]].drop(columns="mean").reset_index(drop=True)
    low = np.linspace(0.05, 0.3, len(few))
    return few.assign(low=low, middle=0.5, high=0.5 - low, n=40)


@pytest.fixture
def priorities_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": FACTORS,
            "distance": [-1.6, -0.4, 0.3],
            "distance_lower": [-1.9, -0.7, 0.1],
            "distance_upper": [-1.3, -0.1, 0.5],
            "importance": [0.5, 0.3, 0.2],
            "importance_lower": [0.4, 0.2, 0.1],
            "importance_upper": [0.6, 0.4, 0.3],
            "tier": ["start_here", "consider", "later"],
        }
    )


@pytest.fixture
def intervals_frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "label": FACTORS,
            "estimate": [0.91, 0.84, 0.72],
            "ci_lower": [0.88, 0.80, 0.63],
            "ci_upper": [0.93, 0.88, 0.79],
        }
    )


@pytest.fixture
def cells() -> pd.DataFrame:
    rows = list(itertools.product(["Client", "Partner"], ["Alfa", "Bravo"], ["Dialogue", "Ideas", "Power"]))
    frame = pd.DataFrame(rows, columns=["series", "partner", "label"])
    return frame.assign(group="Openness", mean=np.linspace(1, 10, len(frame)))


@pytest.fixture
def dutch_numbers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Dutch digits around English words: the catalogue has tests of its own."""
    monkeypatch.setattr(texts, "_catalogue", lambda code: None)
    token = texts._current.set("nl")
    yield
    texts._current.reset(token)


@pytest.fixture
def words():
    """All words of an SVG text, parsed: what a reader sees."""

    def read(svg: str) -> list[str]:
        root = ElementTree.fromstring(svg)
        return ["".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text")]

    return read


@pytest.fixture
def hostile() -> str:
    return HOSTILE
