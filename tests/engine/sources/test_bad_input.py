"""Rows and files that can't be read: set aside with their place and reason, or a clear sentence; nothing in silence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import ConfigError, SourceError
from tests.engine.sources.reading import people, reading

HEADER = "id,name,email\n"


def _rejects(tmp_path: Path, text: str, name: str = "people.csv") -> tuple[list[str], list[tuple[int, str]]]:
    """The keys that were read, and line and reason of the rows that weren't."""
    (tmp_path / name).write_text(text)
    with reading(tmp_path, people(name)) as read:
        rejects = read.rows("rejects", "source", "file", "line", "reason", order="line")
        assert {(source, file) for source, file, _, _ in rejects} <= {("people", name)}
        assert read.only.rejected == len(rejects)
        ((rows, rejected),) = read.rows("source_files", "rows", "rejected")
        assert (rows + rejected, rejected) == (read.only.rows, len(rejects))
        return [key for (key,) in read.records("key")], [(line, reason) for _, _, line, reason in rejects]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2,Bob", "2 columns, but the header has 3"),
        ("2,Bob,b@x.com,what,ever", "5 columns, but the header has 3"),
        ('2,"Bob" the builder,b@x.com', "a quotation mark that doesn't close"),
        ('2,"Bob,b@x.com', "a quotation mark that doesn't close"),
        ("   ", None),
    ],
)
def test_a_bad_row_costs_only_itself(tmp_path: Path, line: str, why: str | None) -> None:
    keys, rejects = _rejects(tmp_path, f'{HEADER}1,"Ann\nAnn",a@x.com\n{line}\n3,"Cy, the 3rd",c@x.com\n4,Di,d@x.com\n')
    assert keys == ["1", "3", "4"]
    assert [number for number, _ in rejects] == ([4] if why else [])
    assert all(reason.startswith(str(why)) for _, reason in rejects)


def test_two_stray_quotes_do_not_swallow_what_is_between(tmp_path: Path) -> None:
    rows = "".join(f"{i},Bob,b{i}@x.com\n" for i in range(10, 60))
    keys, rejects = _rejects(tmp_path, f'{HEADER}1,"Ann,a@x.com\n{rows}2,"Cy,c@x.com\n3,Di,d@x.com\n')
    assert keys == [*(str(i) for i in range(10, 60)), "3"]
    assert [line for line, _ in rejects] == [2, 53]


def test_a_quote_inside_a_plain_cell_is_a_quote(tmp_path: Path) -> None:
    assert _rejects(tmp_path, f'{HEADER}1,12" pipe,a@x.com\n') == (["1"], [])


def test_separators_at_the_end_are_no_columns(tmp_path: Path) -> None:
    assert _rejects(tmp_path, f"{HEADER}1,Ann,a@x.com,\n2,Bob\n3,Cy,c@x.com\n")[0] == ["1", "3"]


def test_a_row_without_a_key_is_rejected_with_its_line(tmp_path: Path) -> None:
    keys, rejects = _rejects(tmp_path, f'{HEADER}1,"Ann\nAnn",a@x.com\n\n ,Bob,b@x.com\n3,Cy,c@x.com\n')
    assert keys == ["1", "3"]
    assert rejects == [(5, "nothing in id, the key")]


def test_ids_that_a_spreadsheet_has_rounded_are_no_keys(tmp_path: Path) -> None:
    ids = ("7.06445E+12", "7,06445e+12", "7E+12", "1E5", "7.5", "1.5E", "7064450000000", "a+7E+12")
    keys, rejects = _rejects(tmp_path, HEADER + "".join(f'"{key}",Ann,a@x.com\n' for key in ids))
    assert keys == list(ids[3:])
    reason = "the key was rounded by a spreadsheet: export it again"
    assert rejects == [(2, reason), (3, reason), (4, reason)]


