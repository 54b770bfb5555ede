"""Groups that run through many blocks, such as all clients of a study together.

A block is first audited as if its part of such a linking group were published. That grants the attacker more
than there is, and where it makes a difference the other blocks are looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hpp_analysis.disclosure.arithmetic import ZERO
from hpp_analysis.disclosure.blocks import Block, make_block
from hpp_analysis.disclosure.tally import BoolArray, FloatArray, IntArray, Tally


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """What linking groups add to a block.

    Attributes
    ----------
    tally : Tally
        Counts and sums.
    blocks : list of Block
        All blocks of the run.
    threshold : int
        Sets of fewer persons are protected.
    pooled : bool
        Means of parts are also published as means of their ratings.
    """

    tally: Tally
    blocks: list[Block]
    threshold: int
    pooled: bool
    _diffuse: set[tuple[int, ...]] = field(default_factory=set)
    _rests: dict[tuple[int, int, bytes, bytes], FloatArray] = field(default_factory=dict)
    _wider: dict[tuple[int, ...], Block] = field(default_factory=dict)

    def known_diffuse(self, block: Block, variables: IntArray, shown: BoolArray) -> BoolArray:
        """Whether `are_diffuse` has been found before, by variable."""
        if not block.is_link.any():
            return np.zeros(len(variables), dtype=bool)
        return np.array([self._name(block, int(v), shown) in self._diffuse for v in variables], dtype=bool)

    def _name(self, block: Block, variable: int, shown: BoolArray) -> tuple[int, ...]:
        return (variable, *block.groups[block.is_link & shown[block.groups, variable]].tolist())

    def are_diffuse(self, block: Block, variable: int, shown: BoolArray) -> bool:
        """Whether a block's linking groups always draw on `threshold` persons of other blocks or more.

        Blocks whose own shown groups leave a linking group's part open are dealt into hands, no person in two
        hands, until each hand leaves every linking group and every mixture of them open. Whatever is combined
        with a linking group then rests on somebody in each hand. For the bounds, the linking groups must also
        be `threshold` persons' worth of answers away from both ends of the scale.
        """
        name = self._name(block, variable, shown)
        links = np.array(name[1:], dtype=np.int64)
        if name in self._diffuse:
            return True
        if not self._roomy(links, variable):
            return False
        left_open = {i: self._left_open(other, variable, shown, links) for i, other in enumerate(self.blocks)}
        left_open = {i: rest for i, rest in left_open.items() if rest.any()}
        # one hand to spare: a block may be audited with a cell shown again
        if not left_open or self._hands(left_open, variable) <= self.threshold:
            return False
        self._diffuse.add(name)  # giving up more cells leaves more open
        return True

    def forget(self, variable: int) -> None:
        """Forget what was diffuse in a variable, because a cell is shown again."""
        self._diffuse.difference_update({name for name in self._diffuse if name[0] == variable})

    def _roomy(self, links: IntArray, variable: int) -> bool:
        low, high = self.tally.scale
        for group in links:
            atoms = self.tally.members[group]
            n = self.tally.atom_ratings[atoms, variable].sum()
            total = self.tally.atom_sums[atoms, variable].sum()
            if min(total - low * n, high * n - total) < self.threshold * (high - low):
                return False
        return True

    def _left_open(self, block: Block, variable: int, shown: BoolArray, links: IntArray) -> FloatArray:
        """Return what is left of linking rows in a block beside what its own shown groups settle."""
        name = (id(block), variable, links.tobytes(), shown[block.groups, variable].tobytes())
        if name not in self._rests:
            self._rests[name] = self._rest(block, variable, shown, links)
        return self._rests[name]

    def _rest(self, block: Block, variable: int, shown: BoolArray, links: IntArray) -> FloatArray:
        rows = block.shown_rows(np.array([variable]), shown)[0]
        linking = block.is_link[block.owner]
        published = block.groups[block.owner]
        rest = np.concatenate(
            [
                rows[published == group]
                if group in published
                else np.zeros((1 + (self.pooled and int(group) in self.tally.children), len(block.atoms)))
                for group in links
            ]
        )
        _, size, right = np.linalg.svd(rows[~linking], full_matrices=False)
        settled = right[size > ZERO * max(1.0, size.max(initial=0.0))]
        rest -= (rest @ settled.T) @ settled
        return np.where(np.abs(rest) > ZERO, rest, 0.0)

    def _hands(self, left_open: dict[int, FloatArray], variable: int) -> int:
        wanted = np.linalg.matrix_rank(np.concatenate(list(left_open.values()), axis=1), tol=ZERO)
        hands, seen = 0, set[int]()
        hand: list[FloatArray] = []
        here: set[int] = set()
        for index, rest in left_open.items():
            people = {
                person
                for atom in self.blocks[index].atoms
                for person in self.tally.persons(int(atom), variable)
            }
            if people & seen:
                continue
            hand.append(rest)
            here |= people
            if np.linalg.matrix_rank(np.concatenate(hand, axis=1), tol=ZERO) == wanted:
                hands, seen = hands + 1, seen | here
                hand, here = [], set()
            if hands > self.threshold:
                break
        return hands

    def widened(self, block: Block, variable: int, shown: BoolArray) -> Block | None:
        """Join blocks over which the linking groups are really spread; None if there are no others."""
        links = block.groups[block.is_link]
        here = self.blocks.index(block)
        joined = [here] if self._adds(block, variable, shown, links) else []
        for there in [*range(here + 1, len(self.blocks)), *range(here)]:
            if not joined or len(joined) > self.threshold:
                break
            if self._adds(self.blocks[there], variable, shown, links):
                joined.append(there)
        if len(joined) < 2:
            return None
        name = tuple(sorted(joined))
        if name not in self._wider:
            members = [self.blocks[i] for i in name]
            self._wider[name] = make_block(
                self.tally,
                np.concatenate([each.atoms for each in members]),
                np.concatenate([each.groups[~each.is_link] for each in members]),
                np.unique(np.concatenate([each.groups[each.is_link] for each in members])),
                pooled=self.pooled,
            )
        return self._wider[name]

    def _adds(self, block: Block, variable: int, shown: BoolArray, links: IntArray) -> bool:
        return bool(self._left_open(block, variable, shown, links).any())
