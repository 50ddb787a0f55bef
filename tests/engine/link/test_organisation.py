"""Companies that are customers themselves: nobody is named in their records."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.link.score import level_of
from engine.link.stage import link
from tests.engine.people import People, config

pytestmark = pytest.mark.long


def test_companies_are_compared_word_by_word(people: People, tmp_path: Path) -> None:
    pairs = [
        ("acme trading", "acme trading", "same"),
        ("acme trading", "acme tradnig", "similar"),
        ("acme trading", "acme trading france", "similar"),
        ("trading acme", "acme france trading", "similar"),
        ("acme", "acme trading france", "differ"),
        ("acme trading", "ajax trading", "differ"),
    ]
    for number, (a, b, _) in enumerate(pairs):
        for record, company in {f"crm:{number}": a, f"till:{number}": b}.items():
            people.add(record, company=company, street=f"{number} main st", postcode=f"0211{number}", city=record[0])
    people.build()
    linked = link(people.compute, config(), tmp_path, tmp_path / "models")
    told = level_of(linked.model, "organisation")
    found = people.compute.rows(
        f"""SELECT {told}, w_organisation > 1, w_company, personal FROM scored
        JOIN node_records a ON scored.a = a.node_id JOIN node_records b ON scored.b = b.node_id
        WHERE split_part(a.record_id, ':', 2) = split_part(b.record_id, ':', 2) ORDER BY a.record_id"""
    )
    assert found == [(level, level != "differ", None, level != "differ") for _, _, level in pairs]


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
