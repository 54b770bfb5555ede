"""Protected answers do not reach a client's report, by whatever way: other answers give the same report.

Two studies differ in just what must not be learnt: all answers and don't-knows of groups under five, and of groups of five to
nine everything but their means. The report notebook is run on both, and every block of it is compared: tables with all of
their columns, sentences, alt texts, notes, cover, agenda with its importance, audit trail and provenance.
"""

import ast
import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis.common.declaration import Figure
from hpp_analysis.common.result import Result
from hpp_analysis.display.blocks import MIME, from_json
from hpp_analysis.report.notebook.notebooks import fitting, packaged_notebook, read_notebook
from hpp_analysis.study.study_folder import demo_folder
from hpp_analysis.survey.survey import Survey

PARTS = ["wave", "client", "side", "partnership"]
SIZES = [[[14, 13], [12, 12], [7, 3]], [[6, 3], [8, 4], [25, 6]]]
"""Of two clients the persons on both sides of three partnerships each: A's 3 are left out, B's 3, 4 and 6 are told together."""


def study(seed: int, waves: int) -> Survey:
    return hpp.simulate_study(
        clients=["A", "B"],
        partners=3,
        persons_per_side=np.array(SIZES).reshape(6, 2),
        waves=waves,
        dont_know=0.08,
        seed=seed,
    ).survey


def with_other_answers(survey: Survey, cells: hpp.disclosure.Cells, seed: int) -> Survey:
    """The study in which all that is protected is something else."""
    rng = np.random.default_rng(seed)
    items, reasons = survey.items.astype(float).copy(), survey.reasons.copy()
    told = cells.ratings["told"].to_numpy()
    keys = {key: place for place, key in enumerate(cells.keys)}
    changed = 0
    for place in np.unique(told[told >= 0]):
        if (cells.states[keys[cells.parts[place]]][:-1] == "full").any():
            continue
        rows = np.flatnonzero(told == place)
        for column in range(items.shape[1]):
            there = rows[items.iloc[rows, column].notna()]
            items.iloc[there, column] = spread_anew(items.iloc[there, column].to_numpy(), rng)
            order = rng.permutation(len(rows))  # and other persons did not know
            for frame in (items, reasons):
                frame.iloc[rows, column] = frame.iloc[rows[order], column].to_numpy()
        changed += len(rows)
    hidden = np.flatnonzero(told < 0)
    items.iloc[hidden] = rng.integers(1, 11, (len(hidden), items.shape[1]))
    reasons.iloc[hidden] = "answered"
    silent = rng.random((len(hidden), items.shape[1])) < 0.4
    items.iloc[hidden] = items.iloc[hidden].mask(silent)
    reasons.iloc[hidden] = reasons.iloc[hidden].mask(silent, "dont_know")
    assert changed and len(hidden)
    return dataclasses.replace(survey, items=items, reasons=reasons, audit=other_audit(survey.audit, seed))


def spread_anew(answers: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other whole answers with the same sum, in another order."""
    other = answers.copy()
    for _step in range(4 * len(other)):
        up, down = rng.integers(0, len(other), 2)
        if up != down and other[up] < 10 and other[down] > 1:
            other[up] += 1
            other[down] -= 1
    return rng.permutation(other)


def other_audit(audit: pd.DataFrame, seed: int) -> pd.DataFrame:
    unknown = {
        "file": "x",
        "row": 1,
        "column": "ope1",
        "item": "ope1",
        "value": "99",
        "became": "",
        "reason": "dont_know",
        "n": seed + 3,
    }
    return pd.concat([audit, pd.DataFrame([unknown])], ignore_index=True)


def report(survey: Survey, client: str, monkeypatch: pytest.MonkeyPatch, *, language: str, invited: list) -> Iterator:
    """The blocks that the client's report is made of."""
    monkeypatch.setattr(hpp, "read_survey", lambda *_given, **_options: survey)
    namespace: dict = {}
    agreed = every_agreement(survey, client)
    has = {"norms": True, "invited": invited, "agreements": agreed}
    notebook = fitting(read_notebook(packaged_notebook()), survey, [name for name, value in has.items() if value])
    norms = {"norm": str(demo_folder() / "norms.parquet"), "date": "2026-02-02"}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<cell>", "exec"), namespace)  # the package's own notebook
        if "parameters" in cell.metadata.get("tags", []):
            given = {"client": client, "language": language, "plan": "", "invited": invited, "responses": []}
            namespace |= {**given, "norms": norms, "agreements": agreed}
        shown = None if last is None else eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
        if hasattr(shown, "_repr_mimebundle_"):
            yield from from_json(shown._repr_mimebundle_()[MIME])


def every_agreement(survey: Survey, client: str) -> list[dict[str, str]]:
    """An agreement about each point that there is, of the first of two waves."""
    if len(survey.values("wave") if "wave" in survey.respondents else ()) < 2:
        return []
    pairs = ["", *survey.where(client=client).values("partnership")]
    return [
        {"wave": "1", "partnership": pair, "side": side, "about": about, "agreement": f"About {about}."}
        for pair in pairs
        for side in ("", "client", "partner")
        for about in ("openness", "equ3", "con1")
    ]


def undrawn(self: Figure) -> str:
    """What a drawing would be made of, in its place."""
    return repr([part.to_dict() if hasattr(part, "to_dict") else part for part in (*self.data, self.settings)])


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Figure, "svg", undrawn)


@pytest.mark.parametrize(("seed", "waves", "client", "language"), [(1, 1, "A", "en"), (2, 2, "B", "nl")])
def test_a_report_is_the_same_whatever_the_protected_answers_are(seed, waves, client, language, monkeypatch) -> None:
    one = study(seed, waves)
    cells = hpp.plan_disclosure(one)
    other = with_other_answers(one, cells, seed)
    invited = [{"client": client, "side": "partner", "n": 90}] if seed == 1 else []
    with hpp.language(language):
        reports = [list(report(each, client, monkeypatch, language=language, invited=invited)) for each in (one, other)]
    assert len(reports[0]) == len(reports[1]) > 25
    for first, second in zip(*reports, strict=True):
        assert first == second
    numbers = [value for block in reports[0] for value in getattr(block, "values", [])]
    assert len(numbers) > 200  # the reports do show something


def raw(make: Callable[[Survey], Result], survey: Survey) -> pd.DataFrame:
    return make(survey.where(client="A")).to_frame()


def test_the_two_studies_do_differ() -> None:
    """What is not published tells them apart, so that the comparison above would see a leak."""
    one = study(1, 1)
    cells = hpp.plan_disclosure(one)
    other = with_other_answers(one, cells, 1)
    for make in (
        hpp.score_scales,
        hpp.answers.count_answers,
        hpp.answers.count_reaching_threshold,
        hpp.scale_reliability,
        hpp.partners.compare_agreement,
        hpp.answers.count_dont_know,
    ):
        assert not raw(make, one).equals(raw(make, other)), make.__name__
    leak = hpp.publish(hpp.score_scales(one.where(client="A")), cells)
    object.__setattr__(leak, "table", raw(hpp.score_scales, one))
    assert not leak.table.equals(raw(hpp.score_scales, other))
    assert hpp.publishing.show_audit_trail(one).blocks != hpp.publishing.show_audit_trail(other).blocks
