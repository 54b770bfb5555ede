"""The profile."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis.plots import profile
from hpp_analysis.plots.parts.picture import Lines, Marks


def upright_bars(frame: pd.DataFrame) -> list[tuple[float, float]]:
    """The lower and upper ends of the intervals."""
    lines = [line for item in profile.compose(frame).items if isinstance(item, Lines) for line in item.points]
    return [(line[0][1], line[1][1]) for line in lines if len(line) == 2 and line[0][0] == line[1][0]]


def test_the_axis_is_fixed(profile_frame):
    for mean in (1.0, 5.5, 10.0):
        ax = profile(profile_frame.assign(mean=mean, ci_lower=mean - 3, ci_upper=mean + 3))
        assert ax.get_ylim() == (1, 10)
        assert list(ax.get_yticks()) == list(range(1, 11))
    assert profile(profile_frame.assign(mean=3.0), limits=(1, 5)).get_ylim() == (1, 5)


def test_intervals_end_at_the_axis(profile_frame):
    ends = upright_bars(profile_frame.assign(ci_lower=-4.0, ci_upper=14.0))
    assert ends == [(1, 10)] * 6


def test_every_mean_is_written_and_none_covers_another(profile_frame, words):
    written = words(profile.svg(profile_frame, threshold=8.5))
    for text in ("7.9", "6.8", "7.4", "7.1", "6.2", "8.5", "Openness", "Client", "Partner"):
        assert text in written
    assert sum("8.5" in text for text in written) == 2  # the mean, and the threshold's own label


def test_factors_and_series_keep_their_order(profile_frame):
    turned = profile_frame.iloc[::-1]
    ax = profile(turned)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Conflict management", "Equality", "Openness"]
    assert next(text.get_text() for text in ax.texts) == "Partner"
    sides = pd.Categorical(turned["series"], ["Client", "Other", "Partner"])
    assert next(text.get_text() for text in profile(turned.assign(series=sides)).texts) == "Client"


def test_withheld_values(profile_frame, words):
    frame = profile_frame.copy()
    frame.loc[[1, 4], "mean"] = np.nan
    written = words(profile.svg(frame))
    assert "not shown" in written
    assert "Client (1 value not shown)" in written
    assert "6.8" not in written
    frame.loc[3, "mean"] = np.nan
    assert "Partner (2 values not shown)" in words(profile.svg(frame))


def test_a_withheld_mean_takes_its_interval_along(profile_frame):
    frame = profile_frame.copy()
    frame.loc[1, "mean"] = np.nan
    assert len(upright_bars(frame)) == 5


def test_no_intervals(profile_frame):
    assert not upright_bars(profile_frame.drop(columns=["ci_lower", "ci_upper"]))
    assert not upright_bars(profile_frame.assign(ci_lower=np.nan))


def test_many_long_names_stand_on_two_levels(words):
    names = [
        "Management quality",
        "Openness and action orientation",
        "Long-term orientation",
        "Continuous improvement and renewal",
        "Employee quality",
        "Openness",
        "Equality",
        "Conflict management",
    ]
    frame = pd.DataFrame({"label": names * 2, "series": ["A"] * 8 + ["B"] * 8, "mean": np.linspace(5, 9, 16)})
    written = " ".join(words(profile.svg(frame, threshold=8.5)))
    for word in " ".join(names).split():
        assert word in written  # no word is broken


def test_more_series_than_looks():
    frame = pd.DataFrame({"label": "Openness", "series": list("ABCDEFGH"), "mean": 7.0})
    items = profile.compose(frame).items
    assert sum(isinstance(item, Marks) for item in items) == 8 * 2  # its markers, and its sample in the key


def test_alternative_text(profile_frame):
    assert profile.alt(profile_frame, threshold=8.5) == (
        "Line chart of the mean on 3 factors, on an axis from 1 to 10, for Client and Partner. "
        "Client: highest on Openness (7.9), lowest on Equality (6.8); "
        "Partner: highest on Conflict management (8.5), lowest on Equality (6.2). "
        "At 8.5 or higher: 1 of 6 means."
    )


@pytest.mark.parametrize(
    ("means", "sentence"),
    [
        ([7.0, 7.01, 7.02], "Client: 7.0 on each factor"),
        ([np.nan, 7.0, np.nan], "Client: 7.0 on Equality"),
        ([np.nan] * 3, "Client: not shown"),
    ],
)
def test_alternative_text_of_few_values(profile_frame, means, sentence):
    frame = profile_frame.copy()
    frame.loc[:2, "mean"] = means
    assert sentence in profile.alt(frame)


def test_alternative_text_of_many_series():
    frame = pd.DataFrame({"label": ["Openness"] * 3, "series": ["Client", "A", "B"], "mean": [7.9, 6.1, 7.0]})
    assert "The values run from 6.1 (A on Openness) to 7.9 (Client on Openness)." in profile.alt(frame)
