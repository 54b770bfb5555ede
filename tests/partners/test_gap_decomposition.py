"""Where gaps come from: parts that were put there are found, and the parts sum to the gap."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import measurement_invariance, partner_gaps, plan_disclosure, publish, simulate_study
from hpp_analysis.errors import DisclosureError
from hpp_analysis.partners import decompose_gaps
from hpp_analysis.partners.gap_decomposition import PARTS
from hpp_analysis.partners.partial_invariance import lavaan_model

SHIFT = -1.5
READ = ["equ2", "equ5"]
EQUALITY = "equality =~ " + " + ".join(f"equ{number}" for number in range(1, 8))


@pytest.fixture(scope="module")
def biased():
    """Both sides differ by what was simulated; partners read two items of equality 1.5 points lower."""
    survey = simulate_study(partners=2, persons_per_side=80, dont_know=0.0, skipped=0.0, careless=0, seed=6).survey
    items = survey.items.copy()
    partners = survey.respondents["side"].eq("partner")
    items.loc[partners, READ] = items.loc[partners, READ] + SHIFT
    return replace(survey, items=items)


def invariance_of(survey):
    """One factor, which is quick to test; the others have no model."""
    return measurement_invariance(EQUALITY, survey, group="side", levels=["configural", "metric", "scalar"])


@pytest.fixture(scope="module")
def budget(biased):
    return decompose_gaps(biased, invariance=invariance_of(biased), n_boot=50)


def test_the_parts_sum_to_the_gap(budget, biased) -> None:
    table = budget.to_frame().set_index("factor")
    gaps = partner_gaps(biased).to_frame().set_index("factor").loc[table.index]
    np.testing.assert_array_equal(table["gap"], gaps["gap"])
    np.testing.assert_allclose(table[list(PARTS)].sum(axis=1), table["gap"], atol=1e-12)


def test_items_that_are_read_differently_are_found(budget) -> None:
    table = budget.to_frame().set_index("factor")
    assert set(READ) <= set(table.loc["equality", "items"].split(","))
    expected = -SHIFT * len(READ) / 7  # client minus partner, over seven items
    assert table.loc["equality", "item_bias"] == pytest.approx(expected, abs=0.15)  # estimated from 160 a side
    assert table.loc["openness", "item_bias_why"] == "not_estimated" and np.isnan(table.loc["openness", "item_bias"])
    assert "Read differently" in budget.summary()


def test_a_bias_of_unknown_size_is_not_left_out_of_the_sum(biased) -> None:
    invariance = invariance_of(biased)
    unknown = invariance.items.assign(
        signed_points=invariance.items["signed_points"].mask(invariance.items["item"] == READ[0])
    )
    table = (
        decompose_gaps(biased, invariance=replace(invariance, items=unknown), n_boot=50).to_frame().set_index("factor")
    )
    assert table.loc["equality", "item_bias_why"] == "not_estimated"


def test_an_invariance_that_is_given_is_used(biased, budget) -> None:
    """Whichever side comes first in it: the sign is that of the gap."""
    turned = biased.where(side="partner").items.index.append(biased.where(side="client").items.index)
    other = replace(
        biased,
        items=biased.items.loc[turned],
        reasons=biased.reasons.loc[turned],
        respondents=biased.respondents.loc[turned],
    )
    invariance = invariance_of(other)
    assert invariance.group_names != budget.invariance.group_names
    again = decompose_gaps(biased, invariance=invariance, n_boot=2)
    assert again.invariance is invariance
    mine, first = again.to_frame()["item_bias"], budget.to_frame()["item_bias"]
    np.testing.assert_allclose(mine, first, atol=0.1)  # measured on the other side's distribution


@pytest.mark.slow
def test_invariance_is_tested_where_there_are_enough(biased) -> None:
    budget = decompose_gaps(biased, n_boot=2)
    table = budget.to_frame().set_index("factor")
    assert budget.invariance is not None
    assert set(READ) <= set(table.loc["equality", "items"].split(","))
    assert table.loc["openness", "item_bias"] == pytest.approx(0, abs=0.15)
    assert len(lavaan_model(biased).splitlines()) == 3


def with_roles(survey, boost: float, shares: tuple[float, float]) -> pd.DataFrame:
    """Managers score higher; the sides have other shares of them."""
    rng = np.random.default_rng(1)
    client = survey.respondents["side"].eq("client").to_numpy()
    manager = rng.uniform(size=len(survey)) < np.where(client, *shares)
    respondents = survey.respondents.assign(role=np.where(manager, "manager", "employee"))
    items = survey.items + boost * manager[:, None]
    return replace(survey, items=items, respondents=respondents)


def test_a_mix_of_roles_is_found() -> None:
    survey = simulate_study(partners=2, persons_per_side=45, dont_know=0, skipped=0, several=0, gaps=0.0, seed=4).survey
    found = decompose_gaps(with_roles(survey, 1.2, (0.7, 0.3)), n_boot=200).to_frame().set_index("factor")
    shares = (
        with_roles(survey, 1.2, (0.7, 0.3)).respondents.groupby("side")["role"].apply(lambda r: r.eq("manager").mean())
    )
    expected = 1.2 * (shares["client"] - shares["partner"])
    assert (found["item_bias_why"] == "few").all() and found["item_bias"].isna().all()
    # role means differ with a standard error of about .25, of which .4 (the difference of shares) counts: .1, twice
    np.testing.assert_allclose(found["role_mix"], expected, atol=0.2)
    assert ((found["role_ci_lower"] < expected) & (expected < found["role_ci_upper"])).all()
    alike = decompose_gaps(with_roles(survey, 1.2, (0.5, 0.5)), n_boot=20).to_frame()
    assert (alike["role_mix"].abs() < 0.2).all()


@pytest.mark.parametrize(("role", "why"), [("role", "no_column"), ("side", "no_column"), ("organisation", "one_role")])
def test_roles_that_tell_nothing_say_so(role: str, why: str) -> None:
    survey = simulate_study(persons_per_side=12, seed=2).survey
    if role == "role":  # the default, which answers may lack
        survey = replace(survey, respondents=survey.respondents.drop(columns="role"))
    budget = decompose_gaps(survey, role=role, n_boot=2)
    table = budget.to_frame()
    assert (table["role_why"] == why).all() and table["role_mix"].isna().all()
    np.testing.assert_allclose(table[list(PARTS)].sum(axis=1), table["gap"], atol=1e-12)
    assert "Roles:" in budget.summary() and "not testable" in budget.summary()
    assert "Roles:" in repr(budget)


def test_rare_roles_are_taken_together() -> None:
    survey = simulate_study(partners=2, persons_per_side=30, seed=4).survey
    roles = survey.respondents["role"].copy()
    roles.iloc[:3] = "trainee"  # on the client's side only
    rare = replace(survey, respondents=survey.respondents.assign(role=roles))
    budget = decompose_gaps(rare, n_boot=5)
    assert set(budget.roles["role"]) <= {"manager", "employee", ""}
    shares = budget.roles.groupby("factor")[["share_first", "share_second"]].sum()
    np.testing.assert_allclose(shares, 1.0)


def test_it_speaks_both_languages_and_is_not_published(budget) -> None:
    assert budget.summary(language="nl") != budget.summary(language="en")
    block = budget._block("waterfall")
    assert block.svg.startswith("<svg") and "make" in block.alt
    assert budget._block("roles").cells
    assert "Kitagawa" in budget.methods()
    with pytest.raises(DisclosureError):
        publish(budget, plan_disclosure(simulate_study(seed=1).survey))


def test_the_parts_that_are_drawn_sum_to_the_gap(budget) -> None:
    rows = budget.declaration().figures["waterfall"]().data[0]
    whole = rows["total"].astype(bool)
    parts = rows[~whole].groupby("group", sort=False)["value"].sum()
    np.testing.assert_allclose(parts, rows.loc[whole, "value"], atol=1e-12)  # rounding of a sum only
    assert budget.plot().get_xlabel() == "Scale points"
