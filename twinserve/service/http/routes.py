"""The table of routes: paths, methods and scopes. Both doors register exactly these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal, get_args

from twinserve.service.http.parameters import AFTER, CLASS, COVERAGE, LIMIT, PASS, TOP, Parameter

Kind = Literal["predict", "stream", "read", "token", "form"]
"""How a path is answered: by the model, whole or piece by piece, by what is only read, with a token, or with a page by
the model. Each door has one function for each, the same for `predict` and `form`."""
Scope = Literal["predict", "read", "manage"]
PART: Final = re.compile(r"\{(\w+)\}")
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)


@dataclass(frozen=True)
class Route:
    """One path and its methods; `name` (letters, digits, underscores) is its label in the metrics."""

    name: str
    path: str
    """It may have path parameters, as in `/models/{name}`; their values are not empty and contain no slash."""
    methods: tuple[str, ...]
    scope: Scope | None
    """The scope that a caller needs; None opens the path to everybody, so there is no default."""
    summary: str
    kind: Kind = "read"
    query: tuple[Parameter, ...] | None = None
    """The query parameters that it accepts; None: the query is ignored."""
    explains: bool = False
    """Does it say why a prediction is what it is?"""
    page: Scope | None = None
    """The scope that its page needs, which callers get that prefer HTML; None for a path without a page."""
    renders: bool = False
    """Is its answer rendered? The first one of a version then takes 0.1 s."""
    is_probe: bool = False
    """Is it asked by probes, and so never limited by a rate? Those of our own are in `HEALTH`."""
    beside: tuple[str, ...] = ()
    """The methods that another route of the same path takes; a path's first route answers all that none takes."""

    is_general: bool = False
    """Does it concern no model, or all of them? Else it concerns the one that its path names, or the default model."""

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the path parameters."""
        return tuple(PART.findall(self.path))

    @property
    def allow(self) -> str:
        """The value of the Allow header, sorted."""
        return ", ".join(sorted({*self.methods, *self.beside, "OPTIONS"}))


READ: Final = ("GET", "HEAD")

ROUTES: Final = (
    Route(
        *("predict", "/predict", ("POST",), "predict", "Predict for one instance or for an array of them", "predict"),
        (COVERAGE, PASS),
    ),
    Route(
        *("explain", "/explain", ("POST",), "predict", "Predict, and say how much each field contributed", "predict"),
        (CLASS, TOP),
        explains=True,
    ),
    Route("schema", "/schema", READ, "read", "The JSON Schema of one instance"),
    Route("openapi", "/openapi.json", READ, "read", "This service as an OpenAPI document"),
    Route("bulk_openapi", "/openapi/bulk.json", READ, "read", "Bulk: the OpenAPI document", is_general=True),
    Route("docs", "/docs", READ, "read", "The OpenAPI document as a page", renders=True, is_general=True),
    Route("model", "/model", READ, "read", "The model: facts, metrics and origin"),
    Route("models", "/models", READ, "read", "The models, page by page", query=(LIMIT, AFTER), is_general=True),
    Route("named_model", "/models/{name}", READ, "read", "A model: facts, metrics and origin"),
    Route(
        *(
            "named_predict",
            "/models/{name}/predict",
            ("POST",),
            "predict",
            "Predict by that model",
            "predict",
        ),
        (COVERAGE, PASS),
    ),
    Route(
        *("named_explain", "/models/{name}/explain", ("POST",), "predict", "Predict by it, and explain", "predict"),
        (CLASS, TOP),
        explains=True,
    ),
    Route("named_schema", "/models/{name}/schema", READ, "read", "The JSON Schema of one of its instances"),
    Route("named_openapi", "/models/{name}/openapi.json", READ, "read", "Its paths as an OpenAPI document"),
    Route("named_card", "/models/{name}/card", READ, "read", "Its model card", page="read", renders=True),
    Route("live", "/health/live", READ, None, "Liveness"),
    Route("ready", "/health/ready", READ, None, "Readiness"),
    Route("healthz", "/healthz", READ, None, "Liveness, by another name"),
    Route("livez", "/livez", READ, None, "Liveness, by another name"),
    Route("readyz", "/readyz", READ, None, "Readiness, by another name"),
    Route("metrics", "/metrics", READ, "manage", "Metrics for Prometheus"),
    Route(
        *("index", "/", READ, None, "The index of paths; for people a page"),
        page="read",
        renders=True,
        beside=("POST",),
    ),
    Route(
        "form", "/", ("POST",), "predict", "The form of that page: predict, and answer with a page", "form", beside=READ
    ),
    Route("card", "/card", READ, "read", "The model card, as a page or as Markdown", page="read", renders=True),
    Route("live_page", "/live", READ, "manage", "What happens now, as a page", page="manage", renders=True),
    Route("asset", "/assets/{name}", READ, None, "A style or script of the pages"),
)
PAGES: Final = frozenset({"form", "card", "named_card", "live_page", "asset"})
"""The routes that there are for the sake of pages only."""
WITHOUT_PAGES: Final = tuple(
    replace(route, page=None, beside=(), summary="The index of paths") if route.name == "index" else route
    for route in ROUTES
    if route.name not in PAGES
)
"""The table of a service without pages."""
BULK: Final = frozenset({"predict", "named_predict"})
"""The routes that take and give many rows in other forms than JSON, too."""
HEALTH: Final = frozenset({"live", "ready", "healthz", "livez", "readyz"})
"""The routes that probes ask: without credentials, and never limited by a rate."""
TOKEN: Final = Route(
    "token", "/oauth/token", ("POST",), None, "A token for a client (RFC 6749, client credentials)", "token"
)
"""In the table only if this service issues tokens. It has no scope: the request itself authenticates the caller."""
BY_NAME: Final[Mapping[str, Route]] = {route.name: route for route in (*ROUTES, TOKEN)}


def first_routes(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The first route of each path: it answers the methods that none of that path takes."""
    first: dict[str, Route] = {}
    for route in routes:
        first.setdefault(route.path, route)
    return tuple(first.values())


def longer_ends(routes: Iterable[Route]) -> Mapping[str, tuple[str, ...]]:
    """By path, such as `/v1/models/{name}`: what others of these routes have behind it, such as `:predict`. A path with
    such an end is theirs, whatever its method."""
    paths = {route.path for route in routes}
    found = {path: tuple(sorted(p.removeprefix(path) for p in paths if p.startswith(f"{path}:"))) for path in paths}
    return {path: ends for path, ends in found.items() if ends}
