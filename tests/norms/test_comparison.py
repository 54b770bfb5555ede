"""Where a client stands: the numbers, when there are none, and that a simulated norm is always called so."""

import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import hpp_analysis as hpp
from hpp_analysis.errors import OptionError
from hpp_analysis.norms import Norm, compare_norms, load_norm, merge_norms, save_norm
from hpp_analysis.norms.measures import Measures
from hpp_analysis.study.study_folder import demo_folder

DAY = "2026-02-01"


@pytest.fixture(scope="module")
def plan(everybody):
    return hpp.plan_disclosure(everybody)


@pytest.fixture(scope="module")
def demo() -> Norm:
    return load_norm(demo_folder() / "norms.parquet")


def why(survey, norm, **options) -> set[str]:
    return set(compare_norms(survey, norm, **{"date": DAY, **options}).to_frame()["why"])


def test_the_percentile_is_the_share_of_true_scores_below(survey, norm) -> None:
    found = compare_norms(survey, norm, date=DAY)
    row = found.to_frame().query("factor == 'openness' and side == 'client'").iloc[0]
    means = norm.cells.query("factor == 'openness' and side == 'client'")["mean"].to_numpy()
    # all have the same sampling variance, so that Paule and Mandel's estimate is the variance less that
    spread = np.sqrt(means.var(ddof=1) - 1.4**2 / 20)
    assert row["norm_mean"] == pytest.approx(means.mean(), abs=1e-9)  # a root finder
    assert row["norm_sd"] == pytest.approx(spread, abs=1e-9)
    assert row["percentile"] == pytest.approx(stats.norm.cdf((row["mean"] - means.mean()) / spread), abs=1e-9)
    naive = stats.norm.cdf((row["mean"] - means.mean()) / means.std(ddof=1))
    assert abs(row["percentile"] - naive) > 0.005
    assert row["percentile_ci_lower"] < row["percentile"] < row["percentile_ci_upper"]
    assert (row["n_norm"], row["n_clients"]) == (40, 10)
    assert found.to_frame().equals(compare_norms(survey, norm, date=DAY).to_frame())


def test_published_it_is_made_of_the_published_scores_alone(survey, norm, plan) -> None:
    found = compare_norms(survey, norm, date=DAY, cells=plan, by=("partnership", "side"))
    assert found.to_frame()["percentile"].notna().all()
    scores = hpp.publish(hpp.score_scales(survey, by=("partnership", "side")), plan).to_frame()
    assert found.published
    pd.testing.assert_frame_equal(
        found.to_frame()[["mean", "ci_lower", "n_persons"]], scores[["mean", "ci_lower", "n_persons"]]
    )
    assert not compare_norms(survey, norm, date=DAY).published
    assert hpp.show(found, "table").blocks[0].cleared


def test_small_groups_have_no_percentile(norm) -> None:
    everybody = hpp.simulate_study(
        clients=["A"], partners=3, persons_per_side=[[30, 7], [30, 12], [12, 3]], seed=5
    ).survey
    survey, plan = everybody.where(client="A"), hpp.plan_disclosure(everybody)
    table = compare_norms(survey, norm, date=DAY, cells=plan, by=("partnership", "side")).to_frame()
    scores = hpp.publish(hpp.score_scales(survey, by=("partnership", "side")), plan).to_frame()
    without = table[table["percentile"].isna()]
    assert 0 < len(without) < len(table)
    assert set(without["why"]) <= {"withheld", "no_interval"}
    assert len(without) == scores["ci_lower"].isna().sum() - scores["partnership"].str.startswith("(others)").sum()
    assert without["standing"].isna().all()


