"""Every result speaks: in each language, and of a questionnaire that has one language only."""

import inspect
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.answers.scale_table import ScaleTable
from hpp_analysis.common.result import Result
from hpp_analysis.disclosure import Cells
from hpp_analysis.errors import OptionError
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.texts import languages
from tests.comments.making import commented, reviewed
from tests.public_names import CLASSES


def in_one_language(instrument: Instrument, code: str) -> Instrument:
    """The same questionnaire with the texts of one language."""

    def only(part: object) -> object:
        if isinstance(part, dict) and set(part) == set(instrument.languages):
            return {code: part[code]}
        if isinstance(part, dict):
            return {key: only(value) for key, value in part.items()}
        return [only(one) for one in part] if isinstance(part, list | tuple) else part

    return Instrument.model_validate(only(instrument.model_dump()))


def questionnaire(spoken: str) -> Instrument:
    """The packaged questionnaire in all its languages ("all"), or in one."""
    whole = hpp.load_instrument("hpp")
    return whole if spoken == "all" else in_one_language(whole, spoken)


@cache
def answers(spoken: str) -> hpp.survey.Survey:
    return hpp.simulate_study(questionnaire(spoken), partners=2, persons_per_side=12, seed=1).survey


@cache
def cells(spoken: str) -> Cells:
    return hpp.plan_disclosure(answers(spoken))


@cache
def overview(spoken: str) -> object:
    return hpp.publishing.summarise_study(answers(spoken), cells(spoken))


@cache
def cfa(spoken: str) -> hpp.models.CFA:
    return hpp.fit_cfa(answers(spoken))


@cache
def efa(spoken: str) -> hpp.factors.EFA:
    return hpp.fit_efa(answers(spoken), 3)


@cache
def drivers(spoken: str) -> hpp.drivers.Drivers:
    return hpp.rank_drivers(answers(spoken), n_boot=100)


@cache
def waves(spoken: str) -> hpp.survey.Survey:
    study = hpp.simulate_study(questionnaire(spoken), partners=2, persons_per_side=6, waves=2, seed=1)
    return study.survey


def agreements_reviewed(survey: hpp.survey.Survey) -> Result:
    rows = [
        {"wave": "1", "about": "equ3", "agreement": "We decide together.", "status": "done", "by_when": "2026-03-01"},
        {"wave": "1", "about": "openness", "side": "partner", "agreement": "We meet.", "owner_first": "A. Person"},
        {"wave": "1", "agreement": "We measure again."},
    ]
    return hpp.followup.review_agreements(survey, hpp.followup.read_agreements(rows, survey))


@cache
def with_total(spoken: str) -> Result:
    survey = hpp.simulate_study(
        questionnaire(spoken), clients=["A", "B"], partners=2, persons_per_side=12, seed=1
    ).survey
    plan = hpp.plan_disclosure(survey, total=True)
    own, everybody = (hpp.publish(hpp.score_scales(one), plan) for one in (survey.where(client="A"), survey))
    return hpp.publishing.add_total(own, everybody)


def demo_norm() -> Path:
    return Path(__file__).parents[2] / "data" / "demo" / "norms.parquet"


@cache
def themes(spoken: str) -> Result:
    survey = commented(answers(spoken))
    review = reviewed(survey, Path(tempfile.mkdtemp()) / "comments.xlsx")
    return hpp.comments.count_themes(survey, review, cells=hpp.plan_disclosure(survey))


SMALL = "openness =~ ope1 + ope2 + ope3 + ope4"
LOADINGS = pd.DataFrame({"item": ["ope1", "ope2", "equ1", "equ2"], "factor": ["openness"] * 2 + ["equality"] * 2, "loading": [0.7, 0.8, 0.6, 0.7]})  # fmt: skip

