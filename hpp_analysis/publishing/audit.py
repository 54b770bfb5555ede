"""What was dropped or changed between the exports and the figures, told without telling of whom."""

from __future__ import annotations

from hpp_analysis.common.result import Shown
from hpp_analysis.display.blocks import declared
from hpp_analysis.display.formats import Column
from hpp_analysis.display.tables import table_block
from hpp_analysis.options import checked
from hpp_analysis.survey.audit import REASONS
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import N_
from hpp_analysis.texts import gettext as _

_COLUMNS = (
    Column("what", N_("What happened")),
    Column("columns", N_("Columns"), "count"),
    Column("cells", N_("Cells"), "count"),
)


@checked
def audit_trail(survey: Survey) -> Shown:
    """Say what was dropped or changed when the exports were read, and why: counts and reasons, no values, no rows.

    Parameters
    ----------
    survey : Survey
        The answers; the counts are of all files of the study, also after `where`.

    Returns
    -------
    Shown
        A table with a row for each reason. `Survey.audit` holds the whole list.

    Examples
    --------
    >>> import pandas as pd
    >>> from hpp_analysis import read_survey, simulate_study
    >>> survey = read_survey(simulate_study(seed=1).frame().assign(remark="hello"), instrument="hpp")
    >>> audit_trail(survey).blocks[0].cells[0][0]
    'column that the questionnaire does not know, shown nowhere'
    """
    audit = survey.audit
    # a header may be a question, but in a survey of one person's files it may be a name: counted, not shown
    column = audit["file"] + "\n" + audit["column"] + "\n" + audit["item"]
    counted = (
        audit.assign(where=column).groupby("reason").agg(columns=("where", "nunique"), cells=("n", "sum"))
    )
    present = [reason for reason in REASONS if reason in counted.index]
    frame = counted.loc[present].reset_index()
    frame["what"] = [_(REASONS[reason]) for reason in frame["reason"]]
    notes = [
        _(
            "Counted over all files of the study together. The full list, with every file, row and value, stays "
            "with the researcher (hpp check --audit)."
        )
    ]
    if frame.empty:
        notes = [_("Nothing was dropped or changed.")]
    table = table_block(
        frame,
        _COLUMNS,
        name="audit",
        caption=_("What was changed on the way from file to figures"),
        notes=notes,
        row_headers=1,
    )
    return Shown((declared(table, cleared=True),))
