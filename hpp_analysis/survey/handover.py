"""The notebooks of a run share one disclosure plan.

Each notebook of a run needs the same plan. The first one writes it to the folder that `HPP_PLANS` names, under a
fingerprint of everything that it depends on, and the others read it. Without that folder nothing is written.
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
"""The environment variable with the folder of the plans; only the run's user can read that folder."""


def plan_of_run(survey: Survey, by: str | None, make: Callable[[Survey, str | None], Cells]) -> Cells:
    """Return the plan that an earlier notebook of the run made from the same answers, or make one."""
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
    Path(file.name).replace(path)  # in one step: another notebook may be reading it
    return plan


def _fingerprint(survey: Survey, by: str | None) -> str:
    """A hash of the answers, the respondents, the questionnaire, the selection and `by`."""
    depends_on = json.dumps([survey.instrument.sha256, sorted(survey.selection.items()), by, list(survey.respondents)])
    digest = hashlib.sha256(depends_on.encode())
    for frame in (survey.items, survey.respondents.astype(str), survey.reasons.astype(str)):
        digest.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    digest.update(",".join(map(str, survey.items)).encode())
    return digest.hexdigest()
