"""The explorer, by the handlers of its controls."""

import builtins
import html
import re
import time

import pandas as pd
import pytest

import hpp_analysis as hpp
from hpp_analysis import explore
from hpp_analysis.errors import OptionError
from hpp_analysis.explorer import explorer as module
from hpp_analysis.explorer.views import FIGURES, VIEWS
from hpp_analysis.texts import gettext as _

pytest.importorskip("ipywidgets", reason="the explorer needs ipywidgets, of the extra 'lab'")


@pytest.fixture
def explorer(survey):
    return explore(survey, language="en")


def choose(explorer, **chosen) -> str:
    """Set controls one by one, as a user does; what is shown then."""
    for name, value in chosen.items():
        explorer.controls[name].value = value
    return explorer._result.value


@pytest.mark.parametrize("language", ["en", "nl"])
def test_each_view_shows_its_figure_and_the_line_that_makes_it(survey, language: str) -> None:
    explorer = explore(survey, variable="answers", language=language)
    for view in VIEWS:
        for figure in FIGURES.get(view, ("",)):
            page = choose(explorer, view=view, figure=figure)
            assert "<svg" in page or "data:image/png" in page, view
            # maps of correlations and loadings write the numbers into their cells
            assert figure == "shapes" or ("<title>" in page) == (view not in ("correlations", "loadings")), view
            (code,) = re.findall("<code>(.*?)</code>", explorer._code.value)
            assert html.unescape(code) == explorer.line
            if "<svg" in page:
                made = eval(explorer.line, {"hpp": hpp, "answers": survey})
                assert all(block.svg in page for block in made.blocks)


def test_views_are_counted_once_each(explorer) -> None:
    assert len(explorer.lines) == 1
    choose(explorer, view="means")
    choose(explorer, view="distributions")
    assert len(explorer.lines) == 2
    assert "2 views were looked at" in explorer._count.value


def test_it_says_that_nothing_is_cleared(survey) -> None:
    for language in ("en", "nl"):
        explorer = explore(survey, language=language)
        with hpp.language(language):
            assert (
                _("Nothing here is cleared for others: a view may show what single persons answered.")
                in explorer._warning.value
            )
    assert all("not cleared for others" in line for line in explorer.lines)


def test_the_language_is_changed_as_a_whole(explorer) -> None:
    choose(explorer, view="gaps", factor="openness", language="nl")
    assert explorer.controls["by"].description == "Uitsplitsing"
    assert explorer.controls["view"].value == "gaps" and explorer.controls["factor"].value == "openness"
    assert ("Openheid", "openness") in explorer.controls["factor"].options
    assert 'language="nl"' in explorer.line


def test_a_choice_without_a_view_is_a_sentence_and_no_view(explorer) -> None:
    before = explorer.lines
    page = choose(explorer, by="respondent")
    assert page.startswith("<p") and "groups" in page and explorer._code.value == ""
    assert explorer.lines == before
    assert "<svg" in choose(explorer, by="side")


def test_too_few_are_a_sentence(survey) -> None:
    few = survey.keep([place < 3 for place in range(len(survey))], why="three ratings")
    explorer = explore(few, language="en")
    for view in VIEWS:
        page = choose(explorer, view=view)
        assert "Traceback" not in page and (page.startswith("<p") or "<svg" in page)
    page = choose(explorer, view="loadings", factor="openness", items=("ope1", "ope2"), n_factors=2)
    assert page.startswith("<p") and "n_factors" in page


def test_a_failure_of_the_program_is_a_sentence_with_its_class(explorer, monkeypatch) -> None:
    def fail(*_args, **_options):
        raise ZeroDivisionError("<b>sums</b>")

    monkeypatch.setitem(module.line_of.__globals__["VERBS"], "correlate", fail)
    page = choose(explorer, view="correlations", level="item")
    assert "ZeroDivisionError" in page and "<b>" not in page and page.startswith("<p")


def test_groups_and_items_follow_what_is_chosen(explorer) -> None:
    choose(explorer, view="means", by="role", group="manager")
    assert 'where(role="manager")' in explorer.line and "by=[]" in explorer.line
    choose(explorer, by="side")
    assert explorer.controls["group"].value == "" and 'by=["side"]' in explorer.line
    choose(explorer, factor="openness", items=("ope1", "ope2"))
    assert '.only("ope1", "ope2")' in explorer.line
    choose(explorer, factor="equality")
    assert '.only("equality")' in explorer.line
    choose(explorer, view="drivers")
    assert explorer.controls["items"].layout.display == "none"


