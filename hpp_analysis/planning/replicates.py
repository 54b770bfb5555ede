"""Replications of a simulation: in portions with seeds of their own, on several cores, with a progress bar."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

_T = TypeVar("_T")

PORTION = 25
"""Replications in a portion. It is fixed, so that numbers do not depend on the number of cores."""


def replicate(
    task: Callable[[int, np.random.Generator], _T],
    n: int,
    *,
    seed: np.random.SeedSequence,
    jobs: int | None = 1,
    bar: tqdm[Any] | None = None,
) -> list[_T]:
    """Run `task(runs, rng)` for portions of `n` replications, and return what each portion gave, in order.

    Parameters
    ----------
    task : callable
        That another process can load: a function of a module, or a `functools.partial` of one.
    n : int
        Replications in all.
    seed : SeedSequence
        Each portion has a child of it; the numbers do not depend on `jobs`.
    jobs : int, optional
        Processes; None for one a core. Where processes cannot be forked there is one.
    bar : tqdm, optional
        Told of every portion that is done.

    Examples
    --------
    >>> parts = replicate(lambda runs, rng: rng.normal(size=runs), 30, seed=np.random.SeedSequence(1))
    >>> [len(part) for part in parts]
    [25, 5]
    """
    sizes = [PORTION] * (n // PORTION) + ([n % PORTION] if n % PORTION else [])
    seeds = seed.spawn(len(sizes))
    done: list[_T] = []
    with _mapping(jobs, len(sizes)) as run:
        for size, part in zip(sizes, run(_Portion(task), sizes, seeds), strict=True):
            done.append(part)
            if bar is not None:
                bar.update(size)
    return done


class _Portion:
    """A task with the generator that its seed makes."""

    def __init__(self, task: Callable[[int, np.random.Generator], Any]) -> None:
        self.task = task

    def __call__(self, size: int, seed: np.random.SeedSequence) -> Any:
        # many small matrices: threads of BLAS would cost several times what they save
        with threadpool_limits(1, user_api="blas"):
            return self.task(size, np.random.default_rng(seed))


@contextmanager
def _mapping(jobs: int | None, portions: int) -> Iterator[Callable[..., Iterable[Any]]]:
    """`map`, or that of as many processes."""
    workers = min(cores() if jobs is None else jobs, portions)
    if workers < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield map
        return
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings(), ProcessPoolExecutor(workers, mp_context=context) as pool:
        # Python 3.12 warns of threads (a notebook has some); the tasks compute with arrays and take no locks of theirs
        warnings.filterwarnings("ignore", message=".*multi-threaded.*fork", category=DeprecationWarning)
        yield pool.map


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def progress_bar(total: int, what: str, *, show: bool | None) -> tqdm[Any]:
    """Open a progress bar; by default (None) it shows in a terminal only."""
    return tqdm(total=total, desc=what, disable=None if show is None else not show, leave=False)
