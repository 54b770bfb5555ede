"""Simulated studies whose truth is known: for tests, for the demonstration, and to plan a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.options import checked
from hpp_analysis.simulation.item_pool import structure_of, weaken_candidates
from hpp_analysis.simulation.model import (
    SIDES,
    Floats,
    Measure,
    draw_dont_know,
    draw_effects,
    draw_latents,
    draw_measure,
)
from hpp_analysis.simulation.options import Design, design, whole_number
from hpp_analysis.simulation.people import (
    Ints,
    Roster,
    careless_answers,
    draw_persons,
    draw_reasons,
    draw_roster,
    draw_scores,
)
from hpp_analysis.simulation.truth import Truth, truth_tables
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.schema import REASONS
from hpp_analysis.survey.survey import Survey, read_survey


@dataclass(frozen=True, eq=False)
class Simulation:
    """A simulated study and the truth behind it.

    Attributes
    ----------
    survey : Survey
        The answers, as `read_survey` reads them.
    truth : Truth
        What an analysis should find again.
    hpo_survey : Survey or None
        The answers to the HPO questionnaire, one row a person and wave; None where it was not asked.
    """

    survey: Survey
    truth: Truth
    hpo_survey: Survey | None = None

    @property
    def hpo(self) -> pd.DataFrame:
        """The HPO answers, one row a person and wave: respondent, organisation, role, wave, the items."""
        if self.hpo_survey is None:
            return pd.DataFrame()
        return pd.concat([self.hpo_survey.respondents, self.hpo_survey.items], axis=1)

    def frame(self) -> pd.DataFrame:
        """The answers as a survey platform exports them: text, "" where skipped, reverse items as asked."""
        return _export_of(self.survey)

    def hpo_frame(self) -> pd.DataFrame:
        """The HPO answers as a survey platform exports them; empty where they were not asked."""
        return pd.DataFrame() if self.hpo_survey is None else _export_of(self.hpo_survey)


@checked
def simulate_study(
    instrument: str | Path | Instrument = "hpp",
    *,
    clients: int | Sequence[str] = 1,
    partners: int | Sequence[str] = 4,
    persons_per_side: int | Sequence[Any] | np.ndarray = 25,
    waves: int = 1,
    returning: float = 0.6,
    several: float = 0.4,
    mean: float | None = None,
    loadings: tuple[float, float] = (0.6, 0.85),
    factor_correlations: tuple[float, float] = (0.5, 0.7),
    quality: float | Sequence[float] = 0.4,
    gaps: float | Mapping[str, float] | None = None,
    changes: float | Mapping[str, float] | None = None,
    dips: int = 2,
    coefficients: Mapping[str, float] | None = None,
    person_share: float = 0.5,
    style: float = 0.2,
    dont_know: float = 0.15,
    skipped: float = 0.02,
    careless: float = 0.03,
    seed: int = 0,
) -> Simulation:
    """Simulate a study of partnerships whose truth is known.

    Parameters
    ----------
    instrument : str, Path or Instrument
        The questionnaire. Every column that it knows is filled. Where it has outcomes, each person also
        answers the HPO questionnaire, once a wave. Without a `partner` column it is about the respondents'
        own organisation: then only the partners' people answer, about that.
    clients, partners : int or sequence of str
        How many organisations, or their names. Each client works with each partner.
    persons_per_side : int or array
        Ratings on each side: one number, or an array that broadcasts to waves x partnerships x 2 (client,
        partner); the partnerships stand client by client.
    waves : int
        Measurements of the same partnerships, labelled "1", "2", ...
    returning : float
        The share of a side's persons who answer again in the next wave.
    several : float
        The share of client-side ratings given by persons who may rate several partnerships.
    mean : float, optional
        What the items' means lie around, in points; by default 68 % up the scale, as 7.1 on 1 to 10.
    loadings, factor_correlations : pair of float
        The range in which they lie.
    quality : float or sequence of float
        How much partnerships differ: their standard deviation, or the level of each, around which its
        factors vary. In standard deviations of a factor: a little over one point on 1 to 10.
    gaps : float or mapping of factor to float, optional
        Client side minus partner side in points, in the first wave; factors that are not named have none. By
        default some factors have a gap and some have none.
    changes : float or mapping of factor to float, optional
        From each wave to the next, in points; likewise.
    dips : int
        Items in each partnership that fall out of line.
    coefficients : mapping of factor to float, optional
        Standardised coefficients of the outcomes on factors and HPO factors; those that are not named are 0.
    person_share : float
        The share of the factors' variance that the ratings of one person have in common.
    style : float
        The spread of response styles: how much people differ in acquiescence and in use of the extremes.
    dont_know, skipped, careless : float
        The highest share of "don't know" of an item (others are lower, and sides differ; none where the
        instrument has no such answer), the share of skipped answers, the share of careless persons.
    seed : int
        The same seed gives the same study.

    Returns
    -------
    Simulation

    Raises
    ------
    OptionError
        When an option has a value that it cannot have.

    Notes
    -----
    Behind the item pool `hpp_pool` lie the three factors of `hpp`, on which its 19 items load as in `hpp` and most others
    weakly, and two minor factors of the items on control and diversity; `truth` speaks of these five.

    Answers are cut from a latent response: within a side of a partnership polychoric correlations follow
    `truth.loadings` and `truth.phi` where `style` and `careless` are 0, and Pearson's are a few per cent
    lower. The cutting points are the same for everybody: but for the dips, the items mean the same on both
    sides and in all waves. The organisations are fixed, and the means in `truth` are theirs; the persons are
    the sample.

    Examples
    --------
    >>> study = simulate_study(persons_per_side=50, gaps={"equality": 1.0}, seed=1)
    >>> study.survey
    <Survey hpp 1.0: 400 ratings by 352 persons>
    >>> study.truth.gaps.round(2)
       openness  equality  conflict_management  success
    1       0.0       1.0                  0.0     0.33
    """
    questionnaire = load_instrument(instrument)
    plan = design(
        structure_of(questionnaire),
        clients=clients,
        partners=partners,
        persons_per_side=persons_per_side,
        waves=waves,
        returning=returning,
        several=several,
        mean=mean,
        loadings=loadings,
        factor_correlations=factor_correlations,
        quality=quality,
        gaps=gaps,
        changes=changes,
        dips=dips,
        coefficients=coefficients,
        person_share=person_share,
        style=style,
        dont_know=dont_know,
        skipped=skipped,
        careless=careless,
    )
    rng = np.random.default_rng(whole_number(seed, "seed", least=0))
    measure = weaken_candidates(draw_measure(plan.instrument, plan.level, plan.loadings, rng), questionnaire)
    hpo = draw_measure(plan.hpo, plan.level, plan.loadings, rng) if plan.hpo else None
    latents = draw_latents(
        len(measure.factors),
        len(hpo.factors) if hpo else 0,
        between=plan.factor_correlations,
        person_share=plan.person_share,
        coefficients=plan.coefficients,
        rng=rng,
    )
    effects = draw_effects(plan, measure, latents, rng)
    roster = draw_roster(
        plan.sizes, n_clients=len(plan.clients), returning=plan.returning, several=plan.several, rng=rng
    )
    persons = draw_persons(roster.n_persons, style=plan.style, careless=plan.careless, n_roles=len(plan.roles), rng=rng)
    scores, hpo_scores = draw_scores(roster, latents, plan.person_share, len(measure.outcomes), rng)
    firms = np.array([*plan.clients, *plan.partners], dtype=object)[roster.organisation]
    rates = draw_dont_know(len(measure.items), plan.dont_know if plan.instrument.scale.dont_know else 0.0, rng)
    survey = _answer(
        plan.instrument,
        measure,
        _rating_columns(plan, roster, persons, firms),
        persons.iloc[roster.person],
        signal=scores[:, measure.latent_of] * measure.loading
        + effects.responses(measure)[roster.wave, roster.partnership, roster.side],
        dont_know=rates.T[roster.side],
        skipped=plan.skipped,
        rng=rng,
    )
    hpo_survey, hpo_rates = None, np.zeros((0, len(SIDES)))
    if plan.hpo and hpo:
        who, when, _ = roster.visits()
        home = roster.organisation[who]
        hpo_rates = draw_dont_know(len(hpo.items), plan.dont_know / 2, rng)  # people know their own firm
        hpo_survey = _answer(
            plan.hpo,
            hpo,
            _person_columns(plan, who, when, persons, firms),
            persons.iloc[who],
            signal=(hpo_scores + effects.hpo[home])[:, hpo.latent_of] * hpo.loading,
            dont_know=hpo_rates.T[(home >= len(plan.clients)).astype(int)],
            skipped=plan.skipped,
            rng=rng,
        )
    truth = truth_tables(
        plan, measure, hpo, latents, effects, dont_know=rates, hpo_dont_know=hpo_rates, persons=persons
    )
    return Simulation(replace(survey, instrument=questionnaire), truth, hpo_survey)


def _rating_columns(
    plan: Design, roster: Roster, persons: pd.DataFrame, firms: NDArray[np.object_]
) -> dict[str, NDArray[np.object_]]:
    """Who gave each rating, about what."""
    n_partners = len(plan.partners)
    client = np.array(plan.clients, dtype=object)[roster.partnership // n_partners]
    partner = np.array(plan.partners, dtype=object)[roster.partnership % n_partners]
    return {
        **_person_columns(plan, roster.person, roster.wave, persons, firms),
        "client": client,
        "partner": partner,
        "partnership": client + " – " + partner,
        "side": np.array(SIDES, dtype=object)[roster.side],
    }


def _person_columns(
    plan: Design, rows: Ints, waves: Ints, persons: pd.DataFrame, firms: NDArray[np.object_]
) -> dict[str, NDArray[np.object_]]:
    """Who answered, and when."""
    return {
        "respondent": persons.index.to_numpy(dtype=object)[rows],
        "organisation": firms[rows],
        "role": np.array(plan.roles, dtype=object)[persons["role"].to_numpy()[rows]],
        "wave": (waves + 1).astype(str).astype(object),
    }


def _answer(
    instrument: Instrument,
    measure: Measure,
    columns: dict[str, NDArray[np.object_]],
    persons: pd.DataFrame,
    *,
    signal: Floats,
    dont_know: Floats,
    skipped: float,
    rng: np.random.Generator,
) -> Survey:
    """Answer a questionnaire: `signal` (rows x items) is what the factors say; `persons` stand by row."""
    kind = persons["careless"].to_numpy(dtype=object)
    own = np.sqrt(1 - measure.loading**2) * rng.standard_normal(signal.shape)
    style = measure.sign * persons["acquiescence"].to_numpy()[:, None]
    careful = measure.answer((signal + own) * persons["extremity"].to_numpy()[:, None] + style)
    answers = careless_answers(_reversed(careful, instrument), kind, (measure.lowest, measure.highest), rng)
    reasons = draw_reasons(signal.shape, dont_know=dont_know, skipped=skipped, rng=rng)
    reasons[kind != ""] = 0
    respondents = _respondent_columns(instrument, columns, rng)
    return read_survey(_export(instrument, respondents, answers, reasons), instrument=instrument)


def _respondent_columns(
    instrument: Instrument, columns: dict[str, NDArray[np.object_]], rng: np.random.Generator
) -> pd.DataFrame:
    """Fill the instrument's columns: those that are not simulated with one of their values, or empty."""
    persons, of = np.unique(columns["respondent"], return_inverse=True)
    filled = {}
    for column in instrument.columns:
        if column.id in columns:
            filled[column.id] = columns[column.id]
        elif column.values:
            values = np.array([value.id for value in column.values], dtype=object)
            filled[column.id] = values[rng.integers(0, len(values), len(persons))][of]
        else:
            filled[column.id] = np.full(len(of), "1" if column.required else "", dtype=object)
    return pd.DataFrame(filled, index=range(len(of)))


