"""Do the people of one side answer alike? Agreement within sides of partnerships, in a form that reports may show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.answers import places_of
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.design import design_of
from hpp_analysis.common.interpret import AD_SHARE, RWG_ENOUGH, may_be_averaged
from hpp_analysis.common.result import Result, join_names, publishable
from hpp_analysis.common.who import Who
from hpp_analysis.core.groups.agreement import rwg_j, skewed_null, uniform_null, within_groups
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

_SHARES = ("rwg_j", "rwg_j_skewed", "ad")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class SideAgreement(Result):
    """How alike people of one side of a partnership answer.

    Attributes
    ----------
    table : DataFrame
        factor, (side,) rwg_j and rwg_j_skewed (from the variance within partnerships and sides, each counting once), ad
        (average deviation, in scale points), n_persons, verdict ("yes", "with_care", "no", "undefined": may answers be
        averaged).
    n_options : int
        Of the answer scale.
    groups : tuple of str
        The columns that make the rows: the side, where there is one.
    """

    n_options: int = setting(10)
    groups: tuple[str, ...] = setting(("side",))

    def _declare(self) -> Declaration:
        words = {"yes": _("yes"), "with_care": _("with care"), "no": _("no"), "undefined": _("undefined")}
        return Declaration(
            name="side_agreement",
            caption=_("How alike people answer") if self._of_persons else _("How alike people of one side answer"),
            variable="factor",
            groups=self.groups,
            columns=(
                Column("factor", _("Factor"), key=True),
                *(Column(group, _("Side"), key=True) for group in self.groups),
                Column("ad", _("Average deviation"), "score", reveals="agreement"),
                Column("rwg_j", _("r_wg(j)"), "coefficient", reveals="agreement"),
                Column("verdict", _("May be averaged"), reveals="agreement", optional=True, words=words),
                Column("n_persons", _("Persons"), "count", reveals="count"),
                *hidden("agreement", "rwg_j_skewed"),
            ),
            figures={"deviations": self._deviations},
        )

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Round to two decimals, and give no verdict on a spread that is withheld."""
        rounded = {name: table[name].round(2) for name in _SHARES}
        return table.assign(**rounded, verdict=table["verdict"].where(table["ad"].notna(), None))

    @property
    def _of_persons(self) -> bool:
        """Whether the answers know neither sides nor partnerships."""
        return not self.groups and not self.context.by_partnership

    def _notes(self) -> list[str]:
        if self._of_persons:
            return [
                _(
                    "Average deviation: how far answers lie from the mean, in scale points; up to {limit} they lie close "
                    "together. r_wg(j): 1 is full agreement, 0 none."
                ).format(limit=brief(self.n_options * AD_SHARE))
            ]
        return [
            _(
                "Average deviation: how far answers lie from the mean of their side of a partnership, in scale points; up to "
                "{limit} they lie close together. r_wg(j): 1 is full agreement, 0 none."
            ).format(limit=brief(self.n_options * AD_SHARE))
        ]

    def _summary(self) -> list[str]:
        said = []
        if self._of_persons:
            sentences = {
                "yes": _("People answer alike enough for their mean to speak for them: {what}."),
                "with_care": _("Answers lie further apart on {what}: read these means with care."),
                "no": _("On {what} people answer so differently that the mean speaks for few of them."),
            }
        else:
            sentences = {
                "yes": _("People of one side answer alike enough for their mean to speak for them: {what}."),
                "with_care": _("Their answers lie further apart on {what}: read these means with care."),
                "no": _("On {what} people of one side answer so differently that their mean speaks for few of them."),
            }
        for verdict, sentence in sentences.items():
            rows = self.table[self.table["verdict"].eq(verdict)]
            if len(rows):
                said.append(sentence.format(what=self._listed(rows)))
        if not said and self._of_persons:
            return [_("How alike people answer cannot be shown: the groups are too small.")]
        if not said:
            return [_("How alike people of one side answer cannot be shown: the groups are too small.")]
        hidden = self.table["ad"].isna()
        if self.published and self.groups and hidden.any():
            sides = [Who(self).side(str(side)) for side in dict.fromkeys(self.table.loc[hidden, "side"])]
            said.append(_("It is left out, to protect small groups, for {sides}.").format(sides=join_names(sides)))
        return said

    def _listed(self, rows: pd.DataFrame) -> str:
        """Factors by name; those of the same sides together, with the sides unless these are all."""
        if not self.groups:
            return join_names([self._called(str(factor)) for factor in rows["factor"]])
        everybody = len(set(self.table["side"]))
        by_sides: dict[tuple[str, ...], list[str]] = {}
        for factor, part in rows.groupby("factor", sort=False):
            by_sides.setdefault(tuple(part["side"]), []).append(self._called(str(factor)))
        named = []
        for sides, factors in by_sides.items():
            called = join_names([Who(self).side(side) for side in sides])
            whole = join_names(factors)
            named.append(whole if len(sides) == everybody else _("{what} ({sides})").format(what=whole, sides=called))
        return "; ".join(named)

    def _methods(self) -> list[str]:
        if self._of_persons:
            return [
                _(
                    "Agreement is the average deviation from the item's mean (Burke, Finkelstein & Dusig, 1999) and r_wg(j) "
                    "against evenly spread answers on the scale's own range, cut at 0 (James, Demaree & Wolf, 1984). Means "
                    "speak for the group where r_wg(j) reaches {rwg}, also against answers that lean to one end, and the "
                    "average deviation is at most a sixth of the number of answer options (LeBreton & Senter, 2008; Burke & "
                    "Dunlap, 2002)."
                ).format(rwg=format_value(RWG_ENOUGH, "coefficient"))
            ]
        return [
            _(
                "Agreement is that within each side of each partnership, all of which count equally: the average deviation "
                "from the item's mean (Burke, Finkelstein & Dusig, 1999) and r_wg(j) against evenly spread answers on the "
                "scale's own range, cut at 0 (James, Demaree & Wolf, 1984). Means speak for a side where r_wg(j) reaches "
                "{rwg}, also against answers that lean to one end, and the average deviation is at most a sixth of the "
                "number of answer options (LeBreton & Senter, 2008; Burke & Dunlap, 2002)."
            ).format(rwg=format_value(RWG_ENOUGH, "coefficient"))
        ]

    def _deviations(self) -> Figure:
        rows = pd.DataFrame(
            {
                "label": [self._called(str(factor)) for factor in self.table["factor"]],
                **{group: [self._called(str(name), group) for name in self.table[group]] for group in self.groups},
                "estimate": self.table["ad"].astype(float),
                "ci_lower": np.nan,
                "ci_upper": np.nan,
            }
        ).rename(columns={"side": "series"})
        return Figure(
            plots.intervals,
            rows,
            reference=self.n_options * AD_SHARE,
            limits=(0.0, float(np.nanmax([2.0, *rows["estimate"]]))),
            xlabel=_("Average deviation, in scale points"),
            alt=self._deviations_alt(rows),
        )

    def _deviations_alt(self, rows: pd.DataFrame) -> str:
        from hpp_analysis.plots.parts.alts import range_sentence, sentences  # loaded when a figure is drawn
        from hpp_analysis.plots.parts.style import nothing_text

        if rows["estimate"].isna().all():
            return nothing_text()
        names = [" – ".join(filter(None, (row["label"], row.get("series", "")))) for row in rows.to_dict("records")]
        return sentences(
            _("Chart of the average deviation of answers from the mean.")
            if self._of_persons
            else _("Chart of the average deviation of answers from the mean of their side."),
            range_sentence(names, rows["estimate"].to_numpy()),
        )


