"""Exploratory blocks in a model (ESEM): how they are rotated, and what a reader must know of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from hpp_analysis.core.factors.recipe import Recipe
from hpp_analysis.core.factors.rotation import KINDS
from hpp_analysis.core.sem.rotation import Block, BlockRecipe, TurnedBlock, find_blocks
from hpp_analysis.core.sem.syntax import Syntax, parse_syntax
from hpp_analysis.errors import ModelSyntaxError, OptionError
from hpp_analysis.options import in_range, names_in
from hpp_analysis.texts import gettext as _

_DEFAULTS: dict[str, float] = {"gamma": 0.0, "kappa": 0.0, "epsilon": 0.001}
"""Settings of rotations where nothing is said: those of lavaan."""

_N_STARTS = 30

_GENERAL = ("normalize", "std_ov", "n_starts", "seed")
"""Options of all rotations."""

_LAVAAN = {
    "geomin_epsilon": "epsilon",
    "oblimin_gamma": "gamma",
    "cf_gamma": "kappa",
    "rstarts": "n_starts",
    "row_weights": 'normalize (True is lavaan\'s "kaiser")',
    "target_mask": "target, with NaN where any loading will do",
    "orthogonal": "an orthogonal rotation, whose name ends in _t",
}
"""Names of lavaan's `rotation.args`, and what stands for them here."""


@dataclass(frozen=True, slots=True)
class Rotating:
    """How the exploratory blocks of a model are rotated.

    Attributes
    ----------
    blocks : tuple of Block
    recipes : mapping of str to BlockRecipe
        By the name of the block.
    rotation : str
    seed : int
    """

    blocks: tuple[Block, ...]
    recipes: Mapping[str, BlockRecipe]
    rotation: str
    seed: int

    @property
    def correlated(self) -> Literal["oblique", "orthogonal"]:
        """Whether the factors of a block may correlate, as `build_table` reads it."""
        return "oblique" if KINDS[self.rotation].oblique else "orthogonal"


def rotating(
    syntax: Syntax, rotation: str | None, options: Mapping[str, Any] | None, *, orthogonal: bool
) -> Rotating | None:
    """Read the options of rotation; None for a model without exploratory blocks.

    Raises
    ------
    OptionError
        Options without a block, of another rotation, or out of range.
    ModelSyntaxError
        Blocks that are none.
    """
    blocks = find_blocks(syntax)
    if not blocks:
        for name, value in (("rotation", rotation), ("rotation_options", options)):
            if value is not None:
                raise OptionError(
                    f"`{name}` must have an exploratory block to rotate. Given: {value!r}, and none. Write "
                    '\'efa("a")*f1 + efa("a")*f2 =~ x1 + x2 + x3 + x4\' in the model, or leave it out.'
                )
        return None
    rotation = rotation or "geomin"
    kind = KINDS[rotation]
    if orthogonal and kind.oblique:
        raise OptionError(
            f"`orthogonal=True` must have an orthogonal rotation. Given: rotation={rotation!r}. Choose 'geomin_t' or 'varimax', "
            "or leave `orthogonal` out."
        )
    given = dict(options or {})
    for name in given:
        if (known := _LAVAAN.get(str(name).replace(".", "_"))) is not None:
            raise OptionError(
                f"`rotation_options` must have names of this package. Given: {name!r}, which is lavaan's. Write {known}."
            )
    names_in(given, (*kind.settings, *_GENERAL), "rotation_options", kind=f"an option of the rotation {rotation!r}")
    numbers = {name: _number(name, given.get(name, _DEFAULTS[name])) for name in kind.settings if name != "target"}
    recipes = {}
    targets = _targets(given.get("target"), blocks) if "target" in kind.settings else {}
    for block in blocks:
        settings: dict[str, object] = dict(numbers)
        if block.name in targets:
            settings["target"] = targets[block.name]
            if len(block.factors) > 1:
                _settles(targets[block.name], block, oblique=kind.oblique)
        recipe = Recipe(
            rotation=rotation,
            settings=settings,
            normalize=_flag(given, "normalize", default=rotation == "varimax"),
            n_starts=int(in_range(given.get("n_starts", _N_STARTS), "n_starts", at_least=1)),
        )
        recipes[block.name] = BlockRecipe(recipe, _flag(given, "std_ov", default=True))
    return Rotating(blocks, recipes, rotation, int(in_range(given.get("seed", 0), "seed", at_least=0)))


def _number(name: str, value: Any) -> float:
    if name == "epsilon":
        return in_range(value, name, above=0)
    return in_range(value, name)


