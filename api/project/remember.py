"""Asking about the past, and whether it still adds up."""

from __future__ import annotations

from datetime import date, datetime

from api.happened import happened
from api.past import Asking, History, Was, history, was
from api.project.opened import Opened
from api.project.times import end_of
from api.results import HappenedSince, Verified
from engine.compute import Compute
from engine.errors import ClewError
from engine.ledger import verify
from engine.state import State


class Remember(Opened):
    """The past: what the ledger remembers, whatever tables are kept."""

    def history(self, text: str, as_of: str | date | datetime | None = None) -> History:
        """What happened to the customer behind a text, up to a time: see `whois_as_of`.

        The text may be an id that ended, or a record that is gone. Raises NotFoundError where it leads to none.
        """
        tables = self._tables()
        with State.open(self.layout.store, read_only=True) as state:
            return history(state, self._asking(), tables, text, end_of(as_of) if as_of is not None else None)

    def whois_as_of(self, text: str, as_of: str | date | datetime) -> Was:
        """Who somebody was on a past date, by the answer that stood then; a day is meant up to its end, in UTC.

        Membership and reasons come from the ledger; names and addresses are those of that run, while it is kept. Raises
        NotFoundError, which says why there is nobody to tell of.
        """
        self._tables()
        with State.open(self.layout.store, read_only=True) as state:
            return was(state, self._asking(), self.layout, text, end_of(as_of))

    def happened(self, after: str | None = None, limit: int = 500) -> HappenedSince:
        """What happened to customers after a cursor (None: from the beginning; `latest`: nothing yet), in order.

        Moves come from the ledger. With each run come the customers whose profile is another than in the run before,
        while the tables of both are kept. Errors: ConfigError for a cursor that is none.
        """
        tables = self._tables()
        with State.open(self.layout.store, read_only=True) as state:
            return happened(state, self.layout, tables.run_id, after, limit)

    def _asking(self) -> Asking:
        return Asking(self.graph, *self._reading())

    def verify(self) -> Verified:
        """Walk the ledger's chain, rebuild membership from it alone, and compare the current run and the graph with it.

        Nothing is changed, and nothing is raised for what is wrong: it is all in the answer.
        """
        tables = self._tables()
        with State.open(self.layout.store, read_only=True) as state, Compute() as compute:
            entries, erasing = state.head()[0], state.erasing
            problems = verify(state, compute, tables.path("members"))
            customers = int(
                compute.value("SELECT count(DISTINCT customer_id) FROM read_parquet(?)", [str(tables.path("members"))])
            )
        shown: str | None = None
        differences: tuple[str, ...] = ()
        try:
            shown = self._graph.current_run()
            if shown == tables.run_id:
                differences = tuple(map(str, self._graph.verify(tables)))
        except ClewError as error:
            differences = (str(error),)
        return Verified(tables.run_id, entries, customers, tuple(problems), erasing, shown, differences)
