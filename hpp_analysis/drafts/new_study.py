"""Draft the folder of a study from exports; nothing is left behind if that fails."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hpp_analysis.drafts.draft import Draft, FactorSource, propose_instrument
from hpp_analysis.drafts.writing import instrument_text, mapping_text, one_line, quoted
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.options import checked
from hpp_analysis.study.study import load_study
from hpp_analysis.study.study_folder import REPORTS_README, RESPONSES_README, refuse_filled
from hpp_analysis.survey.private import make_private
from hpp_analysis.survey.survey import Survey, read_survey

_MOST_GROUPS = 60


@checked
def draft_study(
    folder: str | Path,
    sources: str | Path | Sequence[str | Path],
    *,
    sheet: str | int | None = None,
    items: Sequence[str] | None = None,
    factors: FactorSource = "names",
    language: str | None = None,
    codebook: str | Path | None = None,
) -> tuple[Path, Draft]:
    """Draft a whole study from exports: `instrument.yaml`, `study.yaml` and, where needed, `mapping.yaml`.

    The exports are copied into its folder `responses`. The folder appears when all in it is written, and not before.

    Parameters
    ----------
    folder : path
        Does not exist yet, or is empty.
    sources : path, or sequence of paths
        The exports.
    sheet, items, factors, language, codebook
        As in `propose_instrument`.

    Returns
    -------
    file : Path
        The study file.
    draft : Draft

    Raises
    ------
    SurveyError
        When the folder is in use, or a file cannot be read or has no items.

    Examples
    --------
    >>> import pandas as pd
    >>> place = Path(tempfile.mkdtemp())
    >>> answers = pd.DataFrame({"q1": [1, 5, 2, 4], "q2": [2, 5, 1, 4], "q3": [1, 4, 3, 5]})
    >>> answers.to_csv(place / "pulse.csv", index=False)
    >>> file, draft = draft_study(place / "study", place / "pulse.csv")
    >>> sorted(path.name for path in file.parent.iterdir())
    ['instrument.yaml', 'reports', 'responses', 'study.yaml']
    """
    folder = Path(folder)
    refuse_filled(folder)
    paths = [Path(sources)] if isinstance(sources, str | Path) else [Path(one) for one in sources]
    if len({path.name for path in paths}) < len(paths):
        rule = "Exports of one study must have different names; they are copied into one folder."
        raise SurveyError([Failure(rule, "Rename one.", value=", ".join(path.name for path in paths))])
    draft = propose_instrument(
        paths,
        study_name=folder.resolve().name,
        sheet=sheet,
        items=items,
        factors=factors,
        language=language,
        codebook=codebook,
    )
    paths = [Path(one) for one in draft.sources]  # of files on different scales, those that go together
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, text in (("responses", RESPONSES_README), ("reports", REPORTS_README)):
            (aside / name).mkdir()
            (aside / name / "README.md").write_text(text, encoding="utf-8")
        for path in paths:
            shutil.copyfile(path, aside / "responses" / path.name)
            for beside in path.parent.glob(f"{path.stem}.sas7bcat"):
                shutil.copyfile(beside, aside / "responses" / beside.name)
        (aside / "instrument.yaml").write_text(instrument_text(draft), encoding="utf-8")
        if mapping := mapping_text(draft):
            (aside / "mapping.yaml").write_text(mapping, encoding="utf-8")
        (aside / "study.yaml").write_text(_study_text(draft, folder, paths, bool(mapping)), encoding="utf-8")
        written = load_study(aside / "study.yaml")  # what was written must be read as it was drafted
        read_survey(written.responses, instrument=written.instrument, mapping=written.mapping)
        make_private(aside)
        if folder.exists():
            folder.rmdir()
        aside.replace(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return folder / "study.yaml", draft


def _study_text(draft: Draft, folder: Path, paths: Sequence[Path], mapped: bool) -> str:
    """The text of the study file, with optional keys in comments."""
    survey = draft.survey()
    lines = [
        "# A study, drafted from its answers. `hpp check study.yaml` tells what it finds, `hpp report study.yaml` makes the",
        "# reports. Look at the doubts at the top of instrument.yaml first.",
        "",
        "format: 1",
        f"name: {quoted(folder.resolve().name)}",
        f"title: {{{draft.language}: {quoted(draft.instrument.title[draft.language])}}}",
        "",
        "responses:"
        if len(paths) == 1
        else "responses:  # of each file its wave; delete these where they are one wave",
    ]
    in_file = "wave" in survey.respondents or "period" in survey.respondents
    for path in paths:
        one = f"responses/{path.name}"
        lines.append(
            f"  - {quoted(one)}"
            if len(paths) == 1 or in_file
            else f"  - {{file: {quoted(one)}, wave: {quoted(path.stem)}}}"
        )
    lines += ["", "instrument: instrument.yaml"]
    if mapped:
        lines.append("mapping: mapping.yaml  # which column is what, where headers do not say so")
    lines += ["", f"languages: [{draft.language}]", "", *_by(survey), *_breakdowns(survey)]
    return "\n".join(lines) + "\n"


def _by(survey: Survey) -> list[str]:
    """The `by` line, and proposals for it with the sizes of their groups."""
    if "client" in survey.respondents:
        return ["# The column of which each value gets a report of its own.", "by: client"]
    lines = ["# All answers make one report. For one of each group, remove the # before its line:"]
    for column in ("department", "organisation", "role", "partner", "side"):
        if column in survey.respondents and 1 < len(values := survey.values(column)) <= _MOST_GROUPS:
            sizes = survey.respondents[column].value_counts()
            small = int((sizes < 10).sum())
            comment = f"{len(values)} groups of {int(sizes.min())} to {int(sizes.max())}"
            comment += f"; {small} of fewer than 10, of which little may be shown" if small else ""
            lines.append(f"#by: {column}  # {one_line(comment)}")
    if len(lines) > 1:
        lines.append("#total: true  # with `by`: each report shows the means of everybody beside its own")
    return lines if len(lines) > 1 else ["# No column divides the answers into groups: they make one report."]


def _breakdowns(survey: Survey) -> list[str]:
    """A proposal of columns whose groups a report can compare."""
    known = ("role", "department", "organisation") if "side" not in survey.respondents else ("role", "department")
    columns = [name for name in known if name in survey.respondents and 1 < len(survey.values(name)) <= _MOST_GROUPS]
    if not columns:
        return []
    named = ", ".join(columns[:2])
    return [
        "# Groups that are compared with the rest within a report, at most two columns; groups under ten are told together:",
        f"#breakdowns: [{named}]",
    ]
