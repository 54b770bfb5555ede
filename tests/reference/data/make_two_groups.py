"""Answers of two groups to nine items of three factors, 1 to 7, with gaps: item x2 is answered lower in group b."""

from pathlib import Path

import numpy as np

rng = np.random.default_rng(20)
n, loadings = 220, np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6]]))
phi = np.array([[1.0, 0.5, 0.4], [0.5, 1.0, 0.3], [0.4, 0.3, 1.0]])
lines = ["group," + ",".join(f"x{i}" for i in range(1, 10))]
for group, shift in (("a", 0.0), ("b", -0.9)):
    factors = rng.standard_t(8, size=(n, 3)) @ np.linalg.cholesky(phi).T + (0.3 if group == "b" else 0.0)
    x = 4.2 + 1.2 * (factors @ loadings.T + rng.normal(size=(n, 9)) * np.sqrt(1 - (loadings**2).sum(axis=1)))
    x[:, 1] += shift
    answers = np.clip(np.round(x), 1, 7).astype(int)
    gaps = rng.random((n, 9)) < 0.05
    for row, gap in zip(answers, gaps, strict=True):
        lines.append(
            group + "," + ",".join("" if missing else str(value) for value, missing in zip(row, gap, strict=True))
        )
(Path(__file__).parent / "two_groups.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
