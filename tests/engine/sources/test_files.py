"""Formats, encodings, separators, globs and paths."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import NotFoundError, SourceError
from tests.engine.sources.reading import PEOPLE, people, reading

TEXT = "id,name,email\n1,Zoë Müller,zoe@x.com\n2,Bob,bob@x.com\n"
BOTH = [("1", "Zoë Müller"), ("2", "Bob")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("zipped", [False, True])
def test_every_encoding_plain_and_zipped(tmp_path: Path, encoding: str, zipped: bool) -> None:
    data = TEXT.encode(encoding)
    name = "people.csv.gz" if zipped else "people.csv"
    (tmp_path / name).write_bytes(gzip.compress(data) if zipped else data)
    with reading(tmp_path, people(name)) as read:
        assert read.records("key", "name") == BOTH
        assert read.rows("source_files", "file", "rows", "rejected") == [(name, 2, 0)]


def test_cp1252_is_found_however_late_it_comes(tmp_path: Path) -> None:
    rows = "".join(f"{i},Bob,b{i}@x.com\n" for i in range(60_000))
    (tmp_path / "people.csv").write_bytes(("id,name,email\n" + rows + "x,Zoë,z@x.com\n").encode("cp1252"))
    with reading(tmp_path, people("people.csv")) as read:
        assert read.records("name")[-1] == ("Zoë",)


def test_an_encoding_may_be_given_and_must_be_right(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes("id,name,email\n1,Łukasz,l@x.com\n".encode("cp1250"))
    with reading(tmp_path, people("people.csv", encoding="cp1250")) as read:
        assert read.records("name") == [("Łukasz",)]
    with (
        pytest.raises(SourceError, match=r"people.csv is not ascii text"),
        reading(tmp_path, people("people.csv", encoding="ascii")),
    ):
        pass


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_and_quoted_newlines(tmp_path: Path, separator: str) -> None:
    text = TEXT.replace(",", separator).replace("Bob", f'"Bob{separator} the\nbuilder ""B"""')
    (tmp_path / "people.csv").write_text(text)
    with reading(tmp_path, people("people.csv")) as read:
        assert read.records("key", "name") == [("1", "Zoë Müller"), ("2", f'Bob{separator} the\nbuilder "B"')]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    (tmp_path / "people.csv").write_bytes(TEXT.replace("\n", end).encode())
    with reading(tmp_path, people("people.csv")) as read:
        assert read.records("key", "name") == BOTH


def test_mixed_line_ends(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(TEXT.replace("\n", "\r\n", 1).encode())
    with reading(tmp_path, people("people.csv")) as read:
        assert read.records("key", "name") == BOTH
        assert read.only.rejected == 0


def test_json_lines_arrays_and_parquet(tmp_path: Path) -> None:
    rows = [{"id": 1, "name": "Zoë Müller", "email": "zoe@x.com"}, {"id": 2, "name": "Bob", "email": None}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(r) for r in rows) + "\n\n")
    (tmp_path / "b.json").write_text(json.dumps(rows, indent=1))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "c.parquet")
    for name in ("a.jsonl", "b.json", "c.parquet"):
        with reading(tmp_path, people(name)) as read:
            assert read.records("key", "name") == BOTH
            assert read.values("email") == {"1": {"zoe@x.com"}}


def test_frames_stand_in_for_files(tmp_path: Path) -> None:
    # A blank turns pandas' ids into floating-point numbers; they must still be ids.
    pandas = pd.DataFrame({"id": [2658914958599, None], "name": ["Zoë", 7], "email": ["z@x.com", None]})
    source = people("nowhere.csv", name="crm")
    with reading(tmp_path, source, frames={"crm": pandas}) as read:
        assert read.records("key", "name") == [("2658914958599", "Zoë")]
        assert read.only.rejected == 1
    data = {"id": [1], "name": ["Zoë"], "email": ["z@x.com"]}
    for frame in (pl.DataFrame(data), pa.table(data)):
        with reading(tmp_path, source, frames={"crm": frame}) as read:
            assert read.records("key", "name") == [("1", "Zoë")]
    with pytest.raises(NotFoundError, match="Did you mean 'crm'"), reading(tmp_path, source, frames={"crn": pandas}):
        pass
    with pytest.raises(SourceError, match="a list is not a pandas"), reading(tmp_path, source, frames={"crm": [1]}):
        pass


