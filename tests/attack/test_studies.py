"""What must never be learnt is not learnt, in random studies: twelve here, five hundred by `make slow`."""

from __future__ import annotations

import pytest

from tests.attack.attacked import Attacked, attack


@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_learnt(seed, tmp_path):
    found = attack(seed, tmp_path)
    assert list(found.problems()) == []
    assert found.changed  # the twin is another study


@pytest.mark.slow
def test_nothing_is_learnt_in_five_hundred_studies(tmp_path):
    """Insiders too: of a thousand groups and items, the answers beside their own stay open in 999."""
    breaches, cells = 0, 0
    problems: list[str] = []
    for seed in range(12, 512):
        found: Attacked = attack(seed, tmp_path / str(seed))
        problems += found.problems()
        breaches += len(found.verdict.insider)
        cells += found.verdict.insiders
    print(f"{cells} insiders, {breaches} learnt too much")
    assert problems == []
    assert breaches <= cells / 1000
