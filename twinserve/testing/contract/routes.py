"""The route table: which methods each path takes and which it refuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import pytest

from twinserve.service.http.routes import ROUTES, Route
from twinserve.testing.client import JSON, Client
from twinserve.testing.contract.suite import OpenedSuite, Suite, example_path

READABLE: Final = [route for route in ROUTES if "GET" in route.methods]
STEADY: Final = [route for route in READABLE if route.name != "metrics"]
"""The routes whose reply is the same for every request."""
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "FOO", "M-SEARCH")
each_steady = pytest.mark.parametrize("route", STEADY, ids=lambda route: route.path)


class RoutesContract(Suite):
    """Every path of the route table, with every method."""

    methods: ClassVar[Sequence[str]] = METHODS
    """Those that are sent; a suite that asks a server or a proxy leaves out the ones that this answers by itself."""

    @each_steady
    def test_get_is_200(self, served: Client, model: str, route: Route) -> None:
        """GET is answered with 200, a body and its Content-Length."""
        answer = served.send("GET", example_path(route, model))
        assert answer.status == 200, f"GET {route.path} must be served"
        assert answer.body
        assert answer.headers["Content-Length"] == str(len(answer.body))

    @each_steady
    def test_head_is_get_without_the_body(self, served: Client, model: str, route: Route) -> None:
        """HEAD has the status and headers of GET, Content-Length included, and no body."""
        got, headed = (served.send(method, example_path(route, model)) for method in ("GET", "HEAD"))
        assert headed.comparable() == (got.status, got.comparable()[1], b"")

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
    def test_options_is_204_with_a_sorted_allow(self, served: Client, route: Route) -> None:
        """OPTIONS is 204 with the sorted methods in Allow, without body and Content-Type."""
        answer = served.send("OPTIONS", example_path(route))
        assert (answer.status, answer.body) == (204, b""), f"OPTIONS {route.path} must be 204 without a body"
        taken = {method for other in ROUTES if other.path == route.path for method in other.methods}
        assert answer.headers["Allow"] == ", ".join(sorted({*taken, "OPTIONS"}))
        assert "Content-Type" not in answer.headers

    @pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
    def test_any_other_method_is_405_with_allow(self, served: Client, route: Route) -> None:
        """A method that the path does not take, known or made up, is 405 with the allowed ones in Allow."""
        for method in self.methods:
            if method in (*route.methods, *route.beside):
                continue
            answer = served.send(method, example_path(route))
            assert answer.status == 405, f"{method} {route.path} must be 405"
            assert answer.headers["Allow"] == route.allow, method
            assert answer.headers["Content-Type"] == "application/problem+json", method
            assert answer.body == b"" if method == "HEAD" else answer.json()["type"].endswith(":method-not-allowed")

    def test_a_percent_encoded_path_is_decoded(self, served: Client) -> None:
        """`/%70redict` is `/predict`."""
        assert served.send("POST", "/%70redict", b"{", JSON).status == 400

    def test_a_query_is_ignored_where_none_is_taken(self, served: Client, instance: Any) -> None:
        """A query changes no reply to a GET; a prediction takes `coverage` and nothing else."""
        assert served.send("GET", "/schema?a=1&a=2&%ff").body == served.send("GET", "/schema").body
        refused = served.predict(instance, path="/predict?version=3")
        assert (refused.status, refused.json()["errors"][0]["code"]) == (400, "unknown")
        assert served.predict(instance, path="/predict?").body == served.predict(instance).body

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0", "", "\x7f"])
    def test_accept_is_ignored(self, served: Client, instance: Any, accept: str) -> None:
        """Replies and errors are JSON, whatever Accept has."""
        assert served.predict(instance, {**JSON, "Accept": accept}).status == 200
        refused = served.send("PUT", "/model", headers={"Accept": accept})
        assert refused.headers["Content-Type"] == "application/problem+json"

    def test_a_body_on_a_get_is_ignored(self, served: Client) -> None:
        """GET is answered whatever body it has."""
        assert served.send("GET", "/model", b"\xff" * 100).status == 200

    def test_the_index_lists_every_path(self, served: Client) -> None:
        """The index at `/` lists all paths and their methods, relative to itself."""
        listed = {entry["path"]: entry["methods"] for entry in served.send("GET", "/").json()["paths"]}
        assert listed == {route.path.removeprefix("/") or ".": list(route.methods) for route in ROUTES}


class OtherPathsContract(OpenedSuite):
    """Paths outside the route table, which a door answers with 404; a mounting app has its own."""

    @pytest.mark.parametrize(
        "path",
        [
            *("/predict/", "/Predict", "/predict/x", "//predict", "/schema/", "/health", "/health/", "/health/live/"),
            *("/metrics/", "/docs/", "/nothing", "/static/x.js", "/favicon.ico", "/openapi.yaml", "/redoc"),
            *("/docs/oauth2-redirect", "/%00", "/%ff", "/pr%C3%A9dict", "/predict%2F", "/predict;a=b", "/predict%20"),
            *("/predict%0A", "/a/../predict%", "/" + "a" * 3000),
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "FOO"])
    def test_every_other_path_is_404(self, served: Client, path: str, method: str) -> None:
        """Paths match exactly: no redirect, no trailing slash, any method."""
        answer = served.send(method, path, b"{}" if method == "POST" else b"")
        assert answer.status == 404, "a path outside the route table must be 404, without a redirect"
        assert "Location" not in answer.headers
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.body == b"" if method == "HEAD" else answer.json()["type"].endswith(":not-found")

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=0", "", "\x7f"])
    def test_a_404_is_a_problem_whatever_is_accepted(self, served: Client, accept: str) -> None:
        """A 404 is `application/problem+json`, also for a browser."""
        answer = served.send("GET", "/nothing", headers={"Accept": accept})
        assert answer.headers["Content-Type"] == "application/problem+json"
