"""The truth of a simulated study: what an analysis should find again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.simulation.model import SIDES, Effects, Floats, Latents, Measure, expected_means
from hpp_analysis.simulation.options import Design


@dataclass(frozen=True, eq=False)
class Truth:
    """The truth behind a simulated study.

    Each answer is a cut latent response whose variance is 1 within a side of a partnership: its loading times
    its factor, and a rest of its own. Partnerships, sides and waves shift the factors; a response style
    shifts and stretches all responses of a person. Below, *points* are points of the answer scale, as
    expected of persons who answer with care; *SD* are standard deviations within a side, of the factor (of
    the response, for dips and style).

    Attributes
    ----------
    loadings : DataFrame, items x factors
        Standardised, before response style and cutting.
    phi : DataFrame, factors x factors
        Correlations of the factors within a side of a partnership.
    outcome_loadings : DataFrame, items x outcomes
        As `loadings`, for the items of the outcomes.
    coefficients : DataFrame, (factors and HPO factors) x outcomes
        Standardised coefficients of the latent outcome on the latent factors.
    r2 : Series by outcome
        The share of the latent outcome's variance that these explain.
    gaps : DataFrame, waves x (factors and outcomes)
        Client side minus partner side in points: the mean over the partnerships that have answers of both.
    changes : DataFrame, waves from the second on x (factors and outcomes)
        Since the wave before, in points: the mean over the sides that have answers in both waves.
    means : DataFrame, (wave, client, partner, side) x (factors and outcomes)
        Expected scale scores in points.
    item_means : DataFrame, (wave, client, partner, side) x items
        Expected answers in points, reverse items turned round.
    organisation_effects : DataFrame, (client, partner) x factors
        How good the partnership is in SD, to both sides.
    gap_effects : DataFrame, (client, partner) x factors
        Client side minus partner side in SD.
    dips : DataFrame of client, partner, item, effect
        Items that fall out of line in one partnership; the effect in SD.
    style : DataFrame, persons x (acquiescence, extremity)
        What is added to each response as asked, in SD, and the factor by which it is stretched.
    careless : Series by person
        "straight" (one answer throughout) or "random"; everybody else answers with care.
    dont_know : DataFrame, items x sides
        The probability of "don't know" among those who answer with care.
    person_share : float
        The share of the factors' variance that all ratings of a person have in common.
    hpo_loadings, hpo_phi, hpo_dont_know : DataFrame
        As above, for the HPO questionnaire; empty where it was not asked.
    hpo_effects : DataFrame, organisations x HPO factors
        How good the organisation is in SD.
    cross_correlations : DataFrame, factors x HPO factors
        Correlations between the two within a side of a partnership.
    """

    loadings: pd.DataFrame
    phi: pd.DataFrame
    outcome_loadings: pd.DataFrame
    coefficients: pd.DataFrame
    r2: pd.Series
    gaps: pd.DataFrame
    changes: pd.DataFrame
    means: pd.DataFrame
    item_means: pd.DataFrame
    organisation_effects: pd.DataFrame
    gap_effects: pd.DataFrame
    dips: pd.DataFrame
    style: pd.DataFrame
    careless: pd.Series
    dont_know: pd.DataFrame
    person_share: float
    hpo_loadings: pd.DataFrame
    hpo_phi: pd.DataFrame
    hpo_dont_know: pd.DataFrame
    hpo_effects: pd.DataFrame
    cross_correlations: pd.DataFrame

    def to_dict(self, *, digits: int = 4) -> dict[str, Any]:
        """Everything as plain values that JSON can hold, rounded; tables with a compound index as records."""
        return {field.name: _plain(getattr(self, field.name), digits) for field in fields(self)}


def _plain(value: Any, digits: int) -> Any:
    """A table, series or number as dicts, lists, text and rounded numbers; an undefined number is None."""
    if isinstance(value, pd.DataFrame):
        if isinstance(value.index, pd.MultiIndex):
            value = value.reset_index()
        if isinstance(value.index, pd.RangeIndex):
            return [_plain(row, digits) for row in value.to_dict("records")]
        return {str(name): _plain(row, digits) for name, row in value.to_dict("index").items()}
    if isinstance(value, pd.Series | dict):
        return {str(name): _plain(one, digits) for name, one in value.items()}
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, digits) + 0.0  # never -0.0
    return value


def truth_tables(
    plan: Design,
    measure: Measure,
    hpo: Measure | None,
    latents: Latents,
    effects: Effects,
    *,
    dont_know: Floats,
    hpo_dont_know: Floats,
    persons: pd.DataFrame,
) -> Truth:
    """Put the drawn parameters into tables; `persons` as `draw_persons` makes them."""
    pairs = pd.MultiIndex.from_product([plan.clients, plan.partners], names=["client", "partner"])
    waves = [str(wave + 1) for wave in range(len(plan.sizes))]
    cells = pd.MultiIndex.from_tuples(
        [(wave, *pair, side) for wave in waves for pair in pairs for side in SIDES],
        names=["wave", "client", "partner", "side"],
    )
    factors, outcomes = list(measure.factors), list(measure.outcomes)
    hpo_factors = list(hpo.factors) if hpo else []
    answers, scores = expected_means(measure, effects, plan.style)
    return Truth(
        loadings=measure.table(factors),
        phi=pd.DataFrame(latents.phi, index=factors, columns=factors),
        outcome_loadings=measure.table(outcomes),
        coefficients=pd.DataFrame(
            dict.fromkeys(outcomes, latents.coefficients), index=list(plan.predictors), dtype=float
        ),
        r2=pd.Series(latents.r2, index=outcomes, dtype=float),
        gaps=pd.DataFrame(_gaps(scores, plan.sizes), index=waves, columns=factors + outcomes),
        changes=pd.DataFrame(_changes(scores, plan.sizes), index=waves[1:], columns=factors + outcomes),
        means=pd.DataFrame(scores.reshape(len(cells), -1), index=cells, columns=factors + outcomes),
        item_means=pd.DataFrame(answers.reshape(len(cells), -1), index=cells, columns=list(measure.items)),
        organisation_effects=pd.DataFrame(effects.quality, index=pairs, columns=factors),
        gap_effects=pd.DataFrame(effects.gaps, index=pairs, columns=factors),
        dips=_dips(effects.dips, pairs, measure.items),
        style=persons[["acquiescence", "extremity"]],
        careless=persons.loc[persons["careless"] != "", "careless"],
        dont_know=pd.DataFrame(dont_know, index=list(measure.items), columns=list(SIDES)),
        person_share=plan.person_share,
        hpo_loadings=hpo.table(hpo_factors) if hpo else pd.DataFrame(index=[], columns=[], dtype=float),
        hpo_phi=pd.DataFrame(latents.hpo_phi, index=hpo_factors, columns=hpo_factors),
        hpo_dont_know=pd.DataFrame(hpo_dont_know, index=list(hpo.items) if hpo else [], columns=list(SIDES)),
        hpo_effects=pd.DataFrame(effects.hpo, index=[*plan.clients, *plan.partners], columns=hpo_factors),
        cross_correlations=pd.DataFrame(latents.cross, index=factors, columns=hpo_factors),
    )


def _gaps(scores: Floats, sizes: np.ndarray) -> Floats:
    """Client minus partner by wave: the mean over partnerships with answers of both, NaN where none has."""
    both = np.asarray((sizes > 0).all(axis=2))
    gaps = scores[:, :, 0] - scores[:, :, 1]
    return np.array(
        [
            gaps[wave, here].mean(axis=0) if here.any() else np.full(gaps.shape[2], np.nan)
            for wave, here in enumerate(both)
        ]
    )


def _changes(scores: Floats, sizes: np.ndarray) -> Floats:
    """Change by wave: the mean over sides with answers in it and in the wave before, NaN where none has."""
    linked = (sizes[1:] > 0) & (sizes[:-1] > 0)
    steps = np.diff(scores, axis=0)
    return np.array(
        [
            steps[wave, here].mean(axis=0) if here.any() else np.full(steps.shape[3], np.nan)
            for wave, here in enumerate(linked)
        ]
    ).reshape(len(linked), scores.shape[3])


def _dips(dips: Floats, pairs: pd.MultiIndex, items: Sequence[str]) -> pd.DataFrame:
    places = [(int(pair), int(item)) for pair, item in np.argwhere(dips)]
    rows = [(*pairs[pair], items[item], float(dips[pair, item])) for pair, item in places]
    return pd.DataFrame(rows, columns=["client", "partner", "item", "effect"])
