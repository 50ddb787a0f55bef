"""Erasing a person, and showing first what would go."""

from __future__ import annotations

from api.ends import find_end
from api.project.actor import actor_at_work
from api.project.opened import Opened
from api.results import Erased
from engine.errors import StateError
from graph.store import Customer


class Erase(Opened):
    """Erasures: they can't be undone."""

    def erase(self, text: str, *, really: bool = False, reason: str | None = None, actor: str | None = None) -> Erased:
        """Say what would go with the person behind a text; with `really`, erase it from all that Clew keeps.

        Every kept run, the models, the graph and the ledger lose the person, plans that wait are dropped, and what
        comes in again under the same ids is stopped. Then every file of the store is searched for the identifiers. The
        exports themselves are the shop's own. Errors: NotFoundError as for `whois`; StateError where the search
        finds a file that still holds the person.
        """
        from engine.erasure.erase import find_person
        from engine.erasure.search import search
        from engine.pipeline import erase, finish_erasing

        known: dict[str, Customer] = {}
        customer_id = find_end(self.graph, text, *self._reading(), known).customer_id
        person = find_person(self.layout, self._tables(), customer_id)
        if not really:
            return Erased(**vars(person), run_id=None, searched=0)
        texts = {*person.record_ids, *(value for _, value in person.values), *_spelt(known[customer_id], person.values)}
        _, run = erase(self.config, self.root, customer_id, actor=actor or actor_at_work(), reason=reason)
        # Built anew where it is in use, as a file keeps what was deleted from it until it is written over.
        self._store("sqlite").drop()
        self._bring_up_to_date()
        finish_erasing(self.config, self.root)
        searched, holding = search(self.layout.store, texts)
        if holding:
            named = ", ".join(str(path) for path in holding[:5])
            raise StateError(f"{customer_id} was erased, and {named} still hold their identifiers: remove these files")
        return Erased(**vars(person), run_id=run.run_id, searched=searched)


def _spelt(customer: Customer, values: tuple[tuple[str, str], ...]) -> set[str]:
    """How a customer's identifiers were written."""
    return {known.display for known in customer.identifiers if (known.type, known.value) in values}
