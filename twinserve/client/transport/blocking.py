"""Carries out steps with a client of HTTPX that blocks. Threads may share it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import chain, islice
from threading import Lock
from typing import Any, TypeVar

import httpx2

from twinserve.client.messages import Action, Alone, Open, Request, Response, Send, Steps, Together, Wait
from twinserve.client.transport.wire import Arriving, arguments, in_our_words, is_wanted

T = TypeVar("T")


class Blocking:
    """Runs steps; `http` is closed with it."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self._locks = {"token": Lock(), "schema": Lock()}

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def run(self, steps: Steps[T]) -> T:
        """Carry out the actions of these steps, one after another; gives their result."""
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
            case Open(request, pieces):
                return self._opened(request, pieces())
            case Wait(seconds):
                return time.sleep(seconds)
            case Alone(name, steps):
                with self._locks[name]:
                    return self.run(steps)
            case Together():
                return self._together(action)

    def _sent(self, request: Request) -> Response:
        with in_our_words(request.url):
            response = self._http.send(self._http.build_request(**arguments(request)), stream=True)
            return _whole(response, request)

    def _opened(self, request: Request, pieces: Iterator[bytes]) -> Response | httpx2.Response:
        with in_our_words(request.url):
            given = self._http.build_request(**arguments(request) | {"content": pieces})
            response = self._http.send(given, stream=True)
            return response if is_wanted(response, request) else _whole(response, request, is_wanted=False)

    def _together(self, action: Together) -> list[Any]:
        """The results of some steps in their order; threads take one after another, where there are several."""
        given = enumerate(action.steps)
        first = list(islice(given, 2))
        if len(first) < 2:
            return [self.run(steps) for _, steps in first]
        todo = _Todo(chain(first, given))
        with ThreadPoolExecutor(action.at_once, "twinserve-client") as pool:
            working = [pool.submit(copy_context().run, todo.work, self.run) for _ in range(action.at_once)]
            try:
                for one in working:
                    one.result()
            except BaseException:
                todo.stop()
                raise
        return todo.results()


def _whole(response: httpx2.Response, request: Request, *, is_wanted: bool = True) -> Response:
    """The response with its body, or the beginning of one that is not wanted, and closed."""
    try:
        arriving = Arriving(response, request, is_wanted=is_wanted)
        for piece in response.iter_bytes():
            if not arriving.add(piece):
                break
    finally:
        response.close()
    return arriving.whole()


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
