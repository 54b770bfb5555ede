"""Every cut-off once, with its paper. Verdict words are codes here and sentences in the results."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ENOUGH_PERSONS, FEW_PERSONS, MIN_DF_DESIGN, MOST_RATINGS = 5, 3, 6.0, 5
"""When a mean or gap has an interval: five persons in every partnership and side that it weighs, or three where the
numbers of persons together give six degrees of freedom and nobody rates more than five. Our own rule, from simulations of
uneven groups (`tests/core/groups/test_cell_means_coverage.py`) and of few persons who rate many partnerships (docs/partner-perspective.md): within it 95 % intervals covered 92.6 to 97.3 %, outside it down to 14 %. It looks
at numbers of persons alone: a bound on the degrees of freedom that the answers give would let pass just those samples
that understate the spread of a small group."""

MARGIN = 0.5
"""Half a scale point: a smaller difference between two sides is too small to act on (our convention)."""

WIDEST_TIER = 0.5
"""A tier of lowest (or highest) characteristics that holds more than half of them singles nothing out (our convention)."""

LOW_SHARE, HIGH_PART = 0.20, 0.75
"""A fifth of low answers is worth a sentence; where the factors have no threshold, answers in the upper quarter of the
scale are called high (our conventions)."""

DONT_KNOW_OFTEN = 0.10
"""A share of don't know worth a sentence, when the answers show that it is no less (our convention; up to 15 % an item is
common in surveys of partnerships)."""

MIN_PAIRED = 20
"""Partnerships rated by both sides from which the reliability of their differences is estimated (our convention: with fewer
the variance between partnerships is hardly known)."""

MIN_PROFILE = 5
"""Characteristics that two profiles share from which their similarity is given (our convention: with three or four points
any two profiles correlate)."""

ALPHA_GOOD, ALPHA_FAIR = 0.80, 0.70
"""Nunnally & Bernstein (1994), Psychometric Theory, 3rd ed., p. 264: .70 for early research, .80 for basic research."""

KmoBand = Literal["marvelous", "meritorious", "middling", "mediocre", "miserable", "unacceptable", "undefined"]

KMO_BANDS: tuple[tuple[float, KmoBand], ...] = (
    (0.90, "marvelous"),
    (0.80, "meritorious"),
    (0.70, "middling"),
    (0.60, "mediocre"),
    (0.50, "miserable"),
)
"""Kaiser (1974), doi:10.1007/BF02291575: from .50 a correlation matrix may be factored; below it is unacceptable."""

CONGRUENCE_EQUAL, CONGRUENCE_FAIR = 0.95, 0.85
"""Lorenzo-Seva & ten Berge (2006), doi:10.1027/1614-2241.2.2.57: .85 to .94 is fair similarity of factors; from .95 on
they can be considered equal."""

UNSTABLE_SHARE = 0.05
"""A factor that more than one sample in twenty does not find again is not stable (our convention)."""

MIN_VALID = 0.5
"""The share of a scale's items that a rating answers to get a score (Graham 2009, doi:10.1146/annurev.psych.58.110405.085530:
averaging the answered items is sound for homogeneous scales when at least half of them are answered)."""

CFI_FAIR, RMSEA_FAIR, SRMR_FAIR = 0.90, 0.08, 0.08
"""Bentler (1990), doi:10.1037/0033-2909.107.2.238: a CFI of .90; Browne & Cudeck (1992), doi:10.1177/0049124192021002005: an
RMSEA of .08; Hu & Bentler (1999), doi:10.1080/10705519909540118: an SRMR of .08."""

MIN_CLUSTERS_BETWEEN = 30
"""Hox & Maas (2001), doi:10.1207/S15328007SEM0802_1, and Maas & Hox (2005), doi:10.1027/1614-2241.1.3.86: with fewer clusters
variances and standard errors between them are estimated too small; 50 to 100 are better."""

CFI_CHANGE = -0.010
"""Cheung & Rensvold (2002), doi:10.1207/S15328007SEM0902_5, and Chen (2007), doi:10.1080/10705510701301834: equalities across
groups do not hold where the CFI falls by more."""

RMSEA_CHANGE = 0.015
SRMR_CHANGE = {"loadings": 0.030, "intercepts": 0.010, "residuals": 0.010}
"""Chen (2007), doi:10.1080/10705510701301834, for more than 300 respondents: they supplement the change of the CFI."""

MIN_INVARIANCE_GROUP = 100
"""Meade & Bauer (2007), doi:10.1080/10705510701575461: with fewer respondents in a group, tests of invariance miss real
differences more often than not."""

MIN_ALIKE = 2
"""Byrne, Shavelson & Muthén (1989), doi:10.1037/0033-2909.105.3.456: with at least two items of a factor alike, groups can
still be compared on it (partial invariance)."""

D_MACS_SMALL, D_MACS_MEDIUM, D_MACS_LARGE = 0.20, 0.40, 0.70
"""Nye, Bradburn, Olenick, Bialko & Drasgow (2019), doi:10.1177/1094428118761122: small, medium and large effects of item bias."""

SETTLE_POWER = 0.80
"""Cohen (1988), Statistical power analysis for the behavioral sciences, doi:10.4324/9780203771587: a study is planned to
find what is there in four of five cases."""

MOST_TIMES = 3.0
"""More than three times as many answers as now is no realistic number (our convention)."""

RUN_SHARE, STILL_SHARE, ODD_P = 0.50, 0.10, 0.001
"""Signs of careless answering. Curran (2016), doi:10.1016/j.jesp.2015.07.006: a run of equal answers over more than half of
the items; Dunn, Heggestad, Shanock & Theilgard (2018), doi:10.1007/s10869-016-9479-0: the tenth of ratings that vary least;
Meade & Craig (2012), doi:10.1037/a0028085: a Mahalanobis distance that careful answers exceed once in a thousand."""

EVEN_ODD_LOW, EVEN_ODD_USUAL, FAST_SECONDS = 0.30, 0.60, 2.0
"""Further signs. Johnson (2005), doi:10.1016/j.jrp.2004.09.009: an even-odd consistency below .30, told only where half of the
ratings reach .60, for where scales go together closely careful people are not consistent either (our convention); Huang,
Curran, Keeney, Poposki & DeShon (2012), doi:10.1007/s10869-011-9231-8: less than two seconds an item."""

END_SHARE = 0.15
"""Terwee et al. (2007), doi:10.1016/j.jclinepi.2006.03.012: a floor or a ceiling, where more than 15 % stand at that end."""

MANY_UNKNOWN, MIN_LEFT = 0.25, 0.50
"""A rating that says 'don't know' to more than a quarter of the items knows little of the partnership; a choice that leaves
fewer than half of the ratings is another study (our conventions)."""

AVE_ENOUGH, CR_ENOUGH = 0.50, 0.70
"""Fornell & Larcker (1981), doi:10.1177/002224378101800104 (.50); Hair, Black, Babin & Anderson (2010), Multivariate Data
Analysis, 7th ed. (.70)."""

BOOTSTRAP_CLUSTERS = 20
"""Cameron & Miller (2015), doi:10.3368/jhr.50.2.317: fewer clusters than 20 to 50 are few, and errors by cluster come out too
small; we warn below the lower of the two."""

HTMT_CUTOFF = 0.90
"""Henseler, Ringle & Sarstedt (2015), doi:10.1007/s11747-014-0403-8: above it two factors are not distinct."""

ONE_FACTOR_SHARE = 0.50
"""Podsakoff, MacKenzie, Lee & Podsakoff (2003), doi:10.1037/0021-9010.88.5.879: one factor that takes more than half of the
variance suggests that the way of asking, not the content, ties the answers."""

MIN_PERSONS_IMPORTANCE = 100
"""Persons behind an importance that reports use: with 25 answers the truly first of three predictors ranks first in little
more than half of the samples (simulated; `docs/drivers.md`)."""

AGENDA_START, AGENDA_CONSIDER = 0.50, 0.20
"""A characteristic to start with is among the first in at least half of the draws, one to consider in a fifth (our
convention)."""

PRIMARY_LOADING, CROSS_GAP = 0.40, 0.20
"""An item belongs to a factor with a loading of .40 or more that lies .20 or more above its others (Howard 2016,
doi:10.1080/10447318.2015.1087664)."""

RWG_ENOUGH = 0.70
"""James, Demaree & Wolf (1984), doi:10.1037/0021-9010.69.1.85; LeBreton & Senter (2008), doi:10.1177/1094428106296642: above it
agreement within a group is strong enough to let its mean speak for it."""

AD_SHARE = 1 / 6
"""Burke & Dunlap (2002), doi:10.1177/1094428102005002002: answers lie close together when their average deviation is at most a
sixth of the number of answer options."""

ICC2_ENOUGH = 0.70
"""LeBreton & Senter (2008), doi:10.1177/1094428106296642: from .70 on the means of groups tell groups apart reliably."""

MIN_CLUSTERS, MIN_CLUSTERS_BOOT = 10, 20
"""Organisations a side from which standard errors (CR2 with Satterthwaite degrees of freedom), and samples of
organisations, say something of organisations at large (our own rule; Cameron, Gelbach & Miller 2008,
doi:10.1162/rest.90.3.414, show how few clusters mislead, Pustejovsky & Tipton 2018, doi:10.1080/07350015.2016.1247004, how
far CR2 helps; for gaps our simulations: docs/partner-perspective.md)."""

MIN_UNITS_TIERS = 50
"""Persons (or organisations) from which the order of importance has tiers and chances (where all are alike, tiers held each of
them in 93 % of studies with 50 persons, in 95 % with 100; with 20 organisations in 91 %, with 50 in 95 %). Our own rule, from
simulations (`tests/core/importance/test_ranks.py`)."""

MIN_UNITS_INTERVALS, UNITS_PER_PREDICTOR = 100, 20
"""Intervals of an importance come from 100 persons (or organisations) on, and from 20 on for each predictor, whatever the R² of
the sample: intervals that are shown only where it is high cover less than they say. Our own rule, from simulations
(`docs/drivers.md`)."""

LISTWISE_LOSS = 0.10
"""The share of ratings that may be lost for a missing answer before correlations rest on pairs instead (our own rule;
Graham 2009, doi:10.1146/annurev.psych.58.110405.085530, on what deletion costs)."""

LMG_MOST = 12
"""More predictors than these are ranked by relative weights, which Johnson (2000), doi:10.1207/S15327906MBR3501_1, made for
the purpose: all subsets of them are too many to grasp."""

VIF_HIGH = 5.0
"""Hair, Ringle & Sarstedt (2011), doi:10.2753/MTP1069-6679190202: from 5 on predictors share so much that single slopes are
shaky."""

COOK_LARGE = 1.0
"""Cook & Weisberg (1982), Residuals and Influence in Regression: a row with a Cook's distance above 1 deserves a look."""

