"""The method paragraph of a retention study, and the settings of each criterion."""

from __future__ import annotations

from hpp_analysis.common.interpret import MINOR_FACTORS_SHOW
from hpp_analysis.common.result import join_names
from hpp_analysis.core.retention.comparison_data import LEVEL, POPULATION, SAMPLES
from hpp_analysis.display.formats import format_value
from hpp_analysis.factors.retention_criteria import CRITERIA
from hpp_analysis.factors.retention_settings import RetentionSettings
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def settings_text(name: str, settings: RetentionSettings) -> str:
    """What a criterion was told, in a few words in the language in use."""
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


def methods_of(names: list[str], settings: RetentionSettings, n_items: int, n_used: float) -> list[str]:
    """Sentences for a method section, in the language in use."""
    return [
        _data(settings, n_items, n_used),
        *_parallel(settings, names),
        *_partials(names),
        *_others(settings, names),
        *_consensus(names),
        _stability(settings),
    ]


def _papers(*names: str) -> str:
    """The papers of criteria as a parenthesis cites them; their addresses stand in the table."""
    cited = (CRITERIA[name].paper.split(", doi:")[0] for name in names)
    return "; ".join(dict.fromkeys(paper.replace(" (", ", ").replace(")", "") for paper in cited))


def _data(settings: RetentionSettings, n_items: int, n_used: float) -> str:
    kind = {
        "pearson": _("Pearson correlations"),
        "spearman": _("Spearman rank correlations"),
        "polychoric": _("Polychoric correlations"),
        "mixed": _("Pearson, polyserial and polychoric correlations"),
        "given": _("A given correlation matrix"),
    }[settings.correlation]
    handled = {
        "em": _("maximum-likelihood (EM) estimates from all answers"),
        "pairwise": _("pairwise deletion"),
        "listwise": _("listwise deletion"),
        "given": "",
    }[settings.missing]
    n = format_value(n_used, "count")
    if settings.correlation == "given" or not handled:
        return _("The number of factors was judged from a correlation matrix of {p} items (n = {n}).").format(
            p=n_items, n=n
        )
    return _(
        "The number of factors of {p} items was judged from these correlations: {kind}, with {handled} (n = {n})."
    ).format(p=n_items, kind=kind, handled=handled, n=n)


def _parallel(settings: RetentionSettings, names: list[str]) -> list[str]:
    spectra = {
        "parallel": _("of components"),
        "parallel_smc": _("with squared multiple correlations in the diagonal"),
        "parallel_factor": _("with the communalities of one minres factor in the diagonal"),
    }
    hull = any(name.startswith("hull") for name in names)
    chosen = [name for name in spectra if name in names or (hull and name == "parallel")]
    if not chosen:
        return []
    said = [
        _(
            "Parallel analysis ({papers}) compared eigenvalues {kinds} with those of {sets} sets of reference data."
        ).format(
            papers=_papers(*chosen),
            kinds=join_names([spectra[name] for name in chosen]),
            sets=format_value(settings.n_sets, "count"),
        )
    ]
    if settings.reference == "permuted":
        said.append(
            _(
                "The reference data were the answers with each item shuffled by itself (Buja & Eyuboglu, 1992), "
                "correlated in the same way, with gaps left in place and deleted pairwise."
            )
        )
    else:
        said.append(_("The reference data were samples of n independent normal variables, drawn as Wishart matrices."))
    said.append(
        _("Factors were retained up to the first eigenvalue that did not exceed the mean of the reference.")
        if settings.rule == "mean"
        else _(
            "Factors were retained up to the first eigenvalue that did not exceed the {quantile} quantile of the "
            "reference (Glorfeld, 1995)."
        ).format(quantile=format_value(settings.quantile, "coefficient"))
    )
    return said


def _partials(names: list[str]) -> list[str]:
    powers = {"map": _("squared"), "map4": _("fourth-power")}
    chosen = [name for name in powers if name in names]
    if not chosen:
        return []
    return [
        _("Velicer's minimum average partial used {powers} partial correlations ({papers}).").format(
            powers=join_names([powers[name] for name in chosen]), papers=_papers(*chosen)
        )
    ]


def _others(settings: RetentionSettings, names: list[str]) -> list[str]:
    alpha = format_value(settings.alpha, "coefficient")
    said = {
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
    sentences = [
        text.format(
            papers=_papers(name),
            alpha=alpha,
            sets=format_value(settings.n_sets, "count"),
            samples=format_value(SAMPLES, "count"),
            rows=format_value(POPULATION, "count"),
            level=format_value(LEVEL, "coefficient"),
        )
        for name, text in said.items()
        if name in names
    ]
    if any(name.startswith("hull") for name in names):
        sentences.append(
            _("For Hull, solutions had up to one factor more than parallel analysis of components retained.")
        )
    if any(name in names for name in ("nest", "comparison_data", "chi2", "bic", "sabic", "rmsea")):
        sentences.append(
            ngettext(
                "Models had at most {most} factor.", "Models had at most {most} factors.", settings.max_factors
            ).format(most=settings.max_factors)
        )
    return sentences


def _consensus(names: list[str]) -> list[str]:
    if len(names) < 2:
        return []
    return [
        _(
            "The consensus is the number with the most votes; criteria that rest on the same idea share one vote, and "
            "criteria whose assumptions do not hold have none. From {many} respondents on, criteria that small minor "
            "factors mislead count half."
        ).format(many=format_value(MINOR_FACTORS_SHOW, "count"))
    ]


def _stability(settings: RetentionSettings) -> str:
    if not settings.stability:
        return _("Random numbers came from the seed {seed}.").format(seed=settings.seed)
    return _(
        "How stable these verdicts are was judged from {n} bootstrap samples (seed {seed}). As a sample from a sample "
        "holds chance twice, each counted as one of half as many respondents."
    ).format(n=format_value(settings.stability, "count"), seed=settings.seed)
