"""Chunks of rows to encoded answers on every core, in the order of the rows: one thread reads ahead, some answer."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any, Final, Generic, NamedTuple, TypeVar

from twinserve.bulk.reading.rows import Chunk

AHEAD: Final = 2
"""Chunks that are read before they are asked for; as many more wait for a core."""
ItemT = TypeVar("ItemT")


class Encoded(NamedTuple):
    """The answers to a chunk, all but written."""

    content: Any
    rows: int
    bad_rows: int
    end: int
    """Where the next rows begin."""


Work = Callable[[Any], tuple[Any, int, int]]
"""The encoded answers to some rows, their number, and that of those with errors."""


def encoded(chunks: Iterator[Chunk], work: Work, threads: int) -> Iterator[Encoded]:
    """The answers to these chunks, in their order."""
    pending: deque[tuple[Chunk, Future[tuple[Any, int, int]]]] = deque()
    with closing(ReadAhead(chunks)) as ahead, ThreadPoolExecutor(threads) as pool:
        try:
            for chunk in ahead:
                pending.append((chunk, pool.submit(work, chunk.rows)))
                if len(pending) >= threads + AHEAD:
                    yield _done(*pending.popleft())
            while pending:
                yield _done(*pending.popleft())
        finally:
            for _, future in pending:
                future.cancel()


def _done(chunk: Chunk, future: Future[tuple[Any, int, int]]) -> Encoded:
    return Encoded(*future.result(), chunk.end)


class ReadAhead(Generic[ItemT]):
    """Iterates in a thread of its own, a few items ahead; what that raises is raised where the item was."""

    def __init__(self, items: Iterable[ItemT]) -> None:
        self._items, self._held = items, queue.Queue[tuple[bool, Any]](AHEAD)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="read ahead", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put((True, item)):
                    return
        except BaseException as error:  # It is raised in the other thread.
            self._put((False, error))
        else:
            self._put((False, None))

    def _put(self, item: tuple[bool, Any]) -> bool:
        while not self._is_over.is_set():
            try:
                self._held.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def __iter__(self) -> Iterator[ItemT]:
        while True:
            is_item, item = self._held.get()
            if is_item:
                yield item
            elif item is None:
                return
            else:
                raise item

    def close(self) -> None:
        """End the thread."""
        self._is_over.set()
        self._thread.join()
