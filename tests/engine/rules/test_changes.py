from __future__ import annotations

from typing import Any

from engine.rules import Change, compare, in_force
from tests.engine.rules.test_settings import config


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    return [(c.key, c.before, c.after) for c in compare(before, after)]


def test_nothing_changed() -> None:
    assert compare(in_force(config()), in_force(config())) == ()


def test_settings_by_their_path_in_words() -> None:
    own = {
        "record": {
            "name": {"column": ["Who", "Name"], "join": " "},
            "consents": {"email": {"column": "News", "opted_in": ["yes", "ja"]}},
        }
    }
    before = config({"path": "a.b.csv", "preset": "contacts", "name": "a.b"})
    after = config(
        {"path": "a.b.csv", "preset": "contacts", "name": "a.b", "duplicates": False, "map": own}, regions=["DE", "FR"]
    )
    assert told(in_force(before), in_force(after)) == [
        ("regions", None, "DE, FR"),
        ("sources.a.b.map.record.name", "name or full_name", "Who or Name (join: ' ')"),
        ("sources.a.b.map.record.consents.email.column", None, "News"),
        ("sources.a.b.map.record.consents.email.opted_in", None, "yes, ja"),
        ("sources.a.b.duplicates", "true", "false"),
    ]
    assert compare(in_force(before), in_force(after))[-1].path == ("sources", "a.b", "duplicates")


def test_a_source_that_comes_or_goes_is_one_change() -> None:
    one, two = {"path": "c.csv", "preset": "contacts"}, {"name": "crm", "map": {"record": {"key": "id"}}}
    assert told(in_force(config(one)), in_force(config(one, two))) == [
        ("sources.crm", None, "its own map from a database or frame")
    ]
    (gone,) = compare(in_force(config(two, one)), in_force(config({**two, "priority": 1})))
    assert gone == Change(("sources", "c"), "contacts from c.csv", None)
