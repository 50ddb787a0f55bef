"""The examples in docs/sources.md run, and its tables tell what there is."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from engine.compute import Compute
from engine.config import Config
from engine.sources import presets, read_sources
from engine.sources.mapping import Column
from tests.engine.sources.reading import Read

DOCS = Path(__file__).parents[3] / "docs" / "sources.md"
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```", re.DOTALL | re.MULTILINE)


def _example(tmp_path: Path, file: str) -> Read:
    """Read the example whose data is in `file`: that block, and the project file that follows it."""
    blocks = [m.groups() for m in _BLOCK.finditer(DOCS.read_text(encoding="utf-8"))]
    at = next(i for i, (_, name, _) in enumerate(blocks) if name == file)
    (tmp_path / file).write_text(blocks[at][2], encoding="utf-8")
    assert blocks[at + 1][1] == "clew.yaml"
    config = Config.model_validate(yaml.safe_load(blocks[at + 1][2]))
    compute = Compute(tmp_path, threads=2)
    return Read(compute, read_sources(compute, config, tmp_path))


def test_the_list_of_people(tmp_path: Path) -> None:
    read = _example(tmp_path, "chats.csv")
    with read.compute:
        assert read.records("key", "name", "city", "seen_at", "x_town") == [
            ("v-1", "Ana Diaz", "Boston", "2026-03-01 10:00", "Boston"),
            ("v-2", "Bo", "Leeds", "2026-03-02 11:30", "Leeds"),
        ]
        assert read.rows("raw_identifiers", "key", "type", "system", "value") == [
            ("v-1", "account", "chat", "v-1"),
            ("v-1", "account", "shopify", "5467112"),
            ("v-1", "email", None, "ana@example.com"),
            ("v-1", "phone", None, "617 555 0123"),
            ("v-2", "account", "chat", "v-2"),
            ("v-2", "phone", None, "+44 7700 900123"),
        ]
        assert read.rows("raw_consents", "key", "channel", "state") == [("v-1", "email", "in"), ("v-2", "email", "out")]


def test_the_list_of_events(tmp_path: Path) -> None:
    read = _example(tmp_path, "reviews.csv")
    with read.compute:
        assert read.rows("raw_events", "key", "kind", "name", "email", "order_key", "value") == [
            ("r1", "review", "Stars given", "ana@example.com", "#1001", "5"),
            ("r2", "review", "Photo sent", "bo@example.com", "#1002", None),
        ]


def test_the_orders(tmp_path: Path) -> None:
    read = _example(tmp_path, "till.csv")
    with read.compute:
        assert read.rows("raw_orders", "key", "total", "currency") == [("900", "25", "EUR"), ("901", "15", "EUR")]
        assert read.rows("raw_order_lines", "key", "line", "item") == [
            ("900", 1, "Bottle"), ("900", 2, "Lamp"), ("901", 1, "Bottle"),
        ]  # fmt: skip
        assert read.values("loyalty") == {"900": {"L7"}, "901": {"L8"}}


def test_the_descriptions_of_columns_are_columns() -> None:
    blocks = [text for _, name, text in (m.groups() for m in _BLOCK.finditer(DOCS.read_text())) if name is None]
    described = next(yaml.safe_load(t) for t in blocks if t.startswith("device:"))
    for column in described.values():
        Column.model_validate(column)
    for text in blocks:
        if text.startswith("sources:"):
            Config.model_validate(yaml.safe_load(text))


def test_every_preset_is_in_the_table() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in listed if name in presets()] == listed[: len(presets())]
    assert set(listed[: len(presets())]) == set(presets())
