"""Random studies: the same seed makes the same study.

They are small and awkward on purpose: groups of 1 to 13 persons, partners that two clients share, people who rate several
partnerships, answers near the ends of the scale, unanimous groups, groups that do not know, a second wave, a second run with
another `--by`, or one made again after more answers came in.
"""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from xlsxwriter import Workbook

DONT_KNOW = 99
CLIENTS = ("Acme", "Bolt")
FACTORS = {"trust": ("t1", "t2"), "pace": ("p1", "p2"), "success": ("s1",)}
ITEMS = tuple(item for items in FACTORS.values() for item in items)
AGREEMENT = ("client", "wave", "partnership", "side", "about", "agreement", "status")
WHO = ("respondent", "client", "partner", "side", "wave", "role", "batch")
WITH_TOTALS = 1000
"""From this seed on, reports show a total beside their own numbers: those of departments, and those of clients."""
WITH_BREAKDOWNS = 2000
"""From this seed on, reports compare roles and tenures; sides are larger, so that there is something to compare."""
TENURES = ("0-2", "3-5", "6-9", "10+")
DEPARTMENTS = 7
KINDS = (
    "plain",
    "waves",
    "plain",
    "other_by",
    "plain",
    "again",
    "plain",
    "waves",
    "plain",
    "other_by",
    "plain",
    "changed",
)


@dataclass(frozen=True)
class Run:
    """One `hpp report` over all clients.

    Attributes
    ----------
    by : str
        The column that makes the reports.
    batches : int
        How many batches of answers had come in by then.
    waves : tuple of str
        The waves that had been held by then.
    """

    by: str = "client"
    batches: int = 1
    waves: tuple[str, ...] = ("1",)
    languages: str = "en"


