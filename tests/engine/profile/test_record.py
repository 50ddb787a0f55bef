from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.compute import Compute
from engine.config import Config
from engine.profile.one import open_customer
from engine.profile.record import TABLES, Golden, golden_record
from engine.runs import RunTables
from engine.tables import IDENTIFIERS, MEMBERS, ORDERS, RECORDS, SHARED_VALUES, create_sql
from tests.engine.profile.test_golden import DAY, NOW, config, identifier, record


class Run:
    """Tables of a run that are written when somebody asks."""

    def __init__(self, compute: Compute, folder: Path) -> None:
        self.compute, self.folder = compute, folder
        manifest = {"schema_version": 1, "started": NOW.replace(tzinfo=UTC).isoformat()}
        (folder / "manifest.json").write_text(json.dumps(manifest))
        for table in (RECORDS, IDENTIFIERS, MEMBERS, SHARED_VALUES, ORDERS):
            compute.run(create_sql(table, table.name, ("x_tier",) if table is RECORDS else ()))
        compute.run("CREATE TABLE groups (record_id VARCHAR, group_id BIGINT)")

    def says(self, record_id: str, day: int = 1, **values: Any) -> None:
        record(self.compute, record_id, seen_at=DAY[day], **values)

    def field(self, name: str, settings: Config | None = None) -> Golden:
        for table in (RECORDS, IDENTIFIERS, MEMBERS, SHARED_VALUES, ORDERS):
            self.compute.write_parquet(table.name, self.folder / f"{table.name}.parquet", order_by="1")
        run = RunTables(self.folder)
        with open_customer(run, "C1", *TABLES) as compute:
            found = {field.field: field for field in golden_record(compute, run, settings or config())}
        return found[name]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with Compute(memory_limit="500MB", threads=1) as compute:
        made = Run(compute, tmp_path)
        record(compute, "shop:99", customer=2, name="Somebody Else", birth_date=date(1999, 9, 9))
        yield made


def said(field: Golden) -> list[str]:
    return [value.value for value in (field.value, *field.others)]


def test_an_extra_column_has_rules_of_its_own_by_its_name(run: Run) -> None:
    for source, day, tier in (("shop", 1, "gold"), ("till", 2, "blue")):
        record(run.compute, f"{source}:1", name="Ann Archer", seen_at=DAY[day], x_tier=tier)
    assert run.field("tier").value.value == "gold"
    assert run.field("tier", config(fields={"tier": ["recent"]})).value.value == "blue"


def test_a_value_says_where_it_comes_from(run: Run) -> None:
    run.says("till:1", 5, name="John Doe")
    run.says("crm:1", 3, name="Johnny Doe")
    found = run.field("name")
    assert (found.value.value, found.value.source, found.value.record_id, found.value.at) == (
        "Johnny Doe", "crm", "crm:1", DAY[3],
    )  # fmt: skip
    assert said(found) == ["Johnny Doe", "John Doe"]


def test_the_same_said_twice_is_one_value(run: Run) -> None:
    run.says("shop:1", 1, name="John Doe")
    run.says("crm:1", 2, name="JOHN DOE")
    assert said(run.field("name")) == ["John Doe"]


def test_a_person_has_several_addresses_and_one_is_primary(run: Run) -> None:
    run.says("shop:1")
    run.says("crm:1", 3)
    identifier(run.compute, "crm:1", "email", "j@work.com")
    identifier(run.compute, "shop:1", "email", "john@x.com", display="John@x.com")
    found = run.field("email")
    assert (said(found), found.conflict) == (["John@x.com", "j@work.com"], False)


@pytest.mark.parametrize(
    ("field", "one", "other", "conflict"),
    [
        ("birth_date", date(1980, 1, 2), date(1980, 2, 1), True),
        ("gender", "f", "m", True),
        ("company", "acme", "bolt", True),
        ("x_tier", "gold", "silver", True),
        ("place", "Bonn, DE", "Köln, DE", False),
    ],
)
def test_values_that_contradict_each_other_are_a_conflict(
    run: Run, field: str, one: Any, other: Any, conflict: bool
) -> None:
    run.says("shop:1", **{field: one})
    run.says("crm:1", **{field: other})
    found = run.field(field.removeprefix("x_"))
    assert (len(found.others), found.conflict) == (1, conflict)


@pytest.mark.parametrize(
    ("names", "roots", "conflict"),
    [
        (("Robert Doe", "Bob Doe"), ("robert", "robert"), False),
        (("Ehrentraud Doe", "Ehrenrtaud Doe"), ("ehrentraud", "ehrenrtaud"), False),
        (("Robert Doe", "R. Doe"), ("robert", "r"), False),
        (("Robert Doe", "Mary Doe"), ("robert", "mary"), True),
    ],
    ids=str,
)
def test_names_conflict_where_they_are_two_persons(
    run: Run, names: tuple[str, str], roots: tuple[str, str], conflict: bool
) -> None:
    for source, name, root in zip(("shop", "crm"), names, roots, strict=True):
        run.says(f"{source}:1", name=name, first_root=root)
    assert run.field("name").conflict is conflict


def test_a_whole_address_comes_first_and_is_written_as_people_write(run: Run) -> None:
    street: dict[str, Any] = {"street": "8932 soto rd apt 4", "postcode": "91391", "country": "US", "state": "CA"}
    run.says("shop:1", **{**street, "street": "1 main st"})
    run.says("till:1", 4, **street, city="north amanda")
    assert said(run.field("address")) == ["8932 Soto Rd Apt 4, 91391 North Amanda, CA, US", "1 Main St, 91391, CA, US"]


def test_what_most_records_say_comes_first_where_the_project_asks_for_it(run: Run) -> None:
    run.says("shop:1", gender="m")
    run.says("crm:1", gender="f")
    run.says("till:1", gender="f")
    assert said(run.field("gender", config(fields={"gender": ["frequent", "recent"]}))) == ["f", "m"]


def test_a_field_has_the_rules_that_the_project_gives_it(run: Run) -> None:
    run.says("shop:1", 1, birth_date=date(1980, 1, 1))
    run.says("till:1", 5, birth_date=date(1980, 1, 2))
    recent = config(fields={"birth_date": ["recent"]})
    assert run.field("birth_date", recent).value.value == "1980-01-02"
    assert run.field("birth_date").value.at == datetime(2024, 1, 2)
