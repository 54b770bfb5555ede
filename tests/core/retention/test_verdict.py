"""What a criterion says, and how it counts."""

import numpy as np
import pytest

from hpp_analysis.core.retention.verdict import leading, no_verdict


@pytest.mark.parametrize(("above", "count"), [([True, False, True], 1), ([False, True], 0), ([True, True], 2), ([], 0)])
def test_only_those_before_the_first_that_is_not_count(above: list[bool], count: int) -> None:
    assert leading(np.array(above, dtype=bool)) == count


def test_no_verdict_has_a_reason() -> None:
    assert np.isnan(no_verdict("singular").n_factors)
    assert no_verdict("singular").why == "singular"
