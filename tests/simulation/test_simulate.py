"""Simulated studies hold the truth that they tell."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.errors import OptionError
from hpp_analysis.simulation.simulate import Simulation, simulate_study
from hpp_analysis.survey.instrument import load_instrument, parse_instrument
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.survey import read_survey

CELL = ["client", "partner", "side"]
CLEAN = {"dont_know": 0.0, "skipped": 0.0, "careless": 0.0}


def small_instrument(*, columns: tuple[str, ...] = ("respondent", "client", "partner", "side", "wave")) -> Instrument:
    """Five points, a reverse item, no don't know, and a factor whose name is also an HPO factor's."""

    def text(word: str) -> dict[str, str]:
        return {"en": word}

    def items(factor: str, n: int) -> list[dict[str, object]]:
        names = [f"{factor[:3]}_{number}" for number in range(1, n + 1)]
        return [{"id": name, "factor": factor, "text": text(f"Question {name}"), "label": text(name)} for name in names]

    content = {
        "name": "small",
        "version": "1",
        "title": text("Small"),
        "description": text("Small."),
        "source": text("Own."),
        "scale": {"min": 1, "max": 5, "labels": {1: text("No"), 5: text("Yes")}},
        "columns": [
            *({"id": column, "text": text(column.title())} for column in columns),
            {
                "id": "region",
                "text": text("Region"),
                "required": True,
                "values": [{"id": "north", "text": text("North")}, {"id": "south", "text": text("South")}],
            },
            {"id": "remark", "text": text("Remark")},
        ],
        "factors": [
            {"id": "renewal", "name": text("Renewal"), "description": text("New.")},
            {"id": "calm", "name": text("Calm"), "description": text("Calm.")},
        ],
        "outcomes": [{"id": "value", "name": text("Value"), "description": text("Value.")}],
        "items": [*items("renewal", 4), *items("calm", 4), *items("value", 2)],
    }
    content["items"][1]["reverse"] = True
    return parse_instrument(content)


def factors_only() -> Instrument:
    """The hpp instrument without its outcome, and so without HPO answers: half the work."""
    instrument = load_instrument("hpp")
    outcomes = {outcome.id for outcome in instrument.outcomes}
    items = tuple(item for item in instrument.items if item.factor not in outcomes)
    return instrument.model_copy(update={"name": "hpp_factors", "outcomes": (), "items": items})


@cache
def large(**options: float) -> Simulation:
    """Enough careful persons that sampling error is small; no style, for which the loadings are not told."""
    return simulate_study(persons_per_side=4000, several=0.0, style=0.0, seed=4, **CLEAN, **options)


def assert_same(one: Simulation, survey: object) -> None:
    for part in ("items", "reasons", "respondents"):
        pd.testing.assert_frame_equal(getattr(one.survey, part), getattr(survey, part))
    assert one.survey.sha256 == survey.sha256
    assert one.survey.sources == survey.sources
    assert one.survey.unknown_columns == survey.unknown_columns == ()


def within(study: Simulation, items: pd.DataFrame) -> pd.DataFrame:
    """Deviations from the means of the side of the partnership."""
    return items - items.groupby([study.survey.respondents[column] for column in CELL]).transform("mean")


def one_factor(r: np.ndarray) -> np.ndarray:
    """Loadings on one factor by iterated principal axes."""
    communality = np.full(len(r), 0.5)
    for _ in range(200):
        reduced = r.copy()
        np.fill_diagonal(reduced, communality)
        values, vectors = np.linalg.eigh(reduced)
        loading = np.abs(vectors[:, -1]) * np.sqrt(values[-1])
        communality = loading**2
    return loading


def blocks(study: Simulation) -> dict[str, list[str]]:
    """The items of each factor, outcome and HPO factor."""
    instruments = [study.survey.instrument, study.hpo_survey.instrument]
    return {
        part.id: [item.id for item in instrument.items_of(part.id)]
        for instrument in instruments
        for part in (*instrument.factors, *instrument.outcomes)
    }


def latent_correlations(study: Simulation) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Loadings within each block, and correlations between the blocks corrected by them."""
    hpo = study.hpo.set_index("respondent").loc[study.survey.respondents["respondent"]]
    hpo_items = hpo[[item.id for item in study.hpo_survey.instrument.items]].reset_index(drop=True)
    r = within(study, pd.concat([study.survey.items, hpo_items], axis=1)).corr()
    items = blocks(study)
    loading = {name: one_factor(r.loc[ids, ids].to_numpy()) for name, ids in items.items()}
    corrected = pd.DataFrame(np.eye(len(items)), index=list(items), columns=list(items))
    for one, own in items.items():
        for other, others in items.items():
            if one != other:
                together = r.loc[own, others].to_numpy().sum()
                corrected.loc[one, other] = together / (loading[one].sum() * loading[other].sum())
    return loading, corrected


