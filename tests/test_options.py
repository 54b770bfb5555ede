"""Options are checked in every public function: names, choices, ranges, and what the data are.

The functions and their arguments come from the package itself, so that a new one without a case fails here.
"""

import inspect
import tempfile
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hpp_analysis as hpp
from hpp_analysis.common.result import Result
from hpp_analysis.errors import HppError, OptionError
from hpp_analysis.options import checked, names_in, nearest
from hpp_analysis.publishing.published import published_json
from tests.comments.making import commented, reviewed
from tests.public_names import FUNCTIONS

QUICK = settings(
    max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)  # fmt: skip


@cache
def survey() -> hpp.survey.Survey:
    return hpp.simulate_study(partners=2, persons_per_side=6, seed=1).survey


@cache
def waves() -> hpp.survey.Survey:
    return hpp.simulate_study(partners=2, persons_per_side=6, waves=2, seed=1).survey


AGREED = {"wave": "1", "about": "equ3", "agreement": "We decide together."}


@cache
def answers() -> pd.DataFrame:
    return survey().items.iloc[:, :8].fillna(5.0).assign(team=np.resize(["a", "b"], len(survey())))


@cache
def published_file() -> Path:
    path = Path(tempfile.mkdtemp()) / "published.json"
    path.write_text(published_json({}, "A report", "en"), encoding="utf-8")
    return path


@cache
def cfa() -> hpp.models.CFA:
    return hpp.fit_cfa("f =~ ope1 + ope2 + ope3 + ope4", survey())


NORM = Path(__file__).parent.parent / "data" / "demo" / "norms.parquet"
MODEL = "f =~ ope1 + ope2 + ope3 + ope4"
LEVELS = f"level: 1; {MODEL}; level: 2; {MODEL}"
LOADINGS = pd.DataFrame({"item": ["a", "b"], "factor": ["f", "f"], "loading": [0.7, 0.8]})


# how each function is called with as little as it needs: what comes first, and the arguments that it must have
def reports_with_total() -> tuple[Any, Any]:
    """The published scores of one client, and those of all."""
    both = hpp.simulate_study(clients=["A", "B"], partners=2, persons_per_side=12, seed=1).survey
    plan = hpp.plan_disclosure(both, total=True)
    return tuple(hpp.publish(hpp.score_scales(one), plan) for one in (both.where(client="A"), both))


def workbook() -> Path:
    return Path(tempfile.mkdtemp()) / "comments.xlsx"


