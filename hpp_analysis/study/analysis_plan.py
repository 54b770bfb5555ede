"""The analysis plan of a study, written and sealed before the answers are seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import checked
from hpp_analysis.survey.mapping import problem_failures
from hpp_analysis.survey.questionnaire import Text, Words
from hpp_analysis.survey.strict_yaml import FileFormat, read_yaml

QUESTIONS: dict[str, dict[str, Any]] = {
    "gaps": {
        "side": "side",
        "level": "factor",
        "weight": "organisation",
        "inference": "fixed",
        "margin": 0.5,
        "adjust": "holm",
        "conf_level": 0.95,
    },
    "groups": {"by": None, "margin": 0.5, "adjust": "holm", "conf_level": 0.95},
    "verdict": {"threshold": None, "conf_level": 0.95},
    "changes": {"margin": 0.5, "conf_level": 0.95},
    "drivers": {"outcome": "success", "conf_level": 0.95},
    "indirect": {"source": None, "outcome": "success", "mediators": None, "conf_level": 0.95},
    "invariance": {"group": None},
}
"""What can be planned: each question with its settings and the values that they have where nobody says otherwise; None
leaves a setting open."""

_SEAL = ".seal.json"

Setting = str | float | tuple[str, ...]
_Names = Annotated[tuple[Words, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)]


class Family(BaseModel):
    """Tests that answer one question together, and are corrected together.

    Attributes
    ----------
    name : str or mapping of str to str
        Its name, or its names by language if reports in several languages show it.
    question : str
        The verb that answers it: one of `QUESTIONS`.
    variables : tuple of str
        The factors, outcomes or characteristics that it is about; empty for all.
    settings : mapping
        Arguments of the verb; the others keep their defaults.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Words | Text
    question: Words
    variables: _Names = ()
    settings: dict[str, Annotated[Setting, Field(union_mode="left_to_right")]] = {}

    def called(self, language: str = "en") -> str:
        """The name in a language, or the first name if that language has none."""
        if isinstance(self.name, str):
            return self.name
        return self.name.get(language) or next(iter(self.name.values()))


class _File(BaseModel):
    """The content of plan.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: FileFormat = 1
    groups: _Names = ()
    outcomes: _Names = ()
    margin: float | None = Field(default=None, gt=0)
    threshold: float | None = None
    conf_level: float | None = Field(default=None, gt=0, lt=1)
    adjust: Literal["holm", "none"] | None = None
    exclusions: _Names = ()
    families: tuple[Family, ...] = Field(min_length=1)


class _Seal(BaseModel):
    """The content of the seal file beside a plan."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    plan: str
    on: date
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnalysisPlan:
    """The plan of a study: which comparisons, with which margins, about which groups.

    Attributes
    ----------
    families : tuple of Family
        The tests that are planned, by family.
    shared : mapping
        Settings of all families that have them: margin, threshold, conf_level, adjust.
    groups, outcomes : tuple of str
        The respondent columns that may be compared, and the outcomes that are to be explained.
    exclusions : tuple of str
        The reasons for which ratings may be left out, as `Survey.keep` is given them.
    sha256 : str
        Of the plan's content; comments and layout do not count.
    sealed_on : date, optional
        The day on which it was sealed; None where it never was.
    sealed_sha256 : str
        The content that was sealed.
    sealed_answers : tuple of str
        The sha256 of each file with answers that existed when the plan was sealed.
    """

    families: tuple[Family, ...]
    shared: Mapping[str, Any] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    exclusions: tuple[str, ...] = ()
    sha256: str = ""
    sealed_on: date | None = None
    sealed_sha256: str = ""
    sealed_answers: tuple[str, ...] = ()

    @property
    def is_intact(self) -> bool:
        """Whether the plan is sealed and has not changed since."""
        return self.sealed_on is not None and self.sha256 == self.sealed_sha256

    def settings(self, family: Family) -> dict[str, Any]:
        """Every setting of a family: its own, or that of the plan, or the default."""
        usual = QUESTIONS[family.question]
        shared = {name: value for name, value in self.shared.items() if name in usual}
        return {**usual, **shared, **family.settings}

    def saw(self, sha256: str) -> bool:
        """Whether the answers with this hash existed when the plan was sealed."""
        together = hashlib.sha256("".join(self.sealed_answers).encode()).hexdigest()
        return bool(self.sealed_answers) and sha256 in (*self.sealed_answers, together)


@checked
def load_plan(path: str | Path) -> AnalysisPlan:
    r"""Load the plan of a study, and the seal beside it if there is one.

    Parameters
    ----------
    path : str or Path
        A YAML file. Its keys: `families` (each with `name`, `question`, and where they matter `variables` and
        `settings`), and for all families `groups`, `outcomes`, `margin`, `threshold`, `conf_level`, `adjust` and
        `exclusions` (the reasons for leaving ratings out).

    Returns
    -------
    AnalysisPlan

    Raises
    ------
    SurveyError
        With every problem of the file.

    References
    ----------
    Nosek, Ebersole, DeHaven & Mellor (2018), "The preregistration revolution", doi:10.1073/pnas.1708274114.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "plan.yaml"
    >>> _ = file.write_text("families: [{name: The sides, question: gaps}]\nmargin: 0.4\n")
    >>> plan = load_plan(file)
    >>> plan.settings(plan.families[0])["margin"], plan.is_intact
    (0.4, False)
    """
    path = Path(path)
    try:
        file = _File.model_validate(read_yaml(path))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SurveyError(
            [Failure(f"The plan must be a file that can be read ({why}).", "Correct the path.", str(path))]
        ) from error
    except ValidationError as error:
        raise SurveyError(problem_failures(error.errors(), path.name, _File)) from error
    except ValueError as error:
        raise SurveyError([Failure(f"A plan must be a YAML file: {error}.", "Correct it.", path.name)]) from error
    if failures := list(_contradictions(file, path.name)):
        raise SurveyError(failures)
    seal = _read_seal(path)
    shared = file.model_dump(include={"margin", "threshold", "conf_level", "adjust"}, exclude_none=True)
    return AnalysisPlan(
        families=file.families,
        shared=shared,
        groups=file.groups,
        outcomes=file.outcomes,
        exclusions=file.exclusions,
        sha256=_content_hash(file),
        sealed_on=seal.on if seal else None,
        sealed_sha256=seal.plan if seal else "",
        sealed_answers=seal.answers if seal else (),
    )


