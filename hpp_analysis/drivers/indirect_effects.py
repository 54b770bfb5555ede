"""The verb behind `IndirectEffects`: products of slopes with their bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hpp_analysis.common.interpret import MIN_CLUSTERS_BOOT
from hpp_analysis.core.importance.importance import standardised_slopes
from hpp_analysis.drivers.drivers_data import DriverData, Predictors, driver_data, whole_number
from hpp_analysis.drivers.drivers_estimate import correlations_of, draw_samples, why_not
from hpp_analysis.drivers.indirect import IndirectEffects
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, in_range
from hpp_analysis.survey.survey import Survey

FloatArray = NDArray[np.float64]


@checked
def estimate_indirect_effects(
    data: Survey | pd.DataFrame,
    *,
    outcome: str | Sequence[str] = "success",
    source: str | Sequence[str] | None = None,
    mediators: str | Sequence[str] | None = None,
    hpo: Survey | None = None,
    within: str | Sequence[str] | None = None,
    conf_level: float = 0.95,
    n_boot: int = 1000,
    seed: int = 0,
) -> IndirectEffects:
    """Take the association of a source with an outcome apart: by way of mediators, and beside them.

    Parameters
    ----------
    data : Survey or DataFrame
        As for `rank_drivers`.
    outcome : str
    source : str or sequence of str, optional
        A score, or several, whose mean it is. By default the HPO factors of `hpo`.
    mediators : str or sequence of str, optional
        By default the factors of the survey.
    hpo : Survey, optional
        Answers to the HPO questionnaire, joined as in `rank_drivers`.
    within : str or sequence of str, optional
        Columns about whose groups' means everything is taken.
    conf_level : float
    n_boot : int
        Bootstrap samples of persons, 100 or more.
    seed : int

    Returns
    -------
    IndirectEffects

    Notes
    -----
    A way to describe associations, not a test of causes: for that, the answers would have to be of different moments, and
    all that source, mediators and outcome have in common be known.

    References
    ----------
    Hayes & Scharkow (2013), doi:10.1177/0956797613480187; Maxwell & Cole (2007), doi:10.1037/1082-989X.12.1.23

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> study = simulate_study(persons_per_side=60, seed=1)
    >>> effects = estimate_indirect_effects(study.survey, hpo=study.hpo_survey, n_boot=200)
    >>> effects.to_frame().query("effect == 'total'")["estimate"].round(1).tolist()
    [0.5]
    """
    in_range(conf_level, "conf_level", above=0, below=1)
    whole_number(n_boot, "n_boot", 100, none=False)
    wanted = _wanted(data, outcome, source, mediators, hpo)
    rows = driver_data(data, outcome=outcome, predictors=wanted, hpo=hpo, cluster=None, within=within)
    outcome = str(rows.values.columns[-1])
    parts, between = rows.blocks["source"], rows.blocks["mediators"]
    name = parts[0] if len(parts) == 1 else "hpo" if hpo is not None else "source"
    values = pd.concat([rows.values[parts].mean(axis=1).rename(name), rows.values[[*between, outcome]]], axis=1)
    paths = DriverData(
        values, {"all": [name, *between]}, rows.person, rows.cluster, rows.cell, 0, rows.n_given, rows.pairwise,
        rows.group, rows.names, rows.selection,
    )  # fmt: skip
    whole, flags = _labels(between), tuple(filter(None, (why_not(paths),)))
    samples = np.empty((0, len(whole)))
    estimate = np.full(len(whole), np.nan)
    lower, upper = np.full((2, len(whole)), np.nan)
    if not flags:
        estimate = _effects(correlations_of(paths)[None])[0]
        if rows.n_persons >= MIN_CLUSTERS_BOOT:
            samples = _effects(draw_samples(paths, n_boot=n_boot, seed=seed))
            lower, upper = np.quantile(samples, [(1.0 - conf_level) / 2.0, (1.0 + conf_level) / 2.0], axis=0)
    return IndirectEffects(
        table=whole.assign(estimate=estimate, ci_lower=lower, ci_upper=upper),
        names=rows.names,
        selection=rows.selection,
        flags=flags,
        source=name,
        outcome=outcome,
        mediators=tuple(between),
        n_used=paths.n_used,
        n_persons=paths.n_persons,
        n_given=paths.n_given,
        n_boot=n_boot,
        seed=seed,
        conf_level=conf_level,
        samples=samples,
        scores=_scores(rows, data, parts),
        survey=data if isinstance(data, Survey) and len(parts) > 1 else None,
    )


def _wanted(
    data: Survey | pd.DataFrame,
    outcome: str | Sequence[str],
    source: str | Sequence[str] | None,
    mediators: str | Sequence[str] | None,
    hpo: Survey | None,
) -> Predictors:
    """The source and the mediators as two blocks."""
    if isinstance(data, Survey) and (source is None or mediators is None):
        usual = driver_data(data, outcome=outcome, predictors=None, hpo=hpo, cluster=None, within=None).blocks
        mediators = usual[data.instrument.name] if mediators is None else mediators
        if source is None and hpo is not None:
            source = usual[hpo.instrument.name]
    if source is None or not mediators:
        raise OptionError(
            "An indirect association must have a `source` and one or more `mediators`. "
            f"Given: {source!r} and {mediators!r}. Name both, or give `hpo` for the source."
        )
    return {"source": source, "mediators": mediators}


def _scores(rows: DriverData, data: Survey | pd.DataFrame, parts: list[str]) -> pd.DataFrame:
    """The scores that the source is the mean of, one row per rating of the survey."""
    if not isinstance(data, Survey) or len(parts) < 2 or rows.n_groups > 1:
        return pd.DataFrame()
    return rows.values[parts].reindex(data.items.index)


def _labels(mediators: list[str]) -> pd.DataFrame:
    found = [(effect, mediator) for effect in ("to_mediator", "from_mediator", "indirect") for mediator in mediators]
    found += [(effect, "") for effect in ("indirect_total", "direct", "total")]
    return pd.DataFrame(found, columns=["effect", "via"])


def _effects(correlations: FloatArray) -> FloatArray:
    """Of each sample, in the order of `_labels`; variables are source, mediators, outcome."""
    to = correlations[:, 0, 1:-1]
    slopes = standardised_slopes(correlations)
    direct, onwards = slopes[:, :1], slopes[:, 1:]
    products = to * onwards
    indirect = products.sum(axis=1, keepdims=True)
    return np.concatenate([to, onwards, products, indirect, direct, direct + indirect], axis=1)
