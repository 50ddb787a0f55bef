from __future__ import annotations

from tests.engine.measure.conftest import shop

__all__ = ["shop"]
