"""What is learned from the data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.compute import Compute
from engine.errors import LinkError
from engine.link import own
from engine.link.comparisons import DIFFER, SAME_NAMES, choose
from engine.link.model import Model
from engine.link.nodes import build_nodes
from engine.link.seeds import build_seeds
from engine.link.training import train
from tests.engine.conftest import Published
from tests.engine.corner import PEOPLE, Corner, customers, untrained
from tests.engine.people import People

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def nodes(published: Published) -> Iterator[Compute]:
    """The demo's nodes and first groups."""
    with Compute(threads=2) as compute:
        for table in ("records", "identifiers"):
            compute.read_parquet(table, published.result.run.path(table))
        build_nodes(compute, published.config)
        build_seeds(compute, published.config.limits.block_size)
        yield compute


def test_the_order_of_rows_plays_no_part_in_training(nodes: Compute) -> None:
    """Two fields are enough to see it, though some passes hold both of them."""
    comparisons = [c for c in choose(nodes, ()) if c.name in ("first_name", "email")]
    found = []
    for order in ("node_id", "hash(node_id)"):
        for table in ("nodes", "seeds"):
            nodes.table(table, f"SELECT * FROM {table} ORDER BY {order}")
        found.append(train(nodes, comparisons))
    assert found[0] == found[1]
    assert found[0].hash == found[1].hash


def test_agreement_speaks_for_and_difference_against(folder: Path, compute: Compute) -> None:
    model = Model.load(compute, folder)
    for name in ("first_name", "last_name", "email", "phone"):
        weights = {label: math.log2(m / u) for label, m, u in model.levels(name)}
        assert weights["same"] > 3
        assert weights[DIFFER] < 0
    assert model.prior_weight < 0
    account = {label: math.log2(m / u) for label, m, u in model.levels("account")}
    assert account["same"] > 10
    assert account[DIFFER] == pytest.approx(0, abs=1e-4)


def test_a_grade_too_rare_to_learn_weighs_what_the_one_it_is_like_does(folder: Path, compute: Compute) -> None:
    model = Model.load(compute, folder)
    assert model.m("phone", "same, but not in service") == pytest.approx(model.m("phone", "same"), rel=1e-3)
    weights = {label: math.log2(m / u) for label, m, u in model.levels("phone")}
    assert weights["one of several is the same"] == pytest.approx(weights["same"], abs=0.1)


def test_no_two_levels_of_a_comparison_weigh_the_same(folder: Path, compute: Compute) -> None:
    model = Model.load(compute, folder)
    for name in model.comparisons:
        ratios = [m / u for _, m, u in model.levels(name)]
        assert len(set(ratios)) == len(ratios)
        assert all(0 < p <= 1 for _, m, u in model.levels(name) for p in (m, u))


@pytest.mark.parametrize("shared", [True, False])
def test_an_address_made_of_the_name_weighs_what_namesakes_leave_it(people: People, shared: bool) -> None:
    """Eight people of each name, on two providers or each on one of his own."""
    for number in range(240):
        name, who = divmod(number, 8)
        first, last = f"anna{chr(97 + name)}", f"archer{chr(97 + name)}"
        provider = f"mail{who % 2 if shared else number}.com"
        phones = {"phone": f"+1555010{number:04}", "city": f"town{number}", "street": f"{number} road"}
        people.add(f"crm:{number}", f"{first} {last}", email=f"{first}.{last}@{provider}", **phones)
    people.build()
    assert people.seeds() == []
    model = train(people.compute, [c for c in choose(people.compute, ()) if c.name == "email"])
    u = {label: found for label, _, found in model.levels("email")}[SAME_NAMES]
    assert u == pytest.approx(360 / 1000 if shared else 0.5 / 1000)


def test_swapped_names_count_once(folder: Path, compute: Compute) -> None:
    model = Model.load(compute, folder)
    assert any("swapped" in label for label, _, _ in model.levels("first_name"))
    assert not any("swapped" in label for label, _, _ in model.levels("last_name"))


def test_what_training_never_saw_is_no_evidence(people: People) -> None:
    """No pass holds enough pairs, and nobody can know what a file of the user's own usually shows."""
    for number in range(12):
        for source in ("crm", "till"):
            people.add(f"{source}:{number}", f"ann{number} archer{number}", email=f"{number}@x.com", city=source)
    people.build()
    people.seeds()
    comparisons = own.comparisons(untrained())
    model = train(people.compute, comparisons)
    assert model.fits(comparisons)
    assert not model.fits(comparisons[:1])
    weights = [math.log2(m / u) for name in model.comparisons for _, m, u in model.levels(name)]
    assert weights == [pytest.approx(0, abs=1e-2)] * len(weights)


