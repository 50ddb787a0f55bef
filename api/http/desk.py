"""The desk that questions are put to: the project, opened once, and a few threads that work the answers out.

An answer comes from one run, whole, graph and tables alike, whatever is published meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from api.http.callers import Door
from api.http.problems import unavailable
from api.http.settings import Settings
from api.http.tracing import Spans
from api.project import Project, open_project
from engine.config import config_hash
from engine.errors import ClewError, StateError
from engine.runs import RunTables
from engine.state import State
from engine.state.keys import Ring, read_keys
from engine.state.schema import program
from graph.sqlite import SqliteStore
from graph.store import GraphStore

log = logging.getLogger("clew.http")

T = TypeVar("T")

#: Seconds between two looks at the keys, and at whether the graph shows the run that was published last.
LOOK = 0.5


class Standing(Project):
    """The project as one run left it: the run that the graph shows, and the tables of the same run."""

    def __init__(self, project: Project, graph: GraphStore, reading: tuple[str, dict[str, int]]) -> None:
        self.path, self.config, self.root, self.layout = project.path, project.config, project.root, project.layout
        self._opened = {}
        self._held = graph
        self._read_as = reading

    @property
    def graph(self) -> GraphStore:
        """The store, held to its run."""
        return self._held

    def _tables(self) -> RunTables:
        return self.layout.run(self._held.current_run() or "")

    def _reading(self) -> tuple[str, dict[str, int]]:
        return self._read_as


class Queue:
    """Some threads, and so many that may wait for them. What is given up goes on in its thread, which stays taken."""

    def __init__(self, name: str, threads: int, waiting: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=f"clew-{name}")
        self._room = threads + waiting
        self._taken = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Have a thread do some work. Raises a Problem where too many wait."""
        if self._taken >= self._room:
            raise unavailable("Too many questions are waiting.", 1)
        self._taken += 1
        done = asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, work)
        done.add_done_callback(self._left)
        return await asyncio.shield(done)

    def _left(self, done: asyncio.Future[T]) -> None:
        self._taken -= 1
        if not done.cancelled():
            done.exception()  # whoever asked may be gone

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=True, cancel_futures=True)


class Desk:
    """Questions and acts, one project."""

    def __init__(self, settings: Settings, door: Door, spans: Spans | None = None) -> None:
        #: What stand-ins of masked answers are made with: this project's own once it has a state.db.
        self.secret = secrets.token_bytes(16)
        self._door = door
        self._spans = spans
        self.project = open_project(settings.project)
        self.seconds = settings.seconds
        #: What answers are made with, beside a run.
        self.version = f"{config_hash(self.project.config)} {program()}"
        self._reading = self.project._reading()
        self._store = self.project._graph
        self._quick = Queue("quick", settings.quick, settings.waiting)
        self._slow = Queue("slow", settings.slow, settings.waiting)
        self._acts = Queue("acts", settings.slow, settings.waiting)
        self._turn = asyncio.Lock()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._keep_up, name="clew-watch", daemon=True)

    def open(self) -> None:
        """Bring the graph up to date, and begin to keep it so."""
        self.look()
        self._watch.start()

    def close(self) -> None:
        """End what is under way, and let go of files and connections."""
        self._over.set()
        self._watch.join()
        self._quick.close()
        self._slow.close()
        self._acts.close()
        self.project.close()

    async def ask(
        self, question: Callable[[Standing], T], *, slow: bool = False, at_once: bool = False
    ) -> tuple[str, T]:
        """The run that answers, and what it makes of a question. Slow are those that read a run's tables.

        `at_once` are those asked most. Of the embedded store these are a fraction of a millisecond of computing, which
        another thread would only take longer for; the wait for a server needs a thread. Errors: those of the question;
        TimeoutError.
        """
        if at_once and isinstance(self._store, SqliteStore):
            async with self._turn:
                # Between two answers the loop sees to whoever connects: it accepts one each time that it comes round.
                await asyncio.sleep(0)
                return self._together(question)
        queue = self._slow if slow else self._quick
        async with asyncio.timeout(self.seconds):
            return await queue.run(partial(self._together, question))

    async def act(self, act: Callable[[Project], T]) -> T:
        """Have something done that changes the state: it isn't given up when it takes long.

        Acts wait for whoever writes state.db, an erasure takes long, and no question waits for either.
        """

        def work() -> T:
            with open_project(self.project.path) as project:
                return act(project)

        return await self._acts.run(work)

    def _together(self, question: Callable[[Standing], T]) -> tuple[str, T]:
        def ask(graph: GraphStore) -> T:
            held = self._spans.graph(graph) if self._spans else graph
            return question(Standing(self.project, held, self._reading))

        return self._store.together(ask)

    def shown(self) -> str:
        """The run that the graph shows. Errors: StateError where it shows none."""
        run = self._store.current_run()
        if run is None:
            raise StateError(f"{self.project.path}: the graph shows no run yet")
        return run

    def look(self) -> None:
        """Take note of keys, and bring the graph up to the run that was published last if nobody else is at it."""
        try:
            with State.find(self.project.layout.store) or nullcontext() as state:
                if state:
                    self._door.ring = Ring(read_keys(state))
                    self.secret = state.key.encode()
                    if state.erasing is not None:
                        return  # whoever erases brings the graph up to date, anew
            self.project._bring_up_to_date()
        except ClewError as error:
            # Questions say so themselves; this one is asked again and again.
            log.debug("%s", error)

    def _keep_up(self) -> None:
        while not self._over.wait(LOOK):
            self.look()
