"""The Flask door as an ASGI app: requests wait for no thread where the door itself refuses what is too much."""

from __future__ import annotations

import asyncio
import json
import warnings
from typing import Any, Final

import pytest

from twinserve.testing.fakes import BlockedPredictor, car, service_of

pytestmark = pytest.mark.environments
AT_ONCE: Final = 80
"""More than a pool of threads has by habit."""
BODY: Final = json.dumps(car()).encode()


async def status(app: Any, method: str, path: str, body: bytes = b"") -> int:
    """The status of an answer."""
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    scope = {"type": "http", "method": method, "path": path, "query_string": b"", "headers": headers, "root_path": ""}
    scope |= {"http_version": "1.1", "scheme": "http", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2)}
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return int(sent[0]["status"])


def test_the_door_refuses_what_is_too_much_and_says_that_it_lives() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray's own, while it is imported.
        from serve_ray.asgi import asgi_app
    predictor = BlockedPredictor()
    service = service_of(predictor, threads=1, max_queue=2 * AT_ONCE, max_concurrent=AT_ONCE)
    app = asgi_app("flask", service)

    async def ask() -> None:
        waiting = [asyncio.ensure_future(status(app, "POST", "/predict", BODY)) for _ in range(AT_ONCE)]
        async with asyncio.timeout(10):
            while service.places._free:
                await asyncio.sleep(0.01)
            assert await status(app, "POST", "/predict", BODY) == 503
            assert await status(app, "GET", "/health/live") == 200
        predictor.go_on.set()
        assert {await one for one in waiting} == {200}

    asyncio.run(ask())
    service.close()
