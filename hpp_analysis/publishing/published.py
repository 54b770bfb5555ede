"""What a report shows, in a file: its cleared tables, figures and texts, without the answers behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hpp_analysis.common.result import mimebundle
from hpp_analysis.display.blocks import Block, FactsBlock, FigureBlock, TableBlock, TextBlock, from_json, to_json
from hpp_analysis.display.tables import to_text
from hpp_analysis.errors import Failure, OptionError, ReportError
from hpp_analysis.options import checked, nearest

FILE = "published.json"
_FORMAT, _VERSION = "hpp_analysis published blocks", 1


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class PublishedPart:
    """One table, figure or text of a report; a notebook shows it as the report does.

    Attributes
    ----------
    name : str
        By which the report has it.
    block : Block
        What it shows; of a figure, `block.svg` is the drawing and `block.alt` what it says in words.
    """

    name: str
    block: Block

    def to_frame(self) -> pd.DataFrame:
        """The numbers of a table, or those that a figure was drawn from, unrounded where the report may show them so.

        Raises
        ------
        OptionError
            When the part is a text.
        """
        table = self.block.table if isinstance(self.block, FigureBlock) else self.block
        if not isinstance(table, TableBlock):
            raise OptionError(
                f"Only tables and figures must be asked for their numbers. Given: {self.name!r}, a text. "
                "Choose a table or a figure; `contents` lists them."
            )
        return pd.DataFrame(table.values)

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, Any]:
        return mimebundle([self.block])

    def __repr__(self) -> str:
        return to_text(self.block)


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Published:
    """The cleared parts of a report, in its order.

    Attributes
    ----------
    title : str
        Whom the report is about.
    language : str
        In which it speaks.
    blocks : mapping of str to Block
        The parts by name.
    """

    title: str
    language: str
    blocks: Mapping[str, Block]

    @property
    def contents(self) -> pd.DataFrame:
        """What there is: a row for each part, with its name, kind and caption."""
        rows = [(name, block.type, _caption(block)) for name, block in self.blocks.items()]
        return pd.DataFrame(rows, columns=["name", "kind", "caption"])

    def __getitem__(self, name: str) -> PublishedPart:
        if name not in self.blocks:
            raise OptionError(
                f"A part must be asked for by one of its report's names. Given: {name!r}. "
                f"{nearest(str(name), list(self.blocks))} `contents` lists them."
            )
        return PublishedPart(name, self.blocks[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.blocks)

    def __len__(self) -> int:
        return len(self.blocks)

    def __repr__(self) -> str:
        return f"{self.title} ({self.language})\n{self.contents.to_string(index=False)}"


def _caption(block: Block) -> str:
    match block:
        case TextBlock():
            return block.paragraphs[0] if block.paragraphs else ""
        case FactsBlock():
            return block.title
    return block.caption


@checked
def open_published(path: str | Path) -> Published:
    """Open what a report shows, as `hpp share` puts it beside the notebook of a bundle.

    Parameters
    ----------
    path : str or Path
        A file `published.json`.

    Returns
    -------
    Published
        By name the tables, figures and texts of the report. It needs no answers, and holds none.

    Raises
    ------
    ReportError
        When there is no such file, or it was not written by this version of the package.

    Examples
    --------
    >>> import tempfile
    >>> from hpp_analysis import plan_disclosure, publish, score_scales, show, simulate_study
    >>> survey = simulate_study(seed=1).survey
    >>> client = survey.where(client=survey.values("client")[0])
    >>> scores = publish(score_scales(client), plan_disclosure(survey))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "published.json"
    ...     written = file.write_text(published_json({"scores": show(scores, "table").blocks[0]}, "A", "en"))
    ...     report = open_published(file)
    >>> report["scores"].to_frame().shape == scores.to_frame().shape
    True
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if (content["format"], content["version"]) != (_FORMAT, _VERSION):
            raise ValueError(f"it says {content['format']!r}, version {content['version']!r}")
        parts = from_json(content["parts"])
        blocks = dict(zip(content["names"], parts, strict=True))
        title, language = str(content["title"]), str(content["language"])
    except (OSError, ValueError, KeyError, TypeError, ReportError) as error:
        why = " ".join(str(error).split())[:200] or type(error).__name__
        rule = f"A file of published parts must be one that `hpp share` wrote with this version ({why})."
        remedy = f"Name the {FILE} of a shared bundle, or have the reports shared again."
        raise ReportError([Failure(rule, remedy, str(path))]) from error
    return Published(title, language, blocks)


def published_json(blocks: Mapping[str, Block], title: str, language: str) -> str:
    """The text of such a file.

    Raises
    ------
    ReportError
        When a block is not cleared: the file is for those who may see cleared blocks only.
    """
    if held := [name for name, block in blocks.items() if not block.cleared]:
        rule = "Published parts must have been cleared by `publish`."
        raise ReportError(Failure(rule, "Publish the result before it is shown.", value=name) for name in held)
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "title": title,
        "language": language,
        "names": list(blocks),
        "parts": to_json(list(blocks.values())),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
