"""How much one request may hold: what the server is known to take, learned from its refusals."""

from __future__ import annotations

import re
from typing import Final

from twinserve.client.errors import InvalidInput, TooLarge

ROWS: Final = 10_000
"""`MAX_BATCH` of a server that sets none."""
BYTES: Final = 4 << 20
"""Half of `MAX_BODY` of a server that sets none; nginx takes 1 MiB by default, and its 413 halves this."""
STATUS: Final = 413  # Of a proxy, too, whose answer is no problem document.
SENTENCE: Final = re.compile(r"A batch may hold (\d{1,15}) instances at most", re.ASCII)


class Limits:
    """The most that a request holds. Shared by the calls of a client: what one learns serves the others."""

    def __init__(self, rows: int = ROWS, size: int = BYTES) -> None:
        self.rows, self.size = rows, size

    def learn(self, error: Exception, rows: int, size: int) -> bool:
        """Take less than this request had, which was refused; False if it was refused for something else, or had one
        row only."""
        if isinstance(error, TooLarge) or getattr(error, "status", None) == STATUS:
            self.size = min(self.size, max(size // 2, 1))
            return rows > 1
        if isinstance(error, InvalidInput) and (most := _most(error)) is not None and most < rows:
            self.rows = min(self.rows, most)
            return most > 0
        return False


def _most(error: InvalidInput) -> int | None:
    """The number of instances that a batch may hold, if that is what the error is about."""
    about_all = [one for one in error.findings if one.code == "length" and one.pointer == ""]
    told = SENTENCE.search(about_all[0].detail) if about_all else None
    return int(told[1]) if told else None
