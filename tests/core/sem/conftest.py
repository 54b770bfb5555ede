"""What the tests of this room share."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hpp_analysis.core.sem.estimation import Estimate, estimate
from hpp_analysis.core.sem.fit import fit_measures
from hpp_analysis.core.sem.inference import covariance_of_estimates
from hpp_analysis.core.sem.moments import group_moments
from hpp_analysis.core.sem.table import build_table

P, N = 4, 60


@pytest.fixture(scope="module")
def x() -> NDArray[np.float64]:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(N, P)) @ rng.normal(size=(P, P)) + 2
    x[rng.random((N, P)) < 0.25] = np.nan
    x[3] = np.nan
    return x


FOLDER = Path(__file__).parents[2] / "reference"


CASES: dict[str, Any] = json.loads((FOLDER / "sem.json").read_text(encoding="utf-8"))["cases"]


THREE = "f1 =~ y1 + y2 + y3\nf2 =~ y4 + y5 + y6\nf3 =~ y7 + y8 + y9"


PATHS = """f1 =~ y1 + a*y2 + b*y3; f2 =~ y4 + a*y5 + y6; f3 =~ y7 + y8 + y9
f2 ~ p*f1; f3 ~ q*f2 + r*f1; y1 ~~ y4; ind := p*q; total := ind + r; b == 2*a - 1"""


HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


PD = """ind60 =~ x1 + x2 + x3; dem60 =~ y1 + a*y2 + b*y3 + c*y4; dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ ind60; dem65 ~ ind60 + dem60; y1 ~~ y5; y2 ~~ y4 + y6; y3 ~~ y7; y4 ~~ y8; y6 ~~ y8"""


FIVE = "\n".join(f"{f} =~ " + " + ".join(f"{f}{i}" for i in range(1, 6)) for f in "ACENO")


MOBI = """I =~ IMAG1 + IMAG2 + IMAG3 + IMAG4 + IMAG5
Q =~ PERQ1 + PERQ2 + PERQ3 + PERQ4 + PERQ5 + PERQ6 + PERQ7; S =~ CUSA1 + CUSA2 + CUSA3"""


CORP = "COMP =~ comp_1 + comp_2 + comp_3; LIKE =~ like_1 + like_2 + like_3; CUSL =~ cusl_1 + cusl_2 + cusl_3"


GRIPS = "g =~ " + " + ".join(f"g{i}" for i in range(1, 9))


TEAM = "PA =~ " + " + ".join(f"PA{i}" for i in range(1, 7))


BOTH = ("loadings", "intercepts")


# model, data, estimator, column of groups, what is equal, column of clusters, answers with gaps used
MODELS: dict[str, tuple[str, str, str, str, tuple[str, ...], str, bool]] = {
    "own_ML": (THREE, "own", "ML", "", (), "", False),
    "own_MLR": (THREE, "own", "MLR", "", (), "", False),
    "own_MLM": (THREE, "own", "MLM", "", (), "", False),
    "own_GLS": (THREE, "own", "GLS", "", (), "", False),
    "own_group": (THREE, "own", "MLR", "side", BOTH, "", False),
    "own_cluster": (THREE, "own", "MLR", "", (), "team", False),
    "own_fiml_ML": (THREE, "own", "ML", "", (), "", True),
    "own_fiml_MLR": (THREE, "own", "MLR", "", (), "", True),
    "own_fiml_group": (THREE, "own", "MLR", "side", ("loadings",), "", True),
    "own_paths": (PATHS, "own", "MLR", "", (), "", False),
    "own_std": (THREE, "own", "ML", "", (), "", False),
    "hs_ML": (HS, "lavaan/HolzingerSwineford1939", "ML", "", (), "", False),
    "hs_MLR": (HS, "lavaan/HolzingerSwineford1939", "MLR", "", (), "", False),
    "hs_group": (HS, "lavaan/HolzingerSwineford1939", "MLR", "school", ("loadings",), "", False),
    "pd_ML": (PD, "lavaan/PoliticalDemocracy", "ML", "", (), "", False),
    "pd_MLR": (PD, "lavaan/PoliticalDemocracy", "MLR", "", (), "", False),
    "bfi_ML": (FIVE, "psychTools/bfi", "ML", "", (), "", False),
    "bfi_MLR": (FIVE, "psychTools/bfi", "MLR", "", (), "", False),
    "bfi_fiml": (FIVE, "psychTools/bfi", "MLR", "", (), "", True),
    "mobi_MLR": (MOBI, "seminr/mobi", "MLR", "", (), "", False),
    "corp_MLR": (CORP, "seminr/corp_rep_data", "MLR", "", (), "", True),
    "grips_MLM": (GRIPS, "EFAtools/GRiPS_raw", "MLM", "", (), "", False),
    "team_cluster": (TEAM, "mltable/teamstate", "MLR", "", (), "Team", False),
}


CORRECTION = {"ML": "none", "GLS": "none", "MLR": "yuan_bentler", "MLM": "satorra_bentler"}


ERRORS = {"ML": "expected", "GLS": "expected", "MLR": "huber_white", "MLM": "satorra_bentler"}


def columns_of(path: Path) -> dict[str, list[str]]:
    names, *lines = path.read_text(encoding="utf-8").replace('"', "").splitlines()
    cells = [line.split(",") for line in lines]
    return {name: [row[k] for row in cells] for k, name in enumerate(names.split(","))}


def as_number(text: str) -> float:
    return np.nan if text in ("", "NA", "-99") else float(text)


@dataclass(frozen=True)
class Fitted:
    name: str
    found: Estimate
    covariance: NDArray[np.float64]
    cluster: NDArray[np.int64] | None

    def measures(self) -> dict[str, float]:
        return fit_measures(self.found, correction=CORRECTION[MODELS[self.name][2]], cluster=self.cluster)


@pytest.fixture(scope="session")
def fitted(request: pytest.FixtureRequest) -> Callable[[str], Fitted]:
    known: dict[str, Fitted] = {}

    def fit(name: str) -> Fitted:
        if name not in known:
            known[name] = _fit(name, request)
        return known[name]

    return fit


def _fit(name: str, request: pytest.FixtureRequest) -> Fitted:
    model, data, estimator, group, equal, cluster, fiml = MODELS[name]
    if data == "own":
        columns = columns_of(FOLDER / "data" / "sem_items.csv")
        if not fiml:  # lavaan was given the rows without gaps, which changes the clusters that count
            keep = [k for k, row in enumerate(zip(*columns.values(), strict=True)) if "" not in row]
            columns = {key: [values[k] for k in keep] for key, values in columns.items()}
    else:
        columns = columns_of(request.getfixturevalue("shared_data") / f"{data}.csv")
        if data.endswith("GRiPS_raw"):
            columns = {f"g{k + 1}": values for k, values in enumerate(columns.values())}
    values = columns[group] if group else ["all"] * len(next(iter(columns.values())))
    order = list(dict.fromkeys(values))
    table = build_table(
        model,
        n_groups=len(order),
        meanstructure=fiml or bool(group) or bool(cluster),
        std_lv=name == "own_std",
        group_equal=equal,
    )
    x = np.array([[as_number(value) for value in columns[item]] for item in table.observed]).T
    moments = group_moments(x, [order.index(value) for value in values], n_groups=len(order), fiml=fiml)
    clusters = None
    if cluster:
        teams = columns[cluster]
        codes = np.array([sorted(set(teams)).index(team) for team in teams])
        clusters = np.concatenate([codes[part.rows] for part in moments])
    found = estimate(table, moments, estimator="GLS" if estimator == "GLS" else "ML")
    errors = "observed" if fiml and estimator == "ML" else ERRORS[estimator]
    return Fitted(name, found, covariance_of_estimates(found, se=errors, cluster=clusters), clusters)


def rows(name: str) -> list[dict[str, Any]]:
    case = CASES[name]
    n = len(case["lhs"])
    fields = ("lhs", "op", "rhs", "group", "est", "se", "std", "std_se")
    full = {field: case[field] if isinstance(case[field], list) else [case[field]] * n for field in fields}
    return [{field: full[field][k] for field in fields} for k in range(n)]


def places(name: str, fit: Fitted) -> list[tuple[int, dict[str, Any]]]:
    """The row of the parameter table of each of lavaan's rows; all of them, but for what `:=` defines."""
    table = fit.found.model.table
    place = {(table.lhs[k], table.op[k], table.rhs[k], int(table.group[k])): k for k in range(len(table))}
    pairs = []
    for row in rows(name):
        if row["op"] != ":=":
            k = place.get((row["lhs"], row["op"], row["rhs"], row["group"]))
            pairs.append((place[row["rhs"], row["op"], row["lhs"], row["group"]] if k is None else k, row))
    assert len(pairs) == len(table)
    return pairs
