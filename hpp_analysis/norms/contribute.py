"""What a study gives to a norm: means and spreads of cleared groups, never answers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import numpy as np
import pandas as pd

from hpp_analysis.answers.scores import score_scales
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.common.interpret import MIN_PERSONS_IMPORTANCE
from hpp_analysis.core.factors.extraction import uls_factors
from hpp_analysis.disclosure import Cells
from hpp_analysis.errors import Failure, NormError, OptionError
from hpp_analysis.norms.measures import Measures
from hpp_analysis.norms.norm_file import CELLS, Contribution, Norm, content_id, key_of, with_contribution
from hpp_analysis.options import checked, names_in
from hpp_analysis.publishing.clearing import clear_answers
from hpp_analysis.publishing.masking import publish
from hpp_analysis.survey.survey import Survey

_FEWEST_ITEMS = 3
"""Two items have no loadings of their own in a model of one factor."""
_DECIMALS = 4


@checked
def contribute_to_norm(
    data: Survey,
    cells: Cells,
    norm: Norm | None = None,
    *,
    date: datetime.date | str,
    by: str = "client",
    client: str = "",
    sector: str = "",
    country: str = "",
    simulated: bool = False,
) -> Norm:
    """Add one wave of a study to a norm: of each partnership and side that is shown in full, mean, spread and persons.

    Parameters
    ----------
    data : Survey
        The answers of one wave, of all clients of the study.
    cells : Cells
        The disclosure plan of the study's reports. Only groups of ten persons or more are contributed, for smaller ones
        have no spread.
    norm : Norm, optional
        What it is added to; by default a new norm.
    date : date or str
        When the answers were collected, as 2026-02-01.
    by : str
        The column that makes the study's reports.
    client : str
        Who commissioned the study, where the answers have no column `client`.
    sector, country : str
        Of the client; the country as in ISO 3166, such as "NL".
    simulated : bool
        Whether the answers are simulated. A norm holds simulated studies or real ones.

    Returns
    -------
    Norm
        The same norm where it has this contribution already.

    Raises
    ------
    NormError
        When the answers are a synthetic twin or of several waves, no group is shown in full, or the answers are simulated
        and the norm is not (or the other way round).

    Examples
    --------
    >>> from hpp_analysis import plan_disclosure, simulate_study
    >>> survey = simulate_study(partners=2, persons_per_side=12, seed=1).survey
    >>> norm = contribute_to_norm(survey, plan_disclosure(survey), date=datetime.date(2026, 2, 1), sector="cable")
    >>> norm.to_frame()[["partnerships", "clients"]].values.tolist()
    [[2, 1]]
    """
    if data.synthetic:
        rule = "A norm must hold answers that persons gave, or that a simulation drew. Given: a synthetic twin."
        raise NormError([Failure(rule, "Add the study that the twin was made of.")])
    norm = Norm(simulated=simulated) if norm is None else norm
    if norm.simulated != simulated:
        rule = "A norm must hold real studies or simulated ones, never both."
        kinds = ("simulated", "real") if simulated else ("real", "simulated")
        remedy = "Choose another norm; a simulated study says `simulated: true` under `norms` in its study.yaml."
        raise NormError([Failure(rule, remedy, value=f"a {kinds[0]} study for a {kinds[1]} norm")])
    _check_wave(data)
    names_in(by, ["client", *data.respondents.columns], "by", kind="a column of the answers")
    units = _units(data, by, client)
    contributed = _cells(data, cells, by, units)
    if contributed.empty:
        rule = "A contribution must have a group of ten persons or more that the study's reports show in full."
        raise NormError([Failure(rule, "Add the study when more persons have answered.")])
    keys = {
        unit: (key_of(norm.salt, "client", names[0]), key_of(norm.salt, "unit", *names))
        for unit, names in units.items()
        if unit in set(contributed["unit"])
    }
    contributed = contributed.assign(
        client=[keys[unit][0] for unit in contributed["unit"]], unit=[keys[unit][1] for unit in contributed["unit"]]
    )
    described = Contribution(
        id="",
        salt=norm.salt,
        date=to_day(date),
        sector=sector,
        country=country,
        instrument=data.instrument.name,
        measures=Measures.of(data),
        loadings=one_factor_loadings(data, cells),
    )
    made = {item: getattr(described, item) for item in described.__dataclass_fields__}
    return with_contribution(norm, Contribution(**{**made, "id": content_id(described, contributed)}), contributed)


def to_day(date: datetime.date | str) -> datetime.date:
    """A day, also of a text.

    Raises
    ------
    OptionError

    Examples
    --------
    >>> to_day("2026-02-01")
    datetime.date(2026, 2, 1)
    """
    if not isinstance(date, str):
        return date
    try:
        return datetime.date.fromisoformat(date)
    except ValueError as error:
        raise OptionError(f"`date` must be a day, as 2026-02-01. Given: {date!r}. Correct it.") from error


def _check_wave(data: Survey) -> None:
    if "wave" in data.respondents and len(data.values("wave")) > 1:
        rule = "A contribution must be one wave of a study: each has its own date."
        given = ", ".join(data.values("wave"))
        raise NormError([Failure(rule, "Choose one with `survey.wave(...)`.", value=given)])


def _units(data: Survey, by: str, client: str) -> dict[str, tuple[str, ...]]:
    """By partnership, or by what makes the reports, the names that make its key; the client is the first."""
    who = data.respondents
    if "partnership" in who:
        columns = [name for name in ("client", "partner") if name in who] or ["partnership"]
        named = who[["partnership", *columns]].astype(str).drop_duplicates("partnership")
        return {unit: tuple(names) for unit, *names in named.itertuples(index=False, name=None)}
    own = [str(value) for value in data.values(by)] if by in who else [""]
    if by == "client" and by in who:
        return {value: (value, value) for value in own}
    if not client:
        rule = "A contribution must say whose study it is; these answers have no column `client`."
        raise NormError([Failure(rule, "Give the `client`.")])
    return {value: (client, value) for value in own}


def _cells(data: Survey, cells: Cells, by: str, units: Mapping[str, tuple[str, ...]]) -> pd.DataFrame:
    """The means that are shown in full, as the reports show them."""
    who = data.respondents
    groups = tuple(name for name in ("partnership", "side") if name in who)
    selections = [{by: value} for value in data.values(by)] if by in who else [{}]
    parts = []
    for selection in selections:
        own = data.where(**selection)
        shown = publish(score_scales(own, by=groups), cells).to_frame()
        shown = shown[shown["state"].eq("full") & shown["mean"].notna() & shown["sd"].notna()]
        if "partnership" in shown:
            shown = shown[~shown["partnership"].astype(str).str.startswith(OTHERS)]
        unit = shown["partnership"] if "partnership" in shown else next(iter(selection.values()), "")
        side = shown.get("side", "")
        parts.append(shown.assign(unit=unit, side=side, contribution="", client="", n=shown["n_persons"]))
    found = pd.concat(parts, ignore_index=True)[list(CELLS)]
    found = found[found["unit"].astype(str).isin(set(units))].drop_duplicates(["unit", "side", "factor"])
    numbers = {name: found[name].astype(float).round(_DECIMALS) for name in ("mean", "sd")}
    texts = {name: found[name].astype(str) for name in ("unit", "side", "factor")}
    return found.assign(**numbers, **texts, n=found["n"].astype(int)).reset_index(drop=True)


def one_factor_loadings(data: Survey, cells: Cells) -> dict[str, dict[str, float]]:
    """By scale, the loadings in a model of one factor, within groups of cleared answers; nothing of fewer than a hundred persons.

    Differences between partnerships and sides do not count: each answer is taken from the mean of its group.
    """
    cleared = clear_answers(data, cells)
    if cleared.n_persons < MIN_PERSONS_IMPORTANCE:
        return {}
    groups = [cleared.respondents[name].astype(str) for name in ("partnership", "side") if name in cleared.respondents]
    answers = cleared.items - cleared.items.groupby(groups).transform("mean") if groups else cleared.items
    loadings = {}
    for part in (*data.instrument.factors, *data.instrument.outcomes):
        items = [item.id for item in data.instrument.items_of(part.id) if item.id in answers]
        correlation = answers[items].corr(min_periods=MIN_PERSONS_IMPORTANCE).to_numpy()
        if len(items) < _FEWEST_ITEMS or not np.isfinite(correlation).all():
            continue
        found = uls_factors(correlation, 1)
        own = np.asarray(found.lambda_, dtype=float)[:, 0]
        if np.isfinite(own).all():
            own = own if own.sum() >= 0 else -own
            loadings[part.id] = {name: round(float(value), 3) for name, value in zip(items, own, strict=True)}
    return loadings
