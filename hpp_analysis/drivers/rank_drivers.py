"""The verb behind `Drivers`: from answers to slopes, importance and tiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import (
    LMG_MOST,
    MIN_CLUSTERS,
    MIN_CLUSTERS_BOOT,
    MIN_UNITS_TIERS,
    importance_is_sound,
)
from hpp_analysis.core.importance.importance import MOST_PREDICTORS, dominance, subset_r2
from hpp_analysis.drivers.drivers import Drivers
from hpp_analysis.drivers.drivers_checks import check_assumptions
from hpp_analysis.drivers.drivers_data import DriverData, Predictors, driver_data, whole_number
from hpp_analysis.drivers.drivers_estimate import (
    FloatArray,
    Tests,
    blocks_table,
    correlations_of,
    draw_samples,
    errors_of,
    importance_of,
    importance_table,
    slopes_table,
    why_not,
)
from hpp_analysis.errors import OptionError
from hpp_analysis.options import ImportanceMethod, checked, in_range, one_of
from hpp_analysis.survey.survey import Survey


@checked
def rank_drivers(
    data: Survey | pd.DataFrame,
    *,
    outcome: str | Sequence[str] = "success",
    predictors: Predictors = None,
    hpo: Survey | None = None,
    cluster: str | Sequence[str] | None = None,
    within: str | Sequence[str] | None = None,
    importance: ImportanceMethod = "auto",
    conf_level: float = 0.95,
    n_boot: int = 1000,
    n_wild: int = 999,
    seed: int = 0,
) -> Drivers:
    """Ask what an outcome goes together with, and how sure the order of its predictors is.

    Parameters
    ----------
    data : Survey or DataFrame
        A survey, of which scale scores (and single items) explain the outcome; or a frame of numbers.
    outcome : str
        A scale or item of the survey; a column of the frame.
    predictors : str, sequence of str, or mapping of block to sequence of str, optional
        Scales or items; "items" for all characteristics of the factors; with blocks, which are entered in their order,
        the change of R2 is tested. By default the factors (but the outcome), after a block of HPO factors where `hpo` is
        given.
    hpo : Survey, optional
        Answers to the HPO questionnaire, one row a person (and wave): joined by `respondent` (and `wave`). An HPO factor
        whose name the survey has too gets "hpo_" before it.
    cluster : str, optional
        A respondent column (of the frame: a column), such as "organisation", for inference to organisations at large:
        standard errors from 10 organisations a side on, bootstrap samples from 20 on, NaN below. By default the
        organisations are these, and persons vary.
    within : str or sequence of str, optional
        Columns whose combinations are groups: everything is taken about the means of each (fixed effects).
    importance : {"auto", "lmg", "relative_weights"}
        LMG up to 12 predictors, relative weights beyond, unless one is asked for (LMG: up to 14 predictors).
    conf_level : float
        Of the intervals and of the tiers.
    n_boot : int
        Bootstrap samples for the intervals and the order of importance; 0 for none, else 100 or more.
    n_wild : int
        Samples of the wild bootstrap, by which slopes are tested; 0 for no tests, else 99 or more.
    seed : int

    Returns
    -------
    Drivers

    Raises
    ------
    OptionError
        When a name is none of the data's, or an option has a value that it cannot have.

    Notes
    -----
    An importance is never negative, so its interval does not tell whether a predictor matters at all: its slope does.
    All slopes together, blocks of them, and each by itself are tested by a wild bootstrap with the null imposed; the
    p-values of single slopes are adjusted for their number, and `named` are the predictors that are found by them.
    Associations in one questionnaire are not causes.

    References
    ----------
    Lindeman, Merenda & Gold (1980), Introduction to Bivariate and Multivariate Analysis; Grömping (2007),
    doi:10.1198/000313007X188252; Azen & Budescu (2003), doi:10.1037/1082-989X.8.2.129; Johnson (2000),
    doi:10.1207/S15327906MBR3501_1; MacKinnon & White (1985), doi:10.1016/0304-4076(85)90158-7; Pustejovsky & Tipton
    (2018), doi:10.1080/07350015.2016.1247004; Hsu (1984), doi:10.1214/aos/1176346801; Mogstad, Romano, Shaikh & Wilhelm
    (2024), doi:10.1093/restud/rdad006; Davidson & Flachaire (2008), doi:10.1016/j.jeconom.2008.08.003; Romano & Wolf
    (2005), doi:10.1198/016214504000000539; Little (1992), doi:10.1080/01621459.1992.10476282

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> study = simulate_study(persons_per_side=60, seed=1)
    >>> drivers = rank_drivers(study.survey, hpo=study.hpo_survey)
    >>> drivers.leading
    ('openness',)
    """
    one_of(importance, ImportanceMethod, "importance")
    in_range(conf_level, "conf_level", above=0, below=1)
    whole_number(n_boot, "n_boot", 100)
    whole_number(n_wild, "n_wild", 99)
    rows = driver_data(data, outcome=outcome, predictors=predictors, hpo=hpo, cluster=cluster, within=within)
    outcome, p = str(rows.values.columns[-1]), len(rows.predictors)
    method = ("lmg" if p <= LMG_MOST else "relative_weights") if importance == "auto" else importance
    if method == "lmg" and p > MOST_PREDICTORS:
        raise OptionError(
            f'`importance` must not be "lmg" with more than {MOST_PREDICTORS} predictors, as it looks at all subsets of '
            f"them. Given: {p}. Take 'relative_weights', or fewer predictors."
        )
    common: dict[str, Any] = {
        "names": rows.names, "selection": rows.selection, "outcome": outcome, "method": method, "data": rows,
        "n_used": rows.n_used, "n_persons": rows.n_persons, "n_given": rows.n_given, "n_boot": n_boot, "n_wild": n_wild,
        "seed": seed, "conf_level": conf_level, "errors": errors_of(rows),
    }  # fmt: skip
    if why := why_not(rows):
        return Drivers(**_nothing(rows), flags=(*_flags(rows), why), **common)
    samples = draw_samples(rows, n_boot=n_boot, seed=seed)
    tests = Tests(rows, n_wild=n_wild, seed=seed)
    slopes, whole = slopes_table(rows, tests, conf_level=conf_level)
    shares = importance_of(samples, method) if len(samples) else np.empty((0, p))
    table = importance_table(rows, shares, method=method, conf_level=conf_level)
    table.insert(
        1, "block", table["predictor"].map({one: name for name, block in rows.blocks.items() for one in block})
    )
    return Drivers(
        table=table.sort_values("rank", kind="stable").reset_index(drop=True),
        slopes=slopes,
        hierarchy=blocks_table(rows, tests),
        dominance=_dominance(rows, shares) if method == "lmg" else _no_dominance(),
        checks=check_assumptions(rows),
        r2=whole.pop("r2"),
        adjusted_r2=whole.pop("adjusted_r2"),
        overall=whole,
        samples=shares,
        flags=_flags(rows),
        **common,
    )


def _flags(rows: DriverData) -> tuple[str, ...]:
    flags = {
        "few_units": rows.n_units < MIN_UNITS_TIERS,
        "few_units_intervals": not importance_is_sound(rows.n_units, len(rows.predictors)),
        "pairwise": rows.pairwise,
        "several_ratings": rows.several,
        "few_clusters": 0 < rows.n_clusters < MIN_CLUSTERS,
        "few_clusters_boot": 0 < rows.n_clusters < MIN_CLUSTERS_BOOT,
    }
    return tuple(flag for flag, holds in flags.items() if holds)


def _no_dominance() -> pd.DataFrame:
    return pd.DataFrame({"predictor": [], "other": [], "level": [], "share": []})


def _dominance(rows: DriverData, shares: FloatArray) -> pd.DataFrame:
    """One row per pair: which is the more important, how thoroughly, and in what share of the samples."""
    found = dominance(subset_r2(correlations_of(rows)))
    order = np.argsort(-found.general, kind="stable")
    names = rows.predictors
    pairs = []
    for place, i in enumerate(order):
        for j in order[place + 1 :]:
            level = (
                "complete"
                if found.complete[i, j] == 1
                else "conditional"
                if found.conditionally[i, j] == 1
                else "general"
            )
            share = float((shares[:, i] > shares[:, j]).mean()) if len(shares) else np.nan
            pairs.append({"predictor": names[i], "other": names[j], "level": level, "share": share})
    return pd.DataFrame(pairs) if pairs else _no_dominance()


def _nothing(rows: DriverData) -> dict[str, Any]:
    """A result of which every number is NaN."""
    predictors = rows.predictors
    unknown = ("importance", "ci_lower", "ci_upper", "share", "rank", "p_first", "rank_lower", "rank_upper", "tier")
    slopes = ("correlation", "beta", "se", "df", "ci_lower", "ci_upper", "p", "p_adjusted", "slope", "vif")
    of_block = {one: name for name, block in rows.blocks.items() for one in block}
    return {
        "table": pd.DataFrame({"predictor": predictors, "block": [of_block[one] for one in predictors]}).assign(
            **dict.fromkeys(unknown, np.nan)
        ),
        "slopes": pd.DataFrame({"predictor": predictors}).assign(**dict.fromkeys(slopes, np.nan)),
        "hierarchy": pd.DataFrame({"block": []}), "dominance": _no_dominance(),
        "checks": pd.DataFrame({"check": [], "statistic": [], "p": [], "limit": [], "look": [], "n": []}),
        "r2": np.nan, "adjusted_r2": np.nan,
        "overall": {"f": np.nan, "df_num": float(len(predictors)), "p": np.nan},
        "samples": np.empty((0, len(predictors))),
    }  # fmt: skip
