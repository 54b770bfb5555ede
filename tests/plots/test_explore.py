"""Figures to explore answers with."""

import subprocess
import sys
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hpp_analysis import score_scales, simulate_study
from hpp_analysis.errors import OptionError
from hpp_analysis.plots import plot_distributions, plot_pairs, plot_regressions
from hpp_analysis.plots.parts.style import palette
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import language


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    plt.close("all")  # what tests elsewhere left open
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def survey() -> Survey:
    return simulate_study(seed=4).survey


def test_each_item_has_a_shape_with_its_quartiles(survey: Survey) -> None:
    few = survey.only("equality")
    ax = plot_distributions(few)
    shapes = [collection for collection in ax.collections if len(collection.get_paths())]
    assert len(shapes) == few.items.shape[1]
    for item, lines in zip(few.items, np.array_split(np.array(ax.lines), few.items.shape[1]), strict=True):
        quartiles = np.percentile(few.items[item].dropna(), [25, 50, 75])
        assert [line.get_xdata()[0] for line in lines] == pytest.approx(quartiles)
    with language("nl"):
        dutch = plot_distributions(few)
    labels = [[label.get_text() for label in one.get_yticklabels()] for one in (ax, dutch)]
    assert len(set(labels[0])) == few.items.shape[1] and not set(labels[0]) & set(labels[1])


def test_it_draws_on_axes_of_the_user_and_knows_tables(survey: Survey, hostile: str) -> None:
    own = Figure().subplots()
    scores = score_scales(survey).values.rename(columns={"openness": hostile})
    assert plot_distributions(scores, by=survey.respondents["side"], ax=own) is own
    assert hostile in [label.get_text() for label in own.get_yticklabels()]
    assert not any(label.get_parse_math() for label in own.get_yticklabels())
    assert not plt.get_fignums()


def test_pairs_are_coloured_by_group(survey: Survey) -> None:
    scores = score_scales(survey).values
    grid = plot_pairs(scores, by=survey.respondents["side"])
    looks = zip(grid.legend.get_texts(), grid.legend.legend_handles, strict=True)
    assert {text.get_text(): to_hex(handle.get_color()) for text, handle in looks} == {
        side: palette[side].color for side in ("client", "partner")
    }
    points = grid.axes[1, 0].collections[0].get_offsets()
    assert len(points) == scores[["openness", "equality"]].notna().all(axis=1).sum()
    assert plot_pairs(scores).legend is None
    with pytest.raises(OptionError, match="at most 12"):
        plot_pairs(survey)


def test_a_regression_line_is_that_of_least_squares(survey: Survey) -> None:
    scores = score_scales(survey).values
    grid = plot_regressions(scores, "success")
    for factor, ax in zip(["openness", "equality", "conflict_management"], grid.axes.flat, strict=True):
        known = scores[[factor, "success"]].dropna()
        slope, intercept = np.polyfit(known[factor], known["success"], 1)
        x, y = ax.lines[0].get_data()
        np.testing.assert_allclose(y, intercept + slope * x, rtol=1e-8)  # two ways of solving the same equations
    by_side = plot_regressions(scores, "success", by=survey.respondents["side"])
    assert len(by_side.axes.flat[0].lines) == 2


def test_what_cannot_be_drawn_is_refused(survey: Survey) -> None:
    scores = score_scales(survey).values
    with pytest.raises(OptionError, match="Did you mean 'side'"):
        plot_distributions(survey, by="sides")
    with pytest.raises(OptionError, match="success"):
        plot_regressions(scores, "succes")
    with pytest.raises(OptionError, match="value for each row"):
        plot_pairs(scores, by=survey.respondents["side"].iloc[:5])
    with pytest.raises(OptionError, match="at most 6 groups"):
        plot_distributions(scores, by=pd.Series(range(len(scores)), index=scores.index))
    with pytest.raises(OptionError, match="numbers"):
        plot_distributions(survey.respondents)


def test_seaborn_is_loaded_when_something_is_drawn() -> None:
    code = (
        "import sys, hpp_analysis as hpp, hpp_analysis.plots as plots\n"
        "plots.plot_pairs, plots.correlation_heatmap; early = 'seaborn' in sys.modules\n"
        "import pandas as pd; table = pd.DataFrame([[1, .5], [.5, 1]], index=['a', 'b'], columns=['a', 'b'])\n"
        "plots.correlation_heatmap.svg(table); early |= 'seaborn' in sys.modules\n"
        "plots.correlation_heatmap(table); sys.exit(early or 'seaborn' not in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=False).returncode == 0
