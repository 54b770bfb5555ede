"""How alike do raters judge the same subjects? The six intraclass correlations of a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.declaration import Declaration, Figure, setting
from hpp_analysis.common.result import Result
from hpp_analysis.core.reliability.intraclass import FORMS, intraclass_correlations
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext

_SHROUT_FLEISS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class IntraclassCorrelation(Result):
    """The six intraclass correlations of a table of subjects by raters.

    Attributes
    ----------
    table : DataFrame
        form (McGraw & Wong: "ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"), shrout_fleiss
        ("ICC(1,1)", ...), icc, ci_lower, ci_upper, f, df1, df2, p.
    n_subjects, n_raters : int
        Of the table, without the subjects that some rater did not rate.
    n_left_out : int
        Subjects that some rater did not rate.
    conf_level : float
    """

    n_subjects: int
    n_raters: int
    n_left_out: int
    conf_level: float = setting(0.95)

    def _declare(self) -> Declaration:
        return Declaration(
            name="intraclass",
            caption=_("Intraclass correlations"),
            variable="form",
            columns=(
                Column("form", _("McGraw & Wong"), key=True),
                Column("shrout_fleiss", _("Shrout & Fleiss")),
                Column("meaning", _("Meaning")),
                Column("icc", _("ICC"), "coefficient"),
                Column("ci_lower", _("Interval"), "coefficient", upper="ci_upper"),
                Column("f", _("F"), "coefficient"),
                Column("df1", _("df1"), "count"),
                Column("df2", _("df2"), "count"),
                Column("p", _("p"), "p"),
            ),
            figures={"intervals": self._intervals},
            whole_study=True,
        )

    def _labelled(self) -> pd.DataFrame:
        meanings = {
            "1": _("raters differ by subject; one rater"),
            "A,1": _("same raters, absolute agreement; one rater"),
            "C,1": _("same raters, consistency; one rater"),
            "1,k": _("raters differ by subject; mean of raters"),
            "A,k": _("same raters, absolute agreement; mean of raters"),
            "C,k": _("same raters, consistency; mean of raters"),
        }
        return self.table.assign(meaning=[meanings[form] for form in FORMS])

    def _notes(self) -> list[str]:
        notes = [
            _("{subjects} subjects, {raters} raters; {level} intervals.").format(
                subjects=self.n_subjects, raters=self.n_raters, level=format_value(self.conf_level, "share")
            )
        ]
        if self.n_left_out:
            notes.append(
                ngettext(
                    "{n} subject that not every rater rated is left out.",
                    "{n} subjects that not every rater rated are left out.",
                    self.n_left_out,
                ).format(n=self.n_left_out)
            )
        return [*notes, *self._reasons()]

    def _reasons(self) -> list[str]:
        sentences = {
            "few_subjects": _("Undefined: fewer than two subjects were rated by every rater."),
            "few_raters": _("Undefined for fewer than two raters."),
            "no_variance": _("Undefined: all ratings are equal."),
        }
        return [text for flag, text in sentences.items() if flag in self.flags]

    def _summary(self) -> list[str]:
        if self.flags:
            return self._reasons()
        rows = self.table.set_index("form")
        return [
            _(
                "One rater by absolute agreement: ICC(A,1) = {single} ({lower} to {upper}); the mean of all {raters}: "
                "ICC(A,k) = {mean}."
            ).format(
                single=format_value(rows.loc["ICC(A,1)", "icc"], "coefficient"),
                lower=format_value(rows.loc["ICC(A,1)", "ci_lower"], "coefficient"),
                upper=format_value(rows.loc["ICC(A,1)", "ci_upper"], "coefficient"),
                raters=self.n_raters,
                mean=format_value(rows.loc["ICC(A,k)", "icc"], "coefficient"),
            )
        ]

    def _methods(self) -> list[str]:
        return [
            _(
                "Intraclass correlations are given in all forms of Shrout and Fleiss (1979) and McGraw and Wong (1996), in "
                "closed form from mean squares, with {level} intervals."
            ).format(level=format_value(self.conf_level, "share"))
        ]

    def _intervals(self) -> Figure:
        rows = self.table.rename(columns={"form": "label", "icc": "estimate"})
        columns = ["label", "estimate", "ci_lower", "ci_upper"]
        label = _("Intraclass correlation")
        return Figure(plots.intervals, rows[columns], reference=0.0, xlabel=label, unit_decimals=2)


@checked
def compute_icc(data: pd.DataFrame, *, conf_level: float = 0.95) -> IntraclassCorrelation:
    """Estimate how alike raters judge the same subjects.

    Parameters
    ----------
    data : DataFrame, subjects x raters
        One row per subject (an organisation, a partnership), one column per rater (or side). Subjects that some rater did
        not rate are left out, and counted.
    conf_level : float
        Of the intervals.

    Returns
    -------
    IntraclassCorrelation

    See Also
    --------
    agreement : for raters who are nested in groups.

    References
    ----------
    Shrout & Fleiss (1979), doi:10.1037/0033-2909.86.2.420; McGraw & Wong (1996), doi:10.1037/1082-989X.1.1.30

    Examples
    --------
    >>> table = pd.DataFrame({"client": [6, 8, 7, 9], "partner": [7, 8, 6, 9]})
    >>> compute_icc(table).to_frame().set_index("form")["icc"].round(2)["ICC(A,1)"]
    np.float64(0.84)
    """
    answers = answers_of(data)
    x = answers.to_numpy()
    complete = ~np.isnan(x).any(axis=1)
    found = intraclass_correlations(x[complete], conf_level=conf_level)
    table = pd.DataFrame(
        {
            "form": [f"ICC({form})" for form in FORMS],
            "shrout_fleiss": _SHROUT_FLEISS,
            "icc": found.icc,
            "ci_lower": found.ci_lower,
            "ci_upper": found.ci_upper,
            "f": found.f,
            "df1": found.df1,
            "df2": found.df2,
            "p": found.p,
        }
    )
    return IntraclassCorrelation(
        table=table,
        flags=(found.reason,) if found.reason else (),
        n_subjects=found.n_subjects,
        n_raters=found.n_raters,
        n_left_out=int((~complete).sum()),
        conf_level=conf_level,
    )
