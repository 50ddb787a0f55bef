"""What happened to customers, in the order in which it did: how other tools learn of merges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.ledger.ids import customer_id
from engine.state import MOVES, State, from_micros

_MOVES = ", ".join(f"'{kind}'" for kind in MOVES)


@dataclass(frozen=True)
class Move:
    """Records went from one customer (None: outside) to another (None: outside); `kind` is one of MOVES.

    `merged`: `origin` has ended and is `target` from now on. `split`: a part of `origin` is the new `target`. `erased`
    and `retired`: `origin` has ended, and is nobody.
    """

    seq: int
    at: datetime
    run_id: str | None
    kind: str
    origin: str | None
    target: str | None
    records: int


def moves_after(state: State, after: int, until: int, limit: int) -> list[Move]:
    """The first moves after entry `after` and up to entry `until` of the ledger."""
    rows = state.rows(
        f"""SELECT seq, at, run_id, kind, origin, target, length(records) / 8 FROM entry JOIN act ON act.id = entry.act
        WHERE seq > ? AND seq <= ? AND kind IN ({_MOVES}) ORDER BY seq LIMIT ?""",
        [after, until, limit],
    )
    return [Move(seq, from_micros(at), run, kind, _id(a), _id(b), size) for seq, at, run, kind, a, b, size in rows]


def _id(number: int | None) -> str | None:
    return None if number is None else customer_id(number)