@checked
def seal_plan(path: str | Path, answers: Sequence[str | Path] = (), *, on: date | None = None) -> AnalysisPlan:
    """Seal a plan: keep the hash of its content, the day, and which answers existed already.

    The seal is a small file beside the plan. It shows later whether the plan was changed; it proves nothing to those
    who distrust the keeper of the files. For that, file the hash somewhere else.

    Parameters
    ----------
    path : str or Path
        The plan.
    answers : sequence of path
        The survey exports of the study; those that do not exist yet are skipped.
    on : date, optional
        The day, today by default.

    Returns
    -------
    AnalysisPlan
        The sealed plan.

    Raises
    ------
    SurveyError
        When the plan has problems, or has been sealed before: a seal is never replaced.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "plan.yaml"
    >>> _ = file.write_text("families: [{name: The sides, question: gaps}]")
    >>> seal_plan(file).is_intact
    True
    """
    path = Path(path)
    plan = load_plan(path)
    existing = [Path(file) for file in answers if Path(file).is_file()]
    hashes = [hashlib.sha256(file.read_bytes()).hexdigest() for file in existing]
    seal = _Seal(plan=plan.sha256, on=on or date.today(), answers=tuple(hashes))
    try:
        with seal_of(path).open("x", encoding="utf-8") as file:
            file.write(seal.model_dump_json(indent=2) + "\n")
    except FileExistsError:
        rule = "A plan is sealed once; changes after that must stay visible."
        remedy = f"Keep it, or remove {seal_of(path).name} and tell why."
        raise SurveyError([Failure(rule, remedy, path.name)]) from None
    return load_plan(path)


def describe_plan(path: str | Path) -> Iterator[str]:
    """Describe a plan: a line for each family, and the state of its seal."""
    plan = load_plan(path)
    for family in plan.families:
        about = ", ".join(family.variables) or "all variables"
        settings = ", ".join(f"{name} {value}" for name, value in plan.settings(family).items())
        yield f"{family.called()}: {family.question} of {about} ({settings})"
    if plan.sealed_on is None:
        yield "Not sealed: nothing shows that it came before the answers. Seal it with --seal."
    elif not plan.is_intact:
        yield f"Changed since it was sealed on {plan.sealed_on}: its comparisons count as found afterwards."
    else:
        answers = len(plan.sealed_answers)
        already = f"; {answers} file{'s'[: answers != 1]} with answers were there already" if answers else ""
        yield f"Sealed on {plan.sealed_on}{already}. Its hash: {plan.sha256}"


def seal_of(path: Path) -> Path:
    """Where the seal of a plan is kept."""
    return path.with_name(path.stem + _SEAL)


def _read_seal(path: Path) -> _Seal | None:
    place = seal_of(path)
    if not place.is_file():
        return None
    try:
        return _Seal.model_validate_json(place.read_text(encoding="utf-8"))
    except ValueError as error:
        rule, remedy = "The seal of a plan is as `hpp plan` wrote it.", "Restore it."
        raise SurveyError([Failure(rule, remedy, place.name)]) from error


def _content_hash(file: _File) -> str:
    """The hash of the content of the plan, whatever the order of its keys."""
    content = json.dumps(file.model_dump(mode="json", exclude_defaults=True), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


def _contradictions(file: _File, name: str) -> Iterator[Failure]:
    seen: set[str] = set()
    for family in file.families:
        called = family.called()
        if called in seen:
            yield Failure("Each family must have a name of its own.", "Rename one.", name, value=called)
        seen.add(called)
        if family.question not in QUESTIONS:
            rule = f"The question of a family is one of {', '.join(QUESTIONS)}."
            yield Failure(rule, "Choose one of these.", name, value=family.question)
            continue
        known = QUESTIONS[family.question]
        for setting in family.settings:
            if setting not in known:
                rule = f"The settings of {family.question!r} are {', '.join(known)}."
                yield Failure(rule, "Remove it, or correct its spelling.", name, value=setting)
        column = family.settings.get("side", family.settings.get("group"))
        if file.groups and column is not None and column not in file.groups:
            rule = f"What is compared is one of the plan's `groups`: {', '.join(file.groups)}."
            yield Failure(rule, "Add it there, or correct it.", name, value=str(column))
        outcome = family.settings.get("outcome")
        if file.outcomes and outcome is not None and outcome not in file.outcomes:
            rule = f"What is explained is one of the plan's `outcomes`: {', '.join(file.outcomes)}."
            yield Failure(rule, "Add it there, or correct it.", name, value=str(outcome))
