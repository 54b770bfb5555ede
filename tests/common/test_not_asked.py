"""A wave need not ask everything that another one asks."""

from pathlib import Path

import yaml

import hpp_analysis as hpp
from hpp_analysis.survey import instrument as instruments

PACKAGED = Path(instruments.__file__).parent / "instruments" / "hpp.yaml"


def test_an_item_that_a_wave_did_not_ask_is_not_an_item_of_that_wave(tmp_path: Path) -> None:
    """It is neither skipped nor withheld there, and a score is judged by the items that were asked."""
    full, path = hpp.load_instrument("hpp"), tmp_path / "optional.yaml"
    content = yaml.safe_load(PACKAGED.read_text(encoding="utf-8"))
    for item in content["items"]:
        if item.get("type") != "comment":
            item["optional"] = True
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    frame = hpp.simulate_study(seed=1, dont_know=0, skipped=0).frame()
    openness = [item.id for item in full.items_of("openness")]
    equality = [item.id for item in full.items_of("equality")]
    first = frame.assign(wave="1")
    second = frame.assign(wave="2").drop(columns=[*openness, *equality[2:]])
    survey = hpp.read_survey([first, second], instrument=path)
    later = survey.where(wave="2")
    assert set(survey.reasons[openness[0]]) == {"answered", "not_asked"}
    assert not set(openness) & set(later.items)
    scores = hpp.score_scales(later).to_frame()
    assert "openness" not in set(scores["factor"])
    of_equality = scores[scores["factor"] == "equality"]
    assert of_equality["n_ratings"].sum() == len(later)  # two of seven items were asked, and both were answered
    assert hpp.describe(later).to_frame()["share_skipped"].eq(0).all()
    client = later.where(client=later.values("client")[0])
    published = hpp.publish(hpp.score_scales(client), hpp.plan_disclosure(survey)).to_frame()
    assert published["state"].eq("full").all()