def test_a_record_goes_without_an_account_that_a_spreadsheet_has_rounded(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,shop,phone\n1,7.06445E+12,1.6175550123E+10\n2,706,\n")
    identifiers = [{"type": "account", "system": "shop", "column": "shop"}, {"type": "phone", "column": "phone"}]
    source = {"path": "people.csv", "map": {"record": {"key": "id", "identifiers": identifiers}}}
    with reading(tmp_path, source) as read:
        assert read.records("key") == [("1",), ("2",)]
        assert read.values("account") == {"2": {"706"}}
        assert read.values("phone") == {"1": {"1.6175550123E+10"}}
        assert read.only.warnings == ("1 id was rounded by a spreadsheet (shop) and not taken: export it again",)


def test_orders_and_events_with_rounded_ids(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Name,Id,Email\n#1,5.1E+12,a@x.com\n#2,5.1E+12,b@x.com\n#3,52,c@x.com\n")
    (tmp_path / "events.csv").write_text("id,user,at\n5.1E+12,7.1E+12,2026-01-02\n5.1E+12,7,2026-01-02\n")
    order = {"group": "Name", "record": {"kind": "order", "key": "Id"}, "order": {"number": "Name"}}
    event = {"key": "id", "kind": "view", "at": "at", "accounts": [{"system": "shop", "column": "user"}]}
    with reading(
        tmp_path, {"path": "orders.csv", "map": order}, {"path": "events.csv", "map": {"event": event}}
    ) as read:
        assert read.records("key") == [("52",)]
        assert read.rows("rejects", "line", "reason", order="line") == [
            (line, "the key was rounded by a spreadsheet: export it again") for line in (2, 3)
        ]
        assert sorted(account or "" for (account,) in read.rows("raw_events", "account")) == ["", "7"]


def test_keyless_rows_have_their_own_lines_beside_broken_ones(tmp_path: Path) -> None:
    keys, rejects = _rejects(tmp_path, f"{HEADER}1,Ann\n,Bob,b@x.com\n3,Cy,c@x.com\n")
    assert keys == ["3"]
    assert [line for line, _ in rejects] == [2, 3]


def test_a_huge_cell_is_rejected_and_the_limit_is_said(tmp_path: Path) -> None:
    keys, rejects = _rejects(tmp_path, f"{HEADER}1,{'x' * 10_000_000},a@x.com\n2,Bob,b@x.com\n")
    assert keys == ["2"]
    assert rejects == [(2, "a row of more than 2 MB")]
    keys, rejects = _rejects(tmp_path, f'{HEADER}1,"{"x" * 10_000_000}",a@x.com\n2,Bob,b@x.com\n')
    assert (keys, rejects) == (["2"], [(2, "a row of more than 2 MB")])
    assert _rejects(tmp_path, f"{HEADER}1,{'x' * 1_500_000},a@x.com\n") == (["1"], [])


def test_bad_json_lines(tmp_path: Path) -> None:
    good = json.dumps({"id": 1, "name": "Ann", "email": None})
    text = f'{good}\n{{"id": 2,\n\n[3]\n"4"\n{{"id": 5, "id": 5, "name": "Eve"}}\n{{"name": "nobody"}}\n'
    keys, rejects = _rejects(tmp_path, text, "people.jsonl")
    assert keys == ["1", "5"]
    assert [line for line, _ in rejects] == [2, 4, 5, 7]
    assert rejects[0][1].startswith("not JSON")
    assert rejects[1][1] == "not a JSON object in {curly brackets}"
    assert rejects[3][1] == "nothing in id, the key"


def test_an_array_that_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('[{"id": 1, "name": "A", "email": "a"}, {"id": 2')
    with pytest.raises(SourceError, match=r"p.json is not whole JSON"), reading(tmp_path, people("p.json")):
        pass


@pytest.mark.parametrize("text", ["", "\n\n", HEADER, HEADER.strip()])
def test_an_empty_file_warns_and_the_rest_runs(tmp_path: Path, text: str) -> None:
    (tmp_path / "empty.csv").write_text(text)
    (tmp_path / "people.csv").write_text(f"{HEADER}1,Ann,a@x.com\n")
    with reading(tmp_path, people("empty.csv"), people("people.csv")) as read:
        assert read.records("key") == [("1",)]
        (warning,) = read.warnings
        assert warning.startswith("empty: empty.csv ")


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name,e-mail address\n1,Ann,a@x.com\n")
    nearest = r"people.csv has no column 'email'. The nearest is 'e-mail address'"
    with pytest.raises(SourceError, match=nearest), reading(tmp_path, people("people.csv")):
        pass


def test_the_nearest_column_is_the_likest_of_all_names_it_may_have(tmp_path: Path) -> None:
    (tmp_path / "sms.csv").write_text("id,mobile_no,name,consent,consent_at\n1,+12125550123,Ann,opted_in,2025-01-02\n")
    source = {"path": "sms.csv", "preset": "sms_subscribers"}
    with pytest.raises(SourceError, match="The nearest is 'mobile_no'"), reading(tmp_path, source):
        pass


def test_case_and_spaces_in_a_column_name_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("ID,Name,E-Mail\n1,Ann,a@x.com\n")
    with reading(tmp_path, people("people.csv")) as read:
        assert read.values("email") == {"1": {"a@x.com"}}


def test_of_rows_with_one_key_the_one_seen_last_wins_then_the_one_read_last(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        "id,name,email,seen\n"
        "1,New,n@x.com,2026-05-16 01:52:18 -0500\n"
        "1,Old,o@x.com,2026-05-16 02:52:18 -0400\n"  # the same moment: read later
        "1,Older,p@x.com,2026-05-16 01:52:18 +0000\n"
        "2,First,f@x.com,\n"
        "2,Second,s@x.com,\n"
    )
    source = people("people.csv")
    source["map"] = {"record": {**source["map"]["record"], "seen_at": "seen"}}
    with reading(tmp_path, source) as read:
        assert sorted(read.records("key", "name")) == [("1", "Old"), ("2", "Second")]
        assert read.values("email") == {"1": {"o@x.com"}, "2": {"s@x.com"}}
        assert read.only.duplicates == 3
        assert read.warnings == ("people: 3 records were left out, as later ones have the same key (id)",)


def test_rows_that_could_not_be_read_are_told_of_by_reason(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f'{HEADER}1,Ann,a@x.com\n2,B\n3,"C,c@x.com\n4,D\n5\n6,E,e,e\n7,F,f,f,f\n')
    with reading(tmp_path, people("people.csv")) as read:
        assert read.warnings == (
            "people: 6 of 7 rows could not be read; people.csv, line 3 and 1 more: 2 columns, but the header has 3; "
            "people.csv, line 4: a quotation mark that doesn't close, or stands in the middle of a quoted cell; "
            "people.csv, line 6: 1 column, but the header has 3; ...",
        )


def test_a_phone_column_full_of_emails_is_doubted(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,Mobile\n1,a@x.com\n2,617 555 0123\n3,b@x.com\n4,\n")
    with reading(tmp_path, {"path": "people.csv", "preset": "contacts"}) as read:
        (warning,) = read.warnings
    assert warning == (
        "people: 2 of 3 phone numbers are e-mail addresses, and are taken as such: is Mobile the right column?"
    )


def test_maps_that_are_not_whole(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(f"{HEADER}1,Ann,a@x.com\n")
    for map_, message in (
        ({}, "needs a record or an event"),
        ({"record": {"name": "name"}}, "needs record.key"),
        ({"event": {"at": "id"}}, "needs event.kind"),
        ({"event": {"kind": "view"}, "order": {"total": "id"}}, "needs a record beside the order"),
    ):
        with pytest.raises(ConfigError, match=message), reading(tmp_path, {"path": "people.csv", "map": map_}):
            pass
    source = {"path": "people.csv", "preset": "shopify_order"}
    with pytest.raises(ConfigError, match="Did you mean 'shopify_orders'"), reading(tmp_path, source):
        pass
