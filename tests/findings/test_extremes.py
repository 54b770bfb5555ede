"""The lowest and the highest scores of each partnership."""

import re
from dataclasses import replace

import hpp_analysis as hpp
from hpp_analysis.findings.extremes import find_extremes

PAIR = ("partnership", "side")


def test_scores_have_one_decimal_as_the_other_pages_for_a_board() -> None:
    survey = hpp.simulate_study(seed=1).survey
    found = find_extremes(hpp.describe(survey, by=PAIR, weight="organisation"))
    block = found._block("table")
    scores = [at for at, cell in enumerate(block.header) if cell.unit == "score"]
    shown = [row[at] for row in block.cells for at in scores]
    assert len(scores) == 2 and all(re.fullmatch(r"\d+\.\d", score) for score in shown)
    assert [float(row[scores[0]]) for row in block.cells] == [round(mean, 1) for mean in found.table["mean_low"]]


def test_of_fewer_than_ten_persons_no_characteristic_is_named() -> None:
    survey = hpp.simulate_study(partners=2, persons_per_side=[[7, 12], [12, 12]], seed=5).survey
    client = survey.where(client=survey.values("client")[0])
    cells = hpp.publish(hpp.describe(client, by=PAIR, weight="organisation"), hpp.plan_disclosure(survey))
    states = cells.to_frame().set_index(["item", "partnership", "side"])["state"]
    assert states.eq("mean_only").any()
    found = find_extremes(cells).table
    named = [*found[["item_low", "partnership", "side_low"]].itertuples(index=False, name=None)]
    named += found[["item_high", "partnership", "side_high"]].itertuples(index=False, name=None)
    assert len(named) == 12 and set(states.loc[named]) == {"full"}


def test_notes_tell_of_ten_persons_only_where_it_is_so_and_count_what_is_left_out() -> None:
    survey = hpp.simulate_study(partners=10, persons_per_side=6, seed=1).survey
    cells = hpp.describe(survey, by=PAIR, weight="organisation")
    every = find_extremes(cells)._notes()
    assert every[0] == "Scores that lie close together may change places."
    assert every[1:] == ["These are the partnerships with the lowest scores; 2 more stand in the workbook."]
    table = cells.to_frame()
    first, second, *_others = table["partnership"].unique()
    outcome = table["factor"].isin(cells.outcomes)
    alone = table["partnership"].eq(first) & (table["item"].ne(table["item"].iloc[0]) | table["side"].eq("client"))
    hidden = table.assign(mean=table["mean"].mask((alone | table["partnership"].eq(second)) & ~outcome))
    found = find_extremes(replace(cells, table=hidden))
    assert found.n_partnerships == 8 == found.table["partnership"].nunique()
    assert found._notes()[1:] == ["Left out are 2 partnerships: fewer than two of their scores can be shown."]