@publishable
@checked
def compare_agreement(data: Survey) -> SideAgreement:
    """Estimate agreement within the sides of partnerships, in a form that a client's report may show.

    Parameters
    ----------
    data : Survey
        The answers.

    Returns
    -------
    SideAgreement
        `publish` shows it of groups of ten persons or more, all of whose items may be shown.

    See Also
    --------
    agreement : single groups, ICC(1) and ICC(2), for analysts of the study.

    References
    ----------
    James, Demaree & Wolf (1984), doi:10.1037/0021-9010.69.1.85; Burke, Finkelstein & Dusig (1999),
    doi:10.1177/109442819921004

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> compare_agreement(simulate_study(seed=1).survey).to_frame()["verdict"].unique().tolist()
    ['yes']
    """
    groups = ("side",) if "side" in data.respondents else ()
    design = design_of(data, ("wave", "partnership", *groups))  # what a person said earlier is no agreement
    n_options = data.instrument.scale.max - data.instrument.scale.min + 1
    sides = list(dict.fromkeys(design.cells["side"])) if groups else [""]
    scores = scale_values(data)
    rows: list[dict[str, Any]] = []
    for factor in scores:
        answers = data.items.to_numpy(dtype=float)[:, places_of(data, str(factor))]
        scored = scores[factor].notna().to_numpy()
        within = within_groups(answers[scored], design.cell[scored], len(design.cells))
        for side in sides:
            chosen = (design.cells["side"] == side).to_numpy() if groups else np.ones(len(design.cells), bool)
            persons = np.unique(design.person[scored & chosen[design.cell]])
            known = chosen & ~np.isnan(within.variance)
            rows.append(
                {
                    "factor": factor,
                    **({"side": side} if groups else {}),
                    **_agreement_of(within.variance[known], within.ad_mean[known], answers.shape[1], n_options),
                    "n_persons": len(persons),
                }
            )
    return SideAgreement(context=Context.of(data), table=pd.DataFrame(rows), n_options=n_options, groups=groups)


def _agreement_of(variance: np.ndarray, ad: np.ndarray, n_items: int, n_options: int) -> dict[str, Any]:
    """Agreement within the groups of a side, from the variance and average deviation of each group."""
    if not variance.size:
        return {**dict.fromkeys(_SHARES, np.nan), "verdict": "undefined"}
    mean = np.array([variance.mean()])
    count = np.array([n_items])
    against = {
        name: 0.0 if mean[0] > null else float(rwg_j(mean, count, null)[0])
        for name, null in (("rwg_j", uniform_null(n_options)), ("rwg_j_skewed", skewed_null(n_options)))
    }
    deviation = float(ad.mean())
    return {
        **against,
        "ad": deviation,
        "verdict": may_be_averaged(against["rwg_j"], against["rwg_j_skewed"], deviation, n_options),
    }
