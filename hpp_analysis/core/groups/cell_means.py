"""Means of cells and their combinations, for organisations that are taken as they are.

A cell is a partnership seen from one side. The organisations are fixed: what is uncertain is which persons
answered, not which organisations took part. A person may rate several partnerships, and such ratings are alike.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from hpp_analysis.core.arrays import Flags, Floats, Ints
from hpp_analysis.errors import OptionError

MAX_RHO = 0.99
"""At a within-person correlation of 1 the spread of a person's difference would be 0 and degrees of freedom 0 / 0."""


@dataclass(frozen=True, slots=True)
class Contrasts:
    """Combinations of cell means with their uncertainty.

    With one variable the shapes are as given here; with p variables every array has a last axis of length p.

    Attributes
    ----------
    estimate, se, df : ndarray, shape (q,)
        The combinations, their standard errors and Satterthwaite degrees of freedom.
    df_design : ndarray, shape (q,)
        The degrees of freedom if all cells had the same standard deviation: what the numbers of persons allow,
        whatever they answered. Decide by these whether an interval is fit to be shown, never by `df`: a small cell
        has many estimated degrees of freedom in just those samples that understate its spread, so that the
        intervals which pass a bound on `df` cover far too seldom.
    ci_lower, ci_upper : ndarray, shape (q,)
        Ends of the confidence intervals.
    p_value : ndarray, shape (q,)
        Two-sided, of the hypothesis that the combination is 0; of use for differences only.
    cell_mean, cell_sd : ndarray, shape (C,)
        Of each cell; the standard deviation has divisor n - 1.
    cell_n : ndarray of int, shape (C,)
        Persons with a rating in each cell.
    rho : ndarray, shape ()
        Pooled correlation between ratings of one person in different cells; NaN where nobody rated in two.
    inflation : ndarray, shape (q,)
        What the variance by CR2 was multiplied by: 1 unless persons rate in some of the cells and not in all.
    most_ratings : ndarray of int, shape (q,)
        The largest number of cells with weight that one person rated in.
    smallest : ndarray of int, shape (q,)
        Persons in the smallest cell with weight; 0 where no cell has any.
    reason : ndarray of str, shape (q,)
        Why a row is not complete, or "". "empty_cell": a cell with weight has no rating, nothing is defined;
        "cell_of_one": a cell with weight has one person, only the estimate is defined; "no_variance": all ratings
        within each cell are equal, so se is 0, the interval is the estimate, df and p-value are NaN.
    flags : tuple of str
        The reasons that occur, sorted.
    """

    estimate: Floats
    se: Floats
    df: Floats
    df_design: Floats
    ci_lower: Floats
    ci_upper: Floats
    p_value: Floats
    cell_mean: Floats
    cell_sd: Floats
    cell_n: Ints
    rho: Floats
    inflation: Floats
    most_ratings: Ints
    smallest: Ints
    reason: NDArray[np.str_]
    flags: tuple[str, ...]


