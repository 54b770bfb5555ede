"""The options that functions share, and the one check of them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache, wraps
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from hpp_analysis.errors import OptionError

Level = Literal["factor", "item"]
Weight = Literal["organisation", "respondent"]
Inference = Literal["fixed", "clusters"]
ReliabilityInterval = Literal["analytic", "bonett", "bootstrap", "bca"]
BootstrapInterval = Literal["percentile", "bca"]
CfaEstimator = Literal["auto", "MLR", "ML", "MLM", "GLS", "ULS", "WLSMV", "ULSMV", "WLS", "DWLS"]
CfaMissing = Literal["auto", "fiml", "listwise", "pairwise"]
TwoLevelMissing = Literal["auto", "fiml", "listwise"]
Parameterization = Literal["delta", "theta"]
CfaRotation = Literal[
    "geomin", "oblimin", "quartimin", "crawford_ferguson", "bifactor", "target", "varimax", "quartimax", "equamax",
    "crawford_ferguson_t", "geomin_t", "bifactor_t", "target_t",
]  # fmt: skip
CfaInformation = Literal["auto", "expected", "observed", "first_order"]
GroupEqual = Literal[
    "thresholds", "loadings", "intercepts", "residuals", "means", "regressions", "lv_variances", "lv_covariances",
    "residual_covariances",
]  # fmt: skip
FactorScores = Literal["regression", "bartlett"]
InvarianceEstimator = Literal["auto", "MLR", "ML", "MLM", "WLSMV"]
InvarianceMissing = Literal["auto", "fiml", "pairwise", "listwise"]
Headline = Literal["scores", "gaps"]
Adjust = Literal["holm", "none"]
CorrelationMethod = Literal["pearson", "spearman", "polychoric", "mixed"]
CorrelationMissing = Literal["pairwise", "listwise", "em"]
SurveyFormat = Literal["auto", "csv", "xlsx", "spss", "por", "stata", "sas", "parquet", "frame"]
ReportFormat = Literal["html", "pdf", "xlsx", "docx", "pptx", "page"]
Edition = Literal["board", "full"]
EDITIONS: tuple[Edition, ...] = ("board", "full")
QuestionnaireFormat = Literal["limesurvey", "xlsform", "docx"]


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


_P = ParamSpec("_P")
_R = TypeVar("_R")

_RANGES: dict[str, dict[str, float]] = {
    "conf_level": {"above": 0, "below": 1},
    "alpha": {"above": 0, "below": 1},
    "quantile": {"above": 0, "below": 1},
    "share": {"above": 0, "below": 1},
    "min_valid": {"above": 0, "at_most": 1},
    "margin": {"at_least": 0},
    "seed": {"at_least": 0},
    "n_boot": {"at_least": 0},
    "n_obs": {"at_least": 0},
    "n_sets": {"at_least": 20},
    "n_factors": {"at_least": 1},
    "max_factors": {"at_least": 1},
    "n_starts": {"at_least": 1},
    "stability": {"at_least": 0},
    "min_count": {"at_least": 0},
    "holdout": {"at_least": 0, "below": 1},
}
"""What numbers must lie in, by the name of the option: one name means one thing in all functions."""

_MADE_BY = {
    "Survey": "read_survey(file, instrument=...)",
    "Tiers": "rank_partners(survey)",
    "Gaps": "partner_gaps(survey)",
    "Drivers": "rank_drivers(survey)",
    "Invariance": "measurement_invariance(model, answers, group=...)",
    "CFA": "fit_cfa(model, answers)",
    "Correlation": "correlate(answers)",
    "Cells": "plan_disclosure(survey)",
    "Result": "one of the verbs, such as score_scales(survey)",
}
"""What makes the objects that functions take, by the name of their class."""


def checked(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Check the arguments of a public function before it runs.

    Each value must fit its annotation, and a number the range of the option's name: text is no True or False, a survey
    no result. A plain string fits where names are expected. Which names there are, the function knows: `names_in`.

    Examples
    --------
    >>> @checked
    ... def halve(number: float, *, seed: int = 0) -> float:
    ...     return number / 2
    >>> halve("4")
    Traceback (most recent call last):
    hpp_analysis.errors.OptionError: `number` of halve() must be a number. Given: '4'. Correct it.
    """
    signature = inspect.signature(function)
    hints = cache(lambda: get_type_hints(function))

    @wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            parameter = signature.parameters[name]
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            if value is not parameter.default and name in hints():
                _check(value, hints()[name], name, function.__name__)
        return function(*args, **kwargs)

    return call


def _check(value: Any, hint: Any, name: str, function: str) -> None:
    """Raise `OptionError` where a value does not fit the annotation of its argument or the range of its name."""
    if not _fits(value, hint):
        choices = [choice for part in _alternatives(hint) for choice in _choices(part)]
        if choices and isinstance(value, str):
            one_of(value, Literal[tuple(choices)], name)
        wanted = _listed(_called(part) for part in _alternatives(hint))
        given = repr(value) if isinstance(value, str | Real | NoneType) else f"a {type(value).__name__}"
        if isinstance(value, Collection) and not isinstance(value, str) and type(value).__module__ == "builtins":
            plain = all(isinstance(part, str | Real | NoneType) for part in value)
            of = sorted({type(part).__name__ for part in value})
            given = repr(value)[:100] if plain else f"a {type(value).__name__} of {_listed(of)}"
        makers = [_MADE_BY[class_name] for part in _alternatives(hint) if (class_name := _class_name(part)) in _MADE_BY]
        remedy = f"Pass the result of {makers[0]}." if makers else "Correct it."
        if isinstance(value, Iterator):
            remedy = f"It can be read only once: pass list({name})."
        raise OptionError(f"`{name}` of {function}() must be {wanted}. Given: {given}. {remedy}")
    if name in _RANGES and isinstance(value, Real):
        in_range(value, name, **_RANGES[name])


