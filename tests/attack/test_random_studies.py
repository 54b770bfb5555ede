"""The random studies are as awkward as they should be, and the same seed makes the same one."""

from __future__ import annotations

import pandas as pd

from tests.attack.studies import ITEMS, random_study

MANY = [random_study(seed) for seed in range(60)]
GROUP = ["client", "partner", "side", "wave"]


def test_the_same_seed_makes_the_same_study(tmp_path):
    texts = []
    for place in ("a", "b"):
        study = random_study(3)
        study.write(tmp_path / place, study.runs[0])
        texts.append([path.read_bytes() for path in sorted((tmp_path / place).iterdir())])
    assert texts[0] == texts[1]
    pd.testing.assert_frame_equal(random_study(3).answers, random_study(3).answers)
    assert not random_study(3).answers.equals(random_study(4).answers)


def test_all_that_makes_privacy_hard_occurs():
    sizes, kinds = set(), set()
    for study in MANY:
        answers = study.answers
        groups = answers.groupby(GROUP)
        sizes |= set(groups.size())
        clients = answers.groupby("partner")["client"].nunique()
        spread = groups[list(ITEMS)].nunique()
        near = groups[list(ITEMS)].mean()
        occurs = {
            "shared partner": clients.max() > 1,
            "person with several partnerships": answers["respondent"].duplicated().any(),
            "unanimous group": (spread.eq(1).T & groups.size().gt(3)).T.any(axis=None),
            "don't know": answers[list(ITEMS)].isna().any(axis=None),
            "silent group": near.isna().any(axis=None),
            "near the top": (near > study.high - 0.3).any(axis=None),
            "near the bottom": (near < study.low + 0.7).any(axis=None),
            "invited": bool(study.invited),
            "agenda": study.agenda,
            "no agenda": not study.agenda,
            "two waves": len(study.runs[-1].waves) > 1,
            "another column": study.runs[-1].by == "partner",
            "one or two more persons": 0 < answers["batch"].eq(2).sum() < 3,
            "many more persons": answers["batch"].eq(2).sum() > 4,
            "two languages": any("nl" in run.languages for run in study.runs),
            "roles": answers["role"].nunique() > 1,
            f"scale to {study.high}": True,
        }
        kinds |= {name for name, there in occurs.items() if there}
    assert sizes == set(range(1, 14))
    assert kinds == {*occurs, "scale to 5", "scale to 10"}


def test_twelve_studies_have_each_kind_of_run():
    runs = [study.runs for study in MANY[:12]]
    assert any(one[-1].by == "partner" for one in runs)
    assert any(len(one[-1].waves) == 2 for one in runs)
    assert any(one[-1].batches == 2 for one in runs)
    assert {study.high for study in MANY[:12]} == {5, 10}
