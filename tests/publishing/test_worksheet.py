"""The worksheet is an empty table in every language."""

import pytest

from hpp_analysis.display.blocks import TableBlock, from_json, to_json
from hpp_analysis.errors import OptionError
from hpp_analysis.publishing.worksheet import show_worksheet
from hpp_analysis.texts import language, languages


def test_a_worksheet_is_empty_and_survives_the_notebook():
    (block,) = show_worksheet(rows=3).blocks
    assert isinstance(block, TableBlock) and block.form
    assert [row[1:] for row in block.cells] == [[""] * 4] * 3
    assert from_json(to_json([block])) == [block]
    for rows in (0, 21):
        with pytest.raises(OptionError):
            show_worksheet(rows=rows)
    heads = set()
    for code in languages():
        with language(code):
            heads.add(tuple(cell.label for cell in show_worksheet().blocks[0].header))
    assert len(heads) == len(languages())
