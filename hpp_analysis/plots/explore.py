"""Figures to explore answers with, drawn by seaborn: they may show single persons and are not meant for reports.

seaborn is loaded when one of them is drawn. As with seaborn itself, a figure that is not drawn on axes of yours is one of
pyplot's: a notebook shows it at the end of the cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, names_in
from hpp_analysis.plots.parts.axes import draw_on_axes, new_axes, style, styled
from hpp_analysis.plots.parts.lettering import SMALL, clean, number, text_height, text_width, wrap
from hpp_analysis.plots.parts.picture import nothing, size_of
from hpp_analysis.plots.parts.row_frame import WIDEST
from hpp_analysis.plots.parts.style import INK, MUTED, PLAIN, WIDTH, palette
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import pick, spoken

Answers: TypeAlias = Survey | pd.DataFrame
COLORS = [mark.color for mark in palette.values()]


@checked
def plot_distributions(data: Answers, by: str | pd.Series | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw how the answers to each item, or the scores on each scale, are distributed.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, of which the answers to its items are drawn, or a table of numbers, one column per variable.
    by : str or Series, optional
        What divides the rows into groups: a column, or a value for each row, by the index of the data. Two groups are
        the two halves of each shape.
    ax : Axes, optional
        Where to draw; by default in a figure of pyplot.

    Returns
    -------
    Axes
        With a shape per variable, as wide as there are answers, and lines at the quartiles.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> ax = plot_distributions(simulate_study(seed=1).survey, by="side")
    >>> len(ax.get_yticklabels()), [text.get_text() for text in ax.get_legend().get_texts()]
    (24, ['partner', 'client'])
    """
    values, groups, name = _values_and_groups(data, by)
    named = values.rename(columns=_labels(data))
    long = named.assign(**{name or " ": groups}).melt(id_vars=name or " ", var_name="variable", value_name="value")
    look = _look(groups, name) | {"split": groups.nunique() == 2} if name else {"color": COLORS[0]}
    with _seaborn() as sns:
        ax = _axes(ax, 0.34 * values.shape[1] + 1.0)
        sns.violinplot(
            long.dropna(), x="value", y="variable", orient="h", cut=0, inner="quart", linewidth=0.8,
            density_norm="count", ax=ax, **look,
        )  # fmt: skip
        ax.set(xlabel="", ylabel="")
        if name:
            sns.move_legend(ax, "lower left", bbox_to_anchor=(0, 1), ncol=6, title=None, frameon=False)
    return _literal(ax)


@checked
def plot_pairs(data: Answers, by: str | pd.Series | None = None) -> Any:
    """Draw each variable against each other one, and its own distribution on the diagonal.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, of which the answers to its items are drawn (choose a few by `survey.only`), or a table of numbers,
        one column per variable, such as the `values` of `score_scales`.
    by : str or Series, optional
        What divides the rows into groups: a column, or a value for each row, by the index of the data.

    Returns
    -------
    seaborn.PairGrid

    Examples
    --------
    >>> from hpp_analysis import score_scales, simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> plot_pairs(score_scales(survey).values, by=survey.respondents["side"]).axes.shape
    (4, 4)
    """
    values, groups, name = _values_and_groups(data, by)
    if values.shape[1] > 12:
        raise OptionError(
            f"`data` must have at most 12 variables for a plot of pairs. Given: {values.shape[1]}. Choose some: "
            "`survey.only(...)`, or the columns of a table."
        )
    named = values.rename(columns=_labels(data))
    look = _look(groups, name) if name else {}
    with _seaborn() as sns:
        return sns.pairplot(
            named.assign(**{name: groups}) if name else named, vars=list(named.columns), corner=True, height=1.7,
            diag_kind="kde" if name else "hist", plot_kws={"s": 12, "alpha": 0.5, "linewidth": 0}, **look,
        )  # fmt: skip


