"""Can anybody tell who took part, from a twin? Attacks that know the twin, a person's answers, and the population.

`python -m tests.publishing.membership` prints the table of docs/synthetic-twin.md.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd

import hpp_analysis as hpp
from hpp_analysis.survey.survey import Survey


def nearest(people: np.ndarray, twin: np.ndarray, _population: np.ndarray) -> np.ndarray:
    """Who answers like somebody of the twin."""
    return np.array([-np.abs(twin - one).mean(axis=1).min() for one in people])


def means(people: np.ndarray, twin: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Who pulls the population's means towards those of the twin: the best linear attack (Homer et al., 2008)."""
    centre = population.mean(axis=0)
    return (people - centre) @ np.linalg.solve(np.cov(population.T), twin.mean(axis=0) - centre)


def shares(people: np.ndarray, twin: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Whose answers are more common in the twin than in the population, item by item."""
    score = np.zeros(len(people))
    for item in range(people.shape[1]):
        for value in np.unique(people[:, item]):
            at = people[:, item] == value
            in_twin, in_population = (
                (np.sum(one[:, item] == value) + 0.5) / (len(one) + 5.0) for one in (twin, population)
            )
            score[at] += np.log(in_twin / in_population)
    return score


def densities(people: np.ndarray, twin: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Who is likelier under the twin's means and correlations than under the population's."""

    def log_density(data: np.ndarray) -> np.ndarray:
        away, spread = people - data.mean(axis=0), np.cov(data.T)
        return -0.5 * np.einsum("ij,ij->i", away @ np.linalg.inv(spread), away) - 0.5 * np.linalg.slogdet(spread)[1]

    return log_density(twin) - log_density(population)


ATTACKS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "nearest": nearest, "means": means, "shares": shares, "densities": densities,
}  # fmt: skip


def area(members: np.ndarray, others: np.ndarray) -> float:
    """The chance that a member scores higher than another person (AUC)."""
    difference = members[:, None] - others
    return float(np.mean(difference > 0) + 0.5 * np.mean(difference == 0))


def twin_itself(survey: Survey, *, correlations: bool, seed: int) -> Survey:
    """The twin, as it is shared."""
    return hpp.make_twin(survey, correlations=correlations, seed=seed).survey


def answers_themselves(survey: Survey, *, correlations: bool, seed: int) -> Survey:
    """The answers, as if they were shared: the attacks must find their members."""
    return survey


def attacked(
    seed: int, persons: int, *, correlations: bool = False, share: Callable[..., Survey] = twin_itself
) -> dict[str, float]:
    """One study of so many persons on each side of four partnerships: the AUC of each attack."""
    whole = hpp.simulate_study(
        partners=4,
        persons_per_side=max(500, 4 * persons),
        several=0.0,
        dont_know=0.0,
        skipped=0.0,
        careless=0.0,
        seed=seed,
    ).survey
    rng = np.random.default_rng(seed)
    cell = whole.respondents["partner"].astype(str) + whole.respondents["side"].astype(str)
    place = pd.Series(rng.permutation(len(whole)), whole.items.index).groupby(cell).rank()
    taken, other = place <= persons, (place > persons) & (place <= 2 * persons)
    kind = np.select([taken, other], ["member", "other"], "population")
    members = whole._take(taken.to_numpy())
    twin = share(members, correlations=correlations, seed=seed)
    scores: dict[str, dict[str, list[np.ndarray]]] = {name: {"member": [], "other": []} for name in ATTACKS}
    for side in ("client", "partner"):
        own = (whole.respondents["side"] == side).to_numpy()
        drawn = twin.items[(twin.respondents["side"] == side).to_numpy()].to_numpy()
        population = whole.items[own & (kind == "population")].to_numpy()
        for name, attack in ATTACKS.items():
            for group in ("member", "other"):
                scores[name][group].append(attack(whole.items[own & (kind == group)].to_numpy(), drawn, population))
    return {
        name: float(np.mean([area(*pair) for pair in zip(found["member"], found["other"], strict=True)]))
        for name, found in scores.items()
    }


def studies(n: int, persons: int, **options: object) -> pd.DataFrame:
    """The mean AUC of each attack over studies, with its Monte Carlo error."""
    found = pd.DataFrame([attacked(seed, persons, **options) for seed in range(n)])
    return pd.DataFrame({"auc": found.mean(), "error": found.std() / np.sqrt(n), "worst": found.max()})


if __name__ == "__main__":
    for persons in (10, 30, 130):
        for correlations in (False, True):
            if persons * 8 >= 100 or not correlations:
                print(persons, "correlations" if correlations else "independent")  # noqa: T201
                print(studies(40, persons, correlations=correlations).round(3).to_string())  # noqa: T201
    print("the answers themselves", studies(5, 30, share=answers_themselves).round(3).to_string(), sep="\n")  # noqa: T201