def test_only_what_changes_is_made_again(explorer, monkeypatch) -> None:
    calls = []
    for name, verb in list(module.line_of.__globals__["VERBS"].items()):
        monkeypatch.setitem(
            module.line_of.__globals__["VERBS"], name, lambda *args, verb=verb, **options: (calls.append(verb), verb(*args, **options))[1]
        )  # fmt: skip
    for view in ("means", "gaps", "means", "gaps"):
        choose(explorer, view=view)
    assert len(calls) == 2
    kept = explorer._selected[1]
    choose(explorer, view="distributions", figure="stacks", level="item")
    assert explorer._selected[1] is kept


def test_waves_are_offered_where_there_are_several(survey) -> None:
    assert explore(survey).controls["wave"].layout.display == "none"
    waves = hpp.simulate_study(partners=2, persons_per_side=10, waves=2, seed=1).survey
    explorer = explore(waves, language="en")
    assert explorer.controls["wave"].layout.display is None
    choose(explorer, wave="2")
    assert '.where(wave="2")' in explorer.line
    choose(explorer, view="gaps", wave="", by="wave")
    assert 'side="wave"' in explorer.line


def test_names_are_text(root) -> None:
    evil = "<img src=x onerror=alert(1)>"
    frame = hpp.simulate_study(partners=2, persons_per_side=12, seed=1).frame()
    frame["role"] = "manager"
    explorer = explore(
        hpp.read_survey(frame.assign(**{"a <b>": "x", "partner": evil + frame["partner"]}), instrument="hpp"),
        language="en",
    )
    for view in VIEWS:
        for by in ("role", "partner", "a <b>"):
            page = choose(explorer, view=view, by=by) + explorer._code.value
            assert "<img src=x" not in page and "<b>" not in page
    assert any(evil in text for text, _value in explorer.controls["group"].options) or choose(explorer, by="partner")


def test_a_plain_questionnaire_of_one_factor_without_columns(tmp_path) -> None:
    frame = pd.DataFrame({"a": [1, 5, 3, 4, 2] * 5, "b": [2, 5, 3, 5, 2] * 5, "c": [1, 4, 3, 4, 1] * 5})
    (tmp_path / "short.yaml").write_text(
        "name: short\nlanguage: en\nscale: 1-5\nfactors:\n  - {id: f, name: F}\nitems:\n"
        + "".join(f"  - {{id: {item}, factor: f, text: Question {item}}}\n" for item in "abc")
    )
    explorer = explore(hpp.read_survey(frame, instrument=tmp_path / "short.yaml"), language="nl")
    for view in VIEWS:
        page = choose(explorer, view=view)
        assert page.startswith("<p") == (view in ("gaps", "drivers")), view
    assert 'language="en"' in explorer.lines[0]  # the questionnaire has no Dutch


@pytest.mark.parametrize("name", ["two words", "class", "x; y", "1st"])
def test_a_name_must_be_one_of_a_variable(name: str, survey) -> None:
    with pytest.raises(OptionError):
        explore(survey, variable=name)


def test_without_the_package_it_says_what_to_install(survey, monkeypatch) -> None:
    real = builtins.__import__

    def absent(name, *rest):
        if name == "ipywidgets":
            raise ModuleNotFoundError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(OptionError, match=r"hpp-analysis\[lab\]"):
        explore(survey)


def test_five_thousand_persons_are_shown_within_half_a_second() -> None:
    """Processor time, as the wall clock of a busy machine says little; the first view of a kind loads its libraries."""
    survey = hpp.simulate_study(partners=5, persons_per_side=500, seed=1).survey
    assert len(survey) == 5000
    explorer = explore(survey, language="en")
    took = {}
    for view in VIEWS:
        for figure in FIGURES.get(view, ("",)):
            choose(explorer, view=view, figure=figure, factor="openness")
            tries = []
            for factor in ("equality", "openness" if figure == "shapes" else "", "equality"):
                explorer._pages.clear()  # as if it had never been seen
                started = time.process_time()
                choose(explorer, factor=factor)
                tries.append(time.process_time() - started)
            took[view, figure] = min(tries)  # other processes on the machine slow down some
    assert max(took.values()) < 0.5, took
