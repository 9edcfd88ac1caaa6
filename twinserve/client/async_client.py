"""`AsyncClient`: the same questions as those of `Client`, awaited."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping, Sequence
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


class AsyncClient:
    """See `Client`, whose arguments and methods it has; of one event loop. `token` may not wait."""

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
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._core = Core(url, Options(key, token, oauth, model, timeout, retries, at_once))
        self._locks = {"token": asyncio.Lock(), "schema": asyncio.Lock()}
        self._http = httpx2.AsyncClient(**options(verify=verify, transport=transport))

    @overload
    async def predict(
        self, instances: Frame, *, coverage: float | None = None, request_id: str | None = None
    ) -> Frame: ...

    @overload
    async def predict(
        self,
        instances: Mapping[str, Any] | Sequence[Any],
        *,
        coverage: float | None = None,
        request_id: str | None = None,
    ) -> Any: ...

    async def predict(self, instances: Any, *, coverage: float | None = None, request_id: str | None = None) -> Any:
        """See `Client.predict`."""
        return await self._run(self._core.predict(instances, coverage, request_id))

    @overload
    async def explain(
        self,
        instances: Frame,
        *,
        class_: str | None = None,
        top: int | None = None,
        request_id: str | None = None,
    ) -> Frame: ...

    @overload
    async def explain(
        self,
        instances: Mapping[str, Any] | Sequence[Any],
        *,
        class_: str | None = None,
        top: int | None = None,
        request_id: str | None = None,
    ) -> Any: ...

    async def explain(
        self, instances: Any, *, class_: str | None = None, top: int | None = None, request_id: str | None = None
    ) -> Any:
        """See `Client.explain`."""
        return await self._run(self._core.explain(instances, class_, top, request_id))

    async def schema(self) -> Any:
        """See `Client.schema`."""
        return await self._run(self._core.schema())

    async def model(self) -> Any:
        """See `Client.model`."""
        return await self._run(self._core.model())

    async def models(self) -> list[dict[str, Any]]:
        """See `Client.models`."""
        return await self._run(self._core.models())

    async def card(self) -> str:
        """See `Client.card`."""
        return await self._run(self._core.card())

    async def openapi(self) -> Any:
        """See `Client.openapi`."""
        return await self._run(self._core.openapi())

    async def health(self) -> Any:
        """See `Client.health`."""
        return await self._run(self._core.health())

    async def ready(self) -> bool:
        """See `Client.ready`."""
        return await self._run(self._core.ready())

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._core.address.of_model('')}>"

    async def _run(self, steps: Steps[T]) -> T:
        """Carry out the actions of these steps, one after another."""
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
            case Wait(seconds):
                return await asyncio.sleep(seconds)
            case Alone(name, steps):
                async with self._locks[name]:
                    return await self._run(steps)
            case Together():
                return await self._together(action)

    async def _sent(self, request: Request) -> Response:
        with in_our_words(request.url):
            response = await self._http.send(self._http.build_request(**arguments(request)), stream=True)
            try:
                arriving = Arriving(response, request)
                async for piece in response.aiter_bytes():
                    if not arriving.add(piece):
                        break
            finally:
                await response.aclose()
        return arriving.whole()

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
                results[number] = await self._run(steps)

        working = [asyncio.create_task(work()) for _ in range(action.at_once)]
        try:
            await asyncio.gather(*working)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)
        return [results[number] for number in sorted(results)]
