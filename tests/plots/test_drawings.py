"""What holds for every drawing."""

import subprocess
import sys
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hpp_analysis.errors import OptionError
from hpp_analysis.plots import (
    bars,
    dots,
    dumbbell,
    importance,
    intervals,
    panels,
    partner_heatmap,
    priority_map,
    profile,
    slopes,
    stacks,
    verdicts,
)
from hpp_analysis.plots.parts.drawing import Drawing
from hpp_analysis.plots.parts.style import WIDTH

NOTHING = "Nothing to show here."


@dataclass(frozen=True)
class Case:
    draw: Drawing[...]
    fixture: str
    value: str


CASES = {
    "profile": Case(profile, "profile_frame", "mean"),
    "dumbbell": Case(dumbbell, "items_frame", "mean"),
    "dots": Case(dots, "dots_frame", "mean"),
    "bars": Case(bars, "bars_frame", "n"),
    "priorities": Case(priority_map, "priorities_frame", "importance"),
    "stacks": Case(stacks, "stacks_frame", "low"),
    "intervals": Case(intervals, "intervals_frame", "estimate"),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def frame(case: Case, request: pytest.FixtureRequest) -> pd.DataFrame:
    return request.getfixturevalue(case.fixture)


def test_draws_on_the_axes_it_is_given(case, frame):
    figure = Figure()
    other, ax = figure.subplots(1, 2)
    assert case.draw(frame, ax=ax) is ax
    assert not other.lines
    assert ax.texts
    with pytest.raises(TypeError, match="ax"):
        case.draw.svg(frame, ax=ax)


def test_makes_a_figure_of_its_own(case, frame):
    ax = case.draw(frame)
    assert ax.figure.get_size_inches()[0] == WIDTH
    assert ax.figure.get_layout_engine() is None  # laid out by us: drawn once
    assert case.draw(frame).figure is not ax.figure


def test_no_pyplot_and_no_setting_of_the_user_is_touched(case, frame):
    opened = _open_figures()
    with mpl.rc_context({"font.size": 31, "text.usetex": False, "axes.grid": True, "lines.linewidth": 9}):
        before = dict(mpl.rcParams)
        text = case.draw.svg(frame)
        assert dict(mpl.rcParams) == before
    assert text == case.draw.svg(frame)  # and none of them reaches the figure
    assert _open_figures() == opened


def _open_figures() -> list[int]:
    """The figures of pyplot, where anybody loaded it; other tests may have left some."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    return pyplot.get_fignums() if pyplot else []


def test_both_ways_of_drawing_show_the_same_words(case, frame, words):
    ax = case.draw(frame)
    labels = [*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label, ax.yaxis.label]
    drawn = [line for text in (*ax.texts, *labels) for line in text.get_text().split("\n") if line]
    assert sorted(drawn) == sorted(words(case.draw.svg(frame)))


def test_svg_needs_no_axes_and_no_pyplot():
    code = (
        "import sys, pandas as pd; from hpp_analysis.plots import profile\n"
        "profile.svg(pd.DataFrame({'label': ['a', 'b'], 'series': 'c', 'mean': [2, 3]}))\n"
        "sys.exit(bool({'matplotlib.pyplot', 'matplotlib.axes', 'seaborn'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_svg_is_the_same_each_time(case, frame):
    first, second = (case.draw.svg(frame) for _ in range(2))
    assert first == second
    assert first == case.draw.svg(frame.copy())


def test_hostile_labels_are_drawn_literally(case, frame, hostile, words):
    label = frame["label"].iloc[0]
    frame = frame.assign(label=frame["label"].replace(label, hostile))
    for column in {"group", "series"} & set(frame.columns):
        frame[column] = frame[column].replace(frame[column].iloc[0], f"{column} {hostile}")
    with mpl.rc_context({"text.parse_math": True}):
        text = case.draw.svg(frame)
    seen = " ".join(" ".join(words(text)).split())
    assert hostile in seen or all(word in seen for word in hostile.split())  # maybe over two lines
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "$x^2$" in seen
    for column in {"group", "series"} & set(frame.columns):
        assert column in seen


def test_letters_that_the_font_lacks_and_control_characters(case, frame, words):
    label = frame["label"].iloc[0]
    # half a surrogate pair: no letter, and nothing that a column of Arrow strings could hold
    frame = frame.assign(label=frame["label"].astype(object).replace(label, "開放性\x00\x1b שלום 🦜\ud800\nopen"))
    assert "開放性 שלום 🦜 open" in words(case.draw.svg(frame))


@pytest.mark.parametrize("rows", [0, None])
def test_nothing_to_show(case, frame, words, rows):
    frame = frame.assign(**{case.value: np.nan}).iloc[:rows]
    assert words(case.draw.svg(frame)) == [NOTHING]
    assert case.draw.alt(frame) == NOTHING
    ax = Figure().subplots()
    assert case.draw(frame, ax=ax) is ax


def test_each_value_may_be_withheld(case, frame):
    for place in range(len(frame)):
        hidden = frame.copy()
        hidden.loc[hidden.index[place], case.value] = np.nan
        case.draw.svg(hidden)
        assert "1 value is not shown." in case.draw.alt(hidden)


def test_each_value_says_itself_once_and_what_is_withheld_says_nothing(case, frame):
    said = [spot.text for spot in case.draw.compose(frame).spots]
    assert len(said) == len(frame)
    hidden = frame.copy()
    hidden.loc[hidden.index[0], case.value] = np.nan
    left = [spot.text for spot in case.draw.compose(hidden).spots]
    (without,) = set(said) - set(left)
    assert str(frame["label"].iloc[0]).strip() in without
    assert [text for text in said if text != without] == left


def test_values_are_said_as_the_figure_writes_them(profile_frame, items_frame):
    exact = profile_frame.assign(mean=profile_frame["mean"] + 0.04)  # a second decimal is not for everybody to see
    assert [spot.text for spot in profile.compose(exact).spots][:2] == [
        "Openness · Client: 7.9",
        "Openness · Partner: 7.1",
    ]
    cells = items_frame.rename(columns={"series": "partner"}).assign(series="", mean=7.26)
    assert partner_heatmap.compose(cells).spots[0].text.endswith("Client: 7.3")
    waves = profile_frame.assign(wave="1")
    assert slopes.compose(waves).spots[0].text == "Openness · 1 · Client: 7.9"
    assert panels.compose(profile_frame.assign(panel="Alfa")).spots[0].text == "Alfa · Openness · Client: 7.9"
    judged = pd.DataFrame(
        {"label": ["A"], "estimate": [8.9], "ci_lower": [8.6], "ci_upper": [9.2], "tone": ["reached"]}
    )
    assert [spot.text for spot in verdicts.compose(judged).spots] == ["A: 8.9 (8.6 to 9.2), reached"]
    predictors = pd.DataFrame({"label": ["A"], "importance": [0.304]})
    assert [spot.text for spot in importance.compose(predictors).spots] == ["A: 30%"]


def test_absent_values_of_pandas(case, frame):
    frame = frame.convert_dtypes()
    frame.loc[frame.index[0], case.value] = pd.NA
    case.draw.svg(frame)
    assert "not shown" in case.draw.alt(frame)


def test_the_index_does_not_matter(case, frame):
    renumbered = frame.set_axis([7] * len(frame))
    assert case.draw.svg(renumbered) == case.draw.svg(frame)


def test_what_is_no_table_is_refused(case):
    for draw in (case.draw, case.draw.svg, case.draw.alt):
        with pytest.raises(OptionError, match="DataFrame"):
            draw([1, 2, 3])


def test_a_missing_column_is_named(case, frame):
    with pytest.raises(OptionError, match=f"Missing: {case.value}"):
        case.draw(frame.drop(columns=case.value))
    with pytest.raises(OptionError):
        case.draw.alt(frame.drop(columns=case.value))


@pytest.mark.parametrize("case", ["profile", "dumbbell", "dots"], indirect=True)
def test_a_value_off_the_axis_is_refused(case, frame):
    with pytest.raises(OptionError, match="from 1 to 5"):
        case.draw(frame.assign(**{case.value: 11.0}), limits=(1, 5))
    with pytest.raises(OptionError, match="lower first"):
        case.draw(frame, limits=(10, 1))
    case.draw(frame.assign(**{case.value: 10 + 2e-15}))  # tens, averaged
    case.draw(frame.assign(**{case.value: np.nan}), limits=(np.nan, np.nan))  # nothing to show needs no axis


def test_alternative_text_is_short_and_plain(case, frame):
    text = case.draw.alt(frame)
    assert 1 <= text.count(". ") + 1 <= 4
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.usefixtures("dutch_numbers")
def test_decimal_comma(case, frame, words):
    text = case.draw.svg(frame)
    written = " ".join([*words(text), case.draw.alt(frame)])
    assert case.draw is bars or "," in written
    assert not any(f"{digit}.{other}" in written for digit in range(10) for other in range(10))


def test_axes_must_be_axes(case, frame):
    with pytest.raises(OptionError):
        case.draw(frame, ax="here")
