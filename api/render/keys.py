"""Keys, as people see them."""

from __future__ import annotations

from rich.console import Group
from rich.text import Text

from api.render.layout import columns, lines
from api.render.words import minute
from api.results import KnownKey, KnownKeys, NewKey


def made(found: NewKey) -> Group:
    """A key that was just made; its text follows."""
    return lines(_made(found.key), Text("It is shown this once and kept nowhere; send it as X-API-Key:"))


def unsaid(found: NewKey) -> Group:
    """A key that was just made, for a notebook, which would keep its text."""
    return lines(_made(found.key), Text("Its text is this answer's `text`, and kept nowhere; send it as X-API-Key."))


def _made(key: KnownKey) -> Text:
    until = f"until {minute(key.expires)}" if key.expires else f"until `clew keys revoke {key.key_id}`"
    return Text(f"Key {key.key_id} for {key.name} may {', '.join(key.scopes)}, {until}.")


def known(found: KnownKey) -> Group:
    """One key."""
    return listed(KnownKeys((found,)))


def listed(found: KnownKeys) -> Group:
    """All keys."""
    if not found.keys:
        return lines(Text("There are no keys: `clew keys create NAME --scope read` makes one."))
    rows = [(k.key_id, k.name, ", ".join(k.scopes), minute(k.created), k.actor, _stands(k)) for k in found.keys]
    return lines(columns(("key", "for", "may", "made", "by", ""), rows, whole=(0, 3)))


def revoked(found: KnownKey) -> Group:
    """A key that has ended."""
    return lines(Text(f"Key {found.key_id} for {found.name} is {found.ended}: no server takes it any more."))


def _stands(key: KnownKey) -> str:
    if key.revoked is not None:
        return f"revoked {minute(key.revoked)}"
    if key.expires is None:
        return ""
    return f"expired {minute(key.expires)}" if key.ended else f"until {minute(key.expires)}"
