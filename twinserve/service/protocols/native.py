"""The native protocol: JSON with an instance or an array of them, and predictions as in `docs/contract.md`."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from twinserve.conformal.writing import CoverageWriter
from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Renderer, Warnings, as_text, explained_too
from twinserve.service.http.body import require_json
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem, invalid_input
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import ROUTES
from twinserve.service.protocols.beside import NOTHING, Beside, require_explained
from twinserve.service.protocols.dialect import Asked, Dialect
from twinserve.service.protocols.reads import READS
from twinserve.service.protocols.validation import validator_of
from twinserve.service.settings import Settings
from twinserve.signature.request.diagnosis import InvalidInput, too_many
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

OK: Final = HTTPStatus.OK  # Looked up once: an enumeration's member takes 0.1 us.


class NativeCodec:
    """The native JSON of one version of a model."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._validator = validator_of(artifact.signature, settings)
        self._max_explain = settings.max_explain
        self._pointers = [feature.pointer for feature in artifact.signature.features]
        self._coverage = CoverageWriter([as_text(label) for label in artifact.manifest.classes or ()])
        self._renderer = Renderer(artifact.manifest.name, version, artifact.manifest.target)

    def read(self, body: bytes, asked: Asked) -> Batch:
        """See `Codec`."""
        try:
            batch = self._validator.validate(body)
            if asked.explains and len(batch.columns) > self._max_explain:
                raise too_many(self._max_explain)
            return batch
        except MalformedJson as error:
            raise Problem("malformed-json", str(error)) from None
        except InvalidInput as error:
            raise invalid_input(error) from None

    def write(
        self,
        batch: Batch,
        predictions: Predictions,
        warnings: Warnings,
        asked: Asked,  # noqa: ARG002  # What was asked for is in `beside`.
        beside: Beside = NOTHING,
    ) -> Reply:
        """See `Codec`."""
        members = () if beside is NOTHING else self._members(batch, beside)
        if batch.is_array:
            return Reply(OK, self._renderer.many(predictions, warnings, len(batch.columns), members))
        return Reply(OK, self._renderer.one(predictions, warnings, members))

    def _members(self, batch: Batch, beside: Beside) -> Sequence[str]:
        """The further members of each row's object, templates of `%` with a comma before each."""
        covered = () if beside.covered is None else self._coverage.members(beside.covered)
        if beside.explained is None:
            return covered
        require_explained(beside.explained, is_array=batch.is_array)
        return explained_too(covered, beside.explained.described(self._pointers))


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) unless the body is uncompressed JSON."""
    require_json(header("content-type"), header("content-encoding"))


NATIVE: Final = Dialect("native", ROUTES, admit, NativeCodec, Problem.reply, READS)
