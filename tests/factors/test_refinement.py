"""refine_scale: the account of every step, protected items, reasons, the split, and what survives of a known scale."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import fit_efa, language, load_instrument, refine_scale, simulate_study
from hpp_analysis.core.factors.item_reduction import RULES
from hpp_analysis.errors import NotIdentifiedError, OptionError, SurveyError
from hpp_analysis.factors import RefinementRules
from hpp_analysis.factors.refinement import Refinement
from hpp_analysis.survey import Survey

TRUE = {item.id for item in load_instrument("hpp").items}


@pytest.fixture(scope="module")
def pool() -> Survey:
    survey = simulate_study("hpp_pool", persons_per_side=100, seed=3).survey
    return survey.only(*survey.instrument.factors)


@pytest.fixture(scope="module")
def found(pool: Survey) -> Refinement:
    return refine_scale(pool, 3, holdout=0.5, stability=20, seed=1)


def test_the_scale_behind_the_pool_is_found(found: Refinement) -> None:
    assert set(found.kept) <= TRUE
    assert len(found.kept) >= 18  # half of the persons; one true item may fall to chance
    assert set(found.kept) | set(found.dropped) == set(found.table["item"])
    assert len(found.table) == 50


def test_every_step_can_be_done_again_by_hand(pool: Survey) -> None:
    """The first steps from a cold start: correlations of the items that are left, and the worst of the first broken rule."""
    found = refine_scale(pool, 3)
    r = found.first.correlations
    left = list(r.index)
    for step in found.steps.head(4).itertuples():
        efa = fit_efa(r.loc[left, left], 3, n_obs=int(found.first.n_used))
        values = efa.communalities
        assert values.idxmin() == step.item
        # both ways iterate to a slope of 1e-8 or less
        assert values.min() == pytest.approx(step.value, abs=1e-6)
        assert step.value < step.cutoff == 0.30
        for name in ("rmsea", "tli", "rmsr"):
            assert getattr(efa, name) == pytest.approx(getattr(step, f"{name}_before"), abs=1e-6)
        close = values[(values <= values.min() + 0.05)].drop(step.item).sort_values()
        assert tuple(close.index) == step.alternatives
        left.remove(step.item)
        assert step.n_items == len(left)
    pd.testing.assert_series_equal(
        found.steps["rmsea_before"].iloc[1:].reset_index(drop=True),
        found.steps["rmsea_after"].iloc[:-1].reset_index(drop=True),
        check_names=False,
    )


def test_what_is_kept_breaks_no_rule(found: Refinement) -> None:
    rules = found.rules
    kept = found.table[found.table["state"] != "dropped"]
    for name in RULES:
        assert (kept[name] >= getattr(rules, name)).all()
    assert found.flags == found.efa.flags
    efa = fit_efa(found.development.only(*found.kept), 3)
    assert efa.loadings.equals(found.efa.loadings)


def test_items_that_are_protected_or_dropped_by_hand(pool: Survey) -> None:
    found = refine_scale(pool, 3, protect=["div1"], drop={"ope1": "double <b>barrelled</b>"})
    assert "div1" in found.kept and "ope1" not in found.kept
    first = found.steps.iloc[0]
    assert (first["item"], first["rule"], first["reason"]) == ("ope1", "manual", "double <b>barrelled</b>")
    assert np.isnan(first["value"]) and np.isfinite(first["rmsea_before"]) and first["n_items"] == 49
    assert "broken_rules" in found.flags
    assert found.table.set_index("item").loc["div1", "state"] == "protected"
    assert "<b>" not in found._repr_html_()
    assert "double <b>barrelled</b>" in found.methods()
    assert "Kept for their content" in found.methods()
    assert "{n}" not in found.summary()


def test_a_target_is_reached(pool: Survey) -> None:
    found = refine_scale(pool, 3, target=4)
    sizes = found.table.loc[found.table["state"] == "kept", "factor"].value_counts()
    assert sizes.tolist() == [4, 4, 4]
    assert set(found.steps["rule"].tail(3)) == {"target"}
    assert "until each factor had 4" in found.methods()


def test_rules_can_be_left_out_and_factors_keep_their_items(pool: Survey) -> None:
    none = RefinementRules(communality=None, loading=None, gap=None, item_rest=None)
    assert refine_scale(pool, 3, rules=none).steps.empty
    strict = refine_scale(pool, 3, rules=RefinementRules(communality=0.9, min_items=4))
    sizes = strict.table.loc[strict.table["state"] == "kept", "factor"].value_counts()
    assert (sizes == 4).all()
    assert "broken_rules" in strict.flags


def test_stability_counts_samples(found: Refinement, pool: Survey) -> None:
    shares = found.table.set_index("item")["share_kept"]
    assert found.samples.shape == (20, 50)
    assert shares[list(found.kept)].mean() > 0.9
    assert shares[list(found.dropped)].mean() < 0.2
    assert "share_kept" not in refine_scale(pool, 3).table
    with pytest.raises(OptionError, match="stability"):
        refine_scale(pool, 3).plot("stability")


def test_samples_without_a_solution_are_counted(pool: Survey) -> None:
    """Sixty ratings of fifty items leave nothing to maximise in a sample of them."""
    found = refine_scale(pool.keep(np.arange(len(pool)) < 60, "few"), 3, stability=4)
    assert found.n_failed == 4
    assert "4 of 4 samples have no solution" in found.summary()
    assert "verdict that most samples" not in found.summary()
    assert found.table["share_kept"].isna().all()


def test_samples_follow_the_rules_as_the_study_does(pool: Survey) -> None:
    """A sample's kept items are those of a study with these rows."""
    x = pool.items.fillna(pool.items.mean().round())
    found = refine_scale(x, 3, stability=3, seed=4)
    chosen = np.random.default_rng(4).integers(len(x), size=(3, len(x)))
    again = refine_scale(x.iloc[chosen[0]].reset_index(drop=True), 3)
    assert set(again.kept) == set(found.samples.columns[found.samples.iloc[0]])