def test_each_reason_against_a_comparison_has_its_name(survey, norm, contribution, measures) -> None:
    def many(norm: Norm, **about) -> Norm:
        rng = np.random.default_rng(1)
        for place in range(8):
            norm = contribution(norm, f"N{place}", np.round(rng.normal(7, 0.6, 3), 2), **about)
        return norm

    changed = Measures(
        measures.scale, {name: dict(list(items.items())[1:]) for name, items in measures.factors.items()}
    )
    few = contribution(Norm(salt="s"), "X", [7.0, 7.5])
    assert why(survey, Norm()) == {"too_few"}
    assert why(survey, few) == {"too_few"}
    assert why(survey, many(few)) == {""}
    assert why(survey, many(few, date="2020-01-01")) == {"too_old"}
    assert why(survey, many(few, date="2020-01-01"), max_age=7) == {""}
    assert why(survey, many(few, measured=changed)) == {"other_items"}
    assert why(survey, many(few, measured=Measures((1.0, 7.0), measures.factors))) == {"other_scale"}
    assert why(survey, contribution(few, "Y", np.linspace(6, 8, 30).round(2).tolist())) == {"one_client"}
    alike = Norm(salt="s")
    for place in range(8):
        alike = contribution(alike, f"N{place}", [7.0, 7.02, 6.98], date=f"2025-01-0{place + 1}")
    assert why(survey, alike) == {"no_spread"}
    assert why(survey, norm, client="ignored: the answers say it") == {""}


def test_the_client_is_not_compared_with_itself(survey, norm, contribution, plan) -> None:
    with_own = contribution(norm, "Acme", [9.5, 9.6], partners=["Bolt", "Cord"])
    one, other = (compare_norms(survey, each, date=DAY, cells=plan) for each in (norm, with_own))
    assert one.to_frame()["percentile"].equals(other.to_frame()["percentile"])
    assert other.left_out == {"own": 2}
    assert "2 of the client itself" in other.methods("en")
    salted = merge_norms(norm, contribution(Norm(salt="other"), "acme ", [9.5, 9.6], partners=["Bolt", "Cord"]))
    assert compare_norms(survey, salted, date=DAY).left_out == {"own": 2}


def test_loadings_that_differ_rule_a_comparison_out(norm, contribution, plan) -> None:
    everybody = hpp.simulate_study(clients=["A"], partners=3, persons_per_side=60, seed=2).survey
    survey, cells = everybody.where(client="A"), hpp.plan_disclosure(everybody)
    items = [item.id for item in survey.instrument.items_of("openness")]
    found = {}
    for name, loadings in (("alike", [0.7] * 8), ("other", [0.9, 0.9, 0.9, 0.1, 0.0, -0.1, 0.0, 0.1])):
        measured = {"openness": dict(zip(items, loadings, strict=True))}
        found[name] = compare_norms(
            survey, contribution(norm, "X", [7.0], loadings=measured), date=DAY, cells=cells
        ).to_frame()
    openness = {name: table[table["factor"].eq("openness")] for name, table in found.items()}
    assert set(openness["alike"]["why"]) == {""}
    assert openness["alike"]["congruence"].gt(0.95).all()
    assert set(openness["other"]["why"]) == {"other_structure"}
    assert openness["other"]["percentile"].isna().all()
    assert set(found["other"].query("factor == 'equality'")["why"]) == {""}


def test_other_words_are_a_note_and_not_a_reason(survey, norm, contribution, measures) -> None:
    openness = {name: {**item} for name, item in measures.factors["openness"].items()}
    openness["ope1"]["texts"] = dict.fromkeys(openness["ope1"]["texts"], "other")
    changed = Measures(measures.scale, {**measures.factors, "openness": openness})
    found = compare_norms(survey, contribution(norm, "X", [7.0], measured=changed), date=DAY)
    assert found.flags[-1:] == ("texts_differ",)
    assert "worded differently" in repr(found)
    assert "worded differently" not in repr(compare_norms(survey, norm, date=DAY))


