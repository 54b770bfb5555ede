"""What every result is and can do."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import TYPE_CHECKING, Any, ClassVar, Literal, ParamSpec, TypeVar

import pandas as pd

from hpp_analysis.common.planned import Finding, finding_note, followed_finding
from hpp_analysis.display.blocks import MIME, Block, FigureBlock, TableBlock, TextBlock, declared, to_json
from hpp_analysis.display.formats import Column
from hpp_analysis.display.tables import table_block, to_html, to_text
from hpp_analysis.errors import OptionError
from hpp_analysis.options import checked, nearest
from hpp_analysis.study.analysis_plan import QUESTIONS
from hpp_analysis.survey.survey import Survey
from hpp_analysis.texts import gettext as _
from hpp_analysis.texts import ngettext, pick, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Reveals = Literal[
    "nothing", "size", "mean", "difference", "interval", "spread", "share", "count", "agreement", "order", "model"
]
"""What the numbers of a column tell of the answers behind them:

- nothing: they do not depend on answers;
- size: numbers of persons or ratings;
- mean, difference: means, and differences between these;
- interval: what follows from means, sizes and the spread behind them, as intervals, tests and verdicts;
- spread, share, count, agreement, order, model: more than that.
"""

CellKey = tuple[frozenset[tuple[str, str]], str]
"""Whose answers to what: the column values that select a group, and the item or scale."""


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """How a result was made of a survey, so that it can be made again of other answers.

    Attributes
    ----------
    verb : callable
        The function of the package.
    survey : Survey
        Its first argument.
    arguments : tuple
        Its other positional arguments.
    options : mapping
        Its keyword arguments.
    """

    verb: Callable[..., Any]
    survey: Survey
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]

    def again(self, survey: Survey) -> Any:
        """The result of other answers, made in the same way."""
        return self.verb(survey, *self.arguments, **self.options)


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
        return replace(result, made=Made(noting, survey, args[1:], options))

    return noting


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Result(ABC):
    """A table of numbers in full precision, and how to say, show and explain it.

    Attributes
    ----------
    table : DataFrame
        One row per thing measured; `to_frame` documents its columns.
    names : mapping
        What ids are called: id to text by language.
    selection : mapping of str to str
        Whose answers these are, as `Survey.where` selected them.
    flags : tuple of str
        What a reader should know of the numbers, as codes.
    pooled : bool
        Whether a mean weighs groups of different size by their ratings; such means are not published.
    planned : bool
        Whether scales and their scores are those that a disclosure plan counts; others are not published.
    by_partnership : bool
        Whether the answers tell partnerships apart, which then count equally.
    published : bool
        Whether the disclosure plan has been applied.
    made : Made, optional
        How it was made of a survey; a published result does not know it.
    """

    table: pd.DataFrame
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    selection: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    pooled: bool = False
    planned: bool = True
    by_partnership: bool = True
    published: bool = False
    made: Made | None = None

    name: ClassVar[str]
    """A short stable name: of the sheet in a workbook, of the file of a figure."""
    columns: ClassVar[tuple[Column, ...]]
    """The columns that people see, in order."""
    keys: ClassVar[tuple[str, ...]]
    """The columns that name a row; they are never withheld."""
    reveals: ClassVar[Mapping[str, Reveals]] = {}
    """What each column of the table reveals; a column that is not named here is withheld when a result is published."""
    fixed: ClassVar[tuple[str, ...]] = ()
    """Attributes that are fixed before anybody answers: how the result is made, and what things are called."""
    counted: ClassVar[tuple[str, ...]] = ()
    """Attributes that a published result keeps as they are of the answers that may be told; others are left out."""
    groups: ClassVar[tuple[str, ...]] = ()
    """The key columns that narrow the selection to the persons behind a row."""
    variable: ClassVar[str]
    """The key column that says what was measured."""
    kinds: ClassVar[tuple[str, ...]]
    """The figures that the result can draw; the first is the default."""
    composed: ClassVar[bool] = False
    """Whether it is made of published results alone, and so is not published itself."""
    question: ClassVar[str] = ""
    """Of a comparison: what it is called in a study's plan (`survey.analysis_plan.QUESTIONS`); its settings are the
    attributes of the same names."""

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
            return self._alt(self._kind(kind))

    def plot(self, kind: str | None = None, ax: Axes | None = None, language: str | None = None) -> Axes:
        """Draw a figure of the result; on its own canvas when `ax` is None."""
        with self._spoken(language):
            return self._plot(self._kind(kind), ax)

    def cells(self) -> list[list[CellKey]]:
        """For each row, the cells of which all must be visible for the row to be shown."""
        keys = self.table[[*self.groups, self.variable]].astype(str).to_dict("records")
        return [
            [
                (
                    frozenset({**self.selection, **{group: row[group] for group in self.groups}}.items()),
                    row[self.variable],
                )
            ]
            for row in keys
        ]

    @property
    def finding(self) -> Finding | None:
        """Whether the plan in use names this comparison; None without a plan, and of what compares nothing."""
        settings = {name: getattr(self, name) for name in QUESTIONS.get(self.question, ())}
        return followed_finding(self.question, settings, self._compared())

    @property
    def cleared(self) -> bool:
        """Whether what it shows may leave the researcher: what `publish` has not seen may not."""
        return self.published

    def _compared(self) -> list[str]:
        """The variables that a comparison is about, as a plan names them."""
        return [str(one) for one in self.table[self.variable].unique()]

    def after_rounding(self, table: pd.DataFrame) -> pd.DataFrame:
        """Bring what follows from rounded numbers in line with them, when a result is published."""
        return table

    def agreeing(self, table: pd.DataFrame, answers: pd.DataFrame) -> pd.DataFrame:  # noqa: ARG002
        """Leave out what does not fit the published rows, when it was made of the answers of large groups alone."""
        return table

    def block(self, kind: str | None = None, language: str | None = None) -> Block:
        """A part of a document: "table", "summary", "headline", "methods" or one of the figures in `kinds`."""
        with self._spoken(language):
            match kind:
                case "table":
                    return self._table_block()
                case "summary":
                    return TextBlock(f"{self.name}_summary", self._summary(), "summary")
                case "headline":
                    return TextBlock(f"{self.name}_headline", self._headline(), "summary")
                case "methods":
                    return TextBlock(f"{self.name}_methods", [" ".join(self._methods())], "method")
            chosen = self._kind(kind)
            return self._figure_block(chosen)

    def pages(self, kind: str | None = None, language: str | None = None) -> list[Block]:
        """As `block`; results whose figures may take several pages give one for each."""
        return [self.block(kind, language)]

    def _all_tables(self) -> list[Block]:
        """What a notebook or a terminal shows of the result by itself."""
        return [self._table_block()]

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        with self._spoken(None):
            return mimebundle(self._all_tables(), cleared=self.cleared)

    def _repr_html_(self) -> str:
        return str(self._repr_mimebundle_()["text/html"])

    def __repr__(self) -> str:
        with self._spoken(None):
            return "\n\n".join(to_text(block) for block in self._all_tables())

    def _spoken(self, code: str | None) -> AbstractContextManager[str]:
        """Speak a language; by default the one in use or, where the questionnaire lacks it, one that it has."""
        texts = [set(texts) for texts in self.names.values()]
        return spoken(code, set.intersection(*texts) if texts else ())

    # What a kind of result says of itself

    @abstractmethod
    def _caption(self) -> str: ...

    @abstractmethod
    def _summary(self) -> list[str]: ...

    @abstractmethod
    def _methods(self) -> list[str]: ...

    @abstractmethod
    def _plot(self, kind: str, ax: Axes | None) -> Axes: ...

    @abstractmethod
    def _alt(self, kind: str) -> str: ...

    def _headline(self) -> list[str]:
        """The summary for the first page; by default all of it."""
        return self._summary()

    def _notes(self) -> list[str]:
        """What is said under the table and the figures."""
        return []

    def _caption_over(self, kind: str) -> str:  # noqa: ARG002 - results with several figures look at it
        """What a figure is called; by default as the table is."""
        return self._caption()

    def _notes_under(self, kind: str) -> list[str]:  # noqa: ARG002 - results with several figures look at it
        """What is said under a figure; by default what is said under the table."""
        return self._notes()

    def _rows_in(self, kind: str) -> pd.DataFrame:  # noqa: ARG002 - results with several figures look at it
        """The rows that a figure shows."""
        return self.table

    # Shared machinery

    def _nothing_said(self, withheld: str, rows: pd.DataFrame | None = None, too_few: str = "") -> str:
        """The sentence in the place of numbers: `withheld` where privacy is why there are none, else `too_few` answers."""
        rows = self.table if rows is None else rows
        if self.published and not rows["state"].eq("empty").all():
            return withheld
        return too_few or _("There are too few answers for a number here.")

    def _kind(self, kind: str | None) -> str:
        if kind is None and self.kinds:
            return self.kinds[0]
        if kind is None or kind not in self.kinds:
            known = (*self.kinds, "table", *getattr(self, "tables", ()), "summary", "headline", "methods")
            choices = ", ".join(map(repr, known))
            raise OptionError(f"`kind` must be one of {choices}. Given: {kind!r}. {nearest(str(kind), known)}")
        return kind

    def _called(self, id: str, column: str = "") -> str:  # noqa: A002 - the id of whatever is named
        """What an id is called in the language in use; ids that nobody named stand for themselves."""
        texts = self.names.get(f"{column}={id}") or self.names.get(id)
        return pick(texts) if texts else id

    def _labelled(self) -> pd.DataFrame:
        """The table with names in the place of ids."""
        frame = self.to_frame()
        for column in self.keys:
            frame[column] = [self._called(str(value), column) for value in frame[column]]
        return frame

    def _table_block(self) -> TableBlock:
        coarse = self.table["coarse"] if self.published else None
        notes = [*self._notes(), *self._finding_note(), *self._withheld_note()]
        frame = self._labelled()
        dashes = [name for name in ("sd", "verdict", "share_dont_know") if name in frame and frame[name].isna().all()]
        frame = frame.drop(columns=dashes)  # a column of dashes tells nothing
        return table_block(
            frame,
            self.columns,
            name=self.name,
            caption=self._caption(),
            notes=notes,
            row_headers=sum(column.name in self.keys for column in self.columns),
            coarse=coarse,
            ends=self.table["end"] if self.published and "end" in self.table else None,
        )

    def _figure_block(self, kind: str) -> FigureBlock:
        from hpp_analysis.plots.parts.style import svg_text  # drawing is loaded when something is drawn

        svg = svg_text(self._plot(kind, None), salt=f"{self.name}-{kind}")
        notes = [*self._notes_under(kind), *self._finding_note(short=True), *self._withheld_note(self._rows_in(kind))]
        caption = self._caption_over(kind)
        return FigureBlock(f"{self.name}_{kind}", caption, svg, self._alt(kind), notes, self._table_block())

    def _small_groups_note(self) -> list[str]:
        """How small groups count in what is published, where there are any."""
        told = set(self.reveals.values())
        notes = []
        if "small_means" in self.flags and "mean" in told and (self.table["state"].eq("full")).any():
            notes.append(
                _(
                    "A group of fewer than ten persons counts with its rounded mean; how much its persons differ is taken "
                    "from the larger groups of the study."
                )
            )
        if "small_means" in self.flags and told - {"nothing", "size", "mean", "difference", "interval", "model"}:
            only = "mean" not in told
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
        finding = self.finding if self.question else None
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
        if rounded and "mean" in self.reveals.values():  # a count of persons is not rounded
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
    return Shown(tuple(declared(block, cleared=result.cleared) for block in result.pages(kind, language)))


def join_names(names: list[str]) -> str:
    """Names in a sentence: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return _("{first} and {last}").format(first=", ".join(names[:-1]), last=names[-1])
