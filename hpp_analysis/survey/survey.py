"""The answers of a study, ready to be analysed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import SurveyFormat, checked, names_in, nearest, one_of
from hpp_analysis.survey.audit import frame_of
from hpp_analysis.survey.handover import made_once
from hpp_analysis.survey.instrument import load_instrument, with_words
from hpp_analysis.survey.mapping import ColumnMap, MappingSource, mappings_for
from hpp_analysis.survey.questionnaire import Factor, Instrument, OwnWords
from hpp_analysis.survey.readers import read_raw
from hpp_analysis.survey.readers.raw import RawTable
from hpp_analysis.survey.schema import parse
from hpp_analysis.survey.stacking import (
    derived,
    double_ratings,
    in_order,
    one_spelling,
    stacked,
    two_organisations,
    with_persons,
)
from hpp_analysis.survey.understand import NOT_ASKED
from hpp_analysis.survey.unread import Unread, answers_unread
from hpp_analysis.texts.wording import Wording, WordSet

KEPT = "_kept"
"""The entry of a selection that stands for a choice of ratings by `Survey.keep`."""

Source: TypeAlias = str | Path | pd.DataFrame
SYNTHETIC = "hpp_synthetic_twin"
"""The column of a file that marks its answers as drawn from a study, not given by anybody."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A logged decision to leave ratings out."""

    why: str
    n_ratings: int
    n_persons: int


