"""What did people write? The themes of their comments per side, and what may be quoted of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from hpp_analysis import plots
from hpp_analysis.comments.review import Review, check_by, comment_rows, has_consent, read_review
from hpp_analysis.common.context import Context
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable, setting
from hpp_analysis.common.result import Result, join_names
from hpp_analysis.common.who import Who, capital, in_sentence
from hpp_analysis.disclosure import Cells
from hpp_analysis.display.blocks import Block, TextBlock
from hpp_analysis.display.columns import Column
from hpp_analysis.display.formats import format_value
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import checked
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import current_language, ngettext
from hpp_analysis.texts import gettext as _

MOST_QUOTES = 3
"""Quotes of a theme in a report."""
_FEW_ROWS = 6


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ThemeCounts(Result):
    """Themes of comments, counted per side, and the approved quotes. It is made of what may be told, and not published again.

    Attributes
    ----------
    table : DataFrame
        theme, item (the characteristic that it is about), side where there are sides, n_persons (who speak of it), n_writers
        (who wrote anything), share; state and why of withheld rows.
    groups : tuple of str
        ("side",), or empty.
    quotes : DataFrame
        theme, item, side (empty where it would tell too much), language, text: approved by two persons.
    consent : bool
        Whether people were asked if they may be quoted.
    """

    groups: tuple[str, ...] = setting(())
    quotes: pd.DataFrame = setting(default_factory=pd.DataFrame)
    consent: bool = setting(False)

    def _declare(self) -> Declaration:
        return Declaration(
            name="themes",
            caption=_("What people wrote about"),
            variable="theme",
            groups=self.groups,
            composed=True,
            columns=(
                Column("theme", _("Theme"), key=True),
                *(Column(group, self._called(group), key=True) for group in self.groups),
                Column("n_persons", _("Speak of it"), "count"),
                Column("n_writers", _("Wrote something"), "count"),
                Column("share", _("Share"), "share"),
            ),
            figures={"bars": self._bars},
            tables={"quotes": self._quotes, "main_quotes": self._main_quotes},
        )

    def _notes(self) -> list[str]:
        return [
            _(
                "Persons who speak of a theme; who speaks of several counts in each. Counted are groups of ten or more persons "
                "who wrote something."
            )
        ]

    def _summary(self) -> list[str]:
        known = self.table.dropna(subset=["n_persons"])
        if known.empty:
            return [_("What people wrote is not counted: fewer than ten persons of each group wrote something.")]
        sentences = []
        for group, rows in known.groupby(list(self.groups), sort=False) if self.groups else [((), known)]:
            n_writers = int(rows["n_writers"].iloc[0])
            most = rows[rows["n_persons"] > 0].sort_values("n_persons", ascending=False, kind="stable").head(3)
            if most.empty:
                continue
            named = [
                f"{in_sentence(self._called(str(row.theme), 'theme'))} ({format_value(row.n_persons, 'count')})"
                for row in most.itertuples()
            ]
            sentence = ngettext(
                "{whose}: {n} person wrote something, most often about {themes}.",
                "{whose}: {n} persons wrote something, most often about {themes}.",
                n_writers,
            )
            whose = Who(self).group(self.groups, group)
            sentences.append(
                capital(sentence.format(whose=whose, n=format_value(n_writers, "count"), themes=join_names(named)))
            )
        return sentences

    def _methods(self) -> list[str]:
        said = [
            _(
                "Themes of comments were proposed by the words that comments share with the characteristics and with each other "
                "(TF-IDF), and merged and named by a person. Whether a comment is friendly is not guessed."
            ),
            _(
                "Names, addresses, numbers and rare roles were masked. A quote was masked by one person and approved by "
                "another one, neither of them of the organisations concerned; it is shown as it was approved."
            ),
        ]
        if not self.consent:
            said[1] = self._no_quotes()
        return said

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document; where nothing is quoted, a sentence takes the place of the quotes."""
        if kind in ("quotes", "main_quotes") and self.quotes.empty:
            with self._spoken(language):
                return TextBlock(f"themes_{kind}", [self._no_quotes()], "summary")
        return super()._block(kind, language)

    def _all_tables(self) -> list[Block]:
        return [self._table_block(), self._block("quotes")]

    def _no_quotes(self) -> str:
        if not self.consent:
            return _("Nobody was asked whether they may be quoted, so there are no quotes.")
        return _("No quotes were released.")

    def _bars(self) -> Figure:
        named = self._labelled()
        rows = pd.DataFrame({"label": named["theme"], "series": named.get("side", ""), "n": self.table["n_persons"]})
        return Figure(plots.bars, rows, xlabel=_("Persons"))

    def _quotes(self) -> FurtherTable:
        return self._quote_table(self.quotes)

    def _main_quotes(self) -> FurtherTable:
        """One quote of each of the most frequent themes; of the side with the fewest so far, then in the language in use."""
        order = self.table.groupby("theme", sort=False)["n_persons"].sum().sort_values(ascending=False, kind="stable")
        quotes, n_of_side = self._in_order(self.quotes), Counter[str]()
        side_of = dict(zip(quotes.index.tolist(), quotes["side"].astype(str), strict=True))
        chosen: list[int] = []
        for theme in order.index:
            own = quotes.index[quotes["theme"].eq(theme)].tolist()
            if own and len(chosen) < _FEW_ROWS:
                chosen.append(min(own, key=lambda place: n_of_side[side_of[place]]))
                n_of_side[side_of[chosen[-1]]] += 1
        return self._quote_table(quotes.loc[chosen])

    def _in_order(self, quotes: pd.DataFrame) -> pd.DataFrame:
        """Quotes by theme, those in the language in use first; sides take turns."""
        place = {theme: rank for rank, theme in enumerate(dict.fromkeys(self.table["theme"]))}
        keys = pd.DataFrame(
            {
                "theme": quotes["theme"].map(place),
                "foreign": quotes["language"].ne(current_language()),
                "side": quotes["side"],
                "text": quotes["text"],
            }
        ).sort_values(["theme", "foreign", "text"], kind="stable")
        keys["turn"] = keys.groupby(["theme", "foreign", "side"]).cumcount()
        return quotes.loc[keys.sort_values(["theme", "foreign", "turn"], kind="stable").index]

    def _quote_table(self, quotes: pd.DataFrame) -> FurtherTable:
        shown = self._in_order(quotes).groupby("theme", sort=False).head(MOST_QUOTES)
        sided = bool(self.groups) and shown["side"].ne("").any()
        frame = pd.DataFrame(
            {
                "theme": [self._called(str(theme), "theme") for theme in shown["theme"]],
                "side": [self._called(str(side), "side") for side in shown["side"]],
                "quote": [f"“{text}”" for text in shown["text"]],
            }
        )
        columns = (
            Column("theme", _("Theme"), key=True),
            *([Column("side", self._called("side"))] if sided else []),
            Column("quote", _("In their own words")),
        )
        notes = [
            _("Quotes are in the language in which they were written; a word in brackets replaces one that was masked.")
        ]
        return FurtherTable(frame, columns, _("What people wrote"), notes if len(frame) else ())


