import numpy as np

from hpp_analysis.core.retention.hull import hull


def test_hull_finds_the_elbow_and_says_when_there_is_none() -> None:
    df = np.array([45.0, 35.0, 26.0, 18.0, 11.0])
    found = hull(np.array([0.0, 0.3, 0.9, 0.91, 0.915]), df)
    assert found.n_factors == 2
    assert np.isnan(found.values["st"][1])  # below the line from 0 to 2 factors
    assert hull(np.array([0.0, 0.5, 0.6, 0.91, 0.915]), df).n_factors == 3
    # nothing improves on a perfect fit
    assert hull(np.array([0.0, 0.3, 1.0, 1.0, 1.0]), df).n_factors == 2
    assert hull(np.array([0.0, 0.3, 0.9, 0.8, 0.95]), df).n_factors == 2
    line = hull(-df, df)
    assert np.isnan(line.n_factors)
    assert line.why == "no_elbow"
    falling = hull(np.array([0.5, 0.4, 0.3, 0.2, 0.1]), df)
    assert falling.why == "no_elbow"
