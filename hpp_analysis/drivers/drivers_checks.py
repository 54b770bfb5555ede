"""Whether the assumptions of a regression hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hpp_analysis.common.interpret import CHECK_P, COOK_LARGE, VIF_HIGH
from hpp_analysis.drivers.drivers_data import DriverData
from hpp_analysis.drivers.drivers_estimate import correlations_of, standardised, variance_inflation

CHECKS = ("overlap", "linearity", "spread", "influence", "normality")


def check_assumptions(data: DriverData) -> pd.DataFrame:
    """One row per assumption.

    Returns
    -------
    DataFrame
        check, statistic, p (NaN where it is not a test), limit (the largest statistic, or smallest p, that needs no
        look), look (whether it does; normality never: slopes do not need it), n (rows or predictors beyond the limit).
        Where correlations are of pairs of variables, overlap alone can be checked.
    """
    inflation = variance_inflation(correlations_of(data))
    overlap = _row("overlap", float(inflation.max()), limit=VIF_HIGH, n=int((inflation > VIF_HIGH).sum()))
    return pd.DataFrame([overlap] if data.pairwise else [overlap, *_of_residuals(data)])


def _of_residuals(data: DriverData) -> list[dict[str, Any]]:
    # takes a second: loaded when it is used
    from statsmodels.regression.linear_model import OLS
    from statsmodels.stats.diagnostic import het_breuschpagan, linear_reset

    z = standardised(data)
    fit = OLS(z[:, -1], np.column_stack([np.ones(len(z)), z[:, :-1]])).fit()
    reset = linear_reset(fit, power=2, test_type="fitted", use_f=True)
    statistic, p, _f, _pf = het_breuschpagan(fit.resid, fit.model.exog)
    cook = fit.get_influence().cooks_distance[0]
    return [
        _row("linearity", float(reset.fvalue), p=float(reset.pvalue), limit=CHECK_P),
        _row("spread", float(statistic), p=float(p), limit=CHECK_P),
        _row("influence", float(np.nanmax(cook)), limit=COOK_LARGE, n=int((cook > COOK_LARGE).sum())),
        _row("normality", float(stats.skew(fit.resid)), limit=np.nan),
    ]


def _row(check: str, statistic: float, *, limit: float, p: float = np.nan, n: int = 0) -> dict[str, Any]:
    look = p < limit if p == p else statistic > limit
    return {"check": check, "statistic": statistic, "p": p, "limit": limit, "look": bool(look), "n": n}
