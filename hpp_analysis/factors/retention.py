"""How many factors? The verdicts of many criteria, and what they say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.result import join_names
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.retention.panel import SPECTRA
from hpp_analysis.display.formats import Column, format_value
from hpp_analysis.factors.retention_consensus import Agreement
from hpp_analysis.factors.retention_criteria import CRITERIA
from hpp_analysis.factors.retention_methods import methods_of, settings_text
from hpp_analysis.factors.retention_settings import RetentionSettings
from hpp_analysis.factors.retention_validity import ASSUMES, OF_KIND, misled_by_minor_factors
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_SCREES = {"scree": "parallel", "scree_smc": "parallel_smc", "scree_factor": "parallel_factor"}
"""The criterion whose eigenvalues each figure draws."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Retention(StudyResult):
    """Numbers of factors by criterion, and their consensus.

    Attributes
    ----------
    n_factors : float
        The number with the most votes; NaN where two have equally many, or nothing votes.
    agreement : {"agreed", "majority", "divided", "undefined"}
        Whether all votes are for it, more than half, or fewer.
    share : float
        Of the votes that are for it.
    lowest, highest : float
        The range of the numbers voted for.
    eigenvalues : DataFrame
        One row per eigenvalue: number, pca, and with parallel analysis pca_reference, smc, smc_reference, factor,
        factor_reference; ekc_reference, nest_reference.
    models : DataFrame
        One row per maximum-likelihood solution: n_factors, chi2, df, p, rmsea with bounds, tli, bic, sabic, rmsr, cfi,
        flags.
    values : mapping of str to DataFrame
        What each criterion compared: number, and its statistics.
    validity : DataFrame
        What each criterion assumes, and whether it holds here: criterion, assumes, value, state ("met", "doubtful",
        "not_met", "unknown"). A criterion with an assumption that is not met has no vote.
    stability : DataFrame
        criterion, n_factors, share of the bootstrap samples; empty without samples.
    n_items, n_used : float
    settings : RetentionSettings
    """

    n_factors: float
    agreement: Agreement
    share: float
    lowest: float
    highest: float
    eigenvalues: pd.DataFrame
    models: pd.DataFrame
    values: Mapping[str, pd.DataFrame]
    validity: pd.DataFrame
    stability: pd.DataFrame
    n_items: int
    n_used: float
    settings: RetentionSettings

    name: ClassVar[str] = "retention"
    keys: ClassVar[tuple[str, ...]] = ("criterion",)
    variable: ClassVar[str] = "criterion"
    tables: ClassVar[tuple[str, ...]] = ("validity",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("criterion", N_("Criterion")),
        Column("n_factors", N_("Factors"), "count"),
        Column("vote", N_("Votes")),
        Column("stability", N_("Same in samples"), "share"),
        Column("settings", N_("Settings")),
        Column("reference", N_("Reference")),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per criterion.

        Returns
        -------
        DataFrame
            criterion; n_factors (NaN: it says nothing); votes (whether it counts for the consensus); stability (share
            of the bootstrap samples in which it says the same; NaN where they were not judged); settings; reference
            (the paper); why (a code, where it says nothing).
        """
        return super().to_frame()

    # How it shows itself

    def _labelled(self) -> pd.DataFrame:
        frame = self.table.copy()
        if not self.settings.stability:
            frame = frame.drop(columns="stability")
        frame["settings"] = [settings_text(name, self.settings) for name in frame["criterion"]]
        frame["vote"] = [_("yes") if votes else _("no") for votes in frame["votes"]]
        frame["criterion"] = [_label(name) for name in frame["criterion"]]
        return frame

    def _caption(self) -> str:
        return _("How many factors, by criterion")

    def _notes(self) -> list[str]:
        notes = []
        silent: dict[str, list[str]] = {}
        for name, why in zip(self.table["criterion"], self.table["why"], strict=True):
            if why:
                silent.setdefault(why, []).append(_label(name))
        reasons = {
            "undefined_correlation": _("some correlations are undefined, as of an item to which all answer the same"),
            "singular": _("items determine each other"),
            "too_few_items": _("there are fewer than three items"),
            "n_unknown": _("the number of observations is unknown"),
            "none_fits": _("no model with up to {most} factors is enough").format(most=self.settings.max_factors),
            "at_limit": _("it still improves beyond {most} factors").format(most=self.settings.max_factors),
            "no_elbow": _("the fit has no elbow"),
            "no_answers": _("only correlations are given"),
        }
        for why, labels in silent.items():
            reason = reasons.get(why, _("there is no solution"))
            notes.append(_("No number from {criteria}: {reason}.").format(criteria=join_names(labels), reason=reason))
        if "smoothed" in self.flags:
            notes.append(_("The correlations were not positive definite and were smoothed."))
        if self.validity["state"].eq("not_met").any():
            broken = self.validity.loc[self.validity["state"] == "not_met", "criterion"].unique()
            notes.append(
                _("No vote, as an assumption does not hold: {criteria}.").format(
                    criteria=join_names([_label(name) for name in broken])
                )
            )
        return notes

    def _further_frame(self, kind: str) -> tuple[pd.DataFrame, tuple[Column, ...], str]:  # noqa: ARG002 - one table
        states = {"met": _("holds"), "doubtful": _("doubtful"), "not_met": _("does not hold"), "unknown": _("unknown")}
        # one row for all criteria that assume the same, and find the same
        shown: dict[tuple[str, str, str], list[str]] = {}
        for name, code, value, state in self.validity.itertuples(index=False):
            count = code == "no_minor_factors"
            said = "" if code in OF_KIND else format_value(value, "count" if count else "coefficient")
            shown.setdefault((code, said, state), []).append(_label(name))
        order = list(ASSUMES)
        frame = pd.DataFrame(
            [
                (_(ASSUMES[code]), said, states[state], join_names(labels))
                for (code, said, state), labels in sorted(shown.items(), key=lambda item: order.index(item[0][0]))
            ],
            columns=["assumes", "value", "state", "criteria"],
        )
        columns = (
            Column("assumes", N_("Assumption")),
            Column("value", N_("Value")),
            Column("state", N_("Here")),
            Column("criteria", N_("Assumed by")),
        )
        return frame, columns, _("What the criteria assume, and whether it holds for these answers")

    def _summary(self) -> list[str]:
        voting = self.table[self.table["votes"]]
        n = len({CRITERIA[name].family for name in voting["criterion"]})
        low, high = self.lowest, self.highest
        if self.agreement == "undefined":
            said = [_("No criterion that holds for these answers gives a number of factors.")]
        elif self.agreement == "agreed":
            said = [
                ngettext(
                    "All criteria that count say {k} factor.", "All criteria that count say {k} factors.", int(low)
                ).format(k=int(low))
            ]
        elif self.agreement == "majority":
            said = [
                ngettext(
                    "Most criteria say {k} factor ({share} of the votes of {n} families of criteria); they range from "
                    "{low} to {high}.",
                    "Most criteria say {k} factors ({share} of the votes of {n} families of criteria); they range from "
                    "{low} to {high}.",
                    int(self.n_factors),
                ).format(
                    k=int(self.n_factors), share=format_value(self.share, "share"), n=n, low=int(low), high=int(high)
                )
            ]
        else:
            said = [
                _(
                    "The criteria are divided: they range from {low} to {high} factors, and no number has more than half "
                    "of the votes. Compare these solutions by what they mean."
                ).format(low=int(low), high=int(high))
            ]
        if "kaiser" in set(self.table["criterion"]):
            k = self.table.set_index("criterion")["n_factors"]["kaiser"]
            if np.isfinite(k):
                said.append(
                    ngettext(
                        "{k} eigenvalue is above 1; that rule is known to overestimate and does not count.",
                        "{k} eigenvalues are above 1; that rule is known to overestimate and does not count.",
                        int(k),
                    ).format(k=int(k))
                )
        judged = self.table.dropna(subset="stability")
        if len(judged):
            least = judged.loc[judged["stability"].idxmin()]
            said.append(
                _(
                    "In {n} bootstrap samples the verdicts came back in {low} (least: {criterion}) to {high} of the samples."
                ).format(
                    n=format_value(self.settings.stability, "count"),
                    low=format_value(least["stability"], "share"),
                    criterion=_label(least["criterion"]),
                    high=format_value(judged["stability"].max(), "share"),
                )
            )
        misled = [name for name in misled_by_minor_factors(self.validity) if name in set(voting["criterion"])]
        if misled:
            said.append(
                _(
                    "With so many respondents small minor factors can lead these to say more than there are factors of "
                    "use, so that their votes count half: {criteria}."
                ).format(criteria=join_names([_label(name) for name in misled]))
            )
        return [*said, *self._notes()]

    def _methods(self) -> list[str]:
        return methods_of(list(self.table["criterion"]), self.settings, self.n_items, self.n_used)

    # The scree

    @property
    def kinds(self) -> tuple[str, ...]:  # type: ignore[override]
        """The figures: a scree for each kind of eigenvalues that the criteria asked for."""
        return tuple(kind for kind, name in _SCREES.items() if SPECTRA[name] in self.eigenvalues)

    def _spectrum(self, kind: str) -> tuple[str, pd.DataFrame]:
        spectrum = SPECTRA[_SCREES[kind]]
        frame = self.eigenvalues[["number", spectrum]].rename(columns={spectrum: "eigenvalue"})
        return spectrum, frame

    def _curves(self, spectrum: str) -> pd.DataFrame:
        verdicts = self.table.set_index("criterion")["n_factors"]
        curves = []
        if f"{spectrum}_reference" in self.eigenvalues:
            name = next(name for name, kind in SPECTRA.items() if kind == spectrum)
            rule = (
                _("mean of reference data")
                if self.settings.rule == "mean"
                else _("{quantile} quantile of reference data").format(
                    quantile=format_value(self.settings.quantile, "coefficient")
                )
            )
            curves.append((_("Parallel analysis ({rule})").format(rule=rule), f"{spectrum}_reference", name))
        if spectrum == "pca":
            curves += [
                (_label(name), f"{name}_reference", name)
                for name in ("ekc", "nest")
                if f"{name}_reference" in self.eigenvalues
            ]
        return pd.DataFrame(
            {
                "label": [label for label, _column, _name in curves],
                "curve": [self.eigenvalues[column].to_numpy() for _label, column, _name in curves],
                "n_factors": [float(verdicts.get(name, np.nan)) for _label, _column, name in curves],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:
        from hpp_analysis.plots.scree import scree

        spectrum, frame = self._spectrum(kind)
        label = {
            "pca": _("Eigenvalue"),
            "smc": _("Eigenvalue, squared multiple correlations"),
            "factor": _("Eigenvalue, communalities of one factor"),
        }[spectrum]
        return scree(frame, self._curves(spectrum), ylabel=label, ax=ax)

    def _alt(self, kind: str) -> str:
        from hpp_analysis.plots.scree import scree_alt

        spectrum, frame = self._spectrum(kind)
        return scree_alt(frame, self._curves(spectrum))


def _label(name: str) -> str:
    return _(CRITERIA[name].label)