def _flag(given: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise OptionError(f"`{name}` must be True or False. Given: {value!r}. Correct it.")
    return value


def _targets(given: Any, blocks: Sequence[Block]) -> dict[str, np.ndarray]:
    """The target of each block, items x factors: from a frame, or from a model that says which loadings are free."""
    if isinstance(given, str):
        given = _target_of_model(given, blocks)
    if not isinstance(given, pd.DataFrame):
        raise OptionError(
            "`target` must be a frame of loadings, items x factors, NaN where any will do, or a model such as "
            f"'f1 =~ x1 + x2; f2 =~ x3 + x4', whose loadings are free and all others 0. Given: {type(given).__name__}. Give one "
            "by rotation_options={'target': ...}."
        )
    items = [item for block in blocks for item in block.items]
    factors = [factor for block in blocks for factor in block.factors]
    for axis, names, what in ((given.index, items, "row"), (given.columns, factors, "column")):
        if not axis.is_unique or (odd := sorted(set(map(str, axis)) ^ set(names))):
            shown = ", ".join(odd[:5]) if axis.is_unique else "a name twice"
            raise OptionError(
                f"`target` must have one {what} for each {'item' if what == 'row' else 'factor'} of the exploratory blocks. "
                f"Given: {shown} in one of them only. Add or remove it."
            )
    return {
        block.name: given.loc[list(block.items), list(block.factors)].to_numpy(dtype=float, na_value=np.nan)
        for block in blocks
    }


def _target_of_model(text: str, blocks: Sequence[Block]) -> pd.DataFrame:
    """Targets of 0 for all loadings that a confirmatory model does not have."""
    try:
        terms = parse_syntax(text).terms
    except ModelSyntaxError as error:
        raise OptionError(f"`target` must be a frame or a model. Given: {text!r}. {error.failures[0].rule}") from None
    items = list(dict.fromkeys(item for block in blocks for item in block.items))
    factors = [factor for block in blocks for factor in block.factors]
    frame = pd.DataFrame(0.0, index=items, columns=factors)
    for term in terms:
        if term.op == "=~":
            names_in(term.lhs, factors, "target", kind="a factor of an exploratory block")
            names_in(term.rhs, items, "target", kind="an item of an exploratory block")
            frame.loc[term.rhs, term.lhs] = np.nan
    return frame


def _settles(target: np.ndarray, block: Block, *, oblique: bool) -> None:
    """Refuse a target that leaves factors free to turn: each needs aims for as many items as there are other factors."""
    k, counts = len(block.factors), (~np.isnan(target)).sum(axis=0)
    enough = counts.min() >= k - 1 if oblique else counts.sum() >= k * (k - 1) // 2
    if not enough:
        least = f"{k - 1} for each factor" if oblique else f"{k * (k - 1) // 2}"
        given = ", ".join(f"{name} {count}" for name, count in zip(block.factors, counts, strict=True))
        raise OptionError(
            f"`target` must aim at enough loadings to settle the factors of a block, {least}. Given: {given}. Replace NaN by 0 "
            "where an item does not measure a factor."
        )


def rotation_flags(turned: Sequence[TurnedBlock]) -> tuple[str, ...]:
    """What is uncertain about rotations, as flags: "rotation_not_converged:BLOCK" and "local_optimum:BLOCK:BEST:STARTS"."""
    flags = []
    for each in turned:
        found, name = each.rotation, each.block.name + (f"@{each.group}" if each.group > 1 else "")
        if not found.converged:
            flags.append(f"rotation_not_converged:{name}")
        if found.n_starts > 1 and found.n_best < max(2, found.n_starts // 10):
            flags.append(f"local_optimum:{name}:{found.n_best}:{found.n_starts}")
    return tuple(flags)


def rotation_sentences(flags: Collection[str]) -> list[str]:
    """What is uncertain about rotations, in words."""
    sentences = []
    for kind, *parts in (flag.split(":") for flag in flags):
        if kind == "rotation_not_converged":
            sentence = _("The rotation of the exploratory block {block} did not converge; use its loadings with care.")
            sentences.append(sentence.format(block=parts[0]))
        elif kind == "local_optimum":
            sentence = _(
                "Only {n} of {of} starts of the rotation of the exploratory block {block} reached the best solution; others may "
                "be as good to read."
            )
            sentences.append(sentence.format(block=parts[0], n=parts[1], of=parts[2]))
    return sentences


def rotation_method(plan: Rotating) -> str:
    """How exploratory blocks were rotated, for the method paragraph."""
    recipe = plan.recipes[plan.blocks[0].name].recipe
    settings = ", ".join(
        f"{name} = {value:g}" for name, value in recipe.settings.items() if isinstance(value, int | float)
    )
    name = plan.rotation.removesuffix("_t") + (f" ({settings})" if settings else "")
    sentence = (
        _(
            "The exploratory blocks have an oblique rotation, {name}, {kaiser} (Asparouhov & Muthén, 2009); standard errors are those "
            "of the rotated solution (Jennrich, 1974)."
        )
        if KINDS[plan.rotation].oblique
        else _(
            "The exploratory blocks have an orthogonal rotation, {name}, {kaiser} (Asparouhov & Muthén, 2009); standard errors are "
            "those of the rotated solution (Jennrich, 1974)."
        )
    )
    kaiser = _("with Kaiser normalisation") if recipe.normalize else _("without Kaiser normalisation")
    return sentence.format(name=name, kaiser=kaiser)
