"""The parameter table against lavaan's, row by row."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpp_analysis.core.sem.expression import ExpressionError, parse_expression
from hpp_analysis.core.sem.syntax import parse_syntax
from hpp_analysis.core.sem.table import Table, build_table
from hpp_analysis.errors import ModelSyntaxError

REFERENCE = json.loads((Path(__file__).parents[2] / "reference" / "sem_table.json").read_text(encoding="utf-8"))[
    "cases"
]
OPTIONS = {
    "ngroups": "n_groups",
    "meanstructure": "meanstructure",
    "std.lv": "std_lv",
    "fixed.x": "fixed_x",
    "orthogonal": "orthogonal",
    "group.equal": "group_equal",
    "group.partial": "group_partial",
}


def table_of(case: dict[str, Any]) -> Table:
    options: dict[str, Any] = {OPTIONS[name]: value for name, value in case.items() if name in OPTIONS}
    for name in ("group_equal", "group_partial"):
        values = options.get(name, ())
        options[name] = [item.replace(".", "_") for item in ([values] if isinstance(values, str) else values)]
    return build_table(case["model"], **options)


def rows(table: Table) -> list[str]:
    return [
        "|".join(
            str(cell)
            for cell in (
                table.lhs[i],
                table.op[i],
                table.rhs[i],
                table.group[i],
                table.free[i],
                "NA" if math.isnan(table.value[i]) else f"{table.value[i]:g}",
                int(table.user[i]),
                int(table.exo[i]),
                table.label[i],
            )
        )
        for i in range(len(table))
    ]


@pytest.mark.parametrize("name", REFERENCE)
def test_table_equals_lavaans(name: str) -> None:
    assert rows(table_of(REFERENCE[name])) == REFERENCE[name]["rows"]


def test_options_make_different_tables() -> None:
    """Each option is seen: no two of the reference's variants of one model are the same table."""
    variants = [REFERENCE[name]["rows"] for name in ("three_factors", "std_lv", "means", "orthogonal")]
    variants += [REFERENCE[name]["rows"] for name in ("groups", "scalar", "scalar_std_lv", "strict_means")]
    assert len({tuple(rows) for rows in variants}) == len(variants)


def test_factor_of_factors_keeps_its_mean_at_zero() -> None:
    """Free means of both orders (as lavaan sets them) cannot be told apart."""
    model = "f =~ x1 + x2 + x3; g =~ x4 + x5 + x6; k =~ x7 + x8 + x9; h =~ f + g + k"
    table = build_table(model, n_groups=2, meanstructure=True, group_equal=("loadings", "intercepts"))
    later = {table.lhs[i]: table.free[i] > 0 for i in range(len(table)) if table.op[i] == "~1" and table.group[i] == 2}
    assert [later[name] for name in "fgkh"] == [True, True, True, False]


def test_constraints_between_two_parameters_and_with_numbers_are_settled_in_the_table() -> None:
    table = build_table(
        "f =~ NA*x1 + equal('f=~x1')*x2 + b*x3 + q*x4 + r*x5 + s*x6\n b == q; r == 0.8; s == 2*b; u := b; t := u^2"
    )
    assert table.free[:6].tolist() == [1, 1, 2, 2, 0, 3]
    assert table.value[4] == 0.8
    assert [(item.op, item.expression.linear) for item in table.constraints] == [
        (":=", True),
        (":=", False),
        ("==", True),
    ]


def test_definitions_may_build_on_earlier_ones() -> None:
    table = build_table("f =~ x1 + a*x2 + b*x3\n d := a*b; e := d + a; e == 3")
    assert [sorted(item.expression.labels) for item in table.constraints] == [["a", "b"]] * 3
    value, slopes = table.constraints[1].expression.evaluate({"a": 2.0, "b": 5.0})
    assert value == 12
    assert slopes == {"a": 6.0, "b": 2.0}
    assert not table.constraints[2].expression.linear


@pytest.mark.parametrize(
    ("model", "line", "token", "expected"),
    [
        ("f =~ x1 +\n g =~ x2", 1, "+", "a variable is expected"),
        ("f =~ x1\n f =~ x2 x3", 2, "x3", "`+` or the end of the line"),
        ("f =~ x1 - x2", 1, "-", "`+` is expected"),
        ("f =~ c(1, a)*x1", 1, "c", "numbers or labels"),
        ("f =~ c(1, 2*x1", 1, "x1", "closing bracket"),
        ("f =~ x1)", 1, ")", "closes none"),
        ("=~ x1", 1, "=~", "Before `=~` a variable"),
        ("f =~ x1; f ~", 1, "~", "something is expected"),
        ("f =~ x1 =~ x2", 1, "=~", "one operator"),
        ("f =~ foo(2)*x1", 1, "foo", "one of the functions"),
        ("f <~ x1", 1, "<~", "not supported"),
        ("f =~ a*x1; a < 3", 1, "<", "not supported"),
        ("group: 1\nf =~ x1", 1, "group", "Blocks"),
        ("f =~ x1:x2", 1, ":", "Products"),
        ("2*f =~ x1", 1, "2", "A variable is expected"),
        ("y ~ 3", 1, "3", "the intercept"),
        ("f =~ a*x1; d := a +* 2", 1, "*", "A number, a label"),
        ("f =~ x1 + x1", 1, "x1", "already"),
        ("f =~ a*b*x1", 1, "b", "two modifiers"),
        ("f =~ x1 % x2", 1, "%", "no meaning"),
        ("x1 + x2", 1, "x1", "has an operator"),
        ("# nothing", None, "# nothing", "at least one relation"),
    ],
)
def test_errors_name_line_token_and_what_was_expected(model: str, line: int | None, token: str, expected: str) -> None:
    with pytest.raises(ModelSyntaxError) as caught:
        parse_syntax(model)
    first = caught.value.failures[0]
    assert (first.row, first.value) == (line, token)
    assert expected in first.rule
    assert first.remedy


@pytest.mark.parametrize(
    ("model", "groups", "word"),
    [
        ("f =~ x1 + c(a, b)*x2", 3, "3 expected, 2 found"),
        ("f =~ x1; d := a", 1, "a is neither"),
        ("f =~ a*x1 + x2; a := 2", 1, "given once"),
        ("f =~ x1 + equal('f=~x9')*x2", 1, "equal"),
        ("f =~ f", 1, "itself"),
        ("f =~ x1; x1 | t1", 1, "not supported yet"),
        ("f =~ x1 + a*x2; a == 1; a == 2", 1, "1 and 2"),
    ],
)
def test_impossible_tables_are_refused(model: str, groups: int, word: str) -> None:
    with pytest.raises(ModelSyntaxError, match=word):
        build_table(model, n_groups=groups)


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ModelSyntaxError) as caught:
        parse_syntax("f =~ x1 +\n\ng ~ c(*x\n h =~ x2")
    assert [failure.row for failure in caught.value.failures] == [1, 3]


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
