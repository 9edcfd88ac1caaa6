"""KServe's protocol V1: `POST /v1/models/{name}:predict` with `instances`, answered with `predictions`.

An element of `predictions` is a label or a value, as KServe's own server for scikit-learn gives it; with
`"parameters": {"details": true}` it is the object of a native answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from twinserve.predict.predictor import Predictions
from twinserve.predict.rendering import Warnings
from twinserve.service.http.body import require_plain
from twinserve.service.http.headers import HeaderLookup
from twinserve.service.http.reply import Reply, json_reply
from twinserve.service.http.routes import READ, Route
from twinserve.service.protocols.beside import Beside
from twinserve.service.protocols.dialect import Asked, Dialect, Read, Served
from twinserve.service.protocols.documented import documented
from twinserve.service.protocols.instances.answers import Answers
from twinserve.service.protocols.instances.document import describe_v1
from twinserve.service.protocols.instances.rows import Rows
from twinserve.service.protocols.json_bodies import bad, flag, read_json
from twinserve.service.protocols.listing import all_models
from twinserve.service.protocols.readiness import require_open
from twinserve.service.protocols.sentences import refuse
from twinserve.service.settings import Settings
from twinserve.signature.request.validator import Batch
from twinserve.store.artifact import LoadedArtifact

MODEL: Final = "/v1/models/{name}"
# What is longer stands first: a name is all that has no slash.
ROUTES: Final = (
    Route("v1_predict", f"{MODEL}:predict", ("POST",), "predict", "KServe V1: predict", "predict"),
    Route("v1_explain", f"{MODEL}:explain", ("POST",), "predict", "KServe V1: explain", "predict", explains=True),
    Route("v1_models", "/v1/models", READ, "read", "KServe V1: the models", is_general=True),
    Route("v1_model", MODEL, READ, "read", "KServe V1: is a model ready"),
)
LIGHT: Final = 16 * 1024
"""Bytes; of instances that are looked at one by one, and answered as objects."""
MEMBERS: Final = frozenset({"instances", "parameters", "signature_name"})
"""The last one belongs to TensorFlow's server, whose protocol this was; it says nothing here."""


class V1Codec:
    """The protocol for one version of a model."""

    def __init__(self, artifact: LoadedArtifact, version: str, settings: Settings) -> None:
        self._rows, self._answers = Rows(artifact, settings), Answers(artifact, version)
        self._max_depth = settings.max_depth

    def read(self, body: bytes, asked: Asked) -> Batch:
        """See `Codec`."""
        found = None if asked.explains else self._rows.enveloped(body, ("instances",), MEMBERS)
        if found is not None:
            return found.batch._replace(asks=asked._replace(form=wants_details(found.others.get("parameters"))))
        envelope = read_json(body, self._max_depth)
        if not isinstance(envelope, dict) or "instances" not in envelope:
            raise bad("The body must be an object with instances, an array.")
        if unknown := envelope.keys() - MEMBERS:
            raise bad(f"The body must have no members but instances and parameters; {len(unknown)} more were sent.")
        details = wants_details(envelope.get("parameters"))
        batch = self._rows.read(envelope["instances"], "/instances", explains=asked.explains)
        return batch._replace(asks=asked._replace(form=details))

    def write(self, batch: Batch, predictions: Predictions, warnings: Warnings, asked: Asked, beside: Beside) -> Reply:
        """See `Codec`."""
        explained = beside if asked.explains else None
        rows = len(batch.columns)
        return self._answers.reply(predictions, warnings, rows, details=asked.form, beside=explained)


def wants_details(parameters: Any) -> bool:
    """Do the parameters of a request ask for all that a native answer says? Raises `Problem` (400) for others."""
    if parameters is not None and not isinstance(parameters, dict):
        raise bad("/parameters: Must be an object.")
    if parameters and parameters.keys() - {"details"}:
        raise bad("/parameters: Must be empty, or have details alone.")
    return flag(parameters, "details", default=False)


def admit(header: HeaderLookup) -> None:
    """Raise `Problem` (415) for a compressed body; whatever its type says, it must be JSON."""
    require_plain(header("content-encoding"))


def is_light(body: bytes, _: Asked) -> bool:
    """Is this body as quick to answer as one of ours?"""
    return len(body) <= LIGHT


def models(service: Served, asked: Asked) -> Reply:
    """`GET /v1/models`: their names."""
    return json_reply({"models": [model.name for model in all_models(service, asked)]})


def ready(service: Served, asked: Asked) -> Reply:
    """`GET /v1/models/{name}`; raises `Problem` (404, 503)."""
    service.models.current(asked.parameters["name"])
    require_open(service)
    return json_reply({"name": asked.parameters["name"], "ready": True})


READS: Final[Mapping[str, Read]] = {"v1_models": models, "v1_model": ready}
UNDOCUMENTED: Final = Dialect("v1", ROUTES, admit, V1Codec, refuse, READS, is_light=is_light)
V1: Final = documented(UNDOCUMENTED, "KServe V1", describe_v1)
