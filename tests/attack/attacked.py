"""One random study from end to end: its reports, the attack, and the reports of its twin."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.attack.breaches import Verdict, judge
from tests.attack.knowing import Knowledge, know
from tests.attack.making import make_reports
from tests.attack.reading import Report, more_than_told, not_understood, read_run
from tests.attack.studies import ITEMS, RandomStudy, random_study
from tests.attack.twins import differences, twin_of


@dataclass
class Attacked:
    """What an attack on one study found.

    Attributes
    ----------
    seed : int
    knowledge : Knowledge
    verdict : Verdict
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
    differ: set[str]
    changed: int
    more: list[str]
    columns: set[tuple[str, str]]

    def problems(self) -> Iterator[str]:
        """Everything that must not be, of what anybody learns."""
        yield from (f"study {self.seed}: {one}" for one in self.verdict.outsider)
        yield from (f"study {self.seed}: the twin's reports differ: {one}" for one in sorted(self.differ)[:20])
        yield from (f"study {self.seed}: not explained: {one}" for one in self.knowledge.unexplained[:20])
        yield from (f"study {self.seed}: only there: {one}" for one in self.more[:20])
        yield from (f"study {self.seed}: no role in reading.py: {table}.{column}" for table, column in sorted(self.columns))


def attack(seed: int, folder: Path) -> Attacked:
    """Make the reports of a random study, attack them, and hold them against its twin's."""
    study = random_study(seed)
    reports = _run(study, folder / "study")
    knowledge = know(study, reports, wholes=False)
    knowledge.puzzle.solve()
    verdict = judge(knowledge)
    twin = twin_of(study, knowledge, seed)
    _run(twin, folder / "twin")
    differ: set[str] = set()
    for run in range(len(study.runs)):
        differ |= differences(folder / "study" / f"run{run}", folder / "twin" / f"run{run}")
    items = list(ITEMS)
    changed = int((twin.answers[items].fillna(0) != study.answers[items].fillna(0)).to_numpy().sum())
    more = [f"{report.folder.parent.name}: {text}" for report in reports for text in more_than_told(report.folder)]
    shutil.rmtree(folder, ignore_errors=True)  # hundreds of studies would fill the disk
    return Attacked(seed, knowledge, verdict, differ, changed, more, not_understood(reports))


def _run(study: RandomStudy, folder: Path) -> list[Report]:
    reports: list[Report] = []
    for run, how in enumerate(study.runs):
        out = folder / f"run{run}"
        make_reports(study.write(folder, how), out, "--formats", "html,xlsx", "--languages", how.languages)
        reports += read_run(out, run)
    return reports
