"""Are these correlations fit for factor analysis? Kaiser-Meyer-Olkin measures and Bartlett's test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import kmo_band
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.factors.adequacy import adequacy_measures
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.factors.correlation import Correlation, correlate
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SamplingAdequacy(Result):
    """Sampling adequacy of a correlation matrix.

    Attributes
    ----------
    table : DataFrame
        One row per item: item, msa.
    kmo : float
        Of all items.
    msa : Series by item
        Of each item.
    bartlett_chi2, bartlett_df, bartlett_p : float
        The test that all correlations are 0.
    n_used : int
        Observations that Bartlett's test counts: with pairwise deletion the smallest number behind a correlation.
    dependent : tuple of str
        Items that determine each other, where the matrix is singular.
    """

    kmo: float
    msa: pd.Series
    bartlett_chi2: float
    bartlett_df: float
    bartlett_p: float
    n_used: int
    dependent: tuple[str, ...] = ()

    def _declare(self) -> Declaration:
        return Declaration(
            name="adequacy",
            caption=_("Sampling adequacy of the items"),
            variable="item",
            columns=(Column("item", _("Item"), key=True), Column("msa", _("Sampling adequacy"), "coefficient")),
            figures={"intervals": self._intervals},
            whole_study=True,
        )

    def _intervals(self) -> Figure:
        from hpp_analysis.plots.parts.alts import range_sentence, sentences
        from hpp_analysis.plots.parts.style import nothing_text

        labels = [self._called(str(item), "item") for item in self.msa.index]
        measures = self.msa.to_numpy()
        rows = pd.DataFrame({"label": labels, "estimate": measures, "ci_lower": np.nan, "ci_upper": np.nan})
        alt = nothing_text()
        if self.msa.notna().any():
            opening = _("Chart of the sampling adequacy of {count} items.").format(count=len(labels))
            alt = sentences(opening, range_sentence(labels, measures))
        return Figure(
            plots.intervals,
            rows,
            reference=0.5,
            limits=(0.0, 1.0),
            xlabel=_("Sampling adequacy"),
            unit_decimals=2,
            alt=alt,
        )

    def _why(self) -> str:
        if "singular" in self.flags:
            return _(
                "Not defined: the correlations are singular, as these items determine each other: {items}."
            ).format(items=join_names([self._called(item, "item") for item in self.dependent]))
        reasons = {
            "undefined_correlation": _("Not defined: some correlations are undefined."),
            "not_positive_definite": _("Not defined: the correlations are not positive definite."),
            "one_item": _("Not defined for fewer than two items."),
        }
        return next((text for flag, text in reasons.items() if flag in self.flags), "")

    def _notes(self) -> list[str]:
        if why := self._why():
            return [why]
        p = format_value(self.bartlett_p, "p")
        return [
            _("All items together: {kmo}. Bartlett's test: chi-square({df}) = {chi2}, p {p}, n = {n}.").format(
                kmo=format_value(self.kmo, "coefficient"),
                df=format_value(self.bartlett_df, "count"),
                chi2=format_value(self.bartlett_chi2, "score"),
                p=p if p.startswith("<") else f"= {p}",
                n=format_value(self.n_used, "count"),
            )
        ]

    def _summary(self) -> list[str]:
        words = {
            "marvelous": _("marvelous"),
            "meritorious": _("meritorious"),
            "middling": _("middling"),
            "mediocre": _("mediocre"),
            "miserable": _("miserable"),
            "unacceptable": _("unacceptable"),
        }
        band = kmo_band(self.kmo)
        if band == "undefined":
            return [self._why() or _("Sampling adequacy is not defined: nothing correlates.")]
        summary = [
            _("Sampling adequacy is {kmo}, in Kaiser's word {word}.").format(
                kmo=format_value(self.kmo, "coefficient"), word=words[band]
            )
        ]
        weak = [
            self._called(str(item), "item") for item, value in self.msa.items() if kmo_band(value) == "unacceptable"
        ]
        if weak:
            summary.append(_("Unacceptable by itself: {items}.").format(items=join_names(weak)))
        return summary

    def _methods(self) -> list[str]:
        return [
            _(
                "Sampling adequacy is the Kaiser-Meyer-Olkin measure (Kaiser & Rice, 1974), read with the words of "
                "Kaiser (1974); Bartlett's (1951) test asks whether all correlations are 0."
            )
        ]


@checked
def adequacy(data: Survey | pd.DataFrame | Correlation, *, n_obs: int | None = None) -> SamplingAdequacy:
    """Measure whether items are fit for factor analysis.

    Parameters
    ----------
    data : Survey, DataFrame or Correlation
        Answers (correlated by `correlate`'s defaults), a `Correlation`, or with `n_obs` a square correlation matrix.
    n_obs : int, optional
        The observations behind a correlation matrix.

    Returns
    -------
    SamplingAdequacy
        NaN with a reason where the matrix is singular or undefined.

    Raises
    ------
    OptionError
        When `n_obs` is given and the frame is no correlation matrix.

    References
    ----------
    Kaiser & Rice (1974), doi:10.1177/001316447403400115; Kaiser (1974), doi:10.1007/BF02291575; Bartlett (1951),
    doi:10.1093/biomet/38.3-4.337

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> found = adequacy(simulate_study(seed=1).survey["openness"])
    >>> found.kmo > .8, found.bartlett_df
    (True, 28.0)
    """
    if n_obs is not None:
        if isinstance(data, Survey | Correlation) or not _is_correlation(data):
            raise OptionError(
                "With `n_obs` the data must be a square, symmetric correlation matrix with a unit diagonal. "
                f"Given: {type(data).__name__} of {getattr(data, 'shape', '')}. Leave `n_obs` out for answers."
            )
        r, n, names, context = data.to_numpy(dtype=float), int(n_obs), [str(name) for name in data.columns], Context()
    else:
        found = data if isinstance(data, Correlation) else correlate(data)
        r, n, names, context = found.r.to_numpy(), found.n_used, list(found.r.columns), found.context
    measures = adequacy_measures(r, n)
    return SamplingAdequacy(
        table=pd.DataFrame({"item": names, "msa": measures.msa}),
        context=context,
        flags=measures.flags,
        kmo=measures.kmo,
        msa=pd.Series(measures.msa, names),
        bartlett_chi2=measures.chi2,
        bartlett_df=measures.df,
        bartlett_p=measures.p,
        n_used=n,
        dependent=tuple(names[item] for item in measures.dependent),
    )


def _is_correlation(frame: pd.DataFrame) -> bool:
    if frame.ndim != 2 or frame.shape[0] != frame.shape[1]:
        return False
    values = frame.to_numpy(dtype=float)
    return bool(np.allclose(np.diag(values), 1.0, equal_nan=True) and np.allclose(values, values.T, equal_nan=True))
