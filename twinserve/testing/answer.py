"""`Answer`: status, headers and body of a response; `Send`: the type of the function that sends a request."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

UNLIKE: Final = frozenset({"server-timing", "date", "server", "connection"})
"""Headers that differ between two replies to the same request, or that a server adds."""


class Headers(Mapping[str, str]):
    """The headers of an answer, by name in any case; of a header that came twice, the first value."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self.pairs = [(name.lower(), value) for name, value in pairs]

    def __getitem__(self, name: str) -> str:
        for given, value in self.pairs:
            if given == name.lower():
                return value
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in dict(self.pairs)

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self.pairs))

    def __len__(self) -> int:
        return len(dict(self.pairs))

    def every(self, name: str) -> list[str]:
        """All values of a name, in their order."""
        return [value for given, value in self.pairs if given == name.lower()]

    def __repr__(self) -> str:
        return repr(self.pairs)


@dataclass(frozen=True)
class Answer:
    """A response: status, headers and body."""

    status: int
    headers: Headers
    body: bytes

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str] | Iterable[tuple[str, str]], body: bytes) -> Answer:
        """An answer from what a test client returns; pairs keep a header that came twice, a mapping does not."""
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        return cls(status, Headers(pairs), body)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def comparable(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body without the headers in `UNLIKE`: equal for two answers to the same request."""
        return self.status, sorted(pair for pair in self.headers.pairs if pair[0] not in UNLIKE), self.body


Send = Callable[[str, str, bytes, Mapping[str, str]], Answer]
"""Sends one request, given as method, path (with its query), body and headers, and returns the response.

The path is percent-encoded already. No redirect is followed."""
