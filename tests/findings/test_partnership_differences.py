"""Differences within partnerships follow from published scores as `partner_gaps` finds them in the answers."""

import numpy as np
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError

PAIR = ("partnership", "side")


@pytest.fixture(scope="module")
def survey():
    return hpp.simulate_study(partners=3, persons_per_side=25, gaps={"equality": 1.2}, seed=4).survey


def test_gaps_and_intervals_are_those_of_each_partnership_by_itself(survey) -> None:
    answers = survey.where(client=survey.values("client")[0])
    scores = hpp.publish(hpp.score_scales(answers, by=PAIR), hpp.plan_disclosure(survey))
    found = hpp.findings.compare_sides_by_partnership(scores).to_frame()
    for partnership, rows in found.groupby("partnership"):
        own = hpp.partner_gaps(answers.where(partnership=partnership)).to_frame().set_index("factor")
        own = own.loc[rows["factor"]]
        # a gap of two means of two decimals each
        np.testing.assert_allclose(rows["gap"], own["gap"], atol=0.0101)
        np.testing.assert_allclose((rows["ci_lower"] + rows["ci_upper"]) / 2, rows["gap"], atol=1e-12)
        # bounds of two decimals give a standard error to about .005, of which an interval takes two; variances that are
        # drawn to those of the whole study may widen it a little, never narrow it
        wider = (rows["ci_upper"] - rows["ci_lower"]).to_numpy() - (own["ci_upper"] - own["ci_lower"]).to_numpy()
        assert (wider >= -0.06).all() and (wider <= 0.06 + 0.15 * (own["ci_upper"] - own["ci_lower"])).all()
    assert len(found) == 9 and "success" not in set(found["factor"])


def test_verdicts_are_corrected_for_all_partnerships_and_factors(survey) -> None:
    scores = hpp.score_scales(survey, by=PAIR)
    found = hpp.findings.compare_sides_by_partnership(scores).to_frame()
    assert (found["p_adjusted"] >= found["p"]).all()
    assert found["p_adjusted"].min() == pytest.approx(min(1.0, 9 * found["p"].min()))
    by_size = hpp.findings.compare_sides_by_partnership(scores).counting["gap"].abs()
    assert by_size.is_monotonic_decreasing and len(by_size)


def test_scores_must_be_by_partnership_and_side(survey) -> None:
    with pytest.raises(OptionError):
        hpp.findings.compare_sides_by_partnership(hpp.score_scales(survey))
    with pytest.raises(OptionError):
        hpp.findings.compare_sides_by_partnership(hpp.score_scales(survey, by=PAIR), sides=("client", "client"))
    with pytest.raises(OptionError):
        hpp.findings.compare_sides_by_partnership(hpp.score_scales(survey, by=("client", *PAIR)))


def test_the_figure_says_which_gaps_count_and_which_cannot_be_told(survey) -> None:
    found = hpp.findings.compare_sides_by_partnership(hpp.score_scales(survey, by=PAIR))
    svg = found._block("intervals", "en").svg
    assert "higher, for certain" in svg
    assert ("Unclear: these answers cannot tell" in svg) == found.to_frame()["verdict"].eq("cannot_tell").any()
