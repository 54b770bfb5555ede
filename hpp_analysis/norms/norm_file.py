"""A norm: aggregates of many studies in one file, without answers and names; it can be merged, and parts withdrawn."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import secrets
import tempfile
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hpp_analysis.errors import Failure, NormError
from hpp_analysis.norms.measures import Measures
from hpp_analysis.options import checked, nearest

_KEY = b"hpp_norm"
"""Of the description in the metadata of the Parquet schema."""
_FORMAT, VERSION = "hpp_analysis norm", 1
_TEXTS, _NUMBERS, _COUNTS = ("contribution", "client", "unit", "side", "factor"), ("mean", "sd"), ("n",)
CELLS = (*_TEXTS, *_NUMBERS, *_COUNTS)
"""The columns of a norm: a row is one scale of one side of one partnership."""
_HEX = 16
_SHORTEST_ID = 6
_SCRYPT: dict[str, Any] = {"n": 1 << 12, "r": 8, "p": 1, "dklen": 12}
"""The cost of a key: some milliseconds, so that trying all names of a register takes long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """One study and wave in a norm.

    Attributes
    ----------
    id : str
        Made of its content: the same aggregates have the same id in every file.
    salt : str
        With which its keys of clients and partnerships are made.
    date : date
        When the answers were collected.
    sector, country : str
        Of the client; empty where not said.
    instrument : str
        The name of the questionnaire.
    measures : Measures
        What was asked, as a fingerprint.
    loadings : mapping
        By factor and item, the loading in a model of one factor on cleared answers; empty where there were too few.
    """

    id: str
    salt: str
    date: datetime.date
    sector: str = ""
    country: str = ""
    instrument: str = ""
    measures: Measures
    loadings: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "id": self.id,
            "salt": self.salt,
            "date": self.date.isoformat(),
            "sector": self.sector,
            "country": self.country,
            "instrument": self.instrument,
            "measures": self.measures.plain(),
            "loadings": {name: dict(own) for name, own in self.loadings.items()},
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Contribution:
        """The contribution that `plain` wrote."""
        texts = {name: str(plain[name]) for name in ("id", "salt", "sector", "country", "instrument")}
        return cls(
            **texts,
            date=datetime.date.fromisoformat(plain["date"]),
            measures=Measures.from_plain(plain["measures"]),
            loadings={str(name): dict(own) for name, own in plain["loadings"].items()},
        )


@dataclass(frozen=True, eq=False, repr=False, slots=True, kw_only=True)
class Norm:
    """Cleared aggregates of several studies.

    Attributes
    ----------
    contributions : tuple of Contribution
        In the order in which they were added.
    cells : DataFrame
        contribution, client and unit (keys, no names), side, factor, mean, sd (between persons), n (persons).
    simulated : bool
        Whether its studies are simulated; a norm holds simulated studies or real ones, never both.
    salt : str
        For the keys of contributions that are added.
    withdrawn : tuple of str
        The ids of contributions that were taken out: merging with an older copy does not bring them back.
    sha256 : str
        Of the file that it was read from; empty where it was read from none.
    """

    contributions: tuple[Contribution, ...] = ()
    cells: pd.DataFrame = field(default_factory=lambda: _typed(pd.DataFrame(columns=list(CELLS))))
    simulated: bool = False
    salt: str = field(default_factory=lambda: secrets.token_hex(16))
    withdrawn: tuple[str, ...] = ()
    sha256: str = ""

    def to_frame(self) -> pd.DataFrame:
        """The contributions: id, date, sector, country, instrument, and how many partnerships and clients each has."""
        counted = self.cells.groupby("contribution")[["unit", "client"]].nunique()
        rows = [
            {
                "id": one.id,
                "date": one.date,
                "sector": one.sector,
                "country": one.country,
                "instrument": one.instrument,
                "partnerships": int(counted["unit"].get(one.id, 0)),
                "clients": int(counted["client"].get(one.id, 0)),
            }
            for one in self.contributions
        ]
        return pd.DataFrame(rows, columns=["id", "date", "sector", "country", "instrument", "partnerships", "clients"])

    def __len__(self) -> int:
        return len(self.contributions)

    def __repr__(self) -> str:
        kind = "simulated norm" if self.simulated else "norm"
        return f"<{kind} of {len(self)} contributions, {self.cells['unit'].nunique()} partnerships>"


def key_of(salt: str, kind: str, *names: str) -> str:
    """The key of a client or partnership: the same for the same names in any order, capitals and spaces aside.

    It cannot be turned back into names. Whoever has the file and guesses a name can see whether it is in it.

    Examples
    --------
    >>> key_of("s", "unit", "Acme", "Bolt ") == key_of("s", "unit", "bolt", "ACME")
    True
    """
    plain = sorted(" ".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in names)
    return _derived(salt, "\x1f".join((kind, *plain)))


@cache
def _derived(salt: str, text: str) -> str:
    return hashlib.scrypt(text.encode(), salt=salt.encode(), **_SCRYPT).hex()


