"""Do roles, departments or other groups see it differently? Each group against the rest, per factor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import Design, design_of
from hpp_analysis.common.interpret import MARGIN
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.weighing import spread_method
from hpp_analysis.common.who import Who, capital, in_sentence
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.options import Adjust, checked, in_range, names_in
from hpp_analysis.partners.contrasts import SIDES, compared_variables, side_columns, sized_columns
from hpp_analysis.partners.difference_verdicts import add_verdicts
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

UNKNOWN = "(unknown)"
"""The level of those who did not say which one is theirs."""
MOST_LEVELS = 30
"""A column of more values is no breakdown, but a number or a name."""
RESERVED = ("respondent", "client", "partner", "partnership", "side", "wave")
"""Columns that reports are made of already."""
_SIGNS = {1.0: "▲", -1.0: "▼"}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GroupDifferences(Result):
    """Factor scores of the levels of one column, each with its difference from the rest.

    Attributes
    ----------
    table : DataFrame
        factor, where the answers have sides `side`, the level (in the column `by` names), mean, mean_rest (of everybody else on
        that side), difference, ci_lower, ci_upper, p, p_equivalence (two one-sided tests against the margin), se, df, effect (in standard
        deviations between persons), n_persons, n_rest, undefined ("one_level", "few_persons"), p_adjusted and verdict
        ("different", "small_difference", "alike", "cannot_tell"). With two levels of a side the second mirrors the first, and
        counts as the same test.
    by : str
        The column with the levels.
    groups : tuple of str
        The columns that name a row: `side`, if there is one, and the column with the levels.
    margin, adjust, conf_level
        As given to `compare_groups`.
    scale_range : tuple of int
        The ends of the answer scale.
    """

    by: str = setting("")
    groups: tuple[str, ...] = setting(())
    margin: float = setting(MARGIN)
    adjust: Adjust = setting("holm")
    conf_level: float = setting(0.95)
    scale_range: tuple[int, int] = setting((1, 10))

    def _declare(self) -> Declaration:
        words = {
            "different": _("different"),
            "small_difference": _("small difference"),
            "alike": _("alike"),
            "cannot_tell": _("unclear"),
        }
        sides = (Column("side", _("Side"), key=True),) if "side" in self.groups else ()
        return Declaration(
            name=f"groups_{self.by}",
            caption=_("Scores by {column}, each group against the rest").format(column=in_sentence(self._column())),
            variable="factor",
            groups=self.groups,
            breakdown=self.by,
            question="groups",
            columns=(
                Column("factor", _("Factor"), key=True),
                *sides,
                Column(self.by, self._column(), key=True),
                Column("mean", _("Mean"), "score", reveals="mean"),
                Column("mean_rest", _("The rest"), "score", reveals="mean"),
                Column("difference", _("Difference"), "difference", reveals="difference"),
                Column("ci_lower", _("Interval"), "difference", upper="ci_upper", reveals="interval"),
                Column("verdict", _("Verdict"), reveals="interval", words=words),
                Column("n_persons", _("Persons"), "count", reveals="size"),
                *hidden("size", "n_rest"),
                *hidden("interval", "p_adjusted", "undefined"),
            ),
            figures={"heatmap": self._heatmap, "intervals": self._intervals},
        )

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Compute the difference from the rounded means: a separately rounded one would reveal more about both."""
        difference = (table["mean"] - table["mean_rest"]).round(2) + 0.0
        return table.assign(difference=difference.where(table["difference"].notna()))

    def _column(self) -> str:
        """What the column is called; a header that nobody named begins with a capital."""
        called = self._called(self.by)
        return capital(called.replace("_", " ")) if called == self.by else called

    def _called(self, id: str, column: str = "") -> str:  # noqa: A002 - the id of whatever is named
        if column == self.by and column:
            if id.startswith(OTHERS):
                return _("smaller groups together")
            if id == UNKNOWN:
                return _("not stated")
        return super()._called(id, column)

    @property
    def is_shown(self) -> bool:
        """Whether any group can be compared with the rest."""
        return bool(self.table["difference"].notna().any())

    @property
    def counting(self) -> pd.DataFrame:
        """The rows that count as different, the largest difference first; of two levels, the higher one."""
        rows = self.table[self.table["verdict"].eq("different")]
        if not len(rows):
            return rows
        mirrored = self._mirrored().reindex(rows.index)
        rows = rows[~mirrored | rows["difference"].gt(0)]
        return rows.sort_values("difference", key=np.abs, ascending=False, kind="stable")

    def _mirrored(self) -> pd.Series:
        """Whether a row has one other level beside it, so that both differ by the same."""
        shown = self.table["difference"].notna()
        keys = ["factor", *(name for name in self.groups if name != self.by)]
        return shown & shown.groupby([self.table[key].astype(str) for key in keys]).transform("sum").eq(2)

    def _whose(self, row: dict[str, Any]) -> str:
        """A level, with its side where there is one."""
        level = self._called(str(row[self.by]), self.by)
        return f"{Who(self).side(str(row['side']))}, {level}" if "side" in self.groups else level

    def _headline(self) -> list[str]:
        return self._differing() or self._summary()

    def _summary(self) -> list[str]:
        shown = self.table[self.table["difference"].notna()]
        if shown.empty:
            return [
                self._nothing_said(
                    _("The groups cannot be compared, to protect small groups."),
                    too_few=_("There are no two groups to compare."),
                )
            ]
        said = self._differing()
        if not said:
            said.append(
                _("By {column}, these answers show no difference between a group and the rest that counts.").format(
                    column=in_sentence(self._column())
                )
            )
        return [*said, self._counts(shown), *self._joined()]

    def _counts(self, shown: pd.DataFrame) -> str:
        """How many comparisons have which verdict; two levels are compared once."""
        once = shown[
            ~self._mirrored().reindex(shown.index) | shown[self.by].eq(self._first_levels().reindex(shown.index))
        ]
        n = {str(verdict): int(count) for verdict, count in once["verdict"].value_counts().items()}
        words = {
            "different": ngettext("{n} differs", "{n} differ", n.get("different", 0)),
            "small_difference": ngettext(
                "{n} differs by less than {margin} points",
                "{n} differ by less than {margin} points",
                n.get("small_difference", 0),
            ),
            "alike": ngettext(
                "{n} is about alike (less than {margin} points apart)",
                "{n} are about alike (less than {margin} points apart)",
                n.get("alike", 0),
            ),
            "cannot_tell": ngettext("{n} is unclear", "{n} are unclear", n.get("cannot_tell", 0)),
        }
        counts = [
            word.format(n=format_value(n[code], "count"), margin=brief(self.margin))
            for code, word in words.items()
            if code in n
        ]
        return _("Comparisons by {column}: {counts}.").format(
            column=in_sentence(self._column()), counts=join_names(counts)
        )

    def _first_levels(self) -> pd.Series:
        """Of each row, the first level that is compared on its side."""
        sides = self.table["side"] if "side" in self.groups else pd.Series("", index=self.table.index)
        shown = self.table[self.by].where(self.table["difference"].notna())
        return shown.groupby(sides.astype(str)).transform("first")

    def _differing(self) -> list[str]:
        """For each group that differs: on what, and by how much."""
        said = []
        rows = self.counting
        names = dict.fromkeys(self._whose(row) for row in rows.to_dict("records"))
        for name in names:
            own = [row for row in rows.to_dict("records") if self._whose(row) == name]
            for sign, sentence in (
                (1.0, _("{group}: higher scores than the rest for {what}.")),
                (-1.0, _("{group}: lower scores than the rest for {what}.")),
            ):
                what = [
                    _("{name} (difference {difference})").format(
                        name=in_sentence(self._called(str(row["factor"]))),
                        difference=brief(row["difference"], "difference"),
                    )
                    for row in own
                    if np.sign(row["difference"]) == sign
                ]
                if what:
                    said.append(capital(sentence.format(group=name, what=join_names(what))))
        return said

    def _joined(self) -> list[str]:
        """Which levels are not shown by themselves."""
        if not self.published:
            return []
        keys = self.table[list(self.groups)].drop_duplicates()
        shown = self.table[self.table["mean"].notna()][list(self.groups)].drop_duplicates()
        kept = set(map(tuple, shown.astype(str).to_numpy()))
        hidden_rows = [row for row in keys.astype(str).to_dict("records") if tuple(row.values()) not in kept]
        hidden_rows = [row for row in hidden_rows if not row[self.by].startswith(OTHERS)]
        if not hidden_rows:
            return []
        names = join_names([self._whose(row) for row in hidden_rows])
        return [_("Not shown by themselves, to protect small groups: {names}.").format(names=names)]

    def _notes(self) -> list[str]:
        notes = [
            _("The rest: everybody else on the same side.") if "side" in self.groups else _("The rest: everybody else.")
        ]
        notes.append(_("Each rating counts equally."))
        if self.adjust == "holm":
            notes.append(_("A difference counts only when it holds after correction for the number of comparisons."))
        if self.published:
            notes.append(
                _(
                    "Groups are shown from ten persons on; smaller ones are told together, and so are groups that would tell of "
                    "a few persons by subtraction."
                )
            )
        return notes

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:
        notes = super()._withheld_note(rows)
        if "large_only" in self.flags:
            notes.append(_("It rests on groups of ten or more persons."))
        return notes

    def _methods(self) -> list[str]:
        return [
            _(
                "Each group is compared with {rest}, by a contrast of means that rests on the variance between persons within "
                "groups (cluster-robust variance CR2 by person, Satterthwaite degrees of freedom; Pustejovsky & Tipton, 2018); with "
                "two groups and one answer a person it is Welch's method (1947). A group and the rest are called alike when the "
                "{level} interval lies within {margin} of zero (equivalence; Schuirmann, 1987). {adjusted}"
            ).format(
                rest=_("everybody else on the same side") if "side" in self.groups else _("everybody else"),
                level=format_value(self.conf_level, "share"),
                margin=brief(self.margin),
                adjusted=_("P-values are corrected for all comparisons of the table (Holm, 1979).")
                if self.adjust == "holm"
                else _("P-values are not adjusted."),
            ),
            _(
                "Groups are described as they are: they may differ in what they do, whom they work with and who answered, so "
                "a difference says nothing of its cause."
            ),
            spread_method(),
        ]

    def _heatmap(self) -> Figure:
        """Shade the difference of each group from the rest; a sign marks what counts."""
        rows = self.table[self._shown_levels()]
        counts = rows["verdict"].eq("different")
        cells = pd.DataFrame(
            {
                "group": [capital(Who(self).side(str(side))) for side in rows["side"]] if "side" in self.groups else "",
                "label": [capital(self._called(str(level), self.by)) for level in rows[self.by]],
                "partner": [self._called(str(factor)) for factor in rows["factor"]],
                "series": "",
                "mean": rows["difference"],
                "sign": [
                    _SIGNS.get(float(np.sign(difference)), "") if counting else ""
                    for difference, counting in zip(rows["difference"], counts, strict=True)
                ],
            }
        )
        largest = float(np.nanmax(np.abs(rows["difference"]), initial=self.margin))
        limit = float(np.ceil(largest * 2) / 2)
        notes = [
            _("Differences from the rest, in scale points. {above} and {below}: a difference that counts.").format(
                above=_SIGNS[1.0], below=_SIGNS[-1.0]
            ),
            *self._notes(),
        ]
        return Figure(
            plots.partner_heatmap,
            cells,
            limits=(-limit, limit),
            differences=True,
            roomy=True,
            notes=notes,
            rows=rows,
            alt=" ".join(self._said_of_cells(rows)),
        )

    def _shown_levels(self) -> pd.Series:
        """The rows of levels of which something is shown."""
        keys = [self.table[name].astype(str) for name in self.groups]
        return self.table["difference"].notna().groupby(keys).transform("any")

    def _said_of_cells(self, rows: pd.DataFrame) -> list[str]:
        known = rows[rows["difference"].notna()]
        if known.empty:
            return [_("Nothing to show.")]
        factors = join_names([in_sentence(self._called(factor)) for factor in known["factor"].unique()])
        lowest, highest = (
            known.loc[known["difference"].idxmin()].to_dict(),
            known.loc[known["difference"].idxmax()].to_dict(),
        )
        return [
            _("Table of shaded cells: by how much each group differs from the rest, on {factors}.").format(
                factors=factors
            ),
            _("The differences run from {low} ({whose_low}; {what_low}) to {high} ({whose_high}; {what_high}).").format(
                low=format_value(lowest["difference"], "difference", coarse=True),
                whose_low=self._whose(lowest),
                what_low=in_sentence(self._called(lowest["factor"])),
                high=format_value(highest["difference"], "difference", coarse=True),
                whose_high=self._whose(highest),
                what_high=in_sentence(self._called(highest["factor"])),
            ),
            *self._differing(),
        ]

    def _intervals(self) -> Figure:
        rows = self.table[self.table["difference"].notna()]
        tones = {"alike": "alike", "small_difference": "alike", "different": "client_higher"}
        drawn = pd.DataFrame(
            {
                "group": [self._called(str(factor)) for factor in rows["factor"]],
                "label": [self._whose(row) for row in rows.to_dict("records")],
                "estimate": rows["difference"],
                "ci_lower": rows["ci_lower"],
                "ci_upper": rows["ci_upper"],
                "tone": [
                    "partner_higher" if verdict == "different" and difference < 0 else tones.get(verdict, "unclear")
                    for verdict, difference in zip(rows["verdict"], rows["difference"], strict=True)
                ],
            }
        )
        return Figure(
            plots.intervals,
            drawn,
            reference=0.0,
            xlabel=_("Difference from the rest, in scale points"),
            sides=(_("this group"), _("the rest")),
            width=plots.NARROW,
            rows=rows,
        )