def contrast_means(
    y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_], weights: Floats, *, conf_level: float = 0.95
) -> Contrasts:
    r"""Estimate combinations of cell means, with intervals for fixed organisations.

    With :math:`e_{ic}` the deviation of person i from the mean of cell c and :math:`a_c` the weights of a
    combination, its variance is estimated by

    .. math:: \sum_i u_i^2, \qquad u_i = \sum_c a_c\, e_{ic} / \sqrt{n_c (n_c - 1)},

    the cluster-robust variance CR2 (clusters are persons) of the model that has a mean per cell. With one rating a
    person it is Welch's :math:`\sum_c a_c^2 s_c^2 / n_c`; for one cell against another rated by the same persons
    it is that of the paired t-test. Where persons rate in some of the cells and not in all, CR2 falls short (by up to a
    tenth, for cells of five), for it is unbiased only if ratings of one person are unrelated: the sum is multiplied by
    what it lacks when they correlate :math:`\rho` (`SharedRaters.inflation`).

    Degrees of freedom are Satterthwaite's,

    .. math:: \Big(\sum_i f_i \tau_i^2\Big)^2 \Big/ \sum_i f_i \tau_i^4,

    where :math:`\tau_i^2` is the variance of :math:`u_i` if a person's ratings have the standard deviations of their
    cells and correlate :math:`\rho` (pooled over all persons, free of what the means take off), and :math:`f_i` is 1 less the mean of
    :math:`1 / n_c` over the person's cells. With one rating a person this is the Welch-Satterthwaite formula for
    any number of cells. (The degrees of freedom that usually go with CR2 assume equal variances; for two cells
    those are not Welch's.)

    Parameters
    ----------
    y : ndarray, shape (n,)
        Ratings; NaN is not answered. Several ratings by one person in one cell are averaged first.
    cell, person : ndarray of int, shape (n,)
        The cell (0 to C - 1) and the person of each rating.
    weights : ndarray, shape (q, C)
        A row per combination: positive and summing to 1 for a mean, one mean's minus another's for a gap. A cell
        of weight 0 has no influence.
    conf_level : float
        Of the intervals.

    Raises
    ------
    OptionError
        When the arrays do not fit each other.

    See Also
    --------
    contrast_means_many : The same for many variables at once.

    Notes
    -----
    Not for generalising to organisations that did not take part: that takes a sample of them.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28; Satterthwaite (1946), doi:10.2307/3002019; Bell & McCaffrey (2002),
    Survey Methodology 28, 169-181; Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004

    Examples
    --------
    >>> gap = contrast_means(
    ...     np.array([7.0, 8.0, 9.0, 5.0, 6.0, 7.0]),
    ...     cell=np.array([0, 0, 0, 1, 1, 1]),
    ...     person=np.arange(6),
    ...     weights=np.array([[1.0, -1.0]]),
    ... )
    >>> gap.estimate, gap.df
    (array([2.]), array([4.]))
    """
    y = np.asarray(y, dtype=np.float64)
    many = contrast_means_many(y[:, None], cell, person, weights, conf_level=conf_level)
    single = {field.name: getattr(many, field.name)[..., 0] for field in fields(Contrasts) if field.name != "flags"}
    return Contrasts(**single, flags=many.flags)


def contrast_means_many(
    y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_], weights: Floats, *, conf_level: float = 0.95
) -> Contrasts:
    """Estimate the same combinations of cell means for many variables.

    Parameters
    ----------
    y : ndarray, shape (n, p)
        A column per variable; each column is done on its own answers.
    cell, person, conf_level
        As in `contrast_means`.
    weights : ndarray, shape (q, C) or (q, C, p)
        As in `contrast_means`; with a last axis, each variable has its own.

    Returns
    -------
    Contrasts
        With a last axis of length p.

    Examples
    --------
    >>> y = np.array([[7.0, 1.0], [9.0, np.nan], [5.0, 2.0], [7.0, 4.0]])
    >>> means = contrast_means_many(y, np.array([0, 0, 1, 1]), np.arange(4), np.eye(2))
    >>> means.estimate
    array([[8., 1.],
           [6., 3.]])
    >>> means.reason.tolist()
    [['', 'cell_of_one'], ['', '']]
    """
    weights = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    y, cell, person = np.asarray(y, dtype=np.float64), np.asarray(cell), np.asarray(person)
    _check(y, cell, person, weights)
    return contrast_ratings(CellRatings.of(y, cell, person, weights.shape[1]), weights, conf_level=conf_level)


def contrast_ratings(ratings: CellRatings, weights: Floats, *, conf_level: float = 0.95) -> Contrasts:
    """Estimate combinations of the means of cells, as `contrast_means_many`, from what each cell amounts to."""
    n, mean, sd = ratings.n, ratings.mean, ratings.sd
    if weights.ndim == 2:
        weights = np.broadcast_to(weights[:, :, None], (*weights.shape, n.shape[1]))

    used = weights != 0.0
    smallest = np.min(np.where(used, n, np.iinfo(np.int64).max), axis=1, initial=np.iinfo(np.int64).max)
    empty, alone = (used & (n == 0)).any(axis=1), (used & (n == 1)).any(axis=1)
    estimate = np.where(empty, np.nan, np.sum(weights * np.where(n > 0, mean, 0.0), axis=1))
    counts = n.astype(np.float64)
    shared = SharedRaters.of(ratings.cell, ratings.person, ratings.valid, ratings.deviation, counts, sd)
    rho = np.full(n.shape[1], np.nan) if shared is None else shared.rho
    variance, df, df_design = np.empty_like(estimate), np.empty_like(estimate), np.empty_like(estimate)
    inflation, most = np.ones_like(estimate), np.zeros(estimate.shape, dtype=np.int64)
    for row, a in enumerate(weights):
        rows = np.flatnonzero(np.any(used[row], axis=1)[ratings.cell])
        starts = np.flatnonzero(run_starts(ratings.person[rows]))
        variance[row], df[row], df_design[row] = _variance(
            ratings, a, np.clip(np.nan_to_num(rho), 0.0, MAX_RHO), rows, starts
        )
        most[row] = ratings.most(used[row], rows, starts)
        if shared is not None:
            inflation[row] = shared.inflation(a, counts, sd)
    undefined = empty | alone
    se = np.where(undefined, np.nan, np.sqrt(variance * inflation))
    df, df_design = np.where(undefined, np.nan, df), np.where(undefined, np.nan, df_design)
    still = se == 0.0
    reason = np.select([empty, alone, still], ["empty_cell", "cell_of_one", "no_variance"], default="")

    ci_lower, ci_upper, p_value = t_intervals(estimate, se, df, conf_level)
    return Contrasts(
        estimate=estimate,
        se=se,
        df=df,
        df_design=df_design,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        p_value=p_value,
        cell_mean=mean,
        cell_sd=sd,
        cell_n=n,
        rho=rho,
        inflation=inflation,
        most_ratings=most,
        smallest=np.where(used.any(axis=1), smallest, 0),
        reason=reason,
        flags=tuple(sorted(set(reason.ravel().tolist()) - {""})),
    )


