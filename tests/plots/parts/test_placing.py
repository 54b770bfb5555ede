"""Places for numbers."""

import numpy as np
import pytest

from hpp_analysis.plots.parts.placing import Box, Points, place_numbers


@pytest.mark.parametrize("seed", range(20))
def test_numbers_never_cover_each_other_or_a_marker(seed):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(1, 10)), int(rng.integers(1, 6))
    x = (np.arange(n)[:, None] + 0.5) * 6 / n + np.arange(k) * min(0.16, 3 / n / k)
    y = rng.uniform(0, 2.9, (n, k))
    y[rng.random((n, k)) < 0.1] = np.nan
    spread = rng.uniform(0, 0.4, (n, k))
    placed = place_numbers(Points(x, y, y - spread, y + spread, 2.4), np.full((n, k), 0.22))
    boxes = list(placed.values())
    for place, box in enumerate(boxes):
        assert not any(box.meets(other) for other in boxes[place + 1 :])
        for marker in zip(x.ravel(), y.ravel(), strict=True):
            assert not (box.x0 < marker[0] < box.x1 and box.y0 < marker[1] < box.y1)
    if k < 3 and n < 6:
        assert len(placed) == np.isfinite(y).sum()  # there is room for all


def test_boxes_and_lines():
    box = Box(0, 2, 0, 1)
    assert box.middle == (1, 0.5)
    assert box.crossed_by((-1, 0.5), (3, 0.5))
    assert not box.crossed_by((-1, 1.5), (3, 1.5))
    assert not box.crossed_by((-1, 0.5), (-0.5, 0.5))  # ends before it
    assert box.grown(1).crossed_by((-1, 1.5), (3, 1.5))