@publishable
@checked
def compare_groups(
    data: Survey, *, by: str, margin: float = MARGIN, adjust: Adjust = "holm", conf_level: float = 0.95
) -> GroupDifferences:
    """Compare each group of persons (role, department, tenure) with all others, per factor.

    Where the answers have two sides, each side is compared within itself.

    Parameters
    ----------
    data : Survey
        The answers.
    by : str
        The respondent column with the groups, such as "role" or "department".
    margin : float
        A smaller difference, in scale points, is too small to act on.
    adjust : {"holm", "none"}
        How p-values are adjusted for all comparisons of the table.
    conf_level : float
        Of the intervals.

    Returns
    -------
    GroupDifferences
        Each rating counts equally, so that the rest is the mean of the other groups by their size. Uncertainty comes from persons
        within groups, as for `partner_gaps`; ratings of one person belong together.

    Raises
    ------
    OptionError
        When there is no such column, or reports are made of it already, as of sides.
    SurveyError
        When the column has more values than groups can be compared.

    References
    ----------
    Welch (1947), doi:10.1093/biomet/34.1-2.28; Pustejovsky & Tipton (2018), doi:10.1080/07350015.2016.1247004; Schuirmann
    (1987), doi:10.1007/BF01068419; Holm (1979), https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> groups = compare_groups(survey, by="role")
    >>> groups.to_frame()["role"].unique().tolist()
    ['manager', 'employee']
    """
    in_range(margin, "margin", above=0)
    check_breakdown(data, by)
    survey = with_levels(data, by)
    sided = "side" in survey.respondents
    columns = ("side", by) if sided else (by,)
    design = design_of(survey, columns)
    values, _keys = compared_variables(survey, "factor")
    parts = [
        part
        for side in (dict.fromkeys(design.cells["side"]) if sided else [""])
        for part in _side_parts(design, values, by, side, margin=margin, conf_level=conf_level)
    ]
    table = pd.DataFrame(pd.concat(parts, ignore_index=True) if parts else [])
    if not sided:
        table = table.drop(columns="side")
    place = {factor: at for at, factor in enumerate(values)}
    table = table.sort_values("factor", key=lambda factor: factor.map(place), kind="stable").reset_index(drop=True)
    table = _judged(table, by, margin=margin, adjust=adjust, conf_level=conf_level)
    return GroupDifferences(
        table=table,
        context=Context.of(data),
        by=by,
        groups=columns,
        margin=margin,
        adjust=adjust,
        conf_level=conf_level,
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
    )