MAKE: dict[str, Callable[[str], Result]] = {
    "SamplingAdequacy": lambda s: hpp.adequacy(answers(s)),
    "Agenda": lambda s: hpp.action_agenda(hpp.answers.rank_partners(answers(s)), hpp.partner_gaps(answers(s), level="item")),
    "Extremes": lambda s: hpp.findings.find_extremes(hpp.describe(answers(s), by=("partnership", "side"), weight="organisation")),
    "KeyFindings": lambda s: hpp.findings.key_findings(
        hpp.score_scales(answers(s)), verdict=hpp.judge_performance(answers(s)), gaps=hpp.partner_gaps(answers(s)),
        tiers=hpp.answers.rank_partners(answers(s)), response=hpp.answers.count_response(answers(s)),
    ),
    "PartnershipDifferences": lambda s: hpp.findings.compare_sides_by_partnership(
        hpp.score_scales(answers(s), by=("partnership", "side"))
    ),
    "ScoreOverview": lambda s: hpp.findings.survey_scores(hpp.score_scales(answers(s), by=("partnership", "side"))),
    "RaterAgreement": lambda s: hpp.agreement(answers(s), by="partnership"),
    "BlindSpots": lambda s: hpp.partners.find_blind_spots(answers(s), {"suc1": "ope1", "suc2": "equ1"}),
    "CFA": cfa,
    "TwoLevelCFA": lambda s: hpp.models.fit_two_level_cfa(f"level: 1; {SMALL}; level: 2; {SMALL}", answers(s), cluster="side"),
    "CFABootstrap": lambda s: hpp.fit_cfa(SMALL, answers(s).only("openness").items.dropna()).bootstrap(100),
    "AgreementReview": lambda s: agreements_reviewed(waves(s)),
    "Changes": lambda s: hpp.partners.compare_waves(waves(s)),
    "StudyPlan": lambda s: hpp.plan_study(answers(s), persons=[8, 20], n_sim=20, jobs=1),
    "DynamicCutoffs": lambda s: hpp.planning.dynamic_cutoffs(
        hpp.fit_cfa("openness =~ ope1 + ope2 + ope3 + ope4\nequality =~ equ1 + equ2 + equ3 + equ4", answers(s)), n_sim=20, jobs=1
    ),
    "Preflight": lambda s: hpp.planning.preflight(
        questionnaire(s), invited=pd.DataFrame({"client": ["A", "A"], "side": ["client", "partner"], "n": [30, 4]}), n_sim=20
    ),
    "NormComparison": lambda s: hpp.norms.compare_norms(
        waves(s).wave(), demo_norm(), date="2026-03-01", references=[{"factor": "openness", "mean": 7.2, "source": "A study"}]
    ),
    "FactorCongruence": lambda s: hpp.congruence(efa(s), efa(s)),
    "Correlation": lambda s: hpp.correlate(answers(s)),
    "Description": lambda s: hpp.describe(answers(s)),
    "Distribution": lambda s: hpp.answers.count_answers(answers(s)),
    "DontKnow": lambda s: hpp.answers.count_dont_know(answers(s)),
    "Drivers": drivers,
    "EFA": efa,
    "EFABootstrap": lambda s: efa(s).bootstrap(100),
    "GapDecomposition": lambda s: hpp.partners.decompose_gaps(answers(s), n_boot=20),
    "Gaps": lambda s: hpp.partner_gaps(answers(s)),
    "GroupDifferences": lambda s: hpp.partners.compare_groups(answers(s), by="role"),
    "IndirectEffects": lambda s: hpp.drivers.estimate_indirect_effects(answers(s), source="openness", mediators=["equality"], n_boot=100),
    "IntraclassCorrelation": lambda _s: hpp.reliability.compute_icc(pd.DataFrame({"a": [6, 8, 7, 9], "b": [7, 8, 6, 9]})),
    "Invariance": lambda s: hpp.measurement_invariance(SMALL, answers(s), group="side"),
    "OverviewDontKnow": lambda s: overview(s).dont_know,
    "OverviewProfile": lambda s: overview(s).profile,
    "OverviewReliability": lambda s: overview(s).reliability,
    "OverviewResponse": lambda s: overview(s).response,
    "OverviewWithheld": lambda s: overview(s).withheld,
    "PublishedValidity": lambda _s: hpp.models.check_published_validity(LOADINGS),
    "Refinement": lambda s: hpp.refine_scale(answers(s), 3, stability=5),
    "Reliability": lambda s: hpp.scale_reliability(answers(s)),
    "Response": lambda s: hpp.answers.count_response(answers(s)),
    "ResponseRate": lambda s: hpp.answers.compute_response_rate(answers(s), [{"side": "client", "n": 90}, {"side": "partner", "n": 90}]),
    "Retention": lambda s: hpp.retain_factors(answers(s), criteria=("parallel", "parallel_smc", "parallel_factor", "map"), n_sets=20),
    "DontKnowSensitivity": lambda s: hpp.partners.check_dont_know(answers(s), imputations=2),
    "Robustness": lambda s: hpp.partners.check_robustness(answers(s)),
    "ScaleTable": lambda s: hpp.describe(answers(s)).scales,
    "Scores": lambda s: hpp.score_scales(answers(s)),
    "ExclusionPreview": lambda s: hpp.answers.preview_exclusion(answers(s), [False, *[True] * (len(answers(s)) - 1)]),
    "MissingAnswers": lambda s: hpp.answers.check_missing(answers(s), by="side"),
    "ResponseOverTime": lambda s: hpp.answers.count_over_time(answers(s)),
    "ScaleEnds": lambda s: hpp.answers.check_scale_ends(answers(s)),
    "CarelessAnswers": lambda s: hpp.answers.flag_careless(answers(s)),
    "Sensitivity": lambda s: drivers(s).sensitivity(),
    "SideAgreement": lambda s: hpp.partners.compare_agreement(answers(s)),
    "ThresholdShares": lambda s: hpp.answers.count_reaching_threshold(answers(s)),
    "Tiers": lambda s: hpp.answers.rank_partners(answers(s)),
    "Validity": lambda s: hpp.convergent_validity(cfa(s), n_boot=50),
    "Verdict": lambda s: hpp.judge_performance(answers(s)),
    "ThemeCounts": themes,
    "WithTotal": with_total,
}  # fmt: skip


