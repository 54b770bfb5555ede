"""What was agreed, by whom, and by when? The one sheet that holds it, read and checked."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from typing import Any

from hpp_analysis.common.design import names_of
from hpp_analysis.common.result import CellKey
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import checked, names_in, nearest
from hpp_analysis.survey.readers.workbook import sheets_of
from hpp_analysis.survey.survey import Survey, wave_order
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import languages, pick, spoken

FILE = "agreements.xlsx"
REVIEW_DAYS = 90
"""After so many days people look back on an agreement."""
STATUSES = ("open", "doing", "done", "dropped")
_LONGEST = 2_000
_MOST_ABOVE = 15
"""Rows among which the heads of the columns are."""
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One row of the sheet.

    Attributes
    ----------
    id : str
        Once in the sheet; empty of a row that a person added and nobody has numbered yet.
    client : str
        The report that it belongs to, by the value of the column that makes the reports.
    wave : str
        In which it was agreed.
    partnership, side : str
        Whom it is about; empty for all partnerships, for both sides.
    about : str
        The id of a factor or a characteristic; empty where it is about no score.
    agreement : str
        What was agreed; empty of a point that is only proposed.
    owner_first, owner_second : str
        Who takes care of it, on the first side and on the second.
    by_when, review : str
        Dates as YYYY-MM-DD.
    status : {"open", "doing", "done", "dropped"}
    evidence : str
        What shows that it was done.
    """

    id: str = ""
    client: str = ""
    wave: str = ""
    partnership: str = ""
    side: str = ""
    about: str = ""
    agreement: str = ""
    owner_first: str = ""
    owner_second: str = ""
    by_when: str = ""
    status: str = "open"
    evidence: str = ""
    review: str = ""

    def plain(self) -> dict[str, str]:
        """As a mapping, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def point(self) -> tuple[str, ...]:
        """What it is about: one point may carry several agreements."""
        return self.client, self.wave, self.partnership, self.side, self.about


COLUMNS = tuple(field.name for field in fields(Agreement))
_DATES = ("by_when", "review")
_FILLED_IN = ("agreement", "owner_first", "owner_second", "by_when", "evidence")
BLANK_COLUMNS = ("client", "wave", "status", "review")
"""What a row may hold that nobody has filled in yet."""


def column_labels(survey: Survey) -> dict[str, str]:
    """What the columns of the sheet are called in the language in use; without those that the answers have no use for."""
    sides = survey.values("side") if "side" in survey.respondents else ()
    labels = {
        "id": _("No."),
        "client": _("Belongs to"),
        "wave": _("Wave"),
        "partnership": _("Partnership"),
        "side": _("Side"),
        "about": _("What we talk about"),
        "agreement": _("What we agree"),
        "owner_first": _("Who"),
        "owner_second": "",
        "by_when": _("By when"),
        "status": _("Status"),
        "evidence": _("What shows it"),
        "review": _("Look back on"),
    }
    if len(sides) > 1:
        for column, side in zip(("owner_first", "owner_second"), sorted(sides), strict=False):
            labels[column] = _("Who ({side})").format(side=name_of(survey, side, "side"))
    absent = [column for column in ("wave", "partnership", "side") if column not in survey.respondents]
    return {name: label for name, label in labels.items() if label and name not in absent}


def status_words() -> dict[str, str]:
    """What each status is called in the language in use."""
    return {"open": _("open"), "doing": _("under way"), "done": _("done"), "dropped": _("dropped")}


def about_text(survey: Survey, about: str) -> str:
    """A factor or characteristic as the sheet names it: its name and, in brackets, its id."""
    return f"{name_of(survey, about)} ({about})" if about else ""


def name_of(survey: Survey, id: str, column: str = "") -> str:  # noqa: A002 - the id of whatever is named
    """What an id is called in the language in use; ids that nobody named stand for themselves."""
    names = names_of(survey)
    texts = names.get(f"{column}={id}") or names.get(id)
    return pick(texts) if texts else id


def new_id(agreement: Agreement, taken: Sequence[str] | set[str] = ()) -> str:
    """A short id that follows from what the row is about, so that runs need not know of each other.

    Examples
    --------
    >>> new_id(Agreement(client="A", wave="2", about="equ3")) == new_id(Agreement(client="A", wave="2", about="equ3"))
    True
    """
    for attempt in range(10_000):
        digest = hashlib.sha256("\x1f".join([*agreement.point, agreement.agreement, str(attempt)]).encode()).digest()
        found = f"{agreement.wave or '1'}.{''.join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:3])}"
        if found not in taken:
            return found
    raise SurveyError([Failure("A sheet must leave ids for new rows.", "Begin a new sheet.")])


@checked
def read_agreements(
    source: str | Path | Sequence[Mapping[str, Any]], survey: Survey, *, by: str = "client", client: str = ""
) -> tuple[Agreement, ...]:
    """Read a sheet of agreements, and check each row.

    Parameters
    ----------
    source : str, Path or sequence of mapping
        A workbook with such a sheet, as `hpp report` writes it beside the study and into each report's tables.xlsx; or its rows
        as mappings with the names of `Agreement`.
    survey : Survey
        All answers of the study, of all waves.
    by : str
        The column of which each value has a report.
    client : str
        Only the agreements of this report; empty for all.

    Returns
    -------
    tuple of Agreement
        In the order of the sheet; rows without a word are left out.

    Raises
    ------
    SurveyError
        With every problem: row, column, what stands there, and the way out.

    Examples
    --------
    >>> from hpp_analysis import simulate_study
    >>> survey = simulate_study(waves=2, seed=1).survey
    >>> row = {"wave": "1", "about": "equ3", "agreement": "We decide together.", "by_when": "2026-06-01"}
    >>> read_agreements([row], survey, client=survey.values("client")[0])[0].status
    'open'
    """
    names_in(by, survey.respondents, "by")
    if client:
        names_in(client, survey.values(by), "client", kind=f"a value of {by!r}")
    reader = _Reader.of(survey, by, client)
    if isinstance(source, str | Path):
        file = Path(source).name
        _title, head, columns, texts = _located(Path(source), survey)
        rows = [
            (number, {name: cells[place] for name, place in columns.items() if place < len(cells)})
            for number, cells in texts
            if number > head
        ]
        heads = next(cells for number, cells in texts if number == head)
        headings = {name: heads[place] for name, place in columns.items()}
    else:
        file, headings = None, {}
        rows = [
            (number, {str(name): str(value) for name, value in row.items()}) for number, row in enumerate(source, 1)
        ]
    failures: list[Failure] = []
    found, numbers = [], []
    for number, row in rows:
        unknown = [name for name in row if name not in COLUMNS]
        for name in unknown:
            failures.append(
                Failure(
                    f"A column must be one of {', '.join(COLUMNS)}.", nearest(name, COLUMNS), file, number, value=name
                )
            )
        if unknown or not any(value.strip() for name, value in row.items() if name not in BLANK_COLUMNS):
            continue
        agreement, problems = reader.read(row, number, file)
        taken_up = agreement.status != "open" or any(row.get(name, "").strip() for name in _FILLED_IN)
        if any(problem.column in ("client", headings.get("client")) for problem in problems) and not taken_up:
            continue  # a proposal that nobody took up, of reports that were divided otherwise
        failures += problems
        found.append(agreement)
        numbers.append(number)
    seen: dict[str, int] = {}
    for number, one in zip(numbers, found, strict=True):
        if one.id in seen and one.id:
            rule = f"An id must stand once; row {seen[one.id]} has it too."
            failures.append(Failure(rule, "Empty it: a new one is made.", file, number, "id", one.id))
        seen.setdefault(one.id, number)
    if failures:
        raise SurveyError(replace(one, column=headings.get(one.column or "", one.column)) for one in failures)
    return tuple(one for one in found if not client or one.client == client)


def row_texts(one: Agreement, survey: Survey, columns: Iterable[str]) -> Iterator[str]:
    """The cells of a row as people read them, in the language in use."""
    for name in columns:
        value = getattr(one, name)
        if name == "about":
            yield about_text(survey, value)
        elif name in ("partnership", "side") and value:
            yield name_of(survey, value, name)
        elif name == "status":
            yield status_words()[value] if one.id else ""
        else:
            yield value


def find_sheet(path: Path, survey: Survey) -> tuple[str, int, dict[str, int]]:
    """The sheet of agreements of a workbook: its title, the row of its heads, and the place of each column from 0.

    Raises
    ------
    SurveyError
        When there is no such file or sheet.
    """
    return _located(path, survey)[:3]


def _located(path: Path, survey: Survey) -> tuple[str, int, dict[str, int], list[tuple[int, list[str]]]]:
    try:
        data = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        rule = f"The sheet of agreements must be a workbook that can be read ({why})."
        raise SurveyError([Failure(rule, "Correct the path; `hpp report` writes such a sheet.", str(path))]) from error
    sheets = sheets_of(data, path.name)
    found = _found(sheets, _spellings(survey))
    if found is None:
        heads = ", ".join(repr(label) for label in column_labels(survey).values())
        rule = f"A workbook must hold a sheet of agreements, with the heads {heads}."
        raise SurveyError([Failure(rule, "Give the file that `hpp report` wrote.", path.name)])
    _refuse_formulas(data, found[0], path.name)
    return *found, sheets[found[0]]


def _spellings(survey: Survey) -> dict[str, str]:
    """The names of columns by all that these are called, in every language."""
    found = {name.casefold(): name for name in COLUMNS}
    for code in _languages_of(survey):
        with spoken(code, words=survey.words):
            found |= {label.casefold(): name for name, label in column_labels(survey).items()}
    return found


def _languages_of(survey: Survey) -> list[str]:
    return [code for code in languages() if code in survey.instrument.languages]


def _found(
    sheets: Mapping[str, list[tuple[int, list[str]]]], spellings: Mapping[str, str]
) -> tuple[str, int, dict[str, int]] | None:
    """The title of the sheet of agreements, the row of its heads, and the place of each column."""
    for title, rows in sheets.items():
        for number, texts in rows[:_MOST_ABOVE]:
            columns: dict[str, int] = {}
            for place, text in enumerate(texts):
                name = spellings.get(" ".join(text.split()).casefold())
                if name is not None:
                    columns.setdefault(name, place)
            if {"id", "about", "agreement", "status"} <= set(columns):
                return title, number, columns
    return None


def _refuse_formulas(data: bytes, title: str, file: str) -> None:
    """Refuse formulas: what they say depends on the program that opens them."""
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(data), read_only=True)
    failures = [
        Failure(
            "A cell must hold a text or a date, no formula.",
            "Write what it says.",
            file,
            cell.row,
            value=str(cell.value),
        )
        for row in book[title].iter_rows()
        for cell in row
        if getattr(cell, "data_type", "") == "f"
    ]
    if failures:
        raise SurveyError(failures)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What the cells of a row may say.

    Attributes
    ----------
    survey : Survey
    clients, waves, sides : tuple of str
    pairs : mapping of str to tuple of str
        By client, its partnerships.
    known : mapping of str to mapping of str to set of str
        By column, what its ids are called, in small letters, and the ids that are called so.
    client : str
        The report to which rows belong that do not say so.
    """

    survey: Survey
    clients: tuple[str, ...]
    waves: tuple[str, ...]
    sides: tuple[str, ...]
    pairs: Mapping[str, tuple[str, ...]]
    known: Mapping[str, Mapping[str, set[str]]]
    client: str

    @classmethod
    def of(cls, survey: Survey, by: str, client: str) -> _Reader:
        frame = survey.respondents
        clients = survey.values(by)
        pairs: dict[str, tuple[str, ...]] = {}
        if "partnership" in frame:
            for name in clients:
                own = frame[frame[by].astype(str) == name]
                pairs[name] = tuple(dict.fromkeys(own["partnership"].astype(str)))
        instrument = survey.instrument
        factors = [part.id for part in (*instrument.factors, *instrument.outcomes)]
        items = [item.id for item in instrument.items if item.factor in factors]
        sides = survey.values("side") if "side" in frame else ()
        places = [one for own in pairs.values() for one in own]
        names = {"about": [*factors, *items], "partnership": places, "side": list(sides), "status": list(STATUSES)}
        return cls(
            survey=survey,
            clients=clients,
            waves=tuple(sorted(survey.values("wave"), key=wave_order)) if "wave" in frame else (),
            sides=sides,
            pairs=pairs,
            known={column: _called(survey, column, ids) for column, ids in names.items()},
            client=client or (clients[0] if len(clients) == 1 else ""),
        )

    def read(self, row: Mapping[str, str], number: int, file: str | None) -> tuple[Agreement, list[Failure]]:
        """The agreement of a row, and what is wrong with it."""
        failures: list[Failure] = []
        given = {name: value.strip() for name, value in row.items()}

        def fail(rule: str, remedy: str, column: str) -> str:
            failures.append(Failure(rule, remedy, file, number, column, given.get(column, "")))
            return ""

        for name, value in given.items():
            if len(value) > _LONGEST:
                failures.append(
                    Failure(
                        f"A cell must have at most {_LONGEST:,} characters; this one has {len(value):,}.",
                        "Shorten it.", file, number, name,
                    )
                )  # fmt: skip
            if _CONTROLS.search(value):
                fail("A cell must hold no invisible control characters.", "Write it anew, without them.", name)
        client = given.get("client", "") or self.client
        if client not in self.clients:
            remedy = nearest(client, self.clients) if client else f"Write one of {', '.join(self.clients[:10])}."
            client = fail("A row must name the report that it belongs to.", remedy, "client")
        wave = given.get("wave", "")
        if not wave and len(self.waves) == 1:
            wave = self.waves[0]
        if wave not in self.waves and (self.waves or wave):
            listed = ", ".join(self.waves) or "none"
            wave = fail(f"A wave must be one of the answers; there is {listed}.", "Correct it.", "wave")
        found = {
            column: self._meant(column, given.get(column, ""), fail)
            for column in ("about", "partnership", "side", "status")
        }
        if found["partnership"] and client and found["partnership"] not in self.pairs.get(client, ()):
            found["partnership"] = fail(
                f"A partnership must be one of {client}.",
                "Correct it, or move the row to the other report.",
                "partnership",
            )
        dates = {column: self._date(given.get(column, ""), column, fail) for column in _DATES}
        texts = {name: given.get(name, "") for name in ("id", "agreement", "owner_first", "owner_second", "evidence")}
        agreement = Agreement(
            client=client, wave=wave, **{**found, "status": found["status"] or "open"}, **dates, **texts
        )
        if agreement.status in ("done", "doing") and not agreement.agreement and not failures:
            fail("A row with a status must say what was agreed.", "Write it, or set the status to open.", "agreement")
        return agreement, failures

    def _meant(self, column: str, text: str, fail: Any) -> str:
        """The id that a text means: an id itself, or what it is called in any language, also with the id in brackets."""
        if not text:
            return ""
        known = self.known[column]
        ids = {one for called in known.values() for one in called}
        if text in ids:
            return text
        called = known.get(" ".join(text.split()).casefold(), set())
        if not called and (bracketed := re.search(r"\(([^()]+)\)$", text)) and bracketed[1] in ids:
            return bracketed[1]
        if len(called) == 1:
            return next(iter(called))
        rule = {
            "about": "An agreement must be about a factor or a characteristic of the questionnaire.",
            "partnership": "A partnership must be one of the answers.",
            "side": "A side must be one of the answers.",
            "status": f"A status must be one of {', '.join(STATUSES)}.",
        }[column]
        if called:
            return str(fail(rule, f"The name stands for several: write {' or '.join(sorted(called))}.", column))
        near = get_close_matches(text.casefold(), known, 3)
        meant = dict.fromkeys(one for name in near for one in sorted(known[name]))
        names = [f"{name_of(self.survey, one, column)} ({one})" if column == "about" else repr(one) for one in meant]
        remedy = f"Did you mean {' or '.join(names)}?" if names else "Correct it, or empty the cell."
        return str(fail(rule, remedy, column))

    def _date(self, text: str, column: str, fail: Any) -> str:
        """A date in ISO form; 1-3-2026 may be read in two ways, and is refused."""
        if not text:
            return ""
        try:
            return dt.date.fromisoformat(text.split(" ")[0].split("T")[0]).isoformat()
        except ValueError:
            remedy = "Write it as 2026-03-31, or format the cell as a date."
            return str(fail("A date must be one.", remedy, column))


