"""Keys on the command line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from engine.state import State
from engine.state.keys import SCOPES, Ring, read_keys


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project in which nothing has been run."""
    record = "{key: id, identifiers: [{type: email, column: email}]}"
    (tmp_path / "clew.yaml").write_text(f"sources: [{{path: people.csv, map: {{record: {record}}}}}]")
    return tmp_path


def test_a_key_is_printed_alone_on_the_last_line(
    folder: Path, clew: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    done = clew("-p", folder, "keys", "create", "support desk", "--scope", "read", "--scope", "decide", "--days", "30")
    assert done.exit_code == 0
    text = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"clew_[0-9a-f]{8}_[\w-]{43}", text)
    with State.open(folder / ".clew", read_only=True) as state:
        key = Ring(read_keys(state)).find(text)
    assert key is not None
    assert (key.name, key.scopes) == ("support desk", ("read", "decide"))
    assert key.expires is not None
    assert round((key.expires - key.created).total_seconds() / 86_400) == 30
    monkeypatch.delenv("COLUMNS")
    listed = clew("-p", folder, "keys", "list").stdout
    assert key.key_id in listed
    assert text not in listed


def test_a_revoked_key_is_listed_as_that(folder: Path, clew: Callable[..., Result]) -> None:
    assert "clew keys create" in clew("-p", folder, "keys", "list").stdout
    made = json.loads(clew("-p", folder, "keys", "create", "x", "--scope", "admin", "--json").stdout)
    assert made["text"].startswith("clew_")
    assert "is revoked" in clew("-p", folder, "keys", "revoke", made["key"]["key_id"]).stdout
    (listed,) = json.loads(clew("-p", folder, "keys", "list", "--json").stdout)["keys"]
    assert (listed["ended"], listed["key_id"]) == ("revoked", made["key"]["key_id"])
    assert clew("-p", folder, "keys", "revoke", "nosuch").exit_code == 1


@pytest.mark.parametrize(
    "words", [["x", "--scope", "reed"], [" ", "--scope", "read"], ["x", "--scope", "read", "--days", "0"], ["x"]]
)
def test_what_is_no_key_is_not_made(folder: Path, clew: Callable[..., Result], words: list[str]) -> None:
    assert clew("-p", folder, "keys", "create", *words).exit_code == 2
    assert json.loads(clew("-p", folder, "keys", "list", "--json").stdout) == {"keys": []}


def test_the_help_names_every_scope(clew: Callable[..., Result]) -> None:
    told = clew("keys", "create", "--help").stdout
    assert all(scope in told for scope in SCOPES)
