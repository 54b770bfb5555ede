"""One reader for each platform: it turns the description of a survey into a `Codebook`."""

from __future__ import annotations

from pathlib import Path

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import checked
from hpp_analysis.survey.codebooks import limesurvey, qualtrics, redcap, sheet, statistics, tables, xlsform
from hpp_analysis.survey.codebooks.codebook import UNKNOWN_LANGUAGE, Codebook, Question, unusable
from hpp_analysis.survey.readers.sniff import seems

__all__ = ["Codebook", "Question", "read_codebook"]

_MOST_BYTES = 50_000_000


@checked
def read_codebook(path: str | Path, *, language: str = UNKNOWN_LANGUAGE) -> Codebook:
    r"""Read what a platform says about a survey: questions, answers with their labels, matrices, languages.

    Parameters
    ----------
    path : str or Path
        A Qualtrics survey (.qsf), a LimeSurvey structure (.lss, or tab-separated .txt), a REDCap data dictionary (.csv), an
        XLSForm, an SPSS, Stata or SAS file (its labels), or a sheet or CSV with a row a variable or a row a value. What it
        is, is seen from its content.
    language : str
        Of the texts, where the file does not say it.

    Returns
    -------
    Codebook
        `question_of(header, ...)` finds the question of a column of an export; each `Question` has `code`, `text` and
        `choices` by language, `group` (the matrix), `section`, `kind`, `factor` and `reverse`. Items of one scale are those
        with `kind == "choice"` and the same `choices`.

    Raises
    ------
    SurveyError
        When the file is none of these, is damaged, or is larger than 50 million bytes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "codebook.csv"
    ...     _ = path.write_text('variable,label,values\nq1,We talk,"1=never; 2=always"', encoding="utf-8")
    ...     book = read_codebook(path, language="en")
    >>> book.question_of("q1").choices
    {'1': {'en': 'never'}, '2': {'en': 'always'}}
    """
    path = Path(path)
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            rule = f"A codebook must have at most {_MOST_BYTES:,} bytes."
            raise unusable(
                rule, "Give a file that describes the survey and holds no answers.", path.name, value=f"{size:,}"
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise SurveyError([Failure(f"The codebook cannot be read ({why}).", "Correct the path.", str(path))]) from error
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        return qualtrics.read(data, path.name)
    if start.startswith(b"<") and not start.startswith(b"<stata_dta>"):
        return limesurvey.read_lss(data, path.name)
    if limesurvey.is_tab_separated(start):
        return limesurvey.read_tab_separated(data, path.name)
    reader = seems(data, path.name)
    if reader in statistics.PLATFORMS:
        return statistics.read(path, reader, language)
    sheets = tables.read(data, path.name, reader)
    if xlsform.is_one(sheets):
        return xlsform.read(sheets, path.name, language)
    for rows in sheets.values():
        if rows and redcap.is_one(rows[0]):
            return redcap.read(rows, path.name, language)
    return sheet.read(sheets, path.name, language)
