"""Votes of criteria are counted by family."""

import numpy as np

from hpp_analysis.factors.retention_consensus import consensus


def test_votes_are_by_family_and_ties_say_nothing() -> None:
    assert consensus([("parallel", 3), ("map", 3), ("map", 3), ("ekc", 3)]).agreement == "agreed"
    divided = consensus([("parallel", 3), ("map", 2), ("ekc", 4), ("nest", 4)])
    assert (divided.n_factors, divided.agreement, divided.lowest, divided.highest) == (4, "divided", 2, 4)
    tie = consensus([("parallel", 3), ("map", 2)])
    assert np.isnan(tie.n_factors)
    assert tie.agreement == "divided"
    # a family does not win by its size
    many = consensus([("parallel", 3), ("parallel", 3), ("parallel", 3), ("map", 2), ("ekc", 2)])
    assert many.n_factors == 2
    assert consensus([("map", np.nan)]).agreement == "undefined"
