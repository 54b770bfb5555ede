"""The persons of a planned study: how they would answer the instrument, by assumption or as an earlier study found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.core.groups.agreement import one_way
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import fit_cfa
from hpp_analysis.simulation.model import draw_dont_know, draw_measure
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import Survey

Floats = NDArray[np.float64]

SIDES = ("client", "partner")
_LEVEL = 0.68
"""The mean of an answer, of the way up the scale, where nothing else is said; as in `simulate_study`."""
_FURTHEST = 8.0
_LOWEST_LOADING, _HIGHEST_LOADING, _HIGHEST_CORRELATION = 0.05, 0.95, 0.95


@dataclass(frozen=True, eq=False, slots=True)
class Population:
    """How persons answer.

    Answers are cut from normal responses: loading times factor score plus what is the item's own; the factor scores of
    a partnership share a part of the variance (`icc`).

    Attributes
    ----------
    items, factors : tuple of str
    factor_of : ndarray of int, shape (p,)
    loading : ndarray, shape (p,)
    phi : ndarray, shape (k, k)
        Correlations of the factors.
    cuts : ndarray, shape (p, points - 1)
        The response above which the next higher answer is given.
    unknown : ndarray, shape (p, sides)
        Shares of "don't know" (and of what was skipped).
    lowest, highest : int
        The ends of the scale.
    icc : float
        The share of the variance of factor scores that lies between partnerships.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    factor_of: NDArray[np.intp]
    loading: Floats
    phi: Floats
    cuts: Floats
    unknown: Floats
    lowest: int
    highest: int
    icc: float

    @property
    def n_sides(self) -> int:
        """How many sides answer."""
        return int(self.unknown.shape[1])

    @property
    def lambda_(self) -> Floats:
        """Loadings, items x factors."""
        return np.where(self.factor_of[:, None] == np.arange(len(self.factors)), self.loading[:, None], 0.0)

    def means(self, shift: Floats) -> Floats:
        """Mean answers when the responses of each item are moved by `shift`, in a partnership like the average one."""
        spread = np.sqrt(1.0 - self.icc * self.loading**2)
        return np.asarray(self.lowest + ndtr((shift[:, None] - self.cuts) / spread[:, None]).sum(axis=1))

    def score(self, factor: int, level: float) -> float:
        """The mean score of a factor whose factor scores are moved by `level` standard deviations."""
        own = self.factor_of == factor
        return float(self.means(level * self.loading)[own].mean())

    def level_of(self, factor: int, score: float, what: str) -> float:
        """By how many standard deviations factor scores must move for a mean score."""
        low, high = self.score(factor, -_FURTHEST), self.score(factor, _FURTHEST)
        if not low < score < high:
            raise OptionError(
                f"`{what}` must lead to scores that the answer scale has room for. Given: a score of {score:g} of "
                f"{self.factors[factor]!r} on a scale from {self.lowest} to {self.highest}. Choose one nearer to the middle."
            )
        return float(brentq(lambda level: self.score(factor, level) - score, -_FURTHEST, _FURTHEST, xtol=1e-10))

    def levels(self, scores: Floats | float, what: str) -> Floats:
        """The same of every factor, shape (k,)."""
        wanted = np.broadcast_to(np.asarray(scores, dtype=np.float64), len(self.factors))
        return np.array([self.level_of(factor, float(score), what) for factor, score in enumerate(wanted)])

    def shift_of_item(self, item: int, level: float, points: float) -> float:
        """The shift of an item's responses that moves its mean answer by so many points."""

        def moved(shift: float) -> float:
            shifts = level * self.loading
            before = self.means(shifts)[item]
            shifts[item] += shift
            return float(self.means(shifts)[item] - before)

        far = np.sign(points) * _FURTHEST
        if abs(moved(far)) < abs(points):
            raise OptionError(
                f"`bias` must be a difference that the answer scale has room for. Given: {points:g} points for "
                f"{self.items[item]!r}. Choose a smaller one."
            )
        return float(brentq(lambda shift: moved(shift) - points, -_FURTHEST, _FURTHEST, xtol=1e-10))

    def answers(
        self,
        levels: Floats,
        pair: NDArray[np.intp],
        n: int,
        runs: int,
        rng: np.random.Generator,
        *,
        between: bool = True,
        lambda_: Floats | None = None,
        shift: Floats | float = 0.0,
    ) -> Floats:
        """Complete answers, runs x cells x persons x items.

        Parameters
        ----------
        levels : ndarray, shape (cells, k)
            By how much the factor scores of each cell are moved.
        pair : ndarray of int, shape (cells,)
            The partnership of each cell.
        n : int
            Persons in each cell.
        runs : int
        rng : Generator
        between : bool
            Whether partnerships differ; without it the true scores of cells are those that `levels` give.
        lambda_ : ndarray, shape (p, k), optional
            Other loadings than those of the population.
        shift : ndarray, shape (cells, p), optional
            Of the responses of single items.
        """
        loadings = self.lambda_ if lambda_ is None else lambda_
        root = np.linalg.cholesky(self.phi)
        cells, k = levels.shape
        scores = np.sqrt(1.0 - self.icc) * rng.standard_normal((runs, cells, n, k)) @ root.T
        if between and self.icc:
            common = np.sqrt(self.icc) * rng.standard_normal((runs, int(pair.max()) + 1, k)) @ root.T
            scores += common[:, pair][:, :, None]
        own = np.sqrt(1.0 - np.einsum("ij,jk,ik->i", loadings, self.phi, loadings))
        responses = (scores + levels[:, None]) @ loadings.T + own * rng.standard_normal(
            (runs, cells, n, len(self.items))
        )
        responses += np.broadcast_to(np.asarray(shift, dtype=np.float64), (cells, len(self.items)))[:, None]
        given = np.full(responses.shape, float(self.lowest))
        for cut in self.cuts.T:
            given += responses > cut
        return given

    def without_unknown(self, answers: Floats, side: NDArray[np.intp], rng: np.random.Generator) -> Floats:
        """The same answers with "don't know" taken out."""
        lost = rng.random(answers.shape) < self.unknown.T[side][:, None]
        return np.where(lost, np.nan, answers)

    @property
    def pair_coverage(self) -> float:
        """The share of persons who answer both of two items, of the median pair."""
        known = 1.0 - self.unknown.mean(axis=1)
        both = np.outer(known, known)[np.triu_indices(len(known), 1)]
        return float(np.median(both))


