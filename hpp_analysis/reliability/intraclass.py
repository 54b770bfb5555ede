"""How alike do raters judge the same subjects? The six intraclass correlations of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from hpp_analysis.common.answers import answers_of
from hpp_analysis.common.study_result import StudyResult
from hpp_analysis.core.reliability.intraclass import FORMS, intraclass_correlations
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.options import checked
from hpp_analysis.texts import N_, ngettext
from hpp_analysis.texts import gettext as _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHROUT_FLEISS = ("ICC(1,1)", "ICC(2,1)", "ICC(3,1)", "ICC(1,k)", "ICC(2,k)", "ICC(3,k)")
_KINDS = {
    "1": N_("raters differ by subject; one rater"),
    "A,1": N_("same raters, absolute agreement; one rater"),
    "C,1": N_("same raters, consistency; one rater"),
    "1,k": N_("raters differ by subject; mean of raters"),
    "A,k": N_("same raters, absolute agreement; mean of raters"),
    "C,k": N_("same raters, consistency; mean of raters"),
}


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class IntraclassCorrelation(StudyResult):
    """The six intraclass correlations of a table of subjects by raters.

    Attributes
    ----------
    n_subjects, n_raters : int
        Of the table, without the subjects that some rater did not rate.
    n_left_out : int
        Subjects that some rater did not rate.
    conf_level : float
    """

    n_subjects: int
    n_raters: int
    n_left_out: int
    conf_level: float

    name: ClassVar[str] = "intraclass"
    keys: ClassVar[tuple[str, ...]] = ("form",)
    variable: ClassVar[str] = "form"
    kinds: ClassVar[tuple[str, ...]] = ("intervals",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column("form", N_("McGraw & Wong")),
        Column("shrout_fleiss", N_("Shrout & Fleiss")),
        Column("said", N_("Meaning")),
        Column("icc", N_("ICC"), "coefficient"),
        Column("ci_lower", N_("Interval"), "coefficient", upper="ci_upper"),
        Column("f", N_("F"), "coefficient"),
        Column("df1", N_("df1"), "count"),
        Column("df2", N_("df2"), "count"),
        Column("p", N_("p"), "p"),
    )

    def to_frame(self) -> pd.DataFrame:
        """One row per form.

        Returns
        -------
        DataFrame
            form (McGraw & Wong: "ICC(1)", "ICC(A,1)", "ICC(C,1)", "ICC(1,k)", "ICC(A,k)", "ICC(C,k)"), shrout_fleiss
            ("ICC(1,1)", ...), icc, ci_lower, ci_upper, f, df1, df2, p.
        """
        return super().to_frame()

    def _labelled(self) -> pd.DataFrame:
        return self.table.assign(said=[_(_KINDS[form]) for form in FORMS])

    def _caption(self) -> str:
        return _("Intraclass correlations")

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

    def _drawn(self) -> pd.DataFrame:
        frame = self.table
        return pd.DataFrame(
            {
                "label": frame["form"],
                "estimate": frame["icc"],
                "ci_lower": frame["ci_lower"],
                "ci_upper": frame["ci_upper"],
            }
        )

    def _plot(self, kind: str, ax: Axes | None) -> Axes:  # noqa: ARG002
        from hpp_analysis.plots import intervals

        return intervals(self._drawn(), reference=0.0, xlabel=_("Intraclass correlation"), unit_decimals=2, ax=ax)

    def _alt(self, kind: str) -> str:  # noqa: ARG002
        from hpp_analysis.plots import intervals_alt

        return intervals_alt(self._drawn(), reference=0.0, unit_decimals=2)


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
