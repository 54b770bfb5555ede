"""The plan: what may be shown of every variable of every published group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Key: TypeAlias = frozenset[tuple[str, str]]
State = Literal["full", "mean_only", "withheld", "empty"]
Reason = Literal[
    "",  # shown in full
    "no_answers",  # nobody answered
    "too_few",  # fewer than `floor` persons
    "below_detail",  # fewer than `detail` persons
    "unanimous",  # all answers equal (withheld), or within one scale point (mean only)
    "remainder",  # a protected set of persons would follow by arithmetic
    "bounded",  # a protected set of persons would be known to within one scale point
    "composite",  # an item would follow from its scale and the scale's other items
    "uniform",  # another variable of this group is withheld, and uniformity was asked for
    "unknown_group",  # not part of the plan
]
PublicReason = Literal["", "no_answers", "too_few", "protected", "unknown_group"]

# what a report may say: that a group is unanimous is itself what its members answered
_PUBLIC: dict[str, PublicReason] = {
    "": "",
    "no_answers": "no_answers",
    "too_few": "too_few",
    "below_detail": "too_few",
    "unknown_group": "unknown_group",
}


def group_key(**selection: str) -> Key:
    """Return the key of a published group from the values that select it.

    Examples
    --------
    >>> group_key(side="partner", client="X") == frozenset({("client", "X"), ("side", "partner")})
    True
    """
    return frozenset(selection.items())


def _label(key: Key) -> str:
    return ", ".join(f"{column}={value}" for column, value in sorted(key)) or "all"


@dataclass(frozen=True, eq=False)
class Cells:
    """What each report of one run may show, by group and variable.

    Made by `plan_cells`. A group or variable that was not planned is withheld.

    Attributes
    ----------
    keys : tuple of frozenset
        The published groups, in the order they were given.
    variables : tuple of str
        The planned variables.
    n_persons : ndarray of int, groups x variables
        Distinct persons with an answer.
    states, reasons : ndarray of str, groups x variables
        Codes, see `State` and `Reason`.
    coarse : ndarray of bool, groups x variables
        Means of parts of which a part is withheld.
    mixed : ndarray of bool, groups x variables
        Means of parts of which a part shows less than everything.
    floor, detail : int
        The thresholds the plan was made with.
    """

    keys: tuple[Key, ...]
    variables: tuple[str, ...]
    n_persons: NDArray[np.int64]
    states: NDArray[np.object_]
    reasons: NDArray[np.object_]
    coarse: NDArray[np.bool_]
    mixed: NDArray[np.bool_]
    floor: int
    detail: int

    def __post_init__(self) -> None:
        for array in (self.n_persons, self.states, self.reasons, self.coarse, self.mixed):
            array.setflags(write=False)

    @cached_property
    def _places(self) -> tuple[dict[Key, int], dict[str, int]]:
        rows = {key: row for row, key in enumerate(self.keys)}
        return rows, {variable: column for column, variable in enumerate(self.variables)}

    def _look_up(self, table: NDArray[Any], key: Key, variable: str, unknown: Any) -> Any:
        rows, columns = self._places
        row, column = rows.get(key), columns.get(variable)
        return unknown if row is None or column is None else table[row, column]

    def state(self, key: Key, variable: str) -> State:
        """Return what may be shown: full, mean_only, withheld or empty."""
        state: State = self._look_up(self.states, key, variable, "withheld")
        return state

    def decimals(self, key: Key, variable: str) -> int | None:
        """Return how many decimals a mean may have, in print and in files; None where it does not matter.

        One for a group that shows its mean only. One also for a mean of parts of which a part is withheld:
        answers are whole numbers, and over parts of 3, 7 and 11 ratings only one set of sums has a given mean
        to many decimals. That holds for each figure that contains the mean, such as the ends of its interval.
        """
        coarse = self._look_up(self.coarse, key, variable, False) or self.state(key, variable) == "mean_only"
        return 1 if coarse else None

    def is_mixed(self, key: Key, variable: str) -> bool:
        """Whether a part of the group shows less than everything.

        A standard deviation of the whole sums up the variances of its parts, an interval sums them up divided by their
        persons: with both, and with what parts are shown in full, the spread of two others follows.
        """
        return bool(self._look_up(self.mixed, key, variable, False))

    def n(self, key: Key, variable: str) -> int:
        """Return the number of distinct persons with an answer; 0 for what was not planned."""
        return int(self._look_up(self.n_persons, key, variable, 0))

    def reason(self, key: Key, variable: str) -> Reason:
        """Return why less than everything is shown.

        For the researcher's own records. A report prints `public_reason`: telling a client that a group is
        unanimous tells what its members have in common.
        """
        reason: Reason = self._look_up(self.reasons, key, variable, "unknown_group")
        return reason

    def public_reason(self, key: Key, variable: str) -> PublicReason:
        """Return the reason that a report may print."""
        return _PUBLIC.get(self.reason(key, variable), "protected")

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
