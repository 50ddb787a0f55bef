"""The API of the demo shop, asked without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI

from api.http import Settings, create_app
from api.results import Demo

#: A customer whom the demo always has, and what leads to him.
EMAIL, PHONE = "john@email.com", "+15551234567"


class Caller:
    """Asks an app that is running, from a test's own thread."""

    def __init__(self, app: FastAPI, opened: ExitStack, **options: Any) -> None:
        self.app = app
        self._portal = opened.enter_context(start_blocking_portal())
        opened.enter_context(self._portal.wrap_async_context_manager(app.router.lifespan_context(app)))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=("127.0.0.1", 5))
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost", **options)
        self._client = opened.enter_context(self._portal.wrap_async_context_manager(client))

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request."""
        return self._portal.call(partial(self._client.request, method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST."""
        return self.send("POST", path, **options)


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Caller]]:
    """Serves a project until the end of the tests."""
    with ExitStack() as opened:

        def start(project: Path, **settings: Any) -> Caller:
            return Caller(create_app(Settings(project=project, **settings)), opened)

        yield start


@pytest.fixture(scope="session")
def api(shop: Demo, serve: Callable[..., Caller]) -> Caller:
    """The demo shop's API, for the local user. Nothing is changed in it."""
    return serve(shop.project)


@pytest.fixture(scope="session")
def john(api: Caller) -> str:
    """His customer id."""
    return str(api.get("/v1/whois", params={"email": EMAIL}).json()["customer"]["customer_id"])
