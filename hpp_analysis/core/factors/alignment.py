"""The order and signs of factors, the congruence of two solutions, and rotation to a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from hpp_analysis.core.arrays import Floats
from hpp_analysis.errors import OptionError


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the factors of one solution become those of another: a permutation and reflections.

    Attributes
    ----------
    order : ndarray of int, shape (k,)
        Which column of the old solution stands at each place of the new one.
    signs : ndarray, shape (k,)
        1 or -1 for each place: by what the column is multiplied.
    """

    order: NDArray[np.intp]
    signs: Floats

    def columns(self, values: Floats) -> Floats:
        """Permute and reflect the columns of loadings, structure, scores or a rotation matrix, shape (n, k)."""
        return np.asarray(values)[:, self.order] * self.signs

    def both(self, values: Floats) -> Floats:
        """Permute and reflect rows and columns of the correlations of factors, shape (k, k)."""
        return np.asarray(values)[np.ix_(self.order, self.order)] * np.outer(self.signs, self.signs)


@dataclass(frozen=True, slots=True)
class Match:
    """The best pairs of factors of two solutions.

    Attributes
    ----------
    alignment : Alignment
        Of the second solution: its columns beside those of the first that they match. With more factors in the
        second, the ones left over follow in their order.
    rows : ndarray of int
        The factors of the first solution that have a partner; all of them unless the second has fewer.
    congruence : ndarray
        Of each pair, in the order of `rows`, after reflection: never negative. NaN where a column is zero.
    """

    alignment: Alignment
    rows: NDArray[np.intp]
    congruence: Floats


@dataclass(frozen=True, slots=True)
class Target:
    """A solution rotated to a target.

    Attributes
    ----------
    lambda_ : ndarray, shape (p, k)
        Rotated loadings (the pattern).
    rotation : ndarray, shape (k, k)
        `lambda_ = old @ rotation`.
    phi : ndarray, shape (k, k)
        Correlations of the rotated factors; the identity for an orthogonal rotation of orthogonal factors.
    """

    lambda_: Floats
    rotation: Floats
    phi: Floats


def congruence_matrix(first: Floats, second: Floats) -> Floats:
    """Tucker's coefficient of congruence of every column of `first` with every column of `second`.

    The cosine of the angle between two columns of loadings, which are not centred: unlike a correlation it sees
    whether loadings are high, and not only which are higher.

    Parameters
    ----------
    first : ndarray, shape (p, k)
    second : ndarray, shape (p, m)
        Loadings of the same variables in the same order.

    Returns
    -------
    ndarray, shape (k, m)
        NaN where a column is zero or holds NaN.

    References
    ----------
    Tucker (1951), A method for synthesis of factor analysis studies (Personnel Research Section Report 984);
    Lorenzo-Seva & ten Berge (2006), doi:10.1027/1614-2241.2.2.57

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.6, 0.1], [0.0, 0.7]])
    >>> congruence_matrix(a, -a).round(3).tolist()
    [[-1.0, -0.085], [-0.085, -1.0]]
    """
    first, second = _same_rows(first, second)
    lengths = np.outer(np.linalg.norm(first, axis=0), np.linalg.norm(second, axis=0))
    defined = lengths > 0.0
    return np.where(defined, first.T @ second / np.where(defined, lengths, 1.0), np.nan)


def item_congruence(first: Floats, second: Floats) -> Floats:
    """Congruence of each variable's row of loadings in two matched solutions.

    It finds the variables by which two solutions differ. With one factor it says no more than whether the signs
    agree.

    Parameters
    ----------
    first, second : ndarray, shape (p, k)
        Of the same variables and factors, matched and reflected before.

    Returns
    -------
    ndarray, shape (p,)
        NaN where a row is zero or holds NaN.

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.0, 0.7]])
    >>> item_congruence(a, a[:, ::-1]).tolist()
    [0.0, 0.0]
    """
    first, second = _same_rows(first, second)
    return np.diag(congruence_matrix(first.T, second.T)).copy()


def match_factors(first: Floats, second: Floats) -> Match:
    """Pair the factors of two solutions so that the sum of their absolute congruences is largest.

    All pairs are chosen together (optimal assignment), not greedily one after the other: no factor is used twice,
    and the first choice cannot spoil the rest.

    Parameters
    ----------
    first : ndarray, shape (p, k)
        The solution that stays.
    second : ndarray, shape (p, m)
        The solution whose factors are permuted and reflected.

    References
    ----------
    Crouse (2016), doi:10.1109/TAES.2016.140952, the assignment algorithm of scipy

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.6, 0.1], [0.0, 0.7]])
    >>> match = match_factors(a, -a[:, ::-1])
    >>> match.alignment.order.tolist(), match.alignment.signs.tolist(), match.congruence.round(6).tolist()
    ([1, 0], [-1.0, -1.0], [1.0, 1.0])
    """
    phi = congruence_matrix(first, second)
    rows, partners = linear_sum_assignment(np.where(np.isnan(phi), 0.0, np.abs(phi)), maximize=True)
    left = np.setdiff1d(np.arange(phi.shape[1]), partners)
    paired = phi[rows, partners]
    signs = np.concatenate([np.where(paired < 0.0, -1.0, 1.0), np.ones(left.size)])
    return Match(Alignment(np.concatenate([partners, left]), signs), rows, np.abs(paired))


