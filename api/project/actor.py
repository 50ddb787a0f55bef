"""Who is at work."""

from __future__ import annotations

import getpass
import os


def actor_at_work() -> str:
    """CLEW_ACTOR, else the user's login name."""
    try:
        return os.environ.get("CLEW_ACTOR") or getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "nobody known"
