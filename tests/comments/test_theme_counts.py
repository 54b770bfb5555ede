"""Themes are counted of groups of ten writers, and what two reports count differs by ten writers or more."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.comments.review import CONSENT, Review, comment_rows
from hpp_analysis.comments.theme_counts import MOST_QUOTES
from hpp_analysis.errors import SurveyError
from tests.comments.making import commented, reviewed


def study(**options: object):
    sizes = {"clients": ["A", "B"], "partners": 3, "persons_per_side": 14, "seed": 3, **options}
    return hpp.simulate_study(**sizes).survey


@pytest.fixture(scope="module")
def survey():
    return commented(study(), share=0.9)


@pytest.fixture(scope="module")
def review(survey, tmp_path_factory: pytest.TempPathFactory) -> Review:
    return reviewed(survey, tmp_path_factory.mktemp("review") / "comments.xlsx")


@pytest.fixture(scope="module")
def cells(survey):
    return hpp.plan_disclosure(survey)


def test_counts_are_those_of_a_loop_over_persons(survey, review: Review, cells) -> None:
    own = survey.where(client="A")
    result = hpp.comments.count_themes(own, review, cells=cells)
    theme_of = review.theme_of()
    rows = comment_rows(own)
    for row in result.table.itertuples():
        speaking, writing = set(), set()
        for comment in rows.itertuples():
            if comment.side == row.side and cells.commented[comment.rating] >= 0:
                writing.add(comment.person)
                if theme_of[comment.id] == row.theme:
                    speaking.add(comment.person)
        assert (row.n_persons, row.n_writers) == (len(speaking), len(writing))
        assert row.share == len(speaking) / len(writing)
    assert set(result.table["state"]) == {"full"}


@pytest.mark.parametrize("share", [0.9, 0.6, 0.3])
def test_no_difference_of_counts_tells_of_fewer_than_ten_writers(tmp_path: Path, share: float) -> None:
    """An attacker has the reports of two runs, by client and by partner, and subtracts each count from each other.

    What is left are the comments of one or more whole groups, with ten writers or more.
    """
    sizes = [[14, 9], [25, 6], [40, 12], [11, 30], [9, 9], [18, 5]]
    survey = commented(study(persons_per_side=sizes), share=share)
    review = reviewed(survey, tmp_path / "comments.xlsx")
    counted: list[frozenset[int]] = []
    for by in ("client", "partner"):
        cells = hpp.plan_disclosure(survey, by=by, ledger=tmp_path / "study.ledger.json")
        own_review = review if by == "client" else reviewed(survey, tmp_path / "partners.xlsx", by=by)
        for value in survey.values(by):
            own = survey.where(**{by: value})
            table = hpp.comments.count_themes(own, own_review, cells=cells, by=by).table
            assert (table["n_writers"].dropna() >= 10).all()
            shown = table.dropna(subset=["n_persons"])
            assert (shown["n_writers"] - shown["n_persons"] >= 2).all()
            for side in own.values("side"):
                ratings = own.where(side=side).items.index
                wrote = cells.commented[ratings]
                counted.append(frozenset(wrote.index[wrote >= 0]))
    for one, other in permutations(counted, 2):
        left = one - other if one & other else frozenset()
        assert not left or survey.persons[list(left)].nunique() >= 10
    if share == 0.9:
        assert sum(map(bool, counted)) > 4


def test_a_selection_that_is_no_report_counts_whole_groups_only(survey, review: Review, cells) -> None:
    """Somebody who leaves one person out and subtracts learns what this person wrote; so that group does not count."""
    own = survey.where(client="A")
    everybody = hpp.comments.count_themes(own, review, cells=cells).table
    without = own.keep([row > 0 for row in range(len(own))], why="an attack")
    left = hpp.comments.count_themes(without, review, cells=cells).table
    lost = (
        everybody.set_index(["theme", "side"])["n_writers"] - left.set_index(["theme", "side"])["n_writers"]
    ).fillna(99)
    assert set(lost[lost > 0]) and (lost[lost > 0] >= 10).all()


def test_few_writers_are_not_counted_and_not_quoted(tmp_path: Path) -> None:
    survey = commented(study(), share=0.05)
    review = reviewed(survey, tmp_path / "comments.xlsx")
    result = hpp.comments.count_themes(survey.where(client="A"), review, cells=hpp.plan_disclosure(survey))
    assert result.table["n_persons"].isna().all() and result.quotes.empty
    assert set(result.table["state"]) == {"withheld"}


def test_what_everybody_wrote_is_not_told(tmp_path: Path) -> None:
    """Whoever is known to have written would be known to have written this."""
    survey = commented(study(), share=1.0)
    same = survey.comments.assign(com2=[f"Beloften nakomen, keep promises {row}" for row in range(len(survey))])
    survey = replace(survey, comments=same)
    review = reviewed(survey, tmp_path / "comments.xlsx")
    table = hpp.comments.count_themes(survey.where(client="A"), review, cells=hpp.plan_disclosure(survey)).table
    assert table["n_persons"].isna().all()


def test_a_later_run_counts_no_group_that_changed_by_fewer_than_ten_writers(tmp_path: Path) -> None:
    """Two waves of reports of one study: what three more writers say is not what the counts differ by."""
    survey = commented(study(), share=1.0)
    ledger = tmp_path / "study.ledger.json"
    fewer = survey.comments.copy()
    first = survey.respondents.query("client == 'A' and side == 'client'").index[:3]
    fewer.loc[first, "com2"] = ""
    before = hpp.plan_disclosure(replace(survey, comments=fewer), ledger=ledger)
    again = hpp.plan_disclosure(replace(survey, comments=fewer), ledger=ledger)
    after = hpp.plan_disclosure(survey, ledger=ledger)
    assert (before.commented == again.commented).all()
    group = before.commented[survey.respondents.query("client == 'A' and side == 'client'").index]
    assert (group >= 0).any()
    changed = after.commented[first]
    assert (changed == -1).all()  # withheld, with the whole group that they would join
    untouched = survey.respondents.query("client == 'B'").index
    assert (after.commented[untouched] == before.commented[untouched]).all()
    anew = hpp.plan_disclosure(survey, ledger=ledger, release_anew=True)
    assert (anew.commented[first] >= 0).all()
    # the answers themselves did not change, and are told as before
    assert (after.ratings["told"] == before.ratings["told"]).all()


def test_only_approved_texts_are_quoted_word_for_word(survey, review: Review, cells, tmp_path: Path) -> None:
    approved = set(review.quotable["text"])
    result = hpp.comments.count_themes(survey.where(client="A"), review, cells=cells)
    assert len(result.quotes) and set(result.quotes["text"]) <= approved
    # with one approval taken away, exactly this text is gone
    gone = result.quotes["text"].iloc[0]
    comments = review.comments.copy()
    comments.loc[comments["masked_text"].eq(gone), "publish"] = ""
    later = hpp.comments.count_themes(survey.where(client="A"), replace(review, comments=comments), cells=cells)
    assert set(result.quotes["text"]) - set(later.quotes["text"]) == {gone}
    nothing = reviewed(survey, tmp_path / "comments.xlsx", publish=False)
    assert hpp.comments.count_themes(survey.where(client="A"), nothing, cells=cells).quotes.empty


@pytest.mark.parametrize(
    "cells_of_a_row",
    [
        {"approved_sha256": ""}, {"approved_sha256": "0" * 64}, {"edited_text": "Another text."}, {"approved_by": ""},
        {"approved_by": " MASK "}, {"masked_by": ""}, {"consent": "no"}, {"publish": ""}, {"allegation": "waar"},
    ],
    ids=str,
)  # fmt: skip
def test_a_review_read_by_other_means_quotes_nothing_that_two_persons_did_not_release(
    survey, review, cells, cells_of_a_row
):
    """A `Review` may come from `read_review(sealed=False)`, or from a program."""
    client = survey.where(client=survey.values("client")[0])
    assert len(hpp.comments.count_themes(client, review, cells=cells).quotes)
    changed = replace(review, comments=review.comments.assign(**cells_of_a_row))
    assert changed.quotable.empty
    assert hpp.comments.count_themes(client, changed, cells=cells).quotes.empty


def test_quotes_of_another_client_never_appear(survey, review: Review, cells) -> None:
    a, b = (hpp.comments.count_themes(survey.where(client=one), review, cells=cells).quotes for one in "AB")
    texts = {one: set(survey.where(client=one).comments["com2"]) for one in "AB"}
    assert set(a["text"]) <= texts["A"] and set(b["text"]) <= texts["B"]
    assert len(a) and len(b)


@pytest.mark.parametrize("n_agreed", [9, 10])
def test_a_quote_says_its_side_only_if_ten_of_it_agreed(tmp_path: Path, n_agreed: int) -> None:
    survey = commented(study(), share=1.0)
    own = survey.where(client="A")
    persons = own.where(side="partner").persons.unique()[n_agreed:]
    consent = survey.comments[CONSENT].where(~survey.persons.isin(persons), "no")
    survey = replace(survey, comments=survey.comments.assign(**{CONSENT: consent}))
    review = reviewed(survey, tmp_path / "comments.xlsx")
    quotes = hpp.comments.count_themes(survey.where(client="A"), review, cells=hpp.plan_disclosure(survey)).quotes
    assert set(quotes["side"]) == ({"client", "partner"} if n_agreed == 10 else {""})


def test_without_consent_there_are_themes_and_no_quotes(tmp_path: Path) -> None:
    survey = commented(study(), consent=None)
    review = reviewed(survey, tmp_path / "comments.xlsx")
    result = hpp.comments.count_themes(survey.where(client="A"), review, cells=hpp.plan_disclosure(survey))
    assert result.quotes.empty and result.table["n_persons"].notna().any()
    assert "asked" in result.methods("en")


def test_allegations_are_neither_counted_nor_quoted(survey, review: Review, cells) -> None:
    comments = review.comments.assign(allegation="yes", publish="")
    result = hpp.comments.count_themes(survey.where(client="A"), replace(review, comments=comments), cells=cells)
    assert (result.table["n_persons"] == 0).all() and result.quotes.empty


def test_a_comment_that_is_not_in_the_review_is_an_error(survey, review: Review, cells) -> None:
    fewer = replace(review, comments=review.comments.iloc[1:])
    with pytest.raises(SurveyError):
        for one in "AB":
            hpp.comments.count_themes(survey.where(client=one), fewer, cells=cells)


def test_comments_change_no_other_number_and_leave_no_trace_in_cleared_answers(survey, cells) -> None:
    plain = hpp.plan_disclosure(replace(survey, comments=pd.DataFrame()))
    assert (plain.ratings == cells.ratings).all(axis=None)
    assert (plain.states == cells.states).all()
    assert np.array_equal(plain.means, cells.means, equal_nan=True)
    assert hpp.publishing.clear_answers(survey, cells).comments.size == 0


def test_each_theme_is_quoted_at_most_three_times_from_both_sides(survey, review: Review, cells) -> None:
    result = hpp.comments.count_themes(survey.where(client="A"), review, cells=cells)
    shown = result.declaration().tables["quotes"]().frame
    sizes = shown.groupby("theme").size()
    assert sizes.max() == MOST_QUOTES
    both = result.quotes.groupby("theme")["side"].nunique()
    assert both.max() == 2
    assert shown.groupby("theme")["side"].nunique().max() == 2


def test_the_board_reads_quotes_of_both_sides(survey, review: Review, cells) -> None:
    result = hpp.comments.count_themes(survey.where(client="A"), review, cells=cells)
    shown = result.declaration().tables["main_quotes"]().frame
    assert shown["theme"].is_unique
    assert shown["side"].nunique() == 2
