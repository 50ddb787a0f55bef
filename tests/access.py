"""Temporary folders that another user may look into: pytest keeps its own to itself."""

from __future__ import annotations

import tempfile
from pathlib import Path


def let_others_in(folder: Path) -> None:
    """Let other users into a temporary folder, and into those that it is in."""
    temporary = Path(tempfile.gettempdir()).resolve()
    for path in (folder, *folder.parents):
        if temporary in path.resolve().parents:
            path.chmod(0o755)
