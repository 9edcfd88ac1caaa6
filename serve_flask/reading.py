"""A request's body inside somebody's app, where others may have read it before or may limit it."""

from __future__ import annotations

from functools import cached_property
from io import BytesIO
from typing import IO

from flask import request


class Body:
    """The body of this request, as WSGI has it. What a hook has read already, Flask keeps for us; the app's own limit
    of its length holds."""

    def read(self, size: int = -1) -> bytes:
        """Some of it."""
        return self._stream.read(size)

    @cached_property
    def _stream(self) -> IO[bytes]:
        return BytesIO(request.get_data()) if "stream" in vars(request) else request.stream
