from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pa_parquet
import pytest

from engine.compute import Compute
from engine.errors import SourceError
from engine.evaluate import read_truth

ROWS = [("crm", "007", "ann"), ("crm", "7", "bob")]


@pytest.fixture
def compute() -> Iterator[Compute]:
    with Compute(threads=1) as compute:
        yield compute


def loaded(compute: Compute) -> list[tuple[str, str, str]]:
    return compute.rows("SELECT source, key, person FROM truth ORDER BY ALL")


@pytest.mark.parametrize("header", ["source,key,person", "\ufeffsource,key,person", "Source, key ,PERSON"])
def test_csv_keeps_keys_as_text(compute: Compute, tmp_path: Path, header: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_text(f"{header}\ncrm,007,ann\ncrm,7,bob\n", encoding="utf-8")
    assert read_truth(compute, path) == 2
    assert loaded(compute) == ROWS


def test_gzip_quotes_and_further_columns(compute: Compute, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv.gz"
    path.write_bytes(gzip.compress(b'note,person,key,source\nx,"p\n1","a,b",crm\n'))
    read_truth(compute, path)
    assert loaded(compute) == [("crm", "a,b", "p\n1")]


def test_parquet_of_numbers(compute: Compute, tmp_path: Path) -> None:
    path = tmp_path / "truth.parquet"
    pa_parquet.write_table(pa.table({"source": ["crm"], "key": [12], "person": [5]}), path)
    read_truth(compute, path)
    assert loaded(compute) == [("crm", "12", "5")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"source,key,person\n", "no rows below the header"),
        (b"source;key;person\ncrm;1;a\n", "no column source, key, person; .* this one has source;key;person"),
        (b"source,key,customer_id\ncrm,1,a\n", "no column person"),
        (b"source,key,person\ncrm,1,a\ncrm,1,b\n", r"crm,1 \(2 times\)"),
        (b"source,key,person\ncrm,1,\n", "1 rows lack a source, a key or a person"),
        (b"source,key,person\ncrm,1\n", "can't be read"),
        (b"source,key,person\ncrm,\xff\xfe,a\n", "can't be read"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(compute: Compute, tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "truth.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=f"truth.csv: .*{said}"):
        read_truth(compute, path)


def test_a_missing_file_a_folder_and_a_broken_parquet_are_refused(compute: Compute, tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(SourceError, match="no such file"):
            read_truth(compute, path)
    broken = tmp_path / "truth.parquet"
    broken.write_bytes(b"PAR1 and no more")
    with pytest.raises(SourceError, match="can't be read"):
        read_truth(compute, broken)


def test_nested_columns_are_refused(compute: Compute, tmp_path: Path) -> None:
    path = tmp_path / "truth.parquet"
    pa_parquet.write_table(pa.table({"source": ["crm"], "key": [["1"]], "person": ["a"]}), path)
    with pytest.raises(SourceError, match="must be text or numbers"):
        read_truth(compute, path)
