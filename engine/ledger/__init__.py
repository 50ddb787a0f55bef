"""Groups of records -> lasting customer ids, the entries that say what changed, and the proof that they add up."""

from engine.ledger.assign import assign_ids
from engine.ledger.entries import Entry, entries_about
from engine.ledger.ids import customer_id, customer_number
from engine.ledger.moves import Move, moves_after
from engine.ledger.past import Past, follow, recall, redirects
from engine.ledger.table import write_ledger
from engine.ledger.verify import verify

__all__ = [
    "Entry",
    "Move",
    "Past",
    "assign_ids",
    "customer_id",
    "customer_number",
    "entries_about",
    "follow",
    "moves_after",
    "recall",
    "redirects",
    "verify",
    "write_ledger",
]
