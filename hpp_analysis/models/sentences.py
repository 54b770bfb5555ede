"""Sentences and names that several results about models share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from hpp_analysis.common.interpret import AVE_ENOUGH, CR_ENOUGH
from hpp_analysis.display.formats import format_value
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext


def relation(called: Callable[[str], str], lhs: str, op: str, rhs: str) -> str:
    """A parameter in words and arrows; `called` names a variable."""
    one, other = called(lhs), called(rhs) if rhs else ""
    signs = {"=~": "→", "~": "←", "~~": "↔"}
    if op == "~1":
        return _("{variable}: intercept").format(variable=one)
    if op == "|":
        return _("{variable}: threshold {n}").format(variable=one, n=rhs.removeprefix("t"))
    if op == "~*~":
        return _("{variable}: scale").format(variable=one)
    if op == "~~" and lhs == rhs:
        return _("{variable}: variance").format(variable=one)
    return f"{one} {signs[op]} {other}" if op in signs else f"{one} {op} {rhs}"


def blank_errors_of_fixed(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out the errors and intervals of 0 that fixed parameters have."""
    shown = frame.copy()
    for prefix in ("", "std_all_"):
        bounds = [f"{prefix}{name}" for name in ("se", "ci_lower", "ci_upper")]
        if set(bounds) <= set(frame.columns):
            shown.loc[frame[bounds[0]] == 0.0, bounds] = np.nan
    return shown


def flag_count(flags: Sequence[str], name: str) -> int:
    """The number behind a flag such as `without_group:30`; 0 without the flag."""
    return next((int(flag.split(":")[1]) for flag in flags if flag.startswith(f"{name}:")), 0)


def left_out_sentences(flags: Sequence[str]) -> list[str]:
    """Whom and what a model left out."""
    group, cluster, covariate, ignored = (
        flag_count(flags, name)
        for name in ("without_group", "without_cluster", "without_covariate", "clusters_ignored")
    )
    sentences = (
        (
            group,
            ngettext(
                "{n} respondent without a group was left out.", "{n} respondents without a group were left out.", group
            ),
        ),
        (
            cluster,
            ngettext(
                "{n} respondent without a cluster was left out.",
                "{n} respondents without a cluster were left out.",
                cluster,
            ),
        ),
        (
            covariate,
            ngettext(
                "{n} respondent without an answer to a covariate was left out.",
                "{n} respondents without an answer to a covariate were left out.",
                covariate,
            ),
        ),
        (
            ignored,
            _(
                "The ratings come from {n} persons, some of whom gave several. Only the estimators MLR, WLSMV and ULSMV take "
                "this into account: here standard errors tend to be too small, and tests to reject too often."
            ),
        ),
        (
            int("correlation_matrix" in flags),
            _(
                "The model was fitted to a correlation matrix as if it were one of covariances: standard errors are wrong, and "
                "so is the fit of models with equal or fixed loadings."
            ),
        ),
    )
    return [sentence.format(n=format_value(n, "count")) for n, sentence in sentences if n]


def merged_sentences(flags: Sequence[str], called: Callable[[str], str]) -> list[str]:
    """Which categories of ordered items were merged; `called` names items and groups."""
    sentences = []
    for flag in flags:
        if flag.startswith("merged:"):
            _kind, item, before, into, group = flag.split(":", 4)
            sentence = _("{item}: category {before} was merged with {into} in all groups; nobody in {group} chose it.")
            sentences.append(sentence.format(item=called(item), before=before, into=into, group=called(group)))
    return sentences


def validity_note() -> str:
    """What AVE and CR are, and how large they should be."""
    return _("AVE: average variance extracted, {ave} or more; CR: composite reliability, {cr} or more.").format(
        ave=format_value(AVE_ENOUGH, "coefficient"), cr=format_value(CR_ENOUGH, "coefficient")
    )
