"""The persons of a simulated study: who rates which partnership, and in which style."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.simulation.model import HPO_PERSON_SHARE, Floats, Latents

Ints = NDArray[np.int64]

CARELESS = ("", "straight", "random")
_MANAGERS = 0.3
_RATINGS_OF_SEVERAL = 2.5  # ratings of a person who rates several partnerships, on average


@dataclass(frozen=True, eq=False, slots=True)
class Roster:
    """Who rates what; the rows are in the order of the export: by wave, person and partnership.

    Attributes
    ----------
    person, partnership, side, wave : int arrays, (n_ratings,)
        Places, counted from 0; persons are numbered in order of their first wave.
    organisation : int array, (n_persons,)
        The place of a person's own organisation among the clients, then the partners.
    """

    person: Ints
    partnership: Ints
    side: Ints
    wave: Ints
    organisation: Ints

    @property
    def n_persons(self) -> int:
        """The number of persons."""
        return len(self.organisation)

    def visits(self) -> tuple[Ints, Ints, Ints]:
        """The distinct pairs of wave and person: the persons, the waves, and the pair of each rating."""
        keys, visit = np.unique(self.wave * self.n_persons + self.person, return_inverse=True)
        return keys % self.n_persons, keys // self.n_persons, visit


def draw_roster(sizes: Ints, *, n_clients: int, returning: float, several: float, rng: np.random.Generator) -> Roster:
    """Fill every cell of `sizes` (waves x partnerships x sides) with persons.

    Of the persons of a cell the share `returning` answers again in the next wave, if it is large enough. Of
    the ratings of a client's new persons the share `several` comes from a pool, of whom each person may rate
    several partnerships of that client.
    """
    n_partners = sizes.shape[1] // n_clients
    before: dict[tuple[int, int], Ints] = {}
    cells: list[tuple[Ints, int, int, int]] = []
    created: list[int] = []  # the wave in which each person new_persons in
    for wave, numbers in enumerate(sizes):
        stay = {
            cell: rng.permutation(persons)[: round(returning * min(len(persons), int(numbers[cell])))]
            for cell, persons in before.items()
        }
        for client in range(n_clients):
            own = range(client * n_partners, (client + 1) * n_partners)
            for side in (0, 1):
                returned = [stay.get((pair, side), np.empty(0, dtype=np.int64)) for pair in own]
                needed = [int(numbers[pair, side]) - len(old) for pair, old in zip(own, returned, strict=True)]
                pooled = several if side == 0 and n_partners > 1 else 0.0
                new_persons = _newcomers(needed, pooled, len(created), rng)
                created += [wave] * len(np.unique(np.concatenate(new_persons)))
                for pair, old, new in zip(own, returned, new_persons, strict=True):
                    before[pair, side] = np.concatenate([old, new])
                    cells.append((before[pair, side], pair, side, wave))
    return _in_order(cells, np.array(created), n_clients, n_partners, rng)


def _newcomers(needed: list[int], several: float, first: int, rng: np.random.Generator) -> list[Ints]:
    """New persons for each partnership on one side, numbered from `first`."""
    pooled = np.array([round(several * number) for number in needed])
    size = max(int(pooled.max()), round(pooled.sum() / _RATINGS_OF_SEVERAL))
    chosen = [rng.permutation(size)[:number] for number in pooled]
    used, places = np.unique(np.concatenate(chosen), return_inverse=True)
    starts = first + len(used) + np.r_[0, np.cumsum(needed - pooled)]
    return [
        np.concatenate([first + own, np.arange(start, end)])
        for own, start, end in zip(np.split(places, np.cumsum(pooled)[:-1]), starts[:-1], starts[1:], strict=True)
    ]


def _in_order(
    cells: list[tuple[Ints, int, int, int]], created: Ints, n_clients: int, n_partners: int, rng: np.random.Generator
) -> Roster:
    """Number the persons at random within the wave in which they new_persons in, and sort the ratings."""
    number = np.empty(len(created), dtype=np.int64)
    number[np.lexsort((rng.random(len(created)), created))] = np.arange(len(created))
    person = np.concatenate([number[persons] for persons, *_ in cells])
    partnership, side, wave = (
        np.concatenate([np.full(len(cell[0]), cell[place]) for cell in cells]) for place in (1, 2, 3)
    )
    order = np.lexsort((partnership, person, wave))
    person, partnership, side, wave = (column[order] for column in (person, partnership, side, wave))
    organisation = np.empty(len(created), dtype=np.int64)
    client, partner = partnership // n_partners, n_clients + partnership % n_partners
    organisation[person] = np.where(side == 0, client, partner)
    return Roster(person, partnership, side, wave, organisation)


def draw_persons(
    n_persons: int, *, style: float, careless: float, n_roles: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Draw the role (its place), acquiescence, extremity and carelessness of each person."""
    other = rng.integers(1, n_roles, n_persons) if n_roles > 1 else np.zeros(n_persons, dtype=np.int64)
    kind = np.zeros(n_persons, dtype=np.int64)
    flagged = rng.permutation(n_persons)[: round(careless * n_persons)]
    kind[flagged] = 1 + np.arange(len(flagged)) % (len(CARELESS) - 1)
    width = max(3, len(str(n_persons)))
    return pd.DataFrame(
        {
            "role": np.where(rng.random(n_persons) < _MANAGERS, 0, other),
            "acquiescence": (style * rng.standard_normal(n_persons)).round(4),
            "extremity": np.exp(style * rng.standard_normal(n_persons)).round(4),
            "careless": np.array(CARELESS, dtype=object)[kind],
        },
        index=pd.Index([f"R{number:0{width}d}" for number in range(1, n_persons + 1)], name="respondent"),
    )


