"""How much of an association runs by way of mediators? Products of slopes with their bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure
from hpp_analysis.common.interpret import MIN_CLUSTERS_BOOT
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.core.importance.importance import standardised_slopes
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.drivers.regression import FloatArray, correlations_of, draw_samples, why_undefined
from hpp_analysis.drivers.regression_data import DriverData, Predictors, driver_data
from hpp_analysis.errors import OptionError
from hpp_analysis.models.cfa import CFA, fit_cfa
from hpp_analysis.options import checked, in_range
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class IndirectEffects(Result):
    """An association decomposed into indirect parts, by way of mediators, and a direct part.

    Attributes
    ----------
    table : DataFrame
        effect ("to_mediator": of the source with a mediator; "from_mediator": of a mediator with the outcome, other things
        equal; "indirect": their product; "indirect_total": the sum of the products; "direct": of the source with the
        outcome, mediators being equal; "total": direct and indirect), via (the mediator, or ""), estimate (standardised),
        ci_lower, ci_upper.
    source, outcome : str
        Where the association starts ("hpo": the mean of the HPO factors) and ends.
    mediators : tuple of str
    n_used, n_persons, n_given : int
        Ratings and persons behind the numbers; ratings that were given.
    n_boot, seed, conf_level
        As given to `estimate_indirect_effects`.
    samples : ndarray, shape (B, rows of the table)
        The effects in each bootstrap sample.
    """

    source: str
    outcome: str
    mediators: tuple[str, ...]
    n_used: int
    n_persons: int
    n_given: int
    n_boot: int
    seed: int
    conf_level: float
    samples: FloatArray
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    survey: Survey | None = None

    def _declare(self) -> Declaration:
        return Declaration(
            name="indirect_effects",
            caption=_("{source} and {outcome}, by way of the partnership").format(
                source=self._called(self.source), outcome=self._called(self.outcome)
            ),
            variable="effect",
            question="indirect",
            whole_study=True,
            columns=(
                Column("effect", _("Association"), key=True, words=self._words()),
                Column("via", _("By way of"), key=True),
                Column("estimate", _("Standardised"), "coefficient"),
                Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
            ),
            figures={"intervals": self._intervals},
        )

    def _compared(self) -> list[str]:
        return []  # its settings name the variables

    def latent(self) -> CFA:
        """The same associations between latent variables, free of errors of measurement: a structural equation model.

        The source is measured by its scale scores, mediators and outcome by their items; the defined parameters
        `indirect` and `total` are rows of its `estimates`, with op `:=`.

        Raises
        ------
        OptionError
            When the effects are of a frame, which has no items.
        """
        if self.survey is None:
            raise OptionError(
                "Latent variables need the items of a survey and two or more scores of the source. "
                "Given: effects of a frame, or of a single score. Ask `estimate_indirect_effects` with a survey and `hpo`."
            )
        scales = [*self.mediators, self.outcome]
        items = {scale: list(self.survey[scale].columns) for scale in scales}
        measured = [f"{self.source} =~ {' + '.join(self.scores.columns)}"]
        measured += [f"{scale} =~ {' + '.join(columns)}" for scale, columns in items.items()]
        places = list(enumerate(self.mediators, start=1))
        paths = [f"{mediator} ~ a{k}*{self.source}" for k, mediator in places]
        terms = " + ".join(f"b{k}*{mediator}" for k, mediator in places)
        paths.append(f"{self.outcome} ~ {terms} + direct*{self.source}")
        rests = [
            f"{one} ~~ {other}" for place, one in enumerate(self.mediators) for other in self.mediators[place + 1 :]
        ]
        indirect = " + ".join(f"a{k}*b{k}" for k, _mediator in places)
        defined = [f"indirect := {indirect}", f"total := direct + {indirect}"]
        answers = self.survey.items[[item for columns in items.values() for item in columns]]
        frame = pd.concat([self.scores, answers], axis=1).assign(respondent=self.survey.persons.to_numpy())
        frame = frame[frame[list(self.scores.columns)].notna().any(axis=1)]
        several = bool(frame["respondent"].duplicated().any())
        return fit_cfa(
            "\n".join([*measured, *paths, *rests, *defined]), frame, cluster="respondent" if several else None
        )

    def _called(self, id: str, column: str = "") -> str:  # noqa: A002
        return _("HPO score") if id == "hpo" else super()._called(id, column)

    def _labelled(self) -> pd.DataFrame:
        via = [self._called(str(mediator)) if mediator else "" for mediator in self.table["via"]]
        return super()._labelled().assign(via=via)

    def _words(self) -> dict[str, str]:
        source, outcome = self._called(self.source), self._called(self.outcome)
        return {
            "to_mediator": _("{source} with the mediator").format(source=source),
            "from_mediator": _("The mediator with {outcome}").format(outcome=outcome),
            "indirect": _("Indirect"),
            "indirect_total": _("Indirect, all together"),
            "direct": _("Direct"),
            "total": _("Total"),
        }

    def _notes(self) -> list[str]:
        numbers = {
            "ratings": format_value(self.n_used, "count"),
            "persons": format_value(self.n_persons, "count"),
            "given": format_value(self.n_given, "count"),
        }
        said = [_("{ratings} ratings by {persons} persons with all scores, of {given} ratings.").format(**numbers)]
        if len(self.samples):
            said.append(
                _("Intervals: percentiles ({level}) of {n} bootstrap samples.").format(
                    level=format_value(self.conf_level, "share"), n=format_value(self.n_boot, "count")
                )
            )
        return said

    def _row(self, effect: str) -> pd.Series:
        return self.table[self.table["effect"] == effect].iloc[0]

    def _summary(self) -> list[str]:
        source, outcome = self._called(self.source), self._called(self.outcome)
        indirect, direct, total = (self._row(effect) for effect in ("indirect_total", "direct", "total"))
        if np.isnan(total["estimate"]):
            return [_("Too few ratings have all scores to take the association apart.")]
        said = [
            _("The association of {source} with {outcome} is {total} (standardised).").format(
                source=source, outcome=outcome, total=format_value(total["estimate"], "coefficient")
            )
        ]
        if np.isnan(indirect["ci_lower"]):
            return [*said, _("Which part of it runs by way of the partnership cannot be told here.")]
        interval = _("{lower} to {upper}").format(
            lower=format_value(indirect["ci_lower"], "coefficient"),
            upper=format_value(indirect["ci_upper"], "coefficient"),
        )
        parts = self.table[(self.table["effect"] == "indirect") & (self.table["ci_lower"] * self.table["ci_upper"] > 0)]
        if indirect["ci_lower"] * indirect["ci_upper"] > 0:
            said.append(
                _("Of this, {part} (interval {interval}) goes together with {mediators}.").format(
                    part=format_value(indirect["estimate"], "coefficient"),
                    interval=interval,
                    mediators=join_names([self._called(str(via)) for via in parts["via"]])
                    or join_names([self._called(name) for name in self.mediators]),
                )
            )
        else:
            said.append(
                _("No part of it can be shown to go together with the mediators (interval {interval}).").format(
                    interval=interval
                )
            )
        said.append(
            _("What is left is {direct}, and clearly not zero.").format(
                direct=format_value(direct["estimate"], "coefficient")
            )
            if direct["ci_lower"] * direct["ci_upper"] > 0
            else _("What is left is {direct}, and may be zero.").format(
                direct=format_value(direct["estimate"], "coefficient")
            )
        )
        return [
            *said,
            _(
                "This is a way to take associations apart, not a proof of a path: all answers are of the same moment, and "
                "other orders of the same variables would fit as well."
            ),
        ]

    def _methods(self) -> list[str]:
        return [
            _(
                "Standardised associations were taken apart by regressions on scale scores: of each mediator on {source}, and "
                "of {outcome} on {source} and all mediators (parallel mediation)."
            ).format(source=self._called(self.source), outcome=self._called(self.outcome)),
            _(
                "Indirect associations are products of two slopes; their {level} intervals are percentiles of {n} bootstrap "
                "samples of persons with all of their ratings (seed {seed}; Hayes & Scharkow, 2013). Answers of one moment "
                "cannot tell a path from its reverse (Maxwell & Cole, 2007)."
            ).format(
                level=format_value(self.conf_level, "share"), n=format_value(self.n_boot, "count"), seed=self.seed
            ),
        ]

    def _intervals(self) -> Figure:
        parts = self.table["effect"].isin(["indirect", "indirect_total", "direct", "total"])
        frame = self._labelled()[parts.to_numpy()]
        label = [
            _("{effect}: {via}").format(effect=row.effect, via=row.via) if row.via else str(row.effect)
            for row in frame.itertuples()
        ]
        rows = frame[["estimate", "ci_lower", "ci_upper"]].assign(label=label)
        return Figure(plots.intervals, rows, reference=0.0, xlabel=_("Standardised association"), unit_decimals=2)


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
    """Decompose the association of a source with an outcome into indirect and direct parts.

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
    in_range(n_boot, "n_boot", at_least=100)
    wanted = _wanted(data, outcome, source, mediators, hpo)
    rows = driver_data(data, outcome=outcome, predictors=wanted, hpo=hpo, cluster=None, within=within)
    outcome = str(rows.values.columns[-1])
    parts, between = rows.blocks["source"], rows.blocks["mediators"]
    name = parts[0] if len(parts) == 1 else "hpo" if hpo is not None else "source"
    values = pd.concat([rows.values[parts].mean(axis=1).rename(name), rows.values[[*between, outcome]]], axis=1)
    paths = DriverData(
        values, {"all": [name, *between]}, rows.person, rows.cluster, rows.cell, 0, rows.n_given, rows.pairwise,
        rows.group, rows.names, rows.selection, rows.words,
    )  # fmt: skip
    whole, flags = _labels(between), tuple(filter(None, (why_undefined(paths),)))
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
        context=Context(names=rows.names, selection=rows.selection, words=rows.words),
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
