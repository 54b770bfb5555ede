"""What a template shows as an example is accepted when its mark is removed."""

import re
from pathlib import Path

import pytest

from hpp_analysis.report.notebook.nodes import text_of
from hpp_analysis.report.notebook.notebooks import localised, packaged_notebook, read_notebook
from hpp_analysis.report.notebook.sections import headings_of
from hpp_analysis.study.notes import load_notes, notes_template
from hpp_analysis.study.study import load_study
from hpp_analysis.study.study_folder import demo_folder, new_study

NOTEBOOK = read_notebook(packaged_notebook())
HEADINGS = headings_of({code: text_of(localised(NOTEBOOK, code)) for code in ("en", "nl")})


def examples(text: str) -> list[str]:
    """The template with one example at a time taken in."""
    lines = text.splitlines()
    made = []
    for place, line in enumerate(lines):
        if re.match("#[a-z]+:", line):
            end = next((at for at in range(place + 1, len(lines)) if not lines[at].startswith("#  ")), len(lines))
            taken = [one.removeprefix("#") for one in lines[place:end]]
            made.append("\n".join([*lines[:place], *taken, *lines[end:]]))
    return made


def test_every_example_of_a_new_study_is_accepted(tmp_path: Path) -> None:
    file = new_study(tmp_path / "study")
    (file.parent / "responses" / "export.csv").write_bytes((demo_folder() / "responses.csv").read_bytes())
    for name in ("plan.yaml", "notes.yaml", "mapping.yaml"):  # the files that the examples name
        text = (demo_folder() / name).read_text(encoding="utf-8") if name == "plan.yaml" else ""
        (file.parent / name).write_text(text, encoding="utf-8")
    found = examples(file.read_text(encoding="utf-8"))
    assert len(found) >= 10
    for text in found:
        file.write_text(text, encoding="utf-8")
        study = load_study(file)
        assert set(study.sections) <= set(HEADINGS)
        assert study.invited == () or [one["n"] for one in study.invited] == [60, 120]


@pytest.mark.parametrize("client", ["Alfa", '"Beta" \\ Co: {x}', "42"])
def test_every_place_of_a_notes_template_is_accepted(tmp_path: Path, client: str) -> None:
    text = notes_template([client], ["en", "nl"], HEADINGS)
    file = tmp_path / "notes.yaml"
    file.write_text(re.sub("^#(?!#)", "", text, flags=re.MULTILINE), encoding="utf-8")
    notes = load_notes(file)
    assert set(notes.clients) == {client}
    assert set(notes.everybody["en"]) == set(notes.clients[client]["nl"]) == set(HEADINGS)
    file.write_text(text, encoding="utf-8")
    assert not load_notes(file).clients