def conventional(lambda_: Floats, phi: Floats | None = None) -> Alignment:
    """The order and signs in which every solution is shown.

    Factors come by the variance that they account for, the diagonal of `phi @ lambda_.T @ lambda_`, largest first
    (ties keep their order), and each column sum of the loadings is positive.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
        Loadings (the pattern).
    phi : ndarray, shape (k, k), optional
        Correlations of the factors; none for orthogonal ones.

    Returns
    -------
    Alignment
        To be applied to loadings, structure, scores (`columns`) and `phi` (`both`) alike.

    Examples
    --------
    >>> aligned = conventional(np.array([[0.1, -0.8], [0.5, -0.6]]))
    >>> aligned.order.tolist(), aligned.signs.tolist()
    ([1, 0], [-1.0, 1.0])
    """
    lambda_ = np.asarray(lambda_, dtype=np.float64)
    inner = lambda_.T @ lambda_
    variance = np.diag(inner if phi is None else np.asarray(phi) @ inner)
    order = np.argsort(-variance, kind="stable")
    return Alignment(order, np.where(lambda_.sum(axis=0)[order] < 0.0, -1.0, 1.0))


def by_position(lambda_: Floats, *, reorder: bool = True) -> Alignment:
    """The order of the items, for factors that bear names: first the factor of the first items, as a model lists them.

    A factor's place is the mean place of its large loadings, those of at least 0.8 of its largest one (as lavaan has it);
    each column sum of the loadings is positive.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
    reorder : bool
        False where a factor's place means something: a general factor that comes first.

    Examples
    --------
    >>> by_position(np.array([[0.1, -0.8], [0.0, -0.6], [0.7, 0.1]])).order.tolist()
    [1, 0]
    """
    sizes = np.abs(np.asarray(lambda_, dtype=np.float64))
    large = sizes >= 0.8 * sizes.max(axis=0)
    place = (np.arange(len(sizes)) @ large) / large.sum(axis=0)
    order = np.argsort(place, kind="stable") if reorder else np.arange(sizes.shape[1])
    return Alignment(order, np.where(np.sum(lambda_, axis=0)[order] < 0.0, -1.0, 1.0))


def procrustes(lambda_: Floats, target: Floats) -> Target:
    """Rotate orthogonally as close to a target as can be, by least squares.

    Parameters
    ----------
    lambda_, target : ndarray, shape (p, k)

    References
    ----------
    Schönemann (1966), doi:10.1007/BF02289451

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.6, 0.1], [0.0, 0.7]])
    >>> turn = np.array([[0.6, 0.8], [-0.8, 0.6]])
    >>> bool(np.allclose(procrustes(a @ turn, a).lambda_, a))
    True
    """
    lambda_, target = _same_shape(lambda_, target)
    u, _, vt = np.linalg.svd(lambda_.T @ target)
    rotation = u @ vt
    return Target(lambda_ @ rotation, rotation, np.eye(lambda_.shape[1]))


def oblique_procrustes(lambda_: Floats, target: Floats) -> Target:
    """Rotate orthogonal factors obliquely to a target: regress it on the loadings, then rescale the factors.

    Each target column is approached by least squares; the factors are then given unit variance, as in the last step
    of promax.

    Parameters
    ----------
    lambda_ : ndarray, shape (p, k)
        Loadings of orthogonal factors, of full column rank.
    target : ndarray, shape (p, k)

    Raises
    ------
    OptionError
        When the loadings or what the target leaves of them are not of full rank.

    References
    ----------
    Hurley & Cattell (1962), doi:10.1002/bs.3830070216; Hendrickson & White (1964),
    doi:10.1111/j.2044-8317.1964.tb00244.x

    Examples
    --------
    >>> a = np.array([[0.8, 0.0], [0.6, 0.1], [0.0, 0.7]])
    >>> found = oblique_procrustes(a, a)
    >>> bool(np.allclose(found.lambda_, a)), bool(np.allclose(found.phi, np.eye(2)))
    (True, True)
    """
    lambda_, target = _same_shape(lambda_, target)
    k = lambda_.shape[1]
    weights, _, rank, _ = np.linalg.lstsq(lambda_, target, rcond=None)
    if rank < k or np.linalg.matrix_rank(weights) < k:
        raise OptionError(
            f"An oblique target rotation needs {k} independent columns of loadings and of target. Given: fewer. "
            "Leave out a factor or change the target."
        )
    # the factors' covariances before rescaling: inv(T'T) for loadings lambda T
    inverse = np.linalg.inv(weights.T @ weights)
    sd = np.sqrt(np.diag(inverse))
    rotation = weights * sd
    return Target(lambda_ @ rotation, np.asarray(rotation), np.asarray(inverse / np.outer(sd, sd)))


def _same_rows(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    first, second = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if first.ndim != 2 or second.ndim != 2 or first.shape[0] != second.shape[0]:
        raise OptionError(
            "Two solutions are compared on the same variables, one row each. Given: arrays of shapes "
            f"{first.shape} and {second.shape}. Select the rows that both have."
        )
    return first, second


def _same_shape(lambda_: Floats, target: Floats) -> tuple[Floats, Floats]:
    lambda_, target = _same_rows(lambda_, target)
    if lambda_.shape != target.shape:
        raise OptionError(
            f"A target has a column per factor. Given: {target.shape[1]} for {lambda_.shape[1]} factors. "
            "Add or leave out columns."
        )
    return lambda_, target
