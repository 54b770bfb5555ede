"""The answers that a model is fitted to: its variables, by group, with all problems in one error."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.core.sem.moments import Moments, moments_of_covariance
from hpp_analysis.errors import AnswersError, Failure, OptionError
from hpp_analysis.options import in_range, names_in, nearest
from hpp_analysis.survey.survey import Survey


@dataclass(frozen=True, eq=False, slots=True)
class ModelData:
    """Answers in the order of a model's variables.

    Attributes
    ----------
    x : ndarray, shape (n, p)
        NaN is not answered.
    codes : ndarray of int, shape (n,)
        The group of each row, from 0.
    groups : tuple of str
        Their values, in order of appearance; one empty text without groups.
    clusters : ndarray of int, shape (n,), or None
        The cluster of each row, from 0.
    rows : ndarray of int, shape (n,)
        Their places in the data.
    n_without_group : int
        Rows left out because they have no group.
    n_without_cluster : int
        Rows left out because they have a group, but no cluster.
    n_without_covariate : int
        Rows left out because a covariate is missing, though they have a group and a cluster.
    """

    x: NDArray[np.float64]
    codes: NDArray[np.int64]
    groups: tuple[str, ...]
    clusters: NDArray[np.int64] | None
    rows: NDArray[np.int64]
    n_without_group: int
    n_without_cluster: int
    n_without_covariate: int

    @property
    def flags(self) -> tuple[str, ...]:
        """Which rows were left out, and how many."""
        counts = {
            "without_group": self.n_without_group,
            "without_cluster": self.n_without_cluster,
            "without_covariate": self.n_without_covariate,
        }
        return tuple(f"{name}:{n}" for name, n in counts.items() if n)

    @property
    def clusters_ignored(self) -> tuple[str, ...]:
        """The flag of an estimator that does not take clusters into account, where there are some."""
        return () if self.clusters is None else (f"clusters_ignored:{len(np.unique(self.clusters))}",)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each group with at least one answer."""
        answered = ~np.isnan(self.x).all(axis=1)
        return np.bincount(self.codes[answered], minlength=len(self.groups))


def model_data(
    variables: Sequence[str],
    data: Survey | pd.DataFrame,
    *,
    group: str | Sequence[str] | None = None,
    cluster: str | Sequence[str] | None = None,
    fiml: bool | None = None,
    covariates: Collection[str] = (),
) -> ModelData:
    """Take the variables of a model from a survey or a frame.

    Parameters
    ----------
    variables : sequence of str
        Observed variables of the model.
    data : Survey or DataFrame
        A survey's items and respondent columns, or a frame with all of them.
    group, cluster : str, optional
        Columns. Groups are in order of appearance. Persons with several ratings in a survey are clusters by default.
        Rows without a group or a cluster are left out.
    fiml : bool, optional
        Whether rows with gaps are used; decides how many rows count. By default they are.
    covariates : collection of str
        Variables whose moments are taken as they are: rows without one of them are left out.

    Raises
    ------
    OptionError
        `group` or `cluster` names no column.
    AnswersError
        All problems at once: an unknown variable, text where numbers should be, a group or a cluster alone, fewer rows
        than variables in a group, a variable that does not vary or was not answered in a group.

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1, 2, 3, 4, 5, 7], "b": [2, 1, 4, 3, 6, 5], "side": list("xxxyyy")})
    >>> model_data(["a", "b"], frame, group="side").groups
    ('x', 'y')
    """
    frame, columns = _frames(data)
    group, cluster = one_column(group, columns, "group"), one_column(cluster, columns, "cluster")
    if not variables:
        rule = "A model must have observed variables: the items that measure its factors."
        raise AnswersError([Failure(rule, "Write for instance 'f =~ x1 + x2 + x3'.")])
    names = [str(name) for name in frame.columns]
    dtypes = dict(zip(frame.columns, frame.dtypes, strict=True))
    repeated = set(frame.columns[frame.columns.duplicated()])
    failures = []
    for name in variables:
        if name not in frame:
            rule = "The observed variables of a model must be columns of the answers."
            remedy = f"{nearest(name, names)} There are: {', '.join(names[:30])}."
            failures.append(Failure(rule, remedy, column=name))
            continue
        if name in repeated:
            rule = "A variable of a model must be one column; several have this name."
            failures.append(Failure(rule, "Rename or remove the others.", column=name))
        dtype = dtypes[name]
        if not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype):
            rule = f"The variables of a model must be numbers; this column holds {dtype}."
            failures.append(Failure(rule, "Code the answers as numbers.", column=name))
    if failures:
        raise AnswersError(failures)
    # several times as fast as choosing columns by a list of names
    chosen = frame.take([frame.columns.get_loc(name) for name in variables], axis=1)
    x = np.ascontiguousarray(chosen.to_numpy(dtype=np.float64))
    if np.isinf(x).any():
        raise AnswersError([Failure("Answers must be finite numbers; some are infinite.", "Remove infinite values.")])
    codes, groups, n_without_group = _groups(columns, group, len(x))
    clusters = _clusters(data, columns, cluster)
    keep = codes >= 0
    n_without_cluster = 0
    if clusters is not None:
        n_without_cluster = int((keep & (clusters < 0)).sum())
        keep &= clusters >= 0
    if covariates and fiml is not False:
        keep &= ~np.isnan(x[:, [name in covariates for name in variables]]).any(axis=1)
    n_without_covariate = int(len(keep) - n_without_group - n_without_cluster - keep.sum())
    answers = ModelData(
        x=x if keep.all() else x[keep],
        codes=codes if keep.all() else codes[keep],
        groups=groups,
        clusters=None if clusters is None else pd.factorize(clusters[keep])[0].astype(np.int64),
        rows=np.flatnonzero(keep),
        n_without_group=n_without_group,
        n_without_cluster=n_without_cluster,
        n_without_covariate=n_without_covariate,
    )
    if failures := _problems(answers, variables, group, fiml=fiml is not False):
        raise AnswersError(failures)
    return answers


