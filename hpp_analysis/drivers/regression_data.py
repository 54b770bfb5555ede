"""The data of a regression: the outcome, its predictors and the units, from a survey or a frame."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.design import names_of
from hpp_analysis.common.interpret import LISTWISE_LOSS
from hpp_analysis.errors import OptionError
from hpp_analysis.options import names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts.wording import Wording

Predictors = str | Sequence[str] | Mapping[str, Sequence[str]] | None


@dataclass(frozen=True, eq=False, slots=True)
class DriverData:
    """The rows of a regression.

    Attributes
    ----------
    values : DataFrame
        The predictors and, last, the outcome; NaN only where `pairwise`. Centered within groups if
        `within` was given.
    blocks : mapping of str to list of str
        The predictors, in the order in which blocks are entered.
    person, cluster : ndarray of int, shape (n,)
        Who rated; the cluster, which is drawn and varies as one (-1 everywhere without clusters).
    cell : ndarray of int, shape (n,)
        Partnership and side; without them, the cluster; all 0 where there is neither.
    n_clusters : int
        The smallest number of clusters on a side; 0 without clusters.
    n_given : int
        Ratings before those with missing scores were left out.
    pairwise : bool
        Whether each correlation rests on the ratings that answered both variables.
    group : ndarray of int, shape (n,)
        The group within which a row is centered; all 0 without groups.
    """

    values: pd.DataFrame
    blocks: dict[str, list[str]]
    person: NDArray[np.int64]
    cluster: NDArray[np.int64]
    cell: NDArray[np.int64]
    n_clusters: int
    n_given: int
    pairwise: bool
    group: NDArray[np.int64]
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    selection: Mapping[str, str] = field(default_factory=dict)
    words: Wording | None = None

    def fingerprint(self) -> str:
        """A hash of everything in it."""
        arrays = (self.values.to_numpy(dtype=float), self.person, self.cluster, self.cell, self.group)
        digest = hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in arrays))
        others = (self.values.shape, list(self.values), self.blocks, self.n_clusters, self.n_given, self.pairwise)
        names = {name: dict(texts) for name, texts in self.names.items()}
        words = None if self.words is None else self.words.plain()
        digest.update(json.dumps([*others, names, dict(self.selection), words], default=int).encode())
        return digest.hexdigest()

    @property
    def predictors(self) -> list[str]:
        """All predictors in order."""
        return list(self.values.columns[:-1])

    @property
    def n_used(self) -> int:
        """Ratings; where correlations are of pairs, the smallest number behind one of them."""
        if not self.pairwise:
            return len(self.values)
        seen = self.values.notna().to_numpy(dtype=float)
        return int((seen.T @ seen).min())

    @property
    def n_persons(self) -> int:
        """Distinct persons."""
        return int(np.unique(self.person).size)

    @property
    def n_groups(self) -> int:
        """Groups within which values are centered."""
        return int(self.group.max(initial=0)) + 1

    @property
    def several(self) -> bool:
        """Whether some person gave more than one rating."""
        return self.n_persons < len(self.values)

    @property
    def n_units(self) -> int:
        """What bootstrap samples draw from."""
        return int(np.unique(self.unit).size)

    @property
    def unit(self) -> NDArray[np.int64]:
        """What is drawn as one: clusters, or else persons."""
        return self.cluster if self.n_clusters else self.person


def driver_data(
    data: Survey | pd.DataFrame,
    *,
    outcome: str | Sequence[str],
    predictors: Predictors,
    hpo: Survey | None,
    cluster: str | Sequence[str] | None,
    within: str | Sequence[str] | None,
) -> DriverData:
    """Gather the rows of a regression, and check every option.

    Raises
    ------
    OptionError
        When a name is none of the data's.
    """
    if isinstance(data, Survey):
        values, blocks = _survey_values(data, outcome, predictors, hpo)
        where, person = data.respondents, pd.factorize(data.persons)[0]
        names = {**(_hpo_names(data, hpo) if hpo is not None else {}), **names_of(data)}
        selection, words = data.selection, data.words
    else:
        if hpo is not None:
            raise OptionError(
                "`hpo` must come with a survey, whose persons it is joined to. Given: `hpo` with a frame. Put the HPO scores "
                "into the frame as columns."
            )
        where, person = data, np.arange(len(data))
        names, selection, words = {}, {}, None
    groups = names_in(within, where.columns, "within")
    units = () if cluster is None else _one(cluster, where.columns, "cluster", "a column")
    if not isinstance(data, Survey):
        values, blocks = _frame_values(data.drop(columns=list({*groups, *units})), outcome, predictors)
    for name in (*units, *groups):
        _check_filled(where[name], "cluster" if name in units else "within")
    outcome = str(values.columns[-1])
    complete = values.notna().all(axis=1).to_numpy()
    answered = values.notna().any(axis=1).to_numpy() & values[outcome].notna().to_numpy()
    pairwise = bool(len(values) and complete.sum() < (1.0 - LISTWISE_LOSS) * answered.sum())
    used = answered if pairwise else complete
    values, where, person = values[used], where[used], person[used]
    code = np.full(len(values), -1, dtype=np.int64)
    n_clusters = 0
    if units:
        code = np.asarray(pd.factorize(where[units[0]].astype(str))[0], dtype=np.int64)
        sides = where["side"].astype(str) if isinstance(data, Survey) and "side" in where else None
        counted = pd.Series(code).groupby(np.zeros(len(code)) if sides is None else sides.to_numpy())
        n_clusters = int(counted.nunique().min()) if len(code) else 0
    apart = [name for name in ("partnership", "side") if isinstance(data, Survey) and name in where]
    cell = where.groupby(apart, sort=False, dropna=False).ngroup().to_numpy(dtype=np.int64) if apart else code.clip(0)
    rows = DriverData(
        values, blocks, np.asarray(person, dtype=np.int64), code, cell, n_clusters, len(used), pairwise,
        np.zeros(len(values), dtype=np.int64), names, selection, words,
    )  # fmt: skip
    if not groups:
        return rows
    group = where.groupby(list(groups), sort=False, dropna=False).ngroup()
    return center_within_groups(rows, group.to_numpy(dtype=np.int64))


def _check_filled(column: pd.Series, option: str) -> None:
    """Raise `OptionError` if rows belong to no cluster or group: they would form one together."""
    empty = column.isna() | column.astype(str).str.strip().eq("")
    if empty.any():
        raise OptionError(
            f"`{option}` must be known of every row. Given: {str(column.name)!r}, empty in {int(empty.sum())} of {len(column)} "
            "rows. Fill it in, or leave these rows out."
        )


def check_samples(n: int, name: str, least: int) -> None:
    """Raise `OptionError` unless a number of samples is 0 or large enough."""
    if n and n < least:
        raise OptionError(f"`{name}` must be 0, or {least} or more. Given: {n!r}. Leave it out for the usual number.")


def _one(given: object, known: Iterable[object], option: str, kind: str) -> tuple[str, ...]:
    """The one name that an option has."""
    names = names_in(given, known, option, kind=kind)
    if len(names) != 1:
        raise OptionError(f"`{option}` must be one name. Given: {given!r}. Name one.")
    return names


def select_rows(data: DriverData, chosen: NDArray[np.bool_]) -> DriverData:
    """Select rows; correlations of complete rows need no pairs."""
    codes = {name: getattr(data, name)[chosen] for name in ("person", "cluster", "cell", "group")}
    codes["group"] = np.unique(codes["group"], return_inverse=True)[1]
    values = data.values[chosen]
    return replace(data, values=values, pairwise=bool(values.isna().any(axis=None)), **codes)


def center_within_groups(data: DriverData, group: NDArray[np.int64]) -> DriverData:
    """Center all values within groups; leave out rows that are alone in their group."""
    rows = select_rows(replace(data, group=group), np.bincount(group, minlength=1)[group] > 1)
    return replace(rows, values=rows.values - rows.values.groupby(rows.group).transform("mean"))


def _survey_values(
    survey: Survey, outcome: str | Sequence[str], predictors: Predictors, hpo: Survey | None
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    scores = scale_values(survey)
    parts = {str(name): list(survey[str(name)].columns) for name in scores}
    known = pd.concat([scores, survey.items], axis=1)
    outcome = _one(outcome, known.columns, "outcome", "a scale or an item")[0]
    factors = [factor.id for factor in survey.instrument.factors if factor.id in scores]
    factors = [name for name in factors if name != outcome and outcome not in parts[name]]
    blocks = {survey.instrument.name: factors}
    if hpo is not None:
        joined = _join_hpo(survey, hpo)
        known = pd.concat([known, joined], axis=1)
        blocks = {hpo.instrument.name: list(joined), **blocks}
    if isinstance(predictors, str) and predictors == "items":
        blocks = {factor: parts[factor] for factor in factors}
    elif predictors is not None:
        blocks = _blocks(predictors, known.columns)
    for name in [name for block in blocks.values() for name in block]:
        if name in parts.get(outcome, []) or outcome in parts.get(name, []):
            raise OptionError(
                "`predictors` must not be a part of the outcome, nor hold it: each would explain itself. Given: "
                f"{name!r} for {outcome!r}. Leave it out of the predictors, or choose another outcome."
            )
    return _regression_values(known, outcome, blocks), blocks


def _join_hpo(survey: Survey, hpo: Survey) -> pd.DataFrame:
    """Join the scale scores of the HPO questionnaire, one row per person (and wave), to each of a person's ratings."""
    keys = ["respondent", *(["wave"] if "wave" in survey.respondents and "wave" in hpo.respondents else [])]
    for source in (survey, hpo):
        if "respondent" not in source.respondents:
            raise OptionError(
                "Both surveys must have the column `respondent`, by which HPO answers are joined. "
                f"Given: a survey of {source.instrument.name} without it. Map a column to it."
            )
    who = hpo.respondents[keys].astype(str)
    if who.duplicated().any():
        twice = who[who.duplicated()].iloc[0]
        raise OptionError(
            "`hpo` must have one row for each person (and wave). "
            f"Given: more than one row of {' '.join(twice)!r}. Keep one of them."
        )
    taken = {part.id for part in (*survey.instrument.factors, *survey.instrument.outcomes)}
    scores = scale_values(hpo)[[factor.id for factor in hpo.instrument.factors]]
    scores = scores.rename(columns=lambda name: f"hpo_{name}" if name in taken else name)
    scores.index = pd.MultiIndex.from_frame(who)
    rows = pd.MultiIndex.from_frame(survey.respondents[keys].astype(str))
    joined = scores.reindex(rows)
    if joined.isna().all(axis=None):
        raise OptionError(
            f"`hpo` must hold answers of persons who rated a partnership, found by {' and '.join(keys)}. "
            "Given: answers of nobody who did. Check that both files name persons in the same way."
        )
    return joined.set_axis(survey.items.index)