# ---- the export and the survey


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 1},
        {"waves": 2, "clients": 2, "seed": 2},
        {"instrument": "hpo"},
        {"instrument": small_instrument(), "waves": 2, "careless": 0.2},
        {"instrument": small_instrument(columns=("respondent",))},
        {"instrument": small_instrument(columns=())},
    ],
)
def test_the_export_reads_as_the_survey(options):
    study = simulate_study(**{"persons_per_side": 12, **options})
    assert_same(study, read_survey(study.frame(), instrument=study.survey.instrument))


def test_the_export_is_what_a_platform_writes(tmp_path):
    study = simulate_study(persons_per_side=40, seed=3)
    frame = study.frame()
    instrument = study.survey.instrument
    assert list(frame)[:7] == ["respondent", "organisation", "client", "partner", "side", "role", "wave"]
    assert list(frame)[7:] == [item.id for item in instrument.items]
    cells = set(frame[[item.id for item in instrument.items]].to_numpy().ravel())
    assert cells == {*map(str, range(1, 11)), instrument.scale.dont_know.codes[0], ""}
    path = tmp_path / "export.csv"
    frame.to_csv(path, index=False, lineterminator="\n")
    pd.testing.assert_frame_equal(read_survey(path, instrument="hpp").items, study.survey.items)


def test_reverse_items_are_exported_as_asked():
    study = simulate_study(small_instrument(), persons_per_side=600, **CLEAN)
    asked = study.frame()[["ren_1", "ren_2"]].astype(float)
    assert (asked["ren_2"] == 6 - study.survey.items["ren_2"]).all()
    assert asked.corr().iloc[0, 1] < -0.3 < 0.3 < study.survey.items[["ren_1", "ren_2"]].corr().iloc[0, 1]


def test_one_seed_one_study():
    one, again, other = (simulate_study(persons_per_side=10, waves=2, seed=seed) for seed in (7, 7, 8))
    assert_same(one, again.survey)
    pd.testing.assert_frame_equal(one.hpo, again.hpo)
    assert json.dumps(one.truth.to_dict()) == json.dumps(again.truth.to_dict())
    assert one.survey.sha256 != other.survey.sha256


def test_no_global_random_state_is_touched():
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - the state that must stay as it is
    simulate_study(persons_per_side=5)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


# ---- who answers


def test_every_side_has_the_size_that_was_asked_for():
    sizes = np.array([[[20, 90], [15, 30], [8, 7]], [[18, 80], [15, 0], [8, 4]]])
    study = simulate_study(partners=["A", "B", "C"], persons_per_side=sizes, waves=2)
    counted = study.survey.respondents.groupby(["wave", "partner", "side"]).size()
    wanted = {
        (str(wave + 1), partner, side): sizes[wave, place, end]
        for wave in (0, 1)
        for place, partner in enumerate("ABC")
        for end, side in enumerate(("client", "partner"))
    }
    assert counted.to_dict() == {cell: n for cell, n in wanted.items() if n}
    assert np.isfinite(study.truth.means.to_numpy()).all()


def test_client_persons_rate_several_partnerships_and_partner_persons_one():
    respondents = simulate_study(persons_per_side=60, several=0.5, clients=2).survey.respondents
    rated = respondents.groupby(["side", "respondent"])["partnership"].nunique()
    assert rated["partner"].max() == 1
    assert set(rated["client"]) == {1, 2, 3, 4}
    assert (respondents.groupby("respondent")["organisation"].nunique() == 1).all()
    alone = simulate_study(persons_per_side=60, several=0.0).survey.respondents
    assert alone["respondent"].is_unique


