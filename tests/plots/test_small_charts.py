"""Small charts per partnership and over waves, and the cells of partner by characteristic."""

import itertools

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import describe, language, plan_disclosure, publish, score_scales, simulate_study
from hpp_analysis.plots import panels, partner_heatmap, slopes
from hpp_analysis.plots.small_charts import along, lay_tiles, ticks_for

FACTORS = ["Openness", "Equality", "Conflict management"]


def table(first: str, places: list[str]) -> pd.DataFrame:
    rows = list(itertools.product(places, FACTORS, ["Client", "Partner"]))
    frame = pd.DataFrame(rows, columns=[first, "label", "series"])
    mean = np.linspace(5.0, 9.0, len(frame))
    return frame.assign(mean=mean, ci_lower=mean - 0.4, ci_upper=mean + 0.4)


def markers(ax) -> np.ndarray:
    """Where all markers stand, in the axes' inches."""
    lines = [line for line in ax.get_lines() if line.get_transform() == ax.transData]  # not the key
    points = np.concatenate([line.get_xydata() for line in lines])
    return points[~np.isnan(points).any(axis=1)]


@pytest.mark.parametrize("n", [1, 2, 4, 7, 13])
def test_every_partnership_has_a_chart_on_the_same_scale(n: int) -> None:
    names = [f"Partner {place}" for place in range(n)]
    frame = table("panel", names)
    ax = panels(frame, threshold=8.5)
    written = [text.get_text() for text in ax.texts]
    assert [name for name in written if name in names] == names
    assert written.count("1") == written.count("10") == n
    assert len(markers(ax)) == len(frame)
    tiles = {round(text.get_position()[0], 6) for text in ax.texts if text.get_text() in names}
    assert len(tiles) <= 4
    # the same mean stands at the same place in each chart
    same = panels(frame.assign(mean=7.0, ci_lower=6.5, ci_upper=7.5))
    starts = sorted(tiles)
    offsets = {round(min(x - start for start in starts if x >= start), 4) for x in markers(same)[:, 0]}
    assert len(offsets) == 1


def test_a_withheld_side_is_named_in_its_chart(words) -> None:
    frame = table("panel", ["Alfa", "Bravo"])
    hidden = frame["panel"].eq("Bravo") & frame["series"].eq("Partner")
    frame.loc[hidden, ["mean", "ci_lower", "ci_upper"]] = np.nan
    written = words(panels.svg(frame))
    assert written.count("Partner: not shown") == 1
    assert "not shown: 3" in panels.alt(frame, threshold=8.5)
    frame.loc[frame["panel"].eq("Alfa"), "mean"] = np.nan
    assert "not shown" in words(panels.svg(frame))
    assert "Nothing to show" in panels.alt(frame.assign(mean=np.nan))
    assert len(panels(frame.assign(mean=np.nan)).texts) == 1


def test_slopes_run_through_the_waves_in_order(words) -> None:
    frame = table("wave", ["2023", "2024", "2025"])
    ax = slopes(frame, threshold=8.5)
    assert len(markers(ax)) == len(frame)
    first = next(lines for lines in ax.collections if len(lines.get_segments()[0]) == 3)
    x, y = first.get_segments()[0].T
    assert (np.diff(x) > 0).all() and (np.diff(y) < 0).all()  # later is to the right, higher is up
    said = slopes.alt(frame)
    assert "Openness, Client: from 5.0 (2023) to 7.8 (2025)" in said
    frame.loc[frame["wave"].eq("2025") & frame["series"].eq("Client"), "mean"] = np.nan
    assert "Openness, Client: from 5.0 (2023) to 6.4 (2024)" in slopes.alt(frame)
    assert "Nothing to show" in slopes.alt(frame.assign(mean=np.nan))
    assert {"2023", "2024", "2025"} <= set(words(slopes.svg(table("wave", ["2023", "2024", "2025"]))))


def test_long_names_of_waves_take_fewer_charts_a_row() -> None:
    long = slopes(table("wave", [f"Measurement{year}" for year in range(2020, 2026)]))
    short = slopes(table("wave", [str(year) for year in range(2020, 2026)]))
    titles = lambda ax: {round(t.get_position()[0], 3) for t in ax.texts if t.get_text() in FACTORS}  # noqa: E731
    assert len(titles(long)) == 1 < len(titles(short))


@pytest.mark.parametrize("draw", [panels, slopes, partner_heatmap])
def test_hostile_names_are_text(draw, cells, words, hostile) -> None:
    frames = {panels: table("panel", [hostile, "B"]), slopes: table("wave", [hostile, "B"])}
    frame = frames.get(draw, cells.assign(partner=cells["partner"].replace("Alfa", hostile)))
    written = " ".join(words(draw.svg(frame)))
    assert "<script>" in written


def test_two_factors_with_one_label_are_two_charts_and_two_rows() -> None:
    twice = pd.concat([table("wave", ["2024", "2025"])] * 2)
    assert [text.get_text() for text in slopes(twice).texts].count("Openness") == 2
    assert [text.get_text() for text in panels(twice.rename(columns={"wave": "panel"})).texts].count("Openness") == 2


def test_ticks_are_equal_steps_that_fit() -> None:
    for low, high, length in itertools.product([0, 1], [5, 7, 10, 100], [0.4, 1.0, 2.5]):
        ticks = ticks_for((low, high), length)
        assert ticks[0] == low and ticks[-1] == high
        assert len(set(np.diff(ticks))) == 1
        assert len(ticks) == 2 or (len(ticks) - 1) * 0.45 <= length
    np.testing.assert_allclose(along(np.array([0.0, 5.5, 11.0]), (1, 10), 2.0, 9.0), [2.0, 6.5, 11.0])
    tiles = lay_tiles(list("ABCDE"), left=1, width=6, columns=2, height=1, below=0.2)[0]
    assert all(a.y + a.height < b.y for a, b in zip(tiles, tiles[2:], strict=False))


def test_results_draw_them_before_and_after_publishing() -> None:
    survey = simulate_study(waves=2, seed=3).survey
    one = survey.where(client=survey.values("client")[0])
    allowed = plan_disclosure(survey)
    results = {
        "partners": score_scales(one.wave(), by=("partnership", "side")),
        "waves": score_scales(one, by=("wave", "side")),
        "heatmap": describe(one.wave(), by=("partnership", "side"), weight="organisation"),
    }
    assert tuple(results["waves"].declaration().figures) == ("profile", "waves")
    for kind, result in results.items():
        for shown in (result, publish(result, allowed)):
            block = shown._block(kind)
            assert block.svg.startswith("<svg") and "from 1 to 10" in block.alt
            with language("nl"):
                assert "van 1 tot 10" in shown._block(kind).alt
    cell = results["heatmap"].to_frame()
    whole = describe(one.wave()).to_frame().set_index("item")
    assert cell.groupby("item")["n"].sum().to_dict() == whole["n"].to_dict()
    assert "Partnership" in repr(results["heatmap"])


def test_a_description_by_group_is_that_of_each_group() -> None:
    survey = simulate_study(seed=5).survey
    found = describe(survey, by=("partnership", "side"), weight="organisation").to_frame()
    for place, side in {(row.partnership, row.side) for row in found.itertuples()}:
        part = describe(survey.where(partnership=place, side=side)).to_frame().set_index("item")
        rows = found[found["partnership"].eq(place) & found["side"].eq(side)].set_index("item")
        for column in ("n", "mean", "sd", "min", "max", "share_dont_know"):
            np.testing.assert_allclose(rows[column], part[column].reindex(rows.index), rtol=1e-12)
