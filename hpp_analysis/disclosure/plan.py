"""The plan of a run: which cells are withheld, and which show a mean only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hpp_analysis.disclosure.audit import Auditor
from hpp_analysis.disclosure.blocks import Block, make_blocks
from hpp_analysis.disclosure.cells import Cells, Key
from hpp_analysis.disclosure.composites import hide_companions
from hpp_analysis.disclosure.links import Links
from hpp_analysis.disclosure.tally import BoolArray, IntArray, Tally, tabulate
from hpp_analysis.errors import OptionError


def plan_cells(
    values: pd.DataFrame,
    person: ArrayLike,
    groups: Mapping[Key, ArrayLike],
    *,
    parts: Mapping[Key, Sequence[Key]] | None = None,
    pooled: bool = True,
    composites: Mapping[str, Sequence[str]] | None = None,
    scale: tuple[float, float] = (1.0, 10.0),
    floor: int = 5,
    detail: int = 10,
    unanimity: bool = True,
    uniform: bool = False,
) -> Cells:
    """Plan what the reports of one run may show, so that no small group can be worked out from all of them.

    Cells that show too much by themselves are withheld first: fewer than `floor` persons, or all of one
    answer. Then further cells are withheld, the smallest group first, until neither arithmetic nor bounds
    disclose a protected set, and cells that turn out to be withheld in vain are shown again. Last, of the
    cells that show more than a mean, as many are cut down to their mean as it takes to keep fewer than
    `detail` persons out of reach of the same arithmetic.

    Parameters
    ----------
    values : DataFrame, ratings x variables
        Answers and scale scores, NaN where there is none.
    person : array-like
        The person behind each rating: one person may rate several partnerships, and counts once.
    groups : mapping of frozenset to boolean mask
        *Every* group of which *any* report of the run publishes a statistic, over all clients, languages and
        waves. What is not named here is withheld later.
    parts : mapping of group key to sequence of group keys, optional
        Groups published as the mean of these groups' means, each part equal. Parts without an answer are left
        out of the mean; parts that are withheld are not. The parts must be among `groups`.
    pooled : bool
        Groups in `parts` are published as the mean of all their ratings too, as they are once a distribution,
        a standard deviation or the other weighting is printed anywhere. False withholds fewer cells.
    composites : mapping of variable to sequence of variables, optional
        Scale scores and the items whose mean they are. Keeps a withheld item from being worked out as the
        scale score times the number of items, minus the other items.
    scale : tuple of float
        Lowest and highest possible answer. A scale point is 1.
    floor : int
        Persons that any shown figure rests on, at least.
    detail : int
        Persons that anything but a rounded mean rests on, at least.
    unanimity : bool
        Also withhold groups of any size in which all answers are the same, or whose mean lies so near an end
        of the scale that each answer is known to within a scale point (above 9.8 for 5 ratings, on 1-10).
        Scale scores are hardly ever equal: where they all lie within one scale point the group shows its mean
        only, since a standard deviation would say so.
    uniform : bool
        Give every variable of a group the strictest state of any. By default a group may show some variables
        and withhold others: with don't-know answers one item in ten falls below the floor in a group of six,
        and a report that dropped the whole group for it would be of little use. Groups are given up in the
        same order for all variables, so where the same cells are too small, the same others are withheld.

    Returns
    -------
    Cells
        The plan.

    Notes
    -----
    A cell withheld to protect another is not itself protected: the mean of 40 of whom 43 are shown is known
    to within a point, and that says nothing about the 3. Deterministic; ties go to the group named later.

    References
    ----------
    Hundepool, A., et al. (2012). *Statistical Disclosure Control*. Wiley, chapter 4.
    https://doi.org/10.1002/9781118348239

    Examples
    --------
    Of four partners one has 3 respondents. The side's mean stays, so a second partner is withheld.

    >>> import numpy as np, pandas as pd
    >>> from hpp_analysis.disclosure import group_key, plan_cells
    >>> partner = np.repeat(["A", "B", "C", "D"], [12, 15, 3, 20])
    >>> values = pd.DataFrame({"openness": np.resize([6.0, 7.0, 9.0, 4.0], 50)})
    >>> groups = {group_key(): np.full(50, True)}
    >>> groups |= {group_key(partner=name): partner == name for name in "ABCD"}
    >>> print(plan_cells(values, np.arange(50), groups).to_frame().to_string(index=False))
        group variable  n_persons    state    reason
          all openness         50     full
    partner=A openness         12 withheld remainder
    partner=B openness         15     full
    partner=C openness          3 withheld   too_few
    partner=D openness         20     full
    """
    _check_thresholds(floor, detail, scale)
    names = _checked_names(values, composites or {})
    tally = tabulate(values, person, groups, parts=parts or {}, scale=scale, unanimity=unanimity)
    blocks = make_blocks(tally, pooled=pooled)
    answered = tally.n_persons > 0
    reasons = np.full(answered.shape, "", dtype=object)
    reasons[tally.unanimous] = "unanimous"
    reasons[answered & (tally.n_persons < floor)] = "too_few"
    reasons[~answered] = "no_answers"

    shown = reasons == ""
    means = Auditor(tally, Links(tally, blocks, floor, pooled), threshold=floor, means=True)
    for block in blocks:
        _withhold(means, block, shown, reasons)
    families = [
        [names.index(name) for name in (score, *items)] for score, items in (composites or {}).items()
    ]
    hide_companions(blocks, families, answered, shown, reasons)

    reasons[shown & tally.alike] = "unanimous"
    reasons[shown & (tally.n_persons < detail)] = "below_detail"
    full = reasons == ""
    details = Auditor(tally, Links(tally, blocks, detail, pooled), threshold=detail, means=False)
    for block in blocks:
        _withhold(details, block, full, reasons)

    planned = (slice(None), slice(len(names)))  # without the column of all variables together
    if uniform:
        _make_uniform(answered[planned], shown[planned], full[planned], reasons[planned])
    return Cells(
        keys=tally.keys,
        variables=names,
        n_persons=tally.n_persons[planned],
        states=_states(answered, shown, full)[planned],
        reasons=reasons[planned],
        coarse=_part_lacks(tally, answered, shown, shown)[planned],
        mixed=_part_lacks(tally, answered, shown, full)[planned],
        floor=int(floor),
        detail=int(detail),
    )


def _withhold(auditor: Auditor, block: Block, shown: BoolArray, reasons: NDArray[np.object_]) -> None:
    """Give up cells of a block until the auditor is content.

    First for those who gave any answer; what that takes is given up in every variable that has something to
    protect, so that they differ only where don't-know answers and unanimity make them.
    """
    anything = shown.shape[1] - 1
    concerned = auditor.open_variables(block)
    common = _give_up(auditor, block, concerned[concerned == anything], shown, reasons).get(anything, [])
    concerned = concerned[concerned != anything]
    cells = np.ix_(common, concerned)
    reasons[cells] = np.where(shown[cells], reasons[common, anything][:, None], reasons[cells])
    shown[cells] = False
    _give_up(auditor, block, concerned, shown, reasons)


def _give_up(
    auditor: Auditor, block: Block, variables: IntArray, shown: BoolArray, reasons: NDArray[np.object_]
) -> dict[int, list[int]]:
    """Return the groups given up, by variable."""
    given_up: dict[int, list[int]] = {}
    pending = variables
    while len(pending):
        verdicts = dict(zip(pending.tolist(), auditor.victims(block, pending, shown), strict=True))
        for variable, victim in verdicts.items():
            if victim is not None:
                shown[victim.group, variable] = False
                reasons[victim.group, variable] = victim.reason
                given_up.setdefault(variable, []).append(victim.group)
        pending = np.array([v for v, victim in verdicts.items() if victim is not None], dtype=np.int64)
    _show_again(auditor, block, given_up, shown, reasons)
    return {v: [g for g in groups if not shown[g, v]] for v, groups in given_up.items()}


def _show_again(
    auditor: Auditor,
    block: Block,
    given_up: Mapping[int, list[int]],
    shown: BoolArray,
    reasons: NDArray[np.object_],
) -> None:
    own = block.groups[~block.is_link].tolist()  # a linking group was given up for other blocks too
    # the last cell given up was needed: it is not tried
    queue = {v: [g for g in reversed(own) if g in given[:-1]] for v, given in given_up.items()}
    while queue := {v: waiting for v, waiting in queue.items() if waiting}:
        variables = np.array(list(queue), dtype=np.int64)
        tried = np.array([waiting.pop(0) for waiting in queue.values()], dtype=np.int64)
        shown[tried, variables] = True
        victims = auditor.victims(block, variables, shown)
        for group, variable, victim in zip(tried, variables, victims, strict=True):
            shown[group, variable] = victim is None
            if victim is None:
                reasons[group, variable] = ""
                auditor.links.forget(int(variable))


def _make_uniform(
    answered: BoolArray, shown: BoolArray, full: BoolArray, reasons: NDArray[np.object_]
) -> None:
    """Give each group the strictest state of any of its variables, in place."""
    all_shown = (shown | ~answered).all(axis=1, keepdims=True)
    all_full = all_shown & (full | ~answered).all(axis=1, keepdims=True)
    reasons[(shown & ~all_shown) | (full & ~all_full)] = "uniform"
    shown &= all_shown
    full &= all_full


def _states(answered: BoolArray, shown: BoolArray, full: BoolArray) -> NDArray[np.object_]:
    states = np.full(answered.shape, "withheld", dtype=object)
    states[shown] = "mean_only"
    states[full] = "full"
    states[~answered] = "empty"
    return states


def _part_lacks(tally: Tally, answered: BoolArray, shown: BoolArray, told: BoolArray) -> BoolArray:
    """Which shown groups have a part with answers that is not `told`."""
    lacks = np.zeros(shown.shape, dtype=bool)
    for group, children in tally.children.items():
        lacks[group] = shown[group] & (answered & ~told)[children].any(axis=0)
    return lacks


def _check_thresholds(floor: Any, detail: Any, scale: tuple[float, float]) -> None:
    whole = isinstance(floor, Integral), isinstance(detail, Integral)
    if not all(whole) or not 2 <= floor <= detail:
        raise OptionError(
            "`floor` and `detail` must be whole numbers of persons, 2 <= floor <= detail. "
            f"Given: floor={floor!r}, detail={detail!r}. Keep 5 and 10 unless a contract asks for more."
        )
    if not scale[0] < scale[1]:
        raise OptionError(
            f"`scale` must be the lowest and the highest answer. Given: {scale!r}. "
            "Pass the ends of the instrument's scale."
        )


def _checked_names(values: pd.DataFrame, composites: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    names = tuple(str(name) for name in values.columns)
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise OptionError(f"`values` must have distinct columns. Given twice: {twice}. Rename or drop one.")
    for name in [*composites, *(item for items in composites.values() for item in items)]:
        if name not in names:
            raise OptionError(
                f"`composites` must name planned variables. Given: {name!r}. Add its column to `values`."
            )
    return names
