"""What the figures of gaps are drawn from: frames of labels and numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from hpp_analysis.texts import gettext as _

Named = Callable[[str], str]
_TONES = {1.0: "client_higher", -1.0: "partner_higher"}


def _drawn(table: pd.DataFrame, variable: str, named: Named) -> pd.DataFrame:
    grouping = [named(str(factor)) for factor in table["factor"]]
    return table.assign(group=grouping, label=[named(str(name)) for name in table[variable]])


def dumbbell_frame(table: pd.DataFrame, variable: str, named: Named, sides: tuple[str, str]) -> pd.DataFrame:
    """Both sides' means, one row each."""
    drawn = _drawn(table, variable, named)
    if variable == "factor":
        drawn = drawn.assign(group="")
    series = [
        drawn[["group", "label"]].assign(series=side, mean=drawn[mean])
        for side, mean in zip(sides, ("mean_first", "mean_second"), strict=True)
    ]
    return pd.concat(series, ignore_index=True)


def interval_frame(table: pd.DataFrame, variable: str, named: Named) -> pd.DataFrame:
    """Gaps with their intervals, coloured by the side that is higher where that is clear."""
    drawn = _drawn(table, variable, named)
    clear = drawn["verdict"].eq("different") * np.sign(drawn["gap"])
    drawn = drawn.assign(estimate=drawn["gap"], tone=clear.map(_TONES).fillna("neutral"))
    columns = ["label", "estimate", "ci_lower", "ci_upper", "tone"]
    return drawn[["group", *columns] if variable == "item" else columns]


def partnership_frame(
    partnerships: pd.DataFrame, pair: str, named: Named, called: Callable[[str, str], str]
) -> pd.DataFrame:
    """The gap of each partnership, raw and partially pooled."""
    both = partnerships[partnerships["gap"].notna()]
    drawn = pd.DataFrame(
        {
            "group": [named(str(factor)) for factor in both["factor"]],
            "label": [called(str(name), pair) for name in both[pair]],
            "ci_lower": np.nan,
            "ci_upper": np.nan,
        }
    )
    series = {_("as answered"): "gap", _("partially pooled"): "gap_pooled"}
    return pd.concat(
        [drawn.assign(series=name, estimate=both[column].to_numpy()) for name, column in series.items()],
        ignore_index=True,
    )


def partnership_words(frame: pd.DataFrame) -> str:
    """What the figure of `partnership_frame` shows."""
    from hpp_analysis.plots.parts.alts import range_sentence, sentences

    raw, pooled = (part for _name, part in frame.groupby("series", sort=False))
    told = [
        range_sentence(
            [f"{row['label']}, {row['group']}" for row in part.to_dict("records")],
            part["estimate"].to_numpy(dtype=float),
        )
        for part in (raw, pooled)
    ]
    return sentences(
        _("Chart of the gap of each partnership, as answered and partially pooled."),
        _("As answered: {range}").format(range=told[0]),
        _("Partially pooled: {range}").format(range=told[1]),
    )
