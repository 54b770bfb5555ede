"""A run uses the ledger of its study, and does not take a lost one for a first run."""

import json
import os

import pytest

from hpp_analysis.errors import ReportError
from hpp_analysis.publishing.ledger import ANEW, LEDGER
from hpp_analysis.report.run.released import in_use, ledger_id


def test_the_notebooks_of_a_run_know_the_ledger_and_nobody_else(tmp_path, monkeypatch):
    monkeypatch.delenv(LEDGER, raising=False)
    path, manifest = tmp_path / "study.ledger.json", tmp_path / "manifest.json"
    assert ledger_id(path) == ledger_id(None) == ""
    with in_use(path, manifest, anew=False):
        assert os.environ[LEDGER] == str(path) and not os.environ[ANEW]
        assert ledger_id(path)
    assert LEDGER not in os.environ
    with in_use(None, manifest, anew=False):
        assert LEDGER not in os.environ


def test_a_lost_or_foreign_ledger_stops_the_run(tmp_path):
    path, manifest = tmp_path / "study.ledger.json", tmp_path / "manifest.json"
    with in_use(path, manifest, anew=False):
        manifest.write_text(json.dumps({"ledger": ledger_id(path)}))
    with in_use(path, manifest, anew=False):
        pass
    path.unlink()
    with pytest.raises(ReportError), in_use(path, manifest, anew=False):
        pass
    assert not path.exists()
    with in_use(tmp_path / "other.ledger.json", tmp_path / "none.json", anew=False):
        pass
    with pytest.raises(ReportError), in_use(tmp_path / "other.ledger.json", manifest, anew=False):
        pass
    with in_use(path, manifest, anew=True):  # on purpose
        assert os.environ[ANEW] == "1"