@checked
def plot_regressions(scores: pd.DataFrame, outcome: str, by: str | pd.Series | None = None) -> Any:
    """Draw the outcome against each factor, with the line of a regression on this factor alone and its interval.

    The interval takes all ratings as independent; `rank_drivers` does not.

    Parameters
    ----------
    scores : DataFrame
        One row per rating, one column per scale, such as the `values` of `score_scales`.
    outcome : str
        The column to be explained; all others explain it.
    by : str or Series, optional
        What divides the rows into groups with a line of their own: a column, or a value for each row.

    Returns
    -------
    seaborn.FacetGrid

    Examples
    --------
    >>> from hpp_analysis import score_scales, simulate_study
    >>> grid = plot_regressions(score_scales(simulate_study(seed=1).survey).values, "success")
    >>> [ax.get_title() for ax in grid.axes.flat]
    ['openness', 'equality', 'conflict_management']
    """
    values, groups, name = _values_and_groups(scores, by)
    names_in(outcome, values.columns, "outcome")
    id_columns = [outcome, *([name] if name else [])]
    table = values.assign(**{name: groups}) if name else values
    long = table.melt(id_vars=id_columns, var_name="factor", value_name="score").dropna()
    look = _look(groups, name) if name else {"line_kws": {"color": INK}}
    with _seaborn() as sns:
        grid = sns.lmplot(
            long, x="score", y=outcome, col="factor", col_wrap=min(3, values.shape[1] - 1), height=2.6, seed=1,
            scatter_kws={"s": 10, "alpha": 0.4}, **look,
        )  # fmt: skip
        return grid.set_titles("{col_name}")


