"""What every figure can do."""

import re

import pandas as pd
import pytest

from hpp_analysis import plots


@pytest.mark.parametrize("name", [name for name in plots.__all__ if hasattr(getattr(plots, name), "svg")])
def test_every_drawing_has_words(name: str) -> None:
    assert getattr(plots, name)._alt is getattr(plots, f"{name}_alt")


def test_settings_that_the_words_do_not_take_are_left_out_and_others_refused() -> None:
    rows = pd.DataFrame({"label": ["a"], "n": [3]})
    assert plots.bars.alt(rows, xlabel="Persons") == plots.bars_alt(rows)
    with pytest.raises(TypeError):
        plots.bars.alt(rows, colour="red")


def test_ids_of_two_figures_differ() -> None:
    rows = pd.DataFrame({"label": ["a", "b"], "n": [3, 4]})
    first, second = plots.bars.svg(rows), plots.bars.svg(rows.assign(n=[5, 6]))
    assert first == plots.bars.svg(rows)
    assert not set(re.findall(r'id="([^"]+)"', first)) & set(re.findall(r'id="([^"]+)"', second))