def content_id(contribution: Contribution, cells: pd.DataFrame) -> str:
    """The fingerprint of a contribution: of its numbers and what they are about, not of keys, whose salts differ by file."""
    plain = {name: value for name, value in contribution.plain().items() if name not in ("id", "salt")}
    return hashlib.sha256(json.dumps([plain, _content(cells)], sort_keys=True).encode()).hexdigest()[:_HEX]


def _content(cells: pd.DataFrame) -> list[str]:
    """The rows of cells as texts, in an order of their own."""
    numbers = cells[["side", "factor", *_NUMBERS, *_COUNTS]]
    return sorted(
        f"{side}\x1f{factor}\x1f{mean:.4f}\x1f{sd:.4f}\x1f{n:d}"
        for side, factor, mean, sd, n in numbers.itertuples(index=False, name=None)
    )


def content_of_units(cells: pd.DataFrame) -> pd.Series:
    """By contribution and unit, a fingerprint of its rows: the same partnership in files with different salts has the same."""
    grouped = cells.groupby(["contribution", "unit"], sort=False)
    found = {key: hashlib.sha256("\n".join(_content(own)).encode()).hexdigest()[:_HEX] for key, own in grouped}
    return pd.Series(found, dtype=object)


def with_contribution(norm: Norm, contribution: Contribution, cells: pd.DataFrame) -> Norm:
    """The norm with one more contribution; unchanged where it has it already.

    Raises
    ------
    NormError
        When other partnerships have these very results: of two studies one would be lost.
    """
    for one in norm.contributions:
        if one.id == contribution.id:
            there = set(norm.cells.loc[norm.cells["contribution"].eq(one.id), "unit"])
            if one.salt == contribution.salt and there != set(cells["unit"]):
                rule = "Different partnerships must have different results; a study with the same ones is in the norm under other names."
                raise NormError([Failure(rule, "Withdraw it first, if it is the same study.", value=one.id)])
            return norm
    return replace(
        norm,
        contributions=(*norm.contributions, contribution),
        cells=_typed(pd.concat([norm.cells, cells.assign(contribution=contribution.id)], ignore_index=True)),
        withdrawn=tuple(one for one in norm.withdrawn if one != contribution.id),
    )


@checked
def merge_norms(first: Norm, second: Norm) -> Norm:
    """Put the contributions of two norms together; those that both have count once.

    Parameters
    ----------
    first, second : Norm
        Both of real studies, or both simulated.

    Returns
    -------
    Norm
        What was withdrawn from either is in neither. Contributions that are added later get keys with the salt of
        `first`.

    Raises
    ------
    NormError
        When one is simulated and the other is not.

    Examples
    --------
    >>> len(merge_norms(Norm(), Norm()))
    0
    """
    if first.simulated != second.simulated:
        raise NormError(
            [
                Failure(
                    "Norms that are merged must both be of real studies, or both be simulated.",
                    "Leave the simulated one out.",
                    value="one of each",
                )
            ]
        )
    gone = dict.fromkeys((*first.withdrawn, *second.withdrawn))
    merged = replace(first, withdrawn=(), sha256="")
    for norm in (first, second):
        for one in norm.contributions:
            merged = with_contribution(merged, one, norm.cells[norm.cells["contribution"].eq(one.id)])
    for id_ in gone:
        merged = _without(merged, id_)
    return replace(merged, withdrawn=tuple(gone))


@checked
def withdraw_contribution(norm: Norm, contribution: str) -> Norm:
    """Take a contribution out of a norm, for good: merging with an older copy does not bring it back.

    Parameters
    ----------
    norm : Norm
    contribution : str
        Its id, or the first six or more characters of it.

    Returns
    -------
    Norm

    Raises
    ------
    NormError
        When no contribution has this id, or several begin so.

    Examples
    --------
    >>> withdraw_contribution(Norm(), "0123456789abcdef")
    Traceback (most recent call last):
    hpp_analysis.errors.NormError: 1 problem:
    - value '0123456789abcdef': A contribution must be named by its id. The norm has none.
    """
    ids = [one.id for one in norm.contributions]
    found = [id_ for id_ in ids if len(contribution) >= _SHORTEST_ID and id_.startswith(contribution)]
    if len(found) != 1:
        rule = "A contribution must be named by its id." if not found else "An id must name one contribution only."
        remedy = f"{nearest(contribution, ids)} There are: {', '.join(ids[:15])}." if ids else "The norm has none."
        raise NormError([Failure(rule, remedy, value=contribution)])
    return replace(_without(norm, found[0]), withdrawn=(*norm.withdrawn, found[0]))


def _without(norm: Norm, id_: str) -> Norm:
    return replace(
        norm,
        contributions=tuple(one for one in norm.contributions if one.id != id_),
        cells=norm.cells[norm.cells["contribution"].ne(id_)].reset_index(drop=True),
    )


