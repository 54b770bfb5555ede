"""Do the items of a factor belong together, and are the factors distinct? Convergent and discriminant validity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis import plots
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import AVE_ENOUGH, HTMT_CUTOFF, ONE_FACTOR_SHARE, distinctness
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.correlation.weighted import resampled_correlations
from hpp_analysis.core.sem.model import Implied
from hpp_analysis.core.sem.ordinal_moments import OrdinalMoments
from hpp_analysis.core.sem.table import Table
from hpp_analysis.core.sem.validity import (
    average_variance_extracted,
    composite_reliability,
    first_component_share,
    heterotrait_monotrait,
)
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import CFA
from hpp_analysis.models.sentences import left_out_sentences, validity_note
from hpp_analysis.options import checked
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Validity(Result):
    """Convergent and discriminant validity of the factors of a model.

    Attributes
    ----------
    table : DataFrame
        One row per factor: factor, n_items, ave, cr (both from standardised loadings), ave_root, largest_correlation (with
        another factor), fornell_larcker (whether the root of the AVE is larger than that).
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

    @property
    def ave(self) -> pd.Series:
        """Average variance extracted by factor."""
        return self.table.set_index("factor")["ave"]

    @property
    def cr(self) -> pd.Series:
        """Composite reliability by factor."""
        return self.table.set_index("factor")["cr"]

    def _declare(self) -> Declaration:
        return Declaration(
            name="validity",
            caption=_("Convergent and discriminant validity"),
            variable="factor",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("n_items", _("Characteristics"), "count"),
                Column("ave", _("AVE"), "coefficient"),
                Column("cr", _("CR"), "coefficient"),
                Column("ave_root", _("√AVE"), "coefficient"),
                Column("largest_correlation", _("Largest correlation"), "coefficient"),
            ),
            figures={"htmt": self._intervals},
            tables={"pairs": self._pairs_table},
            whole_study=True,
        )

    def _pairs_table(self) -> FurtherTable:
        verdicts = {
            "distinct": _("distinct"),
            "not_distinct": _("not distinct"),
            "unclear": _("cannot tell"),
            "undefined": _("undefined"),
        }
        named = self.pairs.assign(pair=self._pair_names(self.pairs))
        columns = (
            Column("pair", _("Factors")),
            Column("correlation", _("Correlation"), "coefficient"),
            Column("htmt", _("HTMT"), "coefficient"),
            Column("htmt_ci_lower", _("Interval"), "coefficient", upper="htmt_ci_upper"),
            Column("htmt2", _("HTMT2"), "coefficient"),
            Column("htmt2_ci_lower", _("Interval"), "coefficient", upper="htmt2_ci_upper"),
            Column("verdict", _("Verdict"), words=verdicts),
        )
        return FurtherTable(named, columns, _("Are the factors distinct?"))

    def _pair_names(self, pairs: pd.DataFrame) -> list[str]:
        return [f"{self._called(str(row.factor))} – {self._called(str(row.other))}" for row in pairs.itertuples()]

    def _intervals(self) -> Figure:
        rows = pd.DataFrame(
            {
                "label": self._pair_names(self.pairs),
                "estimate": self.pairs["htmt2"],
                "ci_lower": self.pairs["htmt2_ci_lower"],
                "ci_upper": self.pairs["htmt2_ci_upper"],
            }
        )
        note = (
            _("HTMT2 with {level} bootstrap intervals; the dashed line marks {cutoff}.")
            if self.n_boot
            else _("HTMT2; the dashed line marks {cutoff}.")
        ).format(level=format_value(self.conf_level, "share"), cutoff=format_value(HTMT_CUTOFF, "coefficient"))
        highest = float(np.nanmax(np.append(rows["ci_upper"], 1.0)))
        return Figure(
            plots.intervals,
            rows,
            reference=HTMT_CUTOFF,
            limits=(0.0, float(np.ceil(highest * 10) / 10)),
            xlabel=_("HTMT2"),
            unit_decimals=2,
            notes=[note],
        )

    def _no_intervals(self) -> list[str]:
        """Why ratios of correlations have no intervals; nothing where they have."""
        sentence = _(
            "HTMT and HTMT2 have no intervals, so they do not judge whether factors are distinct: intervals need bootstrap "
            "samples of answers that are numbers."
        )
        return [] if self.n_boot else [sentence]

    def _notes(self) -> list[str]:
        return [
            validity_note(),
            _("Factors are distinct where the root of their AVE exceeds their correlations (Fornell & Larcker)."),
            *left_out_sentences(self.flags),
            *self._no_intervals(),
        ]

    def _summary(self) -> list[str]:
        weak = [self._called(str(row.factor)) for row in self.table.itertuples() if row.ave < AVE_ENOUGH]
        sentences = [
            _("The items of these factors share less than half of their variance: {factors}.").format(
                factors=join_names(weak)
            )
            if weak
            else _("The items of every factor share at least half of their variance.")
        ]
        verdicts = {
            "not_distinct": _("Not distinct (HTMT2 above {cutoff}): {pairs}."),
            "unclear": _("It cannot be told whether these are distinct (HTMT2 around {cutoff}): {pairs}."),
            "distinct": _("Distinct (HTMT2 below {cutoff}): {pairs}."),
        }
        for verdict, sentence in verdicts.items():
            rows = self.pairs[self.pairs["verdict"] == verdict]
            if len(rows):
                pairs = "; ".join(self._pair_names(rows))
                sentences.append(sentence.format(cutoff=format_value(HTMT_CUTOFF, "coefficient"), pairs=pairs))
        if not np.isnan(self.one_factor_share):
            sentence = (
                _("One component takes {share} of the variance: less than half.")
                if self.one_factor_share < ONE_FACTOR_SHARE
                else _("One component takes {share} of the variance: a common way of answering cannot be ruled out.")
            )
            sentences.append(sentence.format(share=format_value(self.one_factor_share, "share")))
        return [*sentences, *self._no_intervals()]

    def _methods(self) -> list[str]:
        intervals = _(", with {level} percentile intervals from {n} bootstrap samples against {cutoff}").format(
            level=format_value(self.conf_level, "share"),
            n=format_value(self.n_boot, "count"),
            cutoff=format_value(HTMT_CUTOFF, "coefficient"),
        )
        return [
            _(
                "Convergent validity is judged by the average variance extracted and composite reliability from standardised "
                "loadings (Fornell & Larcker, 1981). Discriminant validity is judged by the Fornell-Larcker criterion and by "
                "heterotrait-monotrait ratios of correlations, HTMT (Henseler, Ringle & Sarstedt, 2015) and HTMT2 (Roemer, "
                "Schuberth & Henseler, 2021){intervals}. "
                "Harman's check is the share of the first unrotated component (Podsakoff et al., 2003)."
            ).format(intervals=intervals if self.n_boot else ""),
            *left_out_sentences(self.flags),
            *self._no_intervals(),
        ]