def test_a_glob_reads_its_files_in_order_and_hashes_each(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "people_1.csv").write_text("id,name,email\n1,Old,a@x.com\n2,Bob,b@x.com\n")
    (tmp_path / "in" / "people_2.csv").write_text("email,id,name\na@x.com,1,New\n")
    with reading(tmp_path, people("in/people_*.csv")) as read:
        assert read.only.source == "people"
        assert read.only.files == 2
        assert read.only.duplicates == 1
        assert sorted(read.records("key", "name")) == [("1", "New"), ("2", "Bob")]
        sha = hashlib.sha256((tmp_path / "in" / "people_1.csv").read_bytes()).hexdigest()
        assert read.rows("source_files", "file", "sha256")[0] == ("in/people_1.csv", sha)


def test_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    (tmp_path / "people [1].csv").write_text(TEXT)
    for path in ("people*.csv", "people [1].csv"):
        with reading(tmp_path, people(path, name="p")) as read:
            assert read.records("key", "name") == BOTH
            assert read.rows("source_files", "file") == [("people [1].csv",)]


def test_paths_outside_the_project_are_shown_relative_to_it(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "people.csv").write_text(TEXT)
    for path in ("../people.csv", str(tmp_path / "people.csv"), str(tmp_path / "peo*.csv")):
        with reading(project, people(path, name="p")) as read:
            assert read.rows("source_files", "file") == [("../people.csv",)]


def test_a_missing_file_is_named_and_so_are_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "peoples.csv").write_text(TEXT)
    with (
        pytest.raises(SourceError, match=r"there is no file people.csv .*peoples.csv"),
        reading(tmp_path, people("people.csv")),
    ):
        pass


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for path in ("in", "i*"):
        with pytest.raises(SourceError, match="in is a folder"), reading(tmp_path, people(path, name="p")):
            pass
    with (
        pytest.raises(SourceError, match=r"Name the files in it: \*\.csv"),
        reading(tmp_path, people("", name="p")),
    ):
        pass


@pytest.mark.parametrize(
    ("path", "said"), [("https://x.com/p.csv", "download it"), ("/dev/null", "a device or a pipe")]
)
def test_what_is_no_file_on_disk_says_so(tmp_path: Path, path: str, said: str) -> None:
    with pytest.raises(SourceError, match=said), reading(tmp_path, people(path, name="p")):
        pass


def test_a_workbook_says_so(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(b"PK\x03\x04 and so on")
    with pytest.raises(SourceError, match="save the sheet as CSV"), reading(tmp_path, people("people.csv")):
        pass


def test_cut_off_files_say_so(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["1"], "name": ["a"], "email": ["b"]}), tmp_path / "p.parquet")
    (tmp_path / "p.parquet").write_bytes((tmp_path / "p.parquet").read_bytes()[:-20])
    with (
        pytest.raises(SourceError, match=r"p.parquet is not a whole Parquet file"),
        reading(tmp_path, people("p.parquet")),
    ):
        pass
    packed = gzip.compress("".join(f"{i},{i * 7919 % 104729},x\n" for i in range(500_000)).encode())
    (tmp_path / "p.csv.gz").write_bytes(gzip.compress(b"id,name,email\n") + packed[:-2000])
    with pytest.raises(SourceError, match=r"p.csv.gz .*can't be read"), reading(tmp_path, people("p.csv.gz")):
        pass


def test_one_source_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(TEXT)
    with reading(tmp_path, people("a.csv"), people("gone.csv"), wanted=["a"]) as read:
        assert [s.source for s in read.summary.sources] == ["a"]
    with pytest.raises(NotFoundError, match="There is no source 'b'"), reading(tmp_path, people("a.csv"), wanted=["b"]):
        pass


def test_a_source_with_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="give it a frame"), reading(tmp_path, {"name": "crm", "map": PEOPLE}):
        pass


def test_gzip_is_known_by_its_bytes_not_its_name(tmp_path: Path) -> None:
    (tmp_path / "packed.csv").write_bytes(gzip.compress(TEXT.encode()))
    (tmp_path / "plain.csv.gz").write_bytes(TEXT.encode())
    for name in ("packed.csv", "plain.csv.gz"):
        with reading(tmp_path, people(name)) as read:
            assert read.records("key", "name") == BOTH
