"""A project that is open: its settings, its runs, and the graph store that answers."""

from __future__ import annotations

import logging
from contextlib import ExitStack, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from engine.config import DEFAULT_IDENTIFIERS, load
from engine.errors import DiskError, StateError
from engine.ledger import write_ledger
from engine.runs import Layout, RunTables
from engine.state import Run, State
from graph.sqlite import SqliteStore
from graph.store import GraphStore, PublishReport

log = logging.getLogger("clew")

#: The usual name of a project file.
PROJECT_FILE = "clew.yaml"


class Opened:
    """What all that can be done with a project rests on."""

    def __init__(self, path: Path) -> None:
        self.path = path / PROJECT_FILE if path.is_dir() and (path / PROJECT_FILE).exists() else path
        self.config = load(self.path)
        self.root = self.path.parent
        self.layout = Layout(self.root / self.config.store)
        self._opened: dict[str, GraphStore] = {}
        self._linkers = ExitStack()

    @property
    def graph(self) -> GraphStore:
        """The graph store, brought up to the current run; where the disk forbids that, the earlier answer stands."""
        try:
            self._bring_up_to_date()
        except DiskError as error:
            shown = self._graph.current_run()
            if shown is None:
                raise
            log.warning("%s (The answer is that of run %s.)", error, shown)
        return self._graph

    def close(self) -> None:
        """Let go of files and connections."""
        while self._opened:
            self._opened.popitem()[1].close()
        self._linkers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _reading(self) -> tuple[str, dict[str, int]]:
        """How a question is read: the countries of a number without one, and the order of identifier types."""
        names = (*DEFAULT_IDENTIFIERS, *self.config.identifiers)
        return " ".join(self.config.all_regions), {name: self.config.policy(name).priority for name in names}

    def _runs(self) -> list[Run]:
        with State.find(self.layout.store) or nullcontext() as state:
            return state.runs() if state else []

    def _current(self) -> Run | None:
        with State.find(self.layout.store) or nullcontext() as state:
            return state.current_run() if state else None

    def _published(self) -> list[Run]:
        return [
            r for r in self._runs() if r.status == "published" and self.layout.run(r.run_id).path("members").exists()
        ]

    def _tables(self) -> RunTables:
        """The tables of the current run. Errors: StateError where nothing has been run."""
        current = self._current()
        if current is None:
            raise StateError(
                f"{self.path}: nothing has been run yet; `clew run` works out who is who",
                told="Nothing has been run yet; `clew run` works out who is who.",
            )
        return self.layout.run(current.run_id)

    def _numbered(self, text: str) -> list[str]:
        """The record ids of the current run's orders with a number."""
        from engine.profile.numbered import orders_numbered

        return orders_numbered(self._tables(), text)

    def _threshold(self, tables: RunTables) -> float:
        """The weight from which on matches were admitted in a run, in bits."""
        from engine.rules import read_settings

        settings = read_settings(tables)
        return float(settings["linkage"]["threshold"]) if settings else self.config.linkage.threshold

    @property
    def _graph(self) -> GraphStore:
        return self._store(self.config.graph)

    def _store(self, name: Literal["sqlite", "neo4j"]) -> GraphStore:
        """One of the graph stores, opened when it is first needed."""
        if name not in self._opened:
            if name == "neo4j":
                from graph.neo4j import Neo4jStore, Server

                self._opened[name] = Neo4jStore(Server.from_environment(), project=self._project_id())
            else:
                self._opened[name] = SqliteStore(self.layout.store / "graph.db")
        return self._opened[name]

    def _project_id(self) -> str:
        """What a graph that several projects might be put in knows this one by."""
        with State.open(self.layout.store, read_only=True) as state:
            return state.project

    def _check_graph(self, graph: GraphStore, run: RunTables) -> None:
        """Raise StateError where a graph isn't what a run's tables say."""
        if differences := graph.verify(run):
            found = "; ".join(map(str, differences))
            store = next(name for name, opened in self._opened.items() if opened is graph)
            which = "" if store == self.config.graph else f" --store {store}"
            raise StateError(
                f"the graph isn't run {run.run_id}: {found}. `clew publish{which} --rebuild` builds it anew"
            )

    def _bring_up_to_date(self, graph: GraphStore | None = None, always: bool = False) -> PublishReport | None:
        """Bring a graph (the configured one) to the current run, or do nothing where another process is at it.

        If that is to be done `always`, one that shows the run is published to as well, to finish what was left, and it
        is an error where one doesn't and another process is at it.
        """
        graph = graph or self._graph
        run_id, shown = self._tables().run_id, graph.current_run()
        if shown == run_id and not always:
            return None
        with State.open(self.layout.store) as state, ExitStack() as held:
            try:
                held.enter_context(state.writing("clew publish"))
            except StateError as error:
                if shown is None or (always and shown != run_id) or isinstance(error, DiskError):
                    raise
                # Whoever is writing brings the graph up to date in the end; until then the earlier answer stands.
                return None
            run = self._tables()
            if not run.path("ledger").exists():
                # Entries have their hashes from the publish on, so this table follows it.
                write_ledger(state, run.run_id, run.path("ledger"))
            if shown and state.erased_since(shown):
                # The tables of what it shows were cleaned, so they can't tell what it has to remove.
                graph.drop()
                shown = None
            return graph.publish(run, self.layout.run(shown) if shown else None)