CALLS: dict[str, Callable[[], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "action_agenda": lambda: ((hpp.answers.rank_partners(survey()),), {}),
    "adequacy": lambda: ((survey(),), {}),
    "compare_sides_by_partnership": lambda: ((hpp.score_scales(survey(), by=("partnership", "side")),), {}),
    "find_extremes": lambda: ((hpp.describe(survey(), by=("partnership", "side"), weight="organisation"),), {}),
    "key_findings": lambda: ((hpp.score_scales(survey()),), {}),
    "survey_scores": lambda: ((hpp.score_scales(survey()),), {}),
    "agreement": lambda: ((survey(),), {"by": "side"}),
    "count_answers": lambda: ((survey(),), {}),
    "show_audit_trail": lambda: ((survey(),), {}),
    "find_blind_spots": lambda: ((survey(), {"suc1": "ope1"}), {}),
    "congruence": lambda: ((pd.DataFrame({"F": [0.7, 0.8]}, ["a", "b"]),) * 2, {}),
    "convergent_validity": lambda: ((cfa(),), {}),
    "correlate": lambda: ((answers().drop(columns="team"),), {}),
    "count_dont_know": lambda: ((survey(),), {}),
    "count_reaching_threshold": lambda: ((survey(),), {}),
    "count_response": lambda: ((survey(),), {}),
    "show_study_facts": lambda: ((survey(),), {}),
    "show_cover": lambda: ((survey(),), {"client": "A"}),
    "describe": lambda: ((survey(),), {}),
    "rank_partners": lambda: ((survey(),), {}),
    "fit_cfa": lambda: ((MODEL, survey()), {}),
    "fit_two_level_cfa": lambda: ((LEVELS, survey()), {"cluster": "side"}),
    "fit_efa": lambda: ((answers().drop(columns="team"), 1), {}),
    "decompose_gaps": lambda: ((survey(),), {"n_boot": 2}),
    "explore": lambda: ((survey(),), {}),
    "estimate_indirect_effects": lambda: ((survey(),), {"source": "openness", "mediators": ["equality"], "n_boot": 100}),
    "compute_icc": lambda: ((pd.DataFrame({"a": [6, 8, 7], "b": [7, 8, 6]}),), {}),
    "load_instrument": lambda: (("hpp",), {}),
    "load_mapping": lambda: ((None,), {}),
    "load_plan": lambda: (("nowhere.yaml",), {}),
    "load_study": lambda: (("nowhere.yaml",), {}),
    "measurement_invariance": lambda: ((MODEL, survey()), {"group": "side"}),
    "open_published": lambda: ((published_file(),), {}),
    "partner_gaps": lambda: ((survey(),), {}),
    "plan_disclosure": lambda: ((survey(),), {}),
    "safe_item_names": lambda: ((["a"], "lavaan"), {}),
    "show_provenance": lambda: ((survey(),), {}),
    "cite": lambda: ((), {}),
    "clear_answers": lambda: ((survey(), hpp.plan_disclosure(survey())), {}),
    "check_missing": lambda: ((survey(),), {}),
    "check_scale_ends": lambda: ((survey(),), {}),
    "count_over_time": lambda: ((survey(),), {}),
    "draft_study": lambda: ((Path(tempfile.mkdtemp()) / "study", "nowhere.csv"), {}),
    "preview_exclusion": lambda: ((survey(), [True] * len(survey())), {}),
    "read_codebook": lambda: (("nowhere.qsf",), {}),
    "write_questionnaire": lambda: (("hpp", tempfile.mkdtemp()), {"to": "docx"}),
    "propose_instrument": lambda: ((hpp.simulate_study(seed=1).frame(),), {}),
    "add_total": lambda: (reports_with_total(), {}),
    "compare_norms": lambda: ((waves().wave(), NORM), {"date": "2026-03-01"}),
    "contribute_to_norm": lambda: ((survey(), hpp.plan_disclosure(survey())), {"date": date(2026, 2, 1)}),
    "load_norm": lambda: ((NORM,), {}),
    "merge_norms": lambda: ((hpp.norms.Norm(), hpp.norms.Norm()), {}),
    "save_norm": lambda: ((hpp.norms.Norm(), Path(tempfile.mkdtemp()) / "norm.parquet"), {}),
    "withdraw_contribution": lambda: ((hpp.norms.load_norm(NORM), "b41ceef2706d9cf3"), {}),
    "count_themes": lambda: (
        (commented(survey()), reviewed(commented(survey()), workbook())), {"cells": hpp.plan_disclosure(commented(survey()))}
    ),
    "mask_comments": lambda: ((["Karin never calls."],), {}),
    "read_review": lambda: (("nowhere.xlsx",), {}),
    "seal_review": lambda: (("nowhere.xlsx",), {}),
    "write_review": lambda: ((commented(survey()), workbook()), {}),
    "publish": lambda: ((hpp.score_scales(survey()), hpp.plan_disclosure(survey())), {}),
    "check_published_validity": lambda: ((LOADINGS,), {}),
    "rank_drivers": lambda: ((survey(),), {"n_boot": 100}),
    "read_survey": lambda: ((hpp.simulate_study(seed=1).frame(),), {"instrument": "hpp"}),
    "refine_scale": lambda: ((answers().drop(columns="team"), 1), {}),
    "compute_response_rate": lambda: ((survey(), [{"side": "client", "n": 90}]), {}),
    "retain_factors": lambda: ((answers().drop(columns="team"),), {"criteria": ["map"], "n_sets": 20}),
    "check_dont_know": lambda: ((survey(),), {"imputations": 2}),
    "check_robustness": lambda: ((survey(),), {}),
    "scale_reliability": lambda: ((survey(),), {}),
    "score_scales": lambda: ((survey(),), {}),
    "flag_careless": lambda: ((survey(),), {}),
    "seal_plan": lambda: (("nowhere.yaml",), {}),
    "show": lambda: ((hpp.score_scales(survey()),), {}),
    "show_all": lambda: (([hpp.score_scales(survey())], "table"), {}),
    "compare_agreement": lambda: ((survey(),), {}),
    "simulate_study": lambda: ((), {"persons_per_side": 2}),
    "split_persons": lambda: ((survey(), 0.5), {}),
    "make_twin": lambda: ((hpp.simulate_study(persons_per_side=12, seed=1).survey,), {}),
    "summarise_study": lambda: ((survey(), hpp.plan_disclosure(survey())), {}),
    "to_apa": lambda: ((hpp.score_scales(survey()),), {}),
    "judge_performance": lambda: ((survey(),), {}),
    "plan_study": lambda: (("hpp",), {"persons": [10], "n_sim": 20, "models": False, "jobs": 1}),
    "preflight": lambda: (("hpp",), {"n_sim": 20}),
    "preflight_html": lambda: ((hpp.planning.preflight("hpp", n_sim=20),), {}),
    "dynamic_cutoffs": lambda: (
        (hpp.fit_cfa("f =~ ope1 + ope2 + ope3 + ope4\ng =~ equ1 + equ2 + equ3 + equ4", survey()),), {"n_sim": 20, "jobs": 1},
    ),
    "compare_groups": lambda: ((survey(),), {"by": "role"}),
    "compare_waves": lambda: ((waves(),), {}),
    "show_worksheet": lambda: ((survey(),), {}),
    "read_agreements": lambda: (([AGREED], waves()), {}),
    "review_agreements": lambda: ((waves(), hpp.followup.read_agreements([AGREED], waves())), {}),
}  # fmt: skip


@dataclass(frozen=True)
class Names:
    """An argument that takes names: a name that is known, how one name is given, and whether several may be."""

    known: str
    given: Callable[[str], Any] = lambda name: name
    several: bool = False
    besides: Mapping[str, Any] | None = None


def several(known: str, **besides: Any) -> Names:
    return Names(known, several=True, besides=besides)


NAMED: dict[tuple[str, str], Names] = {
    ("action_agenda", "weights"): Names("importance", lambda name: {name: 2.0}),
    ("agreement", "by"): several("side"),
    ("compare_sides_by_partnership", "sides"): Names("client", lambda name: (name, "partner")),
    ("agreement", "scales"): Names("ope1", lambda name: {"one": name}, several=True),
    ("count_answers", "by"): several("role"),
    ("count_themes", "by"): Names("role"),
    ("write_review", "by"): Names("role"),
    ("write_review", "languages"): Names("nl"),
    ("check_missing", "by"): several("role"),
    ("count_over_time", "column"): Names("role"),
    ("flag_careless", "seconds"): Names("role"),
    ("write_questionnaire", "fixed"): Names("client", lambda name: {name: "Acme"}),
    ("write_questionnaire", "languages"): Names("nl"),
    ("find_blind_spots", "mirrors"): Names("ope1", lambda name: {"suc1": name}),
    ("correlate", "within"): Names("team", besides={"data": answers()}),
    ("count_reaching_threshold", "by"): several("role"),
    ("count_response", "by"): several("role"),
    ("describe", "by"): several("role"),
    ("describe", "within"): Names("side"),
    ("explore", "language"): Names("en"),
    ("fit_cfa", "auxiliary"): several("suc1"),
    ("fit_cfa", "cluster"): Names("respondent"),
    ("fit_cfa", "group"): Names("side"),
    ("fit_cfa", "group_equal"): Names("loadings", several=True, besides={"group": "side"}),
    ("fit_cfa", "group_partial"): Names(
        "f =~ ope2", several=True, besides={"group": "side", "group_equal": ["loadings"]}
    ),
    ("fit_two_level_cfa", "cluster"): Names("side"),
    ("fit_cfa", "rotation_options"): Names(
        "gamma",
        lambda name: {name: 0.0},
        besides={"model": 'efa("a")*f + efa("a")*g =~ ope1 + ope2 + ope3 + ope4 + suc1 + suc2', "rotation": "oblimin"},
    ),
    ("fit_efa", "rotation_options"): Names("gamma", lambda name: {name: 0.0}),
    ("decompose_gaps", "role"): Names("organisation"),
    ("decompose_gaps", "side"): Names("side"),
    ("estimate_indirect_effects", "mediators"): Names("equality", several=True),
    ("estimate_indirect_effects", "outcome"): Names("success"),
    ("estimate_indirect_effects", "source"): Names("openness", several=True),
    ("estimate_indirect_effects", "within"): Names("side", several=True),
    ("make_twin", "by"): Names("client"),
    ("measurement_invariance", "cluster"): Names("respondent"),
    ("measurement_invariance", "group"): Names("side"),
    ("measurement_invariance", "levels"): Names("configural", several=True),
    ("partner_gaps", "pair"): Names("client"),
    ("partner_gaps", "side"): Names("side"),
    ("compare_groups", "by"): Names("role"),
    ("plan_disclosure", "breakdowns"): Names("role", several=True),
    ("plan_disclosure", "by"): Names("client"),
    ("preflight", "by"): Names("organisation"),
    ("preflight", "languages"): Names("nl"),
    ("preflight_html", "languages"): Names("nl"),
    ("rank_drivers", "cluster"): Names("organisation"),
    ("rank_drivers", "outcome"): Names("success"),
    ("rank_drivers", "predictors"): Names("openness", several=True),
    ("rank_drivers", "within"): Names("side", several=True),
    ("refine_scale", "drop"): Names("ope1", lambda name: {name: "why"}),
    ("refine_scale", "protect"): several("ope1"),
    ("compute_response_rate", "invited"): Names("side", lambda name: [{name: "client", "n": 90}]),
    ("scale_reliability", "scales"): Names("ope1", lambda name: {"one": name}, several=True),
    ("score_scales", "by"): several("role"),
    ("show", "kind"): Names("profile"),
    ("show", "language"): Names("en"),
    ("show_all", "kind"): Names("profile"),
    ("show_all", "language"): Names("en"),
    ("simulate_study", "changes"): Names("openness", lambda name: {name: 0.1}, besides={"waves": 2}),
    ("simulate_study", "coefficients"): Names("openness", lambda name: {name: 0.1}),
    ("simulate_study", "gaps"): Names("openness", lambda name: {name: 0.1}),
    ("summarise_study", "by"): Names("client"),
    ("to_apa", "language"): Names("en"),
    ("to_apa", "table"): Names("table"),
    ("compare_waves", "by"): several("role"),
    ("compare_norms", "by"): several("partnership"),
    ("compare_norms", "sectors"): several("telecom"),
    ("compare_norms", "countries"): several("NL"),
    ("compare_norms", "references"): Names("openness", lambda name: [{"factor": name, "mean": 7.0, "source": "A"}]),
    ("contribute_to_norm", "by"): Names("client"),
    ("read_agreements", "by"): Names("client"),
    ("read_agreements", "client"): Names("Client"),
    ("show_worksheet", "by"): Names("client"),
}
"""Arguments that take names: of columns, groups, items, scales, or parts of a result."""

FREE: dict[tuple[str, str], str] = {
    ("compare_norms", "norm"): "a file", ("compare_norms", "date"): "a day", ("compare_norms", "client"): "a name that is kept as a hash",
    ("contribute_to_norm", "date"): "a day", ("contribute_to_norm", "client"): "a name that is kept as a hash", ("contribute_to_norm", "sector"): "a name that is made",
    ("contribute_to_norm", "country"): "a name that is made", ("load_norm", "path"): "a file", ("save_norm", "path"): "a file",
    ("withdraw_contribution", "contribution"): "the beginning of an id",
    ("count_themes", "review"): "a file", ("read_review", "path"): "a file", ("seal_review", "path"): "a file",
    ("write_review", "path"): "a file", ("write_review", "delete_by"): "a day",
    ("mask_comments", "texts"): "what people wrote", ("mask_comments", "known"): "names that are made",
    ("show_cover", "client"): "a title", ("show_cover", "note"): "a sentence",
    ("explore", "variable"): "a variable",
    ("fit_cfa", "model"): "a model", ("fit_two_level_cfa", "model"): "a model", ("measurement_invariance", "model"): "a model",
    ("fit_cfa", "ordered"): "refused whatever it names", ("measurement_invariance", "ordered"): "refused whatever it names",
    ("plan_study", "data"): "a file", ("preflight", "instrument"): "a file", ("preflight", "invited"): "a file", ("load_instrument", "name_or_path"): "a file", ("plan_disclosure", "ledger"): "a file", ("load_mapping", "source"): "a file", ("load_plan", "path"): "a file",
    ("load_study", "path"): "a file", ("read_agreements", "source"): "a file", ("open_published", "path"): "a file", ("check_published_validity", "source"): "a file", ("read_survey", "source"): "a file",
    ("draft_study", "folder"): "a file", ("draft_study", "sources"): "a file", ("draft_study", "codebook"): "a file",
    ("draft_study", "items"): "patterns of headers", ("draft_study", "sheet"): "a sheet of a workbook",
    ("draft_study", "language"): "the language of texts that are made", ("read_codebook", "path"): "a file",
    ("read_codebook", "language"): "the language of texts that do not say theirs", ("write_questionnaire", "out"): "a file",
    ("write_questionnaire", "instrument"): "a file", ("propose_instrument", "source"): "a file", ("propose_instrument", "codebook"): "a file",
    ("propose_instrument", "study_name"): "a name that is made", ("propose_instrument", "language"): "the language of texts that are made",
    ("propose_instrument", "sheet"): "a sheet of a workbook", ("propose_instrument", "items"): "patterns of headers",
    ("read_survey", "instrument"): "a file", ("read_survey", "mapping"): "a file",
    ("read_survey", "sheet"): "a sheet of a workbook", ("read_survey", "words"): "checked with the questionnaire", ("seal_plan", "path"): "a file", ("seal_plan", "answers"): "a file",
    ("safe_item_names", "names"): "names that are made", ("simulate_study", "instrument"): "a file",
    ("simulate_study", "clients"): "names that are made", ("simulate_study", "partners"): "names that are made",
}  # fmt: skip
"""Arguments that take text which names nothing that is known before."""


def hints(name: str) -> dict[str, Any]:
    """The arguments of a public function with their annotations, resolved."""
    found = typing.get_type_hints(inspect.unwrap(FUNCTIONS[name]))
    return {argument: hint for argument, hint in found.items() if argument != "return"}


def parts(hint: Any) -> list[Any]:
    """An annotation and everything that it is made of."""
    return [hint, *(part for inner in get_args(hint) for part in parts(inner))] if get_origin(hint) else [hint]


def choices(hint: Any) -> list[Any]:
    return [choice for part in parts(hint) if get_origin(part) is Literal for choice in get_args(part)]


def takes_text(hint: Any) -> bool:
    return str in parts(hint)


@cache
def needed(name: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return CALLS[name]()


def call(name: str, **changed: Any) -> Any:
    """Call a public function with what it needs, and with some arguments given otherwise."""
    positional, keywords = needed(name)
    arguments = inspect.signature(FUNCTIONS[name]).bind_partial(*positional, **keywords).arguments
    given_otherwise = {**arguments, **changed}
    by_place = [
        given_otherwise.pop(argument.name)
        for argument in inspect.signature(FUNCTIONS[name]).parameters.values()
        if argument.kind is not argument.KEYWORD_ONLY and argument.name in given_otherwise
    ]
    return FUNCTIONS[name](*by_place, **given_otherwise)


ARGUMENTS = [(name, argument) for name in FUNCTIONS for argument in hints(name)]
CHOICES = [(name, argument) for name, argument in ARGUMENTS if choices(hints(name)[argument])]


def test_no_function_and_no_argument_is_forgotten() -> None:
    assert set(CALLS) == set(FUNCTIONS)
    text = {(name, argument) for name, argument in ARGUMENTS if takes_text(hints(name)[argument])}
    assert text == set(NAMED) | set(FREE)
    assert len(CHOICES) > 15


@st.composite
def misspelt(draw: Any, name: str) -> str:
    """A name with a letter of its last word left out, doubled or changed."""
    last = name.rfind(" ") + 1
    letters = [place for place, letter in enumerate(name) if place >= last and letter.isalpha()]
    place = draw(st.sampled_from(letters))
    letter = draw(st.sampled_from(["", name[place] * 2, "q"]))
    return name[:place] + letter + name[place + 1 :]


@pytest.mark.parametrize("key", NAMED, ids=".".join)
@QUICK
@given(data=st.data())
def test_a_misspelt_name_is_an_error_with_the_nearest(key: tuple[str, str], data: st.DataObject) -> None:
    name, argument = key
    case = NAMED[key]
    wrong = data.draw(misspelt(case.known))
    with pytest.raises(OptionError) as caught:
        call(name, **{**(case.besides or {}), argument: case.given(wrong)})
    assert repr(case.known) in str(caught.value) or case.known in str(caught.value).split(wrong)[-1]


@pytest.mark.parametrize("key", [key for key, case in NAMED.items() if case.several], ids=".".join)
def test_a_string_is_one_name(key: tuple[str, str]) -> None:
    name, argument = key
    case = NAMED[key]
    string, listed, pair = (
        call(name, **{**(case.besides or {}), argument: value})
        for value in (
            case.given(case.known),
            {one: [names] for one, names in case.given(case.known).items()}
            if isinstance(case.given(case.known), dict)
            else [case.known],
            {one: (names,) for one, names in case.given(case.known).items()}
            if isinstance(case.given(case.known), dict)
            else (case.known,),
        )
    )
    pd.testing.assert_frame_equal(string.to_frame(), listed.to_frame())
    pd.testing.assert_frame_equal(string.to_frame(), pair.to_frame())
    assert repr(string) == repr(pair)


@pytest.mark.parametrize(("name", "argument"), CHOICES)
def test_a_choice_that_is_not_there_lists_those_that_are(name: str, argument: str) -> None:
    hint = hints(name)[argument]
    known = str(choices(hint)[0])
    wrong = known[:-1] + "q"
    for value in (wrong, 7, [wrong], {"one": 1}):
        with pytest.raises(OptionError) as caught:
            call(name, **{argument: value})
        assert repr(known) in str(caught.value)


WRONG: list[Any] = [None, "yes", 1.5, -3, float("nan"), float("inf"), True, object(), [object()], {"a": object()}, b"x"]


def fits(value: Any, hint: Any) -> bool:
    """Whether an annotation allows a value, told independently of the package and roughly: where in doubt it does."""
    if hint is Any or isinstance(hint, typing.TypeVar):
        return hint is Any
    if get_origin(hint) in (Union, UnionType):
        return any(fits(value, part) for part in get_args(hint))
    origin = get_origin(hint) or hint
    if value is None:
        return hint is type(None)
    if isinstance(value, str):
        return origin is str or str in parts(hint)
    if isinstance(value, bool):
        return origin is bool
    if isinstance(value, float):
        return origin is float and np.isfinite(value)
    if isinstance(value, int):
        return origin in (int, float)
    return False


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_an_argument_cannot_be_is_refused(name: str) -> None:
    n_refused = 0
    for argument, hint in hints(name).items():
        variable = inspect.signature(FUNCTIONS[name]).parameters[argument].kind
        if variable is inspect.Parameter.VAR_KEYWORD:
            continue
        for value in WRONG:
            default = inspect.signature(FUNCTIONS[name]).parameters[argument].default
            if fits(value, hint) or value is default:
                continue
            with pytest.raises(HppError):
                call(name, **{argument: value})
            n_refused += 1
    assert n_refused or not hints(name) or set(hints(name).values()) == {Any}


FIRST = {
    "a survey": survey,
    "a frame": answers,
    "a result": lambda: hpp.score_scales(survey()),
    "nothing": lambda: None,
    "a list": lambda: [1, 2, 3],
    "text": lambda: "text",
}


@pytest.mark.parametrize("given_first", FIRST)
@pytest.mark.parametrize(
    "name", [name for name in FUNCTIONS if name not in ("cite", "show_worksheet", "simulate_study")]
)
def test_whatever_comes_first_is_taken_or_refused_in_words(name: str, given_first: str) -> None:
    """No AttributeError, no KeyError: what a function cannot take it says."""
    first = next(iter(inspect.signature(FUNCTIONS[name]).parameters))
    value = FIRST[given_first]()
    hint = hints(name)[first]
    classes = [part for part in parts(hint) if isinstance(part, type) and get_origin(part) is None]
    allowed = hint is Any or isinstance(hint, typing.TypeVar) or Iterable in map(get_origin, parts(hint))
    allowed = allowed or any(isinstance(value, kind) for kind in classes if kind is not Any)
    try:
        call(name, **{first: value})
    except HppError:
        return
    assert allowed


RANGES = {
    "seed": [-1, 1.5, "1", True],
    "n_boot": [-1, 2.5, "100", True],
    "conf_level": [0, 1, 2, -0.5, "0.95", True],
    "min_valid": [0, 1.1, "half"],
    "n_obs": [-1, 2.5],
    "stability": [-1, 0.5],
    "n_sets": [0, -1],
    "margin": [-0.1, "wide"],
    "alpha": [0, 1],
    "quantile": [0, 1],
}
RANGED = [(name, argument) for name, argument in ARGUMENTS if argument in RANGES]


@pytest.mark.parametrize(("name", "argument"), RANGED)
def test_numbers_outside_their_range_are_refused(name: str, argument: str) -> None:
    for value in RANGES[argument]:
        with pytest.raises(OptionError, match=argument):
            call(name, **{argument: value})


def test_numbers_of_numpy_are_numbers() -> None:
    whole = hpp.partner_gaps(survey(), seed=np.int64(3), conf_level=np.float64(0.9)).to_frame()
    pd.testing.assert_frame_equal(whole, hpp.partner_gaps(survey(), seed=3, conf_level=0.9).to_frame())


def test_the_check_keeps_what_a_function_is() -> None:
    assert inspect.signature(hpp.score_scales).parameters["by"].default is None
    assert hpp.score_scales.__doc__.startswith("Score")

    @checked
    def pick(names: Sequence[str], on: date | None = None) -> int:
        return len(names)

    assert pick("one") == 3  # the function itself says what a string is, by `names_in`
    with pytest.raises(OptionError, match="date or None"):
        pick(["one"], on="today")


def test_the_nearest_names_come_first() -> None:
    assert "'openness'" in nearest("Opennes", ["openness", "equality"])
    assert "'ROLE'" in nearest("role", ["ROLE", "x"])
    with pytest.raises(OptionError, match="once"):
        names_in(("a", "a"), ["a"], "by")
    assert names_in(None, [], "by") == ()
    assert issubclass(hpp.answers.Scores, Result)


@pytest.mark.parametrize("given", [(name for name in ["side"]), iter(["side"]), map(str, ["side"])])
def test_what_can_be_read_only_once_is_refused(given: object) -> None:
    """The check reads a value to see what is in it: the function would find an iterator empty, and group by nothing."""
    with pytest.raises(hpp.errors.OptionError, match="list"):
        hpp.describe(survey(), by=given)  # type: ignore[arg-type]


def test_a_list_of_something_else_is_named_by_its_kinds_and_not_written_out() -> None:
    """What a result or a table holds does not belong in a message."""
    scores = hpp.score_scales(survey())
    with pytest.raises(OptionError) as caught:
        hpp.show_all([scores, 3], "methods")
    assert "Scores" in str(caught.value)
    assert "Openness" not in str(caught.value)
