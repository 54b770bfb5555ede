"""The consoles of the command: results go to stdout, progress and problems to stderr."""

from __future__ import annotations

from rich.console import Console

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False)
