"""Make the demonstration study in data/demo, the same bytes each time: python data/make_demo.py [--out DIR]."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from hpp_analysis.simulation.simulate import Simulation, simulate_study
from hpp_analysis.study.analysis_plan import seal_plan

SEED = 2015
CLIENT = "DemoCable"
PARTNERS = ("Alfa Networks", "Bravo Cabling", "Charlie Field Services", "Delta Systems")
RATINGS = (  # of each partnership, by wave: client side, partner side
    ((54, 104), (48, 50), (32, 8), (26, 12)),
    ((50, 98), (46, 46), (30, 7), (24, 4)),
)

STUDY = """\
format: 1
name: demo
title:
  en: DemoCable and its four suppliers
  nl: DemoCable en zijn vier leveranciers
note:
  en: "Simulated data: no real persons or firms; the figures only show what a report looks like."
  nl: "Gesimuleerde gegevens: geen echte personen of bedrijven; de cijfers laten alleen zien hoe een rapport eruitziet."
responses: [responses.csv]
instrument: hpp
by: client
languages: [nl, en]
plan: plan.yaml
invited:
  - {wave: 2, n: 420}
  - {wave: 2, side: client, n: 160}
  - {wave: 2, side: partner, n: 260}
"""

PLAN = """\
# What is compared was decided before the answers came in: see "Say what was planned" in docs/bring-your-data.md.
groups: [side, role]
outcomes: [success]
margin: 0.5
threshold: 8.5
families:
  - name: {en: both sides per factor, nl: beide kanten per factor}
    question: gaps
    settings: {level: factor}
  - name: {en: both sides per characteristic, nl: beide kanten per kenmerk}
    question: gaps
    settings: {level: item}
  - name: {en: every factor against the threshold, nl: elke factor tegenover de norm}
    question: verdict
  - name: {en: wave against wave, nl: meting tegenover meting}
    question: changes
  - name: {en: what goes together with success, nl: wat samenhangt met succes}
    question: drivers
    variables: [openness, equality, conflict_management]
"""
PLANNED_ON = date(2026, 1, 12)

README = """\
# The demonstration study (simulated)

**All of this is simulated. There are no real persons and no real firms behind it**, and nothing in it says
anything about the cable industry.

A cable company, DemoCable, and its four main suppliers answered the `hpp` questionnaire about their
partnerships twice, the second time a year after the first; each time everybody also answered the `hpo`
questionnaire about the own organisation. {n_persons} persons gave {n_ratings} ratings; {n_both} persons answered both times.
A row is a rating: one person about one partnership in one wave. {n_several} people of DemoCable work with several
suppliers and rate each of them.

| partnership of DemoCable with | wave | ratings, client side | ratings, partner side |
|---|---|---|---|
{sizes}

## Files

- `responses.csv`: the ratings. Columns `respondent`, `organisation` (where the respondent works), `client`,
  `partner` (the other organisation of the partnership), `side` (the end of the partnership on which the
  respondent stands: client or partner), `role` (manager or employee), `wave` (1 or 2), then the {n_items} questions
  of the `hpp` instrument by their ids: `ope` openness, `equ` equality, `con` conflict management, `suc` success.
- `hpo.csv`: one row a person and wave. Columns `respondent`, `organisation`, `role`, `wave`, then the
  {n_hpo_items} questions of the `hpo` instrument.
- `study.yaml`: the study as `hpp report` takes it; `plan.yaml`: what it planned to compare, with its seal.
- `truth.json`: what went into the simulation and what an analysis should find again: loadings, factor
  correlations, gaps between the sides, changes between the waves, effects of organisations, coefficients of
  success, response styles, and who answered carelessly. `hpp_analysis.simulation.truth` describes each.

Answers are 1 (strongly disagree) to 10 (strongly agree); {dont_know} means don't know or not applicable; an empty
cell is a skipped question. The files are UTF-8 with a comma between the cells.

## What is in it

- Gaps: in wave 1 the client sees more equality than its suppliers do ({gap_equality} points) and a little more
  openness ({gap_openness}); there is no gap in conflict management.
- Bravo Cabling is the poor partnership and Charlie Field Services the best. In each, a few questions fall out of
  line.
- From wave 1 to wave 2 openness rises by {change_openness} points and conflict management by {change_conflict}; equality stays.
- Groups are small, as they are in practice: 8 persons of Charlie Field Services answered in wave 1 and 7 in
  wave 2, and in wave 2 only 4 of Delta Systems, so few that a report has to withhold what they said.
- To some questions up to 15 % of one side answers "don't know", and {n_careless} persons answer without reading.
- Whoever thinks well of the own organisation thinks somewhat better of the partnership. Success depends most
  on openness.

## How it is made

`python data/make_demo.py` simulates it with `simulate_study` and writes the same bytes each time.
"""


def simulate() -> Simulation:
    """The study: its sizes and what sets its partnerships apart; the rest is as `simulate_study` has it."""
    return simulate_study(
        "hpp",
        clients=[CLIENT],
        partners=PARTNERS,
        persons_per_side=np.array(RATINGS),
        waves=2,
        mean=7.3,
        quality=[0.4, -0.9, 0.9, 0.1],
        gaps={"openness": 0.4, "equality": 0.9},
        changes={"openness": 0.4, "conflict_management": 0.2},
        seed=SEED,
    )


def readme(study: Simulation) -> str:
    """The description, with the numbers of the study."""
    truth = study.truth
    respondents = study.survey.respondents
    sizes = [
        f"| {partner} | {wave} | {client_side} | {partner_side} |"
        for place, partner in enumerate(PARTNERS)
        for wave, (client_side, partner_side) in enumerate((cells[place] for cells in RATINGS), start=1)
    ]
    dont_know = study.survey.instrument.scale.dont_know
    return README.format(
        n_persons=study.survey.n_persons,
        n_both=int((respondents.groupby("respondent")["wave"].nunique() == 2).sum()),
        n_several=int((respondents.groupby("respondent")["partnership"].nunique() > 1).sum()),
        n_careless=len(truth.careless),
        n_ratings=len(study.survey),
        sizes="\n".join(sizes),
        n_items=study.survey.items.shape[1],
        n_hpo_items=study.hpo.shape[1] - 4,
        dont_know=dont_know.codes[0] if dont_know else "",
        gap_openness=f"{truth.gaps.loc['1', 'openness']:.1f}",
        gap_equality=f"{truth.gaps.loc['1', 'equality']:.1f}",
        change_openness=f"{truth.changes.loc['2', 'openness']:.1f}",
        change_conflict=f"{truth.changes.loc['2', 'conflict_management']:.1f}",
    )


def csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "demo", help="where to write")
    out: Path = parser.parse_args(arguments).out
    study = simulate()
    files = {
        "responses.csv": csv(study.frame()),
        "hpo.csv": csv(study.hpo_frame()),
        "truth.json": json.dumps(study.truth.to_dict(), indent=1, ensure_ascii=False) + "\n",
        "study.yaml": STUDY,
        "plan.yaml": PLAN,
        "README.md": readme(study),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_bytes(text.encode())
    (out / "plan.seal.json").unlink(missing_ok=True)
    seal_plan(out / "plan.yaml", on=PLANNED_ON)  # before the answers, in this story
    print(f"{out}: {', '.join(files)}; {study.survey}")


if __name__ == "__main__":
    main()
