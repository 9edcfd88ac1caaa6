"""`Client`: asks a service, and waits for its answers."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any, Self, TypeVar, overload

import httpx2

from twinserve.client.asking import AT_ONCE
from twinserve.client.bulk import ROWS, rows_of
from twinserve.client.core import Core, Options
from twinserve.client.frames.tables import DataFrame
from twinserve.client.retrying import USUAL, Retries
from twinserve.client.scoring import Destination, Sink, Source, answer_form, upload
from twinserve.client.token import ClientCredentials
from twinserve.client.transport.blocking import Blocking
from twinserve.client.transport.wire import in_our_words, options

Frame = TypeVar("Frame", bound=DataFrame)


class Client:
    """A client of the service at a URL, whatever its door, its host app or its prefix are.

    `key` is an API key; `token` a bearer token, or a function that gives one; `oauth` a client of an OAuth server.
    `model` names one of several models; without it the default model is asked. `timeout`: seconds that an attempt may
    take. `retries`: how often and how long to ask again, or a number; `at_once`: how many requests of one table are
    under way at the same time. `verify`: an `ssl.SSLContext` of your own; `transport`: one of HTTPX, for tests.

    Threads may share it. Close it, or use it as a context. Raises `AskedWrongly` for arguments that cannot be used."""

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        token: str | Callable[[], str] | None = None,
        oauth: ClientCredentials | None = None,
        model: str | None = None,
        timeout: float = 30.0,
        retries: Retries | int | None = USUAL,
        at_once: int = AT_ONCE,
        verify: ssl.SSLContext | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._core = Core(url, Options(key, token, oauth, model, timeout, retries, at_once))
        self._blocking = Blocking(httpx2.Client(**options(verify=verify, transport=transport)))

    @overload
    def predict(self, instances: Frame, *, coverage: float | None = None, request_id: str | None = None) -> Frame: ...

    @overload
    def predict(
        self,
        instances: Mapping[str, Any] | Sequence[Any],
        *,
        coverage: float | None = None,
        request_id: str | None = None,
    ) -> Any: ...

    def predict(self, instances: Any, *, coverage: float | None = None, request_id: str | None = None) -> Any:
        """The answer of `POST /predict` to an instance or a list of them; for a DataFrame a DataFrame.

        A DataFrame of pandas or Polars has the columns of a training table, named by dotted paths, in any order; it and
        a list may have any number of rows. The answer has the columns `label` and `probabilities.CLASS`, or `value`,
        `warnings`, and with `coverage` `set`, or `low` and `high`; with pandas the table's index.

        Raises `InvalidInput`, whose findings name column and row, and the other errors of `twinserve.client`."""
        return self._blocking.run(self._core.predict(instances, coverage, request_id))

    @overload
    def explain(
        self,
        instances: Frame,
        *,
        class_: str | None = None,
        top: int | None = None,
        request_id: str | None = None,
    ) -> Frame: ...

    @overload
    def explain(
        self,
        instances: Mapping[str, Any] | Sequence[Any],
        *,
        class_: str | None = None,
        top: int | None = None,
        request_id: str | None = None,
    ) -> Any: ...

    def explain(
        self, instances: Any, *, class_: str | None = None, top: int | None = None, request_id: str | None = None
    ) -> Any:
        """The answer of `POST /explain`; a DataFrame gains the column `explanation`.

        `class_` is the class to explain, by default each row's own label; `top` how many contributions are listed."""
        return self._blocking.run(self._core.explain(instances, class_, top, request_id))

    def bulk(
        self,
        rows: Iterable[Any],
        *,
        coverage: float | None = None,
        pass_: Sequence[str] = (),
        at_a_time: int = ROWS,
        request_id: str | None = None,
    ) -> Iterator[Any]:
        """The answers to rows without end, in their order, while they come: `POST /predict` in bulk.

        For instances (dicts) the object of each; for Arrow batches (or a table of them) batches of answers. A row that
        is not valid is `{"errors": [...]}` in its place, and ends nothing. `pass_` names further columns that come back
        beside the answer. `at_a_time`: the rows of a request, each of which is asked again as any other request is."""
        bulk = self._core.bulk(coverage, pass_, at_a_time, request_id)
        for row in rows_of(rows):
            for steps in bulk.add(row):
                yield from self._blocking.run(steps)
        for steps in bulk.end():
            yield from self._blocking.run(steps)

    def score(
        self,
        source: Source,
        destination: Destination,
        *,
        form: str | None = None,
        answer: str | None = None,
        coverage: float | None = None,
        pass_: Sequence[str] = (),
        request_id: str | None = None,
    ) -> int:
        """Answer a file in one request: `POST /predict` in bulk. Returns the size of the answer in bytes.

        `source` is a path, an open binary file, bytes, or an iterable of them; `destination` a path or an open binary
        file. Forms are `ndjson`, `csv`, `arrow` (a stream) and `parquet`, as the names of files say; the answer has the
        source's own where nothing says another. Memory does not grow with the file. A file appears at `destination`
        only when it is complete."""
        sent = upload(source, form, answer_form(destination, answer))
        sink, is_complete = Sink(destination), False
        try:
            response = self._blocking.run(self._core.score(sent, coverage, pass_, request_id))
            with closing(response), in_our_words(str(response.url)):
                for piece in response.iter_bytes():
                    sink.write(piece)
            is_complete = True
        finally:
            sink.close(is_complete=is_complete)
        return sink.size

    def schema(self) -> Any:
        """`GET /schema`: the JSON Schema of an instance."""
        return self._blocking.run(self._core.schema())

    def model(self) -> Any:
        """`GET /model`: name, version, task, classes, metrics and facts of the training."""
        return self._blocking.run(self._core.model())

    def models(self) -> list[dict[str, Any]]:
        """`GET /models`: name, version and state of each model, of every page."""
        return self._blocking.run(self._core.models())

    def card(self) -> str:
        """`GET /card`: the model card as Markdown."""
        return self._blocking.run(self._core.card())

    def openapi(self) -> Any:
        """`GET /openapi.json`."""
        return self._blocking.run(self._core.openapi())

    def health(self) -> Any:
        """`GET /health/ready`: what it says, ready or not."""
        return self._blocking.run(self._core.health())

    def ready(self) -> bool:
        """May the service take traffic? One attempt; False as well where nobody answers."""
        return self._blocking.run(self._core.ready())

    def close(self) -> None:
        """Close the connections."""
        self._blocking.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._core.address.of_model('')}>"