CHECK_P = 0.05
"""Below it a test of an assumption asks for a look; the slopes are robust to unequal spread in any case."""

SKEW_NORMAL, KURTOSIS_NORMAL = 2.0, 7.0
"""Curran, West & Finch (1996), doi:10.1037/1082-989X.1.1.16: beyond these normal-theory tests go wrong."""

MINOR_FACTORS_SHOW = 400
"""Respondents from which small minor factors, as all questionnaires have them (Tucker, Koopman & Linn 1969,
doi:10.1007/BF02290601), lead the criteria with most power to count them: in simulated studies with an RMSEA of .04 NEST and the
sample-size adjusted BIC then said more than there are major factors in most studies. Our own rule: `docs/retention.md`."""

CONTINUOUS_CATEGORIES = 5
"""Rhemtulla, Brosseau-Liard & Savalei (2012), doi:10.1037/a0029315: from five categories on items may count as continuous."""

FEW_CATEGORIES = 4
"""Rhemtulla, Brosseau-Liard & Savalei (2012), doi:10.1037/a0029315: items with at most so many categories are better taken as
ordered; from five on robust maximum likelihood does as well."""

MOST_CATEGORIES = 15
"""An item with more categories does not count as ordered: most cells of its tables would be empty. Our own rule, with
room for rating scales from 0 to 10."""

