"""Where does a client stand among others? Percentiles of scores in a norm, with intervals, and whether they may be compared."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from babel.dates import format_date
from scipy import stats

from hpp_analysis import plots
from hpp_analysis.answers.scores import Scores, score_scales
from hpp_analysis.common.cleared import OTHERS
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.interpret import (
    CONGRUENCE_EQUAL,
    CONGRUENCE_FAIR,
    FEWEST_IN_NORM,
    MAJORITY,
    MOST_OF_ONE_CLIENT,
    OLDEST_IN_NORM,
)
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.common.who import Who, capital
from hpp_analysis.core.groups.norm_position import Position, place_among
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.norms.contribute import one_factor_loadings, to_day
from hpp_analysis.norms.measures import Measures
from hpp_analysis.norms.norm_file import Norm, key_of, load_norm
from hpp_analysis.norms.population import Population, Wanted, congruence, mean_loadings, population_of
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.publishing.masking import publish
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import locale, ngettext

Standing = Literal["above", "below", "cannot_tell"]
Why = Literal[
    "",
    "withheld",
    "no_interval",
    "too_few",
    "too_old",
    "one_client",
    "other_items",
    "other_scale",
    "no_spread",
    "other_structure",
]
_FIGURE_ROWS = 24
_SHARES = ("percentile", "percentile_ci_lower", "percentile_ci_upper")
_LEAST_SHARE = 0.01
_REFERENCE_KEYS = ("factor", "mean", "source", "doi")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class NormComparison(Result):
    """Where scores lie among those of a norm.

    Attributes
    ----------
    table : DataFrame
        factor, the grouping columns, mean, ci_lower, ci_upper and n_persons of the client; percentile (the share of the norm's
        true scores below it, 0 to 1) with percentile_ci_lower and percentile_ci_upper; standing ("above", "below",
        "cannot_tell": the middle of the norm); norm_mean, norm_sd (of true scores) and norm_sd_observed; n_norm and
        n_clients; why ("" or why there is no percentile); congruence of the loadings with those in the norm.
    groups : tuple of str
        The respondent columns whose combinations have a row each.
    simulated : bool
        Whether the norm is simulated.
    norm_id : str
        The beginning of the SHA-256 of the norm's file.
    left_out : mapping of str to int
        How many partnerships of the norm do not count, by reason, of the scale and side of which most do.
    sectors, countries : tuple of str
        Of the studies in the norm that count.
    first, last : date, optional
        When these collected their answers.
    references : tuple of mapping
        Published means, each with factor, mean, source and doi.
    conf_level, years : float
        As given to `compare_norms`.
    """

    groups: tuple[str, ...] = ()
    simulated: bool = False
    norm_id: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    sectors: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    first: datetime.date | None = None
    last: datetime.date | None = None
    references: tuple[Mapping[str, Any], ...] = ()
    scale_range: tuple[float, float] = (1, 10)
    conf_level: float = 0.95
    years: float = OLDEST_IN_NORM

    def _declare(self) -> Declaration:
        labels = {"partnership": _("Partnership"), "side": _("Side")}
        standings = {"above": _("above the middle"), "below": _("below the middle"), "cannot_tell": _("unclear")}
        return Declaration(
            name="norms",
            caption=_("Scores among those of a simulated norm")
            if self.simulated
            else _("Scores among those of the norm"),
            variable="factor",
            groups=self.groups,
            composed=True,
            columns=(
                Column("factor", _("Factor"), key=True),
                *(Column(group, labels.get(group, ""), key=True) for group in self.groups),
                Column("mean", _("Mean"), "score"),
                Column("percentile", self._heading(), "share"),
                Column("percentile_ci_lower", _("Interval"), "share", upper="percentile_ci_upper"),
                Column("standing", _("Place in the norm"), words=standings),
                Column("norm_mean", _("Norm: mean"), "score"),
                Column("norm_sd", _("Norm: SD"), "score"),
                Column("n_norm", _("Norm: partnerships"), "count"),
                Column("why", _("Why not"), optional=True, words=self._reasons()),
                *hidden("size", "n_clients"),
            ),
            figures={"bands": self._bands},
            tables={"references": self._references} if self.references else {},
        )

    def _heading(self) -> str:
        return _("Lower in the simulated norm") if self.simulated else _("Lower in the norm")

    def _norm_name(self) -> str:
        return _("Simulated norm") if self.simulated else _("Norm")

    def _reasons(self) -> dict[str, str]:
        """Why there is no percentile, in words."""
        return {
            "withheld": _("score not shown"),
            "no_interval": _("score without interval"),
            "too_few": _("fewer than {n} partnerships in the norm").format(n=FEWEST_IN_NORM),
            "too_old": _("norm too old"),
            "one_client": _("too few clients in the norm"),
            "other_items": _("other questions in the norm"),
            "other_scale": _("another answer scale in the norm"),
            "no_spread": _("no differences in the norm beyond chance"),
            "other_structure": _("the questions hang together otherwise"),
        }

    @property
    def _shown(self) -> pd.DataFrame:
        """The table with percentiles as they are said: from 1% to 99%, for none is beyond all of a population."""
        shares = self.table[[*_SHARES]].clip(_LEAST_SHARE, 1 - _LEAST_SHARE)
        return self.table.assign(**{name: shares[name] for name in _SHARES})

    @property
    def _placed(self) -> pd.DataFrame:
        return self._shown[self.table["percentile"].notna()]

    def _labelled(self) -> pd.DataFrame:
        shown = self._shown
        return super()._labelled().assign(**{name: shown[name] for name in _SHARES})

    def _whose(self, row: Mapping[str, Any]) -> str:
        return (
            Who(self).group(self.groups, [str(row[group]) for group in self.groups])
            if self.groups
            else _("all participants")
        )

    def _summary(self) -> list[str]:
        if self._placed.empty:
            return [*self._opening(), *self._why_not()]
        said = []
        for _group, rows in self._by_group(self._placed):
            places = [
                _("{factor} {share} ({lower} to {upper})").format(
                    factor=self._called(row["factor"]),
                    share=format_value(row["percentile"], "share"),
                    lower=format_value(row["percentile_ci_lower"], "share"),
                    upper=format_value(row["percentile_ci_upper"], "share"),
                )
                for row in rows
            ]
            sizes = sorted({int(row["n_norm"]) for row in rows})
            n = "–".join(str(size) for size in dict.fromkeys((sizes[0], sizes[-1])))
            words = {"whose": self._whose(rows[0]), "places": join_names(places), "n": n}
            sentence = (
                _("{whose}: compared with {n} simulated partnerships, the share that scores lower is {places}.")
                if self.simulated
                else _("{whose}: compared with {n} partnerships in the norm, the share that scores lower is {places}.")
            )
            said.append(capital(sentence.format(**words)))
        return [*self._opening(), *said, *self._why_not()]

    def _headline(self) -> list[str]:
        """Which scores lie above or below the middle of the norm for certain."""
        if self._placed.empty:
            return self._summary()
        sentences = {
            ("above", True): _("Above the middle of a simulated norm, for certain: {names}."),
            ("below", True): _("Below the middle of a simulated norm, for certain: {names}."),
            ("above", False): _("Above the middle of the norm, for certain: {names}."),
            ("below", False): _("Below the middle of the norm, for certain: {names}."),
        }
        said = []
        for standing in ("above", "below"):
            groups = [
                _("{factors} ({whose})").format(
                    factors=", ".join(self._called(row["factor"]) for row in rows), whose=self._whose(rows[0])
                )
                if self.groups
                else ", ".join(self._called(row["factor"]) for row in rows)
                for _group, rows in self._by_group(self._placed[self._placed["standing"].eq(standing)])
            ]
            if groups:
                said.append(sentences[standing, self.simulated].format(names="; ".join(groups)))
        unclear = int(self._placed["standing"].eq("cannot_tell").sum())
        if unclear:
            sentence = (
                ngettext(
                    "For {n} score these answers cannot tell whether it lies above or below the middle of the simulated norm.",
                    "For {n} scores these answers cannot tell whether they lie above or below the middle of the simulated norm.",
                    unclear,
                )
                if self.simulated
                else ngettext(
                    "For {n} score these answers cannot tell whether it lies above or below the middle of the norm.",
                    "For {n} scores these answers cannot tell whether they lie above or below the middle of the norm.",
                    unclear,
                )
            )
            said.append(sentence.format(n=unclear))
        return [*self._opening(), " ".join(said)]

    def _by_group(self, rows: pd.DataFrame) -> list[tuple[tuple[str, ...], list[dict[str, Any]]]]:
        grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in rows.to_dict("records"):
            grouped.setdefault(tuple(str(row[group]) for group in self.groups), []).append(row)
        return list(grouped.items())

    def _opening(self) -> list[str]:
        if not self.simulated:
            return []
        return [_("The norm is simulated: it shows what this looks like, and says nothing about real partnerships.")]

    def _why_not(self) -> list[str]:
        """Why some scores have no place in the norm."""
        why = self.table["why"].replace("", np.nan).dropna()
        if why.empty:
            return []
        reasons = self._reasons()
        counted = [
            _("{reason} ({n})").format(reason=reasons[str(code)], n=int(n))
            for code, n in why.value_counts(sort=False).items()
        ]
        n = len(why)
        sentence = (
            ngettext(
                "{n} score has no place in the simulated norm: {reasons}.",
                "{n} scores have no place in the simulated norm: {reasons}.",
                n,
            )
            if self.simulated
            else ngettext(
                "{n} score has no place in the norm: {reasons}.", "{n} scores have no place in the norm: {reasons}.", n
            )
        )
        return [sentence.format(n=n, reasons=join_names(counted))]

    def _population(self) -> list[str]:
        """Who the norm is: how many partnerships and clients, where and when."""
        if self.first is None or self.last is None:
            return []
        counted = self.table.loc[self.table["n_norm"].idxmax()]
        words = {
            "n": int(counted["n_norm"]),
            "clients": int(counted["n_clients"]),
            "sectors": ", ".join(self.sectors) or _("sectors not said"),
            "countries": ", ".join(self.countries) or _("countries not said"),
            "period": _period(self.first, self.last),
        }
        sentence = (
            _("Simulated norm: {n} partnerships of {clients} clients ({sectors}; {countries}), measured {period}.")
            if self.simulated
            else _("Norm: {n} partnerships of {clients} clients ({sectors}; {countries}), measured {period}.")
        )
        return [sentence.format(**words)]

    def _notes(self) -> list[str]:
        notes = [
            *self._population(),
            _(
                "A share of {half} is the middle of the simulated norm. The interval covers the error of the score and that of the "
                "norm."
            ).format(half=format_value(MAJORITY, "share"))
            if self.simulated
            else _(
                "A share of {half} is the middle of the norm. The interval covers the error of the score and that of the norm."
            ).format(half=format_value(MAJORITY, "share")),
        ]
        if "texts_differ" in self.flags:
            notes.append(_("Some questions were worded differently in a part of the norm."))
        if "fair_structure" in self.flags:
            notes.append(_("The questions hang together somewhat differently than in the norm."))
        notes += [
            _("Published mean of {factor}: {mean} ({source}).").format(
                factor=self._called(one["factor"]), mean=brief(one["mean"]), source=_cited(one)
            )
            for one in self.references
        ]
        return notes

    def _methods(self) -> list[str]:
        words: dict[str, Any] = {
            "fewest": FEWEST_IN_NORM,
            "share": format_value(MOST_OF_ONE_CLIENT, "share"),
            "years": f"{self.years:g}",
            "level": format_value(self.conf_level, "share"),
            "fair": format_value(CONGRUENCE_FAIR, "coefficient"),
        }
        methods = [
            *self._opening(),
            _(
                "A score is compared with those of single partnerships in the norm, of the same side, on the same questions and the "
                "same answer scale. The variance between them is corrected for their sampling error (Paule & Mandel, 1982); their "
                "true scores are taken as normal, and the percentile is the share of these below the score. The {level} interval is a "
                "generalised one (Weerahandi, 1993): it carries the sampling error of the score, that of the norm's mean, and, by the "
                "Q-profile (Viechtbauer, 2007), that of its variance, and it is wider where partnerships of one client are alike."
            ).format(**words),
            _(
                "The norm has at least {fewest} partnerships, each once with its newest results, at most {share} of one client, and "
                "none older than {years} years; the client's own are left out. Where loadings are known for both, a congruence "
                "below {fair} (Lorenzo-Seva & ten Berge, 2006) rules a comparison out."
            ).format(**words),
        ]
        left = self._left_out_words()
        if left:
            sentence = (
                _("Not counted of the simulated norm: {reasons}.")
                if self.simulated
                else _("Not counted of the norm: {reasons}.")
            )
            methods.append(sentence.format(reasons=join_names(left)))
        if self.norm_id:
            named = _("Simulated norm {id}.") if self.simulated else _("Norm {id}.")
            methods.append(named.format(id=self.norm_id))
        return methods

    def _left_out_words(self) -> list[str]:
        words = {
            "own": _("{n} of the client itself"),
            "older": _("{n} too old"),
            "elsewhere": _("{n} of other sectors or countries"),
            "scale": _("{n} with another answer scale"),
            "items": _("{n} with other questions"),
            "again": _("{n} measured again later"),
            "client": _("{n} over the share of one client"),
        }
        return [text.format(n=self.left_out[why]) for why, text in words.items() if self.left_out.get(why)]

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:  # noqa: ARG002
        return self._why_not()

    def _bands(self) -> Figure:
        rows = self._shown.head(_FIGURE_ROWS)
        names = [self._whose(row) for row in rows.to_dict("records")]
        references = {one["factor"]: one["mean"] for one in self.references}
        factors = [self._called(str(one)) for one in rows["factor"]]
        drawn = pd.DataFrame(
            {
                "group": factors if self.groups else "",
                "label": [capital(name) for name in names] if self.groups else factors,
                "mean": rows["mean"].where(~self._coded(rows)),
                "ci_lower": rows["ci_lower"],
                "ci_upper": rows["ci_upper"],
                "norm_mean": rows["norm_mean"],
                "norm_sd": rows["norm_sd"],
                "share": rows["percentile"],
                "share_lower": rows["percentile_ci_lower"],
                "share_upper": rows["percentile_ci_upper"],
                "reference": [references.get(factor, np.nan) for factor in rows["factor"]],
            }
        )
        notes, left_out = self._notes(), len(self.table) - len(rows)
        if left_out:
            notes.append(
                ngettext("{n} more score stands in the table.", "{n} more scores stand in the table.", left_out).format(
                    n=left_out
                )
            )
        return Figure(
            plots.norm_bands,
            drawn,
            notes=notes,
            limits=self.scale_range,
            norm_name=self._norm_name(),
            width=plots.NARROW,
            caption=_("Scores on the spread of a simulated norm")
            if self.simulated
            else _("Scores on the spread of the norm"),
        )

    def _coded(self, rows: pd.DataFrame) -> pd.Series:
        """The rows whose mean is only known to lie near an end of the scale."""
        return rows["end"].astype(bool) if "end" in rows else pd.Series(data=False, index=rows.index)

    def _references(self) -> FurtherTable:
        frame = pd.DataFrame(
            {
                "factor": [self._called(one["factor"]) for one in self.references],
                "published_mean": [float(one["mean"]) for one in self.references],
                "source": [_cited(one) for one in self.references],
            }
        )
        columns = (
            Column("factor", _("Factor"), key=True),
            Column("published_mean", _("Published mean"), "score"),
            Column("source", _("Source")),
        )
        return FurtherTable(frame, columns, _("Published means"))


def _period(first: datetime.date, last: datetime.date) -> str:
    """The months between two days, in words."""
    months = [format_date(day, "MMMM y", locale=locale()) for day in (first, last)]
    if months[0] == months[1]:
        return _("in {month}").format(month=months[0])
    return _("from {first} to {last}").format(first=months[0], last=months[1])


def _cited(reference: Mapping[str, Any]) -> str:
    doi = reference.get("doi")
    return f"{reference['source']}, doi:{doi}" if doi else str(reference["source"])


@checked
def compare_norms(
    data: Survey,
    norm: Norm | str | Path,
    *,
    date: datetime.date | str | None = None,
    cells: Cells | None = None,
    by: str | Sequence[str] | None = None,
    client: str = "",
    sectors: str | Sequence[str] = (),
    countries: str | Sequence[str] = (),
    max_age: float = OLDEST_IN_NORM,
    references: Sequence[Mapping[str, Any]] = (),
    conf_level: float = 0.95,
    seed: int = 1,
) -> NormComparison:
    """Find where the scores of a client lie among those of a norm.

    Parameters
    ----------
    data : Survey
        The answers of one client and wave.
    norm : Norm or path
        What they are compared with. Results of the client itself are left out.
    date : date or str, optional
        When the answers were collected: the norm's age counts from then. By default today.
    cells : Cells, optional
        The disclosure plan of the run: then scores are published, and the comparison is made of these alone.
    by : str or sequence of str, optional
        As for `score_scales`: by default the side, where the answers have it; or the partnership and the side.
    client : str
        Who the client is, where the answers have no column `client`.
    sectors, countries : str or sequence of str
        Only studies of these; by default all.
    max_age : float
        In years; older studies do not count.
    references : sequence of mapping
        Published means to show beside the norm, each with `factor`, `mean`, `source` and, if there is one, `doi`.
    conf_level : float
        Of the intervals.
    seed : int
        Of the draws behind them.

    Returns
    -------
    NormComparison
        Where a comparison does not hold, the percentile is NaN and `why` says the reason.

    Raises
    ------
    NormError
        When the norm cannot be read.
    OptionError
        When the norm has no study of the sectors or countries, or a reference lacks its source.

    References
    ----------
    Paule & Mandel (1982), doi:10.6028/jres.087.022; Viechtbauer (2007), doi:10.1002/sim.2514; Weerahandi (1993),
    doi:10.1080/01621459.1993.10476355; Lorenzo-Seva & ten Berge (2006), doi:10.1027/1614-2241.2.2.57

    Examples
    --------
    >>> from hpp_analysis import plan_disclosure, simulate_study
    >>> from hpp_analysis.norms import contribute_to_norm
    >>> survey = simulate_study(partners=2, persons_per_side=12, seed=1).survey
    >>> norm = contribute_to_norm(survey, plan_disclosure(survey), date=datetime.date(2026, 2, 1))
    >>> compare_norms(survey, norm, date="2026-03-01").to_frame()["why"].unique().tolist()
    ['too_few']
    """
    norm, on = check_comparison(
        data, norm, date=date, sectors=sectors, countries=countries, max_age=max_age, references=references
    )
    scores = score_scales(data, by=by, conf_level=conf_level)
    if not set(scores.groups) <= {"partnership", "side"}:
        raise OptionError(
            f"`by` must be the partnership, the side, or both. Given: {', '.join(scores.groups)}. A norm knows no other groups."
        )
    scores = scores if cells is None else publish(scores, cells)
    wanted = Wanted(
        on=on,
        years=max_age,
        sectors=(sectors,) if isinstance(sectors, str) else tuple(sectors),
        countries=(countries,) if isinstance(countries, str) else tuple(countries),
        own=_own_keys(data, norm, client),
        measures=Measures.of(data),
    )
    loadings = {} if cells is None else one_factor_loadings(data, cells)
    populations: dict[tuple[str, str | None], Population] = {}
    rows, flags, rng = [], set(), np.random.default_rng(seed)
    for row in _rows_of(scores).to_dict("records"):
        side = str(row["side"]) if "side" in scores.groups else "" if _one_sided(norm) else None
        key = str(row["factor"]), side
        if key not in populations:
            populations[key] = population_of(norm, *key, wanted)
        population = populations[key]
        same = congruence(loadings.get(key[0], {}), mean_loadings(population.contributions, key[0]))
        found = _place(row, population, same, conf_level, rng)
        if not found["why"]:
            flags |= {"texts_differ"} if population.texts_differ else set()
            flags |= {"fair_structure"} if same < CONGRUENCE_EQUAL else set()
        rows.append({**row, **found, "congruence": same})
    used = [one for population in populations.values() for one in population.contributions]
    most = max(populations.values(), key=lambda one: len(one.cells), default=Population(norm.cells, ()))
    return NormComparison(
        table=pd.DataFrame(rows),
        flags=(*scores.flags, *sorted(flags)),
        published=scores.published,
        context=scores.context,
        groups=scores.groups,
        simulated=norm.simulated,
        norm_id=norm.sha256[:12],
        left_out=dict(most.left_out),
        sectors=tuple(sorted({one.sector for one in used} - {""})),
        countries=tuple(sorted({one.country for one in used} - {""})),
        first=min((one.date for one in used), default=None),
        last=max((one.date for one in used), default=None),
        references=tuple(dict(one) for one in references),
        scale_range=scores.scale_range,
        conf_level=conf_level,
        years=max_age,
    )


def check_comparison(
    data: Survey,
    norm: Norm | str | Path,
    *,
    date: datetime.date | str | None = None,
    sectors: str | Sequence[str] = (),
    countries: str | Sequence[str] = (),
    max_age: float = OLDEST_IN_NORM,
    references: Sequence[Mapping[str, Any]] = (),
    client: str = "",  # noqa: ARG001 - taken so that all that a study says can be given
) -> tuple[Norm, datetime.date]:
    """The norm and the day of a comparison, with all checked that can be without making it; as `compare_norms`.

    Raises
    ------
    NormError, OptionError
    """
    in_range(max_age, "max_age", above=0)
    norm = norm if isinstance(norm, Norm) else load_norm(norm)
    on = datetime.datetime.now(datetime.UTC).date() if date is None else to_day(date)
    for name, chosen, known in (
        ("sectors", sectors, {one.sector for one in norm.contributions}),
        ("countries", countries, {one.country for one in norm.contributions}),
    ):
        kind = "a sector of the norm" if name == "sectors" else "a country of the norm"
        names_in(chosen, sorted(known - {""}), name, kind=kind)
    _check_references(references, [part.id for part in (*data.instrument.factors, *data.instrument.outcomes)])
    return norm, on


def _rows_of(scores: Scores) -> pd.DataFrame:
    """The scores, without small partnerships that are told together."""
    columns = ["factor", *scores.groups, "mean", "ci_lower", "ci_upper", "n_persons", "state", "end", "coarse"]
    table = scores.to_frame()
    table = table[[name for name in columns if name in table]]
    return table[~table["partnership"].astype(str).str.startswith(OTHERS)] if "partnership" in table else table


def _one_sided(norm: Norm) -> bool:
    return set(norm.cells["side"]) <= {""}


def _place(
    row: Mapping[str, Any], population: Population, same: float, conf_level: float, rng: np.random.Generator
) -> dict[str, Any]:
    """The place of one score among a population, or why it has none."""
    cells = population.cells
    k, clients = len(cells), int(cells["client"].nunique())
    enough = k >= FEWEST_IN_NORM
    mean, lower, upper = (float(row[name]) for name in ("mean", "ci_lower", "ci_upper"))
    df = float(row["n_persons"]) - 1
    place = Position(*[math.nan] * 7)
    why: Why = "" if enough else _why_too_few(population)
    if enough:
        cluster = pd.factorize(cells["client"])[0]
        y, v = cells["mean"].to_numpy(float), cells["v"].to_numpy(float)
        error = (upper - lower) / 2 / _reach(df, conf_level) if np.isfinite(upper - lower) and df > 0 else math.nan
        place = place_among(mean, error, df, y, v, cluster, conf_level=conf_level, rng=rng)
        if not place.sd > 0:
            why = "no_spread"
        elif np.isnan(mean):
            why = "withheld"
        elif np.isnan(error):
            why = "no_interval"
        elif same < CONGRUENCE_FAIR:
            why = "other_structure"
    share, low, high = (place.share, place.ci_lower, place.ci_upper) if not why else (math.nan,) * 3
    return {
        "percentile": share,
        "percentile_ci_lower": low,
        "percentile_ci_upper": high,
        "standing": None if why else _standing(low, high),
        "norm_mean": place.mean,
        "norm_sd": place.sd,
        "norm_sd_observed": place.observed_sd,
        "n_norm": k,
        "n_clients": clients,
        "why": why,
    }


def _reach(df: float, conf_level: float) -> float:
    return float(stats.t.ppf(0.5 + conf_level / 2, df))


def _standing(lower: float, upper: float) -> Standing:
    if lower > MAJORITY:
        return "above"
    return "below" if upper < MAJORITY else "cannot_tell"


def _why_too_few(population: Population) -> Why:
    """Why a norm has too few partnerships: the one reason without which there were enough, else that there are too few."""
    k = len(population.cells)
    reasons: dict[str, Why] = {
        "older": "too_old",
        "client": "one_client",
        "items": "other_items",
        "scale": "other_scale",
    }
    for left_out, why in reasons.items():
        if k + population.left_out.get(left_out, 0) >= FEWEST_IN_NORM:
            return why
    return "too_few"


def _own_keys(data: Survey, norm: Norm, client: str) -> set[str]:
    """The keys of the client and of its partnerships, by each salt of the norm."""
    who = data.respondents
    clients = {str(value) for value in data.values("client")} if "client" in who else {client} - {""}
    if not clients:
        raise OptionError(
            "`client` must say whose answers these are, so that the client's own results are left out of the norm. Given: no "
            "column `client`. Give the name with which the study was added to the norm."
        )
    if len(clients) > 1:
        raise OptionError(
            f"`data` must be the answers of one client. Given: {', '.join(sorted(clients))}. Select one with "
            "survey.where(client=...)."
        )
    partners = {str(value) for value in data.values("partner")} if "partner" in who else set()
    own = next(iter(clients))
    return {
        key
        for salt in dict.fromkeys(one.salt for one in norm.contributions)
        for key in (key_of(salt, "client", own), *(key_of(salt, "unit", own, partner) for partner in sorted(partners)))
    }


def _check_references(references: Sequence[Mapping[str, Any]], factors: Sequence[str]) -> None:
    for one in references:
        names_in(list(one), _REFERENCE_KEYS, "references", kind="a key of a published mean")
        missing = [name for name in ("factor", "mean", "source") if not one.get(name)]
        if missing:
            raise OptionError(
                f"`references` must each say factor, mean and source. Given: one without {', '.join(missing)}. Add it."
            )
        names_in(one["factor"], factors, "references", kind="a scale of the questionnaire")
        in_range(one["mean"], "references")
