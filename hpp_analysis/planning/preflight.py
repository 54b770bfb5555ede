"""What should be mended in a questionnaire before it goes into the field, and what can it settle with who is invited?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, FurtherTable
from hpp_analysis.common.interpret import POWER_ENOUGH
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.display.columns import Column, hidden
from hpp_analysis.display.formats import brief, format_value
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, in_range, names_in
from hpp_analysis.planning.dynamic_cutoffs import DynamicCutoffs, dynamic_cutoffs
from hpp_analysis.planning.invitations import N, count_groups, read_invitations
from hpp_analysis.planning.plan_study import POWER, PRECISION, StudyPlan, goals_of, plan_study
from hpp_analysis.planning.wording import Remark, agreement_in, is_placeholder, remarks_on_texts, word_list, words_of
from hpp_analysis.simulation.options import whole_number
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.questionnaire import Instrument, Scale
from hpp_analysis.texts import N_, ngettext, pick
from hpp_analysis.texts import gettext as _

Severity = Literal["stop", "mend", "look"]
_FEW_POINTS, _MANY_POINTS, _FEW_ITEMS = 5, 11, 3
_USUAL_PERSONS, _USUAL_RESPONDENTS, _USUAL_PARTNERSHIPS = (5, 10, 25, 50), 200, 4
_MANY_PARTNERSHIPS = 8  # from which on fewer studies are simulated, since each takes longer
_FEWEST_PERSONS = 3  # whom `plan_study` simulates
_LOADINGS, _FACTOR_CORRELATION = (0.6, 0.85), 0.6


@dataclass(frozen=True, slots=True)
class Check:
    """A check: how much its finding matters, what it is called, and what to do about it."""

    severity: Severity
    title: str
    advice: str


CHECKS: dict[str, Check] = {
    "placeholder": Check("stop", N_("A text that is still to be written"), N_("Write it before anybody is invited.")),
    "asked_twice": Check(
        "stop",
        N_("The same question twice"),
        N_("Remove one. Respondents wonder which is meant, and an export cannot tell the two columns apart."),
    ),
    "ends_alike": Check(
        "stop", N_("Both ends of the answer scale are called the same"), N_("Give each end its own words.")
    ),
    "negation_differs": Check(
        "mend",
        N_("Negated in one language only"),
        N_("Compare the translations: who agrees in one language may disagree in the other."),
    ),
    "number_differs": Check(
        "mend", N_("Another number in each language"), N_("Compare the translations: they must ask the same.")
    ),
    "same_text": Check(
        "mend", N_("The same text in two languages"), N_("Translate it, unless it is meant to be the same.")
    ),
    "denied_twice": Check(
        "mend", N_("Negated twice"), N_("Say it without negations: few read such an item as it is meant.")
    ),
    "direction": Check(
        "mend",
        N_("The answer scale seems to run from agreement to disagreement"),
        N_("Let a higher number mean more agreement, or check the labels. Otherwise all scores turn around."),
    ),
    "ends_without_words": Check(
        "mend", N_("The ends of the answer scale have no words"), N_("Say what the lowest and the highest answer mean.")
    ),
    "double_barrelled": Check(
        "look",
        N_("Perhaps two questions in one"),
        N_("Ask who agrees with one half only. If that is possible, make two items, or leave one half out."),
    ),
    "negated": Check(
        "look",
        N_("Negated"),
        N_(
            "Say it positively where possible: hurried readers miss a negation. Where agreement means a low score, the item must "
            "be declared as reversed."
        ),
    ),
    "long_sentence": Check(
        "look", N_("A long item"), N_("Shorten it. Background belongs in the introduction, not in the item.")
    ),
    "long_word": Check("look", N_("A long word"), N_("Use a shorter word, or two.")),
    "near_duplicate": Check(
        "look",
        N_("Two items that are nearly the same"),
        N_(
            "Keep both only if each asks something of its own. Items that repeat each other raise the reliability, not what is "
            "known, and their residuals correlate."
        ),
    ),
    "no_dont_know": Check(
        "look",
        N_("Nobody can answer 'don't know'"),
        N_("Offer it: many respondents cannot judge everything about the other side, and guesses look like answers."),
    ),
    "few_points": Check(
        "look", N_("An answer scale with few points"), N_("Use five to eleven points, or treat answers as ordinal.")
    ),
    "many_points": Check(
        "look", N_("An answer scale with many points"), N_("Use five to eleven points: people do not tell more apart.")
    ),
    "no_middle": Check(
        "look",
        N_("An answer scale without a middle"),
        N_(
            "That is a choice: who has no opinion must choose all the same, or needs 'don't know'. The usual scale from 1 to 10 is such."
        ),
    ),
    "uneven_labels": Check(
        "look",
        N_("Labels that are not balanced around the middle of the answer scale"),
        N_("Label as many points below the middle as above it, or only the ends."),
    ),
    "several_scales": Check(
        "look",
        N_("Items with different answer scales"),
        N_("Put them on pages of their own. They are brought to one scale by a straight line between the ends."),
    ),
    "few_items": Check(
        "look",
        N_("A factor with few items"),
        N_("Give it at least three: with fewer its fit cannot be tested, and its reliability is hardly known."),
    ),
}
"""The checks, the gravest first."""


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Preflight(Result):
    """What the rules found in a questionnaire, and what it can settle.

    Attributes
    ----------
    table : DataFrame
        One row per finding, the gravest first: check, severity ("stop": it cannot be fielded so; "mend"; "look": a person must
        judge), items (ids), place (of an answer scale or factor), language, evidence (the words or numbers found).
    instrument : Instrument
    languages : tuple of str
        Whose texts were screened.
    unscreened : tuple of str
        Languages without a list of words: there only what needs no words was checked.
    groups : DataFrame
        As `planning.invitations.count_groups` gives it; empty without a list of invitations.
    response : float
        The share of the invited who are expected to answer.
    expected : int or None
        Persons on each side of each partnership who are expected, of the median group; None without a list of invitations.
    plan : StudyPlan or None
        What the study can settle by numbers of persons, `expected` among them; None with the reason in `not_planned`.
    cutoffs : DynamicCutoffs or None
        Cut-offs of fit for the model of the questionnaire; None with the reason in `no_cutoffs`.
    not_planned, no_cutoffs : str
        "" or a code: "one_factor", "few_items", "few_persons", "scale".
    """

    instrument: Instrument
    languages: tuple[str, ...]
    unscreened: tuple[str, ...]
    groups: pd.DataFrame
    response: float
    expected: int | None
    plan: StudyPlan | None
    cutoffs: DynamicCutoffs | None
    not_planned: str
    no_cutoffs: str

    @property
    def can_be_fielded(self) -> bool:
        """Whether nothing was found that stops the questionnaire."""
        return not self.table["severity"].eq("stop").any()

    def _declare(self) -> Declaration:
        tables = {"invited": self._groups_table} if len(self.groups) else {}
        if self.plan is not None:
            tables["verdicts"] = partial(self._verdicts_table, self.plan)
        return Declaration(
            name="preflight",
            caption=_("What the rules found"),
            variable="check",
            columns=(
                Column("title", _("Finding"), key=True),
                Column("where", _("Where")),
                Column("evidence", _("Found")),
                Column("advice", _("What to do")),
                *hidden("nothing", "check", "severity", "items", "place", "language"),
            ),
            tables=tables,
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        checks = [CHECKS[check] for check in self.table["check"]]
        return self.table.assign(
            title=[_(check.title) for check in checks],
            advice=[_(check.advice) for check in checks],
            where=[self._where(items, place, language) for items, place, language in self._places()],
        )

    def _places(self) -> Iterator[tuple[str, str, str]]:
        for row in self.table[["items", "place", "language"]].astype(str).itertuples(index=False):
            yield str(row[0]), str(row[1]), str(row[2])

    def _where(self, items: str, place: str, language: str) -> str:
        place = _("answer scale") if place == "scale" else self._called(place) if place in self.context.names else place
        shown = "" if "," in language else language  # what differs between languages names them itself
        return " · ".join(part for part in (items or place, shown) if part)

    def _groups_table(self) -> FurtherTable:
        words = {
            "never": _("cannot be shown: fewer than five invited"),
            "unlikely": _("will probably not be shown"),
            "doubtful": _("may not be shown"),
            "mean": _("a rounded mean, perhaps nothing more"),
            "all": _("all numbers"),
        }
        names = self.instrument.names
        heads = [name for name in self.groups.columns if name in names]
        frame = self.groups.assign(
            group=[
                " · ".join(pick(names.get(f"{head}={value}", {"": value})) for head, value in row.items() if value)
                or _("All")
                for row in self.groups[heads].to_dict("records")
            ],
            outcome=[words[str(code)] for code in self.groups["outcome"]],
        )
        columns = (
            Column("group", _("Group"), key=True),
            Column("outcome", _("In a report")),
            Column(N, _("Invited"), "count"),
            Column("expected", _("Expected"), "count"),
            Column("p_floor", _("Five or more"), "share"),
            Column("p_detail", _("Ten or more"), "share"),
        )
        return FurtherTable(frame, columns, _("Who is invited, and what a report could show"), self._group_notes())

    def _group_notes(self) -> list[str]:
        return [
            _(
                "If {share} of the invited answer, each independently of the others: the chances of five and of ten answers or "
                "more. A group may stay hidden for more reasons: because subtraction would lead to another one, or because all "
                "of its members answer alike."
            ).format(share=format_value(self.response, "share"))
        ]

    def _verdicts_table(self, plan: StudyPlan) -> FurtherTable:
        columns = (Column("goal", _("To settle")), Column("value", _("How well")), Column("answer", _("Enough?")))
        row = self._verdict_row(plan)
        sentence = (
            _("With {n} persons on each side of each partnership, {all} in all.")
            if plan.sides == 2
            else _("With {n} persons in each group, {all} in all.")
        )
        sizes = {"n": format_value(float(row["persons"]), "count"), "all": format_value(float(row["n_total"]), "count")}
        as_expected = self.expected is not None and self.expected >= _FEWEST_PERSONS
        caption = (
            _("What the expected response can and cannot settle")
            if as_expected
            else _("What so many persons can and cannot settle")
        )
        notes = [sentence.format(**sizes)]
        if self.expected is not None and not as_expected:
            notes.append(_("Fewer are expected: they settle less."))
        return FurtherTable(self._verdicts(plan), columns, caption, notes)

    def _verdict_row(self, plan: StudyPlan) -> pd.Series:
        """The row of the plan nearest to the expected number of persons; without one that of ten."""
        wanted = _USUAL_PERSONS[1] if self.expected is None else self.expected
        return plan.table.loc[(plan.table["persons"] - wanted).abs().idxmin()]

    def _verdicts(self, plan: StudyPlan) -> pd.DataFrame:
        """What a study of the expected size settles: a goal, the number found, and whether that is enough."""
        row, goals = self._verdict_row(plan), goals_of(plan)
        rows = []
        for goal in (*PRECISION[:4], *POWER):
            value = float(row[goal])
            if not np.isfinite(value):
                continue
            precise = goal in PRECISION
            enough = value <= plan.precision if precise else value >= POWER_ENOUGH
            said = (
                _("known to within {value} points").format(value=brief(value))
                if precise
                else _("found in {value} of studies").format(value=format_value(value, "share"))
            )
            rows.append({"goal": goals[goal], "value": said, "answer": _("enough") if enough else _("not enough")})
        return pd.DataFrame(rows, columns=["goal", "value", "answer"])

    def findings(self, language: str | None = None) -> list[str]:
        """The findings as lines of text, the gravest first."""
        with self._spoken(language):
            lines = []
            for row in self._labelled()[["title", "where", "evidence"]].astype(str).itertuples(index=False):
                title, *told = (str(part) for part in row)
                lines.append(f"{title} ({': '.join(part for part in told if part)})")
            return lines

    # Sentences

    def _summary(self) -> list[str]:
        return [self._verdict_sentence(), *self._count_sentences(), *self._group_sentences(), *self._limits()]

    def _verdict_sentence(self) -> str:
        stops = int(self.table["severity"].eq("stop").sum())
        if stops:
            return ngettext(
                "This questionnaire cannot be fielded yet: {n} finding must be solved first.",
                "This questionnaire cannot be fielded yet: {n} findings must be solved first.",
                stops,
            ).format(n=stops)
        return _("The rules found nothing that stops this questionnaire.")

    def _count_sentences(self) -> list[str]:
        mend, look = (int(self.table["severity"].eq(severity).sum()) for severity in ("mend", "look"))
        if not mend and not look:
            return [_("They found nothing to look at either.")] if self.can_be_fielded else []
        parts = []
        if mend:
            parts.append(ngettext("{n} should be mended", "{n} should be mended", mend).format(n=mend))
        if look:
            parts.append(
                ngettext("{n} needs a person's judgement", "{n} need a person's judgement", look).format(n=look)
            )
        return [_("Of the findings, {parts}.").format(parts=join_names(parts))]

    def _group_sentences(self) -> list[str]:
        if not len(self.groups):
            return [_("Without a list of invitations nothing can be said about groups that are too small.")]
        hidden_ones = self.groups["outcome"].isin(["never", "unlikely"])
        partly = self.groups["outcome"].isin(["doubtful", "mean"])
        return [
            _(
                "Of {all} groups, {hidden} will not or probably not be shown, and {partly} perhaps not, or with a rounded mean only."
            ).format(
                all=format_value(len(self.groups), "count"),
                hidden=format_value(int(hidden_ones.sum()), "count"),
                partly=format_value(int(partly.sum()), "count"),
            )
        ]

    def _limits(self) -> list[str]:
        limits = [
            _(
                "These are rules that count words. They screen and recommend; they do not judge whether the questionnaire is valid, "
                "and what they do not find may still be wrong."
            ),
            _(
                "Before fielding, interview five to ten future respondents while they fill it in, and pilot it with about thirty."
            ),
        ]
        if self.unscreened:
            limits.append(
                _("The wording in {languages} was not screened: the package has no list of words for it.").format(
                    languages=join_names(list(self.unscreened))
                )
            )
        return limits

    def _fit_sentences(self) -> list[str]:
        """What fit to ask of this very model, or why that cannot be said."""
        reasons = {
            "one_factor": _("The model has one factor, and what its fit is compared with misses a loading on another: no cut-offs can be given."),
            "few_items": _("A factor has fewer than three items: no cut-offs of fit can be given for this model."),
            "few_persons": _("So few persons are expected that the model cannot be fitted: no cut-offs of fit can be given."),
        }  # fmt: skip
        if self.cutoffs is None:
            return [reasons[self.no_cutoffs]]
        about = _(
            "For this model and {n} respondents, if loadings lie between {low} and {high} and factors correlate {phi} (assumed, since "
            "nobody has answered yet):"
        ).format(
            n=format_value(self.cutoffs.n_obs, "count"),
            low=format_value(_LOADINGS[0], "coefficient"),
            high=format_value(_LOADINGS[1], "coefficient"),
            phi=format_value(_FACTOR_CORRELATION, "coefficient"),
        )
        return [about, *self.cutoffs._summary()]

    def _plan_sentences(self) -> list[str]:
        """Why there is no plan, and what the tables of one rest on."""
        if self.plan is None:
            return [
                _(
                    "How many persons are needed cannot be simulated: the answer scale has no room for the differences that are to be "
                    "found."
                )
            ]
        return self.plan._notes()

    def _methods(self) -> list[str]:
        sentences = [
            _(
                "Items were screened by lists of words for each language: negations, joining words outside fixed expressions, numbers, and "
                "the length of sentences and words. Two items count as nearly the same where the cosine of their letter groups, weighted "
                "by how rare they are in the questionnaire (TF-IDF), is at least .65. No reading level was computed: it is not defined for "
                "single sentences."
            )
        ]
        return [*sentences, *(self.plan._methods() if self.plan is not None else [])]


@checked
def preflight(
    instrument: str | Path | Instrument,
    *,
    invited: str | Path | pd.DataFrame | None = None,
    response: float = 0.6,
    by: str = "client",
    partnerships: int | None = None,
    languages: str | Sequence[str] | None = None,
    n_sim: int = 300,
    seed: int = 0,
) -> Preflight:
    """Screen a questionnaire before it goes into the field.

    Texts that are missing or differ between languages, items that are alike, ask two things at once, deny something or are long,
    and the answer scale are checked by rules; which groups will be too small follows from the list of invitations; and
    simulation tells what the expected response can and cannot settle.

    Parameters
    ----------
    instrument : str, Path or Instrument
        As for `load_instrument`.
    invited : path or DataFrame, optional
        Who is invited: a table with a row for each person, or for each group with a column `n`; or a study.yaml with `invited`.
    response : float
        The share of the invited who are expected to answer.
    by : str
        The column whose values get a report each.
    partnerships : int, optional
        How many take part, for the simulation; by default as many as are invited, or four.
    languages : str or sequence of str, optional
        Whose texts are screened; by default all of the questionnaire.
    n_sim : int
        Simulated studies for each number of persons.
    seed : int

    Returns
    -------
    Preflight
        `.to_frame()` has a row per finding; `report.preflight_html` makes a page of it.

    Raises
    ------
    InstrumentError
        When the questionnaire cannot be used, with all that is wrong: texts missing in a language among it.
    SurveyError
        When the list of invitations cannot be read.

    Notes
    -----
    The rules understand nothing of what they read, and a questionnaire without findings may measure something else than it
    should. docs/preflight.md tells how many of a hundred labelled items in each language they find, and how many they
    find wrongly.

    References
    ----------
    Presser et al. (2004), doi:10.1093/poq/nfh008 (pilots and cognitive interviews); Menold & Bogner (2016),
    doi:10.15465/gesis-sg_en_015 (answer scales)

    Examples
    --------
    >>> found = preflight("hpp", n_sim=20)
    >>> found.can_be_fielded, found.to_frame()["check"].tolist()
    (True, ['no_middle'])
    """
    questionnaire = load_instrument(instrument)
    whole_number(n_sim, "n_sim", least=20)
    in_range(response, "response", above=0, at_most=1)
    chosen = questionnaire.languages if languages is None else names_in(languages, questionnaire.languages, "languages", kind="a language of the questionnaire")  # fmt: skip
    if partnerships is not None:
        whole_number(partnerships, "partnerships", least=1)
    if by != "client":
        names_in(by, [column.id for column in questionnaire.columns], "by", kind="a column of the questionnaire")
    groups, expected, n_pairs, n_respondents = pd.DataFrame(), None, _USUAL_PARTNERSHIPS, _USUAL_RESPONDENTS
    if invited is not None:
        groups = count_groups(read_invitations(invited, questionnaire), response, by)
        finest = groups[groups["level"].eq(groups["level"].max())]
        expected = max(round(float(finest["expected"].median())), 1)
        n_pairs = max(len(finest) // (2 if "side" in finest else 1), 1)
        n_respondents = round(float(groups.loc[groups["level"].eq(0), "expected"].sum()))
    screened = {language: questionnaire.texts(language) for language in chosen}
    remarks = [*remarks_on_texts(screened), *_placeholders(questionnaire, chosen)]
    remarks += [*_remarks_on_scales(questionnaire, chosen), *_remarks_on_factors(questionnaire)]
    plan, not_planned = _planned(questionnaire, expected, partnerships or n_pairs, n_sim, seed)
    cutoffs, no_cutoffs = _fit_cutoffs(questionnaire, n_respondents, n_sim, seed)
    return Preflight(
        table=_findings_table(remarks),
        context=Context(names=questionnaire.names),
        instrument=questionnaire,
        languages=tuple(chosen),
        unscreened=tuple(language for language in chosen if word_list(language) is None),
        groups=groups,
        response=response,
        expected=expected,
        plan=plan,
        cutoffs=cutoffs,
        not_planned=not_planned,
        no_cutoffs=no_cutoffs,
    )


def _findings_table(remarks: Sequence[Remark]) -> pd.DataFrame:
    """One row per remark, in the order of the checks."""
    order = list(CHECKS)
    rows = [
        {
            "check": remark.check,
            "severity": CHECKS[remark.check].severity,
            "items": ", ".join(remark.items),
            "place": remark.place,
            "language": remark.language,
            "evidence": remark.evidence,
        }
        for remark in sorted(remarks, key=lambda remark: order.index(remark.check))
    ]
    return pd.DataFrame(rows, columns=["check", "severity", "items", "place", "language", "evidence"])


def _placeholders(instrument: Instrument, languages: Sequence[str]) -> Iterator[Remark]:
    """Texts besides the items that are still to be written."""
    texts = {"title": instrument.title}
    texts |= {part.id: part.name for part in (*instrument.factors, *instrument.outcomes)}
    for name, scale in _scales(instrument).items():
        texts |= {f"{name}, {point}": text for point, text in scale.labels.items()}
        if scale.dont_know is not None:
            texts[f"{name}, dont_know"] = scale.dont_know.text
    for place, text in texts.items():
        for language in languages:
            if is_placeholder(text[language]):
                yield Remark("placeholder", (), language, text[language], place)


def _scales(instrument: Instrument) -> dict[str, Scale]:
    """The answer scales by name, the instrument's own first."""
    return {"scale": instrument.scale, **instrument.scales}


