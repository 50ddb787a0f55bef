"""Spans for OpenTelemetry, where it is installed (`clew[otel]`) and the environment says where they go (`OTEL_...`).

A request is a span with its method, route and status, and each call of the graph is one within it, by its name. None
holds an address, a value that was asked for or found, or the text of an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from engine.errors import ConfigError
from graph.store import GraphStore

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

#: Any of these says where spans go.
_WHERE = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER")


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether an environment asks for spans. Errors: ConfigError where they can't be sent as it says."""
    kind = environment.get("OTEL_TRACES_EXPORTER", "otlp")
    off = kind == "none" or environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if off or not any(environment.get(name) for name in _WHERE):
        return False
    if kind != "otlp":
        raise ConfigError("OTEL_TRACES_EXPORTER: spans are sent by otlp, or by none")
    if environment.get("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf") != "http/protobuf":
        raise ConfigError("OTEL_EXPORTER_OTLP_PROTOCOL: spans are sent by http/protobuf alone")
    try:
        import opentelemetry.exporter.otlp.proto.http.trace_exporter
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError:
        raise ConfigError("OTEL_... is set, and spans need an extra: pip install 'clew[otel]'") from None
    return True


def exported() -> Spans:
    """Spans that are sent as the environment says, which OpenTelemetry reads itself."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    # A name of the environment's own wins.
    provider = TracerProvider(resource=Resource({"service.name": "clew"}).merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Spans(provider.get_tracer("clew"), provider.shutdown)


class Spans:
    """Makes spans, and ends with `close`, which sends what is left."""

    def __init__(self, tracer: Tracer, close: Callable[[], None]) -> None:
        from opentelemetry import trace
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._trace = trace
        self._tracer = tracer
        self._whence = TraceContextTextMapPropagator()
        self.close = close

    @contextmanager
    def request(self, method: str, headers: Mapping[str, str]) -> Iterator[Callable[[str, int], None]]:
        """A span of a request, within the one that its caller names; give it the route and the status at the end."""
        context = self._whence.extract({"traceparent": headers.get("traceparent", "")})
        kind = self._trace.SpanKind.SERVER
        with self._span(method, context=context, kind=kind, attributes={"http.request.method": method}) as span:
            yield partial(self._answered, span, method)

    def _answered(self, span: Span, method: str, route: str, status: int) -> None:
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= 500:
            span.set_status(self._trace.StatusCode.ERROR)

    def graph(self, graph: GraphStore) -> GraphStore:
        """A graph, each call of which is a span."""
        return cast(GraphStore, _Spanned(graph, self._span))

    def _span(self, name: str, **more: Any) -> Any:
        # What an error says may be personal.
        return self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False, **more)


class _Spanned:
    def __init__(self, graph: GraphStore, span: Callable[..., Any]) -> None:
        self._graph = graph
        self._span = span

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._graph, name)
        if not callable(found):
            return found

        def call(*args: Any, **named: Any) -> Any:
            with self._span(f"graph.{name}"):
                return found(*args, **named)

        return call
