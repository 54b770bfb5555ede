"""How many factors? The verdicts of many criteria, and what they say together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import MINOR_FACTORS_SHOW
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.retention.comparison_data import LEVEL, POPULATION, SAMPLES
from hpp_analysis.core.retention.eigenvalues import Spectrum, reference_curve, reference_spectra
from hpp_analysis.core.retention.model_fit import most_factors
from hpp_analysis.core.retention.panel import SPECTRA, Panel
from hpp_analysis.core.retention.verdict import Verdict
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.factors.correlation import Correlation, correlation_name, missing_treatment
from hpp_analysis.factors.factor_input import FactorInput, factor_input
from hpp_analysis.factors.retention_consensus import HALF, Agreement, consensus
from hpp_analysis.factors.retention_criteria import CHEAP, CRITERIA
from hpp_analysis.factors.retention_draws import bootstrap_samples, reference_draws
from hpp_analysis.factors.retention_validity import ASSUMES, OF_KIND, Facts, check, misled_by_minor_factors
from hpp_analysis.options import (
    CorrelationMethod,
    CorrelationMissing,
    RetentionCriterion,
    RetentionReference,
    RetentionRule,
    checked,
    in_range,
    one_of,
)
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext, spoken

DEFAULT: tuple[RetentionCriterion, ...] = (
    "parallel", "parallel_factor", "map", "ekc", "nest", "chi2", "sabic", "kaiser",
)  # fmt: skip
"""Those that found three correlated factors of nineteen items most often: the table in docs/retention.md."""

_SCREES = {"scree": "parallel", "scree_smc": "parallel_smc", "scree_factor": "parallel_factor"}
"""The criterion whose eigenvalues each figure draws."""

_MODEL_CRITERIA = frozenset({"chi2", "bic", "sabic", "rmsea", "hull_cfi", "hull_rmsea"})
"""Criteria that judge the series of maximum-likelihood solutions."""

_DRAWS, _NEST, _SAMPLES = 1, 2, 3
"""Each use of chance has a stream of its own, so that one criterion more changes no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionSettings:
    """The options of `retain_factors`; `reference` and `max_factors` as they were decided."""

    n_sets: int
    quantile: float
    rule: RetentionRule
    reference: str
    alpha: float
    max_factors: int
    correlation: str
    missing: str
    stability: int
    stability_criteria: tuple[str, ...]
    seed: int


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Retention(Result):
    """Numbers of factors by criterion, and their consensus.

    Attributes
    ----------
    table : DataFrame
        One row per criterion: criterion; n_factors (NaN: it says nothing); votes (whether it counts for the consensus);
        stability (share of the bootstrap samples in which it says the same; NaN where they were not judged); settings;
        reference (the paper); why (a code, where it says nothing).
    n_factors : float
        The number with the most votes; NaN where two have equally many, or nothing votes.
    agreement : {"agreed", "majority", "divided", "undefined"}
        Whether all votes are for it, more than half, or fewer.
    share : float
        Of the votes that are for it.
    lowest, highest : float
        The range of the numbers voted for.
    eigenvalues : DataFrame
        One row per eigenvalue: number, pca, and with parallel analysis pca_reference, smc, smc_reference, factor,
        factor_reference; ekc_reference, nest_reference.
    models : DataFrame
        One row per maximum-likelihood solution: n_factors, chi2, df, p, rmsea with bounds, tli, bic, sabic, rmsr, cfi,
        flags.
    values : mapping of str to DataFrame
        What each criterion compared: number, and its statistics.
    validity : DataFrame
        What each criterion assumes, and whether it holds here: criterion, assumes, value, state ("met", "doubtful",
        "not_met", "unknown"). A criterion with an assumption that is not met has no vote.
    stability : DataFrame
        criterion, n_factors, share of the bootstrap samples; empty without samples.
    n_items, n_used : float
    settings : RetentionSettings
    """

    n_factors: float
    agreement: Agreement
    share: float
    lowest: float
    highest: float
    eigenvalues: pd.DataFrame
    models: pd.DataFrame
    values: Mapping[str, pd.DataFrame]
    validity: pd.DataFrame
    stability: pd.DataFrame
    n_items: int
    n_used: float
    settings: RetentionSettings

    def _declare(self) -> Declaration:
        screes = [kind for kind, criterion in _SCREES.items() if SPECTRA[criterion] in self.eigenvalues]
        return Declaration(
            name="retention",
            caption=_("How many factors, by criterion"),
            variable="criterion",
            columns=(
                Column("criterion", _("Criterion"), key=True, words={name: _label(name) for name in CRITERIA}),
                Column("n_factors", _("Factors"), "count"),
                Column("votes", _("Votes"), words={"True": _("yes"), "False": _("no")}),
                Column("stability", _("Same in samples"), "share", optional=True),
                Column("settings", _("Settings")),
                Column("reference", _("Reference")),
            ),
            figures={kind: partial(self._scree, kind) for kind in screes},
            tables={"validity": self._validity_table},
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        settings = [_settings_text(name, self.settings) for name in self.table["criterion"]]
        return super()._labelled().assign(settings=settings)

    def _validity_table(self) -> FurtherTable:
        """One row for all criteria that assume the same, and find the same."""
        states = {"met": _("holds"), "doubtful": _("doubtful"), "not_met": _("does not hold"), "unknown": _("unknown")}
        criteria: dict[tuple[str, str, str], list[str]] = {}
        for name, code, value, state in self.validity.itertuples(index=False):
            found = format_value(value, "count" if code == "no_minor_factors" else "coefficient")
            found = "" if code in OF_KIND else found
            criteria.setdefault((code, found, state), []).append(_label(name))
        assumptions = list(ASSUMES)
        rows = [
            (_(ASSUMES[code]), found, state, join_names(labels))
            for (code, found, state), labels in sorted(criteria.items(), key=lambda row: assumptions.index(row[0][0]))
        ]
        columns = (
            Column("assumes", _("Assumption")),
            Column("value", _("Value")),
            Column("state", _("Here"), words=states),
            Column("criteria", _("Assumed by")),
        )
        caption = _("What the criteria assume, and whether it holds for these answers")
        return FurtherTable(pd.DataFrame(rows, columns=["assumes", "value", "state", "criteria"]), columns, caption)

    def _scree(self, kind: str) -> Figure:
        criterion = _SCREES[kind]
        spectrum = SPECTRA[criterion]
        eigenvalues = self.eigenvalues[["number", spectrum]].rename(columns={spectrum: "eigenvalue"})
        rule = (
            _("mean of reference data")
            if self.settings.rule == "mean"
            else _("{quantile} quantile of reference data").format(
                quantile=format_value(self.settings.quantile, "coefficient")
            )
        )
        labels = {criterion: _("Parallel analysis ({rule})").format(rule=rule)}
        if spectrum == "pca":
            labels |= {name: _label(name) for name in ("ekc", "nest")}
        columns = {name: f"{spectrum if name == criterion else name}_reference" for name in labels}
        drawn = [name for name in labels if columns[name] in self.eigenvalues]
        n_factors = self.table.set_index("criterion")["n_factors"]
        curves = pd.DataFrame(
            {
                "label": [labels[name] for name in drawn],
                "curve": [self.eigenvalues[columns[name]].to_numpy() for name in drawn],
                "n_factors": [float(n_factors.get(name, np.nan)) for name in drawn],
            }
        )
        ylabel = {
            "pca": _("Eigenvalue"),
            "smc": _("Eigenvalue, squared multiple correlations"),
            "factor": _("Eigenvalue, communalities of one factor"),
        }[spectrum]
        return Figure(plots.scree, eigenvalues, curves, ylabel=ylabel)

    def _notes(self) -> list[str]:
        reasons = {
            "undefined_correlation": _("some correlations are undefined, as of an item to which all answer the same"),
            "singular": _("items determine each other"),
            "too_few_items": _("there are fewer than three items"),
            "n_unknown": _("the number of observations is unknown"),
            "none_fits": _("no model with up to {most} factors is enough").format(most=self.settings.max_factors),
            "at_limit": _("it still improves beyond {most} factors").format(most=self.settings.max_factors),
            "no_elbow": _("the fit has no elbow"),
            "no_answers": _("only correlations are given"),
        }
        silent = self.table[self.table["why"] != ""]
        notes = [
            _("No number from {criteria}: {reason}.").format(
                criteria=_labels(names), reason=reasons.get(str(why), _("there is no solution"))
            )
            for why, names in silent.groupby("why", sort=False)["criterion"]
        ]
        if "smoothed" in self.flags:
            notes.append(_("The correlations were not positive definite and were smoothed."))
        broken = self.validity.loc[self.validity["state"] == "not_met", "criterion"].unique()
        if len(broken):
            notes.append(_("No vote, as an assumption does not hold: {criteria}.").format(criteria=_labels(broken)))
        return notes

    def _summary(self) -> list[str]:
        voting = self.table[self.table["votes"]]
        sentences = [self._consensus_sentence(len({CRITERIA[name].family for name in voting["criterion"]}))]
        kaiser = self.table.loc[self.table["criterion"] == "kaiser", "n_factors"].dropna()
        if len(kaiser):
            k = int(kaiser.iloc[0])
            sentences.append(
                ngettext(
                    "{k} eigenvalue is above 1; that rule is known to overestimate and does not count.",
                    "{k} eigenvalues are above 1; that rule is known to overestimate and does not count.",
                    k,
                ).format(k=k)
            )
        judged = self.table.dropna(subset="stability")
        if len(judged):
            least = judged.loc[judged["stability"].idxmin()]
            sentences.append(
                _(
                    "In {n} bootstrap samples the verdicts came back in {low} (least: {criterion}) to {high} of the samples."
                ).format(
                    n=format_value(self.settings.stability, "count"),
                    low=format_value(least["stability"], "share"),
                    criterion=_label(least["criterion"]),
                    high=format_value(judged["stability"].max(), "share"),
                )
            )
        misled = [name for name in misled_by_minor_factors(self.validity) if name in set(voting["criterion"])]
        if misled:
            sentences.append(
                _(
                    "With so many respondents small minor factors can lead these to say more than there are factors of "
                    "use, so that their votes count half: {criteria}."
                ).format(criteria=_labels(misled))
            )
        return [*sentences, *self._notes()]

    def _consensus_sentence(self, n_families: int) -> str:
        if self.agreement == "undefined":
            return _("No criterion that holds for these answers gives a number of factors.")
        low, high = int(self.lowest), int(self.highest)
        if self.agreement == "agreed":
            return ngettext(
                "All criteria that count say {k} factor.", "All criteria that count say {k} factors.", low
            ).format(k=low)
        if self.agreement == "majority":
            k = int(self.n_factors)
            return ngettext(
                "Most criteria say {k} factor ({share} of the votes of {n} families of criteria); they range from "
                "{low} to {high}.",
                "Most criteria say {k} factors ({share} of the votes of {n} families of criteria); they range from "
                "{low} to {high}.",
                k,
            ).format(k=k, share=format_value(self.share, "share"), n=n_families, low=low, high=high)
        return _(
            "The criteria are divided: they range from {low} to {high} factors, and no number has more than half "
            "of the votes. Compare these solutions by what they mean."
        ).format(low=low, high=high)

    def _methods(self) -> list[str]:
        names, settings = list(self.table["criterion"]), self.settings
        return [
            _data_sentence(settings, self.n_items, self.n_used),
            *_parallel_sentences(settings, names),
            *_partial_sentences(names),
            *_other_sentences(settings, names),
            *_consensus_sentences(names),
            _stability_sentence(settings),
        ]


@checked
def retain_factors(
    data: Survey | pd.DataFrame | Correlation,
    *,
    criteria: Sequence[RetentionCriterion] = DEFAULT,
    n_sets: int = 1000,
    quantile: float = 0.95,
    rule: RetentionRule = "quantile",
    reference: RetentionReference = "auto",
    alpha: float = 0.05,
    max_factors: int | None = None,
    correlation: CorrelationMethod = "pearson",
    missing: CorrelationMissing | None = None,
    n_obs: int | None = None,
    stability: int = 0,
    stability_criteria: Sequence[RetentionCriterion] | None = None,
    seed: int = 0,
) -> Retention:
    """Ask many criteria how many factors stand behind items, and what they say together.

    Parameters
    ----------
    data : Survey, DataFrame or Correlation
        Answers (respondents x items), a factor of a survey, what `correlate` made of them, or, with `n_obs`, a square
        frame of correlations.
    criteria : sequence of str
        "parallel", "parallel_smc", "parallel_factor": parallel analysis of components, of correlations with squared
        multiple correlations in the diagonal, and with the communalities of one minres factor. "map", "map4":
        minimum average partial by squares and by fourth powers. "ekc": empirical Kaiser criterion. "hull", "hull_cfi",
        "hull_rmsea": the elbow of the common part accounted for (solutions by unweighted least squares), of CFI or of
        RMSEA (maximum likelihood). "nest": next eigenvalue sufficiency test. "comparison_data":
        comparison data, which needs answers. "chi2": the first maximum-likelihood
        solution that is not rejected. "bic", "sabic", "rmsea": of the maximum-likelihood solutions. "kaiser":
        eigenvalues above 1; it is known to overestimate and has no vote.
    n_sets : int
        Sets of reference data of parallel analysis; samples per step of NEST.
    quantile : float
        Of the reference eigenvalues, which an eigenvalue has to exceed.
    rule : {"quantile", "mean"}
        Horn compared with the mean; the quantile retains fewer.
    reference : {"auto", "permuted", "normal"}
        Reference data of parallel analysis: the answers with each item shuffled by itself, or samples of independent
        normal variables, for which correlations are enough. "auto" shuffles where there are answers.
    alpha : float
        Level of NEST and of the chi-square test.
    max_factors : int, optional
        The most factors of models and NEST; by default a third of the number of items.
    correlation : {"pearson", "spearman", "polychoric", "mixed"}
        As `correlate` has it; shuffled data are correlated in the same way.
    missing : {"em", "pairwise", "listwise"}, optional
        By default "em" for Pearson correlations and "pairwise" for others. Shuffled and resampled answers keep their
        gaps, which are deleted pairwise.
    n_obs : int, optional
        Observations behind a square frame of correlations; 0 where unknown.
    stability : int
        Bootstrap samples that say how stable the verdicts are; 0 for none. Without answers, samples are drawn from a
        normal population with these correlations. Such a sample holds chance twice, that of the study and that of
        drawing from it, so that it is judged as one of n / 2: references, tests and fit count with half of n.
    stability_criteria : sequence of str, optional
        Which criteria judge the samples; by default those that need no models: parallel analysis, minimum average
        partial, the empirical Kaiser criterion, and eigenvalues above 1.
    seed : int
        Of everything that is drawn.

    Returns
    -------
    Retention
        Where a criterion says nothing its number is NaN and `why` says why.

    Raises
    ------
    OptionError
        When options do not go together, as shuffled data without answers.
    SurveyError
        When `data` are neither answers nor correlations, or there are none.

    Notes
    -----
    The papers of the criteria are in the table. For comparisons see Auerswald & Moshagen (2019),
    doi:10.1037/met0000200; the vote of families of criteria is our convention. A sample drawn with replacement from a
    sample has larger first and smaller last eigenvalues than the sample itself, which is why it counts for half its
    size: read `stability` as what would have been said with half as many respondents, not as the chance that a
    verdict is right.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> answers = simulate_study(seed=1).survey.items.iloc[:, :19]
    >>> found = retain_factors(answers, criteria=("parallel", "map", "ekc"), n_sets=200)
    >>> found.n_factors, found.agreement
    (3.0, 'majority')
    """
    chosen = _criteria(criteria, "criteria")
    again = tuple(name for name in CHEAP if name in chosen)
    if stability_criteria is not None:
        again = _criteria(stability_criteria, "stability_criteria")
        if "comparison_data" in again:
            raise OptionError(
                "`stability_criteria` must name criteria that need correlations only. Given: 'comparison_data', which needs "
                "answers. Leave it out."
            )
        chosen = (*chosen, *(name for name in again if name not in chosen))
    prepared = factor_input(data, correlation, missing, n_obs, "minres")
    if prepared.r.empty:
        raise SurveyError(
            [Failure("There must be items to look for factors in.", "Give columns with answers.", value="no columns")]
        )
    answers = None if isinstance(data, Correlation) or n_obs is not None else answers_of(data)
    if answers is not None and prepared.missing == "listwise":
        answers = answers.dropna()
    if reference == "permuted" and answers is None:
        raise OptionError(
            '`reference="permuted"` needs answers to shuffle. Given: correlations. Give the answers, or take "normal".'
        )
    permuted = answers is not None and reference != "normal"
    settings = RetentionSettings(
        n_sets=int(n_sets),
        quantile=float(quantile),
        rule=rule,
        reference="permuted" if permuted else "normal",
        alpha=float(alpha),
        max_factors=_most(max_factors, len(prepared.r)),
        correlation=prepared.correlation,
        missing=prepared.missing,
        stability=int(stability),
        stability_criteria=again if stability else (),
        seed=int(seed),
    )
    panel = _panel(prepared, answers, chosen, settings)
    verdicts: dict[str, Verdict] = {name: panel.verdict(name) for name in chosen}
    stability_table = _stability_table(_judge_samples(prepared, answers, settings))
    facts = Facts.of(
        answers,
        _sides(data, answers),
        prepared.n,
        len(prepared.r),
        prepared.correlation,
        settings.reference,
        settings.alpha,
    )
    validity = check(verdicts, facts)
    table = _verdict_table(verdicts, validity, stability_table, settings)
    voting = table[table["votes"]]
    misled = set(misled_by_minor_factors(validity))
    votes = consensus(
        (CRITERIA[name].family, k, HALF if name in misled else 1.0)
        for name, k in zip(voting["criterion"], voting["n_factors"], strict=True)
    )
    undefined = () if np.isfinite(prepared.r.to_numpy()).all() else ("undefined_correlation",)
    return Retention(
        table=table,
        context=prepared.context,
        flags=(*prepared.flags, *undefined),
        n_factors=votes.n_factors,
        agreement=votes.agreement,
        share=votes.share,
        lowest=votes.lowest,
        highest=votes.highest,
        eigenvalues=_eigenvalue_table(panel, verdicts),
        models=_models_table(panel, verdicts),
        values={name: _compared_values(found) for name, found in verdicts.items()},
        validity=validity,
        stability=stability_table,
        n_items=len(prepared.r),
        n_used=prepared.n,
        settings=settings,
    )


def _criteria(given: Any, option: str) -> tuple[RetentionCriterion, ...]:
    names = (given,) if isinstance(given, str) else tuple(given)
    if not names:
        raise OptionError(f"`{option}` must name at least one criterion. Given: none. Name some.")
    for name in names:
        one_of(name, RetentionCriterion, option)
    return tuple(dict.fromkeys(names))


def _sides(items: object, answers: pd.DataFrame | None) -> np.ndarray | None:
    """Which side of which partnership gave each row of the answers; None where that is not known."""
    if not isinstance(items, Survey) or answers is None:
        return None
    columns = [name for name in ("partnership", "side") if name in items.respondents]
    if not columns:
        return None
    who = items.respondents.loc[answers.index, columns]
    return np.asarray(who.groupby(columns, dropna=False, sort=False).ngroup(), dtype=np.int64)


def _most(given: int | None, p: int) -> int:
    """The most factors: three items for each, unless something else is asked for."""
    possible = most_factors(p)
    if given is None:
        return min(max(p // 3, 1), possible)
    return int(in_range(given, "max_factors", at_least=1, at_most=max(possible, 1)))


def _panel(
    data: FactorInput,
    answers: pd.DataFrame | None,
    chosen: tuple[str, ...],
    settings: RetentionSettings,
    *,
    half: bool = False,
) -> Panel:
    """What the criteria need; with `half` for samples that were drawn from the sample, see `reference_draws`."""
    r = data.r.to_numpy()
    kinds: list[Spectrum] = [SPECTRA[name] for name in chosen if name in SPECTRA]
    if "pca" not in kinds and any(name.startswith("hull") for name in chosen):
        kinds.insert(0, "pca")
    curves: dict[Spectrum, Floats] = {}
    able = len(r) >= 3 and np.isfinite(r).all() and data.n > 1
    if kinds and able:
        rng = np.random.default_rng((settings.seed, _DRAWS))
        draws = reference_draws(data, answers, settings.reference, settings.n_sets, rng, half=half)
        spectra = reference_spectra(draws, kinds)
        curves = {kind: reference_curve(found, settings.rule, settings.quantile) for kind, found in spectra.items()}
    return Panel(
        r,
        data.n / 2 if half else data.n,
        curves,
        settings.n_sets,
        settings.alpha,
        settings.max_factors,
        (settings.seed, _NEST),
        None if answers is None else answers.to_numpy(dtype=np.float64),
    )


def _judge_samples(
    data: FactorInput, answers: pd.DataFrame | None, settings: RetentionSettings
) -> dict[str, np.ndarray]:
    """The verdict of each criterion on each bootstrap sample."""
    if not settings.stability or not np.isfinite(data.r.to_numpy()).all():
        return {}
    panel = _panel(data, answers, settings.stability_criteria, settings, half=True)
    rng = np.random.default_rng((settings.seed, _SAMPLES))
    panels = (replace(panel, r=r) for r in bootstrap_samples(data, answers, settings.stability, rng))
    verdicts = [[sample.verdict(name).n_factors for name in settings.stability_criteria] for sample in panels]
    return dict(zip(settings.stability_criteria, np.array(verdicts).T, strict=True)) if verdicts else {}


def _compared_values(verdict: Verdict) -> pd.DataFrame:
    values = pd.DataFrame(verdict.values)
    values.insert(0, "number", np.arange(verdict.first, verdict.first + len(values)))
    return values


def _verdict_table(
    verdicts: Mapping[str, Verdict], validity: pd.DataFrame, stability: pd.DataFrame, settings: RetentionSettings
) -> pd.DataFrame:
    """One row per criterion; `Retention` documents the columns."""
    broken = set(validity.loc[validity["state"] == "not_met", "criterion"])
    rows = []
    with spoken("en"):
        for name, found in verdicts.items():
            same = stability[(stability["criterion"] == name) & (stability["n_factors"] == found.n_factors)]
            judged = (stability["criterion"] == name).any()
            rows.append(
                {
                    "criterion": name,
                    "n_factors": float(found.n_factors),
                    "votes": name not in broken and bool(np.isfinite(found.n_factors)),
                    "stability": float(same["share"].sum()) if judged and np.isfinite(found.n_factors) else np.nan,
                    "settings": _settings_text(name, settings),
                    "reference": CRITERIA[name].paper,
                    "why": found.why,
                }
            )
    return pd.DataFrame(rows)


def _eigenvalue_table(panel: Panel, verdicts: Mapping[str, Verdict]) -> pd.DataFrame:
    """One row per eigenvalue: those of components, and of each kind that parallel analysis looked at."""
    defined = bool(np.isfinite(panel.r).all())
    pca = panel.spectrum["pca"] if defined else np.nan
    frame = pd.DataFrame({"number": np.arange(1, len(panel.r) + 1), "pca": pca})
    for name, kind in SPECTRA.items():
        if kind != "pca" and name in verdicts:
            frame[kind] = panel.spectrum[kind] if kind in panel.curves else np.nan
        if kind in panel.curves:
            frame[f"{kind}_reference"] = panel.curves[kind]
    for name in ("ekc", "nest"):
        if name in verdicts and "reference" in verdicts[name].values:
            frame[f"{name}_reference"] = verdicts[name].values["reference"]
    return frame


def _models_table(panel: Panel, verdicts: Mapping[str, Verdict]) -> pd.DataFrame:
    """One row per maximum-likelihood solution, where a criterion judged them."""
    measures = ["chi2", "df", "p", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "tli", "bic", "sabic", "rmsr"]
    judged = [name for name in verdicts if name in _MODEL_CRITERIA and verdicts[name].values]
    if not judged:
        return pd.DataFrame(columns=["n_factors", *measures, "cfi", "flags"])
    series = panel.models
    frame = pd.DataFrame({name: series.of(name) for name in measures})
    frame.insert(0, "n_factors", np.arange(len(frame)))
    frame["cfi"] = series.cfi
    frame["flags"] = [" ".join(flags) for flags in series.flags]
    return frame


def _stability_table(samples: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Criterion, n_factors (NaN: says nothing), share of the bootstrap samples."""
    rows = []
    for name, numbers in samples.items():
        for k in np.unique(numbers):  # NaN comes last, and once
            share = np.isnan(numbers).mean() if np.isnan(k) else (numbers == k).mean()
            rows.append({"criterion": name, "n_factors": float(k), "share": float(share)})
    return pd.DataFrame(rows, columns=["criterion", "n_factors", "share"])


def _label(criterion: str) -> str:
    return _(CRITERIA[criterion].label)


def _labels(criteria: Iterable[str]) -> str:
    return join_names([_label(criterion) for criterion in criteria])


def _settings_text(name: str, settings: RetentionSettings) -> str:
    """The settings of a criterion in a few words, in the language in use."""
    sets = format_value(settings.n_sets, "count")
    alpha = format_value(settings.alpha, "coefficient")
    most = format_value(settings.max_factors, "count")
    match name:
        case "parallel" | "parallel_smc" | "parallel_factor":
            return _("{reference}, {sets}; {rule}; seed {seed}").format(
                reference=_reference(settings), sets=sets, rule=_rule(settings), seed=settings.seed
            )
        case "map":
            return _("squared partial correlations")
        case "map4":
            return _("fourth powers of partial correlations")
        case "hull":
            return _("unweighted least squares; up to one more than parallel analysis of components")
        case "hull_cfi" | "hull_rmsea":
            return _("maximum likelihood; up to one more than parallel analysis of components")
        case "nest":
            return _(
                "maximum likelihood; {sets} normal samples per step; level {alpha}; at most {most}; seed {seed}"
            ).format(sets=sets, alpha=alpha, most=most, seed=settings.seed)
        case "comparison_data":
            return _("{samples} samples from populations of {rows}; level {level}; at most {most}; seed {seed}").format(
                samples=format_value(SAMPLES, "count"),
                rows=format_value(POPULATION, "count"),
                level=format_value(LEVEL, "coefficient"),
                most=most,
                seed=settings.seed,
            )
        case "chi2":
            return _("maximum likelihood; Bartlett's correction; level {alpha}; at most {most}").format(
                alpha=alpha, most=most
            )
        case "bic" | "sabic" | "rmsea":
            return _("maximum likelihood; Bartlett's correction; at most {most}").format(most=most)
        case "ekc":
            return _("reference at least 1")
    return _("no allowance for chance")


def _reference(settings: RetentionSettings) -> str:
    return _("items shuffled") if settings.reference == "permuted" else _("independent normal samples")


def _rule(settings: RetentionSettings) -> str:
    if settings.rule == "mean":
        return _("mean")
    return _("quantile {quantile}").format(quantile=format_value(settings.quantile, "coefficient"))


def _papers(*names: str) -> str:
    """The papers of criteria as a parenthesis cites them; their addresses stand in the table."""
    cited = (CRITERIA[name].paper.split(", doi:")[0] for name in names)
    return "; ".join(dict.fromkeys(paper.replace(" (", ", ").replace(")", "") for paper in cited))


def _data_sentence(settings: RetentionSettings, n_items: int, n_used: float) -> str:
    treatment = missing_treatment(settings.missing)
    sentence = (
        _("The number of factors of {p} items was judged from these correlations: {kind}, with {handled} (n = {n}).")
        if treatment and settings.correlation != "given"
        else _("The number of factors was judged from a correlation matrix of {p} items (n = {n}).")
    )
    return sentence.format(
        kind=correlation_name(settings.correlation), p=n_items, handled=treatment, n=format_value(n_used, "count")
    )


def _parallel_sentences(settings: RetentionSettings, names: list[str]) -> list[str]:
    spectra = {
        "parallel": _("of components"),
        "parallel_smc": _("with squared multiple correlations in the diagonal"),
        "parallel_factor": _("with the communalities of one minres factor in the diagonal"),
    }
    hull = any(name.startswith("hull") for name in names)
    chosen = [name for name in spectra if name in names or (hull and name == "parallel")]
    if not chosen:
        return []
    method = [
        _(
            "Parallel analysis ({papers}) compared eigenvalues {kinds} with those of {sets} sets of reference data."
        ).format(
            papers=_papers(*chosen),
            kinds=join_names([spectra[name] for name in chosen]),
            sets=format_value(settings.n_sets, "count"),
        )
    ]
    if settings.reference == "permuted":
        method.append(
            _(
                "The reference data were the answers with each item shuffled by itself (Buja & Eyuboglu, 1992), "
                "correlated in the same way, with gaps left in place and deleted pairwise."
            )
        )
    else:
        method.append(
            _("The reference data were samples of n independent normal variables, drawn as Wishart matrices.")
        )
    method.append(
        _("Factors were retained up to the first eigenvalue that did not exceed the mean of the reference.")
        if settings.rule == "mean"
        else _(
            "Factors were retained up to the first eigenvalue that did not exceed the {quantile} quantile of the "
            "reference (Glorfeld, 1995)."
        ).format(quantile=format_value(settings.quantile, "coefficient"))
    )
    return method


def _partial_sentences(names: list[str]) -> list[str]:
    powers = {"map": _("squared"), "map4": _("fourth-power")}
    chosen = [name for name in powers if name in names]
    if not chosen:
        return []
    return [
        _("Velicer's minimum average partial used {powers} partial correlations ({papers}).").format(
            powers=join_names([powers[name] for name in chosen]), papers=_papers(*chosen)
        )
    ]


def _other_sentences(settings: RetentionSettings, names: list[str]) -> list[str]:
    alpha = format_value(settings.alpha, "coefficient")
    sentences = {
        "ekc": _(
            "The empirical Kaiser criterion ({papers}) retained factors up to the first eigenvalue that did not "
            "exceed its reference."
        ),
        "hull": _(
            "The Hull method ({papers}) looked for the elbow of the common part accounted for against the degrees "
            "of freedom, of solutions by unweighted least squares."
        ),
        "hull_cfi": _("It was repeated with the CFI of maximum-likelihood solutions ({papers}).")
        if "hull" in names
        else _("The Hull method ({papers}) looked for the elbow of the CFI of maximum-likelihood solutions."),
        "hull_rmsea": _("It was repeated with the RMSEA of maximum-likelihood solutions ({papers}).")
        if "hull" in names or "hull_cfi" in names
        else _("The Hull method ({papers}) looked for the elbow of the RMSEA of maximum-likelihood solutions."),
        "nest": _(
            "The next eigenvalue sufficiency test ({papers}) added factors until the next eigenvalue did not exceed "
            "the 1 - {alpha} quantile of {sets} normal samples from the maximum-likelihood solution."
        ),
        "comparison_data": _(
            "Comparison data ({papers}) were drawn from populations with the items' distributions and correlations and "
            "a known number of factors ({samples} samples from {rows} rows), as long as one factor more brought the "
            "eigenvalues of product-moment correlations nearer to the observed ones (Mann-Whitney test at the level {level})."
        ),
        "chi2": _(
            "The sequential test ({papers}) took the first maximum-likelihood solution that Bartlett's chi-square did "
            "not reject at the level {alpha}."
        ),
        "bic": _("BIC ({papers}) of the maximum-likelihood solutions was compared."),
        "sabic": _("The sample-size adjusted BIC ({papers}) of the maximum-likelihood solutions was compared."),
        "rmsea": _(
            "The first maximum-likelihood solution was noted of which the 90% interval of the RMSEA reaches below .05 "
            "({papers})."
        ),
        "kaiser": _(
            "Eigenvalues above 1 ({papers}) are reported for comparison with older studies only: the rule makes no "
            "allowance for chance and overestimates."
        ),
    }
    method = [
        text.format(
            papers=_papers(name),
            alpha=alpha,
            sets=format_value(settings.n_sets, "count"),
            samples=format_value(SAMPLES, "count"),
            rows=format_value(POPULATION, "count"),
            level=format_value(LEVEL, "coefficient"),
        )
        for name, text in sentences.items()
        if name in names
    ]
    if any(name.startswith("hull") for name in names):
        method.append(_("For Hull, solutions had up to one factor more than parallel analysis of components retained."))
    if any(name in names for name in ("nest", "comparison_data", "chi2", "bic", "sabic", "rmsea")):
        method.append(
            ngettext(
                "Models had at most {most} factor.", "Models had at most {most} factors.", settings.max_factors
            ).format(most=settings.max_factors)
        )
    return method


def _consensus_sentences(names: list[str]) -> list[str]:
    if len(names) < 2:
        return []
    return [
        _(
            "The consensus is the number with the most votes; criteria that rest on the same idea share one vote, and "
            "criteria whose assumptions do not hold have none. From {many} respondents on, criteria that small minor "
            "factors mislead count half."
        ).format(many=format_value(MINOR_FACTORS_SHOW, "count"))
    ]


def _stability_sentence(settings: RetentionSettings) -> str:
    if not settings.stability:
        return _("Random numbers came from the seed {seed}.").format(seed=settings.seed)
    return _(
        "How stable these verdicts are was judged from {n} bootstrap samples (seed {seed}). As a sample from a sample "
        "holds chance twice, each counted as one of half as many respondents."
    ).format(n=format_value(settings.stability, "count"), seed=settings.seed)
