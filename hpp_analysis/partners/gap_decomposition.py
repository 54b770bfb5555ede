"""Where does a gap come from? Biased items, another mix of roles, noise, and what is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.design import design_of
from hpp_analysis.common.interpret import ENOUGH_PERSONS, MIN_INVARIANCE_GROUP
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.groups.decomposition import composition, likely_noise, person_weights
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.models.invariance import Invariance
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.partners.gaps import partner_gaps
from hpp_analysis.partners.partial_invariance import estimate_item_bias, few_categories, items_as, sentence_on_test
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _

PARTS = ("item_bias", "role_mix", "noise", "rest")
"""The columns with the parts of a gap, in order."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class GapDecomposition(Result):
    """Parts of the gap of each factor; those that are known sum to the gap.

    Attributes
    ----------
    table : DataFrame
        factor, gap (first side minus second), se, its parts item_bias, role_mix, noise and rest (NaN where a part is unknown,
        which then is in the rest), role_ci_lower, role_ci_upper, item_bias_why and role_why (codes where a part is unknown),
        items (those with a bias, separated by commas), n_first, n_second.
    sides : tuple of str
        A gap is the first minus the second.
    side, role : str
        The columns with the sides and with the roles.
    roles : DataFrame
        factor, role, share_first, share_second, mean_first, mean_second. Empty where roles are not known.
    invariance : Invariance, optional
        The test behind the first part.
    conf_level : float
    n_boot : int
    few_categories : bool
        Whether items have fewer than five categories and are tested as ordered by default.
    """

    sides: tuple[str, str]
    side: str
    role: str
    roles: pd.DataFrame = field(default_factory=pd.DataFrame)
    invariance: Invariance | None = None
    conf_level: float = 0.95
    n_boot: int = 500
    few_categories: bool = False

    def _declare(self) -> Declaration:
        return Declaration(
            name="gap_decomposition",
            caption=_("Where the gaps come from"),
            variable="factor",
            whole_study=True,
            columns=(
                Column("factor", _("Factor"), key=True),
                Column("gap", _("Gap"), "difference"),
                *(Column(part, label, "difference") for part, label in _part_names().items()),
                Column("role_ci_lower", _("Roles, interval"), "difference", upper="role_ci_upper"),
                Column("said", _("What could not be told")),
            ),
            figures={"waterfall": self._waterfall},
            tables={"roles": self._roles_table} if len(self.roles) else {},
        )

    def _labelled(self) -> pd.DataFrame:
        frame = super()._labelled()
        return frame.assign(
            said=[
                " ".join(self._unknown_parts(row.item_bias_why, row.role_why)) or None
                for row in self.table.itertuples()
            ]
        )

    def _unknown_parts(self, item_bias: str, role: str) -> list[str]:
        words = {
            "few": _("Reading: not testable with fewer than {n} respondents a side.").format(n=MIN_INVARIANCE_GROUP),
            "unclear": _("Reading: these answers cannot tell."),
            "fails": _("Reading: too few items are read alike for a comparison."),
            "not_estimated": _("Reading: the model could not be estimated."),
            "no_column": _("Roles: not asked."),
            "one_role": _("Roles: no two roles with enough persons on both sides."),
        }
        return [words[code] for code in (item_bias, role) if code in words]

    def _notes(self) -> list[str]:
        first, second = (self._called(side, self.side) for side in self.sides)
        return [
            _("Gap: the mean of {first} minus that of {second}.").format(first=first, second=second),
            _("The parts of a row sum to its gap; a part that is not known is in what is left."),
        ]

    def _summary(self) -> list[str]:
        said: list[str] = []
        for row in self.table.dropna(subset=["gap"]).itertuples():
            numbers = {part: format_value(getattr(row, part), "difference") for part in ("gap", *PARTS)}
            parts = [
                _("{item_bias} comes from items that are read differently"),
                _("{role_mix} from another mix of roles"),
                _("{noise} is probably noise"),
            ]
            known = [
                text.format(**numbers)
                for part, text in zip(PARTS, parts, strict=False)
                if not np.isnan(getattr(row, part))
            ]
            said.append(
                _("{factor}: of the gap of {gap}, {parts}; {rest} is left.").format(
                    factor=self._called(row.factor), parts=join_names(known) or "–", **numbers
                )
            )
            if row.items:
                names = [self._called(item) for item in row.items.split(",")]
                said.append(_("Read differently: {items}.").format(items=join_names(names)))
        reasons = [
            text for row in self.table.itertuples() for text in self._unknown_parts(row.item_bias_why, row.role_why)
        ]
        said += dict.fromkeys(reasons)
        return said or [_("There is no gap to explain: one side did not answer.")]

    def _methods(self) -> list[str]:
        level = format_value(self.conf_level, "share")
        tested = sentence_on_test(items_as(self.invariance), few=self.few_categories)
        return [
            _(
                "The part of items that are read differently is the bias of the items that a test of measurement "
                "invariance set free, in points of the scale, divided by the number of items (Nye & Drasgow, 2011; "
                "Steinmetz, 2013)."
            ),
            *([tested] if tested else []),
            _(
                "The part of another mix of roles is Kitagawa's (1955): the difference in the shares of roles at the mean "
                "score of both sides, with each partnership weighing the same; its {level} interval is from a Bayesian "
                "bootstrap of {n} draws over persons (Rubin, 1981)."
            ).format(level=level, n=format_value(self.n_boot, "count")),
            _(
                "Of what is left, the part that is probably noise is in proportion to its squared standard error "
                "(positive-part shrinkage; Efron & Morris, 1975)."
            ),
        ]

    def _roles_table(self) -> FurtherTable:
        first, second = (self._called(side, self.side) for side in self.sides)
        frame = self.roles.assign(
            factor=[self._called(factor) for factor in self.roles["factor"]],
            role=[self._called(role, self.role) or _("other") for role in self.roles["role"]],
        )
        columns = (
            Column("factor", _("Factor")),
            Column("role", self._called(self.role)),
            Column("share_first", _("Share, {side}").format(side=first), "share"),
            Column("share_second", _("Share, {side}").format(side=second), "share"),
            Column("mean_first", _("Mean, {side}").format(side=first), "score"),
            Column("mean_second", _("Mean, {side}").format(side=second), "score"),
        )
        return FurtherTable(frame, columns, _("The roles on both sides"))

    def _waterfall(self) -> Figure:
        rows = []
        for row in self.table.dropna(subset=["gap"]).to_dict("records"):
            factor = self._called(row["factor"])
            rows += [
                {"group": factor, "label": label, "value": row[part], "total": False}
                for part, label in _part_names().items()
                if not np.isnan(row[part])
            ]
            rows.append({"group": factor, "label": _("Gap"), "value": row["gap"], "total": True})
        frame = pd.DataFrame(rows, columns=["group", "label", "value", "total"])
        return Figure(plots.waterfall, frame, xlabel=_("Scale points"))


