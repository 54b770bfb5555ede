import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_analysis.core.sem.expression import ExpressionError, parse_expression


@given(a=st.floats(0.2, 3), b=st.floats(-3, -0.2), c=st.floats(0.2, 3))
def test_derivatives_are_those_of_the_value(a: float, b: float, c: float) -> None:
    tree = parse_expression("-a^2*b/(c + 1) + sqrt(c)*exp(b) - log(a) + a^c + abs(b) + tanh(a*b)")
    values = {"a": a, "b": b, "c": c}
    _value, slopes = tree.evaluate(values)
    for name in values:
        step = 1e-6
        up, _ = tree.evaluate({**values, name: values[name] + step})
        down, _ = tree.evaluate({**values, name: values[name] - step})
        # central differences of step 1e-6 carry an error of about 1e-9 of the value
        assert slopes[name] == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-6)


def test_expressions_follow_the_rules_of_arithmetic() -> None:
    assert parse_expression("-2^2 + 2*3 - 8/4/2").evaluate({})[0] == 1.0
    assert parse_expression("2^3^2").evaluate({})[0] == 512
    assert np.isnan(parse_expression("log(a)").evaluate({"a": -1.0})[0])
    with pytest.raises(ExpressionError):
        parse_expression("a b")
