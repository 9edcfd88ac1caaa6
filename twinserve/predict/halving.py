"""Predicting a batch though some of its rows make the predictor fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol, Self, TypeVar


class Sliceable(Protocol):
    """Rows, requests or anything else that has a length and slices."""

    def __len__(self) -> int:
        """How many there are."""

    def __getitem__(self, part: slice, /) -> Self:
        """Some of them."""


BatchT = TypeVar("BatchT", bound=Sliceable)
ResultT = TypeVar("ResultT")
ErrorT = TypeVar("ErrorT", bound=Exception)


def by_halves(
    predict: Callable[[BatchT], ResultT], batch: BatchT, errors: type[ErrorT]
) -> Iterator[tuple[BatchT, ResultT | ErrorT]]:
    """The parts of a batch, in order, each with its result, by as few calls as it takes.

    Where a call raises one of `errors`, each half is tried; an element that fails by itself comes with its exception.
    So one failing element of n costs 2 log2(n) more calls. An empty batch has no parts.
    """
    if not len(batch):
        return
    try:
        result = predict(batch)
    except errors as error:
        if len(batch) == 1:
            yield batch, error
            return
    else:
        yield batch, result
        return
    middle = len(batch) // 2
    yield from by_halves(predict, batch[:middle], errors)
    yield from by_halves(predict, batch[middle:], errors)
