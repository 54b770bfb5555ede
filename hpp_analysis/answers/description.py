"""What was answered? Per characteristic: how many answered, how high, how spread, and how often 'don't know'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.answers.scale_table import ScaleTable, scale_table
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import answers_of, groups_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.design import group_columns, in_order, names_of
from hpp_analysis.common.means import group_means
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.weighing import of_a_mean, of_everybody
from hpp_analysis.core.correlation.correlation import pairwise_covariance
from hpp_analysis.core.reliability.alpha import cronbach_alpha
from hpp_analysis.core.reliability.omega import congeneric_omega
from hpp_analysis.display.blocks import Block
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import Weight, checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OFTEN = 0.10
"""A share of don't know worth a sentence; up to 15 % is common in partnership surveys."""


_KEYS: tuple[Column, ...] = (Column("factor", N_("Factor")), Column("item", N_("Characteristic")))
_NUMBERS: tuple[Column, ...] = (
    Column("mean", N_("Mean"), "score"),
    Column("sd", N_("SD"), "score"),
    Column("n", N_("Answers"), "count"),
    Column("share_dont_know", N_("Don't know"), "share"),
    Column("share_skipped", N_("Skipped"), "share"),
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Description(Result):
    """Items described.

    Attributes
    ----------
    weight : str
        As given to `describe`.
    outcomes : tuple of str
        Factors that are outcomes: their items are described, but are no characteristics.
    scale_range : tuple of int
        The ends of the answer scale.
    threshold : float, optional
        The line that the factors share, if they do.
    one_sided : bool
        Whether the answers do not tell two sides apart.
    scales : ScaleTable, optional
        The first table of an article: M, SD, n, don't know, and the correlations of the scales with alpha on the
        diagonal and omega beside it (of a plain frame: of its columns). For whoever analyses the study: not made with
        the weight "organisation", and never published.
    """

    weight: Weight = "respondent"
    outcomes: tuple[str, ...] = ()
    scale_range: tuple[int, int] | None = None
    threshold: float | None = None
    one_sided: bool = False
    scales: ScaleTable | None = None

    groups: tuple[str, ...] = ()

    name: ClassVar[str] = "description"
    variable: ClassVar[str] = "item"
    reveals: ClassVar[Mapping[str, Reveals]] = {
        "n": "size",
        "n_persons": "size",
        "mean": "mean",
        "sd": "spread",
        "min": "spread",
        "max": "spread",
        "share_dont_know": "share",
        "share_skipped": "share",
    }
    fixed: ClassVar[tuple[str, ...]] = ("weight", "outcomes", "scale_range", "threshold", "one_sided", "groups")

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row."""
        return ("factor", "item", *self.groups)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The figures: dots, or where partnerships are described apart, shaded cells."""
        return ("heatmap",) if "partnership" in self.groups else ("dots",)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see."""
        heads = {"partnership": N_("Partnership"), "side": N_("Side"), "wave": N_("Wave")}
        apart = (Column(group, heads.get(group, group), translate=group in heads) for group in self.groups)
        return (*_KEYS, *apart, *_NUMBERS)

    def to_frame(self) -> pd.DataFrame:
        """One row per item.

        Returns
        -------
        DataFrame
            factor (empty for a plain frame), item, (the columns of `by`,) n (answers), mean, sd, min, max, share_dont_know (NaN where the
            questionnaire does not offer it), share_skipped (of all ratings) and, of a survey, n_persons (who answered).
        """
        return super().to_frame()

    def _all_tables(self) -> list[Block]:
        return [self._table_block(), *([] if self.scales is None else self.scales._all_tables())]

    def _caption(self) -> str:
        if "partnership" in self.groups:
            return _("Mean per characteristic and partnership")
        return _("Mean per characteristic")

    def _notes(self) -> list[str]:
        if "partnership" in self.groups:
            return []
        if self.weight == "organisation":
            if self.one_sided:
                return of_a_mean(partnerships=self.context.by_partnership, sides=False)
            return of_everybody(partnerships=self.context.by_partnership)
        if not self.context.by_partnership:
            return [_("Means over all persons who answered.")]
        return [_("Means over all ratings; each rating counts equally.")]

    def _notes_under(self, kind: str) -> list[str]:
        notes = self._notes()
        if kind == "heatmap" and self.table["mean"].isna().any():
            notes.append(_("Hatched: withheld, or not answered."))
        return notes

    def _summary(self) -> list[str]:
        told = self.table[~self.table["factor"].isin(self.outcomes)].dropna(subset=["mean"])
        if told.empty:
            return [self._nothing_said(_("All characteristics are withheld to protect small groups."))]
        high, low = told.loc[told["mean"].idxmax()], told.loc[told["mean"].idxmin()]
        said = [
            _("The means of the characteristics run from {low} ({lowest}) to {high} ({highest}).").format(
                low=brief(low["mean"]), lowest=self._named(low), high=brief(high["mean"]), highest=self._named(high)
            )
        ]
        if self.groups:
            return said
        unknown = told[told["share_dont_know"] >= _OFTEN].sort_values("share_dont_know", ascending=False)
        if len(unknown):
            names = [
                _("{name} ({share})").format(
                    name=self._called(row.item), share=format_value(row.share_dont_know, "share")
                )
                for row in unknown.itertuples()
            ]
            said.append(_("'Don't know' was chosen often for {names}.").format(names=join_names(names)))
        return said

    def _methods(self) -> list[str]:
        if not self.context.by_partnership:
            return [
                _("Means and standard deviations (divisor n - 1) are over the persons who answered a characteristic.")
                if self.weight == "respondent" or self.one_sided
                else _(
                    "The mean of a characteristic is the mean over the sides, each counting equally; its standard deviation "
                    "is that of persons within sides."
                ),
                _("The shares of 'don't know' and 'skipped' are of all persons. Missing answers were not filled in."),
            ]
        if self.weight == "respondent":
            means = _(
                "Means and standard deviations (divisor n - 1) are over the ratings that answered a characteristic."
            )
        elif self.one_sided:
            means = _(
                "The mean of a characteristic is the mean over partnerships, each counting equally; its standard deviation "
                "is that of persons within partnerships."
            )
        else:
            means = _(
                "The mean of a characteristic is the mean over partnerships and sides, each counting equally; its "
                "standard deviation is that of persons within partnerships and sides."
            )
        return [
            means,
            _("The shares of 'don't know' and 'skipped' are of all ratings. Missing answers were not filled in."),
        ]

    def _named(self, row: pd.Series) -> str:
        """A characteristic, and whose mean of it."""
        whose = [self._called(str(row[group]), group) for group in self.groups]
        return ", ".join([self._called(row["item"]), *whose])

    def _rows_in(self, kind: str) -> pd.DataFrame:
        return self.table[~self.table["factor"].isin(self.outcomes)] if kind == "heatmap" else self.table

    def _cells_drawn(self) -> pd.DataFrame:
        """The characteristics by partnership and side; what is asked about the outcome is none of them."""
        rows = self._rows_in("heatmap")
        return pd.DataFrame(
            {
                "group": [self._called(str(factor)) for factor in rows["factor"]],
                "label": [self._called(str(item)) for item in rows["item"]],
                "partner": [self._called(str(place), "partnership") for place in rows["partnership"]],
                "series": [self._called(str(side), "side") for side in rows["side"]] if "side" in rows else "",
                "mean": rows["mean"].to_numpy(),
            }
        )

    def _drawn(self) -> pd.DataFrame:
        return self.table.assign(
            group=[self._called(str(factor)) for factor in self.table["factor"]],
            label=[self._called(str(item)) for item in self.table["item"]],
        )[["group", "label", "mean", "share_dont_know"]]

    def _limits(self) -> tuple[float, float]:
        """The ends of the scale; of a plain frame, the range of its answers."""
        if self.scale_range is not None:
            return self.scale_range
        low, high = self.table["min"].min(), self.table["max"].max()
        return (float(low), float(high)) if low < high else (float(np.nan_to_num(low)), float(np.nan_to_num(low)) + 1)

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        if kind == "heatmap":
            from hpp_analysis.plots import partner_heatmap

            return partner_heatmap(self._cells_drawn(), limits=self._limits(), ax=ax)
        from hpp_analysis.plots import dots
        from hpp_analysis.plots.parts.style import NARROW

        return dots(self._drawn(), threshold=self.threshold, limits=self._limits(), width=NARROW, ax=ax)

    def _alt(self, kind: str) -> str:
        if kind == "heatmap":
            from hpp_analysis.plots import partner_heatmap_alt

            return partner_heatmap_alt(self._cells_drawn(), limits=self._limits())
        from hpp_analysis.plots import dots_alt

        return dots_alt(self._drawn(), threshold=self.threshold, limits=self._limits())


@publishable
@checked
def describe(
    data: Survey | pd.DataFrame,
    *,
    by: str | Sequence[str] = (),
    weight: Weight = "respondent",
    within: str | pd.Series | None = None,
) -> Description:
    """Describe the answers to each item, and the scales: M, SD, n, don't know, reliability and correlations.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, of which the items of the factors and outcomes are described, or answers (respondents x items).
    by : str or sequence of str
        Respondent columns of the survey whose combinations are described apart. The scales are then not described.
    weight : {"respondent", "organisation"}
        Whether each rating counts equally (the plain mean and SD of the column), or each partnership and side, as in
        the scores that a report shows; the SD is then that within partnerships and sides.
    within : str or Series, optional
        A grouping (a respondent column of the survey, or a column of the frame, which then is not described):
        correlations of the scales about the means of each group.

    Returns
    -------
    Description

    Examples
    --------
    >>> import pandas as pd
    >>> describe(pd.DataFrame({"a": [6, 8, None], "b": [7, 9, 8]})).to_frame()[["item", "n", "mean"]]
      item  n  mean
    0    a  2   7.0
    1    b  3   8.0
    """
    groups, taken = (None, []) if within is None else groups_of(data, within)
    if isinstance(data, pd.DataFrame):
        for option, value, default in (("by", by, ()), ("weight", weight, "respondent")):
            if value != default:
                raise OptionError(
                    f"`{option}` must be left out for a DataFrame: only a Survey knows who answered. Given: {value!r}. "
                    "Read the answers with read_survey(), or leave it out."
                )
        items = answers_of(data.drop(columns=taken))
        reasons = pd.DataFrame(np.where(items.notna(), "answered", "skipped"), items.index, items.columns)
        table = _counted(items, reasons, {}).assign(mean=items.mean().to_numpy(), sd=items.std(ddof=1).to_numpy())
        unknown = pd.Series(0.0, [str(item) for item in items])
        return Description(
            context=Context(by_partnership=False),
            table=table,
            weight=weight,
            scales=scale_table(items, dont_know=unknown, groups=groups),
        )
    survey = data
    factors = {item.id: item.factor for item in survey.instrument.items}
    apart = group_columns(survey, by)
    means, flags, pooled = group_means(survey, survey.items, apart, weight=weight, conf_level=0.95)
    counted = _counted_apart(survey, factors, apart)
    means = means.rename(columns={"variable": "item"})[["item", *apart, "mean", "sd", "n_persons"]]
    table = counted.merge(means, on=["item", *apart], how="left")
    if survey.instrument.scale.dont_know is None:
        table["share_dont_know"] = np.nan
    return Description(
        context=Context.of(survey, pooled=pooled),
        table=table,
        groups=apart,
        flags=flags,
        weight=weight,
        outcomes=tuple(outcome.id for outcome in survey.instrument.outcomes),
        scale_range=(survey.instrument.scale.min, survey.instrument.scale.max),
        threshold=survey.instrument.threshold,
        one_sided="side" not in survey.respondents,
        scales=_scales(survey, groups) if weight == "respondent" and not apart else None,
    )


def _scales(survey: Survey, groups: np.ndarray | None) -> ScaleTable:
    scores = scale_values(survey)
    unknown = survey.reasons == "dont_know"
    shares = {scale: float(unknown[survey[scale].columns].to_numpy().mean()) for scale in scores}
    parts = {scale: list(survey[scale].columns) for scale in scores}
    return scale_table(
        scores,
        dont_know=pd.Series(shares, dtype=float),
        reliability=_alpha_and_omega(survey.items, parts),
        groups=groups,
        names=names_of(survey),
        selection=survey.selection,
    )


def _alpha_and_omega(items: pd.DataFrame, scales: dict[str, list[str]]) -> pd.DataFrame:
    covariances = {
        scale: pairwise_covariance(items[columns].to_numpy(dtype=float)).covariance for scale, columns in scales.items()
    }
    return pd.DataFrame(
        {
            "alpha": {scale: cronbach_alpha(covariance) for scale, covariance in covariances.items()},
            "omega": {scale: congeneric_omega(covariance).omega for scale, covariance in covariances.items()},
        }
    )


def _counted_apart(survey: Survey, factors: dict[str, str], apart: tuple[str, ...]) -> pd.DataFrame:
    """What is counted, for each combination of the columns `apart`: by item, then by group in the order of scores."""
    if not apart:
        return _counted(survey.items, survey.reasons, factors)
    keys = survey.respondents[list(apart)].astype(str)
    found = []
    for key in in_order(keys.drop_duplicates(), survey, list(apart)).itertuples(index=False, name=None):
        mask = keys.eq(list(key)).all(axis=1)
        one = _counted(survey.items[mask], survey.reasons[mask], factors)
        found.append(one.assign(**dict(zip(apart, key, strict=True)), place=range(len(one))))
    table = pd.concat(found).sort_values("place", kind="stable", ignore_index=True)
    return table.drop(columns="place")[["factor", "item", *apart, *table.columns[2 : -1 - len(apart)]]]


def _counted(items: pd.DataFrame, reasons: pd.DataFrame, factors: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "factor": [factors.get(str(item), "") for item in items],
            "item": [str(item) for item in items],
            "n": items.notna().sum().to_numpy(),
            "min": items.min().to_numpy(),
            "max": items.max().to_numpy(),
            "share_dont_know": (reasons == "dont_know").mean().to_numpy(),
            "share_skipped": (reasons == "skipped").mean().to_numpy(),
        }
    )