def _part_names() -> dict[str, str]:
    names = (_("Items read differently"), _("Another mix of roles"), _("Probably noise"), _("What is left"))
    return dict(zip(PARTS, names, strict=True))


@checked
def decompose_gaps(
    data: Survey,
    *,
    side: str = "side",
    role: str = "role",
    invariance: Invariance | None = None,
    n_boot: int = 500,
    conf_level: float = 0.95,
    seed: int = 0,
) -> GapDecomposition:
    """Decompose each gap into item bias, a different mix of roles, noise, and the rest.

    Parameters
    ----------
    data : Survey
        The answers, of one wave.
    side : str
        The respondent column with the two sides.
    role : str
        The respondent column with what persons are (manager, employee). Roles with fewer than five persons on a side are
        taken together.
    invariance : Invariance, optional
        From `measurement_invariance` by `side`; by default it is tested here, where both sides have enough respondents;
        items with fewer than five categories as ordered.
    n_boot : int
        Draws behind the interval of the role mix.
    conf_level : float
    seed : int

    Returns
    -------
    GapDecomposition

    Notes
    -----
    This describes and does not explain: managers may score higher because they are managers, or because of who becomes one.
    What is left is the difference between persons in the same role who read the questions alike.

    References
    ----------
    Kitagawa (1955), doi:10.1080/01621459.1955.10501299; Nye & Drasgow (2011), doi:10.1037/a0022955; Steinmetz (2013),
    doi:10.1027/1614-2241/a000049; Efron & Morris (1975), doi:10.1080/01621459.1975.10479864; Rubin (1981),
    doi:10.1214/aos/1176345338

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> budget = decompose_gaps(simulate_study(persons_per_side=15, seed=1).survey).to_frame()
    >>> parts = budget[["item_bias", "role_mix", "noise", "rest"]].sum(axis=1)
    >>> bool((abs(parts - budget["gap"]) < 1e-12).all())
    True
    """
    in_range(n_boot, "n_boot", at_least=2)
    if role != "role":  # answers may lack the column that this is called by default
        names_in(role, data.respondents.columns, "role", kind="a column of the answers")
    gaps = partner_gaps(data, side=side, conf_level=conf_level)
    factors = [factor.id for factor in data.instrument.factors]
    table = gaps.to_frame()
    table = table[table["factor"].isin(factors)].set_index("factor")
    biases, tested = estimate_item_bias(data, side, gaps.sides, invariance)
    mixes = _role_mixes(data, side, gaps.sides, role, list(table.index), (n_boot, conf_level, seed))
    rows, roles = [], []
    for factor, gap in table.iterrows():
        bias, mix = biases[str(factor)], mixes[str(factor)]
        left = gap["gap"] - np.nansum([bias.points, mix["role_mix"]])
        noise = likely_noise(left, gap["se"]) if np.isfinite(left) and np.isfinite(gap["se"]) else np.nan
        rows.append(
            {
                "factor": factor,
                "gap": gap["gap"],
                "se": gap["se"],
                "item_bias": bias.points,
                "role_mix": mix["role_mix"],
                "noise": noise,
                "rest": left - np.nan_to_num(noise),
                "role_ci_lower": mix["role_ci_lower"],
                "role_ci_upper": mix["role_ci_upper"],
                "item_bias_why": bias.why,
                "role_why": mix["role_why"],
                "items": ",".join(bias.items),
                "n_first": gap["n_first"],
                "n_second": gap["n_second"],
            }
        )
        roles.append(mix["roles"].assign(factor=factor))
    details = pd.concat(roles, ignore_index=True) if roles else pd.DataFrame()
    return GapDecomposition(
        table=pd.DataFrame(rows),
        context=Context.of(data),
        flags=gaps.flags,
        sides=gaps.sides,
        side=side,
        role=role,
        roles=details,
        invariance=tested,
        conf_level=conf_level,
        n_boot=n_boot,
        few_categories=few_categories(data.instrument),
    )


