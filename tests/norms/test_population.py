"""Which partnerships count: each once, not the client's own, not too many of one, not too old, measured alike."""

import dataclasses
import datetime

import numpy as np
import pytest

from hpp_analysis.norms import Norm, merge_norms
from hpp_analysis.norms.measures import Measures
from hpp_analysis.norms.norm_file import key_of
from hpp_analysis.norms.population import Wanted, congruence, population_of

DAY = datetime.date(2026, 2, 1)


@pytest.fixture
def wanted(measures):
    def make(**changed) -> Wanted:
        usual = {"on": DAY, "years": 5.0, "sectors": (), "countries": (), "own": (), "measures": measures}
        return Wanted(**(usual | changed))

    return make


def chosen(norm: Norm, wanted: Wanted, side: str | None = "client"):
    return population_of(norm, "openness", side, wanted)


def other(measures: Measures, change) -> Measures:
    """The measures with another first item of openness."""
    openness = {name: {**item} for name, item in measures.factors["openness"].items()}
    change(openness)
    return Measures(measures.scale, {**measures.factors, "openness": openness})


def test_own_results_are_left_out_by_client_and_by_partnership(norm, contribution, wanted) -> None:
    client = key_of("salt", "client", "Client 3")
    assert chosen(norm, wanted(own=[client])).left_out == {"own": 4}
    # the partner asked too, and is the client there
    swapped = contribution(norm, "Bolt", [6.0], partners=["Acme"])
    own = {key_of("salt", "client", "Acme"), key_of("salt", "unit", "Acme", "Bolt")}
    found = chosen(swapped, wanted(own=own))
    assert found.left_out == {"own": 1}
    assert len(found.cells) == 40


def test_each_partnership_counts_once_with_its_newest_results(norm, contribution, wanted) -> None:
    again = contribution(norm, "Client 0", [9.0] * 4, date="2025-06-01", sector="care", country="NL")
    found = chosen(again, wanted())
    assert found.left_out == {"again": 4}
    newest = key_of("salt", "client", "Client 0")
    assert found.cells.loc[found.cells["client"].eq(newest), "mean"].tolist() == [9.0] * 4
    # results that were added later but are older do not count
    late = contribution(norm, "Client 0", [9.0] * 4, date="2024-06-01")
    assert 9.0 not in chosen(late, wanted()).cells["mean"].tolist()


def test_an_older_one_that_alone_was_measured_alike_counts(norm, contribution, measures, wanted) -> None:
    changed = other(measures, lambda openness: openness.pop("ope1"))
    again = contribution(norm, "Client 0", [9.0] * 4, date="2025-06-01", measured=changed)
    found = chosen(again, wanted())
    assert found.left_out == {"items": 4}
    assert len(found.cells) == 40


def test_the_same_results_under_two_salts_count_once(contribution, wanted) -> None:
    one, two = (contribution(Norm(salt=salt), "X", [6.1, 7.2, 6.6, 7.7]) for salt in "ab")
    more = contribution(two, "X", [6.1, 7.2, 6.6, 7.7], date="2024-01-01")
    others = [contribution(Norm(salt="a"), client, [6.3 + place, 7.1]) for place, client in enumerate("PQRSTU")]
    merged = merge_norms(one, more)
    for each in others:
        merged = merge_norms(merged, each)
    assert len(merged) == 8
    assert chosen(merged, wanted()).left_out["again"] == 4


def test_at_most_a_quarter_is_of_one_client(norm, contribution, wanted) -> None:
    many = contribution(norm, "Large", np.linspace(5, 9, 40).round(2).tolist())
    found = chosen(many, wanted())
    of_large = found.cells["client"].eq(key_of("salt", "client", "Large"))
    assert of_large.mean() <= 0.25
    assert of_large.sum() == 13  # 13 of 53; 14 of 54 were more than a quarter
    assert found.left_out == {"client": 27}
    # which of them count does not follow from their scores
    scores = found.cells.loc[of_large, "mean"]
    assert scores.min() < 6.5 < 7.5 < scores.max()
    few = Norm(salt="s")
    for place, client in enumerate("ABC"):
        few = contribution(few, client, [6.0, 7.0, 8.0], date=f"2025-01-0{place + 1}")
    assert len(chosen(few, wanted()).cells) == 0