MIN_ITEMS_PER_FACTOR = 3
"""Velicer & Fava (1998), doi:10.1037/1082-989X.3.2.231: fewer items do not identify a factor well."""

DESIGN_EFFECT = 2.0
"""Muthén & Satorra (1995), doi:10.2307/271070: below 2, that answers are nested in groups hardly biases tests."""

POWER_ENOUGH = 0.80
"""Cohen (1988), Statistical Power Analysis, 2nd ed., p. 56."""

MAJORITY = 0.5
"""Criteria agree on a number of factors where more than half of their votes are for it (our convention)."""

LOW_COMMUNALITY = 0.30
"""Pallant (2020), SPSS Survival Manual, 7th ed., chapter 15: an item with a lower communality fits badly with the others
(Costello & Osborne 2005, doi:10.7275/jyj1-4868, draw the line at .40; Child 2006, The Essentials of Factor Analysis, at .20)."""

LOW_ITEM_REST = 0.30
"""Nunnally & Bernstein (1994), Psychometric Theory, 3rd ed., chapter 8: items that correlate less with the rest of their
scale add little to it."""

FEWEST_ITEMS = 3
"""Velicer & Fava (1998), doi:10.1037/1082-989X.3.2.231: a factor with fewer than three items is weak and hard to find again."""

