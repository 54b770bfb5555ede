"""The overview shows of each report what the report shows, and no more."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import plan_disclosure, publish, scale_reliability, score_scales, show, simulate_study
from hpp_analysis.disclosure import Cells
from hpp_analysis.publishing import summarise_study
from hpp_analysis.publishing.overview import Overview
from hpp_analysis.survey.survey import Survey

CLIENTS = ["B 10", "B 9", "a"]


@pytest.fixture(scope="module")
def survey() -> Survey:
    sizes = [[30, 30], [12, 20], [9, 3]] * 3
    return simulate_study(clients=CLIENTS, partners=3, persons_per_side=sizes, waves=2, seed=0).survey


@pytest.fixture(scope="module")
def cells(survey: Survey) -> Cells:
    return plan_disclosure(survey)


@pytest.fixture(scope="module")
def overview(survey: Survey, cells: Cells) -> Overview:
    return summarise_study(survey.wave(), cells)


def test_each_number_is_that_of_the_report(survey: Survey, cells: Cells, overview: Overview) -> None:
    scores = overview.profile.scores.set_index(["client", "partnership", "side", "factor"]).sort_index()
    alphas = overview.reliability.to_frame().set_index(["client", "factor"]).sort_index()
    hidden = 0
    for client in CLIENTS:
        own = survey.wave().where(client=client)
        told = publish(score_scales(own, by=("partnership", "side")), cells).to_frame()
        told = told[told["threshold"].notna()].set_index(["partnership", "side", "factor"])
        for column in ("mean", "ci_lower", "ci_upper", "n_persons"):
            here = scores.loc[client, column].reindex(told.index).astype(float)
            pd.testing.assert_series_equal(here, told[column].astype(float), check_names=False)
        hidden += int(told["mean"].isna().sum())
        reliability = publish(scale_reliability(own), cells).to_frame().set_index("factor")
        here = alphas.loc[client, "alpha"].reindex(reliability.index)
        pd.testing.assert_series_equal(here, reliability["alpha"], check_names=False)
    assert hidden > 0, "something is withheld in this study"
    wide = overview.profile.to_frame().set_index(["client", "partnership", "side"]).sort_index()
    for (client, pair, side, scale), mean in scores["mean"].items():
        np.testing.assert_equal(wide.loc[(client, pair, side), scale], mean)


def test_what_is_withheld_is_counted(cells: Cells, overview: Overview, survey: Survey) -> None:
    told = overview.withheld.to_frame().set_index("client")
    planned = [key for key in cells.keys if ("client", "a") in key and ("wave", "2") in key]
    states = [cells.state(key, variable) for key in planned for variable in cells.variables]
    assert told.loc["a", "shown"] == states.count("full") > 0
    assert told.loc["a", "rounded"] == states.count("mean_only")
    assert told.loc["a", ["too_few", "protected"]].sum() == states.count("withheld") > 0


def test_reports_come_in_order_and_every_part_speaks(overview: Overview) -> None:
    assert overview.response.to_frame()["client"].unique().tolist() == ["a", "B 9", "B 10"]
    for part in (overview.response, overview.profile, overview.reliability, overview.dont_know, overview.withheld):
        for language in ("en", "nl"):
            assert part.summary(language)
            assert part._block("table", language).cells
        assert part.summary("en") != part.summary("nl")
    heads = [head.label for head in overview.dont_know._block("table", "nl").header]
    assert heads == ["Opdrachtgever", "Opdrachtgever", "Partner"]
    assert overview.dont_know.to_frame()["share_first"].between(0, 1).all()


def test_many_reports_take_several_figures() -> None:
    survey = simulate_study(clients=[f"C{at}" for at in range(30)], partners=1, persons_per_side=6, seed=0).survey
    figures = show(summarise_study(survey, plan_disclosure(survey)).profile, "heatmap").blocks
    assert len(figures) == 2
    assert "24 rows" in figures[0].alt and "6 rows" in figures[1].alt
    assert "C0" in figures[0].svg and "C29" not in figures[0].svg and "C29" in figures[1].svg


def test_reports_of_partnerships_and_of_one_side() -> None:
    survey = simulate_study(clients=["A", "B"], partners=2, persons_per_side=9, seed=0).survey
    pairs = summarise_study(survey, plan_disclosure(survey, by="partnership"), by="partnership")
    assert list(pairs.profile.to_frame().columns[:2]) == ["partnership", "side"]
    assert pairs.profile.scores["mean"].notna().any()
    one = survey.where(side="client")
    alone = summarise_study(one, plan_disclosure(one))
    assert alone.response.to_frame()["n_persons"].notna().any()
