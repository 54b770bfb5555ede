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
