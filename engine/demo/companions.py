"""The tables beside `shown`: baskets and lines of the orders, carts of the checkouts, birth dates on the cards."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine.compute import Compute
from engine.demo import catalogue, rates
from engine.demo.baskets import Baskets
from engine.demo.dice import Generator, Ints, chance, weighted
from engine.demo.people import Addresses, People
from engine.demo.records import Records
from engine.demo.visits import Devices
from engine.demo.vocabulary import Vocabulary

_CHANNELS, _CHANNEL_SHARE = ("web", "iphone", "pos", "shopify_draft_order"), (0.9, 0.05, 0.03, 0.02)
_NAMES = pa.array([p.name for p in catalogue.PRODUCTS])
_SKUS = pa.array([p.sku for p in catalogue.PRODUCTS])


def _device(devices: Devices, index: Ints) -> dict[str, pa.Array]:
    taken = pa.array(index, mask=index < 0)
    return {
        "device_left": pa.array(devices.left).take(taken),
        "device_right": pa.array(devices.right).take(taken),
    }


def load_baskets(
    rng: Generator,
    compute: Compute,
    rows: Ints,
    baskets: Baskets,
    noted: Ints,
    devices: Devices,
    gifts: dict[str, pa.Array],
) -> None:
    """Make `baskets` (one row an order, `n` its record and `place` its number here) and `lines`."""
    codes = pa.array([None, *[code for code, _ in catalogue.DISCOUNTS]])
    compute.load(
        "baskets",
        pa.table(
            {
                "n": rows,
                "place": np.arange(len(rows)),
                "code": codes.take(pa.array(baskets.code)),
                "subtotal": baskets.subtotal,
                "shipping": baskets.shipping,
                "tax": baskets.tax,
                "total": baskets.total,
                "refunded": baskets.refunded,
                "channel": pa.array(_CHANNELS).take(
                    # Only orders from the site can carry an analytics id.
                    pa.array(np.where(noted >= 0, 0, weighted(rng, _CHANNEL_SHARE, len(rows))))
                ),
                **_device(devices, noted),
                **gifts,
            }
        ),
    )
    compute.load(
        "lines",
        pa.table(
            {
                "place": baskets.line_order,
                "line": baskets.line,
                "quantity": baskets.quantity,
                "item": _NAMES.take(pa.array(baskets.product)),
                "sku": _SKUS.take(pa.array(baskets.product)),
                "price": baskets.price,
            }
        ),
    )


def make_gifts(
    rng: Generator, records: Records, people: People, words: Vocabulary, addresses: Addresses, more: int
) -> dict[str, pa.Array]:
    """Choose who gets the orders that are gifts: half to the family, half to anybody; the `more` last ones aren't."""
    orders = records.rows("shopify_orders")
    giver = records.person[orders]
    # The first of a household gives to the second, the others to the first.
    family = people.heads[people.household[giver]] + (people.position[giver] == 0)
    family = np.minimum(family, len(people) - 1)
    close = (people.household[family] == people.household[giver]) & chance(rng, 0.5, len(giver))
    receiver = np.where(close, family, rng.integers(0, len(people), len(giver)))
    gift = chance(rng, rates.GIFT, len(giver)) & (receiver != giver)
    receiver = np.append(receiver, np.zeros(more, dtype=np.int64))
    none = ~np.append(gift, np.zeros(more, dtype=np.bool_))

    def of(values: pa.Array, index: Ints) -> pa.Array:
        return values.take(pa.array(index[receiver], mask=none))

    name = pc.binary_join_element_wise(of(words.names, people.first), of(words.names, people.last), " ")
    return {
        "gift_name": name,
        "gift_street": of(addresses.street, people.address),
        "gift_town": of(addresses.town, people.address),
        "gift_postcode": of(addresses.postcode, people.address),
        "gift_country": pa.array(people.country[receiver], mask=none),
    }


def load_carts(
    rng: Generator, compute: Compute, records: Records, country: Ints, device: Ints, devices: Devices
) -> None:
    """Make `carts`: what each abandoned checkout held. `country` is each person's."""
    rows = records.rows("shopify_checkouts")
    product = weighted(rng, catalogue.PRODUCT_SHARE, rows.stop - rows.start)
    level = np.array(catalogue.PRICE_LEVEL)[country[records.person[rows]]]
    compute.load(
        "carts",
        pa.table(
            {
                "n": np.arange(rows.start, rows.stop),
                "item": _NAMES.take(pa.array(product)),
                "quantity": rng.integers(1, 3, len(product)),
                "price": np.rint(np.array([p.cents for p in catalogue.PRODUCTS])[product] * level).astype(np.int64),
                **_device(devices, device),
            }
        ),
    )


def load_births(rng: Generator, compute: Compute, records: Records, people: People) -> None:
    """Make `births`: the birth date on each loyalty card, sometimes missing, swapped or a placeholder."""
    rows = records.rows("pos_loyalty")
    born = people.born[records.person[rows]].astype("datetime64[D]")
    size = len(born)
    months = born.astype("datetime64[M]")
    month, day = months.astype(np.int64) % 12, (born - months).astype(np.int64)
    swapped = months.astype("datetime64[Y]").astype("datetime64[M]") + day.clip(0, 11)
    wrong = chance(rng, rates.WRONG_BIRTH_DATE, size)
    shown = np.where(wrong & (day < 12), swapped.astype("datetime64[D]") + month, born)
    shown = np.where(wrong & (day >= 12), np.datetime64("1900-01-01"), shown)
    text = pa.array(np.datetime_as_string(shown).tolist(), pa.string())
    missing = pa.array(chance(rng, rates.NO_BIRTH_DATE, size))
    birth_date = pc.if_else(missing, pa.scalar(None, pa.string()), text)
    compute.load("births", pa.table({"n": np.arange(rows.start, rows.stop), "birth_date": birth_date}))
