"""The API of the demo shop, asked without a network."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn
from anyio.from_thread import start_blocking_portal
from fastapi import FastAPI

from api.http import Settings, create_app
from api.http.protocol import Bounded
from api.project import Project
from api.results import Demo
from tests.engine.corner import TILL, Corner

T = TypeVar("T")

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

    def run(self, asked: Callable[[], Awaitable[T]]) -> T:
        """Run something in the app's own loop."""
        return self._portal.call(asked)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        """POST."""
        return self.send("POST", path, **options)


@contextmanager
def listening(app: FastAPI, **options: Any) -> Iterator[str]:
    """Serves an app on a port of this machine, from a thread; gives its address."""
    with closing(socket.create_server(("127.0.0.1", 0))) as port:
        server = uvicorn.Server(uvicorn.Config(app, http=Bounded, ws="none", log_config=None, **options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [port]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., Caller]]:
    """Serves a project until the end of the tests."""
    with ExitStack() as opened:

        def start(project: Path, **settings: Any) -> Caller:
            options, spans = settings.pop("options", {}), settings.pop("spans", None)
            given = Settings(project=project, **{"local": True, "seconds": 300, **settings})
            return Caller(create_app(given, spans), opened, **options)

        yield start


def make(folder: Path) -> Path:
    """The corner shop, with a customer of whom one may doubt, run once; gives its folder."""
    corner = Corner(folder)
    clea = {"id": "10", "first_name": "Clea", "last_name": "Cook", "email": None, "phone": "415-555-2673"}
    corner.write("till", [*TILL, clea])
    corner.run()
    # JSON is YAML.
    (folder / "clew.yaml").write_text(corner.config.model_dump_json(exclude_unset=True), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def corner_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corner shop that was run once, with its project file. It is only read."""
    return make(tmp_path_factory.mktemp("run") / "corner")


@pytest.fixture(scope="session")
def served(shop: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the demo shop, to which keys may be added; nothing else is changed in it."""
    folder = shutil.copytree(shop.folder, tmp_path_factory.mktemp("served") / "shop")
    with Project(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def api(served: Project, serve: Callable[..., Caller]) -> Caller:
    """Its API, for somebody who may do everything."""
    key = served.create_key("tests", ["admin"], rate=1e6)
    return serve(served.path, options={"headers": {"X-API-Key": key.text}})


@pytest.fixture
def desk(copy: Path, serve: Callable[..., Caller]) -> Caller:
    """The demo's API, for a support desk that may do everything."""
    with Project(copy) as opened:
        key = opened.create_key("desk", ["admin"], rate=1e6)
    return serve(copy, options={"headers": {"X-API-Key": key.text}})


@pytest.fixture
def keyless(copy: Path, serve: Callable[..., Caller]) -> Caller:
    """The API of a project without keys, for this machine."""
    return serve(copy)


@pytest.fixture(scope="session")
def john(api: Caller) -> str:
    """His customer id."""
    return str(api.get("/v1/whois", params={"email": EMAIL}).json()["customer"]["customer_id"])
