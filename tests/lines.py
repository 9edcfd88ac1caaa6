"""A protocol for tests: instances as lines of JSON, answered line by line while they arrive. As a program, a server of
the named door with this protocol beside the native one."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator

from twinserve.predict.rendering import Predict
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.parameters import Parameter
from twinserve.service.http.problem import Problem
from twinserve.service.http.routes import Route
from twinserve.service.protocols.dialect import Asked, Codec, Dialect
from twinserve.service.protocols.native import NATIVE
from twinserve.service.settings import Settings

TYPE = "text/x-lines"


class LinesStream:
    """Answers each line with its label, and the end with the number of lines."""

    media_type = TYPE
    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, codec: Codec, predict: Predict, asked: Asked) -> None:
        self._codec, self._predict, self._asked = codec, predict, asked
        self._rest = b""
        self._number = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Answer the complete lines."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        yield self._answer(lines)

    def end(self) -> Iterator[bytes]:
        """Answer the last line, then write the number of lines."""
        if self._rest:
            yield self._answer([self._rest])
        for _ in range(int(self._asked.query.get("more", "0"))):
            yield b"more\n" * 10_000
        yield b"%d lines" % self._number

    def close(self) -> None:
        """There is nothing to drop."""

    def _answer(self, lines: list[bytes]) -> bytes:
        if not lines:
            return b""
        batch = self._codec.read(b"[" + b",".join(lines) + b"]", self._asked)
        predictions, _ = self._predict(batch.columns)
        self._number += len(lines)
        assert predictions.labels is not None
        return b"".join(b"%d\n" % label for label in predictions.labels)


def lines_only(header: HeaderLookup) -> None:
    """Refuse any other Content-Type with 415."""
    if header("content-type") != TYPE:
        raise Problem("unsupported-media-type", f"Content-Type must be {TYPE}.")


LINES = Dialect(
    "lines",
    (Route("lines", "/lines", ("POST",), "predict", "Lines", "stream", (Parameter("more", str),)),),
    lines_only,
    NATIVE.codec,
    Problem.reply,
    {},
    LinesStream,
)


def main(door: str) -> None:
    """Run the door's program with this dialect added."""
    from twinserve.service.service import Service

    def opened(settings: Settings) -> Service:
        return plain(settings, [LINES])

    plain, Service.open = Service.open, opened  # type: ignore[assignment,method-assign]  # The program stays as it is.
    sys.argv = [door]
    runpy.run_module(door, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1])