def _remarks_on_scales(instrument: Instrument, languages: Sequence[str]) -> Iterator[Remark]:
    """What to look at in the answer scales."""
    for name, scale in _scales(instrument).items():
        n_points = scale.max - scale.min + 1
        for language in languages:
            low, high = scale.labels[scale.min][language], scale.labels[scale.max][language]
            said = f"{scale.min} = {low}, {scale.max} = {high}"
            if words_of(low) == words_of(high) and words_of(low):
                yield Remark("ends_alike", (), language, said, name)
            if (low, high) == (str(scale.min), str(scale.max)):
                yield Remark("ends_without_words", (), language, said, name)
            if agreement_in(low, language) > 0 > agreement_in(high, language):
                yield Remark("direction", (), language, said, name)
        if scale.dont_know is None:
            yield Remark("no_dont_know", (), place=name)
        if n_points < _FEW_POINTS or n_points > _MANY_POINTS:
            yield Remark("few_points" if n_points < _FEW_POINTS else "many_points", (), "", str(n_points), name)
        if n_points % 2 == 0:
            yield Remark("no_middle", (), "", str(n_points), name)
        middle = (scale.min + scale.max) / 2
        below, above = (sum(side) for side in zip(*((p < middle, p > middle) for p in scale.labels), strict=True))
        if below != above:
            yield Remark("uneven_labels", (), "", f"{below} / {above}", name)
    used = {item.scale or "scale" for item in instrument.items}
    if len(used) > 1:
        yield Remark("several_scales", (), "", ", ".join(sorted(used)))


