"""How do items go together? Pearson, Spearman, polychoric and mixed correlations, and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of, groups_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.design import names_of
from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.correlation.correlation import Smoothing
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.factors.estimate_correlation import MOST_CATEGORIES, Estimate, estimate
from hpp_analysis.options import CorrelationMethod, CorrelationMissing, checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Correlation(StudyResult):
    """Correlations of items.

    Attributes
    ----------
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

    name: ClassVar[str] = "correlation"
    kinds: ClassVar[tuple[str, ...]] = ("correlations",)

    def to_frame(self) -> pd.DataFrame:
        """One row per item.

        Returns
        -------
        DataFrame
            item, n (answers), and a column of correlations per item, by its name.
        """
        return super().to_frame()

    def _columns(self) -> tuple[Column, ...]:
        numbered = [
            Column(item, f"{place}. {self._called(item, 'item')}", "coefficient", translate=False)
            for place, item in enumerate(self.r.columns, 1)
        ]
        return (Column("item", N_("Item")), Column("n", N_("Answers"), "count"), *numbered)

    def _caption(self) -> str:
        return {
            "pearson": _("Pearson correlations"),
            "spearman": _("Spearman rank correlations"),
            "polychoric": _("Polychoric correlations"),
            "mixed": _("Pearson, polyserial and polychoric correlations"),
        }[self.method]

    def _notes(self) -> list[str]:
        notes = []
        if self.missing == "pairwise":
            notes.append(
                _("Each correlation rests on the rows that answer both items, at least {n}.").format(
                    n=format_value(self.n_used, "count")
                )
            )
        else:
            notes.append(_("Rows used: {n}.").format(n=format_value(self.n_used, "count")))
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
        said = {
            "constant": _("An item without two different answers has no correlations."),
            "never_together": _("Some pairs of items are answered together by nobody."),
            "undefined": _("Some correlations are undefined."),
            "singular": _("Items determine each other: the matrix is singular."),
            "boundary": _("Correlations at ±.9999 were held there; the likelihood has no maximum inside."),
            "two_by_two": _("One half was added to the empty cell of tables of two by two categories."),
            "not_converged": _("The iteration did not converge; use with care."),
        }
        notes += [text for flag, text in said.items() if flag in self.flags]
        for item, to in self.merged.items():
            pairs = ", ".join(f"{old:g} → {new:g}" for old, new in to.items() if old != new)
            notes.append(
                _("Sparse categories of {item} were merged: {pairs}.").format(
                    item=self._called(item, "item"), pairs=pairs
                )
            )
        return notes

    def _pairs(self) -> pd.Series:
        first, second = np.triu_indices(len(self.r), 1)
        values = self.r.to_numpy()[first, second]
        index = pd.MultiIndex.from_arrays([self.r.index[first], self.r.index[second]])
        return pd.Series(values, index).dropna()

    def _summary(self) -> list[str]:
        pairs = self._pairs()
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
        said = {
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
        handled = {
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
        return [said, handled, *([pooled] if self.n_groups else [])]

    def _labels(self) -> dict[str, str]:
        return {str(item): self._called(str(item), "item") for item in self.r.index}

    def _groups(self) -> dict[str, str]:
        return {item: self._called(factor, "factor") for item, factor in self.factors.items()}

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import correlation_heatmap

        return correlation_heatmap(self.r, self._groups(), labels=self._labels(), ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import correlation_heatmap_alt

        return correlation_heatmap_alt(self.r, self._groups(), labels=self._labels())


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
    groups = None
    answers = data
    if within is not None:
        groups, taken = groups_of(data, within)
        if isinstance(data, pd.DataFrame):
            answers = data.drop(columns=taken)
    frame = answers_of(answers)
    found = estimate(frame, method, missing, groups, min_count)
    label = within if isinstance(within, str) else "" if within is None else str(within.name or "group")
    return _result(data, frame, found, method, missing, label)


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


def _result(
    items: Survey | pd.DataFrame,
    frame: pd.DataFrame,
    found: Estimate,
    method: CorrelationMethod,
    missing: CorrelationMissing,
    within: str,
) -> Correlation:
    names = frame.columns

    def square(values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(values, names, names)

    table = pd.DataFrame(found.r, columns=names)
    table.insert(0, "n", np.diag(found.n))
    table.insert(0, "item", names.to_numpy(), allow_duplicates=True)
    thresholds = None
    if found.thresholds is not None:
        width = max((cut.size for cut in found.thresholds), default=0)
        padded = [np.concatenate([cut, np.full(width - cut.size, np.nan)]) for cut in found.thresholds]
        thresholds = pd.DataFrame(padded, names, [f"t{k}" for k in range(1, width + 1)])
    return Correlation(
        table=table,
        context=Context(
            names=names_of(items) if isinstance(items, Survey) else {},
            selection=items.selection if isinstance(items, Survey) else {},
        ),
        factors={item.id: item.factor for item in items.instrument.items} if isinstance(items, Survey) else {},
        flags=found.flags,
        r=square(found.r),
        n=square(found.n),
        n_used=found.n_used,
        thresholds=thresholds,
        smoothed=found.smoothed,
        method=method,
        missing=missing,
        within=within,
        n_groups=found.n_groups,
        continuous=tuple(name for name, free in zip(names, found.continuous, strict=True) if free),
        merged={name: to for name, to in zip(names, found.merged, strict=True) if to},
        empty_cells=None if found.empty_cells is None else square(found.empty_cells),
    )
