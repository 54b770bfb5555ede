"""Agreement of surveys and frames: the numbers of published studies, verdicts, reasons and sentences."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.common.interpret import may_be_averaged
from hpp_analysis.errors import OptionError
from hpp_analysis.partners.rater_agreement import RaterAgreement, agreement
from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.texts import languages

TEAMS = Path(__file__).parents[1] / "reference" / "data" / "teams.csv"
DIGITS = 1e-12  # the reference holds 15 digits of closed forms


@pytest.fixture(scope="module")
def found(survey) -> RaterAgreement:
    return agreement(survey, by="partnership")


def reference(shared_data: Path, dataset: str) -> pd.Series:
    table = pd.read_csv(shared_data / "reference_values" / "computed_R_reference_dev.csv")
    rows = table[table["dataset"].eq(dataset)].drop_duplicates("statistic")
    return rows.set_index("statistic")["value"]


def test_the_army_companies_of_bliese_and_halverson(shared_data) -> None:
    data = pd.read_csv(shared_data / "multilevel" / "bh1996.csv")
    expected = reference(shared_data, "multilevel/bh1996")
    scales = {name: [name] for name in ("COHES", "LEAD", "HRS", "WBEING")}
    result = agreement(data, by="GRP", scales=scales, scale_range=(1, 5))
    table = result.to_frame().set_index("factor")
    for name in scales:
        assert table.loc[name, "icc1"] == pytest.approx(expected[f"ICC1_{name}"], abs=DIGITS)
        assert table.loc[name, "icc2"] == pytest.approx(expected[f"ICC2_{name}"], abs=DIGITS)
        assert table.loc[name, "f"] == pytest.approx(expected[f"F_{name}"], rel=DIGITS)
    assert (table["n_groups"] == expected["n_groups"]).all()
    assert table.loc["COHES", "rwg_mean"] == pytest.approx(expected["rwg_COHES_mean"], abs=DIGITS)
    assert result.groups.loc["COHES", "rwg"].median() == pytest.approx(expected["rwg_COHES_median"], abs=DIGITS)
    # published, four decimals: the mean reliability of the companies' means, which is not the ICC(2) of the F ratio
    assert table.loc["WBEING", "icc2_group_mean"] == pytest.approx(0.7335, abs=5e-5)
    assert abs(table.loc["WBEING", "icc2"] - 0.7335) > 0.03
    assert "outside_range" in result.flags  # working hours are not answers from 1 to 5


def test_the_leadership_items_of_bliese_halverson_and_rothberg(shared_data) -> None:
    data = pd.read_csv(shared_data / "multilevel" / "bhr2000.csv").drop(columns=["HRS", "RELIG"])
    expected = reference(shared_data, "multilevel/bhr2000")
    result = agreement(data, by="GRP", scale_range=(1, 5))
    row = result.to_frame().iloc[0]
    assert row["n_items"] == 11
    for name, statistic in {
        "rwg_j_mean": "rwgj_mean",
        "rwg_j_median": "rwgj_median",
        "rwg_mean": "rwgj_lindell_mean",
        "ad_mean": "ADmJ_mean",
        "icc1": "ICC1_leadership_mean",
        "icc2": "ICC2_leadership_mean",
    }.items():
        assert row[name] == pytest.approx(expected[statistic], abs=DIGITS), name
    assert result.groups.loc[("scale", 1), "rwg_j"] == pytest.approx(expected["rwgj_first5groups"], abs=DIGITS)


def test_tiny_teams(shared_data) -> None:
    """65 teams of two to four: some lie further apart than answers without agreement, and count as 0."""
    data = pd.read_csv(shared_data / "mltable" / "teamstate.csv")
    expected = reference(shared_data, "mltable/teamstate")
    scales = {name: [f"{name}{i}" for i in range(1, n + 1)] for name, n in (("PA", 10), ("NA", 10), ("PsyS", 4))}
    result = agreement(data, by="Team", scales=scales, scale_range=(1, 7))
    table = result.to_frame().set_index("factor")
    for name in scales:
        for column, statistic in {
            "rwg_j_mean": "rwgj_mean",
            "rwg_j_median": "rwgj_median",
            "icc1": "ICC1",
            "icc2": "ICC2",
        }.items():
            assert table.loc[name, column] == pytest.approx(expected[f"{statistic}_{name}1"], abs=DIGITS)
    cut = result.groups[result.groups["rwg_j"].eq(0)]
    assert len(cut) and (cut["rwg_raw"] < 0).all()


def test_the_shape_of_the_result(found, survey) -> None:
    assert found.to_frame().columns[0] == "factor"
    assert {"icc1", "icc1_n0", "icc2", "icc2_group_mean", "rwg_j_mean"} <= set(found.to_frame())
    assert found.groups.columns[:6].tolist() == ["n", "mean", "sd", "rwg", "rwg_j", "ad"]
    assert found.groups.index.names == ["factor", "partnership"]
    assert found.groups.loc["openness"].index.tolist() == sorted(survey.values("partnership"))
    assert found.scale_range == (1.0, 10.0)
    raw = found.groups["rwg_raw"]
    np.testing.assert_allclose(raw.clip(lower=0), found.groups["rwg"])


def test_a_frame_and_a_survey_agree(survey) -> None:
    """Each rating is by another person in its partnership: a frame of the same answers gives the same."""
    frame = survey["openness"].assign(partnership=survey.respondents["partnership"])
    one = agreement(frame, by="partnership", scale_range=(1, 10)).to_frame().iloc[0]
    two = agreement(survey, by="partnership").to_frame().iloc[0]
    for column in ("icc1", "icc2", "rwg_j_mean", "ad_mean", "n_used"):
        assert one[column] == pytest.approx(two[column], abs=1e-12), column


def test_ratings_of_one_person_in_one_group_are_averaged() -> None:
    survey = simulate_study(seed=3, several=0.8).survey
    result = agreement(survey, by="side")
    assert {"several_ratings"} <= set(result.flags)
    client = survey.respondents["side"].eq("client")
    assert result.groups.loc[("openness", "client"), "n"] == survey.persons[client].nunique()
    crossed = agreement(survey, by="partnership")
    assert "shared_raters" in crossed.flags
    assert any("different persons" in note for note in crossed._block("table").notes)


def test_groups_by_several_columns_and_rows_without_a_group(survey) -> None:
    result = agreement(survey, by=("partnership", "side"))
    assert result.groups.index.names == ["factor", "group"]
    assert len(result.groups.loc["openness"]) == 8
    frame = pd.DataFrame({"team": ["a", "a", None, "b", "b"], "x": [1, 2, 9, 4, 6]})
    partial = agreement(frame, by="team", scale_range=(1, 10))
    assert "no_group" in partial.flags
    assert partial.groups.loc["scale", "n"].tolist() == [2, 2]


def test_what_is_undefined_is_nan_with_a_reason() -> None:
    frame = pd.DataFrame({"team": list("aab"), "x": [7, 8, 9]})
    unknown = agreement(frame, by="team")
    assert "no_scale_range" in unknown.flags
    assert unknown.groups["rwg_j"].isna().all() and unknown.groups["ad"].notna().any()
    assert unknown.to_frame()["verdict"].tolist() == ["undefined"]
    assert unknown.groups["why"].tolist() == ["no_scale_range", "one_answer"]
    lonely = agreement(frame.assign(team=list("abc")), by="team", scale_range=(1, 10))
    assert "groups_of_one" in lonely.flags and np.isnan(lonely.to_frame().loc[0, "icc1"])
    single = agreement(frame.assign(team="a"), by="team", scale_range=(1, 10))
    assert "one_group" in single.flags and single.to_frame().loc[0, "rwg_j_mean"] > 0
    for result in (unknown, lonely, single):
        for kind in (*result.declaration().figures, "table", "summary", "methods", "by_group"):
            assert result._block(kind)


@pytest.mark.parametrize("language", languages())
def test_it_speaks(found, language: str) -> None:
    texts = [
        found.summary(language),
        found.methods(language),
        *(found.alt(kind, language) for kind in found.declaration().figures),
    ]
    assert all(len(text) > 40 for text in texts)
    assert not any("{" in text or "nan" in text.lower().split() for text in texts)
    assert found._block("by_group", language).cells
    assert "partnership" not in found._block("table", language).caption  # a name, not the column's id


def test_errors_are_told(survey) -> None:
    with pytest.raises(OptionError, match="colour"):
        agreement(survey, by="colour")
    with pytest.raises(OptionError, match="nothing"):
        agreement(survey, by="side", scales={"one": ["nothing"]})
    with pytest.raises(OptionError, match="scale_range"):
        agreement(survey, by="side", scale_range=(10, 1))
    with pytest.raises(OptionError, match="conf_level"):
        agreement(survey, by="side", conf_level=95)


def test_the_verdict_needs_all_witnesses() -> None:
    assert may_be_averaged(0.95, 0.9, 1.6, 10) == "yes"
    assert may_be_averaged(0.95, 0.9, 1.7, 10) == "with_care"  # many items raise r_wg(j), not AD
    assert may_be_averaged(0.69, 0.5, 1.6, 10) == "with_care"
    assert may_be_averaged(0.69, 0.5, 1.7, 10) == "no"
    assert may_be_averaged(float("nan"), float("nan"), 1.0, 10) == "undefined"