@checked
def count_themes(data: Survey, review: Review | str | Path, *, cells: Cells, by: str = "client") -> ThemeCounts:
    """Count the themes of comments per side, and choose what is quoted: what may be told of both.

    Parameters
    ----------
    data : Survey
        The answers of a report.
    review : Review or path
        The review workbook of the study, from `write_review`, as persons filled it in.
    cells : Cells
        The disclosure plan of the run, from `plan_disclosure`: comments count with the group of ten writers or more that it
        puts them in.
    by : str
        The respondent column that makes the reports.

    Returns
    -------
    ThemeCounts

    Raises
    ------
    SurveyError
        With every problem of the workbook, and when it has no row for a comment of these answers.

    Notes
    -----
    A count of everybody who wrote, or of all but one, is withheld. Quotes come from groups of ten writers; they say their
    side where, on each side that is quoted, ten persons or more agreed to be quoted, and otherwise none does.

    Examples
    --------
    >>> import tempfile
    >>> from hpp_analysis import plan_disclosure, read_survey, simulate_study
    >>> from hpp_analysis.comments import write_review
    >>> answers = simulate_study(seed=1).frame().assign(com2="Keep your promises, please.")
    >>> survey = read_survey(answers, instrument="hpp")
    >>> file = Path(tempfile.mkdtemp()) / "comments.xlsx"
    >>> review = write_review(survey, file)
    >>> themes = count_themes(survey.where(client=survey.values("client")[0]), review, cells=plan_disclosure(survey))
    >>> len(themes.to_frame())  # nobody has kept a theme yet
    0
    """
    check_by(data, by)
    reviewed = review if isinstance(review, Review) else read_review(review)
    rows = comment_rows(data, by=by)
    known = set(reviewed.comments["id"])
    if missing := int((~rows["id"].isin(known)).sum()):
        raise SurveyError(
            [
                Failure(
                    f"The review must have a row for each comment; {missing:,} of {len(rows):,} comments are not in it.",
                    "Run `hpp comments STUDY` again: it adds them, and keeps what was filled in.",
                    reviewed.file or None,
                )
            ]
        )
    group = _whole_groups(data, cells)
    rows = rows.assign(group=group.reindex(rows["rating"]).to_numpy(dtype=int))
    rows = rows[rows["group"] >= 0]
    alleged = reviewed.alleged
    themes = reviewed.open_themes
    rows = rows.assign(
        theme=reviewed.theme_of().reindex(rows["id"]).where(~rows["id"].isin(alleged).to_numpy(), "").to_numpy()
    )
    groups = ("side",) if "side" in data.respondents else ()
    sides = data.values("side") if groups else ("",)
    table = _counts(rows, themes, sides, groups)
    names = dict(Context.of(data).names)
    for theme in themes.to_dict("records"):
        names[f"theme={theme['id']}"] = {
            column.removeprefix("name_"): text for column, text in theme.items() if str(column).startswith("name_")
        }
    return ThemeCounts(
        table=table,
        groups=groups,
        quotes=_chosen_quotes(rows, reviewed, themes),
        consent=has_consent(data),
        published=True,
        context=replace(Context.of(data), names=names),
    )


