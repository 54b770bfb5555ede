"""The total beside a report follows from the groups that are told of, and from nothing else."""

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import DisclosureError, OptionError
from hpp_analysis.publishing import add_total
from hpp_analysis.report.writers.charts import chart_of

INSTRUMENT = hpp.survey.instrument.parse_instrument(
    {"name": "pulse", "scale": "1-5", "language": "en", "unit": "person",
     "columns": ["respondent", "department"], "items": ["We talk", "We listen", "We learn"]}
)  # fmt: skip


def survey(sizes: dict[str, int], seed: int = 1):
    rng = np.random.default_rng(seed)
    rows = [(f"{name}{k}", name, *rng.integers(1, 6, 3)) for name, n in sizes.items() for k in range(n)]
    return hpp.read_survey(
        pd.DataFrame(rows, columns=["respondent", "department", "item1", "item2", "item3"]), instrument=INSTRUMENT
    )


SIZES = {"care": 30, "it": 12, "hr": 7, "board": 3}


def published(data, name: str, make, *, total: bool = True):
    cells = hpp.plan_disclosure(data, by="department", total=total)
    return hpp.publish(make(data.where(department=name)), cells), hpp.publish(make(data), cells)


def test_the_total_is_the_mean_of_those_who_are_told_of() -> None:
    data = survey(SIZES)
    own, everybody = published(data, "it", hpp.score_scales)
    shown = add_total(own, everybody).to_frame().loc[0]
    cells = hpp.plan_disclosure(data, by="department", total=True)
    means = cells.means[cells.ratings["told"].ge(0)]  # care and it as they answered, hr by its rounded means
    assert shown["n_persons_total"] == 30 + 12 + 7
    # a published mean has two decimals
    assert shown["total"] == pytest.approx(means.mean(axis=1).mean(), abs=0.005)
    exact = data.items.mean(axis=1)
    # neighbours: with the board it is another number, and so it is of this department alone
    assert abs(exact.mean() - shown["total"]) > 0.005
    assert shown["mean"] != shown["total"]


def test_what_a_small_group_answered_changes_no_total() -> None:
    data = survey(SIZES)
    board = data.respondents["department"].eq("board")
    other = pd.DataFrame(data.items.where(~board, 6 - data.items))
    twin = hpp.read_survey(
        pd.concat([data.respondents[["respondent", "department"]], other], axis=1), instrument=INSTRUMENT
    )
    for make in (hpp.score_scales, lambda one: hpp.describe(one, weight="organisation")):
        for name in ("care", "it", "hr"):
            first, second = (add_total(*published(one, name, make)) for one in (data, twin))
            pd.testing.assert_frame_equal(first.to_frame(), second.to_frame())
            assert repr(first) == repr(second)
            assert first.summary() == second.summary()


def test_without_a_plan_for_it_the_total_is_withheld() -> None:
    own, everybody = published(survey(SIZES), "care", hpp.score_scales, total=False)
    shown = add_total(own, everybody).to_frame()
    assert shown["total"].isna().all()
    assert shown["mean"].notna().all()


def test_a_whole_of_one_small_group_is_told_as_that_group_is() -> None:
    """All others are too small to be told of: the total is the seven persons, rounded as in their own report."""
    own, everybody = published(
        survey({"hr": 7, "board": 3, "desk": 2}), "hr", lambda one: hpp.describe(one, weight="organisation")
    )
    shown = add_total(own, everybody).to_frame()
    pd.testing.assert_series_equal(shown["mean"], shown["total"], check_names=False)
    assert set(everybody.table["state"]) == {"mean_only"}


def test_nothing_unpublished_and_nothing_of_another_kind_is_set_beside() -> None:
    data = survey(SIZES)
    own, everybody = published(data, "care", hpp.score_scales)
    with pytest.raises(DisclosureError):
        add_total(own, hpp.score_scales(data))
    with pytest.raises(DisclosureError):
        add_total(hpp.score_scales(data.where(department="care")), everybody)
    with pytest.raises(OptionError):
        add_total(own, published(data, "care", hpp.describe)[1])
    with pytest.raises(OptionError):
        add_total(everybody, everybody)
    with pytest.raises(OptionError):  # another department is no total
        add_total(own, published(data, "it", hpp.score_scales)[0])


def test_it_speaks_and_draws_with_the_names_of_the_report() -> None:
    shown = add_total(*published(survey(SIZES), "care", lambda one: hpp.describe(one, weight="organisation")))
    assert "care" in shown.alt()
    assert "Total" in shown.alt()
    assert shown.methods()
    assert shown.plot().get_xlim() == (1.0, 5.0)


def test_a_chart_of_office_has_the_total_too() -> None:
    own, everybody = published(survey(SIZES), "care", hpp.score_scales)
    shown = add_total(own, everybody)
    chart = chart_of(shown._block("profile"))
    assert [series.name for series in chart.series] == ["care", "Total"]
    assert chart.series[1].values == tuple(shown.to_frame()["total"])


def test_a_table_says_which_means_are_rounded() -> None:
    small = add_total(*published(survey(SIZES), "hr", hpp.score_scales))._block("table")
    large = add_total(*published(survey({"care": 30, "it": 12}), "care", hpp.score_scales))._block("table")
    assert len(small.notes) > len(large.notes)
