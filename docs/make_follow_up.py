"""Does the rise of the lowest points, less what chance gives, come to nothing? Writes the table in follow-up.md.

Studies of two waves are simulated in which nothing changes, and the lowest points of the first are followed.
Run from the top of the source tree: python docs/make_follow_up.py [studies per row].
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np

from hpp_analysis.core.groups.regression_to_mean import Ratings, expected_change

PAGE = Path(__file__).parent / "follow-up.md"
ROWS = [  # groups, variables, persons a group, spread of true scores within and between groups, share back, points chosen
    (1, 19, 20, 0.5, 0.0, 0.0, 3),
    (8, 19, 20, 0.5, 0.4, 0.0, 3),
    (8, 19, 20, 0.5, 0.4, 0.5, 3),
    (8, 19, 50, 0.5, 0.4, 0.5, 3),
    (8, 19, 12, 0.3, 0.3, 0.5, 1),
    (8, 35, 20, 0.5, 0.4, 0.0, 5),
    (4, 3, 20, 0.4, 0.4, 0.0, 1),
    (8, 19, 20, 0.2, 0.2, 0.0, 3),
    (8, 19, 20, 0.1, 0.1, 0.0, 3),
]
WHOLE, SINGLE = 1.0, 1.2
"""Standard deviations between persons: on all variables alike, and on each by itself."""
WHOLE_AGAIN, SINGLE_AGAIN = 0.7, 0.5
"""Correlations of both between the waves, of persons who answer twice."""


def study(
    rng: np.random.Generator, groups: int, variables: int, n: int, within: float, between: float, back: float
) -> tuple[Ratings, Ratings]:
    """Two waves of answers of one truth. A part of it is the same in all groups: some characteristics are low everywhere."""
    everywhere = rng.normal(0.0, within * np.sqrt(0.5), variables)
    here = rng.normal(0.0, within * np.sqrt(0.5), (groups, variables))
    true = 7.0 + everywhere + here + rng.normal(0.0, between, (groups, 1))
    cell = np.repeat(np.arange(groups), n)
    total = len(cell)
    again = rng.random((total, 1)) < back
    waves = []
    whole, single = rng.normal(0.0, WHOLE, (total, 1)), rng.normal(0.0, SINGLE, (total, variables))
    waves.append(Ratings(true[cell] + whole + single, cell, np.arange(total)))
    for old, sd, r in ((whole, WHOLE, WHOLE_AGAIN), (single, SINGLE, SINGLE_AGAIN)):
        new = rng.normal(0.0, sd, old.shape)
        old[:] = np.where(again, r * old + np.sqrt(1 - r**2) * new, new)
    waves.append(
        Ratings(
            true[cell] + whole + single, cell, np.where(again[:, 0], cell * 0 + np.arange(total), -1 - np.arange(total))
        )
    )
    return waves[0], waves[1]


def row(number: int, case: tuple[float, ...], studies: int) -> str:
    """One line of the table."""
    groups, variables, n, within, between, back, chosen = case
    rng = np.random.default_rng([20261201, number])
    risen, left = [], []
    for _study in range(studies):
        first, second = study(rng, int(groups), int(variables), int(n), within, between, back)
        expected, _counted = expected_change(
            first, second, np.eye(int(groups), dtype=bool), np.zeros(int(groups), dtype=int)
        )
        before, after = (wave.y.reshape(int(groups), int(n), -1).mean(axis=1).ravel() for wave in (first, second))
        lowest = np.argsort(before)[: int(chosen)]
        risen.append((after - before)[lowest].mean())
        left.append(risen[-1] - expected.ravel()[lowest].mean())
    error = np.std(left) / np.sqrt(studies)
    cells = [
        groups,
        variables,
        n,
        within,
        between,
        f"{back:.0%}".replace("%", " %"),
        f"{chosen} of {groups * variables}",
    ]
    return f"| {' | '.join(map(str, cells))} | {np.mean(risen):.2f} | {np.mean(left):+.3f} | {error:.3f} |"


def main() -> None:
    """Write the table between its marks."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    head = [
        "| groups | scores | persons | true spread within | between | answer again | chosen | rise | less chance | Monte Carlo error |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    table = "\n".join([*head, *(row(number, case, studies) for number, case in enumerate(ROWS))])
    marked = f"<!-- table -->\n{table}\n<!-- end -->"
    PAGE.write_text(re.sub(r"<!-- table -->.*<!-- end -->", marked, PAGE.read_text("utf-8"), flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main()
