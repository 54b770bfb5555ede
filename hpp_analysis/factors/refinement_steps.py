"""The account of a refinement: what the solution was before and after each item left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis.core.factors.item_reduction import RULES, Limits, Measures, Stage, reduce_items
from hpp_analysis.core.factors.recipe import Recipe
from hpp_analysis.core.factors.solution import Solution, fit_of, residuals
from hpp_analysis.core.factors.solutions_many import StartingPoint
from hpp_analysis.errors import NotIdentifiedError
from hpp_analysis.factors.efa import EFA
from hpp_analysis.factors.presets import PRESETS
from hpp_analysis.factors.refinement_rules import RefinementRules

FIT = ("rmsea", "tli", "rmsr", "variance")
_FREE = Limits((np.nan, np.nan, np.nan, np.nan), 1)


@dataclass(frozen=True, eq=False, slots=True)
class Candidates:
    """Items that may still stay, with their correlations and a solution near theirs."""

    items: tuple[str, ...]
    r: np.ndarray
    near: StartingPoint
    recipe: Recipe
    weights: np.ndarray | None
    n: float
    like: str | None

    @classmethod
    def of(cls, efa: EFA) -> Candidates:
        """The items of a solution."""
        if efa.source is None:
            raise NotIdentifiedError("Items must be refined from answers. Given: correlations. Give the answers.")
        known = efa.source.known
        near = StartingPoint(known.unrotated[None], known.psi[None], known.solution.t[None])
        items = tuple(str(item) for item in efa.loadings.index)
        r = efa.correlations.to_numpy()
        return cls(items, r, near, efa.source.recipe, known.weights, efa.n_used, efa.like)

    def without(self, item: str, stage: Stage) -> Candidates:
        """The others; `stage` is the solution of all."""
        stay = np.array([name != item for name in self.items])
        near = StartingPoint(stage.found.near.unrotated[:, stay], stage.found.near.psi[:, stay], stage.found.near.t)
        weights = None if self.weights is None else self.weights[np.ix_(stay, stay)]
        names = tuple(name for name in self.items if name != item)
        return Candidates(names, self.r[np.ix_(stay, stay)], near, self.recipe, weights, self.n, self.like)

    def follow(
        self, limits: Limits, protect: Sequence[str], rng: np.random.Generator, stack: np.ndarray | None = None
    ) -> list[Stage]:
        """Follow the rules, on these correlations or on a stack of others of the same items."""
        protected = np.isin(self.items, list(protect))
        r = self.r[None] if stack is None else stack
        return reduce_items(r, self.near, self.recipe, limits, protected, rng, self.weights)

    def here(self) -> Stage:
        """The solution of all of them, of which none leaves."""
        return self.follow(_FREE, self.items, np.random.default_rng(0))[0]

    def fit(self, stage: Stage) -> tuple[float, ...]:
        """RMSEA, TLI, root mean square residual and share of variance of a stage of these items."""
        places = stage.items[0]
        r = self.r[np.ix_(places, places)]
        solution = Solution(stage.found.lambda_[0], stage.found.phi[0], stage.found.near.t[0])
        k = solution.lambda_.shape[1]
        fit = fit_of(r, residuals(r, solution), k, self.n, correction=PRESETS[self.like].correction)
        share = float(np.mean(solution.communality))
        if self.recipe.extraction == "pca":  # components are no model of the correlations
            return np.nan, np.nan, fit.rmsr, share
        return fit.rmsea, fit.tli, fit.rmsr, share


def steps_table(
    manual: list[tuple[Candidates, Stage]],
    stages: list[tuple[Candidates, Stage]],
    drop: Mapping[str, str],
    rules: RefinementRules,
    margin: float,
) -> pd.DataFrame:
    """One row per item that left; `Refinement.steps` documents the columns."""
    rows: list[dict[str, object]] = [
        {"item": item, "rule": "manual", "value": np.nan, "cutoff": np.nan, "reason": str(why), "alternatives": ()}
        for item, why in drop.items()
    ]
    names, cuts = [*RULES, "target"], [*rules.limits(None).cuts, np.nan]
    for candidates, stage in stages[:-1]:
        choice, values = stage.choice, stage.choice.values[0]
        here = [candidates.items[place] for place in stage.items[0]]
        rule, chosen = int(choice.rule[0]), int(choice.item[0])
        close = values <= choice.value[0] + margin
        close[chosen] = False
        order = np.argsort(np.where(close, values, np.inf), kind="stable")[: int(close.sum())]
        rows.append(
            {
                "item": here[chosen],
                "rule": names[rule],
                "value": float(choice.value[0]),
                "cutoff": cuts[rule],
                "reason": "",
                "alternatives": tuple(here[place] for place in order),
            }
        )
    frame = pd.DataFrame(rows, columns=["item", "rule", "value", "cutoff", "reason", "alternatives"])
    frame = frame.astype({"value": float, "cutoff": float})
    frame.insert(0, "step", np.arange(1, len(frame) + 1))
    fits = np.array([candidates.fit(stage) for candidates, stage in [*manual, *stages]])
    frame["n_items"] = [stage.items.shape[1] for _c, stage in [*manual, *stages]][1:]
    for place, name in enumerate(FIT):
        frame[f"{name}_before"], frame[f"{name}_after"] = fits[:-1, place], fits[1:, place]
    return frame


def overview_table(
    final: EFA, fitting: Measures | None, steps: pd.DataFrame, protect: Sequence[str], samples: pd.DataFrame | None
) -> pd.DataFrame:
    """One row per candidate item: kept items by factor and loading, then the others in the order in which they left."""
    kept = list(final.loadings.index)
    rows = []
    for place, item in enumerate(kept):
        factor = int(fitting.factor[0, place]) if fitting else -1
        rows.append(
            {
                "item": str(item),
                "state": "protected" if item in protect else "kept",
                "factor": str(final.loadings.columns[factor]) if fitting else "",
                "loading": float(final.loadings.iloc[place, factor]) if fitting else np.nan,
                "communality": float(fitting.communality[0, place]) if fitting else np.nan,
                "gap": float(fitting.gap[0, place]) if fitting else np.nan,
                "item_rest": float(fitting.item_rest[0, place]) if fitting else np.nan,
                "step": np.nan,
            }
        )
    rows.sort(key=lambda row: (row["factor"], -abs(float(row["loading"]))))
    nothing = dict.fromkeys(("loading", "communality", "gap", "item_rest"), np.nan)
    rows += [
        {"item": row.item, "state": "dropped", "factor": "", **nothing, "step": float(row.step)}
        for row in steps.itertuples()
    ]
    frame = pd.DataFrame(rows)
    if samples is not None:
        share = samples[samples.any(axis=1)].mean()
        frame["share_kept"] = [float(share.get(item, np.nan)) for item in frame["item"]]
    return frame


def flags_of(limits: Limits, final: EFA, fitting: Measures | None) -> tuple[str, ...]:
    """What a reader should know: items that stay although they break a rule, thin factors, how the final solution did."""
    flags = list(final.flags)
    if fitting is not None:
        given = (fitting.communality, fitting.loading, fitting.gap, fitting.item_rest)
        if any(bool((value < cut).any()) for value, cut in zip(given, limits.cuts, strict=True)):
            flags.append("broken_rules")
        counts = np.bincount(fitting.factor[0], minlength=final.loadings.shape[1])
        if (counts < limits.min_items).any():
            flags.append("thin_factor")
    return tuple(dict.fromkeys(flags))
