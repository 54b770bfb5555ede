"""The options that functions share, and the one check of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from difflib import get_close_matches
from numbers import Real
from typing import Any, Literal, get_args

from hpp_analysis.errors import OptionError

Level = Literal["factor", "item"]
Weight = Literal["organisation", "respondent"]
Inference = Literal["fixed", "clusters"]
ReliabilityInterval = Literal["analytic", "bonett", "bootstrap", "bca"]
BootstrapInterval = Literal["percentile", "bca"]
CfaEstimator = Literal["MLR", "ML", "MLM", "GLS", "ULS"]
CfaMissing = Literal["auto", "fiml", "listwise"]
CfaInformation = Literal["auto", "expected", "observed", "first_order"]
GroupEqual = Literal[
    "loadings", "intercepts", "residuals", "means", "regressions", "lv_variances", "lv_covariances",
    "residual_covariances",
]  # fmt: skip
FactorScores = Literal["regression", "bartlett"]
InvarianceEstimator = Literal["MLR", "ML", "MLM"]
Headline = Literal["scores", "gaps"]
Adjust = Literal["holm", "none"]
CorrelationMethod = Literal["pearson", "spearman", "polychoric", "mixed"]
CorrelationMissing = Literal["pairwise", "listwise", "em"]
SurveyFormat = Literal["auto", "csv", "xlsx", "spss", "por", "stata", "sas", "parquet", "frame"]
ReportFormat = Literal["html", "pdf", "xlsx", "docx"]


Extraction = Literal["minres", "ml", "pa", "uls", "gls", "dwls", "pca"]
FactorRotation = Literal[
    "none", "varimax", "quartimax", "equamax", "crawford_ferguson_t", "geomin_t", "bifactor_t", "target_t",
    "oblimin", "quartimin", "promax", "crawford_ferguson", "geomin", "bifactor", "target",
]  # fmt: skip
Like = Literal["psych", "spss", "lavaan"]
ScoreMethod = Literal["regression", "bartlett", "tenberge"]
ImportanceMethod = Literal["auto", "lmg", "relative_weights"]
RetentionCriterion = Literal[
    "parallel", "parallel_smc", "parallel_factor", "map", "map4", "ekc", "hull", "hull_cfi", "hull_rmsea", "nest",
    "comparison_data", "chi2", "bic", "sabic", "rmsea", "kaiser",
]  # fmt: skip
RetentionRule = Literal["quantile", "mean"]
RetentionReference = Literal["auto", "permuted", "normal"]


def one_of(value: Any, allowed: Any, name: str) -> Any:
    """Return `value` if the `Literal` alias `allowed` holds it.

    Raises
    ------
    OptionError
        Naming the option, what was given and what can be given.

    Examples
    --------
    >>> one_of("item", Level, "level")
    'item'
    """
    choices = get_args(allowed)
    if not isinstance(value, Hashable) or value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        remedy = nearest(value, choices) if isinstance(value, str) else "Choose one of these."
        raise OptionError(f"`{name}` must be one of {listed}. Given: {value!r}. {remedy}")
    return value


def in_range(value: Any, name: str, *, above: float | None = None, below: float | None = None) -> float:
    """Return the number `value` if it lies strictly between `above` and `below`.

    Examples
    --------
    >>> in_range(.95, "conf_level", above=0, below=1)
    0.95
    """
    number = isinstance(value, Real) and not isinstance(value, bool)
    low = number and (above is None or value > above)
    high = number and (below is None or value < below)
    if not (number and low and high):
        parts = [f"above {above}" if above is not None else "", f"below {below}" if below is not None else ""]
        wanted = " and ".join(part for part in parts if part) or "a number"
        raise OptionError(f"`{name}` must be a number {wanted}. Given: {value!r}. Change it.")
    return float(value)


def nearest(name: str, known: Sequence[str]) -> str:
    """What to do about a name that is not known."""
    near = get_close_matches(name, known, 1)
    return f"Did you mean {near[0]!r}?" if near else "Choose one of these."


def names_in(given: Any, known: Iterable[object], option: str, *, kind: str = "a column") -> tuple[str, ...]:
    """Return the names given for an option as a tuple: a plain string is one name, and each must be known.

    Parameters
    ----------
    given : str or iterable of str
        None counts as no names.
    known : iterable
        What may be named.
    option : str
        The name of the argument, for the message.
    kind : str
        What a name stands for, with its article: "a column", "an item".

    Raises
    ------
    OptionError
        For names that are no strings, that are not known, or that are given twice; with the nearest known name.

    Examples
    --------
    >>> names_in("side", ["side", "role"], "by")
    ('side',)
    >>> names_in(("rol",), ["side", "role"], "by")
    Traceback (most recent call last):
    hpp_analysis.errors.OptionError: `by` must name a column. Given: 'rol'. Did you mean 'role'? There are: 'side', 'role'.
    """
    listed = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    names = () if given is None else tuple(listed)
    if not all(isinstance(name, str) for name in names):
        raise OptionError(f"`{option}` must be one name or several. Given: {given!r}. Give strings.")
    there = [str(name) for name in known]
    for name in names:
        if name not in there:
            shown = ", ".join(repr(other) for other in there[:15]) or "none"
            more = f" and {len(there) - 15} more" if len(there) > 15 else ""
            raise OptionError(
                f"`{option}` must name {kind}. Given: {name!r}. {nearest(name, there)} There are: {shown}{more}."
            )
    if len(set(names)) < len(names):
        raise OptionError(
            f"`{option}` must name each only once. Given: {given!r}. Leave the repeated name out."
        )
    return names
