"""Create the folder of a new study: empty with explanations, or a copy of the demonstration."""

from __future__ import annotations

import shutil
from pathlib import Path

import hpp_analysis
from hpp_analysis.errors import Failure, SurveyError
from hpp_analysis.survey.instrument import packaged_instruments
from hpp_analysis.survey.private import make_private

_BLANK = """\
# A study: which answers, which questionnaire, which reports. `hpp check study.yaml` tells what it finds,
# `hpp report study.yaml` makes the reports. Lines that begin with # right before a key are examples: remove the #.

format: 1
name: {name}

# The survey exports, relative to this file. Several files (waves, languages) are read together; a file may say its
# wave, the sheet of a workbook and how its columns are named:
# `- {{file: responses/export.xlsx, wave: "2", sheet: Answers, mapping: mapping.yaml}}`.
responses:
  - responses/export.csv

# Which column is what, where headers do not say so; `hpp map responses/export.csv --out mapping.yaml` writes such a file
# for you to check.
#mapping: mapping.yaml

# The questionnaire: a packaged one ({packaged}), or a YAML file relative to this one.
instrument: hpp

# The column of which each value gets a report of its own.
by: client

# The wave that reports are about; without this line, the last one. "all" makes a report of each.
#wave: all

# The languages of the reports; without this line, all that the questionnaire has.
languages: [en, nl]

# What you planned to compare before you saw the answers; `hpp plan` seals it, and reports say what was planned.
#plan: plan.yaml

# Optional, by language: what the study is called, and a sentence that every report shows.
#title: {{en: Partnership survey, nl: Onderzoek naar samenwerking}}
#note: {{en: Draft for discussion., nl: Concept ter bespreking.}}

# What people wrote in their own words: `hpp comments study.yaml` writes this workbook for review, and reports show
# the themes that were kept in it and the quotes that two persons released.
#comments: comments.xlsx

# Optional: how many persons were invited, so that reports tell which share answered. With several waves, add to each which
# one: `wave: "2"`.
#invited:
#  - {{client: DemoCable, side: client, n: 60}}
#  - {{client: DemoCable, side: partner, partner: Alfa Networks, n: 120}}

# Optional: your own commentary in the reports; `hpp notes study.yaml` writes a file with a place for each of it.
#notes: notes.yaml

# Optional: another file for what is agreed; `hpp report` makes it and adds to it, `hpp followup study.yaml` tells what is due.
#agreements: agreements.xlsx

# Optional: sections that reports leave out; a wrong name gets a list of all.
#sections: {{characteristics: off}}

# Optional: the norm with which reports compare (`hpp norms add` makes one), and when the answers were collected.
#norms: {{file: norms.parquet, date: 2026-02-02, sector: telecom, country: NL}}

# Optional: say on every page that it is a draft.
#draft: true

# Optional: your own look. Texts in the colour must be readable on white, which is checked.
# A logo (`logo: logo.svg`, or a PNG) is a file beside this one.
#brand: {{name: Our firm, colour: "#12436d", accent: "#b45309", fonts: [Source Sans 3]}}
"""
RESPONSES_README = "Put the survey exports here. They hold what people told in confidence: share them with nobody.\n"
REPORTS_README = "The reports appear here. Each run replaces a report only by a whole new one.\n"


def new_study(folder: str | Path, *, demo: bool = False) -> Path:
    """Lay out an empty study: study.yaml with explanations, and folders for responses and reports.

    Parameters
    ----------
    folder : str or Path
        Does not exist yet, or is empty.
    demo : bool
        Whether the folder gets a copy of the demonstration study instead.

    Returns
    -------
    Path
        The study file.

    Raises
    ------
    SurveyError
        If the folder is not empty; nothing is overwritten.

    Notes
    -----
    Only the owner can read the folder and its files (0700, 0600).
    """
    folder = Path(folder)
    refuse_filled(folder)
    if demo:
        shutil.copytree(demo_folder(), folder, dirs_exist_ok=True)
        make_private(folder)
        return folder / "study.yaml"
    for name, text in (("responses", RESPONSES_README), ("reports", REPORTS_README)):
        (folder / name).mkdir(parents=True)
        (folder / name / "README.md").write_text(text, encoding="utf-8")
    written = folder.resolve().name.replace("\\", " ").replace('"', "'")
    file = folder / "study.yaml"
    packaged = ", ".join(packaged_instruments())
    file.write_text(_BLANK.format(name=f'"{written}"', packaged=packaged), encoding="utf-8")
    make_private(folder)
    return file


def refuse_filled(folder: Path) -> None:
    """Refuse a folder that is not empty.

    Raises
    ------
    SurveyError
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        rule = "A new study must get a new or empty folder."
        raise SurveyError([Failure(rule, "Choose another name.", value=str(folder))])


def demo_folder() -> Path:
    """Where the demonstration study lies: in the installed package, or in the source tree of which it is a part."""
    package = Path(hpp_analysis.__file__).parent
    installed = package / "demo"
    return installed if installed.is_dir() else package.parent / "data" / "demo"
