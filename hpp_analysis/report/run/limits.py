"""What executes a notebook here, how long a report may take and how much memory it may hold."""

from __future__ import annotations

import os
import sys
from typing import Any, Literal

from hpp_analysis.errors import OptionError
from hpp_analysis.options import in_range, one_of

if sys.platform != "win32":
    import resource

Engine = Literal["fork", "kernel"]
SECONDS = 300.0
"""What a report may take unless something else is said: it usually takes seconds."""
_LEAST, _SHARE = 1 << 30, 0.8


def can_fork() -> bool:
    """Whether this system has what forked reports need; Linux has."""
    return all(hasattr(os, name) for name in ("fork", "pidfd_open", "memfd_create"))


def can_limit_memory() -> bool:
    """Whether this system can limit what a process holds; Windows and macOS cannot."""
    return sys.platform == "linux"


def memory_share(jobs: int) -> int | None:
    """Bytes that each of so many reports may hold, so that together they leave some of the machine's memory free."""
    if not can_limit_memory():
        return None
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(_LEAST, int(_SHARE * total / jobs))


def limit_memory(memory: int | None) -> None:
    """Have this process get `MemoryError` when its data take more than so many bytes."""
    if memory and sys.platform == "linux":
        most = resource.getrlimit(resource.RLIMIT_DATA)[1]
        limit = memory if most == resource.RLIM_INFINITY else min(memory, most)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def check_limits(*, timeout: float | None, memory: int | None, engine: Engine | None) -> None:
    """Check limits for whatever system makes the reports.

    Raises
    ------
    OptionError
    """
    if engine is not None:
        one_of(engine, Engine, "engine")
    if timeout is not None:
        in_range(timeout, "timeout", above=0)
    if memory is not None:
        in_range(memory, "memory", above=0)


def limits_of(jobs: int, *, timeout: float | None, memory: int | None, engine: Engine | None) -> dict[str, Any]:
    """What holds for each report that this system makes: its engine, seconds and memory.

    Raises
    ------
    OptionError
        When this system cannot do what is wanted.
    """
    check_limits(timeout=timeout, memory=memory, engine=engine)
    if engine == "fork" and not can_fork():
        raise OptionError(
            "`engine` must be 'kernel' on a system that cannot fork reports. Given: 'fork'. Leave it out."
        )
    if memory is not None and not can_limit_memory():
        raise OptionError(f"`memory` must be None on a system that cannot limit it. Given: {memory}. Leave it out.")
    return {
        "engine": engine or ("fork" if can_fork() else "kernel"),
        "timeout": timeout,
        "memory": memory or memory_share(jobs),
    }