def draw_heatmap(
    table: pd.DataFrame,
    colors: Sequence[str],
    *,
    groups: Sequence[str] = (),
    shown: NDArray[np.bool_] | None = None,
    muted: float = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw correlations or loadings, from -1 to 1, as cells with their numbers.

    Parameters
    ----------
    table : DataFrame
        With the names that are written.
    colors : sequence of str
        From -1 to 1, evenly spaced.
    groups : sequence of str
        The group of each row, written at the right of its rows; empty for none. Rows of a group stand together.
    shown : array of bool, optional
        Which cells are drawn; by default all.
    muted : float
        Numbers closer to zero are grey.
    ax : Axes, optional
        Where to draw; by default in a figure of its own, as high as it needs.
    """
    import seaborn as sns
    from matplotlib.colors import LinearSegmentedColormap

    values = table.to_numpy(dtype=float)
    shown = np.ones(values.shape, dtype=bool) if shown is None else shown
    if not np.isfinite(values[shown]).any():
        return draw_on_axes(nothing(ax))
    table = table.rename(index=lambda label: wrap(label, WIDEST))
    texts = np.array([[number(value, 2) if np.isfinite(value) else "–" for value in row] for row in values])
    with styled():
        ax = _axes_beside(table, groups) if ax is None else ax
        sns.heatmap(
            table, mask=~shown, annot=texts, fmt="", cmap=LinearSegmentedColormap.from_list("hpp", list(colors)),
            vmin=-1, vmax=1, cbar=False, linewidths=0.7, linecolor="white", xticklabels=True, yticklabels=True, ax=ax,
            annot_kws={"fontsize": min(SMALL, SMALL * 0.65 * size_of(ax)[0] / table.shape[1] / text_width("−0.00"))},
        )  # fmt: skip
        for text in ax.texts:
            row, column = (int(at) for at in text.get_position()[::-1])
            if not abs(values[row, column]) >= muted:
                text.set_color(MUTED)
        for group in filter(None, dict.fromkeys(groups)):
            rows = [row for row, name in enumerate(groups) if name == group]
            at = table.shape[1] + 0.1, float(np.mean(rows)) + 0.5
            ax.text(*at, group, color=INK, va="center", fontweight="bold", fontsize=SMALL)
        ax.tick_params(axis="y", rotation=0)
        ax.set(xlabel="", ylabel="")
    return _literal(ax)


@contextmanager
def _seaborn() -> Iterator[Any]:
    """seaborn, with our settings inside the block and the user's again after it."""
    import matplotlib.pyplot as plt
    import seaborn as sns

    # loads the backend: that of notebooks makes pyplot interactive, which has to outlast the block
    plt.draw_if_interactive()  # type: ignore[no-untyped-call]
    with styled(), sns.axes_style("whitegrid", rc=style):
        yield sns


def _axes_beside(table: pd.DataFrame, groups: Sequence[str]) -> Axes:
    """Axes in a figure of their own, with room for the labels of rows and columns."""
    left = max(text_width(line) for label in table.index for line in label.split("\n")) + 0.25
    heads = max(map(text_width, table.columns))
    right = max([text_width(group, bold=True) for group in groups], default=0.0) + 0.2
    wide = WIDTH - left - right
    below = 0.35 if heads < 0.9 * wide / table.shape[1] else heads + 0.25  # seaborn turns heads that are too wide
    rows = sum(max(0.27, text_height(label) + 0.07) for label in table.index)
    height = rows + below + 0.1
    return new_axes(WIDTH, height, (left / WIDTH, below / height, wide / WIDTH, rows / height))


def _axes(ax: Axes | None, height: float) -> Axes:
    """Axes of the user, or in a new figure of pyplot."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(WIDTH, height), layout="constrained")[1]


def _look(groups: pd.Series, name: str) -> dict[str, Any]:
    """The colours of groups for seaborn: those of the two sides where these are the groups."""
    found = groups.unique().tolist()
    sides = {group: palette[group].color for group in found if group in palette}
    return {"hue": name, "palette": sides if len(sides) == len(found) else COLORS[: len(found)]}


def _literal(ax: Axes) -> Axes:
    """The axes, whose labels are drawn as they are written."""
    legend = ax.get_legend()
    for text in [*ax.get_xticklabels(), *ax.get_yticklabels(), *(legend.get_texts() if legend else [])]:
        text.set_parse_math(False)
    return ax


def _labels(data: Answers) -> dict[str, str]:
    """What figures call the items of a survey, in the language in use or, where it lacks it, one that it has."""
    if not isinstance(data, Survey):
        return {}
    with spoken(None, data.instrument.languages):
        return {item.id: wrap(clean(pick(item.label or item.text)), WIDEST) for item in data.instrument.items}


def _values_and_groups(data: Answers, by: str | pd.Series | None) -> tuple[pd.DataFrame, pd.Series, str]:
    """The numbers, the group of each row, and what the groups are called; empty where there are none."""
    if isinstance(data, Survey):
        values, columns = data.items, data.respondents
    elif isinstance(data, pd.DataFrame):
        values, columns = data.select_dtypes("number"), data
    else:
        raise OptionError(
            f"`data` must be a Survey or a DataFrame. Given: {type(data).__name__}. Hand over one of these."
        )
    column = by if isinstance(by, pd.Series) or by is None else columns[names_in(by, columns.columns, "by")[0]]
    values = values.drop(columns=by, errors="ignore") if isinstance(by, str) else values
    if not values.shape[1] or not values.notna().any(axis=None):
        raise OptionError("`data` must have numbers. Given: none. Choose other ratings or columns.")
    if column is None:
        return values, pd.Series(PLAIN.color, index=values.index), ""
    missing = values.index.difference(column.index)
    if len(missing):
        raise OptionError(
            f"A Series of groups must have a value for each row of `data`. Missing: {missing[0]!r} and "
            f"{len(missing) - 1} others. Take it from the same ratings."
        )
    groups = column.reindex(values.index).astype(str)
    if groups.nunique() > len(COLORS):
        raise OptionError(
            f"The rows must be divided into at most {len(COLORS)} groups. Given: {groups.nunique()}. Choose another column."
        )
    return values, groups, str(column.name or "group")
