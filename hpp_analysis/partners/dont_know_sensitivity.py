"""What if those who do not know would have judged lower? Verdicts as 'don't know' stands for less and less."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hpp_analysis import plots
from hpp_analysis.common.answers import places_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import design_of, two_sides
from hpp_analysis.common.interpret import against_threshold
from hpp_analysis.common.result import CellKey, Result, publishable
from hpp_analysis.core.arrays import Floats
from hpp_analysis.core.imputation import impute_normal, pool_imputations
from hpp_analysis.display.columns import Column, Unit, hidden
from hpp_analysis.display.formats import brief, format_number
from hpp_analysis.errors import NotIdentifiedError
from hpp_analysis.options import Headline, checked, in_range
from hpp_analysis.partners.contrasts import SIDES
from hpp_analysis.partners.difference_verdicts import add_verdicts
from hpp_analysis.partners.filled_scores import FilledScores, fill_scores
from hpp_analysis.partners.robustness import same_verdict
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_STEP = 0.1
"""Points between two deltas that are tried."""

_SHOWN = 0.5
"""Points between two deltas in the figure."""

_TOO_FEW = "too_few_to_predict"
"""The flag of a result in which a factor has no estimates: its answers do not settle how items hang together."""

_WHOSE: dict[str, tuple[int, int]] = {"first": (1, 0), "second": (0, 1), "both": (1, 1)}
"""Of a gap: whose 'don't know' counts as lower."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class DontKnowSensitivity(Result):
    """Verdicts when 'don't know' stands for a lower answer than predicted.

    Attributes
    ----------
    table : DataFrame
        factor, side ("" for gaps or without sides), whose (of gaps: "first", "second", "both" sides' 'don't know' counts as
        lower; else ""), share (of 'don't know' among what was asked), estimate, ci_lower, ci_upper and verdict (with delta
        0: gaps in the answers are predicted), at_most (the estimate with the largest delta), turns_at (the smallest delta
        with another verdict; NaN where there is none), turns_to (that verdict, or "").
    of : {"scores", "gaps"}
    curves : DataFrame
        The same by delta: factor, side, whose, delta, estimate, ci_lower, ci_upper, verdict. Empty once published.
    sides : tuple of str
        Of gaps: the two sides.
    most : float
        The largest delta, in points.
    imputations : int
    threshold : float, optional
        Of scores: the line that the factors share.
    scale_range : tuple of int
    conf_level : float
    """

    of: Headline = setting("scores")
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)
    sides: tuple[str, ...] = setting(())
    most: float = setting(2.0)
    imputations: int = setting(20)
    threshold: float | None = setting(None)
    scale_range: tuple[int, int] = setting((1, 10))
    conf_level: float = setting(0.95)

    def _declare(self) -> Declaration:
        scores = self.of == "scores"
        has_sides = scores and bool(self.table["side"].astype(bool).any())
        return Declaration(
            name=f"dont_know_{self.of}",
            caption=_("Scores, if 'don't know' stands for a lower answer")
            if scores
            else _("Gaps, if 'don't know' stands for a lower answer"),
            variable="factor",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("side", _("Side") if has_sides else "", key=scores, reveals="nothing"),
                Column(
                    "whose",
                    "" if scores else _("Lower for"),
                    key=True,
                    reveals="nothing",
                    words={code: self._whose(code) for code in _WHOSE},
                ),
                Column("share", _("Don't know"), "share", reveals="share"),
                Column(
                    "estimate",
                    _("Mean") if scores else _("Gap"),
                    self._unit,
                    reveals="mean" if scores else "difference",
                ),
                Column("verdict", _("Verdict"), reveals="interval", optional=True, words=self._words()),
                Column("turns_at", _("Turns at"), "score", reveals="interval"),
                Column("turns_to", _("Turns to"), reveals="interval", optional=True, words=self._words()),
                *hidden("mean", "at_most"),
                *hidden("interval", "ci_lower", "ci_upper"),
            ),
            figures={"curves": self._curves},
        )

    @property
    def _unit(self) -> Unit:
        return "score" if self.of == "scores" else "difference"

    def _cells(self) -> list[list[CellKey]]:
        """Require the side of a score, and both sides of a gap."""
        rows = self.table[["factor", "side"]].astype(str).to_dict("records")
        chosen = dict(self.context.selection)
        return [
            [
                (frozenset({**chosen, **({"side": side} if side else {})}.items()), row["factor"])
                for side in (self.sides if self.of == "gaps" else (row["side"],))
            ]
            for row in rows
        ]

    def _words(self) -> dict[str, str]:
        return {
            "reached": _("reached"),
            "not_reached": _("not reached"),
            "different": _("different"),
            "small_difference": _("small difference"),
            "alike": _("alike"),
            "cannot_tell": _("unclear"),
        }

    def _whose(self, code: Any) -> str:
        return ", ".join(self._called(side, "side") for side in _lowered(self.sides, str(code)))

    def _named(self, row: Any) -> str:
        factor = self._called(str(row.factor))
        where = self._called(str(row.side), "side") if row.side else self._whose(row.whose)
        return _("{factor} ({where})").format(factor=factor, where=where) if where else factor

    def _notes(self) -> list[str]:
        too_few = _("Where there is no number, the answers are too few to predict what is missing.")
        return [
            *([too_few] if _TOO_FEW in self.flags else []),
            _(
                "Turns at: the number of points by which 'don't know' would have to stand for a lower answer than predicted "
                "from the other answers, before the verdict is another one; empty up to {most} points."
            ).format(most=format_number(self.most)),
        ]

    def _summary(self) -> list[str]:
        known = self.table[self.table["verdict"].notna() & self.table["share"].notna()]
        if known.empty and _TOO_FEW in self.flags:
            return [_("The answers are too few to predict what 'don't know' may hide.")]
        if known.empty:
            return [_("What 'don't know' may hide cannot be shown.")]
        if not known["share"].gt(0).any():
            return [_("Nobody answered 'don't know', so no verdict depends on it.")]
        turning = known[known["turns_at"].notna()].sort_values("turns_at", kind="stable")
        most = format_number(self.most)
        if turning.empty:
            return [
                _("No verdict turns, even if 'don't know' stands for {most} points less than predicted.").format(
                    most=most
                )
            ]
        said = [
            _(
                "{name}: the verdict becomes '{verdict}' once 'don't know' stands for {points} points less than predicted."
            ).format(name=self._named(row), verdict=self._words()[row.turns_to], points=format_number(row.turns_at))
            for row in turning.itertuples()
        ]
        left = len(known) - len(turning)
        if left:
            said.append(
                ngettext(
                    "{n} other verdict does not turn up to {most} points.",
                    "{n} other verdicts do not turn up to {most} points.",
                    left,
                ).format(n=left, most=most)
            )
        return said

    def _methods(self) -> list[str]:
        return [
            _(
                "Gaps in the answers were filled {n} times from the other answers of the same person and their group (multiple "
                "imputation with bootstrapped EM; Honaker, King & Blackwell, 2011), on the assumption that they are missing at "
                "random. Then 'don't know' was lowered by 0 to {most} points (delta adjustment; Carpenter & Kenward, 2013). "
                "Intervals are pooled by the rules of Rubin and of Barnard and Rubin (1999)."
            ).format(n=self.imputations, most=format_number(self.most))
        ]

    def _curves(self) -> Figure:
        rows = self.curves
        if len(rows):
            at = (rows["delta"] / _SHOWN).round(9)
            rows = rows[at.eq(at.round())]
        drawn = pd.DataFrame(
            {
                "label": [self._called(str(factor)) for factor in rows.get("factor", [])],
                "wave": [format_number(delta) for delta in rows.get("delta", [])],
                "series": [self._series(row) for row in rows.itertuples()] if len(rows) else [],
                **{
                    name: rows[column].astype(float) if len(rows) else pd.Series(dtype=float)
                    for name, column in (("mean", "estimate"), ("ci_lower", "ci_lower"), ("ci_upper", "ci_upper"))
                },
            }
        )
        scores = self.of == "scores"
        reach = float(np.ceil(np.nanmax(np.abs(drawn[["mean", "ci_lower", "ci_upper"]].to_numpy()), initial=1.0)))
        return Figure(
            plots.slopes,
            drawn,
            threshold=self.threshold if scores else None,
            limits=(float(self.scale_range[0]), float(self.scale_range[1])) if scores else (-reach, reach),
            alt=self._curves_alt(),
        )

    def _curves_alt(self) -> str:
        """Say where each estimate goes."""
        courses = [
            _("{name}: from {first} to {last}").format(
                name=self._named(row), first=brief(row.estimate), last=brief(row.at_most)
            )
            for row in self.table.itertuples()
            if not np.isnan(row.estimate)
        ]
        if not courses or self.curves.empty:
            return _("Nothing to show here.")
        opening = _("Line charts of the estimates as 'don't know' is lowered by 0 to {most} points.")
        return f"{opening.format(most=format_number(self.most))} {'; '.join(courses)}."

    def _series(self, row: Any) -> str:
        if self.of == "gaps":
            return _("Lower for: {sides}").format(sides=self._whose(row.whose))
        return self._called(str(row.side), "side") if row.side else _("All")


