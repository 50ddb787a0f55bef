"""The app: what `create_app` makes of its settings."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from api.http import problems
from api.http.accesses import Accesses
from api.http.buckets import Buckets
from api.http.callers import Door
from api.http.describe import describe
from api.http.desk import Desk
from api.http.metrics import Metrics
from api.http.routes import DIRECT, ROUTERS
from api.http.settings import Settings
from api.http.tokens import Tokens
from api.http.tracing import Spans
from api.http.traffic import Traffic

_ABOUT = """Who is this customer across channels, and why do you say so?

Every answer comes from one run, whole; the header `Clew-Run` names it. Errors are problem details (RFC 9457)."""


def create_app(settings: Settings, spans: Spans | None = None) -> FastAPI:
    """The API of a project, which tells `spans` of requests. Errors: ConfigError for a project file that is wrong."""
    door = Door(settings.local, Tokens(settings.oidc) if settings.oidc else None)
    desk = Desk(settings, door, spans)
    accesses = Accesses(desk.project.layout.store)

    @asynccontextmanager
    async def alive(_: FastAPI) -> AsyncIterator[None]:
        desk.open()
        accesses.open()
        yield
        accesses.close()
        desk.close()
        if spans:
            spans.close()

    app = FastAPI(
        title="Clew", version="1", description=_ABOUT, lifespan=alive, docs_url=None, redoc_url=None,
        responses=problems.RESPONSES, redirect_slashes=False, generate_unique_id_function=lambda route: route.name,
    )  # fmt: skip
    app.state.settings = settings
    app.state.desk = desk
    app.state.door = door
    app.state.accesses = accesses
    app.state.metrics = Metrics(settings.metrics)
    app.state.buckets = Buckets(settings.rate, settings.workers)
    problems.tell(app, [route for router in ROUTERS for route in router.routes])
    app.add_middleware(GZipMiddleware, minimum_size=2_000, compresslevel=5)
    app.add_middleware(Traffic, settings=settings, metrics=app.state.metrics, spans=spans)
    app.router.routes.extend(DIRECT)
    for router in ROUTERS:
        app.include_router(router)
    describe(app)
    return app
