"""A file of published parts holds cleared blocks only, and is refused when something else wrote it."""

import json

import pytest

from hpp_analysis import open_published
from hpp_analysis.display.blocks import TextBlock
from hpp_analysis.errors import OptionError, ReportError
from hpp_analysis.publishing.published import published_json

SAID = TextBlock("said", ["Made by hand."], cleared=True)


def test_parts_are_read_as_they_were_written(tmp_path) -> None:
    path = tmp_path / "published.json"
    path.write_text(published_json({"said": SAID}, "A report", "en"), encoding="utf-8")
    report = open_published(path)
    assert (report.title, report.language, list(report)) == ("A report", "en", ["said"])
    assert report["said"].block == SAID
    assert report.contents["caption"].tolist() == ["Made by hand."]
    with pytest.raises(OptionError, match="said"):
        report["sad"]
    with pytest.raises(OptionError, match="text"):
        report["said"].to_frame()


def test_what_is_not_cleared_is_not_written() -> None:
    with pytest.raises(ReportError):
        published_json({"said": TextBlock("said", ["Made by hand."])}, "A report", "en")


@pytest.mark.parametrize("change", [{"version": 99}, {"format": "else"}, {"names": []}])
def test_another_file_is_refused(tmp_path, change) -> None:
    content = json.loads(published_json({"said": SAID}, "A report", "en")) | change
    path = tmp_path / "published.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReportError):
        open_published(path)
