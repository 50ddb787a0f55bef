from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.config import Config
from engine.errors import ClewError
from engine.rules import in_force, read_settings, write_settings
from engine.runs import RunTables


def config(*sources: dict[str, Any], **settings: Any) -> Config:
    return Config.model_validate({"sources": sources or [{"path": "c.csv", "preset": "contacts"}], **settings})


def test_what_is_kept_has_all_defaults_and_the_whole_map_of_a_preset(tmp_path: Path) -> None:
    own = {"record": {"key": "Nr", "identifiers": [{"type": "email", "column": {"column": "A", "split": ";"}}]}}
    digest = write_settings(tmp_path, config({"path": "crm.csv", "preset": "hubspot_contacts", "map": own}), "m1")
    assert len(digest) == 64
    kept = read_settings(RunTables(tmp_path))
    assert kept is not None
    assert kept["model"] == "m1"
    assert kept["consent"]["precedence"] == "restrictive"
    assert kept["identifiers"]["loyalty"]["trust"] == "unique"
    source = kept["sources"]["crm"]
    assert (source["priority"], source["mode"]) == (1, "snapshot")
    record = source["map"]["record"]
    assert record["key"] == {"column": ["Nr"]}
    assert record["identifiers"]["email"] == {"column": ["A"], "split": ";"}
    assert record["identifiers"]["phone 2"] == {"column": ["Mobile Phone Number"]}
    assert record["claims"]["revenue"] == {"column": ["Total Revenue"]}
    assert {"purchases", "buyers"} <= kept["measures"].keys()


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("postgresql://${U}:${P}@db/crm", "postgresql://${U}:${P}@db/crm"),
        ("postgresql://ann:se:cr@t@db/crm?x=1", "postgresql://ann:***@db/crm?x=1"),
        ("postgresql://ann@db/crm", "postgresql://ann@db/crm"),
        ("mysql://db/crm?user=a&password=secret&ssl=1", "mysql://db/crm?user=a&password=***&ssl=1"),
        ("sqlite:///crm.db", "sqlite:///crm.db"),
    ],
)
def test_no_password_is_kept(url: str, kept: str) -> None:
    source = {"name": "crm", "database": {"url": url, "table": "t"}, "preset": "contacts"}
    assert in_force(config(source))["sources"]["crm"]["database"]["url"] == kept


def test_rates_are_known_by_currency_and_day() -> None:
    rates = [{"currency": "EUR", "rate": 1.1}, {"currency": "EUR", "rate": 1.2, "since": "2026-01-01"}]
    assert in_force(config(rates=rates))["rates"] == {"EUR": 1.1, "EUR since 2026-01-01": 1.2}


def test_a_run_without_settings_and_one_with_damaged_ones(tmp_path: Path) -> None:
    assert read_settings(RunTables(tmp_path)) is None
    (tmp_path / "settings.json").write_text(json.dumps({})[:-1])
    with pytest.raises(ClewError, match="the run is damaged"):
        read_settings(RunTables(tmp_path))
