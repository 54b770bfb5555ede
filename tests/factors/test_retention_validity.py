"""What criteria assume is looked at in the answers."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import retain_factors, simulate_study
from hpp_analysis.core.groups.agreement import one_way
from hpp_analysis.factors.retention import Retention
from hpp_analysis.factors.retention_validity import ASSUMES
from hpp_analysis.survey.survey import Survey
from tests.factors.test_retention import ALL, FAST, three_factors, verdicts


@pytest.fixture(scope="module")
def every() -> Retention:
    return retain_factors(three_factors(), criteria=ALL, n_sets=200, stability=25)


def test_kaiser_has_no_vote_and_the_chi_square_only_where_it_tolerates_close_fit(every: Retention) -> None:
    votes = every.table.set_index("criterion")["votes"]
    assert not votes["kaiser"]
    checks = every.validity.set_index(["criterion", "assumes"])
    assert checks["state"]["kaiser", "no_sampling_error"] == "not_met"
    # the largest eigenvalue of noise: (1 + sqrt(19 / 400))^2
    assert checks["value"]["kaiser", "no_sampling_error"] == pytest.approx((1 + np.sqrt(19 / 400)) ** 2)
    # MacCallum, Browne & Sugawara (1996), table 4, test of exact fit at df 100, n 400: power above .99
    assert checks["value"]["chi2", "tolerates_close_fit"] > 0.95
    assert not votes["chi2"]
    strict = retain_factors(three_factors(), criteria="chi2", alpha=0.001).validity.set_index("assumes")
    assert strict["value"]["tolerates_close_fit"] < checks["value"]["chi2", "tolerates_close_fit"]
    small = retain_factors(three_factors(80), criteria=("chi2", "kaiser"), **FAST)
    assert small.table.set_index("criterion")["votes"]["chi2"]
    assert set(every.validity["assumes"]) <= set(ASSUMES)


def test_few_categories_and_skew_are_doubtful() -> None:
    answers = pd.DataFrame((three_factors(300) > 1.8).astype(float))
    found = retain_factors(answers, criteria=("parallel", "ekc"), **FAST)
    checks = found.validity.set_index(["criterion", "assumes"])
    assert checks["state"]["parallel", "enough_categories"] == "doubtful"
    assert checks["value"]["parallel", "enough_categories"] == 2
    assert checks["state"]["ekc", "normal_items"] == "doubtful"
    assert found.table["votes"].all()


def test_answers_that_groups_share_are_doubtful(two_partners: Survey) -> None:
    # every item of a rating is the same: one_way of the score, by hand in R: aov(y ~ group)
    found = retain_factors(two_partners, criteria="parallel", **FAST)
    checks = found.validity.set_index("assumes")
    score = two_partners.items.iloc[:, 0].to_numpy()
    groups = pd.factorize(two_partners.respondents["partner"] + two_partners.respondents["side"])[0]
    one = one_way(score, groups)
    assert checks["value"]["independent"] == pytest.approx(1 + (one.n0 - 1) * one.icc1_n0)
    frame = retain_factors(two_partners.items, criteria="parallel", **FAST)
    assert frame.validity.set_index("assumes")["state"]["independent"] == "unknown"


def test_a_whole_survey_says_that_its_answers_are_nested() -> None:
    found = retain_factors(simulate_study(seed=1).survey, criteria=("parallel", "map"), **FAST)
    assert found.n_items == 24  # nineteen, and five on success
    assert verdicts(found)["map"] == 4
    checks = found.validity.set_index(["criterion", "assumes"])
    assert checks["state"]["parallel", "independent"] == "doubtful"
    assert checks["value"]["parallel", "independent"] > 2
    assert ("map", "independent") not in checks.index
