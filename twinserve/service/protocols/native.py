"""The native protocol: JSON with an instance or an array of them, and predictions as in `docs/contract.md`."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from twinserve.predict.predictor import Predictions
from twinserve.service.documents.reads import READS
from twinserve.service.http.body import require_json
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem, invalid_input
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import ROUTES
from twinserve.service.protocols.codec import Asked, Dialect, Warnings
from twinserve.service.protocols.render import Renderer
from twinserve.service.settings import Settings
from twinserve.signature.request.diagnosis import InvalidInput
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Batch, Validator
from twinserve.store.artifact import LoadedArtifact


class NativeCodec:
    """The native JSON of one version of a model."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._validator = Validator(
            artifact.signature,
            max_batch=settings.max_batch,
            max_depth=settings.max_depth,
            out_of_range=settings.out_of_range,
        )
        self._renderer = Renderer(artifact.manifest.name, version, artifact.manifest.classes)

    def read(self, body: bytes, asked: Asked) -> Batch:  # noqa: ARG002  # The whole request is in its body.
        """See `Codec`."""
        try:
            return self._validator.validate(body)
        except MalformedJson as error:
            raise Problem("malformed-json", str(error)) from None
        except InvalidInput as error:
            raise invalid_input(error) from None

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked) -> Reply:  # noqa: ARG002
        """See `Codec`."""
        if batch.is_array:
            return Reply(HTTPStatus.OK, self._renderer.many(predictions, warnings, len(batch.columns)))
        return Reply(HTTPStatus.OK, self._renderer.one(predictions, warnings))


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) unless the body is uncompressed JSON."""
    require_json(header("content-type"), header("content-encoding"))


NATIVE: Final = Dialect("native", ROUTES, admit, NativeCodec, Problem.reply, READS)
