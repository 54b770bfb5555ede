"""Drafts of public files: their items are those of a list made by hand, and each answer is read as pandas reads it."""

from pathlib import Path

import pytest

from hpp_analysis.drafts.draft import propose_instrument
from hpp_analysis.errors import SurveyError
from tests.drafts.compare import TRUTH, compare


@pytest.mark.parametrize("file", TRUTH["files"])
def test_a_draft_has_the_items_of_the_file_and_reads_them_right(shared_data: Path, file: str) -> None:
    found = compare(shared_data, file)
    assert not found.why
    doubtful = set(TRUTH["files"][file].get("doubtful", ()))
    assert len(doubtful) <= 2
    assert (set(found.missed) | set(found.invented)) <= doubtful
    assert found.n_cells
    assert found.n_other == 0


@pytest.mark.parametrize("file", TRUTH["without_items"])
def test_a_file_without_items_is_refused_with_a_reason(shared_data: Path, file: str) -> None:
    with pytest.raises(SurveyError) as caught:
        propose_instrument(shared_data / file)
    assert len(caught.value.failures) == 1
