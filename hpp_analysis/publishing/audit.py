"""What was dropped or changed between the exports and the figures, told without telling of whom."""

from __future__ import annotations

import numpy as np

from hpp_analysis.common.result import Shown
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.blocks import TableBlock, declared
from hpp_analysis.display.columns import Column
from hpp_analysis.display.tables import table_block
from hpp_analysis.options import checked
from hpp_analysis.publishing.clearing import DETAIL, clear_answers
from hpp_analysis.survey.audit import REASONS
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts.wording import worded

_OF_FILES = (
    "empty_column",
    "unknown_column",
    "ignored_column",
    "repeated_column",
    "not_asked",
    "constant",
    "other_scale",
    "reversed",
)
"""What happens to files and columns whatever anybody answered."""


@checked
def show_audit_trail(data: Survey, *, cells: Cells | None = None) -> Shown:
    """Say what was dropped or changed when the exports were read, and why: no values, no rows.

    Parameters
    ----------
    data : Survey
        The answers. Of a whole study everything is counted. Of a selection, as a client's, it is told what happened to files
        and columns, and how often its own larger groups did not know; what is counted of the whole study is not told, for
        others' answers are a part of it.
    cells : Cells, optional
        The disclosure plan of the run: what may be told of the selection. Without it these are the sides of partnerships with
        ten persons or more.

    Returns
    -------
    Shown
        A table with a row for each reason. `Survey.audit` holds the whole list.

    Examples
    --------
    >>> import pandas as pd
    >>> from hpp_analysis import read_survey, simulate_study
    >>> survey = read_survey(simulate_study(seed=1).frame().assign(remark="hello"), instrument="hpp")
    >>> show_audit_trail(survey).blocks[0].cells[0][0]
    'column that the questionnaire does not know, shown nowhere'
    """
    with worded(data.words):
        return Shown((declared(_trail(data, cells), cleared=True),))


def _trail(data: Survey, cells: Cells | None) -> TableBlock:
    """The table of what happened, counted by reason."""
    audit = data.audit
    whole = not data.selection
    # a header may be a question, but in a survey of one person's files it may be a name: counted, not shown
    column = audit["file"] + "\n" + audit["column"] + "\n" + audit["item"]
    counted = (
        audit.assign(where=column).groupby("reason").agg(columns=("where", "nunique"), cells=("n", "sum"))
    ).astype(float)
    if not whole:
        counted = counted.loc[counted.index.isin(_OF_FILES)].assign(cells=np.nan)
        counted.loc["dont_know"] = _unknown(data, cells)
        counted = counted[counted["columns"].gt(0)]
    present = [reason for reason in REASONS if reason in counted.index]
    frame = counted.loc[present].reset_index()
    frame["what"] = [_(REASONS[reason]) for reason in frame["reason"]]
    notes = [
        _(
            "Counted over all files of the study together. The full list, with every file, row and value, stays "
            "with the researcher (hpp check --audit)."
        )
        if whole
        else _(
            "Columns are those of all files of the study; answers are counted in the groups of ten or more persons of this "
            "report. The full list stays with the researcher (hpp check --audit)."
        )
    ]
    if frame.empty:
        notes = [_("Nothing was dropped or changed.")]
    return table_block(
        frame,
        (
            Column("what", _("What happened")),
            Column("columns", _("Columns"), "count"),
            Column("cells", _("Cells"), "count"),
        ),
        name="audit",
        caption=_("What was changed on the way from file to figures"),
        notes=notes,
        row_headers=1,
    )


def _unknown(survey: Survey, cells: Cells | None) -> list[float]:
    """In how many columns, and how often, persons of larger groups did not know."""
    if cells is not None:
        reasons = clear_answers(survey, cells).reasons
    else:
        columns = [name for name in ("wave", "side", "partnership") if name in survey.respondents]
        keys = survey.respondents[columns].astype(str).agg("|".join, axis=1) if columns else 0
        size = survey.persons.groupby(keys if columns else np.zeros(len(survey))).transform("nunique")
        reasons = survey.reasons[size.ge(DETAIL)]
    found = (reasons == "dont_know").sum()
    return [float((found > 0).sum()), float(found.sum())]
