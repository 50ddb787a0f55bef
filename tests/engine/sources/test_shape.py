from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from engine.sources.shape import LOOKED_AT
from tests.engine.sources.reading import Read, reading

MAP = {
    "record": {
        "key": "id",
        "name": ["name", "full name"],
        "identifiers": [
            {"type": "email", "column": "mail"},
            {"type": "account", "system": "crm", "column": "id"},
            {"type": "email", "column": {"column": "other mail", "optional": True}},
        ],
    }
}
KINDS = ("emails", "dates", "numbers", "phones", "texts")


def of(read: Read, column: str) -> dict[str, int | None]:
    """What was counted of a column."""
    rows = read.compute.rows(f'SELECT filled, {", ".join(KINDS)} FROM source_columns WHERE "column" = ?', [column])
    return dict(zip(("filled", *KINDS), rows[0], strict=True))


def test_every_column_is_there_with_all_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,mail,name,full name,hobby\n1,a@x.com,Ann,,chess\n")
    (tmp_path / "b.csv").write_text("id,mail,name,other mail\n2,b@x.com,Bob,c@x.com\n")
    with reading(tmp_path, {"name": "people", "path": "?.csv", "map": MAP}) as read:
        assert read.rows("source_columns", "column", "place", "rows") == [
            ("full name", "record.name", 2), ("hobby", None, 2), ("id", "record.identifiers.account crm", 2),
            ("id", "record.key", 2), ("mail", "record.identifiers.email", 2), ("name", "record.name", 2),
            ("other mail", "record.identifiers.email 2", 2),
        ]  # fmt: skip
        assert set(of(read, "hobby").values()) == {None}
        assert of(read, "other mail") == {"filled": 1, "emails": 1, "dates": 0, "numbers": 0, "phones": 0, "texts": 0}


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("emails", ("ann@x.com", "Ann.Archer+news@mail.example.com")),
        ("dates", ("2026-01-02", "2026-01-02T03:04:05Z", "1/2/2026 10:00", "02.01.26", "2026-01-02 03:04")),
        ("numbers", ("7", "-12.50", "1.234,50", "5551234567")),
        ("phones", ("+15551234567", "(555) 123-4567", "0151 2345678", "+44 7700 900123")),
        ("texts", ("Ann", "ann@", "1 Main St", "12 34", "yes")),
    ],
)
def test_what_texts_look_like(tmp_path: Path, kind: str, texts: tuple[str, ...]) -> None:
    frame = pa.table({"id": [str(n) for n in range(len(texts))], "mail": list(texts), "name": ["Ann"] * len(texts)})
    with reading(tmp_path, {"name": "people", "map": MAP}, frames={"people": frame}) as read:
        found = of(read, "mail")
    assert found == {**dict.fromkeys(KINDS, 0), "filled": len(texts), kind: len(texts)}


def test_of_many_rows_some_are_looked_at_from_the_first_to_the_last(tmp_path: Path) -> None:
    size = 3 * LOOKED_AT
    mails = ["a@x.com"] * (size // 2) + ["5551234567"] * (size // 2)
    frame = pa.table({"id": [str(n) for n in range(size)], "mail": mails, "name": ["Ann"] * size})
    with reading(tmp_path, {"name": "people", "map": MAP}, frames={"people": frame}) as read:
        found = of(read, "mail")
    assert (found["filled"], found["emails"], found["numbers"]) == (size, LOOKED_AT // 2, LOOKED_AT // 2)
