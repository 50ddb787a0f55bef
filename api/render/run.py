"""What a run found, as a shop owner would tell it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from api.notebooks import Notebooks
from api.render.layout import columns, heading, indented, lines
from api.render.words import count, minute, safe
from api.results import (
    Demo,
    Exported,
    ExportedGraph,
    Measures,
    Pruned,
    Published,
    Reported,
    Runs,
    RunSummary,
    Status,
)

#: More warnings than this are counted.
WARNINGS = 8

#: What happened to customer ids -> words, in the order of interest.
_CHANGES = {
    "created": "new", "merged": "merged into others", "split": "split off", "moved": "took records of others",
    "joined": "got new records", "left": "lost records", "restored": "came back", "retired": "ended",
}  # fmt: skip


def summary(found: RunSummary, hints: bool = True) -> Group:
    """The closing words of a run; with `hints`, what to ask next."""
    several = f"{count(found.several, 'of them is', 'of them are')} known to more than one source; the largest"
    parts: list[RenderableType | None] = [
        Text(
            f"{count(found.records, 'record')} from {count(len(found.sources), 'source')} "
            f"{'is' if found.records == 1 else 'are'} {count(found.customers, 'customer')}.",
            style="bold",
        ),
        Text(f"{several if len(found.sources) > 1 else 'The largest'} has {count(found.largest, 'record')}."),
    ]
    if found.apart:
        kept = f"{count(found.apart, 'record')} looked like somebody else's and were kept apart, each for a reason."
        parts.append(Text(kept))
    if found.events:
        home = count(found.stitched, "was", "were")
        led = f"; of {found.anonymous:,} that name nobody, {home} led home by a session or device"
        are = "is" if found.owned == 1 else "are"
        known = f"{found.owned:,} of {count(found.events, 'event')} {are} known to be a customer's"
        parts.append(Text(f"{known}{led if found.anonymous else ''}."))
    parts += [heading("By source"), _sources(found)]
    if changes := _changes(found):
        parts += [heading("Since the run before"), indented(Text(changes))]
    parts += _warnings(found)
    if hints:
        parts += [heading("Next"), *_next(found)]
    return lines(*parts)


def rolled_back(found: RunSummary) -> Group:
    """The closing words of a rollback."""
    return lines(
        summary(found, hints=False),
        heading("Next"),
        indented(
            Text(
                "What was read since, opt-outs too, comes with the next `clew run`, which goes by the same rules, model"
                " and decisions: run it before you write to anybody."
            )
        ),
    )


def _sources(found: RunSummary) -> RenderableType:
    rows = [
        (s.source, *(f"{n:,}" if n else "" for n in (s.records, s.customers, s.repeated, s.events, s.rejected)))
        for s in found.sources
    ]
    titles = ("source", "records", "customers", "duplicates", "events", "unreadable")
    return columns(titles, rows, right=(1, 2, 3, 4, 5))


def _changes(found: RunSummary) -> str:
    # Of a first run everything is new, which the first line has said.
    if found.changes.get("created", 0) == found.customers:
        return ""
    told = [f"{found.changes[kind]:,} {words}" for kind, words in _CHANGES.items() if found.changes.get(kind)]
    return "customers: " + (", ".join(told) if told else "nothing has changed")


def _warnings(found: RunSummary) -> list[RenderableType]:
    said = [safe(w) for w in found.warnings]
    if found.rejected:
        said.append(f"{safe(found.rejects or '')} has each row that could not be read, and why")
    if not said:
        return []
    rest = [f"and {len(said) - WARNINGS} more; `clew health` has them all"] if len(said) > WARNINGS else []
    return [heading("Please look at"), *(indented(Text(f"- {line}")) for line in said[:WARNINGS] + rest)]


def _next(found: RunSummary) -> list[RenderableType]:
    rows = [("clew whois EMAIL", "who is this? a phone in any format or an id will do as well")]
    if found.example:
        which = "the one whom most sources know" if len(found.sources) > 1 else "the one of most records"
        rows.append((f"clew whois {found.example}", which))
    rows.append(("clew export members FILE.csv", "the customer of every record"))
    return [columns((), rows, whole=(0,))]


def initialised(path: Path, sources: list[tuple[str, str, str]]) -> Group:
    """What `init` recognised, and what to do next. `sources` are (name, preset, file)."""
    at_home = path.resolve().parent == Path.cwd()
    command = "clew run" if at_home else f"clew -p {safe(path)} run"
    return lines(
        Text(f"{safe(path)}: {count(len(sources), 'source')}", style="bold"),
        columns(("source", "is", "file"), sources),
        heading("Next"),
        indented(Text(f"{command}    (look into the file first, if you like: it explains itself)")),
    )


def notebooks(found: Notebooks) -> Group:
    """What was copied, and how to open it."""
    rows = [(notebook.file.name, notebook.question) for notebook in found.notebooks]
    return lines(
        Text(f"{count(len(rows), 'notebook')} in {safe(found.folder)}:"),
        columns((), rows, whole=(0,)),
        heading("Next"),
        columns(
            (),
            [
                ("pip install jupyterlab 'altair>=5.5'", "once"),
                (f"jupyter lab {shlex.quote(str(found.folder))}", "opens them; they read the clew.yaml beside them"),
            ],
            whole=(0,),
        ),
    )


def demo(found: Demo) -> Group:
    """What the demo made, and what its run found."""
    shop = f"A made-up shop of {count(found.persons, 'person')} (seed {found.seed})"
    return Group(Text(f"{shop}; its exports are in {safe(found.folder)}."), Text(""), summary(found.run, hints=False))


def after_demo(found: Demo) -> Group:
    """What to try with the demo."""
    rows = [
        (f"cd {safe(found.folder)}", "the demo is a project like any other"),
        ("clew audit", "what is in its exports, and where identity gets lost"),
        ("clew whois '(555) 123-4567'", "the same customer, asked by phone"),
        (f"clew whois {found.run.example}", "the one whom most sources know"),
    ]
    if shutil.which("clew") is None:
        # Started by its path, as `make demo` does.
        activate = os.path.relpath(Path(sys.prefix) / "bin" / "activate")
        rows.insert(0, (f". {shlex.quote(activate)}", "lets the shell find clew"))
    return lines(heading("Next"), columns((), rows, whole=(0,)))


def status(found: Status) -> Group:
    """How the project stands."""
    title = Text(f"{safe(found.name)}: {safe(found.project)}", style="bold")
    run = found.run
    rows: list[tuple[str, str]] = []
    if run is None:
        rows.append(("run", "none yet; `clew run` works out who is who"))
    else:
        rows += [
            ("run", f"{run.run_id}, published {minute(run.finished or run.started)}"),
            (
                "answer",
                f"{count(run.records, 'record')} of {count(run.sources, 'source')} "
                f"are {count(run.customers, 'customer')}",
            ),
            ("evidence", f"{count(run.matches, 'match', 'matches')}, {count(run.refusals, 'pair')} kept apart"),
            ("unreadable", count(run.rejects, "row")),
            ("model", run.model),
            (
                "graph",
                run.graph + ("" if run.graph == "shows this run" else "; the next question brings it up to date"),
            ),
        ]
        if run.changed:
            rows.append(("settings", "the project file has changed since; `clew run` applies it"))
    if found.failed:
        # That a process was killed is written down by the next one.
        became = {"running": "is under way, or was killed", "failed": "failed"}.get(found.failed.status, "was killed")
        rows.append(("last try", f"{found.failed.run_id} {became}" + ("; the answer above stands" if run else "")))
    rows += [("runs kept", f"{found.runs:,}"), ("kept in", safe(found.store))]
    table = columns((), rows, whole=(0,))
    return lines(title, table)


#: How a run ended -> words.
_ENDS = {
    "published": "published",
    "failed": "failed",
    "stopped": "was killed",
    "running": "is under way, or was killed",
}


def runs(found: Runs) -> Group:
    """The runs, newest first."""
    if not found.runs and not found.plans:
        return lines(Text("There is no run yet; `clew run` works out who is who."))
    rows = [
        (
            r.run_id,
            minute(r.started),
            "held as a plan" if r.run_id in found.plans else _ENDS[r.status] + (", answers now" if r.current else ""),
            "kept" if r.kept else "",
        )
        for r in found.runs
    ]
    void = {plan.run_id: f"can't be applied: {safe(plan.why)}" for plan in found.void}
    plans = [(plan_id, void.get(plan_id, f"clew apply {plan_id} publishes it")) for plan_id in found.plans]
    return lines(
        columns(("run", "started", "", "tables"), rows, whole=(0, 1)) if rows else None,
        heading("Plans that wait") if plans else None,
        columns((), plans, whole=(0,)) if plans else None,
    )


def pruned(found: Pruned) -> Group:
    """What was removed, or would be."""
    kept = f"{count(len(found.kept), 'run')} {'keeps its' if len(found.kept) == 1 else 'keep their'} tables"
    verb = "would be removed" if found.dry_run else "removed"
    asked = [Text(f"{count(found.accesses, 'entry', 'entries')} of the access log {verb}.")] if found.accesses else []
    if not found.runs and not found.plans and not found.models:
        return lines(Text(f"There is nothing to remove: {kept}, and all models are in use."), *asked)
    names = {"run": found.runs, "plan": found.plans, "model": found.models}
    gone = [(kind, name) for kind, several in names.items() for name in several]
    runs, plans, models = (count(len(several), kind) for kind, several in names.items())
    what = f"{runs}, {plans} and {models} {verb}"
    return lines(
        Text(f"{what}, which frees {found.bytes / 1e6:,.1f} MB; {kept}.", style="bold"),
        columns((), gone, whole=(0, 1)),
        Text("Who belonged together then, and why, can still be asked: `clew whois X --as-of DATE`."),
        *asked,
    )


def exported(found: Exported, what: str = "row", several: str | None = None) -> Text:
    """What was written where."""
    return Text(f"{safe(found.file)}: {count(found.rows, what, several)} of run {found.run_id}")


def exported_measures(found: Measures) -> Text:
    """Where the files of the measures are."""
    measures, rows = count(len(found.rows), "measure"), sum(found.rows.values())
    return Text(f"{safe(found.folder)}: {measures} of run {found.run_id}, each a Parquet file; {rows:,} rows in all")


def reported(found: Reported) -> Text:
    """Where a page is."""
    size = f"{found.bytes / 1000:,.0f} KB"
    return Text(f"{safe(found.file)}: a page of run {found.run_id}, {size}; open it in a browser, or print it")


def exported_graph(found: ExportedGraph) -> Group:
    """What was written for a bulk import, and how to import it."""
    rows = count(sum(found.rows.values()), "row")
    return lines(
        Text(f"{safe(found.folder)}: {rows} of run {found.run_id}, and README.txt, which says all of this.", "bold"),
        heading("With the server stopped, in that folder"),
        *(indented(Text(word, overflow="fold")) for word in _broken(found.command)),
        heading("With the server started"),
        indented(Text("clew publish --store neo4j --verify")),
    )


def _broken(command: tuple[str, ...]) -> list[str]:
    """A command in lines, its options one a line."""
    named = [shlex.quote(word) for word in command]
    first = next(n for n, word in enumerate(named) if word.startswith("--"))
    parts = [" ".join(named[:first]), *named[first:]]
    return [f"{part} \\" for part in parts[:-1]] + parts[-1:]


def published(found: Published) -> Text:
    """What a publish did."""
    if found.unchanged:
        agrees = " All of it agrees with the run." if found.verified else ""
        return Text(f"The graph shows run {found.run_id} already; nothing to do.{agrees}")
    added, removed = sum(found.added.values()), sum(found.removed.values())
    how = f"brought up from run {found.previous}"
    if found.full:
        # Neo4j is compared with what it holds, where nobody knows what that is.
        how = "compared with all that it held" if found.store == "neo4j" and removed else "built anew"
    return Text(
        f"The graph was {how} and shows run {found.run_id}: {added:,} rows added, {removed:,} removed."
        + (" All of it agrees with the run." if found.verified else "")
    )
