"""The disclosure plan of a study, and the answers that are left of a survey when it is applied."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import pandas as pd

from hpp_analysis.answers.response import RESPONSE
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.comments.review import has_comment
from hpp_analysis.common.answers import REASON, reason_codes
from hpp_analysis.common.cleared import OTHERS, ClearedSurvey
from hpp_analysis.common.memo import contents, fingerprint, once, texts_of
from hpp_analysis.core.groups.moderated_spread import spread_prior
from hpp_analysis.core.groups.pooled_spread import PooledSpread
from hpp_analysis.disclosure import Cells, Cleared, Key, clear_parts
from hpp_analysis.disclosure.plan import persons_with, rows_by_group
from hpp_analysis.errors import DisclosureError
from hpp_analysis.options import checked, names_in
from hpp_analysis.publishing.ledger import ANEW, Ledger, Released, ledger_in_use, open_ledger
from hpp_analysis.publishing.levels import Levels, check_breakdowns, clear_levels, count_persons, plan_levels
from hpp_analysis.survey.handover import made_once, run_folder
from hpp_analysis.survey.survey import Survey
from hpp_analysis.survey.understand import ANSWERED, NOT_ASKED, REASONS, SKIPPED

FLOOR, DETAIL = 5, 10
FEW_RATERS = 10
"""Persons who rated several partnerships before a correlation between their ratings is lent."""


@dataclass(frozen=True, slots=True)
class _Table:
    """Of groups x variables: states, reasons, and distinct persons with an answer."""

    states: np.ndarray
    reasons: np.ndarray
    n_persons: np.ndarray


@checked
def plan_disclosure(
    data: Survey,
    *,
    by: str | None = "client",
    total: bool = False,
    breakdowns: str | Sequence[str] = (),
    ledger: str | Path | None = None,
    release_anew: bool = False,
) -> Cells:
    """Decide for a whole run which cells may be shown.

    Parameters
    ----------
    data : Survey
        All answers of the study, not those of one report: what one report shows may betray what another hides.
        Ratings that are left out by `keep` are left out before the plan is made; results of other choices of
        ratings are not covered by it.
    by : str, optional
        The respondent column that makes the reports; None for one report over all ratings.
    total : bool
        Whether reports show all answers of a wave beside their own, by side too. A total is computed from the groups that are
        told of, so that no subtraction leads to one that is not.
    breakdowns : str or sequence of str
        At most two respondent columns whose levels reports compare, as role and department, the more important one first.
        Levels are joined until nothing that is shown leads to fewer than ten persons.
    ledger : path, optional
        The file that keeps what was released of this study before: groups that, compared with earlier ones, would
        reveal a few persons are withheld, and the groups that this plan releases are added. `hpp report` keeps one
        beside the study.
    release_anew : bool
        Whether to release what differs from earlier reports all the same, on purpose; it is added to the ledger.

    Returns
    -------
    Cells
        For each group of persons and each item or scale: shown in full, as a rounded mean, or withheld and why.

    See Also
    --------
    clear_answers : the answers after disclosure control.
    hpp_analysis.disclosure : the rules.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> cells = plan_disclosure(survey)
    >>> cells.state(frozenset(), "openness")  # nobody planned a report over everything
    'withheld'
    """
    if "respondent" not in data.respondents and "partnership" in data.respondents:
        raise DisclosureError(
            "Privacy counts persons. The answers say which partnership a row rates, but not who rated it; one "
            "person may stand behind many rows. Add a column `respondent`."
        )
    if isinstance(data, ClearedSurvey):
        raise DisclosureError(
            "A plan must be made of all answers. Given: answers that were cleared already. Pass the survey as it was read."
        )
    if data.synthetic and ledger is not None:
        raise DisclosureError(
            "A ledger must keep what was released of real answers. Given: a synthetic twin. Leave `ledger` out."
        )
    if by not in (None, "client"):  # answers without clients make one report of everybody
        names_in(by, data.respondents.columns, "by", kind="a column of the answers")
    named = check_breakdowns(data, breakdowns, by)
    known = ledger_in_use() if ledger is None else open_ledger(ledger)
    anew = release_anew or bool(os.environ.get(ANEW))
    if known is not None and (ledger is not None or run_folder() is None):  # the reports of a run share one plan
        return _plan(data, by, known, anew=anew, total=total, breakdowns=named)
    return made_once(
        "plan",
        [fingerprint(data), by, total, *named],
        lambda: _plan(data, by, known, anew=anew, total=total, breakdowns=named),
    )


def foresee_plan(
    survey: Survey,
    by: str | None,
    *,
    total: bool = False,
    breakdowns: Sequence[str] = (),
    ledger: Path | None = None,
    release_anew: bool = False,
) -> Cells | None:
    """The disclosure plan that a run will make; nothing is released by it. None of answers of which no plan can be made."""
    try:
        known = None if ledger is None else open_ledger(ledger)
        return _plan(survey, by, known, anew=release_anew, total=total, breakdowns=breakdowns, record=False)
    except DisclosureError:
        return None


def fingerprint_plan(
    survey: Survey,
    by: str | None,
    *,
    total: bool = False,
    breakdowns: Sequence[str] = (),
    ledger: Path | None = None,
    release_anew: bool = False,
) -> str:
    """Return a hash of what a disclosure plan lets a run show. Nothing is released by it: the ledger stays as it is.

    Answers of which no plan can be made have the hash of nothing.
    """
    digest = hashlib.sha256()
    cells = foresee_plan(survey, by, total=total, breakdowns=breakdowns, ledger=ledger, release_anew=release_anew)
    if cells is None:
        return digest.hexdigest()
    digest.update(cells.commented.to_numpy(dtype=np.int64).tobytes())
    keys = [sorted(key) for key in (*cells.keys, *cells.parts)]
    digest.update(json.dumps([keys, cells.variables, cells.states.tolist(), cells.reasons.tolist()]).encode())
    digest.update(cells.ratings["told"].to_numpy(dtype=np.int64).tobytes())
    digest.update(json.dumps(cells.levels.to_numpy().tolist()).encode())
    return digest.hexdigest()


def _plan(
    survey: Survey,
    by: str | None,
    ledger: Ledger | None = None,
    *,
    anew: bool = False,
    record: bool = True,
    total: bool = False,
    breakdowns: Sequence[str] = (),
) -> Cells:
    waves = "wave" in survey.respondents and len(survey.values("wave")) > 1
    chosen = [column for column in ("wave" if waves else None, by) if column and column in survey.respondents]
    nested = [column for column in ("side", "partnership") if column in survey.respondents and column not in chosen]
    columns = [*chosen, *nested]
    who = survey.respondents[columns].astype(str) if columns else pd.DataFrame(index=survey.items.index)
    rows = list(who.itertuples(index=False, name=None)) if columns else [()] * len(who)
    values = list(dict.fromkeys(rows))
    number = {row: place for place, row in enumerate(values)}
    poolable = "partnership" in nested
    families = {name: place for place, name in enumerate(dict.fromkeys(row[:-1] for row in values))}
    instrument = survey.instrument
    ends = (float(instrument.scale.min), float(instrument.scale.max))
    part_of_rating = np.array([number[row] for row in rows], dtype=np.int64)
    cleared = clear_parts(
        survey.items,
        survey.persons.to_numpy(),
        part_of_rating,
        [families[row[:-1]] for row in values] if poolable else [-1] * len(values),
        scale=ends,
        factors=[([str(item) for item in survey[name]], has) for name, has in scale_values(survey).notna().items()],
    )
    family_of_part = [families[row[:-1]] if poolable else place for place, row in enumerate(values)]
    too_small: dict[int, Released] = {}
    groups: dict[int, Released] = {}
    blocked: set[int] = set()
    if ledger is not None:
        small = np.where(cleared.size[part_of_rating] < FLOOR, part_of_rating, -1)
        groups, too_small = ledger.groups(survey, cleared.part, small)
        blocked = set() if anew else ledger.blocked(groups, FLOOR, DETAIL)
        cleared = _without(cleared, blocked)
    families_of_pools = [family_of_part[members[0]] for members in cleared.pools.values()]
    commented = _comment_groups(survey, cleared.part, np.array([*family_of_part, *families_of_pools], dtype=np.int64))
    writers: list[Released] = []
    if ledger is not None:
        wrote = ledger.writers(survey, commented)
        again = set() if anew else ledger.blocked(wrote, FLOOR, DETAIL)
        commented = np.where(np.isin(commented, list(again)), -1, commented)
        writers = [group for place, group in wrote.items() if place not in again]
    index, items = survey.items.index, list(survey.items)
    means = pd.DataFrame(cleared.means, index, items)
    answers = pd.DataFrame(cleared.answers, index, items)
    ratings = pd.DataFrame({"given": part_of_rating, "told": cleared.part}, index)
    is_large = (cleared.part >= 0) & (cleared.states == "full").any(axis=1)[cleared.part]
    large = np.where(is_large, cleared.part, -1)
    levels = plan_levels(survey, breakdowns, chosen, answers, large, detail=DETAIL, ledger=ledger, anew=anew)
    if breakdowns:
        ratings["domain"] = levels.domain
    if ledger is not None and record:
        new = (group for place, group in groups.items() if place not in blocked)
        ledger.record([*new, *writers], too_small.values(), levels.released)
    pools = [f"{OTHERS} {' '.join(values[members[0]][:-1])}".strip() for members in cleared.pools.values()]
    full = [
        *values,
        *((*values[members[0]][:-1], name) for members, name in zip(cleared.pools.values(), pools, strict=True)),
    ]

    def key_of(row: tuple[str, ...]) -> Key:
        return frozenset({**survey.selection, **dict(zip(columns, row, strict=False))}.items())

    parts = tuple(key_of(row) for row in full)
    scores = _scores(survey, means)
    of_parts = _parts_table(survey, cleared, scores)
    combined_groups = [key_of(row[:width]) for row in values for width in range(len(chosen), len(columns))]
    if total:
        combined_groups += [
            frozenset((column, value) for column, value in part if column not in left_open)
            for part in parts
            for left_open in ((by, "partnership", "side"), (by, "partnership"))
        ]
    by_itself = {*parts}
    combined_groups = [key for key in dict.fromkeys(combined_groups) if key not in by_itself]
    tables = [
        *_combined_tables(survey, of_parts, _parts_by_group(combined_groups, parts), part_of_rating, scores),
        of_parts,
    ]
    variables = (*map(str, items), *map(str, scores), RESPONSE)
    if levels.keys:
        tables.append(_levels_table(survey, levels, answers, variables))
    return Cells(
        keys=(*combined_groups, *parts, *levels.keys),
        variables=variables,
        n_persons=np.concatenate([table.n_persons for table in tables]),
        states=np.concatenate([table.states for table in tables]),
        reasons=np.concatenate([table.reasons for table in tables]),
        parts=parts,
        ratings=ratings,
        raw=survey.items,
        means=means,
        answers=answers,
        pooled_spread=_pooled_spread(survey, answers, ratings["told"].to_numpy()),
        scale=ends,
        commented=pd.Series(commented, index, dtype=int) if len(survey.comments.columns) else pd.Series(dtype=int),
        levels=levels.shown,
    )


def _comment_groups(survey: Survey, part: np.ndarray, family_of_part: np.ndarray) -> np.ndarray:
    """With which group the comments of each rating are counted; -1 for none, also where nothing was written.

    A part whose writers are ten or more is a group. The writers of the other parts of a side are one group together if they
    are ten or more. Whatever two reports count, they differ by whole groups: by the comments of ten
    writers or more.
    """
    wrote = part >= 0
    if not len(survey.comments.columns):
        return np.full(len(part), -1, dtype=np.int64)
    wrote &= has_comment(survey).to_numpy(dtype=bool)
    persons = pd.factorize(survey.persons.to_numpy())[0]
    n_parts = len(family_of_part)
    group = np.where(wrote, part, -1)
    large = _distinct(group[wrote], persons[wrote], n_parts) >= DETAIL
    rest = wrote & ~large[group]
    group[rest] = n_parts + family_of_part[group[rest]]
    enough = _distinct(group[wrote], persons[wrote], int(group.max(initial=0)) + 1) >= DETAIL
    return np.where(wrote & enough[group], group, -1)


def _levels_table(survey: Survey, levels: Levels, answers: pd.DataFrame, variables: Sequence[str]) -> _Table:
    """States, reasons and persons of each level of a breakdown: of its scales, as breakdowns show nothing else."""
    scores = _scores(survey, answers)
    is_scale = np.isin(variables, list(map(str, scores)))
    shown = np.array(levels.states, dtype=object)[:, None]
    states = np.where(is_scale, shown, "withheld").astype(object)
    reasons = np.where(is_scale, np.array(levels.reasons, dtype=object)[:, None], "too_few").astype(object)
    return _Table(states, reasons, count_persons(survey, variables, levels, scores))


def _without(cleared: Cleared, blocked: set[int]) -> Cleared:
    """Withhold blocked parts."""
    rows = np.isin(cleared.part, list(blocked))
    states, reasons = cleared.states.copy(), cleared.reasons.copy()
    states[list(blocked)], reasons[list(blocked)] = "withheld", "released"
    return replace(
        cleared,
        part=np.where(rows, -1, cleared.part),
        states=states,
        reasons=reasons,
        means=np.where(rows[:, None], np.nan, cleared.means),
        answers=np.where(rows[:, None], np.nan, cleared.answers),
    )


def _scores(survey: Survey, items: pd.DataFrame) -> pd.DataFrame:
    """Scale scores of cleared answers."""
    return scale_values(replace(survey, items=items))


def _parts_table(survey: Survey, cleared: Cleared, scores: pd.DataFrame) -> _Table:
    """States, reasons and persons of each part: of its items, its scales, and of who answered at all."""
    n_parts, persons = len(cleared.size), pd.factorize(survey.persons.to_numpy())[0]
    states = np.full((n_parts, scores.shape[1]), "withheld", dtype=object)
    reasons, counts = states.copy(), np.zeros(states.shape, dtype=np.int64)
    small = ~(cleared.states == "full").any(axis=1)
    rows_of_parts = rows_by_group(cleared.part, n_parts)
    for column, scale in enumerate(scores):
        values = scores[scale].to_numpy(dtype=float)
        scored = (cleared.part >= 0) & ~np.isnan(values)
        counts[:, column] = _distinct(cleared.part[scored], persons[scored], n_parts)
        n_values = _distinct(cleared.part[scored], np.unique(values[scored], return_inverse=True)[1], n_parts)
        unanswered = survey[str(scale)].isna().all(axis=1).to_numpy()
        for place in range(n_parts):
            state, reason = "full", ""
            if not n_values[place]:
                why = cleared.reasons[place][0] if small[place] else "alike"
                empty = not small[place] and unanswered[rows_of_parts[place]].all()
                state, reason = ("empty", "no_answers") if empty else ("withheld", why)
            elif small[place] or n_values[place] == 1:  # every rating stands for the mean
                state, reason = "mean_only", "below_detail"
            states[place, column], reasons[place, column] = state, reason
    is_shown = np.isin(np.arange(n_parts), cleared.part)
    answered = np.where(cleared.size >= DETAIL, "full", "mean_only").astype(object)
    return _Table(
        np.column_stack([cleared.states, states, np.where(is_shown, answered, "withheld")]),
        np.column_stack([cleared.reasons, reasons, np.where(is_shown, "", cleared.reasons[:, 0])]),
        np.column_stack([cleared.n_persons, counts, cleared.size]),
    )


def _distinct(group: np.ndarray, codes: np.ndarray, n_groups: int) -> np.ndarray:
    """How many distinct codes (from 0) each group has."""
    width = int(codes.max(initial=0)) + 1
    return np.bincount(np.unique(group * width + codes) // width, minlength=n_groups)


def _parts_by_group(combined: Sequence[Key], parts: Sequence[Key]) -> list[list[int]]:
    """The numbers of the parts within each group."""
    number = {key: place for place, key in enumerate(combined)}
    shapes = {frozenset(column for column, _value in key) for key in combined}
    within: list[list[int]] = [[] for _ in combined]
    for place, part in enumerate(parts):
        for shape in shapes:
            key = frozenset(pair for pair in part if pair[0] in shape)
            if key in number:
                within[number[key]].append(place)
    return within


def _combined_tables(
    survey: Survey, parts: _Table, members: Sequence[Sequence[int]], part_of_rating: np.ndarray, scores: pd.DataFrame
) -> Iterator[_Table]:
    """As `_parts_table`, for each group of several parts."""
    answered = np.column_stack([survey.items.notna(), scores.notna(), np.ones(len(scores), dtype=bool)])
    persons = pd.factorize(survey.persons.to_numpy())[0]
    rows_of_parts = rows_by_group(part_of_rating, len(parts.states))
    for within in members:
        rows = np.concatenate([rows_of_parts[place] for place in within])
        yield _combined_table(parts, list(within), persons_with(answered[rows], persons[rows]))


def _combined_table(parts: _Table, within: list[int], n_persons: np.ndarray) -> _Table:
    """States and reasons of a group of several parts: it is computed from the parts that are shown."""
    states, reasons = parts.states[within], parts.reasons[within]
    n_shown = np.isin(states, ("full", "mean_only")).sum(axis=0)
    single = (n_shown == 1) & (states == "mean_only").any(axis=0)
    state = np.where(n_shown == 0, "withheld", np.where(single, "mean_only", "full")).astype(object)
    state[-1] = "full" if n_shown[-1] else "withheld"
    few = np.isin(reasons, ("too_few", "pooled", "below_detail")).any(axis=0)
    before = (reasons == "released").any(axis=0)
    why = np.where(
        n_shown > 0,
        np.where(single, "below_detail", ""),
        np.where(before, "released", np.where(few, "too_few", "alike")),
    ).astype(object)
    unanswered = (states == "empty").all(axis=0)
    state[unanswered], why[unanswered] = "empty", "no_answers"
    return _Table(state[None], why[None], n_persons[None])


def _pooled_spread(
    survey: Survey, answers: pd.DataFrame, part: np.ndarray
) -> dict[str, tuple[float, float, float, float]]:
    """By item and scale, the variance within large parts, the correlation between ratings of a person in several, and
    what the variance says of a single part.
    """
    values = pd.concat([answers, _scores(survey, answers)], axis=1)
    persons = pd.factorize(survey.persons.to_numpy())[0]
    grouped = values.groupby(part)
    deviation = values - grouped.transform("mean")
    n = grouped.count()
    df = (n - 1).clip(lower=0).sum()
    squares = (deviation**2).sum()
    variance = grouped.var()
    prior = spread_prior(n.to_numpy(dtype=float), variance.to_numpy(dtype=float))
    standard = deviation / np.sqrt(variance.reindex(part).to_numpy())
    pooled_spread = {}
    for name, prior_df in zip(values, prior.df.tolist(), strict=True):
        spread = float(squares[name] / df[name]) if df[name] > 0 else float("nan")
        pooled_spread[str(name)] = (
            spread,
            float(df[name]),
            _correlation_within_persons(standard[name].to_numpy(), persons),
            prior_df,
        )
    return pooled_spread


def _correlation_within_persons(z: np.ndarray, persons: np.ndarray) -> float:
    """The correlation between ratings of one person in different parts; NaN where too few persons rated in two."""
    known = np.isfinite(z)
    codes = pd.factorize(persons[known])[0]
    size = np.bincount(codes)
    several = size > 1
    if several.sum() < FEW_RATERS:
        return float("nan")
    total = np.bincount(codes, weights=z[known])
    squares = np.bincount(codes, weights=z[known] ** 2)
    products = (total**2 - squares)[several].sum() / 2.0
    pairs = (size * (size - 1))[several].sum() / 2.0
    return float(np.clip(products / pairs, 0.0, 1.0))


@checked
def clear_answers(data: Survey, cells: Cells, *, small: bool = False) -> ClearedSurvey:
    """Apply the disclosure plan to answers: every result of the cleared answers may be shown.

    Parameters
    ----------
    data : Survey
        All answers of the study, or a selection of them.
    cells : Cells
        The plan of the whole run, from `plan_disclosure`.
    small : bool
        Whether groups of five to nine persons are included, each of their ratings replaced by the mean of its group.
        Include them for means and their intervals; leave them out for models, shares and spread.

    Returns
    -------
    ClearedSurvey
        The ratings of groups that may be shown. A group of which the survey holds only some ratings is left
        out: the difference from the whole group would reveal the other ratings.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(persons_per_side=12, seed=1).survey
    >>> len(clear_answers(survey, plan_disclosure(survey))) == len(survey)
    True
    """
    planned = data.items.index.isin(cells.ratings.index)
    part = cells.ratings["told"].reindex(data.items.index, fill_value=-1).to_numpy()
    remaining = planned & (part >= 0) & np.isin(part, list(_complete_parts(data, cells)))
    source = cells.means if small else cells.answers
    is_large = _in_large_parts(cells, part)
    if not small:  # small groups have no answers
        remaining &= is_large
    index = data.items.index[remaining]
    respondents = data.respondents[remaining].copy()
    of_parts = [dict(key).get("partnership", "") for key in cells.parts]
    names = [of_parts[place] for place in part[remaining]]
    is_pool = np.array([name.startswith(OTHERS) for name in names], dtype=bool)
    if is_pool.any():
        for column in ("partnership", "partner", "client"):
            # the column that makes the reports and selected columns stay
            if column in respondents and column not in data.selection and not _distinguishes_parts(cells, column):
                respondents.loc[is_pool, column] = [
                    name for name, replaced in zip(names, is_pool, strict=True) if replaced
                ]
    items = source.reindex(columns=data.items.columns).loc[index]
    plain = {field.name: getattr(data, field.name) for field in fields(Survey)}
    spread = {name: PooledSpread(*numbers) for name, numbers in cells.pooled_spread.items()}
    return ClearedSurvey(
        **{
            **plain,
            "items": items,
            "reasons": _reasons(data, items, remaining, is_large),
            "respondents": respondents,
            "comments": data.comments.iloc[:0, :0],  # no rule clears a text: a person approves it
            "audit": data.audit.iloc[:0],  # it names each answer "don't know" that was read
        },
        lent=spread if small else {},
    )


@dataclass(frozen=True, eq=False, slots=True)
class ClearedAnswers:
    """What a plan leaves of answers.

    Attributes
    ----------
    means, answers : ClearedSurvey
        With the means of small groups, and without small groups.
    complete : set of int
        The parts and pools of which the survey holds every rating, unchanged.
    flags : tuple of str
        What a reader should know: that small groups count with their mean, and that some do not count.
    levels : mapping of str to ClearedSurvey
        By breakdown, the answers that tell of its levels.
    """

    means: ClearedSurvey
    answers: ClearedSurvey
    complete: set[int]
    flags: tuple[str, ...]
    levels: Mapping[str, ClearedSurvey]


def cleared_once(survey: Survey, cells: Cells) -> ClearedAnswers:
    """As `clear_answers`, made once for the results of a report; see `common.memo.once`."""
    made_of = (
        cells,
        survey.reasons,
        contents(survey.items),
        *(texts_of(survey, str(column)) for column in survey.respondents),
    )
    return once(survey, "cleared", made_of, lambda: _cleared_answers(survey, cells))


def _cleared_answers(survey: Survey, cells: Cells) -> ClearedAnswers:
    answers, complete = clear_answers(survey, cells, small=False), _complete_parts(survey, cells)
    return ClearedAnswers(
        clear_answers(survey, cells, small=True),
        answers,
        complete,
        _flags_of(survey, cells),
        {str(name): clear_levels(survey, cells, answers, complete, str(name)) for name in cells.levels},
    )


def _flags_of(survey: Survey, cells: Cells) -> tuple[str, ...]:
    """Codes of what a reader should know: that small groups count with their mean, and that some do not count."""
    ratings = cells.ratings.reindex(survey.items.index).dropna()
    parts = set(ratings["told"].astype(int))
    small = {place for place in parts - {-1} if not cells.is_large[place]}
    left_out = ratings.loc[ratings["told"].eq(-1), "given"].astype(int)
    rows = {key: place for place, key in enumerate(cells.keys)} if len(left_out) else {}
    reasons = {cells.reasons[rows[cells.parts[place]]][0] for place in left_out.unique()}
    flags = {"small_means": bool(small), "left_out": "too_few" in reasons, "released": "released" in reasons}
    return tuple(flag for flag, holds in flags.items() if holds)


def _distinguishes_parts(cells: Cells, column: str) -> bool:
    """Whether a column distinguishes the parts."""
    return column != "partnership" and any(column in dict(part) for part in cells.parts[:1])


def _in_large_parts(cells: Cells, part: np.ndarray) -> np.ndarray:
    """Which ratings belong to parts that show more than a mean, also ratings without an answer."""
    large = np.append(cells.is_large, False)  # the last one stands for no part at all, -1
    return np.asarray(large[part], dtype=bool)


def _reasons(survey: Survey, items: pd.DataFrame, remaining: np.ndarray, is_large: np.ndarray) -> pd.DataFrame:
    """Why there is no answer: unchanged for large parts; in small parts "don't know" becomes "skipped"."""
    answered = items.notna().to_numpy()
    codes = np.where(answered, REASONS.index(ANSWERED), reason_codes(survey)[remaining])
    unexplained = ~answered & (codes != REASONS.index(NOT_ASKED)) & ~is_large[remaining][:, None]
    codes = np.where(unexplained, REASONS.index(SKIPPED), codes)
    columns = {name: pd.Categorical.from_codes(own, dtype=REASON) for name, own in zip(items, codes.T, strict=True)}
    return pd.DataFrame(columns, index=items.index)


def _complete_parts(survey: Survey, cells: Cells) -> set[int]:
    wanted = cells.ratings["told"].value_counts()
    parts = cells.ratings.reindex(survey.items.index)["told"]
    if parts.isna().all():
        return set()
    common = [name for name in survey.items if name in cells.raw]
    before = cells.raw[common].reindex(survey.items.index).to_numpy(dtype=float)
    now = survey.items[common].to_numpy(dtype=float)
    same = ((before == now) | (np.isnan(before) & np.isnan(now))).all(axis=1)
    unchanged = parts[same].value_counts()
    return {int(place) for place, n in unchanged.items() if place >= 0 and wanted[place] == n}