def test_organisation_is_the_respondents_own():
    respondents = simulate_study(persons_per_side=8, clients=["K", "L"], partners=["P", "Q"]).survey.respondents
    own = respondents["client"].where(respondents["side"] == "client", respondents["partner"])
    assert (respondents["organisation"] == own).all()
    assert set(respondents["partnership"]) == {"K – P", "K – Q", "L – P", "L – Q"}
    assert set(respondents["role"]) == {"manager", "employee"}


def test_the_share_that_returns_answers_both_waves():
    respondents = simulate_study(persons_per_side=50, waves=3, returning=0.6, several=0.0).survey.respondents
    persons = [set(respondents.loc[respondents["wave"] == wave, "respondent"]) for wave in "123"]
    assert len(persons[0] & persons[1]) == len(persons[1] & persons[2]) == 8 * 30  # sides x .6 of 50
    assert max(persons[0]) < max(persons[1] - persons[0])  # numbered in order of arrival


def test_the_ratings_of_one_person_correlate_as_told():
    for share in (0.0, 0.5):
        study = simulate_study(
            factors_only(),
            persons_per_side=4000,
            several=1.0,
            person_share=share,
            style=0.0,
            seed=5,
            partners=2,
            **CLEAN,
        )
        scores = within(study, study.survey.items)["ope1"]
        sides = study.survey.respondents["side"] == "client"
        wide = (
            scores[sides]
            .to_frame()
            .assign(respondent=study.survey.respondents["respondent"], partner=study.survey.respondents["partner"])
            .pivot_table(index="respondent", columns="partner", values="ope1")
            .dropna()
        )
        told = share * study.truth.loadings.loc["ope1", "openness"] ** 2
        # 4,000 pairs: standard error of a correlation .016; cutting lowers it by a few per cent of at most .36
        assert len(wide) == 4000
        assert wide.corr().iloc[0, 1] == pytest.approx(told, abs=0.05)


# ---- the truth is found again


def test_answers_look_like_answers():
    items = simulate_study(persons_per_side=300, seed=2).survey.items
    assert items.min().min() == 1
    assert items.max().max() == 10
    assert items.mean().between(5.8, 8.2).all()
    assert (items.skew() < 0).mean() > 0.95
    assert items.std().between(1.2, 2.5).all()


def test_means_are_as_told_with_response_styles():
    """Expected answers come by quadrature over styles; 152 means, so the largest of them is near 3 SE."""
    study = simulate_study(factors_only(), persons_per_side=2500, several=0.0, style=1.0, seed=6, **CLEAN)
    groups = study.survey.items.groupby([study.survey.respondents[column] for column in CELL])
    told = study.truth.item_means.droplevel("wave")
    z = (groups.mean() - told.loc[groups.mean().index]) / groups.sem()
    assert np.abs(z.to_numpy()).max() < 4.5
    assert 0.6 < z.to_numpy().std() < 1.4  # nor closer than chance; items share factors: some 30 means' worth


def test_gaps_are_those_asked_for_and_found_by_means():
    asked = {"openness": -0.5, "equality": 1.0}
    study = simulate_study(persons_per_side=2000, gaps=asked, several=0.0, seed=7, **CLEAN)
    told = study.truth.gaps.loc["1"]
    # brentq stops within 1e-11 SD and the effect is kept to 9 digits
    assert told[["openness", "equality", "conflict_management"]].to_numpy() == pytest.approx([-0.5, 1, 0], abs=1e-7)
    assert (study.truth.gap_effects["conflict_management"] == 0).all()
    assert told["success"] != 0  # it follows from the factors
    for factor in told.index:
        scores = study.survey[factor].mean(axis=1)
        groups = scores.groupby([study.survey.respondents[column] for column in CELL])
        means = groups.mean()
        found = (means.xs("client", level="side") - means.xs("partner", level="side")).mean()
        se = np.sqrt((groups.sem() ** 2).sum()) / 4  # partnerships; about .02
        assert abs(found - told[factor]) < 4 * se


