"""Where files and folders of files are written: beside their place, then renamed, so that none is half there.

They tell of people: a new one is its owner's alone, and one that is written over is read by whoever could read it.
"""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.compute.failure import full_disk
from engine.errors import ConfigError, DiskError

#: Read and written by the owner alone.
OWN = 0o600


def check_place(file: Path, *endings: str) -> None:
    """Refuse a name without one of the endings, or a place that there isn't: before the work whose result goes there.

    Errors: ConfigError.
    """
    if file.suffix.lower() not in endings:
        raise ConfigError(f"{file}: the name should end in {' or '.join(endings)}")
    if file.is_dir():
        raise ConfigError(f"{file}: is a folder; give the name of a file")
    if not file.parent.is_dir():
        raise ConfigError(f"{file}: there is no folder {file.parent}; make it first")


@contextmanager
def placed(file: Path, *endings: str) -> Iterator[Path]:
    """Where to write what becomes `file` at the end; nothing is left where that fails.

    Errors: ConfigError for a name without one of the endings, or a place that can't be written; DiskError where its
    disk is full.
    """
    check_place(file, *endings)
    part = file.absolute().with_name(f".{file.name}.part")
    try:
        with _told_as(file, part):
            # The place is tried first: what the database says about it later is no sentence for people.
            part.unlink(missing_ok=True)
            part.touch(OWN)
            yield part
            _replace(part, file)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def placed_folder(folder: Path, empty: bool = False) -> Iterator[Path]:
    """Where to write the files that a folder, new or there already, holds at the end; none is left where that fails.

    Files of these names are written over, others stay; if it is to be `empty`, one that holds any is refused. Errors:
    ConfigError for a place that can't be written; DiskError where its disk is full.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder}: is a file; give the name of a folder")
    part = folder.absolute() / ".part"
    # What an earlier one left that was killed isn't this one's.
    shutil.rmtree(part, ignore_errors=True)
    try:
        with _told_as(folder, part):
            folder.mkdir(0o700, parents=True, exist_ok=True)
            if empty and any(folder.iterdir()):
                raise ConfigError(f"{folder}: isn't empty; give a new folder")
            part.mkdir(0o700)
            yield part
            for file in part.iterdir():
                _replace(file, folder / file.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)


@contextmanager
def _told_as(place: Path, part: Path) -> Iterator[None]:
    """Tell of what goes wrong with `part` by the place that was asked for. Another disk may be full, too: TMPDIR's."""
    try:
        yield
    except Exception as error:
        full = full_disk(error)
        if full is not None and Path(full or part).is_relative_to(part):
            raise DiskError(f"{place}: can't be written: the disk is full") from error
        if full is None and isinstance(error, OSError):
            raise ConfigError(f"{place}: can't be written: {(error.strerror or str(error)).lower()}") from error
        raise


def _replace(part: Path, file: Path) -> None:
    part.chmod(stat.S_IMODE(file.stat().st_mode) if file.exists() else OWN)
    part.replace(file)
