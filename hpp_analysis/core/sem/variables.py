"""Which part each variable plays in a model: latent, indicator, dependent, covariate."""

from __future__ import annotations

from dataclasses import dataclass

from hpp_analysis.core.sem.syntax import Syntax


@dataclass(frozen=True, slots=True)
class Variables:
    """The parts that variables play in a model, each in lavaan's order.

    Attributes
    ----------
    latent : tuple of str
        Left of `=~`, in order of appearance.
    observed : tuple of str
        Indicators, then dependent variables, then others, then exogenous covariates.
    exogenous : tuple of str
        Observed variables that only predict: with `fixed_x` their moments are those of the sample.
    indicators : tuple of str
        Observed and latent variables right of `=~`.
    dependent, predictors : tuple of str
        Left and right of `~`.
    first_order : tuple of str
        Latent variables with an observed indicator.
    only_indicators : tuple of str
        Variables that are the single indicator of a latent variable: they have no residual.
    """

    latent: tuple[str, ...]
    observed: tuple[str, ...]
    exogenous: tuple[str, ...]
    indicators: tuple[str, ...]
    dependent: tuple[str, ...]
    predictors: tuple[str, ...]
    first_order: tuple[str, ...]
    only_indicators: tuple[str, ...]


def find_variables(syntax: Syntax) -> Variables:
    """Tell which part each variable plays."""
    terms = syntax.terms

    def names(op: str, side: str) -> list[str]:
        return list(dict.fromkeys(getattr(term, side) for term in terms if term.op == op))

    latent, indicators = names("=~", "lhs"), names("=~", "rhs")
    dependent, predictors = names("~", "lhs"), names("~", "rhs")
    others: dict[str, None] = {}
    for term in terms:
        if term.op in ("~~", "~1", "|"):
            others |= dict.fromkeys(name for name in (term.lhs, term.rhs if term.op == "~~" else "") if name)
    random = set(others)
    plain = [name for name in (*indicators, *dependent) if name not in latent]
    exogenous = [
        name
        for name in predictors
        if name not in latent and name not in indicators and name not in dependent and name not in random
    ]
    more = [name for name in (*predictors, *others) if name not in latent and name not in exogenous]
    observed = (*dict.fromkeys((*plain, *more)), *exogenous)
    measured = {name: [term.rhs for term in terms if term.op == "=~" and term.lhs == name] for name in latent}
    return Variables(
        latent=tuple(latent),
        observed=tuple(observed),
        exogenous=tuple(exogenous),
        indicators=tuple(indicators),
        dependent=tuple(dependent),
        predictors=tuple(predictors),
        first_order=tuple(name for name in latent if not set(measured[name]) <= set(latent)),
        only_indicators=tuple(items[0] for items in measured.values() if len(items) == 1),
    )
