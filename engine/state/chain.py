"""The hash chain: what an entry's hash covers, byte for byte, so that anyone can check it without this program.

hash = SHA-256( hash of the entry before (32 bytes; of the first entry: zeros)
                SHA-256 of the act: the JSON text ["clew-ledger/1",at,run,actor]
                seq, origin, target (8 bytes each, big-endian; 0 for none)
                length of kind (2 bytes), of records and of cause (4 bytes each)
                kind, records, cause )
"""

from __future__ import annotations

import hashlib
import json
import struct

#: What the first entry names as the hash before it.
GENESIS = bytes(32)

_HEADER = struct.Struct(">qqqHII")


def act_digest(at: int, run_id: str | None, actor: str) -> bytes:
    """Digest of who did something, when (microseconds) and in which run: the same for all entries of one act."""
    text = json.dumps(["clew-ledger/1", at, run_id, actor], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def entry_hash(
    before: bytes,
    act: bytes,
    seq: int,
    kind: bytes,
    origin: int | None,
    target: int | None,
    records: bytes,
    cause: bytes,
) -> bytes:
    """Compute the hash of one entry."""
    header = _HEADER.pack(seq, origin or 0, target or 0, len(kind), len(records), len(cause))
    return hashlib.sha256(b"".join((before, act, header, kind, records, cause))).digest()
