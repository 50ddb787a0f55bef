"""A Project: one project file and everything that can be done with it, for the command line and for notebooks.

What only one method needs is imported there: a question must not wait for Splink and the readers of sources.
"""

from __future__ import annotations

from pathlib import Path

from api.project.ask import Ask
from api.project.change import Change
from api.project.erase import Erase
from api.project.export import Export
from api.project.keys import Keys
from api.project.opened import PROJECT_FILE
from api.project.remember import Remember
from api.project.review import Review
from api.project.tune import Tune
from api.project.watch import REPORT_FILE

__all__ = ["PROJECT_FILE", "REPORT_FILE", "Project", "init", "open_project"]


class Project(Ask, Change, Erase, Export, Keys, Remember, Review, Tune):
    """One project. Use it in `with`, or `close()` it; opening reads the project file and nothing else.

    Every method raises a ClewError whose text is written for the user; what was published before then stands.
    """


def open_project(path: Path | str = PROJECT_FILE) -> Project:
    """Open a project by its file, or by the folder that holds its `clew.yaml`. Raises ConfigError for a wrong file."""
    return Project(Path(path))


def init(folder: Path | str = ".") -> Path:
    """Write a `clew.yaml` for a folder of exports, recognised by their columns; returns its path."""
    from engine.sources import write_project

    return write_project(Path(folder))
