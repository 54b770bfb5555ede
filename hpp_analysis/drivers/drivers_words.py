"""What is said about drivers: columns, checks in plain words, and the method paragraph."""

from __future__ import annotations

import pandas as pd

from hpp_analysis.common.interpret import MIN_CLUSTERS, MIN_UNITS_TIERS, VIF_HIGH
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_number, format_value
from hpp_analysis.drivers.drivers_data import DriverData
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

IMPORTANCE_COLUMNS = (
    Column("predictor", N_("Predictor")),
    Column("importance", N_("Importance"), "coefficient"),
    Column("ci_lower", N_("Interval"), "coefficient", upper="ci_upper"),
    Column("share", N_("Share of R²"), "share"),
    Column("p_first", N_("First"), "share"),
    Column("rank_lower", N_("Rank"), "count", upper="rank_upper"),
    Column("tier", N_("Tier"), "count"),
)
SLOPE_COLUMNS = (
    Column("predictor", N_("Predictor")),
    Column("correlation", N_("Correlation"), "coefficient"),
    Column("beta", N_("β"), "coefficient"),
    Column("ci_lower", N_("Interval"), "coefficient", upper="ci_upper"),
    Column("df", N_("df"), "df"),
    Column("p", N_("p"), "p"),
    Column("p_adjusted", N_("p, adjusted"), "p"),
    Column("slope", N_("Slope"), "coefficient"),
    Column("vif", N_("VIF"), "df"),
)
BLOCK_COLUMNS = (
    Column("block", N_("Block")),
    Column("n_predictors", N_("Predictors"), "count"),
    Column("r2_alone", N_("R² alone"), "coefficient"),
    Column("r2", N_("R² so far"), "coefficient"),
    Column("r2_change", N_("Change"), "coefficient"),
    Column("f", N_("F"), "score"),
    Column("p", N_("p"), "p"),
    Column("r2_last", N_("Over and above the others"), "coefficient"),
    Column("p_last", N_("p, over and above"), "p"),
)
DOMINANCE_COLUMNS = (
    Column("predictor", N_("Predictor")),
    Column("other", N_("Dominates")),
    Column("level", N_("Dominance")),
    Column("share", N_("Share of the samples"), "share"),
)
CHECK_COLUMNS = (
    Column("check", N_("Assumption")),
    Column("statistic", N_("Statistic"), "score"),
    Column("p", N_("p"), "p"),
    Column("verdict", N_("Verdict")),
)


def check_names() -> dict[str, str]:
    """What each check looks at."""
    return {
        "overlap": _("Predictors overlap little (largest variance inflation)"),
        "linearity": _("Relations are straight (RESET)"),
        "spread": _("Equal spread of what is not explained (Breusch-Pagan)"),
        "influence": _("No single rating decides (largest Cook's distance)"),
        "normality": _("Symmetry of what is not explained (skewness; for information)"),
    }


def dominance_words() -> dict[str, str]:
    """The levels of dominance, the strongest first."""
    return {"complete": _("complete"), "conditional": _("conditional"), "general": _("general")}


def check_sentences(checks: pd.DataFrame) -> list[str]:
    """What the checks mean for the reader, in plain words."""
    found = {str(row.check): row for row in checks.itertuples() if row.look}
    said = []
    if row := found.get("overlap"):
        said.append(
            _(
                "Predictors overlap so much (variance inflation {vif}, above {limit}) that single slopes are shaky; look "
                "at the importance instead."
            ).format(vif=format_value(row.statistic, "df"), limit=format_number(VIF_HIGH))
        )
    if "linearity" in found:
        said.append(
            _(
                "The relation is not quite straight: a rise counts differently at the low than at the high end of the "
                "scale; the slopes are averages over it."
            )
        )
    if "spread" in found:
        said.append(
            _(
                "What the predictors leave unexplained is larger at some scores than at others; the standard errors "
                "allow for that."
            )
        )
    if row := found.get("influence"):
        said.append(
            ngettext(
                "{n} rating has a strong say in the slopes (Cook's distance above 1): look at it before concluding.",
                "{n} ratings have a strong say in the slopes (Cook's distance above 1): look at them before concluding.",
                int(row.n),
            ).format(n=int(row.n))
        )
    if not said and len(checks) > 1:
        said.append(_("The assumptions of the regression gave no reason for a second look."))
    return said


def undefined_sentence(flags: tuple[str, ...]) -> str:
    """Why nothing can be said; `{outcome}` is still to be filled in."""
    if "constant" in flags:
        return _("What {outcome} goes together with cannot be told: an answer is the same everywhere.")
    if "dependent" in flags:
        return _(
            "What {outcome} goes together with cannot be told: one predictor follows entirely from the others. Leave it out."
        )
    return _("What {outcome} goes together with cannot be told: too few ratings have all scores.")


