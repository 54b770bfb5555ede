"""How many persons does the next study need? Precision and power of what reports say, by simulation of the instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.design import names_of
from hpp_analysis.common.interpret import MARGIN, POWER_ENOUGH
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.display.columns import Column, Unit, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, in_range
from hpp_analysis.planning.population import Floats, Population, assumed_population, found_population
from hpp_analysis.planning.replicates import progress_bar, replicate
from hpp_analysis.planning.simulated_models import model_questions, simulated_models
from hpp_analysis.planning.simulated_scores import ScoreQuestions, simulated_scores
from hpp_analysis.simulation.options import whole_number
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_Z = 1.959963984540054
PRECISION = ("score_half", "side_half", "pair_gap_half", "gap_half", "loading_half")
POWER = (
    "gap_found", "pair_gap_found", "reached", "not_reached", "all_reached", "all_not_reached", "loadings_found",
    "misfit_found", "bias_found",
)  # fmt: skip
ERRORS = ("wrong", "fit_rejected")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class StudyPlan(Result):
    """What studies of different numbers of persons can settle.

    Attributes
    ----------
    table : DataFrame
        One row per number of persons: persons (on each side of each partnership), n_total, and with the Monte Carlo error
        of each under its name with `_error`: the half widths of intervals score_half (a factor score of one side of one
        partnership), side_half (of a side over all partnerships), pair_gap_half (the gap of one partnership), gap_half (of
        all), loading_half (a standardised loading); the shares of studies in which something that is there is found: gap_found,
        pair_gap_found, reached and not_reached (a score `distance` above and below the threshold), all_reached and
        all_not_reached (a partnership, all factors and sides), loadings_found (all differ from 0), misfit_found (a
        cross-loading that the model leaves out: the statistic is one that 5 % of right models exceed), bias_found (an item that the sides read differently); and of what is not there:
        wrong (a score on the threshold gets a verdict), fit_rejected (the right model). What is not asked is NaN.
    partnerships, sides : int
    gap, distance, bias, precision : float
        In scale points, as given to `plan_study`.
    icc : float
        The share of the variance of factor scores that lies between partnerships.
    n_sim, seed : int
    power, conf_level : float
    found_in : bool
        Whether the answers of an earlier study gave the assumptions.
    loadings : tuple of float
        The lowest and the highest.
    dont_know : float
        The mean share of "don't know" of an item.
    mean : float
        The mean score of the factors.
    """

    partnerships: int
    sides: int
    gap: float
    distance: float
    bias: float
    precision: float
    icc: float
    n_sim: int
    seed: int
    power: float
    conf_level: float
    found_in: bool
    loadings: tuple[float, float]
    dont_know: float
    mean: float

    def _declare(self) -> Declaration:
        return Declaration(
            name="study_plan",
            caption=_("What the study can settle, by number of persons"),
            variable="persons",
            columns=(
                Column("each", self._each(), key=True),
                Column("n_total", _("In all"), "count"),
                *(Column(name, label, unit, optional=True) for name, label, unit in _labels(PRECISION, self.sides)),
                *hidden("model", "persons", *POWER, *ERRORS),
            ),
            figures={"power": self._power_figure},
            tables={"rates": self._rates_table, "needed": self._needed_table},
            whole_study=True,
        )

    def _each(self) -> str:
        return _("Each side of each partnership") if self.sides == 2 else _("Each group")

    def _labelled(self) -> pd.DataFrame:
        return self._with_persons(super()._labelled())

    def _with_persons(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Name the numbers of persons, which head the rows."""
        return frame.assign(
            each=[
                None if np.isnan(n) else _("{n} persons").format(n=format_value(n, "count"))
                for n in frame["persons"].astype(float)
            ]
        )

    @property
    def needed(self) -> pd.DataFrame:
        """The smallest number of persons of those tried that is enough.

        Returns
        -------
        DataFrame
            goal (a column of the table), persons (NaN where none of the numbers is enough), value (there, or of the
            largest number), enough (what was asked for).
        """
        rows = []
        for goal in (*PRECISION[:4], *POWER):
            values = self.table[goal]
            if values.isna().all():
                continue
            enough = self.precision if goal in PRECISION else self.power
            met = self.table[values.le(enough) if goal in PRECISION else values.ge(enough)]
            known = values.dropna()
            rows.append(
                {
                    "goal": goal,
                    "persons": float(met["persons"].iloc[0]) if len(met) else np.nan,
                    "value": float(met[goal].iloc[0] if len(met) else known.iloc[-1]),
                    "enough": enough,
                }
            )
        return pd.DataFrame(rows, columns=["goal", "persons", "value", "enough"])

    def _rates_table(self) -> FurtherTable:
        columns = [
            Column("each", self._each()),
            *(
                Column(name, label, unit, optional=True)
                for name, label, unit in _labels((*POWER, *ERRORS), self.sides)
                if self.table[name].notna().any()
            ),
        ]
        return FurtherTable(
            self._with_persons(self.table),
            tuple(columns),
            _("How often it is found, by number of persons"),
            self._notes(),
        )

    def _needed_table(self) -> FurtherTable:
        labels = {name: label for name, label, _unit in _labels((*PRECISION, *POWER), self.sides)}
        frame = self.needed.assign(what=[labels[goal] for goal in self.needed["goal"]])
        persons = _("Persons a side and partnership") if self.sides == 2 else _("Persons a group")
        columns = (Column("what", _("To settle")), Column("persons", persons, "count"))
        note = _("A dash: more than {n} persons.").format(n=format_value(self.table["persons"].max(), "count"))
        return FurtherTable(
            self._with_persons(frame), columns, _("The smallest number of persons that is enough"), (note,)
        )

    # Sentences

    def _notes(self) -> list[str]:
        return [
            _(
                "Of {n} simulated studies; the Monte Carlo standard error of a share is at most {share}, that of half a width "
                "{half} points."
            ).format(
                n=format_value(self.n_sim, "count"),
                share=format_value(self._worst(POWER + ERRORS), "coefficient"),
                half=format_value(self._worst(PRECISION[:4]), "score"),
            )
        ]

    def _worst(self, names: Sequence[str]) -> float:
        return float(np.nanmax(self.table[[f"{name}_error" for name in names]].to_numpy(dtype=float), initial=0.0))

    def _summary(self) -> list[str]:
        needed = self.needed
        where = _("on each side of each partnership") if self.sides == 2 else _("in each group")
        said = [
            _("From {n} persons {where} on, the study settles {goals}.").format(
                n=format_value(float(str(persons)), "count"), where=where, goals=self._goals_with_values(rows)
            )
            for persons, rows in needed.dropna(subset=["persons"]).groupby("persons")
        ]
        open_ = needed[needed["persons"].isna()]
        if len(open_):
            most = format_value(self.table["persons"].max(), "count")
            sentence = _("With {n} persons {where} it does not settle {goals}.")
            said.append(sentence.format(n=most, where=where, goals=self._goals_with_values(open_)))
        return [*said, *self._model_sentence()]

    def _goals_with_values(self, rows: pd.DataFrame) -> str:
        """What is settled or not, with what the simulation found."""
        goals = goals_of(self)
        return join_names(
            [
                _("{goal} (known to within {value} points)").format(
                    goal=goals[row.goal], value=format_value(row.value, "score")
                )
                if row.goal in PRECISION
                else _("{goal} (found in {value} of studies)").format(
                    goal=goals[row.goal], value=format_value(row.value, "share")
                )
                for row in rows.itertuples()
            ]
        )

    def _model_sentence(self) -> list[str]:
        half = self.table["loading_half"].dropna()
        if half.empty:
            return []
        return [
            _("A standardised loading is known to within {value} with {n} persons in all.").format(
                value=format_value(float(half.iloc[-1]), "coefficient"),
                n=format_value(self.table.loc[half.index[-1], "n_total"], "count"),
            )
        ]

    def _methods(self) -> list[str]:
        source = (
            _(
                "Loadings, correlations of factors, cutting points and don't-knows are those that an earlier study found."
            )
            if self.found_in
            else _("Loadings, cutting points and don't-knows are assumed, as in simulated studies of this instrument.")
        )
        told = {
            "n": format_value(self.n_sim, "count"),
            "seed": self.seed,
            "partnerships": format_value(self.partnerships, "count"),
            "mean": brief(self.mean),
            "low": format_value(self.loadings[0], "coefficient"),
            "high": format_value(self.loadings[1], "coefficient"),
            "unknown": format_value(self.dont_know, "share"),
            "icc": format_value(self.icc, "share"),
        }
        return [
            _(
                "{n} studies were simulated for each number of persons (seed {seed}): {partnerships} partnerships, a mean score of {mean}, "
                "loadings from {low} to {high}, on average {unknown} 'don't know' an item, and {icc} of the variance of factor "
                "scores between partnerships."
            ).format(**told)
            if self.sides == 2
            else _(
                "{n} studies were simulated for each number of persons (seed {seed}): groups: {partnerships}; a mean score of {mean}, "
                "loadings from {low} to {high}, on average {unknown} 'don't know' an item, and {icc} of the variance of factor "
                "scores between groups."
            ).format(**told),
            source,
            _(
                "Answers are cut from normal responses at the points of the scale, so that high scores meet its end. Intervals, tests "
                "and verdicts are those of the reports ({level} intervals, Holm's adjustment over the factors)."
            ).format(level=format_value(self.conf_level, "share")),
            _(
                "Models are fitted to complete answers of as many persons as have two items in common (robust maximum likelihood); that "
                "counts what is missing as lost, which asks for rather too many persons. The model that is to be rejected misses "
                "a cross-loading as large as the lowest loading (McNeish & Wolf, 2023) and counts as rejected where its statistic is one that few right models reach."
            ),
            *(
                [
                    _(
                        "The item that one side reads differently shifts by {bias} points (tested in every second study)."
                    ).format(bias=brief(self.bias))
                ]
                if self.sides == 2
                else []
            ),
        ]

    def _power_figure(self) -> Figure:
        labels = {name: label for name, label, _unit in _labels(POWER, self.sides)}
        rows = []
        for goal in POWER:
            if self.table[goal].isna().all():
                continue
            for row in self.table[["persons", goal, f"{goal}_error"]].itertuples(index=False):
                persons, value, error = (float(number) for number in row)
                rows.append(
                    {
                        "group": labels[goal],
                        "label": _("{n} persons").format(n=format_value(persons, "count")),
                        "estimate": 100.0 * value,
                        "ci_lower": 100.0 * max(value - _Z * error, 0.0),
                        "ci_upper": 100.0 * min(value + _Z * error, 1.0),
                    }
                )
        columns = ["group", "label", "estimate", "ci_lower", "ci_upper"]
        return Figure(
            plots.intervals,
            pd.DataFrame(rows, columns=columns),
            limits=(0, 100),
            reference=100.0 * self.power,
            xlabel=_("Found in so many of 100 studies"),
            unit_decimals=0,
            width=plots.NARROW,
            caption=_("How often it is found, by number of persons"),
        )


