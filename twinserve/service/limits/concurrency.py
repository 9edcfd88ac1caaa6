"""How many requests may be under way at once."""

from __future__ import annotations

from twinserve.service.http.problem import unavailable


class Places:
    """`with places:` takes one of a bounded number of places, or raises `Problem` (503) at once."""

    def __init__(self, number: int) -> None:
        self._free = [None] * number

    def __enter__(self) -> None:
        try:
            self._free.pop()  # Taking from a list and giving back are atomic: no lock, and 0.1 us.
        except IndexError:
            raise unavailable("As many requests as the service takes at once are in flight.") from None

    def __exit__(self, *_: object) -> None:
        self._free.append(None)
