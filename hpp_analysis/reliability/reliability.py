"""How well do the items of a scale hang together? Cronbach's alpha and one-factor omega."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of, scale_items
from hpp_analysis.common.context import Context
from hpp_analysis.common.interpret import ALPHA_FAIR, ALPHA_GOOD, reliability_band
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.display.blocks import Block, TableBlock
from hpp_analysis.display.columns import Column, Reveals
from hpp_analysis.display.formats import format_value
from hpp_analysis.display.tables import table_block
from hpp_analysis.errors import OptionError
from hpp_analysis.options import ReliabilityInterval, checked
from hpp_analysis.reliability.omegas import instrument_omegas, ordinal_omega_of
from hpp_analysis.reliability.reliability_estimate import estimate_scale
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_UNPUBLISHED = ("alpha_standardised", "omega_ci_lower", "omega_ci_upper", "omega_ordinal")

_ITEM_COLUMNS = (
    Column("scale", N_("Scale")),
    Column("item", N_("Item")),
    Column("n", N_("Ratings"), "count"),
    Column("mean", N_("Mean"), "score"),
    Column("sd", N_("SD"), "score"),
    Column("item_total", N_("With the sum"), "coefficient"),
    Column("item_rest", N_("With the rest"), "coefficient"),
    Column("alpha_if_dropped", N_("Alpha without it"), "coefficient"),
    Column("loading", N_("Loading"), "coefficient"),
    Column("reversed", N_("Note")),
)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Reliability(Result):
    """Reliability of scales.

    Attributes
    ----------
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

    conf_level: float = 0.95
    ci: ReliabilityInterval = "analytic"
    n_boot: int = 0
    seed: int = 0
    items: pd.DataFrame = field(default_factory=pd.DataFrame)
    instrument: pd.Series = field(default_factory=lambda: pd.Series(dtype=object))

    name: ClassVar[str] = "reliability"
    keys: ClassVar[tuple[str, ...]] = ("scale",)
    reveals: ClassVar[Mapping[str, Reveals]] = {
        "n_items": "model",
        "alpha": "model",
        "alpha_ci_lower": "model",
        "alpha_ci_upper": "model",
        "omega": "model",
        "undefined": "model",
        "n_used": "count",
        "n_persons": "count",
    }
    fixed: ClassVar[tuple[str, ...]] = ("conf_level", "ci", "n_boot", "seed")
    variable: ClassVar[str] = "scale"
    kinds: ClassVar[tuple[str, ...]] = ("intervals",)
    _columns: ClassVar[tuple[Column, ...]] = (
        Column("scale", N_("Factor")),
        Column("n_items", N_("Characteristics"), "count"),
        Column("alpha", N_("Alpha"), "coefficient"),
        Column("alpha_ci_lower", N_("Interval"), "coefficient", upper="alpha_ci_upper"),
        Column("alpha_standardised", N_("Standardised alpha"), "coefficient"),
        Column("omega", N_("Omega"), "coefficient"),
        Column("omega_ci_lower", N_("Interval of omega"), "coefficient", upper="omega_ci_upper"),
        Column("omega_ordinal", N_("Ordinal omega"), "coefficient"),
    )

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that people see; what is counted are ratings, or persons where each answered once."""
        counted = N_("Ratings") if self.context.by_partnership else N_("Persons")
        return (*self._columns, Column("n_used", counted, "count"))

    def to_frame(self) -> pd.DataFrame:
        """One row per scale.

        Returns
        -------
        DataFrame
            scale, n_items, alpha, alpha_ci_lower, alpha_ci_upper, alpha_standardised, omega (one-factor),
            omega_ci_lower, omega_ci_upper, omega_ordinal (Green and Yang's, where asked for), n_used (the smallest number of ratings behind any pair of items),
            n_persons, and undefined (codes of what stood in the way, mostly empty). A published result has neither
            standardised alpha nor the interval of omega: each is another equation about the answers of a few.
        """
        return super().to_frame()

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
        frame = self.items.copy()
        for column in ("scale", "item"):
            frame[column] = [self._called(str(value)) for value in frame[column]]
        frame["reversed"] = [_("check its direction") if flag else None for flag in frame["reversed"]]
        return table_block(
            frame, _ITEM_COLUMNS, name="reliability_items", caption=_("The items of each scale"),
            notes=[_("With the rest: the correlation of an item with the sum of the other items of its scale.")],
            row_headers=2,
        )  # fmt: skip

    def _caption(self) -> str:
        return _("Reliability of the factors")

    def _notes(self) -> list[str]:
        return [
            _("The intervals are {level} confidence intervals of alpha.").format(
                level=format_value(self.conf_level, "share")
            ),
            _("Ratings: the smallest number that answered any two of the characteristics.")
            if self.context.by_partnership
            else _("Persons: the smallest number that answered any two of the characteristics."),
            *self._of_instrument(),
        ]

    def _of_instrument(self) -> list[str]:
        """What the omegas of the whole instrument say, and what they rest on."""
        if self.instrument.empty:
            return []
        whole = self.instrument
        if whole["omega_hierarchical"] != whole["omega_hierarchical"]:
            return [_("The omegas of all items together are undefined.")]
        said = _(
            "All {n} items together: {h} of the variance of their sum comes from one general factor (hierarchical omega), "
            "{t} from all common factors (omega total), by a Schmid-Leiman transformation of {k} factors."
        ).format(
            n=whole["n_items"],
            h=format_value(whole["omega_hierarchical"], "coefficient"),
            t=format_value(whole["omega_total"], "coefficient"),
            k=whole["group_factors"],
        )
        assumed = {
            "equal_constraint": _("With two factors this rests on the assumption that both are equally general."),
            "negative_loading": _("Some items run against the general factor; look at their direction first."),
        }
        return [said, *(text for flag, text in assumed.items() if flag in str(whole["undefined"]).split())]

    def _notes_under(self, kind: str) -> list[str]:  # noqa: ARG002
        fair = format_value(ALPHA_FAIR, "coefficient")
        return [self._notes()[0], _("The dashed line marks {fair}.").format(fair=fair)]

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
            scales = [self._called(str(scale)) for scale in self.table["scale"][bands == band]]
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

    def _drawn(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "label": [self._called(str(scale)) for scale in self.table["scale"]],
                "estimate": self.table["alpha"],
                "ci_lower": self.table["alpha_ci_lower"],
                "ci_upper": self.table["alpha_ci_upper"],
                "undefined": [_("undefined: one item") if n == 1 else "" for n in self.table["n_items"]],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import intervals
        from hpp_analysis.plots.parts.style import NARROW

        lowest = self.table["alpha_ci_lower"].min()
        limits = (min(0.5, lowest) if lowest == lowest else 0.5, 1.0)
        return intervals(
            self._drawn(),
            reference=ALPHA_FAIR,
            limits=limits,
            xlabel=_("Cronbach's alpha"),
            unit_decimals=2,
            width=NARROW,
            ax=ax,
        )

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import intervals_alt

        return intervals_alt(self._drawn(), reference=ALPHA_FAIR, unit_decimals=2)


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
    groups = scale_items(data, scales)
    wanted = list(dict.fromkeys(item for own in groups.values() for item in own))
    frame = data.items if isinstance(data, Survey) else answers_of(data.rename(columns=str)[wanted])
    persons = data.persons if isinstance(data, Survey) else None
    rng = np.random.default_rng(seed)
    rows, of_items = [], []
    for name, columns in groups.items():
        row, statistics = estimate_scale(frame[columns], persons, ci=ci, conf_level=conf_level, n_boot=n_boot, rng=rng)
        if ordinal:
            row["omega_ordinal"], why = ordinal_omega_of(frame[columns])
            row["undefined"] = " ".join(filter(None, (row["undefined"], f"ordinal_{why}" if why else "")))
        rows.append({"scale": name, **row})
        statistics.insert(0, "scale", name)
        of_items.append(statistics)
    table = pd.DataFrame(rows)
    flags = tuple(sorted({flag for undefined in table["undefined"] for flag in undefined.split()}))
    found: dict[str, Any] = {
        "table": table, "flags": flags, "conf_level": conf_level, "ci": ci, "n_boot": n_boot, "seed": seed,
        "items": pd.concat(of_items, ignore_index=True) if of_items else pd.DataFrame(),
    }  # fmt: skip
    if group_factors is not None:
        everything = list(dict.fromkeys(column for columns in groups.values() for column in columns))
        found["instrument"] = instrument_omegas(frame[everything], group_factors)
    if isinstance(data, Survey):
        return Reliability(context=Context.of(data, planned=scales is None), **found)
    return Reliability(context=Context(by_partnership=False), **found)
