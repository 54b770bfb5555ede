"""What scores, gaps and verdicts of simulated studies come to: an entry per study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.common.interpret import MIN_VALID, interval_is_sound
from hpp_analysis.core.groups.cell_means import CellRatings, Contrasts, contrast_ratings, one_sided_p
from hpp_analysis.core.groups.moderated_spread import contrast_moderated, spread_prior, wider
from hpp_analysis.core.multiple_testing import holm
from hpp_analysis.planning.population import Floats, Population


@dataclass(frozen=True, eq=False, slots=True)
class ScoreQuestions:
    """What is asked of the scores of a study of so many partnerships.

    Attributes
    ----------
    partnerships : int
    mean_levels : ndarray, shape (sides, k)
        By how much the factor scores of each side are moved in a study with the usual scores and the gap to be found.
    above, on, below : ndarray, shape (k,)
        The same where every true score lies a distance above the threshold, on it, and as far below it; NaN where a factor
        has no threshold.
    lines : ndarray, shape (k,)
        Thresholds.
    conf_level : float
    """

    partnerships: int
    mean_levels: Floats
    above: Floats
    on: Floats
    below: Floats
    lines: Floats
    conf_level: float


def simulated_scores(
    population: Population, asked: ScoreQuestions, n: int, runs: int, rng: np.random.Generator
) -> dict[str, Floats]:
    """Simulate studies of n persons on each side of each partnership, and ask each what it can tell.

    Returns
    -------
    dict of str to ndarray, shape (runs,)
        score_half, side_half, gap_half, pair_gap_half: half widths of intervals of a factor score of a cell, of a side, and of
        the gaps of all partnerships and of one; gap_found, pair_gap_found; reached, not_reached, wrong (a cell on the
        threshold that gets a verdict); all_reached, all_not_reached (a partnership: all factors, all sides).
    """
    sides, k = asked.mean_levels.shape
    cells = sides * asked.partnerships
    side, pair = np.repeat(np.arange(sides), asked.partnerships), np.tile(np.arange(asked.partnerships), sides)
    weights = _weights(sides, asked.partnerships)
    alpha = 1.0 - asked.conf_level

    def study(levels: Floats, *, between: bool) -> tuple[Contrasts, Floats, NDArray[np.bool_]]:
        answers = population.answers(levels, pair, n, runs, rng, between=between)
        scores = _scores(population, population.without_unknown(answers, side, rng))
        found = _contrasts(scores, cells, weights, asked.conf_level)
        sound = (found.reason == "") & interval_is_sound(found.smallest, found.df_design, found.most_ratings)
        half = np.where(sound, (found.ci_upper - found.ci_lower) / 2.0, np.nan).reshape(-1, runs, k)
        return found, half, sound.reshape(-1, runs, k)

    found, half, sound = study(asked.mean_levels[side], between=True)
    result = {"score_half": _mean(half[:cells]), "side_half": _mean(half[cells : cells + sides])}
    if sides == 2:
        gaps = slice(cells + sides, None)
        p = np.where(sound, found.p_value.reshape(sound.shape), np.nan)[gaps]
        right = np.sign(found.estimate.reshape(sound.shape)[gaps]) == 1.0
        counts = (_holm(p) < alpha) & right
        result["gap_half"], result["pair_gap_half"] = _mean(half[gaps][:1]), _mean(half[gaps][1:])
        result["gap_found"], result["pair_gap_found"] = counts[0].mean(axis=1), counts[1:].mean(axis=(0, 2))
    judged = np.isfinite(asked.lines)
    if judged.any():
        verdicts = {}
        for name, level in (("above", asked.above), ("below", asked.below), ("on", asked.on)):
            found, _half, sound = study(np.tile(np.nan_to_num(level), (cells, 1)), between=False)
            lower, upper, estimate, se, df = (
                getattr(found, part).reshape(sound.shape)[:cells][:, :, judged]
                for part in ("ci_lower", "ci_upper", "estimate", "se", "df")
            )
            line, ok = asked.lines[judged], sound[:cells][:, :, judged]
            p_below = np.where(ok, one_sided_p(estimate - line, se, df), np.nan)
            verdicts[name] = ok & (lower >= line), ok & (upper < line), p_below
        result["reached"] = verdicts["above"][0].mean(axis=(0, 2))
        result["not_reached"] = verdicts["below"][1].mean(axis=(0, 2))
        result["wrong"] = (verdicts["on"][0] | verdicts["on"][1]).mean(axis=(0, 2))
        by_pair = verdicts["above"][0].reshape(sides, asked.partnerships, runs, -1)
        result["all_reached"] = by_pair.all(axis=(0, 3)).mean(axis=0)
        p_below = verdicts["below"][2].reshape(sides, asked.partnerships, runs, -1).transpose(1, 2, 0, 3)
        result["all_not_reached"] = _any_below(p_below.reshape(asked.partnerships, runs, -1), alpha / 2.0).mean(axis=0)
    return result


def _weights(sides: int, partnerships: int) -> Floats:
    """Combinations of cells (side by side): each cell, each side, and the gaps of all partnerships and of each."""
    cells = sides * partnerships
    each = np.eye(cells)
    whole = np.repeat(np.eye(sides), partnerships, axis=1) / partnerships
    parts = [each, whole]
    if sides == 2:
        parts += [whole[:1] - whole[1:], each[:partnerships] - each[partnerships:]]
    return np.vstack(parts)


def _scores(population: Population, answers: Floats) -> Floats:
    """Factor scores of each person, persons (cell by cell) x (runs of factors)."""
    _runs, cells, n, _p = answers.shape
    columns = []
    for factor in range(len(population.factors)):
        own = answers[..., population.factor_of == factor]
        known = ~np.isnan(own)
        count = known.sum(axis=-1)
        total = np.where(known, own, 0.0).sum(axis=-1)
        enough = (count > 0) & (count >= MIN_VALID * own.shape[-1])
        columns.append(np.where(enough, total / np.maximum(count, 1), np.nan))
    scores = np.stack(columns, axis=-1)  # runs x cells x persons x factors
    return np.ascontiguousarray(scores.transpose(1, 2, 0, 3)).reshape(cells * n, -1)


def _contrasts(scores: Floats, cells: int, weights: Floats, conf_level: float) -> Contrasts:
    """As `common.design.Design.means` computes them, where each person gives one rating."""
    persons = len(scores)
    ratings = CellRatings.of(scores, np.repeat(np.arange(cells), persons // cells), np.arange(persons), cells)
    weights = np.broadcast_to(weights[:, :, None], (*weights.shape, scores.shape[1]))
    own = contrast_ratings(ratings, weights, conf_level=conf_level)
    prior = spread_prior(ratings.n.astype(np.float64), ratings.sd**2)
    known = np.ones(scores.shape[1], dtype=bool)
    return wider(own, contrast_moderated(ratings, weights, prior, known=known, conf_level=conf_level))


def _mean(values: Floats) -> Floats:
    """The mean over all but the runs (the second axis) of what is defined; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=(0, 2))
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=(0, 2)) / np.maximum(count, 1), np.nan)


def _holm(p: Floats) -> Floats:
    """p-values adjusted for the number of factors (the last axis)."""
    return np.apply_along_axis(holm, -1, p)


def _any_below(p_below: Floats, alpha: float) -> NDArray[np.bool_]:
    """Whether any of the last axis is significant after Holm's adjustment, of which the smallest p-value decides."""
    tests = np.isfinite(p_below).sum(axis=-1)
    smallest = np.min(np.where(np.isfinite(p_below), p_below, 1.0), axis=-1)
    return np.asarray((tests > 0) & (tests * smallest < alpha))
