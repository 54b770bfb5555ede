"""The model behind a simulated study: latent factors, shifts of groups, and the answers that follow from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc, ndtr, ndtri

from hpp_analysis.errors import OptionError
from hpp_analysis.simulation.options import Design
from hpp_analysis.survey.questionnaire import Instrument

Floats = NDArray[np.float64]

SIDES = ("client", "partner")
HPO_PERSON_SHARE = 0.7  # of a person's view of the own organisation, what stays from wave to wave
_HALVES = np.array([0.5, -0.5])  # a gap raises the client's side by half of it, and lowers the partner's
_CROSS = 0.8  # a person's views of partnership and own organisation, relative to one general factor
_SPREAD = 0.17  # standard deviation of the answers, as a share of the number of points
_ITEM_SPREAD = 0.03  # of the items' means, as a share of the number of points
_HPO_SPREAD = 0.4  # standard deviation between organisations, in those of an HPO factor
_DIP = 0.7  # how far a dip lowers a characteristic, in standard deviations of its answers
_FURTHEST = 8.0  # standard deviations within which a gap or change is looked for
_DIGITS = 9  # latent values are compared after rounding, so that no answer hangs on the last bit


@dataclass(frozen=True, eq=False, slots=True)
class Measure:
    """How the items of one instrument turn latent scores into answers.

    Attributes
    ----------
    items, factors, outcomes : tuple of str
    latent_of : int array, (n_items,)
        The place of each item's factor among `factors + outcomes`.
    loading : float array, (n_items,)
    thresholds : float array, (n_items, points - 1)
        The latent response above which the next higher answer is given.
    sign : float array, (n_items,)
        -1 where the item is asked the other way round.
    lowest, highest : int
        The ends of the scale.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    outcomes: tuple[str, ...]
    latent_of: NDArray[np.intp]
    loading: Floats
    thresholds: Floats
    sign: Floats
    lowest: int
    highest: int

    def of(self, latent: int) -> NDArray[np.intp]:
        """The places of the items of one factor or outcome."""
        return np.flatnonzero(self.latent_of == latent)

    def table(self, latents: Sequence[str]) -> pd.DataFrame:
        """Loadings of the items of these factors or outcomes, 0 where an item belongs to another of them."""
        names = np.array(self.factors + self.outcomes, dtype=object)[self.latent_of]
        return pd.DataFrame(
            {name: np.where(names == name, self.loading, 0.0) for name in latents}, index=list(self.items)
        ).loc[np.isin(names, list(latents))]

    def answer(self, responses: Floats) -> NDArray[np.int64]:
        """Cut latent responses (rows x items) into answers."""
        rounded = responses.round(_DIGITS)
        columns = [np.searchsorted(cuts, rounded[:, item]) for item, cuts in enumerate(self.thresholds)]
        return self.lowest + np.column_stack(columns)

    def expected(self, shifts: Floats, style: float, items: NDArray[np.intp] | None = None) -> Floats:
        """The mean answer (cells x items) of persons with random styles when `shifts` move the responses."""
        nodes, weights = hermegauss(15)
        stretch = np.exp(style * nodes)[:, None]
        width = np.sqrt(stretch**2 + style**2)
        columns = []
        for place, item in enumerate(range(len(self.items)) if items is None else items):
            above = ndtr((shifts[:, place, None, None] * stretch - self.thresholds[item]) / width)
            columns.append(self.lowest + above.sum(axis=2) @ (weights / weights.sum()))
        return np.column_stack(columns)

    def score(self, factor: int, sides: Floats, dips: Floats, style: float) -> Floats:
        """Expected scale scores (partnerships x sides) of one factor whose level is shifted by `sides`."""
        items = self.of(factor)
        shifts = sides[..., None] * self.loading[items] + dips[:, None, items]
        means: Floats = self.expected(shifts.reshape(-1, len(items)), style, items).mean(axis=1)
        return means.reshape(sides.shape)


def draw_measure(
    instrument: Instrument, level: float, between: tuple[float, float], rng: np.random.Generator
) -> Measure:
    """Draw loadings within `between`, and item means around `level` (0 to 1 along the scale)."""
    latents = [part.id for part in (*instrument.factors, *instrument.outcomes)]
    items = instrument.items
    latent_of = np.array([latents.index(item.factor) for item in items])
    loading = np.empty(len(items))
    for latent in range(len(latents)):
        items_of = np.flatnonzero(latent_of == latent)
        loading[items_of] = rng.permutation(np.linspace(*between, len(items_of)))
    points = instrument.scale.max - instrument.scale.min + 1
    middle = ((points - 1) * level + 0.5) / points + _ITEM_SPREAD * rng.standard_normal(len(items))
    return Measure(
        items=tuple(item.id for item in items),
        factors=tuple(factor.id for factor in instrument.factors),
        outcomes=tuple(outcome.id for outcome in instrument.outcomes),
        latent_of=latent_of,
        loading=loading.round(3),
        thresholds=_thresholds(middle.clip(0.06, 0.94), points),
        sign=np.array([-1.0 if item.reverse else 1.0 for item in items]),
        lowest=instrument.scale.min,
        highest=instrument.scale.max,
    )


