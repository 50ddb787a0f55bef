"""Servers that the tests look for: where there is none they skip, or fail if it is required; one line says so."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

#: What was looked for (the variable that may require it) -> why there is none.
MISSING = pytest.StashKey[dict[str, str]]()


def missing(config: pytest.Config, variable: str, why: str) -> NoReturn:
    """Skip the test, or fail it where the environment's `variable` says "required"."""
    config.stash.setdefault(MISSING, {})[variable] = why
    if os.environ.get(variable) == "required":
        pytest.fail(why)
    pytest.skip(why)