def _labels(names: Sequence[str], sides: int) -> list[tuple[str, str, Unit]]:
    """Name, heading and unit of columns; with one side they speak of groups."""
    known: dict[str, tuple[str, Unit]] = {
        "score_half": (_("Score of one side of a partnership, ±"), "score"),
        "side_half": (_("Score of a side, ±"), "score"),
        "pair_gap_half": (_("Gap of one partnership, ±"), "score"),
        "gap_half": (_("Gap of all partnerships, ±"), "score"),
        "loading_half": (_("Loading, ±"), "coefficient"),
        "gap_found": (_("Gap of all partnerships"), "share"),
        "pair_gap_found": (_("Gap of one partnership"), "share"),
        "reached": (_("Score above the threshold"), "share"),
        "not_reached": (_("Score below the threshold"), "share"),
        "all_reached": (_("Partnership above the threshold"), "share"),
        "all_not_reached": (_("Partnership below the threshold"), "share"),
        "loadings_found": (_("All loadings"), "share"),
        "misfit_found": (_("A model that misses a cross-loading"), "share"),
        "bias_found": (_("An item that is read differently"), "share"),
        "wrong": (_("Verdict on a score at the threshold"), "share"),
        "fit_rejected": (_("The right model rejected"), "share"),
    }
    if sides == 1:
        known |= {
            "score_half": (_("Score of one group, ±"), "score"),
            "side_half": (_("Score of all groups together, ±"), "score"),
            "all_reached": (_("Group above the threshold"), "share"),
            "all_not_reached": (_("Group below the threshold"), "share"),
        }
    return [(name, *known[name]) for name in names]


