"""Carries out steps with a client of HTTPX that awaits, in one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar

import httpx2

from twinserve.client.messages import Action, Alone, Open, Request, Response, Send, Steps, Together, Wait
from twinserve.client.transport.wire import Arriving, arguments, in_our_words, is_wanted

T = TypeVar("T")


class Awaiting:
    """Runs steps; `http` is closed with it."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http
        self._locks = {"token": asyncio.Lock(), "schema": asyncio.Lock()}

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def run(self, steps: Steps[T]) -> T:
        """See `Blocking.run`."""
        result: Any = None
        failure: Exception | None = None
        try:
            while True:
                action = steps.send(result) if failure is None else steps.throw(failure)
                result = failure = None
                try:
                    result = await self._done(action)
                except Exception as error:  # The steps decide.
                    failure = error
        except StopIteration as end:
            value: T = end.value
            return value

    async def _done(self, action: Action) -> Any:
        match action:
            case Send(request):
                return await self._sent(request)
            case Open(request, pieces):
                return await self._opened(request, pieces())
            case Wait(seconds):
                return await asyncio.sleep(seconds)
            case Alone(name, steps):
                async with self._locks[name]:
                    return await self.run(steps)
            case Together():
                return await self._together(action)

    async def _sent(self, request: Request) -> Response:
        with in_our_words(request.url):
            response = await self._http.send(self._http.build_request(**arguments(request)), stream=True)
            return await _whole(response, request)

    async def _opened(self, request: Request, pieces: Iterator[bytes]) -> Response | httpx2.Response:
        with in_our_words(request.url):
            given = self._http.build_request(**arguments(request) | {"content": in_threads(pieces)})
            response = await self._http.send(given, stream=True)
            return response if is_wanted(response, request) else await _whole(response, request, is_wanted=False)

    async def _together(self, action: Together) -> list[Any]:
        """The results of some steps in their order; tasks take one after another. A table's rows become text in a
        thread, as ten thousand of them would hold the event loop up."""
        todo, turn = enumerate(action.steps), asyncio.Lock()
        results: dict[int, Any] = {}

        async def work() -> None:
            while True:
                async with turn:
                    taken = await asyncio.to_thread(next, todo, None)
                if taken is None:
                    return
                number, steps = taken
                results[number] = await self.run(steps)

        working = [asyncio.create_task(work()) for _ in range(action.at_once)]
        try:
            await asyncio.gather(*working)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        return [results[number] for number in sorted(results)]


async def in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of a file, each read in a thread."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


async def _whole(response: httpx2.Response, request: Request, *, is_wanted: bool = True) -> Response:
    """The response with its body, or the beginning of one that is not wanted, and closed."""
    try:
        arriving = Arriving(response, request, is_wanted=is_wanted)
        async for piece in response.aiter_bytes():
            if not arriving.add(piece):
                break
    finally:
        await response.aclose()
    return arriving.whole()
