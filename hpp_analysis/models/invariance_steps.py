"""The sequence of models behind measurement invariance: fitted one by one, equalities released one by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hpp_analysis.common.interpret import MIN_ALIKE, InvarianceVerdict, configural_verdict, invariance_verdict
from hpp_analysis.core.sem.chisquare import FitTest, baseline_of, corrected_difference, fit_test
from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fit import corrected_for_missing, information_criteria, srmr
from hpp_analysis.core.sem.model import DIRECTED, MEAN, SYMMETRIC, THRESHOLD, Cells, threshold_places
from hpp_analysis.core.sem.moments import Moments
from hpp_analysis.core.sem.ordinal_comparison import Candidate, ordinal_difference, ordinal_releases
from hpp_analysis.core.sem.ordinal_fit import Errors, OrdinalTest, baseline_test, errors_of, ordinal_fit, ordinal_test
from hpp_analysis.core.sem.score_tests import Releases, release_tests
from hpp_analysis.core.sem.syntax import Syntax, written
from hpp_analysis.core.sem.table import build_table

EQUAL: Final[dict[str, tuple[str, ...]]] = {
    "configural": (),
    "metric": ("loadings",),
    "scalar": ("loadings", "intercepts"),
    "strict": ("loadings", "intercepts", "residuals"),
    "means": ("loadings", "intercepts", "means"),
}
"""The levels in order, and what each sets equal."""

EQUAL_ORDINAL: Final[dict[str, tuple[str, ...]]] = {
    "configural": (),
    "thresholds": ("thresholds",),
    "metric": ("thresholds", "loadings"),
    "scalar": ("thresholds", "loadings", "intercepts"),
    "strict": ("thresholds", "loadings", "intercepts", "residuals"),
    "means": ("thresholds", "loadings", "intercepts", "means"),
}
"""The same of ordered items (Wu & Estabrook 2016, doi:10.1007/s11336-016-9506-0)."""

BEFORE: Final = {"metric": "configural", "scalar": "metric", "strict": "scalar", "means": "scalar"}
"""What each level is compared with; latent means need scalar, not strict, invariance."""

BEFORE_ORDINAL: Final = {**BEFORE, "thresholds": "configural", "metric": "thresholds"}

KIND: Final = {"thresholds": "intercepts", "metric": "loadings", "scalar": "intercepts", "strict": "residuals"}
"""Which cut-offs a level has; those of thresholds, which shift answers too, are those of intercepts."""


_NO_TEST: Final = FitTest(np.nan, 0, np.nan, np.nan)
_UNDEFINED: Final = dict.fromkeys(("cfi", "rmsea", "srmr", "aic", "bic"), float("nan"))


@dataclass(frozen=True, slots=True)
class Step:
    """One fitted model of the sequence.

    Attributes
    ----------
    level : str
    partial : tuple of str
        The relations that are not equal, as `build_table` reads them.
    found : Estimate or None
        None where nothing could be estimated.
    test : FitTest or OrdinalTest
    measures : dict of str to float
        cfi, rmsea, srmr, aic, bic.
    difference : FitTest, OrdinalTest or None
        From the level before.
    changes : dict of str to float
        Of cfi, rmsea and srmr, from the level before.
    verdict : str
        "holds", "fails" or "not_testable".
    why : str
        A code where nothing can be said: "few" (a small group), "unclear" (a large change that may be chance),
        "not_identified", "not_converged", "few_clusters" (fewer than free parameters), "negative_scaling" (of the robust
        test), "before" (the level before fails), "nothing" (the level restricts nothing).
    errors : Errors or None
        Of a model of ordered items.
    """

    level: str
    partial: tuple[str, ...]
    found: Estimate | None
    test: FitTest | OrdinalTest
    measures: dict[str, float]
    difference: FitTest | OrdinalTest | None = None
    changes: dict[str, float] = field(default_factory=dict)
    verdict: InvarianceVerdict = "not_testable"
    why: str = ""
    errors: Errors | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """One equality that was given up.

    Attributes
    ----------
    level : str
    lhs, op, rhs : str
    chi2, p : float
        The score test; NaN where the release follows from an earlier one of the same item.
    df : int
    cfi_change : float
        From the level before, after this release; NaN for one that follows.
    """

    level: str
    lhs: str
    op: str
    rhs: str
    chi2: float
    df: int
    p: float
    cfi_change: float

    @property
    def item(self) -> str:
        """The observed or latent variable whose parameter it is."""
        return self.rhs if self.op == "=~" else self.lhs

    @property
    def relation(self) -> str:
        """As `group_partial` of `build_table` reads it."""
        return written(self.lhs, self.op, self.rhs)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Everything that was fitted.

    Attributes
    ----------
    steps : tuple of Step
        Each level with all equalities, and where it fails again with some of them released.
    releases : tuple of Release
        In order.
    suspects : dict of str to Releases
        By level that failed: the score tests of its equalities.
    """

    steps: tuple[Step, ...]
    releases: tuple[Release, ...]
    suspects: dict[str, Releases]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all models of a sequence share.

    Attributes
    ----------
    syntax : Syntax
    moments : tuple of Moments
        Per group.
    correction : str
        Of the tests: "none", "satorra_bentler" or "yuan_bentler".
    cluster : ndarray of int or None
        Of each respondent, group after group.
    base : tuple of (float, float)
        Chi-square of the independence model and its bias under that model.
    ordered : mapping of str to int
        The number of thresholds of each ordered item.
    first : Errors or None
        Of the configural model of ordered items: the answers behind them are those of all levels.
    first_base : OrdinalTest or None
        Of their independence model.
    """

    syntax: Syntax
    moments: tuple[Moments, ...]
    correction: str
    cluster: NDArray[np.int64] | None
    base: tuple[float, float]
    ordered: Mapping[str, int] = field(default_factory=dict)
    first: Errors | None = None
    first_base: OrdinalTest | None = None

    @property
    def equal(self) -> Mapping[str, tuple[str, ...]]:
        """What each level sets equal."""
        return EQUAL_ORDINAL if self.ordered else EQUAL

    @property
    def before(self) -> Mapping[str, str]:
        """What each level is compared with."""
        return BEFORE_ORDINAL if self.ordered else BEFORE

    @property
    def smallest_group(self) -> int:
        """Respondents in the smallest group."""
        return min(group.n for group in self.moments)


def prepare(
    syntax: Syntax,
    moments: Sequence[Moments],
    *,
    correction: str,
    cluster: NDArray[np.int64] | None,
    ordered: Mapping[str, int] | None = None,
) -> tuple[Setting, Step]:
    """Fit the configural model, and the independence model that all indices compare with."""
    setting = Setting(syntax, tuple(moments), correction, cluster, (np.nan, np.nan), ordered or {})
    found = _estimate(setting, "configural", ())
    if not setting.ordered:
        independent = baseline_of(found)
        base = _bias_of(independent, fit_test(independent, correction=correction, cluster=cluster), cluster)
        setting = replace(setting, base=base)
    first = _measured(setting, "configural", (), found)
    if first.errors is not None:
        setting = replace(setting, first=first.errors, first_base=baseline_test(first.errors))
    if first.why:
        return setting, first
    measures = first.measures
    verdict = configural_verdict(measures["cfi"], measures["rmsea"], measures["srmr"], setting.smallest_group)
    return setting, replace(first, verdict=verdict, why="few" if verdict == "not_testable" else "")


def run(setting: Setting, configural: Step, levels: Sequence[str]) -> Ladder:
    """Fit the levels in order; where one fails, release equalities until it holds or none may go.

    References
    ----------
    Byrne, Shavelson & Muthén (1989), doi:10.1037/0033-2909.105.3.456; Vandenberg & Lance (2000),
    doi:10.1177/109442810031002
    """
    steps, releases = [configural], list[Release]()
    suspects: dict[str, Releases] = {}
    accepted = {"configural": configural}
    for level in levels:
        if level == "configural":
            continue
        before = accepted.get(setting.before[level])
        if before is None or before.why in ("not_identified", "not_converged"):
            steps.append(Step(level, (), None, _NO_TEST, _UNDEFINED, why="before"))
            continue
        carried = list(_carried(setting.syntax, level, releases))
        full = _compared(setting, level, (*before.partial, *(item.relation for item in carried)), before)
        steps.append(full)
        if full.verdict != "fails":
            accepted[level] = full
            releases += carried
            continue
        if level not in KIND or full.found is None:
            continue
        suspects[level] = _release_tests(setting, full)
        for released, step in _relax(setting, full, before, [*releases, *carried]):
            releases += [*carried, released]
            carried = []
            last = step
            if step.verdict != "fails":
                steps.append(last)
                accepted[level] = last
                break
    return Ladder(tuple(steps), tuple(releases), suspects)


def _relax(setting: Setting, full: Step, before: Step, done: list[Release]) -> Iterator[tuple[Release, Step]]:
    """Give up one equality after the other, the most pressing first."""
    step = full
    while step.found is not None and step.verdict == "fails":
        tests = _release_tests(setting, step)
        place = _worst(setting.syntax, full.level, tests, done)
        if place is None:
            return
        lhs, op, rhs = tests.lhs[place], tests.op[place], tests.rhs[place]
        step = _compared(setting, full.level, (*step.partial, written(lhs, op, rhs)), before)
        released = Release(
            full.level,
            lhs,
            op,
            rhs,
            float(tests.chi2[place]),
            int(tests.df[place]),
            float(tests.p[place]),
            step.changes.get("cfi", np.nan),
        )
        done.append(released)
        yield released, step


def _worst(syntax: Syntax, level: str, tests: Releases, done: list[Release]) -> int | None:
    """The equality of this level with the smallest p whose factor keeps two items alike."""
    ops = {"thresholds": ("|",), "metric": ("=~",), "scalar": ("~1", "|"), "strict": ("~~",)}[level]
    items = factors_of(syntax)
    released = {release.item for release in done if release.level == level or level != "strict"}
    best: int | None = None
    for k in range(len(tests.lhs)):
        op = tests.op[k]
        item = tests.rhs[k] if op == "=~" else tests.lhs[k]
        of_level = op in ops and (op != "~~" or tests.lhs[k] == tests.rhs[k])
        if not of_level or item in released or not np.isfinite(tests.chi2[k]):
            continue
        factors = [tests.lhs[k]] if op == "=~" else [name for name, parts in items.items() if item in parts]
        if any(sum(part not in released for part in items[name]) <= MIN_ALIKE for name in factors if name in items):
            continue
        if best is None or (tests.p[k], -tests.chi2[k]) < (tests.p[best], -tests.chi2[best]):
            best = k
    return best


def _carried(syntax: Syntax, level: str, releases: Sequence[Release]) -> Iterator[Release]:
    """An item with a loading of its own has an intercept of its own too, and a residual variance."""
    items = {name for parts in factors_of(syntax).values() for name in parts}
    latent = set(factors_of(syntax))
    op = {"scalar": "~1", "strict": "~~"}.get(level)
    if op is None:
        return
    done = {item.item for item in releases if item.op == op}
    # an ordered item with thresholds of its own has a scale of its own: nothing else can be compared
    for item in dict.fromkeys(release.item for release in releases if release.op != "|"):
        if item in items and item not in done and item not in latent:
            yield Release(level, item, op, item if op == "~~" else "", np.nan, 0, np.nan, np.nan)


def factors_of(syntax: Syntax) -> dict[str, list[str]]:
    """The indicators of each latent variable."""
    found: dict[str, list[str]] = {}
    for term in syntax.terms:
        if term.op == "=~":
            found.setdefault(term.lhs, []).append(term.rhs)
    return found


def _estimate(setting: Setting, level: str, free: Sequence[str]) -> Estimate:
    table = build_table(
        setting.syntax,
        n_groups=len(setting.moments),
        meanstructure=True,
        std_lv=True,
        group_equal=setting.equal[level],
        group_partial=free,
        ordered=setting.ordered,
        parameterization="theta",
        wu_estabrook=bool(setting.ordered),
    )
    return estimate(table, setting.moments, estimator="DWLS" if setting.ordered else "ML")


def _release_tests(setting: Setting, step: Step) -> Releases:
    """Test each equality of a step by its scores."""
    if step.found is None:
        raise ValueError("a step that was estimated is needed")
    if step.errors is None:
        return release_tests(step.found)
    return ordinal_releases(step.errors, list(_candidates(setting, step)))


def _candidates(setting: Setting, step: Step) -> Iterator[Candidate]:
    """What could differ between groups at a level of ordered items, item by item; numbers among them likewise."""
    if step.found is None:
        return
    table = step.found.model.table
    place = {name: i for i, name in enumerate((*table.observed, *table.latent))}
    cuts = threshold_places(table)
    later = range(1, len(setting.moments))

    def of(kind: int, row: int, column: int) -> Cells:
        return Cells(*(np.array([value], dtype=np.int64) for value in (kind, row, column)))

    homes = [(factor, item) for factor, items in factors_of(setting.syntax).items() for item in items]
    # an item with thresholds of its own is left out by its name, other relations as they are written
    partial = {relation.partition(" | ")[0] for relation in step.partial if " | " in relation} | set(step.partial)
    for factor, item in homes:
        n = setting.ordered.get(item, 0)
        thresholds = [cuts[item, f"t{c + 1}"] for c in range(n)]
        own = [of(THRESHOLD, at, place[item]) for at in thresholds]
        loading = of(DIRECTED, place[item], place[factor])
        if item in partial:
            continue
        if step.level == "thresholds" and n > 1:
            names = " + ".join(f"t{c + 1}" for c in range(n))
            yield Candidate(item, "|", names, [(g, cells) for g in later for cells in own])
        elif step.level == "metric" and n != 1 and written(factor, "=~", item) not in partial:
            yield Candidate(factor, "=~", item, [(g, loading) for g in later])
        elif step.level == "scalar" and n == 1:
            yield Candidate(item, "|", "t1", [(g, cells) for g in later for cells in (*own, loading)])
        elif step.level == "scalar" and item in table.observed and written(item, "~1", "") not in partial:
            yield Candidate(item, "~1", "", [(g, of(MEAN, place[item], 0)) for g in later])
        elif step.level == "strict" and item in table.observed and written(item, "~~", item) not in partial:
            yield Candidate(item, "~~", item, [(g, of(SYMMETRIC, place[item], place[item])) for g in later])


def _measured(setting: Setting, level: str, free: tuple[str, ...], found: Estimate) -> Step:
    problems = [flag for flag in found.flags if flag in ("not_converged", "not_identified")]
    if problems:
        return Step(level, free, found, _NO_TEST, _UNDEFINED, why=problems[0])
    if setting.ordered:
        return _measured_ordinal(setting, level, free, found)
    test = fit_test(found, correction=setting.correction, cluster=setting.cluster)
    few = setting.cluster is not None and len(np.unique(setting.cluster)) < found.n_free
    why = "few_clusters" if few else "negative_scaling" if test.df > 0 and np.isnan(test.scaling) else ""
    criteria = information_criteria(found)
    chi2, bias = _bias_of(found, test, setting.cluster)
    over, base_over = max(chi2 - bias, 0.0), max(setting.base[0] - setting.base[1], chi2 - bias, 0.0)
    n = found.objective.scale
    measures = {
        "cfi": 1.0 - over / base_over if base_over > 0 else 1.0,
        "rmsea": float(np.sqrt(over / (n * test.df) * len(setting.moments))) if test.df else 0.0,
        "srmr": srmr(found),
        "aic": criteria["aic"],
        "bic": criteria["bic"],
    }
    return Step(level, free, found, test, measures, why=why)


def _measured_ordinal(setting: Setting, level: str, free: tuple[str, ...], found: Estimate) -> Step:
    """The same of ordered items: scaled fit measures, which exist at every level; robust ones do not."""
    known = setting.first
    errors = errors_of(found, cluster=setting.cluster, spread=known.spread if known else None)
    measures = ordinal_fit(errors, corrected=True, base=setting.first_base)
    few = setting.cluster is not None and len(np.unique(setting.cluster)) < found.n_free
    named = {"cfi": measures["cfi_scaled"], "rmsea": measures["rmsea_scaled"], "srmr": measures["srmr"]}
    measured = {**_UNDEFINED, **named}
    return Step(level, free, found, ordinal_test(errors), measured, why="few_clusters" if few else "", errors=errors)


def _bias_of(found: Estimate, test: FitTest, cluster: NDArray[np.int64] | None) -> tuple[float, float]:
    """Chi-square and its expectation under the model: what the robust CFI and RMSEA compare."""
    if test.scaling != 1.0 and any(not group.is_complete for group in found.objective.moments):
        return corrected_for_missing(found, cluster=cluster)
    return test.chi2, test.scaling * test.df if test.df else 0.0


def _compared(setting: Setting, level: str, free: tuple[str, ...], before: Step) -> Step:
    step = _measured(setting, level, free, _estimate(setting, level, free))
    if step.found is None or step.why in ("not_identified", "not_converged"):
        return step
    difference: FitTest | OrdinalTest
    if isinstance(step.test, FitTest) and isinstance(before.test, FitTest):
        difference = corrected_difference(step.test, before.test)
    elif step.errors is not None and before.errors is not None:
        difference = ordinal_difference(step.errors, before.errors)
        if difference.df == 0:
            return replace(step, verdict="not_testable", why="nothing")
    else:
        raise TypeError("two levels must be of one kind to be compared")
    changes = {name: step.measures[name] - before.measures[name] for name in ("cfi", "rmsea", "srmr")}
    p = difference.p_scaled
    if level == "means":  # a question about the factors, not about the items: chance alone decides
        verdict: InvarianceVerdict = "fails" if p < 0.05 else "holds" if np.isfinite(p) else "not_testable"
        why = "unclear"
    else:

        def judged(p: float, smallest_group: int) -> InvarianceVerdict:
            # correlations alone make up the SRMR of ordered items: it does not see their thresholds and intercepts
            blind = step.errors is not None and level in ("thresholds", "scalar")
            sizes = changes["cfi"], changes["rmsea"], np.inf if blind else changes["srmr"]
            return invariance_verdict(*sizes, p, kind=KIND[level], smallest_group=smallest_group)

        verdict = judged(p, setting.smallest_group)
        # without regard to chance and to the size of the groups
        why = "few" if judged(1.0, 10**9) == "holds" else "unclear"
    why = why if verdict == "not_testable" else ""
    if step.why:
        verdict, why = "not_testable", step.why
    return replace(step, difference=difference, changes=changes, verdict=verdict, why=why)
