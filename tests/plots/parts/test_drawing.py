"""What every figure can do."""

import pandas as pd
import pytest

from hpp_analysis import plots


@pytest.mark.parametrize("name", [name for name in plots.__all__ if hasattr(getattr(plots, name), "svg")])
def test_every_drawing_has_words(name: str) -> None:
    assert getattr(plots, name)._alt.__name__ == f"{name}_alt"


def test_settings_that_the_words_do_not_take_are_left_out_and_others_refused() -> None:
    rows = pd.DataFrame({"label": ["a"], "n": [3]})
    assert plots.bars.alt(rows, xlabel="Persons") == plots.bars.alt(rows)
    with pytest.raises(TypeError):
        plots.bars.alt(rows, colour="red")
