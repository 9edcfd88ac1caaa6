"""Streamed requests: answered while the body arrives."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING

from twinserve.service.exchange import Exchange
from twinserve.service.http.problem import incomplete_body
from twinserve.service.http.reply import StreamedReply
from twinserve.service.inference.streaming import STEP_SIZE, Streaming
from twinserve.service.raw_refusals import too_slow
from twinserve.service.settings import Settings
from twinserve.wsgi.deadline import reply_of_step
from twinserve.wsgi.environ_keys import CAN_STREAM
from twinserve.wsgi.input_stream import input_stream
from twinserve.wsgi.second_call import StreamAwaited

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


class CutOff(Exception):
    """Ends an answer before its end; the service's own log tells why."""


def streamed(settings: Settings, streaming: Streaming, environ: WSGIEnvironment) -> StreamedReply:
    """The reply, once its first bytes are there; raises `Problem` if the request fails before them."""
    pieces = answer_pieces(settings, streaming, environ)
    first = next(pieces, b"")
    return StreamedReply(HTTPStatus.OK, chain((first,), pieces), streaming.media_type, streaming.headers)


def answer_pieces(settings: Settings, streaming: Streaming, environ: WSGIEnvironment) -> Iterator[bytes]:
    """After each step of the body, what can be answered so far; then the rest.

    Many a client reads nothing until it has sent everything. Our own server goes on reading then; under any other one
    nothing is answered before the body has been read."""
    with streaming:
        if environ.get(CAN_STREAM) is False:
            raise StreamAwaited
        answer = relayed(settings, streaming, environ)
        if CAN_STREAM in environ:
            yield from filter(None, answer)
            return
        is_read = False
        for piece in answer:
            if piece is None:
                is_read = True
            else:
                streaming.spool.add(piece)
            while streaming.spool and (is_read or streaming.spool.is_full):
                yield streaming.spool.take()


def relayed(settings: Settings, streaming: Streaming, environ: WSGIEnvironment) -> Iterator[bytes | None]:
    """The pieces of the answer as they are made, with None once the body has been read."""
    for chunk in body_pieces(settings, environ):
        for step in streaming.feed(chunk):
            if piece := reply_of_step(step, settings.predict_timeout).body:
                yield piece
    yield None
    for step in streaming.end():
        if piece := reply_of_step(step, settings.predict_timeout).body:
            yield piece


def body_pieces(settings: Settings, environ: WSGIEnvironment) -> Iterator[bytes]:
    """The body as it arrives, in pieces of at most `STEP_SIZE` bytes."""
    stream = input_stream(environ)
    try:
        while chunk := stream.read(STEP_SIZE):
            yield chunk
    except TimeoutError:
        raise too_slow(settings) from None


def sent(exchange: Exchange, reply: StreamedReply) -> Generator[bytes]:
    """The pieces of an answer as a WSGI iterable; finishes the exchange."""
    try:
        yield from reply.pieces
    except GeneratorExit:  # The client has gone.
        exchange.cut(incomplete_body(), reply)
        raise
    except Exception as error:
        exchange.cut(error, reply)
        raise CutOff("An answer was cut off; the service's log has the reason.") from None
    exchange.finish(reply)
