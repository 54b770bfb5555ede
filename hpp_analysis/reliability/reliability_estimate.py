"""The numbers of one scale: its reliability, the intervals, and what each item does to it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from hpp_analysis.core.correlation.correlation import pairwise_covariance
from hpp_analysis.core.reliability.alpha import (
    alpha_flags,
    alpha_if_dropped,
    alpha_interval,
    bonett_interval,
    cronbach_alpha,
    item_rest,
    standardised_alpha,
)
from hpp_analysis.core.reliability.intervals import Interval, bootstrap_intervals
from hpp_analysis.core.reliability.omega import Omega, congeneric_omega, omega_interval
from hpp_analysis.options import ReliabilityInterval


def estimate_scale(
    answers: pd.DataFrame,
    persons: pd.Series | None,
    *,
    ci: ReliabilityInterval,
    conf_level: float,
    n_boot: int,
    rng: np.random.Generator,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Reliability of one scale, and the statistics of its items.

    Parameters
    ----------
    answers : DataFrame
        Of the scale's items.
    persons : Series, optional
        Who gave each row.
    ci, conf_level, n_boot, rng
        As `scale_reliability` documents them.

    Returns
    -------
    dict, DataFrame
        A row of the table of scales, and the rows of that of items.
    """
    x = answers.to_numpy(dtype=float)
    pairs = pairwise_covariance(x)
    n_items = x.shape[1]
    n_used = int(pairs.n.min()) if n_items else 0
    alpha = cronbach_alpha(pairs.covariance)
    omega = congeneric_omega(pairs.covariance)
    answered = ~np.isnan(x).all(axis=1)
    n_persons = int(persons[answered].nunique()) if persons is not None else int(answered.sum())
    # ratings by one person are no independent evidence of how items hang together
    per_person = n_persons / max(int(answered.sum()), 1)
    n_independent = int(np.floor(n_used * per_person))
    if ci in ("bootstrap", "bca"):
        who = None if persons is None else np.asarray(pd.factorize(persons[answered])[0], dtype=np.intp)
        of_alpha, of_omega = _resampled(x[answered], who, ci, conf_level, n_boot, rng)
    else:
        interval = bonett_interval if ci == "bonett" else alpha_interval
        of_alpha = interval(alpha, n_items, n_independent, conf_level)
        of_omega = omega_interval(omega, n_independent, conf_level)
    row = {
        "n_items": n_items,
        "alpha": alpha,
        "alpha_ci_lower": of_alpha.lower,
        "alpha_ci_upper": of_alpha.upper,
        "alpha_standardised": standardised_alpha(pairs.covariance),
        "omega": omega.omega,
        "omega_ci_lower": of_omega.lower,
        "omega_ci_upper": of_omega.upper,
        "n_used": n_used,
        "n_persons": n_persons,
        "undefined": " ".join(dict.fromkeys((*alpha_flags(pairs.covariance), *omega.flags))),
    }
    return row, _items(answers, pairs.covariance, omega)


def _items(answers: pd.DataFrame, covariance: np.ndarray, omega: Omega) -> pd.DataFrame:
    variance = np.diag(covariance)
    total = covariance.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        raw = np.where(
            (variance > 0) & (total > 0), covariance.sum(axis=1) / np.sqrt(variance * max(total, 0.0)), np.nan
        )
    rest = item_rest(covariance)
    return pd.DataFrame(
        {
            "item": [str(name) for name in answers],
            "n": answers.notna().sum().to_numpy(),
            "mean": answers.mean().to_numpy(dtype=float),
            "sd": answers.std().to_numpy(dtype=float),
            "item_total": raw,
            "item_rest": rest,
            "alpha_if_dropped": alpha_if_dropped(covariance),
            "loading": omega.lambda_ / np.sqrt(np.where(variance > 0, variance, np.nan)),
            "reversed": _against(omega.lambda_, rest),
        }
    )


def _against(lambda_: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Which items run against the others.

    Those on the side of the shared factor where fewer items are: a correlation with the rest would name good items too
    where the rest is a mixture. It decides where there is no factor.
    """
    if np.isnan(lambda_).any():
        return np.asarray(rest < 0.0)
    negative = lambda_ < 0.0
    return np.asarray(~negative if negative.sum() > negative.size / 2 else negative)


def _resampled(
    x: np.ndarray,
    who: np.ndarray | None,
    ci: Literal["bootstrap", "bca"],
    conf_level: float,
    n_boot: int,
    rng: np.random.Generator,
) -> list[Interval]:
    if x.shape[1] < 2 or len(x) < 3:
        return [Interval(float("nan"), float("nan"))] * 2

    def both(covariances: np.ndarray) -> np.ndarray:
        return np.array([[cronbach_alpha(one), congeneric_omega(one).omega] for one in covariances])

    return bootstrap_intervals(
        x, both, rng=rng, units=who, n_boot=n_boot, conf_level=conf_level, method="bca" if ci == "bca" else "percentile"
    )
