"""How many factors? The verdicts of many criteria, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.retention.eigenvalues import Matrix, Spectrum, reference_curve, reference_spectra
from hpp_analysis.core.retention.model_fit import most_factors
from hpp_analysis.core.retention.panel import SPECTRA, Panel
from hpp_analysis.core.retention.verdict import Verdict
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.factors.correlation import Correlation
from hpp_analysis.factors.factor_input import FactorInput, factor_input
from hpp_analysis.factors.retention_consensus import HALF, Agreement, consensus
from hpp_analysis.factors.retention_criteria import CHEAP, CRITERIA
from hpp_analysis.factors.retention_draws import bootstrap_samples, reference_draws
from hpp_analysis.factors.retention_methods import methods_of, settings_text
from hpp_analysis.factors.retention_settings import RetentionSettings
from hpp_analysis.factors.retention_tables import eigenvalue_frame, models_frame, stability_frame, verdict_frame
from hpp_analysis.factors.retention_validity import ASSUMES, OF_KIND, Facts, check, misled_by_minor_factors
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
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_SCREES = {"scree": "parallel", "scree_smc": "parallel_smc", "scree_factor": "parallel_factor"}
"""The criterion whose eigenvalues each figure draws."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Retention(StudyResult):
    """Numbers of factors by criterion, and their consensus.

    Attributes
    ----------
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

    name: ClassVar[str] = "retention"
    keys: ClassVar[tuple[str, ...]] = ("criterion",)
    variable: ClassVar[str] = "criterion"
    tables: ClassVar[tuple[str, ...]] = ("validity",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("criterion", N_("Criterion")),
        Column("n_factors", N_("Factors"), "count"),
        Column("vote", N_("Votes")),
        Column("stability", N_("Same in samples"), "share"),
        Column("settings", N_("Settings")),
        Column("reference", N_("Reference")),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per criterion.

        Returns
        -------
        DataFrame
            criterion; n_factors (NaN: it says nothing); votes (whether it counts for the consensus); stability (share
            of the bootstrap samples in which it says the same; NaN where they were not judged); settings; reference
            (the paper); why (a code, where it says nothing).
        """
        return super().to_frame()

    # How it shows itself

    def _labelled(self) -> pd.DataFrame:
        frame = self.table.copy()
        if not self.settings.stability:
            frame = frame.drop(columns="stability")
        frame["settings"] = [settings_text(name, self.settings) for name in frame["criterion"]]
        frame["vote"] = [_("yes") if votes else _("no") for votes in frame["votes"]]
        frame["criterion"] = [_label(name) for name in frame["criterion"]]
        return frame

    def _caption(self) -> str:
        return _("How many factors, by criterion")

    def _notes(self) -> list[str]:
        notes = []
        silent: dict[str, list[str]] = {}
        for name, why in zip(self.table["criterion"], self.table["why"], strict=True):
            if why:
                silent.setdefault(why, []).append(_label(name))
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
        for why, labels in silent.items():
            reason = reasons.get(why, _("there is no solution"))
            notes.append(_("No number from {criteria}: {reason}.").format(criteria=join_names(labels), reason=reason))
        if "smoothed" in self.flags:
            notes.append(_("The correlations were not positive definite and were smoothed."))
        if self.validity["state"].eq("not_met").any():
            broken = self.validity.loc[self.validity["state"] == "not_met", "criterion"].unique()
            notes.append(
                _("No vote, as an assumption does not hold: {criteria}.").format(
                    criteria=join_names([_label(name) for name in broken])
                )
            )
        return notes

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:  # noqa: ARG002 - one table
        states = {"met": _("holds"), "doubtful": _("doubtful"), "not_met": _("does not hold"), "unknown": _("unknown")}
        # one row for all criteria that assume the same, and find the same
        shown: dict[tuple[str, str, str], list[str]] = {}
        for name, code, value, state in self.validity.itertuples(index=False):
            count = code == "no_minor_factors"
            said = "" if code in OF_KIND else format_value(value, "count" if count else "coefficient")
            shown.setdefault((code, said, state), []).append(_label(name))
        order = list(ASSUMES)
        frame = pd.DataFrame(
            [
                (_(ASSUMES[code]), said, states[state], join_names(labels))
                for (code, said, state), labels in sorted(shown.items(), key=lambda item: order.index(item[0][0]))
            ],
            columns=["assumes", "value", "state", "criteria"],
        )
        columns = (
            Column("assumes", N_("Assumption")),
            Column("value", N_("Value")),
            Column("state", N_("Here")),
            Column("criteria", N_("Assumed by")),
        )
        return frame, columns, _("What the criteria assume, and whether it holds for these answers")

    def _summary(self) -> list[str]:
        voting = self.table[self.table["votes"]]
        n = len({CRITERIA[name].family for name in voting["criterion"]})
        low, high = self.lowest, self.highest
        if self.agreement == "undefined":
            said = [_("No criterion that holds for these answers gives a number of factors.")]
        elif self.agreement == "agreed":
            said = [
                ngettext(
                    "All criteria that count say {k} factor.", "All criteria that count say {k} factors.", int(low)
                ).format(k=int(low))
            ]
        elif self.agreement == "majority":
            said = [
                ngettext(
                    "Most criteria say {k} factor ({share} of the votes of {n} families of criteria); they range from "
                    "{low} to {high}.",
                    "Most criteria say {k} factors ({share} of the votes of {n} families of criteria); they range from "
                    "{low} to {high}.",
                    int(self.n_factors),
                ).format(
                    k=int(self.n_factors), share=format_value(self.share, "share"), n=n, low=int(low), high=int(high)
                )
            ]
        else:
            said = [
                _(
                    "The criteria are divided: they range from {low} to {high} factors, and no number has more than half "
                    "of the votes. Compare these solutions by what they mean."
                ).format(low=int(low), high=int(high))
            ]
        if "kaiser" in set(self.table["criterion"]):
            k = self.table.set_index("criterion")["n_factors"]["kaiser"]
            if np.isfinite(k):
                said.append(
                    ngettext(
                        "{k} eigenvalue is above 1; that rule is known to overestimate and does not count.",
                        "{k} eigenvalues are above 1; that rule is known to overestimate and does not count.",
                        int(k),
                    ).format(k=int(k))
                )
        judged = self.table.dropna(subset="stability")
        if len(judged):
            least = judged.loc[judged["stability"].idxmin()]
            said.append(
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
            said.append(
                _(
                    "With so many respondents small minor factors can lead these to say more than there are factors of "
                    "use, so that their votes count half: {criteria}."
                ).format(criteria=join_names([_label(name) for name in misled]))
            )
        return [*said, *self._notes()]

    def _methods(self) -> list[str]:
        return methods_of(list(self.table["criterion"]), self.settings, self.n_items, self.n_used)

    # The scree

    @property
    def kinds(self) -> tuple[str, ...]:
        """The figures: a scree for each kind of eigenvalues that the criteria asked for."""
        return tuple(kind for kind, name in _SCREES.items() if SPECTRA[name] in self.eigenvalues)

    def _spectrum(self, kind: str) -> tuple[str, pd.DataFrame]:
        spectrum = SPECTRA[_SCREES[kind]]
        frame = self.eigenvalues[["number", spectrum]].rename(columns={spectrum: "eigenvalue"})
        return spectrum, frame

    def _curves(self, spectrum: str) -> pd.DataFrame:
        verdicts = self.table.set_index("criterion")["n_factors"]
        curves = []
        if f"{spectrum}_reference" in self.eigenvalues:
            name = next(name for name, kind in SPECTRA.items() if kind == spectrum)
            rule = (
                _("mean of reference data")
                if self.settings.rule == "mean"
                else _("{quantile} quantile of reference data").format(
                    quantile=format_value(self.settings.quantile, "coefficient")
                )
            )
            curves.append((_("Parallel analysis ({rule})").format(rule=rule), f"{spectrum}_reference", name))
        if spectrum == "pca":
            curves += [
                (_label(name), f"{name}_reference", name)
                for name in ("ekc", "nest")
                if f"{name}_reference" in self.eigenvalues
            ]
        return pd.DataFrame(
            {
                "label": [label for label, _column, _name in curves],
                "curve": [self.eigenvalues[column].to_numpy() for _label, column, _name in curves],
                "n_factors": [float(verdicts.get(name, np.nan)) for _label, _column, name in curves],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        from hpp_analysis.plots import scree

        spectrum, frame = self._spectrum(kind)
        label = {
            "pca": _("Eigenvalue"),
            "smc": _("Eigenvalue, squared multiple correlations"),
            "factor": _("Eigenvalue, communalities of one factor"),
        }[spectrum]
        return scree(frame, self._curves(spectrum), ylabel=label, ax=ax)

    def _alt(self, kind: str) -> str:
        from hpp_analysis.plots import scree_alt

        spectrum, frame = self._spectrum(kind)
        return scree_alt(frame, self._curves(spectrum))


def _label(name: str) -> str:
    return _(CRITERIA[name].label)


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
        answers,
        _sides(data, answers),
        prepared.n,
        len(prepared.r),
        prepared.correlation,
        settings.reference,
        settings.alpha,
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
        context=Context(names=prepared.names, selection=prepared.selection),
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
