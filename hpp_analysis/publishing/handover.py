"""The disclosure plan of a run is made once: the notebooks of a run find it in the run's own folder.

Each notebook of a run asks for the same plan. The first one leaves it in the folder that `HPP_PLANS` names, under a
fingerprint of all that it depends on, and the others take it from there. Without that folder nothing is kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from hpp_analysis.disclosure import Cells
from hpp_analysis.survey.survey import Survey

FOLDER = "HPP_PLANS"
"""The environment variable; the run sets it to a folder that only it can read."""


def plan_of_run(survey: Survey, by: str | None, make: Callable[[Survey, str | None], Cells]) -> Cells:
    """The plan that an earlier notebook of the run made of the same answers, or a new one."""
    folder = os.environ.get(FOLDER)
    if not folder or not Path(folder).is_dir():
        return make(survey, by)
    path = Path(folder) / f"{_fingerprint(survey, by)}.plan"
    if path.is_file():
        plan: Cells = pickle.loads(path.read_bytes())  # noqa: S301 - written below, by this run
        return plan
    plan = make(survey, by)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        pickle.dump(plan, file)
    Path(file.name).replace(path)  # whole or not at all: another notebook may be looking
    return plan


def _fingerprint(survey: Survey, by: str | None) -> str:
    """Of the answers, the questionnaire, whose answers they are, and how reports are made."""
    depends_on = json.dumps([survey.instrument.sha256, sorted(survey.selection.items()), by, list(survey.respondents)])
    digest = hashlib.sha256(depends_on.encode())
    for frame in (survey.items, survey.respondents.astype(str), survey.reasons.astype(str)):
        digest.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    digest.update(",".join(map(str, survey.items)).encode())
    return digest.hexdigest()
