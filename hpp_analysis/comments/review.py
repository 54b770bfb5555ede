"""The review workbook: what people wrote, what may be told of it, and who says so.

One row is a comment. The program proposes what to mask and a theme; persons decide. A row is quoted only if a person says so, a
first person has masked it, a second one has approved it, and the text is the one that was approved.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd
import xlsxwriter

from hpp_analysis.comments.masking import mask_comments, masked_words
from hpp_analysis.comments.themes import propose_themes
from hpp_analysis.display.packages import CREATED, without_clock
from hpp_analysis.errors import Failure, OptionError, SurveyError
from hpp_analysis.options import checked, names_in, nearest
from hpp_analysis.survey.private import FILE_MODE
from hpp_analysis.survey.questionnaire import CONSENT, Instrument
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import language, languages

COMMENTS, ALLEGATIONS, THEMES, ABOUT = "comments", "allegations", "themes", "about"
FIXED = ("id", "client", "wave", "side", "item", "language", "consent", "original", "original_sha256")
"""Columns that the program fills in, and nobody changes."""
PROPOSED = ("masked_text", "masked", "proposed_theme")
DECIDED = ("theme", "allegation", "publish", "edited_text", "masked_by", "approved_by", "approved_sha256")
"""Columns that persons fill in; `approved_sha256` is written by `seal_review`."""
_COLUMNS = (*FIXED, *PROPOSED, *DECIDED)
_DAYS = 90
_YES = frozenset({"yes", "y", "ja", "j", "true", "1", "1.0", "waar"})
_NO = frozenset({"no", "n", "nee", "nein", "false", "0", "0.0", "onwaar", "-"})
NO_THEME = "-"
_HEX = 16
_WRITTEN = re.compile(r"\w\w")
_ALLEGES = re.compile(
    r"\b(?:pest(?:en|erij|erijen|t|te)?\b|gepest|intimid|discrimin|racis|seksis|sexis|seksueel|seksuele|sexual|fraud|stele?n\b|steelt\b|gestolen|diefstal|"
    r"bedreig|chant|omkop|corrupt|mishandel|geslagen|slaat mij|aangerand|ongewenst|agressi|harass|bully|bullie|stole|steal|theft|threat|"
    r"bribe|abuse|assault|blackmail|groping|groped|unsafe|onveilig)",
    re.IGNORECASE,
)
"""Words by which a comment is proposed as an allegation, which goes to a confidential contact and into no report."""


@dataclass(frozen=True, eq=False)
class Review:
    """The content of a review workbook.

    Attributes
    ----------
    comments : DataFrame
        One row a comment, allegations included: the columns of the workbook, and `row`, its row there.
    themes : DataFrame
        One row a theme: id, item, keep, merge_into, and by language its name (`name_en`).
    delete_by : str
        The day on which the workbook must be deleted, as YYYY-MM-DD.
    file : str
        Its name.
    """

    comments: pd.DataFrame
    themes: pd.DataFrame
    delete_by: str
    file: str = ""

    @property
    def open_themes(self) -> pd.DataFrame:
        """The themes that a person has kept, those that were merged left out."""
        return self.themes[self.themes["keep"].map(_is_yes) & self.themes["merge_into"].eq("")]

    def theme_of(self) -> pd.Series:
        """The theme of each comment as a person decided, merged ones followed; "" for none that was kept. By id."""
        chosen = self.comments["theme"].where(self.comments["theme"].ne(""), self.comments["proposed_theme"])
        merged = dict(zip(self.themes["id"], self.themes["merge_into"], strict=True))
        kept = set(self.open_themes["id"])
        found = []
        for theme in chosen:
            while merged.get(theme):
                theme = merged[theme]
            found.append(theme if theme in kept else "")
        return pd.Series(found, index=self.comments["id"].tolist(), dtype=object)

    @property
    def alleged(self) -> set[str]:
        """The ids of comments that are allegations: neither quoted nor counted."""
        return set(self.comments.loc[self.comments["allegation"].map(_is_yes), "id"])

    @property
    def quotable(self) -> pd.DataFrame:
        """The comments that two persons released for quoting, with the approved `text`; none whose approval is not sealed."""
        rows = self.comments[[_is_released(row) for row in self.comments.to_dict("records")]]
        return rows.assign(text=[_text_of(row) for row in rows.to_dict("records")])

    @property
    def n_unsealed(self) -> int:
        """Comments that are approved by name, and whose text is not sealed yet."""
        rows = self.comments
        return int((rows["approved_by"].ne("") & rows["approved_sha256"].eq("")).sum())


def _is_yes(value: str) -> bool:
    return value.strip().casefold() in _YES


def _is_released(row: Mapping[Any, Any]) -> bool:
    """Whether a comment may be quoted, however the workbook was read."""
    masked_by, approved_by = _name(row["masked_by"]), _name(row["approved_by"])
    return (
        _is_yes(row["publish"])
        and _is_yes(row["consent"])
        and not _is_yes(row["allegation"])
        and "" not in (masked_by, approved_by)
        and masked_by != approved_by
        and row["approved_sha256"] == fingerprint_text(_text_of(row))
    )


def _name(text: str) -> str:
    """The name of a person, however it is spaced and capitalised."""
    return " ".join(text.split()).casefold()


def _text_of(row: Mapping[Any, Any]) -> str:
    """What would be quoted of a comment: the edited text or, where nobody edited it, the proposed one."""
    return str(row["edited_text"] or row["masked_text"])


def fingerprint_text(text: str) -> str:
    """The fingerprint of a text that an approval binds."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


