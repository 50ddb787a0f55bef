"""What is held about a person, and what an erasure takes, before and after."""

from __future__ import annotations

from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from api.render.layout import columns, heading, indented, lines
from api.render.words import count, safe
from api.results import Access, Erased

#: Tables of a run that their names don't explain.
_TITLES = {"refusals": "pairs kept apart"}


def accessed(found: Access) -> Group:
    """How much is held of a person."""
    rows = [(_TITLES.get(name, name.replace("_", " ")), f"{len(rows):,}") for name, rows in found.held.items()]
    rows += [("entries of the ledger", f"{len(found.entries):,}"), ("decisions", f"{len(found.decisions):,}")]
    rows += [("labels", f"{len(found.labels):,}"), ("answers shown to somebody", f"{len(found.accesses):,}")]
    title = f"Held about {found.customer_id}, in run {found.run_id} of {count(len(found.runs), 'kept run')}"
    return lines(Text(title, style="bold"), columns((), rows, right=(1,)))


def written(file: Path | None) -> Text:
    """Where all that is held of a person was written."""
    return Text(f"All of it is in {file}." if file else "With FILE.html or FILE.json, all of it is written there.")


def erased(found: Erased) -> Group:
    """What would go with a customer, or what has gone, and what is left to be done elsewhere."""
    person, gone = found.person, found.run_id is not None
    held = (
        f"{count(len(person.record_ids), 'record')}, {count(person.orders, 'order')}, {count(person.events, 'event')}"
    )
    parts: list[RenderableType] = [
        Text(f"{person.customer_id}: {held} {'are erased' if gone else 'would be erased'}.", style="bold"),
        columns(("source", "records"), [(safe(name), f"{n:,}") for name, n in person.sources.items()], right=(1,)),
    ]
    if person.values and not gone:
        parts += [heading("Stopped where they come in again"), columns((), _listed(person.values))]
    if person.shared and not gone:
        parts += [heading("Left, as others hold them too"), columns((), _listed(person.shared))]
    parts.append(heading("Where"))
    runs = f"{count(len(person.runs), 'kept run')}, the models, the graph and the ledger's names of records"
    parts.append(indented(Text(f"{'gone from ' if gone else ''}{runs}")))
    if person.former:
        went = count(len(person.former), "record that has left its source", "records that have left their sources")
        parts.append(indented(Text(f"{went}, in earlier runs: {'gone' if gone else 'would go'} as well")))
    if person.plans:
        dropped = "dropped" if gone else "would be dropped"
        parts.append(indented(Text(f"{count(len(person.plans), 'plan')} that waited: {dropped}")))
    if gone:
        graph = ", and the graph in Neo4j is what their tables say" if found.compared else ""
        parts.append(
            indented(Text(f"{count(found.searched, 'file')} of the store were searched: nothing is left{graph}"))
        )
    parts += [
        heading("Left for you"),
        indented(Text(f"the exports of {', '.join(map(safe, person.sources))}, and the tools that they come from")),
        indented(Text("files that were exported, a Neo4j graph other than the project's own, logs of Neo4j, backups")),
    ]
    if not gone:
        parts += [heading("Next"), indented(Text("with --really it is done. It can't be undone."))]
    return lines(*parts)


def _listed(values: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    return [(kind, safe(value)) for kind, value in values]
