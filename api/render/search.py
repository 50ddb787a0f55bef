"""The customers whom a search found."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text

from api.render.layout import columns, lines
from api.render.words import count, day, safe
from api.results import Searched
from graph.store import Hit

#: In what a word that answers isn't the one that was asked for.
_BUT = {"nickname": "{0} for {1}", "misspelt": "{1}, not {0}", "missing": "no {0}"}


def found(searched: Searched) -> Group:
    """The answer to a `search`."""
    asked = safe(searched.asked)
    if not searched.customers:
        return Group(Text(f"Nobody answers to {asked}: ask by fewer words, or by the beginning of one.", style="bold"))
    title = f"{count(len(searched.customers), 'customer')} for {asked}, best first. `clew whois ID` tells more.\n"
    rows = [(hit.customer_id, _told(hit)) for hit in searched.customers]
    return lines(Text(title, style="bold"), columns((), rows, whole=(0,)))


def _told(hit: Hit) -> Text:
    but = [_BUT[word.how].format(word.asked, word.found) for word in hit.words if word.how in _BUT]
    seen = day(hit.last_seen)
    facts = [safe(hit.email or hit.phone), count(hit.records, "record"), f"seen {seen}" if seen else "", *but]
    name = Text(safe(hit.name) or "(no name)", style="bold")
    place = Text(f" · {safe(hit.place)}" if hit.place else "")
    return Text.assemble(name, place, "\n", (" · ".join(fact for fact in facts if fact), "dim"))