def check_by(data: Survey, by: str) -> None:
    """Refuse a column that the answers do not have; answers without clients make one report of everybody."""
    if by != "client":
        names_in(by, data.respondents.columns, "by", kind="a column of the answers")


def has_comment(data: Survey) -> pd.Series:
    """Of each rating whether anything was written: more than a sign or a letter."""
    own = data.comments.drop(columns=CONSENT, errors="ignore").astype(str)
    return own.apply(lambda texts: texts.str.contains(_WRITTEN)).any(axis=1)


def comment_rows(data: Survey, *, by: str = "client") -> pd.DataFrame:
    """One row for each comment of each rating: id, rating, person, client, wave, side, item, original, consent.

    Two persons of one client and side who wrote the same share an id, and so a row of the workbook.

    Raises
    ------
    SurveyError
        When a consent is neither yes nor no.
    """
    who = data.respondents
    held = {name: column for name, column in (("client", by), ("wave", "wave"), ("side", "side")) if column in who}
    consents, failures = _consents(data)
    if failures:
        raise SurveyError(failures)
    parts = []
    for item in [name for name in data.comments if name != CONSENT]:
        texts = data.comments[item].astype(str).str.strip()
        written = texts.str.contains(_WRITTEN).to_numpy(dtype=bool)
        own = {name: who[column].astype(str)[written] for name, column in held.items()}
        frame = pd.DataFrame({"rating": data.items.index[written], "person": data.persons[written].to_numpy()})
        for name in ("client", "wave", "side"):
            frame[name] = own[name].to_numpy() if name in own else ""
        parts.append(frame.assign(item=item, original=texts[written].to_numpy(), consent=consents[written].to_numpy()))
    columns = ["rating", "person", "client", "wave", "side", "item", "original", "consent"]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    rows["id"] = [
        hashlib.sha256("\x1f".join(map(str, row)).encode()).hexdigest()[:_HEX]
        for row in rows[["client", "wave", "side", "item", "original"]].itertuples(index=False, name=None)
    ]
    return rows


def _consents(data: Survey) -> tuple[pd.Series, list[Failure]]:
    """Of each rating whether its comments may be quoted; where it was not asked, not."""
    source = data.respondents if CONSENT in data.respondents else data.comments
    if CONSENT not in source:
        return pd.Series(False, index=data.items.index), []
    column = source[CONSENT].astype(str).str.strip()
    said = column.str.casefold()
    unknown = column[~said.isin(_YES | _NO | {""})].unique()
    failures = [
        Failure(
            "The consent to be quoted must be yes or no, or empty for no.",
            "Correct it, or write the answers of the form as yes and no.",
            " and ".join(data.sources) or None,
            column=CONSENT,
            value=value,
        )
        for value in unknown
    ]
    return said.isin(_YES), failures


