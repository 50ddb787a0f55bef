from __future__ import annotations

from dataclasses import replace

from api.render.run import summary
from api.results import Demo
from tests.api.conftest import drawn


def test_the_customer_to_look_at_is_of_most_records_where_there_is_one_source(shop: Demo) -> None:
    assert "the one whom most sources know" in drawn(summary(shop.run))
    alone = drawn(summary(replace(shop.run, sources=shop.run.sources[:1])))
    assert "the one of most records" in alone
    assert "most sources" not in alone