def goals_of(plan: StudyPlan) -> dict[str, str]:
    """What sentences call the goals."""
    gap, distance = brief(plan.gap), brief(plan.distance)
    goals = {
        "score_half": _("a factor score of one side of a partnership"),
        "side_half": _("a factor score of a side"),
        "pair_gap_half": _("the gap of one partnership"),
        "gap_half": _("the gap of all partnerships together"),
        "gap_found": _("a gap of {gap} points between the sides of all partnerships").format(gap=gap),
        "pair_gap_found": _("a gap of {gap} points within one partnership").format(gap=gap),
        "reached": _("a factor score {distance} points above the threshold").format(distance=distance),
        "not_reached": _("a factor score {distance} points below the threshold").format(distance=distance),
        "all_reached": _("a partnership with all factors {distance} points above the threshold").format(
            distance=distance
        ),
        "all_not_reached": _("a partnership with all factors {distance} points below the threshold").format(
            distance=distance
        ),
        "loadings_found": _("that every item belongs to its factor"),
        "misfit_found": _("that a factor model misses a cross-loading"),
        "bias_found": _("that one side reads an item {bias} points higher").format(bias=brief(plan.bias)),
    }
    if plan.sides == 1:
        goals |= {
            "score_half": _("a factor score of one group"),
            "side_half": _("a factor score of all groups together"),
            "all_reached": _("a group with all factors {distance} points above the threshold").format(
                distance=distance
            ),
            "all_not_reached": _("a group with all factors {distance} points below the threshold").format(
                distance=distance
            ),
        }
    return goals


