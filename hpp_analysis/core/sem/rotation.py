r"""Exploratory blocks of a model: estimated unrotated, rotated, and with the standard errors of a rotated solution.

The factors of a block, :math:`\eta`, are settled only up to a rotation :math:`\eta_r = T'\eta`, which changes loadings,
covariances, regressions and means together and the fit not at all. A block is estimated with factors that are uncorrelated and
have variance 1, and with some loadings 0. The least value of a criterion then chooses T. There its projected slope is zero: with
the criterion's gradient G at the loadings :math:`\Lambda` of a block, :math:`\Lambda'G\Phi^{-1}` is diagonal (oblique) or
:math:`\Lambda'G` symmetric (orthogonal). These equations are constraints on the rotated parameters, and the information along the
directions that they leave has the standard errors (Jennrich 1973, doi:10.1007/BF02291497, and 1974, doi:10.1007/BF02291556).

References
----------
Asparouhov & Muthén (2009), doi:10.1080/10705510903008204
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import qr

from hpp_analysis.core.arrays import Floats, Ints
from hpp_analysis.core.factors.alignment import Alignment, by_position, match_factors
from hpp_analysis.core.factors.extraction import ml_factors
from hpp_analysis.core.factors.recipe import Recipe, rotate_by_recipe
from hpp_analysis.core.factors.rotation import KINDS, Criterion, Rotation
from hpp_analysis.core.sem.estimation import Estimate, estimate, objective_of
from hpp_analysis.core.sem.model import DIRECTED, MEAN, SYMMETRIC, GroupModel, Implied, build_model
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.ordinal import OrdinalImplied, derived_slopes
from hpp_analysis.core.sem.restrictions import Restrictions
from hpp_analysis.core.sem.syntax import Syntax, written
from hpp_analysis.core.sem.table import Table
from hpp_analysis.errors import ConvergenceError, Failure, ModelSyntaxError, NotIdentifiedError

_COMPLEX_STEP = 1e-100
"""Step of a derivative along the imaginary axis, which loses no digits (Squire & Trapp 1998, doi:10.1137/S003614459631241X)."""

_SAME_FIT = 1e-7
"""Rotation may change the discrepancy by rounding errors alone."""

_SETTLED = 1e-7
"""Smallest singular value, as a share of the largest, of equations of rotation that settle the factors."""

_EQUAL_LOADINGS = "Factors of an exploratory block are the same in all groups only if all of its loadings are equal."

_ADD_LOADINGS = "Add 'loadings' to `group_equal`, without exceptions among the block's, or leave the equality out."


@dataclass(frozen=True, slots=True)
class Block:
    """An exploratory block: its name, its factors and its items, in the order of the text."""

    name: str
    factors: tuple[str, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlockRecipe:
    """How a block is rotated.

    Attributes
    ----------
    recipe : Recipe
        Its rotation, settings, normalisation and starts.
    std_ov : bool
        Whether loadings are rotated as if items had variance 1, as far as the block and the residuals make it up.
    """

    recipe: Recipe
    std_ov: bool = True


@dataclass(frozen=True, slots=True)
class TurnedBlock:
    """The rotation of a block in a group.

    Attributes
    ----------
    block : Block
    group : int
        From 1; 0 for all groups at once, where loadings are equal.
    rotation : Rotation
        Of the loadings that were rotated.
    """

    block: Block
    group: int
    rotation: Rotation


@dataclass(frozen=True, slots=True)
class RotatedRestrictions(Restrictions):
    """The constraints of a model with rotated blocks.

    Attributes
    ----------
    equations : ndarray, shape (c, q)
        Slopes of the equations that hold where the criterion has its least value.
    """

    equations: Floats | None = None

    @property
    def any(self) -> bool:
        """Whether something holds as an equality."""
        return True

    def basis(self, theta: Floats) -> Floats:
        """Directions in which the parameters may move, shape (q, q - rank)."""
        slopes = np.vstack(
            [self.values(theta)[1], np.zeros((0, len(theta))) if self.equations is None else self.equations]
        )
        lengths = np.linalg.norm(slopes, axis=1, keepdims=True)
        _left, size, right = np.linalg.svd(slopes / np.where(lengths > 0.0, lengths, 1.0))
        return np.asarray(right[int((size > _SETTLED * size.max(initial=1e-300)).sum()) :].T)


def find_blocks(syntax: Syntax) -> tuple[Block, ...]:
    """Collect the exploratory blocks of a model.

    Raises
    ------
    ModelSyntaxError
        A factor of two blocks, or one that lacks an item of its block, or fewer items than factors.

    Examples
    --------
    >>> from hpp_analysis.core.sem.syntax import parse_syntax
    >>> find_blocks(parse_syntax('efa("a")*f1 + efa("a")*f2 =~ x1 + x2 + x3 + x4'))
    (Block(name='a', factors=('f1', 'f2'), items=('x1', 'x2', 'x3', 'x4')),)
    """
    home: dict[str, str] = {}
    measured: dict[str, list[str]] = {}
    failures = []
    for term in syntax.terms:
        if term.efa and home.setdefault(term.lhs, term.efa) != term.efa:
            rule = f"A factor is in one exploratory block; {term.lhs} is in {home[term.lhs]} and {term.efa}."
            failures.append(Failure(rule, "Keep one of them.", row=term.line, value=term.efa))
        if term.op == "=~":
            measured.setdefault(term.lhs, []).append(term.rhs)
    blocks = []
    for name in dict.fromkeys(home.values()):
        factors = tuple(factor for factor in measured if home.get(factor) == name)
        items = tuple(dict.fromkeys(item for factor in factors for item in measured[factor]))
        for factor in factors:
            if lacking := [item for item in items if item not in measured[factor]]:
                rule = f"Each factor of an exploratory block measures all of its items; {factor} lacks {', '.join(lacking)}."
                remedy = (
                    f"Write them as one statement: {' + '.join(f'efa({name!r})*{each}' for each in factors)} =~ ..."
                )
                failures.append(Failure(rule, remedy, value=f'efa("{name}")'))
        if hidden := [item for item in items if item in measured]:
            rule = "An exploratory block is measured by observed items."
            failures.append(Failure(rule, "Leave out the factor, or write it without efa().", value=hidden[0]))
        if len(items) <= len(factors):
            rule = f"An exploratory block has more items than factors: {len(items)} and {len(factors)}."
            failures.append(Failure(rule, "Add items, or ask for fewer factors.", value=f'efa("{name}")'))
        blocks.append(Block(name, factors, items))
    if failures:
        raise ModelSyntaxError(failures)
    return tuple(blocks)


def estimate_rotated(
    table: Table,
    moments: Sequence[Moments],
    blocks: Sequence[Block],
    recipes: Mapping[str, BlockRecipe],
    *,
    estimator: str = "ML",
    seed: int = 0,
) -> tuple[Estimate, tuple[TurnedBlock, ...]]:
    """Estimate a model with exploratory blocks and rotate them.

    Parameters
    ----------
    table : Table
        With the parameters of a rotated solution: `build_table(..., efa="oblique")`.
    moments : sequence of Moments
    blocks : sequence of Block
    recipes : mapping of str to BlockRecipe
        By the name of the block.
    estimator : str
        As `estimate` has it.
    seed : int
        Of the random starts.

    Returns
    -------
    found : Estimate
        The rotated solution; its `basis` holds the directions that the equations of rotation leave. Where the estimation
        ended at no solution, the unrotated one with its flags.
    turned : tuple of TurnedBlock

    Raises
    ------
    ModelSyntaxError
        What is said of some factors of a block and not of the others, so that rotation would change the model.
    NotIdentifiedError
        A criterion that does not settle the factors.
    ConvergenceError

    Examples
    --------
    >>> from hpp_analysis.core.sem.moments import moments_of_covariance
    >>> from hpp_analysis.core.sem.syntax import parse_syntax
    >>> from hpp_analysis.core.sem.table import build_table
    >>> lambda_ = np.kron(np.eye(2), np.array([[0.8], [0.7], [0.6]]))
    >>> s = lambda_ @ np.array([[1.0, 0.3], [0.3, 1.0]]) @ lambda_.T
    >>> np.fill_diagonal(s, 1.0)
    >>> syntax = parse_syntax('efa("a")*f + efa("a")*g =~ u + v + w + x + y + z')
    >>> blocks = find_blocks(syntax)
    >>> recipes = {"a": BlockRecipe(Recipe(rotation="quartimin"))}
    >>> found, _turned = estimate_rotated(
    ...     build_table(syntax, efa="oblique"), [moments_of_covariance(s, 200, divisor="n")], blocks, recipes
    ... )
    >>> bool(np.allclose(found.point.at[0].a[:6, 6:], lambda_, atol=1e-6)), found.n_free
    (True, 17)
    """
    shared = _shared(table, blocks)
    if failures := _failures(table, blocks, shared):
        raise ModelSyntaxError(failures)
    plain = estimate(_unrotated(table, moments, blocks, shared), moments, estimator=estimator)
    if not plain.converged and not plain.restrictions.missed(plain.theta):
        raise ConvergenceError(
            f"Estimation must end at a solution. Given: none after {plain.n_iterations} steps, with exploratory blocks. Ask for "
            "fewer factors, keep residual variances from falling below 0 (x1 ~~ lower(0)*x1), or collect more answers."
        )
    if not plain.converged or "not_identified" in plain.flags:
        return plain, ()
    places = {name: k for k, name in enumerate((*table.observed, *table.latent))}
    turns = [np.eye(len(places)) for _group in moments]
    turned: list[TurnedBlock] = []
    rng = np.random.default_rng(seed)
    for block in blocks:
        items, factors = _places(block.items, places), _places(block.factors, places)
        first: Floats | None = None
        for g in range(1 if shared[block.name] else len(moments)):
            rotation, t, first = _turn(plain.point.at[g], items, factors, recipes[block.name], rng, first)
            for group in range(len(moments)) if shared[block.name] else (g,):
                turns[group][np.ix_(factors, factors)] = t
            turned.append(TurnedBlock(block, 0 if shared[block.name] else g + 1, rotation))
    theta = _turn_parameters(table, plain, turns)
    model = build_model(table, [(part.mean, part.covariance) for part in moments])
    objective = objective_of(model, moments, estimator)
    point = objective.point(theta)
    if not abs(point.value - plain.point.value) < _SAME_FIT * (1.0 + abs(plain.point.value)):
        rule = "The rotation of an exploratory block must leave the fit as it is; a relation of its factors stands in the way."
        raise ModelSyntaxError([Failure(rule, "Give all factors of a block the same relations, and fix none of them.")])
    equations = []
    for each in turned:
        g, recipe = max(each.group - 1, 0), recipes[each.block.name]
        if len(each.block.factors) > 1 and recipe.recipe.rotation != "none":
            items, factors = _places(each.block.items, places), _places(each.block.factors, places)
            equations.append(_equations(point.at[g], model.groups[g], items, factors, recipe))
    restrictions = RotatedRestrictions(
        table, plain.restrictions.all_linear, plain.restrictions.active, np.vstack(equations) if equations else None
    )
    basis = restrictions.basis(theta)
    if basis.shape[1] != plain.basis.shape[1]:
        raise NotIdentifiedError(
            "A rotation must settle each factor of its block. Given: one that leaves factors free to turn without any change "
            "of its criterion. Aim at more loadings of each factor, choose another rotation, or ask for fewer factors."
        )
    found = replace(plain, objective=objective, point=point, basis=basis, restrictions=restrictions)
    return found, tuple(turned)


def _places(names: Sequence[str], places: Mapping[str, int]) -> Ints:
    return np.array([places[name] for name in names])


def _shared(table: Table, blocks: Sequence[Block]) -> dict[str, bool]:
    """Whether the loadings of each block are the same parameters in all groups."""
    found = {}
    for block in blocks:
        rows = [k for k in range(len(table)) if table.op[k] == "=~" and table.lhs[k] in block.factors]
        numbers = {int(number) for number in table.free[rows]}
        found[block.name] = table.n_groups > 1 and len(numbers) == len(block.factors) * len(block.items)
    return found


def _failures(table: Table, blocks: Sequence[Block], shared: Mapping[str, bool]) -> list[Failure]:
    """What is said of some factors of a block alone: a rotation would spread it over the others."""
    home = {factor: block for block in blocks for factor in block.factors if len(block.factors) > 1}
    constrained = set().union(*(item.expression.labels for item in table.constraints if item.op != ":="))
    keys_of: dict[int, set[tuple[str, str, str]]] = {}
    for key, number in zip(zip(table.lhs, table.op, table.rhs, strict=True), table.free.tolist(), strict=True):
        keys_of.setdefault(number, set()).add(key)
    same = "Factors of one exploratory block must have the same relations, all of them free"
    failures: dict[str, Failure] = {}
    relations: dict[tuple[str, int, str, str, bool], list[int]] = {}
    for k in range(len(table)):
        lhs, op, rhs, free = table.lhs[k], table.op[k], table.rhs[k], int(table.free[k])
        own, other = home.get(lhs), home.get(rhs)
        if own is None and other is None:
            continue
        name = written(lhs, op, rhs)
        if own is other:
            if op != "~~":
                rule, remedy = f"{same}; {name} is a relation within the block.", "Remove it."
                failures.setdefault(name, Failure(rule, remedy, value=name))
            elif table.user[k] and (not free or not np.isnan(table.value[k])):
                rule, remedy = "The rotation makes the variances and covariances within a block.", "Remove it."
                failures.setdefault(name, Failure(rule, remedy, value=name))
            elif free and (table.free == free).sum() > 1 and own is not None and not shared[own.name]:
                failures.setdefault(name, Failure(_EQUAL_LOADINGS, _ADD_LOADINGS, value=name))
            continue
        if table.label[k] in constrained or (free and len(keys_of[free]) > 1):
            rule = f"{same}; {name} is part of an equality or a bound."
            failures.setdefault(name, Failure(rule, "Leave its label or its bound out.", value=name))
        if free and not np.isnan(table.value[k]):
            rule = "Factors of an exploratory block have starting values of their own."
            failures.setdefault(name, Failure(rule, "Leave start() out.", value=name))
        for block, far, on_left in ((own, rhs, True), (other, lhs, False)):
            if block is not None:
                relations.setdefault((block.name, int(table.group[k]), op, far, on_left or op == "~~"), []).append(k)
    sizes = {block.name: len(block.factors) for block in blocks}
    for (block_name, _group, op, _far, _on_left), rows in relations.items():
        names = [written(table.lhs[k], table.op[k], table.rhs[k]) for k in rows]
        is_free = table.free[rows] > 0
        none = op != "=~" and not is_free.any() and bool((table.value[rows] == 0.0).all())
        if not is_free.all() and not none:
            fixed = names[int(np.flatnonzero(~is_free)[0])]
            remedy = "Free it, for instance with NA*, or leave the relation out for all factors of the block."
            failures.setdefault(fixed, Failure(f"{same}; {fixed} is fixed.", remedy, value=fixed))
        elif len(rows) != sizes[block_name]:
            rule = f"{same}; {names[0]} is in the model, and the same of another factor is not."
            failures.setdefault(
                names[0], Failure(rule, "Add it for all factors of the block, or remove it.", value=names[0])
            )
        equal = [len({*np.flatnonzero(table.free == table.free[k])}) > 1 for k in rows]
        if is_free.any() and any(equal) and not (all(equal) and shared[block_name]):
            failures.setdefault(names[0], Failure(_EQUAL_LOADINGS, _ADD_LOADINGS, value=names[0]))
    for block in blocks:
        if shared[block.name] and len(block.factors) > 1:
            failures |= _scale_failures(table, block)
    return list(failures.values())


def _scale_failures(table: Table, block: Block) -> dict[str, Failure]:
    """Variances of the factors in later groups that are equal although their covariances are not, or the other way round."""
    within = [
        k
        for k in range(len(table))
        if table.op[k] == "~~"
        and table.lhs[k] in block.factors
        and table.rhs[k] in block.factors
        and table.group[k] > 1
    ]
    own = [bool(table.free[k]) and (table.free == table.free[k]).sum() == 1 for k in within]
    if all(own) or not any(own):
        return {}
    rule = "In groups with equal loadings the factors of an exploratory block have equal variances and covariances, or neither."
    remedy = "Name both 'lv_variances' and 'lv_covariances' in `group_equal`, or neither."
    return {block.name: Failure(rule, remedy, value=f'efa("{block.name}")')}


def _unrotated(table: Table, moments: Sequence[Moments], blocks: Sequence[Block], shared: Mapping[str, bool]) -> Table:
    """Fix what a rotation would settle: uncorrelated factors, and loadings of 0 of as many items as there are factors less one.

    These are the items that tell the factors apart best at the starting values, so that no rotation is nearly free.
    """
    free, value = table.free.copy(), table.value.copy()
    rows = {
        (table.lhs[k], table.op[k], table.rhs[k], int(table.group[k])): k for k in range(len(table)) if not table.exo[k]
    }
    count: dict[str, int] = {}
    for item in (item for block in blocks for item in block.items):
        count[item] = count.get(item, 0) + 1
    for block in blocks:
        n_factors = len(block.factors)
        for g, part in enumerate(moments):
            group = g + 1
            if g == 0 or not shared[block.name]:
                places = [table.observed.index(item) for item in block.items]
                start, zeros = _start(part.covariance[np.ix_(places, places)], n_factors)
            for j, factor in enumerate(block.factors):
                for i, item in enumerate(block.items):
                    k = rows[factor, "=~", item, group]
                    value[k] = start[i, j]
                    if i in zeros[:j]:
                        free[k], value[k] = 0, 0.0
            own_scale = g > 0 and shared[block.name]
            for i, one in enumerate(block.factors):
                for j, other in enumerate(block.factors[i:], start=i):
                    k = rows[
                        (one, "~~", other, group) if (one, "~~", other, group) in rows else (other, "~~", one, group)
                    ]
                    moves = own_scale and bool(table.free[k]) and (table.free == table.free[k]).sum() == 1
                    free[k], value[k] = (free[k] if moves else 0), float(i == j)
            for i, item in enumerate(block.items):
                k = rows.get((item, "~~", item, group), -1)
                if k >= 0 and free[k] and np.isnan(value[k]):
                    total = float(part.covariance[table.observed.index(item), table.observed.index(item)])
                    least = 0.05 if count[item] == 1 else 0.3
                    value[k] = max(total - float(start[i] @ start[i]), least * total)
    # starting values of all other relations of these factors: none
    factors = {factor for block in blocks for factor in block.factors}
    for k in range(len(table)):
        if free[k] and np.isnan(value[k]) and table.op[k] in ("~~", "~") and {table.lhs[k], table.rhs[k]} & factors:
            value[k] = 0.0
    numbers = {number: place for place, number in enumerate(dict.fromkeys(free[free > 0].tolist()), start=1)}
    return replace(table, free=np.array([numbers.get(number, 0) for number in free.tolist()]), value=value)


def _start(s: Floats, n_factors: int) -> tuple[Floats, list[int]]:
    """Loadings of uncorrelated factors, turned so that each item of a list has none on the factors after its place."""
    sd = np.sqrt(np.diag(s))
    r = s / np.outer(sd, sd)
    p = len(r)
    if np.linalg.eigvalsh(r)[0] > 1e-6 and (p - n_factors) ** 2 >= p + n_factors:
        lambda_ = ml_factors(r, n_factors).lambda_
    else:  # the block alone has no solution; the model may have one
        size, vectors = np.linalg.eigh(r)
        lambda_ = vectors[:, -n_factors:] * np.sqrt(np.maximum(0.8 * size[-n_factors:], 0.05))
    q, _r, order = qr(lambda_.T, pivoting=True)
    turned = (lambda_ @ q) * sd[:, None]
    return turned * np.where(turned.sum(axis=0) < 0.0, -1.0, 1.0), [int(place) for place in order[: n_factors - 1]]


def _spread(a: Floats, phi: Floats, theta: Floats) -> Floats:
    """Standard deviations of items, as far as a block and their residuals make them up; stacks of each are possible."""
    return np.asarray(np.sqrt((a @ phi * a).sum(axis=-1) + theta))


def _turn(
    at: Implied, items: Ints, factors: Ints, how: BlockRecipe, rng: np.random.Generator, first: Floats | None
) -> tuple[Rotation, Floats, Floats]:
    """Rotate a block in one group: the rotation, T with its columns in their final order and sign, and the loadings.

    The factors of later groups are those of the first that they resemble most.
    """
    a = at.a[np.ix_(items, factors)]
    k = len(factors)
    variances = (a * a).sum(axis=1) + np.diag(at.s)[items]
    sd = np.sqrt(np.where(variances > 0.0, variances, 1.0)) if how.std_ov else np.ones(len(items))
    rotation = rotate_by_recipe(a / sd[:, None], how.recipe, rng)
    lambda_ = rotation.lambda_
    if "target" in how.recipe.settings and k > 1:
        target = np.nan_to_num(np.asarray(how.recipe.settings["target"], dtype=np.float64))
        towards = np.where((target != 0.0).any(axis=0), (target * lambda_).sum(axis=0), lambda_.sum(axis=0))
        aligned = Alignment(np.arange(k), np.where(towards < 0.0, -1.0, 1.0))
    elif first is not None:
        aligned = match_factors(first, lambda_).alignment
    else:
        aligned = by_position(lambda_, reorder=how.recipe.reorder)
    return rotation, aligned.columns(rotation.t), aligned.columns(lambda_)


def _turn_parameters(table: Table, plain: Estimate, turns: Sequence[Floats]) -> Floats:
    """The free parameters of the rotated table."""
    theta = np.zeros(table.n_free)
    unrotated = plain.model.table
    for group, at, h in zip(plain.model.groups, plain.point.at, turns, strict=True):
        back = np.linalg.inv(h.T)
        a, s = h.T @ at.a @ back, h.T @ at.s @ h
        mean = h.T @ (at.total_mean - at.a @ at.total_mean)
        for k, kind, row, column in zip(group.rows, group.cells.kind, group.cells.row, group.cells.column, strict=True):
            if not table.free[k]:
                continue
            if kind == DIRECTED:
                value = a[row, column]
            elif kind == SYMMETRIC:
                value = s[row, column]
            elif kind == MEAN:
                value = mean[row]
            else:
                value = plain.theta[unrotated.free[k] - 1]
            theta[table.free[k] - 1] = value
    return theta


def _equations(at: Implied, group: GroupModel, items: Ints, factors: Ints, how: BlockRecipe) -> Floats:
    """Slopes of the equations of rotation by the free parameters, shape (c, q)."""
    p, k = len(items), len(factors)
    recipe = how.recipe
    kind = KINDS[recipe.rotation]
    criterion = kind.criterion(recipe.settings, p, k)
    one, other = np.triu_indices(k, 1)
    n = p * k + len(one) + p
    steps = np.eye(n) * (1j * _COMPLEX_STEP)
    a = at.a[np.ix_(items, factors)] + steps[:, : p * k].reshape(n, p, k)
    phi = np.broadcast_to(at.s[np.ix_(factors, factors)], (n, k, k)).astype(complex)
    phi[:, one, other] += steps[:, p * k : p * k + len(one)]
    phi[:, other, one] += steps[:, p * k : p * k + len(one)]
    theta = np.diag(at.s)[items] + steps[:, p * k + len(one) :]
    if how.std_ov:
        a = a / _spread(a, phi, theta)[:, :, None]
    if recipe.normalize:
        a = a / np.sqrt((a @ phi * a).sum(axis=2))[:, :, None]
    by_block = _projected_slope(criterion, a, phi, oblique=kind.oblique).imag.T / _COMPLEX_STEP
    # the block's loadings, covariances and residual variances by the free places
    cells = group.free_cells
    item_at = {int(place): i for i, place in enumerate(items)}
    factor_at = {int(place): i for i, place in enumerate(factors)}
    pair_at = {pair: i for i, pair in enumerate(zip(one.tolist(), other.tolist(), strict=True))}
    by_place = np.zeros((n, len(cells.kind)))
    for place, (cell, row, column) in enumerate(
        zip(cells.kind.tolist(), cells.row.tolist(), cells.column.tolist(), strict=True)
    ):
        if cell == DIRECTED and row in item_at and column in factor_at:
            by_place[item_at[row] * k + factor_at[column], place] = 1.0
        elif cell == SYMMETRIC and row in factor_at and column in factor_at and row != column:
            pair = sorted((factor_at[row], factor_at[column]))
            by_place[p * k + pair_at[pair[0], pair[1]], place] = 1.0
        elif cell == SYMMETRIC and row == column and row in item_at:
            by_place[p * k + len(one) + item_at[row], place] = 1.0
    if isinstance(at, OrdinalImplied):
        by_place[p * k + len(one) :] = derived_slopes(at, cells).own[items]
    return np.asarray(by_block @ by_place @ group.join)


def _projected_slope(criterion: Criterion, a: Floats, phi: Floats, *, oblique: bool) -> Floats:
    """What is zero where a criterion has its least value, one row for each solution of a stack."""
    k = a.shape[2]
    z = a.transpose(0, 2, 1) @ criterion(a)[1]
    if oblique:
        return np.asarray((z @ np.linalg.inv(phi))[:, ~np.eye(k, dtype=bool)])
    one, other = np.triu_indices(k, 1)
    return np.asarray(z[:, one, other] - z[:, other, one])
