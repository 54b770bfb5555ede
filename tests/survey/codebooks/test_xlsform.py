"""XLSForms, as people write them for ODK and KoboToolbox."""

from pathlib import Path

from openpyxl import Workbook

from hpp_analysis.survey.codebooks import read_codebook


def test_languages_groups_and_choices(tmp_path: Path) -> None:
    book = Workbook()
    survey, choices, settings = book.active, book.create_sheet("choices"), book.create_sheet("settings")
    survey.title = "survey"
    for row in (
        ("type", "name", "label::English (en)", "label::Nederlands (nl)", "appearance"),
        ("note", "hello", "Welcome", "Welkom", None),
        ("begin_group", "talk", "Do you agree?", "Bent u het eens?", "field-list"),
        ("select_one agree", "ope1", "We talk", "Wij praten", "likert"),
        ("end_group", None, None, None, None),
        ("select_multiple agree", "many", "Which?", "Welke?", None),
        ("integer", "age", "Age", "Leeftijd", None),
    ):
        survey.append(row)
    for row in (
        ("list_name", "name", "label::English (en)", "label::Nederlands (nl)"),
        ("agree", 1, "No", "Nee"),
        ("agree", 2, "Yes", "Ja"),
    ):
        choices.append(row)
    settings.append(("form_title", "default_language"))
    settings.append(("Together", "Nederlands (nl)"))
    book.save(tmp_path / "form.xlsx")
    read = read_codebook(tmp_path / "form.xlsx")
    assert (read.platform, read.languages, read.title) == ("xlsform", ("nl", "en"), {"nl": "Together"})
    assert [(question.code, question.kind) for question in read.questions] == [
        ("ope1", "choice"),
        ("many", "multiple"),
        ("age", "number"),
    ]
    first = read.question_of("talk/ope1")
    assert first is not None
    assert (first.text["nl"], first.choices["2"], read.groups["talk"]["en"]) == (
        "Wij praten",
        {"en": "Yes", "nl": "Ja"},
        "Do you agree?",
    )