def test_of_a_shop_too_small_to_learn_from_m_is_usual_too(people: People) -> None:
    """Sixty pairs that share an e-mail and not their names would teach that names hardly matter."""
    for number in range(60):
        for source in ("crm", "till"):
            people.add(f"{source}:{number}", f"{source}ann{number} {source}archer", email=f"{number}@x.com")
    people.build()
    people.seeds()
    comparisons = choose(people.compute, ())
    model = train(people.compute, comparisons)
    usual = {(c.name, v.label): v.usual[0] for c in comparisons for v in c.levels if v.usual and not v.null}
    assert usual
    assert {key: model.m(*key) for key in usual} == {key: pytest.approx(m, rel=1e-2) for key, m in usual.items()}


def test_a_shop_too_small_to_learn_from_is_judged_by_what_shops_usually_show(new_corner: Corner) -> None:
    new_corner.settings = {}
    assert customers(new_corner.run().run) == PEOPLE


def test_lists_that_share_few_addresses_are_joined_by_these(new_corner: Corner) -> None:
    """Namesakes teach what strangers have in common; a list of addresses teaches nothing, and says enough."""
    first, last = ("Ann", "Ben", "Carl", "Dora", "Emil", "Flora"), ("Fox", "Gray", "Hart", "Ives", "Jones", "King")
    shop = [
        {"id": str(n), "first_name": first[n % 6], "last_name": last[n // 6 % 6], "email": f"q{n * 7919}z@mail.com",
         "phone": f"415-555-{n:04}"} for n in range(400)
    ]  # fmt: skip
    new_corner.write("web", shop)
    known = [{"id": f"n{n}", "email": shop[n]["email"]} for n in range(30)]
    phones = [{"id": f"p{n}", "phone": shop[n]["phone"]} for n in range(100, 130)]
    # A spouse of the same name, and a stranger.
    others = [{**shop[n], "id": f"o{n}", "first_name": "Zoe", "last_name": shop[n]["last_name"] if n % 2 else "Zorn",
               "phone": None} for n in range(200, 220)]  # fmt: skip
    new_corner.write(
        "till", [*known, *phones, *others, *({"id": f"x{n}", "email": f"y{n}@mail.com"} for n in range(900))]
    )
    new_corner.settings = {}
    new_corner.run()
    several = {tuple(records) for records in customers(new_corner.current()) if len(records) > 1}
    assert several == {(f"till:{row['id']}", f"web:{row['id'][1:]}") for row in (*known, *phones)}


def test_no_record_at_all_is_said_in_a_sentence(people: People) -> None:
    people.build()
    people.seeds()
    with pytest.raises(LinkError, match="nobody to link") as raised:
        train(people.compute, choose(people.compute, ()))
    assert "\n" not in str(raised.value)


def test_few_records_that_say_the_same_are_compared_by_what_they_say(people: People) -> None:
    """All e-mails are the same where there is one customer; of many customers that would be worth nothing."""
    for source in ("crm", "till"):
        people.add(f"{source}:1", "ann archer", email="ann@x.com")
    people.build()
    people.seeds()
    model = train(people.compute, choose(people.compute, ()))
    assert not model.taught
    assert model.comparisons == ["first_name", "last_name", "email"]
    for number in range(300):
        people.add(f"crm:{number}", f"ann archer{number}")
    people.build()
    assert "email" not in [c.name for c in choose(people.compute, ())]


def test_where_nobody_is_known_by_anything_no_comparison_is_evidence(people: People) -> None:
    for number in range(5):
        people.add(f"crm:{number}")
    people.build()
    people.seeds()
    model = train(people.compute, choose(people.compute, ()))
    assert model.fits(choose(people.compute, ()))
    assert model.prior_weight < -7


def test_a_jr_is_hardly_ever_the_sr_of_his_name(compute: Compute) -> None:
    people = People(compute)
    for n in range(12):
        people.add(f"crm:{n}", f"john archer{n}", email=f"{n}@x.com", middle_name=("jr", "sr", None)[n % 3])
    people.build()
    people.seeds()
    model = train(compute, choose(compute, ()))
    against = {label: math.log2(m / u) for label, m, u in model.levels("generation")}
    assert against["same"] == pytest.approx(0, abs=0.001)
    assert against[DIFFER] == pytest.approx(-20, abs=0.001)


def test_generations_are_compared_only_where_there_are_two(compute: Compute) -> None:
    people = People(compute)
    for n in range(12):
        people.add(f"crm:{n}", f"john archer{n}", email=f"{n}@x.com", middle_name="jr" if n % 2 else None)
    people.build()
    assert "generation" not in [c.name for c in choose(compute, ())]
