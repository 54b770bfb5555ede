"""The consultant's notes: Markdown that only says things, for clients, languages and sections that there are."""

from pathlib import Path

import pytest

from hpp_analysis.errors import SurveyError
from hpp_analysis.study.notes import StudyNotes, load_notes, notes_template
from hpp_analysis.study.study import load_study


def write(folder: Path, text: str) -> Path:
    file = folder / "notes.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def note(folder: Path, text: str) -> Path:
    lines = "".join(f"        {line}\n" for line in text.split("\n"))
    return write(folder, f"clients:\n  A:\n    en:\n      summary: |\n{lines}")


def problems(file: Path) -> list[str]:
    with pytest.raises(SurveyError) as caught:
        load_notes(file)
    return [str(failure) for failure in caught.value.failures]


@pytest.mark.parametrize(
    "text",
    [
        "One paragraph.\n\nAnother, with *italic* and **bold**, 5 < 6, R&D, {{7*7}}, =1+1, #hash.",
        "- a\n- b\n  - c\n\n1. one",
        "> a quote",
        "[a site](https://example.org) and [mail](mailto:a@example.org)",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "#set page(fill: red) $x$ `code`",
    ],
)
def test_plain_markdown_is_read(tmp_path: Path, text: str) -> None:
    assert load_notes(note(tmp_path, text)).of(["A"], "en") == {"summary": [text]}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<script>alert(1)</script>", "HTML"),
        ("fine\n\n</div>", "HTML"),
        ("<!-- x -->", "HTML"),
        ("<https://example.org>", "HTML"),
        ("![x](https://example.org/x.png)", "pictures"),
        ("[x](javascript:alert(1))", "links"),
        ("[x]( <javascript:alert(1)>)", "links"),
        ("[x](file:///etc/passwd)", "links"),
        ("[x](data:text/html,x)", "links"),
        ("[x](../../x)", "links"),
        ("[x][y]\n\n[y]: javascript:alert(1)", "addresses"),
        ("a\n\n# Heading", "headings"),
        ("Heading\n---", "headings"),
        ("Heading\n===", "headings"),
        ("```\ncode\n```", "code"),
    ],
)
def test_what_does_more_than_say_is_refused(tmp_path: Path, text: str, what: str) -> None:
    (found,) = problems(note(tmp_path, text))
    assert what in found and "line " in found and "clients.A.en.summary" in found


@pytest.mark.parametrize("letter", ["\u202e", "\u2066", "\x07", "\ufeff"])
def test_invisible_controls_are_refused(tmp_path: Path, letter: str) -> None:
    escaped = f"\\u{ord(letter):04x}"
    assert problems(write(tmp_path, f'all: {{en: {{summary: "a{escaped}b"}}}}'))


@pytest.mark.parametrize("text", ["", "# nothing yet", "all:\nclients:\n"])
def test_no_notes_are_no_problem(tmp_path: Path, text: str) -> None:
    assert load_notes(write(tmp_path, text)).of(["A"], "en") == {}


def test_every_problem_of_the_file_is_told(tmp_path: Path) -> None:
    found = problems(write(tmp_path, "client: {}\nall: {EN: {a: x}}\nclients: {A: {en: {B: x, c: ''}}}\n"))
    assert len(found) == 4


def test_a_study_names_its_notes(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_text("respondent\nR1\n", encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text("name: Pilot\nresponses: [answers.csv]\nnotes: notes.yaml\n", encoding="utf-8")
    with pytest.raises(SurveyError, match="notes"):
        load_study(file)
    write(tmp_path, "clients: {83: {nl: {summary: Ja.}}}")
    assert load_study(file).notes.of(["83"], "nl") == {"summary": ["Ja."]}


def test_what_has_no_place_is_named() -> None:
    notes = StudyNotes(
        everybody={"en": {"summary": "x"}, "nl": {"summary": "y", "profil": "z"}},
        clients={"Alfo": {"en": {"summary": "x"}, "nl": {"summary": "x"}}, "Bravo": {"ne": {"summary": "x"}}},
        file="notes.yaml",
    )
    found = [
        str(one)
        for one in notes.check(
            clients=["Alfa", "Bravo"], languages=["en", "nl"], known=["en", "nl"], sections=["summary", "profile"]
        )
    ]
    for part in [
        "'Alfo': There is no such client; known are Alfa, Bravo. Did you mean 'Alfa'?",
        "'ne': There is no such language",
        "'profil': There is no such section",
        "'profil' for all clients is not there in 'en', only in nl",
        "'summary' of 'Bravo' is not there in 'nl', only in ne",
    ]:
        assert any(part in problem for problem in found), part
    assert all(problem.startswith("notes.yaml") for problem in found)


@pytest.mark.parametrize("name", ["Plain", 'A "quoted" \\ name', "a: {b}", "83"])
def test_a_template_is_filled_by_removing_marks(tmp_path: Path, name: str) -> None:
    text = notes_template([name], ["en", "nl"], {"summary": {"en": "In short", "nl": "In het kort"}})
    assert load_notes(write(tmp_path, text)).of([name], "en") == {}
    opened = "\n".join(line.removeprefix("#") for line in text.splitlines())
    notes = load_notes(write(tmp_path, opened))
    assert notes.of([name], "nl") == {"summary": ["...", "..."]}
