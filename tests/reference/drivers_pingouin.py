"""Reference values by pingouin, beside those of R: importance and mediation of data/drivers.csv.

Run from the top of the source tree, in an environment with pingouin (it is no dependency of the tests):
python tests/reference/drivers_pingouin.py
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pingouin as pg

HERE = Path(__file__).parent
X = ["x1", "x2", "x3", "x4", "x5"]


def main() -> None:
    d = pd.read_csv(HERE / "data" / "drivers.csv")
    regression = pg.linear_regression(d[X], d["y"], relimp=True).iloc[1:]
    z = (d - d.mean()) / d.std()
    mediation = pg.mediation_analysis(z, x="x1", m=["x2", "x3"], y="y", n_boot=5000, seed=1).set_index("path")
    made_by = {
        "script": Path(__file__).name, "python": sys.version.split()[0],
        "packages": {name: version(name) for name in ("pingouin", "pandas", "numpy", "scipy")},
    }  # fmt: skip
    found = {
        "made_by": made_by, "relimp": regression["relimp"].tolist(), "relimp_perc": regression["relimp_perc"].tolist(),
        "mediation": {"path": mediation.index.tolist(), "coef": mediation["coef"].tolist(), "se": mediation["se"].tolist()},
    }  # fmt: skip
    (HERE / "drivers_pingouin.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
