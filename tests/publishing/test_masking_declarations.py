"""What is not declared is withheld, of every public result."""

import dataclasses
import inspect

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.common.result import Result
from hpp_analysis.errors import DisclosureError
from tests.public_names import CLASSES, FUNCTIONS

PAIR = ("partnership", "side")
AGREED = [
    hpp.followup.Agreement(id=str(number), wave="1", about=about, side=side, agreement="We meet.")
    for number, (about, side) in enumerate([("equ3", ""), ("openness", "client"), ("equality", "partner")])
]
MAKERS = {
    "Scores": lambda survey: hpp.score_scales(survey, by=PAIR),
    "Description": lambda survey: hpp.describe(survey, by=PAIR, weight="organisation"),
    "Distribution": hpp.answers.count_answers,
    "DontKnow": hpp.answers.count_dont_know,
    "Response": hpp.answers.count_response,
    "ResponseRate": lambda survey: hpp.answers.compute_response_rate(survey, [{"side": "client", "n": 400}]),
    "ThresholdShares": hpp.answers.count_reaching_threshold,
    "Tiers": hpp.answers.rank_partners,
    "Reliability": hpp.scale_reliability,
    "Gaps": hpp.partner_gaps,
    "Verdict": hpp.judge_performance,
    "GroupDifferences": lambda survey: hpp.partners.compare_groups(survey, by="role"),
    "Changes": hpp.partners.compare_waves,
    "AgreementReview": lambda survey: hpp.followup.review_agreements(survey, AGREED),
    "SideAgreement": hpp.partners.compare_agreement,
    "DontKnowSensitivity": hpp.partners.check_dont_know,
    "Robustness": hpp.partners.check_robustness,
    "BlindSpots": lambda survey: hpp.partners.find_blind_spots(survey, {"suc1": "ope1"}),
}
"""How each result about groups of persons is made; one without an entry fails below."""


PUBLISHED = [CLASSES[name] for name in MAKERS]


@pytest.fixture(scope="module")
def survey():
    return hpp.simulate_study(partners=2, persons_per_side=[[30, 7], [30, 12]], waves=2, seed=5).survey


@pytest.fixture(scope="module")
def cells(survey):
    return hpp.plan_disclosure(survey, breakdowns=["role"])


def made(kind: type[Result], survey) -> Result:
    own = survey.where(client=survey.values("client")[0])
    return MAKERS[kind.__name__](own if kind.__name__ in ("Changes", "AgreementReview") else own.wave())


def test_every_result_that_knows_how_it_was_made_is_tested() -> None:
    """Only what a `publishable` function returns can be published."""
    publishable = [verb for verb in FUNCTIONS.values() if verb.__code__.co_name == "noting"]
    returned = {str(inspect.signature(verb).return_annotation) for verb in publishable}
    assert returned == set(MAKERS)


def publishes(result, *how: str) -> list[str]:
    """The attributes that a result declares to publish: "as it is", or "made again" of cleared answers."""
    declared = {field.name: field.metadata.get("published") for field in dataclasses.fields(result)}
    return [name for name, published in declared.items() if published and (not how or published in how)]


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_all_that_people_see_is_declared(kind, survey) -> None:
    result = made(kind, survey)
    declared = result.declaration()
    seen = {name for column in declared.columns for name in (column.name, column.upper) if name in result.table}
    assert seen - set(declared.reveals) - set(declared.keys) <= {
        "lowest",
        "highest",
        "omega_ordinal",
        "alpha_standardised",
        "omega_ci_lower",
        "omega_ci_upper",
    }


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_a_column_or_attribute_that_declares_nothing_is_withheld(kind, survey, cells) -> None:
    result = made(kind, survey)
    make = result.context.made.verb

    def more(*given, **options):
        found = make(*given, **options)
        return dataclasses.replace(found, table=found.table.assign(secret=41.5, hint="who"), flags=found.flags)

    loaded = dataclasses.replace(
        result,
        table=result.table.assign(secret=41.5, hint="who"),
        context=dataclasses.replace(result.context, made=dataclasses.replace(result.context.made, verb=more)),
    )
    published = hpp.publish(loaded, cells)
    assert published.table[["secret", "hint"]].isna().all(axis=None)
    assert "41.5" not in repr(published._block("table").values)
    assert published.context.made is None
    plain = {field.name for field in dataclasses.fields(Result)}
    for field in dataclasses.fields(result):
        kept = getattr(published, field.name)
        if field.name in plain or field.name in publishes(result):
            continue
        assert kept is None or len(kept) == 0, f"{field.name} is neither fixed nor counted of cleared answers"


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
def test_fixed_attributes_do_not_depend_on_answers(kind, survey) -> None:
    """The same persons with other answers: what is declared to be fixed stays as it is."""
    rng = np.random.default_rng(0)
    items = pd.DataFrame(
        rng.integers(1, 11, survey.items.shape).astype(float), survey.items.index, survey.items.columns
    )
    other = dataclasses.replace(survey, items=items)
    first, second = made(kind, survey), made(kind, other)
    for name in publishes(first, "as it is"):
        assert getattr(first, name) == getattr(second, name), name
    settled = [name for name, what in first.declaration().reveals.items() if what == "nothing" and name in first.table]
    pd.testing.assert_frame_equal(first.table[settled], second.table[settled])


def test_what_does_not_know_its_survey_is_not_published(survey, cells) -> None:
    result = made(next(kind for kind in PUBLISHED if kind.__name__ == "Scores"), survey)
    for bare in (
        dataclasses.replace(result, context=dataclasses.replace(result.context, made=None)),
        hpp.publish(result, cells),
    ):
        with pytest.raises(DisclosureError):
            hpp.publish(bare, cells)
    with pytest.raises(DisclosureError):
        hpp.plan_disclosure(hpp.publishing.clear_answers(survey, cells))


def test_a_result_made_with_one_of_the_whole_study_is_not_published(survey, cells) -> None:
    """The verdict of an invariance model over all answers would come along."""
    result = hpp.partner_gaps(survey.wave())
    model = hpp.adequacy(survey.items)
    loaded = dataclasses.replace(
        result,
        context=dataclasses.replace(
            result.context, made=dataclasses.replace(result.context.made, options={"invariance": model})
        ),
    )
    with pytest.raises(DisclosureError):
        hpp.publish(loaded, cells)


@pytest.mark.parametrize("kind", PUBLISHED, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("side", ["client", "partner"])
def test_which_rows_there_are_does_not_tell_who_answered(kind, side, survey) -> None:
    """Nobody of a side knows anything of one factor: no row is gone, and whatever is declared to tell nothing is the same."""
    mute = survey.respondents["side"].eq(side) & survey.respondents["wave"].eq(survey.wave().values("wave")[0])
    unknown = list(survey["openness"])
    items, reasons = survey.items.copy(), survey.reasons.copy()
    items.loc[mute, unknown], reasons.loc[mute, unknown] = np.nan, "dont_know"
    one, other = (made(kind, each) for each in (survey, dataclasses.replace(survey, items=items, reasons=reasons)))
    fixed = [*one.declaration().keys, *(name for name, what in one.declaration().reveals.items() if what == "nothing")]
    pd.testing.assert_frame_equal(one.table[fixed], other.table[fixed])
    for name in publishes(one, "as it is"):
        assert repr(getattr(one, name)) == repr(getattr(other, name)), name
    if kind.__name__ not in ("Response", "ResponseRate"):  # these count persons
        assert not one.table.equals(other.table)
