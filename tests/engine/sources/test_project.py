"""`clew init`: a folder of exports becomes a project file that runs as it is."""

from __future__ import annotations

import gzip
import io
import sqlite3
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
import yaml

from engine.compute import Compute
from engine.config import Config
from engine.errors import ConfigError, SourceError
from engine.sources import read_sources, write_project
from engine.sources.guess import currency_of, regions_of, zone_of

CUSTOMERS = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Created At\n"
    + "".join(
        f"{i},Ana,Diaz,a{i}@x.com,yes,DE,2026-0{1 + i % 9}-03 10:00:00 +0{2 if 1 + i % 9 >= 4 else 1}00\n"
        for i in range(40)
    )
)
CHECKOUTS = (
    "Id,Email,Total,Currency,Created at,Recovery State\n1,a1@x.com,5,EUR,2026-01-02 03:04:05 +0100,Not Recovered\n"
)
GA4 = '{"event_name": "page_view", "event_timestamp": 1, "event_params": [], "user_pseudo_id": "1", "user_id": "7"}\n'


def _project(path: Path) -> Config:
    return Config.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def test_it_runs_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "kunden.csv").write_text(CUSTOMERS)
    (tmp_path / "korb: 1.csv").write_text(CHECKOUTS)
    (tmp_path / "web.jsonl").write_text(GA4)
    for name in ("truth.csv", "truth_events.csv"):
        (tmp_path / name).write_text('source,key,person\n1,2,"3\n')
    (tmp_path / "prices.csv").write_text("sku,price\nA,1\n")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 broken")
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "read me.md").write_text("x")
    target = write_project(tmp_path, 'Läden & Co: "1"')
    config = _project(target)
    assert (config.name, config.region, config.currency, config.time_zone) == (
        'Läden & Co: "1"',
        "DE",
        "EUR",
        "Europe/Berlin",
    )
    assert [(s.path, s.preset, s.mode) for s in config.sources] == [
        ("kunden.csv", "shopify_customers", "snapshot"),
        ("korb: 1.csv", "shopify_checkouts", "snapshot"),
        ("web.jsonl", "ga4_events", "append"),
    ]
    text = target.read_text(encoding="utf-8")
    assert "# truth.csv and truth_events.csv say who is who. `clew evaluate --truth` judges by one" in text
    assert "# that names records; with one that names events, compare what `clew export events` writes." in text
    assert "# prices.csv is not an export that Clew knows. Its columns: sku, price" in text
    assert "# empty.csv is empty: export it again" in text
    assert "# broken.parquet is not a whole Parquet file" in text
    assert caplog.messages == [f"Left out, for reasons that {target} gives: prices.csv, broken.parquet, empty.csv."]
    with Compute(tmp_path, threads=2) as compute:
        summary = read_sources(compute, config, tmp_path)
        assert [s.rows for s in summary.sources] == [40, 1, 1]


def _database(path: Path, tables: dict[str, str]) -> None:
    with closing(sqlite3.connect(path)) as database:
        for name, text in tables.items():
            pd.read_csv(io.StringIO(text), dtype=str).to_sql(name, database, index=False)


