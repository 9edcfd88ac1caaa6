"""`BULK`: prediction requests that are not in JSON, or are not to be answered in it. It has no paths of its own."""

from __future__ import annotations

from typing import Final

from twinserve.predict.rendering import Predict
from twinserve.service.http.problem import Problem
from twinserve.service.protocols.bulk.forms import admit
from twinserve.service.protocols.dialect import Asked, Codec, Dialect, Stream
from twinserve.service.settings import Settings
from twinserve.store.artifact import LoadedArtifact


def codec(artifact: LoadedArtifact, version: str, settings: Settings) -> Codec:
    """See `Dialect.codec`; its module is loaded with the first request of this kind."""
    from twinserve.service.protocols.bulk.streams import BulkCodec

    return BulkCodec(artifact, version, settings)


def stream(codec: Codec, predict: Predict, asked: Asked) -> Stream:
    """See `Dialect.stream`."""
    from twinserve.service.protocols.bulk import streams

    return streams.stream(codec, predict, asked)


BULK: Final = Dialect("bulk", (), admit, codec, Problem.reply, {}, stream)