def _role_mixes(
    survey: Survey, side: str, sides: tuple[str, str], role: str, factors: list[str], draws: tuple[int, float, int]
) -> dict[str, dict[str, Any]]:
    """Estimate the part of each gap that comes from the mix of roles, its interval, and the roles themselves."""
    unknown = {"role_mix": np.nan, "role_ci_lower": np.nan, "role_ci_upper": np.nan, "roles": pd.DataFrame()}
    if role not in survey.respondents or role == side:
        return {factor: {**unknown, "role_why": "no_column"} for factor in factors}
    values = scale_values(survey)
    design = design_of(survey, ("partnership", side))
    sided = survey.respondents[side].astype(str)
    roles = survey.respondents[role].astype(str)
    found = {}
    for factor in factors:
        y = values[factor]
        use = (y.notna() & sided.isin(sides)).to_numpy()
        codes, names = _common_roles(roles[use], sided[use], survey.persons[use], sides)
        if len(names) < 2:
            found[factor] = {**unknown, "role_why": "one_role"}
            continue
        first = (sided[use] == sides[0]).to_numpy()
        cell, person = design.cell[use], pd.factorize(design.person[use])[0]
        scores = y[use].to_numpy(dtype=float)
        usual = composition(scores, _balanced(np.ones(len(scores)), cell), first, codes, len(names))
        n_boot, conf_level, seed = draws
        drawn = person_weights(person, pd.factorize(cell)[0], n_boot, np.random.default_rng(seed))
        mixes = [composition(scores, _balanced(weight, cell), first, codes, len(names)).mix for weight in drawn]
        lower, upper = np.quantile(mixes, [(1 - conf_level) / 2, (1 + conf_level) / 2])
        found[factor] = {
            "role_mix": usual.mix,
            "role_ci_lower": float(lower),
            "role_ci_upper": float(upper),
            "role_why": "",
            "roles": pd.DataFrame(
                {
                    "role": names,
                    "share_first": usual.share_first,
                    "share_second": usual.share_second,
                    "mean_first": usual.mean_first,
                    "mean_second": usual.mean_second,
                }
            ),
        }
    return found


def _common_roles(
    roles: pd.Series, sides: pd.Series, persons: pd.Series, both: tuple[str, str]
) -> tuple[np.ndarray, list[str]]:
    """Code the roles that both sides have with enough persons; pool all others into one role, if it has enough.

    A rest that is too small on a side joins the smallest role, so that every rating has a role that both sides know.
    """
    who = pd.DataFrame({"role": roles, "side": sides, "person": persons})
    counts = who.pivot_table(index="role", columns="side", values="person", aggfunc="nunique", fill_value=0)
    counts = counts.reindex(columns=list(both), fill_value=0)
    enough = (counts >= ENOUGH_PERSONS).all(axis=1) & (counts.index != "")
    common = [str(name) for name in counts.index[enough]]
    if not common:
        return np.zeros(len(roles), dtype=int), []
    rest = counts[~enough].sum()
    if rest.sum() and (rest < ENOUGH_PERSONS).any():
        smallest = counts.loc[common].sum(axis=1).idxmin()
        named = roles.where(roles.isin(common), smallest)
        return np.array([common.index(name) for name in named]), common
    names = [*common, ""] if rest.sum() else common
    return np.array([names.index(name if name in common else "") for name in roles]), names


def _balanced(weight: np.ndarray, cell: np.ndarray) -> np.ndarray:
    """Rescale weights so that each partnership of a side counts equally."""
    return np.asarray(weight / np.bincount(cell, weight)[cell])
