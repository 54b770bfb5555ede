"""The page on the number of factors is true: its lines run, and its table names every criterion with its paper."""

import re
from pathlib import Path
from typing import Any

from hpp_analysis.factors.retention_criteria import CRITERIA


def page_of(root: Path) -> str:
    return (root / "docs" / "retention.md").read_text(encoding="utf-8")


def test_the_lines_run(root: Path) -> None:
    code = re.search(r"```python\n(.*?)```", page_of(root), re.DOTALL)
    assert code is not None
    names: dict[str, Any] = {}
    exec(compile(code[1], "retention.md", "exec"), names)
    assert names["retention"].n_factors == 3
    assert names["retention"].table["stability"].notna().sum() == 5


def test_every_criterion_is_there_with_its_paper(root: Path) -> None:
    rows = [line for line in page_of(root).splitlines() if line.startswith('| `"')]
    for name, criterion in CRITERIA.items():
        row = next(row for row in rows if f'`"{name}"`' in row)
        assert criterion.paper.split(", doi:")[0] in row, name
