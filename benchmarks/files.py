"""Large files: time and peak memory of `read_survey` beside pandas, each in a process of its own."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

N_ROWS = int(os.environ.get("HPP_BENCH_ROWS", "100000"))
N_ITEMS = 58

_CHILD = """
import json, resource, sys, time
import pandas as pd
path, job, instrument = sys.argv[1:4]
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.survey import read_survey
questionnaire = load_instrument(instrument)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
if job == "ours":
    survey = read_survey(path, instrument=questionnaire)
    took = time.perf_counter() - start
    result = sum(int(f.memory_usage(deep=True).sum()) for f in (survey.items, survey.reasons, survey.respondents))
else:
    frame = pd.read_csv(path, engine="pyarrow") if path.endswith(".csv") else pd.read_parquet(path)
    took = time.perf_counter() - start
    result = int(frame.memory_usage(deep=True).sum())
peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
print(json.dumps([took, peak, result]))
"""


def run() -> Iterator[tuple[str, float, float]]:
    """Yield seconds of ours and of pandas; peak memory over that of the result stands in the name."""
    with tempfile.TemporaryDirectory() as folder:
        instrument, paths = _made(Path(folder))
        for path in paths:
            best = {}
            for _ in range(2):  # in turn, so that both meet the same neighbours
                for job in ("pandas", "ours"):
                    told = _child(path, job, instrument)
                    best[job] = min(told, best.get(job, told))
            took, peak, result = best["ours"]
            name = f"{N_ROWS:,} x {N_ITEMS + 2} {path.suffix[1:]}, peak {peak / result:.1f}x the survey"
            yield name, took, best["pandas"][0]


def _child(path: Path, job: str, instrument: Path) -> tuple[float, float, float]:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", _CHILD, str(path), job, str(instrument)], check=True, capture_output=True, text=True
    )
    return tuple(json.loads(done.stdout))


def _made(folder: Path) -> tuple[Path, list[Path]]:
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    answers = {f"q{n}": rng.integers(1, 11, N_ROWS) for n in range(N_ITEMS)}
    frame = pd.DataFrame(
        {"respondent": [f"r{n}" for n in range(N_ROWS)], "client": rng.choice(["a", "b"], N_ROWS), **answers}
    )
    frame.to_csv(folder / "answers.csv", index=False)
    frame.to_parquet(folder / "answers.parquet")
    words = {"en": "Text", "nl": "Tekst"}
    ends = {1: {"en": "low", "nl": "laag"}, 10: {"en": "high", "nl": "hoog"}}
    content = {
        "name": "large",
        "version": "1",
        "title": words,
        "description": words,
        "source": words,
        "scale": {"min": 1, "max": 10, "labels": ends},
        "columns": [{"id": one, "text": {"en": one, "nl": one}} for one in ("respondent", "client")],
        "factors": [{"id": "all_items", "name": words, "description": words}],
        "items": [
            {
                "id": name,
                "factor": "all_items",
                "text": {"en": f"Question {name}", "nl": f"Vraag {name}"},
                "label": {"en": name, "nl": name},
            }
            for name in answers
        ],
    }
    (folder / "large.yaml").write_text(json.dumps(content))  # JSON is YAML
    return folder / "large.yaml", [folder / "answers.csv", folder / "answers.parquet"]
