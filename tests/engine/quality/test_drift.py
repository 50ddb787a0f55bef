# ruff: noqa: E501 - sentences are kept whole

from __future__ import annotations

from engine.rules import Change
from tests.engine.quality.kept import Column, Kept

NAME: Column = ("shop", "Name", "record.name", (0, 0, 0, 0, 100))
PHONES = (0, 0, 10, 90, 0)
PHONE: Column = ("shop", "Phone", "record.identifiers.phone", PHONES)


def said(kept: Kept) -> list[str]:
    return [f"{f.grade} {f.check}: {f.said}" for f in kept.bad()]


def test_the_same_columns(kept: Kept) -> None:
    for _ in range(2):
        kept.run(columns=[NAME, PHONE])
    found = kept.judge()
    assert found.grade == "ok"
    assert {f.check for f in found.findings} >= {"missing_columns", "new_columns", "repurposed"}


def test_a_mapped_column_that_is_gone_fails_until_the_map_is_changed(kept: Kept) -> None:
    kept.run(columns=[NAME, PHONE, ("shop", "Phone", "record.extras.tel", PHONES)])
    for _ in range(2):
        kept.run(columns=[NAME])
        assert said(kept) == [
            "fail missing_columns: shop: its files no longer have the column Phone, which was read as record.extras.tel, "
            "record.identifiers.phone in run run01. If it has another name now, say so in the source's map"
        ]
    mapped = ("sources", "shop", "map", "record")
    gone = [Change((*mapped, "identifiers", "phone"), "Phone", None), Change((*mapped, "extras", "tel"), "Phone", None)]
    kept.run(columns=[NAME], changes=gone)
    assert said(kept) == []


def test_a_mapped_column_that_never_held_anything_is_a_warning(kept: Kept) -> None:
    kept.run(columns=[NAME, ("shop", "Phone", "record.identifiers.phone", (0, 0, 0, 0, 0))])
    kept.run(columns=[NAME])
    assert kept.grades() == [("warn", "missing_columns")]


def test_columns_that_nothing_reads_come_and_go_with_a_word(kept: Kept) -> None:
    kept.run(columns=[NAME, ("shop", "Hobby", None, None)])
    kept.run(columns=[NAME, ("shop", "Tier", None, None), ("shop", "Phone", "record.identifiers.phone", PHONES)])
    assert said(kept) == [
        "warn missing_columns: shop: columns of its files are gone since run run01: Hobby; the map reads nothing from them",
        "warn new_columns: shop: its files have new columns since run run01: Phone (read as record.identifiers.phone), Tier",
    ]
    kept.run(columns=[NAME, ("shop", "Tier", None, None), PHONE])
    assert said(kept) == []
    assert kept.grades(ignore=["new_columns", "missing_columns"]) == []


def test_a_column_renamed_to_another_name_that_the_map_knows_is_no_failure(kept: Kept) -> None:
    kept.run(columns=[NAME, PHONE])
    kept.run(columns=[NAME, ("shop", "Phone Number", "record.identifiers.phone", PHONES)])
    assert kept.grades() == [("warn", "missing_columns"), ("warn", "new_columns")]


def test_a_phone_column_full_of_e_mails(kept: Kept) -> None:
    kept.run(columns=[NAME, PHONE])
    kept.run(columns=[NAME, ("shop", "Phone", "record.identifiers.phone", (95, 0, 0, 5, 0))])
    assert said(kept) == [
        "fail repurposed: shop: of what is read as record.identifiers.phone (Phone), 100.0 % looked like phone numbers and "
        "5.0 % do now; 95.0 % look like e-mails. See whether the column holds something else now, and map the right one"
    ]
    # It stays one as long as most runs before were otherwise ...
    kept.run(columns=[NAME, ("shop", "Phone", "record.identifiers.phone", (95, 0, 0, 5, 0))])
    assert kept.grades() == [("warn", "repurposed")]
    # ... or until the map says what the column is now.
    change = Change(("sources", "shop", "map", "record", "identifiers", "phone"), "Phone", "Phone or Mobile")
    kept.run(columns=[NAME, ("shop", "Phone", "record.identifiers.phone", (95, 0, 0, 5, 0))], changes=[change])
    assert kept.grades() == []


def test_phone_numbers_without_punctuation_are_still_phone_numbers(kept: Kept) -> None:
    kept.run(columns=[NAME, PHONE])
    kept.run(columns=[NAME, ("shop", "Phone", "record.identifiers.phone", (0, 0, 100, 0, 0))])
    assert kept.grades() == []


def test_few_texts_tell_nothing(kept: Kept) -> None:
    kept.run(columns=[("shop", "Phone", "record.identifiers.phone", (0, 0, 0, 5, 0))])
    kept.run(columns=[("shop", "Phone", "record.identifiers.phone", (5, 0, 0, 0, 0))])
    assert kept.grades() == []