@dataclass(frozen=True, eq=False)
class Survey:
    """Answers to an instrument; one row is one rating: one respondent about one partnership.

    Attributes
    ----------
    instrument : Instrument
        The questionnaire that was answered.
    items : DataFrame, ratings x items
        Answers on the instrument's scale, reverse items turned round; NaN where not answered.
    reasons : DataFrame, ratings x items
        Of each cell: "answered", "dont_know", "skipped" or, where the file of a rating lacks an optional item that another
        file has, "not_asked". A selection in which an item was not asked of anybody is without that item.
    respondents : DataFrame, ratings x columns
        Who answered, about which partnership, and every column that the instrument does not know.
    sha256 : str
        Fingerprint of the bytes that were read.
    sources : tuple of str
        The names of the files.
    unknown_columns : tuple of str
        Headers that the instrument does not know; kept in `respondents`, shown nowhere.
    selection : mapping of str to str
        The values that `where` selected, and a fingerprint of the ratings that `keep` kept.
    exclusions : tuple of Exclusion
        What `keep` left out, and why.
    comments : DataFrame, ratings x comments
        What was written in own words, "" for nothing; without columns where nothing was asked so.
    audit : DataFrame
        What was dropped or changed when the files were read, one row a change: file, row, column, item, value, became,
        reason (a code of `hpp_analysis.survey.audit.REASONS`), n (cells); also after `where`, of all files.
    """

    instrument: Instrument
    items: pd.DataFrame
    reasons: pd.DataFrame
    respondents: pd.DataFrame
    sha256: str
    sources: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    selection: Mapping[str, str] = field(default_factory=dict)
    exclusions: tuple[Exclusion, ...] = ()
    comments: pd.DataFrame = field(default_factory=pd.DataFrame)
    audit: pd.DataFrame = field(default_factory=lambda: frame_of([]))

    def __len__(self) -> int:
        return len(self.items)

    def __repr__(self) -> str:
        chosen = "".join(f", {column}={value!r}" for column, value in self.selection.items() if column != KEPT)
        return (
            f"<Survey {self.instrument.name} {self.instrument.version}: {len(self)} ratings "
            f"by {self.n_persons} persons{chosen}{', synthetic' if self.synthetic else ''}>"
        )

    def __getitem__(self, factor: str) -> pd.DataFrame:
        """The answers to the items of one factor or outcome."""
        known = [part.id for part in (*self.instrument.factors, *self.instrument.outcomes)]
        if factor not in known:
            names_in(factor, known, "factor", kind=f"a factor or an outcome of {self.instrument.name}")
        return self.items[[item.id for item in self.instrument.items_of(factor) if item.id in self.items]]

    @property
    def words(self) -> Wording:
        """What this study calls a client, a partner and so on."""
        usual: WordSet = "partnership" if {"partnership", "partner"} & set(self.respondents) else "survey"
        return (self.instrument.words or OwnWords()).wording(usual)

    @property
    def synthetic(self) -> bool:
        """Whether some of the answers are marked as synthetic: drawn by `make_twin`, not given by anybody."""
        return SYNTHETIC in self.respondents and bool(self.respondents[SYNTHETIC].astype(str).ne("").any())

    @property
    def persons(self) -> pd.Series:
        """Who gave each rating; without a respondent column each rating counts as a person."""
        if "respondent" in self.respondents:
            return self.respondents["respondent"]
        return pd.Series(np.arange(len(self)).astype(str), index=self.items.index, name="respondent")

    @property
    def n_persons(self) -> int:
        """The number of distinct persons."""
        return int(self.persons.nunique())

    def values(self, column: str) -> tuple[str, ...]:
        """The distinct values of a respondent column, in order of appearance.

        Raises
        ------
        SurveyError
            When there is no such column.
        """
        self._column(column)
        return tuple(str(value) for value in self.respondents[column].unique() if str(value))

    def where(self, **chosen: str) -> Survey:
        """The ratings whose respondent columns equal the given values, which are never parsed.

        Raises
        ------
        SurveyError
            When a column does not exist or nobody has the value.

        Examples
        --------
        >>> from hpp_analysis import simulate_study
        >>> survey = simulate_study(seed=1).survey
        >>> set(survey.where(side="client").respondents["side"])
        {'client'}
        """
        mask = np.ones(len(self), dtype=bool)
        for column, value in chosen.items():
            mask &= self._holds(column, value)
        if not mask.any():
            raise SurveyError(
                [
                    Failure(
                        "No row holds these values together.",
                        "Choose values that occur together.",
                        " and ".join(self.sources) or None,
                        None,
                        ", ".join(chosen),
                        ", ".join(map(str, chosen.values())),
                    )
                ]
            )
        selection = {**self.selection, **{column: str(value) for column, value in chosen.items()}}
        return replace(self._take(mask), selection=selection)

    def wave(self, wave: str = "") -> Survey:
        """The ratings of one wave: of the last one unless it is named; a study of one wave is returned whole.

        The last wave is the highest number or, where waves are not numbered, the last in alphabetical order.
        """
        if not wave and ("wave" not in self.respondents or len(self.values("wave")) < 2):
            return self
        return self.where(wave=wave or max(self.values("wave"), key=wave_order))

    def history(self, wave: str = "") -> Survey:
        """The ratings of one wave, named or the last one, and of all waves before it; whole without waves."""
        if wave:
            self._holds("wave", wave)
        elif "wave" not in self.respondents:
            return self
        last = wave_order(str(wave) or max(self.values("wave"), key=wave_order))
        order = self.respondents["wave"].astype(str).map(wave_order)
        return self._take(np.array([place <= last for place in order], dtype=bool))

    def keep(self, mask: Sequence[bool] | pd.Series, why: str) -> Survey:
        """The ratings for which `mask` is true; the others are left out, and that is logged with the reason.

        Parameters
        ----------
        mask : sequence of bool, one per rating
            A Series is matched by index.
        why : str
            The reason, for the report's appendix.
        """
        chosen = self._as_booleans(mask)
        if chosen is None or not chosen.any() or not str(why or "").strip():
            raise SurveyError(
                [
                    Failure(
                        f"`keep` must get one True or False for each of {len(self)} ratings, at least one True, and a reason.",
                        "Give both: survey.keep(survey.respondents['role'] == 'manager', why='...').",
                        value=f"{type(mask).__name__} of {np.shape(mask)}, {why!r}",
                    )
                ]
            )
        selected = self._take(chosen)
        left_out = Exclusion(why, int((~chosen).sum()), self.n_persons - selected.n_persons)
        # what may be shown was planned for all: a choice of ratings is another group, and says so
        ratings = hashlib.sha256(",".join(map(str, selected.items.index)).encode()).hexdigest()[:12]
        return replace(selected, exclusions=(*self.exclusions, left_out), selection={**self.selection, KEPT: ratings})

    def _as_booleans(self, mask: Any) -> np.ndarray | None:
        """The mask as booleans in the order of the ratings; None if it is not one boolean for each rating."""
        if isinstance(mask, pd.Series):
            if not mask.index.is_unique:
                return None
            mask = mask.reindex(self.items.index).fillna(False)
        values = np.asarray(mask)
        fits = values.shape == (len(self),) and all(isinstance(value, bool | np.bool_) for value in values.tolist())
        return values.astype(bool) if fits else None

    def only(self, *parts: str | Factor) -> Survey:
        """The same ratings with some of their items.

        Parameters
        ----------
        *parts : str or Factor
            Items by id; a factor or an outcome, or its id, stands for its items.

        Raises
        ------
        SurveyError
            When there is no such item or factor.

        Examples
        --------
        >>> from hpp_analysis import simulate_study
        >>> survey = simulate_study(seed=1).survey
        >>> survey.only("conflict_management", "ope1").items.columns.tolist()
        ['con1', 'con2', 'con3', 'con4', 'ope1']
        """
        known = [part.id for part in (*self.instrument.factors, *self.instrument.outcomes)]
        chosen: list[str] = []
        unknown: list[str] = []
        for part in parts:
            name = str(getattr(part, "id", part))
            if name in self.items:
                chosen.append(name)
            elif name in known:
                chosen += list(self[name])
            else:
                unknown.append(name)
        if unknown or not chosen:
            raise SurveyError(
                Failure(
                    f"`only` must name items, factors or outcomes of {self.instrument.name} that were asked.",
                    nearest(name, [*self.items, *known]),
                    value=name,
                )
                for name in unknown or [""]
            )
        names = list(dict.fromkeys(chosen))
        return replace(self, items=self.items[names], reasons=self.reasons[names])

    def _take(self, mask: np.ndarray) -> Survey:
        items, reasons = self.items[mask], self.reasons[mask]
        asked_items = [item for item in items if (reasons[item] != NOT_ASKED).any()]
        if len(asked_items) < items.shape[1]:
            items, reasons = items[asked_items], reasons[asked_items]
        comments = self.comments[mask] if len(self.comments.columns) else self.comments
        return replace(self, items=items, reasons=reasons, respondents=self.respondents[mask], comments=comments)

    def _holds(self, column: str, value: object) -> np.ndarray:
        """Which ratings have a value in a respondent column; one at least."""
        self._column(column)
        rows = np.asarray(self.respondents[column] == str(value))
        if not rows.any():
            known = self.values(column)
            raise SurveyError(
                [
                    Failure(
                        f"A value must stand in its column; there are {_listed(known)}.",
                        nearest(str(value), known),
                        " and ".join(self.sources) or None,
                        None,
                        column,
                        str(value),
                    )
                ]
            )
        return rows

    def _column(self, column: str) -> None:
        if column not in self.respondents:
            known = [str(name) for name in self.respondents]
            raise SurveyError(
                [
                    Failure(
                        f"A column must be one of those about respondents; there are {_listed(known) or 'none'}.",
                        nearest(str(column), known),
                        " and ".join(self.sources) or None,
                        1,
                        str(column),
                    )
                ]
            )