def test_changes_are_those_asked_for_and_found_by_means():
    study = simulate_study(
        factors_only(),
        persons_per_side=1000,
        waves=3,
        changes={"equality": -0.4},
        several=0.0,
        returning=0.0,
        seed=8,
        **CLEAN,
    )
    factors = ["openness", "equality", "conflict_management"]
    assert study.truth.changes[factors].to_numpy() == pytest.approx(np.array([[0, -0.4, 0]] * 2), abs=1e-7)
    scores = study.survey["equality"].mean(axis=1)
    groups = scores.groupby([study.survey.respondents[column] for column in ("wave", *CELL)])
    steps = groups.mean().groupby("wave").mean().diff().iloc[1:]
    # two means of 8,000 ratings with SD about 1.4: standard error .022
    assert steps.to_numpy() == pytest.approx(study.truth.changes["equality"].to_numpy(), abs=0.09)


def test_loadings_and_factor_correlations_are_found_in_the_correlations():
    study = large()
    loading, corrected = latent_correlations(study)
    truth = study.truth
    for factor in truth.phi:
        told = truth.loadings[factor][truth.loadings[factor] > 0]
        # 32,000 ratings: standard error under .01; ten skewed points lower Pearson's r by at most 5 %
        assert loading[factor] == pytest.approx(told.to_numpy(), abs=0.03)
        assert np.corrcoef(loading[factor], told)[0, 1] > 0.98
        assert told.between(0.6, 0.85).all()
        assert told.max() - told.min() > 0.2
    assert corrected.loc[truth.phi.index, truth.phi.columns].to_numpy() == pytest.approx(truth.phi.to_numpy(), abs=0.03)
    assert corrected.loc[truth.hpo_phi.index, truth.hpo_phi.columns].to_numpy() == pytest.approx(
        truth.hpo_phi.to_numpy(), abs=0.03
    )
    off = truth.phi.to_numpy()[np.triu_indices(3, 1)]
    assert ((off > 0.5) & (off < 0.7)).all()
    cross = truth.cross_correlations
    assert corrected.loc[cross.index, cross.columns].to_numpy() == pytest.approx(cross.to_numpy(), abs=0.03)


def test_coefficients_are_found_by_regression():
    study = large()
    told = study.truth.coefficients["success"]
    corrected = latent_correlations(study)[1]
    predictors = list(told.index)
    found = np.linalg.solve(corrected.loc[predictors, predictors], corrected.loc[predictors, "success"])
    # 32,000 ratings, predictors that correlate .3 to .65: standard error about .01 after correction
    assert found == pytest.approx(told.to_numpy(), abs=0.035)
    assert found @ corrected.loc[predictors, "success"] == pytest.approx(study.truth.r2["success"], abs=0.03)
    assert list(told.index[:3]) == ["openness", "equality", "conflict_management"]
    assert len(told) == 8


def test_coefficients_may_be_chosen():
    study = simulate_study(
        persons_per_side=2500, several=0.0, style=0.0, coefficients={"equality": 0.6, "renewal": 0.3}, **CLEAN
    )
    told = study.truth.coefficients["success"]
    assert told[told != 0].to_dict() == {"equality": 0.6, "renewal": 0.3}
    corrected = latent_correlations(study)[1]
    found = np.linalg.solve(corrected.loc[told.index, told.index], corrected.loc[told.index, "success"])
    assert found == pytest.approx(told.to_numpy(), abs=0.06)  # 20,000 ratings


def test_partnerships_differ_as_told():
    quality = [0.8, 0.2, 0.2, -1.2]
    study = simulate_study(quality=quality, dips=3)
    assert study.truth.organisation_effects.mean(axis=1).to_numpy() == pytest.approx(quality, abs=0.4)
    assert study.truth.organisation_effects.mean(axis=1).idxmin() == ("Client", "Partner 4")
    assert len(study.truth.dips) == 12
    flat = simulate_study(quality=quality, dips=0).truth
    pd.testing.assert_frame_equal(flat.loadings, study.truth.loadings)
    fall = (study.truth.item_means - flat.item_means).droplevel(["wave", "client"])
    for dip in study.truth.dips.itertuples():
        assert (fall.loc[dip.partner, dip.item] < -0.5).all()
    even = simulate_study(quality=0, gaps=0, dips=0, coefficients={}).truth.means
    assert even.to_numpy() == pytest.approx(np.broadcast_to(even.iloc[0], even.shape), abs=1e-12)