def test_age_sector_and_country(norm, contribution, wanted) -> None:
    old = contribution(norm, "Old", [7.0], date="2021-01-30")
    assert chosen(old, wanted()).left_out == {"older": 1}
    assert chosen(old, wanted(years=6.0)).left_out == {}
    assert chosen(norm, wanted(sectors=["care"], countries=["NL"])).left_out == {}
    assert chosen(norm, wanted(sectors=["telecom"])).left_out == {"elsewhere": 40}
    assert chosen(norm, wanted(countries=["BE"])).left_out == {"elsewhere": 40}


def test_other_questions_and_scales_do_not_count(norm, contribution, measures, wanted) -> None:
    def reverse(openness) -> None:
        openness["ope1"]["scored"] = "-1-10"

    def reword(openness) -> None:
        openness["ope1"] = {**openness["ope1"], "texts": dict.fromkeys(openness["ope1"]["texts"], "other")}

    def reword_all(openness) -> None:
        for name in openness:
            openness[name] = {**openness[name], "texts": dict.fromkeys(openness[name]["texts"], "other")}

    def translate(openness) -> None:
        openness["ope1"] = {**openness["ope1"], "texts": {"fr": "autre"}}

    cases = {
        "items": (lambda openness: openness.pop("ope1"), reverse, reword_all),
        "texts": (reword,),
        "same": (translate,),
    }
    for expected, changes in cases.items():
        for change in changes:
            changed = other(measures, change)
            found = chosen(contribution(norm, "X", [7.0, 7.5], measured=changed), wanted())
            assert measures.likeness(changed, "openness") == expected
            assert found.left_out == ({"items": 2} if expected == "items" else {})
            assert found.texts_differ == (expected == "texts")
            assert measures.likeness(changed, "equality") == "same"
    scale = dataclasses.replace(measures, scale=(1.0, 7.0))
    assert chosen(contribution(norm, "X", [6.0], measured=scale), wanted()).left_out == {"scale": 1}


def test_both_sides_weigh_the_same_and_half_partnerships_do_not_count(contribution, wanted) -> None:
    norm = Norm(salt="s")
    for place, client in enumerate("ABCDE"):
        norm = contribution(norm, client, [6.0, 7.0], date=f"2025-01-0{place + 1}")
    cells = norm.cells.copy()
    first = cells.index[cells["factor"].eq("openness") & cells["side"].eq("partner")][0]
    cells.loc[first, ["mean", "n"]] = [8.0, 40]
    second = cells.index[cells["factor"].eq("openness") & cells["side"].eq("partner")][1]
    found = chosen(dataclasses.replace(norm, cells=cells.drop(second)), wanted(), side=None).cells
    assert len(found) == 9
    assert found["mean"].tolist().count(7.0) == 5  # four that were 7, and (6 + 8) / 2
    # exact but for rounding: one with 20 and 40 persons, eight with 20 and 20
    assert sorted(found["v"])[0] == pytest.approx((1.4**2 / 20 + 1.4**2 / 40) / 4, abs=1e-12)
    assert sorted(found["v"])[1:] == pytest.approx([2 * 1.4**2 / 20 / 4] * 8, abs=1e-12)


def test_congruence_needs_the_same_items() -> None:
    one = {"a": 0.7, "b": 0.6, "c": 0.5}
    assert congruence(one, {name: 2 * value for name, value in one.items()}) == pytest.approx(1.0, abs=1e-12)
    assert congruence(one, {"a": 0.7, "b": -0.6, "c": 0.5}) < 0.5
    assert np.isnan(congruence(one, {"a": 0.7, "b": 0.6}))
    assert np.isnan(congruence({}, {}))