def wave_order(wave: str) -> tuple[float, str]:
    """The place of a wave among others: by its number or, where waves are not numbered, alphabetical."""
    try:
        return float(wave), wave
    except ValueError:
        return -np.inf, wave


def _listed(values: Sequence[str] | pd.Index) -> str:
    """Names for a message, at most ten of them."""
    shown = ", ".join(repr(str(value)) for value in list(values)[:10])
    return shown + (f" and {len(values) - 10} more" if len(values) > 10 else "")


@checked
def read_survey(
    source: Source | Sequence[Source],
    *,
    instrument: str | Path | Instrument,
    format: SurveyFormat = "auto",  # noqa: A002
    sheet: str | int | None = None,
    mapping: MappingSource | Sequence[MappingSource | None] | None = None,
    words: OwnWords | Mapping[str, Any] | str | None = None,
) -> Survey:
    """Read the answers to an instrument.

    Parameters
    ----------
    source : path or DataFrame, or a sequence of these
        The export; several of one study (waves, languages) are read together.
    instrument : str, Path or Instrument
        The questionnaire, as `load_instrument` takes it.
    format : {"auto", "csv", "xlsx", "spss", "por", "stata", "sas", "parquet", "frame"}
        What the files are; by default seen from their content.
    sheet : str or int, optional
        The sheet of a workbook, where several hold data: its name, or its number from 1. Over that of a mapping.
    mapping : path or mapping, or a sequence of these, optional
        Which column is what, where headers do not say so: for all files, or for each its own. The command `hpp map`
        writes one to be checked.
    words : str or mapping, optional
        What is said for a client, a partner and so on: the name of a set ("employees"), or words by language as in
        study.yaml. Over those of the questionnaire.

    Returns
    -------
    Survey

    Raises
    ------
    SurveyError
        With every problem of every file: file, row, column, value and remedy.

    Examples
    --------
    >>> import pandas as pd
    >>> from hpp_analysis import load_instrument, simulate_study
    >>> study = simulate_study(seed=1)
    >>> read_survey(study.frame(), instrument="hpp").n_persons == study.survey.n_persons
    True
    """
    one_of(format, SurveyFormat, "format")
    questionnaire = with_words(load_instrument(instrument), words)
    sources = list(source) if isinstance(source, Sequence) and not isinstance(source, str | bytes) else [source]
    mappings = mappings_for(mapping, len(sources))
    read = partial(_read_survey, sources, questionnaire, mappings, format=format, sheet=sheet)
    paths = [Path(one) for one in sources if isinstance(one, str | Path)]
    if len(paths) < len(sources) or not all(path.is_file() for path in paths):
        return read()
    files = [(path.name, _hash(path), _hash(path.with_suffix(".sas7bcat"))) for path in paths]
    words = None if questionnaire.words is None else questionnaire.words.model_dump(mode="json")
    comments = [one.model_dump(mode="json") for one in questionnaire.written]
    depends_on = [
        files,
        questionnaire.sha256,
        comments,
        words,
        [one.model_dump_json() for one in mappings],
        format,
        sheet,
    ]
    return made_once("survey", depends_on, read)