@cache
def made(name: str, spoken: str) -> Result:
    """A result about answers to the questionnaire in all its languages ("all"), or in one."""
    return MAKE[name](spoken)


def result_classes() -> set[str]:
    """The names of all results that can be made, also of those that are part of others."""
    assert CLASSES  # all rooms are loaded, with the results that are parts of others

    def below(kind: type) -> set[type]:
        return {kind}.union(*(below(narrower) for narrower in kind.__subclasses__()))

    return {
        kind.__name__
        for kind in below(Result)
        if not inspect.isabstract(kind) and kind.__module__.startswith("hpp_analysis.")
    }


def test_no_result_is_forgotten() -> None:
    assert set(MAKE) == result_classes()


@pytest.mark.parametrize("name", MAKE)
def test_each_result_speaks_and_draws_in_each_language(name: str) -> None:
    result = made(name, "all")
    assert type(result).__name__ == name
    said = {}
    for code in languages():
        with hpp.language(code):
            by_itself = [repr(result), result._repr_html_(), result.summary(), result.methods()]
        asked = [result.summary(language=code), result.methods(language=code)]
        assert asked == by_itself[2:]
        for kind in ("table", *result.declaration().tables, "summary", "headline", "methods"):
            assert repr(hpp.show(result, kind, language=code))
        for kind in result.declaration().figures:
            asked.append(result.alt(kind, language=code))
            result.plot(kind, language=code)
        if result.declaration().figures and code != "en":  # as a document has it, once: drawing is slow
            assert repr(hpp.show(result, language=code))
        plt.close("all")
        said[code] = [*by_itself, *asked]
        assert not any("{" in text for text in [by_itself[0], *by_itself[2:], *asked])
    for texts in zip(*said.values(), strict=True):
        assert not any(texts) or len(set(texts)) == len(said), "each language says it in its own words"


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("name", MAKE)
def test_a_questionnaire_in_one_language_is_enough(name: str, code: str) -> None:
    """Whatever language is in use, its own is spoken; another one is refused where a text is needed."""
    result, both = made(name, code), made(name, "all")
    for ambient in languages():
        with hpp.language(ambient):
            told = [
                repr(result),
                result.summary(),
                result.methods(),
                *(result.alt(kind) for kind in result.declaration().figures),
            ]
        speaks = code if result.context.names else ambient
        with hpp.language(speaks):
            expected = [
                repr(both),
                both.summary(),
                both.methods(),
                *(both.alt(kind) for kind in both.declaration().figures),
            ]
        assert told == expected
    if result.declaration().figures:
        plt.close(result.plot().figure)
    other = next(one for one in languages() if one != code)
    try:
        shown = repr(hpp.show(result, "table", language=other))
    except OptionError:
        assert result.context.names
    else:  # no text of the questionnaire stands in it
        assert shown == repr(hpp.show(both, "table", language=other))


def test_a_language_that_is_not_spoken_is_refused() -> None:
    result = made("Scores", "all")
    for ask in (result.summary, result.methods, result.alt, result.plot, result._block):
        with pytest.raises(OptionError, match="'en', 'nl'"):
            ask(language="xx")
    with pytest.raises(OptionError, match="'profile'"):
        result.plot(kind="profil")
    assert isinstance(made("ScaleTable", "all"), ScaleTable)