def untested_sentence(n_wild: int, flags: tuple[str, ...]) -> str:
    """Why no predictor is named."""
    if n_wild == 0:
        return _("No predictor is named, as no tests were asked for.")
    if "few_clusters" in flags:
        return _("No predictor is named: slopes are not tested with fewer than {few} organisations a side.").format(
            few=MIN_CLUSTERS
        )
    return _("No predictor is named: their slopes have no error here, so that they cannot be tested.")


def methods_of(
    data: DriverData, *, outcome: str, method: str, errors: str, n_boot: int, n_wild: int, seed: int, conf_level: float
) -> list[str]:
    """The method paragraph; `n_boot` and `n_wild` are 0 where no samples were drawn."""
    said = [
        _(
            "{outcome} was regressed on {n} predictors by least squares; slopes are of variables standardised to a standard "
            "deviation of 1."
        ).format(outcome=outcome, n=len(data.predictors))
    ]
    if data.n_groups > 1:
        said.append(
            _("All variables were taken about the means of {n} groups (fixed effects).").format(n=data.n_groups)
        )
    said.append(_missing(data))
    said.append(_errors(errors))
    if len(data.blocks) > 1:
        said.append(
            _(
                "Blocks of predictors were entered one after the other; their change of R² was tested both when entered and "
                "over and above all others."
            )
        )
    if n_wild:
        said.append(_tests(data, n_wild=n_wild, seed=seed, conf_level=conf_level))
    said.append(
        _(
            "Importance is LMG (Lindeman, Merenda & Gold, 1980; Grömping, 2007): what a predictor adds to R² averaged over "
            "all orders of entering, which is also its Shapley value and general dominance (Azen & Budescu, 2003)."
        )
        if method == "lmg"
        else _(
            "Importance is Johnson's relative weight (2000): the share of R² by way of the orthogonal variables closest to "
            "the predictors."
        )
    )
    if n_boot:
        said.append(
            _(
                "{n} bootstrap samples of {units}, each with all of its ratings (seed {seed}), gave percentile intervals, the "
                "share of samples in which a predictor comes first, and tiers: the first tier is a {level} confidence set "
                "of the most important predictor, by studentised comparisons with the best (Hsu, 1984; Mogstad et al., "
                "2024), so that the truly most important one is left out of it in at most {error} of studies."
            ).format(
                n=format_value(n_boot, "count"),
                units=_("organisations") if data.n_clusters else _("persons"),
                seed=seed,
                level=format_value(conf_level, "share"),
                error=format_value(1.0 - conf_level, "share"),
            )
        )
    return said


def _tests(data: DriverData, *, n_wild: int, seed: int, conf_level: float) -> str:
    return _(
        "All slopes together and blocks of them were tested by robust Wald statistics, single slopes by the largest t with "
        "a step-down for their number (Romano & Wolf, 2005), so that a study names a predictor that does not count in at "
        "most {error} of cases. Their distributions came from {n} samples of a wild bootstrap with the null imposed "
        "(Rademacher weights by {units}, seed {seed}; Freedman & Lane, 1983; Davidson & Flachaire, 2008)."
    ).format(
        error=format_value(1.0 - conf_level, "share"),
        n=format_value(n_wild, "count"),
        units=_("organisation") if data.n_clusters else _("person"),
        seed=seed,
    )


def _missing(data: DriverData) -> str:
    if data.pairwise:
        return _(
            "Leaving out every rating with a missing answer would have cost more than a tenth of them; so correlations and "
            "importance rest on the ratings that answered both variables, and for slopes and their tests a missing score of "
            "a predictor was replaced by its expectation given the other predictors of the same rating (EM estimates of a "
            "normal distribution without the outcome; Little, 1992)."
        )
    return _("Ratings with a missing score were left out ({n} of {given}); none was filled in.").format(
        n=format_value(data.n_given - data.n_used, "count"), given=format_value(data.n_given, "count")
    )


def _errors(errors: str) -> str:
    if errors == "cluster":
        return _(
            "Standard errors are cluster-robust by organisation (CR2 with Satterthwaite degrees of freedom; Pustejovsky & "
            "Tipton, 2018) and given from {few} organisations a side on, tiers from {enough}."
        ).format(few=MIN_CLUSTERS, enough=MIN_UNITS_TIERS)
    if errors == "person":
        return _(
            "Standard errors are cluster-robust by person, as some rated several partnerships (CR2 with Satterthwaite "
            "degrees of freedom; Pustejovsky & Tipton, 2018); they hold for these organisations and do not generalise to "
            "others."
        )
    return _(
        "Standard errors are robust to unequal spread (HC3; MacKinnon & White, 1985); they hold for these organisations and "
        "do not generalise to others."
    )
