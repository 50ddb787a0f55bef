"""A shop with orders, run once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.compare.shop import Shop


@pytest.fixture(scope="session")
def shop_run(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop that was run once. It is only read."""
    shop = Shop(tmp_path_factory.mktemp("run") / "shop")
    shop.run()
    return shop


@pytest.fixture
def shop(shop_run: Shop, tmp_path: Path) -> Shop:
    """A shop of the test's own, run once."""
    return shop_run.copy(tmp_path / "shop")
