"""A limit on the number of requests in flight."""

from __future__ import annotations

from twinserve.service.http.problem import unavailable


class Places:
    """A limit on requests in flight: `with places:` takes one of `number` places, or raises `Problem` (503) at once."""

    def __init__(self, number: int) -> None:
        self._free = [None] * number

    def __enter__(self) -> None:
        try:
            self._free.pop()  # `pop` and `append` are atomic: no lock is needed, and each takes 0.1 us.
        except IndexError:
            raise unavailable("Too many requests are in flight.") from None

    def __exit__(self, *_: object) -> None:
        self._free.append(None)
