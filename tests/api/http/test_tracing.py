"""Spans of requests and of the graph's calls, and nothing personal in them."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from typer.testing import Result

from api.http.tracing import Spans, exported, wanted
from engine.errors import ConfigError
from tests.api.http.conftest import Caller

EMAIL = "aarch@mail.com"
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Kept:
    """An app whose spans are kept."""

    def __init__(self, folder: Path, serve: Callable[..., Caller]) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.api = serve(folder, spans=Spans(provider.get_tracer("tests"), provider.shutdown))

    def of(self, path: str, **options: Any) -> tuple[ReadableSpan, list[ReadableSpan]]:
        """The span of a request, and those within it."""
        self._exporter.clear()
        self.api.get(path, **options)
        spans = self._exporter.get_finished_spans()
        (request,) = (span for span in spans if span.kind is SpanKind.SERVER)
        assert EMAIL not in "".join(span.to_json() for span in spans)
        return request, [span for span in spans if span is not request]


@pytest.fixture(scope="module")
def kept(corner_shop: Path, serve: Callable[..., Caller], tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return Kept(shutil.copytree(corner_shop, tmp_path_factory.mktemp("traced") / "corner"), serve)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        (f"/v1/whois?email={EMAIL}", "/v1/whois"),
        ("/v1/customers/C00000017/records", "/v1/customers/{customer}/records"),
        (f"/v1/why?a={EMAIL}&b=web:1", "/v1/why"),
    ],
)
def test_a_request_is_a_span_and_each_call_of_the_graph_one_within_it(kept: Kept, path: str, route: str) -> None:
    request, calls = kept.of(path)
    assert request.name == f"GET {route}"
    assert request.attributes == {
        "http.request.method": "GET", "http.route": route, "http.response.status_code": 200,
    }  # fmt: skip
    assert request.context is not None
    names = {span.context.span_id for span in (request, *calls) if span.context}
    assert calls
    for call in calls:
        assert call.name.startswith("graph.")
        assert call.parent is not None
        assert (call.parent.trace_id, call.parent.span_id in names) == (request.context.trace_id, True)
        assert not call.attributes


def test_it_is_within_the_one_that_its_caller_names(kept: Kept) -> None:
    request, _ = kept.of("/v1/runs", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    assert request.parent is not None
    assert (f"{request.parent.trace_id:032x}", f"{request.parent.span_id:016x}") == (TRACE, PARENT)
    assert kept.of("/v1/runs", headers={"traceparent": "nonsense"})[0].parent is None


def test_what_goes_wrong_is_told_without_its_text(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, status in ((f"/v1/whois?email=x{EMAIL}", 404), (f"/nowhere/{EMAIL}", 404)):
        request, _ = kept.of(path)
        assert (request.attributes or {})["http.response.status_code"] == status
        assert request.status.status_code is StatusCode.UNSET

    async def broken(*_: object, **__: object) -> None:
        raise ValueError(EMAIL)

    monkeypatch.setattr(kept.api.app.state.desk, "ask", broken)
    request, _ = kept.of("/v1/runs")
    assert (request.status.status_code, request.status.description, request.events) == (StatusCode.ERROR, None, ())


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "shop"}, False),
        (ENDPOINT, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({**ENDPOINT, "OTEL_TRACES_EXPORTER": "none"}, False),
        ({**ENDPOINT, "OTEL_SDK_DISABLED": "TRUE"}, False),
    ],
)
def test_spans_are_made_where_the_environment_says_where_they_go(environment: dict[str, str], found: bool) -> None:
    assert wanted(environment) is found


@pytest.mark.parametrize(
    "environment", [{"OTEL_TRACES_EXPORTER": "zipkin"}, {**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}]
)
def test_what_is_not_done_is_said(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="OTEL_"):
        wanted(environment)


def test_without_the_extra_it_says_what_to_install(
    corner_shop: Path, clew: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert wanted({}) is False
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    done = clew("-p", corner_shop, "serve")
    assert (done.exit_code, "clew[otel]" in done.stderr) == (2, True)


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Takes what is sent to it."""
    taken: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    server.server_close()


def test_they_arrive(collector: tuple[str, list[tuple[str, bytes]]], monkeypatch: pytest.MonkeyPatch) -> None:
    address, taken = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    for name in ("clew", "shop-api"):
        spans = exported()
        with spans.request("GET", {}) as answered:
            answered("/v1/runs", 200)
        spans.close()
        path, sent = taken.pop()
        assert (path, b"GET /v1/runs" in sent, name.encode() in sent) == ("/v1/traces", True, True)
        monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-api")
