"""EFA.bootstrap: standard errors and intervals as R has them, aligned factors, persons as units, honest counts."""

import numpy as np
import pandas as pd
import pytest

from hpp_analysis import correlate, fit_efa, language
from hpp_analysis.errors import NotIdentifiedError, OptionError
from hpp_analysis.factors.efa import EFA
from hpp_analysis.factors.efa_bootstrap import EFABootstrap
from tests.core.conftest import REFERENCE, read_values

VALUES = read_values("efa_bootstrap")


N = 2000


@pytest.fixture(scope="module")
def items() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "bootstrap_items.csv")


@pytest.fixture(scope="module")
def efa(items: pd.DataFrame) -> EFA:
    return fit_efa(items, 3)


@pytest.fixture(scope="module")
def boot(efa: EFA) -> EFABootstrap:
    return efa.bootstrap(N, seed=1)


@pytest.fixture(scope="module")
def accelerated(efa: EFA) -> EFABootstrap:
    return efa.bootstrap(N, seed=1, method="bca")


def in_their_order(efa: EFA) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of our statistics the place of R's, the sign between them; and of the three pairs of factors."""
    ours, theirs = efa.loadings.to_numpy(), np.array(VALUES["loadings"])
    inner = theirs.T @ ours
    order, sign = np.abs(inner).argmax(axis=0), np.sign(inner[np.abs(inner).argmax(axis=0), range(3)])
    places = (np.arange(9)[:, None] * 3 + order[None, :]).ravel()
    pair = {(0, 1): 27, (0, 2): 28, (1, 2): 29}
    pairs = [(0, 1), (0, 2), (1, 2)]
    more = [pair[tuple(sorted((order[a], order[b])))] for a, b in pairs]
    signs = np.concatenate([np.tile(sign, 9), [sign[a] * sign[b] for a, b in pairs]])
    return np.concatenate([places, more]), signs, order


def ours(boot: EFABootstrap, what: str) -> np.ndarray:
    return np.concatenate([boot.table[what], boot.factor_correlations[what]])


def their_bounds(efa: EFA, kind: str) -> np.ndarray:
    places, signs, _order = in_their_order(efa)
    bounds = np.array(VALUES[kind])[places] * signs[:, None]
    return np.sort(bounds, axis=1)


def test_standard_errors_are_those_of_resampled_psych(efa: EFA, boot: EFABootstrap) -> None:
    places, _signs, order = in_their_order(efa)
    theirs = np.array(VALUES["se"])[places]
    # the error of a standard deviation over 2,000 and 3,000 samples is 2 % of it; of 30 none should be 4 away
    np.testing.assert_allclose(ours(boot, "se"), theirs, rtol=0.10)
    # psych's own are of solutions that were turned orthogonally to the full one, not aligned: known apart by this test
    turned = np.array(VALUES["psych_se"])[:, order].ravel()
    assert np.abs(turned / boot.table["se"] - 1.0).max() > 0.2
    assert np.mean(turned / boot.table["se"]) == pytest.approx(1.0, abs=0.05)  # but much the same on average


@pytest.mark.parametrize("kind", ["percentile", "bca"])
def test_intervals_are_those_of_resampled_psych(
    kind: str, efa: EFA, boot: EFABootstrap, accelerated: EFABootstrap
) -> None:
    found = boot if kind == "percentile" else accelerated
    theirs = their_bounds(efa, kind)
    se = ours(found, "se")
    # a 2.5 % quantile of 2,000 has an error of 6 % of the standard error; R's of 3,000, and BCa's bias correction, add to it
    for side, name in enumerate(["ci_lower", "ci_upper"]):
        away = np.abs(ours(found, name) - theirs[:, side]) / se
        assert away.max() < (0.45 if kind == "percentile" else 0.6)  # most where a distribution is skewed
        assert away.mean() < 0.1


def test_bca_differs_from_percentile(efa: EFA, boot: EFABootstrap, accelerated: EFABootstrap) -> None:
    other = their_bounds(efa, "percentile") - their_bounds(efa, "bca")
    found = np.column_stack([ours(boot, name) - ours(accelerated, name) for name in ("ci_lower", "ci_upper")])
    # what the correction does is the same as in R
    assert np.abs(found).max() > 0.02
    assert np.corrcoef(found.ravel(), other.ravel())[0, 1] > 0.9


