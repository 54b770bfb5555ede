"""The line of a view, run as it is written, makes what the view showed."""

import ast
from operator import attrgetter

import matplotlib.pyplot as plt
import pytest

import hpp_analysis as hpp
from hpp_analysis.errors import HppError
from hpp_analysis.explorer.views import FIGURES, MARK, VERBS, VIEWS, Choice, line_of, why_not

CHOICES = [
    *(Choice(view=view, figure=figure, by="role", outcome="success", n_factors=2, level=level)
      for view in VIEWS for figure in FIGURES.get(view, ("",)) for level in ("factor", "item")),
    Choice(view="means", where={"side": "client"}, parts=("openness",)),
    Choice(view="gaps", parts=("ope1", "ope2"), level="item", where={"role": "manager"}),
]  # fmt: skip


def drawn(made) -> str:
    if hasattr(made, "blocks"):
        return "".join(block.svg + block.caption for block in made.blocks)
    texts = [text.get_text() for text in [*made.get_yticklabels(), *made.get_legend().get_texts()]]
    extents = [path.get_extents().bounds for shape in made.collections for path in shape.get_paths()]
    plt.close(made.figure)
    return repr((texts, extents))


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: f"{choice.view}-{choice.level}-{choice.figure}")
def test_the_line_makes_the_figure_of_the_view(choice: Choice, language: str, survey) -> None:
    line = line_of(choice, survey, language)
    code = line.code("answers")
    assert "\n" not in code and code.endswith(MARK)
    shown = drawn(line.run(line.select(survey)))
    names: dict = {"hpp": hpp, "answers": survey}
    if line.draws:  # in a cell the figure of pyplot is shown at the end
        exec(code, names)
        again = drawn(plt.gcf().axes[0])
    else:
        again = drawn(eval(code, names))
    assert shown == again


def test_verbs_are_those_of_the_package() -> None:
    assert all(attrgetter(name)(hpp) is verb for name, verb in VERBS.items())


def test_each_choice_has_a_line_of_its_own(survey) -> None:
    lines = [line_of(choice, survey, "en").code("survey") for choice in CHOICES]
    levels_count = [c for c in CHOICES if c.level == "factor" or c.view in ("means", "gaps", "correlations")]
    assert len(set(lines)) == len(levels_count)


@pytest.mark.parametrize(
    "value",
    ['")) or exit(', "a'b\"c", "back\\slash", "two\nlines", "\u2028", "\U0001f600", "{x}", "%s", "\x7f\x00", "\ud800"],
)
@pytest.mark.parametrize("column", ["role", "Job level", "class", 'x", **{}) #'])
def test_no_text_becomes_code(value: str, column: str, survey) -> None:
    code = line_of(Choice(view="means", where={column: value}, by=column), survey, "en").code("survey")
    (statement,) = ast.parse(code.encode("utf-8", "surrogatepass") if value != "\ud800" else ascii_only(code)).body
    calls = {ast.unparse(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)}
    assert calls == {"hpp.show", "hpp.score_scales", "survey.where"}
    texts = {node.value for node in ast.walk(statement) if isinstance(node, ast.Constant)}
    assert value in texts
    assert "\n" not in code


def ascii_only(code: str) -> str:
    return code.encode("ascii", "backslashreplace").decode()


NOT_THERE = [
    Choice(view="gaps", by="partner"),
    Choice(view="gaps", where={"side": "client"}),
    Choice(view="means", by="respondent"),
    Choice(view="distributions", figure="shapes"),
    Choice(view="drivers"),
    Choice(view="drivers", outcome="success", parts=("success",)),
    Choice(view="means", where={"role": "nobody"}),
]


@pytest.mark.parametrize("choice", NOT_THERE)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_what_is_in_the_way_is_said_in_the_language(choice: Choice, language: str, survey) -> None:
    with hpp.language(language):
        assert why_not(choice, survey).endswith(".")


def test_nothing_is_in_the_way_of_a_view_that_is_there(survey) -> None:
    assert [why_not(choice, survey) for choice in CHOICES if choice.figure != "shapes"] == [""] * (len(CHOICES) - 2)


def test_too_few_items_are_an_error_with_a_class(survey) -> None:
    line = line_of(Choice(view="loadings", parts=("ope1", "ope2"), n_factors=2), survey, "en")
    with pytest.raises(HppError):
        line.run(line.select(survey))
