"""How does a group compare with everybody? The means of one report, with those of all answers beside them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.description import Description
from hpp_analysis.answers.scores import Scores
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import shared_threshold
from hpp_analysis.common.result import Result
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.options import checked
from hpp_analysis.texts import gettext as _

_KEPT = ("mean", "n_persons", "state", "why", "coarse", "end")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class WithTotal(Result):
    """The means of a report, and beside them those of all answers that may be told.

    Attributes
    ----------
    table : DataFrame
        factor, for characteristics item, the grouping columns; mean, n_persons and, of factors, the interval of the report;
        total and n_persons_total of everybody.
    groups : tuple of str
        The respondent columns whose combinations have a mean each.
    of_items : bool
        Whether a row is a characteristic, else a factor.
    own : tuple of (str, str)
        The column that makes the reports, and the value of it that this report is about.
    threshold : float, optional
        The line that the factors share, if they do.
    scale_range : tuple of float
        The ends of the answer scale.
    outcomes : tuple of str
        Scales that figures leave out, as those of the report do.
    """

    groups: tuple[str, ...] = ()
    of_items: bool = False
    own: tuple[str, str] = ("", "")
    threshold: float | None = None
    scale_range: tuple[float, float] = (1, 10)
    outcomes: tuple[str, ...] = ()

    def _declare(self) -> Declaration:
        headings = {"side": _("Side"), "wave": _("Wave"), "partnership": _("Partnership")}
        keys = [Column("item", _("Characteristic"), key=True)] if self.of_items else []
        return Declaration(
            name="characteristics_total" if self.of_items else "scores_total",
            caption=_("Mean per characteristic, with the total beside it")
            if self.of_items
            else _("Factor scores, with the total beside them"),
            variable="item" if self.of_items else "factor",
            groups=self.groups,
            composed=True,
            columns=(
                Column("factor", _("Factor"), key=True),
                *keys,
                *(Column(group, headings.get(group, ""), key=True) for group in self.groups),
                Column("mean", self._own_name(), "score", reveals="mean"),
                Column("ci_lower", upper="ci_upper"),
                Column("n_persons", _("Persons"), "count"),
                Column("total", _("Total"), "score"),
                Column("n_persons_total", _("Persons in total"), "count"),
            ),
            figures={"dumbbell": self._dumbbell} if self.of_items else {"profile": self._profile},
        )

    def _own_name(self) -> str:
        """What the report is about, as its title says."""
        column, value = self.own
        return self._called(value, column)

    def _notes(self) -> list[str]:
        return [_("Total: everybody who answered, whichever report they belong to.")]

    def _summary(self) -> list[str]:
        known = self.table.dropna(subset=["mean", "total"])
        known = known[~known["end"].astype(bool)]
        if known.empty:
            return [self._nothing_said(_("Nothing can be compared with the total, to protect small groups."))]
        words = [
            _("{name}: {mean}, in total {total}").format(
                name=self._named(row), mean=brief(row["mean"]), total=brief(row["total"])
            )
            for _place, row in known.iterrows()
        ]
        return [f"{'; '.join(words)}."] if not self.of_items else []

    def _methods(self) -> list[str]:
        return [
            _(
                "The total is computed from the same cleared answers as the reports: groups of five to nine persons count with "
                "their rounded mean, smaller ones not at all. It is described, not tested: who belongs to the report belongs to "
                "the total too."
            )
        ]

    def _named(self, row: pd.Series) -> str:
        whose = [self._called(str(row[group]), group) for group in self.groups]
        return ", ".join([self._called(str(row["item" if self.of_items else "factor"])), *whose])

    def _long(self) -> pd.DataFrame:
        """One row for each mean: of the report, then of everybody."""
        rows = self.table[~self.table["factor"].isin(self.outcomes)]
        parts = []
        for column, name in (("mean", self._own_name()), ("total", _("Total"))):
            series = [
                ", ".join([name, *(self._called(str(row[group]), group) for group in self.groups)])
                for _place, row in rows.iterrows()
            ]
            label = [self._called(str(one)) for one in rows["item" if self.of_items else "factor"]]
            group = [self._called(str(one)) for one in rows["factor"]]
            part = pd.DataFrame({"group": group, "label": label, "series": series, "mean": rows[column].to_numpy()})
            ends = ("ci_lower", "ci_upper") if column == "mean" else ()
            parts.append(part.assign(**{end: rows[end].to_numpy() for end in ends if end in rows}))
        return pd.concat(parts, ignore_index=True)

    def _profile(self) -> Figure:
        rows = self._long().drop(columns="group")
        return Figure(plots.profile, rows, threshold=self.threshold, limits=self.scale_range, width=plots.NARROW)

    def _dumbbell(self) -> Figure:
        return Figure(
            plots.dumbbell, self._long(), threshold=self.threshold, limits=self.scale_range, width=plots.NARROW
        )


@checked
def add_total(own: Scores | Description, total: Scores | Description) -> WithTotal:
    """Set the means of a report beside those of everybody.

    Parameters
    ----------
    own : Scores or Description
        Of one report, published.
    total : Scores or Description
        The same of all answers of the wave, published with a plan that covers it (`plan_disclosure(..., total=True)`).

    Returns
    -------
    WithTotal

    Raises
    ------
    DisclosureError
        When one of them is not published: the total of all answers would betray what a small group's report withholds.

    Examples
    --------
    >>> from hpp_analysis import plan_disclosure, publish, score_scales, simulate_study
    >>> survey = simulate_study(clients=["A", "B"], seed=1).survey
    >>> cells = plan_disclosure(survey, total=True)
    >>> own, everybody = (publish(score_scales(one), cells) for one in (survey.where(client="A"), survey))
    >>> add_total(own, everybody).to_frame().columns.tolist()[-6:-4]
    ['total', 'n_persons_total']
    """
    if type(own) is not type(total) or own.groups != total.groups:
        raise OptionError(
            f"`total` must be the same result as `own`, of all answers. Given: {total.declaration().name!r} by "
            f"{total.groups or 'nothing'} beside {own.declaration().name!r} by {own.groups or 'nothing'}. Make both with "
            "one function and the same options."
        )
    for name, result in (("own", own), ("total", total)):
        if not result.published:
            raise DisclosureError(
                f"`{name}` must be a published result. Given: {result.declaration().name!r}, not published. Pass it through "
                "`publish` first."
            )
    of_report, of_all = own.context.selection, total.context.selection
    beyond = [one for one in of_report.items() if one not in of_all.items()]
    if len(beyond) != 1 or not of_all.items() <= of_report.items():
        raise OptionError(
            f"`own` must be of one report, and `total` of all answers of its wave. Given: {of_report or 'all answers'} beside "
            f"{of_all or 'all answers'}. Select the report with `Survey.where`, by one column."
        )
    of_items = isinstance(own, Description)
    variable = "item" if of_items else "factor"
    keys = list(dict.fromkeys(["factor", variable, *own.groups]))
    everybody = total.table[[*keys, *_KEPT]].set_index(keys)
    rows = everybody.reindex(pd.MultiIndex.from_frame(own.table[keys]) if len(keys) > 1 else own.table[keys[0]])
    intervals = ["ci_lower", "ci_upper"] if not of_items else []
    table = own.table[[*keys, "mean", *intervals, "n_persons"]].assign(
        total=rows["mean"].to_numpy(dtype=float),
        n_persons_total=rows["n_persons"].to_numpy(dtype=float),
        state=own.table["state"],
        why=own.table["why"],
        coarse=own.table["coarse"].to_numpy(dtype=bool) | rows["coarse"].eq(True).to_numpy(),
        end=own.table["end"].to_numpy() + rows["end"].fillna("").str.replace("mean=", "total=").to_numpy(),
    )
    return WithTotal(
        table=table,
        groups=own.groups,
        of_items=of_items,
        own=beyond[0],
        threshold=own.threshold if isinstance(own, Description) else shared_threshold(own.table["threshold"]),
        scale_range=own.scale_range or (1, 10),
        outcomes=own.outcomes if isinstance(own, Description) else _without_line(own.table),
        published=True,
        context=own.context,
        flags=total.flags,
    )


def _without_line(table: pd.DataFrame) -> tuple[str, ...]:
    """The scales without a threshold, where others have one."""
    without = table["threshold"].isna()
    return () if without.all() else tuple(dict.fromkeys(table.loc[without, "factor"].astype(str)))
