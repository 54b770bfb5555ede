"""How many numbers do the reports of a study show? Counted in the published results, as `docs/privacy.md` tells.

Run it in the project's folder: `python -m benchmarks.shown`, or with names: `... demo CNCF army team`. Studies whose files are not there are
left out, and that is said.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import hpp_analysis as hpp
from hpp_analysis.common.result import Result
from hpp_analysis.errors import HppError
from hpp_analysis.survey.survey import Survey

STUDIES = {
    "demo": ("data/demo/study.yaml", "client"),
    "CNCF": ("examples/cncf_maintainers/study.yaml", "client"),
    "army": ("examples/army_leadership/study.yaml", "client"),
    "team": ("examples/team_state/study.yaml", "organisation"),
}


def results_of(answers: Survey, history: Survey) -> Iterator[Callable[[], Result]]:
    """The published results of a client's report, as `notebooks/client_report.ipynb` makes them."""
    pair = ("partnership", "side")
    yield lambda: hpp.answers.count_response(answers)
    yield lambda: hpp.score_scales(answers)
    yield lambda: hpp.score_scales(answers, by=pair)
    yield lambda: hpp.describe(answers, weight="organisation")
    yield lambda: hpp.describe(answers, by=pair, weight="organisation")
    yield lambda: hpp.judge_performance(answers)
    yield lambda: hpp.answers.rank_partners(answers)
    yield lambda: hpp.answers.count_answers(answers)
    yield lambda: hpp.answers.count_dont_know(answers)
    yield lambda: hpp.partners.compare_agreement(answers)
    yield lambda: hpp.scale_reliability(answers)
    yield lambda: hpp.partners.check_robustness(answers)
    if "side" in answers.respondents:
        yield lambda: hpp.partner_gaps(answers)
        yield lambda: hpp.partner_gaps(answers, level="item")
        yield lambda: hpp.partners.check_robustness(answers, of="gaps")
    if "wave" in answers.respondents:
        yield lambda: hpp.partners.compare_waves(history)
        yield lambda: hpp.score_scales(history, by=("wave", "side"))


def count_shown(study: Path, by: str, *, most: int = 1000) -> Counter[str]:
    """Numbers and verdicts that the reports of a study show, by result."""
    survey = hpp.load_study(study).survey()
    allowed = hpp.plan_disclosure(survey, by=by)
    shown: Counter[str] = Counter()
    for client in survey.wave().values(by)[:most]:
        answers, history = survey.wave().where(**{by: client}), survey.history().where(**{by: client})
        for make in results_of(answers, history):
            try:
                published = hpp.publish(make(), allowed)
            except HppError:
                continue  # this study has no threshold, or this client no second side
            table = published.to_frame()
            seen = {name for column in published.columns for name in (column.name, column.upper)}
            told = [name for name in table if name in seen and name not in published.keys]
            # a verdict is shown in words of its own column
            shown[published.name] += int(table[told].notna().sum().sum())
    return shown


def main(names: list[str]) -> None:
    """Print the numbers shown of each study, and their sum."""
    told = {}
    for name in names or list(STUDIES):
        path, by = STUDIES[name]
        try:
            shown = count_shown(Path(path), by)
        except (HppError, FileNotFoundError) as error:
            print(f"{name}: left out, its files are not there ({type(error).__name__})")
            continue
        told[name] = {**dict(sorted(shown.items())), "all": shown.total()}
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