def _typed(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells with the types of the file, in its order of columns."""
    types = {**dict.fromkeys(_TEXTS, "object"), **dict.fromkeys(_NUMBERS, "float64"), **dict.fromkeys(_COUNTS, "int64")}
    return cells[list(CELLS)].astype(types).reset_index(drop=True)


@checked
def save_norm(norm: Norm, path: str | Path) -> Norm:
    """Write a norm into a file, beside it first and then in one step.

    Parameters
    ----------
    norm : Norm
    path : str or Path
        A new file, or the one that the norm was read from.

    Returns
    -------
    Norm
        As it lies in the file.

    Raises
    ------
    NormError
        When another file is there, or it was changed since the norm was read.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "norm.parquet"
    >>> save_norm(Norm(), file).sha256 == load_norm(file).sha256
    True
    """
    path = Path(path)
    if path.exists() and _hash_of(path.read_bytes()) != norm.sha256:
        rule = "A norm must be written into a new file, or into the one that it was read from, unchanged since."
        raise NormError([Failure(rule, "Choose another name, or read the file and try again.", str(path))])
    described = {
        "format": _FORMAT,
        "version": VERSION,
        "simulated": norm.simulated,
        "salt": norm.salt,
        "contributions": [one.plain() for one in norm.contributions],
        "withdrawn": list(norm.withdrawn),
    }
    table = pa.Table.from_pandas(norm.cells, schema=_schema(), preserve_index=False)
    table = table.replace_schema_metadata({_KEY: json.dumps(described, sort_keys=True).encode()})
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False, prefix=f".{path.name}-") as file:
        try:
            pq.write_table(table, file)
            file.flush()
            os.fsync(file.fileno())  # after a power cut there is the old file or the new one
        except OSError:
            Path(file.name).unlink()
            raise
    Path(file.name).replace(path)
    return load_norm(path)


def _schema() -> pa.Schema:
    return pa.schema(
        [
            *((name, pa.string()) for name in _TEXTS),
            *((name, pa.float64()) for name in _NUMBERS),
            *((name, pa.int64()) for name in _COUNTS),
        ]
    )


@checked
def load_norm(path: str | Path) -> Norm:
    """Read a norm from a file.

    Parameters
    ----------
    path : str or Path
        A Parquet file that `hpp norms` wrote.

    Returns
    -------
    Norm

    Raises
    ------
    NormError
        When the file is torn, of another kind, or of a newer version.

    Examples
    --------
    >>> load_norm("nowhere.parquet")
    Traceback (most recent call last):
    hpp_analysis.errors.NormError: 1 problem:
    - nowhere.parquet: A norm must be a file that can be read (No such file or directory). Correct the path.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise NormError(
            [Failure(f"A norm must be a file that can be read ({why}).", "Correct the path.", str(path))]
        ) from error
    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _no_norm(path, "it is no whole Parquet file") from error
    written = (table.schema.metadata or {}).get(_KEY)
    try:
        described = json.loads(written) if written is not None else {}
    except ValueError as error:
        raise _no_norm(path, "its description cannot be read") from error
    if not isinstance(described, dict) or described.get("format") != _FORMAT:
        raise _no_norm(path, "it is a Parquet file of another kind")
    version = described.get("version")
    if version != VERSION:
        newer = isinstance(version, int) and version > VERSION
        remedy = "Update hpp_analysis." if newer else "Restore the file, or make it again with `hpp norms add`."
        raise NormError(
            [Failure(f"A norm must be of version {VERSION} of the file.", remedy, str(path), value=str(version))]
        )
    try:
        if not table.schema.equals(_schema()):
            raise ValueError("other columns")
        norm = Norm(
            contributions=tuple(Contribution.from_plain(one) for one in described["contributions"]),
            cells=_typed(table.to_pandas()),
            simulated=described["simulated"] is True,
            salt=str(described["salt"]),
            withdrawn=tuple(map(str, described["withdrawn"])),
            sha256=_hash_of(content),
        )
        _check(norm)
    except (KeyError, TypeError, ValueError) as error:
        raise _no_norm(path, f"what it holds does not fit together: {error}") from error
    return norm


def _check(norm: Norm) -> None:
    """Whatever in a file would give wrong numbers without a sign of it."""
    ids = [one.id for one in norm.contributions]
    if len(set(ids)) < len(ids) or set(norm.cells["contribution"]) - set(ids):
        raise ValueError("rows and contributions")
    if norm.cells.duplicated(["contribution", "unit", "side", "factor"]).any():
        raise ValueError("a row twice")
    numbers = norm.cells[[*_NUMBERS, *_COUNTS]].to_numpy(dtype=float)
    if not np.isfinite(numbers).all() or (norm.cells["sd"] < 0).any() or (norm.cells["n"] < 1).any():
        raise ValueError("numbers")
    for one in norm.contributions:
        own = norm.cells[norm.cells["contribution"].eq(one.id)]
        if content_id(one, own) != one.id:
            raise ValueError(f"contribution {one.id} was changed after it was made")


def _no_norm(path: Path, why: str) -> NormError:
    rule = f"A norm must be a file that `hpp norms` wrote ({why})."
    return NormError([Failure(rule, "Name another file, or restore it from a copy.", str(path))])


def _hash_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