def _alternatives(hint: Any) -> tuple[Any, ...]:
    """The types of which a value may have one."""
    if isinstance(hint, TypeVar):
        return _alternatives(hint.__bound__)
    if get_origin(hint) in (Union, UnionType):
        return tuple(inner for part in get_args(hint) for inner in _alternatives(part))
    return (hint,)


def _choices(hint: Any) -> tuple[Any, ...]:
    """The values of a `Literal`, also where several may be given."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    return tuple(choice for inner in get_args(hint) for part in _alternatives(inner) for choice in _choices(part))


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value has the type of an annotation; a string also fits where several are expected."""
    if len(_alternatives(hint)) > 1 or isinstance(hint, TypeVar):
        return any(_fits(value, part) for part in _alternatives(hint))
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any or hint is None:
        return hint is Any or value is None
    if origin is Literal:
        return isinstance(value, Hashable) and value in inner
    if hint is bool:
        return isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")  # of numpy
    if hint in (int, float):
        return _is_number(value, Integral if hint is int else Real)
    if origin is None:
        return isinstance(value, hint)
    if issubclass(origin, Mapping):
        keys, values = inner
        return isinstance(value, Mapping) and all(_fits(key, keys) and _fits(one, values) for key, one in value.items())
    one = inner[0]
    if isinstance(value, str):
        return _fits(value, one)
    # an iterator would be used up by this look at it, and reach the function empty
    if not isinstance(value, Iterable) or isinstance(value, Mapping | bytes | Iterator):
        return False
    fixed = origin is tuple and Ellipsis not in inner
    listed = list(value)
    return (not fixed or len(listed) == len(inner)) and all(_fits(part, one) for part in listed)


def _is_number(value: Any, kind: Any = Real) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)


def _class_name(hint: Any) -> str:
    return getattr(hint, "__name__", "")


def _called(hint: Any) -> str:
    """What an annotation asks for, in words."""
    words = {bool: "True or False", int: "a whole number", float: "a number", str: "a string", NoneType: "None"}
    if hint in words:
        return words[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return "one of " + ", ".join(map(repr, inner))
    if origin is None:
        name = _class_name(hint)
        return f"{'an' if name[:1] in 'AEIO' else 'a'} {name}"
    if issubclass(origin, Mapping):
        plain = get_origin(inner[1]) is None and inner[1] is not Any
        return f"a mapping to {_called(inner[1])}" if plain else "a mapping"
    return f"a sequence, each {_listed(_called(part) for part in _alternatives(inner[0]))}"


def _listed(words: Iterable[str]) -> str:
    """Alternatives in words: a, b or c."""
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} or {last}" if first else last


_ORDINAL = {"WLSM": "WLSMV", "WLSMVS": "WLSMV", "ULSM": "ULSMV", "ULSMVS": "ULSMV", "PML": "WLSMV"}
_FULL = "Full information, which uses all answers, has another name here."
_ELSEWHERE: dict[str, dict[str, tuple[str, str]]] = {
    "estimator": {
        name.casefold(): (other, "Tests of ordered items are scaled and shifted here.")
        for name, other in _ORDINAL.items()
    },
    "missing": {**dict.fromkeys(("ml", "direct", "ml.x", "fiml.x", "two.stage", "robust.two.stage"), ("fiml", _FULL))},
}
"""What other programs call an option, by its name in small letters: what to choose here, and why."""


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
        if (meant := _ELSEWHERE.get(name, {}).get(str(value).casefold())) and meant[0] in choices:
            remedy = f"{meant[1]} Choose {meant[0]!r}."
        raise OptionError(f"`{name}` must be one of {listed}. Given: {value!r}. {remedy}")
    return value


def in_range(
    value: Any,
    name: str,
    *,
    above: float | None = None,
    below: float | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
) -> float:
    """Return the number `value` if it lies between the limits, of which the first two are excluded.

    Examples
    --------
    >>> in_range(.95, "conf_level", above=0, below=1)
    0.95
    """
    inside = _is_number(value) and (
        (above is None or value > above)
        and (below is None or value < below)
        and (at_least is None or value >= at_least)
        and (at_most is None or value <= at_most)
    )
    if not inside:
        limits = {"above": above, "at least": at_least, "below": below, "at most": at_most}
        wanted = " and ".join(f"{words} {limit:g}" for words, limit in limits.items() if limit is not None)
        raise OptionError(f"`{name}` must be a number {wanted}. Given: {value!r}. Correct it.".replace("  ", " "))
    return float(value)


def nearest(name: str, known: Iterable[str]) -> str:
    """What to do about a name that is not known: the nearest ones, capitals and small letters alike."""
    by_spelling: dict[str, str] = {}
    for candidate in known:
        by_spelling.setdefault(candidate.casefold(), candidate)
    similar = get_close_matches(name.casefold(), by_spelling, 3)
    if not similar:
        return "Choose one of these."
    return f"Did you mean {' or '.join(repr(by_spelling[candidate]) for candidate in similar)}?"


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
    known_names = [str(name) for name in known]
    for name in names:
        if name not in known_names:
            shown = ", ".join(repr(other) for other in known_names[:15]) or "none"
            more = f" and {len(known_names) - 15} more" if len(known_names) > 15 else ""
            raise OptionError(
                f"`{option}` must name {kind}. Given: {name!r}. {nearest(name, known_names)} There are: {shown}{more}."
            )
    if len(set(names)) < len(names):
        raise OptionError(f"`{option}` must name each only once. Given: {given!r}. Leave the repeated name out.")
    return names
