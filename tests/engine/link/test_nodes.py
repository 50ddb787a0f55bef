"""Fold: which records stand for one node, which values may link, and which names are read from an e-mail."""

from __future__ import annotations

from datetime import date

from tests.engine.people import People, config


def test_records_that_say_the_same_and_enough_become_one_node(people: People) -> None:
    people.add("crm:1", "ann archer", email="ann@x.com")
    people.add("crm:2", "ann archer", email="ann@x.com")
    people.add("till:3", "ann archer", email="ann@x.com")  # another source: a node of its own
    people.add("crm:4", "bob baker", street="1 elm st")
    people.add("crm:5", "bob baker", street="1 elm st")
    assert people.build() == 3
    assert people.folds() == [["crm:1", "crm:2"], ["crm:4", "crm:5"], ["till:3"]]


def test_records_that_say_little_stay_apart_however_alike(people: People) -> None:
    people.add("crm:1", "ann archer")
    people.add("crm:2", "ann archer")
    people.add("crm:3", "ann -", postcode="94110")
    people.add("crm:4", "ann -", postcode="94110")
    people.add("crm:5")
    people.add("crm:6")
    assert people.build() == 6


def test_any_difference_keeps_records_apart(people: People) -> None:
    people.add("crm:1", "ann archer", email="ann@x.com")
    people.add("crm:2", "ann archer", email="ann@x.com", city="oakland")
    people.add("crm:3", "ann archer", email=["ann@x.com", "ann@y.com"])
    people.add("crm:4", "ann archer", email="ann@x.com", birth_date=date(1980, 5, 1))
    assert people.build() == 4


def test_extra_columns_that_are_compared_keep_records_apart(people: People) -> None:
    other = People(people.compute, "x_tier", "x_note")
    for record, tier, note in (("crm:1", "gold", "a"), ("crm:2", "gold", "b"), ("crm:3", "blue", "a")):
        other.add(record, "ann archer", email="ann@x.com", x_tier=tier, x_note=note)
    assert other.build(config(linkage={"compare": ["tier"]})) == 2
    assert "x_note" not in people.compute.columns("nodes")


def test_only_values_in_order_may_link(people: People) -> None:
    for number, status in enumerate(("ok", "weak", "placeholder", "role", "disposable", "blocked", "invalid")):
        people.add(f"crm:{number}", "ann archer", email=f"{status}@x.com", status=status)
    people.build()
    assert people.compute.rows("SELECT value, weak FROM links ORDER BY value") == [
        ("ok@x.com", False),
        ("weak@x.com", True),
    ]
    emails = people.compute.rows("SELECT emails FROM nodes ORDER BY node_id")
    assert [e for (e,) in emails] == [["ok@x.com"], ["weak@x.com"], None, None, None, None, None]


def test_a_value_of_too_many_names_is_shared_and_never_links(people: People) -> None:
    """The till types the shop's own number."""
    first = ["ann", "bob", "cleo", "dan", "eve", "finn"]
    for name in first:
        people.add(f"till:{name}", f"{name} smith", phone="+14155550000", email=f"{name}@x.com")
    for name in first[:5]:
        people.add(f"crm:{name}", f"{name} jones", phone="+14155551111")
    people.build()
    shared = people.compute.rows("SELECT type, value, reason, records, customers FROM shared_values")
    assert shared == [("phone", "+14155550000", "held under more names than its limit", 6, 6)]
    assert people.compute.rows("SELECT DISTINCT value FROM links WHERE type = 'phone'") == [("+14155551111",)]
    assert people.seeds() == []


def test_one_good_customer_with_many_records_and_spellings_is_not_shared(people: People) -> None:
    for number, name in enumerate(["robert", "robertt", "rob", "r", "-", "robbie", "roberto"] * 4):
        people.add(f"crm:{number}", f"{name} baker", email="bob@x.com", city=str(number))
    people.build()
    assert people.compute.count("shared_values") == 0


def test_a_type_that_is_hardly_trusted_links_nothing(people: People) -> None:
    people.add("crm:1", "ann archer", loyalty="b1", email="ann@x.com")
    people.add("till:2", "ann archer", loyalty="b1")
    people.build(config(identifiers={"loyalty": {"trust": "strong"}}))
    assert people.compute.rows("SELECT DISTINCT type FROM links ORDER BY type") == [("email",), ("loyalty",)]
    people.build(config(identifiers={"loyalty": {"trust": "weak"}}))
    assert people.compute.rows("SELECT DISTINCT type FROM links ORDER BY type") == [("email",)]


def test_a_project_sets_its_own_limits(people: People) -> None:
    for number in range(4):
        people.add(f"crm:{number}", "ann archer", email="ann@x.com", city=str(number))
        people.add(f"till:{number}", f"{'abcd'[number] * 3} baker", phone="+14155551111")
    people.build(config(identifiers={"email": {"max_records": 3}, "phone": {"max_customers": 3}}))
    assert people.compute.rows("SELECT type, reason FROM shared_values ORDER BY type") == [
        ("email", "held by more records than its limit"),
        ("phone", "held under more names than its limit"),
    ]


# --- names read from an e-mail


def _known(people: People, *names: str) -> None:
    """Make these names names: each in use with several others."""
    for name in names:
        for other in ("adams", "brown", "clark", "davis"):
            people.add(f"crm:{name}-{other}", f"{name} {other}", email=f"{name}.{other}.77@known.com")


def test_a_missing_first_name_is_read_from_the_email(people: People) -> None:
    _known(people, "matthew", "jeremy", "susan")
    given = {
        "matthewdavis@aol.com": ("- davis", "matthew"),
        "matthew.davis1@aol.com": ("- davis", "matthew"),
        "m.davis@aol.com": ("- davis", "m"),
        "mdavis@aol.com": ("- davis", "m"),
        "matthewd@aol.com": ("- davis", "matthew"),
        "sunshine88@aol.com": ("- davis", None),
        "zebulondavis@aol.com": ("- davis", None),
        "jeremy.clark@aol.com": ("- -", "jeremy"),
    }
    for email, (name, _) in given.items():
        people.add(f"till:{email}", name, email=email)
    people.build()
    found = dict(people.compute.rows("SELECT email, first_name FROM nodes WHERE source = 'till'"))
    assert found == {email: first for email, (_, first) in given.items()}
    assert people.compute.rows("SELECT last_name FROM nodes WHERE email = 'jeremy.clark@aol.com'") == [("clark",)]


def test_a_name_that_was_given_is_never_replaced(people: People) -> None:
    _known(people, "matthew")
    people.add("till:1", "jeremy davis", email="matthewdavis@aol.com")
    people.build()
    assert people.compute.rows("SELECT first_name FROM nodes WHERE source = 'till'") == [("jeremy",)]


def test_a_guess_stays_in_the_comparison_and_out_of_the_record(people: People) -> None:
    _known(people, "matthew")
    people.add("till:1", "- davis", email="matthewdavis@aol.com")
    people.build()
    assert people.compute.rows("SELECT first_name FROM records WHERE source = 'till'") == [(None,)]


def test_a_misspelt_name_takes_the_root_of_what_was_meant(people: People) -> None:
    lasts = [f"{a}{b}son" for a in "abcdefgh" for b in "aeiou"]
    for last in lasts:
        people.add(f"crm:{last}", f"william {last}", root="william", street=last)
    people.add("till:1", "willaim adams", street="1 elm st")
    people.build()
    assert people.compute.rows("SELECT first_name, first_root FROM nodes WHERE source = 'till'") == [
        ("willaim", "william")
    ]
