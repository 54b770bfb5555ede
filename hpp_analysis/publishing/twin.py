"""Synthetic answers that look like those of a study, made from what may be told of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from scipy.special import ndtr

from hpp_analysis.disclosure import Cells
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.options import checked
from hpp_analysis.publishing.clearing import clear_answers, plan_disclosure
from hpp_analysis.survey.questionnaire import RespondentColumn, Scale
from hpp_analysis.survey.survey import SYNTHETIC, Survey, read_survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import spoken

FEWEST, FEWEST_FOR_CORRELATIONS, FEWEST_OF_FACTORS, FEWEST_OF_ITEMS = 30, 100, 100, 500
"""Persons of whom there must be cleared answers: for a twin at all; for correlations; and, on each side, for factors and for items to
have means of their own. More numbers than so few persons hide would tell who took part (tests/publishing/membership.py)."""
_STEPS = 18
"""Means and spreads are rounded to a part of the answer scale: half a point on 1 to 10."""
_SHARE_STEP = 0.05
_CORRELATION_STEP = 0.1
_PERSONS_STEP = 10
_MARK = "synthetic"

Level = Literal["all", "factor", "item"]


@dataclass(frozen=True, eq=False, slots=True)
class Recipe:
    """All that a twin knows of the answers; the answers themselves are drawn from it.

    Attributes
    ----------
    pooled : bool
        Whether both sides have the same means, since a side is too small for its own.
    level : {"all", "factor", "item"}
        What has means of its own: nothing, each factor, or each item.
    means, spreads, dont_know, skipped : DataFrame, items x sides
        Rounded: to steps of the scale, and of .05.
    within, between : float or None
        The rounded mean correlation of items of one factor, and of items of different ones; None for independent answers.
    persons, groups : int
        How many persons answer on each side (to tens), and in how many partnerships or groups.
    """

    pooled: bool
    level: Level
    means: pd.DataFrame
    spreads: pd.DataFrame
    dont_know: pd.DataFrame
    skipped: pd.DataFrame
    within: float | None
    between: float | None
    persons: int
    groups: int


@dataclass(frozen=True, eq=False)
class Twin:
    """A synthetic twin of a study.

    Attributes
    ----------
    survey : Survey
        The synthetic answers; `survey.synthetic` is true, and results and reports say so.
    recipe : Recipe
        All that was taken from the real answers.
    export : DataFrame
        The twin as a survey export, with the column that marks each row as synthetic.
    seed : int
    """

    survey: Survey
    recipe: Recipe
    export: pd.DataFrame
    seed: int

    def frame(self) -> pd.DataFrame:
        """The twin as a survey export, with the column that marks each row as synthetic."""
        return self.export.copy()

    def write(self, path: str | Path) -> Path:
        """Write the twin as CSV; whoever reads it again is told that it is synthetic.

        Raises
        ------
        OptionError
            When the name does not end in .csv.
        """
        path = Path(path)
        if path.suffix.lower() != ".csv":
            raise OptionError(f"`path` must end in .csv. Given: {path.name!r}. Change it.")
        self.frame().to_csv(path, index=False)
        return path

    def summary(self, language: str | None = None) -> str:
        """What the twin is, and what can and cannot be studied with it."""
        with spoken(language, self.survey.instrument.languages, self.survey.words):
            return " ".join(self._summary())

    def __repr__(self) -> str:
        return f"<Twin, synthetic: {len(self.survey)} ratings by {self.survey.n_persons} persons>\n{self.summary()}"

    def _summary(self) -> list[str]:
        correlated = self.recipe.within is not None
        return [
            _("These answers are synthetic: nobody gave them."),
            _(
                "They were drawn from rounded means, spreads and shares of don't-knows of {n} persons or more together, and all names "
                "are new."
            ).format(n=FEWEST),
            {
                "all": _("All items have the same distribution."),
                "factor": _("Items of one factor have the same distribution."),
                "item": _("Each item has a distribution like its own in the study."),
            }[self.recipe.level],
            _("Items of one factor correlate as in the study on average, and so do factors; loadings do not differ.")
            if correlated
            else _("Answers are independent of each other: there are no factors in them."),
            _("Use them to try programs, to show what files look like, to describe faults, and to teach with."),
            _(
                "Factor models, reliability and regression run on them, and tell roughly how high correlations are, not which items "
                "measure well."
            )
            if correlated
            else _("Do not study correlations, factors, reliability or drivers with them."),
            _(
                "Do not study single partnerships, roles, changes or single persons with them: they are not in them. Nothing that is found in "
                "them is a finding about the study."
            ),
            _(
                "They are not free of all information about the respondents: what they are drawn from was counted from answers. "
                "docs/synthetic-twin.md says how well a person's part in it can be guessed."
            ),
        ]


@checked
def make_twin(
    data: Survey, *, correlations: bool = False, cells: Cells | None = None, by: str | None = "client", seed: int = 0
) -> Twin:
    """Make a synthetic twin of a study, to share with a paper, a fault report or a class.

    It is made from cleared answers alone: those of groups of ten persons or more, as `clear_answers` gives them. Of these only rounded
    means, spreads and shares are used, of each side where a hundred persons answered, else of all together. Answers are drawn from
    that; clients, partners and persons get new names.

    Parameters
    ----------
    data : Survey
        All answers of one wave.
    correlations : bool
        Whether items correlate as in the study, on average within factors and between them; it needs a hundred persons.
    cells : Cells, optional
        The disclosure plan; by default one is made.
    by : str, optional
        As for `plan_disclosure`.
    seed : int
        The same seed gives the same twin.

    Returns
    -------
    Twin
        `.survey` can be analysed, `.write` makes a file, and `.summary()` says what it is good for.

    Raises
    ------
    DisclosureError
        When fewer than thirty persons (with `correlations` a hundred) are in groups of ten or more.
    OptionError
        When there are several waves.

    See Also
    --------
    hpp_analysis.simulation.simulate_study : answers without a real study behind them.

    Examples
    --------
    >>> from hpp_analysis import make_twin, simulate_study
    >>> twin = make_twin(simulate_study(persons_per_side=30, seed=1).survey)
    >>> twin.survey.synthetic, twin.survey.sha256 != ""
    (True, True)
    """
    if "wave" in data.respondents and len(data.values("wave")) > 1:
        raise OptionError(
            f"`data` must be the answers of one wave. Given: the waves {', '.join(data.values('wave'))}. Pass one: survey.wave()."
        )
    if data.synthetic:
        raise OptionError("`data` must be real answers. Given: a twin. Pass the survey that it was made of.")
    recipe = _recipe(data, plan_disclosure(data, by=by) if cells is None else cells, correlations=correlations)
    rng = np.random.default_rng(seed)
    export = _drawn(recipe, data, by, rng)
    return Twin(read_survey(export, instrument=data.instrument), recipe, export, seed)


def _recipe(data: Survey, cells: Cells, *, correlations: bool) -> Recipe:
    """What a twin may know: it is computed from the answers of large groups, and rounded."""
    cleared = clear_answers(data, cells)
    n = cleared.n_persons if len(cleared) else 0
    needed = FEWEST_FOR_CORRELATIONS if correlations else FEWEST
    if n < needed:
        raise DisclosureError(
            f"A twin{' with correlations' if correlations else ''} must be made of {needed} persons or more in groups of ten or more. "
            f"Given: {n}. {'Leave `correlations` out' if correlations and n >= FEWEST else 'Use simulate_study'}."
        )
    names = cleared.values("side") if "side" in cleared.respondents else ("",)
    parts = [cleared.where(side=name) if name else cleared for name in names]
    smallest = min(part.n_persons for part in parts)
    pooled = smallest < FEWEST_OF_FACTORS
    groups = dict.fromkeys(names, cleared) if pooled else dict(zip(names, parts, strict=True))
    fewest = n if pooled else smallest
    level: Level = "item" if fewest >= FEWEST_OF_ITEMS else "factor" if fewest >= FEWEST_OF_FACTORS else "all"
    step = (data.instrument.scale.max - data.instrument.scale.min) / _STEPS
    within, between = _mean_correlations(cleared) if correlations else (None, None)
    blocks = _blocks(data, level)
    return Recipe(
        pooled=pooled,
        level=level,
        means=_rounded({name: one.items for name, one in groups.items()}, blocks, "mean", step),
        spreads=_rounded({name: one.items for name, one in groups.items()}, blocks, "std", step).clip(lower=step),
        dont_know=_rounded(
            {name: one.reasons.eq("dont_know") for name, one in groups.items()}, blocks, "mean", _SHARE_STEP
        ),
        skipped=_rounded(
            {name: one.reasons.eq("skipped") for name, one in groups.items()}, blocks, "mean", _SHARE_STEP
        ),
        within=within,
        between=between,
        persons=max(round(n / len(names) / _PERSONS_STEP), 1) * _PERSONS_STEP,
        groups=len(
            {cells.parts[part] - {("side", name) for name in names} for part in set(cells.ratings["told"]) if part >= 0}
        ),
    )


def _blocks(data: Survey, level: Level) -> dict[str, str]:
    """By item, the block that it shares its means with: all items, those of its factor, or itself alone."""
    factor = {item.id: item.factor for item in data.instrument.items}
    return {str(item): {"all": "", "factor": factor[str(item)], "item": str(item)}[level] for item in data.items}


def _rounded(
    cells: Mapping[str, pd.DataFrame], blocks: Mapping[str, str], what: Literal["mean", "std"], step: float
) -> pd.DataFrame:
    """A statistic of all cells of a block, by item and side, rounded to steps; of a block without answers that of all."""
    columns = {}
    for name, frame in cells.items():
        long = frame.melt(var_name="item").astype({"value": float})
        by_block = long["value"].groupby(long["item"].map(blocks)).agg(what)
        columns[name] = pd.Series(blocks).map(by_block).fillna(long["value"].agg(what))
    return (pd.DataFrame(columns) / step).round() * step


def _mean_correlations(cleared: Survey) -> tuple[float, float]:
    """The mean correlation of items of one factor, and of items of different ones, rounded; within sides, whose means differ."""
    items = cleared.items
    if "side" in cleared.respondents:
        items = items - items.groupby(cleared.respondents["side"].astype(str)).transform("mean")
    correlation = items.corr(min_periods=FEWEST).to_numpy()
    factor = np.array([item.factor for name in items for item in cleared.instrument.items if item.id == name])
    pair = np.triu(np.ones(correlation.shape, dtype=bool), 1)
    same = factor[:, None] == factor
    within, between = (
        np.nan_to_num(np.nanmean(correlation[pair & which])) if (pair & which).any() else 0.0 for which in (same, ~same)
    )
    within = float(np.clip(round(within / _CORRELATION_STEP) * _CORRELATION_STEP, 0.0, 0.9))
    return within, float(np.clip(round(between / _CORRELATION_STEP) * _CORRELATION_STEP, 0.0, within))


def _drawn(recipe: Recipe, data: Survey, by: str | None, rng: np.random.Generator) -> pd.DataFrame:
    """Answers drawn from a recipe, as an export with new names."""
    sides = list(recipe.means)
    side = np.repeat(sides, recipe.persons)
    group = np.tile(np.arange(recipe.persons) % recipe.groups, len(sides)) + 1
    instrument = data.instrument
    frame = pd.DataFrame(index=range(len(side)))
    for column in instrument.columns:
        if column.id in data.respondents:
            frame[column.id] = _column(column, side, group, by, rng)
    items = [item for item in instrument.items if item.id in data.items]
    factors = list(dict.fromkeys(item.factor for item in items))
    z = rng.standard_normal((len(side), len(items)))
    if recipe.within is not None and recipe.between is not None:
        of_factor = rng.standard_normal((len(side), len(factors)))[:, [factors.index(item.factor) for item in items]]
        common = rng.standard_normal((len(side), 1))
        z = (
            np.sqrt(recipe.between) * common
            + np.sqrt(recipe.within - recipe.between) * of_factor
            + np.sqrt(1.0 - recipe.within) * z
        )
    whole = instrument.scale
    for place, item in enumerate(items):
        scale = (
            whole if item.scale is None else instrument.scales[item.scale]
        )  # the file has answers as they were asked
        stretch = (scale.max - scale.min) / (whole.max - whole.min)
        points = np.arange(scale.min, scale.max + 1)
        cells = np.full(len(side), "", dtype=object)
        for name in sides:
            at = side == name
            mean = scale.min + stretch * (float(recipe.means.loc[item.id, name]) - whole.min)
            centre, spread = latent_moments(mean, stretch * float(recipe.spreads.loc[item.id, name]), points)
            given = np.clip(np.round(centre + spread * z[at, place]), points[0], points[-1]).astype(int)
            as_asked = points[0] + points[-1] - given if item.reverse else given
            chance = rng.random(int(at.sum()))
            unknown = float(recipe.dont_know.loc[item.id, name])
            lost = unknown + float(recipe.skipped.loc[item.id, name])
            cells[at] = np.where(
                chance < unknown, _unknown_code(scale), np.where(chance < lost, "", as_asked.astype(str))
            )
        frame[item.id] = cells
    return frame.assign(**{SYNTHETIC: _MARK})


def _unknown_code(scale: Scale) -> str:
    """How "don't know" is written; empty where it cannot be answered."""
    said = scale.dont_know
    return [*said.codes, *said.text.values()][0] if said is not None else ""


def _column(
    column: RespondentColumn, side: np.ndarray, group: np.ndarray, by: str | None, rng: np.random.Generator
) -> np.ndarray:
    """Who answered, by new names."""
    n = len(side)
    match column.id:
        case "respondent":
            return np.array([f"S{number}" for number in range(1, n + 1)], dtype=object)
        case "side":
            return side
        case "wave":
            return np.full(n, "1", dtype=object)
        case "client":
            return np.full(n, "Client 1", dtype=object)
        case "partner":
            return np.array([f"Partner {number}" for number in group], dtype=object)
        case "partnership":
            return np.array([f"Partnership {number}" for number in group], dtype=object)
        case "organisation":
            partners = [f"Partner {number}" for number in group]
            return np.where(side == "client", "Client 1", np.array(partners, dtype=object))
    if column.values:
        ids = np.array([value.id for value in column.values], dtype=object)
        return ids[rng.integers(0, len(ids), n)]
    if column.id == by:
        return np.array([f"Group {number}" for number in group], dtype=object)
    return np.full(n, "1" if column.required else "", dtype=object)


def latent_moments(mean: float, spread: float, points: np.ndarray) -> tuple[float, float]:
    """The mean and SD of a normal response whose answers, rounded to points and cut at the ends, have a mean and SD.

    Examples
    --------
    >>> centre, spread = latent_moments(8.5, 1.5, np.arange(1, 11))
    >>> centre > 8.5 and spread > 1.5  # the end of the scale cuts both
    True
    """

    def missed(latent: np.ndarray) -> np.ndarray:
        share = np.diff(ndtr(np.r_[-np.inf, (points[:-1] + 0.5 - latent[0]) / np.exp(latent[1]), np.inf]))
        average = share @ points
        return np.array([average - mean, np.sqrt(share @ (points - average) ** 2) - spread])

    start = np.array([mean, np.log(spread)])
    width = float(points[-1] - points[0])
    found = least_squares(
        missed, start, bounds=([points[0] - width, np.log(0.1)], [points[-1] + width, np.log(3.0 * width)])
    ).x
    return float(found[0]), float(np.exp(found[1]))
