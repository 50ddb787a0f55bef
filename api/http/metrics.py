"""What Prometheus is told: requests by route and status, how long they took, and what waits. Nothing personal."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The numbers of this process, or with `folder` of all workers, which keep theirs there."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self._requests = Counter("clew_http_requests", "Requests that were answered.", labels, registry=self._registry)
        self._seconds = Histogram(
            "clew_http_seconds", "How long answers took.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self.waiting = Gauge(
            "clew_http_waiting", "Requests that are being answered.", registry=self._registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self.unwritten = Gauge(
            "clew_accesses_unwritten", "Accesses that aren't in access.db yet.", registry=self._registry,
            multiprocess_mode="livesum",
        )  # fmt: skip
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        key = (method, route, status)
        if key not in self._known:
            # Looked up once: that takes longer than counting.
            self._known[key] = (self._requests.labels(method, route, str(status)), self._seconds.labels(route))
        requests, took = self._known[key]
        requests.inc()
        took.observe(seconds)

    def text(self) -> bytes:
        """In the form that Prometheus reads."""
        if self._folder is None:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together, path=str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(together)
