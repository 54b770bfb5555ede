"""What must never be learnt is not learnt, in random studies: six here, five hundred by `make slow`."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.attack.attacked import attack, summary


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 5, 11])  # each kind of study, and both scales
def test_nothing_is_learnt(seed, tmp_path):
    found = attack(seed, tmp_path, quick=True)
    assert list(found.problems()) == []
    assert found.changed  # the twin is another study


@pytest.mark.slow
def test_nothing_is_learnt_in_five_hundred_studies():
    """Insiders too: of a thousand groups and items, the answers beside their own stay open in 999, low ends apart."""
    problems: list[str] = []
    insiders = learnt = 0
    processes = multiprocessing.get_context("spawn")  # a fork would share the state of drawing and of languages
    with ProcessPoolExecutor(max_workers=2, mp_context=processes) as pool:
        for found, tried, breaches, _low_end in pool.map(summary, range(12, 512)):
            problems += found
            insiders += tried
            learnt += breaches
    assert problems == []
    assert learnt <= insiders / 1000, f"{learnt} of {insiders} insiders"
