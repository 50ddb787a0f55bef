"""Looking into how records were compared, with Splink's own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.project.opened import Opened
from engine.compute import Compute
from engine.runs import RunTables, read_manifest
from engine.state import State

if TYPE_CHECKING:
    from splink import Linker

    from api.found import Blocking
    from engine.link.model import Model


class Tune(Opened):
    """The comparison of the current run, set up once more: some seconds in a large shop. Nothing is changed."""

    def linker(self) -> Linker:
        """Splink's own linker, with the weights, term frequencies and compared pairs of the current run.

        What it compares is nodes: records of one source that say the same count once, and `unique_id` is the first of
        them. Its model, saved as JSON, is what `linkage.settings` takes. It is of use until the project is closed.
        """
        from engine.link import linker

        compute = self._linkers.enter_context(Compute())
        return linker(compute, self._set_up(compute, self._tables()), self.config, self.root)

    def blocking(self) -> Blocking:
        """What each blocking rule proposes, and which matches it alone finds."""
        from api.found import Blocking
        from engine.link import rule_shares

        tables = self._tables()
        with Compute() as compute:
            model = self._set_up(compute, tables)
            shares = rule_shares(compute, model, self.config, self.root, self._threshold(tables))
            return Blocking(tables.run_id, shares)

    def _set_up(self, compute: Compute, tables: RunTables) -> Model:
        from engine.link import set_up

        model = self.layout.models / read_manifest(tables)["model"]
        with State.open(self.layout.store, read_only=True) as state:
            return set_up(compute, tables, model, self.config, state)