@dataclass(frozen=True)
class RandomStudy:
    """A study, everything that is ever reported of it, and the truth.

    Attributes
    ----------
    seed : int
    low, high : int
        Ends of the answer scale.
    answers : DataFrame
        One row a rating: respondent, client, partner, side, wave, role, batch (when it came in), and each item.
    runs : tuple of Run
    invited : dict of str to int
        Persons that were invited, by client; empty where nobody counted.
    agenda : bool
        Whether success is what the questionnaire wants to explain, so that reports have an agenda.
    step : float
        In what steps the means of small groups are told.
    total : bool
        Whether reports show the means of everybody beside their own.
    departments : bool
        Whether it is a study of one organisation: each partner is a department, and nothing else is known of anybody.
    breakdowns : tuple of str
        The columns whose groups are compared.
    """

    seed: int
    low: int
    high: int
    answers: pd.DataFrame
    runs: tuple[Run, ...]
    invited: dict[str, int] = field(default_factory=dict)
    agenda: bool = True
    step: float = 0.2
    total: bool = False
    departments: bool = False
    breakdowns: tuple[str, ...] = ()

    def there(self, run: Run) -> pd.DataFrame:
        """The answers that a run had."""
        return self.answers[self.answers["batch"].le(run.batches) & self.answers["wave"].isin(run.waves)]

    def write(self, folder: Path, run: Run) -> Path:
        """Write what the run is made of; the study file comes back."""
        folder.mkdir(parents=True, exist_ok=True)
        rows = self.there(run).drop(columns="batch")
        if len(run.waves) == 1:
            rows = rows.drop(columns="wave")
        if self.departments:
            rows = rows.drop(columns=["client", "side"]).rename(columns={"partner": "department"})
        rows = rows.astype(object).fillna(DONT_KNOW)
        with (folder / "answers.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(rows.columns)
            writer.writerows(rows.to_numpy().tolist())
        (folder / "questions.yaml").write_text(_instrument(self.low, self.high, agenda=self.agenda), encoding="utf-8")
        study: dict[str, object] = {
            "name": f"study-{self.seed}",
            "responses": ["answers.csv"],
            "instrument": "questions.yaml",
            "by": run.by,
            **({"total": True} if self.total else {}),
            **({"breakdowns": list(self.breakdowns)} if self.breakdowns else {}),
        }
        if self.invited and run.by == "client":
            last = {"wave": run.waves[-1]} if len(run.waves) > 1 else {}
            study["invited"] = [{"client": name, "n": n, **last} for name, n in self.invited.items()]
        if len(run.waves) > 1 and not self.departments and run.by == "client":
            self._write_agreements(folder / "agreements.xlsx", self.there(run))
        path = folder / "study.yaml"
        path.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
        return path

    @staticmethod
    def _write_agreements(path: Path, answers: pd.DataFrame) -> None:
        """A sheet with an agreement of the first wave about every point that there is, as one who knows all might choose."""
        pairs = answers[["client", "partner"]].drop_duplicates().itertuples(index=False, name=None)
        wholes = [(client, "") for client in answers["client"].unique()]
        rows = [
            (client, "1", f"{client} – {partner}" if partner else "", side, about, f"We talk about {about}.", "open")
            for client, partner in [*wholes, *pairs]
            for side in ("", "client", "partner")
            for about in (*FACTORS, *ITEMS)
        ]
        with Workbook(path) as book:
            book.set_properties({"created": dt.datetime(2000, 1, 1)})
            sheet = book.add_worksheet("Agreements")
            for place, row in enumerate([("id", *AGREEMENT), *((f"1.{n}", *row) for n, row in enumerate(rows))]):
                sheet.write_row(place, 0, row)


def random_study(seed: int) -> RandomStudy:
    """A study by chance."""
    rng = np.random.default_rng([20261130, seed])
    broken_down = seed >= WITH_BREAKDOWNS
    totals = seed % 3 == 0 if broken_down else seed >= WITH_TOTALS
    departments = WITH_TOTALS <= seed < WITH_BREAKDOWNS and seed % 2 == 0
    of_totals = WITH_TOTALS <= seed < WITH_BREAKDOWNS
    kind = ("waves" if seed % 8 > 5 else "plain") if of_totals else KINDS[seed % len(KINDS)]
    low, high = (1, 5) if seed % 3 == 2 else (1, 10)
    waves = ("1", "2") if kind == "waves" else ("1",)
    rows = []
    for client in CLIENTS[: 1 if departments else None]:
        partners = rng.choice(4, size=rng.integers(2, 5), replace=False)
        if departments:
            partners = np.arange(rng.integers(3, DEPARTMENTS + 1))
        shared_staff = rng.random() < 0.3 and not departments
        for wave in waves:
            staff = [f"{client}{wave}staff{k}" for k in range(rng.integers(6, 14))]
            for partner in sorted(partners):
                for side in ("client", "partner")[: 1 if departments else None]:
                    n = int(rng.integers(10, 34)) if broken_down and rng.random() < 0.7 else _size(rng)
                    if side == "client" and shared_staff:
                        persons = list(rng.choice(staff, size=min(n, len(staff)), replace=False))
                    else:
                        persons = [f"{client}{wave}{partner}{side}{k}" for k in range(n)]
                    rows += [(one, client, f"P{partner + 1}", side, wave) for one in persons]
    who = pd.DataFrame(rows, columns=["respondent", "client", "partner", "side", "wave"])
    who["role"] = rng.choice(["manager", "employee"], size=len(who))
    if broken_down:
        who = who.merge(_levels(who["respondent"].unique(), rng), on="respondent").drop(columns="role_x")
        who = who.rename(columns={"role_y": "role"})
    who["batch"] = 1
    if kind in ("again", "changed"):
        who["batch"] = _batches(who, rng, few=kind == "again")
    answers = _answers(who, low, high, rng, share_unknown=float(rng.choice([0.0, 0.04, 0.12])))
    invited = {}
    if rng.random() < 0.4 and not departments:
        sizes = who.groupby("client")["respondent"].nunique()
        invited = {name: int(n + rng.integers(5, 40)) for name, n in sizes.items()}
    codes = {name: f"R{place:04d}" for place, name in enumerate(rng.permutation(who["respondent"].unique()))}
    table = pd.concat([who.assign(respondent=who["respondent"].map(codes)), answers], axis=1)
    runs = _runs(kind, waves, rng)
    if departments:
        runs = tuple(replace(run, by="department") for run in runs)
    agenda = bool(rng.random() < 0.35)
    breakdowns = [("role", "tenure"), ("role",), ("tenure", "role")][seed % 3 if seed % 5 else 0] if broken_down else ()
    return RandomStudy(
        seed, low, high, table, runs, invited, agenda, total=totals, departments=departments, breakdowns=breakdowns
    )


def _levels(persons: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Role and tenure of each person: sometimes hardly anybody has one of them, or nobody said."""
    managers = rng.choice([0.08, 0.3, 0.5])
    shares = rng.dirichlet(np.full(len(TENURES), rng.choice([0.6, 3.0])))
    tenure = rng.choice(TENURES, size=len(persons), p=shares)
    unsaid = rng.random(len(persons)) < rng.choice([0.0, 0.05])
    return pd.DataFrame(
        {
            "respondent": persons,
            "role": rng.choice(["manager", "employee"], size=len(persons), p=[managers, 1 - managers]),
            "tenure": np.where(unsaid, "", tenure),
        }
    )


def _runs(kind: str, waves: tuple[str, ...], rng: np.random.Generator) -> tuple[Run, ...]:
    languages = "en,nl" if rng.random() < 0.1 else "en"
    if kind == "waves":
        return Run(waves=waves[:1]), Run(waves=waves, languages=languages)
    if kind == "other_by":
        return Run(languages=languages), Run(by="partner")
    if kind in ("again", "changed"):
        return Run(batches=1, languages=languages), Run(batches=2)
    return (Run(languages=languages),)


def _size(rng: np.random.Generator) -> int:
    band = rng.choice(3, p=[0.25, 0.4, 0.35])
    return int(rng.integers(*((1, 5), (5, 10), (10, 14))[band]))


def _batches(who: pd.DataFrame, rng: np.random.Generator, *, few: bool) -> np.ndarray:
    """Who came later: one or two persons, or some of every second group."""
    persons = who.drop_duplicates("respondent")
    if few:
        late = set(rng.choice(persons["respondent"], size=rng.integers(1, 3), replace=False))
    else:
        late = set()
        for place, (_, group) in enumerate(persons.groupby(["client", "partner", "side"], sort=True)):
            if place % 2 and len(group) > 6:
                late |= set(rng.choice(group["respondent"], size=rng.integers(1, 6), replace=False))
    return np.where(who["respondent"].isin(late), 2, 1)


def _answers(who: pd.DataFrame, low: int, high: int, rng: np.random.Generator, *, share_unknown: float) -> pd.DataFrame:
    """Answers of whole points, NaN for "don't know"."""
    reach = high - low
    given = np.empty((len(who), len(ITEMS)))
    person = rng.normal(0.0, 0.1 * reach, len(who))
    cells = who.groupby(["client", "partner", "side", "wave"], sort=True).indices
    for places in cells.values():
        centre = rng.choice([0.62, 0.75, 0.93, 0.05], p=[0.4, 0.35, 0.2, 0.05])
        level = low + reach * np.clip(rng.normal(centre, 0.06, len(ITEMS)), 0, 1)
        spread = reach * rng.choice([0.06, 0.14, 0.2])
        drawn = level + person[places, None] + rng.normal(0.0, spread, (len(places), len(ITEMS)))
        one_mind = rng.random(len(ITEMS)) < 0.12
        drawn[:, one_mind] = np.rint(level[one_mind])
        given[places] = np.clip(np.rint(drawn), low, high)
        if share_unknown:
            unknown = rng.random(drawn.shape) < share_unknown
            silent = rng.random(len(ITEMS)) < (0.15 if len(places) < 6 else 0.0)
            given[places] = np.where(unknown | silent, np.nan, given[places])
    return pd.DataFrame(given, columns=list(ITEMS))


def _instrument(low: int, high: int, *, agenda: bool) -> str:
    def both(text: str) -> dict[str, str]:
        return {"en": text, "nl": text}

    line = 8.5 if high == 10 else 4.0
    scales = [{"id": name, "name": both(name), "description": both(name)} for name in FACTORS]
    explained = 1 if agenda else 0
    content = {
        "name": "questions",
        "version": "1",
        "title": both("Questions"),
        "description": both("Questions."),
        "source": both("Nobody."),
        "scale": {
            "min": low,
            "max": high,
            "labels": {low: both("no"), high: both("yes")},
            "dont_know": {"codes": [str(DONT_KNOW)], "text": both("Don't know")},
        },
        "columns": [
            {"id": "respondent", "text": both("Respondent"), "required": True},
            *({"id": name, "text": both(name.title())} for name in ("client", "partner", "partnership")),
            {
                "id": "side",
                "text": both("Side"),
                "values": [{"id": name, "text": both(f"{name} side")} for name in ("client", "partner")],
            },
            *({"id": name, "text": both(name.title())} for name in ("wave", "role")),
        ],
        "factors": [{**one, "threshold": line} for one in scales[: len(scales) - explained]],
        "outcomes": scales[len(scales) - explained :],
        "items": [
            {"id": item, "factor": factor, "text": both(item), "label": both(item), "idea": both("Talk.")}
            for factor, items in FACTORS.items()
            for item in items
        ],
    }
    return yaml.safe_dump(content, sort_keys=False)