@checked
def plan_study(
    data: str | Path | Instrument | Survey = "hpp",
    *,
    persons: int | Sequence[int] = (5, 10, 25, 50),
    partnerships: int = 4,
    mean: float | None = None,
    gap: float = MARGIN,
    distance: float = MARGIN,
    bias: float = MARGIN,
    precision: float = MARGIN,
    threshold: float | None = None,
    loadings: tuple[float, float] = (0.6, 0.85),
    factor_correlation: float = 0.6,
    dont_know: float = 0.15,
    icc: float | None = None,
    models: bool = True,
    power: float = POWER_ENOUGH,
    conf_level: float = 0.95,
    n_sim: int = 1000,
    seed: int = 0,
    jobs: int | None = None,
    progress: bool | None = None,
) -> StudyPlan:
    """Find how many persons a study needs, by simulation of its answers.

    For each number of persons studies are drawn, analysed as reports do, and asked whether they settle what is to be
    settled: how precisely scores and gaps are known, and how often gaps, verdicts, loadings, misfit and items that the sides
    read differently are found when they are there.

    Parameters
    ----------
    data : str, Path, Instrument or Survey
        The questionnaire, about which the options below assume the rest; or the answers of an earlier study, which give
        loadings, correlations of factors, the distribution of answers, don't-knows and the ICC. Of one wave: `survey.wave()`.
    persons : int or sequence of int
        Persons on each side of each partnership; the numbers to compare, ascending.
    partnerships : int
        How many take part.
    mean : float, optional
        The mean score of the factors; by default that of the earlier study, or 68 % up the scale.
    gap, distance, bias : float
        In scale points: the gap between the sides that is to be found; how far above or below the threshold a score lies
        that is to get a verdict; by how much one side reads an item differently.
    precision : float
        Half the width of an interval that is precise enough, in scale points.
    threshold : float, optional
        The line; by default that which the instrument gives each factor. Without any there are no verdicts.
    loadings : pair of float
        The range of the loadings, of an instrument without answers.
    factor_correlation, dont_know : float
        The correlation of the factors, and the highest share of "don't know" of an item; likewise.
    icc : float, optional
        The share of the variance of factor scores that lies between partnerships; by default that of the earlier study, or
        .10.
    models : bool
        Whether factor models are planned too; they take most of the time.
    power : float
        The share of studies in which something is to be found.
    conf_level : float
        Of the intervals; tests are at 1 minus it.
    n_sim : int
        Studies for each number of persons.
    seed : int
        The same seed gives the same numbers, on any number of cores.
    jobs : int, optional
        Processes; by default one a core, and one where processes cannot be forked.
    progress : bool, optional
        Whether to show a progress bar; by default in a terminal only.

    Returns
    -------
    StudyPlan
        `.to_frame()` has a row per number of persons, `.needed` the smallest number for each goal.

    Raises
    ------
    OptionError
        When an option has a value that it cannot have, or scores leave the answer scale.

    Notes
    -----
    Each person rates one partnership. Interviews of the same persons about several give less.

    References
    ----------
    Muthén & Muthén (2002), doi:10.1207/S15328007SEM0904_8; Morris, White & Crowther (2019), doi:10.1002/sim.8086 (Monte
    Carlo errors)

    Examples
    --------
    >>> plan = plan_study("hpp", persons=[10, 40], n_sim=50, models=False, jobs=1)
    >>> frame = plan.to_frame()
    >>> bool(frame["score_half"].is_monotonic_decreasing and frame["gap_found"].is_monotonic_increasing)
    True
    """
    sizes = _sizes(persons)
    for name, number in (("gap", gap), ("distance", distance), ("bias", bias), ("precision", precision)):
        in_range(number, name, above=0)
    in_range(power, "power", above=0, below=1)
    whole_number(partnerships, "partnerships", least=1)
    whole_number(n_sim, "n_sim", least=20)
    if jobs is not None:
        whole_number(jobs, "jobs", least=1)
    root = np.random.SeedSequence(seed)
    first, pilot, *streams = root.spawn(2 + 2 * len(sizes))
    if isinstance(data, Survey):
        _refuse_assumptions(loadings, factor_correlation, dont_know)
        instrument, population = data.instrument, found_population(data, icc=icc)
        context = Context(names=names_of(data))
    else:
        instrument = load_instrument(data)
        population = assumed_population(
            instrument,
            loadings=_pair(loadings),
            factor_correlation=in_range(factor_correlation, "factor_correlation", at_least=0, below=1),
            dont_know=in_range(dont_know, "dont_know", at_least=0, at_most=0.5),
            icc=in_range(0.10 if icc is None else icc, "icc", at_least=0, below=1),
            rng=np.random.default_rng(first),
        )
        context = Context(names=instrument.names)
    scores, usual = _score_questions(population, instrument, partnerships, mean, gap, distance, threshold, conf_level)
    asked = (
        model_questions(
            population,
            partnerships=partnerships,
            levels=scores.mean_levels,
            bias=bias,
            alpha=1.0 - conf_level,
            rng=np.random.default_rng(pilot),
        )
        if models
        else None
    )
    rows = []
    with progress_bar(len(sizes) * n_sim * (1 + (asked is not None)), _("Simulated studies"), show=progress) as bar:
        for place, n in enumerate(sizes):
            own, of_models = streams[2 * place : 2 * place + 2]
            parts = replicate(partial(simulated_scores, population, scores, n), n_sim, seed=own, jobs=jobs, bar=bar)
            row = _summarise(parts)
            if asked is not None:
                tried = replicate(
                    partial(simulated_models, population, asked, n), n_sim, seed=of_models, jobs=jobs, bar=bar
                )
                row |= _summarise_models(tried, asked.alpha)
            rows.append({"persons": n, "n_total": n * partnerships * population.n_sides, **row})
    names = [name for each in (*PRECISION, *POWER, *ERRORS) for name in (each, f"{each}_error")]
    return StudyPlan(
        table=pd.DataFrame(rows).reindex(columns=["persons", "n_total", *names]),
        context=context,
        partnerships=partnerships,
        sides=population.n_sides,
        gap=gap,
        distance=distance,
        bias=bias,
        precision=precision,
        icc=population.icc,
        n_sim=n_sim,
        seed=seed,
        power=power,
        conf_level=conf_level,
        found_in=isinstance(data, Survey),
        loadings=(float(population.loading.min()), float(population.loading.max())),
        dont_know=float(population.unknown.mean()),
        mean=usual,
    )


