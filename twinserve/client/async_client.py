"""`AsyncClient`: the same questions as those of `Client`, awaited."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Self, TypeVar, overload

import httpx2

from twinserve.client.asking import AT_ONCE
from twinserve.client.bulk import ROWS, rows_of
from twinserve.client.core import Core, Options
from twinserve.client.frames.tables import DataFrame
from twinserve.client.retrying import USUAL, Retries
from twinserve.client.scoring import Destination, Sink, Source, answer_form, upload
from twinserve.client.token import ClientCredentials
from twinserve.client.transport.awaiting import Awaiting
from twinserve.client.transport.wire import in_our_words, options

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
        self._awaiting = Awaiting(httpx2.AsyncClient(**options(verify=verify, transport=transport)))

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
        return await self._awaiting.run(self._core.predict(instances, coverage, request_id))

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
        return await self._awaiting.run(self._core.explain(instances, class_, top, request_id))

    async def bulk(
        self,
        rows: Iterable[Any] | AsyncIterable[Any],
        *,
        coverage: float | None = None,
        pass_: Sequence[str] = (),
        at_a_time: int = ROWS,
        request_id: str | None = None,
    ) -> AsyncIterator[Any]:
        """See `Client.bulk`; rows may come asynchronously as well."""
        bulk = self._core.bulk(coverage, pass_, at_a_time, request_id)
        async for row in _each(rows):
            for steps in bulk.add(row):
                for answer in await self._awaiting.run(steps):
                    yield answer
        for steps in bulk.end():
            for answer in await self._awaiting.run(steps):
                yield answer

    async def score(
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
        """See `Client.score`."""
        sent = upload(source, form, answer_form(destination, answer))
        sink, is_complete = Sink(destination), False
        try:
            response = await self._awaiting.run(self._core.score(sent, coverage, pass_, request_id))
            async with aclosing(response):
                with in_our_words(str(response.url)):
                    async for piece in response.aiter_bytes():
                        await asyncio.to_thread(sink.write, piece)
            is_complete = True
        finally:
            sink.close(is_complete=is_complete)
        return sink.size

    async def schema(self) -> Any:
        """See `Client.schema`."""
        return await self._awaiting.run(self._core.schema())

    async def model(self) -> Any:
        """See `Client.model`."""
        return await self._awaiting.run(self._core.model())

    async def models(self) -> list[dict[str, Any]]:
        """See `Client.models`."""
        return await self._awaiting.run(self._core.models())

    async def card(self) -> str:
        """See `Client.card`."""
        return await self._awaiting.run(self._core.card())

    async def openapi(self) -> Any:
        """See `Client.openapi`."""
        return await self._awaiting.run(self._core.openapi())

    async def health(self) -> Any:
        """See `Client.health`."""
        return await self._awaiting.run(self._core.health())

    async def ready(self) -> bool:
        """See `Client.ready`."""
        return await self._awaiting.run(self._core.ready())

    async def close(self) -> None:
        """Close the connections."""
        await self._awaiting.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._core.address.of_model('')}>"


async def _each(rows: Iterable[Any] | AsyncIterable[Any]) -> AsyncIterator[Any]:
    """The rows, whichever way they come."""
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows_of(rows):
            yield row
