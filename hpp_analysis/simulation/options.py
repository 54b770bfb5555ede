"""The options of a simulated study, checked and completed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.errors import OptionError
from hpp_analysis.options import in_range, names_in
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.questionnaire import Instrument

_LEVEL = 0.68  # of the way up the scale
_GAPS = (0.4, 0.8, 0.0)  # points, factor by factor in turn
_CHANGES = (0.4, 0.0, 0.2)


@dataclass(frozen=True, eq=False, slots=True)
class Design:
    """The checked options of `simulate_study`.

    Attributes
    ----------
    instrument, hpo : Instrument
        `hpo` is None where the instrument has no outcome.
    clients, partners, roles : tuple of str
        Names; partnerships are all pairs, client by client.
    sizes : int array, waves x partnerships x sides
        Ratings.
    level : float
        The mean answer, from 0 to 1 along the scale.
    quality : float, or float array by partnership
    gaps, changes : float arrays by factor
        In points.
    coefficients : float array by predictor (factors, then HPO factors), or None for the usual ones

    The other fields are the options of the same name.
    """

    instrument: Instrument
    hpo: Instrument | None
    clients: tuple[str, ...]
    partners: tuple[str, ...]
    roles: tuple[str, ...]
    sizes: NDArray[np.int64]
    level: float
    loadings: tuple[float, float]
    factor_correlations: tuple[float, float]
    quality: float | NDArray[np.float64]
    gaps: NDArray[np.float64]
    changes: NDArray[np.float64]
    dips: int
    coefficients: NDArray[np.float64] | None
    returning: float
    several: float
    person_share: float
    style: float
    dont_know: float
    skipped: float
    careless: float

    @property
    def predictors(self) -> tuple[str, ...]:
        """The factors and the HPO factors; one of the latter whose name is taken gets "hpo_" before it."""
        return _predictors(self.instrument, self.hpo)


def design(
    instrument: str | Path | Instrument,
    *,
    clients: int | Sequence[str],
    partners: int | Sequence[str],
    persons_per_side: Any,
    waves: int,
    mean: float | None,
    loadings: tuple[float, float],
    factor_correlations: tuple[float, float],
    quality: float | Sequence[float],
    gaps: float | Mapping[str, float] | None,
    changes: float | Mapping[str, float] | None,
    dips: int,
    coefficients: Mapping[str, float] | None,
    style: float,
    **shares: float,
) -> Design:
    """Check the options of `simulate_study`, and complete them for this instrument."""
    questionnaire = load_instrument(instrument)
    hpo = _hpo() if questionnaire.outcomes else None
    columns = {column.id for column in questionnaire.columns}
    firms = _names(clients, "clients", "Client"), _names(partners, "partners", "Partner")
    _distinct(firms[0] + firms[1])
    n_waves = whole_number(waves, "waves", least=1)
    if n_waves > 1 and "wave" not in columns:
        raise OptionError(
            f"`waves` must be 1 unless the instrument has a column `wave`. Given: {waves!r} for {questionnaire.name!r}. "
            f"Add the column to the instrument, or simulate one wave."
        )
    factors = tuple(factor.id for factor in questionnaire.factors)
    sided = {"partner", "side"} <= columns
    if not sided and gaps is None:
        gaps = 0.0
    if not sided and gaps not in (0, {}):
        raise OptionError(
            f"`gaps` must be left out unless the instrument has the columns `partner` and `side`. Given: {gaps!r} for "
            f"{questionnaire.name!r}. Add the columns to the instrument, or leave `gaps` out."
        )
    n_pairs = len(firms[0]) * len(firms[1])
    width = questionnaire.scale.max - questionnaire.scale.min
    middle = (
        _LEVEL
        if mean is None
        else (
            in_range(mean, "mean", above=questionnaire.scale.min, below=questionnaire.scale.max)
            - questionnaire.scale.min
        )
        / width
    )
    usual = width / 9  # the usual gaps and changes are those of a scale from 1 to 10
    return Design(
        instrument=questionnaire,
        hpo=hpo,
        clients=firms[0],
        partners=firms[1],
        roles=_roles(questionnaire),
        sizes=_sizes(persons_per_side, (n_waves, n_pairs, 2), both_sides="partner" in columns),
        level=middle,
        loadings=_range(loadings, "loadings"),
        factor_correlations=_range(factor_correlations, "factor_correlations"),
        quality=_quality(quality, n_pairs),
        gaps=_by_name(gaps, "gaps", factors, np.resize(_GAPS, len(factors)) * usual),
        changes=_by_name(changes, "changes", factors, np.resize(_CHANGES, len(factors)) * usual),
        dips=whole_number(dips, "dips", least=0),
        coefficients=None
        if coefficients is None
        else _by_name(coefficients, "coefficients", _predictors(questionnaire, hpo), np.zeros(0)),
        style=_share(style, "style"),
        **{
            name: _share(value, name, 0.5 if name in ("dont_know", "skipped") else 1.0)
            for name, value in shares.items()
        },
    )


@cache
def _hpo() -> Instrument:
    return load_instrument("hpo")


def _predictors(instrument: Instrument, hpo: Instrument | None) -> tuple[str, ...]:
    own = tuple(factor.id for factor in instrument.factors)
    taken = {*own, *(outcome.id for outcome in instrument.outcomes)}
    others = [factor.id for factor in hpo.factors] if hpo else []
    return (*own, *(f"hpo_{name}" if name in taken else name for name in others))


def _roles(instrument: Instrument) -> tuple[str, ...]:
    column = instrument.column("role")
    return tuple(value.id for value in column.values) if column and column.values else ("manager", "employee")


def whole_number(value: Any, name: str, *, least: int) -> int:
    """Return `value` if it is a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise OptionError(f"`{name}` must be a whole number of at least {least}. Given: {value!r}. Correct it.")
    return int(value)


