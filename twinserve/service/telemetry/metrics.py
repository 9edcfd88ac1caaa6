"""Prometheus metrics; summed over all workers if PROMETHEUS_MULTIPROC_DIR names a folder that they share."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from twinserve.service.telemetry.ended_workers import locked, merge_ended
from twinserve.service.telemetry.logs import log
from twinserve.service.telemetry.metrics_folder import METRICS_FOLDER
from twinserve.service.telemetry.siblings import has_siblings

BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOINED: Final = (1, 2, 4, 8, 16, 32, 64, 128)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


GaugeMode = Literal["livemax", "livemin"]
"""How the values of several workers become one."""


class Metrics:
    """The metrics of one service. Labels come from closed sets, among them the models that are open, with their fields
    and their last two versions, so their number is bounded."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "twinserve_requests", "Requests answered.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "twinserve_request_seconds",
            "Seconds from the headers read to the reply made.",
            ("route",),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self.predictions = Counter(
            "twinserve_predictions", "Instances predicted.", ("model", "version"), registry=self._registry
        )
        self._warnings = Counter(
            "twinserve_warnings",
            "Values not seen in training, by field.",
            ("model", "pointer", "code"),
            registry=self._registry,
        )
        self.problems = Counter(
            "twinserve_problems", "Requests refused, and faults.", ("kind",), registry=self._registry
        )
        self.swaps = Counter(
            "twinserve_swaps", "New champions that took over or were refused.", ("outcome",), registry=self._registry
        )
        self.joined = Histogram(
            "twinserve_joined_requests",
            "Requests answered by one call of the model, in the pool.",
            buckets=JOINED,
            registry=self._registry,
        )
        self.faults = Counter("twinserve_faults", "Faults of the service, answered with 500.", registry=self._registry)
        self.lost_rate_stores = Counter(
            "twinserve_rate_store_lost", "Times that the rate store was lost.", registry=self._registry
        )

        self._serving = self._gauge(
            "twinserve_model_info", "The version that answers: 1; 0 once it has.", "livemax", "version"
        )
        self._created = self._gauge(
            "twinserve_model_created_timestamp_seconds", "When the version that answers was trained.", "livemin"
        )
        self._refused = self._gauge(
            "twinserve_refused_version", "The champion that cannot be opened; 0: none; -1: it is not known.", "livemax"
        )
        self._has_warned = False
        """Has the log said that these are the metrics of one worker of several?"""
        self._versions: dict[str, set[str]] = {}
        """By model: the versions that have series."""
        self._warned: dict[str, dict[tuple[str, str], Callable[[float], None]]] = {}
        """By model: the fields and codes that have series."""
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request. The labelled children are cached: looking both up takes 4 us, this 1 us."""
        key = (route, method if method in METHODS else "OTHER", status)
        children = self._children.get(key)
        if children is None:
            children = self._children[key] = (self._requests.labels(*key), self._seconds.labels(route))
        children[0].inc()
        children[1].observe(seconds)

    def _gauge(self, name: str, about: str, mode: GaugeMode, *labels: str) -> Gauge:
        """A gauge of the living workers, by model."""
        return Gauge(name, about, ("model", *labels), registry=self._registry, multiprocess_mode=mode)

    def serve(self, model: str, version: str, created: datetime, before: str | None = None) -> None:
        """This version of a model answers from now on, in place of the one before. The series of older ones end."""
        if before is not None:
            self._serving.labels(model, before).set(0)
        self._serving.labels(model, version).set(1)
        self._created.labels(model).set(created.timestamp())
        self.refuse(model, 0)
        kept = {version} if before is None else {before, version}
        for old in self._versions.get(model, set()) - kept:
            self._end(self._serving, model, old)
            self._end(self.predictions, model, old)
        self._versions[model] = kept

    def warn(self, model: str, pointer: str, code: str, number: int) -> None:
        """Count values of a field that were not seen in training. Its series is kept, as looking it up takes 1.5 us,
        and 1,000 rows may be warned of at each of their fields."""
        warned = self._warned.setdefault(model, {})
        count = warned.get((pointer, code))
        if count is None:
            count = warned[pointer, code] = self._warnings.labels(model, pointer, code).inc
        count(number)

    def forget(self, model: str) -> None:
        """This model is not open any more: its series end."""
        for version in self._versions.pop(model, ()):
            self._end(self._serving, model, version)
            self._end(self.predictions, model, version)
        for pointer, code in self._warned.pop(model, ()):
            self._end(self._warnings, model, pointer, code)
        self._end(self._created, model)
        self._end(self._refused, model)

    def _end(self, metric: Counter | Gauge, *labels: str) -> None:
        if METRICS_FOLDER in os.environ:  # In a shared folder no series ends before its worker.
            if metric is self._serving:
                metric.labels(*labels).set(0)
            return
        with suppress(KeyError):
            metric.remove(*labels)

    def refuse(self, model: str, version: int) -> None:
        """This version is the champion and cannot be opened: its number, 0 for none, -1 where it cannot be told."""
        self._refused.labels(model).set(version)

    def render(self) -> bytes:
        """The metrics of all workers, in Prometheus' text format."""
        if folder := os.environ.get(METRICS_FOLDER):
            with locked(Path(folder)):
                merge_ended(Path(folder))
                registry = CollectorRegistry()
                MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # The library has no types here.
                return generate_latest(registry)
        if not self._has_warned and has_siblings():
            self._has_warned = True
            advice = f"set {METRICS_FOLDER} to an empty folder before the app starts, and they count together"
            log.warning("metrics of one worker", reason="This app has several workers.", advice=advice)
        return generate_latest(self._registry)
