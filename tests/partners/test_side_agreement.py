"""Agreement of the sides of partnerships, and what of it may be published."""

import dataclasses

import numpy as np
import pytest

from hpp_analysis.core.groups.agreement import rwg_j, uniform_null
from hpp_analysis.partners.rater_agreement import agreement
from hpp_analysis.partners.side_agreement import SideAgreement, compare_agreement
from hpp_analysis.publishing.masking import plan_disclosure, publish
from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.texts import languages


@pytest.fixture(scope="module")
def found(survey) -> SideAgreement:
    return compare_agreement(survey)


def test_one_partnership_is_the_agreement_of_its_groups(survey) -> None:
    one = survey.where(partnership=survey.values("partnership")[0])
    ours = compare_agreement(one).to_frame().set_index(["factor", "side"])
    groups = agreement(one, by="side").groups
    for key, row in ours.iterrows():
        assert row["rwg_j"] == pytest.approx(groups.loc[key, "rwg_j"], abs=1e-12)
        assert row["ad"] == pytest.approx(groups.loc[key, "ad"], abs=1e-12)
        assert row["n_persons"] == groups.loc[key, "n"]


def test_partnerships_count_equally_and_their_levels_do_not_matter(found, survey) -> None:
    groups = agreement(survey, by=("partnership", "side")).groups
    client = groups.loc["openness"][groups.loc["openness"].index.str.endswith("/ client")]
    variance = (1 - client["rwg_raw"]) * uniform_null(10)
    row = found.to_frame().set_index(["factor", "side"]).loc[("openness", "client")]
    pooled = rwg_j(np.array([variance.mean()]), np.array([8]), uniform_null(10))[0]
    assert row["rwg_j"] == pytest.approx(pooled, abs=1e-12)
    assert row["ad"] == pytest.approx(client["ad"].mean(), abs=1e-12)
    # people of one side who see different partnerships differently do not disagree
    mixed = agreement(survey, by="side").groups.loc[("openness", "client"), "rwg_j"]
    assert abs(mixed - row["rwg_j"]) > 1e-3


def test_large_groups_are_published_and_small_ones_are_not(survey) -> None:
    cells = plan_disclosure(survey)
    client = survey.where(client=survey.values("client")[0])
    table = publish(compare_agreement(client), cells).to_frame()
    assert table["state"].eq("full").all() and table["rwg_j"].notna().all()
    assert (table["ad"] == table["ad"].round(2)).all()
    small = simulate_study(seed=4, partners=1, persons_per_side=7).survey
    hidden = publish(compare_agreement(small.where(client=small.values("client")[0])), plan_disclosure(small))
    frame = hidden.to_frame()
    assert frame["state"].eq("withheld").all()
    assert frame[["rwg_j", "rwg_j_skewed", "ad"]].isna().all(axis=None) and frame["verdict"].isna().all()
    assert "cannot be shown" in hidden.summary("en")


def test_agreement_rests_on_groups_of_ten_or_more(survey) -> None:
    """Of the four who are left of one partner nothing is in it; and where one item has few answers, it is left out."""
    partner = survey.values("partner")[0]
    chosen = (survey.respondents["partner"] == partner) & (survey.respondents["side"] == "partner")
    smaller = survey.keep(~chosen | survey.persons.isin(survey.persons[chosen].unique()[:4]), "a test")
    client = smaller.where(client=smaller.values("client")[0])
    published = publish(compare_agreement(client), plan_disclosure(smaller))
    without = compare_agreement(client.keep(~chosen[client.items.index], "the four")).to_frame()
    assert published.to_frame()["ad"].tolist() == without["ad"].round(2).tolist()
    assert "It rests on groups of ten or more persons." not in published._block("table", "en").notes  # no small means
    assert "Groups of fewer than five persons do not count in it." in published._block("table", "en").notes


def test_it_is_withheld_where_all_groups_are_small() -> None:
    survey = simulate_study(partners=3, persons_per_side=7, seed=3).survey
    published = publish(compare_agreement(survey.where(client=survey.values("client")[0])), plan_disclosure(survey))
    assert published.to_frame()["state"].eq("withheld").all()
    assert published.to_frame()[["ad", "rwg_j", "verdict"]].isna().all(axis=None)


@pytest.mark.parametrize("language", languages())
def test_it_speaks(found, survey, language: str) -> None:
    turned = survey.items.copy()
    turned.iloc[::2] = 11 - turned.iloc[::2]  # half of the persons answer the other way round
    spread = dataclasses.replace(survey, items=turned)
    for result in (found, compare_agreement(spread)):
        texts = [
            result.summary(language),
            result.methods(language),
            *(result.alt(kind, language) for kind in result.declaration().figures),
        ]
        assert all(len(text) > 40 for text in texts)
        assert not any("{" in text or " nan" in text.lower() for text in texts)
        for kind in (*result.declaration().figures, "table"):
            assert result._block(kind, language)