def assumed_population(
    instrument: Instrument,
    *,
    loadings: tuple[float, float],
    factor_correlation: float,
    dont_know: float,
    icc: float,
    rng: np.random.Generator,
) -> Population:
    """The population behind `simulate_study`, with loadings within a range and one correlation between factors."""
    measure = draw_measure(instrument, _LEVEL, loadings, rng)
    k = len(measure.factors)
    items = np.flatnonzero(measure.latent_of < k)
    knows = instrument.scale.dont_know is not None
    unknown = draw_dont_know(len(items), dont_know if knows else 0.0, rng)
    phi = np.full((k, k), factor_correlation)
    np.fill_diagonal(phi, 1.0)
    return Population(
        items=tuple(measure.items[item] for item in items),
        factors=measure.factors,
        factor_of=measure.latent_of[items],
        loading=measure.loading[items],
        phi=phi,
        cuts=measure.thresholds[items],
        unknown=unknown if instrument.column("side") else unknown.mean(axis=1, keepdims=True),
        lowest=measure.lowest,
        highest=measure.highest,
        icc=icc,
    )


def found_population(survey: Survey, *, icc: float | None) -> Population:
    """The population that the answers of an earlier study suggest: its loadings, answers and don't-knows."""
    factors = [factor.id for factor in survey.instrument.factors if len(survey[factor.id].columns)]
    items = [item.id for item in survey.instrument.items if item.factor in factors and item.id in survey.items]
    factor_of = np.array([factors.index(item.factor) for item in survey.instrument.items if item.id in items])
    fit = fit_cfa(
        "\n".join(f"{factor} =~ " + " + ".join(survey[factor].columns) for factor in factors), survey, std_lv=True
    )
    table = fit.estimates.set_index(["lhs", "op", "rhs"])["std_all"]
    loading = np.array([table[factors[of], "=~", item] for item, of in zip(items, factor_of, strict=True)])
    phi = np.eye(len(factors))
    for first in range(len(factors)):
        for second in range(first + 1, len(factors)):
            pair = (factors[first], "~~", factors[second])
            r = table[pair] if pair in table.index else table[pair[::-1]]
            phi[first, second] = phi[second, first] = np.clip(r, -_HIGHEST_CORRELATION, _HIGHEST_CORRELATION)
    scale = survey.instrument.scale
    answers = survey.items[items].to_numpy(dtype=float)
    points = np.arange(scale.min, scale.max)
    at_most = np.array([[np.sum(column <= point) for point in points] for column in answers.T], dtype=float)
    # half an answer at either end, so that an answer that nobody gave stays possible
    shares = (at_most + 0.5) / (np.sum(~np.isnan(answers), axis=0)[:, None] + 1.0)
    sides = survey.values("side") if "side" in survey.respondents else [""]
    of = (
        survey.respondents["side"].astype(str).to_numpy() if "side" in survey.respondents else np.full(len(answers), "")
    )
    unknown = np.column_stack([np.isnan(answers[of == side]).mean(axis=0) for side in sides])
    return Population(
        items=tuple(items),
        factors=tuple(factors),
        factor_of=factor_of,
        loading=np.clip(loading, _LOWEST_LOADING, _HIGHEST_LOADING),
        phi=_positive(phi),
        cuts=ndtri(shares),
        unknown=unknown,
        lowest=scale.min,
        highest=scale.max,
        icc=_icc(survey, factors) if icc is None else icc,
    )


def _icc(survey: Survey, factors: list[str]) -> float:
    """The mean ICC(1) of the factor scores by partnership, at least 0."""
    if "partnership" not in survey.respondents or survey.respondents["partnership"].astype(str).nunique() < 2:
        return 0.0
    scores = scale_values(survey)[factors]
    group = np.unique(survey.respondents["partnership"].astype(str), return_inverse=True)[1]
    found = [one_way(scores[name].dropna().to_numpy(), group[scores[name].notna()]).icc1_n0 for name in factors]
    return float(np.clip(np.nanmean(found), 0.0, 0.9))


def _positive(phi: Floats) -> Floats:
    """The nearest correlations that factors can have."""
    value, vector = np.linalg.eigh(phi)
    if value.min() > 1e-3:
        return phi
    fixed = (vector * np.maximum(value, 1e-3)) @ vector.T
    sd = np.sqrt(np.diag(fixed))
    return np.asarray(fixed / np.outer(sd, sd))