def _remarks_on_factors(instrument: Instrument) -> Iterator[Remark]:
    for factor in (*instrument.factors, *instrument.outcomes):
        items = instrument.items_of(factor.id)
        if len(items) < _FEW_ITEMS:
            yield Remark("few_items", (), "", str(len(items)), factor.id)


def _planned(
    instrument: Instrument, expected: int | None, partnerships: int, n_sim: int, seed: int
) -> tuple[StudyPlan | None, str]:
    """What numbers of persons settle, or why that cannot be simulated; with many partnerships from fewer simulated studies."""
    persons = sorted({*_USUAL_PERSONS, *([expected] if expected is not None and expected >= _FEWEST_PERSONS else [])})
    runs = max(min(n_sim, n_sim * _MANY_PARTNERSHIPS // partnerships), 20)
    try:
        plan = plan_study(
            instrument,
            persons=persons,
            partnerships=partnerships,
            loadings=_LOADINGS,
            factor_correlation=_FACTOR_CORRELATION,
            models=False,
            n_sim=runs,
            seed=seed,
            jobs=1,
            progress=False,
        )
    except OptionError:  # the answer scale has no room for differences of half a point
        return None, "scale"
    return plan, ""


def _fit_cutoffs(
    instrument: Instrument, n_respondents: int, n_sim: int, seed: int
) -> tuple[DynamicCutoffs | None, str]:
    """Cut-offs of fit for the model of the questionnaire, or why there are none."""
    ids = [factor.id for factor in instrument.factors]
    items = [item for item in instrument.items if item.factor in ids]
    sizes = {factor: sum(item.factor == factor for item in items) for factor in ids}
    if len(ids) < 2:
        return None, "one_factor"
    if min(sizes.values()) < _FEW_ITEMS:
        return None, "few_items"
    if n_respondents < len(items) + 2:
        return None, "few_persons"
    loadings = pd.DataFrame(0.0, index=[item.id for item in items], columns=ids)
    for factor, size in sizes.items():
        own = [item.id for item in items if item.factor == factor]
        loadings.loc[own, factor] = np.linspace(*_LOADINGS, size)
    phi = pd.DataFrame(np.where(np.eye(len(ids)), 1.0, _FACTOR_CORRELATION), ids, ids)
    found = dynamic_cutoffs(
        loadings, factor_correlations=phi, n_obs=n_respondents, n_sim=n_sim, seed=seed, jobs=1, progress=False
    )
    return replace(found, context=Context(names=instrument.names)), ""