def _hpo_names(survey: Survey, hpo: Survey) -> dict[str, Mapping[str, str]]:
    taken = {part.id for part in (*survey.instrument.factors, *survey.instrument.outcomes)}
    names: dict[str, Mapping[str, str]] = dict(hpo.instrument.names)
    names |= {f"hpo_{name}": names[name] for name in taken if name in names}
    return names


def _frame_values(
    frame: pd.DataFrame, outcome: str | Sequence[str], predictors: Predictors
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    outcome = _one(outcome, frame.columns, "outcome", "a column")[0]
    blocks = (
        {"predictors": [str(name) for name in frame.columns if name != outcome]}
        if predictors is None
        else _blocks(predictors, frame.columns)
    )
    wanted = [name for block in blocks.values() for name in block]
    return _regression_values(answers_of(frame[[*dict.fromkeys([*wanted, outcome])]]), outcome, blocks), blocks


def _blocks(
    predictors: str | Sequence[str] | Mapping[str, Sequence[str]], known: Iterable[object]
) -> dict[str, list[str]]:
    """The predictors by block; a plain string is one name, also as a block."""
    given = predictors if isinstance(predictors, Mapping) else {"predictors": predictors}
    return {
        str(block): list(names_in(names, known, "predictors", kind="a scale, an item or a column"))
        for block, names in given.items()
    }


def _regression_values(known: pd.DataFrame, outcome: str, blocks: dict[str, list[str]]) -> pd.DataFrame:
    wanted = [name for block in blocks.values() for name in block]
    empty = [name for name, block in blocks.items() if not block]
    twice = sorted({name for name in wanted if wanted.count(name) > 1})
    if not wanted or empty:
        raise OptionError(
            f"`predictors` must name one or more predictors, in each block. Given: {', '.join(empty) or 'nothing'} without "
            "any. Name them, or leave the block out."
        )
    if twice:
        raise OptionError(
            f"`predictors` must name each predictor in one block only. Given: {', '.join(twice)} in several. Leave it out of "
            "all but one."
        )
    if outcome in wanted:
        raise OptionError(
            f"`predictors` must not hold the outcome. Given: {outcome!r} for both. Leave it out of the predictors, or choose "
            "another outcome."
        )
    return known[[*wanted, outcome]].astype(float)
