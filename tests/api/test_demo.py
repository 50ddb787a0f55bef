from __future__ import annotations

from pathlib import Path

import pytest

from api.demo import demo
from api.results import Demo
from engine.errors import ConfigError


def test_the_demo_says_how_right_it_is(shop: Demo) -> None:
    assert shop.run.records >= shop.evaluation.records > 300
    assert (shop.evaluation.bcubed.f1 or 0) > 0.8
    assert shop.evaluation.missing == 0
    assert shop.answer.customer is not None


def test_a_demo_refuses_a_folder_of_other_things(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear all")
    with pytest.raises(ConfigError, match="holds files that are no demo"):
        demo(tmp_path, 400)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_demo_starts_afresh_over_an_earlier_one_but_keeps_its_project_file(shop: Demo) -> None:
    # The fixture makes it over an earlier one.
    assert shop.run.changes["created"] == shop.run.customers
    assert not (shop.folder / ".clew" / "earlier").exists()
    assert shop.project.read_text().endswith("# mine\n")
