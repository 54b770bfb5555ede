"""Reference values, and the data they were made from."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

REFERENCE = Path(__file__).parent.parent / "reference"
BFI_REVERSED = ("A1", "C4", "C5", "E1", "E2", "O2", "O5")

Answers = Callable[[str], np.ndarray]


def read_table(path: Path) -> tuple[list[str], np.ndarray]:
    """Column names and numbers of a CSV file; an empty cell or NA is NaN."""
    names, *lines = path.read_text(encoding="utf-8").replace('"', "").splitlines()
    rows = [[float(value) if value not in {"", "NA"} else np.nan for value in line.split(",")] for line in lines]
    return names.split(","), np.array(rows)


def read_values(name: str) -> dict[str, Any]:
    """What R found; the script of the same name says how."""
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def answers(request: pytest.FixtureRequest) -> Answers:
    """The answers behind a case of reliability.json, rows x items; public data may be absent, which skips."""

    def load(case: str) -> np.ndarray:
        if case.startswith("items_"):
            return read_table(REFERENCE / "data" / f"{case}.csv")[1]
        public: Path = request.getfixturevalue("shared_data")
        study, *scales = case.split("_")
        if study == "bfi":
            names, table = read_table(public / "psychTools" / "bfi.csv")
            for item in BFI_REVERSED:
                table[:, names.index(item)] = 7 - table[:, names.index(item)]
        else:
            names, table = read_table(public / "semPLS" / "mobi.csv")
        # a scale's items are its code and a number: CUSA1, but neither CUSCO nor age
        wanted = [
            place for scale in scales for place, name in enumerate(names) if name[:-1] == scale and name[-1].isdigit()
        ]
        return table[:, wanted]

    return load


@pytest.fixture(scope="session")
def ratings() -> dict[str, np.ndarray]:
    """The columns of ratings.csv: person, cell, y1, y2."""
    names, table = read_table(REFERENCE / "data" / "ratings.csv")
    columns = dict(zip(names, table.T, strict=True))
    return {name: column.astype(int) if name in {"person", "cell"} else column for name, column in columns.items()}


def symmetric(above: list[float], diagonal: list[float] | float = 1.0) -> np.ndarray:
    """The matrix of which a reference file holds the values above the diagonal, column by column."""
    p = int((1 + np.sqrt(1 + 8 * len(above))) / 2)
    full = np.zeros((p, p))
    full[np.tril_indices(p, -1)] = [np.nan if value in {None, "NA"} else value for value in above]
    full = full + full.T
    np.fill_diagonal(full, diagonal)
    return full


def ordinal_answers() -> tuple[list[str], np.ndarray]:
    """Our own simulated items of 2 to 10 categories and two continuous variables, a tenth of them missing."""
    names, table = read_table(REFERENCE / "data" / "ordinal.csv")
    return names[:8], table[:, :8]


def matched(theirs: Any, ours: Any, phi: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """Their loadings (and factor correlations) in our order and sign; the order is by largest inner product."""
    theirs, ours = np.asarray(theirs, dtype=float), np.asarray(ours, dtype=float)
    inner = ours.T @ theirs
    _rows, order = linear_sum_assignment(-np.abs(inner))
    sign = np.sign(inner[np.arange(len(order)), order])
    turned = np.asarray(np.eye(len(order)) if phi is None else phi)[np.ix_(order, order)] * np.outer(sign, sign)
    return theirs[:, order] * sign, turned


def apart(one: Any, other: Any) -> float:
    """The largest difference of two solutions in one order and sign."""
    return float(np.max(np.abs(np.asarray(one, dtype=float) - matched(other, one)[0])))