@publishable
@checked
def check_dont_know(
    data: Survey,
    *,
    of: Headline = "scores",
    most: float = 2.0,
    imputations: int = 20,
    seed: int = 1,
    threshold: float | None = None,
    conf_level: float = 0.95,
) -> DontKnowSensitivity:
    """Find how much lower 'don't know' would have to stand for before a verdict turns.

    People who answer "don't know" may be those who would have judged lower. Each gap in the answers is predicted from the
    other answers of the person and from the side, several times; "don't know" then counts as the prediction minus delta,
    with delta from 0 in steps of 0.1. Delta 0 is the usual assumption that answers are missing at random. Other gaps,
    such as skipped items, stay as predicted; items that were not asked stay without an answer.

    Parameters
    ----------
    data : Survey
        The answers, of one wave.
    of : {"scores", "gaps"}
        Factor scores per side against the threshold, or gaps between the two sides; of gaps the answers of one side, of
        the other, and of both are lowered.
    most : float
        The largest delta, in points of the answer scale.
    imputations : int
        How many times gaps are filled, 2 or more.
    seed : int
        Of the random draws: the same seed gives the same numbers.
    threshold : float, optional
        Of scores: the line; by default that of the instrument.
    conf_level : float
        Of the intervals.

    Returns
    -------
    DontKnowSensitivity
        `.to_frame()` has the delta at which each verdict turns, `.curves` the numbers on the way. A factor with too few
        answers to predict from has neither, and the result has the flag "too_few_to_predict".

    Notes
    -----
    Predictions are not cut off at the ends of the scale: that would bias means (Horton, Lipsitz & Parzen, 2003,
    doi:10.1198/0003130032314).

    References
    ----------
    Carpenter & Kenward (2013), doi:10.1002/9781119942283, chapter 10; Honaker, King & Blackwell (2011),
    doi:10.18637/jss.v045.i07; Barnard & Rubin (1999), doi:10.1093/biomet/86.4.948

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> found = check_dont_know(simulate_study(seed=1, dont_know=0.1).survey, imputations=5)
    >>> found.to_frame()["turns_at"].notna().any()
    np.False_
    """
    in_range(most, "most", at_least=_STEP)
    in_range(imputations, "imputations", at_least=2)
    factors = [factor.id for factor in data.instrument.factors if places_of(data, factor.id)]
    lines = {factor.id: factor.threshold if threshold is None else threshold for factor in data.instrument.factors}
    sides = two_sides(data, "side") if of == "gaps" else ()
    deltas = np.round(np.arange(0.0, most + _STEP / 2, _STEP), 9)
    person, rng = pd.factorize(data.persons)[0], np.random.default_rng(seed)
    flags = []

    def fill(x: Floats) -> Floats:
        try:
            return impute_normal(x, draws=imputations, person=person, rng=rng)
        except NotIdentifiedError:
            flags.append(_TOO_FEW)
            return np.full((imputations, *x.shape), np.nan)

    filled = fill_scores(data, fill)
    curves = pd.concat(
        [_estimates(data, filled, deltas, conf_level, sides, whose) for whose in (_WHOSE if sides else [""])],
        ignore_index=True,
    )
    if of == "gaps":
        family = curves.groupby(["whose", "delta"], sort=False).ngroup().to_numpy()
        curves = add_verdicts(curves, estimate="estimate", conf_level=conf_level, families=family)
    curves = curves[curves["factor"].isin(factors)].reset_index(drop=True)  # outcomes count among the tests only
    if of == "scores":
        curves["verdict"] = [
            None
            if np.isnan(row.estimate) or (line := lines[row.factor]) is None
            else against_threshold(row.ci_lower, row.ci_upper, line)
            for row in curves.itertuples()
        ]
    columns = ["factor", "side", "whose", "delta", "estimate", "ci_lower", "ci_upper", "verdict"]
    return DontKnowSensitivity(
        context=Context.of(data),
        flags=tuple(dict.fromkeys(flags)),
        table=_turns(curves, directed=of == "gaps"),
        of=of,
        curves=curves[columns],
        sides=sides,
        most=float(deltas[-1]),
        imputations=imputations,
        threshold=threshold if threshold is not None else data.instrument.threshold,
        scale_range=(data.instrument.scale.min, data.instrument.scale.max),
        conf_level=conf_level,
    )


