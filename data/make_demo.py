"""Make the demonstration study in data/demo, the same bytes each time: python data/make_demo.py [--out DIR]."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from hpp_analysis.comments.review import read_review, save_review, seal_review, write_review
from hpp_analysis.followup.agreements import Agreement, numbered
from hpp_analysis.followup.sheet import add_agreements
from hpp_analysis.simulation.simulate import Simulation, simulate_study
from hpp_analysis.study.analysis_plan import seal_plan
from hpp_analysis.survey.survey import Survey, read_survey

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
comments: comments.xlsx
breakdowns: [role]
norms: {file: norms.parquet, date: 2026-02-02, sector: telecom, country: NL, simulated: true}
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

WELL, BETTER = "com1", "com2"
WRITE, AGREE = {WELL: 0.3, BETTER: 0.5}, 0.75
"""Shares of the ratings that come with a comment, and of their writers who may be quoted."""
WORKLOAD = "workload"
THEMES = {  # theme: its name in each language; all but the last are characteristics of the questionnaire
    "ope1": None,
    "ope8": None,
    "equ3": None,
    "equ6": None,
    "con4": None,
    WORKLOAD: {"en": "Workload and staff", "nl": "Werkdruk en bezetting"},
}
NAMES = ("Karin", "Jeroen Visser", "Priya", "mevrouw De Boer", "Tom Hughes", "Samira", "Pieter", "Denise Clark")
COMMENTS = {  # by question, theme and language: what people write; {name} is one of the names
    WELL: {
        "ope1": {
            "nl": ("We praten elke week met elkaar, dat werkt.", "Het gesprek met {name} is altijd open.", "Regelmatig overleg, met een vaste agenda.", "Korte lijnen: ik bel {name} en krijg antwoord."),
            "en": ("We talk every week, and that works.", "The talks with {name} are always open.", "Regular dialogue with a fixed agenda.", "Short lines: I call {name} and get an answer."),
        },
        "ope8": {
            "nl": ("Beloften worden nagekomen.", "Wat {name} belooft, gebeurt ook.", "Afspraak is afspraak, aan beide kanten."),
            "en": ("Promises are kept.", "What {name} promises gets done.", "A promise is a promise, on both sides."),
        },
        "con4": {
            "nl": ("Er is vertrouwen tussen onze mensen en die van hen.", "Het vertrouwen tussen de teams groeit."),
            "en": ("There is trust between our employees and theirs.", "Trust between the teams is growing."),
        },
    },
    BETTER: {
        "equ6": {
            "nl": ("De planning verandert en wij horen het te laat.", "Meld wijzigingen in de planning op tijd, {name} doet dat niet.", "Planningswijzigingen krijgen we pas een dag van tevoren.", "Bel {name} niet pas als de planning al is omgegooid; 06-12345678 is altijd bereikbaar."),
            "en": ("The schedule changes and we hear it too late.", "Tell us about schedule changes in good time, {name} does not.", "We get schedule changes one day ahead.", "Do not call {name} when the schedule has changed already; 07700 900123 is always open."),
        },
        "equ3": {
            "nl": ("Besluiten worden genomen zonder dat onze stem telt.", "Wij willen meebeslissen, nu beslist {name} alles.", "Geef beide partijen een gelijke stem bij besluiten."),
            "en": ("Decisions are made without our views.", "We want an equal say; now {name} decides everything.", "Give the views of both parties the same weight in decisions."),
        },
        "ope1": {
            "nl": ("Meer met elkaar in gesprek, ook op de werkvloer.", "Vaker overleg, niet alleen als er iets mis is.", "Een regelmatig gesprek met de mensen van {name} zou helpen."),
            "en": ("Talk with each other more, on the shop floor as well.", "More regular talks, not only when something is wrong.", "A regular talk with the people of {name} would help."),
        },
        "ope8": {
            "nl": ("Kom beloften na, ook als het druk is.", "Beloften op papier zijn mooi, maar {name} komt ze niet na."),
            "en": ("Keep promises, also when it is busy.", "Promises on paper look nice, but {name} does not keep them."),
        },
        WORKLOAD: {
            "nl": ("Te veel werk voor te weinig monteurs.", "Er zijn te weinig monteurs, de werkdruk is te hoog.", "De werkdruk is te hoog, elke maand vertrekt er een monteur.", "Zorg voor genoeg monteurs, dan daalt de werkdruk."),
            "en": ("Too much workload for too few engineers.", "There are too few engineers and the workload is too high.", "The workload is too high, every month an engineer leaves.", "Get enough engineers, then the workload drops."),
        },
    },
}  # fmt: skip
ENDINGS = {
    "nl": ("", " Dat zeg ik al langer.", " Zo ervaar ik het.", " Dat geldt voor het hele jaar.", " Vooral dit voorjaar."),
    "en": ("", " I have said so before.", " That is how I see it.", " It holds for all of the year.", " This spring above all."),
}  # fmt: skip
ALLEGATION = "Ik word gepest door {name} en durf het niet te melden."
REVIEWERS = ("A. Maskeerder", "B. Goedkeurder")
ALFA, BRAVO, _CHARLIE, DELTA = (f"{CLIENT} – {partner}" for partner in PARTNERS)
AGREED_ON = date(2025, 3, 3)
AGREED: tuple[dict[str, str], ...] = (
    {
        "partnership": BRAVO, "side": "partner", "about": "ope2", "status": "done", "by_when": "2025-06-01",
        "agreement": "Maandelijks overleg over wat er speelt / A monthly meeting on what is going on",
        "owner_first": "Inkoop / Purchasing", "owner_second": "Bravo Cabling", "evidence": "9 verslagen / 9 sets of minutes",
    },
    {
        "partnership": BRAVO, "side": "partner", "about": "equ6", "status": "doing", "by_when": "2025-09-01",
        "agreement": "De planning elke vrijdag delen / Share the schedule every Friday",
        "owner_first": "Planning",
    },
    {
        "partnership": ALFA, "about": "openness", "status": "done", "by_when": "2025-12-01",
        "agreement": "Elk kwartaal een open gesprek / An open talk every quarter",
        "owner_first": "Directie / Board", "owner_second": "Alfa Networks", "evidence": "4 gesprekken / 4 talks",
    },
    {
        "partnership": DELTA, "side": "partner", "about": "equality", "status": "open", "by_when": "2025-12-01",
        "agreement": "Samen de prijsformule herzien / Revise the price formula together",
        "owner_second": "Delta Systems",
    },
    {
        "status": "done", "by_when": "2026-02-01", "agreement": "Na een jaar opnieuw meten / Measure again after a year",
        "owner_first": "Directie / Board", "evidence": "tweede meting / second wave",
    },
)  # fmt: skip
"""What was agreed after the first wave, in both languages of the reports."""
PROPOSED = ("equ6", "ope5", "equ1")
"""The points that page one of the second wave's report names first: a report of the demonstration adds no row."""

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
  of the `hpp` instrument by their ids: `ope` openness, `equ` equality, `con` conflict management, `suc` success;
  `com1` and `com2`, what people wrote in their own words ({n_comments} comments, in Dutch and English), and `consent`,
  whether they may be quoted.
