"""Everything that a client can ask, as steps: the same for a client that blocks and one that awaits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import NoneType
from typing import Any, Final

from twinserve.client import replies
from twinserve.client.address import Address
from twinserve.client.asking import AT_ONCE, Asked, Asking
from twinserve.client.bulk import Bulk
from twinserve.client.calling import Caller, Clock, checked_id
from twinserve.client.errors import ConnectionFailed, Forbidden, NotFound, TimedOut
from twinserve.client.frames.tables import as_table, is_lazy
from twinserve.client.limits import Limits
from twinserve.client.messages import Alone, Response, Steps
from twinserve.client.retrying import USUAL, Retries, retries_of
from twinserve.client.scoring import Upload
from twinserve.client.token import ClientCredentials, Credentials
from twinserve.errors import AskedWrongly

JSON: Final = {"Accept": "application/json"}
MARKDOWN: Final = {"Accept": "text/markdown"}
PAGE: Final = 1_000
"""Models of a page of `/models`, the most that the service lists at once."""


@dataclass(frozen=True)
class Options:
    """What a client is told when it is made, as `Client` has it."""

    key: str | None = None
    token: str | Callable[[], str] | None = None
    oauth: ClientCredentials | None = None
    model: str | None = None
    timeout: float = 30.0
    retries: Retries | int | None = USUAL
    at_once: int = AT_ONCE


class Core:
    """The questions about one model of a service."""

    def __init__(self, url: str, options: Options, clock: Clock = time.monotonic) -> None:
        """Raises `AskedWrongly` for options that cannot be used."""
        if options.at_once < 1:
            raise AskedWrongly("at_once is at least 1.")
        self.address, self._at_once = Address(url, options.model), options.at_once
        credentials = Credentials(options.key, options.token, options.oauth)
        retries = retries_of(options.retries)
        self._caller = Caller(self.address.url, credentials, options.timeout, retries, clock)
        self._limits = {"/predict": Limits(), "/explain": Limits(rows=1_000)}
        self._schema: bytes | None = None

    def predict(self, instances: Any, coverage: float | None, request_id: str | None) -> Steps[Any]:
        """`POST /predict`."""
        return self._ask("/predict", instances, {"coverage": _number(coverage)}, request_id)

    def explain(self, instances: Any, class_: str | None, top: int | None, request_id: str | None) -> Steps[Any]:
        """`POST /explain`."""
        return self._ask("/explain", instances, {"class": class_, "top": top}, request_id)

    def bulk(self, coverage: float | None, passed: Sequence[str], at_a_time: int, request_id: str | None) -> Bulk:
        """`POST /predict` in bulk, of rows that come one after another."""
        return Bulk(self._caller, self._bulk_url(coverage, passed), request_id, at_a_time, passed)

    def score(
        self, upload: Upload, coverage: float | None, passed: Sequence[str], request_id: str | None
    ) -> Steps[Any]:
        """`POST /predict` in bulk, of a whole file: an open response of HTTPX."""
        url = self._bulk_url(coverage, passed)
        opened = yield from self._caller.open(url, upload, checked_id(request_id))
        return replies.require(opened, upload.headers["Accept"]) if isinstance(opened, Response) else opened

    def _bulk_url(self, coverage: float | None, passed: Sequence[str]) -> str:
        if isinstance(passed, str):
            raise AskedWrongly("pass_ is a list of columns.")
        return self.address.of_model("/predict", {"coverage": _number(coverage), "pass": ",".join(passed) or None})

    def _ask(self, path: str, instances: Any, query: Mapping[str, Any], request_id: str | None) -> Steps[Any]:
        url = self.address.of_model(path, query)
        asking = Asking(self._caller, Asked(url, request_id), self._limits[path], self._at_once)
        table = as_table(instances)
        if table is not None:
            return (yield from asking.table(table, self.schema_text))
        if is_lazy(instances):
            raise AskedWrongly("A LazyFrame is no table yet; collect() makes one.")
        if isinstance(instances, Mapping):
            return (yield from asking.one(instances))
        if isinstance(instances, Sequence) and not isinstance(instances, (str, bytes, bytearray)):
            return (yield from asking.many(instances))
        raise AskedWrongly(
            f"Give an instance (a dict), a list of them, or a DataFrame of pandas or Polars; "
            f"not a value of the type {type(instances).__name__}."
        )

    def schema(self) -> Steps[Any]:
        """`GET /schema`."""
        response = yield from self._read(self.address.of_model("/schema"))
        return replies.value(response)

    def schema_text(self, *, renew: bool = False) -> Steps[bytes | None]:
        """The schema's bytes, kept from the last time; None where these credentials may not read it."""
        if self._schema is None or renew:
            yield Alone("schema", self._read_schema(self._schema))
        return self._schema or None

    def _read_schema(self, known: bytes | None) -> Steps[None]:
        if self._schema is not known:
            return  # Another caller has just read it.
        response = yield from self._read(self.address.of_model("/schema"))
        try:
            replies.value(response)
            self._schema = response.body
        except (Forbidden, NotFound):
            self._schema = b""

    def model(self) -> Steps[Any]:
        """`GET /model`."""
        return replies.value((yield from self._read(self.address.of_model("" if self.address.model else "/model"))))

    def models(self) -> Steps[list[dict[str, Any]]]:
        """`GET /models`, every page of it."""
        found: list[dict[str, Any]] = []
        after, told = None, set[str]()
        while True:
            response = yield from self._read(self.address.of("/models", {"limit": PAGE, "after": after}))
            page = replies.value(response, _is_page)
            found += page["models"]
            if page["next"] is None:
                return found
            if not page["models"] or page["next"] in told:
                raise replies.unexpected(response, "a page that leads to no other")
            after = page["next"]
            told.add(after)

    def card(self) -> Steps[str]:
        """`GET /card`, as Markdown."""
        response = yield from self._caller.call("GET", self.address.of_model("/card"), headers=MARKDOWN)
        return replies.require(response, MARKDOWN["Accept"]).body.decode("utf-8", "replace")

    def openapi(self) -> Steps[Any]:
        """`GET /openapi.json`."""
        return replies.value((yield from self._read(self.address.of_model("/openapi.json"))))

    def health(self) -> Steps[Any]:
        """`GET /health/ready`, whether it is 200 or 503."""
        response = yield from self._health()
        if response.status == HTTPStatus.SERVICE_UNAVAILABLE and response.media_type == "application/json":
            return replies.parsed(response, response.body)
        return replies.value(response)

    def ready(self) -> Steps[bool]:
        """May it take traffic? Somebody who cannot be reached may not."""
        try:
            response = yield from self._health()
        except (ConnectionFailed, TimedOut):
            return False
        return response.status == HTTPStatus.OK

    def _health(self) -> Steps[Response]:
        return self._caller.call("GET", self.address.of("/health/ready"), headers=JSON, once=True)

    def _read(self, url: str) -> Steps[Response]:
        return self._caller.call("GET", url, headers=JSON)


def _is_page(given: Any) -> bool:
    """Is it a page of `/models`?"""
    if not isinstance(given, dict) or not isinstance(given.get("next", 0), (str, NoneType)):
        return False
    models = given.get("models")
    return isinstance(models, list) and all(map(replies.is_object, models))


def _number(coverage: object) -> str | None:
    """A coverage as JSON writes it."""
    if coverage is None:
        return None
    try:
        return json.dumps(float(coverage), allow_nan=False)  # type: ignore[arg-type]  # What is no number raises.
    except (TypeError, ValueError):
        raise AskedWrongly("coverage is a number, such as 0.9.") from None