def _reversed(answers: Ints, instrument: Instrument) -> Ints:
    """Turn reverse items round: from content to as asked, and back."""
    reverse = np.array([item.reverse for item in instrument.items])
    return np.where(reverse, instrument.scale.min + instrument.scale.max - answers, answers)


def _export(instrument: Instrument, respondents: pd.DataFrame, answers: Ints, reasons: Ints) -> pd.DataFrame:
    """Write answers as a platform exports them; `reasons` are places in `REASONS`."""
    scale = instrument.scale
    dont_know = [*scale.dont_know.codes, *scale.dont_know.text.values()][0] if scale.dont_know else ""
    points = [str(point) for point in range(scale.min, scale.max + 1)]
    spelled = np.array([*points, dont_know, ""], dtype=object)
    cells = spelled[np.where(reasons == 0, answers - scale.min, len(points) - 1 + reasons)]
    items = {item.id: cells[:, place] for place, item in enumerate(instrument.items)}
    return respondents.assign(**items)


def _export_of(survey: Survey) -> pd.DataFrame:
    """The export that a survey was read from."""
    columns = [column.id for column in survey.instrument.columns]
    codes = [pd.Categorical(survey.reasons[item], categories=REASONS).codes for item in survey.reasons]
    answers = survey.items.fillna(survey.instrument.scale.min).to_numpy().astype(np.int64)
    return _export(
        survey.instrument,
        survey.respondents[columns],
        _reversed(answers, survey.instrument),
        np.column_stack(codes).astype(np.int64),
    )
