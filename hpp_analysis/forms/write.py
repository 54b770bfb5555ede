"""The questionnaire out: files for a survey platform, or a form to print and a sheet to type its answers into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hpp_analysis.options import QuestionnaireFormat, checked, names_in
from hpp_analysis.survey.instrument import load_instrument
from hpp_analysis.survey.questionnaire import Instrument


@checked
def write_questionnaire(
    instrument: str | Path | Instrument,
    out: str | Path = ".",
    *,
    to: QuestionnaireFormat,
    languages: str | Sequence[str] = (),
    fixed: Mapping[str, str] | None = None,
) -> tuple[Path, ...]:
    """Write a questionnaire so that people can answer it; `read_survey` reads the answers without a mapping.

    Parameters
    ----------
    instrument : str, Path or Instrument
        As `load_instrument` takes it.
    out : str or Path
        The folder; it is made where it is absent, and files of the same names are replaced.
    to : {"limesurvey", "xlsform", "docx"}
        A survey structure for LimeSurvey (.txt); a form for ODK, KoboToolbox and others (.xlsx); or a Word form to print in
        each language (.docx) with a sheet to type the answers into (.xlsx).
    languages : str or sequence of str
        Of the questionnaire, the main one first. By default all.
    fixed : mapping of str to str, optional
        Respondent columns that are the same for everybody, as ``{"client": "DemoCable"}``: they are not asked.

    Returns
    -------
    tuple of Path
        The files, in order of their names.

    Raises
    ------
    OptionError
        When a language or respondent column is not one of the questionnaire, or the platform cannot ask it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     files = write_questionnaire("hpp", folder, to="docx", fixed={"client": "DemoCable"})
    ...     [file.name for file in files]
    ['hpp_answers.xlsx', 'hpp_en.docx', 'hpp_nl.docx']
    """
    loaded = load_instrument(instrument)
    fixed = dict(fixed or {})
    names_in(list(fixed), [column.id for column in loaded.columns], "fixed", kind="a respondent column")
    for column in loaded.columns:
        if column.id in fixed and column.values:
            names_in([fixed[column.id]], [value.id for value in column.values], f"fixed[{column.id!r}]", kind="a value")
    spoken = names_in(languages, loaded.languages, "languages", kind="a language of the questionnaire")
    spoken = spoken or loaded.languages
    if to == "limesurvey":
        from hpp_analysis.forms.limesurvey import limesurvey

        files = {f"{loaded.name}_limesurvey.txt": limesurvey(loaded, spoken, fixed)}
    elif to == "xlsform":
        from hpp_analysis.forms.xlsform import xlsform

        files = {f"{loaded.name}_xlsform.xlsx": xlsform(loaded, spoken, fixed)}
    else:
        from hpp_analysis.forms.paper import answer_sheet, paper_form

        files = {f"{loaded.name}_answers.xlsx": answer_sheet(loaded, spoken, fixed)}
        files |= {f"{loaded.name}_{language}.docx": paper_form(loaded, language, fixed) for language in spoken}
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return tuple(folder / name for name in sorted(files))
