"""Questionnaires on disk: the packaged ones, and anybody's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from hpp_analysis.errors import Failure, InstrumentError
from hpp_analysis.options import checked
from hpp_analysis.survey.instrument_checks import contradictions
from hpp_analysis.survey.questionnaire import Instrument
from hpp_analysis.survey.strict_yaml import read_yaml


def packaged_instruments() -> tuple[str, ...]:
    """The names of the instruments that come with the package."""
    folder = files("hpp_analysis.survey") / "instruments"
    return tuple(
        sorted(file.name.removesuffix(".yaml") for file in folder.iterdir() if file.name.endswith(".yaml"))
    )


@checked
def load_instrument(name_or_path: str | Path | Instrument) -> Instrument:
    """Load a questionnaire.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a packaged instrument, or the path of a YAML file. An `Instrument` is returned as it is.

    Returns
    -------
    Instrument

    Raises
    ------
    InstrumentError
        With every problem of the file.

    Examples
    --------
    >>> instrument = load_instrument("hpp")
    >>> [factor.id for factor in instrument.factors]
    ['openness', 'equality', 'conflict_management']
    """
    if isinstance(name_or_path, Instrument):
        return name_or_path
    if str(name_or_path) in packaged_instruments():
        path = Path(str(files("hpp_analysis.survey") / "instruments" / f"{name_or_path}.yaml"))
    else:
        path = Path(name_or_path)
    if not path.is_file():
        raise InstrumentError(
            [
                Failure(
                    "An instrument must be the name of a packaged one or a YAML file.",
                    f"Packaged are {', '.join(packaged_instruments())}; or give the path of a file.",
                    value=str(name_or_path),
                )
            ]
        )
    try:
        content = read_yaml(path)
    except ValueError as error:
        raise InstrumentError(
            [Failure(f"An instrument must be a YAML file: {error}.", "Correct it.", path.name)]
        ) from error
    return parse_instrument(content, file=path.name)


def parse_instrument(content: Any, *, file: str = "instrument") -> Instrument:
    """Make an instrument of the content of its file; `file` is named in errors."""
    try:
        instrument = Instrument.model_validate(content)
    except ValidationError as error:
        raise InstrumentError(_failure(problem, file) for problem in error.errors()) from error
    failures = list(contradictions(instrument, file))
    if failures:
        raise InstrumentError(failures)
    return instrument


def _failure(problem: Any, file: str) -> Failure:
    """One of pydantic's complaints in our three parts."""
    place = ".".join(str(part) for part in problem["loc"]) or "the file"
    remedy = f"Correct `{place}`."
    if problem["type"] == "extra_forbidden":
        return Failure(f"`{place}` is not known here.", "Remove it, or correct its spelling.", file)
    if problem["type"] == "missing":
        return Failure(f"`{place}` is required.", "Add it.", file)
    return Failure(f"{problem['msg']}.", remedy, file, value=repr(problem["input"])[:80])
