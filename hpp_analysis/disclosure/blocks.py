"""Cut a run into blocks of groups that share atoms, and write down each block's published rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hpp_analysis.disclosure.tally import BoolArray, FloatArray, IntArray, Tally

MAX_ATOMS = 128  # a block of one client; what would join more is a linking group (all clients together)


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Groups to be planned together.

    A linking group, say all clients of the study, appears in each block with its part of that block only.
    That is the safe side: it grants the attacker the group's figure for every block, and whoever cannot work
    out a small set from that cannot from the whole either (a projection of the row space).

    Attributes
    ----------
    atoms : ndarray (k,)
        Columns.
    groups : ndarray (g,)
        Published groups, the first to be given up first: own before linking, small before large, and of equal
        size those that were named later.
    is_link : ndarray of bool (g,)
        Linking groups.
    owner : ndarray (r,)
        The position in `groups` of the group that publishes each row; r exceeds g by the groups published
        both as the mean of their ratings and as the mean of their parts.
    rows : ndarray (V, r, k)
        Weights of atom sums in the groups' means, up to a factor.
    """

    atoms: IntArray
    groups: IntArray
    is_link: BoolArray
    owner: IntArray
    rows: FloatArray

    def shown_rows(self, variables: IntArray, shown: BoolArray) -> FloatArray:
        """Return rows of some variables, zeros where not `shown` (groups x variables of the run)."""
        visible = shown[np.ix_(self.groups, variables)][self.owner].T
        stack: FloatArray = self.rows[variables] * visible[:, :, None]
        return stack


def make_block(tally: Tally, atoms: IntArray, groups: IntArray, links: IntArray, *, pooled: bool) -> Block:
    """Return the block of these atoms; `pooled` also publishes means of parts as means of their ratings."""
    place = {int(atom): column for column, atom in enumerate(atoms)}
    ordered = [*_small_first(tally, groups), *_small_first(tally, links)]
    answered = (tally.atom_ratings[atoms] > 0).T.astype(float)
    owner: list[int] = []
    rows: list[FloatArray] = []
    for position, group in enumerate(ordered):
        children = tally.children.get(group)
        if children is None or pooled:
            owner.append(position)
            rows.append(_indicator(tally, group, place) * answered)
        if children is not None:
            owner.append(position)
            rows.append(_equal_weights(tally, children, place) * answered)
    return Block(
        atoms=atoms,
        groups=np.array(ordered, dtype=np.int64),
        is_link=np.arange(len(ordered)) >= len(groups),
        owner=np.array(owner, dtype=np.int64),
        rows=np.stack(rows, axis=1) if rows else np.zeros((len(answered), 0, len(atoms))),
    )


def _equal_weights(tally: Tally, children: list[int], place: dict[int, int]) -> FloatArray:
    """Return the weights of atoms in the mean of the parts' means, per variable, 1 in the smallest part."""
    holds = np.array([_indicator(tally, child, place) for child in children]).reshape(-1, len(place))
    n = tally.n_ratings[children].T.astype(float)
    smallest = np.where(n > 0, n, np.inf).min(axis=1, keepdims=True, initial=np.inf)
    weight: FloatArray = np.divide(smallest, n, out=np.zeros_like(n), where=n > 0) @ holds
    return weight


def _small_first(tally: Tally, groups: IntArray) -> list[int]:
    return sorted(groups.tolist(), key=lambda group: (tally.size[group], -group))


def _indicator(tally: Tally, group: int, place: dict[int, int]) -> FloatArray:
    row = np.zeros(len(place))
    row[[place[atom] for atom in tally.members[group].tolist() if atom in place]] = 1.0
    return row


def make_blocks(tally: Tally, *, pooled: bool) -> list[Block]:
    """Join groups that share atoms, small groups first, into blocks of at most `MAX_ATOMS` atoms."""
    n_atoms = len(tally.atom_ratings)
    parent = list(range(n_atoms))
    weight = [1] * n_atoms

    def find(atom: int) -> int:
        while parent[atom] != atom:
            parent[atom] = parent[parent[atom]]
            atom = parent[atom]
        return atom

    own, links = [], []
    for group in _small_first(tally, np.arange(len(tally.keys))):
        roots = sorted({find(atom) for atom in tally.members[group].tolist()})
        joined = sum(weight[root] for root in roots)
        if len(roots) > 1 and joined > MAX_ATOMS:
            links.append(group)
            continue
        own.append(group)
        for root in roots[1:]:
            parent[root] = roots[0]
        if roots:
            weight[roots[0]] = joined
    return _collect(tally, [find(atom) for atom in range(n_atoms)], own, links, pooled=pooled)


def _collect(tally: Tally, root: list[int], own: list[int], links: list[int], *, pooled: bool) -> list[Block]:
    atoms: dict[int, list[int]] = {}
    for atom, top in enumerate(root):
        atoms.setdefault(top, []).append(atom)
    groups: dict[int, list[int]] = {top: [] for top in atoms}
    across: dict[int, list[int]] = {top: [] for top in atoms}
    for group in own:
        if len(tally.members[group]):
            groups[root[tally.members[group][0]]].append(group)
    for group in links:
        for top in {root[atom] for atom in tally.members[group].tolist()}:
            across[top].append(group)
    return [
        make_block(
            tally,
            np.array(atoms[top]),
            np.array(groups[top], dtype=np.int64),
            np.array(across[top], dtype=np.int64),
            pooled=pooled,
        )
        for top in atoms
    ]