Numbers: TypeAlias = float | np.ndarray
CongruenceBand = Literal["equal", "fair", "different", "undefined"]
Verdict = Literal["reached", "not_reached", "cannot_tell"]
GapVerdict = Literal["different", "small_difference", "alike", "cannot_tell"]
InvarianceVerdict = Literal["holds", "fails", "not_testable"]
Comparability = Literal["holds", "fails", "not_testable", "not_tested"]
Distinctness = Literal["distinct", "not_distinct", "unclear", "undefined"]
AgreementVerdict = Literal["yes", "with_care", "no", "undefined"]
ReliabilityBand = Literal["good", "fair", "low", "unclear", "undefined"]


def shared_threshold(thresholds: pd.Series) -> float | None:
    """The line that all factors share; None where they have none, or different ones.

    Examples
    --------
    >>> import pandas as pd
    >>> shared_threshold(pd.Series([8.5, None, 8.5])), shared_threshold(pd.Series([8.5, 7.0]))
    (8.5, None)
    """
    known = thresholds.dropna().unique()
    return float(known[0]) if len(known) == 1 else None


def against_threshold(ci_lower: float, ci_upper: float, threshold: float) -> Verdict:
    """Where a mean stands against a threshold, given its interval.

    Examples
    --------
    >>> against_threshold(8.6, 9.0, 8.5), against_threshold(7.9, 8.2, 8.5), against_threshold(8.2, 8.8, 8.5)
    ('reached', 'not_reached', 'cannot_tell')
    """
    if ci_lower >= threshold:
        return "reached"
    return "not_reached" if ci_upper < threshold else "cannot_tell"


def interval_is_sound(smallest_group: Numbers, df_design: Numbers, most_ratings: Numbers = 1) -> Any:
    """Whether enough persons stand behind a mean or a gap for an interval; of arrays, which of them.

    Parameters
    ----------
    smallest_group : int or ndarray
        Persons in the smallest partnership and side.
    df_design : float or ndarray
        The degrees of freedom that the numbers of persons give.
    most_ratings : int or ndarray
        The largest number of partnerships and sides that one person rated.

    Examples
    --------
    >>> interval_is_sound(5, 4.0), interval_is_sound(3, 6.0), interval_is_sound(3, 5.0), interval_is_sound(2, 50.0)
    (True, True, False, False)
    >>> interval_is_sound(3, 20.0, most_ratings=8)
    False
    """
    few = (smallest_group >= FEW_PERSONS) & (most_ratings <= MOST_RATINGS)
    certain = df_design >= MIN_DF_DESIGN - 1e-9  # a sum of fractions: 6 may be 5.999...
    return (smallest_group >= ENOUGH_PERSONS) | (few & certain)


def units_for_intervals(n_predictors: int) -> int:
    """The persons (or organisations) from which importance has intervals.

    Examples
    --------
    >>> units_for_intervals(3), units_for_intervals(19)
    (100, 380)
    """
    return max(MIN_UNITS_INTERVALS, UNITS_PER_PREDICTOR * n_predictors)


def importance_is_sound(n_units: int, n_predictors: int) -> bool:
    """Whether enough persons (or organisations) stand behind the importance of predictors for an interval.

    Examples
    --------
    >>> importance_is_sound(120, 3), importance_is_sound(120, 19)
    (True, False)
    """
    return n_units >= units_for_intervals(n_predictors)


