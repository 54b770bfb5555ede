"""Reports of rules that leaked, kept as they were: run with the package as of commit 752dfce, and never again.

    git worktree add ../leaky 752dfce && PYTHONPATH=../leaky:. python tests/attack/leaky/make_leaky.py

Each study shows one kind of leak; `test_attacker.py` says what must be found in it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from tests.attack.making import make_reports
from tests.attack.reading import read_run
from tests.attack.studies import ITEMS, RandomStudy, Run

Groups = list[tuple[str, str, str, int]]
TABLES = ("description", "gaps_item", "distribution", "dont_know", "audit")
CLIENT_SIDE: Groups = [("Acme", "P1", "client", 12), ("Acme", "P2", "client", 12)]
STUDIES: dict[str, tuple[Groups, tuple[Run, ...], float]] = {
    "answers_of_five": ([("Acme", "P1", "partner", 5), ("Acme", "P2", "partner", 6), *CLIENT_SIDE], (Run(),), 0.0),
    "shares": ([("Acme", "P1", "partner", 7), ("Acme", "P2", "partner", 9), *CLIENT_SIDE], (Run(),), 0.0),
    "audit": (
        [("Acme", "P1", "partner", 12), ("Acme", "P1", "client", 12), ("Bolt", "P9", "partner", 3)],
        (Run(),),
        0.05,
    ),
    "silent": (
        [
            *(("Acme", "P1", "partner", 12), ("Acme", "P2", "partner", 13), ("Acme", "P3", "partner", 3)),
            *(("Acme", f"P{k}", "client", 12) for k in (1, 2, 3)),
        ],
        (Run(),),
        0.02,
    ),
    "other_by": (
        [
            *(("Acme", f"P{k}", "partner", n) for k, n in enumerate((12, 13, 3, 14), start=1)),
            *(("Acme", f"P{k}", "client", 12) for k in (1, 2, 3, 4)),
            *(("Bolt", f"P{k}", side, 12) for k in (1, 2, 3, 4) for side in ("partner", "client")),
        ],
        (Run(), Run(by="partner")),
        0.0,
    ),
    "again": ([("Acme", "P1", "partner", 16), ("Acme", "P1", "client", 12)], (Run(), Run(batches=2)), 0.0),
}


def made(name: str) -> RandomStudy:
    """One of the studies."""
    groups, runs, unknown = STUDIES[name]
    rng = np.random.default_rng(4)
    rows = [(c, p, s, "1") for c, p, s, n in groups for _ in range(n)]
    who = pd.DataFrame(rows, columns=["client", "partner", "side", "wave"])
    who.insert(0, "respondent", [f"R{place:04d}" for place in range(len(who))])
    answers = np.clip(np.rint(rng.normal(7.5, 1.3, (len(who), len(ITEMS)))), 1, 10)
    answers[rng.random(answers.shape) < unknown] = np.nan
    if name == "silent":
        answers[(who["partner"].eq("P3") & who["side"].eq("partner")).to_numpy(), ITEMS.index("t2")] = np.nan
    if name == "audit":
        answers[-1, :2], answers[-2, 3] = np.nan, np.nan
    who["role"], who["batch"] = "employee", 1
    if name == "again":
        who.loc[15, "batch"] = 2
    return RandomStudy(0, 1, 10, pd.concat([who, pd.DataFrame(answers, columns=list(ITEMS))], axis=1), runs)


def main() -> None:
    """Make the reports of each study and keep their tables of items."""
    for name in STUDIES:
        study = made(name)
        with tempfile.TemporaryDirectory() as place:
            kept = []
            for run, how in enumerate(study.runs):
                out = Path(place) / f"run{run}"
                make_reports(study.write(Path(place), how), out, "--formats", "html,xlsx", "--languages", "en")
                kept += [
                    {
                        "run": run,
                        "by": report.by,
                        "whose": report.whose,
                        "rows": [
                            {
                                "table": row.table,
                                "values": {k: v for k, v in row.values.items() if v not in (None, "")},
                                "labels": {k: v for k, v in row.labels.items() if k.startswith("share")},
                            }
                            for row in report.rows
                            if row.table in TABLES
                        ],
                    }
                    for report in read_run(out, run)
                ]
        answers = study.answers.astype(object).where(study.answers.notna(), None)
        lines = [json.dumps(row) for row in answers.to_numpy().tolist()]
        reports = [json.dumps(report) for report in kept]
        text = json.dumps({"columns": list(answers)})[:-1]
        text += ',\n"answers": [\n' + ",\n".join(lines) + '],\n"reports": [\n' + ",\n".join(reports) + "]}\n"
        Path(__file__).with_name(f"{name}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
