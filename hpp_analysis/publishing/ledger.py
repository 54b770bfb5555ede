"""The ledger of a study: which groups earlier runs released, so that comparing two runs reveals nothing more than each
run alone.

A ledger is a file beside the study that only its owner may read. For each released group it holds the number of persons
and salted hashes of its ratings and of its answers to each item, and of each group that was too small the hashes of its
ratings; it holds no answers and no names. Later runs are planned with it.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.disclosure.plan import rows_by_group
from hpp_analysis.errors import DisclosureError
from hpp_analysis.survey.survey import Survey

LEDGER = "HPP_LEDGER"
"""The environment variable with the path of the ledger, which a run sets for its notebooks."""
ANEW = "HPP_RELEASE_ANEW"
"""The environment variable that allows a run to release groups that differ from earlier reports."""
SCHEMA = 1
_TOPIC = ("wave", "client", "partner", "side")
_HEX = 16


@dataclass(frozen=True, slots=True)
class Released:
    """A group that a run released.

    Attributes
    ----------
    ratings : frozenset of str
        Salted hashes of the person and of the rated wave, client, partner and side.
    items : mapping of str to str
        By item, a salted hash of all answers of the group.
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
        Random; the list of a run names the id, and hashes use the salt.
    persons_known : bool
        Whether persons have ids of their own; otherwise the hash of a row stands for the person.
    released : list of Released
    too_small : list of frozenset of str
        The ratings of groups that were too small to be released.
    levels : list of Released
        The levels of breakdowns that were released; they cut through the groups.
    """

    path: Path
    id: str
    salt: str
    persons_known: bool = True
    released: list[Released] = field(default_factory=list)
    too_small: list[frozenset[str]] = field(default_factory=list)
    levels: list[Released] = field(default_factory=list)

    def hashes(self, survey: Survey) -> pd.Series:
        """Return a salted hash of each rating: of its person, and of the rated wave, client, partner and side."""
        self.persons_known = "respondent" in survey.respondents
        if self.persons_known:
            persons = survey.respondents["respondent"].astype(str)
        else:  # without ids a row stands for its person
            rows = pd.concat([survey.items, survey.respondents], axis=1).to_numpy(dtype=object)
            persons = pd.Series(["\x1f".join(map(str, row)) for row in rows], survey.items.index)
        columns = [name for name in _TOPIC if name in survey.respondents]
        topics = survey.respondents[columns].astype(str).itertuples(index=False, name=None)
        about = ["\x1f".join(topic) for topic in topics] if columns else [""] * len(persons)
        hashed = {text: self._hash(text) for text in {*persons, *about}}
        return pd.Series(
            [hashed[person] + hashed[topic] for person, topic in zip(persons, about, strict=True)], persons.index
        )

    def groups(self, survey: Survey, *divisions: np.ndarray) -> tuple[dict[int, Released], ...]:
        """Return groups in the form of the ledger, by the number of their part.

        Parameters
        ----------
        survey : Survey
        *divisions : ndarray of int
            The number of the part of each rating; -1 for none.
        """
        hashes = self.hashes(survey).to_numpy()
        answers = survey.items.to_numpy(dtype=float)
        answered = ~np.isnan(answers)
        values, place = np.unique(answers, return_inverse=True)
        texts = np.array([str(value) for value in values], dtype=object)[place.reshape(answers.shape)]
        names = list(map(str, survey.items))
        grouped = []
        for parts in divisions:
            group_by_part = {}
            for part, rows in enumerate(rows_by_group(parts, int(parts.max(initial=-1)) + 1)):
                if not len(rows):
                    continue
                in_order = rows[np.argsort(hashes[rows])]
                items = {
                    name: self._hash(",".join(column))
                    for name, column, any_answer in zip(
                        names, texts[in_order].T, answered[rows].any(axis=0), strict=True
                    )
                    if any_answer
                }
                group_by_part[part] = Released(frozenset(hashes[rows]), items)
            grouped.append(group_by_part)
        return tuple(grouped)

    def writers(self, survey: Survey, parts: np.ndarray) -> dict[int, Released]:
        """Return groups of writers of comments, by their number.

        Their hashes are not those of the ratings: what a group of writers shows is compared with other writers only.
        """
        if not (parts >= 0).any():
            return {}
        hashes = self.hashes(survey).to_numpy()
        return {
            int(part): Released(
                frozenset(
                    self._hash(f"writer\x1f{one[:_HEX]}") + self._hash(f"writer\x1f{one[_HEX:]}")
                    for one in hashes[parts == part]
                ),
                {},
            )
            for part in np.unique(parts[parts >= 0])
        }

    def blocked(self, groups: Mapping[int, Released], floor: int, detail: int) -> set[int]:
        """Return the groups that, compared with earlier ones, would reveal fewer than `detail` persons, a changed answer, or
        something about an earlier group that was too small.

        A group of just `floor` persons shows that each of them answered, and a mean near an end shows what each answered at
        least. That holds for those who were too few in an earlier run too, so such a group is not released for the first time.
        """
        known = {earlier.ratings for earlier in self.released}
        released = _by_rating(self.released)
        with_levels = _by_rating([*self.released, *self.levels])  # a group that is new is held against levels too
        return {
            place
            for place, group in groups.items()
            if self._reveals_few(group, detail, released if group.ratings in known else with_levels)
            or (
                _persons(group.ratings) == floor
                and group.ratings not in known
                and any(group.ratings & earlier for earlier in self.too_small)
            )
        }

    def fits(self, groups: Sequence[Released]) -> bool:
        """Whether the parts and levels of one side of a report are all that was ever released of its persons.

        Levels cut through parts, so other parts or levels of the same persons could be subtracted from them.
        """
        known = {(group.ratings, tuple(sorted(group.items.items()))) for group in groups}
        persons = frozenset[str]().union(*(group.ratings for group in groups))
        return all(
            (earlier.ratings, tuple(sorted(earlier.items.items()))) in known
            for earlier in (*self.released, *self.levels)
            if earlier.ratings & persons
        )

    def _reveals_few(self, group: Released, detail: int, earlier_by_rating: Mapping[str, Sequence[Released]]) -> bool:
        overlapping: dict[int, Released] = {}
        waiting = [group]
        while waiting:  # also groups that overlap this one through other groups
            for rating in waiting.pop().ratings:
                for earlier in earlier_by_rating.get(rating, ()):
                    if id(earlier) not in overlapping:
                        overlapping[id(earlier)] = earlier
                        waiting.append(earlier)
        for earlier in overlapping.values():
            common = earlier.items.keys() & group.items.keys()
            if earlier.ratings == group.ratings and any(earlier.items[item] != group.items[item] for item in common):
                return True
        ratings_by_groups: dict[tuple[bool, ...], set[str]] = {}
        sets = [
            group.ratings,
            *(earlier.ratings for earlier in overlapping.values() if earlier.ratings != group.ratings),
        ]
        if len(sets) == 1:
            return False
        for rating in frozenset().union(*sets):
            ratings_by_groups.setdefault(tuple(rating in earlier for earlier in sets), set()).add(rating[:_HEX])
        return min(map(len, ratings_by_groups.values())) < detail

    def record(
        self, groups: Iterable[Released], too_small: Iterable[Released] = (), levels: Iterable[Released] = ()
    ) -> None:
        """Add new groups, and write the file in one step: an interrupted write leaves the old file."""
        new, new_levels = _unknown(groups, self.released), _unknown(levels, self.levels)
        small = {group.ratings for group in too_small} - {*self.too_small}
        if not new and not new_levels and not small and self.path.exists():
            return
        self.released += new
        self.levels += new_levels
        self.too_small += sorted(small, key=sorted)
        content = {
            "schema": SCHEMA,
            "id": self.id,
            "salt": self.salt,
            "persons": "ids" if self.persons_known else "rows: without respondent ids a row stands for its person",
            "released": [_plain(group) for group in self.released],
            "levels": [_plain(group) for group in self.levels],
            "too_small": [sorted(ratings) for ratings in self.too_small],
        }
        with tempfile.NamedTemporaryFile(  # only its owner may read it
            "w", dir=self.path.parent, delete=False, encoding="utf-8", prefix=f".{self.path.name}-"
        ) as file:
            try:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())  # after a power cut there is the old file or the new one, never an empty one
            except OSError:
                Path(file.name).unlink()
                raise
        Path(file.name).replace(self.path)

    def _hash(self, text: str) -> str:
        return hmac.digest(self.salt.encode(), text.encode(), "sha256").hex()[:_HEX]


def _by_rating(released: Iterable[Released]) -> dict[str, list[Released]]:
    """The groups that each rating belongs to."""
    found: dict[str, list[Released]] = {}
    for group in released:
        for rating in group.ratings:
            found.setdefault(rating, []).append(group)
    return found


def _unknown(groups: Iterable[Released], known: Iterable[Released]) -> list[Released]:
    """The groups that are not known with the same answers."""
    before = {(group.ratings, tuple(sorted(group.items.items()))) for group in known}
    return [group for group in groups if (group.ratings, tuple(sorted(group.items.items()))) not in before]


def _plain(group: Released) -> dict[str, Any]:
    return {"n": _persons(group.ratings), "ratings": sorted(group.ratings), "items": dict(group.items)}


def _persons(ratings: Iterable[str]) -> int:
    """How many persons gave these ratings."""
    return len({rating[:_HEX] for rating in ratings})


def open_ledger(path: str | Path) -> Ledger:
    """Read a ledger from a file, or create one if the file does not exist.

    Raises
    ------
    DisclosureError
        When the file is not a ledger: then earlier releases are unknown, and nothing may be released.
    """
    place = Path(path)
    if not place.exists():
        return Ledger(place, secrets.token_hex(8), secrets.token_hex(16))
    try:
        content: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(content["schema"])
        released = [Released(frozenset(group["ratings"]), group["items"]) for group in content["released"]]
        # earlier versions did not keep those that were too small
        too_small = [frozenset(ratings) for ratings in content.get("too_small", [])]
        levels = [Released(frozenset(group["ratings"]), group["items"]) for group in content.get("levels", [])]
        return Ledger(place, content["id"], content["salt"], released=released, too_small=too_small, levels=levels)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DisclosureError(
            f"A ledger must be one that this package wrote (schema {SCHEMA}). Given: {place.name}, which cannot be read as one "
            f"({type(error).__name__}). Restore it from a backup, or start anew under another name on purpose."
        ) from error


def ledger_in_use() -> Ledger | None:
    """Return the ledger of the run that executes this notebook; None outside runs."""
    place = os.environ.get(LEDGER)
    return open_ledger(place) if place else None
