"""How many factors? From answers or correlations to the verdicts of many criteria."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of
from hpp_analysis.core.retention.models import most_factors
from hpp_analysis.core.retention.panel import SPECTRA, Panel
from hpp_analysis.core.retention.parallel import reference_curve, reference_spectra
from hpp_analysis.core.retention.spectrum import Matrix, Spectrum
from hpp_analysis.core.retention.verdict import Verdict
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.factors.correlation import Correlation
from hpp_analysis.factors.factor_input import FactorInput, factor_input
from hpp_analysis.factors.retention import Retention
from hpp_analysis.factors.retention_consensus import HALF, consensus
from hpp_analysis.factors.retention_criteria import CHEAP, CRITERIA
from hpp_analysis.factors.retention_draws import bootstrap_samples, reference_draws
from hpp_analysis.factors.retention_settings import RetentionSettings
from hpp_analysis.factors.retention_tables import eigenvalue_frame, models_frame, stability_frame, verdict_frame
from hpp_analysis.factors.retention_validity import Facts, check, misled_by_minor_factors
from hpp_analysis.options import (
    CorrelationMethod,
    CorrelationMissing,
    RetentionCriterion,
    RetentionReference,
    RetentionRule,
    checked,
    one_of,
)
from hpp_analysis.survey.survey import Survey

DEFAULT: tuple[RetentionCriterion, ...] = (
    "parallel", "parallel_factor", "map", "ekc", "nest", "chi2", "sabic", "kaiser",
)  # fmt: skip
"""Those that found three correlated factors of nineteen items most often: the table in docs/retention.md."""

_DRAWS, _NEST, _SAMPLES = 1, 2, 3
"""Each use of chance has a stream of its own, so that one criterion more changes no other."""


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
    samples = _judge_samples(prepared, answers, settings)
    facts = Facts.of(
        answers, _sides(data, answers), prepared.n, len(prepared.r), prepared.correlation, settings.reference, settings.alpha
    )
    validity = check(verdicts, facts)
    stability_of = stability_frame(samples)
    table = verdict_frame(verdicts, validity, stability_of, settings)
    voting = table[table["votes"]]
    misled = set(misled_by_minor_factors(validity))
    together = consensus(
        (CRITERIA[name].family, k, HALF if name in misled else 1.0)
        for name, k in zip(voting["criterion"], voting["n_factors"], strict=True)
    )
    undefined = () if np.isfinite(prepared.r.to_numpy()).all() else ("undefined_correlation",)
    return Retention(
        table=table,
        names=prepared.names,
        selection=prepared.selection,
        flags=(*prepared.flags, *undefined),
        n_factors=together.n_factors,
        agreement=together.agreement,
        share=together.share,
        lowest=together.lowest,
        highest=together.highest,
        eigenvalues=eigenvalue_frame(panel, verdicts),
        models=models_frame(panel, verdicts),
        values={name: _values(found.values, found.first) for name, found in verdicts.items()},
        validity=validity,
        stability=stability_of,
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
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not 1 <= given <= max(possible, 1):
        raise OptionError(
            f"`max_factors` must be a whole number from 1 to {max(possible, 1)}, as {p} items allow. Given: {given!r}. "
            "Correct it."
        )
    return int(given)


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
    curves: dict[Spectrum, Matrix] = {}
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
    said: dict[str, list[float]] = {name: [] for name in settings.stability_criteria}
    for r in bootstrap_samples(data, answers, settings.stability, rng):
        judged = replace(panel, r=r)
        for name, found in said.items():
            found.append(judged.verdict(name).n_factors)
    return {name: np.array(found) for name, found in said.items()}


def _values(values: dict[str, Matrix], first: int) -> pd.DataFrame:
    frame = pd.DataFrame(values)
    frame.insert(0, "number", np.arange(first, first + len(frame)))
    return frame
