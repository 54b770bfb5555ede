"""One random study from end to end: its reports, the attack, and the reports of its twin.

    python -m tests.attack.attacked 12 512

attacks the studies with these seeds and says what was found in each, and in all.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.attack.breaches import Verdict, judge
from tests.attack.knowing import Knowledge, know
from tests.attack.levels import LevelsFound, attack_levels
from tests.attack.making import make_reports, sharing
from tests.attack.reading import Report, more_than_told, not_understood, read_run
from tests.attack.studies import CLIENTS, ITEMS, RandomStudy, random_study
from tests.attack.twins import differences, twin_of


@dataclass
class Attacked:
    """What an attack on one study found.

    Attributes
    ----------
    seed : int
    knowledge : Knowledge
    verdict : Verdict
    levels : LevelsFound
        What the breakdowns tell.
    differ : set of str
        In what the reports of the twin differ.
    changed : int
        Answers that the twin changed.
    more : list of str
        What other files say than the blocks.
    columns : set
        Columns that nobody understands.
    """

    seed: int
    knowledge: Knowledge
    verdict: Verdict
    levels: LevelsFound
    differ: set[str]
    changed: int
    more: list[str]
    columns: set[tuple[str, str]]

    def problems(self) -> Iterator[str]:
        """Everything that must not be, of what anybody learns."""
        yield from (f"study {self.seed}: {one}" for one in self.verdict.outsider)
        yield from (f"study {self.seed}: {one}" for one in self.levels.breaches)
        yield from (f"study {self.seed}: the twin's reports differ: {one}" for one in sorted(self.differ)[:20])
        yield from (f"study {self.seed}: all alike: {one}" for one in self.knowledge.alike)
        yield from (f"study {self.seed}: not explained: {one}" for one in self.knowledge.unexplained[:20])
        yield from (f"study {self.seed}: only there: {one}" for one in self.more[:20])
        yield from (
            f"study {self.seed}: no role in reading.py: {table}.{column}" for table, column in sorted(self.columns)
        )


def summary(seed: int) -> tuple[list[str], int, int, int]:
    """Plain, for other processes: the problems of one study, how many insiders tried, how many of them learnt too much, and how
    many at the low end of the scale.
    """
    with tempfile.TemporaryDirectory() as folder:
        found = attack(seed, Path(folder) / "study")
    return (list(found.problems()), found.verdict.insiders, len(found.verdict.insider), len(found.verdict.low_end))


def attack(seed: int, folder: Path, *, quick: bool = False) -> Attacked:
    """Make the reports of a random study, attack them, and hold them against its twin's.

    What is computed of cleared answers is computed once for both, where these are the same.

    Quick is: the twin has the first run only, and of that one client's report; and of each run one report's files are read.
    """
    study = random_study(seed)
    with sharing():
        reports = _run(study, folder / "study", "--formats", "html,xlsx")
        knowledge = know(study, reports, wholes=False)
        knowledge.puzzle.solve()
        verdict = judge(knowledge)
        levels = attack_levels(study, reports)
        twin = twin_of(study, knowledge, seed)
        if quick:
            twin = replace(twin, runs=twin.runs[:1])
        _run(twin, folder / "twin", "--formats", "xlsx", *(["--only", _one_report(study)] if quick else []))
    differ: set[str] = set()
    for run in range(len(twin.runs)):
        differ |= differences(folder / "study" / f"run{run}", folder / "twin" / f"run{run}", all_of_them=not quick)
    items = list(ITEMS)
    changed = int((twin.answers[items].fillna(0) != study.answers[items].fillna(0)).to_numpy().sum())
    looked_at = list({report.run: report for report in reports}.values()) if quick else reports
    more = [f"{one.folder.parent.name}: {text}" for one in looked_at for text in more_than_told(one.folder)]
    shutil.rmtree(folder, ignore_errors=True)  # hundreds of studies would fill the disk
    return Attacked(seed, knowledge, verdict, levels, differ, changed, more, not_understood(reports))


def _one_report(study: RandomStudy) -> str:
    """Whose report is made, where one is enough: a client, or the largest department."""
    return str(study.answers["partner"].value_counts().idxmax()) if study.departments else CLIENTS[0]


def _run(study: RandomStudy, folder: Path, *options: str) -> list[Report]:
    reports: list[Report] = []
    for run, how in enumerate(study.runs):
        out = folder / f"run{run}"
        make_reports(study.write(folder, how), out, "--languages", how.languages, *options)
        reports += read_run(out, run)
    return reports


def main(first: int, last: int) -> None:
    """Attack studies and say what was found."""
    cells = tried = learnt = low_end = wrong = 0
    narrowest = least = float("inf")
    for seed in range(first, last):
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            found = attack(seed, Path(folder) / "study")
        problems, verdict = list(found.problems()), found.verdict
        cells += verdict.cells
        tried += verdict.insiders
        learnt += len(verdict.insider)
        low_end += len(verdict.low_end)
        wrong += bool(problems)
        narrowest, least = min(narrowest, verdict.narrowest_mean), min(least, verdict.least_factor)
        took = time.perf_counter() - start
        told = [
            f"study {seed}: {verdict.cells} cells, {found.changed} answers changed, {verdict.insiders} insiders of whom "
            f"{len(verdict.insider)} and {len(verdict.low_end)} at the low end learnt too much, means open by "
            f"{verdict.narrowest_mean:.2f}, SDs by a factor of {verdict.least_factor:.2f}, {found.levels}, {took:.0f} s",
            *problems,
        ]
        told += [f"study {seed}: {one}" for one in verdict.insider]
        sys.stdout.write("\n".join(told) + "\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"{last - first} studies, {wrong} with problems; {cells} cells of small groups; "
        f"{learnt} of {tried} insiders learnt too much, and {low_end} at the low end of the scale; "
        f"means of groups under five open by {narrowest:.2f} points, SDs of five to nine by a factor of {least:.2f}\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
