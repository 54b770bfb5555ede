"""Tables for manuscripts: three formats with the same words, escaped, and with APA's zeros."""

import io
import re

import docx
import pytest
from bs4 import BeautifulSoup

from hpp_analysis import fit_efa, refine_scale, simulate_study
from hpp_analysis.errors import OptionError
from hpp_analysis.factors.efa import EFA
from hpp_analysis.report import to_apa

NAMES = ["a & b_1 <i>x</i>", r"50% \input{x} $y$ #1 ~^", "[2pt] x", "* y"]


@pytest.fixture(scope="module")
def efa() -> EFA:
    answers = simulate_study(seed=1).survey["conflict_management"]
    return fit_efa(answers.set_axis(NAMES, axis=1), 1)


def test_the_three_formats_hold_the_same_cells(efa: EFA) -> None:
    html = BeautifulSoup(to_apa(efa), "html.parser")
    cells = [[cell.text for cell in row.find_all(["th", "td"])] for row in html.find_all("tr")]
    table = docx.Document(io.BytesIO(to_apa(efa, "docx"))).tables[0]
    assert [[cell.text for cell in row.cells] for row in table.rows] == cells
    assert [row[0] for row in cells[1:]] == [NAMES[place] for place in efa._labelled().index]
    latex = to_apa(efa, "latex")
    numbers = re.findall(r"(?<![\d\w])\.\d\d", latex)
    assert numbers == [number for row in cells[1:] for number in row[1:]]
    assert all(number.startswith(".") for row in cells[1:] for number in row[1:])  # no zero before the mark


def test_html_and_latex_are_escaped(efa: EFA) -> None:
    assert "<i>" not in to_apa(efa)
    latex = to_apa(efa, "latex")
    body = latex[latex.index("midrule") : latex.index("bottomrule")]
    assert r"a \& b\_1 \textless{}i\textgreater{}" in body
    assert r"50\% \textbackslash{}input\{x\} \$y\$ \#1 \textasciitilde{}\textasciicircum{}" in body
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len(rows) == 4
    assert all(line.count(" & ") == 3 for line in rows)
    assert not any(line.startswith(("[", "*")) for line in rows)  # an option of the row before
    assert r"\usepackage" not in latex


def test_numbers_titles_and_languages(efa: EFA) -> None:
    html = to_apa(efa, number=3, language="nl")
    assert "<strong>Tabel 3</strong>" in html
    assert ",7" in html and "0,7" not in html
    assert "Factorladingen" in html
    document = docx.Document(io.BytesIO(to_apa(efa, "docx", number=3)))
    assert [paragraph.text for paragraph in document.paragraphs[:2]] == ["Table 3", "Factor loadings"]
    assert to_apa(efa, "docx") == to_apa(efa, "docx")
    variance = to_apa(efa, table="variance")
    assert "Variance that the factors account for" in variance


def test_notes_follow_the_table(efa: EFA) -> None:
    answers = simulate_study(seed=1).survey.items.iloc[:30, :8]
    shaky = fit_efa(answers, 3).bootstrap(100)
    assert "heywood_samples" in shaky.flags
    assert "<em>Note.</em> " in to_apa(shaky)
    assert r"\item \textit{Note.} " in to_apa(shaky, "latex")
    assert docx.Document(io.BytesIO(to_apa(shaky, "docx"))).paragraphs[-1].text.startswith("Note. ")
    assert "Note" not in to_apa(efa)


def test_wide_tables_lie_on_their_side(efa: EFA) -> None:
    upright = docx.Document(io.BytesIO(to_apa(efa, "docx"))).sections[0]
    assert upright.page_width < upright.page_height
    survey = simulate_study("hpp_pool", persons_per_side=40, seed=1).survey
    scale = refine_scale(survey.only("openness", "communication", "conflict_handling"), 2)
    document = docx.Document(io.BytesIO(to_apa(scale, "docx", table="steps_taken")))
    assert document.sections[0].page_width > document.sections[0].page_height
    table = document.tables[0]
    room = document.sections[0].page_width - 2 * document.sections[0].left_margin
    assert sum(column.width for column in table.columns) <= room
    # the longest texts get the widest column
    widths = [column.width for column in table.columns]
    assert widths[1] > widths[0]


def test_what_is_no_table_is_refused(efa: EFA) -> None:
    for wrong in ({"format": "word"}, {"table": "summary"}, {"table": "nothing"}, {"number": 0}):
        with pytest.raises(OptionError):
            to_apa(efa, **wrong)
