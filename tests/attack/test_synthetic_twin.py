"""The answers of groups under ten are not in a synthetic twin: other answers of theirs lead to the same twin, byte for byte."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import DisclosureError
from tests.attack.studies import ITEMS, RandomStudy, Run, random_study

SEEDS = range(24)
LARGE = 10


def twin_export(study: RandomStudy, folder: Path) -> pd.DataFrame | None:
    """The twin of what one run had; None where too few persons are in large groups."""
    survey = hpp.load_study(study.write(folder, study.runs[0])).survey().wave()
    try:
        return hpp.make_twin(survey).frame()
    except DisclosureError:
        return None


def other_answers(study: RandomStudy, seed: int, *, small: bool) -> RandomStudy:
    """The same study with other answers and don't-knows in all groups under ten, or in all others."""
    rng = np.random.default_rng(seed)
    answers = study.answers.copy()
    size = study.there(study.runs[0]).groupby(["client", "partner", "side", "wave"])["respondent"].transform("nunique")
    rows = answers.index.isin(size.index[size.lt(LARGE) == small])
    drawn = rng.integers(study.low, study.high + 1, (int(rows.sum()), len(ITEMS))).astype(float)
    drawn[rng.random(drawn.shape) < 0.1] = np.nan
    answers.loc[rows, list(ITEMS)] = drawn
    return replace(study, answers=answers)


@pytest.fixture(scope="module")
def with_twin(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[RandomStudy, pd.DataFrame]]:
    found = {}
    for seed in SEEDS:
        study = replace(random_study(seed), runs=(Run(),))
        export = twin_export(study, tmp_path_factory.mktemp(f"study{seed}"))
        if export is not None:
            found[seed] = (study, export)
    return found


def test_other_answers_of_small_groups_lead_to_the_same_twin(with_twin, tmp_path: Path) -> None:
    assert len(with_twin) >= 3
    for seed, (study, export) in with_twin.items():
        other = twin_export(other_answers(study, seed, small=True), tmp_path / str(seed))
        assert other is not None and export.to_csv() == other.to_csv()


def test_other_answers_of_large_groups_do_not(with_twin, tmp_path: Path) -> None:
    """Or the comparison would see nothing."""
    changed = [
        seed
        for seed, (study, export) in with_twin.items()
        if (other := twin_export(other_answers(study, seed, small=False), tmp_path / str(seed))) is None
        or export.to_csv() != other.to_csv()
    ]
    assert changed == list(with_twin)


def test_one_persons_answers_seldom_change_anything(tmp_path: Path) -> None:
    """Numbers are rounded: of sixteen persons of large groups hardly any can be told by taking their answers to the other end."""
    survey = hpp.simulate_study(partners=4, persons_per_side=30, seed=1).survey
    before = hpp.make_twin(survey).frame()
    rng = np.random.default_rng(1)
    changed = 0
    for row in rng.choice(len(survey), 16, replace=False):
        items = survey.items.copy()
        items.iloc[row] = 11.0 - items.iloc[row]
        changed += not hpp.make_twin(replace(survey, items=items)).frame().equals(before)
    assert (
        changed <= 12
    )  # each of some twenty numbers moves by a fiftieth of its step, so about one in four persons moves one
