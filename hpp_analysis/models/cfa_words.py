"""What a fitted model says of itself: its relations, its fit, and how it was estimated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import CFI_FAIR, RMSEA_FAIR, SRMR_FAIR
from hpp_analysis.display.formats import format_value
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def relation(called: Callable[[str], str], lhs: str, op: str, rhs: str) -> str:
    """A parameter in words and arrows; `called` names a variable."""
    one, other = called(lhs), called(rhs) if rhs else ""
    signs = {"=~": "→", "~": "←", "~~": "↔"}
    if op == "~1":
        return _("{variable}: intercept").format(variable=one)
    if op == "~~" and lhs == rhs:
        return _("{variable}: variance").format(variable=one)
    return f"{one} {signs[op]} {other}" if op in signs else f"{one} {op} {rhs}"


def without_errors_of_fixed(frame: pd.DataFrame) -> pd.DataFrame:
    """Estimates as people read them: what is fixed has no error, and no interval, rather than one of 0."""
    shown = frame.copy()
    for prefix in ("", "std_all_"):
        bounds = [f"{prefix}{name}" for name in ("se", "ci_lower", "ci_upper")]
        if set(bounds) <= set(frame.columns):
            shown.loc[frame[bounds[0]] == 0.0, bounds] = np.nan
    return shown


def best(measures: pd.Series, name: str) -> float:
    """The robust version of a fit measure where the estimator has one, even if it is undefined."""
    robust = f"{name}_robust"
    return float(measures[robust if robust in measures else name])


def fit_sentence(measures: pd.Series, n_used: int) -> str:
    """The fit of a model, as an article reports it."""
    scaled = "_scaled" if "chi2_scaled" in measures and measures["df"] > 0 else ""
    return _(
        "Fit: χ²({df}) = {chi2}, p {p}, CFI = {cfi}, TLI = {tli}, RMSEA = {rmsea}, SRMR = {srmr}, n = {n}."
    ).format(
        df=format_value(measures["df"], "count"),
        chi2=format_value(measures[f"chi2{scaled}"], "coefficient"),
        p=_equal(format_value(measures[f"p{scaled}"], "p")),
        cfi=format_value(best(measures, "cfi"), "fit"),
        tli=format_value(best(measures, "tli"), "fit"),
        rmsea=format_value(best(measures, "rmsea"), "fit"),
        srmr=format_value(measures["srmr"], "fit"),
        n=format_value(n_used, "count"),
    )


def counted(flags: Sequence[str], name: str) -> int:
    """The number behind a flag such as `without_group:30`; 0 without the flag."""
    return next((int(flag.split(":")[1]) for flag in flags if flag.startswith(f"{name}:")), 0)


def left_out(flags: Sequence[str]) -> list[str]:
    """Whom and what a model left out, as sentences."""
    group, cluster, covariate = (counted(flags, f"without_{kind}") for kind in ("group", "cluster", "covariate"))
    ignored = counted(flags, "clusters_ignored")
    sentences = (
        (
            group,
            ngettext(
                "{n} respondent without a group was left out.", "{n} respondents without a group were left out.", group
            ),
        ),
        (
            cluster,
            ngettext(
                "{n} respondent without a cluster was left out.",
                "{n} respondents without a cluster were left out.",
                cluster,
            ),
        ),
        (
            covariate,
            ngettext(
                "{n} respondent without an answer to a covariate was left out.",
                "{n} respondents without an answer to a covariate were left out.",
                covariate,
            ),
        ),
    )
    said = [sentence.format(n=format_value(n, "count")) for n, sentence in sentences if n]
    if ignored:
        said.append(
            _(
                "The ratings come from {n} persons, some of whom gave several. Only the estimator MLR takes this into "
                "account: here standard errors tend to be too small, and tests to reject too often."
            ).format(n=format_value(ignored, "count"))
        )
    if "correlation_matrix" in flags:
        said.append(
            _(
                "The model was fitted to a correlation matrix as if it were one of covariances: standard errors are wrong, and "
                "so is the fit of models with equal or fixed loadings."
            )
        )
    return said


def without_value(flags: Sequence[str]) -> list[str]:
    """Which defined parameters have no value, as sentences."""
    sentences = {
        "undefined": _("Without a value (a division by zero, or a logarithm or root of a negative number): {names}."),
        "undefined_standardised": _(
            "Without a standardised value (a variance it rests on is not positive, or it is a root or logarithm of a negative "
            "number): {names}."
        ),
    }
    named = {kind: [flag.split(":", 1)[1] for flag in flags if flag.startswith(f"{kind}:")] for kind in sentences}
    return [sentences[kind].format(names=", ".join(names)) for kind, names in named.items() if names]


def not_judged(flags: Sequence[str], n_par: int) -> list[str]:
    """Why the fit of a model cannot be judged, as sentences; nothing where it can."""
    reasons = []
    clusters, respondents = counted(flags, "few_clusters"), counted(flags, "few_respondents")
    if clusters:
        reasons.append(
            _(
                "The fit cannot be judged: there are {n} clusters for {n_par} free parameters, and robust tests need more "
                "clusters than parameters."
            ).format(n=format_value(clusters, "count"), n_par=format_value(n_par, "count"))
        )
    if respondents:
        reasons.append(
            _("The fit cannot be judged: there are {n} respondents for {n_par} free parameters.").format(
                n=format_value(respondents, "count"), n_par=format_value(n_par, "count")
            )
        )
    if "negative_scaling" in flags:
        reasons.append(
            _(
                "The scaling factor of the robust test comes out negative, so the scaled chi-square and the fit measures "
                "that rest on it are undefined."
            )
        )
    return reasons


def methods_of(
    estimator: str, missing: str, *, n_used: int, n_given: int, clustered: bool, further: Sequence[str]
) -> list[str]:
    """How a model was estimated, as a method section says it; `further` sentences end it."""
    estimators = {
        "ML": _("maximum likelihood"),
        "MLR": _("maximum likelihood with robust standard errors and tests (Yuan & Bentler, 2000)"),
        "MLM": _("maximum likelihood with Satorra-Bentler standard errors and tests"),
        "GLS": _("generalised least squares"),
        "ULS": _("unweighted least squares"),
    }
    ways = {
        "fiml": _("Missing answers entered by full information."),
        "listwise": _("Respondents with a missing answer were left out ({used} of {given} used).").format(
            used=format_value(n_used, "count"), given=format_value(n_given, "count")
        ),
        "complete": _("All answers were complete."),
    }
    cluster = _("Standard errors and tests take clusters of answers into account.") if clustered else ""
    text = _(
        "The model was estimated by {estimator}. {missing} {cluster} Fit is judged by CFI ({cfi} or more; Bentler, 1990), "
        "RMSEA ({rmsea} or less; Browne & Cudeck, 1992) and SRMR ({srmr} or less; Hu & Bentler, 1999), in their robust "
        "versions where the estimator is robust."
    ).format(
        estimator=estimators[estimator],
        missing=ways[missing],
        cluster=cluster,
        cfi=format_value(CFI_FAIR, "coefficient"),
        rmsea=format_value(RMSEA_FAIR, "coefficient"),
        srmr=format_value(SRMR_FAIR, "coefficient"),
    )
    return [" ".join(" ".join([text, *further]).split())]


def _equal(p: str) -> str:
    return p if p.startswith("<") else f"= {p}"
