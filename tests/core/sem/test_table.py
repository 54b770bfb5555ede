"""The parameter table against lavaan's, row by row."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

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
    ("model", "groups", "word"),
    [
        ("f =~ x1 + c(a, b)*x2", 3, "3 expected, 2 found"),
        ("f =~ x1; d := a", 1, "a is neither"),
        ("f =~ a*x1 + x2; a := 2", 1, "given once"),
        ("f =~ x1 + equal('f=~x9')*x2", 1, "equal"),
        ("f =~ f", 1, "itself"),
        ("f =~ x1; x1 | t1", 1, "ordered="),
        ("f =~ x1 + a*x2; a == 1; a == 2", 1, "1 and 2"),
    ],
)
def test_impossible_tables_are_refused(model: str, groups: int, word: str) -> None:
    with pytest.raises(ModelSyntaxError, match=word):
        build_table(model, n_groups=groups)


def test_names_may_be_used_before_their_definition() -> None:
    later = build_table("f =~ a*x1 + b*x2 + c*x3\ntotal := indirect + c\nindirect := a*b")
    earlier = build_table("f =~ a*x1 + b*x2 + c*x3\nindirect := a*b\ntotal := indirect + c")
    assert [item.lhs for item in later.constraints] == ["total", "indirect"]
    values = {item.lhs: item.expression for item in earlier.constraints}
    assert all(values[item.lhs] == item.expression for item in later.constraints)
    with pytest.raises(ModelSyntaxError):
        build_table("f =~ a*x1 + b*x2\none := other\nother := one + a")


def test_blocks_have_rows_of_their_own_and_share_what_is_equal() -> None:
    text = "group: 1\nf =~ x1 + x2 + x3\ngroup: 2\nf =~ x1 + x2 + x3\nx1 ~~ x2"
    table = build_table(text, n_groups=2, group_equal="loadings")
    keys = list(zip(table.lhs, table.op, table.rhs, table.group.tolist(), strict=True))
    assert ("x1", "~~", "x2", 2) in keys
    assert ("x1", "~~", "x2", 1) not in keys
    loadings = [table.free[keys.index(("f", "=~", "x2", group))] for group in (1, 2)]
    assert loadings[0] == loadings[1] > 0
    with pytest.raises(ModelSyntaxError):
        build_table(text, n_groups=3)
    with pytest.raises(ModelSyntaxError):
        build_table(text + "\nf =~ x4", n_groups=2)


def test_thresholds_and_scales_have_rows_and_places() -> None:
    ordered = {"a": 1, "b": 2}
    table = build_table("f =~ a + b + c", ordered=ordered, n_groups=2, group_equal="thresholds")
    free = {
        (lhs, op, rhs, group): number
        for lhs, op, rhs, group, number in zip(table.lhs, table.op, table.rhs, table.group, table.free, strict=True)
    }
    assert free["b", "|", "t2", 1] == free["b", "|", "t2", 2] > 0
    assert free["a", "~*~", "a", 1] == 0 < free["a", "~*~", "a", 2]
    assert free["a", "~~", "a", 2] == free["a", "~1", "", 2] == 0
    assert free["c", "~~", "c", 1] > 0
    theta = build_table(
        "f =~ a + b + c", ordered=ordered, n_groups=2, group_equal="thresholds", parameterization="theta"
    )
    rows = list(zip(theta.lhs, theta.op, theta.rhs, theta.group.tolist(), strict=True))
    assert theta.value[rows.index(("a", "~~", "a", 1))] == 1.0
    assert theta.free[rows.index(("a", "~~", "a", 2))] > 0


def test_wu_and_estabrook_free_what_each_level_identifies() -> None:
    """Later groups only: scale and intercept with the thresholds, the factor with loadings, its mean with intercepts."""
    ordered = {"a": 3, "b": 3, "c": 1}
    equal = ("thresholds", "loadings", "intercepts", "residuals")
    free = []
    for level in range(5):
        table = build_table(
            "f =~ a + b + c",
            ordered=ordered,
            n_groups=2,
            std_lv=True,
            parameterization="theta",
            group_equal=equal[:level],
            wu_estabrook=True,
        )
        rows = list(zip(table.lhs, table.op, table.rhs, table.group.tolist(), strict=True))
        names = [("a", "~~", "a", 2), ("a", "~1", "", 2), ("c", "~~", "c", 2), ("f", "~~", "f", 2), ("f", "~1", "", 2)]
        free.append([bool(table.free[rows.index(name)]) for name in names])
    assert free == [
        [False, False, False, False, False],
        [True, True, False, False, False],
        [True, True, False, True, False],
        [True, False, True, True, True],
        [False, False, False, True, True],
    ]
