"""The fit of a model as a table: what it is called, in its own unit, plain and corrected."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hpp_analysis.display.columns import Column, Unit
from hpp_analysis.display.formats import NOTHING, format_interval, format_value
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _


def fit_table(measures: pd.Series, n_used: int) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """Fit measures by row, and their scaled and robust versions where the estimator has them.

    Parameters
    ----------
    measures : Series
        As `CFA.fit_measures`.
    n_used : int

    Returns
    -------
    DataFrame, tuple of Column
        Texts in the language in use; what is undefined is a dash.
    """
    names: dict[str, tuple[str, Unit]] = {
        "chi2": (_("Chi-square"), "score"),
        "df": (_("Degrees of freedom"), "count"),
        "p": (_("p-value"), "p"),
        "scaling_factor": (_("Scaling factor"), "fit"),
        "cfi": ("CFI", "fit"),
        "tli": ("TLI", "fit"),
        "rmsea": ("RMSEA", "fit"),
        "rmsea_ci": (_("RMSEA: 90% interval"), "fit"),
        "srmr": ("SRMR", "fit"),
        "loglik": (_("Log-likelihood"), "score"),
        "aic": ("AIC", "score"),
        "bic": ("BIC", "score"),
        "sabic": (_("BIC adjusted for sample size"), "score"),
        "n_par": (_("Free parameters"), "count"),
    }
    versions = {"value": "", "scaled": "_scaled", "robust": "_robust"}
    kept = {
        version: suffix
        for version, suffix in versions.items()
        if not suffix or np.isfinite(measures.filter(like=suffix)).any()
    }
    rows = []
    for name, (label, unit) in names.items():
        cells = {version: _cell(measures, name, suffix, unit) for version, suffix in kept.items()}
        if any(cell != NOTHING for cell in cells.values()):
            rows.append({"measure": label, **cells})
    rows.append({"measure": _("Respondents used"), "value": format_value(n_used, "count")})
    labels = {"value": N_("Value"), "scaled": N_("Scaled"), "robust": N_("Robust")}
    columns = (Column("measure", N_("Measure")), *(Column(name, labels[name]) for name in kept))
    return pd.DataFrame(rows).fillna(NOTHING), columns


def _cell(measures: pd.Series, name: str, suffix: str, unit: Unit) -> str:
    if name == "scaling_factor":
        return format_value(measures.get(name, np.nan), unit) if suffix == "_scaled" else NOTHING
    if name != "rmsea_ci":
        return format_value(measures.get(f"{name}{suffix}", np.nan), unit)
    lower, upper = (measures.get(f"rmsea_ci_{side}{suffix}", np.nan) for side in ("lower", "upper"))
    return format_interval(lower, upper, unit)
