"""The explorer of the demo shop in a headless Chromium."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from api.http import Settings, create_app
from api.http.serving import listen
from api.project import Project
from api.results import Demo

CHROMIUM = Path("/usr/bin/chromium")
#: Milliseconds that anything on a page may take, on a machine that is busy.
PATIENCE = 90_000
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass
class Site:
    """The API of a copy of the demo, and keys to it."""

    address: str
    keys: dict[str, str]
    project: Project


@pytest.fixture(scope="module")
def site(shop: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site, served over a real network."""
    folder = shutil.copytree(shop.folder, tmp_path_factory.mktemp("explored") / "shop")
    with Project(folder) as project:
        keys = {
            name: project.create_key(name, scopes, rate=1e6).text
            for name, scopes in {"admin": ["admin"], "reader": ["read"]}.items()
        }
        listening = listen("127.0.0.1", 0)
        app = create_app(Settings(project=folder, local=True, seconds=300))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
        running = threading.Thread(target=server.run, args=([listening],))
        running.start()
        while not server.started:
            time.sleep(0.02)
        yield Site(f"http://127.0.0.1:{listening.getsockname()[1]}", keys, project)
        server.should_exit = True
        running.join()


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """The browser."""
    # As root Chromium has no sandbox, and then it starts only where it is told so.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield started
        started.close()


Look = Callable[..., Any]


@pytest.fixture
def look(site: Site, browser: Browser) -> Look:
    """Opens the explorer at some place of it, as somebody with a key; nothing may go wrong there, or go elsewhere."""

    @contextmanager
    def opened(place: str = "", key: str | None = "admin", wrong: int = 0, **options: Any) -> Iterator[Page]:
        context = browser.new_context(viewport=options.pop("viewport", DESK), reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE)
        if key:
            context.add_init_script(f"sessionStorage.setItem('clew-key', '{site.keys[key]}')")
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda sent: None if sent.url.startswith(site.address) else said.append(sent.url))
        page.goto(f"{site.address}/explore#{place}")
        yield page
        context.close()
        # The browser itself notes every answer that is no success.
        refused = [text for text in said if "Failed to load resource" in text]
        assert len(refused) == wrong
        assert [text for text in said if text not in refused] == []

    return opened


@pytest.fixture(scope="module")
def john(site: Site) -> str:
    """The id of the demo's best known customer."""
    found = site.project.whois("john@email.com").customer
    assert found is not None
    return found.customer_id
