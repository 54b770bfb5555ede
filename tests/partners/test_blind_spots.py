"""Mirror questions: what a side expects, what the other answered, and what of it may be shown."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from hpp_analysis import partner_gaps, plan_disclosure, publish, simulate_study
from hpp_analysis.errors import OptionError
from hpp_analysis.partners import find_blind_spots

MIRRORS = {"suc1": "ope1", "suc2": "equ1"}


@pytest.fixture(scope="module")
def study():
    """The client expects partners to answer two points higher than they do; partners expect what clients answer."""
    survey = simulate_study(
        partners=3, persons_per_side=20, dont_know=0, skipped=0, several=0, careless=0, seed=9
    ).survey
    items, client = survey.items.copy(), survey.respondents["side"].eq("client")
    rng = np.random.default_rng(0)
    for mirror, item in MIRRORS.items():
        for who, other, shift in ((client, ~client, 2.0), (~client, client, 0.0)):
            values = survey.items.loc[other, item].to_numpy()
            guess = rng.choice(values - values.mean(), int(who.sum())) * 0.3 + values.mean() + shift
            items.loc[who, mirror] = np.clip(guess, 1, 10)
    return replace(survey, items=items)


def test_blind_spots_that_were_made_are_found(study) -> None:
    spots = find_blind_spots(study, MIRRORS)
    table = spots.to_frame().set_index(["item", "side"])
    client, partner = table.xs("client", level="side"), table.xs("partner", level="side")
    assert (client["verdict"] == "different").all() and (client["blind_spot"] > 1.2).all()
    assert (partner["verdict"] != "different").all() and (partner["blind_spot"].abs() < 0.5).all()
    said = spots.summary()
    assert "Client expects higher answers than the other side gave" in said
    assert "Partner expects" not in said
    assert "blinde vlek" in spots.methods(language="nl").lower()


def test_the_gap_is_what_is_seen_and_what_is_not(study) -> None:
    table = find_blind_spots(study, MIRRORS).to_frame()
    np.testing.assert_allclose(table["actual_gap"], table["perceived_gap"] + table["blind_spot"], atol=1e-12)
    gaps = partner_gaps(study, level="item").to_frame().set_index("item")
    for row in table.itertuples():
        sign = 1 if row.side == "client" else -1
        assert row.actual_gap == pytest.approx(sign * gaps.loc[row.item, "gap"], abs=1e-12)


def test_one_partnership_is_welchs_test(study) -> None:
    one = study.where(partnership=study.values("partnership")[0])
    row = find_blind_spots(one, {"suc1": "ope1"}, adjust="none").to_frame().iloc[0]
    guesses = one.where(side="client").items["suc1"]
    answers = one.where(side="partner").items["ope1"]
    welch = stats.ttest_ind(guesses, answers, equal_var=False)
    assert row["blind_spot"] == pytest.approx(guesses.mean() - answers.mean(), abs=1e-12)
    assert row["p"] == pytest.approx(welch.pvalue, rel=1e-9)
    pooled = stats.ttest_ind(guesses, answers)
    assert abs(pooled.pvalue / welch.pvalue - 1) > 1e-6
    low, high = welch.confidence_interval()
    assert (row["ci_lower"], row["ci_upper"]) == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("mirrors", [{}, {"suc1": "nothing"}, {"ope2": "ope1"}])
def test_pairs_that_are_none_are_refused(study, mirrors: dict) -> None:
    with pytest.raises(OptionError):
        find_blind_spots(study, mirrors)


def test_a_side_that_is_too_small_hides_all_three_means() -> None:
    survey = simulate_study(partners=2, persons_per_side=[[30, 4], [30, 0]], seed=3).survey
    one = survey.where(client=survey.values("client")[0])
    shown = publish(find_blind_spots(one, MIRRORS), plan_disclosure(survey))
    numbers = ["own", "expected", "actual", "blind_spot", "perceived_gap", "actual_gap", "ci_lower"]
    assert shown.table[numbers].isna().all(axis=None)
    whole = simulate_study(partners=2, persons_per_side=30, seed=3).survey
    some = whole.where(client=whole.values("client")[0])
    full = publish(find_blind_spots(some, MIRRORS), plan_disclosure(whole))
    np.testing.assert_allclose(
        full.table["blind_spot"], (full.table["expected"] - full.table["actual"]).round(2), atol=1e-9
    )
    assert full.table["ci_lower"].notna().all()
    block = full._block("intervals")
    assert block.svg.startswith("<svg") and block.alt


def test_a_side_that_did_not_answer_has_no_blind_spot(study) -> None:
    table = find_blind_spots(study.where(side="client"), MIRRORS).to_frame()
    assert table["blind_spot"].isna().all() and table["verdict"].isna().all()
    client = table[table["side"].eq("client")]
    assert client["actual"].isna().all() and client["own"].notna().all()  # nobody's mean is unknown, not zero
