"""Do the items of a factor belong together, and are the factors distinct? Convergent and discriminant validity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import AVE_ENOUGH, CR_ENOUGH, HTMT_CUTOFF, ONE_FACTOR_SHARE
from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.sem.validity import average_variance_extracted, composite_reliability, first_component_share
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import CFA
from hpp_analysis.models.sentences import left_out_sentences
from hpp_analysis.models.validity_parts import (
    factor_correlations,
    factor_pairs,
    factors_of,
    standardised_loadings,
    standardised_residuals,
)
from hpp_analysis.options import checked, in_range
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Validity(StudyResult):
    """Convergent and discriminant validity of the factors of a model.

    Attributes
    ----------
    pairs : DataFrame
        One row per pair of factors: factor, other, correlation (of the factors, in the model), htmt, htmt_ci_lower,
        htmt_ci_upper, htmt2, htmt2_ci_lower, htmt2_ci_upper, verdict ("distinct", "not_distinct", "unclear",
        "undefined": HTMT2's interval against .90).
    htmt, htmt2 : DataFrame
        Factors x factors.
    fornell_larcker : DataFrame
        Correlations of the factors, and on the diagonal the root of their AVE: larger than the correlations beside it
        where factors are distinct.
    one_factor_share : float
        Share of the variance that the first unrotated component takes (Harman's check of a common way of answering).
    n_boot : int
    conf_level : float
    n_used : int
    """

    pairs: pd.DataFrame
    htmt: pd.DataFrame
    htmt2: pd.DataFrame
    fornell_larcker: pd.DataFrame
    one_factor_share: float
    n_boot: int
    conf_level: float
    n_used: int

    name: ClassVar[str] = "validity"
    keys: ClassVar[tuple[str, ...]] = ("factor",)
    variable: ClassVar[str] = "factor"
    kinds: ClassVar[tuple[str, ...]] = ("htmt",)
    tables: ClassVar[tuple[str, ...]] = ("pairs",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("factor", N_("Factor")),
        Column("n_items", N_("Characteristics"), "count"),
        Column("ave", N_("AVE"), "coefficient"),
        Column("cr", N_("CR"), "coefficient"),
        Column("ave_root", N_("√AVE"), "coefficient"),
        Column("largest_correlation", N_("Largest correlation"), "coefficient"),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per factor.

        Returns
        -------
        DataFrame
            factor, n_items, ave, cr (both from standardised loadings), ave_root, largest_correlation (with another
            factor), fornell_larcker (whether the root of the AVE is larger than that).
        """
        return super().to_frame()

    @property
    def ave(self) -> pd.Series:
        """Average variance extracted by factor."""
        return self.table.set_index("factor")["ave"]

    @property
    def cr(self) -> pd.Series:
        """Composite reliability by factor."""
        return self.table.set_index("factor")["cr"]

    def _caption(self) -> str:
        return _("Convergent and discriminant validity")

    def _notes(self) -> list[str]:
        return [
            _("AVE: average variance extracted, {ave} or more; CR: composite reliability, {cr} or more.").format(
                ave=format_value(AVE_ENOUGH, "coefficient"), cr=format_value(CR_ENOUGH, "coefficient")
            ),
            _("Factors are distinct where the root of their AVE exceeds their correlations (Fornell & Larcker)."),
            *left_out_sentences(self.flags),
        ]

    def _notes_under(self, kind: str) -> list[str]:  # noqa: ARG002
        return [
            _("HTMT2 with {level} bootstrap intervals; the dashed line marks {cutoff}.").format(
                level=format_value(self.conf_level, "share"), cutoff=format_value(HTMT_CUTOFF, "coefficient")
            )
        ]

    def _summary(self) -> list[str]:
        said = []
        weak = [self._called(str(row.factor)) for row in self.table.itertuples() if row.ave < AVE_ENOUGH]
        said.append(
            _("The items of these factors share less than half of their variance: {factors}.").format(
                factors=join_names(weak)
            )
            if weak
            else _("The items of every factor share at least half of their variance.")
        )
        sentences = {
            "not_distinct": _("Not distinct (HTMT2 above {cutoff}): {pairs}."),
            "unclear": _("It cannot be told whether these are distinct (HTMT2 around {cutoff}): {pairs}."),
            "distinct": _("Distinct (HTMT2 below {cutoff}): {pairs}."),
        }
        for verdict, sentence in sentences.items():
            rows = self.pairs[self.pairs["verdict"] == verdict]
            if len(rows):
                pairs = "; ".join(self._pair(row.factor, row.other) for row in rows.itertuples())
                said.append(sentence.format(cutoff=format_value(HTMT_CUTOFF, "coefficient"), pairs=pairs))
        if self.one_factor_share == self.one_factor_share:
            share = format_value(self.one_factor_share, "share")
            said.append(
                _("One component takes {share} of the variance: less than half.").format(share=share)
                if self.one_factor_share < ONE_FACTOR_SHARE
                else _(
                    "One component takes {share} of the variance: a common way of answering cannot be ruled out."
                ).format(share=share)
            )
        return said

    def _pair(self, one: object, other: object) -> str:
        return f"{self._called(str(one))} – {self._called(str(other))}"

    def _methods(self) -> list[str]:
        return [
            _(
                "Convergent validity is judged by the average variance extracted and composite reliability from standardised "
                "loadings (Fornell & Larcker, 1981). Discriminant validity is judged by the Fornell-Larcker criterion and by "
                "heterotrait-monotrait ratios of correlations, HTMT (Henseler, Ringle & Sarstedt, 2015) and HTMT2 (Roemer, "
                "Schuberth & Henseler, 2021), with {level} percentile intervals from {n} bootstrap samples against {cutoff}. "
                "Harman's check is the share of the first unrotated component (Podsakoff et al., 2003)."
            ).format(
                level=format_value(self.conf_level, "share"),
                n=format_value(self.n_boot, "count"),
                cutoff=format_value(HTMT_CUTOFF, "coefficient"),
            ),
            *left_out_sentences(self.flags),
        ]

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:  # noqa: ARG002
        verdicts = {
            "distinct": _("distinct"),
            "not_distinct": _("not distinct"),
            "unclear": _("cannot tell"),
            "undefined": _("undefined"),
        }
        frame = self.pairs.assign(
            pair=[self._pair(row.factor, row.other) for row in self.pairs.itertuples()],
            said=[verdicts[verdict] for verdict in self.pairs["verdict"]],
        )
        columns = (
            Column("pair", N_("Factors")),
            Column("correlation", N_("Correlation"), "coefficient"),
            Column("htmt", N_("HTMT"), "coefficient"),
            Column("htmt_ci_lower", N_("Interval"), "coefficient", upper="htmt_ci_upper"),
            Column("htmt2", N_("HTMT2"), "coefficient"),
            Column("htmt2_ci_lower", N_("Interval"), "coefficient", upper="htmt2_ci_upper"),
            Column("said", N_("Verdict")),
        )
        return frame, columns, _("Are the factors distinct?")

    def _drawn(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "label": [self._pair(row.factor, row.other) for row in self.pairs.itertuples()],
                "estimate": self.pairs["htmt2"],
                "ci_lower": self.pairs["htmt2_ci_lower"],
                "ci_upper": self.pairs["htmt2_ci_upper"],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import intervals

        drawn = self._drawn()
        high = float(np.nanmax(np.append(drawn["ci_upper"], 1.0)))
        return intervals(
            drawn,
            reference=HTMT_CUTOFF,
            limits=(0.0, float(np.ceil(high * 10) / 10)),
            xlabel=_("HTMT2"),
            unit_decimals=2,
            ax=ax,
        )

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import intervals_alt

        return intervals_alt(self._drawn(), reference=HTMT_CUTOFF, unit_decimals=2)


@checked
def convergent_validity(cfa: CFA, *, n_boot: int = 1000, conf_level: float = 0.95, seed: int = 0) -> Validity:
    """Judge convergent and discriminant validity of a fitted factor model.

    Parameters
    ----------
    cfa : CFA
        Of one group. Second-order factors have an AVE and a CR of the factors that measure them; ratios of correlations
        (HTMT) exist for factors with items of their own only.
    n_boot : int
        Bootstrap samples of respondents (of clusters, where the model has them). Without the answers there are no
        intervals.
    conf_level : float
    seed : int

    Returns
    -------
    Validity

    Raises
    ------
    OptionError
        A model of several groups.

    References
    ----------
    Fornell & Larcker (1981), doi:10.1177/002224378101800104; Henseler, Ringle & Sarstedt (2015),
    doi:10.1007/s11747-014-0403-8; Roemer, Schuberth & Henseler (2021), doi:10.1108/IMDS-02-2021-0082

    Examples
    --------
    >>> import hpp_analysis as hpp
    >>> survey = hpp.simulate_study(persons_per_side=40, seed=1).survey
    >>> validity = convergent_validity(hpp.fit_cfa(survey.instrument.model(), survey), n_boot=50)
    >>> validity.ave.index.tolist()
    ['openness', 'equality', 'conflict_management']
    """
    in_range(conf_level, "conf_level", above=0, below=1)
    found = cfa.found
    if len(found.model.groups) > 1:
        raise OptionError(
            f"Validity is judged in one group. Given: a model of {len(found.model.groups)}. Fit each group by itself."
        )
    table, moments = found.model.table, found.objective.moments[0]
    (at,) = found.point.at
    factors = factors_of(table)
    names = list(factors)
    phi = factor_correlations(table, at, names)
    loadings = [standardised_loadings(table, at, factor, items) for factor, items in factors.items()]
    ave = np.array([average_variance_extracted(own[:, None])[0] for own in loadings])
    cr = np.array(
        [
            composite_reliability(own[:, None], standardised_residuals(table, at, items))[0]
            for own, items in zip(loadings, factors.values(), strict=True)
        ]
    )
    off = np.abs(phi - np.diag(np.diag(phi)))
    largest = off.max(axis=1) if len(names) > 1 else np.full(len(names), np.nan)
    root = np.sqrt(ave)
    larcker = np.where(np.eye(len(names), dtype=bool), root[:, None], phi)
    pairs, htmt, htmt2 = factor_pairs(
        table, moments.covariance, moments.answers, factors, phi, cfa.clusters, n_boot, conf_level, seed
    )
    sd = np.sqrt(np.diag(moments.covariance))
    return Validity(
        table=pd.DataFrame(
            {
                "factor": names,
                "n_items": [len(items) for items in factors.values()],
                "ave": ave,
                "cr": cr,
                "ave_root": root,
                "largest_correlation": largest,
                "fornell_larcker": root > largest,
            }
        ),
        context=cfa.context,
        flags=(*cfa.flags, *(() if moments.answers is not None else ("no_intervals",))),
        pairs=pairs,
        htmt=htmt,
        htmt2=htmt2,
        fornell_larcker=pd.DataFrame(larcker, index=names, columns=names),
        one_factor_share=first_component_share(moments.covariance / np.outer(sd, sd)),
        n_boot=n_boot if moments.answers is not None else 0,
        conf_level=conf_level,
        n_used=moments.n,
    )
