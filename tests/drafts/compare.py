"""A draft of a public file beside the list of its items, and each of its answers beside what pandas or pyreadstat reads.

The comparison does not use the readers of the package: it opens the file itself. `docs/drafts.md` holds its table, which
`python -m tests.drafts.compare FOLDER` prints.
"""

import csv
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import yaml

from hpp_analysis.drafts.draft import Draft, propose_instrument
from hpp_analysis.errors import SurveyError

TRUTH: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "truth.yaml").read_text(encoding="utf-8"))
SILENT = {
    "", "n/a", "i was not aware of this", "unfamiliar (n/a)", "i don't know", "i don't want to answer this question",
    "does not apply", "i don’t know", "i don’t want to answer this question", "not applicable",
}  # fmt: skip
"""What stands in the cells of people who give no answer, by hand."""


@dataclass(frozen=True)
class Compared:
    """What a draft makes of a file."""

    file: str
    n_items: int
    missed: tuple[str, ...]
    invented: tuple[str, ...]
    n_cells: int
    n_other: int
    doubts: int
    why: str = ""

    @property
    def right(self) -> bool:
        """Whether items differ in doubtful ones at most, and no answer at all."""
        doubtful = set(TRUTH["files"].get(self.file, {}).get("doubtful", ()))
        return not self.why and not self.n_other and not (set(self.missed) | set(self.invented)) - doubtful


def compare(folder: Path, file: str) -> Compared:
    """Draft a file, and compare."""
    wanted = TRUTH["files"][file]
    try:
        draft = propose_instrument(folder / file)
        survey = draft.survey()
    except SurveyError as error:
        return Compared(file, len(wanted["items"]), (), (), 0, 0, 0, str(error).splitlines()[1])
    if wanted.get("long"):
        return _long(folder, file, draft)
    named = {guess.id: guess.column for guess in draft.guesses if guess.role == "item"}
    places = {guess.id: place for place, guess in enumerate(draft.guesses) if guess.role == "item"}
    missed = [name for name in wanted["items"] if name not in named.values()]
    invented = [name for name in named.values() if name not in wanted["items"]]
    cells = table_of(folder / file)
    answers = survey.items
    n_cells = n_other = 0
    for item in draft.instrument.items:
        said = _column(cells, places[item.id], named[item.id], len(answers))
        scale = draft.instrument.scales[item.scale] if item.scale else draft.instrument.scale
        points = {text.casefold(): point for point, words in scale.labels.items() for text in words.values()}
        expected = np.array([_meant(one, points, set(wanted.get("missing", ()))) for one in said])
        main = draft.instrument.scale
        if (scale.min, scale.max) != (main.min, main.max):
            expected = main.min + (expected - scale.min) / (scale.max - scale.min) * (main.max - main.min)
        got = answers[item.id].to_numpy()
        n_cells += len(got)
        # 1e-9: a straight line between two scales is computed in another order here
        n_other += int((~((np.isnan(got) & np.isnan(expected)) | (np.abs(got - expected) < 1e-9))).sum())
    return Compared(file, len(wanted["items"]), tuple(missed), tuple(invented), n_cells, n_other, len(draft.doubts))


def table_of(path: Path) -> pd.DataFrame:
    """The cells of a file as text, header rows included where it is a text file."""
    if path.suffix == ".sav":
        return pyreadstat.read_sav(path)[0].map(_plain)
    if path.suffix == ".sas7bdat":
        return pyreadstat.read_sas7bdat(path)[0].map(_plain)
    if path.suffix == ".xlsx":
        return pd.read_excel(path, dtype=object).map(_plain)
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252")
    first = text.split("\n")[0]
    rows = list(csv.reader(StringIO(text), delimiter=";" if ";" in first and "," not in first else ","))
    width = max(map(len, rows))
    return pd.DataFrame([row + [""] * (width - len(row)) for row in rows if any(cell.strip() for cell in row)])


def _column(cells: pd.DataFrame, place: int, name: str, n: int) -> list[str]:
    """The last n cells of a column; of a question with a column for each point, the point that is ticked."""
    if isinstance(cells.columns, pd.RangeIndex):
        top = cells.iloc[0].tolist()
        start = top.index(name) if top.count(name) == 1 else place
        end = next((at for at in range(start + 1, len(top)) if top[at]), len(top))
        points = [at for at in range(start, end) if cells.iloc[1, at].strip(" -").isdigit()]
        if len(points) > 1 and set(cells.iloc[-n:, start]) <= {"", "1"}:
            return ["".join(row) for row in cells.iloc[-n:, points].to_numpy()]
    return cells.iloc[-n:, place].tolist()


def _meant(said: str, points: dict[str, int], missing: set[str]) -> float:
    """The number of an answer by its own words."""
    text = " ".join(said.replace("\xa0", " ").split())
    if text.casefold() in SILENT or text.removesuffix(".0") in missing:
        return np.nan
    if text.casefold() in points:
        return float(points[text.casefold()])
    first = text.split(" ")[0].strip("()")
    try:
        return float(first)
    except ValueError:
        return np.inf  # it says something, and not a point of the scale


def _plain(value: Any) -> str:
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _long(folder: Path, file: str, draft: Draft) -> Compared:
    """Of a file with one row an answer how often each number was answered to each question."""
    wanted = TRUTH["files"][file]["items"]
    path = folder / file
    frame = pd.read_excel(path) if path.suffix == ".xlsx" else pd.read_csv(path)
    wordings = {header: item.id for item in draft.instrument.items for header in (*item.headers, *item.text.values())}
    missed = [name for name in wanted if name.strip() not in {said.strip() for said in wordings}]
    frame = frame[frame["Response"] > 0]
    asked = frame["Question"].str.strip().map({said.strip(): id_ for said, id_ in wordings.items()})
    expected = pd.crosstab(asked, frame["Response"])
    survey = draft.survey()
    got = pd.DataFrame({item: survey.items[item].value_counts() for item in survey.items}).T.fillna(0)
    other = int(
        (got.reindex(index=expected.index, columns=expected.columns).fillna(0) - expected).abs().to_numpy().sum()
    )
    return Compared(file, len(wanted), tuple(missed), (), int(expected.to_numpy().sum()), other, len(draft.doubts))


if __name__ == "__main__":
    lines: list[str] = []
    found = [compare(Path(sys.argv[1]), file) for file in TRUTH["files"]]
    lines.append(
        "| file | items | missed | invented | answers | read otherwise | doubts told | |\n|---|--:|--:|--:|--:|--:|--:|---|"
    )
    for one in found:
        lines.append(
            f"| {one.file} | {one.n_items} | {len(one.missed)} | {len(one.invented)} | {one.n_cells:,} | {one.n_other:,} | "
            f"{one.doubts} | {'right' if one.right else one.why or 'differs'} |"
        )
    for file, why in TRUTH["unread"].items():
        lines.append(f"| {file} | | | | | | | no draft: {why} |")
    n = len(found) + len(TRUTH["unread"])
    lines.append(f"\n{sum(one.right for one in found)} of {n} files are right.")
    sys.stdout.write("\n".join(lines) + "\n")
