"""Audit what is shown, and say which cell to give up where a protected set is disclosed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from hpp_analysis.disclosure.arithmetic import ZERO, Protected, leaks
from hpp_analysis.disclosure.blocks import Block
from hpp_analysis.disclosure.bounds import Figures, narrow
from hpp_analysis.disclosure.cells import Reason
from hpp_analysis.disclosure.links import Links
from hpp_analysis.disclosure.tally import NO_ANSWER, UNIT, BoolArray, FloatArray, IntArray, Tally


class Victim(NamedTuple):
    """A shown cell to give up, why, and whether a linking group had a part in the disclosure."""

    group: int
    reason: Reason
    by_link: bool


@dataclass(frozen=True, slots=True, eq=False)
class Auditor:
    """Checks blocks against one promise.

    Attributes
    ----------
    tally : Tally
        Counts and sums.
    links : Links
        What groups that run through many blocks add.
    threshold : int
        Sets of fewer persons are protected.
    means : bool
        Protect means: from unanimity and from narrow bounds too. Otherwise what rests on more than a mean.
    """

    tally: Tally
    links: Links
    threshold: int
    means: bool
    _protected: dict[tuple[int, int], Protected] = field(default_factory=dict)
    _sets: dict[tuple[int, int], BoolArray] = field(default_factory=dict)
    _cutouts: dict[int, BoolArray] = field(default_factory=dict)

    def open_variables(self, block: Block) -> IntArray:
        """Return the variables in which the block holds something to protect."""
        persons = self.tally.atom_persons[block.atoms]
        to_protect = (persons > 0) & (persons < self.threshold)
        if self.means:
            to_protect |= self.tally.atom_answer[block.atoms] != NO_ANSWER
        return np.flatnonzero(to_protect.any(axis=0))

    def victims(self, block: Block, variables: IntArray, shown: BoolArray) -> list[Victim | None]:
        """Return per variable the next cell to give up, None where nothing is disclosed.

        Parameters
        ----------
        block : Block
            Where to look.
        variables : ndarray of int
            Which variables.
        shown : ndarray of bool (G, V)
            What is shown, of all groups and variables.
        """
        aside = self.links.known_diffuse(block, variables, shown)
        found = self._both(block, variables, shown, aside)
        by_link = np.array([victim is not None and victim.by_link for victim in found], dtype=bool)
        for place in np.flatnonzero(by_link):
            variable = variables[place : place + 1]
            aside[place] = self.links.are_diffuse(block, int(variable[0]), shown)
            wider = None if aside[place] else self.links.widened(block, int(variable[0]), shown)
            if wider is not None:
                found[place] = self._victims(wider, variable, shown)[0]
        again = np.flatnonzero(by_link & aside)
        afar = self._victims(block, variables[again], shown, links=False)
        for place, victim in zip(again, afar, strict=True):
            found[place] = victim
        return found

    def _both(
        self, block: Block, variables: IntArray, shown: BoolArray, aside: BoolArray
    ) -> list[Victim | None]:
        near = iter(self._victims(block, variables[~aside], shown))
        afar = iter(self._victims(block, variables[aside], shown, links=False))
        return [next(afar) if apart else next(near) for apart in aside]

    def _victims(
        self, block: Block, variables: IntArray, shown: BoolArray, *, links: bool = True
    ) -> list[Victim | None]:
        if not len(variables):
            return []
        stack = block.shown_rows(variables, shown)
        if not links:
            stack[:, block.is_link[block.owner]] = 0.0
        protected = [self._protect(block, int(variable)) for variable in variables]
        found: list[Victim | None] = []
        for variable, rows, weights in zip(variables, stack, leaks(stack, protected), strict=True):
            reason: Reason = "remainder"
            if weights is None and self.means:
                reason, weights = "bounded", self._narrow(block, int(variable), rows)
            if weights is None:
                found.append(None)
                continue
            involved = block.owner[np.abs(weights) > ZERO]
            found.append(Victim(int(block.groups[involved[0]]), reason, bool(block.is_link[involved].any())))
        return found

    def _protect(self, block: Block, variable: int) -> Protected:
        name = (id(block), variable)
        if name not in self._protected:
            counts = self.tally.atom_persons[block.atoms, variable]
            self._protected[name] = Protected(
                persons=[
                    self.tally.persons(int(atom), variable) if count < self.threshold else None
                    for atom, count in zip(block.atoms, counts, strict=True)
                ],
                answer=(
                    self.tally.atom_answer[block.atoms, variable]
                    if self.means
                    else np.full(len(block.atoms), NO_ANSWER)
                ),
                threshold=self.threshold,
            )
        return self._protected[name]

    # bounds -------------------------------------------------------------------------------------------------

    def _narrow(self, block: Block, variable: int, rows: FloatArray) -> FloatArray | None:
        tally = self.tally
        ratings = tally.atom_ratings[block.atoms, variable]
        used, live = np.flatnonzero(ratings), np.flatnonzero(rows.any(axis=1))
        sets = self._protected_sets(block, variable)[:, used]
        sets = sets[sets.any(axis=1)]
        if not len(sets) or not len(live):
            return None
        low, high = tally.scale
        figures = Figures(
            rows=rows[np.ix_(live, used)],
            sums=tally.atom_sums[block.atoms[used], variable],
            lowest=low * ratings[used],
            highest=high * ratings[used],
        )
        unit = min(UNIT, (high - low) / 2)  # a yes or no has no more room
        binding = narrow(figures, sets, ratings[used].astype(float), unit=unit)
        if binding is None:
            return None
        weights = np.zeros(len(rows))
        weights[live] = binding
        return weights

    def _protected_sets(self, block: Block, variable: int) -> BoolArray:
        """Return sets of atoms: cut out by two groups and small, or what a unanimous group has here."""
        name = (id(block), variable)
        if name not in self._sets:
            unanimous = block.groups[self.tally.unanimous[block.groups, variable]]
            sets = [*self._small_cutouts(block, variable), *self._held(block, unanimous)]
            self._sets[name] = np.array(sets, dtype=bool).reshape(-1, len(block.atoms))
        return self._sets[name]

    def _small_cutouts(self, block: Block, variable: int) -> list[BoolArray]:
        cutouts = self._cutouts.get(id(block))
        if cutouts is None:
            cutouts = self._cutouts[id(block)] = _cut_out(self._held(block, block.groups))
        persons = self._protect(block, variable).persons
        large = np.array([who is None for who in persons], dtype=bool)
        small = []
        for atoms in cutouts[~cutouts[:, large].any(axis=1)]:
            people = frozenset().union(*(persons[i] or frozenset() for i in np.flatnonzero(atoms)))
            if 0 < len(people) < self.threshold:
                small.append(atoms)
        return small

    def _held(self, block: Block, groups: IntArray) -> BoolArray:
        held = [np.isin(block.atoms, self.tally.members[group]) for group in groups]
        return np.array(held, dtype=bool).reshape(len(groups), len(block.atoms))


def _cut_out(held: BoolArray) -> BoolArray:
    """Return every atom, group, intersection and difference of two groups, once each."""
    k = held.shape[1]
    both = (held[:, None] & held[None]).reshape(-1, k)
    rest = (held[:, None] & ~held[None]).reshape(-1, k)
    every: BoolArray = np.concatenate([np.eye(k, dtype=bool), held, both, rest])
    every = every[every.any(axis=1)]
    packed = np.packbits(every, axis=1)
    _, first = np.unique(packed.view(f"V{packed.shape[1]}").ravel(), return_index=True)
    return every[first]
