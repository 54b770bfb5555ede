"""What is not answered: counted where it was taken out, tested against R, said in every language."""

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.core.correlation.little import little_test


@pytest.fixture(scope="module")
def survey() -> hpp.survey.Survey:
    """The client's side skips one item where another one is high: missing, and not at random."""
    study = hpp.simulate_study(persons_per_side=80, seed=5)
    frame = study.frame().astype(object)
    high = pd.to_numeric(frame["ope1"], errors="coerce") >= 8
    frame.loc[high & (frame["side"] == "client"), "equ3"] = None
    return hpp.read_survey(frame, instrument="hpp")


def test_shares_are_those_of_pandas(survey: hpp.survey.Survey) -> None:
    missing = hpp.answers.check_missing(survey, by="side")
    table = missing.to_frame().set_index("item")
    assert table["share_missing"].to_dict() == pytest.approx(survey.items.isna().mean().to_dict())
    assert table["share_dont_know"].to_dict() == pytest.approx((survey.reasons == "dont_know").mean().to_dict())
    assert table.index[0] == "equ3"
    gaps = survey.items.isna().mean(axis=1)
    assert missing.ratings.tolist() == pytest.approx(gaps.tolist())
    groups = missing.by_group.set_index("side")["share_missing"]
    for side in ("client", "partner"):
        assert groups[side] == pytest.approx(survey.where(side=side).items.isna().to_numpy().mean())
    counts = missing.by_rating.set_index("missing")["n"]
    assert counts.sum() == len(survey)
    assert counts["none"] == (gaps == 0).sum()
    assert counts["quarter"] == ((gaps > 0.10) & (gaps <= 0.25)).sum()


def test_items_that_were_not_asked_are_not_missing() -> None:
    first = hpp.simulate_study(persons_per_side=20, seed=1).frame()
    instrument = hpp.load_instrument("hpp")
    optional = instrument.model_copy(
        update={"items": tuple(item.model_copy(update={"optional": item.id == "ope1"}) for item in instrument.items)}
    )
    second = first.drop(columns="ope1").assign(respondent=lambda frame: "b" + frame["respondent"])
    survey = hpp.read_survey([first, second], instrument=optional)
    row = hpp.answers.check_missing(survey).to_frame().set_index("item").loc["ope1"]
    assert row["n_asked"] == len(first)
    assert row["share_missing"] == pytest.approx(survey.items["ope1"].iloc[: len(first)].isna().mean())


def test_little_is_that_of_the_items(survey: hpp.survey.Survey) -> None:
    few = survey.only("openness", "equ3")  # the patterns of 24 items are too many for a test with power
    missing = hpp.answers.check_missing(few)
    assert missing.little == little_test(few.items.to_numpy())
    assert missing.little.p < 0.001
    assert "not missing completely at random" in missing.summary("en")
    assert "ontbreken niet volledig willekeurig" in missing.summary("nl")


def test_nothing_missing_and_nothing_to_test(survey: hpp.survey.Survey) -> None:
    whole = survey.keep(survey.items.notna().all(axis=1), why="complete")
    assert "everybody" in hpp.answers.check_missing(whole).summary("en")
    few = survey.keep(np.arange(len(survey)) < 6, why="few")
    assert "cannot be tested" in hpp.answers.check_missing(few).summary("en")


def test_it_speaks_every_language(survey: hpp.survey.Survey) -> None:
    missing = hpp.answers.check_missing(survey, by=["side", "partner"])
    for said in (missing.summary, missing.methods, lambda code: missing.alt(language=code)):
        assert said("nl") != said("en")
    assert "Opdrachtgever – Partner 1" in str(missing._block("groups", "nl"))
    for kind in ("ratings", "groups"):
        assert str(missing._block(kind, "nl")) != str(missing._block(kind, "en"))
    with pytest.raises(hpp.HppError):
        hpp.answers.check_missing(survey, by="sid")
