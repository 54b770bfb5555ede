"""What a client report publishes, in a warm process: its results made, cleared and made again, without a word or figure."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import hpp_analysis as hpp
from hpp_analysis.common.design import design_of
from hpp_analysis.core.groups.cell_means import contrast_means

_STUDY = Path(__file__).parent.parent / "data" / "demo" / "study.yaml"
_PAIR = ("partnership", "side")
RESULTS: dict[str, Callable[[Any], Any]] = {
    "response": hpp.answers.count_response,
    "scores": hpp.score_scales,
    "scores of partnerships": lambda answers: hpp.score_scales(answers, by=_PAIR),
    "verdict": hpp.judge_performance,
    "gaps": hpp.partner_gaps,
    "gaps of items": lambda answers: hpp.partner_gaps(answers, level="item"),
    "tiers": hpp.answers.rank_partners,
    "description": lambda answers: hpp.describe(answers, weight="organisation"),
    "description of partnerships": lambda answers: hpp.describe(answers, by=_PAIR, weight="organisation"),
    "answers": hpp.answers.count_answers,
    "don't know": hpp.answers.count_dont_know,
    "reaching the threshold": hpp.answers.count_reaching_threshold,
    "agreement": hpp.partners.compare_agreement,
    "reliability": hpp.scale_reliability,
    "robustness of scores": hpp.partners.check_robustness,
    "robustness of gaps": lambda answers: hpp.partners.check_robustness(answers, of="gaps"),
}
"""The results of one wave in `notebooks/client_report.ipynb`, made as it makes them."""


def run() -> Iterator[tuple[str, float, float | None]]:
    """Name, our CPU seconds, theirs."""
    yield f"{len(RESULTS)} published results of the demo report, warm", _best(publish_all), None
    yield "24 means in 8 cells with intervals: all at once, one by one", *_all_at_once()


def publish_all() -> None:
    """Read the demo study, plan what may be shown, and publish the results of its client report."""
    survey = hpp.load_study(_STUDY).survey()
    cells = hpp.plan_disclosure(survey)
    answers = survey.wave().where(client=survey.values("client")[0])
    for make in RESULTS.values():
        hpp.publish(make(answers), cells)


def _all_at_once() -> tuple[float, float]:
    """Means of all questions in each partnership and side, in one call and variable by variable."""
    survey = hpp.load_study(_STUDY).survey().wave()
    design = design_of(survey, _PAIR)
    weights = np.eye(len(design.cells))
    y = survey.items.to_numpy(dtype=float)

    def at_once() -> None:
        design.means(survey.items, list(weights > 0), "organisation")

    def one_by_one() -> None:
        for column in y.T:
            contrast_means(column, design.cell, design.person, weights)

    return _best(at_once), _best(one_by_one)


def _best(job: Callable[[], None], times: int = 5) -> float:
    """CPU seconds of the best of several turns, after one to warm up."""
    job()
    took = []
    for _turn in range(times):
        start = time.process_time()
        job()
        took.append(time.process_time() - start)
    return min(took)
