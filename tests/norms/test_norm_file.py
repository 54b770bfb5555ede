"""A norm in a file: whole or an error, never counted twice, and withdrawn for good."""

import dataclasses
import json
import stat

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hpp_analysis.errors import NormError
from hpp_analysis.norms import Norm, load_norm, merge_norms, save_norm, withdraw_contribution
from hpp_analysis.norms.norm_file import key_of


@pytest.fixture
def file(norm, tmp_path):
    save_norm(norm, tmp_path / "norm.parquet")
    return tmp_path / "norm.parquet"


def equal(first: Norm, second: Norm) -> bool:
    rows = [one.cells.sort_values(list(one.cells.columns)).reset_index(drop=True) for one in (first, second)]
    described = [sorted(one.contributions, key=lambda each: each.id) for one in (first, second)]
    return described[0] == described[1] and rows[0].equals(rows[1])


def ids(norm: Norm) -> list[str]:
    return [one.id for one in norm.contributions]


def test_what_is_read_is_what_was_written(norm, file) -> None:
    read = load_norm(file)
    assert read.contributions == norm.contributions
    assert read.cells.equals(norm.cells)
    assert read.salt == "salt"
    assert not read.simulated
    assert read.to_frame()["partnerships"].tolist() == [4] * 10
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == ["norm.parquet"]


@pytest.mark.parametrize("keep", [0, 3, 0.5, 0.9, -1])
def test_a_torn_file_is_one_error(file, keep) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * keep) if isinstance(keep, float) else keep])
    with pytest.raises(NormError) as caught:
        load_norm(file)
    assert len(caught.value.failures) == 1


def described(file, **changed) -> None:
    """Write the file again with another description."""
    table = pq.read_table(file)
    told = json.loads(table.schema.metadata[b"hpp_norm"]) | changed
    pq.write_table(table.replace_schema_metadata({b"hpp_norm": json.dumps(told).encode()}), file)


def test_foreign_newer_and_changed_files_are_errors(file, tmp_path) -> None:
    pq.write_table(pa.table({"mean": [7.0]}), tmp_path / "foreign.parquet")
    (tmp_path / "text.parquet").write_text("mean\n7.0\n")
    for foreign in ("foreign.parquet", "text.parquet", "nowhere.parquet", "."):
        with pytest.raises(NormError):
            load_norm(tmp_path / foreign)
    described(file, version=2)
    with pytest.raises(NormError, match="Update"):
        load_norm(file)
    described(file, version=1, contributions=[])
    with pytest.raises(NormError):
        load_norm(file)


def test_a_changed_number_is_an_error(file) -> None:
    table = pq.read_table(file)
    cells = table.to_pandas()
    cells.loc[0, "mean"] += 1
    pq.write_table(pa.Table.from_pandas(cells, schema=table.schema, preserve_index=False), file)
    with pytest.raises(NormError):
        load_norm(file)


def test_adding_and_merging_twice_count_once(norm, contribution) -> None:
    assert (
        contribution(norm, "Client 0", norm.cells["mean"].iloc[[0, 8, 16, 24]].tolist(), sector="care", country="NL")
        is norm
    )
    assert equal(merge_norms(norm, norm), norm)
    first, second = (contribution(norm, client, means) for client, means in (("X", [6.0, 7.0]), ("Y", [6.5, 7.5])))
    merged = merge_norms(first, second)
    assert len(merged) == 12
    assert equal(merge_norms(second, first), merged)
    assert equal(merge_norms(merged, first), merged)
    assert merged.sha256 == ""
    with pytest.raises(NormError):  # the same study under another name, or a copy of its numbers
        contribution(first, "Z", [6.0, 7.0])


def test_the_same_results_under_another_salt_have_the_same_id(contribution) -> None:
    one, other = (contribution(Norm(salt=salt), "X", [6.0, 7.0]) for salt in "ab")
    assert ids(one) == ids(other)
    assert set(one.cells["unit"]).isdisjoint(other.cells["unit"])
    assert len(merge_norms(one, other)) == 1


def test_withdrawn_is_withdrawn(norm, contribution) -> None:
    more = contribution(norm, "X", [6.0, 7.0])
    left = withdraw_contribution(more, ids(more)[-1][:8])
    assert equal(left, norm)
    assert ids(merge_norms(left, more)) == ids(norm) == ids(merge_norms(more, left))
    again = contribution(left, "X", [6.0, 7.0])  # on purpose
    assert equal(again, more)
    assert again.withdrawn == ()
    for wrong in ("", ids(more)[0][:5], "no such id"):
        with pytest.raises(NormError):
            withdraw_contribution(more, wrong)


def test_simulated_and_real_norms_stay_apart(norm) -> None:
    with pytest.raises(NormError):
        merge_norms(norm, Norm(simulated=True))


def test_a_file_that_changed_meanwhile_is_not_overwritten(norm, file, contribution) -> None:
    first, second = load_norm(file), load_norm(file)
    save_norm(contribution(first, "X", [6.0]), file)
    with pytest.raises(NormError):
        save_norm(contribution(second, "Y", [6.0]), file)
    assert len(load_norm(file)) == 11
    with pytest.raises(NormError):
        save_norm(dataclasses.replace(norm, sha256=""), file)


def test_two_versions_differ_in_the_cleared_cells_of_the_contribution_alone(norm, contribution, tmp_path) -> None:
    """Whoever has the file before and after learns what the contribution says, and nothing of the others."""
    more = contribution(norm, "X", [6.0, 7.0])
    before, after = (save_norm(one, tmp_path / name) for one, name in ((norm, "a"), (more, "b")))
    left = save_norm(withdraw_contribution(after, ids(after)[-1]), tmp_path / "c")
    added = pd.concat([before.cells, after.cells]).drop_duplicates(keep=False)
    assert set(added["contribution"]) == {ids(after)[-1]}
    assert len(added) == 2 * 2 * 4
    assert left.cells.equals(before.cells)
    assert left.contributions == before.contributions == after.contributions[:-1]


def test_keys_are_of_names_in_any_order_and_of_the_salt() -> None:
    assert key_of("s", "unit", "Acme", "Bolt") == key_of("s", "unit", "  bolt", "ACME")
    assert (
        len({key_of("s", "unit", "Acme", "Bolt"), key_of("t", "unit", "Acme", "Bolt"), key_of("s", "client", "Acme")})
        == 3
    )