def _number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and bool(np.isfinite(float(value)))


def _share(value: Any, name: str, most: float = 1.0) -> float:
    if not _number(value) or not 0 <= value <= most:
        raise OptionError(f"`{name}` must be a number from 0 to {most:g}. Given: {value!r}. Correct it.")
    return float(value)


def _names(value: Any, name: str, word: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = (value,)
    if isinstance(value, Integral):
        n = whole_number(value, name, least=1)
        return (word,) if n == 1 else tuple(f"{word} {number}" for number in range(1, n + 1))
    for one in value:
        if not isinstance(one, str) or not one or one != one.strip():
            raise OptionError(
                f"Each name in `{name}` must be text without white space around it. Given: {one!r}. Correct it."
            )
    if not value:
        raise OptionError(f"`{name}` must name at least one organisation. Given: {value!r}. Add one.")
    return tuple(value)


def _distinct(names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OptionError(
            f"Each of `clients` and `partners` must have a name of its own. Given more than once: "
            f"{', '.join(twice)}. Rename one."
        )


def _sizes(value: Any, shape: tuple[int, int, int], *, both_sides: bool) -> NDArray[np.int64]:
    """Ratings by wave, partnership and side; without both sides only the partners' people answer."""
    try:
        given = np.broadcast_to(np.asarray(value, dtype=object), shape)
        sizes = np.array([_count(one) for one in given.flat], dtype=np.int64).reshape(shape)
    except ValueError as error:
        raise OptionError(
            f"`persons_per_side` must hold whole numbers of at least 0 that broadcast to waves x partnerships x "
            f"2, here {' x '.join(map(str, shape))}. Given: {value!r}. Give one number, or an array that "
            f"fits."
        ) from error
    if not both_sides:
        sizes[..., 0] = 0
    if not sizes.sum():
        raise OptionError(f"`persons_per_side` must leave somebody to answer. Given: {value!r}. Raise it.")
    return sizes


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 0:
        raise ValueError(value)
    return int(value)


def _range(value: Any, name: str) -> tuple[float, float]:
    pair = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if len(pair) != 2 or not all(map(_number, pair)) or not 0 <= pair[0] <= pair[1] < 1:
        raise OptionError(
            f"`{name}` must be a pair of numbers from 0 to below 1, the lower one first. Given: {value!r}. Correct it."
        )
    return float(pair[0]), float(pair[1])


def _quality(value: Any, n_pairs: int) -> float | NDArray[np.float64]:
    if _number(value) and 0 <= value <= 3:
        return float(value)
    listed = isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)
    if not listed or len(value) != n_pairs or not all(_number(one) and abs(one) <= 4 for one in value):
        raise OptionError(
            f"`quality` must be a number from 0 to 3, or one from -4 to 4 for each of {n_pairs} partnerships. "
            f"Given: {value!r}. Correct it."
        )
    return np.asarray(value, dtype=float)


def _by_name(value: Any, name: str, known: tuple[str, ...], default: NDArray[np.float64]) -> NDArray[np.float64]:
    """One number for each name: the default, the same number for all, or those of a mapping and else 0."""
    if value is None:
        return default
    if _number(value) and name != "coefficients":
        return np.full(len(known), float(value))
    if not isinstance(value, Mapping) or not all(map(_number, value.values())):
        raise OptionError(f"`{name}` must hold a number for each factor it names. Given: {value!r}. Correct it.")
    names_in(value, known, name, kind="a factor")
    return np.array([float(value.get(one, 0.0)) for one in known])