def test_tables_of_sqlite_files_are_recognised(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    _database(tmp_path / "shop.db", {"customers": CUSTOMERS, 'carts.2026 "x"': CHECKOUTS, "prices": "sku,price\nA,1\n"})
    (tmp_path / "Thumbs.db").write_bytes(b"of another program")
    (tmp_path / "broken.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 2000)
    target = write_project(tmp_path, "shop")
    config = _project(target)
    assert (config.region, config.currency) == ("DE", "EUR")
    assert [(s.title, s.preset) for s in config.sources] == [
        ("customers", "shopify_customers"),
        ("carts", "shopify_checkouts"),
    ]
    with Compute(tmp_path, threads=2) as compute:
        summary = read_sources(compute, config, tmp_path)
        assert [s.rows for s in summary.sources] == [40, 1]
    text = target.read_text(encoding="utf-8")
    assert "# table prices of shop.db is not an export that Clew knows. Its columns: sku, price" in text
    assert '# - database: {"url": "sqlite:///shop.db", "table": "prices"}' in text
    assert "# broken.sqlite can't be read: " in text
    assert caplog.messages == [f"Left out, for reasons that {target} gives: table prices of shop.db, broken.sqlite."]


def test_a_database_without_a_known_table_is_named(tmp_path: Path) -> None:
    _database(tmp_path / "shop.db", {"prices": "sku,price\nA,1\n"})
    with pytest.raises(SourceError, match=r"There is: table prices of shop\.db"):
        write_project(tmp_path)


def test_it_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text(CUSTOMERS)
    (tmp_path / "clew.yaml").write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        write_project(tmp_path)
    assert (tmp_path / "clew.yaml").read_text() == "mine"


def test_a_folder_without_a_known_file_says_what_it_found_and_what_it_knows(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError,
        match=r"There is: no CSV, JSON or Parquet file and no SQLite database. Clew knows: shopify_customers, ",
    ):
        write_project(tmp_path)
    (tmp_path / "products.csv").write_text("sku,price\nA,1\n")
    with pytest.raises(SourceError, match=r"There is: products.csv"):
        write_project(tmp_path)
    assert not (tmp_path / "clew.yaml").exists()
    with pytest.raises(ConfigError, match="is not a folder"):
        write_project(tmp_path / "nowhere")


def test_another_shop_gives_its_name_to_the_web_events_users(tmp_path: Path) -> None:
    (tmp_path / "web.jsonl").write_text(GA4)
    (tmp_path / "people.csv").write_text(
        "Name,Username,Last Active,Date Registered,Email,AOV\nAna,ana,2026-01-01,2025-01-01,a@x.com,5\n"
    )
    config = _project(write_project(tmp_path))
    with Compute(tmp_path, threads=2) as compute:
        read_sources(compute, config, tmp_path)
        assert compute.rows("SELECT system, account FROM raw_events") == [("woocommerce", "7")]


def test_two_files_of_one_stem_have_two_names(tmp_path: Path) -> None:
    for name in ("kunden.csv", "kunden.alt.csv"):
        (tmp_path / name).write_text(CUSTOMERS)
    assert sorted(s.title for s in _project(write_project(tmp_path)).sources) == ["kunden", "kunden 2"]


def test_files_that_differ_in_a_number_alone_are_one_source(tmp_path: Path) -> None:
    for name in (
        "ga4_2026-01-01.jsonl",
        "ga4_2026-01-02.jsonl",
        "web20260101.jsonl",
        "web20260102.jsonl",
        "7.jsonl",
        "08.jsonl",
    ):
        (tmp_path / name).write_text(GA4)
    for name in ("orders 1.csv", "orders 2.csv", "shop 1.csv"):
        (tmp_path / name).write_text(CUSTOMERS)
    (tmp_path / "orders 3.csv").write_text(CHECKOUTS)
    config = _project(write_project(tmp_path))
    assert {(s.path, s.title) for s in config.sources} == {
        ("ga4_*.jsonl", "ga4"),
        ("web*.jsonl", "web"),
        ("7.jsonl", "7"),
        ("08.jsonl", "08"),
        # A pattern would take in the checkouts.
        ("orders 1.csv", "orders 1"),
        ("orders 2.csv", "orders 2"),
        ("orders 3.csv", "orders 3"),
        ("shop 1.csv", "shop 1"),
    }
    with Compute(tmp_path, threads=2) as compute:
        summary = read_sources(compute, config, tmp_path)
    assert next(s.files for s in summary.sources if s.source == "ga4") == 2


@pytest.mark.parametrize(
    ("files", "paths"),
    [
        (("events_20260102.json", "events_20260103.json.gz"), ["events_*.json*"]),
        (("events_20260102.json.gz", "events_20260103.json.gz"), ["events_*.json.gz"]),
        (("web.jsonl", "web.jsonl.gz"), ["web.jsonl", "web.jsonl.gz"]),
    ],
)
def test_packed_files_are_parts_of_the_same_source(tmp_path: Path, files: tuple[str, ...], paths: list[str]) -> None:
    for name in files:
        (tmp_path / name).write_bytes(gzip.compress(GA4.encode()) if name.endswith(".gz") else GA4.encode())
    config = _project(write_project(tmp_path))
    assert [source.path for source in config.sources] == paths
    with Compute(tmp_path) as compute:
        assert sum(source.files for source in read_sources(compute, config, tmp_path).sources) == 2


def test_files_called_by_numbers_alone_are_called_by_what_they_are(tmp_path: Path) -> None:
    for name in ("000000000000.jsonl", "000000000001.jsonl"):
        (tmp_path / name).write_text(GA4)
    assert [(s.path, s.title) for s in _project(write_project(tmp_path)).sources] == [("*.jsonl", "ga4_events")]


def test_guesses() -> None:
    from collections import Counter

    assert regions_of(Counter({"Germany": 2, "de": 2, "US": 3, "Narnia": 9})) == ["DE", "US"]
    assert regions_of(Counter({"US": 980, "DE": 11, "FR": 9})) == ["US", "DE"]
    assert regions_of(Counter()) == ["US"]
    assert currency_of(Counter({"eur": 2, "USD": 1, "": 9, "ABC": 9}), "US") == "EUR"
    assert currency_of(Counter(), "GB") == "GBP"
    assert (
        zone_of("US", ["2026-01-05 10:00:00 -0800", "2026-07-05T10:00:00-07:00", "2026-01-01", "nonsense -0800"])
        == "America/Los_Angeles"
    )
    assert zone_of("AQ", []) == "UTC"
    for region in ("US", "DE", "GB", "AU"):
        ZoneInfo(zone_of(region, []))


def test_of_a_folder_of_empty_files_it_says_that_they_are_empty(tmp_path: Path) -> None:
    (tmp_path / "shop.csv").write_text("Customer ID,First Name,Last Name,Email,Accepts Email Marketing\n")
    with pytest.raises(SourceError, match=r"There is: shop\.csv is empty: export it again\."):
        write_project(tmp_path)


PEOPLE = "ID,Full Name,E-mail,Mobile\n1,Ana Diaz,ana@x.com,617 555 0123\n"


def test_a_folder_of_plain_lists_of_people_is_read_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "sales.csv").write_text("id,name,email,amount\n1,Ana,ana@x.com,5\n")
    config = _project(target := write_project(tmp_path))
    assert [(s.path, s.preset, s.mode) for s in config.sources] == [("people.csv", "contacts", "snapshot")]
    with Compute(tmp_path) as compute:
        read_sources(compute, config, tmp_path)
        assert compute.rows("SELECT key, name FROM raw_records") == [("1", "Ana Diaz")]
    assert '  # - path: "sales.csv"\n  #   preset: contacts   # or events\n  #   map: ' in target.read_text()


@pytest.mark.parametrize(
    ("held", "read"),
    [
        ("E-mail\nana@x.com\nbo@x.com\n", [("ana@x.com", None), ("bo@x.com", None)]),
        ("email,name\nana@x.com,Ana Diaz\n", [("ana@x.com", "Ana Diaz")]),
    ],
)
def test_in_a_list_without_ids_the_e_mail_is_the_records_id(
    tmp_path: Path, held: str, read: list[tuple[str, str | None]]
) -> None:
    (tmp_path / "newsletter.csv").write_text(held)
    config = _project(write_project(tmp_path))
    with Compute(tmp_path) as compute:
        read_sources(compute, config, tmp_path)
        assert compute.rows("SELECT key, name FROM raw_records ORDER BY key") == read


def test_a_list_that_begins_with_somebody_wants_a_line_of_names(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("ana@x.com\nbo@x.com\n")
    with pytest.raises(
        SourceError, match=r"There is: list\.csv names no columns: write a line above .*`email`\. "
    ) as told:
        write_project(tmp_path)
    assert "ana" not in str(told.value)


def test_e_mails_beside_columns_that_say_nothing_of_people_are_no_list_of_them(tmp_path: Path) -> None:
    (tmp_path / "invoices.csv").write_text("invoice,email,status\n1,ana@x.com,paid\n")
    with pytest.raises(SourceError, match=r"There is: invoices\.csv\."):
        write_project(tmp_path)


def test_beside_known_exports_a_list_of_people_may_be_of_anybody(tmp_path: Path) -> None:
    (tmp_path / "kunden.csv").write_text(CUSTOMERS)
    (tmp_path / "staff.csv").write_text(PEOPLE)
    target = write_project(tmp_path)
    assert [s.path for s in _project(target).sources] == ["kunden.csv"]
    offered = '  # If it is a list of customers, take the # away:\n  # - path: "staff.csv"\n  #   preset: contacts\n'
    text = target.read_text(encoding="utf-8")
    assert text.endswith(offered)
    target.write_text(text.replace("# - path", "- path").replace("#   preset: contacts", "  preset: contacts"))
    assert [s.path for s in _project(target).sources] == ["kunden.csv", "staff.csv"]
