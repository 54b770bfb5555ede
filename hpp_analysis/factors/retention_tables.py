"""The tables of a retention study."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hpp_analysis.core.retention.panel import SPECTRA, Panel
from hpp_analysis.core.retention.verdict import Verdict
from hpp_analysis.factors.retention_criteria import CRITERIA
from hpp_analysis.factors.retention_methods import settings_text
from hpp_analysis.factors.retention_settings import RetentionSettings
from hpp_analysis.texts import spoken


def verdict_frame(
    verdicts: Mapping[str, Verdict], validity: pd.DataFrame, stability: pd.DataFrame, settings: RetentionSettings
) -> pd.DataFrame:
    """One row per criterion; `Retention.to_frame` documents the columns."""
    broken = set(validity.loc[validity["state"] == "not_met", "criterion"])
    rows = []
    with spoken("en"):
        for name, found in verdicts.items():
            same = stability[(stability["criterion"] == name) & (stability["n_factors"] == found.n_factors)]
            judged = (stability["criterion"] == name).any()
            rows.append(
                {
                    "criterion": name,
                    "n_factors": float(found.n_factors),
                    "votes": name not in broken and bool(np.isfinite(found.n_factors)),
                    "stability": float(same["share"].sum()) if judged and np.isfinite(found.n_factors) else np.nan,
                    "settings": settings_text(name, settings),
                    "reference": CRITERIA[name].paper,
                    "why": found.why,
                }
            )
    return pd.DataFrame(rows)


def eigenvalue_frame(panel: Panel, verdicts: Mapping[str, Verdict]) -> pd.DataFrame:
    """One row per eigenvalue: those of components, and of each kind that parallel analysis looked at."""
    p = len(panel.r)
    frame = pd.DataFrame({"number": np.arange(1, p + 1)})
    defined = bool(np.isfinite(panel.r).all())
    frame["pca"] = panel.spectrum["pca"] if defined else np.nan
    for name, kind in SPECTRA.items():
        if kind != "pca" and name in verdicts:
            frame[kind] = panel.spectrum[kind] if kind in panel.curves else np.nan
        if kind in panel.curves:
            frame[f"{kind}_reference"] = panel.curves[kind]
    for name in ("ekc", "nest"):
        if name in verdicts and "reference" in verdicts[name].values:
            frame[f"{name}_reference"] = verdicts[name].values["reference"]
    return frame


_MODEL_CRITERIA = frozenset({"chi2", "bic", "sabic", "rmsea", "hull_cfi", "hull_rmsea"})


def models_frame(panel: Panel, verdicts: Mapping[str, Verdict]) -> pd.DataFrame:
    """One row per maximum-likelihood solution, where a criterion judged them."""
    measures = ["chi2", "df", "p", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "tli", "bic", "sabic", "rmsr"]
    judged = [name for name in verdicts if name in _MODEL_CRITERIA and verdicts[name].values]
    if not judged:
        return pd.DataFrame(columns=["n_factors", *measures, "cfi", "flags"])
    series = panel.models
    frame = pd.DataFrame({name: series.of(name) for name in measures})
    frame.insert(0, "n_factors", np.arange(len(frame)))
    frame["cfi"] = series.cfi
    frame["flags"] = [" ".join(flags) for flags in series.flags]
    return frame


def stability_frame(samples: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Criterion, n_factors (NaN: says nothing), share of the bootstrap samples."""
    rows = []
    for name, said in samples.items():
        for k in [*np.unique(said[np.isfinite(said)]), *([np.nan] if np.isnan(said).any() else [])]:
            here = np.isnan(said) if np.isnan(k) else said == k
            rows.append({"criterion": name, "n_factors": float(k), "share": float(here.mean())})
    return pd.DataFrame(rows, columns=["criterion", "n_factors", "share"])
