"""What is measured of the service, for Prometheus. An app has its own numbers."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from service.corpus import Corpus
from service.http.library_metrics import LibraryMetrics

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

# From what a cached answer takes to what nobody waits for.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Queue(Protocol):
    """Where requests wait for a thread."""

    @property
    def length(self) -> int:
        """How many wait."""

    @property
    def limit(self) -> int:
        """How many may."""

    @property
    def is_full(self) -> bool:
        """Whether the next one would be refused."""

    @property
    def connections(self) -> int:
        """How many connections are open."""


class Metrics:
    """Counters that requests move, and what is looked up when it is asked for."""

    def __init__(self, corpus: Corpus) -> None:
        self._registry = CollectorRegistry()
        own = self._registry
        self.requests = Counter(
            "parallax_http_requests",
            "Requests answered by the app, by what was asked and how it ended.",
            ("method", "route", "status"),
            registry=own,
        )
        self.seconds = Histogram(
            "parallax_http_request_seconds",
            "Time from a thread taking a request to its answer, the wait for a turn included.",
            ("route",),
            buckets=_SECONDS,
            registry=own,
        )
        self.in_flight = Gauge(
            "parallax_http_requests_in_flight",
            "Requests that a thread is answering now.",
            registry=own,
        )
        self.turn_wait = Histogram(
            "parallax_http_turn_wait_seconds",
            "Time that questions waited for their turn: about one a processor is answered at once.",
            buckets=_SECONDS,
            registry=own,
        )
        self.refused = Counter(
            "parallax_http_requests_refused",
            "Requests that never got to the app: 503 if no more may wait, others are no HTTP.",
            ("status",),
            registry=own,
        )
        self.queue: Queue | None = None
        """Where requests wait, once there is one; who serves the app sets it."""
        own.register(_OfQueue(self))
        own.register(LibraryMetrics(corpus))
        ProcessCollector(registry=own)
        Gauge(
            "parallax_build_info",
            "Always 1; its label is the version of Parallax.",
            ("version",),
            registry=own,
        ).labels(version("parallax-news")).set(1)

    def text(self) -> bytes:
        """Write all of it in Prometheus' text format."""
        return generate_latest(_WithoutCreated(self._registry))


class _OfQueue(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        queue = self._metrics.queue
        if queue is None:
            return
        yield GaugeMetricFamily(
            "parallax_http_queue_length",
            "Requests that wait for a thread.",
            value=queue.length,
        )
        yield GaugeMetricFamily(
            "parallax_http_queue_limit",
            "Requests that may wait for a thread; more are refused.",
            value=queue.limit,
        )
        yield GaugeMetricFamily(
            "parallax_http_connections",
            "Connections that are open.",
            value=queue.connections,
        )


class _WithoutCreated(Collector):
    """Metrics without when each counter was made: another series each, which nobody asks for."""

    def __init__(self, registry: Collector) -> None:
        self._registry = registry

    def collect(self) -> Iterable[Metric]:
        for metric in self._registry.collect():
            metric.samples = [one for one in metric.samples if not one.name.endswith("_created")]
            yield metric
