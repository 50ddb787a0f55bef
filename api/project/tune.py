"""Looking into how records were compared, with Splink's own tools."""

from __future__ import annotations

from contextlib import nullcontext
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
            threshold = self.config.linkage.threshold
            return Blocking(tables.run_id, rule_shares(compute, model, self.config, self.root, threshold))

    def _set_up(self, compute: Compute, tables: RunTables) -> Model:
        from engine.ledger.decided import NOTHING, find_decided
        from engine.link import set_up

        for name in ("records", "identifiers", "events"):
            compute.read_parquet(name, tables.path(name))
        with State.find(self.layout.store) or nullcontext() as state:
            decided = find_decided(compute, state) if state else NOTHING
        for name in ("records", "identifiers", "events"):
            compute.run(f'DROP VIEW "{name}"')
        return set_up(compute, tables, self.layout.models / read_manifest(tables)["model"], self.config, decided)
