"""The streams of requests for many rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from twinserve.bulk.answering import Answering
from twinserve.bulk.checked import Checked
from twinserve.bulk.forms import MEDIA_TYPES, Answer, Form
from twinserve.bulk.malformed import MalformedTable, TooManyCells
from twinserve.bulk.options import Bounds, Options, WrongOption
from twinserve.bulk.scoring import Scoring
from twinserve.bulk.version import BulkVersion
from twinserve.bulk.writing.sinks import Output, open_sink
from twinserve.predict.answers import unpredictable
from twinserve.predict.rendering import Predict
from twinserve.service.http.problem import Problem, invalid_input, unavailable
from twinserve.service.http.query import invalid_parameters
from twinserve.service.http.reply import Header
from twinserve.service.protocols.bulk.forms import forms_of
from twinserve.service.protocols.dialect import Asked, Codec, Stream
from twinserve.service.protocols.native import NativeCodec
from twinserve.service.settings import Settings
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.spelling import Spelled
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

BESIDE_OTHERS: Final = Bounds(rows=1_000, message=32 << 20, chunk=256 << 20)
"""A step of so many rows takes a few milliseconds, and while a message is read it is held four times."""
VARIES: Final[tuple[Header, ...]] = (("Vary", "Accept"),)


class BulkCodec(NativeCodec):
    """The native codec of one version of a model, with what answers many rows."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        super().__init__(artifact, version, settings)
        self.max_bulk = settings.max_bulk
        self.version = BulkVersion(artifact, version, max_depth=settings.max_depth, out_of_range=settings.out_of_range)


def stream(codec: Codec, predict: Predict, asked: Asked) -> Stream:
    """What answers a request for many rows."""
    forms = forms_of(asked.header)
    if not isinstance(codec, BulkCodec) or forms is None or forms.reads is None:
        raise TypeError("This is no request for many rows.")
    if forms.reads == "json":
        return JsonStream(codec, forms.writes, asked, predict)
    return TableStream(codec, forms.reads, forms.writes, asked, predict)


def options_of(query: Mapping[str, Any]) -> Options:
    """What a query asks for."""
    return Options(coverage=query.get("coverage"), passed=query.get("pass", ()))


class BulkStream:
    """A stream of one form of answers."""

    headers = VARIES

    def __init__(self, codec: BulkCodec, writes: Answer, asked: Asked, predict: Predict) -> None:
        self._codec, self._writes, self._asked, self._predict = codec, writes, asked, predict
        self.media_type = MEDIA_TYPES[writes]


class TableStream(BulkStream):
    """Reads rows in one of the forms for many."""

    def __init__(self, codec: BulkCodec, reads: Form, writes: Answer, asked: Asked, predict: Predict) -> None:
        super().__init__(codec, writes, asked, predict)
        self._reads: Form = reads
        self._scoring: Scoring | None = None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """See `Stream`."""
        with refusing():
            yield from self._begun().steps(piece)

    def end(self) -> Iterator[bytes]:
        """See `Stream`."""
        with refusing():
            yield from self._begun().end()

    def close(self) -> None:
        """See `Stream`."""
        if self._scoring is not None:
            self._scoring.close()
            self._scoring = None

    def _begun(self) -> Scoring:
        """The first step makes it: a server that only asks whether the head is accepted loads no libraries."""
        if self._scoring is None:
            version, options = self._codec.version, options_of(self._asked.query)
            bounds = replace(BESIDE_OTHERS, cells=self._codec.max_bulk)
            self._scoring = Scoring(version, self._reads, self._writes, options, self._predict, bounds)
        return self._scoring


class JsonStream(BulkStream):
    """Reads JSON by its own rules: as a whole, and either all instances are valid or none is answered."""

    def __init__(self, codec: BulkCodec, writes: Answer, asked: Asked, predict: Predict) -> None:
        super().__init__(codec, writes, asked, predict)
        self._body = bytearray()

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """See `Stream`."""
        self._body += piece
        return iter(())

    def end(self) -> Iterator[bytes]:
        """See `Stream`."""
        batch = self._codec.read(bytes(self._body), self._asked)
        self._body.clear()
        options = options_of(self._asked.query)
        with refusing():
            answer = Answering(self._codec.version, options, self._predict)
            sink = open_sink(self._writes, self._codec.version, options, {})
            output = Output(sink)
            written: list[bytes] = []
            refused: list[int] = []
            for start in range(0, len(batch.columns), BESIDE_OTHERS.rows):
                answered = answer(part(batch, start, BESIDE_OTHERS.rows))
                refused += (start + row for row in sorted(answered.errors))
                written.append(output.add(sink.encode(answered), answered.rows))
                yield b""  # Nothing may be told yet, but others may have their turn.
            if refused:
                raise invalid_input(unpredictable(refused, is_array=batch.is_array))
            yield from written
            yield from output.end()

    def close(self) -> None:
        """See `Stream`."""
        self._body.clear()


def part(batch: Batch, start: int, most: int) -> Checked:
    """At most so many rows of a valid batch, from this one on."""
    columns = batch.columns[start : start + most]
    rows = {} if batch.spelled is None else batch.spelled.rows
    spelled = Spelled({row - start: rows[row] for row in range(start, start + len(columns)) if row in rows})
    return Checked(len(columns), columns, None, {}, [(0, spelled)] if spelled.rows else [])


@contextmanager
def refusing() -> Iterator[None]:
    """What is wrong with a request as a `Problem`."""
    try:
        yield
    except InvalidInput as error:
        raise invalid_input(error) from None
    except TooManyCells as error:
        raise Problem("too-large", str(error), headers=(("Connection", "close"),)) from None
    except MalformedTable as error:
        raise Problem("malformed-table", str(error)) from None
    except WrongOption as error:
        wrong = {"parameter": error.parameter, "code": "bound", "detail": error.detail}
        raise invalid_parameters([wrong]) from None
    except OSError as error:
        if error.errno is None:  # pyarrow raises these for what it cannot do; a disk has numbers.
            raise
        raise unavailable("There is no room for temporary files.") from None
