"""A run uses the ledger of its study, and does not take a lost one for a first run."""

import json
import os

import pytest

from hpp_analysis.errors import ReportError
from hpp_analysis.publishing.ledger import ANEW, LEDGER
from hpp_analysis.report.run.journal import ledger_before
from hpp_analysis.report.run.released import in_use, ledger_id


def test_the_notebooks_of_a_run_know_the_ledger_and_nobody_else(tmp_path, monkeypatch):
    monkeypatch.delenv(LEDGER, raising=False)
    path = tmp_path / "study.ledger.json"
    assert ledger_id(path) == ledger_id(None) == ""
    with in_use(path, "", anew=False):
        assert os.environ[LEDGER] == str(path) and not os.environ[ANEW]
        assert ledger_id(path)
    assert LEDGER not in os.environ
    with in_use(None, "", anew=False):
        assert LEDGER not in os.environ


@pytest.mark.parametrize("file", ["manifest.json", "journal.jsonl"])
def test_a_lost_or_foreign_ledger_stops_the_run(tmp_path, file):
    """The list of a killed run may be missing; its journal names the ledger from the start."""
    path = tmp_path / "study.ledger.json"
    with in_use(path, ledger_before(tmp_path), anew=False):
        (tmp_path / file).write_text(json.dumps({"journal": 1, "ledger": ledger_id(path)}) + "\n")
    before = ledger_before(tmp_path)
    assert before == ledger_id(path)
    with in_use(path, before, anew=False):
        pass
    path.unlink()
    with pytest.raises(ReportError), in_use(path, before, anew=False):
        pass
    assert not path.exists()
    with in_use(tmp_path / "other.ledger.json", ledger_before(tmp_path / "nothing"), anew=False):
        pass
    with pytest.raises(ReportError), in_use(tmp_path / "other.ledger.json", before, anew=False):
        pass
    with in_use(path, before, anew=True):  # on purpose
        assert os.environ[ANEW] == "1"


def test_what_a_killed_run_left_beside_the_ledger_is_removed(tmp_path):
    path = tmp_path / "study.ledger.json"
    old, young = tmp_path / f".{path.name}-abc", tmp_path / f".{path.name}-def"
    for file in (old, young, tmp_path / ".mine"):
        file.write_text("")
        os.utime(file, (1, 1) if file != young else None)
    with in_use(path, "", anew=False):
        pass
    assert {file.name for file in tmp_path.iterdir()} == {path.name, young.name, ".mine"}
