import pytest

from hpp_analysis.core.sem.syntax import arrange_blocks, parse_syntax
from hpp_analysis.errors import ModelSyntaxError


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
        ("f =~ a*x1; a < ", 1, "<", "something"),
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


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(ModelSyntaxError) as caught:
        parse_syntax("f =~ x1 +\n\ng ~ c(*x\n h =~ x2")
    assert [failure.row for failure in caught.value.failures] == [1, 3]


def test_groups_may_have_models_of_their_own() -> None:
    model = parse_syntax("group: north\nf =~ x1 + x2 + x3\ngroup: 'south'\nf =~ x1 + x2 + x3; x1 ~~ x2\na == 1; b := a")
    assert [(block.name, len(block.terms), block.line) for block in model.blocks] == [("north", 3, 1), ("south", 4, 3)]
    assert len(model.terms) == 4
    assert len(model.constraints) == 2
    assert [block.name for block in arrange_blocks(model, ["south", "north"]).blocks] == ["south", "north"]
    numbered = parse_syntax("group: 1\nf =~ x1 + x2\ngroup: 2\nf =~ x1 + x2")
    assert [block.name for block in arrange_blocks(numbered, ["south", "north"]).blocks] == ["1", "2"]
    with pytest.raises(ModelSyntaxError):
        arrange_blocks(model, ["south", "east"])


@pytest.mark.parametrize(
    "text",
    [
        "f =~ x1 + x2\ngroup: 1\nf =~ x1 + x2\ngroup: 2\nf =~ x1 + x2",
        "group: 1\nf =~ x1 + x2",
        "group: 1\nf =~ x1 + x2\ngroup: 1\nf =~ x1 + x2",
        "group: 1\nf =~ x1 + x2\ngroup: 2",
    ],
)
def test_blocks_that_leave_a_group_open_are_refused(text: str) -> None:
    with pytest.raises(ModelSyntaxError):
        parse_syntax(text)


def test_levels_are_blocks_of_their_own() -> None:
    text = "{}: {}; f =~ a + b; {}: {}; g =~ a + b + c"
    for one, other in (("1", "2"), ("within", "between")):
        model = parse_syntax(text.format("level", one, "level", other), levels=True)
        assert [(block.name, len(block.terms)) for block in model.blocks] == [("within", 2), ("between", 3)]
    turned = parse_syntax("level: 2; g =~ a + b; level: 1; f =~ a + b", levels=True)
    assert [block.terms[0].lhs for block in turned.blocks] == ["f", "g"]


@pytest.mark.parametrize(
    "text",
    [
        "f =~ a + b",
        "level: 1; f =~ a + b",
        "level: 1; f =~ a + b; level: 2",
        "level: 1; f =~ a + b; level: 1; g =~ a + b",
        "level: 1; f =~ a + b; level: within; g =~ a + b",
        "level: 1; f =~ a + b; level: 3; g =~ a + b",
        "level: 1; f =~ a + b; level: 2; g =~ a + b; level: 3; h =~ a + b",
        "h =~ a + b; level: 1; f =~ a + b; level: 2; g =~ a + b",
        "group: 1; level: 1; f =~ a + b; level: 2; g =~ a + b",
    ],
)
def test_a_model_of_two_levels_has_both(text: str) -> None:
    with pytest.raises(ModelSyntaxError):
        parse_syntax(text, levels=True)


def test_levels_are_refused_where_there_are_groups() -> None:
    with pytest.raises(ModelSyntaxError):
        parse_syntax("level: 1; f =~ a + b; level: 2; g =~ a + b")
