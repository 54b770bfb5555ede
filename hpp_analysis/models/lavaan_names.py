"""Arguments of lavaan that `fit_cfa` does not have: what to write instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hpp_analysis.errors import OptionError
from hpp_analysis.options import nearest

_INSTEAD = {
    "sample_nobs": "Write n_obs=.",
    "sample_mean": "Means need answers: give `data`.",
    "meanstructure": "Means are part of the model with groups, clusters or missing answers; else write 'x1 ~ 1' in it.",
    "se": "Standard errors follow `estimator`: 'ML', 'MLM' or 'MLR'; for the bootstrap call .bootstrap() of the result.",
    "test": "The test follows `estimator`: 'ML', 'MLM' or 'MLR'.",
    "bootstrap": "Call .bootstrap() of the result.",
    "iseed": "Call .bootstrap(seed=) of the result.",
    "auto_var": "Variances are always added; to fix one, write 'x1 ~~ 0*x1' in the model.",
    "auto_fix_first": "Write 'f =~ NA*x1 + x2' in the model, or std_lv=True.",
    "auto_fix_single": "To free the residual variance of a single indicator, write 'x1 ~~ NA*x1' in the model.",
    "auto_cov_lv_x": "Write orthogonal=True.",
    "auto_cov_y": "To fix a covariance, write 'y1 ~~ 0*y2' in the model.",
    "auto_efa": "Leave it out; factors of exploratory blocks always have variance 1 and are rotated.",
    "rotation_args": "Write rotation_options=.",
    "rotation_se": "Leave it out; standard errors are always those of the rotated solution.",
    "fixed_x": "To make covariates random, write their variances in the model: 'x1 ~~ x1'.",
    "conditional_x": "Ordered items are always conditional on covariates, numbers never; for covariates that are random write 'x1 ~~ x1'.",
    "int_ov_free": "To fix an intercept, write 'x1 ~ 0*1' in the model.",
    "int_lv_free": "To free a latent mean, write 'f ~ NA*1' in the model.",
    "effect_coding": "Write std_lv=True, or constraints in the model: 'a + b + c == 3'.",
    "std_ov": "The standardised solution stands in `estimates`: std_all.",
    "sampling_weights": "Weights are not supported; take the groups that they stand for as `group`.",
    "bounds": "Write bounds in the model: 'x1 ~~ lower(0)*x1'.",
    "constraints": "Write constraints in the model: 'a == b' or 'a > 0'.",
    "group_label": "Groups are in order of appearance; sort or select the rows.",
    "start": "Write start() in the model: 'f =~ x1 + start(0.8)*x2'.",
    "level": "Write blocks in the model (level: 1, level: 2), and call hpp.models.fit_two_level_cfa(model, data, cluster=).",
    "parameterization": "Leave it out; tests of ordered items do not depend on it.",
    "likelihood": "The likelihood is the normal one (divisor n); leave it out.",
    "mimic": "Numbers are those of lavaan; leave it out.",
    "data_frame": "Write data=.",
}
"""By the name in snake case; a dot and an underscore are one."""


def refuse_unknown(function: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse arguments that a function does not have, and name the way out.

    Raises
    ------
    OptionError
    """
    for name, value in given.items():
        snake = name.replace(".", "_")
        remedy = f"Write {snake}=." if snake in known else _INSTEAD.get(snake)
        if remedy is None:
            near = nearest(snake, known)
            remedy = near if near.startswith("Did") else "It is not supported; leave it out."
        raise OptionError(
            f"`{function}` must be given arguments that it has: {', '.join(known)}. Given: {name}={value!r}. {remedy}"
        )
