"""The native protocol: JSON with an instance or an array of them, and predictions as in `docs/contract.md`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus
from operator import add
from typing import Final

import msgspec

from twinserve.arrays import FloatArray
from twinserve.predict.predictor import BadPrediction, Predictions
from twinserve.predict.targets.target import Target
from twinserve.service.http.body import require_json
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.problem import Problem, invalid_input
from twinserve.service.http.reply import Reply
from twinserve.service.http.routes import ROUTES
from twinserve.service.protocols.beside import NOTHING, Beside, require_explained
from twinserve.service.protocols.coverage import CoverageWriter
from twinserve.service.protocols.dialect import Asked, Dialect, Warnings
from twinserve.service.protocols.reads import READS
from twinserve.service.protocols.validation import validator_of
from twinserve.service.settings import Settings
from twinserve.signature import Finding
from twinserve.signature.findings import render
from twinserve.signature.request.diagnosis import InvalidInput, too_many
from twinserve.signature.request.strict_json import MalformedJson
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

OK: Final = HTTPStatus.OK  # Looked up once: an enumeration's member takes 0.1 us.
NO_WARNINGS: Final = ',"warnings":[]'


class NativeCodec:
    """The native JSON of one version of a model."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._validator = validator_of(artifact.signature, settings)
        self._max_explain = settings.max_explain
        self._pointers = [feature.pointer for feature in artifact.signature.features]
        self._coverage = CoverageWriter([_json(label) for label in artifact.manifest.classes or ()])
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
        described = [_json(item).replace("%", "%%") for item in beside.explained.described(self._pointers)]
        explained = [f',"explanation":{item}' for item in described]
        return [a + b for a, b in zip(covered, explained, strict=True)] if covered else explained


class Renderer:
    """Writes the replies of one version of a model. Numbers are written so that they read back as the same double."""

    def __init__(self, model: str, version: str, target: Target) -> None:
        self._head = f'{{"model":{_json(model)},"version":{_json(version)},'
        # Templates, as one `%` for a whole batch takes a third of the time that one for each row does.
        self._templates = target.templates

    def one(self, predictions: Predictions, warnings: Warnings, members: Sequence[str] = ()) -> bytes:
        """The reply to a single instance."""
        return f"{self._head}{self.items(predictions, warnings, members, rows=1, array=False)}}}".encode()

    def many(self, predictions: Predictions, warnings: Warnings, rows: int, members: Sequence[str] = ()) -> bytes:
        """The reply to an array of instances."""
        items = self.items(predictions, warnings, members, rows=rows, array=True)
        return f'{self._head}"predictions":[{{{items}}}]}}'.encode()

    def items(
        self, predictions: Predictions, warnings: Warnings, members: Sequence[str] = (), *, rows: int, array: bool
    ) -> str:
        """The members of each prediction's object, with what ends one object and begins the next between them.

        `members` are further ones of each row, templates that stand before its warnings; with `array` the pointers of
        warnings begin with the row."""
        templates, numbers = self._templates(predictions)
        if len(templates) != rows:
            raise BadPrediction(f"The predictor gave {len(templates)} predictions for {rows} rows.")
        if members:
            templates = list(map(add, templates, members))
        items = [template + NO_WARNINGS for template in templates]
        for row, findings in warnings.items():
            items[row] = templates[row] + _warnings(findings, f"/{row}" if array else "").replace("%", "%%")
        return "},{".join(items) % (() if numbers is None else tuple(_numbers(numbers)))


def _numbers(values: FloatArray) -> list[str]:
    """Each number as JSON, row by row. msgspec writes 2,000 in 0.1 ms, where `repr` takes 1."""
    text = msgspec.json.encode(values.ravel().tolist()).decode()
    if "n" in text:  # It writes what is not finite as null.
        raise BadPrediction("The predictor gave a number that is not finite.")
    return text[1:-1].split(",")


def _warnings(findings: Sequence[Finding], row: str) -> str:
    """The member of one prediction; of a batch of 113 rows with 30 findings each, all together take 2 ms, not 14."""
    return f',"warnings":[{",".join([f"{begin}{row}{rest}" for begin, rest in map(_text, findings)])}]'


@lru_cache(maxsize=100_000)
def _text(finding: Finding) -> tuple[str, str]:
    """A finding as JSON, around the place where its pointer names the row. A model has one for each of its features."""
    text = _json(render(finding))
    cut = len('{"pointer":"')
    return text[:cut], text[cut:]


_json = json.JSONEncoder(separators=(",", ":")).encode


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) unless the body is uncompressed JSON."""
    require_json(header("content-type"), header("content-encoding"))


NATIVE: Final = Dialect("native", ROUTES, admit, NativeCodec, Problem.reply, READS)
