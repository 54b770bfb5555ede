"""What lies behind the item pool: the scale of `hpp`, two minor factors, and weak items."""

import pandas as pd

from hpp_analysis.simulation.item_pool import POOL, structure_of
from hpp_analysis.simulation.simulate import simulate_study
from hpp_analysis.survey.instrument import load_instrument


def test_items_of_the_scale_load_as_in_the_scale_and_most_others_weakly() -> None:
    scale = [item.id for item in load_instrument("hpp").items]
    loadings = simulate_study(POOL, persons_per_side=3, loadings=(0.6, 0.8)).truth.loadings.max(axis=1)
    weak = loadings.drop(index=[item for item in scale if item in loadings.index])
    assert loadings.drop(index=weak.index).between(0.6, 0.8).all()
    assert weak.between(0.26, 0.37).all()  # .45 of .6 to .8, to three decimals


def test_the_pool_has_two_minor_factors() -> None:
    structure = structure_of(load_instrument(POOL))
    factors = [factor.id for factor in structure.factors]
    assert factors == ["openness", "equality", "conflict_management", "minor_control", "minor_diversity"]
    assert set(pd.unique(pd.Series([item.factor for item in structure.items]))) >= set(factors)


def test_any_other_instrument_is_as_it_says() -> None:
    instrument = load_instrument("hpp")
    assert structure_of(instrument) is instrument
