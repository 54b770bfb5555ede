"""Published intervals draw the spread of large groups to that of all large groups of the study, not of the client alone."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

import hpp_analysis as hpp
from hpp_analysis.answers.scores import scale_values
from hpp_analysis.publishing.clearing import clear_answers

PAIR = ("partnership", "side")


@pytest.fixture(scope="module")
def survey():
    return hpp.simulate_study(
        clients=["A", "B"], partners=3, persons_per_side=[[12, 15], [20, 7], [14, 11]] * 2, several=0.0, dont_know=0.0,
        skipped=0.0, mean=8.5, seed=3,
    ).survey  # fmt: skip


def test_the_wider_interval_is_published(survey) -> None:
    cells = hpp.plan_disclosure(survey)
    shown = hpp.publish(hpp.score_scales(survey.where(client="A"), by=PAIR), cells).table
    cleared = clear_answers(survey, cells)
    scores = scale_values(cleared)
    keys = cleared.respondents[list(PAIR)].astype(str).agg("|".join, axis=1).to_numpy()
    took = []
    for row in shown[shown["state"].eq("full") & ~shown["partnership"].str.startswith("(")].itertuples():
        own = scores[row.factor][keys == f"{row.partnership}|{row.side}"].dropna()
        n, d = len(own), len(own) - 1
        pooled, df, _rho, prior = cells.pooled_spread[row.factor]
        drawn = (prior * pooled + d * own.var()) / (prior + d)
        half = [
            stats.t.ppf(0.975, d) * np.sqrt(own.var() / n),
            stats.t.ppf(0.975, min(prior + d, df)) * np.sqrt(drawn / n),
        ]
        # what is published has two decimals
        assert (row.ci_upper - row.ci_lower) / 2 == pytest.approx(max(half), abs=0.0051)
        took.append(half[1] > half[0] + 0.02)
    assert len(took) > 10 and any(took) and not all(took)


def test_the_study_lends_what_its_large_groups_are_worth(survey) -> None:
    """Groups of seven lend nothing: with other answers there the published spread is the same."""
    cells = hpp.plan_disclosure(survey)
    small = survey.respondents["side"].eq("partner") & survey.respondents["partner"].eq("Partner 2")
    other = survey.items.copy()
    other.loc[small] = other.loc[small].clip(upper=9) - 1
    again = hpp.plan_disclosure(replace(survey, items=other.clip(lower=1)))
    assert small.groupby(survey.respondents["partnership"]).sum().max() < 10
    np.testing.assert_equal(dict(again.pooled_spread), dict(cells.pooled_spread))