def _whole_groups(data: Survey, cells: Cells) -> pd.Series:
    """The group of writers of each rating; -1 where these answers hold only a part of the group."""
    own = cells.commented.reindex(data.items.index, fill_value=-1).astype(int)
    all_of_group, of_data = cells.commented.value_counts(), own.value_counts()
    whole = [group for group, n in of_data.items() if group >= 0 and all_of_group[group] == n]
    return own.where(own.isin(whole), -1)


def _counts(rows: pd.DataFrame, themes: pd.DataFrame, sides: tuple[str, ...], groups: tuple[str, ...]) -> pd.DataFrame:
    """A row for each theme and side, in the order of the sheet of themes."""
    found = []
    for theme in themes.to_dict("records"):
        for side in sides:
            own = rows[rows["side"].eq(side)] if groups else rows
            n_writers = own["person"].nunique()
            n_persons = own.loc[own["theme"].eq(theme["id"]), "person"].nunique()
            state, why = ("full", "") if n_writers else ("withheld", "too_few")
            if n_writers and n_writers - n_persons < 2:  # whoever is known to have written, wrote this
                state, why = "withheld", "protected"
            told = state == "full"
            found.append(
                {
                    "theme": theme["id"],
                    "item": theme["item"],
                    **({"side": side} if groups else {}),
                    "n_persons": float(n_persons) if told else np.nan,
                    "n_writers": float(n_writers) if n_writers else np.nan,
                    "share": n_persons / n_writers if told else np.nan,
                    "state": state,
                    "why": why,
                }
            )
    columns = ["theme", "item", *groups, "n_persons", "n_writers", "share", "state", "why"]
    return pd.DataFrame(found, columns=columns)


def _chosen_quotes(rows: pd.DataFrame, review: Review, themes: pd.DataFrame) -> pd.DataFrame:
    """The approved texts of these answers, with their side where that leaves enough persons who may have written them."""
    columns = ["theme", "item", "side", "language", "text"]
    approved = review.quotable.set_index("id")[["language", "text"]]
    quoted = rows[rows["id"].isin(approved.index) & rows["consent"].astype(bool) & rows["theme"].ne("")]
    quoted = quoted.drop_duplicates("id")
    if quoted.empty:
        return pd.DataFrame(columns=columns)
    agreed = rows[rows["consent"].astype(bool)]
    n_agreed = agreed.groupby("side")["person"].nunique()
    if agreed["person"].nunique() < Cells.detail:
        return pd.DataFrame(columns=columns)
    sided = all(n_agreed.get(side, 0) >= Cells.detail for side in quoted["side"].unique())
    items = dict(zip(themes["id"], themes["item"], strict=True))
    joined = quoted.join(approved, on="id")
    return joined.assign(side=joined["side"] if sided else "", item=[items[theme] for theme in joined["theme"]])[
        columns
    ].reset_index(drop=True)
