"""`V2Codec`: reads requests for inference and writes their replies, for one version of a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from twinserve.predict.answers import require_all
from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Warnings
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import invalid_input, no_such_version
from twinserve.service.http.reply import Reply, json_reply
from twinserve.service.http.unpacking import coding_of, unpacked
from twinserve.service.protocols.beside import Beside, require_explained
from twinserve.service.protocols.dialect import Asked
from twinserve.service.protocols.json_bodies import bad
from twinserve.service.protocols.v2.columns import ColumnReader
from twinserve.service.protocols.v2.datatypes import BYTES, FP64, OF_FEATURES
from twinserve.service.protocols.v2.outputs import EXPLAINS, Answer, outputs_of
from twinserve.service.protocols.v2.request import Request, Wanted, read_request
from twinserve.service.protocols.v2.writing import HEADER_LENGTH, Chosen, Writer
from twinserve.service.settings import Settings
from twinserve.signature.request.diagnosis import too_many
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

COVERAGE: Final = 0.9
"""Of intervals and sets, where a request names none."""
LIGHT: Final = 8 * 1024
"""Bytes. A value takes one of them at least, so that a body holds no more values than one in JSON that is answered
inline."""
CODINGS: Final = ("gzip", "deflate")
"""Of bodies, as clients of this protocol send them."""
EXPLAINING: Final = tuple(f'"{name}"'.encode() for name in EXPLAINS)


class Form(NamedTuple):
    """What the reply to a request is to be made of."""

    chosen: Chosen
    id: str | None


class V2Codec:
    """The Open Inference Protocol of one version of a model."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._artifact, self._version, self._settings = artifact, version, settings
        self._reader = ColumnReader(artifact.signature, settings)
        self._outputs = outputs_of(artifact)
        self._default = [Wanted(name) for name, output in self._outputs.items() if output.is_default]
        self._covering = [Wanted(name) for name, output in self._outputs.items() if output.needs == "coverage"]
        self._writer = Writer(artifact.manifest.name, version)

    def read(self, body: bytes, asked: Asked) -> Batch:
        """See `Codec`."""
        request, chosen = self._opened(body, asked)
        return self._asking(self._reader.read(request), request, chosen, asked)

    def glance(self, body: bytes, asked: Asked) -> Batch | None:
        """See `Dialect.glance`: doubles in binary data, valid at the first look, and nothing beside predictions."""
        if not is_all_but_binary_light(body, asked):
            return None
        request, chosen = self._opened(body, asked)
        if any(tensor.datatype != FP64 for tensor in request.inputs) or any(output.needs for output, _ in chosen):
            return None
        batch = self._reader.accepted(request)
        return None if batch is None else self._asking(batch, request, chosen, asked)

    def _opened(self, body: bytes, asked: Asked) -> tuple[Request, Chosen]:
        """The request, whose inputs have not been looked at, and the outputs of its reply; raises `Problem`."""
        header, limits = asked.header, self._settings
        if asked.parameters.get("version", self._version) != self._version:
            raise no_such_version()  # Another one answers than the one that admitted the request.
        whole = unpacked(body, coding_of(header("content-encoding"), CODINGS), limits.max_body)
        request = read_request(whole, header(HEADER_LENGTH.lower()), limits.max_depth)
        return request, self._chosen(request)

    def _asking(self, batch: Batch, request: Request, chosen: Chosen, asked: Asked) -> Batch:
        """The batch with all that is asked for; raises `Problem`."""
        explains = any(output.needs == "explanation" for output, _ in chosen)
        if explains and len(batch.columns) > self._settings.max_explain:
            raise invalid_input(too_many(self._settings.max_explain))
        query: dict[str, Any] = {}
        if any(output.needs == "coverage" for output, _ in chosen):
            query["coverage"] = COVERAGE if request.coverage is None else request.coverage
        if request.label is not None:
            query["class"] = request.label
        return batch._replace(asks=asked._replace(query=query, explains=explains, form=Form(chosen, request.id)))

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked, beside: Beside) -> Reply:
        """See `Codec`."""
        rows = len(batch.columns)
        require_all(predictions, rows)
        if beside.explained is not None:
            require_explained(beside.explained, is_array=True)
        form: Form = asked.form
        return self._writer.write(Answer(predictions, beside, warnings, rows), form.chosen, form.id)

    def _chosen(self, request: Request) -> Chosen:
        """The outputs of a reply, in the order in which they are asked for; raises `Problem` (400)."""
        wanted: Sequence[Wanted] = request.wanted
        if not wanted:
            wanted = self._default if request.coverage is None else [*self._default, *self._covering]
        for place, one in enumerate(wanted):
            if one.name not in self._outputs:
                raise bad(f"/outputs/{place}/name: The model has no such output; its metadata list those that it has.")
        if len({one.name for one in wanted}) < len(wanted):
            raise bad("/outputs: Must not name an output twice.")
        return [(self._outputs[one.name], request.is_in_binary(one)) for one in wanted]

    def metadata(self) -> Reply:
        """`GET /v2/models/{name}`."""
        facts, features = self._artifact.manifest, self._artifact.signature.features
        inputs = [
            {"name": feature.name, "datatype": OF_FEATURES.get(feature.type, BYTES), "shape": [-1]}
            for feature in features
        ]
        outputs = [
            {"name": output.name, "datatype": output.datatype, "shape": output.shape(-1)}
            | ({"parameters": output.parameters} if output.parameters else {})
            for output in self._outputs.values()
        ]
        described = {"name": facts.name, "versions": [self._version], "platform": f"twinserve_{facts.predictor.kind}"}
        return json_reply({**described, "inputs": inputs, "outputs": outputs})


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) for an encoding of the body that is not spoken. Its Content-Type is not looked at: what is
    JSON and what is binary the request says itself, and some clients send no type."""
    coding_of(header("content-encoding"), CODINGS)


def is_light(body: bytes, asked: Asked) -> bool:
    """Is this body as quick to answer as one of ours? Not if it is compressed, or may ask for an explanation."""
    return len(body) <= LIGHT and is_all_but_binary_light(body, asked)


def is_all_but_binary_light(body: bytes, asked: Asked) -> bool:
    """Is what stands before the binary data as quick to answer as such a body?"""
    if coding_of(asked.header("content-encoding"), CODINGS) is not None:
        return False
    length = asked.header(HEADER_LENGTH.lower())
    text = body[: int(length)] if length and length.isascii() and length.isdigit() and len(length) < 16 else body
    return len(text) <= LIGHT and b"\\" not in text and not any(name in text for name in EXPLAINING)
