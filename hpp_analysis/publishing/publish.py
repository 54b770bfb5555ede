"""What may be shown: the disclosure plan of a whole run, and its application to each result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from hpp_analysis.answers.description import Description
from hpp_analysis.answers.response import RESPONSE, Response
from hpp_analysis.answers.scores import Scores, scale_values
from hpp_analysis.answers.tiers import Tiers
from hpp_analysis.common.result import CellKey, Result
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.disclosure import Cells, plan_cells
from hpp_analysis.errors import DisclosureError
from hpp_analysis.options import checked
from hpp_analysis.partners.gaps import Gaps
from hpp_analysis.partners.robustness import Robustness
from hpp_analysis.publishing.handover import handed_over
from hpp_analysis.reliability.reliability import Reliability
from hpp_analysis.survey.survey import Survey

AnyResult = TypeVar("AnyResult", bound=Result)
_SEVERITY = ("full", "mean_only", "empty", "withheld")

_NO_ANSWERS = ("state", "why", "coarse", "threshold")
"""Columns that tell nothing of what anybody answered."""
_INTERVAL = ("ci_lower", "ci_upper")
_SPREAD = (
    "sd", "se", "df", "p", "p_adjusted", "min", "max", "n_more", "n_hold", "share_low", "share_middle", "share_high",
    "p_equivalence", "effect", "effect_ci_lower", "effect_ci_upper", "reliability", "correlation_sides",
    "rwg_j", "rwg_j_skewed", "ad",
)  # fmt: skip
_SECOND_SPREAD = (
    "sd", "se", "df", "p", "p_adjusted", "p_equivalence", "effect", "effect_ci_lower", "effect_ci_upper", "min", "max",
    "reliability", "correlation_sides",
)  # fmt: skip
"""Columns that with the interval of a whole would give the spread of those of its parts that show a mean only."""

Key = frozenset[tuple[str, str]]


@checked
def plan_disclosure(survey: Survey, *, by: str | None = "client") -> Cells:
    """Decide for a whole run which cells may be shown.

    Parameters
    ----------
    survey : Survey
        All answers of the study, not those of one report: what one report shows may betray what another hides.
        Ratings that are left out by `keep` are left out before the plan is made; results of other choices of
        ratings are not covered by it.
    by : str, optional
        The respondent column that makes the reports; None for one report over all ratings.

    Returns
    -------
    Cells
        For each group of persons and each item or scale: shown in full, as a rounded mean, or withheld and why.

    See Also
    --------
    hpp_analysis.disclosure : the rules.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> cells = plan_disclosure(survey)
    >>> cells.state(frozenset(), "openness")  # nobody planned a report over everything
    'withheld'
    """
    if "respondent" not in survey.respondents and "partnership" in survey.respondents:
        raise DisclosureError(
            "Privacy counts persons. The answers say which partnership a row rates, but not who rated it; one "
            "person may stand behind many rows. Add a column `respondent`."
        )
    return handed_over(survey, by, _plan)


def _plan(survey: Survey, by: str | None) -> Cells:
    groups, parts = _published_groups(survey, by)
    scores = scale_values(survey)
    ends = (float(survey.instrument.scale.min), float(survey.instrument.scale.max))
    # that somebody answered is true of everybody, and never unanimous: any values that differ will do
    answered = pd.Series(np.linspace(*ends, len(survey)), index=survey.items.index, name=RESPONSE)
    return plan_cells(
        pd.concat([survey.items, scores, answered], axis=1),
        survey.persons.to_numpy(),
        groups,
        parts=parts,
        pooled=False,  # `publish` refuses means in any other weighting
        composites={scale: [str(item) for item in survey[scale]] for scale in scores},
        scale=ends,
    )


def _published_groups(survey: Survey, by: str | None) -> tuple[dict[Key, np.ndarray], dict[Key, list[Key]]]:
    """Every group of ratings that some report speaks of, and the groups whose equal-weight mean it is."""
    waves = "wave" in survey.respondents and len(survey.values("wave")) > 1
    chosen = [column for column in ("wave" if waves else None, by) if column and column in survey.respondents]
    nested = [
        column for column in ("side", "partnership") if column in survey.respondents and column not in chosen
    ]
    groups: dict[Key, np.ndarray] = {}
    parts: dict[Key, list[Key]] = {}
    for depth in range(len(nested) + 1):
        columns = [*chosen, *nested[:depth]]
        for values, mask in _masks(survey.respondents, columns):
            key = frozenset({**survey.selection, **dict(zip(columns, values, strict=True))}.items())
            groups[key] = mask
            if depth == len(nested):  # the finest cells: every coarser mean is the mean of theirs
                for coarser in range(depth):
                    width = len(chosen) + coarser
                    coarse = dict(zip(columns[:width], values[:width], strict=True))
                    whole = frozenset({**survey.selection, **coarse}.items())
                    parts.setdefault(whole, []).append(key)
    return groups, parts


def _masks(respondents: pd.DataFrame, columns: list[str]) -> list[tuple[tuple[str, ...], np.ndarray]]:
    if not columns:
        return [((), np.ones(len(respondents), dtype=bool))]
    keys = respondents[columns].astype(str)
    grouped = keys.groupby(columns, sort=False).indices
    masks = []
    for values, places in grouped.items():
        mask = np.zeros(len(keys), dtype=bool)
        mask[places] = True
        masks.append((tuple(map(str, values)) if isinstance(values, tuple) else (str(values),), mask))
    return masks


@checked
def publish(result: AnyResult, cells: Cells) -> AnyResult:
    """Withhold what the disclosure plan does not allow.

    Parameters
    ----------
    result : Result
        Any result of this package.
    cells : Cells
        The plan of the whole run, from `plan_disclosure`.

    Returns
    -------
    Result
        Of the same type: withheld numbers are NaN, means have two decimals, or one where more would betray somebody,
        and three columns say so: `state` ("full", "mean_only", "withheld", "empty"), `why` and `coarse`.

    Raises
    ------
    DisclosureError
        When the result's means weigh ratings instead of partnerships, or when it speaks of the study as a whole: the
        plan does not cover those.

    Examples
    --------
    >>> from hpp_analysis import score_scales, simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> client = survey.where(client=survey.values("client")[0])
    >>> publish(score_scales(client), plan_disclosure(survey)).published
    True
    """
    if isinstance(result, StudyResult):
        raise DisclosureError(
            "Only results about groups of persons are published; a plan says nothing of a study as a whole. Given: "
            f"{result.name!r}. Show it in a study's notebook, not in a client's report."
        )
    if result.composed:
        raise DisclosureError(
            f"What is made of published results is not published itself. Given: {result.name!r}. Publish its parts first, and "
            "make it of these."
        )
    if isinstance(result, Gaps) and result.inference == "clusters":
        raise DisclosureError(
            "An interval for organisations in general tells how far the means of these lie apart, and with the others that "
            f"of a withheld one. Given: {result.name!r} with inference='clusters'. Publish it with inference='fixed'."
        )
    if not result.planned:
        raise DisclosureError(
            "The plan counts who answered the questionnaire's own scales, scored in the usual way. Given: "
            f"{result.name!r} with other scales or another `min_valid`. Publish it without these."
        )
    if result.pooled:
        raise DisclosureError(
            "A published mean weighs each partnership and side equally, so that no second mean of the same persons "
            f"betrays a small group. Given: {result.name!r} with weight='respondent'. Use weight='organisation'."
        )
    table = result.to_frame()
    states, reasons = [], []
    persons = table[list(result.counts)].to_dict("records")
    for needed, counted in zip(result.cells(), persons, strict=True):
        if any(
            cells.state(*cell) != "empty" and cells.n(*cell) != n
            for cell, n in zip(needed, counted.values(), strict=False)
        ):  # these are not the persons whom the plan knows under this name
            states.append("withheld")
            reasons.append("unknown_group")
            continue
        if any(_is_silent(cells, cell) for cell in needed):
            states.append("withheld")
            reasons.append("too_few")
            continue
        worst = max(needed, key=lambda cell: _SEVERITY.index(cells.state(*cell)))
        states.append(cells.state(*worst))
        reasons.append(cells.public_reason(*worst))
    table["state"], table["why"] = states, reasons
    coarse = [_is_coarse(cells, needed) for needed in result.cells()]
    table["coarse"] = pd.Series(coarse, index=table.index, dtype=bool)
    mixed = [any(cells.is_mixed(*cell) for cell in needed) for needed in result.cells()]
    table = result.before_masking(table, cells)
    for at, column in enumerate(result.cell_means):
        # beside a coarse mean, one that has two decimals elsewhere is rounded from these, as sentences do
        own = np.array([cells.decimals(*needed[at]) == 1 for needed in result.cells()], dtype=bool)
        table[column] = table[column].round(2).where(~own, table[column])
    _mask(table, result, np.array(mixed, dtype=bool))
    table = result.after_rounding(table)
    # what lies beside the table is of single ratings or of all of them together, and no plan covers it
    emptied: dict[str, Any] = {}
    if isinstance(result, Scores):
        emptied["values"] = pd.DataFrame()
    if isinstance(result, Description):
        emptied["scales"] = None
    if isinstance(result, Gaps):
        emptied |= {"partnerships": pd.DataFrame(), "profiles": pd.DataFrame()}
    if isinstance(result, Reliability):
        emptied["items"] = pd.DataFrame()
        emptied["instrument"] = pd.Series(dtype=object)
    if isinstance(result, Robustness):
        emptied |= {"choices": pd.DataFrame(), "left_out": {}, "tests": pd.DataFrame()}
    if (
        isinstance(result, Response)
        and cells.state(frozenset(result.selection.items()), RESPONSE) == "withheld"
    ):
        emptied |= {"n_persons": None, "n_ratings": None}
    if isinstance(result, Tiers):
        emptied["p_above"] = None
    return replace(result, table=table, published=True, **emptied)


def _is_silent(cells: Cells, cell: CellKey) -> bool:
    """Whether nobody of a small group answered: that all of them did not is what each of them did."""
    return cells.state(*cell) == "empty" and 0 < cells.n(cell[0], RESPONSE) < cells.floor


def _is_coarse(cells: Cells, needed: list[CellKey]) -> bool:
    return any(cells.decimals(*cell) == 1 for cell in needed)


def _mask(table: pd.DataFrame, result: Result, mixed: np.ndarray) -> None:
    """Take from a table what its `state` and `coarse` do not allow.

    A coarse row is that of a small group, or of a whole with parts that are withheld. Its figures have one decimal: more
    of them would be the fraction that gives the sum away. What speaks of spread is left out, for with the interval of
    the whole it would give the spread of the parts. A whole that is `mixed` shows its interval, but no second measure of spread.
    """
    full = table["state"].eq("full").to_numpy()
    mean_only = table["state"].eq("mean_only").to_numpy()
    coarse = table["coarse"].to_numpy()
    for column in table.columns.difference([*result.keys, *_NO_ANSWERS, result.variable], sort=False):
        if column in result.means:
            numbers = table[column].astype(float)
            table[column] = numbers.round(2).where(~coarse, numbers.round(1)).where(full | mean_only)
        elif column in _INTERVAL:
            numbers = table[column].astype(float)
            table[column] = numbers.round(2).where(~coarse, numbers.round(1)).where(full)
        elif pd.api.types.is_numeric_dtype(table[column]):
            hidden = (coarse & (column in _SPREAD)) | (mixed & (column in _SECOND_SPREAD))
            table[column] = table[column].astype(float).where(full & ~hidden)
        else:
            table[column] = table[column].astype(object).where(full, None)