def _sizes(persons: int | Sequence[int]) -> list[int]:
    sizes = [persons] if isinstance(persons, int) else list(persons)
    if not sizes or sizes != sorted(set(sizes)) or any(whole_number(size, "persons", least=3) < 3 for size in sizes):
        raise OptionError(
            f"`persons` must be whole numbers from 3 on, ascending, each once. Given: {persons!r}. Sort them."
        )
    return sizes


def _pair(loadings: tuple[float, float]) -> tuple[float, float]:
    low, high = (in_range(loading, "loadings", above=0, below=1) for loading in loadings)
    if low > high:
        raise OptionError(
            f"`loadings` must be the lower and the higher end of a range. Given: {loadings!r}. Swap them."
        )
    return low, high


def _refuse_assumptions(loadings: tuple[float, float], factor_correlation: float, dont_know: float) -> None:
    """Of an earlier study these are found, not assumed."""
    usual: Mapping[str, Any] = {"loadings": (0.6, 0.85), "factor_correlation": 0.6, "dont_know": 0.15}
    given = {"loadings": tuple(loadings), "factor_correlation": factor_correlation, "dont_know": dont_know}
    for name, value in given.items():
        if value != usual[name]:
            raise OptionError(
                f"`{name}` must be left out where the answers of an earlier study give it. Given: {value!r} and a survey. "
                f"Leave it out, or plan with the instrument: plan_study(survey.instrument, {name}={value!r})."
            )


