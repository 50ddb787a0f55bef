"""What differs between the settings of two runs, setting by setting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """A setting, by its path in the settings, and how it was written before and after; None where there was none."""

    path: tuple[str, ...]
    before: str | None
    after: str | None

    @property
    def key(self) -> str:
        """The setting as people write it: `sources.crm.map.record.name`."""
        return ".".join(self.path)


def compare(before: dict[str, Any], after: dict[str, Any]) -> tuple[Change, ...]:
    """What changed, in the order of the settings; a source that came or went is one change."""
    old, new = dict(_flat(before)), dict(_flat(after))
    found = list(_came_and_went(before, after))
    whole = {change.path for change in found}
    paths = [p for p in dict.fromkeys((*new, *old)) if old.get(p) != new.get(p) and p[:2] not in whole]
    return (*found, *(Change(path, old.get(path), new.get(path)) for path in paths))


def _came_and_went(before: dict[str, Any], after: dict[str, Any]) -> Iterator[Change]:
    old, new = before.get("sources", {}), after.get("sources", {})
    for name in dict.fromkeys((*new, *old)):
        if (name in old) != (name in new):
            yield Change(("sources", name), _told(old.get(name)), _told(new.get(name)))


def _told(source: dict[str, Any] | None) -> str | None:
    if source is None:
        return None
    return f"{source['preset'] or 'its own map'} from {source['path'] or 'a database or frame'}"


def _flat(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Each setting by its path, as text; what is not set has none."""
    if isinstance(value, dict) and not isinstance(value.get("column"), list):
        for key, item in value.items():
            yield from _flat(item, (*path, key))
    elif value not in (None, []):
        yield path, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        if not isinstance(value.get("column"), list):
            return ", ".join(f"{key} = {_text(item)}" for key, item in value.items())
        # A column of a map: its names, and what is done to the text.
        rest = "; ".join(
            f"{key}: {item!r}" if isinstance(item, str) else f"{key}: {_text(item)}"
            for key, item in value.items()
            if key != "column"
        )
        return " or ".join(value["column"]) + (f" ({rest})" if rest else "")
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