# ---- what goes wrong in surveys


def test_dont_know_and_skipped_come_as_often_as_told():
    study = simulate_study(factors_only(), persons_per_side=2000, careless=0.0, skipped=0.02, seed=9)
    told = study.truth.dont_know
    sides = study.survey.respondents["side"]
    for side in ("client", "partner"):
        reasons = study.survey.reasons[(sides == side).to_numpy()]
        found = (reasons == "dont_know").mean()
        se = np.sqrt(told[side] * (1 - told[side]) / len(reasons))
        assert (np.abs(found - told[side]) < 4 * se + 1e-9).all()
        assert (reasons == "skipped").to_numpy().mean() == pytest.approx(0.02, abs=0.002)  # 152,000 cells
    assert told.to_numpy().max() == pytest.approx(0.15)
    assert told.to_numpy().mean() < 0.075
    assert {"client", "partner"} == set(told.idxmax(axis=1))
    assert (study.survey.items.notna() == (study.survey.reasons == "answered")).all(axis=None)


def test_careless_persons_are_flagged_and_nobody_else_straight_lines():
    study = simulate_study(persons_per_side=100, careless=0.1, skipped=0.0, dont_know=0.0, seed=10)
    flagged = study.truth.careless
    assert len(flagged) == round(0.1 * study.survey.n_persons)
    assert set(flagged) == {"straight", "random"}
    kind = study.survey.persons.map(flagged)
    same = study.survey.items.std(axis=1) == 0
    assert same[kind == "straight"].all()
    assert not same[kind != "straight"].any()
    spread = study.survey.items.std(axis=1)
    assert spread[kind == "random"].mean() > 2.5 > spread[kind.isna()].mean()  # uniform on 1-10: 2.87
    straight = study.hpo[study.hpo["respondent"].isin(flagged.index[flagged == "straight"])]
    assert (straight.iloc[:, 4:].std(axis=1) == 0).all()


def test_careless_persons_answer_reverse_items_as_asked():
    study = simulate_study(small_instrument(), persons_per_side=40, careless=0.5)
    straight = study.truth.careless.index[study.truth.careless == "straight"]
    asked = study.frame().set_index("respondent").loc[straight].iloc[:, -10:]
    assert (asked.nunique(axis=1) == 1).all()


def test_styles_move_and_stretch_the_answers_as_asked():
    study = simulate_study(small_instrument(), persons_per_side=600, style=0.4, seed=11, **CLEAN)
    asked = study.frame().set_index("respondent")[["ren_1", "ren_2"]].astype(float)
    style = study.truth.style.loc[asked.index]
    for item in asked:  # a reverse item too is agreed with
        assert np.corrcoef(asked[item], style["acquiescence"])[0, 1] > 0.2
    spread = study.survey.items.sub(study.survey.items.mean()).abs().mean(axis=1)
    assert np.corrcoef(spread, style["extremity"])[0, 1] > 0.3
    assert (simulate_study(style=0).truth.style == [0, 1]).all(axis=None)


# ---- the HPO questionnaire and other instruments


def test_hpo_is_answered_once_a_person_and_wave():
    study = simulate_study(waves=2, seed=12)
    hpo = study.hpo
    instrument = load_instrument("hpo")
    assert list(hpo) == ["respondent", "organisation", "role", "wave", *(item.id for item in instrument.items)]
    assert not hpo.duplicated(["respondent", "wave"]).any()
    rated = study.survey.respondents[["respondent", "wave"]].drop_duplicates()
    assert set(map(tuple, hpo[["respondent", "wave"]].to_numpy())) == set(map(tuple, rated.to_numpy()))
    assert set(np.unique(hpo.iloc[:, 4:].fillna(1))) == set(range(1, 11))
    read = read_survey(study.hpo_frame(), instrument="hpo")
    pd.testing.assert_frame_equal(read.items, study.hpo_survey.items)
    assert (study.truth.hpo_effects.index == ["Client", *(f"Partner {n}" for n in range(1, 5))]).all()