def _hash(path: Path) -> str:
    """The fingerprint of a file; "" where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _read_survey(
    sources: Sequence[Source],
    questionnaire: Instrument,
    mappings: Sequence[ColumnMap],
    *,
    format: SurveyFormat,  # noqa: A002
    sheet: str | int | None,
) -> Survey:
    raws: list[RawTable] = []
    parsed = []
    failures: list[Failure] = []
    unread: list[Unread] = []
    for one, own in zip(sources, mappings, strict=True):
        try:
            raws.append(read_raw(one, format=format, sheet=own.sheet if sheet is None else sheet))
            parsed.append(parse(raws[-1], questionnaire, own, unread=unread))
        except SurveyError as error:
            failures += error.failures
    failures += answers_unread(unread, questionnaire)
    if failures:
        raise SurveyError(failures)
    if not parsed:
        raise SurveyError([Failure("At least one file must be read.", "Name the export.")])
    entries = [entry for one in parsed for entry in one.audit]
    files = ", ".join(dict.fromkeys(raw.source for raw in raws))
    unknown = {header for one in parsed for header in one.unknown}
    people = stacked(with_persons(parsed, raws, entries)).fillna("")
    people = one_spelling(people, [column for column in people if column not in unknown], entries, files)
    respondents = derived(people)

    def where(place: int) -> tuple[str, int]:
        """The file and row of a rating."""
        for raw, one in zip(raws, parsed, strict=True):
            if place < len(one.rows):
                return raw.source, int(one.rows[place])
            place -= len(one.rows)
        raise IndexError(place)

    failures = [*double_ratings(respondents, where, questionnaire), *two_organisations(respondents, where)]
    if failures:
        raise SurveyError(failures)
    hashes = [raw.sha256 for raw in raws]
    return Survey(
        instrument=questionnaire,
        items=in_order(stacked([one.items for one in parsed]), questionnaire),
        reasons=in_order(stacked([one.reasons for one in parsed]).fillna(NOT_ASKED), questionnaire),
        respondents=respondents,
        comments=stacked([one.comments for one in parsed]).astype(object).fillna(""),
        sha256=hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest(),
        sources=tuple(raw.source for raw in raws),
        unknown_columns=tuple(dict.fromkeys(header for one in parsed for header in one.unknown)),
        audit=frame_of(entries),
    )
