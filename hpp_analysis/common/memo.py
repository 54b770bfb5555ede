"""What was made of a survey once and is used many times, such as its design and its scale scores."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from hpp_analysis.survey.survey import Survey

T = TypeVar("T")

_KNOWN: WeakKeyDictionary[Survey, dict[Hashable, tuple[tuple[object, ...], Any]]] = WeakKeyDictionary()


def once(survey: Survey, name: Hashable, made_of: Sequence[object], make: Callable[[], T]) -> T:
    """Return what was made of a survey before, or make it; a change of what it was made of makes it anew.

    A survey is frozen: `where`, `keep` and `replace` return another one, of which nothing is known. Should a frame of it be
    changed in place all the same, what it was made of is no longer the same object (or number), and the old value
    is not used.

    Parameters
    ----------
    survey : Survey
        Whose value it is; it is forgotten together with the survey.
    name : hashable
        What is made, with its options.
    made_of : sequence
        All that the value depends on: objects that nobody changes (compared by identity), or numbers.
    make : callable

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> first = once(survey, "count", [contents(survey.items)], lambda: int(survey.items.count().sum()))
    >>> survey.items.iloc[0] = float("nan")
    >>> first > once(survey, "count", [contents(survey.items)], lambda: int(survey.items.count().sum()))
    True
    """
    known = _KNOWN.setdefault(survey, {})
    if name in known:
        value: T
        before, value = known[name]
        if len(before) == len(made_of) and all(
            one is other or (isinstance(one, int) and one == other) for one, other in zip(before, made_of, strict=True)
        ):
            return value
    value = make()
    known[name] = (tuple(made_of), value)
    return value


def contents(answers: pd.DataFrame) -> int:
    """A number for the content of a table of numbers; another one when any of them, or the columns, change."""
    return hash((answers.to_numpy(dtype=float).tobytes(), *answers.columns))


def texts_of(survey: Survey, column: str) -> object:
    """The texts of a respondent column as an object that is another one after any change; None without the column."""
    if column not in survey.respondents:
        return None
    texts = survey.respondents[column].array
    # Arrow arrays cannot be changed: pandas puts another one in their place
    return texts.__arrow_array__() if hasattr(texts, "__arrow_array__") else tuple(texts)


def fingerprint(survey: Survey) -> str:
    """A hash of the answers, the respondents, the questionnaire and the selection.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> one, same, other = (simulate_study(seed=seed).survey for seed in (1, 1, 2))
    >>> fingerprint(one) == fingerprint(same), fingerprint(one) == fingerprint(other)
    (True, False)
    """
    columns = {str(name): column.to_numpy(dtype=object).tolist() for name, column in survey.respondents.items()}
    told = [survey.instrument.sha256, sorted(survey.selection.items()), list(map(str, survey.items)), columns]
    digest = hashlib.sha256(json.dumps([*told, survey.items.index.tolist()], default=str).encode())
    digest.update(survey.items.to_numpy(dtype=float).tobytes())
    if len(survey.comments.columns):
        digest.update(survey.comments.to_json().encode())
    for item in survey.items:
        reasons = pd.Categorical(survey.reasons[item])
        digest.update(np.asarray(reasons.codes, dtype=np.int64).tobytes())
        digest.update(json.dumps(list(map(str, reasons.categories))).encode())
    return digest.hexdigest()
