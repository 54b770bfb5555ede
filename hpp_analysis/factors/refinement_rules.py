"""When an item leaves a scale, and the split that keeps respondents for confirmation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import CROSS_GAP, FEWEST_ITEMS, LOW_COMMUNALITY, LOW_ITEM_REST, PRIMARY_LOADING
from hpp_analysis.core.factors.item_reduction import Limits
from hpp_analysis.errors import OptionError
from hpp_analysis.factors.factor_source import persons_of
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, slots=True)
class RefinementRules:
    """The rules of `refine_scale`, in the order in which they are asked; None leaves a rule out.

    Attributes
    ----------
    communality : float, optional
        Items whose communality is lower leave; .30 (Pallant 2020).
    loading : float, optional
        Items whose largest loading is lower leave; .40 (Howard 2016).
    gap : float, optional
        Items whose two largest loadings lie closer leave; .20 (Howard 2016).
    item_rest : float, optional
        Items that correlate less with the sum of the others of their factor leave; .30 (Nunnally & Bernstein 1994).
    min_items : int
        An item stays where its factor would be left with fewer; 3 (Velicer & Fava 1998).

    Examples
    --------
    >>> RefinementRules(communality=0.2, item_rest=None).gap
    0.2
    """

    communality: float | None = LOW_COMMUNALITY
    loading: float | None = PRIMARY_LOADING
    gap: float | None = CROSS_GAP
    item_rest: float | None = LOW_ITEM_REST
    min_items: int = FEWEST_ITEMS

    def __post_init__(self) -> None:
        for name in ("communality", "loading", "gap", "item_rest"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0
            if value is not None and not number:
                raise OptionError(
                    f"The rule `{name}` must be a number from 0 to 1, or None. Given: {value!r}. Correct it."
                )
        if isinstance(self.min_items, bool) or not isinstance(self.min_items, int) or self.min_items < 1:
            raise OptionError(f"`min_items` must be a whole number from 1. Given: {self.min_items!r}. Correct it.")

    def limits(self, target: int | None) -> Limits:
        """As the core takes them."""
        cuts = (self.communality, self.loading, self.gap, self.item_rest)
        a, b, c, d = (np.nan if cut is None else float(cut) for cut in cuts)
        return Limits((a, b, c, d), self.min_items, target or 0)


def rule_name(rule: str) -> str:
    """What a rule is called in the language in use."""
    return {
        "communality": _("communality"),
        "loading": _("primary loading"),
        "gap": _("distance to the next loading"),
        "item_rest": _("correlation with the rest of the factor"),
        "target": _("number of items wanted"),
    }[rule]


@checked
def split_persons(
    data: Survey | pd.DataFrame, share: float, *, seed: int = 0, units: pd.Series | None = None
) -> tuple[Survey | pd.DataFrame, Survey | pd.DataFrame]:
    """Divide respondents into those on whom a scale is developed and those on whom it is confirmed.

    Each person is on one side, with all ratings. `refine_scale(holdout=share, seed=seed)` divides in the same way.

    Parameters
    ----------
    data : Survey or DataFrame
    share : float
        Of the persons that are set aside for confirmation, between 0 and 1.
    seed : int
        Of the draw.
    units : Series, optional
        Whom each row comes from, by the index of the answers; by default the persons of a survey, or each row by itself.

    Returns
    -------
    development, confirmation : Survey or DataFrame
        As `data`.

    Raises
    ------
    OptionError
        When one of them would be empty.

    References
    ----------
    Worthington & Whittaker (2006), doi:10.1177/0011000006288127

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> development, confirmation = split_persons(survey, 0.5, seed=1)
    >>> bool(set(development.persons) & set(confirmation.persons))
    False
    """
    persons = persons_of(data, units)
    codes, known = pd.factorize(persons)
    n_held = round(share * len(known))
    if not 1 <= n_held < len(known):
        raise OptionError(
            f"`holdout` must leave persons on both sides. Given: {share!r} of {len(known)} persons. Correct it."
        )
    chosen = np.random.default_rng(seed).permutation(len(known))[:n_held]
    held = np.isin(codes, chosen)
    if isinstance(data, Survey):
        why = _("kept for confirmation: a share of {share:g} of the persons, drawn with seed {seed}").format(
            share=share, seed=seed
        )
        return data.keep(~held, why), data.keep(
            held, _("used for development: those who were not kept for confirmation (seed {seed})").format(seed=seed)
        )
    return data[~held], data[held]
