"""The first table of an article: means, standard deviations, reliability and correlations of scales."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import MIN_VALID
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.correlation.correlation import pairwise_correlation
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ScaleTable(Result):
    """Means, standard deviations, reliability and correlations of scales, as APA style shows them.

    Attributes
    ----------
    table : DataFrame
        factor, n (ratings with a score), mean, sd, share_dont_know (of all answers to its items), alpha, omega, and a
        column per scale with the correlations below the diagonal and alpha on it.
    r : DataFrame, scales x scales
        Pearson correlations of the scale scores, from the ratings that have both.
    n : DataFrame, scales x scales
        Ratings behind each correlation.
    within : bool
        Whether correlations are about the means of groups.
    of_items : bool
        Whether the "scales" are the columns of a frame, which have no reliability.
    """

    r: pd.DataFrame = field(default_factory=pd.DataFrame)
    n: pd.DataFrame = field(default_factory=pd.DataFrame)
    within: bool = False
    of_items: bool = False

    def _declare(self) -> Declaration:
        return Declaration(
            name="scales",
            caption=_("Means, standard deviations and correlations"),
            variable="factor",
            columns=(
                Column("factor", _("Scale"), key=True),
                Column("mean", _("Mean"), "score"),
                Column("sd", _("SD"), "score", optional=True),
                Column("n", _("Ratings"), "count"),
                Column("share_dont_know", _("Don't know"), "share", optional=True),
                *([] if self.of_items else [Column("omega", _("Omega"), "coefficient")]),
                *(Column(scale, str(number), "coefficient") for number, scale in enumerate(self.r.columns, 1)),
            ),
            figures={"correlations": self._correlations},
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        frame = self.to_frame()
        names = [self._called(str(scale)) for scale in frame["factor"]]
        frame["factor"] = [f"{place}. {name}" for place, name in enumerate(names, 1)]
        return frame

    def _notes(self) -> list[str]:
        least = format_value(self.n.to_numpy().min() if self.n.size else 0, "count")
        if self.of_items:
            notes = [_("Each correlation rests on the rows that answer both items, at least {n}.").format(n=least)]
        else:
            notes = [
                _("Alpha stands on the diagonal; correlations of scale scores rest on at least {n} ratings.").format(
                    n=least
                )
            ]
        if self.within:
            notes.append(_("Correlations of the scales are pooled within groups: about the mean of each."))
        return notes

    def _summary(self) -> list[str]:
        means = self.table.set_index("factor")["mean"].dropna()
        sentences = []
        if len(means):
            sentences.append(
                _("The means of the scales run from {low} ({lowest}) to {high} ({highest}).").format(
                    low=brief(means.min()),
                    lowest=self._called(str(means.idxmin())),
                    high=brief(means.max()),
                    highest=self._called(str(means.idxmax())),
                )
            )
        first, second = np.triu_indices(len(self.r), 1)
        r = self.r.to_numpy()[first, second]
        if not np.isfinite(r).any():
            return [*sentences, _("No correlation can be given.")]
        ends = [
            join_names([self._called(str(self.r.index[part[place]])) for part in (first, second)])
            for place in (int(np.nanargmin(r)), int(np.nanargmax(r)))
        ]
        sentences.append(
            _("The correlations of the scales run from {low} ({lowest}) to {high} ({highest}).").format(
                low=format_value(np.nanmin(r), "coefficient"),
                lowest=ends[0],
                high=format_value(np.nanmax(r), "coefficient"),
                highest=ends[1],
            )
        )
        return sentences

    def _methods(self) -> list[str]:
        if self.of_items:
            sentences = [_("Missing answers: each correlation uses the rows that answer both items.")]
        else:
            sentences = [
                _(
                    "The means and correlations are of scale scores: the mean of the answered items of a scale, where "
                    "at least {share} of them are answered."
                ).format(share=format_value(MIN_VALID, "share")),
                _(
                    "Reliability is Cronbach's raw alpha and McDonald's one-factor omega (McDonald, 1999), from all "
                    "ratings that answered a pair of items."
                ),
            ]
        return [*sentences, *(self._notes()[1:] if self.within else [])]

    def _correlations(self) -> Figure:
        labels = {str(scale): self._called(str(scale)) for scale in self.r.index}
        return Figure(plots.correlation_heatmap, self.r, labels=labels)


def scale_table(
    scores: pd.DataFrame,
    *,
    dont_know: pd.Series,
    reliability: pd.DataFrame | None = None,
    groups: np.ndarray | None = None,
    context: Context,
) -> ScaleTable:
    """Make the table from scores (ratings x scales) and, by scale, alpha and omega.

    Parameters
    ----------
    scores : DataFrame, ratings x scales
    dont_know : Series by scale
        The share of don't know.
    reliability : DataFrame, optional
        Indexed by scale: alpha, omega. Without it the columns are items.
    groups : ndarray, optional
        The group of each rating, for correlations about the means of groups.
    context : Context
        The answers that the scores are of.

    Returns
    -------
    ScaleTable
    """
    scales = [str(scale) for scale in scores]
    pairs = pairwise_correlation(scores.to_numpy(dtype=float), groups)
    shown = np.where(np.tri(len(scales), k=-1, dtype=bool), pairs.r, np.nan)
    if reliability is not None:
        np.fill_diagonal(shown, reliability["alpha"].reindex(scales).to_numpy())
    table = pd.DataFrame(
        {
            "factor": scales,
            "n": scores.notna().sum().to_numpy(),
            "mean": scores.mean().to_numpy(),
            "sd": scores.std(ddof=1).to_numpy(),
            "share_dont_know": dont_know.reindex(scales).to_numpy(),
            "alpha": np.nan if reliability is None else reliability["alpha"].reindex(scales).to_numpy(),
            "omega": np.nan if reliability is None else reliability["omega"].reindex(scales).to_numpy(),
        }
    )
    return ScaleTable(
        table=pd.concat([table, pd.DataFrame(shown, columns=scales)], axis=1),
        context=context,
        r=pd.DataFrame(pairs.r, scales, scales),
        n=pd.DataFrame(pairs.n, scales, scales),
        within=groups is not None,
        of_items=reliability is None,
    )
