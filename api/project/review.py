"""What people should look at, and what they say of it without acting on it."""

from __future__ import annotations

from pathlib import Path

from api.export import write_labels
from api.project.actor import actor_at_work
from api.project.opened import Opened
from api.results import Exported
from api.review import Labelled, ReviewQueue, side_by_side
from engine.state import State

#: How many pairs are shown where nobody says how many.
LIMIT = 20


class Review(Opened):
    """The queue of doubts, and labels."""

    def review(self, limit: int = LIMIT, *, blind: bool = False) -> ReviewQueue:
        """The pairs of records that most need a look, by what is at stake and how likely the answer is wrong.

        These are refused matches, and light ones that a customer hangs by; what was decided or labelled isn't asked
        again. With `blind` nothing tells what the answer is: that is for labels.
        """
        from engine.review import queue

        tables = self._tables()
        with State.open(self.layout.store, read_only=True) as state:
            found = queue(tables, state, self._threshold(tables), limit)
        return ReviewQueue(tables.run_id, blind, side_by_side(tables, found.doubts, blind), found.waiting)

    def label(self, a: str, b: str, same: bool, *, actor: str | None = None) -> Labelled:
        """Say whether two records are one person's, to judge answers by: no run goes by it, as it does by `decide`.

        Of a pair the last word counts. Errors: NotFoundError for a record that there isn't; ConfigError for one record.
        """
        from engine.evaluate.labels import label

        actor = actor or actor_at_work()
        self._tables()
        with State.open(self.layout.store) as state:
            label(state, a, b, same, actor=actor)
        return Labelled(a, b, same, actor)

    def export_labels(self, file: Path | str) -> Exported:
        """Write labels, and decisions on two records, in Splink's columns, as CSV or Parquet by the name's ending."""
        tables = self._tables()
        with State.open(self.layout.store, read_only=True) as state:
            return Exported(Path(file), tables.run_id, write_labels(tables, state, Path(file)))
