"""May the answers of a group be averaged? Agreement within groups, and how far groups differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import answers_of, scale_items
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.design import in_order, names_of
from hpp_analysis.common.interpret import ICC2_ENOUGH, MIN_VALID, RWG_ENOUGH, may_be_averaged
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.groups.agreement import one_way, rwg, rwg_j, skewed_null, uniform_null, within_groups
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_number, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, names_in
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RaterAgreement(Result):
    """Agreement within groups and variance between them.

    Attributes
    ----------
    table : DataFrame
        factor (the name of the scale), n_items, n_groups, n_used (persons with a score), mean_size, n0; icc1 and icc1_n0
        (ICC(1), with the arithmetic mean group size or n0), icc2 (from the F ratio), each with `_ci_lower` and `_ci_upper`;
        icc2_group_mean (mean over groups of the reliability of their means), f, df1, df2, p; rwg_mean, rwg_j_mean,
        rwg_j_median, rwg_j_skewed_mean, rwg_j_skewed_median, ad_mean, ad_median (over groups of two or more),
        n_groups_compared, n_groups_alike (with the verdict "yes"), verdict (of the medians), undefined (codes of what is
        undefined or in doubt: "one_group", "groups_of_one", "no_variance", "no_scale_range", "outside_range").
    groups : DataFrame
        Indexed by factor and group: n (persons with a score), mean and sd (of their scores), rwg (on one item, or the mean
        of that on several: Lindell's r*_wg), rwg_j (of the mean of the items), ad (average deviation from the items'
        means); then ad_around_median; rwg_skewed and rwg_j_skewed (against answers that lean to one end); rwg_raw and
        rwg_j_raw (not cut at 0); verdict ("yes", "with_care", "no", "undefined") and why ("" or "no_answers",
        "one_answer", "no_scale_range").
    by : tuple of str
    scale_range : (float, float) or None
    conf_level : float
    """

    groups: pd.DataFrame
    by: tuple[str, ...]
    scale_range: tuple[float, float] | None
    conf_level: float

    def _declare(self) -> Declaration:
        known = {"partnership": _("Partnership")}  # made of client and partner, so no instrument names it
        groups = join_names([known.get(column) or self._called(column) for column in self.by])
        return Declaration(
            name="agreement",
            caption=_("Agreement within groups, by {columns}").format(columns=groups),
            variable="factor",
            whole_study=True,
            columns=(
                Column("factor", _("Scale"), key=True),
                Column("n_groups", _("Groups"), "count"),
                Column("mean_size", _("Mean size"), "df"),
                Column("rwg_j_mean", _("r_wg(j), mean"), "coefficient"),
                Column("rwg_j_median", _("r_wg(j), median"), "coefficient"),
                Column("rwg_j_skewed_median", _("median, skewed null"), "coefficient"),
                Column("ad_mean", _("AD, mean"), "score"),
                Column("icc1", _("ICC(1)"), "coefficient"),
                Column("icc1_ci_lower", _("Interval"), "coefficient", upper="icc1_ci_upper"),
                Column("icc1_n0", _("ICC(1), n₀"), "coefficient"),
                Column("icc2", _("ICC(2)"), "coefficient"),
                Column("icc2_group_mean", _("ICC(2), mean of groups"), "coefficient"),
                Column("verdict", _("May be averaged"), optional=True, words=_verdict_words()),
            ),
            figures={"groups": self._strips, "icc": self._icc},
            tables={"by_group": self._by_group},
        )

    def _notes(self) -> list[str]:
        notes = [
            _(
                "r_wg(j): 1 is full agreement, 0 none; AD: average deviation, in scale points. ICC(1): the share of the "
                "variance that lies between groups; ICC(2): how reliably the means of groups differ."
            )
        ]
        sentences = {
            "several_ratings": _("Several ratings by one person in one group count as their mean."),
            "shared_raters": _(
                "Some persons rate in several groups: ICC(1) and ICC(2) take their ratings as those of different persons."
            ),
            "no_group": _("Ratings without a group are left out."),
        }
        notes += [text for flag, text in sentences.items() if flag in self.flags]
        return [*notes, *self._reasons()]

    def _reasons(self) -> list[str]:
        sentences = {
            "one_group": _("With one group nothing can be said of differences between groups."),
            "groups_of_one": _("With one person a group there is no agreement to speak of."),
            "no_variance": _("All scores are equal: shares of variance are undefined."),
            "outside_range": _(
                "Some answers lie outside the answer scale that was given; r_wg takes its ends as given."
            ),
            "no_scale_range": _("r_wg needs the ends of the answer scale (`scale_range`)."),
        }
        return [text for flag, text in sentences.items() if flag in self.flags]

    def _summary(self) -> list[str]:
        words = {
            "yes": _("The answers of a group may be averaged for {scales}: they lie close together."),
            "with_care": _("Average the answers of a group with care for {scales}: agreement is moderate."),
            "no": _("The answers of a group may not be averaged for {scales}: they lie too far apart."),
        }
        said = []
        for verdict, sentence in words.items():
            rows = self.table[self.table["verdict"].eq(verdict)]
            if len(rows):
                named = [
                    _("{scale} (median r_wg(j) {rwg}, {alike} of {groups} groups alike)").format(
                        scale=self._called(str(row.factor)),
                        rwg=format_value(row.rwg_j_median, "coefficient"),
                        alike=format_value(row.n_groups_alike, "count"),
                        groups=format_value(row.n_groups_compared, "count"),
                    )
                    for row in rows.itertuples()
                ]
                said.append(sentence.format(scales=join_names(named)))
        reliable = self.table["icc2"] >= ICC2_ENOUGH
        differing = self.table["icc1_ci_lower"] > 0
        if (reliable & differing).any():
            said.append(
                _("Groups differ, and their means tell them apart reliably, on {scales}.").format(
                    scales=self._scales(reliable & differing)
                )
            )
        if (differing & ~reliable).any():
            said.append(
                _(
                    "Groups differ on {scales}, but their means are not reliable enough to rank groups "
                    "(ICC(2) below {cutoff})."
                ).format(scales=self._scales(differing & ~reliable), cutoff=format_value(ICC2_ENOUGH, "coefficient"))
            )
        same = ~differing & self.table["icc1"].notna()
        if same.any():
            said.append(
                _("These answers do not show that groups differ on {scales}.").format(scales=self._scales(same))
            )
        return [*said, *self._reasons()]

    def _scales(self, mask: pd.Series) -> str:
        return join_names([self._called(str(factor)) for factor in self.table.loc[mask, "factor"]])

    def _methods(self) -> list[str]:
        said = [
            _(
                "Agreement within groups is r_wg and r_wg(j) (James, Demaree & Wolf, 1984), cut at 0, and the average "
                "deviation of answers from the item's mean (Burke, Finkelstein & Dusig, 1999). Answers of a group may be "
                "averaged where the medians over groups reach {rwg} under both nulls and the average deviation is at most "
                "a sixth of the number of answer options (LeBreton & Senter, 2008; Burke & Dunlap, 2002)."
            ).format(rwg=format_value(RWG_ENOUGH, "coefficient")),
            _(
                "ICC(1) and ICC(2) follow from a one-way analysis of variance of scale scores, in the names of Shrout and "
                "Fleiss (1979) ICC(1,1) and ICC(1,k), in those of McGraw and Wong (1996) ICC(1) and ICC(k), with {level} "
                "intervals from the F distribution. Unequal groups enter ICC(1) with their arithmetic mean size or with n₀; "
                "ICC(2) is also given as the mean reliability of each group's own mean (Bliese & Halverson, 1998)."
            ).format(level=format_value(self.conf_level, "share")),
        ]
        if self.scale_range is not None:
            n_options = int(self.scale_range[1] - self.scale_range[0] + 1)
            said.append(
                _(
                    "The nulls are answers spread evenly over the {n} options (variance {even}) and answers that lean a "
                    "little to the high end (variance {leaning})."
                ).format(
                    n=n_options,
                    even=format_value(uniform_null(n_options), "score"),
                    leaning=format_value(skewed_null(n_options), "score"),
                )
            )
        return said

    def _all_tables(self) -> list[Block]:
        """Leave out the table by group: it is long, and shows on request."""
        return [self._table_block()]

    def _by_group(self) -> FurtherTable:
        columns = (
            Column("factor", _("Scale")),
            Column("group", _("Group")),
            Column("n", _("Persons"), "count"),
            Column("mean", _("Mean"), "score"),
            Column("sd", _("SD"), "score"),
            Column("rwg_j", _("r_wg(j)"), "coefficient"),
            Column("rwg_j_skewed", _("r_wg(j), skewed null"), "coefficient"),
            Column("ad", _("AD"), "score"),
            Column("verdict", _("May be averaged"), words=_verdict_words()),
        )
        return FurtherTable(self._groups_named(), columns, _("Agreement of each group"))

    def _groups_named(self) -> pd.DataFrame:
        index = self.groups.index
        column = self.by[0] if len(self.by) == 1 else ""
        return self.groups.reset_index(drop=True).assign(
            factor=[self._called(str(factor)) for factor in index.get_level_values(0)],
            group=[self._called(str(group), column) for group in index.get_level_values(1)],
        )

    def _icc(self) -> Figure:
        columns = {"icc1": "estimate", "icc1_ci_lower": "ci_lower", "icc1_ci_upper": "ci_upper"}
        rows = self.table[list(columns)].rename(columns=columns)
        rows["label"] = [self._called(str(factor)) for factor in self.table["factor"]]
        notes = [_("ICC(1) with {level} intervals.").format(level=format_value(self.conf_level, "share"))]
        return Figure(plots.intervals, rows, reference=0.0, xlabel=_("ICC(1)"), unit_decimals=2, notes=notes)

    def _strips(self) -> Figure:
        named = self._groups_named()
        rows = pd.DataFrame({"label": named["factor"], "point": named["group"], "value": named["rwg_j"]})
        notes = [
            _("Each dot is a group, the bar their median; from {cutoff} on agreement is strong.").format(
                cutoff=format_number(RWG_ENOUGH)
            )
        ]
        xlabel = _("r_wg(j) of each group")
        return Figure(plots.strips, rows, reference=RWG_ENOUGH, limits=(0.0, 1.0), xlabel=xlabel, notes=notes)


def _verdict_words() -> dict[str, str]:
    return {"yes": _("yes"), "with_care": _("with care"), "no": _("no"), "undefined": _("undefined")}


@checked
def agreement(
    data: Survey | pd.DataFrame,
    *,
    by: str | Sequence[str],
    scales: Mapping[str, Sequence[str]] | None = None,
    scale_range: tuple[float, float] | None = None,
    conf_level: float = 0.95,
) -> RaterAgreement:
    """Estimate agreement within groups and how far groups differ: may the answers of a group be averaged?

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, or answers with the column `by` beside them. In a survey several ratings by one person in one group count
        as their mean.
    by : str or sequence of str
        The column that makes the groups: "partnership", "organisation", "side"; or several.
    scales : mapping of str to sequence of str, optional
        Scale name to item names. By default the factors and outcomes of a survey; all other columns of a frame are one
        scale, named "scale".
    scale_range : (float, float), optional
        The lowest and highest possible answer; a survey's instrument knows them. Without them r_wg is undefined: the ends
        that were observed are not those that could be chosen.
    conf_level : float
        Of the intervals.

    Returns
    -------
    RaterAgreement
        NaN with a reason where something is undefined.

    Raises
    ------
    SurveyError
        When a column is not there or not answers.
    OptionError
        When `scale_range` is no range.

    References
    ----------
    James, Demaree & Wolf (1984), doi:10.1037/0021-9010.69.1.85; Lindell, Brandt & Whitney (1999),
    doi:10.1177/01466219922031257; Burke, Finkelstein & Dusig (1999), doi:10.1177/109442819921004; Bliese & Halverson
    (1998), doi:10.1177/014920639802400102; LeBreton & Senter (2008), doi:10.1177/1094428106296642

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> found = agreement(simulate_study(seed=1).survey, by="partnership")
    >>> found.to_frame()["factor"].tolist()
    ['openness', 'equality', 'conflict_management', 'success']
    >>> found.groups.loc["openness", "rwg_j"].between(0, 1).all()
    np.True_
    """
    ends = range_of(data, scale_range)
    rated = rated_by_groups(data, by, scales)
    rows, groups = [], []
    for scale in rated.scales:
        row, of_groups = estimate_agreement(rated, scale, ends, conf_level)
        rows.append(row)
        groups.append(of_groups)
    table = pd.DataFrame(rows)
    names = (by,) if isinstance(by, str) else tuple(by)
    labels = [*np.tile(np.array(rated.labels, dtype=object), len(rows))]
    index = pd.MultiIndex.from_arrays(
        [np.repeat(list(rated.scales), len(rated.labels)), labels],
        names=["factor", names[0] if len(names) == 1 else "group"],
    )
    undefined = {code for codes in table["undefined"] for code in str(codes).split()}
    is_survey = isinstance(data, Survey)
    return RaterAgreement(
        table=table,
        context=Context(
            names=names_of(data) if is_survey else {},
            selection=data.selection if is_survey else {},
            words=data.words if is_survey else None,
        ),
        flags=tuple(sorted({*rated.flags, *undefined})),
        groups=pd.concat(groups, ignore_index=True).set_axis(index),
        by=names,
        scale_range=ends,
        conf_level=conf_level,
    )


@dataclass(frozen=True, eq=False, slots=True)
class RatedGroups:
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
) -> RatedGroups:
    """Sort answers by group; average several ratings of a person in one group."""
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
    return RatedGroups(answers, scores, chosen, groups.astype(np.int64), labels, tuple(sorted(flags)))


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
    """Return the ends of the answer scale, as given or from the instrument; observed ends may be narrower."""
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
    rated: RatedGroups, scale: str, ends: tuple[float, float] | None, conf_level: float
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Estimate agreement on one scale: its row, and the rows of its groups."""
    x = rated.answers[list(rated.scales[scale])].to_numpy(dtype=float)
    y = rated.scores[scale].to_numpy(dtype=float)
    beyond = ends is not None and bool(np.any((x < ends[0]) | (x > ends[1])))
    groups = _group_rows(x, y, rated, ends)
    anova = one_way(y, rated.group, conf_level=conf_level)
    several = groups[groups["n"] > 1]
    n_options = np.nan if ends is None else ends[1] - ends[0] + 1
    middle = {column: several[column].median() for column in ("rwg_j", "rwg_j_skewed", "ad")}
    why = [
        anova.reason,
        "no_scale_range" if ends is None else "outside_range" if beyond else "",
        "" if len(several) else "groups_of_one",
    ]
    row = {
        "factor": scale,
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
        "rwg_mean": several["rwg"].mean(),
        "rwg_j_mean": several["rwg_j"].mean(),
        "rwg_j_median": middle["rwg_j"],
        "rwg_j_skewed_mean": several["rwg_j_skewed"].mean(),
        "rwg_j_skewed_median": middle["rwg_j_skewed"],
        "ad_mean": several["ad"].mean(),
        "ad_median": middle["ad"],
        "n_groups_compared": int(several["ad"].notna().sum()),
        "n_groups_alike": int(several["verdict"].eq("yes").sum()),
        "verdict": may_be_averaged(middle["rwg_j"], middle["rwg_j_skewed"], middle["ad"], n_options),
        "undefined": " ".join(dict.fromkeys(filter(None, why))),
    }
    return row, groups


def _group_rows(x: np.ndarray, y: np.ndarray, rated: RatedGroups, ends: tuple[float, float] | None) -> pd.DataFrame:
    n_groups = len(rated.labels)
    scored = ~np.isnan(y)
    n = np.bincount(rated.group[scored], minlength=n_groups)
    # agreement is that of persons with a score
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
    """Set agreement to 0 if the variance exceeds that of the null, as R's multilevel does."""
    return np.where(variance > null, 0.0, values)
