"""The disclosure plan of a run: what reports may show of each variable in each group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.disclosure.plan import Reason, State

Key: TypeAlias = frozenset[tuple[str, str]]
PublicReason = Literal["", "no_answers", "too_few", "protected", "released", "unknown_group"]

# the reasons that a report may print; "alike" is missing, because it would reveal what the members answered
_PUBLIC: dict[str, PublicReason] = {
    "": "",
    "no_answers": "no_answers",
    "too_few": "too_few",
    "below_detail": "too_few",
    "pooled": "too_few",
    "released": "released",
    "unknown_group": "unknown_group",
}


def group_key(**selection: str) -> Key:
    """Return the key of a group from the values that select it.

    Examples
    --------
    >>> group_key(side="partner", client="X") == frozenset({("client", "X"), ("side", "partner")})
    True
    """
    return frozenset(selection.items())


def _label(key: Key) -> str:
    return ", ".join(f"{column}={value}" for column, value in sorted(key)) or "all"


@dataclass(frozen=True, eq=False, repr=False)
class Cells:
    """What reports of a run may show, by group and variable, and the cleared answers.

    Made by `plan_disclosure`. A group or variable that was not planned is withheld.

    Attributes
    ----------
    keys : tuple of frozenset
        The groups in reports: parts that do not overlap, pools of small parts, and groups of several parts.
    variables : tuple of str
        The planned variables.
    n_persons : ndarray of int, groups x variables
        Distinct persons with an answer.
    states, reasons : ndarray of str, groups x variables
        Codes, see `State` and `Reason`.
    parts : tuple of frozenset
        The keys of the parts and pools; `ratings` has their positions.
    ratings : DataFrame, by rating
        `given`: its part; `told`: the part or pool in which it is shown, -1 for none.
    raw, means, answers : DataFrame, ratings x items
        The original answers, which identify the ratings; answers of large parts and means of small ones; answers of
        large parts only.
    pooled_spread : mapping of str to (variance, df, correlation, prior df)
        By variable, the pooled variance within large parts, lent to small ones, and what it is worth beside that of a
        large one.
    commented : Series of int, by rating
        The number of the group of ten writers or more with which the comments of a rating may be counted, -1 for none;
        without ratings where nobody was asked for comments.
    floor, detail : int
        The thresholds that the plan was made with.
    scale : tuple of float
        The ends of the answer scale.
    levels : DataFrame, ratings x breakdowns
        The level of each breakdown in which each rating is shown; "" for none. `ratings` then has the column `domain`:
        which side of which report a rating belongs to.
    """

    keys: tuple[Key, ...]
    variables: tuple[str, ...]
    n_persons: NDArray[np.int64]
    states: NDArray[np.object_]
    reasons: NDArray[np.object_]
    parts: tuple[Key, ...]
    ratings: pd.DataFrame
    raw: pd.DataFrame
    means: pd.DataFrame
    answers: pd.DataFrame
    pooled_spread: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)
    commented: pd.Series = field(default_factory=lambda: pd.Series(dtype=int))
    floor: int = 5
    detail: int = 10
    scale: tuple[float, float] = (1.0, 10.0)
    levels: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        for array in (self.n_persons, self.states, self.reasons):
            array.setflags(write=False)

    def __repr__(self) -> str:
        return f"<Cells: {len(self.keys)} groups x {len(self.variables)} variables; to_frame() lists them>"

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    @cached_property
    def _places(self) -> tuple[dict[Key, int], dict[str, int]]:
        rows = {key: row for row, key in enumerate(self.keys)}
        return rows, {variable: column for column, variable in enumerate(self.variables)}

    @cached_property
    def is_large(self) -> NDArray[np.bool_]:
        """Of each part, whether it shows more than means."""
        rows = [self._places[0][part] for part in self.parts]
        return np.asarray((self.states[rows, :-1] == "full").any(axis=1))

    def _look_up(self, table: NDArray[Any], key: Key, variable: str, unknown: Any) -> Any:
        rows, columns = self._places
        row, column = rows.get(key), columns.get(variable)
        return unknown if row is None or column is None else table[row, column]

    def state(self, key: Key, variable: str) -> State:
        """Return what may be shown: full, mean_only, withheld or empty."""
        state: State = self._look_up(self.states, key, variable, "withheld")
        return state

    def n(self, key: Key, variable: str) -> int:
        """Return the number of distinct persons with an answer; 0 for a group or variable outside the plan."""
        return int(self._look_up(self.n_persons, key, variable, 0))

    def reason(self, key: Key, variable: str) -> Reason:
        """Return why a cell is not shown in full, for the researcher; a report prints `public_reason`."""
        reason: Reason = self._look_up(self.reasons, key, variable, "unknown_group")
        return reason

    def public_reason(self, key: Key, variable: str) -> PublicReason:
        """Return the reason that a report may print."""
        return _PUBLIC.get(self.reason(key, variable), "protected")

    def parts_of(self, key: Key) -> list[int]:
        """Return the numbers of the parts and pools within a group."""
        return [place for place, part in enumerate(self.parts) if key <= part]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cell: group, variable, n_persons, state, reason."""
        return pd.DataFrame(
            {
                "group": np.repeat([_label(key) for key in self.keys], len(self.variables)),
                "variable": np.tile(list(self.variables), len(self.keys)),
                "n_persons": self.n_persons.ravel(),
                "state": self.states.ravel(),
                "reason": self.reasons.ravel(),
            }
        )
