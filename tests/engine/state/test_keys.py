from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import ConfigError, NotFoundError
from engine.state import State
from engine.state.keys import SCOPES, Ring, all_scopes, create_key, read_keys, revoke_key

NOW = datetime(2026, 1, 1)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with State.open(tmp_path) as opened:
        yield opened


def test_a_key_is_found_by_its_text_alone(state: State) -> None:
    key, text = create_key(state, "shop", ["read"], actor="ann")
    other, _ = create_key(state, "desk", ["read"], actor="ann")
    ring = Ring(read_keys(state))
    assert ring.find(text) == key
    changed = text[:-1] + ("A" if text[-1] != "A" else "B")
    mixed = text.replace(key.key_id, other.key_id)
    for wrong in ("", "clew_", changed, mixed, text + "A", text[:-1], text.upper(), "clew_\udce4", key.digest.hex()):
        assert ring.find(wrong) is None


def test_the_text_is_kept_nowhere(state: State, tmp_path: Path) -> None:
    key, text = create_key(state, "shop", ["read"], actor="ann")
    assert re.fullmatch(rf"clew_{key.key_id}_[\w-]{{43}}", text)
    state.close()
    secret = text.rsplit(key.key_id + "_", 1)[1].encode()
    assert all(secret not in file.read_bytes() for file in tmp_path.iterdir())
    assert "digest" in repr(key)
    assert text not in repr(key)


def test_a_key_ends_when_it_is_revoked_or_its_time_is_over(state: State) -> None:
    key, _ = create_key(state, "shop", ["read"], actor="ann", expires=NOW + timedelta(days=1), rate=5)
    assert key.ended(NOW) is None
    assert key.ended(NOW + timedelta(days=1)) == "expired"
    revoked = revoke_key(state, key.key_id)
    assert (revoked.ended(NOW), revoked.rate) == ("revoked", 5)
    assert revoke_key(state, key.key_id) == revoked
    assert read_keys(state) == [revoked]
    with pytest.raises(NotFoundError, match="clew keys list"):
        revoke_key(state, "nosuch")


def test_scopes_hold_others() -> None:
    assert all_scopes(["read"]) == {"read"}
    assert all_scopes(["decide"]) == {"read", "decide"}
    assert all_scopes(["erase"]) == {"read", "read-personal", "erase"}
    assert all_scopes(["admin"]) == set(SCOPES)


@pytest.mark.parametrize(("scopes", "says"), [(["reed"], "'reed' is no scope"), ([], "needs a scope")])
def test_wrong_scopes_are_refused(state: State, scopes: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        create_key(state, "shop", scopes, actor="ann")
    assert read_keys(state) == []
