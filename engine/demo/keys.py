"""The ids that the tools give to their records."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.demo.dice import Generator, Ints, distinct
from engine.demo.records import KINDS, Records

#: The first order's number.
FIRST_ORDER = 1001
#: Below this, Shopify's ids are drawn; above it there is room for fixed ones.
SHOPIFY_IDS = (10**12, 7 * 10**12)
_BASE32 = np.frombuffer(b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", dtype=np.uint8)


def _numbers(rng: Generator, low: int, high: int, size: int) -> list[str]:
    drawn: list[str] = distinct(lambda n: rng.integers(low, high, n), size).astype(str).tolist()
    return drawn


def _ulids(rng: Generator, size: int) -> pa.Array:
    """Klaviyo's 26 characters; 120 random bits never meet."""
    letters = _BASE32[rng.integers(0, 32, (size, 24))]
    text = pa.array(letters.view("S24").ravel()).cast(pa.string())
    return pc.binary_join_element_wise("01", text, "")


def order_numbers(at: Ints) -> Ints:
    """Orders are numbered as they come in."""
    numbers = np.empty(len(at), dtype=np.int64)
    numbers[np.argsort(at, kind="stable")] = FIRST_ORDER + np.arange(len(at))
    return numbers


def make_keys(rng: Generator, records: Records, numbers: Ints) -> pa.Array:
    """Give every record its key; `numbers` are those of the orders."""
    parts = []
    for source in KINDS:
        rows = records.rows(source)
        size = rows.stop - rows.start
        match source:
            case "shopify_orders":
                part = pa.array(numbers).cast(pa.string())
            case "klaviyo_profiles":
                part = _ulids(rng, size)
            case "hubspot_contacts":
                part = pa.array(_numbers(rng, 10**10, 10**11, size), pa.string())
            case "sms_subscribers":
                part = pa.array(["s" + v for v in _numbers(rng, 10**6, 10**9, size)], pa.string())
            case "zendesk_users":
                part = pa.array(_numbers(rng, 10**11, 10**12, size), pa.string())
            case "pos_loyalty":
                part = pa.array(["L" + v for v in _numbers(rng, 10**7, 10**8, size)], pa.string())
            case _:
                part = pa.array(_numbers(rng, *SHOPIFY_IDS, size), pa.string())
        parts.append(part)
    return pa.concat_arrays(parts)
