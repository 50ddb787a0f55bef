"""Disks that are really full or read-only: a small tmpfs that a test mounts in a namespace of its own child process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.missing import missing

_ROOT = Path(__file__).parents[1]
# Nobody but the child sees its mounts, and they end with it; who isn't root is root in there.
_APART = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]


class Disk:
    """A tmpfs over a folder, in the child."""

    def __init__(self, folder: Path, kilobytes: int) -> None:
        self.folder = folder
        _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "none", str(folder))
        self._filler = folder / "filler"

    def leave(self, kilobytes: int) -> None:
        """Fill the disk until that much is left."""
        self.clear()
        found = os.statvfs(self.folder)
        self._filler.write_bytes(bytes(found.f_bavail * found.f_frsize - kilobytes * 1024))

    def clear(self) -> None:
        """Make room again."""
        self._filler.unlink(missing_ok=True)

    def grow(self, kilobytes: int) -> None:
        """Make it a larger disk."""
        _mount("-o", f"remount,size={kilobytes}k", str(self.folder))

    def writable(self, may: bool) -> None:
        """Forbid or allow all writing."""
        _mount("-o", f"remount,{'rw' if may else 'ro'}", str(self.folder))


def apart(function: str, folder: Path) -> None:
    """Call `module:function` with a folder in a child that may mount; skip where no child may."""
    allowed = subprocess.run([*_APART, "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False)
    if allowed.returncode:
        missing("CLEW_TEST_DISKS", "no full disk to test with: this user may not mount one (unshare, mount)")
    module, name = function.split(":")
    script = f"import sys; from pathlib import Path; from {module} import {name}; {name}(Path(sys.argv[1]))"
    command = [*_APART, sys.executable, "-W", "error", "-c", script, str(folder)]
    done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)
