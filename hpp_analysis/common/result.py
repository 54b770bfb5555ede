"""What every result is and can do."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import pandas as pd

from hpp_analysis.common.context import Context, Made
from hpp_analysis.common.declaration import Declaration, Figure, FurtherTable
from hpp_analysis.common.planned import Finding, finding_note, followed_finding
from hpp_analysis.display.blocks import MIME, Block, FigureBlock, TableBlock, TextBlock, declared, to_json
from hpp_analysis.display.columns import in_words
from hpp_analysis.display.tables import table_block, to_html, to_text
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, nearest
from hpp_analysis.study.analysis_plan import QUESTIONS
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext, pick, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CellKey = tuple[frozenset[tuple[str, str]], str]
"""Whose answers to what: the column values that select a group, and the item or scale."""

Given = ParamSpec("Given")
Found = TypeVar("Found", bound="Result")


def publishable(verb: Callable[Given, Found]) -> Callable[Given, Found]:
    """Have a function of a survey note in its result how it was made; `publish` makes it again of what may be told."""
    first = next(iter(inspect.signature(verb).parameters))

    @wraps(verb)
    def noting(*args: Given.args, **kwargs: Given.kwargs) -> Found:
        result = verb(*args, **kwargs)
        survey = args[0] if args else kwargs[first]
        if not isinstance(survey, Survey):
            return result
        options = {name: value for name, value in kwargs.items() if name != first}
        return replace(result, context=replace(result.context, made=Made(noting, survey, args[1:], options)))

    return noting


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result(ABC):
    """A table of numbers in full precision, and how to say, show and explain it.

    A subclass says in `_declare` what it is, and in `_summary`, `_methods` and `_notes` its sentences. Its attributes are
    given with `setting` where they are fixed before anybody answers, and with `counted` where they tell of the answers;
    `publish` leaves out all others.

    Attributes
    ----------
    table : DataFrame
        One row per thing measured.
    flags : tuple of str
        What a reader should know of the numbers, as codes.
    published : bool
        Whether the disclosure plan has been applied.
    context : Context
        The answers that it was made of.
    """

    table: pd.DataFrame
    flags: tuple[str, ...] = ()
    published: bool = False
    context: Context = field(default_factory=Context)

    def to_frame(self) -> pd.DataFrame:
        """The numbers, one row per thing measured, never rounded."""
        return self.table.copy(deep=False)

    def summary(self, language: str | None = None) -> str:
        """What the numbers say, in sentences."""
        with self._spoken(language):
            return " ".join(self._summary())

    def methods(self, language: str | None = None) -> str:
        """How the numbers were made, as a method section says it."""
        with self._spoken(language):
            return " ".join(self._methods())

    def alt(self, kind: str | None = None, language: str | None = None) -> str:
        """What a figure shows, for those who do not see it."""
        with self._spoken(language):
            return self._figure(kind).alt()

    def plot(self, kind: str | None = None, ax: Axes | None = None, language: str | None = None) -> Axes:
        """Draw a figure of the result; on its own canvas when `ax` is None."""
        with self._spoken(language):
            return self._figure(kind).draw(ax)

    def declaration(self, language: str | None = None) -> Declaration:
        """What the result is: its columns with units and what they reveal, its figures and further tables."""
        with self._spoken(language):
            return self._declare()

    # What a kind of result says of itself

    @abstractmethod
    def _declare(self) -> Declaration:
        """The description of the result, in the language in use; it holds for a table without rows too."""

    @abstractmethod
    def _summary(self) -> list[str]: ...

    @abstractmethod
    def _methods(self) -> list[str]: ...

    def _headline(self) -> list[str]:
        """The summary for the first page; by default all of it."""
        return self._summary()

    def _notes(self) -> list[str]:
        """What is said under the table and, unless they say otherwise, under the figures."""
        return []

    def _cells(self) -> list[list[CellKey]]:
        """For each row, the cells of which all must be visible for the row to be shown."""
        declared, selection = self.declaration(), self.context.selection
        keys = self.table[[*declared.groups, declared.variable]].astype(str).to_dict("records")
        return [
            [
                (
                    frozenset({**selection, **{group: row[group] for group in declared.groups}}.items()),
                    row[declared.variable],
                )
            ]
            for row in keys
        ]

    @property
    def _finding(self) -> Finding | None:
        """Whether the plan in use names this comparison; None without a plan, and of what compares nothing."""
        question = self.declaration().question
        if not question:
            return None
        settings = {name: getattr(self, name) for name in QUESTIONS.get(question, ())}
        return followed_finding(question, settings, self._compared())

    @property
    def _cleared(self) -> bool:
        """Whether what it shows may leave the researcher: what `publish` has not seen may not."""
        return self.published

    def _compared(self) -> list[str]:
        """The variables that a comparison is about, as a plan names them."""
        return [str(one) for one in self.table[self.declaration().variable].unique()]

    def _after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Bring what follows from rounded numbers in line with them, when a result is published."""
        return table

    def _agreeing(self, table: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG002
        """Leave out what does not fit the published rows, when it was made of the answers of large groups alone."""
        return table

    def _block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "summary", "headline", "methods", or one of its figures and further tables."""
        with self._spoken(language):
            declared = self._declare()
            match kind:
                case "table":
                    return self._table_block()
                case "summary":
                    return TextBlock(f"{declared.name}_summary", self._summary(), "summary")
                case "headline":
                    return TextBlock(f"{declared.name}_headline", self._headline(), "summary")
                case "methods":
                    return TextBlock(f"{declared.name}_methods", [" ".join(self._methods())], "method")
            return self._further_table(str(kind)) if kind in declared.tables else self._figure_block(kind)

    def _pages(self, kind: str | None = None, language: str | None = None) -> list[Block]:
        """As `_block`; results whose figures may take several pages give one for each."""
        return [self._block(kind, language)]

    def _all_tables(self) -> list[Block]:
        """What a notebook or a terminal shows of the result by itself."""
        return [self._table_block(), *(self._further_table(kind) for kind in self._declare().tables)]

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        with self._spoken(None):
            return mimebundle(self._all_tables(), cleared=self._cleared)

    def _repr_html_(self) -> str:
        return str(self._repr_mimebundle_()["text/html"])

    def __repr__(self) -> str:
        with self._spoken(None):
            return "\n\n".join(to_text(block) for block in self._all_tables())

    def _spoken(self, code: str | None) -> AbstractContextManager[str]:
        """Speak a language with the words of the study; by default the one in use or, where the questionnaire lacks it,
        one that it has.
        """
        texts = [set(texts) for texts in self.context.names.values()]
        return spoken(code, set.intersection(*texts) if texts else (), self.context.words)

    # Shared machinery

    def _nothing_said(self, withheld: str, rows: pd.DataFrame | None = None, too_few: str = "") -> str:
        """The sentence in the place of numbers: `withheld` where privacy is why there are none, else `too_few` answers."""
        rows = self.table if rows is None else rows
        if self.published and not rows["state"].eq("empty").all():
            return withheld
        return too_few or _("There are too few answers for a number here.")

    def _figure(self, kind: str | None) -> Figure:
        """One of the figures; by default the first."""
        declared = self._declare()
        if kind is None and declared.figures:
            kind = next(iter(declared.figures))
        if kind is None or kind not in declared.figures:
            known = (*declared.figures, "table", *declared.tables, "summary", "headline", "methods")
            choices = ", ".join(map(repr, known))
            raise OptionError(f"`kind` must be one of {choices}. Given: {kind!r}. {nearest(str(kind), known)}")
        return declared.figures[kind]()

    def _called(self, id: str, column: str = "") -> str:  # noqa: A002 - the id of whatever is named
        """What an id is called in the language in use; ids that nobody named stand for themselves."""
        texts = self.context.names.get(f"{column}={id}") or self.context.names.get(id)
        return pick(texts) if texts else id

    def _labelled(self) -> pd.DataFrame:
        """The table with names in the place of ids, and words in the place of codes."""
        frame, declared = self.to_frame(), self._declare()
        for column in frame.columns.intersection(declared.keys):
            frame[column] = [self._called(str(value), column) for value in frame[column]]
        return frame.assign(**in_words(self.table, declared.columns))

    def _table_block(self) -> TableBlock:
        declared, frame = self._declare(), self._labelled()
        optional = [column.name for column in declared.columns if column.optional and column.name in frame]
        empty = [name for name in optional if frame[name].isna().all()]
        frame = frame.drop(columns=empty)
        return table_block(
            frame,
            declared.columns,
            name=declared.name,
            caption=declared.caption,
            notes=[*self._notes(), *self._finding_note(), *self._withheld_note()],
            row_headers=sum(column.key and bool(column.label) and column.name in frame for column in declared.columns),
            coarse=self.table.get("coarse") if self.published else None,
            ends=self.table["end"] if self.published and "end" in self.table else None,
            counted=not declared.composed,  # findings have an order of their own
        )

    def _further_table(self, kind: str) -> Block:
        declared = self._declare()
        return self._further_block(f"{declared.name}_{kind}", declared.tables[kind]())

    def _further_block(self, name: str, further: FurtherTable) -> TableBlock:
        keys = sum(column.key for column in further.columns)
        return table_block(
            further.frame.assign(**in_words(further.frame, further.columns)),
            further.columns,
            name=name,
            caption=further.caption,
            notes=list(further.notes),
            coarse=further.frame.get("coarse"),
            row_headers=keys or int(further.columns[0].unit == "text"),
            counted=True,
        )

    def _figure_block(self, kind: str | None) -> FigureBlock:
        declared, figure = self._declare(), self._figure(kind)
        kind = kind or next(iter(declared.figures))
        notes = [
            *(self._notes() if figure.notes is None else figure.notes),
            *self._finding_note(short=True),
            *self._withheld_note(figure.rows),
        ]
        svg = figure.svg()
        caption = figure.caption or declared.caption
        return FigureBlock(f"{declared.name}_{kind}", caption, svg, figure.alt(), notes, self._table_block())

    def _small_groups_note(self) -> list[str]:
        """How small groups count in what is published, where there are any."""
        revealed = set(self._declare().reveals.values())
        notes = []
        if "small_means" in self.flags and "mean" in revealed and (self.table["state"].eq("full")).any():
            notes.append(
                _(
                    "A group of fewer than ten persons counts with its rounded mean; how much its persons differ is taken "
                    "from the larger groups of the study."
                )
            )
        if "small_means" in self.flags and revealed - {"nothing", "size", "mean", "difference", "interval", "model"}:
            only = "mean" not in revealed
            notes.append(
                _("It rests on groups of ten or more persons.")
                if only
                else _("Spread, shares and tiers rest on groups of ten or more persons.")
            )
        if "end" in self.table and self.table["end"].astype(bool).any():
            notes.append(
                _(
                    "The mean of a small group is not told exactly near an end of the scale; figures show the value from which on "
                    "it is not."
                )
            )
        if "left_out" in self.flags:
            notes.append(_("Groups of fewer than five persons do not count in it."))
        return notes

    def _finding_note(self, *, short: bool = False) -> list[str]:
        finding = self._finding
        return [] if finding is None else [finding_note(finding, short=short)]

    def _withheld_note(self, rows: pd.DataFrame | None = None) -> list[str]:
        """How many of the rows (all of them, or those that a figure shows) are withheld or rounded."""
        if not self.published:
            return []
        rows = self.table if rows is None else rows
        states = rows["state"].value_counts()
        notes = self._small_groups_note()
        unplanned = int(rows["why"].eq("unknown_group").sum())
        if unplanned:
            notes.append(
                ngettext(
                    "{n} row is withheld: the privacy plan of this run does not cover it.",
                    "{n} rows are withheld: the privacy plan of this run does not cover them.",
                    unplanned,
                ).format(n=unplanned)
            )
        before = int(rows["why"].eq("released").sum())
        if before:
            notes.append(
                ngettext(
                    "{n} row is withheld: with an earlier report, the difference would tell of a few persons.",
                    "{n} rows are withheld: with an earlier report, the difference would tell of a few persons.",
                    before,
                ).format(n=before)
            )
        if hidden := int(states.get("withheld", 0)) - unplanned - before:
            notes.append(
                ngettext(
                    "{n} row is withheld to protect small groups.",
                    "{n} rows are withheld to protect small groups.",
                    hidden,
                ).format(n=hidden)
            )
        rounded = int(states.get("mean_only", 0))
        if rounded and "mean" in self._declare().reveals.values():  # a count of persons is not rounded
            notes.append(
                ngettext(
                    "{n} row shows a rounded mean only, to protect small groups.",
                    "{n} rows show rounded means only, to protect small groups.",
                    rounded,
                ).format(n=rounded)
            )
        return notes


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Shown:
    """Blocks on their way into a notebook's output."""

    blocks: tuple[Block, ...]

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        return mimebundle(list(self.blocks))

    def __repr__(self) -> str:
        return "\n\n".join(to_text(block) for block in self.blocks)


def mimebundle(blocks: list[Block], *, cleared: bool | None = None) -> dict[str, Any]:
    """One output: HTML for the notebook's reader, the typed block for the writers of documents.

    `clear_answers` says of all blocks whether they may be shared; None leaves what each of them declares.
    """
    if cleared is not None:
        blocks = [declared(block, cleared=cleared) for block in blocks]
    return {
        "text/html": "".join(to_html(block) for block in blocks),
        "text/plain": "\n\n".join(to_text(block) for block in blocks),
        MIME: to_json(blocks),
    }


@checked
def show(result: Result, kind: str | None = None, *, language: str | None = None) -> Shown:
    """Show a figure with its alt text, or another part of a result, in one output.

    Parameters
    ----------
    result : Result
        What to show.
    kind : str, optional
        One of the result's figures (default the first), "table", "summary", "headline" (its shortest form) or "methods".
    language : str, optional
        By default the language in use or, where the questionnaire lacks it, one that it has.

    Returns
    -------
    Shown
        What a notebook displays at the end of a cell.
    """
    return Shown(tuple(declared(block, cleared=result._cleared) for block in result._pages(kind, language)))


@checked
def show_all(results: Sequence[Result | None], kind: str, *, language: str | None = None) -> Shown:
    """Show the same part of several results in one output; a sentence that they share is said once.

    Parameters
    ----------
    results : sequence of Result or None
        What to show, in order. None stands for a result that the study does not have.
    kind : str
        As for `show`: "table", "summary", "headline", "methods", or a figure that all of them have.
    language : str, optional
        As for `show`.

    Returns
    -------
    Shown
        What a notebook displays at the end of a cell.

    Examples
    --------
    >>> from hpp_analysis import partner_gaps, score_scales, simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> [block.name for block in show_all([score_scales(survey), None, partner_gaps(survey)], "table").blocks]
    ['scores', 'gaps_factor']
    """
    present = [result for result in results if result is not None]
    if not present:
        raise OptionError("`results` must hold at least one result. Given: none. Pass the results to show.")
    said: set[str] = set()
    blocks: list[Block] = []
    for result in present:
        for block in result._pages(kind, language):
            if isinstance(block, TextBlock):
                with result._spoken(language):
                    sentences = result._methods() if kind == "methods" else block.paragraphs
                new = [sentence for sentence in sentences if sentence not in said]
                said.update(new)
                if not new:
                    continue
                block = replace(block, paragraphs=[" ".join(new)] if kind == "methods" else new)
            blocks.append(declared(block, cleared=result._cleared))
    return Shown(tuple(blocks))


def join_names(names: list[str]) -> str:
    """Names in a sentence: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return _("{first} and {last}").format(first=", ".join(names[:-1]), last=names[-1])
