"""What a publish appends to the ledger, as columns: a first run makes a million entries."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

#: Kinds of entry that move records, and so make up membership. Where a piece of a customer goes:
#:
#: | kind | from | to |
#: | --- | --- | --- |
#: | created | outside | a new customer |
#: | split | a customer that lives on | a new customer |
#: | restored | a customer, or outside | an id that had ended, which most of its last records or a rollback revive |
#: | joined | outside | a customer |
#: | moved | a customer | another one |
#: | merged | a customer that ends here | the one that took most of it, and to which its id now leads |
#: | left | a customer | outside: the records are in no source any more |
#: | retired | a customer that ends here, with all of its records | outside |
#: | erased | a person who wants to be forgotten: what comes of their records and identifiers is stopped | outside |
MOVES = ("created", "restored", "split", "joined", "moved", "left", "merged", "retired", "erased")

#: Kinds of entry that people make. They move nothing: runs after them do.
#:
#: | kind | records | cause |
#: | --- | --- | --- |
#: | asserted | two, that are one person's | |
#: | refused | those of one person, then those of another | `left`: how many are the first one's |
#: | blocked | none | `type` and `mark` (a keyed hash) of a value that never links |
#: | undone | none | `entry`: the decision that no longer holds, or the erasure that stops nothing any more |
DECISIONS = ("asserted", "refused", "blocked", "undone")

#: One row an entry, in the ledger's order: `origin` and `target` are customer numbers, NULL for outside; `size` the
#: number of its records; `cause` its JSON, or NULL.
ENTRIES = pa.schema(
    [
        ("kind", pa.string()),
        ("origin", pa.int64()),
        ("target", pa.int64()),
        ("size", pa.int64()),
        ("cause", pa.string()),
    ]
)
#: The records of those entries one after the other, each entry's in the order of their numbers. None comes twice.
MOVED = pa.schema([("number", pa.int64()), ("record_id", pa.string())])


@dataclass(frozen=True)
class Changes:
    """Entries to append, and the ledger that they were made for.

    `after` is the last entry that was seen when they were made: a publish refuses if the ledger has moved since.
    """

    entries: pa.Table
    moved: pa.Table
    next_number: int
    after: int

    @property
    def counts(self) -> dict[str, int]:
        """How many entries there are of each kind."""
        return dict(Counter(self.entries["kind"].to_pylist()))


@dataclass(frozen=True)
class Note:
    """An entry of DECISIONS: customer numbers, record numbers, and a reason that is kept outside of the chain."""

    kind: str
    origin: int | None = None
    target: int | None = None
    records: tuple[int, ...] = ()
    cause: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
