"""What was released of a study before, so that no difference between two runs tells what neither does.

A ledger is a file beside the study that only its owner may read. It holds, for every group that a run told of, its size,
salted hashes of its ratings and of its answers to each item; no answers and no names. A later run is planned together with it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.errors import DisclosureError
from hpp_analysis.survey.survey import Survey

LEDGER = "HPP_LEDGER"
"""The environment variable by which a run tells its notebooks where the ledger is."""
ANEW = "HPP_RELEASE_ANEW"
"""The environment variable by which a run says that what differs from earlier reports may be released."""
SCHEMA = 1
_TOPIC = ("wave", "client", "partner", "side")
_HEX = 16


@dataclass(frozen=True, slots=True)
class Released:
    """A group that was told of.

    Attributes
    ----------
    ratings : frozenset of str
        Salted hashes: of the person, and of what the rating is about.
    items : mapping of str to str
        By item, a salted hash of all its answers in the group.
    """

    ratings: frozenset[str]
    items: Mapping[str, str]


@dataclass(slots=True)
class Ledger:
    """The releases of a study.

    Attributes
    ----------
    path : Path
    id, salt : str
        Random; reports name the first, hashes are made with the second.
    persons_known : bool
        Whether persons have ids of their own; otherwise the hash of a row stands for the person.
    released : list of Released
    """

    path: Path
    id: str
    salt: str
    persons_known: bool = True
    released: list[Released] = field(default_factory=list)

    def hashes(self, survey: Survey) -> pd.Series:
        """Of each rating a salted hash of its person and of what it is about."""
        self.persons_known = "respondent" in survey.respondents
        if self.persons_known:
            persons = survey.respondents["respondent"].astype(str)
        else:  # without ids a row stands for its person
            rows = pd.concat([survey.items, survey.respondents], axis=1).to_numpy(dtype=object)
            persons = pd.Series(["\x1f".join(map(str, row)) for row in rows], survey.items.index)
        columns = [name for name in _TOPIC if name in survey.respondents]
        about = (
            survey.respondents[columns].astype(str).agg("\x1f".join, axis=1)
            if columns
            else pd.Series("", persons.index)
        )
        return pd.Series(
            [self._hash(person) + self._hash(topic) for person, topic in zip(persons, about, strict=True)],
            persons.index,
        )

    def groups(self, survey: Survey, parts: np.ndarray) -> dict[int, Released]:
        """The groups that a plan tells of, as the ledger holds them."""
        hashes = self.hashes(survey)
        found = {}
        for part in np.unique(parts[parts >= 0]):
            rows = np.flatnonzero(parts == part)
            order = rows[np.argsort(hashes.to_numpy()[rows])]
            items = {
                str(item): self._hash(",".join(map(str, survey.items[item].to_numpy(dtype=float)[order])))
                for item in survey.items
                if survey.items[item].iloc[rows].notna().any()
            }
            found[int(part)] = Released(frozenset(hashes.to_numpy()[rows]), items)
        return found

    def blocked(self, groups: Mapping[int, Released], detail: int) -> set[int]:
        """The groups that with earlier ones would tell of fewer than `detail` persons, or of an answer that was changed."""
        return {place for place, group in groups.items() if self._tells(group, detail)}

    def _tells(self, group: Released, detail: int) -> bool:
        near, waiting = [], [one for one in self.released if one.ratings & group.ratings]
        while waiting:  # groups that overlap one that overlaps this one, and so on
            near.append(waiting.pop())
            waiting += [
                one
                for one in self.released
                if one not in near and one not in waiting and one.ratings & near[-1].ratings
            ]
        for one in near:
            common = one.items.keys() & group.items.keys()
            if one.ratings == group.ratings and any(one.items[item] != group.items[item] for item in common):
                return True
        held: dict[tuple[bool, ...], set[str]] = {}
        sets = [group.ratings, *(one.ratings for one in near if one.ratings != group.ratings)]
        if len(sets) == 1:
            return False
        for rating in frozenset().union(*sets):
            held.setdefault(tuple(rating in one for one in sets), set()).add(rating[:_HEX])
        return min(map(len, held.values())) < detail

    def record(self, groups: Iterable[Released]) -> None:
        """Add what is new, and write the file, whole or not at all."""
        known = {(one.ratings, tuple(sorted(one.items.items()))) for one in self.released}
        new = [one for one in groups if (one.ratings, tuple(sorted(one.items.items()))) not in known]
        if not new and self.path.exists():
            return
        self.released += new
        content = {
            "schema": SCHEMA,
            "id": self.id,
            "salt": self.salt,
            "persons": "ids" if self.persons_known else "rows: without respondent ids a row stands for its person",
            "released": [
                {
                    "n": len({rating[:_HEX] for rating in one.ratings}),
                    "ratings": sorted(one.ratings),
                    "items": dict(one.items),
                }
                for one in self.released
            ],
        }
        with tempfile.NamedTemporaryFile(  # for its owner alone
            "w", dir=self.path.parent, delete=False, encoding="utf-8", prefix=f".{self.path.name}-"
        ) as file:
            json.dump(content, file)
        Path(file.name).replace(self.path)

    def _hash(self, text: str) -> str:
        return hmac.new(self.salt.encode(), text.encode(), hashlib.sha256).hexdigest()[:_HEX]


def open_ledger(path: str | Path) -> Ledger:
    """The ledger in a file; a new one where there is none.

    Raises
    ------
    DisclosureError
        When the file is no ledger: nothing is released until it is clear what was.
    """
    place = Path(path)
    if not place.exists():
        return Ledger(place, secrets.token_hex(8), secrets.token_hex(16))
    try:
        content: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(content["schema"])
        released = [Released(frozenset(one["ratings"]), one["items"]) for one in content["released"]]
        return Ledger(place, content["id"], content["salt"], released=released)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DisclosureError(
            f"A ledger must be one that this package wrote (schema {SCHEMA}). Given: {place.name}, which cannot be read as one "
            f"({type(error).__name__}). Restore it from a backup, or start anew under another name on purpose."
        ) from error


def ledger_in_use() -> Ledger | None:
    """The ledger of the run that this notebook belongs to; None outside runs."""
    place = os.environ.get(LEDGER)
    return open_ledger(place) if place else None