def _thresholds(middle: Floats, points: int) -> Floats:
    """Normal deviates that cut a beta distribution (skewed as answers are) into equal intervals."""
    room = middle * (1 - middle)
    concentration = (room / np.minimum(_SPREAD**2, 0.6 * room) - 1)[:, None]
    cuts = np.arange(1, points) / points
    middle = middle[:, None]
    shares = betainc(middle * concentration, (1 - middle) * concentration, cuts)
    return np.asarray(ndtri(shares.clip(1e-12, 1 - 1e-12)), dtype=float).round(_DIGITS)


def _correlations(n: int, between: tuple[float, float], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw correlations within `between` that follow from one general factor, and its loadings."""
    general = np.sqrt(rng.uniform(*between, n)).round(4)
    return _general(general, general, 1.0), general


def _general(rows: Floats, columns: Floats, share: float) -> Floats:
    together = share * np.outer(rows, columns)
    if rows is columns:
        np.fill_diagonal(together, 1.0)
    return together


@dataclass(frozen=True, eq=False, slots=True)
class Latents:
    """The dependence between factors, HPO factors and outcomes within a side.

    Attributes
    ----------
    phi, hpo_phi : float arrays
        Correlations of the factors, and of the HPO factors.
    person : float array
        Correlations of the persons' parts of both, factors first.
    cross : float array, factors x HPO factors
    coefficients : float array, (factors and HPO factors,)
    r2 : float
    """

    phi: Floats
    hpo_phi: Floats
    person: Floats
    cross: Floats
    coefficients: Floats
    r2: float


def draw_latents(
    n_factors: int,
    n_hpo: int,
    *,
    between: tuple[float, float],
    person_share: float,
    coefficients: Floats | None,
    rng: np.random.Generator,
) -> Latents:
    """Draw the correlations, and set the coefficients of the outcomes unless they are given."""
    phi, general = _correlations(n_factors, between, rng)
    hpo_phi, hpo_general = _correlations(n_hpo, between, rng)
    cross = _general(general, hpo_general, _CROSS)
    seen = cross * np.sqrt(person_share * HPO_PERSON_SHARE)
    joint = np.block([[phi, seen], [seen.T, hpo_phi]])
    if coefficients is None:
        weights = np.r_[1 / (1 + 0.7 * np.arange(n_factors)), 0.4 / (1 + 0.7 * np.arange(n_hpo))]
        coefficients = np.round(weights * np.sqrt(0.6 / (weights @ joint @ weights)), 2)
    r2 = float(coefficients @ joint @ coefficients)
    if r2 >= 1:
        raise OptionError(
            f"`coefficients` must explain less than all of an outcome's variance. Given the correlations of the "
            f"factors they explain {r2:.2f} of it. Make them smaller."
        )
    return Latents(phi, hpo_phi, np.block([[phi, cross], [cross.T, hpo_phi]]), seen, coefficients, r2)


@dataclass(frozen=True, eq=False, slots=True)
class Effects:
    """Shifts of the answers of whole groups.

    Attributes
    ----------
    quality, gaps : float arrays, partnerships x factors
    changes : float array, waves x factors
        Since the first wave.
    dips : float array, partnerships x items
    hpo : float array, organisations x HPO factors
    shifts : float array, waves x partnerships x sides x (factors and outcomes)
        The sum of all but the dips; outcomes are shifted through their coefficients.
    """

    quality: Floats
    gaps: Floats
    changes: Floats
    dips: Floats
    hpo: Floats
    shifts: Floats

    def responses(self, measure: Measure) -> Floats:
        """The shifts of the responses: waves x partnerships x sides x items."""
        return self.shifts[..., measure.latent_of] * measure.loading + self.dips[:, None, :]


def draw_effects(plan: Design, measure: Measure, latents: Latents, rng: np.random.Generator) -> Effects:
    """Draw what sets partnerships, sides, waves and organisations apart."""
    n_partners = len(plan.partners)
    n_pairs = len(plan.clients) * n_partners
    n_factors, n_hpo = latents.cross.shape
    quality = _quality(plan.quality, n_pairs, n_factors, rng)
    dips = _dips(measure, n_pairs, plan.dips, rng)
    present = plan.sizes > 0
    gaps = _gaps(measure, quality, dips, plan.gaps, plan.style, present[0].all(axis=1), rng)
    changes = _changes(measure, quality, gaps, dips, plan.changes, plan.style, present)
    hpo = _HPO_SPREAD * rng.standard_normal((len(plan.clients) + n_partners, n_hpo)).round(4)
    factors = (quality[:, None] + gaps[:, None] * _HALVES[:, None]) + changes[:, None, None]
    pair = np.arange(n_pairs)
    organisation = np.column_stack([pair // n_partners, len(plan.clients) + pair % n_partners])
    own = np.broadcast_to(hpo[organisation], (*factors.shape[:3], n_hpo))
    outcome = np.concatenate([factors, own], axis=3) @ latents.coefficients
    outcomes = np.repeat(outcome[..., None], len(measure.outcomes), axis=3)
    return Effects(quality, gaps, changes, dips, hpo, np.concatenate([factors, outcomes], axis=3))


def _quality(wanted: float | Floats, n_partnerships: int, n_factors: int, rng: np.random.Generator) -> Floats:
    """How good each partnership is at each factor: evenly spread, the poorest further off; or as given."""
    if isinstance(wanted, float):
        scores = np.asarray(ndtri((np.arange(n_partnerships) + 0.5) / n_partnerships), dtype=float)
        scores[0] *= 1.5
        scores = rng.permutation(scores - scores.mean())
        general = scores * (wanted / scores.std() if n_partnerships > 1 else 0.0)
    else:
        general = wanted
    own = rng.standard_normal((n_partnerships, n_factors))
    quality: Floats = general[:, None] + 0.4 * general.std() * (own - own.mean(axis=0))
    return quality.round(_DIGITS)


def _dips(measure: Measure, n_partnerships: int, per_partnership: int, rng: np.random.Generator) -> Floats:
    """Lower a few items of the factors in each partnership."""
    dips = np.zeros((n_partnerships, len(measure.items)))
    factor_items = np.flatnonzero(measure.latent_of < len(measure.factors))
    for row in dips:
        row[rng.permutation(factor_items)[:per_partnership]] = -_DIP
    return dips


def _gaps(
    measure: Measure,
    quality: Floats,
    dips: Floats,
    wanted: Floats,
    style: float,
    both: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Floats:
    """The gap of each partnership in SD; their mean in the first wave, in points, is what is wanted."""
    own = rng.uniform(-1, 1, quality.shape)
    own = 1 + 0.5 * (own - own.mean(axis=0))  # partnerships differ in a gap; a gap of 0 is 0 in each
    counted = both if both.any() else np.ones_like(both)

    def size(factor: int) -> float:
        def points(gap: float) -> float:
            sides = quality[:, [factor]] + gap * own[:, [factor]] * _HALVES
            means = measure.score(factor, sides, dips, style)[counted]
            return float((means[:, 0] - means[:, 1]).mean())

        return _solved(points, float(wanted[factor]), "gaps", measure.factors[factor])

    gaps: Floats = own * [size(factor) for factor in range(len(wanted))]
    return gaps.round(_DIGITS)


def _changes(
    measure: Measure,
    quality: Floats,
    gaps: Floats,
    dips: Floats,
    wanted: Floats,
    style: float,
    present: NDArray[np.bool_],
) -> Floats:
    """The shift of each wave since the first in SD, so that the mean change in points is what is wanted."""
    changes = np.zeros((len(present), quality.shape[1]))

    def size(wave: int, factor: int) -> float:
        linked = present[wave] & present[wave - 1]
        counted = linked if linked.any() else np.ones_like(linked)
        sides = quality[:, [factor]] + gaps[:, [factor]] * _HALVES + changes[wave - 1, factor]
        start = measure.score(factor, sides, dips, style)[counted].mean()

        def points(step: float) -> float:
            return float(measure.score(factor, sides + step, dips, style)[counted].mean() - start)

        return _solved(points, float(wanted[factor]), "changes", measure.factors[factor])

    for wave in range(1, len(present)):
        changes[wave] = changes[wave - 1] + [size(wave, factor) for factor in range(len(wanted))]
    return changes.round(_DIGITS)


def _solved(points: Callable[[float], float], target: float, name: str, factor: str) -> float:
    """The size in SD that gives `target` points."""
    if target == 0:
        return 0.0
    most = points(np.sign(target) * _FURTHEST)
    if abs(most) < abs(target):
        raise OptionError(
            f"`{name}` must be differences that the answer scale has room for. Given: {target:g} points for "
            f"{factor!r}, where at most {abs(most):.1f} fit. Choose a smaller one."
        )
    return float(brentq(lambda size: points(size) - target, -_FURTHEST, _FURTHEST, xtol=1e-11))


def expected_means(measure: Measure, effects: Effects, style: float) -> tuple[Floats, Floats]:
    """Expected answers (waves x partnerships x sides x items) and scale scores (x factors and outcomes)."""
    shifts = effects.responses(measure)
    answers = measure.expected(shifts.reshape(-1, shifts.shape[-1]), style).reshape(shifts.shape)
    n_latents = len(measure.factors) + len(measure.outcomes)
    scores = [answers[..., measure.of(latent)].mean(axis=-1) for latent in range(n_latents)]
    return answers, np.stack(scores, axis=-1)


def draw_dont_know(n_items: int, most: float, rng: np.random.Generator) -> Floats:
    """Probabilities (items x sides): a few items near `most`, many far below, one of the sides surer."""
    rates = most * rng.permutation(np.linspace(0.2, 1, n_items) ** 2)
    surer = rng.integers(0, 2, n_items)
    return (rates[:, None] * np.where(surer[:, None] == [0, 1], 0.4, 1.0)).round(4)
