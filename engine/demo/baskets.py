"""What was ordered: lines, discounts, shipping, tax and refunds, in cents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.demo import catalogue, rates
from engine.demo.dice import Generator, Ints, chance, runs, weighted


@dataclass(frozen=True)
class Baskets:
    """One item an order, and per line: the order's place, the line's (1, 2, ...), product, quantity and price."""

    code: Ints  # 0 none, else 1 + place in DISCOUNTS
    subtotal: Ints
    shipping: Ints
    tax: Ints
    refunded: Ints
    first_product: Ints
    line_order: Ints
    line: Ints
    product: Ints
    quantity: Ints
    price: Ints

    @property
    def total(self) -> Ints:
        """What each customer paid."""
        return self.subtotal + self.shipping + self.tax


def make_baskets(rng: Generator, country: Ints) -> Baskets:
    """Fill one basket for each order, `country` telling prices and tax."""
    size = len(country)
    order, place = runs(1 + np.minimum(rng.geometric(0.6, size) - 1, 6))
    product = weighted(rng, catalogue.PRODUCT_SHARE, len(order))
    quantity = np.where(chance(rng, 0.2, len(order)), rng.integers(2, 5, len(order)), 1)
    listed = np.array([p.cents for p in catalogue.PRODUCTS])[product]
    level = np.array(catalogue.PRICE_LEVEL)[country[order]]
    # Prices have moved over the years.
    price = np.rint(listed * level * (1 + 0.05 * rng.integers(-2, 3, len(order)))).astype(np.int64)

    goods = np.bincount(order, weights=price * quantity, minlength=size)
    code = np.where(chance(rng, 0.3, size), 1 + weighted(rng, (0.6, 0.4), size), 0)
    off = np.array([0.0, *[share for _, share in catalogue.DISCOUNTS]])[code]
    subtotal = np.rint(goods * (1 - off)).astype(np.int64)
    shipping = np.where(subtotal >= 7_500, 0, 495)
    # Only US prices come without tax; the others include it, and the export then shows none.
    tax = np.where(country == 0, np.rint(subtotal * rng.choice([0.0, 0.04, 0.0625, 0.0725], size)), 0).astype(np.int64)
    total = subtotal + shipping + tax
    whole = chance(rng, rates.REFUNDED, size)
    part = ~whole & chance(rng, rates.PARTLY_REFUNDED, size)
    partly = np.rint(total * rng.uniform(0.1, 0.8, size)).astype(np.int64)
    return Baskets(
        code=code,
        subtotal=subtotal,
        shipping=shipping,
        tax=tax,
        refunded=np.where(whole, total, np.where(part, partly, 0)),
        first_product=product[np.flatnonzero(place == 0)],
        line_order=order,
        line=place + 1,
        product=product,
        quantity=quantity,
        price=price,
    )
