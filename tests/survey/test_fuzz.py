"""Damaged exports: a right survey or a SurveyError, and nothing else."""

import subprocess
import sys
import time
import warnings
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.instrument import parse_instrument
from hpp_analysis.survey.survey import Survey, read_survey
from tests.survey.test_instrument import SMALL
from tests.survey.test_readers import sheets

INSTRUMENT = parse_instrument(SMALL)
FRAME = pd.DataFrame(
    {
        "respondent": [f"r{n}" for n in range(12)],
        "side": ["client", "partner"] * 6,
        "calm1": [1.0, 2, 3, 4, 5, np.nan] * 2,
        "calm2": [5.0, 4, 3, 2, 1, 1] * 2,
        "remark": ['so, "so"', "twee\nregels", "é;x", None] * 3,
    }
)
TOKENS = [b",", b";", b"\t", b"|", b'"', b'"\n', b"\r", b"\n", b"\x00", b"\x1a", b"\xff", b"\xef\xbb\xbf"]
TOKENS += [b"\xc3\xa9", b"\xff\xfe", b"1e308", b"nan", b"=1+1", b" - 1", b"Response", b'{"ImportId"']


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder: Path = tmp_path_factory.mktemp("exports")
    made = {
        f"csv {mark} {code}": FRAME.to_csv(index=False, sep=mark).encode(code)
        for mark in ",;\t"
        for code in ("utf-8-sig", "cp1252", "utf-16")
    }
    points = "respondent,side,calm1,,,calm2\n,, - 1, - 2, - 3,Response\n"
    made["points"] = (points + "a,client,1,,,4\nb,partner,,,3,5\n").encode()
    pyreadstat.write_sav(FRAME, str(folder / "a.sav"), missing_ranges={"calm1": [5]})
    pyreadstat.write_sav(FRAME, str(folder / "a.zsav"), compress=True)
    pyreadstat.write_dta(FRAME, str(folder / "a.dta"))
    sheets(folder / "a.xlsx", one=[list(FRAME), *FRAME.astype(object).where(FRAME.notna(), None).to_numpy().tolist()])
    packed = BytesIO()
    FRAME.to_parquet(packed)
    made |= {kind: (folder / f"a.{kind}").read_bytes() for kind in ("sav", "zsav", "dta", "xlsx")}
    return made | {"parquet": packed.getvalue()}


@st.composite
def damages(draw: st.DrawFn) -> list[tuple[str, float, bytes]]:
    """Some damages: what is done, where as a share of the file, and the bytes of it."""
    kind = st.sampled_from(["flip", "insert", "delete", "cut", "double", "recode"])
    content = st.one_of(st.sampled_from(TOKENS), st.binary(min_size=1, max_size=8))
    return draw(st.lists(st.tuples(kind, st.floats(0, 1), content), min_size=1, max_size=4))


def damaged(data: bytes, steps: list[tuple[str, float, bytes]]) -> bytes:
    for kind, share, content in steps:
        at = int(share * len(data))
        if kind in ("flip", "insert"):
            data = data[:at] + content + data[at + (len(content) if kind == "flip" else 0) :]
        elif kind == "delete":
            data = data[:at] + data[at + content[0] :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "double":  # a line once more
            start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1
            data = data[:end] + data[start:end] + data[end:] if end else data + data[start:]
        else:
            data = data.decode("latin-1").encode("utf-16" if share > 0.5 else "utf-8")
    return data


def survives(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        survey, told = None, ()
        try:
            survey = read_survey(path, instrument=INSTRUMENT)
        except SurveyError as error:
            told = error.failures
    if survey is None:
        assert told and all(failure.rule and failure.remedy for failure in told)
    else:
        right(survey)
    assert time.perf_counter() - start < 10


def right(survey: Survey) -> None:
    values, reasons = survey.items.to_numpy(), survey.reasons.astype(str).to_numpy()
    assert len(survey) > 0 and values.shape == reasons.shape
    assert np.isin(values[np.isfinite(values)], [1, 2, 3, 4, 5]).all()
    assert (np.isfinite(values) == (reasons == "answered")).all()


def run(exports: dict[str, bytes], folder: Path, n: int) -> None:
    @settings(max_examples=n, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(sorted(exports)), damages())
    def cases(name: str, steps: list[tuple[str, float, bytes]]) -> None:
        survives(folder / "a.csv", damaged(exports[name], steps))

    cases()


def test_the_undamaged_exports_are_right(exports: dict[str, bytes], tmp_path: Path) -> None:
    for data in exports.values():
        path = tmp_path / "a.csv"
        path.write_bytes(data)
        right(read_survey(path, instrument=INSTRUMENT))


def test_300_damaged_exports(exports: dict[str, bytes], tmp_path: Path) -> None:
    run(exports, tmp_path, 300)


_LARGE = """
import resource, sys, time, warnings
from pathlib import Path
from hpp_analysis.errors import SurveyError
from hpp_analysis.survey.survey import read_survey
resource.setrlimit(resource.RLIMIT_AS, (int(2.5e9), int(2.5e9)))  # addresses, of which shared libraries take a part
warnings.simplefilter("error")
before, slowest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0.0
for path in sys.argv[2:]:
    start = time.perf_counter()
    try:
        read_survey(path, instrument=sys.argv[1])
    except SurveyError:
        pass
    slowest = max(slowest, time.perf_counter() - start)
print(slowest, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 2**20)
"""


def test_a_damaged_megabyte_takes_seconds_and_little_memory(tmp_path: Path) -> None:
    """Whatever a file of a megabyte holds: at most 10 s and 1 GB."""
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(SMALL), encoding="utf-8")
    header = b"respondent,side,calm1,calm2\n"
    rows = b"".join(b"r%d,client,%d,5\n" % (n, n % 5 + 1) for n in range(70_000))
    whole = header + rows
    files = {
        "whole": whole,
        "text": header + rows.replace(b",5\n", b",soso\n"),
        "quote": header + b'"' + rows,
        "wide": b",".join(b"q%d" % n for n in range(80_000)) + b"\n" + b"," * 79_999,
        "marks": header + b"," * 1_000_000,
        "empty lines": header + b"\n" * 1_000_000,
        "noise": np.random.default_rng(1).bytes(1_000_000),
        "nul": header + bytes(1_000_000),
        "one cell": header + b"x" * 1_000_000,
        "wide characters": whole.decode().encode("utf-16"),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in files]
    done = subprocess.run(
        [sys.executable, "-c", _LARGE, str(tmp_path / "small.yaml"), *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seconds, gigabytes = map(float, done.stdout.split())
    assert seconds < 10
    assert gigabytes < 1


@pytest.mark.slow
def test_10000_damaged_exports(exports: dict[str, bytes], tmp_path: Path) -> None:
    run(exports, tmp_path, 10_000)