def gap_verdict(
    ci_lower: float, ci_upper: float, p_adjusted: float, *, margin: float = MARGIN, conf_level: float = 0.95
) -> GapVerdict:
    """What an interval and its test say of a difference, and of whether it is too small to matter.

    A difference must survive the adjustment for the number of comparisons. The interval that is compared with the
    margin is the one that is shown, which is stricter than two one-sided tests (Schuirmann 1987,
    doi:10.1007/BF01068419) at the same level.

    Examples
    --------
    >>> gap_verdict(.6, 1.4, .001), gap_verdict(.1, .4, .01), gap_verdict(-.2, .3, .6), gap_verdict(.1, .9, .09)
    ('different', 'small_difference', 'alike', 'cannot_tell')
    """
    if math.isnan(ci_lower) or math.isnan(ci_upper):
        return "cannot_tell"
    differs = p_adjusted < 1.0 - conf_level
    small = -margin < ci_lower and ci_upper < margin
    if differs:
        return "small_difference" if small else "different"
    return "alike" if small else "cannot_tell"


def may_be_averaged(rwg_j: float, rwg_j_skewed: float, ad: float, n_options: float) -> AgreementVerdict:
    """Whether the answers of a group are alike enough for their mean to speak for the group.

    r_wg(j) compares their spread with that of answers without agreement, and rises with the number of items; the average
    deviation does neither. Where both, and r_wg(j) against answers that lean to one end, are good enough, the answers may be
    averaged; where neither r_wg(j) nor the average deviation is, they may not; else with care.

    Examples
    --------
    >>> may_be_averaged(.9, .8, 1.0, 10), may_be_averaged(.75, .5, 1.5, 10), may_be_averaged(.3, .0, 2.4, 10)
    ('yes', 'with_care', 'no')
    """
    if math.isnan(rwg_j) or math.isnan(ad):
        return "undefined"
    close = ad <= n_options * AD_SHARE
    if rwg_j >= RWG_ENOUGH and rwg_j_skewed >= RWG_ENOUGH and close:
        return "yes"
    return "no" if rwg_j < RWG_ENOUGH and not close else "with_care"


def answer_bands(low: float, high: float, *, threshold: float | None = None) -> tuple[float, float]:
    """Below what an answer is called low, and from what on high.

    Examples
    --------
    >>> answer_bands(1, 10, threshold=8.5), answer_bands(1, 5), answer_bands(1, 10)
    ((5.5, 8.5), (3.0, 4.0), (5.5, 7.75))
    """
    middle = (low + high) / 2.0
    upper = low + HIGH_PART * (high - low)
    return middle, threshold if threshold is not None and threshold > middle else upper


def may_be_extreme(p_values: Sequence[float], *, conf_level: float = 0.95) -> bool:
    """Whether a characteristic may have the lowest (highest) mean of all.

    It stays in the tier unless another one lies below (above) it with a confidence interval of the difference that
    excludes zero. This is subset selection (Gupta 1965, doi:10.1080/00401706.1965.10490251) without his allowance for the
    number of rivals, which would leave most characteristics in the tier of most reports. What that costs is simulated in
    `tests/answers/test_tiers.py`: where 19 true means have an SD of .35, the tier holds the lowest in 95 % of reports or
    more, and nearly always one within a quarter of a point of it; where they are all alike, in about 80 %.

    Parameters
    ----------
    p_values : sequence of float
        One-sided, against each other characteristic; NaN where the two cannot be compared, which excludes nothing.

    Examples
    --------
    >>> may_be_extreme([.3, .04]), may_be_extreme([.3, .001]), may_be_extreme([float("nan"), .3])
    (True, False, True)
    """
    allowed = (1.0 - conf_level) / 2.0
    return not any(p < allowed for p in p_values)


def reliability_band(ci_lower: float, ci_upper: float) -> ReliabilityBand:
    """How well the items of a scale hang together, as far as the interval of alpha can tell.

    Examples
    --------
    >>> reliability_band(.82, .9), reliability_band(.72, .85), reliability_band(.4, .65), reliability_band(.6, .8)
    ('good', 'fair', 'low', 'unclear')
    """
    if math.isnan(ci_lower) or math.isnan(ci_upper):
        return "undefined"
    if ci_lower >= ALPHA_GOOD:
        return "good"
    if ci_lower >= ALPHA_FAIR:
        return "fair"
    return "low" if ci_upper < ALPHA_FAIR else "unclear"


