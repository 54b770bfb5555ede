"""What gaps say of themselves: in sentences, under their table, and in a method section."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import MIN_CLUSTERS, MIN_CLUSTERS_BOOT, MIN_INVARIANCE_GROUP
from hpp_analysis.common.result import join_names
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_MOST_NAMES = 4
"""More unclear characteristics than these are counted in the summary, not named."""

Named = Callable[[str], str]


def listed(table: pd.DataFrame, variable: str, named: Named, *, sizes: bool = True) -> str:
    """Rows by name, the largest gap first, each with its size."""
    rows = table.sort_values("gap", key=np.abs, ascending=False)
    names = [named(str(row[variable])) for _place, row in rows.iterrows()]
    if not sizes:
        return join_names(names)
    gaps = [brief(gap, "difference") for gap in rows["gap"]]
    return join_names(
        [_("{name} (gap {gap})").format(name=name, gap=gap) for name, gap in zip(names, gaps, strict=True)]
    )


def gap_sentences(table: pd.DataFrame, variable: str, named: Named, sides: tuple[str, str], margin: float) -> list[str]:
    """Which gaps are there, which are not, and which cannot be told."""
    first, second = sides
    clear = table["verdict"].eq("different")
    higher = listed(table[clear & (table["gap"] > 0)], variable, named)
    lower = listed(table[clear & (table["gap"] < 0)], variable, named)
    small = listed(table[table["verdict"].eq("small_difference")], variable, named)
    alike = listed(table[table["verdict"].eq("alike")], variable, named, sizes=False)
    of_items = variable == "item"  # factors and characteristics stand below each other on the first page
    said = []
    if higher:
        sentence = (
            _("Of the characteristics, {first} gives higher scores than {second} to {what}.")
            if of_items
            else _("{first} gives higher scores than {second} for {what}.")
        )
        said.append(sentence.format(first=first, second=second, what=higher))
    if lower:
        sentence = (
            _("Of the characteristics, {first} gives lower scores than {second} to {what}.")
            if of_items
            else _("{first} gives lower scores than {second} for {what}.")
        )
        said.append(sentence.format(first=first, second=second, what=lower))
    if small:
        said.append(
            _("The sides differ, but by less than {margin} points, on {what}.").format(what=small, margin=brief(margin))
        )
    if alike:
        said.append(
            _("Both sides judge {what} about alike (less than {margin} points apart).").format(
                what=alike, margin=brief(margin)
            )
        )
    unclear = table["verdict"].eq("cannot_tell")
    if unclear.sum() > _MOST_NAMES:
        sentence = ngettext(
            "For {n} characteristic these answers cannot tell whether the sides differ.",
            "For {n} characteristics these answers cannot tell whether the sides differ.",
            int(unclear.sum()),
        )
        said.append(sentence.format(n=int(unclear.sum())))
    elif unclear.any():
        names = listed(table[unclear], variable, named, sizes=False)
        said.append(_("For {names} these answers cannot tell whether the sides differ.").format(names=names))
    return said


def comparable_sentences(table: pd.DataFrame, variable: str, named: Named) -> list[str]:
    """Whether the gaps compare like with like."""
    said = []
    state = table["comparable"]
    fails = table[state.eq("fails")]
    if len(fails):
        parts = []
        for row in fails.to_dict("records"):
            items = [named(item) for item in str(row["comparable_items"]).split(",") if item]
            name = named(str(row[variable]))
            parts.append(f"{name} ({join_names(items)})" if items and variable == "factor" else name)
        said.append(
            _(
                "Compare with care: the sides do not read the questions alike for {what}. A gap there may lie in the "
                "reading, not in the partnership."
            ).format(what="; ".join(parts))
        )
    holds = table[state.eq("holds")]
    if len(holds) and variable == "factor":
        names = join_names([named(str(name)) for name in holds[variable]])
        said.append(_("Both sides read the questions alike for {names}.").format(names=names))
    elif len(holds) and not len(fails):
        said.append(_("Both sides read these questions alike."))
    if state.eq("not_testable").any():
        said.append(_not_testable(table))
    if state.eq("not_tested").all():
        said.append(_("Whether both sides read the questions alike was not tested."))
    return said


def _not_testable(table: pd.DataFrame) -> str:
    counts = table[["n_first", "n_second"]].to_numpy(dtype=float)
    if np.isnan(counts).all():
        return _(
            "Whether both sides read the questions alike cannot be tested: that takes {minimum} persons a side."
        ).format(minimum=MIN_INVARIANCE_GROUP)
    return _(
        "Whether both sides read the questions alike cannot be tested with {n} persons on the smaller side: that takes "
        "{minimum} a side."
    ).format(n=format_value(np.nanmin(counts), "count"), minimum=MIN_INVARIANCE_GROUP)


def weighing_notes(inference: str, weight: str, n_one_sided: int) -> list[str]:
    """What counts once in the mean of a side, and how many partnerships have one side only."""
    notes = [
        _("Each organisation counts equally in the mean of a side.")
        if inference == "clusters"
        else _("Each partnership counts equally in the mean of a side.")
        if weight == "organisation"
        else _("Each rating counts equally in the mean of a side.")
    ]
    if n_one_sided:
        notes.append(
            ngettext(
                "{n} partnership was rated by one side only.",
                "{n} partnerships were rated by one side only.",
                n_one_sided,
            ).format(n=n_one_sided)
        )
    return notes


def cluster_notes(table: pd.DataFrame, level: str, sides: tuple[str, str]) -> list[str]:
    """What holds where organisations are a sample."""
    counts = [int(table[f"n_organisations_{place}"].min()) for place in ("first", "second")]
    numbers = {"first": sides[0], "second": sides[1], "n_first": counts[0], "n_second": counts[1]}
    if min(counts) < MIN_CLUSTERS:
        return [
            _(
                "No interval for organisations in general: that takes {minimum} organisations a side, and here there are "
                "{n_first} ({first}) and {n_second} ({second})."
            ).format(minimum=MIN_CLUSTERS, **numbers)
        ]
    said = [
        _(
            "Intervals are {level} confidence intervals for organisations like these: {n_first} ({first}) and {n_second} "
            "({second}), each of which counts once."
        ).format(level=level, **numbers)
    ]
    if min(counts) < MIN_CLUSTERS_BOOT:
        said.append(
            _("There is no bootstrap interval: that takes {minimum} organisations a side.").format(
                minimum=MIN_CLUSTERS_BOOT
            )
        )
    return said


def gap_methods(*, inference: str, margin: float, adjust: str, conf_level: float, beside: bool) -> list[str]:
    """How gaps were estimated, as a method section says it."""
    level = format_value(conf_level, "share")
    said = [
        _(
            "A gap is the mean of one side minus that of the other. Its {level} interval holds for these "
            "organisations, which are not a sample of others (fixed organisations): it rests on the variance "
            "between persons within each partnership and side, takes persons who rated several partnerships "
            "into account (cluster-robust variance CR2 by person, corrected where persons rate some partnerships only; "
            "Pustejovsky & Tipton, 2018), and uses Satterthwaite degrees of freedom; with one rating a person it is Welch's method (1947)."
        ).format(level=level)
        if inference == "fixed"
        else _(
            "A gap is the mean over the organisations of one side minus that of the other, each organisation counting "
            "once. Its {level} interval generalises to organisations like these: it rests on the variance between "
            "organisations (cluster-robust variance CR2 by organisation with Satterthwaite degrees of freedom; "
            "Pustejovsky & Tipton, 2018), from {minimum} organisations a side; from {bootstrap} a side a bootstrap-t "
            "interval that draws organisations stands beside it (Cameron, Gelbach & Miller, 2008)."
        ).format(level=level, minimum=MIN_CLUSTERS, bootstrap=MIN_CLUSTERS_BOOT),
        _(
            "Two sides are called alike when the interval lies within {margin} of zero (equivalence; Schuirmann, "
            "1987); a difference that counts is called small when it does. In all other cases the verdict is 'unclear'."
        ).format(margin=brief(margin)),
        _(
            "The standardised difference divides the gap by the standard deviation between persons within partnerships, "
            "averaged over both sides, with Hedges' correction (Bonett, 2008; Delacre et al., 2021)."
        ),
        _(
            "A difference counts when its p-value stays below {p} after adjustment for the number of "
            "comparisons in the table (Holm, 1979), which asks more than an interval that excludes zero."
        ).format(p=format_value(1 - conf_level, "coefficient"))
        if adjust == "holm"
        else _("A difference counts when its interval excludes zero; p-values are not adjusted."),
    ]
    if beside:
        said.append(
            _(
                "Gaps of single partnerships are also given partially pooled: drawn towards the common gap, the less certain "
                "ones more (empirical Bayes; Morris, 1983)."
            )
        )
    return said
