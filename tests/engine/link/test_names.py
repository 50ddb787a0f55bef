"""Can two first names be one person's? Counts say with how many last names each is in use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.compute import Compute
from engine.link import names

#: (name, nickname root, how common) twice; then: compatible, contradictory.
NAMES = [
    # the same, nicknames, initials
    (("bob", "robert", 40), ("robert", "robert", 60), True, False),
    (("robert", "robert", 60), ("robert", "robert", 60), True, False),
    (("b", "b", 50), ("bob", "robert", 40), True, False),
    (("b", "b", 50), ("robert", "robert", 60), False, True),
    (("pat", "pat", 30), ("patricia", "patricia", 40), True, False),
    # two common names that are spelt alike: not one person's, but not a contradiction by themselves either
    (("brenda", "brenda", 40), ("brendan", "brendan", 30), False, False),
    (("eric", "eric", 50), ("erica", "erica", 30), False, False),
    (("marie", "marie", 50), ("maria", "maria", 60), False, False),
    # of which one is rare: a typing error
    (("brendda", "brendda", 1), ("brenda", "brenda", 40), True, False),
    (("brenda", "brenda", 1), ("brendan", "brendan", 60), True, False),
    (("jhon", "jhon", 1), ("john", "john", 90), True, False),
    # different people
    (("ann", "ann", 40), ("bob", "robert", 40), False, True),
    (("ann", "ann", 1), ("bob", "robert", 1), False, True),
    (("matthew", "matthew", 40), ("jeremy", "jeremy", 40), False, True),
    # one is missing
    ((None, None, 0), ("ann", "ann", 40), True, False),
    ((None, None, 0), (None, None, 0), True, False),
]


@pytest.fixture(scope="module")
def compute() -> Iterator[Compute]:
    with Compute(threads=1) as found:
        yield found


@pytest.mark.parametrize(("a", "b", "compatible", "contradictory"), NAMES)
def test_names_that_can_and_can_not_be_one_persons(
    compute: Compute,
    a: tuple[str | None, str | None, int],
    b: tuple[str | None, str | None, int],
    compatible: bool,
    contradictory: bool,
) -> None:
    for left, right in ((a, b), (b, a)):  # the order of the two plays no part
        found = compute.rows(
            f"""WITH l AS (SELECT ?::VARCHAR AS first_name, ?::VARCHAR AS first_root, ?::BIGINT AS first_count),
                     r AS (SELECT ?::VARCHAR AS first_name, ?::VARCHAR AS first_root, ?::BIGINT AS first_count)
                SELECT {names.compatible("l", "r")}, {names.contradictory("l", "r")} FROM l, r""",
            [*left, *right],
        )
        assert found == [(compatible, contradictory)]


@pytest.mark.parametrize(
    ("a", "b", "swapped"),
    [
        (("kenneth", "davis"), ("davis", "kenneth"), True),
        (("kenneth", "davis"), ("davis", "kennteh"), True),
        (("kenneth", "davis"), ("davsi", "kennteh"), False),
        (("kenneth", "davis"), ("davis", "susan"), False),
        (("kenneth", "davis"), ("kenneth", "davis"), False),
        (("kenneth", None), ("davis", "kenneth"), None),
    ],
)
def test_swapped_names_may_be_misspelt_in_one_of_them(
    compute: Compute, a: tuple[str, str | None], b: tuple[str, str], swapped: bool | None
) -> None:
    for left, right in ((a, b), (b, a)):
        found = compute.rows(
            f"""WITH l AS (SELECT ?::VARCHAR AS first_name, ?::VARCHAR AS last_name),
                     r AS (SELECT ?::VARCHAR AS first_name, ?::VARCHAR AS last_name)
                SELECT {names.swapped("l", "r")} FROM l, r""",
            [*left, *right],
        )
        assert found == [(swapped,)]
