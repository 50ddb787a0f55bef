"""Servers that the tests look for: where there is none they skip, or fail if it is required; pytest says why."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(variable: str, why: str) -> NoReturn:
    """Skip the test, or the module that says so; fail where the environment's `variable` says "required"."""
    if os.environ.get(variable) == "required":
        pytest.fail(why)
    pytest.skip(why, allow_module_level=True)
