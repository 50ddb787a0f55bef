"""Record numbers: what the ledger calls a record instead of its id.

A record id is "source:key", and some tools use an e-mail address as their key. The ledger can't be changed, so it must
not hold one: it holds the first 63 bits of SHA-256 over the project's own random key and the record id. Two of ten
million records share a number with a probability of 5e-6; a publish notices and refuses.
"""

from __future__ import annotations

import hashlib
import secrets


def new_key() -> str:
    """Make a fresh key for a new state.db."""
    return secrets.token_hex(16)


def record_number(key: str, record_id: str) -> int:
    """Return the number of one record."""
    return int(hashlib.sha256((key + record_id).encode()).hexdigest()[:16], 16) >> 1


def record_number_sql(column: str) -> str:
    """Return the same for a column, as SQL for the compute engine; the key is the statement's first parameter, `$1`."""
    return f"(('0x' || substr(sha256($1 || {column}), 1, 16))::UBIGINT >> 1)::BIGINT"