- `comments.xlsx`: the review workbook of the comments, filled in: themes kept and named, quotes masked and approved by two
  persons. `hpp comments study.yaml` made it.
- `hpo.csv`: one row a person and wave. Columns `respondent`, `organisation`, `role`, `wave`, then the
  {n_hpo_items} questions of the `hpo` instrument.
- `study.yaml`: the study as `hpp report` takes it; `plan.yaml`: what it planned to compare, with its seal.
- `norms.parquet`: a simulated norm, for which `python data/make_norms.py` simulates the studies of other clients;
  `norms_truth.json` says from what their partnerships were drawn.
- `agreements.xlsx`: what was agreed after wave 1 and what became of it (made up, in Dutch and English), with the points
  that the report of wave 2 proposes.
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


def with_comments(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """The answers with what people wrote beside them, by a generator of its own, and the theme of each text."""
    draw = np.random.default_rng(SEED + 1)
    written: dict[str, list[str]] = {WELL: [], BETTER: [], "consent": []}
    themes: dict[str, str] = {}
    for row in range(len(frame)):
        spoken = (
            "en"
            if frame["organisation"].iloc[row] in ("Alfa Networks", "Delta Systems") and draw.random() < 0.7
            else "nl"
        )
        for item in (WELL, BETTER):
            text = ""
            if draw.random() < WRITE[item]:
                theme = str(draw.choice(list(COMMENTS[item])))
                pattern = str(draw.choice(COMMENTS[item][theme][spoken])) + str(draw.choice(ENDINGS[spoken]))
                text = pattern.format(name=draw.choice(NAMES))
                themes[text] = theme
            written[item].append(text)
        wrote = written[WELL][row] or written[BETTER][row]
        written["consent"].append(("yes" if draw.random() < AGREE else "no") if wrote else "")
    alleging = next(row for row in range(len(frame) - 1, -1, -1) if written[BETTER][row])
    written[BETTER][alleging] = ALLEGATION.format(name="Pieter")
    return frame.assign(**written), themes


def review_comments(survey: Survey, themes: dict[str, str], path: Path) -> None:
    """The review workbook as its reviewers leave it: every theme right, and each third comment that may be quoted approved."""
    path.unlink(missing_ok=True)
    review = write_review(survey, path, languages=["nl", "en"], delete_by="2027-12-31")
    labels = {item.id: item.label for item in survey.instrument.items}
    rows = [
        [id_, "" if named else id_, "", "yes", "", *(named or labels[id_]).values()] for id_, named in THEMES.items()
    ]
    names = [f"name_{code}" for code in next(iter(labels.values()))]
    sheet = pd.DataFrame(rows, columns=["id", "item", "words", "keep", "merge_into", *names])
    rest = review.themes[~review.themes["id"].isin(THEMES)]
    comments = review.comments.assign(theme=[themes.get(text, "-") for text in review.comments["original"]])
    may = comments["consent"].eq("yes") & comments["allegation"].ne("yes")
    chosen = may & (may.cumsum() % 3 == 0)
    comments.loc[chosen, ["publish", "masked_by", "approved_by"]] = ("yes", *REVIEWERS)
    ordered = pd.concat([sheet, rest], ignore_index=True)[list(review.themes)]
    save_review(replace(review, comments=comments, themes=ordered), path)
    seal_review(path)
    read_review(path)  # with every check


def readme(study: Simulation, n_comments: int) -> str:
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
        n_comments=n_comments,
        n_items=study.survey.items.shape[1],
        n_hpo_items=study.hpo.shape[1] - 4,
        dont_know=dont_know.codes[0] if dont_know else "",
        gap_openness=f"{truth.gaps.loc['1', 'openness']:.1f}",
        gap_equality=f"{truth.gaps.loc['1', 'equality']:.1f}",
        change_openness=f"{truth.changes.loc['2', 'openness']:.1f}",
        change_conflict=f"{truth.changes.loc['2', 'conflict_management']:.1f}",
    )


