"""Clew's public face: who is this customer across channels, and why do you say so? This is all that users import.

import clew
clew.init("exports")
with clew.open("exports/clew.yaml") as project:
    project.run()
    print(project.whois("john@email.com").customer)
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any


def _check(home: Path) -> None:
    """Raise ImportError where a folder of the user's own hides one of Clew's packages."""
    for name in ("engine", "graph", "api"):
        found = import_module(name)
        places = [
            Path(place).resolve()
            for place in (found.__path__ if hasattr(found, "__path__") else [found.__file__ or ""])
        ]
        if home / name not in places:
            raise ImportError(
                f"Clew's own package {name!r} is hidden by {places[0] if places else name}: "
                "rename that, or start Python in another folder."
            )


try:
    _check(Path(__file__).resolve().parent)
except ImportError as hidden:
    # As a command it says so in one sentence, without a traceback.
    if __name__ != "__main__":
        raise
    print(f"clew: {hidden}", file=sys.stderr)  # noqa: T201 - nothing else of Clew can be imported
    sys.exit(2)

from api.demo import demo  # noqa: E402
from api.project import Project, init  # noqa: E402
from api.project import open_project as open  # noqa: E402
from engine.errors import ClewError  # noqa: E402

if TYPE_CHECKING:
    from api.client import (
        AbsentError,
        ApiError,
        AsyncClient,
        BusyError,
        ClashError,
        Client,
        EndedError,
        NoAnswerError,
        ProblemError,
        RefusedError,
    )

#: Of the client of the HTTP API, which commands needn't wait for.
_CLIENT = (
    "AbsentError", "ApiError", "AsyncClient", "BusyError", "ClashError", "Client", "EndedError", "NoAnswerError",
    "ProblemError", "RefusedError",
)  # fmt: skip

__all__ = [
    "AbsentError", "ApiError", "AsyncClient", "BusyError", "ClashError", "ClewError", "Client", "EndedError",
    "NoAnswerError", "ProblemError", "Project", "RefusedError", "demo", "init", "open",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _CLIENT:
        return getattr(import_module("api.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if __name__ == "__main__":
    from api.cli import main

    main()