def _called(survey: Survey, column: str, ids: Sequence[str]) -> dict[str, set[str]]:
    """By all that ids are called in any language, in small letters, the ids."""
    names = names_of(survey)
    found: dict[str, set[str]] = {}
    for one in ids:
        texts = names.get(f"{column}={one}") or names.get(one) or {}
        for text in (one, *texts.values()):
            found.setdefault(" ".join(text.split()).casefold(), set()).add(one)
    if column == "status":
        for code in languages():
            with spoken(code):
                for one, word in status_words().items():
                    found.setdefault(word.casefold(), set()).add(one)
    return found


def cells_of_point(
    who: Mapping[str, str], about: str, selection: Mapping[str, str], sides: Sequence[str], waves: Sequence[str]
) -> list[CellKey]:
    """The cells of a disclosure plan that a point rests on.

    Of a point in one partnership these are both sides: plans do not know them together.

    Examples
    --------
    >>> len(cells_of_point({"partnership": "A – B", "side": ""}, "equ3", {}, ("client", "partner"), ("1", "2")))
    4
    """
    given = {name: value for name, value in who.items() if value}
    parts = [{**given, "side": side} for side in sides] if set(given) == {"partnership"} and sides else [given]
    return [
        (frozenset({**selection, **({"wave": wave} if wave else {}), **part}.items()), about)
        for wave in waves
        for part in parts
    ]


def numbered(agreements: Sequence[Agreement]) -> list[Agreement]:
    """The agreements, each with an id."""
    taken = {one.id for one in agreements if one.id}
    found = []
    for one in agreements:
        if not one.id:
            one = replace(one, id=new_id(one, taken))
            taken.add(one.id)
        found.append(one)
    return found
