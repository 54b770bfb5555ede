"""Do items have a floor or a ceiling? The shares of answers at the lowest and the highest point of the scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import skew

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import END_SHARE
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_MOST_NAMES = 5


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ScaleEnds(Result):
    """Shares of answers at the ends of the scale.

    Attributes
    ----------
    table : DataFrame
        item, in the order of the questionnaire, n (answers), share_lowest and share_highest (of the answers, as they were given),
        skewness (positive: a tail of high answers) and finding ("floor", "ceiling", "both" or "").
    """

    def _declare(self) -> Declaration:
        return Declaration(
            name="scale_ends",
            caption=_("Answers at the ends of the scale"),
            variable="item",
            columns=(
                Column("item", _("Item"), key=True),
                Column("n", _("Answers"), "count"),
                Column("share_lowest", _("Lowest answer"), "share"),
                Column("share_highest", _("Highest answer"), "share"),
                Column("skewness", _("Skewness"), "coefficient"),
                Column("finding", _("Finding")),
            ),
            figures={"bars": self._bars},
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        labels = {"floor": _("floor"), "ceiling": _("ceiling"), "both": _("floor and ceiling"), "": None}
        frame = super()._labelled()
        return frame.assign(finding=[labels[finding] for finding in self.table["finding"]])

    def _notes(self) -> list[str]:
        note = _("Floor, ceiling: more than {share} of the answers at that end (Terwee et al., 2007).")
        return [note.format(share=format_value(END_SHARE, "share"))]

    def _summary(self) -> list[str]:
        sentences = []
        for finding, message in (
            ("ceiling", _("At the highest point stand more than {share} of the answers to {items}.")),
            ("floor", _("At the lowest point stand more than {share} of the answers to {items}.")),
        ):
            items = self.table.loc[self.table["finding"].isin([finding, "both"]), "item"]
            if len(items):
                names = [self._called(str(item)) for item in items]
                if len(names) > _MOST_NAMES:
                    more = _("{n} more").format(n=format_value(len(names) - _MOST_NAMES, "count"))
                    names = [*names[:_MOST_NAMES], more]
                sentences.append(message.format(share=format_value(END_SHARE, "share"), items=join_names(names)))
        return sentences or [_("No item has a floor or a ceiling.")]

    def _methods(self) -> list[str]:
        sentence = _(
            "An item was taken to have a floor or a ceiling where more than {share} of the answers stood at that end of the scale "
            "(Terwee et al., 2007)."
        )
        return [sentence.format(share=format_value(END_SHARE, "share"))]

    def _bars(self) -> Figure:
        most = self.table.sort_values("share_highest", ascending=False, kind="stable").head(20)
        names = [self._called(str(item)) for item in most["item"]]
        rows = pd.DataFrame({"label": names, "n": (most["share_highest"] * most["n"]).round()})
        return Figure(plots.bars, rows, xlabel=_("Highest answer"))


@checked
def check_scale_ends(data: Survey) -> ScaleEnds:
    """Count the answers at the ends of the scale.

    Parameters
    ----------
    data : Survey

    Returns
    -------
    ScaleEnds

    References
    ----------
    Terwee et al. (2007), doi:10.1016/j.jclinepi.2006.03.012

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> ends = check_scale_ends(simulate_study(seed=1).survey)
    >>> bool(ends.to_frame()["share_highest"].max() < 0.5)
    True
    """
    low, high = data.instrument.scale.min, data.instrument.scale.max
    turned = {item.id for item in data.instrument.items if item.reverse}
    rows = []
    for item in data.items:
        given = data.items[item].dropna().to_numpy(dtype=float)
        given = low + high - given if item in turned else given
        floor, ceiling = (float(np.mean(given == end)) if len(given) else np.nan for end in (low, high))
        found = [name for name, share in (("floor", floor), ("ceiling", ceiling)) if share > END_SHARE]
        varies = len(given) > 2 and np.ptp(given) > 0
        rows.append(
            {
                "item": item, "n": len(given), "share_lowest": floor, "share_highest": ceiling,
                "skewness": float(skew(given)) if varies else np.nan, "finding": "both" if len(found) > 1 else "".join(found),
            }
        )  # fmt: skip
    return ScaleEnds(table=pd.DataFrame(rows), context=Context.of(data))