def check_breakdown(survey: Survey, by: str) -> None:
    """Refuse a column that has no groups to compare."""
    (name,) = names_in(by, survey.respondents.columns, "by", kind="a column of the answers")
    if name in RESERVED:
        raise OptionError(
            f"`by` must be a column that reports are not made of already. Given: {name!r}. Use `partner_gaps` for two sides, "
            '`compare_waves` for waves, `score_scales(by="partnership")` for partnerships.'
        )
    levels = survey.respondents[name].nunique()
    if levels > MOST_LEVELS:
        raise SurveyError(
            [
                Failure(
                    f"A column with groups to compare must have at most {MOST_LEVELS} values.",
                    "Bring them together in classes, such as '0-2 years' and '3 years or more'.",
                    " and ".join(survey.sources) or None,
                    column=name,
                    value=f"{levels} values",
                )
            ]
        )


def with_levels(survey: Survey, by: str) -> Survey:
    """The answers, with a level also for those who did not state theirs."""
    given = survey.respondents[by].astype(str)
    stated = given.where(given.ne("") & survey.respondents[by].notna(), UNKNOWN)
    return survey if stated.eq(given).all() else replace(survey, respondents=survey.respondents.assign(**{by: stated}))


def _side_parts(
    design: Design, values: pd.DataFrame, by: str, side: str, *, margin: float, conf_level: float
) -> list[pd.DataFrame]:
    """Each level of one side against the rest of that side; joined and unknown levels last."""
    cells = design.cells
    here = np.asarray(cells["side"] == side) if side else np.ones(len(cells), dtype=bool)
    levels = sorted(dict.fromkeys(cells.loc[here, by]), key=lambda level: level == UNKNOWN or level.startswith(OTHERS))
    found_parts = []
    for level in levels:
        own = here & np.asarray(cells[by] == level)
        rest = here & ~own
        found = design.means(
            values, [own, rest if rest.any() else own], "respondent", combinations=SIDES, conf_level=conf_level
        )
        columns = side_columns(found)
        columns |= sized_columns(columns, found, margin=margin, conf_level=conf_level)
        alone = np.full(values.shape[1], not rest.any())
        few = np.where(np.isnan(columns["ci_lower"]), "few_persons", "")
        mean = columns.pop("mean_first")
        part = pd.DataFrame(
            {
                "factor": list(values),
                "side": side,
                by: level,
                "mean": mean,
                "mean_rest": columns.pop("mean_second"),
                "difference": columns.pop("gap"),
                **columns,
                "n_persons": found.n_persons[0],
                "n_rest": found.n_persons[1],
                "undefined": np.where(alone, "one_level", few),
            }
        )
        if alone.all():
            known = ["mean_rest", "difference", *columns]
            part = part.assign(**dict.fromkeys(known, np.nan), n_rest=0)
        found_parts.append(part)
    return found_parts


def _judged(table: pd.DataFrame, by: str, *, margin: float, adjust: Adjust, conf_level: float) -> pd.DataFrame:
    """The table with verdicts; where a side has two levels, the second has the verdict of the first: it is the same test."""
    keys = ["factor", *(["side"] if "side" in table else [])]
    known = table[table["difference"].notna()]
    n_levels = known.groupby(keys)[by].transform("nunique").reindex(table.index)
    second = n_levels.eq(2) & known.groupby(keys).cumcount().reindex(table.index).eq(1)
    judged = add_verdicts(
        table.assign(p=table["p"].where(~second)),
        estimate="difference",
        margin=margin,
        adjust=adjust,
        conf_level=conf_level,
    ).assign(p=table["p"])
    for column in ("p_adjusted", "verdict"):
        first = judged[column].where(~second).groupby([table[key] for key in keys]).transform("first")
        judged[column] = judged[column].where(~second, first)
    return judged
