"""How well do the items of a scale hang together? Cronbach's alpha and one-factor omega."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.answers import answers_of, scale_items
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable, setting
from hpp_analysis.common.interpret import ALPHA_FAIR, ALPHA_GOOD, reliability_band
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.core.correlation.correlation import pairwise_covariance
from hpp_analysis.core.reliability.alpha import (
    alpha_flags,
    alpha_if_dropped,
    alpha_interval,
    bonett_interval,
    cronbach_alpha,
    item_rest,
    standardised_alpha,
)
from hpp_analysis.core.reliability.intervals import Interval, bootstrap_intervals
from hpp_analysis.core.reliability.omega import Omega, congeneric_omega, omega_interval
from hpp_analysis.display.blocks import Block, TableBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import ReliabilityInterval, checked
from hpp_analysis.reliability.omegas import instrument_omegas, ordinal_omega_of
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_UNPUBLISHED = ("alpha_standardised", "omega_ci_lower", "omega_ci_upper", "omega_ordinal")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Reliability(Result):
    """Reliability of scales.

    Attributes
    ----------
    table : DataFrame
        factor, n_items, alpha, alpha_ci_lower, alpha_ci_upper, alpha_standardised, omega (one-factor), omega_ci_lower,
        omega_ci_upper, omega_ordinal (Green and Yang's, where asked for), n_used (the smallest number of ratings behind
        any pair of items), n_persons, and undefined (codes of what stood in the way, mostly empty). A published result
        has neither standardised alpha nor the interval of omega: each is another equation about the answers of a few.
    conf_level : float
        Of the intervals.
    ci : str
        How they were made.
    n_boot : int
        Samples of a bootstrap.
    seed : int
        Of a bootstrap.
    items : DataFrame
        One row per scale and item: n, mean, sd, item_total (the correlation with the sum), item_rest (with the sum of
        the other items), alpha_if_dropped, loading (standardised, of the one factor of omega) and reversed (True
        where the item runs against the others: a proposal to look at it; nothing is recoded). Empty in a published
        result: it tells more of a few persons than a report may.
    instrument : Series
        Of all items together, where `group_factors` was given: omega_hierarchical, omega_total (of the hierarchical model,
        not the one-factor omega), group_factors, n_items, n_used, undefined. Empty otherwise and in a published result.
    """

    conf_level: float = setting(0.95)
    ci: ReliabilityInterval = setting("analytic")
    n_boot: int = setting(0)
    seed: int = setting(0)
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    instrument: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))

    def _declare(self) -> Declaration:
        return Declaration(
            name="reliability",
            caption=_("Reliability of the factors"),
            variable="factor",
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("n_items", _("Characteristics"), "count", reveals="model"),
                Column("alpha", _("Alpha"), "coefficient", reveals="model"),
                Column("alpha_ci_lower", _("Interval"), "coefficient", upper="alpha_ci_upper", reveals="model"),
                Column("alpha_standardised", _("Standardised alpha"), "coefficient"),
                Column("omega", _("Omega"), "coefficient", reveals="model"),
                Column("omega_ci_lower", _("Interval of omega"), "coefficient", upper="omega_ci_upper"),
                Column("omega_ordinal", _("Ordinal omega"), "coefficient"),
                Column(
                    "n_used", _("Ratings") if self.context.by_partnership else _("Persons"), "count", reveals="count"
                ),
                Column("n_persons", reveals="count"),
                Column("undefined", reveals="model"),
            ),
            figures={"intervals": self._intervals},
        )

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Leave out what a client's report does not need."""
        return table.drop(columns=[column for column in _UNPUBLISHED if column in table])

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "items", "summary", "methods" or "intervals"."""
        if kind == "items":
            if self.published:
                raise OptionError(
                    "Statistics of items must stay with the study. Given: 'items' of a published result. Show the result of "
                    "the study itself."
                )
            with self._spoken(language):
                return self._item_block()
        return super()._block(kind, language)

    def _item_block(self) -> TableBlock:
        columns = (
            Column("factor", _("Scale"), key=True),
            Column("item", _("Item"), key=True),
            Column("n", _("Ratings"), "count"),
            Column("mean", _("Mean"), "score"),
            Column("sd", _("SD"), "score"),
            Column("item_total", _("With the sum"), "coefficient"),
            Column("item_rest", _("With the rest"), "coefficient"),
            Column("alpha_if_dropped", _("Alpha without it"), "coefficient"),
            Column("loading", _("Loading"), "coefficient"),
            Column("reversed", _("Note")),
        )
        frame = self.items.assign(
            factor=[self._called(str(scale)) for scale in self.items["factor"]],
            item=[self._called(str(item)) for item in self.items["item"]],
            reversed=[_("check its direction") if flag else None for flag in self.items["reversed"]],
        )
        note = _("With the rest: the correlation of an item with the sum of the other items of its scale.")
        table = FurtherTable(frame, columns, _("The items of each scale"), [note])
        return self._further_block("reliability_items", table)

    def _notes(self) -> list[str]:
        return [
            _("The intervals are {level} confidence intervals of alpha.").format(
                level=format_value(self.conf_level, "share")
            ),
            _("Ratings: the smallest number that answered any two of the characteristics.")
            if self.context.by_partnership
            else _("Persons: the smallest number that answered any two of the characteristics."),
            *self._about_instrument(),
        ]

    def _about_instrument(self) -> list[str]:
        """The omegas of all items together, and their assumptions."""
        if self.instrument.empty:
            return []
        omegas = self.instrument
        if omegas["omega_hierarchical"] != omegas["omega_hierarchical"]:
            return [_("The omegas of all items together are undefined.")]
        said = _(
            "All {n} items together: {h} of the variance of their sum comes from one general factor (hierarchical omega), "
            "{t} from all common factors (omega total), by a Schmid-Leiman transformation of {k} factors."
        ).format(
            n=omegas["n_items"],
            h=format_value(omegas["omega_hierarchical"], "coefficient"),
            t=format_value(omegas["omega_total"], "coefficient"),
            k=omegas["group_factors"],
        )
        assumed = {
            "equal_constraint": _("With two factors this rests on the assumption that both are equally general."),
            "negative_loading": _("Some items run against the general factor; look at their direction first."),
        }
        return [said, *(text for flag, text in assumed.items() if flag in str(omegas["undefined"]).split())]

    def _summary(self) -> list[str]:
        bands = pd.Series(
            [reliability_band(row.alpha_ci_lower, row.alpha_ci_upper) for row in self.table.itertuples()],
            index=self.table.index,
        )
        sentences = {
            "good": _("The characteristics hang together well (alpha {good} or higher): {scales}."),
            "fair": _("The characteristics hang together reasonably (alpha {fair} or higher): {scales}."),
            "low": _("The characteristics hang together weakly (alpha below {fair}); use with care: {scales}."),
            "unclear": _("Too few persons answered to say whether alpha reaches {fair}: {scales}."),
        }
        limits = {"good": format_value(ALPHA_GOOD, "coefficient"), "fair": format_value(ALPHA_FAIR, "coefficient")}
        said = []
        for band, sentence in sentences.items():
            scales = [self._called(str(scale)) for scale in self.table["factor"][bands == band]]
            if scales:
                said.append(sentence.format(scales=join_names(scales), **limits))
        said = said or [_("Reliability cannot be given for so few persons.")]
        return said if self.published or self.items.empty else [*said, *self._proposals()]

    def _proposals(self) -> list[str]:
        against = [self._called(str(item)) for item in self.items["item"][self.items["reversed"]]]
        if not against:
            return []
        return [
            _(
                "These run against the other items of their scale: {items}. Check whether they are worded the other way "
                "round; nothing was recoded, and a reversal uses the ends of the answer scale."
            ).format(items=join_names(against))
        ]

    def _methods(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        if self.ci == "analytic":
            how = _("Reliability is Cronbach's raw alpha with Feldt's {level} interval (Feldt, 1965)")
        elif self.ci == "bonett":
            how = _("Reliability is Cronbach's raw alpha with Bonett's {level} interval (Bonett, 2002)")
        elif self.ci == "bootstrap":
            how = _("Reliability is Cronbach's raw alpha with a {level} percentile bootstrap interval")
        else:
            how = _(
                "Reliability is Cronbach's raw alpha with a {level} bootstrap interval, bias-corrected and accelerated (Efron, 1987)"
            )
        rests = (
            _(
                "Where answers are missing, covariances rest on all ratings that answered a pair of characteristics, both "
                "sides together; the interval uses the smallest of these numbers, and counts persons where they rated "
                "several partnerships."
            )
            if self.context.by_partnership
            else _(
                "Where answers are missing, covariances rest on all persons who answered a pair of characteristics; the "
                "interval uses the smallest of these numbers."
            )
        )
        said = [
            how.format(level=level)
            + _(", and McDonald's one-factor (congeneric) omega by maximum likelihood (McDonald, 1999)."),
            rests,
            _("No item was reversed here beyond what the questionnaire declares."),
        ]
        if self.ci in ("bootstrap", "bca"):
            said.append(
                _("The bootstrap drew {n} samples of persons (seed {seed}), for alpha and omega together.").format(
                    n=format_value(self.n_boot, "count"), seed=self.seed
                )
            )
        elif not self.published:
            said.append(_("The interval of omega is by the delta method on the logit scale (Raykov, 2002)."))
        if "omega_ordinal" in self.table:
            said.append(
                _(
                    "Ordinal omega is that of Green and Yang (2009), of complete rows, from the polychoric correlations and "
                    "thresholds of one factor by diagonally weighted least squares."
                )
            )
        if not self.instrument.empty:
            said.append(
                _(
                    "Hierarchical and total omega are of the standardised items, from minres factors rotated by oblimin "
                    "and their Schmid-Leiman transformation (Zinbarg, Revelle, Yovel & Li, 2005)."
                )
            )
        return said

    def _intervals(self) -> Figure:
        rows = pd.DataFrame(
            {
                "label": [self._called(str(scale)) for scale in self.table["factor"]],
                "estimate": self.table["alpha"],
                "ci_lower": self.table["alpha_ci_lower"],
                "ci_upper": self.table["alpha_ci_upper"],
                "undefined": [_("undefined: one item") if n == 1 else "" for n in self.table["n_items"]],
            }
        )
        dashed = _("The dashed line marks {fair}.").format(fair=format_value(ALPHA_FAIR, "coefficient"))
        return Figure(
            plots.intervals,
            rows,
            reference=ALPHA_FAIR,
            limits=(np.nanmin([0.5, rows["ci_lower"].min()]), 1.0),
            xlabel=_("Cronbach's alpha"),
            unit_decimals=2,
            width=plots.NARROW,
            notes=[self._notes()[0], dashed],
        )


@publishable
@checked
def scale_reliability(
    data: Survey | pd.DataFrame,
    scales: Mapping[str, Sequence[str]] | None = None,
    *,
    ci: ReliabilityInterval = "analytic",
    conf_level: float = 0.95,
    n_boot: int = 1000,
    seed: int = 0,
    ordinal: bool = False,
    group_factors: int | None = None,
) -> Reliability:
    """Estimate the reliability of scales.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, or answers (respondents x items). Nothing is recoded: raw alpha of what is given.
    scales : mapping of str to sequence of str, optional
        Scale name to item names. By default the factors and outcomes of the survey; all columns of a frame are
        one scale, named "scale".
    ci : {"analytic", "bonett", "bootstrap", "bca"}
        Feldt's interval of alpha, from the F distribution, or Bonett's, each with the delta method's for omega; or the
        percentile or BCa bootstrap of both, which draws persons with all of their ratings.
    conf_level : float
        Of the intervals.
    n_boot : int
        Samples of the bootstrap, 100 or more.
    seed : int
        Of the bootstrap.
    ordinal : bool
        Whether to add Green and Yang's omega of ordered answers: of complete rows, from polychoric correlations.
    group_factors : int, optional
        Factors of all items together, for hierarchical and total omega of the whole instrument (`.instrument`).

    Returns
    -------
    Reliability

    References
    ----------
    Cronbach (1951), doi:10.1007/BF02310555; Feldt (1965), doi:10.1007/BF02289499; McDonald (1999), Test Theory:
    A Unified Treatment; Bonett (2002), doi:10.3102/10769986027004335; Raykov (2002),
    doi:10.1207/S15327906MBR3701_04; Efron (1987), doi:10.1080/01621459.1987.10478410;
    Green & Yang (2009), doi:10.1007/s11336-008-9098-4; Zinbarg, Revelle, Yovel & Li (2005), doi:10.1007/s11336-003-0974-7

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> reliability = scale_reliability(simulate_study(seed=1).survey)
    >>> reliability.to_frame()["n_items"].tolist()
    [8, 7, 4, 5]
    """
    if n_boot < 100:
        raise OptionError(f"`n_boot` must be 100 or more. Given: {n_boot}. Ask for more samples.")
    items_by_scale = scale_items(data, scales)
    all_items = list(dict.fromkeys(item for items in items_by_scale.values() for item in items))
    frame = data.items if isinstance(data, Survey) else answers_of(data.rename(columns=str)[all_items])
    persons = data.persons if isinstance(data, Survey) else None
    rng = np.random.default_rng(seed)
    rows, item_statistics = [], []
    for name, items in items_by_scale.items():
        row, statistics = _estimate_scale(frame[items], persons, ci=ci, conf_level=conf_level, n_boot=n_boot, rng=rng)
        if ordinal:
            row["omega_ordinal"], why = ordinal_omega_of(frame[items])
            row["undefined"] = " ".join(filter(None, (row["undefined"], f"ordinal_{why}" if why else "")))
        rows.append({"factor": name, **row})
        statistics.insert(0, "factor", name)
        item_statistics.append(statistics)
    table = pd.DataFrame(rows)
    flags = tuple(sorted({flag for undefined in table["undefined"] for flag in undefined.split()}))
    return Reliability(
        context=Context.of(data, planned=scales is None) if isinstance(data, Survey) else Context(by_partnership=False),
        table=table,
        flags=flags,
        conf_level=conf_level,
        ci=ci,
        n_boot=n_boot,
        seed=seed,
        items=pd.concat(item_statistics, ignore_index=True) if item_statistics else pd.DataFrame(),
        **({} if group_factors is None else {"instrument": instrument_omegas(frame[all_items], group_factors)}),
    )


def _estimate_scale(
    answers: pd.DataFrame,
    persons: pd.Series | None,
    *,
    ci: ReliabilityInterval,
    conf_level: float,
    n_boot: int,
    rng: np.random.Generator,
) -> tuple[dict[str, Any], pd.DataFrame]:
    """One row of the table of scales, and the rows of its items in the table of items.

    `persons` says who gave each row of `answers`; the other arguments are those of `scale_reliability`.
    """
    x = answers.to_numpy(dtype=float)
    pairs = pairwise_covariance(x)
    n_items = x.shape[1]
    n_used = int(pairs.n.min()) if n_items else 0
    alpha = cronbach_alpha(pairs.covariance)
    omega = congeneric_omega(pairs.covariance)
    answered = ~np.isnan(x).all(axis=1)
    n_persons = int(persons[answered].nunique()) if persons is not None else int(answered.sum())
    # ratings by one person are no independent evidence of how items hang together
    per_person = n_persons / max(int(answered.sum()), 1)
    n_independent = int(np.floor(n_used * per_person))
    if ci in ("bootstrap", "bca"):
        units = None if persons is None else np.asarray(pd.factorize(persons[answered])[0], dtype=np.intp)
        alpha_ci, omega_ci = _bootstrap_both(x[answered], units, ci, conf_level, n_boot, rng)
    else:
        interval = bonett_interval if ci == "bonett" else alpha_interval
        alpha_ci = interval(alpha, n_items, n_independent, conf_level)
        omega_ci = omega_interval(omega, n_independent, conf_level)
    row = {
        "n_items": n_items,
        "alpha": alpha,
        "alpha_ci_lower": alpha_ci.lower,
        "alpha_ci_upper": alpha_ci.upper,
        "alpha_standardised": standardised_alpha(pairs.covariance),
        "omega": omega.omega,
        "omega_ci_lower": omega_ci.lower,
        "omega_ci_upper": omega_ci.upper,
        "n_used": n_used,
        "n_persons": n_persons,
        "undefined": " ".join(dict.fromkeys((*alpha_flags(pairs.covariance), *omega.flags))),
    }
    return row, _item_statistics(answers, pairs.covariance, omega)


def _item_statistics(answers: pd.DataFrame, covariance: np.ndarray, omega: Omega) -> pd.DataFrame:
    variance = np.diag(covariance)
    total = covariance.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        item_total = np.where(
            (variance > 0) & (total > 0), covariance.sum(axis=1) / np.sqrt(variance * max(total, 0.0)), np.nan
        )
    rest = item_rest(covariance)
    return pd.DataFrame(
        {
            "item": [str(name) for name in answers],
            "n": answers.notna().sum().to_numpy(),
            "mean": answers.mean().to_numpy(dtype=float),
            "sd": answers.std().to_numpy(dtype=float),
            "item_total": item_total,
            "item_rest": rest,
            "alpha_if_dropped": alpha_if_dropped(covariance),
            "loading": omega.lambda_ / np.sqrt(np.where(variance > 0, variance, np.nan)),
            "reversed": _runs_against(omega.lambda_, rest),
        }
    )


def _runs_against(lambda_: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Which items run against the others: those whose loading has the sign of the fewer items.

    The correlation with the rest decides only where there is no factor; it would name good items too where the rest is
    a mixture.
    """
    if np.isnan(lambda_).any():
        return np.asarray(rest < 0.0)
    negative = lambda_ < 0.0
    return np.asarray(~negative if negative.sum() > negative.size / 2 else negative)


def _bootstrap_both(
    x: np.ndarray,
    units: np.ndarray | None,
    ci: Literal["bootstrap", "bca"],
    conf_level: float,
    n_boot: int,
    rng: np.random.Generator,
) -> list[Interval]:
    if x.shape[1] < 2 or len(x) < 3:
        return [Interval(float("nan"), float("nan"))] * 2

    def both(covariances: np.ndarray) -> np.ndarray:
        return np.array([[cronbach_alpha(one), congeneric_omega(one).omega] for one in covariances])

    return bootstrap_intervals(
        x,
        both,
        rng=rng,
        units=units,
        n_boot=n_boot,
        conf_level=conf_level,
        method="bca" if ci == "bca" else "percentile",
    )
