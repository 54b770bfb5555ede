"""The numbers behind agreement: who belongs to which group, and how alike and how different their answers are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import answers_of, scale_items
from hpp_analysis.common.design import in_order
from hpp_analysis.common.interpret import MIN_VALID, may_be_averaged
from hpp_analysis.core.groups.agreement import one_way, rwg, rwg_j, skewed_null, uniform_null, within_groups
from hpp_analysis.errors import OptionError
from hpp_analysis.options import names_in
from hpp_analysis.survey.survey import Survey


@dataclass(frozen=True, eq=False, slots=True)
class Rated:
    """Answers by person and group.

    Attributes
    ----------
    answers : DataFrame, rows x items
    scores : DataFrame, rows x scales
    scales : mapping of str to list of str
    group : ndarray of int, shape (n_rows,)
    labels : list
        What each group is called.
    flags : tuple of str
        "no_group" (rows without a group are left out), "several_ratings" (a person's ratings in one group were averaged),
        "shared_raters" (a person rates in several groups).
    """

    answers: pd.DataFrame
    scores: pd.DataFrame
    scales: Mapping[str, list[str]]
    group: np.ndarray
    labels: list[Any]
    flags: tuple[str, ...]


def rated_by_groups(
    given: Survey | pd.DataFrame, by: str | Sequence[str], scales: Mapping[str, Sequence[str]] | None
) -> Rated:
    """Sort answers by group; several ratings of a person in one group become their mean."""
    where = given.respondents if isinstance(given, Survey) else given
    columns = list(names_in(by, where.columns, "by", kind="a column of the answers"))
    if not columns:
        raise OptionError("`by` must name at least one column that makes the groups. Given: none. Name one.")
    groups, labels = _groups(given, where[columns], columns)
    frame = given.items if isinstance(given, Survey) else given.drop(columns=columns)
    chosen = scale_items(given if isinstance(given, Survey) else frame, scales)
    wanted = list(dict.fromkeys(item for items in chosen.values() for item in items))
    answers = answers_of(frame.rename(columns=str)[wanted])
    scores = (
        scale_values(given)[list(chosen)]
        if isinstance(given, Survey) and scales is None
        else pd.DataFrame({name: _half_answered(answers[items]) for name, items in chosen.items()})
    )
    inside = groups >= 0
    flags = set() if inside.all() else {"no_group"}
    answers, scores, groups = answers[inside], scores[inside], groups[inside]
    if isinstance(given, Survey):
        persons = given.persons[inside].to_numpy()
        keys = pd.DataFrame({"group": groups, "person": persons})
        if len(keys.drop_duplicates()) > keys["person"].nunique():
            flags.add("shared_raters")
        if keys.duplicated().any():
            flags.add("several_ratings")
            by_person = [groups, persons]
            answers = answers.groupby(by_person).mean()
            scores = scores.groupby(by_person).mean()
            groups = answers.index.get_level_values(0).to_numpy()
    return Rated(answers, scores, chosen, groups.astype(np.int64), labels, tuple(sorted(flags)))


def _groups(given: Survey | pd.DataFrame, keys: pd.DataFrame, columns: list[str]) -> tuple[np.ndarray, list[Any]]:
    """The group of each row (-1: none) and the groups' labels: in a survey in their known order, else as they appear."""
    empty = (keys.isna() | (keys.astype(str) == "")).any(axis=1).to_numpy()
    distinct = keys[~empty].drop_duplicates()
    if isinstance(given, Survey):
        distinct = in_order(distinct.astype(str), given, columns)
        keys = keys.astype(str)
    rows = list(distinct.itertuples(index=False, name=None))
    places = {row: place for place, row in enumerate(rows)}
    codes = np.array(
        [-1 if none else places[row] for none, row in zip(empty, keys.itertuples(index=False, name=None), strict=True)],
        dtype=np.int64,
    )
    return codes, [row[0] if len(row) == 1 else " / ".join(map(str, row)) for row in rows]


def _half_answered(answers: pd.DataFrame) -> pd.Series:
    enough = answers.notna().sum(axis=1) >= max(MIN_VALID * answers.shape[1], 1e-9)
    return answers.mean(axis=1).where(enough)


def range_of(given: Survey | pd.DataFrame, scale_range: tuple[float, float] | None) -> tuple[float, float] | None:
    """The ends of the answer scale: as given, or the instrument's; observed ends are never taken for them."""
    if scale_range is None:
        if not isinstance(given, Survey):
            return None
        return float(given.instrument.scale.min), float(given.instrument.scale.max)
    ends = tuple(float(end) for end in scale_range)
    if len(ends) != 2 or not np.isfinite(ends).all() or not ends[0] < ends[1] or (ends[1] - ends[0]) % 1:
        raise OptionError(
            "`scale_range` must hold the lowest and the highest answer, a whole number of steps apart. "
            f"Given: {scale_range!r}. Give for example (1, 10)."
        )
    return ends[0], ends[1]


def estimate_agreement(
    rated: Rated, scale: str, ends: tuple[float, float] | None, conf_level: float
) -> tuple[dict[str, Any], pd.DataFrame]:
    """The row of one scale, and that of each of its groups."""
    x = rated.answers[list(rated.scales[scale])].to_numpy(dtype=float)
    y = rated.scores[scale].to_numpy(dtype=float)
    beyond = ends is not None and bool(np.any((x < ends[0]) | (x > ends[1])))
    groups = _group_rows(x, y, rated, ends)
    anova = one_way(y, rated.group, conf_level=conf_level)
    told = groups[groups["n"] > 1]
    n_options = np.nan if ends is None else ends[1] - ends[0] + 1
    middle = {column: told[column].median() for column in ("rwg_j", "rwg_j_skewed", "ad")}
    why = [
        anova.reason,
        "no_scale_range" if ends is None else "outside_range" if beyond else "",
        "" if len(told) else "groups_of_one",
    ]
    row = {
        "scale": scale,
        "n_items": x.shape[1],
        "n_groups": anova.n_groups,
        "n_used": anova.n,
        "mean_size": anova.mean_size,
        "n0": anova.n0,
        "icc1": anova.icc1,
        "icc1_ci_lower": anova.icc1_ci[0],
        "icc1_ci_upper": anova.icc1_ci[1],
        "icc1_n0": anova.icc1_n0,
        "icc1_n0_ci_lower": anova.icc1_n0_ci[0],
        "icc1_n0_ci_upper": anova.icc1_n0_ci[1],
        "icc2": anova.icc2,
        "icc2_ci_lower": anova.icc2_ci[0],
        "icc2_ci_upper": anova.icc2_ci[1],
        "icc2_group_mean": anova.icc2_group_mean,
        "f": anova.f,
        "df1": anova.df1,
        "df2": anova.df2,
        "p": anova.p,
        "rwg_mean": told["rwg"].mean(),
        "rwg_j_mean": told["rwg_j"].mean(),
        "rwg_j_median": middle["rwg_j"],
        "rwg_j_skewed_mean": told["rwg_j_skewed"].mean(),
        "rwg_j_skewed_median": middle["rwg_j_skewed"],
        "ad_mean": told["ad"].mean(),
        "ad_median": middle["ad"],
        "n_groups_compared": int(told["ad"].notna().sum()),
        "n_groups_alike": int(told["verdict"].eq("yes").sum()),
        "verdict": may_be_averaged(middle["rwg_j"], middle["rwg_j_skewed"], middle["ad"], n_options),
        "undefined": " ".join(dict.fromkeys(filter(None, why))),
    }
    return row, groups


def _group_rows(x: np.ndarray, y: np.ndarray, rated: Rated, ends: tuple[float, float] | None) -> pd.DataFrame:
    n_groups = len(rated.labels)
    scored = ~np.isnan(y)
    n = np.bincount(rated.group[scored], minlength=n_groups)
    # who has no score says nothing of the group's agreement on it either
    within = within_groups(x[scored], rated.group[scored], n_groups)
    by_group = pd.Series(y[scored]).groupby(rated.group[scored])
    index = pd.RangeIndex(n_groups)
    none = np.full(n_groups, np.nan)
    of_range: dict[str, np.ndarray] = dict.fromkeys(
        ("rwg", "rwg_j", "rwg_skewed", "rwg_j_skewed", "rwg_raw", "rwg_j_raw"), none
    )
    n_options = np.nan
    if ends is not None:
        n_options = ends[1] - ends[0] + 1
        even, leaning = uniform_null(n_options), skewed_null(int(n_options))
        raw, raw_j = rwg(within.variance, even), rwg_j(within.variance, within.n_items, even)
        of_range = {
            "rwg": _cut(raw, within.variance, even),
            "rwg_j": _cut(raw_j, within.variance, even),
            "rwg_skewed": _cut(rwg(within.variance, leaning), within.variance, leaning),
            "rwg_j_skewed": _cut(rwg_j(within.variance, within.n_items, leaning), within.variance, leaning),
            "rwg_raw": raw,
            "rwg_j_raw": raw_j,
        }
    rows = pd.DataFrame(
        {
            "n": n,
            "mean": by_group.mean().reindex(index).to_numpy(),
            "sd": by_group.std(ddof=1).reindex(index).to_numpy(),
            "rwg": of_range.pop("rwg"),
            "rwg_j": of_range.pop("rwg_j"),
            "ad": within.ad_mean,
            "ad_around_median": within.ad_median,
            **of_range,
        }
    )
    rows["verdict"] = [may_be_averaged(row.rwg_j, row.rwg_j_skewed, row.ad, n_options) for row in rows.itertuples()]
    rows["why"] = np.select(
        [n == 0, n == 1, np.full(n_groups, ends is None)], ["no_answers", "one_answer", "no_scale_range"], ""
    )
    return rows


def _cut(values: np.ndarray, variance: np.ndarray, null: float) -> np.ndarray:
    """0 where answers lie further apart than those of the null, as R's multilevel has it."""
    return np.where(variance > null, 0.0, values)