def configural_verdict(cfi: float, rmsea: float, srmr: float, smallest_group: int) -> InvarianceVerdict:
    """Whether the same factors show in every group: a fair fit of the model without equalities.

    The CFI counts, and of RMSEA and SRMR the better one: the RMSEA of small models is high by chance (Kenny, Kaniskan &
    McCoach 2015, doi:10.1177/0049124114543236).

    Examples
    --------
    >>> configural_verdict(.95, .06, .05, 200), configural_verdict(.80, .12, .10, 200), configural_verdict(.95, .06, .05, 40)
    ('holds', 'fails', 'not_testable')
    """
    if math.isnan(cfi):
        return "not_testable"
    fair = cfi >= CFI_FAIR and not (rmsea > RMSEA_FAIR and srmr > SRMR_FAIR)
    if not fair:
        return "fails"
    return "holds" if smallest_group >= MIN_INVARIANCE_GROUP else "not_testable"


def invariance_verdict(
    cfi_change: float,
    rmsea_change: float,
    srmr_change: float,
    p: float,
    *,
    kind: str,
    smallest_group: int,
    alpha: float = 0.05,
) -> InvarianceVerdict:
    """Whether equalities across groups hold.

    They fail where they are both too large to ignore (the CFI falls by more than Cheung & Rensvold's and Chen's .010, or
    RMSEA and SRMR both rise by more than Chen's limits) and beyond chance (the difference test). Where only one of the two
    is true of a large change, or groups are small, the answers cannot tell.

    Parameters
    ----------
    cfi_change, rmsea_change, srmr_change : float
        From the level before.
    p : float
        Of the (scaled) difference test; NaN where there is none.
    kind : {"loadings", "intercepts", "residuals"}
        What was set equal.
    smallest_group : int
        Respondents.

    Examples
    --------
    >>> invariance_verdict(-.002, .0, .003, .2, kind="loadings", smallest_group=145)
    'holds'
    >>> invariance_verdict(-.038, .014, .011, .0001, kind="intercepts", smallest_group=145)
    'fails'
    >>> invariance_verdict(-.015, .002, .003, .2, kind="loadings", smallest_group=145)
    'not_testable'
    """
    if math.isnan(cfi_change):
        return "not_testable"
    large = cfi_change < CFI_CHANGE or (rmsea_change > RMSEA_CHANGE and srmr_change > SRMR_CHANGE[kind])
    if large:
        return "fails" if p < alpha else "not_testable"
    return "holds" if smallest_group >= MIN_INVARIANCE_GROUP else "not_testable"


def distinctness(ci_lower: float, ci_upper: float, *, cutoff: float = HTMT_CUTOFF) -> Distinctness:
    """Whether two factors are distinct, as far as the interval of their HTMT can tell.

    Examples
    --------
    >>> distinctness(.5, .8), distinctness(.92, .97), distinctness(.8, .95)
    ('distinct', 'not_distinct', 'unclear')
    """
    if math.isnan(ci_lower) or math.isnan(ci_upper):
        return "undefined"
    if ci_upper < cutoff:
        return "distinct"
    return "not_distinct" if ci_lower >= cutoff else "unclear"


def kmo_band(kmo: float) -> KmoBand:
    """Kaiser's word for a measure of sampling adequacy.

    Examples
    --------
    >>> kmo_band(.85), kmo_band(.5), kmo_band(.49), kmo_band(float("nan"))
    ('meritorious', 'miserable', 'unacceptable', 'undefined')
    """
    if math.isnan(kmo):
        return "undefined"
    for lowest, word in KMO_BANDS:
        if kmo >= lowest:
            return word
    return "unacceptable"


def congruence_band(congruence: float) -> CongruenceBand:
    """Whether two factors are the same, by their coefficient of congruence, which is not rounded first.

    Examples
    --------
    >>> congruence_band(.96), congruence_band(.949), congruence_band(-.99), congruence_band(float("nan"))
    ('equal', 'fair', 'different', 'undefined')
    """
    if math.isnan(congruence):
        return "undefined"
    if congruence >= CONGRUENCE_EQUAL:
        return "equal"
    return "fair" if congruence >= CONGRUENCE_FAIR else "different"


FEWEST_IN_NORM = 20
"""Partnerships of a norm, at least: in simulations the intervals of percentiles hold from here on (docs/norms.md). Convention of
this package; the Standards for Educational and Psychological Testing (2014) ask for a norm group that is described, without a
number."""
MOST_OF_ONE_CLIENT = 0.25
"""The share of a norm's partnerships that may be of one client, at most. Convention of this package."""
OLDEST_IN_NORM = 5.0
"""Years. Convention of this package."""
