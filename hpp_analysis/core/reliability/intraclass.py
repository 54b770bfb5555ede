"""Intraclass correlations of subjects that the same raters, or any raters, have rated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from hpp_analysis.core.arrays import Floats

FORMS = ("1", "A,1", "C,1", "1,k", "A,k", "C,k")
"""In the notation of McGraw & Wong: one-way; two-way by absolute agreement and by consistency; of one rater or the mean."""


@dataclass(frozen=True, slots=True)
class Intraclasses:
    """The six intraclass correlations of a table.

    Attributes
    ----------
    icc, ci_lower, ci_upper, f, df1, df2, p : ndarray, shape (6,)
        By form, as `FORMS`; the F test is that the correlation is 0.
    n_subjects, n_raters : int
    ms_rows, ms_columns, ms_error, ms_within : float
        Mean squares of subjects, raters, what is left, and within subjects.
    reason : str
        Why nothing is defined, or "": "few_subjects", "few_raters", "no_variance".
    """

    icc: Floats
    ci_lower: Floats
    ci_upper: Floats
    f: Floats
    df1: Floats
    df2: Floats
    p: Floats
    n_subjects: int
    n_raters: int
    ms_rows: float
    ms_columns: float
    ms_error: float
    ms_within: float
    reason: str


def intraclass_correlations(x: Floats, *, conf_level: float = 0.95) -> Intraclasses:
    """All six forms in closed form.

    Parameters
    ----------
    x : ndarray, shape (n, k)
        Complete ratings, subjects x raters.
    conf_level : float
        Of the intervals: exact for the one-way and consistency forms; Satterthwaite's approximation for absolute
        agreement.

    References
    ----------
    Shrout & Fleiss (1979), doi:10.1037/0033-2909.86.2.420; McGraw & Wong (1996), doi:10.1037/1082-989X.1.1.30, with
    the corrections of 1(4), 390

    Examples
    --------
    >>> x = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)
    >>> intraclass_correlations(x).icc.round(2)
    array([0.17, 0.29, 0.71, 0.44, 0.62, 0.91])
    """
    n, k = x.shape
    reason = "few_subjects" if n < 2 else "few_raters" if k < 2 else ""
    if not reason and np.ptp(x) == 0.0:
        reason = "no_variance"
    if reason:
        none, nan = np.full(len(FORMS), np.nan), float("nan")
        return Intraclasses(none, none, none, none, none, none, none, n, k, nan, nan, nan, nan, reason)
    # what rounding leaves where means are equal is no variance: each is off by a few units in the last place
    smallest = (4.0 * np.finfo(float).eps * float(np.max(np.abs(x)))) ** 2 * x.size
    x = x - x.mean()
    rows, columns = x.mean(axis=1), x.mean(axis=0)
    msr = k * float(np.sum(rows**2)) / (n - 1)
    msc = n * float(np.sum(columns**2)) / (k - 1)
    mse = float(np.sum((x - rows[:, None] - columns) ** 2)) / ((n - 1) * (k - 1))
    msw = float(np.sum((x - rows[:, None]) ** 2)) / (n * (k - 1))
    msr, msc, mse, msw = (np.float64(0.0 if square <= smallest else square) for square in (msr, msc, mse, msw))
    df_rows, df_within, df_error = n - 1.0, n * (k - 1.0), (n - 1.0) * (k - 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two = np.float64(msr) / msw, np.float64(msr) / mse
        single = np.array(
            [
                (msr - msw) / (msr + (k - 1) * msw),
                (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n),
                (msr - mse) / (msr + (k - 1) * mse),
            ]
        )
        upper_tail = (1.0 + conf_level) / 2.0
        lower_one, upper_one = _from_f(one, k, df_rows, df_within, upper_tail)
        lower_two, upper_two = _from_f(two, k, df_rows, df_error, upper_tail)
        lower_a, upper_a = _agreement_interval(single[1], n, k, msr, msc, mse, upper_tail)
        lower = np.array([lower_one, lower_a, lower_two])
        upper = np.array([upper_one, upper_a, upper_two])
        f = np.array([one, two, two] * 2)
        df2 = np.array([df_within, df_error, df_error] * 2)
        p = stats.f.sf(f, df_rows, df2)
    return Intraclasses(
        icc=np.r_[single, _stepped_up(single, k)],
        ci_lower=np.r_[lower, _stepped_up(lower, k)],
        ci_upper=np.r_[upper, _stepped_up(upper, k)],
        f=f,
        df1=np.full(len(FORMS), df_rows),
        df2=df2,
        p=p,
        n_subjects=n,
        n_raters=k,
        ms_rows=msr,
        ms_columns=msc,
        ms_error=mse,
        ms_within=msw,
        reason="",
    )


def _from_f(f: float, k: int, df1: float, df2: float, upper_tail: float) -> tuple[float, float]:
    low, high = f / stats.f.ppf(upper_tail, df1, df2), f * stats.f.ppf(upper_tail, df2, df1)
    return icc_from_f(low, k), icc_from_f(high, k)


def icc_from_f(f: float, size: float) -> float:
    """The share of the variance between groups of this size that an F ratio stands for; 1 for an infinite ratio."""
    return 1.0 if np.isinf(f) else float((f - 1.0) / (f + size - 1.0))


def _agreement_interval(
    icc: float, n: int, k: int, msr: float, msc: float, mse: float, upper_tail: float
) -> tuple[float, float]:
    """Satterthwaite's approximation for a single rater by absolute agreement."""
    if not icc < 1.0:
        return 1.0, 1.0
    a = k * icc / (n * (1.0 - icc))
    b = 1.0 + k * icc * (n - 1.0) / (n * (1.0 - icc))
    v = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1.0) + (b * mse) ** 2 / ((n - 1.0) * (k - 1.0)))
    f_low, f_high = stats.f.ppf(upper_tail, n - 1.0, v), stats.f.ppf(upper_tail, v, n - 1.0)
    rest = k * msc + (k * n - k - n) * mse
    lower = n * (msr - f_low * mse) / (f_low * rest + n * msr)
    upper = n * (f_high * msr - mse) / (rest + n * f_high * msr)
    return lower, upper


def _stepped_up(icc: Floats, k: int) -> Floats:
    """Spearman-Brown: of the mean of k raters."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(k * icc / (1.0 + (k - 1.0) * icc))
