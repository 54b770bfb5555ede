"""What published loadings say of published scales: average variance extracted and composite reliability, recomputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import AVE_ENOUGH, CR_ENOUGH
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.sem.validity import average_variance_extracted, composite_reliability
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.models.sentences import validity_note
from hpp_analysis.options import checked
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_SCALE = ("scale", "construct", "factor")
_PRINTED = 0.001 + 1e-9
"""A unit in the last place of three printed digits: loadings that were rounded give sums that are off by so much."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PublishedValidity(Result):
    """Convergent validity of published scales, from their published loadings.

    Attributes
    ----------
    table : DataFrame
        One row per scale: study (the name of the table), factor (the scale), n_items, ave, cr (from the loadings), published_ave,
        published_cr (NaN where not published), agrees (whether what was published follows from the loadings, within their
        rounding; None where nothing was published).
    source : str
        The name of the file or folder.
    """

    source: str

    def _declare(self) -> Declaration:
        return Declaration(
            name="published_validity",
            caption=_("Published scales: average variance extracted and composite reliability"),
            variable="factor",
            columns=(
                Column("study", _("Table"), key=True),
                Column("factor", _("Scale"), key=True),
                Column("n_items", _("Items"), "count"),
                Column("ave", _("AVE"), "fit"),
                Column("published_ave", _("AVE, published"), "fit"),
                Column("cr", _("CR"), "fit"),
                Column("published_cr", _("CR, published"), "fit"),
            ),
            figures={"intervals": self._intervals},
            whole_study=True,
        )

    def _intervals(self) -> Figure:
        rows = pd.DataFrame(
            {"label": self.table["factor"], "estimate": self.table["cr"], "ci_lower": np.nan, "ci_upper": np.nan}
        )
        return Figure(
            plots.intervals,
            rows,
            reference=CR_ENOUGH,
            limits=(0.0, 1.0),
            xlabel=_("Composite reliability"),
            unit_decimals=2,
        )

    def _notes(self) -> list[str]:
        return [
            validity_note(),
            _("Recomputed from the published standardised loadings; errors of the items are taken as uncorrelated."),
        ]

    def _summary(self) -> list[str]:
        if self.table.empty:
            return [
                _("No published loadings were recomputed: there is no table of them at {source}.").format(
                    source=self.source
                )
            ]
        sentences = []
        compared = self.table["agrees"].notna()
        if compared.any():
            agree = int(self.table["agrees"][compared].astype(bool).sum())
            sentences.append(
                ngettext(
                    "What was published of {n} scale follows from its loadings in {agree} case.",
                    "What was published of {n} scales follows from their loadings in {agree} cases.",
                    int(compared.sum()),
                ).format(n=int(compared.sum()), agree=agree)
            )
        low = self.table[self.table["ave"] < AVE_ENOUGH]
        if len(low):
            sentences.append(
                _("Less than half of the variance of its items comes from the factor in {scales}.").format(
                    scales=join_names([str(scale) for scale in low["factor"]])
                )
            )
        weak = self.table[self.table["cr"] < CR_ENOUGH]
        sentences.append(
            _("Composite reliability is below {cr} in {scales}.").format(
                cr=format_value(CR_ENOUGH, "coefficient"), scales=join_names([str(scale) for scale in weak["factor"]])
            )
            if len(weak)
            else _("Composite reliability is {cr} or more throughout.").format(
                cr=format_value(CR_ENOUGH, "coefficient")
            )
        )
        return sentences

    def _methods(self) -> list[str]:
        return [
            _(
                "Average variance extracted is the mean squared standardised loading, composite reliability the share of true "
                "variance in the sum of the standardised items (Fornell & Larcker, 1981)."
            )
        ]


@checked
def check_published_validity(source: str | Path | pd.DataFrame) -> PublishedValidity:
    """Recompute average variance extracted and composite reliability from published loadings.

    Parameters
    ----------
    source : str, Path or DataFrame
        A table with a column `scale` (or `construct`, or `factor`), a column `loading` (standardised), and where they were
        published `published_AVE` and `published_CR`: a frame, a CSV file, or a folder, of which every CSV file with such
        columns is taken. What is not there gives an empty result that says so, as published tables often may not be
        handed on with a study.

    Returns
    -------
    PublishedValidity

    Raises
    ------
    OptionError
        When a frame or a single file has no such columns, or a loading is no number from -1 to 1.

    References
    ----------
    Fornell & Larcker (1981), doi:10.1177/002224378101800104

    Examples
    --------
    >>> loadings = pd.DataFrame({"scale": ["Trust"] * 3, "loading": [.8, .7, .9], "published_CR": .845})
    >>> check_published_validity(loadings).to_frame()[["factor", "ave", "cr", "agrees"]].round(3).values.tolist()
    [['Trust', 0.647, 0.845, True]]
    """
    tables = list(_tables(source))
    rows = [
        _of_scale(study, str(scale), part)
        for study, table, column in tables
        for scale, part in table.groupby(column, sort=False)
    ]
    columns = ["study", "factor", "n_items", "ave", "cr", "published_ave", "published_cr", "agrees"]
    named = "a frame" if isinstance(source, pd.DataFrame) else Path(source).name
    return PublishedValidity(table=pd.DataFrame(rows, columns=columns), source=named, flags=() if rows else ("absent",))


def _tables(source: str | Path | pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame, str]]:
    """The name of each table, the table, and its column of scales."""
    if isinstance(source, pd.DataFrame):
        yield "", source, _scale_column(source, "The frame")
        return
    path = Path(source)
    if path.is_file():
        table = pd.read_csv(path)
        yield path.stem, table, _scale_column(table, path.name)
        return
    for file in sorted(path.glob("*.csv")) if path.is_dir() else []:
        table = pd.read_csv(file)
        if "loading" in table and any(name in table for name in _SCALE):
            yield file.stem, table, _scale_column(table, file.name)


def _scale_column(table: pd.DataFrame, what: str) -> str:
    found = next((name for name in _SCALE if name in table), None)
    if found is None or "loading" not in table:
        raise OptionError(
            f"Published loadings must have a column `loading` and one of {', '.join(_SCALE)}. "
            f"Given: {what} with {', '.join(map(str, table.columns))}. Rename them."
        )
    numbers = pd.to_numeric(table["loading"], errors="coerce")
    wrong = ~(numbers.abs() <= 1.0)
    if wrong.any():
        raise OptionError(
            f"A standardised loading must be a number from -1 to 1. Given: {table['loading'][wrong].iloc[0]!r}. Correct it."
        )
    return found


def _of_scale(study: str, scale: str, part: pd.DataFrame) -> dict[str, object]:
    loadings = part[["loading"]].to_numpy(dtype=float)
    ave, cr = float(average_variance_extracted(loadings)[0]), float(composite_reliability(loadings)[0])
    published_ave, published_cr = (
        float(part[column].iloc[0]) if column in part else np.nan for column in ("published_AVE", "published_CR")
    )
    differences = np.abs([ave - published_ave, cr - published_cr])
    published = np.isfinite(differences)
    agrees = bool((differences[published] <= _PRINTED).all()) if published.any() else None
    return {
        "study": study, "factor": scale, "n_items": len(part), "ave": ave, "cr": cr, "published_ave": published_ave,
        "published_cr": published_cr, "agrees": agrees,
    }  # fmt: skip
