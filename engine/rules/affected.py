"""Which figures a change of settings redefines: those that use a table or column which the setting decides about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from engine.measure.document import views
from engine.rules.changes import Change


@dataclass(frozen=True)
class Reach:
    """What a setting decides about: a table (or a measure), its columns (none named: all), for one source or for all.

    A table `*` is every table.
    """

    table: str
    columns: frozenset[str] = frozenset()
    source: str | None = None

    def touches(self, words: frozenset[str], source: str | None = None) -> bool:
        """Whether a figure that uses the tables and columns `words`, of one source or of all, is redefined by it."""
        if self.source and source and self.source != source:
            return False
        return self.table == "*" or (self.table in words and (not self.columns or bool(self.columns & words)))


_MONEY = {"orders": ("base_total", "base_refunded"), "claims": ("base_revenue",)}
#: Columns of an event by which it finds its customer.
_TIES = ("accounts", "email", "phone", "device", "session", "order_key", "url", "key")
#: What measures make of an extra column by themselves, and of articles: see engine.measure.opening.
_VIEWS_OF_EXTRAS = {"segment": "segments", "language": "record_languages"}
#: Columns of a record that say nothing of who somebody is.
_NO_IDENTITY = ("seen_at", "created_at")


def reach(change: Change) -> Iterator[Reach]:
    """What a changed setting decides about."""
    source, path = None, change.path
    if path[0] == "sources":
        source, path = path[1], path[2:]
    if not path or path[0] == "mode":  # a source that came or went, or that forgets now what it kept
        yield Reach("*", source=source)
        return
    first = path[0]
    if first == "map":
        yield from (Reach(table, frozenset(columns), source) for table, columns in _of_map(*path[1:]))
    elif first == "measures":
        yield Reach(path[1])
    elif first in ("currency", "rates"):
        yield from (Reach(table, frozenset(columns), source) for table, columns in _MONEY.items())
    elif first == "time_zone":
        yield from (Reach(table, frozenset({"at"}), source) for table in ("orders", "events"))
    elif first in ("survivorship", "priority"):
        # Of the golden record figures show the place alone; names and addresses are words of events and orders as well.
        yield Reach("customers", frozenset({"place"}))
    elif path == ("consent", "confidence", "analytics"):
        yield Reach("activity")
    elif first == "channels":
        yield Reach("spellings")
    if first in ("consent", "priority"):
        yield Reach("permissions")
    if first in ("region", "regions", "identifiers", "linkage", "limits", "model", "duplicates"):
        yield Reach("members")
    if first in ("identifiers", "limits"):
        yield Reach("shared_values")


def _of_map(part: str, field: str = "", *rest: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The tables and columns that a place in a source's map fills."""
    if part == "order":
        also = {"total": "base_total", "refunded": "base_refunded"}
        yield "orders", ("base_total", "base_refunded") if field == "currency" else (field, also.get(field, field))
    elif part == "lines":
        yield from (("order_lines", (field,)), ("articles", (field,)))
    elif part == "group":
        yield from (("orders", ()), ("order_lines", ()))
    elif part == "event":
        columns = {"kinds": "kind", "name": "kind", "when": "kind", "accounts": "account"}
        yield "events", (columns.get(field, field),)
        if field in ("item", "category"):
            yield "articles", (field,)
        if field in _TIES:
            yield "event_owners", ()
    elif part == "systems":
        yield "members", ()
    elif part == "record" and field == "claims":
        yield "claims", ()
    elif part == "record" and field == "consents":
        yield from (("consents", ()), ("permissions", ()))
    elif part == "record" and field == "extras":
        yield "records", (f"x_{rest[0]}",)
        if rest[0] in _VIEWS_OF_EXTRAS:
            yield _VIEWS_OF_EXTRAS[rest[0]], ()
    elif part == "record" and field == "identifiers":
        yield from (("members", ()), ("identifiers", (rest[0].split()[0],)))
    elif part == "record":
        yield "records", (field,)
        if field not in _NO_IDENTITY:
            yield "members", ()


#: Measures that only pass on what tables say: who uses one uses the columns that it names itself.
_PASSED_ON = {"activity": frozenset({"events", "event_owners"})}


@cache
def words_of_measures() -> dict[str, frozenset[str]]:
    """The tables, columns and measures that each measure is made of, those that it uses included."""
    found: dict[str, frozenset[str]] = {}
    for view in views():
        own = view.words
        found[view.name] = own.union(*(_PASSED_ON.get(name, found[name]) for name in own & found.keys()))
    return found


def measures_touched(changes: Iterable[Change]) -> tuple[str, ...]:
    """The measures that these changes redefine, in the order of the data dictionary."""
    found = [part for change in changes for part in reach(change)]
    return tuple(name for name, words in words_of_measures().items() if any(part.touches(words) for part in found))
