"""docs/health.md tells of every check, with its limits, and of every metric."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from engine.config import Config
from engine.limits import WITHOUT_LIMIT, Checks, Limit
from engine.quality.metrics import METRICS

TEXT = (Path(__file__).parents[3] / "docs" / "health.md").read_text(encoding="utf-8")


def test_every_check_is_told_with_its_limits() -> None:
    limits = {name: field for name, field in Checks.model_fields.items() if isinstance(field.default, Limit)}
    for name, field in limits.items():
        assert f"| `{name}` | {field.description} | {field.default.warn:g} | {field.default.fail:g} |" in TEXT
    assert set(Checks.model_fields) == {*limits, "ignore"}
    assert all(f"| `{name}` |" in TEXT for name in WITHOUT_LIMIT)


def test_every_metric_is_told_in_its_order() -> None:
    assert re.findall(r"^\| `(\w+)` \|", TEXT.split("## Metrics")[1], re.MULTILINE) == list(METRICS)


def test_the_example_is_a_project_file() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    sources = [{"name": name, "preset": "contacts"} for name in yaml.safe_load(example)["health"]["sources"]]
    assert Config.model_validate({**yaml.safe_load(example), "sources": sources}).health.of("late", "old_list") is None