def _score_questions(
    population: Population,
    instrument: Instrument,
    partnerships: int,
    mean: float | None,
    gap: float,
    distance: float,
    threshold: float | None,
    conf_level: float,
) -> tuple[ScoreQuestions, float]:
    """The levels of factor scores in the studies that are simulated, and the mean score in the first of them."""
    k, ends = len(population.factors), (population.lowest, population.highest)
    if threshold is not None:
        in_range(threshold, "threshold", above=ends[0], below=ends[1])
    if mean is not None:
        in_range(mean, "mean", above=ends[0], below=ends[1])
    usual = np.array([population.score(factor, 0.0) if mean is None else mean for factor in range(k)])
    halves = np.array([0.5, -0.5]) if population.n_sides == 2 else np.array([0.0])
    levels = np.array([population.levels(usual + half * gap, "gap") for half in halves])
    own = {factor.id: factor.threshold for factor in instrument.factors}
    given = [own[factor] if threshold is None else threshold for factor in population.factors]
    lines = np.array([np.nan if line is None else line for line in given], dtype=np.float64)

    def at(points: float) -> Floats:
        return np.array(
            [
                np.nan if np.isnan(line) else population.level_of(factor, line + points, "distance")
                for factor, line in enumerate(lines)
            ]
        )

    questions = ScoreQuestions(
        partnerships=partnerships,
        mean_levels=levels,
        above=at(distance),
        on=at(0.0),
        below=at(-distance),
        lines=lines,
        conf_level=conf_level,
    )
    return questions, float(usual.mean())


def _summarise(parts: Sequence[Mapping[str, Floats]]) -> dict[str, float]:
    """Means over all studies with their Monte Carlo errors."""
    row: dict[str, float] = {}
    for name in parts[0]:
        values = np.concatenate([part[name] for part in parts])
        row[name], row[f"{name}_error"] = _with_error(values, share=not name.endswith("_half"))
    return row


def _with_error(values: Floats, *, share: bool) -> tuple[float, float]:
    """A mean and its standard error; of shares that never vary, that of two successes and failures more (Agresti & Coull)."""
    known = values[np.isfinite(values)]
    if not known.size:
        return float("nan"), float("nan")
    mean, n = float(known.mean()), known.size
    error = float(known.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    if share and error == 0.0:
        middle = (n * mean + 2.0) / (n + 4.0)
        error = float(np.sqrt(middle * (1.0 - middle) / (n + 4.0)))
    return mean, error


def _summarise_models(parts: Sequence[Mapping[str, Floats]], alpha: float) -> dict[str, float]:
    """The same of models; a loading's half width is that of the spread of its estimates."""
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    right, missed = joined["right"][np.isfinite(joined["right"])], joined["missed"]
    rates = {name: joined[name] for name in ("fit_rejected", "loadings_found", "bias_found")}
    # in small samples the test rejects right models too: what counts is the statistic that few of these exceed
    line = float(np.quantile(right, 1.0 - alpha)) if right.size else float("nan")
    rates["misfit_found"] = np.where(np.isfinite(missed), missed > line, np.nan)
    row = _summarise([rates])
    loadings = joined["loadings"]
    loadings = loadings[np.isfinite(loadings).all(axis=1)]
    if len(loadings) > 1:
        half = float(_Z * np.sqrt(loadings.var(axis=0, ddof=1).mean()))
        # the standard deviation of n estimates has a standard error of about 1 / sqrt(2 n) of itself
        row |= {"loading_half": half, "loading_half_error": half / np.sqrt(2.0 * len(loadings))}
    return row
