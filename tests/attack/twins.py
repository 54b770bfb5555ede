"""Twins: a study with other answers of small groups, of which the single cells of the reports tell the same.

If both studies have the same reports, word for word, then nothing in them (no interval, verdict, tier, model, count or
sentence) tells more of these groups than their own cells do.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from tests.attack.knowing import FLOOR, LARGE, Knowledge, Part
from tests.attack.reading import blocks_in
from tests.attack.solving import answered, total
from tests.attack.studies import ITEMS, RandomStudy

COLUMNS = ["client", "partner", "side", "wave", "batch"]


def twin_of(study: RandomStudy, knowledge: Knowledge, seed: int) -> RandomStudy:
    """Other answers for every small group, as far as its cells leave them open; the puzzle must be solved."""
    rng = np.random.default_rng(seed)
    answers = study.answers.copy()
    places = {tuple(key): rows for key, rows in answers.groupby(COLUMNS, sort=True).indices.items()}
    several = {part for part, batch, _ in knowledge.unknowns if batch > 1}
    pooled = {part for _run, parts in knowledge.pools for part in parts}
    several |= pooled & knowledge.alone  # the other parts of their pools would follow
    sizes = answers.groupby(COLUMNS[:-1]).size()
    several_large = {part for part in several if sizes[part] >= LARGE}  # all their answers may become known
    for item in ITEMS:
        values = answers[item].to_numpy(copy=True)
        for (part, batch, one), unknown in knowledge.unknowns.items():
            rows = places[(*part, batch)]
            if one != item or part in (pooled - several) | several_large or len(unknown.counts) == 1:
                continue
            left = unknown.left
            given, n = int(unknown.truth[:-1].sum()), int(unknown.truth.sum())
            if n >= LARGE or part in several:
                left = left[answered(left, unknown.points) == given]
            elif n >= FLOOR:  # whether there are enough answers for a mean is told
                left = left[(answered(left, unknown.points) >= FLOOR) == (given >= FLOOR)]
            if part in several:
                left = left[total(left, unknown.points) == total(unknown.truth[None, :], unknown.points)[0]]
            chosen = left[rng.integers(len(left))]
            drawn = rng.permutation(np.repeat([*unknown.points, np.nan], chosen))
            if n >= LARGE or part in several:  # who of them answered stays
                there = ~np.isnan(values[rows])
                values[rows[there]] = drawn[~np.isnan(drawn)]
            else:
                values[rows] = drawn
        for parts in _together(knowledge, several):
            rows = np.concatenate([rows for key, rows in places.items() if key[:4] in parts])
            there = rows[~np.isnan(values[rows])]
            values[there] = rng.permutation(values[there])
        answers[item] = values
    return replace(study, answers=answers)


def _together(knowledge: Knowledge, fixed: set[Part]) -> Iterator[tuple[Part, ...]]:
    """Pools in which answers may change places: those whose parts are in no other pool, and never alone."""
    pools = {parts for _run, parts in knowledge.pools}
    for parts in sorted(pools):
        if not set(parts) & fixed and not any(set(parts) & set(other) for other in pools if other != parts):
            yield parts


def differences(one: Path, other: Path, *, all_of_them: bool = True) -> set[str]:
    """Which blocks of two runs differ, and in what; fingerprints of the data may. The second may be of some clients only."""
    reports = [sorted(path.relative_to(out) for path in out.glob("*/*/notebook.ipynb")) for out in (one, other)]
    unequal = set(reports[0]) ^ set(reports[1]) if all_of_them else set(reports[1]) - set(reports[0])
    found = {f"report {path.parent}" for path in unequal}
    for path in reports[0]:
        if path in reports[1]:
            pairs = [list(blocks_in(out / path)) for out in (one, other)]
            if len(pairs[0]) != len(pairs[1]):
                found.add(f"{path.parent}: number of blocks")
            for a, b in zip(*pairs, strict=False):
                found |= set(_different(a, b))
    return found


def _different(a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    name = a["name"]
    for part, (x, y) in (("", (a, b)), (" table", (a.get("table") or {}, b.get("table") or {}))):
        for key in sorted({*x, *y} - {"table"}):
            if key == "values" and len(x[key]) == len(y.get(key, [])):
                for row, second in zip(x[key], y[key], strict=True):
                    yield from (f"{name}{part}.{c}" for c in sorted({*row, *second}) if row.get(c) != second.get(c))
            elif _without_fingerprints(x.get(key)) != _without_fingerprints(y.get(key)):
                yield f"{name}{part}: {key}"


def _without_fingerprints(value: Any) -> str:
    if isinstance(value, list):
        value = [one for one in value if "SHA-256" not in json.dumps(one)]
    return json.dumps(value)
