"""`asked`: one request; `Clients`: concurrent ones, with replies counted; `Health`: a client of the health paths."""

from __future__ import annotations

import http.client
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from harness.running import Running

PATIENCE: Final = 15.0
LOST: Final = "lost"
"""The outcome of a request that was sent and not answered."""
REFUSED: Final = "refused"
"""The outcome of a connection that was refused."""
Check = Callable[[int, bytes], bool]
NO_HEADERS: Final[Mapping[str, str]] = {}


def asked(port: int, body: bytes, headers: Mapping[str, str] = NO_HEADERS) -> int:
    """The status of a prediction request; 0 while nobody listens."""
    url = f"http://127.0.0.1:{port}/predict"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _good(status: int, _body: bytes) -> bool:
    return status == http.HTTPStatus.OK


class Clients:
    """Closed-loop clients over persistent connections; each reply is checked."""

    def __init__(self, port: int, body: bytes, number: int = 8, good: Check = _good, pause: float = 0.0) -> None:
        """`pause`: seconds after a refused connection."""
        self.seen: Counter[str] = Counter()
        """The number of outcomes by status, `lost` and `refused`; `wrong` counts the replies that `good` rejects."""
        self.seconds: list[float] = []
        self.last_good = 0.0
        self._port, self._body, self._good, self._pause = port, body, good, pause
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(number)]

    def start(self) -> None:
        """Start to send requests."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more requests, and wait for the replies to those sent."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE + 5)

    def cease(self) -> None:
        """Send no more requests, without waiting for replies."""
        self._stop.set()

    def _run(self) -> None:
        connection: http.client.HTTPConnection | None = None
        while not self._stop.is_set():
            connection = connection or self._connect()
            if connection is not None and not self._ask(connection):
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _connect(self) -> http.client.HTTPConnection | None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        try:
            connection.connect()
        except OSError:
            self.seen[REFUSED] += 1
            self._stop.wait(max(self._pause, 0.02))
            return None
        return connection

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        """Send one request; can another one follow on this connection?"""
        began = time.perf_counter()
        try:
            connection.request("POST", "/predict", self._body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self.seen[LOST] += 1
            return False
        self.seconds.append(time.perf_counter() - began)
        self.seen[str(response.status)] += 1
        if not self._good(response.status, content):
            self.seen["wrong"] += 1
        else:
            self.last_good = time.monotonic()
        return not response.will_close


@contextmanager
def asking(clients: Clients) -> Iterator[Clients]:
    """A context in which the clients send requests."""
    clients.start()
    try:
        yield clients
    finally:
        clients.stop()


class Health:
    """Requests a health path repeatedly, each time over a new connection, and records the latencies."""

    def __init__(self, server: Running, path: str = "/health/live", every: float = 0.05) -> None:
        self.seconds: list[float] = []
        self.failed = 0
        self._server, self._path, self._every = server, path, every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Health:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE + 5)

    @property
    def worst(self) -> float:
        """The longest latency, in seconds."""
        return max(self.seconds, default=float("inf"))

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            began = time.perf_counter()
            status = get(self._server.port, self._path)
            self.seconds.append(time.perf_counter() - began)
            self.failed += status != http.HTTPStatus.OK


def get(port: int, path: str, patience: float = PATIENCE) -> int | None:
    """The status of `GET path` over a new connection; None if there is no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this fraction of all values does not exceed; infinity if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


def ms(seconds: float) -> str:
    """Seconds as milliseconds for the table."""
    return f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.1f} s"


def until(condition: Callable[[], bool], seconds: float) -> float | None:
    """Seconds until the condition held; None if it did not within this time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.02)
    return time.monotonic() - began
