"""Where the command writes: what was asked for, and what is told on the way."""

from __future__ import annotations

from rich.console import Console

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False)
