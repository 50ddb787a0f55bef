"""docs/profile.md is right: its settings are taken, and its tables name what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from engine.cluster.devices import BEFORE, DAYS, VISIT
from engine.config import GOLDEN, Config, Precedence, Rule

TEXT = (Path(__file__).parents[3] / "docs" / "profile.md").read_text(encoding="utf-8")
SOURCES = {"sources": [{"path": "a.csv", "preset": "contacts"}]}


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
def test_its_settings_are_taken(block: str) -> None:
    assert Config.model_validate({**SOURCES, **yaml.safe_load(block)}) != Config.model_validate(SOURCES)


def test_its_tables_name_every_rule_and_precedence() -> None:
    named = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    assert named >= {*get_args(Rule), *get_args(Precedence)}
    assert all(f"`{field}`" in TEXT for field in GOLDEN)


def test_its_times_of_devices_are_those_of_the_code() -> None:
    assert f"from {BEFORE.days} days before the first tie" in TEXT
    assert f"({VISIT.seconds // 60} minutes)" in TEXT
    assert DAYS == 3
    assert "each customer on three days or more" in TEXT
