from __future__ import annotations

import pytest

from engine.rules import Change, measures_touched, reach


def touched(*path: str) -> set[str]:
    return set(measures_touched([Change(path, "a", "b")]))


ORDERS = ("sources", "shop", "map", "order")
EVENTS = ("sources", "web", "map", "event")
CONTACTS = ("sources", "crm", "map", "record")


@pytest.mark.parametrize(
    ("path", "yes", "no"),
    [
        ((*ORDERS, "total"), {"purchases", "channels", "reconciliation"}, {"touches", "campaigns"}),
        ((*ORDERS, "discount_code"), set(), {"purchases", "buyers"}),
        ((*ORDERS, "discount"), {"purchases"}, {"campaigns"}),
        ((*EVENTS, "utm_medium"), {"touches", "campaigns", "channels"}, {"purchases", "reconciliation"}),
        ((*EVENTS, "subject"), set(), {"touches", "purchases"}),
        ((*EVENTS, "accounts", "shopify"), {"touches", "channels"}, {"purchases"}),
        ((*CONTACTS, "claims", "revenue"), {"reconciliation", "reconciliation_months"}, {"buyers"}),
        ((*CONTACTS, "extras", "segment"), {"cohorts", "segment_profit"}, {"purchases", "reconciliation"}),
        ((*CONTACTS, "extras", "hobby"), set(), {"cohorts"}),
        ((*CONTACTS, "identifiers", "email 2"), {"purchases", "buyers", "reconciliation"}, set()),
        (("rates", "EUR"), {"purchases", "cohorts", "reconciliation"}, {"campaigns"}),
        (("channels", "rundbrief"), {"spellings", "touches", "channels"}, {"purchases", "reconciliation"}),
        (("currency",), {"purchases"}, {"touches"}),
        (("time_zone",), {"cohorts", "touches"}, set()),
        (("linkage", "threshold"), {"buyers"}, set()),
        (("consent", "confidence", "analytics"), {"touches", "carts", "channels"}, {"purchases", "reconciliation"}),
        (("survivorship", "fields", "place"), {"customer_facts", "customer_state"}, {"channels", "touches", "buyers"}),
        (("model",), {"buyers"}, set()),
        (("measures", "touches"), {"touches", "campaigns", "channels", "attribution"}, {"purchases"}),
        (("sources", "till"), {"touches", "purchases"}, set()),
        (("sources", "till", "path"), set(), {"touches", "purchases"}),
        (("health", "spike", "warn"), set(), {"touches", "purchases"}),
        (("clew",), set(), {"touches", "purchases"}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_a_setting_redefines_what_uses_it(path: tuple[str, ...], yes: set[str], no: set[str]) -> None:
    found = touched(*path)
    assert yes <= found
    assert not no & found


def test_consent_and_survivorship_decide_about_permissions_and_customers() -> None:
    permissions, customers = frozenset({"permissions"}), frozenset({"customers", "place"})
    (consent,) = reach(Change(("consent", "precedence"), "restrictive", "recent"))
    assert consent.touches(permissions)
    (survivorship,) = reach(Change(("survivorship", "default"), "priority", "recent"))
    assert survivorship.touches(customers)
    assert not survivorship.touches(permissions)


def test_a_setting_of_one_source_leaves_the_figures_of_another_alone() -> None:
    (found,) = reach(Change((*ORDERS, "total"), "Total", "Gross"))
    words = frozenset({"orders", "base_total"})
    assert found.touches(words)
    assert found.touches(words, "shop")
    assert not found.touches(words, "till")
