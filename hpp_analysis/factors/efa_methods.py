"""The method paragraph of a factor analysis: every option by its name."""

from __future__ import annotations

from hpp_analysis.display.formats import format_value
from hpp_analysis.factors.factor_solution import FactorSolution
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def methods_of(efa: FactorSolution) -> list[str]:
    """Sentences for a method section, in the language in use."""
    return [_data(efa), _extraction(efa), *_rotation(efa), *_fit(efa)]


def _data(efa: FactorSolution) -> str:
    kind = {
        "pearson": _("Pearson correlations"),
        "spearman": _("Spearman rank correlations"),
        "polychoric": _("Polychoric correlations"),
        "mixed": _("Pearson, polyserial and polychoric correlations"),
        "given": _("A given correlation matrix"),
    }[efa.correlation]
    handled = {
        "em": _("maximum-likelihood (EM) estimates from all answers"),
        "pairwise": _("pairwise deletion"),
        "listwise": _("listwise deletion"),
        "given": "",
    }[efa.missing]
    n = format_value(efa.n_used, "count")
    if efa.correlation == "given" or not handled:
        return _("{kind} of {p} items was analysed (n = {n}).").format(kind=kind, p=len(efa.loadings), n=n)
    return _("{kind} of {p} items were analysed, with {handled} (n = {n}).").format(
        kind=kind, p=len(efa.loadings), handled=handled, n=n
    )


def _extraction(efa: FactorSolution) -> str:
    how = {
        "minres": _("minimum residuals (unweighted least squares)"),
        "uls": _("unweighted least squares"),
        "ml": _("maximum likelihood"),
        "gls": _("generalised least squares"),
        "dwls": _("diagonally weighted least squares"),
        "pa": _("iterated principal axes"),
        "pca": _("principal components"),
    }[efa.extraction]
    k = len(efa.loadings.columns)
    if efa.extraction == "pca":
        return ngettext("{k} component was extracted by {how}.", "{k} components were extracted by {how}.", k).format(
            k=k, how=how
        )
    return ngettext("{k} factor was extracted by {how}.", "{k} factors were extracted by {how}.", k).format(
        k=k, how=how
    )


def _rotation(efa: FactorSolution) -> list[str]:
    if len(efa.loadings.columns) < 2:
        return []
    if efa.rotation == "none":
        return [_("The solution was not rotated.")]
    settings = ", ".join(
        f"{name} = {value:g}" if isinstance(value, int | float) else str(name) for name, value in efa.settings.items()
    )
    name = f"{efa.rotation.removesuffix('_t')}{f' ({settings})' if settings else ''}"
    said = (
        _("The rotation was {name}, oblique,")
        if efa.factor_correlations.to_numpy().trace() != efa.factor_correlations.to_numpy().sum()
        else _("The rotation was {name}, orthogonal,")
    ).format(name=name)
    kaiser = _("with Kaiser normalisation") if efa.normalized else _("without Kaiser normalisation")
    starts = (
        _("from one start.")
        if efa.n_starts == 1
        else _("from {n} starts, of which {best} reached the best value.").format(n=efa.n_starts, best=efa.n_best)
    )
    said = f"{said} {kaiser}, {starts}"
    if efa.like:
        return [said, _("Settings follow {program}.").format(program=efa.like)]
    return [said]


def _fit(efa: FactorSolution) -> list[str]:
    if efa.extraction == "pca" or efa.n_used != efa.n_used:
        return []
    if efa.like == "lavaan":
        return [_("The chi-square is n times the maximum-likelihood discrepancy of the solution.")]
    return [
        _("The chi-square is the maximum-likelihood discrepancy of the solution with Bartlett's (1950) correction.")
    ]
