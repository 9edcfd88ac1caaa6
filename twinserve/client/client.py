"""`Client`: asks a service, and waits for its answers."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import chain, islice
from threading import Lock
from typing import Any, Self, TypeVar, overload

import httpx2

from twinserve.client.asking import AT_ONCE
from twinserve.client.core import Core, Options
from twinserve.client.messages import Action, Alone, Request, Response, Send, Steps, Together, Wait
from twinserve.client.retrying import USUAL, Retries
from twinserve.client.tables import DataFrame
from twinserve.client.token import ClientCredentials
from twinserve.client.wire import Arriving, arguments, in_our_words, options

T = TypeVar("T")
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
        self._locks = {"token": Lock(), "schema": Lock()}
        self._http = httpx2.Client(**options(verify=verify, transport=transport))

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
        return self._run(self._core.predict(instances, coverage, request_id))

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
        return self._run(self._core.explain(instances, class_, top, request_id))

    def schema(self) -> Any:
        """`GET /schema`: the JSON Schema of an instance."""
        return self._run(self._core.schema())

    def model(self) -> Any:
        """`GET /model`: name, version, task, classes, metrics and facts of the training."""
        return self._run(self._core.model())

    def models(self) -> list[dict[str, Any]]:
        """`GET /models`: name, version and state of each model, of every page."""
        return self._run(self._core.models())

    def card(self) -> str:
        """`GET /card`: the model card as Markdown."""
        return self._run(self._core.card())

    def openapi(self) -> Any:
        """`GET /openapi.json`."""
        return self._run(self._core.openapi())

    def health(self) -> Any:
        """`GET /health/ready`: what it says, ready or not."""
        return self._run(self._core.health())

    def ready(self) -> bool:
        """May the service take traffic? One attempt; False as well where nobody answers."""
        return self._run(self._core.ready())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._core.address.of_model('')}>"

    def _run(self, steps: Steps[T]) -> T:
        """Carry out the actions of these steps, one after another."""
        result: Any = None
        failure: Exception | None = None
        try:
            while True:
                action = steps.send(result) if failure is None else steps.throw(failure)
                result = failure = None
                try:
                    result = self._done(action)
                except Exception as error:  # The steps decide.
                    failure = error
        except StopIteration as end:
            value: T = end.value
            return value

    def _done(self, action: Action) -> Any:
        match action:
            case Send(request):
                return self._sent(request)
            case Wait(seconds):
                return time.sleep(seconds)
            case Alone(name, steps):
                with self._locks[name]:
                    return self._run(steps)
            case Together():
                return self._together(action)

    def _sent(self, request: Request) -> Response:
        with in_our_words(request.url):
            response = self._http.send(self._http.build_request(**arguments(request)), stream=True)
            try:
                arriving = Arriving(response, request)
                for piece in response.iter_bytes():
                    if not arriving.add(piece):
                        break
            finally:
                response.close()
        return arriving.whole()

    def _together(self, action: Together) -> list[Any]:
        """The results of some steps in their order; threads take one after another, where there are several."""
        given = enumerate(action.steps)
        first = list(islice(given, 2))
        if len(first) < 2:
            return [self._run(steps) for _, steps in first]
        todo = _Todo(chain(first, given))
        with ThreadPoolExecutor(action.at_once, "twinserve-client") as pool:
            working = [pool.submit(copy_context().run, todo.work, self._run) for _ in range(action.at_once)]
            try:
                for one in working:
                    one.result()
            except BaseException:
                todo.stop()
                raise
        return todo.results()


class _Todo:
    """Numbered steps that several threads take and run."""

    def __init__(self, steps: Iterator[tuple[int, Steps[Any]]]) -> None:
        self._steps, self._lock, self._is_over = steps, Lock(), False
        self._results: dict[int, Any] = {}

    def work(self, run: Callable[[Steps[Any]], Any]) -> None:
        """Run what is left, until there is nothing, or another thread has failed."""
        try:
            while (taken := self._next()) is not None:
                number, steps = taken
                self._results[number] = run(steps)
        except BaseException:
            self.stop()
            raise

    def _next(self) -> tuple[int, Steps[Any]] | None:
        with self._lock:
            return None if self._is_over else next(self._steps, None)

    def stop(self) -> None:
        """Begin no more steps."""
        self._is_over = True

    def results(self) -> list[Any]:
        """The results in the order of the steps."""
        return [self._results[number] for number in sorted(self._results)]