def test_components_too(pool: Survey) -> None:
    found = refine_scale(pool, 3, extraction="pca", rotation="varimax")
    assert found.efa.extraction == "pca"
    assert found.steps["rmsea_after"].isna().all()  # components are no model of the correlations
    assert len(found.kept) > 19  # they hold the items' own variance, and so let weak items pass
    kept = found.table[found.table["state"] != "dropped"]
    for name in RULES:
        assert (kept[name] >= getattr(found.rules, name)).all()
    assert found.flags == ()
    # the solution after the last step is the final one, of the answers to the kept items alone
    assert found.steps["variance_after"].iloc[-1] == pytest.approx(found.efa.communalities.mean(), abs=1e-6)
    assert found.steps["n_items"].tolist() == list(range(49, len(found.kept) - 1, -1))


def test_what_is_wrong_is_said(pool: Survey) -> None:
    for wrong in (
        {"target": 2}, {"stability": -1}, {"holdout": 1.0}, {"holdout": 0.0001}, {"margin": -1.0}, {"rules": "strict"},
    ):  # fmt: skip
        with pytest.raises(OptionError):
            refine_scale(pool, 3, **wrong)
    for wrong in (
        {"protect": ["nobody"]},
        {"drop": {"nobody": "why"}},
        {"drop": {"ope1": " "}},
        {"protect": ["ope1"], "drop": {"ope1": "x"}},
    ):
        with pytest.raises(OptionError):
            refine_scale(pool, 3, **wrong)
    target = pd.DataFrame(np.nan, pool.items.columns, ["F1", "F2", "F3"]).fillna({"F1": 0.0})
    with pytest.raises(OptionError, match="target"):
        refine_scale(pool, 3, rotation="target", rotation_options={"target": target})
    with pytest.raises(OptionError):
        RefinementRules(loading=1.5)
    with pytest.raises(OptionError):
        RefinementRules(min_items=0)
    with pytest.raises(NotIdentifiedError):
        refine_scale(pool.items.assign(ope1=1.0), 3)
    with pytest.raises(SurveyError):
        pool.only("nobody")


def test_it_shows_itself_in_both_languages(found: Refinement) -> None:
    with language("nl"):
        dutch = [found.summary(), found.methods(), found.alt("stability"), found.alt()]
    english = [found.summary(), found.methods(), found.alt("stability"), found.alt()]
    assert all(one != other for one, other in zip(dutch, english, strict=True))
    for said in ("50 candidate", "0.30", "0.40", "0.20", "seed 1", "set aside", "20 bootstrap", "oblimin"):
        assert said in found.methods()
    assert "by hand" not in found.methods()
    assert found._repr_html_().count("<table>") == 2
    assert found.plot("stability") is not None


def test_the_page_on_scale_development_runs(root: Path) -> None:
    page = (root / "docs" / "scale-development.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], "scale-development.md", "exec"), names)
    assert names["scale"].kept
    assert set(names["scale"].scales) == {"F1", "F2", "F3"}
    for rule in RULES:
        cut = getattr(RefinementRules(), rule)
        assert re.search(rf"`{rule}`[^|]*\| below {cut:.2f}".replace("0.", r"\."), page)