def _estimates(
    survey: Survey,
    filled: FilledScores,
    deltas: np.ndarray,
    conf_level: float,
    sides: tuple[str, ...] = (),
    whose: str = "",
) -> pd.DataFrame:
    """The estimates and intervals by delta, factor and side; of two sides their gap, with the "don't know" of `whose` lowered."""
    design = design_of(survey, ("partnership", "side"))
    cells = design.cells["side"] if "side" in design.cells else pd.Series("", design.cells.index)
    names = sides or tuple(dict.fromkeys(cells))
    side = cells.to_numpy()[design.cell]
    lowered = _lowered(sides, whose) or names
    unknown = np.where(np.isin(side, lowered), filled.unknown, 0.0)
    # deltas x draws x scales, of each rating
    values = filled.scores.transpose(1, 0, 2)[None] - deltas[:, None, None, None] * unknown
    shape = values.shape[:3]
    found = design.means(
        pd.DataFrame(values.reshape(-1, len(survey)).T, columns=filled.scales * (shape[0] * shape[1])),
        [cells.eq(name).to_numpy() for name in names],
        "organisation",
        combinations=SIDES if sides else None,
        conf_level=conf_level,
    )
    by_draw = [getattr(found.contrasts, name).reshape(-1, *shape) for name in ("estimate", "se", "df")]
    pooled = pool_imputations(*(one.transpose(2, 0, 1, 3) for one in by_draw))
    sound = found.sound.reshape(-1, *shape).all(axis=2)
    half = np.where(sound, stats.t.ppf((1 + conf_level) / 2, pooled.df) * pooled.se, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(sound, 2 * stats.t.sf(np.abs(pooled.estimate) / pooled.se, pooled.df), np.nan)
    asked = np.where(np.isnan(filled.scores[:, 0]), np.nan, filled.unknown)
    parts = []
    for place, name in [(2, "")] if sides else enumerate(names):
        rows = np.isin(side, lowered if sides else [name])
        parts.append(
            pd.DataFrame(
                {
                    "factor": np.tile(filled.scales, len(deltas)),
                    "side": name,
                    "whose": whose,
                    "delta": np.repeat(deltas, len(filled.scales)),
                    "share": np.tile(
                        [one[~np.isnan(one)].mean() if (~np.isnan(one)).any() else np.nan for one in asked[:, rows]],
                        len(deltas),
                    ),
                    "estimate": pooled.estimate[place].ravel(),
                    "ci_lower": (pooled.estimate - half)[place].ravel(),
                    "ci_upper": (pooled.estimate + half)[place].ravel(),
                    "p": p[place].ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _lowered(sides: tuple[str, ...], whose: str) -> list[str]:
    return [name for name, lowered in zip(sides, _WHOSE.get(whose, ()), strict=False) if lowered]


def _turns(curves: pd.DataFrame, *, directed: bool) -> pd.DataFrame:
    """One row per verdict: with delta 0, and where it turns."""
    rows = []
    for _key, course in curves.groupby(["factor", "side", "whose"], sort=False):
        first, last = course.iloc[0], course.iloc[-1]
        usual = pd.DataFrame([first] * len(course)).reset_index(drop=True)
        other = course.reset_index(drop=True)
        turned = (
            other[~same_verdict(usual, other, directed=directed)] if first["verdict"] is not None else other.iloc[:0]
        )
        rows.append(
            {
                **first[["factor", "side", "whose", "share", "estimate", "ci_lower", "ci_upper", "verdict"]],
                "at_most": last["estimate"],
                "turns_at": turned["delta"].iloc[0] if len(turned) else np.nan,
                "turns_to": turned["verdict"].iloc[0] if len(turned) else "",
            }
        )
    return pd.DataFrame(rows)