def agreed() -> list[Agreement]:
    """What was agreed after the first wave, filled in, and the points that the report of the second wave proposes."""
    rows = [Agreement(**{"client": CLIENT, "wave": "1", **row}) for row in AGREED]
    rows += [Agreement(client=CLIENT, wave="2", partnership=BRAVO, side="partner", about=item) for item in PROPOSED]
    return numbered(rows)


def csv(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False, lineterminator="\n")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "demo", help="where to write")
    out: Path = parser.parse_args(arguments).out
    study = simulate()
    answers, themes = with_comments(study.frame())
    n_comments = int((answers[[WELL, BETTER]] != "").to_numpy().sum())
    files = {
        "responses.csv": csv(answers),
        "hpo.csv": csv(study.hpo_frame()),
        "truth.json": json.dumps(study.truth.to_dict(), indent=1, ensure_ascii=False) + "\n",
        "study.yaml": STUDY,
        "plan.yaml": PLAN,
        "README.md": readme(study, n_comments),
    }
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (out / name).write_bytes(text.encode())
    review_comments(read_survey(out / "responses.csv", instrument="hpp"), themes, out / "comments.xlsx")
    agreements = out / "agreements.xlsx"
    agreements.unlink(missing_ok=True)
    add_agreements(agreements, agreed(), study.survey, by="client", language="nl", day=AGREED_ON)
    (out / "plan.seal.json").unlink(missing_ok=True)
    seal_plan(out / "plan.yaml", on=PLANNED_ON)  # before the answers, in this story
    print(f"{out}: {', '.join(files)}; {study.survey}")


if __name__ == "__main__":
    main()