def has_consent(data: Survey) -> bool:
    """Whether it was asked if comments may be quoted."""
    return CONSENT in data.respondents or CONSENT in data.comments


@checked
def write_review(
    data: Survey, path: str | Path, *, by: str = "client", languages: str | Sequence[str] = (), delete_by: str = ""
) -> Review:
    """Write the review workbook of a study's comments; what persons filled in before is kept.

    Parameters
    ----------
    data : Survey
        All answers of the study.
    path : path
        The workbook. It is written aside and then renamed, and only its owner may read it.
    by : str
        The respondent column that makes the reports.
    languages : str or sequence of str
        Of the reports: themes are named in each; by default all of the questionnaire.
    delete_by : str
        The day on which it must be deleted, as YYYY-MM-DD; by default that of the workbook that is there, else in 90 days.

    Returns
    -------
    Review

    Raises
    ------
    SurveyError
        When nobody was asked for comments, or the workbook that is there cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from hpp_analysis import read_survey, simulate_study
    >>> answers = simulate_study(seed=1).frame().assign(com1="", com2="")
    >>> answers.loc[0, "com2"] = "Karin never calls back."
    >>> file = Path(tempfile.mkdtemp()) / "comments.xlsx"
    >>> write_review(read_survey(answers, instrument="hpp"), file).comments["masked_text"].tolist()
    ['[name] never calls back.']
    """
    path = Path(path)
    check_by(data, by)
    spoken = names_in(languages, data.instrument.languages, "languages", kind="a language of the questionnaire")
    spoken = spoken or data.instrument.languages
    if not [name for name in data.comments if name != CONSENT]:
        raise SurveyError(
            [
                Failure(
                    "A review must have comments; the answers have no column of a question of `type: comment`.",
                    "Add the question to the items of the questionnaire, with the header of its column.",
                    " and ".join(data.sources) or None,
                )
            ]
        )
    earlier = read_review(path, sealed=False) if path.exists() else None
    rows = comment_rows(data, by=by)
    grouped = rows.groupby("id", sort=True)
    table = grouped.first().reset_index()
    table["consent"] = ["yes" if agreed else "no" for agreed in grouped["consent"].all()]
    table["original_sha256"] = [fingerprint_text(text) for text in table["original"]]
    known = [
        str(value) for column in ("client", "partner") if column in data.respondents for value in data.values(column)
    ]
    masked = mask_comments(table["original"].tolist(), known=known)
    table["language"] = [one.language for one in masked]
    table["masked_text"] = [one.text for one in masked]
    table["masked"] = [masked_words(one, text) for one, text in zip(masked, table["original"], strict=True)]
    table["proposed_theme"], themes = propose_themes(table["masked_text"].tolist(), data.instrument)
    table[list(DECIDED)] = ""
    table["allegation"] = ["yes" if _ALLEGES.search(text) else "" for text in table["original"]]
    named = _named_themes([(one.id, one.item, one.words) for one in themes], data.instrument, spoken)
    if earlier is not None:
        table, named = _kept(table, named, earlier)
    day = delete_by or (earlier.delete_by if earlier else "")
    review = Review(table[[*_COLUMNS]].reset_index(drop=True), named, _day(day) if day else _in_days(_DAYS), path.name)
    save_review(review, path)
    return review


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise OptionError(
            f"`delete_by` must be a day as YYYY-MM-DD. Given: {text!r}. Write it so, as 2026-09-30."
        ) from None


def _in_days(days: int) -> str:
    return (datetime.datetime.now(datetime.UTC).date() + datetime.timedelta(days=days)).isoformat()