def t_intervals(estimate: Floats, se: Floats, df: Floats, conf_level: float) -> tuple[Floats, Floats, Floats]:
    """Lower and upper ends of intervals, and two-sided p-values; where se is 0 the interval is the estimate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        # the functions behind scipy.stats.t, whose checks of their arguments take longer than the numbers
        p_value = 2.0 * special.stdtr(df, -np.abs(estimate / se))
        half = np.where(se == 0.0, 0.0, special.stdtrit(df, (1.0 + conf_level) / 2.0) * se)
    return estimate - half, estimate + half, p_value


def one_sided_p(estimate: Floats, se: Floats, df: Floats) -> Floats:
    """p-values of the hypotheses that estimates are not below 0; NaN where the standard error is 0 or unknown.

    Examples
    --------
    >>> one_sided_p(np.array([-0.5, 0.5]), np.array([0.25, 0.25]), np.array([9.0, 9.0])).round(4)
    array([0.0383, 0.9617])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(se > 0.0, special.stdtr(df, estimate / se), np.nan)


def _check(y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_], weights: Floats) -> None:
    if not y.shape[0] == cell.shape[0] == person.shape[0]:
        raise OptionError(
            "`y`, `cell` and `person` must have one row per rating. "
            f"Given: {y.shape[0]}, {cell.shape[0]} and {person.shape[0]} rows. Take them from the same ratings."
        )
    if cell.size and not (cell.min() >= 0 and cell.max() < weights.shape[1]):
        raise OptionError(
            f"`cell` must hold codes from 0 to {weights.shape[1] - 1}, the columns of `weights`. "
            f"Given: {cell.min()} to {cell.max()}. Give each cell a column."
        )
    if not np.all(np.isfinite(weights)):
        raise OptionError("`weights` must be finite. Given: NaN or infinity. Use 0 for a cell without a say.")


@dataclass(frozen=True, slots=True)
class CellRatings:
    """One row per person and cell, sorted by person, and what each cell amounts to.

    Attributes
    ----------
    cell, person : ndarray of int, shape (m,)
    valid : ndarray of bool, shape (m, p)
    deviation : ndarray, shape (m, p)
        From the mean of the cell; 0 where not answered.
    n : ndarray of int, shape (C, p)
    mean, sd : ndarray, shape (C, p)
    """

    cell: NDArray[np.int_]
    person: NDArray[np.int_]
    valid: Flags
    deviation: Floats
    n: Ints
    mean: Floats
    sd: Floats

    @classmethod
    def of(cls, y: Floats, cell: NDArray[np.int_], person: NDArray[np.int_], n_cells: int) -> CellRatings:
        """From ratings (n x p, NaN is not answered), each with its cell and person."""
        order = np.lexsort((cell, person))
        y, cell, person = y[order], cell[order], person[order]
        first = run_starts(person) | run_starts(cell)
        if not first.all():
            y, cell, person = _block_means(y, np.flatnonzero(first)), cell[first], person[first]
        valid = ~np.isnan(y)
        m = cell.size
        of_cell = sparse.csr_array((np.ones(m), (cell, np.arange(m))), shape=(n_cells, m))
        filled = np.where(valid, y, 0.0)
        n = of_cell @ valid.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.asarray(of_cell @ filled) / n
        deviation = np.where(valid, filled - mean[cell], 0.0)
        # what rounding leaves of equal ratings must not pass for variance: a sum of n errs by n units in its last
        # place at worst
        rounding = np.finfo(np.float64).eps * (n + 8.0)[cell] * np.abs(filled)
        deviation[np.abs(deviation) <= rounding] = 0.0
        squares = np.asarray(of_cell @ deviation**2)
        sd = np.sqrt(np.where(n > 1, squares / np.where(n > 1, n - 1.0, 1.0), np.nan))
        return cls(cell, person, valid, deviation, n.astype(np.int64), mean, sd)

    def most(self, used: Flags, rows: NDArray[np.intp], starts: NDArray[np.intp]) -> Ints:
        """The largest number of ratings by one person in the cells that are used, shape (p,).

        Parameters
        ----------
        used : ndarray of bool, shape (C, p)
        rows : ndarray of int
            The rows in a cell that any variable uses.
        starts : ndarray of int
            Where the persons of these rows begin.
        """
        if rows.size == 0:
            return np.zeros(self.valid.shape[1], dtype=np.int64)
        counted = (self.valid[rows] & used[self.cell[rows]]).astype(np.int64)
        return np.asarray(np.add.reduceat(counted, starts, axis=0).max(axis=0))


