"""The criteria for the number of factors: what each is called, which family it belongs to, and its paper."""

from __future__ import annotations

from dataclasses import dataclass

from hpp_analysis.texts import N_


@dataclass(frozen=True, slots=True)
class Criterion:
    """One way to tell how many factors there are.

    Attributes
    ----------
    label : str
        A message.
    family : str
        Criteria of one family rest on the same idea; together they have one vote.
    paper : str
    assumes : tuple of str
        Codes of what must hold; `retention_validity` looks at each in the data.
    """

    label: str
    family: str
    paper: str
    assumes: tuple[str, ...] = ()


_NORMAL_THEORY = ("product_moment", "normal_items", "n_above_p")
_HUMPHREYS = "Humphreys & Montanelli (1975), doi:10.1207/s15327906mbr1002_5"
_LORENZO_SEVA = "Lorenzo-Seva, Timmerman & Kiers (2011), doi:10.1080/00273171.2011.564527"

CRITERIA: dict[str, Criterion] = {
    "parallel": Criterion(
        N_("Parallel analysis of components"), "parallel", "Horn (1965), doi:10.1007/BF02289447", ("own_margins",)
    ),
    "parallel_smc": Criterion(
        N_("Parallel analysis, squared multiple correlations"),
        "parallel",
        _HUMPHREYS,
        ("own_margins", "no_minor_factors"),
    ),
    "parallel_factor": Criterion(
        N_("Parallel analysis, communalities of one factor"), "parallel", _HUMPHREYS, ("own_margins",)
    ),
    "map": Criterion(N_("Minimum average partial"), "map", "Velicer (1976), doi:10.1007/BF02293557", ("enough_items",)),
    "map4": Criterion(
        N_("Minimum average partial, fourth powers"),
        "map",
        "Velicer, Eaton & Fava (2000), doi:10.1007/978-1-4615-4397-8_3",
        ("enough_items",),
    ),
    "ekc": Criterion(
        N_("Empirical Kaiser criterion"), "ekc", "Braeken & van Assen (2017), doi:10.1037/met0000074", _NORMAL_THEORY
    ),
    "hull": Criterion(N_("Hull, common part accounted for"), "hull", _LORENZO_SEVA, ("enough_items",)),
    "hull_cfi": Criterion(N_("Hull, CFI"), "hull", _LORENZO_SEVA, ("product_moment", "normal_items", "enough_items")),
    "hull_rmsea": Criterion(
        N_("Hull, RMSEA"), "hull", _LORENZO_SEVA, ("product_moment", "normal_items", "enough_items")
    ),
    "nest": Criterion(
        N_("Next eigenvalue sufficiency test"),
        "nest",
        "Achim (2017), doi:10.20982/tqmp.13.1.p064",
        (*_NORMAL_THEORY, "no_minor_factors"),
    ),
    "comparison_data": Criterion(
        N_("Comparison data"),
        "comparison_data",
        "Ruscio & Roche (2012), doi:10.1037/a0025697",
        ("enough_items", "no_minor_factors"),
    ),
    "chi2": Criterion(
        N_("Sequential chi-square test"),
        "chi2",
        "Lawley & Maxwell (1962), doi:10.2307/2986915",
        (*_NORMAL_THEORY, "tolerates_close_fit"),
    ),
    "bic": Criterion(N_("BIC"), "information", "Schwarz (1978), doi:10.1214/aos/1176344136", _NORMAL_THEORY),
    "sabic": Criterion(
        N_("Sample-size adjusted BIC"),
        "information",
        "Sclove (1987), doi:10.1007/BF02294360",
        (*_NORMAL_THEORY, "no_minor_factors"),
    ),
    "rmsea": Criterion(
        N_("RMSEA, lower bound below .05"),
        "rmsea",
        "Preacher, Zhang, Kim & Mels (2013), doi:10.1080/00273171.2012.710386",
        _NORMAL_THEORY,
    ),
    "kaiser": Criterion(
        N_("Eigenvalues above 1"), "kaiser", "Kaiser (1960), doi:10.1177/001316446002000116", ("no_sampling_error",)
    ),
}

CHEAP = ("parallel", "parallel_smc", "parallel_factor", "map", "map4", "ekc", "kaiser")
"""Criteria that need no series of models: bootstrap samples judge them unless others are asked for."""
