"""How do items go together? Pearson, Spearman, polychoric and mixed correlations, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.answers import answers_of, groups_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import MOST_CATEGORIES
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.correlation.correlation import Smoothing
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.factors.estimate_correlation import Estimate, estimate
from hpp_analysis.options import CorrelationMethod, CorrelationMissing, checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Correlation(Result):
    """Correlations of items.

    Attributes
    ----------
    table : DataFrame
        One row per item: item, n (answers), and a column of correlations per item, by its name.
    r : DataFrame, items x items
        Undefined correlations are NaN. Positive definite unless `flags` say otherwise.
    n : DataFrame, items x items
        Rows behind each correlation; on the diagonal the answers to an item.
    n_used : int
        Rows of a listwise or EM estimate; of a pairwise one the smallest `n`.
    thresholds : DataFrame, items x thresholds, optional
        Of ordered items: standard normal; NaN beyond the last of an item.
    smoothed : Smoothing, optional
        What smoothing changed, where the matrix was not positive definite: `smallest_before`, `smallest_after`,
        `largest_change`.
    method, missing : str
        As given to `correlate`.
    within : str
        The grouping about whose means the correlations are, or "".
    n_groups : int
        Its groups; 0 without.
    continuous : tuple of str
        Items that counted as continuous in a mixed matrix.
    merged : mapping of str to mapping
        Item to the map from its values to those that stand for them, where sparse categories were merged.
    empty_cells : DataFrame, items x items, optional
        Cells of a pair's table without an answer.
    factors : mapping of str to str
        Of the items of a survey: item to factor, by which the figure orders them.
    """

    r: pd.DataFrame
    n: pd.DataFrame
    n_used: int
    thresholds: pd.DataFrame | None = None
    smoothed: Smoothing | None = None
    method: CorrelationMethod = "pearson"
    missing: CorrelationMissing = "pairwise"
    within: str = ""
    n_groups: int = 0
    continuous: tuple[str, ...] = ()
    merged: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    empty_cells: pd.DataFrame | None = None
    factors: Mapping[str, str] = field(default_factory=dict)

    def _declare(self) -> Declaration:
        return Declaration(
            name="correlation",
            caption=correlation_name(self.method),
            variable="item",
            columns=(
                Column("item", _("Item"), key=True),
                Column("n", _("Answers"), "count"),
                *(
                    Column(item, f"{place}. {name}", "coefficient")
                    for place, (item, name) in enumerate(self._item_names().items(), 1)
                ),
            ),
            figures={"correlations": self._heatmap},
            whole_study=True,
        )

    def _item_names(self) -> dict[str, str]:
        return {str(item): self._called(str(item), "item") for item in self.r.index}

    def _heatmap(self) -> Figure:
        groups = {item: self._called(factor, "factor") for item, factor in self.factors.items()}
        return Figure(plots.correlation_heatmap, self.r, groups, labels=self._item_names())

    def _notes(self) -> list[str]:
        rows_used = (
            _("Each correlation rests on the rows that answer both items, at least {n}.")
            if self.missing == "pairwise"
            else _("Rows used: {n}.")
        )
        notes = [rows_used.format(n=format_value(self.n_used, "count"))]
        if self.smoothed is not None:
            notes.append(
                _(
                    "The matrix was not positive definite and was smoothed: smallest eigenvalue {before} before, {after} "
                    "after; largest change of a correlation {change}."
                ).format(
                    before=f"{self.smoothed.smallest_before:.2g}",
                    after=f"{self.smoothed.smallest_after:.2g}",
                    change=f"{self.smoothed.largest_change:.2g}",
                )
            )
        texts = {
            "constant": _("An item without two different answers has no correlations."),
            "never_together": _("Some pairs of items are answered together by nobody."),
            "undefined": _("Some correlations are undefined."),
            "singular": _("Items determine each other: the matrix is singular."),
            "boundary": _("Correlations at ±.9999 were held there; the likelihood has no maximum inside."),
            "two_by_two": _("One half was added to the empty cell of tables of two by two categories."),
            "not_converged": _("The iteration did not converge; use with care."),
        }
        notes += [text for flag, text in texts.items() if flag in self.flags]
        for item, new_values in self.merged.items():
            pairs = ", ".join(f"{old:g} → {new:g}" for old, new in new_values.items() if old != new)
            notes.append(
                _("Sparse categories of {item} were merged: {pairs}.").format(
                    item=self._called(item, "item"), pairs=pairs
                )
            )
        return notes

    def _summary(self) -> list[str]:
        first, second = np.triu_indices(len(self.r), 1)
        names = pd.MultiIndex.from_arrays([self.r.index[first], self.r.index[second]])
        pairs = pd.Series(self.r.to_numpy()[first, second], names).dropna()
        if pairs.empty:
            return [_("No correlation can be given.")]
        low, high = pairs.idxmin(), pairs.idxmax()
        text = _("The correlations of {count} items run from {low} ({lowest}) to {high} ({highest}).").format(
            count=len(self.r),
            low=format_value(pairs.min(), "coefficient"),
            lowest=join_names([self._called(item, "item") for item in low]),
            high=format_value(pairs.max(), "coefficient"),
            highest=join_names([self._called(item, "item") for item in high]),
        )
        return [text, *self._notes()[1:]]

    def _methods(self) -> list[str]:
        estimated = {
            "pearson": _(
                "Correlations are Pearson's: answers on a scale of many points (as 1 to 10) are treated as "
                "continuous, because polychoric correlations of so many categories rest on sparse tables."
            ),
            "spearman": _("Correlations are Spearman's: Pearson's of average ranks."),
            "polychoric": _(
                "Correlations are polychoric, by two-step maximum likelihood (Olsson, 1979): thresholds from each "
                "item's own answers, then each correlation from its cross table; nothing is added to empty cells, "
                "except one half in tables of two by two."
            ),
            "mixed": _(
                "Items of at most {count} whole-number categories are ordered, others continuous. Ordered pairs have "
                "polychoric correlations (Olsson, 1979), mixed pairs polyserial ones (Olsson, Drasgow & Dorans, "
                "1982), both by two-step maximum likelihood, and continuous pairs Pearson's."
            ).format(count=MOST_CATEGORIES),
        }[self.method]
        missing = {
            "pairwise": _("Missing answers: each correlation uses the rows that answer both items."),
            "listwise": _("Missing answers: only rows that answer every item are used (n = {n}).").format(
                n=format_value(self.n_used, "count")
            ),
            "em": _(
                "Missing answers: maximum likelihood under normality from all answers, by EM (Dempster, Laird & "
                "Rubin, 1977; n = {n})."
            ).format(n=format_value(self.n_used, "count")),
        }[self.missing]
        pooled = ngettext(
            "Correlations are about the means of {n} group.",
            "Correlations are pooled within {n} groups: about the means of each.",
            self.n_groups,
        ).format(n=self.n_groups)
        return [estimated, missing, *([pooled] if self.n_groups else [])]


@checked
def correlate(
    data: Survey | pd.DataFrame,
    *,
    method: CorrelationMethod = "pearson",
    missing: CorrelationMissing = "pairwise",
    within: str | pd.Series | None = None,
    min_count: int = 0,
) -> Correlation:
    """Correlate items.

    The default is Pearson: answers on a scale of 1 to 10 are nearly continuous, and tables of a hundred cells are too
    sparse for polychorics, which are there on request. Matrices that are not positive definite are smoothed
    (eigenvalues raised, unit diagonal), and the result says so.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey (all its items), a factor of it, or answers (respondents x items).
    method : {"pearson", "spearman", "polychoric", "mixed"}
        "mixed" takes whole-number items of at most 15 categories as ordered and the others as continuous.
    missing : {"pairwise", "listwise", "em"}
        "em" is maximum likelihood from all answers, with "pearson" only.
    within : str or Series, optional
        A grouping (a respondent column of the survey, or a column of the frame, which then is no item): correlations
        about the means of each group, pooled. With "pearson" only; pairwise or listwise.
    min_count : int
        For ordered items: categories with fewer answers are merged with their smaller neighbour; `merged` tells how.

    Returns
    -------
    Correlation

    Raises
    ------
    SurveyError
        When columns are not answers.
    OptionError
        When options do not go together, or an item has too many categories.

    References
    ----------
    Olsson (1979), doi:10.1007/BF02296207; Olsson, Drasgow & Dorans (1982), doi:10.1007/BF02294164

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> found = correlate(simulate_study(seed=1).survey["openness"])
    >>> found.r.shape, found.method, found.flags
    ((8, 8), 'pearson', ())
    """
    _go_together(method, missing, within, min_count)
    groups, answers = None, data
    if within is not None:
        groups, group_columns = groups_of(data, within)
        if isinstance(data, pd.DataFrame):
            answers = data.drop(columns=group_columns)
    frame = answers_of(answers)
    estimated = estimate(frame, method, missing, groups, min_count)
    items = frame.columns
    table = pd.DataFrame(estimated.r, columns=items)
    table.insert(0, "n", np.diag(estimated.n))
    table.insert(0, "item", items.to_numpy(), allow_duplicates=True)
    of_survey = isinstance(data, Survey)
    return Correlation(
        table=table,
        context=Context.of(data) if of_survey else Context(),
        factors={item.id: item.factor for item in data.instrument.items} if of_survey else {},
        flags=estimated.flags,
        r=pd.DataFrame(estimated.r, items, items),
        n=pd.DataFrame(estimated.n, items, items),
        n_used=estimated.n_used,
        thresholds=_thresholds(estimated, items),
        smoothed=estimated.smoothed,
        method=method,
        missing=missing,
        within=within if isinstance(within, str) else "" if within is None else str(within.name or "group"),
        n_groups=estimated.n_groups,
        continuous=tuple(name for name, free in zip(items, estimated.continuous, strict=True) if free),
        merged={name: new_values for name, new_values in zip(items, estimated.merged, strict=True) if new_values},
        empty_cells=None if estimated.empty_cells is None else pd.DataFrame(estimated.empty_cells, items, items),
    )


def _go_together(method: str, missing: str, within: object, min_count: int) -> None:
    if missing == "em" and method != "pearson":
        raise OptionError(
            f'`missing="em"` must go with `method="pearson"`. Given: {method!r}. Choose "pairwise" or "listwise".'
        )
    if within is not None and (method != "pearson" or missing == "em"):
        raise OptionError(
            f'`within` must go with `method="pearson"` and pairwise or listwise deletion. Given: {method!r}, {missing!r}. '
            "Change these, or leave `within` out."
        )
    if min_count and method not in ("polychoric", "mixed"):
        raise OptionError(
            f'`min_count` must go with `method="polychoric"` or "mixed". Given: {method!r}. Leave one of them out.'
        )


def _thresholds(estimated: Estimate, items: pd.Index) -> pd.DataFrame | None:
    if estimated.thresholds is None:
        return None
    width = max((cut.size for cut in estimated.thresholds), default=0)
    padded = [np.concatenate([cut, np.full(width - cut.size, np.nan)]) for cut in estimated.thresholds]
    return pd.DataFrame(padded, items, [f"t{k}" for k in range(1, width + 1)])


def correlation_name(method: str) -> str:
    """What correlations of a method are called in the language in use; "given" are those of the user."""
    return {
        "pearson": _("Pearson correlations"),
        "spearman": _("Spearman rank correlations"),
        "polychoric": _("Polychoric correlations"),
        "mixed": _("Pearson, polyserial and polychoric correlations"),
        "given": _("A given correlation matrix"),
    }[method]


def missing_treatment(missing: str) -> str:
    """What was done about missing answers, in the language in use; "" where the correlations were given."""
    return {
        "em": _("maximum-likelihood (EM) estimates from all answers"),
        "pairwise": _("pairwise deletion"),
        "listwise": _("listwise deletion"),
        "given": "",
    }[missing]