@checked
def convergent_validity(cfa: CFA, *, n_boot: int = 1000, conf_level: float = 0.95, seed: int = 0) -> Validity:
    """Judge convergent and discriminant validity of a fitted factor model.

    Parameters
    ----------
    cfa : CFA
        Of one group. Second-order factors have an AVE and a CR of the factors that measure them; ratios of correlations
        (HTMT) exist for factors with items of their own only.
    n_boot : int
        Bootstrap samples of respondents (of clusters, where the model has them). Without answers that are numbers, or with
        0, there are no intervals (flag `no_intervals`).
    conf_level : float
    seed : int

    Returns
    -------
    Validity

    Raises
    ------
    OptionError
        A model of several groups, or of ordered items beside fixed covariates.

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
    found = cfa.found
    if len(found.model.groups) > 1:
        raise OptionError(
            f"Validity must be judged in one group. Given: a model of {len(found.model.groups)}. Fit each group by itself."
        )
    table, moments = found.model.table, found.objective.moments[0]
    if isinstance(moments, OrdinalMoments) and moments.n_covariates:
        raise OptionError(
            "Validity must be judged without covariates beside ordered items: their correlations are conditional on these. Given: "
            f"{', '.join(table.variables.exogenous)}. Fit the factors alone."
        )
    (at,) = found.point.at
    factors = _indicators(table)
    names = list(factors)
    phi = _factor_correlations(table, at, names)
    loadings = [_standardised_loadings(table, at, factor, items) for factor, items in factors.items()]
    ave = np.array([average_variance_extracted(own[:, None])[0] for own in loadings])
    cr = np.array(
        [
            composite_reliability(own[:, None], _standardised_residuals(table, at, items))[0]
            for own, items in zip(loadings, factors.values(), strict=True)
        ]
    )
    off = np.abs(phi - np.diag(np.diag(phi)))
    largest = off.max(axis=1) if len(names) > 1 else np.full(len(names), np.nan)
    root = np.sqrt(ave)
    larcker = np.where(np.eye(len(names), dtype=bool), root[:, None], phi)
    sd = np.sqrt(np.diag(moments.covariance))
    r = moments.covariance / np.outer(sd, sd)
    samples = None
    # samples of codes say nothing about polychoric correlations
    numbers = moments.answers is not None and not cfa.ordered
    if moments.answers is not None and numbers and n_boot > 0:
        samples = resampled_correlations(moments.answers, n_boot, np.random.default_rng(seed), units=cfa.clusters)
    pairs, htmt, htmt2 = _factor_pairs(table, factors, phi, r, samples, conf_level)
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
        flags=(*cfa.flags, *(("no_intervals",) if samples is None else ())),
        pairs=pairs,
        htmt=htmt,
        htmt2=htmt2,
        fornell_larcker=pd.DataFrame(larcker, index=names, columns=names),
        one_factor_share=first_component_share(r),
        n_boot=0 if samples is None else n_boot,
        conf_level=conf_level,
        n_used=moments.n,
    )


def _indicators(table: Table) -> dict[str, list[str]]:
    """The indicators of each latent variable, in the order of the model."""
    indicators: dict[str, list[str]] = {}
    for lhs, op, rhs in zip(table.lhs, table.op, table.rhs, strict=True):
        if op == "=~":
            indicators.setdefault(lhs, []).append(rhs)
    return indicators


def _places(table: Table) -> dict[str, int]:
    return {name: i for i, name in enumerate((*table.observed, *table.latent))}


def _factor_correlations(table: Table, at: Implied, names: Sequence[str]) -> NDArray[np.float64]:
    """Correlations of the latent variables that the model implies; NaN where a variance is not positive."""
    places = [_places(table)[name] for name in names]
    total = at.total[np.ix_(places, places)]
    sd = np.sqrt(np.where(np.diag(total) > 0, np.diag(total), np.nan))
    return np.asarray(total / np.outer(sd, sd))


def _standardised_loadings(table: Table, at: Implied, factor: str, items: Sequence[str]) -> NDArray[np.float64]:
    """Loadings of one factor in units of standard deviations."""
    place = _places(table)
    rows, column = [place[item] for item in items], place[factor]
    variance = np.diag(at.total)
    with np.errstate(invalid="ignore"):
        return np.asarray(at.a[rows, column] * np.sqrt(variance[column] / variance[rows]))


def _standardised_residuals(table: Table, at: Implied, items: Sequence[str]) -> NDArray[np.float64]:
    """Residual covariances of some indicators, in units of their standard deviations."""
    place = _places(table)
    rows = [place[item] for item in items]
    sd = np.sqrt(np.diag(at.total)[rows])
    return np.asarray(at.s[np.ix_(rows, rows)] / np.outer(sd, sd))


def _factor_pairs(
    table: Table,
    factors: Mapping[str, Sequence[str]],
    phi: NDArray[np.float64],
    r: NDArray[np.float64],
    samples: NDArray[np.float64] | None,
    conf_level: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """One row per pair of factors with the ratios of correlations and their intervals; and both ratios as squares."""
    place, names = _places(table), list(factors)
    homes = Counter(item for items in factors.values() for item in items)
    own_items = {
        name: np.array([place[item] for item in items], dtype=np.int64)
        for name, items in factors.items()
        if all(item in table.observed and homes[item] == 1 for item in items)
    }
    measured, blocks = list(own_items), list(own_items.values())

    def both_ratios(correlations: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        return [heterotrait_monotrait(correlations, blocks, geometric=geometric) for geometric in (False, True)]

    ratios = both_ratios(r)
    unknown = np.full((1, len(blocks), len(blocks)), np.nan)
    sampled = [unknown, unknown] if samples is None else both_ratios(samples)
    tail = (1 - conf_level) / 2
    rows = []
    for one, other in combinations(names, 2):
        row: dict[str, Any] = {"factor": one, "other": other, "correlation": phi[names.index(one), names.index(other)]}
        for name, ratio, sample in zip(("htmt", "htmt2"), ratios, sampled, strict=True):
            found = (np.nan, np.nan, np.nan)
            if one in measured and other in measured:
                i, j = measured.index(one), measured.index(other)
                defined = sample[:, i, j][np.isfinite(sample[:, i, j])]
                low, high = np.quantile(defined, [tail, 1 - tail]) if defined.size > 1 else (np.nan, np.nan)
                found = (ratio[i, j], low, high)
            row |= dict(zip((name, f"{name}_ci_lower", f"{name}_ci_upper"), map(float, found), strict=True))
        rows.append({**row, "verdict": distinctness(row["htmt2_ci_lower"], row["htmt2_ci_upper"])})
    columns = ["factor", "other", "correlation", "htmt", "htmt_ci_lower", "htmt_ci_upper"]
    columns += ["htmt2", "htmt2_ci_lower", "htmt2_ci_upper", "verdict"]
    htmt, htmt2 = (pd.DataFrame(ratio, measured, measured).reindex(index=names, columns=names) for ratio in ratios)
    return pd.DataFrame(rows, columns=columns), htmt, htmt2