def test_without_outcomes_no_hpo_is_asked():
    study = simulate_study("hpo", persons_per_side=10)
    assert study.hpo.empty
    assert study.hpo_frame().empty
    assert study.truth.coefficients.empty
    assert study.truth.gaps.isna().all(axis=None)
    assert set(study.survey.respondents["organisation"]) == {f"Partner {n}" for n in range(1, 5)}
    json.dumps(study.truth.to_dict(), allow_nan=False)


def test_any_instrument_will_do():
    study = simulate_study(small_instrument(), persons_per_side=30, waves=2, seed=13)
    assert set(np.unique(study.survey.items.fillna(1))) == {1, 2, 3, 4, 5}
    assert set(study.survey.respondents["region"]) == {"north", "south"}
    assert (study.survey.respondents.groupby("respondent")["region"].nunique() == 1).all()
    assert set(study.survey.respondents["remark"]) == {""}
    assert (study.truth.dont_know == 0).all(axis=None)
    assert list(study.truth.coefficients.index[:2]) == ["renewal", "calm"]
    assert "hpo_renewal" in study.truth.coefficients.index
    assert study.truth.loadings.shape == (8, 2)
    assert study.truth.outcome_loadings.shape == (2, 1)


def test_the_truth_can_be_written_as_json():
    told = simulate_study(waves=2, seed=14).truth.to_dict()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["gaps"]["1"]["equality"] == 0.8
    assert set(told["means"][0]) >= {"wave", "client", "partner", "side", "openness", "success"}
    assert set(told["careless"].values()) == {"straight", "random"}


@pytest.mark.parametrize(
    "option",
    [
        {"partners": 0},
        {"partners": []},
        {"partners": ["A", "A"]},
        {"partners": [" A"]},
        {"clients": ["A"], "partners": ["A", "B"]},
        {"clients": 1.5},
        {"persons_per_side": -1},
        {"persons_per_side": 0},
        {"persons_per_side": 2.5},
        {"persons_per_side": [1, 2, 3]},
        {"persons_per_side": [[1, 2], [3]]},
        {"persons_per_side": True},
        {"waves": 0},
        {"waves": True},
        {"returning": 1.2},
        {"several": "many"},
        {"mean": 1},
        {"mean": 11},
        {"loadings": 0.7},
        {"loadings": (0.8, 0.6)},
        {"factor_correlations": (0.5, 1.0)},
        {"quality": -1},
        {"quality": [1, 2]},
        {"gaps": {"open": 1}},
        {"gaps": {"openness": "large"}},
        {"gaps": {"openness": 20}},
        {"changes": "up"},
        {"changes": {"openness": 9}, "waves": 2},
        {"dips": -1},
        {"coefficients": 0.3},
        {"coefficients": {"success": 0.3}},
        {"coefficients": {"openness": 0.9, "equality": 0.9}},
        {"person_share": 1.5},
        {"style": -0.1},
        {"dont_know": 0.6},
        {"skipped": float("nan")},
        {"careless": None},
        {"seed": -1},
        {"seed": None},
        {"instrument": "hpo", "gaps": 1.0},
        {"instrument": small_instrument(columns=("respondent",)), "waves": 2},
    ],
)
def test_an_impossible_option_is_refused(option):
    with pytest.raises(OptionError, match=r"Given"):
        simulate_study(**option)


def test_any_values_within_the_limits_will_do():
    study = simulate_study(
        partners=1,
        persons_per_side=(1, 0),
        loadings=(0.9, 0.9),
        factor_correlations=(0.0, 0.0),
        mean=9.9,
        quality=[2.0],
        gaps=0,
        dips=99,
        person_share=1.0,
        dont_know=0.5,
        skipped=0.5,
        careless=1.0,
        style=1.0,
    )
    assert len(study.survey) == 1
    assert study.truth.gaps.isna().all(axis=None)