def test_a_simulated_norm_is_called_so_wherever_it_is_spoken_of(survey, demo, plan) -> None:
    found = compare_norms(survey, demo, date=DAY, cells=plan)
    empty = compare_norms(survey, demo, date="2040-01-01", cells=plan)
    for result in (found, empty):
        for code, word in (("en", "simulated"), ("nl", "gesimuleerd")):
            blocks = [
                hpp.show(result, kind, language=code).blocks[0]
                for kind in ("table", "summary", "headline", "bands", "methods")
            ]
            table, summary, headline, figure, methods = blocks
            texts = [
                table.caption,
                figure.caption,
                *summary.paragraphs[1:],
                *headline.paragraphs,
                methods.paragraphs[0],
            ]
            texts += [figure.alt] if result is found else []
            assert len(texts) >= 5
            for text in texts:
                assert word in text.lower(), text
    assert word in hpp.show(found, "bands", language="nl").blocks[0].svg.lower()


def test_a_figure_says_how_many_scores_it_leaves_out(norm) -> None:
    everybody = hpp.simulate_study(clients=["A"], partners=4, persons_per_side=12, seed=5).survey
    found = compare_norms(everybody.where(client="A"), norm, date=DAY, by=("partnership", "side"))
    assert "8 more scores stand in the table." in hpp.show(found, "bands").blocks[0].notes


def test_a_real_norm_is_not_called_simulated(survey, norm, plan) -> None:
    found = compare_norms(survey, norm, date=DAY, cells=plan)
    told = [repr(found), found.summary(), found.methods(), found.alt(), found._repr_html_()]
    assert not re.search("simulat", " ".join(told), re.IGNORECASE)
    assert "40 partnerships of 10 clients (care; NL), measured in January 2025" in repr(found)


def test_a_percentile_is_never_said_to_be_all_of_a_norm(survey, norm, contribution) -> None:
    low = Norm(salt="s")
    for place in range(8):
        low = contribution(low, f"N{place}", [3.0, 3.5, 4.0], date=f"2025-01-0{place + 1}")
    found = compare_norms(survey, low, date=DAY)
    assert found.to_frame()["percentile"].min() > 0.995
    assert "100%" not in found.summary() + repr(found) + found.alt()
    assert "99%" in found.summary()


def test_published_means_come_with_their_source(survey, norm) -> None:
    references = [{"factor": "openness", "mean": 7.2, "source": "Vries (2020)", "doi": "10.1000/x"}]
    found = compare_norms(survey, norm, date=DAY, references=references)
    assert "7.2 (Vries (2020), doi:10.1000/x)" in repr(found)
    assert "Published mean" in hpp.show(found, "bands").blocks[0].svg
    assert "Published mean" not in hpp.show(compare_norms(survey, norm, date=DAY), "bands").blocks[0].svg
    for wrong in (
        {"factor": "openness", "mean": 7.2},
        {"factor": "opennes", "mean": 7.2, "source": "A"},
        {"mean": "x"},
    ):
        with pytest.raises(OptionError):
            compare_norms(survey, norm, date=DAY, references=[wrong])


def test_what_cannot_be_compared_is_refused(survey, norm, tmp_path) -> None:
    two = hpp.simulate_study(clients=["A", "B"], partners=1, persons_per_side=12, seed=1).survey
    for data, options in (
        (two, {}),
        (survey, {"by": "role"}),
        (survey, {"sectors": "cars"}),
        (survey, {"countries": ["XX"]}),
        (survey, {"max_age": 0}),
        (survey, {"date": "February"}),
    ):
        with pytest.raises(OptionError):
            compare_norms(data, norm, **{"date": DAY, **options})
    save_norm(norm, tmp_path / "norm.parquet")
    assert compare_norms(survey, tmp_path / "norm.parquet", date=DAY).norm_id


def test_the_demonstration_finds_its_truth(demo) -> None:
    """The spread from which qualities of partnerships were drawn; organisations of their own add a little."""
    survey = hpp.load_study(demo_folder() / "study.yaml").survey().wave("")
    table = compare_norms(survey, demo, date=DAY).to_frame()
    assert table["norm_sd"].between(0.45, 0.95).all()
    assert (table["norm_sd_observed"] > table["norm_sd"]).all()
    assert table["n_norm"].min() >= 50
