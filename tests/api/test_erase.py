"""Erasing a person, on the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from api.project import Project
from engine.erasure.search import search
from engine.errors import ConfigError, NotFoundError, StateError

EMAIL, PHONE = "john@email.com", "+15551234567"


def test_first_it_is_shown_and_then_it_is_done(copy: Path, clew: Callable[..., Result]) -> None:
    customer_id = json.loads(clew("-p", copy, "whois", EMAIL, "--json").stdout)["customer"]["customer_id"]
    assert customer_id in _searched(copy, clew)
    clew("-p", copy, "plan")
    shown = clew("-p", copy, "erase", PHONE).stdout
    assert f"{customer_id}: " in shown
    for told in ("would be erased", PHONE, EMAIL, "1 plan that waited: would be dropped", "It can't be undone."):
        assert told in shown
    assert clew("-p", copy, "whois", EMAIL).exit_code == 0

    for personal in (f"{EMAIL.upper()} asked for it", "asked by john doe, by phone"):
        refused = clew("-p", copy, "erase", PHONE, "--really", "--reason", personal)
        assert refused.exit_code == ConfigError.exit_code
        assert "Nothing was erased" in " ".join(refused.stderr.split())
    done = clew("-p", copy, "erase", PHONE, "--really", "--reason", "asked for it")
    assert done.exit_code == 0
    assert EMAIL not in done.stdout
    assert "of the store were searched: nothing is left" in done.stdout
    for gone in (EMAIL, PHONE, customer_id):
        assert clew("-p", copy, "whois", gone).exit_code == NotFoundError.exit_code
    assert customer_id not in _searched(copy, clew)
    assert "is retired (erased on " in " ".join(clew("-p", copy, "whois", customer_id).stderr.split())
    assert "were erased, and what comes in again" in " ".join(clew("-p", copy, "decisions").stdout.split())
    for asked in (["history", customer_id], ["decisions"]):
        assert "“asked for it”" in clew("-p", copy, *asked).stdout
    assert clew("-p", copy, "publish", "--verify").exit_code == 0

    assert clew("-p", copy, "run").exit_code == 0
    assert clew("-p", copy, "whois", EMAIL).exit_code == NotFoundError.exit_code


def test_one_that_was_stopped_is_told_of_and_ended_by_the_same_command(
    copy: Path, clew: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with Project(copy) as project, monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("graph.sqlite.SqliteStore.drop", stop)
        project.erase(EMAIL, really=True)
    told = clew("-p", copy, "verify")
    assert told.exit_code == StateError.exit_code
    assert "was stopped before its end" in told.stdout
    again = clew("-p", copy, "erase", EMAIL, "--really")
    assert again.exit_code == NotFoundError.exit_code
    assert "which had been stopped, is carried out to its end now" in " ".join(again.stderr.split())
    assert search(copy / ".clew", [EMAIL, PHONE])[1] == []
    assert clew("-p", copy, "verify").exit_code == 0


def _searched(copy: Path, clew: Callable[..., Result]) -> list[str]:
    """Who is found by his name."""
    found = json.loads(clew("-p", copy, "search", "john doe", "--limit", "50", "--json").stdout)
    return [hit["customer_id"] for hit in found["customers"]]


def test_nobody_is_erased_by_a_wrong_name(copy: Path, clew: Callable[..., Result]) -> None:
    def told() -> str:
        refused = clew("-p", copy, "erase", "nobody@nowhere.com", "--really")
        assert refused.exit_code == NotFoundError.exit_code
        return " ".join(refused.stderr.split())

    assert "prune" not in told()
    clew("-p", copy, "run")
    assert "may still hold whoever has left the sources since: `clew prune --keep 1` removes them" in told()
    clew("-p", copy, "prune", "--keep", "1")
    assert "prune" not in told()
