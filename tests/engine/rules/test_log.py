from __future__ import annotations

import pytest

from engine.errors import SourceError
from engine.rules import RunChanges, change_log, redefinitions
from engine.runs import Layout
from engine.state import State
from tests.engine.corner import TILL, Corner


def log(shop: Corner) -> tuple[RunChanges, ...]:
    with State.open(shop.store, read_only=True) as state:
        return change_log(Layout(shop.store), state.runs())


def test_who_changed_what_when_and_why(rerun: Corner) -> None:
    corner = rerun
    corner.settings["consent"] = {"precedence": "recent"}
    corner.settings["rates"] = [{"currency": "EUR", "rate": 1.1}]
    run = corner.run(actor="ann", reason="Euros are sold now")
    first, second, third = log(corner)
    assert (first.actor, first.changes, first.known) == (None, (), True)
    assert (second.actor, second.changes, second.redefined, second.known) == ("bob", (), (), True)
    assert third.run_id == run.run.run_id
    assert (third.actor, third.reason) == ("ann", "Euros are sold now")
    assert {c.key: (c.before, c.after) for c in third.changes} == {
        "consent.precedence": ("restrictive", "recent"), "rates.EUR": (None, "1.1"),
    }  # fmt: skip
    assert "purchases" in third.redefined
    (found,) = redefinitions(log(corner), "buyers")
    assert (found.run_id, [c.key for c in found.changes]) == (third.run_id, ["rates.EUR"])
    assert redefinitions(log(corner), "campaigns") == ()


def test_a_run_whose_settings_were_not_kept_and_one_that_failed(rerun: Corner) -> None:
    corner = rerun
    (corner.current().folder / "settings.json").unlink()
    (corner.folder / "till.csv").write_text("x\n1\n")
    with pytest.raises(SourceError):
        corner.run(reason="fails")
    corner.write("till", TILL)
    corner.run()
    found = log(corner)
    assert [(run.known, run.reason) for run in found] == [(True, None), (False, None), (False, None)]