def test_every_sample_is_aligned(boot: EFABootstrap, efa: EFA) -> None:
    inner = np.einsum("pk,spk->sk", efa.loadings.to_numpy(), boot.samples.lambda_)
    assert (inner > 0).all()
    assert boot.congruence["mean"].gt(0.95).all()
    # loadings and correlations were turned together: they reproduce each sample's communalities and keep phi a correlation
    assert np.allclose(np.diagonal(boot.samples.phi, axis1=1, axis2=2), 1.0)
    assert (np.linalg.eigvalsh(boot.samples.phi) > 0).all()


def test_a_sample_is_the_solution_of_its_rows(items: pd.DataFrame) -> None:
    """The short way (weights, warm start) and the long one (rows, cold start) end at the same solution."""
    for options in (
        {},
        {"extraction": "ml", "rotation": "varimax", "normalize": True},
        {"extraction": "pca", "rotation": "promax"},
        {"extraction": "pa", "rotation": "geomin"},
        {"correlation": "spearman", "missing": "pairwise"},
        {
            "extraction": "gls",
            "rotation": "target_t",
            "rotation_options": {"target": np.kron(np.eye(3), np.ones((3, 1)))},
        },
    ):
        efa = fit_efa(items, 3, **options)
        boot = efa.bootstrap(100, seed=3)
        rng = np.random.default_rng(3)
        chosen = rng.integers(len(items), size=(100, len(items)))
        again = fit_efa(items.iloc[chosen[0]].reset_index(drop=True), 3, **options)
        theirs, mine = again.loadings.to_numpy(), boot.samples.lambda_[0]
        inner = mine.T @ theirs
        order = np.abs(inner).argmax(axis=1)
        signs = np.sign(inner[range(3), order])
        # warm starts end at a projected gradient of 1e-6: five digits of a loading
        np.testing.assert_allclose(mine, theirs[:, order] * signs, atol=5e-5, err_msg=str(options))
        phi = again.factor_correlations.to_numpy()[np.ix_(order, order)] * np.outer(signs, signs)
        np.testing.assert_allclose(boot.samples.phi[0], phi, atol=5e-5)


def test_a_whole_target_is_reached(items: pd.DataFrame) -> None:
    """Also where factors have to be exchanged and reflected, which no small steps can do."""
    target = np.kron(np.eye(3), np.ones((3, 1)))
    for rotation in ("target", "target_t"):
        for change in ([0, 1, 2], [1, 0, 2], [2, 0, 1]):
            wanted = target[:, change]
            loadings = fit_efa(items, 3, rotation=rotation, rotation_options={"target": wanted}).loadings
            assert (loadings.abs().to_numpy().argmax(axis=1) == wanted.argmax(axis=1)).all()


def test_what_goes_wrong_in_samples_is_counted(items: pd.DataFrame) -> None:
    few = items.head(12).assign(v9=[1.0] * 11 + [5.0])  # many samples lack the one answer that differs
    boot = fit_efa(few, 1).bootstrap(200)
    assert 50 < boot.n_without < 150
    assert {"no_solution", "undefined_bounds"} <= set(boot.flags)
    assert boot.table["ci_lower"].isna().all()
    assert str(boot.n_without) in boot.summary()
    assert str(boot.n_without) in boot.methods()
    many = fit_efa(items.head(40), 3).bootstrap(200)
    assert many.n_heywood == many.samples.heywood.sum() > 0
    assert "heywood_samples" in many.flags
    assert "unstable_factors" in many.flags
    assert many.samples.defined.all()  # they are not dropped


def test_what_cannot_be_resampled_is_refused(items: pd.DataFrame, efa: EFA) -> None:
    with pytest.raises(OptionError, match="correlations"):
        fit_efa(items.corr(), 3, n_obs=0).bootstrap(100)
    with pytest.raises(OptionError, match="correlations"):
        fit_efa(correlate(items, method="spearman"), 3).bootstrap(100)
    with pytest.raises(OptionError, match="percentile"):
        fit_efa(items.corr(), 3, n_obs=300).bootstrap(100, method="bca")
    with pytest.raises(NotIdentifiedError):
        fit_efa(items.assign(v1=1.0), 3).bootstrap(100)
    for wrong in (0, 99, True, 100.5):
        with pytest.raises(OptionError):
            efa.bootstrap(wrong)  # type: ignore[arg-type]
    with pytest.raises(OptionError):
        efa.bootstrap(100, method="normal")  # type: ignore[arg-type]
    with pytest.raises(OptionError):
        efa.bootstrap(100, conf_level=95)


