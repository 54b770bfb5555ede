"""Every file of a report is made of its blocks alone, and these tests make the same reports as a real run.

The process here never reads an answer: what it writes from the kept notebook, byte for byte as the run did, holds nothing else.
So it is enough to attack the blocks. That drawings tell no more than their tables is shown by twins: all figures of a
study and of its twin are equal.
"""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from hpp_analysis.display.blocks import from_json
from hpp_analysis.report.notebook.nodes import parse
from hpp_analysis.report.writers.appearance import Appearance
from hpp_analysis.report.writers.document import read_document
from hpp_analysis.report.writers.render import rendered
from hpp_analysis.texts import language
from tests.attack.knowing import know
from tests.attack.making import make_reports, sharing
from tests.attack.reading import blocks_in, more_than_told, read_run
from tests.attack.studies import Run, random_study
from tests.attack.twins import differences, twin_of

FORMATS = "html,pdf,xlsx,docx,pptx"
SEED = 4  # small groups near the end of a long scale, unanimous ones, and a pool


def test_every_file_is_made_of_the_blocks_alone(tmp_path):
    """A real run of one report in both languages, with a process, a kernel and every format; and the shortcut of the attack, a
    notebook executed in this process, leads to the same bytes.
    """
    from hpp_analysis.cli import app

    study = random_study(SEED).write(tmp_path, Run())
    options = ["--only", "Bolt", "--formats", FORMATS, "--languages", "en,nl"]
    arguments = ["report", str(study), "--out", str(tmp_path / "real"), *options, "--jobs", "1", "--no-overview"]
    told = CliRunner().invoke(app, arguments)
    assert told.exit_code == 0, told.output
    for code in ("en", "nl"):
        _made_of_its_blocks(next((tmp_path / "real").glob(f"bolt*/{code}")), code)
    (tmp_path / "study.ledger.json").unlink(missing_ok=True)
    make_reports(study, tmp_path / "here", *options, drawn=True)
    paths = [
        sorted(path.relative_to(out) for path in out.glob("bolt*/**/*") if path.is_file())
        for out in (tmp_path / "real", tmp_path / "here")
    ]
    assert paths[0] == paths[1] != []
    different = [p for p in paths[0] if (tmp_path / "real" / p).read_bytes() != (tmp_path / "here" / p).read_bytes()]
    assert different == []


def _made_of_its_blocks(folder: Path, code: str) -> None:
    node = parse((folder / "notebook.ipynb").read_text(encoding="utf-8"))
    document = read_document(node)
    with language(code):
        written = rendered(node, document, Appearance(), FORMATS.split(","))
    made = {name: data for name, data in written.items() if "/" not in name}
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.suffix != ".ipynb"}
    assert files.keys() == made.keys()
    assert [name for name in made if made[name] != files[name]] == []
    drawn = sorted(path.read_text(encoding="utf-8") for path in (folder / "figures").iterdir())
    assert drawn == sorted(block.svg for output in _outputs(folder) for block in output if block.type == "figure")
    assert more_than_told(folder) == []


def _outputs(folder: Path):
    for block in blocks_in(folder / "notebook.ipynb"):
        yield from_json({"version": 1, "blocks": [block]})


def test_figures_tell_what_their_tables_tell(tmp_path):
    """All drawings of a study and of its twin are equal: they stem from cleared cells."""
    study = random_study(SEED)
    out, other = tmp_path / "study", tmp_path / "twin"
    options = ("--only", "Bolt", "--formats", "html", "--languages", "en")
    with sharing():
        make_reports(study.write(out, study.runs[0]), out / "run0", *options, drawn=True)
        knowledge = know(study, read_run(out / "run0", 0), wholes=False)
        knowledge.puzzle.solve()
        twin = twin_of(study, knowledge, SEED)
        make_reports(twin.write(other, study.runs[0]), other / "run0", *options, drawn=True)
    assert differences(out / "run0", other / "run0") == set()
    svgs = [
        block["svg"]
        for path in (out / "run0").glob("*/*/notebook.ipynb")
        for block in blocks_in(path)
        if "svg" in block
    ]
    assert sum(len(svg) > 1000 for svg in svgs) > 5  # where all is withheld, a drawing says so