def run_starts(codes: NDArray[np.int_]) -> Flags:
    """Where a run of equal codes begins."""
    begins = np.ones(codes.size, dtype=bool)
    begins[1:] = codes[1:] != codes[:-1]
    return begins


def _block_means(y: Floats, starts: NDArray[np.intp]) -> Floats:
    """The mean of the answers in each block of rows."""
    valid = ~np.isnan(y)
    count = np.add.reduceat(valid, starts, axis=0, dtype=np.float64)
    total = np.add.reduceat(np.where(valid, y, 0.0), starts, axis=0)
    return np.where(count > 0, total / np.maximum(count, 1.0), np.nan)


def _per_person(values: Floats, starts: NDArray[np.intp]) -> Floats:
    """Sums of each person's rows."""
    return values if starts.size == values.shape[0] else np.add.reduceat(values, starts, axis=0)


def _variance(
    ratings: CellRatings, a: Floats, rho: Floats, rows: NDArray[np.intp], starts: NDArray[np.intp]
) -> tuple[Floats, Floats, Floats]:
    """The variance of one combination, its degrees of freedom, and those of the design, each of shape (p,).

    Only meaningful where all cells with weight hold two persons or more. `a` has the shape (C, p); the rows are those in a
    cell that it weighs, and `starts` is where their persons begin.
    """
    if rows.size == 0:
        nothing = np.full_like(rho, np.nan)
        return np.zeros_like(rho), nothing, nothing
    cell, valid = ratings.cell[rows], ratings.valid[rows]
    n = ratings.n.astype(np.float64)
    k = np.where(n > 1, a / np.sqrt(np.where(n > 1, n * (n - 1.0), 1.0)), 0.0)
    u = _per_person(k[cell] * ratings.deviation[rows], starts)
    variance = np.sum(u**2, axis=0)

    valid = valid & (a != 0.0)[cell]
    taken = np.where(valid, (1.0 / np.maximum(n, 1.0))[cell], 0.0)
    count = _per_person(valid.astype(np.float64), starts)
    f = 1.0 - _per_person(taken, starts) / np.maximum(count, 1.0)
    t = np.where(valid, (k * np.nan_to_num(ratings.sd))[cell], 0.0)
    squares = _per_person(t**2, starts)
    tau2 = squares
    if starts.size < rows.size:
        tau2 = (1.0 - rho) * squares + rho * _per_person(t, starts) ** 2
    tau2_design = _per_person(np.where(valid, (k**2)[cell], 0.0), starts)
    return variance, _satterthwaite(f, tau2), _satterthwaite(f, tau2_design)


def _satterthwaite(f: Floats, tau2: Floats) -> Floats:
    """Degrees of freedom of a sum of squares u_i^2; `tau2` is the variance of u_i before means are taken off.

    Taking them off leaves f_i tau_i^2 of it. The u_i of a cell then sum to 0, so they covary, and the squares of row
    i of their covariances add up to f_i tau_i^4 (not f_i^2 tau_i^4).
    """
    expected, squared = np.sum(f * tau2, axis=0), np.sum(f * tau2**2, axis=0)
    return np.where(squared > 0.0, expected**2 / np.where(squared > 0.0, squared, 1.0), np.nan)


