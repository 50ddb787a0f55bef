"""Companies that are customers themselves: nobody is named in their records."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.link.score import level_of
from engine.link.stage import link
from tests.engine.people import People, config


@pytest.mark.parametrize(
    ("a", "b", "level"),
    [
        ("acme trading", "acme trading", "same"),
        ("acme trading", "acme tradnig", "similar"),
        ("acme trading", "acme trading france", "similar"),
        ("trading acme", "acme france trading", "similar"),
        ("acme", "acme trading france", "differ"),
        ("acme trading", "ajax trading", "differ"),
    ],
)
def test_companies_are_compared_word_by_word(people: People, tmp_path: Path, a: str, b: str, level: str) -> None:
    for record, company in {"crm:1": a, "till:2": b, "till:3": "somebody else"}.items():
        people.add(record, company=company, street="1 main st", postcode="02115", city=record[0])
    people.build()
    linked = link(people.compute, config(), tmp_path, tmp_path / "models")
    told = level_of(linked.model, "organisation")
    found = people.compute.rows(
        f"SELECT {told}, w_organisation > 1, w_company, personal FROM scored WHERE a = 1 AND b = 2"
    )
    assert found == [(level, level != "differ", None, level != "differ")]


def test_a_persons_company_is_no_customer(people: People, tmp_path: Path) -> None:
    """Colleagues share the company and its address."""
    for record, name in {"crm:1": "- archer", "till:2": "- -", "till:3": "ann baker", "till:4": "bob cook"}.items():
        company = "acme trading" if record < "till:3" else "somebody else"
        people.add(record, name, company=company, street="1 main st", postcode="02115")
    people.build()
    linked = link(people.compute, config(), tmp_path, tmp_path / "models")
    assert "organisation" in linked.model.comparisons
    found = people.compute.rows("SELECT w_company > 0, w_organisation, personal FROM scored WHERE a = 1 AND b = 2")
    assert found == [(True, None, False)]
