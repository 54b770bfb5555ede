"""A wave that was reported is closed: when its reports may be made anew."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping

from hpp_analysis.disclosure.cells import Key


def rerelease_blockers(
    previous: Mapping[Key, Collection[Hashable]],
    new: Mapping[Key, Collection[Hashable]],
    *,
    floor: int = 5,
) -> tuple[Key, ...]:
    """Return the groups that keep a reported wave closed.

    The old report minus the new one shows who came in between. So a group may change only if at least `floor`
    persons came in; and of two groups that change, one's newcomers may not exceed the other's by fewer than
    `floor`, or subtracting the differences shows the few that are left.

    Parameters
    ----------
    previous, new : mapping of group key to collection of person
        Who stands behind every group that the two releases show. A group that the earlier release did not
        have is new as a whole. One that it had and the new one lacks shows nothing more.
    floor : int
        The smallest number of persons that a figure may rest on.

    Returns
    -------
    tuple of frozenset
        In the order of `new`; empty where the wave may be re-released.

    Notes
    -----
    Persons are compared, not answers: a corrected answer of an unchanged group is not seen. Someone who
    leaves is seen only where newcomers also arrive, since a group that only shrinks stays closed.

    Examples
    --------
    >>> from hpp_analysis.disclosure import group_key, rerelease_blockers
    >>> one, two = group_key(client="X"), group_key(client="Y")
    >>> before = {one: range(20), two: range(30, 40)}
    >>> rerelease_blockers(before, {one: range(25), two: range(30, 41)}) == (two,)
    True
    """
    came = {key: frozenset(persons) - frozenset(previous.get(key, ())) for key, persons in new.items()}
    changed = [key for key, persons in new.items() if frozenset(persons) != frozenset(previous.get(key, ()))]
    blocked = {key for key in changed if len(came[key]) < floor}
    holding: dict[Hashable, list[Key]] = {}
    for key in changed:
        for person in came[key]:
            holding.setdefault(person, []).append(key)
    for narrow in {came[key] for key in changed if came[key]}:
        for wide in holding[next(iter(narrow))]:
            if narrow < came[wide] and len(came[wide] - narrow) < floor:
                blocked.add(wide)
    return tuple(key for key in new if key in blocked)


def may_rerelease(
    previous: Mapping[Key, Collection[Hashable]],
    new: Mapping[Key, Collection[Hashable]],
    *,
    floor: int = 5,
) -> bool:
    """Whether a reported wave may be reported again; see `rerelease_blockers`.

    Examples
    --------
    >>> from hpp_analysis.disclosure import group_key, may_rerelease
    >>> everyone = group_key()
    >>> may_rerelease({everyone: range(20)}, {everyone: range(21)})
    False
    """
    return not rerelease_blockers(previous, new, floor=floor)
