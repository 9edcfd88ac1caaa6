"""The contract over Ray Serve: each door answers there as a plain worker does, but for what Ray's proxy says itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, Final

import pytest

from harness.ray_cluster import Cluster
from harness.running import DEADLINE, Running
from harness.swapping import BODY
from twinserve.service.exchange import REQUEST_ID
from twinserve.testing import Answer, ContractSuite, Send
from twinserve.testing.contract import routes

pytestmark = pytest.mark.environments
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
"""Those that reach a door: the proxy answers others by itself, and a plain worker does so where CONNECT asks for a
tunnel."""


def of_the_proxy(headers: Mapping[str, str]) -> str | None:
    """What Ray's proxy answers by itself, or adds; None where the answer is the door's. docs/scaling.md lists it."""
    if not REQUEST_ID.match(headers["X-Request-Id"]):
        return "the proxy sends back any request id, also one in place of which the door makes its own"
    if any("\x7f" in value for value in headers.values()):
        return "the proxy's parser refuses a control character in a header, with a text of its own"
    return None


def sent(port: int, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """One request over a new connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=DEADLINE)
    try:
        connection.request(method, path, body or None, dict(headers))
        answer = connection.getresponse()
        return Answer.of(answer.status, answer.getheaders(), answer.read())
    finally:
        connection.close()


class OnRay(ContractSuite):
    """Each request goes to Ray and to a plain worker; the answers are the same bytes."""

    name = ""
    methods = tuple(method for method in routes.METHODS if method in METHODS)

    @pytest.fixture(scope="class")
    @classmethod
    def door(cls, ray: Cluster, plain: Running) -> Send:
        """This door on Ray, compared."""
        ray.deploy(door=cls.name)

        def send(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            if (reason := of_the_proxy(headers)) is not None:
                pytest.skip(reason)
            if method not in METHODS:
                return sent(plain.port, method, path, body, headers)
            over_ray, alone = (sent(port, method, path, body, headers) for port in (ray.http, plain.port))
            if path != "/metrics":  # Each counts its own requests.
                assert over_ray.comparable() == alone.comparable()
            return over_ray

        return send

    @pytest.fixture
    def instance(self) -> Any:
        """A valid instance."""
        return json.loads(BODY)


class TestFastAPI(OnRay):
    """The FastAPI door."""

    name = "fastapi"


class TestFlask(OnRay):
    """The Flask door, as an ASGI app."""

    name = "flask"
