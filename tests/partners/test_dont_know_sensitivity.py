"""Verdicts as 'don't know' stands for less and less."""

import numpy as np
import pytest

from hpp_analysis import plan_disclosure, publish, score_scales, simulate_study
from hpp_analysis.errors import OptionError
from hpp_analysis.partners import check_dont_know, partner_gaps
from hpp_analysis.partners.multiverse import apply_choices
from hpp_analysis.survey.survey import Survey


@pytest.fixture(scope="module")
def study() -> Survey:
    return simulate_study(seed=1, dont_know=0.2).survey


def test_without_gaps_the_numbers_are_the_usual_ones() -> None:
    """Only the order of the sums differs: rounding."""
    survey = simulate_study(seed=4, dont_know=0.0, skipped=0.0).survey
    for of, usual in (("scores", score_scales(survey).to_frame()), ("gaps", partner_gaps(survey).to_frame())):
        found = check_dont_know(survey, of=of, imputations=2).to_frame()
        usual = usual[usual["factor"] != "success"].rename(columns={"mean": "estimate", "gap": "estimate"})
        usual = usual.set_index(["factor", *(["side"] if of == "scores" else [])])
        for row in found.itertuples():
            expected = usual.loc[(row.factor, row.side) if of == "scores" else row.factor]
            assert [row.estimate, row.ci_lower, row.ci_upper] == pytest.approx(
                expected[["estimate", "ci_lower", "ci_upper"]].tolist(), rel=1e-9
            )
            assert row.verdict == expected["verdict"]
            assert row.share == 0
            assert np.isnan(row.turns_at)


def test_a_point_of_delta_takes_off_the_share_of_dont_know(study: Survey) -> None:
    """With ratings that weigh the same, as one partnership has them, exactly."""
    one = study.where(partnership=study.values("partnership")[0])
    found = check_dont_know(one, most=1.0, imputations=3)
    table = found.to_frame()
    assert table["share"].gt(0).all()
    assert (table["estimate"] - table["at_most"]).tolist() == pytest.approx(table["share"].tolist(), rel=1e-9)


def test_a_gap_moves_with_the_side_that_is_lowered(study: Survey) -> None:
    table = check_dont_know(study, of="gaps", imputations=3).to_frame().set_index(["factor", "whose"])
    moved = (table["at_most"] - table["estimate"]).unstack()
    assert moved["first"].lt(0).all()
    assert moved["second"].gt(0).all()
    assert moved["both"].tolist() == pytest.approx((moved["first"] + moved["second"]).tolist(), abs=1e-9)


def test_the_delta_found_is_the_first_that_turns(study: Survey) -> None:
    found = check_dont_know(study, of="gaps", imputations=5)
    turning = found.to_frame().dropna(subset=["turns_at"])
    assert len(turning)
    for row in turning.itertuples():
        course = found.curves.query("factor == @row.factor and whose == @row.whose").set_index("delta")["verdict"]
        assert course[: row.turns_at - 0.05].eq(row.verdict).all()
        assert course[row.turns_at] == row.turns_to != row.verdict


def test_dont_knows_that_hide_low_answers_are_found_out() -> None:
    """Truth is known: answers are hidden where they are low; the true mean lies below that of delta 0, not below delta 2."""
    survey = simulate_study(seed=8, dont_know=0.0, persons_per_side=60).survey
    rng = np.random.default_rng(1)
    items, reasons = survey.items.copy(), survey.reasons.copy()
    low = (items <= 6).to_numpy() & (rng.random(items.shape) < 0.4)
    hidden = items.mask(low)
    for column in reasons:
        reasons.loc[low[:, list(items).index(column)], column] = "dont_know"
    told = type(survey)(
        **{**{f: getattr(survey, f) for f in survey.__dataclass_fields__}, "items": hidden, "reasons": reasons}
    )
    truth = score_scales(survey).to_frame().set_index(["factor", "side"])["mean"]
    found = check_dont_know(told, imputations=5).to_frame().set_index(["factor", "side"])
    assert (found["estimate"] > truth[found.index]).all()
    assert (found["at_most"] < truth[found.index]).all()


def test_the_seed_fixes_the_numbers(study: Survey) -> None:
    one, same, other = (check_dont_know(study, imputations=3, seed=seed).to_frame() for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one["estimate"].equals(other["estimate"])


def test_published_rows_keep_their_side(study: Survey) -> None:
    one = study.where(client=study.values("client")[0])
    found = check_dont_know(one, of="gaps", imputations=3)
    shown = publish(found, plan_disclosure(study))
    assert shown.table["whose"].tolist() == found.table["whose"].tolist()
    assert (shown.table["share"] - found.table["share"]).abs().max() < 1e-9  # all groups are large
    assert shown.curves.empty


def test_nobody_who_does_not_know(study: Survey) -> None:
    survey = simulate_study(seed=4, dont_know=0.0, skipped=0.0).survey
    assert "Nobody" in check_dont_know(survey, imputations=2).summary()
    choices = {choice.code: choice for choice in apply_choices(survey)}
    assert choices["unknown_low"].why == "no_change"


def test_the_choice_of_robustness_lowers_scores(study: Survey) -> None:
    choice = next(choice for choice in apply_choices(study) if choice.code == "unknown_low")
    assert choice.why == ""
    usual = score_scales(study).values
    assert (choice.values.mean() < usual.mean()).all()
    assert choice.values.isna().equals(usual.isna())


def test_too_few_answers_are_told() -> None:
    few = simulate_study(seed=1, persons_per_side=5, partners=1, dont_know=0.2).survey
    found = check_dont_know(few, imputations=2)
    assert found.to_frame()["estimate"].isna().all()
    assert "too_few_to_predict" in found.flags
    assert "too few" in found.summary()
    assert "too few" in found.alt() or "Nothing" in found.alt()


@pytest.mark.parametrize("wrong", [{"most": 0.0}, {"imputations": 1}, {"of": "means"}])
def test_wrong_options_are_errors(study: Survey, wrong: dict) -> None:
    with pytest.raises(OptionError):
        check_dont_know(study, **wrong)
