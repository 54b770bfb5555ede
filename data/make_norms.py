"""Make the simulated norm of the demonstration study: python data/make_norms.py [--out DIR].

The norm takes the road that a real one takes: studies are simulated, cleared, and contributed. What is true of them is
known: `norms_truth.json` has the mean and the spread from which the quality of partnerships was drawn.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

import numpy as np

from hpp_analysis.norms import Norm, contribute_to_norm, save_norm
from hpp_analysis.publishing.clearing import plan_disclosure
from hpp_analysis.simulation.simulate import simulate_study

SEED = 2030
MEAN, SPREAD = 7.1, 0.6  # of the quality of partnerships, in scale points
SECTORS = ("telecom", "construction", "health care", "logistics")
COUNTRIES = ("NL", "NL", "BE", "DE")
N_CLIENTS = 13
SALT = "simulated"  # no secret: nobody is behind the keys


def simulate() -> tuple[Norm, dict[str, object]]:
    """The norm, and what went into it."""
    rng = np.random.default_rng(SEED)
    norm, quality_of_clients = Norm(simulated=True, salt=SALT), {}
    for number in range(N_CLIENTS):
        n_partners = int(rng.integers(3, 6))
        quality = np.round(rng.normal(0.0, SPREAD, n_partners), 3).tolist()
        client = f"Simulated client {number + 1}"
        quality_of_clients[client] = quality
        study = simulate_study(
            "hpp",
            clients=[client],
            partners=[f"Simulated partner {number + 1}.{place + 1}" for place in range(n_partners)],
            persons_per_side=rng.integers(12, 41, (n_partners, 2)),
            quality=quality,
            mean=MEAN,
            gaps={"openness": 0.3, "equality": 0.6},
            seed=SEED + number,
        )
        month = 6 * number % 40  # over about three years, one of them too old for the demonstration
        collected = date(2019, 5, 1) if number == 0 else date(2022 + month // 12, 1 + month % 12, 1)
        norm = contribute_to_norm(
            study.survey,
            plan_disclosure(study.survey),
            norm,
            date=collected,
            sector=SECTORS[number % len(SECTORS)],
            country=COUNTRIES[number % len(COUNTRIES)],
            simulated=True,
        )
    return norm, {"mean": MEAN, "spread_of_partnerships": SPREAD, "quality": quality_of_clients}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "demo", help="where to write")
    out: Path = parser.parse_args(arguments).out
    norm, truth = simulate()
    (out / "norms.parquet").unlink(missing_ok=True)
    save_norm(norm, out / "norms.parquet")
    (out / "norms_truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    print(f"{out / 'norms.parquet'}: {norm}")


if __name__ == "__main__":
    main()
