"""May the answers of a group be averaged? Agreement within groups, and how far groups differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.context import Context
from hpp_analysis.common.design import names_of
from hpp_analysis.common.interpret import ICC2_ENOUGH, RWG_ENOUGH
from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.groups.agreement import skewed_null, uniform_null
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_number, format_value
from hpp_analysis.options import checked
from hpp_analysis.partners.agreement_estimate import estimate_agreement, range_of, rated_by_groups
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_VERDICTS = {"yes": N_("yes"), "with_care": N_("with care"), "no": N_("no"), "undefined": N_("undefined")}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class RaterAgreement(StudyResult):
    """Agreement within groups and variance between them.

    Attributes
    ----------
    groups : DataFrame
        Indexed by scale and group: n (persons with a score), mean and sd (of their scores), rwg (on one item, or the mean
        of that on several: Lindell's r*_wg), rwg_j (of the mean of the items), ad (average deviation from the items'
        means); then ad_around_median; rwg_skewed and rwg_j_skewed (against answers that lean to one end); rwg_raw and
        rwg_j_raw (not cut at 0); verdict ("yes", "with_care", "no", "undefined") and why ("" or "no_answers",
        "one_answer", "no_scale_range").
    by : tuple of str
    scale_range : (float, float) or None
    conf_level : float
    """

    groups: pd.DataFrame  # not the key columns of a published result
    by: tuple[str, ...]
    scale_range: tuple[float, float] | None
    conf_level: float

    name: ClassVar[str] = "agreement"
    keys: ClassVar[tuple[str, ...]] = ("scale",)
    variable: ClassVar[str] = "scale"
    kinds: ClassVar[tuple[str, ...]] = ("groups", "icc")
    tables: ClassVar[tuple[str, ...]] = ("by_group",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("scale", N_("Scale")),
        Column("n_groups", N_("Groups"), "count"),
        Column("mean_size", N_("Mean size"), "df"),
        Column("rwg_j_mean", N_("r_wg(j), mean"), "coefficient"),
        Column("rwg_j_median", N_("r_wg(j), median"), "coefficient"),
        Column("rwg_j_skewed_median", N_("median, skewed null"), "coefficient"),
        Column("ad_mean", N_("AD, mean"), "score"),
        Column("icc1", N_("ICC(1)"), "coefficient"),
        Column("icc1_ci_lower", N_("Interval"), "coefficient", upper="icc1_ci_upper"),
        Column("icc1_n0", N_("ICC(1), n₀"), "coefficient"),
        Column("icc2", N_("ICC(2)"), "coefficient"),
        Column("icc2_group_mean", N_("ICC(2), mean of groups"), "coefficient"),
        Column("verdict", N_("May be averaged")),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per scale.

        Returns
        -------
        DataFrame
            scale, n_items, n_groups, n_used (persons with a score), mean_size, n0; icc1 and icc1_n0 (ICC(1), with the
            arithmetic mean group size or n0), icc2 (from the F ratio), each with `_ci_lower` and `_ci_upper`;
            icc2_group_mean (mean over groups of the reliability of their means), f, df1, df2, p; rwg_mean, rwg_j_mean,
            rwg_j_median, rwg_j_skewed_mean, rwg_j_skewed_median, ad_mean, ad_median (over groups of two or more),
            n_groups_compared, n_groups_alike (with the verdict "yes"), verdict (of the medians), undefined (codes of
            what could not be told or is in doubt: "one_group", "groups_of_one", "no_variance", "no_scale_range",
            "outside_range").
        """
        return super().to_frame()

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        return frame.assign(verdict=[_(_VERDICTS[str(code)]) for code in self.table["verdict"]])

    def _caption(self) -> str:
        known = {"partnership": _("Partnership")}  # made of client and partner, so no instrument names it
        names = [known.get(column) or self._called(column) for column in self.by]
        return _("Agreement within groups, by {columns}").format(columns=join_names(names))

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
                        scale=self._called(str(row.scale)),
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
        return join_names([self._called(str(scale)) for scale in self.table.loc[mask, "scale"]])

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
        """The table by group is long: it shows on request."""
        return [self._table_block()]

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:  # noqa: ARG002
        frame = self._groups_named()
        columns = (
            Column("scale", N_("Scale")),
            Column("group", N_("Group")),
            Column("n", N_("Persons"), "count"),
            Column("mean", N_("Mean"), "score"),
            Column("sd", N_("SD"), "score"),
            Column("rwg_j", N_("r_wg(j)"), "coefficient"),
            Column("rwg_j_skewed", N_("r_wg(j), skewed null"), "coefficient"),
            Column("ad", N_("AD"), "score"),
            Column("verdict", N_("May be averaged")),
        )
        return frame, columns, _("Agreement of each group")

    def _groups_named(self) -> pd.DataFrame:
        index = self.groups.index
        column = self.by[0] if len(self.by) == 1 else ""
        return self.groups.reset_index(drop=True).assign(
            scale=[self._called(str(scale)) for scale in index.get_level_values(0)],
            group=[self._called(str(group), column) for group in index.get_level_values(1)],
            verdict=[_(_VERDICTS[str(code)]) for code in self.groups["verdict"]],
        )

    def _icc(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "label": [self._called(str(scale)) for scale in self.table["scale"]],
                "estimate": self.table["icc1"],
                "ci_lower": self.table["icc1_ci_lower"],
                "ci_upper": self.table["icc1_ci_upper"],
            }
        )

    def _strips(self) -> pd.DataFrame:
        named = self._groups_named()
        return pd.DataFrame({"label": named["scale"], "point": named["group"], "value": named["rwg_j"]})

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        if kind == "icc":
            from hpp_analysis.plots import intervals

            return intervals(self._icc(), reference=0.0, xlabel=_("ICC(1)"), unit_decimals=2, ax=ax)
        from hpp_analysis.plots import strips

        return strips(self._strips(), reference=RWG_ENOUGH, limits=(0.0, 1.0), xlabel=_("r_wg(j) of each group"), ax=ax)

    def _alt(self, kind: str) -> str:
        if kind == "icc":
            from hpp_analysis.plots import intervals_alt

            return intervals_alt(self._icc(), reference=0.0, unit_decimals=2)
        from hpp_analysis.plots import strips_alt

        return strips_alt(self._strips(), reference=RWG_ENOUGH)

    def _notes_under(self, kind: str) -> list[str]:
        if kind == "icc":
            return [_("ICC(1) with {level} intervals.").format(level=format_value(self.conf_level, "share"))]
        return [
            _("Each dot is a group, the bar their median; from {cutoff} on agreement is strong.").format(
                cutoff=format_number(RWG_ENOUGH)
            )
        ]


@checked
def agreement(
    data: Survey | pd.DataFrame,
    *,
    by: str | Sequence[str],
    scales: Mapping[str, Sequence[str]] | None = None,
    scale_range: tuple[float, float] | None = None,
    conf_level: float = 0.95,
) -> RaterAgreement:
    """Tell whether the answers of a group may be averaged, and how far groups differ.

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
    >>> found.to_frame()["scale"].tolist()
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
        names=["scale", names[0] if len(names) == 1 else "group"],
    )
    undefined = {code for codes in table["undefined"] for code in str(codes).split()}
    is_survey = isinstance(data, Survey)
    return RaterAgreement(
        table=table,
        context=Context(names=names_of(data) if is_survey else {}, selection=data.selection if is_survey else {}),
        flags=tuple(sorted({*rated.flags, *undefined})),
        groups=pd.concat(groups, ignore_index=True).set_axis(index),
        by=names,
        scale_range=ends,
        conf_level=conf_level,
    )