def _frames(data: Survey | pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (data.items, data.respondents) if isinstance(data, Survey) else (data, data)


def one_column(given: str | Sequence[str] | None, columns: pd.DataFrame, option: str) -> str | None:
    """Return the one column that an option names.

    Raises
    ------
    OptionError
    """
    names = names_in(given, columns.columns, option)
    if len(names) > 1:
        raise OptionError(f"`{option}` must name one column. Given: {given!r}. Join the columns into one.")
    return names[0] if names else None


def _present(values: pd.Series) -> pd.Series:
    """Values as texts; missing where nothing is written."""
    texts = values.astype(str)
    return texts.where(values.notna() & (texts.str.strip() != ""))


def _groups(columns: pd.DataFrame, group: str | None, n: int) -> tuple[NDArray[np.int64], tuple[str, ...], int]:
    if group is None:
        return np.zeros(n, dtype=np.int64), ("",), 0
    codes, groups = pd.factorize(_present(columns[group]))
    return codes.astype(np.int64), tuple(str(value) for value in groups), int((codes < 0).sum())


def _clusters(data: Survey | pd.DataFrame, columns: pd.DataFrame, cluster: str | None) -> NDArray[np.int64] | None:
    if cluster is not None:
        codes = pd.factorize(_present(columns[cluster]))[0]
    elif isinstance(data, Survey) and data.n_persons < len(data):
        codes = pd.factorize(data.persons)[0]
    else:
        return None
    return np.asarray(codes, dtype=np.int64)


def _problems(answers: ModelData, variables: Sequence[str], group: str | None, *, fiml: bool) -> list[Failure]:
    failures = []
    if group is not None and len(answers.groups) < 2:
        rule = f"A comparison must have two groups or more; {len(answers.groups)} found."
        failures.append(Failure(rule, "Choose a column with several values, or leave `group` out.", column=group))
    for code, name in enumerate(answers.groups):
        in_group = answers.codes == code
        x = answers.x[in_group] if len(answers.groups) > 1 else answers.x
        answered = ~np.isnan(x)
        where = f" in the group {name!r}" if group is not None else ""
        n_clusters = None if answers.clusters is None else len(np.unique(answers.clusters[in_group]))
        if n_clusters is not None and n_clusters < 2:
            rule = f"Clusters must be two or more{where}; {n_clusters} found."
            failures.append(Failure(rule, "Choose a column with several values, or leave `cluster` out."))
        rows = int((answered.any(axis=1) if fiml else answered.all(axis=1)).sum())
        if rows <= len(variables):
            rule = f"There must be more respondents than variables{where}; there are {rows} for {len(variables)}."
            remedy = "Collect more answers, join groups, or take fewer variables."
            failures.append(Failure(rule, remedy, column=group, value=name or None))
            continue
        if answered.all() and (x.min(axis=0) < x.max(axis=0)).all():
            continue
        for j, variable in enumerate(variables):
            values = x[answered[:, j], j]
            if values.size == 0:
                rule = f"A variable of a model must have answers{where}; nobody answered this one."
            elif values.min() == values.max():
                rule = f"A variable of a model must vary{where}; all {values.size} answers are {values[0]:g}."
            else:
                continue
            failures.append(Failure(rule, "Leave out the variable or the group.", column=variable))
    return failures


def given_moments(observed: Sequence[str], sample_cov: pd.DataFrame | None, n_obs: int | None) -> Moments:
    """Moments from a covariance matrix and a number of respondents."""
    if sample_cov is None or n_obs is None:
        raise OptionError(
            "A model must get `data`, or `sample_cov` with `n_obs`. Given: neither is complete. Give one of the two."
        )
    in_range(n_obs, "n_obs", at_least=2)
    failures = []
    for names, line, other in ((sample_cov.columns, "column", "rows"), (sample_cov.index, "row", "columns")):
        known = [str(name) for name in names]
        for name in observed:
            if (n := known.count(name)) != 1:
                listed = ", ".join(known[:30])
                rule = f"`sample_cov` must have one {line} for each observed variable; it has {n}, of: {listed}."
                remedy = f"{nearest(name, known)} Name both alike: the {line}s and the {other}."
                failures.append(Failure(rule, remedy, column=name))
    if failures:
        raise AnswersError(failures)
    matrix = sample_cov.loc[list(observed), list(observed)].to_numpy(dtype=np.float64)
    wrong = ~np.isclose(matrix, matrix.T, rtol=1e-6, atol=1e-8)
    if wrong.any():  # also where something is missing
        i, j = np.argwhere(wrong)[0].tolist()
        remedy = (
            f"Of {observed[i]} and {observed[j]} it says {matrix[i, j]:g} and {matrix[j, i]:g}. Fill in both triangles."
        )
        raise AnswersError([Failure("`sample_cov` must be whole and symmetric.", remedy)])
    return moments_of_covariance((matrix + matrix.T) / 2.0, n_obs)


def is_correlation(sample_cov: pd.DataFrame | None) -> bool:
    """Whether covariances are correlations by their looks: ones in the diagonal, to the digits of a printed table."""
    return sample_cov is not None and bool(np.allclose(np.diag(sample_cov.astype(float)), 1.0, rtol=0.0, atol=1e-6))


def check_moments(moments: Sequence[Moments], groups: Sequence[str], observed: Sequence[str]) -> None:
    """Refuse covariances that no model can be fitted to.

    Raises
    ------
    AnswersError
    """
    failures = []
    for part, group in zip(moments, groups, strict=True):
        where = f" in the group {group!r}" if len(groups) > 1 else ""
        if "singular" in part.flags:
            tied = ", ".join(_tied(part.covariance, observed))
            remedy = "Leave out a variable that is a sum or a copy of others, or collect more answers."
            failures.append(Failure(f"No variable may follow from others{where}; these are tied: {tied}.", remedy))
        if "never_together" in part.flags:
            rule = f"Each pair of variables must have respondents who answered both{where}; one pair has none."
            failures.append(Failure(rule, "Leave out one of the variables that were never asked together."))
    if failures:
        raise AnswersError(failures)


def _tied(covariance: NDArray[np.float64], observed: Sequence[str]) -> list[str]:
    """The variables with a part in the flattest direction."""
    sd = np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    _size, vectors = np.linalg.eigh(np.nan_to_num(covariance / np.outer(sd, sd)))
    return [name for name, weight in zip(observed, np.abs(vectors[:, 0]), strict=True) if weight > 0.1]
