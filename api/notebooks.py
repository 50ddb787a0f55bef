"""The notebooks that come with Clew, for a project of the user's own."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from api.plain import Plain
from api.shown import Shown
from engine.errors import ConfigError

_HOME = Path(__file__).resolve().parents[1] / "notebooks"


@dataclass(frozen=True)
class Notebook(Plain):
    """A notebook: its file, and the question that it answers."""

    file: Path
    question: str


@dataclass(frozen=True)
class Notebooks(Plain, Shown, page="run:notebooks", rows="notebooks"):
    """The notebooks that were copied into a folder."""

    folder: Path
    notebooks: tuple[Notebook, ...]


def copy_notebooks(folder: Path | str = ".") -> Notebooks:
    """Copy the notebooks into a folder, which is made if need be. ConfigError where one is there already."""
    folder = Path(folder)
    files = sorted(_HOME.glob("*.ipynb"))
    there = [file.name for file in files if (folder / file.name).exists()]
    if there:
        raise ConfigError(
            f"{folder / there[0]} is there already, and may be changed: move it away, or name a new folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copyfile(file, folder / file.name)
    except OSError as error:
        raise ConfigError(
            f"{folder}: notebooks can't be written there: {(error.strerror or str(error)).lower()}"
        ) from error
    return Notebooks(folder, tuple(Notebook(folder / file.name, _question(file)) for file in files))


def _question(file: Path) -> str:
    title = json.loads(file.read_text(encoding="utf-8"))["cells"][0]["source"][0]
    return str(title).removeprefix("# ").strip()
