"""Answers by day, from the times that platforms write; what cannot be known is said."""

import pytest

import hpp_analysis as hpp

DAYS = ["2026-03-05", "2026-03-05", "2026-03-06", "2026-03-20"]


def survey_of(column: str, times: list[str]) -> hpp.survey.Survey:
    frame = hpp.simulate_study(partners=1, persons_per_side=2, seed=1).frame().iloc[:4].astype(object)
    return hpp.read_survey(frame.assign(**{column: times}), instrument="hpp")


@pytest.mark.parametrize(
    ("column", "times"),
    [
        ("RecordedDate", [f"{day} 10:00:01" for day in DAYS]),
        ("submitdate", DAYS),
        (
            "Timestamp",
            ["2026/03/05 9:01:02 AM GMT+1", "2026/03/05 1:01:02 PM GMT+1", "2026/03/06", "2026/3/20 11:59:59 PM"],
        ),
        ("_submission_time", [f"{day}T10:00:01.123Z" for day in DAYS]),
        ("Completion time", ["3/5/2026 10:00", "3/5/2026 11:00", "3/6/2026", "3/20/2026 1:00 PM"]),
        ("End Date", ["05-03-2026", "05-03-2026", "06-03-2026", "20-03-2026"]),
    ],
)
def test_days_of_each_platform(column: str, times: list[str]) -> None:
    survey = survey_of(column, times)
    found = hpp.answers.count_over_time(survey)
    table = found.to_frame()
    assert table["day"].tolist() == ["2026-03-05", "2026-03-06", "2026-03-20"]
    assert table["n"].tolist() == [2, 1, 1]
    assert table["share_so_far"].tolist() == [0.5, 0.75, 1.0]
    items = survey.items[[item for item in survey.items if not item.startswith("suc")]]
    assert table["mean"].iloc[0] == pytest.approx(items.iloc[:2].mean(axis=1).mean())
    assert (found.column, found.unsure) == (column, False)
    for said in (found.summary, found.methods, lambda code: found.alt(language=code)):
        assert said("nl") != said("en")


def test_day_or_month_first_is_not_guessed_silently() -> None:
    found = hpp.answers.count_over_time(survey_of("Timestamp", ["1/2/2026", "1/3/2026", "", "1/3/2026"]))
    assert found.to_frame()["day"].tolist() == ["2026-01-02", "2026-01-03"]
    assert found.unsure
    assert found.n_unknown == 1
    assert "cannot be seen" in found.summary("en")


def test_without_a_time_nothing_is_counted() -> None:
    survey = survey_of("colour", ["red", "red", "blue", "blue"])
    found = hpp.answers.count_over_time(survey)
    assert found.to_frame().empty
    assert "do not say when" in found.summary("en")
    with pytest.raises(hpp.HppError):
        hpp.answers.count_over_time(survey, column="colour")
    with pytest.raises(hpp.HppError):
        hpp.answers.count_over_time(survey, column="colours")