def test_it_shows_itself_in_both_languages(boot: EFABootstrap, accelerated: EFABootstrap) -> None:
    with language("nl"):
        dutch = boot.summary(), boot.methods(), boot.alt(), accelerated.methods()
    english = boot.summary(), boot.methods(), boot.alt(), accelerated.methods()
    assert all(one != other and len(one) > 20 for one, other in zip(dutch, english, strict=True))
    for said in ("95%", "2,000", "seed 1", "300", "Tucker"):
        assert said in boot.methods()
    assert "jackknife" in accelerated.methods() and "200 groups" in accelerated.methods()
    html = boot._repr_html_()
    assert html.count("<table>") == 4
    assert boot.plot() is not None
    assert boot.to_frame().columns.tolist() == ["item", "factor", "loading", "se", "ci_lower", "ci_upper"]


def test_published_correlations_have_intervals_too(items: pd.DataFrame) -> None:
    """Of normal answers, samples of a normal population vary as samples of the answers do."""
    rng = np.random.default_rng(8)
    normal = pd.DataFrame(rng.multivariate_normal(np.zeros(9), items.corr(), 600), columns=items.columns)
    of_answers = fit_efa(normal, 3).bootstrap(1000, seed=1)
    matrix = fit_efa(normal.corr(), 3, n_obs=600)
    of_matrix = matrix.bootstrap(1000, seed=1)
    # errors of a standard error: 2 % of Monte Carlo each, and 600 answers are normal by and large only
    assert np.mean(of_matrix.table["se"] / of_answers.table["se"]) == pytest.approx(1.0, abs=0.05)
    half = fit_efa(normal.corr(), 3, n_obs=300).bootstrap(1000, seed=1)
    assert np.mean(half.table["se"] / of_matrix.table["se"]) == pytest.approx(np.sqrt(2), abs=0.1)
    assert "normal population" in of_matrix.methods() and "600" in of_matrix.methods()
    assert "computed anew" not in of_matrix.methods()
    with language("nl"):
        assert "normale populatie" in of_matrix.methods()


def test_seeds_repeat(efa: EFA) -> None:
    assert efa.bootstrap(100, seed=2).table.equals(efa.bootstrap(100, seed=2).table)
    assert not efa.bootstrap(100, seed=2).table.equals(efa.bootstrap(100, seed=3).table)


def coverage(n: int, runs: int, samples: int, method: str) -> float:
    """How often intervals hold the loadings of the population, over all loadings of an oblique simple structure."""
    lambda_ = np.kron(np.eye(2), np.array([[0.8], [0.7], [0.6], [0.5]]))
    phi = np.array([[1.0, 0.4], [0.4, 1.0]])
    sigma = lambda_ @ phi @ lambda_.T
    np.fill_diagonal(sigma, 1.0)
    truth = lambda_  # oblimin's value is 0 there: the solution of the population
    rng = np.random.default_rng(5)
    inside = []
    for _run in range(runs):
        x = pd.DataFrame(rng.multivariate_normal(np.zeros(8), sigma, n))
        boot = fit_efa(x, 2).bootstrap(samples, method=method)
        low, high = (boot.table[name].to_numpy().reshape(8, 2) for name in ("ci_lower", "ci_upper"))
        swapped = abs(boot.efa.loadings.to_numpy()[:4, 0].sum()) < abs(boot.efa.loadings.to_numpy()[:4, 1].sum())
        aim = truth[:, ::-1] if swapped else truth
        inside.append((low <= aim) & (aim <= high))
    return float(np.mean(inside))


def test_intervals_cover_the_truth_small() -> None:
    # 60 runs x 16 loadings, correlated within a run: the error is about .01; .90 would be a wrong method
    assert 0.91 < coverage(300, 60, 400, "percentile") < 0.98


@pytest.mark.slow
@pytest.mark.parametrize("method", ["percentile", "bca"])
@pytest.mark.parametrize("n", [200, 500])
def test_intervals_cover_the_truth(n: int, method: str) -> None:
    # 1,000 runs: the gate of simulations in this project
    assert 0.926 <= coverage(n, 1000, 1000, method) <= 0.974