@dataclass(frozen=True, slots=True)
class SharedRaters:
    """All ordered pairs of ratings by one person in two cells, and how alike these are.

    Attributes
    ----------
    one, other : ndarray of int, shape (P,)
        The cells of both ratings.
    both : ndarray, shape (P, p)
        1 where both were given, else 0.
    left : ndarray, shape (P, p)
        Which share of the covariance of two deviations is left once the means of their cells are taken off:
        :math:`1 - 1/n_c - 1/n_d + m_{cd} / (n_c n_d)`, with m persons in both cells. 0 where not both were given.
    rho : ndarray, shape (p,)
        Correlation between two ratings of one person, pooled over all pairs; NaN where nobody gave two.
    """

    one: NDArray[np.int_]
    other: NDArray[np.int_]
    both: Floats
    left: Floats
    rho: Floats

    @classmethod
    def of(
        cls, cell: NDArray[np.int_], person: NDArray[np.int_], valid: Flags, deviation: Floats, n: Floats, sd: Floats
    ) -> SharedRaters | None:
        """From one row per person and cell, sorted by person; None where nobody rates in two cells.

        Parameters
        ----------
        cell, person : ndarray of int, shape (m,)
        valid, deviation : ndarray, shape (m, p)
            Whether the rating was given, and how far it lies from its cell's mean.
        n, sd : ndarray, shape (C, p)
        """
        first, second = person_pairs(person)
        if not first.size:
            return None
        one, other = cell[first], cell[second]
        both = (valid[first] & valid[second]).astype(np.float64)
        _, kind = np.unique(one * n.shape[0] + other, return_inverse=True)
        shared = np.zeros((int(kind.max()) + 1, both.shape[1]))
        np.add.at(shared, kind, both)
        n_one, n_other = np.maximum(n[one], 1.0), np.maximum(n[other], 1.0)
        left = both * (1.0 - 1.0 / n_one - 1.0 / n_other + shared[kind] / (n_one * n_other))
        scale = np.where(sd > 0.0, 1.0 / np.where(sd > 0.0, sd, 1.0), 0.0)
        alike = both * deviation[first] * scale[one] * deviation[second] * scale[other]
        expected = np.sum(np.where(scale[one] * scale[other] > 0.0, left, 0.0), axis=0)
        rho = np.where(expected > 0.0, alike.sum(axis=0) / np.where(expected > 0.0, expected, 1.0), np.nan)
        return cls(one, other, both, left, rho)

    def inflation(self, a: Floats, n: Floats, sd: Floats) -> Floats:
        r"""By how much the variance of a combination exceeds what CR2 expects of it, shape (p,).

        CR2 takes ratings of one person for unrelated when it makes up for the means that were taken off. Where the same
        persons rate in all cells that is right all the same; where some rate in some cells it leaves too little.

        Parameters
        ----------
        a : ndarray, shape (C, p)
            The weights of the combination.
        n, sd : ndarray, shape (C, p)
        """
        weighed = np.any(a, axis=1)
        pairs = np.flatnonzero(weighed[self.one] & weighed[self.other])
        if not pairs.size:
            return np.ones(a.shape[1])
        one, other = self.one[pairs], self.other[pairs]
        rho = np.clip(np.nan_to_num(self.rho), 0.0, MAX_RHO)
        known = n > 1
        t = np.where(known, a * np.nan_to_num(sd) / np.where(known, n, 1.0), 0.0)
        # CR2 divides each deviation by sqrt(n (n - 1)), the mean by n
        k = t * np.where(known, np.sqrt(n / np.where(known, n - 1.0, 1.0)), 0.0)
        alone = np.sum(t**2 * n, axis=0)
        true = alone + rho * np.sum(self.both[pairs] * t[one] * t[other], axis=0)
        expected = alone + rho * np.sum(self.left[pairs] * k[one] * k[other], axis=0)
        sound = (true > 0.0) & (expected > 0.0)
        return np.where(sound, true / np.where(sound, expected, 1.0), 1.0)


def person_pairs(person: NDArray[np.int_]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Places of all ordered pairs of rows by the same person; persons are sorted."""
    _, starts, counts = np.unique(person, return_index=True, return_counts=True)
    first, second = [], []
    for count in np.unique(counts[counts > 1]):
        here = starts[counts == count][:, None]
        i, j = np.nonzero(~np.eye(count, dtype=bool))
        first.append((here + i).ravel())
        second.append((here + j).ravel())
    nothing = np.zeros(0, dtype=np.int64)
    return np.concatenate([nothing, *first]), np.concatenate([nothing, *second])