def draw_scores(
    roster: Roster, latents: Latents, person_share: float, n_outcomes: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Latent scores within sides: ratings x (factors and outcomes), and visits x HPO factors."""
    n_factors = len(latents.phi)
    persons, _, visit = roster.visits()
    lasting = _correlated(latents.person, roster.n_persons, rng)
    factors = _mixed(lasting[roster.person, :n_factors], _correlated(latents.phi, len(visit), rng), person_share)
    hpo = _mixed(lasting[persons, n_factors:], _correlated(latents.hpo_phi, len(persons), rng), HPO_PERSON_SHARE)
    explained = np.column_stack([factors, hpo[visit]]) @ latents.coefficients
    rest = np.sqrt(1 - latents.r2) * rng.standard_normal((len(visit), n_outcomes))
    return np.column_stack([factors, explained[:, None] + rest]), hpo


def _correlated(correlations: Floats, n: int, rng: np.random.Generator) -> Floats:
    draws: Floats = rng.standard_normal((n, len(correlations))) @ np.linalg.cholesky(correlations).T
    return draws


def _mixed(person: Floats, own: Floats, share: float) -> Floats:
    """Add the lasting part of a person and that of the rating, in these shares of the variance."""
    mixed: Floats = np.sqrt(share) * person + np.sqrt(1 - share) * own
    return mixed


def draw_reasons(shape: tuple[int, int], *, dont_know: Floats, skipped: float, rng: np.random.Generator) -> Ints:
    """Why cells are empty: 0 answered, 1 don't know (with probabilities of the same shape), 2 skipped."""
    chance = rng.random(shape)
    return np.where(chance < skipped, 2, np.where(chance > 1 - dont_know, 1, 0))


def careless_answers(answers: Ints, kind: NDArray[np.object_], ends: tuple[int, int], rng: np.random.Generator) -> Ints:
    """Replace the answers (rows x items, as asked) of careless persons, whose kind is given by row."""
    low, high = ends
    straight, random = np.flatnonzero(kind == "straight"), np.flatnonzero(kind == "random")
    result = answers.copy()
    result[straight] = rng.integers((low + high + 1) // 2, high + 1, (len(straight), 1))
    result[random] = rng.integers(low, high + 1, (len(random), answers.shape[1]))
    return result
