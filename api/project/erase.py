"""What is held about a person, shown to them, or erased."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from api.ends import find_end
from api.placing import placed
from api.project.actor import actor_at_work
from api.project.decide import Decide
from api.results import Access, Erased
from engine.errors import ConfigError, NotFoundError, RemainsError, StateError, UnclearError
from engine.state import State
from engine.state.accesses import accesses_about
from graph.store import Customer


class Erase(Decide):
    """Access and erasure, as a person may ask for them. Erasures can't be undone."""

    def access(self, text: str, file: Path | str | None = None) -> Access:
        """Everything held about the person behind a text, with the reasons; with a file, written there.

        The file is a page to read (.html) or all of it for programs (.json). Errors: NotFoundError as for `whois`;
        ConfigError for the file's name or place.
        """
        from engine.evaluate.labels import labels_about
        from engine.profile.access import held_about
        from engine.profile.one import open_customer
        from engine.profile.record import TABLES, golden_record

        known: dict[str, Customer] = {}
        customer_id = find_end(self.graph, text, *self._reading(), known, self._numbered).customer_id
        tables = self._tables()
        records = {record.record_id for record in known[customer_id].records}
        values = {(i.type, i.value) for record in known[customer_id].records for i in record.identifiers}
        decided = self.decisions(everything=True).decisions
        with State.open(self.layout.store, read_only=True) as state:
            labels = labels_about(state, records)
        with open_customer(tables, customer_id, *TABLES) as compute:
            fields = golden_record(compute, tables, self.config)
        found = Access(
            customer_id,
            tables.run_id,
            datetime.now(UTC),
            fields,
            held_about(tables, customer_id),
            known[customer_id].entries,
            tuple(d for d in decided if records & {*d.left, *d.right} or (d.type, d.value) in values),
            tuple(labels),
            tuple(run.run_id for run in self._published() if self._still_in(self.layout.run(run.run_id), records)),
            tuple(accesses_about(self.layout.store, self._ids(known[customer_id]))),
        )
        if file is not None:
            _write(found, Path(file))
        return found

    def _ids(self, customer: Customer) -> set[str]:
        """The id of a customer, and those that have become it and nobody else."""
        others = {one for entry in customer.entries for one in entry.customer_ids} - {customer.customer_id}
        steps = {one: self.graph.retired(one) for one in others}
        become = {one for one, went in steps.items() if went is not None and went.now == (customer.customer_id,)}
        return {customer.customer_id, *become}

    def erase(self, text: str, *, really: bool = False, reason: str | None = None, actor: str | None = None) -> Erased:
        """Say what would go with the person behind a text; with `really`, erase it from all that Clew keeps.

        Every kept run, the models, the graph and the ledger lose the person, plans that wait are dropped, and what
        comes in again under the same ids is stopped. Then every file of the store is searched for the identifiers, and
        a graph in Neo4j compared with the tables that were searched. One that was stopped before is ended first. The
        exports themselves are the shop's own. Errors:
        NotFoundError as for `whois`; ConfigError for a reason that names the person; RemainsError where the search
        finds a file that still holds the person, or the graph isn't what the tables say.
        """
        from engine.erasure.erase import find_person
        from engine.erasure.search import names, search
        from engine.pipeline import erase, finish_erasing

        known: dict[str, Customer] = {}
        graph = self.graph
        stopped = finish_erasing(self.config, self.root) if really else None
        try:
            customer_id = find_end(graph, text, *self._reading(), known, self._numbered).customer_id
        except NotFoundError as error:
            if stopped is not None:
                raise NotFoundError(
                    f"{error}. The erasure of entry {stopped}, which had been stopped, is carried out to its end now"
                ) from error
            if isinstance(error, UnclearError) and error.why == "unknown" and len(self._published()) > 1:
                raise UnclearError(
                    f"{error}. Earlier runs that are kept may still hold whoever has left the sources since: "
                    "`clew prune --keep 1` removes them",
                    error.why,
                    error.type,
                ) from error
            raise
        person = find_person(self.layout, self._tables(), customer_id)
        if not really:
            return Erased(person, None, 0, compared=False)
        texts = {
            *person.record_ids,
            *person.former,
            *(value for _, value in person.values),
            *_spelt(known[customer_id], person.values),
        }
        if names(reason or "", texts | {record.name for record in known[customer_id].records if record.name}):
            raise ConfigError(
                f"the reason holds a name or an identifier of {customer_id}, and is kept when all else is gone: say it"
                " without, by the number of the request or the like. Nothing was erased",
                told="The reason names the person, and is kept when all else is gone: say it without, by the number of"
                " the request or the like. Nothing was erased.",
            )
        _, run = erase(self.config, self.root, customer_id, actor=actor or actor_at_work(), reason=reason)
        # Built anew where it is in use, as a file keeps what was deleted from it until it is written over.
        self._store("sqlite").drop()
        self._bring_up_to_date()
        finish_erasing(self.config, self.root)
        searched, holding = search(self.layout.store, texts)
        if holding:
            named = ", ".join(str(path) for path in holding[:5])
            raise RemainsError(
                f"{customer_id} was erased, and {named} still hold their identifiers: files that Clew doesn't make have"
                " to be removed by hand; state.db-wal goes when no program has state.db open any more"
            )
        elsewhere = self.config.graph != "sqlite"
        if elsewhere:
            try:
                self._check_graph(self.graph, run)
            except StateError as error:
                raise RemainsError(f"{customer_id} was erased, and {error}") from error
        return Erased(person, run.run_id, searched, compared=elsewhere)


def _write(found: Access, file: Path) -> None:
    from api.render.access import document

    with placed(file, ".html", ".htm", ".json") as part:
        if file.suffix == ".json":
            part.write_text(json.dumps(found.to_dict(), indent=2, ensure_ascii=False), encoding="utf-8")
        else:
            part.write_text(document(found).html(), encoding="utf-8")


def _spelt(customer: Customer, values: tuple[tuple[str, str], ...]) -> set[str]:
    """How a customer's identifiers were written."""
    return {known.display for known in customer.identifiers if (known.type, known.value) in values}