def _named_themes(
    themes: Sequence[tuple[str, str, Sequence[str]]], instrument: Instrument, spoken: Sequence[str]
) -> pd.DataFrame:
    """The sheet of themes: none is kept, those about a characteristic have its name, the others the words that they share."""
    labels = {item.id: item.label for item in instrument.items}
    columns = ["id", "item", "words", "keep", "merge_into", *(f"name_{code}" for code in spoken)]
    rows = [
        [id_, item, ", ".join(words), "", "", *(labels[item].get(code, "") if item else "" for code in spoken)]
        for id_, item, words in themes
    ]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def _kept(table: pd.DataFrame, themes: pd.DataFrame, earlier: Review) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The new workbook with what persons filled into the earlier one.

    A comment that somebody decided about keeps its proposals too, for the decision was made about these. Themes that
    persons kept, merged or named stay.
    """
    before = earlier.comments.set_index("id")
    table = table.set_index("id")
    common = table.index.intersection(before.index)
    decided = before.loc[common, list(DECIDED)]
    table.loc[common, list(DECIDED)] = decided
    touched = common[decided.drop(columns="allegation").ne("").any(axis=1)]
    table.loc[touched, ["masked_text", "masked"]] = before.loc[touched, ["masked_text", "masked"]]
    names = [column for column in themes if column.startswith("name_")]
    old = earlier.themes.reindex(columns=[*themes.columns, *(c for c in earlier.themes if c not in themes)])
    old = old.astype(object).fillna("")
    # themes of shared words are numbered anew each time: with an earlier workbook its own stay, with their comments
    table.loc[common, "proposed_theme"] = before.loc[common, "proposed_theme"]
    fresh = table.index.difference(common)
    known = {*old["id"], *themes.loc[themes["item"].ne(""), "id"]}
    table.loc[fresh, "proposed_theme"] = [
        theme if theme in known and not theme.startswith("words") else ""
        for theme in table.loc[fresh, "proposed_theme"]
    ]
    new = themes[~themes["id"].isin(old["id"]) & themes["item"].ne("")]
    merged = pd.concat([old, new], ignore_index=True).astype(object).fillna("")
    for column in names:
        proposals = dict(zip(themes["id"], themes[column], strict=True))
        merged[column] = [
            name or (proposals.get(id_, "") if item else "")
            for name, id_, item in zip(merged[column], merged["id"], merged["item"], strict=True)
        ]
    return table.reset_index(), merged


# Writing


def save_review(review: Review, path: str | Path) -> None:
    """Write a review workbook aside, then rename it: an interrupted write leaves the old file. Only its owner may read it."""
    path = Path(path)
    content = _workbook(review, [name.removeprefix("name_") for name in review.themes if name.startswith("name_")])
    with tempfile.NamedTemporaryFile("wb", dir=path.parent, delete=False, prefix=f".{path.name}-") as file:
        try:
            Path(file.name).chmod(FILE_MODE)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)


def _workbook(review: Review, spoken: Sequence[str]) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": CREATED})
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    text = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})  # "=..." typed here stays text
    form = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@", "bg_color": "#fff8dc", "border": 1})
    about = book.add_worksheet(ABOUT)
    about.set_column(0, 0, 110)
    lines = [f"delete_by: {review.delete_by}"]
    for code in [code for code in spoken if code in languages()] or ["en"]:
        with language(code):
            lines += ["", *_instructions(review)]
    for row, line in enumerate(lines):
        about.write_string(row, 0, line, head if row == 0 else text)
    apart = review.comments["allegation"].map(_is_yes)
    for name, rows in ((COMMENTS, review.comments[~apart]), (ALLEGATIONS, review.comments[apart])):
        sheet = book.add_worksheet(name)
        _table(sheet, rows[[*_COLUMNS]], DECIDED[:-1], (head, text, form))
        for column in ("publish", "allegation"):
            place = _COLUMNS.index(column)
            sheet.data_validation(1, place, max(len(rows), 1), place, {"validate": "list", "source": ["yes", "no"]})
    decided = [column for column in review.themes if column not in ("item", "words")]
    _table(book.add_worksheet(THEMES), review.themes, decided, (head, text, form))
    book.close()
    return without_clock(out.getvalue())


_WIDTHS = {"original": 50, "masked_text": 50, "edited_text": 50, "masked": 30, "words": 40}


def _table(sheet: Any, rows: pd.DataFrame, decided: Sequence[str], looks: tuple[Any, Any, Any]) -> None:
    head, text, form = looks
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(rows.columns):
        sheet.set_column(place, place, _WIDTHS.get(column, 24 if column.startswith("name_") else 14))
        sheet.write_string(0, place, column, head)
        look = form if column in decided else text
        for row, value in enumerate(rows[column], start=1):
            sheet.write_string(row, place, str(value), look) if str(value) else sheet.write_blank(
                row, place, None, look
            )


def _instructions(review: Review) -> list[str]:
    return [
        _(
            "What people wrote, for review. Confidential: it names persons. Share it with nobody but those who review it."
        ),
        _("Delete this workbook by {day}, and every copy of it.").format(day=review.delete_by),
        _(
            "Themes (sheet themes): keep = yes keeps a theme; merge_into = the id of another one; name it in each language. "
            "In the column theme of a comment you may write another theme than the proposed one, or - for none. Only themes that "
            "are kept are counted."
        ),
        _(
            "Quotes (sheet comments): read masked_text, and write into edited_text what may be quoted where it is not right. "
            "publish = yes proposes it; without it nothing is quoted. Whoever masked writes a name into masked_by; "
            "somebody else reads it and writes a name into approved_by. Neither works for the organisations concerned."
        ),
        _(
            "Then save, and run `hpp comments STUDY --seal`: it binds each approval to its text. Whoever changes a text afterwards "
            "empties approved_by and approved_sha256, and it is approved and sealed anew."
        ),
        _(
            "Allegations (sheet allegations) are for a confidential contact alone. Nothing of them is ever published, not as a count either. "
            "Where a comment is none, write no into allegation; where one stands among the comments, write yes."
        ),
    ]


# Reading


@checked
def read_review(path: str | Path, *, sealed: bool = True) -> Review:
    """Read a review workbook.

    Parameters
    ----------
    path : path
    sealed : bool
        Whether every approval must be bound to its text already, as a report needs it.

    Returns
    -------
    Review

    Raises
    ------
    SurveyError
        With every problem, its row and column.
    """
    import openpyxl  # a run without comments does without
    from openpyxl.utils.exceptions import InvalidFileException

    path = Path(path)
    try:
        book = openpyxl.load_workbook(path, data_only=False)
    except (OSError, BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        rule = f"A review must be a workbook that can be read ({type(error).__name__})."
        raise SurveyError(
            [Failure(rule, "Correct the path, or write it with `hpp comments STUDY`.", value=str(path))]
        ) from error
    failures: list[Failure] = []
    frames = {}
    for name, needed in ((COMMENTS, _COLUMNS), (ALLEGATIONS, _COLUMNS), (THEMES, ("id", "item", "keep", "merge_into"))):
        if name not in book.sheetnames:
            rule = f"A review must have the sheets {COMMENTS}, {ALLEGATIONS} and {THEMES}; {name!r} is not there."
            failures.append(Failure(rule, "Restore it from a copy, or write the workbook anew.", path.name, value=name))
            continue
        frames[name], wrong = _frame(book[name], needed, path.name)
        failures += wrong
    delete_by = str(book[ABOUT]["A1"].value or "").partition(":")[2].strip() if ABOUT in book.sheetnames else ""
    if failures:
        raise SurveyError(failures)
    both = [frames[COMMENTS].assign(sheet=COMMENTS), frames[ALLEGATIONS].assign(sheet=ALLEGATIONS)]
    comments = pd.concat(both, ignore_index=True)
    # what stands among the allegations is one unless a person says that it is not
    is_no = comments["allegation"].str.casefold().isin(_NO)
    comments.loc[comments["sheet"].eq(ALLEGATIONS) & ~is_no, "allegation"] = "yes"
    failures += [
        *_wrong_comments(comments, frames[THEMES], path.name, sealed=sealed),
        *_wrong_themes(frames[THEMES], path.name),
    ]
    if failures:
        raise SurveyError(failures)
    return Review(comments, frames[THEMES].drop(columns="row"), delete_by, path.name)


def check_review(path: str | Path, data: Survey, by: str, languages: Sequence[str]) -> tuple[list[Failure], list[str]]:
    """What keeps a run from using a review workbook, and what its user should know."""
    try:
        review = read_review(path)
        missing = int((~comment_rows(data, by=by)["id"].isin(review.comments["id"])).sum())
    except SurveyError as error:
        return list(error.failures), []
    failures = []
    if missing:
        rule = f"The review must have a row for each comment; {missing:,} are not in it."
        remedy = "Run `hpp comments STUDY` again: it adds them, and keeps what was filled in."
        failures.append(Failure(rule, remedy, review.file))
    for code in languages:
        if len(review.open_themes) and f"name_{code}" not in review.themes:
            rule = f"A theme must have a name in each language of the reports; the column name_{code} is not there."
            failures.append(Failure(rule, "Run `hpp comments STUDY` again, and name them.", review.file, 1))
    if not len(review.open_themes):
        return failures, [f"No theme is kept in {review.file}: the reports say nothing of the comments."]
    return failures, []


def _frame(sheet: Any, needed: Sequence[str], file: str) -> tuple[pd.DataFrame, list[Failure]]:
    """The cells of a sheet as text, with the row of each; empty rows are left out."""
    failures = []
    rows = sheet.iter_rows()
    header = [str(cell.value or "").strip() for cell in next(rows, ())]
    for column in needed:
        if header.count(column) != 1:
            rule = f"The sheet {sheet.title!r} must have the column {column!r} once."
            remedy = nearest(column, [one for one in header if one])
            failures.append(Failure(rule, remedy, file, 1, value=column))
    found = []
    for cells in rows:
        values = {}
        for name, cell in zip(header, cells, strict=False):
            if cell.data_type == "f":
                rule = f"A cell of the sheet {sheet.title!r} must be a text; this one is a formula."
                remedy = "Write it as text, with an apostrophe before it."
                failures.append(Failure(rule, remedy, file, cell.row, name, str(cell.value)))
            values[name] = "" if cell.value is None else str(cell.value).strip()
        if any(values.values()):
            found.append({**values, "row": cells[0].row})
    return pd.DataFrame(found, columns=[*dict.fromkeys([*header, "row"])], dtype=object).fillna(""), failures


def _wrong_comments(comments: pd.DataFrame, themes: pd.DataFrame, file: str, *, sealed: bool) -> Iterator[Failure]:
    known = {"", NO_THEME, *themes["id"]}
    for id_ in comments["id"][comments["id"].duplicated()].unique():
        rows = comments.loc[comments["id"] == id_, "row"].tolist()
        rule, remedy = "A comment must stand in one row.", "Remove the copy."
        yield Failure(rule, remedy, file, int(rows[-1]), "id", id_)
    for row in comments.to_dict("records"):

        def wrong(
            column: str, rule: str, remedy: str, value: str | None = None, row: Mapping[Any, Any] = row
        ) -> Failure:
            shown = str(row[column])[:60] if value is None else value
            return Failure(f"Sheet {row['sheet']}: {rule}", remedy, file, int(row["row"]), column, shown)

        if fingerprint_text(row["original"]) != row["original_sha256"]:
            yield wrong("original", "what a person wrote must stay as it was.", "Undo the change; edit `edited_text`.")
        for column in ("publish", "allegation"):
            if row[column].casefold() not in _YES | _NO | {""}:
                yield wrong(column, f"`{column}` must be yes or no, or empty.", "Correct it.")
        if row["theme"] not in known:
            yield wrong(
                "theme", "a theme must stand in the sheet themes.", f"{nearest(row['theme'], sorted(known - {''}))}"
            )
        yield from _wrong_approval(row, wrong, sealed=sealed)


def _wrong_approval(row: Mapping[Any, Any], wrong: Any, *, sealed: bool) -> Iterator[Failure]:
    """What keeps a comment from being quoted although somebody wants to."""
    masked_by, approved_by = _name(row["masked_by"]), _name(row["approved_by"])
    changed = (
        "Empty approved_by and approved_sha256; have it approved anew, and seal it with `hpp comments STUDY --seal`."
    )
    if row["approved_sha256"] and row["approved_sha256"] != fingerprint_text(_text_of(row)):
        yield wrong(
            "approved_sha256", "the text must be the one that was approved; it was changed afterwards.", changed, ""
        )
    if row["approved_sha256"] and not approved_by:
        yield wrong("approved_by", "a sealed approval must have a name.", changed)
    if masked_by and masked_by == approved_by:
        yield wrong("approved_by", "two different persons must mask and approve.", "Have somebody else approve it.")
    if not _is_yes(row["publish"]):
        return
    if _is_yes(row["allegation"]):
        yield wrong("publish", "an allegation is never published.", "Empty `publish`, or say that it is none.")
    if not _is_yes(row["consent"]):
        yield wrong("publish", "only those who agreed are quoted; this person did not.", "Empty `publish`.")
    for column, name in (("masked_by", masked_by), ("approved_by", approved_by)):
        if not name and (sealed or column == "masked_by"):
            remedy = "Write the name of whoever did it, or empty `publish`."
            yield wrong(column, "what is published must be masked by one person and approved by another.", remedy)
    if sealed and approved_by and not row["approved_sha256"]:
        yield wrong("approved_sha256", "an approval must be bound to its text.", "Run `hpp comments STUDY --seal`.")


def _wrong_themes(themes: pd.DataFrame, file: str) -> Iterator[Failure]:
    ids = themes["id"].tolist()
    merged = dict(zip(ids, themes["merge_into"], strict=True))
    names = [column for column in themes if column.startswith("name_")]
    for row in themes.to_dict("records"):

        def wrong(column: str, rule: str, remedy: str, row: Mapping[Any, Any] = row) -> Failure:
            return Failure(f"Sheet {THEMES}: {rule}", remedy, file, int(row["row"]), column, str(row[column]) or None)

        if not row["id"] or ids.count(row["id"]) > 1 or row["id"] == NO_THEME:
            yield wrong("id", "each theme must have an id of its own.", "Give it one.")
        if row["keep"].casefold() not in _YES | _NO | {""}:
            yield wrong("keep", "`keep` must be yes or no, or empty.", "Correct it.")
        if row["merge_into"] and row["merge_into"] not in merged:
            yield wrong("merge_into", "a theme must be merged into one of this sheet.", nearest(row["merge_into"], ids))
        seen, at = {row["id"]}, row["merge_into"]
        while at and at not in seen:
            seen.add(at)
            at = merged.get(at, "")
        if at:
            yield wrong("merge_into", "themes must not be merged in a circle.", "Empty one of them.")
        if _is_yes(row["keep"]) and not row["merge_into"]:
            for column in names:
                if not row[column]:
                    yield wrong(column, "a theme that is kept must have a name in each language.", "Name it.")


@checked
def seal_review(path: str | Path) -> int:
    """Bind each approval of a review workbook to the text that was approved.

    Parameters
    ----------
    path : path
        The workbook, from `write_review`, as persons filled it in.

    Returns
    -------
    int
        The number of approvals that were sealed now.

    Raises
    ------
    SurveyError
        With every problem: nothing is sealed then.
    """
    path = Path(path)
    review = read_review(path, sealed=False)
    comments = review.comments.copy()
    new = comments["approved_by"].ne("") & comments["approved_sha256"].eq("")
    comments.loc[new, "approved_sha256"] = [fingerprint_text(_text_of(row)) for row in comments[new].to_dict("records")]
    if new.any():
        save_review(Review(comments, review.themes, review.delete_by, path.name), path)
    return int(new.sum())
