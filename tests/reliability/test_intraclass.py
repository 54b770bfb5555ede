"""Intraclass correlations of a table: forms, words and reasons."""

import pandas as pd

from hpp_analysis.reliability.intraclass import compute_icc
from hpp_analysis.texts import languages


def test_raters_of_the_same_subjects() -> None:
    table = pd.DataFrame({"client": [6, 8, 7, 9, None], "partner": [7, 8, 6, 9, 5]})
    result = compute_icc(table)
    assert (result.n_subjects, result.n_raters, result.n_left_out) == (4, 2, 1)
    frame = result.to_frame().set_index("form")
    assert frame.loc["ICC(A,1)", "shrout_fleiss"] == "ICC(2,1)"
    assert frame.loc["ICC(A,k)", "icc"] > frame.loc["ICC(A,1)", "icc"]
    for language in languages():
        for kind in (*result.declaration().figures, "table", "summary", "methods"):
            assert result._block(kind, language)
    equal = compute_icc(pd.DataFrame({"a": [7, 7], "b": [7, 7]}))
    assert equal.flags == ("no_variance",) and "equal" in equal.summary("en")
