"""Descriptions are the plain means and spreads of the answers."""

import numpy as np

from hpp_analysis.answers.description import describe


def test_a_description_is_plain_by_default(survey) -> None:
    table = describe(survey).to_frame().set_index("item")
    np.testing.assert_allclose(table["mean"], survey.items.mean(), atol=1e-12)
    np.testing.assert_allclose(table["sd"], survey.items.std(ddof=1), atol=1e-12)
    assert (table["n"] == survey.items.notna().sum()).all()
    assert (table["share_dont_know"] == (survey.reasons == "dont_know").mean()).all()
